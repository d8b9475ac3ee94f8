/* What a signal leaves behind, told when the process is about to die by it. */

#include "engine/outcome.h"

#include <pthread.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/units.h"

enum state { STATE_NONE, STATE_OLD, STATE_COMMITTING };

static struct {
    pthread_mutex_t lock;
    enum state state;         /* of the job that is under way */
    struct ferry_strbuf job;  /* its name */
    struct ferry_strbuf done; /* "a (3 rows), b (1 row)" */
    struct ferry_strbuf left; /* "c, d" */
} outcome = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void set_state(enum state state)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    outcome.state = state;
}

void ferry_outcome_begin(const char *job)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    outcome.state = STATE_OLD;
    ferry_strbuf_reset(&outcome.job);
    ferry_strbuf_add(&outcome.job, job);
}

void ferry_outcome_commit(void)
{
    set_state(STATE_COMMITTING);
}

static void add_separator(struct ferry_strbuf *list)
{
    if (list->length > 0)
        ferry_strbuf_add(list, ", ");
}

void ferry_outcome_done(uint64_t rows)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    outcome.state = STATE_NONE;
    add_separator(&outcome.done);
    ferry_strbuf_addf(&outcome.done, "%s (", ferry_strbuf_text(&outcome.job));
    ferry_units_add_count(&outcome.done, rows);
    ferry_strbuf_add(&outcome.done, rows == 1 ? " row)" : " rows)");
}

void ferry_outcome_end(void)
{
    set_state(STATE_NONE);
}

void ferry_outcome_leave(const char *job)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    add_separator(&outcome.left);
    ferry_strbuf_add(&outcome.left, job);
}

static void add_state(struct ferry_strbuf *text)
{
    static const char *const states[] = {
        [STATE_OLD] = "; the target of %s is unchanged",
        [STATE_COMMITTING] =
            "; it came in the middle of the commit of %s: whether its table holds the "
            "old or the new rows is unknown; running again is safe",
    };
    const char *part = states[outcome.state];
    const char *name = strstr(part, "%s");
    ferry_strbuf_append(text, part, (size_t)(name - part));
    ferry_strbuf_add(text, ferry_strbuf_text(&outcome.job));
    ferry_strbuf_add(text, name + 2);
}

static void build(struct ferry_strbuf *text, int number)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    if (outcome.state == STATE_NONE && outcome.done.length == 0 && outcome.left.length == 0)
        return;
    ferry_strbuf_addf(text, "ended by signal %d (%s)", number, strsignal(number));
    if (outcome.state != STATE_NONE)
        add_state(text);
    if (outcome.done.length > 0)
        ferry_strbuf_addf(text, "; the new rows are in place: %s",
                          ferry_strbuf_text(&outcome.done));
    if (outcome.left.length > 0)
        ferry_strbuf_addf(text, "; not begun: %s", ferry_strbuf_text(&outcome.left));
}

void ferry_outcome_tell(int number)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    struct ferry_error error = {0};
    build(&text, number);
    if (text.length == 0)
        return;
    (void)ferry_fail(&error, FERRY_ERR_CANCELLED, "%s", ferry_strbuf_text(&text));
    ferry_log_error(&error, NULL);
    ferry_error_clear(&error);
}

void ferry_outcome_clear(void)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    outcome.state = STATE_NONE;
    ferry_strbuf_done(&outcome.job);
    ferry_strbuf_done(&outcome.done);
    ferry_strbuf_done(&outcome.left);
}
