/* Tests of what a driver can beyond the reading of all rows: of scans (cursor.c), of fingerprints
 * (source.c, fingerprint.c), of estimates, and of what belongs together (stub.c). */

#include "unit.h"

#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "fake.h"

static const struct ferry_read read_view = {.text = "v", .kind = FERRY_READ_VIEW};
static const size_t first_column;
static const struct ferry_cell a_cell = {.v.i = 1};
static const struct ferry_bound a_bound = {.cell = &a_cell, .kind = FERRY_BOUND_ABOVE};
static const struct ferry_bound *const a_bound_list[] = {&a_bound};

#define SCAN(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* Each asks for one thing more than all rows. */
static const struct ferry_scan wants[] = {
    SCAN(.order = &first_column, .order_count = 1),
    SCAN(.bounds = a_bound_list, .bound_count = 1),
    SCAN(.columns = &first_column, .column_count = 1),
    SCAN(.touched = 1),
};

/* ---- A driver that takes note of scans ---- */

static const struct ferry_scan *seen;
static struct ferry_scan seen_copy;
static int stored_begins, stored_ends;

static void see(const struct ferry_scan *scan)
{
    assert_non_null(scan);
    seen = scan;
    seen_copy = *scan;
}

static ferry_status seeing_read_begin(void *conn, const struct ferry_read *read,
                                      const struct ferry_schema *schema,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err)
{
    see(scan);
    return fake_read_begin(conn, read, schema, scan, ret_cursor, err);
}

static ferry_status seeing_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                        const struct ferry_scan *scan, void **ret_cursor,
                                        struct ferry_error *err)
{
    (void)load;
    (void)layout;
    (void)err;
    see(scan);
    *ret_cursor = conn;
    stored_begins++;
    return FERRY_OK;
}

static ferry_status no_stored_batch(void *cursor, struct ferry_batch *batch,
                                    struct ferry_error *err)
{
    (void)cursor;
    (void)batch;
    (void)err;
    return FERRY_OK;
}

static void count_stored_end(void *cursor)
{
    (void)cursor;
    stored_ends++;
}

static void use_seeing_driver(uint32_t source_abilities, uint32_t target_abilities)
{
    seen = NULL;
    seen_copy = (struct ferry_scan){0};
    stored_begins = stored_ends = 0;
    fake_handle.source.read_begin = seeing_read_begin;
    fake_handle.source.abilities = source_abilities;
    fake_handle.target.stored_begin = seeing_stored_begin;
    fake_handle.target.stored_batch = no_stored_batch;
    fake_handle.target.stored_end = count_stored_end;
    fake_handle.target.abilities = target_abilities;
}

/* ---- Scans ---- */

static void test_a_source_that_cannot_scan_is_refused_by_name(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    use_seeing_driver(0, FERRY_SCANS | FERRY_CHANGES); /* what the other half can is of no use */
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    assert_false(ferry_source_scans(source));
    for (size_t i = 0; i < COUNT(wants); i++) {
        struct ferry_cursor *cursor = NULL;
        assert_int_equal(
            ferry_source_read_begin(source, &read_view, &schema, &wants[i], &cursor, &error),
            FERRY_ERR_UNSUPPORTED);
        assert_error(&error, FERRY_ERR_UNSUPPORTED, "the driver 'fake' reads whole tables");
        assert_null(cursor);
        assert_null(seen); /* nobody has asked it */
    }
    ferry_connection_close(source);
}

static void test_stored_rows_that_cannot_be_scanned_are_refused_by_name(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_layout layout = {.table = "t"};
    use_seeing_driver(FERRY_SCANS, 0);
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    assert_false(ferry_target_scans(target));
    for (size_t i = 0; i < COUNT(wants); i++) {
        struct ferry_cursor *cursor = NULL;
        assert_int_equal(
            ferry_target_stored_begin(target, NULL, &layout, &wants[i], &cursor, &error),
            FERRY_ERR_UNSUPPORTED);
        assert_error(&error, FERRY_ERR_UNSUPPORTED, "the driver 'fake' reads whole tables");
        assert_null(cursor);
        assert_null(seen);
    }
    ferry_connection_close(target);
}

/* Every row, in any order, whether that is said by no scan or by one that asks for nothing. */
static void test_who_cannot_scan_gives_all_rows(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const struct ferry_scan nothing = SCAN(.order = &first_column, .bounds = a_bound_list);
    const struct ferry_scan *const scans[] = {NULL, &nothing};
    const struct ferry_layout layout = {.table = "t"};
    struct ferry_schema schema = {0};
    use_seeing_driver(0, 0);
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    for (size_t i = 0; i < COUNT(scans); i++) {
        struct ferry_cursor *cursor = NULL;
        (void)ferry_source_read_begin(source, &read_view, &schema, scans[i], &cursor, &error);
        assert_no_error(&error);
        assert_true(seen_copy.order_count == 0 && seen_copy.bound_count == 0 &&
                    seen_copy.column_count == 0 && seen_copy.touched == 0);
        ferry_cursor_close(cursor);
        seen_copy = (struct ferry_scan){.touched = 7};
        (void)ferry_target_stored_begin(target, NULL, &layout, scans[i], &cursor, &error);
        assert_no_error(&error);
        assert_true(seen_copy.touched == 0);
        ferry_cursor_close(cursor);
    }
    assert_int_equal(stored_ends, 2);
    ferry_connection_close(source);
    ferry_connection_close(target);
}

