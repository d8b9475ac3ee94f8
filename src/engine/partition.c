/* By which column a table is parted, and into which ranges: half-open ones, without a gap, the
 * first with the NULLs. */

#include "engine/partition.h"

#include <sched.h>
#include <stdlib.h>

#include "base/log.h"
#include "driver/source.h"
#include "driver/type.h"
#include "engine/choose_key.h"
#include "engine/named_column.h"
#include "engine/piece_rows.h"
#include "engine/transfer.h"

const char *ferry_sharing_name(enum ferry_sharing sharing)
{
    static const char *const names[] = {
        [FERRY_SHARING_SHARED] = "shared",
        [FERRY_SHARING_LOCK] = "lock",
        [FERRY_SHARING_NONE] = "none",
    };
    return names[sharing];
}

void ferry_partitions_done(struct ferry_partitions *partitions)
{
    ferry_cuts_done(&partitions->cuts);
    *partitions = (struct ferry_partitions){0};
}

/* ---- Which column ---- */

static const char *column_flaw(const struct ferry_column *column)
{
    if (column->type != FERRY_TYPE_INT && column->type != FERRY_TYPE_DECIMAL &&
        column->type != FERRY_TYPE_DATE && column->type != FERRY_TYPE_DATETIME)
        return "ranges are of an integer, a decimal, a date or a datetime";
    if ((column->flags & FERRY_COLUMN_LOOSE) != 0)
        return "it may hold values of any kind";
    if ((column->flags & FERRY_COLUMN_ORDERED) == 0)
        return "the source cannot compare its values as numbers or moments";
    return NULL;
}

ferry_status ferry_partition_check_column(const struct ferry_column *column,
                                          struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf type = {0};
    const char *flaw = column_flaw(column);
    if (flaw == NULL)
        return FERRY_OK;
    ferry_type_add_descriptor(&type, column);
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "the table cannot be parted by column '%s' (%s): %s; name another one with "
                      "partition_by, or leave out partitions",
                      column->name, ferry_strbuf_text(&type), flaw);
}

/* A plan that replaces has no key of its own: it is chosen for this question alone. */
static ferry_status find_key(struct ferry_plan *plan, const struct ferry_change_rules *rules,
                             size_t *ret_column, struct ferry_error *error)
{
    ferry_status status = ferry_choose_key(plan, rules, error);
    if (status == FERRY_OK && plan->key.count == 0)
        status = ferry_fail(error, FERRY_ERR_SCHEMA,
                            "partitions are ranges of a column, and the source tells of no key; "
                            "name a column with partition_by");
    if (status == FERRY_OK)
        *ret_column = plan->key.columns[0];
    free(plan->key.columns);
    plan->key = (struct ferry_plan_key){0};
    return status;
}

static ferry_status find_column(struct ferry_plan *plan, const struct ferry_task *task,
                                size_t *ret_column, struct ferry_error *error)
{
    const char *name = task->partitions.by;
    ferry_status status =
        name == NULL ? find_key(plan, &task->changes, ret_column, error)
                     : ferry_named_column_find(&plan->described, name, "the job's partition_by is",
                                               ret_column, error);
    return status == FERRY_OK
               ? ferry_partition_check_column(&plan->described.columns[*ret_column], error)
               : status;
}

/* Whether an index of the source begins with it. */
static bool is_indexed(const struct ferry_schema *source, size_t column)
{
    bool indexed = source->columns[column].key_position == 1;
    for (size_t i = 0; i < source->index_count && !indexed; i++)
        indexed =
            ferry_schema_find_name(source, source->indexes[i].columns[0]) == (ptrdiff_t)column;
    return indexed;
}

/* ---- Whether the source will do ---- */

static bool shares(const struct ferry_connection *source, enum ferry_sharing sharing)
{
    return sharing == FERRY_SHARING_NONE ||
           ferry_source_shares(source, sharing == FERRY_SHARING_SHARED ? FERRY_SHARE_OWN
                                                                       : FERRY_SHARE_LOCK);
}

static ferry_status check_source(const struct ferry_connection *source,
                                 const struct ferry_partition_rules *rules,
                                 struct ferry_error *error)
{
    const char *place = ferry_connection_place(source);
    if (!ferry_source_parts(source))
        return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                          "partitions = %u reads a table by ranges of a column, into which the "
                          "driver of %s cannot part it; leave it out",
                          rules->count, place);
    if (shares(source, rules->sharing))
        return FERRY_OK;
    const char *instead =
        shares(source, FERRY_SHARING_SHARED) ? "choose snapshot = \"shared\""
        : shares(source, FERRY_SHARING_LOCK)
            ? "choose snapshot = \"lock\", which keeps writers out for a moment"
            : "snapshot = \"none\" must be asked for, and then each connection sees a state of "
              "its own";
    return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                      "snapshot = \"%s\": the connections that read the partitions cannot see one "
                      "state of %s in this way; %s",
                      ferry_sharing_name(rules->sharing), place, instead);
}

/* A fallback of another kind is better read slowly than not at all. */
static bool does_without(const struct ferry_transfer *transfer)
{
    struct ferry_error unheard = {0};
    bool without =
        transfer->session->fell_back &&
        check_source(transfer->session->source, &transfer->task->partitions, &unheard) != FERRY_OK;
    ferry_error_clear(&unheard);
    if (without)
        ferry_log(FERRY_LOG_INFO,
                  "the fallback is read by one connection: its driver cannot read it in parts");
    return without;
}

