/* Two runs in one process, each with a driver that says in the log which run it is called for. */

#ifndef FERRY_UNIT_ENGINE_TWO_RUNS_H
#define FERRY_UNIT_ENGINE_TWO_RUNS_H

#include "fake.h"

#include <signal.h>

#include "base/context.h"
#include "base/log.h"
#include "engine/sync.h"
#include "engine/watch.h"

static char *folder, *path; /* of the log */

#define ROWS 10 /* at least, of a run that succeeds */

/* A run, and the connections of its source and its target, which are one to the driver. */
struct side {
    const char *job;
    const char *waits_at; /* the callback that returns when it is cancelled; NULL: none */
    bool asks;            /* it returns when ferry_should_stop() says so */
    long pause_ms;        /* the first row takes so long */
    struct side *after;   /* the run whose end the last row comes behind; NULL: none */
    const char *run_timeout, *stall_timeout;
    struct ferry_option options[2];
    struct ferry_config *config;
    uint64_t rows; /* that the source has given */
    atomic_bool waits, cancelled, over;
    atomic_bool told_to_stop; /* by ferry_should_stop() */
    bool late_afterwards;     /* the limit still held when the run was over */
    atomic_int cancels, commits;
    struct ferry_sync_result result;
    struct ferry_error error;
    ferry_status status;
    pthread_t thread;
};

static struct side sides[2];
static struct side *const first = &sides[0], *const second = &sides[1];

/* ---- The driver ---- */

/* Each callback says in the log which run it is called for. */
static inline ferry_status act(struct side *side, const char *callback, struct ferry_error *err)
{
    ferry_log(FERRY_LOG_INFO, "%s of %s", callback, side->job);
    if (ferry_should_stop())
        side->told_to_stop = true;
    if (side->waits_at == NULL || strcmp(side->waits_at, callback) != 0)
        return FERRY_OK;
    side->waits = true;
    while (side->asks ? !ferry_should_stop() : !side->cancelled)
        fake_pause(1);
    return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
}

static inline ferry_status two_connect(const struct ferry_config *config, uint32_t role,
                                       void **ret_conn, struct ferry_error *err)
{
    struct side *side = strcmp(config->name, first->job) == 0 ? first : second;
    ferry_status status = act(side, role == FERRY_ROLE_SOURCE ? "source" : "target", err);
    if (status == FERRY_OK)
        *ret_conn = side;
    return status;
}

static inline void two_disconnect(void *conn)
{
    (void)conn;
}

static inline void two_cancel(void *conn)
{
    struct side *side = conn;
    side->cancels++;
    side->cancelled = true;
}

/* A thread of the driver's own. */
static inline void *look_around(void *data)
{
    const struct side *side = data;
    ferry_log(FERRY_LOG_INFO, "thread of %s", side->job);
    return NULL;
}

static inline ferry_status two_read_begin(void *conn, const struct ferry_read *read,
                                          const struct ferry_schema *schema,
                                          const struct ferry_scan *scan, void **ret_cursor,
                                          struct ferry_error *err)
{
    pthread_t thread;
    (void)scan;
    (void)read;
    (void)schema;
    if (ferry_thread_create(&thread, look_around, conn) == 0)
        (void)pthread_join(thread, NULL);
    ferry_status status = act(conn, "read_begin", err);
    if (status == FERRY_OK)
        *ret_cursor = conn;
    return status;
}

/* A row at a time, and more of them until the other run has ended. */
static inline ferry_status two_read_batch(void *cursor, struct ferry_batch *batch,
                                          struct ferry_error *err)
{
    struct side *side = cursor;
    ferry_status status = side->rows == 0 ? act(side, "read_batch", err) : FERRY_OK;
    bool more = side->rows < ROWS || (side->after != NULL && !side->after->over);
    if (status != FERRY_OK || !more)
        return status;
    fake_pause(side->rows == 0 ? side->pause_ms : 1);
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.u = ++side->rows;
    return ferry_batch_text(batch, &cells[1], "value", 5)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
}

static inline void two_read_end(void *cursor)
{
    (void)cursor;
}

static inline ferry_status two_change_begin(void *conn, const struct ferry_change_spec *spec,
                                            void **ret_change, struct ferry_error *err)
{
    (void)spec;
    ferry_status status = act(conn, "change_begin", err);
    if (status == FERRY_OK)
        *ret_change = conn;
    return status;
}

static inline ferry_status two_load_begin(void *conn, const struct ferry_load_spec *spec,
                                          void **ret_load, struct ferry_error *err)
{
    (void)spec;
    ferry_status status = act(conn, "load_begin", err);
    if (status == FERRY_OK)
        *ret_load = conn;
    return status;
}

static inline ferry_status two_load_batch(void *load, uint32_t operation,
                                          const struct ferry_batch *batch, struct ferry_error *err)
{
    (void)operation;
    struct side *side = load;
    return ferry_batch_cells(batch, 0)[0].v.u == 1 ? act(side, "load_batch", err) : FERRY_OK;
}

static inline ferry_status two_load_end(void *load, struct ferry_load_totals *ret_totals,
                                        struct ferry_error *err)
{
    const struct side *side = load;
    ferry_status status = act(load, "load_end", err);
    if (status == FERRY_OK)
        ret_totals->inserted = ret_totals->after = side->rows;
    return status;
}

static inline ferry_status two_change_commit(void *change,
                                             const struct ferry_record *const *records,
                                             size_t record_count, uint32_t *outcome,
                                             struct ferry_error *err)
{
    struct side *side = change;
    (void)records;
    (void)record_count;
    ferry_status status = act(side, "change_commit", err);
    *outcome = status == FERRY_OK ? FERRY_OUTCOME_NEW : FERRY_OUTCOME_OLD;
    side->commits += status == FERRY_OK;
    return status;
}

