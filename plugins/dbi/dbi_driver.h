/* What all files of the dbi driver share, listed under the file that each function lives in; what
 * one folder has to itself is in its own header.
 *
 * libdbi turns values into C types that do not hold them, and its drivers read the statements that
 * they pass on: so each value is asked for as a text (dialect/), and each statement with an answer
 * has a form that they can bear (statement.c).  libdbi owns the prefix dbi_, and this driver's own
 * names begin with dbidrv_.
 */

#ifndef DBFERRY_DBI_DRIVER_H
#define DBFERRY_DBI_DRIVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dbi/dbi.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "dbferry/driver.h"
#include "parts/text.h"

struct dbidrv_dialect;
struct dbidrv_wire;

/* ---- connect/connect.c: opening and closing ---- */

struct dbidrv_conn {
    dbi_conn dbi;
    const struct dbidrv_dialect *dialect;
    char *label;      /* "connection 'NAME' (PLACE)", for messages */
    char *version;    /* of the database, for facts; or NULL */
    char *schema;     /* in which names are looked up; NULL: as the database does by itself */
    char *own_schema; /* what the database says that is; NULL: there are none */
    uint64_t most;    /* bytes of a result that libdbi may hold at once */
    int wake_fd;      /* a copy of the socket, for cancel; -1: there is none */
    struct dbidrv_wire *wire; /* what a dialect keeps for itself, until its detach(); or NULL */
    int64_t lock_wait_ms;
    bool target;
    bool utf8;        /* texts are stored, and so sorted, as UTF-8 */
    bool transaction; /* one was begun */
    bool broken;      /* a transaction could not be ended: nothing can be asked any more */
    atomic_bool cancelled;
};

ferry_status dbidrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err);
void dbidrv_disconnect(void *conn);
void dbidrv_cancel(void *conn);
int dbidrv_is_usable(void *conn);
void dbidrv_place(const struct ferry_config *config, char *buffer, size_t size);
void dbidrv_facts(void *conn, struct ferry_facts *facts);
void dbidrv_libraries(struct ferry_facts *facts);
/* Fails with CANCELLED after a cancel, and where nothing can be asked any more. */
ferry_status dbidrv_conn_check(const struct dbidrv_conn *conn, struct ferry_error *err);
/* Run these statements; NULL at the end. */
ferry_status dbidrv_conn_begin(struct dbidrv_conn *conn, const char *const *statements,
                               const char *doing, struct ferry_error *err);
/* What was begun is undone. */
void dbidrv_conn_rollback(struct dbidrv_conn *conn);

/* ---- errors.c: what the database says -> classes ---- */

/* What was being done; one bit each. */
enum dbidrv_phase {
    DBIDRV_CONNECTING = 1,
    DBIDRV_OPENING = 2, /* connecting to a target */
    DBIDRV_DESCRIBING = 4,
    DBIDRV_READING = 8,
    DBIDRV_LOADING = 16,
    DBIDRV_ASKING = 32, /* the catalog: our own questions */
};

/* What libdbi says of the last failure. */
struct dbidrv_diagnosis {
    char state[6]; /* SQLSTATE; "" where there is none */
    char *text;    /* its first line, or words for it where that may have a value; or NULL */
};
void dbidrv_diagnosis_take(dbi_conn dbi, struct dbidrv_diagnosis *ret);
/* The same from words of the client library; NULL: it has none. */
void dbidrv_diagnosis_take_text(const char *text, struct dbidrv_diagnosis *ret);
/* The same of an error of which nothing but its number is known. */
void dbidrv_diagnosis_take_number(const struct dbidrv_dialect *dialect, uint64_t number,
                                  struct dbidrv_diagnosis *ret);
void dbidrv_diagnosis_clear(struct dbidrv_diagnosis *diagnosis);
#define DBIDRV_AUTO_DIAGNOSIS __attribute__((cleanup(dbidrv_diagnosis_clear)))
/* The class for this state and text in this phase; `*ret_hint` says what to do, "" for nothing. */
ferry_status dbidrv_fault_class(const struct dbidrv_diagnosis *diagnosis, enum dbidrv_phase phase,
                                const char **ret_hint, bool *ret_may_pass);
