/* Tests of session.c: in which order the sides of a run are opened and closed, when its fallback
 * takes the place of its source, and what is told of a failure. */

#include "fake.h"
#include "logged.h"

#include "base/log.h"
#include "engine/session.h"

static char spare_name[] = "spare", far_name[] = "far";
static struct ferry_config spare = {.name = spare_name}, far = {.name = far_name};

/* What was called, in this order. */
static char trace[500];

static void note(const char *what, const char *name)
{
    size_t length = strlen(trace);
    (void)snprintf(trace + length, sizeof trace - length, "%s%s %s", length > 0 ? ", " : "", what,
                   name);
}

/* What the driver does wrong, by the name of the connection. */
static struct {
    const char *connect, *snapshot; /* those that fail ... */
    ferry_status status;            /* ... so */
} wrong;

static ferry_status fail_at(const char *what, const char *name, const char *broken,
                            struct ferry_error *err)
{
    note(what, name);
    if (broken == NULL || strcmp(broken, name) != 0)
        return FERRY_OK;
    return ferry_fail(err, wrong.status, "no %s of %s", what, name);
}

static ferry_status connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err)
{
    static const char *const words[] = {
        [FERRY_ROLE_SOURCE] = "read",
        [FERRY_ROLE_TARGET] = "write",
        [FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK] = "look into",
        [FERRY_ROLE_TARGET | FERRY_ROLE_LOOK] = "look at",
    };
    assert_true(role < COUNT(words) && words[role] != NULL);
    ferry_status status = fail_at(words[role], config->name, wrong.connect, err);
    *ret_conn = status == FERRY_OK ? config->name : NULL;
    return status;
}

static void disconnect(void *conn)
{
    note("leave", conn);
}

static ferry_status snapshot_begin(void *conn, struct ferry_error *err)
{
    return fail_at("snapshot", conn, wrong.snapshot, err);
}

static void snapshot_end(void *conn)
{
    note("release", conn);
}

static void cancel(void *conn)
{
    (void)conn;
}

static const struct ferry_option limits[] = {
    {.name = "run_timeout", .type = FERRY_OPTION_DURATION, .default_value = "50ms", .help = "all"},
    {.name = "stall_timeout", .type = FERRY_OPTION_DURATION, .default_value = "7s", .help = "some"},
};

/* The only table of the job; another one beside it. */
static struct ferry_task tasks[] = {
    {.fallback_read = {.text = "there", .kind = FERRY_READ_TABLE}, .table = "orders"},
    {.fallback_read = {.text = "there", .kind = FERRY_READ_TABLE}, .table = "items"},
};
static struct ferry_job job;

static int setup(void **state)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)fake_setup(state);
    fake_handle.driver.connect = connect;
    fake_handle.driver.disconnect = disconnect;
    fake_handle.driver.cancel = cancel;
    fake_handle.source.snapshot_begin = snapshot_begin;
    fake_handle.source.snapshot_end = snapshot_end;
    spare.driver = far.driver = &fake_handle;
    assert_true(ferry_config_add_options(fake_config, limits, COUNT(limits)));
    assert_int_equal(ferry_config_finish(fake_config, &origin, &error), FERRY_OK);
    job = (struct ferry_job){
        .name = "job",
        .route = {.source = fake_config, .target = &far},
        .tasks = tasks,
        .task_count = 1,
    };
    memset(&wrong, 0, sizeof wrong);
    trace[0] = '\0';
    log_begin();
    return 0;
}

static int teardown(void **state)
{
    log_end();
    return fake_teardown(state);
}

static void assert_logged(const char *line)
{
    char *text = read_file(log_path);
    if (strstr(text, line) == NULL)
        fail_msg("'%s' is not in: %s", line, text);
    free(text);
}

/* ---- Opening and closing ---- */

