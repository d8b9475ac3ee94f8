/* The digest of a table's content: the sum of the rows' hashes, each over the row's canonical form.
 *
 * The canonical form of a row is its cells, one behind the other, in the order of the columns.  A
 * cell is one byte that says what follows, and the value; numbers are little-endian:
 *
 *   0  NULL      nothing follows
 *   1  integer   8 bytes, two's complement
 *   2  integer   8 bytes, above 9223372036854775807
 *   3  float     8 bytes, IEEE 754 double; -0.0 is 0.0, and there is one NaN: 0x7ff8000000000000
 *   4  decimal   4 bytes length, text: [-]digits[.digits], with as many digits behind the point as
 *                the column has, no leading zeros but the one before the point, and no -0
 *   5  text      4 bytes length, bytes
 *   6  bytes     4 bytes length, bytes
 *
 * The hash of a row is XXH3 with 128 bits and seed 0; hashes are added modulo 2^128.  So the order
 * of the rows does not matter and their number does; that of the columns does.  dbferry-driver(3)
 * tells the same to authors of drivers, test_digest.c holds vectors: whoever changes the form makes
 * all digests that are stored somewhere worthless.
 */

#include "driver/digest.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "driver/type.h"

enum tag { TAG_NULL, TAG_INT, TAG_BIG, TAG_FLOAT, TAG_DECIMAL, TAG_TEXT, TAG_BYTES, TAG_BROKEN };

/* How the cells of a column are to be read. */
enum form {
    FORM_SIGNED,
    FORM_UNSIGNED,
    FORM_FLOAT,
    FORM_DECIMAL,
    FORM_TEXT,
    FORM_BYTES,
    FORM_KIND
};

struct column {
    enum form form;
    uint32_t scale;
};

/* Rows up to this size are hashed in one go; the parts of longer ones as they come, and a long text
 * from where it lies. */
#define ROOM 4096
#define LONG_VALUE 1024

struct ferry_digest {
    unsigned __int128 sum;
    uint64_t rows;
    XXH3_state_t *state; /* of a row that is longer than the buffer */
    bool streaming;
    size_t used;
    char buffer[ROOM];
    size_t column_count;
    struct column columns[];
};

static enum form form_of(const struct ferry_column *column)
{
    switch (ferry_type_value(column->type)) {
    case FERRY_VALUE_INT:
        return ferry_type_is_unsigned(column) ? FORM_UNSIGNED : FORM_SIGNED;
    case FERRY_VALUE_FLOAT:
        return FORM_FLOAT;
    case FERRY_VALUE_DECIMAL:
        return FORM_DECIMAL;
    case FERRY_VALUE_TEXT:
        return FORM_TEXT;
    case FERRY_VALUE_BYTES:
        return FORM_BYTES;
    case FERRY_VALUE_KIND:
    case FERRY_VALUE_NONE:
        break;
    }
    return FORM_KIND;
}

struct ferry_digest *ferry_digest_new(const struct ferry_schema *schema)
{
    struct ferry_digest *digest =
        calloc(1, sizeof *digest + schema->count * sizeof digest->columns[0]);
    if (digest == NULL)
        return NULL;
    digest->state = XXH3_createState();
    if (digest->state == NULL) {
        free(digest);
        return NULL;
    }
    digest->column_count = schema->count;
    for (size_t i = 0; i < schema->count; i++)
        digest->columns[i] = (struct column){.form = form_of(&schema->columns[i]),
                                             .scale = schema->columns[i].scale};
    return digest;
}

void ferry_digest_free(struct ferry_digest *digest)
{
    if (digest == NULL)
        return;
    (void)XXH3_freeState(digest->state);
    free(digest);
}

/* ---- The canonical form of a row ---- */

/* Hashes what the buffer holds, and goes on with an empty one. */
static void flush(struct ferry_digest *digest)
{
    if (!digest->streaming)
        (void)XXH3_128bits_reset(digest->state);
    digest->streaming = true;
    (void)XXH3_128bits_update(digest->state, digest->buffer, digest->used);
    digest->used = 0;
}

