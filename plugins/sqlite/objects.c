/* Indexes and triggers that hang on the table: saved, dropped and made again. */

#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OBJECTS_OF_TABLE                                                                           \
    "FROM main.sqlite_schema WHERE type IN ('index', 'trigger') AND tbl_name = %Q COLLATE NOCASE " \
    "AND sql IS NOT NULL"

void sqldrv_objects_clear(struct sqldrv_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++) {
        free(objects->list[i].name);
        free(objects->list[i].sql);
    }
    free(objects->list);
    free(objects->indexes);
    *objects = (struct sqldrv_objects){0};
}

static int objects_add(struct sqldrv_objects *objects, sqlite3_stmt *stmt)
{
    struct sqldrv_object *list = reallocarray(objects->list, objects->count + 1, sizeof *list);
    if (list == NULL) {
        return SQLITE_NOMEM;
    }
    objects->list = list;
    struct sqldrv_object *object = &list[objects->count];
    *object = (struct sqldrv_object){
        .trigger = sqlite3_column_int(stmt, 0) != 0,
        .name = sqldrv_copy_text(stmt, 1),
        .sql = sqldrv_copy_text(stmt, 2),
        .keep = true,
    };
    objects->count++;
    return object->name == NULL || object->sql == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

/* The statement that makes an index of the job, as SQLite would store it; from sqlite3_malloc. */
static char *objects_index_sql(const char *name, const char *table, const struct ferry_index *index)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "CREATE %sINDEX \"%w\" ON \"%w\" (", index->unique ? "UNIQUE " : "",
                        name, table);
    for (size_t i = 0; i < index->column_count; i++) {
        sqlite3_str_appendf(out, "%s\"%w\"", i > 0 ? ", " : "", index->columns[i]);
    }
    sqlite3_str_appendall(out, ")");
    return sqlite3_str_finish(out);
}

static struct sqldrv_object *objects_find_index(struct sqldrv_objects *objects, const char *name)
{
    for (size_t i = 0; i < objects->count; i++) {
        if (!objects->list[i].trigger && strcasecmp(objects->list[i].name, name) == 0) {
            return &objects->list[i];
        }
    }
    return NULL;
}

/* Fail where something else has the name. */
static ferry_status objects_check_name(struct sqldrv_load *load, const char *name,
                                       struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    char *other = NULL;
    int rc = sqldrv_query_text(
        conn->db, &other,
        "SELECT max(CASE type WHEN 'index' THEN 'an index of table ''' || tbl_name || '''' ELSE "
        "'a ' || type END) FROM main.sqlite_schema WHERE name = %Q COLLATE NOCASE AND type IN "
        "('table', 'view', 'index')",
        name);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "looking for index '%s'", name);
    }
    ferry_status status =
        other == NULL || other[0] == '\0'
            ? FERRY_OK
            : ferry_fail(err, FERRY_ERR_SCHEMA,
                         "'%s': the name '%s' of an index of job '%s' is taken by %s; choose "
                         "another name",
                         conn->path, name, load->unit->spec->job, other);
    free(other);
    return status;
}

/* Settle one index of the job: an equal one stays, an outdated one of ours goes, and a name that
 * something else has is refused. */
static ferry_status objects_settle(struct sqldrv_load *load, const struct ferry_index *index,
                                   const char *name, struct ferry_error *err)
{
    struct sqldrv_object *same = objects_find_index(&load->objects, name);
    if (same != NULL) {
        char *sql = objects_index_sql(name, load->layout->table, index);
        bool equal = sql != NULL && strcasecmp(sql, same->sql) == 0;
        bool ours = sqldrv_name_is_ours(name);
        sqlite3_free(sql);
        same->keep = false; /* the job's own statement makes it again */
        return equal || ours ? FERRY_OK
                             : ferry_fail(err, FERRY_ERR_SCHEMA,
                                          "'%s': the index '%s' of job '%s' is there already with "
                                          "another definition; drop it, or choose another name",
                                          load->conn->path, name, load->unit->spec->job);
    }
    return objects_check_name(load, name, err);
}

/* Whether the planner's statistics know the table: they go when an index or the table is dropped.
 */
