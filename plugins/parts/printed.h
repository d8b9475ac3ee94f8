/* Values as databases print them become cells.  Each function gives NULL, or what is wrong with the
 * value, and then the cell holds nothing of use; what a cell points to is the batch's.  Behind the
 * `size` bytes of a value stands a NUL.  Any thread, with a batch of its own. */

#ifndef DBFERRY_PARTS_PRINTED_H
#define DBFERRY_PARTS_PRINTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dbferry/driver.h"

/* What is wrong where it is not the value. */
extern const char part_no_memory[];

/* An integer of up to 64 bits, as digits alone. */
const char *part_printed_int(const char *data, size_t size, bool is_unsigned,
                             struct ferry_cell *cell);
/* One that the column holds, by its type, bits and sign. */
const char *part_printed_int_of(const struct ferry_column *column, const char *data, size_t size,
                                struct ferry_cell *cell);
/* Of 32 bits it is rounded to those. */
const char *part_printed_floating(const char *data, size_t size, uint32_t bits,
                                  struct ferry_cell *cell);
/* [-]digits[.digits] of the column's precision and scale. */
const char *part_printed_decimal(const struct ferry_column *column, const char *data, size_t size,
                                 struct ferry_batch *batch, struct ferry_cell *cell);
const char *part_printed_copy(const char *data, size_t size, struct ferry_batch *batch,
                              struct ferry_cell *cell);
/* In small letters then. */
const char *part_printed_uuid(const char *data, size_t size, struct ferry_batch *batch,
                              struct ferry_cell *cell);

/* Of a number or a moment: writes at `at` a point and `digits` digits of `fraction`, with zeros up
 * to `scale`; nothing where the scale is 0.  Gives the end. */
char *part_printed_put_fraction(char *at, const char *fraction, size_t digits, size_t scale);

/* ---- moment.c: dates and times ---- */

enum part_moment { PART_DATE, PART_TIME, PART_DATETIME };
/* With `scale` digits behind the second then. */
const char *part_printed_moment(enum part_moment moment, uint32_t scale, const char *data,
                                size_t size, struct ferry_batch *batch, struct ferry_cell *cell);

#endif /* DBFERRY_PARTS_PRINTED_H */
