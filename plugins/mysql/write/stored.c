/* What is stored, read in the binary protocol and turned back into cells of the source's schema. */

#include "connect/connect.h"
#include "read/read.h"
#include "types/codes.h"
#include "write/target.h"

#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BACK_ROOM 128 /* a date, or a double as a decimal number */

struct back_column {
    const struct ferry_column *source;
    enum mydrv_codec codec; /* of what is stored */
    unsigned scale;
    bool bytes;                      /* STRING: not a text */
    const struct mydrv_charset *set; /* STRING: translated from it; NULL: as it is */
    const struct mydrv_codes *codes;
    char *text; /* what was translated */
    size_t text_size;
    char room[BACK_ROOM];
};

struct back {
    struct mydrv_conn *conn;
    const char *table;
    MYSQL_STMT *stmt;
    struct back_column *columns;
    size_t count;
    bool raw; /* texts come in their own character sets */
    bool ended;
    /* of the batch that is being filled: */
    struct ferry_batch *batch;
    struct ferry_cell *cells;     /* of the row at hand */
    const unsigned char *row_end; /* behind its last value so far; NULL: none */
    struct ferry_error *err;
    ferry_status failed;
};

static ferry_status back_fail(struct back *back, unsigned column, ferry_status status,
                              const char *what)
{
    return ferry_fail_cell(back->err, status, back->batch, ferry_batch_count(back->batch) - 1,
                           column, "%s (%s, table '%s')", what, back->conn->label, back->table);
}

/* ---- One value ---- */

static bool back_is_int(enum mydrv_codec codec)
{
    return codec <= MYDRV_CODEC_INT64;
}

/* A text of another character set than UTF-8. */
static bool back_translate(struct back_column *column, const unsigned char *value, uint64_t length,
                           struct ferry_cell *cell)
{
    size_t made = 0;
    size_t needed = MYDRV_TRANSLATE_ROOM(length);
    if (length > UINT32_MAX / 4)
        return false;
    if (needed > column->text_size) {
        char *text = realloc(column->text, needed);
        if (text == NULL)
            return false;
        column->text = text;
        column->text_size = needed;
    }
    bool fine = mydrv_translate(column->set, column->codes, value, length, column->text, &made);
    cell->v.p = column->text;
    cell->len = (uint32_t)made;
    return fine;
}

/* A moment in a column of more digits than the source has: without the zeros that fill it up. */
static size_t back_strip(const struct back_column *column, size_t made)
{
    const struct ferry_column *source = column->source;
    if (made == 0 || (source->type != FERRY_TYPE_TIME && source->type != FERRY_TYPE_DATETIME))
        return made;
    for (unsigned scale = column->scale; scale > source->scale && column->room[made - 1] == '0';) {
        made--;
        if (--scale == 0)
            made--; /* the point */
    }
    return made;
}

static bool back_read_text(struct back_column *column, const unsigned char *value, uint64_t length,
                           struct ferry_cell *cell)
{
    size_t made = 0;
    switch (column->codec) {
    case MYDRV_CODEC_DATE:
        made = mydrv_format_date(value, length, column->room);
        break;
    case MYDRV_CODEC_TIME:
        made = mydrv_format_time(value, length, column->scale, column->room);
        break;
    case MYDRV_CODEC_DATETIME:
        made = mydrv_format_datetime(value, length, column->scale, column->room);
        break;
    case MYDRV_CODEC_BIT:
        for (uint64_t i = 0; i < length; i++)
            cell->v.u = cell->v.u << 8 | value[i];
        return length <= 8;
    default:
        if (column->set != NULL)
            return back_translate(column, value, length, cell);
        cell->v.p = (const char *)value;
        cell->len = (uint32_t)length;
        return length <= UINT32_MAX;
    }
    cell->v.p = column->room;
    cell->len = (uint32_t)back_strip(column, made);
    return made > 0;
}

/* ---- Back to the source's kind ---- */

