/* The commit: each table that was made takes the place of the one of its name, all in one
 * transaction, so that readers wait no longer than for that and see the old rows or the new.
 */

#include "write/target.h"

#include <poll.h>
#include <string.h>

#define SWAP_NEEDED "2BP01" /* something that hangs on the table needs it */
#define SWAP_LOCKS_MS 2000  /* for a further lock, while others wait for us */
#define SWAP_ASK_MS 200
#define SWAP_ASK_FOR_MS 5000

static bool swap_has_old(const struct pgdrv_load *load)
{
    return load->makes && load->table.exists;
}

/* ---- Others are kept out, and nothing has changed meanwhile ---- */

static ferry_status swap_confirm(struct pgdrv_load *load, struct ferry_error *err)
{
    const struct ferry_change_spec *spec = load->unit->spec;
    size_t others = spec->foreign_keys != 0 && spec->load_count > 1 ? spec->load_count : 0;
    PART_AUTO_STRING char *hangs = NULL;
    ferry_status status = pgdrv_table_confirm(load->unit->conn, load->spec, err);
    if (status == FERRY_OK)
        status =
            pgdrv_hangs_look(load->unit->conn, &load->table, spec->tables, others, &hangs, err);
    return status == FERRY_OK && hangs != NULL
               ? ferry_load_fail_changed(load->spec, load->unit->conn->label, err)
               : status;
}

static int swap_compare(const void *one, const void *other)
{
    return strcmp((*(struct pgdrv_load *const *)one)->names.table,
                  (*(struct pgdrv_load *const *)other)->names.table);
}

/* The tables that go, as a statement has them and as a person is told; in one order, so that two
 * changes do not wait for each other. */
static ferry_status swap_write_old(const struct pgdrv_unit *unit, struct part_text *paths,
                                   struct part_text *oids, struct part_text *names,
                                   struct ferry_error *err)
{
    struct pgdrv_load **loads = calloc(unit->load_count + 1, sizeof(void *));
    size_t count = 0;
    if (loads == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < unit->load_count; i++)
        if (swap_has_old(unit->loads[i]))
            loads[count++] = unit->loads[i];
    qsort(loads, count, sizeof(void *), swap_compare);
    for (size_t i = 0; i < count; i++) {
        part_text_addf(paths, "%s%s", i > 0 ? ", " : "", loads[i]->names.table);
        part_text_addf(oids, "%s%s", i > 0 ? ", " : "", loads[i]->table.oid);
        part_text_addf(names, "%s'%s'", i > 0 ? ", " : "table ", loads[i]->layout->table);
    }
    free(loads);
    return paths->failed || oids->failed || names->failed ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* All in one turn: none is held while another is waited for. */
static ferry_status swap_lock(struct pgdrv_unit *unit, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text paths = {0};
    PART_AUTO_TEXT struct part_text oids = {0};
    PART_AUTO_TEXT struct part_text names = {0};
    ferry_status status = swap_write_old(unit, &paths, &oids, &names, err);
    if (status != FERRY_OK || paths.data == NULL)
        return status;
    pgdrv_turns_begin(unit);
    status = pgdrv_turns_lock(unit, paths.data, oids.data, PGDRV_LOCK_ALL, names.data, err);
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK; i++)
        if (swap_has_old(unit->loads[i]))
            status = swap_confirm(unit->loads[i], err);
    return status;
}

/* ---- The exchange ---- */

/* All in one statement, as they may refer to one another. */
static ferry_status swap_drop(struct pgdrv_unit *unit, struct ferry_error *err)
{
    static const char doing[] = "drop the old table";
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    const struct pgdrv_load *first = NULL;
    for (size_t i = 0; i < unit->load_count; i++) {
        if (!swap_has_old(unit->loads[i]))
            continue;
        part_text_addf(&sql, "%s%s", first == NULL ? "DROP TABLE " : ", ",
                       unit->loads[i]->names.table);
        first = first == NULL ? unit->loads[i] : first;
    }
    if (first == NULL)
        return FERRY_OK;
    ferry_status status = pgdrv_sql_try(unit->conn, &sql, doing, &result, err);
    if (status != FERRY_OK || pgdrv_result_is_good(result))
        return status;
    if (strcmp(pgdrv_state(result), SWAP_NEEDED) == 0)
        return ferry_load_fail_changed(first->spec, unit->conn->label, err);
    return pgdrv_fail_result(unit->conn, PGDRV_LOADING, result, doing, err);
}

