/* Tests of the sqlite driver's rows.c: what a batch leaves in a table, and where it is refused.
 * What was stored is what SQLite's own quote() shows. */

#include "rows.h"

/* ---- One value ---- */

#define TEXT(literal)                                                                              \
    {                                                                                              \
        .v.p = (literal), .len = sizeof(literal) - 1                                               \
    }
#define KIND(k, ...)                                                                               \
    {                                                                                              \
        .kind = FERRY_KIND_##k, __VA_ARGS__                                                        \
    }

static const struct {
    struct ferry_column column;
    const char *native;
    struct ferry_cell cell;
    const char *stored; /* typeof() and quote(); or the beginning of why it is refused */
} values[] = {
    {{.type = FERRY_TYPE_INT, .bits = 64},
     "INTEGER",
     {.v.i = INT64_MIN},
     "integer -9223372036854775808"},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "INTEGER", {.null = 1}, "null NULL"},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "TEXT", {.v.i = -5}, "text '-5'"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
     "INTEGER",
     {.v.u = INT64_MAX},
     "integer 9223372036854775807"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
     "INTEGER",
     {.v.u = UINT64_C(9223372036854775808)},
     "!the number is above 9223372036854775807, the largest that SQLite holds; big_unsigned = "
     "\"text\" stores the column as text"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "REAL", {.v.f = 2.5}, "real 2.5"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "REAL", {.v.f = (double)NAN}, "!NaN cannot be stored"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 15, .scale = 2}, "REAL", TEXT("-0.30"), "real -0.3"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 15, .scale = 2},
     "REAL",
     TEXT("12345678901234.56"),
     "!this is not a decimal number of at most 15 digits"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", TEXT("it's"), "text 'it''s'"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", TEXT(""), "text ''"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", TEXT("a\0b"), "blob X'610062'"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", TEXT(""), "blob X''"},
    {{.type = FERRY_TYPE_BYTES}, "TEXT", TEXT("ab"), "text 'ab'"},
    {{.type = FERRY_TYPE_BYTES}, "TEXT", TEXT("\377"), "!the bytes are not UTF-8"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 9, .scale = 2},
     "NUMERIC",
     TEXT("3.00"),
     "integer 3"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     KIND(TEXT, .v.p = "x", .len = 1),
     "text 'x'"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     KIND(TEXT, .v.p = "1", .len = 1),
     "!the value is of another kind than the column's type, and SQLite would convert it"},
    {{.type = FERRY_TYPE_INT, .bits = 64},
     "INTEGER",
     KIND(TEXT, .v.p = "x", .len = 1),
     "!the value is of another kind than the column's type"},
    {{.type = FERRY_TYPE_ANY}, "", KIND(INT, .v.i = 5), "integer 5"},
    {{.type = FERRY_TYPE_ANY}, "", KIND(FLOAT, .v.f = 5), "real 5.0"},
    {{.type = FERRY_TYPE_ANY}, "", KIND(BYTES, .v.p = "a", .len = 1), "blob X'61'"},
    {{.type = FERRY_TYPE_ANY}, "REAL", KIND(INT, .v.i = 5), "!the value is of another kind"},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct table table;
        struct ferry_column column = values[i].column;
        char sql[64];
        column.name = "c";
        column.native = "";
        (void)snprintf(sql, sizeof sql, "CREATE TABLE t(c %s)", values[i].native);
        make_table(&table, "t", "UTF-8", sql);
        add_column(&table, &column, values[i].native);
        open_load(&table);
        ferry_batch_reset(table.batch, 7);
        *ferry_batch_row(table.batch) = values[i].cell;
        ferry_status status = insert(&table);
        assert_int_equal(status, table.error.status);
        if (values[i].stored[0] == '!') {
            assert_int_equal(status, FERRY_ERR_DATA);
            assert_string_equal(strtok(table.error.message, ":"), "row 7, column 'c'");
            if (strncmp(strtok(NULL, "") + 1, values[i].stored + 1, strlen(values[i].stored + 1)) !=
                0)
                fail_msg("value %zu", i);
            assert_int_equal(table.load.rows_loaded, 0);
        } else {
            assert_no_error(&table.error);
            assert_query(&table, "SELECT typeof(c)||' '||quote(c) FROM t", values[i].stored);
            assert_int_equal(table.load.rows_loaded, 1);
        }
        end_table(&table);
    }
}

