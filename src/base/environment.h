/* What libraries and the programs that dbferry starts see of its environment. */

#ifndef FERRY_ENVIRONMENT_H
#define FERRY_ENVIRONMENT_H

#include <stdbool.h>

/* From now on, no program that is started sees the variable `name`: it holds a secret.  False if
 * out of memory. */
bool ferry_environment_hide(const char *name);

/* Whether `pattern` is a name, or the beginning of one with two letters at least and a '*'. */
bool ferry_environment_pattern_is_valid(const char *pattern);

/* Take the variables that `pattern` names out of the environment, for whoever looks there, now and
 * later: libraries, and programs that are started.  Main thread, where no other reads the
 * environment.  False if out of memory; then some may still be there. */
bool ferry_environment_take(const char *pattern);

/* As getenv(), also of a variable that was taken: for what the configuration names. */
const char *ferry_environment_value(const char *name);

/* The environment without what is hidden: a list that ends with NULL, for posix_spawn().  The
 * caller frees the list; its texts are the environment's own.  NULL if out of memory. */
char **ferry_environment_for_programs(void);

#endif
