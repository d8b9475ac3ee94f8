/* How values come from the ODBC driver: many rows at once into buffers of their own where each
 * value has a greatest size, else row by row and each value in as many pieces as it takes. */

#include "read/read.h"

#include <string.h>

#define FETCH_ROW_MOST ((size_t)32 << 10)     /* bytes of a row that may come in a block */
#define FETCH_BLOCK_BYTES ((size_t)256 << 10) /* bytes of a block */
#define FETCH_BLOCK_ROWS 1000
#define FETCH_FIRST_PIECE 1022

#define FETCH_DIGITS 64 /* of a number, a moment or a UUID as text; more is refused */

struct odrv_slot {
    SQLSMALLINT c_type;
    size_t width; /* bytes for one value, with its end; 0: not limited */
    char *data;   /* of a block */
    SQLLEN *lengths;
    struct part_text piece;
    /* Of the value that comes in pieces, in bytes: all of it, and what was left at the last look;
     * SQL_NO_TOTAL: not known. */
    SQLLEN total, left;
};

static size_t fetch_end_bytes(SQLSMALLINT c_type)
{
    return c_type == SQL_C_WCHAR ? sizeof(SQLWCHAR) : c_type == SQL_C_CHAR ? 1 : 0;
}

static void fetch_choose(const struct odrv_conn *conn, const struct odrv_column *column,
                         struct odrv_slot *slot)
{
    bool sized = column->column.type == FERRY_TYPE_TEXT || column->column.type == FERRY_TYPE_BYTES;
    size_t letters =
        !sized || column->column.length > FETCH_ROW_MOST ? 0 : (size_t)column->column.length;
    slot->c_type = SQL_C_CHAR;
    switch (column->type->codec) {
    case ODRV_CODEC_DOUBLE:
        slot->c_type = SQL_C_DOUBLE;
        slot->width = sizeof(double);
        break;
    case ODRV_CODEC_TEXT: /* a letter has up to two units of UTF-16, four bytes of UTF-8 */
        slot->c_type = conn->dialect->text_type;
        slot->width = letters == 0 ? 0 : letters * 4 + 2;
        break;
    case ODRV_CODEC_BYTES:
        slot->c_type = SQL_C_BINARY;
        slot->width = letters;
        break;
    case ODRV_CODEC_TAGGED:
        slot->width = 0;
        break;
    case ODRV_CODEC_DECIMAL:
        slot->width = column->column.precision + FETCH_DIGITS;
        break;
    default:
        slot->width = FETCH_DIGITS;
        break;
    }
}

/* ---- Blocks ---- */

/* How many rows come at once; 0 where a value of theirs has no greatest size. */
static SQLULEN fetch_block_rows(const struct odrv_fetch *fetch)
{
    size_t row = 0;
    for (size_t i = 0; i < fetch->count; i++) {
        if (fetch->slots[i].width == 0)
            return 0;
        row += fetch->slots[i].width + sizeof(SQLLEN);
    }
    if (row == 0 || row > FETCH_ROW_MOST)
        return 0;
    size_t rows = FETCH_BLOCK_BYTES / row;
    return rows > FETCH_BLOCK_ROWS ? FETCH_BLOCK_ROWS : rows;
}

static bool fetch_set(SQLHSTMT stmt, SQLINTEGER attribute, SQLPOINTER value)
{
    return odrv_succeeded(SQLSetStmtAttr(stmt, attribute, value, 0));
}

static ferry_status fetch_bind_slots(struct odrv_fetch *fetch, struct ferry_error *err)
{
    for (size_t i = 0; i < fetch->count; i++) {
        struct odrv_slot *slot = &fetch->slots[i];
        slot->data = calloc(fetch->block, slot->width + 1);
        slot->lengths = calloc(fetch->block, sizeof *slot->lengths);
        if (slot->data == NULL || slot->lengths == NULL)
            return odrv_fail_memory(err);
        if (!odrv_succeeded(SQLBindCol(fetch->stmt, (SQLUSMALLINT)(i + 1), slot->c_type, slot->data,
                                       (SQLLEN)slot->width, slot->lengths)))
            return odrv_fail(fetch->conn, SQL_HANDLE_STMT, fetch->stmt, ODRV_READING,
                             "make room for rows", err);
    }
    return FERRY_OK;
}

