/* Loads of changes: what is there before, what comes, and what has to be there afterwards. */

#ifndef FERRY_CONFORMANCE_CHANGE_H
#define FERRY_CONFORMANCE_CHANGE_H

#include "scan.h"

#define CHANGE_COLUMNS 4

struct change_table {
    const char *name;
    struct ferry_column columns[CHANGE_COLUMNS];
    size_t column_count;
    size_t key[CHANGE_COLUMNS]; /* of the columns */
    size_t key_count;
    const struct ferry_index *indexes;
    size_t index_count;
};

/* Rows are separated by ';', cells by '|'; \N is NULL; in a column of type ANY a cell says its
 * kind: i:5, f:0.5, t:text, x:bytes.  A step begins with its operation: I(nsert), U(pdate),
 * D(elete, with the cells of the key alone), S for UPSERT, A(dd). */
struct change_case {
    const char *name;
    const struct change_table *table;
    const char *before;
    const char *steps;
    const char *after;
    ferry_status status;    /* of the load's end */
    ferry_status or_status; /* what may be in its place, if it is not 0 */
    uint64_t inserted, updated, deleted;
};

extern const struct change_case change_cases[];
extern const size_t change_case_count;

struct change_row {
    uint32_t operation;
    struct scan_value cells[CHANGE_COLUMNS]; /* `bytes` NULL: NULL */
};

struct change_rows {
    struct change_row *list;
    size_t count;
};

/* The cell of a value, which points at it. */
void change_make_cell(const struct ferry_column *column, const struct scan_value *value,
                      struct ferry_cell *cell);
/* Returns false if out of memory; to be freed either way.  The cells point into `text`. */
bool change_rows_parse(const char *text, bool are_steps, struct change_rows *rows);
bool change_rows_add(struct change_rows *rows, const struct change_row *row);
void change_rows_done(struct change_rows *rows);

/* Rows as texts, to be compared whatever their order. */
struct change_lines {
    char **list;
    size_t count;
};

void change_lines_done(struct change_lines *lines);
void change_lines_sort(struct change_lines *lines);
/* Adds the rows, sorted; of steps those that are not deleted, where only these are wanted. */
void change_lines_expect(const struct change_rows *rows, size_t columns, bool only_touched,
                         struct change_lines *lines);
void change_lines_add_batch(const struct ferry_batch *batch, struct change_lines *lines);
/* Of sorted ones; notes the first that differs. */
bool change_lines_are_same(const struct change_lines *found, const struct change_lines *expected,
                           const char *what);

/* A case, taken apart. */
struct change_work {
    const char *name;
    const struct change_table *table;
    struct change_rows before, steps, after;
    ferry_status status, or_status;
    uint64_t inserted, updated, deleted;
};

/* Plans for the table of the work; loads what it holds beforehand, and plans again; begins a load
 * of changes. */
ferry_status change_plan(struct target *target, const struct change_work *work,
                         struct ferry_error *error);
ferry_status change_load_before(struct target *target, const struct change_work *work,
                                struct ferry_error *error);
ferry_status change_begin(struct target *target, const struct change_work *work,
                          struct ferry_load **ret_load, struct ferry_error *error);
/* Reports how the target does it: given up, and then committed. */
void change_try(const struct suite *suite, const struct change_work *work);

#endif
