/* Tests of record.c: which run a record follows, and whether it is of what the table holds. */

#include "unit.h"

#include "dbferry/driver.h"
#include "driver/record.h"

static struct ferry_record record, before;

static int setup(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_record_open(&record, "t", &error);
    (void)ferry_record_open(&before, "t", &error);
    assert_no_error(&error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ferry_record_done(&record);
    ferry_record_done(&record); /* nothing is left */
    ferry_record_done(&before);
    return 0;
}

static void set(struct ferry_record *of, const char *run_id, const char *mark)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_record_set(of, FERRY_RECORD_RUN_ID, run_id, &error);
    (void)ferry_record_set_mark(of, mark, &error);
    assert_no_error(&error);
}

static void follow(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_record_follow(&record, &before, &error), FERRY_OK);
    assert_no_error(&error);
}

/* "" is no run at all, and NULL that nobody asks. */
static void test_what_it_follows(void **state)
{
    (void)state;
    assert_null(ferry_record_follows(&record));
    follow();
    assert_string_equal(ferry_record_follows(&record), "");
    set(&before, "1f", NULL);
    follow();
    assert_string_equal(ferry_record_follows(&record), "1f");
    set(&before, "20", NULL);
    assert_string_equal(ferry_record_follows(&record), "1f"); /* it is a copy */
    follow();
    assert_string_equal(ferry_record_follows(&record), "20");
    assert_null(ferry_record_value(&record, FERRY_RECORD_RUN_ID));
}

static void test_whether_it_fits_the_table(void **state)
{
    (void)state;
    assert_true(ferry_record_fits_table(&record)); /* of neither is anything known */
    set(&record, "1f", NULL);
    assert_true(ferry_record_fits_table(&record));
    set(&record, "1f", "1f");
    assert_true(ferry_record_fits_table(&record));
    set(&record, "1f", "20"); /* a later run has written the table, and lost its record */
    assert_false(ferry_record_fits_table(&record));
    set(&record, NULL, "20");
    assert_false(ferry_record_fits_table(&record));
    set(&record, "1f", "1");
    assert_false(ferry_record_fits_table(&record));
}

static void test_what_is_left_of_it(void **state)
{
    (void)state;
    set(&record, "1f", "20");
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    for (size_t i = 0; i < ferry_field_count(); i++)
        (void)ferry_record_set(&record, ferry_field(i)->name, "1f", &error);
    ferry_record_forget(&record);
    for (size_t i = 0; i < ferry_field_count(); i++)
        if (strcmp(ferry_field(i)->name, FERRY_RECORD_RUN_ID) != 0)
            assert_null(ferry_record_value(&record, ferry_field(i)->name));
    assert_string_equal(ferry_record_value(&record, FERRY_RECORD_RUN_ID), "1f");
    assert_string_equal(ferry_record_table(&record), "t");
}

static void test_whose_it_is(void **state)
{
    (void)state;
    assert_false(ferry_record_is_of(&record, "1f"));
    set(&record, "1f", NULL);
    assert_true(ferry_record_is_of(&record, "1f"));
    assert_false(ferry_record_is_of(&record, "1f0"));
    set(&record, "20", "1f"); /* the table's own word counts too */
    assert_true(ferry_record_is_of(&record, "1f"));
    assert_true(ferry_record_is_of(&record, "20"));
    assert_false(ferry_record_is_of(&record, "21"));
}

static void test_a_run_that_was_overtaken(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_record_fail_overtaken(&record, "/a/b.db", &error), FERRY_ERR_BUSY);
    assert_true(error.may_pass);
    assert_error(&error, FERRY_ERR_BUSY,
                 "/a/b.db: another run has written table 't' since this one looked at it: run "
                 "again");
}

int main(void)
{
#define WITH_RECORDS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_RECORDS(test_what_it_follows),          WITH_RECORDS(test_whether_it_fits_the_table),
        WITH_RECORDS(test_what_is_left_of_it),       WITH_RECORDS(test_whose_it_is),
        WITH_RECORDS(test_a_run_that_was_overtaken),
    };
    return cmocka_run_group_tests_name("record, driver", tests, NULL, NULL);
}
