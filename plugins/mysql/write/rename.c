/* The commit by renames: every table of a change takes the name of the live one in one statement,
 * and what becomes of the old ones.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* ---- Foreign keys that nobody may see ---- */

static ferry_status rename_fail_referred(const struct mydrv_load *load, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: a foreign key of a table that this account may not see refers to table "
                      "'%s'; grant SELECT on that table, so that the key can be kept, or drop it",
                      load->unit->conn->label, load->layout->table);
}

/* Of one table, the attempt to drop the old one tells; of many, the first ones would be gone by
 * then.  So each is asked for another engine in place, which no server does: where such a key
 * refers to it, the server says that first (MariaDB 10.11: 1217; MySQL 9: 3776), and else that it
 * cannot (1845, 1846). */
static bool rename_finds_referred(const struct mydrv_load *load, const char *name)
{
    struct mydrv_conn *conn = load->unit->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "ALTER TABLE ");
    mydrv_text_add_name(&sql, name);
    part_text_add(&sql, " ENGINE = MEMORY, ALGORITHM = INPLACE");
    if (sql.failed || mydrv_query(conn, &sql))
        return false;
    unsigned code = mysql_errno(conn->native);
    return code == 3776 || mydrv_dependents_hold(code);
}

/* ---- Still what was planned for ---- */

/* Somebody may have altered a table, or hung something on it, since its load began. */
static ferry_status rename_confirm_table(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_table now = {0};
    ferry_status status = mydrv_table_load(load->unit->conn, load->layout->table, &now, err);
    if (status != FERRY_OK)
        return status;
    status = mydrv_table_confirm(load->unit->conn, load->spec, &now, err);
    mydrv_table_clear(&now);
    return status;
}

static ferry_status rename_confirm_free(struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = mydrv_dependents_look(load, err);
    bool keyed = load->unit->spec->foreign_keys != 0;
    if (status == FERRY_OK && load->unit->in_place)
        status = ferry_load_fail_changed(load->spec, load->unit->conn->label, err);
    if (status == FERRY_OK && keyed && load->table.exists)
        status = mydrv_foreign_keys_part(load, err);
    if (status == FERRY_OK && !keyed && load->unit->load_count > 1 && load->table.exists &&
        rename_finds_referred(load, load->layout->table))
        status = rename_fail_referred(load, err);
    return status;
}

static ferry_status rename_confirm(struct mydrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK; i++)
        status = rename_confirm_table(unit->loads[i], err);
    if (status == FERRY_OK)
        status = mydrv_dependents_gather(unit, err);
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK; i++)
        status = rename_confirm_free(unit->loads[i], err);
    return status;
}

/* Between two turns somebody may have altered them, too. */
static ferry_status rename_confirm_meanwhile(struct mydrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = mydrv_wait_rest(unit, err);
    if (status == FERRY_OK)
        status = rename_confirm(unit, err);
    if (status == FERRY_OK)
        status = mydrv_wait_turn(unit, err);
    return status;
}

/* ---- The statement ---- */

static void rename_add(const char *from, const char *to, struct part_text *sql)
{
    mydrv_text_add_name(sql, from);
    part_text_add(sql, " TO ");
    mydrv_text_add_name(sql, to);
}

/* Of one table: forward, or back to where all was before. */
static void rename_add_table(const char *live, const struct mydrv_names *names, bool exists,
                             bool back, struct part_text *sql)
{
    part_text_add(sql, sql->length == 0 ? "RENAME TABLE " : ", ");
    if (exists && !back) {
        rename_add(live, names->old, sql);
        part_text_add(sql, ", ");
    }
    rename_add(back ? live : names->stage, back ? names->stage : live, sql);
    if (exists && back) {
        part_text_add(sql, ", ");
        rename_add(names->old, live, sql);
    }
}

static void rename_write(const struct mydrv_unit *unit, bool back, struct part_text *sql)
{
    for (size_t i = 0; i < unit->load_count; i++) {
        const struct mydrv_load *load = unit->loads[i];
        rename_add_table(load->layout->table, &load->names, load->table.exists, back, sql);
    }
}

