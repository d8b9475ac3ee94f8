/* Tests of plan_strategy.c: the lines of a plan about strategy, key and cursor, and about keys
 * without effect. */

#include "unit.h"

#include "base/escape.h"
#include "command/plan_strategy.h"
#include "engine/strategy.h"

static const struct ferry_strategy whole = {.name = "replace", .is_whole = true};
static const struct ferry_strategy merge = {.name = "merge", .is_whole = true};
static const struct ferry_strategy append = {.name = "append"};
static const struct ferry_strategy upsert = {.name = "upsert"};

static struct ferry_plan plan;
static struct ferry_task task;
static size_t key_columns[2];

static int setup(void **state)
{
    (void)state;
    static const struct ferry_column columns[] = {
        {.name = "id",
         .type = FERRY_TYPE_INT,
         .bits = 64,
         .flags = FERRY_COLUMN_ORDERED | FERRY_COLUMN_INDEX_ORDERED},
        {.name = "na\nme", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_ORDERED},
    };
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    plan = (struct ferry_plan){.key.from = FERRY_KEY_PRIMARY};
    task = (struct ferry_task){0};
    for (size_t i = 0; i < COUNT(columns); i++) {
        (void)ferry_schema_add(&plan.described, &columns[i], sizeof columns[i], &error);
        (void)ferry_schema_add(&plan.schema, &columns[i], sizeof columns[i], &error);
    }
    assert_no_error(&error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    plan.key.columns = NULL; /* they are static here */
    ferry_plan_done(&plan);
    return 0;
}

/* What is told is exactly this, as a plan prints it. */
static void prints(const char *expected)
{
    struct ferry_remarks remarks = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_plan_add_strategy(&task, &plan, &remarks);
    for (size_t i = 0; i < remarks.count; i++) {
        ferry_strbuf_addf(&text, "  %s: ", remarks.list[i].kind);
        ferry_escape_text(&text, remarks.list[i].text, strlen(remarks.list[i].text), 2000);
        ferry_strbuf_add(&text, "\n");
    }
    assert_false(remarks.failed);
    assert_string_equal(ferry_strbuf_text(&text), expected);
    ferry_remarks_done(&remarks);
}

static void key_is(size_t count, size_t first, size_t second)
{
    key_columns[0] = first;
    key_columns[1] = second;
    plan.key.columns = key_columns;
    plan.key.count = count;
}

static void add_index(const char *first, const char *second)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const char *const names[] = {first, second};
    const struct ferry_index index = {.columns = names, .column_count = second == NULL ? 1 : 2};
    (void)ferry_schema_add_index(&plan.described, &index, sizeof index, &error);
    assert_no_error(&error);
}

static void cursor_is(const char *from, const char *lag)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    task.changes.cursor = "id";
    task.changes.lag = (struct ferry_lag){.text = lag, .units = 3};
    ferry_bookmark_done(&plan.cursor);
    (void)ferry_bookmark_begin(&plan.cursor, &task.changes, &plan.described, &error);
    assert_no_error(&error);
    if (from != NULL)
        assert_true(ferry_bookmark_recall(&plan.cursor, from, &task.changes.lag));
}

/* ---- Lines ---- */

static void test_nothing_is_decided(void **state)
{
    (void)state;
    task.changes.strategy = FERRY_STRATEGY_UPSERT;
    prints("");
}

static void test_replace(void **state)
{
    (void)state;
    plan.strategy = &whole;
    prints(""); /* as it always was */
}

static void test_another_strategy_than_the_jobs(void **state)
{
    (void)state;
    plan.strategy = &whole;
    task.changes.strategy = FERRY_STRATEGY_MERGE;
    ferry_strbuf_add(&plan.why, "the key is another one than at the last run (na\nme)");
    prints("  strategy: replace, since the key is another one than at the last run (na\\nme)\n");
}

static void test_keys(void **state)
{
    (void)state;
    plan.strategy = &merge;
    task.changes.strategy = FERRY_STRATEGY_MERGE;
    key_is(2, 0, 1);
    prints("  strategy: merge\n"
           "  key: (id, na\\nme), the source's primary key; the source must sort its rows by it\n");
    plan.key.from = FERRY_KEY_UNIQUE;
    key_is(1, 1, 0);
    prints("  strategy: merge\n  key: (na\\nme), the source's first unique index without NULL; the "
           "source must sort its rows by it\n");
    plan.key.from = FERRY_KEY_OF_JOB;
    prints("  strategy: merge\n  key: (na\\nme), as the job says; the source must sort its rows by "
           "it\n");
}

/* An index whose first columns are those of the key, in the order of the engine. */
static void test_an_index_in_the_keys_order(void **state)
{
    (void)state;
    static const char sorted[] = "  strategy: merge\n  key: (id), the source's primary key; the "
                                 "source has an index in its order\n";
    static const char sorts[] = "  strategy: merge\n  key: (id), the source's primary key; the "
                                "source must sort its rows by it\n";
    plan.strategy = &merge;
    task.changes.strategy = FERRY_STRATEGY_MERGE;
    key_is(1, 0, 0);
    add_index("na\nme", "id");
    prints(sorts);
    add_index("id", "na\nme");
    prints(sorted);
    plan.described.columns[0].flags = FERRY_COLUMN_ORDERED;
    prints(sorts);
    plan.described.columns[0].flags |= FERRY_COLUMN_INDEX_ORDERED;
    key_is(2, 0, 1);
    prints("  strategy: merge\n  key: (id, na\\nme), the source's primary key; the source must "
           "sort its rows by it\n");
    plan.described.columns[1].flags |= FERRY_COLUMN_INDEX_ORDERED;
    prints("  strategy: merge\n  key: (id, na\\nme), the source's primary key; the source has an "
           "index in its order\n");
}

