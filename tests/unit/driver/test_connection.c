/* Tests of connection.c, contract.c and driver_stub.c: what a driver may not do ends the run with
 * its name; what it leaves out is filled in; one thread at a time where it wants that. */

#include "unit.h"

#include "base/signals.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "fake.h"

static const struct ferry_read read_view = {.text = "v", .kind = FERRY_READ_VIEW};

static void test_roles(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *connection = NULL;
    fake_handle.is_target = false;
    assert_int_equal(ferry_connection_open(fake_config, FERRY_ROLE_TARGET, &connection, &error),
                     FERRY_ERR_CONFIG);
    assert_null(connection);
    assert_error(&error, FERRY_ERR_CONFIG, "cannot be a target");
    fake_handle.is_source = false;
    assert_int_equal(ferry_connection_open(fake_config, FERRY_ROLE_SOURCE, &connection, &error),
                     FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "cannot be a source");
    assert_int_equal(fake.connects, 0);
    ferry_connection_close(NULL);
}

static void test_what_is_told(void **state)
{
    (void)state;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    assert_string_equal(ferry_connection_place(source), "connection 'main'"); /* the stub's */
    struct ferry_facts facts = {0};
    ferry_connection_facts(source, &facts);
    assert_int_equal(facts.count, 0);
    ferry_facts_add(&facts, "server", "x");
    assert_int_equal(facts.count, 1);
    assert_string_equal(facts.items[0].value, "x");
    ferry_facts_done(&facts);
    ferry_connection_close(source);
}

/* Each way to break a promise about the result, in a callback that has one. */
static void test_broken_promises(void **state)
{
    (void)state;
    static const struct {
        ferry_status status;
        ferry_status report;
        bool no_result;
        const char *message;
    } cases[] = {
        {FERRY_ERR_STREAM, FERRY_OK, false, "describe failed without a message"},
        {FERRY_OK, FERRY_ERR_STREAM, false, "describe reported an error and then success"},
        {FERRY_ERR_BUSY, FERRY_ERR_STREAM, false, "describe returned another status"},
        {99, FERRY_OK, false, "describe returned a number that is no status"},
        {-1, FERRY_OK, false, "no status"},
        {FERRY_OK, FERRY_OK, true, "describe succeeded without a result"},
    };
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_schema schema = {0};
        fake.at = "describe";
        fake.status = cases[i].status;
        fake.report = cases[i].report;
        fake.no_result = cases[i].no_result;
        assert_int_equal(ferry_source_describe(source, &read_view, &schema, &error),
                         FERRY_ERR_INTERNAL);
        assert_int_equal(schema.count, 0);
        assert_non_null(strstr(error.message, "'fake'"));
        assert_error(&error, FERRY_ERR_INTERNAL, cases[i].message);
    }
    ferry_connection_close(source);
}

static void test_honest_failures_pass(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake.at = "describe";
    for (ferry_status status = FERRY_ERR_INTERNAL; status <= FERRY_ERR_UNSUPPORTED; status++) {
        fake.status = fake.report = status;
        assert_int_equal(ferry_source_describe(source, &read_view, &schema, &error), status);
        assert_error(&error, status, "describe failed");
    }
    ferry_connection_close(source);
}

static ferry_status busy_origins(void *conn, const struct ferry_read *read, const char *table,
                                 struct ferry_origins *origins, struct ferry_error *err)
{
    (void)conn, (void)read, (void)table, (void)origins;
    return ferry_fail(err, FERRY_ERR_BUSY, "busy");
}

static ferry_status busy_thread(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_BUSY, "busy");
}

static ferry_status busy_indexes(void *conn, struct ferry_schema *schema,
                                 const char *const *natives,
                                 const struct ferry_index *const *indexes, size_t count,
                                 struct ferry_error *err)
{
    (void)conn, (void)schema, (void)natives, (void)indexes, (void)count;
    return ferry_fail(err, FERRY_ERR_BUSY, "busy");
}

