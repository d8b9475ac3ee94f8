/* Rows in order and within bounds: what a scan asks for, as SQL. */

#ifndef DBFERRY_SQLITE_SCAN_H
#define DBFERRY_SQLITE_SCAN_H

#include "values.h"

/* ---- order.c: which columns SQLite sorts as the core does ---- */

/* 1 if rows ascend by the column, compared as BINARY, as the core orders its cells.  `utf16`: the
 * file stores text so. */
bool sqldrv_order_is_ours(const struct ferry_column *column, enum sqldrv_convert convert,
                          bool loose, bool utf16);
/* Say so of a column of the target, whose file may not be there yet. */
ferry_status sqldrv_order_map(const struct sqldrv_conn *conn, const struct ferry_column *column,
                              enum sqldrv_convert convert, bool loose,
                              struct ferry_mapping *mapping, struct ferry_error *err);
/* 1 if a text may be among the values: then an index has the order only if its collation is BINARY.
 */
bool sqldrv_order_has_texts(enum sqldrv_convert convert, bool loose);
/* 1 if an integer and a float may be among the values that are one number, which are two cells. */
bool sqldrv_order_has_ties(enum sqldrv_convert convert, bool loose, enum sqldrv_affinity affinity);

/* ---- scan.c: what a scan asks for, as SQL ---- */

/* How the values of a column of the schema are compared. */
struct sqldrv_scan_column {
    enum sqldrv_convert convert;
    uint32_t scale;
    bool ties; /* see sqldrv_order_has_ties */
    bool raw;  /* texts are given as bytes */
};

/* 1 if it asks for more than all columns of all rows; NULL is a scan that does not. */
bool sqldrv_scan_is_special(const struct ferry_scan *scan);
/* How many columns the batches have, of `all`; and which one stands at `i`. */
size_t sqldrv_scan_width(const struct ferry_scan *scan, size_t all);
size_t sqldrv_scan_column_at(const struct ferry_scan *scan, size_t i);
/* Append "c3, c0", the columns of the batches; those of the schema are called c0, c1, ... */
void sqldrv_scan_add_columns(sqlite3_str *out, const struct ferry_scan *scan, size_t all);
/* Append "(c0, c1, ...)", all of them. */
void sqldrv_scan_add_names(sqlite3_str *out, size_t all);
/* Append `before` and the bounds, if there are any. */
void sqldrv_scan_add_bounds(sqlite3_str *out, const struct ferry_scan *scan, const char *before);
/* Append ORDER BY, if there is an order.  `columns` are those of the schema. */
void sqldrv_scan_add_order(sqlite3_str *out, const struct ferry_scan *scan,
                           const struct sqldrv_scan_column *columns);
/* Give the statement its bounds, which live as long as the scan. */
ferry_status sqldrv_scan_bind(struct sqldrv_conn *conn, sqlite3_stmt *stmt,
                              const struct ferry_scan *scan, const struct ferry_schema *schema,
                              const struct sqldrv_scan_column *columns, struct ferry_error *err);

#endif /* DBFERRY_SQLITE_SCAN_H */
