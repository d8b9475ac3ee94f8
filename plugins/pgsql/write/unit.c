/* The target half: a change, from its beginning to its end.
 *
 * All of it is one transaction: tables that are made, rows that are loaded, the exchange of the
 * tables, the records.  So a run that ends before its COMMIT, however it ends, leaves nothing. What
 * is prepared outside of it is the table of records, for which other runs would have to wait.
 */

#include "write/target.h"

#include <stdio.h>
#include <string.h>

static const char unit_begin_doing[] = "begin a transaction";

/* ---- Begin ---- */

/* Which database this is, of which server, and since when that runs; to be freed.  A standby tells
 * another start.  The system's own number is told where this account may ask for it. */
static ferry_status unit_read_place(struct pgdrv_conn *conn, char **ret_place,
                                    struct ferry_error *err)
{
    static const char doing[] = "learn which server this is";
    PGDRV_AUTO_RESULT PGresult *start = NULL;
    PGDRV_AUTO_RESULT PGresult *system = NULL;
    ferry_status status =
        pgdrv_ask(conn, PGDRV_LOADING,
                  "SELECT pg_catalog.concat_ws(' ', oid, pg_catalog.pg_postmaster_start_time(), "
                  "pg_catalog.pg_is_in_recovery()) FROM pg_catalog.pg_database WHERE datname = "
                  "pg_catalog.current_database()",
                  NULL, 0, doing, &start, err);
    if (status == FERRY_OK)
        status = pgdrv_try(conn, PGDRV_LOADING,
                           "SELECT system_identifier FROM pg_catalog.pg_control_system()", NULL, 0,
                           doing, &system, err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(system) && !pgdrv_state_is_refusal(pgdrv_state(system)))
        return pgdrv_fail_result(conn, PGDRV_LOADING, system, doing, err);
    const char *since = pgdrv_value(start, 0, 0), *number = pgdrv_value(system, 0, 0);
    if (since == NULL)
        return pgdrv_fail_shape(conn, PGDRV_LOADING, doing, err);
    if (asprintf(ret_place, "%s %s", since, number == NULL ? "" : number) >= 0)
        return FERRY_OK;
    *ret_place = NULL;
    return pgdrv_fail_memory(err);
}

/* A name may stand for many servers.  What the second connection reads and says would be of another
 * table and of others' transactions there. */
static ferry_status unit_check_second(struct pgdrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_STRING char *first = NULL;
    PART_AUTO_STRING char *second = NULL;
    if (conn->second == NULL)
        return FERRY_OK;
    ferry_status status = unit_read_place(conn, &first, err);
    if (status == FERRY_OK)
        status = unit_read_place(conn->second, &second, err);
    if (status != FERRY_OK)
        return status;
    if (first != NULL && second != NULL && strcmp(first, second) == 0)
        return FERRY_OK;
    ferry_fail(err, FERRY_ERR_BUSY,
               "%s: two connections by this host's name reached two servers; name one of them",
               conn->label);
    ferry_error_may_pass(err);
    return FERRY_ERR_BUSY;
}

static ferry_status unit_begin(struct pgdrv_unit *unit, struct ferry_error *err)
{
    struct pgdrv_conn *conn = unit->conn;
    ferry_status status = pgdrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = unit_check_second(conn, err);
    if (status == FERRY_OK)
        status = pgdrv_record_prepare(conn, err);
    if (status == FERRY_OK)
        status = pgdrv_run(conn, PGDRV_LOADING, "BEGIN", unit_begin_doing, err);
    unit->open = status == FERRY_OK;
    return status;
}

/* Rows on their way go nowhere. */
static void unit_stop_copy(struct pgdrv_unit *unit)
{
    struct pgdrv_conn *conn = unit->conn;
    for (size_t i = 0; i < unit->load_count; i++)
        if (unit->loads[i]->lane.under_way)
            pgdrv_lane_give_up(&unit->loads[i]->lane);
    if (unit->open && pgdrv_is_usable(conn) != 0)
        (void)pgdrv_give_back(conn, "ROLLBACK");
    unit->open = false;
}

static void unit_free_load(struct pgdrv_load *load)
{
    pgdrv_changes_free(load);
    pgdrv_lane_free(&load->lane);
    pgdrv_table_clear(&load->table);
    pgdrv_names_clear(&load->names);
    free(load->path);
    free(load->gather);
    free(load->rights);
    free(load);
}

/* End a change: nothing of it is left but what was committed. */
static void unit_free(struct pgdrv_unit *unit)
{
    unit_stop_copy(unit);
    for (size_t i = 0; i < unit->load_count; i++)
        unit_free_load(unit->loads[i]);
    free(unit->loads);
    free(unit);
}

static struct pgdrv_load *unit_add_load(struct pgdrv_unit *unit, const struct ferry_load_spec *spec)
{
    struct pgdrv_load **loads = reallocarray(unit->loads, unit->load_count + 1, sizeof(void *));
    struct pgdrv_load *load = loads == NULL ? NULL : calloc(1, sizeof *load);
    unit->loads = loads == NULL ? unit->loads : loads;
    if (load == NULL)
        return NULL;
    load->unit = unit;
    load->spec = spec;
    load->layout = spec->layout;
    unit->loads[unit->load_count++] = load;
    return load;
}

static ferry_status unit_change_begin(void *conn, const struct ferry_change_spec *spec,
                                      void **ret_change, struct ferry_error *err)
{
    struct pgdrv_unit *unit = calloc(1, sizeof *unit);
    if (unit == NULL)
        return pgdrv_fail_memory(err);
    unit->conn = conn;
    unit->spec = spec;
    ferry_status status = unit_begin(unit, err);
    if (status != FERRY_OK) {
        unit_free(unit);
        return status;
    }
    *ret_change = unit;
    return FERRY_OK;
}

