/* Tests of unchanged.c: what the source says of its state, held against what the last run has
 * recorded. */

#include "both_sides.h"

#include "engine/unchanged.h"

/* The answer to change_query: so many columns and rows. */
static struct side answer;
static size_t answer_width;
static const char *said; /* by the driver; NULL: it cannot tell */
static int asked_driver, asked_query;

static ferry_status describe_read(void *conn, const struct ferry_read *read,
                                  struct ferry_schema *schema, struct ferry_error *err)
{
    static const struct ferry_column columns_of_query[] = {
        {.name = "max", .native = "int", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "count", .native = "int", .type = FERRY_TYPE_INT, .bits = 64},
    };
    if (read->kind != FERRY_READ_QUERY)
        return describe_side(conn, read, schema, err);
    asked_query++;
    assert_string_equal(read->text, "SELECT max, count");
    ferry_status status = fake_act("describe_query", err);
    for (size_t i = 0; i < answer_width && status == FERRY_OK; i++)
        status = ferry_schema_add(schema, &columns_of_query[i], sizeof columns_of_query[i], err);
    return status;
}

static ferry_status begin_query(void *conn, const struct ferry_read *read,
                                const struct ferry_schema *schema, const struct ferry_scan *scan,
                                void **ret_cursor, struct ferry_error *err)
{
    (void)conn, (void)schema;
    assert_int_equal(read->kind, FERRY_READ_QUERY);
    assert_int_equal(scan->order_count + scan->bound_count, 0);
    ferry_status status = fake_act("begin_query", err);
    answer.at = 0;
    answer.begins += status == FERRY_OK;
    *ret_cursor = &answer;
    return status;
}

static ferry_status read_answer(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    assert_ptr_equal(cursor, &answer);
    ferry_status status = fake_act("read_query", err);
    if (status == FERRY_OK && answer.at < answer.rows) {
        struct ferry_cell *row = ferry_batch_row(batch);
        memcpy(row, &answer.cells[answer_width * answer.at++], answer_width * sizeof *row);
    }
    return status;
}

static ferry_status fingerprint(void *conn, const struct ferry_read *read,
                                struct ferry_fingerprint *ret_fingerprint, struct ferry_error *err)
{
    (void)conn;
    asked_driver++;
    assert_string_equal(read->text, "v");
    ferry_status status = fake_act("fingerprint", err);
    return status == FERRY_OK && said != NULL ? ferry_fingerprint_set(ret_fingerprint, said, err)
                                              : status;
}

#define ANSWERS(width, ...)                                                                        \
    do {                                                                                           \
        SET_ROWS(answer, width, __VA_ARGS__);                                                      \
        answer_width = (width);                                                                    \
    } while (0)

static char schema_hash[17];

static int unchanged_setup(void **state)
{
    (void)sides_setup(state);
    fake_handle.source.describe = describe_read;
    fake_handle.source.read_begin = begin_query;
    fake_handle.source.read_batch = read_answer;
    fake_handle.source.fingerprint = fingerprint;
    task.changes.skip_unchanged = true;
    said = "change counter 17";
    asked_driver = asked_query = 0;
    answer = (struct side){.rows = 0};
    answer_width = 1;
    return 0;
}

static int unchanged_teardown(void **state)
{
    assert_int_equal(answer.begins, answer.ends);
    return sides_teardown(state);
}

#define WITH_SOURCE(test) cmocka_unit_test_setup_teardown(test, unchanged_setup, unchanged_teardown)

static void set(const char *name, const char *value)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_record_set(&plan.before, name, value, &error);
    assert_no_error(&error);
}

/* As a run would leave it that has read these very columns, and 7 rows (fake.h). */
static void leave(const char *fingerprint_of_then)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    passes(describe_and_negotiate);
    (void)ferry_schema_hash(&plan.described, schema_hash, &error);
    set(FERRY_RECORD_FINGERPRINT, fingerprint_of_then);
    set(FERRY_RECORD_READ, transfer.read_hash);
    set(FERRY_RECORD_SCHEMA_HASH, schema_hash);
    set(FERRY_RECORD_ROWS, "7");
    set(FERRY_RECORD_STRATEGY, "merge");
}

static void asks(bool is_unchanged)
{
    ferry_strbuf_reset(&transfer.fingerprint);
    transfer.is_unchanged = false;
    passes(ferry_unchanged_ask);
    assert_int_equal(transfer.is_unchanged, is_unchanged);
}

static const char *fingerprint_text(void)
{
    return ferry_strbuf_text(&transfer.fingerprint);
}

/* ---- What the driver can tell ---- */

