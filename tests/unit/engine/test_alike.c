/* Tests of alike.c: many tables of which all are replaced in one step, or none is. */

#include "fake.h"

#include "engine/alike.h"
#include "engine/strategy.h"

#define TABLES 3

static const struct ferry_strategy replace = {
    .name = "replace", .load_kind = FERRY_LOAD_REPLACE, .is_whole = true};
static const struct ferry_strategy merge = {
    .name = "merge", .load_kind = FERRY_LOAD_CHANGES, .is_whole = true};
static const struct ferry_strategy append = {.name = "append", .load_kind = FERRY_LOAD_CHANGES};

static struct ferry_task tasks[TABLES];
static struct ferry_transfer transfers[TABLES];
static struct ferry_plan plans[TABLES];
static struct ferry_job job;
static struct ferry_run run;

/* One run of three tables, each with a strategy that is decided. */
static int setup(void **state)
{
    static const char *const names[TABLES] = {"a", "b", "c"};
    (void)fake_setup(state);
    fake_handle.target.abilities =
        FERRY_SCANS | FERRY_CHANGES | FERRY_TOGETHER | FERRY_TOGETHER_ALIKE;
    job = (struct ferry_job){.name = "job", .tasks = tasks, .task_count = TABLES};
    run = (struct ferry_run){
        .job = &job, .transfers = transfers, .session.target = fake_open(FERRY_ROLE_TARGET)};
    for (size_t i = 0; i < TABLES; i++) {
        tasks[i] = (struct ferry_task){.name = names[i], .table = names[i]};
        plans[i] = (struct ferry_plan){.strategy = &merge};
        transfers[i] = (struct ferry_transfer){.task = &tasks[i], .plan = &plans[i]};
    }
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < TABLES; i++) {
        plans[i].mappings = NULL; /* they are static here */
        plans[i].key.columns = NULL;
        ferry_plan_done(&plans[i]);
    }
    ferry_connection_close(run.session.target);
    return fake_teardown(state);
}

static void settle(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_alike_settle(&run, &error), FERRY_OK);
    assert_no_error(&error);
}

static void is_by(size_t i, const char *name, const char *why)
{
    assert_string_equal(plans[i].strategy->name, name);
    assert_string_equal(ferry_strbuf_text(&plans[i].why), why);
}

static void test_none_is_replaced(void **state)
{
    (void)state;
    plans[1].strategy = &append;
    settle();
    is_by(0, "merge", "");
    is_by(1, "append", "");
}

static void test_all_are_replaced_with_one(void **state)
{
    (void)state;
    plans[1].strategy = &replace;
    ferry_strbuf_add(&plans[1].why, "the table is new");
    settle();
    is_by(0, "replace", "table 'b' of the same step is replaced");
    is_by(1, "replace", "the table is new");
    is_by(2, "replace", "table 'b' of the same step is replaced");
}

/* Table `i` is there and empty, by the source's only column, which is its key. */
static void make_empty(size_t i, bool is_ordered)
{
    static struct ferry_mapping mapping = {.ordered = true};
    static size_t key[] = {0};
    const struct ferry_column id = {.name = "id",
                                    .type = FERRY_TYPE_INT,
                                    .bits = 64,
                                    .flags = is_ordered ? FERRY_COLUMN_ORDERED : 0,
                                    .native = "int"};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan *plan = &plans[i];
    *plan = (struct ferry_plan){.strategy = &replace,
                                .action = FERRY_TABLE_KEEP,
                                .rows_known = true,
                                .mappings = &mapping,
                                .key = {.columns = key, .count = 1}};
    (void)ferry_schema_add(&plan->described, &id, sizeof id, &error);
    (void)ferry_schema_add(&plan->schema, &id, sizeof id, &error);
    assert_no_error(&error);
}

