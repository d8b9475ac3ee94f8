/* One scan: the rows that have to come, and those that come. */

#include <inttypes.h>
#include <string.h>

#include "driver/cell.h"
#include "driver/cursor.h"
#include "scan.h"

static size_t place_of(const struct scanned *scanned, size_t column)
{
    return column == SCAN_ID ? scanned->id : scanned->places[column];
}

bool scan_is_ordered(const struct scanned *scanned, size_t column)
{
    size_t place = place_of(scanned, column);
    if (place == SIZE_MAX)
        return false;
    /* Digits that come as a text are in the order of texts, which the suite does not know of them.
     */
    if (scanned->plan == NULL && column != SCAN_ID &&
        scanned->shape->columns[column].column.type == FERRY_TYPE_DECIMAL &&
        scanned->schema->columns[place].type == FERRY_TYPE_TEXT)
        return false;
    return scanned->plan != NULL
               ? scanned->plan->mappings[place].ordered
               : (scanned->schema->columns[place].flags & FERRY_COLUMN_ORDERED) != 0;
}

bool scan_is_too_long(const struct scanned *scanned, size_t column)
{
    const struct scan_column *of_shape = &scanned->shape->columns[column];
    for (size_t i = 0; i < of_shape->count && of_shape->column.length == 0; i++)
        if (scanned->sorts_up_to > 0 && of_shape->values[i].size > scanned->sorts_up_to)
            return true;
    return false;
}

const char *scan_column_name(const struct scanned *scanned, size_t column)
{
    return column == SCAN_ID ? "id" : scanned->shape->columns[column].column.name;
}

/* ---- What is to come ---- */

/* Of a row in the order of one column: NULL comes first. */
static int64_t rank_of(const struct scan_shape *shape, size_t column, size_t row)
{
    return column == SCAN_ID ? scan_id(row) : scan_place(shape, column, row);
}

