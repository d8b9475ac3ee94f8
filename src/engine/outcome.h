/* What a signal leaves behind: which jobs were done, which were not begun, and what the tables of
 * those hold that were under way. */

#ifndef FERRY_OUTCOME_H
#define FERRY_OUTCOME_H

#include <stdint.h>

/* Of the calling thread's run (context.h).  An attempt of it begins: the table of `job` has the old
 * rows. */
void ferry_outcome_begin(const char *job);
/* Its commit begins: until it has returned nobody knows. */
void ferry_outcome_commit(void);
/* The commit is done: the new rows are there. */
void ferry_outcome_done(uint64_t rows);
/* An error has been reported of the run. */
void ferry_outcome_end(void);

/* A job that will not be begun. */
void ferry_outcome_leave(const char *job);

/* Says it on the log after signal `number`; nothing, where an error has said all that there is to
 * say. Any thread, also while runs are under way that will not go on. */
void ferry_outcome_tell(int number);
void ferry_outcome_clear(void);

#endif
