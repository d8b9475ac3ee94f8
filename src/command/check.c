/* dbferry check: tries everything that a run needs, and writes nothing. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "command/command.h"
#include "config/secret.h"
#include "driver/connection.h"
#include "driver/source.h"
#include "engine/fallback.h"
#include "engine/limits.h"
#include "engine/policy.h"
#include "engine/session.h"
#include "engine/strategy.h"
#include "engine/watch.h"

static void print_line(const char *mark, const char *subject, const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_escape_text(&line, subject, strlen(subject), 200);
    ferry_strbuf_add(&line, ": ");
    ferry_escape_text(&line, text, strlen(text), 4000);
    (void)printf("%-4s  %s\n", mark, ferry_strbuf_text(&line));
}

/* Prints a failure where the check stands and passes its class on. */
static ferry_status print_failure(const char *subject, struct ferry_error *error)
{
    ferry_status status = error->status;
    print_line("FAIL", subject, error->message);
    ferry_error_clear(error);
    return status;
}

static void print_connection(const char *subject, struct ferry_connection *connection)
{
    struct ferry_facts facts = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_connection_facts(connection, &facts);
    ferry_strbuf_add(&text, ferry_connection_place(connection));
    for (size_t i = 0; i < facts.count; i++)
        ferry_strbuf_addf(&text, ", %s %s", facts.items[i].name, facts.items[i].value);
    print_line("ok", subject, ferry_strbuf_text(&text));
    ferry_facts_done(&facts);
}

static ferry_status open_checked(const struct ferry_config *config, uint32_t role,
                                 struct ferry_connection **ret_connection)
{
    struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf subject = {0};
    ferry_strbuf_addf(&subject, "%s '%s'", (role & FERRY_ROLE_SOURCE) != 0 ? "source" : "target",
                      config->name);
    if (ferry_connection_open(config, role | FERRY_ROLE_LOOK, ret_connection, &error) != FERRY_OK)
        return print_failure(ferry_strbuf_text(&subject), &error);
    print_connection(ferry_strbuf_text(&subject), *ret_connection);
    return FERRY_OK;
}

static ferry_status check_source(const struct ferry_job *job, const struct ferry_task *task,
                                 struct ferry_connection *source, struct ferry_plan *plan)
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
        return print_failure("what is read", &error);
    }
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addf(&text, "%zu columns of %s", plan->schema.count,
                      task->read.kind == FERRY_READ_QUERY ? "the query" : task->read.text);
    print_line("ok", "what is read", ferry_strbuf_text(&text));
    return FERRY_OK;
}

static ferry_status check_target(const struct ferry_job *job, const struct ferry_task *task,
                                 struct ferry_connection *target, struct ferry_plan *plan)
{
    struct ferry_error error = {0};
    ferry_status status = ferry_plan_negotiate(plan, target, task->table, &task->policy, &error);
    if (status == FERRY_OK)
        status = ferry_plan_check(plan, &task->policy, task->table, &error);
    if (status != FERRY_OK) {
        (void)ferry_job_limits_explain(job, job->route.source, target, 0, &error);
        return print_failure("target table", &error);
    }
    static const char *const states[] = {
        [FERRY_TABLE_CREATE] = "is not there yet and can be created",
        [FERRY_TABLE_KEEP] = "fits",
        [FERRY_TABLE_REBUILD] = "has other columns and will be rebuilt",
    };
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addf(&text, "'%s' %s", task->table, states[plan->action]);
    print_line("ok", "target table", ferry_strbuf_text(&text));
    return FERRY_OK;
}

/* Whether the job's strategy suits columns and drivers; both sides are open. */
static ferry_status check_strategy(const struct ferry_job *job, const struct ferry_task *task,
                                   const struct ferry_connection *source,
                                   struct ferry_connection *target, struct ferry_plan *plan)
{
    struct ferry_error error = {0};
    const struct ferry_strategy_facts facts = {.rules = &task->changes,
                                               .source = source,
                                               .target = target,
                                               .job = ferry_task_name(job, task),
                                               .together = task->together};
    if (task->changes.strategy == FERRY_STRATEGY_REPLACE || plan->action == 0)
        return FERRY_OK;
    ferry_status status = ferry_strategy_recall(plan, &task->changes, target, task->table, &error);
    if (status == FERRY_OK)
        status = ferry_strategy_decide(plan, &facts, &error);
    if (status != FERRY_OK)
        return print_failure("strategy", &error);
    print_line("ok", "strategy", plan->strategy->name);
    return FERRY_OK;
}

