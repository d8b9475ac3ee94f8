/* The source half: what is read, and its rows; listed under the file of each function. */

#ifndef DBFERRY_MYSQL_READ_H
#define DBFERRY_MYSQL_READ_H

#include "types/types.h"

struct part_text;

/* ---- origins.c: where rows come from ---- */

ferry_status mydrv_origins(void *conn, const struct ferry_read *read, const char *table,
                           struct ferry_origins *origins, struct ferry_error *err);

/* ---- list.c: what there is to read ---- */

ferry_status mydrv_list(void *conn, struct ferry_listing *listing, struct ferry_error *err);
/* Before a table of many is asked about or read: those that were read may be altered from now on.
 */
ferry_status mydrv_list_let_go(struct mydrv_conn *conn, struct ferry_error *err);

/* ---- fingerprint.c: whether what is read is as it was ---- */

ferry_status mydrv_fingerprint(void *conn, const struct ferry_read *read,
                               struct ferry_fingerprint *fingerprint, struct ferry_error *err);
/* Milliseconds on a clock that is never set. */
int64_t mydrv_fingerprint_clock(void);
/* Adds what tells the server of the session from all others. */
ferry_status mydrv_server_identity(struct mydrv_conn *conn, struct part_text *text,
                                   struct ferry_error *err);

/* ---- estimate.c: about how many rows there are ---- */

ferry_status mydrv_estimate(void *conn, const struct ferry_read *read,
                            const struct ferry_schema *schema, const struct ferry_scan *scan,
                            uint64_t *ret_rows, struct ferry_error *err);

/* ---- warnings.c: what the server warns of in what was read ---- */

/* Have the server keep as many warnings as it can. */
ferry_status mydrv_warnings_make_room(struct mydrv_conn *conn, struct ferry_error *err);
/* Ask for the warnings of the statement just read, which also shows that the server is still there.
 * Success if there are none, or if `on_warning` (FERRY_WARNINGS_) lets them be: then they are in
 * the log.  `what` is what was read. */
ferry_status mydrv_warnings_judge(struct mydrv_conn *conn, const char *what, uint32_t on_warning,
                                  struct ferry_error *err);

/* ---- catalog.c: what the server's catalog adds to the columns of a table or view ---- */

/* Whether an error of the server says that the account has no right to the answer.  Whatever else
 * goes wrong may be over in a moment, and nothing follows from it. */
bool mydrv_is_refusal(unsigned code);

/* What the catalog has of the columns of the view or table `name`, to be freed; NULL where the
 * account has no right to know, which is told as unknown. */
ferry_status mydrv_catalog_read(struct mydrv_conn *conn, const char *name,
                                struct ferry_schema *schema, MYSQL_RES **ret_list,
                                struct ferry_error *err);
/* The names of the columns that are to be read, which live as long as `list`; `names` has room for
 * each of its rows.  `*ret_hidden` of them SELECT * does not give. */
size_t mydrv_catalog_list(MYSQL_RES *list, const char **names, size_t *ret_hidden);

struct mydrv_nature { /* of what is read by name */
    bool is_table;
    const char *row_end; /* a member of keys that is not read; lives as long as the list */
};

/* Add to the columns of the view or table `name` what its definition says, where it agrees with the
 * result, and notes to the schema.  What the account has no right to know is told as unknown; any
 * other failure, and an answer that leaves something out, fails the call. */
ferry_status mydrv_catalog_apply(struct mydrv_conn *conn, const char *name, MYSQL_RES *list,
                                 struct mydrv_column *columns, size_t count,
                                 struct ferry_schema *schema, struct mydrv_nature *ret_nature,
                                 struct ferry_error *err);
/* Where it is not known how texts compare, say so; after mydrv_catalog_apply, or without it. */
void mydrv_catalog_finish(struct mydrv_column *columns, size_t count);
/* Ask for a list with `columns` columns; each `?` of the question stands for the quoted name. Where
 * the account has no right to it, success and `*ret_list` NULL, and "`what` is not known" is told
 * as unknown. */
ferry_status mydrv_catalog_ask(struct mydrv_conn *conn, const char *name, const char *question,
                               unsigned columns, const char *what, struct ferry_schema *schema,
                               MYSQL_RES **ret_list, struct ferry_error *err);
/* The same of a whole statement. */
ferry_status mydrv_catalog_ask_text(struct mydrv_conn *conn, const char *sql, unsigned columns,
                                    const char *what, struct ferry_schema *schema,
                                    MYSQL_RES **ret_list, struct ferry_error *err);

