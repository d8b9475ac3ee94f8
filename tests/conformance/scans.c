/* Scans: rows in order, within bounds, and some of their columns, of sources and of stored rows. */

#include "scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cell.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "driver/type.h"

#define MOST_COLUMNS 16
#define MOST_BOUNDS 4

/* Whose rows are scanned: a source's, or those that a target holds. */
struct scanned {
    const char *who;
    const struct scan_shape *shape;
    struct ferry_connection *connection;
    const struct ferry_read *read; /* of a source; NULL: stored rows */
    const struct ferry_layout *layout;
    const struct ferry_plan *plan;
    const struct ferry_schema *schema;
    size_t id;
    size_t places[MOST_COLUMNS]; /* of the shape's columns in the schema; SIZE_MAX: not there */
};

/* A limit by the place of a value: twice that, and one more where it lies behind the value. */
struct limit {
    size_t column; /* of the shape */
    const struct scan_value *value;
    int twice;
    uint32_t kind;
    uint32_t or_null;
};

#define ID SIZE_MAX /* for a column of the shape */

/* A scan, in columns of the shape. */
struct wanted {
    size_t order[MOST_COLUMNS];
    size_t order_count;
    struct limit limits[MOST_BOUNDS];
    size_t limit_count;
    size_t columns[MOST_COLUMNS];
    size_t column_count; /* 0: all */
};

static size_t place_of(const struct scanned *scanned, size_t column)
{
    return column == ID ? scanned->id : scanned->places[column];
}

static bool is_ordered(const struct scanned *scanned, size_t column)
{
    size_t place = place_of(scanned, column);
    if (place == SIZE_MAX)
        return false;
    return scanned->plan != NULL
               ? scanned->plan->mappings[place].ordered
               : (scanned->schema->columns[place].flags & FERRY_COLUMN_ORDERED) != 0;
}

static const char *name_of(const struct scanned *scanned, size_t column)
{
    return column == ID ? "id" : scanned->shape->columns[column].column.name;
}

/* ---- What is to come ---- */

/* Of a row in the order of one column: NULL comes first. */
static int64_t rank_of(const struct scan_shape *shape, size_t column, size_t row)
{
    return column == ID ? scan_id(row) : scan_place(shape, column, row);
}

