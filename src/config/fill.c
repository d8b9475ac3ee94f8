/* A group of the parser's tree becomes checked values: each kind of node has its setter. */

#include "config/fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/strbuf.h"
#include "driver/option_fail.h"

struct ferry_origin ferry_config_origin(const struct ferry_config_file *file,
                                        const config_setting_t *node)
{
    return (struct ferry_origin){
        .status = FERRY_ERR_CONFIG, .file = file->path, .line = config_setting_source_line(node)};
}

/* True if `text` is "${NAME}"; `name` is NAME then. */
static bool variable_name(const char *text, struct ferry_strbuf *name)
{
    size_t length = strlen(text);
    if (length < 4 || strncmp(text, "${", 2) != 0 || text[length - 1] != '}')
        return false;
    ferry_strbuf_append(name, text + 2, length - 3);
    return true;
}

/* "${NAME}" as a whole value stands for the environment's NAME, which must be set; any other text
 * stands for itself.  The result lives as long as `text` and the environment. */
static ferry_status expand(const char *text, const struct ferry_origin *origin,
                           const char **ret_text, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    if (!variable_name(text, &name)) {
        *ret_text = text;
        return FERRY_OK;
    }
    if (name.failed)
        return ferry_config_fail_memory(error);
    const char *value = ferry_environment_value(ferry_strbuf_text(&name));
    if (value == NULL)
        return ferry_origin_fail(origin, error, "the environment variable %s is not set",
                                 ferry_strbuf_text(&name));
    *ret_text = value;
    return FERRY_OK;
}

ferry_status ferry_config_member(const struct ferry_config_file *file,
                                 const config_setting_t *group, const char *key,
                                 const char **ret_text, struct ferry_error *error)
{
    const config_setting_t *node = config_setting_get_member(group, key);
    const char *text = node == NULL ? NULL : config_setting_get_string(node);
    if (text != NULL) {
        struct ferry_origin origin = ferry_config_origin(file, node);
        return expand(text, &origin, ret_text, error);
    }
    *ret_text = NULL;
    return FERRY_OK;
}

/* ---- Variables that hold secrets ---- */

/* False if out of memory. */
static bool hide_variable_of(const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    if (!variable_name(text, &name))
        return true;
    return !name.failed && ferry_environment_hide(ferry_strbuf_text(&name));
}

static bool hide_variables_of_key(const char *key, const char *text)
{
    static const char suffix[] = "_env";
    size_t length = strlen(key);
    if (length >= sizeof suffix && strcmp(key + length + 1 - sizeof suffix, suffix) == 0)
        return ferry_environment_hide(text);
    return strstr(key, "password") == NULL || hide_variable_of(text);
}

bool ferry_config_hide_secrets(const config_setting_t *connections)
{
    bool good = true;
    for (int i = 0; connections != NULL && i < config_setting_length(connections); i++) {
        const config_setting_t *group = config_setting_get_elem(connections, (unsigned)i);
        for (int j = 0; j < config_setting_length(group) && good; j++) {
            const config_setting_t *node = config_setting_get_elem(group, (unsigned)j);
            const char *text = config_setting_get_string(node);
            good = text == NULL || hide_variables_of_key(config_setting_name(node), text);
        }
    }
    return good;
}

/* ---- Keys ---- */

static ferry_status fill_keys(struct ferry_config *config, const struct ferry_config_file *file,
                              const config_setting_t *node, struct ferry_error *error);

static ferry_status fill_pairs(struct ferry_config *config, const struct ferry_config_file *file,
                               const config_setting_t *group, struct ferry_error *error)
{
    const char *key = config_setting_name(group);
    struct ferry_origin start = ferry_config_origin(file, group);
    ferry_status status = ferry_config_begin_list(config, key, FERRY_OPTION_PAIRS, &start, error);
    for (int i = 0; i < config_setting_length(group) && status == FERRY_OK; i++) {
        const config_setting_t *node = config_setting_get_elem(group, (unsigned)i);
        struct ferry_origin origin = ferry_config_origin(file, node);
        const char *value = config_setting_get_string(node);
        if (value == NULL)
            return ferry_origin_fail(&origin, error,
                                     "'%s' in '%s' of %s must be a string in quotes",
                                     config_setting_name(node), key, config->title);
        status = expand(value, &origin, &value, error);
        if (status == FERRY_OK)
            status = ferry_config_add_pair(config, key, config_setting_name(node), value, &origin,
                                           error);
    }
    return status;
}

static ferry_status fill_strings(struct ferry_config *config, const struct ferry_config_file *file,
                                 const config_setting_t *list, struct ferry_error *error)
{
    const char *key = config_setting_name(list);
    struct ferry_origin start = ferry_config_origin(file, list);
    ferry_status status = ferry_config_begin_list(config, key, FERRY_OPTION_STRINGS, &start, error);
    for (int i = 0; i < config_setting_length(list) && status == FERRY_OK; i++) {
        const config_setting_t *node = config_setting_get_elem(list, (unsigned)i);
        struct ferry_origin origin = ferry_config_origin(file, node);
        const char *text = config_setting_get_string(node);
        if (text == NULL)
            return ferry_config_fail_entry(config, key, (size_t)i, &origin, error);
        status = expand(text, &origin, &text, error);
        if (status == FERRY_OK)
            status = ferry_config_add_string(config, key, text, &origin, error);
    }
    return status;
}

