/* Tests of the mysql driver's format.c: dates and times of the binary protocol as text. */

#include "unit.h"

#include "../../../plugins/mysql/types/format.c"

#define MOMENT(...) {__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__})

struct moment {
    unsigned char wire[16];
    size_t size;
    unsigned scale;
    const char *text; /* NULL: refused */
};

typedef size_t formatter(const unsigned char *wire, size_t size, unsigned scale, char *room);

static size_t format_date(const unsigned char *wire, size_t size, unsigned scale, char *room)
{
    (void)scale;
    return mydrv_format_date(wire, size, room);
}

static void check(formatter *format, const struct moment *cases, size_t count, size_t room_size)
{
    for (size_t i = 0; i < count; i++) {
        char *room = malloc(room_size); /* its own block, so that a sanitizer sees one byte more */
        size_t length = format(cases[i].wire, cases[i].size, cases[i].scale, room);
        if (cases[i].text == NULL
                ? length != 0
                : length != strlen(cases[i].text) || memcmp(room, cases[i].text, length) != 0)
            fail_msg("case %zu: expected %s, found %.*s", i,
                     cases[i].text == NULL ? "(refused)" : cases[i].text, (int)length, room);
        free(room);
    }
}

static void test_dates(void **state)
{
    (void)state;
    static const struct moment cases[] = {
        {MOMENT(0xe8, 0x07, 2, 29), 0, "2024-02-29"},
        {{0}, 0, 0, "0000-00-00"},
        {MOMENT(0, 0, 0, 0), 0, "0000-00-00"},
        {MOMENT(0xe8, 0x07, 0, 0), 0, "2024-00-00"},
        {MOMENT(0x0f, 0x27, 12, 31), 0, "9999-12-31"},
        {MOMENT(0x10, 0x27, 12, 31), 0, NULL}, /* the year 10000 */
        {MOMENT(0xe8, 0x07, 13, 1), 0, NULL},
        {MOMENT(0xe8, 0x07, 12, 32), 0, NULL},
        {MOMENT(0xe8, 0x07, 2), 0, NULL},
        {MOMENT(0xe8, 0x07, 2, 29, 0, 0, 0), 0, NULL},
    };
    check(format_date, cases, COUNT(cases), MYDRV_DATE_ROOM);
}

static void test_datetimes(void **state)
{
    (void)state;
    static const struct moment cases[] = {
        {{0}, 0, 0, "0000-00-00 00:00:00"},
        {{0}, 0, 6, "0000-00-00 00:00:00.000000"},
        {MOMENT(0xe8, 0x07, 2, 29), 0, "2024-02-29 00:00:00"},
        {MOMENT(0xe8, 0x07, 2, 29, 23, 59, 58), 0, "2024-02-29 23:59:58"},
        {MOMENT(0xe8, 0x07, 2, 29, 23, 59, 58), 3, "2024-02-29 23:59:58.000"},
        {MOMENT(0xe8, 0x07, 2, 29, 1, 2, 3, 0x3f, 0x42, 0x0f, 0), 6, "2024-02-29 01:02:03.999999"},
        {MOMENT(0xe8, 0x07, 2, 29, 1, 2, 3, 1, 0, 0, 0), 6, "2024-02-29 01:02:03.000001"},
        {MOMENT(0xe8, 0x07, 2, 29, 1, 2, 3, 0xc0, 0xd4, 1, 0), 2, "2024-02-29 01:02:03.12"},
        {MOMENT(0xe8, 0x07, 2, 29, 1, 2, 3, 1, 0, 0, 0), 3, NULL},          /* would lose a digit */
        {MOMENT(0xe8, 0x07, 2, 29, 1, 2, 3, 0x40, 0x42, 0x0f, 0), 6, NULL}, /* 1000000 */
        {MOMENT(0xe8, 0x07, 2, 29, 1, 2, 3, 0xff, 0xff, 0xff, 0xff), 6, NULL},
        {MOMENT(0xe8, 0x07, 2, 29, 24, 0, 0), 0, NULL},
        {MOMENT(0xe8, 0x07, 2, 29, 0, 60, 0), 0, NULL},
        {MOMENT(0xe8, 0x07, 2, 29, 0, 0, 60), 0, NULL},
        {MOMENT(0xe8, 0x07, 2, 29, 0), 0, NULL},
        {MOMENT(0xe8, 0x07, 2, 29, 0, 0, 0, 0, 0, 0, 0, 0), 0, NULL},
        {MOMENT(0xe8, 0x07, 2, 29, 1, 2, 3, 0, 0, 0, 0), 7, NULL},
    };
    check(mydrv_format_datetime, cases, COUNT(cases), MYDRV_DATETIME_ROOM);
}

static void test_times(void **state)
{
    (void)state;
    static const struct moment cases[] = {
        {{0}, 0, 0, "00:00:00"},
        {{0}, 0, 2, "00:00:00.00"},
        {MOMENT(0, 0, 0, 0, 0, 12, 34, 56), 0, "12:34:56"},
        {MOMENT(1, 0, 0, 0, 0, 0, 0, 1), 0, "-00:00:01"},
        {MOMENT(1, 34, 0, 0, 0, 22, 59, 59), 0, "-838:59:59"},
        {MOMENT(0, 4, 0, 0, 0, 4, 0, 0), 0, "100:00:00"},
        {MOMENT(1, 34, 0, 0, 0, 22, 59, 59, 0x3f, 0x42, 0x0f, 0), 6, "-838:59:59.999999"},
        {MOMENT(0, 0, 0, 0, 0, 1, 2, 3, 0x20, 0xa1, 7, 0), 1, "01:02:03.5"},
        {MOMENT(0, 34, 0, 0, 0, 23, 0, 0), 0, NULL}, /* 839 hours */
        {MOMENT(0, 35, 0, 0, 0, 0, 0, 0), 0, NULL},
        {MOMENT(0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0), 0, NULL},
        {MOMENT(2, 0, 0, 0, 0, 0, 0, 0), 0, NULL},
        {MOMENT(0, 0, 0, 0, 0, 0, 60, 0), 0, NULL},
        {MOMENT(0, 0, 0, 0, 0, 0, 0), 0, NULL},
        {MOMENT(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), 0, NULL},
    };
    check(mydrv_format_time, cases, COUNT(cases), MYDRV_TIME_ROOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_datetimes),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests_name("mysql format", tests, NULL, NULL);
}
