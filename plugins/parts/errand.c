/* Work in a thread that is waited for so long, and then left behind. */

#include "parts/errand.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "dbferry/driver.h"

struct errand {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*run)(void *data);
    void (*done)(void *data);
    void *data;
    bool through, left; /* under lock */
};

static void errand_free(struct errand *errand)
{
    pthread_cond_destroy(&errand->changed);
    pthread_mutex_destroy(&errand->lock);
    free(errand);
}

static struct errand *errand_new(void (*run)(void *data), void (*done)(void *data), void *data)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL)
        return NULL;
    pthread_mutex_init(&errand->lock, NULL);
    pthread_cond_init(&errand->changed, NULL);
    errand->run = run;
    errand->done = done;
    errand->data = data;
    return errand;
}

static void *errand_thread(void *data)
{
    struct errand *errand = data;
    errand->run(errand->data);
    errand->done(errand->data);
    pthread_mutex_lock(&errand->lock);
    errand->through = true;
    bool left = errand->left;
    pthread_cond_signal(&errand->changed);
    pthread_mutex_unlock(&errand->lock);
    if (left)
        errand_free(errand);
    return NULL;
}

/* Under the lock. */
static bool errand_wait(struct errand *errand, int64_t wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!errand->through)
        if (pthread_cond_clockwait(&errand->changed, &errand->lock, CLOCK_MONOTONIC, &until) != 0)
            break;
    return errand->through;
}

void part_errand(void (*run)(void *data), void (*done)(void *data), void *data, int64_t wait_ms)
{
    struct errand *errand = errand_new(run, done, data);
    pthread_t thread;
    if (errand == NULL || ferry_thread_create(&thread, errand_thread, errand) != 0) {
        if (errand != NULL)
            errand_free(errand);
        done(data);
        return;
    }
    pthread_mutex_lock(&errand->lock);
    bool through = errand_wait(errand, wait_ms);
    errand->left = !through;
    pthread_mutex_unlock(&errand->lock);
    if (!through) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    errand_free(errand);
}