static void test_both_sides(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_session session = {.job = &job};
    assert_int_equal(ferry_session_open_source(&session, &error), FERRY_OK);
    assert_non_null(session.source);
    assert_true(session.snapshot);
    assert_ptr_equal(session.reads_from, fake_config);
    assert_null(session.from.fallback);
    assert_false(session.fell_back);
    assert_int_equal(ferry_session_open_target(&session, &error), FERRY_OK);
    assert_non_null(session.target);
    ferry_session_close(&session);
    assert_null(session.source);
    assert_null(session.target);
    ferry_session_close(&session); /* nothing is left to close */
    assert_string_equal(trace, "read main, snapshot main, write far, release main, leave main, "
                               "leave far");
    assert_logged(" source: connecting to source 'main'\n");
    assert_logged(" source: source 'main' is connection 'main'\n");
    assert_logged(" target: target 'far' is connection 'far', table 'orders'\n");
    assert_no_error(&error);
}

/* The source goes while the target has still to do. */
static void test_the_source_alone(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_session session = {.job = &job};
    job.task_count = 2;
    (void)ferry_session_open_source(&session, &error);
    (void)ferry_session_open_target(&session, &error);
    assert_no_error(&error);
    ferry_session_close_source(&session);
    assert_null(session.source);
    assert_false(session.snapshot);
    assert_string_equal(trace, "read main, snapshot main, write far, release main, leave main");
    assert_non_null(session.target);
    ferry_session_close_source(&session);
    ferry_session_close(&session);
    assert_string_equal(trace, "read main, snapshot main, write far, release main, leave main, "
                               "leave far");
    assert_logged("connection 'far', 2 tables\n");
}

/* Where nothing is to be written, both drivers are told. */
static void test_a_look(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_session session = {.job = &job, .looks = true};
    (void)ferry_session_open_source(&session, &error);
    (void)ferry_session_open_target(&session, &error);
    assert_no_error(&error);
    ferry_session_close(&session);
    assert_string_equal(trace, "look into main, snapshot main, look at far, release main, "
                               "leave main, leave far");
}

static void test_what_cannot_be_opened(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_session session = {.job = &job, .may_fall_back = true};
        trace[0] = '\0';
        wrong.connect = i == 0 ? "main" : i == 2 ? "far" : NULL;
        wrong.snapshot = i == 1 ? "main" : NULL;
        wrong.status = FERRY_ERR_REFUSED;
        ferry_status status = ferry_session_open_source(&session, &error);
        assert_int_equal(status, i == 2 ? FERRY_OK : FERRY_ERR_REFUSED);
        assert_int_equal(session.snapshot, i == 2);
        if (i == 2)
            status = ferry_session_open_target(&session, &error);
        assert_int_equal(status, FERRY_ERR_REFUSED);
        assert_null(session.target);
        assert_error(&error, FERRY_ERR_REFUSED,
                     i == 0   ? "no read of main"
                     : i == 1 ? "no snapshot of main"
                              : "no write of far");
        ferry_session_close(&session);
        assert_string_equal(trace, i == 0   ? "read main"
                                   : i == 1 ? "read main, snapshot main, leave main"
                                            : "read main, snapshot main, write far, release main, "
                                              "leave main");
    }
}

/* ---- The fallback ---- */

static void test_the_fallback_takes_its_place(void **state)
{
    (void)state;
    for (int opened = 0; opened <= 1; opened++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_retry retry = {.attempt = 3};
        struct ferry_session session = {.job = &job, .may_fall_back = true, .retry = &retry};
        trace[0] = '\0';
        job.route.fallback.source = &spare;
        *(opened ? &wrong.snapshot : &wrong.connect) = "main";
        *(opened ? &wrong.connect : &wrong.snapshot) = NULL;
        wrong.status = FERRY_ERR_UNREACHABLE;
        assert_int_equal(ferry_session_open_source(&session, &error), FERRY_OK);
        assert_no_error(&error);
        assert_true(session.fell_back);
        assert_true(session.snapshot);
        assert_ptr_equal(session.reads_from, &spare);
        assert_ptr_equal(session.from.fallback, &spare);
        assert_int_equal(session.unreached.status, FERRY_ERR_UNREACHABLE);
        assert_non_null(
            strstr(session.unreached.message, opened ? "no snapshot of main" : "no read of main"));
        assert_ptr_equal(strstr(session.unreached.message, "after 3 attempts in "),
                         session.unreached.message);
        assert_logged(opened ? "no snapshot of main); reading 'there' from fallback 'spare' instead"
                             : "no read of main); reading 'there' from fallback 'spare' instead");
        ferry_session_close(&session);
        assert_null(session.unreached.message);
        assert_string_equal(trace, opened ? "read main, snapshot main, leave main, read spare, "
                                            "snapshot spare, release spare, leave spare"
                                          : "read main, read spare, snapshot spare, release spare, "
                                            "leave spare");
    }
}

