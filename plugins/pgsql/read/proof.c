/* Whether the rows of a snapshot were still there to be read.
 *
 * A snapshot sees through what others insert, update and delete, and through nothing else: a table
 * that was emptied (TRUNCATE), rewritten (ALTER TABLE), replaced by another of its name or taken
 * out of the one that is read has no rows in it, and no error says so.  Which tables are read is
 * known to the server alone, and their locks come one by one.  So it is asked afterwards, while the
 * locks are held: the catalog's rows are those of the snapshot, and its functions tell what is.
 */

#include "read/read.h"

/* `held` is what this transaction has locked, and so all that was read.
 *
 * first:  not there when the snapshot was taken; of an index, which may be new, nothing is read
 * second: another file than then
 * third:  other partitions than then; those that no row could be in were not locked
 * fourth: a table that inherits, and was not read; a view may leave such out on purpose (ONLY), so
 * of it only one that is gone counts
 */
static const char proof_question[] =
    "WITH held AS (SELECT DISTINCT l.relation AS oid FROM pg_catalog.pg_locks l WHERE l.pid = "
    "pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.database = "
    "(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = "
    "pg_catalog.current_database())), "
    "known AS (SELECT c.* FROM held h JOIN pg_catalog.pg_class c ON c.oid = h.oid WHERE "
    "c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace) "
    "SELECT h.oid::pg_catalog.regclass FROM held h WHERE NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_class c WHERE c.oid = h.oid) AND (pg_catalog.pg_identify_object("
    "'pg_catalog.pg_class'::pg_catalog.regclass, h.oid, 0)).type IN ('table', 'materialized view', "
    "'foreign table') "
    "UNION ALL SELECT c.oid::pg_catalog.regclass FROM known c WHERE c.relkind IN ('r', 'm') AND "
    "c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid) "
    "UNION ALL SELECT c.oid::pg_catalog.regclass FROM known c WHERE c.relkind = 'p' AND EXISTS ("
    "SELECT FROM (SELECT t.relid::pg_catalog.oid AS oid FROM pg_catalog.pg_partition_tree(c.oid) t "
    "WHERE t.parentrelid = c.oid::pg_catalog.regclass) now FULL JOIN (SELECT i.inhrelid AS oid "
    "FROM "
    "pg_catalog.pg_inherits i WHERE i.inhparent = c.oid AND pg_catalog.to_jsonb(i) ->> "
    "'inhdetachpending' IS DISTINCT FROM 'true') past ON past.oid = now.oid WHERE now.oid IS NULL "
    "OR past.oid IS NULL) "
    "UNION ALL SELECT c.oid::pg_catalog.regclass FROM known c JOIN pg_catalog.pg_inherits i ON "
    "i.inhparent = c.oid JOIN pg_catalog.pg_class k ON k.oid = i.inhrelid WHERE c.relkind = 'r' "
    "AND "
    "i.inhrelid NOT IN (SELECT oid FROM held) AND ($1::pg_catalog.bool OR (k.relkind = 'r' AND "
    "pg_catalog.pg_relation_filenode(k.oid) IS NULL)) LIMIT 1";

ferry_status pgdrv_read_prove(struct pgdrv_conn *conn, bool by_name, const char *what,
                              struct ferry_error *err)
{
    const char *const values[] = {by_name ? "true" : "false"};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    if (!conn->in_snapshot)
        return FERRY_OK;
    ferry_status status =
        pgdrv_ask_list(conn, PGDRV_ASKING, proof_question, values, 1, 1,
                       "ask whether what was read is what the snapshot knows", &answer, err);
    if (status != FERRY_OK || PQntuples(answer) == 0)
        return status;
    const char *name = pgdrv_value(answer, 0, 0);
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: %s: somebody has emptied, rewritten or replaced %s, or changed what "
                        "belongs to it, after the snapshot was taken, so rows may be missing; run "
                        "again",
                        conn->label, what, name == NULL ? "a table" : name);
    ferry_error_may_pass(err);
    return status;
}
