/* Cells -> the texts that the server stores exactly; whatever it would change or only warn of is
 * refused here.
 *
 * Both lanes send the same texts and differ in their escaping only.  BIT goes as bytes, the highest
 * first; geometries and vectors in the form in which they are stored.
 */

#include "write/rows.h"

#include <arpa/inet.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- What one column needs ---- */

static int encode_compare_members(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool encode_list_members(struct mydrv_form *form)
{
    MYDRV_AUTO_SQL struct mydrv_text member = {0};
    const char *list = form->type.members;
    const char *end = list + form->type.members_size;
    while (mydrv_member_next(&list, end, true, &member)) {
        char **members = reallocarray(form->members, form->member_count + 1, sizeof *members);
        if (members == NULL)
            return false;
        form->members = members;
        members[form->member_count] = strdup(member.data);
        if (members[form->member_count++] == NULL)
            return false;
    }
    if (form->type.kind == MYDRV_KIND_ENUM && form->members != NULL) /* a SET's order matters */
        qsort(form->members, form->member_count, sizeof *form->members, encode_compare_members);
    return !member.failed;
}

ferry_status mydrv_form_make(struct mydrv_form *form, const struct ferry_column *source,
                             const char *native, struct ferry_error *err)
{
    *form = (struct mydrv_form){.source = source, .native = strdup(native)};
    if (form->native == NULL)
        return mydrv_fail_memory(err);
    if (!mydrv_type_parse(form->native, &form->type))
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column '%s' has type %s in the target, which dbferry does not know; "
                          "drop the column or the table",
                          source->name, native);
    form->not_null = (source->flags & FERRY_COLUMN_NOT_NULL) != 0;
    if (form->type.members != NULL && !encode_list_members(form))
        return mydrv_fail_memory(err);
    return FERRY_OK;
}

void mydrv_form_clear(struct mydrv_form *form)
{
    for (size_t i = 0; i < form->member_count; i++)
        free(form->members[i]);
    free(form->members);
    free(form->native);
    if (form->encoded != NULL)
        mydrv_text_clear(form->encoded);
    free(form->encoded);
    *form = (struct mydrv_form){0};
}

/* ---- A cell's value, whatever said its kind ---- */

enum encode_value { ENCODE_INT, ENCODE_UNSIGNED, ENCODE_FLOAT, ENCODE_TEXT, ENCODE_BYTES };

static enum encode_value encode_kind(const struct ferry_column *column,
                                     const struct ferry_cell *cell)
{
    static const enum encode_value kinds[] = {
        [FERRY_KIND_INT] = ENCODE_INT,
        [FERRY_KIND_FLOAT] = ENCODE_FLOAT,
        [FERRY_KIND_TEXT] = ENCODE_TEXT,
        [FERRY_KIND_BYTES] = ENCODE_BYTES,
    };
    if (cell->kind != FERRY_KIND_TYPED)
        return kinds[cell->kind];
    switch (column->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_YEAR:
        return ENCODE_INT;
    case FERRY_TYPE_INT:
        return (column->flags & FERRY_COLUMN_UNSIGNED) != 0 ? ENCODE_UNSIGNED : ENCODE_INT;
    case FERRY_TYPE_BIT:
        return ENCODE_UNSIGNED;
    case FERRY_TYPE_FLOAT:
        return ENCODE_FLOAT;
    case FERRY_TYPE_BYTES:
    case FERRY_TYPE_GEOMETRY:
    case FERRY_TYPE_VECTOR:
        return ENCODE_BYTES;
    default:
        return ENCODE_TEXT;
    }
}

/* ---- Checks of texts ---- */

static const char *encode_digits(const char *at, const char *end, size_t least, size_t most)
{
    size_t count = 0;
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
        count++;
    }
    return count >= least && count <= most ? at : NULL;
}

static const char *encode_literal(const char *at, const char *end, char c)
{
    return at != NULL && at < end && *at == c ? at + 1 : NULL;
}

static const char *encode_two(const char *at, const char *end)
{
    return at != NULL && end - at >= 2 ? encode_digits(at, at + 2, 2, 2) : NULL;
}

