/* One table of a run: its plan, its load, its record. */

#ifndef FERRY_TRANSFER_H
#define FERRY_TRANSFER_H

#include <stdatomic.h>

#include "base/clock.h"
#include "engine/pump.h"
#include "engine/record.h"
#include "engine/session.h"

struct ferry_run;

#define FERRY_READ_HASH 17 /* 16 hexadecimal digits and the NUL */

/* Start with all before `digest`, and with `record` where there will be a load. */
struct ferry_transfer {
    struct ferry_run *run; /* that it belongs to; NULL where there is none */
    struct ferry_session *session;
    const struct ferry_task *task;
    struct ferry_plan *plan; /* the caller's, filled in by the first two steps */
    struct ferry_record record;
    enum ferry_verify verify;    /* that is wanted; then what the target can */
    bool insists;                /* a target that cannot is refused */
    bool sums;                   /* the record is to have a digest, whatever is verified */
    struct ferry_digest *digest; /* of what was read; NULL: nobody asks */
    struct ferry_layout layout;
    struct ferry_load_spec load_spec;
    struct ferry_load *load; /* belongs to the change */
    struct ferry_pump pump;
    bool is_reading;     /* rows were asked for, and have not ended */
    atomic_bool pumping; /* the pump's numbers may be read, by any thread, and `expected` */
    uint64_t expected;   /* rows, about; FERRY_ROWS_UNKNOWN: nobody knows */
    uint64_t recorded;   /* rows of the table by its record, where somebody looks on; 0: unknown */
    struct ferry_load_totals totals;
    char read_since[FERRY_CLOCK_TEXT]; /* of pieces: when the first was read; "": by this run */
    size_t states;                     /* of the source, of which the rows are; 0: of one */
    uint64_t unchanged;                /* rows that were compared and found the same */
    char read_hash[FERRY_READ_HASH];   /* of the source's place and of what is read there */
    char place_hash[FERRY_RECORD_PLACE_SIZE]; /* of that place, as record.h says */
    struct ferry_strbuf fingerprint;          /* of what is read; empty: nobody knows */
    bool is_unchanged;  /* it is that of the last run: nothing is to be read */
    int64_t elapsed_ms; /* of a table that was carried */
    uint64_t absent;    /* keys of the source that were not stored when the load began */
};

/* What is read: of the source, or of its fallback. */
const struct ferry_read *ferry_transfer_read(const struct ferry_transfer *transfer);

/* What the open source gives, as the job wants it. */
ferry_status ferry_transfer_describe(struct ferry_transfer *transfer, struct ferry_error *error);
/* How the open target stores its columns; ferry_transfer_negotiate() does it where it was not. */
ferry_status ferry_transfer_map(struct ferry_transfer *transfer, struct ferry_error *error);
/* What becomes of it in the open target, by which strategy, and whether the job allows that. */
ferry_status ferry_transfer_negotiate(struct ferry_transfer *transfer, struct ferry_error *error);
/* Logs how its rows are moved, once that is settled for all tables. */
ferry_status ferry_transfer_tell(struct ferry_transfer *transfer, struct ferry_error *error);

/* A load within the change. */
ferry_status ferry_transfer_begin_load(struct ferry_transfer *transfer, struct ferry_change *change,
                                       struct ferry_error *error);

/* For strategies: every row of the scan (NULL: every row, in any order) goes to the sink, into the
 * digest where one is compared, and past the cursor where the job has one. */
ferry_status ferry_transfer_pump(struct ferry_transfer *transfer, const struct ferry_scan *scan,
                                 const struct ferry_sink *sink, struct ferry_error *error);

/* Up to the commit, once the rows were moved and the source is closed: the target does what is left
 * and counts; then the guards; then, where the task compares content, whether the load holds what
 * was read. */
ferry_status ferry_transfer_finish(struct ferry_transfer *transfer, struct ferry_error *error);

/* Fails with NOT_FOUND or SCHEMA where a run would make the table, or make it anew: then it cannot
 * hold what the source gives. */
ferry_status ferry_transfer_check_table(const struct ferry_transfer *transfer,
                                        struct ferry_error *error);
/* Instead of a load, whether the table as it is holds what the source gives: the source is read;
 * then, once that is closed, the table. */
ferry_status ferry_transfer_compare(struct ferry_transfer *transfer, struct ferry_error *error);
ferry_status ferry_transfer_verify(struct ferry_transfer *transfer, struct ferry_error *error);

/* What came of it, for the change to keep with the rows. */
ferry_status ferry_transfer_fill_record(struct ferry_transfer *transfer, struct ferry_error *error);

/* Frees all but the plan. */
void ferry_transfer_done(struct ferry_transfer *transfer);

#endif
