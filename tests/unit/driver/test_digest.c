/* Tests of digest.c: vectors that pin the canonical form, and what a digest must and must not see.
 * The vectors were computed by a script from the description in cell.c and xxh128sum(1), not by
 * this code. */

#include "unit.h"

#include <inttypes.h>
#include <math.h>

#include "driver/digest.h"

#define ADD(schema, ...)                                                                           \
    add_column(schema, &(struct ferry_column){.name = "c", .native = "", __VA_ARGS__})

static void add_column(struct ferry_schema *schema, const struct ferry_column *column)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_schema_add(schema, column, sizeof *column, &error);
    assert_no_error(&error);
}

#define INT(value)                                                                                 \
    {                                                                                              \
        .v.i = (value)                                                                             \
    }
#define UINT(value)                                                                                \
    {                                                                                              \
        .v.u = (value)                                                                             \
    }
#define REAL(value)                                                                                \
    {                                                                                              \
        .v.f = (value)                                                                             \
    }
#define TEXT(value)                                                                                \
    {                                                                                              \
        .v.p = (value), .len = sizeof(value) - 1                                                   \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .null = 1                                                                                  \
    }
#define LONG(value, size)                                                                          \
    {                                                                                              \
        .v.p = (value), .len = (size)                                                              \
    }

/* The digest of rows of one schema, which is freed; the caller frees the text. */
static char *digest_of(struct ferry_schema *schema, const struct ferry_cell *cells, size_t rows)
{
    char *text = calloc(1, FERRY_DIGEST_TEXT);
    struct ferry_digest *digest = ferry_digest_new(schema);
    assert_non_null(digest);
    assert_non_null(text);
    for (size_t row = 0; row < rows; row++)
        ferry_digest_add(digest, cells + row * schema->count);
    assert_int_equal(ferry_digest_rows(digest), rows);
    ferry_digest_print(digest, text);
    ferry_digest_free(digest);
    ferry_schema_done(schema);
    return text;
}

/* One cell of one column has this digest. */
static void assert_cell(const struct ferry_column *column, struct ferry_cell cell,
                        const char *expected)
{
    struct ferry_schema schema = {0};
    add_column(&schema, column);
    char *text = digest_of(&schema, &cell, 1);
    assert_string_equal(text, expected);
    free(text);
}

#define COLUMN(...)                                                                                \
    &(const struct ferry_column)                                                                   \
    {                                                                                              \
        .name = "c", .native = "", __VA_ARGS__                                                     \
    }
#define CELL(cell) (struct ferry_cell) cell

#define NULL_DIGEST "a6cd5e9392000f6ac44bdff4074eecdb"
#define ZERO_DIGEST "fa3f5392c40387fb428516d12156e7b6"
#define REAL_ZERO_DIGEST "7af663c80eb713021750123014926432"
#define DECIMAL_DIGEST "fbdfb34405d41ab5476aa6a584cf6678"      /* -12.30 */
#define DECIMAL_ZERO_DIGEST "03ac5ff4bf4e5e08bead11e2c7b5d4ed" /* 0.00 */
#define EMPTY_TEXT_DIGEST "01350000664fe200b1495c6a04b4e88d"
#define EMPTY_BYTES_DIGEST "9ee7f45759f607d3638f49f2089a6116"
#define ZURICH_DIGEST "5458cbc3af9ee282e0b61c77c0819680"