/* SQLite replaces some letters as it turns a text into UTF-16. */
static void test_encodings(void **state)
{
    (void)state;
    static const struct ferry_column columns[] = {
        {.name = "a", .native = "", .type = FERRY_TYPE_TEXT},
        {.name = "b", .native = "", .type = FERRY_TYPE_TEXT}};
    static const char *const encodings[] = {"UTF-8", "UTF-16le", "UTF-16be"};
    for (size_t i = 0; i < COUNT(encodings); i++)
        for (size_t column = 0; column < 2; column++) {
            struct table table;
            make_table(&table, "t", encodings[i], "CREATE TABLE t(a TEXT, b TEXT)");
            add_column(&table, &columns[0], "TEXT");
            add_column(&table, &columns[1], "TEXT");
            open_load(&table);
            ferry_batch_reset(table.batch, 1);
            struct ferry_cell *cells = ferry_batch_row(table.batch);
            for (size_t k = 0; k < 2; k++)
                cells[k] = (struct ferry_cell){.v.p = k == column ? "\357\277\276" : "x",
                                               .len = k == column ? 3 : 1};
            ferry_status status = insert(&table);
            assert_int_equal(status, i == 0 ? FERRY_OK : FERRY_ERR_DATA);
            if (i > 0)
                assert_error(&table.error, FERRY_ERR_DATA,
                             column == 0 ? "row 1, column 'a': the text is not UTF-8, or"
                                         : "row 1, column 'b': the text is not UTF-8, or");
            end_table(&table);
        }
}

/* ---- NULL where SQLite would put a number ---- */

static const struct ferry_column pair[] = {
    {.name = "a", .native = "", .type = FERRY_TYPE_TEXT},
    {.name = "Key",
     .native = "",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_SOLE_KEY | FERRY_COLUMN_NOT_NULL}};

static ferry_status insert_null_key(uint32_t action, const char *key_name, bool sole,
                                    const char *native)
{
    static struct sqldrv_column columns[2];
    struct table table;
    struct ferry_column key = pair[1];
    if (!sole)
        key.flags = FERRY_COLUMN_NOT_NULL;
    make_table(&table, "t", "UTF-8", "CREATE TABLE t(a TEXT, Key INTEGER)");
    add_column(&table, &pair[0], "TEXT");
    add_column(&table, &key, native);
    table.spec.action = action;
    columns[1].name = (char *)(key_name == NULL ? "other" : key_name);
    table.load.table.columns = columns;
    table.load.table.column_count = 2;
    table.load.table.integer_key = key_name == NULL ? -1 : 1;
    open_load(&table);
    ferry_batch_reset(table.batch, 1);
    struct ferry_cell *cells = ferry_batch_row(table.batch);
    cells[0] = cells[1] = (struct ferry_cell){.null = 1};
    ferry_status status = insert(&table);
    if (status == FERRY_OK)
        assert_query(&table, "SELECT quote(a)||quote(Key) FROM t", "NULLNULL");
    else
        assert_error(&table.error, FERRY_ERR_DATA,
                     "row 1, column 'Key': NULL in an INTEGER PRIMARY KEY, where SQLite would put "
                     "a number");
    end_table(&table);
    return status;
}

static void test_null_keys(void **state)
{
    (void)state;
    static const uint32_t made[] = {FERRY_TABLE_CREATE, FERRY_TABLE_REBUILD};
    for (size_t i = 0; i < COUNT(made); i++) {
        assert_int_equal(insert_null_key(made[i], NULL, true, "INTEGER"), FERRY_ERR_DATA);
        assert_int_equal(insert_null_key(made[i], NULL, false, "INTEGER"), FERRY_OK);
        assert_int_equal(insert_null_key(made[i], "Key", false, "INTEGER"), FERRY_OK);
    }
    /* a table that stays is as it was found */
    assert_int_equal(insert_null_key(FERRY_TABLE_KEEP, "Key", false, "INTEGER"), FERRY_ERR_DATA);
    assert_int_equal(insert_null_key(FERRY_TABLE_KEEP, "KEY", false, "INTEGER"), FERRY_ERR_DATA);
    assert_int_equal(insert_null_key(FERRY_TABLE_KEEP, "a key", false, "INTEGER"), FERRY_OK);
    assert_int_equal(insert_null_key(FERRY_TABLE_KEEP, NULL, true, "INTEGER"), FERRY_OK);
}

/* ---- Batches ---- */

static void test_batches(void **state)
{
    (void)state;
    struct table table;
    make_numbers(&table, "CREATE TABLE t(c INTEGER)");
    assert_int_equal(insert_numbers(&table, 1, 0), FERRY_OK);
    assert_int_equal(table.load.rows_loaded, 0);
    assert_int_equal(insert_numbers(&table, 1, 100), FERRY_OK);
    assert_int_equal(insert_numbers(&table, 101, 1), FERRY_OK);
    assert_int_equal(insert_numbers(&table, 102, 50), FERRY_OK);
    assert_int_equal(insert_numbers(&table, 152, 0), FERRY_OK);
    assert_int_equal(table.load.rows_loaded, 151);
    assert_no_error(&table.error);
    /* in order: the row's number is the value */
    assert_query(&table, "SELECT count(*)||' '||max(c)||' '||sum(c = rowid) FROM t", "151 151 151");
    /* nothing of a batch is left to be read behind its insertion */
    assert_query(&table, "SELECT count(*) FROM _dbferry_batch", "0");
    end_table(&table);
}