/* A driver that takes no block gives row by row. */
static void fetch_try_block(struct odrv_fetch *fetch, SQLULEN rows)
{
    if (rows < 2)
        return;
    fetch->row_states = calloc(rows, sizeof *fetch->row_states);
    if (fetch->row_states == NULL)
        return;
    bool set = fetch_set(fetch->stmt, SQL_ATTR_ROW_BIND_TYPE, (SQLPOINTER)SQL_BIND_BY_COLUMN) &&
               fetch_set(fetch->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetch->fetched) &&
               fetch_set(fetch->stmt, SQL_ATTR_ROW_STATUS_PTR, fetch->row_states) &&
               fetch_set(fetch->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)(uintptr_t)rows);
    SQLULEN taken = 0;
    if (set)
        set = odrv_succeeded(
            SQLGetStmtAttr(fetch->stmt, SQL_ATTR_ROW_ARRAY_SIZE, &taken, SQL_IS_UINTEGER, NULL));
    if (set && taken == rows) {
        fetch->block = rows;
        return;
    }
    (void)fetch_set(fetch->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)(uintptr_t)1);
    (void)fetch_set(fetch->stmt, SQL_ATTR_ROWS_FETCHED_PTR, NULL);
    (void)fetch_set(fetch->stmt, SQL_ATTR_ROW_STATUS_PTR, NULL);
}

ferry_status odrv_fetch_bind(struct odrv_fetch *fetch, const struct odrv_column *const *columns,
                             size_t count, struct ferry_error *err)
{
    fetch->slots = calloc(count + 1, sizeof *fetch->slots);
    if (fetch->slots == NULL)
        return odrv_fail_memory(err);
    fetch->count = count;
    for (size_t i = 0; i < count; i++)
        fetch_choose(fetch->conn, columns[i], &fetch->slots[i]);
    fetch_try_block(fetch, fetch_block_rows(fetch));
    return fetch->block > 0 ? fetch_bind_slots(fetch, err) : FERRY_OK;
}

ferry_status odrv_fetch_begin(struct odrv_fetch *fetch, struct odrv_conn *conn, SQLHSTMT stmt,
                              const char *what, struct ferry_error *err)
{
    *fetch = (struct odrv_fetch){.conn = conn, .stmt = stmt, .what = what};
    return odrv_conn_check(conn, err);
}

void odrv_fetch_end(struct odrv_fetch *fetch)
{
    for (size_t i = 0; i < fetch->count; i++) {
        free(fetch->slots[i].data);
        free(fetch->slots[i].lengths);
        part_text_clear(&fetch->slots[i].piece);
    }
    free(fetch->slots);
    free(fetch->row_states);
    *fetch = (struct odrv_fetch){0};
}

/* ---- Rows ---- */

/* What says that something of the rows is missing or changed, and not only that there is something
 * to know. */
static bool fetch_is_loss(const char *state)
{
    static const char *const losses[] = {"01S01", "01S07", "22"};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (strncmp(state, losses[i], strlen(losses[i])) == 0)
            return true;
    return false;
}

#define FETCH_STATES_MOST 100 /* of one call; more say the same of other rows of its block */

/* Texts may have values in them, so states alone are kept. */
bool odrv_fetch_note(struct odrv_fetch *fetch)
{
    bool cut = false;
    for (SQLSMALLINT i = 1; i <= FETCH_STATES_MOST; i++) {
        SQLCHAR state[SQL_SQLSTATE_SIZE + 1] = "", text[2] = "";
        SQLINTEGER native = 0;
        SQLSMALLINT length = 0;
        if (!odrv_succeeded(SQLGetDiagRec(SQL_HANDLE_STMT, fetch->stmt, i, state, &native, text,
                                          (SQLSMALLINT)sizeof text, &length)))
            break;
        bool loss = fetch_is_loss((const char *)state);
        if (strcmp((const char *)state, "01004") == 0) {
            cut = true; /* by what was asked for: whoever has asked knows what that means */
            continue;
        }
        fetch->warnings++;
        if (fetch->first_warning[0] == '\0' || (loss && !fetch->lossy))
            memcpy(fetch->first_warning, state, sizeof state);
        fetch->lossy = fetch->lossy || loss;
    }
    return cut;
}

