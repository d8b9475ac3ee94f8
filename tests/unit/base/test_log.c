/* Tests of log.c: one event is one line, whatever is in it, and whoever writes at the same time. */

#include "unit.h"

#include <pthread.h>

#include "base/context.h"
#include "base/log.h"
#include "base/strbuf.h"

struct fixture {
    char *folder;
    char *path;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->folder = make_folder();
    assert_true(asprintf(&fixture->path, "%s/log", fixture->folder) > 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    const struct ferry_log_settings quiet = {.console_level = FERRY_LOG_WARNING};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_log_close();
    (void)ferry_log_open(&quiet, &error);
    ferry_log_close();
    remove_folder(fixture->folder);
    free(fixture->path);
    free(fixture);
    return 0;
}

static void open_log(const struct fixture *fixture, uint32_t level, bool json)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_log_settings settings = {
        .console_level = FERRY_LOG_ERROR, .file_level = level, .file = fixture->path, .json = json};
    (void)ferry_log_open(&settings, &error);
    assert_no_error(&error);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void test_levels(void **state)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    uint32_t level = 99;
    for (uint32_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(ferry_log_level_name(i), names[i]);
        assert_true(ferry_log_level_parse(names[i], &level));
        assert_int_equal(level, i);
    }
    assert_false(ferry_log_level_parse("warn", &level));
    assert_false(ferry_log_level_parse("", &level));
    assert_string_equal(ferry_log_level_name(99), "debug");
    open_log(*state, FERRY_LOG_INFO, false);
    ferry_log(FERRY_LOG_WARNING, "shown %d", 1);
    ferry_log(FERRY_LOG_INFO, "shown %d", 2);
    ferry_log(FERRY_LOG_DEBUG, "hidden");
    ferry_log_close();
    char *text = read_file(((struct fixture *)*state)->path);
    assert_int_equal(count_lines(text), 2);
    assert_non_null(strstr(text, "shown 1"));
    assert_null(strstr(text, "hidden"));
    free(text);
}

static void test_hostile_text_is_one_line(void **state)
{
    open_log(*state, FERRY_LOG_INFO, false);
    ferry_log_set_job("a\nb\x1B[2J");
    ferry_log(FERRY_LOG_INFO, "%s", "x\n2026-01-01T00:00:00.000Z error forged\r\x07\xFF");
    ferry_log_close();
    char *text = read_file(((struct fixture *)*state)->path);
    assert_int_equal(count_lines(text), 1);
    assert_non_null(strstr(text, "a\\nb\\x1B[2J"));
    assert_null(strchr(text, '\x1B'));
    assert_null(strchr(text, '\r'));
    free(text);
}

static void test_json(void **state)
{
    open_log(*state, FERRY_LOG_INFO, true);
    ferry_log_set_job("j\"ob");
    ferry_log_set_phase("load");
    ferry_log(FERRY_LOG_WARNING, "%s", "a \"b\" \\ \n c");
    ferry_log_close();
    char *text = read_file(((struct fixture *)*state)->path);
    assert_int_equal(count_lines(text), 1);
    assert_non_null(strstr(text, "\"level\":\"warning\""));
    assert_non_null(strstr(text, "\"job\":\"j\\\"ob\""));
    assert_non_null(strstr(text, "\"phase\":\"load\""));
    assert_non_null(strstr(text, "\"message\":\"a \\\"b\\\" \\\\ \\u000a c\"}"));
    free(text);
}

static void test_file(void **state)
{
    struct fixture *f = *state;
    struct stat stat_buffer;
    mode_t mask = umask(0);
    open_log(f, FERRY_LOG_INFO, false);
    (void)umask(mask);
    ferry_log(FERRY_LOG_INFO, "one");
    ferry_log_close();
    ferry_log(FERRY_LOG_INFO, "to nobody");
    open_log(f, FERRY_LOG_INFO, false); /* appends */
    ferry_log(FERRY_LOG_INFO, "two");
    ferry_log_close();
    char *text = read_file(f->path);
    assert_int_equal(count_lines(text), 2);
    free(text);
    assert_int_equal(stat(f->path, &stat_buffer), 0);
    assert_int_equal(stat_buffer.st_mode & 0777, 0640);
}

