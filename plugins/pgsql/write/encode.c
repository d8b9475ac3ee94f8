/* Cells -> fields of COPY, in its text form; what the column cannot have as it is, is refused here
 * where the server would round it, cut it off or fill it up.
 */

#include "write/target.h"

#include <arpa/inet.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ENCODE_ROOM 64 /* a number, or a text that is looked at as a whole */
#define ENCODE_BYTES_MAX (UINT32_C(256) << 20)

static const char encode_is_rounded[] = "is a number that the column's type would round";
static const char encode_is_range[] = "is out of the range of the column's type";
static const char encode_is_kind[] = "is of another kind than its column";

/* What stands behind a backslash in its place; NUL: it stands for itself. */
static char encode_escape(char byte)
{
    switch (byte) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

void pgdrv_encode_text(const char *data, size_t size, struct part_text *out)
{
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {
        const char letter = encode_escape(data[i]);
        if (letter == '\0')
            continue;
        const char escaped[] = {'\\', letter};
        part_text_append(out, data + from, i - from);
        part_text_append(out, escaped, sizeof escaped);
        from = i + 1;
    }
    part_text_append(out, data + from, size - from);
}

/* ---- Integers ---- */

struct encode_int {
    bool negative;
    uint64_t size; /* without the sign */
};

static struct encode_int encode_take_int(const struct ferry_column *column,
                                         const struct ferry_cell *cell)
{
    bool is_unsigned =
        column->type == FERRY_TYPE_BIT ||
        (column->type == FERRY_TYPE_INT && (column->flags & FERRY_COLUMN_UNSIGNED) != 0);
    bool negative = !is_unsigned && cell->v.i < 0;
    return (struct encode_int){negative, negative ? -(uint64_t)cell->v.i : cell->v.u};
}

static void encode_digits(struct encode_int value, struct part_text *out)
{
    char digits[ENCODE_ROOM];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value.size % 10);
    while ((value.size /= 10) > 0);
    if (value.negative)
        digits[--at] = '-';
    part_text_append(out, digits + at, sizeof digits - at);
}

static const char *encode_bits(uint64_t value, uint32_t count, struct part_text *out)
{
    if (count < 64 && value >> count != 0)
        return encode_is_range;
    for (uint32_t i = count; i-- > 0;)
        part_text_append(out, i < 64 && (value >> i & 1) != 0 ? "1" : "0", 1);
    return NULL;
}

static const char *encode_int(const struct pgdrv_form *form, const struct ferry_cell *cell,
                              struct part_text *out)
{
    struct encode_int value = encode_take_int(form->column, cell);
    uint64_t limit = UINT64_MAX;
    switch (form->type.kind) {
    case PGDRV_KIND_BOOL:
        if (value.negative || value.size > 1)
            return encode_is_range;
        part_text_append(out, value.size != 0 ? "t" : "f", 1);
        return NULL;
    case PGDRV_KIND_BIT:
        return encode_bits(value.size, form->type.numbers[0], out);
    case PGDRV_KIND_VARBIT:
        return encode_bits(value.size, form->column->bits, out);
    case PGDRV_KIND_INT2:
        limit = INT16_MAX;
        break;
    case PGDRV_KIND_INT4:
        limit = INT32_MAX;
        break;
    case PGDRV_KIND_INT8:
        limit = INT64_MAX;
        break;
    case PGDRV_KIND_FLOAT4:
        if (value.size > UINT32_C(1) << FLT_MANT_DIG)
            return encode_is_rounded;
        break;
    case PGDRV_KIND_FLOAT8:
        if (value.size > UINT64_C(1) << DBL_MANT_DIG)
            return encode_is_rounded;
        break;
    default:
        break;
    }
    if (value.size > limit + (value.negative && limit != UINT64_MAX ? 1 : 0))
        return encode_is_range;
    encode_digits(value, out);
    return NULL;
}

/* ---- Other numbers ---- */

/* As few digits as bring the same number back: nine name a single where a single is read from them,
 * but another double. */
