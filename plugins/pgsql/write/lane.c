/* Rows on their way into a table: one COPY for many batches, and a new one after some megabytes, so
 * that a row that the server refuses is not found hours later.
 */

#include "write/target.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define LANE_PARCEL ((uint64_t)32 << 20) /* bytes between two looks at what the server says */
#define LANE_SEND ((size_t)256 << 10)    /* that are given to the library at once */
static const char lane_doing[] = "load rows";

static void lane_write_start(struct pgdrv_lane *lane, const char *path, const char *extra,
                             bool freeze)
{
    struct part_text *sql = &lane->start;
    part_text_addf(sql, "COPY %s (", path);
    for (size_t i = 0; i < ferry_schema_count(lane->layout->schema); i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        pgdrv_text_add_name(sql, ferry_schema_column(lane->layout->schema, i)->name);
    }
    if (extra != NULL) {
        part_text_add(sql, ", ");
        pgdrv_text_add_name(sql, extra);
    }
    part_text_addf(sql, ") FROM STDIN WITH (FORMAT %s, FREEZE %s)",
                   lane->binary ? "binary" : "text", freeze ? "true" : "false");
}

ferry_status pgdrv_lane_begin(struct pgdrv_lane *lane, struct pgdrv_conn *conn, const char *path,
                              const struct ferry_layout *layout, const char *extra, bool freeze,
                              struct ferry_error *err)
{
    lane->conn = conn;
    lane->layout = layout;
    ferry_status status = pgdrv_forms_make(conn, layout, &lane->forms, err);
    if (status != FERRY_OK)
        return status;
    lane->binary = pgdrv_binary_is_possible(conn, lane->forms, ferry_schema_count(layout->schema));
    lane_write_start(lane, path, extra, freeze);
    return lane->start.failed ? pgdrv_fail_memory(err) : FERRY_OK;
}

void pgdrv_lane_free(struct pgdrv_lane *lane)
{
    free(lane->forms);
    lane->forms = NULL;
    part_text_clear(&lane->start);
    part_text_clear(&lane->rows);
}

/* ---- One COPY ---- */

/* The results until the last.  `*ret_result` is the first that is an error, else the last but for
 * none. */
static ferry_status lane_take_result(struct pgdrv_lane *lane, bool begins, PGresult **ret_result,
                                     struct ferry_error *err)
{
    PGresult *result = NULL;
    PGDRV_AUTO_RESULT PGresult *first = NULL;
    ferry_status status = FERRY_OK;
    do {
        status = pgdrv_next(lane->conn, PGDRV_LOADING, lane_doing, &result, err);
        if (status != FERRY_OK || result == NULL)
            break;
        bool copies = begins && PQresultStatus(result) == PGRES_COPY_IN;
        if (first == NULL || pgdrv_result_is_good(first)) {
            PQclear(first);
            first = result;
        } else {
            PQclear(result);
        }
        if (copies || PQstatus(lane->conn->pg) == CONNECTION_BAD)
            break;
    } while (true);
    if (status != FERRY_OK)
        return status;
    if (first == NULL)
        return pgdrv_fail_result(lane->conn, PGDRV_LOADING, NULL, lane_doing, err);
    *ret_result = first;
    first = NULL;
    return FERRY_OK;
}

static ferry_status lane_start(struct pgdrv_lane *lane, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status =
        pgdrv_send(lane->conn, PGDRV_LOADING, lane->start.data, NULL, 0, false, lane_doing, err);
    if (status == FERRY_OK)
        status = lane_take_result(lane, true, &result, err);
    if (status != FERRY_OK)
        return status;
    if (PQresultStatus(result) != PGRES_COPY_IN)
        return pgdrv_fail_result(lane->conn, PGDRV_LOADING, result, lane_doing, err);
    lane->under_way = true;
    lane->parcel = 0;
    return FERRY_OK;
}

/* The library says 0 where it has no room: what it has goes out first. */
static ferry_status lane_send(struct pgdrv_lane *lane, struct ferry_error *err)
{
    struct pgdrv_conn *conn = lane->conn;
    if (lane->rows.failed)
        return pgdrv_fail_memory(err);
    for (size_t sent = 0; sent < lane->rows.length;) {
        size_t left = lane->rows.length - sent;
        size_t size = left < LANE_SEND ? left : LANE_SEND;
        int put = PQputCopyData(conn->pg, lane->rows.data + sent, (int)size);
        if (put < 0)
            return pgdrv_fail_result(conn, PGDRV_LOADING, NULL, lane_doing, err);
        ferry_status status = pgdrv_flush(conn, PGDRV_LOADING, lane_doing, err);
        if (status != FERRY_OK)
            return status;
        sent += put > 0 ? size : 0;
    }
    lane->parcel += lane->rows.length;
    lane->bytes += lane->rows.length;
    lane->rows.length = 0;
    return FERRY_OK;
}

