/* Tests of job_group.c: jobs of many tables, and what is another for single ones. */

#include "unit.h"

#include "config/job_keys.h"
#include "engine/group.h"

static struct job_keys from;
static struct ferry_job job;

static int setup(void **state)
{
    (void)state;
    job_keys_begin(&from);
    return 0;
}

static void forget(void)
{
    ferry_job_done(&job);
    job_keys_forget(&from);
}

static int teardown(void **state)
{
    (void)state;
    forget();
    job_keys_end(&from);
    return 0;
}

static ferry_status read_job(const char *text, struct ferry_error *error)
{
    ferry_status status = job_keys_read(&from, text, error);
    return status == FERRY_OK ? ferry_job_read(&job, from.keys, error) : status;
}

static void takes(const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    forget();
    (void)read_job(text, &error);
    assert_no_error(&error);
}

static void refuses(const char *text, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    forget();
    if (read_job(text, &error) == FERRY_OK)
        fail_msg("'%s' was taken", text);
    assert_error(&error, FERRY_ERR_CONFIG, message);
}

#define MANY "name = \"j\"; tables = [\"*\"];\n"

static void test_patterns(void **state)
{
    (void)state;
    takes("name = \"j\"; tables = [\"a*\", \"b\"]; views = [\"v\"]; exclude = [\"ax\"]; "
          "target_table = \"p_{name}\";");
    assert_non_null(job.group);
    assert_int_equal(job.task_count, 1);
    assert_int_equal(job.group->tables.count, 2);
    assert_string_equal(job.group->tables.list[1], "b");
    assert_string_equal(job.group->views.list[0], "v");
    assert_string_equal(job.group->exclude.list[0], "ax");
    assert_string_equal(job.group->target_table, "p_{name}");
    assert_false(job.group->prune);
    takes("name = \"j\"; views = [\"*\"]; prune = true;");
    assert_true(job.group->prune);
    assert_int_equal(job.group->tables.count, 0);
    assert_string_equal(job.group->target_table, "{name}");
    takes("name = \"j\"; table = \"t\";");
    assert_null(job.group);
}

/* What an override does not say, the job does. */
static void test_overrides(void **state)
{
    (void)state;
    takes(MANY "strategy = \"merge\"; key = [\"id\"]; decimal = \"text\"; min_rows = 5;\n"
               "overrides = ( { table = \"log\"; strategy = \"append\"; cursor = \"at\";\n"
               "  columns = ( { name = \"c\"; } ); indexes = ( { columns = [\"c\"]; } ); },\n"
               "  { table = \"big\"; target_table = \"large\"; data = false; } );");
    const struct ferry_override *log = &job.group->overrides[0], *big = &job.group->overrides[1];
    assert_int_equal(job.group->override_count, 2);
    assert_int_equal(job.tasks[0].changes.strategy, FERRY_STRATEGY_MERGE);
    assert_string_equal(log->table, "log");
    assert_null(log->target_table);
    assert_int_equal(log->task.changes.strategy, FERRY_STRATEGY_APPEND);
    assert_string_equal(log->task.changes.cursor, "at");
    assert_string_equal(log->task.changes.key[0], "id");
    assert_int_equal(log->task.guards.min_rows, 5);
    assert_int_equal(log->task.columns.all.wish.decimal, FERRY_DECIMAL_TEXT);
    assert_int_equal(log->task.columns.list[0].wish.decimal, FERRY_DECIMAL_TEXT);
    assert_int_equal(log->task.index_count, 1);
    assert_false(log->task.no_data);
    assert_string_equal(big->target_table, "large");
    assert_true(big->task.no_data);
    assert_int_equal(big->task.changes.strategy, FERRY_STRATEGY_REPLACE);
    assert_int_equal(big->task.guards.min_rows, 0);
    assert_false(big->task.guards.allow_empty); /* rows of somebody's own stay */
}

static void test_keys_of_one_table_or_of_many(void **state)
{
    (void)state;
    refuses(MANY "view = \"v\";", ":2: job 'j' has many tables, and 'view' is a key of jobs with");
    refuses(MANY "query = \"SELECT 1\";", "and 'query' is a key of jobs with one");
    refuses(MANY "columns = ( { name = \"c\"; } );", "and 'columns' is of one: write it into its");
    refuses(MANY "indexes = ( { columns = [\"c\"]; } );", "and 'indexes' is of one");
    refuses(MANY "fallback_source = \"x\";", "and 'fallback_source' is a key of jobs with one");
    refuses("name = \"j\"; table = \"t\"; exclude = [\"x\"];",
            "job 'j' has 'exclude', which goes with tables or views");
    refuses("name = \"j\"; table = \"t\"; overrides = ( { table = \"t\"; } );",
            "job 'j' has 'overrides', which goes with tables or views");
}

static void test_wrong_patterns(void **state)
{
    (void)state;
    refuses("name = \"j\"; tables = [];", "has neither a pattern of tables nor one of views");
    refuses("name = \"j\"; tables = [\"a\", \"\"];", "'tables' of job 'j' has an empty name");
    refuses(MANY "exclude = [\"\"];", "'exclude' of job 'j' has an empty name");
    refuses(MANY "target_table = \"all\";", "its target_table must have {name} in it");
}

static void test_wrong_overrides(void **state)
{
    (void)state;
    refuses(MANY "overrides = ( { data = false; } );", "needs the key 'table'");
    refuses(MANY "overrides = ( { table = \"a\"; }, { table = \"a\"; } );",
            "names 'a' a second time");
    refuses(MANY "overrides = ( { table = \"a\"; strategy = \"append\"; } );",
            "override 'a': strategy = \"append\" reads from a cursor on");
    refuses(MANY "overrides = ( { table = \"a\"; view = \"v\"; } );", "'view'");
    refuses(MANY "overrides = ( { table = \"a\"; target_table = \"\"; } );",
            "override 'a' has an empty target_table");
}

int main(void)
{
#define WITH_JOB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_JOB(test_patterns),        WITH_JOB(test_overrides),
        WITH_JOB(test_wrong_patterns),  WITH_JOB(test_keys_of_one_table_or_of_many),
        WITH_JOB(test_wrong_overrides),
    };
    return cmocka_run_group_tests_name("job_group", tests, NULL, NULL);
}
