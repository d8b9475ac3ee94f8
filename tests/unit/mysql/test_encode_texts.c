/* Tests of the mysql driver's encode.c: texts that the server would store as something else. */

#include "unit.h"

/* Memory that a form asks for runs out where a test says so. */
static int allocations_left = -1; /* -1: all are granted */

static bool may_allocate(void)
{
    return allocations_left < 0 || allocations_left-- > 0;
}

static int blocks; /* that are there */

static void *try_reallocarray(void *old, size_t count, size_t size)
{
    if (!may_allocate())
        return NULL;
    blocks += old == NULL;
    return reallocarray(old, count, size);
}

static void *try_realloc(void *old, size_t size)
{
    return try_reallocarray(old, 1, size);
}

static char *try_strdup(const char *text)
{
    if (!may_allocate())
        return NULL;
    blocks++;
    return strdup(text);
}

static void counted_free(void *block)
{
    blocks -= block != NULL;
    free(block);
}

#define realloc try_realloc
#define reallocarray try_reallocarray
#define strdup try_strdup
#define free(block) counted_free(block)
#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/write/check.c"
#include "../../../plugins/mysql/write/encode.c"
#include "../../../plugins/mysql/write/form.c"
#include "../../../plugins/parts/text.c"
#undef realloc
#undef reallocarray
#undef strdup
#undef free

#include "../../../plugins/mysql/types/codes.h"
#include "../../../plugins/mysql/types/spelling.c"
#include "../../../plugins/mysql/types/translate.c"

#include "encode.h"

#define OF(t)                                                                                      \
    {                                                                                              \
        .type = FERRY_TYPE_##t                                                                     \
    }
#define SCALED(t, s)                                                                               \
    {                                                                                              \
        .type = FERRY_TYPE_##t, .scale = (s)                                                       \
    }

/* ---- Dates and times ---- */

#define NO_MOMENT REFUSED("is not written as the server writes such a date or time")

/* Each byte at each place of a text, and each text that is too short or too long, is refused but
 * for what the form says: '9' is a digit, all else itself. */
static void check_places(enum mydrv_kind kind, unsigned scale, const char *sound, const char *form)
{
    size_t size = strlen(form);
    char text[40];
    assert_true(mydrv_moment_is_plain(at_the_edge(sound, size), size, kind, scale));
    for (size_t at = 0; at < size; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(text, sound, size);
            text[at] = (char)byte;
            bool right =
                form[at] == '9' ? byte >= '0' && byte <= '9' : byte == (unsigned char)form[at];
            if (kind == MYDRV_KIND_TIME && at == 0 && byte == '-')
                continue; /* another time */
            if (mydrv_moment_is_plain(text, size, kind, scale) != right)
                fail_msg("byte %u at place %zu of '%s'", byte, at, form);
        }
        assert_false(mydrv_moment_is_plain(at_the_edge(sound, at), at, kind, scale));
    }
    memcpy(text, sound, size);
    text[size] = '0';
    assert_false(mydrv_moment_is_plain(text, size + 1, kind, scale));
}

static void test_each_place_of_a_moment(void **state)
{
    (void)state;
    check_places(MYDRV_KIND_DATE, 0, "2026-12-31", "9999-99-99");
    check_places(MYDRV_KIND_DATETIME, 0, "2026-12-31 23:59:58", "9999-99-99 99:99:99");
    check_places(MYDRV_KIND_TIMESTAMP, 3, "2026-12-31 23:59:58.123", "9999-99-99 99:99:99.999");
    check_places(MYDRV_KIND_DATETIME, 6, "2026-12-31 23:59:58.123456",
                 "9999-99-99 99:99:99.999999");
    check_places(MYDRV_KIND_TIME, 0, "838:59:58", "999:99:99");
    check_places(MYDRV_KIND_TIME, 1, "-838:59:58.1", "-999:99:99.9");
}

