/* Tests of cell.c: the canonical form, written here once more as dbferry-driver(3) describes it.
 * What has one form has one hash, is equal, and stands at one place in the order.
 */

#include "unit.h"

#include <endian.h>
#include <float.h>
#include <math.h>
#include <xxhash.h>

#include "base/strbuf.h"
#include "cells.h"
#include "driver/cell.h"
#include "driver/type.h"

/* ---- The canonical form, as the manual has it ---- */

/* [-]digits[.digits] with at least one digit. */
static bool is_decimal(const char *data, size_t length)
{
    size_t digits = 0, points = 0;
    for (size_t i = 0; i < length; i++) {
        if (data[i] >= '0' && data[i] <= '9')
            digits++;
        else if (data[i] == '.')
            points++;
        else if (data[i] != '-' || i > 0)
            return false;
    }
    return digits > 0 && points <= 1;
}

/* The number in `scale` digits behind the point, or more where they are not zeros. */
static void print_decimal(struct ferry_strbuf *out, const char *data, size_t length, uint32_t scale)
{
    const char *point = memchr(data, '.', length);
    size_t whole_end = point == NULL ? length : (size_t)(point - data);
    size_t start = data[0] == '-' ? 1 : 0;
    size_t fraction = whole_end == length ? 0 : length - whole_end - 1;
    bool zero = true;
    for (size_t i = 0; i < length; i++)
        zero = zero && (data[i] < '1' || data[i] > '9');
    if (data[0] == '-' && !zero)
        ferry_strbuf_add(out, "-");
    while (start + 1 < whole_end && data[start] == '0')
        start++;
    if (start >= whole_end)
        ferry_strbuf_add(out, "0");
    else
        ferry_strbuf_append(out, data + start, whole_end - start);
    while (fraction > scale && data[whole_end + fraction] == '0')
        fraction--;
    if (fraction > 0 || scale > 0)
        ferry_strbuf_add(out, ".");
    if (fraction > 0)
        ferry_strbuf_append(out, data + whole_end + 1, fraction);
    for (; fraction < scale; fraction++)
        ferry_strbuf_add(out, "0");
}

static void add_number(struct ferry_strbuf *out, char tag, uint64_t value)
{
    uint64_t little_endian = htole64(value);
    ferry_strbuf_append(out, &tag, 1);
    ferry_strbuf_append(out, (const char *)&little_endian, 8);
}

static void add_letters(struct ferry_strbuf *out, char tag, const char *data, size_t length)
{
    uint32_t little_endian = htole32((uint32_t)length);
    ferry_strbuf_append(out, &tag, 1);
    ferry_strbuf_append(out, (const char *)&little_endian, 4);
    ferry_strbuf_append(out, data, length);
}

static void add_real(struct ferry_strbuf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_number(out, 3, value != value ? 0x7ff8000000000000 : bits == 0x8000000000000000 ? 0 : bits);
}

static void add_decimal(struct ferry_strbuf *out, const struct ferry_cell *cell, uint32_t scale)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf number = {0};
    if (is_decimal(cell->v.p, cell->len))
        print_decimal(&number, cell->v.p, cell->len, scale);
    if (number.length == 0 || number.length > 1024) /* counts as it is printed */
        add_letters(out, 4, cell->v.p, cell->len);
    else
        add_letters(out, 4, ferry_strbuf_text(&number), number.length);
}

static void add_canonical(struct ferry_strbuf *out, const struct ferry_column *column,
                          const struct ferry_cell *cell)
{
    static const enum ferry_value kinds[] = {FERRY_VALUE_NONE, FERRY_VALUE_INT, FERRY_VALUE_FLOAT,
                                             FERRY_VALUE_TEXT, FERRY_VALUE_BYTES};
    enum ferry_value value = ferry_type_value(column->type);
    bool is_unsigned = column->type == FERRY_TYPE_BIT || (column->flags & FERRY_COLUMN_UNSIGNED);
    if (cell->kind != FERRY_KIND_TYPED) {
        value = cell->kind < COUNT(kinds) ? kinds[cell->kind] : FERRY_VALUE_NONE;
        is_unsigned = false;
    }
    if (cell->null)
        ferry_strbuf_append(out, "\0", 1);
    else if (value == FERRY_VALUE_INT)
        add_number(out, is_unsigned && cell->v.i < 0 ? 2 : 1, cell->v.u);
    else if (value == FERRY_VALUE_FLOAT)
        add_real(out, cell->v.f);
    else if (value == FERRY_VALUE_DECIMAL)
        add_decimal(out, cell, column->scale);
    else if (value == FERRY_VALUE_TEXT || value == FERRY_VALUE_BYTES)
        add_letters(out, value == FERRY_VALUE_TEXT ? 5 : 6, cell->v.p, cell->len);
    else
        ferry_strbuf_append(out, "\7", 1);
}

