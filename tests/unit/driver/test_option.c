/* Tests of option.c: names, types, ranges, defaults and secrets of one group of keys. */

#include "unit.h"

#include "driver/option.h"

static const struct ferry_option table[] = {
    {.name = "host", .type = FERRY_OPTION_STRING, .help = "a name", .flags = FERRY_OPTION_REQUIRED},
    {.name = "path", .type = FERRY_OPTION_PATH, .help = "a path"},
    {.name = "port",
     .type = FERRY_OPTION_INT,
     .help = "a port",
     .min = 1,
     .max = 65535,
     .default_value = "3306"},
    {.name = "keep", .type = FERRY_OPTION_BOOL, .help = "a switch", .default_value = "true"},
    {.name = "size",
     .type = FERRY_OPTION_SIZE,
     .help = "a size",
     .default_value = "64K",
     .min = 1024,
     .max = 1 << 30},
    {.name = "time", .type = FERRY_OPTION_DURATION, .help = "a time", .default_value = "30s"},
    {.name = "mode", .type = FERRY_OPTION_MODE, .help = "a mode", .default_value = "0640"},
    {.name = "tls",
     .type = FERRY_OPTION_CHOICE,
     .help = "a choice",
     .choices = "off|on|verify-ca",
     .default_value = "on"},
    {.name = "extra", .type = FERRY_OPTION_PAIRS, .help = "pairs"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "a secret"},
    {.name = "later", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_LATER},
    {.name = "list", .type = FERRY_OPTION_STRINGS, .help = "a list"},
};

static const struct ferry_origin in_file = {
    .status = FERRY_ERR_CONFIG, .file = "/etc/x.conf", .line = 7};
static const struct ferry_origin on_line = {.status = FERRY_ERR_USAGE};

static struct ferry_config *new_group(void)
{
    struct ferry_config *config = ferry_config_new("connection", "main");
    assert_non_null(config);
    assert_true(ferry_config_add_options(config, table, COUNT(table)));
    return config;
}

/* A group that is freed with its test, and the error of the last call. */
struct fixture {
    struct ferry_config *config;
    struct ferry_error error;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->config = new_group();
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    ferry_config_free(fixture->config);
    ferry_error_clear(&fixture->error);
    free(fixture);
    return 0;
}

static void set(struct fixture *fixture, const char *key, const char *text)
{
    (void)ferry_config_set_text(fixture->config, key, text, &in_file, &fixture->error);
    assert_no_error(&fixture->error);
}

static void refuse(struct fixture *fixture, const char *key, const char *text, const char *message)
{
    ferry_status status =
        ferry_config_set_text(fixture->config, key, text, &in_file, &fixture->error);
    assert_int_equal(status, FERRY_ERR_CONFIG);
    assert_non_null(strstr(fixture->error.message, "/etc/x.conf:7: "));
    assert_error(&fixture->error, FERRY_ERR_CONFIG, message);
}

static void test_defaults(void **state)
{
    struct fixture *f = *state;
    set(f, "host", "db");
    assert_int_equal(ferry_config_finish(f->config, &in_file, &f->error), FERRY_OK);
    assert_string_equal(ferry_config_name(f->config), "main");
    assert_string_equal(ferry_config_string(f->config, "host"), "db");
    assert_int_equal(ferry_config_int(f->config, "port"), 3306);
    assert_int_equal(ferry_config_int(f->config, "keep"), 1);
    assert_int_equal(ferry_config_int(f->config, "size"), 65536);
    assert_int_equal(ferry_config_int(f->config, "time"), 30000);
    assert_int_equal(ferry_config_int(f->config, "mode"), 0640);
    assert_string_equal(ferry_config_string(f->config, "tls"), "on");
    assert_null(ferry_config_string(f->config, "path"));
    assert_null(ferry_config_string(f->config, "password_file"));
    assert_true(ferry_config_is_set(f->config, "host"));
    assert_false(ferry_config_is_set(f->config, "port"));
    assert_false(ferry_config_is_set(f->config, "tls"));
}

static void test_required(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ferry_config_finish(f->config, &in_file, &f->error), FERRY_ERR_CONFIG);
    assert_error(&f->error, FERRY_ERR_CONFIG, "'host'");
}

static void test_values(void **state)
{
    struct fixture *f = *state;
    set(f, "size", "1G");
    set(f, "time", "5m");
    set(f, "mode", "600");
    set(f, "tls", "verify-ca");
    set(f, "host", "first");
    set(f, "host", "second");
    assert_int_equal(ferry_config_int(f->config, "size"), 1 << 30);
    assert_int_equal(ferry_config_int(f->config, "time"), 300000);
    assert_int_equal(ferry_config_int(f->config, "mode"), 0600);
    assert_string_equal(ferry_config_string(f->config, "tls"), "verify-ca");
    assert_string_equal(ferry_config_string(f->config, "host"), "second");
    assert_true(ferry_config_is_set(f->config, "size"));
}

