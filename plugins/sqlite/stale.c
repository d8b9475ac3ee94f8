/* Copies of a table's rows in the same file that do not follow a load: full-text indexes of its
 * content, and what its triggers write, which do not fire.
 */

#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STALE_MOST 64 /* entries of either list: more are not told */

struct stale_pair {
    char *trigger;
    char *table; /* that it writes to */
};

struct stale {
    struct sqldrv_conn *conn;
    const char *table;
    char *indexes[STALE_MOST]; /* full-text indexes whose content is the table, or a view of it */
    size_t index_count;
    struct stale_pair pairs[STALE_MOST];
    size_t pair_count;
    bool reads; /* the statement that was compiled last reads the table */
};

static void stale_clear(struct stale *stale)
{
    for (size_t i = 0; i < stale->index_count; i++) {
        free(stale->indexes[i]);
    }
    for (size_t i = 0; i < stale->pair_count; i++) {
        free(stale->pairs[i].trigger);
        free(stale->pairs[i].table);
    }
}

/* ---- What a statement would read and write ---- */

static void stale_add_pair(struct stale *stale, const char *trigger, const char *table)
{
    for (size_t i = 0; i < stale->pair_count; i++) {
        if (strcasecmp(stale->pairs[i].trigger, trigger) == 0 &&
            strcasecmp(stale->pairs[i].table, table) == 0) {
            return;
        }
    }
    struct stale_pair pair = {strdup(trigger), strdup(table)};
    if (stale->pair_count == STALE_MOST || pair.trigger == NULL || pair.table == NULL) {
        free(pair.trigger);
        free(pair.table);
        return;
    }
    stale->pairs[stale->pair_count++] = pair;
}

static int stale_authorize(void *argument, int action, const char *table, const char *column,
                           const char *schema, const char *trigger)
{
    struct stale *stale = argument;
    bool writes = action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
    (void)column;
    (void)schema;
    if (table != NULL && trigger != NULL && writes && strcasecmp(table, stale->table) != 0) {
        stale_add_pair(stale, trigger, table);
    }
    stale->reads = stale->reads ||
                   (action == SQLITE_READ && table != NULL && strcasecmp(table, stale->table) == 0);
    return SQLITE_OK;
}

static int stale_compile(struct stale *stale, const char *format, const char *name)
{
    sqlite3 *db = stale->conn->db;
    sqlite3_stmt *stmt = NULL;
    stale->reads = false;
    (void)sqlite3_set_authorizer(db, stale_authorize, stale);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    int rc = sqldrv_prepare(db, &stmt, format, name);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_finalize(stmt);
    return sqldrv_dependents_is_answer(rc) ? SQLITE_OK : rc;
}

/* ---- Full-text indexes ---- */

/* The value of content=..., from malloc; NULL if there is none. */
static char *stale_content(const char *sql)
{
    const char *at = sqldrv_words_find(sql, "content");
    at = at == NULL ? NULL : at + strlen("content");
    while (at != NULL && (*at == ' ' || *at == '=')) {
        at++;
    }
    if (at == NULL || *at == '\0') {
        return NULL;
    }
    const char *end = sqldrv_words_skip(at);
    bool quoted = strchr("'\"`[", *at) != NULL && end - at >= 2;
    return quoted ? strndup(at + 1, (size_t)(end - at - 2)) : strndup(at, (size_t)(end - at));
}

static bool stale_is_fulltext(const char *sql)
{
    return sqldrv_words_find(sql, "fts3") != NULL || sqldrv_words_find(sql, "fts4") != NULL ||
           sqldrv_words_find(sql, "fts5") != NULL;
}

