/* Tests of policy.c: what the policy of a job refuses of a plan, and in which words. */

#include "unit.h"

#include "engine/policy.h"

/* A plan of so many columns "c1" (t1), "c2" (t2), ...; each has the fit and the note.  Behind the
 * last one stands what no column can have, so that whoever goes that far refuses it. */
static void make_plan(struct ferry_plan *plan, size_t columns, uint32_t fit, const char *note)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *plan = (struct ferry_plan){0};
    plan->mappings = calloc(columns + 1, sizeof *plan->mappings);
    assert_non_null(plan->mappings);
    plan->mappings[columns].fit = FERRY_FIT_NONE;
    for (size_t i = 0; i < columns; i++) {
        char name[16], native[16];
        (void)snprintf(name, sizeof name, "c%zu", i + 1);
        (void)snprintf(native, sizeof native, "t%zu", i + 1);
        const struct ferry_column column = {
            .name = name, .native = native, .type = FERRY_TYPE_TEXT};
        (void)ferry_schema_add(&plan->schema, &column, sizeof column, &error);
        (void)ferry_mapping_set(&plan->mappings[i], fit, "T", note, &error);
        assert_no_error(&error);
    }
}

/* The plan is refused in these words; it is not freed. */
static void refuses(const struct ferry_plan *plan, const struct ferry_plan_policy *policy,
                    const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_plan_check(plan, policy, "t", &error), FERRY_ERR_SCHEMA);
    assert_int_equal(error.status, FERRY_ERR_SCHEMA);
    assert_string_equal(error.message, expected);
}

static void passes(const struct ferry_plan *plan, const struct ferry_plan_policy *policy)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_plan_check(plan, policy, "t", &error), FERRY_OK);
    assert_no_error(&error);
}

static const struct ferry_plan_policy strict = {0}, typed = {.is_typed = true};

/* ---- Columns ---- */

static void test_columns_that_cannot_be_stored(void **state)
{
    (void)state;
    const struct ferry_plan_policy lax = {.allow_lossy = true, .allow_rebuild_loss = true};
    struct ferry_plan plan;
    make_plan(&plan, 1, FERRY_FIT_NONE, "no such type");
    refuses(&plan, &strict,
            "the target cannot store column 'c1' (t1: no such type); leave it out of the view or "
            "query, CAST it, or choose another type with columns = ( { name = \"...\"; type = "
            "\"...\"; } )");
    refuses(&plan, &typed,
            "the target cannot store column 'c1' (t1: no such type); leave it out of the view or "
            "query, CAST it, or choose another type with --column NAME=TYPE");
    refuses(&plan, &lax,
            "the target cannot store column 'c1' (t1: no such type); leave it out of the view or "
            "query, CAST it, or choose another type with columns = ( { name = \"...\"; type = "
            "\"...\"; } )");
    ferry_plan_done(&plan);
}

static void test_columns_that_lose_something(void **state)
{
    (void)state;
    const struct ferry_plan_policy lax = {.allow_lossy = true};
    struct ferry_plan plan;
    make_plan(&plan, 1, FERRY_FIT_LOSSY, "digits");
    refuses(&plan, &strict,
            "the target would lose something of column 'c1' (t1: digits); CAST it in the view or "
            "query, or allow the loss with on_lossy = \"allow\"");
    refuses(&plan, &typed,
            "the target would lose something of column 'c1' (t1: digits); CAST it in the view or "
            "query, or allow the loss with -o job.on_lossy=allow");
    passes(&plan, &lax);
    ferry_plan_done(&plan);
    for (uint32_t fit = FERRY_FIT_EXACT; fit < FERRY_FIT_LOSSY; fit++) {
        make_plan(&plan, 2, fit, NULL);
        passes(&plan, &strict);
        ferry_plan_done(&plan);
    }
}

/* How many columns are refused, and those that are named. */
static void names(size_t columns, const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    make_plan(&plan, columns, FERRY_FIT_NONE, NULL);
    (void)ferry_plan_check(&plan, &strict, "t", &error);
    assert_error(&error, FERRY_ERR_SCHEMA, expected);
    ferry_plan_done(&plan);
}