static int compare_rows(const struct scan_shape *shape, const struct scan_wanted *wanted, size_t a,
                        size_t b)
{
    for (size_t i = 0; i < wanted->order_count; i++) {
        int64_t left = rank_of(shape, wanted->order[i], a);
        int64_t right = rank_of(shape, wanted->order[i], b);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

static bool is_within(const struct scan_shape *shape, const struct scan_limit *limit, size_t row)
{
    int place = scan_place(shape, limit->column, row);
    if (place < 0)
        return limit->or_null != 0;
    int order = 2 * place - limit->twice;
    return limit->kind == FERRY_BOUND_AT_LEAST  ? order >= 0
           : limit->kind == FERRY_BOUND_ABOVE   ? order > 0
           : limit->kind == FERRY_BOUND_AT_MOST ? order <= 0
                                                : order < 0;
}

/* The rows that have to come, in their order, rows that are alike in any; how many. */
static size_t expect(const struct scan_shape *shape, const struct scan_wanted *wanted,
                     size_t rows[SCAN_ROWS])
{
    size_t count = 0;
    for (size_t row = 0; row < SCAN_ROWS; row++) {
        bool fits = true;
        for (size_t i = 0; i < wanted->limit_count; i++)
            fits = fits && is_within(shape, &wanted->limits[i], row);
        size_t at = count;
        for (; fits && at > 0 && compare_rows(shape, wanted, rows[at - 1], row) > 0; at--)
            rows[at] = rows[at - 1];
        if (fits)
            rows[at] = row;
        count += fits;
    }
    return count;
}

/* ---- What comes ---- */

static bool cell_is(const struct scanned *scanned, const struct ferry_column *column,
                    size_t of_shape, size_t row, const struct ferry_cell *cell)
{
    const struct ferry_cell_form form = ferry_cell_form(column);
    struct ferry_cell expected = {.v.i = scan_id(row)};
    int place = of_shape == SCAN_ID ? 0 : scan_place(scanned->shape, of_shape, row);
    if (place < 0)
        return cell->null != 0;
    if (of_shape != SCAN_ID &&
        !scan_make_cell(column, &scanned->shape->columns[of_shape].values[place], &expected))
        return false;
    return ferry_cell_equal(&form, cell, &expected);
}

struct arrival {
    struct ferry_schema schema;       /* of the batches */
    size_t columns[SCAN_COLUMNS + 1]; /* of the shape */
    size_t rows[SCAN_ROWS + 1];
    size_t count;
    bool sound; /* each was a row that had to come, with its values */
};

static bool row_is(const struct scanned *scanned, const struct arrival *arrival, size_t row,
                   const struct ferry_cell *cells)
{
    for (size_t i = 0; i < arrival->schema.count; i++)
        if (!cell_is(scanned, &arrival->schema.columns[i], arrival->columns[i], row, &cells[i]))
            return false;
    return true;
}

/* Which row it is: by its id, or (without one) the next that has to come. */
static size_t recognize(const struct scanned *scanned, const struct arrival *arrival,
                        const size_t *expected, size_t expected_count,
                        const struct ferry_cell *cells)
{
    for (size_t i = 0; i < arrival->schema.count; i++)
        if (arrival->columns[i] == SCAN_ID) {
            for (size_t row = 0; row < SCAN_ROWS; row++)
                if (cells[i].v.i == scan_id(row))
                    return row_is(scanned, arrival, row, cells) ? row : SIZE_MAX;
            return SIZE_MAX;
        }
    if (arrival->count >= expected_count)
        return SIZE_MAX;
    size_t next = expected[arrival->count];
    return row_is(scanned, arrival, next, cells) ? next : SIZE_MAX;
}

static void take_batch(const struct scanned *scanned, const struct ferry_batch *batch,
                       const size_t *expected, size_t expected_count, struct arrival *arrival)
{
    for (size_t i = 0; i < ferry_batch_count(batch) && arrival->sound; i++) {
        size_t row =
            recognize(scanned, arrival, expected, expected_count, ferry_batch_cells(batch, i));
        arrival->sound = row != SIZE_MAX && arrival->count < SCAN_ROWS;
        if (arrival->sound)
            arrival->rows[arrival->count++] = row;
        else
            tap_note("row %zu of the scan is none that was stored, or comes too often",
                     arrival->count + 1);
    }
}

/* All columns of the schema that are the shape's, or those that are wanted. */
static bool make_columns(const struct scanned *scanned, const struct scan_wanted *wanted,
                         struct arrival *arrival, size_t *places, struct ferry_error *error)
{
    for (size_t i = 0; i < wanted->column_count; i++) {
        places[i] = place_of(scanned, wanted->columns[i]);
        arrival->columns[i] = wanted->columns[i];
    }
    for (size_t i = 0; wanted->column_count == 0 && i < scanned->schema->count; i++) {
        size_t column = 0;
        while (column < scanned->shape->count && scanned->places[column] != i)
            column++;
        arrival->columns[i] = column == scanned->shape->count ? SCAN_ID : column;
    }
    size_t count = wanted->column_count > 0 ? wanted->column_count : scanned->schema->count;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        const struct ferry_column *column =
            &scanned->schema->columns[wanted->column_count > 0 ? places[i] : i];
        status = ferry_schema_add(&arrival->schema, column, sizeof *column, error);
    }
    return status == FERRY_OK;
}

/* The cells of the bounds; false where the column cannot have such a value. */
static bool make_bounds(const struct scanned *scanned, const struct scan_wanted *wanted,
                        struct ferry_bound *bounds, struct ferry_cell *cells,
                        const struct ferry_bound **list)
{
    for (size_t i = 0; i < wanted->limit_count; i++) {
        const struct scan_limit *limit = &wanted->limits[i];
        size_t place = place_of(scanned, limit->column);
        if (!scan_make_cell(&scanned->schema->columns[place], limit->value, &cells[i]))
            return false;
        bounds[i] = (struct ferry_bound){
            .column = place, .cell = &cells[i], .kind = limit->kind, .or_null = limit->or_null};
        list[i] = &bounds[i];
    }
    return true;
}

static ferry_status read_all(const struct scanned *scanned, const struct ferry_scan *scan,
                             const size_t *expected, size_t expected_count, struct arrival *arrival,
                             struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = 5, .bytes = 1 << 20};
    struct ferry_batch *batch = ferry_batch_new(&arrival->schema, &limits);
    struct ferry_cursor *cursor = NULL;
    ferry_status status = scanned->read != NULL
                              ? ferry_source_read_begin(scanned->connection, scanned->read,
                                                        scanned->schema, scan, &cursor, error)
                              : ferry_target_stored_begin(scanned->connection, NULL,
                                                          scanned->layout, scan, &cursor, error);
    for (bool ended = false; status == FERRY_OK && !ended && arrival->sound;) {
        ferry_batch_reset(batch, arrival->count + 1);
        status = ferry_cursor_read(cursor, batch, error);
        ended = status == FERRY_OK && ferry_batch_count(batch) == 0;
        if (status == FERRY_OK)
            take_batch(scanned, batch, expected, expected_count, arrival);
    }
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    return status;
}