static void test_the_same_again(void **state)
{
    (void)state;
    leave("change counter 17");
    asks(true);
    assert_string_equal(fingerprint_text(), "change counter 17");
    assert_int_equal(asked_driver, 1);
    assert_phase("unchanged");
    said = "change counter 18";
    asks(false);
    assert_string_equal(fingerprint_text(), "change counter 18"); /* for the next run */
}

static void test_nobody_asks(void **state)
{
    (void)state;
    leave("change counter 17");
    task.changes.skip_unchanged = false;
    asks(false);
    assert_int_equal(asked_driver, 0);
    task.changes.skip_unchanged = true;
    session.fell_back = true; /* whose state is another one's */
    asks(false);
    assert_int_equal(asked_driver, 0);
    assert_string_equal(fingerprint_text(), "");
}

static void test_a_table_without_data(void **state)
{
    (void)state;
    leave(NULL);
    task.no_data = true;
    asks(false); /* alone */
    task.together = true;
    asks(false); /* 7 rows are there, of a run that carried them */
    set(FERRY_RECORD_ROWS, "0");
    asks(false); /* and now, which none has carried */
    plan.rows_before = 0;
    asks(true);
    set(FERRY_RECORD_SCHEMA_HASH, "0123456789abcdef");
    asks(false);
    assert_int_equal(asked_driver, 0);
    assert_string_equal(fingerprint_text(), "");
}

static void test_a_source_that_cannot_tell(void **state)
{
    (void)state;
    leave("");
    said = NULL;
    asks(false);
    assert_string_equal(fingerprint_text(), "");
    assert_true(is_logged(
        " info    - unchanged: the source cannot tell whether it is unchanged: all is read\n"));
    set(FERRY_RECORD_FINGERPRINT, NULL);
    asks(false);
}

static void test_a_source_that_fails(void **state)
{
    (void)state;
    leave("change counter 17");
    break_at("fingerprint");
    fails(ferry_unchanged_ask, FERRY_ERR_REFUSED, "fingerprint failed");
    assert_false(transfer.is_unchanged);
}

/* Each of what has to be as it was, one after another. */
static void test_what_else_must_be_as_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } records[] = {
        {FERRY_RECORD_FINGERPRINT, "change counter 1"},
        {FERRY_RECORD_FINGERPRINT, NULL},
        {FERRY_RECORD_READ, "0123456789abcdef"},
        {FERRY_RECORD_READ, NULL},
        {FERRY_RECORD_SCHEMA_HASH, "0123456789abcdef"},
        {FERRY_RECORD_SCHEMA_HASH, NULL},
        {FERRY_RECORD_ROWS, "8"},
        {FERRY_RECORD_ROWS, NULL},
    };
    for (size_t i = 0; i < COUNT(records); i++) {
        leave("change counter 17");
        asks(true);
        set(records[i].name, records[i].value);
        asks(false);
        ferry_plan_done(&plan);
    }
}

static void test_the_table_must_be_as_it_was(void **state)
{
    (void)state;
    leave("change counter 17");
    asks(true);
    plan.action = FERRY_TABLE_REBUILD;
    asks(false);
    plan.action = FERRY_TABLE_CREATE;
    asks(false);
    plan.action = FERRY_TABLE_KEEP;
    plan.rows_before = 6;
    asks(false);
    plan.rows_known = false; /* as far as the target can tell */
    asks(true);
    ferry_strbuf_add(&plan.why, "the key is another one"); /* than at the last run */
    asks(false);
    ferry_strbuf_reset(&plan.why);
    task.changes.full = true;
    asks(false);
    task.changes.full = false;
    fake_handle.target.abilities = FERRY_SCANS; /* no record comes without a load there */
    asks(false);
}

/* Where rows stayed that the source has no longer, a run that would take them away is no repetition
 * of the last one, and that one is of this. */
static void test_the_table_must_be_as_this_strategy_leaves_it(void **state)
{
    (void)state;
    static const struct {
        enum ferry_strategy_id strategy;
        const char *recorded;
        bool is_unchanged;
    } runs[] = {
        {FERRY_STRATEGY_REPLACE, "replace", true},  {FERRY_STRATEGY_REPLACE, "merge", true},
        {FERRY_STRATEGY_REPLACE, "append", false},  {FERRY_STRATEGY_REPLACE, "upsert", false},
        {FERRY_STRATEGY_REPLACE, NULL, false},      {FERRY_STRATEGY_MERGE, "upsert", false},
        {FERRY_STRATEGY_MERGE, "replace", true},    {FERRY_STRATEGY_UPSERT, "upsert", true},
        {FERRY_STRATEGY_UPSERT, "replace", true},   {FERRY_STRATEGY_UPSERT, "append", true},
        {FERRY_STRATEGY_REPLACE, "another", false},
    };
    for (size_t i = 0; i < COUNT(runs); i++) {
        task.changes.strategy = runs[i].strategy;
        leave("change counter 17");
        set(FERRY_RECORD_STRATEGY, runs[i].recorded);
        asks(runs[i].is_unchanged);
        ferry_plan_done(&plan);
    }
}

