/* Loading, finishing and abandoning begin alike: with the run file, which names the job. */

#include "command/prepared_run.h"

#include <stdlib.h>
#include <string.h>

#include "report/state_dir.h"

ferry_status ferry_prepared_run_folder(const struct ferry_settings *settings, char **ret_folder,
                                       struct ferry_error *error)
{
    const struct ferry_config *general = ferry_settings_general(settings);
    char *folder = ferry_state_dir_find(ferry_config_string(general, "state_dir"));
    if (folder == NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "no folder for prepared runs can be told: set state_dir in general, to "
                          "one that all machines share that load");
    *ret_folder = folder;
    return FERRY_OK;
}

/* The run file says of which job it is; that it is read again later changes nothing here. */
static ferry_status step_of_job(const struct ferry_arguments *arguments,
                                struct ferry_settings *settings, struct ferry_prepared *prepared,
                                ferry_job_action *action, struct ferry_error *error)
{
    char *job = strdup(prepared->job);
    if (job == NULL) {
        (void)ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a prepared run");
        return ferry_command_report(error, NULL);
    }
    struct ferry_arguments of_job = *arguments;
    of_job.prepared = prepared;
    of_job.operands = &job;
    of_job.operand_count = 1;
    ferry_status status = ferry_command_each_job(&of_job, settings, action);
    free(job);
    return status;
}

static ferry_status step_with(const struct ferry_arguments *arguments,
                              struct ferry_settings *settings, struct ferry_prepared *prepared,
                              ferry_job_action *action, struct ferry_error *error)
{
    char *folder = NULL;
    ferry_status status = ferry_prepared_run_folder(settings, &folder, error);
    if (status == FERRY_OK)
        status = ferry_prepared_open(folder, arguments->operands[0], prepared, error);
    free(folder);
    return status == FERRY_OK ? step_of_job(arguments, settings, prepared, action, error)
                              : ferry_command_report(error, NULL);
}

ferry_status ferry_prepared_run_step(const struct ferry_arguments *arguments,
                                     ferry_job_action *action)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    struct ferry_prepared prepared = {.fd = -1};
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = step_with(arguments, settings, &prepared, action, &error);
    ferry_prepared_done(&prepared);
    ferry_settings_free(settings);
    return status;
}
