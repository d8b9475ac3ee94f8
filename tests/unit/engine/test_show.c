/* Tests of show.c: of runs that go on at one time one is shown, and the others do not disturb it.
 */

#include "unit.h"

#include "base/context.h"
#include "engine/show.h"

static char drawn[100]; /* what was drawn and cleared, in order */

static void add(const char *text)
{
    (void)strncat(drawn, text, sizeof drawn - strlen(drawn) - 1);
}

static void draw(const struct ferry_progress *progress)
{
    add(progress->job);
    add(" ");
}

static void draw_state(const char *job, const char *state)
{
    add(job);
    add(":");
    add(state);
    add(" ");
}

static void clear(void)
{
    add("cleared ");
}

static const struct ferry_show show = {.draw = draw, .draw_state = draw_state, .clear = clear};

static void show_rows(const char *job)
{
    const struct ferry_progress progress = {.job = job};
    ferry_show_progress(&progress);
}

static void test_nobody_looks(void **state)
{
    (void)state;
    ferry_show_by(NULL);
    show_rows("a");
    ferry_show_state("a", "waits");
    ferry_show_clear();
    assert_string_equal(drawn, "");
}

static void test_one_run(void **state)
{
    (void)state;
    ferry_show_by(&show);
    ferry_show_clear(); /* nothing is drawn yet */
    show_rows("a");
    show_rows("a");
    ferry_show_clear();
    ferry_show_state("a", "waits");
    ferry_show_clear();
    ferry_show_clear();
    assert_string_equal(drawn, "a a cleared a:waits cleared ");
}

static void test_two_runs(void **state)
{
    (void)state;
    struct ferry_context *a = ferry_context_new(), *b = ferry_context_new();
    assert_true(a != NULL && b != NULL);
    ferry_show_by(&show);
    ferry_context_enter(a);
    show_rows("a");
    ferry_context_enter(b);
    show_rows("b");
    ferry_show_state("b", "waits");
    ferry_show_clear(); /* its own line, which there is not */
    ferry_context_enter(a);
    show_rows("a");
    ferry_show_clear();
    ferry_context_enter(b);
    show_rows("b");
    ferry_context_enter(a);
    show_rows("a");
    ferry_show_clear();
    ferry_context_enter(b);
    ferry_show_clear();
    ferry_context_enter(NULL);
    assert_string_equal(drawn, "a a cleared b cleared ");
    ferry_context_release(a);
    ferry_context_release(b);
}

static void draw_phase(const char *job)
{
    add(job);
    add("-step ");
}

/* The service manager has no line that is wiped, and a person sees no steps. */
static void test_two_who_look(void **state)
{
    (void)state;
    const struct ferry_show service = {
        .draw = draw, .draw_state = draw_state, .draw_phase = draw_phase};
    ferry_show_service_by(&service);
    ferry_show_by(NULL);
    ferry_show_phase("a");
    show_rows("a");
    ferry_show_clear();
    ferry_show_by(&show);
    ferry_show_phase("b");
    show_rows("b");
    ferry_show_state("b", "waits");
    ferry_show_clear();
    ferry_show_service_by(NULL);
    ferry_show_phase("c");
    assert_string_equal(drawn, "a-step a b-step b b b:waits b:waits cleared ");
}

static int setup(void **state)
{
    (void)state;
    drawn[0] = '\0';
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nobody_looks, setup),
        cmocka_unit_test_setup(test_one_run, setup),
        cmocka_unit_test_setup(test_two_runs, setup),
        cmocka_unit_test_setup(test_two_who_look, setup),
    };
    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
