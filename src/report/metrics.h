/* Metrics: the last run of each job as text for Prometheus, in a file that its node_exporter reads.
 */

#ifndef FERRY_METRICS_H
#define FERRY_METRICS_H

#include "base/error.h"
#include "base/phases.h"
#include "report/certificate.h"
#include "report/report.h"

/* A run that has ended, and what is to be told beside its report. */
struct ferry_metrics_run {
    const struct ferry_report *report;
    const struct ferry_report *success; /* the last one, or the same; NULL: none is known */
    const struct ferry_phases *phases;
    struct ferry_certificates certificates;
    int64_t expected_ms;     /* FERRY_REPORT_NONE: nothing is expected */
    const char *config;      /* path of its configuration, ... */
    const char *const *jobs; /* ... and the names of that one's jobs */
    size_t job_count;
};

/* Puts the run into the file: other jobs' lines stay, but for jobs that its configuration has no
 * longer; where it has failed, what is told of the last success stays too.  Processes do so one
 * after another.  Fails where another one takes too long, where the file is none of ours, or where
 * it cannot be written; then it is what it was. */
ferry_status ferry_metrics_write(const char *path, const struct ferry_metrics_run *run,
                                 struct ferry_error *error);

/* ---- The parts, for tests ---- */

/* The text of a file that had the text `old`, which is used up.  False: out of memory. */
bool ferry_metrics_merge(struct ferry_strbuf *text, char *old, const struct ferry_metrics_run *run);
/* What each such file begins with. */
#define FERRY_METRICS_BEGINNING "# HELP dbferry_"

#endif
