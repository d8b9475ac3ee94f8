/* Whether a table is as it was: by the number that the server's next transaction will get.
 *
 * Each transaction that writes takes a number, and a snapshot tells which have ended.  Where it was
 * taken while none was under way, and the next number is what it was at an earlier run, nobody has
 * written to any table in between: to this one neither.  That is often so at night, and on a server
 * that others write to never; a number of a single table there is none.  The server's identity
 * stands beside it, and its line of history: another may have the same number.  So does the last
 * checkpoint: a crash may lose what was committed without waiting for the disk (synchronous_commit
 * = off) and give its numbers away again, and ends with a checkpoint.
 *
 * A table that is not logged is emptied after a crash without a number, and a foreign table changes
 * elsewhere; policies may show other rows at another time: nothing is told of them.  Of views and
 * queries nothing is told: a now() in them changes their rows though nobody writes.
 */

#include "read/read.h"
#include "text.h"

#include <string.h>

enum {
    FINGERPRINT_SNAPSHOT,
    FINGERPRINT_SYSTEM,
    FINGERPRINT_LINE,
    FINGERPRINT_CHECKPOINT,
    FINGERPRINT_OID,
    FINGERPRINT_FIELDS
};

static const char fingerprint_question[] =
    "SELECT pg_catalog.txid_current_snapshot(), s.system_identifier, k.timeline_id, "
    "k.checkpoint_lsn, c.oid FROM "
    "pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() k, pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = "
    "$2 AND c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND NOT "
    "pg_catalog.row_security_active(c.oid) AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)";

/* "100:100:": what lies before the first number has ended, and so has all before the second. */
static bool fingerprint_is_quiet(const char *snapshot)
{
    size_t length = strcspn(snapshot, ":");
    return snapshot[length] == ':' && strncmp(snapshot, snapshot + length + 1, length) == 0 &&
           strcmp(snapshot + 2 * length + 1, ":") == 0;
}

ferry_status pgdrv_fingerprint(void *argument, const struct ferry_read *read,
                               struct ferry_fingerprint *fingerprint, struct ferry_error *err)
{
    static const char doing[] = "ask whether the table was written to";
    struct pgdrv_conn *conn = argument;
    const char *const values[] = {conn->schema, read->text};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    PART_AUTO_TEXT struct part_text text = {0};
    if (read->kind != FERRY_READ_TABLE || !conn->in_snapshot)
        return pgdrv_conn_check(conn, err);
    ferry_status status =
        pgdrv_try(conn, PGDRV_ASKING, fingerprint_question, values, 2, doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(answer) && !pgdrv_state_is_refusal(pgdrv_state(answer)))
        return pgdrv_fail_result(conn, PGDRV_ASKING, answer, doing, err);
    if (PQntuples(answer) != 1) /* none of an error: the account may not ask */
        return FERRY_OK;
    for (int i = 0; i < FINGERPRINT_FIELDS; i++) {
        const char *value = pgdrv_value(answer, 0, i);
        if (value == NULL)
            return pgdrv_fail_shape(conn, PGDRV_ASKING, doing, err);
        part_text_addf(&text, "%s%s", i > 0 ? ", " : "next transaction ", value);
    }
    if (text.failed)
        return pgdrv_fail_memory(err);
    return fingerprint_is_quiet(pgdrv_value(answer, 0, FINGERPRINT_SNAPSHOT))
               ? ferry_fingerprint_set(fingerprint, text.data, err)
               : FERRY_OK;
}
