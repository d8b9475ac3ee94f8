/* Tests of transfer.c: what is planned of one table, and how its rows are moved, counted and told.
 */

#include "one_table.h"

/* ---- The plan ---- */

static void test_what_is_described(void **state)
{
    (void)state;
    passes(ferry_transfer_describe);
    assert_string_equal(asked, "v");
    assert_int_equal(plan.described.count, 2);
    assert_int_equal(plan.schema.count, 2);
    assert_int_equal(plan.keeps, FERRY_KEEPS_NOTHING);
    assert_true(is_logged(" info    - describe: an index is left out\n"));
    assert_true(is_logged(" warning - describe: a right is missing\n"));
}

static void test_what_is_described_of_the_fallback(void **state)
{
    (void)state;
    session.fell_back = true;
    passes(ferry_transfer_describe);
    assert_string_equal(asked, "copy");
    assert_int_equal(plan.keeps, FERRY_KEEPS_PRIMARY);
}

static void test_what_cannot_be_described(void **state)
{
    (void)state;
    break_at("describe");
    fails(ferry_transfer_describe, FERRY_ERR_REFUSED, "describe failed");
    fake.at = NULL;
    names_clash = true;
    fails(ferry_transfer_describe, FERRY_ERR_SCHEMA, "ID");
    assert_int_equal(plan.schema.count, 0);
    assert_false(is_logged("is left out"));
    assert_phase("describe");
}

static void test_what_columns_become(void **state)
{
    (void)state;
    transfer.verify = FERRY_VERIFY_CONTENT; /* more than this target can */
    task.columns.all.zero_date = FERRY_ZERO_DATE_REFUSE;
    fake.fit = FERRY_FIT_CHECKED;
    fake.clauses = "NOT NULL";
    fake.note = "is looked at";
    passes(describe_and_negotiate);
    assert_int_equal(transfer.verify, FERRY_VERIFY_COUNT);
    assert_string_equal(plan.strategy->name, "replace");
    assert_true(is_logged(" debug   - negotiate: column 'id' becomes T NOT NULL (checked): is "
                          "looked at\n"));
    assert_true(is_logged(" debug   - negotiate: column 'day' becomes T NOT NULL (checked): is "
                          "looked at; a zero date ends the load\n"));
    assert_false(is_logged("is rebuilt"));
    assert_false(is_logged("is made anew"));
    assert_phase("negotiate");
}

static void test_columns_without_a_type(void **state)
{
    (void)state;
    fake.native = "";
    passes(describe_and_negotiate);
    assert_int_equal(transfer.verify, FERRY_VERIFY_NONE);
    assert_true(is_logged(": column 'id' becomes untyped (exact)\n"));
    assert_true(is_logged(": column 'day' becomes untyped (exact)\n"));
}

static void test_a_target_that_cannot_verify(void **state)
{
    (void)state;
    transfer.verify = FERRY_VERIFY_CONTENT;
    transfer.insists = true;
    break_at("map_column"); /* it is not asked */
    fails(describe_and_negotiate, FERRY_ERR_UNSUPPORTED, "cannot read back");
    assert_int_equal(transfer.verify, FERRY_VERIFY_CONTENT);
}

static void test_a_negotiation_that_fails(void **state)
{
    (void)state;
    break_at("inspect");
    fails(describe_and_negotiate, FERRY_ERR_REFUSED, "inspect failed");
    assert_null(plan.strategy);
    assert_false(is_logged("becomes"));
}

static void test_what_the_target_notes(void **state)
{
    (void)state;
    fake.exists = 1;
    fake.existing = same;
    fake.existing_count = COUNT(same);
    session.fell_back = true;
    passes(describe_and_negotiate);
    assert_int_equal(plan.action, FERRY_TABLE_KEEP);
    assert_true(is_logged(" info    - negotiate: the table keeps the definition that it has: "));
}

