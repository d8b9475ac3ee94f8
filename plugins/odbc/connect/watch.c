/* A thread for each connection that ends a call where the run is cancelled, or where no answer
 * comes.
 *
 * An ODBC call cannot be given up from outside: SQLCancel from another thread is all there is. Some
 * drivers open a connection for it, so it may wait itself, which cancel() of this driver may not.
 * It has no effect between two calls, so it is said again for as long as the call goes on.  Some
 * drivers also free what a statement has fetched, so it is said of none that is not in a call, and
 * only of a call that has gone on for a while: one that returns by itself is followed by a look at
 * `cancelled`.
 */

#include "odbc_driver.h"

#include <string.h>
#include <time.h>

#define WATCH_AGAIN_MS 100 /* between two SQLCancel of one call, and two looks at its time */
#define WATCH_LONG_MS 100  /* so long a call is left alone */

enum { WATCH_IDLE, WATCH_CALLING, WATCH_CANCELLING };

static int64_t watch_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Under the lock: until something has changed, or it is time to look again. */
static void watch_pause(struct odrv_watch *watch)
{
    struct timespec until;
    if (watch->running == SQL_NULL_HSTMT) {
        (void)pthread_cond_wait(&watch->changed, &watch->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WATCH_AGAIN_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_clockwait(&watch->changed, &watch->lock, CLOCK_MONOTONIC, &until);
}

static bool watch_is_due(struct odrv_watch *watch)
{
    if (watch->running == SQL_NULL_HSTMT)
        return false;
    if (watch->connecting && ferry_should_stop())
        atomic_store(&watch->cancelled, true);
    int64_t taken = watch_now() - (int64_t)atomic_load(&watch->at);
    if (atomic_load(&watch->calling) != WATCH_CALLING || taken < WATCH_LONG_MS)
        return false;
    if (atomic_load(&watch->cancelled))
        return true;
    return !watch->patient && watch->patience_ms > 0 && taken >= watch->patience_ms;
}

/* The call stays until SQLCancel has returned; false where it was over before. */
static bool watch_claim(struct odrv_watch *watch)
{
    int calling = WATCH_CALLING;
    if (!atomic_compare_exchange_strong(&watch->calling, &calling, WATCH_CANCELLING))
        return false;
    if (!atomic_load(&watch->cancelled)) {
        atomic_store(&watch->timed_out, true);
        atomic_store(&watch->spoiled, true);
    }
    return true;
}

static void *watch_thread(void *data)
{
    struct odrv_watch *watch = data;
    pthread_mutex_lock(&watch->lock);
    while (!watch->ending) {
        if (watch_is_due(watch) && watch_claim(watch)) {
            SQLHSTMT stmt = watch->running;
            pthread_mutex_unlock(&watch->lock);
            (void)SQLCancel(stmt);
            pthread_mutex_lock(&watch->lock);
            atomic_store(&watch->calling, WATCH_CALLING);
            pthread_cond_broadcast(&watch->changed);
        }
        watch_pause(watch);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

ferry_status odrv_watch_start(struct odrv_watch *watch, int64_t patience_ms,
                              struct ferry_error *err)
{
    watch->patience_ms = patience_ms;
    watch->connecting = true;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->changed, NULL);
    int failure = ferry_thread_create(&watch->thread, watch_thread, watch);
    if (failure == 0) {
        watch->started = true;
        return FERRY_OK;
    }
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->lock);
    return ferry_fail(err, FERRY_ERR_SYSTEM, "cannot start a thread: %s", strerror(failure));
}

void odrv_watch_open(struct odrv_watch *watch, int64_t patience_ms)
{
    if (!watch->started)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->patience_ms = patience_ms;
    watch->connecting = false;
    pthread_mutex_unlock(&watch->lock);
}

void odrv_watch_stop(struct odrv_watch *watch)
{
    if (!watch->started)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->ending = true;
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->lock);
    watch->started = false;
}

void odrv_watch_enter(struct odrv_watch *watch)
{
    atomic_store(&watch->at, watch_now());
    atomic_store(&watch->calling, WATCH_CALLING);
}

void odrv_watch_leave(struct odrv_watch *watch)
{
    int calling = WATCH_CALLING;
    if (atomic_compare_exchange_strong(&watch->calling, &calling, WATCH_IDLE) ||
        calling == WATCH_IDLE)
        return;
    pthread_mutex_lock(&watch->lock);
    while (atomic_load(&watch->calling) == WATCH_CANCELLING)
        (void)pthread_cond_wait(&watch->changed, &watch->lock);
    atomic_store(&watch->calling, WATCH_IDLE);
    pthread_mutex_unlock(&watch->lock);
}

void odrv_watch_begin(struct odrv_watch *watch, SQLHSTMT stmt, bool patient)
{
    atomic_store(&watch->timed_out, false);
    pthread_mutex_lock(&watch->lock);
    watch->running = stmt;
    watch->patient = patient;
    odrv_watch_enter(watch);
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
}

void odrv_watch_end(struct odrv_watch *watch)
{
    odrv_watch_leave(watch);
    pthread_mutex_lock(&watch->lock);
    watch->running = SQL_NULL_HSTMT;
    pthread_mutex_unlock(&watch->lock);
}

void odrv_watch_cancel(struct odrv_watch *watch)
{
    atomic_store(&watch->cancelled, true);
    if (!watch->started)
        return;
    pthread_mutex_lock(&watch->lock);
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
}
