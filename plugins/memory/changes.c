/* A load of changes: rows are collected, and a copy of the table with all of them takes its place.
 */

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memory_changes {
    const struct ferry_load_spec *spec;
    const char *place; /* for messages */
    struct memory_table *rows;
    uint8_t *operations; /* one per row */
    const struct memory_table *old;
};

/* What becomes of a row that is there. */
struct fate {
    const struct ferry_cell *becomes; /* NULL: it stays as it is */
    bool goes;
};

static ferry_status fail_memory(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
}

static struct memory_key exact_key(const struct memory_changes *changes)
{
    return (struct memory_key){.list = changes->rows->columns.list,
                               .columns = changes->spec->key,
                               .count = changes->spec->key_count,
                               .compare = memory_cells_compare};
}

struct memory_changes *memory_changes_new(const struct ferry_load_spec *spec, const char *place,
                                          const struct memory_table *old)
{
    struct memory_changes *changes = calloc(1, sizeof *changes);
    if (changes == NULL)
        return NULL;
    changes->spec = spec;
    changes->place = place;
    changes->old = old;
    changes->rows = memory_table_new("", "changes");
    if (changes->rows != NULL && memory_columns_clone(&old->columns, &changes->rows->columns))
        return changes;
    memory_changes_free(changes);
    return NULL;
}

void memory_changes_free(struct memory_changes *changes)
{
    if (changes == NULL)
        return;
    memory_table_unref(changes->rows);
    free(changes->operations);
    free(changes);
}

size_t memory_changes_count(const struct memory_changes *changes)
{
    return changes->rows->count;
}

/* Of a row that goes the key alone came: all else is NULL here. */
static bool add_key(struct memory_changes *changes, const struct ferry_cell *cells)
{
    size_t count = changes->rows->columns.count;
    struct ferry_cell *row = calloc(count, sizeof *row);
    if (row == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        row[i].null = 1;
    for (size_t i = 0; i < changes->spec->key_count; i++)
        row[changes->spec->key[i]] = cells[i];
    bool added = memory_table_add(changes->rows, row);
    free(row);
    return added;
}

ferry_status memory_changes_add(struct memory_changes *changes, uint32_t operation,
                                const struct ferry_cell *cells, struct ferry_error *err)
{
    size_t count = changes->rows->count;
    if (operation < FERRY_OP_INSERT || operation > FERRY_OP_ADD ||
        (changes->spec->key_count == 0 && operation != FERRY_OP_INSERT))
        return ferry_fail(err, FERRY_ERR_INTERNAL, "operation %u has no place in this load",
                          operation);
    uint8_t *operations = reallocarray(changes->operations, count + 1, sizeof *operations);
    if (operations == NULL)
        return fail_memory(err);
    changes->operations = operations;
    operations[count] = (uint8_t)operation;
    bool added = operation == FERRY_OP_DELETE ? add_key(changes, cells)
                                              : memory_table_add(changes->rows, cells);
    return added ? FERRY_OK : fail_memory(err);
}

/* ---- What each change does ---- */

static bool rows_are_same(const struct memory_columns *columns, const struct ferry_cell *a,
                          const struct ferry_cell *b)
{
    for (size_t i = 0; i < columns->count; i++)
        if (!memory_cells_are_same(&columns->list[i], &a[i], &b[i]))
            return false;
    return true;
}

/* About rows of a key, whose columns the message names. */
static ferry_status fail_rows(const struct memory_changes *changes, const char *what,
                              struct ferry_error *err)
{
    char *names = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&names, &size);
    if (out == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < changes->spec->key_count; i++)
        (void)fprintf(out, "%s%s", i > 0 ? ", " : "",
                      changes->rows->columns.list[changes->spec->key[i]].name);
    ferry_status status = FERRY_ERR_SYSTEM;
    if (fclose(out) != 0)
        (void)fail_memory(err);
    else
        status = ferry_fail(err, FERRY_ERR_DATA, "table '%s' has %s (%s)",
                            changes->spec->layout->table, what, names);
    free(names);
    return status;
}

