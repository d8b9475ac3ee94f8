/* Preloaded into a run by commit-signals.bats: at one call that changes a file, the process gets a
 * signal, and the call goes on once somebody has taken it.
 *
 *   SIGNAL_AT      the number of the call, from 1; 0: none
 *   SIGNAL_NUMBER  of the signal
 *   SIGNAL_SECOND  a second one, after which the call never goes on; unset: none
 *   SIGNAL_COUNT   a file that gets the name of each call as a line
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int number_of(const char *name)
{
    const char *text = getenv(name);
    return text == NULL ? 0 : atoi(text);
}

/* A signal that all threads block is pending until the watch takes it. */
static void send(int number)
{
    sigset_t pending;
    const struct timespec step = {.tv_nsec = 1000000};
    (void)kill(getpid(), number);
    for (int tries = 0; tries < 5000; tries++) {
        if (sigpending(&pending) == 0 && sigismember(&pending, number) == 0)
            return;
        (void)nanosleep(&step, NULL);
    }
}

static void pass(const char *call)
{
    static atomic_int calls;
    const char *path = getenv("SIGNAL_COUNT");
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)!write(fd, call, strlen(call));
        (void)!write(fd, "\n", 1);
        (void)close(fd);
    }
    if (atomic_fetch_add(&calls, 1) + 1 != number_of("SIGNAL_AT"))
        return;
    send(number_of("SIGNAL_NUMBER"));
    if (number_of("SIGNAL_SECOND") == 0)
        return;
    send(number_of("SIGNAL_SECOND"));
    for (;;)
        (void)pause();
}

#define WRAP(result, name, parameters, arguments)                                                  \
    result name parameters                                                                         \
    {                                                                                              \
        result(*real) parameters;                                                                  \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                                                 \
        pass(#name);                                                                               \
        return real arguments;                                                                     \
    }

WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
WRAP(int, renameat, (int from, const char *old, int to, const char *path), (from, old, to, path))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
