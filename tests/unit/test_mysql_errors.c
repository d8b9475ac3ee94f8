/* Tests of the mysql driver's errors.c: which class an error number has, and in which phase. */

#include "unit.h"

#include "../../plugins/mysql/errors.c"

/* Of tls.c. */
const char *mydrv_tls_explain(const struct mydrv_flavour *flavour, const char *text)
{
    (void)flavour;
    return strstr(text, "expired") == NULL ? "look" : "renew it";
}

bool mydrv_tls_was_lost(const char *text)
{
    return strstr(text, "eof") != NULL;
}

static const struct mydrv_flavour plain = {0};

static ferry_status class_of(unsigned code, enum mydrv_phase phase)
{
    const char *hint = NULL;
    ferry_status status = mydrv_fault_class(&plain, code, phase, &hint);
    assert_non_null(hint);
    return status;
}

/* A handshake that was cut off is no refusal; one that failed is. */
static void test_a_lost_handshake(void **state)
{
    (void)state;
    char label[] = "c";
    struct mydrv_conn conn = {.flavour = &plain, .label = label};
    struct ferry_error error = {0};
    assert_int_equal(mydrv_fail(&conn, MYDRV_CONNECTING, CR_SSL_CONNECTION_ERROR,
                                "unexpected eof while reading", "connect", &error),
                     FERRY_ERR_UNREACHABLE);
    assert_error(&error, FERRY_ERR_UNREACHABLE, "unexpected eof while reading");
    assert_int_equal(mydrv_fail(&conn, MYDRV_OPENING, CR_SSL_CONNECTION_ERROR,
                                "unexpected eof while reading", "connect", &error),
                     FERRY_ERR_TARGET_OPEN);
    ferry_error_clear(&error);
    assert_int_equal(
        mydrv_fail(&conn, MYDRV_CONNECTING, CR_SSL_CONNECTION_ERROR, "expired", "connect", &error),
        FERRY_ERR_REFUSED);
    assert_error(&error, FERRY_ERR_REFUSED, "renew it");
}

/* Only these let a fallback source step in, and only while connecting. */
static void test_unreachable_only_while_connecting(void **state)
{
    (void)state;
    static const unsigned expected[] = {1040, 1053, 1129, 2002, 2003, 2004, 2005, 2006, 2013, 2055};
    size_t found = 0;
    for (unsigned code = 0; code < 6000; code++) {
        if (class_of(code, MYDRV_CONNECTING) == FERRY_ERR_UNREACHABLE) {
            assert_true(found < COUNT(expected));
            assert_int_equal(code, expected[found++]);
        }
        assert_int_not_equal(class_of(code, MYDRV_SETTING_UP), FERRY_ERR_UNREACHABLE);
        assert_int_not_equal(class_of(code, MYDRV_DESCRIBING), FERRY_ERR_UNREACHABLE);
        assert_int_not_equal(class_of(code, MYDRV_READING), FERRY_ERR_UNREACHABLE);
    }
    assert_int_equal(found, COUNT(expected));
}

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        enum mydrv_phase phase;
        ferry_status status;
    } cases[] = {
        {1045, MYDRV_CONNECTING, FERRY_ERR_REFUSED},
        {1044, MYDRV_CONNECTING, FERRY_ERR_REFUSED},
        {1130, MYDRV_CONNECTING, FERRY_ERR_REFUSED},
        {2026, MYDRV_CONNECTING, FERRY_ERR_REFUSED},
        {5010, MYDRV_CONNECTING, FERRY_ERR_REFUSED},
        {3159, MYDRV_CONNECTING, FERRY_ERR_REFUSED},
        {1049, MYDRV_CONNECTING, FERRY_ERR_NOT_FOUND},
        {4999, MYDRV_CONNECTING, FERRY_ERR_REFUSED},
        {1142, MYDRV_DESCRIBING, FERRY_ERR_REFUSED},
        {1143, MYDRV_READING, FERRY_ERR_REFUSED},
        {1227, MYDRV_SETTING_UP, FERRY_ERR_REFUSED},
        {1146, MYDRV_DESCRIBING, FERRY_ERR_NOT_FOUND},
        {1356, MYDRV_DESCRIBING, FERRY_ERR_NOT_FOUND},
        {1064, MYDRV_DESCRIBING, FERRY_ERR_CONFIG},
        {1205, MYDRV_READING, FERRY_ERR_BUSY},
        {1213, MYDRV_READING, FERRY_ERR_BUSY},
        {2013, MYDRV_READING, FERRY_ERR_STREAM},
        {2006, MYDRV_DESCRIBING, FERRY_ERR_STREAM},
        {2026, MYDRV_READING, FERRY_ERR_STREAM},
        {1317, MYDRV_READING, FERRY_ERR_STREAM},
        {1053, MYDRV_READING, FERRY_ERR_STREAM},
        {1969, MYDRV_READING, FERRY_ERR_STREAM},
        {4999, MYDRV_READING, FERRY_ERR_STREAM},
        {1242, MYDRV_READING, FERRY_ERR_DATA},
        {2020, MYDRV_READING, FERRY_ERR_DATA},
        {1193, MYDRV_SETTING_UP, FERRY_ERR_CONFIG},
        {2008, MYDRV_READING, FERRY_ERR_SYSTEM},
        {2014, MYDRV_READING, FERRY_ERR_STREAM},
        {2000, MYDRV_DESCRIBING, FERRY_ERR_STREAM},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ferry_status status = class_of(cases[i].code, cases[i].phase);
        if (status != cases[i].status)
            fail_msg("error %u became class %d", cases[i].code, status);
    }
}

