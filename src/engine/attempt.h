/* The attempts of a run: one after another, with waits between them, until one succeeds or it is of
 * no use. */

#ifndef FERRY_ATTEMPT_H
#define FERRY_ATTEMPT_H

#include "engine/retry.h"
#include "engine/sync.h"

/* One attempt: ferry_sync_run or ferry_sync_verify. */
typedef ferry_status ferry_attempt_action(const struct ferry_job *job, struct ferry_retry *retry,
                                          struct ferry_sync_result *ret_result,
                                          struct ferry_error *error);

/* Makes an attempt, and others after failures that may pass.  The error is that of the last one,
 * and says how many there were; the failures before it are lines in the log.  A signal ends a wait
 * at once with CANCELLED. */
ferry_status ferry_attempt_job(const struct ferry_job *job, ferry_attempt_action *action,
                               struct ferry_sync_result *ret_result, struct ferry_error *error);

/* ", at attempt 2, 14.2 s in all" for the summary of a run that needed more than one. */
void ferry_attempt_add_summary(struct ferry_strbuf *text, const struct ferry_sync_result *result);

#endif
