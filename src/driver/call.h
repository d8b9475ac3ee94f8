/* What stands around each call of a driver; for the files of the layer to drivers alone. */

#ifndef FERRY_CALL_H
#define FERRY_CALL_H

#include <stdatomic.h>

#include "base/cleanup.h"
#include "driver/connection.h"

struct ferry_connection {
    struct ferry_driver_handle *driver;
    uint32_t role; /* FERRY_ROLE_SOURCE or _TARGET */
    void *conn;    /* the driver's own */
    char place[FERRY_PLACE_SIZE];
    struct ferry_context *run;          /* held */
    _Atomic int64_t waiting_since;      /* for a source, on ferry_clock_ms(); 0: nobody waits */
    enum ferry_cancel_reason cancelled; /* of connection.c */
    struct ferry_connection *next;      /* of the open ones, of connection.c */
};

/* Serialises the calls of a driver that allows one at a time; a no-op for others.  cancel() is
 * outside it by contract. */
#define DRIVER_SCOPE(driver)                                                                       \
    pthread_mutex_t *driver_scope __attribute__((cleanup(ferry_cleanup_unlock), unused)) =         \
        ferry_call_enter(driver)
pthread_mutex_t *ferry_call_enter(struct ferry_driver_handle *driver);

/* Measures a call, if it waits for a source; after DRIVER_SCOPE, for there it waits for others. */
#define WAITING_SCOPE(connection)                                                                  \
    _Atomic int64_t *waiting_scope __attribute__((cleanup(ferry_call_stop_waiting), unused)) =     \
        ferry_call_start_waiting(connection)
_Atomic int64_t *ferry_call_start_waiting(struct ferry_connection *connection);
void ferry_call_stop_waiting(_Atomic int64_t **since);

/* Ends a call of a driver: is what it says by the contract?  A failure is told with the role of the
 * connection, whose own settings decide about another attempt. */
ferry_status ferry_call_end(const struct ferry_connection *connection, const char *callback,
                            ferry_status status, bool written, struct ferry_error *error);

#endif
