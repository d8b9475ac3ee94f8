/* A job: what is read from where, and what it replaces under which rules. */

#ifndef FERRY_JOB_H
#define FERRY_JOB_H

#include "driver/option.h"
#include "engine/guard.h"
#include "engine/negotiate.h"
#include "engine/verify.h"
#include "engine/wish.h"

/* What may be read where the source cannot be reached.  Start as {0}: nothing. */
struct ferry_fallback {
    const char *name;                  /* of the connection, as the job has it; NULL: none */
    const struct ferry_config *source; /* the connection; NULL: none, or switched off */
    int64_t max_age_ms;                /* 0: of any age */
};

/* From where to where, and how it is gone about; of all tables of a job.  The connections outlive
 * it. */
struct ferry_route {
    const struct ferry_config *source;
    const struct ferry_config *target;
    struct ferry_fallback fallback;
    uint32_t staging;
    int64_t lock_wait_ms;
    bool shared_target; /* another job of the configuration writes to the same place */
};

/* One table: what is read, what it becomes, under which rules. */
struct ferry_task {
    struct ferry_read read;
    struct ferry_read fallback_read; /* instead, from the fallback */
    const char *table;               /* in the target */
    struct ferry_plan_policy policy;
    struct ferry_guard_rules guards;
    struct ferry_index *indexes;
    size_t index_count;
    bool copy_indexes; /* those of the source, and its primary key */
    struct ferry_column_rules columns;
    enum ferry_verify verify;
    bool verify_insisted; /* it is no default: a target that cannot do it is refused */
};

/* Start as {0}.  Strings point into `keys`, which must outlive the job.  At present a job has one
 * table. */
struct ferry_job {
    const struct ferry_config *keys; /* checked values of its keys */
    const char *name;
    struct ferry_route route;
    struct ferry_task task;
};

/* What the job makes of plan->described, which is the fallback's with `of_fallback`, before the
 * target is asked: plan->schema with its wishes, keys and indexes.  Their strings live as long as
 * the job and the plan. */
ferry_status ferry_job_begin_plan(const struct ferry_job *job, bool of_fallback,
                                  struct ferry_plan *plan, struct ferry_error *error);
void ferry_indexes_free(struct ferry_index *indexes, size_t count);
void ferry_job_done(struct ferry_job *job);

#endif
