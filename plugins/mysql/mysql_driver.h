/* What all files of the mysql driver share, listed under the file that each function lives in; what
 * one half or one folder has to itself is in the headers of the folders.  All but mysql.c also make
 * the other drivers of this family: see struct mydrv_flavour.
 *
 * The client library owns the prefix mysql_, so this driver's own names begin with mydrv_.
 * A connection is opened by libdbi; rows are read through the native handle inside it.
 */

#ifndef DBFERRY_MYSQL_DRIVER_H
#define DBFERRY_MYSQL_DRIVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mysql.h>

#include <dbi/dbi.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "dbferry/driver.h"
#include "parts/text.h"

struct mydrv_flavour;
struct mydrv_judged;
struct mydrv_login;
struct mydrv_settings;
struct mydrv_tls_failure;

/* ---- connect.c: opening and closing through libdbi ---- */

struct mydrv_conn {
    const struct mydrv_flavour *flavour;
    dbi_conn dbi;
    MYSQL *native; /* inside `dbi` */
    char *label;   /* "connection 'NAME' (USER@HOST:PORT)", for messages */
    char *server;  /* "MariaDB 10.11.19", for facts */
    char *time_zone;
    char *tls;                 /* "TLSv1.3, CIPHER" or why there is none */
    const char *compression;   /* what became of it, for facts */
    int wake_fd;               /* a duplicate of the socket that only this struct closes */
    atomic_bool cancelled;     /* set from any thread */
    bool encrypted;            /* a login of it has gone by TLS */
    bool utc;                  /* instants arrive in UTC */
    bool broken;               /* the stream was cut off: nothing else can be asked */
    bool target;               /* opened to be written to */
    bool mariadb;              /* not MySQL */
    struct mydrv_codes *codes; /* of the character sets that were met */
    unsigned long version;     /* 101119 is 10.11.19 */
    uint64_t id;               /* of the connection, as the server has it */
    int64_t snapshot_ms;       /* when that was asked for, on a clock that is never set; 0: none */
    bool savepoint;            /* the snapshot has one, before the first of many tables ... */
    bool read_since;           /* ... and a table was read behind it */
    /* of a target: */
    void *feed;                /* what the server may read as its file now; NULL: nothing */
    char *known_collation;     /* the last that the server turned out to have */
    struct mydrv_conn *second; /* goes on where this one was cut off; never cancelled */
    bool is_second;            /* this one is such a connection, or a third */
    struct mydrv_login *login; /* for a third; NULL: nothing will be loaded */
    pthread_mutex_t third_lock;
    struct mydrv_conn *third; /* under the lock: see mydrv_conn_open_third() */
    const char *held_lock;    /* of a table, while this connection holds it, or NULL */
    int64_t patience_ms; /* of `read_timeout`: then the second is asked whether the server lives */
    char *missing_database;      /* it is made when a load begins; NULL: it is there */
    struct mydrv_judged *judged; /* tables that were looked at: see mydrv_judge_key() */
};

ferry_status mydrv_connect(const struct mydrv_flavour *flavour, const struct ferry_config *config,
                           uint32_t role, void **ret_conn, struct ferry_error *err);
void mydrv_disconnect(void *conn);
void mydrv_cancel(void *conn);
/* A third connection of a target, by which rows are read while the first is loading; it is opened
 * once, with the settings of the first, closed with it, and cut off where that is cancelled.  Who
 * gives up reading from it says so by `broken`: then the next call opens another. */
ferry_status mydrv_conn_open_third(struct mydrv_conn *conn, struct mydrv_conn **ret_third,
                                   struct ferry_error *err);
/* 0 where it was lost. */
int mydrv_is_usable(void *conn);
/* Fails with CANCELLED, or with INTERNAL after a read that was given up: nothing may be asked. */
ferry_status mydrv_conn_check(const struct mydrv_conn *conn, struct ferry_error *err);

/* ---- judge_key.c: what was looked at for the foreign keys that refer to it ---- */

/* Of this table, or all where it is NULL. */
void mydrv_judge_forget(struct mydrv_conn *conn, const char *table);

/* ---- errors.c: error numbers of server and library -> classes ---- */

