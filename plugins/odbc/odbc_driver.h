/* What all files of the odbc driver share, listed under the file that each function lives in; what
 * one folder has to itself is in its own header.
 *
 * ODBC drivers are libraries of strangers, which the driver manager loads into this process.  What
 * they convert they often convert with a loss, so values are asked for in forms that they only pass
 * on; which those are is told, database by database, by the tables in dialect/.  The manager owns
 * the prefix SQL, and this driver's own names begin with odrv_.
 */

#ifndef DBFERRY_ODBC_DRIVER_H
#define DBFERRY_ODBC_DRIVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sql.h>
#include <sqlext.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "dbferry/driver.h"
#include "parts/text.h"

struct odrv_dialect;

/* ---- watch.c: who ends a call that takes too long, or that was cancelled ---- */

struct odrv_watch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    SQLHSTMT running;        /* under lock: what calls are made on; NULL: nothing */
    bool ending;             /* under lock */
    bool patient;            /* under lock: these calls may take as long as they take */
    bool started;            /* the thread, and what it waits on, are there */
    atomic_int calling;      /* WATCH_: whether a call is being made, or cancelled */
    atomic_bool cancelled;   /* set from any thread */
    atomic_bool timed_out;   /* a call was ended since it took longer than `patience_ms` */
    atomic_bool spoiled;     /* that, or the connection is lost: nothing can be asked any more */
    atomic_int_least64_t at; /* when the call began, in ms */
    int64_t patience_ms;     /* under lock; 0: for ever */
    bool connecting;         /* under lock: the core cannot cancel yet, so it is asked */
};

ferry_status odrv_watch_start(struct odrv_watch *watch, int64_t patience_ms,
                              struct ferry_error *err);
/* The connection is open: from now on the core cancels, and this is the patience. */
void odrv_watch_open(struct odrv_watch *watch, int64_t patience_ms);
/* No call is running. */
void odrv_watch_stop(struct odrv_watch *watch);
/* Around each call that may wait for the database, or, with enter and leave, around a series of
 * them.  `patient`: what the database does may take its time. */
void odrv_watch_begin(struct odrv_watch *watch, SQLHSTMT stmt, bool patient);
void odrv_watch_end(struct odrv_watch *watch);
/* Around each call of such a series.  Nothing is cancelled between a leave and the next enter. */
void odrv_watch_leave(struct odrv_watch *watch);
void odrv_watch_enter(struct odrv_watch *watch);
void odrv_watch_cancel(struct odrv_watch *watch);

/* ---- connect.c: opening and closing ---- */

struct odrv_conn {
    SQLHDBC dbc;
    const struct odrv_dialect *dialect;
    char *label;       /* "connection 'NAME' (PLACE)", for messages */
    char *product;     /* "PostgreSQL 15.0.18", for facts */
    char *library;     /* "psqlodbcw.so 13.02.0000", the ODBC driver */
    char *tls;         /* its version and cipher, for facts; NULL: not known */
    char *schema;      /* in which names are looked up; NULL: as the database does by itself */
    char *own_schema;  /* what the database says that is; NULL: it has none, or does not tell */
    char *own_catalog; /* the same of the catalog, where names belong to one; or NULL */
    char quote;        /* around names; '\0': the database knows no quotes */
    bool connected;    /* `dbc` is to be disconnected */
    bool target;
    bool untried;     /* this database, or this ODBC driver of it, was never tried */
    bool utf8;        /* texts are sorted byte by byte as the dialect's templates sort them */
    bool transaction; /* autocommit is off */
    size_t longest;   /* bytes of a name in a target; 0: any */
    unsigned cursors; /* that were declared */
    struct odrv_watch watch;
};

ferry_status odrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                          struct ferry_error *err);
void odrv_disconnect(void *conn);
void odrv_cancel(void *conn);
void odrv_place(const struct ferry_config *config, char *buffer, size_t size);
void odrv_facts(void *conn, struct ferry_facts *facts);
void odrv_libraries(struct ferry_facts *facts);
int odrv_is_usable(void *conn);
/* Fails with CANCELLED after a cancel. */
ferry_status odrv_conn_check(const struct odrv_conn *conn, struct ferry_error *err);
/* "No data" alone is no proof of an end: fails where the answer was cancelled, and where the
 * database does not answer to a question, in the same transaction. */
ferry_status odrv_conn_confirm(struct odrv_conn *conn, const char *doing, struct ferry_error *err);
/* Commits and begins transactions, or, with false, leaves each statement to itself again. */
ferry_status odrv_conn_set_transaction(struct odrv_conn *conn, bool on, struct ferry_error *err);
/* Ends the transaction; nothing, where there is none.  Where that fails, the connection is given up
 * with it: to set autocommit would commit what was to be undone. */
