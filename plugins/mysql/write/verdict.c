/* What the server says of rows that it was sent: its errors, warnings and notes -> row and column.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define VERDICT_DUPLICATE 1062 /* an error number: the other row may be far away */
#define VERDICT_ARGUMENT 3141  /* one: a text is no JSON document, of whatever column */
#define VERDICT_CHECK 4025     /* MariaDB's, whose documents are texts with a check */

/* The server's own texts quote the value, which must not get into a log. */
#define VERDICT_JSON "is no JSON document, or one that this server would print in another way"
#define VERDICT_KEEPS "; the type longtext (columns of a job, --column of copy) keeps the text"
#define VERDICT_UNCHECKED "the type mediumtext (columns of a job, --column of copy) keeps the text"
#define VERDICT_NONE "is no JSON document; " VERDICT_UNCHECKED

static const struct {
    unsigned code;
    const char *meaning;
} verdict_flaws[] = {
    {1048, "is NULL where the column takes none"},
    {1062, "would be there twice in a unique key"},
    {1263, "is NULL where the column takes none"},
    {1264, "is out of the column's range"},
    {1265, "does not fit the column"},
    {1292, "is none that the server can hold"},
    {1300, "is no text in valid UTF-8"},
    {1364, "has no value, and the column no default"},
    {1366, "does not fit the column's type or character set"},
    {1406, "is too long for the column"},
    {1416, "is no shape that the server understands"},
    {1452, "breaks a foreign key"},
    {3140, VERDICT_JSON VERDICT_KEEPS},
    {VERDICT_ARGUMENT, VERDICT_JSON VERDICT_KEEPS},
    {3144, "is no JSON document in UTF-8"},
    {3155, VERDICT_JSON VERDICT_KEEPS},
    {3157, "is a JSON document of more levels than this server takes" VERDICT_KEEPS},
    {3643, "is in another spatial reference system than the column"},
    {3819, "breaks a check of the table"},
    {VERDICT_CHECK, "breaks a check of the table"},
    {4035, VERDICT_NONE},
    {4036, VERDICT_NONE},
    {4037, VERDICT_NONE},
    {4038, VERDICT_NONE},
    {4039, VERDICT_NONE},
    {4040, "is a JSON document of more levels than this server takes; " VERDICT_UNCHECKED},
};

static const char *verdict_meaning(unsigned code)
{
    for (size_t i = 0; i < sizeof verdict_flaws / sizeof *verdict_flaws; i++)
        if (verdict_flaws[i].code == code)
            return verdict_flaws[i].meaning;
    return NULL;
}

/* "... at row 17": the last such words. */
static size_t verdict_row_of(const char *text)
{
    static const char words[] = "at row ";
    const char *at = NULL;
    for (const char *c = text; (c = strstr(c, words)) != NULL; c++)
        at = c + sizeof words - 1;
    return at == NULL ? 0 : (size_t)strtoumax(at, NULL, 10);
}

/* Behind the value, which may hold anything, the column stands in quotes of either kind. */
static bool verdict_names_column(const char *text, const char *name)
{
    static const char *const patterns[] = {"'%s' at row ", "`%s` at row ", ".%s'.", ".%s` failed"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        PART_AUTO_TEXT struct part_text words = {0};
        const char *at = strstr(patterns[i], "%s");
        part_text_append(&words, patterns[i], (size_t)(at - patterns[i]));
        part_text_add(&words, name);
        part_text_add(&words, at + 2);
        if (!words.failed && strstr(text, words.data) != NULL)
            return true;
    }
    return false;
}

/* Of the source, or of the table that the rows go to. */
static bool verdict_is_document(const struct mydrv_lane *lane, size_t i)
{
    return ferry_schema_column(lane->schema, i)->type == FERRY_TYPE_JSON ||
           (lane->forms != NULL && lane->forms[i].type.kind == MYDRV_KIND_JSON);
}

/* The one column of documents, where no name is in the text of an error about one: MariaDB's is
 * about a check, and this one of MySQL's about a function. */
static bool verdict_finds_json(const struct mydrv_lane *lane, unsigned code, const char *text,
                               size_t *ret_i)
{
    size_t count = 0;
    for (size_t i = 0; i < ferry_schema_count(lane->schema); i++) {
        if (!verdict_is_document(lane, i))
            continue;
        *ret_i = i;
        count++;
    }
    return count == 1 && (code == VERDICT_ARGUMENT || strstr(text, "json_valid") != NULL);
}

