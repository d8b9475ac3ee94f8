/* What stands in the file under a table's name, and whether a load may replace it. */

#include "file.h"
#include "target.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Counting means reading every page of the table: below this size of the file that is quick. */
#define TABLE_COUNT_BYTES_MAX (INT64_C(64) << 20)

void sqldrv_table_clear(struct sqldrv_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
        free(table->columns[i].default_sql);
        free(table->columns[i].default_value);
        free(table->columns[i].collation);
        free(table->columns[i].clauses);
    }
    free(table->columns);
    free(table->sql);
    sqldrv_foreign_keys_clear(&table->foreign_keys);
    *table = (struct sqldrv_table){0};
}

/* Look the name up; the first that matches, in any case of letters. */
static int table_find(sqlite3 *db, const char *name, struct sqldrv_table *table)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(db, &stmt,
                            "SELECT type, sql FROM main.sqlite_schema WHERE name = %Q COLLATE "
                            "NOCASE AND type IN ('table', 'view', 'index')",
                            name);
    if (rc != SQLITE_OK) {
        return rc;
    }
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(stmt, 0);
        table->sql = sqldrv_copy_text(stmt, 1);
        table->exists = true;
        if (type == NULL || table->sql == NULL) {
            sqlite3_finalize(stmt);
            return SQLITE_NOMEM;
        }
        if (strcmp(type, "view") == 0) {
            table->obstacle = "a view";
        } else if (strcmp(type, "index") == 0) {
            table->obstacle = "an index";
        } else if (strncasecmp(table->sql, "CREATE VIRTUAL", 14) == 0) {
            table->obstacle = "a virtual table";
        }
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_DONE && sqlite3_strnicmp(name, "sqlite_", 7) != 0 &&
        sqlite3_table_column_metadata(db, "main", name, NULL, NULL, NULL, NULL, NULL, NULL) ==
            SQLITE_OK) {
        return SQLITE_CORRUPT; /* SQLite knows a table that its list does not name */
    }
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int table_collation(sqlite3 *db, const char *table, struct sqldrv_column *column)
{
    const char *collation = NULL;
    int rc = sqlite3_table_column_metadata(db, "main", table, column->name, NULL, &collation, NULL,
                                           NULL, NULL);
    if (rc != SQLITE_OK) {
        return rc;
    }
    column->collation = strdup(collation == NULL ? "BINARY" : collation);
    return column->collation == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

/* A row of PRAGMA table_xinfo: cid, name, type, notnull, default, pk, hidden.  (The function
 * pragma_table_xinfo() would not do: a table of the user's can have that name.) */
static int table_add_column(sqlite3 *db, const char *name, struct sqldrv_table *table,
                            sqlite3_stmt *stmt)
{
    struct sqldrv_column *columns =
        reallocarray(table->columns, table->column_count + 1, sizeof *columns);
    if (columns == NULL) {
        return SQLITE_NOMEM;
    }
    bool has_default = sqlite3_column_type(stmt, 4) != SQLITE_NULL;
    table->columns = columns;
    struct sqldrv_column *column = &columns[table->column_count];
    *column = (struct sqldrv_column){
        .name = sqldrv_copy_text(stmt, 1),
        .type = sqldrv_copy_text(stmt, 2),
        .default_sql = has_default ? sqldrv_copy_text(stmt, 4) : NULL,
        .not_null = sqlite3_column_int(stmt, 3) != 0,
        .key = sqlite3_column_int(stmt, 5),
        .generated = sqlite3_column_int(stmt, 6) >= 2,
    };
    table->column_count++;
    if (column->name == NULL || column->type == NULL ||
        (has_default && column->default_sql == NULL)) {
        return SQLITE_NOMEM;
    }
    int rc = table_collation(db, name, column);
    if (rc == SQLITE_OK) {
        rc = sqldrv_clauses_constant(column->default_sql, &column->default_value);
    }
    return rc == SQLITE_MISMATCH ? SQLITE_OK : rc;
}

/* A column declared INTEGER that is the whole primary key is the rowid under another name: NULL
 * there becomes a number.  (WITHOUT ROWID tables refuse NULL themselves.) */
static void table_find_integer_key(struct sqldrv_table *table)
{
    size_t keys = 0;
    table->integer_key = -1;
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].key > 0) {
            keys++;
            table->integer_key = strcasecmp(table->columns[i].type, "INTEGER") == 0 ? (int)i : -1;
        }
    }
    if (keys != 1) {
        table->integer_key = -1;
    }
}

static void table_append_column(sqlite3_str *out, size_t i, const char *name, const char *type,
                                const char *clauses)
{
    bool more = type[0] != '\0' || clauses[0] != '\0';
    sqlite3_str_appendf(out, "%s\"%w\"%s", i > 0 ? ", " : "", name, more ? " " : "");
    sqlite3_str_appendf(out, "%s%s", type, type[0] != '\0' && clauses[0] != '\0' ? " " : "");
    sqlite3_str_appendall(out, clauses);
}

