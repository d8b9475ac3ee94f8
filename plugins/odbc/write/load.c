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
    free(load->filled);
    free(load->what);
    free(load->into);
    free(load->old);
    free(load);
}

void odrv_load_let_go(struct odrv_load *load)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    struct odrv_conn *conn = load->conn;
    bool usable = conn->connected && !atomic_load(&conn->watch.spoiled);
    part_text_add(&sql, "DROP TABLE ");
    part_text_add_quoted(&sql, conn->quote, load->into == NULL ? "" : load->into);
    if (usable && load->staged && !sql.failed)
        (void)odrv_try(conn, sql.data);
    if (usable && load->locked)
        (void)odrv_try(conn, conn->dialect->writing->release_lock);
    load->staged = load->locked = false;
}

/* The lock is the transaction's, and ends with it, or the session's.  Where a transaction that
 * writes is alone, it is the lock itself. */
static ferry_status load_lock(struct odrv_load *load, struct ferry_error *err)
{
    struct odrv_conn *conn = load->conn;
    const struct odrv_writing *writing = conn->dialect->writing;
    if (writing->ask_lock == NULL)
        return FERRY_OK;
    const char *schema = conn->own_schema == NULL ? "" : conn->own_schema;
    uint64_t key =
        ferry_hash_name(ferry_hash_name(ferry_hash_name(FERRY_HASH_SEED, "dbferry"), schema),
                        load->spec->layout->table);
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *taken = NULL;
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRId64, (int64_t)key);
    part_text_add_template(&sql, writing->ask_lock, number);
    if (sql.failed)
        return odrv_fail_memory(err);
    ferry_status status = odrv_ask(conn, sql.data, "take the table's lock", &taken, err);
    bool is_ours = status == FERRY_OK && taken != NULL && strcmp(taken, "1") == 0;
    load->locked = is_ours && writing->release_lock != NULL;
    if (status != FERRY_OK || is_ours)
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
    const char *lock = odrv_load_is_staged(load) ? NULL : load->conn->dialect->writing->lock_table;
    ferry_status status = odrv_table_look(load->conn, table, NULL, &exists, NULL, err);
    if (status == FERRY_OK && exists && lock != NULL)
        status = odrv_load_run(load, lock, table, "lock the table", err);
    if (status == FERRY_OK)
        status = odrv_table_look(load->conn, table, NULL, &exists, &definition, err);
    if (status == FERRY_OK)
        status = ferry_load_confirm(load->spec, load->conn->label, exists ? 1 : 0, definition, err);
    if (status != FERRY_OK || load->spec->action != FERRY_TABLE_KEEP)
        return status;
    status = odrv_table_check_rows(load->conn, table, err);
    return status == FERRY_OK ? odrv_indexes_check(load->conn, load->spec, err) : status;
}

/* ---- Columns that take no NULL ---- */

/* Where no two names differ in their case alone, the table's may. */
static void load_mark(struct odrv_load *load, const char *name)
{
    bool folds = load->conn->dialect->writing->bare_names;
    for (size_t i = 0; i < load->count; i++) {
        const char *own = ferry_schema_column(load->schema, i)->name;
        if (strcmp(own, name) == 0 || (folds && ferry_fold_compare(own, name) == 0))
            load->filled[i] = true;
    }
}

/* Some databases make a number, or the moment, of a NULL in such a column. */
static ferry_status load_mark_table(struct odrv_load *load, struct ferry_error *err)
{
    static const char doing[] = "look at the columns";
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    struct odrv_conn *conn = load->conn;
    bool row = true;
    ferry_status status = odrv_table_question(conn, conn->dialect->writing->ask_columns,
                                              load->spec->layout->table, &sql, err);
    if (status == FERRY_OK)
        status = odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status = odrv_statement_run(conn, stmt, sql.data, ODRV_LOADING, doing, err);
    while (status == FERRY_OK) {
        PART_AUTO_STRING char *name = NULL;
        PART_AUTO_STRING char *filled = NULL;
        status = odrv_statement_next(conn, stmt, doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = odrv_statement_text(conn, stmt, 1, doing, &name, err);
        if (status == FERRY_OK)
            status = odrv_statement_text(conn, stmt, 3, doing, &filled, err);
        if (name != NULL && filled != NULL && strcmp(filled, "0") != 0)
            load_mark(load, name);
    }
    return status;
}

/* By the plan, and by the table that stays. */
static ferry_status load_mark_filled(struct odrv_load *load, struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    for (size_t i = 0; i < load->count; i++)
        load->filled[i] = strstr(spec->layout->clauses[i], "NOT NULL") != NULL;
    for (size_t i = 0; i < spec->index_count; i++)
        for (size_t k = 0; spec->indexes[i]->primary != 0 && k < spec->indexes[i]->column_count;
             k++)
            load_mark(load, spec->indexes[i]->columns[k]);
    return spec->action == FERRY_TABLE_KEEP ? load_mark_table(load, err) : FERRY_OK;
}

/* ---- The rows before ---- */

static ferry_status load_make_ready(struct odrv_load *load, struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    ferry_status status = FERRY_OK;
    uint32_t action = load->spec->action;
    if (action != FERRY_TABLE_CREATE)
        status = load_count(load, table, &load->before, err);
    if (status == FERRY_OK && action == FERRY_TABLE_KEEP)
        return load_delete(load, table, err);
    if (status == FERRY_OK && action == FERRY_TABLE_REBUILD &&
        load->conn->dialect->writing->rebuild == ODRV_REBUILD_IN_PLACE) {
        status = odrv_table_check_drop(load->conn, table, err);
        if (status == FERRY_OK)
            status = odrv_load_run(load, "DROP TABLE %", table, "drop the old table", err);
    }
    if (status == FERRY_OK)
        status = odrv_make_table(load, err);
    load->staged = status == FERRY_OK && odrv_load_is_staged(load);
    return status;
}

/* The name of the table that the rows go into, and of the one that makes room for that. */
static bool load_choose_names(struct odrv_load *load)
{
    const char *table = load->spec->layout->table;
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, table);
    bool beside =
        odrv_load_is_staged(load) || (load->spec->action == FERRY_TABLE_REBUILD &&
                                      load->conn->dialect->writing->rebuild == ODRV_REBUILD_BESIDE);
    if (!beside)
        load->into = strdup(table);
    else if (asprintf(&load->into, "_dbferry_new_%016" PRIx64, hash) < 0)
        load->into = NULL;
    if (asprintf(&load->old, "_dbferry_old_%016" PRIx64, hash) < 0)
        load->old = NULL;
    return load->into != NULL && load->old != NULL;
}

static ferry_status load_choose_rules(struct odrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    load->count = ferry_schema_count(layout->schema);
    load->rules = calloc(load->count, sizeof *load->rules);
    load->filled = calloc(load->count + 1, sizeof *load->filled);
    if (load->rules == NULL || load->filled == NULL ||
        asprintf(&load->what, "table '%s'", layout->table) < 0) {
        load->what = NULL;
        return odrv_fail_memory(err);
    }
    if (!load_choose_names(load))
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
        status = load_mark_filled(load, err);
    if (status == FERRY_OK && odrv_load_is_staged(load))
        status = odrv_swap_clear(load, err);
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
