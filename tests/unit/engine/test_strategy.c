/* Tests of strategy.c: which strategy a plan gets, why it is another than the job's, and what is
 * refused. */

#include "fake.h"

#include "base/clock.h"
#include "engine/strategy.h"

#define HOUR_MS INT64_C(3600000)

static struct ferry_plan plan;
static struct ferry_change_rules rules;
static struct ferry_strategy_facts facts;
static struct ferry_connection *source, *target;
static struct ferry_mapping mappings[3];
static const char *key_names[] = {"id", "day"};

/* A table of three columns, with a primary key, that is there and holds rows. */
static int setup(void **state)
{
    static const struct ferry_column columns[] = {
        {.name = "id",
         .type = FERRY_TYPE_INT,
         .bits = 64,
         .flags = FERRY_COLUMN_ORDERED,
         .native = "int",
         .key_position = 1},
        {.name = "day", .type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_ORDERED, .native = "date"},
        {.name = "text", .type = FERRY_TYPE_TEXT, .native = "text"},
    };
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)fake_setup(state);
    fake_handle.source.abilities = FERRY_SCANS;
    fake_handle.target.abilities = FERRY_SCANS | FERRY_CHANGES;
    source = fake_open(FERRY_ROLE_SOURCE);
    target = fake_open(FERRY_ROLE_TARGET);
    rules = (struct ferry_change_rules){0};
    facts = (struct ferry_strategy_facts){
        .rules = &rules, .source = source, .target = target, .job = "job"};
    plan = (struct ferry_plan){
        .mappings = mappings, .action = FERRY_TABLE_KEEP, .rows_known = true, .rows_before = 7};
    for (size_t i = 0; i < COUNT(columns); i++) {
        mappings[i] = (struct ferry_mapping){.ordered = true};
        (void)ferry_schema_add(&plan.described, &columns[i], sizeof columns[i], &error);
        (void)ferry_schema_add(&plan.schema, &columns[i], sizeof columns[i], &error);
    }
    (void)ferry_record_open(&plan.before, "t", &error);
    assert_no_error(&error);
    return 0;
}

static int teardown(void **state)
{
    plan.mappings = NULL; /* they are static here */
    ferry_plan_done(&plan);
    ferry_connection_close(source);
    ferry_connection_close(target);
    return fake_teardown(state);
}

static void record(const char *name, const char *value)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_record_set(&plan.before, name, value, &error);
    assert_no_error(&error);
}

/* What a run by the cursor 'id' has left. */
static void record_run(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char hash[17];
    assert_int_equal(ferry_schema_hash(&plan.described, hash, &error), FERRY_OK);
    record(FERRY_RECORD_JOB, "job");
    record(FERRY_RECORD_KEY, "id");
    record(FERRY_RECORD_CURSOR_COLUMN, "id");
    record(FERRY_RECORD_CURSOR, "41");
    record(FERRY_RECORD_SCHEMA_HASH, hash);
}

static void record_full(int64_t ms_ago)
{
    char text[FERRY_CLOCK_TEXT];
    ferry_clock_print(ferry_clock_wall_ms() - ms_ago, text);
    record(FERRY_RECORD_FULL, text);
}

/* It is decided anew, from what stands in the plan now. */
static ferry_status decide(struct ferry_error *error)
{
    ferry_strbuf_reset(&plan.why);
    ferry_bookmark_done(&plan.cursor);
    plan.strategy = NULL;
    return ferry_strategy_decide(&plan, &facts, error);
}

static void decides(const char *name, const char *why)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_status status = decide(&error);
    assert_no_error(&error);
    assert_int_equal(status, FERRY_OK);
    assert_non_null(plan.strategy);
    assert_string_equal(ferry_strbuf_text(&plan.why), why);
    assert_string_equal(plan.strategy->name, name);
}

static void refuses(ferry_status status, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(decide(&error), status);
    assert_error(&error, status, text);
    assert_null(plan.strategy);
}

