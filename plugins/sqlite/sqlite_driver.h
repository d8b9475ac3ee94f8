/* What all files of the sqlite driver share: the connection, its errors, SQL, waiting, names.
 *
 * The library owns the prefix sqlite3_, and sqlite_ reads like it, so the names of this driver
 * begin with sqldrv_.
 *
 * The rest is in file.h, guard.h, values.h, table.h, source.h and target.h; each file includes what
 * it needs, and nothing outside of this folder includes any.  Functions stand under the file they
 * live in.  Those that return `int` return an SQLite result code and report nothing; those that
 * return `ferry_status` have called ferry_fail().
 */

#ifndef DBFERRY_SQLITE_DRIVER_H
#define DBFERRY_SQLITE_DRIVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* flock, realpath, faccessat */
#endif

#include <dbferry/driver.h>

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* How long the connection may wait for other connections to the same file. */
struct sqldrv_wait {
    struct ferry_wait budget;
    bool gave_up;       /* nothing is left of it: stop at the next chance */
    const char *holder; /* who can be in the way, for the message */
};

/* What a file that we make gets. */
struct sqldrv_file_options {
    char *journal_mode; /* never NULL */
    bool journal_set;   /* stands in the configuration: applies to an existing file too */
    bool mode_set;
    bool group_set;
    mode_t mode;
    gid_t group;
    int64_t page_size;
};

/* One connection.  `db` is NULL for a target whose file is not there: only a load makes it. */
struct sqldrv_conn {
    sqlite3 *db;
    sqlite3 *stage;               /* the staging file, while rows go into it */
    pthread_mutex_t handles_lock; /* guards the two pointers above against cancel() */
    atomic_bool cancelled;        /* sticky */
    uint32_t role;                /* FERRY_ROLE_SOURCE or _TARGET */
    bool looks;                   /* nothing is to be written */
    bool utf16;                   /* the file that is open stores texts so */
    bool told;                    /* who else can write there was told */
    char *path;                   /* as configured, for messages */
    char *real;                   /* absolute, without symbolic links */
    int folder;                   /* the descriptor of its folder, or -1 */
    struct sqldrv_guard *guard;   /* NULL before the path was found */
    struct sqldrv_file_options file;
    bool wal_later;  /* a new file, which becomes a WAL file once it is loaded */
    int64_t busy_ms; /* how long reads wait for a lock */
    struct sqldrv_wait wait;
};

/* ---- connect.c: a connection ---- */

ferry_status sqldrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err);
void sqldrv_disconnect(void *conn);
/* From any thread. */
void sqldrv_cancel(void *conn);
/* Fails with CANCELLED once sqldrv_cancel() was called. */
ferry_status sqldrv_check_cancelled(struct sqldrv_conn *conn, struct ferry_error *err);
/* Set `conn->db` or `conn->stage` so that sqldrv_cancel() never sees half of it. */
void sqldrv_set_handle(struct sqldrv_conn *conn, sqlite3 **handle, sqlite3 *db);

/* ---- errors.c: SQLite's result codes in the words of the contract ---- */

/* Fail with the class that `rc` has for the connection's role; `what` is what was being done, in
 * printf style.  `db` may be NULL. */
ferry_status sqldrv_fail(struct sqldrv_conn *conn, sqlite3 *db, int rc, struct ferry_error *err,
                         const char *what, ...) FERRY_PRINTF(5, 6);
static inline ferry_status sqldrv_fail_memory(struct ferry_error *err)
{
    (void)ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_ERR_SYSTEM;
}
/* The class of a call of the system that failed with `cause`: `otherwise`, unless that is not about
 * the path. */
ferry_status sqldrv_class_of_errno(int cause, ferry_status otherwise);
/* The class alone. */
ferry_status sqldrv_class(const struct sqldrv_conn *conn, int rc);

/* ---- statement.c: running SQL ---- */

/* Run statements made by sqlite3_mprintf rules (%w inside "" quotes an identifier). */
int sqldrv_run(sqlite3 *db, const char *format, ...);
/* Run exactly one statement that stands in the user's own schema. */
int sqldrv_run_saved(sqlite3 *db, const char *sql);
/* Prepare by the same rules.  `*ret_stmt` is NULL on failure. */
int sqldrv_prepare(sqlite3 *db, sqlite3_stmt **ret_stmt, const char *format, ...);
/* The value of a question that always has one row, such as a count or a setting: a number, or a
 * text from malloc.  No row is SQLITE_CORRUPT. */
int sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int sqldrv_query_text(sqlite3 *db, char **ret_value, const char *format, ...);
/* Copy of a text of the current row, from malloc; "" for NULL; NULL if out of memory. */
char *sqldrv_copy_text(sqlite3_stmt *stmt, int column);
/* ROLLBACK if a transaction is open: after FULL, IOERR or NOMEM it may not be. */
void sqldrv_rollback(sqlite3 *db);

/* ---- wait.c: waiting for other connections; stopping on cancel ---- */

/* Who can be in the way. */
#define SQLDRV_HOLDER_ANY "another connection held the file"
#define SQLDRV_HOLDER_WRITER "another connection was writing"
#define SQLDRV_HOLDER_READER "a reader held the file at COMMIT"

/* Install the busy and progress handlers on a handle of `conn`. */
void sqldrv_wait_install(struct sqldrv_conn *conn, sqlite3 *db);
/* Start a new allowance of `limit_ms`.  `holder` is who can be in the way, a static text. */
void sqldrv_wait_begin(struct sqldrv_conn *conn, int64_t limit_ms, const char *holder);
/* The first program that opens a WAL file makes its index.  One that may not write the file and
 * comes in that moment is told so by SQLite at once, without a call of the busy handler.  True
 * after a wait, as long as that is what `rc` says and the limit is not reached: ask again. `*calls`
 * counts. */
bool sqldrv_wait_for_index(struct sqldrv_conn *conn, int rc, int *calls);

/* ---- names.c: names that are ours ---- */

/* Hash of a name; upper and lower case ASCII letters count alike, as in SQLite. */
uint64_t sqldrv_name_hash(const char *name);
/* `<real>-dbferry-<hash of table><suffix>`, from malloc. */
char *sqldrv_name_beside(const char *real, const char *table, const char *suffix);
/* The name of an index, from malloc: the job's own, or `dbferry_<table>_<columns>_<hash>`.  What
 * the source calls it may be taken in the file, where names count for all tables. */
char *sqldrv_name_index(const char *table, const struct ferry_index *index);
/* 1 for names of indexes that belong to jobs. */
bool sqldrv_name_is_ours(const char *index);
/* 1 for names that a table of the user's cannot have. */
bool sqldrv_name_reserved(const char *table);

#endif /* DBFERRY_SQLITE_DRIVER_H */
