/* One load: the lock, the table as it was planned for, and at the end its count. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

void odrv_load_free(struct odrv_load *load)
{
    if (load == NULL)
        return;
    odrv_rows_free(load);
    free((void *)load->rules);
    free(load->what);
    free(load->into);
    free(load);
}

/* The lock is the transaction's: it ends with it, however that ends. */
static ferry_status load_lock(struct odrv_load *load, struct ferry_error *err)
{
    struct odrv_conn *conn = load->conn;
    const char *schema = conn->own_schema == NULL ? "" : conn->own_schema;
    uint64_t key =
        ferry_hash_name(ferry_hash_name(ferry_hash_name(FERRY_HASH_SEED, "dbferry"), schema),
                        load->spec->layout->table);
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *taken = NULL;
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRId64, (int64_t)key);
    part_text_add_template(&sql, conn->dialect->writing->ask_lock, number);
    if (sql.failed)
        return odrv_fail_memory(err);
    ferry_status status = odrv_ask(conn, sql.data, "take the table's lock", &taken, err);
    if (status != FERRY_OK || (taken != NULL && strcmp(taken, "1") == 0))
        return status;
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: %s is being loaded by another run; run again when it is done",
                        conn->label, load->what);
    ferry_error_held_by_run(err);
    return status;
}

/* `template` with the path of the table. */
static ferry_status load_spell(struct odrv_load *load, const char *template, const char *table,
                               struct part_text *sql, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text path = {0};
    ferry_status status = odrv_table_add_path(load->conn, table, &path, err);
    if (status != FERRY_OK)
        return status;
    if (!path.failed)
        part_text_add_template(sql, template, path.data);
    return path.failed || sql->failed ? odrv_fail_memory(err) : FERRY_OK;
}

ferry_status odrv_load_run(struct odrv_load *load, const char *template, const char *table,
                           const char *doing, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = load_spell(load, template, table, &sql, err);
    return status == FERRY_OK ? odrv_run(load->conn, sql.data, ODRV_LOADING, doing, err) : status;
}

static ferry_status load_count(struct odrv_load *load, const char *table, uint64_t *ret_count,
                               struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *text = NULL;
    char *end = NULL;
    ferry_status status =
        load_spell(load, load->conn->dialect->writing->count_rows, table, &sql, err);
    if (status == FERRY_OK)
        status = odrv_ask_in(load->conn, sql.data, ODRV_LOADING, "count the rows", &text, err);
    if (status != FERRY_OK)
        return status;
    *ret_count = text == NULL ? 0 : strtoull(text, &end, 10);
    return end != NULL && end > text && *end == '\0'
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_TARGET_IO, "%s: the count of %s is no number",
                            load->conn->label, load->what);
}

/* All rows, by the count of the DELETE itself: one that a trigger keeps would make up for one that
 * another trigger does not let in. */
static ferry_status load_delete(struct odrv_load *load, const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    SQLLEN deleted = -1;
    ferry_status status =
        load_spell(load, load->conn->dialect->writing->delete_rows, table, &sql, err);
    if (status == FERRY_OK)
        status = odrv_statement_new(load->conn, &stmt, err);
    if (status == FERRY_OK)
        status = odrv_statement_run(load->conn, stmt, sql.data, ODRV_LOADING, "delete the old rows",
                                    err);
    if (status != FERRY_OK)
        return status;
    if (odrv_succeeded(SQLRowCount(stmt, &deleted)) && deleted >= 0 &&
        (uint64_t)deleted == load->before)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: %lld of the %" PRIu64
                      " rows of %s were deleted, as if a trigger kept or "
                      "deleted some; drop that trigger, or choose another target_table",
                      load->conn->label, (long long)deleted, load->before, load->what);
}

/* ---- The table ---- */

