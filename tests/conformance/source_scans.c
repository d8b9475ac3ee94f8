/* Scans of the source that the quirks name, whatever it holds, and what it says of its state and of
 * its size. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "driver/cell.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "suite.h"

struct source {
    struct ferry_config *config;
    struct ferry_connection *connection;
    struct ferry_schema schema;
    struct ferry_read read;
    char *text;
    bool snapshot;
};

static bool source_open(const struct suite *suite, const char *group, struct source *source,
                        struct ferry_error *error)
{
    source->connection = suite_open(suite, group, FERRY_ROLE_SOURCE, &source->config);
    if (source->connection == NULL)
        return false;
    source->snapshot = ferry_source_snapshot_begin(source->connection, error) == FERRY_OK;
    return source->snapshot && ferry_source_describe(source->connection, &source->read,
                                                     &source->schema, error) == FERRY_OK;
}

static void source_close(struct source *source)
{
    if (source->snapshot)
        ferry_source_snapshot_end(source->connection);
    ferry_connection_close(source->connection);
    ferry_schema_done(&source->schema);
    ferry_config_free(source->config);
    free(source->text);
    *source = (struct source){0};
}

/* ---- Rows ---- */

/* What is learned of the rows of a scan. */
struct look {
    const size_t *columns; /* places in a row of those that are hashed, or NULL: as they come */
    struct ferry_cell_hasher *hasher;
    struct ferry_cell_form form; /* of the column by which they have to ascend ... */
    size_t ordered;              /* ... its place; SIZE_MAX: none */
    const struct ferry_cell *limit;
    uint64_t rows;
    unsigned __int128 sum;              /* of the hashes of all rows */
    uint64_t below, same, above, nulls; /* rows by how they stand to the limit */
    struct ferry_strbuf bytes;          /* of the row before this one */
    struct ferry_cell before;
    bool ascends;
};

static void look_at_order(struct look *look, const struct ferry_cell *cell)
{
    if (look->rows > 0 && ferry_cell_order(&look->form, &look->before, cell) > 0) {
        if (look->ascends)
            tap_note("row %" PRIu64 " belongs before the one before it", look->rows + 1);
        look->ascends = false;
    }
    look->before = *cell;
    if (!ferry_cell_has_bytes(&look->form, cell))
        return;
    ferry_strbuf_reset(&look->bytes);
    ferry_strbuf_append(&look->bytes, cell->v.p, cell->len);
    look->before.v.p = ferry_strbuf_text(&look->bytes);
}

static void look_at_limit(struct look *look, const struct ferry_cell *cell)
{
    int order = ferry_cell_order(&look->form, cell, look->limit);
    look->nulls += cell->null != 0;
    look->below += cell->null == 0 && order < 0;
    look->same += cell->null == 0 && order == 0;
    look->above += cell->null == 0 && order > 0;
}

static void look_at_row(struct look *look, const struct ferry_cell *cells, size_t count)
{
    struct ferry_cell *own = calloc(count, sizeof *own);
    for (size_t i = 0; own != NULL && i < count; i++)
        own[i] = cells[look->columns == NULL ? i : look->columns[i]];
    if (look->hasher != NULL && own != NULL)
        look->sum += ferry_cell_hash(look->hasher, own);
    free(own);
    if (look->ordered != SIZE_MAX && look->limit == NULL)
        look_at_order(look, &cells[look->ordered]);
    else if (look->ordered != SIZE_MAX)
        look_at_limit(look, &cells[look->ordered]);
    look->rows++;
}

/* `schema` is that of the batches, `hashed` how many of the columns are hashed. */
static ferry_status look_at_all(struct source *source, const struct ferry_scan *scan,
                                const struct ferry_schema *schema, size_t hashed, struct look *look,
                                struct ferry_error *error)
{
    struct ferry_batch *batch = ferry_batch_new(schema, &ferry_batch_default_limits);
    struct ferry_cursor *cursor = NULL;
    ferry_status status = ferry_source_read_begin(source->connection, &source->read,
                                                  &source->schema, scan, &cursor, error);
    look->ascends = true;
    for (bool ended = false; status == FERRY_OK && !ended;) {
        ferry_batch_reset(batch, look->rows + 1);
        status = ferry_cursor_read(cursor, batch, error);
        ended = ferry_batch_count(batch) == 0;
        for (size_t row = 0; status == FERRY_OK && row < ferry_batch_count(batch); row++)
            look_at_row(look, ferry_batch_cells(batch, row), hashed);
    }
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    return status;
}

