/* Tests of key.c and ascent.c: rows compared and copied by a key, and whether they ascend by it. */

#include "unit.h"

#include "cells.h"
#include "engine/ascent.h"

/* The rows are (a BIGINT UNSIGNED, b TEXT, c TEXT, d INT), and the key is (d, b). */
static struct ferry_schema schema;
static struct ferry_key key;
static const size_t columns[] = {3, 1};

#define ROW(a_, b_, c_, d_)                                                                        \
    {                                                                                              \
        UINT(a_), b_, c_, INT(d_)                                                                  \
    }

static int setup(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column all[] = {
        {.name = "a", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
        {.name = "b", .type = FERRY_TYPE_TEXT},
        {.name = "c", .type = FERRY_TYPE_TEXT},
        {.name = "d", .type = FERRY_TYPE_INT, .bits = 32},
    };
    for (size_t i = 0; i < COUNT(all); i++)
        (void)ferry_schema_add(&schema, &all[i], sizeof all[i], &error);
    (void)ferry_key_begin(&key, &schema, columns, COUNT(columns), &error);
    assert_no_error(&error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ferry_key_done(&key);
    ferry_key_done(&key); /* nothing is left */
    assert_null(key.schema);
    ferry_schema_done(&schema);
    return 0;
}

/* ---- Keys ---- */

static void test_the_columns_alone(void **state)
{
    (void)state;
    assert_int_equal(key.alone.count, 2);
    assert_string_equal(key.alone.columns[0].name, "d");
    assert_string_equal(key.alone.columns[1].name, "b");
    assert_int_equal(key.alone.columns[1].type, FERRY_TYPE_TEXT);
}

static void test_order(void **state)
{
    (void)state;
    const struct ferry_cell low[] = ROW(9, TEXT("z"), TEXT("z"), -1);
    const struct ferry_cell middle[] = ROW(UINT64_MAX, TEXT("A"), NONE, 2);
    const struct ferry_cell high[] = ROW(0, TEXT("a"), TEXT(""), 2);
    const struct ferry_cell longer[] = ROW(0, TEXT("a "), TEXT(""), 2);
    const struct ferry_cell same[] = ROW(1, TEXT("a"), TEXT("other"), 2);
    assert_int_equal(ferry_key_order(&key, low, middle), -1);
    assert_int_equal(ferry_key_order(&key, middle, low), 1);
    assert_int_equal(ferry_key_order(&key, middle, high), -1);
    assert_int_equal(ferry_key_order(&key, high, longer), -1);
    assert_int_equal(ferry_key_order(&key, longer, high), 1);
    assert_int_equal(ferry_key_order(&key, high, same), 0);
}

static void test_order_of_a_key_alone(void **state)
{
    (void)state;
    const struct ferry_cell row[] = ROW(7, TEXT("m"), TEXT("c"), 2);
    const struct ferry_cell keys[][2] = {
        {INT(1), TEXT("z")},  {INT(2), TEXT("l")}, {INT(2), TEXT("m")},
        {INT(2), TEXT("ma")}, {INT(3), TEXT("")},
    };
    static const int orders[] = {-1, -1, 0, 1, 1};
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_int_equal(ferry_key_order_alone(&key, keys[i], row), orders[i]);
}

static void test_a_key_of_no_column(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_key none = {0};
    const struct ferry_cell one[] = ROW(1, TEXT("x"), TEXT("y"), 1);
    const struct ferry_cell two[] = ROW(2, TEXT("y"), TEXT("z"), 2);
    assert_int_equal(ferry_key_begin(&none, &schema, NULL, 0, &error), FERRY_OK);
    assert_int_equal(none.alone.count, 0);
    assert_int_equal(ferry_key_order(&none, one, two), 0);
    ferry_key_done(&none);
}

static void assert_text(const struct ferry_cell *cell, const char *text)
{
    assert_int_equal(cell->null, 0);
    assert_int_equal(cell->len, strlen(text));
    assert_memory_equal(cell->v.p, text, cell->len);
}

static void test_copies(void **state)
{
    (void)state;
    char b[] = "bb", c[] = "cc";
    const struct ferry_cell row[] = {UINT(UINT64_MAX), CELL(.v.p = b, .len = 2),
                                     CELL(.v.p = c, .len = 2), INT(-4)};
    const struct ferry_cell without[] = {NONE, TEXT(""), NONE, INT(5)};
    struct ferry_batch *batch = ferry_batch_new(&schema, &ferry_batch_default_limits);
    ferry_batch_reset(batch, 1);
    assert_true(ferry_key_copy_row(&key, row, false, batch));
    assert_true(ferry_key_copy_row(&key, without, false, batch));
    memset(b, '-', sizeof b); /* the copy has its own */
    memset(c, '-', sizeof c);
    assert_int_equal(ferry_batch_count(batch), 2);
    const struct ferry_cell *copy = ferry_batch_cells(batch, 0);
    assert_true(copy[0].v.u == UINT64_MAX);
    assert_text(&copy[1], "bb");
    assert_text(&copy[2], "cc");
    assert_int_equal(copy[3].v.i, -4);
    copy = ferry_batch_cells(batch, 1);
    assert_int_equal(copy[0].null, 1);
    assert_text(&copy[1], "");
    assert_non_null(copy[1].v.p);
    assert_int_equal(copy[2].null, 1);
    ferry_batch_free(batch);
}

static void test_copies_of_keys(void **state)
{
    (void)state;
    char b[] = "bb";
    const struct ferry_cell row[] = {UINT(1), CELL(.v.p = b, .len = 2), TEXT("c"), INT(-4)};
    struct ferry_batch *batch = ferry_batch_new(&key.alone, &ferry_batch_default_limits);
    ferry_batch_reset(batch, 1);
    assert_true(ferry_key_copy_row(&key, row, true, batch));
    memset(b, '-', sizeof b);
    const struct ferry_cell *copy = ferry_batch_cells(batch, 0);
    assert_int_equal(copy[0].v.i, -4);
    assert_text(&copy[1], "bb");
    ferry_batch_free(batch);
}

/* ---- Ascent ---- */

static struct ferry_ascent ascent;

static int begin(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)setup(state);
    (void)ferry_ascent_begin(&ascent, "source", &key, &error);
    assert_no_error(&error);
    return 0;
}

static int end(void **state)
{
    ferry_ascent_done(&ascent);
    ferry_ascent_done(&ascent); /* nothing is left */
    assert_null(ascent.name);
    return teardown(state);
}

static void steps(const struct ferry_cell *cells)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_ascent_step(&ascent, cells, &error), FERRY_OK);
    assert_no_error(&error);
}

