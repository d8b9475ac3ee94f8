/* A record is built whole, and then written under a lock: lines never mix. */

#include "command/events.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/context.h"
#include "command/command.h"
#include "command/relay.h"

static struct {
    bool enabled;
    const char *command;
    int64_t started_ms;
    struct ferry_relay *relay; /* NULL: standard output */
    pthread_mutex_t lock;      /* of the rest, and around each line */
    bool lost;                 /* a record was left out */
    bool ended;                /* nothing more is written */
    bool leaves_end;           /* another process writes the last one */
} events = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- Whether there are any ---- */

/* As getopt_long() takes it, which lets a word be cut where no other option begins so. */
static bool is_json_option(const char *word)
{
    static const char option[] = "--json";
    size_t length = strlen(word);
    return length >= strlen("--js") && strncmp(word, option, length) == 0;
}

void ferry_events_guess(int argc, char **argv)
{
    events.started_ms = ferry_clock_ms();
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        events.enabled = events.enabled || is_json_option(argv[i]);
}

void ferry_events_enable(bool enabled, const char *command)
{
    events.enabled = enabled;
    events.command = command;
}

bool ferry_events_are_enabled(void)
{
    return events.enabled;
}

/* ---- Records ---- */

void ferry_event_begin(struct ferry_json *event, const char *type)
{
    *event = (struct ferry_json){0};
    ferry_json_begin_object(event, NULL);
    ferry_json_add_int(event, "version", FERRY_EVENTS_VERSION);
    ferry_json_add_text(event, "type", type);
}

/* Under the lock.  At once: whoever reads may wait for it. */
static void write_line(const char *line, size_t length)
{
    if (events.relay != NULL) {
        ferry_relay_add_line(events.relay, line, length);
        return;
    }
    (void)fwrite(line, 1, length, stdout);
    (void)fflush(stdout);
}

void ferry_event_write(struct ferry_json *event)
{
    ferry_json_end_object(event);
    ferry_strbuf_add(&event->text, "\n");
    {
        FERRY_LOCK_SCOPE(&events.lock);
        events.lost = events.lost || event->text.failed;
        if (!event->text.failed && !events.ended)
            write_line(event->text.data, event->text.length);
    }
    ferry_json_done(event);
}

static void add_job(struct ferry_json *event)
{
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    ferry_json_add_text(event, "job", context->job);
}

void ferry_event_write_error(const struct ferry_error *error, const char *outcome)
{
    struct ferry_json event;
    if (!events.enabled)
        return;
    ferry_event_begin(&event, "error");
    add_job(&event);
    ferry_json_add_text(&event, "class", ferry_error_class_of(error->status)->name);
    ferry_json_add_int(&event, "exit_code", ferry_command_exit_code(error->status));
    ferry_json_add_text(&event, "message", error->message);
    ferry_json_add_text(&event, "outcome", outcome);
    ferry_event_write(&event);
}

void ferry_event_write_finding(const struct ferry_finding *finding)
{
    static const char *const levels[] = {
        [FERRY_FINDING_OK] = "ok",
        [FERRY_FINDING_WARNING] = "warning",
        [FERRY_FINDING_FAILURE] = "failure",
    };
    struct ferry_json event;
    ferry_event_begin(&event, "finding");
    add_job(&event);
    ferry_json_add_text(&event, "level", levels[finding->level]);
    ferry_json_add_text(&event, "subject", finding->subject);
    ferry_json_add_text(&event, "text", finding->text);
    ferry_json_add_text(&event, "mend", finding->mend[0] == '\0' ? NULL : finding->mend);
    ferry_json_add_int(&event, "exit_code", ferry_command_exit_code(finding->status));
    ferry_event_write(&event);
}

/* ---- The last one ---- */

ferry_status ferry_events_check(struct ferry_error *error)
{
    FERRY_LOCK_SCOPE(&events.lock);
    return events.lost ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a record of --json")
                       : FERRY_OK;
}

/* Numbers, and the name of a command, which is ours: it asks for no memory, so that it comes also
 * where there is none. */
void ferry_events_end(int exit_code)
{
    char line[160];
    bool known = events.command != NULL;
    const char *quote = known ? "\"" : "";
    int64_t ms = ferry_clock_ms() - events.started_ms;
    if (!events.enabled || events.leaves_end)
        return;
    int length = snprintf(line, sizeof line,
                          "{\"version\":%d,\"type\":\"end\",\"command\":%s%s%s,\"exit_code\":%d,"
                          "\"seconds\":%" PRId64 ".%03" PRId64 "}\n",
                          FERRY_EVENTS_VERSION, quote, known ? events.command : "null", quote,
                          exit_code, ms / 1000, ms % 1000);
    FERRY_LOCK_SCOPE(&events.lock);
    if (!events.ended && length > 0 && (size_t)length < sizeof line)
        write_line(line, (size_t)length);
    events.ended = true;
}

void ferry_events_leave_end(void)
{
    events.leaves_end = true;
}

void ferry_events_write_to(struct ferry_relay *relay)
{
    events.relay = relay;
}
