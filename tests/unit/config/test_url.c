/* Tests of url.c: the parts of a URL reach their keys, and nothing else gets in. */

#include "unit.h"

#include "config/url.h"
#include "driver/load.h"

static const struct ferry_option server_keys[] = {
    {.name = "host", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_URL_HOST},
    {.name = "port",
     .type = FERRY_OPTION_INT,
     .help = "x",
     .min = 1,
     .max = 65535,
     .default_value = "3306",
     .flags = FERRY_OPTION_URL_PORT},
    {.name = "user", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_URL_USER},
    {.name = "database", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_URL_PATH},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "x"},
};
static const struct ferry_option file_keys[] = {
    {.name = "path", .type = FERRY_OPTION_PATH, .help = "x", .flags = FERRY_OPTION_URL_PATH},
};

static struct ferry_driver_handle handle = {.driver = {.name = "my-db"}};

static struct ferry_config *apply(const struct ferry_option *keys, size_t count, const char *url,
                                  struct ferry_error *error)
{
    struct ferry_config *config = ferry_config_new("connection", "source");
    assert_non_null(config);
    assert_true(ferry_config_add_options(config, keys, count));
    config->driver = &handle;
    (void)ferry_url_apply(url, config, error);
    return config;
}

static void assert_text(const struct ferry_config *config, const char *key, const char *expected)
{
    const char *found = ferry_config_string(config, key);
    if (expected == NULL ? found != NULL : found == NULL || strcmp(found, expected) != 0)
        fail_msg("%s is '%s', not '%s'", key, found == NULL ? "(unset)" : found,
                 expected == NULL ? "(unset)" : expected);
}

static void test_what_is_a_url(void **state)
{
    (void)state;
    assert_true(ferry_url_is_one("mysql://h/d"));
    assert_true(ferry_url_is_one("sqlite:x.db"));
    assert_true(ferry_url_is_one("my-db2:"));
    static const char *const others[] = {"",      "vehicles", ":x",  "MySQL:x",
                                         "a b:c", "../x:y",   "/x:y"};
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(ferry_url_is_one(others[i]));
    char *driver = ferry_url_driver("my-db://x:1/y");
    assert_string_equal(driver, "my-db");
    free(driver);
}

static void test_server_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *user, *host;
        int64_t port;
        const char *database;
    } cases[] = {
        {"my-db://reader@db.example.net:3307/vehicles", "reader", "db.example.net", 3307,
         "vehicles"},
        {"my-db://db/vehicles", NULL, "db", 0, "vehicles"},
        {"my-db://db", NULL, "db", 0, NULL},
        {"my-db://[::1]:3307/d", NULL, "::1", 3307, "d"},
        {"my-db://[2001:db8::1]/d", NULL, "2001:db8::1", 0, "d"},
        {"my-db://u%40corp@h/d", "u@corp", "h", 0, "d"},
        {"my-db://h/a%20b%C3%A9", NULL, "h", 0, "a b\xC3\xA9"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_config *config = apply(server_keys, COUNT(server_keys), cases[i].url, &error);
        assert_no_error(&error);
        assert_text(config, "user", cases[i].user);
        assert_text(config, "host", cases[i].host);
        assert_text(config, "database", cases[i].database);
        assert_int_equal(ferry_config_int(config, "port"), cases[i].port);
        ferry_config_free(config);
    }
}

static void test_file_urls(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"my-db:x.db", "x.db"},
        {"my-db:/abs/x.db", "/abs/x.db"},
        {"my-db:///abs/x.db", "/abs/x.db"},
        {"my-db:dir/a b.db", "dir/a b.db"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_config *config = apply(file_keys, 1, cases[i][0], &error);
        assert_no_error(&error);
        assert_text(config, "path", cases[i][1]);
        ferry_config_free(config);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"my-db://u:s3cret@h/d", "password"},
        {"my-db://u:@h/d", "password"},
        {"my-db://h:0/d", "port"},
        {"my-db://h:65536/d", "port"},
        {"my-db://h:x/d", "port"},
        {"my-db://h:/d", "malformed"},
        {"my-db://[::1/d", "']'"},
        {"my-db://[::1]x/d", "malformed"},
        {"my-db://h/%", "escape"},
        {"my-db://h/%4", "escape"},
        {"my-db://h/%zz", "escape"},
        {"my-db://h/a%00b", "escape"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_config *config = apply(server_keys, COUNT(server_keys), cases[i][0], &error);
        if (error.status == FERRY_OK)
            fail_msg("'%s' was taken", cases[i][0]);
        assert_null(strstr(error.message, "s3cret"));
        assert_error(&error, FERRY_ERR_USAGE, cases[i][1]);
        ferry_config_free(config);
    }
}

static void test_parts_without_a_key(void **state)
{
    (void)state;
    static const char *const urls[] = {"my-db://user@/x", "my-db://host/x", "my-db://:5/x"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_config *config = apply(file_keys, 1, urls[i], &error);
        if (error.status == FERRY_OK)
            fail_msg("'%s' was taken", urls[i]);
        assert_error(&error, FERRY_ERR_USAGE, "my-db");
        ferry_config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_url),       cmocka_unit_test(test_server_urls),
        cmocka_unit_test(test_file_urls),           cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_parts_without_a_key),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
