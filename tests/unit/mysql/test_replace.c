/* Tests of the mysql driver's replace.c: the steps of a load in their order, each of which is the
 * last where it fails.  What a step itself does is its own file's. */

#include "unit.h"

#include "load.h"

/* ---- A load of two columns ---- */

#define BEGIN                                                                                      \
    "names", "lock", "load table", "check table", "confirm table", "leftovers", "dependents",      \
        "their right", "drop", "lane", "record", "right to keys", "stage", "learn",                \
        "START TRANSACTION"
#define END "connection", "end of lane", "COMMIT", "finish stage"
#define IN_PLACE                                                                                   \
    "SET SESSION foreign_key_checks = 0",                                                          \
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "wait", "turn"
#define DELETE "START TRANSACTION", "DELETE FROM `t`"
#define INSERT "INSERT INTO `t` (`a`, `b``c`) SELECT `a`, `b``c` FROM `s`"
#define FREE "[drop stage][release][free lane][clear table][clear names]"

struct place {
    struct ferry_schema schema;
    struct ferry_layout layout;
    struct ferry_load_spec spec;
    struct mydrv_unit unit;
    void *load;
    struct ferry_load_totals totals;
    struct ferry_error error;
};

static void make_place(struct place *place)
{
    static const struct ferry_column columns[] = {
        {.name = "a", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "b`c", .native = "", .type = FERRY_TYPE_TEXT},
    };
    memset(place, 0, sizeof *place);
    for (size_t i = 0; i < COUNT(columns); i++)
        (void)ferry_schema_add(&place->schema, &columns[i], sizeof columns[i], &place->error);
    assert_no_error(&place->error);
    place->layout = (struct ferry_layout){.table = "t", .schema = &place->schema};
    place->spec = (struct ferry_load_spec){.layout = &place->layout};
    place->unit = (struct mydrv_unit){.conn = &conn};
    world.steps[0] = '\0';
}

static ferry_status begin(struct place *place)
{
    make_place(place);
    return mydrv_replace_begin(&place->unit, &place->spec, &place->load, &place->error);
}

static void leave(struct place *place)
{
    world.fails = NULL;
    mydrv_replace_free(added);
    assert_int_equal(loads, 0);
    ferry_schema_done(&place->schema);
    ferry_error_clear(&place->error);
}

/* The first `count` of these steps were done, and no others. */
static void assert_done(const char *const *steps, size_t count)
{
    char expected[2000] = "";
    for (size_t i = 0; i < count; i++)
        strcat(strcat(strcat(expected, "["), steps[i]), "]");
    assert_string_equal(world.steps, expected);
}

/* ---- Begin ---- */

static void test_begin(void **state)
{
    (void)state;
    static const char *const steps[] = {BEGIN};
    for (size_t failing = 0; failing <= COUNT(steps); failing++) {
        struct place place;
        memset(&world, 0, sizeof world);
        world.fails = failing < COUNT(steps) ? steps[failing] : NULL;
        world.failures = -1;
        world.exists = failing % 2 == 0;
        ferry_status status = begin(&place);
        assert_int_equal(status, failing < COUNT(steps) ? FERRY_ERR_BUSY : FERRY_OK);
        assert_int_equal(place.error.status, status);
        assert_done(steps, failing < COUNT(steps) ? failing + 1 : COUNT(steps));
        /* what has begun is ended with its change, whatever came of it */
        assert_non_null(added);
        assert_ptr_equal(place.load, status == FERRY_OK ? added : NULL);
        assert_ptr_equal(added->unit, &place.unit);
        world.steps[0] = '\0';
        leave(&place);
        assert_string_equal(world.steps, FREE);
    }
}

static void test_begin_without_memory(void **state)
{
    (void)state;
    struct place place;
    memset(&world, 0, sizeof world);
    allocations_left = 0;
    ferry_status status = begin(&place);
    allocations_left = -1;
    assert_int_equal(status, FERRY_ERR_SYSTEM);
    assert_error(&place.error, FERRY_ERR_SYSTEM, "out of memory");
    assert_string_equal(world.steps, "");
    assert_null(added);
    leave(&place); /* there is none */
    assert_string_equal(world.steps, "");
}

