/* A stored value as a cell of the source's column, as it was before it was stored.
 *
 * What stands in the file may have been changed by anybody: a value that is no such cell is
 * refused, never bent.
 */

#include "values.h"

#include <stdlib.h>
#include <string.h>

#define STORED_INT64_END 9223372036854775808.0 /* the first double that no int64_t can hold */
#define STORED_GEOMETRY_MIN 9                  /* SRID, byte order, type */
#define STORED_UINT64_END 18446744073709551616.0

static const char *const stored_names[] = {
    [SQLITE_INTEGER] = "INTEGER", [SQLITE_FLOAT] = "REAL", [SQLITE_TEXT] = "TEXT",
    [SQLITE_BLOB] = "BLOB",       [SQLITE_NULL] = "NULL",
};

/* The storage class that each conversion leaves behind; ANY leaves all. */
static const int stored_classes[] = {
    [SQLDRV_CONVERT_INT] = SQLITE_INTEGER,           [SQLDRV_CONVERT_INT_TEXT] = SQLITE_TEXT,
    [SQLDRV_CONVERT_INT_REAL] = SQLITE_FLOAT,        [SQLDRV_CONVERT_UNSIGNED] = SQLITE_INTEGER,
    [SQLDRV_CONVERT_UNSIGNED_TEXT] = SQLITE_TEXT,    [SQLDRV_CONVERT_UNSIGNED_REAL] = SQLITE_FLOAT,
    [SQLDRV_CONVERT_FLOAT] = SQLITE_FLOAT,           [SQLDRV_CONVERT_DECIMAL] = SQLITE_FLOAT,
    [SQLDRV_CONVERT_DECIMAL_CHECKED] = SQLITE_FLOAT, [SQLDRV_CONVERT_TEXT] = SQLITE_TEXT,
    [SQLDRV_CONVERT_TEXT_BLOB] = SQLITE_BLOB,        [SQLDRV_CONVERT_BYTES] = SQLITE_BLOB,
    [SQLDRV_CONVERT_BYTES_TEXT] = SQLITE_TEXT,       [SQLDRV_CONVERT_ANY] = 0,
    [SQLDRV_CONVERT_DECIMAL_NUMBER] = SQLITE_FLOAT,  [SQLDRV_CONVERT_TEXT_NO_NUMBER] = SQLITE_TEXT,
};

int sqldrv_stored_class(enum sqldrv_convert convert)
{
    return stored_classes[convert];
}

bool sqldrv_stored_prepare(const struct ferry_column *column, const struct ferry_wish *wish,
                           struct sqldrv_stored *ret_stored)
{
    const struct sqldrv_type_rule *rule = sqldrv_type_rule(column, wish);
    struct sqldrv_hold hold = {0};
    if (wish != NULL && wish->type != NULL) {
        if (!sqldrv_hold_choose(column, wish->type, &hold)) {
            return false;
        }
    } else if (rule != NULL) {
        hold.convert = rule->convert;
        hold.loose = sqldrv_type_is_loose(column, rule);
    } else {
        return false;
    }
    *ret_stored =
        (struct sqldrv_stored){.column = column, .convert = hold.convert, .loose = hold.loose};
    return true;
}

/* ---- Numbers ---- */

static const char *stored_give_int(const struct ferry_column *column, int64_t value,
                                   struct ferry_cell *cell)
{
    bool fits = true;
    int64_t end;
    switch (column->type) {
    case FERRY_TYPE_BOOL:
        fits = value == 0 || value == 1;
        break;
    case FERRY_TYPE_YEAR:
        fits = value == 0 || (value >= 1901 && value <= 2155);
        break;
    default:
        end = column->bits < 64 ? INT64_C(1) << (column->bits - 1) : 0;
        fits = end == 0 || (value >= -end && value < end);
        break;
    }
    cell->v.i = value;
    return fits ? NULL : "the number is out of the range of the column's type";
}

static const char *stored_give_unsigned(const struct ferry_column *column, uint64_t value,
                                        struct ferry_cell *cell)
{
    cell->v.u = value;
    return column->bits == 64 || value >> column->bits == 0
               ? NULL
               : "the number is out of the range of the column's type";
}

