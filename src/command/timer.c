/* systemctl tells of each timer in lines of its own: its name, and when it comes next, "Mon
 * 2026-11-30 14:00:00 UTC".  One that counts from a start or a boot says nothing here. */

#include "command/timer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/program.h"
#include "base/strbuf.h"

#define WAIT_MS 2000
#define LINGER_MS 200
#define ANSWER_LIMIT (1U << 20)

#define OF_ALL "dbferry.timer"
#define OF_ONE "dbferry@"
#define OF_EACH "dbferry@*.timer"

/* ---- What systemctl says ---- */

/* False: not all of it has come. */
static bool read_answer(int fd, struct ferry_strbuf *answer)
{
    int64_t deadline_ms = ferry_clock_ms() + WAIT_MS;
    for (char data[4096]; answer->length < ANSWER_LIMIT && !answer->failed;) {
        int64_t left_ms = deadline_ms - ferry_clock_ms();
        struct pollfd end = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0)
            return false;
        if (poll(&end, 1, (int)left_ms) <= 0)
            continue;
        ssize_t size = read(fd, data, sizeof data);
        if (size == 0)
            return true;
        if (size < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (size > 0)
            ferry_strbuf_append(answer, data, (size_t)size);
    }
    return false;
}

static bool ask(struct ferry_strbuf *answer)
{
    static const char *const arguments[] = {
        "env",  "TZ=UTC", "LC_ALL=C", "systemctl", "show", "--property=Id,NextElapseUSecRealtime",
        OF_ALL, OF_EACH,  NULL,
    };
    struct ferry_error error = {0};
    struct ferry_program program = {0};
    if (ferry_program_start(arguments, FERRY_PROGRAM_ERRORS, &program, &error) != FERRY_OK)
        return false;
    FERRY_AUTO_FD int fd = program.output;
    bool is_whole = read_answer(fd, answer);
    int how = ferry_program_end(&program, is_whole ? LINGER_MS : 0);
    return is_whole && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

/* ---- What it means ---- */

static bool read_moment(const char *text, int64_t *ret_ms)
{
    struct tm moment = {0};
    const char *date = strchr(text, ' '); /* behind the day of the week */
    const char *end = date != NULL ? strptime(date, " %Y-%m-%d %H:%M:%S UTC", &moment) : NULL;
    if (end == NULL || *end != '\0')
        return false;
    *ret_ms = (int64_t)timegm(&moment) * 1000;
    return true;
}

static void add_timer(struct ferry_timers *timers, const char *unit, const char *next)
{
    int64_t next_ms = 0;
    if (unit == NULL || next == NULL || !read_moment(next, &next_ms))
        return;
    struct ferry_timer *list = reallocarray(timers->list, timers->count + 1, sizeof *timers->list);
    if (list == NULL)
        return;
    timers->list = list;
    char *copy = strdup(unit);
    if (copy != NULL)
        list[timers->count++] = (struct ferry_timer){.unit = copy, .next_ms = next_ms};
}

static const char *value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncmp(line, name, length) == 0 ? line + length : NULL;
}

/* An empty line stands between two timers. */
static void read_timers(char *text, struct ferry_timers *timers)
{
    const char *unit = NULL, *next = NULL, *value = NULL;
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        if ((value = value_of(line, "Id=")) != NULL)
            unit = value;
        else if ((value = value_of(line, "NextElapseUSecRealtime=")) != NULL)
            next = value;
        if (line[0] == '\0' || end == NULL) {
            add_timer(timers, unit, next);
            unit = next = NULL;
        }
        line = end;
    }
}

void ferry_timers_find(struct ferry_timers *ret_timers)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf answer = {0};
    FERRY_AUTO_FREE char *text = NULL;
    *ret_timers = (struct ferry_timers){0};
    if (ask(&answer) && (text = ferry_strbuf_steal(&answer)) != NULL)
        read_timers(text, ret_timers);
}

void ferry_timers_done(struct ferry_timers *timers)
{
    for (size_t i = 0; i < timers->count; i++)
        free(timers->list[i].unit);
    free(timers->list);
    *timers = (struct ferry_timers){0};
}

/* ---- Whose they are ---- */

/* As systemd-escape spells a name: systemd.unit(5), STRING ESCAPING. */
static void add_escaped(struct ferry_strbuf *unit, const char *job)
{
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.";
    for (const char *at = job; *at != '\0'; at++) {
        if (*at == '/')
            ferry_strbuf_add(unit, "-");
        else if (strchr(kept, *at) != NULL && !(*at == '.' && at == job))
            ferry_strbuf_append(unit, at, 1);
        else
            ferry_strbuf_addf(unit, "\\x%02x", (unsigned)(unsigned char)*at);
    }
}

const struct ferry_timer *ferry_timers_of(const struct ferry_timers *timers, const char *job)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf own = {0};
    const struct ferry_timer *first = NULL;
    ferry_strbuf_add(&own, OF_ONE);
    add_escaped(&own, job);
    ferry_strbuf_add(&own, ".timer");
    for (size_t i = 0; i < timers->count; i++) {
        const struct ferry_timer *timer = &timers->list[i];
        bool runs_it =
            strcmp(timer->unit, OF_ALL) == 0 || strcmp(timer->unit, ferry_strbuf_text(&own)) == 0;
        if (runs_it && (first == NULL || timer->next_ms < first->next_ms))
            first = timer;
    }
    return first;
}
