/* Tests of group.c: which of a source's tables a group has, and the job that each becomes. */

#include "fake.h"

#include "engine/group.h"

static struct ferry_group group;
static struct ferry_job job;
static struct ferry_listing listing;
static struct ferry_tables tables;

/* What the source has. */
static void lists(const char *const *names, size_t count)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    for (size_t i = 0; i < count; i++) {
        bool is_view = strncmp(names[i], "v_", 2) == 0;
        const struct ferry_listed listed = {.name = names[i],
                                            .kind = is_view ? FERRY_READ_VIEW : FERRY_READ_TABLE};
        assert_int_equal(ferry_listing_add(&listing, &listed, sizeof listed, &error), FERRY_OK);
    }
    assert_null(ferry_listing_sort(&listing));
}

#define LISTS(...)                                                                                 \
    do {                                                                                           \
        static const char *const names_[] = {__VA_ARGS__};                                         \
        lists(names_, COUNT(names_));                                                              \
    } while (0)

/* The patterns of one kind. */
#define HAS(kind, ...)                                                                             \
    do {                                                                                           \
        static const char *patterns_[] = {__VA_ARGS__};                                            \
        group.kind = (struct ferry_patterns){.list = patterns_, .count = COUNT(patterns_)};        \
    } while (0)

static int setup(void **state)
{
    (void)fake_setup(state);
    group = (struct ferry_group){.target_table = FERRY_GROUP_NAME};
    job = (struct ferry_job){.name = "erp", .group = &group};
    job.route.source = fake_config;
    job.route.lock_wait_ms = 77;
    struct ferry_task *task = ferry_job_add_task(&job);
    assert_non_null(task);
    task->verify = FERRY_VERIFY_CONTENT;
    return 0;
}

static int teardown(void **state)
{
    ferry_tables_done(&tables);
    ferry_tables_done(&tables); /* nothing is left */
    ferry_listing_done(&listing);
    job.group = NULL;
    ferry_job_done(&job);
    return fake_teardown(state);
}

static void chooses(const char *only, const char *wanted)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf found = {0};
    (void)ferry_group_choose(&job, &listing, only, &tables, &error);
    assert_no_error(&error);
    for (size_t i = 0; i < tables.count; i++) {
        assert_ptr_equal(tables.jobs[i].tasks, &tables.tasks[i]);
        assert_int_equal(tables.jobs[i].task_count, 1);
        assert_int_equal(tables.jobs[i].route.lock_wait_ms, 77);
        assert_string_equal(tables.tasks[i].name, tables.jobs[i].name);
        assert_int_equal(tables.tasks[i].place, i + 1);
        assert_int_equal(tables.tasks[i].place_count, tables.count);
        ferry_strbuf_addf(&found, "%s%s>%s", i > 0 ? " " : "", tables.tasks[i].read.text,
                          tables.tasks[i].table);
    }
    assert_string_equal(ferry_strbuf_text(&found), wanted);
    assert_int_equal(listing.count, 0); /* it has gone over */
}

static void fails(const char *only, ferry_status status, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_group_choose(&job, &listing, only, &tables, &error), status);
    assert_error(&error, status, message);
    ferry_tables_done(&tables);
}

/* ---- Which tables ---- */

static void test_all_tables(void **state)
{
    (void)state;
    HAS(tables, "*");
    LISTS("b", "v_b", "a", "C");
    chooses(NULL, "C>C a>a b>b");
    assert_string_equal(tables.jobs[1].name, "erp/a");
    assert_int_equal(tables.tasks[1].read.kind, FERRY_READ_TABLE);
    assert_int_equal(tables.tasks[1].verify, FERRY_VERIFY_CONTENT);
}

static void test_views_and_what_is_left_out(void **state)
{
    (void)state;
    HAS(tables, "o*", "item");
    HAS(views, "v_o*");
    HAS(exclude, "*_old", "nothing of this name");
    LISTS("orders", "orders_old", "item", "other", "people", "v_orders", "v_people", "v_o_old");
    chooses(NULL, "item>item orders>orders other>other v_orders>v_orders");
    assert_int_equal(tables.tasks[3].read.kind, FERRY_READ_VIEW);
}

static void test_one_of_them(void **state)
{
    (void)state;
    HAS(tables, "*");
    HAS(exclude, "c");
    LISTS("a", "b/x", "c");
    chooses("b/x", "b/x>b/x");
    assert_string_equal(tables.jobs[0].name, "erp/b/x");
}

static void test_one_that_is_not_carried(void **state)
{
    (void)state;
    HAS(tables, "*");
    HAS(exclude, "c*");
    LISTS("a", "cars");
    fails("cars", FERRY_ERR_NOT_FOUND, "'cars' is none of the tables of job 'erp'");
    LISTS("orders", "cars");
    fails("ordres", FERRY_ERR_NOT_FOUND, "did you mean 'orders'?");
}

