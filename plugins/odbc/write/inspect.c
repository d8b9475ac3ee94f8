/* The table as it is: what it is made of, and what hangs on it. */

#include "write/target.h"

#include <string.h>

static const char inspect_doing[] = "look at the table";

ferry_status odrv_table_add_path(const struct odrv_conn *conn, const char *table,
                                 struct part_text *sql, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (conn->own_schema != NULL) {
        status = odrv_query_add_name(conn, conn->own_schema, sql, err);
        part_text_add(sql, ".");
    }
    return status == FERRY_OK ? odrv_query_add_name(conn, table, sql, err) : status;
}

void odrv_text_add(const struct odrv_conn *conn, const char *text, struct part_text *sql)
{
    const char *literal = conn->dialect->writing->literal;
    PART_AUTO_TEXT struct part_text hex = {0};
    if (literal == NULL) {
        part_text_add_quoted(sql, '\'', text);
        return;
    }
    part_text_add(&hex, "");
    for (const char *c = text; *c != '\0'; c++)
        part_text_addf(&hex, "%02x", (unsigned)(unsigned char)*c);
    if (!hex.failed)
        part_text_add_template(sql, literal, hex.data);
    sql->failed = sql->failed || hex.failed;
}

ferry_status odrv_table_question(const struct odrv_conn *conn, const char *template,
                                 const char *table, struct part_text *sql, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text path = {0};
    PART_AUTO_TEXT struct part_text quoted = {0};
    ferry_status status = FERRY_OK;
    if (conn->dialect->writing->bare_names)
        part_text_add(&path, table);
    else
        status = odrv_table_add_path(conn, table, &path, err);
    if (status != FERRY_OK)
        return status;
    odrv_text_add(conn, path.failed ? "" : path.data, &quoted);
    if (!path.failed && !quoted.failed)
        part_text_add_template(sql, template, quoted.data);
    return path.failed || quoted.failed || sql->failed ? odrv_fail_memory(err) : FERRY_OK;
}

ferry_status odrv_index_add_columns(const struct odrv_conn *conn, const struct ferry_index *index,
                                    struct part_text *sql, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < index->column_count; i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        status = odrv_query_add_name(conn, index->columns[i], sql, err);
    }
    return status;
}

/* A piece of a statement, in a template. */
static void inspect_add_sql(const struct part_text *sql, struct part_text *template)
{
    for (const char *c = sql->failed || sql->data == NULL ? "" : sql->data; *c != '\0'; c++)
        part_text_append(template, *c == '%' ? "%%" : c, *c == '%' ? 2 : 1);
    template->failed = template->failed || sql->failed;
}

/* As a text, in a template. */
static void inspect_add_list(const struct odrv_conn *conn, const struct part_text *columns,
                             struct part_text *template)
{
    PART_AUTO_TEXT struct part_text text = {0};
    odrv_text_add(conn, columns->data == NULL ? "" : columns->data, &text);
    inspect_add_sql(&text, template);
}

ferry_status odrv_names_question(const char *question, const struct part_text *names,
                                 struct part_text *template, struct ferry_error *err)
{
    for (const char *c = question; *c != '\0'; c++)
        if (c[0] == '$' && c[1] == 'n') {
            inspect_add_sql(names, template);
            c++;
        } else {
            part_text_append(template, c, 1);
        }
    return template->failed ? odrv_fail_memory(err) : FERRY_OK;
}

ferry_status odrv_index_question(const struct odrv_conn *conn, const char *question,
                                 const char *table, const struct ferry_index *index,
                                 struct part_text *sql, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text columns = {0};
    PART_AUTO_TEXT struct part_text template = {0};
    ferry_status status =
        index == NULL ? FERRY_OK : odrv_index_add_columns(conn, index, &columns, err);
    if (status != FERRY_OK)
        return status;
    for (const char *c = question; *c != '\0'; c++) {
        if (c[0] != '$' || (c[1] != 'c' && c[1] != 'u'))
            part_text_append(&template, c, 1);
        else if (*++c == 'c')
            inspect_add_list(conn, &columns, &template);
        else
            part_text_add(&template, index != NULL && index->unique != 0 ? "1" : "0");
    }
    if (columns.failed || template.failed)
        return odrv_fail_memory(err);
    return odrv_table_question(conn, template.data, table, sql, err);
}

/* Bytes, or letters of UTF-8, of which those of four bytes are none of a name. */
static size_t inspect_name_size(const char *name, bool letters, bool *ret_possible)
{
    size_t size = 0;
    for (const char *c = name; *c != '\0'; c++) {
        size += !letters || ((unsigned char)*c & 0xc0) != 0x80;
        *ret_possible = *ret_possible && (!letters || (unsigned char)*c < 0xf0);
    }
    return size;
}