/* ---- Every pair of a pool, in a column of every type ---- */

#define POOL 240

struct pool {
    struct ferry_column column;
    size_t size;
    struct ferry_cell cells[POOL];
    char *rooms[POOL]; /* of the texts, where the cell has one to be freed */
    struct ferry_strbuf forms[POOL];
    unsigned __int128 hashes[POOL];
    int orders[POOL][POOL];
};

static void pool_add(struct pool *pool, struct ferry_cell cell)
{
    assert_true(pool->size < POOL);
    pool->cells[pool->size++] = cell;
}

#define NINES "99999999999999999999999999999999999999999999999999999999999999999" /* 65 */

/* clang-format off */
static const uint64_t some_integers[] = {
    0, 1, 2, 10, (uint64_t)-1, (uint64_t)-2, 1901, 2155, 1U << 31, UINT32_MAX, 1ULL << 53,
    9007199254740993ULL, INT64_MAX - 1, INT64_MAX, 1ULL << 63, (1ULL << 63) + 1, UINT64_MAX - 2046,
};

static const double some_reals[] = {
    0.0, -0.0, 1.0, -1.0, 1.5, -1.5, 2.0, 0.1, 5e-324, -5e-324, DBL_MIN, DBL_MAX, -DBL_MAX, 0x1p53,
    0x1p53 + 2, 0x1p63, -0x1p63, 0x1p64, -0x1p64, -0x1p65, 0x1.fffffffffffffp62,
    0x1.fffffffffffffp63, 2147483648.5, (double)INFINITY, -(double)INFINITY,
};

static const uint64_t some_nans[] = {
    0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000000001, 0x7ff0000000000001,
};

static const char *const some_texts[] = {
    "", "a", "A", "b", "ab", "a ", "Z\303\274rich", "Zu\314\210rich", "\xef\xbf\xbf",
    "\xf0\x90\x80\x80", "\xff\xfe",
    /* numbers */
    "0", "-0", "0.00", "-0.00", ".00", "-.0", "00", "7", "007", "-7", "7.", "7.0", "7.00", "7.000",
    "7.001", "123.", "123.00", "1.5", "1.50", "01.5", "1.23", "-1.23", "1.234", "1.2340", "12.3", "9.99", "10",
    "10.00", "-10.00", "-9.99", "-01.00", ".5", "0.5", "0.50", "-.5", "-.50", "-0.50", NINES,
    "0" NINES, "-" NINES, NINES ".00", NINES "." NINES, "0.01", "0.001", "-0.001",
    /* none, though in a column of numbers */
    "-", ".", "-.", "1,23", "1.2.3", "1..2", "+1.23", "1e2", " 1.23", "1.23 ", "nan", "--1", "1-",
    "x.00", "1x.00", "0x.00", "-x.00", "-.x0", "\xff.00",
    /* moments */
    "0000-00-00", "2024-00-00", "2024-02-00", "2024-02-29", "2024-02-29 23:59:59",
    "2024-02-29 23:59:59.1", "2024-02-29 23:59:59.100", "2024-02-29 23:59:59.120",
    "0000-00-00 00:00:00", "-838:59:59", "838:59:59", "00:00:00", "09:00:00", "100:00:00",
    /* and what has a type of its own */
    "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "192.0.2.1",
    "192.0.2.10", "192.0.2.2", "2001:db8::1", "{\"a\":1}", "{\"a\": 1}",
};
/* clang-format on */

/* In memory that ends where the text does, so that a sanitizer sees who reads beyond. */
static void pool_add_text(struct pool *pool, const char *data, size_t length, uint16_t kind)
{
    char *room = malloc(1 + length);
    assert_non_null(room);
    memcpy(room + 1, data, length);
    pool->rooms[pool->size] = room;
    pool_add(pool, CELL(.v.p = room + 1, .len = (uint32_t)length, .kind = kind));
}

static void pool_add_texts(struct pool *pool, uint16_t kind)
{
    static const char digits[] = "0019.-";
    char room[1026];
    for (size_t i = 0; i < COUNT(some_texts); i++)
        pool_add_text(pool, some_texts[i], strlen(some_texts[i]), kind);
    pool_add_text(pool, "a\0b", 3, kind);
    pool_add_text(pool, "a\0", 2, kind);
    pool_add_text(pool, "\0\0", 2, kind);
    pool_add_text(pool, "\0", 1, kind);
    memset(room, '1', sizeof room);
    for (size_t length = 1024; length <= sizeof room; length++)
        pool_add_text(pool, room, length, kind);
    for (size_t i = 0; i < 24; i++) {
        size_t length = 1 + pick(6);
        for (size_t k = 0; k < length; k++)
            room[k] = digits[pick(sizeof digits - 1)];
        pool_add_text(pool, room, length, kind);
    }
}

