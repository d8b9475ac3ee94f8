/* One group of keys: made of tables, finished when all that was given is set, freed. */

#include "driver/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "driver/option_set.h"
#include "driver/option_type.h"

struct ferry_config *ferry_config_new(const char *kind, const char *name)
{
    struct ferry_config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return NULL;
    FERRY_AUTO_STRBUF struct ferry_strbuf title = {0};
    ferry_strbuf_addf(&title, "%s '%s'", kind, name);
    config->kind = kind;
    config->name = strdup(name);
    config->title = ferry_strbuf_steal(&title);
    if (config->name == NULL || config->title == NULL) {
        ferry_config_free(config);
        return NULL;
    }
    return config;
}

void ferry_secret_free(char *secret)
{
    if (secret == NULL)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

static void value_done(struct ferry_option_value *value)
{
    ferry_secret_free(value->text); /* any text may be one: wiping costs nothing */
    for (size_t i = 0; i < value->length; i++) {
        if (value->pairs != NULL) {
            free(value->pairs[i].name);
            free(value->pairs[i].value);
        }
        if (value->strings != NULL)
            free(value->strings[i]);
        if (value->groups != NULL)
            ferry_config_free(value->groups[i]);
    }
    free(value->pairs);
    free(value->strings);
    free(value->groups);
}

void ferry_config_free(struct ferry_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->count; i++) {
        value_done(&config->values[i]);
        if ((config->options[i].flags & FERRY_OPTION_HIDDEN) != 0)
            free((void *)config->options[i].name);
    }
    free(config->options);
    free(config->values);
    free(config->folder);
    free(config->title);
    free(config->name);
    free(config);
}

static bool config_add_option(struct ferry_config *config, const struct ferry_option *option)
{
    size_t count = config->count + 1;
    struct ferry_option *options = reallocarray(config->options, count, sizeof *options);
    if (options == NULL)
        return false;
    config->options = options;
    struct ferry_option_value *values = reallocarray(config->values, count, sizeof *values);
    if (values == NULL)
        return false;
    config->values = values;
    options[config->count] = *option;
    values[config->count] = (struct ferry_option_value){0};
    config->count = count;
    return true;
}

/* The ways to give a secret besides writing it down: secret.c reads them. */
static bool config_add_secret_rows(struct ferry_config *config, const struct ferry_option *secret)
{
    static const struct {
        const char *suffix;
        uint32_t type;
        const char *help;
        uint32_t flags;
    } rows[] = {
        {"file", FERRY_OPTION_PATH, "file that holds it, readable by its owner alone", 0},
        {"env", FERRY_OPTION_STRING, "environment variable that holds it",
         FERRY_OPTION_NAMES_SECRET},
        {"command", FERRY_OPTION_STRING, "command that prints it, run at every connect", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
        ferry_strbuf_addf(&name, "%s_%s", secret->name, rows[i].suffix);
        struct ferry_option row = {.name = ferry_strbuf_steal(&name),
                                   .type = rows[i].type,
                                   .help = rows[i].help,
                                   .flags = FERRY_OPTION_HIDDEN | rows[i].flags};
        if (row.name == NULL)
            return false;
        if (!config_add_option(config, &row)) {
            free((void *)row.name);
            return false;
        }
    }
    return true;
}

bool ferry_config_add_options(struct ferry_config *config, const struct ferry_option *options,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!config_add_option(config, &options[i]))
            return false;
        if (options[i].type == FERRY_OPTION_SECRET && !config_add_secret_rows(config, &options[i]))
            return false;
    }
    return true;
}

const struct ferry_option *ferry_config_find(const struct ferry_config *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->options[i].name, key) == 0)
            return &config->options[i];
    return NULL;
}

/* What is set may still be an empty list, or hold groups that lack something. */
static ferry_status finish_set(const struct ferry_config *config, size_t i,
                               struct ferry_error *error)
{
    const struct ferry_option *option = &config->options[i];
    const struct ferry_option_value *value = &config->values[i];
    bool is_required = (option->flags & FERRY_OPTION_REQUIRED) != 0;
    if (is_required && ferry_option_type(option->type)->storage == FERRY_STORE_LIST &&
        value->length == 0)
        return ferry_origin_fail(&value->origin, error, "'%s' of %s is empty (%s)", option->name,
                                 config->title, option->help);
    if (option->type == FERRY_OPTION_GROUPS)
        return ferry_config_finish_groups(config, i, error);
    return FERRY_OK;
}

ferry_status ferry_config_finish(struct ferry_config *config, const struct ferry_origin *origin,
                                 struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    config->origin = *origin;
    for (size_t i = 0; i < config->count && status == FERRY_OK; i++) {
        const struct ferry_option *option = &config->options[i];
        if (config->values[i].set)
            status = finish_set(config, i, error);
        else if ((option->flags & FERRY_OPTION_ASKS_PARENT) != 0 && config->parent != NULL)
            continue;
        else if ((option->flags & FERRY_OPTION_REQUIRED) != 0)
            status = ferry_origin_fail(origin, error, "%s needs the key '%s' (%s)", config->title,
                                       option->name, option->help);
        else
            status = ferry_config_set_default(config, i, error);
    }
    return status;
}