static void test_file_that_cannot_be_opened(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_log_settings settings = {.file = "/nonexistent/folder/log"};
    assert_int_equal(ferry_log_open(&settings, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "/nonexistent/folder/log");
}

static void test_errors_tell_the_outcome(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct fixture *f = *state;
    FERRY_AUTO_ERROR struct ferry_error opened = {0};
    const struct ferry_log_settings settings = {.file = f->path, .file_level = FERRY_LOG_ERROR};
    int saved = dup(STDERR_FILENO); /* what goes to the console is not the report of this test */
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(saved >= 0 && nowhere >= 0);
    assert_int_equal(ferry_log_open(&settings, &opened), FERRY_OK);
    (void)ferry_fail(&error, FERRY_ERR_DATA, "row 5 is bad");
    (void)dup2(nowhere, STDERR_FILENO);
    ferry_log_error(&error, "the target is unchanged");
    ferry_log_error(&error, NULL);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    (void)close(nowhere);
    ferry_log_close();
    char *text = read_file(f->path);
    assert_non_null(strstr(text, "row 5 is bad; the target is unchanged\n"));
    assert_non_null(strstr(text, "row 5 is bad\n"));
    free(text);
}

#define THREADS 4
#define LINES 500

static void *write_lines(void *data)
{
    char name[2] = {*(const char *)data, '\0'};
    for (int i = 0; i < LINES; i++) {
        ferry_log(FERRY_LOG_INFO, "%s%s%s%s%s%s", name, name, name, name, name, name);
        ferry_log_set_job(name);
        ferry_log_set_phase(i % 2 ? NULL : name);
    }
    return NULL;
}

static void test_threads_do_not_mix_lines(void **state)
{
    pthread_t threads[THREADS];
    char names[] = "abcd";
    open_log(*state, FERRY_LOG_INFO, false);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &names[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    ferry_log_close();
    char *text = read_file(((struct fixture *)*state)->path), *rest = text, *line;
    size_t count = 0;
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        const char *end = line + strlen(line) - 6;
        assert_int_equal(strspn(end, (char[]){*end, '\0'}), 6);
        assert_int_equal(line[4], '-');
        count++;
    }
    assert_int_equal(count, THREADS * LINES);
    free(text);
}

/* ---- Several runs ---- */

#define RUNS 3

/* What a driver does in a thread of its own. */
static void *log_from_thread(void *data)
{
    ferry_log(FERRY_LOG_INFO, "%s, a thread", (const char *)data);
    return NULL;
}

/* Its lines are about job NAME, phase "phase NAME", and attempt 7. */
static void *log_as_run(void *data)
{
    const char *name = data;
    struct ferry_context *context = ferry_context_new();
    FERRY_AUTO_STRBUF struct ferry_strbuf phase = {0};
    ferry_context_enter(context);
    ferry_log_set_job(name);
    ferry_strbuf_addf(&phase, "phase %s", name);
    ferry_log_set_phase(ferry_strbuf_text(&phase));
    ferry_log_set_attempt(7);
    for (int i = 0; i < LINES / 10; i++) {
        pthread_t thread;
        ferry_log(FERRY_LOG_INFO, "%s, itself", name);
        if (ferry_thread_create(&thread, log_from_thread, data) == 0)
            (void)pthread_join(thread, NULL);
    }
    ferry_context_enter(NULL);
    ferry_context_release(context);
    return NULL;
}

static void test_lines_name_their_run(void **state)
{
    pthread_t threads[RUNS];
    char names[RUNS][2] = {"a", "b", "c"};
    size_t counts[RUNS] = {0};
    open_log(*state, FERRY_LOG_INFO, true);
    ferry_log_set_job(NULL);
    ferry_log_set_phase(NULL);
    for (size_t i = 0; i < RUNS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_as_run, names[i]), 0);
    for (size_t i = 0; i < RUNS; i++)
        (void)pthread_join(threads[i], NULL);
    ferry_log(FERRY_LOG_INFO, "of no run");
    ferry_log_close();
    char *text = read_file(((struct fixture *)*state)->path), *rest = text, *line;
    while ((line = strsep(&rest, "\n")) != NULL && strstr(line, "of no run") == NULL) {
        char job, phase, message;
        const char *about = strstr(line, "\"job\":");
        assert_non_null(about);
        assert_int_equal(sscanf(about,
                                "\"job\":\"%c\",\"phase\":\"phase %c\",\"attempt\":7,"
                                "\"message\":\"%c, ",
                                &job, &phase, &message),
                         3);
        assert_int_equal(job, message);
        assert_int_equal(phase, message);
        counts[message - 'a']++;
    }
    for (size_t i = 0; i < RUNS; i++)
        assert_int_equal(counts[i], LINES / 10 * 2);
    assert_non_null(line);
    assert_null(strstr(line, "\"job\""));
    assert_null(strstr(line, "\"attempt\""));
    assert_non_null(strstr(line, "\"phase\":\"main\""));
    free(text);
}

static void test_another_job_begins_with_its_first_attempt(void **state)
{
    open_log(*state, FERRY_LOG_INFO, true);
    ferry_log_set_job("a");
    ferry_log_set_attempt(2);
    ferry_log(FERRY_LOG_INFO, "of a");
    ferry_log_set_job("b");
    ferry_log(FERRY_LOG_INFO, "of b");
    ferry_log_close();
    char *text = read_file(((struct fixture *)*state)->path);
    assert_non_null(strstr(text, ",\"attempt\":2,\"message\":\"of a\"}"));
    assert_non_null(strstr(text, ",\"phase\":\"main\",\"message\":\"of b\"}"));
    free(text);
}

/* A thread that goes on sees what its run comes to meanwhile. */

static void *log_in_two_phases(void *data)
{
    pthread_barrier_t *barrier = data;
    ferry_log(FERRY_LOG_INFO, "early");
    (void)pthread_barrier_wait(barrier);
    (void)pthread_barrier_wait(barrier);
    ferry_log(FERRY_LOG_INFO, "late");
    return NULL;
}

static void test_phases_are_of_the_run(void **state)
{
    pthread_t thread;
    pthread_barrier_t barrier;
    open_log(*state, FERRY_LOG_INFO, false);
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    ferry_log_set_job("j");
    ferry_log_set_phase("begin");
    assert_int_equal(ferry_thread_create(&thread, log_in_two_phases, &barrier), 0);
    (void)pthread_barrier_wait(&barrier);
    ferry_log_set_phase("load");
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_join(thread, NULL);
    (void)pthread_barrier_destroy(&barrier);
    ferry_log_close();
    char *text = read_file(((struct fixture *)*state)->path);
    assert_non_null(strstr(text, " j begin: early\n"));
    assert_non_null(strstr(text, " j load: late\n"));
    free(text);
}

int main(void)
{
#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_FILE(test_levels),
        WITH_FILE(test_hostile_text_is_one_line),
        WITH_FILE(test_json),
        WITH_FILE(test_file),
        WITH_FILE(test_file_that_cannot_be_opened),
        WITH_FILE(test_errors_tell_the_outcome),
        WITH_FILE(test_threads_do_not_mix_lines),
        WITH_FILE(test_lines_name_their_run),
        WITH_FILE(test_another_job_begins_with_its_first_attempt),
        WITH_FILE(test_phases_are_of_the_run),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
