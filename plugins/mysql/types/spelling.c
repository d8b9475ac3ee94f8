/* Column types as definitions spell them: taken apart, and put together in one spelling.
 *
 * The servers print one type in several ways (`int(11)` or `int`, `geomcollection`); what is
 * compared is this driver's own spelling.
 */

#include "types/native.h"

#include <string.h>
#include <strings.h>

static const struct spelling {
    const char *name;
    enum mydrv_kind kind;
    uint32_t bits;
    uint32_t most_numbers;
    uint32_t width, unsigned_width; /* INT: digits that the server shows by default */
    const char *canonical;          /* NULL: `name` */
} spellings[] = {
    {"tinyint", MYDRV_KIND_INT, 8, 1, 4, 3, NULL},
    {"smallint", MYDRV_KIND_INT, 16, 1, 6, 5, NULL},
    {"mediumint", MYDRV_KIND_INT, 24, 1, 9, 8, NULL},
    {"int", MYDRV_KIND_INT, 32, 1, 11, 10, NULL},
    {"integer", MYDRV_KIND_INT, 32, 1, 11, 10, "int"},
    {"bigint", MYDRV_KIND_INT, 64, 1, 20, 20, NULL},
    {"float", MYDRV_KIND_FLOAT, 0, 0, 0, 0, NULL},
    {"double", MYDRV_KIND_DOUBLE, 0, 0, 0, 0, NULL},
    {"real", MYDRV_KIND_DOUBLE, 0, 0, 0, 0, "double"},
    {"decimal", MYDRV_KIND_DECIMAL, 0, 2, 0, 0, NULL},
    {"numeric", MYDRV_KIND_DECIMAL, 0, 2, 0, 0, "decimal"},
    {"bit", MYDRV_KIND_BIT, 0, 1, 0, 0, NULL},
    {"year", MYDRV_KIND_YEAR, 0, 1, 0, 0, NULL},
    {"date", MYDRV_KIND_DATE, 0, 0, 0, 0, NULL},
    {"time", MYDRV_KIND_TIME, 0, 1, 0, 0, NULL},
    {"datetime", MYDRV_KIND_DATETIME, 0, 1, 0, 0, NULL},
    {"timestamp", MYDRV_KIND_TIMESTAMP, 0, 1, 0, 0, NULL},
    {"char", MYDRV_KIND_CHAR, 0, 1, 0, 0, NULL},
    {"varchar", MYDRV_KIND_TEXT, 0, 1, 0, 0, NULL},
    {"tinytext", MYDRV_KIND_TEXT, 0, 0, 0, 0, NULL},
    {"text", MYDRV_KIND_TEXT, 0, 0, 0, 0, NULL},
    {"mediumtext", MYDRV_KIND_TEXT, 0, 0, 0, 0, NULL},
    {"longtext", MYDRV_KIND_TEXT, 0, 0, 0, 0, NULL},
    {"binary", MYDRV_KIND_BINARY, 0, 1, 0, 0, NULL},
    {"varbinary", MYDRV_KIND_BYTES, 0, 1, 0, 0, NULL},
    {"tinyblob", MYDRV_KIND_BYTES, 0, 0, 0, 0, NULL},
    {"blob", MYDRV_KIND_BYTES, 0, 0, 0, 0, NULL},
    {"mediumblob", MYDRV_KIND_BYTES, 0, 0, 0, 0, NULL},
    {"longblob", MYDRV_KIND_BYTES, 0, 0, 0, 0, NULL},
    {"enum", MYDRV_KIND_ENUM, 0, 0, 0, 0, NULL},
    {"set", MYDRV_KIND_SET, 0, 0, 0, 0, NULL},
    {"json", MYDRV_KIND_JSON, 0, 0, 0, 0, NULL},
    {"uuid", MYDRV_KIND_UUID, 0, 0, 0, 0, NULL},
    {"inet4", MYDRV_KIND_INET4, 0, 0, 0, 0, NULL},
    {"inet6", MYDRV_KIND_INET6, 0, 0, 0, 0, NULL},
    {"geometry", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"point", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"linestring", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"polygon", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"multipoint", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"multilinestring", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"multipolygon", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"geometrycollection", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, NULL},
    {"geomcollection", MYDRV_KIND_GEOMETRY, 0, 0, 0, 0, "geometrycollection"},
    {"vector", MYDRV_KIND_VECTOR, 0, 1, 0, 0, NULL},
};

