/* Foreign keys among the tables of one change: made from stage to stage when the rows are there,
 * so that the RENAME of all carries them along, and taken off what is to be dropped.
 *
 * A server looks at each row of a key that it is to add, and copies the table for that; without its
 * checks it only writes the key down.  So the rows are looked at by a question of our own, which
 * also tells the first one that is wrong.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* ---- Whether the account may make one ---- */

static ferry_status keys_try(const struct mydrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "CREATE TABLE ");
    mydrv_text_add_name(&sql, load->names.stage);
    part_text_add(&sql, " (a INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES ");
    mydrv_text_add_name(&sql, load->names.stage);
    part_text_add(&sql, " (a)) ENGINE=InnoDB");
    return mydrv_run(load->unit->conn, &sql,
                     "make a table with a foreign key, for which the account needs the right "
                     "REFERENCES on the database",
                     err);
}

/* MySQL asks for a right that is else not needed, and would do so when all rows are loaded. */
ferry_status mydrv_foreign_keys_check_right(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_unit *unit = load->unit;
    PART_AUTO_TEXT struct part_text sql = {0};
    if (unit->may_refer || load->spec->foreign_key_count == 0)
        return FERRY_OK;
    ferry_status status = keys_try(load, err);
    if (status != FERRY_OK)
        return status;
    unit->may_refer = true;
    part_text_add(&sql, "DROP TABLE ");
    mydrv_text_add_name(&sql, load->names.stage);
    return mydrv_run(unit->conn, &sql, "drop a table that was made to see if it can be", err);
}

/* ---- Which tables are of the change ---- */

bool mydrv_foreign_keys_join(const struct mydrv_unit *unit, const char *table)
{
    for (size_t i = 0; i < unit->spec->load_count && unit->spec->foreign_keys != 0; i++)
        if (ferry_fold_compare(unit->spec->tables[i], table) == 0)
            return true;
    return false;
}

/* Where the rows of a load are. */
static const char *keys_place(const struct mydrv_load *load)
{
    return load->changes != NULL ? load->layout->table : load->stage.name;
}

static const char *keys_find_place(const struct mydrv_unit *unit, const char *table)
{
    for (size_t i = 0; i < unit->load_count; i++)
        if (strcmp(unit->loads[i]->layout->table, table) == 0)
            return keys_place(unit->loads[i]);
    return NULL; /* the core names tables of the change alone */
}

/* ---- Whether the rows keep to them ---- */

/* "a = 1, b = x", as an expression; columns of several character sets go into one text. */
static void keys_write_values(struct part_text *sql, const char *const *columns, size_t count)
{
    part_text_add(sql, "CONCAT_WS(', '");
    for (size_t i = 0; i < count; i++) {
        PART_AUTO_TEXT struct part_text label = {0};
        part_text_addf(&label, "%s = ", columns[i]);
        part_text_add(sql, ", CONCAT(");
        mydrv_text_add_quoted(sql, label.data == NULL ? "" : label.data, label.length);
        part_text_add(sql, ", SUBSTRING(CAST(c.");
        mydrv_text_add_name(sql, columns[i]);
        part_text_add(sql, " AS CHAR), 1, 80))");
        sql->failed = sql->failed || label.failed;
    }
    part_text_add(sql, ")");
}

/* What tells a row of the table apart: its primary key, or else the columns of the key. */
static void keys_write_identity(struct part_text *sql, const struct ferry_load_spec *spec,
                                const struct ferry_foreign_key *key)
{
    for (size_t i = 0; i < spec->index_count; i++)
        if (spec->indexes[i]->primary != 0) {
            keys_write_values(sql, spec->indexes[i]->columns, spec->indexes[i]->column_count);
            return;
        }
    keys_write_values(sql, key->columns, key->column_count);
}

