/* A job: a group of tables that have one way, and what becomes of each. */

#ifndef FERRY_JOB_H
#define FERRY_JOB_H

#include "driver/option.h"
#include "engine/change_rules.h"
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
    const char *name;          /* of a job of many: JOB/TABLE; NULL: the job's */
    size_t place, place_count; /* which of its tables this is, from 1, and of how many; 0: alone */
    bool together;             /* it changes in one step with others */
    bool foreign_keys;         /* those from and to it hold after a run */
    struct ferry_read read;
    struct ferry_read fallback_read; /* instead, from the fallback */
    const char *table;               /* in the target */
    struct ferry_plan_policy policy;
    struct ferry_guard_rules guards;
    struct ferry_change_rules changes;
    struct ferry_index *indexes;
    size_t index_count;
    bool copy_indexes; /* those of the source, and its primary key */
    struct ferry_column_rules columns;
    bool no_data; /* the table is made, and nothing read */
    struct ferry_partition_rules partitions;
    enum ferry_verify verify;
    bool verify_insisted; /* it is no default: a target that cannot do it is refused */
};

struct ferry_differences;
struct ferry_group;
struct ferry_pieces;
struct ferry_shared;
struct ferry_certificates;
struct ferry_sync_result;

/* Start as {0}.  Strings point into `keys`, which must outlive the job. */
struct ferry_job {
    const struct ferry_config *keys; /* checked values of its keys */
    const char *name;
    struct ferry_route route;
    struct ferry_task *tasks;
    size_t task_count;
    size_t readers; /* connections that may read one table at a time; 0: as many as processors */
    struct ferry_group *group;   /* many tables, found by patterns; NULL: those of `tasks` */
    struct ferry_shared *shared; /* what this job opens is kept for others; NULL: it is closed */
    /* This run loads a piece of a prepared one, or finishes it; NULL: it is a run of its own. */
    const struct ferry_pieces *pieces;
    struct ferry_sync_result *ret_result; /* what came of its run goes there too; NULL: nowhere */
    struct ferry_certificates *ret_certificates; /* of its servers, too; NULL: nowhere */
    /* The same of each of its tables, where all that a run does is done in one step. */
    struct ferry_sync_result *ret_tables;
    /* Of a comparison: rows that differ are told there; NULL: only whether there are any. */
    const struct ferry_differences *differences;
};

/* One task more, all zeros, that belongs to the job; earlier ones may move.  NULL: no memory. */
struct ferry_task *ferry_job_add_task(struct ferry_job *job);

/* This run takes all rows of each table into account, whatever its strategy. */
void ferry_job_take_all(struct ferry_job *job);

/* What the log and the record call the job of this table. */
const char *ferry_task_name(const struct ferry_job *job, const struct ferry_task *task);
/* What is read of a table; of the fallback, where that is read in the source's place. */
const struct ferry_read *ferry_task_read(const struct ferry_task *task, bool of_fallback);
/* What the task makes of plan->described, which is the fallback's with `of_fallback`, before the
 * target is asked: plan->schema with its wishes, keys and indexes.  Their strings live as long as
 * the task and the plan. */
ferry_status ferry_task_begin_plan(const struct ferry_task *task, bool of_fallback,
                                   struct ferry_plan *plan, struct ferry_error *error);
void ferry_indexes_free(struct ferry_index *indexes, size_t count);
void ferry_task_done(struct ferry_task *task);
void ferry_job_done(struct ferry_job *job);

#endif
