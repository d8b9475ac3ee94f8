/* A report is begun, filled in from what the run came to, and handed to all who want it. */

#include "command/account.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/signals.h"
#include "command/command.h"
#include "command/events.h"
#include "command/watched.h"

#define MESSAGE_LIMIT 4000 /* of what is kept; the log has it all */

/* A process does one job at a time (side_by_side.h). */
static struct ferry_account *open_account;

/* ---- The history ---- */

/* Watching a run is no reason for it to fail. */
static void warn(struct ferry_error *error, const char *what)
{
    ferry_log(FERRY_LOG_WARNING, "%s; the run goes on%s", error->message, what);
    ferry_error_clear(error);
}

static void begin_history(struct ferry_account *account)
{
    struct ferry_error error = {0};
    if (account->settings == NULL)
        return;
    FERRY_AUTO_FREE char *folder =
        ferry_watched_folder(ferry_settings_general(account->settings), &account->keep);
    if (folder == NULL || account->keep.nothing)
        return;
    ferry_status status = ferry_history_open(folder, true, &account->history, &error);
    if (status == FERRY_OK)
        status = ferry_history_begin(account->history, &account->report, &account->row, &error);
    if (status == FERRY_OK)
        return;
    warn(&error, " without it");
    ferry_history_close(account->history);
    account->history = NULL;
}

static void end_history(struct ferry_account *account)
{
    struct ferry_error error = {0};
    if (account->history == NULL)
        return;
    if (ferry_history_end(account->history, account->row, &account->report, &account->keep,
                          &error) != FERRY_OK)
        warn(&error, "");
    ferry_history_close(account->history);
    account->history = NULL;
}

/* ---- What came of it ---- */

void ferry_account_begin(struct ferry_account *account, const struct ferry_settings *settings,
                         const char *job)
{
    *account = (struct ferry_account){.settings = settings, .began_ms = ferry_clock_ms()};
    account->is_told = ferry_report_begin(&account->report, job);
    if (!account->is_told)
        return;
    open_account = account;
    begin_history(account);
}

void ferry_account_set_route(struct ferry_account *account, const struct ferry_route *route)
{
    if (!account->is_told)
        return;
    ferry_report_set(&account->report.source, route->source->name);
    ferry_report_set(&account->report.target, route->target->name);
}

struct ferry_certificates *ferry_account_certificates(struct ferry_account *account)
{
    bool are_wanted = account->is_told && account->settings != NULL &&
                      ferry_tell_wants_certificates(account->settings);
    return are_wanted ? &account->certificates : NULL;
}

static void note(const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_escape_text(&safe, text, strlen(text), MESSAGE_LIMIT);
    ferry_report_set(&open_account->report.message, ferry_strbuf_text(&safe));
}

void ferry_account_note(const char *text)
{
    if (open_account != NULL && !open_account->failed)
        note(text);
}

void ferry_account_note_error(const char *text)
{
    if (open_account == NULL)
        return;
    if (open_account->failed)
        open_account->more++;
    else
        note(text);
    open_account->failed = true;
}

/* "...; and 3 more errors" of a job of many tables */
static void add_more(struct ferry_account *account)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    if (account->more == 0 || account->report.message == NULL)
        return;
    ferry_strbuf_addf(&text, "%s; and %zu more error%s", account->report.message, account->more,
                      account->more == 1 ? "" : "s");
    ferry_report_set(&account->report.message, ferry_strbuf_text(&text));
}

enum ferry_run_state ferry_account_state(ferry_status status,
                                         const struct ferry_sync_result *result)
{
    if (status == FERRY_OK && result->left)
        return FERRY_RUN_LEFT;
    if (status == FERRY_OK)
        return result->skipped ? FERRY_RUN_UNCHANGED : FERRY_RUN_DONE;
    if (status == FERRY_DONE_FROM_FALLBACK)
        return FERRY_RUN_FALLBACK;
    return ferry_signal_caught() != 0 ? FERRY_RUN_STOPPED : FERRY_RUN_FAILED;
}

/* Numbers are told of what was carried; of a failure there may be some, of many tables. */
static void take_numbers(struct ferry_report *report, const struct ferry_sync_result *result)
{
    report->rows = (int64_t)result->rows;
    report->rows_before = (int64_t)result->rows_before;
    report->bytes = (int64_t)result->bytes;
    if (!result->has_changes)
        return;
    report->inserted = (int64_t)result->changes.inserted;
    report->updated = (int64_t)result->changes.updated;
    report->deleted = (int64_t)result->changes.deleted;
    report->unchanged = (int64_t)result->changes.unchanged;
}

static void take_phases(struct ferry_report *report)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    ferry_phases_enter(&context->phases, NULL, ferry_clock_ms());
    ferry_phases_add_json(&text, &context->phases);
    ferry_report_set(&report->phases, ferry_strbuf_text(&text));
}

static void fill_in(struct ferry_account *account, ferry_status status,
                    const struct ferry_sync_result *result)
{
    struct ferry_report *report = &account->report;
    report->state = ferry_account_state(status, result);
    report->exit_code = ferry_command_exit_code(status);
    report->elapsed_ms = ferry_clock_ms() - account->began_ms;
    report->ended_ms = report->started_ms + report->elapsed_ms; /* also where the clock was set */
    report->attempts = result->attempts > 0 ? (int64_t)result->attempts : 1;
    if (result->run_id[0] != '\0')
        ferry_report_set(&report->run_id, result->run_id);
    if (result->from.fallback != NULL)
        ferry_report_set(&report->fallback, result->from.fallback->name);
    if (ferry_run_state_is_success(report->state) || result->rows > 0)
        take_numbers(report, result);
    take_phases(report);
    add_more(account);
}

static void write_event(const struct ferry_report *report)
{
    struct ferry_json event;
    if (!ferry_events_are_enabled())
        return;
    ferry_event_begin(&event, "job");
    ferry_strbuf_add(&event.text, ",");
    ferry_report_add_json(&event.text, report);
    ferry_event_write(&event);
}

static void end_told(struct ferry_account *account)
{
    struct ferry_past past;
    ferry_tell_look_back(account->settings, account->history, &account->report, &past);
    end_history(account);
    ferry_tell(account->settings, &account->report, &past, &account->certificates);
    write_event(&account->report);
    ferry_past_done(&past);
}

void ferry_account_end(struct ferry_account *account, ferry_status status,
                       const struct ferry_sync_result *result)
{
    open_account = NULL;
    if (!account->is_told)
        return;
    fill_in(account, status, result);
    if (account->settings == NULL) /* a copy: nobody else keeps account of it */
        write_event(&account->report);
    else
        end_told(account);
    ferry_report_done(&account->report);
}
