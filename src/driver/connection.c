/* Open connections, and the one layer through which the engine calls drivers. */

#include "driver/connection.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/signals.h"
#include "driver/contract.h"

struct ferry_connection {
    struct ferry_driver_handle *driver;
    uint32_t role; /* FERRY_ROLE_SOURCE or _TARGET */
    void *conn;    /* the driver's own */
    char place[FERRY_PLACE_SIZE];
    struct ferry_context *run;          /* held */
    _Atomic int64_t waiting_since;      /* for a source, on ferry_clock_ms(); 0: nobody waits */
    enum ferry_cancel_reason cancelled; /* under open_lock */
    struct ferry_connection *next;      /* of the open ones, under open_lock */
};

struct ferry_cursor {
    struct ferry_connection *connection;
    void *cursor; /* the driver's own */
    bool stored;  /* of a target's stored rows; else of a source's */
};

struct ferry_load {
    struct ferry_connection *connection;
    void *load; /* the driver's own */
    struct ferry_load *next;
};

struct ferry_change {
    struct ferry_connection *connection;
    void *change; /* the driver's own */
    struct ferry_load *loads;
};

/* Held while a cancel is delivered, so that no connection ends under it. */
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ferry_connection *open_connections;

/* Serialises the calls of a driver that allows one at a time; a no-op for others.  cancel() is
 * outside it by contract. */
static pthread_mutex_t *enter(struct ferry_driver_handle *driver)
{
    if (driver->driver._thread_model != FERRY_THREADS_ONE)
        return NULL;
    return ferry_lock(&driver->lock);
}

#define DRIVER_SCOPE(driver)                                                                       \
    pthread_mutex_t *driver_scope __attribute__((cleanup(ferry_cleanup_unlock), unused)) =         \
        enter(driver)

static _Atomic int64_t *start_waiting(struct ferry_connection *connection)
{
    if (connection->role == FERRY_ROLE_SOURCE)
        atomic_store(&connection->waiting_since, ferry_clock_ms());
    return &connection->waiting_since;
}

static void stop_waiting(_Atomic int64_t **since)
{
    atomic_store(*since, 0);
}

/* Measures a call, if it waits for a source; after DRIVER_SCOPE, for there it waits for others. */
#define WAITING_SCOPE(connection)                                                                  \
    _Atomic int64_t *waiting_scope __attribute__((cleanup(stop_waiting), unused)) =                \
        start_waiting(connection)

/* Ends a call of a driver: is what it says by the contract?  A failure is told with the role of the
 * connection, whose own settings decide about another attempt. */
static ferry_status end_call(const struct ferry_connection *connection, const char *callback,
                             ferry_status status, bool written, struct ferry_error *error)
{
    status = ferry_contract_check_call(connection->driver, callback, status, written, error);
    if (status != FERRY_OK && error->role == 0)
        error->role = connection->role;
    return status;
}

/* ---- Opening, closing, cancelling ---- */

ferry_status ferry_connection_check_role(const struct ferry_config *config, uint32_t role,
                                         struct ferry_error *error)
{
    bool source = (role & FERRY_ROLE_SOURCE) != 0;
    bool offered = source ? config->driver->is_source : config->driver->is_target;
    if (offered)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_CONFIG,
                      "connection '%s' cannot be a %s: driver '%s' has no %s half", config->name,
                      source ? "source" : "target", config->driver->driver.name,
                      source ? "source" : "target");
}

/* Under open_lock. */
static void cancel_open(struct ferry_connection *connection, enum ferry_cancel_reason reason)
{
    if (connection->cancelled == FERRY_CANCEL_NONE)
        connection->cancelled = reason;
    connection->driver->driver.cancel(connection->conn);
}

static void register_open(struct ferry_connection *connection)
{
    FERRY_LOCK_SCOPE(&open_lock);
    connection->next = open_connections;
    open_connections = connection;
    if (ferry_signal_caught() != 0) /* then all that were open have been cancelled */
        cancel_open(connection, FERRY_CANCEL_SIGNAL);
}

void ferry_connection_find_place(const struct ferry_config *config,
                                 char ret_place[FERRY_PLACE_SIZE])
{
    DRIVER_SCOPE(config->driver);
    config->driver->driver.place(config, ret_place, FERRY_PLACE_SIZE);
    ret_place[FERRY_PLACE_SIZE - 1] = '\0';
}

static void free_connection(struct ferry_connection *connection)
{
    ferry_context_release(connection->run);
    free(connection);
}

