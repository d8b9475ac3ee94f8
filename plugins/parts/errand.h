/* Work that may wait for a network, in a thread of its own, for whoever must not wait for long. */

#ifndef DBFERRY_PARTS_ERRAND_H
#define DBFERRY_PARTS_ERRAND_H

#include <stdint.h>

/* Has a thread call run(data) and then done(data), which frees what `data` is; returns once both
 * are through, or after `wait_ms`: then the thread is left behind, and comes to its end alone.
 * Where there is no thread or memory, done(data) is all that is called, by the caller. */
void part_errand(void (*run)(void *data), void (*done)(void *data), void *data, int64_t wait_ms);

#endif /* DBFERRY_PARTS_ERRAND_H */
