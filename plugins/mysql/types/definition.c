/* What a column's definition says, in the words of the server's catalog: type, members, default,
 * collation.
 *
 * Nothing here asks the server.  Text that is not understood gives "unknown", never a guess.
 */

#include "types/types.h"

#include <string.h>

/* The first word of a definition, and what such a column looks like in a result. */
static const struct {
    const char *word;
    uint32_t type;
    uint32_t bits;
    const char *subtype;
} definition_words[] = {
    {"tinyint", FERRY_TYPE_INT, 8, NULL},
    {"smallint", FERRY_TYPE_INT, 16, NULL},
    {"mediumint", FERRY_TYPE_INT, 24, NULL},
    {"int", FERRY_TYPE_INT, 32, NULL},
    {"bigint", FERRY_TYPE_INT, 64, NULL},
    {"float", FERRY_TYPE_FLOAT, 32, NULL},
    {"double", FERRY_TYPE_FLOAT, 64, NULL},
    {"decimal", FERRY_TYPE_DECIMAL, 0, NULL},
    {"bit", FERRY_TYPE_BIT, 0, NULL},
    {"date", FERRY_TYPE_DATE, 0, NULL},
    {"time", FERRY_TYPE_TIME, 0, NULL},
    {"datetime", FERRY_TYPE_DATETIME, 0, NULL},
    {"timestamp", FERRY_TYPE_DATETIME, 0, NULL},
    {"year", FERRY_TYPE_YEAR, 0, NULL},
    {"char", FERRY_TYPE_TEXT, 0, NULL},
    {"varchar", FERRY_TYPE_TEXT, 0, NULL},
    {"tinytext", FERRY_TYPE_TEXT, 0, NULL},
    {"text", FERRY_TYPE_TEXT, 0, NULL},
    {"mediumtext", FERRY_TYPE_TEXT, 0, NULL},
    {"longtext", FERRY_TYPE_TEXT, 0, NULL},
    {"longtext", FERRY_TYPE_JSON, 0, NULL},
    {"json", FERRY_TYPE_JSON, 0, NULL},
    {"binary", FERRY_TYPE_BYTES, 0, NULL},
    {"varbinary", FERRY_TYPE_BYTES, 0, NULL},
    {"tinyblob", FERRY_TYPE_BYTES, 0, NULL},
    {"blob", FERRY_TYPE_BYTES, 0, NULL},
    {"mediumblob", FERRY_TYPE_BYTES, 0, NULL},
    {"longblob", FERRY_TYPE_BYTES, 0, NULL},
    {"enum", FERRY_TYPE_ENUM, 0, NULL},
    {"enum", FERRY_TYPE_BYTES, 0, NULL},
    {"set", FERRY_TYPE_SET, 0, NULL},
    {"set", FERRY_TYPE_BYTES, 0, NULL},
    {"uuid", FERRY_TYPE_UUID, 0, NULL},
    {"inet4", FERRY_TYPE_INET4, 0, NULL},
    {"inet6", FERRY_TYPE_INET6, 0, NULL},
    {"geometry", FERRY_TYPE_GEOMETRY, 0, NULL},
    {"point", FERRY_TYPE_GEOMETRY, 0, "point"},
    {"linestring", FERRY_TYPE_GEOMETRY, 0, "linestring"},
    {"polygon", FERRY_TYPE_GEOMETRY, 0, "polygon"},
    {"multipoint", FERRY_TYPE_GEOMETRY, 0, "multipoint"},
    {"multilinestring", FERRY_TYPE_GEOMETRY, 0, "multilinestring"},
    {"multipolygon", FERRY_TYPE_GEOMETRY, 0, "multipolygon"},
    {"geometrycollection", FERRY_TYPE_GEOMETRY, 0, "geometrycollection"},
    {"geomcollection", FERRY_TYPE_GEOMETRY, 0, "geometrycollection"},
    {"vector", FERRY_TYPE_VECTOR, 0, NULL},
    {"vector", FERRY_TYPE_BYTES, 0, NULL}, /* MariaDB's, in a result */
};

static size_t definition_word_length(const char *definition)
{
    return strspn(definition, "abcdefghijklmnopqrstuvwxyz0123456789");
}

bool mydrv_definition_agrees(const char *definition, const struct ferry_column *column)
{
    size_t length = definition_word_length(definition);
    for (size_t i = 0; i < sizeof definition_words / sizeof *definition_words; i++) {
        const char *word = definition_words[i].word;
        if (definition_words[i].type == column->type && strlen(word) == length &&
            strncmp(word, definition, length) == 0 &&
            (definition_words[i].bits == 0 || definition_words[i].bits == column->bits))
            return true;
    }
    return false;
}

