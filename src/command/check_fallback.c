/* A job's fallback, tried while nobody needs it, so that it is there on the day. */

#include "command/check_sides.h"
#include "driver/source.h"
#include "engine/fallback.h"
#include "engine/limits.h"

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

static void add_data(struct ferry_check *check, const struct ferry_task *task,
                     const struct ferry_plan *plan, const struct ferry_provenance *from)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addf(&text, "%zu columns of %s, ", plan->described.count,
                      task->fallback_read.kind == FERRY_READ_QUERY ? "the query"
                                                                   : task->fallback_read.text);
    ferry_fallback_add_basis(&text, from);
    if (from->is_target)
        ferry_strbuf_add(&text, "; it is the table to be replaced: a run that cannot reach the "
                                "source keeps it");
    ferry_check_ok(check, "fallback data", "%s", ferry_strbuf_text(&text));
}

/* A copy that the first run will make cannot be tried before. */
static void add_none(struct ferry_check *check, const struct ferry_job *job,
                     const struct ferry_task *task, const char *subject, struct ferry_error *error)
{
    bool missing = error->status == FERRY_ERR_UNREACHABLE || error->status == FERRY_ERR_NOT_FOUND;
    if (!missing || !ferry_fallback_is_target(&job->route, task)) {
        (void)ferry_check_fail(check, subject, error);
        return;
    }
    ferry_error_clear(error);
    ferry_check_ok(check, subject, "is the table to be replaced, and not there yet");
}

static void check_data(struct ferry_check *check, const struct ferry_job *job,
                       const struct ferry_task *task, struct ferry_connection *source)
{
    struct ferry_error error = {0};
    struct ferry_plan plan = {0};
    struct ferry_provenance from = {0};
    ferry_status status = ask_fallback(job, task, source, &from, &plan, &error);
    if (status == FERRY_OK && !from.is_target)
        status = ferry_fallback_judge(&job->route, task, &from, &error);
    if (status == FERRY_OK)
        add_data(check, task, &plan, &from);
    else
        add_none(check, job, task, "fallback data", &error);
    ferry_plan_done(&plan);
}

void ferry_check_fallback(struct ferry_check *check, const struct ferry_job *job)
{
    struct ferry_error error = {0};
    struct ferry_connection *source = NULL;
    FERRY_AUTO_STRBUF struct ferry_strbuf subject = {0};
    if (job->route.fallback.source == NULL)
        return;
    ferry_strbuf_addf(&subject, "fallback '%s'", job->route.fallback.source->name);
    ferry_status status = ferry_connection_open(
        job->route.fallback.source, FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK, &source, &error);
    if (status != FERRY_OK) {
        add_none(check, job, &job->tasks[0], ferry_strbuf_text(&subject), &error);
        return;
    }
    ferry_check_connection(check, ferry_strbuf_text(&subject), source);
    for (size_t i = 0; i < job->task_count; i++)
        check_data(check, job, &job->tasks[i], source);
    ferry_check_examine_source(check, job, source, true, false);
    ferry_connection_close(source);
}
