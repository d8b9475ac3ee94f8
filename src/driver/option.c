/* Options: tables of keys, and the checked values of one group of them. */

#include "driver/option.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/nearest.h"
#include "base/strbuf.h"
#include "driver/option_type.h"

/* Longer values are a mistake or an attack; secrets have the same bound. */
#define TEXT_LIMIT ((size_t)64 * 1024)

/* ---- Errors ---- */

ferry_status ferry_origin_fail(const struct ferry_origin *origin, struct ferry_error *error,
                               const char *format, ...)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf prefix = {0};
    if (origin->file != NULL && origin->line > 0)
        ferry_strbuf_addf(&prefix, "%s:%u: ", origin->file, origin->line);
    else if (origin->file != NULL)
        ferry_strbuf_addf(&prefix, "%s: ", origin->file);
    va_list arguments;
    va_start(arguments, format);
    ferry_status status =
        ferry_fail_prefixed(error, origin->status, ferry_strbuf_text(&prefix), format, arguments);
    va_end(arguments);
    return status;
}

static ferry_status out_of_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
}

static ferry_status fail_type(const struct ferry_config *config, const struct ferry_option *option,
                              const struct ferry_origin *origin, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf expected = {0};
    if (option->type == FERRY_OPTION_CHOICE)
        ferry_strbuf_addf(&expected, "one of %s", option->choices);
    else
        ferry_strbuf_add(&expected, ferry_option_type(option->type)->expected);
    if (option->type == FERRY_OPTION_INT && (option->min != 0 || option->max != 0))
        ferry_strbuf_addf(&expected, " from %" PRId64 " to %" PRId64, option->min, option->max);
    return ferry_origin_fail(origin, error, "'%s' of %s '%s' must be %s", option->name,
                             config->kind, config->name, ferry_strbuf_text(&expected));
}

static ferry_status fail_range(const struct ferry_config *config, const struct ferry_option *option,
                               const struct ferry_origin *origin, struct ferry_error *error)
{
    return ferry_origin_fail(origin, error,
                             "'%s' of %s '%s' is out of range: %" PRId64 " to %" PRId64 "%s",
                             option->name, config->kind, config->name, option->min, option->max,
                             option->type == FERRY_OPTION_DURATION ? " ms"
                             : option->type == FERRY_OPTION_SIZE   ? " bytes"
                                                                   : "");
}

static ferry_status fail_unknown(const struct ferry_config *config, const char *key,
                                 const struct ferry_origin *origin, struct ferry_error *error)
{
    struct ferry_nearest nearest = {.wanted = key};
    for (size_t i = 0; i < config->count; i++)
        if ((config->options[i].flags & FERRY_OPTION_LATER) == 0)
            ferry_nearest_offer(&nearest, config->options[i].name);
    if (nearest.best != NULL)
        return ferry_origin_fail(origin, error, "unknown key '%s' in %s '%s'; did you mean '%s'?",
                                 key, config->kind, config->name, nearest.best);
    return ferry_origin_fail(origin, error,
                             "unknown key '%s' in %s '%s'; see dbferry.conf(5) and "
                             "\"dbferry drivers NAME\" for the keys there are",
                             key, config->kind, config->name);
}

/* ---- The group ---- */

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

/* The index of a key, or the count. */
static size_t config_index(const struct ferry_config *config, const char *key)
{
    size_t i = 0;
    while (i < config->count && strcmp(config->options[i].name, key) != 0)
        i++;
    return i;
}

const struct ferry_option *ferry_config_find(const struct ferry_config *config, const char *key)
{
    size_t i = config_index(config, key);
    return i < config->count ? &config->options[i] : NULL;
}

/* Finds the row that is to be set; refuses unknown keys and those of later versions. */
static ferry_status config_lookup(const struct ferry_config *config, const char *key,
                                  const struct ferry_origin *origin, size_t *ret_index,
                                  struct ferry_error *error)
{
    size_t i = config_index(config, key);
    if (i == config->count)
        return fail_unknown(config, key, origin, error);
    if ((config->options[i].flags & FERRY_OPTION_LATER) != 0)
        return ferry_origin_fail(origin, error,
                                 "'%s' of %s '%s' comes with a later version of dbferry; this one "
                                 "does not know what to do with it, so take it out",
                                 key, config->kind, config->name);
    *ret_index = i;
    return FERRY_OK;
}

