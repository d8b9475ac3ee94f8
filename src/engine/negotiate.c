/* Each column is mapped, the table looked at and compared, and the action follows. */

#include "engine/negotiate.h"

#include <stdlib.h>
#include <string.h>

#include "driver/connection.h"
#include "driver/target.h"
#include "driver/type.h"
#include "engine/foreign_keys.h"
#include "engine/hold.h"
#include "engine/text_bytes.h"

void ferry_plan_done(struct ferry_plan *plan)
{
    for (size_t i = 0; plan->mappings != NULL && i < plan->schema.count; i++)
        ferry_mapping_done(&plan->mappings[i]);
    free(plan->mappings);
    free(plan->wishes);
    free(plan->zero_dates);
    free(plan->indexes);
    free((void *)plan->key_columns);
    free((void *)plan->natives);
    free((void *)plan->clauses);
    free((void *)plan->wish_list);
    free((void *)plan->index_list);
    ferry_foreign_keys_free(plan);
    ferry_strbuf_done(&plan->difference);
    ferry_strbuf_done(&plan->why);
    ferry_record_done(&plan->before);
    free(plan->key.columns);
    ferry_bookmark_done(&plan->cursor);
    ferry_partitions_done(&plan->partitions);
    ferry_notes_done(&plan->losses);
    ferry_notes_done(&plan->stale);
    ferry_schema_done(&plan->schema);
    ferry_schema_done(&plan->described);
    *plan = (struct ferry_plan){0};
}

void ferry_plans_free(struct ferry_plan *plans, size_t count)
{
    for (size_t i = 0; plans != NULL && i < count; i++)
        ferry_plan_done(&plans[i]);
    free(plans);
}

ferry_status ferry_plan_take_columns(struct ferry_plan *plan, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < plan->described.count && status == FERRY_OK; i++)
        status = ferry_schema_add(&plan->schema, &plan->described.columns[i],
                                  sizeof *plan->described.columns, error);
    return status;
}