/* A number that was stored as a text, since the job wished it so. */
static bool back_parse(const struct ferry_column *source, struct ferry_cell *cell)
{
    char text[BACK_ROOM];
    char *end = NULL;
    if (cell->len == 0 || cell->len >= sizeof text)
        return false;
    memcpy(text, cell->v.p, cell->len);
    text[cell->len] = '\0';
    if (source->type == FERRY_TYPE_FLOAT)
        cell->v.f = strtod(text, &end);
    else if ((source->flags & FERRY_COLUMN_UNSIGNED) != 0 || source->type == FERRY_TYPE_BIT)
        cell->v.u = strtoumax(text, &end, 10);
    else
        cell->v.i = strtoimax(text, &end, 10);
    return *end == '\0';
}

static bool back_to_number(const struct back_column *column, struct ferry_cell *cell)
{
    bool is_real = column->codec == MYDRV_CODEC_FLOAT || column->codec == MYDRV_CODEC_DOUBLE;
    bool is_int = back_is_int(column->codec) || column->codec == MYDRV_CODEC_BIT;
    if (column->codec == MYDRV_CODEC_STRING)
        return back_parse(column->source, cell);
    if (column->source->type == FERRY_TYPE_FLOAT) {
        if (is_int)
            cell->v.f = (double)cell->v.i;
        return is_int || is_real;
    }
    if (is_real) {
        double value = cell->v.f;
        if (!(fabs(value) < 9e15) || (double)(int64_t)value != value)
            return false;
        cell->v.i = (int64_t)value;
    }
    return is_int || is_real;
}

static bool back_to_decimal(struct back_column *column, struct ferry_cell *cell)
{
    if (column->codec == MYDRV_CODEC_STRING)
        return true;
    double value = column->codec == MYDRV_CODEC_DOUBLE ? cell->v.f : (double)cell->v.i;
    if (column->codec != MYDRV_CODEC_DOUBLE && !back_is_int(column->codec))
        return false;
    int made =
        snprintf(column->room, sizeof column->room, "%.*f", (int)column->source->scale, value);
    cell->v.p = column->room;
    cell->len = (uint32_t)made;
    return made > 0 && made < BACK_ROOM;
}

/* A column of type ANY: the kind that is stored. */
static bool back_to_kind(const struct back_column *column, struct ferry_cell *cell)
{
    if (back_is_int(column->codec) || column->codec == MYDRV_CODEC_BIT)
        cell->kind = FERRY_KIND_INT;
    else if (column->codec == MYDRV_CODEC_FLOAT || column->codec == MYDRV_CODEC_DOUBLE)
        cell->kind = FERRY_KIND_FLOAT;
    else
        cell->kind = column->bytes ? FERRY_KIND_BYTES : FERRY_KIND_TEXT;
    return true;
}

static bool back_convert(struct back_column *column, struct ferry_cell *cell)
{
    switch (column->source->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_INT:
    case FERRY_TYPE_YEAR:
    case FERRY_TYPE_BIT:
    case FERRY_TYPE_FLOAT:
        return back_to_number(column, cell);
    case FERRY_TYPE_DECIMAL:
        return back_to_decimal(column, cell);
    case FERRY_TYPE_ANY:
        return back_to_kind(column, cell);
    default: /* all that travels as text or bytes */
        return column->codec >= MYDRV_CODEC_STRING && column->codec != MYDRV_CODEC_BIT;
    }
}

/* Whether the value lies where it came from, and not in the cell. */
static bool back_points(const struct back_column *column, const struct ferry_cell *cell)
{
    switch (column->source->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_INT:
    case FERRY_TYPE_YEAR:
    case FERRY_TYPE_BIT:
    case FERRY_TYPE_FLOAT:
        return false;
    case FERRY_TYPE_ANY:
        return cell->kind >= FERRY_KIND_TEXT;
    default:
        return true;
    }
}

/* Where the value ends; NULL: it is none. */
static const unsigned char *back_read(struct back_column *column, const unsigned char *at,
                                      const unsigned char *end, struct ferry_cell *cell)
{
    uint64_t length = 0;
    if (column->codec < MYDRV_CODEC_STRING)
        return mydrv_decode_number(column->codec, at, end, cell);
    at = mydrv_decode_length(at, end, &length);
    return at != NULL && back_read_text(column, at, length, cell) ? at + length : NULL;
}

