/* What a signal leaves behind, told when the process is about to die by it. */

#include "engine/outcome.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/context.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/units.h"

/* A run that is under way. */
struct under_way {
    struct ferry_context *run; /* held */
    struct ferry_strbuf job;   /* its name */
    bool committing;           /* else its table has the old rows */
    struct under_way *next;
};

static struct {
    pthread_mutex_t lock;
    struct under_way *runs;
    struct ferry_strbuf done; /* "a (3 rows), b (1 row)" */
    struct ferry_strbuf left; /* "c, d" */
} outcome = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Under the lock: where the calling thread's run stands in the list, or would. */
static struct under_way **find(void)
{
    struct under_way **place = &outcome.runs;
    while (*place != NULL && (*place)->run != ferry_context_current())
        place = &(*place)->next;
    return place;
}

/* Under the lock. */
static void take_out(struct under_way **place)
{
    struct under_way *run = *place;
    if (run == NULL)
        return;
    *place = run->next;
    ferry_context_release(run->run);
    ferry_strbuf_done(&run->job);
    free(run);
}

/* Under the lock: the calling thread's run, put into the list where it is not there yet. */
static struct under_way *find_or_add(void)
{
    struct under_way **place = find();
    if (*place != NULL)
        return *place;
    *place = calloc(1, sizeof **place);
    if (*place != NULL)
        (*place)->run = ferry_context_hold(ferry_context_current());
    return *place;
}

void ferry_outcome_begin(const char *job)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    struct under_way *run = find_or_add();
    if (run == NULL)
        return; /* no memory: it goes on, and would not be told of */
    run->committing = false;
    ferry_strbuf_reset(&run->job);
    ferry_strbuf_add(&run->job, job);
}

void ferry_outcome_commit(void)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    struct under_way *run = *find();
    if (run != NULL)
        run->committing = true;
}

static void add_separator(struct ferry_strbuf *list)
{
    if (list->length > 0)
        ferry_strbuf_add(list, ", ");
}

void ferry_outcome_done(uint64_t rows)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    struct under_way **place = find();
    if (*place == NULL)
        return;
    add_separator(&outcome.done);
    ferry_strbuf_addf(&outcome.done, "%s (", ferry_strbuf_text(&(*place)->job));
    ferry_units_add_count(&outcome.done, rows);
    ferry_strbuf_add(&outcome.done, rows == 1 ? " row)" : " rows)");
    take_out(place);
}

void ferry_outcome_end(void)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    take_out(find());
}

void ferry_outcome_leave(const char *job)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    add_separator(&outcome.left);
    ferry_strbuf_add(&outcome.left, job);
}

static void add_run(struct ferry_strbuf *text, const struct under_way *run)
{
    const char *job = ferry_strbuf_text(&run->job);
    if (run->committing)
        ferry_strbuf_addf(text,
                          "; it came in the middle of the commit of %s: whether its table holds "
                          "the old or the new rows is unknown; running again is safe",
                          job);
    else
        ferry_strbuf_addf(text, "; the target of %s is unchanged", job);
}

/* `ret_only` is the run that is under way where there is one alone, held; else NULL. */
static void build(struct ferry_strbuf *text, int number, struct ferry_context **ret_only)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    const struct under_way *first = outcome.runs;
    *ret_only = first != NULL && first->next == NULL ? ferry_context_hold(first->run) : NULL;
    if (first == NULL && outcome.done.length == 0 && outcome.left.length == 0)
        return;
    ferry_strbuf_addf(text, "ended by signal %d (%s)", number, strsignal(number));
    for (const struct under_way *run = first; run != NULL; run = run->next)
        add_run(text, run);
    if (outcome.done.length > 0)
        ferry_strbuf_addf(text, "; the new rows are in place: %s",
                          ferry_strbuf_text(&outcome.done));
    if (outcome.left.length > 0)
        ferry_strbuf_addf(text, "; not begun: %s", ferry_strbuf_text(&outcome.left));
}

/* What there is to say of one run is logged as its own line. */
void ferry_outcome_tell(int number)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_context *caller = ferry_context_current();
    struct ferry_context *only;
    build(&text, number, &only);
    if (text.length > 0) {
        (void)ferry_fail(&error, FERRY_ERR_CANCELLED, "%s", ferry_strbuf_text(&text));
        ferry_context_enter(only);
        ferry_log_error(&error, NULL);
        ferry_context_enter(caller);
    }
    ferry_context_release(only);
}

void ferry_outcome_clear(void)
{
    FERRY_LOCK_SCOPE(&outcome.lock);
    while (outcome.runs != NULL)
        take_out(&outcome.runs);
    ferry_strbuf_done(&outcome.done);
    ferry_strbuf_done(&outcome.left);
}