static inline void two_change_abort(void *change)
{
    (void)change;
}

/* ---- The runs ---- */

static inline int setup(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)fake_setup(state);
    fake_handle.driver.connect = two_connect;
    fake_handle.driver.disconnect = two_disconnect;
    fake_handle.driver.cancel = two_cancel;
    fake_handle.source.read_begin = two_read_begin;
    fake_handle.source.read_batch = two_read_batch;
    fake_handle.source.read_end = two_read_end;
    fake_handle.target.change_begin = two_change_begin;
    fake_handle.target.load_begin = two_load_begin;
    fake_handle.target.load_batch = two_load_batch;
    fake_handle.target.load_end = two_load_end;
    fake_handle.target.change_commit = two_change_commit;
    fake_handle.target.change_abort = two_change_abort;
    memset(sides, 0, sizeof sides);
    first->job = "one";
    second->job = "two";
    folder = make_folder();
    assert_true(asprintf(&path, "%s/log", folder) > 0);
    const struct ferry_log_settings settings = {
        .console_level = FERRY_LOG_ERROR, .file_level = FERRY_LOG_DEBUG, .file = path};
    assert_int_equal(ferry_log_open(&settings, &error), FERRY_OK);
    return 0;
}

static inline int teardown(void **state)
{
    for (size_t i = 0; i < COUNT(sides); i++) {
        ferry_config_free(sides[i].config);
        ferry_error_clear(&sides[i].error);
    }
    ferry_log_close();
    remove_folder(folder);
    free(path);
    return fake_teardown(state);
}

static inline void configure(struct side *side)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const char *const limits[] = {side->run_timeout, side->stall_timeout};
    const char *const names[] = {"run_timeout", "stall_timeout"};
    for (size_t i = 0; i < COUNT(side->options); i++)
        side->options[i] =
            (struct ferry_option){.name = names[i],
                                  .type = FERRY_OPTION_DURATION,
                                  .default_value = limits[i] == NULL ? "60s" : limits[i],
                                  .help = "a limit"};
    side->config = ferry_config_new("connection", side->job);
    assert_non_null(side->config);
    side->config->driver = &fake_handle;
    assert_true(ferry_config_add_options(side->config, side->options, COUNT(side->options)));
    assert_int_equal(ferry_config_finish(side->config, &origin, &error), FERRY_OK);
}

/* What the command line does for a job. */
static inline void *run(void *data)
{
    struct side *side = data;
    struct ferry_task task = {
        .read = {.text = "v", .kind = FERRY_READ_VIEW},
        .table = "t",
        .guards = {.max_shrink_percent = -1},
        .verify = FERRY_VERIFY_NONE,
    };
    const struct ferry_job job = {
        .name = side->job,
        .route.source = side->config,
        .route.target = side->config,
        .tasks = &task,
        .task_count = 1,
    };
    struct ferry_context *context = ferry_context_new();
    ferry_context_enter(context);
    ferry_log_set_job(side->job);
    side->status = ferry_sync_run(&job, NULL, &side->result, &side->error);
    side->late_afterwards = ferry_context_is_late(context);
    ferry_context_enter(NULL);
    ferry_context_release(context);
    side->over = true;
    return NULL;
}

static inline void begin(struct side *side)
{
    configure(side);
    assert_int_equal(pthread_create(&side->thread, NULL, run, side), 0);
}

static inline void wait_for_both(void)
{
    for (size_t i = 0; i < COUNT(sides); i++)
        (void)pthread_join(sides[i].thread, NULL);
}

/* The phase in which the log tells of a callback. */
static inline const char *phase_of(const char *callback)
{
    static const struct {
        const char *callback, *phase;
    } table[] = {
        {"source", "source"},        {"target", "target"},   {"change_begin", "begin"},
        {"load_begin", "begin"},     {"thread", "load"},     {"read_begin", "load"},
        {"read_batch", "load"},      {"load_batch", "load"}, {"load_end", "finish"},
        {"change_commit", "commit"},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].callback, callback) == 0)
            return table[i].phase;
    fail_msg("%s is no callback of this test", callback);
    return NULL;
}

/* How many lines of the log tell of a callback for this run; each must carry the run's job and its
 * phase at that time. */
static inline size_t count_lines_of(const struct side *side)
{
    char *text = read_file(path), *rest = text, *line;
    size_t count = 0;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char job[20], phase[20], callback[20], about[20];
        int fields =
            sscanf(line, "%*s %*s %19s %19[^:]: %19s of %19s", job, phase, callback, about);
        if (fields < 4 || strcmp(about, side->job) != 0)
            continue;
        if (strcmp(job, side->job) != 0 || strcmp(phase, phase_of(callback)) != 0)
            fail_msg("not a line of job %s in phase %s: %s", side->job, phase_of(callback), line);
        count++;
    }
    free(text);
    return count;
}

/* The second goes on while the first waits for what does not come, and then is ended. */
static inline void first_is_ended(const char *waits_at, const char *message)
{
    first->waits_at = waits_at;
    second->after = first;
    begin(first);
    begin(second);
    wait_for_both();
    assert_error(&first->error, FERRY_ERR_STREAM, message);
    assert_int_equal(first->commits, 0);
    assert_false(first->late_afterwards);
    assert_no_error(&second->error);
    assert_int_equal(second->status, FERRY_OK);
    assert_int_equal(second->cancels, 0);
    assert_false(second->told_to_stop);
    assert_int_equal(second->commits, 1);
    assert_in_range(second->rows, ROWS, UINT64_MAX);
    assert_int_equal(second->result.rows, second->rows);
    assert_int_equal(count_lines_of(second), 10);
    assert_in_range(count_lines_of(first), 1, 9);
}

#endif
