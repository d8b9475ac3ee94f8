/* A copy whose source is gone: dropped with its record and its definitions, in one transaction. */

#include "target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PRUNE_NUMBER_SIZE 21 /* of 64 bits, and the NUL */

/* One table that goes. */
struct prune {
    struct sqldrv_conn *conn;
    const struct ferry_prune_spec *spec;
    struct ferry_notes *obstacles;
    bool kept; /* there are some */
};

/* ---- What would be lost or broken ---- */

static bool prune_goes_too(const struct ferry_prune_spec *spec, const char *table)
{
    for (size_t i = 0; spec->looks && i < spec->other_count; i++) {
        if (strcasecmp(spec->others[i], table) == 0) {
            return true;
        }
    }
    return strcasecmp(spec->table, table) == 0;
}

/* A row of PRAGMA foreign_key_list: id, seq, table, from, to, ... */
static int prune_refers(const struct prune *prune, const char *from, bool *ret_refers)
{
    sqlite3_stmt *stmt = NULL;
    bool refers = false;
    int rc = sqldrv_prepare(prune->conn->db, &stmt, "PRAGMA main.foreign_key_list(\"%w\")", from);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *to = (const char *)sqlite3_column_text(stmt, 2);
        refers = refers || (to != NULL && strcasecmp(to, prune->spec->table) == 0);
        rc = to == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    *ret_refers = refers;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* What a statement reads, as SQLite asks it while it compiles. */
struct prune_reading {
    const char *table;
    bool reads;
};

static int prune_take(void *data, int action, const char *table, const char *column,
                      const char *database, const char *inside)
{
    struct prune_reading *reading = data;
    (void)column;
    (void)inside;
    if (action == SQLITE_READ && table != NULL && strcasecmp(table, reading->table) == 0 &&
        (database == NULL || strcmp(database, "main") == 0)) {
        reading->reads = true;
    }
    return SQLITE_OK;
}

/* Whether a definition has the table's name in it, as a word or in quotes. */
static bool prune_names(const struct prune *prune, const char *sql)
{
    const char *table = prune->spec->table;
    size_t length = strlen(table);
    bool names = false;
    while (!names && *sql != '\0') {
        const char *next = sqldrv_words_skip(sql);
        size_t quoted = strchr("'\"`[", *sql) != NULL ? 1 : 0;
        names = (size_t)(next - sql) == length + 2 * quoted &&
                strncasecmp(sql + quoted, table, length) == 0;
        sql = next;
    }
    return names;
}

/* A view may need what only its own program has, a function or a collation: such a one does not
 * compile here, so its text counts. */
static int prune_reads(const struct prune *prune, const char *view, const char *sql,
                       bool *ret_reads)
{
    struct prune_reading reading = {.table = prune->spec->table};
    sqlite3_stmt *stmt = NULL;
    (void)sqlite3_set_authorizer(prune->conn->db, prune_take, &reading);
    int rc = sqldrv_prepare(prune->conn->db, &stmt, "SELECT * FROM main.\"%w\"", view);
    (void)sqlite3_set_authorizer(prune->conn->db, NULL, NULL);
    sqlite3_finalize(stmt);
    *ret_reads = reading.reads || (rc != SQLITE_OK && prune_names(prune, sql));
    return sqldrv_dependents_is_answer(rc) ? SQLITE_OK : rc;
}

/* A full-text index, say, whose content it is.  What the module makes of the words is its own
 * affair. */
static bool prune_is_of_it(const struct prune *prune, const char *sql)
{
    const char *module = sqldrv_words_find(sql, "USING");
    return module == NULL || prune_names(prune, module);
}

/* Whether something that may need it does. */
static int prune_needs(const struct prune *prune, const char *kind, const char *name,
                       const char *sql, bool *ret_needs)
{
    *ret_needs = strcmp(kind, "trigger") == 0 ||
                 (strcmp(kind, "virtual") == 0 && prune_is_of_it(prune, sql));
    if (strcmp(kind, "view") == 0) {
        return prune_reads(prune, name, sql, ret_needs);
    }
    return strcmp(kind, "table") == 0 && !prune_goes_too(prune->spec, name)
               ? prune_refers(prune, name, ret_needs)
               : SQLITE_OK;
}

static ferry_status prune_look_at(struct prune *prune, const char *kind, const char *name,
                                  const char *sql, struct ferry_error *err)
{
    static const char *const words[][3] = {
        {"trigger", "the trigger", "hangs on it"},
        {"view", "the view", "reads it"},
        {"table", "a foreign key of table", "refers to it"},
        {"virtual", "the virtual table", "is made of it"},
    };
    struct sqldrv_conn *conn = prune->conn;
    bool needs = false;
    ferry_status status = FERRY_OK;
    int rc = prune_needs(prune, kind, name, sql, &needs);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "reading what needs table '%s'",
                           prune->spec->table);
    }
    for (size_t i = 0; needs && i < sizeof words / sizeof *words && status == FERRY_OK; i++) {
        if (strcmp(kind, words[i][0]) == 0) {
            status =
                ferry_note(prune->obstacles, err, "%s '%s' %s", words[i][1], name, words[i][2]);
        }
    }
    prune->kept = prune->kept || needs;
    return status;
}

