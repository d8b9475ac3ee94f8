/* One login with one time limit for all of it: in a thread of its own, which is left behind where
 * it takes too long.
 *
 * The client library bounds each wait for data, but not the number of waits, and not the resolver's
 * search for an address; nothing of that can be stopped from outside.  So whoever waits here waits
 * for the thread, and gives up alone: at the limit, or where the run is to end.  What the thread
 * uses is its own then, and it clears that away whenever it comes to its end.
 */

#include "connect/connect.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DIAL_ASK_MS 100 /* how often the core is asked whether the run is to end */

struct dial {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    dbi_conn dbi;
    char *host; /* whose address is looked for first; NULL: there is nothing to look for */
    struct mydrv_gate gate;
    char *peer; /* gate.host, which a thread that is left behind looks at */
    void (*discard)(dbi_conn dbi);
    bool resolved, done, left;       /* under lock */
    struct mydrv_dial_result result; /* the thread's until it is done */
};

/* Threads that were left behind and may still be in the client library. */
static atomic_int dial_strays;

/* Runs at exit, before the libraries' own functions, which would pull OpenSSL away from under a
 * thread that is in the middle of a handshake. */
static void dial_leave_strays(int status, void *unused)
{
    (void)unused;
    if (atomic_load(&dial_strays) == 0)
        return;
    fflush(NULL);
    _exit(status);
}

static void dial_free(struct dial *dial)
{
    pthread_cond_destroy(&dial->changed);
    pthread_mutex_destroy(&dial->lock);
    free(dial->host);
    free(dial->peer);
    free(dial);
}

/* ---- The thread ---- */

static bool dial_resolve(struct dial *dial)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int failure = dial->host == NULL ? 0 : getaddrinfo(dial->host, NULL, &hints, &list);
    dial->result.system_error = failure == EAI_SYSTEM ? errno : 0;
    dial->result.resolver_error = failure;
    if (list != NULL)
        freeaddrinfo(list);
    pthread_mutex_lock(&dial->lock);
    dial->resolved = true;
    bool go_on = failure == 0 && !dial->left;
    pthread_mutex_unlock(&dial->lock);
    return go_on;
}

static bool dial_connect(struct dial *dial)
{
    mydrv_gate_open(&dial->gate);
    bool failed = dbi_conn_connect(dial->dbi) != 0;
    mydrv_gate_close();
    dial->result.found = dial->gate.found;
    return !failed;
}

static void *dial_thread(void *data)
{
    struct dial *dial = data;
    bool ready = mysql_thread_init() == 0;
    dial->result.failed = !ready || !dial_resolve(dial) || !dial_connect(dial);
    pthread_mutex_lock(&dial->lock);
    dial->done = true;
    bool left = dial->left;
    pthread_cond_signal(&dial->changed);
    pthread_mutex_unlock(&dial->lock);
    if (left) {
        dial->discard(dial->dbi);
        dial_free(dial);
    }
    if (ready)
        mysql_thread_end();
    if (left)
        atomic_fetch_sub(&dial_strays, 1);
    return NULL;
}

/* ---- Who waits for it ---- */

static struct timespec dial_after(struct timespec from, int64_t ms)
{
    from.tv_sec += ms / 1000;
    from.tv_nsec += ms % 1000 * 1000000;
    if (from.tv_nsec >= 1000000000) {
        from.tv_sec++;
        from.tv_nsec -= 1000000000;
    }
    return from;
}

static bool dial_is_past(const struct timespec *moment)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > moment->tv_sec ||
           (now.tv_sec == moment->tv_sec && now.tv_nsec >= moment->tv_nsec);
}

/* Under the lock. */
static enum mydrv_dial_end dial_wait(struct dial *dial, int64_t timeout_ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const struct timespec limit = dial_after(now, timeout_ms);
    while (!dial->done) {
        if (ferry_should_stop())
            return MYDRV_DIAL_STOPPED;
        if (dial_is_past(&limit))
            return dial->resolved ? MYDRV_DIAL_SLOW : MYDRV_DIAL_SLOW_NAME;
        clock_gettime(CLOCK_MONOTONIC, &now);
        const struct timespec until = dial_after(now, DIAL_ASK_MS);
        (void)pthread_cond_clockwait(&dial->changed, &dial->lock, CLOCK_MONOTONIC, &until);
    }
    return dial->result.resolver_error != 0 ? MYDRV_DIAL_NO_HOST : MYDRV_DIAL_DONE;
}

static void dial_expect_strays(void)
{
    (void)on_exit(dial_leave_strays, NULL);
}

static void dial_leave(struct dial *dial)
{
    static pthread_once_t expected = PTHREAD_ONCE_INIT;
    (void)pthread_once(&expected, dial_expect_strays);
    atomic_fetch_add(&dial_strays, 1);
    dial->left = true;
}

static struct dial *dial_new(dbi_conn dbi, const struct mydrv_settings *settings,
                             void (*discard)(dbi_conn dbi))
{
    bool named = !settings->use_socket && !mydrv_host_is_address(settings->host);
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial == NULL)
        return NULL;
    pthread_mutex_init(&dial->lock, NULL);
    pthread_cond_init(&dial->changed, NULL);
    dial->dbi = dbi;
    dial->discard = discard;
    dial->gate = mydrv_gate_make(settings);
    dial->host = named ? strdup(settings->host) : NULL;
    dial->peer = dial->gate.host == NULL ? NULL : strdup(dial->gate.host);
    bool copied = (dial->host != NULL || !named) && (dial->peer != NULL || dial->gate.host == NULL);
    dial->gate.host = dial->peer;
    if (!copied) {
        dial_free(dial);
        return NULL;
    }
    return dial;
}

enum mydrv_dial_end mydrv_dial(dbi_conn dbi, const struct mydrv_settings *settings,
                               int64_t timeout_ms, void (*discard)(dbi_conn dbi),
                               struct mydrv_dial_result *ret_result)
{
    struct dial *dial = dial_new(dbi, settings, discard);
    pthread_t thread;
    if (dial == NULL)
        return MYDRV_DIAL_NO_THREAD;
    if (ferry_thread_create(&thread, dial_thread, dial) != 0) {
        dial_free(dial);
        return MYDRV_DIAL_NO_THREAD;
    }
    pthread_mutex_lock(&dial->lock);
    enum mydrv_dial_end end = dial_wait(dial, timeout_ms);
    bool done = dial->done;
    if (!done)
        dial_leave(dial);
    pthread_mutex_unlock(&dial->lock);
    if (!done) {
        pthread_detach(thread);
        return end;
    }
    pthread_join(thread, NULL);
    *ret_result = dial->result;
    dial_free(dial);
    return end;
}
