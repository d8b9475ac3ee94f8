/* What is stored, read in the binary protocol and turned back into cells of the source's schema. */

#include "connect/connect.h"
#include "read/read.h"
#include "types/codes.h"
#include "write/target.h"

#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>

#define STORED_ROOM 128 /* a date, or a double as a decimal number */

struct stored_column {
    const struct ferry_column *source;
    enum mydrv_codec codec; /* of what is stored */
    unsigned scale;
    bool bytes;                      /* STRING: not a text */
    const struct mydrv_charset *set; /* STRING: translated from it; NULL: as it is */
    const struct mydrv_codes *codes;
    char *text; /* what was translated */
    size_t text_size;
    char room[STORED_ROOM];
};

struct stored_rows {
    struct mydrv_conn *conn;
    const char *table;
    MYSQL_STMT *stmt;
    struct stored_column *columns;
    size_t count;
    const struct ferry_scan *scan;    /* NULL: all rows, in any order */
    const struct mydrv_load *touched; /* rows of its keys alone; NULL: all */
    bool raw;                         /* texts come in their own character sets */
    bool apart;                       /* by a third connection, which nobody else needs */
    struct mydrv_changes *seen_by;    /* whose table is read, all of it; NULL: not so */
    uint64_t seen;
    bool ended;
    /* of the batch that is being filled: */
    struct ferry_batch *batch;
    struct ferry_cell *cells;     /* of the row at hand */
    const unsigned char *row_end; /* behind its last value so far; NULL: none */
    struct ferry_error *err;
    ferry_status failed;
};

static ferry_status stored_fail(struct stored_rows *rows, unsigned column, ferry_status status,
                                const char *what)
{
    return ferry_fail_cell(rows->err, status, rows->batch, ferry_batch_count(rows->batch) - 1,
                           column, "%s (%s, table '%s')", what, rows->conn->label, rows->table);
}

/* ---- One value ---- */

static bool stored_is_int(enum mydrv_codec codec)
{
    return codec <= MYDRV_CODEC_INT64;
}

/* A text of another character set than UTF-8. */
static bool stored_translate(struct stored_column *column, const unsigned char *value,
                             uint64_t length, struct ferry_cell *cell)
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
static size_t stored_strip(const struct stored_column *column, size_t made)
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

static bool stored_read_text(struct stored_column *column, const unsigned char *value,
                             uint64_t length, struct ferry_cell *cell)
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
            return stored_translate(column, value, length, cell);
        cell->v.p = (const char *)value;
        cell->len = (uint32_t)length;
        return length <= UINT32_MAX;
    }
    cell->v.p = column->room;
    cell->len = (uint32_t)stored_strip(column, made);
    return made > 0;
}

/* ---- Back to the source's kind ---- */