static int compare_rows(const struct scan_shape *shape, const struct wanted *wanted, size_t a,
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

static bool is_within(const struct scan_shape *shape, const struct limit *limit, size_t row)
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
static size_t expect(const struct scan_shape *shape, const struct wanted *wanted,
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
    int place = of_shape == ID ? 0 : scan_place(scanned->shape, of_shape, row);
    if (place < 0)
        return cell->null != 0;
    if (of_shape != ID &&
        !scan_make_cell(column, &scanned->shape->columns[of_shape].values[place], &expected))
        return false;
    return ferry_cell_equal(&form, cell, &expected);
}

struct arrival {
    struct ferry_schema schema;       /* of the batches */
    size_t columns[MOST_COLUMNS + 1]; /* of the shape */
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
        if (arrival->columns[i] == ID) {
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
static bool make_columns(const struct scanned *scanned, const struct wanted *wanted,
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
        arrival->columns[i] = column == scanned->shape->count ? ID : column;
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
static bool make_bounds(const struct scanned *scanned, const struct wanted *wanted,
                        struct ferry_bound *bounds, struct ferry_cell *cells,
                        const struct ferry_bound **list)
{
    for (size_t i = 0; i < wanted->limit_count; i++) {
        const struct limit *limit = &wanted->limits[i];
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
static bool is_complete(const struct scanned *scanned, const struct wanted *wanted,
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
static bool scans_right(const struct scanned *scanned, const struct wanted *wanted)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct arrival arrival = {.sound = true};
    struct ferry_bound bounds[MOST_BOUNDS];
    struct ferry_cell cells[MOST_BOUNDS] = {0};
    const struct ferry_bound *bound_list[MOST_BOUNDS];
    size_t expected[SCAN_ROWS], order[MOST_COLUMNS] = {0}, columns[MOST_COLUMNS] = {0};
    size_t expected_count = expect(scanned->shape, wanted, expected);
    for (size_t i = 0; i < wanted->order_count; i++)
        order[i] = place_of(scanned, wanted->order[i]);
    bool right = make_columns(scanned, wanted, &arrival, columns, &error);
    if (right && make_bounds(scanned, wanted, bounds, cells, bound_list)) {
        const struct ferry_scan scan = {._size = sizeof scan,
                                        .order = order,
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

/* ---- Order ---- */

/* "databases disagree": what is said of these types can be true in none. */
static bool type_has_order(uint32_t type)
{
    static const uint32_t without[] = {FERRY_TYPE_FLOAT, FERRY_TYPE_TIME, FERRY_TYPE_JSON,
                                       FERRY_TYPE_GEOMETRY, FERRY_TYPE_VECTOR};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (type == without[i])
            return false;
    return true;
}

static void test_flags(const struct scanned *scanned)
{
    bool right = true;
    for (size_t i = 0; i < scanned->schema->count; i++) {
        const struct ferry_column *column = &scanned->schema->columns[i];
        bool ordered = scanned->plan != NULL ? scanned->plan->mappings[i].ordered
                                             : (column->flags & FERRY_COLUMN_ORDERED) != 0;
        bool by_index = scanned->plan == NULL && (column->flags & FERRY_COLUMN_INDEX_ORDERED) != 0;
        if ((ordered && !type_has_order(column->type)) || (by_index && !ordered)) {
            tap_note("column '%s' has an order that its type has not", column->name);
            right = false;
        }
    }
    tap_ok(right, "%s: no column of a type without order is said to have one", scanned->who);
    tap_ok(is_ordered(scanned, ID), "%s: a column of integers has an order", scanned->who);
}

static void test_orders(const struct scanned *scanned)
{
    const struct scan_shape *shape = scanned->shape;
    struct wanted by_id = {.order = {ID}, .order_count = 1};
    tap_ok(scans_right(scanned, &by_id), "%s: rows in the order of id", scanned->who);
    for (size_t i = 0; i < shape->count; i++) {
        const char *name = name_of(scanned, i);
        struct wanted single = {.order = {i}, .order_count = 1};
        struct wanted behind = {.order = {i, ID}, .order_count = 2};
        if (scanned->places[i] == SIZE_MAX)
            continue;
        if (!is_ordered(scanned, i)) {
            if (type_has_order(shape->columns[i].column.type))
                tap_skip("it is said to have no order", "%s: rows in the order of %s", scanned->who,
                         name);
            continue;
        }
        tap_ok(scans_right(scanned, &single), "%s: rows in the order of %s", scanned->who, name);
        tap_ok(scans_right(scanned, &behind), "%s: rows in the order of %s, id", scanned->who,
               name);
        for (size_t k = 0; k < shape->count; k++) {
            struct wanted pair = {.order = {k, i, ID}, .order_count = 3};
            if (k != i && is_ordered(scanned, k) && (k + i) % 3 == 0)
                tap_ok(scans_right(scanned, &pair), "%s: rows in the order of %s, %s, id",
                       scanned->who, name_of(scanned, k), name);
        }
    }
}

/* ---- Bounds ---- */

static bool can_be_bounded(const struct scanned *scanned, size_t column)
{
    if (!is_ordered(scanned, column))
        return false;
    uint32_t type = scanned->schema->columns[scanned->places[column]].type;
    uint32_t meant = scanned->shape->columns[column].column.type;
    return type == meant && (type == FERRY_TYPE_INT || type == FERRY_TYPE_DECIMAL ||
                             type == FERRY_TYPE_DATE || type == FERRY_TYPE_DATETIME);
}

/* Limit number `i` of a column: at each of its values, and between two of them. */
static struct limit limit_at(const struct scan_column *column, size_t number, size_t i)
{
    if (i < column->count)
        return (struct limit){.column = number, .value = &column->values[i], .twice = 2 * (int)i};
    return (struct limit){
        .column = number, .value = &column->between, .twice = 2 * (int)column->between_after - 1};
}

static size_t limit_count(const struct scan_column *column)
{
    return column->count + (column->between.bytes != NULL);
}

static void test_one_bound(const struct scanned *scanned, size_t number, uint32_t kind,
                           uint32_t or_null)
{
    static const char *const words[] = {[FERRY_BOUND_AT_LEAST] = "at least",
                                        [FERRY_BOUND_ABOVE] = "above",
                                        [FERRY_BOUND_AT_MOST] = "at most",
                                        [FERRY_BOUND_BELOW] = "below"};
    const struct scan_column *column = &scanned->shape->columns[number];
    bool right = true;
    for (size_t i = 0; i < limit_count(column); i++) {
        struct wanted wanted = {.limits = {limit_at(column, number, i)}, .limit_count = 1};
        wanted.limits[0].kind = kind;
        wanted.limits[0].or_null = or_null;
        if (scans_right(scanned, &wanted))
            continue;
        tap_note("%s %s %.*s", column->column.name, words[kind], (int)wanted.limits[0].value->size,
                 wanted.limits[0].value->bytes);
        right = false;
    }
    tap_ok(right, "%s: rows whose %s is %s each of its values%s", scanned->who, column->column.name,
           words[kind], or_null != 0 ? ", or NULL" : "");
}

/* From each value to each other one. */
static void test_ranges(const struct scanned *scanned, size_t number)
{
    const struct scan_column *column = &scanned->shape->columns[number];
    bool right = true;
    for (size_t i = 0; i < column->count; i++)
        for (size_t k = i % 2; k < column->count; k += 2) {
            struct wanted wanted = {
                .limits = {limit_at(column, number, i), limit_at(column, number, k)},
                .limit_count = 2};
            wanted.limits[0].kind = FERRY_BOUND_ABOVE;
            wanted.limits[1].kind = FERRY_BOUND_AT_MOST;
            wanted.limits[1].or_null = 1; /* both have to hold, so NULL does not come */
            right = scans_right(scanned, &wanted) && right;
        }
    tap_ok(right, "%s: rows whose %s lies between two of its values", scanned->who,
           column->column.name);
}

static void test_bounds(const struct scanned *scanned)
{
    for (size_t i = 0; i < scanned->shape->count; i++) {
        if (!can_be_bounded(scanned, i))
            continue;
        for (uint32_t kind = FERRY_BOUND_AT_LEAST; kind <= FERRY_BOUND_BELOW; kind++)
            for (uint32_t or_null = 0; or_null < 2; or_null++)
                test_one_bound(scanned, i, kind, or_null);
        test_ranges(scanned, i);
    }
}

/* ---- Columns, and all of it together ---- */

static void test_columns(const struct scanned *scanned)
{
    struct wanted backwards = {.order = {ID}, .order_count = 1};
    struct wanted only_id = {.order = {ID}, .order_count = 1, .columns = {ID}, .column_count = 1};
    tap_ok(scans_right(scanned, &only_id), "%s: one column alone", scanned->who);
    for (size_t i = scanned->shape->count; i-- > 0;)
        if (scanned->places[i] != SIZE_MAX && i % 2 == 0)
            backwards.columns[backwards.column_count++] = i;
    if (backwards.column_count > 0)
        tap_ok(scans_right(scanned, &backwards),
               "%s: some columns, in an order of their own, and not that of the key", scanned->who);
    backwards.columns[backwards.column_count++] = ID;
    backwards.order_count = 0;
    tap_ok(scans_right(scanned, &backwards), "%s: the same with the key, rows in any order",
           scanned->who);
}

/* The first column with an order beside `not_this`. */
static size_t some_ordered(const struct scanned *scanned, size_t not_this)
{
    size_t i = 0;
    while (i < scanned->shape->count && (i == not_this || !is_ordered(scanned, i)))
        i++;
    return i;
}

static void test_together(const struct scanned *scanned)
{
    for (size_t i = 0; i < scanned->shape->count; i++) {
        size_t other = some_ordered(scanned, i);
        const struct scan_column *column = &scanned->shape->columns[i];
        if (!can_be_bounded(scanned, i) || other == scanned->shape->count)
            continue;
        struct wanted wanted = {.order = {other, ID},
                                .order_count = 2,
                                .limits = {limit_at(column, i, column->count / 3),
                                           limit_at(column, i, column->count - 1)},
                                .limit_count = 2,
                                .columns = {ID, other},
                                .column_count = 2};
        wanted.limits[0].kind = FERRY_BOUND_AT_LEAST;
        wanted.limits[0].or_null = 1;
        wanted.limits[1].kind = FERRY_BOUND_BELOW;
        wanted.limits[1].or_null = 1;
        tap_ok(scans_right(scanned, &wanted),
               "%s: columns id and %s, in the order of %s, id, between two values of %s, or NULL",
               scanned->who, name_of(scanned, other), name_of(scanned, other), column->column.name);
        if (!can_be_bounded(scanned, other))
            continue;
        wanted.limits[1] = limit_at(&scanned->shape->columns[other], other, 1);
        wanted.limits[1].kind = FERRY_BOUND_ABOVE;
        wanted.column_count = 1;
        tap_ok(scans_right(scanned, &wanted), "%s: bounds of %s and %s, of which none is read",
               scanned->who, column->column.name, name_of(scanned, other));
    }
}

static void test_scanned(struct scanned *scanned)
{
    scanned->id = SIZE_MAX;
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        scanned->places[i] = SIZE_MAX;
    for (size_t i = 0; i < scanned->schema->count; i++) {
        const char *name = scanned->schema->columns[i].name;
        if (strcmp(name, "id") == 0)
            scanned->id = i;
        for (size_t k = 0; k < scanned->shape->count; k++)
            if (strcmp(name, scanned->shape->columns[k].column.name) == 0)
                scanned->places[k] = i;
    }
    test_flags(scanned);
    if (!is_ordered(scanned, ID))
        return;
    test_orders(scanned);
    test_bounds(scanned);
    test_columns(scanned);
    test_together(scanned);
}

/* ---- What is scanned ---- */

static void scan_stored(struct target *target, const struct scan_shape *shape, const char *who)
{
    const struct ferry_layout layout = ferry_plan_layout(&target->plan, target->table);
    struct scanned scanned = {.who = who,
                              .shape = shape,
                              .connection = target->connection,
                              .layout = &layout,
                              .plan = &target->plan,
                              .schema = &target->plan.schema};
    test_scanned(&scanned);
}

static void scan_source(struct target *target, const struct scan_shape *shape, const char *who)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_config *config = NULL;
    struct ferry_connection *source =
        suite_open(target->suite, "read_back", FERRY_ROLE_SOURCE, &config);
    const struct ferry_read read = {.text = target->table, .kind = FERRY_READ_TABLE};
    bool described =
        source != NULL && ferry_source_describe(source, &read, &schema, &error) == FERRY_OK;
    struct scanned scanned = {
        .who = who, .shape = shape, .connection = source, .read = &read, .schema = &schema};
    if (described)
        test_scanned(&scanned);
    else if (source != NULL)
        tap_ok(false, "%s: what was loaded can be described", who);
    tap_error(&error);
    ferry_connection_close(source);
    ferry_schema_done(&schema);
    ferry_config_free(config);
}

static bool is_planned(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->plan.schema.count; i++)
        if (strcmp(target->plan.schema.columns[i].name, name) == 0)
            return true;
    return false;
}

/* An index for each column that is not too long for one, so that it can take the place of a sort;
 * how many. */
static size_t make_indexes(const struct target *target, const struct ferry_column *columns,
                           size_t column_count, struct ferry_index *indexes, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < column_count && count < MOST_COLUMNS; i++) {
        const struct ferry_column *column = &columns[i];
        bool is_long = (column->type == FERRY_TYPE_TEXT || column->type == FERRY_TYPE_BYTES) &&
                       column->length == 0;
        if (is_long || !type_has_order(column->type) || !is_planned(target, column->name))
            continue;
        names[count] = column->name;
        indexes[count] = (struct ferry_index){
            .columns = &names[count], .column_count = 1, .unique = i == 0, .primary = i == 0};
        count++;
    }
    return count;
}

static void test_shape(const struct suite *suite, const struct scan_shape *shape, bool indexed)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_index indexes[MOST_COLUMNS];
    const char *names[MOST_COLUMNS];
    struct ferry_column *columns = scan_table_columns(shape);
    bool opened = target_open(suite, 0, &target_no_wish, &target);
    ferry_status status = opened ? FERRY_OK : FERRY_ERR_SYSTEM;
    if (opened)
        status = target_plan(&target, columns, shape->count + 1, NULL, 0, &error);
    if (status == FERRY_OK && indexed)
        status =
            target_plan(&target, columns, shape->count + 1, indexes,
                        make_indexes(&target, columns, shape->count + 1, indexes, names), &error);
    if (status == FERRY_OK)
        status = scan_load(&target, shape, &error);
    if (status == FERRY_ERR_DATA || (indexed && status == FERRY_ERR_UNSUPPORTED)) {
        tap_skip("the target does not take them", "scans of %s", shape->name);
        ferry_error_clear(&error);
    } else if (tap_ok(status == FERRY_OK, "rows of %s are loaded to be scanned%s", shape->name,
                      indexed ? ", with indexes" : "")) {
        char stored[64], source[64];
        (void)snprintf(stored, sizeof stored, "stored %s%s", shape->name,
                       indexed ? " with indexes" : "");
        (void)snprintf(source, sizeof source, "%s of a source%s", shape->name,
                       indexed ? " with indexes" : "");
        if (ferry_target_scans(target.connection))
            scan_stored(&target, shape, stored);
        if (suite->driver->is_source && (suite->driver->source.abilities & FERRY_SCANS) != 0 &&
            quirks_has(suite->quirks, "read_back"))
            scan_source(&target, shape, source);
    }
    tap_error(&error);
    free(columns);
    target_close(&target);
}

void test_stored_scans(const struct suite *suite)
{
    bool scans =
        ((suite->driver->target.abilities & FERRY_SCANS) != 0) ||
        (suite->driver->is_source && (suite->driver->source.abilities & FERRY_SCANS) != 0 &&
         quirks_has(suite->quirks, "read_back"));
    if (!scans) {
        tap_skip("the driver has not the ability FERRY_SCANS", "scans of stored rows");
        return;
    }
    for (int indexed = 0; indexed < 2; indexed++)
        for (size_t i = 0; i < scan_shape_count; i++)
            test_shape(suite, &scan_shapes[i], indexed != 0);
}