void odrv_conn_roll_back(struct odrv_conn *conn);

/* ---- errors.c: what the ODBC driver says -> classes ---- */

/* What was being done; one bit each. */
enum odrv_phase {
    ODRV_CONNECTING = 1,
    ODRV_OPENING = 2, /* connecting to a target */
    ODRV_DESCRIBING = 4,
    ODRV_READING = 8,
    ODRV_LOADING = 16,
    ODRV_ASKING = 32, /* the catalog: our own questions */
};

/* The first records of a handle's diagnosis. */
struct odrv_diagnosis {
    char state[SQL_SQLSTATE_SIZE + 1]; /* "" where there is none */
    SQLINTEGER native;
    char *text; /* never NULL: "" where memory is short or nothing is said */
};
void odrv_diagnosis_take(SQLSMALLINT kind, SQLHANDLE handle, struct odrv_diagnosis *diagnosis);
void odrv_diagnosis_clear(struct odrv_diagnosis *diagnosis);
#define ODRV_AUTO_DIAGNOSIS __attribute__((cleanup(odrv_diagnosis_clear)))

/* Whether a state says that the connection is lost. */
bool odrv_state_is_loss(const char *state);
/* The class for this state and text in this phase; `*ret_hint` says what to do, "" for nothing. */
ferry_status odrv_fault_class(const struct odrv_diagnosis *diagnosis, enum odrv_phase phase,
                              const char **ret_hint, bool *ret_may_pass);
/* Fail with what the handle says.  `doing` completes "cannot ...". */
ferry_status odrv_fail(struct odrv_conn *conn, SQLSMALLINT kind, SQLHANDLE handle,
                       enum odrv_phase phase, const char *doing, struct ferry_error *err);
/* The same with a diagnosis that was taken. */
ferry_status odrv_fail_as(struct odrv_conn *conn, const struct odrv_diagnosis *diagnosis,
                          enum odrv_phase phase, const char *doing, struct ferry_error *err);

/* Says its result openly, so that whoever analyses a caller knows that it failed. */
static inline ferry_status odrv_fail_memory(struct ferry_error *err)
{
    ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_ERR_SYSTEM;
}

/* ---- statement.c: one statement and its answer ---- */

static inline bool odrv_succeeded(SQLRETURN result)
{
    return result == SQL_SUCCESS || result == SQL_SUCCESS_WITH_INFO;
}

void odrv_statement_free(SQLHSTMT *stmt);
#define ODRV_AUTO_STATEMENT __attribute__((cleanup(odrv_statement_free)))
/* A handle for a statement whose text is passed on as it is, without ODBC's own escapes. */
ferry_status odrv_statement_new(struct odrv_conn *conn, SQLHSTMT *ret_stmt,
                                struct ferry_error *err);
ferry_status odrv_statement_prepare(struct odrv_conn *conn, SQLHSTMT stmt, const char *sql,
                                    enum odrv_phase phase, const char *doing,
                                    struct ferry_error *err);
/* Without preparing it. */
ferry_status odrv_statement_run(struct odrv_conn *conn, SQLHSTMT stmt, const char *sql,
                                enum odrv_phase phase, const char *doing, struct ferry_error *err);
/* The next row of a short answer; false at its end. */
ferry_status odrv_statement_next(struct odrv_conn *conn, SQLHSTMT stmt, const char *doing,
                                 bool *ret_row, struct ferry_error *err);
/* A value of that row as text; `*ret_text` is NULL for NULL.  The caller frees it. */
ferry_status odrv_statement_text(struct odrv_conn *conn, SQLHSTMT stmt, SQLUSMALLINT column,
                                 const char *doing, char **ret_text, struct ferry_error *err);

/* One statement whose answer, if there is one, nobody wants. */
ferry_status odrv_run(struct odrv_conn *conn, const char *sql, enum odrv_phase phase,
                      const char *doing, struct ferry_error *err);
/* The same, where a failure is no news: false. */
bool odrv_try(struct odrv_conn *conn, const char *sql);
/* ... or one to be judged; `ret_diagnosis` is set on failure, and is to be cleared. */
bool odrv_try_told(struct odrv_conn *conn, const char *sql, struct odrv_diagnosis *ret_diagnosis);
/* Whether the session answers to a question of a dialect that has one, in time. */
bool odrv_conn_answers(struct odrv_conn *conn);
/* The first value of the first row; NULL where there is none.  The caller frees it. */
ferry_status odrv_ask_in(struct odrv_conn *conn, const char *sql, enum odrv_phase phase,
                         const char *doing, char **ret_text, struct ferry_error *err);
ferry_status odrv_ask(struct odrv_conn *conn, const char *sql, const char *doing, char **ret_text,
                      struct ferry_error *err);

#endif /* DBFERRY_ODBC_DRIVER_H */