/* Of the definition; 0 is none. */
static uint64_t table_hash(const struct sqldrv_table *table)
{
    uint64_t hash = sqldrv_name_hash(table->sql);
    return hash == 0 ? 1 : hash;
}

/* Whether nothing is lost if the table is made anew: what its columns say is all that it says. */
static int table_find_own(struct sqldrv_table *table, const char *name)
{
    size_t keys = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        keys += table->columns[i].key > 0 ? 1 : 0;
    }
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "CREATE TABLE \"%w\" (", name);
    for (size_t i = 0; i < table->column_count; i++) {
        struct sqldrv_column *column = &table->columns[i];
        column->clauses = sqldrv_clauses_of_table(column, keys == 1);
        if (column->clauses == NULL) {
            sqlite3_free(sqlite3_str_finish(out));
            return SQLITE_NOMEM;
        }
        table_append_column(out, i, column->name, column->type, column->clauses);
    }
    for (size_t i = 0; i < table->foreign_keys.count; i++) {
        const struct ferry_foreign_key key = sqldrv_foreign_key_tell(&table->foreign_keys.list[i]);
        sqldrv_foreign_key_append(out, &key);
    }
    sqlite3_str_appendall(out, ")");
    char *plain = sqlite3_str_finish(out);
    table->own = plain != NULL && strcasecmp(plain, table->sql) == 0;
    sqlite3_free(plain);
    return plain == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

int sqldrv_table_load(sqlite3 *db, const char *name, struct sqldrv_table *ret_table)
{
    struct sqldrv_table table = {.integer_key = -1};
    sqlite3_stmt *stmt = NULL;
    int rc = table_find(db, name, &table);
    if (rc == SQLITE_OK && table.exists && table.obstacle == NULL) {
        rc = sqldrv_prepare(db, &stmt, "PRAGMA main.table_xinfo(\"%w\")", name);
        while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            rc = sqlite3_column_int(stmt, 6) == 1 ? SQLITE_OK
                                                  : table_add_column(db, name, &table, stmt);
        }
        sqlite3_finalize(stmt);
        rc = rc != SQLITE_DONE         ? rc
             : table.column_count == 0 ? SQLITE_SCHEMA /* it has just been dropped */
                                       : SQLITE_OK;
        if (rc == SQLITE_OK) {
            table_find_integer_key(&table);
            table.without_rowid =
                sqldrv_words_find(sqldrv_words_behind_list(table.sql), "WITHOUT") != NULL;
            rc = sqldrv_words_find(table.sql, "REFERENCES") == NULL
                     ? SQLITE_OK
                     : sqldrv_foreign_keys_load(db, name, &table.foreign_keys);
        }
        if (rc == SQLITE_OK) {
            rc = table_find_own(&table, name);
        }
    }
    if (rc != SQLITE_OK) {
        sqldrv_table_clear(&table);
        return rc;
    }
    *ret_table = table;
    return SQLITE_OK;
}

/* Refuse names and things that a load must not replace. */
static ferry_status table_check(const struct sqldrv_conn *conn, const char *name,
                                const struct sqldrv_table *table, struct ferry_error *err)
{
    if (sqldrv_name_reserved(name)) {
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': the table name '%s' is reserved; choose another target_table",
                          conn->path, name);
    }
    if (table->obstacle != NULL) {
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': '%s' is %s, not a table; choose another target_table, or drop it",
                          conn->path, name, table->obstacle);
    }
    return FERRY_OK;
}

/* 1 if rows may leave the column out.  One that a load has filled before is the source's: that it
 * is missing there is a change of columns. */
static bool table_fills(const struct sqldrv_table *table, const struct sqldrv_column *column,
                        const struct sqldrv_metadata *metadata)
{
    bool rowid = table->integer_key == (int)(column - table->columns) && !table->without_rowid;
    return (rowid || !column->not_null || column->default_sql != NULL) &&
           sqldrv_metadata_find(metadata, column) == NULL;
}

static ferry_status table_report_column(const struct sqldrv_table *table,
                                        const struct sqldrv_column *found,
                                        const struct sqldrv_metadata *metadata,
                                        struct ferry_inspection *inspection,
                                        struct ferry_error *err)
{
    struct ferry_column column = {
        .name = found->name,
        .native = found->type,
        .clauses = found->clauses,
        .type = FERRY_TYPE_ANY,
        .default_value =
            table->integer_key == (int)(found - table->columns) ? "rowid" : found->default_sql,
        .flags = table_fills(table, found, metadata) ? FERRY_COLUMN_FILLS_ITSELF : 0,
    };
    return ferry_schema_add(inspection->schema, &column, sizeof column, err);
}

