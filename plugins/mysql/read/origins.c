/* Where rows come from.  A server does not say which tables a query reads, so that nothing is known
 * of a view or query but what might do harm. */

#include "read/read.h"

#include <strings.h>

ferry_status mydrv_origins(void *conn, const struct ferry_read *read, const char *table,
                           struct ferry_origins *origins, struct ferry_error *err)
{
    bool one = read->kind == FERRY_READ_TABLE;
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK && one)
        status = ferry_origins_add(origins, read->text, err);
    if (status == FERRY_OK && table != NULL && (!one || strcasecmp(read->text, table) == 0))
        ferry_origins_include(origins);
    return status;
}
