/* The foreign keys of a table that is read. */

#include "read/read.h"

#include <stdio.h>
#include <string.h>

/* The columns of the question: a row for each column of each key. */
enum {
    FOREIGN_NAME,
    FOREIGN_SCHEMA,
    FOREIGN_TABLE,
    FOREIGN_ON_DELETE,
    FOREIGN_ON_UPDATE,
    FOREIGN_MATCH,
    FOREIGN_PARTLY, /* ON DELETE SET ... of some of the columns only */
    FOREIGN_HEIRS,  /* others inherit from the table, and are read with it */
    FOREIGN_COLUMN,
    FOREIGN_REFERRED,
    FOREIGN_FIELDS
};

#define FOREIGN_QUESTION(partly)                                                                   \
    "SELECT f.conname, n.nspname, r.relname, f.confdeltype, f.confupdtype, "                       \
    "f.confmatchtype, " partly                                                                     \
    ", EXISTS (SELECT FROM pg_catalog.pg_class t JOIN pg_catalog.pg_inherits h ON h.inhparent = "  \
    "t.oid WHERE t.oid = f.conrelid AND t.relkind = 'r'), a.attname, b.attname FROM "              \
    "pg_catalog.pg_constraint f JOIN pg_catalog.pg_class r ON "                                    \
    "r.oid = f.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace CROSS JOIN "     \
    "LATERAL pg_catalog.generate_series(1, pg_catalog.array_length(f.conkey, 1)) k JOIN "          \
    "pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[k] JOIN "        \
    "pg_catalog.pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = f.confkey[k] WHERE "     \
    "f.contype = 'f' AND f.conrelid = $1::pg_catalog.oid ORDER BY f.conname COLLATE "              \
    "pg_catalog.\"C\", f.oid, k"
#define FOREIGN_HAS_PARTLY 150000

static const char foreign_question[] = FOREIGN_QUESTION("f.confdelsetcols IS NOT NULL");
static const char foreign_question_old[] = FOREIGN_QUESTION("false");

static uint32_t foreign_action(const char *letter)
{
    switch (*letter) {
    case 'r':
        return FERRY_ACTION_RESTRICT;
    case 'c':
        return FERRY_ACTION_CASCADE;
    case 'n':
        return FERRY_ACTION_SET_NULL;
    case 'd':
        return FERRY_ACTION_SET_DEFAULT;
    default:
        return FERRY_ACTION_NONE;
    }
}

static int foreign_end(const PGresult *answer, int row)
{
    int end = row + 1;
    while (end < PQntuples(answer) && strcmp(PQgetvalue(answer, end, FOREIGN_NAME),
                                             PQgetvalue(answer, row, FOREIGN_NAME)) == 0)
        end++;
    return end;
}

/* A table of another schema is called by both names. */
static char *foreign_table(const struct pgdrv_conn *conn, const PGresult *answer, int row)
{
    const char *schema = PQgetvalue(answer, row, FOREIGN_SCHEMA);
    const char *table = PQgetvalue(answer, row, FOREIGN_TABLE);
    char *name = NULL;
    if (strcmp(schema, conn->schema) == 0)
        return strdup(table);
    return asprintf(&name, "%s.%s", schema, table) < 0 ? NULL : name;
}

static ferry_status foreign_add(const struct pgdrv_conn *conn, const PGresult *answer, int first,
                                int end, struct ferry_schema *schema, struct ferry_error *err)
{
    size_t count = end > first ? (size_t)(end - first) : 0;
    PART_AUTO_STRING char *table = foreign_table(conn, answer, first);
    const char **names = calloc(2 * count + 1, sizeof *names);
    ferry_status status = FERRY_OK;
    if (names == NULL || table == NULL) {
        free(names);
        return pgdrv_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = PQgetvalue(answer, first + (int)i, FOREIGN_COLUMN);
        names[count + i] = PQgetvalue(answer, first + (int)i, FOREIGN_REFERRED);
    }
    const struct ferry_foreign_key key = {
        .name = PQgetvalue(answer, first, FOREIGN_NAME),
        .columns = names,
        .column_count = count,
        .table = table,
        .referred = names + count,
        .on_delete = foreign_action(PQgetvalue(answer, first, FOREIGN_ON_DELETE)),
        .on_update = foreign_action(PQgetvalue(answer, first, FOREIGN_ON_UPDATE)),
    };
    status = ferry_schema_add_foreign_key(schema, &key, sizeof key, err);
    free(names);
    return status;
}

/* What a key says that none of another database could. */
static const char *foreign_flaw(const PGresult *answer, int row)
{
    if (*PQgetvalue(answer, row, FOREIGN_MATCH) == 'f' && foreign_end(answer, row) > row + 1)
        return "it is of the kind MATCH FULL";
    if (*PQgetvalue(answer, row, FOREIGN_HEIRS) == 't')
        return "the rows of tables that inherit from this one need not keep to it";
    return *PQgetvalue(answer, row, FOREIGN_PARTLY) == 't'
               ? "it takes a value from some of its columns only"
               : NULL;
}

ferry_status pgdrv_foreign_keys_describe(struct pgdrv_conn *conn, const struct pgdrv_nature *nature,
                                         struct ferry_schema *schema, struct ferry_error *err)
{
    const char *const values[] = {nature->oid};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    ferry_status status = pgdrv_ask_list(
        conn, PGDRV_ASKING,
        conn->version >= FOREIGN_HAS_PARTLY ? foreign_question : foreign_question_old, values, 1,
        FOREIGN_FIELDS, "ask which foreign keys there are", &answer, err);
    for (int row = 0, end; status == FERRY_OK && row < PQntuples(answer); row = end) {
        end = foreign_end(answer, row);
        const char *flaw = foreign_flaw(answer, row);
        status = flaw == NULL
                     ? foreign_add(conn, answer, row, end, schema, err)
                     : ferry_schema_note(schema, err, "the foreign key '%s' is not carried: %s",
                                         PQgetvalue(answer, row, FOREIGN_NAME), flaw);
    }
    return status;
}
