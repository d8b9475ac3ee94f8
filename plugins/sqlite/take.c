/* All rows of a file that a load of ours has made: SQLite copies whole records, where both tables
 * say the same, and none passes through a batch.
 *
 * The file stays attached until the change has ended, since a transaction that has read it holds
 * it; so there are as many as SQLite can attach, and others are read.
 */

#include "file.h"
#include "guard.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

#define TAKE_MOST 8 /* SQLite's own limit is 10 */

static ferry_status take_fail(const struct sqldrv_load *load, const char *why,
                              struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "'%s': the rows cannot be taken in whole: %s",
                      load->conn->path, why);
}

/* Whether the table that is there takes the columns in their order, each as a value. */
static bool take_fits_table(const struct sqldrv_load *load)
{
    const struct sqldrv_table *table = &load->table;
    const struct ferry_schema *schema = load->layout->schema;
    bool fits = table->column_count == ferry_schema_count(schema);
    for (size_t i = 0; fits && i < table->column_count; i++) {
        fits = !table->columns[i].generated &&
               strcmp(table->columns[i].name, ferry_schema_column(schema, i)->name) == 0;
    }
    return fits;
}

/* What a column is declared as decides how its values are stored. */
static bool take_is_alike(const struct sqldrv_load *load, const struct ferry_layout *from)
{
    const struct ferry_layout *into = load->layout;
    size_t count = ferry_schema_count(into->schema);
    bool alike = count == ferry_schema_count(from->schema);
    for (size_t i = 0; alike && i < count; i++) {
        const struct ferry_column *one = ferry_schema_column(into->schema, i);
        const struct ferry_column *other = ferry_schema_column(from->schema, i);
        alike = strcmp(one->name, other->name) == 0 && one->type == other->type &&
                strcmp(into->natives[i], from->natives[i]) == 0;
    }
    return alike && (load->spec->action != FERRY_TABLE_KEEP || take_fits_table(load));
}

/* Where the rows of the load go in. */
static sqlite3 *take_into(const struct sqldrv_load *load)
{
    return load->unit->staged ? load->conn->stage : load->conn->db;
}

/* Read-only, as a staging file is. */
static ferry_status take_attach(struct sqldrv_load *load, const char *path, struct ferry_error *err)
{
    struct sqldrv_unit *unit = load->unit;
    sqlite3 *db = take_into(load);
    char *uri = sqldrv_read_only_uri(path);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, unit->taken + 1);
    int rc = uri == NULL ? SQLITE_NOMEM
                         : sqldrv_run(db, "ATTACH %Q AS " SQLDRV_TAKE_SCHEMA, uri, unit->taken);
    sqlite3_free(uri);
    if (rc != SQLITE_OK) {
        (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, unit->taken);
        return take_fail(load, sqlite3_errmsg(db), err);
    }
    unit->taken++;
    return FERRY_OK;
}

static ferry_status take_copy(struct sqldrv_load *load, const char *table, uint64_t *ret_rows,
                              struct ferry_error *err)
{
    struct sqldrv_conn *conn = load->conn;
    sqlite3 *db = take_into(load);
    sqldrv_guard_stop_writing(&conn->cancelled);
    int rc = sqldrv_run(db, "INSERT INTO main.\"%w\" SELECT * FROM " SQLDRV_TAKE_SCHEMA ".\"%w\"",
                        load->layout->table, load->unit->taken - 1, table);
    sqldrv_guard_stop_writing(NULL);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, db, rc, err, "taking rows into table '%s'", load->layout->table);
    }
    *ret_rows = (uint64_t)sqlite3_changes64(db);
    load->rows_loaded += *ret_rows;
    return FERRY_OK;
}

ferry_status sqldrv_load_take(void *argument, const struct ferry_config *place,
                              const struct ferry_layout *layout, uint64_t *ret_rows,
                              struct ferry_error *err)
{
    struct sqldrv_load *load = argument;
    ferry_status status = sqldrv_check_cancelled(load->conn, err);
    if (status != FERRY_OK) {
        return status;
    }
    if (load->changes != NULL || load->unit->taken >= TAKE_MOST || !take_is_alike(load, layout)) {
        return take_fail(load, "they are of too many files, or stored otherwise", err);
    }
    char *path = sqldrv_path_resolve(ferry_config_string(place, "path"));
    if (path == NULL) {
        return take_fail(load, "no such file", err);
    }
    status = take_attach(load, path, err);
    free(path);
    return status == FERRY_OK ? take_copy(load, layout->table, ret_rows, err) : status;
}

void sqldrv_take_end(struct sqldrv_unit *unit)
{
    sqlite3 *db = unit->conn->db;
    for (; unit->taken > 0; unit->taken--) {
        if (db != NULL && !unit->staged) { /* the staging file is closed by now */
            (void)sqldrv_run(db, "DETACH " SQLDRV_TAKE_SCHEMA, unit->taken - 1);
        }
    }
    if (db != NULL) {
        (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    }
}
