/* A thread finds its context in a variable of its own, which a thread that it starts begins with
 * too. */

#include "base/context.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/signals.h"
#include "dbferry/driver.h"

static struct ferry_context programs = {.lock = PTHREAD_MUTEX_INITIALIZER};
static _Thread_local struct ferry_context *entered; /* NULL: the program's */

struct ferry_context *ferry_context_new(void)
{
    struct ferry_context *context = calloc(1, sizeof *context);
    if (context == NULL)
        return NULL;
    (void)pthread_mutex_init(&context->lock, NULL);
    atomic_init(&context->holders, 1);
    return context;
}

struct ferry_context *ferry_context_hold(struct ferry_context *context)
{
    atomic_fetch_add(&context->holders, 1);
    return context;
}

void ferry_context_release(struct ferry_context *context)
{
    if (context == NULL || context == &programs || atomic_fetch_sub(&context->holders, 1) > 1)
        return;
    (void)pthread_mutex_destroy(&context->lock);
    free(context->job);
    free(context->phase);
    ferry_phases_done(&context->phases);
    free(context);
}

void ferry_context_enter(struct ferry_context *context)
{
    entered = context;
}

struct ferry_context *ferry_context_current(void)
{
    return entered == NULL ? &programs : entered;
}

void ferry_context_stop_at(struct ferry_context *context, int64_t moment_ms)
{
    atomic_store(&context->stop_at_ms, moment_ms);
}

bool ferry_context_is_late(const struct ferry_context *context)
{
    int64_t moment = atomic_load(&context->stop_at_ms);
    return moment != 0 && ferry_clock_ms() > moment;
}

int ferry_should_stop(void)
{
    return ferry_signal_caught() != 0 || ferry_context_is_late(ferry_context_current());
}

/* ---- Threads ---- */

struct beginning {
    void *(*start)(void *data);
    void *data;
    struct ferry_context *context;
};

/* The context is held until here, since the thread may outlive the run. */
static void *thread_main(void *data)
{
    const struct beginning beginning = *(struct beginning *)data;
    free(data);
    ferry_context_enter(beginning.context);
    void *result = beginning.start(beginning.data);
    ferry_context_enter(NULL);
    ferry_context_release(beginning.context);
    return result;
}

int ferry_thread_create(pthread_t *ret_thread, void *(*start)(void *data), void *data)
{
    struct beginning *beginning = malloc(sizeof *beginning);
    if (beginning == NULL)
        return ENOMEM;
    *beginning = (struct beginning){
        .start = start, .data = data, .context = ferry_context_hold(ferry_context_current())};
    int failure = pthread_create(ret_thread, NULL, thread_main, beginning);
    if (failure != 0) {
        ferry_context_release(beginning->context);
        free(beginning);
    }
    return failure;
}
