/* One question after another; the first that is answered with no is told, with all columns
 * concerned and the words that would allow it. */

#include "engine/policy.h"

/* A list in a message ends after so many entries. */
#define NAMED_LIMIT ((size_t)5)

/* Lists the columns with a fit of `fit`; returns how many there are. */
static size_t list_columns(const struct ferry_plan *plan, uint32_t fit, struct ferry_strbuf *list)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->schema.count; i++) {
        if (plan->mappings[i].fit != fit)
            continue;
        if (++count > NAMED_LIMIT)
            continue;
        const struct ferry_column *column = &plan->schema.columns[i];
        ferry_strbuf_addf(list, "%s'%s' (%s", count > 1 ? ", " : "", column->name,
                          column->native == NULL ? "" : column->native);
        if (plan->mappings[i].note != NULL)
            ferry_strbuf_addf(list, ": %s", plan->mappings[i].note);
        ferry_strbuf_add(list, ")");
    }
    if (count > NAMED_LIMIT)
        ferry_strbuf_addf(list, " and %zu more", count - NAMED_LIMIT);
    return count;
}

static ferry_status check_stored(const struct ferry_plan *plan,
                                 const struct ferry_plan_policy *policy, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf none = {0};
    if (list_columns(plan, FERRY_FIT_NONE, &none) == 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "the target cannot store column %s; leave it out of the view or query, "
                      "CAST it, or choose another type with %s",
                      ferry_strbuf_text(&none),
                      policy->is_typed ? "--column NAME=TYPE"
                                       : "columns = ( { name = \"...\"; type = \"...\"; } )");
}

static ferry_status check_whole(const struct ferry_plan *plan,
                                const struct ferry_plan_policy *policy, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf lossy = {0};
    if (policy->allow_lossy || list_columns(plan, FERRY_FIT_LOSSY, &lossy) == 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "the target would lose something of column %s; CAST it in the view or "
                      "query, or allow the loss with %s",
                      ferry_strbuf_text(&lossy),
                      policy->is_typed ? "-o job.on_lossy=allow" : "on_lossy = \"allow\"");
}

/* ---- A table that would be made anew ---- */

static const char *words_of_rebuild_loss(const struct ferry_plan_policy *policy)
{
    return policy->is_typed ? "-o job.on_rebuild_loss=allow" : "on_rebuild_loss = \"allow\"";
}

static ferry_status fail_loss(const struct ferry_plan *plan, const struct ferry_plan_policy *policy,
                              const char *table, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf losses = {0};
    ferry_notes_add_list(&plan->losses, &losses);
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "table '%s' would be made anew for other columns (%s) and lose what its "
                      "definition says: %s; alter the table so that it fits, or allow the loss "
                      "with %s",
                      table, ferry_strbuf_text(&plan->difference), ferry_strbuf_text(&losses),
                      words_of_rebuild_loss(policy));
}

/* One that has to keep its definition cannot be. */
static ferry_status check_kept(const struct ferry_plan *plan,
                               const struct ferry_plan_policy *policy, const char *table,
                               struct ferry_error *error)
{
    bool fallback = plan->keeps == FERRY_KEEPS_PRIMARY;
    if (policy->allow_rebuild_loss || plan->keeps == FERRY_KEEPS_NOTHING)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "the columns of table '%s' would change: %s; and it cannot be made anew "
                      "as it is, since %s; %s, or allow the loss with %s",
                      table, ferry_strbuf_text(&plan->difference),
                      fallback ? "the rows are a fallback's, whose keys, indexes and constraints "
                                 "are not the source's"
                               : "not all of the source's definition is known (see the warnings)",
                      fallback ? "let the fallback give the same columns"
                               : "grant the account what is missing",
                      words_of_rebuild_loss(policy));
}

static ferry_status check_rebuilt(const struct ferry_plan *plan,
                                  const struct ferry_plan_policy *policy, const char *table,
                                  struct ferry_error *error)
{
    if (plan->action != FERRY_TABLE_REBUILD)
        return FERRY_OK;
    ferry_status status = check_kept(plan, policy, table, error);
    if (status != FERRY_OK || !policy->refuse_schema_change)
        return status;
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "the columns of table '%s' would change: %s; drop the table, or let it "
                      "be rebuilt with %s",
                      table, ferry_strbuf_text(&plan->difference),
                      policy->is_typed ? "-o job.on_schema_change=rebuild"
                                       : "on_schema_change = \"rebuild\"");
}

/* ---- Beside the table ---- */

static ferry_status check_stale(const struct ferry_plan *plan,
                                const struct ferry_plan_policy *policy, struct ferry_error *error)
{
    if (policy->on_stale != FERRY_STALE_REFUSE || plan->stale.count == 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SCHEMA, "%s%s; %s loads the rows all the same",
                      plan->stale.list[0],
                      plan->stale.count > 1 ? " (and there is more of that kind)" : "",
                      policy->is_typed ? "-o job.on_stale=warn" : "on_stale = \"warn\"");
}

ferry_status ferry_plan_check(const struct ferry_plan *plan, const struct ferry_plan_policy *policy,
                              const char *table, struct ferry_error *error)
{
    ferry_status status = check_stored(plan, policy, error);
    if (status == FERRY_OK)
        status = check_whole(plan, policy, error);
    if (status == FERRY_OK)
        status = check_rebuilt(plan, policy, table, error);
    if (status == FERRY_OK && !policy->allow_rebuild_loss && plan->losses.count > 0)
        status = fail_loss(plan, policy, table, error);
    if (status == FERRY_OK)
        status = check_stale(plan, policy, error);
    return status;
}
