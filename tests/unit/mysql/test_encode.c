/* Tests of the mysql driver's encode.c and text.c: values as they are sent, and how they are
 * escaped.
 */

#include "unit.h"

#include <arpa/inet.h>
#include <float.h>

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/spelling.c"
#include "../../../plugins/mysql/types/translate.c"
#include "../../../plugins/parts/text.c"

/* The library's, which is given no text that is longer than a buffer for one. */
static int checked_pton(int family, const char *text, void *ret_address)
{
    assert_true(strlen(text) < INET6_ADDRSTRLEN);
    return inet_pton(family, text, ret_address);
}

#define inet_pton checked_pton
#include "../../../plugins/mysql/write/check.c"
#undef inet_pton

#include "../../../plugins/mysql/write/encode.c"
#include "../../../plugins/mysql/write/form.c"
#include "values.h"

#define REFUSED NULL, 0

static const struct {
    struct ferry_column source;
    const char *native;
    struct ferry_cell cell;
    const char *data; /* NULL: refused */
    size_t size;
} values[] = {
    {{.type = FERRY_TYPE_INT, .bits = 8}, "tinyint", INTEGER(-128), SENT("-128")},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "tinyint", INTEGER(-129), REFUSED},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "tinyint", INTEGER(128), REFUSED},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "tinyint unsigned", INTEGER(255), SENT("255")},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "tinyint unsigned", INTEGER(-1), REFUSED},
    {{.type = FERRY_TYPE_INT, .bits = 64},
     "bigint",
     INTEGER(INT64_MIN),
     SENT("-9223372036854775808")},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
     "bigint unsigned",
     {.v.u = UINT64_MAX},
     SENT("18446744073709551615")},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
     "bigint",
     {.v.u = UINT64_MAX},
     REFUSED},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "bigint",
     {.v.p = "5", .len = 1, .kind = FERRY_KIND_TEXT},
     REFUSED},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL(-0.0), SENT("-0")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL(0.1), SENT("0.1")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL(0.0), SENT("0")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL(-1200), SENT("-1200")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64},
     "double",
     REAL(0.1 + 0.2),
     SENT("0.30000000000000004")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL(1e15), SENT("1000000000000000")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL(-1.5e-10), SENT("-0.00000000015")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64},
     "double",
     REAL(DBL_MAX),
     SENT("1.7976931348623157e+308")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL((double)INFINITY), REFUSED},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", REAL((double)NAN), REFUSED},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "float", REAL(0.1), REFUSED},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "float", REAL(0.5), SENT("0.5")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "float", REAL(1e39), REFUSED},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "float unsigned", REAL(0.5), SENT("0.5")},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "float unsigned", REAL(-0.5), REFUSED},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "float unsigned", REAL(-0.0), REFUSED},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double unsigned", REAL(-1), REFUSED},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2},
     "decimal(5,2)",
     TEXT("-1.50"),
     SENT("-1.50")},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2},
     "decimal(5,1)",
     TEXT("1.50"),
     SENT("1.50")},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2},
     "decimal(5,1)",
     TEXT("1.55"),
     REFUSED},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2},
     "decimal(5,2)",
     TEXT("1e2"),
     REFUSED},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2}, "decimal(5,2)", TEXT(""), REFUSED},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 16, .scale = 1},
     "double",
     TEXT("123456789012345.6"),
     REFUSED},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 16, .scale = 1},
     "double",
     TEXT("0.12345"),
     SENT("0.12345")},
    {{.type = FERRY_TYPE_TEXT}, "char(5)", TEXT("a "), REFUSED},
    {{.type = FERRY_TYPE_TEXT}, "char(5)", TEXT(" a"), SENT(" a")},
    {{.type = FERRY_TYPE_TEXT}, "varchar(5)", TEXT("a "), SENT("a ")},
    {{.type = FERRY_TYPE_TEXT}, "binary(2)", TEXT("ab"), REFUSED},
    {{.type = FERRY_TYPE_BYTES}, "binary(2)", TEXT("ab"), SENT("ab")},
    {{.type = FERRY_TYPE_BYTES}, "binary(3)", TEXT("ab"), REFUSED},
    {{.type = FERRY_TYPE_BYTES}, "text", TEXT("ab"), REFUSED},
    {{.type = FERRY_TYPE_DATE}, "date", TEXT("2024-00-00"), SENT("2024-00-00")},
    {{.type = FERRY_TYPE_DATE}, "date", TEXT("2024-1-5"), REFUSED},
    {{.type = FERRY_TYPE_DATE}, "date", TEXT("20240105"), REFUSED},
    {{.type = FERRY_TYPE_DATE}, "date", TEXT("2024-01-05 00:00:00"), REFUSED},
    {{.type = FERRY_TYPE_DATETIME, .scale = 3},
     "datetime(3)",
     TEXT("2024-01-05 10:11:12.345"),
     SENT("2024-01-05 10:11:12.345")},
    {{.type = FERRY_TYPE_DATETIME, .scale = 3},
     "datetime",
     TEXT("2024-01-05 10:11:12.345"),
     REFUSED},
    {{.type = FERRY_TYPE_DATETIME}, "datetime", TEXT("2024-01-05T10:11:12"), REFUSED},
    {{.type = FERRY_TYPE_TIME}, "time", TEXT("-838:59:59"), SENT("-838:59:59")},
    {{.type = FERRY_TYPE_TIME}, "time", TEXT("-00:00:00"), REFUSED},
    {{.type = FERRY_TYPE_TIME}, "time", TEXT("1:00:00"), REFUSED},
    {{.type = FERRY_TYPE_TIME}, "time", TEXT("10:00"), REFUSED},
    {{.type = FERRY_TYPE_YEAR}, "year", INTEGER(0), SENT("0000")},
    {{.type = FERRY_TYPE_INT, .bits = 32}, "year", INTEGER(70), REFUSED},
    {{.type = FERRY_TYPE_BIT, .bits = 9}, "bit(9)", {.v.u = 0x1ff}, SENT("\x01\xff")},
    {{.type = FERRY_TYPE_BIT, .bits = 64}, "bit(9)", {.v.u = 0x200}, REFUSED},
    {{.type = FERRY_TYPE_ENUM}, "enum('b','a','10')", TEXT("a"), SENT("a")},
    {{.type = FERRY_TYPE_ENUM}, "enum('b','a','10')", TEXT("A"), REFUSED},
    {{.type = FERRY_TYPE_ENUM}, "enum('b','a','10')", TEXT("2"), REFUSED}, /* no number of one */
    {{.type = FERRY_TYPE_ENUM}, "enum('b','a','10')", TEXT(""), REFUSED},
    {{.type = FERRY_TYPE_SET}, "set('a','ab','c')", TEXT(""), SENT("")},
    {{.type = FERRY_TYPE_SET}, "set('a','ab','c')", TEXT("ab,c"), SENT("ab,c")},
    {{.type = FERRY_TYPE_SET}, "set('a','ab','c')", TEXT("c,a"), REFUSED},
    {{.type = FERRY_TYPE_SET}, "set('a','ab','c')", TEXT("a,a"), REFUSED},
    {{.type = FERRY_TYPE_SET}, "set('a','ab','c')", TEXT("a,"), REFUSED},
    {{.type = FERRY_TYPE_SET}, "set('a','ab','c')", TEXT("1"), REFUSED},
    {{.type = FERRY_TYPE_UUID},
     "uuid",
     TEXT("123e4567-e89b-12d3-a456-426614174000"),
     SENT("123e4567-e89b-12d3-a456-426614174000")},
    {{.type = FERRY_TYPE_UUID}, "uuid", TEXT("123E4567-e89b-12d3-a456-426614174000"), REFUSED},
    {{.type = FERRY_TYPE_INET4}, "inet4", TEXT("192.0.2.1"), SENT("192.0.2.1")},
    {{.type = FERRY_TYPE_INET4}, "inet4", TEXT("192.0.2"), REFUSED},
    {{.type = FERRY_TYPE_INET6}, "inet6", TEXT("2001:db8::1"), SENT("2001:db8::1")},
    {{.type = FERRY_TYPE_INET6}, "inet6", TEXT("2001:DB8::1"), REFUSED},
    {{.type = FERRY_TYPE_INET6}, "inet6", TEXT("::1\0"), REFUSED},
    {{.type = FERRY_TYPE_ANY},
     "varchar(9)",
     {.v.p = "x", .len = 1, .kind = FERRY_KIND_TEXT},
     SENT("x")},
    {{.type = FERRY_TYPE_ANY}, "varchar(9)", {.v.i = 5, .kind = FERRY_KIND_INT}, REFUSED},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "varchar(9)", INTEGER(-5), SENT("-5")},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct mydrv_form form = {0};
        char room[MYDRV_VALUE_ROOM];
        const char *data = NULL;
        size_t size = 0;
        assert_int_equal(mydrv_form_make(&form, &values[i].source, values[i].native, &error),
                         FERRY_OK);
        struct ferry_cell cell = values[i].cell;
        char *text = NULL;
        if (cell.len > 0) { /* a text ends where it ends: behind it may be anything, or nothing */
            text = malloc(cell.len);
            memcpy(text, cell.v.p, cell.len);
            cell.v.p = text;
        }
        const char *flaw = mydrv_encode(&form, &cell, room, &data, &size);
        if ((flaw == NULL) != (values[i].data != NULL))
            fail_msg("value %zu (%s): %s", i, values[i].native, flaw == NULL ? "taken" : flaw);
        if (flaw == NULL) {
            assert_int_equal(size, values[i].size);
            assert_memory_equal(data, values[i].data, size);
        }
        free(text);
        mydrv_form_clear(&form);
    }
}