/* The number in parentheses behind the first word, below 100000; 0 where there is none. */
static uint64_t definition_number(const char *definition)
{
    const char *at = definition + definition_word_length(definition);
    uint64_t number = 0;
    if (*at != '(')
        return 0;
    for (at++; *at >= '0' && *at <= '9' && number < 10000; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    return *at == ')' ? number : 0;
}

/* The width that a server shows where none was asked for. */
static uint64_t definition_usual_width(const struct ferry_column *column)
{
    bool is_unsigned = (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
    switch (column->bits) {
    case 8:
        return is_unsigned ? 3 : 4;
    case 16:
        return is_unsigned ? 5 : 6;
    case 24:
        return is_unsigned ? 8 : 9;
    case 32:
        return is_unsigned ? 10 : 11;
    default:
        return 20;
    }
}

uint64_t mydrv_definition_width(const char *definition, const struct ferry_column *column)
{
    uint64_t width = column->type == FERRY_TYPE_INT ? definition_number(definition) : 0;
    return width > 255 || width == definition_usual_width(column) ? 0 : width;
}

uint64_t mydrv_definition_dimensions(const char *definition)
{
    return strncmp(definition, "vector(", 7) == 0 ? definition_number(definition) : 0;
}

const char *mydrv_definition_subtype(const char *definition)
{
    size_t length = definition_word_length(definition);
    for (size_t i = 0; i < sizeof definition_words / sizeof *definition_words; i++)
        if (definition_words[i].type == FERRY_TYPE_GEOMETRY &&
            strlen(definition_words[i].word) == length &&
            strncmp(definition_words[i].word, definition, length) == 0)
            return definition_words[i].subtype;
    return NULL;
}

/* ---- Quoted text ---- */

/* One character of a text in quotes, from `at`: what it stands for, or -1 at the closing quote, -2
 * where the text breaks off.  The servers double quotes and escape by backslash whatever sql_mode
 * says. */
static int definition_unquote(const char **at, const char *end)
{
    static const char letters[] = "0nrtbZ";
    static const char meanings[] = "\0\n\r\t\b\032";
    if (*at >= end)
        return -2;
    unsigned char c = (unsigned char)*(*at)++;
    if (c == '\'') {
        if (*at >= end || **at != '\'')
            return -1;
        (*at)++;
        return c;
    }
    if (c != '\\')
        return c;
    if (*at >= end)
        return -2;
    c = (unsigned char)*(*at)++;
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    return letter == NULL ? c : (unsigned char)meanings[letter - letters];
}

bool mydrv_definition_members(const char *definition, char **ret_members)
{
    const char *at = definition + definition_word_length(definition);
    const char *end = at + strlen(at);
    char *members = malloc(2 * (size_t)(end - at) + 1);
    char *out = members;
    if (members == NULL)
        return false;
    if (*at != '(' || at[1] != '\'')
        goto unknown;
    do {
        int c;
        at += 2; /* the parenthesis or comma, and the quote */
        if (out != members)
            *out++ = ',';
        *out++ = '\'';
        while ((c = definition_unquote(&at, end)) > 0) {
            if (c == '\'')
                *out++ = '\'';
            *out++ = (char)c;
        }
        if (c != -1) /* NUL, or no end */
            goto unknown;
        *out++ = '\'';
    } while (at[0] == ',' && at[1] == '\'');
    if (*at != ')')
        goto unknown;
    *out = '\0';
    *ret_members = members;
    return true;
unknown:
    free(members);
    *ret_members = NULL;
    return true;
}

/* ---- Defaults ---- */

/* The moment with as many digits as the column has. */
static bool definition_is_now(const char *text, const struct ferry_column *column)
{
    static const char now[] = "current_timestamp";
    unsigned digits = 0;
    if (column->type != FERRY_TYPE_DATETIME || strncasecmp(text, now, sizeof now - 1) != 0)
        return false;
    text += sizeof now - 1;
    if (text[0] == '(' && text[1] >= '1' && text[1] <= '6') {
        digits = (unsigned)(text[1] - '0');
        text += 3;
        if (text[-1] != ')')
            return false;
    } else if (text[0] == '(' && text[1] == ')') {
        text += 2;
    }
    return *text == '\0' && digits == column->scale;
}

static bool definition_is_number(const char *text)
{
    static const char digits[] = "0123456789";
    text += *text == '-';
    size_t whole = strspn(text, digits);
    text += whole;
    if (*text == '.') {
        size_t part = strspn(text + 1, digits);
        whole += part;
        text += part + 1;
    }
    if (whole > 0 && (*text == 'e' || *text == 'E')) {
        text += text[1] == '-' || text[1] == '+' ? 2 : 1;
        whole = strspn(text, digits);
        text += whole;
    }
    return whole > 0 && *text == '\0';
}

/* Each makes a text, NULL for a constant that cannot be given as one; false if out of memory. */

static bool definition_copy(const char *text, char **ret_copy)
{
    *ret_copy = strdup(text);
    return *ret_copy != NULL;
}

/* b'101' as a number in decimal. */
static bool definition_bits(const char *text, char **ret_number)
{
    uint64_t value = 0;
    size_t digits = strncmp(text, "b'", 2) == 0 ? strspn(text + 2, "01") : 0;
    if (digits == 0 || digits > 64 || strcmp(text + 2 + digits, "'") != 0)
        return true;
    for (size_t i = 0; i < digits; i++)
        value = value << 1 | (uint64_t)(text[2 + i] - '0');
    if (asprintf(ret_number, "%llu", (unsigned long long)value) >= 0)
        return true;
    *ret_number = NULL;
    return false;
}

/* A whole text in quotes, without NUL. */
static bool definition_text(const char *text, size_t length, char **ret_plain)
{
    const char *at = text + 1;
    const char *end = text + length;
    char *plain = malloc(length);
    char *out = plain;
    int c = 0;
    if (plain == NULL)
        return false;
    while ((c = definition_unquote(&at, end)) > 0)
        *out++ = (char)c;
    if (c != -1 || at != end) {
        free(plain);
        return true;
    }
    *out = '\0';
    *ret_plain = plain;
    return true;
}

/* MariaDB has a comma between the words, MySQL has none. */
static bool definition_has_word(const char *extra, const char *word)
{
    const char *found = strcasestr(extra, word);
    size_t length = strlen(word);
    return found != NULL && (found == extra || found[-1] == ' ') &&
           (found[length] == '\0' || found[length] == ' ' || found[length] == ',');
}

enum mydrv_default mydrv_definition_default(const char *text, size_t length, const char *extra,
                                            bool quoted, const struct ferry_column *column,
                                            char **ret_value)
{
    char *value = NULL;
    bool enough = true;
    if (text == NULL || (quoted && strcmp(text, "NULL") == 0))
        return MYDRV_DEFAULT_NONE;
    if (definition_is_now(text, column))
        return MYDRV_DEFAULT_NOW;
    if (strlen(text) != length || definition_has_word(extra, "DEFAULT_GENERATED"))
        return MYDRV_DEFAULT_UNKNOWN;
    if (column->type == FERRY_TYPE_BIT)
        enough = definition_bits(text, &value);
    else if (column->type == FERRY_TYPE_BYTES) /* their text form is not faithful */
        enough = strcmp(text, quoted ? "''" : "") != 0 || definition_copy("", &value);
    else if (quoted && *text == '\'')
        enough = definition_text(text, length, &value);
    else if (!quoted || definition_is_number(text))
        enough = definition_copy(text, &value);
    if (!enough)
        return MYDRV_DEFAULT_NO_MEMORY;
    if (value == NULL)
        return MYDRV_DEFAULT_UNKNOWN;
    *ret_value = value;
    return MYDRV_DEFAULT_CONSTANT;
}

bool mydrv_definition_is_generated(const char *extra)
{
    return definition_has_word(extra, "VIRTUAL") || definition_has_word(extra, "STORED") ||
           definition_has_word(extra, "PERSISTENT");
}

bool mydrv_definition_is_invisible(const char *extra)
{
    return definition_has_word(extra, "INVISIBLE");
}

bool mydrv_definition_numbers_itself(const char *extra)
{
    return definition_has_word(extra, "auto_increment");
}

bool mydrv_definition_is_servers_key(const char *name, const char *extra)
{
    return strcmp(name, "my_row_id") == 0 && mydrv_definition_is_invisible(extra) &&
           mydrv_definition_numbers_itself(extra);
}

bool mydrv_definition_follows_updates(const char *extra)
{
    return strcasestr(extra, "on update ") != NULL;
}

/* ---- Collations ---- */

/* 1 if `word` stands between underscores, or at the end, behind the character set's name. */
static bool definition_collation_has(const char *collation, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strchr(collation, '_'); at != NULL; at = strchr(at + 1, '_'))
        if (strncmp(at + 1, word, length) == 0 && (at[1 + length] == '_' || at[1 + length] == '\0'))
            return true;
    return false;
}

uint32_t mydrv_collation_flags(const char *collation, const char *pad)
{
    bool is_binary = strcmp(collation, "binary") == 0;
    /* To which I is no i: nobody else's rule. */
    if (definition_collation_has(collation, "turkish") || definition_collation_has(collation, "tr"))
        return FERRY_COLUMN_COMPARES_UNKNOWN;
    bool ignores_case = definition_collation_has(collation, "ci");
    uint32_t flags = 0;
    if (!is_binary && !ignores_case && !definition_collation_has(collation, "cs") &&
        !definition_collation_has(collation, "bin"))
        return FERRY_COLUMN_COMPARES_UNKNOWN;
    if (ignores_case)
        flags |= FERRY_COLUMN_IGNORES_CASE;
    /* A name that tells of case only means the same for accents. */
    if (definition_collation_has(collation, "ai") ||
        (ignores_case && !definition_collation_has(collation, "as")))
        flags |= FERRY_COLUMN_IGNORES_ACCENTS;
    bool pads = pad != NULL ? strcmp(pad, "PAD SPACE") == 0
                            : !is_binary && !definition_collation_has(collation, "nopad");
    return pads ? flags | FERRY_COLUMN_IGNORES_TRAILING_SPACE : flags;
}

bool mydrv_charset_is_small(const char *charset)
{
    static const char *const large[] = {"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        if (strcmp(charset, large[i]) == 0)
            return false;
    return true;
}
