/* The source half: what a result is described as, and read. */

#ifndef DBFERRY_SQLITE_SOURCE_H
#define DBFERRY_SQLITE_SOURCE_H

#include "table.h"

/* ---- describe.c: what the columns of a result are ---- */

/* A table that columns come from. */
struct sqldrv_origin {
    char *name;
    struct sqldrv_table table;
    struct sqldrv_metadata metadata;
    bool whole; /* each column is known as it was in the source */
};

/* How one statement is described; the statement and what is read belong to the caller. */
struct sqldrv_describe {
    struct sqldrv_conn *conn;
    const struct ferry_read *read;
    sqlite3_stmt *stmt;
    struct sqldrv_origin *origins; /* the first is what is read, where that is a table */
    size_t origin_count;
    char **affinities; /* per column, as CREATE TABLE AS would declare it; NULL: not asked for */
    size_t affinity_count;
    bool probed;                       /* `affinities` was asked for */
    bool of_table;                     /* what is read is a table, and each column one of its own */
    bool declared_only;                /* of some column, nothing but its declared type is known */
    const struct sqldrv_column *found; /* the table's column that the last one is, or NULL */
};

ferry_status sqldrv_describe_begin(struct sqldrv_describe *describe, struct ferry_error *err);
void sqldrv_describe_end(struct sqldrv_describe *describe);
/* Column `i`; its strings live until sqldrv_describe_end.  `*ret_declared` is the declared type
 * under which its values are stored, or NULL where each says what it is. */
ferry_status sqldrv_describe_column(struct sqldrv_describe *describe, int i,
                                    struct ferry_column *column, const char **ret_declared,
                                    struct ferry_error *err);

/* ---- describe_keys.c: the keys and indexes of a table that is read ---- */

/* A column's place in the primary key by the table's own definition, or 0. */
uint32_t sqldrv_describe_key_position(const struct sqldrv_origin *origin,
                                      const struct sqldrv_column *column);
/* Add what the table says about keys, after its columns, and notes about the rest. */
ferry_status sqldrv_describe_keys(const struct sqldrv_describe *describe,
                                  struct ferry_schema *schema, struct ferry_error *err);

/* ---- read.c: the source half ---- */

extern const struct ferry_source sqldrv_source;

/* ---- prepare.c: what is to be read, compiled ---- */

/* Compiles what is to be read; the caller finalizes it. */
ferry_status sqldrv_read_prepare(struct sqldrv_conn *conn, const struct ferry_read *read,
                                 sqlite3_stmt **ret_stmt, struct ferry_error *err);
/* The statement without what ends it, to stand in brackets with a line feed behind it; from malloc.
 */
char *sqldrv_read_bare_sql(sqlite3_stmt *stmt);

/* ---- fingerprint.c: whether the rows may be others ---- */

ferry_status sqldrv_fingerprint(void *conn, const struct ferry_read *read,
                                struct ferry_fingerprint *fingerprint, struct ferry_error *err);

/* ---- estimate.c: about how many rows there are ---- */

ferry_status sqldrv_estimate(void *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct ferry_scan *scan,
                             uint64_t *ret_rows, struct ferry_error *err);

/* ---- list.c: what there is to read ---- */

ferry_status sqldrv_list(void *conn, struct ferry_listing *listing, struct ferry_error *err);

/* ---- origins.c: where rows come from ---- */

ferry_status sqldrv_origins(void *conn, const struct ferry_read *read, const char *table,
                            struct ferry_origins *origins, struct ferry_error *err);

#endif /* DBFERRY_SQLITE_SOURCE_H */
