/* Whether the foreign keys from and to the tables of a change hold, before its COMMIT.
 *
 * Our connections do not enforce them: rows come and go in any order, and are looked at once.
 */

#include "target.h"

#include <stdlib.h>
#include <strings.h>

static bool check_is_changed(const struct sqldrv_unit *unit, const char *table)
{
    for (size_t i = 0; i < unit->spec->load_count; i++) {
        if (strcasecmp(unit->spec->tables[i], table) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- The row that has no other ---- */

/* A name of the rowid that is no column's; NULL: none is left, or there is no rowid. */
static const char *check_name_rowid(const struct sqldrv_table *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < sizeof names / sizeof *names && !table->without_rowid; i++) {
        bool taken = false;
        for (size_t k = 0; k < table->column_count; k++) {
            taken = taken || strcasecmp(table->columns[k].name, names[i]) == 0;
        }
        if (!taken) {
            return names[i];
        }
    }
    return NULL;
}

/* An expression for "a = 1, b = 'x'"; a long value is cut. */
static void check_append_value(sqlite3_str *out, const char *column, bool first)
{
    char *label = sqlite3_mprintf("%s%s = ", first ? "" : ", ", column);
    sqlite3_str_appendf(out, "%s%Q || substr(quote(\"%w\"), 1, 80)", first ? "" : " || ",
                        label == NULL ? "" : label, column);
    sqlite3_free(label);
}

/* What tells the row apart, and what its key says. */
static char *check_row_sql(const char *name, const struct sqldrv_table *table, const char *rowid,
                           const struct sqldrv_foreign_key *key)
{
    bool first = true;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, "SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].key > 0) {
            check_append_value(out, table->columns[i].name, first);
            first = false;
        }
    }
    if (first) {
        sqlite3_str_appendf(out, "'rowid = ' || %s", rowid);
    }
    sqlite3_str_appendall(out, ", ");
    for (size_t i = 0; i < key->count; i++) {
        check_append_value(out, key->columns[i], i == 0);
    }
    sqlite3_str_appendf(out, " FROM main.\"%w\" WHERE %s = ?", name, rowid);
    return sqlite3_str_finish(out);
}

/* One row of PRAGMA foreign_key_check: table, rowid (NULL without one), other table, id of the key.
 */
struct check_finding {
    const char *name;
    const struct sqldrv_table *table;
    const struct sqldrv_foreign_keys *keys; /* all that it has */
    const struct sqldrv_foreign_key *key;
    bool has_rowid;
    int64_t rowid;
};

/* `row` and `value` are NULL where they cannot be told. */
static ferry_status check_fail(struct sqldrv_conn *conn, const struct check_finding *found,
                               const char *row, const char *value, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_DATA,
                      "'%s': a foreign key would not hold: %s%s%s of table '%s' refers%s%s%s to a "
                      "row of '%s' that is not there; load the missing row, or see why the source "
                      "has none",
                      conn->path, row == NULL ? "a row" : "the row (", row == NULL ? "" : row,
                      row == NULL ? "" : ")", found->name, value == NULL ? "" : ", by ",
                      value == NULL ? "" : value, value == NULL ? "" : ",", found->key->table);
}

static ferry_status check_tell(struct sqldrv_conn *conn, const struct check_finding *found,
                               struct ferry_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *rowid = check_name_rowid(found->table);
    if (rowid == NULL || !found->has_rowid) {
        return check_fail(conn, found, NULL, NULL, err);
    }
    char *sql = check_row_sql(found->name, found->table, rowid, found->key);
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL);
    sqlite3_free(sql);
    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(stmt, 1, found->rowid);
    }
    ferry_status status = rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW
                              ? check_fail(conn, found, (const char *)sqlite3_column_text(stmt, 0),
                                           (const char *)sqlite3_column_text(stmt, 1), err)
                              : check_fail(conn, found, NULL, NULL, err);
    sqlite3_finalize(stmt);
    return status;
}

/* ---- One table ---- */

static const struct sqldrv_foreign_key *check_find_key(const struct sqldrv_foreign_keys *keys,
                                                       int id)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->list[i].id == id) {
            return &keys->list[i];
        }
    }
    return NULL;
}

