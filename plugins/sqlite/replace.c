/* One table of a change: its rows replaced. */

#include "target.h"

/* clang-format off */
/*                begin                    end                    finish, before the COMMIT
 *   directly     lock, empty the table    indexes, triggers      the source's definitions
 *   by a stage   lock, the staged table   indexes, count the     empty the table, copy, triggers,
 *                                         old rows               the source's definitions
 */
/* clang-format on */

static ferry_status replace_begin_transaction(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = sqldrv_unit_write(load->unit, err);
    if (status == FERRY_OK) {
        status = sqldrv_load_look(load, err);
    }
    sqldrv_wait_begin(load->conn, load->unit->spec->lock_wait_ms, SQLDRV_HOLDER_READER);
    return status;
}

/* Make the table empty and of the wanted shape, without indexes and, if made anew, triggers. */
static ferry_status replace_empty_table(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    const struct ferry_load_spec *spec = load->spec;
    ferry_status status = FERRY_OK;
    int rc = SQLITE_OK;
    if (spec->action == FERRY_TABLE_REBUILD) {
        status = sqldrv_dependents_begin(load->unit, err);
    }
    if (status == FERRY_OK && spec->action != FERRY_TABLE_CREATE) {
        status = sqldrv_objects_drop_indexes(load, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    if (spec->action != FERRY_TABLE_CREATE) {
        rc = sqldrv_run(conn->db, "DELETE FROM main.\"%w\"", spec->layout->table);
        load->rows_before = rc == SQLITE_OK ? (uint64_t)sqlite3_changes64(conn->db) : 0;
    }
    if (rc == SQLITE_OK && spec->action == FERRY_TABLE_REBUILD) {
        rc = sqldrv_run(conn->db, "DROP TABLE main.\"%w\"", spec->layout->table);
    }
    if (rc == SQLITE_OK && spec->action != FERRY_TABLE_KEEP) {
        rc = sqlite3_exec(conn->db, load->create_sql, NULL, NULL, NULL);
    }
    return rc == SQLITE_OK
               ? FERRY_OK
               : sqldrv_fail(conn, conn->db, rc, err, "emptying table '%s'", spec->layout->table);
}

/* What a table that was made anew needs besides its rows and indexes. */
static ferry_status replace_finish_table(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (load->spec->action == FERRY_TABLE_REBUILD) {
        status = sqldrv_objects_make_triggers(load, err);
        if (status == FERRY_OK && load->unit->spec->load_count <= 1) {
            status = sqldrv_dependents_end(load->unit, err);
        }
    }
    if (status == FERRY_OK) {
        status = sqldrv_stale_rebuild(load, err);
    }
    return status == FERRY_OK ? sqldrv_objects_analyze(load, err) : status;
}

static ferry_status replace_open_rows(struct sqldrv_load *load, sqlite3 *db,
                                      struct ferry_error *err)
{
    const struct sqldrv_rows_into into = {
        .conn = load->conn,
        .db = db,
        .schema = "main",
        .table = load->layout->table,
        .batch = SQLDRV_ROWS_BATCH,
        .columns = load->layout->schema,
        .natives = load->layout->natives,
        .integer_key = sqldrv_rowid_find(load),
        .count = &load->rows_loaded,
    };
    return sqldrv_rows_open(&into, &load->rows, err);
}

static void replace_close_rows(struct sqldrv_load *load)
{
    sqldrv_rows_close(load->rows);
    load->rows = NULL;
}

/* The table in the staging file.  Its own text comes from the target's file, which may be forged.
 */
static ferry_status replace_make_staged(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    bool keep = load->spec->action == FERRY_TABLE_KEEP;
    (void)sqlite3_db_config(conn->stage, SQLITE_DBCONFIG_DQS_DDL, keep, NULL);
    int rc = sqldrv_run_saved(conn->stage, keep ? load->table.sql : load->create_sql);
    return rc == SQLITE_OK ? FERRY_OK
                           : sqldrv_fail(conn, conn->stage, rc, err, "making the staging file '%s'",
                                         load->unit->stage.path);
}

static ferry_status replace_begin_staged(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = sqldrv_load_look(load, err);
    if (status == FERRY_OK) {
        status = sqldrv_stage_begin(load->unit, load->layout->table, err);
    }
    if (status == FERRY_OK) {
        status = replace_make_staged(load, err);
    }
    return status == FERRY_OK ? replace_open_rows(load, load->conn->stage, err) : status;
}

static ferry_status replace_begin_directly(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = replace_begin_transaction(load, err);
    if (status == FERRY_OK) {
        status = replace_empty_table(load, err);
    }
    return status == FERRY_OK ? replace_open_rows(load, load->conn->db, err) : status;
}

/* A table that stays is looked at before rows go into a stage, and in the transaction. */
static ferry_status replace_begin(struct sqldrv_load *load, struct ferry_error *err)
{
    return load->unit->staged ? replace_begin_staged(load, err) : replace_begin_directly(load, err);
}

static ferry_status replace_insert(struct sqldrv_load *load, uint32_t operation,
                                   const struct ferry_batch *batch, struct ferry_error *err)
{
    (void)operation; /* FERRY_OP_INSERT: a load that replaces has no other */
    return sqldrv_rows_insert(load->rows, batch, err);
}

static ferry_status replace_count_old(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    int64_t rows = 0;
    int rc = load->spec->action == FERRY_TABLE_CREATE
                 ? SQLITE_OK
                 : sqldrv_query_int(conn->db, &rows, "SELECT count(*) FROM main.\"%w\"",
                                    load->layout->table);
    load->rows_before = (uint64_t)rows;
    return rc == SQLITE_OK
               ? FERRY_OK
               : sqldrv_fail(conn, conn->db, rc, err, "counting table '%s'", load->layout->table);
}

static ferry_status replace_end_staged(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = sqldrv_objects_make_indexes(load, load->conn->stage, err);
    if (status == FERRY_OK) {
        status = sqldrv_stage_end(load->unit, err);
    }
    if (status == FERRY_OK) {
        status = replace_begin_transaction(load, err);
    }
    return status == FERRY_OK ? replace_count_old(load, err) : status;
}

static ferry_status replace_end_directly(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = sqldrv_objects_make_indexes(load, load->conn->db, err);
    return status == FERRY_OK ? replace_finish_table(load, err) : status;
}

static ferry_status replace_end(struct sqldrv_load *load, struct ferry_load_totals *ret_totals,
                                struct ferry_error *err)
{
    replace_close_rows(load);
    ferry_status status =
        load->unit->staged ? replace_end_staged(load, err) : replace_end_directly(load, err);
    if (status == FERRY_OK) {
        ret_totals->before = load->rows_before;
        ret_totals->inserted = load->rows_loaded;
        ret_totals->after = load->rows_loaded;
    }
    return status;
}

/* SELECT * into a table of the same definition lets SQLite copy whole records and index entries
 * (its transfer optimization).  Generated columns need a list of names, and the slower way. */
static char *replace_copy_sql(const struct sqldrv_load *load)
{
    const struct sqldrv_table *table = &load->table;
    const char *comma = "";
    bool generated = false;
    sqlite3_str *names = sqlite3_str_new(NULL);
    for (size_t i = 0; load->spec->action == FERRY_TABLE_KEEP && i < table->column_count; i++) {
        generated = generated || table->columns[i].generated;
        if (!table->columns[i].generated) {
            sqlite3_str_appendf(names, "%s\"%w\"", comma, table->columns[i].name);
            comma = ", ";
        }
    }
    char *list = sqlite3_str_finish(names);
    if (generated && list == NULL) {
        return NULL; /* out of memory */
    }
    char *sql =
        generated
            ? sqlite3_mprintf(
                  "INSERT OR FAIL INTO main.\"%w\" (%s) SELECT %s FROM " SQLDRV_STAGE_SCHEMA
                  ".\"%w\"",
                  load->layout->table, list, list, load->layout->table)
            : sqlite3_mprintf("INSERT OR FAIL INTO main.\"%w\" SELECT * FROM " SQLDRV_STAGE_SCHEMA
                              ".\"%w\"",
                              load->layout->table, load->layout->table);
    sqlite3_free(list);
    return sql;
}

/* From the staging file into the target's table, which is empty. */
static ferry_status replace_copy_staged(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    char *sql = replace_copy_sql(load);
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "copying the rows of table '%s'",
                           load->layout->table);
    }
    if ((uint64_t)sqlite3_changes64(conn->db) != load->rows_loaded) {
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "'%s': table '%s' took %lld rows of %llu in the staging file", conn->path,
                          load->layout->table, (long long)sqlite3_changes64(conn->db),
                          (unsigned long long)load->rows_loaded);
    }
    return FERRY_OK;
}

static ferry_status replace_finish_staged(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = replace_empty_table(load, err);
    if (status == FERRY_OK) {
        status = sqldrv_objects_make_indexes(load, load->conn->db, err);
    }
    if (status == FERRY_OK) {
        status = replace_copy_staged(load, err);
    }
    return status == FERRY_OK ? replace_finish_table(load, err) : status;
}

static ferry_status replace_finish(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = load->unit->staged ? replace_finish_staged(load, err) : FERRY_OK;
    if (status == FERRY_OK && load->spec->keep_definition == 0) {
        status = sqldrv_metadata_write(load->conn, load->spec, &load->unit->described, err);
    }
    return status;
}

const struct sqldrv_load_kind sqldrv_load_replace = {
    .begin = replace_begin,
    .insert = replace_insert,
    .end = replace_end,
    .finish = replace_finish,
    .stop = replace_close_rows,
};
