/* A job in a process of its own: its memory, its signals and what ends it are its own; what it
 * prints and what came of it reach us through pipes. */

#ifndef FERRY_CHILD_H
#define FERRY_CHILD_H

#include <sys/types.h>

#include "base/error.h"
#include "command/relay.h"
#include "command/tally.h"

/* Start as FERRY_NO_CHILD. */
struct ferry_child {
    pid_t pid;                                /* 0: it does not run */
    struct ferry_relay_source output, errors; /* its standard output, its standard error */
    int report;                               /* where its tally comes; -1: there is none */
};
#define FERRY_NO_CHILD                                                                             \
    (struct ferry_child)                                                                           \
    {                                                                                              \
        .output = {.fd = -1}, .errors = {.fd = -1}, .report = -1                                   \
    }

/* What it does there.  `ret_tally` is all zero before. */
typedef void ferry_child_work(void *data, size_t i, struct ferry_tally *ret_tally);

/* Starts one of `children` (their number is `count`), which is to do `work` for job `i`.  The
 * calling thread is the only one of the process, the watch is stopped, no driver was connected.
 * The process ends by itself, at SIGTERM also where the caller has ended. */
ferry_status ferry_child_start(struct ferry_child *children, size_t count, size_t i,
                               ferry_child_work *work, void *data, struct ferry_error *error);

/* Whether it has ended; then `*ret_how` is what waitpid() says. */
bool ferry_child_has_ended(struct ferry_child *child, int *ret_how);
/* Of one that has ended: what it has told of its job; false where it did not come to that. */
bool ferry_child_take_tally(struct ferry_child *child, struct ferry_tally *ret_tally);

#endif
