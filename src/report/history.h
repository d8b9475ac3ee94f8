/* The history: a SQLite file in the state folder with a row for each run.  It is safe to delete,
 * and nothing fails for it: whoever writes it warns, and goes on. */

#ifndef FERRY_HISTORY_H
#define FERRY_HISTORY_H

#include "base/error.h"
#include "report/report.h"

struct ferry_history;

#define FERRY_HISTORY_FILE "history.db"

/* Opens the file in `folder`.  To write, both are made where they are not there; the file may be
 * read and written by those whom the folder lets, others never write.  To read, a file that is not
 * there is FERRY_ERR_NOT_FOUND.  One that is broken, somebody else's, or of a later version is
 * FERRY_ERR_TARGET_OPEN, with what to do.  For one thread. */
ferry_status ferry_history_open(const char *folder, bool to_write,
                                struct ferry_history **ret_history, struct ferry_error *error);
void ferry_history_close(struct ferry_history *history); /* NULL allowed */

/* A run begins: its row is there from now on, whatever becomes of the process.  Rows of the same
 * job that nobody has ended are ended, where their process is gone. */
ferry_status ferry_history_begin(struct ferry_history *history, const struct ferry_report *report,
                                 int64_t *ret_row, struct ferry_error *error);

/* How much is kept of each job; 0: all. */
struct ferry_history_keep {
    bool nothing; /* there is no history at all */
    int64_t age_ms;
    int64_t runs;
};
/* "400d, 10000", "30d", "100" or "none": false of what is none of these. */
bool ferry_history_keep_parse(const char *text, struct ferry_history_keep *ret_keep);

/* The run of that row has ended.  What is older or more than is to be kept goes, but for the last
 * success. */
ferry_status ferry_history_end(struct ferry_history *history, int64_t row,
                               const struct ferry_report *report,
                               const struct ferry_history_keep *keep, struct ferry_error *error);

/* ---- Reading ---- */

/* The last run of a job, and the last that succeeded: job NULL where there is none.  Both are to be
 * freed. */
ferry_status ferry_history_find(struct ferry_history *history, const char *job,
                                struct ferry_report *ret_last, struct ferry_report *ret_success,
                                struct ferry_error *error);

typedef ferry_status ferry_history_visit(void *data, const struct ferry_report *report,
                                         struct ferry_error *error);
/* The runs of a job, the last one first, `most` of them. */
ferry_status ferry_history_each(struct ferry_history *history, const char *job, int64_t most,
                                ferry_history_visit *visit, void *data, struct ferry_error *error);

#endif
