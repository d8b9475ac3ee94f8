/* A copy whose source is gone: dropped, and then its record, since no server drops a table in a
 * transaction.
 */

#include "write/target.h"

#include <ctype.h>
#include <string.h>

struct prune {
    const struct ferry_prune_spec *spec;
    struct ferry_notes *obstacles;
    struct mydrv_unit unit;
    struct mydrv_load load;
    bool kept; /* there are obstacles */
};

/* ---- What would be lost or broken ---- */

/* Each row that has a name is an obstacle; the last one, without, shows that the answer is whole.
 */
static ferry_status prune_note_rows(struct prune *prune, struct part_text *sql, const char *what,
                                    const char *does, struct ferry_error *err)
{
    static const char doing[] = "look for what needs the table";
    struct mydrv_conn *conn = prune->unit.conn;
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    MYSQL_ROW row = NULL;
    bool whole = false;
    part_text_add(sql, " UNION ALL SELECT NULL");
    ferry_status status = mydrv_ask(conn, sql, 1, doing, &rows, err);
    while (status == FERRY_OK && (row = mysql_fetch_row(rows)) != NULL) {
        whole = whole || row[0] == NULL;
        if (row[0] == NULL)
            continue;
        prune->kept = true;
        status = ferry_note(prune->obstacles, err, "%s '%s' %s", what, row[0], does);
    }
    return status == FERRY_OK && !whole ? mydrv_fail(conn, MYDRV_LOADING, 0, "", doing, err)
                                        : status;
}

static ferry_status prune_note_triggers(struct prune *prune, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE ");
    mydrv_dependents_write_is(prune->spec->table, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE",
                              &sql);
    return prune_note_rows(prune, &sql, "the trigger", "hangs on it", err);
}

static bool prune_is_letter(char byte)
{
    return isalnum((unsigned char)byte) != 0 || byte == '_' || byte == '$' ||
           (unsigned char)byte >= 0x80;
}

/* Whether a body has the table's name in it, as a word.  A text or a column that is called so
 * keeps the table, too. */
static bool prune_names(const char *table, const char *body)
{
    size_t length = strlen(table);
    const char *at = body - 1;
    while ((at = strcasestr(at + 1, table)) != NULL)
        if ((at == body || !prune_is_letter(at[-1])) && !prune_is_letter(at[length]))
            return true;
    return false;
}

/* A trigger of another table that writes to this one would fail from now on, and so would all who
 * write there. */
static ferry_status prune_note_bodies(struct prune *prune, struct ferry_error *err)
{
    static const char doing[] = "look for triggers that need the table";
    struct mydrv_conn *conn = prune->unit.conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    MYSQL_ROW row = NULL;
    bool whole = false;
    part_text_add(&sql, "SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS "
                        "WHERE TRIGGER_SCHEMA = DATABASE() AND NOT ");
    mydrv_dependents_write_is(prune->spec->table, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE",
                              &sql);
    part_text_add(&sql, " UNION ALL SELECT NULL, NULL");
    ferry_status status = mydrv_ask(conn, &sql, 2, doing, &rows, err);
    while (status == FERRY_OK && (row = mysql_fetch_row(rows)) != NULL) {
        whole = whole || row[0] == NULL;
        if (row[0] == NULL || (row[1] != NULL && !prune_names(prune->spec->table, row[1])))
            continue;
        prune->kept = true;
        status =
            ferry_note(prune->obstacles, err, "the trigger '%s' of another table names it", row[0]);
    }
    return status == FERRY_OK && !whole ? mydrv_fail(conn, MYDRV_LOADING, 0, "", doing, err)
                                        : status;
}

