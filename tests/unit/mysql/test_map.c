/* Tests of the mysql driver's map.c and spelling.c: which type a column gets, and its one spelling.
 */

#include "unit.h"

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/map.c"
#include "../../../plugins/mysql/types/order.c"
#include "../../../plugins/mysql/types/spelling.c"
#include "../../../plugins/parts/text.c"

/* The clauses are another file's, and are asked of a server. */
ferry_status mydrv_clauses_choose(struct mydrv_conn *conn, const struct ferry_column *column,
                                  const struct mydrv_type *type, bool documents,
                                  struct part_text *out, struct part_text *note,
                                  struct ferry_error *err)
{
    (void)documents;
    (void)note;
    (void)conn;
    (void)column;
    (void)type;
    (void)out;
    (void)err;
    return FERRY_OK;
}

ferry_status mydrv_conn_check(const struct mydrv_conn *conn, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    return FERRY_OK;
}

static const struct ferry_wish no_wish;
static const struct mydrv_abilities old_mysql = {.decimal_scale = 30};
static const struct mydrv_abilities new_mysql = {.decimal_scale = 30, .vector = true};
static const struct mydrv_abilities mariadb = {
    .mariadb = true, .uuid = true, .inet4 = true, .inet6 = true, .decimal_scale = 38};

static const struct mydrv_abilities new_mariadb = {
    .mariadb = true, .uuid = true, .decimal_scale = 38, .vector = true};

static void check_map(const struct mydrv_abilities *can, const struct ferry_column *column,
                      const struct ferry_wish *wish, const char *native, uint32_t fit)
{
    struct part_text text = {0};
    struct mydrv_type type;
    const char *note = NULL;
    uint32_t found = mydrv_map_type(can, column, wish, &text, &note);
    assert_string_equal(text.data == NULL ? "" : text.data, native);
    if (found != fit)
        fail_msg("%s has fit %u", native, found);
    assert_true(fit < FERRY_FIT_CHECKED || note != NULL);
    assert_true(fit == FERRY_FIT_NONE || mydrv_type_parse(text.data, &type));
    part_text_clear(&text);
}

#define INT(width, ...)                                                                            \
    {                                                                                              \
        .type = FERRY_TYPE_INT, .bits = (width), __VA_ARGS__                                       \
    }
#define TEXT(...)                                                                                  \
    {                                                                                              \
        .type = FERRY_TYPE_TEXT, __VA_ARGS__                                                       \
    }
#define FINITE (FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY)
#define BYTES(...)                                                                                 \
    {                                                                                              \
        .type = FERRY_TYPE_BYTES, __VA_ARGS__                                                      \
    }

