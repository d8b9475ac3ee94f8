/* What freshness has found is held against the job's limit, and put into words. */

#include "engine/fallback.h"

#include <string.h>
#include <strings.h>

#include "base/signals.h"
#include "base/units.h"

/* Clocks of two machines differ by a little; more than this is a clock that is wrong. */
#define CLOCK_SLACK_MS (5 * INT64_C(60000))

bool ferry_fallback_may_follow(const struct ferry_route *route, const struct ferry_error *error)
{
    return error->status == FERRY_ERR_UNREACHABLE && route->fallback.source != NULL &&
           ferry_signal_caught() == 0;
}

static bool is_place_of_target(const struct ferry_route *route)
{
    char place[FERRY_PLACE_SIZE], other[FERRY_PLACE_SIZE];
    ferry_connection_find_place(route->fallback.source, place);
    ferry_connection_find_place(route->target, other);
    return strcmp(place, other) == 0;
}

bool ferry_fallback_is_target(const struct ferry_route *route, const struct ferry_task *task)
{
    return is_place_of_target(route) && task->fallback_read.kind != FERRY_READ_QUERY &&
           strcasecmp(task->fallback_read.text, task->table) == 0;
}

/* ---- Age ---- */

static void take_freshness(const struct ferry_freshness *freshness,
                           struct ferry_provenance *ret_from)
{
    int64_t age;
    ret_from->basis = freshness->basis;
    if (freshness->basis == FERRY_FRESHNESS_UNKNOWN)
        return;
    ferry_clock_print(freshness->taken_ms, ret_from->data_from);
    if (ret_from->data_from[0] == '\0' ||
        __builtin_sub_overflow(ferry_clock_wall_ms(), freshness->taken_ms, &age))
        ret_from->basis = FERRY_FRESHNESS_UNKNOWN; /* no moment of our time */
    else
        ret_from->age_ms = age < 0 && age > -CLOCK_SLACK_MS ? 0 : age;
}

/* "3 h 12 min old" */
static void add_how_old(struct ferry_strbuf *text, const struct ferry_provenance *from)
{
    if (from->basis == FERRY_FRESHNESS_UNKNOWN) {
        ferry_strbuf_add(text, "of unknown age");
    } else if (from->age_ms < 0) {
        ferry_strbuf_add(text, "dated in the future");
    } else {
        ferry_units_add_duration(text, from->age_ms);
        ferry_strbuf_add(text, " old");
    }
}

void ferry_fallback_add_age(struct ferry_strbuf *text, const struct ferry_provenance *from)
{
    ferry_strbuf_add(text, "data ");
    add_how_old(text, from);
}

void ferry_fallback_add_basis(struct ferry_strbuf *text, const struct ferry_provenance *from)
{
    static const char *const bases[] = {
        [FERRY_FRESHNESS_RECORD] = "by the record of the run that wrote them",
        [FERRY_FRESHNESS_CHANGED] = "by the time of the last change there, as no run has left a "
                                    "record",
    };
    add_how_old(text, from);
    if (from->basis != FERRY_FRESHNESS_UNKNOWN)
        ferry_strbuf_addf(text, " (from %s, %s)", from->data_from, bases[from->basis]);
}

/* ---- Refusing ---- */

static ferry_status fail_kept(const struct ferry_task *task, const struct ferry_provenance *from,
                              struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf age = {0};
    ferry_fallback_add_basis(&age, from);
    return ferry_fail(error, FERRY_ERR_UNREACHABLE,
                      "it reads from the very table '%s' that is to be replaced: the local copy is "
                      "kept; its data are %s",
                      task->table, ferry_strbuf_text(&age));
}

static ferry_status check_age(const struct ferry_route *route, const struct ferry_provenance *from,
                              struct ferry_error *error)
{
    int64_t limit = route->fallback.max_age_ms;
    bool known = from->basis != FERRY_FRESHNESS_UNKNOWN && from->age_ms >= 0;
    if (limit == 0 || (known && from->age_ms <= limit))
        return FERRY_OK;
    FERRY_AUTO_STRBUF struct ferry_strbuf age = {0}, allowed = {0};
    ferry_fallback_add_basis(&age, from);
    ferry_units_add_duration(&allowed, limit);
    return ferry_fail(error, FERRY_ERR_UNREACHABLE,
                      known
                          ? "its data are %s, and max_fallback_age allows %s; mend the source, or "
                            "allow more"
                          : "its data are %s, and max_fallback_age allows %s; \"0s\" would allow "
                            "any age",
                      ferry_strbuf_text(&age), ferry_strbuf_text(&allowed));
}

