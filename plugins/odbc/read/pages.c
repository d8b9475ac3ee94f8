/* A result that comes page by page, by a cursor of the database: so no more than a page of it is in
 * memory.  psqlodbc would declare one by itself, but brings the program down where the server goes
 * away between two of its pages.
 */

#include "read/read.h"

#include <string.h>

#define PAGE_ROWS 1000

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
    if (asprintf(&fetch->page, "FETCH FORWARD %d FROM dbferry_rows_%u", PAGE_ROWS, number) < 0) {
        fetch->page = NULL;
        return odrv_fail_memory(err);
    }
    return odrv_run(fetch->conn, declare.data, ODRV_READING, doing, err);
}

SQLRETURN odrv_pages_turn(struct odrv_fetch *fetch)
{
    (void)SQLFreeStmt(fetch->stmt, SQL_CLOSE);
    fetch->page_began = fetch->rows;
    SQLRETURN result = SQLExecDirect(fetch->stmt, (SQLCHAR *)fetch->page, SQL_NTS);
    if (result == SQL_SUCCESS_WITH_INFO)
        (void)odrv_fetch_note(fetch); /* no value has come yet */
    return result;
}

/* Where the transaction goes on, others are to come. */
void odrv_pages_end(struct odrv_fetch *fetch)
{
    if (fetch->close != NULL && fetch->conn->transaction && odrv_is_usable(fetch->conn))
        (void)odrv_try(fetch->conn, fetch->close);
    free(fetch->page);
    free(fetch->close);
    fetch->page = fetch->close = NULL;
}
