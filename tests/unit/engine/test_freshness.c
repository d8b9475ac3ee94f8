/* Tests of freshness.c: what records, or their absence, tell of the age of rows. */

#include "fake.h"

#include "engine/freshness.h"

/* What the fake says of a table: its record, and whether it has one. */
struct told {
    const char *table;
    const char *data_from, *started, *fallback;
    bool none;
    ferry_status fails;
};

static const struct told *told;
static size_t told_count;
static int64_t changed; /* 0: the place does not know when it changed */

static ferry_status origins(void *conn, const struct ferry_read *read, const char *table,
                            struct ferry_origins *found, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)conn, (void)read, (void)table;
    for (size_t i = 0; i < told_count && status == FERRY_OK; i++)
        status = ferry_origins_add(found, told[i].table, err);
    if (changed != 0)
        ferry_origins_changed(found, changed);
    return status;
}

static ferry_status record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    (void)conn;
    for (size_t i = 0; i < told_count; i++) {
        if (strcmp(told[i].table, table) != 0 || told[i].none)
            continue;
        if (told[i].fails != FERRY_OK)
            return ferry_fail(err, told[i].fails, "no answer");
        (void)ferry_record_set(record, FERRY_RECORD_RUN_ID, "0123", err);
        (void)ferry_record_set(record, FERRY_RECORD_DATA_FROM, told[i].data_from, err);
        (void)ferry_record_set(record, FERRY_RECORD_STARTED, told[i].started, err);
        (void)ferry_record_set(record, FERRY_RECORD_FALLBACK, told[i].fallback, err);
    }
    return FERRY_OK;
}

/* `taken` in seconds since 1970; by date -u -d. */
static void asks(const struct told *list, size_t count, enum ferry_freshness_basis basis,
                 int64_t taken)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_read read = {.text = "v", .kind = FERRY_READ_VIEW};
    struct ferry_freshness found = {0};
    fake_handle.source.origins = origins;
    fake_handle.driver.record_read = record_read;
    told = list;
    told_count = count;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    assert_int_equal(ferry_freshness_ask(source, &read, NULL, &found, &error), FERRY_OK);
    assert_int_equal(found.basis, basis);
    if (basis != FERRY_FRESHNESS_UNKNOWN)
        assert_int_equal(found.taken_ms, taken * 1000);
    ferry_connection_close(source);
}

#define ASKS(basis, taken, ...)                                                                    \
    asks((const struct told[]){__VA_ARGS__},                                                       \
         sizeof((const struct told[]){__VA_ARGS__}) / sizeof(struct told), basis, taken)

#define FEBRUARY "2026-02-01T00:00:00.000Z"
#define FEBRUARY_SECONDS INT64_C(1769904000)
#define MARCH "2026-03-01T00:00:00.000Z"
#define MARCH_SECONDS INT64_C(1772323200)

static void test_one_record(void **state)
{
    (void)state;
    ASKS(FERRY_FRESHNESS_RECORD, FEBRUARY_SECONDS,
         {.table = "t", .data_from = FEBRUARY, .started = MARCH, .fallback = "1"});
    /* of an older release, which had no data_from */
    ASKS(FERRY_FRESHNESS_RECORD, MARCH_SECONDS, {.table = "t", .started = MARCH, .fallback = "0"});
    ASKS(FERRY_FRESHNESS_RECORD, MARCH_SECONDS, {.table = "t", .started = MARCH});
    ASKS(FERRY_FRESHNESS_UNKNOWN, 0, {.table = "t", .started = MARCH, .fallback = "1"});
    ASKS(FERRY_FRESHNESS_UNKNOWN, 0, {.table = "t", .data_from = "yesterday", .started = MARCH});
    ASKS(FERRY_FRESHNESS_UNKNOWN, 0, {.table = "t"});
}

static void test_the_oldest_counts(void **state)
{
    (void)state;
    ASKS(FERRY_FRESHNESS_RECORD, FEBRUARY_SECONDS, {.table = "t", .data_from = MARCH},
         {.table = "u", .data_from = FEBRUARY});
    ASKS(FERRY_FRESHNESS_RECORD, FEBRUARY_SECONDS, {.table = "t", .data_from = FEBRUARY},
         {.table = "u", .data_from = MARCH});
    ASKS(FERRY_FRESHNESS_RECORD, MARCH_SECONDS, {.table = "t", .data_from = MARCH},
         {.table = "u", .none = true});
    ASKS(FERRY_FRESHNESS_UNKNOWN, 0, {.table = "t", .data_from = MARCH},
         {.table = "u", .fallback = "1"});
    ASKS(FERRY_FRESHNESS_UNKNOWN, 0, {.table = "t", .fallback = "1"},
         {.table = "u", .data_from = MARCH});
}

/* The place's last change counts only where no run has left a record. */
static void test_last_change(void **state)
{
    (void)state;
    changed = MARCH_SECONDS * 1000;
    ASKS(FERRY_FRESHNESS_CHANGED, MARCH_SECONDS, {.table = "t", .none = true});
    ASKS(FERRY_FRESHNESS_RECORD, FEBRUARY_SECONDS, {.table = "t", .data_from = FEBRUARY});
    ASKS(FERRY_FRESHNESS_UNKNOWN, 0, {.table = "t", .fallback = "1"});
    changed = 0;
    ASKS(FERRY_FRESHNESS_UNKNOWN, 0, {.table = "t", .none = true});
}

static void test_a_record_that_cannot_be_read(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const struct told list[] = {{.table = "t", .data_from = MARCH},
                                       {.table = "u", .fails = FERRY_ERR_UNREACHABLE}};
    const struct ferry_read read = {.text = "v", .kind = FERRY_READ_VIEW};
    struct ferry_freshness untouched = {.taken_ms = 5};
    fake_handle.source.origins = origins;
    fake_handle.driver.record_read = record_read;
    told = list;
    told_count = COUNT(list);
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    (void)ferry_freshness_ask(source, &read, NULL, &untouched, &error);
    assert_error(&error, FERRY_ERR_UNREACHABLE, "no answer");
    assert_int_equal(untouched.taken_ms, 5);
    ferry_connection_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_one_record),
        WITH_FAKE(test_the_oldest_counts),
        WITH_FAKE(test_last_change),
        WITH_FAKE(test_a_record_that_cannot_be_read),
    };
    return cmocka_run_group_tests_name("freshness", tests, NULL, NULL);
}