/* The first row that PRAGMA foreign_key_check finds, of a key from or to a table of the change. */
static ferry_status check_find(const struct sqldrv_unit *unit, sqlite3_stmt *stmt,
                               struct check_finding *found, int *rc, struct ferry_error *err)
{
    bool changed = check_is_changed(unit, found->name);
    while ((*rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        found->key = check_find_key(found->keys, sqlite3_column_int(stmt, 3));
        if (found->key == NULL || (!changed && !check_is_changed(unit, found->key->table))) {
            continue;
        }
        found->has_rowid = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
        found->rowid = sqlite3_column_int64(stmt, 1);
        return check_tell(unit->conn, found, err);
    }
    return FERRY_OK;
}

/* ---- A table with a key that cannot be looked up ---- */

/* The value goes into the affinity and the collation of the column that it refers to, as SQLite
 * does it: a plus takes off those of its own column. */
static char *check_key_sql(const char *name, const struct sqldrv_table *table,
                           const struct sqldrv_foreign_key *key)
{
    const char *rowid = check_name_rowid(table);
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "SELECT %s%s FROM main.\"%w\" AS c WHERE ", rowid == NULL ? "" : "c.",
                        rowid == NULL ? "NULL" : rowid, name);
    for (size_t i = 0; i < key->count; i++) {
        sqlite3_str_appendf(out, "c.\"%w\" IS NOT NULL AND ", key->columns[i]);
    }
    sqlite3_str_appendf(out, "NOT EXISTS (SELECT 1 FROM main.\"%w\" AS p WHERE ", key->table);
    for (size_t i = 0; i < key->count; i++) {
        sqlite3_str_appendf(out, "%sp.\"%w\" = +c.\"%w\"", i > 0 ? " AND " : "", key->referred[i],
                            key->columns[i]);
    }
    sqlite3_str_appendall(out, ") LIMIT 1");
    return sqlite3_str_finish(out);
}

/* Whether a unique index of the other table has just those columns, or they are its rowid. */
static int check_is_found(sqlite3 *db, struct sqldrv_foreign_key *key, bool *ret_found)
{
    int64_t found = 0;
    int rc = sqldrv_foreign_key_resolve(db, key);
    if (rc != SQLITE_OK || key->referred[0] == NULL) {
        *ret_found = false;
        return rc;
    }
    struct sqldrv_table other;
    rc = sqldrv_table_load(db, key->table, &other);
    if (rc != SQLITE_OK) {
        return rc;
    }
    bool rowid = other.integer_key >= 0 && key->count == 1 &&
                 strcasecmp(other.columns[other.integer_key].name, key->referred[0]) == 0;
    sqldrv_table_clear(&other);
    sqlite3_str *names = sqlite3_str_new(NULL);
    for (size_t i = 0; i < key->count; i++) {
        sqlite3_str_appendf(names, "%s%Q", i > 0 ? ", " : "", key->referred[i]);
    }
    char *list = sqlite3_str_finish(names);
    rc = list == NULL
             ? SQLITE_NOMEM
             : sqldrv_query_int(
                   db, &found,
                   "SELECT count(*) FROM pragma_index_list(%Q) AS l WHERE l.\"unique\" AND NOT "
                   "l.partial AND %d = (SELECT count(*) FROM pragma_index_info(l.name)) AND %d = "
                   "(SELECT count(*) FROM pragma_index_info(l.name) WHERE name COLLATE NOCASE IN "
                   "(%s))",
                   key->table, (int)key->count, (int)key->count, list);
    sqlite3_free(list);
    *ret_found = rowid || found > 0;
    return rc;
}

