/* The mysql driver's sender.c, which is a part of its tests, and what it sends to: a server that
 * answers when it is let, and is no more than a log of what it was told. */

#ifndef FERRY_UNIT_MYSQL_SENDER_H
#define FERRY_UNIT_MYSQL_SENDER_H

#include "unit.h"

#include "write/rows.h"

#include <errno.h>

#include "locks.h"

/* ---- Memory and threads that a test may deny ---- */

static int blocks; /* that are there */
static bool no_memory, no_thread;

static void *counted_calloc(size_t count, size_t size)
{
    assert_true(count > 0);
    if (no_memory)
        return NULL;
    blocks++;
    return calloc(count, size);
}

static void *counted_realloc(void *old, size_t size)
{
    blocks += old == NULL;
    return realloc(old, size);
}

static void counted_free(void *block)
{
    blocks -= block != NULL;
    free(block);
}

static int try_thread(pthread_t *ret_thread, void *(*start)(void *data), void *data)
{
    return no_thread ? EAGAIN : ferry_thread_create(ret_thread, start, data);
}

/* Each is joined once. */
static int checked_join(pthread_t thread, void **ret_result)
{
    return pthread_join(thread, ret_result) == 0 ? 0 : (abort(), 0);
}

#define calloc counted_calloc
#define realloc counted_realloc
#define free(block) counted_free(block)
#define ferry_thread_create try_thread
#define pthread_join checked_join
#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/write/sender.c"
#include "../../../plugins/parts/text.c"
#undef calloc
#undef realloc
#undef free
#undef ferry_thread_create
#undef pthread_join

/* ---- The server ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;           /* it answers nothing for now */
    bool busy;           /* it has a statement that it does not answer */
    char log[200];       /* the statements, each behind a space */
    const char *refuses; /* this one */
    my_ulonglong rows;   /* that it takes of each */
    unsigned warnings;
    int begun, ended; /* threads that were made known to the library */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool server_takes(const char *text, size_t length)
{
    char statement[40];
    assert_true(length < sizeof statement);
    memcpy(statement, text, length);
    statement[length] = '\0';
    assert_int_equal(strlen(statement), length);
    pthread_mutex_lock(&server.lock);
    server.busy = true;
    pthread_cond_broadcast(&server.changed);
    while (server.held)
        pthread_cond_wait(&server.changed, &server.lock);
    server.busy = false;
    strcat(strcat(server.log, " "), statement);
    bool taken = server.refuses == NULL || strcmp(server.refuses, statement) != 0;
    pthread_mutex_unlock(&server.lock);
    return taken;
}

static inline void hold(bool held)
{
    pthread_mutex_lock(&server.lock);
    server.held = held;
    pthread_cond_broadcast(&server.changed);
    pthread_mutex_unlock(&server.lock);
}

static inline void wait_until_busy(void)
{
    pthread_mutex_lock(&server.lock);
    while (!server.busy)
        pthread_cond_wait(&server.changed, &server.lock);
    pthread_mutex_unlock(&server.lock);
}

int STDCALL mysql_real_query(MYSQL *mysql, const char *sql, unsigned long length)
{
    assert_non_null(mysql);
    return server_takes(sql, length) ? 0 : 1;
}

my_ulonglong STDCALL mysql_affected_rows(MYSQL *mysql)
{
    (void)mysql;
    return server.rows;
}

unsigned int STDCALL mysql_warning_count(MYSQL *mysql)
{
    (void)mysql;
    return server.warnings;
}

my_bool STDCALL mysql_thread_init(void)
{
    server.begun++;
    return 0;
}

void STDCALL mysql_thread_end(void)
{
    server.ended++;
}

static const struct part_text *infile_statement;

bool mydrv_infile_send(struct mydrv_conn *conn, const struct part_text *statement,
                       struct mydrv_parcel *parcel)
{
    assert_non_null(conn);
    infile_statement = statement;
    return server_takes(parcel->text.data, parcel->text.length);
}

/* ---- One lane ---- */

struct place {
    MYSQL native;
    struct mydrv_conn conn;
    struct mydrv_lane lane;
    struct ferry_error error;
};

static inline void make_place(struct place *place)
{
    memset(place, 0, sizeof *place);
    place->conn.native = &place->native;
    place->lane.conn = &place->conn;
    server.held = server.busy = false;
    server.log[0] = '\0';
    server.refuses = NULL;
    server.rows = 1;
    server.warnings = 0;
    server.begun = server.ended = 0;
}

static inline struct mydrv_sender *begin(struct place *place)
{
    make_place(place);
    assert_int_equal(mydrv_sender_start(&place->lane, &place->error), FERRY_OK);
    assert_no_error(&place->error);
    return place->lane.sender;
}

/* Send a parcel of one row, or say that nothing is taken any more. */
static inline bool put(struct mydrv_sender *sender, const char *text, uint64_t bytes)
{
    struct mydrv_parcel *parcel = mydrv_sender_take(sender);
    if (parcel == NULL)
        return false;
    parcel->text.length = 0;
    part_text_add(&parcel->text, text);
    parcel->rows = 1;
    parcel->bytes = bytes;
    mydrv_sender_put(sender);
    return true;
}

/* Of the sender, nothing is left; so many rows it says were taken. */
static inline void end(struct place *place, uint64_t rows)
{
    assert_int_equal(mydrv_sender_free(place->lane.sender), rows);
    assert_int_equal(server.begun, server.ended);
    assert_int_equal(locks, 0);
    assert_int_equal(conditions, 0);
    assert_int_equal(blocks, 0);
}

/* Time enough for a thread that has nothing to do to wait, or for one that should wait to go on. */
static inline void pause_shortly(void)
{
    (void)usleep(30000);
}

#endif
