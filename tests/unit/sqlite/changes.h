/* A load of changes into a table of a file, its rows written as texts, "1|Ada|NULL". */

#ifndef FERRY_UNIT_SQLITE_CHANGES_H
#define FERRY_UNIT_SQLITE_CHANGES_H

#include "change.h"

#include <inttypes.h>

#include "driver/batch.h"

#define CHANGES_COLUMNS 1200
#define CHANGES_TEXT 8192

struct changes {
    struct sqldrv_conn *conn;
    struct ferry_schema schema;
    const char *natives[CHANGES_COLUMNS];
    const char *clauses[CHANGES_COLUMNS];
    const struct ferry_wish *wishes[CHANGES_COLUMNS];
    struct ferry_layout layout;
    size_t key[CHANGES_COLUMNS];
    struct ferry_load_spec load_spec;
    struct ferry_change_spec spec;
    struct ferry_schema key_schema;
    struct ferry_batch *batch;     /* of rows */
    struct ferry_batch *key_batch; /* of keys */
    void *unit;
    void *load;
    struct ferry_load_totals totals;
    uint32_t outcome;
    struct ferry_error error;
    char text[CHANGES_TEXT]; /* what was read last */
};

/* An int of 64 bits, or a text; LOOSE, so that cells may say what they are. */
#define INT_COLUMN(n)                                                                              \
    {                                                                                              \
        .name = (n), .native = "", .type = FERRY_TYPE_INT, .bits = 64                              \
    }
#define TEXT_COLUMN(n)                                                                             \
    {                                                                                              \
        .name = (n), .native = "", .type = FERRY_TYPE_TEXT                                         \
    }
#define LOOSE_COLUMN(n)                                                                            \
    {                                                                                              \
        .name = (n), .native = "", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_LOOSE           \
    }

static inline void add_to(struct ferry_schema *schema, const struct ferry_column *column)
{
    struct ferry_error error = {0};
    assert_int_equal(ferry_schema_add(schema, column, sizeof *column, &error), FERRY_OK);
}

/* `key` are the numbers of its columns, one digit each. */
static inline void plan_changes(struct changes *changes, const char *path,
                                const struct ferry_column *columns, const char *const *natives,
                                size_t count, const char *key)
{
    static const struct ferry_wish no_wish;
    static const struct ferry_batch_limits limits = {.rows = 1000, .bytes = 1 << 20};
    struct ferry_schema found = {0};
    struct ferry_inspection inspection = {.schema = &found};
    *changes = (struct changes){.conn = connect_to(path, FERRY_ROLE_TARGET)};
    for (size_t i = 0; i < count; i++) {
        add_to(&changes->schema, &columns[i]);
        changes->natives[i] = natives[i];
        changes->clauses[i] = "";
        changes->wishes[i] = &no_wish;
    }
    for (size_t i = 0; key[i] != '\0'; i++) {
        changes->key[i] = (size_t)(key[i] - '0');
        add_to(&changes->key_schema, &columns[changes->key[i]]);
    }
    changes->layout = (struct ferry_layout){.table = "t",
                                            .schema = &changes->schema,
                                            .natives = changes->natives,
                                            .clauses = changes->clauses,
                                            .wishes = changes->wishes};
    assert_int_equal(sqldrv_table_inspect(changes->conn, "t", &inspection, &changes->error),
                     FERRY_OK);
    ferry_schema_done(&found);
    changes->load_spec = (struct ferry_load_spec){.layout = &changes->layout,
                                                  .kind = FERRY_LOAD_CHANGES,
                                                  .action = FERRY_TABLE_KEEP,
                                                  .keep_definition = 1,
                                                  .definition = inspection.definition,
                                                  .key = changes->key,
                                                  .key_count = strlen(key)};
    changes->spec = (struct ferry_change_spec){.job = "j", .run_id = "1f", .lock_wait_ms = 40};
    changes->batch = ferry_batch_new(&changes->schema, &limits);
    changes->key_batch = ferry_batch_new(&changes->key_schema, &limits);
    assert_non_null(changes->batch);
    assert_non_null(changes->key_batch);
}

