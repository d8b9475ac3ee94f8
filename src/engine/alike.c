/* Where a target changes many tables in one step only if all are replaced or none is: which it is.
 */

#include "engine/alike.h"

#include "driver/target.h"
#include "engine/strategy.h"

static bool is_asked(const struct ferry_run *run)
{
    const struct ferry_connection *target = run->session.target;
    return run->job->task_count > 1 && !ferry_target_joins_changes(target) &&
           ferry_target_joins_alike(target);
}

static bool replaces(const struct ferry_transfer *transfer)
{
    return transfer->plan->strategy->load_kind == FERRY_LOAD_REPLACE;
}

static bool can_fill(const struct ferry_transfer *transfer)
{
    return ferry_strategy_can_fill(transfer->plan, transfer->task);
}

/* The first table that has to be replaced; NULL: none has. */
static const struct ferry_transfer *find_replaced(const struct ferry_run *run)
{
    for (size_t i = 0; i < run->job->task_count; i++)
        if (replaces(&run->transfers[i]) && !can_fill(&run->transfers[i]))
            return &run->transfers[i];
    return NULL;
}

/* An empty table is replaced for the sake of speed; among others that would be the opposite. */
static void fill_the_empty(const struct ferry_run *run)
{
    bool all = true;
    for (size_t i = 0; i < run->job->task_count; i++)
        all = all && replaces(&run->transfers[i]);
    for (size_t i = 0; i < run->job->task_count && !all; i++)
        if (replaces(&run->transfers[i]))
            ferry_strategy_fill(run->transfers[i].plan, run->transfers[i].task);
}

static ferry_status fail_to_keep(const struct ferry_run *run, const struct ferry_transfer *kept,
                                 const struct ferry_transfer *replaced, struct ferry_error *error)
{
    const char *why = ferry_strbuf_text(&replaced->plan->why);
    return ferry_fail(
        error, FERRY_ERR_UNSUPPORTED,
        "%s changes many tables in one step only if it replaces all of them or none: "
        "'%s' is replaced%s%s, and '%s' is to keep rows, by strategy = \"%s\"; run '%s' "
        "alone first, or choose commit = \"each\"",
        ferry_connection_place(run->session.target), replaced->task->table,
        *why != '\0' ? ", since " : "", why, kept->task->table,
        ferry_strategy_name(kept->task->changes.strategy),
        ferry_task_name(run->job, replaced->task));
}

ferry_status ferry_alike_settle(struct ferry_run *run, struct ferry_error *error)
{
    const struct ferry_transfer *replaced = NULL;
    ferry_status status = FERRY_OK;
    if (!is_asked(run))
        return FERRY_OK;
    replaced = find_replaced(run);
    if (replaced == NULL)
        fill_the_empty(run);
    for (size_t i = 0; replaced != NULL && i < run->job->task_count && status == FERRY_OK; i++) {
        struct ferry_transfer *transfer = &run->transfers[i];
        if (replaces(transfer))
            continue;
        status = !transfer->plan->strategy->is_whole
                     ? fail_to_keep(run, transfer, replaced, error)
                     : ferry_strategy_replace_with(transfer->plan, replaced->task->table, error);
    }
    return status;
}
