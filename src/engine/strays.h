/* Copies of a group that no table of it is carried into any more: its source has lost the table, or
 * the job has let go of it. */

#ifndef FERRY_STRAYS_H
#define FERRY_STRAYS_H

#include "engine/group.h"
#include "engine/retry.h"

struct ferry_run;
struct ferry_sync_result;

/* One of them, by the record of the run that wrote it. */
struct ferry_stray {
    struct ferry_record record; /* its table is the copy */
    const char *name;           /* of what was read, as the source calls it; the record's */
    bool is_gone;               /* the source says that there is no such table */
    bool exists;                /* the copy is there; else there is its record alone */
    bool dropped;               /* with its record; of a look: it would be */
    uint64_t definition;        /* of the copy */
    struct ferry_strbuf why; /* it is not dropped: a sentence; empty: nobody has asked for that */
};

/* Start with `tables`, and why none may be dropped. */
struct ferry_strays {
    const struct ferry_tables *tables; /* that the job carries now */
    const char *keeps;                 /* NULL: they may be */
    size_t known;             /* of those tables: there is a record, as of an earlier run */
    struct ferry_stray *list; /* in order of their names */
    size_t count;
};

/* An attempt (attempt.h), of a group whose job->shared->strays is there: fills in the list, and
 * drops what is gone where the group says so, or in a look says that it would.  Those that an
 * earlier attempt has dropped stay in the list.  `ret_result` is not written. */
ferry_status ferry_strays_find(const struct ferry_job *job, struct ferry_retry *retry,
                               struct ferry_sync_result *ret_result, struct ferry_error *error);
/* Frees the list. */
void ferry_strays_done(struct ferry_strays *strays);

/* ---- prune.c ---- */

/* Drops those that are gone and of which nothing speaks against it, each in a step of its own, or
 * says that it would.  FERRY_ERR_DATA where these are too many. */
ferry_status ferry_strays_prune(const struct ferry_run *run, struct ferry_strays *strays,
                                struct ferry_error *error);

#endif