/* Fail because an answer is without something that must be there: `what`, of the table `name`. */
ferry_status mydrv_catalog_fail(const struct mydrv_conn *conn, const char *name, const char *what,
                                struct ferry_error *err);

/* ---- keys.c: the keys and indexes of a table ---- */

struct mydrv_keys {
    MYSQL_RES *list; /* NULL: none */
    MYSQL_ROW *rows;
    size_t count;
};

/* Ask for them, and set key_position in `columns`.  `row_end` (or NULL) is a member that counts for
 * nothing: it is the same in each row that is read. */
ferry_status mydrv_keys_read(struct mydrv_conn *conn, const char *name, const char *row_end,
                             struct mydrv_column *columns, size_t count,
                             struct ferry_schema *schema, struct mydrv_keys *ret_keys,
                             struct ferry_error *err);
/* Add them to the schema, whose columns are complete. */
ferry_status mydrv_keys_add(const struct mydrv_keys *keys, struct ferry_schema *schema,
                            struct ferry_error *err);
void mydrv_keys_clear(struct mydrv_keys *keys);

/* ---- foreign_keys.c: those of a table ---- */

/* Add them to the schema; where the account may not see the definition, they are told as unknown.
 */
ferry_status mydrv_foreign_keys_describe(struct mydrv_conn *conn, const char *name,
                                         struct ferry_schema *schema, struct ferry_error *err);

/* ---- statement.c: what is asked for as a prepared statement ---- */

struct mydrv_statement {
    MYSQL_STMT *stmt;
    char *what;                   /* "view 'NAME'", for messages */
    struct mydrv_column *columns; /* as they are at the source, before any CAST */
    size_t column_count;
};

/* `schema` is what mydrv_describe has said; NULL: the columns that SELECT * gives. */
ferry_status mydrv_statement_open(struct mydrv_conn *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema,
                                  struct mydrv_statement *ret_statement, struct ferry_error *err);
/* Takes one that is zeroed, too. */
void mydrv_statement_close(struct mydrv_statement *statement);
/* Make one that was opened for `schema`, and has its columns, read no more than the scan asks for:
 * its columns are those of the scan then. */
ferry_status mydrv_statement_scan(struct mydrv_conn *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema, const struct ferry_scan *scan,
                                  struct mydrv_statement *statement, struct ferry_error *err);
/* " FROM" and what is read, under the alias of scans. */
void mydrv_scan_write_from(const struct mydrv_conn *conn, const struct ferry_read *read,
                           struct part_text *sql);
ferry_status mydrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                            struct ferry_error *err);

/* ---- query.c: a query inside of another statement ---- */

/* How much of a query there is without semicolons, comments and space at its end. */
size_t mydrv_query_length(const struct mydrv_conn *conn, const char *text);

/* ---- scan.c: what a scan asks for, as parts of a SELECT ---- */

#define MYDRV_SCAN_ALIAS "dbferry_rows" /* of what is read */

/* Whether it asks for all rows, in any order; `scan` may be NULL, here and in the two below. */
static inline bool mydrv_scan_is_plain(const struct ferry_scan *scan)
{
    return scan == NULL ||
           (scan->order_count == 0 && scan->bound_count == 0 && scan->column_count == 0);
}
/* How many columns the batches have, of so many, and which column `i` of them is. */
static inline size_t mydrv_scan_width(const struct ferry_scan *scan, size_t columns)
{
    return scan == NULL || scan->column_count == 0 ? columns : scan->column_count;
}
static inline size_t mydrv_scan_column(const struct ferry_scan *scan, size_t i)
{
    return scan == NULL || scan->column_count == 0 ? i : scan->columns[i];
}
/* The column's name behind the alias, so that no name of the list is meant. */
void mydrv_scan_write_name(const char *name, struct part_text *sql);
/* WHERE and ORDER BY; `orders` are those of the columns of `schema`. */
ferry_status mydrv_scan_write(const struct mydrv_conn *conn, const struct ferry_scan *scan,
                              const struct ferry_schema *schema, const enum mydrv_order *orders,
                              struct part_text *sql, struct ferry_error *err);
/* Have the session sort by the whole of long keys, where that costs little. */
ferry_status mydrv_scan_make_room(struct mydrv_conn *conn, const struct ferry_scan *scan,
                                  const struct ferry_schema *schema, struct ferry_error *err);

/* ---- axis.c: values of a column as whole numbers, in their order ---- */

typedef __int128 mydrv_axis;
#define MYDRV_AXIS_ROOM 48

