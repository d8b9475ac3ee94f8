/* The watch: one thread that waits for signals, measures the stalls and deadlines of all runs,
 * draws their progress, and passes their signs of life on.  What it finds it answers by cancelling
 * connections: all of them after a signal, else those of the run in question, which then ends by
 * itself. */

#ifndef FERRY_WATCH_H
#define FERRY_WATCH_H

#include "driver/connection.h"

/* Blocks SIGINT, SIGTERM and SIGHUP in this and all later threads and starts the watch.  Before any
 * other thread. */
ferry_status ferry_watch_start(struct ferry_error *error);
/* While no run is under way.  The signals stay blocked, and wait for the next start. */
void ferry_watch_stop(void);

/* What else is to be said before the process dies by the signal of that number: in a thread of its
 * own, for which nobody waits long.  Before the watch starts. */
void ferry_watch_say_last(void (*say)(int number));

struct ferry_watch_run {
    int64_t started_ms;       /* on ferry_clock_ms() */
    int64_t run_timeout_ms;   /* 0 = none */
    int64_t stall_timeout_ms; /* of each call of a source; 0 = none */
    void (*tick)(void *data); /* about five times a second, in the watch's thread; or NULL */
    void *data;
    /* the watch's own: */
    struct ferry_context *context;
    struct ferry_watch_run *next;
};

/* From now on these limits hold for the calling thread's run (context.h), which has one such struct
 * at a time.  `run` must stay where it is until ferry_watch_end(), after which `tick` is not called
 * any more.  To end what has not begun does no harm. */
void ferry_watch_begin(struct ferry_watch_run *run);
void ferry_watch_end(struct ferry_watch_run *run);

#endif
