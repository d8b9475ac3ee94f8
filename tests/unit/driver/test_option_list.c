/* Tests of option_list.c: keys that hold several values, and tables of keys that are amiss. */

#include "house.h"

/* ---- Strings ---- */

static void test_strings(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ferry_config_length(f->config, "tags"), 0);
    assert_null(ferry_config_string_at(f->config, "tags", 0));
    for (int i = 0; i < 100; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "t%d", i);
        add_tag(f, f->config, text);
    }
    assert_int_equal(ferry_config_add_string(f->config, "tags", "", &below, &f->error), FERRY_OK);
    finish(f);
    assert_int_equal(ferry_config_key_origin(f->config, "tags")->line, 7); /* where it begins */
    assert_int_equal(ferry_config_length(f->config, "tags"), 101);
    assert_string_equal(ferry_config_string_at(f->config, "tags", 0), "t0");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 99), "t99");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 100), "");
    assert_null(ferry_config_string_at(f->config, "tags", 101));
    assert_null(ferry_config_string_at(f->config, "tags", SIZE_MAX));
    assert_true(ferry_config_is_set(f->config, "tags"));
}

/* An empty list is not the same as none. */
static void test_empty_lists(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *key;
        uint32_t type;
    } lists[] = {{"tags", FERRY_OPTION_STRINGS},
                 {"extra", FERRY_OPTION_PAIRS},
                 {"rooms", FERRY_OPTION_GROUPS}};
    for (size_t i = 0; i < COUNT(lists); i++) {
        assert_false(ferry_config_is_set(f->config, lists[i].key));
        assert_int_equal(
            ferry_config_begin_list(f->config, lists[i].key, lists[i].type, &in_file, &f->error),
            FERRY_OK);
        assert_true(ferry_config_is_set(f->config, lists[i].key));
        assert_int_equal(ferry_config_length(f->config, lists[i].key), 0);
    }
    finish(f);
}

static void test_limits(void **state)
{
    struct fixture *f = *state;
    char *text = malloc(65538);
    assert_non_null(text);
    memset(text, 'x', 65537);
    text[65537] = '\0';
    assert_int_equal(ferry_config_add_string(f->config, "tags", text, &in_file, &f->error),
                     FERRY_ERR_CONFIG);
    assert_error(&f->error, FERRY_ERR_CONFIG, "'tags' of house 'h' is longer than 65536 bytes");
    assert_int_equal(ferry_config_add_pair(f->config, "extra", "n", text, &in_file, &f->error),
                     FERRY_ERR_CONFIG);
    assert_error(&f->error, FERRY_ERR_CONFIG, "longer than 65536 bytes");
    assert_int_equal(ferry_config_length(f->config, "tags"), 0);
    assert_false(ferry_config_is_set(f->config, "tags"));
    text[65536] = '\0';
    add_tag(f, f->config, text);
    free(text);
}

