/* Rows made by arithmetic: the same for the same seed, with the limits of each type first. */

#include "generate.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t memory_dice_throw(struct memory_dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t memory_dice_below(struct memory_dice *dice, uint64_t limit)
{
    return memory_dice_throw(dice) % limit;
}

struct memory_block {
    struct memory_block *next;
    char bytes[];
};

char *memory_room_take(struct memory_room *room, size_t size)
{
    if (room->batch != NULL)
        return ferry_batch_bytes(room->batch, size);
    struct memory_block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->next = room->blocks;
    room->blocks = block;
    return block->bytes;
}

void memory_room_done(struct memory_room *room)
{
    while (room->blocks != NULL) {
        struct memory_block *next = room->blocks->next;
        free(room->blocks);
        room->blocks = next;
    }
}

bool memory_put_text(struct memory_place *place, const char *text)
{
    size_t length = strlen(text);
    char *bytes = memory_room_take(place->room, length);
    if (bytes == NULL)
        return false;
    memcpy(bytes, text, length);
    place->cell->v.p = bytes;
    place->cell->len = (uint32_t)length;
    return true;
}

bool memory_put_format(struct memory_place *place, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return false;
    bool done = memory_put_text(place, text);
    free(text);
    return done;
}

static bool make_int(struct memory_place *place)
{
    uint32_t bits = place->column->bits;
    uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    bool is_unsigned = (place->column->flags & FERRY_COLUMN_UNSIGNED) != 0;
    uint64_t value = memory_dice_throw(&place->dice) & mask;
    if (place->column->key_position > 0)
        value = place->row & (mask >> 1); /* counts, so that it is unique */
    else if (place->row == ROW_LEAST)
        value = is_unsigned ? 0 : mask ^ (mask >> 1);
    else if (place->row == ROW_GREATEST)
        value = is_unsigned ? mask : mask >> 1;
    else if (place->row == ROW_ZERO)
        value = 0;
    if (is_unsigned) {
        place->cell->v.u = value;
        return true;
    }
    if (value > mask >> 1)
        value |= ~mask; /* carry the sign up */
    memcpy(&place->cell->v.i, &value, sizeof value);
    return true;
}

static bool make_bool(struct memory_place *place)
{
    place->cell->v.i = (int64_t)memory_dice_below(&place->dice, 2);
    return true;
}

static bool make_year(struct memory_place *place)
{
    static const int64_t limits[] = {[ROW_LEAST] = 1901, [ROW_GREATEST] = 2155, [ROW_ZERO] = 0};
    place->cell->v.i = place->row <= ROW_ZERO
                           ? limits[place->row]
                           : 1901 + (int64_t)memory_dice_below(&place->dice, 255);
    return true;
}

static bool make_float(struct memory_place *place)
{
    bool narrow = place->column->bits == 32;
    double most = narrow ? (double)FLT_MAX : DBL_MAX;
    int64_t digits = (int64_t)(memory_dice_throw(&place->dice) >> 11);
    double value = ldexp((double)digits, (int)memory_dice_below(&place->dice, 200) - 100);
    if (place->column->flags & FERRY_COLUMN_UNSIGNED)
        most = value;
    else if (memory_dice_below(&place->dice, 2) == 1)
        value = -value;
    if (place->row == ROW_LEAST)
        value = place->column->flags & FERRY_COLUMN_UNSIGNED ? 0 : -most;
    else if (place->row == ROW_GREATEST)
        value = most;
    else if (place->row == ROW_ZERO)
        value = 0;
    place->cell->v.f = narrow ? (double)(float)value : value;
    return true;
}

static bool make_decimal(struct memory_place *place)
{
    const struct ferry_column *column = place->column;
    uint32_t whole = column->precision - column->scale, size = 0;
    char *text = malloc((size_t)column->precision + 4);
    if (text == NULL)
        return false;
    bool negative = place->row == ROW_LEAST || (place->row > ROW_ZERO && (place->row & 1) == 0);
    if (negative && (column->flags & FERRY_COLUMN_UNSIGNED) == 0)
        text[size++] = '-';
    for (uint32_t i = 0; i < column->precision; i++) {
        if (i == whole) {
            if (whole == 0)
                text[size++] = '0';
            text[size++] = '.';
        }
        char digit = (char)('0' + memory_dice_below(&place->dice, 10));
        if (place->row <= ROW_GREATEST)
            digit = '9';
        else if (place->row == ROW_ZERO)
            digit = '0';
        else if (i == 0 && whole > 1 && digit == '0')
            digit = '1'; /* servers print no leading zeros */
        if (place->row != ROW_ZERO || i + 1 >= whole)
            text[size++] = digit;
    }
    text[size] = '\0';
    bool done = memory_put_text(place, text);
    free(text);
    return done;
}

/* What tends to break: quotes, escapes, separators, accents, three and four bytes of UTF-8. */
static const char *const letters[] = {
    "a",
    "b",
    "Z",
    "0",
    " ",
    "'",
    "\"",
    "\\",
    "%",
    "\n",
    "\t",
    ";",
    "|",
    "\xC3\xA9",
    "\xC3\x9F",
    "\xE6\xBC\xA2",
    "\xE2\x82\xAC",
    "\xF0\x9F\x98\x80",
};
#define LETTERS (sizeof letters / sizeof letters[0])

