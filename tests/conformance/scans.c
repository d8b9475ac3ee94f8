/* Scans: rows in order, within bounds, and some of their columns, of sources and of stored rows. */

#include <stdlib.h>
#include <string.h>

#include "driver/source.h"
#include "driver/target.h"
#include "scan.h"

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
    tap_ok(scan_is_ordered(scanned, SCAN_ID), "%s: a column of integers has an order",
           scanned->who);
}

static void test_orders(const struct scanned *scanned)
{
    const struct scan_shape *shape = scanned->shape;
    struct scan_wanted by_id = {.order = {SCAN_ID}, .order_count = 1};
    tap_ok(scan_is_right(scanned, &by_id), "%s: rows in the order of id", scanned->who);
    for (size_t i = 0; i < shape->count; i++) {
        const char *name = scan_column_name(scanned, i);
        struct scan_wanted single = {.order = {i}, .order_count = 1};
        struct scan_wanted behind = {.order = {i, SCAN_ID}, .order_count = 2};
        if (scanned->places[i] == SIZE_MAX)
            continue;
        if (!scan_is_ordered(scanned, i)) {
            if (type_has_order(shape->columns[i].column.type))
                tap_skip("it is said to have no such order", "%s: rows in the order of %s",
                         scanned->who, name);
            continue;
        }
        if (scan_is_too_long(scanned, i)) {
            tap_skip("its values are longer than what is sorted of them",
                     "%s: rows in the order of %s", scanned->who, name);
            continue;
        }
        tap_ok(scan_is_right(scanned, &single), "%s: rows in the order of %s", scanned->who, name);
        tap_ok(scan_is_right(scanned, &behind), "%s: rows in the order of %s, id", scanned->who,
               name);
        for (size_t k = 0; k < shape->count; k++) {
            struct scan_wanted pair = {.order = {k, i, SCAN_ID}, .order_count = 3};
            if (k != i && scan_is_ordered(scanned, k) && !scan_is_too_long(scanned, k) &&
                (k + i) % 3 == 0)
                tap_ok(scan_is_right(scanned, &pair), "%s: rows in the order of %s, %s, id",
                       scanned->who, scan_column_name(scanned, k), name);
        }
    }
}

/* ---- Bounds ---- */

static bool can_be_bounded(const struct scanned *scanned, size_t column)
{
    if (!scan_is_ordered(scanned, column))
        return false;
    uint32_t type = scanned->schema->columns[scanned->places[column]].type;
    uint32_t meant = scanned->shape->columns[column].column.type;
    return type == meant && (type == FERRY_TYPE_INT || type == FERRY_TYPE_DECIMAL ||
                             type == FERRY_TYPE_DATE || type == FERRY_TYPE_DATETIME);
}