static ferry_status inspect_check_name(const struct odrv_conn *conn, const char *what,
                                       const char *name, struct ferry_error *err)
{
    bool letters = conn->dialect->writing->names_in_letters, possible = true;
    size_t size = name == NULL ? 0 : inspect_name_size(name, letters, &possible);
    if (!possible)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the name of the %s '%s' has letters beyond U+FFFF, which the "
                          "database does not take in a name; choose another one",
                          conn->label, what, name);
    return conn->longest == 0 || size <= conn->longest
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SCHEMA,
                            "%s: the name of the %s '%s' is longer than the %zu %s that the "
                            "database keeps of a name; choose a shorter one",
                            conn->label, what, name, conn->longest, letters ? "letters" : "bytes");
}

ferry_status odrv_names_check(const struct odrv_conn *conn, const struct ferry_load_spec *spec,
                              struct ferry_error *err)
{
    const struct ferry_schema *schema = spec->layout->schema;
    ferry_status status = inspect_check_name(conn, "table", spec->layout->table, err);
    for (size_t i = 0; status == FERRY_OK && i < ferry_schema_count(schema); i++)
        status = inspect_check_name(conn, "column", ferry_schema_column(schema, i)->name, err);
    for (size_t i = 0; status == FERRY_OK && i < spec->index_count; i++)
        if (spec->indexes[i]->copied == 0)
            status = inspect_check_name(conn, "index", spec->indexes[i]->name, err);
    return status;
}

/* One column, which also goes into the hash. */
static ferry_status inspect_column(struct odrv_conn *conn, SQLHSTMT stmt,
                                   struct ferry_schema *schema, uint64_t *hash,
                                   struct ferry_error *err)
{
    PART_AUTO_STRING char *name = NULL;
    PART_AUTO_STRING char *native = NULL;
    PART_AUTO_STRING char *not_null = NULL;
    ferry_status status = odrv_statement_text(conn, stmt, 1, inspect_doing, &name, err);
    if (status == FERRY_OK)
        status = odrv_statement_text(conn, stmt, 2, inspect_doing, &native, err);
    if (status == FERRY_OK)
        status = odrv_statement_text(conn, stmt, 3, inspect_doing, &not_null, err);
    if (status != FERRY_OK)
        return status;
    if (name == NULL || native == NULL || not_null == NULL)
        return ferry_fail(err, FERRY_ERR_STREAM, "%s: cannot %s: an answer without a name or type",
                          conn->label, inspect_doing);
    bool filled = strcmp(not_null, "0") != 0;
    *hash = ferry_hash_name(ferry_hash_name(ferry_hash_name(*hash, name), native), not_null);
    const struct ferry_column column = {.name = name,
                                        .native = native,
                                        .type = FERRY_TYPE_TEXT, /* `native` is what counts */
                                        .flags = filled ? FERRY_COLUMN_NOT_NULL : 0,
                                        .clauses = filled ? "NOT NULL" : ""};
    return schema == NULL ? FERRY_OK : ferry_schema_add(schema, &column, sizeof column, err);
}

