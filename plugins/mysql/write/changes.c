/* One table of a change: single rows of it are inserted, updated and deleted.
 *
 *   begin   lock, leftovers, look at the table and what hangs on it, make a place for the changes
 *   batch   rows and keys into that place
 *   end     DELETE, UPDATE and INSERT in the table, in a transaction that stays open
 */

#include "connect/connect.h"
#include "read/read.h"
#include "write/target.h"

#include <string.h>

/* Bytes between two commits to a stage; a temporary table needs none. */
#define CHANGES_COMMIT ((uint64_t)64 << 20)

/* ---- Begin ---- */

static ferry_status changes_check_table(const struct mydrv_load *load, struct ferry_error *err)
{
    const struct mydrv_conn *conn = load->unit->conn;
    const char *engine = load->table.engine;
    if (!load->table.exists)
        return ferry_load_fail_changed(load->spec, conn->label, err);
    if (mydrv_engine_has_transactions(engine))
        return FERRY_OK;
    return ferry_fail(
        err, FERRY_ERR_SCHEMA,
        "%s: single rows of table '%s' cannot be changed at one stroke, since its "
        "engine %s has no transactions; choose strategy = \"replace\", or convert the "
        "table to InnoDB",
        conn->label, load->layout->table, engine);
}

static void changes_add_columns(const struct mydrv_load *load, struct part_text *sql)
{
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        mydrv_text_add_name(sql, ferry_schema_column(load->layout->schema, i)->name);
    }
}

/* Each column is named: a column without a default may not be left out, not even of no row. */
static void changes_try_insert(const struct mydrv_load *load, struct part_text *sql)
{
    part_text_add(sql, "INSERT INTO ");
    mydrv_text_add_name(sql, load->layout->table);
    part_text_add(sql, " (");
    changes_add_columns(load, sql);
    part_text_add(sql, ") SELECT ");
    changes_add_columns(load, sql);
    part_text_add(sql, " FROM ");
    mydrv_text_add_name(sql, load->layout->table);
    part_text_add(sql, " WHERE 1 = 0");
}

static void changes_try_update(const struct mydrv_load *load, struct part_text *sql)
{
    const char *column = ferry_schema_column(load->layout->schema, 0)->name;
    part_text_add(sql, "UPDATE ");
    mydrv_text_add_name(sql, load->layout->table);
    part_text_add(sql, " SET ");
    mydrv_text_add_name(sql, column);
    part_text_add(sql, " = ");
    mydrv_text_add_name(sql, column);
    part_text_add(sql, " WHERE 1 = 0");
}

static void changes_try_delete(const struct mydrv_load *load, struct part_text *sql)
{
    part_text_add(sql, "DELETE FROM ");
    mydrv_text_add_name(sql, load->layout->table);
    part_text_add(sql, " WHERE 1 = 0");
}

/* A right that is missing shows before rows are loaded. */
static ferry_status changes_check_rights(struct mydrv_load *load, struct ferry_error *err)
{
    static const struct {
        void (*write)(const struct mydrv_load *load, struct part_text *sql);
        const char *doing;
        bool keyed;
    } trials[] = {
        {changes_try_insert, "insert rows", false},
        {changes_try_update, "update rows", true},
        {changes_try_delete, "delete rows", true},
    };
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof trials / sizeof *trials && status == FERRY_OK; i++) {
        PART_AUTO_TEXT struct part_text sql = {0};
        if (trials[i].keyed && load->spec->key_count == 0)
            continue;
        trials[i].write(load, &sql);
        status = mydrv_run(load->unit->conn, &sql, trials[i].doing, err);
    }
    return status;
}

/* Where the columns of the table are in a batch of keys. */
static ferry_status changes_place_keys(struct mydrv_load *load, struct ferry_error *err)
{
    size_t count = ferry_schema_count(load->layout->schema);
    load->changes->places = calloc(count, sizeof *load->changes->places);
    if (load->changes->places == NULL)
        return mydrv_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        load->changes->places[i] = MYDRV_LANE_NOWHERE;
    for (size_t k = 0; k < load->spec->key_count; k++)
        load->changes->places[load->spec->key[k]] = k;
    return FERRY_OK;
}

/* The table and what hangs on it; that changes of other tables go in place, too, says nothing. */
static ferry_status changes_take(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_unit *unit = load->unit;
    unit->in_place = false;
    ferry_status status = mydrv_load_take(load, err);
    load->changes->hung = unit->in_place;
    unit->in_place = true;
    if (status == FERRY_OK)
        status = changes_check_table(load, err);
    if (status == FERRY_OK && unit->joint.open)
        status = mydrv_joint_check_load(load, err);
    return status;
}

/* There may be many loads.  The last one's changes are still there when its rows are read back, for
 * they tell which rows came. */
static void changes_let_go(const struct mydrv_unit *unit)
{
    for (size_t i = 0; i < unit->load_count; i++)
        if (unit->loads[i]->changes != NULL && unit->loads[i]->changes->ended) {
            mydrv_gather_drop(unit->loads[i]);
            mydrv_lane_free(&unit->loads[i]->lane);
        }
}

