/* Ending what a server still does for a connection that is given up.
 *
 * The request goes over a connection of its own, which the library opens and waits for, so a thread
 * makes it, and is left behind where nothing answers.  It bears a key that anybody who sees it may
 * use, and the library sends it without TLS: so it is sent only where the connection itself has
 * none.  Elsewhere the server finds out by itself that nobody waits any more, within some seconds
 * (client_connection_check_interval).
 */

#include "parts/errand.h"
#include "pgsql_driver.h"

#define STOP_WAIT_MS 1000

static void stop_ask(void *request)
{
    char reason[256];
    (void)PQcancel(request, reason, sizeof reason);
}

static void stop_free(void *request)
{
    PQfreeCancel(request);
}

void pgdrv_stop(struct pgdrv_conn *conn)
{
    if (PQstatus(conn->pg) != CONNECTION_OK || PQsslInUse(conn->pg) != 0)
        return;
    PGcancel *request = PQgetCancel(conn->pg);
    if (request != NULL)
        part_errand(stop_ask, stop_free, request, STOP_WAIT_MS);
}
