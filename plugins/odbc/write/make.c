/* Tables and indexes are made.  A table that takes the place of another one is made and loaded
 * under a name of its own, so that readers of the old one wait for the last step alone, unless they
 * do not see a transaction anyway; where all of that is one transaction, nothing of it is ever
 * left.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* Beside the old table in one transaction, whose indexes have their names still. */
static bool make_is_beside(const struct odrv_load *load)
{
    return load->spec->action == FERRY_TABLE_REBUILD &&
           load->conn->dialect->writing->rebuild == ODRV_REBUILD_BESIDE;
}

/* A name that no other index has: the old table's are still there. */
static void make_add_name(const struct odrv_load *load, const struct ferry_index *index,
                          struct part_text *name)
{
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, load->spec->layout->table);
    hash = ferry_hash_name(hash, load->run_id);
    for (size_t i = 0; i < index->column_count; i++)
        hash = ferry_hash_name(hash, index->columns[i]);
    part_text_addf(name, "dbferry_%016" PRIx64 "%s", hash,
                   index->primary != 0  ? "_p"
                   : index->unique != 0 ? "_u"
                                        : "");
}

static ferry_status make_add_primary(struct odrv_load *load, const struct ferry_index *index,
                                     struct part_text *sql, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    ferry_status status = FERRY_OK;
    part_text_add(sql, ", ");
    if (make_is_beside(load)) {
        make_add_name(load, index, &name);
        part_text_add(sql, "CONSTRAINT ");
        status = name.failed ? odrv_fail_memory(err)
                             : odrv_query_add_name(load->conn, name.data, sql, err);
    }
    part_text_add(sql, " PRIMARY KEY (");
    if (status == FERRY_OK)
        status = odrv_index_add_columns(load->conn, index, sql, err);
    part_text_add(sql, ")");
    return status;
}

ferry_status odrv_make_table(struct odrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "CREATE TABLE ");
    ferry_status status = odrv_table_add_path(load->conn, load->into, &sql, err);
    part_text_add(&sql, " (");
    for (size_t i = 0; status == FERRY_OK && i < load->count; i++) {
        part_text_add(&sql, i > 0 ? ", " : "");
        status = odrv_query_add_name(load->conn, ferry_schema_column(layout->schema, i)->name, &sql,
                                     err);
        part_text_addf(&sql, " %s %s", layout->natives[i], layout->clauses[i]);
    }
    for (size_t i = 0; status == FERRY_OK && i < load->spec->index_count; i++)
        if (load->spec->indexes[i]->primary != 0)
            status = make_add_primary(load, load->spec->indexes[i], &sql, err);
    part_text_addf(&sql, ")%s", load->conn->dialect->writing->make_options);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK
               ? odrv_run(load->conn, sql.data, ODRV_LOADING, "create the table", err)
               : status;
}

/* ---- Indexes ---- */

static ferry_status make_find(struct odrv_conn *conn, const char *table,
                              const struct ferry_index *index, bool *ret_found,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *found = NULL;
    ferry_status status =
        odrv_index_question(conn, conn->dialect->writing->ask_index, table, index, &sql, err);
    if (status == FERRY_OK)
        status = odrv_ask(conn, sql.data, "look at the indexes", &found, err);
    if (status == FERRY_OK)
        *ret_found = found != NULL;
    return status;
}

/* Whether it has a name of its own, that somebody has chosen. */
static bool make_is_named(const struct ferry_index *index)
{
    return index->name != NULL && index->copied == 0;
}

