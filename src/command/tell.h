/* Who is told of a run that has ended, beside the log and the history: whoever reads its metrics,
 * and a program of the user's.  No run fails for it. */

#ifndef FERRY_TELL_H
#define FERRY_TELL_H

#include "config/settings.h"
#include "report/certificate.h"
#include "report/history.h"

/* What earlier runs of a job came to.  Free it with ferry_past_done(). */
struct ferry_past {
    int64_t state; /* of the last that was not stopped by a signal; FERRY_REPORT_NONE: not known */
    struct ferry_report success; /* the last one; job NULL: not known */
};

/* Asks the history (or NULL) as far as somebody has to be told, while the run of `report`, which
 * has come to an end, still goes on there. */
void ferry_tell_look_back(const struct ferry_settings *settings, struct ferry_history *history,
                          const struct ferry_report *report, struct ferry_past *ret_past);
void ferry_past_done(struct ferry_past *past);

/* Tells all of them. */
void ferry_tell(const struct ferry_settings *settings, const struct ferry_report *report,
                const struct ferry_past *past, const struct ferry_certificates *certificates);

/* Whether certificates are told of. */
bool ferry_tell_wants_certificates(const struct ferry_settings *settings);

#endif