/* Each cell goes where its row and its column are. */
static void test_several_columns(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    struct table table;
    make_table(&table, "t", "UTF-8", "CREATE TABLE t(a, b, c)");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct ferry_column column = number;
        column.name = names[i];
        add_column(&table, &column, "INTEGER");
    }
    open_load(&table);
    ferry_batch_reset(table.batch, 1);
    for (int64_t row = 1; row <= 3; row++) {
        struct ferry_cell *cells = ferry_batch_row(table.batch);
        for (int64_t column = 1; column <= 3; column++)
            cells[column - 1].v.i = 10 * row + column;
    }
    assert_int_equal(insert(&table), FERRY_OK);
    assert_query(&table, "SELECT group_concat(a||' '||b||' '||c) FROM t",
                 "11 12 13,21 22 23,31 32 33");
    end_table(&table);
}

/* Some of the columns, in another order than the schema's, with what is to be done with each row.
 */
static void test_an_operation(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    static const size_t select[] = {2, 0};
    static const struct ferry_batch_limits limits = {.rows = 100, .bytes = 1 << 20};
    struct table table;
    struct ferry_schema selected = {0};
    make_table(&table, "t", "UTF-8", "CREATE TABLE t(op, c0, c1, c2)");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct ferry_column column = number;
        column.name = names[i];
        add_column(&table, &column, "INTEGER");
        if (i != 1)
            assert_int_equal(ferry_schema_add(&selected, &column, sizeof column, &table.error),
                             FERRY_OK);
    }
    struct sqldrv_rows_into into = into_main(&table);
    into.select = select;
    into.select_count = COUNT(select);
    into.operation = 7;
    assert_int_equal(sqldrv_rows_open(&into, &table.rows, &table.error), FERRY_OK);
    table.batch = ferry_batch_new(&selected, &limits);
    assert_non_null(table.batch);
    ferry_batch_reset(table.batch, 1);
    for (int64_t row = 1; row <= 2; row++) {
        struct ferry_cell *cells = ferry_batch_row(table.batch);
        cells[0].v.i = 10 * row + 3;
        cells[1].v.i = 10 * row + 1;
    }
    assert_int_equal(insert(&table), FERRY_OK);
    assert_query(&table,
                 "SELECT group_concat(op||' '||c0||' '||ifnull(c1, 'none')||' '||c2) FROM t",
                 "7 11 none 13,7 21 none 23");
    ferry_schema_done(&selected);
    end_table(&table);
}

/* A row that the table itself refuses is named by its number in the load. */
static void test_a_row_that_is_refused(void **state)
{
    (void)state;
    struct table table;
    make_numbers(&table, "CREATE TABLE t(c INTEGER UNIQUE ON CONFLICT IGNORE CHECK(c <> 130))");
    assert_int_equal(insert_numbers(&table, 1, 100), FERRY_OK);
    assert_int_equal(insert_numbers(&table, 101, 40), FERRY_ERR_DATA);
    assert_error(&table.error, FERRY_ERR_DATA,
                 "'x.db': table 't', row 130: CHECK constraint failed: c <> 130");
    assert_int_equal(table.load.rows_loaded, 100);
    assert_int_equal(insert_numbers(&table, 50, 1), FERRY_ERR_DATA); /* not silently left out */
    assert_error(&table.error, FERRY_ERR_DATA, "'x.db': table 't', row 101: UNIQUE");
    assert_int_equal(insert_numbers(&table, 200, 2), FERRY_OK); /* what was refused is forgotten */
    assert_int_equal(table.load.rows_loaded, 102);
    end_table(&table);
}

/* A value that is refused is forgotten with its batch, too. */
static void test_a_value_that_is_refused(void **state)
{
    (void)state;
    struct ferry_column column = number;
    struct table table;
    column.flags = FERRY_COLUMN_UNSIGNED;
    make_table(&table, "t", "UTF-8", "CREATE TABLE t(c INTEGER)");
    add_column(&table, &column, "INTEGER");
    open_load(&table);
    ferry_batch_reset(table.batch, 11);
    for (uint64_t i = 0; i < 3; i++)
        ferry_batch_row(table.batch)->v.u = i == 2 ? UINT64_MAX : i;
    assert_int_equal(insert(&table), FERRY_ERR_DATA);
    assert_error(&table.error, FERRY_ERR_DATA, "row 13, column 'c': the number is above");
    assert_int_equal(insert_numbers(&table, 11, 2), FERRY_OK);
    end_table(&table);
}

