/* The keys that hold more than one value: pairs, strings, groups.  Each adds one at a time. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "driver/option_fail.h"
#include "driver/option_set.h"

/* A group with a longer name is called by its place in messages. */
#define TITLE_LIMIT ((size_t)256)

/* The place of a key that has this type. */
static ferry_status find_list(const struct ferry_config *config, const char *key, uint32_t type,
                              const struct ferry_origin *origin, size_t *ret_index,
                              struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = ferry_config_lookup(config, key, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    if (config->options[i].type != type)
        return ferry_config_fail_type(config, &config->options[i], origin, error);
    *ret_index = i;
    return FERRY_OK;
}

static void begin(struct ferry_option_value *value, const struct ferry_origin *origin)
{
    if (!value->set)
        value->origin = *origin;
    value->set = true;
}

/* The list with room for one more; it grows whenever its length is a power of two.  NULL if out of
 * memory: the list is as it was. */
static void *make_room(void *list, size_t length, size_t size)
{
    if (length > 0 && (length & (length - 1)) != 0)
        return list;
    return reallocarray(list, length == 0 ? 1 : 2 * length, size);
}

ferry_status ferry_config_begin_list(struct ferry_config *config, const char *key, uint32_t type,
                                     const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = find_list(config, key, type, origin, &i, error);
    if (status == FERRY_OK)
        begin(&config->values[i], origin);
    return status;
}

ferry_status ferry_config_add_pair(struct ferry_config *config, const char *key, const char *name,
                                   const char *value, const struct ferry_origin *origin,
                                   struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = find_list(config, key, FERRY_OPTION_PAIRS, origin, &i, error);
    if (status == FERRY_OK)
        status = ferry_config_check_length(config, key, value, origin, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_option_value *list = &config->values[i];
    struct ferry_option_pair *pairs = make_room(list->pairs, list->length, sizeof *pairs);
    if (pairs == NULL)
        return ferry_config_fail_memory(error);
    list->pairs = pairs;
    struct ferry_option_pair pair = {.name = strdup(name), .value = strdup(value)};
    if (pair.name == NULL || pair.value == NULL) {
        free(pair.name);
        free(pair.value);
        return ferry_config_fail_memory(error);
    }
    pairs[list->length++] = pair;
    begin(list, origin);
    return FERRY_OK;
}

ferry_status ferry_config_add_string(struct ferry_config *config, const char *key, const char *text,
                                     const struct ferry_origin *origin, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = find_list(config, key, FERRY_OPTION_STRINGS, origin, &i, error);
    if (status == FERRY_OK)
        status = ferry_config_check_length(config, key, text, origin, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_option_value *list = &config->values[i];
    char **strings = make_room(list->strings, list->length, sizeof *strings);
    if (strings == NULL)
        return ferry_config_fail_memory(error);
    list->strings = strings;
    strings[list->length] = strdup(text);
    if (strings[list->length] == NULL)
        return ferry_config_fail_memory(error);
    list->length++;
    begin(list, origin);
    return FERRY_OK;
}

/* ---- Groups ---- */

const struct ferry_option *ferry_option_naming(const struct ferry_option *option)
{
    for (size_t i = 0; i < option->group->option_count; i++)
        if ((option->group->options[i].flags & FERRY_OPTION_NAMES_GROUP) != 0)
            return &option->group->options[i];
    return NULL;
}

/* A group of the table, called by its name or, without one, by its place; NULL if out of memory. */
static struct ferry_config *make_group(const struct ferry_config *parent,
                                       const struct ferry_option_group *table, const char *name,
                                       size_t place)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%zu", place);
    bool is_told = name != NULL && name[0] != '\0' && strlen(name) <= TITLE_LIMIT;
    struct ferry_config *group = ferry_config_new(table->kind, is_told ? name : digits);
    if (group == NULL)
        return NULL;
    if (!is_told) {
        FERRY_AUTO_STRBUF struct ferry_strbuf title = {0};
        ferry_strbuf_addf(&title, "%s %s of %s", table->kind, digits, parent->title);
        free(group->title);
        group->title = ferry_strbuf_steal(&title);
    }
    if (group->title == NULL ||
        !ferry_config_add_options(group, table->options, table->option_count)) {
        ferry_config_free(group);
        return NULL;
    }
    group->parent = parent;
    return group;
}

ferry_status ferry_config_add_group(struct ferry_config *config, const char *key, const char *name,
                                    const struct ferry_origin *origin,
                                    struct ferry_config **ret_group, struct ferry_error *error)
{
    size_t i = 0;
    ferry_status status = find_list(config, key, FERRY_OPTION_GROUPS, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_option_value *list = &config->values[i];
    struct ferry_config **groups = make_room(list->groups, list->length, sizeof *groups);
    if (groups == NULL)
        return ferry_config_fail_memory(error);
    list->groups = groups;
    struct ferry_config *group =
        make_group(config, config->options[i].group, name, list->length + 1);
    if (group == NULL)
        return ferry_config_fail_memory(error);
    group->origin = *origin;
    groups[list->length++] = group;
    begin(list, origin);
    *ret_group = group;
    return FERRY_OK;
}

/* What the row `naming` says of a group; NULL if it is not set. */
static const char *name_of(const struct ferry_config *group, const struct ferry_option *naming)
{
    return group->values[ferry_config_find(group, naming->name) - group->options].text;
}

ferry_status ferry_config_named_group(struct ferry_config *config, const char *key,
                                      const char *name, const struct ferry_origin *origin,
                                      struct ferry_config **ret_group, struct ferry_error *error)
{
    size_t i = 0;
    struct ferry_config *group = NULL;
    ferry_status status = find_list(config, key, FERRY_OPTION_GROUPS, origin, &i, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_option *naming = ferry_option_naming(&config->options[i]);
    const struct ferry_option_value *list = &config->values[i];
    if (naming == NULL)
        abort();
    for (size_t k = 0; k < list->length; k++) {
        const char *given = name_of(list->groups[k], naming);
        if (given != NULL && strcmp(given, name) == 0) {
            *ret_group = list->groups[k];
            return FERRY_OK;
        }
    }
    status = ferry_config_add_group(config, key, name, origin, &group, error);
    if (status == FERRY_OK)
        status = ferry_config_set_text(group, naming->name, name, origin, error);
    if (status == FERRY_OK)
        *ret_group = group;
    return status;
}

/* ---- Names that differ ---- */

struct named {
    const char *name;
    const struct ferry_config *group;
    size_t place;
};

static int compare_places(const struct named *a, const struct named *b)
{
    return (a->place > b->place) - (a->place < b->place);
}

static int compare_names(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : compare_places(left, right);
}

static int compare_names_in_any_case(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    int order = strcasecmp(left->name, right->name);
    return order != 0 ? order : compare_places(left, right);
}

/* The first of the list that has the name of an earlier one; NULL if there is none. */
static const struct named *find_second(struct named *list, size_t count, bool any_case)
{
    const struct named *second = NULL;
    qsort(list, count, sizeof *list, any_case ? compare_names_in_any_case : compare_names);
    for (size_t i = 1; i < count; i++) {
        const char *name = list[i].name;
        int order = any_case ? strcasecmp(list[i - 1].name, name) : strcmp(list[i - 1].name, name);
        if (order == 0 && (second == NULL || list[i].place < second->place))
            second = &list[i];
    }
    return second;
}

static ferry_status check_names(const struct ferry_config *config,
                                const struct ferry_option *option,
                                const struct ferry_option_value *list, struct ferry_error *error)
{
    const struct ferry_option *naming = ferry_option_naming(option);
    if (naming == NULL || list->length < 2)
        return FERRY_OK;
    FERRY_AUTO_FREE struct named *names = calloc(list->length, sizeof *names);
    if (names == NULL)
        return ferry_config_fail_memory(error);
    size_t count = 0;
    for (size_t i = 0; i < list->length; i++) {
        const char *name = name_of(list->groups[i], naming);
        if (name != NULL)
            names[count++] = (struct named){.name = name, .group = list->groups[i], .place = i};
    }
    const struct named *second =
        find_second(names, count, (naming->flags & FERRY_OPTION_ANY_CASE) != 0);
    if (second == NULL)
        return FERRY_OK;
    return ferry_origin_fail(ferry_config_key_origin(second->group, naming->name), error,
                             "'%s' of %s names '%s' a second time", option->name, config->title,
                             second->name);
}

ferry_status ferry_config_finish_groups(const struct ferry_config *config, size_t i,
                                        struct ferry_error *error)
{
    const struct ferry_option_value *list = &config->values[i];
    ferry_status status = FERRY_OK;
    for (size_t k = 0; k < list->length && status == FERRY_OK; k++)
        status = ferry_config_finish(list->groups[k], &list->groups[k]->origin, error);
    return status == FERRY_OK ? check_names(config, &config->options[i], list, error) : status;
}
