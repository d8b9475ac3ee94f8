/* A job: what is read from where, and what it replaces under which rules. */

#ifndef FERRY_JOB_H
#define FERRY_JOB_H

#include "config_file.h"
#include "guard.h"
#include "job_fallback.h"
#include "negotiate.h"
#include "verify.h"
#include "wish.h"

/* The keys of a job and of the group `general`; declared once, for checks, help and manual. */
extern const struct ferry_option ferry_job_options[];
extern const size_t ferry_job_option_count;
extern const struct ferry_option ferry_general_options[];
extern const size_t ferry_general_option_count;

/* Start as {0}.  Strings point into `keys`, which must outlive the job. */
struct ferry_job {
    const struct ferry_config *keys; /* checked values, see ferry_job_options */
    const char *name;
    const struct ferry_config *source; /* connections; they outlive the job */
    const struct ferry_config *target;
    struct ferry_read read;
    struct ferry_fallback fallback;
    /* Set where `source` is the fallback of this connection, which was not reached and whose time
     * limits go on; else NULL. */
    const struct ferry_config *primary;
    const char *table; /* in the target */
    struct ferry_plan_policy policy;
    struct ferry_guard_rules guards;
    struct ferry_index *indexes;
    size_t index_count;
    bool copy_indexes; /* those of the source, and its primary key */
    struct ferry_column_rules columns;
    enum ferry_verify verify;
    bool verify_insisted; /* it is no default: a target that cannot do it is refused */
    uint32_t staging;
    int64_t lock_wait_ms;
    bool shared_target; /* another job of the configuration writes to the same place */
};

/* Fills in everything but source, fallback.source, target and shared_target from checked values.
 * `file` is where lists come from (NULL: there are none).  Fails with what `origin` says. */
ferry_status ferry_job_read(struct ferry_job *job, const struct ferry_config *keys,
                            const struct ferry_config_file *file, const struct ferry_origin *origin,
                            struct ferry_error *error);
/* What the job makes of plan->described before the target is asked: plan->schema with its wishes,
 * keys and indexes.  Their strings live as long as the job and the plan. */
ferry_status ferry_job_begin_plan(const struct ferry_job *job, struct ferry_plan *plan,
                                  struct ferry_error *error);
void ferry_job_done(struct ferry_job *job);

#endif
