/* What the files of the history share: its connection, and asking it. */

#ifndef FERRY_HISTORY_FILE_H
#define FERRY_HISTORY_FILE_H

#include <sqlite3.h>

#include "report/history.h"

struct ferry_history {
    sqlite3 *db;
    char *path;
};

/* Fails with what SQLite said last, while `doing` something. */
ferry_status ferry_history_fail(const struct ferry_history *history, const char *doing,
                                struct ferry_error *error);
ferry_status ferry_history_do(struct ferry_history *history, const char *sql,
                              struct ferry_error *error);
/* The caller finalizes it. */
ferry_status ferry_history_prepare(struct ferry_history *history, const char *sql,
                                   sqlite3_stmt **ret_statement, struct ferry_error *error);
/* Steps over a statement that gives no rows. */
ferry_status ferry_history_step(struct ferry_history *history, sqlite3_stmt *statement,
                                struct ferry_error *error);
/* Ends a transaction by whether what was done in it has worked. */
ferry_status ferry_history_commit(struct ferry_history *history, ferry_status status,
                                  struct ferry_error *error);

/* Takes away what is older or more than is to be kept of a job, some of it at a time. */
ferry_status ferry_history_forget(struct ferry_history *history, const char *job,
                                  const struct ferry_history_keep *keep, struct ferry_error *error);

static inline void ferry_history_finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}
#define FERRY_AUTO_STATEMENT __attribute__((cleanup(ferry_history_finalize)))

#endif
