/* What the columns of a result are: by the definitions that the file keeps beside the data, else by
 * their declared types, and for expressions by the affinity that they have.
 */

#include "source.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DESCRIBE_PROBE "_dbferry_affinities"

/* Which table a column comes from.  A library may be built without these two. */
#pragma weak sqlite3_column_database_name
#pragma weak sqlite3_column_table_name
#pragma weak sqlite3_column_origin_name

/* ---- Tables that columns come from ---- */

static bool describe_is_whole(const struct sqldrv_origin *origin)
{
    size_t found = 0;
    for (size_t i = 0; i < origin->table.column_count; i++) {
        found += sqldrv_metadata_find(&origin->metadata, &origin->table.columns[i]) != NULL ? 1 : 0;
    }
    return found == origin->table.column_count && found == origin->metadata.column_count &&
           !origin->metadata.unsound;
}

/* The table of that name, and what the file says about it. */
static int describe_origin(struct sqldrv_describe *describe, const char *name,
                           const struct sqldrv_origin **ret_origin)
{
    for (size_t i = 0; i < describe->origin_count; i++) {
        if (strcasecmp(describe->origins[i].name, name) == 0) {
            *ret_origin = &describe->origins[i];
            return SQLITE_OK;
        }
    }
    struct sqldrv_origin *origins =
        reallocarray(describe->origins, describe->origin_count + 1, sizeof *origins);
    if (origins == NULL) {
        return SQLITE_NOMEM;
    }
    describe->origins = origins;
    struct sqldrv_origin *origin = &origins[describe->origin_count];
    *origin = (struct sqldrv_origin){.name = strdup(name)};
    int rc = origin->name == NULL ? SQLITE_NOMEM
                                  : sqldrv_table_load(describe->conn->db, name, &origin->table);
    if (rc == SQLITE_OK) {
        rc = sqldrv_metadata_load(describe->conn->db, name, &origin->metadata);
    }
    if (rc != SQLITE_OK) {
        sqldrv_table_clear(&origin->table);
        free(origin->name);
        return rc;
    }
    origin->whole = describe_is_whole(origin);
    describe->origin_count++;
    *ret_origin = origin;
    return SQLITE_OK;
}

static const struct sqldrv_column *describe_find(const struct sqldrv_origin *origin,
                                                 const char *name)
{
    for (size_t i = 0; i < origin->table.column_count; i++) {
        if (strcasecmp(origin->table.columns[i].name, name) == 0) {
            return &origin->table.columns[i];
        }
    }
    return NULL;
}

/* The column that column `i` of the result is, unchanged; NULL if it is none of a table's. */
static int describe_look_up(struct sqldrv_describe *describe, int i,
                            const struct sqldrv_origin **ret_origin,
                            const struct sqldrv_column **ret_column)
{
    const struct sqldrv_origin *origin = NULL;
    *ret_column = NULL;
    if (describe->of_table) { /* SELECT *: one after the other */
        *ret_origin = &describe->origins[0];
        *ret_column = (size_t)i < describe->origins[0].table.column_count
                          ? &describe->origins[0].table.columns[i]
                          : NULL;
        return SQLITE_OK;
    }
    if (sqlite3_column_database_name == NULL || sqlite3_column_table_name == NULL ||
        sqlite3_column_origin_name == NULL) {
        return SQLITE_OK;
    }
    const char *database = sqlite3_column_database_name(describe->stmt, i);
    const char *table = sqlite3_column_table_name(describe->stmt, i);
    const char *name = sqlite3_column_origin_name(describe->stmt, i);
    if (database == NULL || table == NULL || name == NULL || strcmp(database, "main") != 0) {
        return SQLITE_OK;
    }
    int rc = describe_origin(describe, table, &origin);
    if (rc == SQLITE_OK) {
        *ret_origin = origin;
        *ret_column = describe_find(origin, name);
    }
    return rc;
}

/* ---- Expressions ---- */

