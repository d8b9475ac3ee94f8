/* A merge of which nothing is done. */

#include "engine/differences.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "driver/source.h"
#include "driver/target.h"
#include "driver/type.h"
#include "engine/choose_key.h"
#include "engine/merge.h"
#include "engine/stored_order.h"

#define VALUE_LIMIT ((size_t)60) /* bytes of a value */

struct finding {
    const struct ferry_transfer *transfer;
    const struct ferry_differences *report;
    struct ferry_cell_form *forms; /* one per column */
    uint64_t missing, extra, changed;
};

/* ---- Values ---- */

static void add_bytes(struct ferry_strbuf *text, const struct ferry_cell *cell)
{
    size_t shown = cell->len < VALUE_LIMIT / 2 ? cell->len : VALUE_LIMIT / 2;
    ferry_strbuf_add(text, "x'");
    for (size_t i = 0; i < shown; i++)
        ferry_strbuf_addf(text, "%02x", (unsigned)(unsigned char)cell->v.p[i]);
    ferry_strbuf_add(text, shown < cell->len ? "...'" : "'");
}

static void add_text(struct ferry_strbuf *text, const struct ferry_cell *cell)
{
    ferry_strbuf_add(text, "'");
    ferry_escape_text(text, cell->v.p, cell->len, VALUE_LIMIT);
    ferry_strbuf_add(text, "'");
}

/* What a cell says of itself goes before its column's type. */
static enum ferry_value value_of(const struct ferry_column *column, const struct ferry_cell *cell)
{
    static const enum ferry_value kinds[] = {
        [FERRY_KIND_TYPED] = FERRY_VALUE_NONE,  [FERRY_KIND_INT] = FERRY_VALUE_INT,
        [FERRY_KIND_FLOAT] = FERRY_VALUE_FLOAT, [FERRY_KIND_TEXT] = FERRY_VALUE_TEXT,
        [FERRY_KIND_BYTES] = FERRY_VALUE_BYTES,
    };
    return cell->kind != FERRY_KIND_TYPED ? kinds[cell->kind] : ferry_type_value(column->type);
}

static void add_value(struct ferry_strbuf *text, const struct ferry_column *column,
                      const struct ferry_cell *cell)
{
    if (cell->null != 0) {
        ferry_strbuf_add(text, "NULL");
        return;
    }
    switch (value_of(column, cell)) {
    case FERRY_VALUE_INT:
        if (cell->kind == FERRY_KIND_TYPED && ferry_type_is_unsigned(column))
            ferry_strbuf_addf(text, "%" PRIu64, cell->v.u);
        else
            ferry_strbuf_addf(text, "%" PRId64, cell->v.i);
        break;
    case FERRY_VALUE_FLOAT:
        ferry_strbuf_addf(text, "%.17g", cell->v.f);
        break;
    case FERRY_VALUE_DECIMAL:
        ferry_escape_text(text, cell->v.p, cell->len, VALUE_LIMIT);
        break;
    case FERRY_VALUE_TEXT:
        add_text(text, cell);
        break;
    case FERRY_VALUE_BYTES:
        add_bytes(text, cell);
        break;
    case FERRY_VALUE_KIND:
    case FERRY_VALUE_NONE:
        ferry_strbuf_add(text, "?");
        break;
    }
}

/* ---- Rows ---- */

static void add_name(struct ferry_strbuf *text, const struct ferry_column *column)
{
    ferry_escape_text(text, column->name, strlen(column->name), 2 * VALUE_LIMIT);
}

static void add_key(struct ferry_strbuf *text, const struct ferry_plan *plan,
                    const struct ferry_cell *cells)
{
    for (size_t i = 0; i < plan->key.count; i++) {
        size_t at = plan->key.columns[i];
        ferry_strbuf_add(text, i > 0 ? ", " : "");
        add_name(text, &plan->schema.columns[at]);
        ferry_strbuf_add(text, " = ");
        add_value(text, &plan->schema.columns[at], &cells[at]);
    }
}

static void add_changed(struct ferry_strbuf *text, const struct finding *finding,
                        const struct ferry_cell *source, const struct ferry_cell *stored)
{
    const struct ferry_schema *schema = &finding->transfer->plan->schema;
    const char *comma = ": ";
    for (size_t i = 0; i < schema->count; i++) {
        if (ferry_cell_equal(&finding->forms[i], &source[i], &stored[i]))
            continue;
        ferry_strbuf_add(text, comma);
        add_name(text, &schema->columns[i]);
        comma = ", ";
        if (!finding->report->values)
            continue;
        ferry_strbuf_add(text, " ");
        add_value(text, &schema->columns[i], &stored[i]);
        ferry_strbuf_add(text, " is ");
        add_value(text, &schema->columns[i], &source[i]);
        ferry_strbuf_add(text, " at the source");
    }
}

/* One of both is NULL where a row is on one side alone. */
static void add_difference(struct ferry_strbuf *line, const struct finding *finding,
                           const struct ferry_cell *source, const struct ferry_cell *stored)
{
    const struct ferry_plan *plan = finding->transfer->plan;
    if (stored == NULL) {
        ferry_strbuf_add(line, "missing: ");
        add_key(line, plan, source);
    } else if (source == NULL) {
        ferry_strbuf_add(line, "extra: ");
        add_key(line, plan, stored);
    } else {
        ferry_strbuf_add(line, "changed: ");
        add_key(line, plan, source);
        add_changed(line, finding, source, stored);
    }
}

static ferry_status differ(void *to, const struct ferry_cell *source,
                           const struct ferry_cell *stored, struct ferry_error *error)
{
    struct finding *finding = to;
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    uint64_t told = finding->missing + finding->extra + finding->changed;
    uint64_t *count = stored == NULL   ? &finding->missing
                      : source == NULL ? &finding->extra
                                       : &finding->changed;
    (*count)++;
    if (told >= finding->report->most)
        return FERRY_OK;
    add_difference(&line, finding, source, stored);
    if (line.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a row that differs");
    finding->report->tell(finding->transfer->session->job->name, ferry_strbuf_text(&line));
    return FERRY_OK;
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
