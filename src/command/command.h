/* The commands of the command line: one file each. */

#ifndef FERRY_COMMAND_H
#define FERRY_COMMAND_H

#include "command/cli.h"
#include "config/settings.h"

ferry_status ferry_command_run(const struct ferry_arguments *arguments);
ferry_status ferry_command_copy(const struct ferry_arguments *arguments);
ferry_status ferry_command_plan(const struct ferry_arguments *arguments);
ferry_status ferry_command_check(const struct ferry_arguments *arguments);
ferry_status ferry_command_verify(const struct ferry_arguments *arguments);
ferry_status ferry_command_drivers(const struct ferry_arguments *arguments);
ferry_status ferry_command_status(const struct ferry_arguments *arguments);
ferry_status ferry_command_report_page(const struct ferry_arguments *arguments);
ferry_status ferry_command_init(const struct ferry_arguments *arguments);
ferry_status ferry_command_prepare(const struct ferry_arguments *arguments);
ferry_status ferry_command_load_piece(const struct ferry_arguments *arguments);
ferry_status ferry_command_finish(const struct ferry_arguments *arguments);
ferry_status ferry_command_abandon(const struct ferry_arguments *arguments);
ferry_status ferry_command_complete(const struct ferry_arguments *arguments);

/* ---- What several commands share: command_jobs.c ---- */

/* Loads the settings that the arguments name and opens the log as they say. */
ferry_status ferry_command_load(const struct ferry_arguments *arguments,
                                struct ferry_settings **ret_settings, struct ferry_error *error);
/* Opens the log on the console, and as `general` says (NULL: the console alone). */
ferry_status ferry_command_open_log(const struct ferry_arguments *arguments,
                                    const struct ferry_config *general, struct ferry_error *error);

/* Does something for one job; reports its own errors. */
typedef ferry_status ferry_job_action(const struct ferry_job *job,
                                      const struct ferry_arguments *arguments);

/* Calls `action` for each job that the arguments name, or for all, until a signal comes; returns
 * the gravest outcome.  A job that cannot be set up is reported and counts. */
ferry_status ferry_command_each_job(const struct ferry_arguments *arguments,
                                    struct ferry_settings *settings, ferry_job_action *action);

/* Reports an error, in the log and in a record of --json, and frees it; returns its class. */
ferry_status ferry_command_report(struct ferry_error *error, const char *outcome);

/* What a process that had done nothing else would end with: after a signal, 128 and its number, as
 * a shell tells it. */
int ferry_command_exit_code(ferry_status status);

/* Says what came of a job that is done: in the log, and to a person who watches. */
void ferry_command_summarize(const struct ferry_job *job, const char *summary);

/* ---- One job looked at: plan.c, check.c ---- */

/* Of a job without tables, both its connections. */
ferry_status ferry_command_check_job(const struct ferry_job *job,
                                     const struct ferry_arguments *arguments);

/* Of many tables whose plan fails, nothing but the error is told. */
ferry_status ferry_command_plan_job(const struct ferry_job *job,
                                    const struct ferry_arguments *arguments);

/* ---- One job run or tried: command_run.c ---- */

ferry_status ferry_command_run_job(const struct ferry_job *job,
                                   const struct ferry_arguments *arguments);

/* One prepared run finished, which is a run of its job: command/finish.c. */
ferry_status ferry_command_finish_job(const struct ferry_job *job,
                                      const struct ferry_arguments *arguments);

#endif
