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
        {5027, MYDRV_READING, FERRY_ERR_STREAM},
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
static const unsigned is_lost_at_a_source[] = {1152, 1243, 1969, 2000, 2030, 2052, 2056,
                                               2057, 3024, 5007, 5015, 5026, 5027};
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

/* ---- Every number in every phase ---- */

/* The account, its login and its rights. */
static const unsigned refused[] = {1044, 1045, 1095, 1130, 1142, 1143, 1227, 1251, 1345,
                                   1370, 1524, 1698, 1792, 1820, 1862, 3118, 3159, 4151};
static const unsigned not_found[] = {1049, 1051, 1102, 1103, 1109, 1146, 1356, 1449};
static const unsigned wrong_settings[] = {1046, 1054, 1298};
/* Once the login is done: the query. */
static const unsigned wrong_query[] = {1064, 1149, 1295, 1305};
static const unsigned data[] = {1038, 1153, 1242, 1690, 2020};
/* Values, where the server computes them. */
static const unsigned computed[] = {1264, 1267, 1270, 1271, 1292, 1300, 1365, 1366,
                                    1367, 1406, 1411, 1416, 1441, 1525, 1644, 1772,
                                    3037, 3140, 3141, 3155, 3156, 3548, 3691, 3854};
static const unsigned busy_at_the_login[] = {1042, 1152, 1158, 1159, 1160, 1161, 1927};
static const unsigned unreachable[] = {1040, 1053, 1129, 2002, 2003, 2004, 2005, 2006, 2013, 2055};
/* A row that the target's table does not take. */
static const unsigned wrong_row[] = {1048, 1062, 1451, 3819, 4025};
/* The definition of a target's table. */
static const unsigned wrong_definition[] = {1005, 1059, 1060, 1061, 1063, 1064, 1067,
                                            1069, 1070, 1071, 1074, 1075, 1103, 1117,
                                            1118, 1166, 3548, 3750, 3780};

static ferry_status expected_at_the_login(unsigned code)
{
    return IS_IN(code, unreachable)         ? FERRY_ERR_UNREACHABLE
           : IS_IN(code, busy_at_the_login) ? FERRY_ERR_BUSY
           : code == 2001                   ? FERRY_ERR_SYSTEM
                                            : FERRY_ERR_REFUSED;
}

static ferry_status expected_at_a_target(unsigned code)
{
    return IS_IN(code, passes_at_a_target) ? FERRY_ERR_BUSY
           : IS_IN(code, wrong_definition) ? FERRY_ERR_SCHEMA
           : IS_IN(code, wrong_row)        ? FERRY_ERR_DATA
                                           : FERRY_ERR_TARGET_IO;
}

static ferry_status expected_at_a_source(unsigned code, enum mydrv_phase phase)
{
    if (IS_IN(code, is_lost) || IS_IN(code, is_lost_at_a_source))
        return FERRY_ERR_STREAM;
    if (IS_IN(code, passes_at_a_source))
        return FERRY_ERR_BUSY;
    if (IS_IN(code, wrong_query))
        return FERRY_ERR_CONFIG;
    if ((phase == MYDRV_DESCRIBING || phase == MYDRV_READING) && IS_IN(code, computed))
        return FERRY_ERR_DATA;
    return phase == MYDRV_READING  ? FERRY_ERR_DATA
           : phase == MYDRV_ASKING ? FERRY_ERR_STREAM
                                   : FERRY_ERR_CONFIG;
}

