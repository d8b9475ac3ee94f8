/* The keys of a job and of the group `general`, and what a job makes of them. */

#include "config/job.h"

#include <stdlib.h>
#include <string.h>

#include "config/job_changes.h"
#include "config/job_fallback.h"
#include "config/job_group.h"
#include "config/job_table.h"

#define STAGINGS "auto|file|none" /* in the order of FERRY_STAGING_ */
#define COMMITS "each|together"

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
    {.name = "state_dir", .type = FERRY_OPTION_PATH, .help = "folder of the history of all runs"},
    {.name = "history_keep",
     .type = FERRY_OPTION_STRING,
     .default_value = "400d, 10000",
     .help = "how old its runs may be, how many of each job are kept: both or one; \"none\": no "
             "history"},
    {.name = "metrics_file",
     .type = FERRY_OPTION_PATH,
     .help = "file of metrics for Prometheus' node_exporter, written after each run of a job"},
    {.name = "notify_command",
     .type = FERRY_OPTION_STRINGS,
     .help = "program and arguments; reads of runs that fail, fall back or recover, as JSON"},
    {.name = "notify_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "30s",
     .min = 1,
     .max = 3600000,
     .help = "how long that program may take"},
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
    {.name = "tables",
     .type = FERRY_OPTION_STRINGS,
     .help =
         "many tables instead: those whose names fit a pattern: [\"*\"], [\"order*\", \"item\"]"},
    {.name = "views",
     .type = FERRY_OPTION_STRINGS,
     .help = "many views, beside or instead of tables: [\"v_*\"]"},
    {.name = "exclude",
     .type = FERRY_OPTION_STRINGS,
     .help = "patterns of the tables and views that are left out of those"},
    {.name = "commit",
     .type = FERRY_OPTION_CHOICE,
     .choices = COMMITS,
     .default_value = "each",
     .help = "of many tables: each appears in a step of its own, or all in one"},
    {.name = "foreign_keys",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .help = "true: foreign keys among many tables are carried; with commit = \"together\""},
    {.name = "prune",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .help = "of many tables: a copy is dropped once its table is gone from the source"},
    {.name = "overrides",
     .type = FERRY_OPTION_GROUPS,
     .group = &ferry_job_override_group,
     .help =
         "keys of single ones: ( { table = \"log\"; strategy = \"append\"; cursor = \"id\"; } )"},
    {.name = "target",
     .type = FERRY_OPTION_STRING,
     .help = "connection to write to; default: general.default_target"},
    {.name = "target_table",
     .type = FERRY_OPTION_STRING,
     .help = "table to replace; default: the name of the view or table; of many: \"erp_{name}\""},
    FERRY_JOB_TABLE_KEYS(0),
    {.name = "partitions",
     .type = FERRY_OPTION_INT,
     .min = 1,
     .max = FERRY_PARTITIONS_MOST,
     .default_value = "1",
     .help = "replace: into how many ranges the table is parted, which are read side by side"},
    {.name = "partition_by",
     .type = FERRY_OPTION_STRING,
     .help = "column of those ranges; default: the first one of the key"},
    {.name = "snapshot",
     .type = FERRY_OPTION_CHOICE,
     .choices = FERRY_SHARING_CHOICES,
     .default_value = "shared",
     .help = "how the connections that read them see one state; \"none\" = each one of its own"},
    {.name = "expect_every",
     .type = FERRY_OPTION_DURATION,
     .help = "status calls the job late where its last success is older: \"1h\""},
    {.name = "staging",
     .type = FERRY_OPTION_CHOICE,
     .choices = STAGINGS,
     .default_value = "auto",
     .help = "whether rows are collected beside the target first"},
    {.name = "lock_wait",
     .type = FERRY_OPTION_DURATION,
     .default_value = "30s",
     .help = "how long to wait for another writer of the target"},
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
        return fail_reading(job, "exactly one of view, table and query, or tables",
                            "exactly one of --view, --table and --query, or --all", error);
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

/* How a table is carried, whatever it is called. */
static ferry_status read_rules(const struct ferry_config *keys, struct ferry_task *task,
                               struct ferry_error *error)
{
    ferry_status status = ferry_job_indexes_read(keys, &task->indexes, &task->index_count, error);
    if (status == FERRY_OK)
        status = ferry_job_columns_read(keys, &task->columns, error);
    if (status == FERRY_OK)
        status = ferry_job_changes_read(keys, &task->changes, error);
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

/* What has to be changed row by row is read in an order, and so by one. */
static ferry_status read_partitions(const struct ferry_config *keys, struct ferry_task *task,
                                    struct ferry_error *error)
{
    task->partitions = (struct ferry_partition_rules){
        .count = (uint32_t)ferry_config_int(keys, "partitions"),
        .by = ferry_config_string(keys, "partition_by"),
        .sharing = (enum ferry_sharing)ferry_config_choice(keys, "snapshot"),
    };
    if (task->partitions.count <= 1 || task->changes.strategy == FERRY_STRATEGY_REPLACE)
        return FERRY_OK;
    return ferry_origin_fail(ferry_config_key_origin(keys, "partitions"), error,
                             "%s: partitions go with strategy = \"replace\"; leave them out, or "
                             "choose that strategy",
                             keys->title);
}

/* The job's one table. */
static ferry_status read_table(struct ferry_job *job, struct ferry_task *task,
                               struct ferry_error *error)
{
    ferry_status status = read_what(job, task, error);
    if (status == FERRY_OK)
        status = ferry_job_fallback_read(job->keys, task->table, &job->route.fallback,
                                         &task->fallback_read, error);
    if (status == FERRY_OK)
        status = read_rules(job->keys, task, error);
    return status == FERRY_OK ? read_partitions(job->keys, task, error) : status;
}

static ferry_status read_group(struct ferry_job *job, struct ferry_task *task,
                               struct ferry_error *error)
{
    job->group = calloc(1, sizeof *job->group);
    if (job->group == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for job '%s'", job->name);
    ferry_status status = read_rules(job->keys, task, error);
    return status == FERRY_OK ? ferry_job_group_read(job->keys, read_rules, job->group, error)
                              : status;
}

ferry_status ferry_job_read(struct ferry_job *job, const struct ferry_config *keys,
                            struct ferry_error *error)
{
    bool is_group = false;
    job->keys = keys;
    job->name = keys->name;
    job->route.staging = ferry_config_choice(keys, "staging");
    job->route.lock_wait_ms = ferry_config_int(keys, "lock_wait");
    struct ferry_task *task = ferry_job_add_task(job);
    if (task == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for job '%s'", job->name);
    ferry_status status = ferry_job_group_look(keys, &is_group, error);
    if (status != FERRY_OK)
        return status;
    return is_group ? read_group(job, task, error) : read_table(job, task, error);
}
