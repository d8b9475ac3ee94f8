/* Open connections, and the one layer through which the engine calls drivers.
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
#include "driver/load.h"
#include "driver/mapping.h"
#include "driver/notes.h"
#include "driver/option.h"
#include "driver/origins.h"
#include "driver/record.h"

struct ferry_connection;

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

/* The record of the run that wrote `table`; empty where there is none.  The caller frees it. */
ferry_status ferry_connection_record_read(struct ferry_connection *connection, const char *table,
                                          struct ferry_record *ret_record,
                                          struct ferry_error *error);

/* Around the use of a connection in a thread that did not open it. */
ferry_status ferry_connection_thread_begin(struct ferry_connection *connection,
                                           struct ferry_error *error);
void ferry_connection_thread_end(struct ferry_connection *connection);

/* ---- The callbacks of driver.h, in its order ---- */

struct ferry_cursor;
struct ferry_change;
struct ferry_load; /* belongs to its change */

ferry_status ferry_source_snapshot_begin(struct ferry_connection *source,
                                         struct ferry_error *error);
void ferry_source_snapshot_end(struct ferry_connection *source);
ferry_status ferry_source_describe(struct ferry_connection *source, const struct ferry_read *read,
                                   struct ferry_schema *ret_schema, struct ferry_error *error);
/* Between snapshot_begin and describe.  `table` may be NULL.  The caller frees the answer. */
ferry_status ferry_source_origins(struct ferry_connection *source, const struct ferry_read *read,
                                  const char *table, struct ferry_origins *ret_origins,
                                  struct ferry_error *error);
ferry_status ferry_source_read_begin(struct ferry_connection *source, const struct ferry_read *read,
                                     const struct ferry_schema *schema,
                                     struct ferry_cursor **ret_cursor, struct ferry_error *error);
/* The next rows of a source, or of what a target has stored. */
ferry_status ferry_cursor_read(struct ferry_cursor *cursor, struct ferry_batch *batch,
                               struct ferry_error *error);
void ferry_cursor_close(struct ferry_cursor *cursor); /* NULL allowed */

ferry_status ferry_target_map_column(struct ferry_connection *target,
                                     const struct ferry_column *column,
                                     const struct ferry_wish *wish,
                                     struct ferry_mapping *ret_mapping, struct ferry_error *error);
ferry_status ferry_target_inspect(struct ferry_connection *target, const char *table,
                                  struct ferry_inspection *ret_inspection,
                                  struct ferry_error *error);
/* Whether the driver has a hold_column, and so fills columns by name. */
bool ferry_target_holds_columns(const struct ferry_connection *target);
/* `ret_mapping` stays unset where the column does not hold the values. */
ferry_status ferry_target_hold_column(struct ferry_connection *target,
                                      const struct ferry_column *existing,
                                      const struct ferry_column *column,
                                      const struct ferry_wish *wish,
                                      struct ferry_mapping *ret_mapping, struct ferry_error *error);
ferry_status ferry_target_foresee(struct ferry_connection *target,
                                  const struct ferry_load_spec *spec, struct ferry_notes *losses,
                                  struct ferry_notes *stale, struct ferry_error *error);
/* The target's notes on the indexes go to `schema`. */
ferry_status ferry_target_note_indexes(struct ferry_connection *target, struct ferry_schema *schema,
                                       const char *const *natives,
                                       const struct ferry_index *const *indexes, size_t index_count,
                                       struct ferry_error *error);
ferry_status ferry_target_change_begin(struct ferry_connection *target,
                                       const struct ferry_change_spec *spec,
                                       struct ferry_change **ret_change, struct ferry_error *error);
ferry_status ferry_target_load_begin(struct ferry_change *change,
                                     const struct ferry_load_spec *spec,
                                     struct ferry_load **ret_load, struct ferry_error *error);
/* `operation` is a FERRY_OP_. */
ferry_status ferry_target_load_batch(struct ferry_load *load, uint32_t operation,
                                     const struct ferry_batch *batch, struct ferry_error *error);
ferry_status ferry_target_load_end(struct ferry_load *load, struct ferry_load_totals *ret_totals,
                                   struct ferry_error *error);
/* Whether the driver has stored_begin. */
bool ferry_target_tells_stored(const struct ferry_connection *target);
/* UNSUPPORTED where the driver has none.  `load` NULL: the table as it stands. */
ferry_status ferry_target_stored_begin(struct ferry_connection *target, struct ferry_load *load,
                                       const struct ferry_layout *layout,
                                       struct ferry_cursor **ret_cursor, struct ferry_error *error);
/* Each ends the change and frees it with its loads; NULL allowed for abort.  `*outcome`
 * (FERRY_OUTCOME_) is written on failure too. */
ferry_status ferry_target_change_commit(struct ferry_change *change,
                                        const struct ferry_record *const *records,
                                        size_t record_count, uint32_t *outcome,
                                        struct ferry_error *error);
void ferry_target_change_abort(struct ferry_change *change);

#endif
