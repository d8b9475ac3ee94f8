/* Where rows come from.  What a view or query reads can hide in a function, so that nothing is
 * known of either but what might do harm. */

#include "read/read.h"

#include <string.h>

ferry_status pgdrv_origins(void *conn, const struct ferry_read *read, const char *table,
                           struct ferry_origins *origins, struct ferry_error *err)
{
    bool one = read->kind == FERRY_READ_TABLE;
    ferry_status status = pgdrv_conn_check(conn, err);
    if (status == FERRY_OK && one)
        status = ferry_origins_add(origins, read->text, err);
    if (status == FERRY_OK && table != NULL && (!one || strcmp(read->text, table) == 0))
        ferry_origins_include(origins);
    return status;
}
