/* The first of several places, as services and people have them. */

#include "report/state_dir.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

#define SERVICES "/var/lib/dbferry"

/* An absolute path, as both standards demand. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

static char *below(const char *folder, const char *name)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&path, "%s/%s", folder, name);
    return ferry_strbuf_steal(&path);
}

char *ferry_state_dir_find(const char *configured)
{
    const char *services = variable("STATE_DIRECTORY");
    const char *users = variable("XDG_STATE_HOME");
    const char *home = variable("HOME");
    if (configured != NULL)
        return strdup(configured);
    if (services != NULL) /* of several, parted by colons (systemd.exec(5)), the first */
        return strndup(services, strcspn(services, ":"));
    if (users != NULL)
        return below(users, "dbferry");
    if (geteuid() == 0 && access(SERVICES, F_OK) == 0)
        return strdup(SERVICES);
    return home == NULL ? NULL : below(home, ".local/state/dbferry");
}
