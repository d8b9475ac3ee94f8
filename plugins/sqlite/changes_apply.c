/* The table gets the changes, so that each page that one of them is on is written once: rows go and
 * change in one pass, in the order in which they lie in the table, and new ones come after.
 *
 * An UPDATE sets nothing but what differs, since SQLite writes the index of a column that is set.
 * Where a row gets a unique value that another still has, it is taken out, and put back under its
 * rowid once all others have theirs: so rows may swap such values.
 */

#include "changes.h"

#include <stdlib.h>

#define APPLY_STATEMENTS 16 /* UPDATEs of other columns each that are kept ready */

#define APPLY_CHANGED (-1) /* and no code of SQLite's: other rows than expected */

/* Where in the rows of the pass what stands. */
enum { APPLY_AT, APPLY_OP, APPLY_MASK, APPLY_PLACES };

struct apply_update {
    sqlite3_stmt *stmt;
    int64_t mask;
};

struct apply {
    struct sqldrv_load *load;
    sqlite3 *db;
    sqlite3_stmt *pass;
    sqlite3_stmt *remove;
    sqlite3_stmt *take_out;
    struct apply_update updates[APPLY_STATEMENTS];
    size_t update_next; /* the one that is given up next */
    uint64_t moved;
};

static const char *apply_name(const struct apply *apply, size_t i)
{
    return ferry_schema_column(apply->load->layout->schema, i)->name;
}

static size_t apply_columns(const struct apply *apply)
{
    return ferry_schema_count(apply->load->layout->schema);
}

static bool apply_is_source(const struct apply *apply, const char *name)
{
    for (size_t i = 0; i < apply_columns(apply); i++) {
        if (sqlite3_stricmp(apply_name(apply, i), name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- SQL ---- */

/* The columns that the source has not, and that hold values of their own: each by this format. */
static void apply_add_others(sqlite3_str *out, const struct apply *apply, const char *format)
{
    const struct sqldrv_table *table = &apply->load->table;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].generated && !apply_is_source(apply, table->columns[i].name)) {
            sqlite3_str_appendf(out, format, table->columns[i].name);
        }
    }
}

/* The same, by their numbers as e0, e1, ... */
static void apply_add_other_numbers(sqlite3_str *out, const struct apply *apply, const char *format)
{
    const struct sqldrv_table *table = &apply->load->table;
    unsigned long long number = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].generated && !apply_is_source(apply, table->columns[i].name)) {
            sqlite3_str_appendf(out, format, number++);
        }
    }
}

/* Behind the columns' values: the place, as parameters. */
static void apply_add_where(sqlite3_str *out, const struct apply *apply)
{
    const struct sqldrv_changes *changes = apply->load->changes;
    for (size_t i = 0; i < changes->place_count; i++) {
        sqlite3_str_appendf(out, "%s\"%w\" = ?%llu", i > 0 ? " AND " : " WHERE ",
                            changes->places[i], (unsigned long long)apply_columns(apply) + i + 1);
    }
}

static char *apply_pass_sql(const struct apply *apply)
{
    const struct sqldrv_changes *changes = apply->load->changes;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, "SELECT f.at, f.op, f.mask");
    for (size_t i = 0; i < changes->place_count; i++) {
        sqlite3_str_appendf(out, ", f.l%llu", (unsigned long long)i);
    }
    for (size_t i = 0; i < apply_columns(apply); i++) {
        sqlite3_str_appendf(out, ", x.c%llu", (unsigned long long)i);
    }
    sqlite3_str_appendf(out,
                        " FROM " SQLDRV_FOUND " AS f CROSS JOIN " SQLDRV_CHANGES
                        " AS x ON x.at = f.at WHERE f.op = %d OR f.mask <> 0 ORDER BY ",
                        FERRY_OP_DELETE);
    for (size_t i = 0; i < changes->place_count; i++) {
        sqlite3_str_appendf(out, "%sf.l%llu", i > 0 ? ", " : "", (unsigned long long)i);
    }
    return sqlite3_str_finish(out);
}

