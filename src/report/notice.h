/* Notices: a program of the user's is told of a run that somebody should know of. */

#ifndef FERRY_NOTICE_H
#define FERRY_NOTICE_H

#include "base/error.h"
#include "report/report.h"

enum ferry_notice_event {
    FERRY_NOTICE_NONE,
    FERRY_NOTICE_FAILED,
    FERRY_NOTICE_FELL_BACK,
    FERRY_NOTICE_RECOVERED, /* a success, after a run that was neither */
};

/* What there is to tell of a run that came to `state`, after one that came to `before`
 * (FERRY_REPORT_NONE: not known).  Nothing of one that was stopped: whoever stopped it knows. */
enum ferry_notice_event ferry_notice_event_of(int64_t state, int64_t before);

struct ferry_notice {
    const char *const *command; /* a program and its arguments; ends with NULL */
    int64_t timeout_ms;
};

/* Starts the program and hands it the report as one JSON object on its standard input.  What it
 * prints goes to the log at debug.  Returns when it has ended; after `timeout_ms`, or a signal
 * (signals.h), it is killed with its group.  Fails with what went wrong, which is no reason for
 * the run to fail. */
ferry_status ferry_notice_send(const struct ferry_notice *notice, enum ferry_notice_event event,
                               const struct ferry_report *report, int64_t before,
                               struct ferry_error *error);

#endif
