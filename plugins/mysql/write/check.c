/* Texts and bytes that the server would change, or only warn of: what is not written just as the
 * server prints it is refused.
 */

#include "write/rows.h"

#include <arpa/inet.h>
#include <string.h>

static const char *check_digits(const char *at, const char *end, size_t least, size_t most)
{
    size_t count = 0;
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
        count++;
    }
    return count >= least && count <= most ? at : NULL;
}

static const char *check_literal(const char *at, const char *end, char c)
{
    return at != NULL && at < end && *at == c ? at + 1 : NULL;
}

static const char *check_two(const char *at, const char *end)
{
    return at != NULL && end - at >= 2 ? check_digits(at, at + 2, 2, 2) : NULL;
}

/* `HH:MM:SS[.ffffff]` or, of a TIME, `-HHH:MM:SS[.ffffff]`. */
static const char *check_clock(const char *at, const char *end, size_t most_hours, unsigned scale)
{
    at = at == NULL ? NULL : check_digits(at, end, 2, most_hours);
    at = check_two(check_literal(at, end, ':'), end);
    at = check_two(check_literal(at, end, ':'), end);
    if (scale > 0) {
        at = check_literal(at, end, '.');
        at = at == NULL ? NULL : check_digits(at, end, scale, scale);
    }
    return at;
}

static bool check_is_all_zeros(const char *moment, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (moment[i] >= '1' && moment[i] <= '9')
            return false;
    return true;
}

bool mydrv_moment_is_plain(const char *text, size_t size, enum mydrv_kind kind, unsigned scale)
{
    const char *at = text;
    const char *end = text + size;
    if (kind == MYDRV_KIND_TIME) {
        bool negative = size > 0 && *text == '-';
        at = check_clock(at + negative, end, 3, scale);
        return at == end && !(negative && check_is_all_zeros(text, size));
    }
    at = size < 10 ? NULL : check_digits(at, at + 4, 4, 4);
    at = check_two(check_literal(at, end, '-'), end);
    at = check_two(check_literal(at, end, '-'), end);
    if (kind == MYDRV_KIND_DATE)
        return at == end;
    at = check_literal(at, end, ' ');
    return check_clock(at, end, 2, scale) == end;
}

/* A column of somebody's own may have more digits than the source: zeros, that is. */
static const char *check_moment(const struct mydrv_form *form, const char *data, size_t size)
{
    const struct ferry_column *source = form->source;
    bool narrower = (source->type == FERRY_TYPE_TIME || source->type == FERRY_TYPE_DATETIME) &&
                    source->scale < form->type.numbers[0];
    return mydrv_moment_is_plain(data, size, form->type.kind,
                                 narrower ? source->scale : (unsigned)form->type.numbers[0])
               ? NULL
               : "is not written as the server writes such a date or time";
}

static const char *check_decimal(const struct mydrv_form *form, const char *data, size_t size)
{
    const char *end = data + size;
    const char *at = size > 0 && *data == '-' ? data + 1 : data;
    at = check_digits(at, end, 1, 66);
    if (at != NULL && at < end) {
        size_t scale = form->type.kind == MYDRV_KIND_DECIMAL ? (size_t)form->type.numbers[1] : 66;
        while (end > at && end[-1] == '0' && (size_t)(end - at - 1) > scale)
            end--;
        const char *point = check_literal(at, end, '.');
        at = point == NULL ? NULL : check_digits(point, end, 0, scale);
    }
    return at == end ? NULL : "is no decimal number of the column's digits";
}

/* A double keeps every decimal number of 15 digits. */
static const char *check_real(const char *data, size_t size)
{
    size_t digits = 0;
    for (size_t i = 0; i < size; i++)
        if (data[i] >= '0' && data[i] <= '9' && (digits > 0 || data[i] != '0'))
            digits++;
    return digits <= 15 ? NULL : "has more digits than a DOUBLE keeps";
}

static const char *check_enum(const struct mydrv_form *form, const char *data, size_t size)
{
    size_t low = 0;
    size_t high = form->member_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *member = form->members[middle];
        size_t length = strlen(member);
        int order = memcmp(member, data, length < size ? length : size);
        if (order == 0 && length == size)
            return NULL;
        if (order < 0 || (order == 0 && length < size))
            low = middle + 1;
        else
            high = middle;
    }
    return "is no member of the column's ENUM";
}

