/* From the parsed file to checked values: where they stand, what the environment says for them. */

#ifndef FERRY_CONFIG_FILL_H
#define FERRY_CONFIG_FILL_H

#include "config/file.h"
#include "driver/option.h"

/* No program that is started sees the variables that these connections, read or not, name for their
 * passwords.  Their drivers are not asked: it is by the keys' names.  False if out of memory. */
bool ferry_config_hide_secrets(const config_setting_t *connections);

/* Where a node stands. */
struct ferry_origin ferry_config_origin(const struct ferry_config_file *file,
                                        const config_setting_t *node);

/* The string `key` of a group, NULL if there is none; "${NAME}" is the environment's NAME then.
 * Valid as long as the file and the environment. */
ferry_status ferry_config_member(const struct ferry_config_file *file,
                                 const config_setting_t *group, const char *key,
                                 const char **ret_text, struct ferry_error *error);

/* Sets every key of the group `node`, with "${NAME}" taken from the environment, then applies
 * defaults. */
ferry_status ferry_config_fill(struct ferry_config *config, const struct ferry_config_file *file,
                               const config_setting_t *node, struct ferry_error *error);

#endif