static void test_numbers(void **state)
{
    (void)state;
    const struct ferry_column *tiny = COLUMN(.type = FERRY_TYPE_INT, .bits = 8);
    const struct ferry_column *big = COLUMN(.type = FERRY_TYPE_INT, .bits = 64);
    const struct ferry_column *count =
        COLUMN(.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED);
    const struct ferry_column *bits = COLUMN(.type = FERRY_TYPE_BIT, .bits = 64);
    assert_cell(big, CELL(NONE), NULL_DIGEST);
    assert_cell(big, CELL(INT(0)), ZERO_DIGEST);
    assert_cell(tiny, CELL(INT(-1)), "c8376ffe4131faf5893fd9db86b0c612");
    assert_cell(big, CELL(INT(-1)), "c8376ffe4131faf5893fd9db86b0c612");
    assert_cell(big, CELL(INT(INT64_MAX)), "a0684831d1f49e9be08ef96e46390fb3");
    assert_cell(big, CELL(INT(INT64_MIN)), "beb5e5f1c46b5d34e0eb6b8f285adfb6");
    assert_cell(count, CELL(UINT(INT64_MAX)), "a0684831d1f49e9be08ef96e46390fb3");
    assert_cell(count, CELL(UINT(UINT64_MAX)), "c2792e11dd6fe0eadb99db359ea6d6a8");
    assert_cell(bits, CELL(UINT(UINT64_MAX)), "c2792e11dd6fe0eadb99db359ea6d6a8");
    assert_cell(COLUMN(.type = FERRY_TYPE_BOOL), CELL(INT(0)), ZERO_DIGEST);
    assert_cell(COLUMN(.type = FERRY_TYPE_YEAR), CELL(INT(0)), ZERO_DIGEST);
}

static void test_floats(void **state)
{
    (void)state;
    const struct ferry_column *real = COLUMN(.type = FERRY_TYPE_FLOAT, .bits = 64);
    assert_cell(real, CELL(REAL(0.0)), REAL_ZERO_DIGEST);
    assert_cell(real, CELL(REAL(-0.0)), REAL_ZERO_DIGEST);
    assert_cell(real, CELL(REAL(1.5)), "2d0719929098c2ee4848f1440928d509");
    assert_cell(COLUMN(.type = FERRY_TYPE_FLOAT, .bits = 32), CELL(REAL(1.5)),
                "2d0719929098c2ee4848f1440928d509");
    assert_cell(real, CELL(REAL(5e-324)), "adf9413c4a1f578b23b065159311ffd5");
    assert_cell(real, CELL(REAL((double)NAN)), "fe7d6f62eba098c3059362aaf2adf924");
    assert_cell(real, CELL(REAL(-(double)NAN)), "fe7d6f62eba098c3059362aaf2adf924");
}

static void test_decimals(void **state)
{
    (void)state;
    const struct ferry_column *price =
        COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 10, .scale = 2);
    const struct ferry_column *whole = COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 10);
    assert_cell(price, CELL(TEXT("-12.30")), DECIMAL_DIGEST);
    assert_cell(price, CELL(TEXT("-012.3")), DECIMAL_DIGEST);
    assert_cell(price, CELL(TEXT("-0012.300")), DECIMAL_DIGEST);
    static const char *const zeros[] = {"0.00",  "-0.00", "0",   "-0",
                                        "000.0", ".00",   "-.0", "0.0000"};
    for (size_t i = 0; i < COUNT(zeros); i++)
        assert_cell(price, CELL(LONG(zeros[i], (uint32_t)strlen(zeros[i]))), DECIMAL_ZERO_DIGEST);
    assert_cell(whole, CELL(TEXT("12")), "2f240ae45cda039280ce9e212d7c4d26");
    assert_cell(whole, CELL(TEXT("0012")), "2f240ae45cda039280ce9e212d7c4d26");
    assert_cell(whole, CELL(TEXT("12.0")), "2f240ae45cda039280ce9e212d7c4d26");
}

/* The digests of two cells of one column. */
static bool differ(const struct ferry_column *column, struct ferry_cell a, struct ferry_cell b)
{
    struct ferry_schema first = {0}, second = {0};
    add_column(&first, column);
    add_column(&second, column);
    char *left = digest_of(&first, &a, 1), *right = digest_of(&second, &b, 1);
    bool different = strcmp(left, right) != 0;
    free(left);
    free(right);
    return different;
}

/* What is no decimal, or has more digits than the column, is neither mended nor taken for another.
 */
