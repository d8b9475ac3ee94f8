/* Whether and when a failed run is tried again: the rules alone, nothing waits here. */

#ifndef FERRY_RETRY_H
#define FERRY_RETRY_H

#include "base/error.h"
#include "driver/option.h"

/* The retries of one side of a run: its connection's keys, and what was used of them. */
struct ferry_retry_side {
    int64_t most; /* `retries` */
    int64_t wait_ms;
    int64_t max_wait_ms;
    int64_t used;
};

/* The attempts of one run, as far as they got. */
struct ferry_retry {
    struct ferry_retry_side source;
    struct ferry_retry_side target;
    int64_t run_timeout_ms; /* for all attempts and the waits between them; 0 = none */
    int64_t started_ms;     /* on ferry_clock_ms(): the first attempt */
    unsigned attempt;       /* the number of this one, from 1 */
    uint32_t chance;        /* drawn for each attempt; decides how much of the wait is left out */
    bool planned;           /* another attempt follows this one ... */
    int64_t wait_ms;        /* ... after so long */
    bool no_time;           /* another one would have followed, but for run_timeout */
    bool explained;         /* ferry_retry_explain() has put it before this attempt's error */
    bool broke_off;         /* an attempt ended in the middle of its rows */
};

/* Reads the keys; the first attempt begins now. */
void ferry_retry_begin(struct ferry_retry *retry, const struct ferry_config *source,
                       const struct ferry_config *target, int64_t now_ms);
/* The next attempt begins. */
void ferry_retry_next(struct ferry_retry *retry);

/* Whether the attempt that failed with `error` is followed by another, and then sets `wait_ms`. May
 * be asked more than once during an attempt: what was planned stays. */
bool ferry_retry_plan(struct ferry_retry *retry, const struct ferry_error *error, int64_t now_ms);

/* Whether a fallback source may step in after the source could not be opened: only where no retry
 * follows, and not if an earlier attempt of this run lost the source in mid-stream, for then it was
 * there.  `retry` NULL: there is one attempt only. */
bool ferry_retry_may_fall_back(struct ferry_retry *retry, const struct ferry_error *error,
                               int64_t now_ms);

/* Puts the number of attempts and their time before the error of the last one, once, where there
 * were more than one; `retry` may be NULL. */
void ferry_retry_explain(struct ferry_retry *retry, struct ferry_error *error, int64_t now_ms);

/* The retries of the side that failed. */
const struct ferry_retry_side *ferry_retry_side_of(const struct ferry_retry *retry,
                                                   const struct ferry_error *error);

/* The wait before retry number `number` (from 1): `wait_ms`, twice as long for each one before it,
 * `max_wait_ms` at most, less a part of up to a quarter that `chance` decides. */
int64_t ferry_retry_backoff(int64_t wait_ms, int64_t max_wait_ms, int64_t number, uint32_t chance);

#endif