/* With each table that takes the place of another. */
static ferry_status swap_each(struct pgdrv_unit *unit,
                              ferry_status (*step)(struct pgdrv_load *load,
                                                   struct ferry_error *err),
                              struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK; i++)
        if (swap_has_old(unit->loads[i]))
            status = step(unit->loads[i], err);
    return status;
}

static ferry_status swap_rename(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_addf(&sql, "ALTER TABLE %s RENAME TO ", load->path);
    pgdrv_text_add_name(&sql, load->layout->table);
    ferry_status status = pgdrv_sql_run(load->unit->conn, &sql, "give the new table its name", err);
    return status == FERRY_OK ? pgdrv_indexes_rename(load, err) : status;
}

/* Where one is made anew, those that it refers to or that refer to it cannot stay. */
static ferry_status swap_copy_others(struct pgdrv_unit *unit, struct ferry_error *err)
{
    int64_t patience = unit->conn->wait_ms;
    ferry_status status = FERRY_OK;
    bool any = false;
    for (size_t i = 0; i < unit->load_count; i++)
        any = any || swap_has_old(unit->loads[i]);
    unit->conn->wait_ms = 0; /* how long the server takes depends on the rows */
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK && any; i++) {
        struct pgdrv_load *load = unit->loads[i];
        if (load->changes != NULL && load->changes->copies && !load->makes)
            status = pgdrv_changes_exchange(load, err);
    }
    unit->conn->wait_ms = patience;
    return status;
}

ferry_status pgdrv_swap(struct pgdrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = swap_copy_others(unit, err);
    if (status == FERRY_OK)
        status = pgdrv_references_make(unit, err);
    if (status == FERRY_OK)
        status = swap_lock(unit, err);
    /* Readers wait for us from here on. */
    if (status == FERRY_OK)
        status = pgdrv_turns_limit(unit, SWAP_LOCKS_MS, err);
    /* Not before: rights may be changed while the lock is waited for. */
    status = status == FERRY_OK ? swap_each(unit, pgdrv_stage_inherit, err) : status;
    if (status == FERRY_OK)
        status = swap_drop(unit, err);
    status = status == FERRY_OK ? swap_each(unit, pgdrv_stage_confirm, err) : status;
    return status == FERRY_OK ? swap_each(unit, swap_rename, err) : status;
}

/* ---- COMMIT ---- */

/* The first value that a question answers, to be freed; NULL: there is none.  There is nobody to be
 * told of a failure: what it means is that nothing is known. */
static char *swap_ask(struct pgdrv_conn *conn, const char *sql)
{
    char *value = NULL;
    if (conn->broken || conn->under_way || PQsendQuery(conn->pg, sql) == 0)
        return NULL;
    conn->under_way = true;
    while (conn->under_way) {
        for (int left; (left = PQflush(conn->pg)) > 0 || PQisBusy(conn->pg) != 0;)
            if (pgdrv_wait(conn, left > 0 ? POLLIN | POLLOUT : POLLIN) != PGDRV_READY ||
                PQconsumeInput(conn->pg) == 0) {
                conn->broken = true;
                return value;
            }
        PGDRV_AUTO_RESULT PGresult *result = PQgetResult(conn->pg);
        conn->under_way = result != NULL;
        const char *first = pgdrv_value(result, 0, 0);
        if (first != NULL && value == NULL)
            value = strdup(first);
    }
    return value;
}

/* False: there was no answer, and whatever the reason, the server may have done it. */
static bool swap_send_commit(struct pgdrv_conn *conn, PGresult **ret_result)
{
    PGresult *result = NULL;
    bool answered = false;
    if (PQsendQuery(conn->pg, "COMMIT") == 0)
        return false;
    conn->under_way = true;
    while (conn->under_way) {
        for (int left; (left = PQflush(conn->pg)) > 0 || PQisBusy(conn->pg) != 0;)
            if (pgdrv_wait(conn, left > 0 ? POLLIN | POLLOUT : POLLIN) != PGDRV_READY ||
                PQconsumeInput(conn->pg) == 0) {
                conn->broken = true;
                return false;
            }
        result = PQgetResult(conn->pg);
        conn->under_way = result != NULL;
        if (result != NULL && !answered) {
            *ret_result = result;
            answered = true;
        } else {
            PQclear(result);
        }
    }
    return answered;
}

/* What the server says of the transaction, asked by the second connection: "committed", "aborted",
 * or "in progress" as long as it has not seen the end of the first. */
