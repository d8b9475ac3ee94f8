/* When systemd runs a job next, by the timers that are installed with dbferry. */

#ifndef FERRY_TIMER_H
#define FERRY_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct ferry_timer {
    char *unit;      /* "dbferry@vehicles.timer", of one job, or "dbferry.timer", of all */
    int64_t next_ms; /* milliseconds since 1970-01-01 UTC */
};

struct ferry_timers {
    struct ferry_timer *list;
    size_t count;
};

/* Asks systemctl, for two seconds at most.  None where there is no systemd or it does not answer:
 * who looks how jobs stand need not know of timers.  To be freed. */
void ferry_timers_find(struct ferry_timers *ret_timers);
void ferry_timers_done(struct ferry_timers *timers);

/* The one that runs this job next; NULL: none does. */
const struct ferry_timer *ferry_timers_of(const struct ferry_timers *timers, const char *job);

#endif
