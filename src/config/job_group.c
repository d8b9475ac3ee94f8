/* A job of many tables: its patterns, and one task more for each override. */

#include "config/job_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "config/job_table.h"

static const struct ferry_option override_options[] = {
    {.name = "table",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_REQUIRED | FERRY_OPTION_NAMES_GROUP,
     .help = "the table or view, as the source calls it"},
    {.name = "target_table",
     .type = FERRY_OPTION_STRING,
     .help = "table to replace, by its whole name; default: as the job says"},
    {.name = "data",
     .type = FERRY_OPTION_BOOL,
     .default_value = "true",
     .help = "false: the table alone, without a row"},
    FERRY_JOB_TABLE_KEYS(FERRY_OPTION_ASKS_PARENT),
};
const struct ferry_option_group ferry_job_override_group = {
    .kind = "override",
    .options = override_options,
    .option_count = sizeof override_options / sizeof override_options[0],
};

/* ---- One table or many ---- */

static const char *const keys_of_one[] = {"view",          "table",          "query",
                                          "columns",       "indexes",        "partitions",
                                          "partition_by",  "snapshot",       "fallback_source",
                                          "fallback_view", "fallback_table", "fallback_query"};
static const char *const keys_of_many[] = {"exclude", "overrides", "commit", "foreign_keys",
                                           "prune"};

static const char *find_set(const struct ferry_config *keys, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ferry_config_is_set(keys, names[i]))
            return names[i];
    return NULL;
}

#define FIND_SET(keys, names) find_set(keys, names, sizeof(names) / sizeof((names)[0]))

static ferry_status fail_misplaced(const struct ferry_config *keys, const char *key,
                                   struct ferry_error *error)
{
    bool is_list = strcmp(key, "columns") == 0 || strcmp(key, "indexes") == 0;
    return ferry_origin_fail(ferry_config_key_origin(keys, key), error,
                             is_list ? "%s has many tables, and '%s' is of one: write it into its "
                                       "overrides"
                                     : "%s has many tables, and '%s' is a key of jobs with one",
                             keys->title, key);
}

bool ferry_job_group_is(const struct ferry_config *keys)
{
    return ferry_config_is_set(keys, "tables") || ferry_config_is_set(keys, "views");
}

ferry_status ferry_job_group_look(const struct ferry_config *keys, bool *ret_is_group,
                                  struct ferry_error *error)
{
    bool is_group = ferry_job_group_is(keys);
    const char *misplaced = is_group ? FIND_SET(keys, keys_of_one) : FIND_SET(keys, keys_of_many);
    *ret_is_group = is_group;
    if (misplaced == NULL)
        return FERRY_OK;
    if (is_group)
        return fail_misplaced(keys, misplaced, error);
    return ferry_origin_fail(ferry_config_key_origin(keys, misplaced), error,
                             "%s has '%s', which goes with tables or views", keys->title,
                             misplaced);
}

/* ---- Patterns ---- */

static bool fits_any(const struct ferry_config *keys, const char *key, const char *name)
{
    bool fits = false;
    for (size_t i = 0; i < ferry_config_length(keys, key) && !fits; i++)
        fits = ferry_glob_fits(ferry_config_string_at(keys, key, i), name);
    return fits;
}

bool ferry_job_group_may_have(const struct ferry_config *keys, const char *name)
{
    return (fits_any(keys, "tables", name) || fits_any(keys, "views", name)) &&
           !fits_any(keys, "exclude", name);
}

