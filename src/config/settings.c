/* Connections are made when they are first asked for, and jobs are put together of their keys and
 * connections. */

#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "config/fill.h"
#include "config/job.h"
#include "config/job_group.h"
#include "driver/connection.h"
#include "report/history.h"

struct ferry_settings {
    struct ferry_config_file *file; /* NULL: the command line alone */
    struct ferry_config *general;
    struct ferry_config **jobs;
    size_t job_count;
    struct ferry_connections connections;
    const config_setting_t *job_list;
};

static ferry_status out_of_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
}

/* ---- The file's outer shape ---- */

struct top_level {
    const char *name;
    int type;
    const char *shape;
};

static const struct top_level top_levels[] = {
    {"general", CONFIG_TYPE_GROUP, "a group: general = { ... };"},
    {"connections", CONFIG_TYPE_GROUP, "a group: connections = { NAME = { ... }; };"},
    {"jobs", CONFIG_TYPE_LIST, "a list of groups: jobs = ( { ... }, { ... } );"},
};

static ferry_status check_top_level(const struct ferry_config_file *file,
                                    const config_setting_t *node, struct ferry_error *error)
{
    const char *name = config_setting_name(node);
    struct ferry_origin origin = ferry_config_origin(file, node);
    struct ferry_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < sizeof top_levels / sizeof top_levels[0]; i++) {
        ferry_nearest_offer(&nearest, top_levels[i].name);
        if (strcmp(top_levels[i].name, name) != 0)
            continue;
        if (config_setting_type(node) != top_levels[i].type)
            return ferry_origin_fail(&origin, error, "'%s' must be %s", name, top_levels[i].shape);
        return FERRY_OK;
    }
    if (nearest.best != NULL)
        return ferry_origin_fail(&origin, error, "unknown group '%s'; did you mean '%s'?", name,
                                 nearest.best);
    return ferry_origin_fail(&origin, error,
                             "unknown group '%s'; a configuration has general, connections and "
                             "jobs",
                             name);
}

/* Every element is a group, and every connection has a name that can be typed. */
static ferry_status check_elements(const struct ferry_config_file *file,
                                   const config_setting_t *group, const char *what,
                                   struct ferry_error *error)
{
    for (int i = 0; group != NULL && i < config_setting_length(group); i++) {
        const config_setting_t *node = config_setting_get_elem(group, (unsigned)i);
        struct ferry_origin origin = ferry_config_origin(file, node);
        if (config_setting_type(node) != CONFIG_TYPE_GROUP)
            return ferry_origin_fail(&origin, error, "each %s is a group { ... }", what);
    }
    return FERRY_OK;
}

/* What the type of a key does not tell. */
static ferry_status check_general(const struct ferry_config *general, struct ferry_error *error)
{
    struct ferry_history_keep keep;
    const char *program = ferry_config_string_at(general, "notify_command", 0);
    if (!ferry_history_keep_parse(ferry_config_string(general, "history_keep"), &keep))
        return ferry_origin_fail(
            ferry_config_key_origin(general, "history_keep"), error,
            "history_keep is a time, a number of runs, or both (\"400d, 10000\"), or "
            "\"none\"");
    if (program != NULL && program[0] == '\0')
        return ferry_origin_fail(ferry_config_key_origin(general, "notify_command"), error,
                                 "notify_command begins with a program: [\"/usr/bin/logger\"]");
    return FERRY_OK;
}

static ferry_status read_general(struct ferry_settings *settings, const config_setting_t *node,
                                 struct ferry_error *error)
{
    struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    settings->general = ferry_config_new("group", "general");
    if (settings->general == NULL ||
        !ferry_config_add_options(settings->general, ferry_general_options,
                                  ferry_general_option_count))
        return out_of_memory(error);
    if (node == NULL)
        return ferry_config_finish(settings->general, &origin, error);
    ferry_status status = ferry_config_fill(settings->general, settings->file, node, error);
    return status == FERRY_OK ? check_general(settings->general, error) : status;
}

/* ---- Jobs ---- */

