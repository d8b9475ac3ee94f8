/* One change: a transaction, in which the rows of one table are deleted and inserted anew, and its
 * record is written. */

#include "write/target.h"

#include <string.h>

ferry_status dbidrv_change_begin(void *conn, const struct ferry_change_spec *spec,
                                 void **ret_change, struct ferry_error *err)
{
    struct dbidrv_conn *c = conn;
    ferry_status status = dbidrv_conn_check(c, err);
    if (status != FERRY_OK)
        return status;
    struct dbidrv_change *change = calloc(1, sizeof *change);
    if (change == NULL)
        return dbidrv_fail_memory(err);
    change->conn = c;
    change->spec = spec;
    c->lock_wait_ms = spec->lock_wait_ms;
    *ret_change = change;
    return FERRY_OK;
}

void dbidrv_change_abort(void *change)
{
    struct dbidrv_change *c = change;
    if (c == NULL)
        return;
    dbidrv_load_free(c->load);
    dbidrv_conn_rollback(c->conn); /* nothing, after a commit */
    free(c);
}

/* What the database says no to, it has undone; of anything else nobody knows.  Of 40003 the
 * database itself does not. */
static bool change_was_refused(const struct dbidrv_diagnosis *diagnosis)
{
    const char *state = diagnosis->state;
    return strncmp(state, "23", 2) == 0 ||
           (strncmp(state, "40", 2) == 0 && strcmp(state, "40003") != 0);
}

static ferry_status change_commit(struct dbidrv_conn *conn, uint32_t *outcome,
                                  struct ferry_error *err)
{
    static const char doing[] = "commit";
    DBIDRV_AUTO_DIAGNOSIS struct dbidrv_diagnosis diagnosis = {0};
    if (dbidrv_send(conn, doing, NULL, &diagnosis)) {
        conn->transaction = false;
        *outcome = FERRY_OUTCOME_NEW;
        return FERRY_OK;
    }
    /* A file's lock that did not come leaves the transaction as it was. */
    bool old = change_was_refused(&diagnosis) || conn->dialect->is_file;
    *outcome = old ? FERRY_OUTCOME_OLD : FERRY_OUTCOME_UNKNOWN;
    if (!old && atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED,
                          "%s: cancelled while it was committed: look whether it was", conn->label);
    return dbidrv_fail_as(conn, &diagnosis, DBIDRV_LOADING, doing, err);
}

ferry_status dbidrv_change_commit(void *change, const struct ferry_record *const *records,
                                  size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    struct dbidrv_change *c = change;
    ferry_status status = dbidrv_conn_check(c->conn, err);
    *outcome = FERRY_OUTCOME_OLD;
    if (status == FERRY_OK && c->load != NULL)
        status = dbidrv_load_rename(c->load, err);
    for (size_t i = 0; status == FERRY_OK && i < record_count; i++)
        status = dbidrv_record_write(c->conn, records[i], err);
    if (status == FERRY_OK)
        status = change_commit(c->conn, outcome, err);
    dbidrv_change_abort(c);
    return status;
}
