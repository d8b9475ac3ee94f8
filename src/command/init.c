/* dbferry init: writes a commented configuration to start from. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/folder.h"
#include "command/command.h"
#include "command/starter.h"
#include "config/file.h"

#define FILE_MODE 0600 /* a password may be written into it */

static ferry_status write_file(const char *path, struct ferry_error *error)
{
    FERRY_AUTO_FD int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0 && errno == EEXIST)
        return ferry_fail(error, FERRY_ERR_TARGET_OPEN,
                          "%s is there already and stays as it is; name another folder, or move it "
                          "away",
                          path);
    if (fd < 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                          "cannot create %s: %s", path, strerror(errno));
    size_t size = strlen(ferry_starter_text);
    struct stat file;
    errno = ENOSPC; /* of a write that stops half-way */
    if (fchmod(fd, FILE_MODE) != 0 || write(fd, ferry_starter_text, size) != (ssize_t)size) {
        int reason = errno;
        if (fstat(fd, &file) == 0)
            (void)ferry_file_remove(AT_FDCWD, path, &file);
        return ferry_fail(error, ferry_error_class_of_errno(reason, FERRY_ERR_TARGET_IO),
                          "cannot write %s: %s", path, strerror(reason));
    }
    return FERRY_OK;
}

static ferry_status init(const struct ferry_arguments *arguments, struct ferry_error *error)
{
    FERRY_AUTO_FREE char *folder = arguments->operand_count > 0 ? strdup(arguments->operands[0])
                                                                : ferry_config_default_folder();
    if (folder == NULL || folder[0] == '\0')
        return ferry_fail(error, FERRY_ERR_USAGE, "no folder for the configuration: name one");
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&path, "%s/dbferry.conf", folder);
    if (path.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a path");
    ferry_status status = ferry_folder_make(folder, error);
    if (status == FERRY_OK)
        status = write_file(ferry_strbuf_text(&path), error);
    if (status == FERRY_OK && !arguments->quiet)
        (void)printf("wrote %s\nedit it, then try it with: dbferry check%s%s\n",
                     ferry_strbuf_text(&path), arguments->operand_count > 0 ? " --config " : "",
                     arguments->operand_count > 0 ? ferry_strbuf_text(&path) : "");
    return status;
}

ferry_status ferry_command_init(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    if (ferry_command_open_log(arguments, NULL, &error) == FERRY_OK)
        (void)init(arguments, &error);
    return ferry_command_report(&error, NULL);
}