/* Whether what came is what had to come, in an order that was asked for. */
static bool is_complete(const struct scanned *scanned, const struct scan_wanted *wanted,
                        const size_t *expected, size_t expected_count,
                        const struct arrival *arrival)
{
    bool seen[SCAN_ROWS] = {false};
    if (arrival->count != expected_count) {
        tap_note("%zu rows came, not %zu", arrival->count, expected_count);
        return false;
    }
    for (size_t i = 0; i < arrival->count; i++) {
        if (seen[arrival->rows[i]]) {
            tap_note("the row of id %" PRId64 " came twice", scan_id(arrival->rows[i]));
            return false;
        }
        seen[arrival->rows[i]] = true;
        if (i > 0 &&
            compare_rows(scanned->shape, wanted, arrival->rows[i - 1], arrival->rows[i]) > 0) {
            tap_note("the row of id %" PRId64 " came before that of id %" PRId64,
                     scan_id(arrival->rows[i - 1]), scan_id(arrival->rows[i]));
            return false;
        }
    }
    for (size_t i = 0; i < expected_count; i++)
        if (!seen[expected[i]]) {
            tap_note("the row of id %" PRId64 " did not come", scan_id(expected[i]));
            return false;
        }
    return true;
}

/* Whether the scan gives what it has to. */
bool scan_is_right(const struct scanned *scanned, const struct scan_wanted *wanted)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct arrival arrival = {.sound = true};
    struct ferry_bound bounds[SCAN_BOUNDS];
    struct ferry_cell cells[SCAN_BOUNDS] = {0};
    const struct ferry_bound *bound_list[SCAN_BOUNDS];
    size_t expected[SCAN_ROWS], order[SCAN_COLUMNS] = {0}, columns[SCAN_COLUMNS] = {0};
    size_t expected_count = expect(scanned->shape, wanted, expected);
    for (size_t i = 0; i < wanted->order_count; i++)
        order[i] = place_of(scanned, wanted->order[i]);
    bool right = make_columns(scanned, wanted, &arrival, columns, &error);
    if (right && make_bounds(scanned, wanted, bounds, cells, bound_list)) {
        const struct ferry_scan scan = {.order = order,
                                        .order_count = wanted->order_count,
                                        .bounds = bound_list,
                                        .bound_count = wanted->limit_count,
                                        .columns = columns,
                                        .column_count = wanted->column_count};
        right = read_all(scanned, &scan, expected, expected_count, &arrival, &error) == FERRY_OK &&
                arrival.sound && is_complete(scanned, wanted, expected, expected_count, &arrival);
    }
    tap_error(&error);
    ferry_schema_done(&arrival.schema);
    return right;
}
