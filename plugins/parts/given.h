/* What a driver asks of a value before a database gets it, which might bend it or take it for
 * something else.  A cell has what driver.h promises of its type.  Any thread. */

#ifndef DBFERRY_PARTS_GIVEN_H
#define DBFERRY_PARTS_GIVEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the date that it begins with is one of the calendar: none of zeros, no 30 February. */
bool part_given_is_date(const char *text, size_t size);
/* From 0 to 24 hours: a time may be longer, or negative. */
bool part_given_is_time_of_day(const char *text, size_t size);
/* How many letters a text of UTF-8 has. */
uint64_t part_given_letters(const char *text, size_t size);
/* Whether a column of 32 bits holds it as it is, or one of 64. */
bool part_given_fits_bits(uint32_t bits, double value);

#endif /* DBFERRY_PARTS_GIVEN_H */
