/* With a key rows come in its order, so that none can come twice, and those that were read before
 * are known again; without one, the read begins strictly behind what was read. */

#include "engine/appending.h"

#include "base/log.h"
#include "driver/target.h"
#include "engine/ascent.h"
#include "engine/gone.h"
#include "engine/strategy.h"

struct appending {
    struct ferry_load *load;
    uint32_t operation; /* FERRY_OP_ */
    struct ferry_key key;
    struct ferry_ascent source;
};

static ferry_status check_order(struct appending *appending, const struct ferry_batch *batch,
                                struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t row = 0; row < ferry_batch_count(batch) && status == FERRY_OK; row++)
        status = ferry_ascent_step(&appending->source, ferry_batch_cells(batch, row), error);
    return status == FERRY_OK ? ferry_ascent_keep(&appending->source, error) : status;
}

static ferry_status take(void *to, const struct ferry_batch *batch, struct ferry_error *error)
{
    struct appending *appending = to;
    ferry_status status = FERRY_OK;
    if (appending->key.count > 0)
        status = check_order(appending, batch, error);
    return status == FERRY_OK
               ? ferry_target_load_batch(appending->load, appending->operation, batch, error)
               : status;
}

bool ferry_append_bound(const struct ferry_plan *plan, struct ferry_bound *ret_bound)
{
    const struct ferry_bookmark *cursor = &plan->cursor;
    if (cursor->column == NULL || !cursor->from.known)
        return false;
    *ret_bound = (struct ferry_bound){
        .column = cursor->at,
        .cell = &cursor->from.cell,
        .kind = plan->key.count > 0 ? FERRY_BOUND_AT_LEAST : FERRY_BOUND_ABOVE,
        .or_null = (cursor->column->flags & FERRY_COLUMN_NOT_NULL) == 0,
    };
    return true;
}

static ferry_status pump(struct ferry_transfer *transfer, struct appending *appending,
                         struct ferry_error *error)
{
    struct ferry_bound bound;
    const struct ferry_bound *const bounds[] = {&bound};
    struct ferry_scan scan = ferry_source_order(transfer->plan, false);
    const struct ferry_sink sink = {
        .take = take, .to = appending, .connection = transfer->session->target};
    if (ferry_append_bound(transfer->plan, &bound)) {
        scan.bounds = bounds;
        scan.bound_count = 1;
    }
    return ferry_transfer_pump(transfer, &scan, &sink, error);
}

/* Rows that were read before come again where there is a key, so the last one should. */
static void warn_if_back(const struct ferry_plan *plan)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf before = {0}, now = {0};
    const struct ferry_bookmark *cursor = &plan->cursor;
    if (plan->key.count == 0 || cursor->column == NULL || !ferry_bookmark_went_back(cursor))
        return;
    ferry_bookmark_add_value(cursor, &cursor->recorded, &before);
    ferry_bookmark_add_value(cursor, &cursor->highest, &now);
    ferry_log(FERRY_LOG_WARNING,
              "the cursor '%s' has gone back: the last run came to %s, and the source ends at %s "
              "now; were its last rows deleted, or is it an older copy? Rows below the cursor are "
              "not read; run --full takes all into account",
              cursor->column->name, ferry_strbuf_text(&before),
              now.length > 0 ? ferry_strbuf_text(&now) : "no row");
}

static ferry_status add_rows(struct ferry_transfer *transfer, uint32_t operation,
                             struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    struct appending appending = {.load = transfer->load, .operation = operation};
    ferry_status status =
        ferry_key_begin(&appending.key, &plan->schema, plan->key.columns, plan->key.count, error);
    if (status == FERRY_OK && plan->key.count > 0)
        status = ferry_ascent_begin(&appending.source, "source", &appending.key, error);
    if (status == FERRY_OK)
        status = pump(transfer, &appending, error);
    ferry_ascent_done(&appending.source);
    ferry_key_done(&appending.key);
    if (status == FERRY_OK)
        warn_if_back(plan);
    return status;
}

ferry_status ferry_append_move(struct ferry_transfer *transfer, struct ferry_error *error)
{
    return add_rows(transfer, transfer->plan->key.count > 0 ? FERRY_OP_ADD : FERRY_OP_INSERT,
                    error);
}

ferry_status ferry_upsert_move(struct ferry_transfer *transfer, struct ferry_error *error)
{
    ferry_status status = add_rows(transfer, FERRY_OP_UPSERT, error);
    if (status == FERRY_OK && transfer->task->changes.find_deleted)
        status = ferry_delete_gone(transfer, error);
    return status;
}
