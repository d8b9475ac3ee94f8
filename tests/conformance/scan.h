/* Rows whose order is known beforehand, and what is asked of them. */

#ifndef FERRY_CONFORMANCE_SCAN_H
#define FERRY_CONFORMANCE_SCAN_H

#include "suite.h"

struct scan_value {
    const char *bytes; /* numbers in digits */
    size_t size;
};

/* A column with its values as they ascend, by hand from the rule of driver.h. */
struct scan_column {
    struct ferry_column column;
    struct scan_value values[16];
    size_t count;
    struct scan_value between; /* no value of it, but a limit; none where `bytes` is NULL */
    size_t between_after;      /* how many of the values lie below that */
};

/* A table: a column `id` (int64) and these. */
struct scan_shape {
    const char *name;
    const struct scan_column *columns;
    size_t count;
};

extern const struct scan_shape scan_shapes[];
extern const size_t scan_shape_count;

#define SCAN_ROWS 61
/* Row `row` (from 0): its id, and the place of its value among those of a column of the shape (from
 * 0), or -1 for NULL. */
int64_t scan_id(size_t row);
int scan_place(const struct scan_shape *shape, size_t column, size_t row);

/* The cell of a value, where a column of this description can have it; it points at the value. */
bool scan_make_cell(const struct ferry_column *column, const struct scan_value *value,
                    struct ferry_cell *ret_cell);

/* The columns of a table for the target; the caller frees the array. */
struct ferry_column *scan_table_columns(const struct scan_shape *shape);
/* Puts all rows into the table of the target's plan. */
ferry_status scan_load(struct target *target, const struct scan_shape *shape,
                       struct ferry_error *error);

/* ---- One scan ---- */

#define SCAN_COLUMNS 16
#define SCAN_BOUNDS 4

/* Whose rows are scanned: a source's, or those that a target holds. */
struct scanned {
    const char *who;
    const struct scan_shape *shape;
    struct ferry_connection *connection;
    const struct ferry_read *read; /* of a source; NULL: stored rows */
    const struct ferry_layout *layout;
    const struct ferry_plan *plan;
    const struct ferry_schema *schema;
    uint64_t sorts_up_to; /* bytes of a value of any length; 0: all */
    size_t id;
    size_t places[SCAN_COLUMNS]; /* of the shape's columns in the schema; SIZE_MAX: not there */
};

/* A limit by the place of a value: twice that, and one more where it lies behind the value. */
struct scan_limit {
    size_t column; /* of the shape */
    const struct scan_value *value;
    int twice;
    uint32_t kind;
    uint32_t or_null;
};

#define SCAN_ID SIZE_MAX /* for a column of the shape */

/* A scan, in columns of the shape. */
struct scan_wanted {
    size_t order[SCAN_COLUMNS];
    size_t order_count;
    struct scan_limit limits[SCAN_BOUNDS];
    size_t limit_count;
    size_t columns[SCAN_COLUMNS];
    size_t column_count; /* 0: all */
};

const char *scan_column_name(const struct scanned *scanned, size_t column);
/* What the driver says of a column of the shape; false where it is not there. */
bool scan_is_ordered(const struct scanned *scanned, size_t column);
/* Whether it has values that are longer than what is sorted of them, as the quirks say. */
bool scan_is_too_long(const struct scanned *scanned, size_t column);
/* Whether the scan gives what it has to: notes what is wrong. */
bool scan_is_right(const struct scanned *scanned, const struct scan_wanted *wanted);

#endif
