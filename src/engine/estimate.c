/* A source knows its rows by statistics, as they are now and coarsely; a copy was counted, and is
 * of the last run. */

#include "engine/estimate.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/units.h"
#include "driver/cursor.h"
#include "engine/show.h"
#include "engine/strategy.h"

/* ---- The rule ---- */

/* Statistics of a server may be wrong by half. */
static bool is_about(uint64_t told, uint64_t held)
{
    return told / 2 <= held && held / 2 <= told;
}

/* What was counted is the better one, as long as the source does not contradict it. */
uint64_t ferry_estimate_choose(uint64_t told, uint64_t held)
{
    return held != FERRY_ROWS_UNKNOWN && (told == FERRY_ROWS_UNKNOWN || is_about(told, held))
               ? held
               : told;
}

/* A table that keeps what its source has no longer says nothing of the rows to come, and neither
 * does one that is empty. */
static uint64_t rows_held(const struct ferry_transfer *transfer)
{
    const struct ferry_plan *plan = transfer->plan;
    uint64_t rows = plan->rows_known ? plan->rows_before : transfer->recorded;
    return rows > 0 && plan->strategy != NULL && plan->strategy->is_whole ? rows
                                                                          : FERRY_ROWS_UNKNOWN;
}

/* ---- The questions ---- */

/* What it is not known for need not be known. */
static ferry_status forgive(ferry_status status, struct ferry_error *error)
{
    if (status == FERRY_OK || status == FERRY_ERR_INTERNAL)
        return status;
    ferry_log(FERRY_LOG_DEBUG, "it is not known how many rows there will be: %s", error->message);
    ferry_error_clear(error);
    return FERRY_OK;
}

static void take_record(struct ferry_transfer *transfer, const struct ferry_record *record)
{
    int64_t rows = 0;
    const char *text = ferry_record_value(record, FERRY_RECORD_ROWS);
    if (text != NULL && ferry_units_parse_int(text, &rows) && rows > 0 &&
        ferry_record_fits_table(record))
        transfer->recorded = (uint64_t)rows;
}

ferry_status ferry_estimate_recall(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    struct ferry_record record = {0};
    if (ferry_show() == NULL || plan->rows_known || plan->action == FERRY_TABLE_CREATE)
        return FERRY_OK;
    ferry_status status = ferry_connection_record_read(transfer->session->target,
                                                       transfer->task->table, &record, error);
    if (status == FERRY_OK)
        take_record(transfer, &record);
    ferry_record_done(&record);
    return forgive(status, error);
}

ferry_status ferry_estimate_ask(struct ferry_transfer *transfer, const struct ferry_scan *scan,
                                struct ferry_error *error)
{
    uint64_t told = FERRY_ROWS_UNKNOWN;
    transfer->expected = FERRY_ROWS_UNKNOWN;
    if (ferry_show() == NULL || transfer->plan->partitions.only > 0) /* a part of what it tells */
        return FERRY_OK;
    ferry_status status =
        ferry_source_estimate(transfer->session->source, ferry_transfer_read(transfer),
                              &transfer->plan->described, scan, &told, error);
    status = forgive(status, error);
    if (status != FERRY_OK)
        return status;
    bool is_whole = scan == NULL || scan->bound_count == 0;
    transfer->expected =
        ferry_estimate_choose(told, is_whole ? rows_held(transfer) : FERRY_ROWS_UNKNOWN);
    if (transfer->expected != FERRY_ROWS_UNKNOWN)
        ferry_log(FERRY_LOG_DEBUG, "about %" PRIu64 " rows are expected", transfer->expected);
    return FERRY_OK;
}
