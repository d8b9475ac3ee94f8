/* A driver says by its table of options that a connection is a file. */

#include "driver/option_path.h"

#include <stdlib.h>
#include <string.h>

/* The row of the path; `config->count`: there is none. */
static size_t find_path(const struct ferry_config *config)
{
    size_t i = 0;
    while (i < config->count && (config->options[i].type != FERRY_OPTION_PATH ||
                                 (config->options[i].flags & FERRY_OPTION_URL_PATH) == 0))
        i++;
    return i;
}

const char *ferry_config_path(const struct ferry_config *config)
{
    size_t at = find_path(config);
    return at < config->count ? config->values[at].text : NULL;
}

struct ferry_config *ferry_config_move(const struct ferry_config *config, const char *path)
{
    size_t at = find_path(config);
    struct ferry_config *moved = calloc(1, sizeof *moved);
    struct ferry_option_value *values = calloc(config->count + 1, sizeof *values);
    char *text = strdup(path);
    if (moved == NULL || values == NULL || text == NULL || at == config->count) {
        free(moved);
        free(values);
        free(text);
        return NULL;
    }
    memcpy(values, config->values, config->count * sizeof *values);
    values[at].text = text;
    *moved = *config;
    moved->values = values;
    return moved;
}

void ferry_config_free_moved(struct ferry_config *config)
{
    if (config == NULL)
        return;
    free(config->values[find_path(config)].text);
    free(config->values);
    free(config);
}
