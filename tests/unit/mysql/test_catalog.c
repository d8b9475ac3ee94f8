/* Tests of the mysql driver's catalog.c: what a server tells of a table and its columns. */

#include "catalog.h"

static void test_a_table_of_mariadb(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"id", "int(5)", NULL, NULL, NULL, "auto_increment", "BASE TABLE", NULL, NULL},
        {"e", "enum('a','b')", "latin1", "latin1_swedish_ci", "'b'", "", "BASE TABLE", NULL, NULL},
        {"p", "point", NULL, NULL, "NULL", "", "BASE TABLE", NULL, NULL},
        {"t", "varchar(9)", "utf8mb4", "utf8mb4_nopad_bin", "'what?'", "", "BASE TABLE", NULL,
         NULL},
        {"hidden", "int(11)", NULL, NULL, NULL, "INVISIBLE", "BASE TABLE", NULL, NULL},
        {"my_row_id", "bigint(20)", NULL, NULL, NULL, "auto_increment INVISIBLE", "BASE TABLE",
         NULL, NULL},
    };
    static const char *srids[][MOST_COLUMNS] = {{"p", "4326"}, {"other", "1"}, {NULL, "7"}};
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0},
        {"information_schema.GEOMETRY_COLUMNS", 2, COUNT(srids), srids, 0},
    };
    struct asking a;
    asking_begin(&a, answers, COUNT(answers));
    struct ferry_column *id = asking_add(&a, "id", FERRY_TYPE_INT);
    struct ferry_column *e = asking_add(&a, "e", FERRY_TYPE_ENUM);
    struct ferry_column *p = asking_add(&a, "p", FERRY_TYPE_GEOMETRY);
    struct ferry_column *t = asking_add(&a, "t", FERRY_TYPE_TEXT);
    assert_int_equal(asking_apply(&a, "it's"), FERRY_OK);
    assert_non_null(strstr(server.question, "F_TABLE_NAME = 'it\\'s'"));
    assert_true(a.nature.is_table);
    assert_int_equal(id->flags, FERRY_COLUMN_AUTO_NUMBER);
    assert_int_equal(id->length, 5);
    assert_string_equal(id->native, "int(5)");
    assert_string_equal(e->members, "'a','b'");
    assert_string_equal(e->native, "wire('a','b')");
    assert_string_equal(e->charset, "latin1");
    assert_string_equal(e->collation, "latin1_swedish_ci");
    assert_string_equal(e->default_value, "b");
    assert_int_equal(e->flags, FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS |
                                   FERRY_COLUMN_IGNORES_TRAILING_SPACE);
    assert_string_equal(p->subtype, "point");
    assert_int_equal(p->srid, 4326);
    assert_int_equal(p->flags, FERRY_COLUMN_SRID);
    assert_int_equal(t->flags, 0);
    assert_null(t->default_value); /* the catalog shows an emoji as a question mark */
    assert_true(asking_has_note(&a, "the default of column 't'"));
    assert_int_equal(a.schema.note_count, 1);
    asking_end(&a);
}

/* What SELECT * leaves out of a table is read, but for what the server itself has put there. */
static void test_columns_that_are_read(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"my_row_id", "bigint", NULL, NULL, NULL, "auto_increment INVISIBLE", "BASE TABLE", NULL,
         NULL, "PRI", ""},
        {"a", "int", NULL, NULL, NULL, "", "BASE TABLE", NULL, NULL, "", ""},
        {"hidden", "int", NULL, NULL, NULL, "INVISIBLE", "BASE TABLE", NULL, NULL, "", ""},
        {"rs", "timestamp(6)", NULL, NULL, NULL, "STORED GENERATED, INVISIBLE", "SYSTEM VERSIONED",
         NULL, NULL, "", "ROW START"},
        {"re", "timestamp(6)", NULL, NULL, NULL, "STORED GENERATED, INVISIBLE", "SYSTEM VERSIONED",
         NULL, NULL, "PRI", "ROW END"},
        {"seen", "timestamp(6)", NULL, NULL, NULL, "STORED GENERATED", "SYSTEM VERSIONED", NULL,
         NULL, "", "ROW END"},
        {"v", "int", NULL, NULL, NULL, "INVISIBLE", "VIEW", NULL, NULL, "", ""},
    };
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0}};
    struct asking a;
    MYSQL_RES *list = NULL;
    const char *names[COUNT(rows)];
    size_t hidden = 0;
    asking_begin(&a, answers, COUNT(answers));
    assert_int_equal(mydrv_catalog_read(&a.conn, "t", &a.schema, &list, &a.error), FERRY_OK);
    assert_int_equal(mydrv_catalog_list(list, names, &hidden), 4);
    assert_int_equal(hidden, 1);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "hidden");
    assert_string_equal(names[2], "seen");
    assert_string_equal(names[3], "v");
    asking_end(&a);
}

