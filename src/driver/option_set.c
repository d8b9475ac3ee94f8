/* Values go into a group, each checked by the row of its key. */

#include "driver/option_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/strbuf.h"
#include "driver/option_fail.h"
#include "driver/option_type.h"

/* Longer values are a mistake or an attack; secrets have the same bound. */
#define TEXT_LIMIT ((size_t)64 * 1024)

ferry_status ferry_config_lookup(const struct ferry_config *config, const char *key,
                                 const struct ferry_origin *origin, size_t *ret_index,
                                 struct ferry_error *error)
{
    const struct ferry_option *option = ferry_config_find(config, key);
    if (option == NULL)
        return ferry_config_fail_unknown(config, key, origin, error);
    if ((option->flags & FERRY_OPTION_LATER) != 0)
        return ferry_origin_fail(origin, error,
                                 "'%s' of %s comes with a later version of dbferry; this one "
                                 "does not know what to do with it, so take it out",
                                 key, config->title);
    *ret_index = (size_t)(option - config->options);
    return FERRY_OK;
}

ferry_status ferry_config_check_length(const struct ferry_config *config, const char *key,
                                       const char *text, const struct ferry_origin *origin,
                                       struct ferry_error *error)
{
    if (strlen(text) <= TEXT_LIMIT)
        return FERRY_OK;
    return ferry_origin_fail(origin, error, "'%s' of %s is longer than %zu bytes", key,
                             config->title, TEXT_LIMIT);
}

static void mark_set(struct ferry_option_value *value, const struct ferry_origin *origin)
{
    value->origin = *origin;
    value->set = true;
}

static ferry_status config_store_number(struct ferry_config *config, size_t i, int64_t number,
                                        const struct ferry_origin *origin,
                                        struct ferry_error *error)
{
    const struct ferry_option *option = &config->options[i];
    bool limited = option->min != 0 || option->max != 0;
    if (limited && (number < option->min || number > option->max))
        return ferry_config_fail_range(config, option, origin, error);
    config->values[i].number = number;
    mark_set(&config->values[i], origin);
    return FERRY_OK;
}

static ferry_status config_store_text(struct ferry_config *config, size_t i, const char *text,
                                      struct ferry_error *error)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return ferry_config_fail_memory(error);
    if ((config->options[i].flags & FERRY_OPTION_NAMES_SECRET) != 0 &&
        !ferry_environment_hide(text)) {
        free(copy);
        return ferry_config_fail_memory(error);
    }
    ferry_secret_free(config->values[i].text);
    config->values[i].text = copy;
    return FERRY_OK;
}

/* No shell has seen the path: "~/" means to it what it means to a shell. */
static ferry_status config_store_home(struct ferry_config *config, size_t i, const char *text,
                                      const struct ferry_origin *origin, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    const char *home = getenv("HOME");
    if (text[1] != '/' && text[1] != '\0')
        return ferry_origin_fail(origin, error,
                                 "'%s' of %s: '%s' begins with '~', which stands for your own "
                                 "folder only as '~/'; write the path out (or './~' for a file of "
                                 "that name)",
                                 config->options[i].name, config->title, text);
    if (home == NULL || home[0] != '/')
        return ferry_origin_fail(origin, error,
                                 "'%s' of %s: '%s' needs the environment variable HOME, which "
                                 "is not set; write the path out",
                                 config->options[i].name, config->title, text);
    ferry_strbuf_addf(&path, "%s%s", home, text + 1);
    if (path.failed)
        return ferry_config_fail_memory(error);
    return config_store_text(config, i, ferry_strbuf_text(&path), error);
}

/* A relative path starts at the folder of the file in which it stands. */
static ferry_status config_store_path(struct ferry_config *config, size_t i, const char *text,
                                      const struct ferry_origin *origin, struct ferry_error *error)
{
    if (text[0] == '\0')
        return ferry_origin_fail(origin, error, "'%s' of %s is an empty path",
                                 config->options[i].name, config->title);
    if (text[0] == '~')
        return config_store_home(config, i, text, origin, error);
    const struct ferry_config *holder = config;
    while (holder->folder == NULL && holder->parent != NULL)
        holder = holder->parent;
    if (text[0] == '/' || holder->folder == NULL)
        return config_store_text(config, i, text, error);
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&path, "%s/%s", holder->folder, text);
    if (path.failed)
        return ferry_config_fail_memory(error);
    return config_store_text(config, i, ferry_strbuf_text(&path), error);
}

