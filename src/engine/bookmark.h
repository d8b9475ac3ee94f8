/* The cursor of a job: how far the rows of a source were read, by the highest value of a column
 * that has passed, and where the next read begins. */

#ifndef FERRY_BOOKMARK_H
#define FERRY_BOOKMARK_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "driver/batch.h"
#include "driver/cell.h"
#include "engine/change_rules.h"

/* One value of the cursor's column; a text lies in `text`. */
struct ferry_bookmark_value {
    struct ferry_cell cell;
    struct ferry_strbuf text;
    bool known;
};

/* Start as {0}: none. */
struct ferry_bookmark {
    const struct ferry_column *column; /* of the plan; NULL: the job has no cursor */
    size_t at;                         /* its place in the schema */
    bool read_nulls;
    struct ferry_cell_form form;
    struct ferry_bookmark_value recorded; /* by the last run that kept one */
    struct ferry_bookmark_value from;     /* that, less the lag */
    struct ferry_bookmark_value highest;  /* that has passed in this run */
};

/* Makes the bookmark of a job with a cursor, whose column is one of `schema`, which outlives it.
 * FERRY_ERR_SCHEMA where there is no such column, or where it has no order that every database
 * shares; FERRY_ERR_CONFIG where the lag is of another kind than the column. */
ferry_status ferry_bookmark_begin(struct ferry_bookmark *bookmark,
                                  const struct ferry_change_rules *rules,
                                  const struct ferry_schema *schema, struct ferry_error *error);
void ferry_bookmark_done(struct ferry_bookmark *bookmark);

/* Takes over what a record says; false where that is no value of the column, or if out of memory.
 * Sets `from`. */
bool ferry_bookmark_recall(struct ferry_bookmark *bookmark, const char *text,
                           const struct ferry_lag *lag);

/* Looks at the rows of a batch that has the schema's columns.  FERRY_ERR_DATA for a row without a
 * cursor, unless such rows are read, and for one of another kind. */
ferry_status ferry_bookmark_take(struct ferry_bookmark *bookmark, const struct ferry_batch *batch,
                                 struct ferry_error *error);

/* Whether the highest value of the rows that were read from `from` on is below the recorded one:
 * then the source has gone back, or its last rows are gone. */
bool ferry_bookmark_went_back(const struct ferry_bookmark *bookmark);

/* What the next run is to go on from, as text; nothing where no row has had a cursor.  `is_whole`:
 * every row of the source was read. */
void ferry_bookmark_add_next(const struct ferry_bookmark *bookmark, bool is_whole,
                             struct ferry_strbuf *text);
/* A value as text: digits, or the text itself. */
void ferry_bookmark_add_value(const struct ferry_bookmark *bookmark,
                              const struct ferry_bookmark_value *value, struct ferry_strbuf *text);
/* The value of such a text; false where it is none of the column, or if out of memory. */
bool ferry_bookmark_read_value(const struct ferry_bookmark *bookmark, const char *text,
                               struct ferry_bookmark_value *value);

#endif
