/* Two digests: of the rows as they passed, and of what the target gives back. */

#include "engine/verify.h"

#include <inttypes.h>

#include "driver/target.h"
#include "engine/pump.h"

#define CANNOT "the driver of target '%s' cannot read back what it has stored"

ferry_status ferry_verify_choose(enum ferry_verify wanted, bool insisted,
                                 const struct ferry_connection *target,
                                 enum ferry_verify *ret_level, struct ferry_error *error)
{
    bool can = wanted != FERRY_VERIFY_CONTENT || ferry_target_tells_stored(target);
    if (!can && insisted)
        return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                          CANNOT ", so that only verify = \"count\" is possible",
                          ferry_connection_place(target));
    if (!can)
        ferry_log(FERRY_LOG_INFO, CANNOT ": rows are counted", ferry_connection_place(target));
    *ret_level = can ? wanted : FERRY_VERIFY_COUNT;
    return FERRY_OK;
}

ferry_status ferry_verify_count(uint64_t rows_read, const struct ferry_load_totals *totals,
                                struct ferry_error *error)
{
    if (rows_read == totals->inserted)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_DATA,
                      "%" PRIu64 " rows were read from the source but the target counts "
                      "%" PRIu64 "; this must not happen, report it",
                      rows_read, totals->inserted);
}

ferry_status ferry_verify_changes(uint64_t rows_read, bool is_whole,
                                  const struct ferry_load_totals *totals, struct ferry_error *error)
{
    bool adds_up = totals->before + totals->inserted - totals->deleted == totals->after;
    if (adds_up &&
        (is_whole ? totals->after == rows_read : totals->inserted + totals->updated <= rows_read))
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_DATA,
                      "%" PRIu64 " rows were read from the source, and the target, of %" PRIu64
                      " rows, counts %" PRIu64 " inserted, %" PRIu64 " updated, %" PRIu64
                      " deleted and %" PRIu64 " afterwards; this must not happen, report it",
                      rows_read, totals->before, totals->inserted, totals->updated, totals->deleted,
                      totals->after);
}

static ferry_status compare(const struct ferry_digest *read, const struct ferry_digest *stored,
                            const struct ferry_layout *layout, const char *advice,
                            struct ferry_error *error)
{
    char source[FERRY_DIGEST_TEXT], target[FERRY_DIGEST_TEXT];
    uint64_t rows = ferry_digest_rows(read);
    ferry_digest_print(read, source);
    ferry_digest_print(stored, target);
    if (ferry_digest_equal(read, stored)) {
        ferry_log(FERRY_LOG_INFO, "verified: %" PRIu64 " rows, digest %s", rows, source);
        return FERRY_OK;
    }
    if (rows != ferry_digest_rows(stored))
        return ferry_fail(error, FERRY_ERR_DATA,
                          "the source gave %" PRIu64 " rows, but table '%s' holds %" PRIu64
                          " (digests %s and %s); %s",
                          rows, layout->table, ferry_digest_rows(stored), source, target, advice);
    return ferry_fail(error, FERRY_ERR_DATA,
                      "table '%s' does not hold what the source gave: both have %" PRIu64
                      " rows, but not the same (digests %s and %s); %s",
                      layout->table, rows, source, target, advice);
}

/* Stored rows are read in one thread and added up in another. */
static ferry_status digest_stored(struct ferry_connection *target, struct ferry_load *load,
                                  const struct ferry_layout *layout, const struct ferry_scan *scan,
                                  struct ferry_digest *digest, struct ferry_error *error)
{
    struct ferry_pump pump = {
        .feed = ferry_feed_stored(target, load, layout),
        .sink = ferry_sink_digest(digest),
    };
    pump.feed.scan = scan;
    return ferry_pump_run(&pump, error);
}

ferry_status ferry_verify_content(const struct ferry_digest *read, struct ferry_connection *target,
                                  struct ferry_load *load, const struct ferry_layout *layout,
                                  const struct ferry_scan *scan, struct ferry_error *error)
{
    const char *advice =
        load != NULL ? "what the target gives back is not what it was given: run again; if both "
                       "digests are the same then, its driver is at fault, so report that, else "
                       "look at the machine's disk and memory"
                     : "one of them has changed since; run the job to replace the table";
    struct ferry_digest *stored = ferry_digest_new(layout->schema);
    if (stored == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a digest");
    ferry_status status = digest_stored(target, load, layout, scan, stored, error);
    if (status == FERRY_OK)
        status = compare(read, stored, layout, advice, error);
    ferry_digest_free(stored);
    return status;
}
