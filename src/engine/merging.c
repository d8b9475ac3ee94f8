/* The source's rows meet the stored ones, both in the order of the key. */

#include "engine/merging.h"

#include "driver/target.h"
#include "engine/merge.h"
#include "engine/stored_order.h"

static ferry_status change(void *to, uint32_t operation, const struct ferry_batch *batch,
                           struct ferry_error *error)
{
    return ferry_target_load_batch(to, operation, batch, error);
}

static ferry_status pump(struct ferry_transfer *transfer, struct ferry_merge *merge,
                         struct ferry_error *error)
{
    struct ferry_merge_counts counts = {0};
    const struct ferry_scan scan = ferry_source_order(transfer->plan, false);
    const struct ferry_sink sink = ferry_sink_merge(merge, transfer->session->target);
    ferry_status status = ferry_transfer_pump(transfer, &scan, &sink, error);
    if (status == FERRY_OK)
        status = ferry_merge_end(merge, &counts, error);
    if (status == FERRY_OK)
        transfer->unchanged = counts.unchanged;
    return status;
}

ferry_status ferry_merge_move(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    struct ferry_stored_order stored;
    struct ferry_merge *merge = NULL;
    const struct ferry_merge_spec spec = {
        .schema = &plan->schema,
        .key = plan->key.columns,
        .key_count = plan->key.count,
        .read_stored = ferry_stored_order_read,
        .from = &stored,
        .change = change,
        .to = transfer->load,
    };
    ferry_status status =
        ferry_stored_order_begin(&stored, plan, transfer->session->target, transfer->load,
                                 transfer->task->table, false, error);
    if (status == FERRY_OK)
        status = ferry_merge_begin(&spec, &merge, error);
    if (status == FERRY_OK)
        status = pump(transfer, merge, error);
    ferry_merge_free(merge);
    ferry_stored_order_end(&stored);
    return status;
}