/* The lists through which a driver sees the plan. */
static ferry_status make_lists(struct ferry_plan *plan, struct ferry_error *error)
{
    size_t count = plan->schema.count;
    plan->mappings = calloc(count, sizeof *plan->mappings);
    plan->natives = calloc(count, sizeof *plan->natives);
    plan->clauses = calloc(count, sizeof *plan->clauses);
    plan->wish_list = calloc(count, sizeof *plan->wish_list);
    plan->index_list = calloc(plan->index_count + 1, sizeof *plan->index_list);
    if (plan->wishes == NULL)
        plan->wishes = calloc(count, sizeof *plan->wishes);
    if (plan->mappings == NULL || plan->natives == NULL || plan->clauses == NULL ||
        plan->wish_list == NULL || plan->index_list == NULL || plan->wishes == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for %zu columns", count);
    for (size_t i = 0; i < count; i++)
        plan->wish_list[i] = &plan->wishes[i];
    for (size_t i = 0; i < plan->index_count; i++)
        plan->index_list[i] = &plan->indexes[i];
    return FERRY_OK;
}

ferry_status ferry_plan_map(struct ferry_plan *plan, struct ferry_connection *target,
                            struct ferry_error *error)
{
    ferry_status status = make_lists(plan, error);
    for (size_t i = 0; i < plan->schema.count && status == FERRY_OK; i++) {
        status = ferry_target_map_column(target, &plan->schema.columns[i], &plan->wishes[i],
                                         &plan->mappings[i], error);
        plan->natives[i] = plan->mappings[i].native;
        plan->clauses[i] = plan->mappings[i].clauses == NULL ? "" : plan->mappings[i].clauses;
    }
    return status;
}

struct ferry_layout ferry_plan_layout(const struct ferry_plan *plan, const char *table)
{
    return (struct ferry_layout){
        .table = table,
        .schema = &plan->schema,
        .natives = plan->natives,
        .clauses = plan->clauses,
        .wishes = plan->wish_list,
    };
}

struct ferry_load_spec ferry_plan_load(const struct ferry_plan *plan,
                                       const struct ferry_layout *layout,
                                       const struct ferry_plan_policy *policy)
{
    bool keeps_definition = plan->action == FERRY_TABLE_KEEP && plan->keeps != FERRY_KEEPS_NOTHING;
    return (struct ferry_load_spec){
        .layout = layout,
        .indexes = plan->index_list,
        .index_count = plan->index_count,
        .kind = FERRY_LOAD_REPLACE,
        .action = plan->action,
        .on_stale = policy == NULL ? FERRY_STALE_WARN : policy->on_stale,
        .definition = plan->definition,
        .keep_definition = keeps_definition,
        .foreign_keys = plan->foreign_key_list,
        .foreign_key_count = keeps_definition ? 0 : plan->foreign_key_count,
    };
}

void ferry_plan_note_difference(struct ferry_plan *plan, const char *name, const char *is,
                                const char *will_be)
{
    if (plan->difference.length > 0)
        ferry_strbuf_add(&plan->difference, ", ");
    if (is == NULL)
        ferry_strbuf_addf(&plan->difference, "column '%s' is new", name);
    else if (will_be == NULL)
        ferry_strbuf_addf(&plan->difference, "column '%s' is gone", name);
    else
        ferry_strbuf_addf(&plan->difference, "column '%s' was %s and becomes %s", name,
                          is[0] == '\0' ? "untyped" : is, will_be[0] == '\0' ? "untyped" : will_be);
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void add_definition(struct ferry_strbuf *text, const char *native, const char *clauses)
{
    ferry_strbuf_addf(text, "%s%s%s", native, *native != '\0' && *clauses != '\0' ? " " : "",
                      clauses);
}

/* With `own`, what stands behind the types counts too. */
static void compare_column(struct ferry_plan *plan, size_t i, const struct ferry_column *is,
                           bool own)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf was = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf wanted = {0};
    add_definition(&was, or_empty(is->native), own ? or_empty(is->clauses) : "");
    add_definition(&wanted, plan->natives[i], own ? plan->clauses[i] : "");
    plan->difference.failed = plan->difference.failed || was.failed || wanted.failed;
    if (strcmp(ferry_strbuf_text(&was), ferry_strbuf_text(&wanted)) != 0)
        ferry_plan_note_difference(plan, is->name, ferry_strbuf_text(&was),
                                   ferry_strbuf_text(&wanted));
}

/* Compares the table as it is with what it would be: names, target types and order; where the
 * table is the driver's own and follows the source, also what stands behind the types. */
static void compare_with_existing(struct ferry_plan *plan, const struct ferry_schema *existing,
                                  bool own)
{
    bool same_order = true;
    for (size_t i = 0; i < plan->schema.count; i++) {
        const char *name = plan->schema.columns[i].name;
        ptrdiff_t at = ferry_schema_find(existing, name);
        if (at < 0)
            ferry_plan_note_difference(plan, name, NULL, plan->natives[i]);
        else
            compare_column(plan, i, &existing->columns[at], own);
        same_order = same_order && at == (ptrdiff_t)i;
    }
    for (size_t i = 0; i < existing->count; i++)
        if (ferry_schema_find(&plan->schema, existing->columns[i].name) < 0)
            ferry_plan_note_difference(plan, existing->columns[i].name, "", NULL);
    if (plan->difference.length == 0 && !same_order)
        ferry_strbuf_add(&plan->difference, "the columns stand in another order");
}

/* ---- A table that keeps its definition ---- */

/* Column `i` as the table has it, where the target can store it so. */
static ferry_status adopt_type(struct ferry_plan *plan, struct ferry_connection *target, size_t i,
                               const char *type, struct ferry_error *error)
{
    struct ferry_error refused = {0};
    struct ferry_mapping mapping = {0};
    struct ferry_wish wish = plan->wishes[i];
    wish.type = type;
    ferry_status status =
        ferry_target_map_column(target, &plan->schema.columns[i], &wish, &mapping, &refused);
    if (status == FERRY_OK && mapping.fit <= FERRY_FIT_CHECKED &&
        strcmp(mapping.native, type) == 0) {
        ferry_mapping_done(&plan->mappings[i]);
        plan->mappings[i] = mapping;
        plan->wishes[i].type = plan->natives[i] = mapping.native;
        plan->clauses[i] = or_empty(mapping.clauses);
        return FERRY_OK;
    }
    ferry_mapping_done(&mapping);
    /* A type that the driver cannot be asked for is a difference and no failure. */
    if (status == FERRY_OK || status == FERRY_ERR_CONFIG || status == FERRY_ERR_SCHEMA) {
        ferry_error_clear(&refused);
        return FERRY_OK;
    }
    *error = refused;
    return status;
}

/* The source's types need not be the table's: it is enough that its values can be stored there. */
static ferry_status adopt_types(struct ferry_plan *plan, struct ferry_connection *target,
                                const struct ferry_schema *existing, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < plan->schema.count && status == FERRY_OK; i++) {
        ptrdiff_t at = ferry_schema_find(existing, plan->schema.columns[i].name);
        const char *type = at < 0 ? NULL : or_empty(existing->columns[at].native);
        if (type != NULL && plan->wishes[i].type == NULL && strcmp(type, plan->natives[i]) != 0)
            status = adopt_type(plan, target, i, type, error);
    }
    return status;
}