static void test_moments(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {OF(TIME), "time", TEXT("00:00:00"), SENT("00:00:00")},
        {OF(TIME), "time", TEXT("-00:00:00"), NO_MOMENT},
        {SCALED(TIME, 2), "time(2)", TEXT("-00:00:00.00"), NO_MOMENT},
        {SCALED(TIME, 2), "time(2)", TEXT("-00:00:00.01"), SENT("-00:00:00.01")},
        {OF(TIME), "time", TEXT("-00:00:09"), SENT("-00:00:09")},
        {OF(TIME), "time", TEXT("-10:00:00"), SENT("-10:00:00")},
        {OF(TIME), "time", TEXT("--10:00:00"), NO_MOMENT},
        {OF(TIME), "time", TEXT(""), NO_MOMENT},
        {OF(TIME), "time", TEXT("-"), NO_MOMENT},
        {OF(TIME), "time", TEXT("0100:00:00"), NO_MOMENT},
        {OF(TIME), "time", TEXT("1:00:00"), NO_MOMENT},
        {OF(DATETIME), "datetime", TEXT("2024-01-05 100:11:12"), NO_MOMENT},
        /* more digits in the column than the source has are zeros; fewer would be a loss */
        {SCALED(DATETIME, 3), "datetime(6)", TEXT("2024-01-05 10:11:12.345"),
         SENT("2024-01-05 10:11:12.345")},
        {SCALED(DATETIME, 3), "datetime(6)", TEXT("2024-01-05 10:11:12.345000"), NO_MOMENT},
        {SCALED(DATETIME, 6), "datetime(3)", TEXT("2024-01-05 10:11:12.345678"), NO_MOMENT},
        {SCALED(DATETIME, 3), "timestamp(3)", TEXT("2024-01-05 10:11:12.345"),
         SENT("2024-01-05 10:11:12.345")},
        {SCALED(TIME, 0), "time(6)", TEXT("10:11:12"), SENT("10:11:12")},
        {OF(TEXT), "datetime(3)", TEXT("2024-01-05 10:11:12"), NO_MOMENT},
        {OF(TEXT), "datetime(3)", TEXT("2024-01-05 10:11:12.345"), SENT("2024-01-05 10:11:12.345")},
    };
    run_encode_cases(cases, COUNT(cases));
}

/* ---- Decimals ---- */

#define NO_DECIMAL REFUSED("is no decimal number of the column's digits")
#define NO_DOUBLE REFUSED("has more digits than a DOUBLE keeps")
#define ELEVEN "11111111111"
#define MOST ELEVEN ELEVEN ELEVEN ELEVEN ELEVEN ELEVEN /* 66 digits */

static void test_decimals(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("0"), SENT("0")},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("9"), SENT("9")},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("-12"), SENT("-12")},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("12.34"), SENT("12.34")},
        {SCALED(DECIMAL, 3), "decimal(9,2)", TEXT("12.340"), SENT("12.340")},
        {SCALED(DECIMAL, 3), "decimal(9,2)", TEXT("12.345"), NO_DECIMAL},
        {SCALED(DECIMAL, 3), "decimal(9,2)", TEXT("12.3405"), NO_DECIMAL},
        {SCALED(DECIMAL, 1), "decimal(9,0)", TEXT("12.0"), SENT("12.0")},
        {SCALED(DECIMAL, 1), "decimal(9,0)", TEXT("12.5"), NO_DECIMAL},
        {SCALED(DECIMAL, 1), "decimal(9,0)", TEXT("120"), SENT("120")},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT(".5"), NO_DECIMAL},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("-"), NO_DECIMAL},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("--1"), NO_DECIMAL},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("1,5"), NO_DECIMAL},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("1.5.0"), NO_DECIMAL},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("1/"), NO_DECIMAL},
        {SCALED(DECIMAL, 2), "decimal(9,2)", TEXT("1:"), NO_DECIMAL},
        {OF(DECIMAL), "decimal(65,0)", TEXT(MOST), SENT(MOST)},
        {OF(DECIMAL), "decimal(65,0)", TEXT(MOST "1"), NO_DECIMAL},
        {SCALED(DECIMAL, 66), "double", TEXT("0." MOST), NO_DOUBLE},
        {SCALED(DECIMAL, 67), "double", TEXT("0." MOST "1"), NO_DECIMAL},
        {SCALED(DECIMAL, 9), "double", TEXT("123456.789012345"), SENT("123456.789012345")},
        {SCALED(DECIMAL, 9), "double", TEXT("1234567.890123456"), NO_DOUBLE},
        {SCALED(DECIMAL, 18), "double", TEXT("0.000123456789012345"), SENT("0.000123456789012345")},
        {SCALED(DECIMAL, 19), "double", TEXT("0.0001234567890123456"), NO_DOUBLE},
        {SCALED(DECIMAL, 0), "double", TEXT("100000000000000"), SENT("100000000000000")},
        {SCALED(DECIMAL, 0), "double", TEXT("1000000000000000"), NO_DOUBLE},
        {SCALED(DECIMAL, 0), "double", TEXT("999999999999999"), SENT("999999999999999")},
        {SCALED(DECIMAL, 0), "double", TEXT("9999999999999999"), NO_DOUBLE},
        {SCALED(DECIMAL, 0), "double", TEXT("x"), NO_DECIMAL},
    };
    run_encode_cases(cases, COUNT(cases));
}

