/* dbferry verify: compares what the source gives with what the target holds. */

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/units.h"
#include "command/command.h"
#include "command/events.h"
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

/* ---- Rows that differ ---- */

static void print_difference(const char *job, const struct ferry_strbuf *line)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    ferry_escape_text(&name, job, strlen(job), 200);
    (void)printf("%s: %s\n", ferry_strbuf_text(&name), ferry_strbuf_text(line));
}

static void add_value(struct ferry_json *event, const char *name, const struct ferry_column *column,
                      const struct ferry_cell *cell)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_difference_add_value(&text, column, cell);
    ferry_json_add_text(event, name, ferry_strbuf_text(&text));
}

static void write_key(struct ferry_json *event, const struct ferry_difference *difference)
{
    const struct ferry_plan *plan = difference->plan;
    ferry_json_begin_list(event, "key");
    for (size_t i = 0; i < plan->key.count; i++) {
        size_t at = plan->key.columns[i];
        ferry_json_begin_object(event, NULL);
        ferry_json_add_text(event, "column", plan->schema.columns[at].name);
        add_value(event, "value", &plan->schema.columns[at], &ferry_difference_row(difference)[at]);
        ferry_json_end_object(event);
    }
    ferry_json_end_list(event);
}

static void write_columns(struct ferry_json *event, const struct ferry_difference *difference)
{
    const struct ferry_schema *schema = &difference->plan->schema;
    ferry_json_begin_list(event, "columns");
    for (size_t i = 0; i < schema->count; i++) {
        if (!ferry_difference_is_in(difference, i))
            continue;
        ferry_json_begin_object(event, NULL);
        ferry_json_add_text(event, "column", schema->columns[i].name);
        if (difference->values) {
            add_value(event, "source", &schema->columns[i], &difference->source[i]);
            add_value(event, "target", &schema->columns[i], &difference->stored[i]);
        }
        ferry_json_end_object(event);
    }
    ferry_json_end_list(event);
}

static ferry_status tell_difference(const char *job, const struct ferry_difference *difference,
                                    struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    struct ferry_json event;
    if (ferry_events_are_enabled()) {
        ferry_event_begin(&event, "difference");
        ferry_json_add_text(&event, "job", job);
        ferry_json_add_text(&event, "kind", ferry_difference_kind(difference));
        write_key(&event, difference);
        write_columns(&event, difference);
        ferry_event_write(&event);
        return FERRY_OK;
    }
    ferry_difference_add_line(&line, difference);
    if (line.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a row that differs");
    print_difference(job, &line);
    return FERRY_OK;
}

/* ---- A job ---- */

/* After the rows that differ, how it ended. */
static void write_verification(const struct ferry_job *job, ferry_status status,
                               const struct ferry_sync_result *result)
{
    struct ferry_json event;
    if (!ferry_events_are_enabled())
        return;
    ferry_event_begin(&event, "verification");
    ferry_json_add_text(&event, "job", job->name);
    if (status == FERRY_OK || status == FERRY_ERR_DATA)
        ferry_json_add_bool(&event, "same", status == FERRY_OK);
    else
        ferry_json_add_null(&event, "same"); /* they could not be compared */
    if (status == FERRY_OK)
        ferry_json_add_count(&event, "rows", result->rows);
    else
        ferry_json_add_null(&event, "rows");
    ferry_json_add_seconds(&event, "seconds", result->total_ms);
    ferry_json_add_int(&event, "exit_code", ferry_command_exit_code(status));
    ferry_event_write(&event);
}

static ferry_status verify_job(const struct ferry_job *job, const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    struct ferry_job compared = *job;
    const struct ferry_differences report = {
        .most = (uint64_t)arguments->rows, .values = arguments->values, .tell = tell_difference};
    if (arguments->rows > 0)
        compared.differences = &report;
    ferry_status status = ferry_attempt_job(&compared, ferry_sync_verify, &result, &error);
    if (job->ret_result != NULL)
        *job->ret_result = result;
    if (status != FERRY_OK)
        (void)ferry_command_report(&error, NULL);
    write_verification(job, status, &result);
    if (status != FERRY_OK)
        return status;
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
