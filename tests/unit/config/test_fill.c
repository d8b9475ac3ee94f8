/* Tests of fill.c: what becomes of the values of a file. */

#include "unit.h"

#include "base/strbuf.h"
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

static const struct ferry_option inner_rows[] = {
    {.name = "size", .type = FERRY_OPTION_SIZE, .help = "x", .default_value = "1K"},
};
static const struct ferry_option_group inner = {"part", inner_rows, COUNT(inner_rows)};

static const struct ferry_option group_rows[] = {
    {.name = "id",
     .type = FERRY_OPTION_STRING,
     .help = "x",
     .flags = FERRY_OPTION_REQUIRED | FERRY_OPTION_NAMES_GROUP},
    {.name = "path", .type = FERRY_OPTION_PATH, .help = "x"},
    {.name = "flag", .type = FERRY_OPTION_BOOL, .help = "x", .flags = FERRY_OPTION_ASKS_PARENT},
    {.name = "pairs", .type = FERRY_OPTION_PAIRS, .help = "x"},
    {.name = "strings", .type = FERRY_OPTION_STRINGS, .help = "x"},
    {.name = "parts", .type = FERRY_OPTION_GROUPS, .help = "x", .group = &inner},
};
static const struct ferry_option_group group = {"thing", group_rows, COUNT(group_rows)};

