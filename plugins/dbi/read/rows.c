/* The rows of a SELECT.
 *
 * libdbi holds each result whole, and twice.  So rows are asked for in pieces, each as large as the
 * rows before it let it be; where a dialect has no way to do so, the size of the whole is asked for
 * beforehand, and a result that is too large is refused.
 */

#include "read/read.h"

#include <inttypes.h>

#define PIECE_FIRST 8
#define PIECE_MOST 4096
/* Where a row may be of any length: long ones that follow short ones all at once come in a piece of
 * as many as the short ones let fit. */
#define PIECE_BLIND 128
/* Of what libdbi may hold: twice the values, and what rows that are longer than the ones before
 * them need; and where each row is as long as the longest. */
#define PIECE_SHARE 8
#define PIECE_LONGEST_SHARE 4
/* What a row, and each value of it, costs beside its bytes. */
#define ROW_BYTES 128
#define VALUE_BYTES 64

/* ---- As a whole ---- */

static ferry_status rows_weigh(struct dbidrv_rows *rows, const char *select, const char *doing,
                               struct ferry_error *err)
{
    struct dbidrv_conn *conn = rows->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = false;
    part_text_add(&sql, "SELECT CAST(COUNT(*) AS varchar(20)) AS c1, CAST(COALESCE(SUM(");
    for (unsigned i = 1; i <= rows->columns; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "c%u", i);
        part_text_add(&sql, i > 1 ? " + " : "");
        part_text_add_template(&sql, conn->dialect->size_of, name);
    }
    part_text_addf(&sql, "), 0) AS varchar(20)) AS c2 FROM (%s) AS dbferry_w", select);
    ferry_status status = sql.failed
                              ? dbidrv_fail_memory(err)
                              : dbidrv_answer_ask(conn, sql.data, 2, DBIDRV_READING,
                                                  "ask how large the result is", &answer, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(conn, &answer, doing, &row, err);
    if (status != FERRY_OK)
        return status;
    double count = strtod(dbidrv_answer_text(&answer, 0), NULL);
    double bytes = 2 * strtod(dbidrv_answer_text(&answer, 1), NULL) +
                   count * (ROW_BYTES + VALUE_BYTES * (double)rows->columns);
    if (bytes > (double)conn->most)
        return ferry_fail(err, FERRY_ERR_DATA,
                          "%s: cannot %s: libdbi would hold about %.0f MiB in memory; raise "
                          "max_result_bytes, or read less",
                          conn->label, doing, bytes / 1048576);
    ferry_log(FERRY_LOG_INFO, "%s: libdbi will hold about %.0f MiB in memory", conn->label,
              bytes / 1048576);
    return FERRY_OK;
}

static ferry_status rows_open_whole(struct dbidrv_rows *rows, const char *select, const char *doing,
                                    struct ferry_error *err)
{
    ferry_status status = rows_weigh(rows, select, doing, err);
    return status == FERRY_OK ? dbidrv_answer_open(rows->conn, select, rows->columns,
                                                   DBIDRV_READING, doing, &rows->answer, err)
                              : status;
}

/* ---- In pieces ---- */

static uint64_t rows_least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

/* What a row costs beside its bytes. */
static uint64_t rows_beside(const struct dbidrv_rows *rows)
{
    return ROW_BYTES + (uint64_t)VALUE_BYTES * rows->columns;
}

static uint64_t rows_most(const struct dbidrv_rows *rows, uint64_t widest)
{
    uint64_t fit = rows->conn->most / PIECE_LONGEST_SHARE / (widest + rows_beside(rows));
    return widest == 0 || fit < PIECE_BLIND ? PIECE_BLIND : rows_least(fit, PIECE_MOST);
}

ferry_status dbidrv_rows_open(struct dbidrv_rows *rows, struct dbidrv_conn *conn,
                              const char *select, unsigned columns, uint64_t widest,
                              const char *doing, struct ferry_error *err)
{
    const struct dbidrv_pieces *pieces = conn->dialect->pieces;
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = FERRY_OK;
    *rows = (struct dbidrv_rows){.conn = conn, .columns = columns, .piece = PIECE_FIRST};
    rows->most = rows_most(rows, widest);
    if (!conn->transaction && conn->dialect->snapshot != NULL) {
        status = dbidrv_conn_begin(conn, conn->dialect->snapshot, "begin a transaction", err);
        rows->own_transaction = status == FERRY_OK;
    }
    if (status == FERRY_OK && pieces == NULL)
        return rows_open_whole(rows, select, doing, err);
    part_text_addf(&sql, "%s%s", pieces == NULL ? "" : pieces->open, select);
    if (status == FERRY_OK && sql.failed)
        status = dbidrv_fail_memory(err);
    if (status == FERRY_OK)
        status = dbidrv_run(conn, sql.data, DBIDRV_READING, doing, NULL, err);
    rows->open = status == FERRY_OK;
    return status;
}

/* As many as the rows so far let hope will be small enough. */
static void rows_choose_piece(struct dbidrv_rows *rows)
{
    const struct dbidrv_answer *answer = &rows->answer;
    uint64_t count = answer->rows > 0 ? answer->rows : 1, beside = rows_beside(rows);
    uint64_t longest = answer->row_bytes > answer->longest ? answer->row_bytes : answer->longest;
    rows->longest = longest > rows->longest / 2 ? longest : rows->longest / 2;
    uint64_t fit = rows->conn->most / PIECE_SHARE / (answer->bytes / count + beside);
    uint64_t safe = rows->conn->most / PIECE_LONGEST_SHARE / (rows->longest + beside);
    uint64_t chosen = rows_least(rows_least(fit, safe), rows_least(rows->piece * 4, rows->most));
    rows->piece = chosen < 1 ? 1 : chosen;
}

static ferry_status rows_next_piece(struct dbidrv_rows *rows, const char *doing,
                                    struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (rows->answer.result != NULL)
        rows_choose_piece(rows);
    rows->done += rows->answer.rows;
    dbidrv_answer_close(&rows->answer);
    rows->conn->dialect->pieces->add(&sql, rows->columns, rows->done, rows->piece);
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_answer_open(rows->conn, sql.data, rows->columns, DBIDRV_READING,
                                           doing, &rows->answer, err);
}

ferry_status dbidrv_rows_next(struct dbidrv_rows *rows, const char *doing, bool *ret_row,
                              struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    *ret_row = false;
    if (rows->ended)
        return FERRY_OK;
    if (rows->open && rows->answer.at == rows->answer.rows)
        status = rows_next_piece(rows, doing, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(rows->conn, &rows->answer, doing, ret_row, err);
    rows->ended = status == FERRY_OK && !*ret_row; /* of a piece: one without a row */
    return status;
}

/* The end of a transaction ends what was opened in it. */
void dbidrv_rows_close(struct dbidrv_rows *rows)
{
    dbidrv_answer_close(&rows->answer);
    if (rows->conn == NULL)
        return;
    if (rows->own_transaction)
        dbidrv_conn_rollback(rows->conn);
    else if (rows->open) {
        dbi_result result = dbi_conn_query(rows->conn->dbi, rows->conn->dialect->pieces->close);
        if (result != NULL)
            dbi_result_free(result);
    }
    rows->open = rows->own_transaction = false;
}
