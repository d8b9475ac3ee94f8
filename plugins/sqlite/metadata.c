/* The source's own definitions, beside the data: _dbferry_columns and _dbferry_indexes.
 *
 * They are written in the transaction of the load.
 */

#include "table.h"

#include <string.h>

/* A format: in which schema, twice. */
#define METADATA_CREATE                                                                            \
    "CREATE TABLE IF NOT EXISTS %s._dbferry_columns ("                                             \
    "target_table TEXT NOT NULL COLLATE NOCASE, position INTEGER NOT NULL, version INTEGER, "      \
    "name TEXT, declared TEXT, type TEXT, flags TEXT, native TEXT, bits INTEGER, "                 \
    "length INTEGER, precision INTEGER, scale INTEGER, charset TEXT, collation TEXT, "             \
    "members TEXT, subtype TEXT, srid INTEGER, key_position INTEGER, default_value TEXT, "         \
    "PRIMARY KEY (target_table, position)) WITHOUT ROWID; "                                        \
    "CREATE TABLE IF NOT EXISTS %s._dbferry_indexes ("                                             \
    "target_table TEXT NOT NULL COLLATE NOCASE, number INTEGER NOT NULL, "                         \
    "position INTEGER NOT NULL, version INTEGER, name TEXT, is_unique INTEGER, "                   \
    "is_primary INTEGER, column_name TEXT, "                                                       \
    "PRIMARY KEY (target_table, number, position)) WITHOUT ROWID"

static const char *const metadata_names[] = {"_dbferry_columns", "_dbferry_indexes"};

static int metadata_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    return text == NULL ? sqlite3_bind_null(stmt, at)
                        : sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

static int metadata_bind_field(sqlite3_stmt *stmt, int at, const struct sqldrv_field *field,
                               const struct ferry_column *column)
{
    const char *place = (const char *)column + field->offset;
    const char *text;
    uint32_t number;
    uint64_t length;
    switch (field->kind) {
    case SQLDRV_FIELD_TEXT:
        memcpy(&text, place, sizeof text);
        return metadata_bind_text(stmt, at, text);
    case SQLDRV_FIELD_NUMBER:
        memcpy(&number, place, sizeof number);
        return sqlite3_bind_int64(stmt, at, number);
    case SQLDRV_FIELD_LENGTH:
        memcpy(&length, place, sizeof length);
        return sqlite3_bind_int64(stmt, at, length > INT64_MAX ? 0 : (sqlite3_int64)length);
    }
    return SQLITE_MISUSE;
}

static int metadata_step(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    (void)sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int metadata_write_column(sqlite3_stmt *stmt, const struct ferry_load_spec *spec, size_t i)
{
    const struct ferry_column *column = ferry_schema_column(spec->layout->schema, i);
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqldrv_descriptor_add_flags(out, column->flags);
    int rc = sqlite3_str_errcode(out);
    char *flags = sqlite3_str_finish(out); /* NULL for none */
    const char *const texts[] = {
        [SQLDRV_AT_TABLE] = spec->layout->table,
        [SQLDRV_AT_NAME] = column->name,
        [SQLDRV_AT_DECLARED] = spec->layout->natives[i],
        [SQLDRV_AT_TYPE] = sqldrv_descriptor_type_name(column->type),
        [SQLDRV_AT_FLAGS] = flags == NULL ? "" : flags,
    };
    for (int at = SQLDRV_AT_TABLE; rc == SQLITE_OK && at < SQLDRV_AT_FIELDS; at++) {
        rc = at == SQLDRV_AT_POSITION  ? sqlite3_bind_int64(stmt, at, (sqlite3_int64)i + 1)
             : at == SQLDRV_AT_VERSION ? sqlite3_bind_int(stmt, at, SQLDRV_METADATA_VERSION)
                                       : metadata_bind_text(stmt, at, texts[at]);
    }
    for (size_t f = 0; rc == SQLITE_OK && f < SQLDRV_FIELDS; f++) {
        rc = metadata_bind_field(stmt, SQLDRV_AT_FIELDS + (int)f, &sqldrv_fields[f], column);
    }
    sqlite3_free(flags);
    return rc == SQLITE_OK ? metadata_step(stmt) : rc;
}

static char *metadata_insert_sql(const char *schema)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out,
                        "INSERT INTO %s._dbferry_columns (target_table, position, version, name, "
                        "declared, type, flags",
                        schema);
    for (size_t f = 0; f < SQLDRV_FIELDS; f++) {
        sqlite3_str_appendf(out, ", %s", sqldrv_fields[f].name);
    }
    sqlite3_str_appendall(out, ") VALUES (?");
    for (size_t i = 1; i < SQLDRV_AT_FIELDS - 1 + SQLDRV_FIELDS; i++) {
        sqlite3_str_appendall(out, ", ?");
    }
    sqlite3_str_appendall(out, ")");
    return sqlite3_str_finish(out);
}

static int metadata_write_columns(sqlite3 *db, const char *schema,
                                  const struct ferry_load_spec *spec)
{
    sqlite3_stmt *stmt = NULL;
    char *sql = metadata_insert_sql(schema);
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < ferry_schema_count(spec->layout->schema); i++) {
        rc = metadata_write_column(stmt, spec, i);
    }
    sqlite3_free(sql);
    sqlite3_finalize(stmt);
    return rc;
}