static inline void begin_changes(struct changes *changes)
{
    assert_int_equal(
        sqldrv_target.change_begin(changes->conn, &changes->spec, &changes->unit, &changes->error),
        FERRY_OK);
    assert_int_equal(sqldrv_target.load_begin(changes->unit, &changes->load_spec, &changes->load,
                                              &changes->error),
                     FERRY_OK);
    assert_no_error(&changes->error);
}

/* ---- Rows ---- */

/* A cell of one field; "f:1.5", "i:1", "t:x" and "b:x" say their kind. */
static inline void put_cell(struct ferry_batch *batch, const struct ferry_column *column,
                            const char *field, size_t length, struct ferry_cell *cell)
{
    static const struct {
        char letter;
        uint16_t kind;
    } kinds[] = {{'i', FERRY_KIND_INT},
                 {'f', FERRY_KIND_FLOAT},
                 {'t', FERRY_KIND_TEXT},
                 {'b', FERRY_KIND_BYTES}};
    uint16_t kind = column->type == FERRY_TYPE_INT ? FERRY_KIND_INT : FERRY_KIND_TEXT;
    if (length == 4 && strncmp(field, "NULL", 4) == 0) {
        cell->null = 1;
        return;
    }
    for (size_t i = 0; length > 1 && field[1] == ':' && i < COUNT(kinds); i++)
        if (kinds[i].letter == field[0])
            kind = cell->kind = kinds[i].kind;
    const char *value = cell->kind == FERRY_KIND_TYPED ? field : field + 2;
    size_t size = cell->kind == FERRY_KIND_TYPED ? length : length - 2;
    if (kind == FERRY_KIND_INT)
        cell->v.i = strtoll(value, NULL, 10);
    else if (kind == FERRY_KIND_FLOAT)
        cell->v.f = strtod(value, NULL);
    else
        assert_true(ferry_batch_text(batch, cell, value, size));
}

/* Rows behind each other, with ';' between them: "1|a;2|b". */
static inline void put_rows(struct ferry_batch *batch, const struct ferry_schema *schema,
                            const char *rows)
{
    ferry_batch_reset(batch, 1);
    while (*rows != '\0') {
        struct ferry_cell *cells = ferry_batch_row(batch);
        for (size_t i = 0; i < schema->count; i++) {
            size_t length = strcspn(rows, "|;");
            put_cell(batch, &schema->columns[i], rows, length, &cells[i]);
            rows += length + (rows[length] == '\0' ? 0 : 1);
        }
    }
}

static inline ferry_status send(struct changes *changes, uint32_t operation, const char *rows)
{
    bool keys = operation == FERRY_OP_DELETE;
    struct ferry_batch *batch = keys ? changes->key_batch : changes->batch;
    put_rows(batch, keys ? &changes->key_schema : &changes->schema, rows);
    return sqldrv_target.load_batch(changes->load, operation, batch, &changes->error);
}

static inline ferry_status end_changes(struct changes *changes)
{
    ferry_status status = sqldrv_target.load_end(changes->load, &changes->totals, &changes->error);
    if (status == FERRY_OK)
        assert_no_error(&changes->error);
    return status;
}

/* before, inserted, updated, deleted, after */
static inline void assert_totals(const struct changes *changes, const char *expected)
{
    char text[128];
    const struct ferry_load_totals *totals = &changes->totals;
    (void)snprintf(text, sizeof text,
                   "%" PRIu64 " +%" PRIu64 " ~%" PRIu64 " -%" PRIu64 " =%" PRIu64, totals->before,
                   totals->inserted, totals->updated, totals->deleted, totals->after);
    assert_string_equal(text, expected);
}

