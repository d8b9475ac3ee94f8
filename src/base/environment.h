/* What the programs that dbferry starts see of its environment. */

#ifndef FERRY_ENVIRONMENT_H
#define FERRY_ENVIRONMENT_H

#include <stdbool.h>

/* From now on, no program that is started sees the variable `name`: it holds a secret.  False if
 * out of memory. */
bool ferry_environment_hide(const char *name);

/* The environment without what is hidden: a list that ends with NULL, for posix_spawn().  The
 * caller frees the list; its texts are the environment's own.  NULL if out of memory. */
char **ferry_environment_for_programs(void);

#endif
