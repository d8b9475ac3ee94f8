/* One rule after another, over the target's own counts. */

#include "engine/guard.h"

#include <inttypes.h>

/* Whether `now` is more than `percent` below `before`; exact for all 64-bit counts. */
static bool shrank_too_much(uint64_t before, uint64_t now, uint64_t percent)
{
    if (now >= before)
        return false;
    unsigned __int128 lost = (unsigned __int128)(before - now) * 100;
    return lost > (unsigned __int128)before * percent;
}

ferry_status ferry_guard_check(const struct ferry_guard_rules *rules,
                               const struct ferry_load_totals *totals, bool is_whole,
                               struct ferry_error *error)
{
    uint64_t before = totals->before;
    uint64_t after = totals->after;
    if (after == 0 && before > 0 && !rules->allow_empty)
        return ferry_fail(
            error, FERRY_ERR_DATA,
            "the source has no rows and the target has %" PRIu64 "; if that is right, set %s",
            before, rules->is_typed ? "-o job.allow_empty=true" : "allow_empty = true");
    if (after < (uint64_t)rules->min_rows)
        return ferry_fail(error, FERRY_ERR_DATA,
                          "the %s %" PRIu64 " rows, fewer than min_rows = %" PRId64
                          "; look at the source, or lower min_rows",
                          is_whole ? "source has" : "table would have", after, rules->min_rows);
    if (rules->max_shrink_percent >= 0 &&
        shrank_too_much(before, after, (uint64_t)rules->max_shrink_percent))
        return ferry_fail(error, FERRY_ERR_DATA,
                          "the table would shrink from %" PRIu64 " to %" PRIu64
                          " rows, by more than max_shrink_percent = %" PRId64
                          "; look at the source, or raise max_shrink_percent for this run",
                          before, after, rules->max_shrink_percent);
    return FERRY_OK;
}
