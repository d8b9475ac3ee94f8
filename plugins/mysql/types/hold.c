/* Whether a column that is there holds all that a column of the wanted type holds: the same kind,
 * and at least as wide.
 */

#include "types/native.h"
#include "types/types.h"

#include <string.h>

#define HOLD_CHAR_BYTES 4 /* of a character in utf8mb4, at most */

/* ---- Numbers ---- */

static bool hold_sign(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return !is->is_unsigned || wanted->is_unsigned;
}

static bool hold_int(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return is->is_unsigned == wanted->is_unsigned ? is->bits >= wanted->bits
                                                  : !is->is_unsigned && is->bits > wanted->bits;
}

static bool hold_real(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return (is->kind == MYDRV_KIND_DOUBLE || wanted->kind == MYDRV_KIND_FLOAT) &&
           hold_sign(is, wanted);
}

static bool hold_decimal(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    uint64_t whole = (is->count == 0 ? 10 : is->numbers[0]) - is->numbers[1];
    uint64_t needed = (wanted->count == 0 ? 10 : wanted->numbers[0]) - wanted->numbers[1];
    return is->numbers[1] >= wanted->numbers[1] && whole >= needed && hold_sign(is, wanted);
}

static bool hold_first_number(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return is->numbers[0] + (is->count == 0) >= wanted->numbers[0] + (wanted->count == 0);
}

static bool hold_fraction(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return is->numbers[0] >= wanted->numbers[0];
}

static bool hold_alike(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    (void)is;
    (void)wanted;
    return true;
}

/* ---- Texts and bytes ---- */

/* Bytes of one of the TEXT and BLOB families, or 0. */
static uint64_t hold_family_bytes(const struct mydrv_type *type)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } families[] = {
        {"tinytext", 255}, {"text", 65535}, {"mediumtext", 16777215}, {"longtext", UINT32_MAX},
        {"tinyblob", 255}, {"blob", 65535}, {"mediumblob", 16777215}, {"longblob", UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].name, type->name) == 0)
            return families[i].bytes;
    return 0;
}

static bool hold_chars(const struct mydrv_type *is, uint64_t chars)
{
    uint64_t bytes = hold_family_bytes(is);
    return bytes > 0 ? bytes >= chars * HOLD_CHAR_BYTES
                     : is->numbers[0] + (is->count == 0) >= chars;
}

static bool hold_text(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    uint64_t bytes = hold_family_bytes(wanted);
    return bytes > 0 ? hold_family_bytes(is) >= bytes
                     : hold_chars(is, wanted->numbers[0] + (wanted->count == 0));
}

static bool hold_bytes(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    uint64_t bytes = hold_family_bytes(wanted);
    uint64_t has = hold_family_bytes(is);
    if (bytes == 0)
        bytes = wanted->numbers[0] + (wanted->count == 0);
    return (has > 0 ? has : is->numbers[0]) >= bytes;
}

/* The next member as it is spelled, without the comma behind it. */
static bool hold_next_member(const char **list, const char *end, const char **ret_member,
                             size_t *ret_size)
{
    const char *at = *list;
    if (!mydrv_member_next(list, end, true, NULL))
        return false;
    *ret_member = at;
    *ret_size = (size_t)(*list - at) - ((*list)[-1] == ',');
    return true;
}

/* Whether all members of `wanted` are among those of `is`, in the same order.  Both are in this
 * driver's spelling, so that the same member is spelled alike. */
static bool hold_members(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    const char *mine, *theirs;
    size_t my_size, their_size;
    const char *list = is->members;
    const char *end = list + is->members_size;
    const char *wanted_list = wanted->members;
    const char *wanted_end = wanted_list + wanted->members_size;
    while (hold_next_member(&wanted_list, wanted_end, &theirs, &their_size)) {
        bool found = false;
        while (!found && hold_next_member(&list, end, &mine, &my_size))
            found = my_size == their_size && memcmp(mine, theirs, my_size) == 0;
        if (!found)
            return false;
    }
    return wanted_list == wanted_end;
}

/* A member, or all of them with commas between, as a text. */
static bool hold_members_as_text(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return hold_chars(is, wanted->members_size);
}

static bool hold_uuid(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    (void)wanted;
    return hold_chars(is, 36);
}

static bool hold_address(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return hold_chars(is, wanted->kind == MYDRV_KIND_INET4 ? 15 : 45);
}

static bool hold_shape(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    return strcmp(is->name, "geometry") == 0 || strcmp(is->name, wanted->name) == 0;
}

/* ---- The table ---- */

