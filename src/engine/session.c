/* Opening the two sides, and what to say where one of them failed. */

#include "engine/session.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "driver/source.h"
#include "engine/limits.h"
#include "engine/strategy.h"
#include "report/certificate.h"

static uint32_t role_of(const struct ferry_session *session, uint32_t role)
{
    return session->looks ? role | FERRY_ROLE_LOOK : role;
}

/* Of a connection that was opened just now. */
static void note_certificate(const struct ferry_session *session,
                             struct ferry_connection *connection, const struct ferry_config *config)
{
    struct ferry_certificates *noted = session->job->ret_certificates;
    struct ferry_certificate certificate = {.connection = config->name};
    if (noted == NULL || !ferry_connection_certificate_ends(connection, &certificate.ends_ms))
        return;
    if (connection == session->source)
        noted->source = certificate;
    else
        noted->target = certificate;
}

/* ---- What others share ---- */

static struct ferry_shared *shared_of(const struct ferry_session *session)
{
    return session->job->shared;
}

static void close_shared_source(struct ferry_shared *shared)
{
    if (shared->source != NULL)
        ferry_source_snapshot_end(shared->source);
    ferry_connection_close(shared->source);
    shared->source = NULL;
}

static void close_shared_target(struct ferry_shared *shared)
{
    ferry_connection_close(shared->target);
    shared->target = NULL;
}

void ferry_shared_close(struct ferry_shared *shared)
{
    close_shared_source(shared);
    close_shared_target(shared);
}

void ferry_session_lose(struct ferry_session *session, bool source_too)
{
    struct ferry_shared *shared = shared_of(session);
    if (shared == NULL)
        return;
    session->target = NULL;
    close_shared_target(shared);
    if (!source_too || shared->source == NULL)
        return;
    session->source = NULL;
    session->snapshot = false;
    shared->source_was_lost = true;
    close_shared_source(shared);
}

/* ---- The source ---- */

static void keep_source(const struct ferry_session *session)
{
    struct ferry_shared *shared = shared_of(session);
    if (shared == NULL)
        return;
    shared->source = session->source;
    if (shared->source_was_lost && session->job->task_count == 1) /* else all are read again */
        ferry_log(
            FERRY_LOG_WARNING,
            "from this table on, source '%s' is read in another snapshot: the first one ended "
            "with the table that failed",
            session->reads_from->name);
}

/* A question that failed for the table before may have cost the connection. */
static void drop_lost_source(struct ferry_shared *shared)
{
    if (shared->source == NULL || ferry_connection_is_usable(shared->source))
        return;
    shared->source_was_lost = true;
    close_shared_source(shared);
}

static ferry_status open_source(struct ferry_session *session, struct ferry_error *error)
{
    struct ferry_shared *shared = shared_of(session);
    ferry_log_set_phase("source");
    if (shared != NULL)
        drop_lost_source(shared);
    if (shared != NULL && shared->source != NULL) {
        session->source = shared->source;
        session->snapshot = true;
        return FERRY_OK;
    }
    ferry_log(FERRY_LOG_DEBUG, "connecting to source '%s'", session->reads_from->name);
    ferry_status status = ferry_connection_open(
        session->reads_from, role_of(session, FERRY_ROLE_SOURCE), &session->source, error);
    if (status == FERRY_OK)
        note_certificate(session, session->source, session->reads_from);
    if (status == FERRY_OK)
        status = ferry_source_snapshot_begin(session->source, error);
    if (status != FERRY_OK)
        return status;
    session->snapshot = true;
    ferry_log(FERRY_LOG_INFO, "source '%s' is %s", session->reads_from->name,
              ferry_connection_place(session->source));
    keep_source(session);
    return FERRY_OK;
}

ferry_status ferry_session_open_reader(const struct ferry_session *session,
                                       struct ferry_connection **ret_reader,
                                       struct ferry_error *error)
{
    return ferry_connection_open(session->reads_from, role_of(session, FERRY_ROLE_SOURCE),
                                 ret_reader, error);
}

void ferry_session_close_source(struct ferry_session *session)
{
    const struct ferry_shared *shared = shared_of(session);
    bool keeps = shared != NULL && shared->source == session->source;
    if (session->snapshot && !keeps)
        ferry_source_snapshot_end(session->source);
    session->snapshot = false;
    if (!keeps)
        ferry_connection_close(session->source);
    session->source = NULL;
}

/* ---- The fallback ---- */

/* From now on the fallback is read.  `error` is why. */
static ferry_status fall_back(struct ferry_session *session, struct ferry_error *error)
{
    ferry_session_close_source(session);
    ferry_retry_explain(session->retry, error, ferry_clock_ms());
    ferry_error_move(&session->unreached, error);
    session->reads_from = session->job->route.fallback.source;
    ferry_status status = open_source(session, error);
    if (status == FERRY_OK)
        status = ferry_fallback_ask_all(session->job, session->source, &session->from, error);
    if (status != FERRY_OK)
        return ferry_fallback_explain(session->job, session->source != NULL, error);
    ferry_fallback_warn(session->job, &session->from, session->unreached.message);
    session->fell_back = true;
    return FERRY_OK;
}