static void test_a_scan_reaches_the_driver_as_it_is(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_layout layout = {.table = "t"};
    struct ferry_schema schema = {0};
    use_seeing_driver(FERRY_SCANS, FERRY_SCANS);
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    assert_true(ferry_source_scans(source) && ferry_target_scans(target));
    assert_false(ferry_target_changes(target));
    for (size_t i = 0; i < COUNT(wants); i++) {
        struct ferry_cursor *cursor = NULL;
        (void)ferry_source_read_begin(source, &read_view, &schema, &wants[i], &cursor, &error);
        assert_no_error(&error);
        assert_ptr_equal(seen, &wants[i]); /* it lives until the reading ends */
        ferry_cursor_close(cursor);
        seen = NULL;
        (void)ferry_target_stored_begin(target, NULL, &layout, &wants[i], &cursor, &error);
        assert_no_error(&error);
        assert_ptr_equal(seen, &wants[i]);
        ferry_cursor_close(cursor);
    }
    assert_int_equal(stored_begins, COUNT(wants));
    assert_int_equal(stored_ends, COUNT(wants));
    ferry_connection_close(source);
    ferry_connection_close(target);
}

/* ---- Fingerprints ---- */

static const char *told[2]; /* one after the other; NULL: none */

static ferry_status telling_fingerprint(void *conn, const struct ferry_read *read,
                                        struct ferry_fingerprint *fingerprint,
                                        struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(read->text, "v");
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < COUNT(told) && status == FERRY_OK; i++)
        if (told[i] != NULL)
            status = ferry_fingerprint_set(fingerprint, told[i], err);
    return status == FERRY_OK ? fake_act("fingerprint", err) : status;
}

static void test_the_last_fingerprint_counts(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *answer;
    } cases[] = {{"a", NULL, "a"}, {"a", "b", "b"}, {"", NULL, ""}, {NULL, NULL, NULL}};
    fake_handle.source.fingerprint = telling_fingerprint;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_fingerprint answer = {0};
        told[0] = cases[i].first;
        told[1] = cases[i].second;
        (void)ferry_source_fingerprint(source, &read_view, &answer, &error);
        assert_no_error(&error);
        if (cases[i].answer == NULL)
            assert_null(answer.text);
        else
            assert_string_equal(answer.text, cases[i].answer);
        ferry_fingerprint_done(&answer);
        assert_null(answer.text);
    }
    ferry_connection_close(source);
}

static void test_a_source_without_fingerprint_cannot_tell(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_fingerprint answer = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE); /* the stub's */
    (void)ferry_source_fingerprint(source, &read_view, &answer, &error);
    assert_no_error(&error);
    assert_null(answer.text);
    ferry_connection_close(source);
}

/* What was set before the failure is freed, and the answer is not touched. */
static void test_a_fingerprint_that_fails_leaves_no_text(void **state)
{
    (void)state;
    static const struct {
        ferry_status status, report, result;
        const char *message;
    } cases[] = {
        {FERRY_ERR_BUSY, FERRY_ERR_BUSY, FERRY_ERR_BUSY, "fingerprint failed"},
        {FERRY_ERR_BUSY, FERRY_OK, FERRY_ERR_INTERNAL, "fingerprint failed without a message"},
        {FERRY_OK, FERRY_ERR_BUSY, FERRY_ERR_INTERNAL,
         "fingerprint reported an error and then success"},
    };
    char before[] = "before";
    fake_handle.source.fingerprint = telling_fingerprint;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake.at = "fingerprint";
    told[0] = "a";
    told[1] = NULL;
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_fingerprint answer = {.text = before};
        fake.status = cases[i].status;
        fake.report = cases[i].report;
        assert_int_equal(ferry_source_fingerprint(source, &read_view, &answer, &error),
                         cases[i].result);
        assert_int_equal(error.role, FERRY_ROLE_SOURCE);
        assert_error(&error, cases[i].result, cases[i].message);
        assert_ptr_equal(answer.text, before);
    }
    ferry_connection_close(source);
}

/* ---- Estimates ---- */

static ferry_status telling_estimate(void *conn, const struct ferry_read *read,
                                     const struct ferry_schema *schema,
                                     const struct ferry_scan *scan, uint64_t *ret_rows,
                                     struct ferry_error *err)
{
    (void)conn;
    (void)schema;
    assert_string_equal(read->text, "v");
    assert_int_equal(*ret_rows, FERRY_ROWS_UNKNOWN);
    assert_non_null(scan); /* there is always one */
    *ret_rows = 17;
    return fake_act("estimate", err);
}

