/* The record of a run as it passes to a driver and back: named fields, declared in one table. */

#ifndef FERRY_DRIVER_RECORD_H
#define FERRY_DRIVER_RECORD_H

#include <stdbool.h>

#include "base/error.h"

/* The fields, as the rows of _dbferry_sync have them after target_table. */
#define FERRY_RECORD_JOB "job"
#define FERRY_RECORD_RUN_ID "run_id"
#define FERRY_RECORD_SOURCE "source"           /* connection name */
#define FERRY_RECORD_FALLBACK "fallback"       /* 1: read from the fallback source */
#define FERRY_RECORD_STARTED "started"         /* RFC 3339, UTC */
#define FERRY_RECORD_FINISHED "finished"       /* RFC 3339, UTC: the moment before the commit */
#define FERRY_RECORD_ROWS "rows"               /* that the table holds */
#define FERRY_RECORD_DIGEST "digest"           /* of the content, or none */
#define FERRY_RECORD_SCHEMA_HASH "schema_hash" /* of the source's schema, hexadecimal */
/* When the rows were read from a primary source, RFC 3339, UTC: `started`, but of a run from the
 * fallback what that copy's own record says; none: not known. */
#define FERRY_RECORD_DATA_FROM "data_from"
/* How the rows came in, and what the next run goes on from: */
#define FERRY_RECORD_STRATEGY "strategy" /* that was taken, not only wished for */
#define FERRY_RECORD_KEY "key_columns"
#define FERRY_RECORD_CURSOR_COLUMN "cursor_column"
#define FERRY_RECORD_CURSOR "cursor_value" /* the highest that has passed */
/* RFC 3339, UTC: when the last run began that took all rows into account. */
#define FERRY_RECORD_FULL "full_at"
#define FERRY_RECORD_FINGERPRINT "fingerprint" /* of what was read */
#define FERRY_RECORD_SKIPPED "skipped"         /* 1: it was the same, and nothing was read */
#define FERRY_RECORD_INSERTED "inserted"
#define FERRY_RECORD_UPDATED "updated"
#define FERRY_RECORD_DELETED "deleted"
#define FERRY_RECORD_UNCHANGED "unchanged"
#define FERRY_RECORD_READ "read_hash"   /* of the place and of what was read there, hexadecimal */
#define FERRY_RECORD_PLACE "place_hash" /* of the place, and of one of many its name */
/* Of how many states of the source the rows are, where these are more than one. */
#define FERRY_RECORD_STATES "states"
#define FERRY_RECORD_FIELDS 24

struct ferry_record {
    char *table;
    char *mark;    /* the run id that the table itself carries, or NULL */
    char *follows; /* the run id of the record that it takes the place of, or NULL */
    char *values[FERRY_RECORD_FIELDS];
};

/* The record of `table`, without a value. */
ferry_status ferry_record_open(struct ferry_record *record, const char *table,
                               struct ferry_error *error);
/* Frees what it holds and makes it empty. */
void ferry_record_done(struct ferry_record *record);
/* Whether a driver has found one. */
bool ferry_record_is_there(const struct ferry_record *record);
/* `before` is the record from whose state this run goes on; it may be empty. */
ferry_status ferry_record_follow(struct ferry_record *record, const struct ferry_record *before,
                                 struct ferry_error *error);
/* Whether the record is of what the table holds: false where the table says that a later run has
 * written it. */
bool ferry_record_fits_table(const struct ferry_record *record);
/* Leaves nothing but the run id: which record it is that another one takes the place of. */
void ferry_record_forget(struct ferry_record *record);
/* Whether the table that it is of was written by this run. */
bool ferry_record_is_of(const struct ferry_record *record, const char *run_id);

#endif
