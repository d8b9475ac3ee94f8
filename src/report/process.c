/* A pid is given to others in time: with the moment at which its process began it is not. */

#include "report/process.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"

char *ferry_process_host(void)
{
    char name[256] = ""; /* POSIX allows 255 */
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    return strdup(name);
}

/* Field 22 of /proc/PID/stat; the second, in brackets, may hold anything (proc(5)). */
static int64_t find_started(char *line)
{
    char *rest = NULL;
    char *at = strrchr(line, ')');
    int64_t started = -1;
    if (at == NULL)
        return -1;
    at = strtok_r(at + 1, " ", &rest);
    for (int field = 3; at != NULL && field < 22; field++)
        at = strtok_r(NULL, " ", &rest);
    return at != NULL && ferry_units_parse_int(at, &started) ? started : -1;
}

int64_t ferry_process_started(int64_t pid)
{
    char path[64];
    FERRY_AUTO_FREE char *line = NULL;
    size_t size = 0;
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    int64_t started = getline(&line, &size, file) > 0 ? find_started(line) : -1;
    (void)fclose(file);
    return started;
}

bool ferry_process_is_there(int64_t pid, int64_t started)
{
    if (pid <= 0 || (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
        return false;
    int64_t now = ferry_process_started(pid);
    return now == -1 || started == -1 || now == started;
}
