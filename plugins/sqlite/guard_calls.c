/* The system calls by which SQLite opens and removes files, held to the files of one database.
 *
 * SQLite finds the journals of a database by name, at each moment anew.  Whoever can write to the
 * folder could put another file there in between, which would be written, emptied or removed.  So
 * these calls look into the folder that was opened once, know each file by its number, and touch
 * none that is not SQLite's own.
 */

#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GUARD_TEMPORARIES 16
#define GUARD_TRIES 5 /* against somebody who makes and removes a file again and again */

typedef int guard_open_call(const char *path, int flags, int mode);
typedef int guard_unlink_call(const char *path);
typedef ssize_t guard_write_call(int fd, const void *from, size_t size);
typedef ssize_t guard_pwrite_call(int fd, const void *from, size_t size, off_t at);
typedef int guard_fchmod_call(int fd, mode_t mode);
typedef int guard_fchown_call(int fd, uid_t owner, gid_t group);
typedef int guard_stat_call(const char *path, struct stat *found);

/* What SQLite would call. */
static guard_open_call *guard_real_open;
static guard_unlink_call *guard_real_unlink;
static guard_stat_call *guard_real_stat;
static guard_write_call *guard_real_write;
static guard_pwrite_call *guard_real_pwrite;
static guard_pwrite_call *guard_real_pwrite64;
static guard_fchmod_call *guard_real_fchmod;
static guard_fchown_call *guard_real_fchown;

/* The last new files of no database, under the lock: SQLite removes temporary files right after it
 * has made them.  No thread-local data here: where there is no memory for those, glibc ends the
 * program. */
static struct sqldrv_file guard_temporaries[GUARD_TEMPORARIES];
static size_t guard_next_temporary;

static void guard_note_temporary(const struct stat *found)
{
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    sqldrv_guard_learn(&guard_temporaries[guard_next_temporary], found, true);
    guard_next_temporary = (guard_next_temporary + 1) % GUARD_TEMPORARIES;
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
}

/* `forget`: it is being removed, and its number may become another file's. */
static bool guard_is_temporary(const struct stat *found, bool forget)
{
    bool is = false;
    for (size_t i = 0; i < GUARD_TEMPORARIES && !is; i++) {
        is = sqldrv_file_is(&guard_temporaries[i], found);
        guard_temporaries[i].known = guard_temporaries[i].known && !(is && forget);
    }
    return is;
}

/* Keeps the first refusal, which SQLite's own message cannot tell; -1 with errno. */
FERRY_PRINTF(4, 5)
static int guard_refuse(struct sqldrv_guard *guard, ferry_status class, int code,
                        const char *format, ...)
{
    va_list arguments;
    if (!guard->refused) {
        va_start(arguments, format);
        (void)vsnprintf(guard->refusal, sizeof guard->refusal, format, arguments);
        va_end(arguments);
        guard->refused = true;
        guard->class = class;
    }
    errno = code;
    return -1;
}

static int guard_refuse_name(struct sqldrv_guard *guard, size_t which, const char *why)
{
    return guard_refuse(guard, FERRY_ERR_TARGET_OPEN, EACCES, "'%s%s' %s", guard->path,
                        sqldrv_guard_suffixes[which], why);
}

/* ---- Opening ---- */

/* Give a file beside the database the rights of the database: SQLite copies the mode to new ones
 * only, and the group only as root. */
static void guard_share(const struct sqldrv_guard *guard, size_t which, int fd,
                        const struct stat *found, bool made)
{
    struct stat database;
    bool ours = found->st_uid == geteuid() && (made || guard->loads);
    if (which == SQLDRV_FILE_DATABASE || which == SQLDRV_FILE_JOURNAL || !ours ||
        fstatat(guard->folder, guard->names[SQLDRV_FILE_DATABASE], &database,
                AT_SYMLINK_NOFOLLOW) != 0 ||
        !sqldrv_file_is(&guard->files[SQLDRV_FILE_DATABASE], &database)) {
        return;
    }
    if (found->st_gid != database.st_gid && fchown(fd, (uid_t)-1, database.st_gid) != 0 &&
        guard->loads) {
        ferry_log(FERRY_LOG_WARNING, "'%s%s' cannot be given the group of the database",
                  guard->path, sqldrv_guard_suffixes[which]);
    }
    if ((found->st_mode & 0777) != (database.st_mode & 0777)) {
        (void)fchmod(fd, database.st_mode & 0777);
    }
}

