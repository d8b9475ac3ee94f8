/* The rows of a SELECT.
 *
 * libdbi holds each result whole, and twice.  So rows are asked for in pieces, each as large as the
 * rows in it, or those before it, let it be; where a dialect has no way to do so, the size of the
 * whole is asked for beforehand, and a result that is too large is refused.
 */

#include "read/read.h"

#include <inttypes.h>

#define PIECE_FIRST 8
#define PIECE_MOST 4096
/* Where a row may be of any length and nobody is asked: long ones that follow short ones all at
 * once come in a piece of as many as the short ones let fit. */
#define PIECE_BLIND 128
/* Of what libdbi may hold.  Where the rows are known, the rest is the client library's; where they
 * are like those before them, it is for those that are longer. */
#define PIECE_MEASURED_SHARE 2
#define PIECE_LONGEST_SHARE 4
#define PIECE_SHARE 8
/* What a row, and each value of it, costs beside its bytes. */
#define ROW_BYTES 128
#define VALUE_BYTES DBIDRV_VALUE_BYTES
/* How many a letter may become on its way to the client's character set. */
#define LETTER_BYTES 4

/* ---- As a whole ---- */

/* libdbi's driver keeps room for the longest value that a column may have in each row, so what
 * counts is how wide the columns are. */
static ferry_status rows_weigh(struct dbidrv_rows *rows, const struct dbidrv_asked *asked,
                               const char *doing, uint64_t *ret_count, struct ferry_error *err)
{
    static const char weighing[] = "ask how many rows there are";
    struct dbidrv_conn *conn = rows->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    uint64_t count = 0;
    bool row = false;
    part_text_addf(&sql, "SELECT CAST(COUNT_BIG(*) AS varchar(20)) AS c1 FROM (%s) AS dbferry_w",
                   asked->select);
    ferry_status status =
        sql.failed ? dbidrv_fail_memory(err)
                   : dbidrv_answer_ask(conn, sql.data, 1, DBIDRV_READING, weighing, &answer, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(conn, &answer, weighing, &row, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_number(conn, &answer, weighing, &count, err);
    if (status != FERRY_OK)
        return status;
    double bytes = (double)count * (double)(ROW_BYTES + (uint64_t)VALUE_BYTES * rows->columns +
                                            LETTER_BYTES * asked->widest);
    if (bytes > (double)conn->most)
        return ferry_fail(err, FERRY_ERR_DATA,
                          "%s: cannot %s: libdbi would hold about %.0f MiB in memory; raise "
                          "max_result_bytes, or read less",
                          conn->label, doing, bytes / 1048576);
    ferry_log(FERRY_LOG_INFO, "%s: libdbi will hold about %.0f MiB in memory", conn->label,
              bytes / 1048576);
    *ret_count = count;
    return FERRY_OK;
}

/* That all rows have come, nothing else would prove. */
static ferry_status rows_open_whole(struct dbidrv_rows *rows, const struct dbidrv_asked *asked,
                                    const char *doing, struct ferry_error *err)
{
    uint64_t count = 0;
    ferry_status status = rows_weigh(rows, asked, doing, &count, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_open(rows->conn, asked->select, rows->columns, DBIDRV_READING, doing,
                                    &rows->answer, err);
    if (status != FERRY_OK || rows->answer.rows == count)
        return status;
    return ferry_fail(err, FERRY_ERR_STREAM,
                      "%s: cannot %s: libdbi gives %" PRIu64
                      " rows, where the database has counted "
                      "%" PRIu64,
                      rows->conn->label, doing, rows->answer.rows, count);
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
    if (rows->measured)
        return PIECE_MOST;
    return widest == 0 || fit < PIECE_BLIND ? PIECE_BLIND : rows_least(fit, PIECE_MOST);
}

static ferry_status rows_open_pieces(struct dbidrv_rows *rows, const struct dbidrv_asked *asked,
                                     const char *doing, struct ferry_error *err)
{
    const struct dbidrv_pieces *pieces = rows->conn->dialect->pieces;
    PART_AUTO_TEXT struct part_text sql = {0};
    bool bounded = asked->widest > 0 && rows_most(rows, asked->widest) == PIECE_MOST;
    bool sized = pieces->open_sizes != NULL && asked->sizes != NULL && !bounded;
    part_text_addf(&sql, "%s%s", pieces->open, asked->select);
    ferry_status status = sql.failed
                              ? dbidrv_fail_memory(err)
                              : dbidrv_run(rows->conn, sql.data, DBIDRV_READING, doing, NULL, err);
    rows->open = status == FERRY_OK;
    if (status == FERRY_OK && sized) {
        part_text_reset(&sql);
        part_text_addf(&sql, "%s%s", pieces->open_sizes, asked->sizes);
        status = sql.failed ? dbidrv_fail_memory(err)
                            : dbidrv_run(rows->conn, sql.data, DBIDRV_READING, doing, NULL, err);
        rows->sized = status == FERRY_OK;
    }
    rows->measured = pieces->measure != NULL && !bounded && (sized || pieces->open_sizes == NULL);
    rows->most = rows_most(rows, asked->widest);
    return status;
}

ferry_status dbidrv_rows_open(struct dbidrv_rows *rows, struct dbidrv_conn *conn,
                              const struct dbidrv_asked *asked, const char *doing,
                              struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    *rows = (struct dbidrv_rows){.conn = conn, .columns = asked->columns, .piece = PIECE_FIRST};
    if (!conn->transaction && conn->dialect->snapshot != NULL) {
        status = dbidrv_conn_begin(conn, conn->dialect->snapshot, "begin a transaction", err);
        rows->own_transaction = status == FERRY_OK;
    }
    if (status != FERRY_OK)
        return status;
    return conn->dialect->pieces == NULL ? rows_open_whole(rows, asked, doing, err)
                                         : rows_open_pieces(rows, asked, doing, err);
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
    const struct dbidrv_pieces *pieces = rows->conn->dialect->pieces;
    ferry_status status = FERRY_OK;
    if (rows->answer.result != NULL && rows->measured)
        rows->piece = rows_least(rows->piece * 4, rows->most);
    else if (rows->answer.result != NULL)
        rows_choose_piece(rows);
    rows->done += rows->answer.rows;
    dbidrv_answer_close(&rows->answer);
    if (rows->measured)
        status = pieces->measure(rows, rows->piece, rows_beside(rows),
                                 rows->conn->most / PIECE_MEASURED_SHARE, &rows->piece, err);
    if (status != FERRY_OK)
        return status;
    pieces->add(&sql, rows->columns, rows->done, rows->piece);
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

static void rows_run(const struct dbidrv_rows *rows, const char *sql)
{
    dbi_result result = dbi_conn_query(rows->conn->dbi, sql);
    if (result != NULL)
        dbi_result_free(result);
}

/* The end of a transaction ends what was opened in it. */
void dbidrv_rows_close(struct dbidrv_rows *rows)
{
    dbidrv_answer_close(&rows->answer);
    if (rows->conn == NULL)
        return;
    const struct dbidrv_pieces *pieces = rows->conn->dialect->pieces;
    if (rows->own_transaction)
        dbidrv_conn_rollback(rows->conn);
    if (!rows->own_transaction && rows->open)
        rows_run(rows, pieces->close);
    if (!rows->own_transaction && rows->sized)
        rows_run(rows, pieces->close_sizes);
    rows->open = rows->sized = rows->own_transaction = false;
}