ferry_status ferry_connection_open(const struct ferry_config *config, uint32_t role,
                                   struct ferry_connection **ret_connection,
                                   struct ferry_error *error)
{
    ferry_status status = ferry_connection_check_role(config, role, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a connection");
    connection->driver = config->driver;
    connection->run = ferry_context_hold(ferry_context_current());
    connection->role = role & ~(uint32_t)FERRY_ROLE_LOOK;
    ferry_connection_find_place(config, connection->place);
    const struct ferry_driver *driver = &config->driver->driver;
    {
        DRIVER_SCOPE(config->driver);
        status = driver->connect(config, role, &connection->conn, error);
    }
    status = end_call(connection, "connect", status, connection->conn != NULL, error);
    if (status != FERRY_OK) {
        free_connection(connection);
        return status;
    }
    register_open(connection);
    *ret_connection = connection;
    return FERRY_OK;
}

static void unregister_open(const struct ferry_connection *connection)
{
    FERRY_LOCK_SCOPE(&open_lock);
    struct ferry_connection **place = &open_connections;
    while (*place != NULL && *place != connection)
        place = &(*place)->next;
    if (*place != NULL)
        *place = connection->next;
}

void ferry_connection_close(struct ferry_connection *connection)
{
    if (connection == NULL)
        return;
    unregister_open(connection); /* after it no cancel reaches the driver */
    {
        DRIVER_SCOPE(connection->driver);
        connection->driver->driver.disconnect(connection->conn);
    }
    free_connection(connection);
}

void ferry_connection_cancel(struct ferry_connection *connection, enum ferry_cancel_reason reason)
{
    FERRY_LOCK_SCOPE(&open_lock);
    cancel_open(connection, reason);
}

enum ferry_cancel_reason ferry_connection_cancelled(const struct ferry_connection *connection)
{
    FERRY_LOCK_SCOPE(&open_lock);
    return connection->cancelled;
}

void ferry_connection_cancel_all(enum ferry_cancel_reason reason)
{
    FERRY_LOCK_SCOPE(&open_lock);
    for (struct ferry_connection *open = open_connections; open != NULL; open = open->next)
        cancel_open(open, reason);
}

void ferry_connection_cancel_run(const struct ferry_context *run, enum ferry_cancel_reason reason)
{
    FERRY_LOCK_SCOPE(&open_lock);
    for (struct ferry_connection *open = open_connections; open != NULL; open = open->next)
        if (open->run == run)
            cancel_open(open, reason);
}

static bool is_stalled(const struct ferry_connection *connection, int64_t limit_ms)
{
    int64_t since = atomic_load(&connection->waiting_since);
    return since != 0 && ferry_clock_ms() - since > limit_ms;
}

void ferry_connection_cancel_stalled(const struct ferry_context *run, int64_t limit_ms)
{
    FERRY_LOCK_SCOPE(&open_lock);
    for (struct ferry_connection *open = open_connections; open != NULL; open = open->next)
        if (open->run == run && is_stalled(open, limit_ms))
            cancel_open(open, FERRY_CANCEL_STALL);
}

const char *ferry_connection_place(const struct ferry_connection *connection)
{
    return connection->place;
}

/* ---- Facts and threads ---- */

void ferry_facts_add(struct ferry_facts *facts, const char *name, const char *value)
{
    void *items = reallocarray(facts->items, facts->count + 1, sizeof *facts->items);
    if (items == NULL)
        return; /* a fact less, in a report for a person */
    facts->items = items;
    char *name_copy = strdup(name);
    char *value_copy = strdup(value);
    if (name_copy == NULL || value_copy == NULL) {
        free(name_copy);
        free(value_copy);
        return;
    }
    facts->items[facts->count].name = name_copy;
    facts->items[facts->count].value = value_copy;
    facts->count++;
}

void ferry_facts_done(struct ferry_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        free(facts->items[i].name);
        free(facts->items[i].value);
    }
    free(facts->items);
    *facts = (struct ferry_facts){0};
}

void ferry_connection_facts(struct ferry_connection *connection, struct ferry_facts *ret_facts)
{
    DRIVER_SCOPE(connection->driver);
    connection->driver->driver.facts(connection->conn, ret_facts);
}

ferry_status ferry_connection_record_read(struct ferry_connection *connection, const char *table,
                                          struct ferry_record *ret_record,
                                          struct ferry_error *error)
{
    struct ferry_record record = {0};
    ferry_status status = ferry_record_open(&record, table, error);
    if (status == FERRY_OK) {
        DRIVER_SCOPE(connection->driver);
        WAITING_SCOPE(connection);
        status = connection->driver->driver.record_read(connection->conn, table, &record, error);
        status = end_call(connection, "record_read", status, true, error);
    }
    if (status != FERRY_OK) {
        ferry_record_done(&record);
        return status;
    }
    *ret_record = record;
    return FERRY_OK;
}

ferry_status ferry_connection_thread_begin(struct ferry_connection *connection,
                                           struct ferry_error *error)
{
    DRIVER_SCOPE(connection->driver);
    ferry_status status = connection->driver->driver.thread_begin(error);
    return end_call(connection, "thread_begin", status, true, error);
}

