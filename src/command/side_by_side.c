/* One loop, without a thread beside it, so that it may fork: it starts jobs, passes on what they
 * print, hands on signals, and takes down what came of each. */

#include "command/side_by_side.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/signals.h"
#include "command/command.h"
#include "command/events.h"
#include "command/progress.h"
#include "command/service.h"
#include "engine/outcome.h"
#include "engine/watch.h"

/* timeout(1) sends its signal to the process and then to its group: twice in a moment is once. */
#define SAME_MS 300
/* After a signal each job ends by itself within four seconds and a little; people and systemd wait
 * for no more than five.  What runs then is killed, and what is not read is dropped. */
#define PATIENCE_MS 4600
#define LAST_MS 300
/* How often their signs of life are passed on, where somebody waits for them. */
#define LIFE_MS 200
/* A process that a job has left behind, and that prints without end, is not waited for. */
#define LEFT_READS 64

enum state {
    WAITS,
    RUNS,
    LOST, /* its process has ended without a word of its job, which is still to be told */
    ENDED,
};

struct place {
    enum state state;
    int64_t started_ms;
    int how;             /* it was lost, as waitpid() says, ... */
    uint64_t last_words; /* ... and this is their end among what goes to standard error */
};

struct crowd {
    const struct ferry_crowd *is;
    struct ferry_tally *tallies;
    struct place *places;         /* one for each job, and so are these: */
    struct ferry_child *children; /* those that run */
    struct pollfd *polled;
    size_t running, ended; /* who is lost runs still */
    bool has_news;         /* somebody may begin */
    bool is_drawn;         /* the line tells who runs now */
    struct ferry_relay output, errors;
    int signals;        /* a descriptor */
    int64_t stopped_ms; /* when one came last; 0: none has */
    int64_t give_up_ms; /* when what still runs is killed, then: left alone; 0: never */
    bool killed;
    ferry_status outcome;
};

/* ---- Beginning ---- */

static bool must_wait(const struct crowd *crowd, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (crowd->places[k].state != ENDED &&
            ferry_claims_collide(&crowd->is->claims[k], &crowd->is->claims[i]))
            return true;
    return false;
}

static void end(struct crowd *crowd, size_t i, const struct ferry_tally *tally)
{
    crowd->tallies[i] = *tally;
    crowd->tallies[i].begun = true;
    crowd->tallies[i].elapsed_ms = ferry_clock_ms() - crowd->places[i].started_ms;
    crowd->places[i].state = ENDED;
    crowd->ended++;
    crowd->has_news = true;
    crowd->is_drawn = false;
    crowd->outcome = ferry_error_graver(crowd->outcome, tally->status);
}

/* Reports an error of one of the jobs. */
static ferry_status report(const struct crowd *crowd, size_t i, struct ferry_error *error,
                           const char *outcome)
{
    ferry_log_set_job(crowd->is->names[i]);
    ferry_status status = ferry_command_report(error, outcome);
    ferry_log_set_job(NULL);
    return status;
}

/* False where the machine has no room for one more now. */
static bool begin(struct crowd *crowd, size_t i)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_log_wipe_status(); /* or the copy would take the line for its own */
    crowd->is_drawn = false;
    crowd->places[i].started_ms = ferry_clock_ms();
    struct ferry_tally tally = {.status =
                                    ferry_child_start(crowd->children, crowd->is->count, i,
                                                      crowd->is->work, crowd->is->data, &error)};
    if (tally.status == FERRY_OK) {
        crowd->places[i].state = RUNS;
        crowd->running++;
    } else if (!ferry_relay_is_between_lines(&crowd->errors)) {
        crowd->has_news = true; /* tried again when something can be said of it */
    } else if (crowd->running > 0) {
        ferry_log(FERRY_LOG_INFO, "%s waits until another job has ended: %s", crowd->is->names[i],
                  error.message);
    } else {
        (void)report(crowd, i, &error, "the target is unchanged");
        end(crowd, i, &tally);
    }
    return crowd->places[i].state != WAITS;
}

