/* What the files of the options have in common that put values into a group. */

#ifndef FERRY_OPTION_SET_H
#define FERRY_OPTION_SET_H

#include "driver/option.h"

/* The place of the row that is to be set; refuses an unknown key and one of a later version. */
ferry_status ferry_config_lookup(const struct ferry_config *config, const char *key,
                                 const struct ferry_origin *origin, size_t *ret_index,
                                 struct ferry_error *error);
/* Puts the default of row `i` in place, if it has one. */
ferry_status ferry_config_set_default(struct ferry_config *config, size_t i,
                                      struct ferry_error *error);
/* Refuses a text that is longer than any value. */
ferry_status ferry_config_check_length(const struct ferry_config *config, const char *key,
                                       const char *text, const struct ferry_origin *origin,
                                       struct ferry_error *error);
/* The group of that very name, made and named if need be; of a key whose groups have names. */
ferry_status ferry_config_named_group(struct ferry_config *config, const char *key,
                                      const char *name, const struct ferry_origin *origin,
                                      struct ferry_config **ret_group, struct ferry_error *error);
/* Finishes the groups of row `i`, each at its own origin, and refuses two of one name. */
ferry_status ferry_config_finish_groups(const struct ferry_config *config, size_t i,
                                        struct ferry_error *error);

#endif