static void wish(enum ferry_strategy_id strategy, const char *cursor)
{
    rules.strategy = strategy;
    rules.cursor = cursor;
}

/* ---- The table of strategies ---- */

static void test_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *cursor;
        uint32_t load;
        bool is_whole;
    } rows[] = {
        [FERRY_STRATEGY_REPLACE] = {"replace", NULL, FERRY_LOAD_REPLACE, true},
        [FERRY_STRATEGY_APPEND] = {"append", "id", FERRY_LOAD_CHANGES, false},
        [FERRY_STRATEGY_UPSERT] = {"upsert", NULL, FERRY_LOAD_CHANGES, false},
        [FERRY_STRATEGY_MERGE] = {"merge", NULL, FERRY_LOAD_CHANGES, true},
    };
    record_run();
    for (size_t i = 0; i < COUNT(rows); i++) {
        wish((enum ferry_strategy_id)i, rows[i].cursor);
        decides(rows[i].name, "");
        assert_int_equal(plan.strategy->load_kind, rows[i].load);
        assert_int_equal(plan.strategy->is_whole, rows[i].is_whole);
        assert_non_null(plan.strategy->move);
        assert_int_equal(ferry_strategy_keeps_rows(&rules), !rows[i].is_whole);
    }
}

static void test_which_runs_were_whole(void **state)
{
    (void)state;
    assert_true(ferry_strategy_was_whole("replace"));
    assert_true(ferry_strategy_was_whole("merge"));
    assert_false(ferry_strategy_was_whole("append"));
    assert_false(ferry_strategy_was_whole("upsert"));
    assert_false(ferry_strategy_was_whole(""));
    assert_false(ferry_strategy_was_whole(NULL));
}

/* Nothing else is looked at then. */
static void test_replace(void **state)
{
    (void)state;
    fake_handle.source.abilities = fake_handle.target.abilities = 0;
    rules.full = true;
    wish(FERRY_STRATEGY_REPLACE, "no such column");
    record(FERRY_RECORD_JOB, "another");
    plan.action = FERRY_TABLE_CREATE;
    decides("replace", "");
    assert_int_equal(plan.key.count, 0);
}

/* ---- What is refused ---- */

static void test_drivers_that_cannot(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, NULL);
    fake_handle.source.abilities = 0;
    refuses(FERRY_ERR_UNSUPPORTED,
            "strategy = \"upsert\" reads in order or from a cursor on, which the driver of ");
    wish(FERRY_STRATEGY_MERGE, NULL);
    refuses(FERRY_ERR_UNSUPPORTED, "cannot; choose strategy = \"replace\"");
    fake_handle.source.abilities = FERRY_SCANS;
    fake_handle.target.abilities = FERRY_SCANS;
    refuses(FERRY_ERR_UNSUPPORTED,
            "strategy = \"merge\" changes single rows, which the driver of ");
}

static void test_no_key(void **state)
{
    (void)state;
    plan.described.columns[0].key_position = 0;
    wish(FERRY_STRATEGY_UPSERT, "id");
    refuses(FERRY_ERR_SCHEMA,
            "strategy = \"upsert\" needs a key by which rows are told apart, and the source tells "
            "of no primary key and no unique index without NULL; name columns with key = [ "
            "\"...\" ]");
    wish(FERRY_STRATEGY_MERGE, NULL);
    refuses(FERRY_ERR_SCHEMA, "strategy = \"merge\" needs a key");
    wish(FERRY_STRATEGY_APPEND, "id");
    record_run();
    decides("append", "");
    assert_int_equal(plan.key.count, 0);
    rules.read_nulls = true;
    refuses(FERRY_ERR_SCHEMA,
            "cursor_nulls = \"read\" reads rows a second time, and without a key nobody knows that "
            "they are there already; name columns with key = [ \"...\" ]");
    rules.lag = (struct ferry_lag){.text = "10", .units = 10};
    refuses(FERRY_ERR_SCHEMA, "cursor_lag reads rows a second time");
    plan.described.columns[0].key_position = 1;
    decides("append", "");
}

