/* Tests of partition.c, cuts.c and of a pump with several readers: each row of a table is read
 * once, whoever reads it, and whoever fails first is to blame. */

#include "unit.h"

#include <inttypes.h>

#include "driver/source.h"
#include "engine/partition.h"
#include "engine/pump.h"
#include "fake.h"

static const struct ferry_read read_table = {.text = "t", .kind = FERRY_READ_TABLE};
static const struct ferry_column number = {.name = "n", .type = FERRY_TYPE_INT, .bits = 64};
static const struct ferry_column day = {.name = "d", .type = FERRY_TYPE_DATE};

/* ---- Cuts ---- */

static ferry_status add_number(struct ferry_cuts *cuts, int64_t value, struct ferry_error *error)
{
    const struct ferry_cell cell = {.v.i = value};
    return ferry_cuts_add(cuts, &cell, error);
}

static void test_cuts_ascend(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_cuts cuts = {.column = &number, .most = 3};
    assert_int_equal(add_number(&cuts, -5, &error), FERRY_OK);
    assert_int_equal(add_number(&cuts, -5, &error), FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "does not lie above");
    ferry_error_clear(&error);
    assert_int_equal(add_number(&cuts, 0, &error), FERRY_OK);
    assert_int_equal(add_number(&cuts, INT64_MAX, &error), FERRY_OK);
    assert_int_equal(cuts.count, 3);
    assert_int_equal(add_number(&cuts, INT64_MAX, &error), FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "one more");
    ferry_cuts_done(&cuts);
    assert_int_equal(cuts.count, 0);
}

/* A driver's text is copied; what is no value is refused. */
static void test_cuts_of_texts(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_cuts cuts = {.column = &day, .most = 9};
    char text[] = "2024-01-31";
    const struct ferry_cell cell = {.v.p = text, .len = 10}, null = {.null = 1},
                            kind = {.v.i = 1, .kind = FERRY_KIND_INT}, nothing = {.len = 3};
    assert_int_equal(ferry_cuts_add(&cuts, &cell, &error), FERRY_OK);
    text[0] = '9';
    assert_memory_equal(cuts.list[0].cell.v.p, "2024-01-31", 10);
    const struct ferry_cell *const wrong[] = {&null, &kind, &nothing};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(ferry_cuts_add(&cuts, wrong[i], &error), FERRY_ERR_INTERNAL);
        ferry_error_clear(&error);
    }
    assert_int_equal(cuts.count, 1);
    ferry_cuts_done(&cuts);
}

/* ---- Ranges ---- */

static void make_partitions(struct ferry_partitions *partitions, const struct ferry_column *column,
                            const int64_t *values, size_t count)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *partitions = (struct ferry_partitions){
        .count = count + 1, .readers = 1, .cuts = {.column = column, .most = count}};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(add_number(&partitions->cuts, values[i], &error), FERRY_OK);
}

static void assert_bound(const struct ferry_scan *scan, size_t i, uint32_t kind, int64_t value,
                         uint32_t or_null)
{
    assert_true(i < scan->bound_count);
    assert_int_equal(scan->bounds[i]->kind, kind);
    assert_int_equal(scan->bounds[i]->cell->v.i, value);
    assert_int_equal(scan->bounds[i]->or_null, or_null);
}

static void test_ranges_leave_no_gap(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const int64_t values[] = {10, 20};
    struct ferry_partitions partitions;
    struct ferry_ranges ranges = {0};
    make_partitions(&partitions, &number, values, COUNT(values));
    assert_int_equal(ferry_ranges_make(&partitions, &ranges, &error), FERRY_OK);
    assert_int_equal(ranges.count, 3);
    assert_int_equal(ranges.list[0].bound_count, 1);
    assert_bound(&ranges.list[0], 0, FERRY_BOUND_BELOW, 10, 1);
    assert_int_equal(ranges.list[1].bound_count, 2);
    assert_bound(&ranges.list[1], 0, FERRY_BOUND_AT_LEAST, 10, 0);
    assert_bound(&ranges.list[1], 1, FERRY_BOUND_BELOW, 20, 0);
    assert_int_equal(ranges.list[2].bound_count, 1);
    assert_bound(&ranges.list[2], 0, FERRY_BOUND_AT_LEAST, 20, 0);
    ferry_ranges_done(&ranges);
    ferry_partitions_done(&partitions);
    assert_int_equal(partitions.count, 0);
}

