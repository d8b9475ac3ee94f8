/* Declared types: SQLite's affinity rules for a source, and what a target declares for each type.
 *
 * The declared type decides how SQLite stores a value, by substrings (datatype3.html, 3.1).  A
 * target therefore declares only INTEGER, REAL, TEXT, BLOB or nothing: under these names a value of
 * the right kind is stored as it comes.
 */

#include "scan.h"

#include <string.h>
#include <strings.h>

static const struct {
    uint32_t type;
    uint32_t bits;
} type_of_affinity[] = {
    [SQLDRV_AFFINITY_NONE] = {FERRY_TYPE_BYTES, 0},
    [SQLDRV_AFFINITY_INTEGER] = {FERRY_TYPE_INT, 64},
    [SQLDRV_AFFINITY_REAL] = {FERRY_TYPE_FLOAT, 64},
    [SQLDRV_AFFINITY_TEXT] = {FERRY_TYPE_TEXT, 0},
    [SQLDRV_AFFINITY_NUMERIC] = {FERRY_TYPE_ANY, 0}, /* each cell says its kind */
};

void sqldrv_type_describe(const char *declared, struct ferry_column *column)
{
    bool known = declared != NULL && *declared != '\0';
    enum sqldrv_affinity affinity =
        known ? sqldrv_affinity_of(declared) : SQLDRV_AFFINITY_NUMERIC; /* as little is known */
    column->native = known ? declared : "expression";
    column->type = type_of_affinity[affinity].type;
    column->bits = type_of_affinity[affinity].bits;
}

/* ---- What a target declares ---- */

#define ALL UINT32_MAX
#define UNSIGNED FERRY_COLUMN_UNSIGNED
#define DECIMAL_REAL_MAX 100 /* digits; what decimal.c has room for */

#define NOTE_ZERO "-0.0 loses its sign"
#define NOTE_DECIMAL "stored as REAL: all digits survive, sums are those of floating point"
#define NOTE_SURVIVE "stored as REAL: a value with more digits than a double keeps is refused"
#define NOTE_TEXTUAL "stored as TEXT: order and arithmetic are textual"
#define NOTE_DIGITS "stored as TEXT to keep every digit: order and arithmetic are textual"
#define NOTE_UNSIGNED "values above 9223372036854775807 are refused"
#define NOTE_WHOLE "stored as REAL: a number that no double holds is refused"
#define NOTE_BYTES "stored as BLOB: the bytes of the text in UTF-8"
#define NOTE_UTF8 "stored as TEXT: bytes that are not UTF-8 are refused"

/* For each type what it becomes by itself, and then what a wish may make of it: the first rule that
 * matches the column, and the wanted type, counts. */
