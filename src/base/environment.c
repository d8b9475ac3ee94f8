/* What libraries and the programs that dbferry starts see of its environment: all but variables
 * that steer libraries or hold secrets.
 *
 * What a connection does is decided by its configuration alone, which may name a variable all the
 * same: so those that are taken are kept, where only we look.  A password_command needs the
 * environment that its user has made for it, and no other connection's password.  What a started
 * program has in its environment, its children and their logs have too.
 */

#include "base/environment.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

static char **hidden;
static size_t hidden_count;
static char **taken; /* "NAME=VALUE", as they stood in the environment */
static size_t taken_count;

static bool environment_hides(const char *variable)
{
    size_t length = strcspn(variable, "=");
    for (size_t i = 0; i < hidden_count; i++)
        if (strlen(hidden[i]) == length && memcmp(hidden[i], variable, length) == 0)
            return true;
    return false;
}

bool ferry_environment_hide(const char *name)
{
    if (environment_hides(name))
        return true;
    char **list = reallocarray(hidden, hidden_count + 1, sizeof *list);
    if (list == NULL)
        return false;
    hidden = list;
    hidden[hidden_count] = strdup(name);
    if (hidden[hidden_count] == NULL)
        return false;
    hidden_count++;
    return true;
}

bool ferry_environment_pattern_is_valid(const char *pattern)
{
    size_t length = strspn(pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789_");
    return length > 0 &&
           (pattern[length] == '\0' || (length >= 2 && strcmp(pattern + length, "*") == 0));
}

static bool pattern_fits(const char *pattern, const char *variable)
{
    size_t length = strcspn(pattern, "*");
    if (strncmp(pattern, variable, length) != 0)
        return false;
    return pattern[length] == '*' || variable[length] == '=';
}

/* The texts themselves stay where they are for as long as the process lives. */
bool ferry_environment_take(const char *pattern)
{
    char **kept = environ;
    for (char **at = environ; at != NULL && *at != NULL; at++) {
        if (!pattern_fits(pattern, *at))
            continue;
        char **list = reallocarray(taken, taken_count + 1, sizeof *list);
        if (list == NULL)
            return false;
        taken = list;
        taken[taken_count++] = *at;
    }
    for (char **at = environ; at != NULL && *at != NULL; at++)
        if (!pattern_fits(pattern, *at))
            *kept++ = *at;
    if (kept != NULL)
        *kept = NULL;
    return true;
}

const char *ferry_environment_value(const char *name)
{
    const char *value = getenv(name);
    size_t length = strlen(name);
    for (size_t i = 0; i < taken_count && value == NULL; i++)
        if (strncmp(taken[i], name, length) == 0 && taken[i][length] == '=')
            value = taken[i] + length + 1;
    return value;
}

char **ferry_environment_for_programs(void)
{
    size_t count = 0;
    while (environ != NULL && environ[count] != NULL)
        count++;
    char **list = calloc(count + 1, sizeof *list);
    if (list == NULL)
        return NULL;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!environment_hides(environ[i]))
            list[kept++] = environ[i];
    return list;
}
