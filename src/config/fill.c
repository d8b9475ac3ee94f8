/* A group of the parser's tree becomes checked values: each kind of node has its setter. */

#include "config/fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/strbuf.h"

struct ferry_origin ferry_config_origin(const struct ferry_config_file *file,
                                        const config_setting_t *node)
{
    if (file->path == NULL)
        return (struct ferry_origin){.status = FERRY_ERR_USAGE};
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

ferry_status ferry_config_expand(const char *text, const struct ferry_origin *origin,
                                 const char **ret_text, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    if (origin->file == NULL || !variable_name(text, &name)) {
        *ret_text = text;
        return FERRY_OK;
    }
    if (name.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    const char *value = getenv(ferry_strbuf_text(&name));
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
        return ferry_config_expand(text, &origin, ret_text, error);
    }
    *ret_text = NULL;
    return FERRY_OK;
}

static ferry_status fill_pairs(struct ferry_config *config, const struct ferry_config_file *file,
                               const config_setting_t *group, struct ferry_error *error)
{
    const char *key = config_setting_name(group);
    struct ferry_origin start = ferry_config_origin(file, group);
    ferry_status status = ferry_config_expect(config, key, FERRY_OPTION_PAIRS, &start, error);
    for (int i = 0; i < config_setting_length(group) && status == FERRY_OK; i++) {
        const config_setting_t *node = config_setting_get_elem(group, (unsigned)i);
        struct ferry_origin origin = ferry_config_origin(file, node);
        const char *value = config_setting_get_string(node);
        if (value == NULL)
            return ferry_origin_fail(&origin, error, "'%s' in '%s' must be a string in quotes",
                                     config_setting_name(node), key);
        status = ferry_config_expand(value, &origin, &value, error);
        if (status == FERRY_OK)
            status = ferry_config_add_pair(config, key, config_setting_name(node), value, &origin,
                                           error);
    }
    return status;
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

static bool option_is_secret(const struct ferry_config *config, const char *key)
{
    const struct ferry_option *option = ferry_config_find(config, key);
    return option != NULL && option->type == FERRY_OPTION_SECRET;
}

static ferry_status fill_key(struct ferry_config *config, const struct ferry_config_file *file,
                             const config_setting_t *node, struct ferry_error *error)
{
    const char *key = config_setting_name(node);
    struct ferry_origin origin = ferry_config_origin(file, node);
    const char *text;
    ferry_status status;
    switch (config_setting_type(node)) {
    case CONFIG_TYPE_STRING:
        status = ferry_config_expand(config_setting_get_string(node), &origin, &text, error);
        if (status == FERRY_OK && option_is_secret(config, key) &&
            !hide_variable_of(config_setting_get_string(node)))
            status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
        if (status == FERRY_OK)
            status = ferry_config_set_text(config, key, text, &origin, error);
        return status;
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
        return ferry_config_set_list(config, key, node, &origin, error);
    default:
        /* a number with a fraction: no key takes one, so the type is wrong whatever the key is */
        return ferry_config_set_text(config, key, "(a number with a fraction)", &origin, error);
    }
}

ferry_status ferry_config_fill(struct ferry_config *config, const struct ferry_config_file *file,
                               const config_setting_t *node, struct ferry_error *error)
{
    struct ferry_origin origin = ferry_config_origin(file, node);
    config->secrets_allowed = file->private;
    config->folder = file->folder == NULL ? NULL : strdup(file->folder);
    if (file->folder != NULL && config->folder == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    ferry_status status = FERRY_OK;
    for (int i = 0; i < config_setting_length(node) && status == FERRY_OK; i++) {
        const config_setting_t *child = config_setting_get_elem(node, (unsigned)i);
        status = fill_key(config, file, child, error);
    }
    if (status == FERRY_OK)
        status = ferry_config_finish(config, &origin, error);
    return status;
}
