/* Whether two configurations say the same: of a connection, a job, or a group of a list. */

#ifndef FERRY_OPTION_HASH_H
#define FERRY_OPTION_HASH_H

#include "driver/option.h"

/* A hash of all keys and values, defaults too, which goes on from `seed`.  Secrets, and where they
 * come from, are no part of it. */
uint64_t ferry_config_hash(uint64_t seed, const struct ferry_config *config);

#endif
