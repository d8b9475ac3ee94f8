/* Tests of the mysql driver's packets.c: what a server says before the login is done. */

#include "unit.h"

#include "../../../plugins/mysql/connect/packets.c"

/* As MariaDB 10.11 sends it, without the head. */
static const unsigned char greeting[] = "\x0a"
                                        "5.5.5-10.11.19-MariaDB\0"
                                        "\1\0\0\0"
                                        "saltsalt\0"
                                        "\xfe\xf7\x2d\2\0\xbf\x81\x15"
                                        "reserved10"
                                        "moresaltmore\0"
                                        "mysql_native_password";

/* Make a packet of `size` bytes; `at` is its number on the wire. */
static size_t pack(unsigned char *room, const void *bytes, size_t size, unsigned at)
{
    room[0] = (unsigned char)size;
    room[1] = (unsigned char)(size >> 8);
    room[2] = 0;
    room[3] = (unsigned char)at;
    memcpy(room + 4, bytes, size);
    return size + 4;
}

static void test_pieces_of_every_size(void **state)
{
    (void)state;
    unsigned char wire[512];
    size_t length = pack(wire, greeting, sizeof greeting, 0);
    length += pack(wire + length,
                   "\xfe"
                   "dialog\0salt",
                   12, 2);
    length += pack(wire + length, "", 0, 4);
    for (size_t piece = 1; piece <= length; piece++) {
        struct mydrv_packet packet = {0};
        char names[3][MYDRV_METHOD_ROOM] = {{0}};
        bool found[3] = {false};
        unsigned count = 0;
        for (size_t at = 0; at < length;) {
            size_t size = length - at < piece ? length - at : piece;
            size_t used = mydrv_packet_take(&packet, wire + at, size);
            assert_in_range(used, 1, size);
            at += used;
            if (!packet.whole)
                continue;
            assert_int_equal(packet.number, count);
            found[count] = mydrv_packet_find_method(&packet, names[count]);
            count++;
        }
        assert_int_equal(count, 3);
        assert_true(found[0] && found[1] && !found[2]);
        assert_string_equal(names[0], "mysql_native_password");
        assert_string_equal(names[1], "dialog");
    }
}

/* What follows a packet is left for the next call, however little of it there is. */
static void test_ends_with_the_packet(void **state)
{
    (void)state;
    unsigned char wire[64];
    struct mydrv_packet packet = {0};
    size_t length = pack(wire, "\1\2\3", 3, 0);
    memcpy(wire + length, "more", 4);
    assert_int_equal(mydrv_packet_take(&packet, wire, length + 4), length);
    assert_true(packet.whole);
    assert_int_equal(mydrv_packet_take(&packet, wire + length, 1), 1);
    assert_false(packet.whole);
}

/* No greeting that is cut anywhere, and no byte of it that is another one, is read past its end. */
static void test_broken_greetings(void **state)
{
    (void)state;
    char name[MYDRV_METHOD_ROOM];
    for (size_t size = 0; size <= sizeof greeting; size++)
        for (unsigned byte = 0; byte < 256; byte += 51) {
            unsigned char wire[256];
            size_t length = pack(wire, greeting, size, 0);
            for (size_t at = 4; at <= length; at++) {
                struct mydrv_packet packet = {0};
                if (at < length)
                    wire[at] ^= (unsigned char)byte;
                (void)mydrv_packet_take(&packet, wire, length);
                if (mydrv_packet_find_method(&packet, name))
                    assert_in_range(strlen(name), 0, MYDRV_METHOD_ROOM - 1);
                if (at < length)
                    wire[at] ^= (unsigned char)byte;
            }
        }
}

static void test_names_that_are_none(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t size;
        const char *name;
    } cases[] = {
        {"\xfe", 1, "mysql_old_password"},
        {"\xfe"
         "a\x1b[31m/../b",
         13, "a??31m?..?b"},
        {"\xfe"
         "no_end",
         7, "no_end"},
        {"\xfe\0", 2, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char wire[64];
        char name[MYDRV_METHOD_ROOM];
        struct mydrv_packet packet = {.number = 1};
        (void)mydrv_packet_take(&packet, wire, pack(wire, cases[i].bytes, cases[i].size, 2));
        assert_true(mydrv_packet_find_method(&packet, name));
        assert_string_equal(name, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_every_size),
        cmocka_unit_test(test_ends_with_the_packet),
        cmocka_unit_test(test_broken_greetings),
        cmocka_unit_test(test_names_that_are_none),
    };
    return cmocka_run_group_tests_name("mysql packets", tests, NULL, NULL);
}
