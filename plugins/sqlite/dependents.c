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

#define DEPENDENTS_BROKEN 0
#define DEPENDENTS_LOOSE 1  /* compiles only where "name" may also mean 'name' */
#define DEPENDENTS_STRICT 2 /* compiles */

static const char *const dependents_operations[] = {"INSERT", "UPDATE", "DELETE"};

/* SQLite takes "gone" for the text 'gone' where no such column is left: a view that lost a column
 * would go on compiling.  So both ways are tried. */
static int dependents_compile(sqlite3 *db, const char *sql, int *ret_state)
{
    int rc = SQLITE_ERROR;
    int state = DEPENDENTS_STRICT + 1;
    while (rc != SQLITE_OK && --state > DEPENDENTS_BROKEN) {
        sqlite3_stmt *stmt = NULL;
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, state == DEPENDENTS_LOOSE, NULL);
        rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 1, NULL);
        sqlite3_finalize(stmt);
        if (!sqldrv_dependents_is_answer(rc)) {
            return rc;
        }
    }
    *ret_state = state;
    return SQLITE_OK;
}

/* A module's own table may be damaged, which is none of our business either. */
bool sqldrv_dependents_is_answer(int rc)
{
    return (rc & 0xff) == SQLITE_ERROR || rc == SQLITE_OK || rc == SQLITE_CORRUPT_VTAB;
}

/* What it means that something tells no columns: a view of what is gone does not compile, and a
 * table has just been dropped. */
static int dependents_none(sqlite3 *db, const char *name)
{
    int rc = sqlite3_table_column_metadata(db, "main", name, NULL, NULL, NULL, NULL, NULL, NULL);
    return rc == SQLITE_OK ? SQLITE_SCHEMA : rc;
}

/* UPDATE OF triggers compile only where one of their columns is set: so set all. */
int sqldrv_dependents_update_sql(sqlite3 *db, const char *table, char **ret_sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "EXPLAIN UPDATE main.\"%w\" SET ", table);
    const char *comma = "";
    int rc = sqldrv_prepare(db, &stmt, "PRAGMA main.table_xinfo(\"%w\")", table);
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
    rc = none                ? dependents_none(db, table)
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

static size_t dependents_operation_count(const struct sqldrv_dependent *dependent)
{
    return dependent->kind == SQLDRV_DEPENDENT_TRIGGERS ? 3 : 1;
}

/* A foreign key is resolved when a row of its table would be inserted, if keys are enforced. */
static int dependents_state(sqlite3 *db, const struct sqldrv_dependent *dependent, size_t operation,
                            int *ret_state)
{
    bool view = dependent->kind == SQLDRV_DEPENDENT_VIEW;
    bool keys = dependent->kind == SQLDRV_DEPENDENT_KEYS;
    char *sql = NULL;
    int rc = SQLITE_OK;
    if (operation == 1) {
        rc = sqldrv_dependents_update_sql(db, dependent->name, &sql);
    } else {
        sql =
            view ? sqlite3_mprintf("SELECT * FROM main.\"%w\"", dependent->name)
            : operation == 0
                ? sqlite3_mprintf("EXPLAIN INSERT INTO main.\"%w\" DEFAULT VALUES", dependent->name)
                : sqlite3_mprintf("EXPLAIN DELETE FROM main.\"%w\"", dependent->name);
        rc = sql == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, !view && !keys, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, keys, NULL);
    *ret_state = DEPENDENTS_BROKEN;
    rc = rc == SQLITE_OK ? dependents_compile(db, sql, ret_state) : rc;
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_free(sql);
    return sqldrv_dependents_is_answer(rc) ? SQLITE_OK : rc;
}

