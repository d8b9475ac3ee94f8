/* Tests of draft.c: what is answered is what the parser of the file reads, whatever it is. */

#include "unit.h"

#include <libconfig.h>

#include "command/draft.h"

static char *copy(const char *text)
{
    char *made = strdup(text);
    assert_non_null(made);
    return made;
}

static void set(struct ferry_draft_side *side, const char *key, const char *value, bool bare)
{
    struct ferry_error error = {0};
    (void)ferry_draft_set(side, key, value, bare, &error);
    assert_no_error(&error);
}

static struct ferry_draft make_draft(const char *name)
{
    struct ferry_draft draft = {.source = {.name = "source", .driver = copy("one")},
                                .target = {.name = "target", .driver = copy("two")},
                                .read = copy(name),
                                .table = copy(name),
                                .job = copy(name)};
    return draft;
}

static void assert_text(const config_t *config, const char *path, const char *expected)
{
    const char *found = NULL;
    assert_int_equal(config_lookup_string(config, path, &found), CONFIG_TRUE);
    assert_string_equal(found, expected);
}

static void test_any_text(void **state)
{
    (void)state;
    static const char *const names[] = {
        "plain",       "it's \"so\"",          "back\\slash\\", "a\tb\x01\x7f\x1b[2J",
        "caf\xc3\xa9", "$(x) ; # // /* */ };", "\\x41n",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        config_t config;
        int port = 0;
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        struct ferry_draft draft = make_draft(names[i]);
        draft.is_view = i % 2 == 0;
        set(&draft.source, "user", names[i], false);
        set(&draft.source, "port", "3307", true);
        draft.target.secret_key = copy("password");
        draft.target.secret = copy("hidden");
        ferry_draft_write(&draft, "", names[i], &text);
        assert_null(strstr(ferry_strbuf_text(&text), "hidden"));
        config_init(&config);
        assert_int_equal(config_read_string(&config, ferry_strbuf_text(&text)), CONFIG_TRUE);
        assert_text(&config, "connections.source.driver", "one");
        assert_text(&config, "connections.source.user", names[i]);
        assert_int_equal(config_lookup_int(&config, "connections.source.port", &port), CONFIG_TRUE);
        assert_int_equal(port, 3307);
        assert_text(&config, "connections.target.password_file", names[i]);
        assert_null(config_lookup(&config, "connections.source.password_file"));
        assert_text(&config, "jobs.[0].name", names[i]);
        assert_text(&config, draft.is_view ? "jobs.[0].view" : "jobs.[0].table", names[i]);
        assert_text(&config, "jobs.[0].target_table", names[i]);
        config_destroy(&config);
        ferry_draft_done(&draft);
    }
}

static void test_keys(void **state)
{
    (void)state;
    struct ferry_draft draft = make_draft("a");
    assert_null(ferry_draft_value(&draft.source, "host"));
    set(&draft.source, "host", "h", false);
    set(&draft.source, "user", "u", false);
    set(&draft.source, "host", "other", false);
    assert_string_equal(ferry_draft_value(&draft.source, "host"), "other");
    assert_int_equal(draft.source.count, 2);
    set(&draft.source, "host", NULL, false);
    set(&draft.source, "never", NULL, false);
    assert_null(ferry_draft_value(&draft.source, "host"));
    assert_string_equal(ferry_draft_value(&draft.source, "user"), "u");
    ferry_draft_forget_keys(&draft.source);
    assert_int_equal(draft.source.count, 0);
    ferry_draft_done(&draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_text),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
