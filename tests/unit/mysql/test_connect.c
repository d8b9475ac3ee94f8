/* Tests of the mysql driver's connstring.c, tls.c and settings.c: what a configuration may say. */

#include "unit.h"

#include "../../../plugins/mysql/connect/connstring.c"
#include "../../../plugins/mysql/connect/identity.c"
#include "../../../plugins/mysql/connect/library.c"
#include "../../../plugins/mysql/connect/methods.c"
#include "../../../plugins/mysql/connect/settings.c"
#include "../../../plugins/mysql/connect/tls.c"
#include "../../../plugins/mysql/errors.c"

static const struct mydrv_settings tcp = {
    .host = "db.example.net",
    .port = 3306,
    .tls = MYDRV_TLS_VERIFY_IDENTITY,
    .tls_version = "TLSv1.2,TLSv1.3",
    .connect_timeout = 10,
};

static char *connstring_of(const struct mydrv_settings *settings)
{
    struct ferry_error error = {0};
    char *text = NULL;
    assert_int_equal(mydrv_connstring_make("c", settings, &text, &error), FERRY_OK);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("'%s' is in '%s'", part, text);
}

static void test_values_that_cannot_be_carried(void **state)
{
    (void)state;
    static const char *const bad[] = {"a}b", "}", "a\nb", "a\tb", "\x7f", "\x01"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct mydrv_settings s = tcp;
        struct ferry_error error = {0};
        char *text = NULL;
        s.ca = bad[i];
        assert_int_equal(mydrv_connstring_make("c", &s, &text, &error), FERRY_ERR_CONFIG);
        assert_error(&error, FERRY_ERR_CONFIG, "}");
        assert_null(text);
    }
}

static void test_values_in_braces(void **state)
{
    (void)state;
    struct mydrv_settings s = tcp;
    s.ca = "/a;host=evil {=/ca.pem";
    char *text = connstring_of(&s);
    assert_has(text, "ssl-ca={/a;host=evil {=/ca.pem};");
    assert_has(text, "host={db.example.net};");
    assert_has(text, "protocol=1;");
    free(text);
}

static void test_compression(void **state)
{
    (void)state;
    struct mydrv_settings s = tcp;
    char *text = connstring_of(&s);
    assert_lacks(text, "compress");
    free(text);
    s.compression = true;
    text = connstring_of(&s);
    assert_has(text, ";compress=1;");
    free(text);
}

static void test_options_of_each_mode(void **state)
{
    (void)state;
    const struct {
        enum mydrv_tls_mode mode;
        const char *flags;
        bool challenge_only;
    } cases[] = {
        {MYDRV_TLS_DISABLED, "ssl-verify-server-cert=0;ssl-enforce=0;", false},
        {MYDRV_TLS_PREFERRED, "ssl-verify-server-cert=0;ssl-enforce=1;", false},
        {MYDRV_TLS_REQUIRED, "ssl-verify-server-cert=1;ssl-enforce=1;", true},
        {MYDRV_TLS_VERIFY_CA, "ssl-verify-server-cert=1;ssl-enforce=1;", false},
        {MYDRV_TLS_VERIFY_IDENTITY, "ssl-verify-server-cert=1;ssl-enforce=1;", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mydrv_settings s = tcp;
        s.tls = cases[i].mode;
        s.crl = "/crl.pem";
        char *text = connstring_of(&s);
        assert_has(text, cases[i].flags);
        (s.tls >= MYDRV_TLS_VERIFY_CA ? assert_has : assert_lacks)(text, "ssl-crl=");
        assert_int_equal(mydrv_tls_ignores_files(&s), s.tls < MYDRV_TLS_VERIFY_CA);
        if (mydrv_tls_library_decides() && cases[i].mode == MYDRV_TLS_VERIFY_IDENTITY)
            assert_has(text, "ssl-capath={/etc/ssl/certs};");
        assert_has(text, "restricted-auth={mysql_native_password,client_ed25519");
        assert_lacks(text, "clear_password");
        if (cases[i].challenge_only)
            assert_lacks(text, "sha2");
        else
            assert_has(text, "caching_sha2_password");
        free(text);
    }
}

/* A token goes in the clear, so only to a server that has proved its name, and inside of TLS. */
static void test_a_token_needs_a_proved_server(void **state)
{
    (void)state;
    for (int mode = MYDRV_TLS_DISABLED; mode <= MYDRV_TLS_VERIFY_IDENTITY; mode++)
        for (int socket = 0; socket < 2; socket++) {
            struct mydrv_settings s = tcp;
            s.token = true;
            s.tls = (enum mydrv_tls_mode)mode;
            s.use_socket = socket != 0;
            char *text = connstring_of(&s);
            if (mode == MYDRV_TLS_VERIFY_IDENTITY && !s.use_socket)
                assert_has(text, "mysql_clear_password");
            else
                assert_lacks(text, "clear_password");
            free(text);
        }
}

static void test_a_fingerprint_takes_the_place_of_the_rest(void **state)
{
    (void)state;
    struct mydrv_settings s = tcp;
    s.ca = "/ca.pem";
    s.fingerprint = "dba6d40b6423b68d8f8231ca80d4a89666310432";
    char *text = connstring_of(&s);
    assert_has(text, "ssl-fp={dba6d40b6423b68d8f8231ca80d4a89666310432};");
    assert_has(text, "ssl-verify-server-cert=0;ssl-enforce=1;");
    assert_lacks(text, "ssl-ca=");
    assert_true(mydrv_tls_ignores_files(&s));
    free(text);
}

/* Known by their spelling, these would go unchecked. */
static void test_hosts_of_this_machine_are_spelled_in_another_way(void **state)
{
    (void)state;
    static const char *const hosts[][2] = {{"localhost", "LOCALHOST"},
                                           {"127.0.0.1", "127.0.0.1"},
                                           {"::1", "0:0:0:0:0:0:0:1"},
                                           {"127.0.0.2", "127.0.0.2"},
                                           {"db.example.net", "db.example.net"}};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct mydrv_settings s = tcp;
        s.host = hosts[i][0];
        assert_string_equal(mydrv_tls_spell_host(&s), hosts[i][mydrv_tls_library_decides()]);
        s.tls = MYDRV_TLS_PREFERRED;
        assert_string_equal(mydrv_tls_spell_host(&s), hosts[i][0]);
        s.tls = MYDRV_TLS_VERIFY_IDENTITY;
        s.use_socket = true;
        assert_string_equal(mydrv_tls_spell_host(&s), hosts[i][0]);
    }
}

