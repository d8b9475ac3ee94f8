/* What may stand in the way of a load into a file: its lock, its journal mode, who reads it, and
 * the room on the disk.  A source has nothing here that opening and describing it have not tried.
 *
 * Nothing is written: not even a checkpoint is tried, which would move the WAL into the file.
 */

#include "file.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define EXAMINE_MIB 1048576
#define EXAMINE_WATCH_MS 1000 /* who reads for all of that is no short reader */
#define EXAMINE_STEP_MS 100
#define EXAMINE_COMM 64 /* more than the kernel keeps of a program's name */

/* ---- The files beside the database ---- */

/* The size of `<real><suffix>`; -1 where it is not there. */
static int64_t examine_size(const struct sqldrv_conn *conn, const char *suffix,
                            struct stat *ret_stat)
{
    char *name = NULL;
    int64_t size = -1;
    if (asprintf(&name, "%s%s", conn->real, suffix) < 0) {
        return -1;
    }
    if (fstatat(conn->folder, sqldrv_path_base(name), ret_stat, AT_SYMLINK_NOFOLLOW) == 0) {
        size = (int64_t)ret_stat->st_size;
    }
    free(name);
    return size;
}

/* One that is not there can be made: the folder was tried when the connection was opened. */
static ferry_status examine_lock(const struct sqldrv_conn *conn, struct ferry_findings *findings,
                                 struct ferry_error *err)
{
    char *name = sqldrv_lock_name(conn);
    ferry_status status = FERRY_OK;
    if (name == NULL) {
        return sqldrv_fail_memory(err);
    }
    const char *base = sqldrv_path_base(name);
    bool there = faccessat(conn->folder, base, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && faccessat(conn->folder, base, R_OK | W_OK, AT_EACCESS) != 0) {
        status = ferry_finding_fail(findings, err, FERRY_ERR_TARGET_OPEN, "lock file",
                                    "let the user of the jobs read and write it (chown, chmod), or "
                                    "remove it while no run is under way",
                                    "'%s' cannot be opened: %s", name, strerror(errno));
    }
    free(name);
    return status;
}

/* ---- The journal ---- */

static ferry_status examine_mode(struct sqldrv_conn *conn, bool *ret_wal,
                                 struct ferry_findings *findings, struct ferry_error *err)
{
    char *mode = NULL;
    struct stat stat;
    int rc = sqldrv_query_text(conn->db, &mode, "PRAGMA main.journal_mode");
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "asking for its journal mode");
    }
    bool wal = strcasecmp(mode, "wal") == 0;
    int64_t size = examine_size(conn, "-wal", &stat);
    ferry_status status;
    if (wal) {
        status = ferry_finding_ok(findings, err, "journal", "mode wal, and %lld bytes in the WAL",
                                  (long long)(size > 0 ? size : 0));
    } else if (conn->file.journal_set) {
        status = ferry_finding_ok(findings, err, "journal", "mode %s now, %s by journal_mode", mode,
                                  conn->file.journal_mode);
    } else {
        status = ferry_finding_warn(
            findings, err, "journal",
            "set journal_mode = \"wal\" in the connection, unless other programs need this mode",
            "mode %s: a load waits at its end for everybody who reads, and they wait for it", mode);
    }
    *ret_wal = wal;
    free(mode);
    return status;
}

/* A program's name, as the system has it; "" where it is gone. */
static void examine_program(pid_t pid, char ret_name[EXAMINE_COMM])
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/comm", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(ret_name, EXAMINE_COMM, file) == NULL) {
        ret_name[0] = '\0';
    }
    ret_name[strcspn(ret_name, "\n")] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
}

static int examine_is_cancelled(void *conn)
{
    return atomic_load(&((struct sqldrv_conn *)conn)->cancelled);
}

/* Leaves those in `readers` that read at each look of a whole second; ends with the last. */
static void examine_watch(struct sqldrv_conn *conn, const struct stat *shm,
                          struct sqldrv_readers *readers)
{
    struct ferry_wait watch;
    ferry_wait_begin(&watch, EXAMINE_WATCH_MS);
    while (readers->count > 0 &&
           ferry_wait_pause(&watch, EXAMINE_STEP_MS, examine_is_cancelled, conn) != 0) {
        struct sqldrv_readers now = {0};
        if (sqldrv_readers_find(shm, &now)) {
            sqldrv_readers_keep(readers, &now);
        }
        sqldrv_readers_done(&now);
    }
}

