/* A load of changes: what becomes of single rows. */

#ifndef DBFERRY_SQLITE_CHANGES_H
#define DBFERRY_SQLITE_CHANGES_H

#include "target.h"

/* Tables of the connection's own, in its temporary file.  Columns of the schema are called c0, c1,
 * ..., so that no name of the user's is in the way; l0, l1, ... is where a row is: its rowid, or
 * the primary key of a table without one.
 *
 *   changes   at, op, c0 ...         what came in; of a DELETE the key alone
 *   found     l0 ..., at, op, mask   rows that are there under such a key, and which of their
 *                                    columns change
 *   moved     at, l0 ..., e0 ...     rows that were taken out since another holds a unique value
 *                                    that they get; e0, ... are the columns that the source has not
 */
#define SQLDRV_CHANGES "temp._dbferry_changes"
#define SQLDRV_FOUND "temp._dbferry_found"
#define SQLDRV_MOVED "temp._dbferry_moved"

#define SQLDRV_MASK_BITS 62

struct sqldrv_changes {
    struct sqldrv_rows *rows[FERRY_OP_ADD + 1]; /* per operation; NULL: none came yet */
    uint64_t counts[FERRY_OP_ADD + 1];          /* how many came */
    uint64_t found[FERRY_OP_ADD + 1];           /* how many of those are there */
    uint64_t differ[FERRY_OP_ADD + 1];          /* and how many of those change */
    uint64_t inserted;
    uint64_t updated;
    uint64_t deleted;
    const char **places; /* what l0, l1, ... are called in the table; the table's strings */
    size_t place_count;
    bool by_rowid; /* the rowid is the place, and no column stands for it */
    bool by_index; /* the table has an index that leads with the key, or its rowid is it */
    bool unique;   /* and no key can be there twice */
    const char **collations; /* of that index, per column of the key; NULL: BINARY */
    uint8_t *bits;           /* per column of the schema: its bit in `mask`; 0 is shared */
    int64_t last_rowid;      /* of the rows before, where the load has no key */
};

/* ---- changes.c: a load from its beginning to its end ---- */

/* 1 if column `i` of the schema is of the key. */
bool sqldrv_changes_is_key(const struct sqldrv_load *load, size_t i);
/* Fail for what `rc` says of a step of load_end. */
ferry_status sqldrv_changes_fail(struct sqldrv_load *load, int rc, struct ferry_error *err);
/* Append FROM and WHERE: the rows of the table, as t, whose keys came in and did not go. */
void sqldrv_changes_add_touched(sqlite3_str *out, const struct sqldrv_load *load);

/* ---- changes_keys.c: by which index rows are found, and what tells them apart ---- */

/* Set all of `changes` that hangs on the table and its indexes. */
ferry_status sqldrv_changes_look(struct sqldrv_load *load, struct ferry_error *err);
/* The column of the schema that a place is, or -1. */
int sqldrv_changes_place_column(const struct sqldrv_load *load, size_t place);

/* ---- changes_find.c: the rows of the table under the keys that came in ---- */

/* Append FROM ... ON: the changes, as x, with the rows of the table under their keys, as t. */
void sqldrv_changes_add_join(sqlite3_str *out, const struct sqldrv_load *load);
/* Fill `found`, and fail where it is not what it should be. */
ferry_status sqldrv_changes_find(struct sqldrv_load *load, struct ferry_error *err);

/* ---- changes_apply.c: the table gets them ---- */

/* Change, delete and insert, and count each. */
ferry_status sqldrv_changes_apply(struct sqldrv_load *load, struct ferry_error *err);

#endif /* DBFERRY_SQLITE_CHANGES_H */