/* As long as it will be when all tables are there: else a first run would pass, and none after it.
 */
ferry_status mydrv_rename_check_length(struct mydrv_unit *unit, struct ferry_error *err)
{
    static char stage[] = MYDRV_NAMES_STAGE "0123456789abcdef";
    static char old[] = MYDRV_NAMES_OLD "0123456789abcdef";
    const struct mydrv_names names = {.stage = stage, .old = old};
    PART_AUTO_TEXT struct part_text limit = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t packet = 0;
    part_text_add(&limit, "SELECT @@SESSION.max_allowed_packet");
    for (uint32_t i = 0; i < unit->spec->load_count; i++)
        rename_add_table(unit->spec->tables[i], &names, true, false, &sql);
    if (sql.failed)
        return mydrv_fail_memory(err);
    ferry_status status =
        mydrv_ask_number(unit->conn, &limit, "ask for the server's limits", &packet, err);
    if (status != FERRY_OK || sql.length + 1 < packet)
        return status;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                      "%s: %" PRIu32 " tables change together by one statement, which would be "
                      "%zu bytes long, and the server's max_allowed_packet is %" PRIu64
                      "; raise it there, or choose commit = \"each\"",
                      unit->conn->label, unit->spec->load_count, sql.length, packet);
}

static void rename_set_stages(struct mydrv_unit *unit, bool there)
{
    for (size_t i = 0; i < unit->load_count; i++)
        unit->loads[i]->stage.there = there;
}

/* ---- No answer ---- */

/* "table 'a'", "table 'a' and 2 more" */
static void rename_add_tables(const struct mydrv_unit *unit, struct part_text *text)
{
    part_text_addf(text, "table '%s'", unit->loads[0]->layout->table);
    if (unit->load_count > 1)
        part_text_addf(text, " and %zu more", unit->load_count - 1);
}

ferry_status mydrv_commit_fail(struct mydrv_unit *unit, uint32_t *outcome, struct ferry_error *err)
{
    struct mydrv_conn *conn = unit->conn;
    PART_AUTO_TEXT struct part_text tables = {0};
    rename_add_tables(unit, &tables);
    const char *what = tables.failed ? "a table" : tables.data;
    mydrv_conn_give_up(conn, mysql_errno(conn->native));
    if (!mydrv_conn_is_lost(conn))
        return mydrv_wait_fail(unit, unit->load_count > 1 ? NULL : unit->loads[0]->layout->table,
                               "replace the table, whose old rows stay", err);
    *outcome = mydrv_outcome_find(unit);
    if (*outcome == FERRY_OUTCOME_NEW) {
        ferry_log(FERRY_LOG_WARNING,
                  "%s: the connection was lost while %s was being replaced; a second one found the "
                  "new rows there",
                  conn->label, what);
        return FERRY_OK;
    }
    ferry_status status;
    if (*outcome == FERRY_OUTCOME_OLD) {
        status = ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: the connection was lost while %s was being replaced; a second one "
                            "found the old rows there; run again",
                            conn->label, what);
    } else {
        rename_set_stages(unit, false); /* they may be the tables by now */
        status = ferry_fail(
            err, FERRY_ERR_BUSY,
            "%s: the connection was lost while %s was being replaced; whether it holds the old or "
            "the new rows is unknown (the new ones have run id %s in the table's comment, or in "
            "_dbferry_sync); running again is safe",
            conn->label, what, unit->spec->run_id);
    }
    ferry_error_may_pass(err);
    return status;
}

/* ---- The old tables ---- */

static void rename_warn_left(const struct mydrv_load *load, unsigned code, bool is_lost)
{
    ferry_log(
        FERRY_LOG_WARNING,
        "%s: table '%s' is replaced, but the old one cannot be dropped (error %u); it is left "
        "as '%s'%s until the next run",
        load->unit->conn->label, load->layout->table, code, load->names.old,
        is_lost ? ", and so are those of the tables after it," : "");
}

static bool rename_try_drop(const struct mydrv_load *load, const char *statement)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, statement);
    mydrv_text_add_name(&sql, load->names.old);
    return !sql.failed && mydrv_query(load->unit->conn, &sql);
}

