/* A load of changes: what becomes of single rows.
 *
 * The write lock is held from the beginning, so that nobody else changes a row between the time
 * when it is compared and the time when it is written.  Nothing is written to the file before the
 * load's end: until then readers go on, in rollback mode too.
 */

#include "changes.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

/* Where more than one of so many rows has changed, the planner's statistics are another table's. */
#define CHANGES_ANALYZE_PART 10

bool sqldrv_changes_is_key(const struct sqldrv_load *load, size_t i)
{
    for (size_t k = 0; k < load->spec->key_count; k++) {
        if (load->spec->key[k] == i) {
            return true;
        }
    }
    return false;
}

ferry_status sqldrv_changes_fail(struct sqldrv_load *load, int rc, struct ferry_error *err)
{
    return sqldrv_fail(load->conn, load->conn->db, rc, err, "changing the rows of table '%s'",
                       load->layout->table);
}

/* ---- The tables that the changes gather in ---- */

/* Under a declared type of this affinity SQLite converts what the table's own column would. */
static const char *changes_type(const struct sqldrv_load *load, size_t i)
{
    static const char *const names[] = {
        [SQLDRV_AFFINITY_NONE] = "BLOB",       [SQLDRV_AFFINITY_INTEGER] = "INTEGER",
        [SQLDRV_AFFINITY_REAL] = "REAL",       [SQLDRV_AFFINITY_TEXT] = "TEXT",
        [SQLDRV_AFFINITY_NUMERIC] = "NUMERIC",
    };
    const char *native = load->layout->natives[i];
    /* In a STRICT table, alone, ANY converts nothing. */
    bool any = sqlite3_stricmp(native, "ANY") == 0 &&
               sqldrv_words_find(sqldrv_words_behind_list(load->table.sql), "STRICT") != NULL;
    return names[any ? SQLDRV_AFFINITY_NONE : sqldrv_affinity_of(native)];
}

/* The type of a column of the table by its name, for a place. */
static const char *changes_place_type(const struct sqldrv_load *load, const char *name)
{
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        if (sqlite3_stricmp(ferry_schema_column(load->layout->schema, i)->name, name) == 0) {
            return changes_type(load, i);
        }
    }
    return "BLOB"; /* no column of the source: as it is found */
}

static char *changes_tables_sql(const struct sqldrv_load *load)
{
    const struct sqldrv_changes *changes = load->changes;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, "PRAGMA temp.cache_size=-1024; CREATE TABLE " SQLDRV_CHANGES
                               "(at INTEGER PRIMARY KEY, op INTEGER");
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        sqlite3_str_appendf(out, ", c%llu %s", (unsigned long long)i, changes_type(load, i));
    }
    sqlite3_str_appendall(out, "); CREATE TABLE " SQLDRV_FOUND "(");
    bool rowid = load->table.without_rowid == 0;
    for (size_t i = 0; i < changes->place_count; i++) {
        sqlite3_str_appendf(out, "l%llu %s, ", (unsigned long long)i,
                            rowid ? "INTEGER PRIMARY KEY"
                                  : changes_place_type(load, changes->places[i]));
    }
    sqlite3_str_appendall(out, "at INTEGER, op INTEGER, mask INTEGER");
    for (size_t i = 0; !rowid && i < changes->place_count; i++) {
        sqlite3_str_appendf(out, "%sl%llu", i == 0 ? ", PRIMARY KEY(" : ", ",
                            (unsigned long long)i);
    }
    sqlite3_str_appendall(out, rowid ? ")" : ")) WITHOUT ROWID");
    return sqlite3_str_finish(out);
}

static int changes_drop_tables(sqlite3 *db)
{
    return sqldrv_run(db,
                      "DROP TABLE IF EXISTS " SQLDRV_CHANGES "; DROP TABLE IF EXISTS " SQLDRV_FOUND
                      "; DROP TABLE IF EXISTS " SQLDRV_MOVED);
}

