/* One table of a change, whatever is done with its rows: its lock, its file, its end. */

#include "guard.h"
#include "target.h"

#include <stdlib.h>

ferry_status sqldrv_load_look(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = sqldrv_table_confirm(load, err);
    return status == FERRY_OK ? sqldrv_objects_save(load, err) : status;
}

static ferry_status load_open(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK && (load->create_sql = sqldrv_table_create_sql(load->spec)) == NULL) {
        status = sqldrv_fail_memory(err);
    }
    if (status == FERRY_OK) {
        status = sqldrv_lock_take(load, err);
    }
    if (status == FERRY_OK) {
        status = sqldrv_unit_open(load->unit, err);
    }
    if (status == FERRY_OK) {
        (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL,
                                load->spec->action == FERRY_TABLE_KEEP, NULL);
    }
    return status;
}

/* What failed to begin is ended with its change, too. */
ferry_status sqldrv_load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                               struct ferry_error *err)
{
    struct sqldrv_unit *unit = change;
    struct sqldrv_load **loads = reallocarray(unit->loads, unit->load_count + 1, sizeof(void *));
    struct sqldrv_load *load = loads == NULL ? NULL : calloc(1, sizeof *load);
    unit->loads = loads == NULL ? unit->loads : loads;
    if (load == NULL) {
        return sqldrv_fail_memory(err);
    }
    load->unit = unit;
    load->conn = unit->conn;
    load->spec = spec;
    load->layout = spec->layout;
    load->kind = spec->kind == FERRY_LOAD_CHANGES ? &sqldrv_load_changes : &sqldrv_load_replace;
    load->old_lock = -1;
    unit->loads[unit->load_count++] = load;
    ferry_status status = load_open(load, err);
    if (status == FERRY_OK) {
        status = load->kind->begin(load, err);
    }
    if (status == FERRY_OK) {
        *ret_load = load;
    }
    return status;
}

ferry_status sqldrv_load_batch(void *argument, uint32_t operation, const struct ferry_batch *batch,
                               struct ferry_error *err)
{
    struct sqldrv_load *load = argument;
    struct sqldrv_conn *conn = load->conn;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK) {
        sqldrv_guard_stop_writing(&conn->cancelled);
        status = load->kind->insert(load, operation, batch, err);
        sqldrv_guard_stop_writing(NULL);
    }
    return status;
}

ferry_status sqldrv_load_end(void *argument, struct ferry_load_totals *ret_totals,
                             struct ferry_error *err)
{
    struct sqldrv_load *load = argument;
    ferry_status status = sqldrv_check_cancelled(load->conn, err);
    return status == FERRY_OK ? load->kind->end(load, ret_totals, err) : status;
}

ferry_status sqldrv_load_finish(struct sqldrv_load *load, struct ferry_error *err)
{
    return load->kind->finish(load, err);
}

void sqldrv_load_stop(struct sqldrv_load *load)
{
    if (load != NULL) {
        load->kind->stop(load);
    }
}

void sqldrv_load_free(struct sqldrv_load *load)
{
    if (load == NULL) {
        return;
    }
    if (load->kind->free != NULL) {
        load->kind->free(load);
    }
    sqldrv_lock_leave(load);
    sqldrv_objects_clear(&load->objects);
    sqldrv_table_clear(&load->table);
    sqlite3_free(load->create_sql);
    free(load);
}