static bool is_fixed(const struct memory_place *place)
{
    return (place->column->flags & FERRY_COLUMN_FIXED) != 0 && place->column->length > 0;
}

static bool make_text(struct memory_place *place, uint64_t row_bytes)
{
    uint64_t length = place->row == ROW_ZERO ? 0 : memory_dice_below(&place->dice, 24);
    uint64_t limit = place->column->length;
    if (limit > 0 && (length > limit || (place->row == ROW_GREATEST && limit < 100000)))
        length = limit;
    if (row_bytes > 0)
        length = row_bytes;
    char *text = memory_room_take(place->room, row_bytes > 0 ? row_bytes : length * 4);
    if (text == NULL)
        return false;
    place->cell->v.p = text;
    if (row_bytes > 0) { /* of one letter: quick to make, and its length is plain to see */
        memset(text, 'a' + (int)(place->row % 26), row_bytes);
        place->cell->len = (uint32_t)row_bytes;
        return true;
    }
    for (uint64_t i = 0; i < length; i++) {
        const char *letter = letters[memory_dice_below(&place->dice, LETTERS)];
        memcpy(text + place->cell->len, letter, strlen(letter));
        place->cell->len += (uint32_t)strlen(letter);
    }
    if (is_fixed(place) && place->cell->len > 0 && text[place->cell->len - 1] == ' ')
        text[place->cell->len - 1] = '_';
    return true;
}

static bool make_bytes(struct memory_place *place, uint64_t row_bytes)
{
    uint64_t length = place->row == ROW_ZERO ? 0 : memory_dice_below(&place->dice, 32);
    if (place->column->length > 0 && length > place->column->length)
        length = place->column->length;
    if (is_fixed(place))
        length = place->column->length;
    if (row_bytes > 0)
        length = row_bytes;
    char *bytes = memory_room_take(place->room, length);
    if (bytes == NULL)
        return false;
    for (uint64_t i = 0; i < length; i++)
        bytes[i] = (char)(row_bytes > 0 ? place->row : memory_dice_throw(&place->dice));
    place->cell->v.p = bytes;
    place->cell->len = (uint32_t)length;
    return true;
}

/* ".123" for three digits, nothing for none. */
static const char *fraction(struct memory_place *place, char text[8])
{
    uint32_t scale = place->column->scale > 6 ? 6 : place->column->scale;
    uint64_t digits =
        place->row == ROW_GREATEST ? 999999 : memory_dice_below(&place->dice, 1000000);
    (void)snprintf(text, 8, ".%06" PRIu64, place->row == ROW_ZERO ? 0 : digits % 1000000);
    text[scale == 0 ? 0 : scale + 1] = '\0';
    return text;
}

static bool make_date(struct memory_place *place, bool with_time)
{
    struct memory_dice *dice = &place->dice;
    unsigned year = 1000 + (unsigned)memory_dice_below(dice, 9000);
    unsigned month = 1 + (unsigned)memory_dice_below(dice, 12),
             day = 1 + (unsigned)memory_dice_below(dice, 28);
    if (place->row == ROW_LEAST)
        year = 1000, month = day = 1;
    else if (place->row == ROW_GREATEST)
        year = 9999, month = 12, day = 31;
    else if (place->column->flags & FERRY_COLUMN_UTC)
        year = 1971 + year % 66;
    if (!with_time)
        return memory_put_format(place, "%04u-%02u-%02u", year, month, day);
    unsigned seconds =
        place->row == ROW_GREATEST ? 86399 : (unsigned)memory_dice_below(dice, 86400);
    char text[8];
    return memory_put_format(place, "%04u-%02u-%02u %02u:%02u:%02u%s", year, month, day,
                             seconds / 3600, seconds / 60 % 60, seconds % 60,
                             fraction(place, text));
}

static bool make_time(struct memory_place *place)
{
    unsigned seconds = (unsigned)memory_dice_below(&place->dice, 3020399);
    if (place->row <= ROW_ZERO)
        seconds = place->row == ROW_ZERO ? 0 : 3020398;
    bool negative = place->row == ROW_LEAST || (place->row > ROW_ZERO && (place->row & 1) == 0);
    char text[8];
    return memory_put_format(place, "%s%02u:%02u:%02u%s", negative ? "-" : "", seconds / 3600,
                             seconds / 60 % 60, seconds % 60, fraction(place, text));
}

static bool make_of_kind(struct memory_place *place, uint16_t kind)
{
    place->cell->kind = kind;
    if (kind == FERRY_KIND_INT)
        place->cell->v.i = (int64_t)(memory_dice_throw(&place->dice) >> 1);
    else if (kind == FERRY_KIND_FLOAT)
        place->cell->v.f = (double)(memory_dice_throw(&place->dice) >> 11) / 1024;
    else
        return memory_put_text(place, kind == FERRY_KIND_TEXT ? "text" : "bytes");
    return true;
}

