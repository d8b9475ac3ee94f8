/* The table as it is: what it is made of, and what stands against replacing its rows. */

#include "write/target.h"

#include <string.h>

static const char inspect_doing[] = "look at the table";

ferry_status dbidrv_table_check_name(const struct dbidrv_conn *conn, const char *what,
                                     const char *name, struct ferry_error *err)
{
    size_t longest = conn->dialect->writing->longest_name;
    ferry_status status = dbidrv_query_check_name(conn, what, name, err);
    if (status != FERRY_OK)
        return status;
    return longest == 0 || strlen(name) <= longest
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SCHEMA,
                            "%s: the name of the %s '%s' has more than %zu bytes, and would be cut "
                            "there",
                            conn->label, what, name, longest);
}

/* One column, which also goes into the hash. */
static ferry_status inspect_column(struct dbidrv_answer *answer, struct ferry_schema *schema,
                                   uint64_t *hash, struct ferry_error *err)
{
    PART_AUTO_STRING char *name = strdup(dbidrv_answer_text(answer, 0));
    PART_AUTO_STRING char *native = strdup(dbidrv_answer_text(answer, 1));
    PART_AUTO_STRING char *not_null = strdup(dbidrv_answer_text(answer, 2));
    if (name == NULL || native == NULL || not_null == NULL)
        return dbidrv_fail_memory(err);
    bool filled = strcmp(not_null, "0") != 0;
    *hash = ferry_hash_name(ferry_hash_name(ferry_hash_name(*hash, name), native), not_null);
    *hash = ferry_hash_name(*hash, dbidrv_answer_text(answer, 3));
    const struct ferry_column column = {.name = name,
                                        .native = native,
                                        .type = FERRY_TYPE_TEXT, /* `native` is what counts */
                                        .flags = filled ? FERRY_COLUMN_NOT_NULL : 0,
                                        .clauses = filled ? "NOT NULL" : ""};
    return schema == NULL ? FERRY_OK : ferry_schema_add(schema, &column, sizeof column, err);
}

static ferry_status inspect_columns(struct dbidrv_conn *conn, const char *table,
                                    struct ferry_schema *schema, uint64_t *ret_definition,
                                    struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    uint64_t hash = FERRY_HASH_SEED;
    bool row = true;
    dbidrv_query_question(conn, conn->dialect->writing->ask_columns, table, &sql);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_ask(conn, sql.data, 4, DBIDRV_LOADING,
                                                         inspect_doing, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(conn, &answer, inspect_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = inspect_column(&answer, schema, &hash, err);
    }
    if (status == FERRY_OK && ret_definition != NULL)
        *ret_definition = hash;
    return status;
}

ferry_status dbidrv_table_look(struct dbidrv_conn *conn, const char *table,
                               struct ferry_schema *schema, bool *ret_exists,
                               uint64_t *ret_definition, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *kind = NULL;
    ferry_status status = dbidrv_table_check_name(conn, "table", table, err);
    if (status == FERRY_OK && conn->schema == NULL && conn->own_schema == NULL)
        status = ferry_fail(err, FERRY_ERR_SCHEMA,
                            "%s: the account has no schema of its own; set `schema`", conn->label);
    if (status == FERRY_OK)
        dbidrv_query_question(conn, conn->dialect->writing->ask_kind, table, &sql);
    if (status == FERRY_OK && sql.failed)
        status = dbidrv_fail_memory(err);
    if (status == FERRY_OK)
        status = dbidrv_ask(conn, sql.data, DBIDRV_LOADING, inspect_doing, &kind, err);
    if (status != FERRY_OK)
        return status;
    *ret_exists = kind != NULL;
    if (kind == NULL)
        return FERRY_OK;
    if (strcmp(kind, "table") != 0)
        return ferry_fail(
            err, FERRY_ERR_SCHEMA,
            "%s: '%s' is no plain table (but of the kind '%s': a view, a partition, a "
            "partitioned, virtual or foreign table); choose another name",
            conn->label, table, kind);
    return inspect_columns(conn, table, schema, ret_definition, err);
}

ferry_status dbidrv_inspect(void *conn, const char *table, struct ferry_inspection *ret_inspection,
                            struct ferry_error *err)
{
    bool exists = false;
    uint64_t definition = 0;
    ferry_status status =
        dbidrv_table_look(conn, table, ret_inspection->schema, &exists, &definition, err);
    if (status != FERRY_OK)
        return status;
    ret_inspection->exists = exists ? 1 : 0;
    ret_inspection->definition = definition;
    return FERRY_OK;
}

/* The first answer in words; NULL: there is none. */
static ferry_status inspect_ask(struct dbidrv_conn *conn, const char *question, const char *table,
                                char **ret_words, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    dbidrv_query_question(conn, question, table, &sql);
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_ask(conn, sql.data, DBIDRV_LOADING, "look what hangs on the table",
                                   ret_words, err);
}

ferry_status dbidrv_table_judge(struct dbidrv_conn *conn, const char *table,
                                struct ferry_error *err)
{
    PART_AUTO_STRING char *obstacle = NULL;
    ferry_status status =
        inspect_ask(conn, conn->dialect->writing->ask_obstacles, table, &obstacle, err);
    if (status != FERRY_OK || obstacle == NULL)
        return status;
    return ferry_fail(
        err, FERRY_ERR_SCHEMA,
        "%s: the rows of table '%s' cannot be replaced, since %s; drop that, or choose "
        "another target_table",
        conn->label, table, obstacle);
}

ferry_status dbidrv_table_judge_rebuild(struct dbidrv_conn *conn, const char *table,
                                        struct ferry_error *err)
{
    PART_AUTO_STRING char *hanging = NULL;
    ferry_status status =
        inspect_ask(conn, conn->dialect->writing->ask_hanging, table, &hanging, err);
    if (status != FERRY_OK || hanging == NULL)
        return status;
    return ferry_fail(
        err, FERRY_ERR_SCHEMA,
        "%s: table '%s' has other columns and would have to be made anew, but %s would "
        "be lost; alter the table to the columns of the plan, or drop it",
        conn->label, table, hanging);
}

/* ---- What a table made anew would lack by its own definition ---- */

static bool losses_is_filled(const struct ferry_layout *layout, const char *name)
{
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++)
        if (strcmp(ferry_schema_column(layout->schema, i)->name, name) == 0)
            return strstr(layout->clauses[i], "NOT NULL") != NULL;
    return true; /* the column itself is gone, as the core knows */
}

