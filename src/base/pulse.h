/* Signs of life of the runs: a number that goes up whenever one of them gets on, and that stands
 * still where all of them hang.  That the process is there, or that its watch goes round, proves
 * less: both would go on beside a run that waits for what never comes. */

#ifndef FERRY_PULSE_H
#define FERRY_PULSE_H

#include <stdint.h>

/* From now on processes that are forked beat with us.  Before any other thread; where there is no
 * memory for it, they are not counted. */
void ferry_pulse_share(void);
/* A call of a driver has come back, or a wait goes on that has an end.  Any thread. */
void ferry_pulse_beat(void);
uint64_t ferry_pulse_count(void);

#endif
