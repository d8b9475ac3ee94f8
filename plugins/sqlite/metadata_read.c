/* The source's own definitions, as a file keeps them beside the data, read again.
 *
 * A column is believed as long as the table still has it under its name and declared type.  What is
 * not sound is left out, and then declared types are all that is known.
 */

#include "table.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

#define METADATA_ROWS_MAX 65536 /* for one table: more than SQLite has columns */

static void metadata_clear_column(struct ferry_column *column)
{
    free((void *)column->name);
    for (size_t f = 0; f < SQLDRV_FIELDS; f++) {
        if (sqldrv_fields[f].kind == SQLDRV_FIELD_TEXT) {
            char **place = (char **)(void *)((char *)column + sqldrv_fields[f].offset);
            free(*place);
        }
    }
    *column = (struct ferry_column){0};
}

void sqldrv_metadata_clear(struct sqldrv_metadata *metadata)
{
    for (size_t i = 0; i < metadata->column_count; i++) {
        metadata_clear_column(&metadata->columns[i]);
        free(metadata->declared[i]);
    }
    for (size_t i = 0; i < metadata->index_count; i++) {
        struct ferry_index *index = &metadata->indexes[i];
        for (size_t c = 0; c < index->column_count; c++) {
            free((void *)index->columns[c]);
        }
        free((void *)index->columns);
        free((void *)index->name);
    }
    free(metadata->columns);
    free(metadata->declared);
    free(metadata->indexes);
    *metadata = (struct sqldrv_metadata){0};
}

/* A text of the current row, from malloc, NULL for none; SQLITE_MISMATCH if a NUL is in it. */
static int metadata_take_text(sqlite3_stmt *stmt, int at, char **ret_text)
{
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL) {
        return SQLITE_OK;
    }
    const char *text = (const char *)sqlite3_column_text(stmt, at);
    if (text == NULL) {
        return SQLITE_NOMEM;
    }
    if (strlen(text) != (size_t)sqlite3_column_bytes(stmt, at)) {
        return SQLITE_MISMATCH;
    }
    *ret_text = strdup(text);
    return *ret_text == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static int metadata_take_field(sqlite3_stmt *stmt, int at, const struct sqldrv_field *field,
                               struct ferry_column *column)
{
    char *place = (char *)column + field->offset;
    sqlite3_int64 value = sqlite3_column_int64(stmt, at);
    uint32_t number = (uint32_t)value;
    uint64_t length = (uint64_t)value;
    switch (field->kind) {
    case SQLDRV_FIELD_TEXT:
        return metadata_take_text(stmt, at, (char **)(void *)place);
    case SQLDRV_FIELD_NUMBER:
        memcpy(place, &number, sizeof number);
        return value >= 0 && value <= UINT32_MAX ? SQLITE_OK : SQLITE_MISMATCH;
    case SQLDRV_FIELD_LENGTH:
        memcpy(place, &length, sizeof length);
        return value >= 0 ? SQLITE_OK : SQLITE_MISMATCH;
    }
    return SQLITE_MISMATCH;
}

/* 1 if the declared type is the one that such a column has. */
static bool metadata_is_stored_so(const struct ferry_column *column, const char *declared)
{
    struct sqldrv_hold hold;
    return sqldrv_hold_choose(column, declared, &hold);
}