static const char *guard_judge(const struct sqldrv_guard *guard, size_t which, int fd,
                               const struct stat *found)
{
    const char *why = sqldrv_judge_file(guard, which, fd, found);
    return why == NULL && guard->files[SQLDRV_FILE_DATABASE].made
               ? sqldrv_judge_orphan(which, fd, found)
               : why;
}

/* Why it could not be opened, where SQLite would not say it. */
static int guard_fail_open(struct sqldrv_guard *guard, size_t which)
{
    return errno == ELOOP ? guard_refuse_name(guard, which, "is a symbolic link; move it away")
                          : -1;
}

/* Takes over `fd`, which was opened as `which`, or closes it. */
static int guard_accept(struct sqldrv_guard *guard, size_t which, int fd, bool writing, bool made)
{
    struct sqldrv_file *file = &guard->files[which];
    struct stat found;
    const char *why = NULL;
    ferry_status class = FERRY_ERR_TARGET_OPEN;
    if (fstat(fd, &found) != 0) {
        why = "cannot be looked at";
    } else if (!S_ISREG(found.st_mode)) {
        why = "is not a file; move it away";
    } else if (made) {
        sqldrv_guard_learn(file, &found, true);
    } else if (which == SQLDRV_FILE_DATABASE && file->known && !sqldrv_file_is(file, &found)) {
        why = "was moved or replaced while it was open: run again";
        class = FERRY_ERR_BUSY;
    } else if (!sqldrv_file_is(file, &found)) {
        if (which != SQLDRV_FILE_DATABASE && writing) {
            why = guard_judge(guard, which, fd, &found);
        }
        if (why == NULL && (which == SQLDRV_FILE_DATABASE || writing)) {
            sqldrv_guard_learn(file, &found, false);
        }
    }
    if (why == NULL) {
        if (writing) {
            guard_share(guard, which, fd, &found, made);
        }
        return fd;
    }
    (void)close(fd);
    return guard_refuse(guard, class, EACCES, "'%s%s' %s", guard->path,
                        sqldrv_guard_suffixes[which], why);
}

/* SQLite makes its files with O_CREAT alone, and so would take any that is there. */
static int guard_make(struct sqldrv_guard *guard, size_t which, const char *name, int flags,
                      int mode)
{
    if (!sqldrv_guard_is_current(guard, SQLDRV_FILE_DATABASE)) {
        return guard_refuse(guard, FERRY_ERR_BUSY, EACCES,
                            "'%s' was moved or replaced while it was open: run again", guard->path);
    }
    int fd = openat(guard->folder, name, flags | O_CREAT | O_EXCL, (mode_t)mode);
    if (fd >= 0) {
        return guard_accept(guard, which, fd, true, true);
    }
    return errno == EEXIST
               ? -1
               : guard_refuse(guard, sqldrv_class_of_errno(errno, FERRY_ERR_TARGET_OPEN), errno,
                              "'%s%s' cannot be created: %s", guard->path,
                              sqldrv_guard_suffixes[which], strerror(errno));
}