static char *apply_remove_sql(const struct apply *apply)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "DELETE FROM main.\"%w\"", apply->load->layout->table);
    apply_add_where(out, apply);
    return sqlite3_str_finish(out);
}

static char *apply_update_sql(const struct apply *apply, int64_t mask)
{
    const struct sqldrv_load *load = apply->load;
    const char *comma = "";
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "UPDATE OR ABORT main.\"%w\" SET ", load->layout->table);
    for (size_t i = 0; i < apply_columns(apply); i++) {
        if (!sqldrv_changes_is_key(load, i) && (mask >> load->changes->bits[i] & 1) != 0) {
            sqlite3_str_appendf(out, "%s\"%w\" = ?%llu", comma, apply_name(apply, i),
                                (unsigned long long)i + 1);
            comma = ", ";
        }
    }
    apply_add_where(out, apply);
    return sqlite3_str_finish(out);
}

static char *apply_moved_sql(const struct apply *apply)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, "CREATE TABLE " SQLDRV_MOVED "(at INTEGER PRIMARY KEY, l0");
    apply_add_other_numbers(out, apply, ", e%llu");
    sqlite3_str_appendall(out, ")");
    return sqlite3_str_finish(out);
}

static char *apply_take_out_sql(const struct apply *apply)
{
    const struct sqldrv_load *load = apply->load;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "INSERT INTO " SQLDRV_MOVED " SELECT ?1, \"%w\"",
                        load->changes->places[0]);
    apply_add_others(out, apply, ", \"%w\"");
    sqlite3_str_appendf(out, " FROM main.\"%w\"", load->layout->table);
    apply_add_where(out, apply);
    return sqlite3_str_finish(out);
}

/* INSERT ... (columns of the source, from `first` on) */
static void apply_add_insert(sqlite3_str *out, const struct apply *apply, const char *first)
{
    sqlite3_str_appendf(out, "INSERT OR FAIL INTO main.\"%w\" (", apply->load->layout->table);
    if (first != NULL) {
        sqlite3_str_appendf(out, "\"%w\", ", first);
    }
    for (size_t i = 0; i < apply_columns(apply); i++) {
        sqlite3_str_appendf(out, "%s\"%w\"", i > 0 ? ", " : "", apply_name(apply, i));
    }
}

static void apply_add_values(sqlite3_str *out, const struct apply *apply)
{
    for (size_t i = 0; i < apply_columns(apply); i++) {
        sqlite3_str_appendf(out, "%sx.c%llu", i > 0 ? ", " : "", (unsigned long long)i);
    }
}

static char *apply_put_back_sql(const struct apply *apply)
{
    const struct sqldrv_changes *changes = apply->load->changes;
    sqlite3_str *out = sqlite3_str_new(NULL);
    apply_add_insert(out, apply, changes->by_rowid ? changes->places[0] : NULL);
    apply_add_others(out, apply, ", \"%w\"");
    sqlite3_str_appendf(out, ") SELECT %s", changes->by_rowid ? "m.l0, " : "");
    apply_add_values(out, apply);
    apply_add_other_numbers(out, apply, ", m.e%llu");
    sqlite3_str_appendall(out, " FROM " SQLDRV_MOVED " AS m CROSS JOIN " SQLDRV_CHANGES
                               " AS x ON x.at = m.at ORDER BY m.l0");
    return sqlite3_str_finish(out);
}

