/* The target half: a table of the store is replaced as a whole at the commit. */

#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The type that the wish asks for, if the values can be kept under it as they are; else NULL in
 * `*ret_native` (what is free to choose is the same type as the source's). */
static ferry_status find_type(const struct ferry_column *column, const struct ferry_wish *wish,
                              uint32_t *ret_fit, char **ret_native, struct ferry_error *err)
{
    char *own = memory_columns_native(column);
    if (own == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    bool is_text = memory_columns_kind(column) == FERRY_KIND_BYTES &&
                   column->type != FERRY_TYPE_BYTES && column->type != FERRY_TYPE_GEOMETRY &&
                   column->type != FERRY_TYPE_VECTOR;
    *ret_fit = FERRY_FIT_EXACT;
    *ret_native = own;
    if (wish->type == NULL || strcmp(wish->type, own) == 0)
        return FERRY_OK;
    bool to_text =
        strcmp(wish->type, "text") == 0 && is_text && (column->flags & FERRY_COLUMN_LOOSE) == 0;
    *ret_fit = to_text ? FERRY_FIT_WIDER : FERRY_FIT_NONE;
    *ret_native = to_text ? strdup(wish->type) : own;
    if (to_text)
        free(own);
    return *ret_native != NULL ? FERRY_OK : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
}

static ferry_status answer_mapping(const struct memory_conn *c, const struct ferry_column *column,
                                   const struct ferry_wish *wish, struct ferry_mapping *mapping,
                                   struct ferry_error *err)
{
    if (column->type > FERRY_TYPE_VECTOR) /* of a later header */
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "", "a type that is not known", err);
    bool chosen = c->fit_column == NULL || strcmp(c->fit_column, column->name) == 0;
    uint32_t fit = FERRY_FIT_EXACT;
    char *native = NULL, *clauses = NULL;
    ferry_status status = find_type(column, wish, &fit, &native, err);
    if (status != FERRY_OK)
        return status;
    const char *note = fit == FERRY_FIT_NONE    ? "the type that is wished for cannot hold it"
                       : fit == FERRY_FIT_WIDER ? "as the job wishes"
                                                : NULL;
    if (fit == FERRY_FIT_EXACT && chosen && c->fit != FERRY_FIT_EXACT) {
        fit = c->fit;
        note = "as the option `fit` wants";
    }
    if (memory_fault_breaks(c, "bad-fit"))
        fit = 99;
    status = ferry_mapping_set(mapping, fit, native, note, err);
    clauses = status == FERRY_OK ? memory_columns_clauses(column) : NULL;
    if (status == FERRY_OK)
        status = clauses != NULL ? ferry_mapping_set_clauses(mapping, clauses, err)
                                 : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    if (status == FERRY_OK && memory_column_is_ordered(c, column))
        status = ferry_mapping_set_ordered(mapping, err);
    free(clauses);
    free(native);
    return status;
}

static ferry_status memory_map_column(void *conn, const struct ferry_column *column,
                                      const struct ferry_wish *wish, struct ferry_mapping *mapping,
                                      struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "map_column", MEMORY_NO_ROW, err);
    if (status == FERRY_OK && memory_fault_lie(c, "map_column", &status, err))
        return status;
    if (status != FERRY_OK || memory_fault_skips(c, "map_column"))
        return status;
    return answer_mapping(c, column, wish, mapping, err);
}

