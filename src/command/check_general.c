/* The places that the group `general` names, each looked at by a function of its own.
 *
 * What cannot be used at all ends the command before it comes here: it has opened the log. */

#include "command/check_general.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/folder.h"

/* Who else may put another file in the place of one in this folder; NULL: nobody. */
static const char *find_stranger(const struct stat *folder)
{
    bool sticky = (folder->st_mode & S_ISVTX) != 0;
    if ((folder->st_mode & S_IWOTH) != 0 && !sticky)
        return "every user of this machine";
    if (folder->st_uid != 0 && folder->st_uid != geteuid())
        return "the user that it belongs to";
    bool own_group = folder->st_gid == 0 || folder->st_gid == getegid();
    return (folder->st_mode & S_IWGRP) != 0 && !sticky && !own_group ? "its group" : NULL;
}

static void check_log(struct ferry_check *check, const struct ferry_config *general)
{
    const char *file = ferry_config_string(general, "log_file");
    struct stat stat_buffer;
    if (file == NULL)
        return;
    FERRY_AUTO_FREE char *folder = ferry_folder_of(file);
    if (folder == NULL || stat(folder, &stat_buffer) != 0) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        (void)ferry_fail(&error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                         "cannot look at the folder of %s: %s; correct log_file", file,
                         strerror(errno));
        (void)ferry_check_fail(check, "log file", &error);
        return;
    }
    const char *stranger = find_stranger(&stat_buffer);
    if (stranger == NULL)
        ferry_check_ok(check, "log file", "%s", file);
    else
        ferry_check_warn(check, "log file",
                         "let root or the user of the jobs own the folder, and nobody else write "
                         "to it",
                         "%s can write to the folder %s (mode %04o), and exchange the log there",
                         stranger, folder, (unsigned)(stat_buffer.st_mode & 07777));
}

void ferry_check_general(struct ferry_check *check, const struct ferry_config *general)
{
    check_log(check, general);
}