/* ---- Members ---- */

static const char *const members[] = {"b", "a", "ab", "abc", "", "z", "B", "a b", "10"};

static void test_each_member_of_an_enum(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_ENUM};
    struct mydrv_form form = {0};
    (void)mydrv_form_make(&form, &column, "enum('b','a','ab','abc','','z','B','a b','10')", &error);
    assert_no_error(&error);
    assert_int_equal(form.member_count, COUNT(members));
    for (size_t i = 0; i < COUNT(members); i++) {
        size_t size = strlen(members[i]);
        for (unsigned byte = 0; byte <= 256; byte++) { /* with one byte more, or with none */
            char text[8];
            memcpy(text, members[i], size);
            text[size] = (char)byte;
            const struct ferry_cell cell = {.v.p = text, .len = (uint32_t)(size + (byte < 256))};
            bool known = false;
            for (size_t k = 0; k < COUNT(members); k++)
                known = known ||
                        (strlen(members[k]) == cell.len && memcmp(members[k], text, cell.len) == 0);
            assert_encodes(&form, &cell, known ? text : "!is no member of the column's ENUM",
                           known ? cell.len : 0);
        }
    }
    mydrv_form_clear(&form);
}

#define NO_SET REFUSED("is not made of the column's SET members, in their order")

static void test_sets(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {OF(SET), "set('a','ab','c')", TEXT(""), SENT("")},
        {OF(SET), "set('a','ab','c')", TEXT("a"), SENT("a")},
        {OF(SET), "set('a','ab','c')", TEXT("c"), SENT("c")},
        {OF(SET), "set('a','ab','c')", TEXT("a,ab,c"), SENT("a,ab,c")},
        {OF(SET), "set('a','ab','c')", TEXT("a,c"), SENT("a,c")},
        {OF(SET), "set('a','ab','c')", TEXT("ab,a"), NO_SET},
        {OF(SET), "set('a','ab','c')", TEXT("a,a"), NO_SET},
        {OF(SET), "set('a','ab','c')", TEXT("a,"), NO_SET},
        {OF(SET), "set('a','ab','c')", TEXT(",a"), NO_SET},
        {OF(SET), "set('a','ab','c')", TEXT("a,d"), NO_SET},
        {OF(SET), "set('a','ab','c')", TEXT("ac"), NO_SET},
        {OF(SET), "set('a','ab','c')", TEXT("a;c"), NO_SET},
        {OF(SET), "set('a','')", TEXT("a,"), NO_SET}, /* a member, or a comma too many */
        {OF(SET), "set('abc')", TEXT("ab"), NO_SET},
        {OF(SET), "set('z','a')", TEXT("z,a"), SENT("z,a")}, /* in the definition's order */
        {OF(SET), "set('z','a')", TEXT("a,z"), NO_SET},
    };
    run_encode_cases(cases, COUNT(cases));
}

/* ---- Addresses ---- */

#define NO_UUID REFUSED("is no UUID in 36 characters of lower case")

