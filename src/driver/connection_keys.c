/* The core's table, and behind it the driver's. */

#include "driver/connection_keys.h"

/* The keys that every connection has, whatever its driver. */
static const struct ferry_option connection_options[] = {
    {.name = "driver",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_REQUIRED,
     .help = "driver of the connection: see \"dbferry drivers\""},
    {.name = "stall_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "5m",
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "give up if the source sends nothing for so long; \"0s\" = never"},
    {.name = "run_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "0s",
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "give up if the whole job takes longer, its retries included; \"0s\" = never"},
    {.name = "retry_wait",
     .type = FERRY_OPTION_DURATION,
     .default_value = "5s",
     .min = 0,
     .max = 86400000,
     .help = "how long to wait before the first retry; twice as long before each one more"},
    {.name = "retry_max_wait",
     .type = FERRY_OPTION_DURATION,
     .default_value = "60s",
     .min = 0,
     .max = 86400000,
     .help = "how long to wait before a retry at most"},
};

/* The one of them whose default the driver knows. */
static const struct ferry_option retries_option = {
    .name = "retries",
    .type = FERRY_OPTION_INT,
    .min = 0,
    .max = FERRY_RETRIES_MOST,
    .help = "how often a run is tried again after a failure that may pass"};

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the keys of a connection");
}

ferry_status ferry_connection_keys_add(struct ferry_config *config,
                                       struct ferry_driver_handle *driver,
                                       struct ferry_error *error)
{
    struct ferry_option retries = retries_option;
    retries.default_value = driver->retries_text;
    config->driver = driver;
    if (!ferry_config_add_options(config, connection_options,
                                  sizeof connection_options / sizeof connection_options[0]) ||
        !ferry_config_add_options(config, &retries, 1))
        return fail_memory(error);
    for (size_t i = 0; i < driver->driver.option_count; i++) {
        const struct ferry_option *option = &driver->driver.options[i];
        if (ferry_config_find(config, option->name) != NULL)
            return ferry_fail(error, FERRY_ERR_CONFIG,
                              "driver %s declares the key '%s' twice, or it is one that every "
                              "connection has",
                              driver->path, option->name);
        if (!ferry_config_add_options(config, option, 1))
            return fail_memory(error);
    }
    return FERRY_OK;
}
