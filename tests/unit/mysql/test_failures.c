/* Tests of the mysql driver's errors.c: what is said of a failure, and what becomes of its
 * connection. */

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

/* What this machine lacks, nobody has refused: by the words that OpenSSL has for it. */
static void test_a_handshake_without_memory(void **state)
{
    (void)state;
    char label[] = "c";
    struct mydrv_conn conn = {.flavour = &plain, .label = label};
    static const char *const texts[] = {"TLS/SSL error: Cannot allocate memory (12)",
                                        "TLS/SSL error: Too many open files (24)",
                                        "TLS/SSL error: malloc failure"};
    static const enum mydrv_phase phases[] = {MYDRV_CONNECTING, MYDRV_OPENING, MYDRV_READING};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t phase = 0; phase < sizeof phases / sizeof *phases; phase++) {
            struct ferry_error error = {0};
            mydrv_fail(&conn, phases[phase], CR_SSL_CONNECTION_ERROR, texts[i], "connect", &error);
            assert_error(&error, FERRY_ERR_SYSTEM, texts[i]);
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

/* The whole message of an error, and whether it may pass. */
static void says(enum mydrv_phase phase, unsigned code, const char *text, ferry_status status,
                 bool may_pass, const char *expected)
{
    struct mydrv_conn conn = {.flavour = &plain, .label = (char *)"c"};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(mydrv_fail(&conn, phase, code, text, "do it", &error), status);
    assert_int_equal(error.status, status);
    assert_int_equal(error.may_pass, may_pass);
    assert_string_equal(error.message, expected);
}

static void test_whole_messages(void **state)
{
    (void)state;
    static const char early[] = "c: cannot do it: unauthenticated error before TLS (anybody on the "
                                "way could have sent it): x before completion of TLS handshake y "
                                "(error 2002); look into the server's log";
    static const char odd[] = "c: cannot do it: the server's answer is of another shape than its "
                              "question; something other than a MySQL server may answer there";
    says(MYDRV_LOADING, 9999, "x", FERRY_ERR_TARGET_IO, false, "c: cannot do it: x (error 9999)");
    says(MYDRV_READING, 1213, "x", FERRY_ERR_BUSY, true,
         "c: cannot do it: x (error 1213); try again later");
    says(MYDRV_CONNECTING, 2002, "x before completion of TLS handshake y", FERRY_ERR_UNREACHABLE,
         true, early);
    says(MYDRV_OPENING, 2002, "x before completion of TLS handshake y", FERRY_ERR_TARGET_OPEN, true,
         early);
    says(MYDRV_LOADING, 0, "", FERRY_ERR_TARGET_IO, false, odd);
    says(MYDRV_READING, 0, "", FERRY_ERR_STREAM, false, odd);
    says(MYDRV_CONNECTING, 0, "x", FERRY_ERR_REFUSED, false, "c: cannot do it: x (error 0)");
    says(MYDRV_OPENING, 0, "x", FERRY_ERR_REFUSED, false, "c: cannot do it: x (error 0)");
    says(MYDRV_CONNECTING, CR_PLUGIN_NOT_ALLOWED, "stray bytes", FERRY_ERR_REFUSED, false,
         "c: cannot do it: the server asks for a login method that is not allowed here (error "
         "5010)");
    /* a handshake that was cut off is explained as that, and not as a refusal */
    says(MYDRV_CONNECTING, 2026, "x eof", FERRY_ERR_UNREACHABLE, false,
         "c: cannot do it: x eof (error 2026); check that the server runs and that host, port and "
         "network are right");
    says(MYDRV_OPENING, 2026, "x eof", FERRY_ERR_TARGET_OPEN, true,
         "c: cannot do it: x eof (error 2026); check that the server runs and that host, port and "
         "network are right");
    /* the same number and words, once the login is done */
    says(MYDRV_READING, 2026, "x eof", FERRY_ERR_STREAM, false,
         "c: cannot do it: x eof (error 2026); the server went away, closed the connection, or "
         "was silent for as long as `read_timeout` says (at first `connect_timeout`); look into "
         "its log and run again");
    says(MYDRV_READING, 1213, "x before completion of TLS handshake y", FERRY_ERR_BUSY, true,
         "c: cannot do it: x before completion of TLS handshake y (error 1213); try again later");
}

/* ---- A connection that failed ---- */

/* What is left of the connection after an error of that number: 0, or 1 byte that still waits. */
static ssize_t gives_up(unsigned code, bool broken, bool *ret_broken)
{
    int pair[2];
    char byte = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[0], "x", 1), 1);
    assert_int_equal(read(pair[1], &byte, 1), 1);
    struct mydrv_conn conn = {.wake_fd = pair[0], .broken = broken};
    mydrv_conn_give_up(&conn, code);
    ssize_t written = send(pair[0], "y", 1, MSG_NOSIGNAL);
    close(pair[0]);
    close(pair[1]);
    *ret_broken = conn.broken;
    return written;
}