static ferry_status prune_look(struct prune *prune, struct ferry_error *err)
{
    sqlite3 *db = prune->conn->db;
    sqlite3_stmt *stmt = NULL;
    ferry_status status = FERRY_OK;
    int rc = sqldrv_prepare(db, &stmt,
                            "SELECT CASE WHEN sql LIKE 'CREATE VIRTUAL%%' THEN 'virtual' ELSE type "
                            "END, name, sql FROM main.sqlite_schema WHERE type = 'view' OR "
                            "(type = 'trigger' AND tbl_name = %Q COLLATE NOCASE) OR "
                            "(type = 'table' AND (sql LIKE '%%REFERENCES%%' OR "
                            "sql LIKE 'CREATE VIRTUAL%%')) ORDER BY name",
                            prune->spec->table);
    while (status == FERRY_OK && (rc == SQLITE_OK || rc == SQLITE_ROW) &&
           (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *kind = (const char *)sqlite3_column_text(stmt, 0);
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        const char *sql = (const char *)sqlite3_column_text(stmt, 2);
        status = kind == NULL || name == NULL || sql == NULL
                     ? sqldrv_fail_memory(err)
                     : prune_look_at(prune, kind, name, sql, err);
    }
    sqlite3_finalize(stmt);
    return status != FERRY_OK || rc == SQLITE_DONE
               ? status
               : sqldrv_fail(prune->conn, db, rc, err, "reading what needs table '%s'",
                             prune->spec->table);
}

/* Rows that the record does not know are somebody's own.  Of a large file nobody has counted them;
 * to drop the table takes as long. */
static ferry_status prune_count(struct prune *prune, struct ferry_error *err)
{
    const struct ferry_prune_spec *spec = prune->spec;
    const char *recorded = ferry_record_value(spec->record, "rows");
    char rows[PRUNE_NUMBER_SIZE];
    int64_t count = 0;
    int rc =
        sqldrv_query_int(prune->conn->db, &count, "SELECT count(*) FROM main.\"%w\"", spec->table);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(prune->conn, prune->conn->db, rc, err, "counting the rows of table '%s'",
                           spec->table);
    }
    (void)snprintf(rows, sizeof rows, "%" PRId64, count);
    if (recorded == NULL || strcmp(recorded, rows) == 0) {
        return FERRY_OK;
    }
    prune->kept = true;
    return ferry_note(prune->obstacles, err, "it has %s rows, and %s by its record", rows,
                      recorded);
}

static ferry_status prune_look_and_count(struct prune *prune, struct ferry_error *err)
{
    ferry_status status = prune_look(prune, err);
    return status == FERRY_OK && !prune->kept ? prune_count(prune, err) : status;
}

/* ---- The step ---- */

