/* The database file itself: where it is, opened, made, journalled; who else can write there. */

#ifndef DBFERRY_SQLITE_FILE_H
#define DBFERRY_SQLITE_FILE_H

#include "sqlite_driver.h"

#include <sys/stat.h>

/* ---- path.c: where the file is, and whether it can be used ---- */

/* The absolute path without symbolic links, from malloc, also of a file that does not exist yet;
 * NULL with errno. */
char *sqldrv_path_resolve(const char *path);
/* The folder part of an absolute path, from malloc; NULL if out of memory. */
char *sqldrv_path_folder(const char *real);
/* The last part of a path. */
const char *sqldrv_path_base(const char *path);
/* Set conn->real, ->folder and ->guard.  Refuses what is not a regular file, before SQLite opens it
 * (a FIFO would hang), and what we have no rights to. */
ferry_status sqldrv_path_check_target(struct sqldrv_conn *conn, bool *ret_exists,
                                      struct ferry_error *err);
ferry_status sqldrv_path_check_source(struct sqldrv_conn *conn, struct ferry_error *err);

/* ---- open.c: opening a file safely ---- */

/* Open the existing file conn->real into conn->db, read-only for a source. */
ferry_status sqldrv_open(struct sqldrv_conn *conn, struct ferry_error *err);
/* Close conn->db, if open. */
void sqldrv_close(struct sqldrv_conn *conn);

/* ---- make.c: the file of a load, where there is none ---- */

#define SQLDRV_MADE_NOTHING 0
#define SQLDRV_MADE_FILE 1    /* there was no file */
#define SQLDRV_MADE_CONTENT 2 /* there was a file of length 0 */

/* Make the file if it is not there, give it its journal mode, and set up `conn->db` for a load.
 * `*ret_created` is a SQLDRV_MADE_, also of a failure. */
ferry_status sqldrv_make_for_load(struct sqldrv_conn *conn, int *ret_created,
                                  struct ferry_error *err);
/* Undo what sqldrv_make_for_load made, if nobody has put anything there since.  Closes the db. */
void sqldrv_unmake(struct sqldrv_conn *conn, int created);

/* ---- rights.c: who else can write there ---- */

/* Warn if somebody else could exchange or change the target; once per connection.  `file` is NULL
 * where there is none yet. */
void sqldrv_rights_tell(struct sqldrv_conn *conn, const struct stat *folder,
                        const struct stat *file);

/* ---- journal.c: journal mode, the -wal and -shm files, checkpoints ---- */

/* 1 if the file is in WAL mode. */
bool sqldrv_is_wal(sqlite3 *db);
/* Give a `fresh` file its page size, and its journal mode but WAL, which is left for
 * sqldrv_journal_finish; another file the mode that is set, or one that outlives a crash. */
ferry_status sqldrv_journal_set_up(struct sqldrv_conn *conn, bool fresh, struct ferry_error *err);
/* After the COMMIT: what sqldrv_journal_set_up left for later.  Never fails; warns. */
void sqldrv_journal_finish(struct sqldrv_conn *conn);
/* When `db` closes, -wal and -shm stay as they are, and no reader is kept out meanwhile. */
void sqldrv_journal_leave(sqlite3 *db);
/* Move the WAL into the file and empty it if no reader is in the way.  Never fails; warns. */
void sqldrv_journal_checkpoint(struct sqldrv_conn *conn);

/* ---- readers.c: who reads a file in WAL mode ---- */

/* Processes other than this one, by their numbers; start as {0}. */
struct sqldrv_readers {
    pid_t *list;
    size_t count;
};
void sqldrv_readers_done(struct sqldrv_readers *readers);
/* Those that hold a lock of a reader in the -shm file now, as far as the system tells.  False
 * where it tells nothing. */
bool sqldrv_readers_find(const struct stat *shm, struct sqldrv_readers *ret_readers);
/* Drops those from `readers` that are not among `others`. */
void sqldrv_readers_keep(struct sqldrv_readers *readers, const struct sqldrv_readers *others);

/* ---- examine.c: what may stand in the way of a load ---- */

ferry_status sqldrv_examine(void *conn, const struct ferry_examination *examination,
                            struct ferry_findings *findings, struct ferry_error *err);

#endif /* DBFERRY_SQLITE_FILE_H */
