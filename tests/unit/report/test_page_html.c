/* Tests of page_html.c: nothing from outside means anything to a browser. */

#include "unit.h"

#include "report/page_html.h"

static void assert_html(const char *text, size_t limit, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf html = {0};
    ferry_html_add_text(&html, text, limit);
    assert_false(html.failed);
    assert_string_equal(ferry_strbuf_text(&html), expected);
}

static void test_text(void **state)
{
    (void)state;
    assert_html("", 10, "");
    assert_html("orders", 10, "orders");
    assert_html("<script>alert(\"x\")&'</script>", 100,
                "&lt;script&gt;alert(&quot;x&quot;)&amp;&#39;&lt;/script&gt;");
    assert_html("caf\xC3\xA9 \xF0\x9F\x9A\xA2", 100, "caf\xC3\xA9 \xF0\x9F\x9A\xA2");
    assert_html("a\nb\x1B[31m\x7F", 100, "a\\nb\\x1B[31m\\x7F");
    assert_html("\xFF<\xC3", 100, "\\xFF&lt;\\xC3");
    assert_html("\xE2\x80\xAE"
                "evil",
                100,
                "\\xE2\\x80\\xAE"
                "evil"); /* turned round */
}

/* HTML forbids them (a parse error), though they are UTF-8. */
static void test_noncharacters(void **state)
{
    (void)state;
    assert_html("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xB7\x90\xEF\xB7\xAF", 100,
                "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_html("\xF0\x9F\xBF\xBE\xF4\x8F\xBF\xBF", 100, "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_html("\xEF\xBF\xBD\xEF\xB7\x8F\xEF\xB7\xB0\xF0\x9F\xBF\xBD", 100,
                "\xEF\xBF\xBD\xEF\xB7\x8F\xEF\xB7\xB0\xF0\x9F\xBF\xBD"); /* their neighbours */
}

/* Cut before it is escaped: never within an entity, nor within a letter. */
static void test_limit(void **state)
{
    (void)state;
    assert_html("a&b<c", 3, "a&amp;b...");
    assert_html("a\xC3\xA9", 2, "a...");
    char *long_text = malloc(5001);
    assert_non_null(long_text);
    memset(long_text, '<', 5000);
    long_text[5000] = '\0';
    FERRY_AUTO_STRBUF struct ferry_strbuf html = {0};
    ferry_html_add_text(&html, long_text, 4000);
    assert_int_equal(html.length, 4 * 4000 + 3);
    free(long_text);
}

static void test_times(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf html = {0};
    ferry_html_add_time(&html, INT64_C(1796029201500)); /* date -u -d 2026-11-30T09:00:01 +%s */
    assert_string_equal(ferry_strbuf_text(&html),
                        "<time datetime=\"2026-11-30T09:00:01.500Z\">2026-11-30 09:00:01</time>");
    ferry_strbuf_reset(&html);
    ferry_html_add_time(&html, -1);
    ferry_html_add_moment(&html, INT64_MAX); /* no year of four digits */
    ferry_html_add_moment(&html, 0);
    assert_string_equal(ferry_strbuf_text(&html),
                        FERRY_HTML_NONE FERRY_HTML_NONE "1970-01-01 00:00:00");
}

static void test_numbers(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf html = {0};
    ferry_html_add_count(&html, 1234567);
    ferry_html_add_count(&html, -1);
    ferry_html_add_count(&html, INT64_MIN);
    ferry_html_add_duration(&html, -1);
    ferry_html_add_duration(&html, 1850);
    ferry_html_add_bytes(&html, -1);
    ferry_html_add_bytes(&html, 2048);
    assert_string_equal(ferry_strbuf_text(&html),
                        "1,234,567" FERRY_HTML_NONE FERRY_HTML_NONE FERRY_HTML_NONE
                        "1.8 s" FERRY_HTML_NONE "2.0 KiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),    cmocka_unit_test(test_noncharacters),
        cmocka_unit_test(test_limit),   cmocka_unit_test(test_times),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests_name("page_html", tests, NULL, NULL);
}
