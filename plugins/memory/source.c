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
    struct memory_table *table; /* NULL: rows are generated, one by one */
    struct memory_scan scan;    /* of the table */
    uint64_t next;
    uint64_t count;
    bool lied; /* a broken cell is made once */
};

ferry_status memory_source_find(struct memory_conn *conn, const struct ferry_read *read,
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
                       : conn->tables != NULL && !memory_list_has(conn->tables, read->text);
    if (conn->spoiled)
        return ferry_fail(err, FERRY_ERR_STREAM, "the connection is of no use any more");
    conn->spoiled = missing && memory_fault_breaks(conn, "spoiled-by-failure");
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
        status = memory_source_find(c, read, &table, err);
    const struct memory_columns *columns = table == NULL ? &c->columns : &table->columns;
    bool skip = memory_fault_skips(c, "describe");
    if (status == FERRY_OK && !skip)
        status = memory_columns_describe(c, columns, schema, err);
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

static bool asks_for_more(const struct ferry_scan *scan)
{
    return scan->order_count > 0 || scan->bound_count > 0 || scan->column_count > 0;
}

/* The rows that the cursor goes through.  Generated ones are held only where they must be. */
static ferry_status cursor_begin(struct cursor *cursor, const struct ferry_scan *scan,
                                 struct ferry_error *err)
{
    const struct memory_conn *c = cursor->conn;
    ferry_status status = FERRY_OK;
    if (cursor->table == NULL && asks_for_more(scan))
        status = memory_generate_table(c, &cursor->table, err);
    cursor->count = c->rows;
    if (status == FERRY_OK && cursor->table != NULL) {
        status = memory_scan_begin(c, cursor->table, scan, NULL, &cursor->scan, err);
        cursor->count = cursor->scan.count;
    }
    return status;
}

static void cursor_free(struct cursor *cursor)
{
    memory_scan_done(&cursor->scan);
    memory_table_unref(cursor->table);
    free(cursor);
}

static ferry_status memory_read_begin(void *conn, const struct ferry_read *read,
                                      const struct ferry_schema *schema,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err)
{
    struct memory_conn *c = conn;
    struct cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    cursor->conn = c;
    cursor->schema = schema;
    ferry_status status = memory_fault_hit(c, "read_begin", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK)
        status = memory_source_find(c, read, &cursor->table, err);
    if (status == FERRY_OK &&
        !columns_are_alike(schema, cursor->table == NULL ? &c->columns : &cursor->table->columns)) {
        status =
            ferry_fail(err, FERRY_ERR_BUSY, "table '%s' has other columns than before", read->text);
        ferry_error_may_pass(err);
    }
    if (status == FERRY_OK && c->joined != 0 && cursor->table != NULL &&
        cursor->table->serial != c->joined) {
        status = ferry_fail(err, FERRY_ERR_BUSY,
                            "table '%s' is another one than that of the shared "
                            "state",
                            read->text);
        ferry_error_may_pass(err);
    }
    if (status == FERRY_OK)
        status = cursor_begin(cursor, scan, err);
    bool lies = status == FERRY_OK && memory_fault_lie(c, "read_begin", &status, err);
    if (status != FERRY_OK || lies || memory_fault_skips(c, "read_begin"))
        cursor_free(cursor);
    else
        *ret_cursor = cursor;
    return status;
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
    const struct memory_scan *scan = &cursor->scan;
    size_t count = cursor->table != NULL ? scan->column_count : ferry_schema_count(cursor->schema);
    for (size_t i = 0; i < count && !cursor->lied; i++) {
        const struct ferry_column *column =
            ferry_schema_column(cursor->schema, cursor->table != NULL ? scan->columns[i] : i);
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

static ferry_status make_row(struct cursor *cursor, struct ferry_batch *batch,
                             struct ferry_cell *cells, struct ferry_error *err)
{
    struct memory_room room = {.batch = batch};
    if (cursor->table == NULL)
        return memory_generate_row(cursor->conn, cursor->next, &room, cells, err);
    return memory_scan_copy(&cursor->scan, cursor->next, batch, cells)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
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
        status = make_row(cur, batch, cells, err);
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
    cursor_free(cur);
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
    ((struct memory_conn *)conn)->joined = 0;
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

/* Of a table in the store, the record of the run that loaded it; or else how old `data_age` says
 * that the data are. */
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
    for (size_t i = 0;
         status == FERRY_OK && held != NULL && held->record != NULL && i < ferry_field_count(); i++)
        status = ferry_record_set(record, ferry_field(i)->name, held->record[i], err);
    memory_table_unref(held);
    return status;
}

/* What the option says; of a table in the store, each state of it is another one. */
static ferry_status memory_fingerprint(void *conn, const struct ferry_read *read,
                                       struct ferry_fingerprint *fingerprint,
                                       struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "fingerprint", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "fingerprint", &status, err))
        return status;
    if (status != FERRY_OK || c->fingerprint == NULL)
        return status;
    struct memory_table *table = NULL;
    status = memory_source_find(c, read, &table, err);
    if (status != FERRY_OK)
        return status;
    char *text = NULL;
    int length = table == NULL || table->serial == 0
                     ? asprintf(&text, "%s", c->fingerprint)
                     : asprintf(&text, "%s:%" PRIu64, c->fingerprint, table->serial);
    memory_table_unref(table);
    if (length < 0)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    status = ferry_fingerprint_set(fingerprint, text, err);
    free(text);
    return status;
}

/* Of all rows; how many lie within bounds shows when they are read. */
static ferry_status memory_estimate(void *conn, const struct ferry_read *read,
                                    const struct ferry_schema *schema,
                                    const struct ferry_scan *scan, uint64_t *ret_rows,
                                    struct ferry_error *err)
{
    const struct memory_conn *c = conn;
    struct memory_table *table = NULL;
    (void)schema;
    ferry_status status = memory_fault_hit(conn, "estimate", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(conn, err);
    if (status == FERRY_OK && memory_fault_lie(conn, "estimate", &status, err))
        return status;
    if (status == FERRY_OK)
        status = memory_source_find(conn, read, &table, err);
    uint64_t rows = table == NULL ? c->rows : table->count;
    memory_table_unref(table);
    if (status == FERRY_OK && c->estimate_set && c->estimate >= 0)
        *ret_rows = (uint64_t)c->estimate;
    else if (status == FERRY_OK && !c->estimate_set && scan->bound_count == 0)
        *ret_rows = rows;
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
    .fingerprint = memory_fingerprint,
    .abilities = FERRY_SCANS | FERRY_SHARES_OWN | FERRY_SHARES_BY_LOCK,
    .list = memory_list,
    .estimate = memory_estimate,
    .part = memory_part,
    .share_begin = memory_share_begin,
    .share_join = memory_share_join,
    .share_end = memory_share_end,
};
