/* All that one run holds, and what stands around its steps. */

#ifndef FERRY_RUN_H
#define FERRY_RUN_H

#include "engine/record.h"
#include "engine/sync.h"
#include "engine/transfer.h"
#include "engine/watch.h"

/* Start as {0}, but for what the session may do. */
struct ferry_run {
    const struct ferry_job *job;
    char id[FERRY_RUN_ID_SIZE]; /* "": nothing is to be written */
    struct ferry_watch_run watch;
    struct ferry_session session;
    struct ferry_plan *plans;         /* one for each task of the job */
    struct ferry_transfer *transfers; /* the same */
    const char **tables;              /* what those are called in the target */
    atomic_size_t at;                 /* of those transfers, the one that a step is taken with */
    struct ferry_change_spec change_spec;
    struct ferry_change *change;
    bool is_unchanged; /* the source has said so of each table: nothing is read */
    bool began;        /* rows were to be read, or the target changed */
    bool commit_begun;
    uint32_t outcome; /* FERRY_OUTCOME_, of the target */
    int64_t started_ms;
};

/* `run` stays where it is until ferry_run_end(), which follows also where this fails. */
ferry_status ferry_run_begin(struct ferry_run *run, const struct ferry_job *job,
                             struct ferry_retry *retry, struct ferry_error *error);
/* Draws a run id, and begins the record of each table. */
ferry_status ferry_run_begin_records(struct ferry_run *run, struct ferry_error *error);

typedef ferry_status ferry_run_step(struct ferry_transfer *transfer, struct ferry_error *error);
/* One after another, until one fails.  The log names the table's job meanwhile, and still does
 * after a failure. */
ferry_status ferry_run_each_table(struct ferry_run *run, ferry_run_step *step,
                                  struct ferry_error *error);
/* Whether no table follows on this one. */
bool ferry_run_is_last(const struct ferry_run *run, const struct ferry_transfer *transfer);
/* Sets run->is_unchanged, once each table was asked about. */
void ferry_run_judge_unchanged(struct ferry_run *run);
/* How many rows were read, and how many the tables hold afterwards, of all tables. */
uint64_t ferry_run_rows_read(const struct ferry_run *run);
uint64_t ferry_run_rows_after(const struct ferry_run *run);

/* Puts what it knows of a signal or a limit in the place of a failure that these have caused. */
ferry_status ferry_run_explain(const struct ferry_run *run, struct ferry_error *error);
/* Closes and frees everything; `ret_result` (or NULL) is filled in.  An error is reported by the
 * caller, and belongs to the phase in which it came up. */
void ferry_run_end(struct ferry_run *run, ferry_status status,
                   struct ferry_sync_result *ret_result);

#endif
