/* Tests of claim.c: which jobs may run at one time, by their places and the names of their tables.
 */

#include "unit.h"

#include <stdbool.h>

#include "command/claim.h"
#include "engine/group.h"

/* A job that writes one table there. */
static struct ferry_claim one_table(const char *source, const char *target, struct ferry_task *task)
{
    return (struct ferry_claim){.job = {.tasks = task, .task_count = 1},
                                .source = source,
                                .target = target,
                                .side_by_side = true};
}

/* They collide in either order. */
static bool collide(const struct ferry_claim *one, const struct ferry_claim *other)
{
    bool result = ferry_claims_collide(one, other);
    assert_int_equal(ferry_claims_collide(other, one), result);
    return result;
}

static void test_places(void **state)
{
    (void)state;
    struct ferry_task t = {.table = "t"}, u = {.table = "u"};
    struct ferry_claim a = one_table("s", "x", &t);
    struct ferry_claim b = one_table("s", "y", &t);
    assert_false(collide(&a, &b)); /* one source, two targets */
    b.target = "x";
    assert_true(collide(&a, &b));
    b = one_table("s", "x", &u);
    assert_false(collide(&a, &b)); /* another table of a server */
    b.side_by_side = false;
    assert_true(collide(&a, &b));
    b = one_table("x", "y", &u);
    assert_true(collide(&a, &b)); /* a chain */
    b = one_table("s", "y", &u);
    b.fallback = "x";
    assert_true(collide(&a, &b));
    b = (struct ferry_claim){0}; /* of a job that cannot be put together */
    assert_false(collide(&a, &b));
    assert_false(collide(&b, &b));
}

/* All tables of a group: these have names of their own. */
static struct ferry_override named[] = {{.table = "plain"},
                                        {.table = "o", .target_table = "sales"}};

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other; /* with {name}: of a group */
        bool collide;
    } cases[] = {
        {"t", "t", true},
        {"Orders", "oRDERS", true},
        {"\xC3\x84pfel", "\xC3\xA4pfel", true}, /* Ä, ä */
        {"t", "tt", false},
        {"{name}", "t", true},
        {"{name}", "a_{name}", true},
        {"a_{name}", "b_{name}", false},
        {"a_{name}", "A_{name}", true},
        {"a_{name}", "a_b_{name}", true},
        {"{name}_a", "{name}_b", false},
        {"{name}_a", "{name}_b_a", true},
        {"a_{name}_x", "a_{name}_y", false},
        {"a_{name}", "{name}_b", true},
        {"a_{name}", "b_t", false},
        {"a_{name}", "A_t", true},
        {"{name}_a", "t_b", false},
        {"{name}_a", "t_A", true},
        {"a_{name}_{name}_b", "a_x_y_c", false},
        {"a_{name}_{name}_b", "a_x_y_b", true},
        {"\xC3\x84_{name}", "b_{name}", true},   /* nothing is said of such letters */
        {"x\xC3\x84_{name}", "b_{name}", false}, /* but of those before */
        {"k_{name}", "\xE2\x84\xAA_t", true},    /* the sign of Kelvin is a k */
        {"{name}\xC3\x84_a", "t_b", false},
        {"{name}\xC3\x84", "t_b", true},
        {"a_{name}", "sales", true}, /* that is an override's */
        {"a_{name}", "SALES", true},
        {"a_{name}", "plain", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_task tasks[] = {{.table = cases[i].one}, {.table = cases[i].other}};
        struct ferry_group groups[] = {
            {.target_table = cases[i].one, .overrides = named, .override_count = COUNT(named)},
            {.target_table = cases[i].other}};
        struct ferry_claim claims[2];
        for (size_t k = 0; k < 2; k++) {
            claims[k] = one_table("s", "x", &tasks[k]);
            if (strstr(tasks[k].table, FERRY_GROUP_NAME) != NULL)
                claims[k].job.group = &groups[k];
        }
        if (collide(&claims[0], &claims[1]) != cases[i].collide)
            fail_msg("'%s', '%s'", cases[i].one, cases[i].other);
    }
}

static void test_one_table_of_many(void **state)
{
    (void)state;
    struct ferry_task t = {.table = "e_u"};
    struct ferry_group group = {.target_table = "e_{name}"};
    char x[] = "e_x", y[] = "e_Y";
    struct ferry_claim all = one_table("s", "x", &t), one = all, other = all, single = all;
    all.job.group = one.job.group = other.job.group = &group;
    one.only = x;
    other.only = y;
    assert_true(collide(&all, &one));
    assert_true(collide(&one, &one));
    assert_false(collide(&one, &other));
    assert_false(collide(&one, &single));
    t.table = "E_X";
    assert_true(collide(&one, &single));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_one_table_of_many),
    };
    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