/* `old` and its fate are NULL where no row has the key. */
static ferry_status decide(const struct memory_changes *changes, size_t row,
                           const struct ferry_cell *old, struct fate *fate,
                           struct ferry_load_totals *totals, struct ferry_error *err)
{
    const struct ferry_cell *cells = changes->rows->rows[row];
    uint8_t operation = changes->operations[row];
    bool is_there = fate != NULL;
    bool is_same = is_there && rows_are_same(&changes->rows->columns, old, cells);
    if (operation == FERRY_OP_ADD && is_there && !is_same)
        return fail_rows(changes,
                         "another row already of a key that was to be added; choose strategy = "
                         "\"upsert\"",
                         err);
    bool needs_it = operation == FERRY_OP_UPDATE || operation == FERRY_OP_DELETE;
    bool was_touched = fate != NULL && (fate->goes || fate->becomes != NULL);
    if (was_touched || (is_there ? operation == FERRY_OP_INSERT : needs_it))
        return ferry_load_fail_changed(changes->spec, changes->place, err);
    if (!is_there) {
        totals->inserted++;
    } else if (operation == FERRY_OP_DELETE) {
        fate->goes = true;
        totals->deleted++;
    } else if (operation == FERRY_OP_UPDATE || !is_same) {
        fate->becomes = cells;
        totals->updated++;
    }
    return FERRY_OK;
}

/* `old` are the rows that are there, sorted by the key; `fates` are in the order in which they lie.
 */
static ferry_status decide_all(const struct memory_changes *changes, const struct memory_row *old,
                               struct fate *fates, bool *is_new, struct ferry_load_totals *totals,
                               struct ferry_error *err)
{
    const struct memory_key key = exact_key(changes);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < changes->rows->count && status == FERRY_OK; i++) {
        size_t first = 0, found = 0;
        if (key.count > 0)
            found =
                memory_rows_find(&key, old, changes->old->count, changes->rows->rows[i], &first);
        is_new[i] = found == 0;
        if (found > 1) /* of none of them it can be said that it is meant */
            status = fail_rows(changes,
                               "more than one row of a key; choose another with key, or strategy "
                               "= \"replace\"",
                               err);
        else if (found == 1)
            status = decide(changes, i, old[first].cells, &fates[old[first].number], totals, err);
        else
            status = decide(changes, i, NULL, NULL, totals, err);
    }
    return status;
}

static bool write_rows(const struct memory_changes *changes, const struct fate *fates,
                       const bool *is_new, struct memory_table *table)
{
    bool written = true;
    for (size_t i = 0; i < changes->old->count && written; i++)
        if (!fates[i].goes)
            written = memory_table_add(table, fates[i].becomes != NULL ? fates[i].becomes
                                                                       : changes->old->rows[i]);
    for (size_t i = 0; i < changes->rows->count && written; i++)
        if (is_new[i])
            written = memory_table_add(table, changes->rows->rows[i]);
    return written;
}

ferry_status memory_changes_apply(const struct memory_changes *changes, struct memory_table *table,
                                  struct ferry_load_totals *ret_totals, struct ferry_error *err)
{
    const struct memory_key key = exact_key(changes);
    struct ferry_load_totals totals = {.before = changes->old->count};
    struct memory_row *old = memory_rows_list(changes->old);
    struct fate *fates = calloc(changes->old->count + 1, sizeof *fates);
    bool *is_new = calloc(changes->rows->count + 1, sizeof *is_new);
    ferry_status status = FERRY_OK;
    if (old == NULL || fates == NULL || is_new == NULL)
        status = fail_memory(err);
    if (status == FERRY_OK && key.count > 0)
        memory_rows_sort(&key, old, changes->old->count);
    if (status == FERRY_OK)
        status = decide_all(changes, old, fates, is_new, &totals, err);
    if (status == FERRY_OK && !write_rows(changes, fates, is_new, table))
        status = fail_memory(err);
    free(old);
    free(fates);
    free(is_new);
    totals.after = table->count;
    if (status == FERRY_OK)
        *ret_totals = totals;
    return status;
}

/* ---- What was touched ---- */

/* The rows were counted before one of them was lost or doubled: see corrupt.c. */
static void touch_last(const struct memory_changes *changes, const struct memory_table *table,
                       bool *touched)
{
    for (size_t i = changes->old->count; i < table->count; i++)
        touched[i] = true;
}

bool *memory_changes_touched(const struct memory_changes *changes, const struct memory_table *table)
{
    const struct memory_key key = exact_key(changes);
    bool *touched = calloc(table->count + 1, sizeof *touched);
    struct memory_row *rows = memory_rows_list(table);
    bool has_room = touched != NULL && rows != NULL;
    if (has_room && key.count == 0)
        touch_last(changes, table, touched);
    else if (has_room)
        memory_rows_sort(&key, rows, table->count);
    for (size_t i = 0; has_room && key.count > 0 && i < changes->rows->count; i++) {
        size_t first = 0, found = 0;
        if (changes->operations[i] != FERRY_OP_DELETE)
            found = memory_rows_find(&key, rows, table->count, changes->rows->rows[i], &first);
        for (size_t k = first; k < first + found; k++)
            touched[rows[k].number] = true;
    }
    free(rows);
    if (has_room)
        return touched;
    free(touched);
    return NULL;
}
