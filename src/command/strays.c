/* A copy whose source is gone stays for ever unless somebody is told of it. */

#include "command/strays.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/signals.h"
#include "command/events.h"
#include "command/skip.h"
#include "engine/attempt.h"
#include "engine/session.h"
#include "engine/sync.h"

static const char *way_to_prune(const struct ferry_job *job)
{
    return job->tasks[0].policy.is_typed ? "-o job.prune=true" : "prune = true";
}

/* "'log' is gone from source 'shop': its copy 'log' in 'local' stays; prune = true drops it" */
static void add_sentence(const struct ferry_job *job, const struct ferry_stray *stray,
                         struct ferry_strbuf *text)
{
    ferry_strbuf_addf(text, "'%s' is ", stray->name);
    if (stray->is_gone)
        ferry_strbuf_addf(text, "gone from source '%s'", job->route.source->name);
    else
        ferry_strbuf_add(text, "no longer carried");
    ferry_strbuf_addf(text, ": its copy '%s' in '%s' ", stray->record.table,
                      job->route.target->name);
    if (stray->dropped)
        ferry_strbuf_add(text, job->shared->looks ? "would be dropped" : "was dropped");
    else if (stray->why.length > 0)
        ferry_strbuf_addf(text, "stays: %s", ferry_strbuf_text(&stray->why));
    else
        ferry_strbuf_addf(text, "stays; %s drops it", way_to_prune(job));
}

static void print(const struct ferry_job *job, const struct ferry_arguments *arguments,
                  const char *sentence)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    if (arguments->command->run == ferry_command_check) {
        ferry_strbuf_add(&line, "note  copies: ");
    } else {
        ferry_strbuf_add(&line, arguments->dry_run ? "" : "job ");
        ferry_escape_text(&line, job->name, strlen(job->name), 200);
        ferry_strbuf_add(&line, ": ");
    }
    ferry_escape_text(&line, sentence, strlen(sentence), 4000);
    (void)printf("%s\n", ferry_strbuf_text(&line));
}

static void write_record(const struct ferry_job *job, const struct ferry_stray *stray,
                         const char *sentence)
{
    struct ferry_json event;
    ferry_event_begin(&event, "stray");
    ferry_json_add_text(&event, "job", job->name);
    ferry_json_add_text(&event, "name", stray->name);
    ferry_json_add_text(&event, "table", stray->record.table);
    ferry_json_add_bool(&event, "gone", stray->is_gone);
    ferry_json_add_bool(&event, "dropped", stray->dropped);
    ferry_json_add_text(&event, "message", sentence);
    ferry_event_write(&event);
}

/* A run drops what it can, so what it was asked for and has not done is worth a warning. */
static void tell(const struct ferry_job *job, const struct ferry_arguments *arguments,
                 const struct ferry_stray *stray)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf sentence = {0};
    if (!stray->exists)
        return;
    add_sentence(job, stray, &sentence);
    if (ferry_events_are_enabled())
        write_record(job, stray, ferry_strbuf_text(&sentence));
    else if (job->shared->looks)
        print(job, arguments, ferry_strbuf_text(&sentence));
    if (!job->shared->looks && !stray->dropped)
        ferry_log(stray->is_gone && job->group->prune ? FERRY_LOG_WARNING : FERRY_LOG_INFO, "%s",
                  ferry_strbuf_text(&sentence));
}

/* Who only wants to know how the tables are is told of nothing else. */
static bool is_asked(const struct ferry_arguments *arguments)
{
    return arguments->command->run != ferry_command_verify && ferry_signal_caught() == 0;
}

static ferry_status report(const struct ferry_job *job, struct ferry_error *error)
{
    if (job->group->prune || error->status == FERRY_ERR_CANCELLED)
        return ferry_command_report(error, NULL);
    ferry_log(FERRY_LOG_WARNING, "which copies have no source any more cannot be told: %s",
              error->message);
    ferry_error_clear(error);
    return FERRY_OK;
}

/* Reads the same snapshot, through a target of its own in which nothing can be written. */
static ferry_status look(struct ferry_job *job, struct ferry_strays *strays,
                         struct ferry_error *error)
{
    struct ferry_shared *shared = job->shared;
    struct ferry_shared looking = *shared;
    struct ferry_sync_result unused;
    looking.looks = true;
    looking.target = NULL;
    looking.strays = strays;
    job->shared = &looking;
    ferry_status status = ferry_strays_find(job, NULL, &unused, error);
    job->shared = shared;
    shared->source = looking.source; /* after a failure there is none */
    looking.source = NULL;
    ferry_shared_close(&looking);
    return status;
}

ferry_status ferry_command_foresee_strays(struct ferry_job *job, struct ferry_strays *strays,
                                          struct ferry_error *error)
{
    struct ferry_strays seen = {.tables = strays->tables};
    ferry_log_set_job(job->name);
    ferry_status status = look(job, &seen, error);
    ferry_strays_done(&seen);
    bool is_ours = status == FERRY_ERR_SYSTEM || status == FERRY_ERR_INTERNAL; /* no side's */
    if (status == FERRY_OK || status == FERRY_ERR_DATA || is_ours)
        return status;
    ferry_log(FERRY_LOG_INFO, "which copies have no source any more cannot be told yet: %s",
              error->message);
    ferry_error_clear(error);
    strays->keeps = "before the run it could not be told how many are gone";
    return FERRY_OK;
}

ferry_status ferry_command_drop_strays(struct ferry_job *job, struct ferry_strays *strays,
                                       struct ferry_error *error)
{
    struct ferry_sync_result unused;
    ferry_log_set_job(job->name);
    ferry_log_set_attempt(0);
    job->shared->strays = strays;
    ferry_status status = ferry_attempt_job(job, ferry_strays_find, &unused, error);
    job->shared->strays = NULL;
    return status;
}

ferry_status ferry_command_find_strays(struct ferry_job *job,
                                       const struct ferry_arguments *arguments,
                                       struct ferry_strays *strays, ferry_status outcome)
{
    struct ferry_error error = {0};
    if (!is_asked(arguments))
        return outcome;
    if (outcome != FERRY_OK)
        strays->keeps = "not every table of the job was carried";
    ferry_status status = ferry_command_drop_strays(job, strays, &error);
    for (size_t i = 0; i < strays->count; i++)
        tell(job, arguments, &strays->list[i]);
    if (status != FERRY_OK && !ferry_command_leaves(job, arguments, &error))
        outcome = ferry_error_graver(outcome, report(job, &error));
    return outcome;
}