/* Where there is no NULL, nobody looks for it. */
static void test_ranges_of_a_column_without_null(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const int64_t values[] = {10};
    const struct ferry_column full = {
        .name = "n", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_NOT_NULL};
    struct ferry_partitions partitions;
    struct ferry_ranges ranges = {0};
    make_partitions(&partitions, &full, values, COUNT(values));
    assert_int_equal(ferry_ranges_make(&partitions, &ranges, &error), FERRY_OK);
    assert_bound(&ranges.list[0], 0, FERRY_BOUND_BELOW, 10, 0);
    ferry_ranges_done(&ranges);
    ferry_partitions_done(&partitions);
}

/* ---- Several readers ---- */

/* A cursor over the rows from `next` to before `end`; of the fake's, which numbers them. */
struct range_cursor {
    int64_t next, end;
};

static ferry_status range_begin(void *conn, const struct ferry_read *read,
                                const struct ferry_schema *schema, const struct ferry_scan *scan,
                                void **ret_cursor, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)schema;
    ferry_status status = fake_act("read_begin", err);
    struct range_cursor *cursor = status == FERRY_OK ? calloc(1, sizeof *cursor) : NULL;
    if (cursor == NULL)
        return status;
    *cursor = (struct range_cursor){.next = 1, .end = (int64_t)fake.rows + 1};
    for (size_t i = 0; i < scan->bound_count; i++)
        if (scan->bounds[i]->kind == FERRY_BOUND_AT_LEAST)
            cursor->next = scan->bounds[i]->cell->v.i;
        else
            cursor->end = scan->bounds[i]->cell->v.i;
    if (cursor->end > (int64_t)fake.rows)
        cursor->end = (int64_t)fake.rows + 1;
    *ret_cursor = cursor;
    fake.begins++;
    return FERRY_OK;
}

static ferry_status range_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct range_cursor *range = cursor;
    ferry_status status = FERRY_OK;
    while (status == FERRY_OK && range->next < range->end && !ferry_batch_full(batch)) {
        if (fake.at != NULL && range->next == (int64_t)fake.fail_row)
            status = fake_act("read_batch", err);
        struct ferry_cell *cells = ferry_batch_row(batch);
        if (!ferry_batch_text(batch, &cells[1], "value", 5))
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        cells[0].v.i = range->next++;
    }
    return status;
}

static void range_end(void *cursor)
{
    free(cursor);
    fake.ends++;
}

#define READERS 3

struct crowd {
    struct ferry_connection *connections[READERS];
    struct ferry_digest *digests[READERS], *sum, *handed_over;
    struct ferry_schema schema;
    struct ferry_partitions partitions;
    struct ferry_ranges ranges;
    struct ferry_pump pump;
    struct ferry_error error;
};

/* Rows 1 to fake.rows in ranges whose first rows are these, but for the first of all. */
static void run_crowd(struct crowd *crowd, const int64_t *cuts, size_t count)
{
    *crowd = (struct crowd){0};
    fake_handle.source.read_begin = range_begin;
    fake_handle.source.read_batch = range_batch;
    fake_handle.source.read_end = range_end;
    fake_handle.source.abilities = FERRY_SCANS;
    const char *at = fake.at;
    fake.at = NULL;
    assert_int_equal(fake_describe(NULL, &read_table, &crowd->schema, &crowd->error), FERRY_OK);
    for (size_t i = 0; i < READERS; i++) {
        crowd->connections[i] = fake_open(FERRY_ROLE_SOURCE);
        crowd->digests[i] = ferry_digest_new(&crowd->schema);
        assert_non_null(crowd->digests[i]);
    }
    fake.at = at;
    crowd->sum = ferry_digest_new(&crowd->schema);
    crowd->handed_over = ferry_digest_new(&crowd->schema);
    assert_true(crowd->sum != NULL && crowd->handed_over != NULL);
    make_partitions(&crowd->partitions, &crowd->schema.columns[0], cuts, count);
    assert_int_equal(ferry_ranges_make(&crowd->partitions, &crowd->ranges, &crowd->error),
                     FERRY_OK);
    const struct ferry_crew crew = {.connections = crowd->connections,
                                    .digests = crowd->digests,
                                    .count = READERS,
                                    .ranges = crowd->ranges.list,
                                    .range_count = crowd->ranges.count};
    crowd->pump.crew = &crew;
    crowd->pump.feed = ferry_feed_source(crowd->connections[0], &read_table, &crowd->schema);
    crowd->pump.sink = ferry_sink_digest(crowd->handed_over);
    (void)ferry_pump_run(&crowd->pump, &crowd->error);
    for (size_t i = 0; i < READERS; i++)
        ferry_digest_merge(crowd->sum, crowd->digests[i]);
}

