/* Tests of secret.c: each way to give a secret, the order of the ways, and secrets that are none.
 */

#include "unit.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/strbuf.h"
#include "config/secret.h"

static const struct ferry_option keys[] = {
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "x"},
};
static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG, .file = "x.conf", .line = 1};

struct fixture {
    char *folder;
    struct ferry_config *config;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->folder = make_folder();
    fixture->config = ferry_config_new("connection", "main");
    assert_non_null(fixture->config);
    assert_true(ferry_config_add_options(fixture->config, keys, COUNT(keys)));
    fixture->config->secrets_allowed = true;
    ferry_secret_allow_prompt(false);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    ferry_config_free(fixture->config);
    remove_folder(fixture->folder);
    free(fixture);
    return 0;
}

static void set(struct fixture *f, const char *key, const char *value)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_config_set_text(f->config, key, value, &origin, &error);
    assert_no_error(&error);
}

static void gives(struct fixture *f, const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *secret = NULL;
    (void)ferry_config_secret(f->config, "password", &secret, &error);
    assert_no_error(&error);
    if (expected == NULL)
        assert_null(secret);
    else
        assert_string_equal(secret, expected);
    ferry_secret_free(secret);
}

static void refuses(struct fixture *f, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char untouched = 0, *secret = &untouched;
    if (ferry_config_secret(f->config, "password", &secret, &error) == FERRY_OK)
        fail_msg("'%s' was given", secret);
    assert_ptr_equal(secret, &untouched);
    assert_non_null(strstr(error.message, "connection 'main'"));
    assert_null(strstr(error.message, "s3cret"));
    assert_error(&error, FERRY_ERR_CONFIG, message);
}

/* Puts `size` bytes into a file and makes it the secret's. */
static void set_file(struct fixture *f, const char *data, size_t size, mode_t mode)
{
    char *path = write_file(f->folder, "pw", data, size, mode);
    set(f, "password_file", path);
    free(path);
}

static void test_none(void **state)
{
    gives(*state, NULL);
}

static void test_files(void **state)
{
    struct fixture *f = *state;
    set_file(f, "s3cret\n", 7, 0600);
    gives(f, "s3cret");
    set_file(f, "s3cret", 6, 0400);
    gives(f, "s3cret");
    set_file(f, "s3cret\r\n", 8, 0600);
    gives(f, "s3cret");
    set_file(f, " s3 cret \n\n", 11, 0600); /* one newline ends it, the rest is the secret's */
    gives(f, " s3 cret \n");
    set_file(f, "\xC3\xA9\xFF", 3, 0600);
    gives(f, "\xC3\xA9\xFF");
}

static void test_files_that_are_refused(void **state)
{
    struct fixture *f = *state;
    static const mode_t open_modes[] = {0640, 0604, 0644, 0660, 0601};
    for (size_t i = 0; i < COUNT(open_modes); i++) {
        set_file(f, "s3cret\n", 7, open_modes[i]);
        refuses(f, "chmod 600");
    }
    set_file(f, "", 0, 0600);
    refuses(f, "is empty");
    set_file(f, "\n", 1, 0600);
    refuses(f, "is empty");
    set_file(f, "s3\0cret", 7, 0600);
    refuses(f, "NUL");
    set(f, "password_file", f->folder);
    refuses(f, "not a plain file");
    set(f, "password_file", "/nonexistent/pw");
    refuses(f, "/nonexistent/pw");
}

static void test_size_limit(void **state)
{
    struct fixture *f = *state;
    char *data = malloc(70000);
    assert_non_null(data);
    memset(data, 'x', 70000);
    set_file(f, data, 65537, 0600);
    refuses(f, "more than 65536 bytes");
    set_file(f, data, 65536, 0600);
    data[65536] = '\0';
    gives(f, data);
    free(data);
}

static void test_environment(void **state)
{
    struct fixture *f = *state;
    set(f, "password_env", "UNIT_PASSWORD");
    assert_int_equal(unsetenv("UNIT_PASSWORD"), 0);
    refuses(f, "not set");
    assert_int_equal(setenv("UNIT_PASSWORD", "", 1), 0);
    refuses(f, "empty");
    assert_int_equal(setenv("UNIT_PASSWORD", "s3cret", 1), 0);
    gives(f, "s3cret");
}

static void test_commands(void **state)
{
    struct fixture *f = *state;
    set(f, "password_command", "echo s3cret");
    gives(f, "s3cret");
    set(f, "password_command", "printf 's3cret'; cat"); /* standard input is empty, not ours */
    gives(f, "s3cret");
    set(f, "password_command", "echo s3cret; exit 3");
    refuses(f, "exit code 3");
    set(f, "password_command", "true");
    refuses(f, "empty");
    set(f, "password_command", "kill -9 $$");
    refuses(f, "password_command");
    set(f, "password_command", "head -c 70000 /dev/zero | tr '\\0' x");
    refuses(f, "more than");
}

