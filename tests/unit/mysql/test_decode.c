/* Tests of the mysql driver's decode.c, format.c and types.c: lengths, values, and columns. */

#include "unit.h"

#include "../../../plugins/mysql/read/decode.c"
#include "../../../plugins/mysql/types/charset.c"
#include "../../../plugins/mysql/types/format.c"
#include "../../../plugins/mysql/types/possible.c"
#include "../../../plugins/mysql/types/translate.c"
#include "../../../plugins/mysql/types/types.c"

#include "driver/batch.h"

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

/* A row that goes through mydrv_decode_cell as the library would hand it over. */
struct row {
    struct mydrv_conn conn;
    MYSQL native;
    struct ferry_schema schema;
    struct mydrv_cursor cursor;
    struct mydrv_cell_format format;
    struct ferry_error error;
    struct ferry_batch *batch;
};

static void row_begin(struct row *row, const struct ferry_column *column, enum mydrv_codec codec)
{
    memset(row, 0, sizeof *row);
    assert_int_equal(ferry_schema_add(&row->schema, column, sizeof *column, &row->error), FERRY_OK);
    row->batch = ferry_batch_new(&row->schema, &ferry_batch_default_limits);
    row->format.codec = codec;
    row->format.scale = column->scale;
    row->conn.native = &row->native;
    row->cursor = (struct mydrv_cursor){.conn = &row->conn,
                                        .formats = &row->format,
                                        .column_count = 1,
                                        .batch = row->batch,
                                        .err = &row->error};
}

/* How many bytes were taken. */
static size_t row_decode(struct row *row, unsigned char *wire, size_t size)
{
    unsigned char *at = wire;
    row->native.net.buff_end = wire + size;
    row->cursor.failed = FERRY_OK;
    mydrv_decode_cell(&row->cursor, 0, &at);
    return (size_t)(at - wire);
}