/* In the order in which they will lie, as far as they say it; else as they came. */
static char *apply_insert_sql(const struct apply *apply)
{
    const struct sqldrv_changes *changes = apply->load->changes;
    sqlite3_str *out = sqlite3_str_new(NULL);
    apply_add_insert(out, apply, NULL);
    sqlite3_str_appendall(out, ") SELECT ");
    apply_add_values(out, apply);
    sqlite3_str_appendf(out, " FROM " SQLDRV_CHANGES " AS x WHERE x.op = %d", FERRY_OP_INSERT);
    if (changes->counts[FERRY_OP_UPSERT] + changes->counts[FERRY_OP_ADD] > 0) {
        sqlite3_str_appendf(
            out, " OR (x.op IN (%d, %d) AND x.at NOT IN (SELECT at FROM " SQLDRV_FOUND "))",
            FERRY_OP_UPSERT, FERRY_OP_ADD);
    }
    sqlite3_str_appendall(out, " ORDER BY ");
    for (size_t i = 0; i < changes->place_count; i++) {
        int column = sqldrv_changes_place_column(apply->load, i);
        if (column >= 0) {
            sqlite3_str_appendf(out, "x.c%d, ", column);
        }
    }
    sqlite3_str_appendall(out, "x.at");
    return sqlite3_str_finish(out);
}

/* `sql` is freed. */
static int apply_prepare(const struct apply *apply, char *sql, sqlite3_stmt **ret_stmt)
{
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(apply->db, sql, -1, ret_stmt, NULL);
    sqlite3_free(sql);
    return rc;
}

static int apply_run(const struct apply *apply, char *sql)
{
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_exec(apply->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc;
}

/* ---- The pass ---- */

static int apply_bind_places(const struct apply *apply, sqlite3_stmt *stmt)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < apply->load->changes->place_count; i++) {
        rc = sqlite3_bind_value(stmt, (int)(apply_columns(apply) + i + 1),
                                sqlite3_column_value(apply->pass, APPLY_PLACES + (int)i));
    }
    return rc;
}

/* Exactly one row. */
static int apply_step(const struct apply *apply, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    sqlite3_int64 count = sqlite3_changes64(apply->db);
    int reset = sqlite3_reset(stmt); /* tells more exactly what failed */
    return rc != SQLITE_DONE ? reset : count == 1 ? SQLITE_OK : APPLY_CHANGED;
}

static int apply_remove(struct apply *apply)
{
    int rc = apply->remove != NULL ? SQLITE_OK
                                   : apply_prepare(apply, apply_remove_sql(apply), &apply->remove);
    rc = rc == SQLITE_OK ? apply_bind_places(apply, apply->remove) : rc;
    return rc == SQLITE_OK ? apply_step(apply, apply->remove) : rc;
}

static int apply_take_out(struct apply *apply)
{
    int rc = SQLITE_OK;
    if (apply->take_out == NULL) {
        rc = apply_run(apply, apply_moved_sql(apply));
        rc = rc == SQLITE_OK ? apply_prepare(apply, apply_take_out_sql(apply), &apply->take_out)
                             : rc;
    }
    rc = rc == SQLITE_OK
             ? sqlite3_bind_int64(apply->take_out, 1, sqlite3_column_int64(apply->pass, APPLY_AT))
             : rc;
    rc = rc == SQLITE_OK ? apply_bind_places(apply, apply->take_out) : rc;
    rc = rc == SQLITE_OK ? apply_step(apply, apply->take_out) : rc;
    apply->moved++;
    return rc == SQLITE_OK ? apply_remove(apply) : rc;
}

static int apply_find_update(struct apply *apply, int64_t mask, sqlite3_stmt **ret_stmt)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < APPLY_STATEMENTS; i++) {
        if (apply->updates[i].stmt != NULL && apply->updates[i].mask == mask) {
            *ret_stmt = apply->updates[i].stmt;
            return SQLITE_OK;
        }
    }
    struct apply_update *update = &apply->updates[apply->update_next];
    apply->update_next = (apply->update_next + 1) % APPLY_STATEMENTS;
    sqlite3_finalize(update->stmt);
    *update = (struct apply_update){.mask = mask};
    rc = apply_prepare(apply, apply_update_sql(apply, mask), &update->stmt);
    *ret_stmt = update->stmt;
    return rc;
}

/* A unique value that another row has: maybe not for long. */
static bool apply_is_taken(int rc)
{
    return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
           rc == SQLITE_CONSTRAINT_ROWID;
}