void ferry_connection_thread_end(struct ferry_connection *connection)
{
    DRIVER_SCOPE(connection->driver);
    connection->driver->driver.thread_end();
}

/* ---- Source ---- */

/* Every row, in any order. */
static const struct ferry_scan whole_scan = {._size = sizeof whole_scan};

ferry_status ferry_source_snapshot_begin(struct ferry_connection *source, struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    ferry_status status = source->driver->source.snapshot_begin(source->conn, error);
    return end_call(source, "snapshot_begin", status, true, error);
}

void ferry_source_snapshot_end(struct ferry_connection *source)
{
    DRIVER_SCOPE(source->driver);
    source->driver->source.snapshot_end(source->conn);
}

ferry_status ferry_source_origins(struct ferry_connection *source, const struct ferry_read *read,
                                  const char *table, struct ferry_origins *ret_origins,
                                  struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_origins origins = {0};
    ferry_status status =
        source->driver->source.origins(source->conn, read, table, &origins, error);
    status = end_call(source, "origins", status, true, error);
    if (status != FERRY_OK) {
        ferry_origins_done(&origins);
        return status;
    }
    *ret_origins = origins;
    return FERRY_OK;
}

ferry_status ferry_source_describe(struct ferry_connection *source, const struct ferry_read *read,
                                   struct ferry_schema *ret_schema, struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_schema schema = {0};
    ferry_status status = source->driver->source.describe(source->conn, read, &schema, error);
    status = end_call(source, "describe", status, schema.count > 0, error);
    if (status != FERRY_OK) {
        ferry_schema_done(&schema);
        return status;
    }
    *ret_schema = schema;
    return FERRY_OK;
}

