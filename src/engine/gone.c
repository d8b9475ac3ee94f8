/* A merge of keys, of whose changes only the deletions are made. */

#include "engine/gone.h"

#include <stdlib.h>

#include "base/log.h"
#include "driver/target.h"
#include "engine/key.h"
#include "engine/merge.h"
#include "engine/pump.h"

static ferry_status change(void *to, uint32_t operation, const struct ferry_batch *batch,
                           struct ferry_error *error)
{
    return operation == FERRY_OP_DELETE ? ferry_target_load_batch(to, operation, batch, error)
                                        : FERRY_OK;
}

static ferry_status pump_keys(struct ferry_transfer *transfer, const struct ferry_key *key,
                              struct ferry_merge *merge, struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    const struct ferry_scan scan = ferry_source_order(plan, true);
    struct ferry_pump pump = {
        .feed = ferry_feed_source(transfer->session->source, ferry_transfer_read(transfer),
                                  &plan->described),
        .sink = ferry_sink_merge(merge, transfer->session->target),
    };
    struct ferry_merge_counts counts = {0};
    pump.feed.scan = &scan;
    pump.feed.rows = &key->alone;
    ferry_log_set_phase("keys");
    transfer->is_reading = true;
    ferry_status status = ferry_pump_run(&pump, error);
    transfer->is_reading = status != FERRY_OK;
    if (status == FERRY_OK)
        status = ferry_merge_end(merge, &counts, error);
    if (status == FERRY_OK)
        transfer->absent = counts.inserted;
    return status;
}

static ferry_status merge_keys(struct ferry_transfer *transfer, const struct ferry_key *key,
                               const size_t *all, struct ferry_error *error)
{
    struct ferry_stored_order stored;
    struct ferry_merge *merge = NULL;
    const struct ferry_merge_spec spec = {
        .schema = &key->alone,
        .key = all,
        .key_count = key->count,
        .read_stored = ferry_stored_order_read,
        .from = &stored,
        .change = change,
        .to = transfer->load,
    };
    ferry_status status =
        ferry_stored_order_begin(&stored, transfer->plan, transfer->session->target, transfer->load,
                                 transfer->task->table, true, error);
    if (status == FERRY_OK)
        status = ferry_merge_begin(&spec, &merge, error);
    if (status == FERRY_OK)
        status = pump_keys(transfer, key, merge, error);
    ferry_merge_free(merge);
    ferry_stored_order_end(&stored);
    return status;
}

ferry_status ferry_delete_gone(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    struct ferry_key key = {0};
    size_t *all = calloc(plan->key.count, sizeof *all);
    ferry_status status =
        all == NULL
            ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the keys")
            : ferry_key_begin(&key, &plan->schema, plan->key.columns, plan->key.count, error);
    for (size_t i = 0; status == FERRY_OK && i < key.count; i++)
        all[i] = i;
    if (status == FERRY_OK)
        status = merge_keys(transfer, &key, all, error);
    ferry_key_done(&key);
    free(all);
    return status;
}