static ferry_status read_patterns(const struct ferry_config *keys, const char *key,
                                  struct ferry_patterns *patterns, struct ferry_error *error)
{
    size_t count = ferry_config_length(keys, key);
    if (count == 0)
        return FERRY_OK;
    patterns->list = calloc(count, sizeof *patterns->list);
    if (patterns->list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    for (size_t i = 0; i < count; i++) {
        patterns->list[i] = ferry_config_string_at(keys, key, i);
        if (patterns->list[i][0] == '\0')
            return ferry_origin_fail(ferry_config_key_origin(keys, key), error,
                                     "'%s' of %s has an empty name", key, keys->title);
    }
    patterns->count = count;
    return FERRY_OK;
}

static ferry_status read_target_table(const struct ferry_config *keys, struct ferry_group *group,
                                      struct ferry_error *error)
{
    const char *text = ferry_config_string(keys, "target_table");
    group->target_table = text == NULL ? FERRY_GROUP_NAME : text;
    if (strstr(group->target_table, FERRY_GROUP_NAME) != NULL)
        return FERRY_OK;
    return ferry_origin_fail(ferry_config_key_origin(keys, "target_table"), error,
                             "%s has many tables: its target_table must have " FERRY_GROUP_NAME
                             " in it, such as \"erp_" FERRY_GROUP_NAME "\"",
                             keys->title);
}

/* ---- Overrides ---- */

/* Nothing is compared, and rules for rows do not hold; those that somebody has put there are not
 * taken away all the same, unless allow_empty says so. */
static void leave_out_data(struct ferry_task *task)
{
    task->no_data = true;
    task->changes.strategy = FERRY_STRATEGY_REPLACE;
    task->changes.cursor = NULL;
    task->changes.find_deleted = false;
    task->guards.min_rows = 0;
}

static ferry_status read_override(const struct ferry_config *keys, ferry_job_read_task *read_task,
                                  struct ferry_override *override, struct ferry_error *error)
{
    override->table = ferry_config_string(keys, "table");
    override->target_table = ferry_config_string(keys, "target_table");
    override->origin = keys->origin;
    if (override->target_table != NULL && override->target_table[0] == '\0')
        return ferry_origin_fail(ferry_config_key_origin(keys, "target_table"), error,
                                 "%s has an empty target_table", keys->title);
    ferry_status status = read_task(keys, &override->task, error);
    if (status == FERRY_OK && ferry_config_int(keys, "data") == 0)
        leave_out_data(&override->task);
    return status;
}

static ferry_status read_overrides(const struct ferry_config *keys, ferry_job_read_task *read_task,
                                   struct ferry_group *group, struct ferry_error *error)
{
    size_t count = ferry_config_length(keys, "overrides");
    if (count == 0)
        return FERRY_OK;
    group->overrides = calloc(count, sizeof *group->overrides);
    if (group->overrides == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        status = read_override(ferry_config_group_at(keys, "overrides", i), read_task,
                               &group->overrides[group->override_count++], error);
    return status;
}

/* A table that is not there yet, or no longer as its keys want it, would be refused by itself. */
static ferry_status read_commit(const struct ferry_config *keys, struct ferry_group *group,
                                struct ferry_error *error)
{
    group->together = ferry_config_choice(keys, "commit") != 0;
    group->foreign_keys = ferry_config_int(keys, "foreign_keys") != 0;
    return group->together || !group->foreign_keys
               ? FERRY_OK
               : ferry_origin_fail(
                     ferry_config_key_origin(keys, "foreign_keys"), error,
                     "%s has foreign_keys, which hold only where all tables change in "
                     "one step: add commit = \"together\"",
                     keys->title);
}

ferry_status ferry_job_group_read(const struct ferry_config *keys, ferry_job_read_task *read_task,
                                  struct ferry_group *group, struct ferry_error *error)
{
    group->prune = ferry_config_int(keys, "prune") != 0;
    ferry_status status = read_commit(keys, group, error);
    if (status == FERRY_OK)
        status = read_patterns(keys, "tables", &group->tables, error);
    if (status == FERRY_OK)
        status = read_patterns(keys, "views", &group->views, error);
    if (status == FERRY_OK)
        status = read_patterns(keys, "exclude", &group->exclude, error);
    if (status == FERRY_OK && group->tables.count + group->views.count == 0)
        status = ferry_origin_fail(&keys->origin, error,
                                   "%s has neither a pattern of tables nor one of views: "
                                   "tables = [\"*\"] is all",
                                   keys->title);
    if (status == FERRY_OK)
        status = read_target_table(keys, group, error);
    return status == FERRY_OK ? read_overrides(keys, read_task, group, error) : status;
}