static void test_each_place_of_a_uuid(void **state)
{
    (void)state;
    static const char sound[] = "123e4567-e89b-12d3-a456-426614174000";
    static const char form_of[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    static const struct encode_case cases[] = {
        {OF(UUID), "uuid", TEXT("123e4567-e89b-12d3-a456-42661417400"), NO_UUID},
        {OF(UUID), "uuid", TEXT("123e4567-e89b-12d3-a456-4266141740000"), NO_UUID},
        {OF(UUID), "uuid", TEXT(""), NO_UUID},
    };
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_UUID};
    struct mydrv_form form = {0};
    run_encode_cases(cases, COUNT(cases));
    (void)mydrv_form_make(&form, &column, "uuid", &error);
    assert_no_error(&error);
    for (size_t at = 0; at < 36; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[37];
            memcpy(text, sound, 37);
            text[at] = (char)byte;
            const struct ferry_cell cell = {.v.p = text, .len = 36};
            bool right = form_of[at] == '-'
                             ? byte == '-'
                             : (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
            assert_encodes(&form, &cell,
                           right ? text : "!is no UUID in 36 characters of lower case",
                           right ? 36 : 0);
        }
    mydrv_form_clear(&form);
}

#define NO_ADDRESS REFUSED("is no address in its usual spelling")

/* As MariaDB prints them: one zero group alone is shortened, too. */
static void test_addresses(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {OF(INET4), "inet4", TEXT("255.255.255.255"), SENT("255.255.255.255")},
        {OF(INET4), "inet4", TEXT("0.0.0.0"), SENT("0.0.0.0")},
        {OF(INET4), "inet4", TEXT("1.2.3.04"), NO_ADDRESS},
        {OF(INET4), "inet4", TEXT("1.2.3.4\0"), NO_ADDRESS},
        {OF(INET4), "inet4", TEXT("::1"), NO_ADDRESS},
        {OF(INET4), "inet4", TEXT(""), NO_ADDRESS},
        {OF(INET6), "inet6", TEXT("1.2.3.4"), NO_ADDRESS},
        {OF(INET6), "inet6", TEXT("::"), SENT("::")},
        {OF(INET6), "inet6", TEXT("::ffff:1.2.3.4"), SENT("::ffff:1.2.3.4")},
        {OF(INET6), "inet6", TEXT("1:2:3:4:5:6:7:8"), SENT("1:2:3:4:5:6:7:8")},
        {OF(INET6), "inet6", TEXT("::2:3:4:5:6:7:8"), SENT("::2:3:4:5:6:7:8")},
        {OF(INET6), "inet6", TEXT("0:2:3:4:5:6:7:8"), NO_ADDRESS},
        {OF(INET6), "inet6", TEXT("1::3:4:5:6:7:8"), SENT("1::3:4:5:6:7:8")},
        {OF(INET6), "inet6", TEXT("1:0:3:4:5:6:7:8"), NO_ADDRESS},
        {OF(INET6), "inet6", TEXT("1:2:3:4:5:6:7::"), SENT("1:2:3:4:5:6:7::")},
        {OF(INET6), "inet6", TEXT("1:2:3:4:5:6:7:0"), NO_ADDRESS},
        {OF(INET6), "inet6", TEXT("1::3:0:5:6:7:8"), SENT("1::3:0:5:6:7:8")},
        {OF(INET6), "inet6", TEXT("1:2:3:4:5:6:7:10"), SENT("1:2:3:4:5:6:7:10")},
        {OF(INET6), "inet6", TEXT("10:2:3:4:5:6:7:8"), SENT("10:2:3:4:5:6:7:8")},
        {OF(INET6), "inet6", TEXT("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
         SENT("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
        {OF(INET6), "inet6", TEXT("0000:0000:0000:0000:0000:ffff:255.255.255.255"), NO_ADDRESS},
        {OF(INET6), "inet6", TEXT("00000:0000:0000:0000:0000:ffff:255.255.255.255"), NO_ADDRESS},
    };
    run_encode_cases(cases, COUNT(cases));
}

/* ---- Texts ---- */

#define SPACE REFUSED("ends in a space, which a CHAR would lose")

static void test_texts(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {OF(TEXT), "char(9)", TEXT(" "), SPACE},
        {OF(TEXT), "char(9)", TEXT("a  "), SPACE},
        {OF(TEXT), "char(9)", TEXT(""), SENT("")},
        {OF(TEXT), "char(9)", TEXT("a\t"), SENT("a\t")},
        {OF(TEXT), "varchar(9)", TEXT(" "), SENT(" ")},
        {OF(JSON), "json", TEXT("{} "), SENT("{} ")},
        {OF(TEXT), "longtext", TEXT("a\0b"), SENT("a\0b")},
        {OF(TEXT), "geometry", TEXT("x"), REFUSED("is a text where the column holds another kind")},
    };
    run_encode_cases(cases, COUNT(cases));
}

/* Two bytes a letter: 0020 is a space, 0120 is none. */
static void test_spaces_of_two_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *charset;
        bool raw;
        const char *text;
        size_t size;
        bool taken;
    } cases[] = {
        {"ucs2", true, SENT("\0a\0 "), false},  {"ucs2", true, SENT("\0a\1 "), true},
        {"ucs2", true, SENT("\0 "), false},     {"ucs2", true, SENT(" "), true},
        {"ucs2", false, SENT("\0a\1 "), false}, {"cp1251", true, SENT("\0a\1 "), false},
        {NULL, true, SENT("\0a\1 "), false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_column column = {
            .name = "c", .type = FERRY_TYPE_TEXT, .charset = cases[i].charset};
        const struct ferry_cell cell = {.v.p = cases[i].text, .len = (uint32_t)cases[i].size};
        struct mydrv_form form = {0};
        (void)mydrv_form_make(&form, &column, "char(9)", &error);
        assert_no_error(&error);
        form.raw = cases[i].raw;
        if (cases[i].taken)
            assert_encodes(&form, &cell, cases[i].text, cases[i].size);
        else
            assert_encodes(&form, &cell, SPACE);
        mydrv_form_clear(&form);
    }
}

/* In the bytes of the column's set, here one of which 'x' is 1 and 'y' is 0203. */
static void test_texts_by_codes(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_TEXT};
    static uint32_t back[0x10000];
    struct mydrv_codes codes = {.back = back};
    struct mydrv_form form = {0};
    const struct ferry_cell text = TEXT("xyx"), other = TEXT("xz"), none = TEXT(""),
                            space = TEXT("x ");
    back['x'] = 1 + 1;
    back['y'] = 0x203 + 1;
    (void)mydrv_form_make(&form, &column, "char(9)", &error);
    assert_no_error(&error);
    form.codes = &codes;
    form.encoded = try_realloc(NULL, sizeof *form.encoded);
    *form.encoded = (struct part_text){0};
    for (int i = 0; i < 2; i++) /* each begins anew */
        assert_encodes(&form, &text, SENT("\1\2\3\1"));
    assert_encodes(&form, &none, SENT(""));
    assert_encodes(&form, &other, REFUSED("has a letter that the column's character set has not"));
    assert_encodes(&form, &space, SPACE);
    char letters[200], expected[400]; /* each letter has two bytes in the set */
    memset(letters, 'y', sizeof letters);
    const struct ferry_cell longer = {.v.p = letters, .len = sizeof letters};
    for (size_t i = 0; i < sizeof expected; i += 2)
        memcpy(expected + i, "\2\3", 2);
    assert_encodes(&form, &longer, expected, sizeof expected);
    assert_true(form.encoded->room > sizeof expected);
    counted_free(form.encoded->data);
    *form.encoded = (struct part_text){0};
    allocations_left = 0;
    assert_encodes(&form, &text, REFUSED("is too long to be converted"));
    allocations_left = -1;
    mydrv_form_clear(&form);
}

