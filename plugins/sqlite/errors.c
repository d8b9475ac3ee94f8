/* SQLite's result codes in the words of the contract: one table, two roles. */

#include "guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#define HINT_NONE ""
#define HINT_CORRUPT                                                                               \
    "; the file was left as found: check it with 'PRAGMA integrity_check' or restore it"
#define HINT_NOTADB "; the file was left as found: mend the path, or move the file away"
#define HINT_BUSY                                                                                  \
    "; another connection holds the file: run again, or raise lock_wait of the job (busy_timeout " \
    "for a source)"
#define HINT_INDEX "; another program is opening the file at this moment: run again"
#define HINT_ROLLBACK                                                                              \
    "; a program was stopped while it wrote, and nobody has undone that: open the file with one "  \
    "that may write it, such as the sqlite3 shell or the run of a job"
#define HINT_OPEN "; check the rights on the file and on its folder"

static const struct error_rule {
    int rc; /* extended codes stand before their primary code */
    ferry_status source;
    ferry_status target;
    const char *hint;
} error_rules[] = {
    {SQLITE_READONLY_DBMOVED, FERRY_ERR_STREAM, FERRY_ERR_BUSY,
     "; the file was moved or replaced meanwhile: run again"},
    {SQLITE_READONLY_RECOVERY, FERRY_ERR_BUSY, FERRY_ERR_BUSY, HINT_INDEX},
    {SQLITE_READONLY_CANTINIT, FERRY_ERR_BUSY, FERRY_ERR_BUSY, HINT_INDEX},
    {SQLITE_READONLY_ROLLBACK, FERRY_ERR_BUSY, FERRY_ERR_BUSY, HINT_ROLLBACK},
    {SQLITE_IOERR_NOMEM, FERRY_ERR_SYSTEM, FERRY_ERR_SYSTEM, HINT_NONE},
    {SQLITE_FULL, FERRY_ERR_SYSTEM, FERRY_ERR_TARGET_IO, HINT_NONE},
    {SQLITE_IOERR, FERRY_ERR_STREAM, FERRY_ERR_TARGET_IO, "; look at the disk and the system log"},
    {SQLITE_CORRUPT, FERRY_ERR_STREAM, FERRY_ERR_TARGET_IO, HINT_CORRUPT},
    {SQLITE_NOTADB, FERRY_ERR_STREAM, FERRY_ERR_TARGET_IO, HINT_NOTADB},
    {SQLITE_BUSY, FERRY_ERR_BUSY, FERRY_ERR_BUSY, HINT_BUSY},
    {SQLITE_LOCKED, FERRY_ERR_BUSY, FERRY_ERR_BUSY, HINT_BUSY},
    {SQLITE_PROTOCOL, FERRY_ERR_BUSY, FERRY_ERR_BUSY, HINT_BUSY},
    {SQLITE_SCHEMA, FERRY_ERR_BUSY, FERRY_ERR_BUSY, "; the schema changed meanwhile: run again"},
    {SQLITE_NOMEM, FERRY_ERR_SYSTEM, FERRY_ERR_SYSTEM, HINT_NONE},
    {SQLITE_INTERRUPT, FERRY_ERR_CANCELLED, FERRY_ERR_CANCELLED, HINT_NONE},
    {SQLITE_ABORT, FERRY_ERR_CANCELLED, FERRY_ERR_CANCELLED, HINT_NONE},
    {SQLITE_CONSTRAINT, FERRY_ERR_DATA, FERRY_ERR_DATA, HINT_NONE},
    {SQLITE_MISMATCH, FERRY_ERR_DATA, FERRY_ERR_DATA, HINT_NONE},
    /* Too many columns, a collation or function that only the user's own program has, and so on:
     * what stands in the file, and no fault of ours. */
    {SQLITE_ERROR, FERRY_ERR_SCHEMA, FERRY_ERR_SCHEMA, "; mend that, then run again"},
    {SQLITE_TOOBIG, FERRY_ERR_DATA, FERRY_ERR_DATA, "; SQLite holds at most 1000000000 bytes"},
    {SQLITE_READONLY, FERRY_ERR_REFUSED, FERRY_ERR_TARGET_OPEN, HINT_OPEN},
    {SQLITE_CANTOPEN, FERRY_ERR_REFUSED, FERRY_ERR_TARGET_OPEN, HINT_OPEN},
    {SQLITE_PERM, FERRY_ERR_REFUSED, FERRY_ERR_TARGET_OPEN, HINT_OPEN},
    {SQLITE_AUTH, FERRY_ERR_REFUSED, FERRY_ERR_TARGET_OPEN, HINT_OPEN},
};

