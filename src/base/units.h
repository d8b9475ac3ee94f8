/* Numbers with units: as people write them in a configuration, and as they read them. */

#ifndef FERRY_UNITS_H
#define FERRY_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Each parser takes the whole text or nothing: no spaces, no sign unless said, overflow is false.
 */
bool ferry_units_parse_int(const char *text, int64_t *ret_value);   /* [-]digits */
bool ferry_units_parse_size(const char *text, int64_t *ret_bytes);  /* digits[K|M|G|T], of 1024 */
bool ferry_units_parse_duration(const char *text, int64_t *ret_ms); /* digits(ms|s|m|h|d) */
bool ferry_units_parse_mode(const char *text, int64_t *ret_mode);   /* octal, up to 0777 */
bool ferry_units_parse_bool(const char *text, int64_t *ret_value);  /* true false yes no on off */

/* "1,234,567" */
void ferry_units_add_count(struct ferry_strbuf *buffer, uint64_t count);
/* "30 inserted, 5 updated, 7 deleted" */
void ferry_units_add_changes(struct ferry_strbuf *buffer, uint64_t inserted, uint64_t updated,
                             uint64_t deleted);
/* "812 B", "3.4 KiB", "1.2 GiB" */
void ferry_units_add_bytes(struct ferry_strbuf *buffer, uint64_t bytes);
/* "940 rows/s", "1.12 M rows/s" */
void ferry_units_add_rate(struct ferry_strbuf *buffer, uint64_t rows, int64_t ms);
/* "12 s", "35 min", "5 h", "12 d": whole ones of the unit that says enough; 0 of what is negative.
 */
void ferry_units_add_age(struct ferry_strbuf *buffer, int64_t ms);
/* "35 ms", "1.8 s", "4 min 05 s", "2 h 03 min" */
void ferry_units_add_duration(struct ferry_strbuf *buffer, int64_t ms);

#endif
