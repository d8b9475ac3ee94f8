/* What a column's definition says behind its type: NOT NULL, PRIMARY KEY, DEFAULT, COLLATE.
 *
 * Like the type, it depends on the source's column and the wish alone.
 */

#include "table.h"
#include "values.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void sqldrv_note_add(sqlite3_str *notes, const char *format, ...)
{
    va_list arguments;
    sqlite3_str_appendall(notes, sqlite3_str_length(notes) > 0 ? "; " : "");
    va_start(arguments, format);
    sqlite3_str_vappendf(notes, format, arguments);
    va_end(arguments);
}

static void clauses_add(sqlite3_str *clauses, const char *format, ...)
{
    va_list arguments;
    sqlite3_str_appendall(clauses, sqlite3_str_length(clauses) > 0 ? " " : "");
    va_start(arguments, format);
    sqlite3_str_vappendf(clauses, format, arguments);
    va_end(arguments);
}

/* A text in such a column would be refused, and NULL would become a number. */
bool sqldrv_clauses_make_rowid(const struct ferry_column *column,
                               const struct sqldrv_type_rule *rule)
{
    return (column->flags & FERRY_COLUMN_SOLE_KEY) != 0 &&
           (column->flags & FERRY_COLUMN_NOT_NULL) != 0 &&
           (column->flags & FERRY_COLUMN_LOOSE) == 0 && column->type != FERRY_TYPE_ANY &&
           strcmp(rule->native, "INTEGER") == 0;
}

/* ---- DEFAULT ---- */

static bool clauses_is_integer(const char *text)
{
    size_t sign = text[0] == '-' ? 1 : 0;
    size_t digits = strspn(text + sign, "0123456789");
    return digits > 0 && text[sign + digits] == '\0';
}

/* A number with a point, but no spaces. */
static bool clauses_is_number(const char *text)
{
    return text[strspn(text, "+-.0123456789eE")] == '\0' &&
           sqldrv_affinity_is_number(text, strlen(text));
}

/* Which constants have a literal that is stored as the column stores such a value. */
typedef bool clauses_suit(const struct ferry_column *column, const char *text);

static bool clauses_suits_integer(const struct ferry_column *column, const char *text)
{
    static const char *const most[] = {"9223372036854775807", "9223372036854775808"};
    size_t sign = text[0] == '-' ? 1 : 0;
    const char *digits = text + sign + strspn(text + sign, "0");
    (void)column;
    return clauses_is_integer(text) &&
           (strlen(digits) < strlen(most[sign]) ||
            (strlen(digits) == strlen(most[sign]) && strcmp(digits, most[sign]) <= 0));
}

static bool clauses_suits_real(const struct ferry_column *column, const char *text)
{
    (void)column;
    return clauses_is_number(text);
}

static bool clauses_suits_text(const struct ferry_column *column, const char *text)
{
    return column->type != FERRY_TYPE_DECIMAL ||
           sqldrv_decimal_is_text(text, strlen(text), column->scale);
}

static bool clauses_suits_digits(const struct ferry_column *column, const char *text)
{
    (void)column;
    return clauses_is_integer(text);
}

static bool clauses_suits_always(const struct ferry_column *column, const char *text)
{
    (void)column;
    (void)text;
    return true;
}

static void clauses_add_plain(sqlite3_str *clauses, const char *text)
{
    clauses_add(clauses, "DEFAULT %s", text);
}

static void clauses_add_quoted(sqlite3_str *clauses, const char *text)
{
    clauses_add(clauses, "DEFAULT %Q", text);
}

static void clauses_add_blob(sqlite3_str *clauses, const char *text)
{
    clauses_add(clauses, "DEFAULT x'");
    for (; *text != '\0'; text++) {
        sqlite3_str_appendf(clauses, "%02x", (unsigned)(unsigned char)*text);
    }
    sqlite3_str_appendall(clauses, "'");
}