/* A statement that fails has been done before. */
static void rename_part(const struct mydrv_unit *unit)
{
    for (size_t i = 0; i < unit->load_count; i++)
        if (unit->loads[i]->part.length > 0)
            (void)mydrv_query(unit->conn, &unit->loads[i]->part);
}

/* Where the connection is lost, the second one goes on; what the first was told may be done. */
static bool rename_drop(const struct mydrv_load *load, unsigned *ret_code)
{
    bool dropped = rename_try_drop(load, "DROP TABLE ");
    if (!dropped && mydrv_conn_is_lost(load->unit->conn) && mydrv_second_take_over(load->unit)) {
        rename_part(load->unit);
        dropped = rename_try_drop(load, "DROP TABLE IF EXISTS ");
    }
    *ret_code = dropped ? 0 : mysql_errno(load->unit->conn->native);
    return dropped;
}

static ferry_status rename_back(const struct mydrv_load *load, uint32_t *outcome,
                                struct ferry_error *err)
{
    struct mydrv_unit *unit = load->unit;
    PART_AUTO_TEXT struct part_text back = {0};
    rename_write(unit, true, &back);
    ferry_status status = mydrv_run(unit->conn, &back, "give the tables their names back", err);
    if (status != FERRY_OK) {
        *outcome = mydrv_conn_is_lost(unit->conn) ? FERRY_OUTCOME_UNKNOWN : FERRY_OUTCOME_NEW;
        return status;
    }
    *outcome = FERRY_OUTCOME_OLD;
    rename_set_stages(unit, true);
    return rename_fail_referred(load, err);
}

/* Old tables that refer to one another let go first.  Then a key of a table that this account
 * cannot see shows, as it does before the renames where there are no others.  NULL: nothing refers
 * to any of them. */
static const struct mydrv_load *rename_part_old(struct mydrv_unit *unit)
{
    if (unit->spec->foreign_keys == 0)
        return NULL;
    rename_part(unit);
    for (size_t i = 0; i < unit->load_count; i++)
        if (unit->loads[i]->table.exists &&
            rename_finds_referred(unit->loads[i], unit->loads[i]->names.old))
            return unit->loads[i];
    return NULL;
}

/* Keys of tables that this account cannot see show up here.  Then all tables get their names back,
 * as long as each old one is there still. */
static ferry_status rename_drop_old(struct mydrv_unit *unit, uint32_t *outcome,
                                    struct ferry_error *err)
{
    bool dropped = false, is_lost = false;
    const struct mydrv_load *referred = rename_part_old(unit);
    if (referred != NULL)
        return rename_back(referred, outcome, err);
    for (size_t i = 0; i < unit->load_count && !is_lost; i++) {
        const struct mydrv_load *load = unit->loads[i];
        unsigned code = 0;
        if (!load->table.exists)
            continue;
        if (rename_drop(load, &code)) {
            dropped = true;
            continue;
        }
        if (mydrv_dependents_hold(code) && !dropped)
            return rename_back(load, outcome, err);
        is_lost = mydrv_conn_is_lost(unit->conn);
        rename_warn_left(load, code, is_lost && i + 1 < unit->load_count);
    }
    return FERRY_OK;
}

/* ---- The commit ---- */

ferry_status mydrv_commit_rename(struct mydrv_unit *unit, uint32_t *outcome,
                                 struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = rename_confirm(unit, err);
    rename_write(unit, false, &sql);
    if (status == FERRY_OK && sql.failed)
        status = mydrv_fail_memory(err);
    if (status == FERRY_OK)
        status = mydrv_wait_turn(unit, err);
    mydrv_wait_begin(unit);
    while (status == FERRY_OK && !mydrv_query(unit->conn, &sql)) {
        if (!mydrv_wait_again(unit)) {
            status = mydrv_commit_fail(unit, outcome, err);
            break;
        }
        status = rename_confirm_meanwhile(unit, err);
    }
    if (status != FERRY_OK)
        return status;
    *outcome = FERRY_OUTCOME_NEW;
    rename_set_stages(unit, false);
    return rename_drop_old(unit, outcome, err);
}