/* An empty table, or one that gets no rows, is no reason to read those of all others. */
static void test_an_empty_table(void **state)
{
    (void)state;
    tasks[0].changes.strategy = FERRY_STRATEGY_APPEND;
    plans[0].strategy = &append;
    make_empty(1, true);
    tasks[1].changes.strategy = FERRY_STRATEGY_MERGE;
    ferry_strbuf_add(&plans[1].why, "the table is empty");
    make_empty(2, true);
    plans[2].key.count = 0;
    tasks[2].no_data = true;
    settle();
    is_by(0, "append", "");
    is_by(1, "merge", "");
    is_by(2, "merge", "");
}

/* As of a fallback that cannot be read in order. */
static void test_an_empty_table_whose_key_does_not_suit(void **state)
{
    (void)state;
    make_empty(1, false);
    tasks[1].changes.strategy = FERRY_STRATEGY_MERGE;
    settle();
    is_by(0, "replace", "table 'b' of the same step is replaced");
    is_by(1, "replace", "");
}

/* Where nothing else is there, it is filled as fast as can be. */
static void test_nothing_but_empty_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        make_empty(i, true);
        tasks[i].no_data = true;
    }
    settle();
    is_by(0, "replace", "");
    is_by(2, "replace", "");
}

/* Of a job that replaces, or without a key, it has to be. */
static void test_an_empty_table_that_is_replaced(void **state)
{
    (void)state;
    for (size_t i = 1; i < TABLES; i++)
        make_empty(i, true);
    plans[2].key.count = 0;
    tasks[2].changes.strategy = FERRY_STRATEGY_APPEND;
    settle();
    is_by(0, "replace", "table 'b' of the same step is replaced");
    is_by(1, "replace", "");
    is_by(2, "replace", "");
}

/* All rows were to be read all the same: nothing is lost by replacing them. */
static void test_all_rows_of_a_table_that_keeps_some(void **state)
{
    (void)state;
    tasks[0].changes.strategy = FERRY_STRATEGY_APPEND;
    ferry_strbuf_add(&plans[0].why, "--full asks for all rows");
    plans[2].strategy = &replace;
    settle();
    is_by(0, "replace", "table 'c' of the same step is replaced");
}

static void test_rows_that_are_kept(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)state;
    tasks[0].changes.strategy = FERRY_STRATEGY_APPEND;
    plans[0].strategy = &append;
    plans[2].strategy = &replace;
    ferry_strbuf_add(&plans[2].why, "the table is new");
    assert_int_equal(ferry_alike_settle(&run, &error), FERRY_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "'c' is replaced, since the table is new, and 'a' is to "
                                          "keep rows, by strategy = \"append\"; run 'c' alone"));
    is_by(0, "append", "");
}

/* Each goes its own way. */
static void test_a_target_that_mixes(void **state)
{
    (void)state;
    fake_handle.target.abilities |= FERRY_TOGETHER_CHANGES;
    plans[1].strategy = &replace;
    plans[2].strategy = &append;
    settle();
    is_by(0, "merge", "");
    is_by(2, "append", "");
}

static void test_one_table_alone(void **state)
{
    (void)state;
    job.task_count = 1;
    plans[1].strategy = &replace; /* of no run */
    settle();
    is_by(0, "merge", "");
}

int main(void)
{
#define WITH_RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_RUN(test_none_is_replaced),
        WITH_RUN(test_all_are_replaced_with_one),
        WITH_RUN(test_an_empty_table),
        WITH_RUN(test_an_empty_table_whose_key_does_not_suit),
        WITH_RUN(test_nothing_but_empty_tables),
        WITH_RUN(test_an_empty_table_that_is_replaced),
        WITH_RUN(test_all_rows_of_a_table_that_keeps_some),
        WITH_RUN(test_rows_that_are_kept),
        WITH_RUN(test_a_target_that_mixes),
        WITH_RUN(test_one_table_alone),
    };
    return cmocka_run_group_tests_name("alike", tests, NULL, NULL);
}
