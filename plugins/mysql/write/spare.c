/* The second connection of a target: what is left to do where the first one was cut off.
 *
 * The server lets go of the table's lock when it has noticed the end of the first connection and
 * has undone, or finished, what that was doing.  So whoever gets the lock here sees how it ended.
 */

#include "write/target.h"

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

/* What a question for a number answers; -1: there is no answer, or none that is a number. */
static int spare_ask(struct mydrv_conn *spare, struct mydrv_text *sql)
{
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    int answer = -1;
    if (!sql->failed && mysql_real_query(spare->native, sql->data, sql->length) == 0 &&
        (rows = mysql_store_result(spare->native)) != NULL) {
        MYSQL_ROW row = mysql_fetch_row(rows);
        if (row != NULL && row[0] != NULL && (strcmp(row[0], "0") == 0 || strcmp(row[0], "1") == 0))
            answer = row[0][0] - '0';
    } else {
        mydrv_conn_give_up(spare, mysql_errno(spare->native));
    }
    mydrv_text_clear(sql);
    return answer;
}

bool mydrv_spare_take_over(struct mydrv_unit *unit)
{
    struct mydrv_conn *spare = unit->conn->spare;
    struct mydrv_lock *lock = &unit->load->lock;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (spare == NULL)
        return false;
    mydrv_text_addf(&sql, "SET SESSION lock_wait_timeout = %d", SPARE_WAIT);
    if (!mydrv_try(spare, &sql))
        return false;
    mydrv_text_add(&sql, "SELECT GET_LOCK(");
    mydrv_text_add_quoted(&sql, lock->name, strlen(lock->name));
    mydrv_text_addf(&sql, ", %d)", SPARE_WAIT);
    if (spare_ask(spare, &sql) != 1)
        return false;
    unit->conn->held_lock = NULL;
    lock->holder = spare;
    unit->conn = unit->load->conn = spare;
    return true;
}

/* Rows and record are one transaction, so the record tells. */
static uint32_t spare_ask_record(const struct mydrv_load *load)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "SELECT COUNT(*) FROM _dbferry_sync WHERE target_table = ");
    mydrv_text_add_quoted(&sql, load->layout->table, strlen(load->layout->table));
    mydrv_text_add(&sql, " AND run_id = ");
    mydrv_text_add_quoted(&sql, load->unit->spec->run_id, strlen(load->unit->spec->run_id));
    int found = spare_ask(load->conn, &sql);
    return found < 0 ? FERRY_OUTCOME_UNKNOWN : found > 0 ? FERRY_OUTCOME_NEW : FERRY_OUTCOME_OLD;
}

static int spare_ask_table(const struct mydrv_load *load, const char *table, const char *comment)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "SELECT COUNT(*) FROM information_schema.TABLES WHERE "
                         "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    mydrv_text_add(&sql, " AND LOCATE(");
    mydrv_text_add_quoted(&sql, comment, strlen(comment));
    mydrv_text_add(&sql, ", TABLE_COMMENT) > 0");
    return spare_ask(load->conn, &sql);
}

/* RENAME TABLE takes the stage's name away, so one of two things is there: the table with the mark
 * of this run, or the stage.  Neither is seen where a comment had no room for the mark, or where
 * somebody has taken rights away meanwhile. */
static uint32_t spare_ask_tables(const struct mydrv_load *load)
{
    if (spare_ask_table(load, load->layout->table, load->unit->spec->run_id) == 1)
        return FERRY_OUTCOME_NEW;
    return spare_ask_table(load, load->stage.name, "") == 1 ? FERRY_OUTCOME_OLD
                                                            : FERRY_OUTCOME_UNKNOWN;
}

uint32_t mydrv_spare_find_outcome(struct mydrv_unit *unit)
{
    if (!mydrv_spare_take_over(unit))
        return FERRY_OUTCOME_UNKNOWN;
    return unit->in_place ? spare_ask_record(unit->load) : spare_ask_tables(unit->load);
}
