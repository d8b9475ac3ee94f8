/* Tests of the mysql driver's match.c: which index finds the rows of changes, and how both tables
 * are joined. */

#include "unit.h"

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/spelling.c"
#include "../../../plugins/mysql/write/match.c"
#include "../../../plugins/parts/text.c"

#include "driver/schema.h"

/* Of scan.c. */
void mydrv_scan_write_name(const char *name, struct part_text *sql)
{
    part_text_add(sql, "dbferry_rows.");
    mydrv_text_add_name(sql, name);
}

/* ---- The server's list of indexes ---- */

static const char *const mysql_fields[] = {"Table",       "Non_unique", "Key_name", "Seq_in_index",
                                           "Column_name", "Index_type", "Visible"};
static const char *const mariadb_fields[] = {
    "Table", "Non_unique", "Key_name", "Seq_in_index", "Column_name", "Index_type", "Ignored"};
static const char *const *names;
static MYSQL_FIELD fields[7];
static const char *rows[16][7];
static size_t row_count, row_at;
static bool refuses;

ferry_status mydrv_ask(struct mydrv_conn *conn, struct part_text *sql, unsigned columns,
                       const char *doing, MYSQL_RES **ret_rows, struct ferry_error *err)
{
    (void)conn;
    assert_int_equal(columns, 1);
    assert_string_equal(sql->data, "SHOW INDEX FROM `t``t`");
    part_text_clear(sql);
    if (refuses)
        return ferry_fail(err, FERRY_ERR_TARGET_IO, "cannot %s", doing);
    row_at = 0;
    *ret_rows = (MYSQL_RES *)&rows;
    return FERRY_OK;
}

MYSQL_FIELD *STDCALL mysql_fetch_fields(MYSQL_RES *result)
{
    assert_ptr_equal(result, &rows);
    for (size_t i = 0; i < COUNT(fields); i++)
        fields[i].name = (char *)names[i];
    return fields;
}

unsigned int STDCALL mysql_num_fields(MYSQL_RES *result)
{
    assert_ptr_equal(result, &rows);
    return COUNT(fields);
}

MYSQL_ROW STDCALL mysql_fetch_row(MYSQL_RES *result)
{
    assert_ptr_equal(result, &rows);
    return row_at < row_count ? (MYSQL_ROW)rows[row_at++] : NULL;
}

void STDCALL mysql_free_result(MYSQL_RES *result)
{
    (void)result;
}

static void has_column(const char *index, const char *unique, const char *column, const char *type,
                       const char *last)
{
    const char *const row[] = {"t`t", unique, index, "1", column, type, last};
    assert_true(row_count < COUNT(rows));
    memcpy(rows[row_count++], row, sizeof row);
}

/* A column of an index that can be used. */
static void has(const char *index, bool unique, const char *column)
{
    has_column(index, unique ? "0" : "1", column, "BTREE", names == mysql_fields ? "YES" : "NO");
}

/* ---- A load ---- */

static const struct {
    struct ferry_column column;
    const char *native;
} columns[] = {
    {{.name = "id", .type = FERRY_TYPE_INT, .bits = 64}, "bigint"},
    {{.name = "n`m", .type = FERRY_TYPE_TEXT, .length = 20}, "varchar(20)"},
    {{.name = "e", .type = FERRY_TYPE_ENUM}, "enum('a')"},
    {{.name = "j", .type = FERRY_TYPE_JSON}, "json"},
    {{.name = "g", .type = FERRY_TYPE_GEOMETRY}, "point"},
    {{.name = "v", .type = FERRY_TYPE_VECTOR, .length = 2}, "vector(2)"},
    {{.name = "b", .type = FERRY_TYPE_BYTES, .length = 4}, "binary(4)"},
};

struct place {
    struct ferry_schema schema;
    struct ferry_layout layout;
    struct ferry_load_spec spec;
    struct mydrv_unit unit;
    struct mydrv_form forms[COUNT(columns)];
    struct mydrv_changes changes;
    struct mydrv_load load;
    struct part_text sql;
    struct ferry_error error;
};

static void make_place(struct place *place, const size_t *key, size_t key_count)
{
    memset(place, 0, sizeof *place);
    names = mysql_fields;
    row_count = 0;
    for (size_t i = 0; i < COUNT(columns); i++) {
        struct ferry_column column = columns[i].column;
        column.native = columns[i].native;
        (void)ferry_schema_add(&place->schema, &column, sizeof column, &place->error);
        assert_true(mydrv_type_parse(columns[i].native, &place->forms[i].type));
    }
    assert_no_error(&place->error);
    place->layout = (struct ferry_layout){.table = "t`t", .schema = &place->schema};
    place->spec =
        (struct ferry_load_spec){.layout = &place->layout, .key = key, .key_count = key_count};
    place->changes = (struct mydrv_changes){.tag = (char *)"op"};
    place->load = (struct mydrv_load){.unit = &place->unit,
                                      .spec = &place->spec,
                                      .layout = &place->layout,
                                      .names = {.stage = (char *)"s"},
                                      .lane = {.forms = place->forms},
                                      .changes = &place->changes};
}

static void leave(struct place *place)
{
    free(place->changes.index);
    part_text_clear(&place->sql);
    ferry_schema_done(&place->schema);
    ferry_error_clear(&place->error);
}

/* ---- The index ---- */

static void chooses(struct place *place, const char *expected)
{
    assert_int_equal(mydrv_match_choose(&place->load, &place->error), FERRY_OK);
    assert_no_error(&place->error);
    if (expected == NULL)
        assert_null(place->changes.index);
    else
        assert_string_equal(place->changes.index, expected);
    leave(place);
}

