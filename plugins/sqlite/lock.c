/* One run per target table: a byte for each, locked in one file beside the database that is never
 * unlinked.
 *
 * The locks are those of open file descriptions (fcntl_locking(2)): the kernel frees them when
 * their holder ends, however it ends, and two runs of one process keep each other out.  The text in
 * the file only says who holds some: each run has a line of its own, which it locks too.
 *
 * Releases before 0.2 have a file for each table, locked as a whole (flock(2)).  None is made any
 * more; where one is there it is locked besides, so that such a run is kept out, and keeps out.
 */

#include "file.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Where the locks are, far behind all text: lines first, then tables by the hash of their names. */
#define LOCK_AT_LINE ((off_t)1 << 40)
#define LOCK_AT_TABLE ((off_t)1 << 61)

#define LOCK_LINE_SIZE 512
#define LOCK_LINES 64 /* runs above that number leave no line */
#define LOCK_TEXT_START "pid "
#define LOCK_READS 20
#define LOCK_TRIES 5 /* against somebody who unlinks the file by hand, again and again */

/* ---- The file ---- */

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

/* 1 if `name` is still the file that was opened. */
static bool lock_is_current(const struct sqldrv_conn *conn, int fd, const char *name)
{
    struct stat opened;
    struct stat named;
    return fstat(fd, &opened) == 0 &&
           fstatat(conn->folder, sqldrv_path_base(name), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* A line begins so, or is blank; one that nobody has written yet is zeros. */
static bool lock_is_text(const char *start)
{
    static const char *const starts[] = {LOCK_TEXT_START, "    ", "\0\0\0\0"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (memcmp(start, starts[i], sizeof LOCK_TEXT_START - 1) == 0) {
            return true;
        }
    }
    return false;
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
    if (file.st_size > (off_t)LOCK_LINES * LOCK_LINE_SIZE ||
        (file.st_size > 0 &&
         (pread(fd, text, sizeof text, 0) != (ssize_t)sizeof text || !lock_is_text(text)))) {
        return "it is another file; move it away";
    }
    return NULL;
}

static ferry_status lock_fail_open(const struct sqldrv_conn *conn, const char *name,
                                   const char *other, struct ferry_error *err)
{
    return ferry_fail(err, sqldrv_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                      "'%s': cannot open the lock file '%s': %s", conn->path, name,
                      other != NULL ? other : strerror(errno));
}

/* ---- Bytes of it ---- */

static struct flock lock_byte(off_t at)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
}

/* 0, or -1 with errno: EAGAIN where somebody else has it. */
static int lock_set(int fd, off_t at)
{
    struct flock byte = lock_byte(at);
    int result = fcntl(fd, F_OFD_SETLK, &byte);
    errno = result != 0 && errno == EACCES ? EAGAIN : errno;
    return result;
}

static bool lock_is_held(int fd, off_t at)
{
    struct flock byte = lock_byte(at);
    return fcntl(fd, F_OFD_GETLK, &byte) == 0 && byte.l_type != F_UNLCK;
}

static off_t lock_of_table(const char *table)
{
    return LOCK_AT_TABLE + (off_t)(sqldrv_name_hash(table) >> 4);
}

/* ---- Who holds it ---- */

/* How a line ends: with the table that its run changes, or a star where these are many. */
static void lock_print_table(const struct sqldrv_load *load, char *text, size_t size)
{
    if (load->unit->spec->load_count > 1) {
        (void)snprintf(text, size, " [*]");
    } else {
        (void)snprintf(text, size, " [%016" PRIx64 "]", sqldrv_name_hash(load->layout->table));
    }
}

/* A line of that size, blank behind what there is to say. */
static void lock_print_line(const struct sqldrv_load *load, char line[LOCK_LINE_SIZE])
{
    const struct ferry_change_spec *spec = load->unit->spec;
    char host[256] = "?";
    char when[32] = "?";
    char table[32];
    struct tm utc;
    time_t now = time(NULL);
    struct passwd entry;
    char buffer[1024];
    struct passwd *found = NULL;
    bool known = getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) == 0 && found != NULL;
    if (gethostname(host, sizeof host) != 0) {
        host[0] = '?';
    }
    host[sizeof host - 1] = '\0';
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    lock_print_table(load, table, sizeof table);
    int length =
        snprintf(line, LOCK_LINE_SIZE,
                 LOCK_TEXT_START "%ld of user %.60s on %.100s, since %s, job '%.100s', run %.64s%s",
                 (long)getpid(), known ? entry.pw_name : "?", host, when,
                 spec->job != NULL ? spec->job : "", spec->run_id, table);
    length = length < 0 ? 0 : length < LOCK_LINE_SIZE ? length : LOCK_LINE_SIZE - 1;
    memset(line + length, ' ', (size_t)(LOCK_LINE_SIZE - length));
    line[LOCK_LINE_SIZE - 1] = '\n';
}