static void encode_double(double value, bool is_single, struct part_text *out)
{
    char text[ENCODE_ROOM];
    if (isnan(value) != 0) {
        part_text_add(out, "NaN");
    } else if (isinf(value) != 0) {
        part_text_add(out, value < 0 ? "-Infinity" : "Infinity");
    } else if (value == 0) {
        part_text_add(out, signbit(value) != 0 ? "-0" : "0");
    } else if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
        encode_digits((struct encode_int){value < 0, (uint64_t)fabs(value)}, out);
    } else {
        (void)snprintf(text, sizeof text, "%.*g", is_single ? 9 : 17, value);
        part_text_add(out, text);
    }
}

static const char *encode_float(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                struct part_text *out)
{
    double value = cell->v.f;
    if (form->type.kind == PGDRV_KIND_FLOAT4 && isfinite(value) != 0 &&
        (fabs(value) > (double)FLT_MAX || (double)(float)value != value))
        return encode_is_rounded;
    encode_double(value, form->column->bits == 32 && form->type.kind != PGDRV_KIND_FLOAT8, out);
    return NULL;
}

/* Digits behind the point, without zeros at their end. */
static uint32_t encode_fraction(const char *data, size_t size)
{
    const char *point = memchr(data, '.', size);
    if (point == NULL)
        return 0;
    while (size > 0 && data[size - 1] == '0')
        size--;
    return (uint32_t)(data + size - point - 1);
}

/* Whether a double gives the very digits back. */
static bool encode_is_double(const struct ferry_column *column, const struct ferry_cell *cell,
                             bool is_single)
{
    char text[ENCODE_ROOM], again[ENCODE_ROOM * 6];
    const char *at = text;
    if (cell->len >= sizeof text || column->scale >= sizeof text)
        return false;
    memcpy(text, cell->v.p, cell->len);
    text[cell->len] = '\0';
    double value = is_single ? (double)strtof(text, NULL) : strtod(text, NULL);
    int made = snprintf(again, sizeof again, "%.*f", (int)encode_fraction(text, cell->len), value);
    size_t whole = strcspn(text, ".");
    uint32_t fraction = encode_fraction(text, cell->len);
    size_t length = fraction > 0 ? whole + 1 + fraction : whole;
    if (*at == '-' && strspn(at + 1, "0.") == strlen(at + 1)) /* no -0 */
        return made > 0 && strspn(again, "-0.") == strlen(again);
    return made > 0 && (size_t)made == length && memcmp(again, text, length) == 0;
}

static const char *encode_decimal(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                  struct part_text *out)
{
    uint32_t fraction = encode_fraction(cell->v.p, cell->len);
    size_t whole = cell->len;
    switch (form->type.kind) {
    case PGDRV_KIND_NUMERIC:
        if (form->type.count > 0 && fraction > form->type.numbers[1])
            return encode_is_rounded;
        break;
    case PGDRV_KIND_FLOAT4:
    case PGDRV_KIND_FLOAT8:
        if (!encode_is_double(form->column, cell, form->type.kind == PGDRV_KIND_FLOAT4))
            return encode_is_rounded;
        break;
    case PGDRV_KIND_INT2:
    case PGDRV_KIND_INT4:
    case PGDRV_KIND_INT8: {
        const char *point = memchr(cell->v.p, '.', cell->len);
        if (fraction > 0)
            return encode_is_rounded;
        whole = point == NULL ? whole : (size_t)(point - cell->v.p);
        break;
    }
    default:
        break;
    }
    pgdrv_encode_text(cell->v.p, whole, out);
    return NULL;
}

/* ---- Texts and bytes ---- */

static size_t encode_count_characters(const char *data, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)data[i] & 0xC0) != 0x80;
    return count;
}

/* The server prints addresses in one way. */
static bool encode_is_address(const struct ferry_cell *cell, int family)
{
    char text[ENCODE_ROOM], again[INET6_ADDRSTRLEN];
    unsigned char address[16];
    if (cell->len >= sizeof text)
        return false;
    memcpy(text, cell->v.p, cell->len);
    text[cell->len] = '\0';
    return inet_pton(family, text, address) == 1 &&
           inet_ntop(family, address, again, sizeof again) != NULL && strcmp(text, again) == 0;
}

