/* One load: the lock, the table, and at the end its indexes and its count. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

void dbidrv_load_free(struct dbidrv_load *load)
{
    if (load == NULL)
        return;
    part_text_clear(&load->begin);
    free((void *)load->rules);
    free(load->what);
    free(load->into);
    free(load);
}

/* ---- The transaction and its locks ---- */

static ferry_status load_set_lock_wait(const struct dbidrv_load *load, struct ferry_error *err)
{
    struct dbidrv_conn *conn = load->conn;
    const struct dbidrv_writing *writing = conn->dialect->writing;
    PART_AUTO_TEXT struct part_text sql = {0};
    char wait[24];
    if (writing->set_lock_wait == NULL)
        return FERRY_OK;
    /* 0 would be for ever. */
    int64_t ms = conn->lock_wait_ms < 1            ? 1
                 : conn->lock_wait_ms > 1000000000 ? 1000000000
                                                   : conn->lock_wait_ms;
    (void)snprintf(wait, sizeof wait, "%" PRId64, ms);
    part_text_add_template(&sql, writing->set_lock_wait, wait);
    return sql.failed
               ? dbidrv_fail_memory(err)
               : dbidrv_run(conn, sql.data, DBIDRV_LOADING, "set the time to wait", NULL, err);
}

static ferry_status load_begin_transaction(const struct dbidrv_load *load, struct ferry_error *err)
{
    ferry_status status =
        dbidrv_conn_begin(load->conn, load->conn->dialect->writing->begin, "begin to write", err);
    return status == FERRY_OK ? load_set_lock_wait(load, err) : status;
}

/* The lock is the transaction's: it ends with it, however that ends. */
static ferry_status load_lock(struct dbidrv_load *load, struct ferry_error *err)
{
    struct dbidrv_conn *conn = load->conn;
    const char *schema = conn->schema != NULL       ? conn->schema
                         : conn->own_schema != NULL ? conn->own_schema
                                                    : "";
    uint64_t key =
        ferry_hash_name(ferry_hash_name(ferry_hash_name(FERRY_HASH_SEED, "dbferry"), schema),
                        load->spec->layout->table);
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *taken = NULL;
    char number[24];
    if (conn->dialect->writing->ask_lock == NULL)
        return FERRY_OK; /* the transaction is one */
    (void)snprintf(number, sizeof number, "%" PRId64, (int64_t)key);
    part_text_add_template(&sql, conn->dialect->writing->ask_lock, number);
    if (sql.failed)
        return dbidrv_fail_memory(err);
    ferry_status status =
        dbidrv_ask(conn, sql.data, DBIDRV_LOADING, "take the table's lock", &taken, err);
    if (status != FERRY_OK || (taken != NULL && strcmp(taken, "1") == 0))
        return status;
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: %s is being loaded by another run; run again when it is done",
                        conn->label, load->what);
    ferry_error_held_by_run(err);
    return status;
}

/* `template` with the path of a table. */
static ferry_status load_run(struct dbidrv_load *load, const char *template, const char *table,
                             const char *doing, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text path = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    dbidrv_query_add_path(load->conn, table, &path);
    if (!path.failed)
        part_text_add_template(&sql, template, path.data);
    return path.failed || sql.failed
               ? dbidrv_fail_memory(err)
               : dbidrv_run(load->conn, sql.data, DBIDRV_LOADING, doing, NULL, err);
}

static ferry_status load_count(struct dbidrv_load *load, const char *table, uint64_t *ret_count,
                               struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *text = NULL;
    char *end = NULL;
    part_text_addf(&sql, "SELECT %s AS c1 FROM %s", load->conn->dialect->writing->count,
                   load->conn->dialect->writing->only);
    dbidrv_query_add_path(load->conn, table, &sql);
    ferry_status status =
        sql.failed ? dbidrv_fail_memory(err)
                   : dbidrv_ask(load->conn, sql.data, DBIDRV_LOADING, "count the rows", &text, err);
    if (status != FERRY_OK)
        return status;
    *ret_count = text == NULL ? 0 : strtoull(text, &end, 10);
    return end != NULL && end > text && *end == '\0'
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_TARGET_IO, "%s: the count of %s is no number",
                            load->conn->label, load->what);
}

/* ---- The table ---- */

bool dbidrv_load_is_apart(const struct dbidrv_load *load)
{
    return strcmp(load->into, load->spec->layout->table) != 0;
}

/* The name of its primary key: 'n' while the table has another name, then 'p'. */
static void load_add_key_name(const struct dbidrv_load *load, const char *before, char which,
                              struct part_text *sql)
{
    part_text_addf(sql, "%s\"dbferry_%016" PRIx64 "_%c\"", before,
                   ferry_hash_name(FERRY_HASH_SEED, load->spec->layout->table), which);
}

/* Elsewhere the database finds one, which nobody has to change. */
static bool load_names_key(const struct dbidrv_load *load)
{
    bool has_key = false;
    for (size_t i = 0; i < load->spec->index_count; i++)
        has_key = has_key || load->spec->indexes[i]->primary != 0;
    return has_key && dbidrv_load_is_apart(load) && load->conn->dialect->writing->shared_names;
}