static const char back_malformed[] = "the server sent a malformed row";

/* The library calls this for each column of a row in turn. */
static void back_take(void *data, unsigned number, unsigned char **row)
{
    struct back *back = data;
    if (back->failed != FERRY_OK || number >= back->count)
        return;
    struct back_column *column = &back->columns[number];
    /* The first value of a row is the proof that there is a row to add. */
    if (number == 0) {
        back->cells = ferry_batch_row(back->batch);
        back->row_end = NULL;
    }
    struct ferry_cell *cell = &back->cells[number];
    if (row == NULL) {
        cell->null = 1;
        return;
    }
    const unsigned char *end = back->conn->native->net.buff_end;
    const unsigned char *after = back_read(column, *row, end, cell);
    if (after == NULL)
        back->failed = back_fail(back, number, FERRY_ERR_TARGET_IO, back_malformed);
    else if (!back_convert(column, cell))
        back->failed =
            back_fail(back, number, FERRY_ERR_DATA, "a value that is none of the source's type");
    else if (back_points(column, cell) &&
             !ferry_batch_text(back->batch, cell, cell->v.p, cell->len))
        back->failed = mydrv_fail_memory(back->err);
    *row += after == NULL ? 0 : after - *row;
    back->row_end = *row;
}

/* ---- All rows ---- */

/* The client library does not know MySQL's VECTOR. */
static void back_write_select(const struct ferry_layout *layout, const char *table,
                              struct mydrv_text *sql)
{
    struct mydrv_type type;
    mydrv_text_add(sql, "SELECT ");
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        bool cast = mydrv_type_parse(layout->natives[i], &type) && type.kind == MYDRV_KIND_VECTOR;
        mydrv_text_addf(sql, "%s%s", i > 0 ? ", " : "", cast ? "CAST(" : "");
        mydrv_text_add_name(sql, ferry_schema_column(layout->schema, i)->name);
        mydrv_text_add(sql, cast ? " AS BINARY)" : "");
    }
    mydrv_text_add(sql, " FROM ");
    mydrv_text_add_name(sql, table);
}

/* The set from which a column's texts are translated. */
static const struct mydrv_charset *back_set(const struct ferry_column *source,
                                            const struct mydrv_column *stored)
{
    return stored->set == NULL || stored->set->kind == MYDRV_CHARSET_UTF8 ||
                   (source->flags & FERRY_COLUMN_RAW) != 0
               ? NULL
               : stored->set;
}

/* Ask for the tables of the sets before the rows are on their way. */
static ferry_status back_learn_codes(struct back *back)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < back->count && status == FERRY_OK; i++)
        if (back->columns[i].set != NULL && back->columns[i].set->kind == MYDRV_CHARSET_CODES)
            status = mydrv_codes_get(back->conn, back->columns[i].set, &back->columns[i].codes,
                                     back->err);
    return status;
}

static ferry_status back_describe(struct back *back, const struct ferry_schema *schema,
                                  MYSQL_RES *metadata)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
    if (mysql_num_fields(metadata) != back->count)
        return mydrv_fail(back->conn, MYDRV_LOADING, 0, "", "read the table back", back->err);
    for (unsigned i = 0; i < back->count; i++) {
        struct mydrv_column stored = {0};
        ferry_status status =
            mydrv_column_describe(&fields[i], i + 1, back->conn->utc, &stored, back->err);
        if (status != FERRY_OK)
            return status;
        back->columns[i] = (struct back_column){
            .source = ferry_schema_column(schema, i),
            .codec = stored.codec,
            .scale = stored.column.scale,
            .bytes = stored.column.type == FERRY_TYPE_BYTES,
            .set = back_set(ferry_schema_column(schema, i), &stored),
        };
        mydrv_column_clear(&stored);
    }
    return FERRY_OK;
}

/* The library's table of attributes takes functions as data pointers. */
static bool back_set_callback(struct back *back)
{
    ps_result_callback function = back_take;
    const void *address;
    memcpy(&address, &function, sizeof address);
    return mysql_stmt_attr_set(back->stmt, STMT_ATTR_CB_USER_DATA, back) == 0 &&
           mysql_stmt_attr_set(back->stmt, STMT_ATTR_CB_RESULT, address) == 0;
}

