/* Tests of the sqlite driver's stored_rows.c: what is stored, read back in batches.
 *
 * A cell is written as its kind and its value: "int 5" says its kind itself, "i 5" is of the
 * column's type. */

#include "stored_rows.h"

#include <malloc.h>

/* ---- One value ---- */

static void show(const struct ferry_cell *cell, const struct ferry_column *column, char *text,
                 size_t size)
{
    static const char *const kinds[] = {"", "int ", "float ", "text ", "bytes "};
    if (cell->null != 0)
        (void)snprintf(text, size, "NULL");
    else if (cell->kind == FERRY_KIND_INT ||
             (cell->kind == FERRY_KIND_TYPED && column->type == FERRY_TYPE_INT))
        (void)snprintf(text, size, "%s%lld", kinds[cell->kind], (long long)cell->v.i);
    else if (cell->kind == FERRY_KIND_FLOAT ||
             (cell->kind == FERRY_KIND_TYPED && column->type == FERRY_TYPE_FLOAT))
        (void)snprintf(text, size, "%s%.17g", kinds[cell->kind], cell->v.f);
    else
        (void)snprintf(text, size, "%s(%u)%.*s", kinds[cell->kind], cell->len, (int)cell->len,
                       cell->v.p != NULL ? cell->v.p : "no address");
}

static const struct {
    struct ferry_column column;
    const char *native;
    const char *sql;
    const char *cell; /* or, behind '!', why it is none */
} values[] = {
    {{.type = FERRY_TYPE_INT, .bits = 64}, "INTEGER", "-5", "-5"},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "INTEGER", "NULL", "NULL"},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "TEXT", "'-12'", "-12"},
    {{.type = FERRY_TYPE_INT, .bits = 64},
     "INTEGER",
     "'x'",
     "!it is stored as TEXT, not as INTEGER ('x.db', table 't')"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_NOT_NULL},
     "INTEGER",
     "NULL",
     "!NULL in a column that has none ('x.db', table 't')"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
     "INTEGER",
     "-1",
     "!the number is negative"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     "'x'",
     "text (1)x"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     "x''",
     "bytes (0)"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     "1.5",
     "float 1.5"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "REAL", "0.5", "0.5"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "REAL", "7", "7"}, /* an integer that a double holds */
    {{.type = FERRY_TYPE_FLOAT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "REAL",
     "'x'",
     "text (1)x"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 9, .scale = 2}, "REAL", "0.3", "(4)0.30"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 9, .scale = 2}, "TEXT", "'0.30'", "(4)0.30"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", "'it''s'", "(4)it's"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", "''", "(0)"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", "NULL", "NULL"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "x'6162'", "(2)ab"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "x''", "(0)"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "zeroblob(0)", "(0)"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "'ab'", "!it is stored as TEXT, not as BLOB"},
    {{.type = FERRY_TYPE_UUID}, "TEXT", "5", "!it is stored as INTEGER, not as TEXT"},
    {{.type = FERRY_TYPE_ANY}, "", "5", "int 5"},
    {{.type = FERRY_TYPE_ANY}, "", "5.0", "float 5"},
    {{.type = FERRY_TYPE_ANY}, "", "'5'", "text (1)5"},
    {{.type = FERRY_TYPE_ANY}, "", "x'35'", "bytes (1)5"},
    {{.type = FERRY_TYPE_ANY}, "", "NULL", "NULL"},
    /* What has the right class is not looked at: if it is another than was stored, the digest
       tells. */
    {{.type = FERRY_TYPE_INT, .bits = 8}, "INTEGER", "300", "300"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 32}, "REAL", "0.1", "0.10000000000000001"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 40, .scale = 2}, "TEXT", "'1.234'", "(5)1.234"},
    {{.type = FERRY_TYPE_DATE}, "TEXT", "'yesterday'", "(9)yesterday"},
    {{.type = FERRY_TYPE_VECTOR, .length = 1}, "BLOB", "x'6162'", "(2)ab"},
    {{.type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_LOOSE}, "TEXT", "'today'", "(5)today"},
};

