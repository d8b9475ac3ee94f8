/* Rows into the stage: by LOAD DATA LOCAL served from memory, or by INSERT statements of many rows.
 *
 * LOAD DATA LOCAL tells of bad values by warnings only, since the server cannot stop the client: so
 * every warning and every row that is missing ends the load.  No row's text has a bare line break,
 * so in either lane each row of a parcel stands on a line of its own.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define LOAD_PARCEL ((size_t)1 << 20) /* about */
#define LOAD_WIDE ((size_t)4 << 20)   /* of a parcel beyond this, there is only one in memory */

/* ---- What became of the rows that were sent ---- */

/* The row's line, without what parts it from the next; NULL behind the last. */
static const char *load_next_line(const struct mydrv_load *load, const struct mydrv_parcel *parcel,
                                  const char *at, size_t *ret_size)
{
    const char *end = parcel->text.data + parcel->text.length;
    if (at >= end)
        return NULL;
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    if (line_end == NULL)
        line_end = end;
    *ret_size = (size_t)(line_end - at);
    if (!load->infile && line_end < end)
        --*ret_size; /* the comma */
    return line_end < end ? line_end + 1 : end;
}

static ferry_status load_fail_parcel(struct mydrv_load *load, const struct mydrv_parcel *parcel,
                                     enum mydrv_sent sent, bool *ret_vague, struct ferry_error *err)
{
    if (sent == MYDRV_SENT_UNCOMMITTED)
        return mydrv_fail_conn(load->conn, MYDRV_LOADING, "commit rows to the stage", err);
    return sent == MYDRV_SENT_REFUSED ? mydrv_verdict_fail(load, parcel, err)
                                      : mydrv_verdict_doubt(load, parcel, ret_vague, err);
}

/* The server refuses one of these rows and does not say which: they are tried one by one.  The load
 * has failed, so the rows before them need not stay. */
static ferry_status load_find_row(struct mydrv_load *load, const struct mydrv_parcel *parcel,
                                  struct ferry_error *err)
{
    struct mydrv_parcel alone = {.first = parcel->first, .rows = 1};
    enum mydrv_sent sent = MYDRV_SENT_WHOLE;
    const char *at = parcel->text.data + parcel->head;
    const char *next;
    size_t size = 0;
    (void)mysql_rollback(load->conn->native);
    while (sent == MYDRV_SENT_WHOLE && (next = load_next_line(load, parcel, at, &size)) != NULL) {
        alone.text.length = 0;
        mydrv_text_append(&alone.text, parcel->text.data, parcel->head);
        mydrv_text_append(&alone.text, at, size);
        mydrv_text_append(&alone.text, "\n", 1);
        if (alone.text.failed)
            break;
        sent = mydrv_sender_send(load, &alone);
        if (sent == MYDRV_SENT_WHOLE)
            alone.first++;
        at = next;
    }
    ferry_status status = alone.text.failed ? mydrv_fail_memory(err)
                          : sent != MYDRV_SENT_WHOLE
                              ? load_fail_parcel(load, &alone, sent, NULL, err)
                              : ferry_fail(err, FERRY_ERR_DATA,
                                           "%s: table '%s': the server refused a row among others "
                                           "and takes it alone; look into its log",
                                           load->conn->label, load->layout->table);
    mydrv_text_clear(&alone.text);
    return status;
}

/* The sender came to a parcel that the server did not take whole. */
static ferry_status load_fail_sent(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_parcel *parcel = NULL;
    enum mydrv_sent sent = mydrv_sender_stop(load->sender, &parcel);
    if (sent == MYDRV_SENT_REFUSED && mydrv_verdict_is_vague(load, parcel))
        return load_find_row(load, parcel, err);
    bool vague = false;
    ferry_status status = load_fail_parcel(load, parcel, sent, &vague, err);
    return vague && status == FERRY_OK ? load_find_row(load, parcel, err) : status;
}

/* ---- Parcels ---- */

static void load_write_insert(const struct mydrv_load *load, struct mydrv_text *sql)
{
    mydrv_text_add(sql, "INSERT INTO ");
    mydrv_text_add_name(sql, load->stage);
    mydrv_text_add(sql, " (");
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        if (i > 0)
            mydrv_text_add(sql, ", ");
        mydrv_text_add_name(sql, ferry_schema_column(load->layout->schema, i)->name);
    }
    mydrv_text_add(sql, ") VALUES\n");
}

/* The parcel that is being filled.  NULL where one before it was not taken whole. */
static struct mydrv_parcel *load_open_parcel(struct mydrv_load *load)
{
    struct mydrv_parcel *parcel = load->filling;
    if (parcel != NULL || (parcel = mydrv_sender_take(load->sender)) == NULL)
        return parcel;
    parcel->text.length = 0;
    parcel->first = load->rows_sent + 1;
    parcel->rows = 0;
    parcel->bytes = 0;
    if (!load->infile)
        load_write_insert(load, &parcel->text);
    parcel->head = parcel->text.length;
    load->filling = parcel;
    return parcel;
}

