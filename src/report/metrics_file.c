/* The file of the metrics is read and replaced under a lock on its folder: so no file is left
 * behind for the lock's sake, and no process loses what another one has written.  The name that the
 * new file has first does not end in .prom, by which node_exporter knows its files. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/publish.h"
#include "base/signals.h"
#include "report/metrics.h"

#define SIZE_LIMIT ((size_t)8 << 20) /* of a file that is read: some thousand jobs */
#define LOCK_MS 2000                 /* others hold it for a millisecond each */
#define LOCK_MS_AT_MOST 30000        /* as long as they take turns */
#define LOCK_MS_AFTER_SIGNAL 300
#define STEP_NS 2000000
#define UNREADABLE (char)0xFF /* no line has it: it is no UTF-8 */
#define MODE 0644             /* node_exporter is another user */

struct place {
    const char *path;
    const char *name; /* the end of the path */
    char *folder;
    int fd; /* of the folder */
};

static void place_done(struct place *place)
{
    free(place->folder);
    if (place->fd >= 0)
        (void)close(place->fd); /* and the lock with it */
}

static ferry_status fail(const struct place *place, const char *what, int cause,
                         struct ferry_error *error)
{
    return ferry_fail(error, ferry_error_class_of_errno(cause, FERRY_ERR_TARGET_IO),
                      "metrics_file %s: cannot %s: %s", place->path, what, strerror(cause));
}

/* ---- Its folder ---- */

/* False: out of memory. */
static bool split(struct place *place)
{
    const char *slash = strrchr(place->path, '/');
    place->name = slash == NULL ? place->path : slash + 1;
    place->folder = ferry_folder_of(place->path);
    return place->folder != NULL;
}

/* Whether somebody has replaced the file since the last call. */
static bool has_changed(const struct place *place, struct stat *last)
{
    struct stat now = {0};
    (void)fstatat(place->fd, place->name, &now, AT_SYMLINK_NOFOLLOW);
    bool is_another = now.st_ino != last->st_ino || now.st_mtim.tv_sec != last->st_mtim.tv_sec ||
                      now.st_mtim.tv_nsec != last->st_mtim.tv_nsec;
    *last = now;
    return is_another;
}

/* Not for longer than another one needs to write its metrics; where hundreds end at one moment,
 * that is from the last one's turn on. */
static bool lock(const struct place *place)
{
    const struct timespec pause = {.tv_nsec = STEP_NS};
    struct stat last = {0};
    int64_t began_ms = ferry_clock_ms(), turn_ms = began_ms;
    while (flock(place->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        int64_t now_ms = ferry_clock_ms();
        if (has_changed(place, &last))
            turn_ms = now_ms;
        bool is_over = ferry_signal_caught() != 0
                           ? now_ms - began_ms > LOCK_MS_AFTER_SIGNAL
                           : now_ms - turn_ms > LOCK_MS || now_ms - began_ms > LOCK_MS_AT_MOST;
        if (is_over) {
            errno = ETIMEDOUT;
            return false;
        }
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

static ferry_status open_folder(struct place *place, struct ferry_error *error)
{
    if (!split(place))
        return fail(place, "write it", ENOMEM, error);
    place->fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->fd < 0)
        return fail(place, "open its folder", errno, error);
    if (lock(place))
        return FERRY_OK;
    if (errno != ETIMEDOUT)
        return fail(place, "lock its folder", errno, error);
    return ferry_fail(error, FERRY_ERR_BUSY,
                      "metrics_file %s: another process holds the lock of its folder for more than "
                      "2 s (fuser %s tells which), so it was not written",
                      place->path, place->folder);
}

/* ---- The file that is there ---- */

/* A file of another kind, say of a path that was mistyped, is left as it is. */
static ferry_status refuse(const struct place *place, const char *why, struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_TARGET_OPEN, "metrics_file %s %s, and was left as it is",
                      place->path, why);
}

/* Reads it, SIZE_LIMIT at most; the caller has seen that it is no larger. */
static ferry_status read_all(const struct place *place, int fd, size_t size, char *ret_text,
                             struct ferry_error *error)
{
    size_t length = 0;
    while (length < size) {
        ssize_t more = read(fd, ret_text + length, size - length);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return fail(place, "read it", errno, error);
        if (more == 0)
            break;
        length += (size_t)more;
    }
    for (char *zero = ret_text; (zero = memchr(zero, '\0', (size_t)(ret_text + length - zero)));)
        *zero = UNREADABLE; /* what comes behind it is still to be seen */
    ret_text[length] = '\0';
    return FERRY_OK;
}

static ferry_status read_file(const struct place *place, int fd, char **ret_text,
                              struct ferry_error *error)
{
    struct stat found;
    if (fstat(fd, &found) != 0)
        return fail(place, "read it", errno, error);
    if (!S_ISREG(found.st_mode))
        return refuse(place, "is not a file", error);
    if ((uintmax_t)found.st_size > SIZE_LIMIT)
        return refuse(place, "has more than 8 MiB: remove it if it is dbferry's", error);
    FERRY_AUTO_FREE char *text = malloc((size_t)found.st_size + 1);
    if (text == NULL)
        return fail(place, "read it", ENOMEM, error);
    ferry_status status = read_all(place, fd, (size_t)found.st_size, text, error);
    if (status != FERRY_OK)
        return status;
    if (found.st_size > 0 &&
        strncmp(text, FERRY_METRICS_BEGINNING, strlen(FERRY_METRICS_BEGINNING)) != 0)
        return refuse(place, "does not hold metrics of dbferry's: correct the path, or remove it",
                      error);
    *ret_text = text;
    text = NULL;
    return FERRY_OK;
}

/* "" of a file that is not there. */
static ferry_status read_old(const struct place *place, char **ret_text, struct ferry_error *error)
{
    FERRY_AUTO_FD int fd =
        openat(place->fd, place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        return read_file(place, fd, ret_text, error);
    if (errno == ELOOP)
        return refuse(place, "is a symbolic link: name the file itself", error);
    if (errno != ENOENT)
        return fail(place, "read it", errno, error);
    *ret_text = strdup("");
    return *ret_text == NULL ? fail(place, "write it", ENOMEM, error) : FERRY_OK;
}

/* ---- The new one ---- */

static ferry_status write_text(void *data, FILE *file, struct ferry_error *error)
{
    const struct ferry_strbuf *text = data;
    (void)error; /* the file's own */
    (void)fwrite(ferry_strbuf_text(text), 1, text->length, file);
    return FERRY_OK;
}

ferry_status ferry_metrics_write(const char *path, const struct ferry_metrics_run *run,
                                 struct ferry_error *error)
{
    __attribute__((cleanup(place_done))) struct place place = {.path = path, .fd = -1};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    FERRY_AUTO_FREE char *old = NULL;
    ferry_status status = open_folder(&place, error);
    if (status == FERRY_OK)
        status = read_old(&place, &old, error);
    if (status != FERRY_OK)
        return status;
    if (!ferry_metrics_merge(&text, old, run))
        return fail(&place, "write it", ENOMEM, error);
    status = ferry_publish(path, MODE, write_text, &text, error);
    if (status != FERRY_OK)
        ferry_error_prefix(error, "metrics_file: ");
    return status;
}