static ferry_status read_job_keys(struct ferry_settings *settings, const config_setting_t *node,
                                  struct ferry_error *error)
{
    struct ferry_origin origin = ferry_config_origin(settings->file, node);
    const char *name = NULL;
    ferry_status status = ferry_config_member(settings->file, node, "name", &name, error);
    if (status != FERRY_OK)
        return status;
    if (name == NULL || name[0] == '\0')
        return ferry_origin_fail(&origin, error, "each job needs a name: name = \"...\";");
    for (size_t i = 0; i < settings->job_count; i++)
        if (strcmp(settings->jobs[i]->name, name) == 0)
            return ferry_origin_fail(&origin, error, "a second job is named '%s'", name);
    struct ferry_config *keys = ferry_config_new("job", name);
    struct ferry_job job = {0};
    if (keys == NULL)
        return out_of_memory(error);
    settings->jobs[settings->job_count++] = keys;
    if (!ferry_config_add_options(keys, ferry_job_options, ferry_job_option_count))
        return out_of_memory(error);
    status = ferry_config_fill(keys, settings->file, node, error);
    if (status == FERRY_OK) /* a mistake in any job is told now, not at its turn */
        status = ferry_job_read(&job, keys, error);
    ferry_job_done(&job);
    return status;
}

static ferry_status read_jobs(struct ferry_settings *settings, struct ferry_error *error)
{
    int length = settings->job_list == NULL ? 0 : config_setting_length(settings->job_list);
    if (length == 0)
        return FERRY_OK;
    settings->job_count = 0;
    settings->jobs = calloc((size_t)length, sizeof(struct ferry_config *));
    if (settings->jobs == NULL)
        return out_of_memory(error);
    ferry_status status = FERRY_OK;
    for (int i = 0; i < length && status == FERRY_OK; i++)
        status = read_job_keys(settings, config_setting_get_elem(settings->job_list, (unsigned)i),
                               error);
    return status;
}

/* The part of `name` behind the job's own and a slash; NULL if it does not begin so. */
static const char *table_part(const struct ferry_config *job, const char *name)
{
    size_t length = strlen(job->name);
    return strncmp(name, job->name, length) == 0 && name[length] == '/' && name[length + 1] != '\0'
               ? name + length + 1
               : NULL;
}

/* Commands, log and records call a table of a job of many JOB/TABLE, and that is one thing. */
static ferry_status check_job_names(const struct ferry_settings *settings,
                                    struct ferry_error *error)
{
    for (size_t i = 0; i < settings->job_count; i++)
        for (size_t k = 0; k < settings->job_count; k++) {
            const struct ferry_config *job = settings->jobs[i], *many = settings->jobs[k];
            const char *table = table_part(many, job->name);
            if (table != NULL && ferry_job_group_is(many) && ferry_job_group_may_have(many, table))
                return ferry_origin_fail(&job->origin, error,
                                         "job '%s' has the name of table '%s' of job '%s'; give it "
                                         "another one, or exclude the table there",
                                         job->name, table, many->name);
        }
    return FERRY_OK;
}

/* ---- Loading ---- */

static ferry_status read_file(struct ferry_settings *settings, struct ferry_error *error)
{
    const config_setting_t *root = config_root_setting(&settings->file->tree);
    ferry_status status = FERRY_OK;
    for (int i = 0; i < config_setting_length(root) && status == FERRY_OK; i++)
        status = check_top_level(settings->file, config_setting_get_elem(root, (unsigned)i), error);
    if (status != FERRY_OK)
        return status;
    settings->connections = (struct ferry_connections){
        .file = settings->file, .group = config_setting_get_member(root, "connections")};
    settings->job_list = config_setting_get_member(root, "jobs");
    status = check_elements(settings->file, settings->connections.group, "connection", error);
    if (status == FERRY_OK)
        status = check_elements(settings->file, settings->job_list, "job", error);
    if (status == FERRY_OK && !ferry_config_hide_secrets(settings->connections.group))
        status = out_of_memory(error);
    if (status == FERRY_OK)
        status = read_general(settings, config_setting_get_member(root, "general"), error);
    if (status == FERRY_OK)
        status = read_jobs(settings, error);
    if (status == FERRY_OK)
        status = check_job_names(settings, error);
    return status;
}

ferry_status ferry_settings_load(const char *path, struct ferry_settings **ret_settings,
                                 struct ferry_error *error)
{
    struct ferry_settings *settings = calloc(1, sizeof *settings);
    if (settings == NULL)
        return out_of_memory(error);
    ferry_status status = ferry_config_file_open(path, &settings->file, error);
    if (status == FERRY_OK)
        status = read_file(settings, error);
    if (status != FERRY_OK) {
        ferry_settings_free(settings);
        return status;
    }
    *ret_settings = settings;
    return FERRY_OK;
}