static void test_a_socket_has_no_tls(void **state)
{
    (void)state;
    struct mydrv_settings s = tcp;
    s.host = "localhost";
    s.socket = "/run/my.sock";
    s.use_socket = true;
    s.tls = MYDRV_TLS_PREFERRED;
    char *text = connstring_of(&s);
    assert_has(text, "socket={/run/my.sock};protocol=2;");
    assert_has(text, "ssl-enforce=0;");
    free(text);
}

static void test_contradictions(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct mydrv_settings s = tcp;
    s.tls = MYDRV_TLS_VERIFY_CA;
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "ssl_ca");
    s = tcp;
    s.tls = MYDRV_TLS_DISABLED;
    s.ca = "/etc/hostname";
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "does not use TLS");
    s = tcp;
    s.use_socket = true;
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "unix socket");
    s = tcp;
    s.crl = "/no/such/file";
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "ssl_crl '/no/such/file'");
    s.crl = NULL;
    s.ca = "/dev/null";
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "not a file in PEM form");
    s.ca = NULL;
    s.capath = "/etc/passwd";
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "not a folder");
    s = tcp;
    s.host = "127.0.0.1";
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error),
                     mydrv_tls_library_decides() && !mydrv_identity_is_looked_at()
                         ? FERRY_ERR_CONFIG
                         : FERRY_OK);
    s = tcp;
    assert_int_equal(mydrv_tls_check_settings("c", &s, &error), FERRY_OK);
}

static void test_fingerprints_and_versions(void **state)
{
    (void)state;
    static const char sha1[] = "DB:A6:D4:0B:64:23:B6:8D:8F:82:31:CA:80:D4:A8:96:66:31:04:32";
    assert_true(tls_fingerprint_is_valid(sha1));
    assert_true(tls_fingerprint_is_valid("dba6d40b6423b68d8f8231ca80d4a89666310432"));
    assert_false(tls_fingerprint_is_valid(""));
    assert_false(tls_fingerprint_is_valid("DB:A6"));
    assert_false(tls_fingerprint_is_valid(":BA6D40B6423B68D8F8231CA80D4A896663104321"));
    assert_false(tls_fingerprint_is_valid("dba6d40b6423b68d8f8231ca80d4a8966631043;"));
    assert_false(tls_fingerprint_is_valid("dba6:d40b6423b68d8f8231ca80d4a89666310432"));
    assert_false(
        tls_fingerprint_is_valid("DB:A6:D4:0B:64:23:B6:8D:8F:82:31:CA:80:D4:A8:96:66:31:04:"));
    assert_true(tls_version_is_valid("TLSv1.2,TLSv1.3"));
    assert_true(tls_version_is_valid("TLSv1.3"));
    assert_false(tls_version_is_valid("TLSv1.0"));
    assert_false(tls_version_is_valid("TLSv1.1,TLSv1.2"));
    assert_false(tls_version_is_valid("TLSv1.2;host=x"));
    assert_true(tls_version_is_valid("TLSv1.3,TLSv1.2"));
    static const char *const junk[] = {
        "",          "TLSv1.2TLSv1.3",   "TLSv1.2,",    ",TLSv1.3", "TLSv1.22", "TLSv1.2,,TLSv1.3",
        "TLSv1.3,3", "TLSv1.2, TLSv1.3", "TLSv1.2,TLS", "tlsv1.2",  "TLSv1.3.1"};
    for (size_t i = 0; i < COUNT(junk); i++)
        assert_false(tls_version_is_valid(junk[i]));
    assert_false(tls_version_is_valid(NULL));
}