static ferry_status examine_tell_readers(const struct sqldrv_readers *readers, int64_t size,
                                         struct ferry_findings *findings, struct ferry_error *err)
{
    char program[EXAMINE_COMM];
    char more[64] = "";
    examine_program(readers->list[0], program);
    if (readers->count > 1) {
        (void)snprintf(more, sizeof more, ", and so have %zu others", readers->count - 1);
    }
    return ferry_finding_warn(
        findings, err, "readers",
        "have it end its transaction (an open cursor or a statement that was not reset keeps one), "
        "or end it",
        "process %ld ('%s') has read without a pause for a second%s: meanwhile no checkpoint can "
        "complete, and the WAL (%lld bytes now) grows with each run",
        (long)readers->list[0], program, more, (long long)size);
}

/* A WAL with nothing in it has nothing to be moved. */
static ferry_status examine_readers(struct sqldrv_conn *conn, struct ferry_findings *findings,
                                    struct ferry_error *err)
{
    struct stat wal;
    struct stat shm;
    struct sqldrv_readers readers = {0};
    int64_t size = examine_size(conn, "-wal", &wal);
    if (size <= 0 || examine_size(conn, "-shm", &shm) < 0 || !sqldrv_readers_find(&shm, &readers)) {
        return FERRY_OK;
    }
    examine_watch(conn, &shm, &readers);
    ferry_status status =
        readers.count == 0 ? FERRY_OK : examine_tell_readers(&readers, size, findings, err);
    sqldrv_readers_done(&readers);
    return status == FERRY_OK ? sqldrv_check_cancelled(conn, err) : status;
}

/* ---- The disk ---- */

/* Where SQLite puts what it sorts. */
static const char *examine_temporary(void)
{
    static const char *const names[] = {"SQLITE_TMPDIR", "TMPDIR"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *folder = getenv(names[i]);
        if (folder != NULL && access(folder, W_OK | X_OK) == 0) {
            return folder;
        }
    }
    return "/var/tmp";
}

/* Whether a load sorts rows, for an index or to find those of its changes. */
static bool examine_sorts(const struct ferry_examination *examination)
{
    for (size_t i = 0; i < examination->load_count; i++) {
        const struct ferry_load_spec *load = examination->loads[i];
        if (load->index_count > 0 || load->kind == FERRY_LOAD_CHANGES) {
            return true;
        }
    }
    return false;
}

static ferry_status examine_room(const struct statvfs *disk, const char *subject, const char *where,
                                 int64_t needed, struct ferry_findings *findings,
                                 struct ferry_error *err)
{
    uint64_t free_bytes = (uint64_t)disk->f_bavail * (uint64_t)disk->f_frsize;
    return free_bytes >= (uint64_t)needed
               ? ferry_finding_ok(findings, err, subject, "%lld MiB free for %s",
                                  (long long)(free_bytes / EXAMINE_MIB), where)
               : ferry_finding_warn(findings, err, subject,
                                    "make room on it, or move the file to a larger one",
                                    "%lld MiB free for %s, and a run may take %lld, twice what the "
                                    "file has now",
                                    (long long)(free_bytes / EXAMINE_MIB), where,
                                    (long long)((needed + EXAMINE_MIB - 1) / EXAMINE_MIB));
}

/* New rows lie beside the old ones until the commit, and pages of both in the journal. */
static ferry_status examine_disk(const struct sqldrv_conn *conn,
                                 const struct ferry_examination *examination,
                                 struct ferry_findings *findings, struct ferry_error *err)
{
    struct stat file;
    struct statvfs disk;
    int64_t size = examine_size(conn, "", &file);
    int64_t needed = size > 0 ? 2 * size : 0;
    ferry_status status = FERRY_OK;
    if (fstatvfs(conn->folder, &disk) == 0) {
        status =
            examine_room(&disk, "disk", "the file and its staging file", needed, findings, err);
    }
    const char *temporary = examine_temporary();
    if (status == FERRY_OK && examine_sorts(examination) && statvfs(temporary, &disk) == 0) {
        status = examine_room(&disk, "temporary files", temporary, needed, findings, err);
    }
    return status;
}

ferry_status sqldrv_examine(void *argument, const struct ferry_examination *examination,
                            struct ferry_findings *findings, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    bool wal = false;
    if (conn->role != FERRY_ROLE_TARGET || examination->tables_only != 0) {
        return FERRY_OK;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    ferry_status status = examine_lock(conn, findings, err);
    if (status == FERRY_OK && conn->db != NULL) {
        status = examine_mode(conn, &wal, findings, err);
    }
    if (status == FERRY_OK && wal) {
        status = examine_readers(conn, findings, err);
    }
    return status == FERRY_OK ? examine_disk(conn, examination, findings, err) : status;
}