static void test_a_key_that_will_not_do(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_MERGE, NULL);
    rules.key = key_names;
    rules.key_count = COUNT(key_names);
    mappings[1].ordered = false;
    refuses(FERRY_ERR_SCHEMA, "column 'day' (date) cannot be part of a key: the target stores it");
    key_names[1] = "dya";
    refuses(FERRY_ERR_SCHEMA, "the job's key names the column 'dya'");
    key_names[1] = "day";
}

/* What is lost is never found to be the same; other strategies do not look. */
static void test_what_a_merge_would_lose(void **state)
{
    (void)state;
    mappings[2].fit = FERRY_FIT_LOSSY;
    wish(FERRY_STRATEGY_MERGE, NULL);
    refuses(FERRY_ERR_SCHEMA,
            "strategy = \"merge\" compares what is stored with what is read, and the target loses "
            "something of column 'text'; choose strategy = \"replace\", or another type for the "
            "column");
    wish(FERRY_STRATEGY_UPSERT, NULL);
    decides("upsert", "");
    rules.full = true; /* so there can be no merge */
    decides("replace", "--full asks for all rows");
}

static void test_a_cursor_that_will_not_do(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, "text");
    refuses(FERRY_ERR_SCHEMA, "column 'text' (text) cannot be the cursor");
    wish(FERRY_STRATEGY_APPEND, "idd");
    refuses(FERRY_ERR_SCHEMA, "the job's cursor is the column 'idd'");
    wish(FERRY_STRATEGY_UPSERT, "day");
    rules.lag = (struct ferry_lag){.text = "10", .units = 10};
    refuses(FERRY_ERR_CONFIG, "cursor_lag = \"10\" is a number");
    wish(FERRY_STRATEGY_MERGE, "idd"); /* a merge has no use for it */
    decides("merge", "");
    assert_null(plan.cursor.column);
}

static void test_the_table_of_another_job(void **state)
{
    (void)state;
    record_run();
    record(FERRY_RECORD_JOB, "orders");
    wish(FERRY_STRATEGY_APPEND, "id");
    refuses(FERRY_ERR_DATA,
            "the table was last written by job 'orders', and how far that has read says nothing of "
            "this source; write to a table of its own, or take over the table with --full, by "
            "which rows go that this source does not have");
    wish(FERRY_STRATEGY_MERGE, NULL); /* which takes all rows into account */
    decides("merge", "");
    wish(FERRY_STRATEGY_UPSERT, "id");
    rules.full = true;
    decides("merge", "--full asks for all rows");
    rules.full = false;
    plan.action = FERRY_TABLE_REBUILD;
    decides("replace", "the table is made anew");
}

/* A copy has no name of its own: what it has read tells it from others. */
static void test_another_copy(void **state)
{
    (void)state;
    record_run();
    record(FERRY_RECORD_READ, "0123456789abcdef");
    wish(FERRY_STRATEGY_UPSERT, "id");
    decides("upsert", ""); /* a job may read something else */
    facts.read_hash = "0123456789abcdef";
    decides("upsert", "");
    facts.read_hash = "0123456789abcdee";
    refuses(FERRY_ERR_DATA,
            "the table was last written by a job 'job' that read something else, and how far");
    record(FERRY_RECORD_READ, NULL);
    decides("upsert", "");
}

/* ---- Why all rows are read ---- */

