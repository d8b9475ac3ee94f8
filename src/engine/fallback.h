/* The fallback of a job: when a run may read from it, and how old its data are. */

#ifndef FERRY_FALLBACK_H
#define FERRY_FALLBACK_H

#include "base/clock.h"
#include "base/strbuf.h"
#include "driver/connection.h"
#include "engine/freshness.h"
#include "engine/job.h"

/* Where the rows of a run come from.  {0}: from the job's source itself. */
struct ferry_provenance {
    const struct ferry_config *fallback; /* read instead of the source; NULL: it was not */
    enum ferry_freshness_basis basis;    /* how the rest is known */
    bool is_target;                      /* it reads the very table to be replaced */
    int64_t age_ms;                      /* of its data; below 0: dated in the future */
    char data_from[FERRY_CLOCK_TEXT];    /* when they were read from a primary */
};

/* Whether this failure of opening the source lets the job's fallback step in. */
bool ferry_fallback_may_follow(const struct ferry_route *route, const struct ferry_error *error);

/* Whether what the fallback reads is, by its name, the very table that the task replaces. */
bool ferry_fallback_is_target(const struct ferry_route *route, const struct ferry_task *task);

/* Asks the open fallback, whose snapshot is taken, how old the data of one table are. */
ferry_status ferry_fallback_ask(const struct ferry_route *route, const struct ferry_task *task,
                                struct ferry_connection *source, struct ferry_provenance *ret_from,
                                struct ferry_error *error);
/* UNREACHABLE if the answer is that it reads from the very table to be replaced, or that the data
 * are older than the job allows, or of an age that nobody knows. */
ferry_status ferry_fallback_judge(const struct ferry_route *route, const struct ferry_task *task,
                                  const struct ferry_provenance *from, struct ferry_error *error);
/* Asks and judges every table of the job; the answer is that of the oldest. */
ferry_status ferry_fallback_ask_all(const struct ferry_job *job, struct ferry_connection *source,
                                    struct ferry_provenance *ret_from, struct ferry_error *error);

/* Tells that the run reads from the fallback from now on, and why: `reason` is what the source's
 * failure was. */
void ferry_fallback_warn(const struct ferry_job *job, const struct ferry_provenance *from,
                         const char *reason);
/* Puts plain words in the place of an error of opening the fallback (`opened`: it came after that)
 * that says no more than that a copy which the job itself makes is not there yet. */
ferry_status ferry_fallback_explain(const struct ferry_job *job, bool opened,
                                    struct ferry_error *error);

/* "data 3 h 12 min old" */
void ferry_fallback_add_age(struct ferry_strbuf *text, const struct ferry_provenance *from);
/* "3 h 12 min old (from 2026-01-31T12:00:00.000Z, by the record of the run that wrote them)" */
void ferry_fallback_add_basis(struct ferry_strbuf *text, const struct ferry_provenance *from);

#endif
