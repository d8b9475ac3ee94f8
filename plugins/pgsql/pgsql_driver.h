/* What all files of the pgsql driver share, listed under the file that each function lives in; what
 * one folder has to itself is in that folder's header.
 *
 * The client library owns the prefixes PQ and pg_, so this driver's own names begin with pgdrv_.
 * All talk with a server is asynchronous: the library never waits, pgdrv_wait() does, for the
 * server, for a time limit and for cancel() at one time.
 */

#ifndef DBFERRY_PGSQL_DRIVER_H
#define DBFERRY_PGSQL_DRIVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dbferry/driver.h"
#include "parts/text.h"

/* ---- connect/connect.c: opening and closing ---- */

struct pgdrv_conn {
    PGconn *pg;
    char *label;    /* "connection 'NAME' (USER@HOST:PORT)", for messages */
    char *server;   /* "PostgreSQL 15.18", for facts */
    char *tls;      /* "TLSv1.3, CIPHER, ..." or why there is none */
    char *schema;   /* in which names are looked up */
    char *encoding; /* of the database, as the server calls it: "UTF8" */
    char *time_zone;
    int version; /* 150018 is 15.18 */
    int wake_fd; /* an eventfd, readable once cancel() was called */
    atomic_bool cancelled;
    bool target;
    bool broken;         /* an answer was not taken to its end: nothing can be asked any more */
    bool under_way;      /* a statement was sent, and its last result has not come */
    bool in_snapshot;    /* a transaction of snapshot_begin() is open */
    bool read_since;     /* a table was read in it, which is to be let go before the next */
    int64_t wait_ms;     /* how long any answer may take to begin or go on; 0: for ever */
    int64_t until_ms;    /* while it is being opened: when that must be done (pgdrv_clock()) */
    uint64_t warnings;   /* what the server has warned of since pgdrv_warnings_forget() */
    char *first_warning; /* the text of the first; NULL: none */
    /* Of a target that may be written: a session of its own, by which rows are read while others
     * are on their way, and by which the end of a lost commit is asked.  It is cancelled and closed
     * with this one. */
    struct pgdrv_conn *second;
};

ferry_status pgdrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                           struct ferry_error *err);
void pgdrv_disconnect(void *conn);
void pgdrv_cancel(void *conn);
/* 0 where it was lost. */
int pgdrv_is_usable(void *conn);
/* Fails with CANCELLED, or with INTERNAL after an answer that was given up: nothing may be asked.
 */
ferry_status pgdrv_conn_check(const struct pgdrv_conn *conn, struct ferry_error *err);
void pgdrv_place(const struct ferry_config *config, char *buffer, size_t size);
void pgdrv_facts(void *conn, struct ferry_facts *facts);
void pgdrv_libraries(struct ferry_facts *facts);

/* ---- connect/stop.c: ending what a server still does ---- */

/* Ask the server to end the statement of a connection that is given up, and wait for that, though
 * not long. */
void pgdrv_stop(struct pgdrv_conn *conn);

/* ---- errors.c: SQLSTATE -> classes ---- */

/* What was being done; one bit each. */
enum pgdrv_phase {
    PGDRV_CONNECTING = 1,
    PGDRV_SETTING_UP = 2,
    PGDRV_DESCRIBING = 4,
    PGDRV_READING = 8,
    PGDRV_LOADING = 16,    /* all that a target does once it is connected */
    PGDRV_OPENING = 32,    /* connecting to a target */
    PGDRV_ASKING = 64,     /* a source's catalog: our own questions */
    PGDRV_EQUIPPING = 128, /* setting up the session of a target */
};

/* In place of a SQLSTATE, where the server did not give one: the connection is gone. */
#define PGDRV_STATE_LOST "08006"

/* The class of `state` in this phase; `*ret_hint` says what to do, "" for nothing. */
ferry_status pgdrv_state_class(const char *state, enum pgdrv_phase phase, const char **ret_hint,
                               bool *ret_may_pass);
/* Whether the server says by it that the account lacks a right. */
bool pgdrv_state_is_refusal(const char *state);
/* Fail because of `state` with the server's or library's `text`, of which the first line is told.
 * `doing` completes "cannot ...". */
ferry_status pgdrv_fail(const struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *state,
                        const char *text, const char *doing, struct ferry_error *err);
/* Whether the library's own words say that it had no memory. */
bool pgdrv_is_memory(const char *text);
/* The same with the error that `result` is (NULL: the connection's own), or CANCELLED where that
 * was the cause.  A connection that is gone is marked as broken.  Where the server's text may hold
 * a value of a row, or of a setting, our words stand for it. */
ferry_status pgdrv_fail_result(struct pgdrv_conn *conn, enum pgdrv_phase phase,
                               const PGresult *result, const char *doing, struct ferry_error *err);
