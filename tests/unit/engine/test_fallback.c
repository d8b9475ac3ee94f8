/* Tests of fallback.c: which failure lets a fallback step in, and which ages are young enough. */

#include "fake.h"

#include "engine/fallback.h"

/* What the fake tells of its rows. */
static struct ferry_freshness answer;
static const char *asked_table;

static ferry_status origins(void *conn, const struct ferry_read *read, const char *table,
                            struct ferry_origins *told, struct ferry_error *err)
{
    assert_ptr_equal(conn, &fake);
    assert_non_null(read->text);
    asked_table = table;
    if (answer.reads_table)
        ferry_origins_include(told);
    if (answer.basis == FERRY_FRESHNESS_CHANGED)
        ferry_origins_changed(told, answer.taken_ms);
    return ferry_origins_add(told, read->text, err);
}

static ferry_status record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    char moment[FERRY_CLOCK_TEXT];
    assert_ptr_equal(conn, &fake);
    assert_non_null(table);
    if (answer.basis != FERRY_FRESHNESS_RECORD)
        return FERRY_OK;
    ferry_clock_print(answer.taken_ms, moment);
    return ferry_record_set(record, FERRY_RECORD_DATA_FROM, moment, err);
}

static char other_name[] = "other";
static struct ferry_config other = {.name = other_name};

static struct ferry_job make_job(int64_t max_age_ms)
{
    other.driver = &fake_handle;
    fake_handle.source.origins = origins;
    fake_handle.driver.record_read = record_read;
    const struct ferry_job job = {
        .name = "job",
        .route.source = &other,
        .route.target = &other,
        .task.read = {.text = "v", .kind = FERRY_READ_VIEW},
        .route.fallback = {.name = "main", .source = fake_config, .max_age_ms = max_age_ms},
        .task.fallback_read = {.text = "t", .kind = FERRY_READ_TABLE},
        .task.table = "t",
    };
    return job;
}

/* ---- Which failures ---- */

static void test_only_unreachable_falls_back(void **state)
{
    (void)state;
    struct ferry_job job = make_job(0);
    size_t count = 0;
    const struct ferry_error_class *classes = ferry_error_classes(&count);
    for (size_t i = 0; i < count; i++) {
        const struct ferry_error error = {.status = classes[i].status};
        assert_int_equal(ferry_fallback_may_follow(&job, &error),
                         classes[i].status == FERRY_ERR_UNREACHABLE);
    }
    const struct ferry_error unreachable = {.status = FERRY_ERR_UNREACHABLE};
    struct ferry_job without = job;
    without.route.fallback.source = NULL;
    assert_false(ferry_fallback_may_follow(&without, &unreachable));
}

/* ---- Age ---- */

/* What is judged of an answer; the error must hold `text`, NULL: it is allowed. */
static void judge(int64_t max_age_ms, int64_t age_ms, enum ferry_freshness_basis basis,
                  const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf words = {0};
    const struct ferry_job job = make_job(max_age_ms);
    struct ferry_provenance from;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    answer = (struct ferry_freshness){.taken_ms = ferry_clock_wall_ms() - age_ms, .basis = basis};
    assert_int_equal(ferry_fallback_ask(&job, source, &from, &error), FERRY_OK);
    assert_null(asked_table); /* the target is another place */
    assert_ptr_equal(from.fallback, fake_config);
    (void)ferry_fallback_judge(&job, &from, &error);
    ferry_fallback_add_basis(&words, &from);
    ferry_fallback_add_age(&words, &from);
    if (text == NULL)
        assert_no_error(&error);
    else
        assert_error(&error, FERRY_ERR_UNREACHABLE, text);
    ferry_connection_close(source);
}

#define HOUR INT64_C(3600000)

static void test_ages(void **state)
{
    (void)state;
    for (enum ferry_freshness_basis basis = FERRY_FRESHNESS_RECORD;
         basis <= FERRY_FRESHNESS_CHANGED; basis++) {
        judge(HOUR, HOUR - 5000, basis, NULL);
        judge(HOUR, HOUR + 1, basis, "its data are 1 h 00 min old (from 20");
        judge(0, 9000 * 24 * HOUR, basis, NULL);
        judge(HOUR, -60000, basis, NULL); /* clocks of two machines */
        judge(HOUR, -HOUR, basis, "dated in the future");
        judge(0, -HOUR, basis, NULL);
    }
    judge(HOUR, 0, FERRY_FRESHNESS_UNKNOWN, "of unknown age");
    judge(0, 0, FERRY_FRESHNESS_UNKNOWN, NULL);
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
        assert_int_equal(ferry_fallback_ask(&job, source, &from, &error), FERRY_OK);
        assert_int_equal(ferry_fallback_judge(&job, &from, &error), FERRY_ERR_UNREACHABLE);
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
    job.task.fallback_read = (struct ferry_read){.text = text, .kind = kind};
    answer = (struct ferry_freshness){.taken_ms = ferry_clock_wall_ms(),
                                      .basis = FERRY_FRESHNESS_RECORD,
                                      .reads_table = reads_table};
    assert_int_equal(ferry_fallback_ask(&job, source, &from, &error), FERRY_OK);
    assert_true(target == &other ? asked_table == NULL : strcmp(asked_table, "t") == 0);
    ferry_status status = ferry_fallback_judge(&job, &from, &error);
    assert_int_equal(status, from.is_target ? FERRY_ERR_UNREACHABLE : FERRY_OK);
    if (from.is_target)
        assert_error(&error, FERRY_ERR_UNREACHABLE, "the local copy is kept; its data are ");
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
            (void)ferry_fallback_explain(&job, cases[i].opened, &error);
            if (own && cases[i].explained)
                assert_error(&error, FERRY_ERR_UNREACHABLE, "is not there yet");
            else
                assert_error(&error, cases[i].status, "as it was");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_only_unreachable_falls_back),
        WITH_FAKE(test_ages),
        WITH_FAKE(test_absurd_moments),
        WITH_FAKE(test_the_table_that_is_replaced),
        WITH_FAKE(test_driver_without_origins),
        WITH_FAKE(test_a_copy_that_is_not_there_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