/* Twice in the table: the first is not overwritten by the second. */
static void test_value(size_t i, enum way way)
{
    struct table table;
    struct ferry_column column = values[i].column;
    char sql[256];
    char shown[64];
    column.name = "c";
    column.native = "";
    (void)snprintf(sql, sizeof sql, "CREATE TABLE t(c); INSERT INTO t VALUES(%s), (%s)",
                   values[i].sql, values[i].sql);
    make_table(&table, "t", way, sql);
    add_column(&table, &column, values[i].native);
    assert_int_equal(begin(&table), FERRY_OK);
    assert_int_equal(prepare_function(&table, "SELECT _dbferry_take(1)"),
                     way == BY_FUNCTION ? SQLITE_OK : SQLITE_ERROR);
    ferry_status status = read_batch(&table);
    close_file(&table);
    if (values[i].cell[0] == '!') {
        assert_int_equal(status, FERRY_ERR_DATA);
        assert_string_equal(strtok(table.error.message, ":"), "row 1, column 'c'");
        if (strncmp(strtok(NULL, "") + 1, values[i].cell + 1, strlen(values[i].cell + 1)) != 0)
            fail_msg("value %zu", i);
    } else {
        assert_no_error(&table.error);
        assert_int_equal(ferry_batch_count(table.batch), 2);
        for (size_t row = 0; row < 2; row++) {
            show(ferry_batch_cells(table.batch, row), &column, shown, sizeof shown);
            assert_string_equal(shown, values[i].cell);
        }
    }
    end_table(&table);
}

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        test_value(i, BY_FUNCTION);
        test_value(i, BY_STEPS);
    }
}

/* A file that stores texts as UTF-16 stores bytes as they are. */
static void test_utf16(void **state)
{
    (void)state;
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        make_table(&table, "t", way,
                   "PRAGMA encoding='UTF-16le'; CREATE TABLE t(s TEXT, b BLOB); "
                   "INSERT INTO t VALUES('ab', x'61623031')");
        add_column(&table, &letters_and_bytes[0], "TEXT");
        add_column(&table, &letters_and_bytes[1], "BLOB");
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK);
        close_file(&table);
        const struct ferry_cell *cells = ferry_batch_cells(table.batch, 0);
        assert_int_equal(cells[0].len, 2);
        assert_memory_equal(cells[0].v.p, "ab", 2);
        assert_int_equal(cells[1].len, 4);
        assert_memory_equal(cells[1].v.p, "ab01", 4);
        end_table(&table);
    }
}

/* ---- Rows and batches ---- */

static void test_batches(void **state)
{
    (void)state;
    static const size_t counts[] = {100, 100, 50, 0, 0};
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        int64_t first = 1;
        make_two(&table, way);
        assert_int_equal(begin(&table), FERRY_OK);
        for (size_t i = 0; i < COUNT(counts); i++) {
            ferry_batch_reset(table.batch, (uint64_t)first);
            assert_int_equal(read_batch(&table), FERRY_OK);
            assert_two(&table, counts[i], first);
            first += (int64_t)counts[i];
            if (i == 0) { /* one that is full takes nothing */
                assert_int_equal(read_batch(&table), FERRY_OK);
                assert_two(&table, 100, 1);
            }
        }
        end_table(&table);
    }
}

/* As many columns as a function takes, and one more. */
static void test_the_most_columns(void **state)
{
    (void)state;
    for (int most = 1; most <= 3; most++) {
        struct table table;
        make_two(&table, BY_FUNCTION);
        (void)sqlite3_limit(table.conn.db, SQLITE_LIMIT_FUNCTION_ARG, most);
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(prepare_function(&table, "SELECT _dbferry_take(1, 2)"),
                         most >= 2 ? SQLITE_OK : SQLITE_ERROR);
        if (most == 2) { /* no view of the file may call it */
            assert_int_equal(
                sqlite3_exec(table.conn.db, "CREATE VIEW v AS SELECT _dbferry_take(1, 2)", 0, 0, 0),
                SQLITE_OK);
            assert_int_equal(prepare_function(&table, "SELECT * FROM v"), SQLITE_ERROR);
            assert_int_equal(
                strncmp(sqlite3_errmsg(table.conn.db), "unsafe use of _dbferry_take", 27), 0);
        }
        assert_int_equal(read_batch(&table), FERRY_OK);
        assert_two(&table, 100, 1);
        end_table(&table);
    }
}

