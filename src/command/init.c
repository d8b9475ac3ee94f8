/* dbferry init: writes a configuration to start from.  A person at a terminal is asked what shall
 * stand in it; else it is a commented sample. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/folder.h"
#include "base/signals.h"
#include "command/ask.h"
#include "command/command.h"
#include "command/interview.h"
#include "command/starter.h"
#include "config/file.h"
#include "config/secret.h"

#define FILE_MODE 0600 /* a password may be written into it */

/* What was made, so that it can be taken back. */
struct made {
    const char *folder;
    size_t folders; /* the last of its path are new */
    struct {
        char *path;
        struct stat file;
    } files[3]; /* two passwords and the configuration */
    size_t count;
};

static void take_files_back(struct made *made)
{
    while (made->count > 0) {
        made->count--;
        (void)ferry_file_remove(AT_FDCWD, made->files[made->count].path,
                                &made->files[made->count].file);
        free(made->files[made->count].path);
    }
}

static void forget_files(struct made *made)
{
    while (made->count > 0)
        free(made->files[--made->count].path);
}

static void take_all_back(struct made *made)
{
    take_files_back(made);
    ferry_folder_take_back(made->folder, made->folders);
}

static ferry_status fail_create(const char *path, int reason, struct ferry_error *error)
{
    if (reason == EEXIST)
        return ferry_fail(error, FERRY_ERR_TARGET_OPEN,
                          "%s is there already and stays as it is; name another folder, or move it "
                          "away",
                          path);
    return ferry_fail(error, ferry_error_class_of_errno(reason, FERRY_ERR_TARGET_OPEN),
                      "cannot create %s: %s", path, strerror(reason));
}

/* Writes a file that was not there.  `*ret_reason` is an error number, EEXIST where it was. */
static ferry_status write_file(struct made *made, const char *path, const char *text,
                               int *ret_reason, struct ferry_error *error)
{
    FERRY_AUTO_FD int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        *ret_reason = errno;
        return fail_create(path, errno, error);
    }
    size_t size = strlen(text);
    struct stat file = {0};
    char *copy = strdup(path);
    bool known = fstat(fd, &file) == 0;
    errno = ENOSPC; /* of a write that stops half-way */
    if (copy == NULL || fchmod(fd, FILE_MODE) != 0 || write(fd, text, size) != (ssize_t)size) {
        *ret_reason = errno;
        if (known)
            (void)ferry_file_remove(AT_FDCWD, path, &file);
        free(copy);
        return ferry_fail(error, ferry_error_class_of_errno(*ret_reason, FERRY_ERR_TARGET_IO),
                          "cannot write %s: %s", path, strerror(*ret_reason));
    }
    made->files[made->count].path = copy;
    made->files[made->count++].file = file;
    return FERRY_OK;
}

/* ---- By asking ---- */

/* NAME.password, or NAME-2.password where that is there: it may be another's. */
static ferry_status write_secret(struct made *made, const struct ferry_draft_side *side,
                                 struct ferry_strbuf *name, struct ferry_error *error)
{
    ferry_status status = FERRY_ERR_TARGET_OPEN;
    int reason = EEXIST;
    if (side->secret == NULL)
        return FERRY_OK;
    for (int i = 1; status != FERRY_OK && reason == EEXIST && i < 100; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
        ferry_error_clear(error);
        ferry_strbuf_reset(name);
        ferry_strbuf_add(name, side->name);
        if (i > 1)
            ferry_strbuf_addf(name, "-%d", i);
        ferry_strbuf_addf(name, ".%s", side->secret_key);
        ferry_strbuf_addf(&path, "%s/%s", made->folder, ferry_strbuf_text(name));
        if (path.failed || name->failed)
            return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a path");
        status = write_file(made, ferry_strbuf_text(&path), side->secret, &reason, error);
    }
    return status;
}