/* Which column the first of these texts, or else the second, is about. */
static bool verdict_finds_column(const struct mydrv_lane *lane, unsigned code, const char *text,
                                 const char *more, size_t *ret_i)
{
    const char *const texts[] = {text, more};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        for (size_t i = 0; i < ferry_schema_count(lane->schema); i++)
            if (verdict_names_column(texts[t], ferry_schema_column(lane->schema, i)->name)) {
                *ret_i = i;
                return true;
            }
    return verdict_finds_json(lane, code, text, ret_i);
}

/* `more` is what the server has said next of the same row. */
static ferry_status verdict_fail_value(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                       unsigned code, const char *text, const char *more,
                                       struct ferry_error *err)
{
    const char *meaning = verdict_meaning(code);
    uint64_t row = verdict_row_of(text);
    size_t column = 0;
    const char *words = meaning == NULL ? text : meaning;
    if (row == 0 && parcel->rows == 1 && code != VERDICT_DUPLICATE)
        row = 1;
    if (row == 0 || row > parcel->rows)
        return ferry_fail(err, FERRY_ERR_DATA, "%s: table '%s': a row's value %s (error %u)",
                          lane->conn->label, lane->table, words, code);
    row += parcel->first - 1;
    if (!verdict_finds_column(lane, code, text, more, &column))
        return ferry_fail_row(err, FERRY_ERR_DATA, lane->schema, row, 0,
                              "(or another column of that row) the value %s (error %u)", words,
                              code);
    bool checked = code == VERDICT_CHECK && verdict_is_document(lane, column);
    const char *hint = checked ? "; where that is JSON_VALID, " VERDICT_UNCHECKED : "";
    return ferry_fail_row(err, FERRY_ERR_DATA, lane->schema, row, column,
                          "the value %s%s (error %u)", words, hint, code);
}

/* With `ret_vague`: succeeds and sets it where the warning does not say which row is meant. */
static ferry_status verdict_fail_warning(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                         bool *ret_vague, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    /* Of a document, MariaDB says first what is wrong with it, and then in which column's check. */
    part_text_add(&sql, "SHOW WARNINGS LIMIT 2");
    ferry_status status = mydrv_ask(lane->conn, &sql, 3, "read the server's warnings", &rows, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_ROW row = mysql_fetch_row(rows);
    if (row == NULL || row[1] == NULL || row[2] == NULL)
        return ferry_fail(err, FERRY_ERR_DATA,
                          "%s: table '%s': the server warns of a row and keeps no text of it",
                          lane->conn->label, lane->table);
    unsigned code = (unsigned)strtoumax(row[1], NULL, 10);
    if (ret_vague != NULL && parcel->rows > 1 && verdict_row_of(row[2]) == 0 &&
        code != VERDICT_DUPLICATE && verdict_meaning(code) != NULL) {
        *ret_vague = true;
        return FERRY_OK;
    }
    MYSQL_ROW next = verdict_row_of(row[2]) == 0 ? mysql_fetch_row(rows) : NULL;
    return verdict_fail_value(lane, parcel, code, row[2],
                              next == NULL || next[2] == NULL ? "" : next[2], err);
}

ferry_status mydrv_verdict_doubt(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                 bool *ret_vague, struct ferry_error *err)
{
    my_ulonglong taken = mysql_affected_rows(lane->conn->native);
    if (mysql_warning_count(lane->conn->native) > 0)
        return verdict_fail_warning(lane, parcel, ret_vague, err);
    return ferry_fail(err, FERRY_ERR_DATA,
                      "%s: table '%s': the server took %llu rows of %zu and says no reason",
                      lane->conn->label, lane->table, (unsigned long long)taken, parcel->rows);
}

bool mydrv_verdict_is_vague(const struct mydrv_lane *lane, const struct mydrv_parcel *parcel)
{
    unsigned code = mysql_errno(lane->conn->native);
    return parcel->rows > 1 && code != VERDICT_DUPLICATE && verdict_meaning(code) != NULL &&
           verdict_row_of(mysql_error(lane->conn->native)) == 0 && !mydrv_conn_is_lost(lane->conn);
}

ferry_status mydrv_verdict_fail(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                struct ferry_error *err)
{
    unsigned code = mysql_errno(lane->conn->native);
    if (verdict_meaning(code) == NULL || atomic_load(&lane->conn->cancelled))
        return mydrv_fail_conn(lane->conn, MYDRV_LOADING, "load rows", err);
    return verdict_fail_value(lane, parcel, code, mysql_error(lane->conn->native), "", err);
}