/* Whether the columns of the other table are named is not what the keys differ by. */
static ferry_status table_report_keys(struct sqldrv_conn *conn, const char *name,
                                      const struct sqldrv_table *table,
                                      struct ferry_inspection *inspection, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < table->foreign_keys.count; i++) {
        struct sqldrv_foreign_key *found = &table->foreign_keys.list[i];
        int rc = sqldrv_foreign_key_resolve(conn->db, found);
        if (rc != SQLITE_OK) {
            return sqldrv_fail(conn, conn->db, rc, err, "reading the foreign keys of '%s'", name);
        }
        const struct ferry_foreign_key key = sqldrv_foreign_key_tell(found);
        status = ferry_schema_add_foreign_key(inspection->schema, &key, sizeof key, err);
    }
    return status;
}

static ferry_status table_report_columns(struct sqldrv_conn *conn, const char *name,
                                         const struct sqldrv_table *table,
                                         struct ferry_inspection *inspection,
                                         struct ferry_error *err)
{
    struct sqldrv_metadata metadata = {0};
    ferry_status status = FERRY_OK;
    int rc = sqldrv_metadata_load(conn->db, name, &metadata);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "looking at table '%s'", name);
    }
    for (size_t i = 0; status == FERRY_OK && i < table->column_count; i++) {
        status = table->columns[i].generated
                     ? FERRY_OK /* it takes no values: part of what the user hung on the table */
                     : table_report_column(table, &table->columns[i], &metadata, inspection, err);
    }
    sqldrv_metadata_clear(&metadata);
    return status == FERRY_OK ? table_report_keys(conn, name, table, inspection, err) : status;
}

static ferry_status table_report(struct sqldrv_conn *conn, const char *name,
                                 const struct sqldrv_table *table,
                                 struct ferry_inspection *inspection, struct ferry_error *err)
{
    int64_t pages = 0;
    int64_t page_size = 0;
    int64_t rows = 0;
    inspection->exists = 1;
    inspection->own = table->own;
    inspection->definition = table_hash(table);
    ferry_status status = table_report_columns(conn, name, table, inspection, err);
    if (status != FERRY_OK) {
        return status;
    }
    int rc = sqldrv_query_int(conn->db, &pages, "PRAGMA main.page_count");
    if (rc == SQLITE_OK) {
        rc = sqldrv_query_int(conn->db, &page_size, "PRAGMA main.page_size");
    }
    if (rc == SQLITE_OK && pages * page_size <= TABLE_COUNT_BYTES_MAX) {
        rc = sqldrv_query_int(conn->db, &rows, "SELECT count(*) FROM main.\"%w\"", name);
        inspection->rows = (uint64_t)rows;
        inspection->rows_known = rc == SQLITE_OK;
    }
    return rc == SQLITE_OK ? FERRY_OK
                           : sqldrv_fail(conn, conn->db, rc, err, "looking at table '%s'", name);
}

ferry_status sqldrv_table_inspect(void *argument, const char *name,
                                  struct ferry_inspection *inspection, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    struct sqldrv_table table = {0};
    bool exists = true;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK && conn->db == NULL) { /* the file may have been made since */
        status = sqldrv_path_check_target(conn, &exists, err);
        if (status == FERRY_OK && exists) {
            status = sqldrv_open(conn, err);
        }
    }
    if (status != FERRY_OK) {
        return status;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = exists ? sqldrv_table_load(conn->db, name, &table) : SQLITE_OK;
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "looking at table '%s'", name);
    }
    status = table_check(conn, name, &table, err);
    if (status == FERRY_OK && table.exists) {
        status = table_report(conn, name, &table, inspection, err);
    }
    sqldrv_table_clear(&table);
    return status;
}

ferry_status sqldrv_table_confirm(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    const char *name = load->layout->table;
    struct sqldrv_table table;
    int rc = sqldrv_table_load(conn->db, name, &table);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "looking at table '%s'", name);
    }
    sqldrv_table_clear(&load->table);
    load->table = table;
    ferry_status status = table_check(conn, name, &table, err);
    return status == FERRY_OK ? ferry_load_confirm(load->spec, conn->path, table.exists,
                                                   table.exists ? table_hash(&table) : 0, err)
                              : status;
}

char *sqldrv_table_create_sql(const struct ferry_load_spec *spec)
{
    const struct ferry_layout *layout = spec->layout;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "CREATE TABLE \"%w\" (", layout->table);
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        table_append_column(out, i, ferry_schema_column(layout->schema, i)->name,
                            layout->natives[i], layout->clauses[i]);
    }
    for (size_t i = 0; i < spec->foreign_key_count; i++) {
        sqldrv_foreign_key_append(out, spec->foreign_keys[i]);
    }
    sqlite3_str_appendall(out, ")");
    return sqlite3_str_finish(out);
}
