/* Tests of fallback.c: which failure lets a fallback step in, and which ages are young enough. */

#include "ages.h"

/* ---- Which failures ---- */

static void test_only_unreachable_falls_back(void **state)
{
    (void)state;
    struct ferry_job job = make_job(0);
    size_t count = 0;
    const struct ferry_error_class *classes = ferry_error_classes(&count);
    for (size_t i = 0; i < count; i++) {
        const struct ferry_error error = {.status = classes[i].status};
        assert_int_equal(ferry_fallback_may_follow(&job.route, &error),
                         classes[i].status == FERRY_ERR_UNREACHABLE);
    }
    const struct ferry_error unreachable = {.status = FERRY_ERR_UNREACHABLE};
    ferry_signal_note(SIGTERM);
    assert_false(ferry_fallback_may_follow(&job.route, &unreachable));
    ferry_signal_note(0);
    assert_true(ferry_fallback_may_follow(&job.route, &unreachable));
    struct ferry_job without = job;
    without.route.fallback.source = NULL;
    assert_false(ferry_fallback_may_follow(&without.route, &unreachable));
}

/* ---- Age ---- */

/* The words for people, short and long. */
static void assert_words(const struct ferry_provenance *from, const char *age, const char *basis)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf words = {0}, more = {0};
    ferry_fallback_add_age(&words, from);
    ferry_fallback_add_basis(&more, from);
    assert_string_equal(ferry_strbuf_text(&words), age);
    assert_string_equal(ferry_strbuf_text(&more), basis);
}

#define NOON_MORE " (from 2026-01-31T12:00:00.000Z, by the record of the run that wrote them)"

static void test_words_of_ages(void **state)
{
    (void)state;
    struct ferry_provenance from = {.basis = FERRY_FRESHNESS_RECORD,
                                    .age_ms = 11520000,
                                    .data_from = "2026-01-31T12:00:00.000Z"};
    assert_words(&from, "data 3 h 12 min old", "3 h 12 min old" NOON_MORE);
    from.age_ms = 0;
    assert_words(&from, "data 0 ms old", "0 ms old" NOON_MORE);
    from.age_ms = -1;
    assert_words(&from, "data dated in the future", "dated in the future" NOON_MORE);
    from.age_ms = 61000;
    from.basis = FERRY_FRESHNESS_CHANGED;
    assert_words(&from, "data 1 min 01 s old",
                 "1 min 01 s old (from 2026-01-31T12:00:00.000Z, by the time of the last change "
                 "there, as no run has left a record)");
    from.basis = FERRY_FRESHNESS_UNKNOWN;
    assert_words(&from, "data of unknown age", "of unknown age");
}

/* What is judged of an answer; the error must be `text`, NULL: it is allowed. */
static void judge(int64_t max_age_ms, int64_t age_ms, enum ferry_freshness_basis basis,
                  const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_job job = make_job(max_age_ms);
    struct ferry_provenance from;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    answer = (struct ferry_freshness){.taken_ms = NOON - age_ms, .basis = basis};
    assert_int_equal(ferry_fallback_ask(&job.route, &task, source, &from, &error), FERRY_OK);
    assert_null(asked_table); /* the target is another place */
    assert_ptr_equal(from.fallback, fake_config);
    assert_int_equal(from.basis, basis);
    if (basis != FERRY_FRESHNESS_UNKNOWN)
        assert_int_equal(from.age_ms, age_ms < 0 && age_ms > -300000 ? 0 : age_ms);
    else
        assert_string_equal(from.data_from, "");
    ferry_status status = ferry_fallback_judge(&job.route, &task, &from, &error);
    assert_int_equal(status, error.status);
    if (text == NULL)
        assert_no_error(&error);
    else
        assert_error(&error, FERRY_ERR_UNREACHABLE, text);
    ferry_connection_close(source);
}