/* Reads what a run from the fallback would ask first. */
static ferry_status ask_fallback(const struct ferry_job *job, const struct ferry_task *task,
                                 struct ferry_connection *source, struct ferry_provenance *ret_from,
                                 struct ferry_plan *plan, struct ferry_error *error)
{
    ferry_status status = ferry_source_snapshot_begin(source, error);
    bool snapshot = status == FERRY_OK;
    if (status == FERRY_OK)
        status = ferry_fallback_ask(&job->route, task, source, ret_from, error);
    if (status == FERRY_OK)
        status = ferry_source_describe(source, &task->fallback_read, &plan->described, error);
    if (status == FERRY_OK)
        status = ferry_schema_check_names(&plan->described, error);
    if (snapshot)
        ferry_source_snapshot_end(source);
    return status == FERRY_OK
               ? status
               : ferry_job_limits_explain(job, job->route.fallback.source, source, 0, error);
}

static void print_fallback_data(const struct ferry_task *task, const struct ferry_plan *plan,
                                const struct ferry_provenance *from)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addf(&text, "%zu columns of %s, ", plan->described.count,
                      task->fallback_read.kind == FERRY_READ_QUERY ? "the query"
                                                                   : task->fallback_read.text);
    ferry_fallback_add_basis(&text, from);
    if (from->is_target)
        ferry_strbuf_add(&text, "; it is the table to be replaced: a run that cannot reach the "
                                "source keeps it");
    print_line("ok", "fallback data", ferry_strbuf_text(&text));
}

/* A copy that the first run will make cannot be tried before. */
static ferry_status print_no_fallback(const struct ferry_job *job, const struct ferry_task *task,
                                      const char *subject, struct ferry_error *error)
{
    bool missing = error->status == FERRY_ERR_UNREACHABLE || error->status == FERRY_ERR_NOT_FOUND;
    if (!missing || !ferry_fallback_is_target(&job->route, task))
        return print_failure(subject, error);
    ferry_error_clear(error);
    print_line("ok", subject, "is the table to be replaced, and not there yet");
    return FERRY_OK;
}

static ferry_status check_fallback_data(const struct ferry_job *job, const struct ferry_task *task,
                                        struct ferry_connection *source)
{
    struct ferry_error error = {0};
    struct ferry_plan plan = {0};
    struct ferry_provenance from = {0};
    ferry_status status = ask_fallback(job, task, source, &from, &plan, &error);
    if (status == FERRY_OK && !from.is_target)
        status = ferry_fallback_judge(&job->route, task, &from, &error);
    if (status == FERRY_OK)
        print_fallback_data(task, &plan, &from);
    else
        status = print_no_fallback(job, task, "fallback data", &error);
    ferry_plan_done(&plan);
    return status;
}

/* It is tried while nobody needs it, so that it is there on the day. */
static ferry_status check_fallback(const struct ferry_job *job)
{
    struct ferry_error error = {0};
    struct ferry_connection *source = NULL;
    FERRY_AUTO_STRBUF struct ferry_strbuf subject = {0};
    if (job->route.fallback.source == NULL)
        return FERRY_OK;
    ferry_strbuf_addf(&subject, "fallback '%s'", job->route.fallback.source->name);
    ferry_status status = ferry_connection_open(
        job->route.fallback.source, FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK, &source, &error);
    if (status != FERRY_OK)
        return print_no_fallback(job, &job->tasks[0], ferry_strbuf_text(&subject), &error);
    print_connection(ferry_strbuf_text(&subject), source);
    for (size_t i = 0; i < job->task_count; i++)
        status = ferry_error_graver(status, check_fallback_data(job, &job->tasks[i], source));
    ferry_connection_close(source);
    return status;
}

static ferry_status check_sources(const struct ferry_job *job, struct ferry_connection *source,
                                  struct ferry_plan *plans)
{
    ferry_status outcome = FERRY_OK;
    for (size_t i = 0; i < job->task_count; i++)
        outcome = ferry_error_graver(outcome, check_source(job, &job->tasks[i], source, &plans[i]));
    return outcome;
}

/* Of each table whose source was understood. */
static ferry_status check_targets(const struct ferry_job *job, struct ferry_connection *target,
                                  struct ferry_plan *plans)
{
    ferry_status outcome = FERRY_OK;
    for (size_t i = 0; i < job->task_count; i++)
        if (plans[i].schema.count > 0)
            outcome =
                ferry_error_graver(outcome, check_target(job, &job->tasks[i], target, &plans[i]));
    return outcome;
}

