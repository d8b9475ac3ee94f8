/* A column of the list becomes a rule.  What it does not say, the job's keys of that name do. */

#include "config/job_columns.h"

#include <stdlib.h>

#define TEXT_CHOICES "utf8|bytes"

static const struct ferry_option column_options[] = {
    {.name = "name",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_REQUIRED | FERRY_OPTION_NAMES_GROUP | FERRY_OPTION_ANY_CASE,
     .help = "the column, as the source calls it"},
    {.name = "type",
     .type = FERRY_OPTION_STRING,
     .help = "type in the target's own words, instead of the one that it would choose"},
    {.name = "decimal",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_DECIMAL_CHOICES,
     .flags = FERRY_OPTION_ASKS_PARENT,
     .help = "as the job's key, for this column"},
    {.name = "big_unsigned",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_BIG_UNSIGNED_CHOICES,
     .flags = FERRY_OPTION_ASKS_PARENT,
     .help = "as the job's key, for this column"},
    {.name = "zero_date",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_ZERO_DATE_CHOICES,
     .flags = FERRY_OPTION_ASKS_PARENT,
     .help = "as the job's key, for this column"},
    {.name = "text",
     .type = FERRY_OPTION_CHOICE,
     .choices = TEXT_CHOICES,
     .default_value = "utf8",
     .help = "\"bytes\" = a text's bytes as the source stores them, not as a text"},
};
const struct ferry_option_group ferry_job_column_group = {
    .kind = "column",
    .options = column_options,
    .option_count = sizeof column_options / sizeof column_options[0],
};

/* The choices of a job, or of one of its columns. */
static void read_choices(struct ferry_column_rule *rule, const struct ferry_config *keys)
{
    rule->wish.decimal = ferry_config_choice(keys, "decimal");
    rule->wish.big_unsigned = ferry_config_choice(keys, "big_unsigned");
    rule->zero_date = (enum ferry_zero_date)ferry_config_choice(keys, "zero_date");
}

static ferry_status read_rule(struct ferry_column_rule *rule, const struct ferry_config *keys,
                              struct ferry_error *error)
{
    rule->name = ferry_config_string(keys, "name");
    rule->origin = keys->origin;
    rule->wish.type = ferry_config_string(keys, "type");
    rule->wish.text = ferry_config_choice(keys, "text");
    read_choices(rule, keys);
    if (rule->wish.type == NULL || rule->wish.type[0] != '\0')
        return FERRY_OK;
    return ferry_origin_fail(ferry_config_key_origin(keys, "type"), error,
                             "the type of column '%s' is empty", rule->name);
}

ferry_status ferry_job_columns_read(const struct ferry_config *keys,
                                    struct ferry_column_rules *rules, struct ferry_error *error)
{
    size_t count = ferry_config_length(keys, "columns");
    read_choices(&rules->all, keys);
    if (count == 0)
        return FERRY_OK;
    rules->list = calloc(count, sizeof *rules->list);
    if (rules->list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        status = read_rule(&rules->list[rules->count++], ferry_config_group_at(keys, "columns", i),
                           error);
    return status;
}
