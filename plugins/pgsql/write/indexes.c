/* Keys and indexes of a table that is made: built in one go when the rows are there. */

#include "write/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INDEXES_NAME_BYTES 63 /* the server cuts off what is longer */
#define INDEXES_NAME_KEPT 44  /* of one that is too long, before its hash */
#define INDEXES_TOO_LONG "54000"

/* ---- What can be made ---- */

static const char *indexes_native(const struct ferry_schema *schema, const char *const *natives,
                                  const char *column)
{
    for (size_t i = 0; i < ferry_schema_count(schema); i++)
        if (strcmp(ferry_schema_column(schema, i)->name, column) == 0)
            return natives[i];
    return NULL;
}

bool pgdrv_index_is_possible(const struct ferry_schema *schema, const char *const *natives,
                             const struct ferry_index *index)
{
    for (size_t i = 0; i < index->column_count; i++) {
        struct pgdrv_type type;
        const char *native = indexes_native(schema, natives, index->columns[i]);
        if (native == NULL || !pgdrv_type_parse(native, &type) || type.kind == PGDRV_KIND_JSON)
            return false;
    }
    return true;
}

/* "a, b" */
static void indexes_add_columns(const struct ferry_index *index, const char *between,
                                struct part_text *text)
{
    for (size_t i = 0; i < index->column_count; i++)
        part_text_addf(text, "%s%s", i > 0 ? between : "", index->columns[i]);
}

ferry_status pgdrv_note_indexes(void *conn, struct ferry_schema *schema, const char *const *natives,
                                const struct ferry_index *const *indexes, size_t index_count,
                                struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)conn;
    for (size_t i = 0; i < index_count && status == FERRY_OK; i++) {
        PART_AUTO_TEXT struct part_text columns = {0};
        if (pgdrv_index_is_possible(schema, natives, indexes[i]))
            continue;
        indexes_add_columns(indexes[i], ", ", &columns);
        status = columns.failed || columns.data == NULL
                     ? pgdrv_fail_memory(err)
                     : ferry_schema_note(schema, err,
                                         "the server has no index for the type json: (%s) is not "
                                         "made",
                                         columns.data);
    }
    return status;
}

/* One that the job asks for must be had. */
ferry_status pgdrv_indexes_check(const struct pgdrv_load *load, struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    for (size_t i = 0; i < spec->index_count; i++) {
        PART_AUTO_TEXT struct part_text columns = {0};
        const struct ferry_index *index = spec->indexes[i];
        if (index->copied != 0 ||
            pgdrv_index_is_possible(spec->layout->schema, spec->layout->natives, index))
            continue;
        indexes_add_columns(index, ", ", &columns);
        return ferry_fail(
            err, FERRY_ERR_SCHEMA,
            "%s: table '%s' cannot have the index (%s), since the server has none for "
            "the type json; choose another type or leave it out",
            load->unit->conn->label, spec->layout->table, columns.data == NULL ? "" : columns.data);
    }
    return FERRY_OK;
}

/* ---- Names ---- */

/* Names of indexes are of the whole schema, and of tables, too: the table's is a part of each that
 * nobody asked for, and the end says what it is. */
static void indexes_name_long(const struct pgdrv_load *load, size_t number, struct part_text *name)
{
    const struct ferry_index *index = load->spec->indexes[number];
    part_text_addf(name, "%s_", load->layout->table);
    if (index->primary != 0) {
        part_text_add(name, "pkey");
        return;
    }
    if (index->name != NULL)
        part_text_add(name, index->name);
    else
        indexes_add_columns(index, "_", name);
    part_text_add(name, index->unique != 0 ? "_key" : "_idx");
}

static bool indexes_is_own_name(const struct ferry_index *index)
{
    return index->copied == 0 && index->name != NULL && index->primary == 0;
}

/* The one that the job gives it, or one of its own; `apart`: with a hash, so that it is no other
 * relation's. */
static void indexes_write_name(const struct pgdrv_load *load, size_t number, bool apart,
                               struct part_text *ret_name)
{
    PART_AUTO_TEXT struct part_text name = {0};
    size_t alike = apart ? load->spec->index_count : 0;
    if (indexes_is_own_name(load->spec->indexes[number])) {
        part_text_add(ret_name, load->spec->indexes[number]->name);
        return;
    }
    indexes_name_long(load, number, &name);
    for (size_t i = 0; i < number && !name.failed; i++) {
        PART_AUTO_TEXT struct part_text other = {0};
        indexes_name_long(load, i, &other);
        name.failed = name.failed || other.failed;
        alike += !other.failed && strcmp(other.data, name.data) == 0;
    }
    ret_name->failed = ret_name->failed || name.failed;
    if (name.failed)
        return;
    if (name.length <= INDEXES_NAME_BYTES && alike == 0) {
        part_text_add(ret_name, name.data);
        return;
    }
    size_t kept = name.length < INDEXES_NAME_KEPT ? name.length : INDEXES_NAME_KEPT;
    while (kept > 0 && ((unsigned char)name.data[kept] & 0xC0) == 0x80)
        kept--; /* not within a character */
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, load->layout->table);
    hash = ferry_hash_bytes(ferry_hash_name(hash, name.data), &alike, sizeof alike);
    part_text_append(ret_name, name.data, kept);
    part_text_addf(ret_name, "_%016" PRIx64, hash);
}

/* Whether a table of the change has the name, or will have it. */
static bool indexes_is_table(const struct pgdrv_unit *unit, const char *name)
{
    for (size_t i = 0; unit->spec->tables != NULL && i < unit->spec->load_count; i++)
        if (strcmp(unit->spec->tables[i], name) == 0)
            return true;
    return false;
}

