/* One load: the lock, the table, and at the end its indexes and its count. */

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
    ODRV_AUTO_TEXT struct odrv_text sql = {0};
    ODRV_AUTO_STRING char *taken = NULL;
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRId64, (int64_t)key);
    odrv_text_add_template(&sql, conn->dialect->writing->ask_lock, number);
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
static ferry_status load_run(struct odrv_load *load, const char *template, const char *doing,
                             struct ferry_error *err)
{
    ODRV_AUTO_TEXT struct odrv_text path = {0};
    ODRV_AUTO_TEXT struct odrv_text sql = {0};
    ferry_status status = odrv_table_add_path(load->conn, load->spec->layout->table, &path, err);
    if (status != FERRY_OK)
        return status;
    if (!path.failed)
        odrv_text_add_template(&sql, template, path.data);
    if (path.failed || sql.failed)
        return odrv_fail_memory(err);
    return odrv_run(load->conn, sql.data, ODRV_LOADING, doing, err);
}

static ferry_status load_count(struct odrv_load *load, uint64_t *ret_count, struct ferry_error *err)
{
    ODRV_AUTO_TEXT struct odrv_text sql = {0};
    ODRV_AUTO_STRING char *text = NULL;
    char *end = NULL;
    odrv_text_add(&sql, "SELECT COUNT(*) FROM ");
    ferry_status status = odrv_table_add_path(load->conn, load->spec->layout->table, &sql, err);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    if (status == FERRY_OK)
        status = odrv_ask(load->conn, sql.data, "count the rows", &text, err);
    if (status != FERRY_OK)
        return status;
    *ret_count = text == NULL ? 0 : strtoull(text, &end, 10);
    return end != NULL && end > text && *end == '\0'
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_TARGET_IO, "%s: the count of %s is no number",
                            load->conn->label, load->what);
}

/* ---- The table ---- */

static ferry_status load_add_columns(const struct odrv_conn *conn, const struct ferry_index *index,
                                     struct odrv_text *sql, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    odrv_text_add(sql, " (");
    for (size_t i = 0; status == FERRY_OK && i < index->column_count; i++) {
        odrv_text_add(sql, i > 0 ? ", " : "");
        status = odrv_query_add_name(conn, index->columns[i], sql, err);
    }
    odrv_text_add(sql, ")");
    return status;
}

static ferry_status load_create(struct odrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    ODRV_AUTO_TEXT struct odrv_text sql = {0};
    odrv_text_add(&sql, "CREATE TABLE ");
    ferry_status status = odrv_table_add_path(load->conn, layout->table, &sql, err);
    odrv_text_add(&sql, " (");
    for (size_t i = 0; status == FERRY_OK && i < load->count; i++) {
        odrv_text_add(&sql, i > 0 ? ", " : "");
        status = odrv_query_add_name(load->conn, ferry_schema_column(layout->schema, i)->name, &sql,
                                     err);
        odrv_text_addf(&sql, " %s %s", layout->natives[i], layout->clauses[i]);
    }
    for (size_t i = 0; status == FERRY_OK && i < load->spec->index_count; i++) {
        if (load->spec->indexes[i]->primary == 0)
            continue;
        odrv_text_add(&sql, ", PRIMARY KEY");
        status = load_add_columns(load->conn, load->spec->indexes[i], &sql, err);
    }
    odrv_text_add(&sql, ")");
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK
               ? odrv_run(load->conn, sql.data, ODRV_LOADING, "create the table", err)
               : status;
}

/* As it was planned for, with nobody else who writes to it. */
static ferry_status load_confirm(struct odrv_load *load, struct ferry_error *err)
{
    bool exists = false;
    uint64_t definition = 0;
    ferry_status status =
        odrv_table_look(load->conn, load->spec->layout->table, NULL, &exists, NULL, err);
    if (status == FERRY_OK && exists)
        status = load_run(load, load->conn->dialect->writing->lock_table, "lock the table", err);
    if (status == FERRY_OK)
        status =
            odrv_table_look(load->conn, load->spec->layout->table, NULL, &exists, &definition, err);
    return status == FERRY_OK
               ? ferry_load_confirm(load->spec, load->conn->label, exists ? 1 : 0, definition, err)
               : status;
}

