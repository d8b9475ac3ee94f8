/* What the commands of a run in pieces share. */

#ifndef FERRY_PREPARED_RUN_H
#define FERRY_PREPARED_RUN_H

#include "command/command.h"
#include "engine/pieces.h"

/* The folder where run files are kept: that of the history.  The caller frees. */
ferry_status ferry_prepared_run_folder(const struct ferry_settings *settings, char **ret_folder,
                                       struct ferry_error *error);

/* Does one step for the run that the first operand names, with its job, and reports what fails. */
ferry_status ferry_prepared_run_step(const struct ferry_arguments *arguments,
                                     ferry_job_action *action);

#endif
