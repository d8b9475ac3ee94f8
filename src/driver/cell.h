/* Cells as values: whether two are the same, which comes first, and the hash of a row of them.
 *
 * "The same" means one thing everywhere, whichever drivers the cells come from, as long as both are
 * cells of the same column of a source's schema: -0.0 is 0.0, NaN is NaN, NULL is NULL, and a
 * decimal is its number ('1.5' is '1.50', '007' is '7').  All else is what it is byte by byte: text
 * '007' is not '7', and a datetime has the digits that its column has.
 */

#ifndef FERRY_CELL_H
#define FERRY_CELL_H

#include <stdbool.h>

#include "driver/schema.h"

/* How the cells of a column are read; made once, since it is asked of each cell. */
struct ferry_cell_form {
    uint32_t scale;   /* of a decimal */
    uint8_t tag;      /* cell.c's own */
    bool is_unsigned; /* of an integer */
};

/* The form keeps nothing of the column. */
struct ferry_cell_form ferry_cell_form(const struct ferry_column *column);

/* Whether the cell's value is bytes that lie elsewhere (v.p). */
bool ferry_cell_has_bytes(const struct ferry_cell_form *form, const struct ferry_cell *cell);

/* Whether both cells are the same value. */
bool ferry_cell_equal(const struct ferry_cell_form *form, const struct ferry_cell *a,
                      const struct ferry_cell *b);

/* -1 where `a` comes before `b`, 1 where behind it, and 0 where, and only where, they are equal. It
 * orders all cells: NULL comes first, then numbers by value, then texts, then bytes, both byte by
 * byte and a shorter one before those that go on.  NaN is the last of the floats. Where kinds meet
 * (type ANY, flag LOOSE), an integer comes before a float of the same value, and decimals come
 * behind both; a decimal that is no number, behind all that are. */
int ferry_cell_order(const struct ferry_cell_form *form, const struct ferry_cell *a,
                     const struct ferry_cell *b);

/* NULL where databases can sort the column in the order of ferry_cell_order; else why not, to stand
 * behind "cannot be part of a key: " (static text).  Whether this server and this table do sort so
 * is for source and target to say: it hangs on collations, on ENUM's numbers, on how decimals are
 * stored. */
const char *ferry_cell_no_order(const struct ferry_column *column);

/* What hashes rows of `schema`, which it does not keep.  NULL if out of memory. */
struct ferry_cell_hasher *ferry_cell_hasher_new(const struct ferry_schema *schema);
void ferry_cell_hasher_free(struct ferry_cell_hasher *hasher); /* NULL allowed */
/* The hash of a row: that of another row is the same where each of its cells is equal, and only
 * there, but for chance (2^-128).  Allocates nothing.  One thread at a time. */
unsigned __int128 ferry_cell_hash(struct ferry_cell_hasher *hasher, const struct ferry_cell *cells);

#endif
