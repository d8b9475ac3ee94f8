/* Rows into a table: by LOAD DATA LOCAL served from memory, or by INSERT statements of many rows.
 *
 * LOAD DATA LOCAL tells of bad values by warnings only, since the server cannot stop the client: so
 * every warning and every row that is missing ends the load.  No row's text has a bare line break,
 * so in either lane each row of a parcel stands on a line of its own.
 */

#include "write/ask.h"
#include "write/rows.h"
#include "write/table.h"

#include <inttypes.h>
#include <string.h>

#define LANE_PARCEL ((size_t)1 << 20) /* about */
#define LANE_WIDE ((size_t)4 << 20)   /* of a parcel beyond this, there is only one in memory */

/* ---- What became of the rows that were sent ---- */

/* The row's line, without what parts it from the next; NULL behind the last. */
static const char *lane_next_line(const struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                  const char *at, size_t *ret_size)
{
    const char *end = parcel->text.data + parcel->text.length;
    if (at >= end)
        return NULL;
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    if (line_end == NULL)
        line_end = end;
    *ret_size = (size_t)(line_end - at);
    if (!lane->infile && line_end < end)
        --*ret_size; /* the comma */
    return line_end < end ? line_end + 1 : end;
}

static ferry_status lane_fail_parcel(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                     enum mydrv_sent sent, bool *ret_vague, struct ferry_error *err)
{
    if (sent == MYDRV_SENT_UNCOMMITTED)
        return mydrv_fail_conn(lane->conn, MYDRV_LOADING, "commit rows to the stage", err);
    return sent == MYDRV_SENT_REFUSED ? mydrv_verdict_fail(lane, parcel, err)
                                      : mydrv_verdict_doubt(lane, parcel, ret_vague, err);
}

/* The server refuses one of these rows and does not say which: they are tried one by one.  The load
 * has failed, so the rows before them need not stay. */
static ferry_status lane_find_row(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                  struct ferry_error *err)
{
    struct mydrv_parcel alone = {.first = parcel->first, .rows = 1};
    enum mydrv_sent sent = MYDRV_SENT_WHOLE;
    const char *at = parcel->text.data + parcel->head;
    const char *next;
    size_t size = 0;
    (void)mysql_rollback(lane->conn->native);
    while (sent == MYDRV_SENT_WHOLE && (next = lane_next_line(lane, parcel, at, &size)) != NULL) {
        alone.text.length = 0;
        part_text_append(&alone.text, parcel->text.data, parcel->head);
        part_text_append(&alone.text, at, size);
        part_text_append(&alone.text, "\n", 1);
        if (alone.text.failed)
            break;
        sent = mydrv_sender_send(lane, &alone);
        if (sent == MYDRV_SENT_WHOLE)
            alone.first++;
        at = next;
    }
    ferry_status status = alone.text.failed ? mydrv_fail_memory(err)
                          : sent != MYDRV_SENT_WHOLE
                              ? lane_fail_parcel(lane, &alone, sent, NULL, err)
                              : ferry_fail(err, FERRY_ERR_DATA,
                                           "%s: table '%s': the server refused a row among others "
                                           "and takes it alone; look into its log",
                                           lane->conn->label, lane->table);
    part_text_clear(&alone.text);
    return status;
}

/* The sender came to a parcel that the server did not take whole. */
static ferry_status lane_fail_sent(struct mydrv_lane *lane, struct ferry_error *err)
{
    struct mydrv_parcel *parcel = NULL;
    enum mydrv_sent sent = mydrv_sender_stop(lane->sender, &parcel);
    if (sent == MYDRV_SENT_REFUSED && mydrv_verdict_is_vague(lane, parcel))
        return lane_find_row(lane, parcel, err);
    bool vague = false;
    ferry_status status = lane_fail_parcel(lane, parcel, sent, &vague, err);
    return vague && status == FERRY_OK ? lane_find_row(lane, parcel, err) : status;
}

/* ---- Parcels ---- */

static void lane_write_insert(const struct mydrv_lane *lane, struct part_text *sql)
{
    part_text_add(sql, "INSERT INTO ");
    mydrv_text_add_name(sql, lane->into);
    part_text_add(sql, " (");
    if (lane->tag_name != NULL)
        mydrv_text_add_name(sql, lane->tag_name);
    for (size_t i = 0; i < ferry_schema_count(lane->schema); i++) {
        if (i > 0 || lane->tag_name != NULL)
            part_text_add(sql, ", ");
        mydrv_text_add_name(sql, ferry_schema_column(lane->schema, i)->name);
    }
    part_text_add(sql, ") VALUES\n");
}

