/* The watch: one thread that waits for signals, measures stalls and deadlines, and draws progress.
 * Whatever it finds, it cancels connections; the run then ends by itself. */

#ifndef FERRY_WATCH_H
#define FERRY_WATCH_H

#include "driver/connection.h"

/* Blocks SIGINT, SIGTERM and SIGHUP in this and all later threads and starts the watch.  Before any
 * other thread. */
ferry_status ferry_watch_start(struct ferry_error *error);
void ferry_watch_stop(void);

/* Whether the job's run_timeout has passed. */
bool ferry_watch_is_late(void);

struct ferry_watch_job {
    int64_t started_ms;       /* on ferry_clock_ms() */
    int64_t run_timeout_ms;   /* 0 = none */
    int64_t stall_timeout_ms; /* of the source; 0 = none */
    void (*tick)(void *data); /* about five times a second, in the watch's thread; or NULL */
    void *data;
};

/* From now on the job's limits hold; `job` is copied.  A stall cancels `source` alone. */
void ferry_watch_job_begin(const struct ferry_watch_job *job);
void ferry_watch_job_end(void);
/* The source whose calls are measured; NULL to end that (before it is closed). */
void ferry_watch_set_source(struct ferry_connection *source);

/* Around each call that waits for the source. */
void ferry_watch_source_busy(void);
void ferry_watch_source_idle(void);

#endif
