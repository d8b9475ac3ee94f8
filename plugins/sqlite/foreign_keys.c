/* Foreign keys: what a table's definition says of them, and how one is written. */

#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- What a definition says ---- */

/* A row of PRAGMA foreign_key_list. */
enum { KEY_ID, KEY_SEQ, KEY_TABLE, KEY_FROM, KEY_TO, KEY_ON_UPDATE, KEY_ON_DELETE };

static const char *const key_actions[] = {
    [FERRY_ACTION_NONE] = "NO ACTION",          [FERRY_ACTION_RESTRICT] = "RESTRICT",
    [FERRY_ACTION_CASCADE] = "CASCADE",         [FERRY_ACTION_SET_NULL] = "SET NULL",
    [FERRY_ACTION_SET_DEFAULT] = "SET DEFAULT",
};

static uint32_t key_read_action(sqlite3_stmt *stmt, int column)
{
    const char *word = (const char *)sqlite3_column_text(stmt, column);
    for (uint32_t i = 0; word != NULL && i < sizeof key_actions / sizeof *key_actions; i++) {
        if (strcasecmp(word, key_actions[i]) == 0) {
            return i;
        }
    }
    return FERRY_ACTION_NONE;
}

static void key_clear(struct sqldrv_foreign_key *key)
{
    for (size_t i = 0; i < key->count; i++) {
        free(key->columns[i]);
        free(key->referred[i]);
    }
    free(key->columns);
    free(key->referred);
    free(key->table);
}

void sqldrv_foreign_keys_clear(struct sqldrv_foreign_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        key_clear(&keys->list[i]);
    }
    free(keys->list);
    *keys = (struct sqldrv_foreign_keys){0};
}

static int keys_begin_key(struct sqldrv_foreign_keys *keys, sqlite3_stmt *stmt)
{
    struct sqldrv_foreign_key *list = reallocarray(keys->list, keys->count + 1, sizeof *list);
    if (list == NULL) {
        return SQLITE_NOMEM;
    }
    keys->list = list;
    list[keys->count] = (struct sqldrv_foreign_key){
        .id = sqlite3_column_int(stmt, KEY_ID),
        .table = sqldrv_copy_text(stmt, KEY_TABLE),
        .on_delete = key_read_action(stmt, KEY_ON_DELETE),
        .on_update = key_read_action(stmt, KEY_ON_UPDATE),
    };
    return list[keys->count++].table == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static int key_add_column(struct sqldrv_foreign_key *key, sqlite3_stmt *stmt)
{
    char **columns = reallocarray(key->columns, key->count + 1, sizeof *columns);
    key->columns = columns == NULL ? key->columns : columns;
    char **referred = reallocarray(key->referred, key->count + 1, sizeof *referred);
    key->referred = referred == NULL ? key->referred : referred;
    if (columns == NULL || referred == NULL) {
        return SQLITE_NOMEM;
    }
    bool said = sqlite3_column_type(stmt, KEY_TO) != SQLITE_NULL;
    columns[key->count] = sqldrv_copy_text(stmt, KEY_FROM);
    referred[key->count] = said ? sqldrv_copy_text(stmt, KEY_TO) : NULL;
    key->count++;
    return columns[key->count - 1] == NULL || (said && referred[key->count - 1] == NULL)
               ? SQLITE_NOMEM
               : SQLITE_OK;
}

/* The last one of a definition comes first. */
static void keys_turn(struct sqldrv_foreign_keys *keys)
{
    for (size_t i = 0; i < keys->count / 2; i++) {
        struct sqldrv_foreign_key first = keys->list[i];
        keys->list[i] = keys->list[keys->count - 1 - i];
        keys->list[keys->count - 1 - i] = first;
    }
}

int sqldrv_foreign_keys_load(sqlite3 *db, const char *table, struct sqldrv_foreign_keys *ret_keys)
{
    struct sqldrv_foreign_keys keys = {0};
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(db, &stmt, "PRAGMA main.foreign_key_list(\"%w\")", table);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = sqlite3_column_int(stmt, KEY_SEQ) == 0 ? keys_begin_key(&keys, stmt) : SQLITE_OK;
        if (rc == SQLITE_OK && keys.count > 0) {
            rc = key_add_column(&keys.list[keys.count - 1], stmt);
        }
    }
    sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE) {
        sqldrv_foreign_keys_clear(&keys);
        return rc;
    }
    keys_turn(&keys);
    *ret_keys = keys;
    return SQLITE_OK;
}

