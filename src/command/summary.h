/* What came of the tables of a group, as a table on the terminal, a line in the log, and records of
 * --json. */

#ifndef FERRY_SUMMARY_H
#define FERRY_SUMMARY_H

#include "engine/group.h"
#include "engine/strays.h"
#include "engine/sync.h"

/* Of one table; all zero: it was not begun. */
struct ferry_summary_row {
    bool begun;
    ferry_status status;
    struct ferry_sync_result result;
};

/* Whether the table was carried. */
bool ferry_summary_is_done(const struct ferry_summary_row *row);

/* `rows` has one for each of the tables, which `job` names; `strays` are copies besides;
 * `elapsed_ms` is for all of them. */
void ferry_summary_tell(const struct ferry_job *job, const struct ferry_tables *tables,
                        const struct ferry_summary_row *rows, const struct ferry_strays *strays,
                        int64_t elapsed_ms);

/* The same of one table of them, alone, in a record of --json. */
void ferry_summary_tell_table(const struct ferry_job *job, const struct ferry_task *task,
                              const struct ferry_summary_row *row);

/* What those that are done come to: their rows, and whether single ones were changed, or nothing
 * was read. */
struct ferry_sync_result ferry_summary_add_up(const struct ferry_summary_row *rows, size_t count);

#endif
