/* Tests of the mysql driver's read.c: a cursor from its beginning to its end, whatever the client
 * library says. */

#include "unit.h"

#include "cursor.h"

static const struct mydrv_column column = {
    .name = (char *)"a",
    .native = (char *)"int",
    .codec = MYDRV_CODEC_INT32,
    .column = {.name = "a", .native = "int", .type = FERRY_TYPE_INT, .bits = 32}};

/* ---- Its beginning ---- */

static ferry_status begin_scan(struct place *place, uint32_t kind, const struct ferry_scan *scan,
                               void **ret_cursor)
{
    const struct ferry_read read = {.kind = kind, .on_warning = 3};
    return mydrv_read_begin(&place->conn, &read, &place->schema, scan, ret_cursor, &place->error);
}

static ferry_status begin(struct place *place, void **ret_cursor)
{
    const struct ferry_read read = {.on_warning = 3};
    return mydrv_read_begin(&place->conn, &read, &place->schema, NULL, ret_cursor, &place->error);
}

static void test_begin(void **state)
{
    (void)state;
    struct place place;
    void *made = NULL;
    make_place(&place, &column, 1);
    assert_int_equal(begin(&place, &made), FERRY_OK);
    assert_no_error(&place.error);
    assert_string_equal(world.steps,
                        "[open][user data][callback][execute][describe][free metadata]");
    struct mydrv_cursor *cursor = made;
    assert_ptr_equal(cursor->conn, &place.conn);
    assert_int_equal(cursor->on_warning, 3);
    assert_int_equal(cursor->column_count, 1);
    assert_true(cursor->executed);
    assert_false(cursor->ended);
    assert_ptr_equal(world.user_data, cursor);
    assert_ptr_equal(world.callback, (const void *)(uintptr_t)mydrv_decode_cell);
    assert_int_equal(world.open, 0);
    cursor->ended = true;
    mydrv_read_end(cursor);
    assert_false(place.conn.broken);
    leave_place(&place);
}