/* What it breaks besides, the bodies of triggers among it, shows once it is gone. */
static ferry_status prune_drop_table(struct prune *prune, struct sqldrv_unit *unit,
                                     struct ferry_error *err)
{
    struct sqldrv_conn *conn = prune->conn;
    const char *table = prune->spec->table;
    ferry_status status = sqldrv_dependents_begin(unit, err);
    if (status != FERRY_OK) {
        return status;
    }
    int rc = sqldrv_run(conn->db, "DROP TABLE main.\"%w\"", table);
    return rc == SQLITE_OK
               ? sqldrv_dependents_note(unit, table, prune->obstacles, &prune->kept, err)
               : sqldrv_fail(conn, conn->db, rc, err, "dropping table '%s'", table);
}

/* In the transaction that ends with the unit. */
static ferry_status prune_drop(struct prune *prune, struct sqldrv_unit *unit,
                               struct ferry_error *err)
{
    ferry_status status = sqldrv_record_drop(prune->conn, prune->spec->record, err);
    if (status == FERRY_OK && prune->spec->exists) {
        status = prune_look_and_count(prune, err);
    }
    if (status == FERRY_OK && prune->spec->exists && !prune->kept) {
        status = prune_drop_table(prune, unit, err);
    }
    return status == FERRY_OK && !prune->kept
               ? sqldrv_metadata_forget(prune->conn, prune->spec->table, err)
               : status;
}

/* The table is what the caller has seen, and nobody can change it any more. */
static ferry_status prune_take_table(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = sqldrv_lock_take(load, err);
    if (status == FERRY_OK) {
        status = sqldrv_unit_open(load->unit, err);
    }
    if (status == FERRY_OK) {
        status = sqldrv_unit_write(load->unit, err);
    }
    return status == FERRY_OK ? sqldrv_table_confirm(load, err) : status;
}

static ferry_status prune_change(struct prune *prune, struct sqldrv_unit *unit,
                                 struct ferry_error *err)
{
    const struct ferry_layout layout = {.table = prune->spec->table};
    const struct ferry_load_spec spec = {
        .layout = &layout,
        .action = prune->spec->exists ? FERRY_TABLE_KEEP : FERRY_TABLE_CREATE,
        .definition = prune->spec->definition,
    };
    struct sqldrv_load load = {
        .unit = unit, .conn = prune->conn, .spec = &spec, .layout = &layout, .old_lock = -1};
    uint32_t outcome = FERRY_OUTCOME_UNKNOWN;
    bool committed = false;
    ferry_status status = prune_take_table(&load, err);
    if (status == FERRY_OK) {
        status = prune_drop(prune, unit, err);
    }
    sqldrv_wait_begin(prune->conn, prune->spec->lock_wait_ms, SQLDRV_HOLDER_READER);
    if (status == FERRY_OK && !prune->kept) {
        status = sqldrv_unit_commit(unit, NULL, &outcome, err);
        committed = status == FERRY_OK;
    }
    sqldrv_unit_free(unit, committed);
    sqldrv_lock_leave(&load);
    sqldrv_table_clear(&load.table);
    return status;
}

ferry_status sqldrv_prune(void *argument, const struct ferry_prune_spec *spec,
                          struct ferry_notes *obstacles, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    struct prune prune = {.conn = conn, .spec = spec, .obstacles = obstacles};
    const struct ferry_change_spec change = {.job = spec->job,
                                             .run_id = spec->run_id,
                                             .lock_wait_ms = spec->lock_wait_ms,
                                             .load_count = 1};
    void *unit = NULL;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK && conn->db == NULL) {
        status =
            ferry_fail(err, FERRY_ERR_BUSY, "'%s' is not there any more: run again", conn->path);
    }
    if (status != FERRY_OK) {
        return status;
    }
    if (spec->looks) {
        sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
        return spec->exists ? prune_look_and_count(&prune, err) : FERRY_OK;
    }
    status = sqldrv_unit_begin(conn, &change, &unit, err);
    return status == FERRY_OK ? prune_change(&prune, unit, err) : status;
}
