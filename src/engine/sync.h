/* One run of one job. */

#ifndef FERRY_SYNC_H
#define FERRY_SYNC_H

#include "engine/fallback.h"
#include "engine/job.h"
#include "engine/record.h"
#include "engine/retry.h"

struct ferry_sync_result {
    char run_id[FERRY_RUN_ID_SIZE]; /* written on failure too; "": there is none */
    uint64_t rows;
    uint64_t rows_before;
    uint64_t bytes; /* of values, as they passed */
    /* By strategies that change single rows; all 0 where the rows were replaced. */
    struct ferry_sync_changes {
        uint64_t inserted, updated, deleted, unchanged;
    } changes;
    bool has_changes; /* at least one table was changed so */
    bool skipped;     /* nothing was read: the source says that it is unchanged */
    bool left;        /* nothing was done: another run is at work on it (command/skip) */
    uint32_t action;  /* FERRY_TABLE_: what became of the table; of many, that of the last */
    int64_t elapsed_ms;
    struct ferry_provenance from;
    uint32_t outcome; /* FERRY_OUTCOME_; written on failure too */
    /* of all attempts, by attempt.c: */
    unsigned attempts;
    int64_t total_ms;
    bool commit_doubtful; /* the outcome of an earlier attempt's commit is unknown */
};

/* Replaces the job's target tables by what its source holds now, or its fallback where the source
 * cannot be reached: then the result says so.  In one attempt; `retry` (or NULL) tells which one it
 * is.  On failure `outcome` of the result says what the target holds: where that is not OLD, the
 * message tells it too, unless a driver broke its contract (INTERNAL). */
ferry_status ferry_sync_run(const struct ferry_job *job, struct ferry_retry *retry,
                            struct ferry_sync_result *ret_result, struct ferry_error *error);

/* Of a job of many tables: what its source has goes to job->shared->listing, in the snapshot in
 * which the tables will be read.  `ret_result` is not written. */
ferry_status ferry_sync_list(const struct ferry_job *job, struct ferry_retry *retry,
                             struct ferry_sync_result *ret_result, struct ferry_error *error);

/* The same as ferry_sync_run up to the first write: connects, describes, negotiates and checks the
 * policy.  One plan for each task of the job goes to ferry_plans_free() whatever is returned; plans
 * and `from` are filled in as far as it got. */
ferry_status ferry_sync_plan(const struct ferry_job *job, struct ferry_plan **plans,
                             struct ferry_provenance *from, struct ferry_error *error);

/* Compares what the source gives now with what the table holds now; nothing is written, and
 * a fallback is not asked.  Rows and bytes of the result are those that were read.  Of a table
 * without data, the definition alone is compared.
 * FERRY_ERR_NOT_FOUND if there is no table, FERRY_ERR_SCHEMA if it has other columns,
 * FERRY_ERR_DATA if it has other rows. */
ferry_status ferry_sync_verify(const struct ferry_job *job, struct ferry_retry *retry,
                               struct ferry_sync_result *ret_result, struct ferry_error *error);

#endif
