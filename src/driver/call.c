/* A lock for drivers that want one, a clock for sources, and the contract's look at what came back.
 */

#include "driver/call.h"

#include "base/clock.h"
#include "base/pulse.h"
#include "driver/contract.h"

pthread_mutex_t *ferry_call_enter(struct ferry_driver_handle *driver)
{
    if (driver->driver._thread_model != FERRY_THREADS_ONE)
        return NULL;
    return ferry_lock(&driver->lock);
}

_Atomic int64_t *ferry_call_start_waiting(struct ferry_connection *connection)
{
    if (connection->role == FERRY_ROLE_SOURCE)
        atomic_store(&connection->waiting_since, ferry_clock_ms());
    return &connection->waiting_since;
}

void ferry_call_stop_waiting(_Atomic int64_t **since)
{
    atomic_store(*since, 0);
}

ferry_status ferry_call_end(const struct ferry_connection *connection, const char *callback,
                            ferry_status status, bool written, struct ferry_error *error)
{
    ferry_pulse_beat();
    status = ferry_contract_check_call(connection->driver, callback, status, written, error);
    if (status != FERRY_OK && error->role == 0)
        error->role = connection->role;
    return status;
}
