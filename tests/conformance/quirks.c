/* What the suite has to know about one driver, read from a file. */

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/connection_keys.h"

bool quirks_load(struct quirks *quirks, const char *driver, const char *path, const char *folder)
{
    const char *named = NULL;
    *quirks = (struct quirks){.driver = driver, .folder = folder, .given = path != NULL};
    config_init(&quirks->tree);
    if (path == NULL)
        return true;
    if (config_read_file(&quirks->tree, path) != CONFIG_TRUE) {
        (void)fprintf(stderr, "%s:%d: %s\n", path, config_error_line(&quirks->tree),
                      config_error_text(&quirks->tree));
        return false;
    }
    if (config_lookup_string(&quirks->tree, "driver", &named) == CONFIG_TRUE &&
        strcmp(named, driver) != 0) {
        (void)fprintf(stderr, "%s: these are the quirks of driver '%s', not of '%s'\n", path, named,
                      driver);
        return false;
    }
    return true;
}

void quirks_done(struct quirks *quirks)
{
    config_destroy(&quirks->tree);
}

/* Replaces each @NAME@ by the environment's NAME; what is not set there stays as it is. */
static char *expand(const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf out = {0};
    while (*text != '\0') {
        const char *end = *text == '@' ? strchr(text + 1, '@') : NULL;
        char *name = end == NULL ? NULL : strndup(text + 1, (size_t)(end - text - 1));
        const char *value = name == NULL ? NULL : getenv(name);
        free(name);
        if (value != NULL) {
            ferry_strbuf_add(&out, value);
            text = end + 1;
        } else {
            ferry_strbuf_append(&out, text++, 1);
        }
    }
    return ferry_strbuf_steal(&out);
}

char *quirks_text(const struct quirks *quirks, const char *path)
{
    const char *text = NULL;
    return config_lookup_string(&quirks->tree, path, &text) == CONFIG_TRUE ? expand(text) : NULL;
}

int64_t quirks_int(const struct quirks *quirks, const char *path, int64_t otherwise)
{
    int value = 0;
    return config_lookup_int(&quirks->tree, path, &value) == CONFIG_TRUE ? value : otherwise;
}

bool quirks_has(const struct quirks *quirks, const char *path)
{
    return config_lookup(&quirks->tree, path) != NULL;
}

char *quirks_run(const struct quirks *quirks, const char *name)
{
    const char *command = NULL;
    if (config_lookup_string(&quirks->tree, name, &command) != CONFIG_TRUE)
        return NULL;
    FERRY_AUTO_STRBUF struct ferry_strbuf output = {0};
    FILE *pipe = popen(command, "re");
    if (pipe == NULL)
        return NULL;
    char part[4096];
    size_t size;
    while ((size = fread(part, 1, sizeof part, pipe)) > 0)
        ferry_strbuf_append(&output, part, size);
    int result = pclose(pipe);
    if (result != 0) {
        tap_note("the command '%s' failed (wait status %d): %s", name, result,
                 ferry_strbuf_text(&output));
        return NULL;
    }
    return ferry_strbuf_steal(&output);
}

/* { NAME = "value"; ... } */
static ferry_status set_pairs(struct ferry_config *config, const config_setting_t *group,
                              const struct ferry_origin *origin, struct ferry_error *error)
{
    const char *key = config_setting_name(group);
    ferry_status status = ferry_config_begin_list(config, key, FERRY_OPTION_PAIRS, origin, error);
    for (int i = 0; status == FERRY_OK && i < config_setting_length(group); i++) {
        const config_setting_t *node = config_setting_get_elem(group, (unsigned)i);
        const char *value = config_setting_get_string(node);
        char *text = value == NULL ? NULL : expand(value);
        status = text == NULL ? ferry_fail(error, FERRY_ERR_CONFIG, "'%s' has no text", key)
                              : ferry_config_add_pair(config, key, config_setting_name(node), text,
                                                      origin, error);
        free(text);
    }
    return status;
}

/* One key, in the spelling of the command line. */
static ferry_status set_key(struct ferry_config *config, const config_setting_t *node,
                            const struct ferry_origin *origin, struct ferry_error *error)
{
    const char *key = config_setting_name(node);
    char *text = NULL;
    switch (config_setting_type(node)) {
    case CONFIG_TYPE_STRING:
        text = expand(config_setting_get_string(node));
        break;
    case CONFIG_TYPE_INT:
        return ferry_config_set_int(config, key, config_setting_get_int(node), origin, error);
    case CONFIG_TYPE_BOOL:
        return ferry_config_set_bool(config, key, config_setting_get_bool(node) != 0, origin,
                                     error);
    case CONFIG_TYPE_GROUP:
        return set_pairs(config, node, origin, error);
    default:
        break;
    }
    if (text == NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG, "'%s' has a type that quirks do not have", key);
    ferry_status status = ferry_config_set_text(config, key, text, origin, error);
    free(text);
    return status;
}

struct ferry_config *quirks_connection(const struct quirks *quirks, const char *group,
                                       struct ferry_driver_handle *driver,
                                       struct ferry_error *error)
{
    const config_setting_t *node = config_lookup(&quirks->tree, group);
    const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG, .file = "quirks"};
    if (node == NULL || config_setting_type(node) != CONFIG_TYPE_GROUP) {
        (void)ferry_fail(error, FERRY_ERR_CONFIG, "the quirks have no group '%s'", group);
        return NULL;
    }
    struct ferry_config *config = ferry_config_new("connection", group);
    if (config == NULL) {
        (void)ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
        return NULL;
    }
    config->secrets_allowed = true;
    ferry_status status = ferry_connection_keys_add(config, driver, error);
    if (status == FERRY_OK)
        status = ferry_config_set_text(config, "driver", driver->driver.name, &origin, error);
    for (int i = 0; status == FERRY_OK && i < config_setting_length(node); i++)
        status = set_key(config, config_setting_get_elem(node, (unsigned)i), &origin, error);
    if (status == FERRY_OK)
        status = ferry_config_finish(config, &origin, error);
    if (status != FERRY_OK) {
        ferry_config_free(config);
        return NULL;
    }
    return config;
}
