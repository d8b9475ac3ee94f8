/* The catalog: what a name is, which keys a table has, which tables there are. */

#include "read/read.h"

#include <string.h>
#include <strings.h>

ferry_status dbidrv_tables_find(struct dbidrv_conn *conn, const char *name, uint32_t *ret_kind,
                                struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *kind = NULL;
    ferry_status status = dbidrv_query_check_name(conn, "table", name, err);
    if (status != FERRY_OK)
        return status;
    dbidrv_query_question(conn, conn->dialect->ask_kind, name, &sql);
    status = sql.failed ? dbidrv_fail_memory(err)
                        : dbidrv_ask(conn, sql.data, DBIDRV_ASKING, "look whether it is there",
                                     &kind, err);
    if (status != FERRY_OK)
        return status;
    if (kind != NULL && strcmp(kind, "replaced") == 0) {
        status = ferry_fail(err, FERRY_ERR_BUSY,
                            "%s: '%s' was replaced by another after the rows' moment was chosen",
                            conn->label, name);
        ferry_error_may_pass(err);
        return status;
    }
    *ret_kind = kind == NULL                 ? 0
                : strcmp(kind, "table") == 0 ? FERRY_READ_TABLE
                : strcmp(kind, "view") == 0  ? FERRY_READ_VIEW
                                             : 0;
    return FERRY_OK;
}

/* ---- Keys ---- */

static struct dbidrv_column *tables_find_column(struct dbidrv_columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->list[i].name, name) == 0)
            return &columns->list[i];
    return NULL;
}

/* A key of which a column is missing, or may be NULL, tells no rows apart. */
static void tables_judge_key(struct dbidrv_columns *columns, uint64_t told)
{
    uint64_t found = 0;
    bool whole = true;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->list[i].column.key_position > 0) {
            found++;
            whole = whole && (columns->list[i].column.flags & FERRY_COLUMN_NOT_NULL) != 0;
        }
    for (size_t i = 0; (!whole || found != told) && i < columns->count; i++)
        columns->list[i].column.key_position = 0;
}

ferry_status dbidrv_tables_mark(struct dbidrv_conn *conn, const char *name,
                                struct dbidrv_columns *columns, struct ferry_error *err)
{
    static const char doing[] = "ask for its key";
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    uint64_t told = 0;
    bool row = true;
    if (conn->dialect->ask_keys == NULL)
        return FERRY_OK;
    dbidrv_query_question(conn, conn->dialect->ask_keys, name, &sql);
    ferry_status status =
        sql.failed ? dbidrv_fail_memory(err)
                   : dbidrv_answer_ask(conn, sql.data, 3, DBIDRV_ASKING, doing, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(conn, &answer, doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        struct dbidrv_column *column = tables_find_column(columns, dbidrv_answer_text(&answer, 0));
        bool not_null = strcmp(dbidrv_answer_text(&answer, 1), "1") == 0;
        unsigned long position = strtoul(dbidrv_answer_text(&answer, 2), NULL, 10);
        told += position > 0;
        if (column == NULL)
            continue;
        column->column.flags |= not_null ? FERRY_COLUMN_NOT_NULL : 0;
        column->column.key_position = (uint32_t)position;
    }
    if (status == FERRY_OK)
        tables_judge_key(columns, told);
    return status;
}

/* ---- Lists ---- */

/* Tables in which a target keeps records and rows on their way are not the user's. */
static ferry_status tables_add(struct dbidrv_answer *answer, struct ferry_listing *listing,
                               struct ferry_error *err)
{
    PART_AUTO_STRING char *name = strdup(dbidrv_answer_text(answer, 0));
    if (name == NULL)
        return dbidrv_fail_memory(err);
    bool view = strcmp(dbidrv_answer_text(answer, 1), "view") == 0;
    const struct ferry_listed listed = {.name = name,
                                        .kind = view ? FERRY_READ_VIEW : FERRY_READ_TABLE};
    if (strncasecmp(name, "_dbferry_", 9) == 0 || *name == '\0')
        return FERRY_OK;
    return ferry_listing_add(listing, &listed, sizeof listed, err);
}

ferry_status dbidrv_list(void *conn, struct ferry_listing *listing, struct ferry_error *err)
{
    static const char doing[] = "ask for the tables";
    struct dbidrv_conn *c = conn;
    PART_AUTO_TEXT struct part_text schema = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    const char *where = c->schema != NULL ? c->schema : c->own_schema;
    bool row = true;
    if (c->dialect->ask_list == NULL)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: the tables of %s are not asked for through libdbi; name them",
                          c->label, c->dialect->product);
    if (where == NULL)
        return FERRY_OK; /* no schema, no tables */
    PART_AUTO_TEXT struct part_text quoted = {0};
    if (c->dialect->path_in_quotes)
        dbidrv_query_add_name(c->dialect, where, &schema);
    else
        part_text_add(&schema, where);
    part_text_add_quoted(&quoted, '\'', schema.failed ? "" : schema.data);
    part_text_add_template(&sql, c->dialect->ask_list, quoted.failed ? "''" : quoted.data);
    ferry_status status =
        schema.failed || quoted.failed || sql.failed
            ? dbidrv_fail_memory(err)
            : dbidrv_answer_ask(c, sql.data, 2, DBIDRV_ASKING, doing, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(c, &answer, doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = tables_add(&answer, listing, err);
    }
    return status;
}

/* A database does not say through libdbi which tables a query reads, so that nothing is known of a
 * view or query but what might do harm. */
ferry_status dbidrv_origins(void *conn, const struct ferry_read *read, const char *table,
                            struct ferry_origins *origins, struct ferry_error *err)
{
    bool one = read->kind == FERRY_READ_TABLE;
    ferry_status status = dbidrv_conn_check(conn, err);
    if (status == FERRY_OK && one)
        status = ferry_origins_add(origins, read->text, err);
    if (status == FERRY_OK && table != NULL && (!one || strcasecmp(read->text, table) == 0))
        ferry_origins_include(origins);
    return status;
}