static void test_messages(void **state)
{
    (void)state;
    struct mydrv_conn conn = {.flavour = &plain, .label = (char *)"connection 'c'"};
    struct ferry_error error = {0};
    mydrv_fail(&conn, MYDRV_CONNECTING, 2002,
               "Received error packet before completion of TLS handshake. ...: 1040 - \033[2Jx",
               "connect", &error);
    assert_null(strchr(error.message, '\033'));
    assert_error(&error, FERRY_ERR_UNREACHABLE, "unauthenticated error before TLS");
    mydrv_fail(&conn, MYDRV_CONNECTING, 2026, "certificate has expired", "connect", &error);
    assert_error(&error, FERRY_ERR_REFUSED, "(error 2026); renew it");
    mydrv_fail(&conn, MYDRV_DESCRIBING, 1146, "Table 'd.v' doesn't exist", "read view 'v'", &error);
    assert_error(&error, FERRY_ERR_NOT_FOUND,
                 "connection 'c': cannot read view 'v': Table 'd.v' doesn't exist (error 1146); ");
}

/* A driver's own lists come first, and only where they say something. */
static void test_a_flavour_comes_first(void **state)
{
    (void)state;
    static const struct mydrv_fault own[] = {
        {1045, MYDRV_CONNECTING, FERRY_ERR_CONFIG, "own words"},
        {9000, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, "own number"},
        {1205, MYDRV_READING, MYDRV_AS_LISTED, "only words"},
    };
    static const struct mydrv_flavour flavour = {.faults = own, .fault_count = COUNT(own)};
    const char *hint = NULL;
    assert_int_equal(mydrv_fault_class(&flavour, 1045, MYDRV_CONNECTING, &hint), FERRY_ERR_CONFIG);
    assert_string_equal(hint, "own words");
    assert_int_equal(mydrv_fault_class(&flavour, 1045, MYDRV_READING, &hint), FERRY_ERR_REFUSED);
    assert_string_equal(hint, hint_login);
    assert_int_equal(mydrv_fault_class(&flavour, 9000, MYDRV_OPENING, &hint),
                     FERRY_ERR_TARGET_OPEN);
    assert_string_equal(hint, "own number");
    assert_int_equal(mydrv_fault_class(&flavour, 1205, MYDRV_READING, &hint), FERRY_ERR_BUSY);
    assert_string_equal(hint, "only words");
    assert_int_equal(mydrv_fault_class(&flavour, 1040, MYDRV_CONNECTING, &hint),
                     FERRY_ERR_UNREACHABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lost_handshake),
        cmocka_unit_test(test_unreachable_only_while_connecting),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_a_flavour_comes_first),
    };
    return cmocka_run_group_tests_name("mysql errors", tests, NULL, NULL);
}
