/* Tests of the pgsql driver's errors.c: the class of each SQLSTATE that a person can meet
 * (PostgreSQL's manual, appendix A), whether it is tried again, and the words of a login that
 * failed. */

#include "unit.h"

#include "../../../plugins/pgsql/errors.c"

/* What the client library would say is not asked for here. */
ConnStatusType PQstatus(const PGconn *conn)
{
    return conn == NULL ? CONNECTION_BAD : CONNECTION_OK;
}

char *PQresultErrorField(const PGresult *result, int field)
{
    (void)result;
    (void)field;
    return NULL;
}

char *PQresultErrorMessage(const PGresult *result)
{
    (void)result;
    return (char *)(uintptr_t) "";
}

char *PQerrorMessage(const PGconn *conn)
{
    (void)conn;
    return (char *)(uintptr_t) "";
}

static void test_classes(void **state)
{
    static const struct {
        const char *state;
        enum pgdrv_phase phase;
        ferry_status status;
        bool may_pass; /* by its own word: UNREACHABLE and STREAM pass without it */
    } cases[] = {
        {"08006", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, false},
        {"08006", PGDRV_OPENING, FERRY_ERR_TARGET_OPEN, true},
        {"08006", PGDRV_READING, FERRY_ERR_STREAM, false},
        {"08006", PGDRV_LOADING, FERRY_ERR_TARGET_IO, true},
        {"28P01", PGDRV_CONNECTING, FERRY_ERR_REFUSED, false},
        {"28P01", PGDRV_OPENING, FERRY_ERR_REFUSED, false},
        {"28000", PGDRV_CONNECTING, FERRY_ERR_REFUSED, false},
        {"3D000", PGDRV_CONNECTING, FERRY_ERR_NOT_FOUND, false},
        {"53300", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, false},
        {"57P03", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, false},
        {"57P03", PGDRV_OPENING, FERRY_ERR_TARGET_OPEN, true},
        {"42P01", PGDRV_DESCRIBING, FERRY_ERR_NOT_FOUND, false},
        {"42501", PGDRV_DESCRIBING, FERRY_ERR_REFUSED, false},
        {"42601", PGDRV_DESCRIBING, FERRY_ERR_CONFIG, false},
        {"25006", PGDRV_READING, FERRY_ERR_CONFIG, false},
        {"22012", PGDRV_READING, FERRY_ERR_DATA, false},
        {"22021", PGDRV_READING, FERRY_ERR_DATA, false},
        {"22P05", PGDRV_READING, FERRY_ERR_DATA, false},
        {"40001", PGDRV_READING, FERRY_ERR_BUSY, true},
        {"40P01", PGDRV_LOADING, FERRY_ERR_BUSY, true},
        {"55P03", PGDRV_LOADING, FERRY_ERR_BUSY, true},
        {"57014", PGDRV_READING, FERRY_ERR_STREAM, false},
        {"57P01", PGDRV_READING, FERRY_ERR_STREAM, false},
        {"XX001", PGDRV_READING, FERRY_ERR_DATA, false},
        {"53100", PGDRV_LOADING, FERRY_ERR_TARGET_IO, false},
        {"23505", PGDRV_LOADING, FERRY_ERR_DATA, false},
        {"25006", PGDRV_LOADING, FERRY_ERR_BUSY, true},
        {"P0001", PGDRV_READING, FERRY_ERR_DATA, false},
        {"P0001", PGDRV_SETTING_UP, FERRY_ERR_CONFIG, false},
        {"57014", PGDRV_SETTING_UP, FERRY_ERR_STREAM, false},
        {"57014", PGDRV_EQUIPPING, FERRY_ERR_TARGET_OPEN, true},
        {"53200", PGDRV_EQUIPPING, FERRY_ERR_TARGET_OPEN, true},
        {"22023", PGDRV_EQUIPPING, FERRY_ERR_CONFIG, false},
        {"P0001", PGDRV_ASKING, FERRY_ERR_STREAM, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *hint = NULL;
        bool may_pass = false;
        ferry_status status = pgdrv_state_class(cases[i].state, cases[i].phase, &hint, &may_pass);
        if (status != cases[i].status || may_pass != cases[i].may_pass || hint == NULL)
            fail_msg("%s in phase %d: class %d, %d", cases[i].state, (int)cases[i].phase, status,
                     may_pass);
    }
}

/* Of each class that a row's value can get into, our own words. */
static void test_values_are_not_told(void **state)
{
    static const char text[] = "the server's text";
    static const char *const open[] = {"42883", "57014", "25006", "XX001", "08006", "40001"};
    static const struct {
        const char *state, *words;
    } closed[] = {
        {"22012", "division by zero"},
        {"22P02", "a text is not of the form that its type has"},
        {"22P03", "an expression cannot take a value"},
        {"23505", "a row breaks a constraint"},
        {"P0001", "a function has raised an error"},
        {"38000", "the server refuses it"},
        {"HV000", "the server refuses it"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(open); i++)
        assert_string_equal(errors_choose(open[i], false, PGDRV_READING, text), text);
    assert_string_equal(errors_choose(open[0], true, PGDRV_READING, text),
                        "a function has raised an error");
    for (size_t i = 0; i < COUNT(closed); i++) {
        assert_string_equal(errors_choose(closed[i].state, false, PGDRV_READING, text),
                            closed[i].words);
        assert_string_equal(errors_choose(closed[i].state, false, PGDRV_LOADING, text),
                            closed[i].words);
        assert_string_equal(errors_choose(closed[i].state, false, PGDRV_DESCRIBING, text), text);
    }
}

static void test_words_of_a_login(void **state)
{
    static const char two[] =
        "connection to server at \"h\" (::1), port 1 failed: Connection refused\n"
        "connection to server at \"h\" (127.0.0.1), port 1 failed: FATAL:  28P01: password "
        "authentication failed\nLOCATION:  auth_failed, auth.c:334\n";
    char code[6];
    const char *text = NULL;
    (void)state;
    assert_true(pgdrv_login_state(two, code, &text));
    assert_string_equal(code, "28P01");
    assert_int_equal(strncmp(text, "password authentication failed\n", 31), 0);
    assert_false(pgdrv_login_state("FATAL:  no code: here", code, &text));
    assert_false(pgdrv_login_state("FATAL:  28P01", code, &text));
    assert_false(pgdrv_login_state("FATAL:  28P0", code, &text));
    assert_false(pgdrv_login_state(":  ", code, &text));
    assert_false(pgdrv_login_state("", code, &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_values_are_not_told),
        cmocka_unit_test(test_words_of_a_login),
    };
    return cmocka_run_group_tests_name("pgsql errors", tests, NULL, NULL);
}
