/* Strategy, what would be lost, keys and indexes, and what the two sides have to tell. */

#include "command/plan_remarks.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "command/plan_strategy.h"
#include "engine/foreign_keys.h"

void ferry_remarks_add(struct ferry_remarks *remarks, const char *kind, const char *text)
{
    struct ferry_remark *list =
        reallocarray(remarks->list, remarks->count + 1, sizeof *remarks->list);
    char *copy = strdup(text);
    if (list != NULL)
        remarks->list = list;
    if (list == NULL || copy == NULL) {
        remarks->failed = true;
        free(copy);
        return;
    }
    list[remarks->count++] = (struct ferry_remark){.kind = kind, .text = copy};
}

void ferry_remarks_done(struct ferry_remarks *remarks)
{
    for (size_t i = 0; i < remarks->count; i++)
        free(remarks->list[i].text);
    free(remarks->list);
    *remarks = (struct ferry_remarks){0};
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
static void add_index(const struct ferry_index *index, struct ferry_remarks *remarks)
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
    ferry_remarks_add(remarks, NULL, ferry_strbuf_text(&text));
}

/* "foreign key (customer) to 'customers' (id), on delete cascade" */
static void add_foreign_key(const struct ferry_foreign_key *key, struct ferry_remarks *remarks)
{
    const struct {
        const char *word;
        uint32_t action;
    } actions[] = {{"on delete", key->on_delete}, {"on update", key->on_update}};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_foreign_key_add(&text, key);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (actions[i].action != FERRY_ACTION_NONE)
            ferry_strbuf_addf(&text, ", %s %s", actions[i].word,
                              ferry_foreign_key_action(actions[i].action));
    ferry_remarks_add(remarks, NULL, ferry_strbuf_text(&text));
}

static void add_notes(const struct ferry_schema *schema, struct ferry_remarks *remarks)
{
    for (size_t i = 0; i < schema->note_count; i++)
        ferry_remarks_add(remarks, schema->notes[i].warns ? "warning" : "note",
                          schema->notes[i].text);
}

/* What would be lost of the old definition, and what would not follow the new rows. */
static void add_foreseen(const struct ferry_plan *plan, struct ferry_remarks *remarks)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf losses = {0};
    ferry_plan_add_losses(plan, &losses);
    if (losses.length > 0)
        ferry_remarks_add(remarks, "loss", ferry_strbuf_text(&losses));
    for (size_t i = 0; i < plan->stale.count; i++)
        ferry_remarks_add(remarks, "stale", plan->stale.list[i]);
}

/* What the job says of rows and warnings. */
static void add_rules(const struct ferry_task *task, struct ferry_remarks *remarks)
{
    static const char *const warnings[] = {
        [FERRY_WARNINGS_AUTO] = NULL,
        [FERRY_WARNINGS_REFUSE] = "any warning of the source's server ends the run (on_warning)",
        [FERRY_WARNINGS_ALLOW] =
            "warnings of the source's server are only logged, also where it has "
            "cut rows or values (on_warning)",
    };
    if (task->no_data)
        ferry_remarks_add(remarks, "note", "no rows are carried (data = false)");
    if (warnings[task->read.on_warning] != NULL)
        ferry_remarks_add(remarks, "note", warnings[task->read.on_warning]);
}

void ferry_plan_add_remarks(const struct ferry_task *task, const struct ferry_plan *plan,
                            struct ferry_remarks *remarks)
{
    ferry_plan_add_strategy(task, plan, remarks);
    add_foreseen(plan, remarks);
    for (size_t i = 0; i < plan->index_count; i++)
        add_index(&plan->indexes[i], remarks);
    for (size_t i = 0; i < plan->foreign_key_count; i++)
        add_foreign_key(&plan->foreign_keys[i], remarks);
    add_rules(task, remarks);
    add_notes(&plan->described, remarks);
    add_notes(&plan->schema, remarks);
}
