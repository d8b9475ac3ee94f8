/* One change: a transaction, in which the rows of one table are deleted and inserted anew, and its
 * record is written. */

#include "connect/connect.h"
#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define CHANGE_COMMIT_MS                                                                           \
    600000 /* how long the answer to COMMIT is waited for, without read_timeout */

/* The first statements of the transaction. */
static ferry_status change_open(struct odrv_change *change, struct ferry_error *err)
{
    static const char doing[] = "begin the change";
    struct odrv_conn *conn = change->conn;
    const struct odrv_writing *writing = conn->dialect->writing;
    ferry_status status = odrv_conn_set_transaction(conn, true, err);
    for (size_t i = 0; status == FERRY_OK && writing->begin[i] != NULL; i++)
        status = writing->waits && i == 0
                     ? odrv_wait_run(conn, writing->begin[i], &change->wait, doing, err)
                     : odrv_run(conn, writing->begin[i], ODRV_ASKING, doing, err);
    return status;
}

/* How long to wait for others is the job's to say, and what a transaction sees nobody else's.  The
 * table of records is made beforehand, so that runs do not wait for one another, unless a
 * transaction keeps all others out. */
static ferry_status change_set_up(struct odrv_change *change, struct ferry_error *err)
{
    struct odrv_conn *conn = change->conn;
    const struct ferry_change_spec *spec = change->spec;
    const struct odrv_writing *writing = conn->dialect->writing;
    PART_AUTO_TEXT struct part_text patience = {0};
    char number[24];
    int64_t wait_ms = spec->lock_wait_ms > 0 ? spec->lock_wait_ms : 1; /* 0 is for ever there */
    (void)snprintf(number, sizeof number, "%" PRId64, wait_ms > INT32_MAX ? INT32_MAX : wait_ms);
    part_text_add_template(&patience, writing->set_patience, number);
    ferry_status status = patience.failed
                              ? odrv_fail_memory(err)
                              : odrv_run(conn, patience.data, ODRV_ASKING, "set lock_wait", err);
    if (status == FERRY_OK && !writing->waits)
        status = odrv_record_prepare(conn, err);
    if (status == FERRY_OK)
        status = change_open(change, err);
    if (status == FERRY_OK && writing->waits)
        status = odrv_record_prepare(conn, err);
    return status;
}

ferry_status odrv_change_begin(void *conn, const struct ferry_change_spec *spec, void **ret_change,
                               struct ferry_error *err)
{
    struct odrv_change *change = calloc(1, sizeof *change);
    if (change == NULL)
        return odrv_fail_memory(err);
    change->conn = conn;
    change->spec = spec;
    ferry_wait_begin(&change->wait, spec->lock_wait_ms);
    ferry_status status = odrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = change_set_up(change, err);
    if (status == FERRY_OK)
        *ret_change = change;
    else
        odrv_change_abort(change);
    return status;
}

void odrv_change_abort(void *change)
{
    struct odrv_change *c = change;
    if (c == NULL)
        return;
    if (c->load != NULL)
        odrv_rows_free(c->load);
    odrv_conn_roll_back(c->conn); /* nothing, after a commit */
    if (c->load != NULL)
        odrv_load_let_go(c->load);
    odrv_load_free(c->load);
    if (c->conn->dialect->writing->end_patience != NULL && c->conn->connected)
        (void)odrv_try(c->conn, c->conn->dialect->writing->end_patience);
    free(c);
}

/* A state of the server's own, for a no to the change: not of the ODBC driver, of a connection that
 * is lost, or of a server that fails; 40003 says just that nobody knows. */
static bool change_is_refusal(const char *state)
{
    static const char *const unsure[] = {"00", "01", "08", "40003", "57P", "58",
                                         "HY", "IM", "S1", "XX",    NULL};
    for (size_t i = 0; unsure[i] != NULL; i++)
        if (strncmp(state, unsure[i], strlen(unsure[i])) == 0)
            return false;
    return strlen(state) == SQL_SQLSTATE_SIZE;
}

/* What the database says no to, it has undone.  Where any error at COMMIT is that, a session that
 * still answers proves it: also for states that a trigger makes up. */
static uint32_t change_outcome(struct odrv_conn *conn, const char *state)
{
    if (!change_is_refusal(state))
        return FERRY_OUTCOME_UNKNOWN;
    if (strncmp(state, "23", 2) == 0 || strncmp(state, "40", 2) == 0)
        return FERRY_OUTCOME_OLD;
    return conn->dialect->writing->undoes && odrv_conn_answers(conn) ? FERRY_OUTCOME_OLD
                                                                     : FERRY_OUTCOME_UNKNOWN;
}