static const struct spelling *spelling_find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strlen(spellings[i].name) == length &&
            strncasecmp(spellings[i].name, name, length) == 0)
            return &spellings[i];
    return NULL;
}

static const char *spelling_skip_spaces(const char *at)
{
    return at + strspn(at, " ");
}

/* Members as the server prints them have backslash escapes; in the common descriptor they have
 * none.
 */
static char spelling_unescape(char c)
{
    return (char)(c == '0' ? '\0' : c == 'n' ? '\n' : c == 'r' ? '\r' : c);
}

bool mydrv_member_next(const char **list, const char *end, bool escapes, struct part_text *member)
{
    const char *at = *list;
    if (at >= end || *at != '\'')
        return false;
    if (member != NULL) {
        member->length = 0;
        part_text_append(member, "", 0);
    }
    for (at++; at < end; at++) {
        char c = *at;
        if (c == '\'' && at + 1 < end && at[1] == '\'') {
            at++;
        } else if (c == '\'') {
            at++;
            if (at < end && *at == ',' && at + 1 < end)
                at++;
            else if (at < end)
                return false;
            *list = at;
            return member == NULL || !member->failed;
        } else if (escapes && c == '\\' && at + 1 < end) {
            c = spelling_unescape(*++at);
        }
        if (member != NULL)
            part_text_append(member, &c, 1);
    }
    return false;
}

void mydrv_member_add(struct part_text *out, const struct part_text *member)
{
    part_text_add(out, out->length > 0 && out->data[out->length - 1] == '\'' ? ",'" : "'");
    for (size_t i = 0; i < member->length; i++) {
        char c = member->data[i];
        if (c == '\0' || c == '\n' || c == '\r')
            part_text_add(out, c == '\0' ? "\\0" : c == '\n' ? "\\n" : "\\r");
        else if (c == '\'' || c == '\\')
            part_text_addf(out, "%c%c", c, c);
        else
            part_text_append(out, &c, 1);
    }
    part_text_add(out, "'");
    if (member->failed)
        out->failed = true;
}

/* The list ends at the last parenthesis: members may hold any.  Nothing of them is kept, so that a
 * type cannot be taken for an unknown one where memory ends. */
static bool spelling_parse_members(const char *at, struct mydrv_type *type)
{
    const char *end = at == NULL ? NULL : strrchr(at, ')');
    if (end == NULL || end[1] != '\0' || at[1] != '\'')
        return false;
    type->members = at + 1;
    type->members_size = (size_t)(end - at - 1);
    const char *list = type->members;
    while (mydrv_member_next(&list, end, true, NULL))
        ;
    return list == end;
}

static const char *spelling_parse_numbers(const char *at, uint32_t most, struct mydrv_type *type)
{
    if (*at != '(')
        return at;
    do {
        at = spelling_skip_spaces(at + 1);
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 10 || type->count >= most)
            return NULL;
        for (size_t i = 0; i < digits; i++)
            type->numbers[type->count] = type->numbers[type->count] * 10 + (uint64_t)(at[i] - '0');
        type->count++;
        at = spelling_skip_spaces(at + digits);
    } while (*at == ',');
    return *at == ')' ? at + 1 : NULL;
}