static const struct ferry_option keys[] = {
    {.name = "text", .type = FERRY_OPTION_STRING, .help = "x"},
    {.name = "path", .type = FERRY_OPTION_PATH, .help = "x"},
    {.name = "count", .type = FERRY_OPTION_INT, .help = "x"},
    {.name = "flag", .type = FERRY_OPTION_BOOL, .help = "x"},
    {.name = "size", .type = FERRY_OPTION_SIZE, .help = "x", .default_value = "4K"},
    {.name = "pairs", .type = FERRY_OPTION_PAIRS, .help = "x"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "x"},
    {.name = "strings", .type = FERRY_OPTION_STRINGS, .help = "x"},
    {.name = "groups", .type = FERRY_OPTION_GROUPS, .help = "x", .group = &group},
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
    refuses_text(state, "text = 1.5;", 0600, "'text' of connection 'c' must be a string");
    refuses_text(state, "texd = 1.5;", 0600, "did you mean 'text'?");
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

/* ---- Lists ---- */

static void test_strings(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = NULL;
    assert_int_equal(setenv("UNIT_VALUE", "from outside", 1), 0);
    assert_int_equal(fill(state,
                          "strings = [ \"a\", \"${UNIT_VALUE}\", \"a\", \"\",\n"
                          "  \"x${UNIT_VALUE}\" ];",
                          0600, &config, &error),
                     FERRY_OK);
    assert_int_equal(ferry_config_length(config, "strings"), 5);
    assert_string_equal(ferry_config_string_at(config, "strings", 0), "a");
    assert_string_equal(ferry_config_string_at(config, "strings", 1), "from outside");
    assert_string_equal(ferry_config_string_at(config, "strings", 2), "a");
    assert_string_equal(ferry_config_string_at(config, "strings", 3), "");
    assert_string_equal(ferry_config_string_at(config, "strings", 4), "x${UNIT_VALUE}");
    ferry_config_free(config);
    /* in round brackets, too */
    assert_int_equal(fill(state, "strings = ( \"a\", \"b\" );", 0600, &config, &error), FERRY_OK);
    assert_string_equal(ferry_config_string_at(config, "strings", 1), "b");
    ferry_config_free(config);
}

static void test_empty_lists(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const char *const texts[] = {"strings = []; groups = (); pairs = {};",
                                        "strings = (); groups = []; pairs = {};"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct ferry_config *config = NULL;
        assert_int_equal(fill(state, texts[i], 0600, &config, &error), FERRY_OK);
        assert_true(ferry_config_is_set(config, "strings"));
        assert_true(ferry_config_is_set(config, "groups"));
        assert_true(ferry_config_is_set(config, "pairs"));
        assert_int_equal(ferry_config_length(config, "strings"), 0);
        assert_int_equal(ferry_config_length(config, "groups"), 0);
        assert_int_equal(ferry_config_length(config, "pairs"), 0);
        ferry_config_free(config);
    }
}

static void test_groups(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = NULL;
    char *expected = NULL;
    assert_int_equal(setenv("UNIT_VALUE", "from outside", 1), 0);
    assert_int_equal(
        fill(state,
             "flag = true;\n"
             "groups = ( { id = \"${UNIT_VALUE}\"; path = \"x\";\n"
             "             strings = [ \"a\" ]; pairs = { n = \"${UNIT_VALUE}\"; }; },\n"
             "           { parts = ( { size = \"2K\"; }, {} ); flag = false;\n"
             "             id = \"b\"; } );",
             0600, &config, &error),
        FERRY_OK);
    assert_int_equal(ferry_config_length(config, "groups"), 2);
    const struct ferry_config *first = ferry_config_group_at(config, "groups", 0);
    const struct ferry_config *second = ferry_config_group_at(config, "groups", 1);
    const char *name = NULL, *value = NULL;
    assert_true(asprintf(&expected, "%s/x", (char *)*state) > 0);
    assert_string_equal(ferry_config_string(first, "id"), "from outside");
    assert_string_equal(ferry_config_string(first, "path"), expected);
    assert_string_equal(ferry_config_string_at(first, "strings", 0), "a");
    assert_int_equal(ferry_config_pair(first, "pairs", 0, &name, &value), 1);
    assert_string_equal(value, "from outside");
    assert_int_equal(ferry_config_int(first, "flag"), 1);
    assert_int_equal(ferry_config_int(second, "flag"), 0);
    const struct ferry_config *part = ferry_config_group_at(second, "parts", 0);
    assert_int_equal(ferry_config_int(part, "size"), 2048);
    assert_int_equal(ferry_config_int(ferry_config_group_at(second, "parts", 1), "size"), 1024);
    assert_int_equal(first->origin.line, 2);
    assert_int_equal(second->origin.line, 4);
    assert_int_equal(ferry_config_key_origin(first, "strings")->line, 3);
    assert_int_equal(ferry_config_key_origin(second, "id")->line, 5);
    assert_int_equal(ferry_config_key_origin(second, "strings")->line, 4);
    free(expected);
    ferry_config_free(config);
}

/* Each level and each kind, told with its own line. */
static void test_wrong_lists(void **state)
{
#define G "groups = ( { id = \"a\"; },\n  "
    static const char *const wrong[][2] = {
        {"strings = \"a\";", ":1: 'strings' of connection 'c' must be a list of strings"},
        {"strings = 1;", "must be a list of strings"},
        {"strings = true;", "must be a list of strings"},
        {"strings = 1.5;", "must be a list of strings"},
        {"strings = {};", "must be a list of strings"},
        {"strings = { a = \"b\"; };", "must be a list of strings"},
        {"strings = [ 1 ];", "entry 1 of 'strings' of connection 'c' must be a string in quotes"},
        {"strings = [ 1.5 ];", "entry 1 of 'strings'"},
        {"strings = [ true ];", "entry 1 of 'strings'"},
        {"strings = ( \"a\",\n  1,\n \"b\" );", ":2: entry 2 of 'strings'"},
        {"strings = ( \"a\", {} );", "entry 2 of 'strings'"},
        {"strings = ( \"a\", [ \"b\" ] );", "entry 2 of 'strings'"},
        {"strings = ( \"a\", ( \"b\" ) );", "entry 2 of 'strings'"},
        {"strings = ( () );", "entry 1 of 'strings'"},
        {"strings = ( \"a\",\n  \"${UNIT_ABSENT}\" );", ":2: the environment variable UNIT_ABSENT"},
        {"string = ( \"a\" );", "did you mean 'strings'?"},
        {"groups = \"a\";", ":1: 'groups' of connection 'c' must be a list of groups"},
        {"groups = 1L;", "must be a list of groups: ( { id = \"...\"; ... } )"},
        {"groups = {};", "must be a list of groups"},
        {"groups = { a = \"b\"; };", "must be a list of groups"},
        {"groups = { a = { id = \"b\"; }; };", "must be a list of groups"},
        {"groups = [ \"a\" ];", "entry 1 of 'groups' of connection 'c' must be a group { id = "},
        {G "\"b\" );", ":2: entry 2 of 'groups'"},
        {G "1 );", ":2: entry 2 of 'groups'"},
        {G "( { id = \"b\"; } ) );", ":2: entry 2 of 'groups'"},
        {G "[] );", ":2: entry 2 of 'groups'"},
        {G "{} );", ":2: thing 2 of connection 'c' needs the key 'id'"},
        {G "{ id = 5; } );", ":2: 'id' of thing 2 of connection 'c' must be a string"},
        {G "{ id = 1.5; } );", ":2: 'id' of thing 2 of connection 'c' must be a string"},
        {G "{ id = ( \"b\" ); } );", ":2: 'id' of thing 2 of connection 'c' must be a string"},
        {G "{ id = { a = 1; }; } );", ":2: 'id' of thing 2 of connection 'c' must be a string"},
        {G "{ id = \"\"; } );", ":2: 'id' of thing 2 of connection 'c' is empty"},
        {G "{ id = \"${UNIT_ABSENT}\"; } );", ":2: the environment variable UNIT_ABSENT"},
        {G "{ flag = true;\n id = \"a\"; } );",
         ":3: 'groups' of connection 'c' names 'a' a second"},
        {G "{ id = \"b\";\n\n falg = true; } );",
         ":4: unknown key 'falg' in thing 'b'; did you mean 'flag'?"},
        {G "{ id = \"b\";\n flag = 1; } );", ":3: 'flag' of thing 'b' must be true or false"},
        {G "{ id = \"b\"; strings = \"s\"; } );", ":2: 'strings' of thing 'b' must be a list"},
        {G "{ id = \"b\"; strings = ( {} ); } );", ":2: entry 1 of 'strings' of thing 'b'"},
        {G "{ id = \"b\"; pairs = ( {} ); } );", ":2: 'pairs' of thing 'b' must be a group"},
        {G "{ id = \"b\"; pairs = { n = 1; }; } );",
         ":2: 'n' in 'pairs' of thing 'b' must be a string"},
        {G "{ id = \"b\"; parts = ( { size = 5; } ); } );",
         "'size' of part 1 of thing 'b' must be"},
        {G "{ id = \"b\"; parts = ( {}, { sise = 5; } ); } );",
         "unknown key 'sise' in part 2 of thing 'b'"},
        {G "{ id = \"b\"; parts = ( ( {} ) ); } );",
         "entry 1 of 'parts' of thing 'b' must be a group { ... }"},
        {G "{ id = \"a\\n\\x1b[2J\"; falg = true; } );", "in thing 'a\\n\\x1B[2J'"},
        {G "{ password = \"pw\"; } );", "unknown key 'password' in thing 2 of connection 'c'"},
    };
    assert_int_equal(unsetenv("UNIT_ABSENT"), 0);
    for (size_t i = 0; i < COUNT(wrong); i++)
        refuses_text(state, wrong[i][0], 0600, wrong[i][1]);
}

/* As many as a file may hold, and a name as long as no value may be. */
static void test_huge_lists(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    struct ferry_config *config = NULL;
    ferry_strbuf_add(&text, "strings = [ \"0\"");
    for (int i = 1; i < 100000; i++)
        ferry_strbuf_add(&text, ",\"x\"");
    ferry_strbuf_add(&text, " ];\ngroups = ( { id = \"0\"; }");
    for (int i = 1; i < 30000; i++)
        ferry_strbuf_addf(&text, ",{id=\"%d\";}", i);
    ferry_strbuf_add(&text, " );\n");
    assert_int_equal(fill(state, ferry_strbuf_text(&text), 0600, &config, &error), FERRY_OK);
    assert_int_equal(ferry_config_length(config, "strings"), 100000);
    assert_int_equal(ferry_config_length(config, "groups"), 30000);
    assert_string_equal(ferry_config_name(ferry_config_group_at(config, "groups", 29999)), "29999");
    ferry_config_free(config);
    ferry_strbuf_reset(&text);
    ferry_strbuf_add(&text, "groups = ( { id = \"");
    for (int i = 0; i < 70000; i++)
        ferry_strbuf_add(&text, "x");
    ferry_strbuf_add(&text, "\"; } );");
    refuses_text(state, ferry_strbuf_text(&text), 0600,
                 "'id' of thing 1 of connection 'c' is longer than 65536 bytes");
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_values),
        IN_FOLDER(test_wrong_values),
        IN_FOLDER(test_empty_group_for_a_text),
        IN_FOLDER(test_dollar_signs_inside_stay),
        IN_FOLDER(test_strings),
        IN_FOLDER(test_empty_lists),
        IN_FOLDER(test_groups),
        IN_FOLDER(test_wrong_lists),
        IN_FOLDER(test_huge_lists),
    };
    return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
