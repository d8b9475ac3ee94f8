/* The signal that asks the program to stop: noted once, asked for by everybody who waits. */

#ifndef FERRY_SIGNALS_H
#define FERRY_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* From now on `number` is the signal that was caught; ends all waits.  Any thread. */
void ferry_signal_note(int number);
/* The signal that was caught, or 0. */
int ferry_signal_caught(void);
/* Waits so long; false at once where a signal was caught or is. */
bool ferry_signal_wait(int64_t ms);

#endif