/* Limit number `i` of a column: at each of its values, and between two of them. */
static struct scan_limit limit_at(const struct scan_column *column, size_t number, size_t i)
{
    if (i < column->count)
        return (struct scan_limit){
            .column = number, .value = &column->values[i], .twice = 2 * (int)i};
    return (struct scan_limit){
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
        struct scan_wanted wanted = {.limits = {limit_at(column, number, i)}, .limit_count = 1};
        wanted.limits[0].kind = kind;
        wanted.limits[0].or_null = or_null;
        if (scan_is_right(scanned, &wanted))
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
            struct scan_wanted wanted = {
                .limits = {limit_at(column, number, i), limit_at(column, number, k)},
                .limit_count = 2};
            wanted.limits[0].kind = FERRY_BOUND_ABOVE;
            wanted.limits[1].kind = FERRY_BOUND_AT_MOST;
            wanted.limits[1].or_null = 1; /* both have to hold, so NULL does not come */
            right = scan_is_right(scanned, &wanted) && right;
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
    struct scan_wanted backwards = {.order = {SCAN_ID}, .order_count = 1};
    struct scan_wanted only_id = {
        .order = {SCAN_ID}, .order_count = 1, .columns = {SCAN_ID}, .column_count = 1};
    tap_ok(scan_is_right(scanned, &only_id), "%s: one column alone", scanned->who);
    for (size_t i = scanned->shape->count; i-- > 0;)
        if (scanned->places[i] != SIZE_MAX && i % 2 == 0)
            backwards.columns[backwards.column_count++] = i;
    if (backwards.column_count > 0)
        tap_ok(scan_is_right(scanned, &backwards),
               "%s: some columns, in an order of their own, and not that of the key", scanned->who);
    backwards.columns[backwards.column_count++] = SCAN_ID;
    backwards.order_count = 0;
    tap_ok(scan_is_right(scanned, &backwards), "%s: the same with the key, rows in any order",
           scanned->who);
}

/* The first column with an order beside `not_this`. */
static size_t some_ordered(const struct scanned *scanned, size_t not_this)
{
    size_t i = 0;
    while (i < scanned->shape->count &&
           (i == not_this || !scan_is_ordered(scanned, i) || scan_is_too_long(scanned, i)))
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
        struct scan_wanted wanted = {.order = {other, SCAN_ID},
                                     .order_count = 2,
                                     .limits = {limit_at(column, i, column->count / 3),
                                                limit_at(column, i, column->count - 1)},
                                     .limit_count = 2,
                                     .columns = {SCAN_ID, other},
                                     .column_count = 2};
        wanted.limits[0].kind = FERRY_BOUND_AT_LEAST;
        wanted.limits[0].or_null = 1;
        wanted.limits[1].kind = FERRY_BOUND_BELOW;
        wanted.limits[1].or_null = 1;
        tap_ok(scan_is_right(scanned, &wanted),
               "%s: columns id and %s, in the order of %s, id, between two values of %s, or NULL",
               scanned->who, scan_column_name(scanned, other), scan_column_name(scanned, other),
               column->column.name);
        if (!can_be_bounded(scanned, other))
            continue;
        wanted.limits[1] = limit_at(&scanned->shape->columns[other], other, 1);
        wanted.limits[1].kind = FERRY_BOUND_ABOVE;
        wanted.column_count = 1;
        tap_ok(scan_is_right(scanned, &wanted), "%s: bounds of %s and %s, of which none is read",
               scanned->who, column->column.name, scan_column_name(scanned, other));
    }
}

static void test_scanned(struct scanned *scanned)
{
    scanned->id = SIZE_MAX;
    for (size_t i = 0; i < SCAN_COLUMNS; i++)
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
    if (!scan_is_ordered(scanned, SCAN_ID))
        return;
    test_orders(scanned);
    test_bounds(scanned);
    test_columns(scanned);
    test_together(scanned);
}

/* ---- What is scanned ---- */

static uint64_t sorts_up_to(const struct target *target)
{
    return (uint64_t)quirks_int(target->suite->quirks, "sorts_up_to", 0);
}

static void scan_stored(struct target *target, const struct scan_shape *shape, const char *who)
{
    const struct ferry_layout layout = ferry_plan_layout(&target->plan, target->table);
    struct scanned scanned = {.who = who,
                              .shape = shape,
                              .connection = target->connection,
                              .layout = &layout,
                              .plan = &target->plan,
                              .schema = &target->plan.schema,
                              .sorts_up_to = sorts_up_to(target)};
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
    struct scanned scanned = {.who = who,
                              .shape = shape,
                              .connection = source,
                              .read = &read,
                              .schema = &schema,
                              .sorts_up_to = sorts_up_to(target)};
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
    for (size_t i = 0; i < column_count && count < SCAN_COLUMNS; i++) {
        const struct ferry_column *column = &columns[i];
        bool is_long = (column->type == FERRY_TYPE_TEXT || column->type == FERRY_TYPE_BYTES) &&
                       (column->length == 0 || column->length > 100);
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
    struct ferry_index indexes[SCAN_COLUMNS];
    const char *names[SCAN_COLUMNS];
    struct ferry_column *columns = scan_table_columns(shape);
    bool opened = target_open(suite, 0, &target_no_wish, &target);
    ferry_status status = FERRY_ERR_SYSTEM;
    if (opened && target_use_table(&target, indexed ? "indexed" : "scanned", shape->name))
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
