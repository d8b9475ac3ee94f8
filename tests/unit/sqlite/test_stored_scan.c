/* Tests of scans of what the sqlite driver's target stores: order, bounds and columns, also while a
 * load of changes is under way. */

#include "changes.h"

static const struct ferry_column columns[] = {INT_COLUMN("id"), TEXT_COLUMN("name"),
                                              LOOSE_COLUMN("any")};
static const char *const natives[] = {"INTEGER", "TEXT", "BLOB"};
static char *folder;
static char *path;

static void make_table(struct changes *changes, const char *definition, const char *key)
{
    char sql[1024];
    (void)snprintf(sql, sizeof sql,
                   "CREATE TABLE t(%s); INSERT INTO t(id, name, any) VALUES(3, 'b', x'62'), "
                   "(-1, 'B', 5.0), (10, 'a ', '5'), (2, 'a', 5), (7, NULL, 'b'), (4, 'ab', 4.5), "
                   "(9, char(233), NULL)",
                   definition);
    folder = make_folder();
    path = make_database(folder, "x.db", sql);
    plan_changes(changes, path, columns, natives, 3, key);
}

static void drop_table(struct changes *changes)
{
    end_changes_plan(changes);
    free(path);
    remove_folder(folder);
}

static const char *const definitions[] = {
    "id INTEGER, name TEXT, any BLOB",
    ("id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, any BLOB); CREATE INDEX i ON t(name, id); "
     "CREATE INDEX j ON t(any, id); CREATE TABLE u(x"),
    "any BLOB, name TEXT UNIQUE, id INTEGER UNIQUE",
    "id INTEGER, name TEXT, any BLOB, more TEXT, PRIMARY KEY(id)) WITHOUT ROWID; CREATE TABLE u(x",
};

/* -1 comes before 2; 'B' before 'a', and 'a' before 'a '; 4.5 before 5, 5.0, '5', 'b', x'62'. */
static void test_order(void **state)
{
    (void)state;
    static const size_t id[] = {0};
    static const size_t name[] = {1};
    static const size_t any[] = {2};
    static const size_t any_id[] = {2, 0};
    static const struct {
        const size_t *order;
        size_t order_count;
        const size_t *columns;
        size_t column_count;
        const char *rows;
    } cases[] = {
        {id, 1, id, 1, "-1;2;3;4;7;9;10"},
        {id, 1, any_id, 2, "f:5|-1;i:5|2;b|3;f:4.5|4;t:b|7;NULL|9;t:5|10"},
        {name, 1, name, 1, "NULL;B;a;a ;ab;b;\303\251"},
        {any, 1, any_id, 2, "NULL|9;f:4.5|4;i:5|2;f:5|-1;t:5|10;t:b|7;b|3"},
        {any, 1, id, 1, "9;4;2;-1;10;7;3"},
    };
    for (size_t d = 0; d < COUNT(definitions); d++)
        for (int way = 0; way < 2; way++) {
            struct changes changes;
            make_table(&changes, definitions[d], "0");
            if (way == 1) /* by steps, where there are two columns */
                (void)sqlite3_limit(changes.conn->db, SQLITE_LIMIT_FUNCTION_ARG, 1);
            for (size_t i = 0; i < COUNT(cases); i++) {
                const struct ferry_scan scan = {.order = cases[i].order,
                                                .order_count = cases[i].order_count,
                                                .columns = cases[i].columns,
                                                .column_count = cases[i].column_count};
                assert_string_equal(read_stored_rows(&changes, NULL, &scan), cases[i].rows);
            }
            drop_table(&changes);
        }
}