/* Only the job's own indexes are made then. */
static ferry_status keep_definition(struct ferry_plan *plan, struct ferry_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->index_count; i++)
        if (plan->indexes[i].copied == 0)
            plan->indexes[kept++] = plan->indexes[i];
    plan->index_count = kept;
    return ferry_schema_note(&plan->schema, error,
                             plan->keeps == FERRY_KEEPS_PRIMARY
                                 ? "the table keeps the definition that it has: the fallback's "
                                   "says nothing of the source's"
                                 : "the table keeps the definition that it has, since the source's "
                                   "is not known");
}

/* ---- The table that is there ---- */

/* A table whose definition is to be kept counts as somebody's own, and so does one with foreign
 * keys of which the job knows nothing. */
static ferry_status compare(struct ferry_plan *plan, struct ferry_connection *target,
                            const struct ferry_inspection *found, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    bool keeps = plan->keeps != FERRY_KEEPS_NOTHING;
    bool own = found->own != 0 && !keeps &&
               (plan->foreign_keys_known || found->schema->foreign_key_count == 0);
    if (keeps)
        status = adopt_types(plan, target, found->schema, error);
    if (status == FERRY_OK && !own && ferry_target_holds_columns(target))
        status = ferry_hold_columns(plan, target, found->schema, error);
    else if (status == FERRY_OK)
        compare_with_existing(plan, found->schema, own);
    if (status == FERRY_OK && plan->foreign_keys_known)
        status = ferry_foreign_keys_compare(plan, target, found->schema, own, error);
    return status;
}

/* What happens to the table, by what is there. */
static ferry_status choose_action(struct ferry_plan *plan, struct ferry_connection *target,
                                  const char *table, struct ferry_error *error)
{
    struct ferry_schema existing = {0};
    struct ferry_inspection inspection = {.schema = &existing};
    ferry_status status = ferry_target_inspect(target, table, &inspection, error);
    bool exists = status == FERRY_OK && inspection.exists != 0;
    if (exists)
        status = compare(plan, target, &inspection, error);
    else
        plan->keeps = FERRY_KEEPS_NOTHING;
    if (status == FERRY_OK) {
        plan->rows_known = exists && inspection.rows_known != 0;
        plan->rows_before = inspection.rows;
        plan->definition = inspection.definition;
        plan->action = !exists                        ? FERRY_TABLE_CREATE
                       : plan->difference.length == 0 ? FERRY_TABLE_KEEP
                                                      : FERRY_TABLE_REBUILD;
        if (plan->difference.failed)
            status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the plan");
        if (status == FERRY_OK)
            status = ferry_text_bytes_choose(plan, &existing, error);
    }
    if (status == FERRY_OK && plan->action == FERRY_TABLE_KEEP &&
        plan->keeps != FERRY_KEEPS_NOTHING)
        status = keep_definition(plan, error);
    ferry_schema_done(&existing);
    return status;
}

/* What the target would lose of the table's definition, and what would be stale beside it. */
static ferry_status look_ahead(struct ferry_plan *plan, struct ferry_connection *target,
                               const char *table, const struct ferry_plan_policy *policy,
                               struct ferry_error *error)
{
    const struct ferry_layout layout = ferry_plan_layout(plan, table);
    const struct ferry_load_spec spec = ferry_plan_load(plan, &layout, policy);
    return ferry_target_foresee(target, &spec, &plan->losses, &plan->stale, error);
}

ferry_status ferry_plan_negotiate(struct ferry_plan *plan, struct ferry_connection *target,
                                  const char *table, const struct ferry_plan_policy *policy,
                                  struct ferry_error *error)
{
    ferry_status status = plan->mappings == NULL ? ferry_plan_map(plan, target, error) : FERRY_OK;
    if (status == FERRY_OK)
        status = choose_action(plan, target, table, error);
    if (status == FERRY_OK && plan->index_count > 0)
        status = ferry_target_note_indexes(target, &plan->schema, plan->natives, plan->index_list,
                                           plan->index_count, error);
    if (status == FERRY_OK)
        status = look_ahead(plan, target, table, policy, error);
    return status;
}

void ferry_plan_add_losses(const struct ferry_plan *plan, struct ferry_strbuf *text)
{
    if (plan->losses.count == 0)
        return;
    ferry_strbuf_add(text, "the new definition lacks what the old one says: ");
    ferry_notes_add_list(&plan->losses, text);
}
