/* The source half: what is read, and its rows; listed under the file of each function. */

#ifndef DBFERRY_PGSQL_READ_H
#define DBFERRY_PGSQL_READ_H

#include "types/types.h"

extern const struct ferry_source pgdrv_source;

/* ---- query.c: a query inside of another statement ---- */

/* How much of a query there is without semicolons, comments and space at its end. */
size_t pgdrv_query_length(const char *text);

/* ---- result.c: the columns of what is read ---- */

struct pgdrv_result {
    char *what; /* "view 'NAME'", for messages */
    struct pgdrv_column *columns;
    size_t count;
};

/* Fails with NOT_FOUND, SCHEMA, CONFIG and others.  `ret_result` is to be cleared. */
ferry_status pgdrv_result_open(struct pgdrv_conn *conn, const struct ferry_read *read,
                               struct pgdrv_result *ret_result, struct ferry_error *err);
/* Takes one that is zeroed, too. */
void pgdrv_result_clear(struct pgdrv_result *result);
/* What the catalog says of the types of `count` columns with these numbers and typmods, into
 * `facts`, whose texts live as long as `*ret_answer`. */
ferry_status pgdrv_types_ask(struct pgdrv_conn *conn, enum pgdrv_phase phase, const Oid *types,
                             const int *mods, size_t count, struct pgdrv_type_facts *facts,
                             PGresult **ret_answer, struct ferry_error *err);

/* ---- describe.c: all that is told of a source ---- */

ferry_status pgdrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                            struct ferry_error *err);

/* ---- catalog.c: what the catalog adds to the columns of a table or view ---- */

struct pgdrv_nature { /* of what is read by name */
    char oid[sizeof "4294967295"];
    char kind;     /* relkind: r, p, f, v, m */
    bool is_table; /* with keys: r, p */
};

/* Add to the columns what the definition says, and notes to the schema. */
ferry_status pgdrv_catalog_apply(struct pgdrv_conn *conn, const char *name,
                                 struct pgdrv_result *result, struct ferry_schema *schema,
                                 struct pgdrv_nature *ret_nature, struct ferry_error *err);

/* ---- keys.c: the keys and indexes of a table ---- */

/* Ask for them, and set key_position in the columns; `*ret_answer` is for the other. */
ferry_status pgdrv_keys_read(struct pgdrv_conn *conn, const struct pgdrv_nature *nature,
                             struct pgdrv_result *result, struct ferry_schema *schema,
                             PGresult **ret_answer, struct ferry_error *err);
/* Add them to the schema, whose columns are complete. */
ferry_status pgdrv_keys_add(const PGresult *answer, struct ferry_schema *schema,
                            struct ferry_error *err);

/* ---- foreign_keys.c: those of a table ---- */

ferry_status pgdrv_foreign_keys_describe(struct pgdrv_conn *conn, const struct pgdrv_nature *nature,
                                         struct ferry_schema *schema, struct ferry_error *err);

/* ---- select.c: the SELECT by which rows are read ---- */

/* How many columns the batches have, of so many, and which column `i` of them is; `scan` may be
 * NULL. */
static inline size_t pgdrv_scan_width(const struct ferry_scan *scan, size_t columns)
{
    return scan == NULL || scan->column_count == 0 ? columns : scan->column_count;
}
static inline size_t pgdrv_scan_column(const struct ferry_scan *scan, size_t i)
{
    return scan == NULL || scan->column_count == 0 ? i : scan->columns[i];
}
/* The columns of the scan as they are decoded, its bounds, its order; or "*" with `only_bounds`,
 * without an order.  `columns` are those of `schema`, in its order. */
ferry_status pgdrv_select_write(const struct pgdrv_conn *conn, const struct ferry_read *read,
                                const struct ferry_schema *schema,
                                const struct pgdrv_result *result, const struct ferry_scan *scan,
                                bool only_bounds, struct part_text *sql, struct ferry_error *err);
/* " FROM" and what is read, as it stands. */
void pgdrv_select_write_from(const struct pgdrv_conn *conn, const struct ferry_read *read,
                             struct part_text *sql);
/* "(c1, c2)": names for so many columns of it. */
void pgdrv_select_write_aliases(size_t count, struct part_text *sql);

/* ---- read.c: rows by COPY, in its binary form ---- */

ferry_status pgdrv_read_begin(void *conn, const struct ferry_read *read,
                              const struct ferry_schema *schema, const struct ferry_scan *scan,
                              void **ret_cursor, struct ferry_error *err);
ferry_status pgdrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void pgdrv_read_end(void *cursor);

/* ---- proof.c: whether the rows of the snapshot were still there to be read ---- */

/* After the rows of `what`, whose locks are held; `by_name`: it is a table that was named, with all
 * that inherit from it.  Fails with BUSY, which may pass. */
ferry_status pgdrv_read_prove(struct pgdrv_conn *conn, bool by_name, const char *what,
                              struct ferry_error *err);

/* ---- decode.c: one value of the stream into its cell ---- */

struct pgdrv_format { /* all that decoding one column needs */
    enum pgdrv_codec codec;
    unsigned scale; /* fraction digits; BIT: bits */
};

/* `row` and `column` are for messages.  Fails with DATA where the value is none that a cell can
 * have, with STREAM where it is malformed. */
ferry_status pgdrv_decode(const struct pgdrv_format *format, const unsigned char *wire,
                          uint32_t size, struct ferry_batch *batch, size_t column,
                          struct ferry_cell *cell, struct ferry_error *err);

/* ---- warnings.c: what the server has warned of while it was read ---- */

ferry_status pgdrv_warnings_judge(struct pgdrv_conn *conn, const char *what, uint32_t on_warning,
                                  struct ferry_error *err);

/* ---- part.c: where a table is cut into parts ---- */

ferry_status pgdrv_part(void *conn, const struct ferry_read *read,
                        const struct ferry_schema *schema, size_t column, uint32_t count,
                        struct ferry_cuts *cuts, struct ferry_error *err);

/* ---- list.c, origins.c, fingerprint.c, estimate.c ---- */

ferry_status pgdrv_list(void *conn, struct ferry_listing *listing, struct ferry_error *err);
ferry_status pgdrv_origins(void *conn, const struct ferry_read *read, const char *table,
                           struct ferry_origins *origins, struct ferry_error *err);
ferry_status pgdrv_fingerprint(void *conn, const struct ferry_read *read,
                               struct ferry_fingerprint *fingerprint, struct ferry_error *err);
ferry_status pgdrv_estimate(void *conn, const struct ferry_read *read,
                            const struct ferry_schema *schema, const struct ferry_scan *scan,
                            uint64_t *ret_rows, struct ferry_error *err);

#endif /* DBFERRY_PGSQL_READ_H */