ferry_status ferry_settings_new(struct ferry_settings **ret_settings, struct ferry_error *error)
{
    struct ferry_settings *settings = calloc(1, sizeof *settings);
    if (settings == NULL)
        return out_of_memory(error);
    ferry_status status = read_general(settings, NULL, error);
    if (status != FERRY_OK) {
        ferry_settings_free(settings);
        return status;
    }
    *ret_settings = settings;
    return FERRY_OK;
}

void ferry_settings_free(struct ferry_settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; i < settings->job_count; i++)
        ferry_config_free(settings->jobs[i]);
    free(settings->jobs);
    ferry_connections_done(&settings->connections);
    ferry_config_free(settings->general);
    ferry_config_file_free(settings->file);
    free(settings);
}

const struct ferry_config *ferry_settings_general(const struct ferry_settings *settings)
{
    return settings->general;
}

const char *ferry_settings_path(const struct ferry_settings *settings)
{
    return settings->file == NULL ? NULL : settings->file->path;
}

struct ferry_connections *ferry_settings_connections(struct ferry_settings *settings)
{
    return &settings->connections;
}

/* ---- Jobs with their connections ---- */

size_t ferry_settings_job_count(const struct ferry_settings *settings)
{
    return settings->job_count;
}

const char *ferry_settings_job_name(const struct ferry_settings *settings, size_t i)
{
    return settings->jobs[i]->name;
}

const struct ferry_config *ferry_settings_job_keys(const struct ferry_settings *settings, size_t i)
{
    return settings->jobs[i];
}

ferry_status ferry_settings_find_job(const struct ferry_settings *settings, const char *name,
                                     size_t *ret_index, struct ferry_error *error)
{
    struct ferry_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < settings->job_count; i++) {
        ferry_nearest_offer(&nearest, settings->jobs[i]->name);
        if (strcmp(settings->jobs[i]->name, name) == 0) {
            *ret_index = i;
            return FERRY_OK;
        }
    }
    if (nearest.best != NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG, "%s: no job is named '%s'; did you mean '%s'?",
                          settings->file->path, name, nearest.best);
    return ferry_fail(error, FERRY_ERR_CONFIG, "%s: no job is named '%s'", settings->file->path,
                      name);
}

bool ferry_settings_find_table(const struct ferry_settings *settings, const char *word,
                               size_t *ret_index, const char **ret_table)
{
    size_t longest = 0; /* names may have slashes: erp/old/orders is of the job erp/old */
    for (size_t i = 0; i < settings->job_count; i++) {
        const struct ferry_config *job = settings->jobs[i];
        const char *table = table_part(job, word);
        if (table == NULL || strlen(job->name) <= longest || !ferry_job_group_is(job))
            continue;
        longest = strlen(job->name);
        *ret_index = i;
        *ret_table = table;
    }
    return longest > 0;
}

/* The name of a job's target without --target; NULL if there is none. */
static const char *configured_target(const struct ferry_settings *settings, size_t i)
{
    const char *target = ferry_config_string(settings->jobs[i], "target");
    return target != NULL ? target : ferry_config_string(settings->general, "default_target");
}

static ferry_status choose_target(const struct ferry_settings *settings, size_t i,
                                  const struct ferry_settings_override *override,
                                  const char **ret_target, struct ferry_error *error)
{
    if (override->target != NULL) {
        if (ferry_config_int(settings->general, "target_argument_enabled") == 0)
            return ferry_fail(error, FERRY_ERR_USAGE,
                              "--target is refused: %s says target_argument_enabled = false",
                              settings->file->path);
        *ret_target = override->target;
        return FERRY_OK;
    }
    *ret_target = configured_target(settings, i);
    if (*ret_target == NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "%s: job '%s' has no target: set target in the job, default_target in "
                          "general, or use --target",
                          settings->file->path, settings->jobs[i]->name);
    return FERRY_OK;
}

/* Whether the jobs' target of this name is the same place as `target`. */
static bool is_same_place(struct ferry_settings *settings, const struct ferry_config *target,
                          const char *name)
{
    const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    const struct ferry_config *other;
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    if (strcmp(name, target->name) == 0)
        return true;
    /* a target that cannot be used is that job's failure, not this one's */
    if (ferry_connections_get(&settings->connections, name, &origin, &other, &ignored) != FERRY_OK)
        return false;
    const char *place = ferry_connections_place(&settings->connections, target);
    const char *others = ferry_connections_place(&settings->connections, other);
    return place == NULL || others == NULL || strcmp(place, others) == 0;
}