/* The user's own trigger lets rows fall silently. */
static void test_rows_that_are_lost(void **state)
{
    (void)state;
    struct table table;
    make_numbers(&table, "CREATE TABLE t(c INTEGER); CREATE TRIGGER r BEFORE INSERT ON t WHEN "
                         "new.c = 3 BEGIN SELECT raise(IGNORE); END");
    assert_int_equal(insert_numbers(&table, 1, 2), FERRY_OK);
    assert_int_equal(insert_numbers(&table, 3, 5), FERRY_ERR_INTERNAL);
    assert_error(&table.error, FERRY_ERR_INTERNAL, "'x.db': table 't' took 4 rows of a batch of 5");
    assert_int_equal(table.load.rows_loaded, 2);
    end_table(&table);
}

/* Into tables of one name in two schemas, by turns; each counts its own. */
static void test_two_tables_at_once(void **state)
{
    (void)state;
    struct table table;
    struct sqldrv_rows *others = NULL;
    uint64_t count = 40;
    make_numbers(&table, "CREATE TABLE t(c INTEGER); CREATE TEMP TABLE t(c INTEGER CHECK(c < 9))");
    struct sqldrv_rows_into into = into_main(&table);
    into.schema = "temp";
    into.batch = "_dbferry_other";
    into.count = &count;
    assert_int_equal(sqldrv_rows_open(&into, &others, &table.error), FERRY_OK);
    assert_int_equal(insert_numbers(&table, 1, 3), FERRY_OK);
    assert_int_equal(sqldrv_rows_insert(others, table.batch, &table.error), FERRY_OK);
    assert_int_equal(insert_numbers(&table, 4, 10), FERRY_OK);
    assert_int_equal(sqldrv_rows_insert(others, table.batch, &table.error), FERRY_ERR_DATA);
    assert_error(&table.error, FERRY_ERR_DATA, "'x.db': table 't', row 49: CHECK constraint");
    assert_int_equal(table.load.rows_loaded, 13);
    assert_int_equal(count, 43);
    assert_query(&table, "SELECT count(*)||' '||max(c) FROM main.t", "13 13");
    sqldrv_rows_close(others);
    fence_of_last = NULL;
    assert_int_equal(insert_numbers(&table, 14, 1), FERRY_OK);
    end_table(&table);
}

/* ---- Names, and who may read ---- */

static void test_names(void **state)
{
    (void)state;
    static const struct ferry_column columns[] = {
        {.name = "a\"b", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "c, d", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "SELECT", .native = "", .type = FERRY_TYPE_INT, .bits = 64}};
    struct table table;
    /* in another order than the source has them, and with one that fills itself */
    make_table(&table, "t\"t", "UTF-8",
               "CREATE TABLE \"t\"\"t\"(own DEFAULT 9, \"SELECT\", \"c, d\", \"a\"\"b\")");
    for (size_t i = 0; i < COUNT(columns); i++)
        add_column(&table, &columns[i], "INTEGER");
    open_load(&table);
    ferry_batch_reset(table.batch, 1);
    struct ferry_cell *cells = ferry_batch_row(table.batch);
    for (size_t i = 0; i < COUNT(columns); i++)
        cells[i].v.u = i + 1;
    assert_int_equal(insert(&table), FERRY_OK);
    assert_query(&table, "SELECT own||\"a\"\"b\"||\"c, d\"||\"SELECT\" FROM \"t\"\"t\"", "9123");
    end_table(&table);
}

static void test_nothing_else_reads_a_batch(void **state)
{
    (void)state;
    struct table table;
    char *text = NULL;
    make_numbers(&table, "CREATE TABLE t(c INTEGER)");
    assert_int_equal(sqldrv_run(table.db, "CREATE VIEW v AS SELECT * FROM _dbferry_batch"),
                     SQLITE_OK);
    assert_int_equal(sqldrv_query_text(table.db, &text, "SELECT count(*) FROM v"), SQLITE_ERROR);
    assert_int_equal(strncmp(sqlite3_errmsg(table.db), "unsafe use of virtual table", 27), 0);
    close_rows(&table);
    assert_int_equal(sqldrv_query_text(table.db, &text, "SELECT count(*) FROM _dbferry_batch"),
                     SQLITE_ERROR);
    assert_int_equal(strncmp(sqlite3_errmsg(table.db), "no such table", 13), 0);
    sqldrv_rows_close(NULL);
    end_table(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_null_keys),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_several_columns),
        cmocka_unit_test(test_an_operation),
        cmocka_unit_test(test_a_row_that_is_refused),
        cmocka_unit_test(test_a_value_that_is_refused),
        cmocka_unit_test(test_rows_that_are_lost),
        cmocka_unit_test(test_two_tables_at_once),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_nothing_else_reads_a_batch),
    };
    return cmocka_run_group_tests_name("sqlite rows", tests, NULL, NULL);
}