/* A column as inspect tells it: its type and what stands behind it. */
static ferry_status add_inspected(struct ferry_schema *schema, const struct ferry_column *column,
                                  struct ferry_error *err)
{
    struct ferry_column inspected = *column;
    char *clauses = memory_columns_clauses(column);
    if (clauses == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    inspected.clauses = clauses;
    ferry_status status = ferry_schema_add(schema, &inspected, sizeof inspected, err);
    free(clauses);
    return status;
}

/* A hash of what a table says. */
static uint64_t definition_of(const struct memory_columns *columns)
{
    uint64_t hash = FERRY_HASH_SEED;
    for (size_t i = 0; i < columns->count; i++) {
        const struct ferry_column *column = &columns->list[i];
        const uint32_t numbers[] = {column->type, column->bits, column->flags,
                                    column->key_position};
        hash = ferry_hash_name(hash, column->name);
        hash = ferry_hash_bytes(hash, numbers, sizeof numbers);
    }
    return hash;
}

/* The rows that are there: held ones, or those that `existing_rows` pretends. */
static ferry_status memory_inspect(void *conn, const char *table,
                                   struct ferry_inspection *ret_inspection, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "inspect", MEMORY_NO_ROW, err);
    if (status == FERRY_OK && memory_fault_lie(c, "inspect", &status, err))
        return status;
    if (status != FERRY_OK)
        return status;
    struct memory_table *old = memory_table_find(c->store, table);
    const struct memory_columns *columns = old != NULL ? &old->columns : &c->columns;
    bool exists = old != NULL || c->existing_rows > 0;
    bool skip = memory_fault_skips(c, "inspect");
    for (size_t i = 0; status == FERRY_OK && exists && !skip && i < columns->count; i++)
        status = add_inspected(ret_inspection->schema, &columns->list[i], err);
    if (status == FERRY_OK) {
        ret_inspection->own = 1; /* nobody else makes tables here */
        ret_inspection->exists = exists;
        ret_inspection->rows_known = exists;
        ret_inspection->rows = old != NULL ? old->count : c->existing_rows;
        ret_inspection->definition = exists ? definition_of(columns) : 0;
    }
    memory_table_unref(old);
    return status;
}

struct change {
    struct memory_conn *conn;
    const struct ferry_change_spec *spec;
    struct memory_load *loads; /* the last one first */
};

static void load_free(struct memory_load *load)
{
    if (load == NULL)
        return;
    if (load->locked)
        memory_table_unlock(load->conn->store, load->table->name);
    memory_changes_free(load->changes);
    free(load->touched);
    memory_table_unref(load->old);
    memory_table_unref(load->table);
    free(load);
}

static void change_free(struct change *change)
{
    while (change->loads != NULL) {
        struct memory_load *load = change->loads;
        change->loads = load->next;
        load_free(load);
    }
    free(change);
}

static ferry_status memory_change_begin(void *conn, const struct ferry_change_spec *spec,
                                        void **ret_change, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "change_begin", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "change_begin", &status, err))
        return status;
    if (status != FERRY_OK || memory_fault_skips(c, "change_begin"))
        return status;
    struct change *change = calloc(1, sizeof *change);
    if (change == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    change->conn = c;
    change->spec = spec;
    *ret_change = change;
    return FERRY_OK;
}

static ferry_status load_lock(struct memory_load *load, const struct ferry_change_spec *change,
                              const char *table, struct ferry_error *err)
{
    char *holder = NULL;
    load->locked =
        memory_table_lock(load->conn->store, table, change->job, change->lock_wait_ms, &holder);
    ferry_status status = FERRY_OK;
    if (!load->locked) {
        status = ferry_fail(err, FERRY_ERR_BUSY,
                            "table '%s' is being written by job '%s'; try again later", table,
                            holder == NULL ? "?" : holder);
        ferry_error_held_by_run(err);
    }
    free(holder);
    return status;
}

/* The table may be another since inspect looked at it. */
static ferry_status load_look(struct memory_load *load, const struct ferry_load_spec *spec,
                              struct ferry_error *err)
{
    struct memory_table *old = memory_table_find(load->conn->store, spec->layout->table);
    const struct memory_columns *columns = old != NULL ? &old->columns : &load->conn->columns;
    bool exists = old != NULL || load->conn->existing_rows > 0;
    uint64_t definition = exists ? definition_of(columns) : 0;
    load->before = old != NULL ? old->count : load->conn->existing_rows;
    load->old = old;
    return ferry_load_confirm(spec, load->conn->name, exists, definition, err);
}

static bool has_column(const struct memory_columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strcasecmp(columns->list[i].name, name) == 0)
            return true;
    return false;
}

static ferry_status add_index(struct memory_columns *columns, const struct ferry_index *index,
                              struct ferry_error *err)
{
    for (size_t i = 0; i < index->column_count; i++)
        if (!has_column(columns, index->columns[i]))
            return ferry_fail(err, FERRY_ERR_SCHEMA, "an index on '%s', which is no column",
                              index->columns[i]);
    return memory_columns_add_index(columns, index)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
}