static const char *encode_characters(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                     struct part_text *out)
{
    const struct pgdrv_type *type = &form->type;
    if (memchr(cell->v.p, '\0', cell->len) != NULL)
        return "has a zero byte, which texts of this server do not; a column of type bytea takes "
               "it where the job has text = \"bytes\"";
    if (type->kind == PGDRV_KIND_CHAR && cell->len > 0 && cell->v.p[cell->len - 1] == ' ')
        return "ends in a space, which a column of the type character would lose";
    if ((type->kind == PGDRV_KIND_VARCHAR || type->kind == PGDRV_KIND_CHAR) && type->count > 0 &&
        cell->len > type->numbers[0] &&
        (form->counts_bytes || encode_count_characters(cell->v.p, cell->len) > type->numbers[0]))
        return "is too long for the column";
    if (type->kind == PGDRV_KIND_INET &&
        !encode_is_address(cell, form->column->type == FERRY_TYPE_INET4 ? AF_INET : AF_INET6))
        return "is an address that the server would print in another way; the type text (columns "
               "of a job, --column of copy) keeps it";
    pgdrv_encode_text(cell->v.p, cell->len, out);
    return NULL;
}

static const char *encode_bytes(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                struct part_text *out)
{
    static const char digits[] = "0123456789abcdef";
    (void)form;
    if (cell->len > ENCODE_BYTES_MAX)
        return "has more than 256 MiB, which is more than a row of COPY takes";
    part_text_append(out, "\\\\x", 3);
    if (!part_text_reserve(out, 2 * (size_t)cell->len))
        return NULL; /* the text says so */
    for (uint32_t i = 0; i < cell->len; i++) {
        unsigned char byte = (unsigned char)cell->v.p[i];
        const char pair[] = {digits[byte >> 4], digits[byte & 15]};
        part_text_append(out, pair, sizeof pair);
    }
    return NULL;
}

/* ---- Dates and times ---- */

/* "YYYY-MM-DD", and nothing that the server would understand in its own way. */
static bool encode_is_date(const char *data, size_t size)
{
    static const char form[] = "0000-00-00";
    if (size != sizeof form - 1)
        return false;
    for (size_t i = 0; i < size; i++)
        if (form[i] == '-' ? data[i] != '-' : data[i] < '0' || data[i] > '9')
            return false;
    return memcmp(data, "0000", 4) != 0;
}

/* "[H]HH:MM:SS[.f]" without a sign. */
static bool encode_is_clock(const char *data, size_t size, size_t *ret_hours)
{
    size_t hours = 0;
    while (hours < size && data[hours] >= '0' && data[hours] <= '9')
        hours++;
    if (hours < 2 || size < hours + 6 || data[hours] != ':' || data[hours + 3] != ':' ||
        data[hours + 1] > '5' || data[hours + 4] > '5')
        return false;
    for (size_t i = hours; i < size; i++)
        if (strchr(i == hours + 6 ? "." : ":0123456789", data[i]) == NULL || data[i] == '\0')
            return false;
    *ret_hours = hours;
    return size == hours + 6 || size > hours + 7;
}

static const char encode_is_none[] = "is no date or time that the server can hold";

static const char *encode_check_fraction(const struct pgdrv_form *form,
                                         const struct ferry_cell *cell)
{
    return encode_fraction(cell->v.p, cell->len) > pgdrv_type_fraction(&form->type)
               ? "is a moment that the column's type would round"
               : NULL;
}

static const char *encode_date(const struct pgdrv_form *form, const struct ferry_cell *cell,
                               struct part_text *out)
{
    if (form->type.kind != PGDRV_KIND_DATE)
        return encode_characters(form, cell, out);
    if (!encode_is_date(cell->v.p, cell->len))
        return encode_is_none;
    part_text_append(out, cell->v.p, cell->len);
    return NULL;
}