ferry_status sqldrv_class_of_errno(int cause, ferry_status otherwise)
{
    switch (cause) {
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return FERRY_ERR_SYSTEM;
    case ENOSPC:
        return otherwise == FERRY_ERR_TARGET_OPEN ? FERRY_ERR_TARGET_IO : otherwise;
    default:
        return otherwise;
    }
}

static const struct error_rule *error_find(int rc)
{
    for (size_t i = 0; i < sizeof error_rules / sizeof *error_rules; i++) {
        if (error_rules[i].rc == rc || error_rules[i].rc == (rc & 0xff)) {
            return &error_rules[i];
        }
    }
    return NULL;
}

ferry_status sqldrv_class(const struct sqldrv_conn *conn, int rc)
{
    const struct error_rule *rule = error_find(rc);
    if (atomic_load(&conn->cancelled)) {
        return FERRY_ERR_CANCELLED;
    }
    if (rule == NULL) {
        return FERRY_ERR_INTERNAL;
    }
    if (rule->target == FERRY_ERR_CANCELLED && conn->wait.gave_up) {
        return FERRY_ERR_BUSY; /* we stopped ourselves: see wait.c */
    }
    return conn->role == FERRY_ROLE_SOURCE ? rule->source : rule->target;
}

/* What SQLite was not let do: its own text is only that it could not. */
static bool error_refused(struct sqldrv_conn *conn, int rc, struct ferry_error *err,
                          const char *doing, ferry_status *ret_status)
{
    char text[512];
    bool source = conn->role == FERRY_ROLE_SOURCE;
    ferry_status class = FERRY_ERR_TARGET_OPEN;
    int primary = rc & 0xff;
    if (conn->guard == NULL ||
        (primary != SQLITE_CANTOPEN && primary != SQLITE_IOERR && primary != SQLITE_READONLY) ||
        !sqldrv_guard_refusal(conn->guard, &class, text, sizeof text)) {
        return false;
    }
    if (source) {
        class = class == FERRY_ERR_BUSY        ? FERRY_ERR_STREAM
                : class == FERRY_ERR_TARGET_IO ? FERRY_ERR_SYSTEM
                                               : FERRY_ERR_REFUSED;
    }
    *ret_status = ferry_fail(err, class, "'%s': %s: %s", conn->path, doing, text);
    return true;
}

/* How much room there is, and where else SQLite may have run out of it. */
static ferry_status error_full(struct sqldrv_conn *conn, ferry_status class,
                               struct ferry_error *err, const char *doing)
{
    struct statvfs disk;
    unsigned long long free_bytes = 0;
    if (statvfs(conn->real, &disk) == 0) {
        free_bytes = (unsigned long long)disk.f_bavail * disk.f_frsize;
    }
    return ferry_fail(err, class,
                      "'%s': %s: disk full (%llu KiB are free beside the file now); make room "
                      "there for the old and the new rows, or, if there is enough, in the folder "
                      "for temporary files (SQLITE_TMPDIR, TMPDIR, else /var/tmp)",
                      conn->path, doing, free_bytes / 1024);
}

ferry_status sqldrv_fail(struct sqldrv_conn *conn, sqlite3 *db, int rc, struct ferry_error *err,
                         const char *what, ...)
{
    const struct error_rule *rule = error_find(rc);
    ferry_status class = sqldrv_class(conn, rc);
    char *doing = NULL;
    va_list arguments;
    va_start(arguments, what);
    if (vasprintf(&doing, what, arguments) < 0) {
        doing = NULL;
    }
    va_end(arguments);
    bool own_text = db != NULL && (sqlite3_errcode(db) & 0xff) == (rc & 0xff);
    const char *text = own_text ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    const char *shown = doing != NULL ? doing : "out of memory";
    ferry_status status;
    if (class == FERRY_ERR_CANCELLED) {
        status = ferry_fail(err, class, "'%s': %s: stopped", conn->path, shown);
    } else if (class == FERRY_ERR_BUSY && conn->wait.gave_up) {
        status = ferry_fail(
            err, class, "'%s': %s: %s (waited %.1f s); run again when it is gone, or raise %s",
            conn->path, shown, conn->wait.holder, (double)conn->wait.budget.waited_ms / 1000.0,
            conn->role == FERRY_ROLE_TARGET ? "lock_wait of the job" : "busy_timeout");
    } else if (error_refused(conn, rc, err, shown, &status)) {
        /* told */
    } else if ((rc & 0xff) == SQLITE_FULL) {
        status = error_full(conn, class, err, shown);
    } else if ((rc & 0xff) == SQLITE_NOTADB) {
        status = ferry_fail(err, class, "'%s' is not an SQLite database (%s)%s", conn->path, text,
                            HINT_NOTADB);
    } else {
        status = ferry_fail(err, class, "'%s': %s: %s%s", conn->path, shown, text,
                            rule != NULL ? rule->hint : "");
    }
    free(doing);
    return status;
}