/* A number that was stored as a text, since the job wished it so. */
static bool stored_parse(const struct ferry_column *source, struct ferry_cell *cell)
{
    char text[STORED_ROOM];
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

static bool stored_to_number(const struct stored_column *column, struct ferry_cell *cell)
{
    bool is_real = column->codec == MYDRV_CODEC_FLOAT || column->codec == MYDRV_CODEC_DOUBLE;
    bool is_int = stored_is_int(column->codec) || column->codec == MYDRV_CODEC_BIT;
    if (column->codec == MYDRV_CODEC_STRING)
        return stored_parse(column->source, cell);
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

static bool stored_to_decimal(struct stored_column *column, struct ferry_cell *cell)
{
    if (column->codec == MYDRV_CODEC_STRING)
        return true;
    double value = column->codec == MYDRV_CODEC_DOUBLE ? cell->v.f : (double)cell->v.i;
    if (column->codec != MYDRV_CODEC_DOUBLE && !stored_is_int(column->codec))
        return false;
    int made =
        snprintf(column->room, sizeof column->room, "%.*f", (int)column->source->scale, value);
    cell->v.p = column->room;
    cell->len = (uint32_t)made;
    return made > 0 && made < STORED_ROOM;
}

/* A column of type ANY: the kind that is stored. */
static bool stored_to_kind(const struct stored_column *column, struct ferry_cell *cell)
{
    if (stored_is_int(column->codec) || column->codec == MYDRV_CODEC_BIT)
        cell->kind = FERRY_KIND_INT;
    else if (column->codec == MYDRV_CODEC_FLOAT || column->codec == MYDRV_CODEC_DOUBLE)
        cell->kind = FERRY_KIND_FLOAT;
    else
        cell->kind = column->bytes ? FERRY_KIND_BYTES : FERRY_KIND_TEXT;
    return true;
}

static bool stored_convert(struct stored_column *column, struct ferry_cell *cell)
{
    switch (column->source->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_INT:
    case FERRY_TYPE_YEAR:
    case FERRY_TYPE_BIT:
    case FERRY_TYPE_FLOAT:
        return stored_to_number(column, cell);
    case FERRY_TYPE_DECIMAL:
        return stored_to_decimal(column, cell);
    case FERRY_TYPE_ANY:
        return stored_to_kind(column, cell);
    default: /* all that travels as text or bytes */
        return column->codec >= MYDRV_CODEC_STRING && column->codec != MYDRV_CODEC_BIT;
    }
}

/* Whether the value lies where it came from, and not in the cell. */
static bool stored_points(const struct stored_column *column, const struct ferry_cell *cell)
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
static const unsigned char *stored_read(struct stored_column *column, const unsigned char *at,
                                        const unsigned char *end, struct ferry_cell *cell)
{
    uint64_t length = 0;
    if (column->codec < MYDRV_CODEC_STRING)
        return mydrv_decode_number(column->codec, at, end, cell);
    at = mydrv_decode_length(at, end, &length);
    return at != NULL && stored_read_text(column, at, length, cell) ? at + length : NULL;
}

static const char stored_malformed[] = "the server sent a malformed row";

/* The library calls this for each column of a row in turn. */
static void stored_take(void *data, unsigned number, unsigned char **row)
{
    struct stored_rows *rows = data;
    if (rows->failed != FERRY_OK || number >= rows->count)
        return;
    struct stored_column *column = &rows->columns[number];
    /* The first value of a row is the proof that there is a row to add. */
    if (number == 0) {
        rows->cells = ferry_batch_row(rows->batch);
        rows->row_end = NULL;
    }
    struct ferry_cell *cell = &rows->cells[number];
    if (row == NULL) {
        cell->null = 1;
        return;
    }
    const unsigned char *end = rows->conn->native->net.buff_end;
    const unsigned char *after = stored_read(column, *row, end, cell);
    if (after == NULL)
        rows->failed = stored_fail(rows, number, FERRY_ERR_TARGET_IO, stored_malformed);
    else if (!stored_convert(column, cell))
        rows->failed =
            stored_fail(rows, number, FERRY_ERR_DATA, "a value that is none of the source's type");
    else if (stored_points(column, cell) &&
             !ferry_batch_text(rows->batch, cell, cell->v.p, cell->len))
        rows->failed = mydrv_fail_memory(rows->err);
    *row += after == NULL ? 0 : after - *row;
    rows->row_end = *row;
}

/* ---- All rows ---- */

/* The client library does not know MySQL's VECTOR. */
static void stored_write_list(const struct stored_rows *rows, const struct ferry_layout *layout,
                              struct part_text *sql)
{
    struct mydrv_type type;
    for (size_t i = 0; i < rows->count; i++) {
        size_t column = mydrv_scan_column(rows->scan, i);
        bool cast =
            mydrv_type_parse(layout->natives[column], &type) && type.kind == MYDRV_KIND_VECTOR;
        part_text_addf(sql, "%s%s", i > 0 ? ", " : "SELECT ", cast ? "CAST(" : "");
        mydrv_scan_write_name(ferry_schema_column(layout->schema, column)->name, sql);
        part_text_add(sql, cast ? " AS BINARY)" : "");
    }
}

/* The orders of the columns as they are stored, to be freed; NULL if out of memory. */
static enum mydrv_order *stored_orders(const struct ferry_layout *layout)
{
    size_t count = ferry_schema_count(layout->schema);
    enum mydrv_order *orders = calloc(count, sizeof *orders);
    for (size_t i = 0; orders != NULL && i < count; i++) {
        struct mydrv_type type;
        if (mydrv_type_parse(layout->natives[i], &type))
            orders[i] = mydrv_order_stored(&type, ferry_schema_column(layout->schema, i));
    }
    return orders;
}

static ferry_status stored_write_scan(struct stored_rows *rows, const struct ferry_layout *layout,
                                      struct part_text *sql)
{
    enum mydrv_order *orders = stored_orders(layout);
    if (orders == NULL)
        return mydrv_fail_memory(rows->err);
    ferry_status status =
        mydrv_scan_write(rows->conn, rows->scan, layout->schema, orders, sql, rows->err);
    if (status == FERRY_OK)
        status = mydrv_scan_make_room(rows->conn, rows->scan, layout->schema, rows->err);
    free(orders);
    return status;
}

static ferry_status stored_write_select(struct stored_rows *rows, const struct ferry_layout *layout,
                                        struct part_text *sql)
{
    stored_write_list(rows, layout, sql);
    part_text_add(sql, " FROM ");
    if (rows->touched != NULL) {
        mydrv_match_write_touched(rows->touched, sql);
        return FERRY_OK;
    }
    mydrv_text_add_name(sql, rows->table);
    part_text_add(sql, " AS " MYDRV_SCAN_ALIAS);
    return mydrv_scan_is_plain(rows->scan) ? FERRY_OK : stored_write_scan(rows, layout, sql);
}

/* The set from which a column's texts are translated. */
static const struct mydrv_charset *stored_set(const struct ferry_column *source,
                                              const struct mydrv_column *stored)
{
    return stored->set == NULL || stored->set->kind == MYDRV_CHARSET_UTF8 ||
                   (source->flags & FERRY_COLUMN_RAW) != 0
               ? NULL
               : stored->set;
}

/* Ask for the tables of the sets before the rows are on their way. */
static ferry_status stored_learn_codes(struct stored_rows *rows)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < rows->count && status == FERRY_OK; i++)
        if (rows->columns[i].set != NULL && rows->columns[i].set->kind == MYDRV_CHARSET_CODES)
            status = mydrv_codes_get(rows->conn, rows->columns[i].set, &rows->columns[i].codes,
                                     rows->err);
    return status;
}