/* One group of the list; its name, if it has one, is looked up first, for the messages. */
static ferry_status fill_group(struct ferry_config *config, const struct ferry_option *option,
                               const struct ferry_config_file *file, const config_setting_t *node,
                               struct ferry_error *error)
{
    const struct ferry_option *naming = ferry_option_naming(option);
    struct ferry_origin origin = ferry_config_origin(file, node);
    struct ferry_config *group = NULL;
    const char *name = NULL;
    ferry_status status = FERRY_OK;
    if (naming != NULL)
        status = ferry_config_member(file, node, naming->name, &name, error);
    if (status == FERRY_OK)
        status = ferry_config_add_group(config, option->name, name, &origin, &group, error);
    return status == FERRY_OK ? fill_keys(group, file, node, error) : status;
}

static ferry_status fill_groups(struct ferry_config *config, const struct ferry_config_file *file,
                                const config_setting_t *list, struct ferry_error *error)
{
    const char *key = config_setting_name(list);
    struct ferry_origin start = ferry_config_origin(file, list);
    ferry_status status = ferry_config_begin_list(config, key, FERRY_OPTION_GROUPS, &start, error);
    for (int i = 0; i < config_setting_length(list) && status == FERRY_OK; i++) {
        const config_setting_t *node = config_setting_get_elem(list, (unsigned)i);
        struct ferry_origin origin = ferry_config_origin(file, node);
        if (config_setting_type(node) != CONFIG_TYPE_GROUP)
            return ferry_config_fail_entry(config, key, (size_t)i, &origin, error);
        status = fill_group(config, ferry_config_find(config, key), file, node, error);
    }
    return status;
}

/* 0: the key is unknown. */
static uint32_t type_of(const struct ferry_config *config, const char *key)
{
    const struct ferry_option *option = ferry_config_find(config, key);
    return option == NULL ? 0 : option->type;
}

static ferry_status fill_text(struct ferry_config *config, const struct ferry_config_file *file,
                              const config_setting_t *node, struct ferry_error *error)
{
    const char *key = config_setting_name(node);
    const char *text = config_setting_get_string(node);
    struct ferry_origin origin = ferry_config_origin(file, node);
    if (type_of(config, key) == FERRY_OPTION_SECRET && !hide_variable_of(text))
        return ferry_config_fail_memory(error);
    ferry_status status = expand(text, &origin, &text, error);
    return status == FERRY_OK ? ferry_config_set_text(config, key, text, &origin, error) : status;
}

static ferry_status fill_key(struct ferry_config *config, const struct ferry_config_file *file,
                             const config_setting_t *node, struct ferry_error *error)
{
    const char *key = config_setting_name(node);
    struct ferry_origin origin = ferry_config_origin(file, node);
    switch (config_setting_type(node)) {
    case CONFIG_TYPE_STRING:
        return fill_text(config, file, node, error);
    case CONFIG_TYPE_INT:
        return ferry_config_set_int(config, key, config_setting_get_int(node), &origin, error);
    case CONFIG_TYPE_INT64:
        return ferry_config_set_int(config, key, config_setting_get_int64(node), &origin, error);
    case CONFIG_TYPE_BOOL:
        return ferry_config_set_bool(config, key, config_setting_get_bool(node) != 0, &origin,
                                     error);
    case CONFIG_TYPE_GROUP:
        return fill_pairs(config, file, node, error);
    case CONFIG_TYPE_LIST:
    case CONFIG_TYPE_ARRAY:
        return type_of(config, key) == FERRY_OPTION_GROUPS
                   ? fill_groups(config, file, node, error)
                   : fill_strings(config, file, node, error);
    default: /* a number with a fraction, which no key takes */
        return ferry_config_refuse(config, key, &origin, error);
    }
}

static ferry_status fill_keys(struct ferry_config *config, const struct ferry_config_file *file,
                              const config_setting_t *node, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (int i = 0; i < config_setting_length(node) && status == FERRY_OK; i++)
        status = fill_key(config, file, config_setting_get_elem(node, (unsigned)i), error);
    return status;
}

ferry_status ferry_config_fill(struct ferry_config *config, const struct ferry_config_file *file,
                               const config_setting_t *node, struct ferry_error *error)
{
    struct ferry_origin origin = ferry_config_origin(file, node);
    config->secrets_allowed = file->private;
    config->folder = file->folder == NULL ? NULL : strdup(file->folder);
    if (file->folder != NULL && config->folder == NULL)
        return ferry_config_fail_memory(error);
    ferry_status status = fill_keys(config, file, node, error);
    if (status == FERRY_OK)
        status = ferry_config_finish(config, &origin, error);
    return status;
}