/* A column that is not there, say, is none of our business. */
static ferry_status check_one_key(struct sqldrv_unit *unit, const struct check_finding *of,
                                  struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    struct check_finding found = *of;
    sqlite3_stmt *stmt = NULL;
    char *sql = check_key_sql(of->name, of->table, of->key);
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL);
    sqlite3_free(sql);
    rc = rc == SQLITE_OK ? sqlite3_step(stmt) : rc;
    ferry_status status = FERRY_OK;
    if (rc == SQLITE_ROW) {
        found.has_rowid = sqlite3_column_type(stmt, 0) != SQLITE_NULL;
        found.rowid = sqlite3_column_int64(stmt, 0);
        status = check_tell(conn, &found, err);
    } else if (rc != SQLITE_DONE && (rc & 0xff) != SQLITE_ERROR) {
        status = sqldrv_fail(conn, conn->db, rc, err, "checking a foreign key of '%s'", of->name);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* Where one of its keys fits no table, SQLite says nothing of the others: those to tables of the
 * change are asked for one by one. */
static ferry_status check_each_key(struct sqldrv_unit *unit, const struct check_finding *of,
                                   struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < of->keys->count && status == FERRY_OK; i++) {
        struct check_finding found = *of;
        bool is_found = false;
        int rc = SQLITE_OK;
        found.key = &of->keys->list[i];
        if (check_is_changed(unit, found.key->table)) {
            rc = check_is_found(unit->conn->db, &of->keys->list[i], &is_found);
        }
        if (rc != SQLITE_OK) {
            status = sqldrv_fail(unit->conn, unit->conn->db, rc, err,
                                 "looking at the foreign keys of '%s'", of->name);
        } else if (is_found) {
            status = check_one_key(unit, &found, err);
        }
    }
    return status;
}

/* Of somebody's own table, a key that cannot be looked up never could. */
static ferry_status check_rows(struct sqldrv_unit *unit, const char *name,
                               const struct sqldrv_foreign_keys *keys, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    struct sqldrv_table table;
    sqlite3_stmt *stmt = NULL;
    ferry_status status = FERRY_OK;
    int rc = sqldrv_table_load(conn->db, name, &table);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "looking at table '%s'", name);
    }
    struct check_finding found = {.name = name, .table = &table, .keys = keys};
    rc = sqldrv_prepare(conn->db, &stmt, "PRAGMA main.foreign_key_check(\"%w\")", name);
    if (rc == SQLITE_OK) {
        status = check_find(unit, stmt, &found, &rc, err);
    }
    bool stuck = status == FERRY_OK && (rc & 0xff) == SQLITE_ERROR && !check_is_changed(unit, name);
    if (status == FERRY_OK && rc != SQLITE_DONE && !stuck) {
        status = sqldrv_fail(conn, conn->db, rc, err, "checking the foreign keys of '%s'", name);
    }
    sqlite3_finalize(stmt);
    if (stuck) {
        status = check_each_key(unit, &found, err);
    }
    sqldrv_table_clear(&table);
    return status;
}

/* Those of other tables are not looked at. */
static ferry_status check_table(struct sqldrv_unit *unit, const char *name, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    struct sqldrv_foreign_keys keys = {0};
    int rc = sqldrv_foreign_keys_load(conn->db, name, &keys);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "reading the foreign keys of '%s'", name);
    }
    bool changed = check_is_changed(unit, name);
    bool concerned = changed && keys.count > 0;
    for (size_t i = 0; i < keys.count; i++) {
        concerned = concerned || check_is_changed(unit, keys.list[i].table);
    }
    ferry_status status = concerned ? check_rows(unit, name, &keys, err) : FERRY_OK;
    sqldrv_foreign_keys_clear(&keys);
    return status;
}

ferry_status sqldrv_foreign_check(struct sqldrv_unit *unit, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    sqlite3_stmt *stmt = NULL;
    ferry_status status = FERRY_OK;
    if (unit->spec->foreign_keys == 0) {
        return FERRY_OK;
    }
    int rc = sqldrv_prepare(conn->db, &stmt,
                            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE "
                            "'%%REFERENCES%%'");
    while (rc == SQLITE_OK && status == FERRY_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        status = name == NULL ? sqldrv_fail_memory(err) : check_table(unit, name, err);
        rc = SQLITE_OK;
    }
    if (status == FERRY_OK && rc != SQLITE_DONE) {
        status = sqldrv_fail(conn, conn->db, rc, err, "looking for foreign keys");
    }
    sqlite3_finalize(stmt);
    return status;
}
