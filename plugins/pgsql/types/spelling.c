/* Column types <-> their spelling: the server's own, and the other names that it takes. */

#include "types/native.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define SPELLING_ROOM 64    /* of a type's words, in which nothing is but letters and spaces */
#define SPELLING_FRACTION 6 /* digits of a second that the server has */
#define SPELLING_LENGTH_MAX 10485760 /* of a text or a bit string */

/* The first name of a kind is the server's own: what stands before the brackets and behind them. */
static const struct spelling {
    enum pgdrv_kind kind;
    const char *before, *behind;
    unsigned numbers;     /* at most */
    uint32_t least, most; /* of the first */
} spellings[] = {
    {PGDRV_KIND_BOOL, "boolean", "", 0, 0, 0},
    {PGDRV_KIND_BOOL, "bool", "", 0, 0, 0},
    {PGDRV_KIND_INT2, "smallint", "", 0, 0, 0},
    {PGDRV_KIND_INT2, "int2", "", 0, 0, 0},
    {PGDRV_KIND_INT4, "integer", "", 0, 0, 0},
    {PGDRV_KIND_INT4, "int", "", 0, 0, 0},
    {PGDRV_KIND_INT4, "int4", "", 0, 0, 0},
    {PGDRV_KIND_INT8, "bigint", "", 0, 0, 0},
    {PGDRV_KIND_INT8, "int8", "", 0, 0, 0},
    {PGDRV_KIND_NUMERIC, "numeric", "", 2, 1, 1000},
    {PGDRV_KIND_NUMERIC, "decimal", "", 2, 1, 1000},
    {PGDRV_KIND_FLOAT4, "real", "", 0, 0, 0},
    {PGDRV_KIND_FLOAT4, "float4", "", 0, 0, 0},
    {PGDRV_KIND_FLOAT8, "double precision", "", 0, 0, 0},
    {PGDRV_KIND_FLOAT8, "float8", "", 0, 0, 0},
    {PGDRV_KIND_TEXT, "text", "", 0, 0, 0},
    {PGDRV_KIND_VARCHAR, "character varying", "", 1, 1, SPELLING_LENGTH_MAX},
    {PGDRV_KIND_VARCHAR, "varchar", "", 1, 1, SPELLING_LENGTH_MAX},
    {PGDRV_KIND_CHAR, "character", "", 1, 1, SPELLING_LENGTH_MAX},
    {PGDRV_KIND_CHAR, "char", "", 1, 1, SPELLING_LENGTH_MAX},
    {PGDRV_KIND_BYTEA, "bytea", "", 0, 0, 0},
    {PGDRV_KIND_DATE, "date", "", 0, 0, 0},
    {PGDRV_KIND_TIME, "time", "without time zone", 1, 0, SPELLING_FRACTION},
    {PGDRV_KIND_TIME, "time", "", 1, 0, SPELLING_FRACTION},
    {PGDRV_KIND_TIMESTAMP, "timestamp", "without time zone", 1, 0, SPELLING_FRACTION},
    {PGDRV_KIND_TIMESTAMP, "timestamp", "", 1, 0, SPELLING_FRACTION},
    {PGDRV_KIND_TIMESTAMPTZ, "timestamp", "with time zone", 1, 0, SPELLING_FRACTION},
    {PGDRV_KIND_TIMESTAMPTZ, "timestamptz", "", 1, 0, SPELLING_FRACTION},
    {PGDRV_KIND_INTERVAL, "interval", "", 1, 0, SPELLING_FRACTION},
    {PGDRV_KIND_BIT, "bit", "", 1, 1, SPELLING_LENGTH_MAX},
    {PGDRV_KIND_VARBIT, "bit varying", "", 1, 1, SPELLING_LENGTH_MAX},
    {PGDRV_KIND_VARBIT, "varbit", "", 1, 1, SPELLING_LENGTH_MAX},
    {PGDRV_KIND_JSON, "json", "", 0, 0, 0},
    {PGDRV_KIND_JSONB, "jsonb", "", 0, 0, 0},
    {PGDRV_KIND_UUID, "uuid", "", 0, 0, 0},
    {PGDRV_KIND_INET, "inet", "", 0, 0, 0},
};

