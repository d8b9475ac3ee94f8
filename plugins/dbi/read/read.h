/* Reading: what the files of this folder have to themselves. */

#ifndef DBFERRY_DBI_READ_H
#define DBFERRY_DBI_READ_H

#include "dbi_driver.h"
#include "dialect/dialect.h"

/* ---- describe.c: what the columns are ---- */

/* A column of a result, as the database has it. */
struct dbidrv_column {
    struct ferry_column column; /* its strings are the ones below */
    char *name;
    char *native;
    const struct dbidrv_type *type;
    uint32_t scale; /* digits behind the second or the point */
};
struct dbidrv_columns {
    struct dbidrv_column *list;
    size_t count;
};
void dbidrv_columns_clear(struct dbidrv_columns *columns);
#define DBIDRV_AUTO_COLUMNS __attribute__((cleanup(dbidrv_columns_clear)))
/* Of what is read, without a row. */
ferry_status dbidrv_columns_describe(struct dbidrv_conn *conn, const struct ferry_read *read,
                                     struct dbidrv_columns *ret_columns, struct ferry_error *err);
ferry_status dbidrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                             struct ferry_error *err);

/* ---- query.c: statements ---- */

/* "table 'NAME'", "the query"; NULL if out of memory. */
char *dbidrv_query_what(const struct ferry_read *read);
/* What stands behind FROM: a name, or a query in brackets. */
void dbidrv_query_add_from(const struct dbidrv_conn *conn, const struct ferry_read *read,
                           struct part_text *sql);
/* SELECT * of it. */
void dbidrv_query_plain(const struct dbidrv_conn *conn, const struct ferry_read *read,
                        struct part_text *sql);
/* UNSUPPORTED: the name of this `what` would not come to the database as it is. */
ferry_status dbidrv_query_check_name(const struct dbidrv_conn *conn, const char *what,
                                     const char *name, struct ferry_error *err);
/* A name in quotes, as the dialect has them. */
void dbidrv_query_add_name(const struct dbidrv_dialect *dialect, const char *name,
                           struct part_text *sql);
/* A name in the schema where names are looked up; of a target, always with it. */
void dbidrv_query_add_path(const struct dbidrv_conn *conn, const char *name, struct part_text *sql);
/* `template` with the table as its questions want it, as a text in quotes. */
void dbidrv_query_question(const struct dbidrv_conn *conn, const char *template, const char *name,
                           struct part_text *sql);
/* SELECT of the values of these columns, each as a text called c1, c2, ..., but no FROM. */
ferry_status dbidrv_query_values(const struct dbidrv_dialect *dialect,
                                 const struct dbidrv_column *const *columns, size_t count,
                                 const char *alias, struct part_text *sql, struct ferry_error *err);
/* The same of one column, how many bytes those that are not short have together; nothing where
 * there is no such column, or the dialect does not measure by it. */
ferry_status dbidrv_query_sizes(const struct dbidrv_dialect *dialect,
                                const struct dbidrv_column *const *columns, size_t count,
                                const char *alias, struct part_text *sql, struct ferry_error *err);
/* What a value costs beside its bytes, or with them where they are few. */
#define DBIDRV_VALUE_BYTES 64
/* How many bytes a value has at most as it comes, by its column's type; 0: nobody knows. */
uint64_t dbidrv_query_width(const struct dbidrv_column *column);

/* ---- scan.c: bounds and order ---- */

static inline size_t dbidrv_scan_width(const struct ferry_scan *scan, size_t all)
{
    return scan->column_count > 0 ? scan->column_count : all;
}
static inline size_t dbidrv_scan_column(const struct ferry_scan *scan, size_t i)
{
    return scan->column_count > 0 ? scan->columns[i] : i;
}
/* FERRY_COLUMN_ORDERED, or 0. */
uint32_t dbidrv_scan_flags(const struct dbidrv_conn *conn, const struct dbidrv_column *column);
ferry_status dbidrv_scan_add(const struct dbidrv_conn *conn, const struct ferry_scan *scan,
                             const struct dbidrv_columns *columns, struct part_text *sql,
                             struct ferry_error *err);
#define DBIDRV_ALIAS "dbferry_q"

/* ---- tables.c: the catalog ---- */

/* What a name is: FERRY_READ_TABLE, FERRY_READ_VIEW; 0: nothing that can be read. */
ferry_status dbidrv_tables_find(struct dbidrv_conn *conn, const char *name, uint32_t *ret_kind,
                                struct ferry_error *err);
/* NOT NULL and the primary key of a table. */
ferry_status dbidrv_tables_mark(struct dbidrv_conn *conn, const char *name,
                                struct dbidrv_columns *columns, struct ferry_error *err);
ferry_status dbidrv_list(void *conn, struct ferry_listing *listing, struct ferry_error *err);
ferry_status dbidrv_origins(void *conn, const struct ferry_read *read, const char *table,
                            struct ferry_origins *origins, struct ferry_error *err);

/* ---- decode.c: values become cells ---- */

/* What is wrong with the value, or NULL: then the cell is filled. */
const char *dbidrv_decode(const struct dbidrv_column *column, const struct dbidrv_value *value,
                          struct ferry_batch *batch, struct ferry_cell *cell);

/* The same of a text that is no column's: a string of the caller's; NULL for NULL. */
const char *dbidrv_decode_text(const struct dbidrv_type *type, const struct dbidrv_value *value,
                               char **ret_text);

/* ---- rows.c: the rows of a SELECT, a piece at a time ---- */

struct dbidrv_rows {
    struct dbidrv_conn *conn;
    struct dbidrv_answer answer;
    unsigned columns;
    uint64_t done;    /* rows of the pieces before */
    uint64_t piece;   /* how many the next one asks for */
    uint64_t most;    /* at most */
    uint64_t longest; /* bytes of the longest row, of which half is forgotten with each piece */
    bool open, sized, own_transaction, ended;
    bool measured; /* how long the next rows are can be asked */
};
/* A SELECT and what is known of its rows. */
struct dbidrv_asked {
    const char *select; /* its columns are called c1, c2, ... */
    unsigned columns;
    uint64_t widest;   /* bytes that the values of a row have at most; 0: nobody knows */
    const char *sizes; /* a SELECT of how many they are, in the same order; NULL: there is none */
};
ferry_status dbidrv_rows_open(struct dbidrv_rows *rows, struct dbidrv_conn *conn,
                              const struct dbidrv_asked *asked, const char *doing,
                              struct ferry_error *err);
/* False at the end, which the database has confirmed. */
ferry_status dbidrv_rows_next(struct dbidrv_rows *rows, const char *doing, bool *ret_row,
                              struct ferry_error *err);
void dbidrv_rows_close(struct dbidrv_rows *rows);

/* ---- read.c ---- */

ferry_status dbidrv_read_begin(void *conn, const struct ferry_read *read,
                               const struct ferry_schema *schema, const struct ferry_scan *scan,
                               void **ret_cursor, struct ferry_error *err);
/* A cursor over these columns, which are the cursor's then; `from` stands behind FROM. */
ferry_status dbidrv_cursor_begin(struct dbidrv_conn *conn, const char *what,
                                 struct dbidrv_columns *columns, const struct part_text *from,
                                 void **ret_cursor, struct ferry_error *err);
ferry_status dbidrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void dbidrv_read_end(void *cursor);
ferry_status dbidrv_snapshot_begin(void *conn, struct ferry_error *err);
void dbidrv_snapshot_end(void *conn);

#endif /* DBFERRY_DBI_READ_H */