/* Whatever a number is printed as, it is the same number again, bit by bit. */
static void test_doubles(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64};
    struct mydrv_form form = {0};
    uint64_t bits = UINT64_C(88172645463325252);
    assert_int_equal(mydrv_form_make(&form, &column, "double", &error), FERRY_OK);
    for (size_t i = 0; i < 300000; i++) {
        char room[MYDRV_VALUE_ROOM];
        char text[MYDRV_VALUE_ROOM + 1];
        const char *data = NULL;
        size_t size = 0;
        struct ferry_cell cell = {0};
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        if (i % 3 == 0) /* any number */
            memcpy(&cell.v.f, &bits, sizeof bits);
        else if (i % 3 == 1) /* one of few digits */
            cell.v.f = (double)(int64_t)(bits % 2000000000000000) / 1e9 - 1e6;
        else /* one beside it */
            cell.v.f = (double)(bits % 1000000) / 1000;
        cell.v.u ^= i % 3 == 2 ? i & 1 : 0;
        if (!isfinite(cell.v.f))
            continue;
        assert_null(mydrv_encode(&form, &cell, room, &data, &size));
        memcpy(text, data, size);
        text[size] = '\0';
        double again = strtod(text, NULL);
        assert_memory_equal(&again, &cell.v.f, sizeof again);
    }
    mydrv_form_clear(&form);
}

