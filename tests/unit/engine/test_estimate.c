/* Tests of estimate.c: which number counts, and that nothing is asked where nobody looks on. */

#include "one_table.h"

#include "engine/estimate.h"
#include "engine/show.h"

#define UNKNOWN FERRY_ROWS_UNKNOWN

/* ---- The rule ---- */

static void test_which_number_counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t told, held, counts;
    } cases[] = {
        {UNKNOWN, UNKNOWN, UNKNOWN},
        {100, UNKNOWN, 100},
        {UNKNOWN, 90, 90},
        {100, 90, 90}, /* both are about the same, and one was counted */
        {100, 200, 200},
        {100, 50, 50},
        {100, 202, 100}, /* the source has become another one */
        {100, 49, 100},
        {0, 1000, 0},
        {UINT64_MAX - 1, 10, UINT64_MAX - 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(ferry_estimate_choose(cases[i].told, cases[i].held), cases[i].counts);
}

/* ---- The questions ---- */

static int questions, records;
static uint64_t told;
static size_t bounds;

static ferry_status estimate(void *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct ferry_scan *scan,
                             uint64_t *ret_rows, struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(read->text, "v");
    assert_int_equal(ferry_schema_count(schema), 0); /* nothing was described here */
    assert_int_equal(*ret_rows, UNKNOWN);
    questions++;
    bounds = scan->bound_count;
    *ret_rows = told;
    return fake_act("estimate", err);
}

static const char *recorded;

static ferry_status record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(table, "t");
    records++;
    ferry_status status = fake_act("record_read", err);
    return status == FERRY_OK ? ferry_record_set(record, FERRY_RECORD_ROWS, recorded, err) : status;
}

static void draw(const struct ferry_progress *progress)
{
    (void)progress;
}

static void draw_state(const char *name, const char *words)
{
    (void)name;
    (void)words;
}

static void clear(void)
{
}

static const struct ferry_show show = {.draw = draw, .draw_state = draw_state, .clear = clear};
static const struct ferry_strategy whole = {.is_whole = true}, partial = {.is_whole = false};

static int watched(void **state)
{
    (void)setup(state);
    fake_handle.source.estimate = estimate;
    fake_handle.driver.record_read = record_read;
    questions = records = 0;
    told = 100;
    recorded = "90";
    plan.strategy = &whole;
    plan.action = FERRY_TABLE_KEEP;
    ferry_show_by(&show);
    return 0;
}

static int unwatched(void **state)
{
    ferry_show_by(NULL);
    return teardown(state);
}

static uint64_t ask(const struct ferry_scan *scan)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_estimate_recall(&transfer, &error), FERRY_OK);
    assert_int_equal(ferry_estimate_ask(&transfer, scan, &error), FERRY_OK);
    assert_no_error(&error);
    return transfer.expected;
}

static void test_nobody_looks(void **state)
{
    (void)state;
    ferry_show_by(NULL);
    assert_int_equal(ask(NULL), UNKNOWN);
    assert_int_equal(questions, 0);
    assert_int_equal(records, 0);
}

/* The record is asked where the target has not counted. */
static void test_what_the_table_holds(void **state)
{
    (void)state;
    assert_int_equal(ask(NULL), 90);
    assert_int_equal(records, 1);
    plan.rows_known = true;
    plan.rows_before = 80;
    assert_int_equal(ask(NULL), 80);
    assert_int_equal(records, 1);
    plan.rows_before = 0; /* empty, or of no run */
    assert_int_equal(ask(NULL), 100);
    plan.rows_before = 80;
    plan.strategy = &partial; /* its rows are of many runs */
    assert_int_equal(ask(NULL), 100);
    assert_int_equal(questions, 4);
}

static void test_no_table_yet(void **state)
{
    (void)state;
    plan.action = FERRY_TABLE_CREATE;
    assert_int_equal(ask(NULL), 100);
    assert_int_equal(records, 0);
}

static void test_a_record_without_a_number(void **state)
{
    (void)state;
    static const char *const texts[] = {NULL, "", "x", "-1", "0", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        recorded = texts[i];
        assert_int_equal(ask(NULL), 100);
    }
}

/* Of rows within bounds only the source knows something. */
static void test_bounds(void **state)
{
    (void)state;
    const struct ferry_bound bound = {0}, *const list[] = {&bound};
    struct ferry_scan scan = {.bounds = list, .bound_count = 1};
    assert_int_equal(ask(&scan), 100);
    assert_int_equal(bounds, 1);
    scan.bound_count = 0; /* an order alone leaves none out */
    assert_int_equal(ask(&scan), 90);
    told = UNKNOWN;
    scan.bound_count = 1;
    assert_int_equal(ask(&scan), UNKNOWN);
}

/* Watching fails no run, as long as the driver keeps its contract. */
static void test_questions_that_fail(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        ferry_status status, result;
        uint64_t expected;
    } cases[] = {
        {"estimate", FERRY_ERR_REFUSED, FERRY_OK, 90},
        {"estimate", FERRY_ERR_STREAM, FERRY_OK, 90},
        {"record_read", FERRY_ERR_TARGET_IO, FERRY_OK, 100},
        {"estimate", FERRY_ERR_INTERNAL, FERRY_ERR_INTERNAL, UNKNOWN},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        transfer.recorded = 0;
        fake.at = cases[i].at;
        fake.status = fake.report = cases[i].status;
        assert_int_equal(ferry_estimate_recall(&transfer, &error), FERRY_OK);
        assert_int_equal(ferry_estimate_ask(&transfer, NULL, &error), cases[i].result);
        assert_int_equal(transfer.expected, cases[i].expected);
        if (cases[i].result == FERRY_OK)
            assert_no_error(&error);
    }
}

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, watched, unwatched)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_number_counts), WATCHED(test_nobody_looks),
        WATCHED(test_what_the_table_holds),         WATCHED(test_no_table_yet),
        WATCHED(test_a_record_without_a_number),    WATCHED(test_bounds),
        WATCHED(test_questions_that_fail),
    };
    return cmocka_run_group_tests_name("estimate", tests, NULL, NULL);
}
