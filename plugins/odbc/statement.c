/* One statement and its answer. */

#include "dialect/dialect.h"

#include <string.h>

#include "parts/text.h"

#define STATEMENT_PIECE 1024 /* bytes of a value that are asked for at once */

void odrv_statement_free(SQLHSTMT *stmt)
{
    if (*stmt != SQL_NULL_HSTMT)
        (void)SQLFreeHandle(SQL_HANDLE_STMT, *stmt);
    *stmt = SQL_NULL_HSTMT;
}

ferry_status odrv_statement_new(struct odrv_conn *conn, SQLHSTMT *ret_stmt, struct ferry_error *err)
{
    SQLHSTMT stmt = SQL_NULL_HSTMT;
    ferry_status status = odrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (!odrv_succeeded(SQLAllocHandle(SQL_HANDLE_STMT, conn->dbc, &stmt)))
        return odrv_fail(conn, SQL_HANDLE_DBC, conn->dbc, ODRV_ASKING, "make a statement", err);
    /* Not every driver knows these; none needs them. */
    (void)SQLSetStmtAttr(stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_ON, SQL_IS_UINTEGER);
    (void)SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_FORWARD_ONLY,
                         SQL_IS_UINTEGER);
    *ret_stmt = stmt;
    return FERRY_OK;
}

ferry_status odrv_statement_prepare(struct odrv_conn *conn, SQLHSTMT stmt, const char *sql,
                                    enum odrv_phase phase, const char *doing,
                                    struct ferry_error *err)
{
    odrv_watch_begin(&conn->watch, stmt, false);
    SQLRETURN result = SQLPrepare(stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS);
    odrv_watch_end(&conn->watch);
    return odrv_succeeded(result) ? FERRY_OK
                                  : odrv_fail(conn, SQL_HANDLE_STMT, stmt, phase, doing, err);
}

ferry_status odrv_statement_run(struct odrv_conn *conn, SQLHSTMT stmt, const char *sql,
                                enum odrv_phase phase, const char *doing, struct ferry_error *err)
{
    odrv_watch_begin(&conn->watch, stmt, phase == ODRV_LOADING);
    SQLRETURN result = SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS);
    odrv_watch_end(&conn->watch);
    return odrv_succeeded(result) || result == SQL_NO_DATA
               ? odrv_conn_check(conn, err)
               : odrv_fail(conn, SQL_HANDLE_STMT, stmt, phase, doing, err);
}

ferry_status odrv_statement_next(struct odrv_conn *conn, SQLHSTMT stmt, const char *doing,
                                 bool *ret_row, struct ferry_error *err)
{
    odrv_watch_begin(&conn->watch, stmt, false);
    SQLRETURN result = SQLFetch(stmt);
    odrv_watch_end(&conn->watch);
    if (!odrv_succeeded(result) && result != SQL_NO_DATA)
        return odrv_fail(conn, SQL_HANDLE_STMT, stmt, ODRV_ASKING, doing, err);
    *ret_row = result != SQL_NO_DATA;
    /* What was cancelled may also end without a word. */
    return result == SQL_NO_DATA ? odrv_conn_check(conn, err) : FERRY_OK;
}

ferry_status odrv_statement_text(struct odrv_conn *conn, SQLHSTMT stmt, SQLUSMALLINT column,
                                 const char *doing, char **ret_text, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text text = {0};
    for (;;) {
        char piece[STATEMENT_PIECE];
        SQLLEN left = 0;
        SQLRETURN result = SQLGetData(stmt, column, SQL_C_CHAR, piece, (SQLLEN)sizeof piece, &left);
        if (result == SQL_NO_DATA)
            break;
        if (!odrv_succeeded(result))
            return odrv_fail(conn, SQL_HANDLE_STMT, stmt, ODRV_ASKING, doing, err);
        if (left == SQL_NULL_DATA) {
            *ret_text = NULL;
            return FERRY_OK;
        }
        part_text_append(&text, piece, strnlen(piece, sizeof piece - 1));
        if (left != SQL_NO_TOTAL && left < (SQLLEN)sizeof piece)
            break;
    }
    part_text_append(&text, "", 0);
    if (text.failed)
        return odrv_fail_memory(err);
    *ret_text = text.data;
    text.data = NULL;
    return FERRY_OK;
}

ferry_status odrv_run(struct odrv_conn *conn, const char *sql, enum odrv_phase phase,
                      const char *doing, struct ferry_error *err)
{
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    ferry_status status = odrv_statement_new(conn, &stmt, err);
    return status == FERRY_OK ? odrv_statement_run(conn, stmt, sql, phase, doing, err) : status;
}

ferry_status odrv_ask_in(struct odrv_conn *conn, const char *sql, enum odrv_phase phase,
                         const char *doing, char **ret_text, struct ferry_error *err)
{
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    bool row = false;
    char *text = NULL;
    ferry_status status = odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status = odrv_statement_run(conn, stmt, sql, phase, doing, err);
    if (status == FERRY_OK)
        status = odrv_statement_next(conn, stmt, doing, &row, err);
    if (status == FERRY_OK && row)
        status = odrv_statement_text(conn, stmt, 1, doing, &text, err);
    if (status == FERRY_OK)
        *ret_text = text;
    return status;
}

ferry_status odrv_ask(struct odrv_conn *conn, const char *sql, const char *doing, char **ret_text,
                      struct ferry_error *err)
{
    return odrv_ask_in(conn, sql, ODRV_ASKING, doing, ret_text, err);
}

/* `ret_diagnosis` may be NULL. */
static bool statement_try(struct odrv_conn *conn, const char *sql, bool patient,
                          struct odrv_diagnosis *ret_diagnosis)
{
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    if (!odrv_succeeded(SQLAllocHandle(SQL_HANDLE_STMT, conn->dbc, &stmt))) {
        if (ret_diagnosis != NULL)
            odrv_diagnosis_take(SQL_HANDLE_DBC, conn->dbc, ret_diagnosis);
        return false;
    }
    odrv_watch_begin(&conn->watch, stmt, patient);
    SQLRETURN result = SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS);
    odrv_watch_end(&conn->watch);
    bool done = odrv_succeeded(result) || result == SQL_NO_DATA;
    if (!done && ret_diagnosis != NULL)
        odrv_diagnosis_take(SQL_HANDLE_STMT, stmt, ret_diagnosis);
    return done;
}

bool odrv_try(struct odrv_conn *conn, const char *sql)
{
    return statement_try(conn, sql, true, NULL);
}

bool odrv_try_told(struct odrv_conn *conn, const char *sql, struct odrv_diagnosis *ret_diagnosis)
{
    return statement_try(conn, sql, true, ret_diagnosis);
}

bool odrv_conn_answers(struct odrv_conn *conn)
{
    return statement_try(conn, conn->dialect->ask_alive, false, NULL);
}
