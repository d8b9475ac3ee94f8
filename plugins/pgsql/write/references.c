/* Foreign keys: those of a table that is there, told; whether one can be had; and those that the
 * tables of a change are to have, made from one to another when all rows are there.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* ---- Of a table that is there ---- */

static const struct {
    char letter; /* of pg_constraint */
    uint32_t action;
    const char *words;
} references_actions[] = {
    {'a', FERRY_ACTION_NONE, "NO ACTION"},          {'r', FERRY_ACTION_RESTRICT, "RESTRICT"},
    {'c', FERRY_ACTION_CASCADE, "CASCADE"},         {'n', FERRY_ACTION_SET_NULL, "SET NULL"},
    {'d', FERRY_ACTION_SET_DEFAULT, "SET DEFAULT"},
};

static uint32_t references_action(const char *letter)
{
    for (size_t i = 0; i < sizeof references_actions / sizeof *references_actions; i++)
        if (letter != NULL && references_actions[i].letter == *letter)
            return references_actions[i].action;
    return FERRY_ACTION_NONE;
}

static const char *references_words(uint32_t action)
{
    for (size_t i = 0; i < sizeof references_actions / sizeof *references_actions; i++)
        if (references_actions[i].action == action)
            return references_actions[i].words;
    return "NO ACTION";
}

/* One row for each column of each key; those of one key follow each other. */
static const char references_sql[] =
    "SELECT k.oid, k.conname, CASE WHEN n.nspname = $2 THEN t.relname ELSE pg_catalog.concat("
    "n.nspname, '.', t.relname) END, k.confdeltype, k.confupdtype, a.attname, b.attname FROM "
    "pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.confrelid JOIN "
    "pg_catalog.pg_namespace n ON n.oid = t.relnamespace CROSS JOIN LATERAL "
    "unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (mine, theirs, place) JOIN "
    "pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.mine JOIN "
    "pg_catalog.pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = u.theirs WHERE "
    "k.conrelid "
    "= $1::oid AND k.contype = 'f' ORDER BY k.conname, k.oid, u.place";

static ferry_status references_add(const PGresult *rows, int from, int to,
                                   struct ferry_schema *schema, struct ferry_error *err)
{
    size_t count = (size_t)(to - from);
    const char **columns = calloc(2 * count, sizeof *columns);
    if (columns == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        columns[i] = PQgetvalue(rows, from + (int)i, 5);
        columns[count + i] = PQgetvalue(rows, from + (int)i, 6);
    }
    const struct ferry_foreign_key key = {
        .name = PQgetvalue(rows, from, 1),
        .columns = columns,
        .column_count = count,
        .table = PQgetvalue(rows, from, 2),
        .referred = columns + count,
        .on_delete = references_action(pgdrv_value(rows, from, 3)),
        .on_update = references_action(pgdrv_value(rows, from, 4)),
    };
    ferry_status status = ferry_schema_add_foreign_key(schema, &key, sizeof key, err);
    free((void *)columns);
    return status;
}

ferry_status pgdrv_references_tell(struct pgdrv_conn *conn, const struct pgdrv_table *table,
                                   struct ferry_schema *schema, struct ferry_error *err)
{
    static const char doing[] = "look at the table's foreign keys";
    const char *const values[] = {table->oid, conn->schema};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status =
        pgdrv_ask_list(conn, PGDRV_LOADING, references_sql, values, 2, 7, doing, &rows, err);
    for (int from = 0, to; status == FERRY_OK && from < PQntuples(rows); from = to) {
        for (to = from + 1; to < PQntuples(rows); to++)
            if (strcmp(PQgetvalue(rows, to, 0), PQgetvalue(rows, from, 0)) != 0)
                break;
        status = references_add(rows, from, to, schema, err);
    }
    return status;
}

/* ---- Whether one can be had ---- */

static const char *references_native(const struct ferry_layout *layout, const char *column)
{
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++)
        if (strcmp(ferry_schema_column(layout->schema, i)->name, column) == 0)
            return layout->natives[i];
    return NULL;
}

static bool references_is_number(enum pgdrv_kind kind)
{
    return kind >= PGDRV_KIND_INT2 && kind <= PGDRV_KIND_NUMERIC;
}

static bool references_is_text(enum pgdrv_kind kind)
{
    return kind == PGDRV_KIND_TEXT || kind == PGDRV_KIND_VARCHAR;
}

