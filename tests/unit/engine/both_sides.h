/* One table whose rows stand on both sides: in a source that reads them in order and from a value
 * on, and in a target that takes changes. */

#ifndef FERRY_UNIT_ENGINE_BOTH_SIDES_H
#define FERRY_UNIT_ENGINE_BOTH_SIDES_H

#include "cells.h"
#include "one_table.h"

/* The rows, and how they were asked for: "by 0,1; 2 >= 5 or null; only 0". */
struct side {
    const struct ferry_cell *cells; /* row by row */
    size_t rows, at, in_a_batch;
    char scan[100];
    const struct ferry_bound *bound;
    const size_t *columns;
    size_t column_count;
    int begins, ends;
};

static struct side source_side, stored_side;
static const void *stored_of; /* the load whose rows were read; NULL: the table's */
static uint32_t stored_flags; /* of the first column, as the target was asked for it */
static char changes[400];     /* that were handed over: "+1 =2 -3", "^4" to upsert, "&5" to add */

/* The columns of the table; the key is the first one. */
static const struct ferry_column three_columns[] = {
    {.name = "id",
     .native = "int",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_ORDERED | FERRY_COLUMN_NOT_NULL,
     .key_position = 1},
    {.name = "name", .native = "text", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_ORDERED},
    {.name = "seq",
     .native = "int",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_ORDERED},
};
static const struct ferry_column *side_columns;
static size_t side_width;

#define ROW(id_, name_, seq_) INT(id_), TEXT(name_), INT(seq_)
#define SET_ROWS(side, width, ...)                                                                 \
    do {                                                                                           \
        static const struct ferry_cell cells_[] = {__VA_ARGS__};                                   \
        (side).cells = cells_;                                                                     \
        (side).rows = COUNT(cells_) / (width);                                                     \
    } while (0)
#define SOURCE_HAS(...) SET_ROWS(source_side, 3, __VA_ARGS__)
#define TARGET_HAS(...) SET_ROWS(stored_side, 3, __VA_ARGS__)

/* ---- The driver ---- */

static inline ferry_status describe_side(void *conn, const struct ferry_read *read,
                                         struct ferry_schema *schema, struct ferry_error *err)
{
    (void)conn, (void)read;
    ferry_status status = fake_act("describe", err);
    for (size_t i = 0; i < side_width && status == FERRY_OK; i++)
        status = ferry_schema_add(schema, &side_columns[i], sizeof side_columns[i], err);
    return status;
}

static inline void add_list(char *text, size_t size, const char *word, const size_t *list,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, size - length, "%s%zu",
                       i > 0            ? ","
                       : length == 0    ? word
                       : word[0] == 'b' ? "; by "
                                        : "; only ",
                       list[i]);
    }
}

static inline void begin_side(struct side *side, const struct ferry_scan *scan)
{
    size_t size = sizeof side->scan;
    side->scan[0] = '\0';
    side->bound = NULL;
    add_list(side->scan, size, "by ", scan->order, scan->order_count);
    for (size_t i = 0; i < scan->bound_count; i++) {
        const struct ferry_bound *bound = scan->bounds[i];
        size_t length = strlen(side->scan);
        (void)snprintf(side->scan + length, size - length, "%s%zu %s %d%s", length > 0 ? "; " : "",
                       bound->column,
                       bound->kind == FERRY_BOUND_ABOVE ? ">" : ">=", (int)bound->cell->v.i,
                       bound->or_null ? " or null" : "");
        side->bound = bound;
    }
    add_list(side->scan, size, "only ", scan->columns, scan->column_count);
    if (scan->touched != 0)
        (void)snprintf(side->scan, size, "touched");
    side->columns = scan->column_count > 0 ? scan->columns : NULL;
    side->column_count = scan->column_count;
    side->at = 0;
    side->begins++;
}

/* Of integers; other columns have rows that suit. */
static inline bool is_within(const struct ferry_bound *bound, const struct ferry_cell *cells)
{
    if (bound == NULL)
        return true;
    const struct ferry_cell *cell = &cells[bound->column];
    if (side_columns[bound->column].type != FERRY_TYPE_INT)
        return true;
    if (cell->null != 0)
        return bound->or_null != 0;
    return cell->v.i > bound->cell->v.i ||
           (cell->v.i == bound->cell->v.i && bound->kind != FERRY_BOUND_ABOVE);
}

static inline bool is_bytes(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if (cell->kind != FERRY_KIND_TYPED)
        return cell->kind >= FERRY_KIND_TEXT;
    return cell->null == 0 && column->type != FERRY_TYPE_INT && column->type != FERRY_TYPE_FLOAT;
}

static inline ferry_status read_side(struct side *side, struct ferry_batch *batch,
                                     struct ferry_error *err)
{
    for (size_t taken = 0; taken < side->in_a_batch && side->at < side->rows; side->at++) {
        const struct ferry_cell *cells = &side->cells[side->at * side_width];
        if (!is_within(side->bound, cells))
            continue;
        struct ferry_cell *row = ferry_batch_row(batch);
        size_t width = side->columns != NULL ? side->column_count : side_width;
        for (size_t i = 0; i < width; i++) {
            size_t column = side->columns != NULL ? side->columns[i] : i;
            row[i] = cells[column];
            if (is_bytes(&side_columns[column], &row[i]) &&
                !ferry_batch_text(batch, &row[i], cells[column].v.p, cells[column].len))
                return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
            row[i].kind = cells[column].kind;
        }
        taken++;
    }
    return FERRY_OK;
}

