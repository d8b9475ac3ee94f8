/* A merge of which nothing is done. */

#include "engine/differences.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "driver/source.h"
#include "driver/target.h"
#include "engine/choose_key.h"
#include "engine/merge.h"
#include "engine/stored_order.h"

struct finding {
    const struct ferry_transfer *transfer;
    const struct ferry_differences *report;
    struct ferry_cell_form *forms; /* one per column */
    uint64_t missing, extra, changed;
};

static ferry_status differ(void *to, const struct ferry_cell *source,
                           const struct ferry_cell *stored, struct ferry_error *error)
{
    struct finding *finding = to;
    uint64_t told = finding->missing + finding->extra + finding->changed;
    uint64_t *count = stored == NULL   ? &finding->missing
                      : source == NULL ? &finding->extra
                                       : &finding->changed;
    (*count)++;
    if (told >= finding->report->most)
        return FERRY_OK;
    const struct ferry_difference difference = {.plan = finding->transfer->plan,
                                                .forms = finding->forms,
                                                .source = source,
                                                .stored = stored,
                                                .values = finding->report->values};
    return finding->report->tell(finding->transfer->session->job->name, &difference, error);
}

/* ---- Both sides ---- */

static ferry_status merge_sides(struct ferry_transfer *transfer, struct finding *finding,
                                struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    const struct ferry_scan scan = ferry_source_order(plan, false);
    struct ferry_stored_order stored;
    struct ferry_merge *merge = NULL;
    struct ferry_merge_counts counts;
    const struct ferry_merge_spec spec = {.schema = &plan->schema,
                                          .key = plan->key.columns,
                                          .key_count = plan->key.count,
                                          .read_stored = ferry_stored_order_read,
                                          .from = &stored,
                                          .differ = differ,
                                          .to = finding};
    ferry_status status = ferry_stored_order_begin(&stored, plan, transfer->session->target, NULL,
                                                   transfer->task->table, false, error);
    if (status == FERRY_OK)
        status = ferry_merge_begin(&spec, &merge, error);
    const struct ferry_sink sink = ferry_sink_merge(merge, transfer->session->target);
    if (status == FERRY_OK)
        status = ferry_transfer_pump(transfer, &scan, &sink, error);
    if (status == FERRY_OK)
        status = ferry_merge_end(merge, &counts, error);
    ferry_merge_free(merge);
    ferry_stored_order_end(&stored);
    return status;
}

static ferry_status choose_key(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_session *session = transfer->session;
    struct ferry_plan *plan = transfer->plan;
    ferry_status status = FERRY_OK;
    if (!ferry_source_scans(session->source) || !ferry_target_scans(session->target))
        return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                          "rows can be compared one by one only where both drivers read in order; "
                          "verify without --rows compares the whole");
    if (plan->key.count == 0)
        status = ferry_choose_key(plan, &transfer->task->changes, error);
    if (status == FERRY_OK && plan->key.count == 0)
        return ferry_fail(error, FERRY_ERR_SCHEMA,
                          "rows are told apart by a key, and the source tells of none; name "
                          "columns with key = [ \"...\" ]");
    return status == FERRY_OK ? ferry_choose_key_check(plan, error) : status;
}

static ferry_status judge(const struct finding *finding, struct ferry_error *error)
{
    const char *table = finding->transfer->task->table;
    uint64_t all = finding->missing + finding->extra + finding->changed;
    if (all == 0) {
        ferry_log(FERRY_LOG_INFO, "verified: %" PRIu64 " rows, each by its key",
                  finding->transfer->pump.rows_read);
        return FERRY_OK;
    }
    return ferry_fail(error, FERRY_ERR_DATA,
                      "table '%s' does not hold what the source gives: %" PRIu64
                      " rows are missing, %" PRIu64 " extra, %" PRIu64 " changed%s; run the job to "
                      "bring it up to date",
                      table, finding->missing, finding->extra, finding->changed,
                      all > finding->report->most ? " (the first are shown)" : "");
}

ferry_status ferry_differences_find(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_schema *schema = &transfer->plan->schema;
    struct finding finding = {.transfer = transfer,
                              .report = transfer->session->job->differences,
                              .forms = calloc(schema->count, sizeof *finding.forms)};
    transfer->verify = FERRY_VERIFY_COUNT;        /* no digest is needed beside it */
    ferry_bookmark_done(&transfer->plan->cursor); /* and nobody goes on from here */
    ferry_status status =
        finding.forms == NULL
            ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for %zu columns", schema->count)
            : ferry_transfer_check_table(transfer, error);
    for (size_t i = 0; finding.forms != NULL && i < schema->count; i++)
        finding.forms[i] = ferry_cell_form(&schema->columns[i]);
    if (status == FERRY_OK)
        status = choose_key(transfer, error);
    if (status == FERRY_OK)
        status = merge_sides(transfer, &finding, error);
    if (status == FERRY_OK)
        status = judge(&finding, error);
    transfer->totals.after = transfer->pump.rows_read; /* no load counts here */
    free(finding.forms);
    return status;
}
