/* The watch notes a signal here (engine), the rest of the program only asks. */

#include "base/signals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/notify.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t caught; /* ends ferry_signal_wait() */
    atomic_int number;
} signals = {.lock = PTHREAD_MUTEX_INITIALIZER, .caught = PTHREAD_COND_INITIALIZER};

void ferry_signals_that_ask(sigset_t *ret_set)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    (void)sigemptyset(ret_set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction inherited = {0};
        if (sigaction(numbers[i], NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN)
            (void)sigaddset(ret_set, numbers[i]);
    }
}

void ferry_signal_note(int number)
{
    ferry_notify_stopping();
    FERRY_LOCK_SCOPE(&signals.lock);
    atomic_store(&signals.number, number);
    (void)pthread_cond_broadcast(&signals.caught);
}

int ferry_signal_caught(void)
{
    return atomic_load(&signals.number);
}

bool ferry_signal_wait(int64_t ms)
{
    struct timespec until = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    FERRY_LOCK_SCOPE(&signals.lock);
    int result = 0;
    while (ferry_signal_caught() == 0 && result == 0)
        result = pthread_cond_clockwait(&signals.caught, &signals.lock, CLOCK_MONOTONIC, &until);
    return ferry_signal_caught() == 0;
}

void ferry_signal_die_by(int number)
{
    sigset_t set;
    (void)signal(number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)kill(getpid(), number);
}
