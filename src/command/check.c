/* dbferry check: tries everything that a run needs, and writes nothing. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "command/check_general.h"
#include "command/check_sides.h"
#include "command/check_watching.h"
#include "command/command.h"
#include "command/events.h"
#include "config/secret.h"
#include "engine/limits.h"
#include "engine/watch.h"

ferry_status ferry_command_check_job(const struct ferry_job *job,
                                     const struct ferry_arguments *arguments)
{
    (void)arguments;
    struct ferry_error error = {0};
    struct ferry_check check = {0};
    struct ferry_watch_run watch;
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    ferry_escape_text(&name, job->name, strlen(job->name), 200);
    if (!ferry_events_are_enabled()) /* each record names its job */
        (void)printf("job %s\n", ferry_strbuf_text(&name));
    struct ferry_plan *plans = calloc(job->task_count + 1, sizeof *plans);
    if (plans == NULL) {
        (void)ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for the plan");
        (void)ferry_check_fail(&check, "job", &error);
        return ferry_check_end(&check);
    }
    ferry_job_limits_begin(&watch, job, ferry_clock_ms(), NULL, NULL);
    ferry_check_sides(&check, job, plans);
    ferry_watch_end(&watch);
    ferry_plans_free(plans, job->task_count);
    return ferry_check_end(&check);
}

/* What is wrong with a job is told where it is tried. */
static bool jobs_are_understood(struct ferry_settings *settings,
                                const struct ferry_arguments *arguments)
{
    const struct ferry_settings_override override = {.source = arguments->source,
                                                     .target = arguments->target};
    bool understood = true;
    for (size_t i = 0; i < ferry_settings_job_count(settings); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_job job = {0};
        if (ferry_settings_job(settings, i, &override, &job, &error) != FERRY_OK)
            understood = false;
        ferry_job_done(&job);
    }
    return understood;
}

/* Connections that no job uses are part of the configuration too. */
static ferry_status check_configuration(struct ferry_settings *settings,
                                        const struct ferry_arguments *arguments)
{
    struct ferry_check check = {0};
    const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    struct ferry_connections *connections = ferry_settings_connections(settings);
    for (size_t i = 0; i < ferry_connections_count(connections); i++) {
        struct ferry_error error = {0};
        const struct ferry_config *connection;
        const char *name = ferry_connections_name(connections, i);
        if (ferry_connections_get(connections, name, &origin, &connection, &error) != FERRY_OK)
            (void)ferry_check_fail(&check, "configuration", &error);
    }
    if (ferry_check_outcome(&check) == FERRY_OK && jobs_are_understood(settings, arguments))
        ferry_check_ok(&check, "configuration", "every connection and job is understood");
    ferry_check_general(&check, ferry_settings_general(settings));
    ferry_check_watching(&check, ferry_settings_general(settings));
    return ferry_check_end(&check);
}

ferry_status ferry_command_check(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    ferry_secret_allow_prompt(true);
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = FERRY_OK;
    if (arguments->operand_count == 0)
        status = check_configuration(settings, arguments);
    status = ferry_error_graver(
        status, ferry_command_each_job(arguments, settings, ferry_command_check_job));
    ferry_settings_free(settings);
    return status;
}
