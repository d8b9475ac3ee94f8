/* One snapshot for several sessions: the server gives it a name, by which others may take it as
 * long as the transaction that has it lasts.
 */

#include "connect/connect.h"
#include "text.h"

#include <string.h>

static const char share_doing[] = "share the snapshot with other connections";

#define SHARE_NAME_MOST 100 /* letters; they are about 20 */

/* Which server has answered: none begins twice in one microsecond. */
#define SHARE_SERVER                                                                               \
    "(SELECT EXTRACT(epoch FROM pg_catalog.pg_postmaster_start_time())::pg_catalog.text)"

/* No savepoint may be open where a snapshot is handed on, so the one of pgdrv_snapshot_begin() is
 * taken off and set again; what was locked since then is let go. */
static ferry_status share_export(struct pgdrv_conn *conn, PGresult **ret_name,
                                 struct ferry_error *err)
{
    static const char *const before[] = {"ROLLBACK TO SAVEPOINT dbferry_snapshot",
                                         "RELEASE SAVEPOINT dbferry_snapshot"};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof before / sizeof *before && status == FERRY_OK; i++)
        status = pgdrv_run(conn, PGDRV_SETTING_UP, before[i], share_doing, err);
    if (status == FERRY_OK)
        status = pgdrv_ask(
            conn, PGDRV_SETTING_UP,
            "SELECT pg_catalog.concat(pg_catalog.pg_export_snapshot(), ' ', " SHARE_SERVER ")",
            NULL, 0, share_doing, ret_name, err);
    if (status == FERRY_OK)
        status = pgdrv_run(conn, PGDRV_SETTING_UP, "SAVEPOINT dbferry_snapshot", share_doing, err);
    return status;
}

ferry_status pgdrv_share_begin(void *argument, const struct ferry_read *read,
                               const struct ferry_share_spec *spec, struct ferry_share *share,
                               struct ferry_error *err)
{
    struct pgdrv_conn *conn = argument;
    PGDRV_AUTO_RESULT PGresult *name = NULL;
    (void)read;
    if (spec->how != FERRY_SHARE_OWN)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: a snapshot of PostgreSQL is shared without locks", conn->label);
    ferry_status status = share_export(conn, &name, err);
    if (status != FERRY_OK) {
        conn->broken = true; /* the savepoint may be gone */
        return status;
    }
    conn->read_since = false;
    const char *text = pgdrv_value(name, 0, 0);
    return text == NULL ? pgdrv_fail_shape(conn, PGDRV_SETTING_UP, share_doing, err)
                        : ferry_share_set(share, text, err);
}

/* Behind a name for several servers, such as that of all replicas, another one may have answered.
 * Their snapshots have names alike, so that one of the same name may be there, of another state. */
static ferry_status share_check_server(struct pgdrv_conn *conn, const char *server,
                                       struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    ferry_status status = pgdrv_ask(conn, PGDRV_SETTING_UP, "SELECT " SHARE_SERVER, NULL, 0,
                                    share_doing, &answer, err);
    const char *here = status == FERRY_OK ? pgdrv_value(answer, 0, 0) : NULL;
    if (status != FERRY_OK || (here != NULL && strcmp(here, server) == 0))
        return status;
    return ferry_fail(err, FERRY_ERR_CONFIG,
                      "%s: another server has answered than before, so that no state can be "
                      "shared; connect to one server itself, and not to several by one name",
                      conn->label);
}

/* `name` goes into the statement, which takes no parameters. */
static ferry_status share_take(struct pgdrv_conn *conn, const char *name, size_t length,
                               struct ferry_error *err)
{
    static const char doing[] = "take the snapshot of another connection";
    PART_AUTO_TEXT struct part_text take = {0};
    part_text_addf(&take, "SET TRANSACTION SNAPSHOT '%.*s'", (int)length, name);
    if (take.failed)
        return pgdrv_fail_memory(err);
    const char *const steps[] = {"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", take.data,
                                 "SAVEPOINT dbferry_snapshot"};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == FERRY_OK; i++)
        status = pgdrv_run(conn, PGDRV_SETTING_UP, steps[i], doing, err);
    return status;
}

ferry_status pgdrv_share_join(void *argument, const char *text, struct ferry_error *err)
{
    struct pgdrv_conn *conn = argument;
    size_t length = strspn(text, "0123456789ABCDEFabcdef-");
    if (length == 0 || length > SHARE_NAME_MOST || text[length] != ' ')
        return ferry_fail(err, FERRY_ERR_STREAM,
                          "%s: the server has given a snapshot a name that none has; run again",
                          conn->label);
    ferry_status status = share_check_server(conn, text + length + 1, err);
    if (status != FERRY_OK)
        return status;
    status = share_take(conn, text, length, err);
    conn->in_snapshot = status == FERRY_OK;
    conn->read_since = false;
    if (status != FERRY_OK)
        (void)pgdrv_give_back(conn, "ROLLBACK");
    return status;
}

/* Whoever has taken it has it for good. */
ferry_status pgdrv_share_end(void *argument, struct ferry_error *err)
{
    return pgdrv_conn_check(argument, err);
}