ferry_status ferry_config_expect(const struct ferry_config *config, const char *key, uint32_t type,
                                 const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = config_lookup(config, key, origin, &i, error);
    if (status == FERRY_OK && config->options[i].type != type)
        status = fail_type(config, &config->options[i], origin, error);
    return status;
}

static ferry_status config_store_number(struct ferry_config *config, size_t i, int64_t number,
                                        const struct ferry_origin *origin,
                                        struct ferry_error *error)
{
    const struct ferry_option *option = &config->options[i];
    bool limited = option->min != 0 || option->max != 0;
    if (limited && (number < option->min || number > option->max))
        return fail_range(config, option, origin, error);
    config->values[i].number = number;
    config->values[i].set = true;
    return FERRY_OK;
}

static ferry_status config_store_text(struct ferry_config *config, size_t i, const char *text,
                                      struct ferry_error *error)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return out_of_memory(error);
    if ((config->options[i].flags & FERRY_OPTION_NAMES_SECRET) != 0 &&
        !ferry_environment_hide(text)) {
        free(copy);
        return out_of_memory(error);
    }
    ferry_secret_free(config->values[i].text);
    config->values[i].text = copy;
    config->values[i].set = true;
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
                                 "'%s' of %s '%s': '%s' begins with '~', which stands for your own "
                                 "folder only as '~/'; write the path out (or './~' for a file of "
                                 "that name)",
                                 config->options[i].name, config->kind, config->name, text);
    if (home == NULL || home[0] != '/')
        return ferry_origin_fail(origin, error,
                                 "'%s' of %s '%s': '%s' needs the environment variable HOME, which "
                                 "is not set; write the path out",
                                 config->options[i].name, config->kind, config->name, text);
    ferry_strbuf_addf(&path, "%s%s", home, text + 1);
    if (path.failed)
        return out_of_memory(error);
    return config_store_text(config, i, ferry_strbuf_text(&path), error);
}

/* A relative path starts at the folder of the file in which it stands. */
static ferry_status config_store_path(struct ferry_config *config, size_t i, const char *text,
                                      const struct ferry_origin *origin, struct ferry_error *error)
{
    if (text[0] == '\0')
        return ferry_origin_fail(origin, error, "'%s' of %s '%s' is an empty path",
                                 config->options[i].name, config->kind, config->name);
    if (text[0] == '~')
        return config_store_home(config, i, text, origin, error);
    if (text[0] == '/' || config->folder == NULL)
        return config_store_text(config, i, text, error);
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&path, "%s/%s", config->folder, text);
    if (path.failed)
        return out_of_memory(error);
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

ferry_status ferry_config_set_text(struct ferry_config *config, const char *key, const char *text,
                                   const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_option *option = &config->options[i];
    const struct ferry_option_type *type = ferry_option_type(option->type);
    if (strlen(text) > TEXT_LIMIT)
        return ferry_origin_fail(origin, error, "'%s' of %s '%s' is longer than %zu bytes", key,
                                 config->kind, config->name, TEXT_LIMIT);
    if (type->storage == FERRY_STORE_NUMBER && !type->bare_in_file) {
        int64_t number;
        if (!type->parse(text, &number))
            return fail_type(config, option, origin, error);
        return config_store_number(config, i, number, origin, error);
    }
    if (type->storage != FERRY_STORE_TEXT)
        return fail_type(config, option, origin, error);
    if (option->type == FERRY_OPTION_CHOICE && !ferry_option_choice_is_known(option->choices, text))
        return fail_type(config, option, origin, error);
    if (option->type == FERRY_OPTION_SECRET) {
        status = check_secret_origin(config, key, origin, error);
        if (status != FERRY_OK)
            return status;
    }
    if (option->type == FERRY_OPTION_PATH)
        return config_store_path(config, i, text, origin, error);
    return config_store_text(config, i, text, error);
}