static ferry_status load_make_table(struct odrv_load *load, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    uint32_t action = load->spec->action;
    if (action != FERRY_TABLE_CREATE)
        status = load_count(load, &load->before, err);
    if (status == FERRY_OK && action == FERRY_TABLE_KEEP)
        return load_run(load, "DELETE FROM %", "delete the old rows", err);
    if (status == FERRY_OK && action == FERRY_TABLE_REBUILD)
        status = load_run(load, "DROP TABLE %", "make the table anew", err);
    return status == FERRY_OK ? load_create(load, err) : status;
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
    load->schema = spec->layout->schema;
    load->stmt = SQL_NULL_HSTMT;
    c->load = load; /* the change frees it */
    ferry_status status = load_choose_rules(load, err);
    if (status == FERRY_OK)
        status = load_lock(load, err);
    if (status == FERRY_OK)
        status = load_confirm(load, err);
    if (status == FERRY_OK)
        status = odrv_record_prepare(load->conn, err);
    if (status == FERRY_OK)
        status = load_make_table(load, err);
    if (status == FERRY_OK)
        status = odrv_rows_prepare(load, err);
    if (status == FERRY_OK)
        *ret_load = load;
    return status;
}

/* ---- The end ---- */

/* A name that is the same at each run. */
static void load_add_index_name(const struct odrv_load *load, const struct ferry_index *index,
                                struct odrv_text *name)
{
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, load->spec->layout->table);
    if (index->name != NULL && index->copied == 0) {
        odrv_text_add(name, index->name);
        return;
    }
    for (size_t i = 0; i < index->column_count; i++)
        hash = ferry_hash_name(hash, index->columns[i]);
    odrv_text_addf(name, "dbferry_%016" PRIx64 "%s", hash, index->unique != 0 ? "_u" : "");
}

static ferry_status load_make_index(struct odrv_load *load, const struct ferry_index *index,
                                    struct ferry_error *err)
{
    ODRV_AUTO_TEXT struct odrv_text name = {0};
    ODRV_AUTO_TEXT struct odrv_text sql = {0};
    load_add_index_name(load, index, &name);
    if (name.failed)
        return odrv_fail_memory(err);
    odrv_text_addf(&sql, "CREATE %sINDEX IF NOT EXISTS ", index->unique != 0 ? "UNIQUE " : "");
    ferry_status status = odrv_query_add_name(load->conn, name.data, &sql, err);
    odrv_text_add(&sql, " ON ");
    if (status == FERRY_OK)
        status = odrv_table_add_path(load->conn, load->spec->layout->table, &sql, err);
    if (status == FERRY_OK)
        status = load_add_columns(load->conn, index, &sql, err);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK ? odrv_run(load->conn, sql.data, ODRV_LOADING, "make an index", err)
                              : status;
}

/* A table that stays keeps its own; the job's are made there, too. */
ferry_status odrv_load_end(void *load, struct ferry_load_totals *ret_totals,
                           struct ferry_error *err)
{
    struct odrv_load *l = load;
    uint64_t after = 0;
    ferry_status status = odrv_conn_check(l->conn, err);
    odrv_rows_free(l);
    for (size_t i = 0; status == FERRY_OK && i < l->spec->index_count; i++) {
        const struct ferry_index *index = l->spec->indexes[i];
        bool wanted = l->spec->action != FERRY_TABLE_KEEP || index->copied == 0;
        if (wanted && index->primary == 0)
            status = load_make_index(l, index, err);
    }
    if (status == FERRY_OK)
        status = load_count(l, &after, err);
    if (status != FERRY_OK)
        return status;
    *ret_totals =
        (struct ferry_load_totals){.before = l->before, .inserted = after, .after = after};
    return FERRY_OK;
}