static void test_patterns_that_fit_nothing(void **state)
{
    (void)state;
    HAS(tables, "*", "ordres");
    LISTS("orders", "v_a");
    fails(NULL, FERRY_ERR_NOT_FOUND,
          "source 'main' has no table that fits 'ordres'; did you mean 'orders'?");
    HAS(tables, "*");
    HAS(views, "report*");
    LISTS("orders", "v_a", "v_b", "v_c", "v_d", "v_e", "v_f", "v_g");
    fails(NULL, FERRY_ERR_NOT_FOUND,
          "no view that fits 'report*'; it has 'v_a', 'v_b', 'v_c', 'v_d', 'v_e' and 2 more");
    group.views.count = 0;
    LISTS("v_a");
    fails(NULL, FERRY_ERR_NOT_FOUND, "no table that fits '*'; it has none that this account may");
    HAS(exclude, "o*");
    LISTS("orders");
    fails(NULL, FERRY_ERR_NOT_FOUND, "its exclude leaves nothing");
}

/* ---- What becomes of each ---- */

static void test_in_one_step(void **state)
{
    (void)state;
    HAS(tables, "*");
    group.together = true;
    LISTS("a", "b");
    chooses(NULL, "a>a b>b");
    assert_true(tables.tasks[0].together && tables.tasks[1].together);
    ferry_tables_done(&tables);
    LISTS("a", "b");
    chooses("b", "b>b"); /* alone */
    assert_false(tables.tasks[0].together);
}

static void test_names_of_targets(void **state)
{
    (void)state;
    HAS(tables, "*");
    group.target_table = "erp_{name}_of_{name}{";
    LISTS("a", "{name}");
    chooses(NULL, "a>erp_a_of_a{ {name}>erp_{name}_of_{name}{");
}

static void test_overrides(void **state)
{
    (void)state;
    struct ferry_override overrides[] = {
        {.table = "b", .task = {.no_data = true}},
        {.table = "c", .target_table = "sea", .task = {.changes.cursor = "id"}},
    };
    group.overrides = overrides;
    group.override_count = COUNT(overrides);
    HAS(tables, "*");
    group.target_table = "x_{name}";
    LISTS("a", "b", "c");
    chooses(NULL, "a>x_a b>x_b c>sea");
    assert_int_equal(tables.tasks[0].verify, FERRY_VERIFY_CONTENT);
    assert_false(tables.tasks[0].no_data);
    assert_true(tables.tasks[1].no_data);
    assert_int_equal(tables.tasks[1].verify, FERRY_VERIFY_NONE); /* as its own task says */
    assert_string_equal(tables.tasks[2].changes.cursor, "id");
    group.overrides = NULL;
}

static void test_an_override_for_nothing(void **state)
{
    (void)state;
    struct ferry_override overrides[] = {{.table = "ordres"}};
    group.overrides = overrides;
    group.override_count = 1;
    HAS(tables, "*");
    LISTS("orders");
    fails(NULL, FERRY_ERR_NOT_FOUND, "the override for 'ordres' has no effect: ");
    overrides[0].table = "v_a"; /* it is there, and not among the tables */
    LISTS("orders", "v_a");
    fails(NULL, FERRY_ERR_NOT_FOUND, "'v_a' is none of the tables");
    group.overrides = NULL;
}

static void test_two_of_one_name(void **state)
{
    (void)state;
    struct ferry_override overrides[] = {{.table = "b", .target_table = "a"}};
    HAS(tables, "*");
    LISTS("Orders", "items", "orders");
    fails(NULL, FERRY_ERR_SCHEMA, "would both become table 'orders'");
    group.overrides = overrides;
    group.override_count = 1;
    LISTS("a", "b");
    fails(NULL, FERRY_ERR_SCHEMA, "would both become table 'a'; give one of them a target_table");
    LISTS("a", "b"); /* and one alone would take the other's place as well */
    fails("b", FERRY_ERR_SCHEMA, "would both become table 'a'");
    group.override_count = 0;
    LISTS("\xC3\x84pfel", "\xC3\xA4pfel"); /* one to a server that folds names */
    fails(NULL, FERRY_ERR_SCHEMA, "would both become table");
    group.overrides = NULL;
}

static void test_all_rows_are_taken(void **state)
{
    (void)state;
    struct ferry_override overrides[] = {{.table = "a"}};
    group.overrides = overrides;
    group.override_count = 1;
    ferry_job_take_all(&job);
    assert_true(job.tasks[0].changes.full);
    assert_true(overrides[0].task.changes.full);
    group.overrides = NULL;
}

int main(void)
{
#define WITH_GROUP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_GROUP(test_all_tables),
        WITH_GROUP(test_views_and_what_is_left_out),
        WITH_GROUP(test_one_of_them),
        WITH_GROUP(test_one_that_is_not_carried),
        WITH_GROUP(test_patterns_that_fit_nothing),
        WITH_GROUP(test_in_one_step),
        WITH_GROUP(test_names_of_targets),
        WITH_GROUP(test_overrides),
        WITH_GROUP(test_an_override_for_nothing),
        WITH_GROUP(test_two_of_one_name),
        WITH_GROUP(test_all_rows_are_taken),
    };
    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