static void lock_put_line(int fd, int at, const char line[LOCK_LINE_SIZE])
{
    if (pwrite(fd, line, LOCK_LINE_SIZE, (off_t)at * LOCK_LINE_SIZE) != LOCK_LINE_SIZE) {
        ferry_log(FERRY_LOG_DEBUG, "the lock file does not say who holds it: %s", strerror(errno));
    }
}

/* The first line that is nobody's. */
static void lock_write_holder(const struct sqldrv_load *load)
{
    struct sqldrv_lock *lock = &load->unit->lock;
    char line[LOCK_LINE_SIZE];
    if (lock->line >= 0) {
        return; /* it is for all tables of the unit */
    }
    for (int at = 0; at < LOCK_LINES && lock->line < 0; at++) {
        if (lock_set(lock->fd, LOCK_AT_LINE + at) == 0) {
            lock->line = at;
        }
    }
    if (lock->line >= 0) {
        lock_print_line(load, line);
        lock_put_line(lock->fd, lock->line, line);
    }
}

/* What a line says, without the table; false if it is of another one, or of nobody. */
static bool lock_read_line(int fd, int at, const char *table, char line[LOCK_LINE_SIZE])
{
    char own[32];
    if (pread(fd, line, LOCK_LINE_SIZE, (off_t)at * LOCK_LINE_SIZE) != LOCK_LINE_SIZE) {
        return false;
    }
    line[LOCK_LINE_SIZE - 1] = '\0';
    char *end = strrchr(line, '[');
    (void)snprintf(own, sizeof own, "[%016" PRIx64 "]", sqldrv_name_hash(table));
    if (end == NULL || end == line ||
        (strncmp(end, own, strlen(own)) != 0 && strncmp(end, "[*]", 3) != 0)) {
        return false;
    }
    end[-1] = '\0';
    return strncmp(line, LOCK_TEXT_START, sizeof LOCK_TEXT_START - 1) == 0;
}

static bool lock_find_holder(int fd, const char *table, char line[LOCK_LINE_SIZE])
{
    for (int at = 0; at < LOCK_LINES; at++) {
        if (lock_is_held(fd, LOCK_AT_LINE + at) && lock_read_line(fd, at, table, line)) {
            return true;
        }
    }
    return false;
}

static ferry_status lock_fail_held(const struct sqldrv_load *load, const char *name,
                                   const char *holder, struct ferry_error *err)
{
    ferry_status status = ferry_fail(
        err, FERRY_ERR_BUSY,
        "'%s': another run is replacing table '%s': %s (lock file '%s'); wait for it and run again",
        load->conn->path, load->layout->table, holder != NULL ? holder : "it has only just started",
        name);
    ferry_error_held_by_run(err);
    return status;
}

/* The holder writes its line right after taking the lock. */
static ferry_status lock_fail_taken(const struct sqldrv_load *load, int fd, const char *name,
                                    struct ferry_error *err)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    char line[LOCK_LINE_SIZE];
    bool found = lock_find_holder(fd, load->layout->table, line);
    for (int tries = 0; !found && tries < LOCK_READS; tries++) {
        (void)nanosleep(&pause, NULL);
        found = lock_find_holder(fd, load->layout->table, line);
    }
    return lock_fail_held(load, name, found ? line : NULL, err);
}

/* ---- A run of a release before ---- */

static ferry_status lock_fail_old(const struct sqldrv_load *load, int fd, const char *name,
                                  struct ferry_error *err)
{
    char text[LOCK_LINE_SIZE] = "";
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return lock_fail_held(load, name, text[0] != '\0' ? text : NULL, err);
}