static inline void commit_changes(struct changes *changes)
{
    struct ferry_record record = {0};
    assert_int_equal(ferry_record_open(&record, "t", &changes->error), FERRY_OK);
    assert_int_equal(ferry_record_set(&record, FERRY_RECORD_RUN_ID, "1f", &changes->error),
                     FERRY_OK);
    const struct ferry_record *const records[] = {&record};
    assert_int_equal(
        sqldrv_target.change_commit(changes->unit, records, 1, &changes->outcome, &changes->error),
        FERRY_OK);
    assert_int_equal(changes->outcome, FERRY_OUTCOME_NEW);
    changes->unit = changes->load = NULL;
    ferry_record_done(&record);
}

static inline void abort_changes(struct changes *changes)
{
    sqldrv_target.change_abort(changes->unit);
    changes->unit = changes->load = NULL;
}

static inline void end_changes_plan(struct changes *changes)
{
    if (changes->unit != NULL)
        abort_changes(changes);
    sqldrv_disconnect(changes->conn);
    ferry_batch_free(changes->batch);
    ferry_batch_free(changes->key_batch);
    ferry_schema_done(&changes->schema);
    ferry_schema_done(&changes->key_schema);
    ferry_error_clear(&changes->error);
}

/* ---- What is stored ---- */

static inline void print_cell(const struct ferry_column *column, const struct ferry_cell *cell,
                              char *text, size_t size)
{
    static const char *const letters[] = {"", "i:", "f:", "t:", "b:"};
    uint16_t kind = cell->kind != FERRY_KIND_TYPED   ? cell->kind
                    : column->type == FERRY_TYPE_INT ? FERRY_KIND_INT
                                                     : FERRY_KIND_TEXT;
    if (cell->null != 0)
        (void)snprintf(text, size, "NULL");
    else if (kind == FERRY_KIND_INT)
        (void)snprintf(text, size, "%s%" PRId64, letters[cell->kind], cell->v.i);
    else if (kind == FERRY_KIND_FLOAT)
        (void)snprintf(text, size, "%s%.17g", letters[cell->kind], cell->v.f);
    else
        (void)snprintf(text, size, "%s%.*s", letters[cell->kind], (int)cell->len, cell->v.p);
}

/* Appends the rows of a batch to `text`. */
static inline void print_rows(const struct ferry_batch *batch, const struct ferry_schema *schema,
                              char *text, size_t size)
{
    for (size_t row = 0; row < ferry_batch_count(batch); row++)
        for (size_t i = 0; i < schema->count; i++) {
            char field[256];
            size_t length = strlen(text);
            print_cell(&schema->columns[i], &ferry_batch_cells(batch, row)[i], field, sizeof field);
            (void)snprintf(text + length, size - length, "%s%s",
                           length == 0 ? ""
                           : i == 0    ? ";"
                                       : "|",
                           field);
        }
}

/* The rows of a scan, as they are put; of the load, or of the table. */
static inline const char *read_stored_rows(struct changes *changes, void *load,
                                           const struct ferry_scan *scan)
{
    static const struct ferry_batch_limits limits = {.rows = 3, .bytes = 1 << 20};
    struct ferry_schema schema = {0};
    size_t width =
        scan != NULL && scan->column_count > 0 ? scan->column_count : changes->schema.count;
    for (size_t i = 0; i < width; i++)
        add_to(&schema,
               &changes->schema
                    .columns[scan != NULL && scan->column_count > 0 ? scan->columns[i] : i]);
    struct ferry_batch *batch = ferry_batch_new(&schema, &limits);
    void *cursor = NULL;
    changes->text[0] = '\0';
    assert_int_equal(sqldrv_target.stored_begin(changes->conn, load, &changes->layout, scan,
                                                &cursor, &changes->error),
                     FERRY_OK);
    do {
        ferry_batch_reset(batch, 1);
        assert_int_equal(sqldrv_target.stored_batch(cursor, batch, &changes->error), FERRY_OK);
        print_rows(batch, &schema, changes->text, sizeof changes->text);
    } while (ferry_batch_count(batch) > 0);
    sqldrv_target.stored_end(cursor);
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
    return changes->text;
}

#endif
