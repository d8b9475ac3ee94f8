/* dbferry plan: negotiates and prints, per column, what becomes of it. */

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/units.h"
#include "command/command.h"
#include "command/plan_strategy.h"
#include "driver/type.h"
#include "engine/strategy.h"
#include "engine/sync.h"

#define COLUMN_COUNT 6

static const char *const headings[COLUMN_COUNT] = {"column",      "source type", "descriptor",
                                                   "target type", "fit",         "note"};

/* Cells of one line, escaped. */
struct line {
    struct ferry_strbuf cells[COLUMN_COUNT];
};

static void line_done(struct line *line)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        ferry_strbuf_done(&line->cells[i]);
}

static void set_cell(struct line *line, size_t i, const char *text)
{
    ferry_escape_text(&line->cells[i], text, strlen(text), 120);
}

static void build_line(struct line *line, const struct ferry_column *column,
                       const struct ferry_mapping *mapping)
{
    set_cell(line, 0, column->name);
    set_cell(line, 1, column->native == NULL ? "" : column->native);
    ferry_type_add_descriptor(&line->cells[2], column);
    set_cell(line, 3, mapping->native[0] == '\0' ? "(any)" : mapping->native);
    if (mapping->clauses != NULL && mapping->clauses[0] != '\0') {
        ferry_strbuf_add(&line->cells[3], " ");
        set_cell(line, 3, mapping->clauses);
    }
    set_cell(line, 4, ferry_fit_name(mapping->fit));
    set_cell(line, 5, mapping->note == NULL ? "" : mapping->note);
}

/* Characters, not bytes: names may be in any script. */
static size_t display_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void widen(size_t widths[COLUMN_COUNT], const struct line *line)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        size_t width = display_width(ferry_strbuf_text(&line->cells[i]));
        if (width > widths[i])
            widths[i] = width;
    }
}

static void print_cells(const char *const cells[COLUMN_COUNT], const size_t widths[COLUMN_COUNT])
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        ferry_strbuf_addf(&text, "  %s", cells[i]);
        if (i + 1 < COLUMN_COUNT)
            ferry_strbuf_addf(&text, "%*s", (int)(widths[i] - display_width(cells[i])), "");
    }
    size_t length = text.length;
    while (length > 0 && text.data[length - 1] == ' ')
        length--;
    (void)printf("%.*s\n", (int)length, ferry_strbuf_text(&text));
}

static void print_columns(const struct ferry_plan *plan)
{
    size_t widths[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        widths[i] = strlen(headings[i]);
    for (int pass = 0; pass < 2; pass++) { /* measure, then print */
        if (pass == 1)
            print_cells(headings, widths);
        for (size_t i = 0; i < plan->schema.count; i++) {
            struct line line = {0};
            const char *cells[COLUMN_COUNT];
            build_line(&line, &plan->schema.columns[i], &plan->mappings[i]);
            for (size_t k = 0; k < COLUMN_COUNT; k++)
                cells[k] = ferry_strbuf_text(&line.cells[k]);
            if (pass == 0)
                widen(widths, &line);
            else
                print_cells(cells, widths);
            line_done(&line);
        }
    }
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
static void print_heading(const struct ferry_job *job, const char *table,
                          const struct ferry_provenance *from)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf age = {0};
    ferry_escape_text(&name, job->name, strlen(job->name), 200);
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
    print_heading(job, ferry_strbuf_text(&table), from);
    print_columns(plan);
    print_table(ferry_strbuf_text(&table), plan);
    ferry_plan_print_strategy(task, plan);
    print_foreseen(plan);
    for (size_t i = 0; i < plan->index_count; i++)
        print_index(&plan->indexes[i]);
    if (task->no_data)
        (void)printf("  note: no rows are carried (data = false)\n");
    if (warnings[task->read.on_warning] != NULL)
        (void)printf("  note: %s\n", warnings[task->read.on_warning]);
    print_notes(&plan->described);
    print_notes(&plan->schema);
}

static ferry_status plan_job(const struct ferry_job *job, const struct ferry_arguments *arguments)
{
    (void)arguments;
    struct ferry_error error = {0};
    struct ferry_plan *plans = NULL;
    struct ferry_provenance from = {0};
    (void)ferry_sync_plan(job, &plans, &from, &error);
    for (size_t i = 0; plans != NULL && i < job->task_count; i++)
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
    ferry_status status = ferry_command_each_job(arguments, settings, plan_job);
    ferry_settings_free(settings);
    return status;
}
