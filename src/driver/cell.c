/* The canonical form of a cell, from which equality, order and hash follow.
 *
 * It is one byte that says what follows, and the value; numbers are little-endian:
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
 * That of a row is its cells, one behind the other, in the order of the columns; its hash is XXH3
 * with 128 bits and seed 0.  dbferry-driver(3) tells the same to authors of drivers, test_digest.c
 * holds vectors: whoever changes the form makes all digests that are stored somewhere worthless.
 *
 * Only the hash writes the form.  The others read the same tag and the same parts of a decimal, so
 * that they cannot disagree with it; test_cell_form.c holds them together.
 */

#include "driver/cell.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "driver/type.h"

enum tag { TAG_NULL, TAG_INT, TAG_BIG, TAG_FLOAT, TAG_DECIMAL, TAG_TEXT, TAG_BYTES, TAG_BROKEN };

struct ferry_cell_form ferry_cell_form(const struct ferry_column *column)
{
    static const uint8_t tags[] = {
        [FERRY_VALUE_INT] = TAG_INT,         [FERRY_VALUE_FLOAT] = TAG_FLOAT,
        [FERRY_VALUE_DECIMAL] = TAG_DECIMAL, [FERRY_VALUE_TEXT] = TAG_TEXT,
        [FERRY_VALUE_BYTES] = TAG_BYTES,     [FERRY_VALUE_NONE] = TAG_BROKEN,
        [FERRY_VALUE_KIND] = TAG_BROKEN, /* unless the cell says its kind */
    };
    return (struct ferry_cell_form){
        .scale = column->scale,
        .tag = tags[ferry_type_value(column->type)],
        .is_unsigned = ferry_type_is_unsigned(column),
    };
}

static inline enum tag tag_of(const struct ferry_cell_form *form, const struct ferry_cell *cell)
{
    static const uint8_t kinds[] = {
        [FERRY_KIND_INT] = TAG_INT,
        [FERRY_KIND_FLOAT] = TAG_FLOAT,
        [FERRY_KIND_TEXT] = TAG_TEXT,
        [FERRY_KIND_BYTES] = TAG_BYTES,
    };
    if (cell->null != 0)
        return TAG_NULL;
    if (cell->kind != FERRY_KIND_TYPED) /* one against the contract is like none of a source */
        return cell->kind < sizeof kinds / sizeof kinds[0] ? kinds[cell->kind] : TAG_BROKEN;
    if (form->tag == TAG_INT && form->is_unsigned && cell->v.u > INT64_MAX)
        return TAG_BIG;
    return form->tag;
}

static inline uint64_t float_bits(double value)
{
    uint64_t bits = 0;
    if (isnan(value))
        return UINT64_C(0x7ff8000000000000);
    if (value != 0.0)
        memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- Decimals ---- */

/* More characters than any database gives a number; a longer one counts as it is printed. */
#define DECIMAL_MOST ((size_t)1024)

/* The parts of a decimal's canonical form. */
struct decimal {
    const char *whole, *fraction; /* digits, without the zeros that the form has not */
    size_t whole_length, fraction_length;
    size_t zeros; /* behind the fraction, up to the scale */
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
    *ret = (struct decimal){.negative = text < end && *text == '-'};
    ret->whole = text + ret->negative;
    ret->whole_length = count_digits(ret->whole, end);
    ret->fraction = ret->whole + ret->whole_length;
    if (ret->fraction < end && *ret->fraction == '.') {
        ret->fraction++;
        ret->fraction_length = count_digits(ret->fraction, end);
    }
    return ret->fraction + ret->fraction_length == end &&
           ret->whole_length + ret->fraction_length > 0;
}

/* Of the canonical form. */
static size_t decimal_size(const struct decimal *number)
{
    size_t digits = number->fraction_length + number->zeros;
    return number->negative + (number->whole_length == 0 ? 1 : number->whole_length) +
           (digits > 0 ? 1 + digits : 0);
}

/* False where the text counts as it is: it is no decimal, or far too long. */
static bool read_decimal(const char *text, size_t length, uint32_t scale, struct decimal *ret)
{
    struct decimal number;
    if (!take_apart(text, length, &number))
        return false;
    while (number.whole_length > 0 && number.whole[0] == '0') {
        number.whole++;
        number.whole_length--;
    }
    while (number.fraction_length > scale && number.fraction[number.fraction_length - 1] == '0')
        number.fraction_length--; /* more digits than the scale has, and worth nothing */
    if (number.whole_length == 0 && is_zeros(number.fraction, number.fraction_length))
        number.negative = false;
    number.zeros = scale > number.fraction_length ? scale - number.fraction_length : 0;
    if (decimal_size(&number) > DECIMAL_MOST)
        return false;
    *ret = number;
    return true;
}

/* True for nearly every text that a database prints: it is its own canonical form, as is what is
 * no decimal at all. */
static inline bool looks_normal(const char *text, size_t length, uint32_t scale)
{
    size_t point = length - 1 - scale;
    if (scale == 0 || length < (size_t)scale + 2 || text[point] != '.')
        return false;
    const char *first = text[0] == '-' ? text + 1 : text;
    return *first >= '1' || (text[0] == '0' && point == 1);
}

/* ---- Order ---- */

/* Which tags come before which; those of one rank are compared by value. */
static const uint8_t ranks[] = {
    [TAG_NULL] = 0,    [TAG_INT] = 1,  [TAG_BIG] = 1,   [TAG_FLOAT] = 1,
    [TAG_DECIMAL] = 2, [TAG_TEXT] = 3, [TAG_BYTES] = 4, [TAG_BROKEN] = 5,
};

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static int order_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int order_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? sign(order) : order_sizes(a_length, b_length);
}