/* Fail because an answer has another shape than its question. */
ferry_status pgdrv_fail_shape(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                              struct ferry_error *err);
/* The SQLSTATE of an error, never NULL. */
const char *pgdrv_state(const PGresult *result);
/* Find SQLSTATE and message in the library's words for a failed login, where the server gave one:
 * the library keeps them nowhere else, and tells them by PQERRORS_VERBOSE. */
bool pgdrv_login_state(const char *text, char ret_state[6], const char **ret_text);

/* Says its result openly, so that whoever analyses a caller knows that it failed. */
static inline ferry_status pgdrv_fail_memory(struct ferry_error *err)
{
    ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_ERR_SYSTEM;
}

/* ---- wait.c: waiting for the server, and for whatever ends that ---- */

enum pgdrv_wait_end {
    PGDRV_READY,
    PGDRV_STOPPED, /* cancel() was called, or the run is to end */
    PGDRV_SILENT,  /* the time is over */
};

/* Milliseconds on a clock that is never set. */
int64_t pgdrv_clock(void);
/* Until the socket is ready for one of `events` (POLLIN, POLLOUT). */
enum pgdrv_wait_end pgdrv_wait(const struct pgdrv_conn *conn, short events);

/* ---- statement.c: one statement and its answer ---- */

/* In a snapshot, before a table of many is asked about or read: those that were read before may be
 * altered from now on. */
ferry_status pgdrv_snapshot_let_go(struct pgdrv_conn *conn, struct ferry_error *err);
/* Send one statement with parameters `$1` ... as text (NULL: SQL's NULL); `binary` asks for the
 * columns in the binary form.  More than one statement in `sql` is refused by the server. */
ferry_status pgdrv_send(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                        const char *const *values, int count, bool binary, const char *doing,
                        struct ferry_error *err);
/* Have all that is waiting in the library go out. */
ferry_status pgdrv_flush(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                         struct ferry_error *err);
/* Take in what the server has sent, waiting for some of it. */
ferry_status pgdrv_take_in(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                           struct ferry_error *err);
/* The next result of what was sent, whatever it says, to be cleared; NULL: there is no more. */
ferry_status pgdrv_next(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                        PGresult **ret_result, struct ferry_error *err);
/* Send and take the answer to its end: what is no error is to be cleared.  pgdrv_ask() fails where
 * it is one; pgdrv_try() gives back that of a server, too, and only fails where there was no
 * answer. */
ferry_status pgdrv_try(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                       const char *const *values, int count, const char *doing,
                       PGresult **ret_result, struct ferry_error *err);
ferry_status pgdrv_ask(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                       const char *const *values, int count, const char *doing,
                       PGresult **ret_result, struct ferry_error *err);
/* whole.c: as pgdrv_ask(), a list that the catalog is asked for: fails where the answer is not the
 * whole of it, so that no row means that there is none.  `columns` is how many the question has;
 * one more stands behind them. */
ferry_status pgdrv_ask_list(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *question,
                            const char *const *values, int count, int columns, const char *doing,
                            PGresult **ret_list, struct ferry_error *err);
/* What the columns and parameters of a statement are, without running it (PQnparams, PQftype ...).
 */
ferry_status pgdrv_describe_statement(struct pgdrv_conn *conn, enum pgdrv_phase phase,
                                      const char *sql, const char *doing, PGresult **ret_result,
                                      struct ferry_error *err);
/* As pgdrv_ask(), of a statement without parameters whose answer does not matter. */
ferry_status pgdrv_run(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                       const char *doing, struct ferry_error *err);
/* The same for clearing up, where a failure has nobody to be told: whether it succeeded. */
bool pgdrv_give_back(struct pgdrv_conn *conn, const char *sql);
/* Whether it is a result that is no error. */
bool pgdrv_result_is_good(const PGresult *result);
/* The value as text, which lives as long as the result; NULL: it is NULL, or there is no such row
 * or column. */
const char *pgdrv_value(const PGresult *result, int row, int column);

/* ---- examine.c: what may stand in the way of a run ---- */

ferry_status pgdrv_examine(void *conn, const struct ferry_examination *examination,
                           struct ferry_findings *findings, struct ferry_error *err);

/* ---- notices.c: what the server says beside its answers ---- */

/* Have it counted and logged; once, of a new connection. */
void pgdrv_notices_begin(struct pgdrv_conn *conn);
void pgdrv_warnings_forget(struct pgdrv_conn *conn);

/* ---- For variables that end with their scope ---- */

static inline void pgdrv_free_result(PGresult **result)
{
    PQclear(*result); /* takes NULL */
}
#define PGDRV_AUTO_RESULT __attribute__((cleanup(pgdrv_free_result)))

#endif /* DBFERRY_PGSQL_DRIVER_H */
