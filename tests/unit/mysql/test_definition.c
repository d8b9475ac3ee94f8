/* Tests of the mysql driver's definition.c: what the words of the server's catalog mean. */

#include "unit.h"

#include "../../../plugins/mysql/types/definition.c"

static void test_agreement(void **state)
{
    (void)state;
    static const struct {
        const char *definition;
        uint32_t type, bits;
        bool agrees;
    } cases[] = {
        {"int(11)", FERRY_TYPE_INT, 32, true},
        {"int", FERRY_TYPE_INT, 32, true},
        {"int unsigned", FERRY_TYPE_INT, 64, false}, /* YEAR() in a view, say */
        {"bigint(20) unsigned", FERRY_TYPE_INT, 64, true},
        {"year(4)", FERRY_TYPE_INT, 32, false},
        {"tinytext", FERRY_TYPE_TEXT, 0, true},
        {"varchar(10) /*M!100301 COMPRESSED*/", FERRY_TYPE_TEXT, 0, true},
        {"varchar(10)", FERRY_TYPE_BYTES, 0, false},
        {"longtext", FERRY_TYPE_JSON, 0, true},
        {"json", FERRY_TYPE_TEXT, 0, false},
        {"enum('a')", FERRY_TYPE_ENUM, 0, true},
        {"enum('a')", FERRY_TYPE_TEXT, 0, false},
        {"set('a')", FERRY_TYPE_ENUM, 0, false},
        {"geomcollection", FERRY_TYPE_GEOMETRY, 0, true},
        {"bit(9)", FERRY_TYPE_BIT, 9, true},
        {"intx", FERRY_TYPE_INT, 32, false},
        {"", FERRY_TYPE_INT, 32, false},
        {"INT", FERRY_TYPE_INT, 32, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_column column = {.type = cases[i].type, .bits = cases[i].bits};
        if (mydrv_definition_agrees(cases[i].definition, &column) != cases[i].agrees)
            fail_msg("'%s' and type %u", cases[i].definition, cases[i].type);
    }
}

static void test_widths(void **state)
{
    (void)state;
    static const struct {
        const char *definition;
        uint32_t bits, flags;
        uint64_t width;
    } cases[] = {
        {"int(11)", 32, 0, 0},
        {"int(10) unsigned", 32, FERRY_COLUMN_UNSIGNED, 0},
        {"int(11) unsigned", 32, FERRY_COLUMN_UNSIGNED, 11},
        {"int(5)", 32, 0, 5},
        {"tinyint(1)", 8, 0, 1},
        {"tinyint(4)", 8, 0, 0},
        {"smallint(6)", 16, 0, 0},
        {"mediumint(9)", 24, 0, 0},
        {"bigint(20)", 64, 0, 0},
        {"int(255)", 32, 0, 255},
        {"int(256)", 32, 0, 0},
        {"int(99999999999999999999)", 32, 0, 0},
        {"int(5", 32, 0, 0},
        {"int()", 32, 0, 0},
        {"int", 32, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_column column = {
            .type = FERRY_TYPE_INT, .bits = cases[i].bits, .flags = cases[i].flags};
        if (mydrv_definition_width(cases[i].definition, &column) != cases[i].width)
            fail_msg("'%s'", cases[i].definition);
    }
    struct ferry_column text = {.type = FERRY_TYPE_TEXT};
    assert_int_equal(mydrv_definition_width("varchar(5)", &text), 0);
    assert_int_equal(mydrv_definition_dimensions("vector(16383)"), 16383);
    assert_int_equal(mydrv_definition_dimensions("vector(99999999999)"), 0);
    assert_int_equal(mydrv_definition_dimensions("vector"), 0);
    assert_int_equal(mydrv_definition_dimensions("varbinary(12)"), 0);
}

static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *definition;
        const char *members;
    } cases[] = {
        {"enum('a')", "'a'"},
        {"enum('')", "''"},
        {"enum('a','it''s','x,y',')')", "'a','it''s','x,y',')'"},
        {"set('\\\\','n\\nl','q\\'q')", "'\\','n\nl','q''q'"},
        {"enum('é') /* whatever */", "'é'"},
        {"enum('a\\0b')", NULL},
        {"enum('a'", NULL},
        {"enum('a',", NULL},
        {"enum('a','", NULL},
        {"enum('a\\", NULL},
        {"enum('a' ,'b')", NULL},
        {"enum()", NULL},
        {"enum(a)", NULL},
        {"enum", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *copy = strdup(cases[i].definition); /* so that reading beyond it is seen */
        char *members;
        assert_true(mydrv_definition_members(copy, &members));
        if ((members == NULL) != (cases[i].members == NULL))
            fail_msg("'%s' gives %s", copy, members == NULL ? "nothing" : members);
        if (members != NULL)
            assert_string_equal(members, cases[i].members);
        free(members);
        free(copy);
    }
}

static void test_subtypes(void **state)
{
    (void)state;
    assert_string_equal(mydrv_definition_subtype("point"), "point");
    assert_string_equal(mydrv_definition_subtype("geomcollection"), "geometrycollection");
    assert_string_equal(mydrv_definition_subtype("multipolygon"), "multipolygon");
    assert_null(mydrv_definition_subtype("geometry"));
    assert_null(mydrv_definition_subtype("geom"));
    assert_null(mydrv_definition_subtype(""));
}

static void test_defaults(void **state)
{
    (void)state;
#define TEXT                                                                                       \
    {                                                                                              \
        .type = FERRY_TYPE_TEXT                                                                    \
    }
#define MOMENT(digits)                                                                             \
    {                                                                                              \
        .type = FERRY_TYPE_DATETIME, .scale = (digits)                                             \
    }
#define CONSTANT(value) MYDRV_DEFAULT_CONSTANT, value
    static const struct {
        bool quoted;
        const char *text, *extra;
        struct ferry_column column;
        enum mydrv_default kind;
        const char *value;
    } cases[] = {
        {true, NULL, "", TEXT, MYDRV_DEFAULT_NONE, NULL},
        {true, "NULL", "", TEXT, MYDRV_DEFAULT_NONE, NULL},
        {true, "'NULL'", "", TEXT, CONSTANT("NULL")},
        {true, "'it''s \\\\ \"x\" \\n'", "", TEXT, CONSTANT("it's \\ \"x\" \n")},
        {true, "'a\\0b'", "", TEXT, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "''", "", TEXT, CONSTANT("")},
        {true, "'a' + 'b'", "", TEXT, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "'a", "", TEXT, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "'", "", TEXT, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "concat('a')", "", TEXT, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "-1e300", "", {.type = FERRY_TYPE_FLOAT}, CONSTANT("-1e300")},
        {true, "1.50", "", {.type = FERRY_TYPE_DECIMAL}, CONSTANT("1.50")},
        {true, ".5", "", {.type = FERRY_TYPE_DECIMAL}, CONSTANT(".5")},
        {true, "1 + 2", "", {.type = FERRY_TYPE_INT}, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "1e", "", {.type = FERRY_TYPE_INT}, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "-", "", {.type = FERRY_TYPE_INT}, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "b'101'", "", {.type = FERRY_TYPE_BIT, .bits = 5}, CONSTANT("5")},
        {true, "b'2'", "", {.type = FERRY_TYPE_BIT, .bits = 5}, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "b''", "", {.type = FERRY_TYPE_BIT, .bits = 5}, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "current_timestamp()", "", MOMENT(0), MYDRV_DEFAULT_NOW, NULL},
        {true, "current_timestamp(3)", "on update current_timestamp(3)", MOMENT(3),
         MYDRV_DEFAULT_NOW, NULL},
        {true, "current_timestamp()", "", MOMENT(3), MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "current_timestamp() + interval 1 day", "", MOMENT(0), MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "current_timestamp()", "", TEXT, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "'ab'", "", {.type = FERRY_TYPE_BYTES}, MYDRV_DEFAULT_UNKNOWN, NULL},
        {true, "''", "", {.type = FERRY_TYPE_BYTES}, CONSTANT("")},
        {false, "NULL", "", TEXT, CONSTANT("NULL")},
        {false, "'x'", "", TEXT, CONSTANT("'x'")},
        {false, "5", "", {.type = FERRY_TYPE_INT}, CONSTANT("5")},
        {false,
         "(1 + 2)",
         "DEFAULT_GENERATED",
         {.type = FERRY_TYPE_INT},
         MYDRV_DEFAULT_UNKNOWN,
         NULL},
        {false, "CURRENT_TIMESTAMP", "DEFAULT_GENERATED", MOMENT(0), MYDRV_DEFAULT_NOW, NULL},
        {false, "CURRENT_TIMESTAMP(6)", "DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6)",
         MOMENT(6), MYDRV_DEFAULT_NOW, NULL},
        {false, "CURRENT_TIMESTAMP", "", TEXT, CONSTANT("CURRENT_TIMESTAMP")},
        {false, "0x6162", "", {.type = FERRY_TYPE_BYTES}, MYDRV_DEFAULT_UNKNOWN, NULL},
        {false, "b'1'", "", {.type = FERRY_TYPE_BIT, .bits = 1}, CONSTANT("1")},
        {false, "", "", TEXT, CONSTANT("")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = cases[i].text == NULL ? NULL : strdup(cases[i].text);
        char *value = NULL;
        enum mydrv_default kind =
            mydrv_definition_default(text, text == NULL ? 0 : strlen(text), cases[i].extra,
                                     cases[i].quoted, &cases[i].column, &value);
        if (kind != cases[i].kind)
            fail_msg("case %zu, %s: kind %d", i, text, (int)kind);
        if (kind == MYDRV_DEFAULT_CONSTANT)
            assert_string_equal(value, cases[i].value);
        else
            assert_null(value);
        free(value);
        free(text);
    }
    static const struct ferry_column column = TEXT;
    char *value = NULL;
    assert_int_equal(mydrv_definition_default("a\0b", 3, "", false, &column, &value),
                     MYDRV_DEFAULT_UNKNOWN);
    assert_null(value);
}

static void test_extra(void **state)
{
    (void)state;
    assert_true(mydrv_definition_is_generated("VIRTUAL GENERATED"));
    assert_true(mydrv_definition_is_generated("STORED GENERATED INVISIBLE"));
    assert_true(mydrv_definition_is_generated("PERSISTENT"));
    assert_false(mydrv_definition_is_generated("DEFAULT_GENERATED"));
    assert_false(mydrv_definition_is_generated(""));
    assert_true(mydrv_definition_is_invisible("INVISIBLE"));
    assert_true(mydrv_definition_is_invisible("auto_increment INVISIBLE"));
    assert_false(mydrv_definition_is_invisible("VISIBLE"));
    assert_true(mydrv_definition_numbers_itself("auto_increment"));
    assert_false(mydrv_definition_numbers_itself("auto_incremental"));
    assert_true(mydrv_definition_is_servers_key("my_row_id", "auto_increment INVISIBLE"));
    assert_false(mydrv_definition_is_servers_key("my_row_id", "INVISIBLE"));
    assert_false(mydrv_definition_is_servers_key("id", "auto_increment INVISIBLE"));
    assert_true(mydrv_definition_follows_updates("DEFAULT_GENERATED on update CURRENT_TIMESTAMP"));
    assert_false(mydrv_definition_follows_updates("DEFAULT_GENERATED"));
}

static void test_collations(void **state)
{
    (void)state;
    enum { CASE = FERRY_COLUMN_IGNORES_CASE, ACCENTS = FERRY_COLUMN_IGNORES_ACCENTS };
    enum { SPACE = FERRY_COLUMN_IGNORES_TRAILING_SPACE, UNKNOWN = FERRY_COLUMN_COMPARES_UNKNOWN };
    static const struct {
        const char *collation, *pad;
        uint32_t flags;
    } cases[] = {
        {"utf8mb4_general_ci", NULL, CASE | ACCENTS | SPACE},
        {"utf8mb4_general_nopad_ci", NULL, CASE | ACCENTS},
        {"utf8mb4_unicode_520_ci", NULL, CASE | ACCENTS | SPACE},
        {"latin1_swedish_ci", NULL, CASE | ACCENTS | SPACE},
        {"latin1_general_cs", NULL, SPACE},
        {"utf8mb4_bin", NULL, SPACE},
        {"utf8mb4_nopad_bin", NULL, 0},
        {"binary", NULL, 0},
        {"utf8mb4_uca1400_ai_ci", NULL, CASE | ACCENTS | SPACE},
        {"utf8mb4_uca1400_nopad_as_ci", NULL, CASE},
        {"utf8mb4_uca1400_as_cs", NULL, SPACE},
        {"utf8mb4_uca1400_ai_cs", NULL, ACCENTS | SPACE},
        {"utf8mb4_thai_520_w2", NULL, UNKNOWN},
        {"utf8mb4_0900_ai_ci", "NO PAD", CASE | ACCENTS},
        {"utf8mb4_0900_as_ci", "NO PAD", CASE},
        {"utf8mb4_cs_0900_ai_ci", "NO PAD", CASE | ACCENTS}, /* Czech */
        {"utf8mb4_ja_0900_as_cs_ks", "NO PAD", 0},
        {"utf8mb4_0900_bin", "NO PAD", 0},
        {"utf8mb4_general_ci", "PAD SPACE", CASE | ACCENTS | SPACE},
        {"utf8mb4_bin", "PAD SPACE", SPACE},
        {"", NULL, UNKNOWN},
        {"ci", NULL, UNKNOWN},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (mydrv_collation_flags(cases[i].collation, cases[i].pad) != cases[i].flags)
            fail_msg("'%s'", cases[i].collation);
    assert_true(mydrv_charset_is_small("latin1"));
    assert_true(mydrv_charset_is_small("utf8mb3"));
    assert_false(mydrv_charset_is_small("utf8mb4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agreement),  cmocka_unit_test(test_widths),
        cmocka_unit_test(test_members),    cmocka_unit_test(test_subtypes),
        cmocka_unit_test(test_defaults),   cmocka_unit_test(test_extra),
        cmocka_unit_test(test_collations),
    };
    return cmocka_run_group_tests_name("mysql definition", tests, NULL, NULL);
}
