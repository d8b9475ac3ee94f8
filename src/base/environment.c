/* What the programs that dbferry starts see of its environment: all but variables that hold
 * secrets.
 *
 * A password_command needs the environment that its user has made for it, and no other connection's
 * password.  What a started program has in its environment, its children and their logs have too.
 */

#include "base/environment.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

static char **hidden;
static size_t hidden_count;

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