/* By the conversion of the column's values; without a rule a constant is not carried. */
static const struct {
    clauses_suit *suits;
    void (*add)(sqlite3_str *clauses, const char *text);
} clauses_constants[] = {
    [SQLDRV_CONVERT_INT] = {clauses_suits_integer, clauses_add_plain},
    [SQLDRV_CONVERT_INT_TEXT] = {clauses_suits_digits, clauses_add_quoted},
    [SQLDRV_CONVERT_INT_REAL] = {clauses_suits_real, clauses_add_plain},
    [SQLDRV_CONVERT_UNSIGNED] = {clauses_suits_integer, clauses_add_plain},
    [SQLDRV_CONVERT_UNSIGNED_TEXT] = {clauses_suits_digits, clauses_add_quoted},
    [SQLDRV_CONVERT_UNSIGNED_REAL] = {clauses_suits_real, clauses_add_plain},
    [SQLDRV_CONVERT_FLOAT] = {clauses_suits_real, clauses_add_plain},
    [SQLDRV_CONVERT_DECIMAL] = {clauses_suits_real, clauses_add_plain},
    [SQLDRV_CONVERT_DECIMAL_CHECKED] = {clauses_suits_real, clauses_add_plain},
    [SQLDRV_CONVERT_TEXT] = {clauses_suits_text, clauses_add_quoted},
    [SQLDRV_CONVERT_TEXT_BLOB] = {clauses_suits_always, clauses_add_blob},
    [SQLDRV_CONVERT_BYTES] = {clauses_suits_always, clauses_add_blob},
    [SQLDRV_CONVERT_BYTES_TEXT] = {clauses_suits_always, clauses_add_quoted},
    [SQLDRV_CONVERT_ANY] = {NULL, NULL},            /* nobody knows what kind the constant is of */
    [SQLDRV_CONVERT_DECIMAL_NUMBER] = {NULL, NULL}, /* no table that is made has such columns */
    [SQLDRV_CONVERT_TEXT_NO_NUMBER] = {NULL, NULL},
};

/* False where it cannot be said. */
static bool clauses_add_constant(const struct ferry_column *column,
                                 const struct sqldrv_type_rule *rule, sqlite3_str *clauses)
{
    const char *text = column->default_value;
    clauses_suit *suits = clauses_constants[rule->convert].suits;
    if (suits == NULL || !suits(column, text)) {
        return false;
    }
    clauses_constants[rule->convert].add(clauses, text);
    return true;
}

static void clauses_add_default(const struct ferry_column *column,
                                const struct sqldrv_type_rule *rule, sqlite3_str *clauses,
                                sqlite3_str *notes)
{
    static const struct {
        uint32_t type;
        const char *moment;
    } moments[] = {
        {FERRY_TYPE_DATETIME, "CURRENT_TIMESTAMP"},
        {FERRY_TYPE_DATE, "CURRENT_DATE"},
        {FERRY_TYPE_TIME, "CURRENT_TIME"},
    };
    if ((column->flags & FERRY_COLUMN_DEFAULT_NOW) != 0) {
        for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
            if (column->type == moments[i].type && column->scale == 0) {
                clauses_add(clauses, "DEFAULT %s", moments[i].moment);
                sqldrv_note_add(notes, "its default is the current moment in UTC");
                return;
            }
        }
        sqldrv_note_add(notes, "its default, the current moment, is not carried: SQLite's has no "
                               "fractions of seconds");
    } else if (column->default_value != NULL && !clauses_add_constant(column, rule, clauses)) {
        sqldrv_note_add(notes, "its default '%s' is not carried", column->default_value);
    }
}

/* ---- COLLATE ---- */