static ferry_status load_create(struct dbidrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = FERRY_OK;
    part_text_add(&sql, "CREATE TABLE ");
    dbidrv_query_add_path(load->conn, load->into, &sql);
    part_text_add(&sql, " (");
    for (size_t i = 0; status == FERRY_OK && i < load->count; i++) {
        const char *name = ferry_schema_column(layout->schema, i)->name;
        status = dbidrv_table_check_name(load->conn, "column", name, err);
        part_text_add(&sql, i > 0 ? ", " : "");
        dbidrv_query_add_name(load->conn->dialect, name, &sql);
        part_text_addf(&sql, " %s %s", layout->natives[i], layout->clauses[i]);
    }
    for (size_t i = 0; i < load->spec->index_count; i++)
        if (load->spec->indexes[i]->primary != 0) {
            part_text_add(&sql, ", ");
            if (load_names_key(load)) {
                load_add_key_name(load, "CONSTRAINT ", 'n', &sql);
                part_text_add(&sql, " ");
            }
            part_text_add(&sql, "PRIMARY KEY");
            dbidrv_indexes_add_columns(load->conn->dialect, load->spec->indexes[i], &sql);
        }
    part_text_add(&sql, ")");
    if (status == FERRY_OK && sql.failed)
        status = dbidrv_fail_memory(err);
    return status == FERRY_OK
               ? dbidrv_run(load->conn, sql.data, DBIDRV_LOADING, "create the table", NULL, err)
               : status;
}

/* As it was planned for, with nobody else who writes to it.  One in whose place another is made is
 * not locked before that is there. */
static ferry_status load_confirm(struct dbidrv_load *load, struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    const char *lock = dbidrv_load_is_apart(load) ? NULL : load->conn->dialect->writing->lock_table;
    bool exists = false;
    uint64_t definition = 0;
    ferry_status status = dbidrv_table_look(load->conn, table, NULL, &exists, NULL, err);
    if (status == FERRY_OK && exists && lock != NULL)
        status = load_run(load, lock, table, "lock the table", err);
    if (status == FERRY_OK)
        status = dbidrv_table_look(load->conn, table, NULL, &exists, &definition, err);
    if (status == FERRY_OK)
        status = ferry_load_confirm(load->spec, load->conn->label, exists ? 1 : 0, definition, err);
    if (status == FERRY_OK && exists)
        status = dbidrv_table_judge(load->conn, table, err);
    return status == FERRY_OK && load->spec->action == FERRY_TABLE_REBUILD
               ? dbidrv_table_judge_rebuild(load->conn, table, err)
               : status;
}

/* How many rows there are now, without a lock that stays where the table has none. */
static ferry_status load_count_before(struct dbidrv_load *load, struct ferry_error *err)
{
    static const char doing[] = "count the rows";
    struct dbidrv_conn *conn = load->conn;
    const char *table = load->spec->layout->table;
    if (!dbidrv_load_is_apart(load))
        return load_count(load, table, &load->before, err);
    ferry_status status = dbidrv_save(conn, "dbferry_count", doing, err);
    if (status == FERRY_OK)
        status = load_count(load, table, &load->before, err);
    if (status == FERRY_OK)
        status = dbidrv_save_restore(conn, "dbferry_count", doing, err);
    return status == FERRY_OK ? dbidrv_save_release(conn, "dbferry_count", doing, err) : status;
}

static ferry_status load_make_table(struct dbidrv_load *load, struct ferry_error *err)
{
    const struct dbidrv_writing *writing = load->conn->dialect->writing;
    const char *table = load->spec->layout->table;
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = FERRY_OK;
    if (load->spec->action != FERRY_TABLE_CREATE)
        status = load_count_before(load, err);
    if (status == FERRY_OK && load->spec->action == FERRY_TABLE_REBUILD && !writing->renames)
        status = load_run(load, "DROP TABLE %", table, "make the table anew", err);
    if (status != FERRY_OK || load->spec->action != FERRY_TABLE_KEEP)
        return status == FERRY_OK ? load_create(load, err) : status;
    part_text_addf(&sql, "DELETE FROM %s%%", writing->only);
    return sql.failed ? dbidrv_fail_memory(err)
                      : load_run(load, sql.data, table, "delete the old rows", err);
}

static void load_write_rename(const struct dbidrv_load *load, struct part_text *sql)
{
    const struct dbidrv_writing *writing = load->conn->dialect->writing;
    const char *table = load->spec->layout->table;
    PART_AUTO_TEXT struct part_text path = {0};
    dbidrv_query_add_path(load->conn, load->into, &path);
    if (path.failed) {
        sql->failed = true;
    } else if (writing->rename == NULL) {
        part_text_addf(sql, "ALTER TABLE %s RENAME TO ", path.data);
        dbidrv_query_add_name(load->conn->dialect, table, sql);
    } else {
        part_text_add(sql, writing->rename);
        (void)dbidrv_put_string(writing->style, path.data, sql); /* names were looked at */
        part_text_add(sql, ", ");
        (void)dbidrv_put_string(writing->style, table, sql);
    }
}