static int describe_take_types(struct sqldrv_describe *describe)
{
    sqlite3_stmt *stmt = NULL;
    int rc =
        sqldrv_prepare(describe->conn->db, &stmt, "PRAGMA temp.table_info(" DESCRIBE_PROBE ")");
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        char **types =
            reallocarray(describe->affinities, describe->affinity_count + 1, sizeof *types);
        rc = SQLITE_NOMEM;
        if (types != NULL) {
            describe->affinities = types;
            types[describe->affinity_count] = sqldrv_copy_text(stmt, 2);
            rc = types[describe->affinity_count++] == NULL ? SQLITE_NOMEM : SQLITE_OK;
        }
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* CREATE TABLE AS declares a type by the affinity of each expression (lang_createtable.html, 2.1).
 * With LIMIT 0 nothing is read; what cannot stand in brackets has no affinities to tell. */
static int describe_probe(struct sqldrv_describe *describe)
{
    sqlite3 *db = describe->conn->db;
    sqlite3_stmt *stmt = NULL;
    char *sql = sqldrv_read_bare_sql(describe->stmt);
    int rc = sql == NULL ? SQLITE_NOMEM
                         : sqldrv_prepare(db, &stmt,
                                          "CREATE TEMP TABLE " DESCRIBE_PROBE
                                          " AS SELECT * FROM (%s\n) LIMIT 0",
                                          sql);
    free(sql);
    describe->probed = true;
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE) {
        return rc == SQLITE_ERROR ? SQLITE_OK : rc;
    }
    rc = describe_take_types(describe);
    (void)sqldrv_run(db, "DROP TABLE temp." DESCRIBE_PROBE);
    return rc == SQLITE_OK &&
                   describe->affinity_count != (size_t)sqlite3_column_count(describe->stmt)
               ? SQLITE_CORRUPT
               : rc;
}

/* The affinity of an expression as a declared type; NULL for none. */
static int describe_affinity(struct sqldrv_describe *describe, int i, const char **ret_declared)
{
    int rc = describe->probed ? SQLITE_OK : describe_probe(describe);
    *ret_declared = NULL;
    if (rc == SQLITE_OK && describe->affinity_count > 0 && describe->affinities[i][0] != '\0') {
        *ret_declared = describe->affinities[i];
    }
    return rc;
}

/* ---- Columns ---- */

/* How SQLite compares the texts of a column. */
static void describe_collation(const struct sqldrv_column *found, struct ferry_column *column)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } collations[] = {
        {"BINARY", 0},
        {"NOCASE", FERRY_COLUMN_IGNORES_CASE},
        {"RTRIM", FERRY_COLUMN_IGNORES_TRAILING_SPACE},
    };
    if (column->type != FERRY_TYPE_TEXT) {
        return;
    }
    uint32_t flag = FERRY_COLUMN_COMPARES_UNKNOWN; /* a function of somebody's program */
    for (size_t i = 0; i < sizeof collations / sizeof *collations; i++) {
        if (sqlite3_stricmp(collations[i].name, found->collation) == 0) {
            flag = collations[i].flag;
        }
    }
    column->flags |= flag;
    column->collation = found->collation;
}

/* A column as it is declared: a promise, and each value says where it is not kept. */
static void describe_declared(const char *declared, struct ferry_column *column)
{
    sqldrv_type_describe(declared, column);
    column->flags |= column->type == FERRY_TYPE_ANY ? 0 : FERRY_COLUMN_LOOSE;
    column->flags |= column->type == FERRY_TYPE_FLOAT ? FERRY_COLUMN_NO_NAN : 0;
}

/* What only a table's own columns have: in a view or a query, an outer join may put NULL there. */
static void describe_own(const struct sqldrv_origin *origin, const struct sqldrv_column *found,
                         struct ferry_column *column)
{
    bool rowid = origin->table.integer_key == (int)(found - origin->table.columns);
    column->flags |= found->generated ? FERRY_COLUMN_GENERATED : 0;
    column->flags |= found->not_null || rowid ? FERRY_COLUMN_NOT_NULL : 0;
    column->flags &= rowid ? ~FERRY_COLUMN_LOOSE : ~0U; /* nothing but integers can be there */
    column->default_value = found->default_value;
}