static ferry_status inspect_columns(struct odrv_conn *conn, const char *table,
                                    struct ferry_schema *schema, uint64_t *ret_definition,
                                    struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    uint64_t hash = FERRY_HASH_SEED;
    bool row = true;
    ferry_status status =
        odrv_table_question(conn, conn->dialect->writing->ask_columns, table, &sql, err);
    if (status == FERRY_OK)
        status = odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status = odrv_statement_run(conn, stmt, sql.data, ODRV_LOADING, inspect_doing, err);
    while (status == FERRY_OK) {
        status = odrv_statement_next(conn, stmt, inspect_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = inspect_column(conn, stmt, schema, &hash, err);
    }
    odrv_statement_free(&stmt);
    if (status == FERRY_OK)
        status = odrv_conn_confirm(conn, inspect_doing, err);
    if (status == FERRY_OK && ret_definition != NULL)
        *ret_definition = hash;
    return status;
}

/* The answer to a question about the table, as a list in words; NULL: there is nothing. */
static ferry_status inspect_ask(struct odrv_conn *conn, const char *question, const char *table,
                                char **ret_list, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = odrv_table_question(conn, question, table, &sql, err);
    return status == FERRY_OK
               ? odrv_ask(conn, sql.data, "ask what hangs on the table", ret_list, err)
               : status;
}

/* What its definition says besides columns: what is added between plan and lock would be lost
 * unasked. */
static ferry_status inspect_hash_rest(struct odrv_conn *conn, const char *table, uint64_t *hash,
                                      struct ferry_error *err)
{
    const struct odrv_writing *writing = conn->dialect->writing;
    PART_AUTO_TEXT struct part_text names = {0};
    PART_AUTO_TEXT struct part_text question = {0};
    PART_AUTO_STRING char *list = NULL;
    PART_AUTO_STRING char *indexes = NULL;
    part_text_add(&names, "''"); /* no index has this one */
    ferry_status status = odrv_names_question(writing->ask_indexes, &names, &question, err);
    if (status == FERRY_OK)
        status = inspect_ask(conn, writing->ask_losses, table, &list, err);
    if (status == FERRY_OK)
        status = inspect_ask(conn, question.data, table, &indexes, err);
    if (status == FERRY_OK)
        *hash = ferry_hash_name(ferry_hash_name(*hash, list == NULL ? "" : list),
                                indexes == NULL ? "" : indexes);
    return status;
}

ferry_status odrv_table_look(struct odrv_conn *conn, const char *table, struct ferry_schema *schema,
                             bool *ret_exists, uint64_t *ret_definition, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *kind = NULL;
    ferry_status status = inspect_check_name(conn, "table", table, err);
    if (status == FERRY_OK)
        status = odrv_table_question(conn, conn->dialect->writing->ask_kind, table, &sql, err);
    if (status == FERRY_OK)
        status = odrv_ask(conn, sql.data, inspect_doing, &kind, err);
    if (status != FERRY_OK)
        return status;
    *ret_exists = kind != NULL;
    if (kind == NULL)
        return FERRY_OK;
    if (strcmp(kind, "r") != 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: '%s' is no plain table (but of the kind '%s': a view, a partitioned "
                          "or foreign table); choose another name",
                          conn->label, table, kind);
    status = inspect_columns(conn, table, schema, ret_definition, err);
    return status == FERRY_OK && ret_definition != NULL
               ? inspect_hash_rest(conn, table, ret_definition, err)
               : status;
}

ferry_status odrv_inspect(void *conn, const char *table, struct ferry_inspection *ret_inspection,
                          struct ferry_error *err)
{
    bool exists = false;
    ferry_status status = odrv_table_look(conn, table, ret_inspection->schema, &exists,
                                          &ret_inspection->definition, err);
    if (status == FERRY_OK)
        ret_inspection->exists = exists ? 1 : 0;
    return status;
}

ferry_status odrv_table_check_rows(struct odrv_conn *conn, const char *table,
                                   struct ferry_error *err)
{
    PART_AUTO_STRING char *list = NULL;
    ferry_status status =
        inspect_ask(conn, conn->dialect->writing->ask_obstacles, table, &list, err);
    return status != FERRY_OK || list == NULL
               ? status
               : ferry_fail(err, FERRY_ERR_SCHEMA,
                            "%s: the rows of table '%s' cannot be replaced, since %s; drop that, "
                            "or choose another target_table",
                            conn->label, table, list);
}

ferry_status odrv_table_check_drop(struct odrv_conn *conn, const char *table,
                                   struct ferry_error *err)
{
    PART_AUTO_STRING char *list = NULL;
    ferry_status status =
        inspect_ask(conn, conn->dialect->writing->ask_dependents, table, &list, err);
    return status != FERRY_OK || list == NULL
               ? status
               : ferry_fail(err, FERRY_ERR_SCHEMA,
                            "%s: table '%s' has other columns and would have to be made anew, but "
                            "this would be lost: %s; alter the table to the columns of the plan, "
                            "or drop it",
                            conn->label, table, list);
}

ferry_status odrv_table_check_rights(struct odrv_conn *conn, const char *table, const char *other,
                                     struct ferry_error *err)
{
    const char *question = conn->dialect->writing->ask_rights;
    PART_AUTO_STRING char *now = NULL;
    PART_AUTO_STRING char *then = NULL;
    if (question == NULL)
        return FERRY_OK;
    ferry_status status = inspect_ask(conn, question, table, &now, err);
    if (status == FERRY_OK)
        status = inspect_ask(conn, question, other, &then, err);
    if (status != FERRY_OK || strcmp(now == NULL ? "" : now, then == NULL ? "" : then) == 0)
        return status;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: table '%s' has other columns and would have to be made anew, but its "
                      "rights are (%s), and the new table's are (%s); alter the table to the "
                      "columns of the plan, or drop it",
                      conn->label, table, now == NULL ? "" : now, then == NULL ? "" : then);
}

/* ---- What the definition says ---- */

static ferry_status losses_add(struct odrv_conn *conn, const char *question, const char *table,
                               struct ferry_notes *losses, struct ferry_error *err)
{
    PART_AUTO_STRING char *list = NULL;
    ferry_status status = inspect_ask(conn, question, table, &list, err);
    return status == FERRY_OK && list != NULL ? ferry_note(losses, err, "%s", list) : status;
}

/* A primary key of other columns than the plan's. */
static ferry_status losses_add_key(struct odrv_conn *conn, const struct ferry_load_spec *spec,
                                   struct ferry_notes *losses, struct ferry_error *err)
{
    const struct ferry_index *primary = NULL;
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *key = NULL;
    for (size_t i = 0; i < spec->index_count; i++)
        if (spec->indexes[i]->primary != 0)
            primary = spec->indexes[i];
    ferry_status status = odrv_index_question(conn, conn->dialect->writing->ask_key,
                                              spec->layout->table, primary, &sql, err);
    if (status == FERRY_OK)
        status = odrv_ask(conn, sql.data, "ask for the primary key", &key, err);
    return status == FERRY_OK && key != NULL ? ferry_note(losses, err, "%s", key) : status;
}

/* A question about names. */
static ferry_status losses_add_of_names(struct odrv_conn *conn, const char *question,
                                        const struct part_text *names, const char *table,
                                        struct ferry_notes *losses, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text template = {0};
    ferry_status status = odrv_names_question(question, names, &template, err);
    return status == FERRY_OK ? losses_add(conn, template.data, table, losses, err) : status;
}

/* Of the columns that may be NULL by the plan. */
static ferry_status losses_add_not_null(struct odrv_conn *conn, const struct ferry_load_spec *spec,
                                        struct ferry_notes *losses, struct ferry_error *err)
{
    const struct ferry_layout *layout = spec->layout;
    PART_AUTO_TEXT struct part_text names = {0};
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        if (strstr(layout->clauses[i], "NOT NULL") != NULL)
            continue;
        part_text_add(&names, names.length > 0 ? ", " : "");
        odrv_text_add(conn, ferry_schema_column(layout->schema, i)->name, &names);
    }
    if (names.length == 0 && !names.failed)
        return FERRY_OK;
    return losses_add_of_names(conn, conn->dialect->writing->ask_not_null, &names, layout->table,
                               losses, err);
}

