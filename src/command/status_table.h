/* How jobs stand, for a person: one line each, or all that is known of one. */

#ifndef FERRY_STATUS_TABLE_H
#define FERRY_STATUS_TABLE_H

#include "command/timer.h"
#include "report/standing.h"

/* Prints a line for each, not wider than so many characters. */
void ferry_status_print_table(const char *const *names, const struct ferry_standing *standings,
                              size_t count, const struct ferry_timers *timers, int64_t now_ms,
                              int width);
/* Prints a paragraph; `timer` NULL: none runs it. */
void ferry_status_print_one(const char *name, const struct ferry_standing *standing,
                            const struct ferry_timer *timer, int64_t now_ms);

#endif
