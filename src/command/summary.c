/* A row for each table, and totals. */

#include "command/summary.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/units.h"
#include "command/account.h"
#include "command/command.h"
#include "command/events.h"
#include "command/grid.h"
#include "command/progress.h"
#include "command/service.h"

#define NAME_WIDTH 40 /* longer names are cut */
#define NAMES_TOLD 20 /* of tables that are new, say, in the line of totals */

enum { NAME, ROWS, INSERTED, UPDATED, DELETED, SECONDS, STATE, COLUMN_COUNT };

static const char *const headings[COLUMN_COUNT] = {"table",   "rows",    "inserted", "updated",
                                                   "deleted", "seconds", "state"};

/* It has not failed, that is. */
static bool is_well(const struct ferry_summary_row *row)
{
    return row->status == FERRY_OK || row->status == FERRY_DONE_FROM_FALLBACK;
}

bool ferry_summary_is_done(const struct ferry_summary_row *row)
{
    return row->begun && is_well(row) && !row->result.left;
}

static const char *state_of(const struct ferry_summary_row *row)
{
    if (!row->begun)
        return "not begun";
    if (!is_well(row))
        return "FAILED";
    if (row->result.left)
        return "left to another run";
    return row->result.skipped                         ? "unchanged at the source"
           : row->result.has_changes                   ? "changed"
           : row->result.action == FERRY_TABLE_CREATE  ? "new"
           : row->result.action == FERRY_TABLE_REBUILD ? "made anew: other columns"
                                                       : "replaced";
}

static void fill_numbers(struct ferry_strbuf *cells, const struct ferry_sync_result *result)
{
    ferry_units_add_count(&cells[ROWS], result->rows);
    if (result->has_changes) {
        ferry_units_add_count(&cells[INSERTED], result->changes.inserted);
        ferry_units_add_count(&cells[UPDATED], result->changes.updated);
        ferry_units_add_count(&cells[DELETED], result->changes.deleted);
    }
    ferry_strbuf_addf(&cells[SECONDS], "%.2f", (double)result->elapsed_ms / 1000);
}

/* Rows are those of the tables. */
struct told {
    const struct ferry_tables *tables;
    const struct ferry_summary_row *rows;
};

static void fill(const void *data, size_t i, struct ferry_strbuf *cells)
{
    const struct told *told = data;
    const char *name = told->tables->tasks[i].read.text;
    ferry_escape_text(&cells[NAME], name, strlen(name), NAME_WIDTH);
    ferry_strbuf_add(&cells[STATE], state_of(&told->rows[i]));
    if (ferry_summary_is_done(&told->rows[i]))
        fill_numbers(cells, &told->rows[i].result);
}

static void print_table(const struct ferry_tables *tables, const struct ferry_summary_row *rows)
{
    const struct told told = {.tables = tables, .rows = rows};
    const struct ferry_grid grid = {.to = stderr,
                                    .indent = "",
                                    .column_count = COLUMN_COUNT,
                                    .headings = headings,
                                    .numbers = 1U << ROWS | 1U << INSERTED | 1U << UPDATED |
                                               1U << DELETED | 1U << SECONDS,
                                    .row_count = tables->count,
                                    .fill = fill,
                                    .data = &told};
    ferry_grid_print(&grid);
}

/* "; new: a, b" of the tables that this became of; nothing where there are none. */
static void add_names(struct ferry_strbuf *text, const struct ferry_tables *tables,
                      const struct ferry_summary_row *rows, uint32_t action, const char *what)
{
    size_t count = 0;
    for (size_t i = 0; i < tables->count; i++) {
        if (!ferry_summary_is_done(&rows[i]) || rows[i].result.action != action)
            continue;
        if (count < NAMES_TOLD)
            ferry_strbuf_addf(text, "%s%s", count == 0 ? what : ", ", tables->tasks[i].read.text);
        count++;
    }
    if (count > NAMES_TOLD)
        ferry_strbuf_addf(text, " and %zu more", count - NAMES_TOLD);
}

/* Which of the strays are told together, and as what. */
struct sort {
    bool is_gone, dropped;
    const char *what; /* "; ...: 'a', 'b'" */
    const char *more; /* behind the names, or "" */
};

/* Of a record that was cleared away, the log tells alone. */
static void add_strays(struct ferry_strbuf *text, const struct ferry_strays *strays,
                       const struct sort *sort)
{
    size_t count = 0;
    for (size_t i = 0; i < strays->count; i++) {
        const struct ferry_stray *stray = &strays->list[i];
        if (!stray->exists || stray->is_gone != sort->is_gone || stray->dropped != sort->dropped)
            continue;
        if (count < NAMES_TOLD)
            ferry_strbuf_addf(text, "%s'%s'", count == 0 ? sort->what : ", ", stray->name);
        count++;
    }
    if (count > NAMES_TOLD)
        ferry_strbuf_addf(text, " and %zu more", count - NAMES_TOLD);
    if (count > 0)
        ferry_strbuf_add(text, sort->more);
}

static void add_all_strays(struct ferry_strbuf *text, const struct ferry_job *job,
                           const struct ferry_strays *strays)
{
    const struct sort sorts[] = {
        {.is_gone = true,
         .dropped = true,
         .what = "; gone from the source, so that the copies were dropped: ",
         .more = ""},
        {.is_gone = true,
         .what = "; gone from the source: ",
         .more = job->group->prune ? " (the copies stay; the log says why)"
                 : job->tasks[0].policy.is_typed
                     ? " (the copies stay; -o job.prune=true drops them)"
                     : " (the copies stay; prune = true drops them)"},
        {.what = "; no longer carried: ", .more = ""},
    };
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++)
        add_strays(text, strays, &sorts[i]);
}