static void begin_what_can(struct crowd *crowd)
{
    bool has_room = true;
    for (size_t i = 0; has_room && i < crowd->is->count && crowd->running < crowd->is->most; i++)
        if (ferry_signal_caught() == 0 && crowd->places[i].state == WAITS && !must_wait(crowd, i))
            has_room = begin(crowd, i);
}

/* ---- Ending ---- */

/* What it has printed last, also where somebody else still holds the pipe. */
static void empty(struct ferry_relay *relay, struct ferry_relay_source *source)
{
    struct pollfd left = {.fd = source->fd, .events = POLLIN};
    for (int i = 0; i < LEFT_READS && source->fd >= 0 && poll(&left, 1, 0) == 1; i++)
        if (!ferry_relay_read(relay, source))
            break;
    ferry_relay_close(relay, source);
}

static void take_down(struct crowd *crowd, size_t i, const struct ferry_tally *tally)
{
    crowd->running--;
    end(crowd, i, tally);
}

static void take_down_ended(struct crowd *crowd, size_t i, int how)
{
    struct ferry_tally tally;
    struct ferry_child *child = &crowd->children[i];
    empty(&crowd->output, &child->output);
    empty(&crowd->errors, &child->errors);
    if (!ferry_child_take_tally(child, &tally)) {
        crowd->places[i].state = LOST;
        crowd->places[i].how = how;
        crowd->places[i].last_words = crowd->errors.taken;
        return;
    }
    /* one that a signal has ended tells so itself */
    if (WIFEXITED(how) && !tally.left &&
        (tally.status == FERRY_OK || tally.status == FERRY_DONE_FROM_FALLBACK)) {
        ferry_outcome_begin(crowd->is->names[i]);
        ferry_outcome_done(tally.rows);
    }
    take_down(crowd, i, &tally);
}

static void find_ended(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->is->count; i++) {
        int how;
        if (ferry_child_has_ended(&crowd->children[i], &how))
            take_down_ended(crowd, i, how);
    }
}

static ferry_status fail_lost(const struct crowd *crowd, size_t i, int how)
{
    struct ferry_error error = {0};
    if (WIFSIGNALED(how) && WTERMSIG(how) == ferry_signal_caught())
        return FERRY_ERR_CANCELLED; /* it has said so itself */
    if (WIFSIGNALED(how))
        (void)ferry_fail(&error, FERRY_ERR_INTERNAL,
                         "the process of this job was ended by signal %d (%s)", WTERMSIG(how),
                         strsignal(WTERMSIG(how)));
    else
        (void)ferry_fail(&error, FERRY_ERR_INTERNAL,
                         "the process of this job has ended before its time, with status %d",
                         WEXITSTATUS(how));
    return report(crowd, i, &error,
                  "whether its table holds the old or the new rows is unknown; running again is "
                  "safe");
}

/* Each behind its last words, and never in the midst of a line. */
static void tell_lost(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->is->count; i++) {
        const struct place *place = &crowd->places[i];
        if (place->state != LOST || !ferry_relay_is_between_lines(&crowd->errors) ||
            !ferry_relay_has_written(&crowd->errors, place->last_words))
            continue;
        const struct ferry_tally tally = {.status = fail_lost(crowd, i, place->how)};
        take_down(crowd, i, &tally);
    }
}

/* ---- Signals ---- */

static void send_to_all(const struct crowd *crowd, int number)
{
    for (size_t i = 0; i < crowd->is->count; i++)
        if (crowd->children[i].pid != 0)
            (void)kill(crowd->children[i].pid, number);
}

static void stop(struct crowd *crowd, int number)
{
    int64_t now = ferry_clock_ms();
    if (number == ferry_signal_caught() && now - crowd->stopped_ms <= SAME_MS)
        return;
    if (crowd->give_up_ms == 0)
        crowd->give_up_ms = now + PATIENCE_MS;
    crowd->stopped_ms = now;
    ferry_signal_note(number);
    send_to_all(crowd, number);
}