/* The first row that refers to none; a row of NULLs behind it shows that the answer is whole. */
static void keys_write_question(struct part_text *sql, const struct mydrv_load *load,
                                const struct ferry_foreign_key *key, const char *to)
{
    part_text_add(sql, "(SELECT ");
    keys_write_identity(sql, load->spec, key);
    part_text_add(sql, ", ");
    keys_write_values(sql, key->columns, key->column_count);
    part_text_add(sql, " FROM ");
    mydrv_text_add_name(sql, keys_place(load));
    part_text_add(sql, " c WHERE ");
    for (size_t i = 0; i < key->column_count; i++) {
        part_text_add(sql, "c.");
        mydrv_text_add_name(sql, key->columns[i]);
        part_text_add(sql, " IS NOT NULL AND ");
    }
    part_text_add(sql, "NOT EXISTS (SELECT 1 FROM ");
    mydrv_text_add_name(sql, to);
    part_text_add(sql, " p WHERE ");
    for (size_t i = 0; i < key->column_count; i++) {
        part_text_addf(sql, "%sp.", i > 0 ? " AND " : "");
        mydrv_text_add_name(sql, key->referred[i]);
        part_text_add(sql, " = c.");
        mydrv_text_add_name(sql, key->columns[i]);
    }
    part_text_add(sql, ") LIMIT 1) UNION ALL SELECT NULL, NULL");
}

static ferry_status keys_check_rows(const struct mydrv_load *load,
                                    const struct ferry_foreign_key *key, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    keys_write_question(&sql, load, key, keys_find_place(load->unit, key->table));
    ferry_status status = mydrv_ask(conn, &sql, 2, "check a foreign key", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status == FERRY_OK && row == NULL)
        return mydrv_fail(conn, MYDRV_LOADING, 0, "", "check a foreign key", err);
    if (status != FERRY_OK || (row[0] == NULL && row[1] == NULL))
        return status;
    return ferry_fail(err, FERRY_ERR_DATA,
                      "%s: a foreign key would not hold: the row (%s) of table '%s' refers, by %s, "
                      "to a row of '%s' that is not there; load the missing row, or see why the "
                      "source has none",
                      conn->label, row[0] == NULL ? "?" : row[0], load->layout->table,
                      row[1] == NULL ? "?" : row[1], key->table);
}

static ferry_status keys_check(const struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < load->spec->foreign_key_count && status == FERRY_OK; i++)
        status = keys_check_rows(load, load->spec->foreign_keys[i], err);
    return status;
}

ferry_status mydrv_foreign_keys_check(struct mydrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK; i++)
        status = keys_check(unit->loads[i], err);
    return status;
}

/* ---- Making them ---- */

/* Names of keys are unique in a database, and the old table has its own still: so they are of the
 * run. */
static void keys_write_key(struct part_text *sql, const struct mydrv_load *load, size_t i)
{
    static const char *const actions[] = {
        [FERRY_ACTION_NONE] = NULL,
        [FERRY_ACTION_RESTRICT] = "RESTRICT",
        [FERRY_ACTION_CASCADE] = "CASCADE",
        [FERRY_ACTION_SET_NULL] = "SET NULL",
        [FERRY_ACTION_SET_DEFAULT] = "SET DEFAULT",
    };
    const struct ferry_foreign_key *key = load->spec->foreign_keys[i];
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, load->unit->spec->run_id);
    hash = ferry_hash_name(hash, load->layout->table);
    part_text_addf(sql, "%s ADD CONSTRAINT `dbferry_%016" PRIx64 "_%zu` FOREIGN KEY (",
                   i > 0 ? "," : "", hash, i + 1);
    mydrv_text_add_list(sql, key->columns, key->column_count);
    part_text_add(sql, ") REFERENCES ");
    mydrv_text_add_name(sql, keys_find_place(load->unit, key->table));
    part_text_add(sql, " (");
    mydrv_text_add_list(sql, key->referred, key->column_count);
    part_text_add(sql, ")");
    if (actions[key->on_delete] != NULL)
        part_text_addf(sql, " ON DELETE %s", actions[key->on_delete]);
    if (actions[key->on_update] != NULL)
        part_text_addf(sql, " ON UPDATE %s", actions[key->on_update]);
}

