/* What does not fit into the width is left out by its worth: a job's name and state never are. */

#include "command/status_table.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"
#include "command/grid.h"

#define NAME_LEAST 12 /* characters of a name that are always shown */

/* In the order in which they stand. */
enum { NAME, STATE, LAST, TOOK, ROWS, CHANGED, SUCCESS, NEXT, COLUMN_COUNT };
static const char *const headings[COLUMN_COUNT] = {"job",  "state",   "last run",     "took",
                                                   "rows", "changed", "last success", "next run"};

struct told {
    const char *const *names;
    const struct ferry_standing *standings;
    const struct ferry_timers *timers;
    int64_t now_ms;
    size_t name_limit; /* bytes of a name */
    size_t shown[COLUMN_COUNT];
    size_t shown_count;
};

static void add_age(struct ferry_strbuf *cell, int64_t moment_ms, int64_t now_ms)
{
    ferry_units_add_age(cell, now_ms - moment_ms);
    ferry_strbuf_add(cell, " ago");
}

static void add_time_until(struct ferry_strbuf *cell, int64_t moment_ms, int64_t now_ms)
{
    ferry_strbuf_add(cell, "in ");
    ferry_units_add_age(cell, moment_ms - now_ms);
}

static void add_state(struct ferry_strbuf *cell, const struct ferry_standing *standing)
{
    const struct ferry_report *last = &standing->last;
    if (last->job == NULL)
        ferry_strbuf_add(cell, "never run");
    else if (last->state == FERRY_RUN_FAILED)
        ferry_strbuf_addf(cell, "FAILED (%d)", (int)last->exit_code);
    else
        ferry_strbuf_add(cell, ferry_run_state_name(last->state));
    if (standing->is_late)
        ferry_strbuf_add(cell, ", LATE");
}

static void add_changes(struct ferry_strbuf *cell, const struct ferry_report *report)
{
    if (report->inserted == FERRY_REPORT_NONE)
        return;
    ferry_units_add_count(cell, (uint64_t)report->inserted + (uint64_t)report->updated +
                                    (uint64_t)report->deleted);
}

/* Of a run that goes on, how long it has done so. */
static void add_took(struct ferry_strbuf *cell, const struct ferry_report *last, int64_t now_ms)
{
    if (last->state == FERRY_RUN_RUNNING)
        ferry_units_add_age(cell, now_ms - last->started_ms);
    else if (last->elapsed_ms != FERRY_REPORT_NONE)
        ferry_units_add_duration(cell, last->elapsed_ms);
}

static void fill_all(const struct told *told, size_t i, struct ferry_strbuf *cells)
{
    const struct ferry_standing *standing = &told->standings[i];
    const struct ferry_report *last = &standing->last;
    const struct ferry_report *success = &standing->success;
    ferry_escape_text(&cells[NAME], told->names[i], strlen(told->names[i]), told->name_limit);
    add_state(&cells[STATE], standing);
    const struct ferry_timer *timer = ferry_timers_of(told->timers, told->names[i]);
    if (timer != NULL)
        add_time_until(&cells[NEXT], timer->next_ms, told->now_ms);
    if (last->job != NULL) {
        add_age(&cells[LAST], last->started_ms, told->now_ms);
        add_took(&cells[TOOK], last, told->now_ms);
    }
    if (success->job == NULL) {
        ferry_strbuf_add(&cells[SUCCESS], "never");
        return;
    }
    if (success->rows != FERRY_REPORT_NONE)
        ferry_units_add_count(&cells[ROWS], (uint64_t)success->rows);
    add_changes(&cells[CHANGED], success);
    add_age(&cells[SUCCESS], success->ended_ms, told->now_ms);
}

static void fill(const void *data, size_t i, struct ferry_strbuf *cells)
{
    const struct told *told = data;
    struct ferry_strbuf all[COLUMN_COUNT] = {0};
    fill_all(told, i, all);
    for (size_t column = 0; column < told->shown_count; column++) {
        cells[column] = all[told->shown[column]];
        all[told->shown[column]] = (struct ferry_strbuf){0};
    }
    for (size_t column = 0; column < COLUMN_COUNT; column++)
        ferry_strbuf_done(&all[column]);
}

/* Shows all columns but those of the bits. */
static void choose(struct told *told, unsigned left_out, struct ferry_grid *grid,
                   const char **ret_headings)
{
    told->shown_count = 0;
    grid->numbers = 0;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if ((left_out >> i & 1U) != 0)
            continue;
        if (i == TOOK || i == ROWS || i == CHANGED)
            grid->numbers |= 1U << told->shown_count;
        ret_headings[told->shown_count] = headings[i];
        told->shown[told->shown_count++] = i;
    }
    grid->column_count = told->shown_count;
}

/* What is left out next where the line is too wide. */
static const unsigned less[] = {0, 1U << NEXT, 1U << NEXT | 1U << CHANGED,
                                1U << NEXT | 1U << CHANGED | 1U << TOOK,
                                1U << NEXT | 1U << CHANGED | 1U << TOOK | 1U << LAST};