static int dependents_add(struct sqldrv_dependents *dependents, sqlite3_stmt *stmt)
{
    struct sqldrv_dependent *list =
        reallocarray(dependents->list, dependents->count + 1, sizeof *list);
    if (list == NULL) {
        return SQLITE_NOMEM;
    }
    dependents->list = list;
    struct sqldrv_dependent *dependent = &list[dependents->count];
    *dependent = (struct sqldrv_dependent){
        .kind = (enum sqldrv_dependent_kind)sqlite3_column_int(stmt, 0),
        .name = sqldrv_copy_text(stmt, 1),
    };
    dependents->count++;
    return dependent->name == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static int dependents_find(sqlite3 *db, struct sqldrv_dependents *dependents)
{
    sqlite3_stmt *stmt = NULL;
    int rc =
        sqldrv_prepare(db, &stmt,
                       "SELECT %d, name FROM main.sqlite_schema WHERE type = 'view' UNION ALL "
                       "SELECT DISTINCT %d, tbl_name FROM main.sqlite_schema WHERE type = "
                       "'trigger' UNION ALL "
                       "SELECT %d, name FROM main.sqlite_schema WHERE type = 'table' AND "
                       "sql LIKE '%%REFERENCES%%'",
                       SQLDRV_DEPENDENT_VIEW, SQLDRV_DEPENDENT_TRIGGERS, SQLDRV_DEPENDENT_KEYS);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = dependents_add(dependents, stmt);
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

ferry_status sqldrv_dependents_begin(struct sqldrv_unit *unit, struct ferry_error *err)
{
    struct sqldrv_dependents *dependents = &unit->dependents;
    sqlite3 *db = unit->conn->db;
    int rc = dependents->begun ? SQLITE_OK : dependents_find(db, dependents);
    for (size_t i = 0; !dependents->begun && i < dependents->count; i++) {
        struct sqldrv_dependent *dependent = &dependents->list[i];
        for (size_t at = 0; rc == SQLITE_OK && at < dependents_operation_count(dependent); at++) {
            rc = dependents_state(db, dependent, at, &dependent->state[at]);
        }
    }
    if (rc != SQLITE_OK) {
        return sqldrv_fail(unit->conn, db, rc, err, "reading the views of the file");
    }
    dependents->begun = true;
    return FERRY_OK;
}

/* A table that was made anew; NULL where there are several, any of which may be meant. */
static const char *dependents_one_table(const struct sqldrv_unit *unit)
{
    const char *table = NULL;
    size_t count = 0;
    for (size_t i = 0; i < unit->load_count; i++) {
        if (unit->loads[i]->spec->action == FERRY_TABLE_REBUILD) {
            table = unit->loads[i]->layout->table;
            count++;
        }
    }
    return count == 1 ? table : NULL;
}

static ferry_status dependents_fail(const struct sqldrv_unit *unit,
                                    const struct sqldrv_dependent *dependent, size_t operation,
                                    struct ferry_error *err)
{
    const char *path = unit->conn->path;
    const char *one = dependents_one_table(unit);
    const char *before = one != NULL ? "table '" : "the tables that are made anew";
    const char *table = one != NULL ? one : "";
    const char *after = one != NULL ? "'" : "";
    switch (dependent->kind) {
    case SQLDRV_DEPENDENT_VIEW:
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': the view '%s' does not fit the new columns of %s%s%s; drop or "
                          "mend it, then run again",
                          path, dependent->name, before, table, after);
    case SQLDRV_DEPENDENT_KEYS:
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': a foreign key of table '%s' needs a key of %s%s%s that the "
                          "new table does not have; drop it, then run again",
                          path, dependent->name, before, table, after);
    case SQLDRV_DEPENDENT_TRIGGERS:
        break;
    }
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "'%s': a trigger for %s on '%s' does not fit the new columns of %s%s%s; "
                      "drop or mend it, then run again",
                      path, dependents_operations[operation], dependent->name, before, table,
                      after);
}

/* A table's own foreign keys are gone with its old definition; with the table, where it is `gone`.
 */