/* Those of an earlier load of the same change have served it. */
static ferry_status changes_make_tables(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    char *sql = changes_tables_sql(load);
    int rc = sql == NULL ? SQLITE_NOMEM : changes_drop_tables(conn->db);
    rc = rc == SQLITE_OK ? sqlite3_exec(conn->db, sql, NULL, NULL, NULL) : rc;
    sqlite3_free(sql);
    return rc == SQLITE_OK
               ? FERRY_OK
               : sqldrv_fail(conn, conn->db, rc, err, "preparing to change the rows of table '%s'",
                             load->layout->table);
}

static ferry_status changes_begin(struct sqldrv_load *load, struct ferry_error *err)
{
    load->changes = calloc(1, sizeof *load->changes);
    if (load->changes == NULL) {
        return sqldrv_fail_memory(err);
    }
    load->unit->staged = false; /* the load is the only one where it was true */
    /* In a file, of which little is held in memory; not where the library forbids it. */
    (void)sqldrv_run(load->conn->db, "PRAGMA temp_store=FILE");
    ferry_status status = sqldrv_unit_write(load->unit, err);
    if (status == FERRY_OK) {
        status = sqldrv_load_look(load, err);
    }
    if (status == FERRY_OK) {
        status = sqldrv_changes_look(load, err);
    }
    return status == FERRY_OK ? changes_make_tables(load, err) : status;
}

/* ---- Batches ---- */

/* Of the batches' columns the one where NULL would become a number. */
static int changes_integer_key(const struct sqldrv_load *load, bool key_alone)
{
    int key = sqldrv_rowid_find(load);
    for (size_t i = 0; key_alone && i < load->spec->key_count; i++) {
        if ((int)load->spec->key[i] == key) {
            return (int)i;
        }
    }
    return key_alone ? -1 : key;
}

static ferry_status changes_open_rows(struct sqldrv_load *load, uint32_t operation,
                                      struct ferry_error *err)
{
    static const char *const batches[] = {
        [FERRY_OP_INSERT] = SQLDRV_ROWS_BATCH "_insert",
        [FERRY_OP_UPDATE] = SQLDRV_ROWS_BATCH "_update",
        [FERRY_OP_DELETE] = SQLDRV_ROWS_BATCH "_delete",
        [FERRY_OP_UPSERT] = SQLDRV_ROWS_BATCH "_upsert",
        [FERRY_OP_ADD] = SQLDRV_ROWS_BATCH "_add",
    };
    bool key_alone = operation == FERRY_OP_DELETE;
    const struct sqldrv_rows_into into = {
        .conn = load->conn,
        .db = load->conn->db,
        .schema = "temp",
        .table = strchr(SQLDRV_CHANGES, '.') + 1,
        .batch = batches[operation],
        .columns = load->layout->schema,
        .natives = load->layout->natives,
        .integer_key = changes_integer_key(load, key_alone),
        .count = &load->changes->counts[operation],
        .select = key_alone ? load->spec->key : NULL,
        .select_count = key_alone ? load->spec->key_count : 0,
        .operation = operation,
    };
    return sqldrv_rows_open(&into, &load->changes->rows[operation], err);
}

static ferry_status changes_insert(struct sqldrv_load *load, uint32_t operation,
                                   const struct ferry_batch *batch, struct ferry_error *err)
{
    struct sqldrv_changes *changes = load->changes;
    ferry_status status = FERRY_OK;
    if (changes->rows[operation] == NULL) {
        status = changes_open_rows(load, operation, err);
    }
    return status == FERRY_OK ? sqldrv_rows_insert(changes->rows[operation], batch, err) : status;
}

static void changes_stop(struct sqldrv_load *load)
{
    for (size_t i = 0; load->changes != NULL && i <= FERRY_OP_ADD; i++) {
        sqldrv_rows_close(load->changes->rows[i]);
        load->changes->rows[i] = NULL;
    }
}

/* ---- The end ---- */

/* Rows that came without a key, by the place that they have themselves said. */
static void changes_add_placed(sqlite3_str *out, const struct sqldrv_load *load)
{
    const struct sqldrv_changes *changes = load->changes;
    sqlite3_str_appendf(out, " FROM " SQLDRV_CHANGES " AS x CROSS JOIN main.\"%w\" AS t ON ",
                        load->layout->table);
    for (size_t i = 0; i < changes->place_count; i++) {
        sqlite3_str_appendf(out, "%st.\"%w\" = x.c%d", i > 0 ? " AND " : "", changes->places[i],
                            sqldrv_changes_place_column(load, i));
    }
}