/* What is no list of that kind, and what no list is. */
static void test_wrong_types(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *group = NULL;
    static const char *const no_strings[] = {"name", "width", "extra", "rooms"};
    static const char *const no_groups[] = {"name", "width", "extra", "tags"};
    for (size_t i = 0; i < COUNT(no_strings); i++) {
        assert_int_equal(
            ferry_config_add_string(f->config, no_strings[i], "a", &in_file, &f->error),
            FERRY_ERR_CONFIG);
        assert_error(&f->error, FERRY_ERR_CONFIG, "must be");
        assert_int_equal(
            ferry_config_add_group(f->config, no_groups[i], "a", &in_file, &group, &f->error),
            FERRY_ERR_CONFIG);
        assert_error(&f->error, FERRY_ERR_CONFIG, "must be");
        assert_null(group);
    }
    static const char *const lists[][2] = {
        {"tags", "'tags' of house 'h' must be a list of strings such as [\"a\", \"b\"]"},
        {"rooms", "'rooms' of house 'h' must be a list of groups: ( { title = \"...\"; ... } )"},
        {"doors", "must be a list of groups: ( { keys = [\"...\"]; ... } )"}};
    for (size_t i = 0; i < COUNT(lists); i++) {
        const char *key = lists[i][0], *message = lists[i][1];
        (void)ferry_config_set_text(f->config, key, "a", &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_set_int(f->config, key, 1, &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_set_bool(f->config, key, true, &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_add_pair(f->config, key, "a", "b", &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_refuse(f->config, key, &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        assert_false(ferry_config_is_set(f->config, key));
    }
    (void)ferry_config_add_string(f->config, "tagz", "a", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG,
                 "unknown key 'tagz' in house 'h'; did you mean 'tags'?");
    (void)ferry_config_refuse(f->config, "xylophone", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG, "there are name, colour, width, tags, extra, rooms");
}

/* ---- Words of the command line ---- */

static void test_words_for_strings(void **state)
{
    struct fixture *f = *state;
    take_word(f, "tags", "a");
    take_word(f, "tags", "b c,d=e,\"f\"");
    assert_int_equal(ferry_config_length(f->config, "tags"), 4);
    assert_string_equal(ferry_config_string_at(f->config, "tags", 1), "b c");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 2), "d=e");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 3), "\"f\"");
    static const char *const wrong[] = {"", ",", "a,", ",a", "a,,b"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        refuse_word(f, "tags", wrong[i], "'tags' of house 'h' takes A or A,B,..., and none empty");
    refuse_word(f, "tags.a", "b", "must be a list of strings");
}

/* ---- Tables ---- */

static void test_flaws_of_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(house_rows); i++)
        assert_null(ferry_option_flaw(&house_rows[i]));
    static const struct ferry_option sound = {
        .name = "a", .type = FERRY_OPTION_STRING, .help = "x"};
    static const struct ferry_option child_rows[][2] = {
        {{.name = "a", .type = FERRY_OPTION_SECRET, .help = "x"}},
        {{.name = "A", .type = FERRY_OPTION_STRING, .help = "x"}},
        {{.name = "a", .type = FERRY_OPTION_INT, .help = "x", .flags = FERRY_OPTION_NAMES_GROUP}},
        {{.name = "a", .type = FERRY_OPTION_GROUPS, .help = "x"}},
    };
    for (size_t i = 0; i < COUNT(child_rows); i++) {
        const struct ferry_option_group group = {"g", child_rows[i], 1};
        const struct ferry_option row = {
            .name = "b", .type = FERRY_OPTION_GROUPS, .help = "x", .group = &group};
        if (ferry_option_flaw(&row) == NULL)
            fail_msg("table %zu of the flawed ones was taken", i);
    }
    static const struct ferry_option twice[] = {
        {.name = "a", .type = FERRY_OPTION_STRING, .help = "x"},
        {.name = "a", .type = FERRY_OPTION_INT, .help = "x"}};
    const struct ferry_option_group groups[] = {
        {"g", twice, 2}, {"g", twice, 0}, {NULL, &sound, 1}};
    for (size_t i = 0; i < COUNT(groups); i++) {
        const struct ferry_option row = {
            .name = "b", .type = FERRY_OPTION_GROUPS, .help = "x", .group = &groups[i]};
        if (ferry_option_flaw(&row) == NULL)
            fail_msg("group %zu of the flawed ones was taken", i);
    }
    const struct ferry_option_group good = {"g", &sound, 1};
    const struct ferry_option with_default = {.name = "b",
                                              .type = FERRY_OPTION_GROUPS,
                                              .help = "x",
                                              .group = &good,
                                              .default_value = "()"};
    assert_non_null(ferry_option_flaw(&with_default));
    const struct ferry_option strings = {
        .name = "b", .type = FERRY_OPTION_STRINGS, .help = "x", .default_value = "a"};
    assert_non_null(ferry_option_flaw(&strings));
}

/* A table that holds itself. */
static void test_endless_table(void **state)
{
    (void)state;
    static struct ferry_option row = {.name = "a", .type = FERRY_OPTION_GROUPS, .help = "x"};
    static const struct ferry_option_group group = {"g", &row, 1};
    row.group = &group;
    assert_string_equal(ferry_option_flaw(&row), "groups that are nested too deep");
}

int main(void)
{
#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_HOUSE(test_strings),
        WITH_HOUSE(test_empty_lists),
        WITH_HOUSE(test_limits),
        WITH_HOUSE(test_wrong_types),
        WITH_HOUSE(test_words_for_strings),
        cmocka_unit_test(test_flaws_of_tables),
        cmocka_unit_test(test_endless_table),
    };
    return cmocka_run_group_tests_name("option_list", tests, NULL, NULL);
}
