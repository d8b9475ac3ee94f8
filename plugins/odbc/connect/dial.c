/* What SQLCancel does not reach, with one time limit for all of it: a login, the end of a
 * transaction and hanging up.  Each runs in a thread of its own, which is left behind where it
 * takes too long.
 *
 * SQL_ATTR_LOGIN_TIMEOUT is a wish that many drivers ignore, and nothing can be cancelled before
 * SQLDriverConnect has returned; SQLEndTran and SQLDisconnect work on no statement.  So whoever
 * waits here waits for the thread, and gives up alone: at the limit, or where the run is to end.
 * The connection is the thread's own then, and it closes that whenever it comes to its end.
 */

#include "connect/connect.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define DIAL_ASK_MS 100   /* how often the core is asked whether the run is to end */
#define DIAL_LAST_MS 5000 /* so long an end that has begun is waited for after a cancel */
#define DIAL_COMPLETED 16384

enum dial_task { DIAL_CONNECT, DIAL_COMMIT, DIAL_ROLL_BACK, DIAL_HANG_UP };

struct dial {
    enum dial_task task;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    SQLHDBC dbc;
    struct part_text string;
    SQLRETURN result; /* the thread's until it is done */
    bool done, left;  /* under lock */
};

/* Threads that were left behind and may still be in a driver. */
static atomic_int dial_strays;

/* Runs at exit, before the libraries' own functions, which would pull theirs away from under a
 * thread that still uses it. */
static void dial_leave_strays(int status, void *unused)
{
    (void)unused;
    if (atomic_load(&dial_strays) == 0)
        return;
    fflush(NULL);
    _exit(status);
}

static void dial_expect_strays(void)
{
    (void)on_exit(dial_leave_strays, NULL);
}

static void dial_free(struct dial *dial)
{
    pthread_cond_destroy(&dial->changed);
    pthread_mutex_destroy(&dial->lock);
    odrv_string_clear(&dial->string);
    free(dial);
}

static SQLRETURN dial_connect(struct dial *dial)
{
    SQLSMALLINT length = 0;
    /* The whole string, password and all.  Nobody wants it, but SQLite's driver writes it down also
     * where there is no room. */
    SQLCHAR completed[DIAL_COMPLETED];
    SQLRETURN result =
        SQLDriverConnect(dial->dbc, NULL, (SQLCHAR *)dial->string.data, SQL_NTS, completed,
                         (SQLSMALLINT)sizeof completed, &length, SQL_DRIVER_NOPROMPT);
    explicit_bzero(completed, sizeof completed);
    return result;
}

/* Some do not disconnect within a transaction. */
static SQLRETURN dial_hang_up(struct dial *dial)
{
    (void)SQLEndTran(SQL_HANDLE_DBC, dial->dbc, SQL_ROLLBACK);
    SQLRETURN result = SQLDisconnect(dial->dbc);
    (void)SQLFreeHandle(SQL_HANDLE_DBC, dial->dbc);
    return result;
}

static SQLRETURN dial_work(struct dial *dial)
{
    switch (dial->task) {
    case DIAL_CONNECT:
        return dial_connect(dial);
    case DIAL_COMMIT:
        return SQLEndTran(SQL_HANDLE_DBC, dial->dbc, SQL_COMMIT);
    case DIAL_ROLL_BACK:
        return SQLEndTran(SQL_HANDLE_DBC, dial->dbc, SQL_ROLLBACK);
    case DIAL_HANG_UP:
        break;
    }
    return dial_hang_up(dial);
}

static void *dial_thread(void *data)
{
    struct dial *dial = data;
    dial->result = dial_work(dial);
    pthread_mutex_lock(&dial->lock);
    dial->done = true;
    bool left = dial->left;
    pthread_cond_signal(&dial->changed);
    pthread_mutex_unlock(&dial->lock);
    if (!left)
        return NULL;
    if (dial->task != DIAL_HANG_UP)
        (void)dial_hang_up(dial);
    dial_free(dial);
    atomic_fetch_sub(&dial_strays, 1);
    return NULL;
}

static int64_t dial_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Under the lock.  A login that is not wanted any more is given up at once, an end is not. */
static enum odrv_dial_end dial_wait(struct dial *dial, int64_t timeout_ms)
{
    int64_t end = dial_now() + timeout_ms;
    bool stopped = false;
    while (!dial->done) {
        if (!stopped && ferry_should_stop()) {
            if (dial->task == DIAL_CONNECT)
                return ODRV_DIAL_STOPPED;
            int64_t last = dial_now() + DIAL_LAST_MS;
            end = last < end ? last : end;
            stopped = true;
        }
        if (dial_now() >= end)
            return ODRV_DIAL_SLOW;
        int64_t next = dial_now() + DIAL_ASK_MS;
        const struct timespec until = {.tv_sec = (time_t)(next / 1000),
                                       .tv_nsec = (long)(next % 1000) * 1000000};
        (void)pthread_cond_clockwait(&dial->changed, &dial->lock, CLOCK_MONOTONIC, &until);
    }
    return ODRV_DIAL_DONE;
}

static struct dial *dial_new(SQLHDBC dbc, enum dial_task task, const char *string)
{
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial == NULL)
        return NULL;
    pthread_mutex_init(&dial->lock, NULL);
    pthread_cond_init(&dial->changed, NULL);
    dial->dbc = dbc;
    dial->task = task;
    (void)part_text_reserve(&dial->string, strlen(string));
    part_text_add(&dial->string, string);
    if (!dial->string.failed)
        return dial;
    dial_free(dial);
    return NULL;
}

static enum odrv_dial_end dial_run(SQLHDBC dbc, enum dial_task task, const char *string,
                                   int64_t timeout_ms, SQLRETURN *ret_result)
{
    static pthread_once_t expected = PTHREAD_ONCE_INIT;
    struct dial *dial = dial_new(dbc, task, string);
    pthread_t thread;
    if (dial == NULL)
        return ODRV_DIAL_NO_THREAD;
    if (ferry_thread_create(&thread, dial_thread, dial) != 0) {
        dial_free(dial);
        return ODRV_DIAL_NO_THREAD;
    }
    pthread_mutex_lock(&dial->lock);
    enum odrv_dial_end end = dial_wait(dial, timeout_ms);
    bool done = dial->done;
    if (!done) {
        (void)pthread_once(&expected, dial_expect_strays);
        atomic_fetch_add(&dial_strays, 1);
        dial->left = true;
    }
    pthread_mutex_unlock(&dial->lock);
    if (!done) {
        pthread_detach(thread);
        return end;
    }
    pthread_join(thread, NULL);
    *ret_result = dial->result;
    dial_free(dial);
    return ODRV_DIAL_DONE;
}

enum odrv_dial_end odrv_dial(SQLHDBC dbc, const char *string, int64_t timeout_ms,
                             SQLRETURN *ret_result)
{
    return dial_run(dbc, DIAL_CONNECT, string, timeout_ms, ret_result);
}

enum odrv_dial_end odrv_dial_end_transaction(SQLHDBC dbc, SQLSMALLINT how, int64_t timeout_ms,
                                             SQLRETURN *ret_result)
{
    return dial_run(dbc, how == SQL_COMMIT ? DIAL_COMMIT : DIAL_ROLL_BACK, "", timeout_ms,
                    ret_result);
}

enum odrv_dial_end odrv_dial_hang_up(SQLHDBC dbc, int64_t timeout_ms)
{
    SQLRETURN result;
    return dial_run(dbc, DIAL_HANG_UP, "", timeout_ms, &result);
}
