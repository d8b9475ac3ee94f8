/* Waiting for the server, and for whatever ends that: cancel(), a time limit, the end of the run.
 *
 * The core cannot cancel a connection before connect has returned it, so meanwhile it is asked some
 * times a second whether the run is to end.
 */

#include "pgsql_driver.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#define WAIT_ASK_MS 100

int64_t pgdrv_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* When to give up; INT64_MAX: never. */
static int64_t wait_end(const struct pgdrv_conn *conn)
{
    if (conn->until_ms > 0)
        return conn->until_ms;
    return conn->wait_ms > 0 ? pgdrv_clock() + conn->wait_ms : INT64_MAX;
}

enum pgdrv_wait_end pgdrv_wait(const struct pgdrv_conn *conn, short events)
{
    struct pollfd ready[] = {{.fd = PQsocket(conn->pg), .events = events},
                             {.fd = conn->wake_fd, .events = POLLIN}};
    int64_t end = wait_end(conn);
    for (;;) {
        int64_t left = end == INT64_MAX ? INT64_MAX : end - pgdrv_clock();
        if (atomic_load(&conn->cancelled) || (conn->until_ms > 0 && ferry_should_stop() != 0))
            return PGDRV_STOPPED;
        if (left <= 0)
            return PGDRV_SILENT;
        int64_t most = conn->until_ms > 0 ? WAIT_ASK_MS : 3600000;
        int found = poll(ready, 2, (int)(left < most ? left : most));
        if (found > 0 && ready[1].revents == 0)
            return PGDRV_READY; /* an error of the socket is the library's to find */
        if (found < 0 && errno != EINTR && errno != EAGAIN)
            return PGDRV_READY;
    }
}