static ferry_status fetch_fail(const struct odrv_fetch *fetch, struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read on after %llu rows of %s", (unsigned long long)fetch->rows,
                 fetch->what) < 0) {
        doing = NULL;
        return odrv_fail_memory(err);
    }
    return odrv_fail(fetch->conn, SQL_HANDLE_STMT, fetch->stmt, ODRV_READING, doing, err);
}

static ferry_status fetch_fail_driver(const struct odrv_fetch *fetch, const char *what,
                                      struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_STREAM,
                      "%s: the ODBC driver %s after %llu rows of %s; another release of it may do "
                      "better",
                      fetch->conn->label, what, (unsigned long long)fetch->rows, fetch->what);
}

/* The next row of the block, of which some may be in error. */
static ferry_status fetch_take_row(struct odrv_fetch *fetch, bool *ret_row, struct ferry_error *err)
{
    SQLUSMALLINT state = fetch->row_states[fetch->at];
    if (state != SQL_ROW_SUCCESS && state != SQL_ROW_SUCCESS_WITH_INFO)
        return fetch_fail(fetch, err);
    fetch->rows++;
    *ret_row = true;
    return FERRY_OK;
}

/* The next row or block, of the next page where this one is at its end. */
static SQLRETURN fetch_next(struct odrv_fetch *fetch)
{
    odrv_watch_enter(&fetch->conn->watch);
    SQLRETURN result = SQLFetch(fetch->stmt);
    if (result == SQL_NO_DATA && fetch->pages > 0 && fetch->rows > fetch->page_began) {
        result = odrv_pages_turn(fetch);
        if (odrv_succeeded(result))
            result = SQLFetch(fetch->stmt);
    }
    odrv_watch_leave(&fetch->conn->watch);
    return result;
}

ferry_status odrv_fetch_row(struct odrv_fetch *fetch, bool *ret_row, struct ferry_error *err)
{
    if (fetch->block > 0 && fetch->at + 1 < fetch->fetched) {
        fetch->at++;
        return fetch_take_row(fetch, ret_row, err);
    }
    fetch->fetched = fetch->at = 0;
    SQLRETURN result = fetch_next(fetch);
    if (result == SQL_NO_DATA) {
        *ret_row = false;
        return odrv_conn_check(fetch->conn, err);
    }
    if (!odrv_succeeded(result))
        return fetch_fail(fetch, err);
    if (result == SQL_SUCCESS_WITH_INFO && odrv_fetch_note(fetch))
        return fetch_fail_driver(fetch, "cuts a value", err);
    if (fetch->block > 0) {
        if (fetch->fetched == 0 || fetch->fetched > fetch->block)
            return fetch_fail_driver(fetch, "gives a block of no rows", err);
        return fetch_take_row(fetch, ret_row, err);
    }
    fetch->rows++;
    *ret_row = true;
    return FERRY_OK;
}

/* ---- Values ---- */

static ferry_status fetch_bound(struct odrv_fetch *fetch, const struct odrv_slot *slot,
                                struct odrv_value *ret_value, struct ferry_error *err)
{
    SQLLEN length = slot->lengths[fetch->at];
    if (length == SQL_NULL_DATA) {
        *ret_value = (struct odrv_value){.null = true};
        return FERRY_OK;
    }
    size_t most = slot->width - fetch_end_bytes(slot->c_type);
    if (slot->c_type == SQL_C_DOUBLE)
        length = (SQLLEN)sizeof(double);
    if (length < 0 || (size_t)length > most)
        return fetch_fail_driver(fetch, "gives a value that is longer than it has described", err);
    *ret_value =
        (struct odrv_value){.data = slot->data + fetch->at * slot->width, .size = (size_t)length};
    return FERRY_OK;
}

/* A driver that cannot say how much is left puts a NUL behind what it gives: that stands before the
 * marks that nobody has overwritten. */
#define FETCH_MARK 0xff

static size_t fetch_given(const char *data, size_t room, size_t end)
{
    static const char nothing[sizeof(SQLWCHAR)];
    size_t size = room;
    while (size > 0 && (unsigned char)data[size - 1] == FETCH_MARK)
        size--;
    size = (size + end - 1) / end * end;
    return size >= end && memcmp(data + size - end, nothing, end) == 0 ? size - end : room;
}

/* Of the piece before this one, less may have come than there was room for: a driver does not break
 * a letter in two.  False where more had come than there is. */
