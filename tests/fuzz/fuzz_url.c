/* A connection's URL: refused with a message, or its parts reach their keys with nothing hidden in
 * them. */

#include "fuzz.h"

#include "config/url.h"
#include "driver/load.h"

static const struct ferry_option server_keys[] = {
    {.name = "host", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_URL_HOST},
    {.name = "port",
     .type = FERRY_OPTION_INT,
     .help = "x",
     .min = 1,
     .max = 65535,
     .default_value = "3306",
     .flags = FERRY_OPTION_URL_PORT},
    {.name = "user", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_URL_USER},
    {.name = "database", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_URL_PATH},
};

static struct ferry_driver_handle handle = {.driver = {.name = "fuzz"}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ferry_error error = {0};
    char *url = fuzz_text(data, size);
    if (ferry_url_is_one(url)) {
        char *driver = ferry_url_driver(url);
        MUST(driver != NULL && driver[0] != '\0' && strncmp(driver, url, strlen(driver)) == 0);
        free(driver);
        struct ferry_config *config = ferry_config_new("connection", "fuzz");
        MUST(config != NULL);
        MUST(ferry_config_add_options(config, server_keys,
                                      sizeof server_keys / sizeof *server_keys));
        config->driver = &handle;
        ferry_status status = ferry_url_apply(url, config, &error);
        MUST((status == FERRY_OK) == (error.message == NULL));
        if (status == FERRY_OK && ferry_config_is_set(config, "port")) {
            int64_t port = ferry_config_int(config, "port");
            MUST(port >= 1 && port <= 65535);
        }
        ferry_error_clear(&error);
        ferry_config_free(config);
    }
    free(url);
    return 0;
}