/* "16 tables, 47,273 rows in 1.2 s; new: a, b; other columns: c; 1 of the tables failed" */
static void add_totals(struct ferry_strbuf *text, const struct ferry_tables *tables,
                       const struct ferry_summary_row *rows, int64_t elapsed_ms)
{
    uint64_t total = 0, failed = 0, to_others = 0, left = 0;
    for (size_t i = 0; i < tables->count; i++) {
        total += ferry_summary_is_done(&rows[i]) ? rows[i].result.rows : 0;
        failed += rows[i].begun && !is_well(&rows[i]);
        to_others += rows[i].result.left;
        left += !rows[i].begun;
    }
    ferry_units_add_count(text, tables->count);
    ferry_strbuf_add(text, tables->count == 1 ? " table, " : " tables, ");
    ferry_units_add_count(text, total);
    ferry_strbuf_add(text, total == 1 ? " row in " : " rows in ");
    ferry_units_add_duration(text, elapsed_ms);
    add_names(text, tables, rows, FERRY_TABLE_CREATE, "; new: ");
    add_names(text, tables, rows, FERRY_TABLE_REBUILD, "; made anew for other columns: ");
    if (failed > 0)
        ferry_strbuf_addf(text, "; %zu of the tables failed", (size_t)failed);
    if (to_others > 0)
        ferry_strbuf_addf(text, "; %zu left to another run", (size_t)to_others);
    if (left > 0)
        ferry_strbuf_addf(text, "; %zu were not begun", (size_t)left);
}

void ferry_summary_tell(const struct ferry_job *job, const struct ferry_tables *tables,
                        const struct ferry_summary_row *rows, const struct ferry_strays *strays,
                        int64_t elapsed_ms)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf totals = {0};
    add_totals(&totals, tables, rows, elapsed_ms);
    add_all_strays(&totals, job, strays);
    ferry_log(FERRY_LOG_INFO, "done: %s", ferry_strbuf_text(&totals));
    ferry_account_note(ferry_strbuf_text(&totals));
    ferry_service_tell(job->name, ferry_strbuf_text(&totals));
    if (!ferry_progress_is_enabled())
        return;
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0}; /* a person is watching */
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_escape_text(&name, job->name, strlen(job->name), 200);
    ferry_escape_text(&safe, ferry_strbuf_text(&totals), totals.length, totals.length);
    print_table(tables, rows);
    (void)fprintf(stderr, "%s: %s\n", ferry_strbuf_text(&name), ferry_strbuf_text(&safe));
}

/* ---- For programs ---- */

static const char *action_of(const struct ferry_summary_row *row)
{
    if (!ferry_summary_is_done(row))
        return NULL;
    return row->result.skipped                         ? "none"
           : row->result.has_changes                   ? "change"
           : row->result.action == FERRY_TABLE_CREATE  ? "create"
           : row->result.action == FERRY_TABLE_REBUILD ? "rebuild"
                                                       : "replace";
}

static void add_number(struct ferry_json *event, const char *name, bool known, uint64_t number)
{
    if (known)
        ferry_json_add_count(event, name, number);
    else
        ferry_json_add_null(event, name);
}

void ferry_summary_tell_table(const struct ferry_job *job, const struct ferry_task *task,
                              const struct ferry_summary_row *row)
{
    struct ferry_json event;
    const struct ferry_sync_result *result = &row->result;
    bool done = ferry_summary_is_done(row), changed = done && result->has_changes;
    if (!ferry_events_are_enabled())
        return;
    ferry_event_begin(&event, "table");
    ferry_json_add_text(&event, "job", job->name);
    ferry_json_add_text(&event, "name", task->read.text);
    ferry_json_add_text(&event, "table", task->table);
    ferry_json_add_text(&event, "state",
                        ferry_run_state_name(ferry_account_state(row->status, result)));
    ferry_json_add_text(&event, "action", action_of(row));
    add_number(&event, "rows", done, result->rows);
    add_number(&event, "rows_before", done, result->rows_before);
    add_number(&event, "inserted", changed, result->changes.inserted);
    add_number(&event, "updated", changed, result->changes.updated);
    add_number(&event, "deleted", changed, result->changes.deleted);
    add_number(&event, "unchanged", changed, result->changes.unchanged);
    add_number(&event, "bytes", done, result->bytes);
    if (done)
        ferry_json_add_seconds(&event, "seconds", result->elapsed_ms);
    else
        ferry_json_add_null(&event, "seconds");
    ferry_json_add_int(&event, "exit_code", ferry_command_exit_code(row->status));
    ferry_event_write(&event);
}

struct ferry_sync_result ferry_summary_add_up(const struct ferry_summary_row *rows, size_t count)
{
    struct ferry_sync_result all = {.skipped = count > 0, .left = count > 0};
    for (size_t i = 0; i < count; i++) {
        const struct ferry_sync_result *result = &rows[i].result;
        all.left = all.left && result->left;
        if (!ferry_summary_is_done(&rows[i]))
            continue;
        all.rows += result->rows;
        all.rows_before += result->rows_before;
        all.bytes += result->bytes;
        all.attempts = result->attempts > all.attempts ? result->attempts : all.attempts;
        all.changes.inserted += result->changes.inserted;
        all.changes.updated += result->changes.updated;
        all.changes.deleted += result->changes.deleted;
        all.changes.unchanged += result->changes.unchanged;
        all.has_changes = all.has_changes || result->has_changes;
        all.skipped = all.skipped && result->skipped;
    }
    all.skipped = all.skipped && !all.left;
    return all;
}
