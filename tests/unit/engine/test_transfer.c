/* Tests of transfer.c: what each step of one table asks of its sides, puts into the log, and leaves
 * for the next. */

#include "fake.h"
#include "logged.h"

#include "base/log.h"
#include "driver/target.h"
#include "engine/strategy.h"
#include "engine/transfer.h"

/* What the source has: an id, and a day that no calendar has. */
static const struct ferry_column columns[] = {
    {.name = "id", .native = "int", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "day", .native = "date", .type = FERRY_TYPE_DATE},
};
static bool names_clash;
static char asked[40]; /* what was read */

static ferry_status describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                             struct ferry_error *err)
{
    (void)conn;
    (void)snprintf(asked, sizeof asked, "%s", read->text);
    ferry_status status = fake_act("describe", err);
    for (size_t i = 0; i < COUNT(columns) && status == FERRY_OK; i++) {
        struct ferry_column column = columns[i];
        column.name = names_clash && i > 0 ? "ID" : column.name;
        status = ferry_schema_add(schema, &column, sizeof column, err);
    }
    if (status == FERRY_OK)
        status = ferry_schema_note(schema, err, "an index is left out");
    return status == FERRY_OK ? ferry_schema_warn(schema, err, "a right is missing") : status;
}

static ferry_status read_begin(void *conn, const struct ferry_read *read,
                               const struct ferry_schema *schema, const struct ferry_scan *scan,
                               void **ret_cursor, struct ferry_error *err)
{
    (void)snprintf(asked, sizeof asked, "%s", read->text);
    assert_string_equal(schema->columns[1].native, "date"); /* as the source said it */
    return fake_read_begin(conn, read, schema, scan, ret_cursor, err);
}

static void make_day(struct ferry_cell *cells)
{
    cells[1].v.p = "0000-00-00";
    cells[1].len = 10;
}

/* What the target would do beside loading the rows. */
static const char *loss, *stale;

static ferry_status foresee(void *conn, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *copies,
                            struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(spec->layout->table, "t");
    ferry_status status = loss == NULL ? FERRY_OK : ferry_note(losses, err, "%s", loss);
    for (int i = 1; i <= 2 && status == FERRY_OK && stale != NULL; i++)
        status = ferry_note(copies, err, "%s (%d)", stale, i);
    return status;
}

static struct ferry_load_spec begun;

static ferry_status load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                               struct ferry_error *err)
{
    begun = *spec;
    return fake_load_begin(change, spec, ret_load, err);
}

/* Rows that the target says it has, before, inserted and after. */
static struct ferry_load_totals counted;

static ferry_status load_end(void *load, struct ferry_load_totals *totals, struct ferry_error *err)
{
    assert_ptr_equal(load, &fake);
    totals->before = counted.before;
    totals->inserted = counted.inserted;
    totals->after = counted.after;
    return fake_act("load_end", err);
}

static struct ferry_task task;
static struct ferry_job job;
static struct ferry_session session;
static struct ferry_plan plan;
static struct ferry_transfer transfer;

static int setup(void **state)
{
    (void)fake_setup(state);
    fake_handle.source.describe = describe;
    fake_handle.source.read_begin = read_begin;
    fake_handle.target.foresee = foresee;
    fake_handle.target.load_begin = load_begin;
    fake_handle.target.load_end = load_end;
    fake.spoil = make_day;
    fake.rows = 3;
    loss = stale = NULL;
    names_clash = false;
    counted = (struct ferry_load_totals){.inserted = 3, .after = 3};
    task = (struct ferry_task){
        .read = {.text = "v", .kind = FERRY_READ_VIEW},
        .fallback_read = {.text = "copy", .kind = FERRY_READ_TABLE},
        .table = "t",
        .guards.max_shrink_percent = -1,
    };
    job = (struct ferry_job){.name = "job",
                             .route = {.source = fake_config, .target = fake_config},
                             .tasks = &task,
                             .task_count = 1};
    plan = (struct ferry_plan){0};
    session = (struct ferry_session){.job = &job, .reads_from = fake_config};
    session.source = fake_open(FERRY_ROLE_SOURCE);
    session.target = fake_open(FERRY_ROLE_TARGET);
    transfer = (struct ferry_transfer){.session = &session, .task = &task, .plan = &plan};
    log_begin();
    return 0;
}

static int teardown(void **state)
{
    ferry_transfer_done(&transfer);
    ferry_transfer_done(&transfer); /* nothing is left */
    ferry_plan_done(&plan);
    ferry_session_close(&session);
    log_end();
    return fake_teardown(state);
}

static bool is_logged(const char *line)
{
    char *text = read_file(log_path);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

/* The log is in this phase; it has no other lines of it. */
static void assert_phase(const char *phase)
{
    char line[100];
    ferry_log(FERRY_LOG_INFO, "seen in %s", phase);
    (void)snprintf(line, sizeof line, " - %s: seen in %s\n", phase, phase);
    assert_true(is_logged(line));
}

typedef ferry_status one_step(struct ferry_transfer *transfer, struct ferry_error *error);

static void passes(one_step *step)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_status status = step(&transfer, &error);
    assert_no_error(&error);
    assert_int_equal(status, FERRY_OK);
}

static void fails(one_step *step, ferry_status status, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(step(&transfer, &error), status);
    assert_error(&error, status, text);
}

/* The callback of this name fails from now on. */
static void break_at(const char *name)
{
    fake.at = name;
    fake.status = fake.report = FERRY_ERR_REFUSED;
}

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

static ferry_status describe_and_negotiate(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = ferry_transfer_describe(of, error);
    return status == FERRY_OK ? ferry_transfer_negotiate(of, error) : status;
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

/* The table as a run would leave it. */
static const struct ferry_column same[] = {
    {.name = "id", .native = "T", .type = FERRY_TYPE_TEXT},
    {.name = "day", .native = "T", .type = FERRY_TYPE_TEXT},
};

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

static struct ferry_change *change;

static ferry_status begin_load(struct ferry_transfer *of, struct ferry_error *error)
{
    static const struct ferry_change_spec spec = {.job = "job", .run_id = "1f"};
    ferry_status status = describe_and_negotiate(of, error);
    if (status == FERRY_OK)
        status = ferry_target_change_begin(session.target, &spec, &change, error);
    return status == FERRY_OK ? ferry_transfer_begin_load(of, change, error) : status;
}

static void abort_change(void)
{
    ferry_target_change_abort(change);
    change = NULL;
}

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

static ferry_status move_and_finish(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = begin_load(of, error);
    if (status == FERRY_OK)
        status = plan.strategy->move(of, error);
    return status == FERRY_OK ? ferry_transfer_finish(of, error) : status;
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
    fails(move_and_finish, FERRY_ERR_DATA,
          "; the rows were changed while they were stored: look at the target's disk and memory, "
          "then run again");
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
    FERRY_AUTO_ERROR struct ferry_error error = {0};
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

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

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
    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