/* ---- Commit ---- */

static const struct pgdrv_load *unit_find_load(const struct pgdrv_unit *unit,
                                               const struct ferry_record *record)
{
    for (size_t i = 0; i < unit->load_count; i++)
        if (strcmp(unit->loads[i]->layout->table, ferry_record_table(record)) == 0)
            return unit->loads[i];
    return NULL;
}

/* The definition that a table has now that was made by this change. */
static ferry_status unit_hash(const struct pgdrv_unit *unit, const char *table, uint64_t *ret_hash,
                              struct ferry_error *err)
{
    struct pgdrv_table now = {0};
    ferry_status status = pgdrv_table_load(unit->conn, table, &now, err);
    if (status == FERRY_OK)
        *ret_hash = now.hash;
    pgdrv_table_clear(&now);
    return status;
}

/* A table that was not made keeps the mark that it has. */
static ferry_status unit_write_record(struct pgdrv_unit *unit, const struct ferry_record *record,
                                      uint64_t hash, struct ferry_error *err)
{
    const struct pgdrv_load *load = unit_find_load(unit, record);
    ferry_status status = FERRY_OK;
    if (load != NULL && load->makes)
        status = unit_hash(unit, load->layout->table, &hash, err);
    return status == FERRY_OK ? pgdrv_record_write(unit->conn, record, hash, err) : status;
}

/* The records are held before the tables, so that nobody who uses a table waits for whoever holds a
 * record. */
static ferry_status unit_put(struct pgdrv_unit *unit, const struct ferry_record *const *records,
                             size_t count, uint64_t *hashes, struct ferry_error *err)
{
    ferry_status status = pgdrv_turns_limit(unit, unit->spec->lock_wait_ms, err);
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        status = pgdrv_record_follow(unit->conn, records[i], &hashes[i], err);
    if (status == FERRY_OK)
        status = pgdrv_swap(unit, err);
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        status = unit_write_record(unit, records[i], hashes[i], err);
    return status;
}

static ferry_status unit_commit(struct pgdrv_unit *unit, const struct ferry_record *const *records,
                                size_t count, uint32_t *outcome, struct ferry_error *err)
{
    *outcome = FERRY_OUTCOME_OLD;
    uint64_t *hashes = calloc(count + 1, sizeof *hashes);
    ferry_status status =
        hashes == NULL ? pgdrv_fail_memory(err) : pgdrv_conn_check(unit->conn, err);
    if (status == FERRY_OK)
        status = unit_put(unit, records, count, hashes, err);
    free(hashes);
    return status == FERRY_OK ? pgdrv_commit(unit, outcome, err) : status;
}

static ferry_status unit_change_commit(void *change, const struct ferry_record *const *records,
                                       size_t record_count, uint32_t *outcome,
                                       struct ferry_error *err)
{
    ferry_status status = unit_commit(change, records, record_count, outcome, err);
    unit_free(change);
    return status;
}

static void unit_change_abort(void *change)
{
    unit_free(change);
}

/* ---- Loads of each kind ---- */

/* What failed to begin is ended with its change, too. */
static ferry_status unit_load_begin(void *change, const struct ferry_load_spec *spec,
                                    void **ret_load, struct ferry_error *err)
{
    struct pgdrv_load *load = unit_add_load(change, spec);
    if (load == NULL)
        return pgdrv_fail_memory(err);
    ferry_status status = spec->kind == FERRY_LOAD_CHANGES ? pgdrv_changes_begin(load, err)
                                                           : pgdrv_replace_begin(load, err);
    if (status == FERRY_OK)
        *ret_load = load;
    return status;
}

static ferry_status unit_load_batch(void *argument, uint32_t operation,
                                    const struct ferry_batch *batch, struct ferry_error *err)
{
    struct pgdrv_load *load = argument;
    return load->changes != NULL ? pgdrv_changes_batch(load, operation, batch, err)
                                 : pgdrv_lane_batch(&load->lane, batch, err);
}

/* How long the server takes depends on the rows; whether it is there still, TCP finds out. */
static ferry_status unit_load_end(void *argument, struct ferry_load_totals *ret_totals,
                                  struct ferry_error *err)
{
    struct pgdrv_load *load = argument;
    struct pgdrv_conn *conn = load->unit->conn;
    int64_t patience = conn->wait_ms;
    conn->wait_ms = 0;
    ferry_status status = load->changes != NULL ? pgdrv_changes_end(load, ret_totals, err)
                                                : pgdrv_replace_end(load, ret_totals, err);
    conn->wait_ms = patience;
    return status;
}

const struct ferry_target pgdrv_target = {
    .map_column = pgdrv_map_column,
    .inspect = pgdrv_inspect,
    .change_begin = unit_change_begin,
    .load_begin = unit_load_begin,
    .load_batch = unit_load_batch,
    .load_end = unit_load_end,
    .change_commit = unit_change_commit,
    .change_abort = unit_change_abort,
    .stored_begin = pgdrv_stored_begin,
    .stored_batch = pgdrv_stored_batch,
    .stored_end = pgdrv_stored_end,
    .note_indexes = pgdrv_note_indexes,
    .hold_column = pgdrv_hold_column,
    .foresee = pgdrv_foresee,
    .judge_key = pgdrv_judge_key,
    .records = pgdrv_records,
    .prune = pgdrv_prune,
    .abilities = FERRY_SCANS | FERRY_CHANGES | FERRY_TOGETHER | FERRY_TOGETHER_CHANGES |
                 FERRY_SIDE_BY_SIDE | FERRY_TELLS_RESTRICT,
};