static ferry_status make_index(struct odrv_load *load, const struct ferry_index *index,
                               struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    if (make_is_named(index) && !make_is_beside(load))
        part_text_add(&name, index->name);
    else
        make_add_name(load, index, &name);
    if (name.failed)
        return odrv_fail_memory(err);
    bool alters = load->conn->dialect->writing->index_by_alter;
    const char *unique = index->unique != 0 ? "UNIQUE " : "";
    ferry_status status = FERRY_OK;
    if (alters) {
        part_text_add(&sql, "ALTER TABLE ");
        status = odrv_table_add_path(load->conn, load->into, &sql, err);
    }
    part_text_addf(&sql, "%s %sINDEX ", alters ? " ADD" : "CREATE", unique);
    if (status == FERRY_OK)
        status = odrv_query_add_name(load->conn, name.data, &sql, err);
    if (status == FERRY_OK && !alters) {
        part_text_add(&sql, " ON ");
        status = odrv_table_add_path(load->conn, load->into, &sql, err);
    }
    part_text_add(&sql, " (");
    if (status == FERRY_OK)
        status = odrv_index_add_columns(load->conn, index, &sql, err);
    part_text_add(&sql, ")");
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK ? odrv_run(load->conn, sql.data, ODRV_LOADING, "make an index", err)
                              : status;
}

ferry_status odrv_indexes_check(struct odrv_conn *conn, const struct ferry_load_spec *spec,
                                struct ferry_error *err)
{
    const char *table = spec->layout->table;
    ferry_status status = FERRY_OK;
    if (conn->dialect->writing->rebuild != ODRV_REBUILD_RENAME)
        return FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < spec->index_count; i++) {
        const struct ferry_index *index = spec->indexes[i];
        PART_AUTO_TEXT struct part_text columns = {0};
        bool found = false;
        if (index->copied != 0 || index->primary != 0)
            continue;
        status = make_find(conn, table, index, &found, err);
        if (status == FERRY_OK && !found)
            status = odrv_index_add_columns(conn, index, &columns, err);
        if (status == FERRY_OK && !found)
            status =
                ferry_fail(err, FERRY_ERR_SCHEMA,
                           "%s: table '%s' has no %sindex of (%s) as the job wants it, and one "
                           "cannot be made in the transaction that changes the rows; make it "
                           "there, or drop the table",
                           conn->label, table, index->unique != 0 ? "unique " : "",
                           columns.failed ? "" : columns.data);
    }
    return status;
}

/* A table that stays keeps its own; the job's are made there, too. */
ferry_status odrv_make_indexes(struct odrv_load *load, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < load->spec->index_count; i++) {
        const struct ferry_index *index = load->spec->indexes[i];
        bool wanted = load->spec->action != FERRY_TABLE_KEEP || index->copied == 0;
        bool found = false;
        if (!wanted || index->primary != 0)
            continue;
        status = make_find(load->conn, load->into, index, &found, err);
        if (status == FERRY_OK && !found)
            status = make_index(load, index, err);
    }
    return status;
}

/* ---- The last step ---- */

static ferry_status make_rename(struct odrv_load *load, const char *thing, const char *from,
                                const char *to, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_addf(&sql, "ALTER %s ", thing);
    ferry_status status = odrv_table_add_path(load->conn, from, &sql, err);
    part_text_add(&sql, " RENAME TO ");
    if (status == FERRY_OK)
        status = odrv_query_add_name(load->conn, to, &sql, err);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK
               ? odrv_run(load->conn, sql.data, ODRV_LOADING, "put the new table in its place", err)
               : status;
}

ferry_status odrv_make_visible(struct odrv_load *load, struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    if (!make_is_beside(load))
        return FERRY_OK;
    ferry_status status = odrv_load_run(load, load->conn->dialect->writing->take_table, table,
                                        "lock the table for the last step", err);
    if (status == FERRY_OK) /* somebody may have begun to need it */
        status = odrv_table_check_drop(load->conn, table, err);
    if (status == FERRY_OK)
        status = odrv_table_check_rights(load->conn, table, load->into, err);
    if (status == FERRY_OK)
        status = odrv_load_run(load, "DROP TABLE %", table, "drop the old table", err);
    if (status == FERRY_OK)
        status = make_rename(load, "TABLE", load->into, table, err);
    for (size_t i = 0; status == FERRY_OK && i < load->spec->index_count; i++) {
        const struct ferry_index *index = load->spec->indexes[i];
        PART_AUTO_TEXT struct part_text name = {0};
        if (!make_is_named(index) || index->primary != 0)
            continue;
        make_add_name(load, index, &name);
        status = name.failed ? odrv_fail_memory(err)
                             : make_rename(load, "INDEX", name.data, index->name, err);
    }
    return status;
}