/* Whether another job of the file writes to the same place; --target speaks for all jobs. */
static bool has_shared_target(struct ferry_settings *settings, size_t i,
                              const struct ferry_settings_override *override,
                              const struct ferry_config *target)
{
    for (size_t k = 0; k < settings->job_count; k++) {
        const char *name =
            override->target != NULL ? override->target : configured_target(settings, k);
        if (k != i && name != NULL && is_same_place(settings, target, name))
            return true;
    }
    return false;
}

/* Also where its patterns do not fit that name today: a record of another job must not pass for one
 * of this. */
static ferry_status check_prune(const struct ferry_settings *settings, const struct ferry_job *job,
                                struct ferry_error *error)
{
    if (job->group == NULL || !job->group->prune)
        return FERRY_OK;
    for (size_t k = 0; k < settings->job_count; k++)
        if (table_part(job->keys, settings->jobs[k]->name) != NULL)
            return ferry_origin_fail(ferry_config_key_origin(job->keys, "prune"), error,
                                     "job '%s' has prune = true, and job '%s' is called as one of "
                                     "its tables would be; give one of them another name",
                                     job->name, settings->jobs[k]->name);
    return FERRY_OK;
}

/* A fallback that could never be used is told now, not on the day when it is needed. */
static ferry_status find_fallback(struct ferry_settings *settings,
                                  const struct ferry_origin *origin, bool source_is_given,
                                  struct ferry_job *job, struct ferry_error *error)
{
    const struct ferry_config *fallback = NULL;
    if (job->route.fallback.name == NULL)
        return FERRY_OK;
    ferry_status status = ferry_connections_get(&settings->connections, job->route.fallback.name,
                                                origin, &fallback, error);
    if (status == FERRY_OK)
        status = ferry_connection_check_role(fallback, FERRY_ROLE_SOURCE, error);
    if (status != FERRY_OK)
        return status;
    if (fallback == job->route.source && !source_is_given)
        return ferry_origin_fail(origin, error,
                                 "job '%s': fallback_source is the source itself, '%s'", job->name,
                                 job->route.fallback.name);
    if (fallback != job->route.source &&
        ferry_config_int(settings->general, "fallback_to_local_source_on_failure") != 0)
        job->route.fallback.source = fallback;
    return FERRY_OK;
}

ferry_status ferry_settings_job(struct ferry_settings *settings, size_t i,
                                const struct ferry_settings_override *override,
                                struct ferry_job *ret_job, struct ferry_error *error)
{
    const config_setting_t *node = config_setting_get_elem(settings->job_list, (unsigned)i);
    struct ferry_origin origin = ferry_config_origin(settings->file, node);
    struct ferry_origin usage = {.status = FERRY_ERR_USAGE};
    const char *source = ferry_config_string(settings->jobs[i], "source");
    const char *target = NULL;
    struct ferry_job job = {0};
    ferry_status status = ferry_job_read(&job, settings->jobs[i], error);
    if (status == FERRY_OK)
        status = check_prune(settings, &job, error);
    if (override->source != NULL)
        source = override->source;
    if (status == FERRY_OK && source == NULL)
        status = ferry_origin_fail(&origin, error,
                                   "job '%s' has no source: set source in the job, or use --source",
                                   job.name);
    if (status == FERRY_OK)
        status = ferry_connections_get(&settings->connections, source,
                                       override->source != NULL ? &usage : &origin,
                                       &job.route.source, error);
    if (status == FERRY_OK)
        status = find_fallback(settings, &origin, override->source != NULL, &job, error);
    if (status == FERRY_OK)
        status = choose_target(settings, i, override, &target, error);
    if (status == FERRY_OK)
        status = ferry_connections_get(&settings->connections, target,
                                       override->target != NULL ? &usage : &origin,
                                       &job.route.target, error);
    if (status != FERRY_OK) {
        ferry_job_done(&job);
        return status;
    }
    job.route.shared_target = has_shared_target(settings, i, override, job.route.target);
    *ret_job = job;
    return FERRY_OK;
}