static void look_done(struct look *look)
{
    ferry_cell_hasher_free(look->hasher);
    ferry_strbuf_done(&look->bytes);
}

/* ---- Order ---- */

static void test_order(struct source *source, size_t column, const struct look *whole)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_scan scan = {.order = &column, .order_count = 1};
    struct look look = {.hasher = ferry_cell_hasher_new(&source->schema),
                        .form = ferry_cell_form(&source->schema.columns[column]),
                        .ordered = column};
    ferry_status status =
        look_at_all(source, &scan, &source->schema, source->schema.count, &look, &error);
    tap_ok(status == FERRY_OK && look.ascends && look.rows == whole->rows && look.sum == whole->sum,
           "the source's rows in the order of %s are all its rows, in that order",
           source->schema.columns[column].name);
    tap_error(&error);
    look_done(&look);
}

/* ---- Bounds ---- */

static bool can_be_bounded(const struct ferry_column *column)
{
    return (column->flags & FERRY_COLUMN_ORDERED) != 0 &&
           (column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_DECIMAL ||
            column->type == FERRY_TYPE_DATE || column->type == FERRY_TYPE_DATETIME);
}

/* The value in the middle, as a cell whose bytes are the caller's to free; false where all are
 * NULL.
 */
static bool find_middle(struct source *source, size_t column, uint64_t rows, char **ret_bytes,
                        struct ferry_cell *ret_cell, struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = (size_t)rows, .bytes = SIZE_MAX};
    const struct ferry_scan scan = {
        .order = &column, .order_count = 1, .columns = &column, .column_count = 1};
    const struct ferry_cell_form form = ferry_cell_form(&source->schema.columns[column]);
    struct ferry_schema schema = {0};
    struct ferry_cursor *cursor = NULL;
    ferry_status status = ferry_schema_add(&schema, &source->schema.columns[column],
                                           sizeof(struct ferry_column), error);
    struct ferry_batch *batch = ferry_batch_new(&schema, &limits);
    if (status == FERRY_OK)
        status = ferry_source_read_begin(source->connection, &source->read, &source->schema, &scan,
                                         &cursor, error);
    ferry_batch_reset(batch, 1);
    if (status == FERRY_OK)
        status = ferry_cursor_read(cursor, batch, error);
    bool found = false;
    if (status == FERRY_OK && ferry_batch_count(batch) > 0) {
        size_t count = ferry_batch_count(batch);
        *ret_cell = *ferry_batch_cells(batch, count - 1 - count / 3);
        found = ret_cell->null == 0;
        if (found && ferry_cell_has_bytes(&form, ret_cell)) {
            *ret_bytes = strndup(ret_cell->v.p, ret_cell->len);
            ret_cell->v.p = *ret_bytes;
            found = *ret_bytes != NULL;
        }
    }
    ferry_batch_reset(batch, rows + 1);
    if (status == FERRY_OK) /* to its end: a connection may be of no use behind one broken off */
        status = ferry_cursor_read(cursor, batch, error);
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
    return found && status == FERRY_OK;
}

static bool bound_is_right(struct source *source, size_t column, const struct ferry_cell *limit,
                           uint32_t kind, uint32_t or_null, const struct look *all)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_bound bound = {
        .column = column, .cell = limit, .kind = kind, .or_null = or_null};
    const struct ferry_bound *const bounds[] = {&bound};
    const struct ferry_scan scan = {.bounds = bounds, .bound_count = 1};
    struct look look = {.form = all->form, .ordered = column, .limit = limit};
    ferry_status status =
        look_at_all(source, &scan, &source->schema, source->schema.count, &look, &error);
    bool takes_below = kind == FERRY_BOUND_BELOW || kind == FERRY_BOUND_AT_MOST;
    bool takes_same = kind == FERRY_BOUND_AT_LEAST || kind == FERRY_BOUND_AT_MOST;
    bool right = status == FERRY_OK && look.below == (takes_below ? all->below : 0) &&
                 look.above == (takes_below ? 0 : all->above) &&
                 look.same == (takes_same ? all->same : 0) &&
                 look.nulls == (or_null != 0 ? all->nulls : 0);
    if (status == FERRY_OK && !right)
        tap_note("bound %" PRIu32 ": %" PRIu64 " rows below, %" PRIu64 " at it, %" PRIu64
                 " above, %" PRIu64 " NULL",
                 kind, look.below, look.same, look.above, look.nulls);
    tap_error(&error);
    look_done(&look);
    return right;
}