static void keys_append_names(sqlite3_str *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_str_appendf(out, "%s\"%w\"", i > 0 ? ", " : " (", names[i]);
    }
    sqlite3_str_appendall(out, ")");
}

void sqldrv_foreign_key_append(sqlite3_str *out, const struct ferry_foreign_key *key)
{
    sqlite3_str_appendall(out, ", FOREIGN KEY");
    keys_append_names(out, key->columns, key->column_count);
    sqlite3_str_appendf(out, " REFERENCES \"%w\"", key->table);
    if (key->referred != NULL) {
        keys_append_names(out, key->referred, key->column_count);
    }
    if (key->on_delete != FERRY_ACTION_NONE) {
        sqlite3_str_appendf(out, " ON DELETE %s", key_actions[key->on_delete]);
    }
    if (key->on_update != FERRY_ACTION_NONE) {
        sqlite3_str_appendf(out, " ON UPDATE %s", key_actions[key->on_update]);
    }
}

struct ferry_foreign_key sqldrv_foreign_key_tell(const struct sqldrv_foreign_key *key)
{
    return (struct ferry_foreign_key){
        .columns = (const char *const *)key->columns,
        .column_count = key->count,
        .table = key->table,
        .referred = key->referred[0] == NULL ? NULL : (const char *const *)key->referred,
        .on_delete = key->on_delete,
        .on_update = key->on_update,
    };
}

/* ---- Those of a source ---- */

/* A definition may spell the other table otherwise, or not yet have it. */
static int key_name_table(sqlite3 *db, struct sqldrv_foreign_key *key)
{
    char *name = NULL;
    int rc = sqldrv_query_text(db, &name,
                               "SELECT coalesce((SELECT name FROM main.sqlite_schema WHERE type = "
                               "'table' AND name = %Q COLLATE NOCASE), %Q)",
                               key->table, key->table);
    if (rc == SQLITE_OK) {
        free(key->table);
        key->table = name;
    }
    return rc;
}

int sqldrv_foreign_key_resolve(sqlite3 *db, struct sqldrv_foreign_key *key)
{
    struct sqldrv_table table;
    size_t found = 0;
    if (key->referred[0] != NULL) {
        return SQLITE_OK;
    }
    int rc = sqldrv_table_load(db, key->table, &table);
    if (rc != SQLITE_OK) {
        return rc;
    }
    for (size_t i = 0; i < table.column_count && rc == SQLITE_OK; i++) {
        size_t place = (size_t)table.columns[i].key;
        if (place == 0 || place > key->count || key->referred[place - 1] != NULL) {
            found += place == 0 ? 0 : key->count + 1; /* a longer one */
            continue;
        }
        key->referred[place - 1] = strdup(table.columns[i].name);
        rc = key->referred[place - 1] == NULL ? SQLITE_NOMEM : SQLITE_OK;
        found++;
    }
    sqldrv_table_clear(&table);
    for (size_t i = 0; i < key->count && found != key->count; i++) {
        free(key->referred[i]);
        key->referred[i] = NULL;
    }
    return rc;
}

ferry_status sqldrv_foreign_keys_describe(struct sqldrv_conn *conn, const char *table,
                                          struct ferry_schema *schema, struct ferry_error *err)
{
    struct sqldrv_foreign_keys keys = {0};
    ferry_status status = FERRY_OK;
    int rc = sqldrv_foreign_keys_load(conn->db, table, &keys);
    for (size_t i = 0; i < keys.count && rc == SQLITE_OK && status == FERRY_OK; i++) {
        rc = key_name_table(conn->db, &keys.list[i]);
        if (rc == SQLITE_OK) {
            rc = sqldrv_foreign_key_resolve(conn->db, &keys.list[i]);
        }
        const struct ferry_foreign_key key = sqldrv_foreign_key_tell(&keys.list[i]);
        if (rc == SQLITE_OK) {
            status = ferry_schema_add_foreign_key(schema, &key, sizeof key, err);
        }
    }
    sqldrv_foreign_keys_clear(&keys);
    return rc == SQLITE_OK
               ? status
               : sqldrv_fail(conn, conn->db, rc, err, "reading the foreign keys of '%s'", table);
}
