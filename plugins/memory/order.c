/* Which of two cells comes first, by the order that driver.h asks of a scan. */

#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What comes before what, whatever the values; those of one rank are compared by value. */
enum rank { RANK_NULL, RANK_NUMBER, RANK_DECIMAL, RANK_TEXT, RANK_BYTES };

static bool is_binary(uint32_t type)
{
    return type == FERRY_TYPE_BYTES || type == FERRY_TYPE_GEOMETRY || type == FERRY_TYPE_VECTOR;
}

static enum rank rank_of(const struct ferry_column *column, const struct ferry_cell *cell)
{
    uint16_t kind = memory_cell_kind(column, cell);
    if (cell->null)
        return RANK_NULL;
    if (kind == FERRY_KIND_INT || kind == FERRY_KIND_FLOAT)
        return RANK_NUMBER;
    if (cell->kind != FERRY_KIND_TYPED)
        return kind == FERRY_KIND_TEXT ? RANK_TEXT : RANK_BYTES;
    if (column->type == FERRY_TYPE_DECIMAL)
        return RANK_DECIMAL;
    return is_binary(column->type) ? RANK_BYTES : RANK_TEXT;
}

bool memory_column_has_order(const struct ferry_column *column)
{
    static const uint32_t without[] = {FERRY_TYPE_FLOAT, FERRY_TYPE_TIME, FERRY_TYPE_JSON,
                                       FERRY_TYPE_GEOMETRY, FERRY_TYPE_VECTOR};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (column->type == without[i])
            return false;
    return true;
}

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(const struct ferry_cell *a, const struct ferry_cell *b)
{
    int order = memcmp(a->v.p, b->v.p, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : compare_sizes(a->len, b->len);
}

/* ---- Numbers ---- */

/* 64 bits of an integer have room in it on each machine that this is built for. */
static long double number_of(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if (memory_cell_kind(column, cell) == FERRY_KIND_FLOAT)
        return (long double)cell->v.f;
    bool is_unsigned = cell->kind == FERRY_KIND_TYPED && memory_columns_are_unsigned(column);
    return is_unsigned ? (long double)cell->v.u : (long double)cell->v.i;
}

/* NaN is the last; an integer comes before a float of its value. */
static int compare_numbers(const struct ferry_column *column, const struct ferry_cell *a,
                           const struct ferry_cell *b)
{
    long double x = number_of(column, a), y = number_of(column, b);
    if (isnan(x) || isnan(y))
        return (isnan(x) != 0) - (isnan(y) != 0);
    if (x < y || x > y)
        return x < y ? -1 : 1;
    return (memory_cell_kind(column, a) == FERRY_KIND_FLOAT) -
           (memory_cell_kind(column, b) == FERRY_KIND_FLOAT);
}

/* ---- Decimals ---- */

struct decimal {
    const char *whole, *fraction;
    size_t whole_length, fraction_length; /* without zeros that are worth nothing */
    bool negative;
};

static struct decimal take_apart(const struct ferry_cell *cell)
{
    const char *at = cell->v.p, *end = at + cell->len;
    struct decimal number = {.negative = at < end && *at == '-'};
    at += number.negative;
    while (at < end && *at == '0')
        at++;
    const char *point = memchr(at, '.', (size_t)(end - at));
    number.whole = at;
    number.whole_length = (size_t)((point == NULL ? end : point) - at);
    number.fraction = point == NULL ? end : point + 1;
    while (end > number.fraction && end[-1] == '0')
        end--;
    number.fraction_length = (size_t)(end - number.fraction);
    if (number.whole_length == 0 && number.fraction_length == 0)
        number.negative = false;
    return number;
}

static int compare_decimals(const struct ferry_cell *a, const struct ferry_cell *b)
{
    const struct decimal x = take_apart(a), y = take_apart(b);
    const size_t common =
        x.fraction_length < y.fraction_length ? x.fraction_length : y.fraction_length;
    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    int order = compare_sizes(x.whole_length, y.whole_length);
    if (order == 0)
        order = memcmp(x.whole, y.whole, x.whole_length);
    if (order == 0)
        order = memcmp(x.fraction, y.fraction, common);
    if (order == 0)
        order = compare_sizes(x.fraction_length, y.fraction_length);
    return x.negative ? -order : order;
}

int memory_cells_compare(const struct ferry_column *column, const struct ferry_cell *a,
                         const struct ferry_cell *b)
{
    enum rank rank = rank_of(column, a), other = rank_of(column, b);
    if (rank != other)
        return rank < other ? -1 : 1;
    switch (rank) {
    case RANK_NULL:
        return 0;
    case RANK_NUMBER:
        return compare_numbers(column, a, b);
    case RANK_DECIMAL:
        return compare_decimals(a, b);
    case RANK_TEXT:
    case RANK_BYTES:
        break;
    }
    return compare_bytes(a, b);
}

bool memory_cells_are_same(const struct ferry_column *column, const struct ferry_cell *a,
                           const struct ferry_cell *b)
{
    if (a->null || b->null)
        return a->null == b->null;
    if (a->kind != b->kind)
        return false;
    return memory_cell_points(column, a) ? compare_bytes(a, b) == 0 : a->v.u == b->v.u;
}

/* ---- Orders that are wrong ---- */

static int compare_letters(const struct ferry_cell *a, const struct ferry_cell *b)
{
    size_t common = a->len < b->len ? a->len : b->len;
    for (size_t i = 0; i < common; i++) {
        int x = (unsigned char)a->v.p[i], y = (unsigned char)b->v.p[i];
        x = x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x;
        y = y >= 'A' && y <= 'Z' ? y - 'A' + 'a' : y;
        if (x != y)
            return x - y;
    }
    return compare_sizes(a->len, b->len);
}

static int compare_backwards(const struct ferry_column *column, const struct ferry_cell *a,
                             const struct ferry_cell *b)
{
    return memory_cells_compare(column, b, a);
}

static int compare_without_case(const struct ferry_column *column, const struct ferry_cell *a,
                                const struct ferry_cell *b)
{
    bool are_texts = rank_of(column, a) == RANK_TEXT && rank_of(column, b) == RANK_TEXT;
    return are_texts ? compare_letters(a, b) : memory_cells_compare(column, a, b);
}

/* As a server would that takes -1 for the largest number there is. */
static int compare_without_sign(const struct ferry_column *column, const struct ferry_cell *a,
                                const struct ferry_cell *b)
{
    bool are_whole = !a->null && !b->null && memory_cell_kind(column, a) == FERRY_KIND_INT &&
                     memory_cell_kind(column, b) == FERRY_KIND_INT;
    return are_whole ? (a->v.u > b->v.u) - (a->v.u < b->v.u) : memory_cells_compare(column, a, b);
}

static int compare_nothing(const struct ferry_column *column, const struct ferry_cell *a,
                           const struct ferry_cell *b)
{
    (void)column;
    (void)a;
    (void)b;
    return 0;
}

static const struct {
    const char *name;
    memory_compare *compare;
} orders[] = {
    {"exact", memory_cells_compare},        {"without-case", compare_without_case},
    {"without-sign", compare_without_sign}, {"backwards", compare_backwards},
    {"unsorted", compare_nothing},
};
const char memory_orders[] = "exact|without-case|without-sign|backwards|unsorted";

memory_compare *memory_order_find(const char *name)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strcmp(orders[i].name, name) == 0)
            return orders[i].compare;
    return memory_cells_compare;
}