static ferry_status lane_stop(struct pgdrv_lane *lane, struct ferry_error *err)
{
    struct pgdrv_conn *conn = lane->conn;
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    int put;
    if (lane->binary)
        pgdrv_binary_end(&lane->rows);
    ferry_status status = lane_send(lane, err);
    if (status != FERRY_OK)
        return status;
    while ((put = PQputCopyEnd(conn->pg, NULL)) == 0) {
        ferry_status flushed = pgdrv_flush(conn, PGDRV_LOADING, lane_doing, err);
        if (flushed != FERRY_OK)
            return flushed;
    }
    if (put < 0)
        return pgdrv_fail_result(conn, PGDRV_LOADING, NULL, lane_doing, err);
    lane->under_way = false;
    status = pgdrv_flush(conn, PGDRV_LOADING, lane_doing, err);
    if (status == FERRY_OK)
        status = lane_take_result(lane, false, &result, err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(result))
        return pgdrv_verdict_fail(conn, result, lane->layout, lane->first, lane_doing, err);
    lane->taken += pgdrv_sql_rows(result);
    return FERRY_OK;
}

/* ---- Batches ---- */

static const char *lane_add_field(struct pgdrv_lane *lane, size_t i, const struct ferry_cell *cell)
{
    if (lane->binary)
        return pgdrv_binary_encode(&lane->forms[i], cell, &lane->rows);
    part_text_append(&lane->rows, "\t", i > 0 ? 1 : 0);
    return pgdrv_encode_text(&lane->forms[i], cell, &lane->rows);
}

static void lane_end_row(struct pgdrv_lane *lane, size_t fields)
{
    if (lane->binary) {
        if (lane->tag != 0)
            pgdrv_binary_add_small(lane->tag, &lane->rows);
        return;
    }
    if (lane->tag != 0)
        part_text_addf(&lane->rows, "%s%" PRIu32, fields > 0 ? "\t" : "", lane->tag);
    part_text_append(&lane->rows, "\n", 1);
}

static ferry_status lane_add_row(struct pgdrv_lane *lane, const struct ferry_batch *batch,
                                 size_t row, struct ferry_error *err)
{
    static const struct ferry_cell nothing = {.null = 1};
    const struct ferry_cell *cells = ferry_batch_cells(batch, row);
    size_t count = ferry_schema_count(lane->layout->schema);
    if (lane->binary)
        pgdrv_binary_begin_row(count + (lane->tag != 0 ? 1 : 0), &lane->rows);
    for (size_t i = 0; i < count; i++) {
        size_t at = lane->places == NULL ? i : lane->places[i];
        const char *flaw =
            lane_add_field(lane, i, at == PGDRV_LANE_NOWHERE ? &nothing : &cells[at]);
        if (flaw != NULL)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, at, "the value %s (%s)", flaw,
                                   lane->layout->natives[i]);
    }
    lane_end_row(lane, count);
    return lane->rows.failed ? pgdrv_fail_memory(err) : FERRY_OK;
}

ferry_status pgdrv_lane_batch(struct pgdrv_lane *lane, const struct ferry_batch *batch,
                              struct ferry_error *err)
{
    size_t count = ferry_batch_count(batch);
    ferry_status status = pgdrv_conn_check(lane->conn, err);
    if (lane->binary && !lane->under_way && count > 0)
        pgdrv_binary_begin(&lane->rows);
    for (size_t row = 0; row < count && status == FERRY_OK; row++)
        status = lane_add_row(lane, batch, row, err);
    if (status != FERRY_OK || count == 0)
        return status;
    if (!lane->under_way) {
        lane->first = lane->sent_rows + 1;
        status = lane_start(lane, err);
    }
    lane->sent_rows += count;
    if (status == FERRY_OK)
        status = lane_send(lane, err);
    return status == FERRY_OK && lane->parcel >= LANE_PARCEL ? lane_stop(lane, err) : status;
}

ferry_status pgdrv_lane_end(struct pgdrv_lane *lane, struct ferry_error *err)
{
    ferry_status status = lane->under_way ? lane_stop(lane, err) : FERRY_OK;
    if (status == FERRY_OK && lane->taken != lane->sent_rows)
        status = ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: the server has taken %" PRIu64 " rows of table '%s' after %" PRIu64
                            " were sent",
                            lane->conn->label, lane->taken, lane->layout->table, lane->sent_rows);
    return status;
}

/* Nobody is told of a failure: the connection is not used any more then. */
void pgdrv_lane_give_up(struct pgdrv_lane *lane)
{
    struct pgdrv_conn *conn = lane->conn;
    lane->under_way = false;
    if (conn->broken || atomic_load(&conn->cancelled) || PQputCopyEnd(conn->pg, "given up") <= 0) {
        conn->broken = true;
        return;
    }
    while (conn->under_way) {
        for (int left; (left = PQflush(conn->pg)) > 0 || PQisBusy(conn->pg) != 0;)
            if (pgdrv_wait(conn, left > 0 ? POLLIN | POLLOUT : POLLIN) != PGDRV_READY ||
                PQconsumeInput(conn->pg) == 0) {
                conn->broken = true;
                return;
            }
        PGDRV_AUTO_RESULT PGresult *result = PQgetResult(conn->pg);
        conn->under_way = result != NULL;
    }
}