static void test_types(void **state)
{
    (void)state;
    static const struct {
        struct ferry_column column;
        const char *native;
        uint32_t fit;
    } cases[] = {
        {{.type = FERRY_TYPE_BOOL}, "tinyint(1)", FERRY_FIT_EXACT},
        {INT(8, .length = 0), "tinyint", FERRY_FIT_EXACT},
        {INT(24, .flags = FERRY_COLUMN_UNSIGNED), "mediumint unsigned", FERRY_FIT_EXACT},
        {INT(64, .flags = FERRY_COLUMN_LOOSE), "bigint", FERRY_FIT_CHECKED},
        {INT(32, .length = 7, .flags = FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_ZEROFILL),
         "int(7) unsigned zerofill", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_FLOAT, .bits = 32, .flags = FINITE}, "float", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_FLOAT, .bits = 64, .flags = FINITE}, "double", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "double", FERRY_FIT_CHECKED},
        {{.type = FERRY_TYPE_FLOAT, .bits = 64, .flags = FERRY_COLUMN_NO_NAN},
         "double",
         FERRY_FIT_CHECKED},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 65, .scale = 30},
         "decimal(65,30)",
         FERRY_FIT_CHECKED},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 66}, "", FERRY_FIT_NONE},
        {TEXT(.length = 0), "longtext", FERRY_FIT_WIDER},
        {TEXT(.length = 5, .flags = FERRY_COLUMN_FIXED), "char(5)", FERRY_FIT_EXACT},
        {TEXT(.length = 256, .flags = FERRY_COLUMN_FIXED), "varchar(256)", FERRY_FIT_EXACT},
        {TEXT(.length = 16383), "varchar(16383)", FERRY_FIT_EXACT},
        {TEXT(.length = 16384), "mediumtext", FERRY_FIT_WIDER},
        {TEXT(.length = 255, .flags = FERRY_COLUMN_LONG), "tinytext", FERRY_FIT_EXACT},
        {TEXT(.length = 65535, .flags = FERRY_COLUMN_LONG), "text", FERRY_FIT_EXACT},
        {BYTES(.length = 4, .flags = FERRY_COLUMN_FIXED), "binary(4)", FERRY_FIT_EXACT},
        {BYTES(.length = 65532), "varbinary(65532)", FERRY_FIT_EXACT},
        {BYTES(.length = 65533), "blob", FERRY_FIT_WIDER},
        {BYTES(.length = 0), "longblob", FERRY_FIT_WIDER},
        {{.type = FERRY_TYPE_TIME, .scale = 3}, "time(3)", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_TIME, .scale = 7}, "", FERRY_FIT_NONE},
        {{.type = FERRY_TYPE_DATETIME}, "datetime", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_DATETIME, .flags = FERRY_COLUMN_UTC, .scale = 6},
         "timestamp(6)",
         FERRY_FIT_CHECKED},
        {{.type = FERRY_TYPE_YEAR}, "year", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_ANY}, "", FERRY_FIT_NONE},
        {{.type = FERRY_TYPE_ANY, .flags = FERRY_COLUMN_ONLY_NULL}, "binary(0)", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_BIT, .bits = 64}, "bit(64)", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_SET, .members = "'a','b'"}, "set('a','b')", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_GEOMETRY, .subtype = "multipoint"}, "multipoint", FERRY_FIT_CHECKED},
        {{.type = FERRY_TYPE_GEOMETRY, .subtype = "int"}, "", FERRY_FIT_NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check_map(&mariadb, &cases[i].column, &no_wish, cases[i].native, cases[i].fit);
}

static void test_servers_differ(void **state)
{
    (void)state;
    const struct ferry_column json = {.type = FERRY_TYPE_JSON};
    const struct ferry_column uuid = {.type = FERRY_TYPE_UUID};
    const struct ferry_column inet6 = {.type = FERRY_TYPE_INET6};
    const struct ferry_column vector = {.type = FERRY_TYPE_VECTOR, .length = 3};
    const struct ferry_column narrow = INT(32, .length = 5);
    const struct ferry_column truth = INT(8, .length = 1);
    const struct ferry_column fine = {.type = FERRY_TYPE_DECIMAL, .precision = 40, .scale = 38};
    check_map(&mariadb, &json, &no_wish, "longtext", FERRY_FIT_CHECKED);
    check_map(&old_mysql, &json, &no_wish, "json", FERRY_FIT_CHECKED);
    check_map(&mariadb, &uuid, &no_wish, "uuid", FERRY_FIT_EXACT);
    check_map(&old_mysql, &uuid, &no_wish, "char(36)", FERRY_FIT_WIDER);
    check_map(&mariadb, &inet6, &no_wish, "inet6", FERRY_FIT_EXACT);
    check_map(&old_mysql, &inet6, &no_wish, "varchar(45)", FERRY_FIT_WIDER);
    check_map(&old_mysql, &vector, &no_wish, "varbinary(12)", FERRY_FIT_WIDER);
    check_map(&new_mysql, &vector, &no_wish, "vector(3)", FERRY_FIT_EXACT);
    check_map(&new_mariadb, &vector, &no_wish, "vector(3)", FERRY_FIT_CHECKED);
    check_map(&mariadb, &narrow, &no_wish, "int(5)", FERRY_FIT_EXACT);
    check_map(&new_mysql, &narrow, &no_wish, "int", FERRY_FIT_EXACT);
    check_map(&new_mysql, &truth, &no_wish, "tinyint(1)", FERRY_FIT_EXACT);
    check_map(&mariadb, &fine, &no_wish, "decimal(40,38)", FERRY_FIT_EXACT);
    check_map(&new_mysql, &fine, &no_wish, "", FERRY_FIT_NONE);
}

