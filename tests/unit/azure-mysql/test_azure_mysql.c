/* Tests of the azure-mysql driver: which hosts it takes, and that its words for errors change none
 * of the classes of the mysql driver.
 */

#include "unit.h"

#include "../../../plugins/azure-mysql/azure_mysql.c"

static void test_addresses(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1", "10.1",      "3232235777",    "::1",
                                            "fe80::1",   "a:b",       "1.2.3.4",       "fleet.1",
                                            "fe80::1%e", "example.0", "fleet.net:3306"};
    static const char *const names[] = {"fleet.mysql.database.azure.com",
                                        "1.2.3.example",
                                        "fleet.example.c0m",
                                        "localhost",
                                        "fleet",
                                        "a.b."};
    for (size_t i = 0; i < COUNT(addresses); i++)
        if (!azure_is_address(addresses[i]))
            fail_msg("%s is an address", addresses[i]);
    for (size_t i = 0; i < COUNT(names); i++)
        if (azure_is_address(names[i]))
            fail_msg("%s is a name", names[i]);
}

static ferry_status common_class(unsigned code, unsigned phase)
{
    static const struct mydrv_flavour plain = {0};
    const char *hint = NULL;
    return mydrv_fault_class(&plain, code, (enum mydrv_phase)phase, &hint);
}

/* Where the mysql driver has a class for an error, this one has words for it only. */
static void test_classes_are_those_of_mysql(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(azure_faults); i++) {
        const struct mydrv_fault *fault = &azure_faults[i];
        bool listed = false;
        assert_true(strlen(fault->hint) > 20);
        for (unsigned phase = MYDRV_CONNECTING; phase <= MYDRV_LOADING; phase <<= 1) {
            const char *hint = NULL;
            if ((fault->phases & phase) == 0)
                continue;
            ferry_status status =
                mydrv_fault_class(&azure_flavour, fault->code, (enum mydrv_phase)phase, &hint);
            assert_ptr_equal(hint, fault->hint);
            if (fault->status == MYDRV_AS_LISTED)
                assert_int_equal(status, common_class(fault->code, phase));
            else
                assert_int_equal(status, fault->status);
            /* 65535 is nobody's number: "not listed". */
            listed = listed || common_class(fault->code, phase) != common_class(65535, phase);
        }
        if (listed && fault->status != MYDRV_AS_LISTED)
            fail_msg("error %u has a class in both lists", fault->code);
    }
}

/* A row that an earlier one hides would never be seen. */
static void test_no_row_hides_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(azure_faults); i++)
        for (size_t j = i + 1; j < COUNT(azure_faults); j++)
            if (azure_faults[i].code == azure_faults[j].code)
                assert_int_equal(azure_faults[i].phases & azure_faults[j].phases, 0);
}

static void test_tls_failures_lead_to_the_roots(void **state)
{
    (void)state;
    static const char *const untrusted[] = {
        "TLS/SSL error: unable to get local issuer certificate",
        "TLS/SSL error: unable to verify the first certificate",
        "TLS/SSL error: self-signed certificate in certificate chain",
        "TLS/SSL error: certificate verify failed",
        "Certificate is not trusted",
    };
    for (size_t i = 0; i < COUNT(untrusted); i++) {
        const char *meaning = mydrv_tls_explain(&azure_flavour, untrusted[i]);
        assert_non_null(strstr(meaning, "DigiCert Global Root G2"));
        assert_non_null(strstr(meaning, "Microsoft RSA Root Certificate Authority 2017"));
        assert_non_null(strstr(meaning, "ca-certificates"));
    }
    assert_non_null(strstr(mydrv_tls_explain(&azure_flavour, "certificate has expired"), "clock"));
    /* The mysql driver's advice to take a weaker mode is none here. */
    const char *plain = mydrv_tls_explain(&azure_flavour, "the server does not support it");
    assert_null(strstr(plain, "ssl_mode"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_classes_are_those_of_mysql),
        cmocka_unit_test(test_no_row_hides_another),
        cmocka_unit_test(test_tls_failures_lead_to_the_roots),
    };
    return cmocka_run_group_tests_name("azure-mysql", tests, NULL, NULL);
}