/* Whose settings decide about another attempt; a class alone does not tell. */
static void test_a_failure_has_the_role_of_its_connection(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_origins origins;
    struct ferry_schema schema = {0};
    fake_handle.source.origins = busy_origins;
    fake_handle.target.note_indexes = busy_indexes;
    fake_handle.driver.thread_begin = busy_thread;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK);
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    (void)ferry_source_origins(source, &read_view, NULL, &origins, &error);
    assert_int_equal(error.role, FERRY_ROLE_SOURCE);
    ferry_error_clear(&error);
    (void)ferry_connection_thread_begin(source, &error);
    assert_int_equal(error.role, FERRY_ROLE_SOURCE);
    ferry_error_clear(&error);
    (void)ferry_connection_thread_begin(target, &error);
    assert_int_equal(error.role, FERRY_ROLE_TARGET);
    ferry_error_clear(&error);
    (void)ferry_target_note_indexes(target, &schema, NULL, NULL, 0, &error);
    assert_int_equal(error.role, FERRY_ROLE_TARGET);
    ferry_connection_close(source);
    ferry_connection_close(target);
}

static void test_results_that_are_missing(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_connection *connection = NULL;
    struct ferry_cursor *cursor = NULL;
    struct ferry_load *load = NULL;
    struct ferry_mapping mapping = {0};
    const struct ferry_wish wish = {0};
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_TEXT};
    const struct ferry_change_spec change_spec = {.job = "j"};
    const struct ferry_layout layout = {.table = "t", .schema = &schema};
    const struct ferry_load_spec spec = {.layout = &layout};
    struct ferry_change *change = NULL;
    struct ferry_connection *both = fake_open(FERRY_ROLE_SOURCE);
    fake.no_result = true;
    assert_int_equal(ferry_connection_open(fake_config, FERRY_ROLE_SOURCE, &connection, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "connect succeeded without a result");
    assert_int_equal(ferry_source_read_begin(both, &read_view, &schema, NULL, &cursor, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "read_begin");
    assert_int_equal(ferry_target_change_begin(both, &change_spec, &change, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "change_begin");
    assert_null(change);
    fake.no_result = false;
    assert_int_equal(ferry_target_change_begin(both, &change_spec, &change, &error), FERRY_OK);
    fake.no_result = true;
    assert_int_equal(ferry_target_load_begin(change, &spec, &load, &error), FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "load_begin");
    assert_int_equal(ferry_target_map_column(both, &column, &wish, &mapping, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "map_column");
    assert_null(connection);
    assert_null(cursor);
    assert_null(load);
    struct ferry_inspection inspection = {.schema = &schema};
    fake.exists = 1; /* a table without columns is none */
    assert_int_equal(ferry_target_inspect(both, "t", &inspection, &error), FERRY_ERR_INTERNAL);
    ferry_error_clear(&error);
    ferry_target_change_abort(change);
    ferry_connection_close(both);
}

/* What commit says of the table must be one of three things, and NEW where it succeeds. */
static ferry_status said_status;
static uint32_t said_outcome;

static ferry_status say(void *change, const struct ferry_record *const *records,
                        size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    (void)change;
    (void)records;
    (void)record_count;
    fake.commits++;
    *outcome = said_outcome;
    return said_status == FERRY_OK ? FERRY_OK : ferry_fail(err, said_status, "as was said");
}

static void commit_says(ferry_status status, uint32_t outcome, ferry_status then,
                        uint32_t outcome_then)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_change_spec spec = {.job = "j"};
    struct ferry_change *change = NULL;
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    uint32_t told = 99;
    fake_handle.target.change_commit = say;
    said_status = status;
    said_outcome = outcome;
    assert_int_equal(ferry_target_change_begin(target, &spec, &change, &error), FERRY_OK);
    assert_int_equal(ferry_target_change_commit(change, NULL, 0, &told, &error), then);
    assert_int_equal(told, outcome_then);
    ferry_connection_close(target);
}

static void test_outcome_of_a_commit(void **state)
{
    (void)state;
    commit_says(FERRY_OK, FERRY_OUTCOME_NEW, FERRY_OK, FERRY_OUTCOME_NEW);
    commit_says(FERRY_ERR_BUSY, FERRY_OUTCOME_NEW, FERRY_ERR_BUSY, FERRY_OUTCOME_NEW);
    commit_says(FERRY_ERR_BUSY, FERRY_OUTCOME_OLD, FERRY_ERR_BUSY, FERRY_OUTCOME_OLD);
    commit_says(FERRY_ERR_TARGET_IO, FERRY_OUTCOME_UNKNOWN, FERRY_ERR_TARGET_IO,
                FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_OK, FERRY_OUTCOME_OLD, FERRY_ERR_INTERNAL, FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_OK, FERRY_OUTCOME_UNKNOWN, FERRY_ERR_INTERNAL, FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_OK, FERRY_OUTCOME_NEW + 1, FERRY_ERR_INTERNAL, FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_ERR_BUSY, FERRY_OUTCOME_NEW + 1, FERRY_ERR_BUSY, FERRY_OUTCOME_UNKNOWN);
}

static void null_pointer(struct ferry_cell *cells)
{
    cells[1].v.p = NULL;
}

static void wrong_kind(struct ferry_cell *cells)
{
    cells[1].kind = FERRY_KIND_BYTES;
}

static void wrong_null(struct ferry_cell *cells)
{
    cells[0].null = 2;
}

/* Reads one batch for `schema`. */
static ferry_status read_one(const struct ferry_schema *schema, struct ferry_error *error)
{
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    struct ferry_cursor *cursor = NULL;
    struct ferry_batch *batch = ferry_batch_new(schema, &ferry_batch_default_limits);
    ferry_batch_reset(batch, 1);
    ferry_status status = ferry_source_read_begin(source, &read_view, schema, NULL, &cursor, error);
    if (status == FERRY_OK)
        status = ferry_cursor_read(cursor, batch, error);
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    ferry_connection_close(source);
    return status;
}

static struct ferry_schema schema_of(const struct ferry_column *first)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    const struct ferry_column second = {.name = "text", .type = FERRY_TYPE_TEXT};
    (void)ferry_schema_add(&schema, first, sizeof *first, &error);
    (void)ferry_schema_add(&schema, &second, sizeof second, &error);
    assert_no_error(&error);
    return schema;
}

static void test_cells(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct ferry_cell *cells);
        const char *message;
    } cases[] = {{null_pointer, "row 1, column 'text'"},
                 {wrong_kind, "column 'text'"},
                 {wrong_null, "column 'id'"}};
    const struct ferry_column id = {.name = "id", .type = FERRY_TYPE_INT, .bits = 64};
    struct ferry_schema schema = schema_of(&id);
    fake.rows = 3;
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        fake.spoil = cases[i].spoil;
        assert_int_equal(read_one(&schema, &error), FERRY_ERR_INTERNAL);
        assert_non_null(strstr(error.message, "'fake'"));
        assert_error(&error, FERRY_ERR_INTERNAL, cases[i].message);
    }
    fake.spoil = NULL;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(read_one(&schema, &error), FERRY_OK);
    ferry_schema_done(&schema);
}