static int objects_find_analyzed(sqlite3 *db, const char *table, bool *ret_analyzed)
{
    int64_t rows = 0;
    int rc = sqldrv_query_int(
        db, &rows, "SELECT count(*) FROM main.sqlite_stat1 WHERE tbl = %Q COLLATE NOCASE", table);
    *ret_analyzed = rows > 0;
    return rc == SQLITE_ERROR ? SQLITE_OK : rc; /* no such table: ANALYZE was never run */
}

/* That the list is whole, since DROP TABLE takes with it what is not on it. */
static int objects_confirm_count(sqlite3 *db, const struct sqldrv_objects *objects,
                                 const char *table)
{
    int64_t count = 0;
    int rc = sqldrv_query_int(db, &count, "SELECT count(*) " OBJECTS_OF_TABLE, table);
    return rc == SQLITE_OK && (size_t)count != objects->count ? SQLITE_CORRUPT : rc;
}

static ferry_status objects_read(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    const char *table = load->layout->table;
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(
        conn->db, &stmt, "SELECT type = 'trigger', name, sql " OBJECTS_OF_TABLE " ORDER BY rowid",
        table);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = objects_add(&load->objects, stmt);
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_DONE) {
        rc = objects_confirm_count(conn->db, &load->objects, table);
    }
    if (rc == SQLITE_OK) {
        rc = objects_find_analyzed(conn->db, table, &load->objects.analyzed);
    }
    return rc == SQLITE_OK
               ? FERRY_OK
               : sqldrv_fail(conn, conn->db, rc, err, "reading the indexes of table '%s'", table);
}

/* Which of those that are there stay, and which the job has made. */
static ferry_status objects_choose(struct sqldrv_load *load, struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    struct sqldrv_objects *objects = &load->objects;
    for (size_t i = 0; i < objects->count; i++) {
        struct sqldrv_object *object = &objects->list[i];
        object->keep =
            object->trigger || spec->keep_definition != 0 || !sqldrv_name_is_ours(object->name);
    }
    ferry_status status = sqldrv_indexes_choose(load) ? FERRY_OK : sqldrv_fail_memory(err);
    for (size_t i = 0; status == FERRY_OK && i < objects->index_count; i++) {
        const struct ferry_index *index = &objects->indexes[i];
        char *name = sqldrv_name_index(spec->layout->table, index);
        status = name == NULL ? sqldrv_fail_memory(err) : objects_settle(load, index, name, err);
        free(name);
    }
    return status;
}

ferry_status sqldrv_objects_save(struct sqldrv_load *load, struct ferry_error *err)
{
    sqldrv_objects_clear(&load->objects);
    ferry_status status = objects_read(load, err);
    return status == FERRY_OK ? objects_choose(load, err) : status;
}

ferry_status sqldrv_objects_drop_indexes(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    for (size_t i = 0; i < load->objects.count; i++) {
        const struct sqldrv_object *object = &load->objects.list[i];
        int rc = object->trigger ? SQLITE_OK
                                 : sqldrv_run(conn->db, "DROP INDEX main.\"%w\"", object->name);
        if (rc != SQLITE_OK) {
            return sqldrv_fail(conn, conn->db, rc, err, "dropping index '%s'", object->name);
        }
    }
    return FERRY_OK;
}

/* Why an index or trigger cannot be made again. */
static ferry_status objects_fail(struct sqldrv_load *load, sqlite3 *db, int rc, const char *kind,
                                 const char *name, struct ferry_error *err)
{
    if (rc == SQLITE_ERROR) {
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': the %s '%s' of table '%s' does not fit the new columns: %s; drop "
                          "or mend it, then run again",
                          load->conn->path, kind, name, load->layout->table,
                          sqlite3_errcode(db) == SQLITE_OK ? "it uses a column that is gone"
                                                           : sqlite3_errmsg(db));
    }
    return sqldrv_fail(load->conn, db, rc, err, "making %s '%s' of table '%s'", kind, name,
                       load->layout->table);
}

