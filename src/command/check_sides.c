/* A job's source and target, tried as a run would use them, and the strategy between them. */

#include "command/check_sides.h"

#include "driver/source.h"
#include "engine/limits.h"
#include "engine/policy.h"
#include "engine/session.h"
#include "engine/strategy.h"

void ferry_check_connection(struct ferry_check *check, const char *subject,
                            struct ferry_connection *connection)
{
    struct ferry_facts facts = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_connection_facts(connection, &facts);
    ferry_strbuf_add(&text, ferry_connection_place(connection));
    for (size_t i = 0; i < facts.count; i++)
        ferry_strbuf_addf(&text, ", %s %s", facts.items[i].name, facts.items[i].value);
    ferry_check_ok(check, subject, "%s", ferry_strbuf_text(&text));
    ferry_facts_done(&facts);
}

static ferry_status open_checked(struct ferry_check *check, const struct ferry_config *config,
                                 uint32_t role, struct ferry_connection **ret_connection)
{
    struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf subject = {0};
    ferry_strbuf_addf(&subject, "%s '%s'", (role & FERRY_ROLE_SOURCE) != 0 ? "source" : "target",
                      config->name);
    if (ferry_connection_open(config, role | FERRY_ROLE_LOOK, ret_connection, &error) != FERRY_OK)
        return ferry_check_fail(check, ferry_strbuf_text(&subject), &error);
    ferry_check_connection(check, ferry_strbuf_text(&subject), *ret_connection);
    return FERRY_OK;
}

/* ---- One table ---- */

static void check_source(struct ferry_check *check, const struct ferry_job *job,
                         const struct ferry_task *task, struct ferry_connection *source,
                         struct ferry_plan *plan)
{
    struct ferry_error error = {0};
    ferry_status status = ferry_source_describe(source, &task->read, &plan->described, &error);
    if (status == FERRY_OK)
        status = ferry_schema_check_names(&plan->described, &error);
    if (status == FERRY_OK)
        status = ferry_task_begin_plan(task, false, plan, &error);
    if (status != FERRY_OK) {
        ferry_plan_done(plan); /* empty: nothing is asked of the target */
        (void)ferry_job_limits_explain(job, job->route.source, source, 0, &error);
        (void)ferry_check_fail(check, "what is read", &error);
        return;
    }
    ferry_check_ok(check, "what is read", "%zu columns of %s", plan->schema.count,
                   task->read.kind == FERRY_READ_QUERY ? "the query" : task->read.text);
}

static void check_target(struct ferry_check *check, const struct ferry_job *job,
                         const struct ferry_task *task, struct ferry_connection *target,
                         struct ferry_plan *plan)
{
    struct ferry_error error = {0};
    ferry_status status = ferry_plan_negotiate(plan, target, task->table, &task->policy, &error);
    if (status == FERRY_OK)
        status = ferry_plan_check(plan, &task->policy, task->table, &error);
    if (status != FERRY_OK) {
        (void)ferry_job_limits_explain(job, job->route.source, target, 0, &error);
        (void)ferry_check_fail(check, "target table", &error);
        return;
    }
    static const char *const states[] = {
        [FERRY_TABLE_CREATE] = "is not there yet and can be created",
        [FERRY_TABLE_KEEP] = "fits",
        [FERRY_TABLE_REBUILD] = "has other columns and will be rebuilt",
    };
    ferry_check_ok(check, "target table", "'%s' %s", task->table, states[plan->action]);
}

/* Whether the job's strategy suits columns and drivers; both sides are open. */
static void check_strategy(struct ferry_check *check, const struct ferry_job *job,
                           const struct ferry_task *task, const struct ferry_connection *source,
                           struct ferry_connection *target, struct ferry_plan *plan)
{
    struct ferry_error error = {0};
    const struct ferry_strategy_facts facts = {.rules = &task->changes,
                                               .source = source,
                                               .target = target,
                                               .job = ferry_task_name(job, task),
                                               .together = task->together};
    if (task->changes.strategy == FERRY_STRATEGY_REPLACE || plan->action == 0)
        return;
    ferry_status status = ferry_strategy_recall(plan, &task->changes, target, task->table, &error);
    if (status == FERRY_OK)
        status = ferry_strategy_decide(plan, &facts, &error);
    if (status != FERRY_OK)
        (void)ferry_check_fail(check, "strategy", &error);
    else
        ferry_check_ok(check, "strategy", "%s", plan->strategy->name);
}

/* ---- The two sides ---- */

/* The connections of one job, or of the group that it is of. */
struct sides {
    struct ferry_connection *source;
    struct ferry_connection *target;
    bool source_again; /* it was asked for an earlier table of the group */
    bool target_again;
};

/* The source, which a group has open already; of that, it is told with its first table. */
static ferry_status open_source(struct ferry_check *check, const struct ferry_job *job,
                                struct sides *sides)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf subject = {0};
    if (job->shared == NULL || job->shared->source == NULL)
        return open_checked(check, job->route.source, FERRY_ROLE_SOURCE, &sides->source);
    sides->source = job->shared->source;
    sides->source_again = job->shared->target != NULL;
    ferry_strbuf_addf(&subject, "source '%s'", job->route.source->name);
    if (!sides->source_again)
        ferry_check_connection(check, ferry_strbuf_text(&subject), sides->source);
    return FERRY_OK;
}

static ferry_status open_target(struct ferry_check *check, const struct ferry_job *job,
                                struct sides *sides)
{
    if (job->shared == NULL)
        return open_checked(check, job->route.target, FERRY_ROLE_TARGET, &sides->target);
    ferry_status status = FERRY_OK;
    sides->target_again = job->shared->target != NULL;
    if (!sides->target_again)
        status = open_checked(check, job->route.target, FERRY_ROLE_TARGET, &job->shared->target);
    sides->target = job->shared->target;
    return status;
}

static void close_sides(const struct ferry_job *job, const struct sides *sides)
{
    if (job->shared == NULL || sides->source != job->shared->source)
        ferry_connection_close(sides->source);
    if (job->shared == NULL)
        ferry_connection_close(sides->target);
}

static void check_all_sources(struct ferry_check *check, const struct ferry_job *job,
                              struct sides *sides, struct ferry_plan *plans)
{
    if (open_source(check, job, sides) != FERRY_OK)
        return;
    for (size_t i = 0; i < job->task_count; i++)
        check_source(check, job, &job->tasks[i], sides->source, &plans[i]);
    ferry_check_examine_source(check, job, sides->source, false, sides->source_again);
}

/* Of each table whose source was understood. */
static void check_all_targets(struct ferry_check *check, const struct ferry_job *job,
                              struct sides *sides, struct ferry_plan *plans)
{
    if (open_target(check, job, sides) != FERRY_OK)
        return;
    for (size_t i = 0; i < job->task_count; i++)
        if (plans[i].schema.count > 0)
            check_target(check, job, &job->tasks[i], sides->target, &plans[i]);
    for (size_t i = 0; i < job->task_count && sides->source != NULL; i++)
        check_strategy(check, job, &job->tasks[i], sides->source, sides->target, &plans[i]);
    ferry_check_examine_target(check, job, sides->target, plans, sides->target_again);
}

void ferry_check_sides(struct ferry_check *check, const struct ferry_job *job,
                       struct ferry_plan *plans)
{
    struct sides sides = {0};
    check_all_sources(check, job, &sides, plans);
    ferry_check_tell(check);
    ferry_check_fallback(check, job);
    ferry_check_tell(check);
    check_all_targets(check, job, &sides, plans);
    close_sides(job, &sides);
}
