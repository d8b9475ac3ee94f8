/* What a table of somebody's own says that a table made anew for a load would not say. */

#include "target.h"

#include <stdlib.h>
#include <string.h>

#define LOSSES_CHECK_SHOWN 60 /* bytes of a CHECK's text */

struct losses {
    struct sqldrv_conn *conn;
    const struct ferry_load_spec *spec;
    const struct sqldrv_table *table;
    struct ferry_notes *notes;
    struct ferry_error *err;
};

/* ---- Columns ---- */

/* The clauses that the new definition has for the column; NULL if it has no such column. */
static const char *losses_new_clauses(const struct losses *losses, const char *name)
{
    const struct ferry_load_spec *spec = losses->spec;
    for (size_t i = 0; i < ferry_schema_count(spec->layout->schema); i++) {
        if (sqlite3_stricmp(ferry_schema_column(spec->layout->schema, i)->name, name) == 0) {
            return spec->layout->clauses[i];
        }
    }
    return NULL;
}

/* 1 if the clause stands there as a whole. */
static bool losses_has_clause(const char *clauses, const char *clause)
{
    size_t length = strlen(clause);
    for (const char *at = clauses; (at = strstr(at, clause)) != NULL; at++) {
        if ((at == clauses || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' ')) {
            return true;
        }
    }
    return false;
}

/* Note the clause, made by the rules of sqlite3_mprintf, unless the new column has it too. */
static ferry_status losses_add_clause(const struct losses *losses,
                                      const struct sqldrv_column *column, char *clause)
{
    const char *clauses = losses_new_clauses(losses, column->name);
    ferry_status status = FERRY_OK;
    if (clause == NULL) {
        status = sqldrv_fail_memory(losses->err);
    } else if (clauses == NULL || !losses_has_clause(clauses, clause)) {
        status = ferry_note(losses->notes, losses->err, "%s of '%s'", clause, column->name);
    }
    sqlite3_free(clause);
    return status;
}

static ferry_status losses_of_column(const struct losses *losses,
                                     const struct sqldrv_column *column)
{
    ferry_status status = FERRY_OK;
    if (column->generated) {
        return ferry_note(losses->notes, losses->err, "the generated column '%s'", column->name);
    }
    if (column->not_null && !(column->key > 0 && losses->table->without_rowid)) {
        status = losses_add_clause(losses, column, sqlite3_mprintf("NOT NULL"));
    }
    if (status == FERRY_OK && column->default_sql != NULL) {
        status =
            losses_add_clause(losses, column, sqlite3_mprintf("DEFAULT %s", column->default_sql));
    }
    if (status == FERRY_OK && sqlite3_stricmp(column->collation, "BINARY") != 0) {
        status =
            losses_add_clause(losses, column, sqlite3_mprintf("COLLATE %s", column->collation));
    }
    return status;
}

/* ---- Keys ---- */

/* Names of columns, and what they make up. */
struct losses_key {
    char **names;
    size_t count;
};

static void losses_clear_key(struct losses_key *key)
{
    for (size_t i = 0; i < key->count; i++) {
        free(key->names[i]);
    }
    free(key->names);
    *key = (struct losses_key){0};
}

static int losses_add_name(struct losses_key *key, const char *name)
{
    char **names = reallocarray(key->names, key->count + 1, sizeof *names);
    if (names == NULL) {
        return SQLITE_NOMEM;
    }
    key->names = names;
    names[key->count] = strdup(name == NULL ? "?" : name);
    return names[key->count] == NULL ? SQLITE_NOMEM : (key->count++, SQLITE_OK);
}

