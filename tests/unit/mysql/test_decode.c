/* Tests of the mysql driver's decode.c: lengths, and values as a server sends them. */

#include "unit.h"

#include "../../../plugins/mysql/read/decode.c"
#include "../../../plugins/mysql/types/charset.c"
#include "../../../plugins/mysql/types/format.c"
#include "../../../plugins/mysql/types/translate.c"

#include "row.h"

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        unsigned char wire[12];
        size_t size; /* bytes up to the end of the buffer */
        bool good;
        size_t prefix;
        uint64_t length;
    } cases[] = {
        {{0}, 1, true, 1, 0},
        {{3, 1, 2, 3}, 4, true, 1, 3},
        {{3, 1, 2}, 3, false, 0, 0},
        {{250}, 1, false, 0, 0},
        {{251}, 1, false, 0, 0},
        {{255, 0, 0, 0}, 4, false, 0, 0},
        {{252, 2, 0, 7, 7}, 5, true, 3, 2},
        {{252, 3, 0, 7, 7}, 5, false, 0, 0},
        {{252, 2}, 2, false, 0, 0},
        {{253, 1, 0, 0, 7}, 5, true, 4, 1},
        {{253, 0, 0}, 3, false, 0, 0},
        {{254, 1, 0, 0, 0, 0, 0, 0, 0, 7}, 10, true, 9, 1},
        {{254, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7}, 10, false, 0, 0},
        {{254, 0, 0, 0, 0, 0, 0, 0}, 8, false, 0, 0},
        {{252, 0, 0}, 3, true, 3, 0},
        {{253, 0, 0, 0}, 4, true, 4, 0},
        {{254, 0, 0, 0, 0, 0, 0, 0, 0}, 9, true, 9, 0},
        {{0}, 0, false, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char *wire = malloc(cases[i].size + 1);
        memcpy(wire, cases[i].wire, cases[i].size);
        uint64_t length = 99;
        const unsigned char *value = mydrv_decode_length(wire, wire + cases[i].size, &length);
        if ((value != NULL) != cases[i].good)
            fail_msg("case %zu", i);
        if (value != NULL) {
            assert_int_equal(value - wire, cases[i].prefix);
            assert_int_equal(length, cases[i].length);
        }
        free(wire);
    }
}

/* What each first byte means where as many bytes follow as anybody could want. */
static void test_first_bytes(void **state)
{
    (void)state;
    const size_t size = 1 + 3 + 0x030201;
    unsigned char *wire = calloc(1, size);
    assert_non_null(wire);
    for (unsigned first = 0; first < 256; first++) {
        uint64_t length = 99;
        wire[0] = (unsigned char)first;
        const unsigned char *value = mydrv_decode_length(wire, wire + size, &length);
        if (first == 251 || first == 255) { /* NULL and an error: neither is a length */
            assert_null(value);
            assert_int_equal(length, 99);
        } else {
            assert_int_equal(value - wire, first < 251    ? 1
                                           : first == 252 ? 3
                                           : first == 253 ? 4
                                                          : 9);
            assert_int_equal(length, first < 251 ? first : 0);
        }
    }
    uint64_t length = 99;
    memcpy(wire, (unsigned char[]){253, 1, 2, 3}, 4);
    assert_ptr_equal(mydrv_decode_length(wire, wire + size, &length), wire + 4);
    assert_int_equal(length, 0x030201);
    assert_null(mydrv_decode_length(wire, wire + size - 1, &length));
    free(wire);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct ferry_column column = {
        .name = "c", .native = "bigint", .type = FERRY_TYPE_INT, .bits = 64};
    static const struct {
        enum mydrv_codec codec;
        size_t size;
        uint64_t expected; /* as it stands in the cell's 64 bits */
    } cases[] = {
        {MYDRV_CODEC_INT8, 1, (uint64_t)-2},        {MYDRV_CODEC_UINT8, 1, 0xfe},
        {MYDRV_CODEC_INT16, 2, (uint64_t)-2},       {MYDRV_CODEC_UINT16, 2, 0xfffe},
        {MYDRV_CODEC_INT32, 4, (uint64_t)-2},       {MYDRV_CODEC_UINT32, 4, 0xfffffffe},
        {MYDRV_CODEC_INT64, 8, 0xfffffffffffffffe},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char wire[9] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
        struct row row;
        row_begin(&row, &column, cases[i].codec);
        assert_int_equal(row_decode(&row, wire, cases[i].size), cases[i].size);
        assert_true(ferry_batch_cells(row.batch, 0)->v.u == cases[i].expected);
        assert_int_equal(row.cursor.failed, FERRY_OK);
        row_decode(&row, wire, cases[i].size - 1); /* one byte short of the buffer's end */
        assert_int_equal(row.cursor.failed, FERRY_ERR_STREAM);
        assert_error(&row.error, FERRY_ERR_STREAM, "malformed");
        row_end(&row);
    }
}