/* Room for `size` bytes, at most LONG_VALUE and a little. */
static inline char *reserve(struct ferry_digest *digest, size_t size)
{
    if (digest->used + size > ROOM)
        flush(digest);
    char *room = digest->buffer + digest->used;
    digest->used += size;
    return room;
}

static void put_little_endian(char *room, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        room[i] = (char)(value >> 8 * i & 0xff);
}

static inline void put_number(struct ferry_digest *digest, enum tag tag, uint64_t value)
{
    char *room = reserve(digest, 9);
    room[0] = (char)tag;
    put_little_endian(room + 1, value, 8);
}

static void put_float(struct ferry_digest *digest, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value == 0.0)
        bits = 0;
    else if (isnan(value))
        bits = UINT64_C(0x7ff8000000000000);
    put_number(digest, TAG_FLOAT, bits);
}

static inline void put_bytes(struct ferry_digest *digest, enum tag tag, const char *data,
                             size_t size)
{
    char *room = reserve(digest, 5 + (size <= LONG_VALUE ? size : 0));
    room[0] = (char)tag;
    put_little_endian(room + 1, size, 4);
    if (size <= LONG_VALUE) {
        memcpy(room + 5, data, size);
        return;
    }
    flush(digest);
    (void)XXH3_128bits_update(digest->state, data, size);
}

/* ---- Decimals ---- */

/* A decimal's text, taken apart. */
struct decimal {
    const char *whole, *fraction; /* digits */
    size_t whole_length, fraction_length;
    bool negative;
};

static size_t count_digits(const char *text, const char *end)
{
    const char *at = text;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - text);
}

static bool is_zeros(const char *digits, size_t length)
{
    return length == 0 || (digits[0] == '0' && memcmp(digits, digits + 1, length - 1) == 0);
}

/* False where the text is no decimal. */
static bool take_apart(const char *text, size_t length, struct decimal *ret)
{
    const char *end = text + length;
    ret->negative = text < end && *text == '-';
    ret->whole = text + ret->negative;
    ret->whole_length = count_digits(ret->whole, end);
    ret->fraction = ret->whole + ret->whole_length;
    ret->fraction_length = 0;
    if (ret->fraction < end && *ret->fraction == '.') {
        ret->fraction++;
        ret->fraction_length = count_digits(ret->fraction, end);
    }
    return ret->fraction + ret->fraction_length == end &&
           ret->whole_length + ret->fraction_length > 0;
}

/* True for nearly every text that a database prints: nothing is to be done then. */
static bool looks_normal(const char *text, size_t length, uint32_t scale)
{
    size_t point = length - 1 - scale;
    return scale > 0 && length >= (size_t)scale + 2 && text[point] == '.' &&
           ((text[0] >= '1' && text[0] <= '9') || (text[0] == '0' && point == 1));
}

static void put_decimal(struct ferry_digest *digest, const char *text, size_t length,
                        uint32_t scale)
{
    struct decimal number;
    if (looks_normal(text, length, scale) || !take_apart(text, length, &number)) {
        put_bytes(digest, TAG_DECIMAL, text, length);
        return;
    }
    while (number.whole_length > 0 && number.whole[0] == '0') {
        number.whole++;
        number.whole_length--;
    }
    while (number.fraction_length > scale && number.fraction[number.fraction_length - 1] == '0')
        number.fraction_length--; /* more digits than the scale has, and worth nothing */
    if (number.whole_length == 0 && is_zeros(number.fraction, number.fraction_length))
        number.negative = false;
    size_t zeros = scale > number.fraction_length ? scale - number.fraction_length : 0;
    size_t digits = number.fraction_length + zeros;
    size_t size = number.negative + (number.whole_length == 0 ? 1 : number.whole_length) +
                  (digits > 0 ? 1 + digits : 0);
    if (size > LONG_VALUE) { /* no database has such a number */
        put_bytes(digest, TAG_DECIMAL, text, length);
        return;
    }
    char *room = reserve(digest, 5 + size);
    room[0] = TAG_DECIMAL;
    put_little_endian(room + 1, size, 4);
    room += 5;
    if (number.negative)
        *room++ = '-';
    if (number.whole_length == 0)
        *room++ = '0';
    memcpy(room, number.whole, number.whole_length);
    room += number.whole_length;
    if (digits == 0)
        return;
    *room++ = '.';
    memcpy(room, number.fraction, number.fraction_length);
    memset(room + number.fraction_length, '0', zeros);
}

