/* The process begins as a copy of ours that has opened nothing yet but the log, and lets go of what
 * it does not need of it. */

#include "command/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/notify.h"
#include "base/signals.h"
#include "command/command.h"
#include "command/events.h"
#include "command/progress.h"
#include "config/secret.h"
#include "engine/outcome.h"
#include "engine/watch.h"

/* One that comes whole, or not at all. */
_Static_assert(sizeof(struct ferry_tally) <= 512, "a pipe takes a tally in one piece");

/* The pipes of a child, [0] to be read and [1] to be written. */
struct pipes {
    int output[2], errors[2], report[2];
};
#define PIPE_COUNT 3

static void close_pipes(struct pipes *pipes)
{
    int *const all[PIPE_COUNT] = {pipes->output, pipes->errors, pipes->report};
    for (size_t i = 0; i < PIPE_COUNT; i++)
        for (size_t k = 0; k < 2; k++)
            if (all[i][k] >= 0)
                (void)close(all[i][k]);
}

static ferry_status open_pipes(struct pipes *pipes, struct ferry_error *error)
{
    int *const all[PIPE_COUNT] = {pipes->output, pipes->errors, pipes->report};
    for (size_t i = 0; i < PIPE_COUNT; i++)
        if (pipe2(all[i], O_CLOEXEC) != 0 || fcntl(all[i][0], F_SETFL, O_NONBLOCK) != 0)
            return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot open a pipe: %s", strerror(errno));
    return FERRY_OK;
}

/* ---- In the child ---- */

/* A process whose parent was killed stops as at SIGTERM. */
static void follow_parent(pid_t parent)
{
#ifdef PR_SET_PDEATHSIG
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it has ended already */
        (void)kill(getpid(), SIGTERM);
#else
    (void)parent;
#endif
}

static void close_others(struct ferry_child *children, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const int inherited[] = {children[i].output.fd, children[i].errors.fd, children[i].report};
        for (size_t k = 0; k < sizeof inherited / sizeof inherited[0]; k++)
            if (inherited[k] >= 0)
                (void)close(inherited[k]);
    }
}

/* Keeps one end of its own pipes, where the tally goes. */
static int settle(struct pipes *pipes, pid_t parent)
{
    sigset_t set;
    int report = pipes->report[1];
    follow_parent(parent);
    (void)dup2(pipes->output[1], STDOUT_FILENO);
    (void)dup2(pipes->errors[1], STDERR_FILENO);
    pipes->report[1] = -1;
    close_pipes(pipes);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    ferry_outcome_clear();
    ferry_progress_leave_line();
    ferry_notify_close();
    ferry_events_leave_end();
    ferry_events_write_to(NULL);
    ferry_secret_allow_prompt(false);
    return report;
}

/* As main() does, and a signal that came is what ends it. */
static void live(int report, size_t i, ferry_child_work *work, void *data)
{
    struct ferry_error error = {0};
    struct ferry_tally tally = {0};
    if (ferry_watch_start(&error) == FERRY_OK)
        work(data, i, &tally);
    if (ferry_events_check(&error) != FERRY_OK || error.status != FERRY_OK)
        tally.status = ferry_error_graver(tally.status, ferry_command_report(&error, NULL));
    tally.begun = true;
    (void)fflush(stdout);
    (void)!write(report, &tally, sizeof tally);
    ferry_watch_stop();
    if (ferry_signal_caught() != 0)
        ferry_outcome_tell(ferry_signal_caught());
    ferry_outcome_clear();
    ferry_log_close();
    if (ferry_signal_caught() != 0)
        ferry_signal_die_by(ferry_signal_caught());
    exit(tally.status == FERRY_OK ? FERRY_EXIT_OK : ferry_error_class_of(tally.status)->exit_code);
}

/* ---- In the parent ---- */

ferry_status ferry_child_start(struct ferry_child *children, size_t count, size_t i,
                               ferry_child_work *work, void *data, struct ferry_error *error)
{
    struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
    pid_t parent = getpid();
    ferry_status status = open_pipes(&pipes, error);
    (void)fflush(stdout); /* or the child would print it again */
    pid_t pid = status == FERRY_OK ? fork() : -1;
    if (pid == 0) {
        close_others(children, count);
        live(settle(&pipes, parent), i, work, data);
    }
    if (status == FERRY_OK && pid < 0)
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "cannot start a process: %s", strerror(errno));
    if (status != FERRY_OK) {
        close_pipes(&pipes);
        return status;
    }
    children[i] = (struct ferry_child){.pid = pid,
                                       .output = {.fd = pipes.output[0]},
                                       .errors = {.fd = pipes.errors[0]},
                                       .report = pipes.report[0]};
    pipes.output[0] = pipes.errors[0] = pipes.report[0] = -1;
    close_pipes(&pipes);
    return FERRY_OK;
}

bool ferry_child_has_ended(struct ferry_child *child, int *ret_how)
{
    int how = 0;
    if (child->pid == 0 || waitpid(child->pid, &how, WNOHANG) == 0)
        return false;
    child->pid = 0;
    *ret_how = how;
    return true;
}

bool ferry_child_take_tally(struct ferry_child *child, struct ferry_tally *ret_tally)
{
    struct ferry_tally tally;
    ssize_t size = child->report < 0 ? -1 : read(child->report, &tally, sizeof tally);
    if (child->report >= 0)
        (void)close(child->report);
    child->report = -1;
    if (size != (ssize_t)sizeof tally)
        return false;
    *ret_tally = tally;
    return true;
}