static void test_odd_decimals(void **state)
{
    (void)state;
    const struct ferry_column *price =
        COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 10, .scale = 2);
    assert_true(differ(price, CELL(TEXT("1.234")), CELL(TEXT("1.23"))));
    assert_true(differ(price, CELL(TEXT("1.23")), CELL(TEXT("-1.23"))));
    static const char *const odd[] = {"",      "-",     ".",   "-.",    "1,23",
                                      "1.2.3", "+1.23", "1e2", " 1.23", "nan"};
    for (size_t i = 0; i < COUNT(odd); i++)
        for (size_t k = 0; k < i; k++)
            assert_true(differ(price, CELL(LONG(odd[i], (uint32_t)strlen(odd[i]))),
                               CELL(LONG(odd[k], (uint32_t)strlen(odd[k])))));
    char *number = malloc(5000); /* longer than any database has */
    memset(number, '0', 5000);
    assert_false(differ(price, CELL(LONG(number, 5000)), CELL(TEXT("0.00"))));
    number[0] = '1';
    assert_true(differ(price, CELL(LONG(number, 5000)), CELL(LONG(number, 4999))));
    free(number);
}

static void test_texts(void **state)
{
    (void)state;
    static const uint32_t texts[] = {
        FERRY_TYPE_TEXT, FERRY_TYPE_DATE, FERRY_TYPE_TIME, FERRY_TYPE_DATETIME, FERRY_TYPE_JSON,
        FERRY_TYPE_ENUM, FERRY_TYPE_SET,  FERRY_TYPE_UUID, FERRY_TYPE_INET4,    FERRY_TYPE_INET6};
    static const uint32_t bytes[] = {FERRY_TYPE_BYTES, FERRY_TYPE_GEOMETRY, FERRY_TYPE_VECTOR};
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_cell(COLUMN(.type = texts[i]), CELL(TEXT("Z\303\274rich")), ZURICH_DIGEST);
        assert_cell(COLUMN(.type = texts[i]), CELL(TEXT("")), EMPTY_TEXT_DIGEST);
    }
    for (size_t i = 0; i < COUNT(bytes); i++) {
        assert_cell(COLUMN(.type = bytes[i]), CELL(TEXT("\0\377")),
                    "019d3ff03e61b9e5045ee5de062ffa48");
        assert_cell(COLUMN(.type = bytes[i]), CELL(TEXT("")), EMPTY_BYTES_DIGEST);
    }
}

/* A cell that says its own kind counts by it, in a column of any type. */
static void test_kinds(void **state)
{
    (void)state;
    const struct ferry_column *columns[] = {
        COLUMN(.type = FERRY_TYPE_ANY),
        COLUMN(.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE),
        COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 5, .flags = FERRY_COLUMN_LOOSE),
    };
    for (size_t i = 0; i < COUNT(columns); i++) {
        assert_cell(columns[i], CELL(NONE), NULL_DIGEST);
        assert_cell(columns[i], (struct ferry_cell){.kind = FERRY_KIND_INT}, ZERO_DIGEST);
        assert_cell(columns[i], (struct ferry_cell){.kind = FERRY_KIND_FLOAT, .v.f = -0.0},
                    REAL_ZERO_DIGEST);
        assert_cell(columns[i], (struct ferry_cell){.kind = FERRY_KIND_TEXT, .v.p = ""},
                    EMPTY_TEXT_DIGEST);
        assert_cell(columns[i], (struct ferry_cell){.kind = FERRY_KIND_BYTES, .v.p = ""},
                    EMPTY_BYTES_DIGEST);
    }
}

static void test_rows(void **state)
{
    (void)state;
    struct ferry_schema schema = {0};
    ADD(&schema, .type = FERRY_TYPE_INT, .bits = 32);
    ADD(&schema, .type = FERRY_TYPE_TEXT);
    ADD(&schema, .type = FERRY_TYPE_DECIMAL, .precision = 9, .scale = 2);
    ADD(&schema, .type = FERRY_TYPE_DATE);
    const struct ferry_cell row[] = {INT(1), TEXT("one"), TEXT("1.00"), NONE};
    char *text = digest_of(&schema, row, 1);
    assert_string_equal(text, "733b4f80130b23dc5deab6cdb63cdc6b");
    free(text);
    text = digest_of(&schema, NULL, 0);
    assert_string_equal(text, "00000000000000000000000000000000");
    free(text);
}

static void make_pair(struct ferry_schema *schema)
{
    ADD(schema, .type = FERRY_TYPE_INT, .bits = 32);
    ADD(schema, .type = FERRY_TYPE_TEXT);
}

