/* Tests of events.c: which command lines ask for records, whole lines in their order, and the last
 * one. */

#include "unit.h"

#include <stdbool.h>
#include <sys/wait.h>

#include "base/log.h"
#include "command/events.h"
#include "command/relay.h"

/* Each test begins as a program does, in a process of its own: what was said last stays said. */
static void in_a_process(void (*work)(void), const char *expected)
{
    char *folder = make_folder();
    char *path = write_file(folder, "out", "", 0, 0600);
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int file = open(path, O_WRONLY | O_CLOEXEC);
        (void)dup2(file, STDOUT_FILENO);
        work();
        (void)fflush(stdout);
        _exit(0);
    }
    int how = -1;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
    char *text = read_file(path);
    assert_string_equal(text, expected);
    free(text);
    free(path);
    remove_folder(folder);
}

#define BEGINS(type) "{\"version\":1,\"type\":\"" type "\","

static void write_one(const char *type)
{
    struct ferry_json event;
    ferry_event_begin(&event, type);
    ferry_event_write(&event);
}

/* The seconds of the last record are not known beforehand: it is written where none can be. */
static void end_as(int exit_code)
{
    (void)fflush(stdout);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), saved = dup(STDOUT_FILENO);
    (void)dup2(nowhere, STDOUT_FILENO);
    ferry_events_end(exit_code);
    (void)dup2(saved, STDOUT_FILENO);
}

/* ---- Whether there are any ---- */

static bool guesses(const char *const *words, size_t count)
{
    char *list[8] = {NULL};
    for (size_t i = 0; i < count; i++)
        list[i] = (char *)words[i];
    ferry_events_enable(false, NULL);
    ferry_events_guess((int)count, list);
    return ferry_events_are_enabled();
}
#define GUESSES(...)                                                                               \
    guesses((const char *const[]){"dbferry", __VA_ARGS__},                                         \
            COUNT(((const char *const[]){"dbferry", __VA_ARGS__})))

static void test_guesses(void **state)
{
    (void)state;
    assert_true(GUESSES("run", "--json"));
    assert_true(GUESSES("--json", "run"));
    assert_true(GUESSES("run", "--js", "job"));
    assert_false(GUESSES("run", "--jobs", "2"));
    assert_false(GUESSES("run", "--j"));
    assert_false(GUESSES("run", "json"));
    assert_false(GUESSES("run", "--json5"));
    assert_false(GUESSES("run", "--", "--json"));
    assert_false(GUESSES("--"));
}

/* ---- Lines ---- */

static void write_two(void)
{
    struct ferry_json event;
    ferry_events_enable(true, "run");
    write_one("a");
    ferry_event_begin(&event, "b");
    ferry_json_add_text(&event, "text", "x\ny");
    ferry_event_write(&event);
}

static void test_lines(void **state)
{
    (void)state;
    in_a_process(write_two, "{\"version\":1,\"type\":\"a\"}\n"
                            "{\"version\":1,\"type\":\"b\",\"text\":\"x\\u000ay\"}\n");
}

static void write_findings(void)
{
    static char subject[] = "s", text[] = "t", nothing[] = "", mend[] = "m";
    static const struct ferry_finding findings[] = {
        {.level = FERRY_FINDING_OK, .subject = subject, .text = text, .mend = nothing},
        {.level = FERRY_FINDING_FAILURE,
         .status = FERRY_ERR_REFUSED,
         .subject = subject,
         .text = text,
         .mend = mend},
    };
    ferry_events_enable(true, "check");
    ferry_event_write_finding(&findings[0]);
    ferry_log_set_job("shop");
    ferry_event_write_finding(&findings[1]);
}

static void test_findings(void **state)
{
    (void)state;
    in_a_process(
        write_findings,
        BEGINS("finding") "\"job\":null,\"level\":\"ok\",\"subject\":\"s\",\"text\":\"t\","
                          "\"mend\":null,\"exit_code\":0}\n" BEGINS(
                              "finding") "\"job\":\"shop\",\"level\":\"failure\",\"subject\":\"s\","
                                         "\"text\":\"t\",\"mend\":\"m\",\"exit_code\":77}\n");
}

static void write_errors(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_fail(&error, FERRY_ERR_BUSY, "wait");
    ferry_event_write_error(&error, NULL); /* not enabled: nothing */
    ferry_events_enable(true, "run");
    ferry_log_set_job("shop");
    ferry_event_write_error(&error, "the target is unchanged");
}

static void test_errors(void **state)
{
    (void)state;
    in_a_process(write_errors, BEGINS("error") "\"job\":\"shop\",\"class\":\"busy\","
                                               "\"exit_code\":75,\"message\":\"wait\","
                                               "\"outcome\":\"the target is unchanged\"}\n");
}

/* ---- The last one ---- */

static void write_after_the_end(void)
{
    ferry_events_end(1); /* not enabled: nothing */
    ferry_events_enable(true, "run");
    write_one("a");
    end_as(0);
    write_one("b");
    ferry_events_end(70);
}

static void test_nothing_after_the_end(void **state)
{
    (void)state;
    in_a_process(write_after_the_end, "{\"version\":1,\"type\":\"a\"}\n");
}

static void leave_the_end(void)
{
    ferry_events_enable(true, "run");
    ferry_events_leave_end();
    ferry_events_end(0);
    write_one("a");
}

static void test_the_end_is_left_to_another(void **state)
{
    (void)state;
    in_a_process(leave_the_end, "{\"version\":1,\"type\":\"a\"}\n");
}

static void lose_one(void)
{
    struct ferry_json event;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_events_enable(true, "run");
    if (ferry_events_check(&error) != FERRY_OK)
        _exit(1);
    ferry_event_begin(&event, "a");
    event.text.failed = true;
    ferry_event_write(&event);
    if (ferry_events_check(&error) != FERRY_ERR_SYSTEM)
        _exit(1);
    write_one("b");
}

static void test_a_record_without_memory(void **state)
{
    (void)state;
    in_a_process(lose_one, "{\"version\":1,\"type\":\"b\"}\n");
}

/* ---- Where lines of others wait ---- */

static void write_to_relay(void)
{
    struct ferry_relay relay = {.to = STDOUT_FILENO};
    ferry_events_enable(true, "run");
    ferry_events_write_to(&relay);
    write_one("a");
    write_one("b");
    ferry_events_write_to(NULL);
    write_one("c"); /* at once, and so before them */
    while (ferry_relay_has_lines(&relay))
        ferry_relay_write(&relay);
    ferry_relay_done(&relay);
}

static void test_a_relay(void **state)
{
    (void)state;
    in_a_process(write_to_relay, "{\"version\":1,\"type\":\"c\"}\n"
                                 "{\"version\":1,\"type\":\"a\"}\n"
                                 "{\"version\":1,\"type\":\"b\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guesses),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_nothing_after_the_end),
        cmocka_unit_test(test_the_end_is_left_to_another),
        cmocka_unit_test(test_a_record_without_memory),
        cmocka_unit_test(test_a_relay),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