static void test_bounds(struct source *source, size_t column, uint64_t rows)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const char *name = source->schema.columns[column].name;
    struct ferry_cell limit = {0};
    char *bytes = NULL;
    if (rows > 0 && find_middle(source, column, rows, &bytes, &limit, &error)) {
        struct look all = {.form = ferry_cell_form(&source->schema.columns[column]),
                           .ordered = column,
                           .limit = &limit};
        bool right = look_at_all(source, NULL, &source->schema, source->schema.count, &all,
                                 &error) == FERRY_OK;
        for (uint32_t kind = FERRY_BOUND_AT_LEAST; right && kind <= FERRY_BOUND_BELOW; kind++)
            for (uint32_t or_null = 0; right && or_null < 2; or_null++)
                right = bound_is_right(source, column, &limit, kind, or_null, &all);
        tap_ok(right, "bounds of %s at a value of the source's leave out what they have to", name);
        look_done(&all);
    } else if (error.status != FERRY_OK) {
        tap_ok(false, "the values of %s can be read by themselves", name);
    }
    tap_error(&error);
    free(bytes);
}

/* ---- Columns ---- */

/* Every second column, from the last on. */
static void test_columns(struct source *source)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    size_t count = 0, *columns = calloc(source->schema.count, sizeof *columns);
    ferry_status status = columns == NULL ? FERRY_ERR_SYSTEM : FERRY_OK;
    for (size_t i = source->schema.count; status == FERRY_OK && i-- > 0; i -= i > 0) {
        columns[count++] = i;
        status = ferry_schema_add(&schema, &source->schema.columns[i], sizeof(struct ferry_column),
                                  &error);
    }
    const struct ferry_scan scan = {.columns = columns, .column_count = count};
    struct look chosen = {
        .columns = columns, .hasher = ferry_cell_hasher_new(&schema), .ordered = SIZE_MAX};
    struct look look = {.hasher = ferry_cell_hasher_new(&schema), .ordered = SIZE_MAX};
    if (status == FERRY_OK)
        status = look_at_all(source, NULL, &source->schema, count, &chosen, &error);
    if (status == FERRY_OK)
        status = look_at_all(source, &scan, &schema, count, &look, &error);
    tap_ok(status == FERRY_OK && look.rows == chosen.rows && look.sum == chosen.sum,
           "%zu of the source's columns, in another order, have the values of all", count);
    tap_error(&error);
    look_done(&chosen);
    look_done(&look);
    ferry_schema_done(&schema);
    free(columns);
}

void test_source_scans(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct source source = {0};
    size_t ordered = 0;
    if ((suite->driver->source.abilities & FERRY_SCANS) == 0) {
        tap_skip("the driver has not the ability FERRY_SCANS", "scans of the source");
        return;
    }
    source.read = suite_read(suite, &source.text);
    if (source_open(suite, "source", &source, &error)) {
        struct look whole = {.hasher = ferry_cell_hasher_new(&source.schema), .ordered = SIZE_MAX};
        ferry_status status =
            look_at_all(&source, NULL, &source.schema, source.schema.count, &whole, &error);
        for (size_t i = 0; status == FERRY_OK && i < source.schema.count; i++) {
            if ((source.schema.columns[i].flags & FERRY_COLUMN_ORDERED) == 0)
                continue;
            test_order(&source, i, &whole);
            ordered++;
            if (can_be_bounded(&source.schema.columns[i]))
                test_bounds(&source, i, whole.rows);
        }
        tap_ok(status == FERRY_OK && ordered > 0, "%zu of the source's columns have an order",
               ordered);
        if (status == FERRY_OK)
            test_columns(&source);
        look_done(&whole);
    } else {
        tap_ok(false, "the source can be described, to be scanned");
    }
    tap_error(&error);
    source_close(&source);
}

/* ---- About how many rows there are ---- */

/* The number may be wrong by much, or none; but it was cheap, and has changed nothing of what is
 * read. */
