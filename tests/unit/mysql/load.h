/* A load whose steps are only written down: what the other files of the driver and the client
 * library answer to replace.c, which is included here. */

#ifndef FERRY_UNIT_MYSQL_LOAD_H
#define FERRY_UNIT_MYSQL_LOAD_H

#include "write/target.h"

#include "driver/schema.h"

/* ---- Memory that runs out where a test says so ---- */

static int allocations_left = -1; /* -1: all are granted */

static bool may_allocate(void)
{
    return allocations_left < 0 || allocations_left-- > 0;
}

static int loads; /* that are there */

static void *try_calloc(size_t count, size_t size)
{
    assert_true(count > 0);
    if (!may_allocate())
        return NULL;
    loads++;
    return calloc(count, size);
}

static void free_load(void *load)
{
    loads--;
    free(load);
}

static void *try_realloc(void *old, size_t size)
{
    return may_allocate() ? realloc(old, size) : NULL;
}

static struct mydrv_load *added; /* to the unit; NULL: none */

struct mydrv_load *mydrv_unit_add_load(struct mydrv_unit *unit, const struct ferry_load_spec *spec)
{
    added = try_calloc(1, sizeof *added);
    if (added == NULL)
        return NULL;
    added->unit = unit;
    added->spec = spec;
    added->layout = spec->layout;
    return added;
}

#define calloc try_calloc
#define realloc try_realloc
#include "../../../plugins/mysql/text.c"
#include "../../../plugins/parts/text.c"
#define free(load) free_load(load)
#include "../../../plugins/mysql/write/replace.c"
#undef calloc
#undef realloc
#undef free

/* ---- What is done, and what comes of it ---- */

static struct {
    char steps[2000];  /* that were done, each in brackets */
    const char *fails; /* this step does */
    int failures;      /* so often; -1: always */
    bool exists, in_place, like, counts;
    uint64_t rows;      /* that were written */
    uint64_t number;    /* that a COUNT(*) gives */
    my_ulonglong taken; /* that a DELETE took away */
    int turns;          /* that there is time for */
} world;

static bool does(const char *step)
{
    assert_true(strlen(world.steps) + strlen(step) + 3 < sizeof world.steps);
    strcat(strcat(strcat(world.steps, "["), step), "]");
    if (world.fails == NULL || strcmp(world.fails, step) != 0 || world.failures == 0)
        return true;
    world.failures--;
    return false;
}

static ferry_status step(const char *what, struct ferry_error *err)
{
    return does(what) ? FERRY_OK : ferry_fail(err, FERRY_ERR_BUSY, "%s has failed", what);
}

static struct mydrv_conn conn = {.label = (char *)"l"};

ferry_status mydrv_names_make(struct mydrv_conn *of, const char *table, struct mydrv_names *names,
                              struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_string_equal(table, "t");
    *names = (struct mydrv_names){.stage = (char *)"s", .old = (char *)"o", .lock = (char *)"k"};
    return step("names", err);
}

void mydrv_names_clear(struct mydrv_names *names)
{
    (void)names;
    (void)does("clear names");
}

ferry_status mydrv_lock_take(struct mydrv_lock *lock, struct mydrv_conn *of, const char *name,
                             const char *table, struct ferry_error *err)
{
    assert_non_null(lock);
    assert_ptr_equal(of, &conn);
    assert_string_equal(name, "k");
    assert_string_equal(table, "t");
    return step("lock", err);
}

void mydrv_lock_release(struct mydrv_lock *lock)
{
    (void)lock;
    (void)does("release");
}

ferry_status mydrv_table_load(struct mydrv_conn *of, const char *name,
                              struct mydrv_table *ret_table, struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_string_equal(name, "t");
    *ret_table = (struct mydrv_table){.exists = world.exists, .engine = (char *)"E"};
    return step("load table", err);
}

void mydrv_table_clear(struct mydrv_table *table)
{
    (void)table;
    (void)does("clear table");
}

ferry_status mydrv_table_check(const struct mydrv_conn *of, const char *name,
                               const struct mydrv_table *table, struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_string_equal(name, "t");
    assert_string_equal(table->engine, "E");
    return step("check table", err);
}

ferry_status mydrv_table_confirm(const struct mydrv_conn *of, const struct ferry_load_spec *spec,
                                 const struct mydrv_table *now, struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_string_equal(spec->layout->table, "t");
    assert_string_equal(now->engine, "E");
    return step("confirm table", err);
}

ferry_status mydrv_leftovers_check_drop(struct mydrv_conn *of, const struct mydrv_names *names,
                                        struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_string_equal(names->old, "o");
    return step("drop", err);
}

ferry_status mydrv_leftovers_clear(struct mydrv_conn *of, const struct mydrv_names *names,
                                   const char *table, bool table_exists, struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_string_equal(names->old, "o");
    assert_string_equal(table, "t");
    assert_int_equal(table_exists, world.exists);
    return step("leftovers", err);
}

bool mydrv_joint_hand_over(struct mydrv_load *load)
{
    return load->unit->joint.open;
}

ferry_status mydrv_dependents_look(struct mydrv_load *load, struct ferry_error *err)
{
    static char hung[] = "the trigger 'x' hangs on it";
    load->unit->in_place = world.in_place;
    load->unit->hung.data = hung;
    return step("dependents", err);
}