static const struct sqldrv_type_rule type_rules[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "INTEGER", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT, NULL},
    {FERRY_TYPE_BOOL, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT_TEXT, NOTE_TEXTUAL},
    {FERRY_TYPE_BOOL, 0, 0, 0, "REAL", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT_REAL, NULL},

    {FERRY_TYPE_INT, 0, 1, 63, "INTEGER", FERRY_FIT_WIDER, SQLDRV_CONVERT_INT, NULL},
    {FERRY_TYPE_INT, 0, 64, 64, "INTEGER", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT, NULL},
    {FERRY_TYPE_INT, 0, 1, 64, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT_TEXT, NOTE_TEXTUAL},
    {FERRY_TYPE_INT, 0, 1, 53, "REAL", FERRY_FIT_WIDER, SQLDRV_CONVERT_INT_REAL, NULL},
    {FERRY_TYPE_INT, 0, 54, 64, "REAL", FERRY_FIT_CHECKED, SQLDRV_CONVERT_INT_REAL, NOTE_WHOLE},

    {FERRY_TYPE_INT, UNSIGNED, 1, 63, "INTEGER", FERRY_FIT_WIDER, SQLDRV_CONVERT_UNSIGNED, NULL},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "INTEGER", FERRY_FIT_CHECKED, SQLDRV_CONVERT_UNSIGNED,
     NOTE_UNSIGNED},
    {FERRY_TYPE_INT, UNSIGNED, 1, 64, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_UNSIGNED_TEXT,
     NOTE_TEXTUAL},
    {FERRY_TYPE_INT, UNSIGNED, 1, 53, "REAL", FERRY_FIT_WIDER, SQLDRV_CONVERT_UNSIGNED_REAL, NULL},
    {FERRY_TYPE_INT, UNSIGNED, 54, 64, "REAL", FERRY_FIT_CHECKED, SQLDRV_CONVERT_UNSIGNED_REAL,
     NOTE_WHOLE},

    {FERRY_TYPE_BIT, 0, 1, 63, "INTEGER", FERRY_FIT_WIDER, SQLDRV_CONVERT_UNSIGNED, NULL},
    {FERRY_TYPE_BIT, 0, 64, 64, "INTEGER", FERRY_FIT_CHECKED, SQLDRV_CONVERT_UNSIGNED,
     NOTE_UNSIGNED},
    {FERRY_TYPE_BIT, 0, 1, 64, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_UNSIGNED_TEXT, NOTE_TEXTUAL},

    {FERRY_TYPE_YEAR, 0, 0, 0, "INTEGER", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT, NULL},
    {FERRY_TYPE_YEAR, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT_TEXT, NOTE_TEXTUAL},

    {FERRY_TYPE_FLOAT, 0, 1, 32, "REAL", FERRY_FIT_WIDER, SQLDRV_CONVERT_FLOAT, NOTE_ZERO},
    {FERRY_TYPE_FLOAT, 0, 33, 64, "REAL", FERRY_FIT_EXACT, SQLDRV_CONVERT_FLOAT, NOTE_ZERO},

    {FERRY_TYPE_DECIMAL, 0, 1, 15, "REAL", FERRY_FIT_EXACT, SQLDRV_CONVERT_DECIMAL, NOTE_DECIMAL},
    {FERRY_TYPE_DECIMAL, 0, 1, 15, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NOTE_TEXTUAL},
    {FERRY_TYPE_DECIMAL, 0, 16, ALL, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NOTE_DIGITS},
    {FERRY_TYPE_DECIMAL, 0, 16, DECIMAL_REAL_MAX, "REAL", FERRY_FIT_CHECKED,
     SQLDRV_CONVERT_DECIMAL_CHECKED, NOTE_SURVIVE},

    {FERRY_TYPE_TEXT, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_TEXT, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT_BLOB, NOTE_BYTES},
    {FERRY_TYPE_JSON, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_JSON, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT_BLOB, NOTE_BYTES},
    {FERRY_TYPE_ENUM, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_SET, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_UUID, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_INET4, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_INET6, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_DATE, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_TIME, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},
    {FERRY_TYPE_DATETIME, 0, 0, 0, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT, NULL},

    {FERRY_TYPE_BYTES, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLDRV_CONVERT_BYTES, NULL},
    {FERRY_TYPE_BYTES, 0, 0, 0, "TEXT", FERRY_FIT_CHECKED, SQLDRV_CONVERT_BYTES_TEXT, NOTE_UTF8},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLDRV_CONVERT_BYTES, NULL},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLDRV_CONVERT_BYTES, NULL},

    {FERRY_TYPE_ANY, 0, 0, 0, "", FERRY_FIT_EXACT, SQLDRV_CONVERT_ANY, NULL},
    {FERRY_TYPE_ANY, 0, 0, 0, "INTEGER", FERRY_FIT_CHECKED, SQLDRV_CONVERT_ANY, NULL},
    {FERRY_TYPE_ANY, 0, 0, 0, "REAL", FERRY_FIT_CHECKED, SQLDRV_CONVERT_ANY, NULL},
    {FERRY_TYPE_ANY, 0, 0, 0, "TEXT", FERRY_FIT_CHECKED, SQLDRV_CONVERT_ANY, NULL},
    {FERRY_TYPE_ANY, 0, 0, 0, "BLOB", FERRY_FIT_EXACT, SQLDRV_CONVERT_ANY, NULL},
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

/* The declared type that the wish names, or NULL for whatever comes first. */
static const char *type_wanted(const struct ferry_column *column, const struct ferry_wish *wish)
{
    bool big = (column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_BIT) &&
               column->bits == 64 &&
               (column->type == FERRY_TYPE_BIT || (column->flags & UNSIGNED) != 0);
    if (wish == NULL) {
        return NULL;
    }
    if (wish->type != NULL) {
        return wish->type;
    }
    if (column->type == FERRY_TYPE_DECIMAL && wish->decimal != FERRY_DECIMAL_AUTO) {
        return wish->decimal == FERRY_DECIMAL_REAL ? "REAL" : "TEXT";
    }
    return big && wish->big_unsigned == FERRY_BIG_UNSIGNED_TEXT ? "TEXT" : NULL;
}

const struct sqldrv_type_rule *sqldrv_type_rule(const struct ferry_column *column,
                                                const struct ferry_wish *wish)
{
    uint32_t size = type_size(column);
    uint32_t sign = column->type == FERRY_TYPE_INT ? column->flags & UNSIGNED : 0;
    const char *wanted = type_wanted(column, wish);
    for (size_t i = 0; i < sizeof type_rules / sizeof *type_rules; i++) {
        const struct sqldrv_type_rule *rule = &type_rules[i];
        if (rule->type == column->type && rule->sign == sign && size >= rule->size_from &&
            size <= rule->size_to && (wanted == NULL || strcasecmp(rule->native, wanted) == 0)) {
            return rule;
        }
    }
    return NULL;
}

/* SQLite keeps other kinds as they are, but where it has been told to convert: then nobody could
 * tell them from what was converted. */
