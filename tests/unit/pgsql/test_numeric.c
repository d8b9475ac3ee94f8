/* Tests of the pgsql driver's numeric.c: the binary form of numeric as digits.  The bytes are those
 * that PostgreSQL 15 prints: SELECT encode(numeric_send(1.50), 'hex'). */

#include "unit.h"

#include "../../../plugins/pgsql/types/numeric.c"

#include "hex.h"

struct number {
    const char *wire;
    unsigned scale;
    const char *text; /* NULL: refused */
};

static void test_digits(void **state)
{
    static const struct number cases[] = {
        {"0000000000000000", 0, "0"},
        {"0000000000000000", 3, "0.000"},
        {"00010000000000000001", 0, "1"},
        {"000200004000000200011388", 2, "-1.50"},
        {"000200004000000200011388", 1, "-1.5"},
        {"000200004000000200011388", 0, NULL},
        {"00010001000000000001", 0, "10000"},
        {"0001ffff000000040001", 4, "0.0001"},
        {"0001ffff000000040001", 6, "0.000100"},
        {"0001ffff000000040001", 3, NULL},
        {"000600020000000a000109291a85007b11d722c4", 10, "123456789.0123456789"},
        {"000600020000000a000109291a85007b11d722", 10, NULL}, /* cut */
        {"00010005000000000001", 0, "100000000000000000000"},
        {"0001fffe400000080001", 8, "-0.00000001"},
        {"0001fffe400000080001", 7, NULL},
        {"000200000000000427 0f270f", 4, "9999.9999"},
        {"00010002000000000001", 0, "100000000"},
        /* What no server sends. */
        {"00010000000000002710", 0, NULL}, /* a digit of 10000 */
        {"00020000000000000001", 0, NULL}, /* fewer digits than said */
        {"00010000000000000001ff", 0, NULL},
        {"00010000800000000001", 0, NULL}, /* no sign */
        {"000100000000", 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size;
        unsigned char *wire = hex_read(cases[i].wire, &size);
        size_t room = pgdrv_numeric_room(wire, size, cases[i].scale);
        char *digits = malloc(room + 1); /* a sanitizer sees one byte more */
        size_t length = room == 0 ? 0 : pgdrv_numeric_format(wire, size, cases[i].scale, digits);
        assert_true(length <= room);
        if ((cases[i].text == NULL) != (length == 0) ||
            (length > 0 &&
             (length != strlen(cases[i].text) || memcmp(digits, cases[i].text, length) != 0)))
            fail_msg("%s with %u digits: %.*s", cases[i].wire, cases[i].scale, (int)length, digits);
        free(digits);
        free(wire);
    }
}

static void test_what_is_no_number(void **state)
{
    static const char *const cases[][2] = {{"00000000c0000000", "NaN"},
                                           {"00000000d0000020", "Infinity"},
                                           {"00000000f0000020", "-Infinity"},
                                           {"0000000000000000", NULL}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size;
        unsigned char *wire = hex_read(cases[i][0], &size);
        const char *flaw = pgdrv_numeric_flaw(wire);
        if (cases[i][1] == NULL)
            assert_null(flaw);
        else
            assert_string_equal(flaw, cases[i][1]);
        free(wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_what_is_no_number),
    };
    return cmocka_run_group_tests_name("pgsql numeric", tests, NULL, NULL);
}
