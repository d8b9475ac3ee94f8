/* The digest of a table: the same for the same rows in any order, another one for any other rows.
 * What it takes for the same is equal, and stands at one place in the order.
 *
 * Input: a scale with kinds of numbers, then two values; as decimals they are the same where they
 * are the same number, as texts and bytes where they are the same bytes, and their first bytes are
 * numbers, too.
 */

#include "fuzz.h"

#include "driver/cell.h"
#include "driver/digest.h"
#include "driver/schema.h"

static struct ferry_digest *digest_of(const struct ferry_schema *schema,
                                      const struct ferry_cell *const *rows, size_t count)
{
    struct ferry_digest *digest = ferry_digest_new(schema);
    MUST(digest != NULL);
    for (size_t i = 0; i < count; i++)
        ferry_digest_add(digest, rows[i]);
    MUST(ferry_digest_rows(digest) == count);
    return digest;
}

static bool same_digest(const struct ferry_schema *schema, const struct ferry_cell *const *first,
                        size_t first_count, const struct ferry_cell *const *second,
                        size_t second_count)
{
    struct ferry_digest *a = digest_of(schema, first, first_count);
    struct ferry_digest *b = digest_of(schema, second, second_count);
    char text_a[FERRY_DIGEST_TEXT];
    char text_b[FERRY_DIGEST_TEXT];
    bool same = ferry_digest_equal(a, b);
    ferry_digest_print(a, text_a);
    ferry_digest_print(b, text_b);
    MUST(!same || strcmp(text_a, text_b) == 0);
    ferry_digest_free(a);
    ferry_digest_free(b);
    return same;
}

/* Sign, digits before the point without zeros in front, digits behind it without zeros at the end;
 * false where the text is no decimal. */
struct number {
    bool negative;
    const char *whole, *fraction;
    size_t whole_length, fraction_length;
};

static bool read_number(const char *text, size_t size, struct number *ret)
{
    size_t at = size > 0 && text[0] == '-' ? 1 : 0;
    size_t point = size;
    bool digit = false;
    ret->negative = at == 1;
    for (size_t i = at; i < size; i++) {
        if (text[i] == '.' && point == size)
            point = i;
        else if (text[i] >= '0' && text[i] <= '9')
            digit = true;
        else
            return false;
    }
    size_t end = size;
    while (at < point && text[at] == '0')
        at++;
    while (end > point + 1 && text[end - 1] == '0')
        end--;
    ret->whole = text + at;
    ret->whole_length = point - at;
    ret->fraction = text + point + (point < size);
    ret->fraction_length = end > point ? end - point - 1 : 0;
    if (ret->whole_length == 0 && ret->fraction_length == 0)
        ret->negative = false;
    return digit;
}

static bool same_number(const struct number *a, const struct number *b)
{
    return a->negative == b->negative && a->whole_length == b->whole_length &&
           a->fraction_length == b->fraction_length &&
           memcmp(a->whole, b->whole, a->whole_length) == 0 &&
           memcmp(a->fraction, b->fraction, a->fraction_length) == 0;
}

/* A number as a database prints it for this scale: others are no value of the column. */
static bool is_printed(const char *text, size_t size, uint32_t scale)
{
    const char *point = memchr(text, '.', size);
    size_t fraction = point == NULL ? 0 : size - (size_t)(point - text) - 1;
    size_t first = size > 0 && text[0] == '-' ? 1 : 0;
    return fraction == scale && (point != NULL) == (scale > 0) && size < 900 && first < size &&
           text[first] != '.';
}

static struct ferry_cell text_cell(const char *text, size_t size)
{
    return (struct ferry_cell){.v.p = text, .len = (uint32_t)size};
}

/* Whether the two cells are the same: for the digest, for equality and for the order. */
static bool check_cells(const struct ferry_column *column, struct ferry_cell a, struct ferry_cell b)
{
    struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_column first = *column;
    first.name = "a";
    MUST(ferry_schema_add(&schema, &first, sizeof first, &error) == FERRY_OK);
    first.name = "b";
    MUST(ferry_schema_add(&schema, &first, sizeof first, &error) == FERRY_OK);
    struct ferry_cell one[] = {a, b};
    struct ferry_cell two[] = {b, a};
    struct ferry_cell none[] = {{.null = 1}, a};
    const struct ferry_cell *const there[] = {one, two, none};
    const struct ferry_cell *const back[] = {none, two, one};
    MUST(same_digest(&schema, there, 3, back, 3));
    MUST(!same_digest(&schema, there, 3, there, 2));
    MUST(!same_digest(&schema, there, 1, there + 2, 1));
    /* Columns that are swapped are seen, unless they hold the same. */
    bool same = same_digest(&schema, there, 1, there + 1, 1);
    ferry_schema_done(&schema);

    struct ferry_cell_form form = ferry_cell_form(column);
    int order = ferry_cell_order(&form, &a, &b);
    int turned = ferry_cell_order(&form, &b, &a);
    MUST(ferry_cell_equal(&form, &a, &b) == same);
    MUST((order == 0) == same && (order < 0) == (turned > 0));
    MUST(ferry_cell_order(&form, &none[0], &a) < 0);
    return same;
}

static void check_type(uint32_t type, uint32_t scale, const char *a, size_t a_size, const char *b,
                       size_t b_size)
{
    const struct ferry_column column = {.type = type, .precision = 65, .scale = scale};
    struct number x;
    struct number y;
    bool same = a_size == b_size && memcmp(a, b, a_size) == 0;
    bool known = type != FERRY_TYPE_DECIMAL;
    if (type == FERRY_TYPE_DECIMAL && read_number(a, a_size, &x) && read_number(b, b_size, &y)) {
        same = same_number(&x, &y);
        known = is_printed(a, a_size, scale) && is_printed(b, b_size, scale);
    }
    bool found = check_cells(&column, text_cell(a, a_size), text_cell(b, b_size));
    MUST(!known || found == same);
}

/* The first bytes as a number of this kind. */
static struct ferry_cell number_cell(uint16_t kind, const char *text, size_t size)
{
    struct ferry_cell cell = {.kind = kind};
    memcpy(&cell.v, text, size < sizeof cell.v ? size : sizeof cell.v);
    return cell;
}

static void check_numbers(unsigned choice, const char *a, size_t a_size, const char *b,
                          size_t b_size)
{
    static const struct ferry_column columns[] = {
        {.type = FERRY_TYPE_ANY},
        {.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
        {.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE | FERRY_COLUMN_UNSIGNED},
    };
    static const uint16_t kinds[] = {FERRY_KIND_TYPED, FERRY_KIND_INT, FERRY_KIND_FLOAT};
    (void)check_cells(&columns[choice % 3], number_cell(kinds[choice / 3 % 3], a, a_size),
                      number_cell(kinds[choice / 9 % 3], b, b_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned choice = fuzz_byte(&data, &size);
    uint32_t scale = choice % 5;
    size_t length = fuzz_byte(&data, &size);
    size_t first = size < length ? size : length;
    char *a = fuzz_text(data, first);
    char *b = fuzz_text(data + first, size - first);
    check_type(FERRY_TYPE_DECIMAL, scale, a, first, b, size - first);
    check_type(FERRY_TYPE_TEXT, 0, a, first, b, size - first);
    check_type(FERRY_TYPE_BYTES, 0, a, first, b, size - first);
    check_numbers(choice / 5, a, first, b, size - first);
    free(a);
    free(b);
    return 0;
}