static void test_bounds(void **state)
{
    (void)state;
    static const size_t id[] = {0};
    static const struct ferry_cell three = {.v.i = 3};
    static const struct ferry_cell nine = {.v.i = 9};
    static const struct ferry_bound from = {0, &three, FERRY_BOUND_AT_LEAST, 0};
    static const struct ferry_bound above = {0, &three, FERRY_BOUND_ABOVE, 0};
    static const struct ferry_bound to = {0, &nine, FERRY_BOUND_AT_MOST, 0};
    static const struct ferry_bound below = {0, &nine, FERRY_BOUND_BELOW, 0};
    static const struct ferry_bound *const lists[][2] = {
        {&from, &to}, {&above, &below}, {&below, &from}, {&from, &from}};
    static const char *const rows[] = {"3;4;7;9", "4;7", "3;4;7", "3;4;7;9;10"};
    for (size_t d = 0; d < COUNT(definitions); d++) {
        struct changes changes;
        make_table(&changes, definitions[d], "0");
        for (size_t i = 0; i < COUNT(rows); i++) {
            const struct ferry_scan scan = {.order = id,
                                            .order_count = 1,
                                            .bounds = lists[i],
                                            .bound_count = 2,
                                            .columns = id,
                                            .column_count = 1};
            assert_string_equal(read_stored_rows(&changes, NULL, &scan), rows[i]);
        }
        drop_table(&changes);
    }
}

/* Rows are read as they were, whatever comes in meanwhile; after the end, as they are. */
static void test_between_batches(void **state)
{
    (void)state;
    static const struct ferry_batch_limits limits = {.rows = 2, .bytes = 1 << 20};
    static const size_t id[] = {0};
    const struct ferry_scan scan = {.order = id, .order_count = 1};
    const struct ferry_scan ids = {.order = id, .order_count = 1, .columns = id, .column_count = 1};
    for (size_t d = 0; d < COUNT(definitions); d++) {
        struct changes changes;
        make_table(&changes, definitions[d], "0");
        begin_changes(&changes);
        struct ferry_batch *batch = ferry_batch_new(&changes.schema, &limits);
        void *cursor = NULL;
        char text[512] = "";
        assert_int_equal(sqldrv_target.stored_begin(changes.conn, changes.load, &changes.layout,
                                                    &scan, &cursor, &changes.error),
                         FERRY_OK);
        for (size_t i = 0; i < 5; i++) {
            static const struct {
                uint32_t operation;
                const char *rows;
            } sent[] = {{FERRY_OP_INSERT, "11|x|b:x;5|y|i:1"},
                        {FERRY_OP_DELETE, "9;-1"},
                        {FERRY_OP_UPDATE, "10|z|NULL"},
                        {FERRY_OP_INSERT, "12|w|b:1"},
                        {FERRY_OP_DELETE, "3"}};
            ferry_batch_reset(batch, 1);
            assert_int_equal(sqldrv_target.stored_batch(cursor, batch, &changes.error), FERRY_OK);
            print_rows(batch, &changes.schema, text, sizeof text);
            assert_int_equal(send(&changes, sent[i].operation, sent[i].rows), FERRY_OK);
        }
        sqldrv_target.stored_end(cursor);
        assert_string_equal(text, "-1|B|f:5;2|a|i:5;3|b|b;4|ab|f:4.5;7|NULL|t:b;9|\303\251|NULL;"
                                  "10|a |t:5");
        assert_string_equal(read_stored_rows(&changes, changes.load, &ids), "-1;2;3;4;7;9;10");
        assert_int_equal(end_changes(&changes), FERRY_OK);
        assert_totals(&changes, "7 +3 ~1 -3 =7");
        assert_string_equal(read_stored_rows(&changes, changes.load, &ids), "2;4;5;7;10;11;12");
        assert_string_equal(read_stored_rows(&changes, changes.load, &scan),
                            "2|a|i:5;4|ab|f:4.5;5|y|i:1;7|NULL|t:b;10|z|NULL;11|x|x;12|w|1");
        const struct ferry_scan touched = {.touched = 1};
        assert_non_null(strstr(read_stored_rows(&changes, changes.load, &touched), "10|z|NULL"));
        assert_null(strstr(changes.text, "7|NULL"));
        commit_changes(&changes);
        ferry_batch_free(batch);
        drop_table(&changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_order, forget_guards),
        cmocka_unit_test_teardown(test_bounds, forget_guards),
        cmocka_unit_test_teardown(test_between_batches, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite stored scan", tests, NULL, NULL);
}
