/* Rows into the stage: by LOAD DATA LOCAL served from memory, or by INSERT statements of many rows.
 *
 * LOAD DATA LOCAL tells of bad values by warnings only, since the server cannot stop the client: so
 * every warning and every row that is missing ends the load.
 */

#include "target.h"

#include <inttypes.h>
#include <string.h>

#define LOAD_CHUNK ((size_t)64 << 10)      /* what is encoded ahead of the network */
#define LOAD_STATEMENT ((uint64_t)1 << 20) /* of an INSERT, about */
#define LOAD_COMMIT ((uint64_t)32 << 20)   /* bytes between two commits */
#define LOAD_CELL_OVERHEAD 9               /* a value's length in the protocol, at most */

/* ---- One row ---- */

static ferry_status load_fail_size(struct mydrv_load *load, const struct ferry_batch *batch,
                                   size_t row, uint64_t size, struct ferry_error *err)
{
    return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, 0,
                           "(and the rest of the row) %" PRIu64
                           " bytes in all, and the server's max_allowed_packet is %" PRIu64
                           "; raise it there, or leave the row out",
                           size, load->packet);
}

typedef void (*load_write)(const struct mydrv_form *form, struct mydrv_text *out, const char *data,
                           size_t size);

/* Append the row to the buffer; `write` adds one value, NULL data for NULL. */
static ferry_status load_encode_row(struct mydrv_load *load, const struct ferry_batch *batch,
                                    size_t row, const char *separator, load_write write,
                                    struct ferry_error *err)
{
    const struct ferry_cell *cells = ferry_batch_cells(batch, row);
    size_t columns = ferry_schema_count(load->spec->source);
    uint64_t raw = 0;
    for (size_t i = 0; i < columns; i++) {
        const struct mydrv_form *form = &load->forms[i];
        char room[MYDRV_VALUE_ROOM];
        const char *data = NULL;
        size_t size = 0;
        const char *flaw = NULL;
        if (i > 0)
            mydrv_text_add(&load->buffer, separator);
        if (cells[i].null == 0)
            flaw = mydrv_encode(form, &cells[i], room, &data, &size);
        else if (form->not_null)
            flaw = "is NULL where the column takes none";
        if (flaw != NULL)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, i, "the value %s (type %s)",
                                   flaw, form->native);
        raw += size + LOAD_CELL_OVERHEAD;
        if (raw <= load->packet)
            write(form, &load->buffer, cells[i].null == 0 ? data : NULL, size);
    }
    load->bytes += raw;
    load->uncommitted += raw;
    return raw > load->packet ? load_fail_size(load, batch, row, raw, err) : FERRY_OK;
}

static void load_write_field(const struct mydrv_form *form, struct mydrv_text *out,
                             const char *data, size_t size)
{
    (void)form;
    if (data == NULL)
        mydrv_text_append(out, "\\N", 2);
    else
        mydrv_text_add_field(out, data, size);
}

static bool load_is_bytes(const struct mydrv_form *form)
{
    return form->type.kind == MYDRV_KIND_BIT || form->type.kind == MYDRV_KIND_BINARY ||
           form->type.kind == MYDRV_KIND_BYTES || form->type.kind == MYDRV_KIND_GEOMETRY ||
           form->type.kind == MYDRV_KIND_VECTOR;
}

/* MySQL keeps documents, not their text: a document that it would print in another way is turned
 * into one that it refuses. */
static void load_write_json_check(struct mydrv_text *out, const char *value)
{
    mydrv_text_addf(out,
                    "CASE WHEN %s IS NULL OR CAST(CAST(CAST(%s AS JSON) AS CHAR) AS BINARY) = "
                    "CAST(%s AS BINARY) THEN %s ELSE '' END",
                    value, value, value, value);
}