static int64_t spoiled_value;

static void set_value(struct ferry_cell *cells)
{
    cells[0].v.i = spoiled_value;
}

/* Every width, at both ends and one beyond. */
static void test_widths(void **state)
{
    (void)state;
    static const uint32_t widths[] = {8, 16, 24, 32};
    fake.rows = 1;
    fake.spoil = set_value;
    for (size_t i = 0; i < COUNT(widths); i++) {
        int64_t half = INT64_C(1) << (widths[i] - 1);
        const struct {
            uint32_t flags;
            int64_t value;
            bool fits;
        } cases[] = {
            {0, half - 1, true},
            {0, half, false},
            {0, -half, true},
            {0, -half - 1, false},
            {0, INT64_MIN, false},
            {FERRY_COLUMN_UNSIGNED, 2 * half - 1, true},
            {FERRY_COLUMN_UNSIGNED, 2 * half, false},
            {FERRY_COLUMN_UNSIGNED, -1, false},
        };
        for (size_t k = 0; k < COUNT(cases); k++) {
            FERRY_AUTO_ERROR struct ferry_error error = {0};
            const struct ferry_column column = {
                .name = "id", .type = FERRY_TYPE_INT, .bits = widths[i], .flags = cases[k].flags};
            struct ferry_schema schema = schema_of(&column);
            spoiled_value = cases[k].value;
            ferry_status status = read_one(&schema, &error);
            if (status != (cases[k].fits ? FERRY_OK : FERRY_ERR_INTERNAL))
                fail_msg("%jd in %u bits, flags %u: %d", (intmax_t)spoiled_value, widths[i],
                         cases[k].flags, status);
            ferry_schema_done(&schema);
        }
    }
}

