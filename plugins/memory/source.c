/* The source half: generated rows, literal rows, or a table of the store. */

#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cursor {
    struct memory_conn *conn;
    const struct ferry_schema *schema;
    struct memory_table *table; /* NULL: rows are generated */
    uint64_t next;
    uint64_t count;
    bool lied; /* a broken cell is made once */
};

/* The table behind a name, with a reference to drop; NULL in `*ret_table` for generated rows. */
static ferry_status source_find(struct memory_conn *conn, const struct ferry_read *read,
                                struct memory_table **ret_table, struct ferry_error *err)
{
    *ret_table = NULL;
    if (read->kind == FERRY_READ_QUERY)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "the memory driver has no query language; name a table");
    if (conn->read_store)
        *ret_table = memory_table_find(conn->store, read->text);
    bool missing = conn->read_store
                       ? *ret_table == NULL
                       : conn->only_table != NULL && strcmp(conn->only_table, read->text) != 0;
    if (missing)
        return ferry_fail(err, FERRY_ERR_NOT_FOUND, "no table '%s' in memory; check the name",
                          read->text);
    if (conn->literal != NULL && *ret_table == NULL) {
        (void)__atomic_add_fetch(&conn->literal->references, 1, __ATOMIC_ACQ_REL);
        *ret_table = conn->literal;
    }
    return FERRY_OK;
}

static ferry_status memory_describe(void *conn, const struct ferry_read *read,
                                    struct ferry_schema *schema, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    struct memory_table *table = NULL;
    ferry_status status = memory_fault_hit(c, "describe", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK)
        status = source_find(c, read, &table, err);
    const struct memory_columns *columns = table == NULL ? &c->columns : &table->columns;
    bool skip = memory_fault_skips(c, "describe");
    if (status == FERRY_OK && !skip)
        status = memory_columns_describe(columns, schema, err);
    if (status == FERRY_OK && !skip && c->note != NULL)
        status = ferry_schema_note(schema, err, "%s", c->note);
    memory_table_unref(table);
    if (status == FERRY_OK)
        (void)memory_fault_lie(c, "describe", &status, err);
    return status;
}

/* A result that changed since it was described has to be refused here, before a row is read. */
static bool columns_are_alike(const struct ferry_schema *schema,
                              const struct memory_columns *columns)
{
    bool alike = ferry_schema_count(schema) == columns->count;
    for (size_t i = 0; alike && i < columns->count; i++) {
        const struct ferry_column *a = ferry_schema_column(schema, i), *b = &columns->list[i];
        alike =
            strcmp(a->name, b->name) == 0 && a->native != NULL && strcmp(a->native, b->native) == 0;
    }
    return alike;
}

static ferry_status memory_read_begin(void *conn, const struct ferry_read *read,
                                      const struct ferry_schema *schema,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err)
{
    (void)scan; /* every row, in any order: nothing else is asked for yet */
    struct memory_conn *c = conn;
    struct memory_table *table = NULL;
    ferry_status status = memory_fault_hit(c, "read_begin", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK)
        status = source_find(c, read, &table, err);
    if (status == FERRY_OK &&
        !columns_are_alike(schema, table == NULL ? &c->columns : &table->columns))
        status = ferry_fail(err, FERRY_ERR_SCHEMA, "table '%s' has other columns than before",
                            read->text);
    struct cursor *cursor = status == FERRY_OK ? calloc(1, sizeof *cursor) : NULL;
    if (status == FERRY_OK && cursor == NULL)
        status = ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    bool lies = status == FERRY_OK && memory_fault_lie(c, "read_begin", &status, err);
    if (status != FERRY_OK || lies || memory_fault_skips(c, "read_begin")) {
        free(cursor);
        memory_table_unref(table);
        return status;
    }
    cursor->conn = c;
    cursor->schema = schema;
    cursor->table = table;
    cursor->count = table == NULL ? c->rows : table->count;
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* One cell that a correct driver never makes; `ways` names the option's value, the first column of
 * its type is taken. */
static const struct lie {
    const char *way;
    uint32_t type; /* 0: any type whose value is behind a pointer */
    const char *text;
} lies[] = {
    {"null-pointer", 0, NULL},
    {"bad-utf8", FERRY_TYPE_TEXT, "\xC3\x28"},
    {"bad-decimal", FERRY_TYPE_DECIMAL, "12a.5"},
    {"bad-date", FERRY_TYPE_DATE, "yesterday"},
    {"bad-time", FERRY_TYPE_TIME, "noon"},
    {"bad-datetime", FERRY_TYPE_DATETIME, "2026-01-01T00:00:00Z"},
    {"int-out-of-bits", FERRY_TYPE_INT, NULL},
    {"bool-out-of-range", FERRY_TYPE_BOOL, NULL},
    {"wrong-kind", 0, NULL},
    {"null-in-not-null", 0, NULL},
};

static void tell_lie(struct cursor *cursor, const struct lie *lie, struct ferry_cell *cells)
{
    for (size_t i = 0; i < ferry_schema_count(cursor->schema) && !cursor->lied; i++) {
        const struct ferry_column *column = ferry_schema_column(cursor->schema, i);
        bool is_not_null = (column->flags & FERRY_COLUMN_NOT_NULL) != 0;
        bool points = memory_columns_kind(column) == FERRY_KIND_BYTES;
        if (strcmp(lie->way, "null-in-not-null") == 0) {
            if (!is_not_null)
                continue;
            cells[i] = (struct ferry_cell){.null = 1};
        } else if (lie->type == 0 ? !points : column->type != lie->type) {
            continue;
        } else if (strcmp(lie->way, "wrong-kind") == 0) {
            cells[i].kind = FERRY_KIND_BYTES;
            cells[i].null = 0;
        } else if (lie->type == FERRY_TYPE_INT) {
            if (column->bits == 64)
                continue;
            cells[i] = (struct ferry_cell){.v.i = INT64_C(1) << column->bits};
        } else if (lie->type == FERRY_TYPE_BOOL) {
            cells[i] = (struct ferry_cell){.v.i = 2};
        } else {
            cells[i] = (struct ferry_cell){
                .v.p = lie->text, .len = lie->text == NULL ? 4 : (uint32_t)strlen(lie->text)};
        }
        cursor->lied = true;
    }
}

static void break_cells(struct cursor *cursor, struct ferry_cell *cells)
{
    if (cursor->lied || cursor->next < cursor->conn->fault.row)
        return;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
        if (memory_fault_breaks(cursor->conn, lies[i].way))
            tell_lie(cursor, &lies[i], cells);
}

static ferry_status copy_row(const struct cursor *cursor, struct ferry_batch *batch,
                             struct ferry_cell *cells, struct ferry_error *err)
{
    const struct memory_columns *columns = &cursor->table->columns;
    const struct ferry_cell *row = cursor->table->rows[cursor->next];
    for (size_t i = 0; i < columns->count; i++) {
        cells[i] = row[i];
        if (memory_cell_points(&columns->list[i], &row[i]) &&
            !ferry_batch_text(batch, &cells[i], row[i].v.p, row[i].len))
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    }
    return FERRY_OK;
}

/* A batch that has room, or one row too many where the contract is to be broken. */
static bool batch_takes(const struct cursor *cursor, const struct ferry_batch *batch)
{
    return !ferry_batch_full(batch) || memory_fault_breaks(cursor->conn, "overfull");
}

static ferry_status memory_read_batch(void *cursor, struct ferry_batch *batch,
                                      struct ferry_error *err)
{
    struct cursor *cur = cursor;
    struct memory_conn *c = cur->conn;
    ferry_status status = memory_fault_hit(c, "read_batch", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "read_batch", &status, err))
        return status;
    for (; status == FERRY_OK && batch_takes(cur, batch); cur->next++) {
        status = memory_fault_hit(c, "read_batch", cur->next, err);
        if (status != FERRY_OK || cur->next >= cur->count)
            break;
        if (cur->next % 64 == 0)
            status = memory_cancelled(c, err);
        struct ferry_cell *cells = status == FERRY_OK ? ferry_batch_row(batch) : NULL;
        if (cells == NULL)
            break;
        status = cur->table != NULL ? copy_row(cur, batch, cells, err)
                                    : memory_generate_row(c, cur->next, batch, cells, err);
        break_cells(cur, cells);
    }
    return status;
}