static ferry_status expected_class(unsigned code, enum mydrv_phase phase)
{
    /* what the phase says goes before what is the same in all */
    ferry_status by_phase = phase == MYDRV_CONNECTING ? expected_at_the_login(code)
                            : phase == MYDRV_LOADING  ? expected_at_a_target(code)
                                                      : expected_at_a_source(code, phase);
    bool of_phase = phase == MYDRV_CONNECTING ? by_phase != FERRY_ERR_REFUSED
                    : phase == MYDRV_LOADING
                        ? by_phase != FERRY_ERR_TARGET_IO || IS_IN(code, is_lost)
                        : IS_IN(code, is_lost) || IS_IN(code, passes_at_a_source);
    if (of_phase)
        return by_phase;
    return IS_IN(code, passes_anywhere) || code == 1226 ? FERRY_ERR_BUSY
           : IS_IN(code, refused)                       ? FERRY_ERR_REFUSED
           : IS_IN(code, not_found)                     ? FERRY_ERR_NOT_FOUND
           : IS_IN(code, wrong_settings)                ? FERRY_ERR_CONFIG
           : IS_IN(code, data)                          ? FERRY_ERR_DATA
           : code == 2014 || code == 2027               ? FERRY_ERR_STREAM
           : code == CR_OUT_OF_MEMORY                   ? FERRY_ERR_SYSTEM
           : code == CR_CONNSTR_PARSE_ERROR             ? FERRY_ERR_INTERNAL
                                                        : by_phase;
}

/* All numbers there are, in each phase: what passes is in the lists above, and nothing else is
 * tried again; what nobody knows has the class of its phase. */
static void test_every_number(void **state)
{
    (void)state;
    static const enum mydrv_phase phases[] = {MYDRV_CONNECTING, MYDRV_SETTING_UP, MYDRV_DESCRIBING,
                                              MYDRV_READING,    MYDRV_ASKING,     MYDRV_LOADING};
    for (size_t i = 0; i < COUNT(phases); i++)
        for (unsigned code = 1; code <= UINT16_MAX; code++) {
            const char *hint = NULL;
            bool said = false;
            struct ferry_error error = {0};
            ferry_fail(&error, errors_judge(&plain, code, phases[i], &hint, &said), "x");
            assert_non_null(hint);
            if (said)
                ferry_error_may_pass(&error);
            bool passes = is_expected_to_pass(code, phases[i]);
            if (phases[i] == MYDRV_ASKING) /* a loss, until it is known better */
                passes = passes || error.status == FERRY_ERR_STREAM;
            if (ferry_error_is_passing(&error) != passes)
                fail_msg("error %u in phase %d: class %d", code, phases[i], error.status);
            if (error.status != expected_class(code, phases[i]))
                fail_msg("error %u in phase %d: class %d, not %d", code, phases[i], error.status,
                         expected_class(code, phases[i]));
            ferry_error_clear(&error);
        }
}