/* `HH:MM:SS[.ffffff]` or, of a TIME, `-HHH:MM:SS[.ffffff]`. */
static const char *encode_clock(const char *at, const char *end, size_t most_hours, unsigned scale)
{
    at = at == NULL ? NULL : encode_digits(at, end, 2, most_hours);
    at = encode_two(encode_literal(at, end, ':'), end);
    at = encode_two(encode_literal(at, end, ':'), end);
    if (scale > 0) {
        at = encode_literal(at, end, '.');
        at = at == NULL ? NULL : encode_digits(at, end, scale, scale);
    }
    return at;
}

static bool encode_is_all_zeros(const char *moment, size_t size)
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
        at = encode_clock(at + negative, end, 3, scale);
        return at == end && !(negative && encode_is_all_zeros(text, size));
    }
    at = size < 10 ? NULL : encode_digits(at, at + 4, 4, 4);
    at = encode_two(encode_literal(at, end, '-'), end);
    at = encode_two(encode_literal(at, end, '-'), end);
    if (kind == MYDRV_KIND_DATE)
        return at == end;
    at = encode_literal(at, end, ' ');
    return encode_clock(at, end, 2, scale) == end;
}

/* A column of somebody's own may have more digits than the source: zeros, that is. */
static const char *encode_check_moment(const struct mydrv_form *form, const char *data, size_t size)
{
    const struct ferry_column *source = form->source;
    bool narrower = (source->type == FERRY_TYPE_TIME || source->type == FERRY_TYPE_DATETIME) &&
                    source->scale < form->type.numbers[0];
    return mydrv_moment_is_plain(data, size, form->type.kind,
                                 narrower ? source->scale : (unsigned)form->type.numbers[0])
               ? NULL
               : "is not written as the server writes such a date or time";
}

static const char *encode_check_decimal(const struct mydrv_form *form, const char *data,
                                        size_t size)
{
    const char *end = data + size;
    const char *at = size > 0 && *data == '-' ? data + 1 : data;
    at = encode_digits(at, end, 1, 66);
    if (at != NULL && at < end) {
        size_t scale = form->type.kind == MYDRV_KIND_DECIMAL ? (size_t)form->type.numbers[1] : 66;
        while (end > at && end[-1] == '0' && (size_t)(end - at - 1) > scale)
            end--;
        const char *point = encode_literal(at, end, '.');
        at = point == NULL ? NULL : encode_digits(point, end, 0, scale);
    }
    return at == end ? NULL : "is no decimal number of the column's digits";
}

/* A double keeps every decimal number of 15 digits. */
static const char *encode_check_real(const char *data, size_t size)
{
    size_t digits = 0;
    for (size_t i = 0; i < size; i++)
        if (data[i] >= '0' && data[i] <= '9' && (digits > 0 || data[i] != '0'))
            digits++;
    return digits <= 15 ? NULL : "has more digits than a DOUBLE keeps";
}

static const char *encode_check_enum(const struct mydrv_form *form, const char *data, size_t size)
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
static const char *encode_check_set(const struct mydrv_form *form, const char *data, size_t size)
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

static const char *encode_check_uuid(const char *data, size_t size)
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
static void encode_shorten_inet6(char text[INET6_ADDRSTRLEN])
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

static const char *encode_check_inet(int family, const char *data, size_t size)
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
        encode_shorten_inet6(again);
    return strcmp(text, again) == 0 ? NULL : wrong;
}

/* ---- Numbers as text ---- */

/* `digits`, the last `places` of them behind a point.  Far faster than snprintf(), into which half
 * of the time of a row went. */
static size_t encode_decimal(uint64_t digits, size_t places, bool negative, char *room)
{
    char text[MYDRV_VALUE_ROOM];
    size_t at = sizeof text;
    for (size_t i = 0; i < places; i++, digits /= 10)
        text[--at] = (char)('0' + digits % 10);
    if (places > 0)
        text[--at] = '.';
    do
        text[--at] = (char)('0' + digits % 10);
    while ((digits /= 10) > 0);
    if (negative)
        text[--at] = '-';
    memcpy(room, text + at, sizeof text - at);
    return sizeof text - at;
}

static size_t encode_signed(int64_t number, char *room)
{
    uint64_t size = number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number;
    return encode_decimal(size, 0, number < 0, room);
}

/* A number of at most 15 digits.  Dividing two doubles that are exact gives the double next to
 * their quotient, just as reading what is printed here does.  0: the number has more digits. */
