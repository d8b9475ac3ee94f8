/* What the service manager that has started us is told: sd_notify(3), without its library.
 *
 * Nothing here ever waits or fails: where nobody listens, nothing is told.  Any thread may call
 * these but for open and close. */

#ifndef FERRY_NOTIFY_H
#define FERRY_NOTIFY_H

#include <stdbool.h>

/* Takes $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID out of the environment, so that no program
 * that we start talks in our place.  Before any other thread. */
void ferry_notify_open(void);
/* Nothing is told any more, as in a forked process: the manager listens to the first one alone. */
void ferry_notify_close(void);
bool ferry_notify_is_open(void);

/* The service works; a service whose type is not "notify" is not asked. */
void ferry_notify_ready(void);
/* A signal came. */
void ferry_notify_stopping(void);

/* What is done now, for `systemctl status`: a line, which is escaped, and cut where it is too long.
 * Dropped where another one was sent less than a second ago. */
void ferry_notify_status(const char *text);
/* The same, of what stays, sent at once. */
void ferry_notify_result(const char *text);

/* Whether the manager ends us where no sign of life comes. */
bool ferry_notify_is_watched(void);
/* To be called some times a second.  Half of the time after the last sign, gives the next one if
 * the runs have got on since (pulse.h), or as soon as they do.  So the manager ends us where they
 * hang, however well the thread that calls this goes on. */
void ferry_notify_tick(void);

#endif
