/* Values, as they came through libdbi, become cells; each is held to the form that its
 * type has, since nobody else has looked at it. */

#include "read/read.h"

#include <string.h>

#include "parts/printed.h"

#define FLAW_BOOL "the value is neither true nor false"
#define FLAW_LONG "the value has 4 GiB or more"
#define FLAW_HEX "the bytes did not come as hexadecimal digits"
#define FLAW_KIND "the value has another kind than its column's"
#define FLAW_TAG "the database gives a value of no kind"
#define FLAW_UTF16 "the text is not of UTF-16"
#define FLAW_ROOM "the value is longer than libdbi's driver can give"

static const char *decode_bool(const char *data, size_t size, struct ferry_cell *cell)
{
    if (size != 1 || (*data != '0' && *data != '1'))
        return FLAW_BOOL;
    cell->v.i = *data - '0';
    return NULL;
}

/* ---- Texts and bytes ---- */

static int decode_nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static const char *decode_hex(const char *data, size_t size, struct ferry_batch *batch,
                              struct ferry_cell *cell)
{
    if (size % 2 != 0)
        return FLAW_HEX;
    if (size / 2 > UINT32_MAX)
        return FLAW_LONG;
    char *bytes = ferry_batch_bytes(batch, size == 0 ? 1 : size / 2);
    if (bytes == NULL)
        return part_no_memory;
    for (size_t i = 0; i < size; i += 2) {
        int high = decode_nibble(data[i]), low = decode_nibble(data[i + 1]);
        if (high < 0 || low < 0)
            return FLAW_HEX;
        bytes[i / 2] = (char)(high * 16 + low);
    }
    cell->v.p = bytes;
    cell->len = (uint32_t)(size / 2);
    return NULL;
}

/* The 16 bits that four digits tell, low byte first; -1: they are none. */
static int32_t decode_unit(const char *digits)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int nibble = decode_nibble(digits[i]);
        if (nibble < 0)
            return -1;
        unit |= nibble << (i == 0 ? 4 : i == 1 ? 0 : i == 2 ? 12 : 8);
    }
    return unit;
}

static char *decode_put_letter(uint32_t letter, char *at)
{
    static const uint32_t starts[] = {0x80, 0x800, 0x10000};
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    int more = 0;
    while (more < 3 && letter >= starts[more])
        more++;
    *at++ = (char)(leads[more] | (letter >> (6 * more)));
    for (; more > 0; more--)
        *at++ = (char)(0x80 | ((letter >> (6 * (more - 1))) & 0x3f));
    return at;
}

/* `text` has room for three bytes for each four digits. */
static const char *decode_letters(const char *data, size_t size, char *text, size_t *ret_size)
{
    char *at = text;
    if (size % 4 != 0)
        return FLAW_HEX;
    for (size_t i = 0; i < size; i += 4) {
        int32_t unit = decode_unit(data + i), low = 0;
        if (unit < 0)
            return FLAW_HEX;
        if (unit >= 0xd800 && unit < 0xe000) { /* half of a letter */
            low = i + 4 < size ? decode_unit(data + i + 4) : 0;
            if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
                return FLAW_UTF16;
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            i += 4;
        }
        at = decode_put_letter((uint32_t)unit, at);
    }
    *ret_size = (size_t)(at - text);
    return NULL;
}

static const char *decode_utf16(const char *data, size_t size, struct ferry_batch *batch,
                                struct ferry_cell *cell)
{
    size_t bytes = 0;
    if (size / 4 > UINT32_MAX / 3)
        return FLAW_LONG;
    char *text = ferry_batch_bytes(batch, size / 4 * 3 + 1);
    if (text == NULL)
        return part_no_memory;
    const char *flaw = decode_letters(data, size, text, &bytes);
    cell->v.p = text;
    cell->len = (uint32_t)bytes;
    return flaw;
}

/* ---- By the column's type ---- */

static const char *decode_plain(const struct dbidrv_column *column, enum dbidrv_codec codec,
                                const struct dbidrv_value *value, struct ferry_batch *batch,
                                struct ferry_cell *cell)
{
    switch (codec) {
    case DBIDRV_CODEC_INT:
    case DBIDRV_CODEC_UINT:
        return part_printed_int_of(&column->column, value->data, value->size, cell);
    case DBIDRV_CODEC_BOOL:
        return decode_bool(value->data, value->size, cell);
    case DBIDRV_CODEC_FLOATING:
        return part_printed_floating(value->data, value->size, column->column.bits, cell);
    case DBIDRV_CODEC_DECIMAL:
        return part_printed_decimal(&column->column, value->data, value->size, batch, cell);
    case DBIDRV_CODEC_TEXT:
        return part_printed_copy(value->data, value->size, batch, cell);
    case DBIDRV_CODEC_HEX:
        return decode_hex(value->data, value->size, batch, cell);
    case DBIDRV_CODEC_UTF16:
        return decode_utf16(value->data, value->size, batch, cell);
    case DBIDRV_CODEC_DATE:
        return part_printed_moment(PART_DATE, column->scale, value->data, value->size, batch, cell);
    case DBIDRV_CODEC_TIME:
        return part_printed_moment(PART_TIME, column->scale, value->data, value->size, batch, cell);
    case DBIDRV_CODEC_DATETIME:
        return part_printed_moment(PART_DATETIME, column->scale, value->data, value->size, batch,
                                   cell);
    case DBIDRV_CODEC_UUID:
        break;
    }
    return part_printed_uuid(value->data, value->size, batch, cell);
}

