/* What --skip-locked does: a table that another run is at work on is left to that run. */

#ifndef FERRY_SKIP_H
#define FERRY_SKIP_H

#include "command/command.h"

/* Whether the error of a job is no failure for that reason: then it is told as what it is, and
 * cleared. */
bool ferry_command_leaves(const struct ferry_job *job, const struct ferry_arguments *arguments,
                          struct ferry_error *error);

#endif
