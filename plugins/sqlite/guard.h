/* Which files SQLite may open, make and remove by name, for guard*.c and judge.c and their users.
 */

#ifndef DBFERRY_SQLITE_GUARD_H
#define DBFERRY_SQLITE_GUARD_H

#include "sqlite_driver.h"

#include <sys/stat.h>

/* The files of a database, by what follows its path. */
enum sqldrv_which {
    SQLDRV_FILE_DATABASE,
    SQLDRV_FILE_JOURNAL,
    SQLDRV_FILE_WAL,
    SQLDRV_FILE_SHM,
    SQLDRV_FILES
};

/* A file by its number, whatever its name is now. */
struct sqldrv_file {
    bool known;
    bool made; /* by us: it was not there before */
    dev_t device;
    ino_t number;
};

/* One database in use. */
struct sqldrv_guard {
    struct sqldrv_guard *next;
    unsigned users;
    char *path;                /* of the database: absolute, without symbolic links */
    char *folder_path;         /* the folder's part of it */
    int folder;                /* a descriptor */
    char *names[SQLDRV_FILES]; /* in the folder */
    bool loads;                /* somebody is to write: without it no file is changed or removed */
    bool may_make;             /* somebody who only reads may make -wal and -shm */
    bool wants_to_make;
    struct sqldrv_file files[SQLDRV_FILES];
    bool refused;
    ferry_status class; /* of the refusal, for a target */
    char refusal[512];
};

/* ---- guard.c ---- */

/* From now on SQLite's calls for the database at `path` and its journals are held to the folder
 * that is open as `folder` (a descriptor that stays the caller's).  One for all connections. */
ferry_status sqldrv_guard_take(const char *path, int folder, bool loads,
                               struct sqldrv_guard **ret_guard, struct ferry_error *err);
void sqldrv_guard_give(struct sqldrv_guard *guard);
/* The database is this file, and no other that comes to its name. */
void sqldrv_guard_meet(struct sqldrv_guard *guard, const struct stat *database, bool made);
/* The database holds something now: it is not ours to remove any more. */
void sqldrv_guard_settle(struct sqldrv_guard *guard);
/* Who only reads may make -wal and -shm from now on; true if that was what kept it from opening. */
bool sqldrv_guard_let_make(struct sqldrv_guard *guard);
/* True if -wal was made by us, and nobody has written to it. */
bool sqldrv_guard_made_wal(const struct sqldrv_guard *guard);
/* True if a file that was opened is no longer found by its name. */
bool sqldrv_guard_has_moved(const struct sqldrv_guard *guard);
/* True if a call was refused since the last time: why, and the class of that for a target. */
bool sqldrv_guard_refusal(struct sqldrv_guard *guard, ferry_status *ret_class, char *text,
                          size_t size);
/* Remove the file if we have made it and it is still there. */
bool sqldrv_guard_remove(struct sqldrv_guard *guard, size_t which);
/* Fail if a journal beside a database that is not there may hold rows. */
ferry_status sqldrv_guard_check_orphans(struct sqldrv_guard *guard, struct ferry_error *err);
/* Remove what a run that was killed in ferry_file_remove has left. */
void sqldrv_guard_tidy(const struct sqldrv_guard *guard);
bool sqldrv_file_is(const struct sqldrv_file *file, const struct stat *found);

/* ---- guard_calls.c ---- */

/* Until it is called with NULL, SQLite's next write in this thread fails if `*stop` is true. */
void sqldrv_guard_stop_writing(const atomic_bool *stop);

/* ---- guard.c and guard_calls.c alone ---- */

extern const char *const sqldrv_guard_suffixes[SQLDRV_FILES];
/* All that are in use, and the lock for them and what they hold. */
extern pthread_mutex_t sqldrv_guard_lock;
extern struct sqldrv_guard *sqldrv_guards;

/* Under the lock: whose path it is, or NULL; note a file; is it still found by its name? */
struct sqldrv_guard *sqldrv_guard_find(const char *path, size_t *ret_which);
void sqldrv_guard_learn(struct sqldrv_file *file, const struct stat *found, bool made);
bool sqldrv_guard_is_current(const struct sqldrv_guard *guard, size_t which);
/* Put our calls in the place of SQLite's.  False if this SQLite does not let them be replaced. */
bool sqldrv_guard_install(void);

/* ---- judge.c: is a file what its name says? ---- */

/* NULL if the open file may be used as that file of the database; else why not, as the end of a
 * sentence. */
const char *sqldrv_judge_file(const struct sqldrv_guard *guard, size_t which, int fd,
                              const struct stat *found);
/* NULL if nothing is lost with this journal, whose database is not there. */
const char *sqldrv_judge_orphan(size_t which, int fd, const struct stat *found);
/* NULL if the file at `path` is the super-journal of a transaction that this database was part of;
 * also if there is none. */
const char *sqldrv_judge_super(const struct sqldrv_guard *guard, const char *path);

#endif /* DBFERRY_SQLITE_GUARD_H */
