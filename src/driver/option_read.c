/* The values of a group, as drivers and the engine read them. */

#include <stdlib.h>

#include "driver/option_type.h"

/* A value, the row that it belongs to, and where it is found. */
struct slot {
    const struct ferry_option *option;
    const struct ferry_option_value *value;
    const struct ferry_config *config;
};

/* Where the value of a key is: with the parent, if it is unset and its row says so.  A key that no
 * table declares is a bug in the driver that asks. */
static struct slot find_slot(const struct ferry_config *config, const char *key)
{
    for (;;) {
        const struct ferry_option *option = ferry_config_find(config, key);
        if (option == NULL)
            abort();
        const struct ferry_option_value *value = &config->values[option - config->options];
        bool asks = (option->flags & FERRY_OPTION_ASKS_PARENT) != 0 && config->parent != NULL;
        if (value->set || !asks)
            return (struct slot){.option = option, .value = value, .config = config};
        config = config->parent;
    }
}

/* So is a reader of another type. */
static struct slot find_stored(const struct ferry_config *config, const char *key,
                               enum ferry_option_store storage)
{
    struct slot slot = find_slot(config, key);
    if (ferry_option_type(slot.option->type)->storage != storage)
        abort();
    return slot;
}

static const struct ferry_option_value *find_list(const struct ferry_config *config,
                                                  const char *key, uint32_t type)
{
    struct slot slot = find_slot(config, key);
    if (slot.option->type != type)
        abort();
    return slot.value;
}

const char *ferry_config_name(const struct ferry_config *config)
{
    return config->name;
}

int ferry_config_is_set(const struct ferry_config *config, const char *key)
{
    return find_slot(config, key).value->set;
}

const struct ferry_origin *ferry_config_key_origin(const struct ferry_config *config,
                                                   const char *key)
{
    struct slot slot = find_slot(config, key);
    return slot.value->set ? &slot.value->origin : &slot.config->origin;
}

const char *ferry_config_string(const struct ferry_config *config, const char *key)
{
    return find_stored(config, key, FERRY_STORE_TEXT).value->text;
}

int64_t ferry_config_int(const struct ferry_config *config, const char *key)
{
    return find_stored(config, key, FERRY_STORE_NUMBER).value->number;
}

uint32_t ferry_config_choice(const struct ferry_config *config, const char *key)
{
    struct slot slot = find_stored(config, key, FERRY_STORE_TEXT);
    ptrdiff_t place = slot.value->text == NULL
                          ? 0
                          : ferry_option_choice_place(slot.option->choices, slot.value->text);
    return place < 0 ? 0 : (uint32_t)place;
}

size_t ferry_config_length(const struct ferry_config *config, const char *key)
{
    return find_stored(config, key, FERRY_STORE_LIST).value->length;
}

int ferry_config_pair(const struct ferry_config *config, const char *key, size_t i,
                      const char **ret_name, const char **ret_value)
{
    const struct ferry_option_value *value = find_list(config, key, FERRY_OPTION_PAIRS);
    if (i >= value->length)
        return 0;
    *ret_name = value->pairs[i].name;
    *ret_value = value->pairs[i].value;
    return 1;
}

const char *ferry_config_string_at(const struct ferry_config *config, const char *key, size_t i)
{
    const struct ferry_option_value *value = find_list(config, key, FERRY_OPTION_STRINGS);
    return i < value->length ? value->strings[i] : NULL;
}

const struct ferry_config *ferry_config_group_at(const struct ferry_config *config, const char *key,
                                                 size_t i)
{
    const struct ferry_option_value *value = find_list(config, key, FERRY_OPTION_GROUPS);
    return i < value->length ? value->groups[i] : NULL;
}
