/* A key that is set from a word of the command line, where everything is text. */

#include <string.h>

#include "base/cleanup.h"
#include "driver/option_fail.h"
#include "driver/option_set.h"
#include "driver/option_type.h"

/* "KEY.NAME" is a pair of a key. */
static ferry_status set_pair(struct ferry_config *config, const char *key, const char *name,
                             const char *word, const struct ferry_origin *origin,
                             struct ferry_error *error)
{
    if (name[0] == '\0')
        return ferry_origin_fail(origin, error, "a member of '%s' needs a name: %s.NAME=VALUE", key,
                                 key);
    return ferry_config_add_pair(config, key, name, word, origin, error);
}

static ferry_status fail_group(const struct ferry_option *option, const struct ferry_origin *origin,
                               struct ferry_error *error)
{
    if (ferry_option_naming(option) == NULL)
        return ferry_origin_fail(origin, error, "%s can be given in a configuration file only",
                                 option->name);
    return ferry_origin_fail(origin, error,
                             "'%s' is a list of groups; set the keys of each one by one, as "
                             "%s.NAME.KEY=VALUE",
                             option->name, option->name);
}

/* "KEY.NAME.KEY" is a key of a named group: a name may hold dots, a key none. */
static ferry_status set_in_group(struct ferry_config *config, const struct ferry_option *option,
                                 const char *path, const char *word,
                                 const struct ferry_origin *origin, struct ferry_error *error)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL || dot == path || dot[1] == '\0' || ferry_option_naming(option) == NULL)
        return fail_group(option, origin, error);
    FERRY_AUTO_FREE char *name = strndup(path, (size_t)(dot - path));
    struct ferry_config *group = NULL;
    if (name == NULL)
        return ferry_config_fail_memory(error);
    ferry_status status =
        ferry_config_named_group(config, option->name, name, origin, &group, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_option *row = ferry_config_find(group, dot + 1);
    if (row != NULL && ferry_option_type(row->type)->storage != FERRY_STORE_LIST &&
        group->values[row - group->options].set)
        return ferry_origin_fail(origin, error, "'%s' of %s is given twice", row->name,
                                 group->title);
    return ferry_config_set_word(group, dot + 1, word, origin, error);
}

/* "a,b" adds two strings. */
static ferry_status add_strings(struct ferry_config *config, const char *key, const char *word,
                                const struct ferry_origin *origin, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (const char *at = word; at != NULL && status == FERRY_OK;) {
        size_t length = strcspn(at, ",");
        if (length == 0)
            return ferry_origin_fail(origin, error, "'%s' of %s takes A or A,B,..., and none empty",
                                     key, config->title);
        FERRY_AUTO_FREE char *text = strndup(at, length);
        if (text == NULL)
            return ferry_config_fail_memory(error);
        status = ferry_config_add_string(config, key, text, origin, error);
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return status;
}

static ferry_status set_dotted(struct ferry_config *config, const char *key, const char *dot,
                               const char *word, const struct ferry_origin *origin,
                               struct ferry_error *error)
{
    FERRY_AUTO_FREE char *head = strndup(key, (size_t)(dot - key));
    if (head == NULL)
        return ferry_config_fail_memory(error);
    const struct ferry_option *option = ferry_config_find(config, head);
    if (option != NULL && option->type == FERRY_OPTION_GROUPS)
        return set_in_group(config, option, dot + 1, word, origin, error);
    return set_pair(config, head, dot + 1, word, origin, error);
}

ferry_status ferry_config_set_word(struct ferry_config *config, const char *key, const char *word,
                                   const struct ferry_origin *origin, struct ferry_error *error)
{
    const char *dot = strchr(key, '.');
    if (dot != NULL)
        return set_dotted(config, key, dot, word, origin, error);
    const struct ferry_option *option = ferry_config_find(config, key);
    if (option == NULL || !ferry_option_type(option->type)->bare_in_file)
        return ferry_config_set_text(config, key, word, origin, error);
    int64_t number;
    switch (option->type) {
    case FERRY_OPTION_PAIRS:
        return ferry_origin_fail(origin, error,
                                 "'%s' is a group; give its members one by one, as %s.NAME=VALUE",
                                 key, key);
    case FERRY_OPTION_STRINGS:
        return add_strings(config, key, word, origin, error);
    case FERRY_OPTION_GROUPS:
        return fail_group(option, origin, error);
    default:
        if (!ferry_option_type(option->type)->parse(word, &number))
            return ferry_config_fail_type(config, option, origin, error);
        if (option->type == FERRY_OPTION_BOOL)
            return ferry_config_set_bool(config, key, number != 0, origin, error);
        return ferry_config_set_int(config, key, number, origin, error);
    }
}
