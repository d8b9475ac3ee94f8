/* What the server says of rows that it was sent: SQLSTATE and context -> row and column. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* The server's own texts quote the value, which must not get into a log. */
static const struct {
    const char *state;
    const char *meaning;
} verdict_flaws[] = {
    {"21000", "is there more than once"},
    {"22001", "is too long for the column"},
    {"22003", "is out of the range of the column's type"},
    {"22007", "is no date or time that the server can hold"},
    {"22008", "is no date or time that the server can hold"},
    {"22021", "is a text that the database's encoding does not hold"},
    {"22023", "does not fit the column's type"},
    {"22026", "has another length than the column's type"},
    {"2202E", "does not fit the column's type"},
    {"22030", "is a JSON document that the server does not take; the type text (columns of a job, "
              "--column of copy) keeps it"},
    {"22032", "is a JSON document that the server does not take; the type text (columns of a job, "
              "--column of copy) keeps it"},
    {"22P02", "is none of the column's type"},
    {"22P03", "is none of the column's type"},
    {"22P04", "does not fit the table's columns"},
    {"22P05", "has a letter that the database's encoding does not hold"},
    {"23502", "is NULL where the column takes none"},
    {"23503", "breaks a foreign key"},
    {"23505", "would be there twice in a unique key"},
    {"23514", "breaks a check of the table"},
    {"23P01", "breaks an exclusion constraint of the table"},
    {"54000", "is longer than the server takes, as a whole or in an index; drop that where it is "
              "one, or have "
              "strategy = \"replace\" make the table anew without it"},
};

const char *pgdrv_verdict_meaning(const char *state)
{
    for (size_t i = 0; i < sizeof verdict_flaws / sizeof *verdict_flaws; i++)
        if (strcmp(verdict_flaws[i].state, state) == 0)
            return verdict_flaws[i].meaning;
    return NULL;
}

/* A type may tell of the inside of a value before it (json: "JSON data, line 1: ..."). */
static const char *verdict_of_copy(const char *context)
{
    static const char begin[] = "COPY ";
    for (const char *line = context; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (strncmp(line, begin, sizeof begin - 1) == 0)
            return line;
    }
    return context;
}

/* "COPY t, line 17, column b: ..." -> 17, in words that the server has translated: the first number
 * behind a comma.  0: none. */
static uint64_t verdict_line(const char *context, const char **ret_behind)
{
    for (const char *at = verdict_of_copy(context);
         at != NULL && (at = strstr(at, ", ")) != NULL;) {
        char *end = NULL;
        at += 2;
        const char *digits = at + strcspn(at, "0123456789,\n");
        if (*digits < '0' || *digits > '9')
            continue;
        uintmax_t line = strtoumax(digits, &end, 10);
        *ret_behind = end;
        return line;
    }
    return 0;
}

/* The column whose name follows there. */
static ptrdiff_t verdict_column(const struct ferry_schema *schema, const char *name)
{
    for (size_t i = 0; name != NULL && i < ferry_schema_count(schema); i++)
        if (strcmp(ferry_schema_column(schema, i)->name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

/* Where it stands as a word, up to a colon or the end of the line. */
static const char *verdict_find_name(const char *behind, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = behind; length > 0 && (at = strstr(at, name)) != NULL; at++)
        if (at > behind && at[-1] == ' ' &&
            (at[length] == ':' || at[length] == '\0' || at[length] == '\n'))
            return at;
    return NULL;
}

/* The first that is named: in the text form the value follows, which may be anything. */
static ptrdiff_t verdict_column_of(const struct ferry_schema *schema, const char *behind)
{
    const char *first = NULL;
    ptrdiff_t found = -1;
    for (size_t i = 0; behind != NULL && i < ferry_schema_count(schema); i++) {
        const char *at = verdict_find_name(behind, ferry_schema_column(schema, i)->name);
        if (at == NULL || (first != NULL && at >= first))
            continue;
        first = at;
        found = (ptrdiff_t)i;
    }
    return found;
}

ferry_status pgdrv_verdict_fail(struct pgdrv_conn *conn, const PGresult *refusal,
                                const struct ferry_layout *layout, uint64_t first,
                                const char *doing, struct ferry_error *err)
{
    const char *state = pgdrv_state(refusal);
    const char *meaning = pgdrv_verdict_meaning(state);
    const char *behind = NULL;
    uint64_t line = verdict_line(PQresultErrorField(refusal, PG_DIAG_CONTEXT), &behind);
    if (meaning == NULL)
        return pgdrv_fail_result(conn, PGDRV_LOADING, refusal, doing, err);
    ptrdiff_t column =
        verdict_column(layout->schema, PQresultErrorField(refusal, PG_DIAG_COLUMN_NAME));
    if (column < 0)
        column = verdict_column_of(layout->schema, behind);
    if (line > 0 && first > 0 && column >= 0)
        return ferry_fail_row(err, FERRY_ERR_DATA, layout->schema, first + line - 1, (size_t)column,
                              "the value %s (%s; SQLSTATE %s, table '%s')", meaning, conn->label,
                              state, layout->table);
    if (line > 0 && first > 0)
        return ferry_fail(err, FERRY_ERR_DATA, "%s: row %" PRIu64 " of table '%s' %s (SQLSTATE %s)",
                          conn->label, first + line - 1, layout->table, meaning, state);
    return ferry_fail(err, FERRY_ERR_DATA, "%s: cannot %s: a row of table '%s' %s (SQLSTATE %s)",
                      conn->label, doing, layout->table, meaning, state);
}
