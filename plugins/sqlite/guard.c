/* Which databases are in use, and which file each of their names means. */

#include "guard.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const sqldrv_guard_suffixes[SQLDRV_FILES] = {"", "-journal", "-wal", "-shm"};

pthread_mutex_t sqldrv_guard_lock = PTHREAD_MUTEX_INITIALIZER;
struct sqldrv_guard *sqldrv_guards;

/* ---- Which file is meant ---- */

struct sqldrv_guard *sqldrv_guard_find(const char *path, size_t *ret_which)
{
    for (struct sqldrv_guard *guard = sqldrv_guards; guard != NULL; guard = guard->next) {
        size_t length = strlen(guard->path);
        if (strncmp(path, guard->path, length) != 0) {
            continue;
        }
        for (size_t i = 0; i < SQLDRV_FILES; i++) {
            if (strcmp(path + length, sqldrv_guard_suffixes[i]) == 0) {
                *ret_which = i;
                return guard;
            }
        }
    }
    return NULL;
}

void sqldrv_guard_learn(struct sqldrv_file *file, const struct stat *found, bool made)
{
    *file = (struct sqldrv_file){
        .known = true, .made = made, .device = found->st_dev, .number = found->st_ino};
}

bool sqldrv_file_is(const struct sqldrv_file *file, const struct stat *found)
{
    return file->known && file->device == found->st_dev && file->number == found->st_ino;
}

bool sqldrv_guard_is_current(const struct sqldrv_guard *guard, size_t which)
{
    struct stat found;
    const char *name = guard->names[which];
    bool current = fstatat(guard->folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                   sqldrv_file_is(&guard->files[which], &found);
    return current;
}

static void guard_free(struct sqldrv_guard *guard)
{
    for (size_t i = 0; i < SQLDRV_FILES; i++) {
        free(guard->names[i]);
    }
    if (guard->folder >= 0) {
        (void)close(guard->folder);
    }
    free(guard->folder_path);
    free(guard->path);
    free(guard);
}

static struct sqldrv_guard *guard_new(const char *path, int folder)
{
    struct sqldrv_guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL) {
        return NULL;
    }
    guard->path = strdup(path);
    guard->folder_path = sqldrv_path_folder(path);
    guard->folder = fcntl(folder, F_DUPFD_CLOEXEC, 3);
    bool good = guard->path != NULL && guard->folder_path != NULL && guard->folder >= 0;
    for (size_t i = 0; good && i < SQLDRV_FILES; i++) {
        good = asprintf(&guard->names[i], "%s%s", sqldrv_path_base(path),
                        sqldrv_guard_suffixes[i]) >= 0;
        guard->names[i] = good ? guard->names[i] : NULL;
    }
    if (!good) {
        guard_free(guard);
        return NULL;
    }
    return guard;
}

ferry_status sqldrv_guard_take(const char *path, int folder, bool loads,
                               struct sqldrv_guard **ret_guard, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    struct sqldrv_guard *guard = sqldrv_guards;
    while (guard != NULL && strcmp(guard->path, path) != 0) {
        guard = guard->next;
    }
    if (guard == NULL && !sqldrv_guard_install()) {
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "'%s': this SQLite library (%s) does not let dbferry watch which files "
                            "it opens; use the one of the system",
                            path, sqlite3_libversion());
    } else if (guard == NULL && (guard = guard_new(path, folder)) == NULL) {
        status = sqldrv_fail_memory(err);
    } else if (guard->users == 0) {
        guard->next = sqldrv_guards;
        sqldrv_guards = guard;
    }
    if (status == FERRY_OK) {
        guard->users++;
        guard->loads = guard->loads || loads;
        *ret_guard = guard;
    }
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    return status;
}

void sqldrv_guard_give(struct sqldrv_guard *guard)
{
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    if (guard != NULL && --guard->users == 0) {
        struct sqldrv_guard **place = &sqldrv_guards;
        while (*place != guard) {
            place = &(*place)->next;
        }
        *place = guard->next;
        guard_free(guard);
    }
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
}