static void test_ages(void **state)
{
    (void)state;
    for (enum ferry_freshness_basis basis = FERRY_FRESHNESS_RECORD;
         basis <= FERRY_FRESHNESS_CHANGED; basis++) {
        judge(HOUR, HOUR, basis, NULL);
        judge(HOUR, HOUR + 1, basis,
              "its data are 1 h 00 min old (from 2026-01-31T10:59:59.999Z, by");
        judge(HOUR, 3 * HOUR, basis,
              "), and max_fallback_age allows 1 h 00 min; mend the source, or allow more");
        judge(1, 0, basis, NULL);
        judge(0, 9000 * 24 * HOUR, basis, NULL);
        judge(1, -1, basis, NULL); /* clocks of two machines */
        judge(1, -299999, basis, NULL);
        judge(HOUR, -300000, basis, "dated in the future (from 2026-01-31T12:05:00.000Z");
        judge(HOUR, -HOUR, basis,
              "), and max_fallback_age allows 1 h 00 min; \"0s\" would allow any age");
        judge(0, -HOUR, basis, NULL);
    }
    judge(HOUR, 0, FERRY_FRESHNESS_UNKNOWN,
          "of unknown age, and max_fallback_age allows 1 h 00 min; \"0s\" would allow any age");
    judge(1, 0, FERRY_FRESHNESS_UNKNOWN, "of unknown age");
    judge(0, 0, FERRY_FRESHNESS_UNKNOWN, NULL);
}

static void test_an_answer_that_fails(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_job job = make_job(HOUR);
    struct ferry_provenance from = {.age_ms = 17};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    answer = (struct ferry_freshness){.taken_ms = NOON, .basis = FERRY_FRESHNESS_RECORD};
    fake.at = "origins";
    fake.status = fake.report = FERRY_ERR_REFUSED;
    assert_int_equal(ferry_fallback_ask(&job.route, &task, source, &from, &error),
                     FERRY_ERR_REFUSED);
    assert_error(&error, FERRY_ERR_REFUSED, "origins failed");
    assert_int_equal(from.age_ms, 17);
    ferry_connection_close(source);
}

/* A moment that is none of our time says nothing, and overflows nothing. */
static void test_absurd_moments(void **state)
{
    (void)state;
    static const int64_t moments[] = {INT64_MIN,
                                      INT64_MIN + 1,
                                      INT64_MAX,
                                      INT64_MAX - 999,
                                      INT64_C(253402300800000) /* the year 10000 */,
                                      INT64_C(-62135596800000) /* the year 1 */};
    for (size_t i = 0; i < COUNT(moments); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_job job = make_job(HOUR);
        struct ferry_provenance from;
        struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
        answer = (struct ferry_freshness){.taken_ms = moments[i], .basis = FERRY_FRESHNESS_CHANGED};
        assert_int_equal(ferry_fallback_ask(&job.route, &task, source, &from, &error), FERRY_OK);
        assert_int_equal(from.basis, FERRY_FRESHNESS_UNKNOWN);
        assert_int_equal(ferry_fallback_judge(&job.route, &task, &from, &error),
                         FERRY_ERR_UNREACHABLE);
        assert_error(&error, FERRY_ERR_UNREACHABLE, "its data are of unknown age");
        ferry_connection_close(source);
    }
}

/* ---- The table itself ---- */

/* Whether the fallback that reads this counts as the target's own table. */
static bool is_target(const struct ferry_config *target, uint32_t kind, const char *text,
                      bool reads_table)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_job job = make_job(0);
    struct ferry_provenance from;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    job.route.target = target;
    task.fallback_read = (struct ferry_read){.text = text, .kind = kind};
    answer = (struct ferry_freshness){
        .taken_ms = NOON, .basis = FERRY_FRESHNESS_RECORD, .reads_table = reads_table};
    assert_int_equal(ferry_fallback_ask(&job.route, &task, source, &from, &error), FERRY_OK);
    assert_true(target == &other ? asked_table == NULL : strcmp(asked_table, "t") == 0);
    ferry_status status = ferry_fallback_judge(&job.route, &task, &from, &error);
    assert_int_equal(status, from.is_target ? FERRY_ERR_UNREACHABLE : FERRY_OK);
    if (from.is_target)
        assert_error(&error, FERRY_ERR_UNREACHABLE,
                     "it reads from the very table 't' that is to be replaced: the local copy is "
                     "kept; its data are 0 ms old" NOON_MORE);
    ferry_connection_close(source);
    return from.is_target;
}