static void test_booleans_and_years(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        int64_t value;
        bool fits;
    } cases[] = {{FERRY_TYPE_BOOL, 0, true},   {FERRY_TYPE_BOOL, 1, true},
                 {FERRY_TYPE_BOOL, 2, false},  {FERRY_TYPE_BOOL, -1, false},
                 {FERRY_TYPE_YEAR, 0, true},   {FERRY_TYPE_YEAR, 2155, true},
                 {FERRY_TYPE_YEAR, -1, false}, {FERRY_TYPE_YEAR, 100000, false}};
    fake.rows = 1;
    fake.spoil = set_value;
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_column column = {.name = "id", .type = cases[i].type};
        struct ferry_schema schema = schema_of(&column);
        spoiled_value = cases[i].value;
        assert_int_equal(read_one(&schema, &error), cases[i].fits ? FERRY_OK : FERRY_ERR_INTERNAL);
        ferry_schema_done(&schema);
    }
}

/* One bit more than the column has. */
static void test_bits(void **state)
{
    (void)state;
    fake.rows = 1;
    fake.spoil = set_value;
    for (uint32_t bits = 1; bits <= 64; bits++)
        for (int more = 0; more < 2; more++) {
            FERRY_AUTO_ERROR struct ferry_error error = {0};
            const struct ferry_column column = {.name = "id", .type = FERRY_TYPE_BIT, .bits = bits};
            struct ferry_schema schema = schema_of(&column);
            uint64_t value = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1 + (uint64_t)more;
            memcpy(&spoiled_value, &value, sizeof value);
            bool fits = more == 0 || bits == 64;
            assert_int_equal(read_one(&schema, &error), fits ? FERRY_OK : FERRY_ERR_INTERNAL);
            ferry_schema_done(&schema);
        }
}

static uint32_t spoiled_length;

static void set_length(struct ferry_cell *cells)
{
    static const char bytes[64];
    cells[0].v.p = bytes;
    cells[0].len = spoiled_length;
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, length;
        bool fits;
    } cases[] = {
        {FERRY_TYPE_UUID, 36, true},     {FERRY_TYPE_UUID, 35, false},
        {FERRY_TYPE_UUID, 0, false},     {FERRY_TYPE_VECTOR, 0, true},
        {FERRY_TYPE_VECTOR, 12, true},   {FERRY_TYPE_VECTOR, 13, false},
        {FERRY_TYPE_GEOMETRY, 25, true}, {FERRY_TYPE_GEOMETRY, 4, false},
        {FERRY_TYPE_JSON, 0, true},      {FERRY_TYPE_ENUM, 0, true},
    };
    fake.rows = 1;
    fake.spoil = set_length;
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_column column = {.name = "id", .type = cases[i].type};
        struct ferry_schema schema = schema_of(&column);
        spoiled_length = cases[i].length;
        assert_int_equal(read_one(&schema, &error), cases[i].fits ? FERRY_OK : FERRY_ERR_INTERNAL);
        ferry_schema_done(&schema);
    }
}

static struct ferry_cell spoiled_cell;

static void set_whole_cell(struct ferry_cell *cells)
{
    cells[0] = spoiled_cell;
}

/* A cell of another kind is right in a loose column alone, and is then not held against its type.
 */
