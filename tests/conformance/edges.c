/* A fit is a promise of load_batch: EXACT and WIDER take each value that the column may hold by its
 * description, and give it back; CHECKED gives back what it takes, and refuses the rest by row and
 * column.  No value becomes another one. */

#include "edge.h"

#include "driver/cursor.h"
#include "driver/target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void set_edge(struct ferry_batch *batch, const struct edge_column *edge, size_t value)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.i = (int64_t)value + 1;
    if (edge->ints != NULL)
        cells[1].v.i = edge->ints[value];
    else if (edge->floats != NULL)
        cells[1].v.f = edge->floats[value];
    else
        (void)ferry_batch_text(batch, &cells[1], edge->texts[value].bytes, edge->texts[value].size);
}

/* A load of these values, up to its end and not to its commit.  Where the target reads back what it
 * stored, `*ret_same` is whether that is what was loaded. */
static ferry_status load(struct target *target, const struct edge_column *edge, size_t first,
                         size_t count, bool *ret_same, struct ferry_error *error)
{
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    struct ferry_batch *batch = ferry_batch_new(&target->plan.schema, &ferry_batch_default_limits);
    struct ferry_digest *read = ferry_digest_new(&target->plan.schema);
    struct ferry_digest *stored = ferry_digest_new(&target->plan.schema);
    *ret_same = true;
    ferry_batch_reset(batch, 1);
    for (size_t i = first; i < first + count; i++)
        set_edge(batch, edge, i);
    ferry_digest_add_batch(read, batch);
    ferry_status status = target_begin(target, target->plan.action, &load, error);
    if (status == FERRY_OK)
        status = ferry_target_load_batch(load, FERRY_OP_INSERT, batch, error);
    if (status == FERRY_OK)
        status = ferry_target_load_end(load, &totals, error);
    if (status == FERRY_OK && target->suite->driver->tells_stored) {
        FERRY_AUTO_ERROR struct ferry_error reading = {0};
        *ret_same =
            target_digest_stored(target, load, &target->layout, stored, &reading) == FERRY_OK &&
            ferry_digest_equal(read, stored);
        tap_error(&reading);
    }
    target_abort(target);
    ferry_digest_free(read);
    ferry_digest_free(stored);
    ferry_batch_free(batch);
    return status;
}

static void note_value(const struct edge_column *edge, size_t value, const char *what)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    if (edge->ints != NULL)
        ferry_strbuf_addf(&text, "%" PRId64, edge->ints[value]);
    else if (edge->floats != NULL)
        ferry_strbuf_addf(&text, "%.17g", edge->floats[value]);
    for (size_t i = 0; edge->texts != NULL && i < edge->texts[value].size; i++) {
        unsigned char byte = (unsigned char)edge->texts[value].bytes[i];
        ferry_strbuf_addf(&text, byte < ' ' || byte > '~' ? "\\x%02x" : "%c", byte);
    }
    tap_note("value %zu, '%s': %s", value + 1, ferry_strbuf_text(&text), what);
}

/* Whether one value alone is taken and comes back, or, where it may be, is refused properly. */
static bool is_kept_or_refused(struct target *target, const struct edge_column *edge, size_t value,
                               bool may_refuse, size_t *refused)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    bool same;
    ferry_status status = load(target, edge, value, 1, &same, &error);
    if (status == FERRY_OK && !same)
        note_value(edge, value, "another value is stored for it");
    if (status == FERRY_OK)
        return same;
    bool named =
        strstr(error.message, "row 1, ") != NULL && strstr(error.message, "column 'edge'") != NULL;
    if (status == FERRY_ERR_DATA && named && may_refuse) {
        ++*refused;
        return true;
    }
    note_value(edge, value,
               status == FERRY_ERR_DATA && named ? "it is refused, and the fit says that it is not"
                                                 : "no refusal by row and column");
    tap_error(&error);
    return false;
}

static bool plan(struct target *target, const struct edge_column *edge, struct ferry_error *error)
{
    const struct ferry_column columns[] = {values_columns[0], edge->column};
    return target_plan(target, columns, 2, NULL, 0, error) == FERRY_OK &&
           target->plan.schema.count == 2;
}

static void try_column(struct target *target, const struct edge_column *edge)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    bool right = false, same = true;
    size_t refused = 0;
    if (!plan(target, edge, &error)) {
        tap_skip("the target does not hold them", "%s: edges", edge->column.native);
        tap_error(&error);
        return;
    }
    uint32_t fit = target->plan.mappings[1].fit;
    /* All at once; one by one, where that fails or may fail. */
    if (fit < FERRY_FIT_CHECKED)
        right = load(target, edge, 0, edge->count, &same, &error) == FERRY_OK && same;
    ferry_error_clear(&error);
    if (!right) {
        right = true;
        for (size_t i = 0; i < edge->count; i++)
            right =
                is_kept_or_refused(target, edge, i, fit == FERRY_FIT_CHECKED, &refused) && right;
    }
    tap_ok(right, "%s: %zu values at its edges are kept%s", edge->column.native, edge->count,
           fit == FERRY_FIT_CHECKED ? ", or refused by row and column" : "");
    if (refused > 0)
        tap_note("%zu of them are refused", refused);
}

/* A type of a later header. */
static void try_unknown_type(struct target *target)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_mapping mapping = {0};
    const struct ferry_column column = {.name = "edge", .native = "of tomorrow", .type = 4711};
    ferry_status status =
        ferry_target_map_column(target->connection, &column, &target_no_wish, &mapping, &error);
    tap_ok(status == FERRY_OK && mapping.fit == FERRY_FIT_NONE,
           "a type that the driver does not know does not fit");
    tap_error(&error);
    ferry_mapping_done(&mapping);
}

void test_edges(const struct suite *suite)
{
    struct target target;
    bool opened = target_open(suite, 1, &target_no_wish, &target) &&
                  target_use_table(&target, target.table, "edges");
    if (opened)
        try_unknown_type(&target);
    for (size_t i = 0; opened && i < edge_column_count; i++)
        try_column(&target, &edge_columns[i]);
    target_close(&target);
}