static void test_plain_estimate(struct source *source)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_batch_limits *limits = &ferry_batch_default_limits;
    struct reading before, after;
    uint64_t first = FERRY_ROWS_UNKNOWN, second = FERRY_ROWS_UNKNOWN;
    bool read =
        suite_read_all(source->connection, &source->read, &source->schema, limits, &before, &error);
    int64_t began = ferry_clock_ms();
    bool told = ferry_source_estimate(source->connection, &source->read, &source->schema, NULL,
                                      &first, &error) == FERRY_OK &&
                ferry_source_estimate(source->connection, &source->read, &source->schema, NULL,
                                      &second, &error) == FERRY_OK;
    int64_t took = ferry_clock_ms() - began;
    tap_ok(told, "the source can be asked, again and again, about how many rows it has");
    tap_ok(took < 2000, "which is quick");
    tap_error(&error);
    read = read && suite_read_all(source->connection, &source->read, &source->schema, limits,
                                  &after, &error);
    tap_ok(read && before.digest == after.digest && before.rows == after.rows,
           "what is read then is the same");
    if (first != FERRY_ROWS_UNKNOWN)
        tap_note("%" PRIu64 " rows are told of, and %" PRIu64 " are there", first, before.rows);
    tap_error(&error);
}

void test_estimate(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct source source = {0};
    source.read = suite_read(suite, &source.text);
    if (source_open(suite, "source", &source, &error))
        test_plain_estimate(&source);
    else
        tap_ok(false, "the source can be described, to be asked how many rows it has");
    tap_error(&error);
    source_close(&source);
}

/* ---- The state of a source ---- */

/* What a connection of that group, opened for it, says of `table` (NULL: of what the quirks read);
 * NULL where it tells nothing.  The caller frees it. */
static char *ask_fingerprint(const struct suite *suite, const char *group, const char *table,
                             bool *right)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct source source = {0};
    struct ferry_fingerprint first = {0}, second = {0};
    source.read = suite_read(suite, &source.text);
    if (table != NULL)
        source.read = (struct ferry_read){.text = table, .kind = FERRY_READ_TABLE};
    bool asked =
        source_open(suite, group, &source, &error) &&
        ferry_source_fingerprint(source.connection, &source.read, &first, &error) == FERRY_OK &&
        ferry_source_fingerprint(source.connection, &source.read, &second, &error) == FERRY_OK;
    bool same = (first.text == NULL) == (second.text == NULL) &&
                (first.text == NULL || strcmp(first.text, second.text) == 0);
    tap_error(&error);
    char *text = asked && first.text != NULL ? strdup(first.text) : NULL;
    ferry_fingerprint_done(&first);
    ferry_fingerprint_done(&second);
    source_close(&source);
    *right = *right && asked && same;
    return text;
}

static void test_unchanged(const struct suite *suite, const char *group, const char *table)
{
    bool right = true;
    char *first = ask_fingerprint(suite, group, table, &right);
    char *second = ask_fingerprint(suite, group, table, &right);
    tap_ok(right, "'%s' can be asked for its state", group);
    if (first == NULL || second == NULL)
        tap_skip("it tells none", "the state of '%s' stays as long as nothing changes", group);
    else
        tap_ok(strcmp(first, second) == 0, "the state of '%s' stays as long as nothing changes",
               group);
    free(first);
    free(second);
}

void test_fingerprint(const struct suite *suite)
{
    test_unchanged(suite, "source", NULL);
    if (!suite->driver->is_target || !quirks_has(suite->quirks, "read_back")) {
        tap_skip("the quirks name no read_back", "another state after a change");
        return;
    }
    struct ferry_load_totals totals;
    struct target target;
    bool right = target_open(suite, SIZE_MAX, &target_no_wish, &target) &&
                 target_replace(&target, 0, 5, &totals, NULL);
    char *table = strdup(target.table == NULL ? "conformance" : target.table);
    target_close(&target);
    test_unchanged(suite, "read_back", table);
    char *before = ask_fingerprint(suite, "read_back", table, &right);
    right = target_open(suite, SIZE_MAX, &target_no_wish, &target) &&
            target_replace(&target, 1, 5, &totals, NULL) && right;
    target_close(&target);
    char *after = ask_fingerprint(suite, "read_back", table, &right);
    if (right && (before == NULL || after == NULL))
        tap_skip("it tells none", "another state after a change");
    else
        tap_ok(right && strcmp(before, after) != 0, "another state after a change");
    free(before);
    free(after);
    free(table);
}
