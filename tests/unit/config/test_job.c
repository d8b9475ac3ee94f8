/* Tests of job.c: its tables, and what it reads of the lists. */

#include "unit.h"

#include "config/job_columns.h"
#include "config/job_indexes.h"
#include "config/job_keys.h"

struct fixture {
    struct job_keys from;
    struct ferry_job job;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    job_keys_begin(&fixture->from);
    *state = fixture;
    return 0;
}

static void forget(struct fixture *f)
{
    ferry_job_done(&f->job);
    job_keys_forget(&f->from);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    forget(fixture);
    job_keys_end(&fixture->from);
    free(fixture);
    return 0;
}

static ferry_status read_job(struct fixture *f, const char *text, struct ferry_error *error)
{
    ferry_status status = job_keys_read(&f->from, text, error);
    return status == FERRY_OK ? ferry_job_read(&f->job, f->from.keys, error) : status;
}

#define JOB "name = \"j\"; view = \"v\";\n"

static void takes(struct fixture *f, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)read_job(f, text, &error);
    assert_no_error(&error);
}

static void refuses(struct fixture *f, const char *text, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    if (read_job(f, text, &error) == FERRY_OK)
        fail_msg("'%s' was taken", text);
    assert_error(&error, FERRY_ERR_CONFIG, message);
    forget(f);
}

static void test_no_lists(void **state)
{
    struct fixture *f = *state;
    takes(f, JOB);
    assert_null(f->job.tasks[0].indexes);
    assert_int_equal(f->job.tasks[0].index_count, 0);
    assert_int_equal(f->job.tasks[0].columns.count, 0);
    assert_int_equal(f->job.tasks[0].columns.all.wish.decimal, FERRY_DECIMAL_AUTO);
    forget(f);
    takes(f, JOB "indexes = (); columns = ();");
    assert_int_equal(f->job.tasks[0].index_count, 0);
    assert_int_equal(f->job.tasks[0].columns.count, 0);
}

static void test_indexes(void **state)
{
    struct fixture *f = *state;
    takes(f, JOB "indexes = ( { columns = [ \"b\", \"a,c\" ]; },\n"
                 "  { columns = [ \"a\" ]; unique = true; name = \"i\"; } );");
    assert_int_equal(f->job.tasks[0].index_count, 2);
    const struct ferry_index *plain = &f->job.tasks[0].indexes[0],
                             *unique = &f->job.tasks[0].indexes[1];
    assert_int_equal(plain->column_count, 2);
    assert_string_equal(plain->columns[0], "b");
    assert_string_equal(plain->columns[1], "a,c");
    assert_null(plain->name); /* and not that of the job */
    assert_int_equal(plain->unique, 0);
    assert_int_equal(unique->column_count, 1);
    assert_string_equal(unique->name, "i");
    assert_int_equal(unique->unique, 1);
}

/* What a column does not say, the job says for all; what nobody says, the job's defaults. */
static void test_columns(void **state)
{
    struct fixture *f = *state;
    takes(f, JOB "decimal = \"text\";\n"
                 "columns = ( { name = \"a\"; type = \"REAL\"; zero_date = \"null\"; },\n"
                 "  { decimal = \"real\"; text = \"bytes\"; name = \"B\"; } );\n"
                 "big_unsigned = \"text\";");
    assert_int_equal(f->job.tasks[0].columns.count, 2);
    const struct ferry_column_rule *a = ferry_column_rules_find(&f->job.tasks[0].columns, "A");
    const struct ferry_column_rule *b = ferry_column_rules_find(&f->job.tasks[0].columns, "b");
    const struct ferry_column_rule *other = ferry_column_rules_find(&f->job.tasks[0].columns, "c");
    assert_string_equal(a->name, "a");
    assert_string_equal(a->wish.type, "REAL");
    assert_int_equal(a->wish.decimal, FERRY_DECIMAL_TEXT);
    assert_int_equal(a->wish.big_unsigned, FERRY_BIG_UNSIGNED_TEXT);
    assert_int_equal(a->wish.text, FERRY_TEXT_UTF8);
    assert_int_equal(a->zero_date, FERRY_ZERO_DATE_NULL);
    assert_int_equal(a->origin.line, 3);
    assert_null(b->wish.type);
    assert_int_equal(b->wish.decimal, FERRY_DECIMAL_REAL);
    assert_int_equal(b->wish.big_unsigned, FERRY_BIG_UNSIGNED_TEXT);
    assert_int_equal(b->wish.text, FERRY_TEXT_BYTES);
    assert_int_equal(b->zero_date, FERRY_ZERO_DATE_KEEP);
    assert_int_equal(b->origin.line, 4);
    assert_null(other->name);
    assert_int_equal(other->wish.decimal, FERRY_DECIMAL_TEXT);
    assert_int_equal(other->wish.text, FERRY_TEXT_UTF8);
}

static void test_wrong_lists(void **state)
{
    struct fixture *f = *state;
    refuses(f, JOB "columns = ( { name = \"a\"; },\n { name = \"b\";\n\n type = \"\"; } );",
            ":5: the type of column 'b' is empty");
    refuses(f, JOB "columns = ( { name = \"a\"; }, { name = \"A\"; } );",
            "'columns' of job 'j' names 'A' a second time");
    refuses(f, JOB "columns = ( { name = \"a\"; decimal = \"exact\"; } );",
            "'decimal' of column 'a' must be one of auto|real|text");
    refuses(f, JOB "indexes = ( { columns = []; } );", "'columns' of index 1 of job 'j' is empty");
    refuses(f, JOB "indexes = ( { name = \"i\"; } );",
            "index 1 of job 'j' needs the key 'columns'");
    refuses(f, JOB "\nfallback_view = \"v\";", ":3: job 'j' has fallback_view, but no");
}

/* ---- Tables ---- */

static void check_table(const struct ferry_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *flaw = ferry_option_flaw(&options[i]);
        if (flaw != NULL)
            fail_msg("the row of '%s' has %s", options[i].name, flaw);
    }
}

/* What a group asks its parent is there, and means the same. */
static void check_parent(const struct ferry_option_group *group)
{
    for (size_t i = 0; i < group->option_count; i++) {
        const struct ferry_option *row = &group->options[i], *of_job = NULL;
        if ((row->flags & FERRY_OPTION_ASKS_PARENT) == 0)
            continue;
        for (size_t k = 0; k < ferry_job_option_count; k++)
            if (strcmp(ferry_job_options[k].name, row->name) == 0)
                of_job = &ferry_job_options[k];
        if (of_job == NULL)
            fail_msg("no key of a job is called '%s', which a %s asks for", row->name, group->kind);
        assert_int_equal(of_job->type, row->type);
        if (row->choices != NULL)
            assert_string_equal(of_job->choices, row->choices);
    }
}

static void test_tables(void **state)
{
    (void)state;
    check_table(ferry_general_options, ferry_general_option_count);
    check_table(ferry_job_options, ferry_job_option_count);
    for (size_t i = 0; i < ferry_job_option_count; i++)
        if (ferry_job_options[i].type == FERRY_OPTION_GROUPS)
            check_parent(ferry_job_options[i].group);
    assert_non_null(ferry_option_naming(&(struct ferry_option){.group = &ferry_job_column_group}));
    assert_null(ferry_option_naming(&(struct ferry_option){.group = &ferry_job_index_group}));
}

int main(void)
{
#define WITH_JOB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_JOB(test_no_lists),    WITH_JOB(test_indexes),        WITH_JOB(test_columns),
        WITH_JOB(test_wrong_lists), cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