static void test_a_batch(void **state)
{
    (void)state;
    struct place place;
    memset(&world, 0, sizeof world);
    world.failures = -1;
    assert_int_equal(begin(&place), FERRY_OK);
    world.steps[0] = '\0';
    const struct ferry_batch *batch = (const struct ferry_batch *)&world;
    assert_int_equal(mydrv_replace_batch(place.load, FERRY_OP_INSERT, batch, &place.error),
                     FERRY_OK);
    assert_string_equal(world.steps, "[batch]");
    world.fails = "batch";
    assert_int_equal(mydrv_replace_batch(place.load, FERRY_OP_INSERT, batch, &place.error),
                     FERRY_ERR_BUSY);
    leave(&place);
}

/* ---- End ---- */

struct end_case {
    bool exists, in_place, like, counts;
    uint64_t before;
    const char *steps[16];
};

static size_t count_steps(const struct end_case *test)
{
    size_t count = 0;
    while (test->steps[count] != NULL)
        count++;
    return count;
}

/* End a load of 5 rows, where this step fails. */
static ferry_status end(struct place *place, const struct end_case *test, const char *fails)
{
    memset(&world, 0, sizeof world);
    world.exists = test->exists;
    world.in_place = test->in_place;
    world.like = test->like;
    world.counts = test->counts;
    world.rows = world.number = 5;
    world.taken = 3;
    assert_int_equal(begin(place), FERRY_OK);
    world.steps[0] = '\0';
    world.fails = fails;
    world.failures = -1;
    place->totals.before = 99;
    return mydrv_replace_end(place->load, &place->totals, &place->error);
}

static const struct end_case end_cases[] = {
    {false, false, false, false, 0, {END}},
    {false, false, true, false, 0, {END}},
    {false, false, false, true, 0, {END}},
    {false, true, false, true, 0, {END}},
    {false, false, true, true, 0, {END, "SELECT COUNT(*) FROM `s`"}},
    {true, false, true, false, 5, {END, "SELECT COUNT(*) FROM `t`"}},
    {true, false, true, true, 5, {END, "SELECT COUNT(*) FROM `s`", "SELECT COUNT(*) FROM `t`"}},
    {true,
     true,
     true,
     true,
     3,
     {END, "SELECT COUNT(*) FROM `s`", IN_PLACE, DELETE, INSERT, "SELECT COUNT(*) FROM `t`",
      "check dependents"}},
};

static void test_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(end_cases); i++) {
        struct place place;
        assert_int_equal(end(&place, &end_cases[i], NULL), FERRY_OK);
        assert_no_error(&place.error);
        char *freed = strstr(world.steps, "[free lane]"); /* the rows are where they belong */
        assert_string_equal(freed, "[free lane]");
        *freed = '\0';
        assert_done(end_cases[i].steps, count_steps(&end_cases[i]));
        assert_int_equal(place.totals.before, end_cases[i].before);
        assert_int_equal(place.totals.inserted, 5);
        assert_int_equal(place.totals.after, 5);
        assert_int_equal(place.totals.bytes, 1000);
        leave(&place);
    }
}

/* Each step that fails is the last, but that others' locks are waited for. */
static void test_an_end_that_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(end_cases); i++)
        for (size_t k = 0; k < count_steps(&end_cases[i]); k++) {
            const char *fails = end_cases[i].steps[k];
            struct place place;
            if (strcmp(fails, "wait") == 0)
                continue;
            assert_int_equal(end(&place, &end_cases[i], fails), FERRY_ERR_BUSY);
            assert_int_equal(place.totals.before, 99);
            char *again = strstr(world.steps, "[again]");
            if (again != NULL) {
                assert_error(&place.error, FERRY_ERR_BUSY, "t: cannot replace the rows");
                assert_string_equal(again, "[again]");
                *again = '\0';
            } else {
                assert_error(&place.error, FERRY_ERR_BUSY, "has failed");
            }
            assert_int_equal(again != NULL, k >= 9 && k <= 11); /* of the tries */
            assert_done(end_cases[i].steps, k + 1);
            leave(&place);
        }
}

