/* The tables and views of a file that its user made. */

#include "source.h"
#include "values.h"

#include <string.h>

/* Columns of PRAGMA table_list (pragma.html#pragma_table_list). */
enum { LIST_NAME = 1, LIST_TYPE = 2 };

/* The tables in which a module keeps what its virtual table shows ("shadow") are not listed beside
 * that.  The kind is 0 where nothing is to be read. */
static uint32_t list_kind(const char *type)
{
    static const struct {
        const char *type;
        uint32_t kind;
    } kinds[] = {
        {"table", FERRY_READ_TABLE}, {"virtual", FERRY_READ_TABLE}, {"view", FERRY_READ_VIEW}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) == 0) {
            return kinds[i].kind;
        }
    }
    return 0;
}

static ferry_status list_add(sqlite3_stmt *stmt, struct ferry_listing *listing,
                             struct ferry_error *err)
{
    const char *name = (const char *)sqlite3_column_text(stmt, LIST_NAME);
    const char *type = (const char *)sqlite3_column_text(stmt, LIST_TYPE);
    if (name == NULL || type == NULL) {
        return sqldrv_fail_memory(err);
    }
    const struct ferry_listed listed = {.name = name, .kind = list_kind(type)};
    /* SQLite's own, and ours */
    if (listed.kind == 0 || *name == '\0' || sqldrv_name_reserved(name)) {
        return FERRY_OK;
    }
    return ferry_listing_add(listing, &listed, sizeof listed, err);
}

ferry_status sqldrv_list(void *argument, struct ferry_listing *listing, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    sqlite3_stmt *stmt = NULL;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status != FERRY_OK) {
        return status;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = sqldrv_prepare(conn->db, &stmt, "PRAGMA main.table_list");
    while (rc == SQLITE_OK && status == FERRY_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        status = list_add(stmt, listing, err);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return status != FERRY_OK || rc == SQLITE_DONE
               ? status
               : sqldrv_fail(conn, conn->db, rc, err, "listing the tables");
}