static void test_what_becomes_of_the_table(void **state)
{
    (void)state;
    static const struct ferry_column other[] = {
        {.name = "id", .native = "T", .type = FERRY_TYPE_TEXT}};
    fake.exists = 1;
    fake.existing = other;
    fake.existing_count = 1;
    loss = "NOT NULL of 'id'";
    stale = "'fts' keeps a copy";
    task.policy.allow_rebuild_loss = true;
    passes(describe_and_negotiate);
    assert_int_equal(plan.action, FERRY_TABLE_REBUILD);
    assert_true(is_logged(" info    - negotiate: table 't' is rebuilt: column 'day' is new\n"));
    assert_true(is_logged(" warning - negotiate: table 't' is made anew, as on_rebuild_loss "
                          "allows: the new definition lacks what the old one says: NOT NULL of "
                          "'id'\n"));
    assert_true(is_logged(" warning - negotiate: 'fts' keeps a copy (1)\n"));
    assert_true(is_logged(" warning - negotiate: 'fts' keeps a copy (2)\n"));
}

/* What the policy refuses does not happen, so nothing is told of it but how the columns would be.
 */
static void test_what_the_policy_refuses(void **state)
{
    (void)state;
    loss = "a CHECK";
    stale = "'fts' keeps a copy";
    fails(describe_and_negotiate, FERRY_ERR_SCHEMA, "a CHECK");
    assert_true(is_logged("column 'day' becomes T (exact)\n"));
    assert_false(is_logged("is made anew"));
    assert_false(is_logged("keeps a copy"));
}

/* ---- The load ---- */

static void test_the_load_that_is_begun(void **state)
{
    (void)state;
    task.policy.on_stale = FERRY_STALE_REBUILD;
    passes(begin_load);
    assert_non_null(transfer.load);
    assert_string_equal(begun.layout->table, "t");
    assert_ptr_equal(begun.layout->schema, &plan.schema);
    assert_int_equal(begun.kind, FERRY_LOAD_REPLACE);
    assert_int_equal(begun.action, FERRY_TABLE_CREATE);
    assert_int_equal(begun.on_stale, FERRY_STALE_REBUILD);
    abort_change();
}

/* Which kind of load it is, is the strategy's to say. */
static void test_the_load_of_another_strategy(void **state)
{
    (void)state;
    const struct ferry_strategy other = {.name = "other", .load_kind = 17};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    passes(begin_load);
    plan.strategy = &other;
    assert_int_equal(ferry_transfer_begin_load(&transfer, change, &error), FERRY_OK);
    assert_int_equal(begun.kind, 17);
    abort_change();
}

static void test_a_load_that_is_not_begun(void **state)
{
    (void)state;
    break_at("load_begin");
    fails(begin_load, FERRY_ERR_REFUSED, "load_begin failed");
    assert_null(transfer.load);
    abort_change();
}

/* A sink that sees whether the numbers may be read meanwhile. */
static struct {
    size_t rows, nulls;
    bool pumping;
    ferry_status status;
} sunk;

static ferry_status take(void *to, const struct ferry_batch *batch, struct ferry_error *error)
{
    assert_ptr_equal(to, &sunk);
    sunk.pumping = atomic_load(&transfer.pumping);
    for (size_t row = 0; row < ferry_batch_count(batch); row++) {
        sunk.rows++;
        sunk.nulls += ferry_batch_cells(batch, row)[1].null;
    }
    return sunk.status == FERRY_OK ? FERRY_OK : ferry_fail(error, sunk.status, "sunk");
}

static ferry_status pump(struct ferry_transfer *of, struct ferry_error *error)
{
    const struct ferry_sink sink = {.take = take, .to = &sunk};
    return ferry_transfer_pump(of, NULL, &sink, error);
}

static void test_rows_are_moved(void **state)
{
    (void)state;
    memset(&sunk, 0, sizeof sunk);
    passes(describe_and_negotiate);
    passes(pump);
    assert_string_equal(asked, "v");
    assert_true(sunk.pumping);
    assert_false(atomic_load(&transfer.pumping));
    assert_int_equal(sunk.rows, 3);
    assert_int_equal(sunk.nulls, 0);
    assert_null(transfer.digest); /* nobody compares */
    assert_true(is_logged(" debug   - load: 3 rows read, 3 handed to the target\n"));
}

