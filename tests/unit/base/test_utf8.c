/* Tests of utf8.c: which bytes are UTF-8, against the rules of RFC 3629. */

#include "unit.h"

#include "base/utf8.h"

/* What RFC 3629 calls a character, written down once more in another way: the number that the bytes
 * stand for, and how many bytes that number takes. */
static bool is_character(const unsigned char *bytes, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = bytes[0];
    if (length > 1)
        code &= 0xffu >> (length + 1);
    for (size_t i = 1; i < length; i++) {
        if (bytes[i] < 0x80 || bytes[i] > 0xbf)
            return false;
        code = code << 6 | (bytes[i] & 0x3fu);
    }
    uint32_t lead = length == 1 ? 0 : 0xff00u >> length & 0xffu;
    uint32_t mask = length == 1 ? 0x80u : (0xff00u >> (length + 1)) & 0xffu;
    return (bytes[0] & mask) == lead && code >= least[length] && code <= 0x10ffff &&
           (code < 0xd800 || code > 0xdfff);
}

static bool is_text(const unsigned char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        size_t size = 1;
        while (size <= 4 && size <= length - at && !is_character(bytes + at, size))
            size++;
        if (size > 4 || size > length - at)
            return false;
        at += size;
    }
    return true;
}

/* Both ways, and behind other text, so that blocks of 16 are cut at each place. */
static void check(const unsigned char *bytes, size_t size)
{
    char text[64];
    bool right = is_text(bytes, size);
    assert_int_equal(ferry_utf8_length((const char *)bytes, size) == size, right);
    assert_int_equal(ferry_utf8_length_by_letters((const char *)bytes, size) == size, right);
    for (size_t before = 5; before < 17; before++) {
        memset(text, 'a', sizeof text);
        memcpy(text + before, bytes, size);
        assert_int_equal(ferry_utf8_length(text, before + size) == before + size, right);
        assert_int_equal(ferry_utf8_is_valid(text, before + size), right);
        assert_int_equal(ferry_utf8_length(text, sizeof text) == sizeof text, right);
    }
}

/* All pairs, and all leads of three and four bytes with what lies at the ends of each range. */
static void test_every_lead_and_edge(void **state)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                          0xa0, 0xbf, 0xc0, 0xc2, 0xff};
    unsigned char bytes[4];
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        bytes[0] = (unsigned char)(pair >> 8);
        bytes[1] = (unsigned char)(pair & 0xff);
        check(bytes, 2);
    }
    for (unsigned lead = 0xc0; lead < 256; lead++)
        for (unsigned edge = 0; edge < 11 * 11 * 11; edge++) {
            bytes[0] = (unsigned char)lead;
            bytes[1] = edges[edge % 11];
            bytes[2] = edges[edge / 11 % 11];
            bytes[3] = edges[edge / 121];
            check(bytes, 3);
            check(bytes, 4);
        }
}

/* A broken byte is found wherever it stands, also across the steps of 16. */
static void test_every_place(void **state)
{
    char text[80];
    (void)state;
    for (size_t length = 0; length <= sizeof text; length++) {
        memset(text, 'a', sizeof text);
        assert_int_equal(ferry_utf8_length(text, length), length);
        assert_true(ferry_utf8_is_ascii(text, length));
        for (size_t at = 0; at < length; at++) {
            text[at] = '\xff';
            assert_int_equal(ferry_utf8_length(text, length), at);
            assert_false(ferry_utf8_is_ascii(text, length));
            text[at] = 'a';
        }
        for (size_t at = 0; at + 4 <= length; at++) {
            memcpy(text + at, "\xf0\x9f\x98\x80", 4);
            assert_int_equal(ferry_utf8_length(text, length), length);
            if (length > at)
                assert_int_equal(ferry_utf8_length(text, at + 3), at);
            memcpy(text + at, "aaaa", 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_lead_and_edge),
        cmocka_unit_test(test_every_place),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