static void test_the_table_that_is_replaced(void **state)
{
    (void)state;
    assert_true(is_target(fake_config, FERRY_READ_TABLE, "t", 0));
    assert_true(is_target(fake_config, FERRY_READ_TABLE, "T", 0));
    assert_true(is_target(fake_config, FERRY_READ_VIEW, "t", 0));
    assert_true(is_target(fake_config, FERRY_READ_VIEW, "v", 1)); /* a view of it */
    assert_true(is_target(fake_config, FERRY_READ_QUERY, "t", 1));
    assert_false(is_target(fake_config, FERRY_READ_QUERY, "t", 0)); /* whatever a query is */
    assert_false(is_target(fake_config, FERRY_READ_TABLE, "u", 0));
    assert_false(is_target(fake_config, FERRY_READ_VIEW, "v", 0));
    assert_false(is_target(&other, FERRY_READ_TABLE, "t", 0));
    assert_false(is_target(&other, FERRY_READ_TABLE, "t", 1)); /* nobody asked */
}

/* A driver without the callback: no age, and of what it reads what does least harm. */
static void test_driver_without_origins(void **state)
{
    (void)state;
    static const struct {
        struct ferry_read read;
        bool reads_table;
    } cases[] = {
        {{.text = "t", .kind = FERRY_READ_TABLE}, true},
        {{.text = "T", .kind = FERRY_READ_TABLE}, true},
        {{.text = "u", .kind = FERRY_READ_TABLE}, false},
        {{.text = "u", .kind = FERRY_READ_VIEW}, true},
        {{.text = "u", .kind = FERRY_READ_QUERY}, true},
    };
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_freshness found = {.basis = FERRY_FRESHNESS_CHANGED};
        assert_int_equal(ferry_freshness_ask(source, &cases[i].read, "t", &found, &error),
                         FERRY_OK);
        assert_int_equal(found.basis, FERRY_FRESHNESS_UNKNOWN);
        assert_int_equal(found.reads_table, cases[i].reads_table);
        assert_int_equal(ferry_freshness_ask(source, &cases[i].read, NULL, &found, &error),
                         FERRY_OK);
        assert_false(found.reads_table);
    }
    ferry_connection_close(source);
}

/* What is not there yet is no failure to look into; anything else is. */
static void test_a_copy_that_is_not_there_yet(void **state)
{
    (void)state;
    static const struct {
        ferry_status status;
        bool opened;
        bool explained;
    } cases[] = {
        {FERRY_ERR_UNREACHABLE, false, true}, {FERRY_ERR_UNREACHABLE, true, false},
        {FERRY_ERR_NOT_FOUND, true, true},    {FERRY_ERR_REFUSED, false, false},
        {FERRY_ERR_BUSY, true, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int own = 0; own <= 1; own++) {
            struct ferry_error error = {0};
            struct ferry_job job = make_job(0);
            job.route.target = own ? fake_config : &other;
            (void)ferry_fail(&error, cases[i].status, "as it was");
            ferry_status status = ferry_fallback_explain(&job, cases[i].opened, &error);
            assert_int_equal(status, error.status);
            if (own && cases[i].explained)
                assert_error(&error, FERRY_ERR_UNREACHABLE, "is not there yet");
            else
                assert_error(&error, cases[i].status, "as it was");
        }
}

/* ---- Telling ---- */

static void warns(const struct ferry_read *read, const char *expected)
{
    const struct ferry_job job = make_job(0);
    task.fallback_read = *read;
    warns_of(&job, expected);
}

static void test_the_warning(void **state)
{
    (void)state;
    warns(&(struct ferry_read){.text = "orders", .kind = FERRY_READ_VIEW},
          "source 'other' is not reached (no route); reading 'orders' from fallback 'main' "
          "instead: its data are of unknown age\n");
    warns(&(struct ferry_read){.text = "SELECT 1", .kind = FERRY_READ_QUERY},
          "source 'other' is not reached (no route); reading the fallback_query from fallback "
          "'main' instead: its data are of unknown age\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_only_unreachable_falls_back),
        WITH_FAKE(test_words_of_ages),
        WITH_FAKE(test_ages),
        WITH_FAKE(test_an_answer_that_fails),
        WITH_FAKE(test_absurd_moments),
        WITH_FAKE(test_the_table_that_is_replaced),
        WITH_FAKE(test_driver_without_origins),
        WITH_FAKE(test_a_copy_that_is_not_there_yet),
        WITH_FAKE(test_the_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
