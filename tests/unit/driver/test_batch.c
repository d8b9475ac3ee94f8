/* Tests of batch.c: limits in rows and bytes, values that stay put, numbers of rows in messages. */

#include "unit.h"

#include "driver/batch.h"

/* An integer and a text column. */
static struct ferry_schema two_columns(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    const struct ferry_column columns[] = {
        {.name = "id", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "na\nme", .type = FERRY_TYPE_TEXT},
    };
    for (size_t i = 0; i < COUNT(columns); i++)
        assert_int_equal(ferry_schema_add(&schema, &columns[i], sizeof columns[i], &error),
                         FERRY_OK);
    return schema;
}

static struct ferry_batch *new_batch(const struct ferry_schema *schema, size_t rows, size_t bytes)
{
    const struct ferry_batch_limits limits = {.rows = rows, .bytes = bytes};
    struct ferry_batch *batch = ferry_batch_new(schema, &limits);
    assert_non_null(batch);
    ferry_batch_reset(batch, 1);
    return batch;
}

static void test_row_limit(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 3, 1 << 20);
    assert_int_equal(ferry_batch_count(batch), 0);
    assert_int_equal(ferry_batch_used(batch), 0);
    for (int i = 0; i < 3; i++) {
        assert_false(ferry_batch_full(batch));
        ferry_batch_row(batch)[0].v.i = i;
    }
    assert_true(ferry_batch_full(batch));
    assert_int_equal(ferry_batch_count(batch), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ferry_batch_cells(batch, i)[0].v.i, i);
    assert_ptr_equal(ferry_batch_cells(batch, 1), ferry_batch_cells(batch, 0) + 2);
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

static void test_one_row_always_fits(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    static const struct ferry_batch_limits limits[] = {{0, 0}, {1, 1}, {1000, 1}, {0, 1 << 20}};
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct ferry_batch *batch = new_batch(&schema, limits[i].rows, limits[i].bytes);
        assert_false(ferry_batch_full(batch));
        struct ferry_cell *cells = ferry_batch_row(batch);
        assert_int_equal(ferry_batch_text(batch, &cells[1], "larger than the limit", 21), 1);
        assert_true(ferry_batch_full(batch));
        ferry_batch_free(batch);
    }
    ferry_schema_done(&schema);
}

static void test_byte_limit(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 1000, 1000);
    static const char value[300] = "";
    size_t rows = 0;
    while (!ferry_batch_full(batch)) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        assert_int_equal(ferry_batch_text(batch, &cells[1], value, sizeof value), 1);
        rows++;
    }
    /* 332 bytes a row: the fourth passes the limit */
    assert_int_equal(rows, 4);
    assert_int_equal(ferry_batch_used(batch), 4 * (300 + 2 * sizeof(struct ferry_cell)));
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

static void test_rows_start_as_zero_not_null(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 1, 1 << 20);
    static const struct ferry_cell zero[2];
    memset(ferry_batch_row(batch), 0xFF, sizeof zero);
    ferry_batch_reset(batch, 1);
    assert_memory_equal(ferry_batch_row(batch), zero, sizeof zero);
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

/* A value keeps its place and its bytes whatever is added after it. */
static void test_values_stay_put(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 2000, (size_t)64 << 20);
    static const size_t sizes[] = {0, 1, 127, 70000, 128 * 1024, 128 * 1024 + 1, 1000000};
    char *value = malloc(1000000);
    assert_non_null(value);
    for (size_t i = 0; i < 140; i++) {
        size_t size = sizes[i % COUNT(sizes)];
        memset(value, 'a' + (int)(i % 26), size);
        struct ferry_cell *cells = ferry_batch_row(batch);
        assert_int_equal(ferry_batch_text(batch, &cells[1], value, size), 1);
    }
    for (size_t i = 0; i < 140; i++) {
        const struct ferry_cell *cell = &ferry_batch_cells(batch, i)[1];
        assert_int_equal(cell->len, sizes[i % COUNT(sizes)]);
        assert_non_null(cell->v.p);
        for (size_t k = 0; k < cell->len; k++)
            if (cell->v.p[k] != (char)('a' + (int)(i % 26)))
                fail_msg("row %zu: byte %zu changed", i, k);
    }
    free(value);
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

static void test_empty_text_is_no_null_pointer(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 1, 1000);
    struct ferry_cell *cells = ferry_batch_row(batch);
    assert_int_equal(ferry_batch_text(batch, &cells[1], NULL, 0), 1);
    assert_non_null(cells[1].v.p);
    assert_int_equal(cells[1].len, 0);
    assert_non_null(ferry_batch_bytes(batch, 0));
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

static void test_impossible_sizes(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 10, 1000);
    struct ferry_cell *cells = ferry_batch_row(batch);
    size_t before = ferry_batch_used(batch);
    assert_null(ferry_batch_bytes(batch, SIZE_MAX));
    assert_null(ferry_batch_bytes(batch, SIZE_MAX - 8));
    assert_int_equal(ferry_batch_text(batch, &cells[1], "", (size_t)UINT32_MAX + 1), 0);
    assert_int_equal(ferry_batch_used(batch), before);
    assert_int_equal(ferry_batch_text(batch, &cells[1], "still", 5), 1);
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

static void test_reset(void **state)
{
    (void)state;
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 10, 1 << 20);
    for (uint64_t round = 0; round < 100; round++) {
        ferry_batch_reset(batch, round * 10 + 1);
        assert_int_equal(ferry_batch_count(batch), 0);
        assert_int_equal(ferry_batch_used(batch), 0);
        assert_int_equal(ferry_batch_first_row(batch), round * 10 + 1);
        while (!ferry_batch_full(batch)) {
            struct ferry_cell *cells = ferry_batch_row(batch);
            memset(ferry_batch_bytes(batch, 50000), 'x', 50000);
            assert_int_equal(ferry_batch_text(batch, &cells[1], "y", 1), 1);
        }
        assert_int_equal(ferry_batch_count(batch), 10);
    }
    assert_ptr_equal(ferry_batch_schema(batch), &schema);
    ferry_batch_free(batch);
    ferry_batch_free(NULL);
    ferry_schema_done(&schema);
}

static void test_messages_name_row_and_column(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = two_columns();
    struct ferry_batch *batch = new_batch(&schema, 10, 1000);
    ferry_batch_reset(batch, 4097);
    (void)ferry_batch_row(batch);
    assert_int_equal(
        ferry_fail_cell(&error, FERRY_ERR_DATA, batch, 2, 1, "'%s' does not fit", "x\x1B"),
        FERRY_ERR_DATA);
    assert_string_equal(error.message, "row 4099, column 'na\\nme': 'x\\x1B' does not fit");
    ferry_error_clear(&error);
    (void)ferry_fail_cell(&error, FERRY_ERR_DATA, batch, 0, 99, "no such column");
    assert_error(&error, FERRY_ERR_DATA, "row 4097, column '?': no such column");
    assert_int_equal(
        ferry_fail_row(&error, FERRY_ERR_DATA, &schema, UINT64_MAX, 1, "%s fit", "does not"),
        FERRY_ERR_DATA);
    assert_string_equal(error.message, "row 18446744073709551615, column 'na\\nme': does not fit");
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_limit),
        cmocka_unit_test(test_one_row_always_fits),
        cmocka_unit_test(test_byte_limit),
        cmocka_unit_test(test_rows_start_as_zero_not_null),
        cmocka_unit_test(test_values_stay_put),
        cmocka_unit_test(test_empty_text_is_no_null_pointer),
        cmocka_unit_test(test_impossible_sizes),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_messages_name_row_and_column),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