/* The parcel that is being filled.  NULL where one before it was not taken whole. */
static struct mydrv_parcel *lane_open_parcel(struct mydrv_lane *lane)
{
    struct mydrv_parcel *parcel = lane->filling;
    if (parcel != NULL || (parcel = mydrv_sender_take(lane->sender)) == NULL)
        return parcel;
    parcel->text.length = 0;
    parcel->first = lane->rows_sent + 1;
    parcel->rows = 0;
    parcel->bytes = 0;
    if (!lane->infile)
        lane_write_insert(lane, &parcel->text);
    parcel->head = parcel->text.length;
    lane->filling = parcel;
    return parcel;
}

static ferry_status lane_close_parcel(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                      struct ferry_error *err)
{
    bool wide = parcel->text.length > LANE_WIDE;
    if (parcel->text.failed)
        return mydrv_fail_memory(err);
    lane->filling = NULL;
    lane->rows_sent += parcel->rows;
    lane->bytes += parcel->bytes;
    mydrv_sender_put(lane->sender);
    return wide && !mydrv_sender_wait(lane->sender) ? lane_fail_sent(lane, err) : FERRY_OK;
}

/* A row that the statement has no room for goes into the next. */
static ferry_status lane_add_literals(struct mydrv_lane *lane, const struct ferry_batch *batch,
                                      size_t row, struct ferry_error *err)
{
    struct mydrv_parcel *parcel = lane_open_parcel(lane);
    if (parcel == NULL)
        return lane_fail_sent(lane, err);
    size_t length = parcel->text.length;
    uint64_t bytes = parcel->bytes;
    if (parcel->rows > 0)
        part_text_append(&parcel->text, ",\n", 2);
    ferry_status status = mydrv_row_add_literals(lane, batch, row, parcel, err);
    if (status != FERRY_OK || parcel->text.length < lane->packet) /* and the command's own byte */
        return status;
    if (parcel->rows == 1)
        return mydrv_row_fail_size(lane, batch, row, parcel->text.length, err);
    parcel->text.length = length;
    parcel->bytes = bytes;
    parcel->rows--;
    status = lane_close_parcel(lane, parcel, err);
    return status == FERRY_OK ? lane_add_literals(lane, batch, row, err) : status;
}

static ferry_status lane_add_line(struct mydrv_lane *lane, const struct ferry_batch *batch,
                                  size_t row, struct ferry_error *err)
{
    struct mydrv_parcel *parcel = lane_open_parcel(lane);
    return parcel == NULL ? lane_fail_sent(lane, err)
                          : mydrv_row_add_line(lane, batch, row, parcel, err);
}

static ferry_status lane_add_row(struct mydrv_lane *lane, const struct ferry_batch *batch,
                                 size_t row, struct ferry_error *err)
{
    size_t enough = lane->infile || lane->packet > LANE_PARCEL ? LANE_PARCEL : lane->packet / 2;
    ferry_status status = lane->infile ? lane_add_line(lane, batch, row, err)
                                       : lane_add_literals(lane, batch, row, err);
    struct mydrv_parcel *parcel = lane->filling;
    return status == FERRY_OK && parcel != NULL && parcel->text.length >= enough
               ? lane_close_parcel(lane, parcel, err)
               : status;
}

/* ---- Its beginning ---- */

static ferry_status lane_start(struct mydrv_lane *lane, struct ferry_error *err)
{
    if (lane->sender != NULL)
        return FERRY_OK;
    mydrv_infile_write(lane, &lane->infile_sql);
    return lane->infile_sql.failed ? mydrv_fail_memory(err) : mydrv_sender_start(lane, err);
}

static ferry_status lane_make_forms(struct mydrv_lane *lane, const struct ferry_layout *layout,
                                    struct ferry_error *err)
{
    size_t count = ferry_schema_count(lane->schema);
    lane->forms = calloc(count, sizeof *lane->forms);
    if (lane->forms == NULL)
        return mydrv_fail_memory(err);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        status = mydrv_form_make(&lane->forms[i], ferry_schema_column(lane->schema, i),
                                 layout->natives[i], err);
    return status;
}

static ferry_status lane_choose(struct mydrv_lane *lane, struct ferry_error *err)
{
    struct mydrv_conn *conn = lane->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT @@GLOBAL.local_infile, @@SESSION.max_allowed_packet");
    ferry_status status = mydrv_ask(conn, &sql, 2, "ask for the server's limits", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (row == NULL || row[0] == NULL || row[1] == NULL)
        return status == FERRY_OK
                   ? mydrv_fail(conn, MYDRV_LOADING, 0, "", "learn the server's limits", err)
                   : status;
    lane->infile = strcmp(row[0], "1") == 0;
    lane->packet = strtoumax(row[1], NULL, 10) - 1; /* servers end the connection at the limit */
    if (lane->packet < 1024)
        lane->packet = 1024; /* no server has less */
    ferry_log(FERRY_LOG_INFO, "%s: rows go by %s", conn->label,
              lane->infile ? "LOAD DATA LOCAL, served from memory"
                           : "INSERT statements, since the server has local_infile off");
    return FERRY_OK;
}

/* ---- What the table turned out to be ---- */

static ferry_status lane_fail_altered(const struct mydrv_lane *lane, struct ferry_error *err)
{
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY, "%s: table '%s' was altered just now; run again",
                   lane->conn->label, lane->table);
    ferry_error_may_pass(err);
    return status;
}

