/* What the commands share: loading the settings, and going through the jobs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/signals.h"
#include "command/account.h"
#include "command/command.h"
#include "command/delay.h"
#include "command/events.h"
#include "command/group.h"
#include "command/progress.h"
#include "command/service.h"
#include "command/side_by_side.h"
#include "engine/outcome.h"

ferry_status ferry_command_report(struct ferry_error *error, const char *outcome)
{
    ferry_status status = error->status;
    if (status != FERRY_OK) {
        ferry_log_error(error, outcome);
        ferry_event_write_error(error, outcome);
        ferry_account_note_error(error->message);
        ferry_service_tell(NULL, error->message);
    }
    ferry_error_clear(error);
    return status;
}

int ferry_command_exit_code(ferry_status status)
{
    if (status == FERRY_OK)
        return FERRY_EXIT_OK;
    if (ferry_signal_caught() != 0)
        return 128 + ferry_signal_caught();
    return ferry_error_class_of(status)->exit_code;
}

void ferry_command_summarize(const struct ferry_job *job, const char *summary)
{
    if (job->ret_tables != NULL) /* whoever asked for each tells of all */
        return;
    ferry_log(FERRY_LOG_INFO, "done: %s", summary);
    ferry_account_note(summary);
    ferry_service_tell(job->name, summary);
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
    ferry_progress_enable(!arguments->quiet && arguments->verbose == 0);
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

/* What is to be done with the jobs that were chosen: `list` and `names` have `count` each. */
struct work {
    const struct ferry_arguments *arguments;
    struct ferry_settings *settings;
    ferry_job_action *action;
    struct chosen *list;
    const char **names; /* as they are typed */
    size_t count;
};

static struct ferry_settings_override override_of(const struct ferry_arguments *arguments)
{
    return (struct ferry_settings_override){.source = arguments->source,
                                            .target = arguments->target};
}

static bool is_run(const struct work *work)
{
    return (work->action == ferry_command_run_job && !work->arguments->dry_run) ||
           work->action == ferry_command_finish_job;
}

/* Of jobs side by side, each reads with one connection; else --jobs says how many one table has. */
static size_t count_readers(const struct work *work)
{
    int64_t jobs = work->arguments->jobs;
    return jobs > 1 && work->count > 1 ? 1 : (size_t)jobs;
}

static ferry_status act(const struct work *work, const struct chosen *chosen,
                        struct ferry_account *account, struct ferry_sync_result *ret_result)
{
    struct ferry_error error = {0};
    struct ferry_job job = {0};
    const struct ferry_settings_override override = override_of(work->arguments);
    ferry_status status =
        ferry_settings_job(work->settings, chosen->index, &override, &job, &error);
    job.ret_result = ret_result;
    job.readers = count_readers(work);
    job.ret_certificates = ferry_account_certificates(account);
    if (status == FERRY_OK)
        ferry_account_set_route(account, &job.route);
    if (status == FERRY_OK && work->arguments->full)
        ferry_job_take_all(&job);
    if (status != FERRY_OK)
        status = ferry_command_report(&error, NULL);
    else if (job.group != NULL)
        status = ferry_command_each_table(&job, chosen->only, work->arguments, work->action);
    else
        status = work->action(&job, work->arguments);
    ferry_job_done(&job);
    return status;
}

static ferry_status do_in_context(const struct work *work, size_t i,
                                  struct ferry_sync_result *ret_result)
{
    struct ferry_account account = {0};
    ferry_log_set_job(ferry_settings_job_name(work->settings, work->list[i].index));
    if (is_run(work))
        ferry_account_begin(&account, work->settings, work->names[i]);
    ferry_status status = act(work, &work->list[i], &account, ret_result);
    ferry_account_end(&account, status, ret_result);
    return status;
}

/* Each job has a context of its own (context.h), whatever else goes on in the process. */
static ferry_status do_in_new_context(const struct work *work, size_t i,
                                      struct ferry_sync_result *ret_result)
{
    struct ferry_error error = {0};
    struct ferry_context *context = ferry_context_new();
    if (context == NULL) {
        (void)ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for job '%s'", work->names[i]);
        return ferry_command_report(&error, NULL);
    }
    ferry_context_enter(context);
    ferry_status status = do_in_context(work, i, ret_result);
    ferry_context_enter(NULL);
    ferry_context_release(context);
    return status;
}