/* Digits without a sign, as they are printed: no zeros before them. */
static bool stored_read_digits(const char *text, size_t length, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (length == 0 || (length > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

static const char *stored_read_number(const struct sqldrv_stored *stored, const char *text,
                                      size_t length, struct ferry_cell *cell)
{
    uint64_t size = 0;
    bool negative = length > 0 && text[0] == '-';
    size_t sign = negative ? 1 : 0;
    bool fine = stored_read_digits(text + sign, length - sign, &size);
    if (stored->convert == SQLDRV_CONVERT_UNSIGNED_TEXT) {
        return !fine || negative ? "the text is no number without a sign"
                                 : stored_give_unsigned(stored->column, size, cell);
    }
    if (!fine || size > (uint64_t)INT64_MAX + sign || (negative && size == 0)) {
        return "the text is no whole number";
    }
    return stored_give_int(stored->column, negative ? (int64_t)(~size + 1) : (int64_t)size, cell);
}

static const char *stored_give_real(const struct sqldrv_stored *stored, double value, char *room,
                                    struct ferry_cell *cell)
{
    const struct ferry_column *column = stored->column;
    size_t length;
    switch (stored->convert) {
    case SQLDRV_CONVERT_INT_REAL:
        return !(value >= -STORED_INT64_END && value < STORED_INT64_END) ||
                       (double)(int64_t)value != value
                   ? "the number is not a whole one"
                   : stored_give_int(column, (int64_t)value, cell);
    case SQLDRV_CONVERT_UNSIGNED_REAL:
        return !(value >= 0.0 && value < STORED_UINT64_END) || (double)(uint64_t)value != value
                   ? "the number is not a whole one without a sign"
                   : stored_give_unsigned(column, (uint64_t)value, cell);
    case SQLDRV_CONVERT_DECIMAL:
    case SQLDRV_CONVERT_DECIMAL_CHECKED:
    case SQLDRV_CONVERT_DECIMAL_NUMBER:
        length = sqldrv_decimal_print(value, column->scale, room);
        cell->v.p = room;
        cell->len = (uint32_t)length;
        return length == 0 ? "the number has other digits than the column's decimal type" : NULL;
    default:
        cell->v.f = value;
        return column->bits == 32 && (double)(float)value != value
                   ? "the number is not one of single precision"
                   : NULL;
    }
}

/* ---- Texts and bytes ---- */

static bool stored_is_uuid(const char *text, size_t length)
{
    static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    if (length != sizeof form - 1) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        bool fine = form[i] == 'h'
                        ? (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')
                        : text[i] == form[i];
        if (!fine) {
            return false;
        }
    }
    return true;
}

/* 1 if eight bytes are as the form: '0' stands for a digit.  The form is a literal, so that all but
 * a few steps is done by the compiler; dates and times are in most rows of most tables. */
static inline bool stored_is_like(const char *text, const char *form)
{
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    const uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0);
    uint64_t word = 0;
    uint64_t wanted = 0;
    memcpy(&word, text, sizeof word);
    memcpy(&wanted, form, sizeof wanted);
    uint64_t marks =
        ((wanted ^ zeros) + UINT64_C(0x7f7f7f7f7f7f7f7f)) & UINT64_C(0x8080808080808080);
    uint64_t rest = word ^ wanted; /* of digits 0 to 9, of marks nothing */
    return ((rest | (rest + UINT64_C(0x0606060606060606))) & high) == 0 &&
           (rest & (marks >> 7) * 0xff) == 0;
}

static bool stored_is_date(const char *text, size_t length)
{
    return length == 10 && stored_is_like(text, "0000-00-") && stored_is_like(text + 2, "00-00-00");
}

static bool stored_is_time(const char *text, size_t length)
{
    return (length == 8 && stored_is_like(text, "00:00:00")) ||
           (length == 9 && stored_is_like(text, "000:00:0") &&
            stored_is_like(text + 1, "00:00:00"));
}

static bool stored_is_moment(const char *text, size_t length)
{
    return length == 19 && stored_is_like(text, "0000-00-") &&
           stored_is_like(text + 8, "00 00:00") && stored_is_like(text + 11, "00:00:00");
}

/* 1 if the text ends in a point and `scale` digits, or in neither where that is 0. */
static bool stored_has_fraction(const char *text, size_t length, uint32_t scale)
{
    for (size_t i = 1; i <= scale; i++) {
        if (length < i || text[length - i] < '0' || text[length - i] > '9') {
            return false;
        }
    }
    return scale == 0 || (length > scale && text[length - scale - 1] == '.');
}

static const char *stored_text_flaw(const struct ferry_column *column, const char *text,
                                    size_t length)
{
    size_t fraction = column->scale > 0 ? (size_t)column->scale + 1 : 0;
    size_t whole = length < fraction ? 0 : length - fraction;
    size_t sign = length > 0 && text[0] == '-' ? 1 : 0;
    switch (column->type) {
    case FERRY_TYPE_DECIMAL:
        return sqldrv_decimal_is_text(text, length, column->scale)
                   ? NULL
                   : "the text is no number of the column's decimal type";
    case FERRY_TYPE_DATE:
        return stored_is_date(text, length) ? NULL : "the text is no YYYY-MM-DD";
    case FERRY_TYPE_TIME:
        return stored_has_fraction(text, length, column->scale) &&
                       stored_is_time(text + sign, whole - sign)
                   ? NULL
                   : "the text is no HH:MM:SS with the column's digits after the point";
    case FERRY_TYPE_DATETIME:
        return stored_has_fraction(text, length, column->scale) && stored_is_moment(text, whole)
                   ? NULL
                   : "the text is no YYYY-MM-DD HH:MM:SS with the column's digits after the point";
    case FERRY_TYPE_UUID:
        return stored_is_uuid(text, length) ? NULL : "the text is no UUID in lower case";
    default:
        return NULL;
    }
}

static const char *stored_bytes_flaw(const struct ferry_column *column, size_t length)
{
    return column->type == FERRY_TYPE_GEOMETRY && length < STORED_GEOMETRY_MIN
               ? "the bytes are no geometry"
           : column->type == FERRY_TYPE_VECTOR &&
                   (length % 4 != 0 || (column->length > 0 && length / 4 > column->length))
               ? "the bytes are no vector of the column's dimensions"
               : NULL;
}

/* Point the cell at a TEXT or BLOB value. */
static int stored_point(sqlite3_value *value, int storage, struct ferry_cell *cell)
{
    const void *data = storage == SQLITE_TEXT ? (const void *)sqlite3_value_text(value)
                                              : sqlite3_value_blob(value);
    int size = sqlite3_value_bytes(value);
    if (data == NULL && (storage == SQLITE_TEXT || size > 0)) {
        return SQLITE_NOMEM; /* of a BLOB of no bytes, NULL is the address */
    }
    cell->v.p = data == NULL ? "" : data;
    cell->len = (uint32_t)size;
    return SQLITE_OK;
}

/* ---- Cells ---- */

static const char *stored_take(const struct sqldrv_stored *stored, sqlite3_value *value,
                               int storage, char *room, struct ferry_cell *cell)
{
    const struct ferry_column *column = stored->column;
    switch (storage) {
    case SQLITE_INTEGER:
        return stored->convert == SQLDRV_CONVERT_UNSIGNED
                   ? (sqlite3_value_int64(value) < 0
                          ? "the number is negative"
                          : stored_give_unsigned(column, (uint64_t)sqlite3_value_int64(value),
                                                 cell))
                   : stored_give_int(column, sqlite3_value_int64(value), cell);
    case SQLITE_FLOAT:
        return stored_give_real(stored, sqlite3_value_double(value), room, cell);
    case SQLITE_TEXT:
        return stored->convert == SQLDRV_CONVERT_INT_TEXT ||
                       stored->convert == SQLDRV_CONVERT_UNSIGNED_TEXT
                   ? stored_read_number(stored, cell->v.p, cell->len, cell)
                   : stored_text_flaw(column, cell->v.p, cell->len);
    default:
        return stored_bytes_flaw(column, cell->len);
    }
}

/* An integer where REAL is promised: a value of the column if the other kind holds it exactly. */
static bool stored_widens(const struct sqldrv_stored *stored, sqlite3_value *value, char *room,
                          struct ferry_cell *cell)
{
    int64_t integer = sqlite3_value_int64(value);
    if (stored->convert == SQLDRV_CONVERT_DECIMAL_NUMBER) {
        cell->v.p = room;
        cell->len = (uint32_t)sqldrv_decimal_print_whole(integer, stored->column->scale, room);
        return cell->len > 0;
    }
    double same = stored->column->bits == 64 ? (double)integer : (double)(float)integer;
    if (stored->convert != SQLDRV_CONVERT_FLOAT || same >= STORED_INT64_END ||
        (int64_t)same != integer) {
        return false;
    }
    cell->v.f = same;
    return true;
}

/* The value with its kind; text and bytes are in the cell already. */
static void stored_give_kind(sqlite3_value *value, int storage, struct ferry_cell *cell)
{
    static const uint16_t kinds[] = {
        [SQLITE_INTEGER] = FERRY_KIND_INT,
        [SQLITE_FLOAT] = FERRY_KIND_FLOAT,
        [SQLITE_TEXT] = FERRY_KIND_TEXT,
        [SQLITE_BLOB] = FERRY_KIND_BYTES,
    };
    cell->kind = kinds[storage];
    if (storage == SQLITE_INTEGER) {
        cell->v.i = sqlite3_value_int64(value);
    } else if (storage == SQLITE_FLOAT) {
        cell->v.f = sqlite3_value_double(value);
    }
}

static int stored_null(const struct sqldrv_stored *stored, struct ferry_cell *cell,
                       const char **ret_why)
{
    cell->null = 1;
    if ((stored->column->flags & FERRY_COLUMN_NOT_NULL) == 0) {
        return SQLITE_OK;
    }
    *ret_why = "NULL in a column that has none";
    return SQLITE_MISMATCH;
}

static int stored_any(const struct sqldrv_stored *stored, sqlite3_value *value, int storage,
                      struct ferry_cell *cell, const char **ret_why)
{
    if ((stored->column->flags & FERRY_COLUMN_ONLY_NULL) != 0) {
        *ret_why = "a value where the source's column is NULL by its nature";
        return SQLITE_MISMATCH;
    }
    stored_give_kind(value, storage, cell);
    return SQLITE_OK;
}

/* NULL, or why it is no value of the column's type. */
static const char *stored_typed(const struct sqldrv_stored *stored, sqlite3_value *value,
                                int storage, char *room, struct ferry_cell *cell)
{
    int promised = stored_classes[stored->convert];
    if (storage == promised) {
        return stored_take(stored, value, storage, room, cell);
    }
    if (storage == SQLITE_INTEGER && stored_widens(stored, value, room, cell)) {
        return NULL;
    }
    (void)snprintf(room, SQLDRV_STORED_ROOM, "it is stored as %s, not as %s", stored_names[storage],
                   stored_names[promised]);
    return room;
}

int sqldrv_stored_cell(const struct sqldrv_stored *stored, sqlite3_value *value, char *room,
                       struct ferry_cell *cell, const char **ret_why)
{
    int storage = sqlite3_value_type(value);
    bool pointer = storage == SQLITE_TEXT || storage == SQLITE_BLOB;
    if (storage == SQLITE_NULL) {
        return stored_null(stored, cell, ret_why);
    }
    if (pointer && stored_point(value, storage, cell) != SQLITE_OK) {
        return SQLITE_NOMEM;
    }
    if (pointer && stored->raw) {
        cell->kind = stored->column->type == FERRY_TYPE_ANY ? FERRY_KIND_BYTES : FERRY_KIND_TYPED;
        return SQLITE_OK;
    }
    if (stored->convert == SQLDRV_CONVERT_ANY) {
        return stored_any(stored, value, storage, cell, ret_why);
    }
    const char *why = stored_typed(stored, value, storage, room, cell);
    if (why == NULL) {
        return SQLITE_OK;
    }
    if (stored->loose) {
        stored_give_kind(value, storage, cell);
        return SQLITE_OK;
    }
    *ret_why = why;
    return SQLITE_MISMATCH;
}
