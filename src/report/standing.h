/* How a job stands: its last run, its last success, and whether that is too long ago. */

#ifndef FERRY_STANDING_H
#define FERRY_STANDING_H

#include "report/history.h"

struct ferry_standing {
    struct ferry_report last, success; /* job NULL: there is none */
    int64_t expect_every_ms;           /* 0: nothing is expected */
    bool is_late;                      /* its last success is older, or there is none */
};

/* `history` NULL: there is none yet.  A run that goes on by its row, but whose process is gone, was
 * killed.  A success that lies ahead, since the clock was set, is not late.  To be freed. */
ferry_status ferry_standing_find(struct ferry_history *history, const char *job,
                                 int64_t expect_every_ms, int64_t now_ms,
                                 struct ferry_standing *ret_standing, struct ferry_error *error);
void ferry_standing_done(struct ferry_standing *standing);

/* Whether the process of a run that goes on is gone, as far as this machine can tell. */
bool ferry_report_is_abandoned(const struct ferry_report *report);

#endif
