/* A job of many tables, one table after another. */

#ifndef FERRY_COMMAND_GROUP_H
#define FERRY_COMMAND_GROUP_H

#include "command/command.h"

/* Finds the tables of `job`, or of those the one that is called `only` (NULL: all), and calls
 * `action` for each, as a job of its own, on connections that they share; says in the end what came
 * of them.  Returns the gravest outcome.  Reports its own errors. */
ferry_status ferry_command_each_table(struct ferry_job *job, const char *only,
                                      const struct ferry_arguments *arguments,
                                      ferry_job_action *action);

#endif
