/* Copies are dropped one by one, those first that no other refers to. */

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "driver/target.h"
#include "engine/run.h"
#include "engine/strays.h"

#define MOST_PERCENT 50 /* of the job's tables, where it does not say max_shrink_percent */

/* Whether it is to be dropped, as far as is known. */
static bool is_due(const struct ferry_stray *stray)
{
    return stray->is_gone && !stray->dropped && stray->why.length == 0;
}

/* A source that has lost so many tables may be the wrong one, or not all there yet.  Tables that
 * are new prove nothing: another database has as many. */
static ferry_status check_number(const struct ferry_run *run, const struct ferry_strays *strays,
                                 struct ferry_error *error)
{
    const struct ferry_guard_rules *guards = &run->job->tasks[0].guards;
    const bool is_set = guards->max_shrink_percent >= 0;
    const int64_t percent = is_set ? guards->max_shrink_percent : MOST_PERCENT;
    uint64_t due = 0;
    for (size_t i = 0; i < strays->count; i++)
        due += is_due(&strays->list[i]) && strays->list[i].exists;
    if (due * 100 <= (due + strays->known) * (uint64_t)percent)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_DATA,
                      "%" PRIu64 " tables of job '%s' are gone from source '%s' and %zu are left: "
                      "more than %s%" PRId64 " percent, so that no copy is dropped; look at the "
                      "source, %s",
                      due, run->job->name, run->job->route.source->name, strays->known,
                      is_set ? "max_shrink_percent = " : "", percent,
                      is_set ? "or raise max_shrink_percent for this run"
                             : "or set max_shrink_percent for this run");
}

/* Of a look, the names of those that would be gone by now; NULL if out of memory. */
static const char **list_dropped(const struct ferry_strays *strays, size_t *ret_count)
{
    const char **names = calloc(strays->count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; names != NULL && i < strays->count; i++)
        if (strays->list[i].dropped)
            names[count++] = strays->list[i].record.table;
    *ret_count = count;
    return names;
}

static void tell(const struct ferry_run *run, const struct ferry_stray *stray)
{
    if (run->session.looks)
        return;
    if (stray->exists)
        ferry_log(FERRY_LOG_INFO,
                  "table '%s' is dropped, with its record: '%s' is gone from source '%s'",
                  stray->record.table, stray->name, run->job->route.source->name);
    else
        ferry_log(FERRY_LOG_INFO,
                  "the record of table '%s' is dropped: neither that nor its source is there",
                  stray->record.table);
}

/* `*ret_obstacles` is empty where it was dropped. */
static ferry_status drop(const struct ferry_run *run, struct ferry_stray *stray,
                         const char *const *others, size_t other_count,
                         struct ferry_notes *obstacles, struct ferry_error *error)
{
    const struct ferry_prune_spec spec = {
        .job = run->job->name,
        .run_id = run->id,
        .lock_wait_ms = run->job->route.lock_wait_ms,
        .table = stray->record.table,
        .definition = stray->definition,
        .exists = stray->exists,
        .record = &stray->record,
        .looks = run->session.looks,
        .others = others,
        .other_count = other_count,
    };
    ferry_status status = ferry_record_follow(&stray->record, &stray->record, error);
    if (status == FERRY_OK)
        status = ferry_target_prune(run->session.target, &spec, obstacles, error);
    if (status == FERRY_OK && obstacles->count == 0) {
        stray->dropped = true;
        tell(run, stray);
    }
    return status;
}

/* One more time through all that are due.  Others stay for as long as something stands against it,
 * and for good with `last`. */
static ferry_status pass(const struct ferry_run *run, struct ferry_strays *strays, bool last,
                         bool *ret_dropped, struct ferry_error *error)
{
    size_t count = 0;
    bool dropped = false;
    const char **others = list_dropped(strays, &count);
    ferry_status status =
        others == NULL ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory") : FERRY_OK;
    for (size_t i = 0; i < strays->count && status == FERRY_OK; i++) {
        struct ferry_stray *stray = &strays->list[i];
        struct ferry_notes obstacles = {0};
        if (!is_due(stray))
            continue;
        status = drop(run, stray, others, count, &obstacles, error);
        dropped = dropped || stray->dropped;
        if (last)
            ferry_notes_add_list(&obstacles, &stray->why);
        if (status == FERRY_OK && stray->why.failed)
            status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
        ferry_notes_done(&obstacles);
    }
    free(others);
    *ret_dropped = dropped;
    return status;
}

/* Once all are dropped, nothing may fail any more. */
static bool is_any_due(const struct ferry_strays *strays)
{
    bool due = false;
    for (size_t i = 0; i < strays->count; i++)
        due = due || is_due(&strays->list[i]);
    return due;
}

/* What is kept all the same. */
static void keep_all(struct ferry_strays *strays, const char *why)
{
    for (size_t i = 0; i < strays->count; i++)
        if (is_due(&strays->list[i]))
            ferry_strbuf_add(&strays->list[i].why, why);
}

ferry_status ferry_strays_prune(const struct ferry_run *run, struct ferry_strays *strays,
                                struct ferry_error *error)
{
    bool dropped = true;
    ferry_log_set_phase("prune");
    ferry_status status = check_number(run, strays, error);
    if (status != FERRY_OK || strays->keeps != NULL) {
        keep_all(strays, status != FERRY_OK ? "too many are gone at once" : strays->keeps);
        return status;
    }
    while (status == FERRY_OK && dropped && is_any_due(strays))
        status = pass(run, strays, false, &dropped, error);
    return status == FERRY_OK && is_any_due(strays) ? pass(run, strays, true, &dropped, error)
                                                    : status;
}
