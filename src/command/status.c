/* dbferry status: how jobs stand, by their history; no connection is opened. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/signals.h"
#include "command/command.h"
#include "command/events.h"
#include "command/status_table.h"
#include "command/timer.h"
#include "command/watched.h"
#include "engine/prepared.h"
#include "report/state_dir.h"

#define WIDTH 80             /* where it is not told otherwise */
#define REDRAW_MS 2000       /* with --watch */
#define CLEAR "\033[H\033[J" /* the terminal, from its first line on */

/* What is shown: each job and how it stands. */
struct shown {
    struct ferry_watched jobs;
    struct ferry_standing *standings;
    struct ferry_timers timers;
};

static void shown_done(struct shown *shown)
{
    for (size_t i = 0; i < shown->jobs.count && shown->standings != NULL; i++)
        ferry_standing_done(&shown->standings[i]);
    free(shown->standings);
    ferry_timers_done(&shown->timers);
    ferry_watched_done(&shown->jobs);
}

static ferry_status choose(const struct ferry_arguments *arguments,
                           const struct ferry_settings *settings, struct shown *shown,
                           struct ferry_error *error)
{
    ferry_status status = ferry_watched_choose(settings, arguments->operands,
                                               arguments->operand_count, &shown->jobs, error);
    if (status != FERRY_OK)
        return status;
    shown->standings = calloc(shown->jobs.count + 1, sizeof *shown->standings);
    return shown->standings != NULL
               ? FERRY_OK
               : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
}

/* ---- How they stand ---- */

static ferry_status find_all(struct ferry_history *history, struct shown *shown, int64_t now_ms,
                             struct ferry_error *error)
{
    const struct ferry_watched *jobs = &shown->jobs;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < jobs->count; i++) {
        ferry_standing_done(&shown->standings[i]);
        status = ferry_standing_find(history, jobs->names[i], jobs->expect_every_ms[i], now_ms,
                                     &shown->standings[i], error);
    }
    return status;
}

static ferry_status look(const struct ferry_settings *settings, struct shown *shown, int64_t now_ms,
                         struct ferry_error *error)
{
    struct ferry_history *history = NULL;
    ferry_status status = ferry_watched_open_history(settings, &history, error);
    if (status == FERRY_OK)
        status = find_all(history, shown, now_ms, error);
    ferry_history_close(history);
    ferry_timers_done(&shown->timers);
    if (status == FERRY_OK)
        ferry_timers_find(&shown->timers);
    return status;
}

/* ---- Telling it ---- */

static int width_of_terminal(void)
{
    struct winsize size = {0};
    bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : WIDTH;
}

/* A run, or null. */
static void add_run(struct ferry_json *event, const char *name, const struct ferry_report *report)
{
    if (report->job == NULL) {
        ferry_json_add_null(event, name);
        return;
    }
    ferry_json_begin_object(event, name);
    ferry_report_add_json(&event->text, report);
    ferry_json_end_object(event);
}

/* What runs the job next, or null. */
static void add_timer(struct ferry_json *event, const struct ferry_timer *timer)
{
    char moment[FERRY_CLOCK_TEXT];
    if (timer == NULL) {
        ferry_json_add_null(event, "timer");
        return;
    }
    ferry_clock_print(timer->next_ms, moment);
    ferry_json_begin_object(event, "timer");
    ferry_json_add_text(event, "unit", timer->unit);
    ferry_json_add_text(event, "next", moment);
    ferry_json_end_object(event);
}

static void write_record(const char *name, const struct ferry_standing *standing,
                         const struct ferry_timer *timer)
{
    struct ferry_json event;
    ferry_event_begin(&event, "status");
    ferry_json_add_text(&event, "job", name);
    ferry_json_add_bool(&event, "late", standing->is_late);
    if (standing->expect_every_ms > 0)
        ferry_json_add_seconds(&event, "expect_every", standing->expect_every_ms);
    else
        ferry_json_add_null(&event, "expect_every");
    add_timer(&event, timer);
    add_run(&event, "last", &standing->last);
    add_run(&event, "success", &standing->success);
    ferry_event_write(&event);
}

