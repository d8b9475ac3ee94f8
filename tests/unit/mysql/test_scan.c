/* Tests of the mysql driver's scan.c, order.c and query.c: what a scan becomes in a statement. */

#include "unit.h"

#include "../../../plugins/mysql/read/query.c"
#include "../../../plugins/mysql/read/scan.c"
#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/order.c"
#include "../../../plugins/parts/text.c"

#include "driver/schema.h"

/* ---- The server ---- */

static char asked[1000]; /* the last statement */
static bool refuses;

int STDCALL mysql_real_query(MYSQL *mysql, const char *sql, unsigned long length)
{
    (void)mysql;
    assert_true(length < sizeof asked);
    memcpy(asked, sql, length);
    asked[length] = '\0';
    return refuses;
}

ferry_status mydrv_fail_conn(struct mydrv_conn *conn, enum mydrv_phase phase, const char *doing,
                             struct ferry_error *err)
{
    (void)conn;
    assert_int_equal(phase, MYDRV_DESCRIBING);
    return ferry_fail(err, FERRY_ERR_CONFIG, "cannot %s", doing);
}

static MYSQL native;
static struct mydrv_conn conn = {.native = &native, .label = (char *)"l"};

/* ---- The end of a query ---- */

/* So many letters of the text are left. */
static void leaves(const char *text, size_t length)
{
    size_t found = mydrv_query_length(&conn, text);
    if (found != length)
        fail_msg("of '%s' %zu letters are left, not %zu", text, found, length);
}

static void test_the_end_of_a_query(void **state)
{
    (void)state;
    leaves("SELECT 1", 8);
    leaves("SELECT 1;", 8);
    leaves("SELECT 1 ; ;\n", 8);
    leaves("SELECT 1 -- all\n", 8);
    leaves("SELECT 1 --", 8);
    leaves("SELECT 1 # all", 8);
    leaves("SELECT 1 /* a; */ ; -- b", 8);
    leaves("SELECT 1 # a\n + 1", 17);
    leaves("SELECT 1--1", 11); /* minus minus one */
    leaves("SELECT ';'", 10);
    leaves("SELECT '--' ;", 11);
    leaves("SELECT ' '' -- '", 16);
    leaves("SELECT \"a # b\"", 14);
    leaves("SELECT `a;b`;", 12);
    leaves("SELECT `a\\`;", 11); /* no escape in a name */
    leaves("SELECT 1 /*! + 1 */", 19);
    leaves("SELECT 1 /*M! + 1 */ ;", 20);
    leaves("SELECT 1 /* open", 16); /* the server says what is wrong */
    leaves("SELECT 1 /*", 11);
    leaves("SELECT 'open ;", 14);
    leaves("", 0);
    leaves(" ;", 0);
}

static void test_backslashes_of_a_query(void **state)
{
    (void)state;
    leaves("SELECT '\\' ; -- '", 17);
    native.server_status = SERVER_STATUS_NO_BACKSLASH_ESCAPES;
    leaves("SELECT '\\' ; -- '", 10);
    native.server_status = 0;
}

/* ---- Orders ---- */

static const struct ferry_column columns[] = {
    {.name = "i", .native = "bigint", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "u",
     .native = "bigint unsigned",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_UNSIGNED},
    {.name = "d", .native = "decimal(5,2)", .type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2},
    {.name = "day", .native = "date", .type = FERRY_TYPE_DATE},
    {.name = "t", .native = "timestamp(3)", .type = FERRY_TYPE_DATETIME, .scale = 3},
    {.name = "a`b",
     .native = "varchar(2000)",
     .type = FERRY_TYPE_TEXT,
     .length = 2000,
     .charset = "utf8mb4",
     .collation = "utf8mb4_bin"},
    {.name = "l",
     .native = "varchar(9)",
     .type = FERRY_TYPE_TEXT,
     .length = 9,
     .charset = "latin1",
     .collation = "latin1_swedish_ci"},
    {.name = "v", .native = "varbinary(3000)", .type = FERRY_TYPE_BYTES, .length = 3000},
    {.name = "b", .native = "bit(9)", .type = FERRY_TYPE_BIT, .bits = 9},
    {.name = "f", .native = "double", .type = FERRY_TYPE_FLOAT, .bits = 64},
};
enum { I, U, D, DAY, T, AB, L, V, B, F };

