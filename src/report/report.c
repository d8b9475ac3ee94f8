/* The fields of a report are listed once: the history and all JSON go by this list. */

#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "report/process.h"

static const char *const states[FERRY_RUN_STATES] = {
    [FERRY_RUN_RUNNING] = "running",     [FERRY_RUN_DONE] = "done",
    [FERRY_RUN_UNCHANGED] = "unchanged", [FERRY_RUN_FALLBACK] = "fallback",
    [FERRY_RUN_FAILED] = "failed",       [FERRY_RUN_STOPPED] = "stopped",
    [FERRY_RUN_LEFT] = "left",           [FERRY_RUN_KILLED] = "killed",
};

const char *ferry_run_state_name(int64_t state)
{
    return state >= 0 && state < FERRY_RUN_STATES ? states[state] : "unknown";
}

bool ferry_run_state_read(const char *name, int64_t *ret_state)
{
    for (int64_t i = 0; i < FERRY_RUN_STATES; i++)
        if (strcmp(states[i], name) == 0) {
            *ret_state = i;
            return true;
        }
    return false;
}

bool ferry_run_state_is_mute(int64_t state)
{
    return state == FERRY_RUN_RUNNING || state == FERRY_RUN_LEFT;
}

bool ferry_run_state_is_success(int64_t state)
{
    return state == FERRY_RUN_DONE || state == FERRY_RUN_UNCHANGED || state == FERRY_RUN_FALLBACK;
}

#define AT(member) offsetof(struct ferry_report, member)

const struct ferry_report_field ferry_report_fields[] = {
    {"job", FERRY_REPORT_TEXT, AT(job), "job"},
    {"run_id", FERRY_REPORT_TEXT, AT(run_id), "run_id"},
    {"state", FERRY_REPORT_STATE, AT(state), "state"},
    {"started", FERRY_REPORT_MOMENT, AT(started_ms), "started"},
    {"ended", FERRY_REPORT_MOMENT, AT(ended_ms), "ended"},
    {"seconds", FERRY_REPORT_SECONDS, AT(elapsed_ms), "seconds"},
    {"phases", FERRY_REPORT_JSON, AT(phases), "phases"},
    {"rows", FERRY_REPORT_NUMBER, AT(rows), "rows"},
    {"rows_before", FERRY_REPORT_NUMBER, AT(rows_before), "rows_before"},
    {"inserted", FERRY_REPORT_NUMBER, AT(inserted), "inserted"},
    {"updated", FERRY_REPORT_NUMBER, AT(updated), "updated"},
    {"deleted", FERRY_REPORT_NUMBER, AT(deleted), "deleted"},
    {"unchanged", FERRY_REPORT_NUMBER, AT(unchanged), "unchanged"},
    {"bytes", FERRY_REPORT_NUMBER, AT(bytes), "bytes"},
    {"source", FERRY_REPORT_TEXT, AT(source), "source"},
    {"fallback", FERRY_REPORT_TEXT, AT(fallback), "fallback"},
    {"target", FERRY_REPORT_TEXT, AT(target), "target"},
    {"attempts", FERRY_REPORT_NUMBER, AT(attempts), "attempts"},
    {"exit_code", FERRY_REPORT_NUMBER, AT(exit_code), "exit_code"},
    {"message", FERRY_REPORT_TEXT, AT(message), "message"},
    {"version", FERRY_REPORT_TEXT, AT(version), "dbferry_version"},
    {"host", FERRY_REPORT_TEXT, AT(host), "host"},
    {"pid", FERRY_REPORT_NUMBER, AT(pid), NULL},
    {"process_started", FERRY_REPORT_NUMBER, AT(process_started), NULL},
};
const size_t ferry_report_field_count = sizeof ferry_report_fields / sizeof ferry_report_fields[0];

bool ferry_report_field_is_text(const struct ferry_report_field *field)
{
    return field->type == FERRY_REPORT_TEXT || field->type == FERRY_REPORT_JSON;
}

char **ferry_report_text(const struct ferry_report *report, const struct ferry_report_field *field)
{
    return (char **)(void *)((char *)report + field->offset);
}

int64_t *ferry_report_number(const struct ferry_report *report,
                             const struct ferry_report_field *field)
{
    return (int64_t *)(void *)((char *)report + field->offset);
}

