/* Strategy, key, cursor, partitions, and what of the job's keys has no effect. */

#include "command/plan_strategy.h"

#include "engine/choose_key.h"
#include "engine/strategy.h"

/* An index in that very order, which the key begins, saves the sort. */
static bool is_presorted(const struct ferry_plan *plan)
{
    const struct ferry_schema *source = &plan->described;
    bool presorted = false;
    for (size_t i = 0; i < source->index_count && !presorted; i++) {
        const struct ferry_index *index = &source->indexes[i];
        presorted = index->column_count >= plan->key.count;
        for (size_t k = 0; k < plan->key.count && presorted; k++) {
            size_t column = plan->key.columns[k];
            presorted = ferry_schema_find(source, index->columns[k]) == (ptrdiff_t)column &&
                        (source->columns[column].flags & FERRY_COLUMN_INDEX_ORDERED) != 0;
        }
    }
    return presorted;
}

static void add_key(const struct ferry_plan *plan, struct ferry_remarks *remarks)
{
    static const char *const origins[] = {
        [FERRY_KEY_OF_JOB] = "as the job says",
        [FERRY_KEY_PRIMARY] = "the source's primary key",
        [FERRY_KEY_UNIQUE] = "the source's first unique index without NULL",
    };
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    if (plan->key.count == 0)
        return;
    ferry_chosen_key_add(plan, &text);
    ferry_strbuf_addf(&text, ", %s; %s", origins[plan->key.from],
                      is_presorted(plan) ? "the source has an index in its order"
                                         : "the source must sort its rows by it");
    ferry_remarks_add(remarks, "key", ferry_strbuf_text(&text));
}

static void add_cursor(const struct ferry_task *task, const struct ferry_plan *plan,
                       struct ferry_remarks *remarks)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0}, value = {0};
    const struct ferry_bookmark *cursor = &plan->cursor;
    if (cursor->column == NULL)
        return;
    ferry_strbuf_addf(&text, "'%s', ", cursor->column->name);
    ferry_bookmark_add_value(cursor, &cursor->from, &value);
    if (plan->strategy->is_whole)
        ferry_strbuf_add(&text, "for the next run; all rows are read now");
    else if (cursor->from.known)
        ferry_strbuf_addf(&text, "read %s %s", plan->key.count > 0 ? "from" : "above",
                          ferry_strbuf_text(&value));
    else
        ferry_strbuf_add(&text, "read from the beginning");
    if (task->changes.lag.text != NULL)
        ferry_strbuf_addf(&text, " (cursor_lag %s)", task->changes.lag.text);
    ferry_remarks_add(remarks, "cursor", ferry_strbuf_text(&text));
    if (task->changes.strategy == FERRY_STRATEGY_APPEND && plan->key.count == 0)
        ferry_remarks_add(remarks, "note",
                          "without a key, rows that come later with the cursor of the last row are "
                          "missed");
}

/* Keys that other strategies have. */
static void add_idle(const struct ferry_task *task, struct ferry_remarks *remarks)
{
    const struct ferry_change_rules *rules = &task->changes;
    bool chooses = task->partitions.count > 1 && task->partitions.by == NULL;
    bool keeps = ferry_strategy_keeps_rows(rules);
    const struct {
        const char *key;
        bool is_set, has_effect;
    } keys[] = {
        {"key", rules->key_count > 0, rules->strategy != FERRY_STRATEGY_REPLACE || chooses},
        {"cursor", rules->cursor != NULL, keeps},
        {"cursor_lag", rules->lag.text != NULL, keeps && rules->cursor != NULL},
        {"cursor_nulls", rules->read_nulls, keeps && rules->cursor != NULL},
        {"full_every", rules->full_every_ms > 0, keeps},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        if (!keys[i].is_set || keys[i].has_effect)
            continue;
        ferry_strbuf_addf(&text, "%s has no effect with strategy = \"%s\"%s", keys[i].key,
                          ferry_strategy_name(rules->strategy), keeps ? " without a cursor" : "");
        ferry_remarks_add(remarks, "note", ferry_strbuf_text(&text));
    }
}

static void add_partitions(const struct ferry_plan *plan, struct ferry_remarks *remarks)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_partition_add(&plan->partitions, &text);
    if (text.length > 0)
        ferry_remarks_add(remarks, "partitions", ferry_strbuf_text(&text));
}

void ferry_plan_add_strategy(const struct ferry_task *task, const struct ferry_plan *plan,
                             struct ferry_remarks *remarks)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    if (plan->strategy == NULL) /* refused before it was decided */
        return;
    if (task->changes.strategy != FERRY_STRATEGY_REPLACE) {
        ferry_strbuf_add(&text, plan->strategy->name);
        if (plan->why.length > 0)
            ferry_strbuf_addf(&text, ", since %s", ferry_strbuf_text(&plan->why));
        ferry_remarks_add(remarks, "strategy", ferry_strbuf_text(&text));
        add_key(plan, remarks);
        add_cursor(task, plan, remarks);
    }
    add_partitions(plan, remarks);
    add_idle(task, remarks);
}