static ferry_status stored_describe(struct stored_rows *rows, const struct ferry_schema *schema,
                                    MYSQL_RES *metadata)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
    if (mysql_num_fields(metadata) != rows->count)
        return mydrv_fail(rows->conn, MYDRV_LOADING, 0, "", "read the table back", rows->err);
    for (unsigned i = 0; i < rows->count; i++) {
        struct mydrv_column stored = {0};
        const struct ferry_column *source =
            ferry_schema_column(schema, mydrv_scan_column(rows->scan, i));
        ferry_status status =
            mydrv_column_describe(&fields[i], i + 1, rows->conn->utc, &stored, rows->err);
        if (status != FERRY_OK)
            return status;
        rows->columns[i] = (struct stored_column){
            .source = source,
            .codec = stored.codec,
            .scale = stored.column.scale,
            .bytes = stored.column.type == FERRY_TYPE_BYTES,
            .set = stored_set(source, &stored),
        };
        mydrv_column_clear(&stored);
    }
    return FERRY_OK;
}

/* The library's table of attributes takes functions as data pointers. */
static bool stored_set_callback(struct stored_rows *rows)
{
    ps_result_callback function = stored_take;
    const void *address;
    memcpy(&address, &function, sizeof address);
    return mysql_stmt_attr_set(rows->stmt, STMT_ATTR_CB_USER_DATA, rows) == 0 &&
           mysql_stmt_attr_set(rows->stmt, STMT_ATTR_CB_RESULT, address) == 0;
}

static ferry_status stored_start(struct stored_rows *rows, const struct ferry_layout *layout)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    static const char doing[] = "read the table back";
    ferry_status status = stored_write_select(rows, layout, &sql);
    if (status != FERRY_OK)
        return status;
    rows->stmt = mysql_stmt_init(rows->conn->native);
    rows->columns = calloc(rows->count, sizeof *rows->columns);
    if (sql.failed || rows->stmt == NULL || rows->columns == NULL)
        return mydrv_fail_memory(rows->err);
    if (mysql_stmt_prepare(rows->stmt, sql.data, sql.length) != 0 || !stored_set_callback(rows))
        return mydrv_fail_stmt(rows->conn, rows->stmt, MYDRV_LOADING, doing, rows->err);
    MYDRV_AUTO_RESULT MYSQL_RES *metadata = mysql_stmt_result_metadata(rows->stmt);
    status = metadata == NULL ? mydrv_fail_memory(rows->err)
                              : stored_describe(rows, layout->schema, metadata);
    if (status == FERRY_OK)
        status = stored_learn_codes(rows);
    if (status == FERRY_OK && mysql_stmt_execute(rows->stmt) != 0)
        status = mydrv_fail_stmt(rows->conn, rows->stmt, MYDRV_LOADING, doing, rows->err);
    return status;
}