/* An index that the job names is made again. */
static ferry_status losses_add_indexes(struct odrv_conn *conn, const struct ferry_load_spec *spec,
                                       struct ferry_notes *losses, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text names = {0};
    part_text_add(&names, "''"); /* no index has this one */
    for (size_t i = 0; i < spec->index_count; i++) {
        if (spec->indexes[i]->name == NULL || spec->indexes[i]->copied != 0)
            continue;
        part_text_add(&names, ", ");
        odrv_text_add(conn, spec->indexes[i]->name, &names);
    }
    return losses_add_of_names(conn, conn->dialect->writing->ask_indexes, &names,
                               spec->layout->table, losses, err);
}

static ferry_status losses_add_all(struct odrv_conn *conn, const struct ferry_load_spec *spec,
                                   struct ferry_notes *losses, struct ferry_error *err)
{
    const struct odrv_writing *writing = conn->dialect->writing;
    const char *table = spec->layout->table;
    ferry_status status = losses_add(conn, writing->ask_losses, table, losses, err);
    if (status == FERRY_OK)
        status = losses_add_indexes(conn, spec, losses, err);
    if (status == FERRY_OK)
        status = losses_add_key(conn, spec, losses, err);
    return status == FERRY_OK ? losses_add_not_null(conn, spec, losses, err) : status;
}

/* A table that is made anew has none of what hangs on the old one. */
ferry_status odrv_foresee(void *conn, const struct ferry_load_spec *spec,
                          struct ferry_notes *losses, struct ferry_notes *stale,
                          struct ferry_error *err)
{
    struct odrv_conn *c = conn;
    (void)stale;
    ferry_status status = odrv_names_check(c, spec, err);
    if (status == FERRY_OK && spec->action == FERRY_TABLE_KEEP) {
        status = odrv_table_check_rows(c, spec->layout->table, err);
        return status == FERRY_OK ? odrv_indexes_check(c, spec, err) : status;
    }
    if (status != FERRY_OK || spec->action != FERRY_TABLE_REBUILD)
        return status;
    status = odrv_table_check_drop(c, spec->layout->table, err);
    return status == FERRY_OK ? losses_add_all(c, spec, losses, err) : status;
}