/* The row is named by its place in all that is read; nothing behind it is taken. */
static void test_a_row_that_is_refused(void **state)
{
    (void)state;
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        make_two(&table, way);
        assert_int_equal(sqlite3_exec(table.conn.db,
                                      "UPDATE \"a \"\"table\"\"\" SET \"a \"\"text\"\"\" = x'00' "
                                      "WHERE rowid = 103",
                                      0, 0, 0),
                         SQLITE_OK);
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK);
        ferry_batch_reset(table.batch, 101);
        assert_int_equal(read_batch(&table), FERRY_ERR_DATA);
        assert_error(&table.error, FERRY_ERR_DATA,
                     "row 103, column 'a \"text\"': it is stored as BLOB, not as TEXT ('x.db', "
                     "table 'a \"table\"')");
        end_table(&table);
    }
}

static void test_stopping(void **state)
{
    (void)state;
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        make_two(&table, way);
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK);
        sqlite3_interrupt(table.conn.db);
        ferry_batch_reset(table.batch, 101);
        assert_int_equal(read_batch(&table), FERRY_ERR_CANCELLED);
        assert_error(&table.error, FERRY_ERR_CANCELLED, "'x.db': reading table '");
        end(&table);
        assert_int_equal(begin(&table), FERRY_OK);
        atomic_store(&table.conn.cancelled, true);
        assert_int_equal(read_batch(&table), FERRY_ERR_CANCELLED);
        assert_error(&table.error, FERRY_ERR_CANCELLED, "'x.db': stopped");
        assert_int_equal(ferry_batch_count(table.batch), 0);
        end(&table);
        assert_int_equal(begin(&table), FERRY_ERR_CANCELLED);
        assert_error(&table.error, FERRY_ERR_CANCELLED, "'x.db': stopped");
        end_table(&table);
    }
}

/* ---- A load that is under way ---- */

static void test_a_load(void **state)
{
    (void)state;
    for (int staged = 0; staged < 2; staged++) {
        struct table table;
        make_table(&table, "t", BY_FUNCTION,
                   "CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(1); ATTACH ':memory:' AS "
                   "_dbferry_stage; CREATE TABLE _dbferry_stage.t(n INTEGER); INSERT INTO "
                   "_dbferry_stage.t VALUES(2)");
        add_column(&table, &number, "INTEGER");
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK); /* without a load, what others see */
        assert_int_equal(ferry_batch_cells(table.batch, 0)->v.i, 1);
        end(&table);
        struct sqldrv_unit unit = {.conn = &table.conn, .staged = staged != 0};
        struct sqldrv_load load = {.unit = &unit, .conn = &table.conn};
        ferry_batch_reset(table.batch, 1);
        table.conn.wait.holder = NULL;
        assert_int_equal(sqldrv_stored_rows_begin(&table.conn, &load, &table.layout, NULL,
                                                  &table.cursor, &table.error),
                         FERRY_OK);
        assert_null(table.conn.wait.holder); /* the load's own time goes on */
        assert_int_equal(read_batch(&table), FERRY_OK);
        assert_int_equal(ferry_batch_count(table.batch), 1);
        assert_int_equal(ferry_batch_cells(table.batch, 0)->v.i, staged ? 2 : 1);
        end(&table);
        table.layout.table = "gone";
        assert_int_equal(sqldrv_stored_rows_begin(&table.conn, &load, &table.layout, NULL,
                                                  &table.cursor, &table.error),
                         FERRY_ERR_SCHEMA);
        assert_error(&table.error, FERRY_ERR_SCHEMA, "reading table 'gone' back: no such table");
        end_table(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_the_most_columns),
        cmocka_unit_test(test_a_row_that_is_refused),
        cmocka_unit_test(test_stopping),
        cmocka_unit_test(test_a_load),
    };
#ifdef M_PERTURB
    (void)mallopt(M_PERTURB, 0xa5); /* what is given back does not stay as it was */
#endif
    return cmocka_run_group_tests_name("sqlite stored rows", tests, NULL, NULL);
}
