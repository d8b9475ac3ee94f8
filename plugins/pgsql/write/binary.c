/* Cells -> fields of COPY in its binary form: the length, then what the receive function of the
 * column's type reads (PostgreSQL's src/backend/utils/adt, and src/backend/commands/copyfromparse.c
 * for what stands around them).
 *
 * The server's input functions refuse what is no value of their type; what has its binary form made
 * here is refused here, in the words that their error is told by (verdict.c).
 */

#include "write/target.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "types/types.h"

#define BINARY_ROOM 64 /* a number that a double holds: refuse.c lets no longer one pass */
#define BINARY_UUID 16
#define BINARY_IS_NONE "22P02"
#define BINARY_IS_RANGE "22003"
#define BINARY_IS_NO_DATE "22008"
#define BINARY_IS_LONG "54000"

/* ---- Bytes, in the order of the network ---- */

static void binary_put_u16(char *at, uint16_t value)
{
    value = htobe16(value);
    memcpy(at, &value, sizeof value);
}

static void binary_put_u32(char *at, uint32_t value)
{
    value = htobe32(value);
    memcpy(at, &value, sizeof value);
}

static void binary_put_u64(char *at, uint64_t value)
{
    value = htobe64(value);
    memcpy(at, &value, sizeof value);
}

/* Where so many bytes more may be written.  NULL: out of memory, and the text says so. */
static char *binary_extend(struct part_text *out, size_t size)
{
    if (!part_text_reserve(out, size))
        return NULL;
    char *at = out->data + out->length;
    out->length += size;
    out->data[out->length] = '\0';
    return at;
}

/* Where the value of a field of `size` bytes goes; the same otherwise. */
static char *binary_field(struct part_text *out, uint32_t size)
{
    char *at = binary_extend(out, sizeof(uint32_t) + (size_t)size);
    if (at == NULL)
        return NULL;
    binary_put_u32(at, size);
    return at + sizeof(uint32_t);
}

static void binary_add_u16(uint16_t value, struct part_text *out)
{
    char *at = binary_field(out, sizeof value);
    if (at != NULL)
        binary_put_u16(at, value);
}

static void binary_add_u32(uint32_t value, struct part_text *out)
{
    char *at = binary_field(out, sizeof value);
    if (at != NULL)
        binary_put_u32(at, value);
}

static void binary_add_u64(uint64_t value, struct part_text *out)
{
    char *at = binary_field(out, sizeof value);
    if (at != NULL)
        binary_put_u64(at, value);
}

/* ---- Integers ---- */

static const char *binary_bool(const struct pgdrv_form *form, const struct ferry_cell *cell,
                               struct part_text *out)
{
    char *at = binary_field(out, 1);
    if (at != NULL)
        *at = pgdrv_int_take(form->column, cell).size != 0 ? '\1' : '\0';
    return NULL;
}

/* What stands before the point: refuse.c has seen to what stands behind it.  The SQLSTATE of an
 * error, or NULL. */
