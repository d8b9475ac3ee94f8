/* Patterns of names: `*` any number of characters, `?` one, `[a-z]` one of those. */

#ifndef FERRY_GLOB_H
#define FERRY_GLOB_H

#include <stdbool.h>

/* Whether the whole name fits; case counts, and `\` takes the meaning from the character behind it.
 * Characters are those of UTF-8. */
bool ferry_glob_fits(const char *pattern, const char *name);

#endif
