/* Reading: what the files of this folder have to themselves. */

#ifndef DBFERRY_ODBC_READ_H
#define DBFERRY_ODBC_READ_H

#include "dialect/dialect.h"
#include "odbc_driver.h"
#include "parts/text.h"

/* ---- describe.c: what the columns are ---- */

/* A column of a result, as the database has it. */
struct odrv_column {
    struct ferry_column column; /* its strings are the ones below */
    char *name;
    char *native;
    const struct odrv_type *type;
    uint32_t scale; /* digits behind the second or the point */
};
struct odrv_columns {
    struct odrv_column *list;
    size_t count;
};
void odrv_columns_clear(struct odrv_columns *columns);
#define ODRV_AUTO_COLUMNS __attribute__((cleanup(odrv_columns_clear)))
/* Of what is read, by preparing it and without a row. */
ferry_status odrv_columns_describe(struct odrv_conn *conn, const struct ferry_read *read,
                                   struct odrv_columns *ret_columns, struct ferry_error *err);
ferry_status odrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                           struct ferry_error *err);

/* ---- query.c: statements ---- */

/* "table 'NAME'", "the query"; NULL if out of memory. */
char *odrv_query_what(const struct ferry_read *read);
/* What stands behind FROM: a name, or a query in brackets.  Fails with CONFIG where the database
 * has no quotes and the name needs some. */
ferry_status odrv_query_add_from(const struct odrv_conn *conn, const struct ferry_read *read,
                                 struct part_text *sql, struct ferry_error *err);
ferry_status odrv_query_add_name(const struct odrv_conn *conn, const char *name,
                                 struct part_text *sql, struct ferry_error *err);
/* SELECT of the names, or of *, whose result is described: it is prepared and never executed. */
struct odrv_names;
ferry_status odrv_query_plain(const struct odrv_conn *conn, const struct ferry_read *read,
                              const struct odrv_names *names, struct part_text *sql,
                              struct ferry_error *err);
/* The statement that brings the rows of a scan. */
ferry_status odrv_query_scan(const struct odrv_conn *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct odrv_columns *columns,
                             const struct ferry_scan *scan, struct part_text *sql,
                             struct ferry_error *err);

/* ---- scan.c: bounds and order ---- */

static inline size_t odrv_scan_width(const struct ferry_scan *scan, size_t all)
{
    return scan->column_count > 0 ? scan->column_count : all;
}
static inline size_t odrv_scan_column(const struct ferry_scan *scan, size_t i)
{
    return scan->column_count > 0 ? scan->columns[i] : i;
}
/* FERRY_COLUMN_ORDERED, or 0. */
uint32_t odrv_scan_flags(const struct odrv_conn *conn, const struct odrv_column *column);
ferry_status odrv_scan_add(const struct odrv_conn *conn, const struct ferry_scan *scan,
                           const struct odrv_columns *columns, struct part_text *sql,
                           struct ferry_error *err);
/* dbferry_q."name": never a text, whatever columns there are. */
ferry_status odrv_scan_add_column(const struct odrv_conn *conn, const char *name,
                                  struct part_text *sql, struct ferry_error *err);
#define ODRV_ALIAS "dbferry_q"

/* ---- tables.c: the catalog ---- */

/* What there is of a name. */
struct odrv_found {
    const char *name;
    char *schema;  /* a later one in which names are looked up; NULL: the first */
    bool exists;   /* anywhere in the database, as whatever */
    uint32_t kind; /* where names are looked up: FERRY_READ_TABLE or FERRY_READ_VIEW, else 0 */
};
void odrv_found_clear(struct odrv_found *found);
#define ODRV_AUTO_FOUND __attribute__((cleanup(odrv_found_clear)))
static inline const char *odrv_found_schema(const struct odrv_conn *conn,
                                            const struct odrv_found *found)
{
    return found->schema != NULL ? found->schema : conn->own_schema;
}
/* `ret_found` is to be cleared. */
ferry_status odrv_tables_find(struct odrv_conn *conn, const char *name,
                              struct odrv_found *ret_found, struct ferry_error *err);