static ferry_status write_draft(struct made *made, const struct ferry_draft *draft,
                                const char *path, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf source = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf target = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    int reason = 0;
    ferry_status status = write_secret(made, &draft->source, &source, error);
    if (status == FERRY_OK)
        status = write_secret(made, &draft->target, &target, error);
    if (status != FERRY_OK)
        return status;
    ferry_draft_write(draft, ferry_strbuf_text(&source), ferry_strbuf_text(&target), &text);
    if (text.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    return write_file(made, path, ferry_strbuf_text(&text), &reason, error);
}

static const struct ferry_command *find_check(void)
{
    const struct ferry_command *command = ferry_commands;
    while (command->run != ferry_command_check)
        command++;
    return command;
}

/* Whether the answers shall stay as they are: the check says yes, or the person does. */
static ferry_status judge(const char *path, bool *ret_good, struct ferry_error *error)
{
    const struct ferry_arguments check = {.command = find_check(), .config = path};
    FERRY_AUTO_FREE char *answer = NULL;
    ferry_ask_tell("");
    *ret_good = ferry_command_check(&check) == FERRY_OK;
    (void)fflush(stdout);
    if (ferry_signal_caught() != 0)
        return ferry_fail(error, FERRY_ERR_CANCELLED, "stopped; nothing is written");
    if (*ret_good)
        return FERRY_OK;
    ferry_status status = ferry_ask("Enter corrects the answers, \"keep\" keeps the file as it is",
                                    NULL, &answer, error);
    if (status == FERRY_OK)
        *ret_good = strcmp(answer, "keep") == 0;
    return status;
}

static ferry_status ask_and_write(struct made *made, const char *path, struct ferry_error *error)
{
    struct ferry_draft draft = {.source = {.name = "source"}, .target = {.name = "target"}};
    bool good = false;
    ferry_status status = FERRY_OK;
    while (status == FERRY_OK && !good) {
        take_files_back(made);
        status = ferry_interview(&draft, made->folder, error);
        if (status == FERRY_OK)
            status = write_draft(made, &draft, path, error);
        if (status == FERRY_OK)
            status = judge(path, &good, error);
    }
    ferry_draft_done(&draft);
    return status;
}

static ferry_status ask(struct made *made, const char *path, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    struct stat file;
    if (lstat(path, &file) == 0)
        return fail_create(path, EEXIST, error);
    ferry_secret_allow_prompt(true);
    ferry_strbuf_addf(&text,
                      "This makes %s.  Enter takes what stands in brackets; Ctrl-C ends it, and "
                      "nothing is written.",
                      path);
    ferry_ask_tell(ferry_strbuf_text(&text));
    ferry_ask_tell("");
    return ask_and_write(made, path, error);
}

/* ---- The whole ---- */

static void tell_next(const struct ferry_arguments *arguments, const char *path, bool is_tried)
{
    const char *option = arguments->operand_count > 0 ? " --config " : "";
    const char *named = arguments->operand_count > 0 ? path : "";
    if (is_tried)
        (void)printf("wrote %s\nsee what would happen: dbferry plan%s%s\ndo it: dbferry run%s%s\n",
                     path, option, named, option, named);
    else
        (void)printf("wrote %s\nedit it, then try it with: dbferry check%s%s\n", path, option,
                     named);
}

static ferry_status init(const struct ferry_arguments *arguments, struct ferry_error *error)
{
    bool asks = ferry_ask_is_possible() && !arguments->quiet;
    int reason = 0;
    FERRY_AUTO_FREE char *folder = arguments->operand_count > 0 ? strdup(arguments->operands[0])
                                                                : ferry_config_default_folder();
    if (folder == NULL || folder[0] == '\0')
        return ferry_fail(error, FERRY_ERR_USAGE, "no folder for the configuration: name one");
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&path, "%s/dbferry.conf", folder);
    if (path.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a path");
    struct made made = {.folder = folder};
    ferry_status status = ferry_folder_make(folder, &made.folders, error);
    if (status == FERRY_OK && asks)
        status = ask(&made, ferry_strbuf_text(&path), error);
    else if (status == FERRY_OK)
        status = write_file(&made, ferry_strbuf_text(&path), ferry_starter_text, &reason, error);
    if (status == FERRY_OK && !arguments->quiet)
        tell_next(arguments, ferry_strbuf_text(&path), asks);
    if (status == FERRY_OK)
        forget_files(&made);
    else
        take_all_back(&made);
    return status;
}

ferry_status ferry_command_init(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    if (ferry_command_open_log(arguments, NULL, &error) == FERRY_OK)
        (void)init(arguments, &error);
    return ferry_command_report(&error, NULL);
}