static int metadata_take_column(sqlite3_stmt *stmt, struct ferry_column *column, char **declared)
{
    const char *type = (const char *)sqlite3_column_text(stmt, SQLDRV_AT_TYPE);
    const char *flags = (const char *)sqlite3_column_text(stmt, SQLDRV_AT_FLAGS);
    if (sqlite3_column_int64(stmt, SQLDRV_AT_VERSION) != SQLDRV_METADATA_VERSION || type == NULL ||
        flags == NULL || !sqldrv_descriptor_flags(flags, &column->flags)) {
        return SQLITE_MISMATCH;
    }
    column->type = sqldrv_descriptor_type(type);
    int rc = metadata_take_text(stmt, SQLDRV_AT_NAME, (char **)&column->name);
    if (rc == SQLITE_OK) {
        rc = metadata_take_text(stmt, SQLDRV_AT_DECLARED, declared);
    }
    for (size_t f = 0; rc == SQLITE_OK && f < SQLDRV_FIELDS; f++) {
        rc = metadata_take_field(stmt, SQLDRV_AT_FIELDS + (int)f, &sqldrv_fields[f], column);
    }
    if (rc != SQLITE_OK) {
        return rc;
    }
    return column->type != 0 && column->name != NULL && *declared != NULL &&
                   sqldrv_descriptor_is_sound(column) && metadata_is_stored_so(column, *declared)
               ? SQLITE_OK
               : SQLITE_MISMATCH;
}

/* Add the current row; one that is not sound is left out. */
static int metadata_add_column(struct sqldrv_metadata *metadata, sqlite3_stmt *stmt)
{
    struct ferry_column column = {0};
    char *declared = NULL;
    int rc = metadata_take_column(stmt, &column, &declared);
    if (rc != SQLITE_OK) {
        metadata_clear_column(&column);
        free(declared);
        metadata->unsound = true;
        return rc == SQLITE_MISMATCH ? SQLITE_OK : rc;
    }
    metadata->declared[metadata->column_count] = declared;
    metadata->columns[metadata->column_count++] = column;
    return SQLITE_OK;
}

static int metadata_reserve(struct sqldrv_metadata *metadata)
{
    size_t room = metadata->column_count + 1;
    struct ferry_column *columns = reallocarray(metadata->columns, room, sizeof *columns);
    if (columns == NULL) {
        return SQLITE_NOMEM;
    }
    metadata->columns = columns;
    char **declared = reallocarray(metadata->declared, room, sizeof *declared);
    if (declared == NULL) {
        return SQLITE_NOMEM;
    }
    metadata->declared = declared;
    return SQLITE_OK;
}

static char *metadata_select_sql(const char *table)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, "SELECT 0, target_table, position, version, name, declared, type, "
                               "flags");
    for (size_t f = 0; f < SQLDRV_FIELDS; f++) {
        sqlite3_str_appendf(out, ", %s", sqldrv_fields[f].name);
    }
    sqlite3_str_appendf(out,
                        " FROM main._dbferry_columns WHERE target_table = %Q ORDER BY position "
                        "LIMIT %d",
                        table, METADATA_ROWS_MAX);
    return sqlite3_str_finish(out);
}

static int metadata_load_columns(sqlite3 *db, const char *table, struct sqldrv_metadata *metadata)
{
    sqlite3_stmt *stmt = NULL;
    char *sql = metadata_select_sql(table);
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = metadata_reserve(metadata);
        rc = rc == SQLITE_OK ? metadata_add_column(metadata, stmt) : rc;
    }
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int metadata_add_index(struct sqldrv_metadata *metadata, sqlite3_stmt *stmt)
{
    struct ferry_index *indexes =
        reallocarray(metadata->indexes, metadata->index_count + 1, sizeof *indexes);
    char *name = NULL;
    if (indexes == NULL) {
        return SQLITE_NOMEM;
    }
    metadata->indexes = indexes;
    int rc = metadata_take_text(stmt, 2, &name);
    if (rc == SQLITE_OK) {
        indexes[metadata->index_count++] = (struct ferry_index){
            .name = name,
            .unique = sqlite3_column_int(stmt, 3) != 0 || sqlite3_column_int(stmt, 4) != 0,
            .primary = sqlite3_column_int(stmt, 4) != 0,
        };
    }
    return rc;
}