static size_t encode_short_real(double number, char *room)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    static const size_t most = sizeof powers / sizeof *powers - 1;
    double size = fabs(number);
    size_t places = 0;
    if (FLT_EVAL_METHOD != 0 || size >= 1e15)
        return 0;
    while (places < most && size * powers[places + 1] < 1e15)
        places++;
    uint64_t digits = (uint64_t)(size * powers[places] + 0.5);
    if ((double)digits / powers[places] != size)
        return 0;
    for (; places > 0 && digits % 10 == 0; places--)
        digits /= 10;
    return encode_decimal(digits, places, signbit(number) != 0, room);
}

/* In as few digits as can be: the server is slow with 17 of them, and so is snprintf(). */
static size_t encode_real(double number, char *room)
{
    size_t size = encode_short_real(number, room);
    return size > 0 ? size : (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%.17g", number);
}

/* ---- Values ---- */

static const char *encode_int(const struct mydrv_form *form, enum encode_value value,
                              const struct ferry_cell *cell, char *room, size_t *ret_size)
{
    uint32_t bits = form->type.bits;
    bool negative = value == ENCODE_INT && cell->v.i < 0;
    if (value > ENCODE_UNSIGNED)
        return "is no integer";
    uint64_t most = UINT64_MAX >> (64 - bits + (form->type.is_unsigned ? 0 : 1));
    uint64_t size = negative ? ~cell->v.u : cell->v.u; /* of a negative number: one less */
    if ((negative && form->type.is_unsigned) || size > most)
        return "is out of the column's range";
    *ret_size =
        negative ? encode_signed(cell->v.i, room) : encode_decimal(cell->v.u, 0, false, room);
    return NULL;
}

static const char *encode_float(const struct mydrv_form *form, enum encode_value value,
                                const struct ferry_cell *cell, char *room, size_t *ret_size)
{
    static const int64_t most = INT64_C(1) << DBL_MANT_DIG;
    bool is_float = form->type.kind == MYDRV_KIND_FLOAT;
    double number = cell->v.f;
    if (value == ENCODE_INT && cell->v.i >= -most && cell->v.i <= most)
        number = (double)cell->v.i;
    else if (value != ENCODE_FLOAT)
        return "is no floating-point number";
    if (!isfinite(number))
        return "is infinite or no number, which the server cannot hold";
    if (is_float && (fabs(number) > (double)FLT_MAX || (double)(float)number != number))
        return "has more digits than a FLOAT keeps";
    if (form->type.is_unsigned && signbit(number) != 0)
        return "is out of the column's range";
    /* Also of a FLOAT: fewer digits may name a number above the largest. */
    *ret_size = is_float ? (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%.17g", number)
                         : encode_real(number, room);
    return NULL;
}

static const char *encode_bit(const struct mydrv_form *form, enum encode_value value,
                              const struct ferry_cell *cell, char *room, size_t *ret_size)
{
    uint64_t bits = form->type.count == 0 ? 1 : form->type.numbers[0];
    if (value > ENCODE_UNSIGNED || (value == ENCODE_INT && cell->v.i < 0))
        return "is no positive integer";
    if (bits < 64 && cell->v.u >> bits != 0)
        return "has more bits than the column";
    size_t size = (size_t)(bits + 7) / 8;
    for (size_t i = 0; i < size; i++)
        room[i] = (char)(cell->v.u >> (8 * (size - 1 - i)) & 0xff);
    *ret_size = size;
    return NULL;
}

static const char *encode_year(enum encode_value value, const struct ferry_cell *cell, char *room,
                               size_t *ret_size)
{
    if (value > ENCODE_UNSIGNED || (cell->v.i != 0 && (cell->v.i < 1901 || cell->v.i > 2155)))
        return "is no year that the server can hold";
    *ret_size = (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%04" PRId64, cell->v.i);
    return NULL;
}

/* Numbers in a column of texts, where the job wishes it so. */
static const char *encode_as_text(enum encode_value value, const struct ferry_cell *cell,
                                  char *room, size_t *ret_size)
{
    if (cell->kind != FERRY_KIND_TYPED || value == ENCODE_BYTES)
        return "is of another kind than the column";
    *ret_size = value == ENCODE_INT ? encode_signed(cell->v.i, room)
                : value == ENCODE_UNSIGNED
                    ? encode_decimal(cell->v.u, 0, false, room)
                    : (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%.17g", cell->v.f);
    return NULL;
}

/* ucs2 is the one set of two bytes a letter whose bytes may come RAW: 0120 is no space. */
static bool encode_ends_in_space(const struct mydrv_form *form, const char *data, size_t size)
{
    bool pairs =
        form->raw && form->source->charset != NULL && strcmp(form->source->charset, "ucs2") == 0;
    return size > 0 && data[size - 1] == ' ' && (!pairs || (size > 1 && data[size - 2] == '\0'));
}

static const char *encode_check_text(const struct mydrv_form *form, const char *data, size_t size)
{
    switch (form->type.kind) {
    case MYDRV_KIND_DECIMAL:
        return encode_check_decimal(form, data, size);
    case MYDRV_KIND_DOUBLE: {
        const char *flaw = encode_check_decimal(form, data, size);
        return flaw == NULL ? encode_check_real(data, size) : flaw;
    }
    case MYDRV_KIND_DATE:
    case MYDRV_KIND_TIME:
    case MYDRV_KIND_DATETIME:
    case MYDRV_KIND_TIMESTAMP:
        return encode_check_moment(form, data, size);
    case MYDRV_KIND_CHAR:
        return encode_ends_in_space(form, data, size) ? "ends in a space, which a CHAR would lose"
                                                      : NULL;
    case MYDRV_KIND_ENUM:
        return encode_check_enum(form, data, size);
    case MYDRV_KIND_SET:
        return encode_check_set(form, data, size);
    case MYDRV_KIND_UUID:
        return encode_check_uuid(data, size);
    case MYDRV_KIND_INET4:
        return encode_check_inet(AF_INET, data, size);
    case MYDRV_KIND_INET6:
        return encode_check_inet(AF_INET6, data, size);
    case MYDRV_KIND_TEXT:
    case MYDRV_KIND_JSON:
        return NULL;
    default:
        return "is a text where the column holds another kind";
    }
}

static const char *encode_check_bytes(const struct mydrv_form *form, size_t size)
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

/* The text as bytes of the column's character set: servers change some letters as they convert. */
static const char *encode_in_set(const struct mydrv_form *form, const char **data, size_t *size)
{
    size_t length = 0;
    form->encoded->length = 0;
    if (*size > SIZE_MAX / 8 || !mydrv_text_reserve(form->encoded, 2 * *size))
        return "is too long to be converted";
    if (!mydrv_translate_back(form->codes, *data, *size, form->encoded->data, &length))
        return "has a letter that the column's character set has not";
    *data = form->encoded->data;
    *size = length;
    return NULL;
}

const char *mydrv_encode(const struct mydrv_form *form, const struct ferry_cell *cell,
                         char room[MYDRV_VALUE_ROOM], const char **ret_data, size_t *ret_size)
{
    enum encode_value value = encode_kind(form->source, cell);
    *ret_data = room;
    switch (form->type.kind) {
    case MYDRV_KIND_INT:
        return encode_int(form, value, cell, room, ret_size);
    case MYDRV_KIND_BIT:
        return encode_bit(form, value, cell, room, ret_size);
    case MYDRV_KIND_YEAR:
        return encode_year(value, cell, room, ret_size);
    case MYDRV_KIND_FLOAT:
        return encode_float(form, value, cell, room, ret_size);
    case MYDRV_KIND_DOUBLE:
        if (value != ENCODE_TEXT || form->source->type != FERRY_TYPE_DECIMAL)
            return encode_float(form, value, cell, room, ret_size);
        break;
    case MYDRV_KIND_CHAR:
    case MYDRV_KIND_TEXT:
        if (value != ENCODE_TEXT)
            return encode_as_text(value, cell, room, ret_size);
        break;
    case MYDRV_KIND_DECIMAL:
        if (value <= ENCODE_UNSIGNED)
            return encode_as_text(value, cell, room, ret_size);
        break;
    default:
        break;
    }
    if (value < ENCODE_TEXT)
        return "is a number where the column holds another kind";
    *ret_data = cell->v.p;
    *ret_size = cell->len;
    const char *flaw = value == ENCODE_TEXT ? encode_check_text(form, cell->v.p, cell->len)
                                            : encode_check_bytes(form, cell->len);
    return flaw == NULL && form->codes != NULL ? encode_in_set(form, ret_data, ret_size) : flaw;
}