/* Where earlier rows are kept, an older copy would put old rows over newer ones. */
static bool may_mix(const struct ferry_job *job)
{
    for (size_t i = 0; i < job->task_count; i++)
        if (ferry_strategy_keeps_rows(&job->tasks[i].changes)) {
            ferry_log(
                FERRY_LOG_WARNING,
                "fallback '%s' is not read: with a strategy that keeps earlier rows, an older "
                "copy would undo newer ones",
                job->route.fallback.name);
            return false;
        }
    return true;
}

ferry_status ferry_session_open_source(struct ferry_session *session, struct ferry_error *error)
{
    session->reads_from = session->job->route.source;
    ferry_status status = open_source(session, error);
    if (status != FERRY_OK && session->may_fall_back &&
        ferry_fallback_may_follow(&session->job->route, error) && may_mix(session->job) &&
        ferry_retry_may_fall_back(session->retry, error, ferry_clock_ms()))
        status = fall_back(session, error);
    return status;
}

/* ---- The target ---- */

/* Any strategy but replace may change single rows. */
uint32_t ferry_session_target_role(const struct ferry_job *job)
{
    uint32_t role = FERRY_ROLE_TARGET;
    for (size_t i = 0; i < job->task_count; i++)
        if (job->tasks[i].changes.strategy != FERRY_STRATEGY_REPLACE)
            role |= FERRY_ROLE_CHANGES;
    return role;
}

static void log_target(const struct ferry_session *session)
{
    const struct ferry_job *job = session->job;
    FERRY_AUTO_STRBUF struct ferry_strbuf tables = {0};
    if (job->tasks[0].table == NULL) /* of a group, which asks for none of them */
        return;
    if (job->task_count == 1)
        ferry_strbuf_addf(&tables, "table '%s'", job->tasks[0].table);
    else
        ferry_strbuf_addf(&tables, "%zu tables", job->task_count);
    ferry_log(FERRY_LOG_INFO, "target '%s' is %s, %s", job->route.target->name,
              ferry_connection_place(session->target), ferry_strbuf_text(&tables));
}

bool ferry_session_is_one_place(const struct ferry_session *session)
{
    return session->source != NULL && session->target != NULL &&
           strcmp(ferry_connection_place(session->source),
                  ferry_connection_place(session->target)) == 0;
}

/* A target in the very file that is read may need the reader gone before it can commit. */
static void keep_apart(const struct ferry_session *session)
{
    struct ferry_shared *shared = shared_of(session);
    if (shared == NULL || shared->source == NULL || !ferry_session_is_one_place(session))
        return;
    shared->source = NULL; /* the session's own, which it closes */
    ferry_log(FERRY_LOG_INFO,
              "source and target are one place: this table is read in a snapshot of "
              "its own");
}

/* One that was lost in the commit of the table before is no use for the next. */
static void drop_lost_target(struct ferry_shared *shared)
{
    if (shared->target == NULL || ferry_connection_is_usable(shared->target))
        return;
    ferry_connection_close(shared->target);
    shared->target = NULL;
}

ferry_status ferry_session_open_target(struct ferry_session *session, struct ferry_error *error)
{
    struct ferry_shared *shared = shared_of(session);
    uint32_t role = shared != NULL ? shared->target_role : ferry_session_target_role(session->job);
    ferry_status status = FERRY_OK;
    ferry_log_set_phase("target");
    if (shared != NULL)
        drop_lost_target(shared);
    session->target = shared != NULL ? shared->target : NULL;
    bool is_new = session->target == NULL;
    if (is_new)
        status = ferry_connection_open(session->job->route.target, role_of(session, role),
                                       &session->target, error);
    if (status != FERRY_OK)
        return status;
    if (is_new)
        note_certificate(session, session->target, session->job->route.target);
    if (shared != NULL)
        shared->target = session->target;
    keep_apart(session);
    log_target(session);
    return FERRY_OK;
}

void ferry_session_close(struct ferry_session *session)
{
    if (session->source != NULL)
        ferry_session_close_source(session);
    if (shared_of(session) == NULL)
        ferry_connection_close(session->target);
    session->target = NULL;
    ferry_error_clear(&session->unreached);
}

/* What became of the target matters more than who stopped the commit. */
static ferry_status explain_cancel(const struct ferry_session *session, bool committing,
                                   uint64_t rows, struct ferry_error *error)
{
    if (committing && error->status != FERRY_ERR_CANCELLED)
        return error->status;
    return ferry_job_limits_explain(session->job, session->reads_from,
                                    session->source != NULL ? session->source : session->target,
                                    rows, error);
}

ferry_status ferry_session_explain(const struct ferry_session *session, bool committing,
                                   uint64_t rows, struct ferry_error *error)
{
    ferry_status status = explain_cancel(session, committing, rows, error);
    if (session->unreached.status != FERRY_OK)
        ferry_error_prefix(error, "%s; %sfallback '%s': ", session->unreached.message,
                           session->fell_back ? "with " : "", session->reads_from->name);
    return status;
}