void sqldrv_changes_add_touched(sqlite3_str *out, const struct sqldrv_load *load)
{
    const struct sqldrv_changes *changes = load->changes;
    bool placed = true;
    for (size_t i = 0; i < changes->place_count; i++) {
        placed = placed && sqldrv_changes_place_column(load, i) >= 0;
    }
    if (load->spec->key_count > 0) {
        sqldrv_changes_add_join(out, load);
        sqlite3_str_appendf(out, " WHERE x.op <> %d", FERRY_OP_DELETE);
    } else if (placed) {
        changes_add_placed(out, load);
    } else { /* SQLite has given them rowids above those that were there */
        sqlite3_str_appendf(out, " FROM main.\"%w\" AS t WHERE t.\"%w\" > %lld",
                            load->layout->table, changes->places[0],
                            (long long)changes->last_rowid);
    }
}

static uint64_t changes_came(const struct sqldrv_changes *changes)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= FERRY_OP_ADD; i++) {
        count += changes->counts[i];
    }
    return count;
}

/* What follows the rows, where some of them changed. */
static ferry_status changes_end_table(struct sqldrv_load *load, struct ferry_error *err)
{
    const struct sqldrv_changes *changes = load->changes;
    uint64_t changed = changes->inserted + changes->updated + changes->deleted;
    ferry_status status = sqldrv_objects_settle_indexes(load, err);
    if (status == FERRY_OK && changed > 0) {
        status = sqldrv_stale_rebuild(load, err);
    }
    return status == FERRY_OK && changed > load->rows_before / CHANGES_ANALYZE_PART
               ? sqldrv_objects_analyze(load, err)
               : status;
}

static ferry_status changes_end(struct sqldrv_load *load, struct ferry_load_totals *ret_totals,
                                struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    struct sqldrv_changes *changes = load->changes;
    int64_t rows = 0;
    changes_stop(load);
    sqldrv_wait_begin(conn, load->unit->spec->lock_wait_ms, SQLDRV_HOLDER_READER);
    int rc =
        sqldrv_query_int(conn->db, &rows, "SELECT count(*) FROM main.\"%w\"", load->layout->table);
    ferry_status status = rc == SQLITE_OK ? FERRY_OK : sqldrv_changes_fail(load, rc, err);
    load->rows_before = (uint64_t)rows;
    if (status == FERRY_OK && changes_came(changes) > 0) {
        status = sqldrv_changes_find(load, err);
        status = status == FERRY_OK ? sqldrv_changes_apply(load, err) : status;
    }
    if (status == FERRY_OK) {
        status = changes_end_table(load, err);
    }
    if (status == FERRY_OK) {
        ret_totals->before = load->rows_before;
        ret_totals->inserted = changes->inserted;
        ret_totals->updated = changes->updated;
        ret_totals->deleted = changes->deleted;
        ret_totals->after = load->rows_before + changes->inserted - changes->deleted;
    }
    return status;
}

static ferry_status changes_finish(struct sqldrv_load *load, struct ferry_error *err)
{
    return load->spec->keep_definition == 0
               ? sqldrv_metadata_renew(load->conn, load->spec, &load->unit->described, err)
               : FERRY_OK;
}

/* The tables outlive a commit, as does their file, which then serves the next load. */
static void changes_free(struct sqldrv_load *load)
{
    struct sqldrv_changes *changes = load->changes;
    if (changes == NULL) {
        return;
    }
    if (load->conn->db != NULL) {
        (void)changes_drop_tables(load->conn->db);
    }
    free(changes->places);
    free(changes->collations);
    free(changes->bits);
    free(changes);
}

const struct sqldrv_load_kind sqldrv_load_changes = {
    .begin = changes_begin,
    .insert = changes_insert,
    .end = changes_end,
    .finish = changes_finish,
    .stop = changes_stop,
    .free = changes_free,
};