/* Each of these alone keeps the run with its source. */
static void test_no_fallback(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_retry retry = {.attempt = 1, .source.most = i == 3, .broke_off = i == 4};
        struct ferry_session session = {.job = &job, .may_fall_back = i != 0, .retry = &retry};
        trace[0] = '\0';
        job.route.fallback.source = i == 1 ? NULL : &spare;
        wrong.connect = "main";
        wrong.status = i == 2 ? FERRY_ERR_REFUSED : FERRY_ERR_UNREACHABLE;
        assert_int_equal(ferry_session_open_source(&session, &error), wrong.status);
        assert_error(&error, wrong.status, "no read of main");
        assert_ptr_equal(session.reads_from, fake_config);
        assert_false(session.fell_back);
        assert_int_equal(session.unreached.status, FERRY_OK);
        assert_string_equal(trace, "read main");
        ferry_session_close(&session);
    }
}

/* Neither the source nor its fallback: both are told, the source first. */
static void falls_back_in_vain(const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_session session = {.job = &job, .may_fall_back = true};
    job.route.fallback.source = &spare;
    wrong.status = FERRY_ERR_UNREACHABLE;
    assert_int_equal(ferry_session_open_source(&session, &error), FERRY_ERR_UNREACHABLE);
    assert_false(session.fell_back);
    assert_ptr_equal(session.reads_from, &spare);
    assert_int_equal(session.unreached.status, FERRY_ERR_UNREACHABLE);
    assert_int_equal(ferry_session_explain(&session, false, 0, &error), FERRY_ERR_UNREACHABLE);
    assert_int_equal(error.status, FERRY_ERR_UNREACHABLE);
    assert_string_equal(error.message, text);
    ferry_session_close(&session);
}

static void test_a_fallback_that_is_too_old(void **state)
{
    (void)state;
    wrong.connect = "main";
    job.route.fallback.max_age_ms = 1000;
    falls_back_in_vain("no read of main; fallback 'spare': its data are of unknown age, and "
                       "max_fallback_age allows 1.0 s; \"0s\" would allow any age");
}

/* One that is the target itself is not there yet where nobody answers; else it is what it was. */
static void test_a_fallback_that_cannot_be_opened(void **state)
{
    (void)state;
    struct ferry_task own = {.fallback_read = {.text = "orders", .kind = FERRY_READ_TABLE},
                             .table = "orders"};
    job.tasks = &own;
    job.route.target = &spare;
    job.route.source = fake_config;
    wrong.connect = "main";
    wrong.snapshot = "spare";
    falls_back_in_vain("no read of main; fallback 'spare': no snapshot of spare");
    job.route.source = &spare; /* so that one and the same is missing twice */
    wrong.connect = "spare";
    falls_back_in_vain("no read of spare; fallback 'spare': it is the very table 'orders' that is "
                       "to be replaced, and that is not there yet");
}

/* ---- What is told of a failure ---- */

/* A session of which both sides are open, but for a source that was closed. */
static void open_both(struct ferry_session *session, bool has_source)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *session = (struct ferry_session){.job = &job};
    (void)ferry_session_open_source(session, &error);
    (void)ferry_session_open_target(session, &error);
    assert_no_error(&error);
    if (!has_source)
        ferry_session_close_source(session);
}

