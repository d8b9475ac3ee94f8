/* The names that go with a table: its stage, its old rows, its lock. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* Where the server takes Orders and orders for one table, so must the names made of them. */
ferry_status mydrv_names_make(struct mydrv_conn *conn, const char *table, struct mydrv_names *names,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT IF(@@lower_case_table_names = 0, n, LOWER(n)), "
                        "IF(@@lower_case_table_names = 0, DATABASE(), LOWER(DATABASE())) FROM "
                        "(SELECT ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    part_text_add(&sql, " AS n) AS t");
    ferry_status status = mydrv_ask(conn, &sql, 2, "ask for the database", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status != FERRY_OK)
        return status;
    if (row == NULL || row[0] == NULL || row[1] == NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG, "%s: set `database` in the connection",
                          conn->label);
    uint64_t own = ferry_hash_name(FERRY_HASH_SEED, row[0]);
    uint64_t place = ferry_hash_name(ferry_hash_name(FERRY_HASH_SEED, row[1]), row[0]);
    if (asprintf(&names->stage, MYDRV_NAMES_STAGE "%016" PRIx64, own) < 0)
        names->stage = NULL;
    if (asprintf(&names->old, MYDRV_NAMES_OLD "%016" PRIx64, own) < 0)
        names->old = NULL;
    if (asprintf(&names->lock, "dbferry:%016" PRIx64, place) < 0)
        names->lock = NULL;
    return names->stage == NULL || names->old == NULL || names->lock == NULL
               ? mydrv_fail_memory(err)
               : FERRY_OK;
}

void mydrv_names_clear(struct mydrv_names *names)
{
    free(names->stage);
    free(names->old);
    free(names->lock);
    *names = (struct mydrv_names){0};
}
