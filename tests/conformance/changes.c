/* Loads of changes: all of them or none, counted, and each row found by the exact value of its key.
 */

#include "change.h"

#include <stdlib.h>
#include <string.h>

#include "driver/target.h"

/* ---- Cases ---- */

static void test_case(const struct suite *suite, const struct change_case *test)
{
    struct change_work work = {.name = test->name,
                               .table = test->table,
                               .status = test->status,
                               .or_status = test->or_status,
                               .inserted = test->inserted,
                               .updated = test->updated,
                               .deleted = test->deleted};
    bool parsed = change_rows_parse(test->before, false, &work.before);
    parsed = change_rows_parse(test->steps, true, &work.steps) && parsed;
    parsed = change_rows_parse(test->after, false, &work.after) && parsed;
    if (parsed)
        change_try(suite, &work);
    change_rows_done(&work.before);
    change_rows_done(&work.steps);
    change_rows_done(&work.after);
}

/* A key of each type that has an order: the first of its values goes, the second is updated, the
 * third and fourth are upserted, the last is new. */
static void test_key_of(const struct suite *suite, const struct scan_column *column)
{
    char name[80];
    struct change_table table = {
        .name = column->column.name,
        .columns = {column->column,
                    {.name = "n", .native = "int32", .type = FERRY_TYPE_INT, .bits = 32}},
        .column_count = 2,
        .key_count = 1};
    table.columns[0].flags |= FERRY_COLUMN_NOT_NULL;
    (void)snprintf(name, sizeof name, "a key like %s", column->column.name);
    struct change_work work = {.name = name, .table = &table};
    for (size_t i = 0; i < column->count; i++) {
        bool is_last = i + 1 == column->count;
        struct change_row row = {.cells = {column->values[i], {.bytes = "1", .size = 1}}};
        if (!is_last)
            (void)change_rows_add(&work.before, &row);
        row.operation = is_last  ? FERRY_OP_INSERT
                        : i == 0 ? FERRY_OP_DELETE
                        : i == 1 ? FERRY_OP_UPDATE
                        : i == 2 ? FERRY_OP_UPSERT
                                 : FERRY_OP_ADD;
        bool is_other = i == 1 || i == 2 || is_last;
        row.cells[1].bytes = is_other ? "2" : "1";
        (void)change_rows_add(&work.steps, &row);
        if (i > 0 || is_last)
            (void)change_rows_add(&work.after, &row);
        work.deleted += row.operation == FERRY_OP_DELETE;
        work.updated += row.operation == FERRY_OP_UPDATE || row.operation == FERRY_OP_UPSERT;
        work.inserted += is_last;
    }
    change_try(suite, &work);
    change_rows_done(&work.before);
    change_rows_done(&work.steps);
    change_rows_done(&work.after);
}

/* More rows than anybody keeps in one statement. */
static void test_many(const struct suite *suite)
{
    enum { ROWS = 3000, NEW = 500 };
    static const struct change_table table = {
        .name = "many",
        .columns = {{.name = "id",
                     .native = "int64",
                     .type = FERRY_TYPE_INT,
                     .bits = 64,
                     .flags = FERRY_COLUMN_NOT_NULL},
                    {.name = "name", .native = "text", .type = FERRY_TYPE_TEXT}},
        .column_count = 2,
        .key_count = 1,
    };
    struct change_work work = {.name = "thousands of rows", .table = &table};
    char(*ids)[8] = calloc(ROWS + NEW, sizeof *ids);
    for (size_t i = 0; ids != NULL && i < ROWS + NEW; i++) {
        struct change_row row = {.operation = FERRY_OP_INSERT};
        int size = snprintf(ids[i], sizeof ids[i], "%zu", i);
        row.cells[0] = (struct scan_value){.bytes = ids[i], .size = (size_t)size};
        row.cells[1] = (struct scan_value){.bytes = "old", .size = 3};
        bool is_new = i >= ROWS, goes = !is_new && i % 5 == 1, stays = !is_new && i % 5 > 2;
        if (!is_new)
            (void)change_rows_add(&work.before, &row);
        if (!stays && !is_new)
            row.operation = goes ? FERRY_OP_DELETE : FERRY_OP_UPDATE;
        if (row.operation == FERRY_OP_UPDATE)
            row.cells[1].bytes = "new";
        if (!stays)
            (void)change_rows_add(&work.steps, &row);
        if (!goes)
            (void)change_rows_add(&work.after, &row);
        work.inserted += is_new;
        work.deleted += goes;
        work.updated += row.operation == FERRY_OP_UPDATE;
    }
    change_try(suite, &work);
    change_rows_done(&work.before);
    change_rows_done(&work.steps);
    change_rows_done(&work.after);
    free(ids);
}

/* ---- Beside the rows ---- */

static void test_locks(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target first = {0}, second = {0};
    struct ferry_load *load = NULL, *other = NULL;
    struct change_work work = {.table = change_cases[0].table};
    bool opened = target_open(suite, 0, &target_no_wish, &first);
    ferry_status status = opened ? change_load_before(&first, &work, &error) : FERRY_ERR_SYSTEM;
    if (status == FERRY_OK && target_open(suite, 0, &target_no_wish, &second) &&
        change_plan(&second, &work, &error) == FERRY_OK) {
        status = change_begin(&first, &work, &load, &error);
        tap_ok(status == FERRY_OK && change_begin(&second, &work, &other, &error) == FERRY_ERR_BUSY,
               "a second writer is refused as BUSY while rows are changed");
        ferry_error_clear(&error);
        target_abort(&first);
        target_abort(&second);
        tap_ok(change_begin(&second, &work, &other, &error) == FERRY_OK,
               "and may change rows once the first has given up");
    }
    tap_error(&error);
    target_close(&second);
    target_close(&first);
}

/* Where the changes were planned for another definition of the table. */
static void test_other_definition(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals;
    struct change_work work = {.table = change_cases[0].table};
    bool opened = target_open(suite, 0, &target_no_wish, &target);
    ferry_status status = opened ? change_load_before(&target, &work, &error) : FERRY_ERR_SYSTEM;
    if (status == FERRY_OK && target.plan.definition != 0) {
        target.plan.definition ^= 1;
        status = change_begin(&target, &work, &load, &error);
        if (status == FERRY_OK)
            status = ferry_target_load_end(load, &totals, &error);
        tap_ok(status == FERRY_ERR_BUSY,
               "changes that were planned for another definition are refused as BUSY");
        ferry_error_clear(&error);
    }
    tap_error(&error);
    target_close(&target);
}

void test_changes(const struct suite *suite)
{
    if ((suite->driver->target.abilities & FERRY_CHANGES) == 0) {
        tap_skip("the driver has not the ability FERRY_CHANGES", "loads of changes");
        return;
    }
    for (size_t i = 0; i < change_case_count; i++)
        test_case(suite, &change_cases[i]);
    for (size_t i = 0; i < scan_shape_count; i++)
        for (size_t k = 0; k < scan_shapes[i].count; k++)
            if (scan_shapes[i].columns[k].count > 3)
                test_key_of(suite, &scan_shapes[i].columns[k]);
    test_many(suite);
    test_locks(suite);
    test_other_definition(suite);
}