static void keeps(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_ascent_keep(&ascent, &error), FERRY_OK);
    assert_no_error(&error);
}

static void stumbles(const struct ferry_cell *cells, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_ascent_step(&ascent, cells, &error), FERRY_ERR_DATA);
    assert_error(&error, FERRY_ERR_DATA, text);
}

static void test_rows_that_ascend(void **state)
{
    (void)state;
    const struct ferry_cell rows[][4] = {
        ROW(5, TEXT("b"), NONE, -2147483647), ROW(4, TEXT(""), NONE, 0),
        ROW(3, TEXT("A"), NONE, 0),           ROW(2, TEXT("a"), NONE, 0),
        ROW(1, TEXT("\xc3\xa4"), NONE, 0),    ROW(0, TEXT(""), NONE, 1),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        steps(rows[i]);
        assert_int_equal(ascent.row, i + 1);
        if (i % 2 == 1)
            keeps();
    }
    keeps();
    keeps(); /* of no further row */
    stumbles(rows[4], "the source gives row 6 before rows");
}

/* Across the batches, too, whose memory is used again. */
static void test_what_is_kept(void **state)
{
    (void)state;
    char text[] = "m";
    const struct ferry_cell row[] = {UINT(1), CELL(.v.p = text, .len = 1), NONE, INT(3)};
    const struct ferry_cell next[] = ROW(2, TEXT("n"), NONE, 3);
    steps(row);
    keeps();
    text[0] = 'z';
    steps(next);
}

static void test_the_same_key(void **state)
{
    (void)state;
    const struct ferry_cell one[] = ROW(1, TEXT("x"), NONE, 1);
    const struct ferry_cell same[] = ROW(2, TEXT("x"), TEXT("y"), 1);
    steps(one);
    stumbles(same, "rows 1 and 2 of the source, in the order of the key (d, b), have the same key; "
                   "choose another with key, or strategy = \"replace\"");
    ferry_ascent_done(&ascent);
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_ascent_begin(&ascent, "target", &key, &error);
    steps(one);
    keeps();
    stumbles(same, "rows 1 and 2 of the target,");
}

static void test_another_order(void **state)
{
    (void)state;
    const struct ferry_cell one[] = ROW(1, TEXT("a"), NONE, 1);
    const struct ferry_cell two[] = ROW(1, TEXT("a"), NONE, 2);
    const struct ferry_cell back[] = ROW(2, TEXT("A"), NONE, 2);
    steps(one);
    steps(two);
    stumbles(back, "the source gives row 2 before rows that it belongs behind, by the key (d, b): "
                   "it sorts otherwise than byte by byte and number by number; choose another "
                   "key, or strategy = \"replace\"");
}

static void test_no_key(void **state)
{
    (void)state;
    const struct ferry_cell one[] = ROW(1, TEXT("a"), NONE, 1);
    const struct ferry_cell none[] = ROW(1, NONE, TEXT("c"), 2);
    const struct ferry_cell first[] = {NONE, TEXT("z"), NONE, NONE};
    steps(one);
    stumbles(none, "row 2 of the source, in the order of the key, is NULL in its column 'b'; "
                   "choose another with key, or strategy = \"replace\"");
    stumbles(first, "row 3 of the source, in the order of the key, is NULL in its column 'd'");
}

int main(void)
{
#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITH_ASCENT(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        WITH_KEY(test_the_columns_alone),
        WITH_KEY(test_order),
        WITH_KEY(test_order_of_a_key_alone),
        WITH_KEY(test_a_key_of_no_column),
        WITH_KEY(test_copies),
        WITH_KEY(test_copies_of_keys),
        WITH_ASCENT(test_rows_that_ascend),
        WITH_ASCENT(test_what_is_kept),
        WITH_ASCENT(test_the_same_key),
        WITH_ASCENT(test_another_order),
        WITH_ASCENT(test_no_key),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
