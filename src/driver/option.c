/* One group of keys: made of tables, finished when all that was given is set, freed. */

#include "driver/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "driver/option_set.h"

struct ferry_config *ferry_config_new(const char *kind, const char *name)
{
    struct ferry_config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return NULL;
    config->kind = kind;
    config->name = strdup(name);
    if (config->name == NULL) {
        free(config);
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
    for (size_t i = 0; i < value->pair_count; i++) {
        free(value->pairs[i].name);
        free(value->pairs[i].value);
    }
    free(value->pairs);
    *value = (struct ferry_option_value){0};
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

ferry_status ferry_config_finish(struct ferry_config *config, const struct ferry_origin *origin,
                                 struct ferry_error *error)
{
    for (size_t i = 0; i < config->count; i++) {
        if (config->values[i].set)
            continue;
        if ((config->options[i].flags & FERRY_OPTION_REQUIRED) != 0)
            return ferry_origin_fail(origin, error, "%s '%s' needs the key '%s' (%s)", config->kind,
                                     config->name, config->options[i].name,
                                     config->options[i].help);
        ferry_status status = ferry_config_set_default(config, i, error);
        if (status != FERRY_OK)
            return status;
    }
    return FERRY_OK;
}
