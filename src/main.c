/* The program: makes the process safe, reads the command line, runs the command. */

#include <stdio.h>
#include <unistd.h>

#include "base/harden.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/signals.h"
#include "command/cli.h"
#include "command/command.h"
#include "command/events.h"
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

/* In the last record of --json, when the process dies before its time. */
static void end_by_signal(int number)
{
    ferry_events_end(128 + number);
}

static int exit_code_of(ferry_status status, int signal)
{
    if (signal != 0)
        return 128 + signal;
    return status == FERRY_OK ? FERRY_EXIT_OK : ferry_error_class_of(status)->exit_code;
}

static ferry_status check_records(ferry_status status)
{
    struct ferry_error error = {0};
    if (ferry_events_check(&error) == FERRY_OK)
        return status;
    return ferry_error_graver(status, ferry_command_report(&error, NULL));
}

/* `*ret_signal` is the one that ends the process, or 0.  One that comes behind the last record does
 * not: that has said otherwise, and all is done. */
static ferry_status run_command(const struct ferry_arguments *arguments, int *ret_signal)
{
    struct ferry_error error = {0};
    ferry_watch_say_last(end_by_signal);
    if (ferry_watch_start(&error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_notify_ready();
    ferry_service_show();
    ferry_secret_allow_prompt(isatty(STDERR_FILENO) == 1);
    ferry_status status = check_records(arguments->command->run(arguments));
    *ret_signal = ferry_signal_caught();
    ferry_events_end(exit_code_of(status, *ret_signal));
    (void)fflush(stdout); /* while a signal can still end it: the reader may have stopped */
    ferry_secret_forget_typed();
    ferry_watch_stop();
    if (!ferry_events_are_enabled())
        *ret_signal = ferry_signal_caught();
    if (*ret_signal != 0)
        ferry_outcome_tell(*ret_signal);
    ferry_outcome_clear();
    return status;
}

int main(int argc, char **argv)
{
    struct ferry_error error = {0};
    struct ferry_arguments arguments = {0};
    int signal = 0;
    ferry_events_guess(argc, argv);
    ferry_status status = ferry_harden(&error);
    ferry_notify_open();
    if (status == FERRY_OK)
        status = ferry_cli_parse(argc, argv, &arguments, &error);
    if (status == FERRY_OK) {
        const struct ferry_command *command = arguments.command;
        ferry_events_enable(arguments.json && command != NULL,
                            command == NULL ? NULL : command->name);
    }
    if (status == FERRY_OK && arguments.command != NULL)
        status = run_command(&arguments, &signal);
    if (error.status != FERRY_OK)
        (void)ferry_command_report(&error, NULL);
    ferry_events_end(exit_code_of(status, signal)); /* where there was nothing to run */
    if (flush_output(&error) != FERRY_OK)
        status = ferry_error_graver(status, ferry_command_report(&error, NULL));
    ferry_log_close();
    ferry_notify_close();
    ferry_cli_done(&arguments);
    if (signal != 0)
        ferry_signal_die_by(signal);
    return exit_code_of(status, 0);
}