static void test_loose_cells(void **state)
{
    (void)state;
    static const struct ferry_cell good[] = {{.v.i = INT64_MAX, .kind = FERRY_KIND_INT},
                                             {.v.f = 0.5, .kind = FERRY_KIND_FLOAT},
                                             {.v.p = "x", .len = 1, .kind = FERRY_KIND_TEXT},
                                             {.v.p = "x", .len = 1, .kind = FERRY_KIND_BYTES}};
    static const struct ferry_cell bad[] = {{.kind = FERRY_KIND_TEXT}, {.kind = 5}};
    const struct ferry_column loose = {
        .name = "id", .type = FERRY_TYPE_INT, .bits = 8, .flags = FERRY_COLUMN_LOOSE};
    struct ferry_column strict = loose;
    strict.flags = 0;
    struct ferry_schema schemas[] = {schema_of(&loose), schema_of(&strict)};
    fake.rows = 1;
    fake.spoil = set_whole_cell;
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t k = 0; k < COUNT(schemas); k++) {
            FERRY_AUTO_ERROR struct ferry_error error = {0};
            spoiled_cell = good[i];
            assert_int_equal(read_one(&schemas[k], &error), k == 0 ? FERRY_OK : FERRY_ERR_INTERNAL);
        }
    for (size_t i = 0; i < COUNT(bad); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        spoiled_cell = bad[i];
        assert_int_equal(read_one(&schemas[0], &error), FERRY_ERR_INTERNAL);
    }
    for (size_t k = 0; k < COUNT(schemas); k++)
        ferry_schema_done(&schemas[k]);
}

/* ---- Cancelling ---- */

/* Returns the error, for the caller to clear and free. */
static void *describe_in_thread(void *data)
{
    struct ferry_schema schema = {0};
    struct ferry_error *error = calloc(1, sizeof *error);
    (void)ferry_source_describe(data, &read_view, &schema, error);
    ferry_schema_done(&schema);
    return error;
}

/* Also where calls are made one at a time: the one that is running must be reached. */
static void cancel_a_stall(uint32_t thread_model)
{
    pthread_t thread;
    void *result = NULL;
    fake_handle.driver._thread_model = thread_model;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake.at = "describe";
    fake.stall = true;
    assert_int_equal(pthread_create(&thread, NULL, describe_in_thread, source), 0);
    fake_pause(20);
    assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_NONE);
    ferry_connection_cancel(source, FERRY_CANCEL_STALL);
    ferry_connection_cancel(source, FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_STALL); /* the first stays */
    (void)pthread_join(thread, &result);
    assert_error(result, FERRY_ERR_CANCELLED, "cancelled");
    free(result);
    ferry_connection_close(source);
}

static void test_cancel_reaches_a_running_call(void **state)
{
    (void)state;
    cancel_a_stall(FERRY_THREADS_PER_CONNECTION);
    assert_int_equal(fake.cancels, 2);
}

static void test_cancel_does_not_queue_behind_it(void **state)
{
    (void)state;
    cancel_a_stall(FERRY_THREADS_ONE);
}

static void test_cancel_all(void **state)
{
    (void)state;
    struct ferry_connection *a = fake_open(FERRY_ROLE_SOURCE), *b = fake_open(FERRY_ROLE_TARGET),
                            *closed = fake_open(FERRY_ROLE_SOURCE);
    ferry_connection_close(closed);
    ferry_connection_cancel_all(FERRY_CANCEL_DEADLINE);
    assert_int_equal(fake.cancels, 2);
    assert_int_equal(ferry_connection_cancelled(a), FERRY_CANCEL_DEADLINE);
    assert_int_equal(ferry_connection_cancelled(b), FERRY_CANCEL_DEADLINE);
    ferry_connection_close(a);
    ferry_connection_close(b);
    ferry_connection_cancel_all(FERRY_CANCEL_DEADLINE); /* nothing is open */
    assert_int_equal(fake.cancels, 2);
}

/* ---- Runs that share a driver ---- */

/* Opens in a context of its own, which the connection holds. */
static struct ferry_connection *open_in_run(uint32_t role, struct ferry_context **ret_run)
{
    *ret_run = ferry_context_new();
    assert_non_null(*ret_run);
    ferry_context_enter(*ret_run);
    struct ferry_connection *connection = fake_open(role);
    ferry_context_enter(NULL);
    return connection;
}