/* How the texts of one column go to the server. */
static ferry_status lane_choose_charset(const struct mydrv_lane *lane, struct mydrv_form *form,
                                        const struct mydrv_live_column *column,
                                        struct ferry_error *err)
{
    const struct mydrv_charset *set =
        column->charset == NULL ? NULL : mydrv_charset_named(column->charset);
    bool raw = (form->source->flags & FERRY_COLUMN_RAW) != 0;
    form->raw = raw && form->source->type == FERRY_TYPE_TEXT;
    if (form->raw && (column->charset == NULL || form->source->charset == NULL ||
                      strcmp(column->charset, form->source->charset) != 0))
        return lane_fail_altered(lane, err);
    form->foreign_charset = mydrv_type_has_charset(&form->type) && !form->raw &&
                            (set == NULL || set->kind != MYDRV_CHARSET_UTF8);
    bool listed = form->type.kind == MYDRV_KIND_ENUM || form->type.kind == MYDRV_KIND_SET;
    if (!form->foreign_charset || listed || set == NULL || set->kind != MYDRV_CHARSET_CODES)
        return FERRY_OK;
    form->foreign_charset = false;
    form->encoded = calloc(1, sizeof *form->encoded);
    return form->encoded == NULL ? mydrv_fail_memory(err)
                                 : mydrv_codes_get(lane->conn, set, &form->codes, err);
}

ferry_status mydrv_lane_learn(struct mydrv_lane *lane, const char *table, struct ferry_error *err)
{
    struct mydrv_table into = {0};
    ferry_status status = mydrv_table_load(lane->conn, table, &into, err);
    for (size_t i = 0; i < ferry_schema_count(lane->schema) && status == FERRY_OK; i++) {
        struct mydrv_form *form = &lane->forms[i];
        const struct mydrv_live_column *column =
            mydrv_table_find(&into, ferry_schema_column(lane->schema, i)->name);
        if (column == NULL) {
            status = lane_fail_altered(lane, err);
            break;
        }
        form->not_null = column->not_null;
        form->auto_number =
            strstr(column->clauses, "AUTO_INCREMENT") != NULL && form->type.kind == MYDRV_KIND_INT;
        status = lane_choose_charset(lane, form, column, err);
    }
    mydrv_table_clear(&into);
    return status;
}

/* ---- The lane as a whole ---- */

ferry_status mydrv_lane_begin(struct mydrv_lane *lane, struct mydrv_conn *conn, const char *into,
                              const struct ferry_layout *layout, struct ferry_error *err)
{
    lane->conn = conn;
    lane->into = into;
    lane->table = layout->table;
    lane->schema = layout->schema;
    ferry_status status = lane_make_forms(lane, layout, err);
    return status == FERRY_OK ? lane_choose(lane, err) : status;
}

/* A sender that has nothing to do gets what there is: rows of a slow source do not wait here. */
ferry_status mydrv_lane_batch(struct mydrv_lane *lane, const struct ferry_batch *batch,
                              struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(lane->conn, err);
    if (status == FERRY_OK)
        status = lane_start(lane, err);
    for (size_t row = 0; row < ferry_batch_count(batch) && status == FERRY_OK; row++)
        status = lane_add_row(lane, batch, row, err);
    if (status == FERRY_OK && lane->filling != NULL && mydrv_sender_is_idle(lane->sender))
        status = lane_close_parcel(lane, lane->filling, err);
    return status;
}

ferry_status mydrv_lane_end(struct mydrv_lane *lane, struct ferry_error *err)
{
    if (lane->sender == NULL)
        return FERRY_OK;
    ferry_status status =
        lane->filling == NULL ? FERRY_OK : lane_close_parcel(lane, lane->filling, err);
    if (status == FERRY_OK && !mydrv_sender_wait(lane->sender))
        status = lane_fail_sent(lane, err);
    if (status == FERRY_OK) {
        lane->rows = mydrv_sender_free(lane->sender);
        lane->sender = NULL;
    }
    return status;
}

void mydrv_lane_stop(struct mydrv_lane *lane)
{
    (void)mydrv_sender_free(lane->sender);
    lane->sender = NULL;
}

void mydrv_lane_free(struct mydrv_lane *lane)
{
    mydrv_lane_stop(lane);
    for (size_t i = 0; lane->forms != NULL && i < ferry_schema_count(lane->schema); i++)
        mydrv_form_clear(&lane->forms[i]);
    free(lane->forms);
    lane->forms = NULL;
    part_text_clear(&lane->infile_sql);
}
