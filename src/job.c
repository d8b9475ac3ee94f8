/* A job: what is read from where, and what it replaces under which rules. */

#include "job.h"

#include <stdlib.h>
#include <string.h>

#define STRATEGIES "replace"
#define SCHEMA_CHANGES "rebuild|refuse"
#define LOSSES "refuse|allow"
#define STAGINGS "auto|file|none"

#define LATER .flags = FERRY_OPTION_LATER

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
     .help = "the master switch of every job's fallback_source",
     LATER},
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
     .choices = STRATEGIES,
     .default_value = "replace",
     .help = "how the target changes: all rows are replaced at once"},
    {.name = "on_lossy",
     .type = FERRY_OPTION_CHOICE,
     .choices = LOSSES,
     .default_value = "refuse",
     .help = "what to do where the target's type loses something"},
    {.name = "on_schema_change",
     .type = FERRY_OPTION_CHOICE,
     .choices = SCHEMA_CHANGES,
     .default_value = "rebuild",
     .help = "what to do where the target table has other columns"},
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
     .type = FERRY_OPTION_LIST,
     .help = "indexes of the target table: ( { columns = [\"a\", \"b\"]; unique = true; } )"},
    {.name = "fallback_source", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "fallback_view", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "fallback_table", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "fallback_query", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "max_fallback_age", .type = FERRY_OPTION_DURATION, .help = "", LATER},
    {.name = "verify", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "decimal", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "big_unsigned", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "zero_date", .type = FERRY_OPTION_STRING, .help = "", LATER},
    {.name = "columns", .type = FERRY_OPTION_LIST, .help = "", LATER},
    {.name = "copy_indexes", .type = FERRY_OPTION_BOOL, .help = "", LATER},
    {.name = "create_database", .type = FERRY_OPTION_BOOL, .help = "", LATER},
};
const size_t ferry_job_option_count = sizeof ferry_job_options / sizeof ferry_job_options[0];

/* ---- What is read ---- */

/* Says what is needed in the words of the place where it is missing. */
static ferry_status fail_reading(const struct ferry_job *job, const struct ferry_origin *origin,
                                 const char *in_file, const char *in_words,
                                 struct ferry_error *error)
{
    if (origin->file == NULL)
        return ferry_origin_fail(origin, error, "copy needs %s", in_words);
    return ferry_origin_fail(origin, error, "job '%s' needs %s", job->name, in_file);
}

static ferry_status read_what(struct ferry_job *job, const struct ferry_origin *origin,
                              struct ferry_error *error)
{
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
        job->read = (struct ferry_read){.text = text, .kind = kinds[i].kind};
    }
    if (given != 1)
        return fail_reading(job, origin, "exactly one of view, table and query",
                            "exactly one of --view, --table and --query", error);
    if (job->read.text[0] == '\0')
        return ferry_origin_fail(origin, error, "job '%s' reads from an empty name", job->name);
    job->table = ferry_config_string(job->keys, "target_table");
    if (job->table == NULL && job->read.kind == FERRY_READ_QUERY)
        return fail_reading(job, origin, "a target_table, as it reads a query",
                            "--target-table with --query", error);
    if (job->table == NULL)
        job->table = job->read.text;
    if (job->table[0] == '\0')
        return ferry_origin_fail(origin, error, "job '%s' has an empty target_table", job->name);
    return FERRY_OK;
}

/* ---- Indexes ---- */

