/* The program: makes the process safe, reads the command line, runs the command. */

#include <stdio.h>
#include <unistd.h>

#include "base/harden.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/signals.h"
#include "command/cli.h"
#include "command/command.h"
#include "command/service.h"
#include "config/secret.h"
#include "engine/outcome.h"
#include "engine/watch.h"

/* Output that cannot be written (a full disk, a closed pipe) is a failure too. */
static ferry_status flush_output(struct ferry_error *error)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot write to the standard output");
}

static ferry_status run_command(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    if (ferry_watch_start(&error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_notify_ready();
    ferry_service_show();
    ferry_secret_allow_prompt(isatty(STDERR_FILENO) == 1);
    ferry_status status = arguments->command->run(arguments);
    (void)fflush(stdout); /* while a signal can still end it: the reader may have stopped */
    ferry_secret_forget_typed();
    ferry_watch_stop();
    if (ferry_signal_caught() != 0)
        ferry_outcome_tell(ferry_signal_caught());
    ferry_outcome_clear();
    return status;
}

int main(int argc, char **argv)
{
    struct ferry_error error = {0};
    struct ferry_arguments arguments = {0};
    ferry_status status = ferry_harden(&error);
    ferry_notify_open();
    if (status == FERRY_OK)
        status = ferry_cli_parse(argc, argv, &arguments, &error);
    if (status == FERRY_OK && arguments.command != NULL)
        status = run_command(&arguments);
    if (error.status != FERRY_OK)
        (void)ferry_command_report(&error, NULL);
    if (flush_output(&error) != FERRY_OK)
        status = ferry_error_graver(status, ferry_command_report(&error, NULL));
    ferry_log_close();
    ferry_notify_close();
    ferry_cli_done(&arguments);
    if (ferry_signal_caught() != 0)
        ferry_signal_die_by(ferry_signal_caught());
    return status == FERRY_OK ? FERRY_EXIT_OK : ferry_error_class_of(status)->exit_code;
}