static void test_flags(void **state)
{
    (void)state;
    static const uint32_t sorted = FERRY_COLUMN_ORDERED;
    static const uint32_t indexed = FERRY_COLUMN_ORDERED | FERRY_COLUMN_INDEX_ORDERED;
    static const uint32_t expected[] = {indexed, indexed, indexed, indexed, indexed,
                                        sorted,  sorted,  indexed, indexed, 0};
    conn.utc = true;
    for (size_t i = 0; i < COUNT(columns); i++)
        assert_int_equal(mydrv_order_flags(&conn, &columns[i]), expected[i]);
    struct ferry_column text = columns[AB];
    text.collation = "utf8mb4_0900_bin";
    assert_int_equal(mydrv_order_flags(&conn, &text), indexed);
    text.flags = FERRY_COLUMN_FIXED;
    assert_int_equal(mydrv_order_flags(&conn, &text), sorted);
    text = columns[AB];
    text.collation = "utf8mb4_nopad_bin"; /* a sort by it does not see a NUL at the end */
    assert_int_equal(mydrv_order_flags(&conn, &text), sorted);
    text.collation = NULL;
    assert_int_equal(mydrv_order_flags(&conn, &text), sorted);
}

static void test_local_times(void **state)
{
    (void)state;
    static const struct {
        bool utc;
        const char *zone;
        bool fixed;
    } zones[] = {{true, "UTC", true},      {false, "+05:30", true},         {false, "-01:00", true},
                 {false, "SYSTEM", false}, {false, "Europe/Berlin", false}, {false, NULL, false}};
    struct ferry_column plain = columns[T];
    plain.native = "datetime(3)";
    for (size_t i = 0; i < COUNT(zones); i++) {
        conn.utc = zones[i].utc;
        conn.time_zone = (char *)zones[i].zone;
        assert_int_equal(mydrv_order_has_fixed_zone(&conn), zones[i].fixed);
        assert_int_equal(mydrv_order_flags(&conn, &columns[T]) != 0, zones[i].fixed);
        assert_true(mydrv_order_flags(&conn, &plain) != 0);
    }
}

static void test_orders(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, flags;
        const char *charset;
        enum mydrv_order order;
    } cases[] = {
        {FERRY_TYPE_BOOL, 0, NULL, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_YEAR, 0, NULL, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_BYTES, FERRY_COLUMN_RAW, NULL, MYDRV_ORDER_BYTES},
        {FERRY_TYPE_TEXT, FERRY_COLUMN_RAW, "sjis", MYDRV_ORDER_BYTES},
        {FERRY_TYPE_TEXT, 0, "sjis", MYDRV_ORDER_TEXT},
        {FERRY_TYPE_TEXT, 0, "ascii", MYDRV_ORDER_BYTES},
        {FERRY_TYPE_TEXT, 0, "utf8mb3", MYDRV_ORDER_BYTES},
        {FERRY_TYPE_TEXT, 0, "utf16", MYDRV_ORDER_TEXT},
        {FERRY_TYPE_TEXT, 0, NULL, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_ENUM, 0, "utf8mb4", MYDRV_ORDER_BYTES},
        {FERRY_TYPE_SET, 0, "latin1", MYDRV_ORDER_TEXT},
        {FERRY_TYPE_UUID, 0, NULL, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_INET4, 0, NULL, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_INET6, 0, NULL, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_TIME, 0, NULL, MYDRV_ORDER_NONE},
        {FERRY_TYPE_JSON, 0, "utf8mb4", MYDRV_ORDER_NONE},
        {FERRY_TYPE_GEOMETRY, 0, NULL, MYDRV_ORDER_NONE},
        {FERRY_TYPE_VECTOR, 0, NULL, MYDRV_ORDER_NONE},
        {FERRY_TYPE_ANY, 0, NULL, MYDRV_ORDER_NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {
            .type = cases[i].type, .flags = cases[i].flags, .charset = cases[i].charset};
        assert_int_equal(mydrv_order_of(&column), cases[i].order);
    }
}