static const char *encode_datetime(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                   struct part_text *out)
{
    size_t hours = 0;
    if (form->type.kind != PGDRV_KIND_TIMESTAMP && form->type.kind != PGDRV_KIND_TIMESTAMPTZ)
        return encode_characters(form, cell, out);
    if (cell->len < 11 || !encode_is_date(cell->v.p, 10) || cell->v.p[10] != ' ' ||
        !encode_is_clock(cell->v.p + 11, cell->len - 11, &hours) || hours != 2)
        return encode_is_none;
    const char *flaw = encode_check_fraction(form, cell);
    if (flaw != NULL)
        return flaw;
    part_text_append(out, cell->v.p, cell->len);
    if (form->type.kind == PGDRV_KIND_TIMESTAMPTZ)
        part_text_add(out, "+00");
    return NULL;
}

static const char *encode_time(const struct pgdrv_form *form, const struct ferry_cell *cell,
                               struct part_text *out)
{
    bool negative = cell->len > 0 && *cell->v.p == '-';
    size_t hours = 0;
    if (form->type.kind != PGDRV_KIND_TIME && form->type.kind != PGDRV_KIND_INTERVAL)
        return encode_characters(form, cell, out);
    if (!encode_is_clock(cell->v.p + negative, cell->len - negative, &hours) || hours > 9)
        return encode_is_none;
    if (form->type.kind == PGDRV_KIND_TIME && (negative || hours > 2))
        return "is no time of a day, which the column's type is; the type interval (columns of a "
               "job, --column of copy) takes it";
    const char *flaw = encode_check_fraction(form, cell);
    if (flaw == NULL)
        part_text_append(out, cell->v.p, cell->len);
    return flaw;
}

/* ---- The table ---- */

static const char *encode_nothing(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                  struct part_text *out)
{
    (void)form;
    (void)cell;
    (void)out;
    return encode_is_kind;
}

typedef const char *encode_function(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                    struct part_text *out);

static encode_function *const encode_functions[] = {
    [FERRY_TYPE_BOOL] = encode_int,          [FERRY_TYPE_INT] = encode_int,
    [FERRY_TYPE_FLOAT] = encode_float,       [FERRY_TYPE_DECIMAL] = encode_decimal,
    [FERRY_TYPE_TEXT] = encode_characters,   [FERRY_TYPE_BYTES] = encode_bytes,
    [FERRY_TYPE_DATE] = encode_date,         [FERRY_TYPE_TIME] = encode_time,
    [FERRY_TYPE_DATETIME] = encode_datetime, [FERRY_TYPE_YEAR] = encode_int,
    [FERRY_TYPE_ANY] = encode_nothing,       [FERRY_TYPE_BIT] = encode_int,
    [FERRY_TYPE_JSON] = encode_characters,   [FERRY_TYPE_ENUM] = encode_characters,
    [FERRY_TYPE_SET] = encode_characters,    [FERRY_TYPE_UUID] = encode_characters,
    [FERRY_TYPE_INET4] = encode_characters,  [FERRY_TYPE_INET6] = encode_characters,
    [FERRY_TYPE_GEOMETRY] = encode_bytes,    [FERRY_TYPE_VECTOR] = encode_bytes,
};

const char *pgdrv_encode(const struct pgdrv_form *form, const struct ferry_cell *cell,
                         struct part_text *out)
{
    if (cell->null != 0) {
        part_text_append(out, "\\N", 2);
        return NULL;
    }
    if (cell->kind != FERRY_KIND_TYPED)
        return encode_is_kind;
    return encode_functions[form->column->type](form, cell, out);
}

ferry_status pgdrv_forms_make(const struct pgdrv_conn *conn, const struct ferry_layout *layout,
                              struct pgdrv_form **ret_forms, struct ferry_error *err)
{
    size_t count = ferry_schema_count(layout->schema);
    struct pgdrv_form *forms = calloc(count + 1, sizeof *forms);
    if (forms == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        forms[i].column = ferry_schema_column(layout->schema, i);
        forms[i].counts_bytes = strcmp(conn->encoding, "SQL_ASCII") == 0;
        if (pgdrv_type_parse(layout->natives[i], &forms[i].type) &&
            forms[i].column->type < sizeof encode_functions / sizeof *encode_functions)
            continue;
        free(forms);
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: type '%s' is not understood", conn->label,
                          layout->natives[i]);
    }
    *ret_forms = forms;
    return FERRY_OK;
}
