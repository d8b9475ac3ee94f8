/* The commit: records and rows in one step, and the question what became of it where no answer
 * came. */

#include "engine/commit.h"

#include <stdlib.h>

#include "base/log.h"
#include "driver/target.h"
#include "engine/outcome.h"
#include "engine/unchanged.h"

/* Whether each record there is this run's; false too where nobody answers. */
static bool finds_own_records(const struct ferry_run *run)
{
    FERRY_AUTO_ERROR struct ferry_error unheard = {0};
    const uint32_t role = FERRY_ROLE_TARGET | FERRY_ROLE_LOOK;
    const struct ferry_job *job = run->job;
    struct ferry_connection *target = NULL;
    bool own = ferry_connection_open(job->route.target, role, &target, &unheard) == FERRY_OK;
    for (size_t i = 0; i < job->task_count && own; i++) {
        struct ferry_record found = {0};
        own = ferry_connection_record_read(target, job->tasks[i].table, &found, &unheard) ==
                  FERRY_OK &&
              ferry_record_is_of(&found, run->id);
        ferry_record_done(&found);
    }
    ferry_connection_close(target);
    return own;
}

/* A commit whose outcome its driver does not know.  The run's own records prove that the new rows
 * are there; none proves nothing, since the server may still be at work.  A driver that broke its
 * contract is asked nothing more, and who has been told to stop does not begin a connection. */
static ferry_status ask_outcome(struct ferry_run *run, struct ferry_error *error)
{
    if (error->status == FERRY_ERR_INTERNAL || ferry_should_stop() || !finds_own_records(run))
        return error->status;
    for (size_t i = 0; i < run->job->task_count; i++)
        ferry_log(FERRY_LOG_WARNING,
                  "target '%s' did not answer to the commit; the record of the run says that the "
                  "new rows are in table '%s'; the next run clears up what this one could not",
                  run->job->route.target->name, run->job->tasks[i].table);
    ferry_error_clear(error);
    run->outcome = FERRY_OUTCOME_NEW;
    return FERRY_OK;
}

static ferry_status commit_records(struct ferry_run *run, struct ferry_error *error)
{
    const size_t count = run->job->task_count;
    const struct ferry_record **records = calloc(count, sizeof *records);
    if (records == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the records of the run");
    for (size_t i = 0; i < count; i++)
        records[i] = &run->transfers[i].record;
    struct ferry_change *change = run->change;
    run->change = NULL; /* whatever comes of it, the commit ends the change */
    run->commit_begun = true;
    ferry_outcome_commit();
    ferry_status status = ferry_target_change_commit(change, records, count, &run->outcome, error);
    free(records);
    return status;
}

ferry_status ferry_run_commit(struct ferry_run *run, struct ferry_error *error)
{
    ferry_log_set_phase("commit");
    ferry_status status = ferry_run_each_table(
        run, run->is_unchanged ? ferry_unchanged_fill_record : ferry_transfer_fill_record, error);
    if (status == FERRY_OK)
        status = commit_records(run, error);
    if (status != FERRY_OK && run->outcome == FERRY_OUTCOME_UNKNOWN)
        status = ask_outcome(run, error);
    if (status != FERRY_OK)
        return status;
    ferry_outcome_done(ferry_run_rows_after(run));
    return FERRY_OK;
}