/* The source, which a group has open already; of that, it is told with its first table. */
static ferry_status open_source(const struct ferry_job *job, struct ferry_connection **ret_source)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf subject = {0};
    if (job->shared == NULL || job->shared->source == NULL)
        return open_checked(job->route.source, FERRY_ROLE_SOURCE, ret_source);
    *ret_source = job->shared->source;
    ferry_strbuf_addf(&subject, "source '%s'", job->route.source->name);
    if (job->shared->target == NULL)
        print_connection(ferry_strbuf_text(&subject), *ret_source);
    return FERRY_OK;
}

static ferry_status open_target(const struct ferry_job *job, struct ferry_connection **ret_target)
{
    if (job->shared == NULL)
        return open_checked(job->route.target, FERRY_ROLE_TARGET, ret_target);
    ferry_status status = FERRY_OK;
    if (job->shared->target == NULL)
        status = open_checked(job->route.target, FERRY_ROLE_TARGET, &job->shared->target);
    *ret_target = job->shared->target;
    return status;
}

static void close_sides(const struct ferry_job *job, struct ferry_connection *source,
                        struct ferry_connection *target)
{
    if (job->shared == NULL || source != job->shared->source)
        ferry_connection_close(source);
    if (job->shared == NULL)
        ferry_connection_close(target);
}

/* Source, fallback and target are tried each, whatever becomes of the others. */
static ferry_status check_sides(const struct ferry_job *job, struct ferry_plan *plans)
{
    struct ferry_connection *source = NULL;
    struct ferry_connection *target = NULL;
    ferry_status from = open_source(job, &source);
    if (from == FERRY_OK)
        from = check_sources(job, source, plans);
    ferry_status instead = check_fallback(job);
    ferry_status to = open_target(job, &target);
    if (to == FERRY_OK)
        to = check_targets(job, target, plans);
    for (size_t i = 0; i < job->task_count && source != NULL && target != NULL; i++)
        to = ferry_error_graver(to, check_strategy(job, &job->tasks[i], source, target, &plans[i]));
    close_sides(job, source, target);
    return ferry_error_graver(ferry_error_graver(from, instead), to);
}

ferry_status ferry_command_check_job(const struct ferry_job *job,
                                     const struct ferry_arguments *arguments)
{
    (void)arguments;
    struct ferry_error error = {0};
    struct ferry_watch_run watch;
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    ferry_escape_text(&name, job->name, strlen(job->name), 200);
    (void)printf("job %s\n", ferry_strbuf_text(&name));
    struct ferry_plan *plans = calloc(job->task_count + 1, sizeof *plans);
    if (plans == NULL) {
        (void)ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for the plan");
        return print_failure("job", &error);
    }
    ferry_job_limits_begin(&watch, job, ferry_clock_ms(), NULL, NULL);
    ferry_status status = check_sides(job, plans);
    ferry_watch_end(&watch);
    ferry_plans_free(plans, job->task_count);
    return status;
}

/* What is wrong with a job is told where it is tried. */
static bool jobs_are_understood(struct ferry_settings *settings,
                                const struct ferry_arguments *arguments)
{
    const struct ferry_settings_override override = {.source = arguments->source,
                                                     .target = arguments->target};
    bool understood = true;
    for (size_t i = 0; i < ferry_settings_job_count(settings); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_job job = {0};
        if (ferry_settings_job(settings, i, &override, &job, &error) != FERRY_OK)
            understood = false;
        ferry_job_done(&job);
    }
    return understood;
}

/* Connections that no job uses are part of the configuration too. */
static ferry_status check_configuration(struct ferry_settings *settings,
                                        const struct ferry_arguments *arguments)
{
    ferry_status outcome = FERRY_OK;
    const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    struct ferry_connections *connections = ferry_settings_connections(settings);
    for (size_t i = 0; i < ferry_connections_count(connections); i++) {
        struct ferry_error error = {0};
        const struct ferry_config *connection;
        const char *name = ferry_connections_name(connections, i);
        if (ferry_connections_get(connections, name, &origin, &connection, &error) != FERRY_OK)
            outcome = ferry_error_graver(outcome, print_failure("configuration", &error));
    }
    if (outcome == FERRY_OK && jobs_are_understood(settings, arguments))
        print_line("ok", "configuration", "every connection and job is understood");
    return outcome;
}

ferry_status ferry_command_check(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    ferry_secret_allow_prompt(true);
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = FERRY_OK;
    if (arguments->operand_count == 0)
        status = check_configuration(settings, arguments);
    status = ferry_error_graver(
        status, ferry_command_each_job(arguments, settings, ferry_command_check_job));
    ferry_settings_free(settings);
    return status;
}