static void end_crowd(struct crowd *crowd)
{
    for (size_t i = 0; i < READERS; i++) {
        ferry_connection_close(crowd->connections[i]);
        ferry_digest_free(crowd->digests[i]);
    }
    ferry_digest_free(crowd->sum);
    ferry_digest_free(crowd->handed_over);
    ferry_ranges_done(&crowd->ranges);
    ferry_partitions_done(&crowd->partitions);
    ferry_schema_done(&crowd->schema);
    ferry_error_clear(&crowd->error);
}

static const int64_t cuts_of_crowd[] = {2, 3, 5000, 9000, 9001, 20001, 30000};

/* Also where ranges are small, large, empty, and fewer than readers. */
static void test_every_row_once(void **state)
{
    (void)state;
    static const uint64_t rows[] = {20000, 0, 1};
    static const size_t counts[] = {COUNT(cuts_of_crowd), 1, 0};
    for (size_t i = 0; i < COUNT(rows) * COUNT(counts); i++) {
        struct crowd crowd;
        fake.rows = rows[i / COUNT(counts)];
        run_crowd(&crowd, cuts_of_crowd, counts[i % COUNT(counts)]);
        assert_no_error(&crowd.error);
        struct ferry_digest *expected = ferry_digest_new(&crowd.schema);
        assert_non_null(expected);
        for (int64_t row = 1; row <= (int64_t)fake.rows; row++) {
            const struct ferry_cell cells[] = {{.v.i = row}, {.v.p = "value", .len = 5}};
            ferry_digest_add(expected, cells);
        }
        assert_true(ferry_digest_equal(crowd.handed_over, expected));
        assert_true(ferry_digest_equal(crowd.sum, expected));
        assert_int_equal(crowd.pump.rows_read, fake.rows);
        assert_int_equal(crowd.pump.rows_loaded, fake.rows);
        ferry_digest_free(expected);
        end_crowd(&crowd);
    }
}

/* The others are told, and what they say then is not what is reported. */
static void test_one_reader_fails(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"read_begin", "read_batch"};
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        struct crowd crowd;
        fake.rows = 200000;
        fake.at = callbacks[i];
        fake.fail_row = 7000;
        fake.status = fake.report = FERRY_ERR_STREAM;
        fake.cancels = 0;
        run_crowd(&crowd, cuts_of_crowd, COUNT(cuts_of_crowd));
        assert_error(&crowd.error, FERRY_ERR_STREAM, callbacks[i]);
        assert_true(fake.cancels >= READERS - 1);
        fake.at = NULL;
        end_crowd(&crowd);
    }
}

static ferry_status refuse(void *to, const struct ferry_batch *batch, struct ferry_error *error)
{
    (void)to;
    if (ferry_batch_cells(batch, 0)[0].v.i != 5000)
        return FERRY_OK;
    return ferry_fail_cell(error, FERRY_ERR_DATA, batch, 4, 0, "does not fit");
}

/* A value is named by its place in its part. */
static void test_a_value_is_refused(void **state)
{
    (void)state;
    struct crowd crowd;
    fake.rows = 20000;
    run_crowd(&crowd, cuts_of_crowd, COUNT(cuts_of_crowd));
    const struct ferry_crew crew = {.connections = crowd.connections,
                                    .count = READERS,
                                    .ranges = crowd.ranges.list,
                                    .range_count = crowd.ranges.count};
    crowd.pump.crew = &crew;
    crowd.pump.sink = (struct ferry_sink){.take = refuse};
    assert_int_equal(ferry_pump_run(&crowd.pump, &crowd.error), FERRY_ERR_DATA);
    assert_error(&crowd.error, FERRY_ERR_DATA, "row 5 of partition 4, column 'id': does not fit");
    assert_int_equal(fake.cancels, READERS);
    end_crowd(&crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_ascend),
        cmocka_unit_test(test_cuts_of_texts),
        cmocka_unit_test(test_ranges_leave_no_gap),
        cmocka_unit_test(test_ranges_of_a_column_without_null),
        WITH_FAKE(test_every_row_once),
        WITH_FAKE(test_one_reader_fails),
        WITH_FAKE(test_a_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