static bool fetch_close_gap(struct odrv_slot *slot, SQLLEN left, size_t room)
{
    struct part_text *piece = &slot->piece;
    if (slot->total == SQL_NO_TOTAL || left == SQL_NO_TOTAL)
        return true;
    if (left >= slot->left || (size_t)(slot->total - left) > piece->length)
        return false;
    size_t before = (size_t)(slot->total - left);
    memmove(piece->data + before, piece->data + piece->length, room);
    piece->length = before;
    return true;
}

/* Asks for what is left of a value; true where that was all. */
static ferry_status fetch_piece(struct odrv_fetch *fetch, size_t i, struct odrv_slot *slot,
                                bool *ret_null, bool *ret_done, struct ferry_error *err)
{
    struct part_text *piece = &slot->piece;
    size_t end = fetch_end_bytes(slot->c_type);
    bool first = piece->length == 0, cut = false;
    /* An even number, so that no unit of UTF-16 is cut. */
    size_t room = (piece->room - 1 - piece->length) & ~(size_t)1;
    SQLLEN left = 0;
    if (end > 0)
        memset(piece->data + piece->length, FETCH_MARK, room);
    odrv_watch_enter(&fetch->conn->watch);
    SQLRETURN result = SQLGetData(fetch->stmt, (SQLUSMALLINT)(i + 1), slot->c_type,
                                  piece->data + piece->length, (SQLLEN)room, &left);
    odrv_watch_leave(&fetch->conn->watch);
    if (result == SQL_NO_DATA)
        return fetch_fail_driver(fetch, "breaks off a value", err);
    if (!odrv_succeeded(result))
        return fetch_fail(fetch, err);
    if (result == SQL_SUCCESS_WITH_INFO)
        cut = odrv_fetch_note(fetch);
    if (left == SQL_NULL_DATA) {
        *ret_null = *ret_done = true;
        return FERRY_OK;
    }
    if (slot->c_type == SQL_C_DOUBLE)
        left = (SQLLEN)sizeof(double);
    if (left < 0 && left != SQL_NO_TOTAL)
        return fetch_fail_driver(fetch, "gives a value of no size", err);
    if (first)
        slot->total = left;
    else if (!fetch_close_gap(slot, left, room))
        return fetch_fail_driver(fetch, "breaks off a value", err);
    slot->left = left;
    bool fits = left != SQL_NO_TOTAL && (size_t)left + end <= room;
    if (fits && cut)
        return fetch_fail_driver(fetch, "cuts a value", err);
    if (fits) {
        piece->length += (size_t)left;
        *ret_done = true;
        return slot->total == SQL_NO_TOTAL || piece->length == (size_t)slot->total
                   ? FERRY_OK
                   : fetch_fail_driver(fetch, "breaks off a value", err);
    }
    size_t given = left == SQL_NO_TOTAL && end > 0
                       ? fetch_given(piece->data + piece->length, room, end)
                       : room - end;
    if (given == 0)
        return fetch_fail_driver(fetch, "gives a value of no end", err);
    piece->length += given;
    size_t more = left == SQL_NO_TOTAL ? piece->length : (size_t)left - given;
    return part_text_reserve(piece, more + 8) ? FERRY_OK : odrv_fail_memory(err);
}

static ferry_status fetch_pieces(struct odrv_fetch *fetch, size_t i, struct odrv_value *ret_value,
                                 struct ferry_error *err)
{
    struct odrv_slot *slot = &fetch->slots[i];
    bool null = false, done = false;
    ferry_status status = FERRY_OK;
    part_text_reset(&slot->piece);
    if (!part_text_reserve(&slot->piece, FETCH_FIRST_PIECE))
        return odrv_fail_memory(err);
    while (status == FERRY_OK && !done)
        status = fetch_piece(fetch, i, slot, &null, &done, err);
    if (status != FERRY_OK)
        return status;
    slot->piece.data[slot->piece.length] = '\0';
    fetch->page_bytes += slot->piece.length;
    *ret_value =
        (struct odrv_value){.data = slot->piece.data, .size = slot->piece.length, .null = null};
    return FERRY_OK;
}

ferry_status odrv_fetch_value(struct odrv_fetch *fetch, size_t i, struct odrv_value *ret_value,
                              struct ferry_error *err)
{
    return fetch->block > 0 ? fetch_bound(fetch, &fetch->slots[i], ret_value, err)
                            : fetch_pieces(fetch, i, ret_value, err);
}
