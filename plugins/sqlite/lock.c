/* One run per target table: flock on a file beside the database that is never unlinked.
 *
 * The kernel frees the lock when its holder ends, however it ends.  The text in the file only says
 * who holds it.
 */

#include "file.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TEXT_MAX 512
#define LOCK_TEXT_START "pid "
#define LOCK_READS 20
#define LOCK_TRIES 5 /* against somebody who unlinks the file by hand, again and again */

/* Whoever may write the database may lock it, and nobody else may. */
static void lock_share(const struct sqldrv_conn *conn, int fd)
{
    struct stat file;
    struct stat lock;
    if (fstat(fd, &lock) != 0) {
        return;
    }
    mode_t mode = conn->file.mode_set ? conn->file.mode : lock.st_mode;
    uid_t owner = lock.st_uid;
    gid_t group = conn->file.group_set ? conn->file.group : lock.st_gid;
    if (fstatat(conn->folder, sqldrv_path_base(conn->real), &file, AT_SYMLINK_NOFOLLOW) == 0) {
        mode = file.st_mode;
        owner = geteuid() == 0 ? file.st_uid : owner;
        group = file.st_gid;
    }
    mode_t writers = mode & 0222;
    if ((owner != lock.st_uid || group != lock.st_gid) && fchown(fd, owner, group) != 0) {
        writers &= 0202; /* another group than the file's must not get its rights */
    }
    (void)fchmod(fd, (writers | writers << 1) & 0666);
}

static int lock_open(const struct sqldrv_conn *conn, const char *name)
{
    name = sqldrv_path_base(name);
    int fd = openat(conn->folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    /* 0666: a database that is not there yet will get what the umask leaves of it, too. */
    fd = openat(conn->folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd >= 0) {
        lock_share(conn, fd);
    }
    return fd;
}

static void lock_write_holder(int fd, const struct ferry_change_spec *spec)
{
    char host[256] = "?";
    char when[32] = "?";
    char text[LOCK_TEXT_MAX];
    struct tm utc;
    time_t now = time(NULL);
    const struct passwd *user = NULL;
    struct passwd entry;
    char buffer[1024];
    struct passwd *found = NULL;
    if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) == 0) {
        user = found;
    }
    if (gethostname(host, sizeof host) != 0) {
        host[0] = '?';
    }
    host[sizeof host - 1] = '\0';
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    int length =
        snprintf(text, sizeof text,
                 LOCK_TEXT_START "%ld of user %s on %s, since %s, job '%.100s', run %.64s\n",
                 (long)getpid(), user != NULL ? user->pw_name : "?", host, when,
                 spec->job != NULL ? spec->job : "", spec->run_id);
    length = length < (int)sizeof text ? length : (int)sizeof text - 1;
    if (length > 0 && (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length)) {
        ferry_log(FERRY_LOG_DEBUG, "the lock file does not say who holds it: %s", strerror(errno));
    }
}

static ferry_status lock_fail_held(const struct sqldrv_load *load, int fd, const char *name,
                                   struct ferry_error *err)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    char text[LOCK_TEXT_MAX] = "";
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    for (int tries = 0; length == 0 && tries < LOCK_READS; tries++) {
        (void)nanosleep(&pause, NULL); /* the holder writes its name right after taking the lock */
        length = pread(fd, text, sizeof text - 1, 0);
    }
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return ferry_fail(err, FERRY_ERR_BUSY,
                      "'%s': another run is replacing table '%s': %s (lock file '%s'); wait for it "
                      "and run again",
                      load->conn->path, load->layout->table,
                      text[0] != '\0' ? text : "it has only just started", name);
}

/* 1 if `name` is still the file that was opened. */
static bool lock_is_current(const struct sqldrv_conn *conn, int fd, const char *name)
{
    struct stat opened;
    struct stat named;
    return fstat(fd, &opened) == 0 &&
           fstatat(conn->folder, sqldrv_path_base(name), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* NULL if the file is a lock file, which is written to; else what it is.  Empty ones are too. */
static const char *lock_judge(int fd)
{
    struct stat file;
    char text[sizeof LOCK_TEXT_START - 1];
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        return "not a regular file";
    }
    if (file.st_nlink > 1) {
        return "it has other names (hard links); remove it";
    }
    if (file.st_size > LOCK_TEXT_MAX ||
        (file.st_size > 0 && (pread(fd, text, sizeof text, 0) != (ssize_t)sizeof text ||
                              memcmp(text, LOCK_TEXT_START, sizeof text) != 0))) {
        return "it is another file; move it away";
    }
    return NULL;
}

static ferry_status lock_try(struct sqldrv_load *load, const char *name, bool *ret_again,
                             struct ferry_error *err)
{
    const char *other = NULL;
    int fd = lock_open(load->conn, name);
    *ret_again = false;
    if (fd < 0 && errno == EEXIST) {
        *ret_again = true;
        return FERRY_OK;
    }
    if (fd < 0 || (other = lock_judge(fd)) != NULL) {
        ferry_status status = ferry_fail(err, sqldrv_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                                         "'%s': cannot open the lock file '%s': %s",
                                         load->conn->path, name, fd < 0 ? strerror(errno) : other);
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ferry_status status = errno == EWOULDBLOCK
                                  ? lock_fail_held(load, fd, name, err)
                                  : ferry_fail(err, FERRY_ERR_SYSTEM, "'%s': cannot lock '%s': %s",
                                               load->conn->path, name, strerror(errno));
        (void)close(fd);
        return status;
    }
    if (!lock_is_current(load->conn, fd, name)) {
        (void)close(fd);
        *ret_again = true;
        return FERRY_OK;
    }
    load->lock = fd;
    lock_write_holder(fd, load->unit->spec);
    return FERRY_OK;
}

ferry_status sqldrv_lock_take(struct sqldrv_load *load, struct ferry_error *err)
{
    bool again = true;
    ferry_status status = FERRY_OK;
    char *name = sqldrv_name_beside(load->conn->real, load->layout->table, ".lock");
    if (name == NULL) {
        return sqldrv_fail_memory(err);
    }
    for (int tries = 0; again && tries < LOCK_TRIES && status == FERRY_OK; tries++) {
        status = lock_try(load, name, &again, err);
    }
    if (status == FERRY_OK && again) {
        status =
            ferry_fail(err, FERRY_ERR_BUSY, "'%s': the lock file '%s' keeps changing: run again",
                       load->conn->path, name);
    }
    free(name);
    return status;
}

void sqldrv_lock_release(struct sqldrv_load *load)
{
    if (load->lock >= 0) {
        if (ftruncate(load->lock, 0) != 0) {
            ferry_log(FERRY_LOG_DEBUG, "the lock file keeps its text: %s", strerror(errno));
        }
        (void)close(load->lock);
        load->lock = -1;
    }
}
