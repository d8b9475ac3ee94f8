/* Triggers and foreign keys: what depends on the live table and would stay with the old one at a
 * RENAME.
 *
 * Where there is any, the rows are replaced in the live table itself.  Foreign keys are not looked
 * at while the table is empty for a moment; that they hold again is checked before the commit.
 */

#include "write/target.h"

#include <string.h>
#include <strings.h>

/* The catalog compares names without regard to case and accents, also where tables T and t are two.
 */
void mydrv_dependents_write_is(const char *table, const char *schema_column,
                               const char *table_column, struct part_text *sql)
{
    part_text_addf(sql, "(%s = DATABASE() AND %s = ", schema_column, table_column);
    mydrv_text_add_quoted(sql, table, strlen(table));
    part_text_addf(sql,
                   " AND (@@lower_case_table_names <> 0 OR CAST(%s AS BINARY) = CAST(DATABASE() "
                   "AS BINARY) AND CAST(%s AS BINARY) = ",
                   schema_column, table_column);
    mydrv_text_add_quoted(sql, table, strlen(table));
    part_text_add(sql, "))");
}

static void dependents_ask_triggers(const struct mydrv_load *load, struct part_text *sql)
{
    part_text_add(sql, "SELECT MIN(TRIGGER_NAME) FROM information_schema.TRIGGERS WHERE ");
    mydrv_dependents_write_is(load->layout->table, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE",
                              sql);
}

bool mydrv_dependents_hold(unsigned code)
{
    return code == 1217 || code == 1451 || code == 3730;
}

/* The columns of the questions below. */
enum {
    KEY_NAME,
    KEY_SCHEMA,
    KEY_TABLE,
    KEY_COLUMN,
    KEY_TO_SCHEMA,
    KEY_TO_TABLE,
    KEY_TO_COLUMN,
    KEY_HERE, /* "1": the table is of this database */
    KEY_FIELDS
};

#define DEPENDENTS_KEYS                                                                            \
    "SELECT CONSTRAINT_NAME, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, "     \
    "REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME, TABLE_SCHEMA = DATABASE(), ORDINAL_POSITION "  \
    "FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND ("
/* The last row holds NULL: it shows that the answer is whole. */
#define DEPENDENTS_KEYS_END                                                                        \
    ") UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL ORDER BY "            \
    "TABLE_SCHEMA DESC, TABLE_NAME DESC, CONSTRAINT_NAME DESC, ORDINAL_POSITION DESC"

/* Those of other tables are seen only where the account has a right on them. */
static void dependents_ask_keys(const struct mydrv_load *load, struct part_text *sql)
{
    part_text_add(sql, DEPENDENTS_KEYS);
    mydrv_dependents_write_is(load->layout->table, "REFERENCED_TABLE_SCHEMA",
                              "REFERENCED_TABLE_NAME", sql);
    part_text_add(sql, " OR ");
    mydrv_dependents_write_is(load->layout->table, "TABLE_SCHEMA", "TABLE_NAME", sql);
    part_text_add(sql, DEPENDENTS_KEYS_END);
}

static ferry_status dependents_fail_answer(const struct mydrv_load *load, struct ferry_error *err)
{
    return mydrv_fail(load->unit->conn, MYDRV_LOADING, 0, "", "look for triggers and foreign keys",
                      err);
}

ferry_status mydrv_dependents_ask_right(struct mydrv_conn *conn, const char *table, bool *ret_seen,
                                        struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t count = 0;
    part_text_add(&sql, "SELECT (SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE "
                        "PRIVILEGE_TYPE = 'TRIGGER') + (SELECT COUNT(*) FROM "
                        "information_schema.SCHEMA_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' AND "
                        "DATABASE() LIKE TABLE_SCHEMA) + (SELECT COUNT(*) FROM "
                        "information_schema.TABLE_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' AND "
                        "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    part_text_add(&sql, ")");
    ferry_status status = mydrv_ask_number(conn, &sql, "look at the account's rights", &count, err);
    if (status == FERRY_OK)
        *ret_seen = count > 0;
    return status;
}