/* Of the room for a value, no byte is written but those that are sent. */
static void test_bits(void **state)
{
    (void)state;
    static const struct {
        const char *native;
        uint64_t bits;
        const char *room; /* its first bytes */
    } cases[] = {
        {"bit(1)", 1, "\1xxxxxxxx"},
        {"bit(8)", 0xab, "\xabxxxxxxxx"},
        {"bit(9)", 0x1ab, "\1\xabxxxxxxx"},
        {"bit(64)", UINT64_C(0x0102030405060708), "\1\2\3\4\5\6\7\10x"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_BIT, .bits = 64};
        const struct ferry_cell cell = {.v.u = cases[i].bits};
        struct mydrv_form form = {0};
        char room[MYDRV_VALUE_ROOM];
        const char *data = NULL;
        size_t size = 0;
        memset(room, 'x', sizeof room);
        assert_int_equal(mydrv_form_make(&form, &column, cases[i].native, &error), FERRY_OK);
        assert_null(mydrv_encode(&form, &cell, room, &data, &size));
        assert_ptr_equal(data, room);
        assert_int_equal(size, strcspn(cases[i].room, "x"));
        assert_memory_equal(room, cases[i].room, 9);
        mydrv_form_clear(&form);
    }
}

/* What was printed of an address is not compared with a text that is none; and there is room for
 * the longest alone. */