static int apply_update(struct apply *apply)
{
    const struct sqldrv_load *load = apply->load;
    int64_t mask = sqlite3_column_int64(apply->pass, APPLY_MASK);
    int first = APPLY_PLACES + (int)load->changes->place_count;
    sqlite3_stmt *stmt = NULL;
    int rc = apply_find_update(apply, mask, &stmt);
    for (size_t i = 0; rc == SQLITE_OK && i < apply_columns(apply); i++) {
        if (!sqldrv_changes_is_key(load, i) && (mask >> load->changes->bits[i] & 1) != 0) {
            rc = sqlite3_bind_value(stmt, (int)i + 1,
                                    sqlite3_column_value(apply->pass, first + (int)i));
        }
    }
    rc = rc == SQLITE_OK ? apply_bind_places(apply, stmt) : rc;
    rc = rc == SQLITE_OK ? apply_step(apply, stmt) : rc;
    return apply_is_taken(rc) ? apply_take_out(apply) : rc;
}

static int apply_pass(struct apply *apply)
{
    struct sqldrv_changes *changes = apply->load->changes;
    int rc = apply_prepare(apply, apply_pass_sql(apply), &apply->pass);
    while (rc == SQLITE_OK && (rc = sqlite3_step(apply->pass)) == SQLITE_ROW) {
        bool removes = sqlite3_column_int(apply->pass, APPLY_OP) == FERRY_OP_DELETE;
        rc = atomic_load(&apply->load->conn->cancelled) ? SQLITE_INTERRUPT
             : removes                                  ? apply_remove(apply)
                                                        : apply_update(apply);
        changes->deleted += rc == SQLITE_OK && removes ? 1 : 0;
    }
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- What comes after ---- */

static int apply_put_back(struct apply *apply)
{
    int rc = apply_run(apply, apply_put_back_sql(apply));
    return rc == SQLITE_OK && (uint64_t)sqlite3_changes64(apply->db) != apply->moved ? APPLY_CHANGED
                                                                                     : rc;
}

static int apply_insert(struct apply *apply)
{
    struct sqldrv_changes *changes = apply->load->changes;
    uint64_t due = changes->counts[FERRY_OP_INSERT] + changes->counts[FERRY_OP_UPSERT] +
                   changes->counts[FERRY_OP_ADD] - changes->found[FERRY_OP_UPSERT] -
                   changes->found[FERRY_OP_ADD];
    int rc = due == 0 ? SQLITE_OK : apply_run(apply, apply_insert_sql(apply));
    if (rc == SQLITE_OK && due > 0) {
        changes->inserted = (uint64_t)sqlite3_changes64(apply->db);
        rc = changes->inserted == due ? SQLITE_OK : APPLY_CHANGED;
    }
    return rc;
}

static void apply_clear(struct apply *apply)
{
    sqlite3_finalize(apply->pass);
    sqlite3_finalize(apply->remove);
    sqlite3_finalize(apply->take_out);
    for (size_t i = 0; i < APPLY_STATEMENTS; i++) {
        sqlite3_finalize(apply->updates[i].stmt);
    }
}

ferry_status sqldrv_changes_apply(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_changes *changes = load->changes;
    struct apply apply = {.load = load, .db = load->conn->db};
    ferry_status status = FERRY_OK;
    int rc = changes->differ[FERRY_OP_UPDATE] + changes->differ[FERRY_OP_UPSERT] +
                         changes->found[FERRY_OP_DELETE] >
                     0
                 ? apply_pass(&apply)
                 : SQLITE_OK;
    if (rc == SQLITE_OK && apply.moved > 0) {
        rc = apply_put_back(&apply);
    }
    if (rc == SQLITE_OK) {
        rc = apply_insert(&apply);
    }
    if (rc == SQLITE_OK) {
        changes->updated = changes->found[FERRY_OP_UPDATE] + changes->differ[FERRY_OP_UPSERT];
    } else {
        status = rc == APPLY_CHANGED ? ferry_load_fail_changed(load->spec, load->conn->path, err)
                                     : sqldrv_changes_fail(load, rc, err);
    }
    apply_clear(&apply);
    return status;
}