/* What was being done; one bit each. */
enum mydrv_phase {
    MYDRV_CONNECTING = 1,
    MYDRV_SETTING_UP = 2,
    MYDRV_DESCRIBING = 4,
    MYDRV_READING = 8,
    MYDRV_LOADING = 16, /* all that a target does once it is connected */
    MYDRV_OPENING = 32, /* connecting to a target */
    MYDRV_ASKING = 64,  /* a source's catalog: our own questions */
};
/* Beside the phases of a fault: it may be gone at the next attempt. */
#define MYDRV_PASSES (1u << 16)
/* The status of a driver's own entry that has only other words for what the common list has. */
#define MYDRV_AS_LISTED FERRY_OK

struct mydrv_fault {
    unsigned code; /* 0: whatever is not listed */
    unsigned phases;
    ferry_status status;
    const char *hint; /* what to do; "" for nothing */
};
/* The class of error `code` in this phase; `*ret_hint` says what to do. */
ferry_status mydrv_fault_class(const struct mydrv_flavour *flavour, unsigned code,
                               enum mydrv_phase phase, const char **ret_hint);
/* Fail because of error `code` with the server's or library's `text`.  `doing` completes
 * "cannot ...". */
ferry_status mydrv_fail(const struct mydrv_conn *conn, enum mydrv_phase phase, unsigned code,
                        const char *text, const char *doing, struct ferry_error *err);
/* After an error of the client library itself (one of the server's changes nothing): it may not
 * have read the answer to its end, for lack of memory say, and would take the rest of it for the
 * answer to the next question.  So the server is told that nobody is here any more. */
void mydrv_conn_give_up(struct mydrv_conn *conn, unsigned code);
/* The same with the last error of the connection, or CANCELLED where that was the cause. */
ferry_status mydrv_fail_conn(struct mydrv_conn *conn, enum mydrv_phase phase, const char *doing,
                             struct ferry_error *err);
/* The same for a statement: its own error or, where it has none, the connection's. */
ferry_status mydrv_fail_stmt(struct mydrv_conn *conn, MYSQL_STMT *stmt, enum mydrv_phase phase,
                             const char *doing, struct ferry_error *err);

/* Says its result openly, so that whoever analyses a caller knows that it failed. */
static inline ferry_status mydrv_fail_memory(struct ferry_error *err)
{
    ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_ERR_SYSTEM;
}

/* ---- What sets one driver of this family apart from the others ---- */

struct mydrv_flavour {
    /* Read the keys that only this driver has, and choose how the server is reached: TLS, socket.
     * `settings` holds what the shared keys say.  Fails with CONFIG. */
    ferry_status (*choose)(const struct ferry_config *config, struct mydrv_settings *settings,
                           struct ferry_error *err);
    /* Looked at before the lists that all share. */
    const struct mydrv_fault *faults;
    size_t fault_count;
    const struct mydrv_tls_failure *tls_failures;
    size_t tls_failure_count;
};

/* ---- registration.c: what each driver of this family registers as it is ---- */

void mydrv_libraries(struct ferry_facts *facts);
extern const char *const mydrv_environment[];
extern const struct ferry_source mydrv_source;
ferry_status mydrv_thread_begin(struct ferry_error *err);
void mydrv_thread_end(void);
/* Where the connection leads, spelled alike by every driver of this family, so that two connections
 * to one server are the same place.  `socket` NULL: by TCP. */
void mydrv_place(const struct ferry_config *config, const char *socket, char *buffer, size_t size);
void mydrv_facts(void *conn, struct ferry_facts *facts);

/* ---- examine.c: what may stand in the way of a run ---- */

ferry_status mydrv_examine(void *conn, const struct ferry_examination *examination,
                           struct ferry_findings *findings, struct ferry_error *err);

/* ---- For variables that end with their scope ---- */

static inline void mydrv_free_result(MYSQL_RES **result)
{
    mysql_free_result(*result); /* takes NULL */
}
#define MYDRV_AUTO_RESULT __attribute__((cleanup(mydrv_free_result)))

#endif /* DBFERRY_MYSQL_DRIVER_H */