/* Without the right TRIGGER the server does not show triggers, and they would be lost. */
ferry_status mydrv_dependents_check_right(const struct mydrv_load *load, struct ferry_error *err)
{
    bool seen = true;
    if (!load->table.exists)
        return FERRY_OK;
    ferry_status status =
        mydrv_dependents_ask_right(load->unit->conn, load->layout->table, &seen, err);
    if (status == FERRY_OK && !seen)
        ferry_log(FERRY_LOG_WARNING,
                  "%s: this account seems to lack the right TRIGGER, without which the server does "
                  "not show the triggers of table '%s': they would be lost; grant it",
                  load->unit->conn->label, load->layout->table);
    return status;
}

static ferry_status dependents_judge(struct mydrv_load *load, const char *what,
                                     struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    const struct mydrv_conn *conn = load->unit->conn;
    if (spec->action != FERRY_TABLE_KEEP)
        return ferry_fail(
            err, FERRY_ERR_SCHEMA,
            "%s: table '%s' must be made anew for the new columns, and the %s hangs on "
            "it; drop that first",
            conn->label, spec->layout->table, what);
    if (strcasecmp(load->table.engine, "InnoDB") != 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the %s hangs on table '%s', whose engine %s has no "
                          "transactions: its rows cannot be replaced at one stroke; drop that or "
                          "convert the table to InnoDB",
                          conn->label, what, spec->layout->table, load->table.engine);
    if (spec->kind != FERRY_LOAD_CHANGES)
        ferry_log(FERRY_LOG_INFO,
                  "%s: the %s hangs on table '%s': its rows are replaced by DELETE and INSERT "
                  "in one transaction",
                  conn->label, what, spec->layout->table);
    load->unit->in_place = true;
    part_text_clear(&load->unit->hung);
    part_text_addf(&load->unit->hung, "the %s hangs on it", what);
    return load->unit->hung.failed ? mydrv_fail_memory(err) : FERRY_OK;
}

static bool dependents_is_whole(MYSQL_ROW row)
{
    for (int i = 0; i < KEY_FIELDS; i++)
        if (row[i] == NULL)
            return false;
    return true;
}

/* Somebody may have altered a table of ours.  A name of theirs could not be kept. */
static bool dependents_is_made_again(const struct mydrv_load *load, MYSQL_ROW row)
{
    const struct ferry_load_spec *spec = load->spec;
    bool found = false;
    if (strncmp(row[KEY_NAME], "dbferry_", 8) != 0 ||
        !mydrv_foreign_keys_join(load->unit, row[KEY_TO_TABLE]))
        return false;
    for (size_t i = 0; i < spec->foreign_key_count && !found; i++) {
        const struct ferry_foreign_key *key = spec->foreign_keys[i];
        for (size_t k = 0; k < key->column_count && !found; k++)
            found = ferry_fold_compare(key->table, row[KEY_TO_TABLE]) == 0 &&
                    strcasecmp(key->columns[k], row[KEY_COLUMN]) == 0 &&
                    strcasecmp(key->referred[k], row[KEY_TO_COLUMN]) == 0;
    }
    return found;
}

/* Whether the RENAME of all carries the key along.  One of this table is made anew for the stage,
 * where its definition is our own or the key is; one of another table follows it, if that is of the
 * change. */
static bool dependents_goes_along(const struct mydrv_load *load, MYSQL_ROW key)
{
    const struct mydrv_unit *unit = load->unit;
    bool is_here = key[KEY_HERE] != NULL && *key[KEY_HERE] == '1';
    if (!is_here || unit->spec->foreign_keys == 0 || load->spec->kind == FERRY_LOAD_CHANGES)
        return false;
    if (ferry_fold_compare(key[KEY_TABLE], load->layout->table) == 0)
        return load->spec->keep_definition == 0 &&
               (load->table.own ||
                (load->spec->action == FERRY_TABLE_KEEP && dependents_is_made_again(load, key)));
    return mydrv_foreign_keys_join(unit, key[KEY_TABLE]);
}

static void dependents_name(const struct mydrv_load *load, bool key, MYSQL_ROW row,
                            struct part_text *what)
{
    part_text_addf(what, "%s '%s'", key ? "foreign key" : "trigger", row[0]);
    if (key && row[KEY_TABLE] != NULL &&
        ferry_fold_compare(row[KEY_TABLE], load->layout->table) != 0)
        part_text_addf(what, " of table '%s'", row[KEY_TABLE]);
}