static void memory_read_end(void *cursor)
{
    struct cursor *cur = cursor;
    if (cur == NULL)
        return;
    (void)memory_fault_hit(cur->conn, "read_end", MEMORY_NO_ROW, NULL);
    memory_table_unref(cur->table);
    free(cur);
}

/* What a reader holds stays as it is anyway, so these only give the faults their place. */
static ferry_status memory_snapshot_begin(void *conn, struct ferry_error *err)
{
    ferry_status status = memory_fault_hit(conn, "snapshot_begin", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        (void)memory_fault_lie(conn, "snapshot_begin", &status, err);
    return status;
}

static void memory_snapshot_end(void *conn)
{
    ferry_log(FERRY_LOG_DEBUG, "connection '%s': snapshot ended",
              ((struct memory_conn *)conn)->name);
}

static int64_t data_moment(const struct memory_conn *c)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - c->data_age_ms;
}

static ferry_status memory_origins(void *conn, const struct ferry_read *read, const char *table,
                                   struct ferry_origins *origins, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "origins", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "origins", &status, err))
        return status;
    if (status == FERRY_OK)
        status = ferry_origins_add(origins, read->text, err);
    if (table != NULL && strcmp(table, read->text) == 0)
        ferry_origins_include(origins);
    if (c->data_age_ms >= 0 && !c->data_by_record)
        ferry_origins_changed(origins, data_moment(c));
    return status;
}

static ferry_status tell_moment(const struct memory_conn *c, struct ferry_record *record,
                                struct ferry_error *err)
{
    char seconds_text[32], text[48];
    struct tm parts;
    const int64_t moment = data_moment(c);
    const time_t seconds = (time_t)(moment / 1000);
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(seconds_text, sizeof seconds_text, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        return FERRY_OK;
    (void)snprintf(text, sizeof text, "%s.%03dZ", seconds_text, (int)(moment % 1000));
    return ferry_record_set(record, "data_from", text, err);
}

/* Of a table in the store, which run loaded it; and how old `data_age` says that the data are. */
ferry_status memory_record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "record_read", MEMORY_NO_ROW, err);
    if (status == FERRY_OK && memory_fault_lie(c, "record_read", &status, err))
        return status;
    if (status == FERRY_OK && c->data_age_ms >= 0 && c->data_by_record)
        return tell_moment(c, record, err);
    struct memory_table *held = status == FERRY_OK ? memory_table_find(c->store, table) : NULL;
    if (held != NULL)
        status = ferry_record_set(record, "run_id", held->run_id, err);
    memory_table_unref(held);
    return status;
}

const struct ferry_source memory_source = {
    .describe = memory_describe,
    .read_begin = memory_read_begin,
    .read_batch = memory_read_batch,
    .read_end = memory_read_end,
    .snapshot_begin = memory_snapshot_begin,
    .snapshot_end = memory_snapshot_end,
    .origins = memory_origins,
};
