/* A driver made of variables: what its callbacks return and how long they take is set by the test.
 */

#ifndef FERRY_FAKE_H
#define FERRY_FAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "driver/connection.h"
#include "driver/stub.h"
#include "unit.h"

static struct {
    /* what the callbacks do */
    ferry_status status; /* returned by the callback named in `at` ... */
    const char *at;      /* ... NULL: none */
    ferry_status report; /* reported before that; FERRY_OK = nothing is */
    bool no_result;
    uint64_t rows;                           /* that the source has */
    uint64_t fail_row;                       /* read_batch and load_batch act at this row */
    long pause_ms;                           /* each batch takes so long */
    bool stall;                              /* `at` waits for cancel */
    void (*spoil)(struct ferry_cell *cells); /* changes each row that is read */
    uint32_t fit;
    const char *note;
    const char *native;
    const char *clauses; /* of each column; NULL: not told */
    uint32_t exists, own;
    const struct ferry_column *existing;
    size_t existing_count;
    /* what happened */
    atomic_bool cancelled;
    atomic_int inside, most_inside; /* calls at one moment */
    atomic_int connects, disconnects, cancels, begins, ends, aborts, commits, changes, loads;
    atomic_uint_fast64_t loaded;
    bool in_order;
} fake;

static inline void fake_pause(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* What the callback `name` is to do wrong; FERRY_OK where nothing. */
static inline ferry_status fake_act(const char *name, struct ferry_error *err)
{
    int now = atomic_fetch_add(&fake.inside, 1) + 1;
    if (now > fake.most_inside)
        fake.most_inside = now;
    bool here = fake.at != NULL && strcmp(fake.at, name) == 0;
    if (fake.pause_ms > 0)
        fake_pause(fake.pause_ms);
    while (here && fake.stall && !fake.cancelled)
        fake_pause(1);
    atomic_fetch_sub(&fake.inside, 1);
    if (here && fake.stall)
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    if (!here)
        return FERRY_OK;
    if (fake.report != FERRY_OK)
        (void)ferry_fail(err, fake.report, "%s failed", name);
    return fake.status;
}

static ferry_status fake_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                                 struct ferry_error *err)
{
    (void)config;
    (void)role;
    ferry_status status = fake_act("connect", err);
    if (status == FERRY_OK && !fake.no_result) {
        *ret_conn = &fake;
        fake.connects++;
    }
    return status;
}

static void fake_disconnect(void *conn)
{
    assert_ptr_equal(conn, &fake);
    fake.disconnects++;
}

static void fake_cancel(void *conn)
{
    assert_ptr_equal(conn, &fake);
    fake.cancelled = true;
    fake.cancels++;
}

static ferry_status fake_describe(void *conn, const struct ferry_read *read,
                                  struct ferry_schema *schema, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    static const struct ferry_column columns[] = {
        {.name = "id", .native = "int", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "text", .native = "text", .type = FERRY_TYPE_TEXT},
    };
    ferry_status status = fake_act("describe", err);
    for (size_t i = 0; status == FERRY_OK && i < COUNT(columns) && !fake.no_result; i++)
        status = ferry_schema_add(schema, &columns[i], sizeof columns[i], err);
    return status;
}

static uint64_t fake_next;

static ferry_status fake_read_begin(void *conn, const struct ferry_read *read,
                                    const struct ferry_schema *schema,
                                    const struct ferry_scan *scan, void **ret_cursor,
                                    struct ferry_error *err)
{
    (void)scan; /* every row, in any order: nothing else is asked for yet */
    (void)read;
    (void)schema;
    ferry_status status = fake_act("read_begin", err);
    if (status == FERRY_OK && !fake.no_result) {
        *ret_cursor = conn;
        fake.begins++;
        fake_next = 1;
    }
    return status;
}

static ferry_status fake_read_batch(void *cursor, struct ferry_batch *batch,
                                    struct ferry_error *err)
{
    (void)cursor;
    ferry_status status = FERRY_OK;
    if (fake_next > fake.fail_row)
        status = fake_act("read_batch", err);
    while (status == FERRY_OK && fake_next <= fake.rows && !ferry_batch_full(batch)) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        if (!ferry_batch_text(batch, &cells[1], "value", 5))
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        cells[0].v.i = (int64_t)fake_next++;
        if (fake.spoil != NULL)
            fake.spoil(cells);
    }
    return status;
}

static void fake_read_end(void *cursor)
{
    (void)cursor;
    fake.ends++;
}

static ferry_status fake_map_column(void *conn, const struct ferry_column *column,
                                    const struct ferry_wish *wish, struct ferry_mapping *mapping,
                                    struct ferry_error *err)
{
    (void)conn;
    (void)column;
    (void)wish;
    ferry_status status = fake_act("map_column", err);
    if (status == FERRY_OK && !fake.no_result)
        status = ferry_mapping_set(mapping, fake.fit, fake.native == NULL ? "T" : fake.native,
                                   fake.note, err);
    if (status == FERRY_OK && fake.clauses != NULL)
        status = ferry_mapping_set_clauses(mapping, fake.clauses, err);
    return status;
}

