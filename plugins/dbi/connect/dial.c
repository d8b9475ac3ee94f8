/* One login with one time limit for all of it: in a thread of its own, which is left behind where
 * it takes too long.
 *
 * What libdbi's drivers know of time limits begins behind the look-up of the name, is counted in
 * seconds and per address, and nothing can be cancelled before dbi_conn_connect() has returned.  So
 * whoever waits here waits for the thread, and gives up alone: at the limit, or where the run is to
 * end.  The connection is the thread's own then, and it closes that whenever it comes to its end.
 */

#include "connect/connect.h"

#include <time.h>
#include <unistd.h>

#define DIAL_ASK_MS 100 /* how often the core is asked whether the run is to end */

struct dial {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    dbi_conn dbi;
    bool connected;  /* the thread's until it is done */
    bool done, left; /* under lock */
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

bool dbidrv_dial_has_strays(void)
{
    return atomic_load(&dial_strays) > 0;
}

static void dial_expect_strays(void)
{
    (void)on_exit(dial_leave_strays, NULL);
}

static void dial_free(struct dial *dial)
{
    pthread_cond_destroy(&dial->changed);
    pthread_mutex_destroy(&dial->lock);
    free(dial);
}

static void *dial_thread(void *data)
{
    struct dial *dial = data;
    dial->connected = dbi_conn_connect(dial->dbi) == 0;
    pthread_mutex_lock(&dial->lock);
    dial->done = true;
    bool left = dial->left;
    pthread_cond_signal(&dial->changed);
    pthread_mutex_unlock(&dial->lock);
    if (!left)
        return NULL;
    dbidrv_libdbi_close(dial->dbi);
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

/* Under the lock. */
static enum dbidrv_dial_end dial_wait(struct dial *dial, int64_t timeout_ms)
{
    int64_t end = dial_now() + timeout_ms;
    while (!dial->done) {
        if (ferry_should_stop())
            return DBIDRV_DIAL_STOPPED;
        if (dial_now() >= end)
            return DBIDRV_DIAL_SLOW;
        int64_t next = dial_now() + DIAL_ASK_MS;
        const struct timespec until = {.tv_sec = (time_t)(next / 1000),
                                       .tv_nsec = (long)(next % 1000) * 1000000};
        (void)pthread_cond_clockwait(&dial->changed, &dial->lock, CLOCK_MONOTONIC, &until);
    }
    return DBIDRV_DIAL_DONE;
}

static struct dial *dial_new(dbi_conn dbi)
{
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial == NULL)
        return NULL;
    pthread_mutex_init(&dial->lock, NULL);
    pthread_cond_init(&dial->changed, NULL);
    dial->dbi = dbi;
    return dial;
}

enum dbidrv_dial_end dbidrv_dial(dbi_conn dbi, int64_t timeout_ms, bool *ret_connected)
{
    static pthread_once_t expected = PTHREAD_ONCE_INIT;
    struct dial *dial = dial_new(dbi);
    pthread_t thread;
    if (dial == NULL)
        return DBIDRV_DIAL_NO_THREAD;
    if (ferry_thread_create(&thread, dial_thread, dial) != 0) {
        dial_free(dial);
        return DBIDRV_DIAL_NO_THREAD;
    }
    pthread_mutex_lock(&dial->lock);
    enum dbidrv_dial_end end = dial_wait(dial, timeout_ms);
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
    *ret_connected = dial->connected;
    dial_free(dial);
    return DBIDRV_DIAL_DONE;
}