static ferry_status load_close_parcel(struct mydrv_load *load, const struct mydrv_parcel *parcel,
                                      struct ferry_error *err)
{
    bool wide = parcel->text.length > LOAD_WIDE;
    if (parcel->text.failed)
        return mydrv_fail_memory(err);
    load->filling = NULL;
    load->rows_sent += parcel->rows;
    load->bytes += parcel->bytes;
    mydrv_sender_put(load->sender);
    return wide && !mydrv_sender_wait(load->sender) ? load_fail_sent(load, err) : FERRY_OK;
}

/* A row that the statement has no room for goes into the next. */
static ferry_status load_add_literals(struct mydrv_load *load, const struct ferry_batch *batch,
                                      size_t row, struct ferry_error *err)
{
    struct mydrv_parcel *parcel = load_open_parcel(load);
    if (parcel == NULL)
        return load_fail_sent(load, err);
    size_t length = parcel->text.length;
    uint64_t bytes = parcel->bytes;
    if (parcel->rows > 0)
        mydrv_text_append(&parcel->text, ",\n", 2);
    ferry_status status = mydrv_row_add_literals(load, batch, row, parcel, err);
    if (status != FERRY_OK || parcel->text.length < load->packet) /* and the command's own byte */
        return status;
    if (parcel->rows == 1)
        return mydrv_row_fail_size(load, batch, row, parcel->text.length, err);
    parcel->text.length = length;
    parcel->bytes = bytes;
    parcel->rows--;
    status = load_close_parcel(load, parcel, err);
    return status == FERRY_OK ? load_add_literals(load, batch, row, err) : status;
}

static ferry_status load_add_line(struct mydrv_load *load, const struct ferry_batch *batch,
                                  size_t row, struct ferry_error *err)
{
    struct mydrv_parcel *parcel = load_open_parcel(load);
    return parcel == NULL ? load_fail_sent(load, err)
                          : mydrv_row_add_line(load, batch, row, parcel, err);
}

static ferry_status load_add_row(struct mydrv_load *load, const struct ferry_batch *batch,
                                 size_t row, struct ferry_error *err)
{
    size_t enough = load->infile || load->packet > LOAD_PARCEL ? LOAD_PARCEL : load->packet / 2;
    ferry_status status = load->infile ? load_add_line(load, batch, row, err)
                                       : load_add_literals(load, batch, row, err);
    struct mydrv_parcel *parcel = load->filling;
    return status == FERRY_OK && parcel != NULL && parcel->text.length >= enough
               ? load_close_parcel(load, parcel, err)
               : status;
}

/* ---- The lane as a whole ---- */

static ferry_status load_start(struct mydrv_load *load, struct ferry_error *err)
{
    if (load->sender != NULL)
        return FERRY_OK;
    mydrv_infile_write(load, &load->infile_sql);
    return load->infile_sql.failed ? mydrv_fail_memory(err) : mydrv_sender_start(load, err);
}

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
    load->packet = strtoumax(row[1], NULL, 10) - 1; /* servers end the connection at the limit */
    if (load->packet < 1024)
        load->packet = 1024; /* no server has less */
    ferry_log(FERRY_LOG_INFO, "%s: rows go by %s", conn->label,
              load->infile ? "LOAD DATA LOCAL, served from memory"
                           : "INSERT statements, since the server has local_infile off");
    return FERRY_OK;
}

/* A sender that has nothing to do gets what there is: rows of a slow source do not wait here. */
ferry_status mydrv_lane_batch(struct mydrv_load *load, const struct ferry_batch *batch,
                              struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(load->conn, err);
    if (status == FERRY_OK)
        status = load_start(load, err);
    for (size_t row = 0; row < ferry_batch_count(batch) && status == FERRY_OK; row++)
        status = load_add_row(load, batch, row, err);
    if (status == FERRY_OK && load->filling != NULL && mydrv_sender_is_idle(load->sender))
        status = load_close_parcel(load, load->filling, err);
    return status;
}

ferry_status mydrv_lane_end(struct mydrv_load *load, struct ferry_error *err)
{
    if (load->sender == NULL)
        return FERRY_OK;
    ferry_status status =
        load->filling == NULL ? FERRY_OK : load_close_parcel(load, load->filling, err);
    if (status == FERRY_OK && !mydrv_sender_wait(load->sender))
        status = load_fail_sent(load, err);
    if (status == FERRY_OK) {
        load->rows_loaded = mydrv_sender_free(load->sender);
        load->sender = NULL;
    }
    return status;
}

void mydrv_lane_free(struct mydrv_load *load)
{
    (void)mydrv_sender_free(load->sender);
    load->sender = NULL;
    mydrv_text_clear(&load->infile_sql);
}