ferry_status ferry_config_set_int(struct ferry_config *config, const char *key, int64_t value,
                                  const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    if (config->options[i].type != FERRY_OPTION_INT)
        return fail_type(config, &config->options[i], origin, error);
    return config_store_number(config, i, value, origin, error);
}

ferry_status ferry_config_set_bool(struct ferry_config *config, const char *key, bool value,
                                   const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    if (config->options[i].type != FERRY_OPTION_BOOL)
        return fail_type(config, &config->options[i], origin, error);
    config->values[i].number = value;
    config->values[i].set = true;
    return FERRY_OK;
}

ferry_status ferry_config_add_pair(struct ferry_config *config, const char *key, const char *name,
                                   const char *value, const struct ferry_origin *origin,
                                   struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    if (config->options[i].type != FERRY_OPTION_PAIRS)
        return fail_type(config, &config->options[i], origin, error);
    struct ferry_option_value *slot = &config->values[i];
    struct ferry_option_pair *pairs =
        reallocarray(slot->pairs, slot->pair_count + 1, sizeof *pairs);
    if (pairs == NULL)
        return out_of_memory(error);
    slot->pairs = pairs;
    struct ferry_option_pair pair = {.name = strdup(name), .value = strdup(value)};
    if (pair.name == NULL || pair.value == NULL) {
        free(pair.name);
        free(pair.value);
        return out_of_memory(error);
    }
    pairs[slot->pair_count++] = pair;
    slot->set = true;
    return FERRY_OK;
}

ferry_status ferry_config_set_list(struct ferry_config *config, const char *key, const void *node,
                                   const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    if (config->options[i].type != FERRY_OPTION_LIST)
        return fail_type(config, &config->options[i], origin, error);
    config->values[i].node = node;
    config->values[i].set = true;
    return FERRY_OK;
}

/* "GROUP.NAME" is a member of a group. */
static ferry_status config_set_member(struct ferry_config *config, const char *key,
                                      const char *name, const char *word,
                                      const struct ferry_origin *origin, struct ferry_error *error)
{
    FERRY_AUTO_FREE char *group = strndup(key, (size_t)(name - 1 - key));
    if (group == NULL)
        return out_of_memory(error);
    if (name[0] == '\0')
        return ferry_origin_fail(origin, error, "a member of '%s' needs a name: %s.NAME=VALUE",
                                 group, group);
    return ferry_config_add_pair(config, group, name, word, origin, error);
}

ferry_status ferry_config_set_word(struct ferry_config *config, const char *key, const char *word,
                                   const struct ferry_origin *origin, struct ferry_error *error)
{
    const char *dot = strchr(key, '.');
    if (dot != NULL)
        return config_set_member(config, key, dot + 1, word, origin, error);
    size_t i = config_index(config, key);
    if (i == config->count || !ferry_option_type(config->options[i].type)->bare_in_file)
        return ferry_config_set_text(config, key, word, origin, error);
    const struct ferry_option *option = &config->options[i];
    int64_t number;
    if (ferry_option_type(option->type)->storage == FERRY_STORE_PAIRS)
        return ferry_origin_fail(origin, error,
                                 "'%s' is a group; give its members one by one, as %s.NAME=VALUE",
                                 key, key);
    if (ferry_option_type(option->type)->storage != FERRY_STORE_NUMBER)
        return ferry_origin_fail(origin, error, "%s can be given in a configuration file only",
                                 key);
    if (!ferry_option_type(option->type)->parse(word, &number))
        return fail_type(config, option, origin, error);
    if (option->type == FERRY_OPTION_BOOL)
        return ferry_config_set_bool(config, key, number != 0, origin, error);
    return ferry_config_set_int(config, key, number, origin, error);
}

/* Puts a default in place; a default that does not parse is a bug that ferry_option_flaw() finds
 * when the driver is loaded. */
static ferry_status config_apply_default(struct ferry_config *config, size_t i,
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
    ferry_status status = config_store_text(config, i, option->default_value, error);
    config->values[i].set = false;
    return status;
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
        ferry_status status = config_apply_default(config, i, error);
        if (status != FERRY_OK)
            return status;
    }
    return FERRY_OK;
}
