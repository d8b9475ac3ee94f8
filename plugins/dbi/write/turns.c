/* Waiting for those who use a table that is to go, in short turns.
 *
 * While we wait for a stranger's open transaction, everybody who comes after us waits behind that,
 * readers too; between two turns they get through.  And nothing of the table is locked before: the
 * server ends at once whoever has read a table, wants to write to it, and finds somebody who keeps
 * writers out and waits for its readers.
 */

#include "write/target.h"

#include <string.h>

#define TURNS_PAUSE_MS 200

static const char turns_doing[] = "lock the table";

static int turns_is_cancelled(void *conn)
{
    return atomic_load(&((struct dbidrv_conn *)conn)->cancelled) ? 1 : 0;
}

/* Somebody else had it. */
static bool turns_is_taken(const char *state)
{
    return strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0;
}

/* Somebody has dropped it: there is nothing to lock, as will be seen. */
static bool turns_is_gone(const char *state)
{
    return strcmp(state, "42P01") == 0;
}

/* In a savepoint: a lock that is not to be had would end the transaction. */
static ferry_status turns_try(const struct dbidrv_load *load, bool *ret_done,
                              struct ferry_error *err)
{
    const struct dbidrv_writing *writing = load->conn->dialect->writing;
    PART_AUTO_TEXT struct part_text path = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_DIAGNOSIS struct dbidrv_diagnosis diagnosis = {0};
    bool taken = false;
    dbidrv_query_add_path(load->conn, load->spec->layout->table, &path);
    if (!path.failed)
        part_text_add_template(&sql, writing->lock_alone, path.data);
    if (path.failed || sql.failed)
        return dbidrv_fail_memory(err);
    ferry_status status = dbidrv_save(load->conn, "dbferry_turn", turns_doing, err);
    if (status == FERRY_OK)
        status = dbidrv_run(load->conn, writing->set_turn, DBIDRV_LOADING, turns_doing, NULL, err);
    if (status == FERRY_OK)
        status = dbidrv_try(load->conn, sql.data, &taken, &diagnosis, err);
    if (status != FERRY_OK)
        return status;
    *ret_done = taken || turns_is_gone(diagnosis.state);
    if (!*ret_done && !turns_is_taken(diagnosis.state))
        return dbidrv_fail_as(load->conn, &diagnosis, DBIDRV_LOADING, turns_doing, err);
    /* A savepoint that was gone back to is there still: the next would be one within it. */
    if (!taken)
        status = dbidrv_save_restore(load->conn, "dbferry_turn", turns_doing, err);
    return status == FERRY_OK ? dbidrv_save_release(load->conn, "dbferry_turn", turns_doing, err)
                              : status;
}

static ferry_status turns_fail(const struct dbidrv_load *load, struct ferry_error *err)
{
    if (turns_is_cancelled(load->conn) || ferry_should_stop() != 0)
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    ferry_fail(err, FERRY_ERR_BUSY,
               "%s: others have used %s for all of the %.1f s of lock_wait, and the old rows stay; "
               "see who does in %s, or raise lock_wait",
               load->conn->label, load->what, (double)load->conn->lock_wait_ms / 1000,
               load->conn->dialect->writing->who);
    ferry_error_may_pass(err);
    return FERRY_ERR_BUSY;
}

ferry_status dbidrv_turns_lock(const struct dbidrv_load *load, struct ferry_error *err)
{
    struct dbidrv_conn *conn = load->conn;
    struct ferry_wait wait;
    bool done = false;
    ferry_wait_begin(&wait, conn->lock_wait_ms);
    while (!done) {
        ferry_status status = turns_try(load, &done, err);
        if (status != FERRY_OK)
            return status;
        ferry_wait_count_all(&wait);
        if (!done && ferry_wait_pause(&wait, TURNS_PAUSE_MS, turns_is_cancelled, conn) == 0)
            return turns_fail(load, err);
    }
    return FERRY_OK;
}