static void describe_stored(const struct sqldrv_describe *describe,
                            const struct sqldrv_origin *origin, const struct ferry_column *stored,
                            struct ferry_column *column)
{
    const char *name = column->name;
    *column = *stored;
    column->name = name;
    if (!describe->of_table || !origin->whole) {
        column->key_position = 0;
    }
    if (!describe->of_table) {
        column->flags &= ~(FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_AUTO_NUMBER |
                           FERRY_COLUMN_DEFAULT_NOW | FERRY_COLUMN_GENERATED);
        column->default_value = NULL;
    }
}

static ferry_status describe_name(const struct sqldrv_describe *describe, int i,
                                  struct ferry_column *column, struct ferry_error *err)
{
    *column = (struct ferry_column){.name = sqlite3_column_name(describe->stmt, i)};
    if (column->name == NULL) {
        return sqldrv_fail_memory(err);
    }
    return column->name[0] != '\0'
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SCHEMA,
                            "'%s': column %d of '%s' has no name; read it by a query that gives it "
                            "one with AS",
                            describe->conn->path, i + 1, describe->read->text);
}

/* One of which the file keeps no definition of a source. */
static int describe_undefined(struct sqldrv_describe *describe, int i,
                              const struct sqldrv_origin *origin, const struct sqldrv_column *found,
                              struct ferry_column *column)
{
    const char *declared = sqlite3_column_decltype(describe->stmt, i);
    int rc = SQLITE_OK;
    describe->declared_only = true;
    if (found == NULL && declared == NULL) {
        rc = describe_affinity(describe, i, &declared);
    }
    describe_declared(declared, column);
    if (found != NULL) {
        describe_collation(found, column);
    }
    if (found != NULL && describe->of_table) {
        describe_own(origin, found, column);
        column->key_position = sqldrv_describe_key_position(origin, found);
    }
    return rc;
}

ferry_status sqldrv_describe_column(struct sqldrv_describe *describe, int i,
                                    struct ferry_column *column, const char **ret_declared,
                                    struct ferry_error *err)
{
    const struct sqldrv_origin *origin = NULL;
    const struct sqldrv_column *found = NULL;
    ferry_status status = describe_name(describe, i, column, err);
    if (status != FERRY_OK) {
        return status;
    }
    int rc = describe_look_up(describe, i, &origin, &found);
    const struct ferry_column *stored =
        rc == SQLITE_OK && found != NULL ? sqldrv_metadata_find(&origin->metadata, found) : NULL;
    if (stored != NULL) {
        describe_stored(describe, origin, stored, column);
    } else if (rc == SQLITE_OK) {
        rc = describe_undefined(describe, i, origin, found, column);
    }
    if (rc != SQLITE_OK) {
        return sqldrv_fail(describe->conn, describe->conn->db, rc, err, "describing '%s'",
                           describe->read->text);
    }
    describe->found = found;
    *ret_declared = stored != NULL ? found->type : NULL;
    return FERRY_OK;
}

/* ---- The whole ---- */

ferry_status sqldrv_describe_begin(struct sqldrv_describe *describe, struct ferry_error *err)
{
    const struct sqldrv_origin *origin = NULL;
    if (describe->read->kind == FERRY_READ_QUERY) {
        return FERRY_OK;
    }
    int rc = describe_origin(describe, describe->read->text, &origin);
    if (rc == SQLITE_OK) {
        describe->of_table = origin->table.exists && origin->table.obstacle == NULL;
        rc = describe->of_table &&
                     origin->table.column_count != (size_t)sqlite3_column_count(describe->stmt)
                 ? SQLITE_SCHEMA
                 : SQLITE_OK;
    }
    if (rc != SQLITE_OK) {
        return sqldrv_fail(describe->conn, describe->conn->db, rc, err, "describing '%s'",
                           describe->read->text);
    }
    return FERRY_OK;
}

void sqldrv_describe_end(struct sqldrv_describe *describe)
{
    for (size_t i = 0; i < describe->origin_count; i++) {
        sqldrv_table_clear(&describe->origins[i].table);
        sqldrv_metadata_clear(&describe->origins[i].metadata);
        free(describe->origins[i].name);
    }
    free(describe->origins);
    for (size_t i = 0; i < describe->affinity_count; i++) {
        free(describe->affinities[i]);
    }
    free(describe->affinities);
    describe->origins = NULL;
    describe->affinities = NULL;
    describe->origin_count = 0;
    describe->affinity_count = 0;
}
