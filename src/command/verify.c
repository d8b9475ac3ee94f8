/* dbferry verify: compares what the source gives with what the target holds. */

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/units.h"
#include "command/command.h"
#include "engine/attempt.h"
#include "engine/differences.h"
#include "engine/sync.h"

/* "60,123 rows are the same on both sides; 12.3 MiB in 1.2 s, 50.1 k rows/s" */
static void add_summary(struct ferry_strbuf *text, const struct ferry_job *job,
                        const struct ferry_sync_result *result)
{
    if (job->tasks[0].no_data) {
        ferry_strbuf_add(text, "the table is as the source's columns want it; its rows are not "
                               "compared, since none are carried (data = false)");
        return;
    }
    ferry_units_add_count(text, result->rows);
    ferry_strbuf_add(text, " rows are the same on both sides; ");
    ferry_units_add_bytes(text, result->bytes);
    ferry_strbuf_add(text, " in ");
    ferry_units_add_duration(text, result->elapsed_ms);
    ferry_strbuf_add(text, ", ");
    ferry_units_add_rate(text, result->rows, result->elapsed_ms);
}

static ferry_status print_difference(const char *job, const struct ferry_difference *difference,
                                     struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_difference_add_line(&line, difference);
    if (line.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a row that differs");
    ferry_escape_text(&name, job, strlen(job), 200);
    (void)printf("%s: %s\n", ferry_strbuf_text(&name), ferry_strbuf_text(&line));
    return FERRY_OK;
}

static ferry_status verify_job(const struct ferry_job *job, const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    struct ferry_job compared = *job;
    const struct ferry_differences report = {
        .most = (uint64_t)arguments->rows, .values = arguments->values, .tell = print_difference};
    if (arguments->rows > 0)
        compared.differences = &report;
    ferry_status status = ferry_attempt_job(&compared, ferry_sync_verify, &result, &error);
    if (job->ret_result != NULL)
        *job->ret_result = result;
    if (status != FERRY_OK)
        return ferry_command_report(&error, NULL);
    FERRY_AUTO_STRBUF struct ferry_strbuf summary = {0};
    add_summary(&summary, job, &result);
    ferry_attempt_add_summary(&summary, &result);
    ferry_command_summarize(job, ferry_strbuf_text(&summary));
    return FERRY_OK;
}

ferry_status ferry_command_verify(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    if (arguments->values && arguments->rows == 0) {
        (void)ferry_fail(&error, FERRY_ERR_USAGE, "--values goes with --rows");
        return ferry_command_report(&error, NULL);
    }
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = ferry_command_each_job(arguments, settings, verify_job);
    ferry_settings_free(settings);
    return status;
}