static ferry_status check_secret_origin(const struct ferry_config *config, const char *key,
                                        const struct ferry_origin *origin,
                                        struct ferry_error *error)
{
    if (origin->file == NULL)
        return ferry_origin_fail(origin, error,
                                 "%s must not stand on the command line, where every user of this "
                                 "machine sees it; use %s_file, %s_env or %s_command",
                                 key, key, key, key);
    if (!config->secrets_allowed)
        return ferry_origin_fail(origin, error,
                                 "%s stands in a file that others may read; chmod 600 %s, or use "
                                 "%s_file",
                                 key, origin->file, key);
    return FERRY_OK;
}

/* What the row asks of a text beside its length. */
static ferry_status check_text(const struct ferry_config *config, const struct ferry_option *option,
                               const char *text, const struct ferry_origin *origin,
                               struct ferry_error *error)
{
    if (ferry_option_type(option->type)->storage != FERRY_STORE_TEXT)
        return ferry_config_fail_type(config, option, origin, error);
    if (option->type == FERRY_OPTION_CHOICE && !ferry_option_choice_is_known(option->choices, text))
        return ferry_config_fail_type(config, option, origin, error);
    if ((option->flags & FERRY_OPTION_NAMES_GROUP) != 0 && text[0] == '\0')
        return ferry_origin_fail(origin, error, "'%s' of %s is empty", option->name, config->title);
    if (option->type == FERRY_OPTION_SECRET)
        return check_secret_origin(config, option->name, origin, error);
    return FERRY_OK;
}

ferry_status ferry_config_set_text(struct ferry_config *config, const char *key, const char *text,
                                   const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = ferry_config_lookup(config, key, origin, &i, error);
    if (status == FERRY_OK)
        status = ferry_config_check_length(config, key, text, origin, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_option *option = &config->options[i];
    const struct ferry_option_type *type = ferry_option_type(option->type);
    if (type->storage == FERRY_STORE_NUMBER && !type->bare_in_file) {
        int64_t number;
        if (!type->parse(text, &number))
            return ferry_config_fail_type(config, option, origin, error);
        return config_store_number(config, i, number, origin, error);
    }
    status = check_text(config, option, text, origin, error);
    if (status == FERRY_OK && option->type == FERRY_OPTION_PATH)
        status = config_store_path(config, i, text, origin, error);
    else if (status == FERRY_OK)
        status = config_store_text(config, i, text, error);
    if (status == FERRY_OK)
        mark_set(&config->values[i], origin);
    return status;
}

ferry_status ferry_config_set_int(struct ferry_config *config, const char *key, int64_t value,
                                  const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = ferry_config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    if (config->options[i].type != FERRY_OPTION_INT)
        return ferry_config_fail_type(config, &config->options[i], origin, error);
    return config_store_number(config, i, value, origin, error);
}

ferry_status ferry_config_set_bool(struct ferry_config *config, const char *key, bool value,
                                   const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = ferry_config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    if (config->options[i].type != FERRY_OPTION_BOOL)
        return ferry_config_fail_type(config, &config->options[i], origin, error);
    config->values[i].number = value;
    mark_set(&config->values[i], origin);
    return FERRY_OK;
}

ferry_status ferry_config_refuse(const struct ferry_config *config, const char *key,
                                 const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = ferry_config_lookup(config, key, origin, &i, error);
    return status == FERRY_OK ? ferry_config_fail_type(config, &config->options[i], origin, error)
                              : status;
}

/* A default that does not parse is a bug that ferry_option_flaw() finds when the driver is loaded.
 */
ferry_status ferry_config_set_default(struct ferry_config *config, size_t i,
                                      struct ferry_error *error)
{
    const struct ferry_option *option = &config->options[i];
    const struct ferry_option_type *type = ferry_option_type(option->type);
    if (option->default_value == NULL)
        return FERRY_OK;
    if (type->storage == FERRY_STORE_NUMBER) {
        (void)type->parse(option->default_value, &config->values[i].number);
        return FERRY_OK;
    }
    return config_store_text(config, i, option->default_value, error);
}