static const char *binary_take_whole(const struct ferry_cell *cell, int64_t *ret_value)
{
    const char *data = cell->v.p, *point = memchr(data, '.', cell->len);
    size_t size = point == NULL ? cell->len : (size_t)(point - data);
    bool negative = size > 0 && *data == '-';
    int64_t value = 0;
    if (size == (negative ? 1 : 0))
        return BINARY_IS_NONE;
    for (size_t i = negative ? 1 : 0; i < size; i++)
        if (data[i] < '0' || data[i] > '9')
            return BINARY_IS_NONE;
    for (size_t i = negative ? 1 : 0; i < size; i++) {
        int digit = data[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return BINARY_IS_RANGE;
    }
    *ret_value = value;
    return NULL;
}

static const char *binary_int(const struct pgdrv_form *form, const struct ferry_cell *cell,
                              struct part_text *out)
{
    enum pgdrv_kind kind = form->type.kind;
    int64_t value = cell->v.i; /* of an unsigned one, too: it is below the limit of the type */
    const char *flaw =
        form->column->type == FERRY_TYPE_DECIMAL ? binary_take_whole(cell, &value) : NULL;
    if (flaw == NULL && ((kind == PGDRV_KIND_INT2 && value != (int16_t)value) ||
                         (kind == PGDRV_KIND_INT4 && value != (int32_t)value)))
        flaw = BINARY_IS_RANGE;
    if (flaw != NULL)
        return pgdrv_verdict_meaning(flaw);
    if (kind == PGDRV_KIND_INT2)
        binary_add_u16((uint16_t)value, out);
    else if (kind == PGDRV_KIND_INT4)
        binary_add_u32((uint32_t)value, out);
    else
        binary_add_u64((uint64_t)value, out);
    return NULL;
}

/* ---- Other numbers ---- */

/* Of a numeric(p,s), which refuse.c knows to have room for the fraction. */
static const char *binary_add_numeric(const struct pgdrv_form *form, const char *data, size_t size,
                                      struct part_text *out)
{
    size_t from = out->length;
    if (size > PGDRV_NUMERIC_LETTERS_MAX)
        return pgdrv_verdict_meaning(BINARY_IS_RANGE);
    char *at = binary_field(out, (uint32_t)pgdrv_numeric_wire_room(size));
    if (at == NULL)
        return NULL;
    size_t made = pgdrv_numeric_write(data, size, form->type.numbers[1], (unsigned char *)at);
    if (made == 0)
        return pgdrv_verdict_meaning(BINARY_IS_NONE);
    binary_put_u32(out->data + from, (uint32_t)made);
    out->length = from + sizeof(uint32_t) + made;
    out->data[out->length] = '\0';
    return NULL;
}

static const char *binary_numeric(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                  struct part_text *out)
{
    if (form->column->type == FERRY_TYPE_DECIMAL)
        return binary_add_numeric(form, cell->v.p, cell->len, out);
    PART_AUTO_TEXT struct part_text digits = {0};
    pgdrv_int_print(pgdrv_int_take(form->column, cell), &digits);
    out->failed = out->failed || digits.failed;
    return digits.failed ? NULL : binary_add_numeric(form, digits.data, digits.length, out);
}

static double binary_take_double(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    char text[BINARY_ROOM];
    if (form->column->type == FERRY_TYPE_FLOAT)
        return cell->v.f;
    if (form->column->type != FERRY_TYPE_DECIMAL) {
        struct pgdrv_int value = pgdrv_int_take(form->column, cell);
        return value.negative ? -(double)value.size : (double)value.size;
    }
    size_t size = cell->len < sizeof text ? cell->len : sizeof text - 1;
    memcpy(text, cell->v.p, size);
    text[size] = '\0';
    return form->type.kind == PGDRV_KIND_FLOAT4 ? (double)strtof(text, NULL) : strtod(text, NULL);
}

/* What is no number is the one that the server makes of the word: its bits may say more. */
static const char *binary_float(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                struct part_text *out)
{
    double value = binary_take_double(form, cell);
    if (form->type.kind == PGDRV_KIND_FLOAT4) {
        float single = isnan(value) != 0 ? (float)NAN : (float)value;
        uint32_t bits;
        memcpy(&bits, &single, sizeof bits);
        binary_add_u32(bits, out);
    } else {
        uint64_t bits;
        value = isnan(value) != 0 ? (double)NAN : value;
        memcpy(&bits, &value, sizeof bits);
        binary_add_u64(bits, out);
    }
    return NULL;
}

/* ---- Texts and bytes ---- */

/* What the input function reads is what the receive function does, which converts it to the
 * database's encoding, too (pq_getmsgtext() of src/backend/libpq/pqformat.c).  A jsonb has the
 * number of its form before it (jsonb_recv()). */
static const char *binary_text(const struct pgdrv_form *form, const struct ferry_cell *cell,
                               struct part_text *out)
{
    size_t from = out->length;
    if (binary_field(out, 0) == NULL)
        return NULL;
    if (form->type.kind == PGDRV_KIND_JSONB)
        part_text_append(out, "\1", 1);
    pgdrv_encode_plain(form, cell, out);
    if (out->failed)
        return NULL;
    size_t size = out->length - from - sizeof(uint32_t);
    if (size > INT32_MAX)
        return pgdrv_verdict_meaning(BINARY_IS_LONG);
    binary_put_u32(out->data + from, (uint32_t)size);
    return NULL;
}

static const char *binary_bytes(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                struct part_text *out)
{
    (void)form;
    char *at = binary_field(out, cell->len);
    if (at != NULL && cell->len > 0)
        memcpy(at, cell->v.p, cell->len);
    return NULL;
}

static int binary_take_nibble(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

static const char *binary_uuid(const struct pgdrv_form *form, const struct ferry_cell *cell,
                               struct part_text *out)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    char bytes[BINARY_UUID] = {0};
    size_t digits = 0;
    (void)form;
    if (cell->len != sizeof shape - 1)
        return pgdrv_verdict_meaning(BINARY_IS_NONE);
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        int nibble = binary_take_nibble(cell->v.p[i]);
        if (shape[i] == '-' ? cell->v.p[i] != '-' : nibble < 0)
            return pgdrv_verdict_meaning(BINARY_IS_NONE);
        if (shape[i] == '-')
            continue;
        bytes[digits / 2] = (char)((unsigned char)bytes[digits / 2] << 4 | nibble);
        digits++;
    }
    char *at = binary_field(out, sizeof bytes);
    if (at != NULL)
        memcpy(at, bytes, sizeof bytes);
    return NULL;
}

