/* Each metric is one row of the table.  All are gauges: what they tell is the last run's. */

#include "report/metric.h"

#include <inttypes.h>
#include <string.h>

#include "base/escape.h"

/* ---- Lines ---- */

void ferry_metric_escape(struct ferry_strbuf *text, const char *value)
{
    size_t left = strlen(value);
    while (left > 0) {
        size_t length = ferry_escape_utf8_length(value, left);
        if (length == 0)
            ferry_strbuf_add(text, "\xEF\xBF\xBD"); /* U+FFFD: the format is UTF-8 */
        else if (*value == '\n')
            ferry_strbuf_add(text, "\\n");
        else if (*value == '\\' || *value == '"')
            ferry_strbuf_addf(text, "\\%c", *value);
        else
            ferry_strbuf_append(text, value, length);
        length += length == 0;
        value += length;
        left -= length;
    }
}

void ferry_metric_add_seconds(struct ferry_strbuf *text, int64_t ms)
{
    ferry_strbuf_addf(text, "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

bool ferry_metric_is_of_job(const struct ferry_metric *metric)
{
    return strcmp(metric->labels[0], FERRY_METRIC_CONFIG) == 0;
}

static void add_label(struct ferry_strbuf *text, const char *name, const char *value)
{
    ferry_strbuf_addf(text, "%s%s=\"", text->data[text->length - 1] == '{' ? "" : ",", name);
    ferry_metric_escape(text, value);
    ferry_strbuf_add(text, "\"");
}

/* NAME{config="...",dbferry_job="...",...}, up to the value; `first` and `second` are of the
 * labels behind those two, or NULL. */
static void add_name(struct ferry_strbuf *text, const struct ferry_metric *metric,
                     const struct ferry_metrics_run *run, const char *first, const char *second)
{
    ferry_strbuf_addf(text, "%s{", metric->name);
    if (text->failed)
        return;
    add_label(text, metric->labels[0], run->config);
    add_label(text, metric->labels[1], run->report->job);
    if (first != NULL)
        add_label(text, metric->labels[2], first);
    if (second != NULL)
        add_label(text, metric->labels[3], second);
    ferry_strbuf_add(text, "} ");
}

/* What is not known has no line. */
static void add_number(struct ferry_strbuf *text, const struct ferry_metric *metric,
                       const struct ferry_metrics_run *run, const char *label, int64_t value)
{
    if (value < 0)
        return;
    add_name(text, metric, run, label, NULL);
    ferry_strbuf_addf(text, "%" PRId64 "\n", value);
}

static void add_seconds(struct ferry_strbuf *text, const struct ferry_metric *metric,
                        const struct ferry_metrics_run *run, const char *label, int64_t ms)
{
    if (ms < 0)
        return;
    add_name(text, metric, run, label, NULL);
    ferry_metric_add_seconds(text, ms);
    ferry_strbuf_add(text, "\n");
}

/* ---- What they tell ---- */

static int64_t member(const struct ferry_metric *metric, const struct ferry_report *report)
{
    int64_t value;
    memcpy(&value, (const char *)report + metric->offset, sizeof value);
    return value;
}

static void add_member(struct ferry_strbuf *text, const struct ferry_metric *metric,
                       const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    add_number(text, metric, run, NULL, member(metric, report));
}

static void add_member_seconds(struct ferry_strbuf *text, const struct ferry_metric *metric,
                               const struct ferry_metrics_run *run,
                               const struct ferry_report *report)
{
    add_seconds(text, metric, run, NULL, member(metric, report));
}

static void add_build(struct ferry_strbuf *text, const struct ferry_metric *metric,
                      const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    (void)run;
    ferry_strbuf_addf(text, "%s{%s=\"", metric->name, metric->labels[0]);
    ferry_metric_escape(text, report->version);
    ferry_strbuf_add(text, "\"} 1\n");
}

/* The clock may have been set back since: an alert would wait for that moment to pass. */
static void add_last_success(struct ferry_strbuf *text, const struct ferry_metric *metric,
                             const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    int64_t now_ms = run->report->ended_ms;
    add_seconds(text, metric, run, NULL, report->ended_ms < now_ms ? report->ended_ms : now_ms);
}

bool ferry_metric_is_last_success(const struct ferry_metric *metric)
{
    return metric->add == add_last_success;
}

static void add_phases(struct ferry_strbuf *text, const struct ferry_metric *metric,
                       const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    (void)report;
    for (size_t i = 0; i < run->phases->count; i++)
        add_seconds(text, metric, run, run->phases->list[i].name, run->phases->list[i].ms);
}

static void add_changes(struct ferry_strbuf *text, const struct ferry_metric *metric,
                        const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    add_number(text, metric, run, "inserted", report->inserted);
    add_number(text, metric, run, "updated", report->updated);
    add_number(text, metric, run, "deleted", report->deleted);
    add_number(text, metric, run, "unchanged", report->unchanged);
}

static void add_is_fallback(struct ferry_strbuf *text, const struct ferry_metric *metric,
                            const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    add_number(text, metric, run, NULL, report->state == FERRY_RUN_FALLBACK ? 1 : 0);
}

static void add_expected(struct ferry_strbuf *text, const struct ferry_metric *metric,
                         const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    (void)report;
    add_seconds(text, metric, run, NULL, run->expected_ms);
}

static void add_certificate(struct ferry_strbuf *text, const struct ferry_metric *metric,
                            const struct ferry_metrics_run *run, const char *role,
                            const struct ferry_certificate *certificate)
{
    if (certificate->connection == NULL || certificate->ends_ms < 0)
        return;
    add_name(text, metric, run, role, certificate->connection);
    ferry_metric_add_seconds(text, certificate->ends_ms);
    ferry_strbuf_add(text, "\n");
}

/* Of a run that has failed too, as far as it has seen them. */
static void add_certificates(struct ferry_strbuf *text, const struct ferry_metric *metric,
                             const struct ferry_metrics_run *run, const struct ferry_report *report)
{
    (void)report;
    add_certificate(text, metric, run, "source", &run->certificates.source);
    add_certificate(text, metric, run, "target", &run->certificates.target);
}

/* ---- The table ---- */

#define OF_JOB FERRY_METRIC_CONFIG, FERRY_METRIC_JOB
#define AT(member) offsetof(struct ferry_report, member)

const struct ferry_metric ferry_metrics[] = {
    {.name = "dbferry_build_info",
     .help = "1, for the version of dbferry that has written this file.",
     .labels = {"version"},
     .add = add_build},
    {.name = "dbferry_job_last_run_timestamp_seconds",
     .help = "When the last run of the job ended, well or not.",
     .labels = {OF_JOB},
     .add = add_member_seconds,
     .offset = AT(ended_ms)},
    {.name = "dbferry_job_last_success_timestamp_seconds",
     .help = "When the last run ended after which the target held the rows of a source.",
     .labels = {OF_JOB},
     .of_success = true,
     .add = add_last_success},
    {.name = "dbferry_job_last_exit_code",
     .help = "The exit code of the last run: 0, 3 from its fallback, above that a failure.",
     .labels = {OF_JOB},
     .add = add_member,
     .offset = AT(exit_code)},
    {.name = "dbferry_job_last_duration_seconds",
     .help = "How long the last run took, with all its attempts.",
     .labels = {OF_JOB},
     .add = add_member_seconds,
     .offset = AT(elapsed_ms)},
    {.name = "dbferry_job_last_phase_duration_seconds",
     .help = "How long the last run was in each of its phases.",
     .labels = {OF_JOB, "phase"},
     .add = add_phases},
    {.name = "dbferry_job_last_attempts",
     .help = "How many attempts the last run took.",
     .labels = {OF_JOB},
     .add = add_member,
     .offset = AT(attempts)},
    {.name = "dbferry_job_rows",
     .help = "How many rows the target had after the last success.",
     .labels = {OF_JOB},
     .of_success = true,
     .add = add_member,
     .offset = AT(rows)},
    {.name = "dbferry_job_rows_before",
     .help = "How many rows it had before that.",
     .labels = {OF_JOB},
     .of_success = true,
     .add = add_member,
     .offset = AT(rows_before)},
    {.name = "dbferry_job_changed_rows",
     .help = "What the last success did with single rows, where its strategy does that.",
     .labels = {OF_JOB, "change"},
     .of_success = true,
     .add = add_changes},
    {.name = "dbferry_job_bytes",
     .help = "How many bytes of values the last success read.",
     .labels = {OF_JOB},
     .of_success = true,
     .add = add_member,
     .offset = AT(bytes)},
    {.name = "dbferry_job_source_is_fallback",
     .help = "1 if the last success read its rows from the fallback source, else 0.",
     .labels = {OF_JOB},
     .of_success = true,
     .add = add_is_fallback},
    {.name = "dbferry_job_expected_interval_seconds",
     .help = "expect_every of the job: its last success is to be no older.",
     .labels = {OF_JOB},
     .add = add_expected},
    {.name = "dbferry_job_certificate_not_after_timestamp_seconds",
     .help = "When the certificate ends that the server has shown.",
     .labels = {OF_JOB, "role", "connection"},
     .of_success = true,
     .add = add_certificates},
};
const size_t ferry_metric_count = sizeof ferry_metrics / sizeof ferry_metrics[0];

void ferry_metrics_add_lines(struct ferry_strbuf *text, const struct ferry_metrics_run *run)
{
    for (size_t i = 0; i < ferry_metric_count; i++) {
        const struct ferry_metric *metric = &ferry_metrics[i];
        bool is_of_run = !metric->of_success || metric->add == add_certificates;
        const struct ferry_report *report = is_of_run ? run->report : run->success;
        if (report != NULL)
            metric->add(text, metric, run, report);
    }
}