/* What is undone is done once more from its beginning. */
static void test_rows_that_others_lock(void **state)
{
    (void)state;
    static const char *const failing[] = {INSERT, "DELETE FROM `t`", "START TRANSACTION"};
    static const char *const steps[][16] = {
        {END, IN_PLACE, DELETE, INSERT, "again", "rollback", DELETE, INSERT},
        {END, IN_PLACE, DELETE, "again", "rollback", DELETE, INSERT},
        {END, IN_PLACE, "START TRANSACTION", "again", "rollback", DELETE, INSERT},
    };
    for (size_t i = 0; i < COUNT(failing); i++) {
        struct place place;
        memset(&world, 0, sizeof world);
        world.exists = world.in_place = true;
        world.rows = world.number = 5;
        world.turns = 1;
        assert_int_equal(begin(&place), FERRY_OK);
        world.steps[0] = '\0';
        world.fails = failing[i];
        world.failures = 1;
        assert_int_equal(mydrv_replace_end(place.load, &place.totals, &place.error), FERRY_OK);
        char *rest = strstr(world.steps, "[SELECT COUNT");
        assert_string_equal(rest, "[SELECT COUNT(*) FROM `t`][check dependents][free lane]");
        *rest = '\0';
        size_t count = 0;
        while (count < 16 && steps[i][count] != NULL)
            count++;
        assert_done(steps[i], count);
        leave(&place);
    }
}

/* Another number of rows than were written. */
static void test_rows_that_are_missing(void **state)
{
    (void)state;
    static const struct {
        bool in_place;
        ferry_status status;
        const char *words;
    } cases[] = {
        {true, FERRY_ERR_DATA,
         "l: table 't' holds 4 rows after 5 were written; a trigger may have changed them; drop "
         "it"},
        {false, FERRY_ERR_TARGET_IO,
         "l: the new table 't' (engine E) holds 4 rows after 5 were written; convert it to "
         "InnoDB"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place;
        memset(&world, 0, sizeof world);
        world.exists = true;
        world.in_place = cases[i].in_place;
        world.like = world.counts = !cases[i].in_place;
        world.rows = 5;
        world.number = 4;
        assert_int_equal(begin(&place), FERRY_OK);
        assert_int_equal(mydrv_replace_end(place.load, &place.totals, &place.error),
                         cases[i].status);
        assert_string_equal(place.error.message, cases[i].words);
        assert_int_equal(place.error.status, cases[i].status);
        assert_null(strstr(world.steps, "check dependents"));
        leave(&place);
    }
}

/* The two texts of the rows' way into the table: without either of them nothing is sent. */
static void test_rows_without_memory(void **state)
{
    (void)state;
    for (int granted = 0; granted <= 1; granted++) {
        struct place place;
        memset(&world, 0, sizeof world);
        world.exists = world.in_place = true;
        assert_int_equal(begin(&place), FERRY_OK);
        allocations_left = granted;
        ferry_status status = mydrv_replace_end(place.load, &place.totals, &place.error);
        allocations_left = -1;
        assert_int_equal(status, FERRY_ERR_SYSTEM);
        assert_error(&place.error, FERRY_ERR_SYSTEM, "out of memory");
        assert_null(strstr(world.steps, "DELETE"));
        leave(&place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin),
        cmocka_unit_test(test_begin_without_memory),
        cmocka_unit_test(test_a_batch),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_an_end_that_fails),
        cmocka_unit_test(test_rows_that_others_lock),
        cmocka_unit_test(test_rows_that_are_missing),
        cmocka_unit_test(test_rows_without_memory),
    };
    return cmocka_run_group_tests_name("mysql replace", tests, NULL, NULL);
}