/* The connection is left to whoever waits for the answer. */
static ferry_status change_leave(struct odrv_conn *conn, struct ferry_error *err)
{
    conn->connected = false;
    conn->dbc = SQL_NULL_HDBC;
    atomic_store(&conn->watch.spoiled, true);
    return ferry_fail(
        err, atomic_load(&conn->watch.cancelled) ? FERRY_ERR_CANCELLED : FERRY_ERR_BUSY,
        "%s: there is no answer to COMMIT; whether the rows are there is not known", conn->label);
}

/* By a statement: a transaction that can be undone after it was not committed by it. */
static ferry_status change_commit_said(struct odrv_change *change, uint32_t *outcome,
                                       struct ferry_error *err)
{
    struct odrv_conn *conn = change->conn;
    ferry_status status =
        odrv_wait_run(conn, conn->dialect->writing->commit, &change->wait, "commit", err);
    conn->transaction = false;
    if (status == FERRY_OK)
        *outcome = FERRY_OUTCOME_NEW;
    else
        *outcome =
            odrv_try(conn, conn->dialect->snapshot_end) ? FERRY_OUTCOME_OLD : FERRY_OUTCOME_UNKNOWN;
    if (*outcome == FERRY_OUTCOME_UNKNOWN)
        atomic_store(&conn->watch.spoiled, true);
    return status;
}

static ferry_status change_commit(struct odrv_conn *conn, uint32_t *outcome,
                                  struct ferry_error *err)
{
    SQLRETURN result = SQL_ERROR;
    int64_t limit = conn->watch.patience_ms; /* nobody changes it any more */
    enum odrv_dial_end end = odrv_dial_end_transaction(
        conn->dbc, SQL_COMMIT, limit > 0 ? limit : CHANGE_COMMIT_MS, &result);
    if (end == ODRV_DIAL_NO_THREAD)
        return odrv_fail_memory(err);
    if (end == ODRV_DIAL_DONE && odrv_succeeded(result)) {
        *outcome = FERRY_OUTCOME_NEW;
        return FERRY_OK;
    }
    *outcome = FERRY_OUTCOME_UNKNOWN;
    if (end != ODRV_DIAL_DONE)
        return change_leave(conn, err);
    ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis;
    odrv_diagnosis_take(SQL_HANDLE_DBC, conn->dbc, &diagnosis);
    *outcome = change_outcome(conn, diagnosis.state);
    if (*outcome == FERRY_OUTCOME_UNKNOWN) /* no ROLLBACK that would find nothing to undo */
        atomic_store(&conn->watch.spoiled, true);
    return odrv_fail_as(conn, &diagnosis, ODRV_LOADING,
                        *outcome == FERRY_OUTCOME_UNKNOWN
                            ? "commit, and whether the rows are there is not known"
                            : "commit",
                        err);
}

ferry_status odrv_change_end(struct odrv_change *change, uint32_t *outcome, struct ferry_error *err)
{
    return change->conn->dialect->writing->commit != NULL
               ? change_commit_said(change, outcome, err)
               : change_commit(change->conn, outcome, err);
}

/* Records, table and rows in one transaction. */
static ferry_status change_commit_all(struct odrv_change *change,
                                      const struct ferry_record *const *records,
                                      size_t record_count, uint32_t *outcome,
                                      struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < record_count; i++) {
        status = odrv_record_follow(change->conn, records[i], err);
        if (status == FERRY_OK)
            status = odrv_record_write(change->conn, records[i], err);
    }
    if (status == FERRY_OK && change->load != NULL)
        status = odrv_make_visible(change->load, err);
    return status == FERRY_OK ? odrv_change_end(change, outcome, err) : status;
}

ferry_status odrv_change_commit(void *change, const struct ferry_record *const *records,
                                size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    struct odrv_change *c = change;
    ferry_status status = odrv_conn_check(c->conn, err);
    *outcome = FERRY_OUTCOME_OLD;
    if (c->load != NULL)
        odrv_rows_free(c->load);
    if (status == FERRY_OK)
        status = c->load != NULL && odrv_load_is_staged(c->load)
                     ? odrv_swap_commit(c, records, record_count, outcome, err)
                     : change_commit_all(c, records, record_count, outcome, err);
    odrv_change_abort(c);
    return status;
}