static void clauses_add_collation(const struct ferry_column *column,
                                  const struct sqldrv_type_rule *rule, sqlite3_str *clauses,
                                  sqlite3_str *notes)
{
    const char *differs = NULL;
    bool text = strcmp(rule->native, "TEXT") == 0;
    bool accents = (column->flags & FERRY_COLUMN_IGNORES_ACCENTS) != 0;
    bool spaces = (column->flags & FERRY_COLUMN_IGNORES_TRAILING_SPACE) != 0;
    if ((column->flags & FERRY_COLUMN_COMPARES_UNKNOWN) != 0) {
        sqldrv_note_add(notes, "how the source compares it is not known: here byte by byte");
        return;
    }
    differs = accents && spaces ? "accents and trailing spaces make a difference here"
              : accents         ? "accents make a difference here"
              : spaces          ? "trailing spaces make a difference here"
                                : NULL;
    if ((column->flags & FERRY_COLUMN_IGNORES_CASE) != 0 && text) {
        clauses_add(clauses, "COLLATE NOCASE");
        if (column->collation == NULL || sqlite3_stricmp(column->collation, "NOCASE") != 0) {
            sqldrv_note_add(notes, "NOCASE ignores the case of A to Z alone");
        }
    } else if ((column->flags & FERRY_COLUMN_IGNORES_CASE) != 0) {
        sqldrv_note_add(notes, "upper and lower case make a difference here");
    }
    if (differs != NULL) {
        sqldrv_note_add(notes, "%s", differs);
    }
}

void sqldrv_clauses_describe(const struct ferry_column *column, const struct sqldrv_type_rule *rule,
                             sqlite3_str *clauses, sqlite3_str *notes)
{
    if ((column->flags & FERRY_COLUMN_NOT_NULL) != 0) {
        clauses_add(clauses, "NOT NULL");
    }
    if (sqldrv_clauses_make_rowid(column, rule)) {
        clauses_add(clauses, "PRIMARY KEY");
    }
    clauses_add_default(column, rule, clauses, notes);
    clauses_add_collation(column, rule, clauses, notes);
}

/* The text between single quotes, where that is all. */
static int clauses_unquote(const char *sql, char **ret_text)
{
    char *text = malloc(strlen(sql) + 1);
    size_t length = 0;
    if (text == NULL) {
        return SQLITE_NOMEM;
    }
    for (sql++; *sql != '\0' && (*sql != '\'' || sql[1] == '\''); sql++) {
        sql += *sql == '\'' ? 1 : 0;
        text[length++] = *sql;
    }
    text[length] = '\0';
    if (strcmp(sql, "'") != 0) {
        free(text);
        return SQLITE_MISMATCH;
    }
    *ret_text = text;
    return SQLITE_OK;
}

int sqldrv_clauses_constant(const char *sql, char **ret_constant)
{
    static const struct {
        const char *word;
        const char *constant;
    } words[] = {{"TRUE", "1"}, {"FALSE", "0"}};
    *ret_constant = NULL;
    if (sql == NULL || sqlite3_stricmp(sql, "NULL") == 0) {
        return SQLITE_OK;
    }
    if (sql[0] == '\'') {
        return clauses_unquote(sql, ret_constant);
    }
    const char *constant = clauses_is_number(sql) ? sql + (sql[0] == '+' ? 1 : 0) : NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        constant = sqlite3_stricmp(sql, words[i].word) == 0 ? words[i].constant : constant;
    }
    if (constant == NULL) {
        return SQLITE_MISMATCH;
    }
    *ret_constant = strdup(constant);
    return *ret_constant == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

char *sqldrv_clauses_of_table(const struct sqldrv_column *column, bool sole_key)
{
    sqlite3_str *clauses = sqlite3_str_new(NULL);
    if (column->not_null) {
        clauses_add(clauses, "NOT NULL");
    }
    if (column->key > 0 && sole_key) {
        clauses_add(clauses, "PRIMARY KEY");
    }
    if (column->default_sql != NULL) {
        clauses_add(clauses, "DEFAULT %s", column->default_sql);
    }
    if (sqlite3_stricmp(column->collation, "NOCASE") == 0) {
        clauses_add(clauses, "COLLATE NOCASE");
    }
    bool failed = sqlite3_str_errcode(clauses) != SQLITE_OK;
    char *text = sqlite3_str_finish(clauses);
    char *copy = failed ? NULL : strdup(text == NULL ? "" : text);
    sqlite3_free(text);
    return copy;
}