static ferry_status losses_add(const struct ferry_load_spec *spec, struct dbidrv_answer *answer,
                               bool *lost_key, struct ferry_notes *losses, struct ferry_error *err)
{
    PART_AUTO_STRING char *name = strdup(dbidrv_answer_text(answer, 0));
    bool keyed = false;
    if (name == NULL)
        return dbidrv_fail_memory(err);
    bool not_null = strcmp(dbidrv_answer_text(answer, 1), "1") == 0;
    bool in_key = strcmp(dbidrv_answer_text(answer, 2), "0") != 0;
    for (size_t i = 0; i < spec->index_count; i++)
        keyed = keyed || spec->indexes[i]->primary != 0;
    if (in_key) {
        *lost_key = *lost_key || !keyed;
        return FERRY_OK;
    }
    return not_null && !losses_is_filled(spec->layout, name)
               ? ferry_note(losses, err, "NOT NULL of '%s'", name)
               : FERRY_OK;
}

static bool losses_makes_index(const struct ferry_load_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->index_count; i++)
        if (spec->indexes[i]->copied == 0 && spec->indexes[i]->name != NULL &&
            strcmp(spec->indexes[i]->name, name) == 0)
            return true;
    return false;
}

static ferry_status losses_add_indexes(struct dbidrv_conn *conn, const struct ferry_load_spec *spec,
                                       struct ferry_notes *losses, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = true;
    dbidrv_query_question(conn, conn->dialect->writing->ask_index_names, spec->layout->table, &sql);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_ask(conn, sql.data, 1, DBIDRV_LOADING,
                                                         inspect_doing, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(conn, &answer, inspect_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        const char *name = dbidrv_answer_text(&answer, 0);
        if (!losses_makes_index(spec, name))
            status = ferry_note(losses, err, "the index '%s'", name);
    }
    return status;
}

static ferry_status inspect_losses(struct dbidrv_conn *conn, const struct ferry_load_spec *spec,
                                   struct ferry_notes *losses, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = true, lost_key = false;
    dbidrv_query_question(conn, conn->dialect->ask_keys, spec->layout->table, &sql);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_ask(conn, sql.data, 3, DBIDRV_LOADING,
                                                         inspect_doing, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(conn, &answer, inspect_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = losses_add(spec, &answer, &lost_key, losses, err);
    }
    if (status == FERRY_OK && lost_key)
        status = ferry_note(losses, err, "its primary key");
    return status == FERRY_OK ? losses_add_indexes(conn, spec, losses, err) : status;
}

ferry_status dbidrv_foresee(void *conn, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err)
{
    struct dbidrv_conn *c = conn;
    const struct ferry_layout *layout = spec->layout;
    ferry_status status = dbidrv_table_check_name(c, "table", layout->table, err);
    for (size_t i = 0; status == FERRY_OK && i < ferry_schema_count(layout->schema); i++)
        status =
            dbidrv_table_check_name(c, "column", ferry_schema_column(layout->schema, i)->name, err);
    if (status == FERRY_OK && spec->action != FERRY_TABLE_CREATE)
        status = dbidrv_table_judge(c, layout->table, err);
    if (status == FERRY_OK && spec->action != FERRY_TABLE_CREATE)
        status = dbidrv_stale_find(c, spec, stale, err);
    if (status != FERRY_OK || spec->action != FERRY_TABLE_REBUILD)
        return status;
    status = dbidrv_table_judge_rebuild(c, layout->table, err);
    return status == FERRY_OK ? inspect_losses(c, spec, losses, err) : status;
}
