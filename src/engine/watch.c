/* The watch: one thread that waits for signals, measures stalls and deadlines, and draws progress.
 */

#include "engine/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/signals.h"
#include "engine/outcome.h"

#define TICK_MS 200
/* Ends the watch's wait; nobody else sends it. */
#define WAKE_SIGNAL SIGRTMIN
/* A run that was asked to stop and has not after so long dies by the signal.  That is safe at any
 * moment (the targets survive SIGKILL); people and systemd wait for no more than five seconds. */
#define GRACE_MS 4000
/* timeout(1) sends its signal to the process and then to its group: twice in a moment is once. */
#define SAME_MS 300
/* How long somebody may take to read what is said then. */
#define LAST_WORDS_MS 300

static struct {
    pthread_mutex_t lock;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    struct ferry_watch_job job; /* under lock, like all below */
    bool has_job;
    struct ferry_connection *source;
    _Atomic int64_t source_busy_since; /* 0 = idle */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A signal that was ignored when we were started, as nohup does, stays ignored. */
static void watched_signals(sigset_t *ret_set)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    (void)sigemptyset(ret_set);
    (void)sigaddset(ret_set, WAKE_SIGNAL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction inherited = {0};
        if (sigaction(numbers[i], NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN)
            (void)sigaddset(ret_set, numbers[i]);
    }
}

static void *say_last_words(void *said)
{
    ferry_outcome_tell(ferry_signal_caught());
    atomic_store((atomic_bool *)said, true);
    return NULL;
}

/* In a thread of its own: the log may be held by somebody whose terminal stands still. */
static void leave_last_words(void)
{
    static atomic_bool said;
    pthread_t thread;
    const struct timespec step = {.tv_nsec = 10000000};
    if (pthread_create(&thread, NULL, say_last_words, &said) != 0)
        return;
    (void)pthread_detach(thread);
    for (int ms = 0; ms < LAST_WORDS_MS && !atomic_load(&said); ms += 10)
        (void)nanosleep(&step, NULL);
}

static void die_by(int number)
{
    sigset_t set;
    ferry_signal_note(number);
    leave_last_words();
    (void)signal(number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)kill(getpid(), number);
}

/* Under the lock. */
static bool is_late(int64_t now)
{
    return watch.has_job && watch.job.run_timeout_ms > 0 &&
           now - watch.job.started_ms > watch.job.run_timeout_ms;
}

static void check_limits(int64_t now)
{
    FERRY_LOCK_SCOPE(&watch.lock);
    if (!watch.has_job)
        return;
    if (is_late(now))
        ferry_connection_cancel_all(FERRY_CANCEL_DEADLINE);
    int64_t since = atomic_load(&watch.source_busy_since);
    if (watch.source != NULL && since != 0 && watch.job.stall_timeout_ms > 0 &&
        now - since > watch.job.stall_timeout_ms)
        ferry_connection_cancel(watch.source, FERRY_CANCEL_STALL);
    if (watch.job.tick != NULL)
        watch.job.tick(watch.job.data);
}

static bool is_asked_twice(int number, int64_t since_ms)
{
    return number != ferry_signal_caught() || since_ms > SAME_MS;
}

static void *watch_thread(void *unused)
{
    sigset_t set;
    int64_t die_at = 0;
    watched_signals(&set);
    while (!atomic_load(&watch.stop)) {
        struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
        int number = sigtimedwait(&set, NULL, &tick);
        int64_t now = ferry_clock_ms();
        if (number == WAKE_SIGNAL)
            continue;
        if (number > 0 && die_at != 0) {
            if (is_asked_twice(number, now - (die_at - GRACE_MS)))
                die_by(number);
        } else if (number > 0) {
            die_at = now + GRACE_MS;
            ferry_signal_note(number);
            ferry_connection_cancel_all(FERRY_CANCEL_SIGNAL);
        } else if (die_at != 0 && now > die_at) {
            die_by(ferry_signal_caught());
        }
        check_limits(now);
    }
    return unused;
}

ferry_status ferry_watch_start(struct ferry_error *error)
{
    sigset_t set;
    watched_signals(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int failure = pthread_create(&watch.thread, NULL, watch_thread, NULL);
    if (failure != 0)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot start a thread: %s", strerror(failure));
    watch.running = true;
    return FERRY_OK;
}

void ferry_watch_stop(void)
{
    if (!watch.running)
        return;
    atomic_store(&watch.stop, true);
    (void)pthread_kill(watch.thread, WAKE_SIGNAL);
    (void)pthread_join(watch.thread, NULL);
    watch.running = false;
}

bool ferry_watch_is_late(void)
{
    FERRY_LOCK_SCOPE(&watch.lock);
    return is_late(ferry_clock_ms());
}

int ferry_should_stop(void)
{
    return ferry_signal_caught() != 0 || ferry_watch_is_late();
}

void ferry_watch_job_begin(const struct ferry_watch_job *job)
{
    FERRY_LOCK_SCOPE(&watch.lock);
    watch.job = *job;
    watch.has_job = true;
}

void ferry_watch_job_end(void)
{
    FERRY_LOCK_SCOPE(&watch.lock);
    watch.job = (struct ferry_watch_job){0};
    watch.has_job = false;
}

void ferry_watch_set_source(struct ferry_connection *source)
{
    FERRY_LOCK_SCOPE(&watch.lock);
    watch.source = source;
    atomic_store(&watch.source_busy_since, 0);
}

void ferry_watch_source_busy(void)
{
    atomic_store(&watch.source_busy_since, ferry_clock_ms());
}

void ferry_watch_source_idle(void)
{
    atomic_store(&watch.source_busy_since, 0);
}