static int guard_open_beside(struct sqldrv_guard *guard, size_t which, const char *name, int flags,
                             int mode)
{
    bool making = (flags & O_CREAT) != 0;
    flags &= ~(O_CREAT | O_EXCL);
    for (int tries = 0; tries < GUARD_TRIES; tries++) {
        int fd = openat(guard->folder, name, flags);
        if (fd >= 0) {
            return guard_accept(guard, which, fd, true, false);
        }
        if (errno != ENOENT || !making) {
            return guard_fail_open(guard, which);
        }
        if (!guard->loads && !guard->may_make) {
            guard->wants_to_make = true;
            errno = ENOENT;
            return -1;
        }
        fd = guard_make(guard, which, name, flags, mode);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return guard_refuse_name(guard, which, "comes and goes: run again");
}

/* O_NONBLOCK: a FIFO must not hang us; a file does not know it. */
static int guard_open_file(struct sqldrv_guard *guard, size_t which, int flags, int mode)
{
    bool writing = (flags & O_ACCMODE) != O_RDONLY;
    const char *name = guard->names[which];
    int fd = -1;
    flags |= O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    if (which == SQLDRV_FILE_DATABASE || !writing) {
        fd = openat(guard->folder, name, flags & ~(O_CREAT | O_EXCL));
        fd =
            fd < 0 ? guard_fail_open(guard, which) : guard_accept(guard, which, fd, writing, false);
    } else if (!guard->loads && which == SQLDRV_FILE_JOURNAL) {
        errno = EACCES; /* who only reads makes no journal, and undoes none */
    } else {
        fd = guard_open_beside(guard, which, name, flags, mode);
    }
    return fd;
}

static int guard_open(const char *path, int flags, int mode)
{
    size_t which = 0;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    struct sqldrv_guard *guard = sqldrv_guard_find(path, &which);
    int fd = guard != NULL ? guard_open_file(guard, which, flags, mode) : -1;
    int code = errno;
    for (struct sqldrv_guard *other = sqldrv_guards; guard == NULL && other != NULL;
         other = other->next) {
        if (strcmp(path, other->folder_path) == 0) { /* to make an entry in it durable */
            guard = other;
            fd = openat(other->folder, ".", flags | O_CLOEXEC);
            code = errno;
        }
    }
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    if (guard != NULL) {
        errno = code;
        return fd;
    }
    fd = guard_real_open(path, flags, mode);
    struct stat found;
    if (fd >= 0 && (flags & O_EXCL) != 0 && fstat(fd, &found) == 0) {
        guard_note_temporary(&found);
    }
    return fd;
}

/* SQLite asks so whether there is a journal.  The database itself is looked for by its path: that
 * it is not there any more must be seen. */
static int guard_stat(const char *path, struct stat *found)
{
    size_t which = SQLDRV_FILE_DATABASE;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    struct sqldrv_guard *guard = sqldrv_guard_find(path, &which);
    int result = -1;
    if (guard != NULL && which != SQLDRV_FILE_DATABASE) {
        result = fstatat(guard->folder, guard->names[which], found, 0);
    }
    int code = errno;
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    errno = code;
    return guard != NULL && which != SQLDRV_FILE_DATABASE ? result : guard_real_stat(path, found);
}

/* ---- Removing ---- */

/* 0 if the file is SQLite's to remove: one that it has opened, or one that is what its name says.
 */
static int guard_check_removal(struct sqldrv_guard *guard, size_t which, const char *name,
                               struct stat *ret_found)
{
    struct sqldrv_file *file = &guard->files[which];
    if (fstatat(guard->folder, name, ret_found, AT_SYMLINK_NOFOLLOW) != 0) {
        return -1;
    }
    if (!guard->loads) {
        errno = EACCES;
        return file->made && sqldrv_file_is(file, ret_found) ? 0 : -1;
    }
    if (file->known) {
        errno = ENOENT; /* ours is gone, whatever is there now */
        return sqldrv_file_is(file, ret_found) ? 0 : -1;
    }
    int fd = openat(guard->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const char *why = fd < 0 || fstat(fd, ret_found) != 0
                          ? "cannot be looked at"
                          : guard_judge(guard, which, fd, ret_found);
    if (fd >= 0) {
        (void)close(fd);
    }
    return why == NULL ? 0 : guard_refuse_name(guard, which, why);
}

static int guard_unlink_file(struct sqldrv_guard *guard, size_t which)
{
    struct stat found;
    const char *name = guard->names[which];
    int result = -1;
    if (which == SQLDRV_FILE_DATABASE) {
        errno = EPERM;
    } else if (guard_check_removal(guard, which, name, &found) == 0) {
        result = ferry_file_remove(guard->folder, name, &found);
    }
    if (result == 0) {
        guard->files[which] = (struct sqldrv_file){0};
    }
    return result;
}

/* A file of no database in use: a temporary one of this thread, or a super-journal. */
static int guard_unlink_other(const char *path)
{
    struct stat found;
    bool guarded = false;
    bool temporary = false;
    bool super = false;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    guarded = sqldrv_guards != NULL;
    if (guarded && lstat(path, &found) == 0) {
        temporary = guard_is_temporary(&found, true);
        for (struct sqldrv_guard *guard = sqldrv_guards; !temporary && !super && guard != NULL;
             guard = guard->next) {
            super = guard->loads && sqldrv_judge_super(guard, path) == NULL;
        }
    } else if (guarded) {
        guarded = false; /* it is not there: the call will say so */
    }
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    if (guarded && !temporary && !super) {
        errno = EPERM;
        return -1;
    }
    return guard_real_unlink(path);
}

static int guard_unlink(const char *path)
{
    size_t which = 0;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    struct sqldrv_guard *guard = sqldrv_guard_find(path, &which);
    int result = guard != NULL ? guard_unlink_file(guard, which) : 0;
    int code = errno;
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    if (guard == NULL) {
        return guard_unlink_other(path);
    }
    errno = code;
    return result;
}

/* ---- Owner and mode ---- */

/* SQLite gives each journal that it opens the owner of the database where it can, and the mode;
 * also one that it only looks at. */
static bool guard_may_change(int fd)
{
    struct stat found;
    if (fstat(fd, &found) != 0) {
        return true; /* the call will fail in the same way */
    }
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    bool may = sqldrv_guards == NULL || guard_is_temporary(&found, false);
    for (struct sqldrv_guard *guard = sqldrv_guards; !may && guard != NULL; guard = guard->next) {
        for (size_t i = 0; !may && i < SQLDRV_FILES; i++) {
            may =
                sqldrv_file_is(&guard->files[i], &found) && (guard->files[i].made || guard->loads);
        }
    }
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    return may;
}

static int guard_fchmod(int fd, mode_t mode)
{
    return guard_may_change(fd) ? guard_real_fchmod(fd, mode) : 0;
}

static int guard_fchown(int fd, uid_t owner, gid_t group)
{
    return guard_may_change(fd) ? guard_real_fchown(fd, owner, group) : 0;
}

/* ---- Writing ---- */

/* Whose writes are to fail once `*guard_stop` is true; at most one thread inserts rows. */
static _Atomic(const atomic_bool *) guard_stop;
static _Atomic(pthread_t) guard_writer;

void sqldrv_guard_stop_writing(const atomic_bool *stop)
{
    atomic_store(&guard_writer, pthread_self());
    atomic_store(&guard_stop, stop);
}

/* SQLite looks for an interrupt between rows and not within one, which may be of a gigabyte.  So
 * the next write fails. */
static bool guard_stops(void)
{
    const atomic_bool *stop = atomic_load(&guard_stop);
    bool stops = stop != NULL && atomic_load(stop) &&
                 pthread_equal(atomic_load(&guard_writer), pthread_self()) != 0;
    if (stops) {
        atomic_store(&guard_stop, NULL); /* what undoes the row has to write, too */
        errno = EIO;
    }
    return stops;
}

static ssize_t guard_write(int fd, const void *from, size_t size)
{
    return guard_stops() ? -1 : guard_real_write(fd, from, size);
}

static ssize_t guard_pwrite(int fd, const void *from, size_t size, off_t at)
{
    return guard_stops() ? -1 : guard_real_pwrite(fd, from, size, at);
}

static ssize_t guard_pwrite64(int fd, const void *from, size_t size, off_t at)
{
    return guard_stops() ? -1 : guard_real_pwrite64(fd, from, size, at);
}

/* ---- Putting them in place ---- */

static const struct guard_call {
    const char *name;
    sqlite3_syscall_ptr ours;
    sqlite3_syscall_ptr *real;
    bool optional; /* not each build of SQLite has it */
} guard_calls[] = {
    {"open", (sqlite3_syscall_ptr)guard_open, (sqlite3_syscall_ptr *)&guard_real_open, false},
    {"unlink", (sqlite3_syscall_ptr)guard_unlink, (sqlite3_syscall_ptr *)&guard_real_unlink, false},
    {"stat", (sqlite3_syscall_ptr)guard_stat, (sqlite3_syscall_ptr *)&guard_real_stat, false},
    {"fchmod", (sqlite3_syscall_ptr)guard_fchmod, (sqlite3_syscall_ptr *)&guard_real_fchmod, false},
    {"fchown", (sqlite3_syscall_ptr)guard_fchown, (sqlite3_syscall_ptr *)&guard_real_fchown, false},
    {"write", (sqlite3_syscall_ptr)guard_write, (sqlite3_syscall_ptr *)&guard_real_write, true},
    {"pwrite", (sqlite3_syscall_ptr)guard_pwrite, (sqlite3_syscall_ptr *)&guard_real_pwrite, true},
    {"pwrite64", (sqlite3_syscall_ptr)guard_pwrite64, (sqlite3_syscall_ptr *)&guard_real_pwrite64,
     true},
};

bool sqldrv_guard_install(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    if (vfs == NULL || vfs->iVersion < 3 || vfs->xSetSystemCall == NULL ||
        vfs->xGetSystemCall == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof guard_calls / sizeof *guard_calls; i++) {
        const struct guard_call *call = &guard_calls[i];
        sqlite3_syscall_ptr old = vfs->xGetSystemCall(vfs, call->name);
        if (old == NULL && !call->optional) {
            return false;
        }
        if (old == NULL || old == call->ours) {
            continue;
        }
        *call->real = old;
        if (vfs->xSetSystemCall(vfs, call->name, call->ours) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}
