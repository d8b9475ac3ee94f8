/* One list of the job's indexes and the source's, in which no two are on the same columns. */

#include "engine/keys.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/named_column.h"

static bool on_same_columns(const struct ferry_index *a, const struct ferry_index *b)
{
    bool same = a->column_count == b->column_count;
    for (size_t i = 0; same && i < a->column_count; i++)
        same = strcasecmp(a->columns[i], b->columns[i]) == 0;
    return same;
}

static struct ferry_index *find_alike(const struct ferry_plan *plan,
                                      const struct ferry_index *index)
{
    for (size_t i = 0; i < plan->index_count; i++)
        if (on_same_columns(&plan->indexes[i], index))
            return &plan->indexes[i];
    return NULL;
}

static int strength(const struct ferry_index *index)
{
    return index->primary != 0 ? 2 : index->unique != 0;
}

/* The first `job_count` of the plan are the job's own. */
static void add_copied(struct ferry_plan *plan, size_t job_count, const struct ferry_index *index)
{
    struct ferry_index *alike = find_alike(plan, index);
    if (alike == NULL) {
        alike = &plan->indexes[plan->index_count++];
        *alike = *index;
        alike->copied = 1;
    } else if (alike >= plan->indexes + job_count) {
        if (strength(index) > strength(alike)) {
            *alike = *index;
            alike->copied = 1;
        }
    } else if (index->primary != 0) { /* the job may name it, but not weaken it */
        alike->unique = alike->primary = 1;
    }
}

static ferry_status check_wanted(const struct ferry_schema *schema,
                                 const struct ferry_key_rules *rules, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    size_t at = 0;
    for (size_t i = 0; i < rules->wanted_count; i++)
        for (size_t k = 0; status == FERRY_OK && k < rules->wanted[i].column_count; k++)
            status = ferry_named_column_find(schema, rules->wanted[i].columns[k],
                                             "an index of the job names", &at, error);
    return status;
}

static void mark_sole_key(struct ferry_schema *schema)
{
    struct ferry_column *sole = NULL;
    size_t members = 0;
    for (size_t i = 0; i < schema->count; i++)
        if (schema->columns[i].key_position > 0) {
            sole = &schema->columns[i];
            members++;
        }
    if (members == 1)
        sole->flags |= FERRY_COLUMN_SOLE_KEY;
}

static void leave_keys_out(struct ferry_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        schema->columns[i].key_position = 0;
}

static bool has_primary(const struct ferry_plan *plan)
{
    for (size_t i = 0; i < plan->index_count; i++)
        if (plan->indexes[i].primary != 0)
            return true;
    return false;
}

/* The columns of the primary key in its order; returns how many there are. */
static size_t list_key(const struct ferry_schema *schema, const char **columns)
{
    size_t found = 0;
    for (size_t position = 1; position == found + 1; position++)
        for (size_t i = 0; i < schema->count && found < position; i++)
            if (schema->columns[i].key_position == position)
                columns[found++] = schema->columns[i].name;
    return found;
}

/* Before the source's other indexes, and in the place of one on the same columns; beside one of the
 * job's, which was asked for as it is. */
static void put_key(struct ferry_plan *plan, size_t job_count, const struct ferry_index *key)
{
    struct ferry_index *first = &plan->indexes[job_count];
    size_t count = plan->index_count - job_count, at = 0;
    while (at < count && !on_same_columns(&first[at], key))
        at++;
    if (at == count)
        plan->index_count++;
    memmove(&first[1], first, at * sizeof *first);
    *first = *key;
    first->copied = 1;
}

/* The primary key, where the columns tell of it and no index of the source does. */
static ferry_status add_key(struct ferry_plan *plan, size_t job_count, struct ferry_error *error)
{
    if (has_primary(plan))
        return FERRY_OK;
    plan->key_columns = calloc(plan->schema.count + 1, sizeof *plan->key_columns);
    if (plan->key_columns == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the primary key");
    const struct ferry_index key = {
        .columns = plan->key_columns,
        .column_count = list_key(&plan->schema, plan->key_columns),
        .unique = 1,
        .primary = 1,
    };
    if (key.column_count > 0)
        put_key(plan, job_count, &key);
    return FERRY_OK;
}

ferry_status ferry_keys_plan(struct ferry_plan *plan, const struct ferry_key_rules *rules,
                             struct ferry_error *error)
{
    const struct ferry_schema *source = &plan->described;
    size_t most = rules->wanted_count + source->index_count + 1;
    if (rules->leave_out)
        leave_keys_out(&plan->schema);
    mark_sole_key(&plan->schema);
    ferry_status status = check_wanted(&plan->schema, rules, error);
    if (status != FERRY_OK)
        return status;
    plan->indexes = calloc(most, sizeof *plan->indexes);
    if (plan->indexes == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for %zu indexes", most);
    for (size_t i = 0; i < rules->wanted_count; i++)
        plan->indexes[plan->index_count++] = rules->wanted[i];
    for (size_t i = 0; i < source->index_count && !rules->leave_out; i++)
        add_copied(plan, rules->wanted_count, &source->indexes[i]);
    return add_key(plan, rules->wanted_count, error);
}
