/* The progress line of a run, on a terminal. */

#ifndef FERRY_PROGRESS_H
#define FERRY_PROGRESS_H

#include <stdbool.h>

/* With `wanted`, runs show a line, which they draw anew over the last one and wipe at their end, if
 * a person may watch: standard error is a terminal, and CI is not set. */
void ferry_progress_enable(bool wanted);
bool ferry_progress_is_enabled(void);
/* Runs of this process draw nothing any more: another one has the line.  Whoever asks is still told
 * that a person watches. */
void ferry_progress_leave_line(void);

#endif
