/* Open connections: the ones that the engine calls drivers through, by source.h, target.h and
 * cursor.h.
 *
 * Every call asserts the driver's side of the contract (driver.h): a failure carries a class and a
 * message, a success carries its results, a batch holds what its schema promises.  A driver that
 * breaks it ends the run with FERRY_ERR_INTERNAL and its name.  Calls of a driver that allows one
 * at a time are made one at a time.
 *
 * Thread rule: one thread at a time per connection, but for ferry_connection_cancel(). */

#ifndef FERRY_CONNECTION_H
#define FERRY_CONNECTION_H

#include <stdbool.h>

#include "base/context.h"
#include "driver/batch.h"
#include "driver/finding.h"
#include "driver/load.h"
#include "driver/mapping.h"
#include "driver/notes.h"
#include "driver/option.h"
#include "driver/origins.h"
#include "driver/record.h"

struct ferry_connection;
/* What goes on on one: rows that are read, a change of a target, one table of that. */
struct ferry_cursor;
struct ferry_change;
struct ferry_load;

/* Why connections were cancelled; the first reason stays. */
enum ferry_cancel_reason {
    FERRY_CANCEL_NONE,
    FERRY_CANCEL_SIGNAL,
    FERRY_CANCEL_STALL,
    FERRY_CANCEL_DEADLINE,
    FERRY_CANCEL_PEER, /* the other side of the run failed */
};

/* Connects for one role (FERRY_ROLE_); CONFIG if the driver does not offer it.  `config` must
 * outlive the connection, which belongs to the run of the calling thread (context.h). */
ferry_status ferry_connection_open(const struct ferry_config *config, uint32_t role,
                                   struct ferry_connection **ret_connection,
                                   struct ferry_error *error);
/* CONFIG if the driver of `config` does not offer the role. */
ferry_status ferry_connection_check_role(const struct ferry_config *config, uint32_t role,
                                         struct ferry_error *error);
/* Disconnects and frees; NULL allowed. */
void ferry_connection_close(struct ferry_connection *connection);

/* Whether changes of different tables of its place may be under way at one time; false where its
 * driver is no target. */
bool ferry_connection_goes_side_by_side(const struct ferry_config *config);

/* Where a connection with these settings would lead, spelled alike for places that are the same,
 * cut to fit. */
#define FERRY_PLACE_SIZE 512
void ferry_connection_find_place(const struct ferry_config *config,
                                 char ret_place[FERRY_PLACE_SIZE]);
/* Where it leads, for messages: "sqlite:/path". */
const char *ferry_connection_place(const struct ferry_connection *connection);

/* Any thread, any time while the connection is open.  Returns at once. */
void ferry_connection_cancel(struct ferry_connection *connection, enum ferry_cancel_reason reason);
enum ferry_cancel_reason ferry_connection_cancelled(const struct ferry_connection *connection);
/* Cancels every open connection of the process.  After a signal (signals.h) one that is opened
 * later is cancelled too. */
void ferry_connection_cancel_all(enum ferry_cancel_reason reason);
/* Cancels those that belong to `run`. */
void ferry_connection_cancel_run(const struct ferry_context *run, enum ferry_cancel_reason reason);
/* Of these the sources that have kept a call waiting for more than `limit_ms`. */
void ferry_connection_cancel_stalled(const struct ferry_context *run, int64_t limit_ms);

/* Whether another job may use it, too. */
bool ferry_connection_is_usable(struct ferry_connection *connection);

/* What facts the driver knows of a connection. */
struct ferry_facts {
    struct {
        char *name;
        char *value;
    } * items;
    size_t count;
};
void ferry_connection_facts(struct ferry_connection *connection, struct ferry_facts *ret_facts);
void ferry_facts_done(struct ferry_facts *facts);
/* When the certificate of its server ends, in milliseconds since 1970; false where its driver tells
 * of none. */
bool ferry_connection_certificate_ends(struct ferry_connection *connection, int64_t *ret_ms);

/* What may stand in the way of a run; nothing of a driver that does not look.  `findings` keeps
 * what was added before a failure. */
ferry_status ferry_connection_examine(struct ferry_connection *connection,
                                      const struct ferry_examination *examination,
                                      struct ferry_findings *findings, struct ferry_error *error);

/* The record of the run that wrote `table`; empty where there is none.  The caller frees it. */
ferry_status ferry_connection_record_read(struct ferry_connection *connection, const char *table,
                                          struct ferry_record *ret_record,
                                          struct ferry_error *error);

/* Around the use of a connection in a thread that did not open it. */
ferry_status ferry_connection_thread_begin(struct ferry_connection *connection,
                                           struct ferry_error *error);
void ferry_connection_thread_end(struct ferry_connection *connection);

#endif