/* ---- What the driver asks ---- */

bool sqldrv_guard_has_moved(const struct sqldrv_guard *guard)
{
    bool moved = false;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    for (size_t i = 0; i < SQLDRV_FILES; i++) {
        moved = moved || (guard->files[i].known && !sqldrv_guard_is_current(guard, i));
    }
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    return moved;
}

void sqldrv_guard_meet(struct sqldrv_guard *guard, const struct stat *database, bool made)
{
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    sqldrv_guard_learn(&guard->files[SQLDRV_FILE_DATABASE], database, made);
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
}

bool sqldrv_guard_refusal(struct sqldrv_guard *guard, ferry_status *ret_class, char *text,
                          size_t size)
{
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    bool refused = guard->refused;
    if (refused) {
        *ret_class = guard->class;
        (void)snprintf(text, size, "%s", guard->refusal);
    }
    guard->refused = false;
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    return refused;
}

bool sqldrv_guard_remove(struct sqldrv_guard *guard, size_t which)
{
    struct stat found;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    struct sqldrv_file *file = &guard->files[which];
    const char *name = guard->names[which];
    bool removed = file->made && fstatat(guard->folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                   sqldrv_file_is(file, &found) &&
                   ferry_file_remove(guard->folder, name, &found) == 0;
    if (removed) {
        *file = (struct sqldrv_file){0};
    }
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    return removed;
}

void sqldrv_guard_settle(struct sqldrv_guard *guard)
{
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    guard->files[SQLDRV_FILE_DATABASE].made = false;
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
}

bool sqldrv_guard_let_make(struct sqldrv_guard *guard)
{
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    bool wanted = guard->wants_to_make;
    guard->may_make = true;
    guard->wants_to_make = false;
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    return wanted;
}

bool sqldrv_guard_made_wal(const struct sqldrv_guard *guard)
{
    struct stat found;
    (void)pthread_mutex_lock(&sqldrv_guard_lock);
    const char *name = guard->names[SQLDRV_FILE_WAL];
    bool made = guard->files[SQLDRV_FILE_WAL].made &&
                fstatat(guard->folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                sqldrv_file_is(&guard->files[SQLDRV_FILE_WAL], &found) && found.st_size == 0;
    (void)pthread_mutex_unlock(&sqldrv_guard_lock);
    return made;
}

ferry_status sqldrv_guard_check_orphans(struct sqldrv_guard *guard, struct ferry_error *err)
{
    static const size_t holders[] = {SQLDRV_FILE_JOURNAL, SQLDRV_FILE_WAL};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof holders / sizeof *holders && status == FERRY_OK; i++) {
        struct stat found;
        const char *name = guard->names[holders[i]];
        int fd = openat(guard->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        const char *why = NULL;
        if (fd < 0) {
            why = errno == ENOENT ? NULL : "cannot be opened; move it away";
        } else if (fstat(fd, &found) != 0 ||
                   (why = sqldrv_judge_file(guard, holders[i], fd, &found)) == NULL) {
            why = sqldrv_judge_orphan(holders[i], fd, &found);
        }
        if (why != NULL) {
            status = ferry_fail(err, FERRY_ERR_TARGET_OPEN, "'%s%s' %s", guard->path,
                                sqldrv_guard_suffixes[holders[i]], why);
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return status;
}

void sqldrv_guard_tidy(const struct sqldrv_guard *guard)
{
    for (size_t which = 0; which < SQLDRV_FILES; which++) {
        struct stat found;
        char *name = NULL;
        if (asprintf(&name, "%s.gone", guard->names[which]) < 0) {
            return;
        }
        int fd = openat(guard->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && fstat(fd, &found) == 0 &&
            (sqldrv_judge_file(guard, which, fd, &found) == NULL)) {
            (void)ferry_file_remove(guard->folder, name, &found);
        }
        if (fd >= 0) {
            (void)close(fd);
        }
        free(name);
    }
}