/* Keys of the table itself go with it, as do those of tables that go too. */
static ferry_status prune_note_keys(struct prune *prune, struct ferry_error *err)
{
    const struct ferry_prune_spec *spec = prune->spec;
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT DISTINCT TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE "
                        "WHERE ");
    mydrv_dependents_write_is(spec->table, "REFERENCED_TABLE_SCHEMA", "REFERENCED_TABLE_NAME",
                              &sql);
    part_text_add(&sql, " AND NOT ");
    mydrv_dependents_write_is(spec->table, "TABLE_SCHEMA", "TABLE_NAME", &sql);
    for (size_t i = 0; spec->looks && i < spec->other_count; i++) {
        part_text_add(&sql, " AND NOT ");
        mydrv_dependents_write_is(spec->others[i], "TABLE_SCHEMA", "TABLE_NAME", &sql);
    }
    return prune_note_rows(prune, &sql, "a foreign key of table", "refers to it", err);
}

/* Both servers print a view's definition with the names of databases, where the account may see it.
 * A text in it that looks alike keeps the table, too. */
static ferry_status prune_note_views(struct prune *prune, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&name, ".");
    mydrv_text_add_name(&name, prune->spec->table);
    if (name.failed)
        return mydrv_fail_memory(err);
    part_text_add(&sql, "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE LOCATE(CONCAT('`', "
                        "REPLACE(DATABASE(), '`', '``'), '`', ");
    mydrv_text_add_quoted(&sql, name.data, name.length);
    part_text_add(&sql, "), VIEW_DEFINITION) > 0");
    ferry_status status = prune_note_rows(prune, &sql, "the view", "reads it", err);
    if (status != FERRY_OK)
        return status;
    part_text_clear(&sql);
    part_text_add(&sql, "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = "
                        "DATABASE() AND COALESCE(VIEW_DEFINITION, '') = ''");
    return prune_note_rows(prune, &sql, "the view",
                           "may read it: only an account with the right SHOW VIEW can tell", err);
}

/* Rows that the record does not know are somebody's own.  Of a large table nobody has counted them.
 */
static ferry_status prune_count(struct prune *prune, struct ferry_error *err)
{
    static const char doing[] = "count the rows of the table";
    struct mydrv_conn *conn = prune->unit.conn;
    const char *recorded = ferry_record_value(prune->spec->record, "rows");
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    if (recorded == NULL)
        return FERRY_OK;
    part_text_add(&sql, "SELECT COUNT(*) FROM ");
    mydrv_text_add_name(&sql, prune->spec->table);
    ferry_status status = mydrv_ask(conn, &sql, 1, doing, &rows, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_ROW row = mysql_fetch_row(rows);
    if (row == NULL || row[0] == NULL)
        return mydrv_fail(conn, MYDRV_LOADING, 0, "", doing, err);
    if (strcmp(row[0], recorded) == 0)
        return FERRY_OK;
    prune->kept = true;
    return ferry_note(prune->obstacles, err, "it has %s rows, and %s by its record", row[0],
                      recorded);
}

static ferry_status prune_look(struct prune *prune, struct ferry_error *err)
{
    if (!prune->spec->exists)
        return FERRY_OK;
    ferry_status status = prune_note_triggers(prune, err);
    if (status == FERRY_OK)
        status = prune_note_bodies(prune, err);
    if (status == FERRY_OK)
        status = prune_note_keys(prune, err);
    if (status == FERRY_OK)
        status = prune_note_views(prune, err);
    return status == FERRY_OK && !prune->kept ? prune_count(prune, err) : status;
}

/* ---- The step ---- */

/* The table's mark is the run's of the record, or the one that the record names. */
static ferry_status prune_confirm(struct prune *prune, struct ferry_error *err)
{
    struct mydrv_load *load = &prune->load;
    struct mydrv_conn *conn = prune->unit.conn;
    const struct ferry_record *record = prune->spec->record;
    char mark[MYDRV_RUN_ID_SIZE];
    ferry_status status = mydrv_table_load(conn, prune->spec->table, &load->table, err);
    if (status == FERRY_OK)
        status = mydrv_table_confirm(conn, load->spec, &load->table, err);
    if (status == FERRY_OK)
        status = mydrv_record_follow(conn, record, mark, err);
    if (status != FERRY_OK || !load->table.exists)
        return status;
    const char *expected = mark[0] != '\0' ? mark : ferry_record_value(record, "run_id");
    bool same = load->table.own && load->table.run_id != NULL && expected != NULL &&
                strcmp(load->table.run_id, expected) == 0;
    return same ? FERRY_OK : ferry_load_fail_changed(load->spec, conn->label, err);
}

/* With the table's lock. */
static ferry_status prune_take(struct prune *prune, struct ferry_error *err)
{
    struct mydrv_load *load = &prune->load;
    struct mydrv_conn *conn = prune->unit.conn;
    const char *table = prune->spec->table;
    ferry_status status = mydrv_unit_set_up(&prune->unit, err);
    if (status == FERRY_OK)
        status = mydrv_names_make(conn, table, &load->names, err);
    if (status == FERRY_OK)
        status = mydrv_lock_take(&load->lock, conn, load->names.lock, table, err);
    if (status == FERRY_OK)
        status = prune_confirm(prune, err);
    if (status == FERRY_OK)
        status = mydrv_leftovers_clear(conn, &load->names, table, load->table.exists, err);
    if (status == FERRY_OK)
        status = mydrv_dependents_check_right(load, err);
    return status == FERRY_OK ? prune_look(prune, err) : status;
}

/* In turns, as a RENAME: everybody else waits behind a DROP that waits for an open transaction. */
static ferry_status prune_drop_table(struct prune *prune, struct ferry_error *err)
{
    struct mydrv_unit *unit = &prune->unit;
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "DROP TABLE ");
    mydrv_text_add_name(&sql, prune->spec->table);
    if (sql.failed)
        return mydrv_fail_memory(err);
    ferry_status status = mydrv_wait_turn(unit, err);
    mydrv_wait_begin(unit);
    while (status == FERRY_OK && !mydrv_query(unit->conn, &sql)) {
        if (mydrv_dependents_hold(mysql_errno(unit->conn->native))) {
            prune->kept = true;
            return ferry_note(prune->obstacles, err,
                              "a foreign key of a table that this account may not see refers to "
                              "it");
        }
        if (!mydrv_wait_again(unit))
            return mydrv_wait_fail(unit, prune->spec->table, "drop the table", err);
        mydrv_table_clear(&prune->load.table);
        status = prune_confirm(prune, err);
    }
    return status;
}

