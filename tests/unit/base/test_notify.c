/* Tests of notify.c: what comes to a socket of either kind, when, and that nothing is ever waited
 * for.
 */

#include "unit.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/notify.h"
#include "base/pulse.h"

struct fixture {
    char *folder, *path;
    int socket;
    char told[8192]; /* the last message */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->folder = make_folder();
    assert_true(asprintf(&f->path, "%s/notify", f->folder) > 0);
    f->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)strncpy(address.sun_path, f->path, sizeof address.sun_path - 1);
    assert_int_equal(bind(f->socket, (struct sockaddr *)&address, sizeof address), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    ferry_notify_close();
    (void)close(f->socket);
    remove_folder(f->folder);
    free(f->path);
    free(f);
    return 0;
}

/* Opened with this environment; NULL: not set. */
static void open_with(const char *socket, const char *usec, const char *pid)
{
    const char *const variables[][2] = {
        {"NOTIFY_SOCKET", socket}, {"WATCHDOG_USEC", usec}, {"WATCHDOG_PID", pid}};
    ferry_notify_close();
    for (size_t i = 0; i < COUNT(variables); i++)
        if (variables[i][1] != NULL)
            assert_int_equal(setenv(variables[i][0], variables[i][1], 1), 0);
    ferry_notify_open();
    for (size_t i = 0; i < COUNT(variables); i++)
        assert_null(getenv(variables[i][0]));
}

/* The next message; NULL: there is none. */
static const char *next(struct fixture *f)
{
    ssize_t length = recv(f->socket, f->told, sizeof f->told - 1, 0);
    if (length < 0)
        return NULL;
    f->told[length] = '\0';
    assert_int_equal(strlen(f->told), length); /* without a NUL */
    return f->told;
}

static void pass_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    assert_int_equal(nanosleep(&time, NULL), 0);
}

static void test_words(void **state)
{
    struct fixture *f = *state;
    open_with(f->path, NULL, NULL);
    assert_true(ferry_notify_is_open());
    ferry_notify_ready();
    assert_string_equal(next(f), "READY=1");
    ferry_notify_stopping();
    assert_string_equal(next(f), "STOPPING=1");
    ferry_notify_result("3 rows");
    assert_string_equal(next(f), "STATUS=3 rows");
    ferry_notify_close();
    assert_false(ferry_notify_is_open());
    ferry_notify_ready();
    ferry_notify_result("4 rows");
    assert_null(next(f));
}

static void test_name_in_no_file_system(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    int length = snprintf(name, sizeof name, "@dbferry-unit-%d", (int)getpid());
    memcpy(address.sun_path, name, (size_t)length);
    address.sun_path[0] = '\0';
    (void)close(f->socket);
    f->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length);
    assert_int_equal(bind(f->socket, (struct sockaddr *)&address, size), 0);
    open_with(name, NULL, NULL);
    ferry_notify_ready();
    assert_string_equal(next(f), "READY=1");
}

static void test_what_is_no_socket(void **state)
{
    struct fixture *f = *state;
    char longest[sizeof(struct sockaddr_un)];
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    const char *const names[] = {NULL, "", "/", "@", "relative", "vsock:2:1", longest};
    for (size_t i = 0; i < COUNT(names); i++) {
        open_with(names[i], "1000", NULL);
        assert_false(ferry_notify_is_open());
        assert_false(ferry_notify_is_watched());
        ferry_notify_ready();
        ferry_notify_status("x");
        ferry_notify_tick();
    }
    assert_null(next(f));
}

static void test_status_is_one_safe_line(void **state)
{
    struct fixture *f = *state;
    char text[6001];
    open_with(f->path, NULL, NULL);
    ferry_notify_result("a\nREADY=1\033[2J\xff");
    assert_string_equal(next(f), "STATUS=a\\nREADY=1\\x1B[2J\\xFF");
    memset(text, '\1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ferry_notify_result(text);
    assert_non_null(next(f));
    assert_true(strlen(f->told) <= 4096); /* systemd takes no more */
}

static void test_status_once_a_second(void **state)
{
    struct fixture *f = *state;
    open_with(f->path, NULL, NULL);
    ferry_notify_status("1 row");
    assert_string_equal(next(f), "STATUS=1 row");
    for (int i = 0; i < 100; i++)
        ferry_notify_status(i % 2 == 0 ? "2 rows" : "3 rows");
    assert_null(next(f));
    ferry_notify_result("done");
    assert_string_equal(next(f), "STATUS=done");
    ferry_notify_result("done"); /* no news */
    assert_null(next(f));
    pass_ms(1001);
    ferry_notify_status("4 rows");
    assert_string_equal(next(f), "STATUS=4 rows");
}

/* Where nobody reads, the kernel takes so many messages and no more. */
static void test_nobody_reads(void **state)
{
    struct fixture *f = *state;
    open_with(f->path, NULL, NULL);
    for (int i = 0; i < 100000; i++)
        ferry_notify_ready();
    ferry_notify_result("done");
    assert_string_equal(next(f), "READY=1");
    assert_int_equal(remove(f->path), 0);
    ferry_notify_result("nobody is there any more");
}

static void test_sign_of_life(void **state)
{
    struct fixture *f = *state;
    open_with(f->path, "4000", NULL); /* so one each 2 ms */
    assert_true(ferry_notify_is_watched());
    pass_ms(3);
    ferry_notify_tick();
    assert_null(next(f)); /* nothing has got on yet */
    ferry_pulse_beat();
    ferry_notify_tick();
    assert_string_equal(next(f), "WATCHDOG=1");
    pass_ms(3);
    ferry_notify_tick();
    assert_null(next(f));
    ferry_pulse_beat();
    ferry_notify_tick();
    assert_string_equal(next(f), "WATCHDOG=1");
    open_with(f->path, "2000000", NULL); /* before a second is over none, and then one for it */
    ferry_pulse_beat();
    ferry_notify_tick();
    assert_null(next(f));
    pass_ms(1001);
    ferry_notify_tick();
    assert_string_equal(next(f), "WATCHDOG=1");
    ferry_pulse_beat();
    ferry_notify_tick();
    assert_null(next(f));
}

static void test_whose_watchdog(void **state)
{
    struct fixture *f = *state;
    char own[32], other[32];
    (void)snprintf(own, sizeof own, "%d", (int)getpid());
    (void)snprintf(other, sizeof other, "%d", (int)getppid());
    const struct {
        const char *usec, *pid;
        bool watched;
    } cases[] = {
        {"1000", own, true},    {"1000", NULL, true}, {"1", own, true},
        {"1000", other, false}, {"1000", "x", false}, {"1000", "", false},
        {"0", own, false},      {"-1", own, false},   {"99999999999999999999", own, false},
        {"1 s", own, false},    {NULL, own, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        open_with(f->path, cases[i].usec, cases[i].pid);
        assert_int_equal(ferry_notify_is_watched(), cases[i].watched);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_words),
        TEST(test_name_in_no_file_system),
        TEST(test_what_is_no_socket),
        TEST(test_status_is_one_safe_line),
        TEST(test_status_once_a_second),
        TEST(test_nobody_reads),
        TEST(test_sign_of_life),
        TEST(test_whose_watchdog),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