static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *native;
        const char *good;
        const char *bad;
        size_t size; /* of it */
    } cases[] = {
        {"inet4", "1.2.3.4", SENT("1.2.3.4\0")},
        {"inet6", "1:2:3:4:5:6:7:8", SENT("1:2:3:4:5:6:7:8\0")},
        {"inet6", "::ffff:255.255.255.255", SENT("::ffff:255.255.255.2555")},
        {"inet6", "2001:db8::1",
         SENT("00000:0000:0000:0000:0000:ffff:255.255.255.255")}, /* the buffer's size */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_TEXT};
        struct mydrv_form form = {0};
        assert_int_equal(mydrv_form_make(&form, &column, cases[i].native, &error), FERRY_OK);
        const char *good = mydrv_check_text(&form, cases[i].good, strlen(cases[i].good));
        const char *bad = mydrv_check_text(&form, cases[i].bad, cases[i].size);
        assert_null(good);
        assert_non_null(bad);
        assert_string_equal(bad, "is no address in its usual spelling");
        mydrv_form_clear(&form);
    }
}

static void test_unknown_type(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_INT, .bits = 64};
    struct mydrv_form form = {0};
    assert_int_equal(mydrv_form_make(&form, &column, "money", &error), FERRY_ERR_SCHEMA);
    mydrv_form_clear(&form);
}

static void test_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t size;
        const char *field;
        const char *quoted;
    } cases[] = {
        {SENT(""), "", "''"},
        {SENT("plain"), "plain", "'plain'"},
        {SENT("a\tb\nc\\d"), "a\\tb\\nc\\\\d", "'a\tb\\nc\\\\d'"},
        {SENT("\0"), "\\0", "'\\0'"},
        {SENT("\\N"), "\\\\N", "'\\\\N'"},
        {SENT("it's \"x\""), "it's \"x\"", "'it\\'s \"x\"'"},
        {SENT("\r\032"), "\r\032", "'\\r\\Z'"},
        {SENT("\xbf\x27\xf0\x9f\x98\x80"), "\xbf\x27\xf0\x9f\x98\x80",
         "'\xbf\\\x27\xf0\x9f\x98\x80'"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct part_text field = {0};
        struct part_text quoted = {0};
        mydrv_text_add_field(&field, cases[i].data, cases[i].size);
        mydrv_text_add_quoted(&quoted, cases[i].data, cases[i].size);
        assert_string_equal(field.data, cases[i].field);
        assert_string_equal(quoted.data, cases[i].quoted);
        part_text_clear(&field);
        part_text_clear(&quoted);
    }
}

/* No byte that ends a field or a line is left, and what is escaped reads back. */
static void test_every_byte(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        struct part_text field = {0};
        char byte = (char)c;
        mydrv_text_add_field(&field, &byte, 1);
        assert_null(memchr(field.data, '\t', field.length));
        assert_null(memchr(field.data, '\n', field.length));
        assert_null(memchr(field.data, '\0', field.length));
        assert_true(field.length == 1 ? field.data[0] == byte : field.data[0] == '\\');
        part_text_clear(&field);
    }
}

static void test_names(void **state)
{
    (void)state;
    const char *const names[] = {"a`b", "c"};
    struct part_text text = {0};
    mydrv_text_add_list(&text, names, 2);
    assert_string_equal(text.data, "`a``b`, `c`");
    part_text_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_bits),         cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_unknown_type), cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_every_byte),   cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("mysql encode", tests, NULL, NULL);
}
