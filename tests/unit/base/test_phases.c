/* How long a run has been in each of its phases. */

#include "base/phases.h"
#include "unit.h"

static void assert_phases(const struct ferry_phases *phases, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_phases_add_json(&text, phases);
    assert_string_equal(ferry_strbuf_text(&text), expected);
}

static void test_times_are_added_up(void **state)
{
    (void)state;
    struct ferry_phases phases = {0};
    assert_phases(&phases, "{}");
    ferry_phases_enter(&phases, "load", 1000);
    ferry_phases_enter(&phases, "commit", 3500);
    ferry_phases_enter(&phases, "load", 3501); /* of the next table */
    ferry_phases_enter(&phases, NULL, 4000);
    ferry_phases_enter(&phases, NULL, 9000); /* nothing goes on */
    assert_phases(&phases, "{\"load\":2.999,\"commit\":0.001}");
    ferry_phases_done(&phases);
    assert_phases(&phases, "{}");
}

/* It may lie in memory that is used for something else by then. */
static void test_names_are_copied(void **state)
{
    (void)state;
    struct ferry_phases phases = {0};
    char name[] = "a \"b\"";
    ferry_phases_enter(&phases, name, 0);
    memset(name, 'x', sizeof name - 1);
    ferry_phases_enter(&phases, "xxxxx", 5);
    ferry_phases_enter(&phases, NULL, 6);
    assert_phases(&phases, "{\"a \\\"b\\\"\":0.005,\"xxxxx\":0.001}");
    ferry_phases_done(&phases);
}

static void test_too_many(void **state)
{
    (void)state;
    struct ferry_phases phases = {0};
    char name[16];
    for (int i = 0; i < FERRY_PHASES_MOST + 5; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        ferry_phases_enter(&phases, name, i);
    }
    ferry_phases_enter(&phases, "p0", 100);
    ferry_phases_enter(&phases, NULL, 200);
    assert_int_equal(phases.count, FERRY_PHASES_MOST);
    assert_int_equal(phases.list[0].ms, 1 + 100);
    assert_int_equal(phases.list[FERRY_PHASES_MOST - 1].ms, 1);
    ferry_phases_done(&phases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_added_up),
        cmocka_unit_test(test_names_are_copied),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
