/* The second connection of a target: what is left to do where the first one was cut off.
 *
 * The server lets go of the table's lock when it has noticed the end of the first connection and
 * has undone, or finished, what that was doing.  So whoever gets the lock here sees how it ended.
 */

#include "target.h"

#include <errmsg.h>
#include <string.h>

#define SPARE_WAIT 2 /* seconds: somebody may have pressed a key and be waiting */

bool mydrv_conn_is_lost(const struct mydrv_conn *conn)
{
    unsigned code = mysql_errno(conn->native);
    return conn->broken || atomic_load(&conn->cancelled) || code == CR_SERVER_GONE_ERROR ||
           code == CR_SERVER_LOST || code == CR_SERVER_LOST_EXTENDED ||
           code == CR_SSL_CONNECTION_ERROR || code == CR_ERR_NET_READ || code == CR_ERR_NET_WRITE ||
           code == 1053 || code == 1927 || code == 3169 || code == 4031;
}

bool mydrv_try(struct mydrv_conn *conn, struct mydrv_text *sql)
{
    bool done = !mydrv_conn_is_lost(conn) && !sql->failed && sql->data != NULL &&
                mysql_real_query(conn->native, sql->data, sql->length) == 0;
    if (done && mysql_field_count(conn->native) != 0)
        mysql_free_result(mysql_store_result(conn->native));
    if (mysql_errno(conn->native) != 0)
        mydrv_conn_give_up(conn, mysql_errno(conn->native));
    mydrv_text_clear(sql);
    return done;
}

/* Whether the first value that the statement returns is `expected`; 0: no, 1: yes, -1: no answer.
 */
static int spare_ask(struct mydrv_conn *spare, struct mydrv_text *sql, const char *expected)
{
    MYDRV_AUTO_ROWS MYSQL_RES *rows = NULL;
    int answer = -1;
    if (!sql->failed && mysql_real_query(spare->native, sql->data, sql->length) == 0 &&
        (rows = mysql_store_result(spare->native)) != NULL) {
        MYSQL_ROW row = mysql_fetch_row(rows);
        answer = row != NULL && row[0] != NULL && strstr(row[0], expected) != NULL;
    } else {
        mydrv_conn_give_up(spare, mysql_errno(spare->native));
    }
    mydrv_text_clear(sql);
    return answer;
}

bool mydrv_spare_take_over(struct mydrv_load *load)
{
    struct mydrv_conn *spare = load->conn->spare;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (spare == NULL)
        return false;
    mydrv_text_addf(&sql, "SET SESSION lock_wait_timeout = %d", SPARE_WAIT);
    if (!mydrv_try(spare, &sql))
        return false;
    mydrv_text_add(&sql, "SELECT GET_LOCK(");
    mydrv_text_add_quoted(&sql, load->lock, strlen(load->lock));
    mydrv_text_addf(&sql, ", %d)", SPARE_WAIT);
    if (spare_ask(spare, &sql, "1") != 1)
        return false;
    load->conn->held_lock = NULL;
    load->conn = spare;
    load->locked = true;
    return true;
}

enum mydrv_outcome mydrv_spare_find_outcome(struct mydrv_load *load)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (!mydrv_spare_take_over(load))
        return MYDRV_OUTCOME_UNKNOWN;
    if (load->in_place)
        mydrv_text_add(&sql, "SELECT run_id FROM _dbferry_sync WHERE target_table = ");
    else
        mydrv_text_add(&sql, "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE "
                             "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, load->spec->table, strlen(load->spec->table));
    int found = spare_ask(load->conn, &sql, load->spec->run_id);
    return found < 0 ? MYDRV_OUTCOME_UNKNOWN : found > 0 ? MYDRV_OUTCOME_NEW : MYDRV_OUTCOME_OLD;
}