static void write_records(const struct shown *shown)
{
    for (size_t i = 0; i < shown->jobs.count; i++)
        write_record(shown->jobs.names[i], &shown->standings[i],
                     ferry_timers_of(&shown->timers, shown->jobs.names[i]));
}

/* Whoever has forgotten a run in pieces has its pieces on the disk. */
static void print_prepared(void *data, const struct ferry_prepared *prepared)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf job = {0};
    (void)data;
    ferry_escape_text(&job, prepared->job, strlen(prepared->job), 200);
    (void)printf("run %s of job '%s', in %u pieces, %s since %.19sZ\n", prepared->id,
                 ferry_strbuf_text(&job), prepared->pieces,
                 prepared->abandoned ? "is being abandoned" : "is prepared", prepared->since);
}

static void tell_prepared(const struct ferry_settings *settings)
{
    FERRY_AUTO_FREE char *folder =
        ferry_state_dir_find(ferry_config_string(ferry_settings_general(settings), "state_dir"));
    if (folder != NULL)
        ferry_prepared_each(folder, print_prepared, NULL);
}

static void tell(const struct shown *shown, bool one_by_one, int64_t now_ms)
{
    if (ferry_events_are_enabled()) {
        write_records(shown);
        return;
    }
    if (!one_by_one) {
        ferry_status_print_table(shown->jobs.names, shown->standings, shown->jobs.count,
                                 &shown->timers, now_ms, width_of_terminal());
        return;
    }
    for (size_t i = 0; i < shown->jobs.count; i++)
        ferry_status_print_one(shown->jobs.names[i], &shown->standings[i],
                               ferry_timers_of(&shown->timers, shown->jobs.names[i]), now_ms);
}

/* Late jobs make a script or a monitor look. */
static ferry_status judge(const struct shown *shown)
{
    bool any_late = false;
    for (size_t i = 0; i < shown->jobs.count; i++)
        any_late = any_late || shown->standings[i].is_late;
    return any_late ? FERRY_ERR_BUSY : FERRY_OK;
}

static ferry_status show_once(const struct ferry_arguments *arguments,
                              const struct ferry_settings *settings, struct shown *shown,
                              struct ferry_error *error)
{
    int64_t now_ms = ferry_clock_wall_ms();
    ferry_status status = look(settings, shown, now_ms, error);
    if (status != FERRY_OK)
        return status;
    if (arguments->watch)
        (void)fputs(CLEAR, stdout);
    tell(shown, arguments->operand_count > 0, now_ms);
    if (arguments->operand_count == 0 && !ferry_events_are_enabled())
        tell_prepared(settings);
    return judge(shown);
}

/* Until a signal comes. */
static ferry_status show_on(const struct ferry_arguments *arguments,
                            const struct ferry_settings *settings, struct shown *shown,
                            struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    if (ferry_events_are_enabled())
        return ferry_fail(error, FERRY_ERR_USAGE, "--watch draws, and --json does not");
    if (isatty(STDOUT_FILENO) != 1)
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "--watch draws on a terminal, which the standard output is not");
    while (ferry_signal_caught() == 0 && error->status == FERRY_OK) {
        struct ferry_wait wait;
        status = show_once(arguments, settings, shown, error);
        (void)fflush(stdout);
        ferry_wait_begin(&wait, REDRAW_MS);
        (void)ferry_wait_pause(&wait, REDRAW_MS, NULL, NULL);
    }
    return status;
}

ferry_status ferry_command_status(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct shown shown = {0};
    struct ferry_settings *settings = NULL;
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = choose(arguments, settings, &shown, &error);
    if (status == FERRY_OK)
        status = arguments->watch ? show_on(arguments, settings, &shown, &error)
                                  : show_once(arguments, settings, &shown, &error);
    if (error.status != FERRY_OK)
        status = ferry_command_report(&error, NULL);
    shown_done(&shown);
    ferry_settings_free(settings);
    return status;
}
