/* dbferry abandon: gives a prepared run up, and removes its pieces. */

#include "command/prepared_run.h"

/* Loads that are under way find out before they commit; whoever holds the run is waited for. */
static ferry_status abandon_run(const struct ferry_job *job,
                                const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    ferry_status status = ferry_prepared_abandon(arguments->prepared, &error);
    if (status == FERRY_OK)
        status = ferry_prepared_lock(arguments->prepared, true, job->route.lock_wait_ms, &error);
    if (status == FERRY_OK)
        status = ferry_pieces_clear(job, arguments->prepared, &error);
    if (status == FERRY_OK)
        ferry_command_summarize(job, "the run is abandoned, and its pieces are gone");
    return ferry_command_report(&error, NULL);
}

ferry_status ferry_command_abandon(const struct ferry_arguments *arguments)
{
    return ferry_prepared_run_step(arguments, abandon_run);
}