/* What is read is asked about by place, kind and text. */
static void test_what_is_read(void **state)
{
    (void)state;
    char hash[FERRY_READ_HASH];
    leave("change counter 17");
    assert_int_equal(strlen(transfer.read_hash), 16);
    memcpy(hash, transfer.read_hash, sizeof hash);
    ferry_plan_done(&plan);
    passes(describe_and_negotiate);
    assert_string_equal(transfer.read_hash, hash); /* at each run the same */
    task.read.kind = FERRY_READ_TABLE;
    ferry_plan_done(&plan);
    passes(describe_and_negotiate);
    assert_string_not_equal(transfer.read_hash, hash);
    task.read = (struct ferry_read){.text = "w", .kind = FERRY_READ_VIEW};
    ferry_plan_done(&plan);
    passes(describe_and_negotiate);
    assert_string_not_equal(transfer.read_hash, hash);
}

/* ---- The job's own question ---- */

static void wish_query(void)
{
    task.changes.change_query = "SELECT max, count";
    leave("");
}

/* What it answers now, and whether that is the same as before. */
static void answers(bool is_same)
{
    char before[200];
    (void)snprintf(before, sizeof before, "%s", fingerprint_text());
    set(FERRY_RECORD_FINGERPRINT, before);
    asks(is_same);
    assert_int_equal(strncmp(fingerprint_text(), "query ", 6), 0);
    assert_int_equal(strlen(fingerprint_text()), 6 + 32);
    assert_int_equal(strcmp(fingerprint_text(), before) == 0, is_same);
}

static void test_an_answer(void **state)
{
    (void)state;
    wish_query();
    ANSWERS(2, INT(17), INT(1));
    answers(false);
    answers(true);
    assert_int_equal(asked_driver, 0);
    ANSWERS(2, INT(17), INT(2));
    answers(false);
    ANSWERS(2, INT(18), INT(2));
    answers(false);
    answers(true);
    ANSWERS(1, INT(18));
    answers(false);
    answers(true);
}

/* All is read then, and the next run does not take the answer for one. */
static void no_answer(const char *why)
{
    char line[200];
    asks(false);
    assert_string_equal(fingerprint_text(), "");
    (void)snprintf(line, sizeof line,
                   " warning - unchanged: change_query: %s, so that all is read; it must give one "
                   "row\n",
                   why);
    assert_true(is_logged(line));
}

static void test_answers_that_are_none(void **state)
{
    (void)state;
    wish_query();
    answer_width = 1;
    no_answer("it gives no row");
    ANSWERS(1, INT(1), INT(2)); /* in batches of one, also of the same rows */
    no_answer("it gives more than one row");
    ANSWERS(1, INT(1), INT(1));
    no_answer("it gives more than one row");
    ANSWERS(2, INT(1), NONE);
    no_answer("it gives NULL");
    ANSWERS(1, NONE);
    no_answer("it gives NULL");
    assert_int_equal(asked_driver, 0); /* it is not asked in its place */
}

/* Of a failure that is the query's own, all is read; another one is that of the run. */
static void test_a_query_that_fails(void **state)
{
    (void)state;
    static const struct {
        ferry_status status;
        bool is_the_querys;
    } failures[] = {
        {FERRY_ERR_CONFIG, true},       {FERRY_ERR_SCHEMA, true},  {FERRY_ERR_DATA, true},
        {FERRY_ERR_NOT_FOUND, true},    {FERRY_ERR_REFUSED, true}, {FERRY_ERR_UNSUPPORTED, true},
        {FERRY_ERR_UNREACHABLE, false}, {FERRY_ERR_BUSY, false},   {FERRY_ERR_CANCELLED, false},
        {FERRY_ERR_SYSTEM, false},      {FERRY_ERR_STREAM, false},
    };
    static const char *const callbacks[] = {"describe_query", "begin_query", "read_query"};
    wish_query();
    ANSWERS(1, INT(1));
    for (size_t i = 0; i < COUNT(failures) * COUNT(callbacks); i++) {
        const ferry_status status = failures[i / COUNT(callbacks)].status;
        const char *callback = callbacks[i % COUNT(callbacks)];
        char text[100];
        fake.at = callback;
        fake.status = fake.report = status;
        (void)snprintf(text, sizeof text, "%s failed", callback);
        if (failures[i / COUNT(callbacks)].is_the_querys) {
            asks(false);
            assert_string_equal(fingerprint_text(), "");
        } else {
            fails(ferry_unchanged_ask, status, text);
        }
    }
    assert_true(is_logged(" warning - unchanged: change_query failed, so that all is read: "));
    assert_true(is_logged("read_query failed\n"));
    fake.at = NULL;
    answers(false); /* the source goes on */
}