ferry_status ferry_fallback_ask(const struct ferry_route *route, const struct ferry_task *task,
                                struct ferry_connection *source, struct ferry_provenance *ret_from,
                                struct ferry_error *error)
{
    struct ferry_freshness freshness = {0};
    struct ferry_provenance from = {.fallback = route->fallback.source};
    const char *table = is_place_of_target(route) ? task->table : NULL;
    ferry_status status =
        ferry_freshness_ask(source, &task->fallback_read, table, &freshness, error);
    if (status != FERRY_OK)
        return status;
    take_freshness(&freshness, &from);
    from.is_target =
        ferry_fallback_is_target(route, task) || (table != NULL && freshness.reads_table);
    *ret_from = from;
    return FERRY_OK;
}

ferry_status ferry_fallback_judge(const struct ferry_route *route, const struct ferry_task *task,
                                  const struct ferry_provenance *from, struct ferry_error *error)
{
    return from->is_target ? fail_kept(task, from, error) : check_age(route, from, error);
}

/* Data of an age that nobody knows count as the oldest. */
static bool is_older(const struct ferry_provenance *from, const struct ferry_provenance *than)
{
    if (from->basis == FERRY_FRESHNESS_UNKNOWN || than->basis == FERRY_FRESHNESS_UNKNOWN)
        return than->basis != FERRY_FRESHNESS_UNKNOWN;
    return from->age_ms > than->age_ms;
}

ferry_status ferry_fallback_ask_all(const struct ferry_job *job, struct ferry_connection *source,
                                    struct ferry_provenance *ret_from, struct ferry_error *error)
{
    struct ferry_provenance oldest = {0};
    for (size_t i = 0; i < job->task_count; i++) {
        struct ferry_provenance from = {0};
        ferry_status status = ferry_fallback_ask(&job->route, &job->tasks[i], source, &from, error);
        if (status == FERRY_OK)
            status = ferry_fallback_judge(&job->route, &job->tasks[i], &from, error);
        if (status != FERRY_OK)
            return status;
        if (i == 0 || is_older(&from, &oldest))
            oldest = from;
    }
    *ret_from = oldest;
    return FERRY_OK;
}

/* ---- Telling ---- */

static void add_what_is_read(struct ferry_strbuf *text, const struct ferry_job *job)
{
    const struct ferry_read *read = &job->tasks[0].fallback_read;
    if (job->task_count > 1)
        ferry_strbuf_addf(text, "%zu tables", job->task_count);
    else if (read->kind == FERRY_READ_QUERY)
        ferry_strbuf_add(text, "the fallback_query");
    else
        ferry_strbuf_addf(text, "'%s'", read->text);
}

void ferry_fallback_warn(const struct ferry_job *job, const struct ferry_provenance *from,
                         const char *reason)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf age = {0}, what = {0};
    add_what_is_read(&what, job);
    ferry_fallback_add_basis(&age, from);
    ferry_log(FERRY_LOG_WARNING,
              "source '%s' is not reached (%s); reading %s from fallback '%s' instead: its data "
              "are %s",
              job->route.source->name, reason, ferry_strbuf_text(&what),
              job->route.fallback.source->name, ferry_strbuf_text(&age));
}

/* The table of the job that the fallback is, by its name; NULL: none. */
static const char *find_target(const struct ferry_job *job)
{
    for (size_t i = 0; i < job->task_count; i++)
        if (ferry_fallback_is_target(&job->route, &job->tasks[i]))
            return job->tasks[i].table;
    return NULL;
}

ferry_status ferry_fallback_explain(const struct ferry_job *job, bool opened,
                                    struct ferry_error *error)
{
    bool missing =
        error->status == FERRY_ERR_NOT_FOUND || (error->status == FERRY_ERR_UNREACHABLE && !opened);
    const char *table = missing ? find_target(job) : NULL;
    if (table == NULL)
        return error->status;
    ferry_error_clear(error);
    return ferry_fail(error, FERRY_ERR_UNREACHABLE,
                      "it is the very table '%s' that is to be replaced, and that is not there yet",
                      table);
}