/* The client's own errors leave a connection of which nothing more can come; the server's do not.
 */
static void test_a_connection_is_given_up(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        bool broken;
    } cases[] = {{0, true},
                 {1, false},
                 {1999, false},
                 {CR_MIN_ERROR, true},
                 {2013, true},
                 {CR_MAX_ERROR, true},
                 {CR_MAX_ERROR + 1, false},
                 {4999, false},
                 {5000, true},
                 {5999, true},
                 {6000, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool broken = false;
        assert_int_equal(gives_up(cases[i].code, false, &broken), cases[i].broken ? -1 : 1);
        assert_int_equal(broken, cases[i].broken);
    }
    bool broken = false;
    assert_int_equal(gives_up(2013, true, &broken), 1); /* it was done before */
    struct mydrv_conn closed = {.wake_fd = -1};
    mydrv_conn_give_up(&closed, 2013);
    assert_false(closed.broken);
}

/* Where standard input is closed, a connection may have its number. */
static void test_a_connection_of_number_0(void **state)
{
    (void)state;
    bool broken = false;
    int input = dup(0);
    close(0);
    ssize_t written = gives_up(2013, false, &broken);
    if (input >= 0) {
        (void)dup2(input, 0);
        close(input);
    }
    assert_int_equal(written, -1);
    assert_true(broken);
}

static void test_failures_of_a_connection(void **state)
{
    (void)state;
    MYSQL native = {0};
    MYSQL_STMT stmt = {0};
    struct mydrv_conn conn = {
        .flavour = &plain, .label = (char *)"c", .native = &native, .wake_fd = -1};
    for (int round = 0; round < 3; round++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        native.net.last_errno = 1213;
        strcpy(native.net.last_error, "of the connection");
        stmt.last_errno = round == 0 ? 0 : 1146;
        strcpy(stmt.last_error, "of the statement");
        atomic_store(&conn.cancelled, round == 2);
        ferry_status status = mydrv_fail_stmt(&conn, &stmt, MYDRV_READING, "read", &error);
        assert_int_equal(status, error.status);
        assert_error(&error,
                     round == 0   ? FERRY_ERR_BUSY
                     : round == 1 ? FERRY_ERR_NOT_FOUND
                                  : FERRY_ERR_CANCELLED,
                     round == 0   ? "c: cannot read: of the connection (error 1213)"
                     : round == 1 ? "c: cannot read: of the statement (error 1146)"
                                  : "cancelled");
        assert_int_equal(mydrv_fail_conn(&conn, MYDRV_READING, "read", &error),
                         round == 2 ? FERRY_ERR_CANCELLED : FERRY_ERR_BUSY);
        assert_error(&error, round == 2 ? FERRY_ERR_CANCELLED : FERRY_ERR_BUSY,
                     round == 2 ? "cancelled" : "of the connection (error 1213)");
    }
}

/* Either's error that is the client's own ends the connection. */
static void test_what_a_failure_leaves(void **state)
{
    (void)state;
    MYSQL native = {0};
    MYSQL_STMT stmt = {.last_errno = 2013};
    for (int of_stmt = 0; of_stmt <= 1; of_stmt++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        struct mydrv_conn conn = {
            .flavour = &plain, .label = (char *)"c", .native = &native, .wake_fd = pair[0]};
        native.net.last_errno = of_stmt ? 0 : 2013;
        (void)(of_stmt ? mydrv_fail_stmt(&conn, &stmt, MYDRV_READING, "read", &error)
                       : mydrv_fail_conn(&conn, MYDRV_READING, "read", &error));
        assert_true(conn.broken);
        close(pair[0]);
        close(pair[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lost_handshake),
        cmocka_unit_test(test_a_handshake_without_memory),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_whole_messages),
        cmocka_unit_test(test_a_connection_is_given_up),
        cmocka_unit_test(test_a_connection_of_number_0),
        cmocka_unit_test(test_failures_of_a_connection),
        cmocka_unit_test(test_what_a_failure_leaves),
    };
    return cmocka_run_group_tests_name("mysql failures", tests, NULL, NULL);
}
