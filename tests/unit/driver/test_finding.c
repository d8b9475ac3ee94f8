/* Tests of finding.c: what a driver finds, kept and held against what it must say. */

#include "fake.h"

#include "driver/finding.h"

static ferry_status (*find)(struct ferry_findings *findings, struct ferry_error *err);

static ferry_status examine(void *conn, const struct ferry_examination *examination,
                            struct ferry_findings *findings, struct ferry_error *err)
{
    (void)conn;
    assert_non_null(examination);
    return find(findings, err);
}

static ferry_status ask(ferry_status (*how)(struct ferry_findings *, struct ferry_error *),
                        struct ferry_findings *findings, struct ferry_error *error)
{
    const struct ferry_examination examination = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake_handle.driver.examine = examine;
    find = how;
    ferry_status status = ferry_connection_examine(source, &examination, findings, error);
    ferry_connection_close(source);
    return status;
}

static ferry_status find_three(struct ferry_findings *findings, struct ferry_error *err)
{
    char text[] = "free";
    ferry_status status = ferry_finding_ok(findings, err, "disk", "%d %s", 5, text);
    memset(text, 'x', sizeof text - 1); /* copies were kept */
    if (status == FERRY_OK)
        status = ferry_finding_warn(findings, err, "clock", "set it", "late");
    if (status == FERRY_OK)
        status = ferry_finding_fail(findings, err, FERRY_ERR_REFUSED, "rights", "GRANT", "none");
    return status;
}

static void test_what_was_found_is_kept(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_findings findings = {.about = "source 'x'"};
    assert_int_equal(ask(find_three, &findings, &error), FERRY_OK);
    assert_int_equal(findings.count, 3);
    assert_string_equal(findings.list[0].subject, "source 'x', disk");
    assert_string_equal(findings.list[0].text, "5 free");
    assert_string_equal(findings.list[0].mend, "");
    assert_int_equal(findings.list[0].level, FERRY_FINDING_OK);
    assert_string_equal(findings.list[1].mend, "set it");
    assert_int_equal(findings.list[1].level, FERRY_FINDING_WARNING);
    assert_int_equal(findings.list[1].status, FERRY_OK);
    assert_int_equal(findings.list[2].level, FERRY_FINDING_FAILURE);
    assert_int_equal(findings.list[2].status, FERRY_ERR_REFUSED);
    ferry_findings_done(&findings);
    assert_int_equal(findings.count, 0);
}

static ferry_status find_without_mend(struct ferry_findings *findings, struct ferry_error *err)
{
    return ferry_finding_warn(findings, err, "clock", NULL, "late");
}

static ferry_status find_without_word(struct ferry_findings *findings, struct ferry_error *err)
{
    return ferry_finding_fail(findings, err, FERRY_ERR_DATA, "clock", "", "late");
}

static ferry_status find_without_subject(struct ferry_findings *findings, struct ferry_error *err)
{
    return ferry_finding_ok(findings, err, "", "late");
}

static ferry_status find_without_text(struct ferry_findings *findings, struct ferry_error *err)
{
    return ferry_finding_ok(findings, err, "clock", "%s", "");
}

static ferry_status find_of_no_class(struct ferry_findings *findings, struct ferry_error *err)
{
    return ferry_finding_fail(findings, err, FERRY_OK, "clock", "set it", "late");
}

static ferry_status find_of_unknown_class(struct ferry_findings *findings, struct ferry_error *err)
{
    return ferry_finding_fail(findings, err, 99, "clock", "set it", "late");
}

static void test_what_says_nothing_is_refused(void **state)
{
    (void)state;
    static const struct {
        ferry_status (*find)(struct ferry_findings *findings, struct ferry_error *err);
        const char *lacks;
    } cases[] = {
        {find_without_mend, "without a word of what to do"},
        {find_without_word, "without a word of what to do"},
        {find_without_subject, "without a subject"},
        {find_without_text, "without a text"},
        {find_of_no_class, "without a class"},
        {find_of_unknown_class, "without a class"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_error error = {0};
        struct ferry_findings findings = {0};
        assert_int_equal(ask(cases[i].find, &findings, &error), FERRY_ERR_INTERNAL);
        assert_error(&error, FERRY_ERR_INTERNAL, cases[i].lacks);
        assert_int_equal(findings.count, 0);
        ferry_findings_done(&findings);
    }
}

/* A driver that looks for nothing. */
static void test_without_the_callback_nothing_is_found(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_examination examination = {0};
    struct ferry_findings findings = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    assert_int_equal(ferry_connection_examine(source, &examination, &findings, &error), FERRY_OK);
    assert_int_equal(findings.count, 0);
    ferry_connection_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_what_was_found_is_kept),
        WITH_FAKE(test_what_says_nothing_is_refused),
        WITH_FAKE(test_without_the_callback_nothing_is_found),
    };
    return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
