/* A row for each job, and totals. */

#include "command/tally.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/units.h"
#include "command/grid.h"
#include "command/progress.h"
#include "command/service.h"

#define NAME_WIDTH 40 /* longer names are cut */

enum { NAME, ROWS, INSERTED, UPDATED, DELETED, SECONDS, STATE, COLUMN_COUNT };

static const char *const headings[COLUMN_COUNT] = {"job",     "rows",    "inserted", "updated",
                                                   "deleted", "seconds", "state"};

void ferry_tally_take(struct ferry_tally *tally, const struct ferry_sync_result *result)
{
    tally->rows = result->rows;
    tally->has_changes = result->has_changes;
    tally->skipped = result->skipped;
    tally->left = result->left;
    tally->inserted = result->changes.inserted;
    tally->updated = result->changes.updated;
    tally->deleted = result->changes.deleted;
}

static bool is_done(const struct ferry_tally *tally)
{
    return tally->begun && (tally->status == FERRY_OK || tally->status == FERRY_DONE_FROM_FALLBACK);
}

static void add_state(struct ferry_strbuf *cell, const struct ferry_tally *tally)
{
    if (!tally->begun)
        ferry_strbuf_add(cell, "not begun");
    else if (tally->status == FERRY_ERR_CANCELLED)
        ferry_strbuf_add(cell, "stopped");
    else if (!is_done(tally))
        ferry_strbuf_addf(cell, "FAILED (%d)", ferry_error_class_of(tally->status)->exit_code);
    else if (tally->left)
        ferry_strbuf_add(cell, "left to another run");
    else if (tally->status == FERRY_DONE_FROM_FALLBACK)
        ferry_strbuf_add(cell, "done, from its fallback");
    else
        ferry_strbuf_add(cell, tally->skipped ? "unchanged at the source" : "done");
}

/* Jobs and their tallies. */
struct told {
    const char *const *names;
    const struct ferry_tally *tallies;
};

/* Of many tables, some may be done although the job failed. */
static void fill(const void *data, size_t i, struct ferry_strbuf *cells)
{
    const struct told *told = data;
    const struct ferry_tally *tally = &told->tallies[i];
    ferry_escape_text(&cells[NAME], told->names[i], strlen(told->names[i]), NAME_WIDTH);
    add_state(&cells[STATE], tally);
    if (!tally->begun)
        return;
    ferry_strbuf_addf(&cells[SECONDS], "%.2f", (double)tally->elapsed_ms / 1000);
    if ((!is_done(tally) || tally->left) && tally->rows == 0)
        return;
    ferry_units_add_count(&cells[ROWS], tally->rows);
    if (!tally->has_changes)
        return;
    ferry_units_add_count(&cells[INSERTED], tally->inserted);
    ferry_units_add_count(&cells[UPDATED], tally->updated);
    ferry_units_add_count(&cells[DELETED], tally->deleted);
}

static void print_table(const struct told *told, size_t count)
{
    const struct ferry_grid grid = {.to = stderr,
                                    .indent = "",
                                    .column_count = COLUMN_COUNT,
                                    .headings = headings,
                                    .numbers = 1U << ROWS | 1U << INSERTED | 1U << UPDATED |
                                               1U << DELETED | 1U << SECONDS,
                                    .row_count = count,
                                    .fill = fill,
                                    .data = told};
    ferry_grid_print(&grid);
}

static void add_number(struct ferry_strbuf *text, uint64_t number, const char *what)
{
    if (number == 0)
        return;
    ferry_strbuf_add(text, "; ");
    ferry_units_add_count(text, number);
    ferry_strbuf_add(text, what);
}

/* "3 jobs, 47,273 rows in 1.2 s; 30 inserted; 1 failed; 1 was not begun" */
static void add_totals(struct ferry_strbuf *text, const struct ferry_tally *tallies, size_t count,
                       int64_t elapsed_ms)
{
    struct ferry_tally all = {0};
    uint64_t failed = 0, to_others = 0, left = 0;
    for (size_t i = 0; i < count; i++) {
        all.rows += tallies[i].rows;
        all.inserted += tallies[i].inserted;
        all.updated += tallies[i].updated;
        all.deleted += tallies[i].deleted;
        failed += tallies[i].begun && !is_done(&tallies[i]);
        to_others += tallies[i].left;
        left += !tallies[i].begun;
    }
    ferry_units_add_count(text, count);
    ferry_strbuf_add(text, " jobs, ");
    ferry_units_add_count(text, all.rows);
    ferry_strbuf_add(text, all.rows == 1 ? " row in " : " rows in ");
    ferry_units_add_duration(text, elapsed_ms);
    add_number(text, all.inserted, " inserted");
    add_number(text, all.updated, " updated");
    add_number(text, all.deleted, " deleted");
    add_number(text, failed, " failed");
    add_number(text, to_others, " left to another run");
    add_number(text, left, " not begun");
}

void ferry_tallies_tell(const char *const *names, const struct ferry_tally *tallies, size_t count,
                        int64_t elapsed_ms)
{
    const struct told told = {.names = names, .tallies = tallies};
    FERRY_AUTO_STRBUF struct ferry_strbuf totals = {0};
    add_totals(&totals, tallies, count, elapsed_ms);
    ferry_log(FERRY_LOG_INFO, "done: %s", ferry_strbuf_text(&totals));
    ferry_service_tell(NULL, ferry_strbuf_text(&totals));
    if (!ferry_progress_is_enabled())
        return;
    print_table(&told, count);
    (void)fprintf(stderr, "%s\n", ferry_strbuf_text(&totals));
}