static inline ferry_status read_begin_side(void *conn, const struct ferry_read *read,
                                           const struct ferry_schema *schema,
                                           const struct ferry_scan *scan, void **ret_cursor,
                                           struct ferry_error *err)
{
    (void)conn, (void)read, (void)schema;
    ferry_status status = fake_act("read_begin", err);
    if (status != FERRY_OK)
        return status;
    begin_side(&source_side, scan);
    *ret_cursor = &source_side;
    return FERRY_OK;
}

static inline ferry_status read_batch_side(void *cursor, struct ferry_batch *batch,
                                           struct ferry_error *err)
{
    ferry_status status = fake_act("read_batch", err);
    return status == FERRY_OK ? read_side(cursor, batch, err) : status;
}

static inline ferry_status stored_begin_side(void *conn, void *load,
                                             const struct ferry_layout *layout,
                                             const struct ferry_scan *scan, void **ret_cursor,
                                             struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(layout->table, "t");
    ferry_status status = fake_act("stored_begin", err);
    if (status != FERRY_OK)
        return status;
    stored_of = load;
    stored_flags = layout->schema->columns[0].flags;
    begin_side(&stored_side, scan);
    *ret_cursor = &stored_side;
    return FERRY_OK;
}

static inline ferry_status stored_batch_side(void *cursor, struct ferry_batch *batch,
                                             struct ferry_error *err)
{
    ferry_status status = fake_act("stored_batch", err);
    return status == FERRY_OK ? read_side(cursor, batch, err) : status;
}

static inline void end_side(void *cursor)
{
    ((struct side *)cursor)->ends++;
}

static inline ferry_status map_side(void *conn, const struct ferry_column *column,
                                    const struct ferry_wish *wish, struct ferry_mapping *mapping,
                                    struct ferry_error *err)
{
    ferry_status status = fake_map_column(conn, column, wish, mapping, err);
    return status == FERRY_OK ? ferry_mapping_set_ordered(mapping, err) : status;
}

static inline ferry_status load_change(void *load, uint32_t operation,
                                       const struct ferry_batch *batch, struct ferry_error *err)
{
    static const char signs[] = {[FERRY_OP_INSERT] = '+',
                                 [FERRY_OP_UPDATE] = '=',
                                 [FERRY_OP_DELETE] = '-',
                                 [FERRY_OP_UPSERT] = '^',
                                 [FERRY_OP_ADD] = '&'};
    assert_ptr_equal(load, &fake);
    for (size_t i = 0; i < ferry_batch_count(batch); i++) {
        size_t length = strlen(changes);
        (void)snprintf(changes + length, sizeof changes - length, "%s%c%d", length > 0 ? " " : "",
                       signs[operation], (int)ferry_batch_cells(batch, i)[0].v.i);
    }
    return fake_act("load_batch", err);
}

/* What the last run has left: pairs of name and value. */
static const char *const (*recorded)[2];
static size_t recorded_count;
static const char *table_mark; /* the run that the table says it is of; NULL: it says nothing */

#define LEFT_BEHIND(...)                                                                           \
    do {                                                                                           \
        static const char *const pairs_[][2] = {__VA_ARGS__};                                      \
        recorded = pairs_;                                                                         \
        recorded_count = COUNT(pairs_);                                                            \
    } while (0)

static inline ferry_status record_read(void *conn, const char *table, struct ferry_record *record,
                                       struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(table, "t");
    ferry_status status = fake_act("record_read", err);
    for (size_t i = 0; i < recorded_count && status == FERRY_OK; i++)
        status = ferry_record_set(record, recorded[i][0], recorded[i][1], err);
    return status == FERRY_OK ? ferry_record_set_mark(record, table_mark, err) : status;
}

/* ---- The test ---- */

static inline int sides_setup(void **state)
{
    static struct ferry_column existing[8];
    (void)setup(state);
    side_columns = side_columns == NULL ? three_columns : side_columns;
    side_width = side_width == 0 ? COUNT(three_columns) : side_width;
    for (size_t i = 0; i < side_width; i++)
        existing[i] = (struct ferry_column){
            .name = side_columns[i].name, .native = "T", .type = FERRY_TYPE_TEXT};
    fake.exists = 1;
    fake.existing = existing;
    fake.existing_count = side_width;
    source_side = stored_side = (struct side){.in_a_batch = 2};
    stored_of = NULL;
    changes[0] = '\0';
    recorded_count = 0;
    table_mark = NULL;
    fake_handle.source.describe = describe_side;
    fake_handle.source.read_begin = read_begin_side;
    fake_handle.source.read_batch = read_batch_side;
    fake_handle.source.read_end = end_side;
    fake_handle.source.abilities = FERRY_SCANS;
    fake_handle.target.map_column = map_side;
    fake_handle.target.load_batch = load_change;
    fake_handle.target.stored_begin = stored_begin_side;
    fake_handle.target.stored_batch = stored_batch_side;
    fake_handle.target.stored_end = end_side;
    fake_handle.target.abilities = FERRY_SCANS | FERRY_CHANGES;
    fake_handle.tells_stored = true;
    fake_handle.driver.record_read = record_read;
    return 0;
}

/* Every cursor was closed. */
static inline int sides_teardown(void **state)
{
    abort_change();
    assert_int_equal(source_side.begins, source_side.ends);
    assert_int_equal(stored_side.begins, stored_side.ends);
    return teardown(state);
}

static inline ferry_status move(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = begin_load(of, error);
    return status == FERRY_OK ? plan.strategy->move(of, error) : status;
}

#define WITH_SIDES(test) cmocka_unit_test_setup_teardown(test, sides_setup, sides_teardown)

#endif