/* Fail with what was taken.  `doing` completes "cannot ...". */
ferry_status dbidrv_fail_as(const struct dbidrv_conn *conn,
                            const struct dbidrv_diagnosis *diagnosis, enum dbidrv_phase phase,
                            const char *doing, struct ferry_error *err);
/* The same with what libdbi says now. */
ferry_status dbidrv_fail(const struct dbidrv_conn *conn, enum dbidrv_phase phase, const char *doing,
                         struct ferry_error *err);
/* Says its result openly, so that whoever analyses a caller knows that it failed. */
static inline ferry_status dbidrv_fail_memory(struct ferry_error *err)
{
    ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_ERR_SYSTEM;
}

/* ---- statement.c: one statement and its answer ---- */

/* A value as it came; until the next row. */
struct dbidrv_value {
    const char *data; /* ends in a NUL */
    size_t size;
    bool null;
};

/* The rows of one result, which libdbi holds whole. */
struct dbidrv_answer {
    dbi_result result;
    uint64_t rows, at;
    unsigned columns;
    uint64_t bytes;              /* of the values so far */
    uint64_t row_bytes, longest; /* of this row's; of the longest row before it */
};

/* One statement without an answer, whatever has become of the run; `ret_affected` may be NULL.
 * False: it failed, and `ret_diagnosis`, to be cleared, says why. */
bool dbidrv_send(struct dbidrv_conn *conn, const char *sql, uint64_t *ret_affected,
                 struct dbidrv_diagnosis *ret_diagnosis);
/* The same in a run that goes on. */
ferry_status dbidrv_run(struct dbidrv_conn *conn, const char *sql, enum dbidrv_phase phase,
                        const char *doing, uint64_t *ret_affected, struct ferry_error *err);
/* The same of one that may fail: `*ret_done` says whether it did, and `ret_diagnosis`, to be
 * cleared, why not. */
ferry_status dbidrv_try(struct dbidrv_conn *conn, const char *sql, bool *ret_done,
                        struct dbidrv_diagnosis *ret_diagnosis, struct ferry_error *err);
/* A statement that libdbi's driver can bear, as it is. */
ferry_status dbidrv_answer_open(struct dbidrv_conn *conn, const char *sql, unsigned columns,
                                enum dbidrv_phase phase, const char *doing,
                                struct dbidrv_answer *ret, struct ferry_error *err);
/* A SELECT of ours, whose columns are called c1, c2, ... and are texts. */
ferry_status dbidrv_answer_ask(struct dbidrv_conn *conn, const char *sql, unsigned columns,
                               enum dbidrv_phase phase, const char *doing,
                               struct dbidrv_answer *ret, struct ferry_error *err);
/* The next row; false after the last. */
ferry_status dbidrv_answer_next(const struct dbidrv_conn *conn, struct dbidrv_answer *answer,
                                const char *doing, bool *ret_row, struct ferry_error *err);
/* Column `i`, from 0, of that row. */
ferry_status dbidrv_answer_value(struct dbidrv_answer *answer, unsigned i, struct dbidrv_value *ret,
                                 struct ferry_error *err);
/* The same of a short one that cannot be NULL in an answer that is right; NULL is "". */
const char *dbidrv_answer_text(struct dbidrv_answer *answer, unsigned i);
/* The first value of that row, which is a number: STREAM where it is none. */
ferry_status dbidrv_answer_number(const struct dbidrv_conn *conn, struct dbidrv_answer *answer,
                                  const char *doing, uint64_t *ret_number, struct ferry_error *err);
void dbidrv_answer_close(struct dbidrv_answer *answer);
#define DBIDRV_AUTO_ANSWER __attribute__((cleanup(dbidrv_answer_close)))
/* The first value of the first row; NULL where there is none.  The caller frees it. */
ferry_status dbidrv_ask(struct dbidrv_conn *conn, const char *sql, enum dbidrv_phase phase,
                        const char *doing, char **ret_text, struct ferry_error *err);
/* "c1, c2, ..." */
void dbidrv_add_columns(struct part_text *sql, unsigned columns);

#endif /* DBFERRY_DBI_DRIVER_H */