static ferry_status load_rename_key(const struct dbidrv_load *load, const char *doing,
                                    struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (!load_names_key(load))
        return FERRY_OK;
    part_text_add(&sql, "ALTER TABLE ");
    dbidrv_query_add_path(load->conn, load->spec->layout->table, &sql);
    load_add_key_name(load, " RENAME CONSTRAINT ", 'n', &sql);
    load_add_key_name(load, " TO ", 'p', &sql);
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_run(load->conn, sql.data, DBIDRV_LOADING, doing, NULL, err);
}

/* Readers wait from here to the commit, which follows at once. */
ferry_status dbidrv_load_rename(struct dbidrv_load *load, struct ferry_error *err)
{
    static const char doing[] = "put the new table in the place of the old one";
    PART_AUTO_TEXT struct part_text rename = {0};
    if (!dbidrv_load_is_apart(load))
        return FERRY_OK;
    load_write_rename(load, &rename);
    if (rename.failed)
        return dbidrv_fail_memory(err);
    ferry_status status = dbidrv_turns_lock(load, err);
    if (status == FERRY_OK)
        status = load_set_lock_wait(load, err);
    if (status == FERRY_OK)
        status = load_confirm(load, err);
    if (status == FERRY_OK)
        status = load_run(load, "DROP TABLE %", load->spec->layout->table, doing, err);
    if (status == FERRY_OK)
        status = dbidrv_run(load->conn, rename.data, DBIDRV_LOADING, doing, NULL, err);
    if (status == FERRY_OK)
        status = load_rename_key(load, doing, err);
    return status == FERRY_OK ? dbidrv_indexes_rename(load, err) : status;
}

/* ---- The beginning ---- */

static ferry_status load_choose_rules(struct dbidrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    load->count = ferry_schema_count(layout->schema);
    load->rules = calloc(load->count, sizeof *load->rules);
    if (load->rules == NULL || asprintf(&load->what, "table '%s'", layout->table) < 0) {
        load->what = NULL;
        return dbidrv_fail_memory(err);
    }
    for (size_t i = 0; i < load->count; i++) {
        const struct ferry_column *column = ferry_schema_column(layout->schema, i);
        load->rules[i] = dbidrv_rule_find(load->conn->dialect->writing, column, layout->wishes[i]);
        if (load->rules[i] == NULL)
            return ferry_fail(err, FERRY_ERR_SCHEMA, "%s: column '%s' cannot be stored",
                              load->conn->label, column->name);
    }
    return FERRY_OK;
}

static ferry_status load_choose_name(struct dbidrv_load *load, struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    bool apart = load->spec->action == FERRY_TABLE_REBUILD && load->conn->dialect->writing->renames;
    int made = apart ? asprintf(&load->into, "_dbferry_new_%016" PRIx64,
                                ferry_hash_name(FERRY_HASH_SEED, table))
                     : asprintf(&load->into, "%s", table);
    if (made >= 0)
        return FERRY_OK;
    load->into = NULL;
    return dbidrv_fail_memory(err);
}

static ferry_status load_start(struct dbidrv_load *load, struct ferry_error *err)
{
    ferry_status status = load_choose_rules(load, err);
    if (status == FERRY_OK)
        status = load_choose_name(load, err);
    if (status == FERRY_OK)
        status = dbidrv_record_prepare(load->conn, err);
    if (status == FERRY_OK)
        status = load_begin_transaction(load, err);
    if (status == FERRY_OK)
        status = load_lock(load, err);
    if (status == FERRY_OK)
        status = load_confirm(load, err);
    if (status == FERRY_OK)
        status = load_make_table(load, err);
    return status == FERRY_OK ? dbidrv_rows_prepare(load, err) : status;
}

ferry_status dbidrv_load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                               struct ferry_error *err)
{
    struct dbidrv_change *c = change;
    struct dbidrv_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return dbidrv_fail_memory(err);
    load->conn = c->conn;
    load->spec = spec;
    c->load = load; /* the change frees it */
    ferry_status status = load_start(load, err);
    if (status == FERRY_OK)
        *ret_load = load;
    return status;
}

/* ---- The end ---- */

ferry_status dbidrv_load_end(void *load, struct ferry_load_totals *ret_totals,
                             struct ferry_error *err)
{
    struct dbidrv_load *l = load;
    uint64_t after = 0;
    ferry_status status = dbidrv_conn_check(l->conn, err);
    if (status == FERRY_OK)
        status = dbidrv_indexes_make(l, err);
    if (status == FERRY_OK)
        status = dbidrv_stale_rebuild(l, err);
    if (status == FERRY_OK)
        status = load_count(l, l->into, &after, err);
    if (status == FERRY_OK && after != l->rows)
        status = ferry_fail(err, FERRY_ERR_DATA,
                            "%s: %s has %" PRIu64 " rows after %" PRIu64 " were inserted",
                            l->conn->label, l->what, after, l->rows);
    if (status != FERRY_OK)
        return status;
    *ret_totals =
        (struct ferry_load_totals){.before = l->before, .inserted = after, .after = after};
    return FERRY_OK;
}