/* MariaDB puts a remark behind types of old tables, such as `datetime`; those stay unknown. */
static bool spelling_parse_words(const char *at, struct mydrv_type *type)
{
    bool number = type->kind == MYDRV_KIND_INT || type->kind == MYDRV_KIND_FLOAT ||
                  type->kind == MYDRV_KIND_DOUBLE || type->kind == MYDRV_KIND_DECIMAL;
    for (at = spelling_skip_spaces(at); *at != '\0'; at = spelling_skip_spaces(at)) {
        size_t length = strcspn(at, " ");
        if (number && length == 8 && strncasecmp(at, "unsigned", 8) == 0)
            type->is_unsigned = true;
        else if (number && length == 8 && strncasecmp(at, "zerofill", 8) == 0)
            type->zerofill = type->is_unsigned = true;
        else
            return false;
        at += length;
    }
    return true;
}

bool mydrv_type_parse(const char *text, struct mydrv_type *ret_type)
{
    const char *at = spelling_skip_spaces(text);
    size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    const struct spelling *known = spelling_find(at, length);
    if (known == NULL)
        return false;
    struct mydrv_type type = {
        .name = known->canonical == NULL ? known->name : known->canonical,
        .kind = known->kind,
        .bits = known->bits,
    };
    at += length;
    if (type.kind == MYDRV_KIND_ENUM || type.kind == MYDRV_KIND_SET) {
        if (*at != '(' || !spelling_parse_members(at, &type))
            return false;
    } else {
        at = spelling_parse_numbers(at, known->most_numbers, &type);
        if (at == NULL || !spelling_parse_words(at, &type))
            return false;
    }
    *ret_type = type;
    return true;
}

/* Whether the width of an integer says anything.  MySQL keeps it only beside ZEROFILL and for
 * tinyint(1). */
static bool spelling_width_counts(const struct mydrv_type *type, bool mariadb)
{
    const struct spelling *known = spelling_find(type->name, strlen(type->name));
    if (type->count == 0 || known == NULL)
        return false;
    uint32_t usual = type->is_unsigned ? known->unsigned_width : known->width;
    if (!mariadb && !type->zerofill)
        return type->bits == 8 && type->numbers[0] == 1 && !type->is_unsigned;
    return type->numbers[0] != usual;
}

static void spelling_write_members(const struct mydrv_type *type, struct part_text *out)
{
    PART_AUTO_TEXT struct part_text member = {0};
    const char *list = type->members;
    const char *end = list + type->members_size;
    while (mydrv_member_next(&list, end, true, &member))
        mydrv_member_add(out, &member);
    out->failed = out->failed || member.failed;
}

bool mydrv_type_spell(const struct mydrv_type *type, bool mariadb, struct part_text *out)
{
    uint32_t count = type->count;
    if (type->kind == MYDRV_KIND_INT && !spelling_width_counts(type, mariadb))
        count = 0;
    if (type->kind == MYDRV_KIND_YEAR)
        count = 0;
    if ((type->kind == MYDRV_KIND_TIME || type->kind == MYDRV_KIND_DATETIME ||
         type->kind == MYDRV_KIND_TIMESTAMP) &&
        type->numbers[0] == 0)
        count = 0;
    part_text_add(out, type->name);
    if (type->members != NULL) {
        part_text_add(out, "(");
        spelling_write_members(type, out);
        part_text_add(out, ")");
    } else if (type->kind == MYDRV_KIND_DECIMAL) {
        part_text_addf(out, "(%llu,%llu)", (unsigned long long)(count == 0 ? 10 : type->numbers[0]),
                       (unsigned long long)(count < 2 ? 0 : type->numbers[1]));
    } else if (count == 1) {
        part_text_addf(out, "(%llu)", (unsigned long long)type->numbers[0]);
    } else if (type->kind == MYDRV_KIND_BIT || type->kind == MYDRV_KIND_CHAR ||
               type->kind == MYDRV_KIND_BINARY) {
        part_text_add(out, "(1)");
    }
    if (type->is_unsigned)
        part_text_add(out, " unsigned");
    if (type->zerofill)
        part_text_add(out, " zerofill");
    return !out->failed;
}

bool mydrv_type_has_charset(const struct mydrv_type *type)
{
    return type->kind == MYDRV_KIND_CHAR || type->kind == MYDRV_KIND_TEXT ||
           type->kind == MYDRV_KIND_ENUM || type->kind == MYDRV_KIND_SET;
}
