/* What keeps account of runs: none of it is needed by a run, so that what is wrong is a warning. */

#include "command/check_watching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/folder.h"
#include "command/watched.h"

/* Whether a file can be made in the folder, or the folder in the one above it that is there. */
static bool can_be_made(const char *folder)
{
    FERRY_AUTO_FREE char *path = strdup(folder);
    while (path != NULL && access(path, F_OK) != 0 && strchr(path, '/') != NULL &&
           strcmp(path, "/") != 0) {
        char *above = ferry_folder_of(path);
        free(path);
        path = above;
    }
    return path != NULL && access(path, W_OK | X_OK) == 0;
}

static void check_writing(struct ferry_check *check, const char *folder)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf file = {0};
    ferry_strbuf_addf(&file, "%s/" FERRY_HISTORY_FILE, folder);
    bool is_there = access(ferry_strbuf_text(&file), F_OK) == 0;
    if (can_be_made(folder) && (!is_there || access(ferry_strbuf_text(&file), W_OK) == 0))
        ferry_check_ok(check, "history", is_there ? "%s" : "%s is made by the first run",
                       ferry_strbuf_text(&file));
    else
        ferry_check_warn(
            check, "history", "let the user of the jobs write there, or set state_dir in general",
            "this user cannot write %s: %s", ferry_strbuf_text(&file), strerror(errno));
}

static void check_history(struct ferry_check *check, const struct ferry_config *general)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_history_keep keep = {0};
    struct ferry_history *history = NULL;
    FERRY_AUTO_FREE char *folder = ferry_watched_folder(general, &keep);
    if (keep.nothing)
        return;
    if (folder == NULL) {
        ferry_check_warn(check, "history", "set state_dir in general",
                         "there is no folder for it: neither STATE_DIRECTORY nor HOME is set");
        return;
    }
    ferry_status status = ferry_history_open(folder, false, &history, &error);
    ferry_history_close(history);
    if (status == FERRY_OK || status == FERRY_ERR_NOT_FOUND)
        check_writing(check, folder);
    else
        ferry_check_warn(check, "history", "see to that file, or set another state_dir", "%s",
                         error.message);
}

static void check_metrics(struct ferry_check *check, const struct ferry_config *general)
{
    const char *file = ferry_config_string(general, "metrics_file");
    if (file == NULL)
        return;
    FERRY_AUTO_FREE char *folder = ferry_folder_of(file);
    if (folder != NULL && access(folder, W_OK | X_OK) == 0)
        ferry_check_ok(check, "metrics", "%s", file);
    else
        ferry_check_warn(check, "metrics",
                         "make the folder and let the user of the jobs write there, or correct "
                         "metrics_file",
                         "this user cannot write the folder of %s: %s", file, strerror(errno));
}

/* As the program will be looked for: in $PATH where it stands there without a slash. */
static bool can_be_run(const char *program)
{
    const char *path = getenv("PATH");
    if (strchr(program, '/') != NULL || path == NULL)
        return access(program, X_OK) == 0;
    for (;; path++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf file = {0};
        size_t length = strcspn(path, ":");
        ferry_strbuf_append(&file, path, length);
        ferry_strbuf_addf(&file, "%s%s", length > 0 ? "/" : "", program);
        if (access(ferry_strbuf_text(&file), X_OK) == 0)
            return true;
        path += length;
        if (*path == '\0')
            return false;
    }
}

static void check_notices(struct ferry_check *check, const struct ferry_config *general)
{
    if (ferry_config_length(general, "notify_command") == 0)
        return;
    const char *program = ferry_config_string_at(general, "notify_command", 0);
    if (can_be_run(program))
        ferry_check_ok(check, "notices", "%s", program);
    else
        ferry_check_warn(check, "notices", "install it, or correct notify_command",
                         "%s cannot be run: %s", program, strerror(errno));
}

void ferry_check_watching(struct ferry_check *check, const struct ferry_config *general)
{
    check_history(check, general);
    check_metrics(check, general);
    check_notices(check, general);
}