static void fit(struct told *told, struct ferry_grid *grid, const char **shown_headings, int width)
{
    unsigned empty = told->timers->count == 0 ? 1U << NEXT : 0;
    for (size_t i = 0; i < sizeof less / sizeof less[0]; i++) {
        told->name_limit = SIZE_MAX;
        choose(told, less[i] | empty, grid, shown_headings);
        int wide = ferry_grid_width(grid);
        if (wide <= width)
            return;
        told->name_limit = NAME_LEAST; /* would it fit with short names? */
        int least = ferry_grid_width(grid);
        if (least > width)
            continue;
        told->name_limit = (size_t)(NAME_LEAST + width - least);
        return;
    }
}

void ferry_status_print_table(const char *const *names, const struct ferry_standing *standings,
                              size_t count, const struct ferry_timers *timers, int64_t now_ms,
                              int width)
{
    struct told told = {.names = names, .standings = standings, .timers = timers, .now_ms = now_ms};
    const char *shown_headings[COLUMN_COUNT];
    struct ferry_grid grid = {.to = stdout,
                              .indent = "",
                              .headings = shown_headings,
                              .row_count = count,
                              .fill = fill,
                              .data = &told};
    fit(&told, &grid, shown_headings, width);
    ferry_grid_print(&grid);
}

/* ---- One job ---- */

static void print_line(const char *subject, const struct ferry_strbuf *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_escape_text(&safe, ferry_strbuf_text(text), text->length, text->length);
    (void)printf("  %-14s %s\n", subject, ferry_strbuf_text(&safe));
}

static void add_moment(struct ferry_strbuf *text, int64_t moment_ms, int64_t now_ms)
{
    char moment[FERRY_CLOCK_TEXT];
    ferry_clock_print(moment_ms, moment);
    add_age(text, moment_ms, now_ms);
    ferry_strbuf_addf(text, " (%s)", moment);
}

static void add_numbers(struct ferry_strbuf *text, const struct ferry_report *report)
{
    ferry_units_add_count(text, (uint64_t)report->rows);
    ferry_strbuf_add(text, " (before: ");
    ferry_units_add_count(text, (uint64_t)report->rows_before);
    ferry_strbuf_add(text, ")");
    if (report->inserted == FERRY_REPORT_NONE)
        return;
    ferry_strbuf_add(text, "; ");
    ferry_units_add_changes(text, (uint64_t)report->inserted, (uint64_t)report->updated,
                            (uint64_t)report->deleted);
}

static void print_last(const struct ferry_report *last, int64_t now_ms)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf began = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf way = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf said = {0};
    add_moment(&began, last->started_ms, now_ms);
    if (last->elapsed_ms != FERRY_REPORT_NONE) {
        ferry_strbuf_add(&began, ", took ");
        ferry_units_add_duration(&began, last->elapsed_ms);
    }
    if (last->attempts > 1)
        ferry_strbuf_addf(&began, ", %d attempts", (int)last->attempts);
    print_line("last run", &began);
    if (last->source != NULL && last->target != NULL) {
        ferry_strbuf_addf(&way, "%s%s to %s", last->fallback != NULL ? "fallback " : "",
                          last->fallback != NULL ? last->fallback : last->source, last->target);
        print_line("from", &way);
    }
    if (last->message != NULL) {
        ferry_strbuf_add(&said, last->message);
        print_line("it said", &said);
    }
}

static void print_success(const struct ferry_report *success, int64_t now_ms)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf rows = {0};
    if (success->job == NULL)
        ferry_strbuf_add(&text, "never");
    else
        add_moment(&text, success->ended_ms, now_ms);
    print_line("last success", &text);
    if (success->job == NULL || success->rows == FERRY_REPORT_NONE)
        return;
    add_numbers(&rows, success);
    print_line("rows", &rows);
}

static void print_next(const struct ferry_timer *timer, int64_t now_ms)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    char moment[FERRY_CLOCK_TEXT];
    ferry_clock_print(timer->next_ms, moment);
    add_time_until(&text, timer->next_ms, now_ms);
    ferry_strbuf_addf(&text, " (%s), by %s", moment, timer->unit);
    print_line("next run", &text);
}

void ferry_status_print_one(const char *name, const struct ferry_standing *standing,
                            const struct ferry_timer *timer, int64_t now_ms)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf state = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_escape_text(&safe, name, strlen(name), strlen(name));
    (void)printf("%s\n", ferry_strbuf_text(&safe));
    add_state(&state, standing);
    print_line("state", &state);
    if (standing->last.job != NULL)
        print_last(&standing->last, now_ms);
    print_success(&standing->success, now_ms);
    if (timer != NULL)
        print_next(timer, now_ms);
    if (standing->expect_every_ms == 0)
        return;
    FERRY_AUTO_STRBUF struct ferry_strbuf every = {0};
    ferry_units_add_duration(&every, standing->expect_every_ms);
    print_line("expected every", &every);
}
