/* What libpq does beside libdbi: for the dialect pgsql. */

#ifndef DBFERRY_DBI_WIRE_H
#define DBFERRY_DBI_WIRE_H

#include "dialect/dialect.h"

/* Once connected: failures are told with their SQLSTATE, notices to the log, and what cancelling
 * needs is `conn->wire`. */
ferry_status dbidrv_wire_attach(struct dbidrv_conn *conn, struct ferry_error *err);
/* Before the connection is closed; after a cancel the server is asked to end what it still does.
 * Waits for about a second at most. */
void dbidrv_wire_detach(struct dbidrv_conn *conn);

#endif /* DBFERRY_DBI_WIRE_H */
