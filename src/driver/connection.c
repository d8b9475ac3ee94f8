/* A list of all open connections, so that a signal, a limit or a stall reaches those it means. */

#include "driver/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/signals.h"
#include "driver/call.h"

/* Held while a cancel is delivered, so that no connection ends under it. */
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ferry_connection *open_connections;

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

bool ferry_connection_goes_side_by_side(const struct ferry_config *config)
{
    const struct ferry_driver_handle *driver = config->driver;
    return driver->is_target && (driver->target.abilities & FERRY_SIDE_BY_SIDE) != 0;
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
    connection->role = role & (FERRY_ROLE_SOURCE | FERRY_ROLE_TARGET);
    ferry_connection_find_place(config, connection->place);
    const struct ferry_driver *driver = &config->driver->driver;
    {
        DRIVER_SCOPE(config->driver);
        status = driver->connect(config, role, &connection->conn, error);
    }
    status = ferry_call_end(connection, "connect", status, connection->conn != NULL, error);
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

bool ferry_connection_is_usable(struct ferry_connection *connection)
{
    DRIVER_SCOPE(connection->driver);
    return connection->driver->driver.is_usable == NULL ||
           connection->driver->driver.is_usable(connection->conn) != 0;
}

void ferry_connection_facts(struct ferry_connection *connection, struct ferry_facts *ret_facts)
{
    DRIVER_SCOPE(connection->driver);
    connection->driver->driver.facts(connection->conn, ret_facts);
}

bool ferry_connection_certificate_ends(struct ferry_connection *connection, int64_t *ret_ms)
{
    struct ferry_facts facts = {0};
    bool found = false;
    ferry_connection_facts(connection, &facts);
    for (size_t i = 0; i < facts.count && !found; i++)
        found = strcmp(facts.items[i].name, FERRY_FACT_CERTIFICATE_ENDS) == 0 &&
                ferry_clock_read(facts.items[i].value, ret_ms);
    ferry_facts_done(&facts);
    return found;
}

ferry_status ferry_connection_examine(struct ferry_connection *connection,
                                      const struct ferry_examination *examination,
                                      struct ferry_findings *findings, struct ferry_error *error)
{
    DRIVER_SCOPE(connection->driver);
    WAITING_SCOPE(connection);
    ferry_status status =
        connection->driver->driver.examine(connection->conn, examination, findings, error);
    return ferry_call_end(connection, "examine", status, true, error);
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
        status = ferry_call_end(connection, "record_read", status, true, error);
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
    return ferry_call_end(connection, "thread_begin", status, true, error);
}

void ferry_connection_thread_end(struct ferry_connection *connection)
{
    DRIVER_SCOPE(connection->driver);
    connection->driver->driver.thread_end();
}