static int metadata_add_index_column(struct ferry_index *index, sqlite3_stmt *stmt)
{
    char *column = NULL;
    int rc = metadata_take_text(stmt, 5, &column);
    if (rc != SQLITE_OK || column == NULL) {
        return rc == SQLITE_OK ? SQLITE_MISMATCH : rc;
    }
    const char **columns =
        reallocarray((void *)index->columns, index->column_count + 1, sizeof *columns);
    if (columns == NULL) {
        free(column);
        return SQLITE_NOMEM;
    }
    columns[index->column_count++] = column;
    index->columns = columns;
    return SQLITE_OK;
}

/* Take a row: number, version, name, unique, primary, column.  A new number is a new index. */
static int metadata_take_index(struct sqldrv_metadata *metadata, sqlite3_stmt *stmt,
                               int64_t *last_number)
{
    int64_t number = sqlite3_column_int64(stmt, 0);
    int rc = sqlite3_column_int64(stmt, 1) == SQLDRV_METADATA_VERSION ? SQLITE_OK : SQLITE_MISMATCH;
    if (rc == SQLITE_OK && (metadata->index_count == 0 || number != *last_number)) {
        rc = metadata_add_index(metadata, stmt);
        *last_number = number;
    }
    if (rc == SQLITE_OK) {
        rc = metadata_add_index_column(&metadata->indexes[metadata->index_count - 1], stmt);
    }
    metadata->unsound = metadata->unsound || rc == SQLITE_MISMATCH;
    return rc;
}

static int metadata_load_indexes(sqlite3 *db, const char *table, struct sqldrv_metadata *metadata)
{
    sqlite3_stmt *stmt = NULL;
    int64_t last_number = 0;
    int rc = sqldrv_prepare(db, &stmt,
                            "SELECT number, version, name, is_unique, is_primary, column_name FROM "
                            "main._dbferry_indexes WHERE target_table = %Q ORDER BY is_primary "
                            "DESC, number, position LIMIT %d",
                            table, METADATA_ROWS_MAX);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = metadata_take_index(metadata, stmt, &last_number);
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Only a table: a view of that name would run somebody's SQL. */
static int metadata_exists(sqlite3 *db, const char *name, bool *ret_exists)
{
    struct sqldrv_table table;
    int rc = sqldrv_table_load(db, name, &table);
    if (rc == SQLITE_OK) {
        *ret_exists = table.exists && table.obstacle == NULL;
        sqldrv_table_clear(&table);
    }
    return rc;
}

/* No such column, or a row that nobody understands: of another version, or not ours. */
static int metadata_answer(int rc, struct sqldrv_metadata *metadata)
{
    if (rc != SQLITE_ERROR && rc != SQLITE_MISMATCH) {
        return rc;
    }
    sqldrv_metadata_clear(metadata);
    metadata->unsound = true;
    return SQLITE_OK;
}

int sqldrv_metadata_load(sqlite3 *db, const char *table, struct sqldrv_metadata *ret_metadata)
{
    struct sqldrv_metadata metadata = {0};
    bool columns = false;
    bool indexes = false;
    int rc = metadata_exists(db, "_dbferry_columns", &columns);
    if (rc == SQLITE_OK && columns) {
        rc = metadata_answer(metadata_load_columns(db, table, &metadata), &metadata);
    }
    if (rc == SQLITE_OK && metadata.column_count > 0) {
        rc = metadata_exists(db, "_dbferry_indexes", &indexes);
    }
    if (rc == SQLITE_OK && indexes) {
        rc = metadata_answer(metadata_load_indexes(db, table, &metadata), &metadata);
    }
    if (rc != SQLITE_OK) {
        sqldrv_metadata_clear(&metadata);
        return rc;
    }
    *ret_metadata = metadata;
    return SQLITE_OK;
}

const struct ferry_column *sqldrv_metadata_find(const struct sqldrv_metadata *metadata,
                                                const struct sqldrv_column *column)
{
    for (size_t i = 0; i < metadata->column_count; i++) {
        if (sqlite3_stricmp(metadata->columns[i].name, column->name) == 0) {
            return strcmp(metadata->declared[i], column->type) == 0 ? &metadata->columns[i] : NULL;
        }
    }
    return NULL;
}
