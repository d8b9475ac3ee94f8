/* The lock of a table, which the server gives to one connection at a time and takes back when that
 * is gone.
 */

#include "write/target.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

/* Connections of this process that have taken locks.  One that was given up, since its server stood
 * still or its line was cut, keeps its locks for as long as the server takes to notice: for the
 * next attempt that is no other run, but a state that passes. */
#define LOCK_HOLDERS 32 /* the last ones; each attempt is one */
static struct {
    pthread_mutex_t mutex;
    uint64_t keys[LOCK_HOLDERS];
    unsigned next;
} lock_holders = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Seconds.  A run that was stopped, by its user or the machine, may be followed at once by the
 * next, and the server lets go of its lock when it has noticed the end of its connection. */
#define LOCK_GRACE 2

/* Ids are a server's own: two servers may have the same one. */
static uint64_t lock_holder_key(const struct mydrv_conn *conn, uint64_t id)
{
    return ferry_hash_name(FERRY_HASH_SEED, conn->label) ^ id;
}

static bool lock_is_own(const struct mydrv_conn *conn, uint64_t id)
{
    uint64_t key = lock_holder_key(conn, id);
    bool found = false;
    (void)pthread_mutex_lock(&lock_holders.mutex);
    for (unsigned i = 0; i < LOCK_HOLDERS; i++)
        found = found || lock_holders.keys[i] == key;
    (void)pthread_mutex_unlock(&lock_holders.mutex);
    return found;
}

static void lock_remember(const struct mydrv_conn *conn)
{
    if (lock_is_own(conn, conn->id))
        return;
    (void)pthread_mutex_lock(&lock_holders.mutex);
    lock_holders.keys[lock_holders.next++ % LOCK_HOLDERS] = lock_holder_key(conn, conn->id);
    (void)pthread_mutex_unlock(&lock_holders.mutex);
}

static ferry_status lock_fail_own(const struct mydrv_conn *conn, const char *table,
                                  struct ferry_error *err)
{
    ferry_status status = ferry_fail(
        err, FERRY_ERR_BUSY,
        "%s: table '%s' is still locked by a connection of this run that was lost, which "
        "the server has not noticed yet; run again in a while",
        conn->label, table);
    ferry_error_may_pass(err);
    return status;
}

/* Who has the lock, as far as this account may see. */
static ferry_status lock_fail_taken(struct mydrv_conn *conn, const char *name, const char *table,
                                    struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT l.id, p.USER, p.HOST, p.TIME FROM (SELECT IS_USED_LOCK(");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    part_text_add(&sql, ") AS id) AS l LEFT JOIN information_schema.PROCESSLIST p ON p.ID = l.id");
    ferry_status status = mydrv_ask(conn, &sql, 4, "ask for the lock's holder", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status != FERRY_OK)
        return status;
    bool known = row != NULL && row[0] != NULL && row[1] != NULL && row[2] != NULL;
    if (row != NULL && row[0] != NULL && lock_is_own(conn, strtoumax(row[0], NULL, 10)))
        return lock_fail_own(conn, table, err);
    status = ferry_fail(
        err, FERRY_ERR_BUSY,
        "%s: table '%s' is being loaded by another run (connection %s%s%s%s%s); run again when it "
        "is done",
        conn->label, table, row == NULL || row[0] == NULL ? "just gone" : row[0], known ? ", " : "",
        known ? row[1] : "", known ? " from " : "", known ? row[2] : "");
    ferry_error_held_by_run(err);
    return status;
}

ferry_status mydrv_lock_take(struct mydrv_lock *lock, struct mydrv_conn *conn, const char *name,
                             const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t taken = 0;
    part_text_add(&sql, "SELECT GET_LOCK(");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    part_text_addf(&sql, ", %d)", LOCK_GRACE);
    ferry_status status = mydrv_ask_number(conn, &sql, "take the table's lock", &taken, err);
    if (status == FERRY_OK && taken != 1)
        status = lock_fail_taken(conn, name, table, err);
    if (status != FERRY_OK)
        return status;
    *lock = (struct mydrv_lock){.name = name, .holder = conn};
    conn->held_lock = name;
    lock_remember(conn);
    return FERRY_OK;
}

void mydrv_lock_release(struct mydrv_lock *lock)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (lock->holder == NULL)
        return;
    lock->holder->held_lock = NULL;
    part_text_add(&sql, "DO RELEASE_LOCK(");
    mydrv_text_add_quoted(&sql, lock->name, strlen(lock->name));
    part_text_add(&sql, ")");
    (void)mydrv_try(lock->holder, &sql);
    *lock = (struct mydrv_lock){0};
}