static ferry_status read_index_columns(struct ferry_index *index, const config_setting_t *columns,
                                       const struct ferry_origin *origin, struct ferry_error *error)
{
    int length = columns == NULL ? 0 : config_setting_length(columns);
    if (columns == NULL || config_setting_type(columns) == CONFIG_TYPE_GROUP || length < 1)
        return ferry_origin_fail(origin, error,
                                 "an index needs its columns: { columns = [\"a\", \"b\"]; }");
    index->columns = calloc((size_t)length, sizeof *index->columns);
    if (index->columns == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    const char **names = (const char **)index->columns;
    for (int i = 0; i < length; i++) {
        const char *text = config_setting_get_string_elem(columns, i);
        if (text == NULL)
            return ferry_origin_fail(origin, error, "column %d of an index is not a string", i + 1);
        ferry_status status = ferry_config_expand(text, origin, &names[i], error);
        if (status != FERRY_OK)
            return status;
    }
    index->column_count = (size_t)length;
    return FERRY_OK;
}

static ferry_status read_index(struct ferry_index *index, const struct ferry_config_file *file,
                               const config_setting_t *node, struct ferry_error *error)
{
    struct ferry_origin origin = ferry_config_origin(file, node);
    if (config_setting_type(node) != CONFIG_TYPE_GROUP)
        return ferry_origin_fail(&origin, error, "an index is a group: { columns = [\"a\"]; }");
    for (int i = 0; i < config_setting_length(node); i++) {
        const config_setting_t *key = config_setting_get_elem(node, (unsigned)i);
        const char *name = config_setting_name(key);
        int type = config_setting_type(key);
        bool known = (strcmp(name, "columns") == 0) ||
                     (strcmp(name, "name") == 0 && type == CONFIG_TYPE_STRING) ||
                     (strcmp(name, "unique") == 0 && type == CONFIG_TYPE_BOOL);
        origin = ferry_config_origin(file, key);
        if (!known)
            return ferry_origin_fail(
                &origin, error,
                "an index takes columns = [\"a\"], unique = true or false, and "
                "name = \"...\", not this '%s'",
                name);
    }
    int unique = 0;
    const char *name = NULL;
    if (config_setting_lookup_bool(node, "unique", &unique) == CONFIG_TRUE)
        index->unique = unique != 0;
    if (config_setting_lookup_string(node, "name", &name) == CONFIG_TRUE) {
        ferry_status status = ferry_config_expand(name, &origin, &index->name, error);
        if (status != FERRY_OK)
            return status;
    }
    return read_index_columns(index, config_setting_get_member(node, "columns"), &origin, error);
}

static ferry_status read_indexes(struct ferry_job *job, const struct ferry_config_file *file,
                                 struct ferry_error *error)
{
    const config_setting_t *list = ferry_config_list(job->keys, "indexes");
    int length = list == NULL ? 0 : config_setting_length(list);
    if (length == 0)
        return FERRY_OK;
    job->indexes = calloc((size_t)length, sizeof *job->indexes);
    if (job->indexes == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    job->index_count = (size_t)length;
    ferry_status status = FERRY_OK;
    for (int i = 0; i < length && status == FERRY_OK; i++)
        status =
            read_index(&job->indexes[i], file, config_setting_get_elem(list, (unsigned)i), error);
    return status;
}

/* ---- The whole ---- */

static uint32_t read_staging(const struct ferry_config *keys)
{
    const char *staging = ferry_config_string(keys, "staging");
    if (strcmp(staging, "file") == 0)
        return FERRY_STAGING_FILE;
    return strcmp(staging, "none") == 0 ? FERRY_STAGING_NONE : FERRY_STAGING_AUTO;
}

ferry_status ferry_job_read(struct ferry_job *job, const struct ferry_config *keys,
                            const struct ferry_config_file *file, const struct ferry_origin *origin,
                            struct ferry_error *error)
{
    job->keys = keys;
    job->name = keys->name;
    ferry_status status = read_what(job, origin, error);
    if (status == FERRY_OK)
        status = read_indexes(job, file, error);
    if (status != FERRY_OK)
        return status;
    job->policy.allow_lossy = strcmp(ferry_config_string(keys, "on_lossy"), "allow") == 0;
    job->policy.refuse_schema_change =
        strcmp(ferry_config_string(keys, "on_schema_change"), "refuse") == 0;
    job->guards.allow_empty = ferry_config_int(keys, "allow_empty") != 0;
    job->guards.min_rows = ferry_config_int(keys, "min_rows");
    job->guards.max_shrink_percent = ferry_config_is_set(keys, "max_shrink_percent")
                                         ? ferry_config_int(keys, "max_shrink_percent")
                                         : -1;
    job->staging = read_staging(keys);
    job->lock_wait_ms = ferry_config_int(keys, "lock_wait");
    return FERRY_OK;
}

void ferry_job_done(struct ferry_job *job)
{
    for (size_t i = 0; i < job->index_count; i++)
        free((void *)job->indexes[i].columns);
    free(job->indexes);
    *job = (struct ferry_job){0};
}
