/* Whether the rows of a read may be others than at an earlier run, by what the file itself counts.
 *
 * In all journal modes but WAL, SQLite counts a number in the file's header up with each
 * transaction that writes (fileformat2.html, 1.3.9), also of other programs, before its lock goes.
 * Together with the cookie of the schema, the file's size, inode and time of change it is a text
 * that does not come again, but for
 *
 *   - a file whose header and time of change somebody has set back, as a restore with all times
 *     into the same inode does, if as many transactions followed;
 *   - 2^32 transactions within the tick of a clock.
 *
 * In WAL mode that number stands still, and what stands in its place is of the -shm file and may be
 * newer than the snapshot: nothing is told.  Nor is it of a view or query that calls a function of
 * the time or of chance, whose rows change without the file.
 */

#include "file.h"
#include "source.h"

#include <string.h>

#define FINGERPRINT_COUNTER 24 /* where in the header */
#define FINGERPRINT_COOKIE 40
#define FINGERPRINT_HEADER 44 /* as far as it is read */

/* Those that a file's definition may call and that say something else each time, or may: what they
 * are called with is not known. */
static const char *const fingerprint_functions[] = {
    "changes",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "julianday",
    "load_extension",
    "last_insert_rowid",
    "random",
    "randomblob",
    "sqlite_offset",
    "strftime",
    "time",
    "timediff",
    "total_changes",
    "unixepoch",
};

static bool fingerprint_is_fickle(const char *function)
{
    for (size_t i = 0; i < sizeof fingerprint_functions / sizeof *fingerprint_functions; i++) {
        if (sqlite3_stricmp(fingerprint_functions[i], function) == 0) {
            return true;
        }
    }
    return false;
}

static int fingerprint_authorize(void *argument, int action, const char *first,
                                 const char *function, const char *schema, const char *trigger)
{
    bool *fickle = argument;
    (void)first;
    (void)schema;
    (void)trigger;
    if (action == SQLITE_FUNCTION && function != NULL && fingerprint_is_fickle(function)) {
        *fickle = true;
    }
    return SQLITE_OK;
}

/* Whether the rows hang on nothing but the file. */
static ferry_status fingerprint_is_still(struct sqldrv_conn *conn, const struct ferry_read *read,
                                         bool *ret_still, struct ferry_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool fickle = false;
    (void)sqlite3_set_authorizer(conn->db, fingerprint_authorize, &fickle);
    ferry_status status = sqldrv_read_prepare(conn, read, &stmt, err);
    (void)sqlite3_set_authorizer(conn->db, NULL, NULL);
    sqlite3_finalize(stmt);
    *ret_still = !fickle;
    return status;
}

static uint32_t fingerprint_number(const unsigned char *header, size_t at)
{
    return (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 |
           (uint32_t)header[at + 2] << 8 | header[at + 3];
}

/* By SQLite's own descriptor: closing another one would drop its locks.  The snapshot holds one, so
 * that nobody writes meanwhile. */
static int fingerprint_read_header(sqlite3 *db, unsigned char *header)
{
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc != SQLITE_OK || file == NULL || file->pMethods == NULL) {
        return SQLITE_NOTFOUND;
    }
    return file->pMethods->xRead(file, header, FINGERPRINT_HEADER, 0);
}

ferry_status sqldrv_fingerprint(void *argument, const struct ferry_read *read,
                                struct ferry_fingerprint *fingerprint, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    unsigned char header[FINGERPRINT_HEADER];
    struct stat file;
    char text[160];
    int moved = 0;
    bool still = false;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK && !sqldrv_is_wal(conn->db)) {
        status = fingerprint_is_still(conn, read, &still, err);
    }
    (void)sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (status != FERRY_OK || !still || moved != 0 ||
        fstatat(conn->folder, sqldrv_path_base(conn->real), &file, 0) != 0 ||
        fingerprint_read_header(conn->db, header) != SQLITE_OK) {
        return status;
    }
    (void)snprintf(text, sizeof text, "sqlite:%lu.%lu:%lld:%lld.%09ld:%llu",
                   (unsigned long)fingerprint_number(header, FINGERPRINT_COUNTER),
                   (unsigned long)fingerprint_number(header, FINGERPRINT_COOKIE),
                   (long long)file.st_size, (long long)file.st_mtim.tv_sec, file.st_mtim.tv_nsec,
                   (unsigned long long)file.st_ino);
    return ferry_fingerprint_set(fingerprint, text, err);
}
