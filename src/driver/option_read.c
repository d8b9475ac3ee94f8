/* The values of a group, as drivers and the engine read them. */

#include <stdlib.h>
#include <string.h>

#include "driver/option_type.h"

/* The slot of a key that a driver declared; anything else is a bug in it. */
static const struct ferry_option_value *
config_slot(const struct ferry_config *config, const char *key, enum ferry_option_store storage)
{
    const struct ferry_option *option = ferry_config_find(config, key);
    if (option == NULL || ferry_option_type(option->type)->storage != storage)
        abort();
    return &config->values[option - config->options];
}

const char *ferry_config_name(const struct ferry_config *config)
{
    return config->name;
}

int ferry_config_is_set(const struct ferry_config *config, const char *key)
{
    const struct ferry_option *option = ferry_config_find(config, key);
    if (option == NULL)
        abort();
    return config->values[option - config->options].set;
}

const char *ferry_config_string(const struct ferry_config *config, const char *key)
{
    return config_slot(config, key, FERRY_STORE_TEXT)->text;
}

int64_t ferry_config_int(const struct ferry_config *config, const char *key)
{
    return config_slot(config, key, FERRY_STORE_NUMBER)->number;
}

int ferry_config_pair(const struct ferry_config *config, const char *key, size_t i,
                      const char **ret_name, const char **ret_value)
{
    const struct ferry_option_value *value = config_slot(config, key, FERRY_STORE_PAIRS);
    if (i >= value->pair_count)
        return 0;
    *ret_name = value->pairs[i].name;
    *ret_value = value->pairs[i].value;
    return 1;
}

uint32_t ferry_config_choice(const struct ferry_config *config, const char *key)
{
    const char *text = ferry_config_string(config, key);
    ptrdiff_t place =
        text == NULL ? 0 : ferry_option_choice_place(ferry_config_find(config, key)->choices, text);
    return place < 0 ? 0 : (uint32_t)place;
}

const void *ferry_config_list(const struct ferry_config *config, const char *key)
{
    return config_slot(config, key, FERRY_STORE_LIST)->node;
}
