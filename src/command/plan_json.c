/* A plan for programs: one record, with names as they are and not as a terminal may show them. */

#include "command/events.h"
#include "command/plan.h"
#include "driver/type.h"
#include "engine/foreign_keys.h"
#include "engine/strategy.h"

static const char *text_or_null(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : text;
}

/* What would be done with the table. */
static const char *action_of(const struct ferry_plan *plan)
{
    static const char *const actions[] = {
        [FERRY_TABLE_CREATE] = "create",
        [FERRY_TABLE_KEEP] = "replace",
        [FERRY_TABLE_REBUILD] = "rebuild",
    };
    bool changes = plan->strategy != NULL && plan->strategy->load_kind == FERRY_LOAD_CHANGES;
    return changes ? "change" : actions[plan->action];
}

static void add_route(struct ferry_json *event, const struct ferry_told_plan *told)
{
    const struct ferry_route *route = &told->job->route;
    const struct ferry_provenance *from = told->from;
    bool falls_back = from->fallback != NULL;
    ferry_json_add_text(event, "job", ferry_task_name(told->job, told->task));
    ferry_json_add_text(event, "source", route->source->name);
    ferry_json_add_text(event, "fallback", falls_back ? from->fallback->name : NULL);
    ferry_json_add_text(event, "data_from",
                        falls_back && from->basis != FERRY_FRESHNESS_UNKNOWN ? from->data_from
                                                                             : NULL);
    ferry_json_add_text(event, "target", route->target->name);
    ferry_json_add_text(event, "table", told->task->table);
}

static void add_table(struct ferry_json *event, const struct ferry_plan *plan)
{
    ferry_json_add_text(event, "action", action_of(plan));
    if (plan->rows_known)
        ferry_json_add_count(event, "rows_before", plan->rows_before);
    else
        ferry_json_add_null(event, "rows_before");
    ferry_json_add_text(event, "difference", text_or_null(ferry_strbuf_text(&plan->difference)));
    ferry_json_add_text(event, "strategy", plan->strategy == NULL ? NULL : plan->strategy->name);
    ferry_json_add_text(event, "strategy_reason", text_or_null(ferry_strbuf_text(&plan->why)));
    ferry_json_begin_list(event, "key");
    for (size_t i = 0; i < plan->key.count; i++)
        ferry_json_add_text(event, NULL, plan->schema.columns[plan->key.columns[i]].name);
    ferry_json_end_list(event);
    ferry_json_add_text(event, "cursor",
                        plan->cursor.column == NULL ? NULL : plan->cursor.column->name);
}

/* "VARCHAR(20) COLLATE nocase": the target's words for the column. */
static void add_target_type(struct ferry_json *event, const struct ferry_mapping *mapping)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_add(&text, mapping->native);
    if (mapping->clauses != NULL && mapping->clauses[0] != '\0')
        ferry_strbuf_addf(&text, "%s%s", text.length > 0 ? " " : "", mapping->clauses);
    ferry_json_add_text(event, "target_type", ferry_strbuf_text(&text));
}

static void add_column(struct ferry_json *event, const struct ferry_column *column,
                       const struct ferry_mapping *mapping)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf descriptor = {0};
    ferry_type_add_descriptor(&descriptor, column);
    ferry_json_begin_object(event, NULL);
    ferry_json_add_text(event, "name", column->name);
    ferry_json_add_text(event, "source_type", column->native);
    ferry_json_add_text(event, "descriptor", ferry_strbuf_text(&descriptor));
    add_target_type(event, mapping);
    ferry_json_add_text(event, "fit", ferry_fit_name(mapping->fit));
    ferry_json_add_text(event, "note", text_or_null(mapping->note));
    ferry_json_end_object(event);
}

static void add_index(struct ferry_json *event, const struct ferry_index *index)
{
    ferry_json_begin_object(event, NULL);
    ferry_json_add_text(event, "kind",
                        index->primary != 0  ? "primary"
                        : index->unique != 0 ? "unique"
                                             : "index");
    ferry_json_add_texts(event, "columns", index->columns, index->column_count);
    ferry_json_add_text(event, "name", index->name);
    ferry_json_add_bool(event, "copied", index->copied != 0);
    ferry_json_end_object(event);
}

/* `referred` without names is the other table's primary key. */
static void add_foreign_key(struct ferry_json *event, const struct ferry_foreign_key *key)
{
    ferry_json_begin_object(event, NULL);
    ferry_json_add_texts(event, "columns", key->columns, key->column_count);
    ferry_json_add_text(event, "table", key->table);
    ferry_json_add_texts(event, "referred", key->referred,
                         key->referred == NULL ? 0 : key->column_count);
    ferry_json_add_text(event, "on_delete", ferry_foreign_key_action(key->on_delete));
    ferry_json_add_text(event, "on_update", ferry_foreign_key_action(key->on_update));
    ferry_json_end_object(event);
}

/* Those that have a kind: the others stand in lists of their own. */
static void add_remarks(struct ferry_json *event, const struct ferry_remarks *remarks)
{
    ferry_json_begin_list(event, "remarks");
    for (size_t i = 0; i < remarks->count; i++) {
        if (remarks->list[i].kind == NULL)
            continue;
        ferry_json_begin_object(event, NULL);
        ferry_json_add_text(event, "kind", remarks->list[i].kind);
        ferry_json_add_text(event, "text", remarks->list[i].text);
        ferry_json_end_object(event);
    }
    ferry_json_end_list(event);
}

void ferry_plan_write(const struct ferry_told_plan *told)
{
    struct ferry_json event;
    const struct ferry_plan *plan = told->plan;
    ferry_event_begin(&event, "plan");
    add_route(&event, told);
    add_table(&event, plan);
    ferry_json_begin_list(&event, "columns");
    for (size_t i = 0; i < plan->schema.count; i++)
        add_column(&event, &plan->schema.columns[i], &plan->mappings[i]);
    ferry_json_end_list(&event);
    ferry_json_begin_list(&event, "indexes");
    for (size_t i = 0; i < plan->index_count; i++)
        add_index(&event, &plan->indexes[i]);
    ferry_json_end_list(&event);
    ferry_json_begin_list(&event, "foreign_keys");
    for (size_t i = 0; i < plan->foreign_key_count; i++)
        add_foreign_key(&event, &plan->foreign_keys[i]);
    ferry_json_end_list(&event);
    add_remarks(&event, &told->remarks);
    ferry_event_write(&event);
}