static void test_wrong_text(void **state)
{
    struct fixture *f = *state;
    refuse(f, "port", "3306", "must be an integer from 1 to 65535");
    refuse(f, "keep", "true", "true or false");
    refuse(f, "size", "64", "out of range");
    refuse(f, "size", "2G", "out of range");
    refuse(f, "size", "64 MB", "such as");
    refuse(f, "time", "30", "such as");
    refuse(f, "mode", "rw-r-----", "such as");
    refuse(f, "tls", "verify", "off|on|verify-ca");
    refuse(f, "tls", "", "off|on|verify-ca");
    refuse(f, "tls", "on|off", "off|on|verify-ca");
    refuse(f, "path", "", "empty path");
    refuse(f, "extra", "a=b", "group");
    refuse(f, "list", "a", "list of strings");
    refuse(f, "later", "x", "later version");
    refuse(f, "prot", "1", "did you mean 'port'?");
    refuse(f, "latex", "1", "unknown key 'latex'");
    refuse(f, "a\nb", "1", "unknown key 'a\\nb'");
}

static void test_refusal_changes_nothing(void **state)
{
    struct fixture *f = *state;
    set(f, "tls", "off");
    refuse(f, "tls", "perhaps", "off|on");
    assert_string_equal(ferry_config_string(f->config, "tls"), "off");
    assert_int_equal(ferry_config_set_int(f->config, "port", 0, &in_file, &f->error),
                     FERRY_ERR_CONFIG);
    assert_error(&f->error, FERRY_ERR_CONFIG, "1 to 65535");
    assert_false(ferry_config_is_set(f->config, "port"));
}

static void test_integers_and_switches(void **state)
{
    struct fixture *f = *state;
    static const int64_t wrong[] = {0, -1, 65536, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(ferry_config_set_int(f->config, "port", wrong[i], &in_file, &f->error),
                         FERRY_ERR_CONFIG);
        ferry_error_clear(&f->error);
    }
    assert_int_equal(ferry_config_set_int(f->config, "port", 65535, &in_file, &f->error), FERRY_OK);
    assert_int_equal(ferry_config_int(f->config, "port"), 65535);
    static const char *const others[] = {"keep", "size", "host", "time", "tls", "extra"};
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(ferry_config_set_int(f->config, others[i], 1, &in_file, &f->error),
                         FERRY_ERR_CONFIG);
        ferry_error_clear(&f->error);
    }
    assert_int_equal(ferry_config_set_bool(f->config, "port", true, &in_file, &f->error),
                     FERRY_ERR_CONFIG);
    ferry_error_clear(&f->error);
    assert_int_equal(ferry_config_set_bool(f->config, "keep", false, &in_file, &f->error),
                     FERRY_OK);
    assert_int_equal(ferry_config_int(f->config, "keep"), 0);
}

static void test_words_of_the_command_line(void **state)
{
    struct fixture *f = *state;
    static const char *const words[][2] = {{"port", "3307"}, {"keep", "false"}, {"size", "2K"},
                                           {"tls", "off"},   {"host", "h"},     {"time", "1s"}};
    for (size_t i = 0; i < COUNT(words); i++)
        assert_int_equal(
            ferry_config_set_word(f->config, words[i][0], words[i][1], &on_line, &f->error),
            FERRY_OK);
    assert_int_equal(ferry_config_int(f->config, "port"), 3307);
    assert_int_equal(ferry_config_int(f->config, "keep"), 0);
    static const char *const wrong[][2] = {{"port", "x"},   {"port", "99999"}, {"keep", "maybe"},
                                           {"extra", "a"},  {"list", "a,,b"},  {"password", "pw"},
                                           {"nosuch", "x"}, {"", "x"}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(
            ferry_config_set_word(f->config, wrong[i][0], wrong[i][1], &on_line, &f->error),
            FERRY_ERR_USAGE);
        if (strstr(f->error.message, "pw") != NULL)
            fail_msg("a secret is shown: %s", f->error.message);
        ferry_error_clear(&f->error);
    }
}

static void test_paths_start_at_the_file(void **state)
{
    struct fixture *f = *state;
    set(f, "path", "data/x.db");
    assert_string_equal(ferry_config_string(f->config, "path"), "data/x.db");
    f->config->folder = strdup("/etc/dbferry");
    set(f, "path", "data/x.db");
    assert_string_equal(ferry_config_string(f->config, "path"), "/etc/dbferry/data/x.db");
    set(f, "path", "/abs/x.db");
    assert_string_equal(ferry_config_string(f->config, "path"), "/abs/x.db");
    set(f, "password_file", "pw");
    assert_string_equal(ferry_config_string(f->config, "password_file"), "/etc/dbferry/pw");
}