static void take_signals(struct crowd *crowd)
{
    struct signalfd_siginfo info;
    while (read(crowd->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD)
            stop(crowd, (int)info.ssi_signo);
}

/* ---- The loop ---- */

static bool has_lines(const struct crowd *crowd)
{
    return ferry_relay_has_lines(&crowd->output) || ferry_relay_has_lines(&crowd->errors);
}

/* "2 of 7 jobs done; running: erp, facts" */
static void draw(struct crowd *crowd)
{
    if (crowd->is_drawn || crowd->running == 0 || has_lines(crowd))
        return;
    crowd->is_drawn = true;
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_strbuf_addf(&line, "%zu of %zu jobs done; running", crowd->ended, crowd->is->count);
    const char *between = ": ";
    for (size_t i = 0; i < crowd->is->count; i++) {
        if (crowd->places[i].state != RUNS)
            continue;
        ferry_strbuf_add(&line, between);
        ferry_escape_text(&line, crowd->is->names[i], strlen(crowd->is->names[i]), 40);
        between = ", ";
    }
    if (ferry_progress_is_enabled())
        ferry_log_draw_status(ferry_strbuf_text(&line));
    ferry_service_tell(NULL, ferry_strbuf_text(&line));
}

static void add_polled(struct crowd *crowd, size_t *count, int fd, short events)
{
    if (fd >= 0)
        crowd->polled[(*count)++] = (struct pollfd){.fd = fd, .events = events};
}

static size_t gather_polled(struct crowd *crowd)
{
    size_t count = 0;
    add_polled(crowd, &count, crowd->signals, POLLIN);
    if (ferry_relay_has_lines(&crowd->output))
        add_polled(crowd, &count, crowd->output.to, POLLOUT);
    if (ferry_relay_has_lines(&crowd->errors))
        add_polled(crowd, &count, crowd->errors.to, POLLOUT);
    for (size_t i = 0; i < crowd->is->count; i++) {
        if (!ferry_relay_is_full(&crowd->output))
            add_polled(crowd, &count, crowd->children[i].output.fd, POLLIN);
        if (!ferry_relay_is_full(&crowd->errors))
            add_polled(crowd, &count, crowd->children[i].errors.fd, POLLIN);
    }
    return count;
}

static bool is_ready(const struct crowd *crowd, size_t count, int fd)
{
    for (size_t i = 0; i < count; i++)
        if (crowd->polled[i].fd == fd)
            return crowd->polled[i].revents != 0;
    return false;
}

static void pass_on(struct crowd *crowd, size_t count, struct ferry_relay *relay)
{
    if (!ferry_relay_has_lines(relay) || !is_ready(crowd, count, relay->to))
        return;
    ferry_log_wipe_status();
    crowd->is_drawn = false;
    ferry_relay_write(relay);
}

static void read_from(struct crowd *crowd, size_t count, struct ferry_relay *relay,
                      struct ferry_relay_source *source)
{
    if (source->fd >= 0 && is_ready(crowd, count, source->fd) && !ferry_relay_read(relay, source))
        ferry_relay_close(relay, source);
}

/* How long to wait for what happens next; -1: for ever. */
static int patience(const struct crowd *crowd)
{
    if (crowd->give_up_ms == 0)
        return ferry_notify_is_watched() ? LIFE_MS : -1;
    int64_t left = crowd->give_up_ms - ferry_clock_ms();
    return left < 0 ? 0 : (int)left;
}

static void wait_and_work(struct crowd *crowd)
{
    size_t count = gather_polled(crowd);
    int ready = poll(crowd->polled, count, patience(crowd));
    ferry_notify_tick();
    if (ready < 0)
        return;
    take_signals(crowd);
    for (size_t i = 0; i < crowd->is->count; i++) {
        read_from(crowd, count, &crowd->output, &crowd->children[i].output);
        read_from(crowd, count, &crowd->errors, &crowd->children[i].errors);
    }
    pass_on(crowd, count, &crowd->output);
    pass_on(crowd, count, &crowd->errors);
    find_ended(crowd);
}

/* False where nobody waits any longer. */
static bool keeps_waiting(struct crowd *crowd)
{
    if (crowd->give_up_ms == 0 || ferry_clock_ms() < crowd->give_up_ms)
        return true;
    if (crowd->killed)
        return false;
    send_to_all(crowd, SIGKILL);
    crowd->killed = true;
    crowd->give_up_ms += LAST_MS;
    return true;
}

static void run_all(struct crowd *crowd)
{
    do {
        tell_lost(crowd);
        bool had_news = crowd->has_news;
        crowd->has_news = false;
        if (had_news)
            begin_what_can(crowd);
        draw(crowd);
        if (crowd->running > 0 || has_lines(crowd))
            wait_and_work(crowd);
    } while ((crowd->running > 0 || has_lines(crowd) || crowd->has_news) && keeps_waiting(crowd));
}

/* What was not begun; and what does not end although it was killed, as in a system call. */
static void take_down_rest(struct crowd *crowd)
{
    const struct ferry_tally stopped = {.status = FERRY_ERR_CANCELLED};
    for (size_t i = 0; i < crowd->is->count; i++)
        if (crowd->places[i].state == WAITS)
            ferry_outcome_leave(crowd->is->names[i]);
        else if (crowd->places[i].state != ENDED)
            end(crowd, i, &stopped);
}

/* ---- Around it ---- */

static ferry_status open_crowd(struct crowd *crowd, struct ferry_error *error)
{
    sigset_t all;
    size_t count = crowd->is->count;
    crowd->places = calloc(count, sizeof *crowd->places);
    crowd->children = calloc(count, sizeof *crowd->children);
    crowd->polled = calloc(3 + 2 * count, sizeof *crowd->polled);
    for (size_t i = 0; i < count && crowd->children != NULL; i++)
        crowd->children[i] = FERRY_NO_CHILD;
    if (crowd->places == NULL || crowd->children == NULL || crowd->polled == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    ferry_signals_that_ask(&all);
    (void)sigaddset(&all, SIGCHLD);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, as we may inherit it, it hides how a child ended */
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    crowd->signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
    return crowd->signals >= 0 ? FERRY_OK
                               : ferry_fail(error, FERRY_ERR_SYSTEM, "cannot wait for signals: %s",
                                            strerror(errno));
}

static void close_crowd(struct crowd *crowd)
{
    if (crowd->signals >= 0)
        (void)close(crowd->signals);
    for (size_t i = 0; i < crowd->is->count && crowd->children != NULL; i++) {
        ferry_relay_close(&crowd->output, &crowd->children[i].output);
        ferry_relay_close(&crowd->errors, &crowd->children[i].errors);
    }
    ferry_relay_done(&crowd->output);
    ferry_relay_done(&crowd->errors);
    free(crowd->places);
    free(crowd->children);
    free(crowd->polled);
}

ferry_status ferry_side_by_side(const struct ferry_crowd *is, struct ferry_tally *ret_tallies)
{
    struct ferry_error error = {0};
    struct crowd crowd = {.is = is,
                          .tallies = ret_tallies,
                          .has_news = true,
                          .output = {.to = STDOUT_FILENO},
                          .errors = {.to = STDERR_FILENO},
                          .signals = -1};
    ferry_watch_stop();
    crowd.output.whole_alone = ferry_events_are_enabled();
    if (open_crowd(&crowd, &error) == FERRY_OK) {
        ferry_events_write_to(&crowd.output);
        run_all(&crowd);
        ferry_events_write_to(NULL);
        if (ferry_signal_caught() != 0 && has_lines(&crowd)) /* nobody reads what is said */
            ferry_signal_die_by(ferry_signal_caught());
        ferry_log_wipe_status();
        take_down_rest(&crowd);
    }
    if (error.status == FERRY_OK && crowd.output.broken)
        (void)ferry_fail(&error, FERRY_ERR_SYSTEM, "cannot write to the standard output");
    close_crowd(&crowd);
    ferry_status status = ferry_command_report(&error, NULL);
    if (ferry_watch_start(&error) != FERRY_OK) /* whatever follows may take long */
        status = ferry_error_graver(status, ferry_command_report(&error, NULL));
    return ferry_error_graver(crowd.outcome, status);
}