/* An index of the job, unless the job has named it before. */
static ferry_status objects_make_index(struct sqldrv_load *load, sqlite3 *db,
                                       const struct ferry_index *index, struct ferry_error *err)
{
    const char *table = load->layout->table;
    char *name = sqldrv_name_index(table, index);
    char *sql = name == NULL ? NULL : objects_index_sql(name, table, index);
    int64_t there = 0;
    int rc = sql == NULL ? SQLITE_NOMEM
                         : sqldrv_query_int(db, &there,
                                            "SELECT count(*) FROM main.sqlite_schema WHERE "
                                            "type = 'index' AND name = %Q COLLATE NOCASE",
                                            name);
    if (rc == SQLITE_OK && there == 0) {
        rc = sqldrv_run_saved(db, sql);
    }
    ferry_status status =
        rc == SQLITE_OK ? FERRY_OK : objects_fail(load, db, rc, "index", name, err);
    sqlite3_free(sql);
    free(name);
    return status;
}

ferry_status sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                         struct ferry_error *err)
{
    for (size_t i = 0; i < load->objects.count; i++) {
        const struct sqldrv_object *object = &load->objects.list[i];
        int rc = object->trigger || !object->keep ? SQLITE_OK : sqldrv_run_saved(db, object->sql);
        if (rc != SQLITE_OK) {
            return objects_fail(load, db, rc, "index", object->name, err);
        }
    }
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < load->objects.index_count; i++) {
        status = objects_make_index(load, db, &load->objects.indexes[i], err);
    }
    return status;
}

/* 1 if it is, word for word, what the job would make. */
static int objects_is_wanted(const struct sqldrv_load *load, const struct sqldrv_object *object,
                             bool *ret_wanted)
{
    const char *table = load->layout->table;
    bool wanted = false;
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && !wanted && i < load->objects.index_count; i++) {
        char *name = sqldrv_name_index(table, &load->objects.indexes[i]);
        char *sql = name == NULL ? NULL : objects_index_sql(name, table, &load->objects.indexes[i]);
        rc = sql == NULL ? SQLITE_NOMEM : SQLITE_OK;
        wanted = sql != NULL && strcasecmp(sql, object->sql) == 0;
        sqlite3_free(sql);
        free(name);
    }
    *ret_wanted = wanted;
    return rc;
}

ferry_status sqldrv_objects_settle_indexes(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < load->objects.count; i++) {
        const struct sqldrv_object *object = &load->objects.list[i];
        bool stays = object->trigger || object->keep;
        int rc = stays ? SQLITE_OK : objects_is_wanted(load, object, &stays);
        if (rc == SQLITE_OK && !stays) {
            rc = sqldrv_run(conn->db, "DROP INDEX main.\"%w\"", object->name);
        }
        if (rc != SQLITE_OK) {
            return sqldrv_fail(conn, conn->db, rc, err, "dropping index '%s'", object->name);
        }
    }
    for (size_t i = 0; status == FERRY_OK && i < load->objects.index_count; i++) {
        status = objects_make_index(load, conn->db, &load->objects.indexes[i], err);
    }
    return status;
}

ferry_status sqldrv_objects_make_triggers(struct sqldrv_load *load, struct ferry_error *err)
{
    sqlite3 *db = load->conn->db;
    for (size_t i = 0; i < load->objects.count; i++) {
        const struct sqldrv_object *object = &load->objects.list[i];
        if (!object->trigger) {
            continue;
        }
        bool fine = true;
        int rc = sqldrv_run_saved(db, object->sql);
        /* One of many tables may wait for the columns of others. */
        if (rc == SQLITE_OK && load->unit->spec->load_count <= 1) {
            rc = sqldrv_dependents_triggers_fine(load->unit, load->layout->table, &fine);
        }
        if (rc != SQLITE_OK) {
            return objects_fail(load, db, rc, "trigger", object->name, err);
        }
        if (!fine) {
            return objects_fail(load, db, SQLITE_ERROR, "trigger", object->name, err);
        }
    }
    return FERRY_OK;
}

ferry_status sqldrv_objects_analyze(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    int rc = !load->objects.analyzed
                 ? SQLITE_OK
                 : sqldrv_run(conn->db, "PRAGMA analysis_limit=1000; ANALYZE main.\"%w\"",
                              load->layout->table);
    return rc == SQLITE_OK
               ? FERRY_OK
               : sqldrv_fail(conn, conn->db, rc, err, "analyzing table '%s'", load->layout->table);
}