/* ---- Dates and times: days and microseconds, those of a moment since 2000-01-01 ---- */

static const char *binary_date(const struct pgdrv_form *form, const struct ferry_cell *cell,
                               struct part_text *out)
{
    int32_t days;
    (void)form;
    if (!pgdrv_date_read(cell->v.p, cell->len, &days))
        return pgdrv_verdict_meaning(BINARY_IS_NO_DATE);
    binary_add_u32((uint32_t)days, out);
    return NULL;
}

static const char *binary_time(const struct pgdrv_form *form, const struct ferry_cell *cell,
                               struct part_text *out)
{
    int64_t microseconds;
    (void)form;
    if (!pgdrv_time_read(cell->v.p, cell->len, &microseconds))
        return pgdrv_verdict_meaning(BINARY_IS_NO_DATE);
    binary_add_u64((uint64_t)microseconds, out);
    return NULL;
}

static const char *binary_datetime(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                   struct part_text *out)
{
    int64_t microseconds;
    (void)form;
    if (!pgdrv_datetime_read(cell->v.p, cell->len, &microseconds))
        return pgdrv_verdict_meaning(BINARY_IS_NO_DATE);
    binary_add_u64((uint64_t)microseconds, out);
    return NULL;
}

/* ---- The table ---- */

#define OF(type) (1u << (type))
#define BINARY_INTS                                                                                \
    (OF(FERRY_TYPE_BOOL) | OF(FERRY_TYPE_INT) | OF(FERRY_TYPE_YEAR) | OF(FERRY_TYPE_BIT))
#define BINARY_BYTES (OF(FERRY_TYPE_BYTES) | OF(FERRY_TYPE_GEOMETRY) | OF(FERRY_TYPE_VECTOR))
#define BINARY_TEXTS (~BINARY_BYTES)