static int order_floats(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

/* Exactly, where a double has fewer digits than the integer; never 0, as they are never equal. */
static int order_whole_and_float(__int128 whole, double real)
{
    const double end = 0x1p64;
    if (isnan(real) || real >= end)
        return -1;
    if (real < -end)
        return 1;
    __int128 near = (__int128)real;
    if (whole != near)
        return whole < near ? -1 : 1;
    return real < (double)near ? 1 : -1;
}

static int order_numbers(enum tag a_tag, const struct ferry_cell *a, enum tag b_tag,
                         const struct ferry_cell *b)
{
    __int128 a_whole = a_tag == TAG_BIG ? (__int128)a->v.u : a->v.i;
    __int128 b_whole = b_tag == TAG_BIG ? (__int128)b->v.u : b->v.i;
    if (a_tag == TAG_FLOAT && b_tag == TAG_FLOAT)
        return order_floats(a->v.f, b->v.f);
    if (a_tag == TAG_FLOAT)
        return -order_whole_and_float(b_whole, a->v.f);
    if (b_tag == TAG_FLOAT)
        return order_whole_and_float(a_whole, b->v.f);
    return (a_whole > b_whole) - (a_whole < b_whole);
}

/* Of two fractions, where zeros at the end are worth nothing. */
static int order_fractions(const struct decimal *a, const struct decimal *b)
{
    size_t common =
        a->fraction_length < b->fraction_length ? a->fraction_length : b->fraction_length;
    int order = memcmp(a->fraction, b->fraction, common);
    if (order != 0)
        return sign(order);
    return !is_zeros(a->fraction + common, a->fraction_length - common) -
           !is_zeros(b->fraction + common, b->fraction_length - common);
}

static int order_values(const struct decimal *a, const struct decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    int order = order_sizes(a->whole_length, b->whole_length);
    if (order == 0)
        order = sign(memcmp(a->whole, b->whole, a->whole_length));
    if (order == 0)
        order = order_fractions(a, b);
    return a->negative ? -order : order;
}

/* What is no number comes behind all that are. */
static int order_decimals(uint32_t scale, const struct ferry_cell *a, const struct ferry_cell *b)
{
    struct decimal x;
    struct decimal y;
    bool a_is = read_decimal(a->v.p, a->len, scale, &x);
    bool b_is = read_decimal(b->v.p, b->len, scale, &y);
    if (a_is && b_is)
        return order_values(&x, &y);
    return a_is != b_is ? (a_is ? -1 : 1) : order_bytes(a->v.p, a->len, b->v.p, b->len);
}

int ferry_cell_order(const struct ferry_cell_form *form, const struct ferry_cell *a,
                     const struct ferry_cell *b)
{
    enum tag a_tag = tag_of(form, a);
    enum tag b_tag = tag_of(form, b);
    if (ranks[a_tag] != ranks[b_tag])
        return ranks[a_tag] < ranks[b_tag] ? -1 : 1;
    switch (a_tag) {
    case TAG_INT:
    case TAG_BIG:
    case TAG_FLOAT:
        return order_numbers(a_tag, a, b_tag, b);
    case TAG_DECIMAL:
        return order_decimals(form->scale, a, b);
    case TAG_TEXT:
    case TAG_BYTES:
        return order_bytes(a->v.p, a->len, b->v.p, b->len);
    case TAG_NULL:
    case TAG_BROKEN:
        break;
    }
    return 0;
}

const char *ferry_cell_no_order(const struct ferry_column *column)
{
    /* Others have an order, if in SQLite alone, as the kinds of type ANY; of a type behind the last
     * nobody has thought yet. */
    static const char *const reasons[] = {
        [FERRY_TYPE_FLOAT] = "databases disagree on how floating-point numbers compare",
        [FERRY_TYPE_TIME] = "a time sorts as a text in one database and as a number in another",
        [FERRY_TYPE_JSON] = "each database prints and sorts JSON in its own way",
        [FERRY_TYPE_GEOMETRY] = "geometries have no order",
        [FERRY_TYPE_VECTOR] = "vectors have no order",
    };
    return column->type < sizeof reasons / sizeof reasons[0] ? reasons[column->type]
                                                             : "its type is not known";
}

bool ferry_cell_has_bytes(const struct ferry_cell_form *form, const struct ferry_cell *cell)
{
    enum tag tag = tag_of(form, cell);
    return tag == TAG_DECIMAL || tag == TAG_TEXT || tag == TAG_BYTES;
}

/* ---- Equality ---- */

static bool same_bytes(const struct ferry_cell *a, const struct ferry_cell *b)
{
    return a->len == b->len && memcmp(a->v.p, b->v.p, a->len) == 0;
}

bool ferry_cell_equal(const struct ferry_cell_form *form, const struct ferry_cell *a,
                      const struct ferry_cell *b)
{
    enum tag tag = tag_of(form, a);
    if (tag != tag_of(form, b))
        return false;
    switch (tag) {
    case TAG_INT:
    case TAG_BIG:
        return a->v.u == b->v.u;
    case TAG_FLOAT:
        return float_bits(a->v.f) == float_bits(b->v.f);
    case TAG_DECIMAL:
        return same_bytes(a, b) || order_decimals(form->scale, a, b) == 0;
    case TAG_TEXT:
    case TAG_BYTES:
        return same_bytes(a, b);
    case TAG_NULL:
    case TAG_BROKEN:
        break;
    }
    return true;
}

/* ---- Hash ---- */

/* Rows up to this size are hashed in one go; the parts of longer ones as they come, and a long text
 * from where it lies. */
#define ROW_ROOM ((size_t)4096)
#define LONG_TEXT DECIMAL_MOST
#define CELL_ROOM (5 + LONG_TEXT) /* what a cell writes at most */

struct ferry_cell_hasher {
    XXH3_state_t *state; /* of a row that is longer than the buffer */
    bool streaming;
    size_t count;
    char buffer[ROW_ROOM + CELL_ROOM];
    struct ferry_cell_form forms[];
};

struct ferry_cell_hasher *ferry_cell_hasher_new(const struct ferry_schema *schema)
{
    struct ferry_cell_hasher *hasher =
        calloc(1, sizeof *hasher + schema->count * sizeof hasher->forms[0]);
    if (hasher == NULL)
        return NULL;
    hasher->state = XXH3_createState();
    if (hasher->state == NULL) {
        free(hasher);
        return NULL;
    }
    hasher->count = schema->count;
    for (size_t i = 0; i < schema->count; i++)
        hasher->forms[i] = ferry_cell_form(&schema->columns[i]);
    return hasher;
}

void ferry_cell_hasher_free(struct ferry_cell_hasher *hasher)
{
    if (hasher == NULL)
        return;
    (void)XXH3_freeState(hasher->state);
    free(hasher);
}

/* Each of these writes at `at` and returns where the next byte goes. */

static inline char *put_number(char *at, enum tag tag, uint64_t value)
{
    const uint64_t little_endian = htole64(value);
    *at = (char)tag;
    memcpy(at + 1, &little_endian, sizeof little_endian);
    return at + 1 + sizeof little_endian;
}

static inline char *put_head(char *at, enum tag tag, size_t length)
{
    const uint32_t little_endian = htole32((uint32_t)length);
    *at = (char)tag;
    memcpy(at + 1, &little_endian, sizeof little_endian);
    return at + 1 + sizeof little_endian;
}

static inline char *put_letters(char *at, const char *letters, size_t length)
{
    memcpy(at, letters, length);
    return at + length;
}

/* Hashes what the buffer holds, and goes on with an empty one. */
static char *flush(struct ferry_cell_hasher *hasher, const char *at)
{
    if (!hasher->streaming)
        (void)XXH3_128bits_reset(hasher->state);
    hasher->streaming = true;
    (void)XXH3_128bits_update(hasher->state, hasher->buffer, (size_t)(at - hasher->buffer));
    return hasher->buffer;
}

static char *put_long_text(struct ferry_cell_hasher *hasher, char *at, enum tag tag,
                           const struct ferry_cell *cell)
{
    at = flush(hasher, put_head(at, tag, cell->len));
    (void)XXH3_128bits_update(hasher->state, cell->v.p, cell->len);
    return at;
}

static inline char *put_text(struct ferry_cell_hasher *hasher, char *at, enum tag tag,
                             const struct ferry_cell *cell)
{
    if (cell->len > LONG_TEXT)
        return put_long_text(hasher, at, tag, cell);
    at = put_head(at, tag, cell->len);
    /* The length comes from the cell again: with one that it knows to be at most LONG_TEXT, gcc
     * copies by "rep movs", which takes mixed rows twice the time. */
    return put_letters(at, cell->v.p, cell->len);
}

static char *put_decimal(char *at, const struct decimal *number)
{
    at = put_head(at, TAG_DECIMAL, decimal_size(number));
    if (number->negative)
        *at++ = '-';
    if (number->whole_length == 0)
        *at++ = '0';
    at = put_letters(at, number->whole, number->whole_length);
    if (number->fraction_length + number->zeros == 0)
        return at;
    *at++ = '.';
    at = put_letters(at, number->fraction, number->fraction_length);
    memset(at, '0', number->zeros);
    return at + number->zeros;
}

static inline char *put_cell(struct ferry_cell_hasher *hasher, char *at,
                             const struct ferry_cell_form *form, const struct ferry_cell *cell)
{
    enum tag tag = tag_of(form, cell);
    struct decimal number;
    switch (tag) {
    case TAG_INT:
    case TAG_BIG:
        return put_number(at, tag, cell->v.u);
    case TAG_FLOAT:
        return put_number(at, tag, float_bits(cell->v.f));
    case TAG_DECIMAL:
        if (!looks_normal(cell->v.p, cell->len, form->scale) &&
            read_decimal(cell->v.p, cell->len, form->scale, &number))
            return put_decimal(at, &number);
        return put_text(hasher, at, tag, cell);
    case TAG_TEXT:
    case TAG_BYTES:
        return put_text(hasher, at, tag, cell);
    case TAG_NULL:
    case TAG_BROKEN:
        break;
    }
    *at = (char)tag;
    return at + 1;
}

unsigned __int128 ferry_cell_hash(struct ferry_cell_hasher *hasher, const struct ferry_cell *cells)
{
    const struct ferry_cell_form *form = hasher->forms;
    const struct ferry_cell *end = cells + hasher->count;
    char *at = hasher->buffer;
    for (; cells < end; cells++, form++) {
        if (at > hasher->buffer + ROW_ROOM)
            at = flush(hasher, at);
        at = put_cell(hasher, at, form, cells);
    }
    XXH128_hash_t hash;
    if (hasher->streaming) {
        (void)flush(hasher, at);
        hash = XXH3_128bits_digest(hasher->state);
        hasher->streaming = false;
    } else {
        hash = XXH3_128bits(hasher->buffer, (size_t)(at - hasher->buffer));
    }
    return (unsigned __int128)hash.high64 << 64 | hash.low64;
}
