/* One change: a transaction, in which the rows of one table are deleted and inserted anew, and its
 * record is written. */

#include "write/target.h"

#include <string.h>

static void change_end(struct odrv_change *change)
{
    struct odrv_conn *conn = change->conn;
    if (conn->transaction) {
        (void)SQLEndTran(SQL_HANDLE_DBC, conn->dbc, SQL_ROLLBACK); /* nothing, after a commit */
        if (odrv_succeeded(SQLSetConnectAttr(conn->dbc, SQL_ATTR_AUTOCOMMIT,
                                             (SQLPOINTER)(uintptr_t)SQL_AUTOCOMMIT_ON,
                                             SQL_IS_UINTEGER)))
            conn->transaction = false;
    }
    free(change);
}

ferry_status odrv_change_begin(void *conn, const struct ferry_change_spec *spec, void **ret_change,
                               struct ferry_error *err)
{
    struct odrv_change *change = calloc(1, sizeof *change);
    if (change == NULL)
        return odrv_fail_memory(err);
    change->conn = conn;
    change->spec = spec;
    ferry_status status = odrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = odrv_conn_set_transaction(conn, true, err);
    if (status == FERRY_OK)
        *ret_change = change;
    else
        free(change);
    return status;
}

void odrv_change_abort(void *change)
{
    struct odrv_change *c = change;
    if (c == NULL)
        return;
    odrv_load_free(c->load);
    change_end(c);
}

/* What the database says no to, it has undone; of anything else nobody knows. */
static uint32_t change_outcome(const struct odrv_diagnosis *diagnosis)
{
    bool refused =
        strncmp(diagnosis->state, "23", 2) == 0 || strncmp(diagnosis->state, "40", 2) == 0;
    return refused ? FERRY_OUTCOME_OLD : FERRY_OUTCOME_UNKNOWN;
}

static ferry_status change_commit(struct odrv_conn *conn, uint32_t *outcome,
                                  struct ferry_error *err)
{
    SQLRETURN result = SQLEndTran(SQL_HANDLE_DBC, conn->dbc, SQL_COMMIT);
    if (odrv_succeeded(result)) {
        *outcome = FERRY_OUTCOME_NEW;
        return FERRY_OK;
    }
    ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis;
    odrv_diagnosis_take(SQL_HANDLE_DBC, conn->dbc, &diagnosis);
    *outcome = change_outcome(&diagnosis);
    return odrv_fail_as(conn, &diagnosis, ODRV_LOADING, "commit", err);
}

ferry_status odrv_change_commit(void *change, const struct ferry_record *const *records,
                                size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    struct odrv_change *c = change;
    ferry_status status = odrv_conn_check(c->conn, err);
    *outcome = FERRY_OUTCOME_OLD;
    for (size_t i = 0; status == FERRY_OK && i < record_count; i++)
        status = odrv_record_write(c->conn, records[i], err);
    if (status == FERRY_OK)
        status = change_commit(c->conn, outcome, err);
    odrv_change_abort(c);
    return status;
}
