/* Do the views, triggers and foreign keys of the file still compile after tables have got other
 * columns?
 *
 * CREATE TRIGGER and DROP TABLE compile no bodies; preparing a statement that would use them does.
 * What was broken before is not our business.
 */

#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WATCH_BROKEN 0
#define WATCH_LOOSE 1  /* compiles only where "name" may also mean 'name' */
#define WATCH_STRICT 2 /* compiles */

static const char *const watch_operations[] = {"INSERT", "UPDATE", "DELETE"};

/* SQLite takes "gone" for the text 'gone' where no such column is left: a view that lost a column
 * would go on compiling.  So both ways are tried. */
static int watch_compile(sqlite3 *db, const char *sql, int *ret_state)
{
    int rc = SQLITE_ERROR;
    int state = WATCH_STRICT + 1;
    while (rc != SQLITE_OK && --state > WATCH_BROKEN) {
        sqlite3_stmt *stmt = NULL;
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, state == WATCH_LOOSE, NULL);
        rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 1, NULL);
        sqlite3_finalize(stmt);
        if (!sqlite_watch_is_answer(rc)) {
            return rc;
        }
    }
    *ret_state = state;
    return SQLITE_OK;
}

/* A module's own table may be damaged, which is none of our business either. */
bool sqlite_watch_is_answer(int rc)
{
    return (rc & 0xff) == SQLITE_ERROR || rc == SQLITE_OK || rc == SQLITE_CORRUPT_VTAB;
}

/* What it means that something tells no columns: a view of what is gone does not compile, and a
 * table has just been dropped. */
static int watch_none(sqlite3 *db, const char *name)
{
    int rc = sqlite3_table_column_metadata(db, "main", name, NULL, NULL, NULL, NULL, NULL, NULL);
    return rc == SQLITE_OK ? SQLITE_SCHEMA : rc;
}

/* UPDATE OF triggers compile only where one of their columns is set: so set all. */
int sqlite_watch_update_sql(sqlite3 *db, const char *table, char **ret_sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "EXPLAIN UPDATE main.\"%w\" SET ", table);
    const char *comma = "";
    int rc = sqlite_prepare(db, &stmt, "PRAGMA main.table_xinfo(\"%w\")", table);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        rc = name == NULL ? SQLITE_NOMEM : SQLITE_OK;
        if (rc == SQLITE_OK && sqlite3_column_int(stmt, 6) == 0) { /* not hidden or generated */
            sqlite3_str_appendf(out, "%s\"%w\" = NULL", comma, name);
            comma = ", ";
        }
    }
    sqlite3_finalize(stmt);
    char *sql = sqlite3_str_finish(out);
    bool none = (rc & 0xff) == SQLITE_ERROR || (rc == SQLITE_DONE && *comma == '\0');
    rc = none                ? watch_none(db, table)
         : rc != SQLITE_DONE ? rc
         : sql == NULL       ? SQLITE_NOMEM
                             : SQLITE_OK;
    if (rc != SQLITE_OK) {
        sqlite3_free(sql);
        return rc;
    }
    *ret_sql = sql;
    return SQLITE_OK;
}

static size_t watch_operation_count(const struct sqlite_watch *watch)
{
    return watch->kind == SQLITE_WATCH_TRIGGERS ? 3 : 1;
}

/* A foreign key is resolved when a row of its table would be inserted, if keys are enforced. */
static int watch_state(sqlite3 *db, const struct sqlite_watch *watch, size_t operation,
                       int *ret_state)
{
    bool view = watch->kind == SQLITE_WATCH_VIEW;
    bool keys = watch->kind == SQLITE_WATCH_KEYS;
    char *sql = NULL;
    int rc = SQLITE_OK;
    if (operation == 1) {
        rc = sqlite_watch_update_sql(db, watch->name, &sql);
    } else {
        sql = view ? sqlite3_mprintf("SELECT * FROM main.\"%w\"", watch->name)
              : operation == 0
                  ? sqlite3_mprintf("EXPLAIN INSERT INTO main.\"%w\" DEFAULT VALUES", watch->name)
                  : sqlite3_mprintf("EXPLAIN DELETE FROM main.\"%w\"", watch->name);
        rc = sql == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, !view && !keys, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, keys, NULL);
    *ret_state = WATCH_BROKEN;
    rc = rc == SQLITE_OK ? watch_compile(db, sql, ret_state) : rc;
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_free(sql);
    return sqlite_watch_is_answer(rc) ? SQLITE_OK : rc;
}

