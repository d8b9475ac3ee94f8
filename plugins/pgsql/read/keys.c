/* The keys and indexes of a table: those of whole columns; of the others a note says why they are
 * not carried. */

#include "read/read.h"

#include <string.h>

/* The columns of the question: a row for each column of each index, the primary key's first. */
enum {
    KEYS_NAME,
    KEYS_PRIMARY,
    KEYS_UNIQUE,
    KEYS_METHOD,
    KEYS_VALID,
    KEYS_PARTIAL,
    KEYS_EXCLUDES,
    KEYS_DESCENDING,
    KEYS_ONE_NULL, /* NULL counts as a value of its own */
    KEYS_COLUMN,   /* NULL: an expression */
    KEYS_HEIRS,    /* others inherit from the table, and are read with it */
    KEYS_FIELDS
};

#define KEYS_QUESTION(one_null)                                                                    \
    "SELECT x.relname, i.indisprimary, i.indisunique, m.amname, i.indisvalid, i.indpred IS NOT "   \
    "NULL, i.indisexclusion, (i.indoption[k - 1] & 1) = 1, " one_null                              \
    ", a.attname, EXISTS (SELECT FROM pg_catalog.pg_class t JOIN pg_catalog.pg_inherits h ON "     \
    "h.inhparent = t.oid WHERE t.oid = i.indrelid AND t.relkind = 'r') FROM pg_catalog.pg_index "  \
    "i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid "                                        \
    "JOIN pg_catalog.pg_am m ON m.oid = x.relam CROSS JOIN LATERAL "                               \
    "pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) k LEFT JOIN "                   \
    "pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] AND "     \
    "i.indkey[k - 1] > 0 WHERE i.indrelid = $1::pg_catalog.oid ORDER BY i.indisprimary DESC, "     \
    "x.relname COLLATE pg_catalog.\"C\", k"
#define KEYS_HAS_ONE_NULL 150000

static const char keys_question[] = KEYS_QUESTION("i.indnullsnotdistinct");
static const char keys_question_old[] = KEYS_QUESTION("false");

static bool keys_is(const PGresult *answer, int row, int field)
{
    const char *value = pgdrv_value(answer, row, field);
    return value != NULL && *value == 't';
}

/* Where the index that begins at `row` ends. */
static int keys_end(const PGresult *answer, int row)
{
    int end = row + 1;
    while (end < PQntuples(answer) &&
           strcmp(PQgetvalue(answer, end, KEYS_NAME), PQgetvalue(answer, row, KEYS_NAME)) == 0)
        end++;
    return end;
}

/* Why an index with this part is not carried; NULL if nothing speaks against it. */
static const char *keys_flaw(const PGresult *answer, int row)
{
    const char *method = pgdrv_value(answer, row, KEYS_METHOD);
    if (!keys_is(answer, row, KEYS_VALID))
        return "the server has not finished building it";
    if (keys_is(answer, row, KEYS_EXCLUDES))
        return "it belongs to an exclusion constraint";
    if (method == NULL || (strcmp(method, "btree") != 0 && strcmp(method, "hash") != 0))
        return "it is of a special kind";
    if (keys_is(answer, row, KEYS_PARTIAL))
        return "it covers a part of the rows only";
    if (pgdrv_value(answer, row, KEYS_COLUMN) == NULL)
        return "it is on an expression";
    if (keys_is(answer, row, KEYS_ONE_NULL) && keys_is(answer, row, KEYS_UNIQUE))
        return "it takes NULL for a value that may come once only";
    if (keys_is(answer, row, KEYS_HEIRS) && keys_is(answer, row, KEYS_UNIQUE))
        return "the rows of tables that inherit from it need not keep to it";
    if (keys_is(answer, row, KEYS_DESCENDING))
        return "it is descending";
    return NULL;
}

static const char *keys_index_flaw(const PGresult *answer, int first, int end)
{
    const char *flaw = NULL;
    for (int row = first; row < end && flaw == NULL; row++)
        flaw = keys_flaw(answer, row);
    return flaw;
}

static void keys_set_positions(const PGresult *answer, int first, int end,
                               struct pgdrv_result *result)
{
    for (int row = first; row < end; row++)
        for (size_t i = 0; i < result->count; i++)
            if (strcmp(result->columns[i].name, PQgetvalue(answer, row, KEYS_COLUMN)) == 0)
                result->columns[i].column.key_position = (uint32_t)(row - first + 1);
}

ferry_status pgdrv_keys_read(struct pgdrv_conn *conn, const struct pgdrv_nature *nature,
                             struct pgdrv_result *result, struct ferry_schema *schema,
                             PGresult **ret_answer, struct ferry_error *err)
{
    static const char doing[] = "ask which keys and indexes there are";
    const char *const values[] = {nature->oid};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    ferry_status status = pgdrv_ask_list(
        conn, PGDRV_ASKING, conn->version >= KEYS_HAS_ONE_NULL ? keys_question : keys_question_old,
        values, 1, KEYS_FIELDS, doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    for (int row = 0, end; row < PQntuples(answer) && status == FERRY_OK; row = end) {
        if (pgdrv_value(answer, row, KEYS_NAME) == NULL)
            return pgdrv_fail_shape(conn, PGDRV_ASKING, doing, err);
        end = keys_end(answer, row);
        const char *flaw = keys_index_flaw(answer, row, end);
        if (flaw != NULL)
            status = ferry_schema_note(schema, err, "index '%s' is not carried: %s",
                                       PQgetvalue(answer, row, KEYS_NAME), flaw);
        else if (keys_is(answer, row, KEYS_PRIMARY))
            keys_set_positions(answer, row, end, result);
    }
    if (status != FERRY_OK)
        return status;
    *ret_answer = answer;
    answer = NULL;
    return FERRY_OK;
}

/* Of a key that is looked at when a transaction ends, only each committed state is unique, and no
 * other is ever read. */
static ferry_status keys_add_one(const PGresult *answer, int first, int end,
                                 struct ferry_schema *schema, struct ferry_error *err)
{
    size_t count = end > first ? (size_t)(end - first) : 0;
    const char **names = calloc(count + 1, sizeof *names);
    if (names == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        names[i] = PQgetvalue(answer, first + (int)i, KEYS_COLUMN);
    bool primary = keys_is(answer, first, KEYS_PRIMARY);
    struct ferry_index index = {
        .name = primary ? NULL : PQgetvalue(answer, first, KEYS_NAME),
        .columns = names,
        .column_count = count,
        .unique = keys_is(answer, first, KEYS_UNIQUE),
        .primary = primary,
    };
    ferry_status status = ferry_schema_add_index(schema, &index, sizeof index, err);
    free(names);
    return status;
}

ferry_status pgdrv_keys_add(const PGresult *answer, struct ferry_schema *schema,
                            struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (int row = 0, end; row < PQntuples(answer) && status == FERRY_OK; row = end) {
        end = keys_end(answer, row);
        if (keys_index_flaw(answer, row, end) == NULL)
            status = keys_add_one(answer, row, end, schema, err);
    }
    return status;
}