static void test_login_methods_by_whole_name(void **state)
{
    (void)state;
    struct mydrv_settings s = tcp;
    const char *list = mydrv_methods_allowed(&s);
    assert_true(mydrv_methods_has(list, "mysql_native_password"));
    assert_true(mydrv_methods_has(list, "sha256_password"));
    static const char *const others[] = {"",
                                         "native",
                                         "password",
                                         "mysql_native_passwor",
                                         ",",
                                         "client_ed25519,caching_sha2_password",
                                         "dialog",
                                         "mysql_clear_password",
                                         "mysql_native_password "};
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(mydrv_methods_has(list, others[i]));
    s.tls = MYDRV_TLS_REQUIRED;
    assert_false(mydrv_methods_has(mydrv_methods_allowed(&s), "caching_sha2_password"));
    s.fingerprint = "dba6d40b6423b68d8f8231ca80d4a89666310432";
    assert_true(mydrv_methods_has(mydrv_methods_allowed(&s), "caching_sha2_password"));
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const good[] = {"localhost", "db-1.example.net", "10.0.0.1",
                                       "::1",       "fe80::1%eth0",     "my_host"};
    static const char *const bad[] = {"", "a b", "a;b", "a=b", "a,b", "x://y", "{a}", "a\n"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(mydrv_host_is_valid(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(mydrv_host_is_valid(bad[i]));
    static const char *const local[] = {"localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "::1"};
    static const char *const remote[] = {"db",  "128.0.0.1",       "10.0.0.1",
                                         "::2", "127.example.net", "localhost.example.net"};
    for (size_t i = 0; i < COUNT(local); i++)
        assert_true(mydrv_host_is_local(local[i]));
    for (size_t i = 0; i < COUNT(remote); i++)
        assert_false(mydrv_host_is_local(remote[i]));
}

static void test_seconds_round_up(void **state)
{
    (void)state;
    assert_int_equal(settings_seconds(1), 1);
    assert_int_equal(settings_seconds(1000), 1);
    assert_int_equal(settings_seconds(1001), 2);
    assert_int_equal(settings_seconds(INT64_MAX), 86400);
}

static const struct mydrv_flavour plain = {0};

static void test_reasons_of_tls_failures(void **state)
{
    (void)state;
    assert_has(mydrv_tls_explain(&plain, "TLS/SSL error: certificate has expired"), "clock");
    assert_true(mydrv_tls_was_lost("TLS/SSL error: unexpected eof while reading"));
    assert_true(mydrv_tls_was_lost("TLS/SSL error: Connection reset by peer (104)"));
    assert_false(mydrv_tls_was_lost("TLS/SSL error: certificate has expired"));
    assert_false(mydrv_tls_was_lost("TLS/SSL error: wrong version number"));
    assert_has(mydrv_tls_explain(&plain, "Validation of SSL server certificate failed"),
               "another host");
    assert_has(mydrv_tls_explain(&plain, "SSL is required, but the server does not support it"),
               "no TLS");
    assert_has(mydrv_tls_explain(&plain, "something new"), "ssl_ca");
    static const struct mydrv_tls_failure own[] = {{"expired", "own words"}};
    static const struct mydrv_flavour flavour = {.tls_failures = own, .tls_failure_count = 1};
    assert_has(mydrv_tls_explain(&flavour, "certificate has expired"), "own words");
    assert_has(mydrv_tls_explain(&flavour, "something new"), "ssl_ca");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_cannot_be_carried),
        cmocka_unit_test(test_values_in_braces),
        cmocka_unit_test(test_compression),
        cmocka_unit_test(test_options_of_each_mode),
        cmocka_unit_test(test_a_token_needs_a_proved_server),
        cmocka_unit_test(test_a_socket_has_no_tls),
        cmocka_unit_test(test_a_fingerprint_takes_the_place_of_the_rest),
        cmocka_unit_test(test_hosts_of_this_machine_are_spelled_in_another_way),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_fingerprints_and_versions),
        cmocka_unit_test(test_login_methods_by_whole_name),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_seconds_round_up),
        cmocka_unit_test(test_reasons_of_tls_failures),
    };
    return cmocka_run_group_tests_name("mysql connect", tests, NULL, NULL);
}