/* What becomes of an error of this class when the connections were cancelled for these reasons. */
static void explains(enum ferry_cancel_reason source, enum ferry_cancel_reason target,
                     bool committing, ferry_status status, ferry_status expected, const char *text)
{
    struct ferry_session session;
    struct ferry_error error = {0};
    open_both(&session, source != FERRY_CANCEL_NONE);
    if (source != FERRY_CANCEL_NONE)
        ferry_connection_cancel(session.source, source);
    if (target != FERRY_CANCEL_NONE)
        ferry_connection_cancel(session.target, target);
    (void)ferry_fail(&error, status, "as it was");
    assert_int_equal(ferry_session_explain(&session, committing, 17, &error), expected);
    assert_error(&error, expected, text);
    ferry_session_close(&session);
}

static void test_the_limit_is_told(void **state)
{
    (void)state;
    const char *stalled = "source 'main' sent nothing for 7.0 s, after 17 rows;";
    const char *late = "the run from source 'main' took longer than 50 ms, at row 17;";
    explains(FERRY_CANCEL_STALL, FERRY_CANCEL_PEER, false, FERRY_ERR_CANCELLED, FERRY_ERR_STREAM,
             stalled);
    explains(FERRY_CANCEL_PEER, FERRY_CANCEL_DEADLINE, false, FERRY_ERR_TARGET_IO,
             FERRY_ERR_TARGET_IO, "as it was");
    explains(FERRY_CANCEL_NONE, FERRY_CANCEL_DEADLINE, false, FERRY_ERR_TARGET_IO, FERRY_ERR_STREAM,
             late);
    explains(FERRY_CANCEL_NONE, FERRY_CANCEL_NONE, false, FERRY_ERR_BUSY, FERRY_ERR_BUSY,
             "as it was");
}

/* Of a commit, only where nothing but the cancel is known. */
static void test_a_commit_that_was_stopped(void **state)
{
    (void)state;
    explains(FERRY_CANCEL_NONE, FERRY_CANCEL_DEADLINE, true, FERRY_ERR_CANCELLED, FERRY_ERR_STREAM,
             "took longer than 50 ms");
    explains(FERRY_CANCEL_NONE, FERRY_CANCEL_DEADLINE, true, FERRY_ERR_BUSY, FERRY_ERR_BUSY,
             "as it was");
}

/* A run that has read from its fallback says so, whatever fails later. */
static void test_a_run_from_the_fallback(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_session session = {.job = &job, .may_fall_back = true};
    job.route.fallback.source = &spare;
    wrong.connect = "main";
    wrong.status = FERRY_ERR_UNREACHABLE;
    assert_int_equal(ferry_session_open_source(&session, &error), FERRY_OK);
    (void)ferry_fail(&error, FERRY_ERR_DATA, "a row is broken");
    assert_int_equal(ferry_session_explain(&session, false, 0, &error), FERRY_ERR_DATA);
    assert_string_equal(error.message, "no read of main; with fallback 'spare': a row is broken");
    ferry_error_clear(&error);
    ferry_connection_cancel(session.source, FERRY_CANCEL_STALL);
    (void)ferry_fail(&error, FERRY_ERR_CANCELLED, "cancelled");
    assert_int_equal(ferry_session_explain(&session, false, 3, &error), FERRY_ERR_STREAM);
    assert_error(&error, FERRY_ERR_STREAM,
                 "no read of main; with fallback 'spare': source 'spare' sent nothing for 7.0 s, "
                 "after 3 rows;");
    ferry_session_close(&session);
}

/* ---- Connections that others share ---- */

static bool is_logged(const char *text)
{
    char *log = read_file(log_path);
    bool found = strstr(log, text) != NULL;
    free(log);
    return found;
}

/* One job after another; what becomes of the connections in between. */
static void open_next(struct ferry_session *session)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *session = (struct ferry_session){.job = &job};
    trace[0] = '\0';
    (void)ferry_session_open_source(session, &error);
    (void)ferry_session_open_target(session, &error);
    assert_no_error(&error);
    assert_non_null(session->source);
    assert_non_null(session->target);
}

