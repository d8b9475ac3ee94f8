/* One table on its way, step by step, between a source and a target of the fake driver. */

#ifndef FERRY_UNIT_ENGINE_ONE_TABLE_H
#define FERRY_UNIT_ENGINE_ONE_TABLE_H

#include "fake.h"
#include "logged.h"

#include "base/log.h"
#include "driver/target.h"
#include "engine/strategy.h"
#include "engine/transfer.h"

/* What the source has: an id, and a day that no calendar has. */
static const struct ferry_column columns[] = {
    {.name = "id", .native = "int", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "day", .native = "date", .type = FERRY_TYPE_DATE},
};
static bool names_clash;
static char asked[40]; /* what was read */

static inline ferry_status describe(void *conn, const struct ferry_read *read,
                                    struct ferry_schema *schema, struct ferry_error *err)
{
    (void)conn;
    (void)snprintf(asked, sizeof asked, "%s", read->text);
    ferry_status status = fake_act("describe", err);
    for (size_t i = 0; i < COUNT(columns) && status == FERRY_OK; i++) {
        struct ferry_column column = columns[i];
        column.name = names_clash && i > 0 ? "ID" : column.name;
        status = ferry_schema_add(schema, &column, sizeof column, err);
    }
    if (status == FERRY_OK)
        status = ferry_schema_note(schema, err, "an index is left out");
    return status == FERRY_OK ? ferry_schema_warn(schema, err, "a right is missing") : status;
}

static inline ferry_status read_begin(void *conn, const struct ferry_read *read,
                                      const struct ferry_schema *schema,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err)
{
    (void)snprintf(asked, sizeof asked, "%s", read->text);
    assert_string_equal(schema->columns[1].native, "date"); /* as the source said it */
    return fake_read_begin(conn, read, schema, scan, ret_cursor, err);
}

static inline void make_day(struct ferry_cell *cells)
{
    cells[1].v.p = "0000-00-00";
    cells[1].len = 10;
}

/* What the target would do beside loading the rows. */
static const char *loss, *stale;

static inline ferry_status foresee(void *conn, const struct ferry_load_spec *spec,
                                   struct ferry_notes *losses, struct ferry_notes *copies,
                                   struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(spec->layout->table, "t");
    ferry_status status = loss == NULL ? FERRY_OK : ferry_note(losses, err, "%s", loss);
    for (int i = 1; i <= 2 && status == FERRY_OK && stale != NULL; i++)
        status = ferry_note(copies, err, "%s (%d)", stale, i);
    return status;
}

static struct ferry_load_spec begun;

static inline ferry_status load_begin(void *change, const struct ferry_load_spec *spec,
                                      void **ret_load, struct ferry_error *err)
{
    begun = *spec;
    return fake_load_begin(change, spec, ret_load, err);
}

/* Rows that the target says it has, before, inserted and after. */
static struct ferry_load_totals counted;

static inline ferry_status load_end(void *load, struct ferry_load_totals *totals,
                                    struct ferry_error *err)
{
    assert_ptr_equal(load, &fake);
    totals->before = counted.before;
    totals->inserted = counted.inserted;
    totals->after = counted.after;
    return fake_act("load_end", err);
}

static struct ferry_task task;
static struct ferry_job job;
static struct ferry_session session;
static struct ferry_plan plan;
static struct ferry_transfer transfer;

static inline int setup(void **state)
{
    (void)fake_setup(state);
    fake_handle.source.describe = describe;
    fake_handle.source.read_begin = read_begin;
    fake_handle.target.foresee = foresee;
    fake_handle.target.load_begin = load_begin;
    fake_handle.target.load_end = load_end;
    fake.spoil = make_day;
    fake.rows = 3;
    loss = stale = NULL;
    names_clash = false;
    counted = (struct ferry_load_totals){.inserted = 3, .after = 3};
    task = (struct ferry_task){
        .read = {.text = "v", .kind = FERRY_READ_VIEW},
        .fallback_read = {.text = "copy", .kind = FERRY_READ_TABLE},
        .table = "t",
        .guards.max_shrink_percent = -1,
    };
    job = (struct ferry_job){.name = "job",
                             .route = {.source = fake_config, .target = fake_config},
                             .tasks = &task,
                             .task_count = 1};
    plan = (struct ferry_plan){0};
    session = (struct ferry_session){.job = &job, .reads_from = fake_config};
    session.source = fake_open(FERRY_ROLE_SOURCE);
    session.target = fake_open(FERRY_ROLE_TARGET);
    transfer = (struct ferry_transfer){.session = &session, .task = &task, .plan = &plan};
    log_begin();
    return 0;
}

static inline int teardown(void **state)
{
    ferry_transfer_done(&transfer);
    ferry_transfer_done(&transfer); /* nothing is left */
    ferry_plan_done(&plan);
    ferry_session_close(&session);
    log_end();
    return fake_teardown(state);
}

static inline bool is_logged(const char *line)
{
    char *text = read_file(log_path);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

/* The log is in this phase; it has no other lines of it. */
static inline void assert_phase(const char *phase)
{
    char line[100];
    ferry_log(FERRY_LOG_INFO, "seen in %s", phase);
    (void)snprintf(line, sizeof line, " - %s: seen in %s\n", phase, phase);
    assert_true(is_logged(line));
}

typedef ferry_status one_step(struct ferry_transfer *transfer, struct ferry_error *error);

static inline void passes(one_step *step)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_status status = step(&transfer, &error);
    assert_no_error(&error);
    assert_int_equal(status, FERRY_OK);
}

static inline void fails(one_step *step, ferry_status status, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(step(&transfer, &error), status);
    assert_error(&error, status, text);
}

/* The callback of this name fails from now on. */
static inline void break_at(const char *name)
{
    fake.at = name;
    fake.status = fake.report = FERRY_ERR_REFUSED;
}

/* ---- Steps together ---- */

static inline ferry_status describe_and_negotiate(struct ferry_transfer *of,
                                                  struct ferry_error *error)
{
    ferry_status status = ferry_transfer_describe(of, error);
    return status == FERRY_OK ? ferry_transfer_negotiate(of, error) : status;
}

/* The table as a run would leave it. */
static const struct ferry_column same[] = {
    {.name = "id", .native = "T", .type = FERRY_TYPE_TEXT},
    {.name = "day", .native = "T", .type = FERRY_TYPE_TEXT},
};

static struct ferry_change *change;

static inline ferry_status begin_load(struct ferry_transfer *of, struct ferry_error *error)
{
    static const struct ferry_change_spec spec = {.job = "job", .run_id = "1f"};
    ferry_status status = describe_and_negotiate(of, error);
    if (status == FERRY_OK)
        status = ferry_target_change_begin(session.target, &spec, &change, error);
    return status == FERRY_OK ? ferry_transfer_begin_load(of, change, error) : status;
}

static inline void abort_change(void)
{
    ferry_target_change_abort(change);
    change = NULL;
}

static inline ferry_status move_and_finish(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = begin_load(of, error);
    if (status == FERRY_OK)
        status = plan.strategy->move(of, error);
    return status == FERRY_OK ? ferry_transfer_finish(of, error) : status;
}

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