/* ---- The record ---- */

static const char *value(const char *name)
{
    return ferry_record_value(&transfer.record, name);
}

/* What it holds is what the last run has left; what it is about is this one. */
static void test_the_record_of_a_run_that_read_nothing(void **state)
{
    (void)state;
    static const char *const kept[] = {FERRY_RECORD_DIGEST,     FERRY_RECORD_KEY,
                                       FERRY_RECORD_CURSOR,     FERRY_RECORD_CURSOR_COLUMN,
                                       FERRY_RECORD_FULL,       FERRY_RECORD_STRATEGY,
                                       FERRY_RECORD_FINGERPRINT};
    static const char *const none[] = {FERRY_RECORD_INSERTED, FERRY_RECORD_UPDATED,
                                       FERRY_RECORD_DELETED, FERRY_RECORD_UNCHANGED};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    leave("change counter 17");
    for (size_t i = 0; i < COUNT(kept); i++)
        set(kept[i], kept[i]);
    set(FERRY_RECORD_RUN_ID, "1e");
    set(FERRY_RECORD_SOURCE, "elsewhere");
    set(FERRY_RECORD_JOB, "another");
    set(FERRY_RECORD_FALLBACK, "1");
    set(FERRY_RECORD_DATA_FROM, "2026-01-31T12:00:00.000Z");
    set(FERRY_RECORD_INSERTED, "7");
    set(FERRY_RECORD_SKIPPED, "0");
    (void)ferry_record_begin(&transfer.record, "t", "1f", &error);
    assert_no_error(&error);
    passes(ferry_unchanged_fill_record);
    for (size_t i = 0; i < COUNT(kept); i++)
        assert_string_equal(value(kept[i]), kept[i]);
    for (size_t i = 0; i < COUNT(none); i++)
        assert_null(value(none[i]));
    assert_string_equal(value(FERRY_RECORD_ROWS), "7");
    assert_string_equal(value(FERRY_RECORD_READ), transfer.read_hash);
    assert_string_equal(value(FERRY_RECORD_SCHEMA_HASH), schema_hash);
    assert_string_equal(value(FERRY_RECORD_RUN_ID), "1f");
    assert_string_equal(value(FERRY_RECORD_JOB), "job");
    assert_string_equal(value(FERRY_RECORD_SOURCE), "main");
    assert_string_equal(value(FERRY_RECORD_FALLBACK), "0");
    assert_string_equal(value(FERRY_RECORD_SKIPPED), "1");
    assert_string_equal(value(FERRY_RECORD_DATA_FROM), value(FERRY_RECORD_STARTED));
    assert_non_null(value(FERRY_RECORD_FINISHED));
    assert_string_equal(ferry_record_follows(&transfer.record), "1e");
    assert_int_equal(transfer.totals.before, 7);
    assert_int_equal(transfer.totals.after, 7);
}

static void test_rows_that_nobody_has_counted(void **state)
{
    (void)state;
    static const char *const wrong[] = {NULL, "", "many", "-1", "7 "};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    leave("change counter 17");
    (void)ferry_record_begin(&transfer.record, "t", "1f", &error);
    assert_no_error(&error);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        set(FERRY_RECORD_ROWS, wrong[i]);
        passes(ferry_unchanged_fill_record);
        assert_int_equal(transfer.totals.after, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SOURCE(test_the_same_again),
        WITH_SOURCE(test_nobody_asks),
        WITH_SOURCE(test_a_table_without_data),
        WITH_SOURCE(test_a_source_that_cannot_tell),
        WITH_SOURCE(test_a_source_that_fails),
        WITH_SOURCE(test_what_else_must_be_as_it_was),
        WITH_SOURCE(test_the_table_must_be_as_it_was),
        WITH_SOURCE(test_the_table_must_be_as_this_strategy_leaves_it),
        WITH_SOURCE(test_what_is_read),
        WITH_SOURCE(test_an_answer),
        WITH_SOURCE(test_answers_that_are_none),
        WITH_SOURCE(test_a_query_that_fails),
        WITH_SOURCE(test_the_record_of_a_run_that_read_nothing),
        WITH_SOURCE(test_rows_that_nobody_has_counted),
    };
    return cmocka_run_group_tests_name("unchanged", tests, NULL, NULL);
}
