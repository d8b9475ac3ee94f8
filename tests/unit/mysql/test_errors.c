/* Tests of the mysql driver's errors.c: which class an error number has, and in which phase. */

#include "unit.h"

#include "../../../plugins/mysql/errors.c"

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
        {4999, MYDRV_READING, FERRY_ERR_DATA},
        {4999, MYDRV_DESCRIBING, FERRY_ERR_CONFIG},
        {4999, MYDRV_LOADING, FERRY_ERR_TARGET_IO},
        {1644, MYDRV_READING, FERRY_ERR_DATA},
        {1267, MYDRV_DESCRIBING, FERRY_ERR_DATA},
        {1411, MYDRV_READING, FERRY_ERR_DATA},
        {3141, MYDRV_READING, FERRY_ERR_DATA},
        {1772, MYDRV_READING, FERRY_ERR_DATA},
        {3037, MYDRV_READING, FERRY_ERR_DATA},
        {3156, MYDRV_READING, FERRY_ERR_DATA},
        {3548, MYDRV_READING, FERRY_ERR_DATA},
        {3691, MYDRV_READING, FERRY_ERR_DATA},
        {1135, MYDRV_CONNECTING, FERRY_ERR_BUSY},
        {1041, MYDRV_CONNECTING, FERRY_ERR_BUSY},
        {1135, MYDRV_OPENING, FERRY_ERR_BUSY},
        {1114, MYDRV_DESCRIBING, FERRY_ERR_BUSY},
        {1114, MYDRV_LOADING, FERRY_ERR_TARGET_IO},
        {1047, MYDRV_SETTING_UP, FERRY_ERR_BUSY},
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

static bool is_in(unsigned code, const unsigned *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == code)
            return true;
    return false;
}

#define IS_IN(code, list) is_in(code, list, COUNT(list))

/* Short of something, locked, held back: whatever is asked, and of whom. */
static const unsigned passes_anywhere[] = {
    5,    23,   1015, 1016, 1020, 1037, 1041, 1047, 1135, 1203, 1205, 1206, 1213,
    1257, 1297, 1412, 1429, 1461, 1614, 1615, 1637, 1689, 3015, 3032, 3044, 3058,
    3100, 3101, 3168, 3572, 3781, 3782, 3783, 3884, 3950, 3985, 4081};
/* Room and files that a query needs for a while. */
static const unsigned passes_at_a_source[] = {1,    2,    3,    4,    9,    14,   20,
                                              1004, 1021, 1023, 1024, 1026, 1028, 1030,
                                              1034, 1039, 1114, 1194, 1878, 3675};
/* The connection, or somebody who ends what runs on it. */
static const unsigned is_lost[] = {1053,
                                   1156,
                                   1157,
                                   1158,
                                   1159,
                                   1160,
                                   1161,
                                   1835,
                                   1927,
                                   3169,
                                   4031,
                                   1317,
                                   2006,
                                   2013,
                                   2014,
                                   2026,
                                   2027,
                                   2055,
                                   CR_ERR_NET_READ,
                                   CR_ERR_NET_WRITE};
static const unsigned is_lost_at_a_source[] = {1152, 1243, 1969, 2000, 2030, 2052,
                                               2056, 2057, 3024, 5007, 5015, 5026};
static const unsigned passes_at_the_login[] = {1040, 1042, 1053, 1129, 1152, 1158, 1159,
                                               1160, 1161, 1927, 2002, 2003, 2004, 2005,
                                               2006, 2013, 2014, 2027, 2055};
static const unsigned passes_at_a_target[] = {1148, 1290, 1792, 1836, 3948, 4166};

static bool is_expected_to_pass(unsigned code, enum mydrv_phase phase)
{
    if (IS_IN(code, passes_anywhere))
        return true;
    switch (phase) {
    case MYDRV_CONNECTING:
        return IS_IN(code, passes_at_the_login);
    case MYDRV_LOADING:
        return IS_IN(code, is_lost) || IS_IN(code, passes_at_a_target);
    default:
        return IS_IN(code, passes_at_a_source) || IS_IN(code, is_lost) ||
               IS_IN(code, is_lost_at_a_source);
    }
}

static bool is_listed(unsigned code, enum mydrv_phase phase)
{
    for (size_t i = 0; i < COUNT(faults); i++)
        if (faults[i].code == code && (faults[i].phases & phase) != 0)
            return true;
    return false;
}

/* All numbers there are, in each phase: what passes is in the lists above, and nothing else is
 * tried again; what nobody knows has the class of its phase. */
static void test_only_what_is_listed_passes(void **state)
{
    (void)state;
    static const struct {
        enum mydrv_phase phase;
        ferry_status unknown;
    } phases[] = {{MYDRV_CONNECTING, FERRY_ERR_REFUSED},
                  {MYDRV_SETTING_UP, FERRY_ERR_CONFIG},
                  {MYDRV_DESCRIBING, FERRY_ERR_CONFIG},
                  {MYDRV_READING, FERRY_ERR_DATA},
                  {MYDRV_LOADING, FERRY_ERR_TARGET_IO}};
    for (size_t i = 0; i < COUNT(phases); i++)
        for (unsigned code = 1; code <= UINT16_MAX; code++) {
            const char *hint = NULL;
            bool said = false;
            struct ferry_error error = {0};
            ferry_fail(&error, errors_judge(&plain, code, phases[i].phase, &hint, &said), "x");
            assert_non_null(hint);
            if (said)
                ferry_error_may_pass(&error);
            if (ferry_error_is_passing(&error) != is_expected_to_pass(code, phases[i].phase))
                fail_msg("error %u in phase %d: class %d", code, phases[i].phase, error.status);
            if (!is_listed(code, phases[i].phase))
                assert_int_equal(error.status, phases[i].unknown);
            ferry_error_clear(&error);
        }
}

/* No entry is hidden behind another. */
static void test_every_entry_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        uint32_t left = faults[i].phases & ANY_PHASE;
        for (size_t k = 0; k < i; k++)
            if (faults[k].code == faults[i].code || faults[k].code == 0)
                left &= ~faults[k].phases;
        if (left == 0)
            fail_msg("entry %zu, of error %u, never counts", i, faults[i].code);
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
        cmocka_unit_test(test_only_what_is_listed_passes),
        cmocka_unit_test(test_every_entry_counts),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_a_flavour_comes_first),
    };
    return cmocka_run_group_tests_name("mysql errors", tests, NULL, NULL);
}
