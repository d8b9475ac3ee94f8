/* dbferry load: reads one piece of a prepared run, and stores it beside the target. */

#include "base/log.h"
#include "command/prepared_run.h"

static ferry_status load_piece(const struct ferry_job *job, const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_piece_job piece = {0};
    bool done = false;
    ferry_status status =
        ferry_prepared_lock(arguments->prepared, false, job->route.lock_wait_ms, &error);
    if (status == FERRY_OK && arguments->piece_count != arguments->prepared->pieces)
        status = ferry_fail(
            &error, FERRY_ERR_USAGE, "run %s has %u pieces, and --partition speaks of %u",
            arguments->prepared->id, arguments->prepared->pieces, arguments->piece_count);
    if (status == FERRY_OK)
        status = ferry_pieces_begin_load(job, arguments->prepared, arguments->piece, &piece, &done,
                                         &error);
    if (status != FERRY_OK)
        status = ferry_command_report(&error, "nothing was loaded");
    else if (done)
        ferry_command_summarize(job, "the piece is there already, or has no rows");
    else
        status = ferry_command_run_job(&piece.job, arguments);
    ferry_piece_job_done(&piece);
    return status;
}

ferry_status ferry_command_load_piece(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    if (arguments->piece > 0)
        return ferry_prepared_run_step(arguments, load_piece);
    (void)ferry_fail(&error, FERRY_ERR_USAGE,
                     "load needs --partition I/N: which of the run's N pieces is to be loaded");
    return ferry_command_report(&error, NULL);
}
