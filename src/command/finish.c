/* dbferry finish: takes the pieces of a prepared run in, in one step, and removes them. */

#include "base/log.h"
#include "command/prepared_run.h"

/* The rows are there whatever becomes of this: the next finish clears up. */
static ferry_status clear(const struct ferry_job *job, const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    (void)ferry_pieces_clear(job, arguments->prepared, &error);
    return ferry_command_report(&error, "the target holds the new rows; finish again to clear up");
}

static ferry_status take_in(const struct ferry_job *job, struct ferry_piece_job *piece,
                            const struct ferry_arguments *arguments)
{
    ferry_status status = ferry_command_run_job(&piece->job, arguments);
    return status == FERRY_OK ? clear(job, arguments) : status;
}

ferry_status ferry_command_finish_job(const struct ferry_job *job,
                                      const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_piece_job piece = {0};
    bool done = false;
    ferry_status status =
        ferry_prepared_lock(arguments->prepared, true, job->route.lock_wait_ms, &error);
    if (status == FERRY_OK)
        status = ferry_pieces_begin_finish(job, arguments->prepared, &piece, &done, &error);
    if (status != FERRY_OK) {
        status = ferry_command_report(&error, "the target is unchanged");
    } else if (done) {
        status = clear(job, arguments);
        ferry_command_summarize(job,
                                "an earlier finish has taken the rows in; its pieces are gone");
    } else {
        status = take_in(job, &piece, arguments);
    }
    ferry_piece_job_done(&piece);
    return status;
}

ferry_status ferry_command_finish(const struct ferry_arguments *arguments)
{
    return ferry_prepared_run_step(arguments, ferry_command_finish_job);
}