/* Kinds of columns, with the types of the source that they take in. */
static const struct {
    enum pgdrv_kind kind;
    uint32_t sources;
    pgdrv_writer *write;
} binary_writers[] = {
    {PGDRV_KIND_BOOL, BINARY_INTS, binary_bool},
    {PGDRV_KIND_INT2, BINARY_INTS | OF(FERRY_TYPE_DECIMAL), binary_int},
    {PGDRV_KIND_INT4, BINARY_INTS | OF(FERRY_TYPE_DECIMAL), binary_int},
    {PGDRV_KIND_INT8, BINARY_INTS | OF(FERRY_TYPE_DECIMAL), binary_int},
    {PGDRV_KIND_NUMERIC, BINARY_INTS | OF(FERRY_TYPE_DECIMAL), binary_numeric},
    {PGDRV_KIND_FLOAT4, BINARY_INTS | OF(FERRY_TYPE_FLOAT) | OF(FERRY_TYPE_DECIMAL), binary_float},
    {PGDRV_KIND_FLOAT8, BINARY_INTS | OF(FERRY_TYPE_FLOAT) | OF(FERRY_TYPE_DECIMAL), binary_float},
    {PGDRV_KIND_TEXT, BINARY_TEXTS, binary_text},
    {PGDRV_KIND_VARCHAR, BINARY_TEXTS, binary_text},
    {PGDRV_KIND_CHAR, BINARY_TEXTS, binary_text},
    {PGDRV_KIND_JSON, BINARY_TEXTS, binary_text},
    {PGDRV_KIND_JSONB, BINARY_TEXTS, binary_text},
    {PGDRV_KIND_BYTEA, BINARY_BYTES, binary_bytes},
    {PGDRV_KIND_DATE, OF(FERRY_TYPE_DATE), binary_date},
    {PGDRV_KIND_TIME, OF(FERRY_TYPE_TIME), binary_time},
    {PGDRV_KIND_TIMESTAMP, OF(FERRY_TYPE_DATETIME), binary_datetime},
    {PGDRV_KIND_TIMESTAMPTZ, OF(FERRY_TYPE_DATETIME), binary_datetime},
    {PGDRV_KIND_UUID, OF(FERRY_TYPE_UUID), binary_uuid},
};

/* A numeric of any length has more digits than some servers take in this form. */
pgdrv_writer *pgdrv_binary_choose(const struct ferry_column *column, const struct pgdrv_type *type)
{
    if (type->kind == PGDRV_KIND_NUMERIC && type->count < 2)
        return NULL;
    for (size_t i = 0; i < sizeof binary_writers / sizeof *binary_writers; i++)
        if (binary_writers[i].kind == type->kind &&
            (binary_writers[i].sources & OF(column->type)) != 0)
            return binary_writers[i].write;
    return NULL;
}

/* Times may be doubles in servers that were built so. */
bool pgdrv_binary_is_possible(const struct pgdrv_conn *conn, const struct pgdrv_form *forms,
                              size_t count)
{
    const char *integers = PQparameterStatus(conn->pg, "integer_datetimes");
    if (integers == NULL || strcmp(integers, "on") != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (forms[i].binary == NULL)
            return false;
    return true;
}

const char *pgdrv_binary_encode(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                struct part_text *out)
{
    if (cell->null != 0) {
        char *at = binary_extend(out, sizeof(uint32_t));
        if (at != NULL)
            binary_put_u32(at, UINT32_MAX);
        return NULL;
    }
    const char *flaw = pgdrv_refuse(form, cell);
    return flaw == NULL ? form->binary(form, cell, out) : flaw;
}

/* ---- Around the rows ---- */

/* A signature, and no flags nor extension of the header. */
void pgdrv_binary_begin(struct part_text *out)
{
    static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    part_text_append(out, header, sizeof header);
}

void pgdrv_binary_begin_row(size_t fields, struct part_text *out)
{
    char *at = binary_extend(out, sizeof(uint16_t));
    if (at != NULL)
        binary_put_u16(at, (uint16_t)fields);
}

void pgdrv_binary_add_small(uint32_t value, struct part_text *out)
{
    binary_add_u16((uint16_t)value, out);
}

void pgdrv_binary_end(struct part_text *out)
{
    char *at = binary_extend(out, sizeof(uint16_t));
    if (at != NULL)
        binary_put_u16(at, UINT16_MAX);
}