static void test_what_is_there(void **state)
{
    (void)state;
    record_run();
    wish(FERRY_STRATEGY_UPSERT, "id");
    plan.action = FERRY_TABLE_CREATE;
    decides("replace", "the table is new");
    plan.action = FERRY_TABLE_REBUILD;
    decides("replace", "the table is made anew");
    plan.action = FERRY_TABLE_KEEP;
    plan.rows_before = 0;
    decides("replace", "the table is empty");
    plan.rows_known = false;
    decides("upsert", "");
    wish(FERRY_STRATEGY_MERGE, NULL);
    plan.rows_known = true;
    decides("replace", "the table is empty");
}

static void test_another_key(void **state)
{
    (void)state;
    static const enum ferry_strategy_id all[] = {FERRY_STRATEGY_APPEND, FERRY_STRATEGY_UPSERT,
                                                 FERRY_STRATEGY_MERGE};
    for (size_t i = 0; i < COUNT(all); i++) {
        record_run();
        record(FERRY_RECORD_KEY, "id,day");
        wish(all[i], "id");
        decides("replace", "the key is another one than at the last run (id,day)");
        record(FERRY_RECORD_KEY, NULL); /* none was needed */
        decides(all[i] == FERRY_STRATEGY_MERGE    ? "merge"
                : all[i] == FERRY_STRATEGY_APPEND ? "append"
                                                  : "upsert",
                "");
    }
}

/* Rows that were added stay good. */
static void test_other_columns(void **state)
{
    (void)state;
    record_run();
    record(FERRY_RECORD_SCHEMA_HASH, "0123456789abcdef");
    wish(FERRY_STRATEGY_MERGE, NULL);
    decides("replace", "the source has other columns than at the last run");
    record(FERRY_RECORD_SCHEMA_HASH, NULL);
    decides("merge", "");
    record(FERRY_RECORD_SCHEMA_HASH, "0123456789abcdef");
    wish(FERRY_STRATEGY_UPSERT, "id");
    decides("upsert", "");
}

static void test_the_state_of_the_last_run(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, "id");
    decides("replace", "no run has left a cursor with the table");
    assert_false(plan.cursor.from.known);
    record_run();
    decides("upsert", "");
    assert_true(plan.cursor.from.known);
    assert_int_equal(plan.cursor.from.cell.v.i, 41);
    rules.lag = (struct ferry_lag){.text = "2", .units = 2};
    decides("upsert", "");
    assert_int_equal(plan.cursor.from.cell.v.i, 39);
    record(FERRY_RECORD_CURSOR, "41x");
    decides("replace", "the cursor that the last run has left cannot be read");
    record(FERRY_RECORD_CURSOR, NULL);
    decides("replace", "no run has left a cursor with the table");
    record(FERRY_RECORD_CURSOR, "41");
    record(FERRY_RECORD_CURSOR_COLUMN, NULL);
    decides("replace", "no run has left a cursor with the table");
    record(FERRY_RECORD_CURSOR_COLUMN, "day");
    decides("replace", "the cursor of the last run was 'day'");
    wish(FERRY_STRATEGY_UPSERT, NULL); /* which reads all, and so needs no state */
    decides("upsert", "");
}

static void test_all_rows_are_asked_for(void **state)
{
    (void)state;
    record_run();
    rules.full = true;
    wish(FERRY_STRATEGY_UPSERT, "id");
    decides("merge", "--full asks for all rows");
    wish(FERRY_STRATEGY_APPEND, "id");
    decides("merge", "--full asks for all rows");
    wish(FERRY_STRATEGY_MERGE, NULL);
    decides("merge", ""); /* it does so anyway */
    wish(FERRY_STRATEGY_APPEND, "id");
    plan.described.columns[0].key_position = 0;
    decides("replace", "--full asks for all rows");
}

