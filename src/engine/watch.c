/* Five times a second the watch goes through the list of runs; a signal ends its sleep sooner. */

#include "engine/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/notify.h"
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
    struct ferry_watch_run *runs; /* under lock */
    void (*say_last)(int number);
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void watched_signals(sigset_t *ret_set)
{
    ferry_signals_that_ask(ret_set);
    (void)sigaddset(ret_set, WAKE_SIGNAL);
}

static void *say_last_words(void *said)
{
    ferry_outcome_tell(ferry_signal_caught());
    if (watch.say_last != NULL)
        watch.say_last(ferry_signal_caught());
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
    ferry_signal_note(number);
    leave_last_words();
    ferry_signal_die_by(number);
}

static void tick(const struct ferry_watch_run *run)
{
    if (run->tick == NULL)
        return;
    ferry_context_enter(run->context);
    run->tick(run->data);
    ferry_context_enter(NULL);
}

static void check_runs(void)
{
    FERRY_LOCK_SCOPE(&watch.lock);
    for (const struct ferry_watch_run *run = watch.runs; run != NULL; run = run->next) {
        if (ferry_context_is_late(run->context))
            ferry_connection_cancel_run(run->context, FERRY_CANCEL_DEADLINE);
        if (run->stall_timeout_ms > 0)
            ferry_connection_cancel_stalled(run->context, run->stall_timeout_ms);
        tick(run);
    }
}

/* `heard_ms`: when the first one had been dealt with.  What came meanwhile has waited for that, and
 * came in the same moment. */
static bool is_asked_twice(int number, int64_t heard_ms, int64_t now_ms)
{
    return number != ferry_signal_caught() || now_ms - heard_ms > SAME_MS;
}

static void *watch_thread(void *unused)
{
    sigset_t set;
    int64_t die_at = 0;
    int64_t heard = 0;
    watched_signals(&set);
    while (!atomic_load(&watch.stop)) {
        struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
        int number = sigtimedwait(&set, NULL, &tick);
        int64_t now = ferry_clock_ms();
        if (number == WAKE_SIGNAL)
            continue;
        if (number > 0 && die_at != 0) {
            if (is_asked_twice(number, heard, now))
                die_by(number);
        } else if (number > 0) {
            die_at = now + GRACE_MS;
            ferry_signal_note(number);
            ferry_connection_cancel_all(FERRY_CANCEL_SIGNAL);
            heard = ferry_clock_ms();
        } else if (die_at != 0 && now > die_at) {
            die_by(ferry_signal_caught());
        }
        check_runs();
        ferry_notify_tick();
    }
    return unused;
}

void ferry_watch_say_last(void (*say)(int number))
{
    watch.say_last = say;
}

ferry_status ferry_watch_start(struct ferry_error *error)
{
    sigset_t set;
    watched_signals(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    atomic_store(&watch.stop, false);
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

/* When the run has to be over; 0: never. */
static int64_t last_moment(const struct ferry_watch_run *run)
{
    int64_t moment = 0;
    bool never = run->run_timeout_ms == 0 ||
                 __builtin_add_overflow(run->started_ms, run->run_timeout_ms, &moment);
    return never ? 0 : moment;
}

void ferry_watch_begin(struct ferry_watch_run *run)
{
    run->context = ferry_context_current();
    ferry_context_stop_at(run->context, last_moment(run));
    FERRY_LOCK_SCOPE(&watch.lock);
    run->next = watch.runs;
    watch.runs = run;
}

void ferry_watch_end(struct ferry_watch_run *run)
{
    FERRY_LOCK_SCOPE(&watch.lock);
    struct ferry_watch_run **place = &watch.runs;
    while (*place != NULL && *place != run)
        place = &(*place)->next;
    if (*place == NULL)
        return;
    *place = run->next;
    ferry_context_stop_at(run->context, 0);
}