static ferry_status fake_inspect(void *conn, const char *table,
                                 struct ferry_inspection *ret_inspection, struct ferry_error *err)
{
    (void)conn;
    (void)table;
    ferry_status status = fake_act("inspect", err);
    for (size_t i = 0; status == FERRY_OK && i < fake.existing_count; i++)
        status = ferry_schema_add(ret_inspection->schema, &fake.existing[i],
                                  sizeof fake.existing[i], err);
    ret_inspection->exists = fake.exists;
    ret_inspection->own = fake.own;
    ret_inspection->rows_known = 1;
    ret_inspection->rows = 7;
    return status;
}

static ferry_status fake_change_begin(void *conn, const struct ferry_change_spec *spec,
                                      void **ret_change, struct ferry_error *err)
{
    (void)spec;
    ferry_status status = fake_act("change_begin", err);
    if (status == FERRY_OK && !fake.no_result) {
        *ret_change = conn;
        fake.changes++;
    }
    return status;
}

static ferry_status fake_load_begin(void *change, const struct ferry_load_spec *spec,
                                    void **ret_load, struct ferry_error *err)
{
    (void)spec;
    ferry_status status = fake_act("load_begin", err);
    if (status == FERRY_OK && !fake.no_result) {
        *ret_load = change;
        fake.loads++;
        fake.loaded = 0;
        fake.in_order = true;
    }
    return status;
}

static ferry_status fake_load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                                    struct ferry_error *err)
{
    (void)load;
    assert_int_equal(operation, FERRY_OP_INSERT);
    ferry_status status = FERRY_OK;
    if (fake.loaded + ferry_batch_count(batch) > fake.fail_row)
        status = fake_act("load_batch", err);
    for (size_t row = 0; status == FERRY_OK && row < ferry_batch_count(batch); row++) {
        fake.loaded++;
        fake.in_order =
            fake.in_order && ferry_batch_cells(batch, row)[0].v.u == (uint64_t)fake.loaded;
    }
    return status;
}

static ferry_status fake_load_end(void *load, struct ferry_load_totals *ret_totals,
                                  struct ferry_error *err)
{
    (void)load;
    ferry_status status = fake_act("load_end", err);
    if (status == FERRY_OK)
        ret_totals->inserted = ret_totals->after = fake.loaded;
    return status;
}

static ferry_status fake_change_commit(void *change, const struct ferry_record *const *records,
                                       size_t record_count, uint32_t *outcome,
                                       struct ferry_error *err)
{
    (void)change;
    (void)records;
    (void)record_count;
    fake.commits++;
    ferry_status status = fake_act("change_commit", err);
    *outcome = status == FERRY_OK ? FERRY_OUTCOME_NEW : FERRY_OUTCOME_OLD;
    return status;
}

static void fake_change_abort(void *change)
{
    (void)change;
    fake.aborts++;
}

static struct ferry_driver_handle fake_handle;
static struct ferry_config *fake_config;

/* Makes the driver and one connection's keys anew. */
static inline int fake_setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake_handle = (struct ferry_driver_handle){
        .driver = {._thread_model = FERRY_THREADS_PER_CONNECTION,
                   .name = "fake",
                   .version = "1",
                   .description = "a fake",
                   .connect = fake_connect,
                   .disconnect = fake_disconnect,
                   .cancel = fake_cancel},
        .source = {.describe = fake_describe,
                   .read_begin = fake_read_begin,
                   .read_batch = fake_read_batch,
                   .read_end = fake_read_end},
        .target = {.map_column = fake_map_column,
                   .inspect = fake_inspect,
                   .change_begin = fake_change_begin,
                   .load_begin = fake_load_begin,
                   .load_batch = fake_load_batch,
                   .load_end = fake_load_end,
                   .change_commit = fake_change_commit,
                   .change_abort = fake_change_abort},
        .is_source = true,
        .is_target = true,
    };
    assert_int_equal(pthread_mutex_init(&fake_handle.lock, NULL), 0);
    assert_null(ferry_driver_stub_fill(&fake_handle));
    fake_config = ferry_config_new("connection", "main");
    assert_non_null(fake_config);
    fake_config->driver = &fake_handle;
    return 0;
}

static inline int fake_teardown(void **state)
{
    (void)state;
    ferry_config_free(fake_config);
    (void)pthread_mutex_destroy(&fake_handle.lock);
    assert_int_equal(fake.connects, fake.disconnects);
    assert_int_equal(fake.begins, fake.ends);
    assert_int_equal(fake.changes, fake.aborts + fake.commits);
    return 0;
}

static inline struct ferry_connection *fake_open(uint32_t role)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *connection = NULL;
    (void)ferry_connection_open(fake_config, role, &connection, &error);
    assert_no_error(&error);
    return connection;
}

#define WITH_FAKE(test) cmocka_unit_test_setup_teardown(test, fake_setup, fake_teardown)

#endif