/* A view's columns look as if they had defaults and numbered themselves. */
static void test_a_view_of_mysql(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"id", "int", NULL, NULL, "0", "auto_increment", "VIEW", NULL, NULL},
        {"e", "enum('x?')", "utf8mb4", "utf8mb4_0900_ai_ci", "x?", "", "VIEW", "NO PAD", NULL},
        {"p", "geomcollection", NULL, NULL, NULL, "", "VIEW", NULL, "0"},
        {"t", "json", "utf8mb4", "utf8mb4_bin", NULL, "", "VIEW", "PAD SPACE", NULL},
    };
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0},
    };
    struct asking a;
    asking_begin(&a, answers, COUNT(answers));
    a.conn.mariadb = false;
    a.conn.version = 90700;
    struct ferry_column *id = asking_add(&a, "id", FERRY_TYPE_INT);
    struct ferry_column *e = asking_add(&a, "e", FERRY_TYPE_ENUM);
    struct ferry_column *p = asking_add(&a, "p", FERRY_TYPE_GEOMETRY);
    struct ferry_column *t = asking_add(&a, "t", FERRY_TYPE_TEXT);
    assert_int_equal(asking_apply(&a, "v"), FERRY_OK);
    assert_non_null(strstr(server.question, "SRS_ID"));
    assert_false(a.nature.is_table);
    assert_int_equal(id->flags, 0);
    assert_null(id->default_value);
    assert_null(e->members); /* nor is this question mark to be believed */
    assert_true(asking_has_note(&a, "the members of column 'e'"));
    assert_int_equal(e->flags, FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS);
    assert_string_equal(p->subtype, "geometrycollection");
    assert_int_equal(p->flags, FERRY_COLUMN_SRID);
    assert_int_equal(p->srid, 0);
    assert_null(t->collation); /* a text in the result, JSON in the catalog */
    assert_int_equal(t->flags, FERRY_COLUMN_COMPARES_UNKNOWN);
    asking_end(&a);
}

/* It is a VARBINARY on the wire. */
static void test_a_vector_of_mariadb(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"v", "vector(3)", NULL, NULL, NULL, "", "VIEW", NULL, NULL},
        {"w", "vector(3)", NULL, NULL, NULL, "", "VIEW", NULL, NULL},
    };
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0},
    };
    struct asking a;
    asking_begin(&a, answers, COUNT(answers));
    struct ferry_column *v = asking_add(&a, "v", FERRY_TYPE_BYTES);
    struct ferry_column *w = asking_add(&a, "w", FERRY_TYPE_BYTES);
    v->length = 12;
    w->length = 16;
    assert_int_equal(asking_apply(&a, "t"), FERRY_OK);
    assert_int_equal(v->type, FERRY_TYPE_VECTOR);
    assert_int_equal(v->length, 3);
    assert_string_equal(v->native, "vector(3)");
    assert_int_equal(w->type, FERRY_TYPE_BYTES);
    assert_int_equal(w->length, 16);
    asking_end(&a);
}

static void test_what_the_server_does_not_tell(void **state)
{
    (void)state;
    static const char *other[][MOST_COLUMNS] = {
        {"u", "text", NULL, NULL, NULL, "", "VIEW", NULL, NULL, ""}};
    static const char *broken[][MOST_COLUMNS] = {
        {"t", NULL, NULL, NULL, NULL, "", "VIEW", NULL, NULL, ""}};
    static const char *kindless[][MOST_COLUMNS] = {
        {"t", "text", NULL, NULL, NULL, "", NULL, NULL, NULL, ""}};
    static const struct {
        struct answer answer;
        ferry_status status;
        const char *text;
    } cases[] = {
        {{"COLUMNS", 11, 0, NULL, 1142}, FERRY_OK, "so it is (error 1142)"},
        {{"COLUMNS", 11, 0, NULL, 1044}, FERRY_OK, "so it is (error 1044)"},
        {{"COLUMNS", 11, 0, NULL, 1227}, FERRY_OK, "so it is (error 1227)"},
        {{"COLUMNS", 11, 0, NULL, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 1, other, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 1, broken, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 1, kindless, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 0, NULL, 1054}, FERRY_ERR_CONFIG, "error 1054"},
        {{"COLUMNS", 11, 0, NULL, 1356}, FERRY_ERR_NOT_FOUND, "error 1356"},
        {{"COLUMNS", 11, 0, NULL, 3}, FERRY_ERR_BUSY, "error 3)"},
        {{"COLUMNS", 11, 0, NULL, 5}, FERRY_ERR_BUSY, "error 5)"},
        {{"COLUMNS", 11, 0, NULL, 1030}, FERRY_ERR_BUSY, "error 1030"},
        {{"COLUMNS", 11, 0, NULL, 1114}, FERRY_ERR_BUSY, "error 1114"},
        {{"COLUMNS", 11, 0, NULL, 2013}, FERRY_ERR_STREAM, "error 2013"},
        {{"COLUMNS", 11, 0, NULL, 2027}, FERRY_ERR_STREAM, "error 2027"},
        {{"COLUMNS", 11, 0, NULL, 1317}, FERRY_ERR_STREAM, "error 1317"},
        {{"COLUMNS", 11, 0, NULL, 1205}, FERRY_ERR_BUSY, "error 1205"},
        {{"COLUMNS", 3, 0, NULL, 0}, FERRY_ERR_STREAM, "of another shape"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct asking a;
        asking_begin(&a, &cases[i].answer, 1);
        struct ferry_column *t = asking_add(&a, "t", FERRY_TYPE_TEXT);
        assert_int_equal(asking_apply(&a, "v"), cases[i].status);
        assert_int_equal(a.schema.unknown, cases[i].status == FERRY_OK);
        if (cases[i].status == FERRY_OK)
            assert_true(asking_has_note(&a, cases[i].text) && a.schema.notes[0].warns);
        else
            assert_error(&a.error, cases[i].status, cases[i].text);
        assert_int_equal(t->flags, FERRY_COLUMN_COMPARES_UNKNOWN);
        assert_false(a.nature.is_table);
        asking_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_of_mariadb),
        cmocka_unit_test(test_columns_that_are_read),
        cmocka_unit_test(test_a_view_of_mysql),
        cmocka_unit_test(test_a_vector_of_mariadb),
        cmocka_unit_test(test_what_the_server_does_not_tell),
    };
    return cmocka_run_group_tests_name("mysql catalog", tests, NULL, NULL);
}