static void test_all_rows_are_due(void **state)
{
    (void)state;
    static const char due[] =
        "the last run over all rows is longer ago than full_every = 2 h 00 min";
    record_run();
    rules.full_every_ms = 2 * HOUR_MS;
    wish(FERRY_STRATEGY_UPSERT, "id");
    decides("merge", due); /* nobody knows when */
    record_full(HOUR_MS);
    decides("upsert", "");
    record_full(2 * HOUR_MS + 1);
    decides("merge", due);
    record_full(2 * HOUR_MS - 60000);
    decides("upsert", "");
    record_full(-HOUR_MS); /* by a clock that was wrong */
    decides("merge", due);
    record(FERRY_RECORD_FULL, "yesterday");
    decides("merge", due);
    rules.full_every_ms = 0;
    decides("upsert", "");
    rules.full_every_ms = 1;
    wish(FERRY_STRATEGY_MERGE, NULL);
    decides("merge", "");
}

/* ---- A fallback ---- */

static void test_a_fallback_that_does_not_suit(void **state)
{
    (void)state;
    static const char why[] = "the fallback does not suit the job's strategy";
    record_run();
    facts.fell_back = true;
    wish(FERRY_STRATEGY_MERGE, NULL);
    decides("merge", "");
    fake_handle.source.abilities = 0;
    decides("replace", why);
    fake_handle.source.abilities = FERRY_SCANS;
    plan.described.columns[0].key_position = 0;
    decides("replace", why);
    rules.key = key_names;
    rules.key_count = COUNT(key_names);
    key_names[1] = "dya";
    decides("replace", why);
    assert_int_equal(plan.key.count, 0);
    key_names[1] = "day";
}

/* A target that changes tables in one step by replacing each: a merge comes to the same, and what
 * keeps rows does not. */
static void test_tables_that_change_together(void **state)
{
    (void)state;
    static const char why[] = "the target changes many tables in one step by replacing each";
    record_run();
    facts.together = true;
    wish(FERRY_STRATEGY_MERGE, NULL);
    decides("replace", why);
    wish(FERRY_STRATEGY_UPSERT, "id");
    refuses(FERRY_ERR_UNSUPPORTED, "keeps rows of the table");
    wish(FERRY_STRATEGY_APPEND, "id");
    plan.action = FERRY_TABLE_CREATE; /* from the first run on */
    refuses(FERRY_ERR_UNSUPPORTED, "choose commit = \"each\"");
    wish(FERRY_STRATEGY_REPLACE, NULL);
    decides("replace", "");
    plan.action = FERRY_TABLE_KEEP;
    wish(FERRY_STRATEGY_UPSERT, "id");
    facts.together = false; /* it is alone */
    decides("upsert", "");
    facts.together = true;
    fake_handle.target.abilities |= FERRY_TOGETHER | FERRY_TOGETHER_ALIKE;
    decides("upsert", "");
    fake_handle.target.abilities ^= FERRY_TOGETHER_ALIKE | FERRY_TOGETHER_CHANGES;
    decides("upsert", "");
    wish(FERRY_STRATEGY_MERGE, NULL);
    decides("merge", "");
}

int main(void)
{
#define WITH_PLAN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_PLAN(test_the_table),
        WITH_PLAN(test_which_runs_were_whole),
        WITH_PLAN(test_replace),
        WITH_PLAN(test_drivers_that_cannot),
        WITH_PLAN(test_no_key),
        WITH_PLAN(test_a_key_that_will_not_do),
        WITH_PLAN(test_what_a_merge_would_lose),
        WITH_PLAN(test_a_cursor_that_will_not_do),
        WITH_PLAN(test_the_table_of_another_job),
        WITH_PLAN(test_another_copy),
        WITH_PLAN(test_what_is_there),
        WITH_PLAN(test_another_key),
        WITH_PLAN(test_other_columns),
        WITH_PLAN(test_the_state_of_the_last_run),
        WITH_PLAN(test_all_rows_are_asked_for),
        WITH_PLAN(test_all_rows_are_due),
        WITH_PLAN(test_a_fallback_that_does_not_suit),
        WITH_PLAN(test_tables_that_change_together),
    };
    return cmocka_run_group_tests_name("strategy", tests, NULL, NULL);
}