/* As it was planned for, with nobody else who writes to it; and still so that its rows can go. */
static ferry_status load_confirm(struct odrv_load *load, struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    bool exists = false;
    uint64_t definition = 0;
    ferry_status status = odrv_table_look(load->conn, table, NULL, &exists, NULL, err);
    if (status == FERRY_OK && exists)
        status = odrv_load_run(load, load->conn->dialect->writing->lock_table, table,
                               "lock the table", err);
    if (status == FERRY_OK)
        status = odrv_table_look(load->conn, table, NULL, &exists, &definition, err);
    if (status == FERRY_OK)
        status = ferry_load_confirm(load->spec, load->conn->label, exists ? 1 : 0, definition, err);
    return status == FERRY_OK && load->spec->action == FERRY_TABLE_KEEP
               ? odrv_table_check_rows(load->conn, table, err)
               : status;
}

static ferry_status load_make_ready(struct odrv_load *load, struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    ferry_status status = FERRY_OK;
    uint32_t action = load->spec->action;
    if (action != FERRY_TABLE_CREATE)
        status = load_count(load, table, &load->before, err);
    if (status == FERRY_OK && action == FERRY_TABLE_KEEP)
        return load_delete(load, table, err);
    return status == FERRY_OK ? odrv_make_table(load, err) : status;
}

static ferry_status load_choose_rules(struct odrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    load->count = ferry_schema_count(layout->schema);
    load->rules = calloc(load->count, sizeof *load->rules);
    if (load->rules == NULL || asprintf(&load->what, "table '%s'", layout->table) < 0) {
        load->what = NULL;
        return odrv_fail_memory(err);
    }
    if (load->spec->action != FERRY_TABLE_REBUILD)
        load->into = strdup(layout->table);
    else if (asprintf(&load->into, "_dbferry_new_%016" PRIx64,
                      ferry_hash_name(FERRY_HASH_SEED, layout->table)) < 0)
        load->into = NULL;
    if (load->into == NULL)
        return odrv_fail_memory(err);
    for (size_t i = 0; i < load->count; i++) {
        const struct ferry_column *column = ferry_schema_column(layout->schema, i);
        load->rules[i] = odrv_rule_find(load->conn->dialect->writing, column, layout->wishes[i]);
        if (load->rules[i] == NULL)
            return ferry_fail(err, FERRY_ERR_SCHEMA, "%s: column '%s' cannot be stored",
                              load->conn->label, column->name);
    }
    return FERRY_OK;
}

ferry_status odrv_load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                             struct ferry_error *err)
{
    struct odrv_change *c = change;
    struct odrv_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return odrv_fail_memory(err);
    load->conn = c->conn;
    load->spec = spec;
    load->run_id = c->spec->run_id;
    load->schema = spec->layout->schema;
    load->stmt = SQL_NULL_HSTMT;
    c->load = load; /* the change frees it */
    ferry_status status = odrv_names_check(load->conn, spec, err);
    if (status == FERRY_OK)
        status = load_choose_rules(load, err);
    if (status == FERRY_OK)
        status = load_lock(load, err);
    if (status == FERRY_OK)
        status = load_confirm(load, err);
    if (status == FERRY_OK)
        status = load_make_ready(load, err);
    if (status == FERRY_OK)
        status = odrv_rows_prepare(load, err);
    if (status == FERRY_OK)
        *ret_load = load;
    return status;
}

/* ---- The end ---- */

ferry_status odrv_load_end(void *load, struct ferry_load_totals *ret_totals,
                           struct ferry_error *err)
{
    struct odrv_load *l = load;
    uint64_t after = 0;
    ferry_status status = odrv_conn_check(l->conn, err);
    odrv_rows_free(l);
    if (status == FERRY_OK)
        status = odrv_make_indexes(l, err);
    if (status == FERRY_OK)
        status = load_count(l, l->into, &after, err);
    if (status == FERRY_OK && after != l->rows)
        status = ferry_fail(err, FERRY_ERR_SCHEMA,
                            "%s: %s has %" PRIu64 " rows where %" PRIu64
                            " were stored, as if a trigger added or deleted some; drop that "
                            "trigger, or choose another target_table",
                            l->conn->label, l->what, after, l->rows);
    if (status != FERRY_OK)
        return status;
    *ret_totals =
        (struct ferry_load_totals){.before = l->before, .inserted = l->rows, .after = after};
    return FERRY_OK;
}