ferry_status ferry_source_read_begin(struct ferry_connection *source, const struct ferry_read *read,
                                     const struct ferry_schema *schema,
                                     struct ferry_cursor **ret_cursor, struct ferry_error *error)
{
    struct ferry_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a cursor");
    cursor->connection = source;
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    ferry_status status = source->driver->source.read_begin(source->conn, read, schema, &whole_scan,
                                                            &cursor->cursor, error);
    status = end_call(source, "read_begin", status, cursor->cursor != NULL, error);
    if (status != FERRY_OK) {
        free(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

static ferry_status read_source(struct ferry_cursor *cursor, struct ferry_batch *batch,
                                struct ferry_error *error)
{
    struct ferry_connection *source = cursor->connection;
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    ferry_status status = source->driver->source.read_batch(cursor->cursor, batch, error);
    status = end_call(source, "read_batch", status, true, error);
    return status == FERRY_OK ? ferry_contract_check_batch(source->driver, batch, error) : status;
}

static ferry_status read_stored(struct ferry_cursor *cursor, struct ferry_batch *batch,
                                struct ferry_error *error)
{
    struct ferry_connection *target = cursor->connection;
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.stored_batch(cursor->cursor, batch, error);
    status = end_call(target, "stored_batch", status, true, error);
    return status == FERRY_OK ? ferry_contract_check_stored(batch, error) : status;
}

ferry_status ferry_cursor_read(struct ferry_cursor *cursor, struct ferry_batch *batch,
                               struct ferry_error *error)
{
    return cursor->stored ? read_stored(cursor, batch, error) : read_source(cursor, batch, error);
}

void ferry_cursor_close(struct ferry_cursor *cursor)
{
    if (cursor == NULL)
        return;
    {
        DRIVER_SCOPE(cursor->connection->driver);
        struct ferry_driver_handle *driver = cursor->connection->driver;
        if (cursor->stored)
            driver->target.stored_end(cursor->cursor);
        else
            driver->source.read_end(cursor->cursor);
    }
    free(cursor);
}

/* ---- Target ---- */

ferry_status ferry_target_map_column(struct ferry_connection *target,
                                     const struct ferry_column *column,
                                     const struct ferry_wish *wish,
                                     struct ferry_mapping *ret_mapping, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.map_column(target->conn, column, wish, ret_mapping, error);
    return end_call(target, "map_column", status, ret_mapping->set, error);
}

ferry_status ferry_target_inspect(struct ferry_connection *target, const char *table,
                                  struct ferry_inspection *ret_inspection,
                                  struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.inspect(target->conn, table, ret_inspection, error);
    bool written = ret_inspection->exists == 0 || ret_inspection->schema->count > 0;
    return end_call(target, "inspect", status, written, error);
}

bool ferry_target_holds_columns(const struct ferry_connection *target)
{
    return target->driver->target.hold_column != NULL;
}

ferry_status ferry_target_hold_column(struct ferry_connection *target,
                                      const struct ferry_column *existing,
                                      const struct ferry_column *column,
                                      const struct ferry_wish *wish,
                                      struct ferry_mapping *ret_mapping, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.hold_column(target->conn, existing, column, wish,
                                                             ret_mapping, error);
    return end_call(target, "hold_column", status, true, error);
}

ferry_status ferry_target_foresee(struct ferry_connection *target,
                                  const struct ferry_load_spec *spec, struct ferry_notes *losses,
                                  struct ferry_notes *stale, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.foresee(target->conn, spec, losses, stale, error);
    return end_call(target, "foresee", status, true, error);
}

ferry_status ferry_target_note_indexes(struct ferry_connection *target, struct ferry_schema *schema,
                                       const char *const *natives,
                                       const struct ferry_index *const *indexes, size_t index_count,
                                       struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.note_indexes(target->conn, schema, natives,
                                                              indexes, index_count, error);
    return end_call(target, "note_indexes", status, true, error);
}

ferry_status ferry_target_change_begin(struct ferry_connection *target,
                                       const struct ferry_change_spec *spec,
                                       struct ferry_change **ret_change, struct ferry_error *error)
{
    struct ferry_change *change = calloc(1, sizeof *change);
    if (change == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a change");
    change->connection = target;
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.change_begin(target->conn, spec, &change->change, error);
    status = end_call(target, "change_begin", status, change->change != NULL, error);
    if (status != FERRY_OK) {
        free(change);
        return status;
    }
    *ret_change = change;
    return FERRY_OK;
}

ferry_status ferry_target_load_begin(struct ferry_change *change,
                                     const struct ferry_load_spec *spec,
                                     struct ferry_load **ret_load, struct ferry_error *error)
{
    struct ferry_connection *target = change->connection;
    struct ferry_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a load");
    load->connection = target;
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.load_begin(change->change, spec, &load->load, error);
    status = end_call(target, "load_begin", status, load->load != NULL, error);
    if (status != FERRY_OK) {
        free(load);
        return status;
    }
    load->next = change->loads;
    change->loads = load;
    *ret_load = load;
    return FERRY_OK;
}

ferry_status ferry_target_load_batch(struct ferry_load *load, uint32_t operation,
                                     const struct ferry_batch *batch, struct ferry_error *error)
{
    struct ferry_driver_handle *driver = load->connection->driver;
    DRIVER_SCOPE(driver);
    ferry_status status = driver->target.load_batch(load->load, operation, batch, error);
    return end_call(load->connection, "load_batch", status, true, error);
}

ferry_status ferry_target_load_end(struct ferry_load *load, struct ferry_load_totals *ret_totals,
                                   struct ferry_error *error)
{
    struct ferry_driver_handle *driver = load->connection->driver;
    DRIVER_SCOPE(driver);
    ferry_status status = driver->target.load_end(load->load, ret_totals, error);
    return end_call(load->connection, "load_end", status, true, error);
}

bool ferry_target_tells_stored(const struct ferry_connection *target)
{
    return target->driver->tells_stored;
}

ferry_status ferry_target_stored_begin(struct ferry_connection *target, struct ferry_load *load,
                                       const struct ferry_layout *layout,
                                       struct ferry_cursor **ret_cursor, struct ferry_error *error)
{
    struct ferry_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a cursor");
    cursor->connection = target;
    cursor->stored = true;
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.stored_begin(target->conn, load == NULL ? NULL : load->load, layout,
                                            &whole_scan, &cursor->cursor, error);
    status = end_call(target, "stored_begin", status, cursor->cursor != NULL, error);
    if (status != FERRY_OK) {
        free(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* The driver has freed its own part. */
static void free_change(struct ferry_change *change)
{
    while (change->loads != NULL) {
        struct ferry_load *load = change->loads;
        change->loads = load->next;
        free(load);
    }
    free(change);
}

ferry_status ferry_target_change_commit(struct ferry_change *change,
                                        const struct ferry_record *const *records,
                                        size_t record_count, uint32_t *outcome,
                                        struct ferry_error *error)
{
    const struct ferry_connection *target = change->connection;
    uint32_t said = FERRY_OUTCOME_UNKNOWN;
    ferry_status status;
    {
        DRIVER_SCOPE(target->driver);
        status = target->driver->target.change_commit(change->change, records, record_count, &said,
                                                      error);
    }
    free_change(change);
    bool sound = said <= FERRY_OUTCOME_NEW && (status != FERRY_OK || said == FERRY_OUTCOME_NEW);
    status = end_call(target, "change_commit", status, sound, error);
    *outcome = sound ? said : FERRY_OUTCOME_UNKNOWN;
    return status;
}

void ferry_target_change_abort(struct ferry_change *change)
{
    if (change == NULL)
        return;
    {
        DRIVER_SCOPE(change->connection->driver);
        change->connection->driver->target.change_abort(change->change);
    }
    free_change(change);
}
