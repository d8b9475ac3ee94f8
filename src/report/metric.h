/* The table of metrics: how they are called, what they mean, and the lines of one run. */

#ifndef FERRY_METRIC_H
#define FERRY_METRIC_H

#include "report/metrics.h"

#define FERRY_METRIC_LABELS 4 /* at most */

struct ferry_metric {
    const char *name;
    const char *help;
    const char *labels[FERRY_METRIC_LABELS]; /* up to the first NULL, in this order */
    bool of_success;                         /* a run that fails leaves it as it was */
    void (*add)(struct ferry_strbuf *text, const struct ferry_metric *metric,
                const struct ferry_metrics_run *run, const struct ferry_report *report);
    size_t offset; /* of the report's member, where `add` takes one */
};
extern const struct ferry_metric ferry_metrics[];
extern const size_t ferry_metric_count;

#define FERRY_METRIC_CONFIG "config" /* the first labels of all that is told of a job */
#define FERRY_METRIC_JOB "dbferry_job"
bool ferry_metric_is_of_job(const struct ferry_metric *metric);
/* When the job succeeded last: no moment that lies ahead. */
bool ferry_metric_is_last_success(const struct ferry_metric *metric);

/* The inside of a label's value. */
void ferry_metric_escape(struct ferry_strbuf *text, const char *value);
/* "12.345" */
void ferry_metric_add_seconds(struct ferry_strbuf *text, int64_t ms);
/* All lines of a run, without HELP and TYPE. */
void ferry_metrics_add_lines(struct ferry_strbuf *text, const struct ferry_metrics_run *run);

#endif
