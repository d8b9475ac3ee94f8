/* dbferry copy: one copy, described on the command line alone. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/account.h"
#include "command/command.h"
#include "command/copy_lists.h"
#include "command/group.h"
#include "config/job.h"
#include "config/secret.h"
#include "config/url.h"

static const struct ferry_origin command_line = {.status = FERRY_ERR_USAGE};

/* "source.KEY=VALUE": where KEY begins if it is meant for `scope`, or NULL. */
static const char *find_key(const char *setting, const char *scope)
{
    size_t length = strlen(scope);
    const char *equals = strchr(setting, '=');
    if (equals == NULL || strncmp(setting, scope, length) != 0 || setting[length] != '.')
        return NULL;
    const char *key = setting + length + 1;
    return key < equals ? key : NULL;
}

static ferry_status check_settings(const struct ferry_arguments *arguments,
                                   struct ferry_error *error)
{
    static const char *const scopes[] = {"source", "target", "job"};
    for (size_t i = 0; i < arguments->settings.count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof scopes / sizeof scopes[0]; k++)
            known = known || find_key(arguments->settings.list[i], scopes[k]) != NULL;
        if (!known) /* the value may be a secret: only what stands before it is shown */
            return ferry_fail(error, FERRY_ERR_USAGE,
                              "-o takes source.KEY=VALUE, target.KEY=VALUE or job.KEY=VALUE, not "
                              "'%.*s'",
                              (int)strcspn(arguments->settings.list[i], "="),
                              arguments->settings.list[i]);
    }
    return FERRY_OK;
}

static ferry_status apply_settings(struct ferry_config *config, const char *scope,
                                   const struct ferry_arguments *arguments,
                                   struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < arguments->settings.count && status == FERRY_OK; i++) {
        const char *start = find_key(arguments->settings.list[i], scope);
        if (start == NULL)
            continue;
        const char *equals = strchr(start, '=');
        FERRY_AUTO_FREE char *key = strndup(start, (size_t)(equals - start));
        if (key == NULL)
            return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the command line");
        if (strcmp(scope, "job") == 0)
            status = ferry_copy_lists_check(key, error);
        if (status == FERRY_OK)
            status = ferry_config_set_word(config, key, equals + 1, &command_line, error);
    }
    return status;
}

static bool has_settings(const struct ferry_arguments *arguments, const char *scope)
{
    for (size_t i = 0; i < arguments->settings.count; i++)
        if (find_key(arguments->settings.list[i], scope) != NULL)
            return true;
    return false;
}

