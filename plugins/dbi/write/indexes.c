/* The indexes that a load wants: a table that is new gets all, one that stays those of the job that
 * it has not yet. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

static const char indexes_doing[] = "look at the indexes";
static const char indexes_making[] = "make an index";

void dbidrv_indexes_add_columns(const struct dbidrv_dialect *dialect,
                                const struct ferry_index *index, struct part_text *sql)
{
    part_text_add(sql, " (");
    for (size_t i = 0; i < index->column_count; i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        dbidrv_query_add_name(dialect, index->columns[i], sql);
    }
    part_text_add(sql, ")");
}

/* A name that is the same at each run. */
static void indexes_add_name(const struct dbidrv_load *load, const struct ferry_index *index,
                             struct part_text *name)
{
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, load->spec->layout->table);
    if (index->name != NULL && index->copied == 0) {
        part_text_add(name, index->name);
        return;
    }
    for (size_t i = 0; i < index->column_count; i++)
        hash = ferry_hash_name(hash, index->columns[i]);
    part_text_addf(name, "dbferry_%016" PRIx64 "%s", hash, index->unique != 0 ? "_u" : "");
}

static bool indexes_is_same(const struct ferry_index *index, struct dbidrv_answer *answer)
{
    PART_AUTO_STRING char *unique = strdup(dbidrv_answer_text(answer, 1));
    const char *names = dbidrv_answer_text(answer, 0);
    if (unique == NULL || (index->unique != 0 && strcmp(unique, "1") != 0))
        return false;
    for (size_t i = 0; i < index->column_count; i++) {
        size_t length = strlen(index->columns[i]);
        if (strncmp(names, index->columns[i], length) != 0 || names[length] != *DBIDRV_SEPARATOR)
            return false;
        names += length + 1;
    }
    return *names == '\0';
}

/* Whether the table has it, by its columns. */
static ferry_status indexes_find(struct dbidrv_load *load, const struct ferry_index *index,
                                 bool *ret_found, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = true;
    dbidrv_query_question(load->conn, load->conn->dialect->writing->ask_indexes,
                          load->spec->layout->table, &sql);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_ask(load->conn, sql.data, 2, DBIDRV_LOADING,
                                                         indexes_doing, &answer, err);
    *ret_found = false;
    while (status == FERRY_OK && row && !*ret_found) {
        status = dbidrv_answer_next(load->conn, &answer, indexes_doing, &row, err);
        *ret_found = status == FERRY_OK && row && indexes_is_same(index, &answer);
    }
    return status;
}

/* Until the table that has the names is gone. */
static void indexes_add_name_apart(const struct dbidrv_load *load, size_t number,
                                   struct part_text *name)
{
    part_text_addf(name, "%s_%zu", load->into, number);
}

/* What the statement is made of that makes it. */
static ferry_status indexes_write(const struct dbidrv_load *load, size_t number,
                                  struct part_text *sql, struct ferry_error *err)
{
    const struct ferry_index *index = load->spec->indexes[number];
    PART_AUTO_TEXT struct part_text name = {0};
    bool in_schema = load->conn->dialect->schema != NULL; /* then the name says where, not ON */
    indexes_add_name(load, index, &name);
    if (name.failed)
        return dbidrv_fail_memory(err);
    ferry_status status = dbidrv_table_check_name(load->conn, "index", name.data, err);
    if (status != FERRY_OK)
        return status;
    if (dbidrv_load_is_apart(load) && load->conn->dialect->writing->shared_names) {
        part_text_reset(&name);
        indexes_add_name_apart(load, number, &name);
    }
    if (name.failed)
        return dbidrv_fail_memory(err);
    part_text_addf(sql, "CREATE %sINDEX ", index->unique != 0 ? "UNIQUE " : "");
    if (in_schema)
        dbidrv_query_add_path(load->conn, name.data, sql);
    else
        dbidrv_query_add_name(load->conn->dialect, name.data, sql);
    part_text_add(sql, " ON ");
    if (in_schema)
        dbidrv_query_add_name(load->conn->dialect, load->into, sql);
    else
        dbidrv_query_add_path(load->conn, load->into, sql);
    dbidrv_indexes_add_columns(load->conn->dialect, index, sql);
    return sql->failed ? dbidrv_fail_memory(err) : FERRY_OK;
}