static void test_an_index_that_is_too_short(void **state)
{
    (void)state;
    plan.strategy = &merge;
    task.changes.strategy = FERRY_STRATEGY_MERGE;
    plan.described.columns[1].flags |= FERRY_COLUMN_INDEX_ORDERED;
    key_is(2, 0, 1);
    add_index("id", NULL);
    prints("  strategy: merge\n  key: (id, na\\nme), the source's primary key; the source must "
           "sort its rows by it\n");
}

static void test_cursors(void **state)
{
    (void)state;
    plan.strategy = &upsert;
    task.changes.strategy = FERRY_STRATEGY_UPSERT;
    cursor_is(NULL, NULL);
    prints("  strategy: upsert\n  cursor: 'id', read from the beginning\n");
    cursor_is("17", NULL);
    prints("  strategy: upsert\n  cursor: 'id', read above 17\n");
    cursor_is("17", "3");
    prints("  strategy: upsert\n  cursor: 'id', read above 14 (cursor_lag 3)\n");
    key_is(1, 0, 0);
    prints("  strategy: upsert\n"
           "  key: (id), the source's primary key; the source must sort its rows by it\n"
           "  cursor: 'id', read from 14 (cursor_lag 3)\n");
    plan.key.count = 0;
    plan.strategy = &whole;
    ferry_strbuf_add(&plan.why, "--full asks for all rows");
    prints("  strategy: replace, since --full asks for all rows\n"
           "  cursor: 'id', for the next run; all rows are read now (cursor_lag 3)\n");
}

static void test_append_without_a_key(void **state)
{
    (void)state;
    plan.strategy = &append;
    task.changes.strategy = FERRY_STRATEGY_APPEND;
    cursor_is("17", NULL);
    prints("  strategy: append\n  cursor: 'id', read above 17\n"
           "  note: without a key, rows that come later with the cursor of the last row are "
           "missed\n");
    key_is(1, 0, 0);
    prints("  strategy: append\n"
           "  key: (id), the source's primary key; the source must sort its rows by it\n"
           "  cursor: 'id', read from 17\n");
}

/* ---- Keys without effect ---- */

static void set_all(enum ferry_strategy_id strategy, const char *cursor)
{
    task.changes = (struct ferry_change_rules){
        .strategy = strategy,
        .key_count = 1,
        .cursor = cursor,
        .lag.text = "3",
        .read_nulls = true,
        .full_every_ms = 1,
    };
}

static void test_keys_without_effect(void **state)
{
    (void)state;
    plan.strategy = &whole;
    set_all(FERRY_STRATEGY_REPLACE, "id");
    prints("  note: key has no effect with strategy = \"replace\"\n"
           "  note: cursor has no effect with strategy = \"replace\"\n"
           "  note: cursor_lag has no effect with strategy = \"replace\"\n"
           "  note: cursor_nulls has no effect with strategy = \"replace\"\n"
           "  note: full_every has no effect with strategy = \"replace\"\n");
    plan.strategy = &merge;
    set_all(FERRY_STRATEGY_MERGE, "id");
    prints("  strategy: merge\n"
           "  note: cursor has no effect with strategy = \"merge\"\n"
           "  note: cursor_lag has no effect with strategy = \"merge\"\n"
           "  note: cursor_nulls has no effect with strategy = \"merge\"\n"
           "  note: full_every has no effect with strategy = \"merge\"\n");
    plan.strategy = &upsert;
    set_all(FERRY_STRATEGY_UPSERT, NULL);
    prints("  strategy: upsert\n"
           "  note: cursor_lag has no effect with strategy = \"upsert\" without a cursor\n"
           "  note: cursor_nulls has no effect with strategy = \"upsert\" without a cursor\n");
    set_all(FERRY_STRATEGY_UPSERT, "id");
    prints("  strategy: upsert\n");
    plan.strategy = &append;
    set_all(FERRY_STRATEGY_APPEND, "id");
    prints("  strategy: append\n");
}

int main(void)
{
#define WITH_PLAN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_PLAN(test_nothing_is_decided),
        WITH_PLAN(test_replace),
        WITH_PLAN(test_another_strategy_than_the_jobs),
        WITH_PLAN(test_keys),
        WITH_PLAN(test_an_index_in_the_keys_order),
        WITH_PLAN(test_an_index_that_is_too_short),
        WITH_PLAN(test_cursors),
        WITH_PLAN(test_append_without_a_key),
        WITH_PLAN(test_keys_without_effect),
    };
    return cmocka_run_group_tests_name("plan_strategy", tests, NULL, NULL);
}
