/* Tests of zero_date.c: which days are none, and what becomes of them. */

#include "unit.h"

#include "engine/negotiate.h"

static bool is_zero(const char *text)
{
    return ferry_zero_date_is_one(text, strlen(text));
}

static void test_days(void **state)
{
    (void)state;
    static const char *const none[] = {
        "0000-00-00", "0000-00-00 00:00:00", "2024-00-00",          "2024-00-15",
        "2024-02-00", "0000-02-03",          "0000-12-31 23:59:59", "2024-02-00 12:00:00.123456"};
    static const char *const days[] = {"1000-01-01", "2000-10-10",          "9999-12-31 23:59:59",
                                       "0001-01-01", "1970-01-01 00:00:00", "",
                                       "00",         "0000-00-0",           "2024"};
    for (size_t i = 0; i < COUNT(none); i++)
        if (!is_zero(none[i]))
            fail_msg("'%s' is a zero date", none[i]);
    for (size_t i = 0; i < COUNT(days); i++)
        if (is_zero(days[i]))
            fail_msg("'%s' is no zero date", days[i]);
}

enum { KEY, DAY, MOMENT, WORD, COLUMNS };

/* A plan where each column has this policy. */
static void make_plan(struct ferry_plan *plan, enum ferry_zero_date policy)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const struct ferry_column columns[COLUMNS] = {
        [KEY] = {.name = "key",
                 .type = FERRY_TYPE_DATE,
                 .flags = FERRY_COLUMN_NOT_NULL,
                 .key_position = 1},
        [DAY] = {.name = "day", .type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_NOT_NULL},
        [MOMENT] = {.name = "moment", .type = FERRY_TYPE_DATETIME, .scale = 3},
        [WORD] = {.name = "word", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_NOT_NULL},
    };
    *plan = (struct ferry_plan){0};
    for (size_t i = 0; i < COLUMNS; i++)
        (void)ferry_schema_add(&plan->schema, &columns[i], sizeof columns[i], &error);
    plan->zero_dates = calloc(COLUMNS, sizeof *plan->zero_dates);
    plan->mappings = calloc(COLUMNS, sizeof *plan->mappings);
    assert_non_null(plan->zero_dates);
    assert_non_null(plan->mappings);
    for (size_t i = 0; i < COLUMNS; i++)
        plan->zero_dates[i] = policy;
    (void)ferry_mapping_set(&plan->mappings[DAY], FERRY_FIT_EXACT, "TEXT", "as text", &error);
    ferry_zero_date_prepare(plan);
    (void)ferry_zero_date_note(plan, &error);
    assert_no_error(&error);
}

static void test_kept(void **state)
{
    (void)state;
    struct ferry_plan plan;
    make_plan(&plan, FERRY_ZERO_DATE_KEEP);
    assert_null(plan.zero_dates); /* so the rows are not looked at */
    assert_int_equal(plan.schema.columns[DAY].flags, FERRY_COLUMN_NOT_NULL);
    assert_string_equal(plan.mappings[DAY].note, "as text");
    ferry_plan_done(&plan);
}

static void test_policies(void **state)
{
    (void)state;
    struct ferry_plan plan;
    make_plan(&plan, FERRY_ZERO_DATE_NULL);
    assert_int_equal(plan.zero_dates[KEY], FERRY_ZERO_DATE_REFUSE);
    assert_int_equal(plan.zero_dates[DAY], FERRY_ZERO_DATE_NULL);
    assert_int_equal(plan.zero_dates[MOMENT], FERRY_ZERO_DATE_NULL);
    assert_int_equal(plan.zero_dates[WORD], FERRY_ZERO_DATE_KEEP);
    assert_int_equal(plan.schema.columns[KEY].flags, FERRY_COLUMN_NOT_NULL);
    assert_int_equal(plan.schema.columns[DAY].flags, 0);
    assert_int_equal(plan.schema.columns[WORD].flags, FERRY_COLUMN_NOT_NULL);
    assert_string_equal(plan.mappings[KEY].note, "a zero date ends the load");
    assert_string_equal(plan.mappings[DAY].note, "as text; zero dates become NULL");
    assert_null(plan.mappings[WORD].note);
    ferry_plan_done(&plan);
}

/* Two rows, the second of which has zero dates and words that look like them. */
static struct ferry_batch *make_batch(const struct ferry_plan *plan)
{
    struct ferry_batch *batch = ferry_batch_new(&plan->schema, &ferry_batch_default_limits);
    assert_non_null(batch);
    ferry_batch_reset(batch, 41);
    for (int row = 0; row < 2; row++) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        const char *day = row == 0 ? "2024-02-29" : "0000-00-00";
        (void)ferry_batch_text(batch, &cells[KEY], "2024-01-01", 10);
        (void)ferry_batch_text(batch, &cells[DAY], day, strlen(day));
        cells[MOMENT].null = row == 0;
        (void)ferry_batch_text(batch, &cells[MOMENT], "2024-05-00 00:00:00.000", 23);
        (void)ferry_batch_text(batch, &cells[WORD], "0000-00-00", 10);
    }
    return batch;
}

static void test_null(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    make_plan(&plan, FERRY_ZERO_DATE_NULL);
    struct ferry_batch *batch = make_batch(&plan);
    assert_int_equal(ferry_zero_date_apply(plan.zero_dates, batch, &error), FERRY_OK);
    const struct ferry_cell *first = ferry_batch_cells(batch, 0);
    const struct ferry_cell *second = ferry_batch_cells(batch, 1);
    assert_int_equal(first[DAY].null, 0);
    assert_memory_equal(first[DAY].v.p, "2024-02-29", 10);
    assert_int_equal(first[MOMENT].null, 1);
    assert_int_equal(second[KEY].null, 0);
    assert_int_equal(second[DAY].null, 1);
    assert_int_equal(second[MOMENT].null, 1);
    assert_int_equal(second[WORD].null, 0);
    ferry_batch_free(batch);
    ferry_plan_done(&plan);
}

static void test_refused(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    make_plan(&plan, FERRY_ZERO_DATE_REFUSE);
    struct ferry_batch *batch = make_batch(&plan);
    (void)ferry_zero_date_apply(plan.zero_dates, batch, &error);
    assert_error(&error, FERRY_ERR_DATA, "row 42, column 'day': a date without year");
    ferry_batch_free(batch);
    ferry_plan_done(&plan);
}

/* A cell of another kind is no date, whatever its column was declared as. */
static void test_other_kinds(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    make_plan(&plan, FERRY_ZERO_DATE_REFUSE);
    struct ferry_batch *batch = make_batch(&plan);
    struct ferry_cell *second = ferry_batch_cells_to_change(batch) + COLUMNS;
    second[DAY] = (struct ferry_cell){.v.i = 5, .kind = FERRY_KIND_INT};
    second[MOMENT].null = 1;
    assert_int_equal(ferry_zero_date_apply(plan.zero_dates, batch, &error), FERRY_OK);
    ferry_batch_free(batch);
    ferry_plan_done(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),     cmocka_unit_test(test_kept),
        cmocka_unit_test(test_policies), cmocka_unit_test(test_null),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_other_kinds),
    };
    return cmocka_run_group_tests_name("zero_date", tests, NULL, NULL);
}