bool sqldrv_type_is_loose(const struct ferry_column *column, const struct sqldrv_type_rule *rule)
{
    return (column->flags & FERRY_COLUMN_LOOSE) != 0 &&
           (rule->convert == SQLDRV_CONVERT_INT || rule->convert == SQLDRV_CONVERT_FLOAT ||
            rule->convert == SQLDRV_CONVERT_BYTES || rule->convert == SQLDRV_CONVERT_TEXT) &&
           (column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_FLOAT ||
            column->type == FERRY_TYPE_BYTES || column->type == FERRY_TYPE_TEXT);
}

/* ---- What the plan says ---- */

static ferry_status type_map_none(const struct ferry_column *column, const struct ferry_wish *wish,
                                  struct ferry_mapping *mapping, struct ferry_error *err)
{
    const char *wanted = type_wanted(column, wish);
    char possible[64] = "";
    for (size_t i = 0; i < sizeof type_rules / sizeof *type_rules; i++) {
        const char *native = type_rules[i].native;
        const struct ferry_wish other = {.type = native};
        if (sqldrv_type_rule(column, &other) == &type_rules[i] && native[0] != '\0') {
            size_t length = strlen(possible);
            (void)snprintf(possible + length, sizeof possible - length, "%s%s",
                           length > 0 ? " or " : "", native);
        }
    }
    char *note = possible[0] == '\0'
                     ? sqlite3_mprintf("SQLite has no type for it")
                     : sqlite3_mprintf("it cannot be stored as '%s', only as %s", wanted, possible);
    ferry_status status = note == NULL ? sqldrv_fail_memory(err)
                                       : ferry_mapping_set(mapping, FERRY_FIT_NONE, "", note, err);
    sqlite3_free(note);
    return status;
}

static bool type_refuses_kinds(const struct ferry_column *column,
                               const struct sqldrv_type_rule *rule)
{
    return (column->flags & FERRY_COLUMN_LOOSE) != 0 && !sqldrv_type_is_loose(column, rule);
}

/* SQLite would store NULL for it. */
static bool type_refuses_nan(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_FLOAT && (column->flags & FERRY_COLUMN_NO_NAN) == 0;
}

static void type_add_notes(const struct ferry_column *column, const struct sqldrv_type_rule *rule,
                           sqlite3_str *notes)
{
    if (rule->note != NULL) {
        sqldrv_note_add(notes, "%s", rule->note);
    }
    if (type_refuses_nan(column)) {
        sqldrv_note_add(notes, "NaN is refused");
    }
    if (type_refuses_kinds(column, rule)) {
        sqldrv_note_add(notes, "other kinds are refused");
    } else if (rule->convert == SQLDRV_CONVERT_ANY && rule->fit == FERRY_FIT_CHECKED) {
        sqldrv_note_add(notes, "a value that SQLite would convert is refused");
    }
}

ferry_status sqldrv_map_column(void *conn, const struct ferry_column *column,
                               const struct ferry_wish *wish, struct ferry_mapping *mapping,
                               struct ferry_error *err)
{
    const struct sqldrv_type_rule *rule = sqldrv_type_rule(column, wish);
    if (rule == NULL) {
        return type_map_none(column, wish, mapping, err);
    }
    bool refuses = type_refuses_kinds(column, rule) || type_refuses_nan(column);
    uint32_t fit = refuses && rule->fit < FERRY_FIT_CHECKED ? FERRY_FIT_CHECKED : rule->fit;
    sqlite3_str *notes = sqlite3_str_new(NULL);
    sqlite3_str *clauses = sqlite3_str_new(NULL);
    type_add_notes(column, rule, notes);
    sqldrv_clauses_describe(column, rule, clauses, notes);
    bool failed =
        sqlite3_str_errcode(notes) != SQLITE_OK || sqlite3_str_errcode(clauses) != SQLITE_OK;
    char *note = sqlite3_str_finish(notes); /* NULL for none */
    char *behind = sqlite3_str_finish(clauses);
    ferry_status status =
        failed ? sqldrv_fail_memory(err) : ferry_mapping_set(mapping, fit, rule->native, note, err);
    if (status == FERRY_OK && behind != NULL) {
        status = ferry_mapping_set_clauses(mapping, behind, err);
    }
    if (status == FERRY_OK) {
        status = sqldrv_order_map(conn, column, rule->convert, sqldrv_type_is_loose(column, rule),
                                  mapping, err);
    }
    sqlite3_free(note);
    sqlite3_free(behind);
    return status;
}

bool sqldrv_type_is_pointer(uint32_t type)
{
    return type != FERRY_TYPE_BOOL && type != FERRY_TYPE_INT && type != FERRY_TYPE_FLOAT &&
           type != FERRY_TYPE_YEAR && type != FERRY_TYPE_BIT;
}
