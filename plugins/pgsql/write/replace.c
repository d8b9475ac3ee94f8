/* One table of a change: its rows replaced.
 *
 *   begin   lock, look at the table and what hangs on it, make the stage
 *   batch   rows into the stage, by COPY
 *   end     a table that is made: its keys and indexes; one that stays: DELETE and INSERT in it, by
 *           way of the stage, where its readers see the old rows until the commit
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

ferry_status pgdrv_load_count(struct pgdrv_load *load, const char *path, uint64_t *ret_rows,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_addf(&sql, "SELECT pg_catalog.count(*) FROM %s", path);
    return pgdrv_sql_number(load->unit->conn, &sql, "count the rows", ret_rows, err);
}

const char *pgdrv_load_rows(const struct pgdrv_load *load)
{
    bool copied = load->changes != NULL && load->path != NULL; /* changes are made in a copy */
    return load->makes || copied ? load->path : load->names.table;
}

void pgdrv_load_add_columns(const struct pgdrv_load *load, const char *alias, struct part_text *sql)
{
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        if (alias != NULL)
            part_text_addf(sql, "%s.", alias);
        pgdrv_text_add_name(sql, ferry_schema_column(load->layout->schema, i)->name);
    }
}

/* ---- Begin ---- */

ferry_status pgdrv_load_take(struct pgdrv_load *load, struct ferry_error *err)
{
    struct pgdrv_conn *conn = load->unit->conn;
    const char *table = load->layout->table;
    ferry_status status = pgdrv_names_make(conn, table, &load->names, err);
    if (status == FERRY_OK)
        status = pgdrv_lock_take(conn, &load->names, table, err);
    if (status == FERRY_OK)
        status = pgdrv_table_load(conn, table, &load->table, err);
    if (status == FERRY_OK)
        status = pgdrv_table_check(conn, table, &load->table, err);
    if (status == FERRY_OK)
        status =
            ferry_load_confirm(load->spec, conn->label, load->table.exists, load->table.hash, err);
    return status;
}

/* The foreign keys of other tables of the change go and come with it. */
static ferry_status replace_look(const struct pgdrv_load *load, char **ret_hangs,
                                 struct ferry_error *err)
{
    const struct ferry_change_spec *spec = load->unit->spec;
    size_t others = spec->foreign_keys != 0 && spec->load_count > 1 ? spec->load_count : 0;
    return load->table.exists ? pgdrv_hangs_look(load->unit->conn, &load->table, spec->tables,
                                                 others, ret_hangs, err)
                              : FERRY_OK;
}

/* Whether the table is made anew, or its rows are replaced where they are. */
static ferry_status replace_choose(struct pgdrv_load *load, struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    struct pgdrv_conn *conn = load->unit->conn;
    PART_AUTO_STRING char *hangs = NULL;
    ferry_status status = replace_look(load, &hangs, err);
    if (status != FERRY_OK)
        return status;
    load->makes = spec->action != FERRY_TABLE_KEEP ||
                  (load->table.own && spec->keep_definition == 0 && hangs == NULL);
    if (spec->action != FERRY_TABLE_KEEP && hangs != NULL)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: table '%s' has other columns and would be made anew, but %s needs "
                          "it; drop that, or choose another target_table",
                          conn->label, load->layout->table, hangs);
    if (!load->makes && load->unit->spec->foreign_keys != 0)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: table '%s' cannot change together with others and their foreign "
                          "keys, since %s; drop that, or leave the table out",
                          conn->label, load->layout->table,
                          hangs != NULL ? hangs : "its definition is somebody's own");
    if (!load->makes && hangs != NULL)
        ferry_log(FERRY_LOG_DEBUG, "%s: table '%s' stays, since %s needs it", conn->label,
                  load->layout->table, hangs);
    return load->makes ? FERRY_OK
                       : pgdrv_hangs_check_rows(conn, load->layout->table, &load->table,
                                                PGDRV_HANGS_ALL_ROWS, err);
}

