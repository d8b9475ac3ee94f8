/* The keys of a job and of the group `general`, and what a job makes of them. */

#include "config/job.h"

#include <string.h>

#include "config/job_changes.h"
#include "config/job_columns.h"
#include "config/job_fallback.h"
#include "config/job_indexes.h"

#define CURSOR_NULLS "refuse|read"
#define FIND_DELETED "never|keys"
#define SCHEMA_CHANGES "rebuild|refuse"
#define REBUILD_LOSSES "refuse|allow"
#define STALES "warn|rebuild|refuse" /* in the order of FERRY_STALE_ */
#define LOSSES "refuse|allow"
#define STAGINGS "auto|file|none"    /* in the order of FERRY_STAGING_ */
#define WARNINGS "auto|refuse|allow" /* in the order of FERRY_WARNINGS_ */

const struct ferry_option ferry_general_options[] = {
    {.name = "default_target",
     .type = FERRY_OPTION_STRING,
     .help = "target of jobs that name none"},
    {.name = "target_argument_enabled",
     .type = FERRY_OPTION_BOOL,
     .default_value = "true",
     .help = "false: --target is refused"},
    {.name = "log_file", .type = FERRY_OPTION_PATH, .help = "file that the log is appended to"},
    {.name = "log_format",
     .type = FERRY_OPTION_CHOICE,
     .choices = "text|json",
     .default_value = "text",
     .help = "format of the log file"},
    {.name = "log_level",
     .type = FERRY_OPTION_CHOICE,
     .choices = "error|warning|info|debug",
     .default_value = "info",
     .help = "how much goes into the log file"},
    {.name = "fallback_to_local_source_on_failure",
     .type = FERRY_OPTION_BOOL,
     .default_value = "true",
     .help = "the master switch of every job's fallback_source"},
};
const size_t ferry_general_option_count =
    sizeof ferry_general_options / sizeof ferry_general_options[0];

