/* A change of one table of a file, and the steps that it takes: each is noted by its name, and one
 * fails if it is told to. */

#ifndef FERRY_UNIT_SQLITE_CHANGE_H
#define FERRY_UNIT_SQLITE_CHANGE_H

#include "connect.h"

#include "driver/batch.h"
#include "driver/record.h"

#include "../../../plugins/sqlite/target.h"

/* Nothing here is to outlive a crash of the machine, and waiting for the disk would take nearly all
 * of the time.  These stand before the C library's. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

/* ---- Steps ---- */

static char steps[512];       /* their names, each behind a space */
static const char *bad_step;  /* the one that fails, or NULL */
static size_t bad_step_after; /* so many of that name before it */

static inline void forget_steps(void)
{
    steps[0] = '\0';
    bad_step = NULL;
    bad_step_after = 0;
}

/* Notes a step; true where it is to fail. */
static inline bool step_fails(const char *name)
{
    size_t length = strlen(steps);
    assert_true(length + strlen(name) + 2 < sizeof steps);
    (void)snprintf(steps + length, sizeof steps - length, " %s", name);
    if (bad_step == NULL || strcmp(bad_step, name) != 0)
        return false;
    if (bad_step_after > 0) {
        bad_step_after--;
        return false;
    }
    bad_step = NULL;
    return true;
}

/* The same of one that reports by itself. */
static inline ferry_status step_status(const char *name, struct ferry_error *err)
{
    return step_fails(name) ? ferry_fail(err, FERRY_ERR_TARGET_IO, "step %s", name) : FERRY_OK;
}

static inline void assert_steps(const char *expected)
{
    assert_string_equal(steps[0] == ' ' ? steps + 1 : steps, expected);
    steps[0] = '\0';
}

/* ---- A change ---- */

struct change {
    struct sqldrv_conn *conn;
    struct ferry_schema schema; /* n INTEGER, s TEXT */
    const char *natives[2];
    const char *clauses[2];
    const struct ferry_wish *wishes[2];
    struct ferry_layout layout;
    struct ferry_load_spec load_spec;
    struct ferry_change_spec spec;
    struct ferry_batch *batch;
    void *unit;
    void *load;
    struct ferry_load_totals totals;
    struct ferry_record record;
    uint32_t outcome;
    struct ferry_error error;
};

/* Connected to the file; what is to become of the table "t" is planned as the core would. */
static inline void plan_change(struct change *change, const char *path, uint32_t action,
                               uint32_t staging)
{
    static const struct ferry_column columns[] = {
        {.name = "n", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "s", .native = "", .type = FERRY_TYPE_TEXT}};
    static const char *const natives[] = {"INTEGER", "TEXT"};
    static const struct ferry_wish no_wish;
    static const struct ferry_batch_limits limits = {.rows = 100, .bytes = 1 << 20};
    struct ferry_schema found = {0};
    struct ferry_inspection inspection = {.schema = &found};
    *change = (struct change){.conn = connect_to(path, FERRY_ROLE_TARGET)};
    for (size_t i = 0; i < COUNT(columns); i++) {
        assert_int_equal(
            ferry_schema_add(&change->schema, &columns[i], sizeof columns[i], &change->error),
            FERRY_OK);
        change->natives[i] = natives[i];
        change->clauses[i] = "";
        change->wishes[i] = &no_wish;
    }
    change->layout = (struct ferry_layout){.table = "t",
                                           .schema = &change->schema,
                                           .natives = change->natives,
                                           .clauses = change->clauses,
                                           .wishes = change->wishes};
    assert_int_equal(sqldrv_table_inspect(change->conn, "t", &inspection, &change->error),
                     FERRY_OK);
    ferry_schema_done(&found);
    change->load_spec = (struct ferry_load_spec){.layout = &change->layout,
                                                 .kind = FERRY_LOAD_REPLACE,
                                                 .action = action,
                                                 .definition = inspection.definition};
    change->spec = (struct ferry_change_spec){
        .job = "j", .run_id = "1f", .lock_wait_ms = 40, .staging = staging};
    change->batch = ferry_batch_new(&change->schema, &limits);
    assert_non_null(change->batch);
    assert_int_equal(ferry_record_open(&change->record, "t", &change->error), FERRY_OK);
    assert_int_equal(ferry_record_set(&change->record, FERRY_RECORD_RUN_ID, "1f", &change->error),
                     FERRY_OK);
}

static inline ferry_status begin_change(struct change *change)
{
    ferry_status status =
        sqldrv_target.change_begin(change->conn, &change->spec, &change->unit, &change->error);
    assert_int_equal(status == FERRY_OK, change->unit != NULL);
    return status;
}

static inline ferry_status begin_load(struct change *change)
{
    ferry_status status =
        sqldrv_target.load_begin(change->unit, &change->load_spec, &change->load, &change->error);
    assert_int_equal(status == FERRY_OK, change->load != NULL);
    return status;
}

/* A batch of so many rows, numbered from `first`. */
static inline ferry_status load_rows(struct change *change, int64_t first, size_t count)
{
    ferry_batch_reset(change->batch, (uint64_t)first);
    for (size_t i = 0; i < count; i++) {
        struct ferry_cell *cells = ferry_batch_row(change->batch);
        cells[0].v.i = first + (int64_t)i;
        cells[1].v.p = "text";
        cells[1].len = 4;
    }
    return sqldrv_target.load_batch(change->load, FERRY_OP_INSERT, change->batch, &change->error);
}

static inline ferry_status end_load(struct change *change)
{
    return sqldrv_target.load_end(change->load, &change->totals, &change->error);
}

static inline ferry_status commit_change(struct change *change)
{
    const struct ferry_record *const records[] = {&change->record};
    ferry_status status =
        sqldrv_target.change_commit(change->unit, records, 1, &change->outcome, &change->error);
    change->unit = change->load = NULL;
    return status;
}

static inline void abort_change(struct change *change)
{
    sqldrv_target.change_abort(change->unit);
    change->unit = change->load = NULL;
}

/* Three rows into the table, up to the first step that fails; committed where none does. */
static inline ferry_status do_change(struct change *change)
{
    ferry_status status = begin_change(change);
    if (status == FERRY_OK)
        status = begin_load(change);
    if (status == FERRY_OK)
        status = load_rows(change, 1, 3);
    if (status == FERRY_OK)
        status = end_load(change);
    if (status == FERRY_OK)
        status = commit_change(change);
    else if (change->unit != NULL)
        abort_change(change);
    assert_int_equal(status, change->error.status);
    return status;
}

static inline void end_plan(struct change *change)
{
    if (change->unit != NULL)
        abort_change(change);
    sqldrv_disconnect(change->conn);
    change->conn = NULL;
    ferry_batch_free(change->batch);
    ferry_record_done(&change->record);
    ferry_schema_done(&change->schema);
    ferry_error_clear(&change->error);
}

/* What the file says to somebody else. */
static inline void assert_file(const char *path, const char *sql, const char *expected)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), expected);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif
