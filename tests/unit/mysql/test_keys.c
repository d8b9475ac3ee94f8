/* Tests of the mysql driver's keys.c: what a server tells of a table's keys. */

#include "catalog.h"

/* A key of a versioned table ends with the moment until which a row counts: the rows that are read
 * have one. */
static void test_a_key_with_the_end_of_history(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {{"PRIMARY", "id", "0", NULL, "A", "BTREE", NULL},
                                               {"PRIMARY", "re", "0", NULL, "A", "BTREE", NULL}};
    static const struct answer answers[] = {{"STATISTICS", 7, COUNT(rows), rows, 0}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    const struct ferry_column *id = asking_add(&a, "id", FERRY_TYPE_INT);
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", "re", a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_int_equal(id->key_position, 1);
    assert_int_equal(a.schema.note_count, 0);
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

static void test_keys(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"PRIMARY", "b", "0", NULL, "D", "BTREE", NULL},
        {"PRIMARY", "a", "0", NULL, "A", "BTREE", NULL},
        {"descending", "a", "1", NULL, "D", "BTREE", NULL},
        {"expression", NULL, "1", NULL, "A", "BTREE", NULL},
        {"fulltext", "a", "1", NULL, NULL, "FULLTEXT", NULL},
        {"ignored", "a", "1", NULL, "A", "BTREE", "YES"},
        {"one", "b", "0", NULL, "A", "HASH", "NO"},
        {"prefix", "a", "1", NULL, "A", "BTREE", NULL},
        {"prefix", "b", "1", "10", "A", "BTREE", NULL},
        {"two", "a", "1", NULL, "A", "BTREE", NULL},
        {"two", "b", "1", NULL, "A", "BTREE", NULL},
        {"unread", "c", "1", NULL, "A", "BTREE", NULL},
        {NULL, "a", "1", NULL, "A", "BTREE", NULL},
    };
    static const struct answer answers[] = {{"STATISTICS", 7, COUNT(rows), rows, 0}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    struct ferry_column *first = asking_add(&a, "a", FERRY_TYPE_INT);
    struct ferry_column *second = asking_add(&a, "b", FERRY_TYPE_INT);
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_int_equal(first->key_position, 2);
    assert_int_equal(second->key_position, 1);
    for (size_t i = 0; i < a.count; i++)
        assert_int_equal(ferry_schema_add(&a.schema, &a.columns[i].column, sizeof *first, &a.error),
                         FERRY_OK);
    assert_int_equal(mydrv_keys_add(&keys, &a.schema, &a.error), FERRY_OK);
    assert_int_equal(ferry_schema_index_count(&a.schema), 3);
    const struct ferry_index *primary = ferry_schema_index(&a.schema, 0);
    const struct ferry_index *one = ferry_schema_index(&a.schema, 1);
    const struct ferry_index *two = ferry_schema_index(&a.schema, 2);
    assert_true(primary->primary == 1 && primary->unique == 1 && primary->name == NULL);
    assert_int_equal(primary->column_count, 2);
    assert_string_equal(primary->columns[0], "b");
    assert_string_equal(primary->columns[1], "a");
    assert_string_equal(one->name, "one");
    assert_true(one->unique == 1 && one->primary == 0 && one->column_count == 1);
    assert_string_equal(two->name, "two");
    assert_true(two->unique == 0 && two->column_count == 2);
    static const char *const notes[] = {"'descending' is not carried",
                                        "'expression'",
                                        "'fulltext'",
                                        "'ignored'",
                                        "'prefix'",
                                        "'unread'"};
    for (size_t i = 0; i < COUNT(notes); i++)
        assert_true(asking_has_note(&a, notes[i]));
    assert_int_equal(a.schema.note_count, COUNT(notes));
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

static void test_a_key_that_the_server_added(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"PRIMARY", "my_row_id", "0", NULL, "A", "BTREE", "NO"}};
    static const struct answer answers[] = {{"STATISTICS", 7, COUNT(rows), rows, 0}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    a.conn.mariadb = false;
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_non_null(strstr(server.question, "IS_VISIBLE"));
    assert_int_equal(mydrv_keys_add(&keys, &a.schema, &a.error), FERRY_OK);
    assert_int_equal(a.schema.note_count, 0);
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

/* A column that begins an index has one, whatever the answer leaves out. */
static void test_keys_that_are_missing(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {{"PRIMARY", "a", "0", NULL, "A", "BTREE", NULL}};
    const struct answer answers[] = {{"STATISTICS", 7, 0, rows, 0}, {"STATISTICS", 7, 1, rows, 0}};
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct asking a;
        struct mydrv_keys keys = {0};
        asking_begin(&a, &answers[i], 1);
        (void)asking_add(&a, "a", FERRY_TYPE_INT);
        (void)asking_add(&a, "b", FERRY_TYPE_INT);
        a.columns[i].in_key = true;
        assert_int_equal(
            mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
            FERRY_ERR_STREAM);
        assert_error(&a.error, FERRY_ERR_STREAM, "does not tell the indexes of 't'");
        asking_end(&a);
    }
}

static void test_keys_that_are_refused_are_unknown(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"STATISTICS", 7, 0, NULL, 1142}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_true(asking_has_note(&a, "which keys and indexes there are is not known"));
    assert_true(a.schema.unknown && a.schema.notes[0].warns);
    assert_int_equal(keys.count, 0);
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_with_the_end_of_history),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_a_key_that_the_server_added),
        cmocka_unit_test(test_keys_that_are_missing),
        cmocka_unit_test(test_keys_that_are_refused_are_unknown),
    };
    return cmocka_run_group_tests_name("mysql keys", tests, NULL, NULL);
}