static void do_job(void *data, size_t i, struct ferry_tally *ret_tally)
{
    struct ferry_sync_result result = {0};
    int64_t started_ms = ferry_clock_ms();
    ferry_status status = do_in_new_context(data, i, &result);
    ferry_tally_take(ret_tally, &result);
    ret_tally->begun = true;
    ret_tally->status = status;
    ret_tally->elapsed_ms = ferry_clock_ms() - started_ms;
}

static ferry_status do_one_after_another(struct work *work, struct ferry_tally *tallies)
{
    ferry_status outcome = FERRY_OK;
    for (size_t i = 0; i < work->count; i++)
        if (ferry_signal_caught() == 0) {
            do_job(work, i, &tallies[i]);
            outcome = ferry_error_graver(outcome, tallies[i].status);
        } else {
            ferry_outcome_leave(work->names[i]);
        }
    return outcome;
}

static ferry_status do_side_by_side(struct work *work, struct ferry_tally *tallies,
                                    struct ferry_error *error)
{
    const struct ferry_settings_override override = override_of(work->arguments);
    struct ferry_claim *claims = calloc(work->count, sizeof *claims);
    if (claims == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    for (size_t i = 0; i < work->count; i++)
        ferry_claim_make(work->settings, work->list[i].index, &override, work->list[i].only,
                         &claims[i]);
    const struct ferry_crowd crowd = {.names = work->names,
                                      .claims = claims,
                                      .count = work->count,
                                      .most = (size_t)work->arguments->jobs,
                                      .work = do_job,
                                      .data = work};
    ferry_status outcome = ferry_side_by_side(&crowd, tallies);
    for (size_t i = 0; i < work->count; i++)
        ferry_claim_done(&claims[i]);
    free(claims);
    return outcome;
}

/* ---- Which jobs ---- */

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
static ferry_status choose_jobs(struct work *work, struct ferry_error *error)
{
    const struct ferry_arguments *arguments = work->arguments;
    bool all = arguments->operand_count == 0;
    work->count = all ? ferry_settings_job_count(work->settings) : arguments->operand_count;
    if (work->count == 0)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "the configuration has no jobs; add one to the list jobs");
    work->list = calloc(work->count, sizeof *work->list);
    work->names = calloc(work->count, sizeof *work->names);
    if (work->list == NULL || work->names == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < work->count && status == FERRY_OK; i++) {
        work->list[i].index = i;
        work->names[i] = all ? ferry_settings_job_name(work->settings, i) : arguments->operands[i];
        if (!all)
            status = choose_job(work->settings, arguments->operands[i], &work->list[i], error);
    }
    return status;
}

static ferry_status do_all(struct work *work, struct ferry_error *error)
{
    const struct ferry_arguments *arguments = work->arguments;
    ferry_command_delay(arguments);
    int64_t started_ms = ferry_clock_ms();
    struct ferry_tally *tallies = calloc(work->count, sizeof *tallies);
    if (tallies == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    ferry_status outcome = arguments->jobs > 1 && work->count > 1 && ferry_signal_caught() == 0
                               ? do_side_by_side(work, tallies, error)
                               : do_one_after_another(work, tallies);
    if (work->count > 1 && is_run(work))
        ferry_tallies_tell(work->names, tallies, work->count, ferry_clock_ms() - started_ms);
    free(tallies);
    return outcome;
}

ferry_status ferry_command_each_job(const struct ferry_arguments *arguments,
                                    struct ferry_settings *settings, ferry_job_action *action)
{
    struct ferry_error error = {0};
    struct work work = {.arguments = arguments, .settings = settings, .action = action};
    ferry_status status = choose_jobs(&work, &error);
    if (status == FERRY_OK)
        status = do_all(&work, &error);
    if (error.status != FERRY_OK)
        status = ferry_command_report(&error, NULL);
    free(work.list);
    free((void *)work.names);
    return status;
}