/* ---- Lists of rows ---- */

static int compare_keys(const struct memory_key *key, const struct ferry_cell *a,
                        const struct ferry_cell *b)
{
    int order = 0;
    for (size_t i = 0; i < key->count && order == 0; i++) {
        size_t column = key->columns[i];
        order = key->compare(&key->list[column], &a[column], &b[column]);
    }
    return order;
}

static int compare_rows(const void *a, const void *b, void *key)
{
    const struct memory_row *x = a, *y = b;
    int order = compare_keys(key, x->cells, y->cells);
    return order != 0 ? order : compare_sizes(x->number, y->number);
}

void memory_rows_sort(const struct memory_key *key, struct memory_row *rows, size_t count)
{
    struct memory_key own = *key;
    qsort_r(rows, count, sizeof *rows, compare_rows, &own);
}

struct memory_row *memory_rows_list(const struct memory_table *table)
{
    struct memory_row *rows = calloc(table->count + 1, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < table->count; i++)
        rows[i] = (struct memory_row){.cells = table->rows[i], .number = i};
    return rows;
}

size_t memory_rows_find(const struct memory_key *key, const struct memory_row *rows, size_t count,
                        const struct ferry_cell *wanted, size_t *ret_first)
{
    size_t first = 0, behind = count, found = 0;
    while (first < behind) {
        size_t middle = first + (behind - first) / 2;
        if (compare_keys(key, rows[middle].cells, wanted) < 0)
            first = middle + 1;
        else
            behind = middle;
    }
    while (first + found < count && compare_keys(key, rows[first + found].cells, wanted) == 0)
        found++;
    *ret_first = first;
    return found;
}