/* One row; at the end of the rows `rows->ended` is set. */
static ferry_status stored_fetch(struct stored_rows *rows)
{
    int fetched = mysql_stmt_fetch(rows->stmt);
    if (rows->failed != FERRY_OK)
        return rows->failed;
    rows->seen += fetched == 0;
    if (fetched == 0)
        return mydrv_decode_is_whole(rows->conn, rows->row_end)
                   ? FERRY_OK
                   : stored_fail(rows, (unsigned)rows->count - 1, FERRY_ERR_TARGET_IO,
                                 stored_malformed);
    rows->ended = fetched == MYSQL_NO_DATA && mysql_stmt_errno(rows->stmt) == 0 &&
                  mysql_errno(rows->conn->native) == 0;
    if (rows->ended && rows->seen_by != NULL) {
        rows->seen_by->seen = rows->seen;
        rows->seen_by->seen_all = true;
    }
    return rows->ended ? mydrv_conn_check(rows->conn, rows->err)
                       : mydrv_fail_stmt(rows->conn, rows->stmt, MYDRV_LOADING,
                                         "read the table back", rows->err);
}

/* Rows that are left would be read one by one before the statement ends: that is still better than
 * to lose the connection, which has the stage to drop.  A third one is cut off. */
void mydrv_stored_end(void *cursor)
{
    struct stored_rows *rows = cursor;
    PART_AUTO_TEXT struct part_text sql = {0};
    if (rows->apart && !rows->ended) {
        rows->conn->broken = true;
        shutdown(rows->conn->wake_fd, SHUT_RDWR);
    }
    if (rows->stmt != NULL)
        mysql_stmt_close(rows->stmt);
    part_text_add(&sql, MYDRV_SESSION_UTF8);
    if (rows->raw && !rows->conn->broken)
        (void)mydrv_try(rows->conn, &sql);
    for (size_t i = 0; rows->columns != NULL && i < rows->count; i++)
        free(rows->columns[i].text);
    free(rows->columns);
    free(rows);
}

static ferry_status stored_begin(struct stored_rows *rows, const struct ferry_layout *layout,
                                 struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(rows->conn, err);
    if (status == FERRY_OK)
        status = mydrv_run_text(rows->conn, MYDRV_SESSION_RAW, "choose how texts are read", err);
    rows->raw = status == FERRY_OK;
    rows->err = err;
    return status == FERRY_OK ? stored_start(rows, layout) : status;
}

/* Where the rows are, and by which connection they are read. */
static ferry_status stored_choose(struct stored_rows *rows, struct mydrv_load *load,
                                  const struct ferry_layout *layout, struct ferry_error *err)
{
    rows->table = load == NULL || load->unit->in_place ? layout->table : load->stage.name;
    if (load == NULL || load->changes == NULL)
        return FERRY_OK;
    if (!load->changes->ended) {
        rows->apart = true;
        rows->seen_by = rows->scan == NULL || rows->scan->bound_count == 0 ? load->changes : NULL;
        return mydrv_changes_open_reader(load, &rows->conn, err);
    }
    if (rows->scan == NULL || rows->scan->touched == 0)
        return FERRY_OK;
    rows->touched = load;
    if (!load->changes->there)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "%s: which rows of table '%s' came is no longer known", rows->conn->label,
                          layout->table);
    return load->spec->key_count > 0
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                            "%s: rows that were added without a key cannot be told from those that "
                            "table '%s' held before; set `key`",
                            rows->conn->label, layout->table);
}

ferry_status mydrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                const struct ferry_scan *scan, void **ret_cursor,
                                struct ferry_error *err)
{
    struct stored_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return mydrv_fail_memory(err);
    rows->conn = conn;
    rows->scan = scan;
    rows->count = mydrv_scan_width(scan, ferry_schema_count(layout->schema));
    ferry_status status = stored_choose(rows, load, layout, err);
    if (status == FERRY_OK)
        status = stored_begin(rows, layout, err);
    if (status != FERRY_OK) {
        mydrv_stored_end(rows);
        return status;
    }
    *ret_cursor = rows;
    return FERRY_OK;
}

ferry_status mydrv_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct stored_rows *rows = cursor;
    ferry_status status = mydrv_conn_check(rows->conn, err);
    rows->batch = batch;
    rows->err = err;
    while (status == FERRY_OK && !rows->ended && !ferry_batch_full(batch))
        status = stored_fetch(rows);
    return status;
}
