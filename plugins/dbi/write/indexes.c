/* The indexes that a load wants: a table that is new gets all, one that stays those of the job that
 * it has not yet. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

static const char indexes_doing[] = "look at the indexes";

void dbidrv_indexes_add_columns(const struct ferry_index *index, struct part_text *sql)
{
    part_text_add(sql, " (");
    for (size_t i = 0; i < index->column_count; i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        part_text_add_quoted(sql, '"', index->columns[i]);
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

static ferry_status indexes_make(struct dbidrv_load *load, const struct ferry_index *index,
                                 struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    bool in_schema = load->conn->dialect->schema != NULL; /* then the name says where, not ON */
    indexes_add_name(load, index, &name);
    if (name.failed)
        return dbidrv_fail_memory(err);
    ferry_status status = dbidrv_table_check_name(load->conn, "index", name.data, err);
    if (status != FERRY_OK)
        return status;
    part_text_addf(&sql, "CREATE %sINDEX ", index->unique != 0 ? "UNIQUE " : "");
    if (in_schema)
        dbidrv_query_add_path(load->conn, name.data, &sql);
    else
        part_text_add_quoted(&sql, '"', name.data);
    part_text_add(&sql, " ON ");
    if (in_schema)
        part_text_add_quoted(&sql, '"', load->spec->layout->table);
    else
        dbidrv_query_add_path(load->conn, load->spec->layout->table, &sql);
    dbidrv_indexes_add_columns(index, &sql);
    return sql.failed
               ? dbidrv_fail_memory(err)
               : dbidrv_run(load->conn, sql.data, DBIDRV_LOADING, "make an index", NULL, err);
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
            status = indexes_make(load, index, err);
    }
    return status;
}