/* The first trigger or key that stays behind, in words; none are added if there is none. */
static ferry_status dependents_find(const struct mydrv_load *load, bool keys, MYSQL_RES *rows,
                                    struct part_text *what, struct ferry_error *err)
{
    MYSQL_ROW row;
    while ((row = mysql_fetch_row(rows)) != NULL) {
        bool last = row[0] == NULL || !keys;
        if (row[0] != NULL &&
            !(keys && dependents_is_whole(row) && dependents_goes_along(load, row)))
            dependents_name(load, keys, row, what);
        if (last || what->length > 0)
            return what->failed ? mydrv_fail_memory(err) : FERRY_OK;
    }
    return dependents_fail_answer(load, err);
}

static ferry_status dependents_look_for(struct mydrv_load *load, bool keys, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    PART_AUTO_TEXT struct part_text what = {0};
    if (!load->table.exists || load->unit->in_place)
        return FERRY_OK;
    if (keys)
        dependents_ask_keys(load, &sql);
    else
        dependents_ask_triggers(load, &sql);
    ferry_status status = mydrv_ask(load->unit->conn, &sql, keys ? KEY_FIELDS : 1,
                                    "look for triggers and foreign keys", &rows, err);
    if (status == FERRY_OK)
        status = dependents_find(load, keys, rows, &what, err);
    load->triggered = load->triggered || (!keys && what.length > 0);
    return status == FERRY_OK && what.length > 0 ? dependents_judge(load, what.data, err) : status;
}

/* ---- The keys of many tables ---- */

/* Who refers to a table is found by a look at all tables of all databases, so it is asked once for
 * all tables of a change. */
ferry_status mydrv_dependents_gather(struct mydrv_unit *unit, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYSQL_RES *rows = NULL;
    if (unit->spec->load_count <= 1)
        return FERRY_OK;
    part_text_add(&sql, DEPENDENTS_KEYS "REFERENCED_TABLE_SCHEMA = DATABASE() OR "
                                        "TABLE_SCHEMA = DATABASE()" DEPENDENTS_KEYS_END);
    ferry_status status =
        mydrv_ask(unit->conn, &sql, KEY_FIELDS, "look for triggers and foreign keys", &rows, err);
    if (status != FERRY_OK)
        return status;
    mysql_free_result(unit->keys);
    unit->keys = rows;
    return FERRY_OK;
}

static bool dependents_may_name(const struct mydrv_load *load, const char *table)
{
    return table == NULL || ferry_fold_compare(table, load->layout->table) == 0;
}

/* Whether one of those that were gathered may stay behind: names are compared more loosely, and
 * databases not at all, so that only "no" says something. */
static ferry_status dependents_may_stay(const struct mydrv_load *load, bool *ret_may,
                                        struct ferry_error *err)
{
    MYSQL_ROW row;
    bool may = false;
    mysql_data_seek(load->unit->keys, 0);
    while ((row = mysql_fetch_row(load->unit->keys)) != NULL && row[KEY_NAME] != NULL && !may)
        may = (dependents_may_name(load, row[KEY_TABLE]) ||
               dependents_may_name(load, row[KEY_TO_TABLE])) &&
              !(dependents_is_whole(row) && dependents_goes_along(load, row));
    *ret_may = may;
    return may || row != NULL ? FERRY_OK : dependents_fail_answer(load, err);
}

ferry_status mydrv_dependents_look(struct mydrv_load *load, struct ferry_error *err)
{
    bool many = load->unit->spec->load_count > 1;
    bool may = !many;
    ferry_status status = dependents_look_for(load, false, err);
    if (!load->table.exists || load->unit->in_place)
        return status;
    if (status == FERRY_OK && many && load->unit->keys == NULL)
        status = mydrv_dependents_gather(load->unit, err);
    if (status == FERRY_OK && many)
        status = dependents_may_stay(load, &may, err);
    return status == FERRY_OK && may ? dependents_look_for(load, true, err) : status;
}

/* ---- Whether the keys hold ---- */

static bool dependents_same_key(MYSQL_ROW a, MYSQL_ROW b)
{
    return strcmp(a[KEY_NAME], b[KEY_NAME]) == 0 && strcmp(a[KEY_SCHEMA], b[KEY_SCHEMA]) == 0 &&
           strcmp(a[KEY_TABLE], b[KEY_TABLE]) == 0;
}

