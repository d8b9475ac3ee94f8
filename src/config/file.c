/* A configuration is read into memory before anything looks at it: what was checked is what is
 * parsed. */

#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/folder.h"
#include "base/strbuf.h"
#include "config/lint.h"

#define FILE_LIMIT ((size_t)1 << 20)
#define SYSTEM_FOLDER "/etc/dbferry"
#define FILE_NAME "dbferry.conf"

/* ---- Finding ---- */

char *ferry_config_default_folder(void)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf folder = {0};
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (geteuid() == 0)
        ferry_strbuf_add(&folder, SYSTEM_FOLDER);
    else if (base != NULL && base[0] == '/')
        ferry_strbuf_addf(&folder, "%s/dbferry", base);
    else if (home != NULL && home[0] == '/')
        ferry_strbuf_addf(&folder, "%s/.config/dbferry", home);
    else
        return NULL;
    return ferry_strbuf_steal(&folder);
}

/* Takes `path` over if a file is there, or if there is no memory for it. */
static bool take_if_exists(struct ferry_strbuf *path, char **ret_path)
{
    if (!path->failed && access(ferry_strbuf_text(path), F_OK) != 0)
        return false;
    *ret_path = ferry_strbuf_steal(path);
    return true;
}

static ferry_status check_taken(const char *path, struct ferry_error *error)
{
    return path != NULL ? FERRY_OK
                        : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a path");
}

static ferry_status find_file(char **ret_path, struct ferry_error *error)
{
    const char *named = getenv("DBFERRY_CONFIG");
    if (named != NULL && named[0] != '\0') {
        *ret_path = strdup(named);
        return check_taken(*ret_path, error);
    }
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (base != NULL && base[0] == '/')
        ferry_strbuf_addf(&path, "%s/dbferry/" FILE_NAME, base);
    else if (home != NULL && home[0] == '/')
        ferry_strbuf_addf(&path, "%s/.config/dbferry/" FILE_NAME, home);
    if (take_if_exists(&path, ret_path))
        return check_taken(*ret_path, error);
    FERRY_AUTO_STRBUF struct ferry_strbuf system = {0};
    ferry_strbuf_add(&system, SYSTEM_FOLDER "/" FILE_NAME);
    if (take_if_exists(&system, ret_path))
        return check_taken(*ret_path, error);
    return ferry_fail(error, FERRY_ERR_CONFIG,
                      "no configuration file: looked for %s and " SYSTEM_FOLDER "/" FILE_NAME
                      "; write one with \"dbferry init\", or name one with --config FILE",
                      path.length > 0 ? ferry_strbuf_text(&path) : "$HOME/.config/dbferry");
}

/* ---- Reading ---- */

static ferry_status check_file(const char *path, const struct stat *stat, struct ferry_error *error)
{
    if (!S_ISREG(stat->st_mode))
        return ferry_fail(error, FERRY_ERR_CONFIG, "configuration %s is not a plain file", path);
    if (stat->st_uid != 0 && stat->st_uid != geteuid())
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "configuration %s belongs to another user (uid %ju), who could change "
                          "what dbferry does; chown it to yourself or to root",
                          path, (uintmax_t)stat->st_uid);
    if ((stat->st_mode & 022) != 0)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "configuration %s is writable by others (mode %04o); chmod go-w it", path,
                          (unsigned)(stat->st_mode & 07777));
    if ((uintmax_t)stat->st_size > FILE_LIMIT)
        return ferry_fail(error, FERRY_ERR_CONFIG, "configuration %s is larger than %zu bytes",
                          path, FILE_LIMIT);
    return FERRY_OK;
}

static ferry_status read_text(int fd, const char *path, struct ferry_strbuf *text,
                              struct ferry_error *error)
{
    char part[16384];
    ferry_status status = FERRY_OK;
    ssize_t size = 1;
    while (status == FERRY_OK && size != 0) {
        size = read(fd, part, sizeof part);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0) {
            status = ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                                "cannot read %s: %s", path, strerror(errno));
            break;
        }
        ferry_strbuf_append(text, part, (size_t)size);
        if (text->failed)
            status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
        else if (text->length > FILE_LIMIT)
            status = ferry_fail(error, FERRY_ERR_CONFIG, "configuration %s is too large", path);
    }
    explicit_bzero(part, sizeof part);
    return status;
}

