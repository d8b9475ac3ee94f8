/* Tests of contract.c: stored rows that are only compared may hold anything that can be looked at;
 * others hold what their columns do. */

#include "unit.h"

#include "cells.h"
#include "driver/contract.h"

static struct ferry_schema schema;
static struct ferry_batch *batch;

static void make(const struct ferry_column *list, size_t count)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    for (size_t i = 0; i < count; i++)
        (void)ferry_schema_add(&schema, &list[i], sizeof list[i], &error);
    assert_no_error(&error);
    batch = ferry_batch_new(&schema, &ferry_batch_default_limits);
    assert_non_null(batch);
    ferry_batch_reset(batch, 41);
}

static int teardown(void **state)
{
    (void)state;
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
    batch = NULL;
    return 0;
}

/* A row of one cell; the others are as they should be. */
static void put(size_t column, struct ferry_cell cell)
{
    struct ferry_cell *row = ferry_batch_row(batch);
    row[0] = INT(1);
    for (size_t i = 1; i < schema.count; i++)
        row[i].null = 1;
    row[column] = cell;
}

static void passes(bool anything)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_status status = ferry_contract_check_stored(batch, anything, &error);
    assert_no_error(&error);
    assert_int_equal(status, FERRY_OK);
}

static void fails(bool anything, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_contract_check_stored(batch, anything, &error), FERRY_ERR_DATA);
    assert_error(&error, FERRY_ERR_DATA, text);
}

static const struct ferry_column columns[] = {
    {.name = "i", .type = FERRY_TYPE_INT, .bits = 8, .flags = FERRY_COLUMN_NOT_NULL},
    {.name = "t", .type = FERRY_TYPE_TEXT},
    {.name = "f", .type = FERRY_TYPE_FLOAT, .bits = 64, .flags = FERRY_COLUMN_NO_NAN},
    {.name = "u", .type = FERRY_TYPE_UUID},
    {.name = "a", .type = FERRY_TYPE_ANY},
};

#define STRANGER ", which was not stored there by a run; look who else writes to it"

/* What no run has stored, each in a batch of its own. */
static void test_what_only_compares(void **state)
{
    (void)state;
    const struct {
        size_t column;
        struct ferry_cell cell;
        const char *flaw;
    } cells[] = {
        {0, INT(128), "the table holds an integer wider than its column" STRANGER},
        {0, KIND_TEXT("x"), "the table holds a kind where the column has a type"},
        {0, KIND_REAL(0.5), "the table holds a kind where the column has a type"},
        {1, KIND_INT(5), "the table holds a kind where the column has a type"},
        {1, KIND_BYTES("\xff"), "the table holds a kind where the column has a type"},
        {1, TEXT("\xff"), "the table holds a text that is not UTF-8"},
        {3, TEXT("short"), "the table holds a UUID that has not 36 characters"},
        {4, KIND_TEXT("\xff"), "the table holds a text that is not UTF-8"},
    };
    make(columns, COUNT(columns));
    for (size_t i = 0; i < COUNT(cells); i++) {
        ferry_batch_reset(batch, 1);
        put(cells[i].column, cells[i].cell);
        passes(true);
        fails(false, cells[i].flaw);
    }
}

/* Who compares would read there. */
static void test_what_cannot_be_looked_at(void **state)
{
    (void)state;
    static const char text[] = "the table holds a value without an address or kind" STRANGER;
    const struct {
        size_t column;
        struct ferry_cell cell;
    } cells[] = {
        {1, CELL(.v.p = NULL, .len = 3)},
        {1, CELL(.v.p = NULL, .len = 0)},
        {3, CELL(.v.p = NULL, .len = 36)},
        {0, CELL(.v.p = NULL, .len = 1, .kind = FERRY_KIND_TEXT)},
        {2, CELL(.v.p = NULL, .len = 1, .kind = FERRY_KIND_BYTES)},
        {4, CELL(.v.p = NULL, .kind = FERRY_KIND_BYTES)},
        {4, INT(1)}, /* of no kind */
        {4, TEXT("x")},
        {0, CELL(.v.i = 1, .kind = FERRY_KIND_BYTES + 1)},
        {4, CELL(.v.i = 1, .kind = FERRY_KIND_BYTES + 1)},
        {0, CELL(.null = 2)},
    };
    make(columns, COUNT(columns));
    for (size_t i = 0; i < COUNT(cells); i++) {
        ferry_batch_reset(batch, 41);
        put(0, INT(1));
        put(cells[i].column, cells[i].cell);
        fails(true, text);
        fails(true, "row 42");
        fails(true, columns[cells[i].column].name);
    }
}

static void test_what_can_be(void **state)
{
    (void)state;
    make(columns, COUNT(columns));
    put(0, INT(-128));
    put(0, NONE);
    put(1, TEXT(""));
    put(2, CELL(.v.f = 0.5));
    put(2, CELL(.v.f = 0));
    put(0, INT(0));
    put(4, KIND_INT(0));
    put(4, KIND_REAL(0));
    put(4, KIND_TEXT(""));
    put(4, KIND_BYTES(""));
    passes(true);
    ferry_batch_reset(batch, 1);
    passes(true); /* of no row */
    passes(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_only_compares, teardown),
        cmocka_unit_test_teardown(test_what_cannot_be_looked_at, teardown),
        cmocka_unit_test_teardown(test_what_can_be, teardown),
    };
    return cmocka_run_group_tests_name("contract, stored", tests, NULL, NULL);
}