/* ---- Rows ---- */

static void put_kind(struct ferry_digest *digest, const struct ferry_cell *cell)
{
    switch (cell->kind) {
    case FERRY_KIND_INT:
        put_number(digest, TAG_INT, cell->v.u);
        break;
    case FERRY_KIND_FLOAT:
        put_float(digest, cell->v.f);
        break;
    case FERRY_KIND_TEXT:
        put_bytes(digest, TAG_TEXT, cell->v.p, cell->len);
        break;
    case FERRY_KIND_BYTES:
        put_bytes(digest, TAG_BYTES, cell->v.p, cell->len);
        break;
    default: /* against the contract: like nothing that a source gives */
        *reserve(digest, 1) = TAG_BROKEN;
        break;
    }
}

static void put_cell(struct ferry_digest *digest, const struct column *column,
                     const struct ferry_cell *cell)
{
    if (cell->null) {
        *reserve(digest, 1) = TAG_NULL;
        return;
    }
    switch (cell->kind == FERRY_KIND_TYPED ? column->form : FORM_KIND) {
    case FORM_SIGNED:
        put_number(digest, TAG_INT, cell->v.u);
        break;
    case FORM_UNSIGNED:
        put_number(digest, cell->v.u > INT64_MAX ? TAG_BIG : TAG_INT, cell->v.u);
        break;
    case FORM_FLOAT:
        put_float(digest, cell->v.f);
        break;
    case FORM_DECIMAL:
        put_decimal(digest, cell->v.p, cell->len, column->scale);
        break;
    case FORM_TEXT:
        put_bytes(digest, TAG_TEXT, cell->v.p, cell->len);
        break;
    case FORM_BYTES:
        put_bytes(digest, TAG_BYTES, cell->v.p, cell->len);
        break;
    case FORM_KIND:
        put_kind(digest, cell);
        break;
    }
}

static XXH128_hash_t hash_row(struct ferry_digest *digest)
{
    if (!digest->streaming)
        return XXH3_128bits(digest->buffer, digest->used);
    flush(digest);
    digest->streaming = false;
    return XXH3_128bits_digest(digest->state);
}

void ferry_digest_add(struct ferry_digest *digest, const struct ferry_cell *cells)
{
    digest->used = 0;
    for (size_t i = 0; i < digest->column_count; i++)
        put_cell(digest, &digest->columns[i], &cells[i]);
    XXH128_hash_t hash = hash_row(digest);
    digest->sum += (unsigned __int128)hash.high64 << 64 | hash.low64;
    digest->rows++;
}

void ferry_digest_add_batch(struct ferry_digest *digest, const struct ferry_batch *batch)
{
    for (size_t row = 0; row < ferry_batch_count(batch); row++)
        ferry_digest_add(digest, ferry_batch_cells(batch, row));
}

/* ---- The result ---- */

uint64_t ferry_digest_rows(const struct ferry_digest *digest)
{
    return digest->rows;
}

bool ferry_digest_equal(const struct ferry_digest *a, const struct ferry_digest *b)
{
    return a->rows == b->rows && a->sum == b->sum;
}

void ferry_digest_print(const struct ferry_digest *digest, char ret_text[FERRY_DIGEST_TEXT])
{
    (void)snprintf(ret_text, FERRY_DIGEST_TEXT, "%016" PRIx64 "%016" PRIx64,
                   (uint64_t)(digest->sum >> 64), (uint64_t)digest->sum);
}
