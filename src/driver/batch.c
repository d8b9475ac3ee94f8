/* Chunks are kept when a batch is emptied, so that the next rows need no memory of their own. */

#include "driver/batch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/strbuf.h"

/* Values are carved from chunks of this size; a larger value gets a chunk of its own. */
#define CHUNK_SIZE ((size_t)128 * 1024)

/* So long a batch waits for more rows: those of a slow source are seen, and are no stall. */
#define PATIENCE_MS 500

const struct ferry_batch_limits ferry_batch_default_limits = {
    .rows = 2048,
    .bytes = (size_t)1 << 20,
};

struct chunk {
    struct chunk *next;
    size_t size;
    char data[];
};

struct ferry_batch {
    const struct ferry_schema *schema;
    struct ferry_cell *cells;
    size_t columns;
    size_t row_count;
    size_t row_limit; /* rows that `cells` has room for */
    size_t byte_limit;
    size_t bytes; /* of values */
    uint64_t first_row;
    size_t part;          /* of the stream, in which rows are counted; 0: there is but one */
    int64_t first_row_ms; /* when it was added */
    struct chunk *chunks; /* in use, the one being filled first */
    struct chunk *spare;  /* kept from earlier rounds, all of CHUNK_SIZE */
    size_t chunk_used;    /* of the first chunk in use */
};

struct ferry_batch *ferry_batch_new(const struct ferry_schema *schema,
                                    const struct ferry_batch_limits *limits)
{
    struct ferry_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return NULL;
    batch->schema = schema;
    batch->columns = schema->count;
    batch->byte_limit = limits->bytes;
    size_t row_bytes = schema->count * sizeof(struct ferry_cell);
    size_t fitting = row_bytes == 0 ? limits->rows : limits->bytes / row_bytes;
    batch->row_limit = fitting < limits->rows ? fitting : limits->rows;
    if (batch->row_limit == 0)
        batch->row_limit = 1;
    batch->cells = calloc(batch->row_limit * (schema->count == 0 ? 1 : schema->count),
                          sizeof(struct ferry_cell));
    if (batch->cells == NULL) {
        free(batch);
        return NULL;
    }
    return batch;
}

