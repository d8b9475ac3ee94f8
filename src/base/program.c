/* posix_spawn() rather than fork(): other threads may hold any lock at this moment. */

#include "base/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/environment.h"

/* ---- Starting ---- */

/* Client libraries open sockets that a program which is started would inherit, with a session on
 * it that has logged in. */
static int leave_descriptors_out(posix_spawn_file_actions_t *actions)
{
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
    return posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#else
    (void)actions;
    DIR *list = opendir("/proc/self/fd");
    if (list == NULL)
        return errno;
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (fd > STDERR_FILENO)
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    (void)closedir(list);
    return 0;
#endif
}

/* What it reads and prints; `input` -1: nothing is read. */
static int place_descriptors(posix_spawn_file_actions_t *actions, int input, int output,
                             unsigned flags)
{
    int failure = input >= 0 ? posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO)
                             : posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
                                                                O_RDONLY, 0);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (failure == 0 && (flags & FERRY_PROGRAM_ERRORS) != 0)
        failure = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
    return failure == 0 ? leave_descriptors_out(actions) : failure;
}

/* No signal is blocked, the group is its own. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;
    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE); /* we ignore it; a pipeline of commands needs it */
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setpgroup(attributes, 0);
    (void)posix_spawnattr_setsigdefault(attributes, &defaults);
    (void)posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                   POSIX_SPAWN_SETPGROUP);
}

/* 0 or an error number. */
static int spawn(const char *const *arguments, int input, int output, unsigned flags,
                 pid_t *ret_pid)
{
    FERRY_AUTO_FREE char **environment = ferry_environment_for_programs();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (environment == NULL || posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    set_attributes(&attributes);
    int failure = place_descriptors(&actions, input, output, flags);
    if (failure == 0)
        failure = posix_spawnp(ret_pid, arguments[0], &actions, &attributes,
                               (char *const *)(const void *)arguments, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failure;
}

struct pipes {
    int input[2], output[2]; /* ends to read from, to write to */
};

static void close_pipe(int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    ends[0] = ends[1] = -1;
}

static void close_pipes(struct pipes *pipes)
{
    close_pipe(pipes->input);
    close_pipe(pipes->output);
}

/* Our ends wait for nobody. */
static bool open_pipes(struct pipes *pipes, unsigned flags)
{
    bool reads = (flags & FERRY_PROGRAM_READS) != 0;
    if (pipe2(pipes->output, O_CLOEXEC) != 0 || fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) != 0)
        return false;
    return !reads || (pipe2(pipes->input, O_CLOEXEC) == 0 &&
                      fcntl(pipes->input[1], F_SETFL, O_NONBLOCK) == 0);
}

ferry_status ferry_program_start(const char *const *arguments, unsigned flags,
                                 struct ferry_program *ret_program, struct ferry_error *error)
{
    __attribute__((cleanup(close_pipes))) struct pipes pipes = {{-1, -1}, {-1, -1}};
    pid_t pid = 0;
    if (!open_pipes(&pipes, flags))
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, as we may inherit it, it hides exit codes */
    int failure = spawn(arguments, pipes.input[0], pipes.output[1], flags, &pid);
    if (failure != 0)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot start %s: %s", arguments[0],
                          strerror(failure));
    *ret_program =
        (struct ferry_program){.pid = pid, .input = pipes.input[1], .output = pipes.output[0]};
    pipes.input[1] = pipes.output[0] = -1;
    return FERRY_OK;
}

/* ---- Ending ---- */

bool ferry_program_has_ended(const struct ferry_program *program, int *ret_how)
{
    int how = 0;
    if (waitpid(program->pid, &how, WNOHANG) == 0)
        return false;
    *ret_how = how;
    return true;
}

int ferry_program_end(const struct ferry_program *program, int64_t linger_ms)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int64_t deadline = ferry_clock_ms() + linger_ms;
    int how = 0;
    bool ended = ferry_program_has_ended(program, &how);
    while (!ended && ferry_clock_ms() < deadline) {
        (void)nanosleep(&pause, NULL);
        ended = ferry_program_has_ended(program, &how);
    }
    if (ended)
        return how;
    (void)kill(-program->pid, SIGKILL);
    while (waitpid(program->pid, &how, 0) < 0 && errno == EINTR)
        ;
    return how;
}
