/* Declared types: SQLite's affinity rules for a source, and what a target declares for each type.
 *
 * The declared type decides how SQLite stores a value, by substrings (datatype3.html, 3.1).  A
 * target therefore declares only INTEGER, REAL, TEXT, BLOB or nothing: under these names a value of
 * the right kind is stored as it comes.
 */

#include "sqlite_driver.h"

#include <string.h>

/* The rules in SQLite's own order: the first that is found decides. */
static const struct affinity_rule {
    const char *substring;
    uint32_t type;
    uint32_t bits;
} affinity_rules[] = {
    {"INT", FERRY_TYPE_INT, 64},    {"CHAR", FERRY_TYPE_TEXT, 0},   {"CLOB", FERRY_TYPE_TEXT, 0},
    {"TEXT", FERRY_TYPE_TEXT, 0},   {"BLOB", FERRY_TYPE_BYTES, 0},  {"REAL", FERRY_TYPE_FLOAT, 64},
    {"FLOA", FERRY_TYPE_FLOAT, 64}, {"DOUB", FERRY_TYPE_FLOAT, 64},
};

void sqlite_type_describe(const char *declared, struct ferry_column *column)
{
    column->native = declared != NULL && *declared != '\0' ? declared : "expression";
    column->type = FERRY_TYPE_ANY; /* NUMERIC affinity, or an expression: each cell says its kind */
    column->bits = 0;
    if (declared == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof affinity_rules / sizeof *affinity_rules; i++) {
        if (strcasestr(declared, affinity_rules[i].substring) != NULL) {
            column->type = affinity_rules[i].type;
            column->bits = affinity_rules[i].bits;
            return;
        }
    }
}

#define NOTE_ZERO "-0.0 loses its sign"
#define NOTE_DECIMAL "stored as REAL: all digits survive, sums are those of floating point"
#define NOTE_DIGITS "stored as TEXT to keep every digit: order and arithmetic are textual"
#define NOTE_UNSIGNED "values above 9223372036854775807 are refused"

/* The first rule that matches a column counts. */
static const struct sqlite_type_rule type_rules[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "INTEGER", FERRY_FIT_EXACT, SQLITE_CONVERT_INT, NULL},
    {FERRY_TYPE_INT, 0, 1, 63, "INTEGER", FERRY_FIT_WIDER, SQLITE_CONVERT_INT, NULL},
    {FERRY_TYPE_INT, 0, 64, 64, "INTEGER", FERRY_FIT_EXACT, SQLITE_CONVERT_INT, NULL},
    {FERRY_TYPE_INT, FERRY_COLUMN_UNSIGNED, 1, 63, "INTEGER", FERRY_FIT_WIDER,
     SQLITE_CONVERT_UNSIGNED, NULL},
    {FERRY_TYPE_INT, FERRY_COLUMN_UNSIGNED, 64, 64, "INTEGER", FERRY_FIT_CHECKED,
     SQLITE_CONVERT_UNSIGNED, NOTE_UNSIGNED},
    {FERRY_TYPE_FLOAT, 0, 1, 32, "REAL", FERRY_FIT_WIDER, SQLITE_CONVERT_FLOAT, NOTE_ZERO},
    {FERRY_TYPE_FLOAT, 0, 33, 64, "REAL", FERRY_FIT_EXACT, SQLITE_CONVERT_FLOAT, NOTE_ZERO},
    {FERRY_TYPE_DECIMAL, 0, 1, 15, "REAL", FERRY_FIT_EXACT, SQLITE_CONVERT_DECIMAL, NOTE_DECIMAL},
    {FERRY_TYPE_DECIMAL, 0, 0, UINT32_MAX, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT,
     NOTE_DIGITS},
    {FERRY_TYPE_TEXT, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_BYTES, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLITE_CONVERT_BYTES, NULL},
    {FERRY_TYPE_DATE, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_TIME, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_DATETIME, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_YEAR, 0, 0, 0, "INTEGER", FERRY_FIT_EXACT, SQLITE_CONVERT_INT, NULL},
    {FERRY_TYPE_BIT, 0, 1, 64, "INTEGER", FERRY_FIT_CHECKED, SQLITE_CONVERT_UNSIGNED,
     NOTE_UNSIGNED},
    {FERRY_TYPE_JSON, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_ENUM, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_SET, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_UUID, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_INET4, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_INET6, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLITE_CONVERT_TEXT, NULL},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLITE_CONVERT_BYTES, NULL},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLITE_CONVERT_BYTES, NULL},
    {FERRY_TYPE_ANY, 0, 0, 0, "", FERRY_FIT_EXACT, SQLITE_CONVERT_ANY, NULL},
};

/* The number that `size_from` and `size_to` bound. */
static uint32_t type_size(const struct ferry_column *column)
{
    switch (column->type) {
    case FERRY_TYPE_INT:
    case FERRY_TYPE_FLOAT:
    case FERRY_TYPE_BIT:
        return column->bits;
    case FERRY_TYPE_DECIMAL: /* 0.00001 has five digits after the point, whatever its precision */
        return column->precision > column->scale ? column->precision : column->scale;
    default:
        return 0;
    }
}

const struct sqlite_type_rule *sqlite_type_rule(const struct ferry_column *column)
{
    uint32_t size = type_size(column);
    uint32_t sign = column->type == FERRY_TYPE_INT ? column->flags & FERRY_COLUMN_UNSIGNED : 0;
    for (size_t i = 0; i < sizeof type_rules / sizeof *type_rules; i++) {
        const struct sqlite_type_rule *rule = &type_rules[i];
        if (rule->type == column->type && rule->sign == sign && size >= rule->size_from &&
            size <= rule->size_to) {
            return rule;
        }
    }
    return NULL;
}

ferry_status sqlite_map_column(void *conn, const struct ferry_column *column,
                               const struct ferry_wish *wish, struct ferry_mapping *mapping,
                               struct ferry_error *err)
{
    (void)conn;
    (void)wish;
    const struct sqlite_type_rule *rule = sqlite_type_rule(column);
    if (rule == NULL) {
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "", "SQLite has no type for it", err);
    }
    return ferry_mapping_set(mapping, rule->fit, rule->native, rule->note, err);
}
