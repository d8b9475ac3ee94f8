/* A result that comes page by page, by a cursor of the database: so no more than a page of it is in
 * memory.  psqlodbc would declare one by itself, but brings the program down where the server goes
 * away between two of its pages.
 */

#include "read/read.h"

#include <inttypes.h>

#define PAGE_BLOCKS 8 /* of rows that come in blocks, whose size is bounded */
#define PAGE_ROWS 1000
#define PAGE_ROWS_FIRST 16 /* of rows that have no greatest size */
#define PAGE_BYTES ((size_t)8 << 20)

ferry_status odrv_pages_begin(struct odrv_fetch *fetch, const char *sql, const char *doing,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text declare = {0};
    unsigned number = ++fetch->conn->cursors;
    part_text_addf(&declare, "DECLARE dbferry_rows_%u NO SCROLL CURSOR FOR ", number);
    part_text_add(&declare, sql);
    if (declare.failed || asprintf(&fetch->close, "CLOSE dbferry_rows_%u", number) < 0) {
        fetch->close = NULL;
        return odrv_fail_memory(err);
    }
    fetch->pages = number;
    return odrv_run(fetch->conn, declare.data, ODRV_READING, doing, err);
}

/* How many rows come next, by the size of those of this page; where they are longer than these, the
 * page after it has fewer. */
static uint64_t pages_rows(const struct odrv_fetch *fetch)
{
    uint64_t before = fetch->rows - fetch->page_began;
    if (fetch->block > 0)
        return fetch->block * PAGE_BLOCKS;
    if (before == 0)
        return PAGE_ROWS_FIRST;
    uint64_t fit = PAGE_BYTES * before / (fetch->page_bytes + before);
    uint64_t most = before * 8 < PAGE_ROWS ? before * 8 : PAGE_ROWS;
    return fit < 1 ? 1 : fit < most ? fit : most;
}

SQLRETURN odrv_pages_turn(struct odrv_fetch *fetch)
{
    char sql[96];
    (void)snprintf(sql, sizeof sql, "FETCH FORWARD %" PRIu64 " FROM dbferry_rows_%u",
                   pages_rows(fetch), fetch->pages);
    (void)SQLFreeStmt(fetch->stmt, SQL_CLOSE);
    fetch->page_began = fetch->rows;
    fetch->page_bytes = 0;
    SQLRETURN result = SQLExecDirect(fetch->stmt, (SQLCHAR *)sql, SQL_NTS);
    if (result == SQL_SUCCESS_WITH_INFO)
        (void)odrv_fetch_note(fetch); /* no value has come yet */
    return result;
}

/* Where the transaction goes on, others are to come. */
void odrv_pages_end(struct odrv_fetch *fetch)
{
    if (fetch->close != NULL && fetch->conn->transaction && odrv_is_usable(fetch->conn))
        (void)odrv_try(fetch->conn, fetch->close);
    free(fetch->close);
    fetch->close = NULL;
}
