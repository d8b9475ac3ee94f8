/* The keys and indexes of a table that is read: those that its source had, where the file tells of
 * them, and those that it has itself.
 */

#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A primary key of SQLite may hold NULL, unless it is the rowid: then it is a unique index
 * elsewhere.
 */
static bool keys_are_primary(const struct sqldrv_table *table)
{
    bool some = false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct sqldrv_column *column = &table->columns[i];
        if (column->key > 0 && !column->not_null && table->integer_key != (int)i) {
            return false;
        }
        some = some || column->key > 0;
    }
    return some;
}

uint32_t sqldrv_describe_key_position(const struct sqldrv_origin *origin,
                                      const struct sqldrv_column *column)
{
    return keys_are_primary(&origin->table) ? (uint32_t)column->key : 0;
}

/* ---- Adding to the schema ---- */

/* The schema's own spelling of a name; NULL if it has no such column. */
static const char *keys_spelling(const struct ferry_schema *schema, const char *name)
{
    for (size_t i = 0; i < ferry_schema_count(schema); i++) {
        if (strcasecmp(ferry_schema_column(schema, i)->name, name) == 0) {
            return ferry_schema_column(schema, i)->name;
        }
    }
    return NULL;
}

static bool keys_on_same_columns(const struct ferry_index *a, const struct ferry_index *b)
{
    bool same = a->column_count == b->column_count;
    for (size_t i = 0; same && i < a->column_count; i++) {
        same = strcasecmp(a->columns[i], b->columns[i]) == 0;
    }
    return same;
}

/* Add an index once; an index of columns that are not there is left out. */
static ferry_status keys_add(struct ferry_schema *schema, const struct ferry_index *index,
                             struct ferry_error *err)
{
    for (size_t i = 0; i < ferry_schema_index_count(schema); i++) {
        const struct ferry_index *other = ferry_schema_index(schema, i);
        if (keys_on_same_columns(other, index) && other->unique >= index->unique) {
            return FERRY_OK;
        }
    }
    const char **columns = calloc(index->column_count + 1, sizeof *columns);
    if (columns == NULL) {
        return sqldrv_fail_memory(err);
    }
    bool known = index->column_count > 0;
    for (size_t i = 0; i < index->column_count; i++) {
        columns[i] = keys_spelling(schema, index->columns[i]);
        known = known && columns[i] != NULL;
    }
    struct ferry_index spelled = *index;
    spelled.columns = columns;
    ferry_status status =
        known ? ferry_schema_add_index(schema, &spelled, sizeof spelled, err) : FERRY_OK;
    free(columns);
    return status;
}

/* ---- What the file itself says ---- */

/* An index of the file, while it is read. */
struct keys_index {
    struct ferry_index index;
    char **names;
    const char *obstacle; /* why it is no plain index, or NULL */
    bool repeats;         /* a column stood there once more, which says nothing and is left out */
};

static void keys_clear(struct keys_index *found)
{
    for (size_t i = 0; i < found->index.column_count; i++) {
        free(found->names[i]);
    }
    free(found->names);
    *found = (struct keys_index){0};
}

/* A row of PRAGMA index_xinfo: seqno, cid, name, desc, coll, key. */
static int keys_take_part(struct keys_index *found, const struct sqldrv_table *table,
                          sqlite3_stmt *stmt)
{
    const char *name = (const char *)sqlite3_column_text(stmt, 2);
    const char *collation = (const char *)sqlite3_column_text(stmt, 4);
    const struct sqldrv_column *column = NULL;
    for (size_t i = 0; name != NULL && i < table->column_count; i++) {
        column = strcmp(table->columns[i].name, name) == 0 ? &table->columns[i] : column;
    }
    if (column == NULL) {
        found->obstacle = "it is not of columns alone";
        return SQLITE_OK;
    }
    if (collation == NULL || sqlite3_stricmp(collation, column->collation) != 0) {
        found->obstacle = "it compares otherwise than its column";
        return SQLITE_OK;
    }
    for (size_t i = 0; i < found->index.column_count; i++) {
        if (strcmp(found->names[i], column->name) == 0) {
            found->repeats = true;
            return SQLITE_OK;
        }
    }
    char **names = reallocarray(found->names, found->index.column_count + 1, sizeof *names);
    if (names == NULL) {
        return SQLITE_NOMEM;
    }
    found->names = names;
    names[found->index.column_count] = strdup(column->name);
    return names[found->index.column_count++] == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static int keys_take_parts(const struct sqldrv_describe *describe, const char *name,
                           struct keys_index *found)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(describe->conn->db, &stmt, "PRAGMA main.index_xinfo(\"%w\")", name);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = sqlite3_column_int(stmt, 5) == 0 /* what every index has at its end */
                 ? SQLITE_OK
                 : keys_take_part(found, &describe->origins[0].table, stmt);
    }
    sqlite3_finalize(stmt);
    found->index.columns = (const char *const *)found->names;
    bool none = found->index.column_count == 0 && found->obstacle == NULL;
    return rc != SQLITE_DONE ? rc : none ? SQLITE_SCHEMA /* it has just been dropped */ : SQLITE_OK;
}

