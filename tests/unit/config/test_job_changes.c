/* Tests of job_changes.c: the keys of a job that say how a table follows its source, and what is
 * refused before anything is asked. */

#include "unit.h"

#include "config/job_changes.h"
#include "config/job_keys.h"

static struct job_keys from;
static struct ferry_change_rules rules;

static int setup(void **state)
{
    (void)state;
    job_keys_begin(&from);
    return 0;
}

static void forget(void)
{
    free((void *)rules.key);
    rules = (struct ferry_change_rules){0};
    job_keys_forget(&from);
}

static int teardown(void **state)
{
    (void)state;
    forget();
    job_keys_end(&from);
    return 0;
}

static ferry_status read_rules(const char *text, struct ferry_error *error)
{
    ferry_status status = job_keys_read(&from, text, error);
    return status == FERRY_OK ? ferry_job_changes_read(from.keys, &rules, error) : status;
}

#define JOB "name = \"j\"; view = \"v\";\n"

static void takes(const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    forget();
    (void)read_rules(text, &error);
    assert_no_error(&error);
}

static void refuses(const char *text, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    forget();
    if (read_rules(text, &error) == FERRY_OK)
        fail_msg("'%s' was taken", text);
    assert_error(&error, FERRY_ERR_CONFIG, message);
}

static void test_nothing_is_said(void **state)
{
    (void)state;
    takes(JOB);
    assert_int_equal(rules.strategy, FERRY_STRATEGY_REPLACE);
    assert_null(rules.key);
    assert_int_equal(rules.key_count, 0);
    assert_null(rules.cursor);
    assert_null(rules.lag.text);
    assert_false(rules.read_nulls || rules.find_deleted || rules.skip_unchanged || rules.full);
    assert_int_equal(rules.full_every_ms, 0);
    assert_null(rules.change_query);
}

static void test_all_is_said(void **state)
{
    (void)state;
    takes(JOB "strategy = \"upsert\"; key = [ \"b\", \"a,c\" ]; cursor = \"d\";\n"
              "cursor_lag = \"10m\"; cursor_nulls = \"read\"; find_deleted = \"keys\";\n"
              "full_every = \"7d\"; skip_unchanged = true; change_query = \"SELECT 1\";");
    assert_int_equal(rules.strategy, FERRY_STRATEGY_UPSERT);
    assert_int_equal(rules.key_count, 2);
    assert_string_equal(rules.key[0], "b");
    assert_string_equal(rules.key[1], "a,c");
    assert_string_equal(rules.cursor, "d");
    assert_string_equal(rules.lag.text, "10m");
    assert_true(rules.lag.is_time);
    assert_int_equal(rules.lag.ms, 600000);
    assert_true(rules.read_nulls && rules.find_deleted && rules.skip_unchanged);
    assert_false(rules.full); /* that is for the command line to say */
    assert_int_equal(rules.full_every_ms, INT64_C(604800000));
    assert_string_equal(rules.change_query, "SELECT 1");
}

static void test_strategies(void **state)
{
    (void)state;
    takes(JOB "strategy = \"append\"; cursor = \"d\";");
    assert_int_equal(rules.strategy, FERRY_STRATEGY_APPEND);
    takes(JOB "strategy = \"merge\"; cursor_nulls = \"refuse\"; find_deleted = \"never\";");
    assert_int_equal(rules.strategy, FERRY_STRATEGY_MERGE);
    assert_false(rules.read_nulls || rules.find_deleted);
    takes(JOB "strategy = \"replace\";");
    assert_int_equal(rules.strategy, FERRY_STRATEGY_REPLACE);
}

static void test_lags(void **state)
{
    (void)state;
    takes(JOB "cursor_lag = \"1000\";");
    assert_false(rules.lag.is_time);
    assert_int_equal(rules.lag.units, 1000);
    takes(JOB "cursor_lag = \"18446744073709551615\";");
    assert_true(rules.lag.units == UINT64_MAX);
    takes(JOB "cursor_lag = \"18446744073709551609\";");
    assert_true(rules.lag.units == UINT64_MAX - 6);
    takes(JOB "cursor_lag = \"0\";");
    assert_int_equal(rules.lag.units, 0);
    takes(JOB "cursor_lag = \"2h\";");
    assert_true(rules.lag.is_time);
    assert_int_equal(rules.lag.ms, 7200000);
}

static void test_lags_that_are_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"-1",
                                        "ten",
                                        "10x",
                                        "1.5",
                                        "18446744073709551616",
                                        "18446744073709551620",
                                        "184467440737095516150",
                                        "-10m",
                                        "",
                                        " 1",
                                        "1 "};
    char text[200];
    for (size_t i = 0; i < COUNT(wrong); i++) {
        (void)snprintf(text, sizeof text, JOB "\ncursor_lag = \"%s\";", wrong[i]);
        refuses(text, ":3: 'cursor_lag' of job 'j' must be a time, such as \"10m\" or \"2h\", or a "
                      "number of units, such as \"1000\"");
    }
}

/* What cannot work with any source. */
static void test_what_does_not_go_together(void **state)
{
    (void)state;
    refuses(JOB "\nstrategy = \"append\";",
            ":3: job 'j': strategy = \"append\" reads from a cursor on; name its column with "
            "cursor");
    refuses(JOB "strategy = \"merge\";\nfind_deleted = \"keys\";",
            ":3: job 'j': find_deleted goes with strategy = \"upsert\"");
    refuses(JOB "\nkey = [];",
            ":3: 'key' of job 'j' is empty; leave it out, and the source's own is taken");
    refuses(JOB "find_deleted = \"keys\";", "find_deleted goes with strategy = \"upsert\"");
    refuses(JOB "strategy = \"append\"; cursor = \"d\"; find_deleted = \"keys\";",
            "find_deleted goes with strategy = \"upsert\"");
    refuses(JOB "\n\nchange_query = \"SELECT 1\";",
            ":4: job 'j': change_query goes with skip_unchanged = true");
}

static void test_words_that_are_none(void **state)
{
    (void)state;
    refuses(JOB "strategy = \"apend\";", "'strategy' of job 'j' must be one of "
                                         "replace|append|upsert|merge");
    refuses(JOB "strategy = \"merg\";", "merge");
    refuses(JOB "cursor_nulls = \"skip\";", "'cursor_nulls' of job 'j' must be one of ");
    refuses(JOB "find_deleted = \"always\";", "'find_deleted' of job 'j' must be one of ");
    refuses(JOB "full_every = \"soon\";", "'full_every' of job 'j'");
    refuses(JOB "skip_unchanged = \"perhaps\";", "'skip_unchanged' of job 'j'");
    refuses(JOB "key = \"id\";", "'key' of job 'j'");
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_nothing_is_said),     WITH_FOLDER(test_all_is_said),
        WITH_FOLDER(test_strategies),          WITH_FOLDER(test_lags),
        WITH_FOLDER(test_lags_that_are_none),  WITH_FOLDER(test_what_does_not_go_together),
        WITH_FOLDER(test_words_that_are_none),
    };
    return cmocka_run_group_tests_name("job_changes", tests, NULL, NULL);
}