/* A note comes from a driver, and through it from a database. */
static void test_a_note_is_escaped(void **state)
{
    (void)state;
    struct ferry_plan plan;
    make_plan(&plan, 1, FERRY_FIT_LOSSY, "digits go\nmissing");
    refuses(&plan, &typed,
            "the target would lose something of column 'c1' (t1: digits go\\nmissing); CAST it in "
            "the view or query, or allow the loss with -o job.on_lossy=allow");
    ferry_plan_done(&plan);
}

static void test_five_columns_are_named(void **state)
{
    (void)state;
    names(1, "store column 'c1' (t1); leave");
    names(2, "store column 'c1' (t1), 'c2' (t2); leave");
    names(5, "'c4' (t4), 'c5' (t5); leave");
    names(6, "'c4' (t4), 'c5' (t5) and 1 more; leave");
    names(12, "'c4' (t4), 'c5' (t5) and 7 more; leave");
}

/* Only those that are concerned. */
static void test_other_columns_are_not_named(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    make_plan(&plan, 7, FERRY_FIT_EXACT, NULL);
    (void)ferry_mapping_set(&plan.mappings[1], FERRY_FIT_LOSSY, "T", NULL, &error);
    (void)ferry_mapping_set(&plan.mappings[6], FERRY_FIT_LOSSY, "T", "why", &error);
    refuses(&plan, &typed,
            "the target would lose something of column 'c2' (t2), 'c7' (t7: why); CAST it in the "
            "view or query, or allow the loss with -o job.on_lossy=allow");
    (void)ferry_mapping_set(&plan.mappings[3], FERRY_FIT_NONE, "", NULL, &error);
    refuses(&plan, &typed,
            "the target cannot store column 'c4' (t4); leave it out of the view or query, CAST "
            "it, or choose another type with --column NAME=TYPE");
    ferry_plan_done(&plan);
    const struct ferry_column nameless = {.name = "c", .type = FERRY_TYPE_TEXT};
    plan.mappings = calloc(1, sizeof *plan.mappings);
    (void)ferry_schema_add(&plan.schema, &nameless, sizeof nameless, &error);
    (void)ferry_mapping_set(&plan.mappings[0], FERRY_FIT_LOSSY, "T", NULL, &error);
    refuses(&plan, &typed,
            "the target would lose something of column 'c' (); CAST it in the view or query, or "
            "allow the loss with -o job.on_lossy=allow");
    assert_no_error(&error);
    ferry_plan_done(&plan);
}

/* ---- The table ---- */

/* A plan for a table that has one column too few. */
static void make_rebuild(struct ferry_plan *plan)
{
    make_plan(plan, 1, FERRY_FIT_EXACT, NULL);
    plan->action = FERRY_TABLE_REBUILD;
    ferry_plan_note_difference(plan, "c1", NULL, "T");
}

static void test_a_change_of_columns(void **state)
{
    (void)state;
    const struct ferry_plan_policy refuse = {.refuse_schema_change = true};
    const struct ferry_plan_policy refuse_typed = {.refuse_schema_change = true, .is_typed = true};
    struct ferry_plan plan;
    make_rebuild(&plan);
    passes(&plan, &strict);
    refuses(&plan, &refuse,
            "the columns of table 't' would change: column 'c1' is new; drop the table, or let it "
            "be rebuilt with on_schema_change = \"rebuild\"");
    refuses(&plan, &refuse_typed,
            "the columns of table 't' would change: column 'c1' is new; drop the table, or let it "
            "be rebuilt with -o job.on_schema_change=rebuild");
    plan.action = FERRY_TABLE_KEEP;
    passes(&plan, &refuse);
    plan.action = FERRY_TABLE_CREATE;
    passes(&plan, &refuse);
    ferry_plan_done(&plan);
}