static uint32_t swap_find_outcome(struct pgdrv_unit *unit, const char *transaction)
{
    struct pgdrv_conn *second = unit->conn->second;
    PART_AUTO_TEXT struct part_text sql = {0};
    struct ferry_wait wait;
    if (second == NULL || transaction == NULL)
        return FERRY_OUTCOME_UNKNOWN;
    part_text_add(&sql, "SELECT pg_catalog.txid_status(");
    pgdrv_text_add_quoted(&sql, transaction, strlen(transaction));
    part_text_add(&sql, "::bigint)");
    ferry_wait_begin(&wait, SWAP_ASK_FOR_MS);
    do {
        PART_AUTO_STRING char *state = sql.failed ? NULL : swap_ask(second, sql.data);
        if (state == NULL)
            return FERRY_OUTCOME_UNKNOWN;
        if (strcmp(state, "committed") == 0)
            return FERRY_OUTCOME_NEW;
        if (strcmp(state, "aborted") == 0)
            return FERRY_OUTCOME_OLD;
    } while (ferry_wait_pause(&wait, SWAP_ASK_MS, NULL, NULL) != 0);
    return FERRY_OUTCOME_UNKNOWN;
}

/* "table 'a'", "table 'a' and 2 more" */
static void swap_add_tables(const struct pgdrv_unit *unit, struct part_text *text)
{
    if (unit->load_count == 0)
        part_text_add(text, "the records");
    else
        part_text_addf(text, "table '%s'", unit->loads[0]->layout->table);
    if (unit->load_count > 1)
        part_text_addf(text, " and %zu more", unit->load_count - 1);
}

/* The answer to COMMIT was not that it is done, or there was none. */
static ferry_status swap_fail_commit(struct pgdrv_unit *unit, const char *transaction,
                                     uint32_t *outcome, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text tables = {0};
    swap_add_tables(unit, &tables);
    const char *what = tables.failed ? "a table" : tables.data;
    if (atomic_load(&unit->conn->cancelled) || ferry_should_stop() != 0) /* as is the second */
        return ferry_fail(err, FERRY_ERR_CANCELLED,
                          "%s: cancelled in the commit of %s; whether it holds the old or the new "
                          "rows is unknown (the new ones have run id %s in _dbferry_sync); running "
                          "again is safe",
                          unit->conn->label, what, unit->spec->run_id);
    *outcome = swap_find_outcome(unit, transaction);
    if (*outcome == FERRY_OUTCOME_NEW) {
        ferry_log(
            FERRY_LOG_WARNING,
            "%s: the connection was lost in the commit of %s; a second one found the new rows "
            "there",
            unit->conn->label, what);
        return FERRY_OK;
    }
    ferry_status status =
        *outcome == FERRY_OUTCOME_OLD
            ? ferry_fail(err, FERRY_ERR_TARGET_IO,
                         "%s: the connection was lost in the commit of %s; a second one found the "
                         "old rows there; run again",
                         unit->conn->label, what)
            : ferry_fail(
                  err, FERRY_ERR_BUSY,
                  "%s: the connection was lost in the commit of %s; whether it holds the old "
                  "or the new rows is unknown (the new ones have run id %s in "
                  "_dbferry_sync); running again is safe",
                  unit->conn->label, what, unit->spec->run_id);
    ferry_error_may_pass(err);
    return status;
}

ferry_status pgdrv_commit(struct pgdrv_unit *unit, uint32_t *outcome, struct ferry_error *err)
{
    static const char doing[] = "commit the new rows";
    struct pgdrv_conn *conn = unit->conn;
    PGDRV_AUTO_RESULT PGresult *asked = NULL;
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status =
        pgdrv_ask(conn, PGDRV_LOADING, "SELECT pg_catalog.txid_current_if_assigned()", NULL, 0,
                  "ask for the transaction", &asked, err);
    if (status != FERRY_OK)
        return status;
    *outcome = FERRY_OUTCOME_UNKNOWN;
    unit->open = false;
    bool answered = swap_send_commit(conn, &result);
    if (answered && pgdrv_result_is_good(result) && strcmp(PQcmdStatus(result), "COMMIT") == 0) {
        *outcome = FERRY_OUTCOME_NEW;
        return FERRY_OK;
    }
    if (!answered || PQstatus(conn->pg) == CONNECTION_BAD)
        return swap_fail_commit(unit, pgdrv_value(asked, 0, 0), outcome, err);
    *outcome = FERRY_OUTCOME_OLD;
    return pgdrv_result_is_good(result)
               ? ferry_fail(err, FERRY_ERR_INTERNAL, "%s: cannot %s: the transaction was undone",
                            conn->label, doing)
               : pgdrv_fail_result(conn, PGDRV_LOADING, result, doing, err);
}
