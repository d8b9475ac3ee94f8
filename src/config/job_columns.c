/* What a job says of its columns: the keys `decimal`, `big_unsigned`, `zero_date` and the list
 * `columns`. */

#include "config/job_columns.h"

#include <stdlib.h>
#include <string.h>

#include "config/fill.h"

const struct ferry_option ferry_job_column_options[] = {
    {.name = "name",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_REQUIRED,
     .help = "the column, as the source calls it"},
    {.name = "type",
     .type = FERRY_OPTION_STRING,
     .help = "type in the target's own words, instead of the one that it would choose"},
    {.name = "decimal",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_DECIMAL_CHOICES,
     .help = "as the job's key, for this column"},
    {.name = "big_unsigned",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_BIG_UNSIGNED_CHOICES,
     .help = "as the job's key, for this column"},
    {.name = "zero_date",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_ZERO_DATE_CHOICES,
     .help = "as the job's key, for this column"},
    {.name = "text",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_TEXT_CHOICES,
     .help = "\"bytes\" = a text's bytes as the source stores them, not as a text"},
};
const size_t ferry_job_column_option_count =
    sizeof ferry_job_column_options / sizeof ferry_job_column_options[0];

/* Takes over what `keys` set; the rest stays as it is. */
static void read_choices(struct ferry_column_rule *rule, const struct ferry_config *keys)
{
    if (ferry_config_string(keys, "decimal") != NULL)
        rule->wish.decimal = ferry_config_choice(keys, "decimal");
    if (ferry_config_string(keys, "big_unsigned") != NULL)
        rule->wish.big_unsigned = ferry_config_choice(keys, "big_unsigned");
    if (ferry_config_string(keys, "zero_date") != NULL)
        rule->zero_date = (enum ferry_zero_date)ferry_config_choice(keys, "zero_date");
}

static ferry_status check_rule(const struct ferry_column_rules *rules,
                               const struct ferry_column_rule *rule, struct ferry_error *error)
{
    if (rule->name[0] == '\0')
        return ferry_origin_fail(&rule->origin, error, "an entry of columns has an empty name");
    if (rule->wish.type != NULL && rule->wish.type[0] == '\0')
        return ferry_origin_fail(&rule->origin, error, "the type of column '%s' is empty",
                                 rule->name);
    if (ferry_column_rules_find(rules, rule->name) != &rules->all)
        return ferry_origin_fail(&rule->origin, error, "columns names '%s' a second time",
                                 rule->name);
    return FERRY_OK;
}

/* The name of the group for messages: its column's, if that can be told. */
static ferry_status name_rule(const struct ferry_config_file *file, const config_setting_t *node,
                              const char **ret_name, struct ferry_error *error)
{
    struct ferry_origin origin = ferry_config_origin(file, node);
    if (config_setting_type(node) != CONFIG_TYPE_GROUP)
        return ferry_origin_fail(&origin, error,
                                 "an entry of columns is a group: { name = \"a\"; type = "
                                 "\"TEXT\"; }");
    ferry_status status = ferry_config_member(file, node, "name", ret_name, error);
    if (status == FERRY_OK && *ret_name == NULL)
        status = ferry_origin_fail(&origin, error,
                                   "an entry of columns needs its column: { name = \"a\"; }");
    return status;
}

/* Reads one group; the job's own keys hold where it says nothing. */
static ferry_status read_rule(struct ferry_column_rules *rules,
                              const struct ferry_config_file *file, const config_setting_t *node,
                              struct ferry_error *error)
{
    const char *name = NULL;
    ferry_status status = name_rule(file, node, &name, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_column_rule rule = rules->all;
    rule.keys = ferry_config_new("column", name);
    if (rule.keys == NULL || !ferry_config_add_options(rule.keys, ferry_job_column_options,
                                                       ferry_job_column_option_count))
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    else
        status = ferry_config_fill(rule.keys, file, node, error);
    if (status == FERRY_OK) {
        rule.origin = ferry_config_origin(file, node);
        rule.name = ferry_config_string(rule.keys, "name");
        rule.wish.type = ferry_config_string(rule.keys, "type");
        read_choices(&rule, rule.keys);
        if (ferry_config_string(rule.keys, "text") != NULL)
            rule.wish.text = ferry_config_choice(rule.keys, "text");
        status = check_rule(rules, &rule, error);
    }
    if (status == FERRY_OK)
        rules->list[rules->count++] = rule;
    else
        ferry_config_free(rule.keys);
    return status;
}

ferry_status ferry_job_columns_read(const struct ferry_config *keys,
                                    const struct ferry_config_file *file,
                                    struct ferry_column_rules *rules, struct ferry_error *error)
{
    const config_setting_t *list = ferry_config_list(keys, "columns");
    int length = list == NULL ? 0 : config_setting_length(list);
    read_choices(&rules->all, keys);
    if (length == 0)
        return FERRY_OK;
    rules->list = calloc((size_t)length, sizeof *rules->list);
    if (rules->list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    ferry_status status = FERRY_OK;
    for (int i = 0; i < length && status == FERRY_OK; i++)
        status = read_rule(rules, file, config_setting_get_elem(list, (unsigned)i), error);
    return status;
}
