/* The keys metrics_file and notify_command: who is to be told, and what of earlier runs that takes.
 */

#include "command/tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/context.h"
#include "base/log.h"
#include "report/metrics.h"
#include "report/notice.h"

#define LOOKED_AT 10 /* runs that were stopped, one after another, before it is given up */

static void warn(struct ferry_error *error)
{
    ferry_log(FERRY_LOG_WARNING, "%s; what the run has done stays", error->message);
    ferry_error_clear(error);
}

/* ---- Who wants it ---- */

/* NULL: nobody. */
static const char *metrics_file(const struct ferry_settings *settings)
{
    return ferry_config_string(ferry_settings_general(settings), "metrics_file");
}

bool ferry_tell_wants_certificates(const struct ferry_settings *settings)
{
    return metrics_file(settings) != NULL;
}

static bool has_notices(const struct ferry_settings *settings)
{
    return ferry_config_length(ferry_settings_general(settings), "notify_command") > 0;
}

/* ---- Earlier runs ---- */

/* Of the first that has ended by itself, from the last on. */
static ferry_status note_state(void *data, const struct ferry_report *report,
                               struct ferry_error *error)
{
    struct ferry_past *past = data;
    (void)error;
    if (past->state == FERRY_REPORT_NONE && !ferry_run_state_is_mute(report->state) &&
        report->state != FERRY_RUN_STOPPED)
        past->state = report->state;
    return FERRY_OK;
}

void ferry_tell_look_back(const struct ferry_settings *settings, struct ferry_history *history,
                          const struct ferry_report *report, struct ferry_past *ret_past)
{
    struct ferry_error error = {0};
    struct ferry_report last = {0};
    ferry_status status = FERRY_OK;
    *ret_past = (struct ferry_past){.state = FERRY_REPORT_NONE};
    if (history != NULL && has_notices(settings))
        status = ferry_history_each(history, report->job, LOOKED_AT, note_state, ret_past, &error);
    if (status == FERRY_OK && history != NULL && metrics_file(settings) != NULL &&
        !ferry_run_state_is_success(report->state))
        status = ferry_history_find(history, report->job, &last, &ret_past->success, &error);
    ferry_report_done(&last);
    if (status != FERRY_OK)
        warn(&error);
}

void ferry_past_done(struct ferry_past *past)
{
    ferry_report_done(&past->success);
}

/* ---- Metrics ---- */

/* Nothing is expected of one table of a job, JOB/TABLE. */
static int64_t expected_of(const struct ferry_settings *settings, const char *job)
{
    for (size_t i = 0; i < ferry_settings_job_count(settings); i++) {
        const struct ferry_config *keys = ferry_settings_job_keys(settings, i);
        if (strcmp(ferry_settings_job_name(settings, i), job) == 0 &&
            ferry_config_is_set(keys, "expect_every"))
            return ferry_config_int(keys, "expect_every");
    }
    return FERRY_REPORT_NONE;
}

/* The last one that is known; NULL: none is. */
static const struct ferry_report *success_of(const struct ferry_report *report,
                                             const struct ferry_past *past)
{
    if (ferry_run_state_is_success(report->state))
        return report;
    return past->success.job != NULL ? &past->success : NULL;
}

/* The names are the context's, which lives longer. */
static struct ferry_phases phases_of_run(void)
{
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    return context->phases;
}

static void write_metrics(const struct ferry_settings *settings, const char *path,
                          const struct ferry_report *report, const struct ferry_past *past,
                          const struct ferry_certificates *certificates)
{
    struct ferry_error error = {0};
    const struct ferry_phases phases = phases_of_run();
    size_t count = ferry_settings_job_count(settings);
    FERRY_AUTO_FREE const char **jobs = calloc(count + 1, sizeof *jobs);
    FERRY_AUTO_FREE char *config = realpath(ferry_settings_path(settings), NULL);
    for (size_t i = 0; jobs != NULL && i < count; i++)
        jobs[i] = ferry_settings_job_name(settings, i);
    const struct ferry_metrics_run run = {
        .report = report,
        .success = success_of(report, past),
        .phases = &phases,
        .certificates = *certificates,
        .expected_ms = expected_of(settings, report->job),
        .config = config != NULL ? config : ferry_settings_path(settings),
        .jobs = jobs,
        .job_count = count,
    };
    if ((jobs == NULL ? ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for the metrics")
                      : ferry_metrics_write(path, &run, &error)) != FERRY_OK)
        warn(&error);
}

/* ---- Notices ---- */

static void send_notice(const struct ferry_settings *settings, const struct ferry_report *report,
                        int64_t before)
{
    struct ferry_error error = {0};
    const struct ferry_config *general = ferry_settings_general(settings);
    enum ferry_notice_event event = ferry_notice_event_of(report->state, before);
    if (event == FERRY_NOTICE_NONE)
        return;
    size_t count = ferry_config_length(general, "notify_command");
    FERRY_AUTO_FREE const char **command = calloc(count + 1, sizeof *command);
    for (size_t i = 0; command != NULL && i < count; i++)
        command[i] = ferry_config_string_at(general, "notify_command", i);
    const struct ferry_notice notice = {.command = command,
                                        .timeout_ms = ferry_config_int(general, "notify_timeout")};
    ferry_status status =
        command == NULL ? ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for notify_command")
                        : ferry_notice_send(&notice, event, report, before, &error);
    if (status != FERRY_OK)
        warn(&error);
}

void ferry_tell(const struct ferry_settings *settings, const struct ferry_report *report,
                const struct ferry_past *past, const struct ferry_certificates *certificates)
{
    const char *path = metrics_file(settings);
    ferry_log_set_phase(NULL);                           /* warnings are of none */
    if (path != NULL && report->state != FERRY_RUN_LEFT) /* the other run tells of itself */
        write_metrics(settings, path, report, past, certificates);
    if (has_notices(settings))
        send_notice(settings, report, past->state);
}