/* What to do, where the class alone would be the same without an entry. */
static void test_hints(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        enum mydrv_phase phase;
        const char *hint;
    } cases[] = {
        {1021, MYDRV_LOADING, "make room on the server's disk and run again"},
        {1114, MYDRV_LOADING, "make room on the server's disk and run again"},
        {1969, MYDRV_LOADING, "somebody or a time limit stopped the query"},
        {3024, MYDRV_LOADING, "somebody or a time limit stopped the query"},
        {1451, MYDRV_LOADING, "a foreign key that has just come, or of a table"},
        {3819, MYDRV_LOADING, "correct the row in the source, or drop the check"},
        {4025, MYDRV_LOADING, "correct the row in the source, or drop the check"},
        {9999, MYDRV_LOADING, ""},
        {CR_SECURE_AUTH, MYDRV_CONNECTING, "the account logs in by a method"},
        {CR_AUTH_PLUGIN_CANNOT_LOAD, MYDRV_CONNECTING, "the account logs in by a method"},
        {CR_AUTH_PLUGIN_ERR, MYDRV_CONNECTING, "the account logs in by a method"},
        {CR_SERVER_HANDSHAKE_ERR, MYDRV_CONNECTING, "what answers there is not a MySQL server"},
        {CR_VERSION_ERROR, MYDRV_CONNECTING, "what answers there is not a MySQL server"},
        {1044, MYDRV_CONNECTING, "grant the account what is missing"},
        {1045, MYDRV_CONNECTING, "check user, password"},
        {1095, MYDRV_CONNECTING, "grant the account what is missing"},
        {1130, MYDRV_CONNECTING, "check user, password"},
        {1251, MYDRV_CONNECTING, "the account logs in by a method"},
        {1524, MYDRV_CONNECTING, "the account logs in by a method"},
        {1698, MYDRV_CONNECTING, "check user, password"},
        {1820, MYDRV_CONNECTING, "the password has expired; set a new one"},
        {1862, MYDRV_CONNECTING, "the password has expired; set a new one"},
        {3118, MYDRV_CONNECTING, "the account is locked; unlock it"},
        {4151, MYDRV_CONNECTING, "the account is locked; unlock it"},
        {3159, MYDRV_CONNECTING, "the server takes only TLS"},
        {9999, MYDRV_CONNECTING, ""},
        {1049, MYDRV_CONNECTING, "check the `database` of the connection; create_database = true"},
        {1064, MYDRV_DESCRIBING, "correct the query"},
        {9999, MYDRV_DESCRIBING, "correct the query"},
        {1305, MYDRV_SETTING_UP, "correct the query"},
        {1295, MYDRV_DESCRIBING, "only a SELECT can be read"},
        {9999, MYDRV_SETTING_UP, "check session_variables and time_zone"},
        {1038, MYDRV_READING, "raise sort_buffer_size by session_variables"},
        {1153, MYDRV_READING, "a row is larger than max_allowed_packet"},
        {2020, MYDRV_READING, "a row is larger than max_allowed_packet"},
        {1644, MYDRV_READING, "the view or query fails on the server"},
        {1690, MYDRV_READING, "correct the value or the expression"},
        {9999, MYDRV_READING, "the view or query fails on the server"},
        {2013, MYDRV_ASKING, "the server went away"},
        {9999, MYDRV_ASKING, "nothing follows from that about the definition"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *hint = NULL;
        (void)mydrv_fault_class(&plain, cases[i].code, cases[i].phase, &hint);
        if (strncmp(hint, cases[i].hint, strlen(cases[i].hint)) != 0 ||
            (*cases[i].hint == '\0') != (*hint == '\0'))
            fail_msg("error %u in phase %d: %s", cases[i].code, cases[i].phase, hint);
    }
}

/* A target that cannot be opened may be opened later where a source would not be reached. */
static void test_opening(void **state)
{
    (void)state;
    for (unsigned code = 1; code <= 6000; code++) {
        ferry_status login = class_of(code, MYDRV_CONNECTING);
        bool passes = false;
        const char *hint = NULL, *same = NULL;
        ferry_status status = errors_judge(&plain, code, MYDRV_OPENING, &hint, &passes);
        assert_int_equal(status, login == FERRY_ERR_UNREACHABLE ? FERRY_ERR_TARGET_OPEN : login);
        if (login == FERRY_ERR_UNREACHABLE)
            assert_true(passes);
        (void)mydrv_fault_class(&plain, code, MYDRV_CONNECTING, &same);
        assert_string_equal(hint, same);
    }
}

/* Of what is done in no phase that is known, nothing follows. */
static void test_no_phase(void **state)
{
    (void)state;
    const char *hint = NULL;
    bool passes = true;
    assert_int_equal(errors_judge(&plain, 1205, (enum mydrv_phase)0, &hint, &passes),
                     FERRY_ERR_INTERNAL);
    assert_string_equal(hint, "");
    assert_false(passes);
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
        cmocka_unit_test(test_unreachable_only_while_connecting),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_every_number),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_opening),
        cmocka_unit_test(test_no_phase),
        cmocka_unit_test(test_every_entry_counts),
        cmocka_unit_test(test_a_flavour_comes_first),
    };
    return cmocka_run_group_tests_name("mysql errors", tests, NULL, NULL);
}