static void test_a_run_cancels_its_own(void **state)
{
    (void)state;
    struct ferry_context *first, *second;
    struct ferry_connection *a = open_in_run(FERRY_ROLE_SOURCE, &first),
                            *b = open_in_run(FERRY_ROLE_SOURCE, &second),
                            *nobodys = fake_open(FERRY_ROLE_TARGET);
    ferry_context_enter(second);
    struct ferry_connection *c = fake_open(FERRY_ROLE_TARGET);
    ferry_context_enter(NULL);
    ferry_connection_cancel_run(second, FERRY_CANCEL_DEADLINE);
    assert_int_equal(fake.cancels, 2);
    assert_int_equal(ferry_connection_cancelled(a), FERRY_CANCEL_NONE);
    assert_int_equal(ferry_connection_cancelled(nobodys), FERRY_CANCEL_NONE);
    assert_int_equal(ferry_connection_cancelled(b), FERRY_CANCEL_DEADLINE);
    assert_int_equal(ferry_connection_cancelled(c), FERRY_CANCEL_DEADLINE);
    ferry_context_release(first); /* the connections hold them still */
    ferry_context_release(second);
    ferry_connection_cancel_all(FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(a), FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(nobodys), FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(b), FERRY_CANCEL_DEADLINE);
    ferry_connection_close(a);
    ferry_connection_close(b);
    ferry_connection_close(c);
    ferry_connection_close(nobodys);
}

/* Two sources of two runs, of which one is asked and says nothing. */
static void test_a_stall_is_one_runs(void **state)
{
    (void)state;
    pthread_t thread;
    void *result = NULL;
    struct ferry_context *first, *second;
    struct ferry_connection *silent = open_in_run(FERRY_ROLE_SOURCE, &first),
                            *idle = open_in_run(FERRY_ROLE_SOURCE, &second);
    fake.at = "describe";
    fake.stall = true;
    assert_int_equal(pthread_create(&thread, NULL, describe_in_thread, silent), 0);
    while (fake.inside == 0)
        fake_pause(1);
    fake_pause(20);
    ferry_connection_cancel_stalled(first, 600000); /* it may take longer */
    ferry_connection_cancel_stalled(second, 1);
    assert_int_equal(fake.cancels, 0);
    ferry_connection_cancel_stalled(first, 1);
    assert_int_equal(fake.cancels, 1);
    assert_int_equal(ferry_connection_cancelled(silent), FERRY_CANCEL_STALL);
    assert_int_equal(ferry_connection_cancelled(idle), FERRY_CANCEL_NONE);
    (void)pthread_join(thread, &result);
    assert_error(result, FERRY_ERR_CANCELLED, "cancelled");
    free(result);
    fake_pause(20);
    ferry_connection_cancel_stalled(first, 1); /* its call has returned */
    assert_int_equal(fake.cancels, 1);
    ferry_connection_close(silent);
    ferry_connection_close(idle);
    ferry_context_release(first);
    ferry_context_release(second);
}

static void *call_source(void *data)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_cursor *cursor = NULL;
    struct ferry_batch *batch = NULL;
    (void)fake_describe(NULL, &read_view, &schema, &error);
    if (ferry_source_snapshot_begin(data, &error) == FERRY_OK &&
        ferry_source_read_begin(data, &read_view, &schema, NULL, &cursor, &error) == FERRY_OK &&
        (batch = ferry_batch_new(&schema, &ferry_batch_default_limits)) != NULL)
        (void)ferry_cursor_read(cursor, batch, &error);
    ferry_batch_free(batch);
    ferry_cursor_close(cursor);
    ferry_schema_done(&schema);
    return NULL;
}

static ferry_status stall_in_snapshot(void *conn, struct ferry_error *err)
{
    (void)conn;
    return fake_act("snapshot_begin", err);
}

static ferry_status stall_in_origins(void *conn, const struct ferry_read *read, const char *table,
                                     struct ferry_origins *origins, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)table;
    (void)origins;
    return fake_act("origins", err);
}

static void *ask_origins(void *data)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_origins origins = {0};
    (void)ferry_source_origins(data, &read_view, NULL, &origins, &error);
    return NULL;
}

static ferry_status stall_in_record(void *conn, const char *table, struct ferry_record *record,
                                    struct ferry_error *err)
{
    (void)conn;
    (void)table;
    (void)record;
    return fake_act("record_read", err);
}

static void *read_record(void *data)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_record record = {0};
    if (ferry_connection_record_read(data, "t", &record, &error) == FERRY_OK)
        ferry_record_done(&record);
    return NULL;
}

