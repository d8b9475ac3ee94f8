/* Columns are matched by name, and the target is asked of each whether it holds the values. */

#include "engine/hold.h"

#include <stdlib.h>
#include <string.h>

#include "driver/connection.h"
#include "driver/target.h"

/* How one column of the plan is held. */
struct held {
    const struct ferry_column *existing; /* NULL: there is none */
    struct ferry_mapping mapping;        /* not set: it has the very type of the plan */
    bool fits;
};

/* NULL: there is none of this name. */
static const struct ferry_column *find_column(const struct ferry_schema *existing, const char *name)
{
    ptrdiff_t at = ferry_schema_find_name(existing, name);
    return at >= 0 ? &existing->columns[at] : NULL;
}

static ferry_status ask_column(const struct ferry_plan *plan, struct ferry_connection *target,
                               size_t i, struct held *held, struct ferry_error *error)
{
    const char *native = held->existing->native == NULL ? "" : held->existing->native;
    if (plan->mappings[i].fit == FERRY_FIT_NONE)
        return FERRY_OK;
    ferry_status status = ferry_target_hold_column(target, held->existing, &plan->schema.columns[i],
                                                   &plan->wishes[i], &held->mapping, error);
    held->fits = held->mapping.set ? held->mapping.fit < FERRY_FIT_LOSSY
                                   : strcmp(native, plan->natives[i]) == 0;
    return status;
}

static void note_wanted(struct ferry_plan *plan, const struct held *held)
{
    for (size_t i = 0; i < plan->schema.count; i++) {
        const struct ferry_column *column = &plan->schema.columns[i];
        if (held[i].existing == NULL)
            ferry_plan_note_difference(plan, column->name, NULL, plan->natives[i]);
        else if (!held[i].fits)
            ferry_plan_note_difference(
                plan, held[i].existing->name,
                held[i].existing->native == NULL ? "" : held[i].existing->native, plan->natives[i]);
    }
}

static bool is_wanted(const struct ferry_plan *plan, const struct held *held,
                      const struct ferry_column *existing)
{
    for (size_t i = 0; i < plan->schema.count; i++)
        if (held[i].existing == existing)
            return true;
    return false;
}

/* The other columns.  Where the table is made anew they go; where it stays they must not need a
 * value, and the plan tells what they get. */
static ferry_status note_others(struct ferry_plan *plan, const struct held *held,
                                const struct ferry_schema *existing, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    bool goes = plan->difference.length > 0;
    for (size_t i = 0; i < existing->count && !goes; i++)
        goes = (ferry_schema_column(existing, i)->flags & FERRY_COLUMN_FILLS_ITSELF) == 0 &&
               !is_wanted(plan, held, ferry_schema_column(existing, i));
    for (size_t i = 0; i < existing->count && status == FERRY_OK; i++) {
        const struct ferry_column *column = ferry_schema_column(existing, i);
        if (is_wanted(plan, held, column))
            continue;
        if (goes)
            ferry_plan_note_difference(plan, column->name, "", NULL);
        else if (column->default_value != NULL)
            status = ferry_schema_note(&plan->schema, error,
                                       "column '%s' of the table is not in the source: each row "
                                       "gets its default there",
                                       column->name);
        else
            status = ferry_schema_warn(&plan->schema, error,
                                       "column '%s' of the table is not in the source and has no "
                                       "default: it is NULL in each row",
                                       column->name);
    }
    return status;
}

/* The plan says from now on how the table is, not how it would be. */
static void take_mappings(struct ferry_plan *plan, struct held *held)
{
    for (size_t i = 0; i < plan->schema.count; i++) {
        if (!held[i].mapping.set)
            continue;
        if (plan->wishes[i].type == plan->natives[i]) /* the table's own type, as a wish */
            plan->wishes[i].type = held[i].mapping.native;
        ferry_mapping_done(&plan->mappings[i]);
        plan->mappings[i] = held[i].mapping;
        held[i].mapping = (struct ferry_mapping){0};
        plan->natives[i] = plan->mappings[i].native;
        plan->clauses[i] = "";
    }
}

ferry_status ferry_hold_columns(struct ferry_plan *plan, struct ferry_connection *target,
                                const struct ferry_schema *existing, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    struct held *held = calloc(plan->schema.count + 1, sizeof *held);
    if (held == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for %zu columns",
                          plan->schema.count);
    for (size_t i = 0; i < plan->schema.count && status == FERRY_OK; i++) {
        held[i].existing = find_column(existing, plan->schema.columns[i].name);
        if (held[i].existing != NULL)
            status = ask_column(plan, target, i, &held[i], error);
    }
    if (status == FERRY_OK) {
        note_wanted(plan, held);
        status = note_others(plan, held, existing, error);
    }
    if (status == FERRY_OK && plan->difference.length == 0)
        take_mappings(plan, held);
    for (size_t i = 0; i < plan->schema.count; i++)
        ferry_mapping_done(&held[i].mapping);
    free(held);
    return status;
}