static int metadata_write_index(sqlite3_stmt *stmt, const struct ferry_load_spec *spec, size_t i)
{
    const struct ferry_index *index = spec->indexes[i];
    int rc = SQLITE_OK;
    for (size_t c = 0; rc == SQLITE_OK && c < index->column_count; c++) {
        const sqlite3_int64 numbers[] = {
            [2] = (sqlite3_int64)i + 1, [3] = (sqlite3_int64)c + 1, [4] = SQLDRV_METADATA_VERSION,
            [6] = index->unique != 0,   [7] = index->primary != 0,
        };
        rc = metadata_bind_text(stmt, 1, spec->layout->table);
        for (int at = 2; rc == SQLITE_OK && at <= 7; at++) {
            rc = at == 5 ? metadata_bind_text(stmt, at, index->name)
                         : sqlite3_bind_int64(stmt, at, numbers[at]);
        }
        rc = rc == SQLITE_OK ? metadata_bind_text(stmt, 8, index->columns[c]) : rc;
        rc = rc == SQLITE_OK ? metadata_step(stmt) : rc;
    }
    return rc;
}

static int metadata_write_indexes(sqlite3 *db, const char *schema,
                                  const struct ferry_load_spec *spec)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(db, &stmt,
                            "INSERT INTO %s._dbferry_indexes (target_table, number, position, "
                            "version, name, is_unique, is_primary, column_name) "
                            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                            schema);
    for (size_t i = 0; rc == SQLITE_OK && i < spec->index_count; i++) {
        rc = metadata_write_index(stmt, spec, i);
    }
    sqlite3_finalize(stmt);
    return rc;
}

static int metadata_clear(sqlite3 *db, const char *table)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof metadata_names / sizeof *metadata_names; i++) {
        rc =
            sqldrv_run(db, "DELETE FROM main.%s WHERE target_table = %Q", metadata_names[i], table);
    }
    return rc;
}

/* Rows of tables that are gone: a new table of that name is another one. */
static int metadata_clear_gone(sqlite3 *db)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof metadata_names / sizeof *metadata_names; i++) {
        rc = sqldrv_run(db,
                        "DELETE FROM main.%s WHERE target_table NOT IN "
                        "(SELECT name COLLATE NOCASE FROM main.sqlite_schema WHERE type = 'table')",
                        metadata_names[i]);
    }
    return rc;
}

ferry_status sqldrv_metadata_forget(struct sqldrv_conn *conn, const char *table,
                                    struct ferry_error *err)
{
    int rc = metadata_clear(conn->db, table);
    if (rc == SQLITE_OK) {
        rc = metadata_clear_gone(conn->db);
    }
    return rc == SQLITE_OK || rc == SQLITE_ERROR /* they are not there, or another's */
               ? FERRY_OK
               : sqldrv_fail(conn, conn->db, rc, err, "forgetting the definitions of '%s'", table);
}

/* With many tables in one change, once is enough. */
static int metadata_prepare(sqlite3 *db, bool *prepared)
{
    if (*prepared) {
        return SQLITE_OK;
    }
    int rc = sqldrv_run(db, METADATA_CREATE, "main", "main");
    if (rc == SQLITE_OK) {
        rc = metadata_clear_gone(db);
    }
    *prepared = rc == SQLITE_OK;
    return rc;
}

static int metadata_make(sqlite3 *db, const char *schema, const struct ferry_load_spec *spec)
{
    int rc = metadata_write_columns(db, schema, spec);
    return rc == SQLITE_OK ? metadata_write_indexes(db, schema, spec) : rc;
}

ferry_status sqldrv_metadata_write(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                                   bool *prepared, struct ferry_error *err)
{
    int rc = metadata_prepare(conn->db, prepared);
    if (rc == SQLITE_OK) {
        rc = metadata_clear(conn->db, spec->layout->table);
    }
    if (rc == SQLITE_OK) {
        rc = metadata_make(conn->db, "main", spec);
    }
    if (rc == SQLITE_ERROR || (rc & 0xff) == SQLITE_CONSTRAINT) {
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': the source's definitions cannot be written to _dbferry_columns "
                          "and _dbferry_indexes: %s; drop these two (they hold nothing else)",
                          conn->path, sqlite3_errmsg(conn->db));
    }
    return rc == SQLITE_OK
               ? FERRY_OK
               : sqldrv_fail(conn, conn->db, rc, err, "writing the source's definitions");
}

/* Whether the file says already what stands in the temporary tables; one that cannot be asked so,
 * as of another version, does not. */
static int metadata_is_there(sqlite3 *db, const char *table, bool *ret_there)
{
    int rc = SQLITE_OK;
    bool there = true;
    for (size_t i = 0;
         rc == SQLITE_OK && there && i < sizeof metadata_names / sizeof *metadata_names; i++) {
        int64_t differ = 1;
        const char *name = metadata_names[i];
        rc = sqldrv_query_int(
            db, &differ,
            "SELECT EXISTS (SELECT * FROM temp.%s EXCEPT SELECT * FROM main.%s WHERE target_table "
            "= %Q) OR (SELECT count(*) FROM temp.%s) <> (SELECT count(*) FROM main.%s WHERE "
            "target_table = %Q)",
            name, name, table, name, name, table);
        there = differ == 0;
    }
    *ret_there = rc == SQLITE_OK && there;
    return rc == SQLITE_ERROR ? SQLITE_OK : rc;
}

ferry_status sqldrv_metadata_renew(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                                   bool *prepared, struct ferry_error *err)
{
    bool there = false;
    int rc = sqldrv_run(conn->db, METADATA_CREATE, "temp", "temp");
    if (rc == SQLITE_OK) {
        rc = metadata_make(conn->db, "temp", spec);
    }
    if (rc == SQLITE_OK) {
        rc = metadata_is_there(conn->db, spec->layout->table, &there);
    }
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof metadata_names / sizeof *metadata_names; i++) {
        rc = sqldrv_run(conn->db, "DROP TABLE temp.%s", metadata_names[i]);
    }
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "writing the source's definitions");
    }
    return there ? FERRY_OK : sqldrv_metadata_write(conn, spec, prepared, err);
}
