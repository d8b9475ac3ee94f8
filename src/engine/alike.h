/* A target that changes many tables in one step only where all of them are replaced, or none is. */

#ifndef FERRY_ALIKE_H
#define FERRY_ALIKE_H

#include "engine/run.h"

/* After the strategy of each table is decided: where the target asks for it and one of the tables
 * has to be replaced, so are all; one that is only empty does not have to be.  Fails with
 * UNSUPPORTED, naming both, where that would cost one of them rows which its job keeps. */
ferry_status ferry_alike_settle(struct ferry_run *run, struct ferry_error *error);

#endif
