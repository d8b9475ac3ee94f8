/* How the rows of a table are told apart while they change: by the index that finds them by their
 * key, by the place where they are, and by which of their columns differ.
 */

#include "changes.h"

#include <stdlib.h>
#include <string.h>

/* What the indexes of the table say; each is asked in turn. */
struct keys_index {
    char *name;
    bool unique;
    bool partial;
    bool primary;
    size_t width;            /* columns, the last of which may be beyond the key */
    size_t leading;          /* of those of the key, without a gap from the first on */
    bool only_key;           /* no column is beyond the key */
    bool plain;              /* columns alone, no expressions */
    const char **collations; /* per column of the key, in the key's order */
};

static int keys_find_column(const struct ferry_schema *schema, const char *name)
{
    for (size_t i = 0; i < ferry_schema_count(schema); i++) {
        if (sqlite3_stricmp(ferry_schema_column(schema, i)->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int keys_place_in_key(const struct ferry_load_spec *spec, int column)
{
    for (size_t k = 0; column >= 0 && k < spec->key_count; k++) {
        if (spec->key[k] == (size_t)column) {
            return (int)k;
        }
    }
    return -1;
}

/* SQLite's own; others are functions that this program does not have.  NULL: one of those. */
static const char *keys_collation(const char *name)
{
    static const char *const known[] = {"BINARY", "NOCASE", "RTRIM"};
    for (size_t i = 0; name != NULL && i < sizeof known / sizeof *known; i++) {
        if (sqlite3_stricmp(known[i], name) == 0) {
            return known[i];
        }
    }
    return NULL;
}

/* Columns that are in an index have a bit of their own each: an UPDATE that sets one writes the
 * index, also where the value is as before. */
static void keys_take_bit(struct sqldrv_changes *changes, size_t column, uint8_t *last)
{
    if (changes->bits[column] == 0 && *last < SQLDRV_MASK_BITS - 1) {
        changes->bits[column] = ++*last;
    }
}

/* A row of PRAGMA index_xinfo: seqno, cid, name, desc, coll, key. */
static void keys_take_column(struct sqldrv_load *load, sqlite3_stmt *stmt, struct keys_index *index,
                             uint8_t *last)
{
    if (sqlite3_column_int(stmt, 5) == 0) {
        return; /* where the row is, at the end of each index */
    }
    const char *name = (const char *)sqlite3_column_text(stmt, 2);
    const char *collation = keys_collation((const char *)sqlite3_column_text(stmt, 4));
    int column = name == NULL ? -1 : keys_find_column(load->layout->schema, name);
    int at = keys_place_in_key(load->spec, column);
    bool leads = index->leading == index->width;
    index->plain = index->plain && sqlite3_column_int(stmt, 1) >= 0;
    index->only_key = index->only_key && at >= 0;
    index->width++;
    if (at >= 0 && collation != NULL && leads && index->collations[at] == NULL) {
        index->collations[at] = collation;
        index->leading++;
    }
    if (column >= 0) {
        keys_take_bit(load->changes, (size_t)column, last);
    }
}

static int keys_read_index(struct sqldrv_load *load, struct keys_index *index, uint8_t *last)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(load->conn->db, &stmt, "PRAGMA main.index_xinfo(\"%w\")", index->name);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        keys_take_column(load, stmt, index, last);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Whether it finds a row by its key: it has all of the key in front, or is unique by a part of it.
 * The first that is unique counts, else the first. */
static void keys_choose(struct sqldrv_load *load, const struct keys_index *index)
{
    struct sqldrv_changes *changes = load->changes;
    size_t keys = load->spec->key_count;
    bool sole = index->unique && index->only_key && index->leading == index->width;
    bool finds =
        !index->partial && index->plain && index->leading > 0 && (index->leading == keys || sole);
    if (!finds || (changes->by_index && (changes->unique || !sole))) {
        return;
    }
    changes->by_index = true;
    changes->unique = sole;
    memcpy(changes->collations, index->collations, keys * sizeof *index->collations);
}

/* A row of PRAGMA index_list: seq, name, unique, origin, partial. */
static int keys_take_index(struct sqldrv_load *load, sqlite3_stmt *stmt, uint8_t *last, bool *odd,
                           bool *primary)
{
    const char *origin = (const char *)sqlite3_column_text(stmt, 3);
    struct keys_index index = {
        .name = sqldrv_copy_text(stmt, 1),
        .unique = sqlite3_column_int(stmt, 2) != 0,
        .partial = sqlite3_column_int(stmt, 4) != 0,
        .primary = origin != NULL && strcmp(origin, "pk") == 0,
        .only_key = true,
        .plain = true,
        .collations = calloc(load->spec->key_count + 1, sizeof *index.collations),
    };
    int rc = index.name == NULL || index.collations == NULL ? SQLITE_NOMEM
                                                            : keys_read_index(load, &index, last);
    if (rc == SQLITE_OK) {
        keys_choose(load, &index);
        *odd = *odd || index.partial || !index.plain;
        *primary = *primary || index.primary;
    }
    free(index.collations);
    free(index.name);
    return rc;
}

static int keys_read_indexes(struct sqldrv_load *load, bool *odd, bool *primary)
{
    sqlite3_stmt *stmt = NULL;
    uint8_t last = 0;
    int rc = sqldrv_prepare(load->conn->db, &stmt, "PRAGMA main.index_list(\"%w\")",
                            load->layout->table);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = keys_take_index(load, stmt, &last, odd, primary);
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < load->table.column_count; i++) {
        *odd = *odd || load->table.columns[i].generated;
    }
    /* What an expression, a condition or a generated column reads is not told: it may be any. */
    for (size_t i = 0; *odd && i < ferry_schema_count(load->layout->schema); i++) {
        keys_take_bit(load->changes, i, &last);
    }
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- Where a row is ---- */

/* A name of the rowid that no column has; NULL if there is none. */
static const char *keys_rowid_name(const struct sqldrv_table *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        bool taken = false;
        for (size_t i = 0; i < table->column_count; i++) {
            taken = taken || sqlite3_stricmp(table->columns[i].name, names[n]) == 0;
        }
        if (!taken) {
            return names[n];
        }
    }
    return table->integer_key >= 0 ? table->columns[table->integer_key].name : NULL;
}

int sqldrv_changes_place_column(const struct sqldrv_load *load, size_t place)
{
    const struct sqldrv_changes *changes = load->changes;
    return load->table.without_rowid
               ? keys_find_column(load->layout->schema, changes->places[place])
           : changes->by_rowid ? -1
                               : sqldrv_rowid_find(load);
}

static ferry_status keys_find_places(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_changes *changes = load->changes;
    const struct sqldrv_table *table = &load->table;
    if (!table->without_rowid) {
        changes->places[0] = keys_rowid_name(table);
        changes->place_count = 1;
        return changes->places[0] != NULL
                   ? FERRY_OK
                   : ferry_fail(err, FERRY_ERR_SCHEMA,
                                "'%s': table '%s' has columns called rowid, _rowid_ and oid, so "
                                "that its rows cannot be told apart; choose strategy = \"replace\"",
                                load->conn->path, load->layout->table);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].key > 0) {
            changes->places[table->columns[i].key - 1] = table->columns[i].name;
            changes->place_count++;
        }
    }
    return FERRY_OK;
}

/* A rowid that is of the key finds its row without an index. */
static void keys_use_rowid(struct sqldrv_load *load)
{
    struct sqldrv_changes *changes = load->changes;
    int column = sqldrv_rowid_find(load);
    if (keys_place_in_key(load->spec, column) >= 0) {
        changes->by_index = true;
        changes->unique = true;
        memset(changes->collations, 0, load->spec->key_count * sizeof *changes->collations);
    }
}

ferry_status sqldrv_changes_look(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_changes *changes = load->changes;
    struct sqldrv_conn *conn = load->conn;
    bool odd = false;
    bool primary = false;
    changes->places = calloc(load->table.column_count + 1, sizeof *changes->places);
    changes->collations = calloc(load->spec->key_count + 1, sizeof *changes->collations);
    changes->bits = calloc(ferry_schema_count(load->layout->schema) + 1, sizeof *changes->bits);
    if (changes->places == NULL || changes->collations == NULL || changes->bits == NULL) {
        return sqldrv_fail_memory(err);
    }
    int rc = keys_read_indexes(load, &odd, &primary);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "reading the indexes of table '%s'",
                           load->layout->table);
    }
    /* INTEGER PRIMARY KEY DESC is, by an old mistake, an index and not the rowid. */
    bool alias = load->table.integer_key >= 0 && !load->table.without_rowid && !primary;
    changes->by_rowid = !load->table.without_rowid && !alias;
    if (alias) {
        keys_use_rowid(load);
    }
    ferry_status status = keys_find_places(load, err);
    if (status == FERRY_OK && load->spec->key_count == 0 && !load->table.without_rowid) {
        rc = sqldrv_query_int(conn->db, &changes->last_rowid,
                              "SELECT coalesce(max(\"%w\"), -9223372036854775808) FROM main.\"%w\"",
                              changes->places[0], load->layout->table);
        status = rc == SQLITE_OK ? FERRY_OK : sqldrv_changes_fail(load, rc, err);
    }
    return status;
}
