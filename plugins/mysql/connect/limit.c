/* One time limit for all the statements that set up a session: a thread that cuts the connection
 * off where they take too long, or where the run is to end.
 *
 * The core cannot cancel a connection before connect has returned it, and the client library's
 * limit is for each wait, so that a server which sends a byte now and then could hold us for ever.
 */

#include "connect/connect.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define LIMIT_ASK_MS 100 /* how often the core is asked whether the run is to end */

static void *limit_thread(void *data)
{
    struct mydrv_limit *limit = data;
    pthread_mutex_lock(&limit->lock);
    for (int64_t left = limit->timeout_ms; !limit->done; left -= LIMIT_ASK_MS) {
        bool stopping = ferry_should_stop() != 0;
        if (left <= 0 || stopping) {
            if (stopping) /* then that is the error, not the loss */
                atomic_store(&limit->conn->cancelled, true);
            shutdown(limit->conn->wake_fd, SHUT_RDWR);
            break;
        }
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LIMIT_ASK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_clockwait(&limit->changed, &limit->lock, CLOCK_MONOTONIC, &until);
    }
    pthread_mutex_unlock(&limit->lock);
    return NULL;
}

ferry_status mydrv_limit_begin(struct mydrv_limit *limit, struct mydrv_conn *conn,
                               int64_t timeout_ms, struct ferry_error *err)
{
    limit->conn = conn;
    limit->timeout_ms = timeout_ms;
    limit->done = false;
    pthread_mutex_init(&limit->lock, NULL);
    pthread_cond_init(&limit->changed, NULL);
    int failure = ferry_thread_create(&limit->thread, limit_thread, limit);
    if (failure == 0)
        return FERRY_OK;
    pthread_cond_destroy(&limit->changed);
    pthread_mutex_destroy(&limit->lock);
    return ferry_fail(err, FERRY_ERR_SYSTEM, "cannot start a thread: %s", strerror(failure));
}

void mydrv_limit_end(struct mydrv_limit *limit)
{
    pthread_mutex_lock(&limit->lock);
    limit->done = true;
    pthread_cond_signal(&limit->changed);
    pthread_mutex_unlock(&limit->lock);
    pthread_join(limit->thread, NULL);
    pthread_cond_destroy(&limit->changed);
    pthread_mutex_destroy(&limit->lock);
}