/* The same without a row: where the value ends, or nothing where it runs over the end. */
static void test_a_number_alone(void **state)
{
    (void)state;
    static const struct {
        enum mydrv_codec codec;
        size_t size;
        uint64_t expected;
    } cases[] = {
        {MYDRV_CODEC_INT8, 1, (uint64_t)-2},
        {MYDRV_CODEC_UINT8, 1, 0xfe},
        {MYDRV_CODEC_INT16, 2, (uint64_t)-2},
        {MYDRV_CODEC_UINT16, 2, 0xfffe},
        {MYDRV_CODEC_INT32, 4, (uint64_t)-2},
        {MYDRV_CODEC_UINT32, 4, 0xfffffffe},
        {MYDRV_CODEC_INT64, 8, (uint64_t)-2},
        {MYDRV_CODEC_DOUBLE, 8, (uint64_t)-2}, /* some NaN: its bits */
    };
    const unsigned char wire[9] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_cell cell = {.v.u = 99};
        assert_null(mydrv_decode_number(cases[i].codec, wire, wire + cases[i].size - 1, &cell));
        assert_null(mydrv_decode_number(cases[i].codec, wire + 1, wire, &cell));
        assert_true(cell.v.u == 99);
        assert_ptr_equal(mydrv_decode_number(cases[i].codec, wire, wire + cases[i].size, &cell),
                         wire + cases[i].size);
        assert_true(cell.v.u == cases[i].expected);
    }
}

static void test_bytes_with_a_sign(void **state)
{
    (void)state;
    static const struct ferry_column column = {
        .name = "c", .native = "tinyint", .type = FERRY_TYPE_INT, .bits = 8};
    for (int value = -128; value < 128; value++) {
        unsigned char wire[1] = {(unsigned char)value};
        struct row row;
        row_begin(&row, &column, MYDRV_CODEC_INT8);
        assert_int_equal(row_decode(&row, wire, 1), 1);
        assert_int_equal(ferry_batch_cells(row.batch, 0)->v.i, value);
        row_end(&row);
    }
}

/* Each value of a row goes into a column of it, up to the first that fails. */
static void test_a_row_of_two_columns(void **state)
{
    (void)state;
    static const struct ferry_column column = {
        .name = "c", .native = "bigint", .type = FERRY_TYPE_INT, .bits = 64};
    static const struct ferry_column second = {
        .name = "d", .native = "tinyint", .type = FERRY_TYPE_INT, .bits = 8};
    const struct mydrv_cell_format formats[] = {{.codec = MYDRV_CODEC_UINT8},
                                                {.codec = MYDRV_CODEC_UINT8}};
    unsigned char wire[] = {3, 4, 5, 6};
    unsigned char *at = wire;
    struct row row;
    row_begin(&row, &column, MYDRV_CODEC_UINT8);
    ferry_batch_free(row.batch);
    assert_int_equal(ferry_schema_add(&row.schema, &second, sizeof second, &row.error), FERRY_OK);
    row.cursor.batch = row.batch = ferry_batch_new(&row.schema, &ferry_batch_default_limits);
    ferry_batch_reset(row.batch, 100);
    row.cursor.formats = (struct mydrv_cell_format *)(uintptr_t)formats;
    row.cursor.column_count = 2;
    row.native.net.buff_end = wire + 3;
    mydrv_decode_cell(&row.cursor, 0, &at);
    mydrv_decode_cell(&row.cursor, 1, &at);
    mydrv_decode_cell(&row.cursor, 2, &at); /* there is none */
    assert_ptr_equal(at, wire + 2);
    assert_ptr_equal(row.cursor.row_end, wire + 2);
    assert_int_equal(ferry_batch_count(row.batch), 1);
    assert_int_equal(ferry_batch_cells(row.batch, 0)[0].v.u, 3);
    assert_int_equal(ferry_batch_cells(row.batch, 0)[1].v.u, 4);
    mydrv_decode_cell(&row.cursor, 0, &at);
    mydrv_decode_cell(&row.cursor, 1, &at); /* the packet has no more */
    assert_int_equal(row.cursor.failed, FERRY_ERR_STREAM);
    assert_error(&row.error, FERRY_ERR_STREAM,
                 "row 101, column 'd': the server sent a malformed row");
    at = wire;
    mydrv_decode_cell(&row.cursor, 0, &at); /* nothing is taken any more */
    assert_ptr_equal(at, wire);
    assert_int_equal(ferry_batch_count(row.batch), 2);
    row_end(&row);
}