/* A definition of which not all is known cannot be made anew as it is. */
static void test_a_definition_that_is_not_known(void **state)
{
    (void)state;
    const struct ferry_plan_policy lax = {.allow_rebuild_loss = true};
    struct ferry_plan plan;
    make_rebuild(&plan);
    plan.keeps = FERRY_KEEPS_PRIMARY;
    refuses(&plan, &strict,
            "the columns of table 't' would change: column 'c1' is new; and it cannot be made "
            "anew as it is, since the rows are a fallback's, whose keys, indexes and constraints "
            "are not the source's; let the fallback give the same columns, or allow the loss with "
            "on_rebuild_loss = \"allow\"");
    passes(&plan, &lax);
    plan.keeps = FERRY_KEEPS_UNKNOWN;
    refuses(&plan, &typed,
            "the columns of table 't' would change: column 'c1' is new; and it cannot be made "
            "anew as it is, since not all of the source's definition is known (see the warnings); "
            "grant the account what is missing, or allow the loss with -o "
            "job.on_rebuild_loss=allow");
    passes(&plan, &lax);
    plan.action = FERRY_TABLE_KEEP;
    passes(&plan, &strict);
    ferry_plan_done(&plan);
}

static void test_what_a_definition_would_lose(void **state)
{
    (void)state;
    const struct ferry_plan_policy lax = {.allow_rebuild_loss = true};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf none = {0}, some = {0};
    struct ferry_plan plan;
    make_rebuild(&plan);
    ferry_plan_add_losses(&plan, &none);
    assert_string_equal(ferry_strbuf_text(&none), "");
    (void)ferry_note(&plan.losses, &error, "NOT NULL of 'id'");
    refuses(&plan, &strict,
            "table 't' would be made anew for other columns (column 'c1' is new) and lose what its "
            "definition says: NOT NULL of 'id'; alter the table so that it fits, or allow the loss "
            "with on_rebuild_loss = \"allow\"");
    (void)ferry_note(&plan.losses, &error, "a CHECK");
    assert_no_error(&error);
    ferry_plan_add_losses(&plan, &some);
    assert_string_equal(ferry_strbuf_text(&some), "the new definition lacks what the old one says: "
                                                  "NOT NULL of 'id', a CHECK");
    refuses(&plan, &strict,
            "table 't' would be made anew for other columns (column 'c1' is new) and lose what its "
            "definition says: NOT NULL of 'id', a CHECK; alter the table so that it fits, or "
            "allow the loss with on_rebuild_loss = \"allow\"");
    refuses(&plan, &typed,
            "table 't' would be made anew for other columns (column 'c1' is new) and lose what its "
            "definition says: NOT NULL of 'id', a CHECK; alter the table so that it fits, or "
            "allow the loss with -o job.on_rebuild_loss=allow");
    passes(&plan, &lax);
    ferry_plan_done(&plan);
}

static void test_copies_that_would_be_stale(void **state)
{
    (void)state;
    const struct ferry_plan_policy refuse = {.on_stale = FERRY_STALE_REFUSE};
    const struct ferry_plan_policy refuse_typed = {.on_stale = FERRY_STALE_REFUSE,
                                                   .is_typed = true};
    const struct ferry_plan_policy rebuild = {.on_stale = FERRY_STALE_REBUILD};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    make_plan(&plan, 1, FERRY_FIT_EXACT, NULL);
    passes(&plan, &refuse);
    (void)ferry_note(&plan.stale, &error, "'fts' keeps a copy");
    refuses(&plan, &refuse, "'fts' keeps a copy; on_stale = \"warn\" loads the rows all the same");
    (void)ferry_note(&plan.stale, &error, "another does, too");
    assert_no_error(&error);
    refuses(&plan, &refuse_typed,
            "'fts' keeps a copy (and there is more of that kind); -o job.on_stale=warn loads the "
            "rows all the same");
    passes(&plan, &strict);
    passes(&plan, &rebuild);
    ferry_plan_done(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_that_cannot_be_stored),
        cmocka_unit_test(test_columns_that_lose_something),
        cmocka_unit_test(test_a_note_is_escaped),
        cmocka_unit_test(test_five_columns_are_named),
        cmocka_unit_test(test_other_columns_are_not_named),
        cmocka_unit_test(test_a_change_of_columns),
        cmocka_unit_test(test_a_definition_that_is_not_known),
        cmocka_unit_test(test_what_a_definition_would_lose),
        cmocka_unit_test(test_copies_that_would_be_stale),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
