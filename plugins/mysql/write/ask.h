/* Statements to a target and their answers. */

#ifndef DBFERRY_MYSQL_ASK_H
#define DBFERRY_MYSQL_ASK_H

#include "text.h"

/* Send a statement to a target and wait for its answer, however long: a server that is silent for
 * the time of `read_timeout` is given up only if it does not answer on the second connection
 * either. False: see mysql_errno(). */
bool mydrv_query(struct mydrv_conn *conn, const struct part_text *sql);
/* Run a statement that returns no rows; the text is cleared.  `doing` completes "cannot ...". */
ferry_status mydrv_run(struct mydrv_conn *conn, struct part_text *sql, const char *doing,
                       struct ferry_error *err);
/* The same; the error `fine` of the server is a success, too. */
ferry_status mydrv_run_despite(struct mydrv_conn *conn, struct part_text *sql, unsigned fine,
                               const char *doing, struct ferry_error *err);
/* The first of a fixed text. */
ferry_status mydrv_run_text(struct mydrv_conn *conn, const char *statement, const char *doing,
                            struct ferry_error *err);
/* Whether the server looks after foreign keys in this session. */
static inline ferry_status mydrv_set_key_checks(struct mydrv_conn *conn, bool on,
                                                struct ferry_error *err)
{
    return mydrv_run_text(
        conn, on ? "SET SESSION foreign_key_checks = 1" : "SET SESSION foreign_key_checks = 0",
        "set foreign_key_checks", err);
}
/* From the next transaction on, each statement sees what others have committed before it. */
static inline ferry_status mydrv_set_read_committed(struct mydrv_conn *conn,
                                                    struct ferry_error *err)
{
    return mydrv_run_text(conn, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                          "set the isolation level", err);
}
/* Run a statement that returns rows and keep them all; the text is cleared, and the caller frees
 * the result.  It has at least `columns` columns. */
ferry_status mydrv_ask(struct mydrv_conn *conn, struct part_text *sql, unsigned columns,
                       const char *doing, MYSQL_RES **ret_rows, struct ferry_error *err);
/* The first value of the one row that is due, as a number; NULL is 0.  An answer without rows says
 * nothing, so a question whose answer may be "none" is put so that it has one all the same. */
ferry_status mydrv_ask_number(struct mydrv_conn *conn, struct part_text *sql, const char *doing,
                              uint64_t *ret_number, struct ferry_error *err);

/* Whether nothing more can be asked there. */
bool mydrv_conn_is_lost(const struct mydrv_conn *conn);
/* Run a statement where nothing can be done about a failure; the text is cleared. */
bool mydrv_try(struct mydrv_conn *conn, struct part_text *sql);
/* The same of a question whose answer is 0 or 1; -1: there is no answer, or another one. */
int mydrv_try_number(struct mydrv_conn *conn, struct part_text *sql);

#endif /* DBFERRY_MYSQL_ASK_H */