/* A packet that ended before this value began. */
static void test_a_value_behind_the_end(void **state)
{
    (void)state;
    static const struct ferry_column column = {
        .name = "c", .native = "text", .type = FERRY_TYPE_TEXT};
    static const enum mydrv_codec codecs[] = {MYDRV_CODEC_UINT8, MYDRV_CODEC_STRING};
    unsigned char wire[4] = {0};
    for (size_t i = 0; i < COUNT(codecs); i++) {
        struct row row;
        unsigned char *at = wire + 2;
        row_begin(&row, &column, codecs[i]);
        row.native.net.buff_end = wire + 1;
        mydrv_decode_cell(&row.cursor, 0, &at);
        assert_int_equal(row.cursor.failed, FERRY_ERR_STREAM);
        assert_error(&row.error, FERRY_ERR_STREAM, "malformed");
        row_end(&row);
    }
}

static void test_a_row_ends_with_its_packet(void **state)
{
    (void)state;
    static const struct ferry_column column = {
        .name = "c", .native = "tinytext", .type = FERRY_TYPE_TEXT};
    struct row row;
    row_begin(&row, &column, MYDRV_CODEC_STRING);
    assert_int_equal(mydrv_decode_end(&row.cursor), FERRY_OK); /* nothing but NULL */
    unsigned char whole[] = {2, 'a', 'b', 0, 'z'};
    assert_int_equal(row_decode(&row, whole, sizeof whole), 3);
    assert_int_equal(mydrv_decode_end(&row.cursor), FERRY_OK);
    unsigned char beyond[] = {3, 'a', 'b', 0, 'z'}; /* one byte more than the packet holds */
    assert_int_equal(row_decode(&row, beyond, sizeof beyond), 4);
    assert_int_equal(mydrv_decode_end(&row.cursor), FERRY_ERR_STREAM);
    assert_error(&row.error, FERRY_ERR_STREAM, "column 'c': the server sent a malformed row");
    /* Compressed, the next packet begins behind the first NUL: its own bytes are none of this row.
     */
    unsigned char frame[] = {4, 'a', 'b', 0, 0, 0, 'z'};
    NET *net = &row.native.net;
    net->compress = 1;
    net->buff = frame;
    net->buf_length = sizeof frame;
    net->remain_in_buf = 2;
    row.cursor.failed = FERRY_OK;
    assert_int_equal(row_decode(&row, frame, sizeof frame), 5);
    assert_int_equal(mydrv_decode_end(&row.cursor), FERRY_OK);
    ferry_error_clear(&row.error);
    net->remain_in_buf = 3;
    assert_int_equal(mydrv_decode_end(&row.cursor), FERRY_ERR_STREAM);
    ferry_error_clear(&row.error);
    net->remain_in_buf = sizeof frame; /* all of it belongs to what follows */
    assert_int_equal(mydrv_decode_end(&row.cursor), FERRY_ERR_STREAM);
    ferry_error_clear(&row.error);
    net->remain_in_buf = sizeof frame + 1; /* more than there is: the library tells nothing */
    assert_int_equal(mydrv_decode_end(&row.cursor), FERRY_OK);
    row_end(&row);
}

