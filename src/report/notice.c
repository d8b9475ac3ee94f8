/* Writing to a program and reading from it at one time, so that neither waits for the other. */

#include "report/notice.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/program.h"
#include "base/signals.h"
#include "base/units.h"

#define STEP_MS 50        /* how soon a signal is noticed, or an end while others hold its output */
#define LAST_STEP_MS 5    /* the same where it has closed its output: it ends soon, as a rule */
#define OUTPUT_LIMIT 4000 /* bytes of what it prints that the log has; the rest is dropped */

/* ---- What is told ---- */

static const char *const names[] = {
    [FERRY_NOTICE_FAILED] = "failed",
    [FERRY_NOTICE_FELL_BACK] = "fell_back",
    [FERRY_NOTICE_RECOVERED] = "recovered",
};

enum ferry_notice_event ferry_notice_event_of(int64_t state, int64_t before)
{
    bool was_told =
        before == FERRY_RUN_FAILED || before == FERRY_RUN_KILLED || before == FERRY_RUN_FALLBACK;
    if (state == FERRY_RUN_FAILED)
        return FERRY_NOTICE_FAILED;
    if (state == FERRY_RUN_FALLBACK)
        return FERRY_NOTICE_FELL_BACK;
    return ferry_run_state_is_success(state) && was_told ? FERRY_NOTICE_RECOVERED
                                                         : FERRY_NOTICE_NONE;
}

/* {"event":"failed","state_before":"done","job":...} and a line end */
static void add_message(struct ferry_strbuf *text, enum ferry_notice_event event,
                        const struct ferry_report *report, int64_t before)
{
    const char *quote = before == FERRY_REPORT_NONE ? "" : "\"";
    ferry_strbuf_addf(text, "{\"event\":\"%s\",\"state_before\":%s%s%s,", names[event], quote,
                      before == FERRY_REPORT_NONE ? "null" : ferry_run_state_name(before), quote);
    ferry_report_add_json(text, report);
    ferry_strbuf_add(text, "}\n");
}

/* ---- The conversation ---- */

struct talk {
    struct ferry_program program;
    const char *message;
    size_t size, written;
    struct ferry_strbuf output; /* OUTPUT_LIMIT of it at most */
    bool ended;
    int how; /* it has, as waitpid() says */
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void talk_done(struct talk *talk)
{
    close_end(&talk->program.input);
    close_end(&talk->program.output);
    ferry_strbuf_done(&talk->output);
}

/* A program that does not want to read all of it needs not: SIGPIPE is ignored. */
static void write_some(struct talk *talk)
{
    ssize_t size =
        write(talk->program.input, talk->message + talk->written, talk->size - talk->written);
    if (size > 0)
        talk->written += (size_t)size;
    bool again = size >= 0 || errno == EAGAIN || errno == EINTR;
    if (!again || talk->written == talk->size)
        close_end(&talk->program.input);
}

/* False where there is no more now. */
static bool read_some(struct talk *talk)
{
    char data[4096];
    ssize_t size = read(talk->program.output, data, sizeof data);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
        close_end(&talk->program.output);
    if (size <= 0)
        return false;
    size_t room = OUTPUT_LIMIT - talk->output.length;
    ferry_strbuf_append(&talk->output, data, (size_t)size < room ? (size_t)size : room);
    return true;
}

/* Waits for whatever comes first, a step at most. */
static void take_turn(struct talk *talk)
{
    struct pollfd ends[] = {{.fd = talk->program.input, .events = POLLOUT},
                            {.fd = talk->program.output, .events = POLLIN}};
    if (poll(ends, 2, talk->program.output < 0 ? LAST_STEP_MS : STEP_MS) > 0) {
        if (ends[0].revents != 0)
            write_some(talk);
        if (ends[1].revents != 0)
            (void)read_some(talk);
    }
    talk->ended = ferry_program_has_ended(&talk->program, &talk->how);
}

/* What it has left behind may hold its output open, and is not waited for. */
static void read_rest(struct talk *talk)
{
    while (talk->program.output >= 0 && talk->output.length < OUTPUT_LIMIT &&
           !talk->output.failed && read_some(talk))
        ;
}

static void log_output(const struct talk *talk)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    const char *text = ferry_strbuf_text(&talk->output);
    if (talk->output.length == 0)
        return;
    ferry_escape_text(&safe, text, talk->output.length, OUTPUT_LIMIT);
    ferry_log(FERRY_LOG_DEBUG, "notify_command printed: %s%s", ferry_strbuf_text(&safe),
              talk->output.length == OUTPUT_LIMIT ? "..." : "");
}

/* ---- The whole ---- */

static ferry_status fail_late(const char *name, int64_t timeout_ms, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf limit = {0};
    if (ferry_signal_caught() != 0)
        return ferry_fail(error, FERRY_ERR_CANCELLED,
                          "notify_command %s was stopped by the signal, and has told nothing, or "
                          "a part",
                          name);
    ferry_units_add_duration(&limit, timeout_ms);
    return ferry_fail(error, FERRY_ERR_BUSY,
                      "notify_command %s has not ended within %s (notify_timeout), and was killed",
                      name, ferry_strbuf_text(&limit));
}

static ferry_status judge(const struct talk *talk, const struct ferry_notice *notice,
                          struct ferry_error *error)
{
    const char *name = notice->command[0];
    if (!talk->ended)
        return fail_late(name, notice->timeout_ms, error);
    if (WIFEXITED(talk->how) && WEXITSTATUS(talk->how) == 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SYSTEM,
                      "notify_command %s failed (%s %d); what it printed is in the log at level "
                      "debug",
                      name, WIFEXITED(talk->how) ? "exit code" : "signal",
                      WIFEXITED(talk->how) ? WEXITSTATUS(talk->how) : WTERMSIG(talk->how));
}

ferry_status ferry_notice_send(const struct ferry_notice *notice, enum ferry_notice_event event,
                               const struct ferry_report *report, int64_t before,
                               struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf message = {0};
    add_message(&message, event, report, before);
    if (message.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for notify_command");
    __attribute__((cleanup(talk_done))) struct talk talk = {
        .program = {.input = -1, .output = -1},
        .message = ferry_strbuf_text(&message),
        .size = message.length,
    };
    ferry_status status = ferry_program_start(
        notice->command, FERRY_PROGRAM_READS | FERRY_PROGRAM_ERRORS, &talk.program, error);
    if (status != FERRY_OK) {
        ferry_error_prefix(error, "notify_command: ");
        return status;
    }
    int64_t deadline_ms = ferry_clock_ms() + notice->timeout_ms;
    while (!talk.ended && ferry_signal_caught() == 0 && ferry_clock_ms() < deadline_ms)
        take_turn(&talk);
    read_rest(&talk);
    if (!talk.ended)
        (void)ferry_program_end(&talk.program, 0);
    log_output(&talk);
    return judge(&talk, notice, error);
}