/* The rows are the same without an index that nobody asked for by name. */
static ferry_status indexes_leave_out(const struct dbidrv_load *load,
                                      const struct ferry_index *index, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text columns = {0};
    dbidrv_indexes_add_columns(load->conn->dialect, index, &columns);
    ferry_log(FERRY_LOG_WARNING,
              "%s: %s has no index%s: a row has more there than the server takes in one",
              load->conn->label, load->what, columns.failed ? "" : columns.data);
    return dbidrv_save_restore(load->conn, "dbferry_index", indexes_making, err);
}

/* One that the job does not name may be lacking. */
static ferry_status indexes_try(const struct dbidrv_load *load, const struct ferry_index *index,
                                const char *sql, struct ferry_error *err)
{
    struct dbidrv_conn *conn = load->conn;
    DBIDRV_AUTO_DIAGNOSIS struct dbidrv_diagnosis diagnosis = {0};
    bool done = false;
    ferry_status status = dbidrv_save(conn, "dbferry_index", indexes_making, err);
    if (status == FERRY_OK)
        status = dbidrv_try(conn, sql, &done, &diagnosis, err);
    if (status == FERRY_OK && !done)
        status = strcmp(diagnosis.state, conn->dialect->writing->index_too_long) == 0
                     ? indexes_leave_out(load, index, err)
                     : dbidrv_fail_as(conn, &diagnosis, DBIDRV_LOADING, indexes_making, err);
    return status == FERRY_OK ? dbidrv_save_release(conn, "dbferry_index", indexes_making, err)
                              : status;
}

static ferry_status indexes_make(struct dbidrv_load *load, size_t number, struct ferry_error *err)
{
    const struct ferry_index *index = load->spec->indexes[number];
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = indexes_write(load, number, &sql, err);
    if (status != FERRY_OK)
        return status;
    return index->copied != 0 && load->conn->dialect->writing->index_too_long != NULL
               ? indexes_try(load, index, sql.data, err)
               : dbidrv_run(load->conn, sql.data, DBIDRV_LOADING, indexes_making, NULL, err);
}

ferry_status dbidrv_indexes_make(struct dbidrv_load *load, struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < spec->index_count; i++) {
        const struct ferry_index *index = spec->indexes[i];
        bool made = spec->action != FERRY_TABLE_KEEP, found = false;
        if (index->primary != 0 || (!made && (index->copied != 0 || spec->keep_definition != 0)))
            continue;
        if (!made)
            status = indexes_find(load, index, &found, err);
        if (status == FERRY_OK && !found)
            status = indexes_make(load, i, err);
    }
    return status;
}

ferry_status dbidrv_indexes_rename(const struct dbidrv_load *load, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (!load->conn->dialect->writing->shared_names)
        return FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < load->spec->index_count; i++) {
        PART_AUTO_TEXT struct part_text from = {0};
        PART_AUTO_TEXT struct part_text to = {0};
        PART_AUTO_TEXT struct part_text sql = {0};
        if (load->spec->indexes[i]->primary != 0)
            continue;
        indexes_add_name_apart(load, i, &from);
        indexes_add_name(load, load->spec->indexes[i], &to);
        if (from.failed || to.failed)
            return dbidrv_fail_memory(err);
        part_text_add(&sql, "ALTER INDEX IF EXISTS ");
        dbidrv_query_add_path(load->conn, from.data, &sql);
        part_text_add(&sql, " RENAME TO ");
        dbidrv_query_add_name(load->conn->dialect, to.data, &sql);
        status = sql.failed ? dbidrv_fail_memory(err)
                            : dbidrv_run(load->conn, sql.data, DBIDRV_LOADING,
                                         "give an index its name", NULL, err);
    }
    return status;
}
