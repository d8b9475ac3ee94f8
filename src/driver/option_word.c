/* A key that is set from a word of the command line, where everything is text. */

#include <string.h>

#include "base/cleanup.h"
#include "driver/option_fail.h"
#include "driver/option_type.h"

/* "GROUP.NAME" is a member of a group. */
static ferry_status config_set_member(struct ferry_config *config, const char *key,
                                      const char *name, const char *word,
                                      const struct ferry_origin *origin, struct ferry_error *error)
{
    FERRY_AUTO_FREE char *group = strndup(key, (size_t)(name - 1 - key));
    if (group == NULL)
        return ferry_config_fail_memory(error);
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
    const struct ferry_option *option = ferry_config_find(config, key);
    if (option == NULL || !ferry_option_type(option->type)->bare_in_file)
        return ferry_config_set_text(config, key, word, origin, error);
    int64_t number;
    if (ferry_option_type(option->type)->storage == FERRY_STORE_PAIRS)
        return ferry_origin_fail(origin, error,
                                 "'%s' is a group; give its members one by one, as %s.NAME=VALUE",
                                 key, key);
    if (ferry_option_type(option->type)->storage != FERRY_STORE_NUMBER)
        return ferry_origin_fail(origin, error, "%s can be given in a configuration file only",
                                 key);
    if (!ferry_option_type(option->type)->parse(word, &number))
        return ferry_config_fail_type(config, option, origin, error);
    if (option->type == FERRY_OPTION_BOOL)
        return ferry_config_set_bool(config, key, number != 0, origin, error);
    return ferry_config_set_int(config, key, number, origin, error);
}
