/* A plan for a person: a table of its columns, and what there is to say besides. */

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/units.h"
#include "command/grid.h"
#include "command/plan.h"
#include "driver/type.h"
#include "engine/strategy.h"

static const char *const headings[] = {"column",      "source type", "descriptor",
                                       "target type", "fit",         "note"};

static void add_cell(struct ferry_strbuf *cell, const char *text)
{
    ferry_escape_text(cell, text, strlen(text), 120);
}

static void fill_column(const void *data, size_t row, struct ferry_strbuf *cells)
{
    const struct ferry_plan *plan = data;
    const struct ferry_column *column = &plan->schema.columns[row];
    const struct ferry_mapping *mapping = &plan->mappings[row];
    add_cell(&cells[0], column->name);
    add_cell(&cells[1], column->native == NULL ? "" : column->native);
    ferry_type_add_descriptor(&cells[2], column);
    add_cell(&cells[3], mapping->native[0] == '\0' ? "(any)" : mapping->native);
    if (mapping->clauses != NULL && mapping->clauses[0] != '\0') {
        ferry_strbuf_add(&cells[3], " ");
        add_cell(&cells[3], mapping->clauses);
    }
    add_cell(&cells[4], ferry_fit_name(mapping->fit));
    add_cell(&cells[5], mapping->note == NULL ? "" : mapping->note);
}

static void print_columns(const struct ferry_plan *plan)
{
    const struct ferry_grid grid = {.to = stdout,
                                    .indent = "  ",
                                    .column_count = sizeof headings / sizeof headings[0],
                                    .headings = headings,
                                    .row_count = plan->schema.count,
                                    .fill = fill_column,
                                    .data = plan};
    ferry_grid_print(&grid);
}

/* "'server' -> 'local', table 't'", with the fallback that is read instead, or that there is. */
static void print_heading(const struct ferry_job *job, const struct ferry_task *task,
                          const char *table, const struct ferry_provenance *from)
{
    const char *called = ferry_task_name(job, task);
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf age = {0};
    ferry_escape_text(&name, called, strlen(called), 200);
    (void)printf("job %s: ", ferry_strbuf_text(&name));
    ferry_fallback_add_age(&age, from);
    if (from->fallback != NULL)
        (void)printf("fallback '%s' (%s) instead of '%s'", from->fallback->name,
                     ferry_strbuf_text(&age), job->route.source->name);
    else if (job->route.fallback.source != NULL)
        (void)printf("'%s' (fallback '%s')", job->route.source->name,
                     job->route.fallback.source->name);
    else
        (void)printf("'%s'", job->route.source->name);
    (void)printf(" -> '%s', table '%s'\n", job->route.target->name, table);
}

/* What becomes of it, and what it holds now. */
static void print_table(const char *table, const struct ferry_plan *plan)
{
    bool keeps = plan->strategy != NULL && plan->strategy->load_kind == FERRY_LOAD_CHANGES;
    static const char *const actions[] = {
        [FERRY_TABLE_CREATE] = "is new: it will be created",
        [FERRY_TABLE_KEEP] = "has these columns: its rows will be replaced",
        [FERRY_TABLE_REBUILD] = "has other columns: it will be rebuilt",
    };
    (void)printf("  table '%s' %s", table,
                 keeps ? "has these columns: single rows will be changed" : actions[plan->action]);
    if (plan->rows_known) {
        FERRY_AUTO_STRBUF struct ferry_strbuf rows = {0};
        ferry_units_add_count(&rows, plan->rows_before);
        (void)printf(" (%s rows now)", ferry_strbuf_text(&rows));
    }
    if (plan->difference.length > 0) {
        FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
        ferry_escape_text(&safe, ferry_strbuf_text(&plan->difference), plan->difference.length,
                          2000);
        (void)printf("\n  %s", ferry_strbuf_text(&safe));
    }
    (void)printf("\n");
}

static void print_remarks(const struct ferry_remarks *remarks)
{
    for (size_t i = 0; i < remarks->count; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
        const struct ferry_remark *remark = &remarks->list[i];
        ferry_escape_text(&safe, remark->text, strlen(remark->text), 4000);
        (void)printf("  %s%s%s\n", remark->kind == NULL ? "" : remark->kind,
                     remark->kind == NULL ? "" : ": ", ferry_strbuf_text(&safe));
    }
}

void ferry_plan_print(const struct ferry_told_plan *told)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf table = {0};
    ferry_escape_text(&table, told->task->table, strlen(told->task->table), 120);
    print_heading(told->job, told->task, ferry_strbuf_text(&table), told->from);
    print_columns(told->plan);
    print_table(ferry_strbuf_text(&table), told->plan);
    print_remarks(&told->remarks);
}