static void load_write_literal(const struct mydrv_form *form, struct mydrv_text *out,
                               const char *data, size_t size)
{
    if (data == NULL) {
        mydrv_text_add(out, "NULL");
    } else if (form->type.kind == MYDRV_KIND_JSON) {
        MYDRV_AUTO_SQL struct mydrv_text value = {0};
        mydrv_text_add_quoted(&value, data, size);
        if (value.failed)
            out->failed = true;
        else
            load_write_json_check(out, value.data);
    } else {
        if (load_is_bytes(form))
            mydrv_text_add(out, "_binary");
        mydrv_text_add_quoted(out, data, size);
    }
}

/* ---- The fast lane ---- */

struct load_feed { /* what one LOAD DATA statement reads */
    struct mydrv_load *load;
    const struct ferry_batch *batch;
    struct ferry_error *err;
    ferry_status failed;
    size_t row;  /* the next to be encoded */
    size_t sent; /* of the buffer */
};

/* The library calls these when the server asks for a file, whatever its name: there is only the
 * batch, and that only while our own statement runs. */
static int load_feed_begin(void **ret_feed, const char *name, void *data)
{
    struct mydrv_conn *conn = data;
    (void)name;
    *ret_feed = conn->feed;
    return conn->feed == NULL;
}

static void load_feed_fill(struct load_feed *feed)
{
    struct mydrv_text *buffer = &feed->load->buffer;
    buffer->length = 0;
    feed->sent = 0;
    while (buffer->length < LOAD_CHUNK && feed->row < ferry_batch_count(feed->batch) &&
           feed->failed == FERRY_OK) {
        feed->failed =
            load_encode_row(feed->load, feed->batch, feed->row, "\t", load_write_field, feed->err);
        mydrv_text_append(buffer, "\n", 1);
        feed->row++;
        if (buffer->failed && feed->failed == FERRY_OK)
            feed->failed = mydrv_fail_memory(feed->err);
    }
}

static int load_feed_read(void *data, char *room, unsigned size)
{
    struct load_feed *feed = data;
    const struct mydrv_text *buffer = &feed->load->buffer;
    if (feed->sent >= buffer->length)
        load_feed_fill(feed);
    if (feed->failed != FERRY_OK)
        return -1;
    size_t left = buffer->length - feed->sent;
    size_t part = left < size ? left : size;
    if (part > INT32_MAX)
        part = INT32_MAX;
    if (part > 0)
        memcpy(room, buffer->data + feed->sent, part);
    feed->sent += part;
    return (int)part;
}

static void load_feed_end(void *data)
{
    (void)data;
}

static int load_feed_error(void *data, char *room, unsigned size)
{
    (void)data;
    if (size > 0)
        (void)snprintf(room, size, "no file is given to this server");
    return 2000; /* CR_UNKNOWN_ERROR */
}

void mydrv_lane_guard(struct mydrv_conn *conn)
{
    mysql_set_local_infile_handler(conn->native, load_feed_begin, load_feed_read, load_feed_end,
                                   load_feed_error, conn);
}

/* MariaDB takes bytes without a character set for the sixteen (or four) of the value itself. */
static bool load_is_read_as_bytes(enum mydrv_kind kind)
{
    return kind == MYDRV_KIND_UUID || kind == MYDRV_KIND_INET4 || kind == MYDRV_KIND_INET6;
}

static bool load_needs_variable(const struct mydrv_form *form)
{
    return form->foreign_charset || form->type.kind == MYDRV_KIND_JSON ||
           load_is_read_as_bytes(form->type.kind);
}

/* Where any column is set from a variable, MariaDB forgets that it was given the number of one that
 * numbers itself, and takes 0 there for none: so that number goes by a variable as well. */
static bool load_by_variable(const struct mydrv_load *load, size_t column)
{
    if (!load->forms[column].auto_number)
        return load_needs_variable(&load->forms[column]);
    for (size_t i = 0; i < ferry_schema_count(load->spec->source); i++)
        if (load_needs_variable(&load->forms[i]))
            return true;
    return false;
}

