/* Tests of the mysql driver's fingerprint.c: when the moment of a table's last change says that the
 * table is as it was. */

#include "unit.h"

#include <time.h>

/* ---- A clock that stands still ---- */

static int64_t now_ms;

static int stopped_clock(clockid_t clock, struct timespec *ret_now)
{
    assert_int_equal(clock, CLOCK_MONOTONIC);
    *ret_now = (struct timespec){.tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000};
    return 0;
}

#define clock_gettime stopped_clock
#include "../../../plugins/mysql/read/fingerprint.c"
#undef clock_gettime
#include "../../../plugins/mysql/text.c"
#include "../../../plugins/parts/text.c"

#include "driver/fingerprint.h"

/* ---- The server ---- */

static char asked[2000]; /* each statement behind the last, in brackets */
static unsigned refuses; /* the statement of this number, from 1 */
static unsigned questions;
static const char **table; /* the row of the table; NULL: there is none */
static unsigned tables;    /* how often it comes */
static const char *variables[3][2];
static unsigned taken;
static unsigned results; /* that are not freed */

bool mydrv_order_has_fixed_zone(const struct mydrv_conn *conn)
{
    return conn->utc;
}

ferry_status mydrv_conn_check(const struct mydrv_conn *conn, struct ferry_error *err)
{
    return conn->broken ? ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled") : FERRY_OK;
}

ferry_status mydrv_fail_conn(struct mydrv_conn *conn, enum mydrv_phase phase, const char *doing,
                             struct ferry_error *err)
{
    (void)conn;
    assert_int_equal(phase, MYDRV_ASKING);
    return ferry_fail(err, FERRY_ERR_STREAM, "cannot %s", doing);
}

int STDCALL mysql_real_query(MYSQL *mysql, const char *sql, unsigned long length)
{
    (void)mysql;
    assert_int_equal(strlen(sql), length);
    assert_true(strlen(asked) + length + 3 < sizeof asked);
    strcat(strcat(strcat(asked, "["), sql), "]");
    return ++questions == refuses;
}

MYSQL_RES *STDCALL mysql_store_result(MYSQL *mysql)
{
    (void)mysql;
    results++;
    taken = 0;
    return strstr(asked, "SHOW") != NULL ? (MYSQL_RES *)&variables : (MYSQL_RES *)&table;
}

void STDCALL mysql_free_result(MYSQL_RES *result)
{
    results -= result != NULL;
}

unsigned int STDCALL mysql_num_fields(MYSQL_RES *result)
{
    return result == (MYSQL_RES *)&table ? 4 : 2;
}

my_ulonglong STDCALL mysql_num_rows(MYSQL_RES *result)
{
    assert_ptr_equal(result, &table);
    return tables;
}

MYSQL_ROW STDCALL mysql_fetch_row(MYSQL_RES *result)
{
    if (result == (MYSQL_RES *)&table)
        return (MYSQL_ROW)table;
    return taken < COUNT(variables) && variables[taken][0] != NULL ? (MYSQL_ROW)variables[taken++]
                                                                   : NULL;
}

/* ---- What is told ---- */

static const char *row[] = {"t", "2026-01-01 00:00:00", "2026-02-02 00:00:00", "70"};
static const struct ferry_read of_table = {.text = "t", .kind = FERRY_READ_TABLE};

struct place {
    struct mydrv_conn conn;
    struct ferry_fingerprint told;
    struct ferry_error error;
};

/* A snapshot that was taken 2.5 s ago. */
static void make_place(struct place *place, bool mariadb)
{
    *place = (struct place){.conn = {.label = (char *)"l",
                                     .mariadb = mariadb,
                                     .version = mariadb ? 101119 : 90100,
                                     .utc = true,
                                     .snapshot_ms = 100000}};
    now_ms = 102500;
    row[3] = "70";
    table = row;
    tables = 1;
    questions = refuses = 0;
    asked[0] = '\0';
    memset(variables, 0, sizeof variables);
    variables[0][0] = "port";
    variables[0][1] = "3306";
    variables[1][0] = "server_id";
    variables[1][1] = "7";
}