/* The calls of a source that wait for its answer. */
static void test_measured_calls(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void *(*make)(void *connection);
    } calls[] = {
        {"snapshot_begin", call_source}, {"read_begin", call_source},  {"read_batch", call_source},
        {"origins", ask_origins},        {"record_read", read_record},
    };
    fake_handle.source.snapshot_begin = stall_in_snapshot;
    fake_handle.source.origins = stall_in_origins;
    fake_handle.driver.record_read = stall_in_record;
    for (size_t i = 0; i < COUNT(calls); i++) {
        pthread_t thread;
        struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
        fake.at = calls[i].name;
        fake.stall = true;
        fake.cancelled = false;
        assert_int_equal(pthread_create(&thread, NULL, calls[i].make, source), 0);
        for (int round = 0; round < 400 && !fake.cancelled; round++) {
            fake_pause(5);
            ferry_connection_cancel_stalled(ferry_context_current(), 1);
        }
        ferry_connection_cancel(source, FERRY_CANCEL_PEER); /* where it was not; the first stays */
        (void)pthread_join(thread, NULL);
        assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_STALL);
        ferry_connection_close(source);
    }
}

/* The limit is the source's: a target may take its time with the same call. */
static void test_a_target_does_not_stall(void **state)
{
    (void)state;
    pthread_t thread;
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    fake_handle.driver.record_read = stall_in_record;
    fake.at = "record_read";
    fake.stall = true;
    assert_int_equal(pthread_create(&thread, NULL, read_record, target), 0);
    while (fake.inside == 0)
        fake_pause(1);
    fake_pause(20);
    ferry_connection_cancel_stalled(ferry_context_current(), 1);
    assert_int_equal(fake.cancels, 0);
    ferry_connection_cancel(target, FERRY_CANCEL_PEER);
    (void)pthread_join(thread, NULL);
    ferry_connection_close(target);
}

/* Where a driver allows one call at a time, a source that waits for its turn does not stall. */
static void test_waiting_for_a_turn_is_no_stall(void **state)
{
    (void)state;
    pthread_t threads[2];
    struct ferry_context *runs[2];
    struct ferry_connection *sources[2];
    void *error = NULL;
    fake_handle.driver._thread_model = FERRY_THREADS_ONE;
    for (size_t i = 0; i < 2; i++)
        sources[i] = open_in_run(FERRY_ROLE_SOURCE, &runs[i]);
    fake.at = "describe";
    fake.stall = true;
    assert_int_equal(pthread_create(&threads[0], NULL, describe_in_thread, sources[0]), 0);
    while (fake.inside == 0)
        fake_pause(1);
    assert_int_equal(pthread_create(&threads[1], NULL, describe_in_thread, sources[1]), 0);
    fake_pause(50);
    ferry_connection_cancel_stalled(runs[1], 1);
    assert_int_equal(fake.cancels, 0);
    ferry_connection_cancel_stalled(runs[0], 1);
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], &error);
        ferry_error_clear(error);
        free(error);
        ferry_connection_close(sources[i]);
        ferry_context_release(runs[i]);
    }
    assert_int_equal(fake.cancels, 1);
}

/* The last one: a signal stays caught. */
static void test_after_a_signal(void **state)
{
    (void)state;
    struct ferry_context *run;
    ferry_signal_note(15);
    struct ferry_connection *source = open_in_run(FERRY_ROLE_SOURCE, &run);
    assert_int_equal(fake.cancels, 1);
    assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_SIGNAL);
    ferry_connection_close(source);
    ferry_context_release(run);
}

/* ---- One call at a time ---- */

static int most_calls_at_once(uint32_t thread_model)
{
    pthread_t threads[4];
    struct ferry_connection *sources[4];
    fake_handle.driver._thread_model = thread_model;
    fake.pause_ms = 20;
    for (size_t i = 0; i < COUNT(threads); i++)
        sources[i] = fake_open(FERRY_ROLE_SOURCE);
    fake.most_inside = 0;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, describe_in_thread, sources[i]), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *error = NULL;
        (void)pthread_join(threads[i], &error);
        assert_no_error(error);
        free(error);
    }
    for (size_t i = 0; i < COUNT(threads); i++)
        ferry_connection_close(sources[i]);
    return fake.most_inside;
}

