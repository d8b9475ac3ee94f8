/* Which databases are in use, and which file each of their names means. */

#include "guard.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const sqlite_guard_suffixes[SQLITE_FILES] = {"", "-journal", "-wal", "-shm"};

pthread_mutex_t sqlite_guard_lock = PTHREAD_MUTEX_INITIALIZER;
struct sqlite_guard *sqlite_guards;

/* ---- Which file is meant ---- */

struct sqlite_guard *sqlite_guard_find(const char *path, size_t *ret_which)
{
    for (struct sqlite_guard *guard = sqlite_guards; guard != NULL; guard = guard->next) {
        size_t length = strlen(guard->path);
        if (strncmp(path, guard->path, length) != 0) {
            continue;
        }
        for (size_t i = 0; i < SQLITE_FILES; i++) {
            if (strcmp(path + length, sqlite_guard_suffixes[i]) == 0) {
                *ret_which = i;
                return guard;
            }
        }
    }
    return NULL;
}

void sqlite_guard_learn(struct sqlite_file *file, const struct stat *found, bool made)
{
    *file = (struct sqlite_file){
        .known = true, .made = made, .device = found->st_dev, .number = found->st_ino};
}

bool sqlite_file_is(const struct sqlite_file *file, const struct stat *found)
{
    return file->known && file->device == found->st_dev && file->number == found->st_ino;
}

bool sqlite_guard_is_current(const struct sqlite_guard *guard, size_t which)
{
    struct stat found;
    const char *name = guard->names[which];
    bool current = fstatat(guard->folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                   sqlite_file_is(&guard->files[which], &found);
    return current;
}

static void guard_free(struct sqlite_guard *guard)
{
    for (size_t i = 0; i < SQLITE_FILES; i++) {
        free(guard->names[i]);
    }
    if (guard->folder >= 0) {
        (void)close(guard->folder);
    }
    free(guard->folder_path);
    free(guard->path);
    free(guard);
}

static struct sqlite_guard *guard_new(const char *path, int folder)
{
    struct sqlite_guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL) {
        return NULL;
    }
    guard->path = strdup(path);
    guard->folder_path = sqlite_path_folder(path);
    guard->folder = fcntl(folder, F_DUPFD_CLOEXEC, 3);
    bool good = guard->path != NULL && guard->folder_path != NULL && guard->folder >= 0;
    for (size_t i = 0; good && i < SQLITE_FILES; i++) {
        good = asprintf(&guard->names[i], "%s%s", sqlite_path_base(path),
                        sqlite_guard_suffixes[i]) >= 0;
        guard->names[i] = good ? guard->names[i] : NULL;
    }
    if (!good) {
        guard_free(guard);
        return NULL;
    }
    return guard;
}

ferry_status sqlite_guard_take(const char *path, int folder, bool loads,
                               struct sqlite_guard **ret_guard, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    struct sqlite_guard *guard = sqlite_guards;
    while (guard != NULL && strcmp(guard->path, path) != 0) {
        guard = guard->next;
    }
    if (guard == NULL && !sqlite_guard_install()) {
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "'%s': this SQLite library (%s) does not let dbferry watch which files "
                            "it opens; use the one of the system",
                            path, sqlite3_libversion());
    } else if (guard == NULL && (guard = guard_new(path, folder)) == NULL) {
        status = sqlite_fail_memory(err);
    } else if (guard->users == 0) {
        guard->next = sqlite_guards;
        sqlite_guards = guard;
    }
    if (status == FERRY_OK) {
        guard->users++;
        guard->loads = guard->loads || loads;
        *ret_guard = guard;
    }
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
    return status;
}

void sqlite_guard_give(struct sqlite_guard *guard)
{
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    if (guard != NULL && --guard->users == 0) {
        struct sqlite_guard **place = &sqlite_guards;
        while (*place != guard) {
            place = &(*place)->next;
        }
        *place = guard->next;
        guard_free(guard);
    }
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
}

