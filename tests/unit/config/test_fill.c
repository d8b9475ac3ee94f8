/* Tests of fill.c: what becomes of the values of a file. */

#include "unit.h"

#include "config/fill.h"

static int setup(void **state)
{
    *state = make_folder();
    return 0;
}

static int teardown(void **state)
{
    remove_folder(*state);
    return 0;
}

static const struct ferry_option keys[] = {
    {.name = "text", .type = FERRY_OPTION_STRING, .help = "x"},
    {.name = "path", .type = FERRY_OPTION_PATH, .help = "x"},
    {.name = "count", .type = FERRY_OPTION_INT, .help = "x"},
    {.name = "flag", .type = FERRY_OPTION_BOOL, .help = "x"},
    {.name = "size", .type = FERRY_OPTION_SIZE, .help = "x", .default_value = "4K"},
    {.name = "pairs", .type = FERRY_OPTION_PAIRS, .help = "x"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "x"},
};

/* Reads the whole file as one group. */
static ferry_status fill(void **state, const char *text, mode_t mode, struct ferry_config **config,
                         struct ferry_error *error)
{
    char *path = write_file(*state, "a.conf", text, strlen(text), mode);
    struct ferry_config_file *file = NULL;
    assert_int_equal(ferry_config_file_open(path, &file, error), FERRY_OK);
    *config = ferry_config_new("connection", "c");
    assert_true(ferry_config_add_options(*config, keys, COUNT(keys)));
    ferry_status status = ferry_config_fill(*config, file, config_root_setting(&file->tree), error);
    ferry_config_file_free(file);
    free(path);
    return status;
}

static void test_values(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = NULL;
    const char *name = NULL, *value = NULL;
    assert_int_equal(setenv("UNIT_VALUE", "from outside", 1), 0);
    assert_int_equal(
        fill(state,
             "text = \"${UNIT_VALUE}\"; path = \"sub/x\"; count = -3;\n"
             "flag = true; size = \"2M\"; pairs = { a = \"1\"; b = \"${UNIT_VALUE}\"; };"
             "password = \"pw\";",
             0600, &config, &error),
        FERRY_OK);
    char *expected = NULL;
    assert_true(asprintf(&expected, "%s/sub/x", (char *)*state) > 0);
    assert_string_equal(ferry_config_string(config, "text"), "from outside");
    assert_string_equal(ferry_config_string(config, "path"), expected);
    assert_int_equal(ferry_config_int(config, "count"), -3);
    assert_int_equal(ferry_config_int(config, "flag"), 1);
    assert_int_equal(ferry_config_int(config, "size"), 2 << 20);
    assert_true(ferry_config_pair(config, "pairs", 1, &name, &value));
    assert_string_equal(name, "b");
    assert_string_equal(value, "from outside");
    assert_string_equal(ferry_config_string(config, "password"), "pw");
    free(expected);
    ferry_config_free(config);
}

static void refuses_text(void **state, const char *text, mode_t mode, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = NULL;
    if (fill(state, text, mode, &config, &error) == FERRY_OK)
        fail_msg("'%s' was taken", text);
    assert_error(&error, FERRY_ERR_CONFIG, message);
    ferry_config_free(config);
}

static void test_wrong_values(void **state)
{
    assert_int_equal(unsetenv("UNIT_ABSENT"), 0);
    refuses_text(state, "\n\ntext = 5;", 0600, "a.conf:3:");
    refuses_text(state, "text = true;", 0600, "'text'");
    refuses_text(state, "count = \"5\";", 0600, "'count'");
    refuses_text(state, "count = 1.5;", 0600, "'count'");
    refuses_text(state, "count = [1];", 0600, "'count'");
    refuses_text(state, "flag = 1;", 0600, "'flag'");
    refuses_text(state, "flag = \"true\";", 0600, "'flag'");
    refuses_text(state, "size = 4096;", 0600, "'size'");
    refuses_text(state, "text = { a = \"1\"; };", 0600, "'text'");
    refuses_text(state, "text = ( \"a\" );", 0600, "'text'");
    refuses_text(state, "pairs = { a = 1; };", 0600, "quotes");
    refuses_text(state, "pairs = \"a\";", 0600, "'pairs'");
    refuses_text(state, "texd = \"a\";", 0600, "did you mean 'text'?");
    refuses_text(state, "text = \"${UNIT_ABSENT}\";", 0600, "UNIT_ABSENT");
    refuses_text(state, "password = \"pw\";", 0640, "others may read");
}

/* An empty group must be as wrong in a text key as a full one. */
static void test_empty_group_for_a_text(void **state)
{
    refuses_text(state, "text = { };", 0600, "'text'");
    refuses_text(state, "unknown = { };", 0600, "unknown");
}

static void test_dollar_signs_inside_stay(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = NULL;
    assert_int_equal(fill(state, "text = \"a${UNIT_ABSENT}\";", 0600, &config, &error), FERRY_OK);
    assert_string_equal(ferry_config_string(config, "text"), "a${UNIT_ABSENT}");
    ferry_config_free(config);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_values),
        IN_FOLDER(test_wrong_values),
        IN_FOLDER(test_empty_group_for_a_text),
        IN_FOLDER(test_dollar_signs_inside_stay),
    };
    return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
