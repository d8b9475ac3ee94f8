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
#include "command/group.h"
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
    if (job->ret_tables != NULL) /* whoever asked for each tells of all */
        return;
    ferry_log(FERRY_LOG_INFO, "done: %s", summary);
    if (!ferry_progress_is_enabled() || job->shared != NULL) /* of many, a table tells in the end */
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

/* A job of the configuration, or one table of a group. */
struct chosen {
    size_t index;
    const char *only; /* the table; NULL: all of the job */
};

static ferry_status do_in_context(const struct ferry_arguments *arguments,
                                  struct ferry_settings *settings, const struct chosen *chosen,
                                  ferry_job_action *action)
{
    size_t i = chosen->index;
    struct ferry_error error = {0};
    struct ferry_job job = {0};
    const struct ferry_settings_override override = {.source = arguments->source,
                                                     .target = arguments->target};
    ferry_log_set_job(ferry_settings_job_name(settings, i));
    ferry_status status = ferry_settings_job(settings, i, &override, &job, &error);
    if (status == FERRY_OK && arguments->full)
        ferry_job_take_all(&job);
    if (status != FERRY_OK)
        status = ferry_command_report(&error, NULL);
    else if (job.group != NULL)
        status = ferry_command_each_table(&job, chosen->only, arguments, action);
    else
        status = action(&job, arguments);
    ferry_job_done(&job);
    return status;
}

/* Each job has a context of its own (context.h), whatever else goes on in the process. */
static ferry_status do_job(const struct ferry_arguments *arguments, struct ferry_settings *settings,
                           const struct chosen *chosen, ferry_job_action *action)
{
    struct ferry_error error = {0};
    struct ferry_context *context = ferry_context_new();
    if (context == NULL) {
        (void)ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for job '%s'",
                         ferry_settings_job_name(settings, chosen->index));
        return ferry_command_report(&error, NULL);
    }
    ferry_context_enter(context);
    ferry_status status = do_in_context(arguments, settings, chosen, action);
    ferry_context_enter(NULL);
    ferry_context_release(context);
    return status;
}

/* JOB, or JOB/TABLE where that job has many tables; a job's own name may have slashes too. */
static ferry_status choose_job(const struct ferry_settings *settings, const char *word,
                               struct chosen *ret_chosen, struct ferry_error *error)
{
    ferry_status status = ferry_settings_find_job(settings, word, &ret_chosen->index, error);
    if (status == FERRY_OK ||
        !ferry_settings_find_table(settings, word, &ret_chosen->index, &ret_chosen->only))
        return status;
    ferry_error_clear(error);
    return FERRY_OK;
}

/* The jobs to do, in the order of the command line; checked before the first runs. */
static ferry_status choose_jobs(const struct ferry_arguments *arguments,
                                const struct ferry_settings *settings, struct chosen **ret_list,
                                size_t *ret_count, struct ferry_error *error)
{
    size_t count = arguments->operand_count;
    bool all = count == 0;
    if (all)
        count = ferry_settings_job_count(settings);
    if (count == 0)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "the configuration has no jobs; add one to the list jobs");
    struct chosen *list = calloc(count, sizeof *list);
    if (list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        list[i].index = i;
        if (!all)
            status = choose_job(settings, arguments->operands[i], &list[i], error);
    }
    if (status != FERRY_OK) {
        free(list);
        return status;
    }
    *ret_list = list;
    *ret_count = count;
    return FERRY_OK;
}

ferry_status ferry_command_each_job(const struct ferry_arguments *arguments,
                                    struct ferry_settings *settings, ferry_job_action *action)
{
    struct ferry_error error = {0};
    struct chosen *list = NULL;
    size_t count = 0;
    if (choose_jobs(arguments, settings, &list, &count, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status outcome = FERRY_OK;
    for (size_t i = 0; i < count; i++)
        if (ferry_signal_caught() == 0)
            outcome = ferry_error_graver(outcome, do_job(arguments, settings, &list[i], action));
        else
            ferry_outcome_leave(ferry_settings_job_name(settings, list[i].index));
    free(list);
    return outcome;
}