static void test_orders_of_what_is_stored(void **state)
{
    (void)state;
    static const struct {
        uint32_t source, flags;
        enum mydrv_kind kind;
        enum mydrv_order order;
    } cases[] = {
        {FERRY_TYPE_INT, 0, MYDRV_KIND_INT, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_INT, 0, MYDRV_KIND_TEXT, MYDRV_ORDER_NONE},
        {FERRY_TYPE_INT, 0, MYDRV_KIND_DOUBLE, MYDRV_ORDER_NONE},
        {FERRY_TYPE_BOOL, 0, MYDRV_KIND_BIT, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_BIT, 0, MYDRV_KIND_BIT, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_YEAR, 0, MYDRV_KIND_YEAR, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_DECIMAL, 0, MYDRV_KIND_DECIMAL, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_DECIMAL, 0, MYDRV_KIND_TEXT, MYDRV_ORDER_NONE},
        {FERRY_TYPE_DECIMAL, 0, MYDRV_KIND_DOUBLE, MYDRV_ORDER_NONE},
        {FERRY_TYPE_DATE, 0, MYDRV_KIND_DATE, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_DATE, 0, MYDRV_KIND_TEXT, MYDRV_ORDER_NONE},
        {FERRY_TYPE_DATETIME, 0, MYDRV_KIND_DATETIME, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_DATETIME, 0, MYDRV_KIND_TIMESTAMP, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_DATETIME, 0, MYDRV_KIND_TEXT, MYDRV_ORDER_NONE},
        {FERRY_TYPE_BYTES, 0, MYDRV_KIND_BYTES, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_BYTES, 0, MYDRV_KIND_BINARY, MYDRV_ORDER_ITSELF},
        {FERRY_TYPE_BYTES, 0, MYDRV_KIND_TEXT, MYDRV_ORDER_NONE},
        {FERRY_TYPE_TEXT, 0, MYDRV_KIND_TEXT, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_TEXT, 0, MYDRV_KIND_CHAR, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_TEXT, FERRY_COLUMN_RAW, MYDRV_KIND_TEXT, MYDRV_ORDER_BYTES},
        {FERRY_TYPE_TEXT, 0, MYDRV_KIND_JSON, MYDRV_ORDER_NONE},
        {FERRY_TYPE_ENUM, 0, MYDRV_KIND_ENUM, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_SET, 0, MYDRV_KIND_SET, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_UUID, 0, MYDRV_KIND_UUID, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_UUID, 0, MYDRV_KIND_CHAR, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_INET4, 0, MYDRV_KIND_INET4, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_INET6, 0, MYDRV_KIND_INET6, MYDRV_ORDER_TEXT},
        {FERRY_TYPE_FLOAT, 0, MYDRV_KIND_DOUBLE, MYDRV_ORDER_NONE},
        {FERRY_TYPE_TIME, 0, MYDRV_KIND_TIME, MYDRV_ORDER_NONE},
        {FERRY_TYPE_JSON, 0, MYDRV_KIND_JSON, MYDRV_ORDER_NONE},
        {FERRY_TYPE_ANY, 0, MYDRV_KIND_BINARY, MYDRV_ORDER_NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column source = {.type = cases[i].source, .flags = cases[i].flags};
        const struct mydrv_type type = {.kind = cases[i].kind};
        assert_int_equal(mydrv_order_stored(&type, &source), cases[i].order);
    }
}

/* ---- Statements ---- */

struct place {
    struct ferry_schema schema;
    enum mydrv_order orders[COUNT(columns)];
    struct ferry_scan scan;
    struct ferry_bound bound;
    const struct ferry_bound *bounds[1];
    struct part_text sql;
    struct ferry_error error;
};

static void make_place(struct place *place)
{
    memset(place, 0, sizeof *place);
    for (size_t i = 0; i < COUNT(columns); i++) {
        (void)ferry_schema_add(&place->schema, &columns[i], sizeof columns[i], &place->error);
        place->orders[i] = mydrv_order_of(&columns[i]);
    }
    assert_no_error(&place->error);
    place->bounds[0] = &place->bound;
}

static void leave(struct place *place)
{
    part_text_clear(&place->sql);
    ferry_schema_done(&place->schema);
    ferry_error_clear(&place->error);
}

static ferry_status write_scan(struct place *place)
{
    return mydrv_scan_write(&conn, &place->scan, &place->schema, place->orders, &place->sql,
                            &place->error);
}

/* A bound of this kind becomes this text. */
static void bound_is(size_t column, uint32_t kind, struct ferry_cell cell, uint32_t or_null,
                     const char *expected)
{
    struct place place;
    make_place(&place);
    place.bound =
        (struct ferry_bound){.column = column, .kind = kind, .cell = &cell, .or_null = or_null};
    place.scan = (struct ferry_scan){.bounds = place.bounds, .bound_count = 1};
    ferry_status status = write_scan(&place);
    if (expected == NULL) {
        assert_int_equal(status, FERRY_ERR_INTERNAL);
        assert_error(&place.error, FERRY_ERR_INTERNAL, "cannot be held against such a bound");
    } else {
        assert_no_error(&place.error);
        assert_string_equal(place.sql.data, expected);
    }
    leave(&place);
}

#define TEXT(value)                                                                                \
    (struct ferry_cell)                                                                            \
    {                                                                                              \
        .v.p = (value), .len = sizeof(value) - 1                                                   \
    }

static void test_bounds(void **state)
{
    (void)state;
    const struct ferry_cell least = {.v.i = INT64_MIN};
    const struct ferry_cell most = {.v.u = UINT64_MAX};
    bound_is(I, FERRY_BOUND_AT_LEAST, least, 0,
             " WHERE (dbferry_rows.`i` >= -9223372036854775808)");
    bound_is(U, FERRY_BOUND_BELOW, most, 0, " WHERE (dbferry_rows.`u` < 18446744073709551615)");
    bound_is(U, FERRY_BOUND_AT_MOST, most, 1,
             " WHERE (dbferry_rows.`u` <= 18446744073709551615 OR dbferry_rows.`u` IS NULL)");
    bound_is(D, FERRY_BOUND_ABOVE, TEXT("-1.50"), 0, " WHERE (dbferry_rows.`d` > -1.50)");
    bound_is(DAY, FERRY_BOUND_ABOVE, TEXT("0000-00-00"), 0,
             " WHERE (dbferry_rows.`day` > DATE'0000-00-00')");
    bound_is(T, FERRY_BOUND_AT_LEAST, TEXT("2026-10-25 01:59:59.999"), 0,
             " WHERE (dbferry_rows.`t` >= TIMESTAMP'2026-10-25 01:59:59.999')");
}

static void test_bounds_that_are_none(void **state)
{
    (void)state;
    bound_is(AB, FERRY_BOUND_ABOVE, TEXT("a"), 0, NULL);
    bound_is(D, FERRY_BOUND_ABOVE, TEXT("1 OR 1"), 0, NULL);
    bound_is(D, FERRY_BOUND_ABOVE, TEXT(""), 0, NULL);
    bound_is(DAY, FERRY_BOUND_ABOVE, TEXT("2026-01-01'"), 0, NULL);
    bound_is(T, FERRY_BOUND_ABOVE, TEXT("2026-01-01\0"), 0, NULL);
    bound_is(I, 0, TEXT(""), 0, NULL);
    bound_is(I, FERRY_BOUND_BELOW + 1, TEXT(""), 0, NULL);
}

static void test_order_and_bounds(void **state)
{
    (void)state;
    static const size_t order[] = {AB, L, B, U, V};
    const struct ferry_cell one = {.v.i = 1};
    const struct ferry_bound below = {.column = I, .cell = &one, .kind = FERRY_BOUND_BELOW};
    const struct ferry_bound above = {.column = U, .cell = &one, .kind = FERRY_BOUND_ABOVE};
    const struct ferry_bound *const bounds[] = {&below, &above};
    struct place place;
    make_place(&place);
    place.orders[B] = MYDRV_ORDER_NUMBER;
    place.scan = (struct ferry_scan){.order = order,
                                     .order_count = COUNT(order),
                                     .bounds = bounds,
                                     .bound_count = COUNT(bounds)};
    assert_int_equal(write_scan(&place), FERRY_OK);
    assert_string_equal(place.sql.data,
                        " WHERE (dbferry_rows.`i` < 1) AND (dbferry_rows.`u` > 1)"
                        " ORDER BY CAST(dbferry_rows.`a``b` AS BINARY),"
                        " CAST(CONVERT(dbferry_rows.`l` USING utf8mb4) AS BINARY),"
                        " CAST(dbferry_rows.`b` AS UNSIGNED), dbferry_rows.`u`, dbferry_rows.`v`");
    leave(&place);
}

static void test_no_order(void **state)
{
    (void)state;
    static const size_t order[] = {F};
    struct place place;
    make_place(&place);
    place.scan = (struct ferry_scan){.order = order, .order_count = 1};
    assert_int_equal(write_scan(&place), FERRY_ERR_INTERNAL);
    assert_error(&place.error, FERRY_ERR_INTERNAL, "column 'f' cannot be put in order");
    leave(&place);
}

static void test_parts_of_a_scan(void **state)
{
    (void)state;
    static const size_t columns_read[] = {3, 1};
    struct ferry_scan scan = {0};
    assert_true(mydrv_scan_is_plain(NULL));
    assert_true(mydrv_scan_is_plain(&scan));
    assert_int_equal(mydrv_scan_width(&scan, 5), 5);
    assert_int_equal(mydrv_scan_column(&scan, 4), 4);
    scan.bound_count = 1;
    assert_false(mydrv_scan_is_plain(&scan));
    scan = (struct ferry_scan){.order_count = 1};
    assert_false(mydrv_scan_is_plain(&scan));
    scan = (struct ferry_scan){.columns = columns_read, .column_count = 2};
    assert_false(mydrv_scan_is_plain(&scan));
    assert_int_equal(mydrv_scan_width(&scan, 5), 2);
    assert_int_equal(mydrv_scan_column(&scan, 0), 3);
    assert_int_equal(mydrv_scan_column(NULL, 7), 7);
}

/* ---- Room for a sort ---- */

/* A scan in order of these columns asks the session for this. */
static void room_is(size_t first, size_t second, const char *expected)
{
    const size_t order[] = {first, second};
    struct place place;
    make_place(&place);
    asked[0] = '\0';
    place.scan = (struct ferry_scan){.order = order, .order_count = first == second ? 1 : 2};
    assert_int_equal(mydrv_scan_make_room(&conn, &place.scan, &place.schema, &place.error),
                     FERRY_OK);
    assert_string_equal(asked, expected);
    leave(&place);
}

static void test_room_for_a_sort(void **state)
{
    (void)state;
    room_is(I, I, "");
    room_is(L, L, "");
    room_is(AB, AB,
            "SET SESSION max_sort_length = CAST(GREATEST(@@SESSION.max_sort_length, 8008) AS "
            "UNSIGNED), sort_buffer_size = CAST(GREATEST(@@SESSION.sort_buffer_size, 516096) AS "
            "UNSIGNED)"); /* (8000 + 64) * 64 */
    room_is(V, AB,
            "SET SESSION max_sort_length = CAST(GREATEST(@@SESSION.max_sort_length, 8008) AS "
            "UNSIGNED), sort_buffer_size = CAST(GREATEST(@@SESSION.sort_buffer_size, 708096) AS "
            "UNSIGNED)"); /* (3000 + 8000 + 64) * 64 */
    struct place place;
    static const size_t order[] = {V};
    make_place(&place);
    place.scan = (struct ferry_scan){.order = order, .order_count = 1};
    refuses = true;
    assert_int_equal(mydrv_scan_make_room(&conn, &place.scan, &place.schema, &place.error),
                     FERRY_ERR_CONFIG);
    refuses = false;
    assert_error(&place.error, FERRY_ERR_CONFIG, "make room for long keys");
    leave(&place);
}

/* Of a text of this length, a server of this version is given room for so many bytes of a key, and
 * of memory; 0: nothing is asked for. */
static void long_text_gets(bool mariadb, unsigned long version, uint64_t length, uint64_t key,
                           uint64_t memory)
{
    static const size_t order[] = {0};
    struct mydrv_conn server = {.native = &native, .mariadb = mariadb, .version = version};
    struct ferry_column column = columns[AB];
    struct place place;
    char expected[400] = "";
    memset(&place, 0, sizeof place);
    column.length = length;
    (void)ferry_schema_add(&place.schema, &column, sizeof column, &place.error);
    place.scan = (struct ferry_scan){.order = order, .order_count = 1};
    asked[0] = '\0';
    if (key > 0)
        (void)snprintf(expected, sizeof expected,
                       "SET SESSION max_sort_length = CAST(GREATEST(@@SESSION.max_sort_length, "
                       "%llu) AS UNSIGNED), sort_buffer_size = "
                       "CAST(GREATEST(@@SESSION.sort_buffer_size, %llu) AS UNSIGNED)",
                       (unsigned long long)key, (unsigned long long)memory);
    assert_int_equal(mydrv_scan_make_room(&server, &place.scan, &place.schema, &place.error),
                     FERRY_OK);
    assert_string_equal(asked, expected);
    leave(&place);
}

/* Servers that fill each key up to its limit would write that for each row. */
static void test_room_for_long_texts(void **state)
{
    (void)state;
    long_text_gets(true, 100502, 0, 65544, 33554432);
    long_text_gets(false, 80000, 4294967295, 65544, 33554432);
    long_text_gets(true, 100502, 65536, 65544, 33554432);
    long_text_gets(false, 90100, 16384, 65544, 33554432);
    long_text_gets(false, 90100, 16383, 65540, 4198144); /* (65532 + 64) * 64 */
    long_text_gets(true, 100501, 0, 0, 0);
    long_text_gets(false, 50744, 4097, 0, 0);
    long_text_gets(false, 50744, 4096, 16392, 1052672); /* (16384 + 64) * 64 */
    long_text_gets(true, 101119, 256, 0, 0);
    long_text_gets(true, 101119, 257, 1036, 69888); /* (1028 + 64) * 64 */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_end_of_a_query),
        cmocka_unit_test(test_backslashes_of_a_query),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_local_times),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_orders_of_what_is_stored),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bounds_that_are_none),
        cmocka_unit_test(test_order_and_bounds),
        cmocka_unit_test(test_no_order),
        cmocka_unit_test(test_parts_of_a_scan),
        cmocka_unit_test(test_room_for_a_sort),
        cmocka_unit_test(test_room_for_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