/* A connection from a URL, or by name from the configuration. */
static ferry_status make_connection(struct ferry_settings *settings, const char *scope,
                                    const char *word, const struct ferry_arguments *arguments,
                                    const struct ferry_config **ret_connection,
                                    struct ferry_error *error)
{
    if (!ferry_url_is_one(word)) {
        if (has_settings(arguments, scope))
            return ferry_fail(error, FERRY_ERR_USAGE,
                              "-o %s.KEY goes with a URL; '%s' is a connection of the "
                              "configuration, change it there",
                              scope, word);
        return ferry_connections_get(ferry_settings_connections(settings), word, &command_line,
                                     ret_connection, error);
    }
    FERRY_AUTO_FREE char *driver = ferry_url_driver(word);
    struct ferry_config *connection = NULL;
    if (driver == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a URL");
    ferry_status status = ferry_connections_add(ferry_settings_connections(settings), scope, driver,
                                                &connection, error);
    if (status == FERRY_OK)
        status = ferry_config_set_text(connection, "driver", driver, &command_line, error);
    if (status == FERRY_OK)
        status = ferry_url_apply(word, connection, error);
    if (status == FERRY_OK)
        status = apply_settings(connection, scope, arguments, error);
    if (status == FERRY_OK)
        status = ferry_config_finish(connection, &command_line, error);
    if (status == FERRY_OK)
        *ret_connection = connection;
    return status;
}

static ferry_status set_job_key(struct ferry_config *keys, const char *key, const char *value,
                                struct ferry_error *error)
{
    if (value == NULL)
        return FERRY_OK;
    return ferry_config_set_text(keys, key, value, &command_line, error);
}

static ferry_status make_keys(const struct ferry_arguments *arguments,
                              struct ferry_config **ret_keys, struct ferry_error *error)
{
    struct ferry_config *keys = ferry_config_new("job", "copy");
    if (keys == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the job");
    ferry_status status = FERRY_OK;
    if (!ferry_config_add_options(keys, ferry_job_options, ferry_job_option_count))
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the job");
    if (status == FERRY_OK)
        status = set_job_key(keys, "name", "copy", error);
    if (status == FERRY_OK)
        status = set_job_key(keys, "view", arguments->view, error);
    if (status == FERRY_OK)
        status = set_job_key(keys, "table", arguments->table, error);
    if (status == FERRY_OK)
        status = set_job_key(keys, "query", arguments->query, error);
    if (status == FERRY_OK)
        status = set_job_key(keys, "target_table", arguments->target_table, error);
    if (status == FERRY_OK)
        status = set_job_key(keys, "strategy", arguments->strategy, error);
    if (status == FERRY_OK)
        status = set_job_key(keys, "cursor", arguments->cursor, error);
    if (status == FERRY_OK && arguments->key != NULL)
        status = ferry_config_set_word(keys, "key", arguments->key, &command_line, error);
    if (status == FERRY_OK)
        status = apply_settings(keys, "job", arguments, error);
    if (status == FERRY_OK)
        status = ferry_copy_lists_add(arguments, keys, error);
    if (status == FERRY_OK)
        status = ferry_config_finish(keys, &command_line, error);
    if (status != FERRY_OK) {
        ferry_config_free(keys);
        return status;
    }
    *ret_keys = keys;
    return FERRY_OK;
}

/* With a configuration if one is named, or if a connection's name asks for it. */
static ferry_status load_settings(const struct ferry_arguments *arguments,
                                  struct ferry_settings **ret_settings, struct ferry_error *error)
{
    bool named = !ferry_url_is_one(arguments->operands[0]) ||
                 !ferry_url_is_one(arguments->operands[1]) || arguments->config != NULL;
    if (named)
        return ferry_command_load(arguments, ret_settings, error);
    ferry_status status = ferry_command_open_log(arguments, NULL, error);
    if (status == FERRY_OK)
        status = ferry_settings_new(ret_settings, error);
    return status;
}

/* It has no place in a configuration, and so no history; --json tells of it as of any job. */
static ferry_status run_job(struct ferry_job *job, const struct ferry_arguments *arguments)
{
    struct ferry_account account = {0};
    if (!arguments->dry_run)
        ferry_account_begin(&account, NULL, job->name);
    ferry_account_set_route(&account, &job->route);
    ferry_status status =
        job->group != NULL ? ferry_command_each_table(job, NULL, arguments, ferry_command_run_job)
                           : ferry_command_run_job(job, arguments);
    ferry_account_end(&account, status, job->ret_result);
    return status;
}

static ferry_status copy_with(struct ferry_settings *settings, const struct ferry_config *keys,
                              const struct ferry_arguments *arguments, struct ferry_error *error)
{
    struct ferry_job job = {0};
    struct ferry_sync_result result = {0};
    ferry_status status = ferry_job_read(&job, keys, error);
    if (status == FERRY_OK && job.route.fallback.name != NULL)
        status = ferry_fail(error, FERRY_ERR_USAGE,
                            "copy takes no fallback_source; write a job with one into the "
                            "configuration");
    if (status == FERRY_OK)
        status = make_connection(settings, "source", arguments->operands[0], arguments,
                                 &job.route.source, error);
    if (status == FERRY_OK)
        status = make_connection(settings, "target", arguments->operands[1], arguments,
                                 &job.route.target, error);
    if (status == FERRY_OK && arguments->full)
        ferry_job_take_all(&job);
    job.ret_result = &result;
    if (status == FERRY_OK)
        status = run_job(&job, arguments);
    ferry_job_done(&job);
    return status;
}

ferry_status ferry_command_copy(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    struct ferry_config *keys = NULL;
    ferry_secret_allow_prompt(true); /* a copy is started by a person */
    ferry_status status = check_settings(arguments, &error);
    if (status == FERRY_OK)
        status = load_settings(arguments, &settings, &error);
    if (status == FERRY_OK)
        status = make_keys(arguments, &keys, &error);
    if (status == FERRY_OK)
        status = copy_with(settings, keys, arguments, &error);
    if (error.status != FERRY_OK)
        status = ferry_command_report(&error, NULL);
    ferry_config_free(keys);
    ferry_settings_free(settings);
    return status;
}