/* Its file for this table, where there is one. */
static ferry_status lock_take_old(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    char *name = sqldrv_name_beside(conn->real, load->layout->table, ".lock");
    ferry_status status = FERRY_OK;
    if (name == NULL) {
        return sqldrv_fail_memory(err);
    }
    int fd =
        openat(conn->folder, sqldrv_path_base(name), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const char *other = fd >= 0 ? lock_judge(fd) : NULL;
    if ((fd < 0 && errno != ENOENT) || other != NULL) {
        status = lock_fail_open(conn, name, other, err);
    } else if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status = lock_fail_old(load, fd, name, err);
    }
    free(name);
    if (status != FERRY_OK && fd >= 0) {
        (void)close(fd);
        return status;
    }
    load->old_lock = fd;
    return status;
}

/* ---- Taking and letting go ---- */

static ferry_status lock_open_file(struct sqldrv_unit *unit, const char *name, bool *ret_again,
                                   struct ferry_error *err)
{
    if (unit->lock.fd >= 0) {
        return FERRY_OK;
    }
    int fd = lock_open(unit->conn, name);
    *ret_again = fd < 0 && errno == EEXIST;
    if (*ret_again) {
        return FERRY_OK;
    }
    const char *other = fd >= 0 ? lock_judge(fd) : NULL;
    if (fd < 0 || other != NULL) {
        ferry_status status = lock_fail_open(unit->conn, name, other, err);
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    unit->lock.fd = fd;
    return FERRY_OK;
}

static ferry_status lock_try(struct sqldrv_load *load, const char *name, bool *ret_again,
                             struct ferry_error *err)
{
    struct sqldrv_unit *unit = load->unit;
    bool first = unit->lock.fd < 0;
    *ret_again = false;
    ferry_status status = lock_open_file(unit, name, ret_again, err);
    if (status != FERRY_OK || *ret_again) {
        return status;
    }
    if (lock_set(unit->lock.fd, lock_of_table(load->layout->table)) != 0) {
        return errno == EAGAIN ? lock_fail_taken(load, unit->lock.fd, name, err)
                               : ferry_fail(err, FERRY_ERR_SYSTEM, "'%s': cannot lock '%s': %s",
                                            load->conn->path, name, strerror(errno));
    }
    *ret_again = !lock_is_current(load->conn, unit->lock.fd, name);
    if (*ret_again && first) {
        (void)close(unit->lock.fd); /* with the lock */
        unit->lock.fd = -1;
    }
    return FERRY_OK;
}

static ferry_status lock_take(struct sqldrv_load *load, const char *name, struct ferry_error *err)
{
    bool again = true;
    ferry_status status = FERRY_OK;
    for (int tries = 0; again && tries < LOCK_TRIES && status == FERRY_OK; tries++) {
        status = lock_try(load, name, &again, err);
    }
    if (status == FERRY_OK && again) {
        status =
            ferry_fail(err, FERRY_ERR_BUSY, "'%s': the lock file '%s' keeps changing: run again",
                       load->conn->path, name);
    }
    return status;
}

char *sqldrv_lock_name(const struct sqldrv_conn *conn)
{
    char *name = NULL;
    return asprintf(&name, "%s-dbferry.lock", conn->real) < 0 ? NULL : name;
}

ferry_status sqldrv_lock_take(struct sqldrv_load *load, struct ferry_error *err)
{
    char *name = sqldrv_lock_name(load->conn);
    if (name == NULL) {
        return sqldrv_fail_memory(err);
    }
    ferry_status status = lock_take(load, name, err);
    if (status == FERRY_OK) {
        lock_write_holder(load);
        status = lock_take_old(load, err);
    }
    free(name);
    return status;
}

void sqldrv_lock_leave(struct sqldrv_load *load)
{
    if (load->old_lock >= 0) {
        (void)close(load->old_lock);
        load->old_lock = -1;
    }
}

void sqldrv_lock_release(struct sqldrv_unit *unit)
{
    struct sqldrv_lock *lock = &unit->lock;
    char blank[LOCK_LINE_SIZE];
    if (lock->fd < 0) {
        return;
    }
    if (lock->line >= 0) {
        memset(blank, ' ', sizeof blank - 1);
        blank[sizeof blank - 1] = '\n';
        lock_put_line(lock->fd, lock->line, blank);
    }
    (void)close(lock->fd);
    *lock = (struct sqldrv_lock){.fd = -1, .line = -1};
}