static ferry_status ask(struct place *place, const struct ferry_read *read)
{
    return mydrv_fingerprint(&place->conn, read, &place->told, &place->error);
}

static void leave(struct place *place)
{
    ferry_fingerprint_done(&place->told);
    ferry_error_clear(&place->error);
    assert_int_equal(results, 0);
}

static void test_what_is_told(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, true);
    assert_int_equal(ask(&place, &of_table), FERRY_OK);
    assert_string_equal(place.told.text, "written 2026-02-02 00:00:00, made 2026-01-01 00:00:00, "
                                         "port 3306, server_id 7");
    assert_non_null(strstr(asked, "TABLE_NAME = 't'"));
    assert_null(strstr(asked, "information_schema_stats_expiry"));
    leave(&place);
}

/* MySQL would tell what it knew a day ago. */
static void test_mysql_looks_afresh(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, false);
    assert_int_equal(ask(&place, &of_table), FERRY_OK);
    assert_non_null(place.told.text);
    assert_int_equal(
        strncmp(asked, "[SET SESSION information_schema_stats_expiry = 0][SELECT ", 57), 0);
    leave(&place);
    make_place(&place, false);
    place.conn.version = 50744;
    assert_int_equal(ask(&place, &of_table), FERRY_OK);
    assert_int_equal(strncmp(asked, "[SELECT ", 8), 0);
    leave(&place);
}

/* So many seconds ago the table was changed: is that told? */
static void age_is(bool mariadb, const char *age, bool told)
{
    struct place place;
    make_place(&place, mariadb);
    row[3] = age;
    assert_int_equal(ask(&place, &of_table), FERRY_OK);
    if ((place.told.text != NULL) != told)
        fail_msg("%s s: %s", age == NULL ? "NULL" : age, told ? "nothing is told" : "it is told");
    leave(&place);
}

/* 2.5 s since the snapshot, and the margin before it. */
static void test_ages(void **state)
{
    (void)state;
    age_is(false, "8", true);
    age_is(false, "7", false);
    age_is(false, "0", false);
    age_is(true, "63", true);
    age_is(true, "62", false);
    age_is(true, "8", false);
    age_is(false, "-1", false);
    age_is(false, "", false);
    age_is(false, "9x", false);
    age_is(false, NULL, false);
    age_is(false, "9223372036854775807", false);
}

static void test_what_cannot_be_told(void **state)
{
    (void)state;
    static const struct ferry_read query = {.text = "SELECT 1", .kind = FERRY_READ_QUERY};
    static const struct ferry_read other = {.text = "T", .kind = FERRY_READ_VIEW};
    const char *const whole[] = {row[0], row[1], row[2]};
    for (int i = 0; i < 8; i++) {
        struct place place;
        make_place(&place, false);
        if (i == 0)
            place.conn.snapshot_ms = 0;
        if (i == 1)
            place.conn.utc = false;
        if (i == 2)
            table = NULL;
        if (i == 2 || i == 3)
            tables = i == 2 ? 0 : 2;
        if (i >= 4 && i < 7)
            row[i - 4] = NULL;
        assert_int_equal(ask(&place, i == 7 ? &other : &of_table), FERRY_OK);
        assert_null(place.told.text);
        if (i < 2)
            assert_string_equal(asked, "");
        leave(&place);
        memcpy(row, whole, sizeof whole);
    }
    struct place place;
    make_place(&place, false);
    assert_int_equal(ask(&place, &query), FERRY_OK);
    assert_null(place.told.text);
    assert_string_equal(asked, "");
    leave(&place);
}

static void test_questions_that_fail(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        struct place place;
        make_place(&place, false);
        refuses = i;
        assert_int_equal(ask(&place, &of_table), FERRY_ERR_STREAM);
        assert_int_equal(place.error.status, FERRY_ERR_STREAM);
        assert_null(place.told.text);
        leave(&place);
    }
    struct place place;
    make_place(&place, false);
    place.conn.broken = true;
    assert_int_equal(ask(&place, &of_table), FERRY_ERR_CANCELLED);
    leave(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_mysql_looks_afresh),
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_what_cannot_be_told),
        cmocka_unit_test(test_questions_that_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
