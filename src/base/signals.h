/* The signal that asks the program to stop: noted once, asked for by everybody who waits. */

#ifndef FERRY_SIGNALS_H
#define FERRY_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Those that ask for it: SIGINT, SIGTERM and SIGHUP, less what was ignored when we were started, as
 * nohup does, and stays ignored. */
void ferry_signals_that_ask(sigset_t *ret_set);

/* From now on `number` is the signal that was caught; ends all waits.  Any thread. */
void ferry_signal_note(int number);
/* The signal that was caught, or 0. */
int ferry_signal_caught(void);
/* Waits so long; false at once where a signal was caught or is. */
bool ferry_signal_wait(int64_t ms);
/* Ends the process by the signal, which a shell or a service manager then sees, and no exit code.
 * Returns where the signal does not end it. */
void ferry_signal_die_by(int number);

#endif