/* 1 if the new table has a unique index, or its primary key, on these very columns. */
static bool losses_is_kept(const struct losses *losses, const struct losses_key *key)
{
    const struct ferry_load_spec *spec = losses->spec;
    const char *clauses = key->count == 1 ? losses_new_clauses(losses, key->names[0]) : NULL;
    bool kept = clauses != NULL && losses_has_clause(clauses, "PRIMARY KEY");
    for (size_t i = 0; !kept && i < spec->index_count; i++) {
        const struct ferry_index *index = spec->indexes[i];
        kept = index->unique != 0 && index->column_count == key->count;
        for (size_t c = 0; kept && c < key->count; c++) {
            kept = sqlite3_stricmp(index->columns[c], key->names[c]) == 0;
        }
    }
    return kept;
}

static ferry_status losses_note_key(const struct losses *losses, const char *what,
                                    const struct losses_key *key, const char *to)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    for (size_t i = 0; i < key->count; i++) {
        sqlite3_str_appendf(out, "%s%s", i > 0 ? ", " : "", key->names[i]);
    }
    bool failed = sqlite3_str_errcode(out) != SQLITE_OK;
    char *list = sqlite3_str_finish(out);
    ferry_status status = failed ? sqldrv_fail_memory(losses->err)
                                 : ferry_note(losses->notes, losses->err, "%s (%s)%s%s%s", what,
                                              list == NULL ? "" : list, to == NULL ? "" : " to '",
                                              to == NULL ? "" : to, to == NULL ? "" : "'");
    sqlite3_free(list);
    return status;
}

static ferry_status losses_fail(const struct losses *losses, int rc)
{
    return sqldrv_fail(losses->conn, losses->conn->db, rc, losses->err, "looking at table '%s'",
                       losses->spec->layout->table);
}

static ferry_status losses_of_primary(const struct losses *losses)
{
    const struct sqldrv_table *table = losses->table;
    struct losses_key key = {0};
    int rc = SQLITE_OK;
    for (int position = 1; rc == SQLITE_OK && position <= (int)table->column_count; position++) {
        for (size_t i = 0; rc == SQLITE_OK && i < table->column_count; i++) {
            rc = table->columns[i].key == position ? losses_add_name(&key, table->columns[i].name)
                                                   : SQLITE_OK;
        }
    }
    ferry_status status = rc != SQLITE_OK ? sqldrv_fail_memory(losses->err) : FERRY_OK;
    if (status == FERRY_OK && key.count > 0 && !losses_is_kept(losses, &key)) {
        status = losses_note_key(losses, "PRIMARY KEY", &key, NULL);
    }
    losses_clear_key(&key);
    return status;
}

/* The rows of a PRAGMA that lists columns, whose names are in column `at`. */
static int losses_list(sqlite3 *db, const char *pragma, const char *of, int at,
                       struct losses_key *key)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(db, &stmt, "PRAGMA main.%s(\"%w\")", pragma, of);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = losses_add_name(key, (const char *)sqlite3_column_text(stmt, at));
    }
    sqlite3_finalize(stmt);
    return rc != SQLITE_DONE ? rc
           : key->count == 0 ? SQLITE_SCHEMA /* the index has just been dropped */
                             : SQLITE_OK;
}

/* UNIQUE constraints; the indexes that somebody made are made again. */
static ferry_status losses_of_uniques(const struct losses *losses)
{
    sqlite3_stmt *stmt = NULL;
    ferry_status status = FERRY_OK;
    int rc = sqldrv_prepare(losses->conn->db, &stmt, "PRAGMA main.index_list(\"%w\")",
                            losses->spec->layout->table);
    while (rc == SQLITE_OK && status == FERRY_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        const char *cause = (const char *)sqlite3_column_text(stmt, 3);
        struct losses_key key = {0};
        rc = SQLITE_OK;
        if (name != NULL && cause != NULL && strcmp(cause, "u") == 0) {
            rc = losses_list(losses->conn->db, "index_info", name, 2, &key);
            if (rc == SQLITE_OK && !losses_is_kept(losses, &key)) {
                status = losses_note_key(losses, "UNIQUE", &key, NULL);
            }
        }
        losses_clear_key(&key);
    }
    sqlite3_finalize(stmt);
    return status != FERRY_OK || rc == SQLITE_DONE ? status : losses_fail(losses, rc);
}