static void free_chunks(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void ferry_batch_free(struct ferry_batch *batch)
{
    if (batch == NULL)
        return;
    free_chunks(batch->chunks);
    free_chunks(batch->spare);
    free(batch->cells);
    free(batch);
}

void ferry_batch_reset(struct ferry_batch *batch, uint64_t first_row)
{
    while (batch->chunks != NULL) {
        struct chunk *chunk = batch->chunks;
        batch->chunks = chunk->next;
        if (chunk->size == CHUNK_SIZE) {
            chunk->next = batch->spare;
            batch->spare = chunk;
        } else {
            free(chunk);
        }
    }
    batch->chunk_used = 0;
    batch->bytes = 0;
    batch->row_count = 0;
    batch->first_row = first_row;
    batch->part = 0;
}

void ferry_batch_set_part(struct ferry_batch *batch, size_t part)
{
    batch->part = part;
}

uint64_t ferry_batch_first_row(const struct ferry_batch *batch)
{
    return batch->first_row;
}

size_t ferry_batch_used(const struct ferry_batch *batch)
{
    return batch->bytes + batch->row_count * batch->columns * sizeof(struct ferry_cell);
}

const struct ferry_schema *ferry_batch_schema(const struct ferry_batch *batch)
{
    return batch->schema;
}

int ferry_batch_full(const struct ferry_batch *batch)
{
    if (batch->row_count == 0)
        return 0;
    return batch->row_count >= batch->row_limit || ferry_batch_used(batch) >= batch->byte_limit ||
           ferry_clock_coarse_ms() - batch->first_row_ms >= PATIENCE_MS;
}

struct ferry_cell *ferry_batch_row(struct ferry_batch *batch)
{
    if (batch->row_count >= batch->row_limit)
        abort(); /* the driver did not ask ferry_batch_full(): going on would write past the end */
    struct ferry_cell *row = batch->cells + batch->row_count * batch->columns;
    memset(row, 0, batch->columns * sizeof *row);
    if (batch->row_count == 0)
        batch->first_row_ms = ferry_clock_coarse_ms();
    batch->row_count++;
    return row;
}

/* Puts a chunk with room for `size` bytes in front. */
static bool batch_add_chunk(struct ferry_batch *batch, size_t size)
{
    struct chunk *chunk = batch->spare;
    if (size <= CHUNK_SIZE && chunk != NULL) {
        batch->spare = chunk->next;
    } else {
        size_t room = size <= CHUNK_SIZE ? CHUNK_SIZE : size;
        if (room > SIZE_MAX - sizeof *chunk)
            return false;
        chunk = malloc(sizeof *chunk + room);
        if (chunk == NULL)
            return false;
        chunk->size = room;
    }
    chunk->next = batch->chunks;
    batch->chunks = chunk;
    batch->chunk_used = 0;
    return true;
}

char *ferry_batch_bytes(struct ferry_batch *batch, size_t size)
{
    if (batch->chunks == NULL || batch->chunks->size - batch->chunk_used < size)
        if (!batch_add_chunk(batch, size))
            return NULL;
    char *room = batch->chunks->data + batch->chunk_used;
    batch->chunk_used += size;
    batch->bytes += size;
    return room;
}

int ferry_batch_text(struct ferry_batch *batch, struct ferry_cell *cell, const char *data,
                     size_t size)
{
    if (size > UINT32_MAX)
        return 0;
    char *room = ferry_batch_bytes(batch, size);
    if (room == NULL)
        return 0;
    if (size > 0)
        memcpy(room, data, size);
    cell->v.p = room;
    cell->len = (uint32_t)size;
    return 1;
}

size_t ferry_batch_count(const struct ferry_batch *batch)
{
    return batch->row_count;
}

const struct ferry_cell *ferry_batch_cells(const struct ferry_batch *batch, size_t row)
{
    return batch->cells + row * batch->columns;
}

struct ferry_cell *ferry_batch_cells_to_change(struct ferry_batch *batch)
{
    return batch->cells;
}

/* Where a value stands. */
struct value_at {
    const struct ferry_schema *schema;
    size_t part; /* 0: of the whole stream */
    uint64_t row;
    size_t column;
};

static FERRY_PRINTF(4, 0) ferry_status
    fail_value(struct ferry_error *err, ferry_status status, const struct value_at *at,
               const char *format, va_list arguments)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf prefix = {0};
    ferry_strbuf_addf(&prefix, "row %" PRIu64, at->row);
    if (at->part > 0)
        ferry_strbuf_addf(&prefix, " of partition %zu", at->part);
    ferry_strbuf_addf(&prefix, ", column '%s': ",
                      at->column < at->schema->count ? at->schema->columns[at->column].name : "?");
    return ferry_fail_prefixed(err, status, ferry_strbuf_text(&prefix), format, arguments);
}

ferry_status ferry_fail_cell(struct ferry_error *err, ferry_status status,
                             const struct ferry_batch *batch, size_t row, size_t column,
                             const char *format, ...)
{
    const struct value_at at = {batch->schema, batch->part, batch->first_row + row, column};
    va_list arguments;
    va_start(arguments, format);
    status = fail_value(err, status, &at, format, arguments);
    va_end(arguments);
    return status;
}

ferry_status ferry_fail_row(struct ferry_error *err, ferry_status status,
                            const struct ferry_schema *schema, uint64_t row, size_t column,
                            const char *format, ...)
{
    const struct value_at at = {schema, 0, row, column};
    va_list arguments;
    va_start(arguments, format);
    status = fail_value(err, status, &at, format, arguments);
    va_end(arguments);
    return status;
}