static void test_wishes(void **state)
{
    (void)state;
    const struct ferry_column any = {.type = FERRY_TYPE_ANY};
    const struct ferry_column price = {.type = FERRY_TYPE_DECIMAL, .precision = 10, .scale = 2};
    const struct ferry_wish text = {.type = " VARCHAR( 20 ) "};
    const struct ferry_wish json = {.type = "JSON"};
    const struct ferry_wish real = {.decimal = FERRY_DECIMAL_REAL};
    const struct ferry_wish words = {.decimal = FERRY_DECIMAL_TEXT};
    check_map(&mariadb, &any, &text, "varchar(20)", FERRY_FIT_CHECKED);
    check_map(&mariadb, &any, &json, "longtext", FERRY_FIT_CHECKED);
    check_map(&new_mysql, &any, &json, "json", FERRY_FIT_CHECKED);
    check_map(&mariadb, &price, &real, "double", FERRY_FIT_CHECKED);
    check_map(&mariadb, &price, &words, "varchar(13)", FERRY_FIT_CHECKED);
}

/* Members are taken apart and quoted anew; what is no list of members is no ENUM. */
static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        const char *native;
        uint32_t fit;
    } cases[] = {
        {"'a','it''s','b\\c','x,y',')'", "enum('a','it''s','b\\\\c','x,y',')')", FERRY_FIT_CHECKED},
        {"'a\nb'", "enum('a\\nb')", FERRY_FIT_CHECKED},
        {"''", "enum('')", FERRY_FIT_CHECKED},
        {"'a') , DROP TABLE x; --'", "longtext", FERRY_FIT_WIDER},
        {"'a", "longtext", FERRY_FIT_WIDER},
        {"'a',", "longtext", FERRY_FIT_WIDER},
        {"", "longtext", FERRY_FIT_WIDER},
        {NULL, "longtext", FERRY_FIT_WIDER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {.type = FERRY_TYPE_ENUM, .members = cases[i].members};
        check_map(&mariadb, &column, &no_wish, cases[i].native, cases[i].fit);
    }
}

/* What a server prints -> our spelling; NULL: not understood. */
static void test_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *printed;
        const char *mariadb;
        const char *mysql;
    } cases[] = {
        {"int(11)", "int", "int"},
        {"int(10) unsigned", "int unsigned", "int unsigned"},
        {"INT(5)", "int(5)", "int"},
        {"tinyint(1)", "tinyint(1)", "tinyint(1)"},
        {"tinyint(1) unsigned", "tinyint(1) unsigned", "tinyint unsigned"},
        {"int(7) unsigned zerofill", "int(7) unsigned zerofill", "int(7) unsigned zerofill"},
        {"int zerofill", "int unsigned zerofill", "int unsigned zerofill"},
        {"year(4)", "year", "year"},
        {"decimal", "decimal(10,0)", "decimal(10,0)"},
        {"numeric(5)", "decimal(5,0)", "decimal(5,0)"},
        {"datetime(0)", "datetime", "datetime"},
        {"char", "char(1)", "char(1)"},
        {"geomcollection", "geometrycollection", "geometrycollection"},
        {"enum('a\\\\b','c''d')", "enum('a\\\\b','c''d')", "enum('a\\\\b','c''d')"},
        {"enum()", NULL, NULL},
        {"enum('a'x)", NULL, NULL},
        {"set('a'", NULL, NULL},
        {"int(", NULL, NULL},
        {"int(1,2)", NULL, NULL},
        {"int(99999999999)", NULL, NULL},
        {"varchar(20) unsigned", NULL, NULL},
        {"int; DROP TABLE x", NULL, NULL},
        {"datetime /* mariadb-5.3 */", NULL, NULL},
        {"", NULL, NULL},
        {"money", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int is_mariadb = 0; is_mariadb < 2; is_mariadb++) {
            struct mydrv_type type;
            struct part_text text = {0};
            const char *expected = is_mariadb ? cases[i].mariadb : cases[i].mysql;
            bool parsed = mydrv_type_parse(cases[i].printed, &type);
            if (parsed != (expected != NULL))
                fail_msg("'%s' is %sunderstood", cases[i].printed, parsed ? "" : "not ");
            if (parsed) {
                assert_true(mydrv_type_spell(&type, is_mariadb, &text));
                assert_string_equal(text.data, expected);
            }
            part_text_clear(&text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),    cmocka_unit_test(test_servers_differ),
        cmocka_unit_test(test_wishes),   cmocka_unit_test(test_members),
        cmocka_unit_test(test_spelling),
    };
    return cmocka_run_group_tests_name("mysql map", tests, NULL, NULL);
}