/* An index "b_c" of a table "a" and an index "c" of a table "a_b" would have one name. */
static ferry_status indexes_find_name(const struct pgdrv_load *load, size_t number,
                                      struct part_text *ret_name, struct ferry_error *err)
{
    static const char sql[] = "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON "
                              "n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
    struct pgdrv_conn *conn = load->unit->conn;
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    indexes_write_name(load, number, false, ret_name);
    if (ret_name->failed)
        return pgdrv_fail_memory(err);
    const char *const values[] = {conn->schema, ret_name->data};
    ferry_status status = pgdrv_ask_list(conn, PGDRV_LOADING, sql, values, 2, 0,
                                         "look for a name of an index", &rows, err);
    if (status != FERRY_OK ||
        (PQntuples(rows) == 0 && !indexes_is_table(load->unit, ret_name->data)))
        return status;
    part_text_clear(ret_name);
    indexes_write_name(load, number, true, ret_name);
    return ret_name->failed ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* Until the table that has the names is gone. */
static void indexes_write_stage_name(const struct pgdrv_load *load, size_t number,
                                     struct part_text *name)
{
    part_text_addf(name, "%s_%zu", load->names.stage, number);
}

/* ---- Making them ---- */

static ferry_status indexes_write(const struct pgdrv_load *load, size_t number,
                                  struct part_text *sql, struct ferry_error *err)
{
    const struct ferry_index *index = load->spec->indexes[number];
    PART_AUTO_TEXT struct part_text name = {0};
    ferry_status status = FERRY_OK;
    if (load->table.exists)
        indexes_write_stage_name(load, number, &name);
    else
        status = indexes_find_name(load, number, &name, err);
    if (status != FERRY_OK || name.failed)
        return status != FERRY_OK ? status : pgdrv_fail_memory(err);
    if (index->primary != 0)
        part_text_addf(sql, "ALTER TABLE %s ADD CONSTRAINT ", load->path);
    else
        part_text_addf(sql, "CREATE %sINDEX ", index->unique != 0 ? "UNIQUE " : "");
    pgdrv_text_add_name(sql, name.data);
    if (index->primary != 0)
        part_text_add(sql, " PRIMARY KEY (");
    else
        part_text_addf(sql, " ON %s (", load->path);
    pgdrv_text_add_list(sql, index->columns, index->column_count);
    part_text_add(sql, ")");
    return FERRY_OK;
}

/* The rows are the same without an index that nobody asked for by name. */
static ferry_status indexes_leave_out(const struct pgdrv_load *load,
                                      const struct ferry_index *index, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text columns = {0};
    indexes_add_columns(index, ", ", &columns);
    ferry_log(FERRY_LOG_WARNING,
              "%s: table '%s' has no index (%s): a row has more there than the server takes in one",
              load->unit->conn->label, load->layout->table,
              columns.data == NULL || columns.failed ? "" : columns.data);
    return pgdrv_run(load->unit->conn, PGDRV_LOADING, "ROLLBACK TO SAVEPOINT dbferry_index",
                     "build an index", err);
}

static ferry_status indexes_make_one(const struct pgdrv_load *load, size_t number,
                                     struct ferry_error *err)
{
    static const char doing[] = "build an index";
    const struct ferry_index *index = load->spec->indexes[number];
    struct pgdrv_conn *conn = load->unit->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    bool may_lack = index->copied != 0 && index->primary == 0;
    ferry_status status = indexes_write(load, number, &sql, err);
    if (status == FERRY_OK && may_lack)
        status = pgdrv_run(conn, PGDRV_LOADING, "SAVEPOINT dbferry_index", doing, err);
    if (status == FERRY_OK)
        status = pgdrv_sql_try(conn, &sql, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    if (pgdrv_result_is_good(result))
        return may_lack
                   ? pgdrv_run(conn, PGDRV_LOADING, "RELEASE SAVEPOINT dbferry_index", doing, err)
                   : FERRY_OK;
    if (may_lack && strcmp(pgdrv_state(result), INDEXES_TOO_LONG) == 0)
        return indexes_leave_out(load, index, err);
    return pgdrv_verdict_fail(conn, result, load->layout, 0, doing, err);
}

ferry_status pgdrv_indexes_make(const struct pgdrv_load *load, struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < spec->index_count && status == FERRY_OK; i++)
        if (pgdrv_index_is_possible(spec->layout->schema, spec->layout->natives, spec->indexes[i]))
            status = indexes_make_one(load, i, err);
    return status;
}

ferry_status pgdrv_indexes_rename(const struct pgdrv_load *load, struct ferry_error *err)
{
    struct pgdrv_conn *conn = load->unit->conn;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < load->spec->index_count && status == FERRY_OK; i++) {
        PART_AUTO_TEXT struct part_text from = {0};
        PART_AUTO_TEXT struct part_text to = {0};
        PART_AUTO_TEXT struct part_text sql = {0};
        indexes_write_stage_name(load, i, &from);
        status = indexes_find_name(load, i, &to, err);
        if (status != FERRY_OK || from.failed)
            return status != FERRY_OK ? status : pgdrv_fail_memory(err);
        part_text_add(&sql, "ALTER INDEX IF EXISTS ");
        pgdrv_text_add_path(&sql, conn->schema, from.data);
        part_text_add(&sql, " RENAME TO ");
        pgdrv_text_add_name(&sql, to.data);
        status = pgdrv_sql_run(conn, &sql, "give an index its name", err);
    }
    return status;
}
