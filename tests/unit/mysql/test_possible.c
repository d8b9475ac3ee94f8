/* Tests of the mysql driver's possible.c: values that no column of a type can hold. */

#include "unit.h"

#include "../../../plugins/mysql/read/decode.c"
#include "../../../plugins/mysql/types/format.c"
#include "../../../plugins/mysql/types/possible.c"
#include "../../../plugins/mysql/types/translate.c"

#include "row.h"

/* What a server sends is of its column's type, or is refused as damage, whatever the codec takes.
 */
static void test_values_that_a_type_cannot_have(void **state)
{
    (void)state;
#define SENT(...) {__VA_ARGS__}, sizeof((unsigned char[]){__VA_ARGS__})
    static const struct {
        struct ferry_column column;
        enum mydrv_codec codec;
        unsigned char wire[40];
        size_t size;
        bool good;
    } cases[] = {
        {{.type = FERRY_TYPE_INT, .bits = 24}, MYDRV_CODEC_INT32, SENT(0xff, 0xff, 0x7f, 0), true},
        {{.type = FERRY_TYPE_INT, .bits = 24}, MYDRV_CODEC_INT32, SENT(0, 0, 0x80, 0), false},
        {{.type = FERRY_TYPE_INT, .bits = 24}, MYDRV_CODEC_INT32, SENT(0, 0, 0x80, 0xff), true},
        {{.type = FERRY_TYPE_INT, .bits = 24},
         MYDRV_CODEC_INT32,
         SENT(0xff, 0xff, 0x7f, 0xff),
         false},
        {{.type = FERRY_TYPE_INT, .bits = 24, .flags = FERRY_COLUMN_UNSIGNED},
         MYDRV_CODEC_UINT32,
         SENT(0xff, 0xff, 0xff, 0),
         true},
        {{.type = FERRY_TYPE_INT, .bits = 24, .flags = FERRY_COLUMN_UNSIGNED},
         MYDRV_CODEC_UINT32,
         SENT(0, 0, 0, 1),
         false},
        {{.type = FERRY_TYPE_INT, .bits = 8}, MYDRV_CODEC_INT8, SENT(0x80), true},
        {{.type = FERRY_TYPE_BIT, .bits = 9}, MYDRV_CODEC_UINT32, SENT(0xff, 1, 0, 0), true},
        {{.type = FERRY_TYPE_BIT, .bits = 9}, MYDRV_CODEC_UINT32, SENT(0, 2, 0, 0), false},
        {{.type = FERRY_TYPE_YEAR}, MYDRV_CODEC_UINT16, SENT(0, 0), true},
        {{.type = FERRY_TYPE_YEAR}, MYDRV_CODEC_UINT16, SENT(0x6d, 7), true},  /* 1901 */
        {{.type = FERRY_TYPE_YEAR}, MYDRV_CODEC_UINT16, SENT(0x6c, 7), false}, /* 1900 */
        {{.type = FERRY_TYPE_YEAR}, MYDRV_CODEC_UINT16, SENT(0x6c, 8), false}, /* 2156 */
        {{.type = FERRY_TYPE_FLOAT, .bits = 32}, MYDRV_CODEC_FLOAT, SENT(0, 0, 0x80, 0x7f), false},
        {{.type = FERRY_TYPE_FLOAT, .bits = 32},
         MYDRV_CODEC_FLOAT,
         SENT(0xff, 0xff, 0x7f, 0x7f),
         true},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 3, .scale = 2},
         MYDRV_CODEC_STRING,
         SENT(5, '-', '1', '.', '2', '5'),
         true},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 3, .scale = 2},
         MYDRV_CODEC_STRING,
         SENT(5, '1', '1', '.', '2', '5'),
         false},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 2, .scale = 2},
         MYDRV_CODEC_STRING,
         SENT(4, '0', '.', '2', '5'),
         true},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 3}, MYDRV_CODEC_STRING, SENT(2, '4', '2'), true},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 3}, MYDRV_CODEC_STRING, SENT(1, '-'), false},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 3},
         MYDRV_CODEC_STRING,
         SENT(2, '4', '.'),
         false},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 3, .scale = 1},
         MYDRV_CODEC_STRING,
         SENT(3, '4', '2', '1'),
         false},
        {{.type = FERRY_TYPE_INET4},
         MYDRV_CODEC_STRING,
         SENT(7, '1', '.', '2', '.', '3', '.', '4'),
         true},
        {{.type = FERRY_TYPE_INET4}, MYDRV_CODEC_STRING, SENT(2, ':', ':'), false},
        {{.type = FERRY_TYPE_INET6}, MYDRV_CODEC_STRING, SENT(2, ':', ':'), true},
        {{.type = FERRY_TYPE_INET6}, MYDRV_CODEC_STRING, SENT(3, ':', ':', 'g'), false},
        {{.type = FERRY_TYPE_UUID}, MYDRV_CODEC_STRING, SENT(1, 'a'), false},
        {{.type = FERRY_TYPE_GEOMETRY},
         MYDRV_CODEC_STRING,
         SENT(9, 0, 0, 0, 0, 1, 7, 0, 0, 0),
         true},
        {{.type = FERRY_TYPE_GEOMETRY}, MYDRV_CODEC_STRING, SENT(8, 0, 0, 0, 0, 1, 7, 0, 0), false},
        {{.type = FERRY_TYPE_VECTOR, .length = 1}, MYDRV_CODEC_STRING, SENT(4, 0, 0, 0, 0), true},
        {{.type = FERRY_TYPE_VECTOR, .length = 1},
         MYDRV_CODEC_STRING,
         SENT(8, 0, 0, 0, 0, 0, 0, 0, 0),
         false},
        {{.type = FERRY_TYPE_VECTOR}, MYDRV_CODEC_STRING, SENT(5, 0, 0, 0, 0, 0), false},
    };