static int watch_add(struct sqlite_watches *watches, sqlite3_stmt *stmt)
{
    struct sqlite_watch *list = reallocarray(watches->list, watches->count + 1, sizeof *list);
    if (list == NULL) {
        return SQLITE_NOMEM;
    }
    watches->list = list;
    struct sqlite_watch *watch = &list[watches->count];
    *watch = (struct sqlite_watch){
        .kind = (enum sqlite_watch_kind)sqlite3_column_int(stmt, 0),
        .name = sqlite_copy_text(stmt, 1),
    };
    watches->count++;
    return watch->name == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static int watch_find(sqlite3 *db, struct sqlite_watches *watches)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(db, &stmt,
                            "SELECT %d, name FROM main.sqlite_schema WHERE type = 'view' UNION ALL "
                            "SELECT DISTINCT %d, tbl_name FROM main.sqlite_schema WHERE type = "
                            "'trigger' UNION ALL "
                            "SELECT %d, name FROM main.sqlite_schema WHERE type = 'table' AND "
                            "sql LIKE '%%REFERENCES%%'",
                            SQLITE_WATCH_VIEW, SQLITE_WATCH_TRIGGERS, SQLITE_WATCH_KEYS);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = watch_add(watches, stmt);
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

ferry_status sqlite_watch_begin(struct sqlite_unit *unit, struct ferry_error *err)
{
    struct sqlite_watches *watches = &unit->watches;
    sqlite3 *db = unit->conn->db;
    int rc = watches->begun ? SQLITE_OK : watch_find(db, watches);
    for (size_t i = 0; !watches->begun && i < watches->count; i++) {
        struct sqlite_watch *watch = &watches->list[i];
        for (size_t at = 0; rc == SQLITE_OK && at < watch_operation_count(watch); at++) {
            rc = watch_state(db, watch, at, &watch->state[at]);
        }
    }
    if (rc != SQLITE_OK) {
        return sqlite_fail(unit->conn, db, rc, err, "reading the views of the file");
    }
    watches->begun = true;
    return FERRY_OK;
}

static ferry_status watch_fail(const struct sqlite_unit *unit, const char *table,
                               const struct sqlite_watch *watch, size_t operation,
                               struct ferry_error *err)
{
    const char *path = unit->conn->path;
    switch (watch->kind) {
    case SQLITE_WATCH_VIEW:
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': the view '%s' does not fit the new columns of table '%s'; drop or "
                          "mend it, then run again",
                          path, watch->name, table);
    case SQLITE_WATCH_KEYS:
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': a foreign key of table '%s' needs a key of table '%s' that the "
                          "new table does not have; drop it, then run again",
                          path, watch->name, table);
    case SQLITE_WATCH_TRIGGERS:
        break;
    }
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "'%s': a trigger for %s on '%s' does not fit the new columns of table '%s'; "
                      "drop or mend it, then run again",
                      path, watch_operations[operation], watch->name, table);
}

/* The table's own foreign keys are gone with its old definition. */
static bool watch_is_gone(const struct sqlite_watch *watch, const char *table)
{
    return watch->kind == SQLITE_WATCH_KEYS && strcasecmp(watch->name, table) == 0;
}

ferry_status sqlite_watch_end(struct sqlite_unit *unit, const char *table, struct ferry_error *err)
{
    sqlite3 *db = unit->conn->db;
    for (size_t i = 0; i < unit->watches.count; i++) {
        const struct sqlite_watch *watch = &unit->watches.list[i];
        size_t operations = watch_is_gone(watch, table) ? 0 : watch_operation_count(watch);
        for (size_t operation = 0; operation < operations; operation++) {
            int state = WATCH_BROKEN;
            int rc = watch_state(db, watch, operation, &state);
            if (rc != SQLITE_OK) {
                return sqlite_fail(unit->conn, db, rc, err, "reading the views of the file");
            }
            if (state < watch->state[operation]) {
                return watch_fail(unit, table, watch, operation, err);
            }
        }
    }
    return FERRY_OK;
}

int sqlite_watch_triggers_fine(struct sqlite_unit *unit, const char *table, bool *ret_fine)
{
    int rc = SQLITE_OK;
    bool fine = true;
    for (size_t i = 0; i < unit->watches.count; i++) {
        const struct sqlite_watch *watch = &unit->watches.list[i];
        if (watch->kind != SQLITE_WATCH_TRIGGERS || strcasecmp(watch->name, table) != 0) {
            continue;
        }
        for (size_t at = 0; rc == SQLITE_OK && fine && at < 3; at++) {
            int state = WATCH_BROKEN;
            rc = watch_state(unit->conn->db, watch, at, &state);
            fine = rc != SQLITE_OK || state >= watch->state[at];
        }
    }
    *ret_fine = fine;
    return rc;
}

void sqlite_watch_clear(struct sqlite_unit *unit)
{
    for (size_t i = 0; i < unit->watches.count; i++) {
        free(unit->watches.list[i].name);
    }
    free(unit->watches.list);
    unit->watches = (struct sqlite_watches){0};
}