static void test_pairs(void **state)
{
    struct fixture *f = *state;
    const char *name = NULL, *value = NULL;
    assert_int_equal(ferry_config_pair(f->config, "extra", 0, &name, &value), 0);
    for (int i = 0; i < 20; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "k%d", i);
        assert_int_equal(
            ferry_config_add_pair(f->config, "extra", text, text + 1, &in_file, &f->error),
            FERRY_OK);
    }
    assert_int_equal(ferry_config_pair(f->config, "extra", 19, &name, &value), 1);
    assert_string_equal(name, "k19");
    assert_string_equal(value, "19");
    name = "unchanged";
    assert_int_equal(ferry_config_pair(f->config, "extra", 20, &name, &value), 0);
    assert_int_equal(ferry_config_pair(f->config, "extra", SIZE_MAX, &name, &value), 0);
    assert_string_equal(name, "unchanged");
    assert_int_equal(ferry_config_add_pair(f->config, "host", "a", "b", &in_file, &f->error),
                     FERRY_ERR_CONFIG);
}

static void test_secrets(void **state)
{
    struct fixture *f = *state;
    refuse(f, "password", "s3cret", "others may read");
    assert_null(ferry_config_string(f->config, "password"));
    f->config->secrets_allowed = true;
    set(f, "password", "s3cret");
    assert_string_equal(ferry_config_string(f->config, "password"), "s3cret");
    assert_int_equal(ferry_config_set_text(f->config, "password", "s3cret", &on_line, &f->error),
                     FERRY_ERR_USAGE);
    assert_null(strstr(f->error.message, "s3cret"));
    assert_error(&f->error, FERRY_ERR_USAGE, "password_file");
    set(f, "password_env", "PW");
    set(f, "password_command", "echo x");
    assert_non_null(ferry_config_find(f->config, "password_command"));
    assert_null(ferry_config_find(f->config, "host_file"));
}

static void test_long_text(void **state)
{
    struct fixture *f = *state;
    char *text = malloc(70001);
    assert_non_null(text);
    memset(text, 'x', 70000);
    text[70000] = '\0';
    refuse(f, "host", text, "longer than");
    text[65536] = '\0';
    set(f, "host", text);
    free(text);
}

static void test_flaws_of_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_null(ferry_option_flaw(&table[i]));
    const struct ferry_option flawed[] = {
        {.name = NULL, .type = FERRY_OPTION_STRING, .help = "x"},
        {.name = "", .type = FERRY_OPTION_STRING, .help = "x"},
        {.name = "Host", .type = FERRY_OPTION_STRING, .help = "x"},
        {.name = "a-b", .type = FERRY_OPTION_STRING, .help = "x"},
        {.name = "a", .type = 0, .help = "x"},
        {.name = "a", .type = 13, .help = "x"},
        {.name = "a", .type = FERRY_OPTION_STRING},
        {.name = "a", .type = FERRY_OPTION_CHOICE, .help = "x"},
        {.name = "a",
         .type = FERRY_OPTION_CHOICE,
         .help = "x",
         .choices = "b|c",
         .default_value = "d"},
        {.name = "a", .type = FERRY_OPTION_INT, .help = "x", .default_value = "many"},
        {.name = "a", .type = FERRY_OPTION_DURATION, .help = "x", .default_value = "30"},
        {.name = "a", .type = FERRY_OPTION_PAIRS, .help = "x", .default_value = "b"},
    };
    for (size_t i = 0; i < COUNT(flawed); i++)
        if (ferry_option_flaw(&flawed[i]) == NULL)
            fail_msg("row %zu of the flawed ones was taken", i);
}

static void test_type_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_string_not_equal(ferry_option_type_name(&table[i]), "?");
    const struct ferry_option none = {.type = 77};
    assert_string_equal(ferry_option_type_name(&none), "?");
}

int main(void)
{
#define WITH_GROUP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_GROUP(test_defaults),
        WITH_GROUP(test_required),
        WITH_GROUP(test_values),
        WITH_GROUP(test_wrong_text),
        WITH_GROUP(test_refusal_changes_nothing),
        WITH_GROUP(test_integers_and_switches),
        WITH_GROUP(test_words_of_the_command_line),
        WITH_GROUP(test_paths_start_at_the_file),
        WITH_GROUP(test_pairs),
        WITH_GROUP(test_secrets),
        WITH_GROUP(test_long_text),
        cmocka_unit_test(test_flaws_of_tables),
        cmocka_unit_test(test_type_names),
    };
    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