static void row_end(struct row *row)
{
    ferry_batch_free(row->batch);
    ferry_schema_done(&row->schema);
    ferry_error_clear(&row->error);
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

static void test_decimals_that_no_server_has(void **state)
{
    (void)state;
    char name[] = "c";
    MYSQL_FIELD field = {.name = name, .type = MYSQL_TYPE_NEWDECIMAL, .length = 12, .decimals = 66};
    struct mydrv_column c = {0};
    struct ferry_error error = {0};
    assert_int_equal(mydrv_column_describe(&field, 1, true, &c, &error), FERRY_ERR_STREAM);
    assert_error(&error, FERRY_ERR_STREAM, "column 'c' as a DECIMAL of 66 digits behind the point");
}

static void test_columns(void **state)
{
    (void)state;
    static const struct {
        MYSQL_FIELD field;
        uint32_t type;
        const char *native;
        uint64_t length;
        uint32_t bits, precision, scale, flags;
    } cases[] = {
        {{.type = MYSQL_TYPE_TINY, .length = 4}, FERRY_TYPE_INT, "tinyint", 0, 8, 0, 0, 0},
        {{.type = MYSQL_TYPE_TINY, .length = 1}, FERRY_TYPE_INT, "tinyint(1)", 1, 8, 0, 0, 0},
        {{.type = MYSQL_TYPE_INT24, .length = 9, .flags = UNSIGNED_FLAG | NOT_NULL_FLAG},
         FERRY_TYPE_INT,
         "mediumint unsigned",
         0,
         24,
         0,
         0,
         FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_NOT_NULL},
        {{.type = MYSQL_TYPE_NEWDECIMAL, .length = 12, .decimals = 2},
         FERRY_TYPE_DECIMAL,
         "decimal(10,2)",
         0,
         0,
         10,
         2,
         0},
        {{.type = MYSQL_TYPE_NEWDECIMAL, .length = 11, .decimals = 2, .flags = UNSIGNED_FLAG},
         FERRY_TYPE_DECIMAL,
         "decimal(10,2) unsigned",
         0,
         0,
         10,
         2,
         FERRY_COLUMN_UNSIGNED},
        {{.type = MYSQL_TYPE_NEWDECIMAL, .length = 66},
         FERRY_TYPE_DECIMAL,
         "decimal(65,0)",
         0,
         0,
         65,
         0,
         0},
        {{.type = MYSQL_TYPE_NEWDECIMAL, .length = 0, .decimals = 30},
         FERRY_TYPE_DECIMAL,
         "decimal(30,30)",
         0,
         0,
         30,
         30,
         0},
        {{.type = MYSQL_TYPE_VAR_STRING, .length = 160, .charsetnr = 45},
         FERRY_TYPE_TEXT,
         "varchar(40)",
         40,
         0,
         0,
         0,
         0},
        {{.type = MYSQL_TYPE_STRING, .length = 16, .charsetnr = 63},
         FERRY_TYPE_BYTES,
         "binary(16)",
         16,
         0,
         0,
         0,
         FERRY_COLUMN_FIXED},
        {{.type = MYSQL_TYPE_BLOB, .length = 4294967295, .charsetnr = 45},
         FERRY_TYPE_TEXT,
         "longtext",
         0,
         0,
         0,
         0,
         FERRY_COLUMN_LONG},
        {{.type = MYSQL_TYPE_BLOB, .length = 65535, .charsetnr = 63},
         FERRY_TYPE_BYTES,
         "blob",
         65535,
         0,
         0,
         0,
         FERRY_COLUMN_LONG},
        {{.type = MYSQL_TYPE_DATETIME, .decimals = 3},
         FERRY_TYPE_DATETIME,
         "datetime(3)",
         0,
         0,
         0,
         3,
         0},
        {{.type = MYSQL_TYPE_TIMESTAMP, .decimals = 39},
         FERRY_TYPE_DATETIME,
         "timestamp(6)",
         0,
         0,
         0,
         6,
         FERRY_COLUMN_UTC},
        {{.type = MYSQL_TYPE_YEAR, .flags = UNSIGNED_FLAG}, FERRY_TYPE_YEAR, "year", 0, 0, 0, 0, 0},
        {{.type = MYSQL_TYPE_LONG, .length = 5, .flags = UNSIGNED_FLAG | ZEROFILL_FLAG},
         FERRY_TYPE_INT,
         "int(5) unsigned zerofill",
         5,
         32,
         0,
         0,
         FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_ZEROFILL},
        {{.type = MYSQL_TYPE_DOUBLE, .length = 22, .decimals = 31},
         FERRY_TYPE_FLOAT,
         "double",
         0,
         64,
         0,
         0,
         FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY},
        {{.type = MYSQL_TYPE_FLOAT, .length = 7, .decimals = 2, .flags = UNSIGNED_FLAG},
         FERRY_TYPE_FLOAT,
         "float(7,2) unsigned",
         0,
         32,
         0,
         0,
         FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY},
        {{.type = MYSQL_TYPE_BIT, .length = 9}, FERRY_TYPE_BIT, "bit(9)", 0, 9, 0, 0, 0},
        {{.type = MYSQL_TYPE_BIT, .length = 64}, FERRY_TYPE_BIT, "bit(64)", 0, 64, 0, 0, 0},
        {{.type = MYSQL_TYPE_STRING, .length = 16, .flags = ENUM_FLAG, .charsetnr = 45},
         FERRY_TYPE_ENUM,
         "enum",
         0,
         0,
         0,
         0,
         0},
        {{.type = MYSQL_TYPE_STRING, .length = 16, .flags = SET_FLAG, .charsetnr = 45},
         FERRY_TYPE_SET,
         "set",
         0,
         0,
         0,
         0,
         0},
        {{.type = MYSQL_TYPE_STRING, .length = 3, .flags = ENUM_FLAG, .charsetnr = 63},
         FERRY_TYPE_BYTES,
         "varbinary(3)",
         3,
         0,
         0,
         0,
         0},
        {{.type = MYSQL_TYPE_JSON, .length = 4294967295, .charsetnr = 63},
         FERRY_TYPE_JSON,
         "json",
         0,
         0,
         0,
         0,
         0},
        {{.type = MYSQL_TYPE_GEOMETRY, .length = 4294967295, .charsetnr = 63},
         FERRY_TYPE_GEOMETRY,
         "geometry",
         0,
         0,
         0,
         0,
         0},
        {{.type = (enum enum_field_types)TYPE_VECTOR, .length = 12, .charsetnr = 63},
         FERRY_TYPE_VECTOR,
         "vector(3)",
         3,
         0,
         0,
         0,
         0},
        {{.type = (enum enum_field_types)TYPE_VECTOR, .length = 4294967295, .charsetnr = 63},
         FERRY_TYPE_VECTOR,
         "vector",
         0,
         0,
         0,
         0,
         0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[] = "c";
        MYSQL_FIELD field = cases[i].field;
        field.name = name;
        struct mydrv_column c = {0};
        struct ferry_error error = {0};
        assert_int_equal(mydrv_column_describe(&field, 1, true, &c, &error), FERRY_OK);
        assert_string_equal(c.column.native, cases[i].native);
        assert_int_equal(c.column.type, cases[i].type);
        assert_int_equal(c.column.length, cases[i].length);
        assert_int_equal(c.column.bits, cases[i].bits);
        assert_int_equal(c.column.precision, cases[i].precision);
        assert_int_equal(c.column.scale, cases[i].scale);
        assert_int_equal(c.column.flags, cases[i].flags);
        mydrv_column_clear(&c);
    }
}

/* The attributes that only MariaDB sends beside a field. */
static MARIADB_CONST_STRING attributes[MARIADB_FIELD_ATTR_LAST + 1];

int STDCALL mariadb_field_attr(MARIADB_CONST_STRING *attr, const MYSQL_FIELD *field,
                               enum mariadb_field_attr_t type)
{
    (void)field;
    *attr = attributes[type];
    return attr->length == 0;
}

static void test_types_with_attributes(void **state)
{
    (void)state;
    static const struct {
        const char *type_name, *format;
        MYSQL_FIELD field;
        uint32_t type; /* 0: refused */
        const char *native;
        const char *subtype;
    } cases[] = {
        {"uuid", NULL, {.type = MYSQL_TYPE_STRING, .length = 144}, FERRY_TYPE_UUID, "uuid", NULL},
        {"inet4", NULL, {.type = MYSQL_TYPE_STRING, .length = 60}, FERRY_TYPE_INET4, "inet4", NULL},
        {"inet6", NULL, {.type = MYSQL_TYPE_STRING}, FERRY_TYPE_INET6, "inet6", NULL},
        {"point", NULL, {.type = MYSQL_TYPE_GEOMETRY}, FERRY_TYPE_GEOMETRY, "point", "point"},
        {NULL,
         "json",
         {.type = MYSQL_TYPE_BLOB, .length = 4294967295, .charsetnr = 45},
         FERRY_TYPE_JSON,
         "json",
         NULL},
        {NULL,
         "json",
         {.type = MYSQL_TYPE_VAR_STRING, .length = 40, .charsetnr = 45},
         FERRY_TYPE_TEXT,
         "varchar(10)",
         NULL},
        {"brandnew", NULL, {.type = MYSQL_TYPE_STRING, .length = 8}, 0, "BRANDNEW", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[] = "c";
        MYSQL_FIELD field = cases[i].field;
        struct mydrv_column c = {0};
        struct ferry_error error = {0};
        field.name = name;
        attributes[MARIADB_FIELD_ATTR_DATA_TYPE_NAME] = (MARIADB_CONST_STRING){
            cases[i].type_name, cases[i].type_name == NULL ? 0 : strlen(cases[i].type_name)};
        attributes[MARIADB_FIELD_ATTR_FORMAT_NAME] = (MARIADB_CONST_STRING){
            cases[i].format, cases[i].format == NULL ? 0 : strlen(cases[i].format)};
        ferry_status status = mydrv_column_describe(&field, 1, true, &c, &error);
        if (cases[i].type == 0) {
            assert_error(&error, FERRY_ERR_SCHEMA, cases[i].native);
            continue;
        }
        assert_int_equal(status, FERRY_OK);
        assert_int_equal(c.column.type, cases[i].type);
        assert_string_equal(c.column.native, cases[i].native);
        assert_int_equal(c.codec, MYDRV_CODEC_STRING);
        assert_int_equal(c.column.subtype != NULL, cases[i].subtype != NULL);
        if (c.column.subtype != NULL)
            assert_string_equal(c.column.subtype, cases[i].subtype);
        mydrv_column_clear(&c);
    }
    memset(attributes, 0, sizeof attributes);
}

/* The bits of an expression come in two forms, so the server is asked for a number. */
static void test_bits_of_expressions(void **state)
{
    (void)state;
    static char database[] = "d";
    static char nothing[] = "";
    static const struct {
        char *db;
        bool recast;
    } cases[] = {{database, false}, {nothing, true}, {NULL, true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[] = "c";
        MYSQL_FIELD field = {.name = name, .db = cases[i].db, .type = MYSQL_TYPE_BIT, .length = 16};
        struct mydrv_column c = {0};
        struct ferry_error error = {0};
        assert_int_equal(mydrv_column_describe(&field, 1, true, &c, &error), FERRY_OK);
        assert_int_equal(c.column.type, FERRY_TYPE_BIT);
        assert_int_equal(c.recast != NULL, cases[i].recast);
        if (c.recast != NULL)
            assert_string_equal(c.recast, "UNSIGNED");
        mydrv_column_clear(&c);
    }
}

/* Every type number is either carried or refused by name; none slips through. */
static void test_every_other_type_is_refused(void **state)
{
    (void)state;
    size_t carried = 0;
    for (unsigned type = 0; type < 256; type++) {
        char name[] = "odd";
        MYSQL_FIELD field = {
            .name = name, .type = (enum enum_field_types)type, .length = 10, .charsetnr = 45};
        struct mydrv_column c = {0};
        struct ferry_error error = {0};
        if (mydrv_column_describe(&field, 1, true, &c, &error) == FERRY_OK)
            carried++;
        else
            assert_error(&error, FERRY_ERR_SCHEMA, "column 'odd' has type ");
        mydrv_column_clear(&c);
    }
    assert_int_equal(carried, 29);
    char name[] = "";
    MYSQL_FIELD field = {.name = name, .type = MYSQL_TYPE_LONG};
    struct mydrv_column c = {0};
    struct ferry_error error = {0};
    assert_int_equal(mydrv_column_describe(&field, 3, true, &c, &error), FERRY_ERR_SCHEMA);
    assert_error(&error, FERRY_ERR_SCHEMA, "column 3 has no name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_floats_are_exact),
        cmocka_unit_test(test_texts_and_dates),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_null_where_there_is_none),
        cmocka_unit_test(test_bits_of_expressions),
        cmocka_unit_test(test_values_that_a_type_cannot_have),
        cmocka_unit_test(test_decimals_that_no_server_has),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_types_with_attributes),
        cmocka_unit_test(test_a_row_ends_with_its_packet),
        cmocka_unit_test(test_every_other_type_is_refused),
    };
    return cmocka_run_group_tests_name("mysql decode", tests, NULL, NULL);
}
