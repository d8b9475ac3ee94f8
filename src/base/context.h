/* What a thread works for: a run, which the lines that it logs name, to which the connections that
 * it opens belong, and with which it is to end.
 *
 * There is always one: the program's own in a thread that has entered no other and was not started
 * by ferry_thread_create (driver.h).  Runs that go on at one time have one each. */

#ifndef FERRY_CONTEXT_H
#define FERRY_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/phases.h"

/* Of its members the functions below take care, and those of log.h: any thread may call them. */
struct ferry_context {
    pthread_mutex_t lock;
    char *job; /* under the lock; NULL: none */
    char *phase;
    struct ferry_phases phases; /* under the lock */
    unsigned attempt;
    _Atomic int64_t stop_at_ms; /* 0: never */
    atomic_uint holders;
};

/* Held by the caller; NULL: out of memory. */
struct ferry_context *ferry_context_new(void);
/* It stays until all who hold it have released it; NULL allowed for release. */
struct ferry_context *ferry_context_hold(struct ferry_context *context);
void ferry_context_release(struct ferry_context *context);

/* From now on the calling thread works for it, which must be held as long; NULL: for the program's
 * own. */
void ferry_context_enter(struct ferry_context *context);
struct ferry_context *ferry_context_current(void);

/* Those who work for it are to end at this moment, on ferry_clock_ms(); 0: never. */
void ferry_context_stop_at(struct ferry_context *context, int64_t moment_ms);
bool ferry_context_is_late(const struct ferry_context *context);

#endif