/* A scan that asks for no more than all rows leaves the statement as it is. */
static void test_scans(void **state)
{
    (void)state;
    static const size_t order[] = {0};
    static const struct ferry_scan plain = {0};
    static const struct ferry_scan ordered = {.order = order, .order_count = 1};
    static const struct {
        uint32_t kind;
        const struct ferry_scan *scan;
        const char *steps;
        bool derived;
    } cases[] = {
        {FERRY_READ_VIEW, &plain, "[open][user data]", false},
        {FERRY_READ_QUERY, &plain, "[open][user data]", false},
        {FERRY_READ_QUERY, NULL, "[open][user data]", false},
        {FERRY_READ_VIEW, &ordered, "[open][scan][user data]", false},
        {FERRY_READ_QUERY, &ordered, "[open][scan][user data]", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place;
        void *made = NULL;
        make_place(&place, &column, 1);
        assert_int_equal(begin_scan(&place, cases[i].kind, cases[i].scan, &made), FERRY_OK);
        assert_no_error(&place.error);
        assert_int_equal(strncmp(world.steps, cases[i].steps, strlen(cases[i].steps)), 0);
        struct mydrv_cursor *cursor = made;
        assert_ptr_equal(cursor->scan, cases[i].scan);
        assert_int_equal(cursor->derived, cases[i].derived);
        cursor->ended = true;
        mydrv_read_end(cursor);
        leave_place(&place);
    }
    struct place place;
    void *made = NULL;
    make_place(&place, &column, 1);
    world.fails = "scan";
    assert_int_equal(begin_scan(&place, FERRY_READ_VIEW, &ordered, &made), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY, "scan has failed");
    assert_string_equal(world.steps, "[open][scan][close]");
    leave_place(&place);

    make_place(&place, &column, 1); /* it would ask for a column that is not there */
    opened.column_count = 2;
    assert_int_equal(begin_scan(&place, FERRY_READ_VIEW, &ordered, &made), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY,
                 "l: view 'v' now has 2 columns and had 1 a moment ago; run again");
    assert_string_equal(world.steps, "[open][close]");
    assert_null(made);
    leave_place(&place);
}

/* Whatever fails, nothing is left; rows that are on their way are cut off. */
static void test_a_beginning_that_fails(void **state)
{
    (void)state;
    static const char old[] = "the MySQL client library is too old to hand out rows";
    static const struct {
        const char *fails, *steps;
        ferry_status status;
        const char *message;
        bool broken;
    } cases[] = {
        {"open", "[open][close]", FERRY_ERR_BUSY, "open has failed", false},
        {"greek", "[open][greek][close]", FERRY_ERR_BUSY, "greek has failed", false},
        {"user data", "[open][greek][user data][close]", FERRY_ERR_CONFIG, old, false},
        {"callback", "[open][greek][user data][callback][close]", FERRY_ERR_CONFIG, old, false},
        {"execute", "[open][greek][user data][callback][execute][close]", FERRY_ERR_STREAM,
         "cannot read view 'v'", false},
        {"describe",
         "[open][greek][user data][callback][execute][describe][free metadata][cut off][close]",
         FERRY_ERR_BUSY, "describe has failed", true},
    };
    struct mydrv_column text = {.name = (char *)"a",
                                .set = &greek,
                                .codec = MYDRV_CODEC_STRING,
                                .column = {.name = "a", .native = "", .type = FERRY_TYPE_TEXT}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place;
        void *made = NULL;
        make_place(&place, &text, 1);
        world.fails = cases[i].fails;
        assert_int_equal(begin(&place, &made), cases[i].status);
        assert_error(&place.error, cases[i].status, cases[i].message);
        assert_string_equal(world.steps, cases[i].steps);
        assert_null(made);
        assert_int_equal(place.conn.broken, cases[i].broken);
        leave_place(&place);
    }
}

/* A table that was there before the rows is not any more. */
static void test_codes_that_are_gone(void **state)
{
    (void)state;
    struct place place;
    struct mydrv_column text = {.name = (char *)"a",
                                .set = &hebrew,
                                .codec = MYDRV_CODEC_STRING,
                                .column = {.name = "a", .native = "", .type = FERRY_TYPE_TEXT}};
    void *made = NULL;
    make_place(&place, &text, 1);
    place.planned[0].set = &latin; /* so nothing was asked for before */
    assert_int_equal(begin(&place, &made), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY, "the character set of column 'a' of view 'v'");
    assert_true(place.conn.broken);
    leave_place(&place);
}

static void test_a_beginning_without_memory(void **state)
{
    (void)state;
    for (int granted = 0; granted <= 2; granted++) { /* the cursor, a text, the formats */
        struct place place;
        void *made = NULL;
        make_place(&place, &column, 1);
        world.left = granted;
        assert_int_equal(begin(&place, &made), FERRY_ERR_SYSTEM);
        assert_error(&place.error, FERRY_ERR_SYSTEM, "out of memory");
        assert_null(made);
        assert_string_equal(
            world.steps,
            granted == 0   ? ""
            : granted == 1 ? "[open][close]"
                           : "[open][user data][callback][execute][free metadata][cut off][close]");
        leave_place(&place);
    }
    struct place place;
    void *made = NULL;
    make_place(&place, &column, 1);
    world.no_metadata = true;
    assert_int_equal(begin(&place, &made), FERRY_ERR_SYSTEM);
    assert_string_equal(world.steps, "[open][user data][callback][execute][cut off][close]");
    leave_place(&place);
}

/* ---- Its rows ---- */

static ferry_status read_rows(struct place *place, size_t room, size_t *ret_rows)
{
    const struct ferry_batch_limits limits = {.rows = room, .bytes = 1 << 20};
    struct ferry_batch *batch = ferry_batch_new(&place->schema, &limits);
    world.steps[0] = '\0';
    place->cursor.failed = FERRY_ERR_DATA; /* of the batch before */
    ferry_status status = mydrv_read_batch(&place->cursor, batch, &place->error);
    assert_int_equal(place->error.status, status);
    *ret_rows = ferry_batch_count(batch);
    ferry_batch_free(batch);
    return status;
}

static void test_rows(void **state)
{
    (void)state;
    struct place place;
    size_t rows = 99;
    make_place(&place, &column, 1);
    place.cursor.executed = true;
    world.rows = 5;
    assert_int_equal(read_rows(&place, 3, &rows), FERRY_OK);
    assert_int_equal(rows, 3);
    assert_string_equal(world.steps, "[connection][end of row][end of row][end of row]");
    assert_int_equal(place.cursor.rows, 3);
    assert_ptr_equal(place.cursor.err, &place.error);
    assert_false(place.cursor.ended);
    assert_int_equal(read_rows(&place, 3, &rows), FERRY_OK);
    assert_int_equal(rows, 2);
    assert_string_equal(world.steps, "[connection][end of row][end of row][warnings]");
    assert_int_equal(place.cursor.rows, 5);
    assert_true(place.cursor.ended);
    assert_int_equal(read_rows(&place, 3, &rows), FERRY_OK); /* nothing is asked any more */
    assert_int_equal(rows, 0);
    assert_string_equal(world.steps, "");
    leave_place(&place);
}

/* What a row failed with, and what the library says instead of one. */
static void test_rows_that_fail(void **state)
{
    (void)state;
    static const struct {
        int last;
        ferry_status bad_row;
        unsigned stmt_error, conn_error;
        bool cancelled;
        ferry_status warnings, status;
        const char *message;
        bool ended;
    } cases[] = {
        {0, FERRY_ERR_DATA, 0, 0, false, FERRY_OK, FERRY_ERR_DATA, NULL, false},
        {1, FERRY_ERR_DATA, 2013, 0, false, FERRY_OK, FERRY_ERR_DATA, NULL, false},
        {1, FERRY_OK, 2013, 0, false, FERRY_OK, FERRY_ERR_STREAM,
         "cannot read on after 2 rows of view 'v'", false},
        {1, FERRY_OK, 0, 2013, false, FERRY_OK, FERRY_ERR_STREAM,
         "cannot read on after 2 rows of view 'v'", false},
        {1, FERRY_OK, 0, 0, true, FERRY_OK, FERRY_ERR_STREAM,
         "cannot read on after 2 rows of view 'v'", false},
        {1, FERRY_OK, 0, 0, false, FERRY_OK, FERRY_ERR_STREAM,
         "l: cannot read on after 2 rows of view 'v': the client library gives no reason; run "
         "again",
         false},
        {MYSQL_NO_DATA, FERRY_OK, 0, 0, false, FERRY_OK, FERRY_OK, NULL, true},
        {MYSQL_NO_DATA, FERRY_OK, 2013, 0, false, FERRY_OK, FERRY_ERR_STREAM,
         "cannot read on after 2 rows of view 'v'", false},
        {MYSQL_NO_DATA, FERRY_OK, 0, 2013, false, FERRY_OK, FERRY_ERR_STREAM,
         "cannot read on after 2 rows of view 'v'", false},
        {MYSQL_NO_DATA, FERRY_OK, 0, 0, true, FERRY_OK, FERRY_ERR_STREAM,
         "cannot read on after 2 rows of view 'v'", false},
        /* the end it is, but of rows that the server warns of */
        {MYSQL_NO_DATA, FERRY_OK, 0, 0, false, FERRY_ERR_DATA, FERRY_ERR_DATA, "it warns", true},
        {MYSQL_NO_DATA, FERRY_OK, 0, 0, false, FERRY_ERR_STREAM, FERRY_ERR_STREAM, "it warns",
         false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place;
        size_t rows = 0;
        make_place(&place, &column, 1);
        world.rows = 2;
        world.last = cases[i].last;
        world.bad_row = cases[i].bad_row;
        world.stmt_error = cases[i].stmt_error;
        world.conn_error = cases[i].conn_error;
        world.warnings = cases[i].warnings;
        atomic_store(&place.conn.cancelled, cases[i].cancelled);
        if (cases[i].bad_row != FERRY_OK) /* the decoder has said why */
            ferry_fail(&place.error, cases[i].bad_row, "a bad value");
        assert_int_equal(read_rows(&place, 9, &rows), cases[i].status);
        assert_int_equal(rows, 2);
        if (cases[i].message != NULL)
            assert_string_equal(place.error.message, cases[i].message);
        assert_int_equal(place.cursor.ended, cases[i].ended);
        assert_int_equal(place.cursor.rows, 2);
        leave_place(&place);
    }
}

static void test_other_failures_of_rows(void **state)
{
    (void)state;
    struct place place;
    size_t rows = 0;
    make_place(&place, &column, 1);
    world.rows = 2;
    world.fails = "connection";
    assert_int_equal(read_rows(&place, 9, &rows), FERRY_ERR_BUSY);
    assert_int_equal(rows, 0);
    leave_place(&place);
    make_place(&place, &column, 1);
    world.rows = 2;
    world.fails = "end of row";
    assert_int_equal(read_rows(&place, 9, &rows), FERRY_ERR_BUSY);
    assert_int_equal(place.cursor.rows, 0);
    assert_int_equal(world.rows, 1);
    leave_place(&place);
    make_place(&place, &column, 1);
    world.last = 1;
    world.left = 0;
    assert_int_equal(read_rows(&place, 9, &rows), FERRY_ERR_SYSTEM);
    assert_error(&place.error, FERRY_ERR_SYSTEM, "out of memory");
    leave_place(&place);
}

/* ---- Its end ---- */

/* A connection with rows on their way is cut off before the statement is closed. */
static void test_end(void **state)
{
    (void)state;
    for (int bits = 0; bits < 4; bits++) {
        struct place place;
        make_place(&place, &column, 1);
        struct mydrv_cursor *cursor = try_calloc(1, sizeof *cursor);
        *cursor = place.cursor;
        cursor->executed = (bits & 1) != 0;
        cursor->ended = (bits & 2) != 0;
        cursor->room = try_calloc(1, 9);
        cursor->formats = try_calloc(1, sizeof *cursor->formats);
        mydrv_read_end(cursor);
        assert_string_equal(world.steps, bits == 1 ? "[cut off][close]" : "[close]");
        assert_int_equal(place.conn.broken, bits == 1);
        leave_place(&place);
    }
    world.steps[0] = '\0';
    mydrv_read_end(NULL);
    assert_string_equal(world.steps, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin),
        cmocka_unit_test(test_scans),
        cmocka_unit_test(test_a_beginning_that_fails),
        cmocka_unit_test(test_codes_that_are_gone),
        cmocka_unit_test(test_a_beginning_without_memory),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_that_fail),
        cmocka_unit_test(test_other_failures_of_rows),
        cmocka_unit_test(test_end),
    };
    return cmocka_run_group_tests_name("mysql read", tests, NULL, NULL);
}