static void pool_add_reals(struct pool *pool, uint16_t kind)
{
    for (size_t i = 0; i < COUNT(some_reals); i++)
        pool_add(pool, CELL(.v.f = some_reals[i], .kind = kind));
    for (size_t i = 0; i < COUNT(some_nans); i++)
        pool_add(pool, CELL(.v.u = some_nans[i], .kind = kind));
}

static void pool_add_integers(struct pool *pool, uint16_t kind)
{
    for (size_t i = 0; i < COUNT(some_integers); i++)
        pool_add(pool, CELL(.v.u = some_integers[i], .kind = kind));
    for (size_t i = 0; i < 12; i++)
        pool_add(pool, CELL(.v.u = pick(4), .kind = kind));
}

/* Of the column's own type, and of each kind, of which some are against the contract. */
static void pool_fill(struct pool *pool, const struct ferry_column *column)
{
    pool->column = *column;
    pool->size = 0;
    switch (ferry_type_value(column->type)) {
    case FERRY_VALUE_INT:
        pool_add_integers(pool, FERRY_KIND_TYPED);
        break;
    case FERRY_VALUE_FLOAT:
        pool_add_reals(pool, FERRY_KIND_TYPED);
        break;
    case FERRY_VALUE_DECIMAL:
    case FERRY_VALUE_TEXT:
    case FERRY_VALUE_BYTES:
        pool_add_texts(pool, FERRY_KIND_TYPED);
        break;
    case FERRY_VALUE_KIND:
        pool_add_texts(pool, FERRY_KIND_TEXT);
        break;
    case FERRY_VALUE_NONE:
        fail();
    }
    pool_add_integers(pool, FERRY_KIND_INT);
    pool_add_reals(pool, FERRY_KIND_FLOAT);
    const struct ferry_cell others[] = {
        NONE,
        CELL(.null = 1, .v.u = 7, .len = 3, .kind = FERRY_KIND_INT),
        KIND_TEXT(""),
        KIND_TEXT("7"),
        KIND_TEXT("7.00"),
        KIND_TEXT("a"),
        KIND_BYTES(""),
        KIND_BYTES("7"),
        KIND_BYTES("a"),
        CELL(.kind = 5),
        CELL(.kind = UINT16_MAX, .v.u = 9),
    };
    for (size_t i = 0; i < COUNT(others); i++)
        pool_add(pool, others[i]);
}

static void pool_measure(struct pool *pool)
{
    struct ferry_cell_form form = ferry_cell_form(&pool->column);
    struct ferry_schema schema = {.columns = &pool->column, .count = 1};
    struct ferry_cell_hasher *hasher = ferry_cell_hasher_new(&schema);
    assert_non_null(hasher);
    for (size_t i = 0; i < pool->size; i++) {
        pool->hashes[i] = ferry_cell_hash(hasher, &pool->cells[i]);
        add_canonical(&pool->forms[i], &pool->column, &pool->cells[i]);
        for (size_t k = 0; k < pool->size; k++)
            pool->orders[i][k] = ferry_cell_order(&form, &pool->cells[i], &pool->cells[k]);
    }
    ferry_cell_hasher_free(hasher);
}

static void check_pair(const struct pool *pool, size_t i, size_t k)
{
    struct ferry_cell_form form = ferry_cell_form(&pool->column);
    bool same = pool->forms[i].length == pool->forms[k].length &&
                memcmp(ferry_strbuf_text(&pool->forms[i]), ferry_strbuf_text(&pool->forms[k]),
                       pool->forms[i].length) == 0;
    if (ferry_cell_equal(&form, &pool->cells[i], &pool->cells[k]) != same)
        fail_msg("type %u: equality of cells %zu and %zu", pool->column.type, i, k);
    if ((pool->hashes[i] == pool->hashes[k]) != same)
        fail_msg("type %u: hashes of cells %zu and %zu", pool->column.type, i, k);
    if ((pool->orders[i][k] == 0) != same)
        fail_msg("type %u: order and equality of cells %zu and %zu", pool->column.type, i, k);
    if (pool->orders[i][k] != -pool->orders[k][i])
        fail_msg("type %u: order of cells %zu and %zu and back", pool->column.type, i, k);
}

