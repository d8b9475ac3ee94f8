/* Each value with its key and its length, so that nothing can pass for something else. */

#include "driver/option_hash.h"

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return ferry_hash_name(hash, text == NULL ? "" : text);
}

static uint64_t hash_list(uint64_t hash, const struct ferry_option_value *value)
{
    for (size_t i = 0; i < value->length; i++) {
        if (value->pairs != NULL)
            hash = hash_text(hash_text(hash, value->pairs[i].name), value->pairs[i].value);
        if (value->strings != NULL)
            hash = hash_text(hash, value->strings[i]);
        if (value->groups != NULL)
            hash = ferry_config_hash(hash, value->groups[i]);
    }
    return hash;
}

/* The ways to give a secret are HIDDEN rows; a password that is renewed changes nothing else. */
static bool is_secret(const struct ferry_option *option)
{
    return option->type == FERRY_OPTION_SECRET || (option->flags & FERRY_OPTION_HIDDEN) != 0;
}

uint64_t ferry_config_hash(uint64_t seed, const struct ferry_config *config)
{
    uint64_t hash = hash_text(seed, config->name);
    for (size_t i = 0; i < config->count; i++) {
        const struct ferry_option_value *value = &config->values[i];
        if (is_secret(&config->options[i]))
            continue;
        hash = hash_text(hash, config->options[i].name);
        hash = hash_text(hash, value->text);
        hash = ferry_hash_bytes(hash, &value->number, sizeof value->number);
        hash = ferry_hash_bytes(hash, &value->length, sizeof value->length);
        hash = hash_list(hash, value);
    }
    return hash;
}
