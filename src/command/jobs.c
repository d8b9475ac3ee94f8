/* What the commands share: loading the settings, and going through the jobs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/context.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/signals.h"
#include "command/command.h"
#include "command/progress.h"
#include "engine/outcome.h"

ferry_status ferry_command_report(struct ferry_error *error, const char *outcome)
{
    ferry_status status = error->status;
    if (status != FERRY_OK)
        ferry_log_error(error, outcome);
    ferry_error_clear(error);
    return status;
}

void ferry_command_summarize(const struct ferry_job *job, const char *summary)
{
    ferry_log(FERRY_LOG_INFO, "done: %s", summary);
    if (!ferry_progress_is_enabled())
        return;
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0}; /* a person is watching */
    ferry_escape_text(&name, job->name, strlen(job->name), 200);
    (void)fprintf(stderr, "%s: %s\n", ferry_strbuf_text(&name), summary);
}

ferry_status ferry_command_open_log(const struct ferry_arguments *arguments,
                                    const struct ferry_config *general, struct ferry_error *error)
{
    struct ferry_log_settings settings = {.console_level = FERRY_LOG_WARNING};
    if (arguments->quiet)
        settings.console_level = FERRY_LOG_ERROR;
    if (arguments->verbose > 0) {
        settings.console_level = arguments->verbose > 1 ? FERRY_LOG_DEBUG : FERRY_LOG_INFO;
        settings.console_verbose = true;
    }
    if (general != NULL) {
        settings.file = ferry_config_string(general, "log_file");
        settings.json = strcmp(ferry_config_string(general, "log_format"), "json") == 0;
        (void)ferry_log_level_parse(ferry_config_string(general, "log_level"),
                                    &settings.file_level);
    }
    ferry_progress_enable(!arguments->quiet && arguments->verbose == 0 &&
                          isatty(STDERR_FILENO) == 1);
    return ferry_log_open(&settings, error);
}

ferry_status ferry_command_load(const struct ferry_arguments *arguments,
                                struct ferry_settings **ret_settings, struct ferry_error *error)
{
    struct ferry_settings *settings = NULL;
    ferry_status status = ferry_command_open_log(arguments, NULL, error);
    if (status == FERRY_OK)
        status = ferry_settings_load(arguments->config, &settings, error);
    if (status == FERRY_OK)
        status = ferry_command_open_log(arguments, ferry_settings_general(settings), error);
    if (status != FERRY_OK) {
        ferry_settings_free(settings);
        return status;
    }
    *ret_settings = settings;
    return FERRY_OK;
}

static ferry_status do_in_context(const struct ferry_arguments *arguments,
                                  struct ferry_settings *settings, size_t i,
                                  ferry_job_action *action)
{
    struct ferry_error error = {0};
    struct ferry_job job = {0};
    const struct ferry_settings_override override = {.source = arguments->source,
                                                     .target = arguments->target};
    ferry_log_set_job(ferry_settings_job_name(settings, i));
    ferry_status status = ferry_settings_job(settings, i, &override, &job, &error);
    if (status == FERRY_OK && arguments->full)
        ferry_job_take_all(&job);
    if (status == FERRY_OK)
        status = action(&job, arguments);
    else
        status = ferry_command_report(&error, NULL);
    ferry_job_done(&job);
    return status;
}

/* Each job has a context of its own (context.h), whatever else goes on in the process. */
static ferry_status do_job(const struct ferry_arguments *arguments, struct ferry_settings *settings,
                           size_t i, ferry_job_action *action)
{
    struct ferry_error error = {0};
    struct ferry_context *context = ferry_context_new();
    if (context == NULL) {
        (void)ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for job '%s'",
                         ferry_settings_job_name(settings, i));
        return ferry_command_report(&error, NULL);
    }
    ferry_context_enter(context);
    ferry_status status = do_in_context(arguments, settings, i, action);
    ferry_context_enter(NULL);
    ferry_context_release(context);
    return status;
}

/* The indexes of the jobs to do, in the order of the command line; checked before the first runs.
 */
static ferry_status choose_jobs(const struct ferry_arguments *arguments,
                                const struct ferry_settings *settings, size_t **ret_indexes,
                                size_t *ret_count, struct ferry_error *error)
{
    size_t count = arguments->operand_count;
    bool all = count == 0;
    if (all)
        count = ferry_settings_job_count(settings);
    if (count == 0)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "the configuration has no jobs; add one to the list jobs");
    size_t *indexes = calloc(count, sizeof *indexes);
    if (indexes == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        indexes[i] = i;
        if (!all)
            status = ferry_settings_find_job(settings, arguments->operands[i], &indexes[i], error);
    }
    if (status != FERRY_OK) {
        free(indexes);
        return status;
    }
    *ret_indexes = indexes;
    *ret_count = count;
    return FERRY_OK;
}

ferry_status ferry_command_each_job(const struct ferry_arguments *arguments,
                                    struct ferry_settings *settings, ferry_job_action *action)
{
    struct ferry_error error = {0};
    size_t *indexes = NULL;
    size_t count = 0;
    if (choose_jobs(arguments, settings, &indexes, &count, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status outcome = FERRY_OK;
    for (size_t i = 0; i < count; i++)
        if (ferry_signal_caught() == 0)
            outcome = ferry_error_graver(outcome, do_job(arguments, settings, indexes[i], action));
        else
            ferry_outcome_leave(ferry_settings_job_name(settings, indexes[i]));
    free(indexes);
    return outcome;
}