/* A row of PRAGMA foreign_key_list: id, seq, table, from, to, ...; the first of each key has seq 0.
 */
static ferry_status losses_of_foreign_keys(const struct losses *losses)
{
    sqlite3_stmt *stmt = NULL;
    ferry_status status = FERRY_OK;
    int rc = sqldrv_prepare(losses->conn->db, &stmt, "PRAGMA main.foreign_key_list(\"%w\")",
                            losses->spec->layout->table);
    while (rc == SQLITE_OK && status == FERRY_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct losses_key key = {0};
        rc = sqlite3_column_int(stmt, 1) != 0
                 ? SQLITE_OK
                 : losses_add_name(&key, (const char *)sqlite3_column_text(stmt, 3));
        const char *to = (const char *)sqlite3_column_text(stmt, 2);
        if (rc == SQLITE_OK && key.count > 0) {
            status = losses_note_key(losses, "FOREIGN KEY", &key, to == NULL ? "?" : to);
        }
        losses_clear_key(&key);
    }
    sqlite3_finalize(stmt);
    return status != FERRY_OK || rc == SQLITE_DONE ? status : losses_fail(losses, rc);
}

/* ---- What no PRAGMA tells ---- */

static ferry_status losses_of_checks(const struct losses *losses)
{
    ferry_status status = FERRY_OK;
    const char *at = losses->table->sql;
    while (status == FERRY_OK && (at = sqldrv_words_find(at, "CHECK")) != NULL) {
        const char *list = sqldrv_words_find(at, "(");
        const char *end = list == NULL ? at + strlen(at) : sqldrv_words_close(list);
        size_t length = (size_t)(end - at);
        bool cut = length > LOSSES_CHECK_SHOWN;
        length = cut ? LOSSES_CHECK_SHOWN : length;
        while (cut && length > 0 && ((unsigned char)at[length] & 0xC0) == 0x80) {
            length--; /* not within a character */
        }
        status =
            ferry_note(losses->notes, losses->err, "%.*s%s", (int)length, at, cut ? "..." : "");
        at = end;
    }
    return status;
}

static ferry_status losses_of_words(const struct losses *losses)
{
    const char *sql = losses->table->sql;
    const char *tail = sqldrv_words_behind_list(sql);
    const struct {
        bool there;
        const char *what;
    } words[] = {
        {sqldrv_words_find(sql, "AUTOINCREMENT") != NULL, "AUTOINCREMENT"},
        {sqldrv_words_find(sql, "CONFLICT") != NULL, "ON CONFLICT"},
        {sqldrv_words_find(tail, "STRICT") != NULL, "STRICT"},
        {losses->table->without_rowid, "WITHOUT ROWID"},
    };
    ferry_status status = losses_of_checks(losses);
    for (size_t i = 0; status == FERRY_OK && i < sizeof words / sizeof *words; i++) {
        if (words[i].there) {
            status = ferry_note(losses->notes, losses->err, "%s", words[i].what);
        }
    }
    return status;
}

ferry_status sqldrv_losses_find(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                                const struct sqldrv_table *table, struct ferry_notes *notes,
                                struct ferry_error *err)
{
    const struct losses losses = {conn, spec, table, notes, err};
    ferry_status status = FERRY_OK;
    if (table->own) {
        return FERRY_OK;
    }
    for (size_t i = 0; status == FERRY_OK && i < table->column_count; i++) {
        status = losses_of_column(&losses, &table->columns[i]);
    }
    if (status == FERRY_OK) {
        status = losses_of_primary(&losses);
    }
    if (status == FERRY_OK) {
        status = losses_of_uniques(&losses);
    }
    if (status == FERRY_OK) {
        status = losses_of_foreign_keys(&losses);
    }
    return status == FERRY_OK ? losses_of_words(&losses) : status;
}