/* The hash is that of the form; what is not above what is not above a third is not above that. */
static void pool_check(const struct pool *pool)
{
    for (size_t i = 0; i < pool->size; i++) {
        XXH128_hash_t hash =
            XXH3_128bits(ferry_strbuf_text(&pool->forms[i]), pool->forms[i].length);
        if (((unsigned __int128)hash.high64 << 64 | hash.low64) != pool->hashes[i])
            fail_msg("type %u: canonical form of cell %zu", pool->column.type, i);
        for (size_t k = 0; k < pool->size; k++) {
            check_pair(pool, i, k);
            for (size_t m = 0; pool->orders[i][k] <= 0 && m < pool->size; m++)
                if (pool->orders[k][m] <= 0 && pool->orders[i][m] > 0)
                    fail_msg("type %u: order of cells %zu, %zu and %zu", pool->column.type, i, k,
                             m);
        }
    }
}

static void check_column(const struct ferry_column *column)
{
    struct pool *pool = calloc(1, sizeof *pool);
    assert_non_null(pool);
    pool_fill(pool, column);
    pool_measure(pool);
    pool_check(pool);
    for (size_t i = 0; i < pool->size; i++) {
        ferry_strbuf_done(&pool->forms[i]);
        free(pool->rooms[i]);
    }
    free(pool);
}

static void test_one_form_one_hash_one_place(void **state)
{
    (void)state;
    for (uint32_t type = FERRY_TYPE_BOOL; type <= FERRY_TYPE_VECTOR; type++)
        check_column(&COLUMN(.type = type, .bits = 64, .precision = 65, .scale = 2));
    check_column(&COLUMN(.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED));
    check_column(&COLUMN(.type = FERRY_TYPE_FLOAT, .bits = 32, .flags = FERRY_COLUMN_UNSIGNED));
    static const uint32_t scales[] = {0, 1, 3, 30, 1022, 1023, 5000};
    for (size_t i = 0; i < COUNT(scales); i++)
        check_column(&COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 65, .scale = scales[i]));
}

/* ---- Rows ---- */

#define MOST_COLUMNS 40

/* Of a length that has a place of its own in the code, or of any. */
static uint32_t pick_length(void)
{
    static const uint32_t lengths[] = {0, 1, 1018, 1019, 1023, 1024, 1025, 2048, 4090, 4091, 4096};
    return pick(3) == 0 ? lengths[pick(COUNT(lengths))] : (uint32_t)pick(60);
}

static struct ferry_cell make_cell(const struct ferry_column *column, const char *letters)
{
    if (pick(8) == 0)
        return NONE;
    if (column->type == FERRY_TYPE_INT)
        return INT((int64_t)pick(1000));
    return CELL(.v.p = letters,
                .len = column->type == FERRY_TYPE_DECIMAL ? (uint32_t)pick(1100) : pick_length());
}

/* However long a row is, and wherever its cells meet the ends of buffers, and whatever came before:
 * the hash is that of its cells' forms, one behind the other. */
static void test_rows(void **state)
{
    (void)state;
    static const uint32_t types[] = {FERRY_TYPE_INT, FERRY_TYPE_TEXT, FERRY_TYPE_DECIMAL};
    char letters[4097];
    memset(letters, '5', sizeof letters);
    for (size_t schemas = 0; schemas < 200; schemas++) {
        struct ferry_column columns[MOST_COLUMNS];
        struct ferry_schema schema = {.columns = columns, .count = pick(MOST_COLUMNS + 1)};
        for (size_t i = 0; i < schema.count; i++)
            columns[i] = COLUMN(.type = types[pick(COUNT(types))], .scale = (uint32_t)pick(3));
        struct ferry_cell_hasher *hasher = ferry_cell_hasher_new(&schema);
        assert_non_null(hasher);
        for (size_t row = 0; row < 20; row++) {
            FERRY_AUTO_STRBUF struct ferry_strbuf form = {0};
            struct ferry_cell cells[MOST_COLUMNS];
            for (size_t i = 0; i < schema.count; i++) {
                cells[i] = make_cell(&columns[i], letters);
                add_canonical(&form, &columns[i], &cells[i]);
            }
            unsigned __int128 hash = ferry_cell_hash(hasher, cells);
            XXH128_hash_t expected = XXH3_128bits(ferry_strbuf_text(&form), form.length);
            assert_int_equal((uint64_t)(hash >> 64), expected.high64);
            assert_int_equal((uint64_t)hash, expected.low64);
        }
        ferry_cell_hasher_free(hasher);
    }
    ferry_cell_hasher_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_form_one_hash_one_place),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
