/* Ending what a server still does for a connection that is given up.
 *
 * The request goes over a connection of its own, which the library opens and waits for, so a thread
 * makes it, and is left behind where nothing answers.  It bears a key that anybody who sees it may
 * use, and the library sends it without TLS: so it is sent only where the connection itself has
 * none.  Elsewhere the server finds out by itself that nobody waits any more, within some seconds
 * (client_connection_check_interval).
 */

#include "pgsql_driver.h"

#include <pthread.h>
#include <time.h>

#define STOP_WAIT_MS 1000

struct stop {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    PGcancel *request;
    bool done, left;
};

static void stop_free(struct stop *stop)
{
    PQfreeCancel(stop->request);
    pthread_cond_destroy(&stop->changed);
    pthread_mutex_destroy(&stop->lock);
    free(stop);
}

static void *stop_thread(void *data)
{
    struct stop *stop = data;
    char reason[256];
    (void)PQcancel(stop->request, reason, sizeof reason);
    pthread_mutex_lock(&stop->lock);
    stop->done = true;
    bool left = stop->left;
    pthread_cond_signal(&stop->changed);
    pthread_mutex_unlock(&stop->lock);
    if (left)
        stop_free(stop);
    return NULL;
}

static bool stop_wait(struct stop *stop)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += STOP_WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!stop->done)
        if (pthread_cond_clockwait(&stop->changed, &stop->lock, CLOCK_MONOTONIC, &until) != 0)
            break;
    return stop->done;
}

void pgdrv_stop(struct pgdrv_conn *conn)
{
    if (PQstatus(conn->pg) != CONNECTION_OK || PQsslInUse(conn->pg) != 0)
        return;
    struct stop *stop = calloc(1, sizeof *stop);
    pthread_t thread;
    if (stop == NULL)
        return;
    pthread_mutex_init(&stop->lock, NULL);
    pthread_cond_init(&stop->changed, NULL);
    stop->request = PQgetCancel(conn->pg);
    if (stop->request == NULL || ferry_thread_create(&thread, stop_thread, stop) != 0) {
        stop_free(stop);
        return;
    }
    pthread_mutex_lock(&stop->lock);
    bool done = stop_wait(stop);
    stop->left = !done;
    pthread_mutex_unlock(&stop->lock);
    if (!done) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    stop_free(stop);
}