static void test_order_and_number_of_rows(void **state)
{
    (void)state;
    struct ferry_schema schema = {0};
    const struct ferry_cell forth[] = {INT(1), TEXT("one"), INT(2), NONE};
    const struct ferry_cell back[] = {INT(2), NONE, INT(1), TEXT("one")};
    const struct ferry_cell twice[] = {INT(1), TEXT("one"), INT(1), TEXT("one")};
    const struct {
        const struct ferry_cell *cells;
        const char *expected;
    } cases[] = {{forth, "1b3dcbf3771b513ea81a2e9030dac82c"},
                 {back, "1b3dcbf3771b513ea81a2e9030dac82c"},
                 {twice, "e13ce1a6df8c343caaaddf7fc68ab5cc"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        make_pair(&schema);
        char *text = digest_of(&schema, cases[i].cells, 2);
        assert_string_equal(text, cases[i].expected);
        free(text);
    }
}

/* However long a row is and wherever its parts meet the end of the buffer. */
static void test_long_rows(void **state)
{
    (void)state;
    char *x = malloc(1025), *ab = malloc(1000000), *y = malloc(3000), *z = malloc(1000);
    memset(x, 'x', 1025);
    memset(y, 'y', 3000);
    memset(z, 'z', 1000);
    for (size_t i = 0; i < 1000000; i++)
        ab[i] = i % 2 == 0 ? 'a' : 'b';
    const struct ferry_cell short_cells[] = {INT(7), LONG(x, 1024), INT(8)};
    const struct ferry_cell long_cells[] = {INT(7), LONG(x, 1025), INT(8)};
    const struct ferry_cell huge[] = {INT(7), LONG(ab, 1000000), LONG(y, 3000), INT(8)};
    const struct ferry_cell many[] = {LONG(z, 1000), LONG(z, 1000), LONG(z, 1000), LONG(z, 1000),
                                      LONG(z, 1000)};
    struct ferry_schema schema = {0};
    for (int i = 0; i < 2; i++) {
        ADD(&schema, .type = FERRY_TYPE_INT, .bits = 64);
        ADD(&schema, .type = FERRY_TYPE_TEXT);
        ADD(&schema, .type = FERRY_TYPE_INT, .bits = 64);
        char *text = digest_of(&schema, i == 0 ? short_cells : long_cells, 1);
        assert_string_equal(text, i == 0 ? "3171bbf7385a61496af63d32f364e438"
                                         : "571b333f0c0a28dcdce1ecbacc15fd8a");
        free(text);
    }
    ADD(&schema, .type = FERRY_TYPE_INT, .bits = 64);
    ADD(&schema, .type = FERRY_TYPE_TEXT);
    ADD(&schema, .type = FERRY_TYPE_BYTES);
    ADD(&schema, .type = FERRY_TYPE_INT, .bits = 64);
    char *text = digest_of(&schema, huge, 1);
    assert_string_equal(text, "d24c7413a4198e96ad23c43fe4d8a48a");
    free(text);
    for (int i = 0; i < 5; i++)
        ADD(&schema, .type = FERRY_TYPE_TEXT);
    text = digest_of(&schema, many, 1);
    assert_string_equal(text, "62c8a8351daa3682a579033af01cb6ce");
    free(text);
    free(x);
    free(ab);
    free(y);
    free(z);
}

static void test_many_columns(void **state)
{
    (void)state;
    struct ferry_schema schema = {0};
    struct ferry_cell cells[1000] = {0};
    for (int i = 0; i < 1000; i++) {
        ADD(&schema, .type = FERRY_TYPE_INT, .bits = 16);
        cells[i].v.i = i;
    }
    char *text = digest_of(&schema, cells, 1);
    assert_string_equal(text, "0c5bec7147b49f33286e02cdbe0bf64c");
    free(text);
}

/* A long row must leave nothing behind for the next, and batches add like rows. */
static void test_batches(void **state)
{
    (void)state;
    static const struct ferry_batch_limits limits = {.rows = 8, .bytes = 1 << 20};
    struct ferry_schema schema = {0};
    make_pair(&schema);
    struct ferry_batch *batch = ferry_batch_new(&schema, &limits);
    struct ferry_digest *whole = ferry_digest_new(&schema), *single = ferry_digest_new(&schema);
    char *text = calloc(1, 100000);
    assert_true(batch != NULL && whole != NULL && single != NULL && text != NULL);
    ferry_batch_reset(batch, 1);
    for (int i = 0; i < 7; i++) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        cells[0].v.i = i;
        assert_true(ferry_batch_text(batch, &cells[1], text, i % 2 == 0 ? 100000 : 3));
    }
    ferry_digest_add_batch(whole, batch);
    for (size_t i = 7; i-- > 0;) {
        assert_false(ferry_digest_equal(whole, single));
        ferry_digest_add(single, ferry_batch_cells(batch, i));
    }
    assert_true(ferry_digest_equal(whole, single));
    ferry_digest_add(single, ferry_batch_cells(batch, 0));
    assert_false(ferry_digest_equal(whole, single));
    ferry_digest_add(whole, ferry_batch_cells(batch, 1)); /* as many, and others */
    assert_int_equal(ferry_digest_rows(whole), ferry_digest_rows(single));
    assert_false(ferry_digest_equal(whole, single));
    ferry_batch_free(batch);
    ferry_digest_free(whole);
    ferry_digest_free(single);
    ferry_digest_free(NULL);
    ferry_schema_done(&schema);
    free(text);
}

