/* dbferry plan: negotiates and prints, per column, what becomes of it. */

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/units.h"
#include "command/command.h"
#include "command/grid.h"
#include "command/plan_strategy.h"
#include "driver/type.h"
#include "engine/foreign_keys.h"
#include "engine/strategy.h"
#include "engine/sync.h"

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

static void add_index_name(struct ferry_strbuf *text, const struct ferry_index *index)
{
    if (index->name == NULL)
        return;
    ferry_strbuf_add(text, index->copied != 0 ? ", the source's '" : " '");
    ferry_escape_text(text, index->name, strlen(index->name), 120);
    ferry_strbuf_add(text, "'");
}

/* "primary key (id)", "index 'mine' (vin, year)", "unique index (vin), the source's 'by_vin'": a
 * target may call that otherwise */
static void print_index(const struct ferry_index *index)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_add(&text, index->primary != 0  ? "primary key"
                            : index->unique != 0 ? "unique index"
                                                 : "index");
    if (index->copied == 0)
        add_index_name(&text, index);
    for (size_t i = 0; i < index->column_count; i++) {
        ferry_strbuf_add(&text, i == 0 ? " (" : ", ");
        ferry_escape_text(&text, index->columns[i], strlen(index->columns[i]), 120);
    }
    ferry_strbuf_add(&text, ")");
    if (index->copied != 0)
        add_index_name(&text, index);
    (void)printf("  %s\n", ferry_strbuf_text(&text));
}

/* "foreign key (customer) to 'customers' (id), on delete cascade" */
static void print_foreign_key(const struct ferry_foreign_key *key)
{
    const struct {
        const char *word;
        uint32_t action;
    } actions[] = {{"on delete", key->on_delete}, {"on update", key->on_update}};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_foreign_key_add(&text, key);
    ferry_escape_text(&safe, ferry_strbuf_text(&text), text.length, 2000);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (actions[i].action != FERRY_ACTION_NONE)
            ferry_strbuf_addf(&safe, ", %s %s", actions[i].word,
                              ferry_foreign_key_action(actions[i].action));
    (void)printf("  %s\n", ferry_strbuf_text(&safe));
}

static void print_notes(const struct ferry_schema *schema)
{
    for (size_t i = 0; i < schema->note_count; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
        const char *text = schema->notes[i].text;
        ferry_escape_text(&safe, text, strlen(text), 2000);
        (void)printf("  %s: %s\n", schema->notes[i].warns ? "warning" : "note",
                     ferry_strbuf_text(&safe));
    }
}

/* What would be lost of the old definition, and what would not follow the new rows. */
static void print_foreseen(const struct ferry_plan *plan)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf losses = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_plan_add_losses(plan, &losses);
    ferry_escape_text(&safe, ferry_strbuf_text(&losses), losses.length, 4000);
    if (safe.length > 0)
        (void)printf("  loss: %s\n", ferry_strbuf_text(&safe));
    for (size_t i = 0; i < plan->stale.count; i++) {
        ferry_strbuf_reset(&safe);
        ferry_escape_text(&safe, plan->stale.list[i], strlen(plan->stale.list[i]), 2000);
        (void)printf("  stale: %s\n", ferry_strbuf_text(&safe));
    }
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

static void print_plan(const struct ferry_job *job, const struct ferry_task *task,
                       const struct ferry_plan *plan, const struct ferry_provenance *from)
{
    static const char *const warnings[] = {
        [FERRY_WARNINGS_AUTO] = NULL,
        [FERRY_WARNINGS_REFUSE] = "any warning of the source's server ends the run (on_warning)",
        [FERRY_WARNINGS_ALLOW] =
            "warnings of the source's server are only logged, also where it has "
            "cut rows or values (on_warning)",
    };
    FERRY_AUTO_STRBUF struct ferry_strbuf table = {0};
    ferry_escape_text(&table, task->table, strlen(task->table), 120);
    print_heading(job, task, ferry_strbuf_text(&table), from);
    print_columns(plan);
    print_table(ferry_strbuf_text(&table), plan);
    ferry_plan_print_strategy(task, plan);
    print_foreseen(plan);
    for (size_t i = 0; i < plan->index_count; i++)
        print_index(&plan->indexes[i]);
    for (size_t i = 0; i < plan->foreign_key_count; i++)
        print_foreign_key(&plan->foreign_keys[i]);
    if (task->no_data)
        (void)printf("  note: no rows are carried (data = false)\n");
    if (warnings[task->read.on_warning] != NULL)
        (void)printf("  note: %s\n", warnings[task->read.on_warning]);
    print_notes(&plan->described);
    print_notes(&plan->schema);
}

ferry_status ferry_command_plan_job(const struct ferry_job *job,
                                    const struct ferry_arguments *arguments)
{
    (void)arguments;
    struct ferry_error error = {0};
    struct ferry_plan *plans = NULL;
    struct ferry_provenance from = {0};
    bool planned = ferry_sync_plan(job, &plans, &from, &error) == FERRY_OK || job->task_count == 1;
    for (size_t i = 0; planned && plans != NULL && i < job->task_count; i++)
        if (plans[i].action != 0) /* negotiated to the end, even if the policy then refused it */
            print_plan(job, &job->tasks[i], &plans[i], &from);
    ferry_plans_free(plans, job->task_count);
    ferry_status status = ferry_command_report(&error, NULL);
    return status == FERRY_OK && from.fallback != NULL ? FERRY_DONE_FROM_FALLBACK : status;
}

ferry_status ferry_command_plan(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = ferry_command_each_job(arguments, settings, ferry_command_plan_job);
    ferry_settings_free(settings);
    return status;
}