#undef SENT
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_column column = cases[i].column;
        unsigned char wire[40];
        struct row row;
        memcpy(wire, cases[i].wire, sizeof wire);
        column.name = "c";
        row_begin(&row, &column, cases[i].codec);
        mydrv_possible_choose(&column, &row.format);
        assert_int_equal(row_decode(&row, wire, cases[i].size), cases[i].size);
        if ((row.cursor.failed == FERRY_OK) != cases[i].good)
            fail_msg("case %zu", i);
        if (!cases[i].good)
            assert_error(&row.error, FERRY_ERR_STREAM,
                         "column 'c': the server sent a value that no column of this type");
        row_end(&row);
    }
}

static int judged;

static bool judge(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    (void)format;
    (void)cell;
    judged++;
    return true;
}

/* A value that cannot be read is not looked at either: the first fault is the one that is told. */
static void test_a_broken_value_is_not_judged(void **state)
{
    (void)state;
    static const struct ferry_column column = {
        .name = "c", .native = "decimal(3,0)", .type = FERRY_TYPE_DECIMAL, .precision = 3};
    unsigned char wire[] = {5, '1'};
    struct row row;
    row_begin(&row, &column, MYDRV_CODEC_STRING);
    mydrv_possible_choose(&column, &row.format);
    (void)row_decode(&row, wire, sizeof wire);
    assert_int_equal(row.cursor.failed, FERRY_ERR_STREAM);
    assert_error(&row.error, FERRY_ERR_STREAM, "malformed");
    row.format.possible = judge;
    (void)row_decode(&row, wire, sizeof wire);
    assert_int_equal(judged, 0);
    wire[0] = 1;
    (void)row_decode(&row, wire, sizeof wire);
    assert_int_equal(judged, 1);
    row_end(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_a_type_cannot_have),
        cmocka_unit_test(test_a_broken_value_is_not_judged),
    };
    return cmocka_run_group_tests_name("mysql possible", tests, NULL, NULL);
}