static ferry_status changes_begin(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    bool joint = mydrv_joint_is_asked(load->unit);
    changes_let_go(load->unit);
    ferry_status status = joint ? mydrv_joint_begin(load->unit, err) : FERRY_OK;
    if (status == FERRY_OK)
        status = changes_take(load, err);
    if (status == FERRY_OK)
        status = changes_check_rights(load, err);
    if (status == FERRY_OK)
        status = changes_place_keys(load, err);
    if (status == FERRY_OK)
        status = mydrv_lane_begin(&load->lane, conn, load->names.stage, load->layout, err);
    if (status == FERRY_OK)
        status = mydrv_lane_learn(&load->lane, load->layout->table, err);
    if (status == FERRY_OK && !joint)
        status = mydrv_record_prepare(conn, err);
    if (status == FERRY_OK && load->spec->key_count > 0)
        status = mydrv_match_choose(load, err);
    if (status == FERRY_OK)
        status = mydrv_gather_make(load, err);
    if (status == FERRY_OK && !load->changes->temporary)
        status = mydrv_leftovers_check_drop(conn, &load->names, err);
    if (status == FERRY_OK && !joint)
        status = mydrv_run_text(conn, "START TRANSACTION", "begin a transaction", err);
    load->lane.tag_name = load->changes->tag;
    return status;
}

/* What failed to begin is ended with its change, too. */
ferry_status mydrv_changes_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                                 struct ferry_error *err)
{
    struct mydrv_load *load = mydrv_unit_add_load(change, spec);
    struct mydrv_changes *changes = load == NULL ? NULL : calloc(1, sizeof *changes);
    if (changes == NULL)
        return mydrv_fail_memory(err);
    load->changes = changes;
    load->lane.commit_bytes = mydrv_joint_is_asked(load->unit) ? 0 : CHANGES_COMMIT;
    ferry_status status = changes_begin(load, err);
    if (status == FERRY_OK)
        *ret_load = load;
    return status;
}

static void changes_close_reader(struct mydrv_changes *changes)
{
    if (changes->reader != NULL)
        mydrv_snapshot_end(changes->reader);
    changes->reader = NULL;
}

void mydrv_changes_free(struct mydrv_load *load)
{
    if (load == NULL || load->changes == NULL)
        return;
    changes_close_reader(load->changes);
    mydrv_gather_drop(load);
    free(load->changes->tag);
    free(load->changes->effect);
    free(load->changes->index);
    free(load->changes->places);
    free(load->changes);
    load->changes = NULL;
}

/* ---- Batches, and what is read meanwhile ---- */

ferry_status mydrv_changes_batch(void *argument, uint32_t operation,
                                 const struct ferry_batch *batch, struct ferry_error *err)
{
    struct mydrv_load *load = argument;
    if (operation < FERRY_OP_INSERT || operation > FERRY_OP_ADD ||
        (operation != FERRY_OP_INSERT && load->spec->key_count == 0))
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: operation %u is not known here",
                          load->unit->conn->label, operation);
    load->lane.tag = operation;
    load->lane.places = operation == FERRY_OP_DELETE ? load->changes->places : NULL;
    load->changes->came[operation] += ferry_batch_count(batch);
    return mydrv_lane_batch(&load->lane, batch, err);
}

ferry_status mydrv_changes_open_reader(struct mydrv_load *load, struct mydrv_conn **ret_conn,
                                       struct ferry_error *err)
{
    struct mydrv_changes *changes = load->changes;
    if (changes->reader != NULL && !changes->reader->broken) {
        *ret_conn = changes->reader;
        return FERRY_OK;
    }
    struct mydrv_conn *third = NULL;
    ferry_status status = mydrv_conn_open_third(load->unit->conn, &third, err);
    if (status == FERRY_OK)
        status = mydrv_snapshot_begin(third, err);
    if (status != FERRY_OK)
        return status;
    changes->reader = third;
    *ret_conn = third;
    return FERRY_OK;
}

/* ---- End ---- */

/* They have gathered, and what is done with them from now on can be undone alone. */
static ferry_status changes_part(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    if (load->unit->joint.open)
        return mydrv_joint_mark(load->unit, err);
    ferry_status status =
        mydrv_run_text(conn, "COMMIT", "commit changes to where they gather", err);
    /* With triggers, rows are counted before and after, which no other writer must disturb. */
    return status == FERRY_OK && !load->triggered ? mydrv_set_read_committed(conn, err) : status;
}

static ferry_status changes_end(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = mydrv_lane_end(&load->lane, err);
    if (status == FERRY_OK)
        status = changes_part(load, err);
    changes_close_reader(load->changes);
    /* A table without keys may have one of others' that this account cannot see: then the server
     * looks after it. */
    if (status == FERRY_OK)
        status = mydrv_set_key_checks(conn, !load->changes->hung, err);
    if (status == FERRY_OK)
        status = mydrv_apply(load, err);
    if (status == FERRY_OK && load->unit->joint.open)
        status = mydrv_joint_go_on(load->unit, err);
    if (status == FERRY_OK && load->changes->hung && !load->unit->joint.open)
        status = mydrv_dependents_check(load, err);
    return status;
}

ferry_status mydrv_changes_end(void *argument, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err)
{
    struct mydrv_load *load = argument;
    ferry_status status = changes_end(load, err);
    if (status != FERRY_OK)
        return status;
    load->changes->ended = true;
    *ret_totals = load->changes->totals;
    ret_totals->bytes = load->lane.bytes;
    return FERRY_OK;
}