/* Words in small letters with one space between them, up to a bracket or the end.  NULL: there are
 * too many. */
static const char *spelling_take_words(const char *at, char room[SPELLING_ROOM])
{
    size_t length = 0;
    while (*at == ' ')
        at++;
    for (; *at != '\0' && *at != '('; at++) {
        if (*at == ' ' && (at[1] == ' ' || at[1] == '\0' || at[1] == '('))
            continue;
        if (length + 1 >= SPELLING_ROOM)
            return NULL;
        room[length++] = (char)tolower((unsigned char)*at);
    }
    room[length] = '\0';
    return at;
}

/* "(10, 2)" -> two numbers.  NULL: it is none of that. */
static const char *spelling_take_numbers(const char *at, struct pgdrv_type *type)
{
    do {
        char *end = NULL;
        at += 1 + strspn(at + 1, " ");
        if (type->count == 2 || *at < '0' || *at > '9')
            return NULL;
        uintmax_t number = strtoumax(at, &end, 10);
        if (number > SPELLING_LENGTH_MAX)
            return NULL;
        type->numbers[type->count++] = (uint32_t)number;
        at = end + strspn(end, " ");
    } while (*at == ',');
    return *at == ')' ? at + 1 : NULL;
}

static bool spelling_allows(const struct spelling *spelling, struct pgdrv_type *type)
{
    if (type->count > spelling->numbers)
        return false;
    /* By the standard, CHAR and BIT alone have a length of one. */
    if (type->count == 0 &&
        (spelling->kind == PGDRV_KIND_CHAR || spelling->kind == PGDRV_KIND_BIT)) {
        type->count = 1;
        type->numbers[0] = 1;
    }
    return type->count == 0 ||
           (type->numbers[0] >= spelling->least && type->numbers[0] <= spelling->most &&
            (type->count == 1 || type->numbers[1] <= type->numbers[0]));
}

bool pgdrv_type_parse(const char *text, struct pgdrv_type *ret_type)
{
    struct pgdrv_type type = {0};
    char before[SPELLING_ROOM], behind[SPELLING_ROOM] = "";
    const char *at = spelling_take_words(text, before);
    if (at != NULL && *at == '(')
        at = spelling_take_numbers(at, &type);
    if (at != NULL && type.count > 0)
        at = spelling_take_words(at, behind);
    if (at == NULL || *at != '\0')
        return false;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        const struct spelling *spelling = &spellings[i];
        size_t length = strlen(spelling->before);
        bool alike =
            type.count > 0
                ? strcmp(before, spelling->before) == 0 && strcmp(behind, spelling->behind) == 0
            : *spelling->behind == '\0'
                ? strcmp(before, spelling->before) == 0
                : strncmp(before, spelling->before, length) == 0 && before[length] == ' ' &&
                      strcmp(before + length + 1, spelling->behind) == 0;
        if (alike && spelling_allows(spelling, &type)) {
            type.kind = spelling->kind;
            /* Where no scale is said it is 0, which the server prints. */
            if (type.kind == PGDRV_KIND_NUMERIC && type.count == 1)
                type.count = 2;
            *ret_type = type;
            return true;
        }
    }
    return false;
}

void pgdrv_type_spell(const struct pgdrv_type *type, struct part_text *text)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (spellings[i].kind != type->kind)
            continue;
        part_text_add(text, spellings[i].before);
        if (type->count == 1)
            part_text_addf(text, "(%" PRIu32 ")", type->numbers[0]);
        else if (type->count == 2)
            part_text_addf(text, "(%" PRIu32 ",%" PRIu32 ")", type->numbers[0], type->numbers[1]);
        if (*spellings[i].behind != '\0')
            part_text_addf(text, " %s", spellings[i].behind);
        return;
    }
}

uint32_t pgdrv_type_fraction(const struct pgdrv_type *type)
{
    return type->count == 0 ? SPELLING_FRACTION : type->numbers[0];
}
