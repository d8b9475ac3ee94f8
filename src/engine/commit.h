/* The last step of a run that changes its target. */

#ifndef FERRY_COMMIT_H
#define FERRY_COMMIT_H

#include "engine/run.h"

/* Ends the change of a run whose tables are finished; run->outcome says what they hold. */
ferry_status ferry_run_commit(struct ferry_run *run, struct ferry_error *error);

#endif