/* ---- What the driver asks ---- */

bool sqlite_guard_has_moved(const struct sqlite_guard *guard)
{
    bool moved = false;
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    for (size_t i = 0; i < SQLITE_FILES; i++) {
        moved = moved || (guard->files[i].known && !sqlite_guard_is_current(guard, i));
    }
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
    return moved;
}

void sqlite_guard_meet(struct sqlite_guard *guard, const struct stat *database, bool made)
{
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    sqlite_guard_learn(&guard->files[SQLITE_FILE_DATABASE], database, made);
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
}

bool sqlite_guard_refusal(struct sqlite_guard *guard, ferry_status *ret_class, char *text,
                          size_t size)
{
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    bool refused = guard->refused;
    if (refused) {
        *ret_class = guard->class;
        (void)snprintf(text, size, "%s", guard->refusal);
    }
    guard->refused = false;
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
    return refused;
}

bool sqlite_guard_remove(struct sqlite_guard *guard, size_t which)
{
    struct stat found;
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    struct sqlite_file *file = &guard->files[which];
    const char *name = guard->names[which];
    bool removed = file->made && fstatat(guard->folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                   sqlite_file_is(file, &found) &&
                   ferry_file_remove(guard->folder, name, &found) == 0;
    if (removed) {
        *file = (struct sqlite_file){0};
    }
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
    return removed;
}

void sqlite_guard_settle(struct sqlite_guard *guard)
{
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    guard->files[SQLITE_FILE_DATABASE].made = false;
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
}

bool sqlite_guard_let_make(struct sqlite_guard *guard)
{
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    bool wanted = guard->wants_to_make;
    guard->may_make = true;
    guard->wants_to_make = false;
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
    return wanted;
}

bool sqlite_guard_made_wal(const struct sqlite_guard *guard)
{
    struct stat found;
    (void)pthread_mutex_lock(&sqlite_guard_lock);
    const char *name = guard->names[SQLITE_FILE_WAL];
    bool made = guard->files[SQLITE_FILE_WAL].made &&
                fstatat(guard->folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                sqlite_file_is(&guard->files[SQLITE_FILE_WAL], &found) && found.st_size == 0;
    (void)pthread_mutex_unlock(&sqlite_guard_lock);
    return made;
}

ferry_status sqlite_guard_check_orphans(struct sqlite_guard *guard, struct ferry_error *err)
{
    static const size_t holders[] = {SQLITE_FILE_JOURNAL, SQLITE_FILE_WAL};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof holders / sizeof *holders && status == FERRY_OK; i++) {
        struct stat found;
        const char *name = guard->names[holders[i]];
        int fd = openat(guard->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        const char *why = NULL;
        if (fd < 0) {
            why = errno == ENOENT ? NULL : "cannot be opened; move it away";
        } else if (fstat(fd, &found) != 0 ||
                   (why = sqlite_judge_file(guard, holders[i], fd, &found)) == NULL) {
            why = sqlite_judge_orphan(holders[i], fd, &found);
        }
        if (why != NULL) {
            status = ferry_fail(err, FERRY_ERR_TARGET_OPEN, "'%s%s' %s", guard->path,
                                sqlite_guard_suffixes[holders[i]], why);
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return status;
}

void sqlite_guard_tidy(const struct sqlite_guard *guard)
{
    for (size_t which = 0; which < SQLITE_FILES; which++) {
        struct stat found;
        char *name = NULL;
        if (asprintf(&name, "%s.gone", guard->names[which]) < 0) {
            return;
        }
        int fd = openat(guard->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && fstat(fd, &found) == 0 &&
            (sqlite_judge_file(guard, which, fd, &found) == NULL)) {
            (void)ferry_file_remove(guard->folder, name, &found);
        }
        if (fd >= 0) {
            (void)close(fd);
        }
        free(name);
    }
}