static void test_what_is_shared_stays_open(void **state)
{
    (void)state;
    struct ferry_shared shared = {.target_role = FERRY_ROLE_TARGET};
    struct ferry_session session;
    job.shared = &shared;
    open_next(&session);
    assert_string_equal(trace, "read main, snapshot main, write far");
    ferry_session_close_source(&session);
    ferry_session_close(&session);
    assert_string_equal(trace, "read main, snapshot main, write far");
    open_next(&session); /* the next one */
    assert_string_equal(trace, "");
    assert_ptr_equal(session.source, shared.source);
    assert_ptr_equal(session.target, shared.target);
    ferry_session_close(&session);
    ferry_shared_close(&shared);
    assert_string_equal(trace, "release main, leave main, leave far");
    ferry_shared_close(&shared); /* nothing is left */
    job.shared = NULL;
}

/* After a failure of a table the target begins anew; the source only where it was in the midst of
 * its rows, and then the snapshot is another one. */
static void test_what_is_lost_is_opened_again(void **state)
{
    (void)state;
    struct ferry_shared shared = {.target_role = FERRY_ROLE_TARGET};
    struct ferry_session session;
    job.shared = &shared;
    open_next(&session);
    ferry_session_lose(&session, false);
    assert_string_equal(trace, "read main, snapshot main, write far, leave far");
    ferry_session_close(&session);
    open_next(&session);
    assert_string_equal(trace, "write far");
    assert_false(is_logged("another snapshot"));
    ferry_session_lose(&session, true);
    assert_string_equal(trace, "write far, leave far, release main, leave main");
    ferry_session_close(&session);
    open_next(&session);
    assert_string_equal(trace, "read main, snapshot main, write far");
    assert_true(is_logged("from this table on, source 'main' is read in another snapshot"));
    ferry_session_close(&session);
    ferry_shared_close(&shared);
    job.shared = NULL;
}

static int is_usable(void *conn)
{
    (void)conn;
    return 0;
}

/* A driver says of a connection that a failure has cost it. */
static void test_what_is_of_no_use_is_opened_again(void **state)
{
    (void)state;
    struct ferry_shared shared = {.target_role = FERRY_ROLE_TARGET};
    struct ferry_session session;
    job.shared = &shared;
    open_next(&session);
    ferry_session_close_source(&session);
    ferry_session_close(&session);
    fake_handle.driver.is_usable = is_usable;
    open_next(&session);
    assert_string_equal(trace,
                        "release main, leave main, read main, snapshot main, leave far, write far");
    assert_true(is_logged("from this table on, source 'main' is read in another snapshot"));
    fake_handle.driver.is_usable = NULL;
    ferry_session_close(&session);
    ferry_shared_close(&shared);
    job.shared = NULL;
}

/* A job that shares nothing has lost nothing. */
static void test_who_is_alone_loses_nothing(void **state)
{
    (void)state;
    struct ferry_session session;
    open_next(&session);
    ferry_session_lose(&session, true);
    assert_non_null(session.source);
    ferry_session_close(&session);
    assert_string_equal(trace, "read main, snapshot main, write far, release main, leave main, "
                               "leave far");
}

#define WITH_SESSION(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SESSION(test_both_sides),
        WITH_SESSION(test_the_source_alone),
        WITH_SESSION(test_a_look),
        WITH_SESSION(test_what_cannot_be_opened),
        WITH_SESSION(test_the_fallback_takes_its_place),
        WITH_SESSION(test_no_fallback),
        WITH_SESSION(test_a_fallback_that_is_too_old),
        WITH_SESSION(test_a_fallback_that_cannot_be_opened),
        WITH_SESSION(test_the_limit_is_told),
        WITH_SESSION(test_a_commit_that_was_stopped),
        WITH_SESSION(test_a_run_from_the_fallback),
        WITH_SESSION(test_what_is_shared_stays_open),
        WITH_SESSION(test_what_is_lost_is_opened_again),
        WITH_SESSION(test_what_is_of_no_use_is_opened_again),
        WITH_SESSION(test_who_is_alone_loses_nothing),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