static void test_floats_are_exact(void **state)
{
    (void)state;
    static const struct ferry_column column = {
        .name = "c", .native = "float", .type = FERRY_TYPE_FLOAT, .bits = 32};
    unsigned char wire[4] = {0xcd, 0xcc, 0x8c, 0x3f}; /* 1.1f */
    struct row row;
    row_begin(&row, &column, MYDRV_CODEC_FLOAT);
    row_decode(&row, wire, sizeof wire);
    assert_true(ferry_batch_cells(row.batch, 0)->v.f == (double)1.1f);
    row_end(&row);
    unsigned char twice[9] = {0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xf1, 0x3f}; /* 1.1 */
    row_begin(&row, &column, MYDRV_CODEC_DOUBLE);
    assert_int_equal(row_decode(&row, twice, sizeof twice), 8);
    assert_true(ferry_batch_cells(row.batch, 0)->v.f == 1.1);
    row_end(&row);
}

static void test_texts_and_dates(void **state)
{
    (void)state;
    static const struct ferry_column text = {
        .name = "c", .native = "text", .type = FERRY_TYPE_TEXT};
    static const struct ferry_column date = {
        .name = "c", .native = "date", .type = FERRY_TYPE_DATE};
    unsigned char empty[1] = {0};
    unsigned char ab[3] = {2, 'a', 'b'};
    unsigned char day[5] = {4, 0xe8, 0x07, 2, 29};
    unsigned char no_day[5] = {4, 0xe8, 0x07, 13, 29};
    struct row row;
    row_begin(&row, &text, MYDRV_CODEC_STRING);
    assert_int_equal(row_decode(&row, empty, sizeof empty), 1);
    assert_int_equal(row_decode(&row, ab, sizeof ab), 3);
    mydrv_decode_cell(&row.cursor, 0, NULL);
    assert_int_equal(ferry_batch_count(row.batch), 3);
    assert_int_equal(ferry_batch_cells(row.batch, 0)->len, 0);
    assert_non_null(ferry_batch_cells(row.batch, 0)->v.p);
    assert_int_equal(ferry_batch_cells(row.batch, 0)->null, 0);
    assert_memory_equal(ferry_batch_cells(row.batch, 1)->v.p, "ab", 2);
    assert_int_equal(ferry_batch_cells(row.batch, 2)->null, 1);
    row_end(&row);
    row_begin(&row, &date, MYDRV_CODEC_DATE);
    row_decode(&row, day, sizeof day);
    assert_memory_equal(ferry_batch_cells(row.batch, 0)->v.p, "2024-02-29", 10);
    row_decode(&row, no_day, sizeof no_day);
    assert_error(&row.error, FERRY_ERR_STREAM, "column 'c': the server sent a date or time");
    row_end(&row);
}

/* A moment of each kind, and one that has no such parts. */
static void test_moments(void **state)
{
    (void)state;
    static const struct {
        enum mydrv_codec codec;
        unsigned scale;
        unsigned char wire[13];
        const char *text; /* NULL: refused */
    } cases[] = {
        {MYDRV_CODEC_DATE, 0, {4, 0xe8, 0x07, 2, 29}, "2024-02-29"},
        {MYDRV_CODEC_DATE, 0, {7, 0xe8, 0x07, 2, 29, 1, 2, 3}, NULL},
        {MYDRV_CODEC_DATETIME, 0, {7, 0xe8, 0x07, 2, 29, 12, 34, 56}, "2024-02-29 12:34:56"},
        {MYDRV_CODEC_DATETIME, 1, {0}, "0000-00-00 00:00:00.0"},
        {MYDRV_CODEC_DATETIME, 0, {8, 0, 0, 0, 0, 0, 12, 34, 56}, NULL},
        {MYDRV_CODEC_TIME, 0, {8, 1, 1, 0, 0, 0, 12, 34, 56}, "-36:34:56"},
        {MYDRV_CODEC_TIME, 3, {12, 0, 0, 0, 0, 0, 1, 2, 3, 0x10, 0x27, 0, 0}, "01:02:03.010"},
        {MYDRV_CODEC_TIME, 0, {7, 0xe8, 0x07, 2, 29, 12, 34, 56}, NULL},
        {MYDRV_CODEC_NULL, 0, {2, 'a', 'b'}, NULL}, /* where only NULL can stand */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {.name = "c",
                                            .native = "datetime",
                                            .type = FERRY_TYPE_DATETIME,
                                            .scale = cases[i].scale};
        unsigned char wire[13];
        struct row row;
        memcpy(wire, cases[i].wire, sizeof wire);
        row_begin(&row, &column, cases[i].codec);
        assert_int_equal(row_decode(&row, wire, sizeof wire), wire[0] + 1);
        const struct ferry_cell *cell = ferry_batch_cells(row.batch, 0);
        if (cases[i].text == NULL) {
            assert_int_equal(row.cursor.failed, FERRY_ERR_STREAM);
            assert_error(&row.error, FERRY_ERR_STREAM, "a date or time that does not exist");
        } else {
            assert_int_equal(row.cursor.failed, FERRY_OK);
            assert_int_equal(cell->len, strlen(cases[i].text));
            assert_memory_equal(cell->v.p, cases[i].text, cell->len);
        }
        row_end(&row);
    }
}