static const struct {
    enum mydrv_kind wanted, is;
    bool (*holds)(const struct mydrv_type *is, const struct mydrv_type *wanted);
} hold_rules[] = {
    {MYDRV_KIND_INT, MYDRV_KIND_INT, hold_int},
    {MYDRV_KIND_FLOAT, MYDRV_KIND_FLOAT, hold_real},
    {MYDRV_KIND_FLOAT, MYDRV_KIND_DOUBLE, hold_real},
    {MYDRV_KIND_DOUBLE, MYDRV_KIND_DOUBLE, hold_real},
    {MYDRV_KIND_DECIMAL, MYDRV_KIND_DECIMAL, hold_decimal},
    {MYDRV_KIND_BIT, MYDRV_KIND_BIT, hold_first_number},
    {MYDRV_KIND_YEAR, MYDRV_KIND_YEAR, hold_alike},
    {MYDRV_KIND_DATE, MYDRV_KIND_DATE, hold_alike},
    {MYDRV_KIND_TIME, MYDRV_KIND_TIME, hold_fraction},
    {MYDRV_KIND_DATETIME, MYDRV_KIND_DATETIME, hold_fraction},
    {MYDRV_KIND_TIMESTAMP, MYDRV_KIND_TIMESTAMP, hold_fraction},
    {MYDRV_KIND_CHAR, MYDRV_KIND_CHAR, hold_text},
    {MYDRV_KIND_CHAR, MYDRV_KIND_TEXT, hold_text},
    {MYDRV_KIND_TEXT, MYDRV_KIND_CHAR, hold_text},
    {MYDRV_KIND_TEXT, MYDRV_KIND_TEXT, hold_text},
    {MYDRV_KIND_BINARY, MYDRV_KIND_BYTES, hold_bytes},
    {MYDRV_KIND_BYTES, MYDRV_KIND_BYTES, hold_bytes},
    {MYDRV_KIND_ENUM, MYDRV_KIND_ENUM, hold_members},
    {MYDRV_KIND_ENUM, MYDRV_KIND_CHAR, hold_members_as_text},
    {MYDRV_KIND_ENUM, MYDRV_KIND_TEXT, hold_members_as_text},
    {MYDRV_KIND_SET, MYDRV_KIND_SET, hold_members},
    {MYDRV_KIND_SET, MYDRV_KIND_CHAR, hold_members_as_text},
    {MYDRV_KIND_SET, MYDRV_KIND_TEXT, hold_members_as_text},
    {MYDRV_KIND_JSON, MYDRV_KIND_JSON, hold_alike},
    {MYDRV_KIND_UUID, MYDRV_KIND_UUID, hold_alike},
    {MYDRV_KIND_UUID, MYDRV_KIND_CHAR, hold_uuid},
    {MYDRV_KIND_UUID, MYDRV_KIND_TEXT, hold_uuid},
    {MYDRV_KIND_INET4, MYDRV_KIND_INET4, hold_alike},
    {MYDRV_KIND_INET4, MYDRV_KIND_TEXT, hold_address},
    {MYDRV_KIND_INET6, MYDRV_KIND_INET6, hold_alike},
    {MYDRV_KIND_INET6, MYDRV_KIND_TEXT, hold_address},
    {MYDRV_KIND_GEOMETRY, MYDRV_KIND_GEOMETRY, hold_shape},
};

bool mydrv_type_holds(const struct mydrv_type *is, const struct mydrv_type *wanted)
{
    for (size_t i = 0; i < sizeof hold_rules / sizeof *hold_rules; i++)
        if (hold_rules[i].wanted == wanted->kind && hold_rules[i].is == is->kind)
            return hold_rules[i].holds(is, wanted);
    return false;
}

/* ---- The callback ---- */

static bool hold_is_utf8(const struct ferry_column *existing)
{
    return existing->charset == NULL || strncmp(existing->charset, "utf8", 4) == 0;
}

ferry_status mydrv_hold_column(void *conn, const struct ferry_column *existing,
                               const struct ferry_column *column, const struct ferry_wish *wish,
                               struct ferry_mapping *mapping, struct ferry_error *err)
{
    struct mydrv_conn *c = conn;
    const struct mydrv_abilities can = mydrv_abilities_of(c);
    PART_AUTO_TEXT struct part_text native = {0};
    struct mydrv_type is;
    struct mydrv_type wanted;
    const char *note = NULL;
    ferry_status status = mydrv_conn_check(c, err);
    if (status != FERRY_OK)
        return status;
    uint32_t fit = mydrv_map_type(&can, column, wish, &native, &note);
    if (native.failed)
        return mydrv_fail_memory(err);
    if (fit > FERRY_FIT_CHECKED || native.data == NULL || !mydrv_type_parse(native.data, &wanted) ||
        existing->native == NULL || !mydrv_type_parse(existing->native, &is) ||
        !mydrv_type_holds(&is, &wanted))
        return FERRY_OK;
    bool cuts = is.kind == MYDRV_KIND_CHAR && wanted.kind == MYDRV_KIND_TEXT;
    bool foreign = mydrv_type_has_charset(&is) && !hold_is_utf8(existing) &&
                   (column->charset == NULL || strcmp(column->charset, existing->charset) != 0);
    bool same = strcmp(native.data, existing->native) == 0;
    if (fit < FERRY_FIT_CHECKED)
        note = cuts      ? "a text that ends in a space, which a CHAR would lose, ends the load"
               : foreign ? "a letter that the column's character set lacks ends the load"
                         : note;
    if (cuts || foreign)
        fit = FERRY_FIT_CHECKED;
    else if (!same && fit < FERRY_FIT_WIDER)
        fit = FERRY_FIT_WIDER;
    status = ferry_mapping_set(mapping, fit, existing->native, note, err);
    if (status == FERRY_OK && mydrv_order_stored(&is, column) != MYDRV_ORDER_NONE)
        status = ferry_mapping_set_ordered(mapping, err);
    return status;
}
