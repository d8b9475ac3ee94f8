/* What can be told without a source is checked here; types and columns, when they are known. */

#include "config/job_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"

static ferry_status read_key(const struct ferry_config *keys, struct ferry_change_rules *rules,
                             struct ferry_error *error)
{
    size_t count = ferry_config_length(keys, "key");
    if (count == 0 && ferry_config_is_set(keys, "key"))
        return ferry_origin_fail(
            ferry_config_key_origin(keys, "key"), error,
            "'key' of %s is empty; leave it out, and the source's own is taken", keys->title);
    if (count == 0)
        return FERRY_OK;
    rules->key = calloc(count, sizeof *rules->key);
    if (rules->key == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    for (size_t i = 0; i < count; i++)
        rules->key[i] = ferry_config_string_at(keys, "key", i);
    rules->key_count = count;
    return FERRY_OK;
}

/* As many as a cursor of 64 bits may have. */
static bool read_units(const char *text, uint64_t *ret_units)
{
    uint64_t units = 0;
    for (const char *c = text; *c != '\0'; c++)
        if (*c < '0' || *c > '9' || __builtin_mul_overflow(units, (uint64_t)10, &units) ||
            __builtin_add_overflow(units, (uint64_t)(*c - '0'), &units))
            return false;
    *ret_units = units;
    return text[0] != '\0';
}

/* Which of both it must be hangs on the cursor's type. */
static ferry_status read_lag(const struct ferry_config *keys, struct ferry_lag *lag,
                             struct ferry_error *error)
{
    lag->text = ferry_config_string(keys, "cursor_lag");
    if (lag->text == NULL)
        return FERRY_OK;
    lag->is_time = ferry_units_parse_duration(lag->text, &lag->ms);
    if (!lag->is_time && !read_units(lag->text, &lag->units))
        return ferry_origin_fail(ferry_config_key_origin(keys, "cursor_lag"), error,
                                 "'cursor_lag' of %s must be a time, such as \"10m\" or \"2h\", or "
                                 "a number of units, such as \"1000\"",
                                 keys->title);
    return FERRY_OK;
}

static ferry_status check(const struct ferry_config *keys, const struct ferry_change_rules *rules,
                          struct ferry_error *error)
{
    if (rules->strategy == FERRY_STRATEGY_APPEND && rules->cursor == NULL)
        return ferry_origin_fail(
            ferry_config_key_origin(keys, "strategy"), error,
            "%s: strategy = \"append\" reads from a cursor on; name its column "
            "with cursor",
            keys->title);
    if (rules->find_deleted && rules->strategy != FERRY_STRATEGY_UPSERT)
        return ferry_origin_fail(ferry_config_key_origin(keys, "find_deleted"), error,
                                 "%s: find_deleted goes with strategy = \"upsert\"", keys->title);
    if (rules->change_query != NULL && !rules->skip_unchanged)
        return ferry_origin_fail(ferry_config_key_origin(keys, "change_query"), error,
                                 "%s: change_query goes with skip_unchanged = true", keys->title);
    return FERRY_OK;
}

ferry_status ferry_job_changes_read(const struct ferry_config *keys,
                                    struct ferry_change_rules *rules, struct ferry_error *error)
{
    rules->strategy = (enum ferry_strategy_id)ferry_config_choice(keys, "strategy");
    rules->cursor = ferry_config_string(keys, "cursor");
    rules->read_nulls = ferry_config_choice(keys, "cursor_nulls") != 0;
    rules->find_deleted = ferry_config_choice(keys, "find_deleted") != 0;
    rules->full_every_ms =
        ferry_config_is_set(keys, "full_every") ? ferry_config_int(keys, "full_every") : 0;
    rules->skip_unchanged = ferry_config_int(keys, "skip_unchanged") != 0;
    rules->change_query = ferry_config_string(keys, "change_query");
    ferry_status status = read_key(keys, rules, error);
    if (status == FERRY_OK)
        status = read_lag(keys, &rules->lag, error);
    return status == FERRY_OK ? check(keys, rules, error) : status;
}