static bool make_any(struct memory_place *place)
{
    return make_of_kind(place, (uint16_t)(FERRY_KIND_INT + memory_dice_below(&place->dice, 4)));
}

/* Of any kind but the column's own. */
static bool make_loose(struct memory_place *place)
{
    const struct ferry_column *column = place->column;
    uint16_t own = memory_columns_kind(column);
    if (own == FERRY_KIND_BYTES && column->type != FERRY_TYPE_BYTES &&
        column->type != FERRY_TYPE_GEOMETRY && column->type != FERRY_TYPE_VECTOR)
        own = FERRY_KIND_TEXT;
    uint16_t step = (uint16_t)(1 + memory_dice_below(&place->dice, 3));
    return make_of_kind(place, (uint16_t)(FERRY_KIND_INT + (own - FERRY_KIND_INT + step) % 4));
}

/* A cell of another kind than the column's: now and then, once the limits are through. */
static bool is_loose_here(struct memory_place *place)
{
    if ((place->column->flags & FERRY_COLUMN_LOOSE) == 0 || place->row <= ROW_ZERO)
        return false;
    return memory_dice_below(&place->dice, 4) == 0;
}

static bool make_cell(struct memory_place *place, uint64_t row_bytes)
{
    if (is_loose_here(place))
        return make_loose(place);
    switch (place->column->type) {
    case FERRY_TYPE_BOOL:
        return make_bool(place);
    case FERRY_TYPE_INT:
        return make_int(place);
    case FERRY_TYPE_FLOAT:
        return make_float(place);
    case FERRY_TYPE_DECIMAL:
        return make_decimal(place);
    case FERRY_TYPE_TEXT:
        return make_text(place, row_bytes);
    case FERRY_TYPE_BYTES:
        return make_bytes(place, row_bytes);
    case FERRY_TYPE_DATE:
        return make_date(place, false);
    case FERRY_TYPE_DATETIME:
        return make_date(place, true);
    case FERRY_TYPE_TIME:
        return make_time(place);
    case FERRY_TYPE_YEAR:
        return make_year(place);
    case FERRY_TYPE_BIT:
        return memory_make_bit(place);
    case FERRY_TYPE_JSON:
        return memory_make_json(place);
    case FERRY_TYPE_ENUM:
        return memory_make_members(place, false);
    case FERRY_TYPE_SET:
        return memory_make_members(place, true);
    case FERRY_TYPE_UUID:
        return memory_make_uuid(place);
    case FERRY_TYPE_INET4:
        return memory_make_address(place, false);
    case FERRY_TYPE_INET6:
        return memory_make_address(place, true);
    case FERRY_TYPE_GEOMETRY:
        return memory_make_geometry(place);
    case FERRY_TYPE_VECTOR:
        return memory_make_vector(place);
    default:
        return make_any(place);
    }
}

ferry_status memory_generate_row(const struct memory_conn *conn, uint64_t row,
                                 struct memory_room *room, struct ferry_cell *cells,
                                 struct ferry_error *err)
{
    uint64_t row_bytes = conn->row_bytes;
    for (size_t i = 0; i < conn->columns.count; i++) {
        const struct ferry_column *column = &conn->columns.list[i];
        struct memory_place place = {.column = column, .room = room, .cell = &cells[i], .row = row};
        place.dice.state = conn->seed * 0x9E3779B9u ^ (row * 1048583u + i) * 0xC2B2AE3Du;
        bool nothing = (column->flags & FERRY_COLUMN_ONLY_NULL) != 0;
        bool nullable = (column->flags & FERRY_COLUMN_NOT_NULL) == 0 && column->key_position == 0;
        if (nothing || (row > ROW_ZERO && nullable &&
                        memory_dice_below(&place.dice, 100) < conn->null_percent)) {
            cells[i].null = 1;
            continue;
        }
        bool large = column->length == 0 &&
                     (column->type == FERRY_TYPE_TEXT || column->type == FERRY_TYPE_BYTES);
        if (!make_cell(&place, large ? row_bytes : 0))
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        if (large)
            row_bytes = 0; /* the first such column carries them */
    }
    return FERRY_OK;
}

ferry_status memory_generate_table(const struct memory_conn *conn, struct memory_table **ret_table,
                                   struct ferry_error *err)
{
    struct memory_table *table = memory_table_new("", "generated");
    struct ferry_cell *cells = calloc(conn->columns.count, sizeof *cells);
    bool has_room =
        table != NULL && cells != NULL && memory_columns_clone(&conn->columns, &table->columns);
    ferry_status status = FERRY_OK;
    for (uint64_t row = 0; status == FERRY_OK && has_room && row < conn->rows; row++) {
        struct memory_room room = {0};
        memset(cells, 0, conn->columns.count * sizeof *cells);
        status = memory_generate_row(conn, row, &room, cells, err);
        has_room = status != FERRY_OK || memory_table_add(table, cells);
        memory_room_done(&room);
    }
    free(cells);
    if (!has_room)
        status = ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    if (status == FERRY_OK)
        *ret_table = table;
    else
        memory_table_unref(table);
    return status;
}