ferry_status mydrv_dependents_check_right(const struct mydrv_load *load, struct ferry_error *err)
{
    assert_non_null(load);
    return step("their right", err);
}

ferry_status mydrv_foreign_keys_check_right(struct mydrv_load *load, struct ferry_error *err)
{
    assert_non_null(load);
    return step("right to keys", err);
}

ferry_status mydrv_dependents_check(struct mydrv_load *load, struct ferry_error *err)
{
    assert_non_null(load);
    return step("check dependents", err);
}

ferry_status mydrv_lane_begin(struct mydrv_lane *lane, struct mydrv_conn *of, const char *into,
                              const struct ferry_layout *layout, struct ferry_error *err)
{
    assert_int_equal(lane->commit_bytes, 67108864); /* 64 MiB */
    assert_ptr_equal(of, &conn);
    assert_string_equal(into, "s");
    assert_string_equal(layout->table, "t");
    return step("lane", err);
}

ferry_status mydrv_lane_learn(struct mydrv_lane *lane, const char *table, struct ferry_error *err)
{
    assert_non_null(lane);
    assert_string_equal(table, "s");
    return step("learn", err);
}

ferry_status mydrv_lane_batch(struct mydrv_lane *lane, const struct ferry_batch *batch,
                              struct ferry_error *err)
{
    assert_non_null(lane);
    assert_ptr_equal(batch, &world);
    return step("batch", err);
}

ferry_status mydrv_lane_end(struct mydrv_lane *lane, struct ferry_error *err)
{
    lane->rows = world.rows;
    lane->bytes = 1000;
    return step("end of lane", err);
}

ferry_status mydrv_unit_check_joined(const struct mydrv_unit *unit, const char *table,
                                     const char *why, struct ferry_error *err)
{
    assert_ptr_equal(unit, added->unit);
    assert_string_equal(table, "t");
    assert_non_null(why);
    return step("check joined", err);
}

void mydrv_lane_free(struct mydrv_lane *lane)
{
    (void)lane;
    (void)does("free lane");
}

ferry_status mydrv_record_prepare(struct mydrv_conn *of, struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    return step("record", err);
}

ferry_status mydrv_stage_create(struct mydrv_stage *stage, struct ferry_error *err)
{
    assert_string_equal(stage->spec->layout->table, "t");
    assert_string_equal(stage->live->engine, "E");
    assert_string_equal(stage->name, "s");
    assert_ptr_equal(stage->unit->conn, &conn);
    stage->like = world.like;
    return step("stage", err);
}

ferry_status mydrv_stage_finish(struct mydrv_stage *stage, struct ferry_error *err)
{
    assert_string_equal(stage->name, "s");
    return step("finish stage", err);
}

void mydrv_stage_drop(struct mydrv_stage *stage)
{
    (void)stage;
    (void)does("drop stage");
}

bool mydrv_engine_counts(const char *engine)
{
    assert_string_equal(engine, "E");
    return world.counts;
}

ferry_status mydrv_run_text(struct mydrv_conn *of, const char *statement, const char *doing,
                            struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_non_null(doing);
    return step(statement, err);
}

ferry_status mydrv_ask_number(struct mydrv_conn *of, struct part_text *sql, const char *doing,
                              uint64_t *ret_number, struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    assert_non_null(doing);
    ferry_status status = step(sql->data, err);
    if (status == FERRY_OK)
        *ret_number = world.number;
    return status;
}

bool mydrv_query(struct mydrv_conn *of, const struct part_text *sql)
{
    assert_ptr_equal(of, &conn);
    return does(sql->data);
}

int STDCALL mysql_real_query(MYSQL *mysql, const char *sql, unsigned long length)
{
    char text[200] = "";
    (void)mysql;
    assert_true(length < sizeof text);
    memcpy(text, sql, length);
    assert_int_equal(strlen(text), length);
    return does(text) ? 0 : 1;
}

my_ulonglong STDCALL mysql_affected_rows(MYSQL *mysql)
{
    (void)mysql;
    return world.taken;
}

my_bool STDCALL mysql_rollback(MYSQL *mysql)
{
    (void)mysql;
    (void)does("rollback");
    return 0;
}

void mydrv_wait_begin(struct mydrv_unit *unit)
{
    assert_ptr_equal(unit->conn, &conn);
    (void)does("wait");
}

ferry_status mydrv_wait_turn(struct mydrv_unit *unit, struct ferry_error *err)
{
    assert_ptr_equal(unit->conn, &conn);
    return step("turn", err);
}

bool mydrv_wait_again(struct mydrv_unit *unit)
{
    assert_ptr_equal(unit->conn, &conn);
    (void)does("again");
    return world.turns-- > 0;
}

ferry_status mydrv_wait_fail(struct mydrv_unit *unit, const char *table, const char *doing,
                             struct ferry_error *err)
{
    assert_ptr_equal(unit->conn, &conn);
    return ferry_fail(err, FERRY_ERR_BUSY, "%s: cannot %s", table, doing);
}

ferry_status mydrv_conn_check(const struct mydrv_conn *of, struct ferry_error *err)
{
    assert_ptr_equal(of, &conn);
    return step("connection", err);
}

#endif
