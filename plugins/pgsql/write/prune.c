/* A copy whose source is gone: dropped with its record, in one transaction. */

#include "write/target.h"

#include <string.h>

/* What hangs on it, unless that is a foreign key of a table that would have gone before it. */
static ferry_status prune_look(struct pgdrv_conn *conn, const struct ferry_prune_spec *spec,
                               const struct pgdrv_table *table, struct ferry_notes *obstacles,
                               bool *ret_kept, struct ferry_error *err)
{
    PART_AUTO_STRING char *hangs = NULL;
    ferry_status status = pgdrv_hangs_look(conn, table, spec->others,
                                           spec->looks != 0 ? spec->other_count : 0, &hangs, err);
    *ret_kept = hangs != NULL;
    return status == FERRY_OK && hangs != NULL ? ferry_note(obstacles, err, "%s needs it", hangs)
                                               : status;
}

static ferry_status prune_fail_changed(const struct pgdrv_conn *conn,
                                       const struct ferry_prune_spec *spec, struct ferry_error *err)
{
    ferry_fail(err, FERRY_ERR_BUSY, "%s: table '%s' was changed meanwhile; run again", conn->label,
               spec->table);
    ferry_error_may_pass(err);
    return FERRY_ERR_BUSY;
}

static ferry_status prune_drop(struct pgdrv_unit *unit, const struct ferry_prune_spec *spec,
                               const struct pgdrv_names *names, struct ferry_notes *obstacles,
                               struct ferry_error *err)
{
    struct pgdrv_conn *conn = unit->conn;
    struct pgdrv_table table = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t hash = 0;
    bool kept = false;
    part_text_addf(&sql, "DROP TABLE %s", names->table);
    ferry_status status = spec->exists != 0 ? pgdrv_turns_lock_one(unit, names->table, "0",
                                                                   PGDRV_LOCK_ALL, spec->table, err)
                                            : FERRY_OK;
    if (status == FERRY_OK)
        status = pgdrv_table_load(conn, spec->table, &table, err);
    if (status == FERRY_OK &&
        (table.exists != (spec->exists != 0) || (table.exists && table.hash != spec->definition)))
        status = prune_fail_changed(conn, spec, err);
    if (status == FERRY_OK)
        status = pgdrv_record_follow(conn, spec->record, &hash, err);
    if (status == FERRY_OK && table.exists)
        status = prune_look(conn, spec, &table, obstacles, &kept, err);
    if (status == FERRY_OK && !kept && table.exists)
        status = pgdrv_sql_run(conn, &sql, "drop the table", err);
    if (status == FERRY_OK && !kept)
        status = pgdrv_record_drop(conn, spec->table, err);
    if (status == FERRY_OK && !kept)
        status = pgdrv_run(conn, PGDRV_LOADING, "COMMIT", "drop the table", err);
    pgdrv_table_clear(&table);
    return status;
}

/* A look writes nothing, and takes no lock. */
static ferry_status prune_look_only(struct pgdrv_conn *conn, const struct ferry_prune_spec *spec,
                                    struct ferry_notes *obstacles, struct ferry_error *err)
{
    struct pgdrv_table table = {0};
    bool kept = false;
    ferry_status status = pgdrv_table_load(conn, spec->table, &table, err);
    if (status == FERRY_OK && table.exists != (spec->exists != 0))
        status = prune_fail_changed(conn, spec, err);
    if (status == FERRY_OK && table.exists)
        status = prune_look(conn, spec, &table, obstacles, &kept, err);
    pgdrv_table_clear(&table);
    return status;
}

ferry_status pgdrv_prune(void *conn, const struct ferry_prune_spec *spec,
                         struct ferry_notes *obstacles, struct ferry_error *err)
{
    const struct ferry_change_spec change = {
        .job = spec->job, .run_id = spec->run_id, .lock_wait_ms = spec->lock_wait_ms};
    struct pgdrv_unit unit = {.conn = conn, .spec = &change};
    struct pgdrv_names names = {0};
    if (spec->looks != 0)
        return prune_look_only(conn, spec, obstacles, err);
    pgdrv_turns_begin(&unit);
    ferry_status status = pgdrv_names_make(conn, spec->table, &names, err);
    if (status == FERRY_OK)
        status = pgdrv_run(conn, PGDRV_LOADING, "BEGIN", "begin a transaction", err);
    if (status == FERRY_OK)
        status = pgdrv_lock_take(conn, &names, spec->table, err);
    if (status == FERRY_OK)
        status = prune_drop(&unit, spec, &names, obstacles, err);
    if (PQtransactionStatus(unit.conn->pg) != PQTRANS_IDLE)
        (void)pgdrv_give_back(conn, "ROLLBACK");
    pgdrv_names_clear(&names);
    return status;
}