/* ---- Forms ---- */

static void test_forms(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column loose = {.name = "c", .type = FERRY_TYPE_INT, .bits = 64};
    struct ferry_column strict = loose;
    struct mydrv_form form = {0};
    strict.flags = FERRY_COLUMN_NOT_NULL;
    assert_int_equal(mydrv_form_make(&form, &loose, "bigint", &error), FERRY_OK);
    assert_false(form.not_null);
    assert_ptr_equal(form.source, &loose);
    assert_null(form.members);
    mydrv_form_clear(&form);
    assert_int_equal(mydrv_form_make(&form, &strict, "bigint", &error), FERRY_OK);
    assert_true(form.not_null);
    mydrv_form_clear(&form);
    assert_int_equal(mydrv_form_make(&form, &loose, "money", &error), FERRY_ERR_SCHEMA);
    assert_error(&error, FERRY_ERR_SCHEMA,
                 "column 'c' has type money in the target, which dbferry does not know; drop the "
                 "column or the table");
    mydrv_form_clear(&form);
    assert_null(form.native);
    assert_null(form.type.name);
}

static void test_forms_without_memory(void **state)
{
    (void)state;
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_ENUM};
    bool done = false;
    for (int granted = 0; !done; granted++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct mydrv_form form = {0};
        allocations_left = granted;
        ferry_status status = mydrv_form_make(&form, &column, "enum('it''s','b')", &error);
        done = status == FERRY_OK;
        allocations_left = -1;
        if (done) {
            assert_no_error(&error);
            assert_int_equal(form.member_count, 2);
            assert_string_equal(form.members[0], "b");
            assert_string_equal(form.members[1], "it's");
        } else if (form.type.members != NULL) { /* else the type itself could not be read */
            assert_int_equal(status, FERRY_ERR_SYSTEM);
            assert_error(&error, FERRY_ERR_SYSTEM, "out of memory");
        }
        mydrv_form_clear(&form);
    }
}

/* After all of the above. */
static void test_nothing_is_left(void **state)
{
    (void)state;
    assert_int_equal(blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_place_of_a_moment),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_each_member_of_an_enum),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_each_place_of_a_uuid),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_spaces_of_two_bytes),
        cmocka_unit_test(test_texts_by_codes),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_forms_without_memory),
        cmocka_unit_test(test_nothing_is_left),
    };
    return cmocka_run_group_tests_name("mysql encode texts", tests, NULL, NULL);
}
