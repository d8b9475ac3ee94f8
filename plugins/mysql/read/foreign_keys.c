/* The foreign keys of a table that is read.
 *
 * The catalog shows them only to accounts that may do more than read (MySQL's manual, on
 * INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS); the table's definition shows them to all.
 */

#include "read/read.h"
#include "text.h"

ferry_status mydrv_foreign_keys_describe(struct mydrv_conn *conn, const char *name,
                                         struct ferry_schema *schema, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text quoted = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *list = NULL;
    part_text_add(&quoted, "SHOW CREATE TABLE ");
    mydrv_text_add_name(&quoted, name);
    if (quoted.failed)
        return mydrv_fail_memory(err);
    ferry_status status = mydrv_catalog_ask_text(
        conn, quoted.data, 2, "which foreign keys there are", schema, &list, err);
    if (status != FERRY_OK || list == NULL)
        return status;
    MYSQL_ROW row = mysql_fetch_row(list);
    return row == NULL || row[1] == NULL ? mydrv_catalog_fail(conn, name, "the definition", err)
                                         : mydrv_references_add(row[1], schema, err);
}
