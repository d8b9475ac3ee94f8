/* Tests of the mysql driver's types.c: a column of a result as one of the common types. */

#include "unit.h"

#include "../../../plugins/mysql/types/charset.c"
#include "../../../plugins/mysql/types/types.c"

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
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_decimals_that_no_server_has),
        cmocka_unit_test(test_types_with_attributes),
        cmocka_unit_test(test_bits_of_expressions),
        cmocka_unit_test(test_every_other_type_is_refused),
    };
    return cmocka_run_group_tests_name("mysql types", tests, NULL, NULL);
}