/* A record that is left alone is found, and dropped, by the next run. */
static ferry_status prune_drop(struct prune *prune, struct ferry_error *err)
{
    const char *table = prune->spec->table;
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = prune->spec->exists ? prune_drop_table(prune, err) : FERRY_OK;
    if (status != FERRY_OK || prune->kept)
        return status;
    part_text_add(&sql, "DELETE FROM _dbferry_sync WHERE target_table = ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    return mydrv_run(prune->unit.conn, &sql, "drop the record of the table from _dbferry_sync",
                     err);
}

static ferry_status prune_change(struct prune *prune, struct ferry_error *err)
{
    const struct ferry_change_spec change = {.job = prune->spec->job,
                                             .run_id = prune->spec->run_id,
                                             .lock_wait_ms = prune->spec->lock_wait_ms,
                                             .load_count = 1};
    const struct ferry_layout layout = {.table = prune->spec->table};
    const struct ferry_load_spec spec = {
        .layout = &layout,
        .action = prune->spec->exists ? FERRY_TABLE_KEEP : FERRY_TABLE_CREATE,
        .definition = prune->spec->definition,
    };
    prune->unit.spec = &change;
    prune->load = (struct mydrv_load){.unit = &prune->unit, .spec = &spec, .layout = &layout};
    ferry_status status = prune_take(prune, err);
    if (status == FERRY_OK && !prune->kept)
        status = prune_drop(prune, err);
    mydrv_lock_release(&prune->load.lock);
    mydrv_table_clear(&prune->load.table);
    mydrv_names_clear(&prune->load.names);
    return status;
}

ferry_status mydrv_prune(void *conn, const struct ferry_prune_spec *spec,
                         struct ferry_notes *obstacles, struct ferry_error *err)
{
    struct prune prune = {.spec = spec, .obstacles = obstacles, .unit.conn = conn};
    ferry_status status = mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    return spec->looks ? prune_look(&prune, err) : prune_change(&prune, err);
}