/* ---- A value that says its own kind by a letter before it ---- */

/* The kind that a column's type promises. */
static uint16_t decode_promised(uint32_t type)
{
    return type == FERRY_TYPE_INT     ? FERRY_KIND_INT
           : type == FERRY_TYPE_FLOAT ? FERRY_KIND_FLOAT
           : type == FERRY_TYPE_TEXT  ? FERRY_KIND_TEXT
           : type == FERRY_TYPE_BYTES ? FERRY_KIND_BYTES
                                      : FERRY_KIND_TYPED;
}

/* In a column that holds cells of any kind. */
static const char *decode_loose(const struct dbidrv_column *column, char tag,
                                const struct dbidrv_value *value, struct ferry_batch *batch,
                                struct ferry_cell *cell)
{
    const char *flaw = FLAW_TAG;
    uint16_t kind = FERRY_KIND_TYPED;
    switch (tag) {
    case 'i':
        kind = FERRY_KIND_INT;
        flaw = part_printed_int(value->data, value->size, false, cell);
        break;
    case 'r':
        kind = FERRY_KIND_FLOAT;
        flaw = part_printed_floating(value->data, value->size, 64, cell);
        break;
    case 't':
    case 'x':
        kind = FERRY_KIND_TEXT;
        flaw = tag == 't' ? part_printed_copy(value->data, value->size, batch, cell)
                          : decode_hex(value->data, value->size, batch, cell);
        break;
    case 'b':
        kind = FERRY_KIND_BYTES;
        flaw = decode_hex(value->data, value->size, batch, cell);
        break;
    default:
        break;
    }
    cell->kind = kind == decode_promised(column->column.type) ? FERRY_KIND_TYPED : kind;
    return flaw;
}

/* In a column of one kind, which a target has stored its own type in. */
static const char *decode_strict(const struct dbidrv_column *column, char tag,
                                 const struct dbidrv_value *value, struct ferry_batch *batch,
                                 struct ferry_cell *cell)
{
    enum dbidrv_codec codec = column->type->codec;
    char wanted = 't';
    if (codec == DBIDRV_CODEC_INT || codec == DBIDRV_CODEC_UINT || codec == DBIDRV_CODEC_BOOL)
        wanted = 'i';
    else if (codec == DBIDRV_CODEC_FLOATING)
        wanted = 'r';
    else if (codec == DBIDRV_CODEC_HEX)
        wanted = 'b';
    /* A number that was wanted as a text, and a text with a NUL. */
    if (codec == DBIDRV_CODEC_UINT && tag == 't')
        wanted = 't';
    if (codec == DBIDRV_CODEC_TEXT && tag == 'x')
        return decode_hex(value->data, value->size, batch, cell);
    return tag == wanted ? decode_plain(column, codec, value, batch, cell) : FLAW_KIND;
}

/* Where libdbi's driver cannot tell NULL from a value: 'v' stands before a value, 'n' is
 * NULL, and 'l' a value that it has no room for. */
static const char *decode_marked(const struct dbidrv_column *column,
                                 const struct dbidrv_value *value, struct ferry_batch *batch,
                                 struct ferry_cell *cell)
{
    if (value->size == 0)
        return FLAW_TAG;
    char mark = value->data[0];
    const struct dbidrv_value rest = {.data = value->data + 1, .size = value->size - 1};
    if (mark == 'v')
        return decode_plain(column, column->type->codec, &rest, batch, cell);
    if (value->size != 1)
        return FLAW_TAG;
    cell->null = mark == 'n';
    return mark == 'n' ? NULL : mark == 'l' ? FLAW_ROOM : FLAW_TAG;
}

const char *dbidrv_decode_text(const struct dbidrv_type *type, const struct dbidrv_value *value,
                               char **ret_text)
{
    size_t size = value->size, bytes = 0;
    const char *flaw = NULL;
    bool null = type->marked ? size == 1 && *value->data == 'n' : value->null;
    *ret_text = NULL;
    if (null)
        return NULL;
    if (type->marked && (size == 0 || *value->data != 'v'))
        return size == 1 && *value->data == 'l' ? FLAW_ROOM : FLAW_TAG;
    char *text = type->marked ? malloc(size) : strndup(value->data, size);
    if (text == NULL)
        return part_no_memory;
    if (type->marked) {
        flaw = decode_letters(value->data + 1, size - 1, text, &bytes);
        text[flaw == NULL ? bytes : 0] = '\0';
    }
    if (flaw != NULL)
        free(text);
    else
        *ret_text = text;
    return flaw;
}

const char *dbidrv_decode(const struct dbidrv_column *column, const struct dbidrv_value *value,
                          struct ferry_batch *batch, struct ferry_cell *cell)
{
    bool tagged = strcmp(column->type->ask, DBIDRV_TAGGED) == 0;
    bool loose =
        column->column.type == FERRY_TYPE_ANY || (column->column.flags & FERRY_COLUMN_LOOSE) != 0;
    if (column->type->marked)
        return value->null ? FLAW_TAG : decode_marked(column, value, batch, cell);
    if (value->null) {
        cell->null = 1;
        return NULL;
    }
    if (!tagged)
        return decode_plain(column, column->type->codec, value, batch, cell);
    if (value->size == 0)
        return FLAW_TAG;
    const struct dbidrv_value rest = {.data = value->data + 1, .size = value->size - 1};
    return loose ? decode_loose(column, value->data[0], &rest, batch, cell)
                 : decode_strict(column, value->data[0], &rest, batch, cell);
}