static void test_null_where_there_is_none(void **state)
{
    (void)state;
    static const struct ferry_column column = {.name = "c",
                                               .native = "bigint",
                                               .type = FERRY_TYPE_INT,
                                               .bits = 64,
                                               .flags = FERRY_COLUMN_NOT_NULL};
    struct row row;
    row_begin(&row, &column, MYDRV_CODEC_INT64);
    mydrv_decode_cell(&row.cursor, 0, NULL);
    assert_int_equal(row.cursor.failed, FERRY_OK);
    row.format.not_null = true;
    mydrv_decode_cell(&row.cursor, 0, NULL);
    assert_int_equal(row.cursor.failed, FERRY_ERR_STREAM);
    assert_error(&row.error, FERRY_ERR_STREAM, "column 'c': the server sent NULL");
    row_end(&row);
}

static void test_bits(void **state)
{
    (void)state;
    static const struct {
        unsigned char wire[10];
        size_t size;
        uint32_t bits;
        bool good;
        uint64_t expected;
    } cases[] = {
        {{1, 1}, 2, 1, true, 1},
        {{1, 2}, 2, 1, false, 0},
        {{0}, 1, 1, true, 0},
        {{2, 0x01, 0xff}, 3, 9, true, 0x1ff},
        {{2, 0x02, 0x00}, 3, 9, false, 0},
        {{8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9, 63, true, INT64_MAX},
        {{8, 0x80, 0, 0, 0, 0, 0, 0, 0}, 9, 63, false, 0},
        {{8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9, 64, true, UINT64_MAX},
        {{8, 0x80, 0, 0, 0, 0, 0, 0, 1}, 9, 64, true, UINT64_C(0x8000000000000001)},
        {{9, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 10, 64, false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {
            .name = "c", .native = "bit", .type = FERRY_TYPE_BIT, .bits = cases[i].bits};
        unsigned char wire[10];
        struct row row;
        memcpy(wire, cases[i].wire, sizeof wire);
        row_begin(&row, &column, MYDRV_CODEC_BIT);
        row.format.scale = cases[i].bits;
        assert_int_equal(row_decode(&row, wire, cases[i].size), cases[i].size);
        if (cases[i].good)
            assert_true(ferry_batch_cells(row.batch, 0)->v.u == cases[i].expected);
        else
            assert_error(&row.error, FERRY_ERR_STREAM, "column 'c': the server sent more bits");
        assert_int_equal(row.cursor.failed, cases[i].good ? FERRY_OK : FERRY_ERR_STREAM);
        row_end(&row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_first_bytes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_a_number_alone),
        cmocka_unit_test(test_bytes_with_a_sign),
        cmocka_unit_test(test_a_row_of_two_columns),
        cmocka_unit_test(test_a_value_behind_the_end),
        cmocka_unit_test(test_floats_are_exact),
        cmocka_unit_test(test_texts_and_dates),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_null_where_there_is_none),
        cmocka_unit_test(test_a_row_ends_with_its_packet),
    };
    return cmocka_run_group_tests_name("mysql decode", tests, NULL, NULL);
}