const struct ferry_option ferry_job_options[] = {
    {.name = "name",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_REQUIRED,
     .help = "what the command line and the log call it"},
    {.name = "source", .type = FERRY_OPTION_STRING, .help = "connection to read from"},
    {.name = "view", .type = FERRY_OPTION_STRING, .help = "view to read"},
    {.name = "table", .type = FERRY_OPTION_STRING, .help = "table to read"},
    {.name = "query", .type = FERRY_OPTION_STRING, .help = "SELECT statement to read"},
    {.name = "target",
     .type = FERRY_OPTION_STRING,
     .help = "connection to write to; default: general.default_target"},
    {.name = "target_table",
     .type = FERRY_OPTION_STRING,
     .help = "table to replace; default: the name of the view or table"},
    {.name = "strategy",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_STRATEGY_CHOICES,
     .default_value = "replace",
     .help = "how the target changes: all rows are replaced, or only what differs is written"},
    {.name = "key",
     .type = FERRY_OPTION_STRINGS,
     .help = "columns by which rows are told apart: [\"a\", \"b\"]; default: the source's own"},
    {.name = "cursor",
     .type = FERRY_OPTION_STRING,
     .help = "append, upsert: column from whose highest value on rows are read"},
    {.name = "cursor_lag",
     .type = FERRY_OPTION_STRING,
     .help = "how far before that the read begins: \"10m\", of a number \"1000\""},
    {.name = "cursor_nulls",
     .type = FERRY_OPTION_CHOICE,
     .choices = CURSOR_NULLS,
     .default_value = "refuse",
     .help = "what to do with rows whose cursor is NULL: \"read\" = each time"},
    {.name = "find_deleted",
     .type = FERRY_OPTION_CHOICE,
     .choices = FIND_DELETED,
     .default_value = "never",
     .help = "upsert: \"keys\" = compare all keys, and delete what is gone"},
    {.name = "full_every",
     .type = FERRY_OPTION_DURATION,
     .help = "append, upsert: as often, a run takes all rows into account; unset = never"},
    {.name = "skip_unchanged",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .help = "true: a source that says that it is unchanged is not read"},
    {.name = "change_query",
     .type = FERRY_OPTION_STRING,
     .help = "SELECT of one row by which it says so; default: what its driver can tell"},
    {.name = "on_lossy",
     .type = FERRY_OPTION_CHOICE,
     .choices = LOSSES,
     .default_value = "refuse",
     .help = "what to do where the target's type loses something"},
    {.name = "on_warning",
     .type = FERRY_OPTION_CHOICE,
     .choices = WARNINGS,
     .default_value = "auto",
     .help = "what to do where the source's server warns of what it has read"},
    {.name = "on_schema_change",
     .type = FERRY_OPTION_CHOICE,
     .choices = SCHEMA_CHANGES,
     .default_value = "rebuild",
     .help = "what to do where the target table has other columns"},
    {.name = "on_rebuild_loss",
     .type = FERRY_OPTION_CHOICE,
     .choices = REBUILD_LOSSES,
     .default_value = "refuse",
     .help = "what to do where a table made anew lacks what its definition says now"},
    {.name = "on_stale",
     .type = FERRY_OPTION_CHOICE,
     .choices = STALES,
     .default_value = "warn",
     .help = "what to do about copies of the rows that do not follow the table"},
    {.name = "allow_empty",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .help = "true: no rows may replace some"},
    {.name = "min_rows",
     .type = FERRY_OPTION_INT,
     .min = 0,
     .max = INT64_MAX,
     .default_value = "0",
     .help = "refuse to load fewer rows; 0 = off"},
    {.name = "max_shrink_percent",
     .type = FERRY_OPTION_INT,
     .min = 0,
     .max = 100,
     .help = "refuse to lose more of the rows than this; unset = off"},
    {.name = "verify",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_VERIFY_CHOICES,
     .default_value = "count",
     .help = "how the rows in the target are checked before they become visible"},
    {.name = "staging",
     .type = FERRY_OPTION_CHOICE,
     .choices = STAGINGS,
     .default_value = "auto",
     .help = "whether rows are collected beside the target first"},
    {.name = "lock_wait",
     .type = FERRY_OPTION_DURATION,
     .default_value = "30s",
     .help = "how long to wait for another writer of the target"},
    {.name = "indexes",
     .type = FERRY_OPTION_GROUPS,
     .group = &ferry_job_index_group,
     .help = "indexes of the target table: ( { columns = [\"a\", \"b\"]; unique = true; } )"},
    {.name = "copy_indexes",
     .type = FERRY_OPTION_BOOL,
     .default_value = "true",
     .help = "false: without the primary key and the indexes of the source's table"},
    {.name = "decimal",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_DECIMAL_CHOICES,
     .default_value = "auto",
     .help = "how decimals are stored where the target has no exact type for them"},
    {.name = "big_unsigned",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_BIG_UNSIGNED_CHOICES,
     .default_value = "refuse",
     .help = "what to do with integers that may exceed the target's largest"},
    {.name = "zero_date",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_ZERO_DATE_CHOICES,
     .default_value = "keep",
     .help = "what to do with dates without year, month or day"},
    {.name = "columns",
     .type = FERRY_OPTION_GROUPS,
     .group = &ferry_job_column_group,
     .help = "single columns: ( { name = \"a\"; type = \"TEXT\"; decimal = \"text\"; } )"},
    {.name = "fallback_source",
     .type = FERRY_OPTION_STRING,
     .help = "connection to read from where `source` cannot be reached"},
    {.name = "fallback_view", .type = FERRY_OPTION_STRING, .help = "view to read there"},
    {.name = "fallback_table",
     .type = FERRY_OPTION_STRING,
     .help = "table to read there; default: the name of the target table"},
    {.name = "fallback_query",
     .type = FERRY_OPTION_STRING,
     .help = "SELECT statement to read there"},
    {.name = "max_fallback_age",
     .type = FERRY_OPTION_DURATION,
     .default_value = "1d",
     .help = "how old the fallback's data may be; \"0s\" = of any age"},
};
const size_t ferry_job_option_count = sizeof ferry_job_options / sizeof ferry_job_options[0];

/* ---- What is read ---- */

/* Says what is needed in the words of the place where it is missing. */
static ferry_status fail_reading(const struct ferry_job *job, const char *in_file,
                                 const char *in_words, struct ferry_error *error)
{
    const struct ferry_origin *origin = &job->keys->origin;
    if (origin->file == NULL)
        return ferry_origin_fail(origin, error, "copy needs %s", in_words);
    return ferry_origin_fail(origin, error, "job '%s' needs %s", job->name, in_file);
}

