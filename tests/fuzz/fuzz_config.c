/* A configuration's text: what the lint lets through, the parser takes or refuses in good order,
 * and an integer that it takes is the one that was written. */

#include "fuzz.h"

#include <libconfig.h>

#include "config/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ferry_error error = {0};
    char *text = fuzz_text(data, size);
    if (ferry_config_lint("fuzz", text, size, &error) == FERRY_OK) {
        MUST(error.message == NULL);
        MUST(strlen(text) == size); /* no NUL, behind which the parser would see nothing */
        config_t config;
        config_init(&config);
        if (config_read_string(&config, text) == CONFIG_TRUE) {
            const config_setting_t *root = config_root_setting(&config);
            for (int i = 0; i < config_setting_length(root); i++)
                MUST(config_setting_get_elem(root, (unsigned)i) != NULL);
        } else {
            MUST(config_error_type(&config) == CONFIG_ERR_PARSE);
        }
        config_destroy(&config);
    } else {
        MUST(error.message != NULL && error.message[0] != '\0');
        ferry_error_clear(&error);
    }
    free(text);
    return 0;
}
