/* Tests of transfer.c: what the target has stored, compared with what was read or is there, and
 * what the record says of it. */

#include "one_table.h"

/* ---- What the target has stored ---- */

static uint64_t stored, stored_next;
static const void *stored_of; /* the load; NULL: the table */

static ferry_status stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err)
{
    (void)scan;
    assert_string_equal(layout->table, "t");
    assert_ptr_equal(layout->schema, &plan.schema);
    stored_of = load;
    stored_next = 1;
    *ret_cursor = conn;
    return fake_act("stored_begin", err);
}

static ferry_status stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    assert_ptr_equal(cursor, &fake);
    for (; stored_next <= stored; stored_next++) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        cells[0].v.u = stored_next;
        make_day(cells);
    }
    return fake_act("stored_batch", err);
}

static void stored_end(void *cursor)
{
    assert_ptr_equal(cursor, &fake);
}

static void let_read_back(uint64_t rows)
{
    fake_handle.target.stored_begin = stored_begin;
    fake_handle.target.stored_batch = stored_batch;
    fake_handle.target.stored_end = stored_end;
    fake_handle.tells_stored = true;
    transfer.verify = FERRY_VERIFY_CONTENT;
    stored = rows;
}

static void test_content_of_a_load(void **state)
{
    (void)state;
    let_read_back(3);
    passes(move_and_finish);
    assert_ptr_equal(stored_of, &fake);
    assert_phase("verify");
    abort_change();
}

static void test_content_of_a_load_that_differs(void **state)
{
    (void)state;
    let_read_back(2);
    fails(
        move_and_finish, FERRY_ERR_DATA,
        "; what the target gives back is not what it was given: run again; if both digests are the "
        "same then, its driver is at fault, so report that, else look at the machine's disk and "
        "memory");
    abort_change();
}

static ferry_status compare(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = describe_and_negotiate(of, error);
    if (status == FERRY_OK)
        status = ferry_transfer_compare(of, error);
    return status == FERRY_OK ? ferry_transfer_verify(of, error) : status;
}

static void compares(size_t existing, uint64_t rows, ferry_status status, const char *text)
{
    let_read_back(rows);
    fake.exists = existing > 0;
    fake.existing = same;
    fake.existing_count = existing;
    stored_of = &fake;
    if (status == FERRY_OK)
        passes(compare);
    else
        fails(compare, status, text);
}

static void test_a_table_that_is_the_same(void **state)
{
    (void)state;
    compares(2, 3, FERRY_OK, NULL);
    assert_null(stored_of);
    assert_int_equal(transfer.totals.after, 3);
    assert_int_equal(fake.changes, 0);
    assert_int_equal(ferry_digest_rows(transfer.digest), 3);
}

static void test_a_table_that_differs(void **state)
{
    (void)state;
    compares(2, 4, FERRY_ERR_DATA, "the source gave 3 rows, but table 't' holds 4");
}

static void test_a_source_that_breaks_off(void **state)
{
    (void)state;
    break_at("read_batch");
    compares(2, 3, FERRY_ERR_REFUSED, "read_batch failed");
    assert_ptr_equal(stored_of, &fake); /* the table is not read */
}

static void test_a_table_that_is_not_there(void **state)
{
    (void)state;
    compares(0, 3, FERRY_ERR_NOT_FOUND, "target 'main' has no table 't'; run the job to make it");
    assert_int_equal(fake.begins, 0);
}

static void test_a_table_of_other_columns(void **state)
{
    (void)state;
    compares(1, 3, FERRY_ERR_SCHEMA,
             "table 't' is not as the source's columns want it: column 'day' is new; run the job "
             "to rebuild it");
    assert_int_equal(fake.begins, 0);
}

/* ---- The record ---- */

static const char *value(const char *name)
{
    return ferry_record_value(&transfer.record, name);
}

static void fill(void)
{
    static const struct ferry_strategy strategy = {.name = "replace", .is_whole = true};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    plan.strategy = &strategy;
    ferry_record_done(&transfer.record);
    assert_int_equal(ferry_record_begin(&transfer.record, "t", "1f", &error), FERRY_OK);
    passes(ferry_transfer_fill_record);
}

static void test_the_record_of_a_run(void **state)
{
    (void)state;
    passes(ferry_transfer_describe);
    transfer.totals.after = 17;
    fill();
    assert_string_equal(value(FERRY_RECORD_JOB), "job");
    assert_string_equal(value(FERRY_RECORD_SOURCE), "main");
    assert_string_equal(value(FERRY_RECORD_FALLBACK), "0");
    assert_string_equal(value(FERRY_RECORD_ROWS), "17");
    assert_null(value(FERRY_RECORD_DIGEST));
    assert_string_equal(value(FERRY_RECORD_DATA_FROM), value(FERRY_RECORD_STARTED));
    assert_string_equal(value(FERRY_RECORD_STRATEGY), "replace");
    assert_string_equal(value(FERRY_RECORD_FULL), value(FERRY_RECORD_STARTED));
    assert_string_equal(value(FERRY_RECORD_SKIPPED), "0");
    assert_null(value(FERRY_RECORD_KEY));
    assert_null(value(FERRY_RECORD_CURSOR));
    assert_non_null(value(FERRY_RECORD_FINISHED));
    assert_int_equal(strlen(value(FERRY_RECORD_SCHEMA_HASH)), 16);
    transfer.digest = ferry_digest_new(&plan.schema);
    assert_non_null(transfer.digest);
    fill(); /* of no row */
    assert_string_equal(value(FERRY_RECORD_DIGEST), "00000000000000000000000000000000");
}

static void test_the_record_of_a_run_from_the_fallback(void **state)
{
    (void)state;
    static char name[] = "spare";
    const struct ferry_config spare = {.name = name};
    passes(ferry_transfer_describe);
    session.reads_from = &spare;
    session.from = (struct ferry_provenance){.fallback = &spare,
                                             .basis = FERRY_FRESHNESS_CHANGED,
                                             .data_from = "2026-01-31T12:00:00.000Z"};
    fill();
    assert_string_equal(value(FERRY_RECORD_SOURCE), "spare");
    assert_string_equal(value(FERRY_RECORD_FALLBACK), "1");
    assert_string_equal(value(FERRY_RECORD_DATA_FROM), "2026-01-31T12:00:00.000Z");
    session.from.basis = FERRY_FRESHNESS_UNKNOWN;
    fill();
    assert_null(value(FERRY_RECORD_DATA_FROM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(test_content_of_a_load),
        WITH_TABLE(test_content_of_a_load_that_differs),
        WITH_TABLE(test_a_table_that_is_the_same),
        WITH_TABLE(test_a_table_that_differs),
        WITH_TABLE(test_a_source_that_breaks_off),
        WITH_TABLE(test_a_table_that_is_not_there),
        WITH_TABLE(test_a_table_of_other_columns),
        WITH_TABLE(test_the_record_of_a_run),
        WITH_TABLE(test_the_record_of_a_run_from_the_fallback),
    };
    return cmocka_run_group_tests_name("transfer, stored", tests, NULL, NULL);
}