ferry_status pgdrv_replace_begin(struct pgdrv_load *load, struct ferry_error *err)
{
    ferry_status status = pgdrv_load_take(load, err);
    if (status == FERRY_OK)
        status = pgdrv_indexes_check(load, err);
    if (status == FERRY_OK)
        status = replace_choose(load, err);
    if (status == FERRY_OK)
        status = pgdrv_rights_check(load, err);
    if (status == FERRY_OK)
        status = pgdrv_stage_make(load, err);
    /* Frozen rows are seen by those, too, whose view of the data began before the commit: such a
     * one would else find a table without any. */
    if (status == FERRY_OK)
        status = pgdrv_lane_begin(&load->lane, load->unit->conn, load->path, load->layout, NULL,
                                  load->makes, err);
    return status;
}

/* ---- End ---- */

static ferry_status replace_clear(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    part_text_addf(&sql, "DELETE FROM %s", load->names.table);
    ferry_status status =
        pgdrv_sql_try(load->unit->conn, &sql, "delete the old rows", &result, err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(result))
        return pgdrv_verdict_fail(load->unit->conn, result, load->layout, 0, "delete the old rows",
                                  err);
    load->before = pgdrv_sql_rows(result);
    return FERRY_OK;
}

static ferry_status replace_fill(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    part_text_addf(&sql, "INSERT INTO %s (", load->names.table);
    pgdrv_load_add_columns(load, NULL, &sql);
    part_text_add(&sql, ") OVERRIDING SYSTEM VALUE SELECT ");
    pgdrv_load_add_columns(load, NULL, &sql);
    part_text_addf(&sql, " FROM %s", load->path);
    ferry_status status = pgdrv_sql_try(load->unit->conn, &sql, "insert the rows", &result, err);
    if (status != FERRY_OK || pgdrv_result_is_good(result))
        return status;
    return pgdrv_verdict_fail(load->unit->conn, result, load->layout, 0, "insert the rows", err);
}

/* Nobody else writes from here on, and readers see the old rows. */
static ferry_status replace_in_place(struct pgdrv_load *load, struct ferry_error *err)
{
    struct pgdrv_unit *unit = load->unit;
    const char *table = load->layout->table;
    uint64_t rows = 0;
    pgdrv_turns_begin(unit);
    ferry_status status = pgdrv_turns_lock_one(unit, load->names.table, load->table.oid,
                                               PGDRV_LOCK_WRITERS, table, err);
    if (status == FERRY_OK)
        status = pgdrv_table_confirm(unit->conn, load->spec, err);
    if (status == FERRY_OK)
        status = pgdrv_hangs_check_rows(unit->conn, table, &load->table, PGDRV_HANGS_ALL_ROWS, err);
    if (status == FERRY_OK)
        status = replace_clear(load, err);
    if (status == FERRY_OK)
        status = replace_fill(load, err);
    if (status == FERRY_OK)
        status = pgdrv_load_count(load, load->names.table, &rows, err);
    if (status == FERRY_OK && rows != load->lane.taken)
        status = ferry_fail(err, FERRY_ERR_DATA,
                            "%s: table '%s' holds %" PRIu64 " rows after %" PRIu64
                            " were written; a trigger may have changed them; drop it",
                            unit->conn->label, table, rows, load->lane.taken);
    return status;
}

/* The server knows nothing yet of what is in a new table, and would go wrong ways to find it. */
static ferry_status replace_finish(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_addf(&sql, "ANALYZE %s", load->path);
    ferry_status status = pgdrv_indexes_make(load, err);
    if (status == FERRY_OK)
        status = pgdrv_sql_run(load->unit->conn, &sql, "look what is in the new table", err);
    if (status == FERRY_OK && load->table.exists)
        status = pgdrv_load_count(load, load->names.table, &load->before, err);
    return status;
}

ferry_status pgdrv_replace_end(struct pgdrv_load *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err)
{
    ferry_status status = pgdrv_conn_check(load->unit->conn, err);
    if (status == FERRY_OK)
        status = pgdrv_lane_end(&load->lane, err);
    if (status == FERRY_OK)
        status = load->makes ? replace_finish(load, err) : replace_in_place(load, err);
    if (status != FERRY_OK)
        return status;
    ret_totals->before = load->before;
    ret_totals->inserted = load->lane.taken;
    ret_totals->after = load->lane.taken;
    ret_totals->bytes = load->lane.bytes;
    pgdrv_lane_free(&load->lane); /* there may be many loads */
    return FERRY_OK;
}
