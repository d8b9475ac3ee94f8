/* Cells -> what the server's input functions read, and that as a field of COPY in its text form. */

#include "write/target.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ENCODE_ROOM 64 /* a number */

/* ---- Numbers ---- */

static void encode_bits(uint64_t value, uint32_t count, struct part_text *out)
{
    for (uint32_t i = count; i-- > 0;)
        part_text_append(out, i < 64 && (value >> i & 1) != 0 ? "1" : "0", 1);
}

void pgdrv_int_print(struct pgdrv_int value, struct part_text *out)
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

static void encode_int(const struct pgdrv_form *form, const struct ferry_cell *cell,
                       struct part_text *out)
{
    struct pgdrv_int value = pgdrv_int_take(form->column, cell);
    if (form->type.kind == PGDRV_KIND_BOOL)
        part_text_append(out, value.size != 0 ? "t" : "f", 1);
    else if (form->type.kind == PGDRV_KIND_BIT)
        encode_bits(value.size, form->type.numbers[0], out);
    else if (form->type.kind == PGDRV_KIND_VARBIT)
        encode_bits(value.size, form->column->bits, out);
    else
        pgdrv_int_print(value, out);
}

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
        pgdrv_int_print((struct pgdrv_int){value < 0, (uint64_t)fabs(value)}, out);
    } else {
        (void)snprintf(text, sizeof text, "%.*g", is_single ? 9 : 17, value);
        part_text_add(out, text);
    }
}

static void encode_float(const struct pgdrv_form *form, const struct ferry_cell *cell,
                         struct part_text *out)
{
    encode_double(cell->v.f, form->column->bits == 32 && form->type.kind != PGDRV_KIND_FLOAT8, out);
}

/* An integer has no point. */
static void encode_decimal(const struct pgdrv_form *form, const struct ferry_cell *cell,
                           struct part_text *out)
{
    enum pgdrv_kind kind = form->type.kind;
    bool whole = kind == PGDRV_KIND_INT2 || kind == PGDRV_KIND_INT4 || kind == PGDRV_KIND_INT8;
    const char *point = whole ? memchr(cell->v.p, '.', cell->len) : NULL;
    part_text_append(out, cell->v.p, point == NULL ? cell->len : (size_t)(point - cell->v.p));
}

/* ---- Texts, bytes, dates and times ---- */

static void encode_as_it_is(const struct pgdrv_form *form, const struct ferry_cell *cell,
                            struct part_text *out)
{
    (void)form;
    part_text_append(out, cell->v.p, cell->len);
}

static void encode_bytes(const struct pgdrv_form *form, const struct ferry_cell *cell,
                         struct part_text *out)
{
    (void)form;
    part_text_append(out, "\\x", 2);
    part_text_add_hex(out, cell->v.p, cell->len);
}

static void encode_datetime(const struct pgdrv_form *form, const struct ferry_cell *cell,
                            struct part_text *out)
{
    part_text_append(out, cell->v.p, cell->len);
    if (form->type.kind == PGDRV_KIND_TIMESTAMPTZ)
        part_text_add(out, "+00");
}

/* ---- The table ---- */

typedef void encode_function(const struct pgdrv_form *form, const struct ferry_cell *cell,
                             struct part_text *out);

static encode_function *const encode_functions[] = {
    [FERRY_TYPE_BOOL] = encode_int,          [FERRY_TYPE_INT] = encode_int,
    [FERRY_TYPE_FLOAT] = encode_float,       [FERRY_TYPE_DECIMAL] = encode_decimal,
    [FERRY_TYPE_TEXT] = encode_as_it_is,     [FERRY_TYPE_BYTES] = encode_bytes,
    [FERRY_TYPE_DATE] = encode_as_it_is,     [FERRY_TYPE_TIME] = encode_as_it_is,
    [FERRY_TYPE_DATETIME] = encode_datetime, [FERRY_TYPE_YEAR] = encode_int,
    [FERRY_TYPE_ANY] = encode_as_it_is,      [FERRY_TYPE_BIT] = encode_int,
    [FERRY_TYPE_JSON] = encode_as_it_is,     [FERRY_TYPE_ENUM] = encode_as_it_is,
    [FERRY_TYPE_SET] = encode_as_it_is,      [FERRY_TYPE_UUID] = encode_as_it_is,
    [FERRY_TYPE_INET4] = encode_as_it_is,    [FERRY_TYPE_INET6] = encode_as_it_is,
    [FERRY_TYPE_GEOMETRY] = encode_bytes,    [FERRY_TYPE_VECTOR] = encode_bytes,
};

void pgdrv_encode_plain(const struct pgdrv_form *form, const struct ferry_cell *cell,
                        struct part_text *out)
{
    encode_functions[form->column->type](form, cell, out);
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
            forms[i].column->type < sizeof encode_functions / sizeof *encode_functions) {
            forms[i].binary = pgdrv_binary_choose(forms[i].column, &forms[i].type);
            continue;
        }
        free(forms);
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: type '%s' is not understood", conn->label,
                          layout->natives[i]);
    }
    *ret_forms = forms;
    return FERRY_OK;
}

/* ---- A field of COPY in its text form ---- */

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

/* Of what was added from there on. */
static void encode_add_escapes(struct part_text *out, size_t from)
{
    size_t more = 0;
    for (size_t i = from; i < out->length; i++)
        more += encode_escape(out->data[i]) != '\0';
    if (out->failed || more == 0 || !part_text_reserve(out, more))
        return;
    size_t to = out->length + more;
    out->data[to] = '\0';
    for (size_t i = out->length; to > i;) {
        char byte = out->data[--i], letter = encode_escape(byte);
        if (letter != '\0')
            byte = letter;
        out->data[--to] = byte;
        if (letter != '\0')
            out->data[--to] = '\\';
    }
    out->length += more;
}

const char *pgdrv_encode_text(const struct pgdrv_form *form, const struct ferry_cell *cell,
                              struct part_text *out)
{
    size_t from = out->length;
    if (cell->null != 0) {
        part_text_append(out, "\\N", 2);
        return NULL;
    }
    const char *flaw = pgdrv_refuse(form, cell);
    if (flaw != NULL)
        return flaw;
    pgdrv_encode_plain(form, cell, out);
    encode_add_escapes(out, from);
    return NULL;
}