/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
static ferry_status open_checked(const char *path, bool *ret_private, struct ferry_strbuf *text,
                                 struct ferry_error *error)
{
    FERRY_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat stat;
    if (fd < 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                          "cannot open configuration %s: %s%s", path, strerror(errno),
                          errno == ENOENT ? "; write one with \"dbferry init\"" : "");
    if (fstat(fd, &stat) != 0)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot look at %s: %s", path, strerror(errno));
    ferry_status status = check_file(path, &stat, error);
    if (status == FERRY_OK)
        status = read_text(fd, path, text, error);
    if (status == FERRY_OK)
        *ret_private = (stat.st_mode & 077) == 0;
    return status;
}

/* libconfig does not look whether it got the memory for a name or a text. */
static bool is_whole(const config_setting_t *node)
{
    bool named = config_setting_type(node) == CONFIG_TYPE_GROUP;
    if (config_setting_type(node) == CONFIG_TYPE_STRING && config_setting_get_string(node) == NULL)
        return false;
    if (config_setting_is_aggregate(node) != CONFIG_TRUE)
        return true;
    for (int i = 0; i < config_setting_length(node); i++) {
        const config_setting_t *child = config_setting_get_elem(node, (unsigned)i);
        if ((named && config_setting_name(child) == NULL) || !is_whole(child))
            return false;
    }
    return true;
}

static ferry_status parse_text(struct ferry_config_file *file, struct ferry_strbuf *text,
                               struct ferry_error *error)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    /* libconfig 1.5 takes a comment on the last line for an error without it. */
    if (text->length > 0 && text->data[text->length - 1] != '\n')
        ferry_strbuf_add(text, "\n");
    if (text->failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    const char *start = ferry_strbuf_text(text);
    size_t size = text->length;
    if (strncmp(start, byte_order_mark, 3) == 0) {
        start += 3;
        size -= 3;
    }
    ferry_status status = ferry_config_lint(file->path, start, size, error);
    if (status != FERRY_OK)
        return status;
    config_set_include_dir(&file->tree, "/dev/null"); /* the lint refuses it; twice is safer */
    errno = 0;
    bool parsed = config_read_string(&file->tree, start) == CONFIG_TRUE;
    if (errno == ENOMEM || (parsed && !is_whole(config_root_setting(&file->tree))))
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    if (!parsed)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "%s:%d: %s; each setting is NAME = VALUE; and groups are { ... }",
                          file->path, config_error_line(&file->tree),
                          config_error_text(&file->tree));
    return FERRY_OK;
}

ferry_status ferry_config_file_open(const char *path, struct ferry_config_file **ret_file,
                                    struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    struct ferry_config_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    config_init(&file->tree);
    ferry_status status = FERRY_OK;
    if (path == NULL)
        status = find_file(&file->path, error);
    else
        file->path = strdup(path);
    if (status == FERRY_OK)
        file->folder = file->path == NULL ? NULL : ferry_folder_of(file->path);
    if (status == FERRY_OK && file->folder == NULL)
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    if (status == FERRY_OK)
        status = open_checked(file->path, &file->private, &text, error);
    if (status == FERRY_OK)
        status = parse_text(file, &text, error);
    if (text.data != NULL)
        explicit_bzero(text.data, text.capacity); /* a password may stand in it */
    if (status != FERRY_OK) {
        ferry_config_file_free(file);
        return status;
    }
    *ret_file = file;
    return FERRY_OK;
}

void ferry_config_file_free(struct ferry_config_file *file)
{
    if (file == NULL)
        return;
    config_destroy(&file->tree);
    free(file->path);
    free(file->folder);
    free(file);
}