static void test_threads_one(void **state)
{
    (void)state;
    assert_int_equal(most_calls_at_once(FERRY_THREADS_ONE), 1);
}

static void test_threads_per_connection(void **state)
{
    (void)state;
    assert_in_range(most_calls_at_once(FERRY_THREADS_PER_CONNECTION), 2, 4);
}

/* ---- Stubs ---- */

static void test_stubs(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    assert_int_equal(ferry_source_snapshot_begin(source, &error), FERRY_OK);
    ferry_source_snapshot_end(source);
    assert_int_equal(ferry_connection_thread_begin(source, &error), FERRY_OK);
    ferry_connection_thread_end(source);
    ferry_connection_close(source);
    fake_handle.driver.cancel = NULL;
    assert_null(ferry_driver_stub_fill(&fake_handle));
    source = fake_open(FERRY_ROLE_SOURCE);
    ferry_connection_cancel(source, FERRY_CANCEL_PEER);
    ferry_connection_close(source);
}

static ferry_status snapshot_begin(void *conn, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    return FERRY_OK;
}

static void test_missing_callbacks_are_named(void **state)
{
    (void)state;
    struct ferry_driver_handle handle = fake_handle;
#define MISSING(place, name)                                                                       \
    do {                                                                                           \
        handle = fake_handle;                                                                      \
        handle.place = NULL;                                                                       \
        const char *missing = ferry_driver_stub_fill(&handle);                                     \
        assert_non_null(missing);                                                                  \
        assert_string_equal(missing, name);                                                        \
    } while (0)
    MISSING(driver.connect, "connect");
    MISSING(driver.disconnect, "disconnect");
    MISSING(source.describe, "source.describe");
    MISSING(source.read_begin, "source.read_begin");
    MISSING(source.read_batch, "source.read_batch");
    MISSING(source.read_end, "source.read_end");
    MISSING(target.map_column, "target.map_column");
    MISSING(target.inspect, "target.inspect");
    MISSING(target.change_begin, "target.change_begin");
    MISSING(target.load_begin, "target.load_begin");
    MISSING(target.load_batch, "target.load_batch");
    MISSING(target.load_end, "target.load_end");
    MISSING(target.change_commit, "target.change_commit");
    MISSING(target.change_abort, "target.change_abort");
    handle = fake_handle;
    handle.source.snapshot_begin = snapshot_begin;
    handle.source.snapshot_end = NULL;
    assert_non_null(strstr(ferry_driver_stub_fill(&handle), "snapshot_end"));
    handle = fake_handle;
    handle.is_source = handle.is_target = false;
    assert_string_equal(ferry_driver_stub_fill(&handle), "source or target");
    handle.is_target = true; /* what a source needs is not asked of it */
    handle.source = (struct ferry_source){0};
    assert_null(ferry_driver_stub_fill(&handle));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_roles),
        WITH_FAKE(test_what_is_told),
        WITH_FAKE(test_broken_promises),
        WITH_FAKE(test_honest_failures_pass),
        WITH_FAKE(test_a_failure_has_the_role_of_its_connection),
        WITH_FAKE(test_results_that_are_missing),
        WITH_FAKE(test_outcome_of_a_commit),
        WITH_FAKE(test_cells),
        WITH_FAKE(test_widths),
        WITH_FAKE(test_booleans_and_years),
        WITH_FAKE(test_bits),
        WITH_FAKE(test_lengths),
        WITH_FAKE(test_loose_cells),
        WITH_FAKE(test_cancel_reaches_a_running_call),
        WITH_FAKE(test_cancel_does_not_queue_behind_it),
        WITH_FAKE(test_cancel_all),
        WITH_FAKE(test_a_run_cancels_its_own),
        WITH_FAKE(test_a_stall_is_one_runs),
        WITH_FAKE(test_measured_calls),
        WITH_FAKE(test_a_target_does_not_stall),
        WITH_FAKE(test_waiting_for_a_turn_is_no_stall),
        WITH_FAKE(test_threads_one),
        WITH_FAKE(test_threads_per_connection),
        WITH_FAKE(test_stubs),
        WITH_FAKE(test_missing_callbacks_are_named),
        WITH_FAKE(test_after_a_signal),
    };
    return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
