/* dbferry prepare: parts a job's table, and prints the id of the run that loads its pieces. */

#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/prepared_run.h"

/* Whoever starts the loads has to know that their rows are of several moments. */
static void tell(const struct ferry_prepared *prepared)
{
    ferry_log(
        FERRY_LOG_WARNING,
        "snapshot = \"none\": each piece is read at a moment of its own, so that the copy may "
        "be of no moment at all: rows that are written meanwhile may be missing, or there "
        "twice");
    ferry_log(FERRY_LOG_INFO, "run %s: %zu parts by '%s'", prepared->id, prepared->cut_count + 1,
              prepared->column);
}

static ferry_status prepare_job(const struct ferry_job *job,
                                const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_prepared prepared = {.fd = -1};
    if (ferry_pieces_prepare(job, arguments->state, &prepared, &error) == FERRY_OK) {
        tell(&prepared);
        (void)printf("%s\n", prepared.id);
    }
    ferry_prepared_done(&prepared);
    return ferry_command_report(&error, "nothing is prepared");
}

ferry_status ferry_command_prepare(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    FERRY_AUTO_FREE char *folder = NULL;
    ferry_status status = ferry_command_load(arguments, &settings, &error);
    if (status == FERRY_OK)
        status = ferry_prepared_run_folder(settings, &folder, &error);
    if (status == FERRY_OK) {
        struct ferry_arguments of_job = *arguments;
        of_job.state = folder;
        status = ferry_command_each_job(&of_job, settings, prepare_job);
    } else {
        status = ferry_command_report(&error, NULL);
    }
    ferry_settings_free(settings);
    return status;
}
