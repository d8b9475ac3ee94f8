/* About how many rows a table has, without counting them: by what ANALYZE has found, or else by how
 * far apart its first and its last rowid are.
 *
 * Rowids that were deleted make the span too long, and ids that are drawn by chance tell nothing:
 * a file that is too small for so many rows gives them away.  Of a view or query, and of rows
 * within bounds, nothing is known without reading.
 */

#include "source.h"

/* A row takes more: its sizes, its rowid, its place in the page. */
#define ESTIMATE_ROW_BYTES 8

/* Indexes of some rows alone have fewer. */
static int estimate_ask_statistics(sqlite3 *db, const char *table, int64_t *ret_rows)
{
    int64_t known = 0;
    int rc = sqldrv_query_int(db, &known,
                              "SELECT count(*) FROM main.sqlite_schema WHERE name = "
                              "'sqlite_stat1'");
    *ret_rows = 0;
    return rc != SQLITE_OK || known == 0
               ? rc
               : sqldrv_query_int(db, ret_rows,
                                  "SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 WHERE "
                                  "tbl = %Q COLLATE NOCASE",
                                  table);
}

static bool estimate_has_column(const struct sqldrv_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (sqlite3_stricmp(table->columns[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name by which the table's b-tree is ordered; NULL: none is free, or there is no rowid. */
static const char *estimate_rowid(const struct sqldrv_table *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    if (table->without_rowid) {
        return NULL;
    }
    if (table->integer_key >= 0) {
        return table->columns[table->integer_key].name;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!estimate_has_column(table, names[i])) {
            return names[i];
        }
    }
    return NULL;
}

/* Two ways down the b-tree: SQLite looks for one end where that is all that is asked. */
static int estimate_measure(sqlite3 *db, const char *table, const char *rowid, int64_t *ret_rows)
{
    int64_t span = 0;
    int64_t pages = 0;
    int64_t page_size = 0;
    int rc = sqldrv_query_int(db, &span,
                              "SELECT (SELECT max(\"%w\") FROM main.\"%w\") - "
                              "(SELECT min(\"%w\") FROM main.\"%w\") + 1",
                              rowid, table, rowid, table);
    if (rc == SQLITE_OK) {
        rc = sqldrv_query_int(db, &pages, "PRAGMA main.page_count");
    }
    if (rc == SQLITE_OK) {
        rc = sqldrv_query_int(db, &page_size, "PRAGMA main.page_size");
    }
    *ret_rows = span <= pages * page_size / ESTIMATE_ROW_BYTES ? span : 0;
    return rc;
}

static int estimate_ask(sqlite3 *db, const char *name, const struct sqldrv_table *table,
                        int64_t *ret_rows)
{
    const char *rowid = estimate_rowid(table);
    int rc = estimate_ask_statistics(db, name, ret_rows);
    return rc == SQLITE_OK && *ret_rows <= 0 && rowid != NULL
               ? estimate_measure(db, name, rowid, ret_rows)
               : rc;
}

ferry_status sqldrv_estimate(void *argument, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct ferry_scan *scan,
                             uint64_t *ret_rows, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    struct sqldrv_table table = {0};
    int64_t rows = 0;
    (void)schema;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status != FERRY_OK || read->kind == FERRY_READ_QUERY || scan->bound_count > 0) {
        return status;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = sqldrv_table_load(conn->db, read->text, &table);
    if (rc == SQLITE_OK && table.exists && table.obstacle == NULL) {
        rc = estimate_ask(conn->db, read->text, &table, &rows);
    }
    sqldrv_table_clear(&table);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "estimating the rows of '%s'", read->text);
    }
    if (rows > 0) {
        *ret_rows = (uint64_t)rows;
    }
    return FERRY_OK;
}