/* Members in the order of the definition, each at most once. */
static const char *check_set(const struct mydrv_form *form, const char *data, size_t size)
{
    const char *at = data;
    const char *end = data + size;
    for (size_t i = 0; i < form->member_count && at < end; i++) {
        size_t length = strlen(form->members[i]);
        if ((size_t)(end - at) < length || memcmp(at, form->members[i], length) != 0)
            continue;
        if (at + length == end)
            return NULL;
        if (at[length] == ',')
            at += length + 1;
    }
    return size == 0 ? NULL : "is not made of the column's SET members, in their order";
}

static const char *check_uuid(const char *data, size_t size)
{
    static const char wrong[] = "is no UUID in 36 characters of lower case";
    if (size != 36)
        return wrong;
    for (size_t i = 0; i < size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (data[i] >= '0' && data[i] <= '9') || (data[i] >= 'a' && data[i] <= 'f');
        if (dash ? data[i] != '-' : !hex)
            return wrong;
    }
    return NULL;
}

/* MariaDB prints "::" for a single zero group too, where there is no longer run of them. */
static void check_shorten_inet6(char text[INET6_ADDRSTRLEN])
{
    size_t length = strlen(text);
    char *zero = strstr(text, ":0:");
    if (strstr(text, "::") != NULL || strchr(text, '.') != NULL)
        return;
    if (strncmp(text, "0:", 2) == 0)
        text[0] = ':';
    else if (zero != NULL)
        memmove(zero + 1, zero + 2, strlen(zero + 2) + 1);
    else if (length > 2 && strcmp(text + length - 2, ":0") == 0)
        text[length - 1] = ':';
}

static const char *check_inet(int family, const char *data, size_t size)
{
    static const char wrong[] = "is no address in its usual spelling";
    char text[INET6_ADDRSTRLEN];
    char again[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (size >= sizeof text)
        return wrong;
    memcpy(text, data, size);
    text[size] = '\0';
    if (strlen(text) != size || inet_pton(family, text, address) != 1 ||
        inet_ntop(family, address, again, sizeof again) == NULL)
        return wrong;
    if (family == AF_INET6)
        check_shorten_inet6(again);
    return strcmp(text, again) == 0 ? NULL : wrong;
}

/* ucs2 is the one set of two bytes a letter whose bytes may come RAW: 0120 is no space. */
static bool check_ends_in_space(const struct mydrv_form *form, const char *data, size_t size)
{
    bool pairs =
        form->raw && form->source->charset != NULL && strcmp(form->source->charset, "ucs2") == 0;
    return size > 0 && data[size - 1] == ' ' && (!pairs || (size > 1 && data[size - 2] == '\0'));
}

const char *mydrv_check_text(const struct mydrv_form *form, const char *data, size_t size)
{
    switch (form->type.kind) {
    case MYDRV_KIND_DECIMAL:
        return check_decimal(form, data, size);
    case MYDRV_KIND_DOUBLE: {
        const char *flaw = check_decimal(form, data, size);
        return flaw == NULL ? check_real(data, size) : flaw;
    }
    case MYDRV_KIND_DATE:
    case MYDRV_KIND_TIME:
    case MYDRV_KIND_DATETIME:
    case MYDRV_KIND_TIMESTAMP:
        return check_moment(form, data, size);
    case MYDRV_KIND_CHAR:
        return check_ends_in_space(form, data, size) ? "ends in a space, which a CHAR would lose"
                                                     : NULL;
    case MYDRV_KIND_ENUM:
        return check_enum(form, data, size);
    case MYDRV_KIND_SET:
        return check_set(form, data, size);
    case MYDRV_KIND_UUID:
        return check_uuid(data, size);
    case MYDRV_KIND_INET4:
        return check_inet(AF_INET, data, size);
    case MYDRV_KIND_INET6:
        return check_inet(AF_INET6, data, size);
    case MYDRV_KIND_TEXT:
    case MYDRV_KIND_JSON:
        return NULL;
    default:
        return "is a text where the column holds another kind";
    }
}

const char *mydrv_check_bytes(const struct mydrv_form *form, size_t size)
{
    switch (form->type.kind) {
    case MYDRV_KIND_BINARY:
        return size == (form->type.count == 0 ? 1 : form->type.numbers[0])
                   ? NULL
                   : "is not as long as the column, which would be filled up with zeros";
    case MYDRV_KIND_BYTES:
    case MYDRV_KIND_GEOMETRY:
    case MYDRV_KIND_VECTOR:
        return NULL;
    default:
        return "is made of bytes where the column holds another kind";
    }
}
