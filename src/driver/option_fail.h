/* What is told of a key or a value that cannot be taken: where it stands, and what would do. */

#ifndef FERRY_OPTION_FAIL_H
#define FERRY_OPTION_FAIL_H

#include "driver/option.h"

/* Each returns what it has recorded: the class of `origin`, or SYSTEM. */
ferry_status ferry_config_fail_memory(struct ferry_error *error);
/* The value is of another type than the key. */
ferry_status ferry_config_fail_type(const struct ferry_config *config,
                                    const struct ferry_option *option,
                                    const struct ferry_origin *origin, struct ferry_error *error);
/* Entry `i` of a list is no string, or no group. */
ferry_status ferry_config_fail_entry(const struct ferry_config *config, const char *key, size_t i,
                                     const struct ferry_origin *origin, struct ferry_error *error);
ferry_status ferry_config_fail_range(const struct ferry_config *config,
                                     const struct ferry_option *option,
                                     const struct ferry_origin *origin, struct ferry_error *error);
ferry_status ferry_config_fail_unknown(const struct ferry_config *config, const char *key,
                                       const struct ferry_origin *origin,
                                       struct ferry_error *error);

#endif
