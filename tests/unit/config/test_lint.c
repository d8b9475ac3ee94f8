/* Tests of config_lint.c: what the parser would swallow is refused at the right line, and what it
 * reads well is let through. */

#include "unit.h"

#include <libconfig.h>

#include "config/lint.h"

static void passes_bytes(const char *text, size_t size)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    if (ferry_config_lint("x.conf", text, size, &error) != FERRY_OK)
        fail_msg("'%s' was refused: %s", text, error.message);
}

static void refuses_bytes(const char *text, size_t size, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    if (ferry_config_lint("x.conf", text, size, &error) == FERRY_OK)
        fail_msg("'%s' was let through", text);
    assert_error(&error, FERRY_ERR_CONFIG, message);
}

#define PASSES(text) passes_bytes(text, sizeof(text) - 1)
#define REFUSES(text, message) refuses_bytes(text, sizeof(text) - 1, message)

static void test_ordinary_files(void **state)
{
    (void)state;
    PASSES("");
    PASSES("a = 1; # 12345678901234\n/* 12345678901234 @include */ // 99999999999\nb = \"@\";");
    PASSES("g : { x = \"a\\\"b 12345678901\"; y = ( 1, 2 ); z = [ true, false ]; };");
    PASSES("port = 999999999; n = -999999999; f = 1.5; e = 1e3; big = 12345678901L;");
    PASSES("name_123456789012 = 1; x123 = 4;");
    PASSES("t = \"\xC3\xA9 \xF0\x9F\x98\x80\";");
}

static void test_large_numbers(void **state)
{
    (void)state;
    REFUSES("a = 1;\nb = 4294967297;", "x.conf:2: the number 4294967297");
    REFUSES("a = -4294967297;", "x.conf:1:");
    REFUSES("a = +4294967297;", "x.conf:1:");
    REFUSES("a=[1,\n2,\n9999999999]", "x.conf:3:");
    REFUSES("a = 10000000000000000000000000000000000000000000000000000000000000", "too large");
}

/* The reason for that rule: what libconfig makes of a bare number that does not fit 32 bits.  Every
 * number that it would change must be refused before. */
static void test_no_number_is_wrapped(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "2147483647",  "2147483648", "4294967296",  "4294967297",   "-2147483649",
        "99999999999", "0x7FFFFFFF", "0xFFFFFFFF",  "0x100000001",  "0x1FFFFFFFF",
        "123456789",   "0x10",       "9999999999L", "0x100000001L",
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        char text[64];
        (void)snprintf(text, sizeof text, "n = %s;", numbers[i]);
        config_t tree;
        config_init(&tree);
        if (ferry_config_lint("x.conf", text, strlen(text), &error) == FERRY_OK &&
            config_read_string(&tree, text) == CONFIG_TRUE) {
            const config_setting_t *node = config_lookup(&tree, "n");
            int64_t value = config_setting_type(node) == CONFIG_TYPE_INT64
                                ? config_setting_get_int64(node)
                                : config_setting_get_int(node);
            char *end = NULL;
            int64_t meant = strtoll(numbers[i], &end, 0);
            if (value != meant)
                fail_msg("%s was read as %jd", numbers[i], (intmax_t)value);
        }
        config_destroy(&tree);
    }
}

static void test_includes(void **state)
{
    (void)state;
    REFUSES("a = 1;\n@include \"/etc/shadow\"\n", "x.conf:2: @include");
    REFUSES("@include\"x\"", "@include");
    REFUSES("g = {\n  @include \"x\"\n}", "x.conf:2:");
}

static void test_encoding(void **state)
{
    (void)state;
    REFUSES("a = 1;\nb = \"\xFF\";", "x.conf:2:");
    REFUSES("a = \"x\0y\";", "0x00");
    REFUSES("a = \"\xC3\";", "0xC3");
    REFUSES("\xFE\xFF", "0xFE");
}

static void test_depth(void **state)
{
    (void)state;
    char text[4096] = "a = ";
    size_t size = 4;
    for (int i = 0; i < 2000; i++)
        text[size++] = '(';
    refuses_bytes(text, size, "levels");
    PASSES("a = ((((((((((1))))))))));");
    for (size = 0; size < 2000; size++)
        text[size] = '}';
    passes_bytes(text, size); /* nonsense, but harmless: the parser's to refuse */
}

/* Whatever the bytes are, the scan ends and stays inside them. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    static const char whole[] =
        "a = \"x\\\"y\"; /* c */ # d\n// e\nb = { c = ( 12, \"\\\\\" ); };\n"
        "f = -1.5e3; g = 0x1F; h = 12345678L; @";
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        char *copy = malloc(size + 1); /* of this very size, so that a sanitizer sees one too far */
        assert_non_null(copy);
        memcpy(copy, whole, size);
        (void)ferry_config_lint("x.conf", copy, size, &error);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_files),
        cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_no_number_is_wrapped),
        cmocka_unit_test(test_includes),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_cut_anywhere),
    };
    return cmocka_run_group_tests_name("config_lint", tests, NULL, NULL);
}