/* The mark tells the definition, of which they are a part. */
static ferry_status keys_make(struct mydrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = keys_check(load, err);
    if (status != FERRY_OK)
        return status;
    part_text_add(&sql, "ALTER TABLE ");
    mydrv_text_add_name(&sql, load->stage.name);
    for (size_t i = 0; i < load->spec->foreign_key_count; i++)
        keys_write_key(&sql, load, i);
    load->unit->keyed = true;
    status = mydrv_run(load->unit->conn, &sql, "make the foreign keys", err);
    return status == FERRY_OK ? mydrv_stage_mark(&load->stage, err) : status;
}

ferry_status mydrv_foreign_keys_make(struct mydrv_unit *unit, struct ferry_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < unit->load_count; i++)
        count += unit->loads[i]->spec->foreign_key_count;
    if (count == 0)
        return FERRY_OK;
    ferry_status status = mydrv_set_key_checks(unit->conn, false, err);
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK; i++)
        if (unit->loads[i]->spec->foreign_key_count > 0)
            status = keys_make(unit->loads[i], err);
    return status == FERRY_OK ? mydrv_set_key_checks(unit->conn, true, err) : status;
}

/* ---- Taking them off ---- */

/* "ALTER TABLE name DROP FOREIGN KEY a, DROP FOREIGN KEY b": of those that `table` has now; nothing
 * where it has none. */
static ferry_status keys_write_drop(struct mydrv_conn *conn, const char *table, const char *name,
                                    struct part_text *ret_sql, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text question = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *keys = NULL;
    part_text_add(
        &question,
        "SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE "
        "CONSTRAINT_TYPE = 'FOREIGN KEY' AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    mydrv_text_add_quoted(&question, table, strlen(table));
    part_text_add(&question, " UNION ALL SELECT NULL");
    ferry_status status = mydrv_ask(conn, &question, 1, "look for foreign keys", &keys, err);
    MYSQL_ROW row;
    part_text_clear(ret_sql);
    while (status == FERRY_OK && (row = mysql_fetch_row(keys)) != NULL) {
        if (row[0] == NULL)
            continue;
        if (ret_sql->length > 0) {
            part_text_add(ret_sql, ",");
        } else {
            part_text_add(ret_sql, "ALTER TABLE ");
            mydrv_text_add_name(ret_sql, name);
        }
        part_text_add(ret_sql, " DROP FOREIGN KEY ");
        mydrv_text_add_name(ret_sql, row[0]);
    }
    return status == FERRY_OK && ret_sql->failed ? mydrv_fail_memory(err) : status;
}

ferry_status mydrv_foreign_keys_part(struct mydrv_load *load, struct ferry_error *err)
{
    return keys_write_drop(load->unit->conn, load->layout->table, load->names.old, &load->part,
                           err);
}

static ferry_status keys_drop(struct mydrv_conn *conn, const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = keys_write_drop(conn, table, table, &sql, err);
    return status == FERRY_OK && sql.length > 0
               ? mydrv_run(conn, &sql, "take foreign keys off what an earlier run left behind", err)
               : status;
}

/* What one run has left may refer to one another. */
ferry_status mydrv_foreign_keys_let_go(struct mydrv_conn *conn, const char *table,
                                       struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *tables = NULL;
    part_text_add(&sql, "SELECT DISTINCT TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE "
                        "REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    part_text_add(&sql, " AND TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, 9) = '_dbferry_' "
                        "UNION ALL SELECT NULL");
    ferry_status status = mydrv_ask(conn, &sql, 1, "look for foreign keys", &tables, err);
    MYSQL_ROW row;
    while (status == FERRY_OK && (row = mysql_fetch_row(tables)) != NULL)
        if (row[0] != NULL)
            status = keys_drop(conn, row[0], err);
    return status;
}