static void dependents_add_table(struct part_text *sql, const char *schema, const char *table)
{
    mydrv_text_add_name(sql, schema);
    part_text_add(sql, ".");
    mydrv_text_add_name(sql, table);
}

static void dependents_add_column(struct part_text *sql, const char *before, const char *table,
                                  const char *column)
{
    part_text_addf(sql, "%s%s.", before, table);
    mydrv_text_add_name(sql, column);
}

/* Tables T and t may be two: one whose name is spelled otherwise is looked at once more. */
static bool dependents_is_loaded(const struct mydrv_unit *unit, const char *table)
{
    for (size_t i = 0; i < unit->load_count; i++)
        if (strcmp(unit->loads[i]->layout->table, table) == 0)
            return true;
    return false;
}

/* Of many tables, each looks at the keys of its own, and those that are carried were looked at
 * before. */
static bool dependents_is_looked_at(const struct mydrv_load *load, MYSQL_ROW key)
{
    bool is_own = ferry_fold_compare(key[KEY_TABLE], load->layout->table) == 0;
    return load->unit->joint.open && *key[KEY_HERE] == '1' &&
           (is_own ? dependents_is_made_again(load, key)
                   : dependents_is_loaded(load->unit, key[KEY_TABLE]));
}

/* Rows of the child that have no parent, of the key in rows[0] to rows[count - 1]. */
static ferry_status dependents_check_key(struct mydrv_load *load, const MYSQL_ROW *rows,
                                         size_t count, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t found = 0;
    part_text_add(&sql, "SELECT EXISTS (SELECT 1 FROM ");
    dependents_add_table(&sql, rows[0][KEY_SCHEMA], rows[0][KEY_TABLE]);
    part_text_add(&sql, " c WHERE ");
    for (size_t i = 0; i < count; i++) {
        dependents_add_column(&sql, "", "c", rows[i][KEY_COLUMN]);
        part_text_add(&sql, " IS NOT NULL AND ");
    }
    part_text_add(&sql, "NOT EXISTS (SELECT 1 FROM ");
    dependents_add_table(&sql, rows[0][KEY_TO_SCHEMA], rows[0][KEY_TO_TABLE]);
    part_text_add(&sql, " p WHERE ");
    for (size_t i = 0; i < count; i++) {
        dependents_add_column(&sql, i > 0 ? " AND " : "", "p", rows[i][KEY_TO_COLUMN]);
        dependents_add_column(&sql, " = ", "c", rows[i][KEY_COLUMN]);
    }
    part_text_add(&sql, "))");
    ferry_status status =
        mydrv_ask_number(load->unit->conn, &sql, "check a foreign key", &found, err);
    if (status == FERRY_OK && found != 0)
        status = ferry_fail(err, FERRY_ERR_DATA,
                            "%s: with the new rows, the foreign key '%s' of table '%s' would refer "
                            "to rows of '%s' that are not there; load the missing rows, or drop "
                            "the key",
                            load->unit->conn->label, rows[0][KEY_NAME], rows[0][KEY_TABLE],
                            rows[0][KEY_TO_TABLE]);
    return status;
}

ferry_status mydrv_dependents_check(struct mydrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    dependents_ask_keys(load, &sql);
    ferry_status status =
        mydrv_ask(load->unit->conn, &sql, KEY_FIELDS, "look for foreign keys", &rows, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_ROW key[64]; /* no server has keys of more columns */
    size_t count = 0;
    bool whole = false;
    MYSQL_ROW row;
    while (status == FERRY_OK && !whole && (row = mysql_fetch_row(rows)) != NULL) {
        whole = row[KEY_NAME] == NULL;
        if (!dependents_is_whole(row) || dependents_is_looked_at(load, row))
            continue;
        if (count > 0 && !dependents_same_key(key[0], row)) {
            status = dependents_check_key(load, key, count, err);
            count = 0;
        }
        if (count < sizeof key / sizeof *key)
            key[count++] = row;
    }
    if (status == FERRY_OK && !whole)
        status = dependents_fail_answer(load, err);
    if (status == FERRY_OK && count > 0)
        status = dependents_check_key(load, key, count, err);
    return status;
}