/* Whether values of the two types are compared without a loss. */
static bool references_fit(const char *mine, const char *theirs)
{
    struct pgdrv_type one, other;
    if (mine == NULL || theirs == NULL || !pgdrv_type_parse(mine, &one) ||
        !pgdrv_type_parse(theirs, &other))
        return false;
    return (one.kind == other.kind && one.kind != PGDRV_KIND_JSON &&
            one.kind != PGDRV_KIND_JSONB) ||
           (references_is_number(one.kind) && references_is_number(other.kind)) ||
           (references_is_text(one.kind) && references_is_text(other.kind));
}

ferry_status pgdrv_judge_key(void *conn, const struct ferry_load_spec *spec,
                             const struct ferry_foreign_key *key,
                             const struct ferry_load_spec *referred, struct ferry_notes *against,
                             struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)conn;
    for (size_t i = 0; i < key->column_count && status == FERRY_OK; i++)
        if (!references_fit(references_native(spec->layout, key->columns[i]),
                            references_native(referred->layout, key->referred[i])))
            status = ferry_note(against, err,
                                "the columns '%s' and '%s' have types that the server does not "
                                "compare in a foreign key",
                                key->columns[i], key->referred[i]);
    return status;
}

/* ---- Making them ---- */

static const struct pgdrv_load *references_find(const struct pgdrv_unit *unit, const char *table)
{
    for (size_t i = 0; i < unit->load_count; i++)
        if (strcmp(unit->loads[i]->layout->table, table) == 0)
            return unit->loads[i];
    return NULL; /* the core names tables of the change alone */
}

/* Names are of one table, so a number will do. */
static void references_write(const struct pgdrv_load *load, const struct ferry_foreign_key *key,
                             size_t number, const struct pgdrv_load *to, struct part_text *sql)
{
    part_text_add(sql, "ALTER TABLE ");
    part_text_add(sql, load->path);
    part_text_addf(sql, " ADD CONSTRAINT dbferry_fk_%zu FOREIGN KEY (", number + 1);
    pgdrv_text_add_list(sql, key->columns, key->column_count);
    part_text_add(sql, ") REFERENCES ");
    part_text_add(sql, pgdrv_load_rows(to));
    part_text_add(sql, " (");
    pgdrv_text_add_list(sql, key->referred, key->column_count);
    part_text_addf(sql, ") ON DELETE %s ON UPDATE %s", references_words(key->on_delete),
                   references_words(key->on_update));
}

/* "a = 1, b = x" of the row that the server has found, in an error of its own. */
static ferry_status references_fail(const struct pgdrv_load *load,
                                    const struct ferry_foreign_key *key, const PGresult *refusal,
                                    struct ferry_error *err)
{
    const char *detail = PQresultErrorField(refusal, PG_DIAG_MESSAGE_DETAIL);
    const char *end = detail == NULL ? NULL : strrchr(detail, ')'); /* the stage's name is behind */
    if (strcmp(pgdrv_state(refusal), "23503") != 0)
        return pgdrv_fail_result(load->unit->conn, PGDRV_LOADING, refusal, "make a foreign key",
                                 err);
    return ferry_fail(err, FERRY_ERR_DATA,
                      "%s: a foreign key would not hold: a row of table '%s' refers to a row of "
                      "'%s' that is not there (%.*s); load the missing row, or see why the source "
                      "has none",
                      load->unit->conn->label, load->layout->table, key->table,
                      end == NULL ? 1 : (int)(end - detail) + 1, end == NULL ? "?" : detail);
}

static ferry_status references_make_one(const struct pgdrv_load *load, size_t number,
                                        struct ferry_error *err)
{
    const struct ferry_foreign_key *key = load->spec->foreign_keys[number];
    const struct pgdrv_load *to = references_find(load->unit, key->table);
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    if (to == NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: table '%s' is none of the change",
                          load->unit->conn->label, key->table);
    references_write(load, key, number, to, &sql);
    ferry_status status = pgdrv_sql_try(load->unit->conn, &sql, "make a foreign key", &result, err);
    if (status != FERRY_OK || pgdrv_result_is_good(result))
        return status;
    return references_fail(load, key, result, err);
}

/* How long the server takes depends on the rows. */
ferry_status pgdrv_references_make(struct pgdrv_unit *unit, struct ferry_error *err)
{
    int64_t patience = unit->conn->wait_ms;
    ferry_status status = FERRY_OK;
    unit->conn->wait_ms = 0;
    for (size_t i = 0; i < unit->load_count; i++)
        for (size_t k = 0; k < unit->loads[i]->spec->foreign_key_count && status == FERRY_OK; k++)
            if (unit->loads[i]->makes)
                status = references_make_one(unit->loads[i], k, err);
    unit->conn->wait_ms = patience;
    return status;
}
