/* Tests of records.c, stub.c and target.c: the records of many tables, and tables that go. */

#include "fake.h"

#include "driver/target.h"

/* What the driver adds when it is asked. */
static const char *added[3];
static size_t added_count;

static ferry_status records(void *conn, const char *prefix, struct ferry_records *to,
                            struct ferry_error *err)
{
    (void)conn;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < added_count && status == FERRY_OK; i++) {
        struct ferry_record *record = NULL;
        status = ferry_records_add(to, added[i], &record, err);
        if (status == FERRY_OK)
            status = ferry_record_set(record, FERRY_RECORD_JOB, prefix, err);
    }
    return status == FERRY_OK ? fake_act("records", err) : status;
}

static ferry_status prune(void *conn, const struct ferry_prune_spec *spec,
                          struct ferry_notes *obstacles, struct ferry_error *err)
{
    (void)conn;
    ferry_status status = ferry_note(obstacles, err, "the view '%s' reads it", spec->table);
    return status == FERRY_OK ? fake_act("prune", err) : status;
}

static void test_each_is_kept_with_its_fields(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_records found = {0};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    fake_handle.target.records = records;
    added[0] = "b";
    added[1] = "a";
    added_count = 2;
    assert_int_equal(ferry_target_records(target, "erp/", &found, &error), FERRY_OK);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.list[0].table, "b");
    assert_string_equal(found.list[1].table, "a");
    assert_string_equal(ferry_record_value(&found.list[1], FERRY_RECORD_JOB), "erp/");
    assert_null(ferry_record_value(&found.list[1], FERRY_RECORD_RUN_ID));
    ferry_records_done(&found);
    ferry_records_done(&found); /* nothing is left */
    assert_int_equal(found.count, 0);
    ferry_connection_close(target);
}

static void test_a_list_that_fails(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_records found = {.count = 77};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    fake_handle.target.records = records;
    added_count = 1;
    fake.at = "records";
    fake.report = fake.status = FERRY_ERR_TARGET_IO;
    assert_int_equal(ferry_target_records(target, "erp/", &found, &error), FERRY_ERR_TARGET_IO);
    assert_int_equal(found.count, 77); /* written on success alone */
    ferry_connection_close(target);
}

static void test_what_stands_against_it(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_notes obstacles = {0};
    const struct ferry_prune_spec spec = {.table = "t"};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    fake_handle.target.prune = prune;
    assert_int_equal(ferry_target_prune(target, &spec, &obstacles, &error), FERRY_OK);
    assert_int_equal(obstacles.count, 1);
    assert_string_equal(obstacles.list[0], "the view 't' reads it");
    ferry_notes_done(&obstacles);
    fake.at = "prune";
    fake.status = FERRY_ERR_BUSY; /* without a word */
    assert_int_equal(ferry_target_prune(target, &spec, &obstacles, &error), FERRY_ERR_INTERNAL);
    assert_non_null(strstr(error.message, "prune failed without a message"));
    ferry_notes_done(&obstacles);
    ferry_connection_close(target);
}

/* A driver of another kind has no records, and nothing of it can go. */
static void test_a_driver_without_them(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_records found = {0};
    struct ferry_notes obstacles = {0};
    const struct ferry_prune_spec spec = {.table = "t"};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    assert_int_equal(ferry_target_records(target, "erp/", &found, &error), FERRY_OK);
    assert_int_equal(found.count, 0);
    assert_int_equal(ferry_target_prune(target, &spec, &obstacles, &error), FERRY_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "cannot drop table 't'"));
    ferry_connection_close(target);
}

/* One without the other is of no use: what goes is found by its record. */
static void test_one_without_the_other(void **state)
{
    (void)state;
    struct ferry_driver_handle handle = fake_handle;
    handle.target.records = NULL;
    handle.target.prune = prune;
    const char *missing = ferry_driver_stub_fill(&handle);
    assert_non_null(missing);
    assert_string_equal(missing, "target.records together with target.prune");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_each_is_kept_with_its_fields), WITH_FAKE(test_a_list_that_fails),
        WITH_FAKE(test_what_stands_against_it),       WITH_FAKE(test_a_driver_without_them),
        WITH_FAKE(test_one_without_the_other),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