/* ---- How many read ---- */

static size_t processors(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : (size_t)count;
}

static size_t count_readers(const struct ferry_job *job, size_t partitions)
{
    size_t most = job->readers == 0 ? processors() : job->readers;
    return most < partitions ? most : partitions;
}

/* ---- The decision ---- */

static void warn(const struct ferry_plan *plan)
{
    const struct ferry_partitions *partitions = &plan->partitions;
    const char *name = plan->described.columns[partitions->column].name;
    if (!is_indexed(&plan->described, partitions->column))
        ferry_log(FERRY_LOG_WARNING,
                  "the source tells of no index that begins with column '%s': it may look at all "
                  "rows for each of the %zu partitions",
                  name, partitions->count);
    if (partitions->readers > 1 && partitions->sharing == FERRY_SHARING_NONE)
        ferry_log(FERRY_LOG_WARNING,
                  "snapshot = \"none\": each of the %zu connections sees a state of its own, so "
                  "that the copy may be of no moment at all: rows that are written meanwhile may "
                  "be missing, or there twice",
                  partitions->readers);
}

static ferry_status ask_cuts(struct ferry_transfer *transfer, size_t column,
                             struct ferry_error *error)
{
    struct ferry_plan *plan = transfer->plan;
    const struct ferry_partition_rules *rules = &transfer->task->partitions;
    struct ferry_partitions *partitions = &plan->partitions;
    ferry_status status =
        ferry_source_part(transfer->session->source, ferry_transfer_read(transfer),
                          &plan->described, column, rules->count, &partitions->cuts, error);
    if (status != FERRY_OK)
        return status;
    partitions->column = column;
    partitions->sharing = rules->sharing;
    partitions->count = partitions->cuts.count + 1;
    partitions->readers = count_readers(transfer->session->job, partitions->count);
    warn(plan);
    return FERRY_OK;
}

ferry_status ferry_partition_settle(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_partition_rules *rules = &transfer->task->partitions;
    size_t column = 0;
    if (rules->prepared != NULL)
        return ferry_piece_settle(transfer, error);
    if (rules->count <= 1 || does_without(transfer))
        return FERRY_OK;
    ferry_status status = check_source(transfer->session->source, rules, error);
    if (status == FERRY_OK)
        status = find_column(transfer->plan, transfer->task, &column, error);
    return status == FERRY_OK ? ask_cuts(transfer, column, error) : status;
}

void ferry_partition_add(const struct ferry_partitions *partitions, struct ferry_strbuf *text)
{
    static const char *const states[] = {
        [FERRY_SHARING_SHARED] = "in one snapshot",
        [FERRY_SHARING_LOCK] = "in snapshots that are taken while writers are kept out",
        [FERRY_SHARING_NONE] = "each in a snapshot of its own",
    };
    if (partitions->count == 0)
        return;
    if (partitions->only > 0)
        ferry_strbuf_addf(text, "%zu of ", partitions->only);
    ferry_strbuf_addf(text, "%zu by '%s', read by ", partitions->count,
                      partitions->cuts.column->name);
    if (partitions->readers > 1)
        ferry_strbuf_addf(text, "%zu connections %s", partitions->readers,
                          states[partitions->sharing]);
    else
        ferry_strbuf_add(text, "one connection");
}

/* ---- The ranges ---- */

static void add_bound(struct ferry_ranges *ranges, struct ferry_scan *scan,
                      const struct ferry_bound *bound)
{
    size_t at = (size_t)(scan->bounds - ranges->bound_list) + scan->bound_count++;
    ranges->bounds[at] = *bound;
    ranges->bound_list[at] = &ranges->bounds[at];
}

/* From the cut before, up to the next. */
static void make_range(const struct ferry_partitions *partitions, size_t i,
                       struct ferry_ranges *ranges)
{
    const struct ferry_cuts *cuts = &partitions->cuts;
    struct ferry_scan *scan = &ranges->list[i];
    struct ferry_bound bound = {.column = partitions->column};
    scan->bounds = &ranges->bound_list[2 * i];
    if (i > 0) {
        bound.kind = FERRY_BOUND_AT_LEAST;
        bound.cell = &cuts->list[i - 1].cell;
        add_bound(ranges, scan, &bound);
    }
    if (i < cuts->count) {
        bound.kind = FERRY_BOUND_BELOW;
        bound.cell = &cuts->list[i].cell;
        bound.or_null = i == 0 && (cuts->column->flags & FERRY_COLUMN_NOT_NULL) == 0;
        add_bound(ranges, scan, &bound);
    }
}

ferry_status ferry_ranges_make(const struct ferry_partitions *partitions,
                               struct ferry_ranges *ranges, struct ferry_error *error)
{
    size_t count = partitions->count;
    *ranges = (struct ferry_ranges){
        .list = calloc(count, sizeof *ranges->list),
        .count = count,
        .bounds = calloc(2 * count, sizeof *ranges->bounds),
        .bound_list = calloc(2 * count, sizeof *ranges->bound_list),
    };
    if (ranges->list == NULL || ranges->bounds == NULL || ranges->bound_list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the parts of a table");
    for (size_t i = 0; i < count; i++)
        make_range(partitions, i, ranges);
    return FERRY_OK;
}

void ferry_ranges_done(struct ferry_ranges *ranges)
{
    free(ranges->list);
    free(ranges->bounds);
    free((void *)ranges->bound_list);
    *ranges = (struct ferry_ranges){0};
}