static const size_t id_key[] = {0};
static const size_t both_key[] = {1, 0};

static void test_an_index(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, id_key, 1);
    chooses(&place, NULL); /* there is none */
    make_place(&place, id_key, 1);
    has("PRIMARY", true, "id");
    chooses(&place, "PRIMARY");
    make_place(&place, id_key, 1);
    has("PRIMARY", true, "e");
    has("x", false, "ID"); /* names of columns do not mind case */
    chooses(&place, "x");
    make_place(&place, id_key, 1);
    has("x", false, "id");
    has("u", true, "id");
    has("y", false, "id");
    chooses(&place, "u"); /* it finds one row */
    make_place(&place, id_key, 1);
    has("u", true, "id");
    has("PRIMARY", true, "id");
    chooses(&place, "u"); /* the first of its kind */
    make_place(&place, id_key, 1);
    has("x", false, "id");
    has("x", false, "e");
    chooses(&place, "x"); /* with more columns behind the key */
    make_place(&place, id_key, 1);
    has("u", true, "id");
    has("u", true, "e");
    has("x", false, "id");
    chooses(&place, "u"); /* unique by more than the key, it is one of many */
}

static void test_an_index_of_two(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, both_key, 2);
    has("x", false, "id");
    chooses(&place, NULL); /* a part of the key finds any number of rows */
    make_place(&place, both_key, 2);
    has("u", true, "id");
    chooses(&place, "u"); /* but not where it is unique */
    make_place(&place, both_key, 2);
    has("x", false, "id");
    has("x", false, "n`m");
    chooses(&place, "x"); /* in any order */
    make_place(&place, both_key, 2);
    has("x", false, "id");
    has("x", false, "e");
    has("x", false, "n`m");
    chooses(&place, NULL);
    make_place(&place, both_key, 2);
    has("x", false, "e");
    has("x", false, "id");
    has("x", false, "n`m");
    chooses(&place, NULL);
    make_place(&place, both_key, 2);
    has("u", true, "id");
    has("u", true, "e");
    chooses(&place, NULL);
}

static void test_indexes_that_do_not_serve(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, id_key, 1);
    has_column("f", "1", "id", "FULLTEXT", "YES");
    has_column("h", "1", "id", "HASH", "YES");
    has_column("i", "0", "id", "BTREE", "NO");  /* invisible */
    has_column("e", "1", NULL, "BTREE", "YES"); /* an expression */
    chooses(&place, NULL);
    make_place(&place, id_key, 1);
    names = mariadb_fields;
    has_column("i", "0", "id", "BTREE", "YES"); /* ignored */
    has_column("x", "1", "id", "BTREE", "NO");
    chooses(&place, "x");
    make_place(&place, id_key, 1);
    refuses = true;
    assert_int_equal(mydrv_match_choose(&place.load, &place.error), FERRY_ERR_TARGET_IO);
    refuses = false;
    leave(&place);
}

/* ---- The join ---- */

#define SAME_ID "dbferry_rows.`id` = dbferry_changes.`id`"
#define SAME_NAME                                                                                  \
    "dbferry_rows.`n``m` = dbferry_changes.`n``m` AND CAST(dbferry_rows.`n``m` AS BINARY) = "      \
    "CAST(dbferry_changes.`n``m` AS BINARY)"

static void test_the_join(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, both_key, 2);
    place.changes.index = strdup("x`y");
    mydrv_match_write(&place.load, &place.sql);
    assert_string_equal(place.sql.data,
                        "`s` AS dbferry_changes STRAIGHT_JOIN `t``t` AS dbferry_rows FORCE INDEX "
                        "(`x``y`) ON " SAME_NAME " AND " SAME_ID);
    leave(&place);
    make_place(&place, id_key, 1);
    mydrv_match_write_touched(&place.load, &place.sql);
    assert_string_equal(place.sql.data,
                        "`t``t` AS dbferry_rows STRAIGHT_JOIN `s` AS dbferry_changes FORCE INDEX "
                        "(`dbferry_key`) ON " SAME_ID " WHERE dbferry_changes.`op` <> 3");
    leave(&place);
}

static void test_what_is_the_same(void **state)
{
    (void)state;
    static const struct {
        size_t column;
        const char *text;
    } cases[] = {
        {0, "dbferry_rows.`id` <=> dbferry_changes.`id`"},
        {1, "CAST(dbferry_rows.`n``m` AS BINARY) <=> CAST(dbferry_changes.`n``m` AS BINARY)"},
        {2, "CAST(dbferry_rows.`e` AS BINARY) <=> CAST(dbferry_changes.`e` AS BINARY)"},
        {3, "CAST(CAST(dbferry_rows.`j` AS CHAR) AS BINARY) <=> CAST(CAST(dbferry_changes.`j` AS "
            "CHAR) AS BINARY)"},
        {4, "HEX(dbferry_rows.`g`) <=> HEX(dbferry_changes.`g`)"},
        {5, "CAST(dbferry_rows.`v` AS BINARY) <=> CAST(dbferry_changes.`v` AS BINARY)"},
        {6, "dbferry_rows.`b` <=> dbferry_changes.`b`"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place;
        make_place(&place, id_key, 1);
        mydrv_match_write_same(&place.load, cases[i].column, &place.sql);
        assert_string_equal(place.sql.data, cases[i].text);
        assert_int_equal(mydrv_match_is_key(&place.load, cases[i].column), i == 0);
        leave(&place);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_index),
        cmocka_unit_test(test_an_index_of_two),
        cmocka_unit_test(test_indexes_that_do_not_serve),
        cmocka_unit_test(test_the_join),
        cmocka_unit_test(test_what_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