static void test_rows_are_added_up_on_the_way(void **state)
{
    (void)state;
    memset(&sunk, 0, sizeof sunk);
    task.columns.all.zero_date = FERRY_ZERO_DATE_NULL;
    session.fell_back = true;
    passes(describe_and_negotiate);
    transfer.verify = FERRY_VERIFY_CONTENT;
    passes(pump);
    assert_string_equal(asked, "copy");
    assert_int_equal(sunk.nulls, 3);
    assert_non_null(transfer.digest);
    assert_int_equal(ferry_digest_rows(transfer.digest), 3);
}

static void test_rows_that_are_not_taken(void **state)
{
    (void)state;
    memset(&sunk, 0, sizeof sunk);
    sunk.status = FERRY_ERR_TARGET_IO;
    passes(describe_and_negotiate);
    fails(pump, FERRY_ERR_TARGET_IO, "sunk");
    assert_false(atomic_load(&transfer.pumping));
    assert_true(is_logged(": 3 rows read, 0 handed to the target\n"));
}

static void test_a_load_that_is_finished(void **state)
{
    (void)state;
    counted.before = 8;
    counted.after = 3;
    transfer.verify = FERRY_VERIFY_COUNT;
    passes(move_and_finish);
    assert_int_equal(fake.loaded, 3);
    assert_int_equal(transfer.totals.before, 8);
    assert_int_equal(transfer.totals.inserted, 3);
    assert_phase("guard");
    abort_change();
}

/* Who wants no count gets none. */
static void test_nobody_counts(void **state)
{
    (void)state;
    counted.inserted = 2;
    passes(move_and_finish);
    abort_change();
}

static void test_a_count_that_differs(void **state)
{
    (void)state;
    counted.inserted = 2;
    transfer.verify = FERRY_VERIFY_COUNT;
    fails(move_and_finish, FERRY_ERR_DATA,
          "3 rows were read from the source but the target counts "
          "2;");
    assert_phase("guard");
    abort_change();
}

static void test_a_guard_that_refuses(void **state)
{
    (void)state;
    task.guards.min_rows = 4;
    fails(move_and_finish, FERRY_ERR_DATA, "min_rows = 4");
    assert_phase("guard");
    abort_change();
}

static void test_a_load_that_does_not_end(void **state)
{
    (void)state;
    counted.inserted = 2;
    transfer.verify = FERRY_VERIFY_COUNT;
    break_at("load_end");
    fails(move_and_finish, FERRY_ERR_REFUSED, "load_end failed");
    assert_phase("finish");
    abort_change();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(test_what_is_described),
        WITH_TABLE(test_what_is_described_of_the_fallback),
        WITH_TABLE(test_what_cannot_be_described),
        WITH_TABLE(test_what_columns_become),
        WITH_TABLE(test_columns_without_a_type),
        WITH_TABLE(test_a_target_that_cannot_verify),
        WITH_TABLE(test_a_negotiation_that_fails),
        WITH_TABLE(test_what_the_target_notes),
        WITH_TABLE(test_what_becomes_of_the_table),
        WITH_TABLE(test_what_the_policy_refuses),
        WITH_TABLE(test_the_load_that_is_begun),
        WITH_TABLE(test_the_load_of_another_strategy),
        WITH_TABLE(test_a_load_that_is_not_begun),
        WITH_TABLE(test_rows_are_moved),
        WITH_TABLE(test_rows_are_added_up_on_the_way),
        WITH_TABLE(test_rows_that_are_not_taken),
        WITH_TABLE(test_a_load_that_is_finished),
        WITH_TABLE(test_nobody_counts),
        WITH_TABLE(test_a_count_that_differs),
        WITH_TABLE(test_a_guard_that_refuses),
        WITH_TABLE(test_a_load_that_does_not_end),
    };
    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