void ferry_report_set(char **place, const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);
    free(*place);
    *place = copy;
}

bool ferry_report_begin(struct ferry_report *ret_report, const char *job)
{
    struct ferry_report report = {.job = strdup(job),
                                  .host = ferry_process_host(),
                                  .version = strdup(PACKAGE_VERSION),
                                  .state = FERRY_RUN_RUNNING};
    for (size_t i = 0; i < ferry_report_field_count; i++)
        if (!ferry_report_field_is_text(&ferry_report_fields[i]) &&
            ferry_report_fields[i].type != FERRY_REPORT_STATE)
            *ferry_report_number(&report, &ferry_report_fields[i]) = FERRY_REPORT_NONE;
    report.started_ms = ferry_clock_wall_ms();
    report.pid = getpid();
    report.process_started = ferry_process_started(report.pid);
    if (report.job == NULL || report.host == NULL || report.version == NULL) {
        ferry_report_done(&report);
        return false;
    }
    *ret_report = report;
    return true;
}

bool ferry_report_copy(struct ferry_report *ret_report, const struct ferry_report *report)
{
    struct ferry_report copy = *report;
    bool is_whole = true;
    for (size_t i = 0; i < ferry_report_field_count; i++) {
        const struct ferry_report_field *field = &ferry_report_fields[i];
        if (!ferry_report_field_is_text(field))
            continue;
        char *text = *ferry_report_text(report, field);
        *ferry_report_text(&copy, field) = text == NULL ? NULL : strdup(text);
        is_whole = is_whole && (text == NULL || *ferry_report_text(&copy, field) != NULL);
    }
    if (is_whole)
        *ret_report = copy;
    else
        ferry_report_done(&copy);
    return is_whole;
}

void ferry_report_done(struct ferry_report *report)
{
    for (size_t i = 0; i < ferry_report_field_count; i++)
        if (ferry_report_field_is_text(&ferry_report_fields[i]))
            free(*ferry_report_text(report, &ferry_report_fields[i]));
    *report = (struct ferry_report){0};
}

/* ---- As JSON ---- */

static void add_text(struct ferry_strbuf *text, const char *value)
{
    ferry_strbuf_add(text, "\"");
    ferry_escape_json(text, value, strlen(value));
    ferry_strbuf_add(text, "\"");
}

static void add_moment(struct ferry_strbuf *text, int64_t ms)
{
    char moment[FERRY_CLOCK_TEXT];
    ferry_clock_print(ms, moment);
    ferry_strbuf_addf(text, "\"%s\"", moment);
}

static void add_number(struct ferry_strbuf *text, enum ferry_report_type type, int64_t value)
{
    if (type == FERRY_REPORT_STATE)
        add_text(text, ferry_run_state_name(value));
    else if (value == FERRY_REPORT_NONE)
        ferry_strbuf_add(text, "null");
    else if (type == FERRY_REPORT_MOMENT)
        add_moment(text, value);
    else if (type == FERRY_REPORT_SECONDS)
        ferry_strbuf_addf(text, "%" PRId64 ".%03" PRId64, value / 1000, value % 1000);
    else
        ferry_strbuf_addf(text, "%" PRId64, value);
}

static void add_field(struct ferry_strbuf *text, const struct ferry_report *report,
                      const struct ferry_report_field *field)
{
    if (!ferry_report_field_is_text(field)) {
        add_number(text, field->type, *ferry_report_number(report, field));
        return;
    }
    const char *value = *ferry_report_text(report, field);
    if (value == NULL)
        ferry_strbuf_add(text, "null");
    else if (field->type == FERRY_REPORT_JSON)
        ferry_strbuf_add(text, value);
    else
        add_text(text, value);
}

void ferry_report_add_json(struct ferry_strbuf *text, const struct ferry_report *report)
{
    const char *between = "";
    for (size_t i = 0; i < ferry_report_field_count; i++) {
        const struct ferry_report_field *field = &ferry_report_fields[i];
        if (field->told_as == NULL)
            continue;
        ferry_strbuf_addf(text, "%s\"%s\":", between, field->told_as);
        add_field(text, report, field);
        between = ",";
    }
}