/* Each of these happens to rows that are stored somewhere, and each must show. */
static void test_differences(void **state)
{
    (void)state;
    const struct ferry_column *text = COLUMN(.type = FERRY_TYPE_TEXT);
    const struct ferry_column *number = COLUMN(.type = FERRY_TYPE_INT, .bits = 64);
    assert_true(differ(text, CELL(NONE), CELL(TEXT(""))));
    assert_true(differ(text, CELL(TEXT("a")), CELL(TEXT("a\0"))));
    assert_true(differ(text, CELL(TEXT("a")), CELL(TEXT("A"))));
    assert_true(differ(number, CELL(NONE), CELL(INT(0))));
    for (unsigned bit = 0; bit < 64; bit++)
        assert_true(differ(number, CELL(INT(42)), CELL(UINT(42 ^ UINT64_C(1) << bit))));
    struct ferry_schema schema = {0};
    const struct ferry_cell rows[][2] = {
        {TEXT("ab"), TEXT("c")}, {TEXT("c"), TEXT("ab")}, {TEXT("a"), TEXT("bc")},
        {TEXT("abc"), TEXT("")}, {TEXT("abc"), NONE},     {NONE, TEXT("abc")},
    };
    char *seen[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++) {
        ADD(&schema, .type = FERRY_TYPE_TEXT);
        ADD(&schema, .type = FERRY_TYPE_TEXT);
        seen[i] = digest_of(&schema, rows[i], 1);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
    for (size_t i = 0; i < COUNT(rows); i++)
        free(seen[i]);
}

/* A digest that was written down is added as the digest is. */
static void test_texts_of_digests(void **state)
{
    (void)state;
    static const char *const unsound[] = {"", "0", "0000000000000000000000000000000g",
                                          "000000000000000000000000000000000",
                                          "ABCDEF00000000000000000000000000"};
    struct ferry_schema schema = {0};
    char text[FERRY_DIGEST_TEXT];
    ADD(&schema, .type = FERRY_TYPE_INT, .bits = 64);
    struct ferry_digest *both = ferry_digest_new(&schema), *one = ferry_digest_new(&schema);
    ferry_digest_add(both, &CELL(INT(1)));
    ferry_digest_add(both, &CELL(INT(-7)));
    ferry_digest_add(one, &CELL(INT(-7)));
    ferry_digest_print(one, text);
    ferry_digest_free(one);
    one = ferry_digest_new(&schema);
    ferry_digest_add(one, &CELL(INT(1)));
    assert_true(ferry_digest_merge_text(one, text, 1));
    assert_true(ferry_digest_equal(both, one));
    for (size_t i = 0; i < COUNT(unsound); i++)
        assert_false(ferry_digest_merge_text(one, unsound[i], 1));
    assert_true(ferry_digest_equal(both, one));
    ferry_digest_free(both);
    ferry_digest_free(one);
    ferry_schema_done(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_odd_decimals),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_order_and_number_of_rows),
        cmocka_unit_test(test_long_rows),
        cmocka_unit_test(test_many_columns),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_texts_of_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