static void test_an_estimate_is_asked_for_any_scan(void **state)
{
    (void)state;
    const struct ferry_schema schema = {0};
    const struct ferry_scan scan = {0};
    const struct ferry_scan *const scans[] = {NULL, &scan};
    fake_handle.source.estimate = telling_estimate;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    for (size_t i = 0; i < COUNT(scans); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        uint64_t rows = 5;
        (void)ferry_source_estimate(source, &read_view, &schema, scans[i], &rows, &error);
        assert_no_error(&error);
        assert_int_equal(rows, 17);
    }
    ferry_connection_close(source);
}

static void test_a_source_without_estimate_knows_nothing(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_schema schema = {0};
    uint64_t rows = 5;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE); /* the stub's */
    (void)ferry_source_estimate(source, &read_view, &schema, NULL, &rows, &error);
    assert_no_error(&error);
    assert_int_equal(rows, FERRY_ROWS_UNKNOWN);
    ferry_connection_close(source);
}

static void test_an_estimate_that_fails_leaves_no_number(void **state)
{
    (void)state;
    static const struct {
        ferry_status status, report, result;
        const char *message;
    } cases[] = {
        {FERRY_ERR_BUSY, FERRY_ERR_BUSY, FERRY_ERR_BUSY, "estimate failed"},
        {FERRY_ERR_BUSY, FERRY_OK, FERRY_ERR_INTERNAL, "estimate failed without a message"},
        {FERRY_OK, FERRY_ERR_BUSY, FERRY_ERR_INTERNAL,
         "estimate reported an error and then success"},
    };
    const struct ferry_schema schema = {0};
    fake_handle.source.estimate = telling_estimate;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake.at = "estimate";
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        uint64_t rows = 5;
        fake.status = cases[i].status;
        fake.report = cases[i].report;
        assert_int_equal(ferry_source_estimate(source, &read_view, &schema, NULL, &rows, &error),
                         cases[i].result);
        assert_error(&error, cases[i].result, cases[i].message);
        assert_int_equal(rows, 5);
    }
    ferry_connection_close(source);
}

/* ---- What belongs together ---- */

static void test_abilities_that_lack_something_are_named(void **state)
{
    (void)state;
    static const struct {
        uint32_t abilities;
        bool has_stored;
        const char *missing;
    } cases[] = {
        {0, false, NULL},
        {0, true, NULL},
        {FERRY_SCANS, true, NULL},
        {FERRY_SCANS | FERRY_CHANGES, true, NULL},
        {FERRY_SCANS, false, "target.stored_begin for its abilities"},
        {FERRY_CHANGES, false, "target.stored_begin for its abilities"},
        {FERRY_SCANS | FERRY_CHANGES, false, "target.stored_begin for its abilities"},
        {FERRY_CHANGES, true, "the ability FERRY_SCANS beside FERRY_CHANGES"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_driver_handle handle = fake_handle;
        bool has = cases[i].has_stored;
        handle.target.abilities = cases[i].abilities;
        handle.target.stored_begin = has ? seeing_stored_begin : NULL;
        handle.target.stored_batch = has ? no_stored_batch : NULL;
        handle.target.stored_end = has ? count_stored_end : NULL;
        const char *missing = ferry_driver_stub_fill(&handle);
        if (cases[i].missing == NULL)
            assert_null(missing);
        else
            assert_string_equal(missing == NULL ? "" : missing, cases[i].missing);
        assert_int_equal(handle.target.abilities, cases[i].abilities);
    }
}

/* What a source says that it can needs nothing beside what each source has. */
static void test_a_source_needs_nothing_more_for_scans(void **state)
{
    (void)state;
    struct ferry_driver_handle handle = fake_handle;
    handle.source.abilities = FERRY_SCANS;
    assert_null(ferry_driver_stub_fill(&handle));
    assert_int_equal(handle.source.abilities, FERRY_SCANS);
    assert_non_null(handle.source.fingerprint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_a_source_that_cannot_scan_is_refused_by_name),
        WITH_FAKE(test_stored_rows_that_cannot_be_scanned_are_refused_by_name),
        WITH_FAKE(test_who_cannot_scan_gives_all_rows),
        WITH_FAKE(test_a_scan_reaches_the_driver_as_it_is),
        WITH_FAKE(test_the_last_fingerprint_counts),
        WITH_FAKE(test_a_source_without_fingerprint_cannot_tell),
        WITH_FAKE(test_a_fingerprint_that_fails_leaves_no_text),
        WITH_FAKE(test_an_estimate_is_asked_for_any_scan),
        WITH_FAKE(test_a_source_without_estimate_knows_nothing),
        WITH_FAKE(test_an_estimate_that_fails_leaves_no_number),
        WITH_FAKE(test_abilities_that_lack_something_are_named),
        WITH_FAKE(test_a_source_needs_nothing_more_for_scans),
    };
    return cmocka_run_group_tests_name("abilities", tests, NULL, NULL);
}