/* Whether there is one of the column: an integer, a decimal, a date or a datetime. */
bool mydrv_axis_has(const struct ferry_column *column);
/* What a server prints; false where it is no value that has a place there, such as a zero date. */
bool mydrv_axis_read(const struct ferry_column *column, const char *text, mydrv_axis *ret_at);
/* The cell of a place between two that were read; its letters lie in `room`. */
void mydrv_axis_write(const struct ferry_column *column, mydrv_axis at, char room[MYDRV_AXIS_ROOM],
                      struct ferry_cell *ret_cell);

/* ---- part.c: where a table is cut into parts ---- */

ferry_status mydrv_part(void *conn, const struct ferry_read *read,
                        const struct ferry_schema *schema, size_t column, uint32_t count,
                        struct ferry_cuts *cuts, struct ferry_error *err);

/* ---- share.c: one state for several sessions ---- */

ferry_status mydrv_share_begin(void *conn, const struct ferry_read *read,
                               const struct ferry_share_spec *spec, struct ferry_share *share,
                               struct ferry_error *err);
ferry_status mydrv_share_join(void *conn, const char *text, struct ferry_error *err);
ferry_status mydrv_share_end(void *conn, struct ferry_error *err);

/* ---- read.c: rows, unbuffered, in the binary protocol ---- */

struct mydrv_cell_format;
/* Whether a server can hold such a value in a column of this type. */
typedef bool (*mydrv_possible)(const struct mydrv_cell_format *format,
                               const struct ferry_cell *cell);

struct mydrv_cell_format { /* all that decoding one column needs */
    enum mydrv_codec codec;
    unsigned scale; /* fraction digits; BIT: bits */
    bool not_null;
    mydrv_possible possible;         /* NULL: every value that the codec gives */
    uint64_t most;                   /* what `possible` needs: bits, digits or bytes */
    const struct mydrv_charset *set; /* STRING: of the texts, if they are translated, or NULL */
    const struct mydrv_codes *codes; /* for that */
};

struct mydrv_cursor {
    struct mydrv_conn *conn;
    const struct ferry_scan *scan; /* NULL: all rows, in any order */
    struct mydrv_statement statement;
    struct mydrv_cell_format *formats;
    size_t column_count;
    uint32_t on_warning; /* FERRY_WARNINGS_ */
    uint64_t rows;
    bool derived;  /* a query is read as a derived table */
    bool executed; /* rows are on their way */
    bool ended;    /* the server confirmed the end */
    /* while read_batch runs: */
    struct ferry_batch *batch;
    struct ferry_error *err;
    struct ferry_cell *cells;     /* the row that is being filled */
    ferry_status failed;          /* what a value of this row failed with */
    const unsigned char *row_end; /* behind its last value */
    char *room;                   /* for a text that is translated */
    size_t room_size;
};

ferry_status mydrv_read_begin(void *conn, const struct ferry_read *read,
                              const struct ferry_schema *schema, const struct ferry_scan *scan,
                              void **ret_cursor, struct ferry_error *err);
ferry_status mydrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void mydrv_read_end(void *cursor);

/* ---- decode.c: one value from the network buffer into its cell ---- */

/* The client library calls this for each column of a row in turn (STMT_ATTR_CB_RESULT).  `data` is
 * the cursor; `*row` points at the value and is moved past it; NULL means NULL. */
void mydrv_decode_cell(void *data, unsigned column, unsigned char **row);
/* After the last column: fail unless the row ends where its packet does. */
ferry_status mydrv_decode_end(struct mydrv_cursor *cursor);
/* Whether a row that was decoded to `row_end` (NULL: it was nothing but NULL) ends there. */
bool mydrv_decode_is_whole(const struct mydrv_conn *conn, const unsigned char *row_end);
/* A value of a codec before STRING, and where it ends; NULL where it runs over `end`. */
const unsigned char *mydrv_decode_number(enum mydrv_codec codec, const unsigned char *at,
                                         const unsigned char *end, struct ferry_cell *cell);
/* A length before a value, in the protocol's 1, 3, 4 or 9 bytes.  NULL if it is malformed or if the
 * value would reach past `end`; else where the value begins. */
const unsigned char *mydrv_decode_length(const unsigned char *at, const unsigned char *end,
                                         uint64_t *ret_length);

/* ---- possible.c: what a column of a type cannot hold ---- */

/* Choose `possible` and `most` by what the column is; the rest of `format` is set. */
void mydrv_possible_choose(const struct ferry_column *column, struct mydrv_cell_format *format);

#endif /* DBFERRY_MYSQL_READ_H */