static int stale_find_indexes(struct stale *stale)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(stale->conn->db, &stmt,
                            "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND sql "
                            "LIKE 'CREATE VIRTUAL%%'");
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *sql = (const char *)sqlite3_column_text(stmt, 1);
        char *content = sql != NULL && stale_is_fulltext(sql) ? stale_content(sql) : NULL;
        rc = SQLITE_OK;
        if (content != NULL && content[0] != '\0' && stale->index_count < STALE_MOST) {
            stale->reads = strcasecmp(content, stale->table) == 0;
            if (!stale->reads) {
                rc = stale_compile(stale, "SELECT * FROM main.\"%w\"", content);
            }
            if (rc == SQLITE_OK && stale->reads) {
                stale->indexes[stale->index_count] = sqldrv_copy_text(stmt, 0);
                rc = stale->indexes[stale->index_count] == NULL ? SQLITE_NOMEM : SQLITE_OK;
                stale->index_count += rc == SQLITE_OK ? 1 : 0;
            }
        }
        free(content);
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int stale_find(struct stale *stale)
{
    int64_t triggers = 0;
    int rc = sqldrv_query_int(stale->conn->db, &triggers,
                              "SELECT count(*) FROM main.sqlite_schema WHERE type = 'trigger' AND "
                              "tbl_name = %Q COLLATE NOCASE",
                              stale->table);
    if (rc == SQLITE_OK) {
        rc = stale_find_indexes(stale);
    }
    if (rc == SQLITE_OK && triggers > 0) {
        char *update = NULL;
        rc = sqldrv_dependents_update_sql(stale->conn->db, stale->table, &update);
        rc = rc == SQLITE_OK
                 ? stale_compile(stale, "EXPLAIN INSERT INTO main.\"%w\" DEFAULT VALUES",
                                 stale->table)
                 : rc;
        rc = rc == SQLITE_OK ? stale_compile(stale, "EXPLAIN DELETE FROM main.\"%w\"", stale->table)
                             : rc;
        rc = rc == SQLITE_OK ? stale_compile(stale, "%s", update) : rc;
        sqlite3_free(update);
    }
    return rc;
}

/* ---- Telling, and making anew ---- */

static bool stale_is_index(const struct stale *stale, const char *table)
{
    for (size_t i = 0; i < stale->index_count; i++) {
        if (strcasecmp(stale->indexes[i], table) == 0) {
            return true;
        }
    }
    return false;
}

static ferry_status stale_tell(const struct stale *stale, bool rebuilt, struct ferry_notes *notes,
                               struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; !rebuilt && status == FERRY_OK && i < stale->index_count; i++) {
        status = ferry_note(notes, err,
                            "'%s': the full-text index '%s' does not follow the rows of table "
                            "'%s'; on_stale = \"rebuild\" makes it anew with them",
                            stale->conn->path, stale->indexes[i], stale->table);
    }
    for (size_t i = 0; status == FERRY_OK && i < stale->pair_count; i++) {
        if (!stale_is_index(stale, stale->pairs[i].table)) {
            status = ferry_note(notes, err,
                                "'%s': trigger '%s' does not fire during a load: what it writes to "
                                "'%s' does not follow the rows of table '%s'",
                                stale->conn->path, stale->pairs[i].trigger, stale->pairs[i].table,
                                stale->table);
        }
    }
    return status;
}

ferry_status sqldrv_stale_find(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                               struct ferry_notes *notes, struct ferry_error *err)
{
    struct stale stale = {.conn = conn, .table = spec->layout->table};
    int rc = stale_find(&stale);
    ferry_status status =
        rc == SQLITE_OK ? stale_tell(&stale, spec->on_stale == FERRY_STALE_REBUILD, notes, err)
                        : sqldrv_fail(conn, conn->db, rc, err,
                                      "looking at what hangs on table '%s'", spec->layout->table);
    stale_clear(&stale);
    return status;
}

ferry_status sqldrv_stale_rebuild(struct sqldrv_load *load, struct ferry_error *err)
{
    struct stale stale = {.conn = load->conn, .table = load->layout->table};
    ferry_status status = FERRY_OK;
    if (load->spec->on_stale != FERRY_STALE_REBUILD || load->spec->action == FERRY_TABLE_CREATE) {
        return FERRY_OK;
    }
    int rc = stale_find_indexes(&stale);
    if (rc != SQLITE_OK) {
        status = sqldrv_fail(load->conn, load->conn->db, rc, err, "looking for full-text indexes");
    }
    for (size_t i = 0; status == FERRY_OK && i < stale.index_count; i++) {
        const char *name = stale.indexes[i];
        rc = sqldrv_run(load->conn->db, "INSERT INTO main.\"%w\" (\"%w\") VALUES ('rebuild')", name,
                        name);
        if (rc == SQLITE_ERROR) {
            status = ferry_fail(err, FERRY_ERR_SCHEMA,
                                "'%s': the full-text index '%s' cannot be made anew: %s; mend or "
                                "drop it, or take on_stale = \"rebuild\" away",
                                load->conn->path, name, sqlite3_errmsg(load->conn->db));
        } else if (rc != SQLITE_OK) {
            status = sqldrv_fail(load->conn, load->conn->db, rc, err,
                                 "making the full-text index '%s' anew", name);
        }
    }
    stale_clear(&stale);
    return status;
}