static void load_write_set(const struct mydrv_load *load, struct mydrv_text *sql)
{
    const char *before = " SET ";
    for (size_t i = 0; i < ferry_schema_count(load->spec->source); i++) {
        char variable[64];
        if (!load_by_variable(load, i))
            continue;
        (void)snprintf(variable, sizeof variable, "CONVERT(@dbferry_%zu USING utf8mb4)", i);
        mydrv_text_add(sql, before);
        mydrv_text_add_name(sql, ferry_schema_column(load->spec->source, i)->name);
        mydrv_text_add(sql, " = ");
        if (load->forms[i].type.kind == MYDRV_KIND_JSON)
            load_write_json_check(sql, variable);
        else
            mydrv_text_add(sql, variable);
        before = ", ";
    }
}

/* CHARACTER SET binary: the server takes the bytes as they are, for a column of texts after a check
 * that they are UTF-8.  Columns in other character sets are converted by way of a variable. */
static void load_write_infile(const struct mydrv_load *load, struct mydrv_text *sql)
{
    mydrv_text_add(sql, "LOAD DATA LOCAL INFILE 'dbferry' INTO TABLE ");
    mydrv_text_add_name(sql, load->stage);
    mydrv_text_add(sql, " CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES "
                        "TERMINATED BY '\\n' (");
    for (size_t i = 0; i < ferry_schema_count(load->spec->source); i++) {
        if (i > 0)
            mydrv_text_add(sql, ", ");
        if (load_by_variable(load, i))
            mydrv_text_addf(sql, "@dbferry_%zu", i);
        else
            mydrv_text_add_name(sql, ferry_schema_column(load->spec->source, i)->name);
    }
    mydrv_text_add(sql, ")");
    load_write_set(load, sql);
}

static ferry_status load_find_row(struct mydrv_load *load, const struct ferry_batch *batch,
                                  size_t first, size_t count, struct ferry_error *err);

static ferry_status load_by_infile(struct mydrv_load *load, const struct ferry_batch *batch,
                                   struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    struct mydrv_conn *conn = load->conn;
    struct load_feed feed = {.load = load, .batch = batch, .err = err};
    unsigned on = 1;
    unsigned off = 0;
    load_write_infile(load, &sql);
    if (sql.failed)
        return mydrv_fail_memory(err);
    load->buffer.length = 0;
    conn->feed = &feed;
    mysql_optionsv(conn->native, MYSQL_OPT_LOCAL_INFILE, &on);
    int failed = mysql_real_query(conn->native, sql.data, sql.length);
    mysql_optionsv(conn->native, MYSQL_OPT_LOCAL_INFILE, &off);
    conn->feed = NULL;
    if (feed.failed != FERRY_OK)
        return feed.failed;
    size_t count = ferry_batch_count(batch);
    if (failed != 0 && mydrv_verdict_is_vague(load, count))
        return load_find_row(load, batch, 0, count, err);
    return failed != 0 ? mydrv_verdict_fail(load, batch, 0, count, err)
                       : mydrv_verdict_check(load, batch, 0, count, err);
}

/* ---- The other lane ---- */

static void load_begin_insert(struct mydrv_load *load)
{
    struct mydrv_text *sql = &load->buffer;
    sql->length = 0;
    mydrv_text_add(sql, "INSERT INTO ");
    mydrv_text_add_name(sql, load->stage);
    mydrv_text_add(sql, " (");
    for (size_t i = 0; i < ferry_schema_count(load->spec->source); i++) {
        if (i > 0)
            mydrv_text_add(sql, ", ");
        mydrv_text_add_name(sql, ferry_schema_column(load->spec->source, i)->name);
    }
    mydrv_text_add(sql, ") VALUES ");
}

/* Send the first `length` bytes of the buffer, which hold rows `first` to `end` - 1. */
static ferry_status load_send_insert(struct mydrv_load *load, const struct ferry_batch *batch,
                                     size_t first, size_t end, size_t length,
                                     struct ferry_error *err)
{
    if (load->buffer.failed)
        return mydrv_fail_memory(err);
    if (mysql_real_query(load->conn->native, load->buffer.data, length) == 0)
        return mydrv_verdict_check(load, batch, first, end - first, err);
    return mydrv_verdict_is_vague(load, end - first)
               ? load_find_row(load, batch, first, end - first, err)
               : mydrv_verdict_fail(load, batch, first, end - first, err);
}