static ferry_status read_what(const struct ferry_job *job, struct ferry_task *task,
                              struct ferry_error *error)
{
    const struct ferry_origin *origin = &job->keys->origin;
    static const struct {
        const char *key;
        uint32_t kind;
    } kinds[] = {
        {"view", FERRY_READ_VIEW}, {"table", FERRY_READ_TABLE}, {"query", FERRY_READ_QUERY}};
    size_t given = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *text = ferry_config_string(job->keys, kinds[i].key);
        if (text == NULL)
            continue;
        given++;
        task->read = (struct ferry_read){.text = text, .kind = kinds[i].kind};
    }
    if (given != 1)
        return fail_reading(job, "exactly one of view, table and query",
                            "exactly one of --view, --table and --query", error);
    if (task->read.text[0] == '\0')
        return ferry_origin_fail(origin, error, "job '%s' reads from an empty name", job->name);
    task->table = ferry_config_string(job->keys, "target_table");
    if (task->table == NULL && task->read.kind == FERRY_READ_QUERY)
        return fail_reading(job, "a target_table, as it reads a query",
                            "--target-table with --query", error);
    if (task->table == NULL)
        task->table = task->read.text;
    if (task->table[0] == '\0')
        return ferry_origin_fail(origin, error, "job '%s' has an empty target_table", job->name);
    return FERRY_OK;
}

/* ---- The whole ---- */

static void read_policy(const struct ferry_config *keys, struct ferry_plan_policy *policy)
{
    policy->is_typed = keys->origin.file == NULL;
    policy->allow_lossy = strcmp(ferry_config_string(keys, "on_lossy"), "allow") == 0;
    policy->refuse_schema_change =
        strcmp(ferry_config_string(keys, "on_schema_change"), "refuse") == 0;
    policy->allow_rebuild_loss = strcmp(ferry_config_string(keys, "on_rebuild_loss"), "allow") == 0;
    policy->on_stale = ferry_config_choice(keys, "on_stale");
}

static void read_guards(const struct ferry_config *keys, struct ferry_guard_rules *guards)
{
    guards->is_typed = keys->origin.file == NULL;
    guards->allow_empty = ferry_config_int(keys, "allow_empty") != 0;
    guards->min_rows = ferry_config_int(keys, "min_rows");
    guards->max_shrink_percent = ferry_config_is_set(keys, "max_shrink_percent")
                                     ? ferry_config_int(keys, "max_shrink_percent")
                                     : -1;
}

/* The job's one table. */
static ferry_status read_task(struct ferry_job *job, struct ferry_task *task,
                              struct ferry_error *error)
{
    const struct ferry_config *keys = job->keys;
    ferry_status status = read_what(job, task, error);
    if (status == FERRY_OK)
        status = ferry_job_indexes_read(keys, &task->indexes, &task->index_count, error);
    if (status == FERRY_OK)
        status = ferry_job_columns_read(keys, &task->columns, error);
    if (status == FERRY_OK)
        status = ferry_job_changes_read(keys, &task->changes, error);
    if (status == FERRY_OK)
        status = ferry_job_fallback_read(keys, task->table, &job->route.fallback,
                                         &task->fallback_read, error);
    if (status != FERRY_OK)
        return status;
    task->read.on_warning = ferry_config_choice(keys, "on_warning");
    task->fallback_read.on_warning = task->read.on_warning;
    task->copy_indexes = ferry_config_int(keys, "copy_indexes") != 0;
    task->verify = (enum ferry_verify)ferry_config_choice(keys, "verify");
    task->verify_insisted = ferry_config_is_set(keys, "verify");
    read_policy(keys, &task->policy);
    read_guards(keys, &task->guards);
    return FERRY_OK;
}

ferry_status ferry_job_read(struct ferry_job *job, const struct ferry_config *keys,
                            struct ferry_error *error)
{
    job->keys = keys;
    job->name = keys->name;
    job->route.staging = ferry_config_choice(keys, "staging");
    job->route.lock_wait_ms = ferry_config_int(keys, "lock_wait");
    struct ferry_task *task = ferry_job_add_task(job);
    return task != NULL
               ? read_task(job, task, error)
               : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for job '%s'", job->name);
}