/* Columns as map_column answered, and the indexes.  A unique index is kept, not enforced. */
static ferry_status load_define(struct memory_load *load, const struct ferry_load_spec *spec,
                                struct ferry_error *err)
{
    const struct ferry_layout *layout = spec->layout;
    struct memory_columns *columns = &load->table->columns;
    ferry_status status = memory_columns_copy(layout->schema, columns, err);
    for (size_t i = 0; status == FERRY_OK && i < columns->count; i++)
        if (strcmp(columns->list[i].native, layout->natives[i]) != 0)
            status = memory_columns_retype(&columns->list[i], layout->natives[i], err);
    for (size_t i = 0; status == FERRY_OK && i < spec->index_count; i++)
        status = add_index(columns, spec->indexes[i], err);
    return status;
}

/* The table keeps its columns and indexes, and rows of it stay. */
static ferry_status load_of_changes(struct memory_load *load, const struct ferry_load_spec *spec,
                                    struct ferry_error *err)
{
    if (load->old == NULL)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "rows that `existing_rows` pretends cannot be changed");
    load->changes = memory_changes_new(spec, load->conn->name, load->old);
    bool made =
        load->changes != NULL && memory_columns_clone(&load->old->columns, &load->table->columns);
    return made ? FERRY_OK : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
}

static ferry_status memory_load_begin(void *argument, const struct ferry_load_spec *spec,
                                      void **ret_load, struct ferry_error *err)
{
    struct change *change = argument;
    struct memory_conn *c = change->conn;
    ferry_status status = memory_fault_hit(c, "load_begin", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "load_begin", &status, err))
        return status;
    if (status != FERRY_OK || memory_fault_skips(c, "load_begin"))
        return status;
    struct memory_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    load->conn = c;
    load->table = memory_table_new(c->store, spec->layout->table);
    if (load->table == NULL)
        status = ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    if (status == FERRY_OK)
        status = load_lock(load, change->spec, spec->layout->table, err);
    if (status == FERRY_OK)
        status = load_look(load, spec, err);
    if (status == FERRY_OK)
        status = spec->kind == FERRY_LOAD_CHANGES ? load_of_changes(load, spec, err)
                                                  : load_define(load, spec, err);
    if (status != FERRY_OK) {
        load_free(load);
        return status;
    }
    load->next = change->loads;
    *ret_load = change->loads = load;
    return FERRY_OK;
}

static size_t count_loaded(const struct memory_load *load)
{
    return load->changes != NULL ? memory_changes_count(load->changes) : load->table->count;
}

static ferry_status load_row(struct memory_load *load, uint32_t operation,
                             const struct ferry_cell *cells, struct ferry_error *err)
{
    if (load->changes != NULL)
        return memory_changes_add(load->changes, operation, cells, err);
    return memory_table_add(load->table, cells)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
}

static ferry_status memory_load_batch(void *load, uint32_t operation,
                                      const struct ferry_batch *batch, struct ferry_error *err)
{
    struct memory_load *l = load;
    struct memory_conn *c = l->conn;
    ferry_status status = memory_fault_hit(c, "load_batch", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "load_batch", &status, err))
        return status;
    for (size_t row = 0; status == FERRY_OK && row < ferry_batch_count(batch); row++) {
        if (strcmp(c->fault.at, "load_batch") == 0 && c->fault.status == FERRY_ERR_DATA &&
            c->fault.how == MEMORY_HOW_ERROR && count_loaded(l) == c->fault.row)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, 0,
                                   "refused as `fail_at` of connection '%s' wants", c->name);
        status = memory_fault_hit(c, "load_batch", count_loaded(l), err);
        if (status == FERRY_OK)
            status = load_row(l, operation, ferry_batch_cells(batch, row), err);
    }
    return status;
}

/* The totals are those of the rows before they are damaged. */
static ferry_status load_count(struct memory_load *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err)
{
    struct ferry_load_totals totals = {
        .before = load->before, .inserted = load->table->count, .after = load->table->count};
    ferry_status status = FERRY_OK;
    if (load->changes != NULL)
        status = memory_changes_apply(load->changes, load->table, &totals, err);
    if (status != FERRY_OK)
        return status;
    if (load->table->count > 0 && memory_fault_breaks(load->conn, "wrong-totals")) {
        totals.inserted -= load->changes == NULL;
        totals.after--;
    }
    bool has_room = memory_corrupt(load->conn, load->table);
    if (has_room && load->changes != NULL)
        load->touched = memory_changes_touched(load->changes, load->table);
    if (!has_room || (load->changes != NULL && load->touched == NULL))
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    load->ended = true;
    *ret_totals = totals;
    return FERRY_OK;
}