static ferry_status load_by_insert(struct mydrv_load *load, const struct ferry_batch *batch,
                                   struct ferry_error *err)
{
    struct mydrv_text *sql = &load->buffer;
    uint64_t most = load->packet - 1; /* the command's own byte */
    uint64_t enough = most < LOAD_STATEMENT ? most / 2 : LOAD_STATEMENT;
    size_t count = ferry_batch_count(batch);
    size_t first = 0;
    ferry_status status = FERRY_OK;
    load_begin_insert(load);
    for (size_t row = 0; row < count && status == FERRY_OK; row++) {
        size_t before = sql->length;
        mydrv_text_add(sql, row > first ? ",(" : "(");
        status = load_encode_row(load, batch, row, ",", load_write_literal, err);
        mydrv_text_add(sql, ")");
        if (status == FERRY_OK && sql->length > most && row > first) {
            status = load_send_insert(load, batch, first, row, before, err);
            load_begin_insert(load); /* and this row once more, alone */
            first = row--;
            continue;
        }
        if (status == FERRY_OK && sql->length > most)
            return load_fail_size(load, batch, row, sql->length, err);
        if (status == FERRY_OK && (sql->length >= enough || row + 1 == count)) {
            status = load_send_insert(load, batch, first, row + 1, sql->length, err);
            load_begin_insert(load);
            first = row + 1;
        }
    }
    return status;
}

/* The server refuses one of these rows and does not say which: they are tried one by one.  The load
 * has failed, so the rows before them need not stay. */
static ferry_status load_find_row(struct mydrv_load *load, const struct ferry_batch *batch,
                                  size_t first, size_t count, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)mysql_rollback(load->conn->native);
    for (size_t row = first; row < first + count && status == FERRY_OK; row++) {
        load_begin_insert(load);
        mydrv_text_add(&load->buffer, "(");
        status = load_encode_row(load, batch, row, ",", load_write_literal, err);
        mydrv_text_add(&load->buffer, ")");
        if (status == FERRY_OK)
            status = load_send_insert(load, batch, row, row + 1, load->buffer.length, err);
    }
    if (status != FERRY_OK)
        return status;
    return ferry_fail(err, FERRY_ERR_DATA,
                      "%s: table '%s': the server refused a row among others and takes it alone; "
                      "look into its log",
                      load->conn->label, load->spec->table);
}

/* ---- Both ---- */

ferry_status mydrv_lane_choose(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->conn;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    MYDRV_AUTO_ROWS MYSQL_RES *rows = NULL;
    mydrv_text_add(&sql, "SELECT @@GLOBAL.local_infile, @@SESSION.max_allowed_packet");
    ferry_status status = mydrv_ask(conn, &sql, 2, "ask for the server's limits", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (row == NULL || row[0] == NULL || row[1] == NULL)
        return status == FERRY_OK
                   ? mydrv_fail(conn, MYDRV_LOADING, 0, "", "learn the server's limits", err)
                   : status;
    load->infile = strcmp(row[0], "1") == 0;
    load->packet = strtoumax(row[1], NULL, 10);
    if (load->packet < 1024)
        load->packet = 1024; /* no server has less */
    ferry_log(FERRY_LOG_INFO, "%s: rows go by %s", conn->label,
              load->infile ? "LOAD DATA LOCAL, served from memory"
                           : "INSERT statements, since the server has local_infile off");
    return FERRY_OK;
}

ferry_status mydrv_lane_batch(struct mydrv_load *load, const struct ferry_batch *batch,
                              struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(load->conn, err);
    if (status != FERRY_OK || ferry_batch_count(batch) == 0)
        return status;
    status = load->infile ? load_by_infile(load, batch, err) : load_by_insert(load, batch, err);
    if (status != FERRY_OK)
        return status;
    if (load->uncommitted < LOAD_COMMIT)
        return FERRY_OK;
    load->uncommitted = 0;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "COMMIT AND CHAIN");
    return mydrv_run(load->conn, &sql, "commit rows to the stage", err);
}