/* One index of the table: `pk` tells the primary key, of which there is one. */
static ferry_status keys_add_one(const struct sqldrv_describe *describe,
                                 struct ferry_schema *schema, sqlite3_stmt *list, bool pk,
                                 struct ferry_error *err)
{
    const struct sqldrv_origin *origin = &describe->origins[0];
    const char *name = (const char *)sqlite3_column_text(list, 1);
    const char *cause = (const char *)sqlite3_column_text(list, 3);
    if (name == NULL || cause == NULL) {
        return sqldrv_fail_memory(err);
    }
    if ((strcmp(cause, "pk") == 0) != pk || (origin->whole && sqldrv_name_is_ours(name))) {
        return FERRY_OK; /* what the file knows of the source has those of ours in it */
    }
    bool named = strcmp(cause, "c") == 0 && !sqldrv_name_is_ours(name);
    struct keys_index found = {
        .index.name = named ? name : NULL,
        .index.unique = sqlite3_column_int(list, 2) != 0,
        .index.primary = pk && keys_are_primary(&origin->table),
        .obstacle = sqlite3_column_int(list, 4) != 0 ? "it is of some rows alone" : NULL,
    };
    int rc = keys_take_parts(describe, name, &found);
    ferry_status status =
        rc != SQLITE_OK
            ? sqldrv_fail(describe->conn, describe->conn->db, rc, err, "reading index '%s'", name)
        : found.obstacle != NULL
            ? ferry_schema_note(schema, err, "the index '%s' is not described: %s", name,
                                found.obstacle)
            : keys_add(schema, &found.index, err);
    if (status == FERRY_OK && rc == SQLITE_OK && found.repeats && found.obstacle == NULL) {
        status = ferry_schema_note(schema, err,
                                   "the index '%s' names a column twice: the second time is left "
                                   "out",
                                   name);
    }
    keys_clear(&found);
    return status;
}

static ferry_status keys_add_file(const struct sqldrv_describe *describe,
                                  struct ferry_schema *schema, bool pk, struct ferry_error *err)
{
    sqlite3_stmt *list = NULL;
    ferry_status status = FERRY_OK;
    int rc = sqldrv_prepare(describe->conn->db, &list, "PRAGMA main.index_list(\"%w\")",
                            describe->read->text);
    while (rc == SQLITE_OK && status == FERRY_OK && (rc = sqlite3_step(list)) == SQLITE_ROW) {
        status = keys_add_one(describe, schema, list, pk, err);
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_OK && rc != SQLITE_DONE) {
        status = sqldrv_fail(describe->conn, describe->conn->db, rc, err,
                             "reading the indexes of '%s'", describe->read->text);
    }
    sqlite3_finalize(list);
    return status;
}

/* ---- The whole ---- */

static ferry_status keys_add_rowid(const struct sqldrv_table *table, struct ferry_schema *schema,
                                   struct ferry_error *err)
{
    if (table->integer_key < 0) {
        return FERRY_OK;
    }
    const char *const columns[] = {table->columns[table->integer_key].name};
    const struct ferry_index index = {
        .columns = columns, .column_count = 1, .unique = 1, .primary = 1};
    return keys_add(schema, &index, err);
}

/* What of the table's own definition is not carried, and nobody else says. */
static ferry_status keys_note(const struct sqldrv_table *table, struct ferry_schema *schema,
                              struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    bool keys = false;
    for (size_t i = 0; status == FERRY_OK && i < table->column_count; i++) {
        const struct sqldrv_column *column = &table->columns[i];
        keys = keys || column->key > 0;
        if (column->default_sql != NULL && column->default_value == NULL && !column->generated &&
            sqlite3_stricmp(column->default_sql, "NULL") != 0) {
            status = ferry_schema_note(schema, err,
                                       "the default of column '%s' is no constant of numbers or "
                                       "text, and is not described",
                                       column->name);
        }
    }
    return status == FERRY_OK && keys && !keys_are_primary(table)
               ? ferry_schema_note(schema, err,
                                   "the primary key may hold NULL in SQLite: it is described as a "
                                   "unique index")
               : status;
}

ferry_status sqldrv_describe_keys(const struct sqldrv_describe *describe,
                                  struct ferry_schema *schema, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (!describe->of_table) {
        return FERRY_OK;
    }
    const struct sqldrv_origin *origin = &describe->origins[0];
    bool whole = origin->whole;
    if (origin->metadata.unsound) {
        status = ferry_schema_unknown(schema, err,
                                      "what the file keeps of the definition that '%s' had at its "
                                      "own source (_dbferry_columns, _dbferry_indexes) is not "
                                      "sound, and not believed",
                                      describe->read->text);
    }
    for (size_t i = 0; status == FERRY_OK && whole && i < origin->metadata.index_count; i++) {
        status = keys_add(schema, &origin->metadata.indexes[i], err);
    }
    if (status == FERRY_OK && !whole) {
        status = keys_add_rowid(&origin->table, schema, err);
    }
    if (status == FERRY_OK && !whole) {
        status = keys_add_file(describe, schema, true, err);
    }
    if (status == FERRY_OK && !whole) {
        status = keys_note(&origin->table, schema, err);
    }
    if (status == FERRY_OK) {
        status = keys_add_file(describe, schema, false, err);
    }
    return status == FERRY_OK && describe->read->foreign_keys != 0
               ? sqldrv_foreign_keys_describe(describe->conn, describe->read->text, schema, err)
               : status;
}