/* The columns of a table, also those that SELECT * does not give. */
struct odrv_names {
    char **list;
    size_t count;
};
void odrv_names_clear(struct odrv_names *names);
#define ODRV_AUTO_NAMES __attribute__((cleanup(odrv_names_clear)))
ferry_status odrv_tables_columns(struct odrv_conn *conn, const struct odrv_found *table,
                                 struct odrv_names *ret_names, struct ferry_error *err);
ferry_status odrv_list(void *conn, struct ferry_listing *listing, struct ferry_error *err);

/* ---- keys.c: the primary key of a table ---- */

ferry_status odrv_keys_mark(struct odrv_conn *conn, const struct odrv_found *table,
                            struct odrv_columns *columns, struct ferry_error *err);

/* ---- fetch.c: how values come ---- */

/* A value as it came; until the next row. */
struct odrv_value {
    const char *data; /* ends in a NUL, if it is no bytes */
    size_t size;
    bool null;
};
struct odrv_slot;
struct odrv_fetch {
    struct odrv_conn *conn;
    SQLHSTMT stmt;
    const char *what;
    struct odrv_slot *slots;
    size_t count;
    SQLULEN block;       /* rows that come at once; 0: one by one, their values in pieces */
    SQLULEN fetched, at; /* of the block */
    SQLUSMALLINT *row_states;
    bool ended;
    uint64_t rows;
    unsigned pages;      /* the number of the cursor that brings them; 0: they come all at once */
    char *close;         /* the statement that ends it */
    uint64_t page_began; /* `rows` at the beginning of this page ... */
    size_t page_bytes;   /* ... and what its values had since, where they come in pieces */
    uint64_t warnings;
    char first_warning[SQL_SQLSTATE_SIZE + 1]; /* its state, or that of the first loss */
    bool lossy;                                /* one says that rows or values are not whole */
};
ferry_status odrv_fetch_begin(struct odrv_fetch *fetch, struct odrv_conn *conn, SQLHSTMT stmt,
                              const char *what, struct ferry_error *err);
/* Choose how each column comes; then the statement is to be executed. */
ferry_status odrv_fetch_bind(struct odrv_fetch *fetch, const struct odrv_column *const *columns,
                             size_t count, struct ferry_error *err);
/* False at the end. */
ferry_status odrv_fetch_row(struct odrv_fetch *fetch, bool *ret_row, struct ferry_error *err);
/* Column `i` of that row, from the first to the last. */
ferry_status odrv_fetch_value(struct odrv_fetch *fetch, size_t i, struct odrv_value *ret_value,
                              struct ferry_error *err);
/* Take what the statement says beside a success; true where a value is cut. */
bool odrv_fetch_note(struct odrv_fetch *fetch);
void odrv_fetch_end(struct odrv_fetch *fetch);

/* ---- pages.c: results that come page by page, in a transaction ---- */

/* Declares a cursor for the statement. */
ferry_status odrv_pages_begin(struct odrv_fetch *fetch, const char *sql, const char *doing,
                              struct ferry_error *err);
/* Asks for the next page, within the caller's watch; an empty one is the last. */
SQLRETURN odrv_pages_turn(struct odrv_fetch *fetch);
/* After the statement was freed. */
void odrv_pages_end(struct odrv_fetch *fetch);

/* ---- decode.c: values become cells ---- */

/* What is wrong with the value, or NULL: then the cell is filled. */
const char *odrv_decode(const struct odrv_column *column, SQLSMALLINT text_type,
                        const struct odrv_value *value, struct ferry_batch *batch,
                        struct ferry_cell *cell);

/* ---- read.c ---- */

ferry_status odrv_read_begin(void *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct ferry_scan *scan,
                             void **ret_cursor, struct ferry_error *err);
/* A cursor over the rows of a statement, whose columns are these; they are the cursor's then. */
ferry_status odrv_cursor_begin(struct odrv_conn *conn, const char *what,
                               struct odrv_columns *columns, const char *sql, void **ret_cursor,
                               struct ferry_error *err);
ferry_status odrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void odrv_read_end(void *cursor);
ferry_status odrv_snapshot_begin(void *conn, struct ferry_error *err);
void odrv_snapshot_end(void *conn);
ferry_status odrv_origins(void *conn, const struct ferry_read *read, const char *table,
                          struct ferry_origins *origins, struct ferry_error *err);

#endif /* DBFERRY_ODBC_READ_H */
