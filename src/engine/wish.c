/* Wishes: what a job wants of single columns, matched with the columns that there are. */

#include "engine/wish.h"

#include <stdlib.h>
#include <strings.h>

#include "base/nearest.h"

void ferry_column_rules_done(struct ferry_column_rules *rules)
{
    free(rules->list);
    *rules = (struct ferry_column_rules){0};
}

const struct ferry_column_rule *ferry_column_rules_find(const struct ferry_column_rules *rules,
                                                        const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcasecmp(rules->list[i].name, name) == 0)
            return &rules->list[i];
    return &rules->all;
}

static ferry_status check_column(const struct ferry_schema *schema,
                                 const struct ferry_column_rule *rule, struct ferry_error *error)
{
    struct ferry_nearest nearest = {.wanted = rule->name};
    for (size_t i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->columns[i].name, rule->name) == 0)
            return FERRY_OK;
        ferry_nearest_offer(&nearest, schema->columns[i].name);
    }
    bool is_typed = rule->origin.file == NULL;
    const char *place = is_typed ? "--column" : "columns";
    if (nearest.best != NULL)
        return ferry_origin_fail(&rule->origin, error,
                                 "%s: the source has no column '%s'; did you mean '%s'?", place,
                                 rule->name, nearest.best);
    return ferry_origin_fail(&rule->origin, error,
                             "%s: the source has no column '%s'; %s lists those that it has once "
                             "this is gone",
                             place, rule->name,
                             is_typed ? "copy with -n -v -v" : "\"dbferry plan\"");
}

ferry_status ferry_wish_fill(struct ferry_plan *plan, const struct ferry_column_rules *rules,
                             struct ferry_error *error)
{
    size_t count = plan->schema.count;
    for (size_t i = 0; i < rules->count; i++) {
        ferry_status status = check_column(&plan->schema, &rules->list[i], error);
        if (status != FERRY_OK)
            return status;
    }
    plan->wishes = calloc(count, sizeof *plan->wishes);
    plan->zero_dates = calloc(count, sizeof *plan->zero_dates);
    if (plan->wishes == NULL || plan->zero_dates == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for %zu columns", count);
    for (size_t i = 0; i < count; i++) {
        const struct ferry_column_rule *rule =
            ferry_column_rules_find(rules, plan->schema.columns[i].name);
        plan->wishes[i] = rule->wish;
        plan->zero_dates[i] = rule->zero_date;
    }
    return FERRY_OK;
}