static bool dependents_is_gone(const struct sqldrv_unit *unit, const char *gone,
                               const struct sqldrv_dependent *dependent)
{
    bool anew = gone != NULL && strcasecmp(dependent->name, gone) == 0;
    for (size_t i = 0; i < unit->load_count; i++) {
        const struct sqldrv_load *load = unit->loads[i];
        anew = anew || (load->spec->action == FERRY_TABLE_REBUILD &&
                        strcasecmp(dependent->name, load->layout->table) == 0);
    }
    return anew && dependent->kind == SQLDRV_DEPENDENT_KEYS;
}

/* The first from `*at` on that does not compile any more; `*at` is the number of all where there is
 * none. */
static ferry_status dependents_find_broken(struct sqldrv_unit *unit, const char *gone, size_t *at,
                                           size_t *ret_operation, struct ferry_error *err)
{
    sqlite3 *db = unit->conn->db;
    for (; *at < unit->dependents.count; (*at)++) {
        const struct sqldrv_dependent *dependent = &unit->dependents.list[*at];
        size_t operations =
            dependents_is_gone(unit, gone, dependent) ? 0 : dependents_operation_count(dependent);
        for (size_t operation = 0; operation < operations; operation++) {
            int state = DEPENDENTS_BROKEN;
            int rc = dependents_state(db, dependent, operation, &state);
            if (rc != SQLITE_OK) {
                return sqldrv_fail(unit->conn, db, rc, err, "reading the views of the file");
            }
            if (state < dependent->state[operation]) {
                *ret_operation = operation;
                return FERRY_OK;
            }
        }
    }
    return FERRY_OK;
}

ferry_status sqldrv_dependents_end(struct sqldrv_unit *unit, struct ferry_error *err)
{
    size_t at = 0, operation = 0;
    ferry_status status = dependents_find_broken(unit, NULL, &at, &operation, err);
    return status == FERRY_OK && at < unit->dependents.count
               ? dependents_fail(unit, &unit->dependents.list[at], operation, err)
               : status;
}

ferry_status sqldrv_dependents_note(struct sqldrv_unit *unit, const char *gone,
                                    struct ferry_notes *notes, bool *ret_noted,
                                    struct ferry_error *err)
{
    static const char *const kinds[][2] = {
        [SQLDRV_DEPENDENT_TRIGGERS] = {"a trigger of table", "needs it"},
        [SQLDRV_DEPENDENT_VIEW] = {"the view", "reads it"},
        [SQLDRV_DEPENDENT_KEYS] = {"a foreign key of table", "refers to it"},
    };
    ferry_status status = FERRY_OK;
    size_t operation = 0;
    for (size_t at = 0; status == FERRY_OK && at < unit->dependents.count; at++) {
        status = dependents_find_broken(unit, gone, &at, &operation, err);
        if (status == FERRY_OK && at < unit->dependents.count) {
            const struct sqldrv_dependent *dependent = &unit->dependents.list[at];
            *ret_noted = true;
            status = ferry_note(notes, err, "%s '%s' %s", kinds[dependent->kind][0],
                                dependent->name, kinds[dependent->kind][1]);
        }
    }
    return status;
}

int sqldrv_dependents_triggers_fine(struct sqldrv_unit *unit, const char *table, bool *ret_fine)
{
    int rc = SQLITE_OK;
    bool fine = true;
    for (size_t i = 0; i < unit->dependents.count; i++) {
        const struct sqldrv_dependent *dependent = &unit->dependents.list[i];
        if (dependent->kind != SQLDRV_DEPENDENT_TRIGGERS ||
            strcasecmp(dependent->name, table) != 0) {
            continue;
        }
        for (size_t at = 0; rc == SQLITE_OK && fine && at < 3; at++) {
            int state = DEPENDENTS_BROKEN;
            rc = dependents_state(unit->conn->db, dependent, at, &state);
            fine = rc != SQLITE_OK || state >= dependent->state[at];
        }
    }
    *ret_fine = fine;
    return rc;
}

void sqldrv_dependents_clear(struct sqldrv_unit *unit)
{
    for (size_t i = 0; i < unit->dependents.count; i++) {
        free(unit->dependents.list[i].name);
    }
    free(unit->dependents.list);
    unit->dependents = (struct sqldrv_dependents){0};
}