static ferry_status memory_load_end(void *load, struct ferry_load_totals *ret_totals,
                                    struct ferry_error *err)
{
    struct memory_load *l = load;
    ferry_status status = memory_fault_hit(l->conn, "load_end", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(l->conn, err);
    if (status == FERRY_OK && memory_fault_lie(l->conn, "load_end", &status, err))
        return status;
    if (status != FERRY_OK || memory_fault_skips(l->conn, "load_end"))
        return status;
    return load_count(l, ret_totals, err);
}

/* ---- Commit ---- */

/* The record of a load's table, which stands at the place of the load. */
static const struct ferry_record *
find_record(const struct memory_load *load, const struct ferry_record *const *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ferry_record_table(records[i]), load->table->name) == 0)
            return records[i];
    return NULL;
}

static ferry_status set_records(struct memory_load *loads,
                                const struct ferry_record *const *records, size_t count,
                                struct ferry_error *err)
{
    for (struct memory_load *load = loads; load != NULL; load = load->next) {
        const struct ferry_record *record = find_record(load, records, count);
        if (record != NULL && !memory_table_set_record(load->table, record))
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    }
    return FERRY_OK;
}

/* All tables at one moment. */
static void publish(struct memory_load *loads)
{
    memory_tables_lock();
    for (struct memory_load *load = loads; load != NULL; load = load->next)
        memory_table_publish(load->table);
    memory_tables_unlock();
    for (struct memory_load *load = loads; load != NULL; load = load->next) {
        const char *name = load->table->name; /* lives: nobody else can replace the table yet */
        memory_table_unlock(load->conn->store, name);
        load->locked = false;
        load->table = NULL;
    }
}

static ferry_status memory_change_commit(void *argument, const struct ferry_record *const *records,
                                         size_t record_count, uint32_t *outcome,
                                         struct ferry_error *err)
{
    struct change *change = argument;
    struct memory_conn *c = change->conn;
    struct memory_load *last = change->loads;
    ferry_status status = memory_fault_hit(c, "change_commit", MEMORY_NO_ROW, err);
    bool lies = status == FERRY_OK && memory_fault_lie(c, "change_commit", &status, err);
    if (status == FERRY_OK && !lies)
        status = set_records(change->loads, records, record_count, err);
    if (status == FERRY_OK && !lies && last != NULL && c->dump != NULL)
        status = memory_dump(last->table, c->dump, err);
    bool doubtful = status == FERRY_ERR_BUSY || status == FERRY_ERR_INTERNAL; /* so a test says */
    if (!lies && !doubtful)
        *outcome = status == FERRY_OK ? FERRY_OUTCOME_NEW : FERRY_OUTCOME_OLD;
    if (status == FERRY_OK && !lies && record_count > 0)
        publish(change->loads);
    for (size_t i = 0; status == FERRY_OK && !lies && i < record_count; i++)
        ferry_log(FERRY_LOG_DEBUG, "run %s of job '%s': %s rows",
                  ferry_record_value(records[i], "run_id"), ferry_record_value(records[i], "job"),
                  ferry_record_value(records[i], "rows"));
    change_free(change);
    return status;
}

static void memory_change_abort(void *argument)
{
    struct change *change = argument;
    (void)memory_fault_hit(change->conn, "change_abort", MEMORY_NO_ROW, NULL);
    change_free(change);
}

const struct ferry_target memory_target = {
    .map_column = memory_map_column,
    .inspect = memory_inspect,
    .change_begin = memory_change_begin,
    .load_begin = memory_load_begin,
    .load_batch = memory_load_batch,
    .load_end = memory_load_end,
    .change_commit = memory_change_commit,
    .change_abort = memory_change_abort,
    .stored_begin = memory_stored_begin,
    .stored_batch = memory_stored_batch,
    .stored_end = memory_stored_end,
    .records = memory_records,
    .prune = memory_prune,
    .abilities = FERRY_SCANS | FERRY_CHANGES | FERRY_TOGETHER | FERRY_TOGETHER_CHANGES,
};