static ferry_status back_start(struct back *back, const struct ferry_layout *layout)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    static const char doing[] = "read the table back";
    back_write_select(layout, back->table, &sql);
    back->stmt = mysql_stmt_init(back->conn->native);
    back->columns = calloc(back->count, sizeof *back->columns);
    if (sql.failed || back->stmt == NULL || back->columns == NULL)
        return mydrv_fail_memory(back->err);
    if (mysql_stmt_prepare(back->stmt, sql.data, sql.length) != 0 || !back_set_callback(back))
        return mydrv_fail_stmt(back->conn, back->stmt, MYDRV_LOADING, doing, back->err);
    MYDRV_AUTO_RESULT MYSQL_RES *metadata = mysql_stmt_result_metadata(back->stmt);
    ferry_status status = metadata == NULL ? mydrv_fail_memory(back->err)
                                           : back_describe(back, layout->schema, metadata);
    if (status == FERRY_OK)
        status = back_learn_codes(back);
    if (status == FERRY_OK && mysql_stmt_execute(back->stmt) != 0)
        status = mydrv_fail_stmt(back->conn, back->stmt, MYDRV_LOADING, doing, back->err);
    return status;
}

/* One row; at the end of the rows `back->ended` is set. */
static ferry_status back_fetch(struct back *back)
{
    int fetched = mysql_stmt_fetch(back->stmt);
    if (back->failed != FERRY_OK)
        return back->failed;
    if (fetched == 0)
        return mydrv_decode_is_whole(back->conn, back->row_end)
                   ? FERRY_OK
                   : back_fail(back, (unsigned)back->count - 1, FERRY_ERR_TARGET_IO,
                               back_malformed);
    back->ended = fetched == MYSQL_NO_DATA && mysql_stmt_errno(back->stmt) == 0 &&
                  mysql_errno(back->conn->native) == 0;
    return back->ended ? mydrv_conn_check(back->conn, back->err)
                       : mydrv_fail_stmt(back->conn, back->stmt, MYDRV_LOADING,
                                         "read the table back", back->err);
}

/* Rows that are left would be read one by one before the statement ends: that is still better than
 * to lose the connection, which has the stage to drop. */
void mydrv_stored_end(void *cursor)
{
    struct back *back = cursor;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (back->stmt != NULL)
        mysql_stmt_close(back->stmt);
    mydrv_text_add(&sql, MYDRV_SESSION_UTF8);
    if (back->raw)
        (void)mydrv_try(back->conn, &sql);
    for (size_t i = 0; back->columns != NULL && i < back->count; i++)
        free(back->columns[i].text);
    free(back->columns);
    free(back);
}

static ferry_status back_begin(struct back *back, const struct ferry_layout *layout,
                               struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(back->conn, err);
    if (status == FERRY_OK)
        status = mydrv_run_text(back->conn, MYDRV_SESSION_RAW, "choose how texts are read", err);
    back->raw = status == FERRY_OK;
    back->err = err;
    return status == FERRY_OK ? back_start(back, layout) : status;
}

ferry_status mydrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                const struct ferry_scan *scan, void **ret_cursor,
                                struct ferry_error *err)
{
    const struct mydrv_load *l = load;
    (void)scan; /* every row, in any order: nothing else is asked for yet */
    struct back *back = calloc(1, sizeof *back);
    if (back == NULL)
        return mydrv_fail_memory(err);
    back->conn = conn;
    back->table = l == NULL || l->unit->in_place ? layout->table : l->stage.name;
    back->count = ferry_schema_count(layout->schema);
    ferry_status status = back_begin(back, layout, err);
    if (status != FERRY_OK) {
        mydrv_stored_end(back);
        return status;
    }
    *ret_cursor = back;
    return FERRY_OK;
}

ferry_status mydrv_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct back *back = cursor;
    ferry_status status = mydrv_conn_check(back->conn, err);
    back->batch = batch;
    back->err = err;
    while (status == FERRY_OK && !back->ended && !ferry_batch_full(batch))
        status = back_fetch(back);
    return status;
}