/* A command has our environment but for the variables that are known to hold a secret, by whichever
 * way: a key of this or of another connection. */
static void test_command_and_environment(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("FERRY_T_KEPT", "kept", 1), 0);
    assert_int_equal(setenv("FERRY_T_KEPT_TOO", "too", 1), 0);
    assert_int_equal(setenv("FERRY_T_HID", "s3cret", 1), 0);
    assert_int_equal(setenv("FERRY_T_HIDDEN", "s3cret", 1), 0);
    set(f, "password_env", "FERRY_T_HIDDEN");
    assert_true(ferry_environment_hide("FERRY_T_HID"));
    assert_true(ferry_environment_hide("FERRY_T_HID"));
    assert_true(ferry_environment_hide("FERRY_T_KEPT_"));
    gives(f, "s3cret");
    ferry_config_free(f->config);
    f->config = ferry_config_new("connection", "main");
    assert_true(ferry_config_add_options(f->config, keys, COUNT(keys)));
    set(f, "password_command",
        "echo $FERRY_T_KEPT/$FERRY_T_KEPT_TOO/$FERRY_T_HID/$FERRY_T_HIDDEN/$PPID");
    FERRY_AUTO_STRBUF struct ferry_strbuf expected = {0};
    ferry_strbuf_addf(&expected, "kept/too///%ld", (long)getpid());
    gives(f, ferry_strbuf_text(&expected));
}

/* A pipeline ends as in a shell, and its exit code is seen, whatever signals we ignore. */
static void test_command_and_ignored_signals(void **state)
{
    struct fixture *f = *state;
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    set(f, "password_command", "sh -c 'kill -PIPE $$; echo ignored'; echo s3cret");
    gives(f, "s3cret");
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    set(f, "password_command", "echo s3cret; exec >&-; exit 3");
    refuses(f, "exit code 3");
    assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
}

/* The answer is complete once the command has closed its output; what it does then is not worth
 * waiting for beyond the command's own limit. */
static void test_command_that_lingers(void **state)
{
    struct fixture *f = *state;
    time_t before = time(NULL);
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *secret = NULL;
    set(f, "password_command", "echo s3cret; exec >&-; sleep 60");
    assert_int_equal(ferry_config_secret(f->config, "password", &secret, &error), FERRY_ERR_CONFIG);
    assert_null(secret);
    assert_in_range(time(NULL) - before, 0, 20);
}

static void test_credentials(void **state)
{
    struct fixture *f = *state;
    free(write_file(f->folder, "main.password", "s3cret\n", 7, 0440)); /* as systemd makes them */
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", f->folder, 1), 0);
    gives(f, "s3cret");
    free(write_file(f->folder, "main.password", "s3cret\n", 7, 0444));
    refuses(f, "open to others");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "relative", 1), 0);
    gives(f, NULL);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

/* A connection's name is text from a file: it must not lead out of the folder. */
static void test_credentials_stay_in_their_folder(void **state)
{
    struct fixture *f = *state;
    free(write_file(f->folder, "x.password", "s3cret\n", 7, 0600));
    char *inner = NULL;
    assert_true(asprintf(&inner, "%s/inner", f->folder) > 0);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", inner, 1), 0);
    free(f->config->name);
    f->config->name = strdup("../x");
    gives(f, NULL);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    free(inner);
}

static void test_order(void **state)
{
    struct fixture *f = *state;
    free(write_file(f->folder, "main.password", "credential", 10, 0600));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", f->folder, 1), 0);
    gives(f, "credential");
    set(f, "password_command", "echo command");
    gives(f, "command");
    assert_int_equal(setenv("UNIT_PASSWORD", "environment", 1), 0);
    set(f, "password_env", "UNIT_PASSWORD");
    gives(f, "environment");
    set_file(f, "file", 4, 0600);
    gives(f, "file");
    set(f, "password", "written");
    gives(f, "written");
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void test_nothing_to_free(void **state)
{
    (void)state;
    ferry_secret_free(NULL);
}

int main(void)
{
#define WITH_CONFIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_CONFIG(test_none),
        WITH_CONFIG(test_files),
        WITH_CONFIG(test_files_that_are_refused),
        WITH_CONFIG(test_size_limit),
        WITH_CONFIG(test_environment),
        WITH_CONFIG(test_commands),
        WITH_CONFIG(test_command_and_environment),
        WITH_CONFIG(test_command_and_ignored_signals),
        WITH_CONFIG(test_command_that_lingers),
        WITH_CONFIG(test_credentials),
        WITH_CONFIG(test_credentials_stay_in_their_folder),
        WITH_CONFIG(test_order),
        cmocka_unit_test(test_nothing_to_free),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
