/* Guards: what must be true of a load before it may replace the old rows. */

#ifndef FERRY_GUARD_H
#define FERRY_GUARD_H

#include <stdbool.h>

#include "base/error.h"

struct ferry_guard_rules {
    bool is_typed;              /* on the command line: advice is given in its words */
    bool allow_empty;           /* a table with rows may be replaced by none */
    int64_t min_rows;           /* 0 = off */
    int64_t max_shrink_percent; /* 0..100; -1 = off */
};

/* Applies the rules to what the table would hold.  Fails with FERRY_ERR_DATA, naming both numbers
 * and the key that would allow it. */
ferry_status ferry_guard_check(const struct ferry_guard_rules *rules,
                               const struct ferry_load_totals *totals, bool is_whole,
                               struct ferry_error *error);

#endif
