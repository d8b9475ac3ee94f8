/* Three keys of which at most one is set become what is read of the fallback. */

#include "config/job_fallback.h"

static const struct {
    const char *key;
    uint32_t kind;
} fallback_kinds[] = {{"fallback_view", FERRY_READ_VIEW},
                      {"fallback_table", FERRY_READ_TABLE},
                      {"fallback_query", FERRY_READ_QUERY}};

#define KIND_COUNT (sizeof fallback_kinds / sizeof fallback_kinds[0])

/* A key that would have no effect is a mistake that shows on the day when it is needed. */
static ferry_status refuse_idle_keys(const struct ferry_config *keys, struct ferry_error *error)
{
    const char *idle = ferry_config_is_set(keys, "max_fallback_age") ? "max_fallback_age" : NULL;
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (ferry_config_string(keys, fallback_kinds[i].key) != NULL)
            idle = fallback_kinds[i].key;
    if (idle == NULL)
        return FERRY_OK;
    return ferry_origin_fail(ferry_config_key_origin(keys, idle), error,
                             "job '%s' has %s, but no fallback_source", keys->name, idle);
}

ferry_status ferry_job_fallback_read(const struct ferry_config *keys, const char *table,
                                     struct ferry_fallback *ret_fallback,
                                     struct ferry_read *ret_read, struct ferry_error *error)
{
    const struct ferry_fallback fallback = {
        .name = ferry_config_string(keys, "fallback_source"),
        .max_age_ms = ferry_config_int(keys, "max_fallback_age"),
    };
    struct ferry_read read = {.text = table, .kind = FERRY_READ_TABLE};
    size_t given = 0;
    if (fallback.name == NULL)
        return refuse_idle_keys(keys, error);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const char *text = ferry_config_string(keys, fallback_kinds[i].key);
        if (text == NULL)
            continue;
        given++;
        read = (struct ferry_read){.text = text, .kind = fallback_kinds[i].kind};
    }
    if (given > 1)
        return ferry_origin_fail(
            &keys->origin, error,
            "job '%s' needs one of fallback_view, fallback_table and fallback_query, or none",
            keys->name);
    if (read.text[0] == '\0')
        return ferry_origin_fail(&keys->origin, error,
                                 "job '%s' reads from an empty name of its fallback", keys->name);
    *ret_fallback = fallback;
    *ret_read = read;
    return FERRY_OK;
}
