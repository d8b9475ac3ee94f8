/* The catalog: which tables and views there are. */

#include "read/read.h"

#include <string.h>
#include <strings.h>

/* The columns of SQLTables. */
enum { TABLES_CATALOG = 1, TABLES_SCHEMA = 2, TABLES_NAME = 3, TABLES_TYPE = 4 };

static const struct {
    const char *type;
    uint32_t kind;
} tables_kinds[] = {
    {"TABLE", FERRY_READ_TABLE},
    {"BASE TABLE", FERRY_READ_TABLE},
    {"PARTITIONED TABLE", FERRY_READ_TABLE},
    {"VIEW", FERRY_READ_VIEW},
    {"MATVIEW", FERRY_READ_VIEW},
    {"MATERIALIZED VIEW", FERRY_READ_VIEW},
    {"FOREIGN TABLE", FERRY_READ_VIEW},
};

static const char tables_doing[] = "ask which tables there are";

static uint32_t tables_kind(const char *type)
{
    for (size_t i = 0; i < sizeof tables_kinds / sizeof *tables_kinds; i++)
        if (strcasecmp(tables_kinds[i].type, type) == 0)
            return tables_kinds[i].kind;
    return 0; /* of the system, temporary, a synonym */
}

/* `name` as a pattern that fits itself alone; NULL where the driver has no way to write one, or
 * memory is short: then all tables are asked for.  psqlodbc finds no name by a pattern in which the
 * escape is escaped. */
static char *tables_pattern(const struct odrv_conn *conn, const char *name)
{
    char escape[8] = "";
    SQLSMALLINT length = 0;
    PART_AUTO_TEXT struct part_text pattern = {0};
    if (name == NULL ||
        !odrv_succeeded(SQLGetInfo(conn->dbc, SQL_SEARCH_PATTERN_ESCAPE, escape,
                                   (SQLSMALLINT)sizeof escape, &length)) ||
        escape[0] == '\0' || escape[1] != '\0' || strchr(name, escape[0]) != NULL)
        return NULL;
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '_' || *c == '%')
            part_text_append(&pattern, escape, 1);
        part_text_append(&pattern, c, 1);
    }
    char *text = pattern.failed ? NULL : pattern.data;
    pattern.data = pattern.failed ? pattern.data : NULL;
    return text;
}

/* What the catalog functions are asked for. */
struct tables_patterns {
    char *schema, *name;
};

static void tables_patterns_clear(struct tables_patterns *patterns)
{
    free(patterns->schema);
    free(patterns->name);
}

/* Without a schema, psqlodbc looks for a name in the current one alone: then without a name, too.
 */
static struct tables_patterns tables_patterns(const struct odrv_conn *conn, const char *schema,
                                              const char *name)
{
    struct tables_patterns patterns = {.schema = tables_pattern(conn, schema)};
    if (schema == NULL || patterns.schema != NULL)
        patterns.name = tables_pattern(conn, name);
    return patterns;
}

static ferry_status tables_ask(struct odrv_conn *conn, SQLHSTMT stmt, const char *schema,
                               const char *name, struct ferry_error *err)
{
    __attribute__((cleanup(tables_patterns_clear))) struct tables_patterns patterns =
        tables_patterns(conn, schema, name);
    odrv_watch_begin(&conn->watch, stmt, false);
    SQLRETURN result =
        SQLTables(stmt, NULL, 0, (SQLCHAR *)patterns.schema, patterns.schema == NULL ? 0 : SQL_NTS,
                  (SQLCHAR *)patterns.name, patterns.name == NULL ? 0 : SQL_NTS, NULL, 0);
    odrv_watch_end(&conn->watch);
    return odrv_succeeded(result)
               ? odrv_conn_check(conn, err)
               : odrv_fail(conn, SQL_HANDLE_STMT, stmt, ODRV_ASKING, tables_doing, err);
}

/* One row of the answer. */
struct tables_row {
    char *catalog, *schema, *name, *type;
};

static void tables_clear(struct tables_row *row)
{
    free(row->catalog);
    free(row->schema);
    free(row->name);
    free(row->type);
}

static ferry_status tables_read(struct odrv_conn *conn, SQLHSTMT stmt, struct tables_row *row,
                                struct ferry_error *err)
{
    char **const texts[] = {&row->catalog, &row->schema, &row->name, &row->type};
    ferry_status status = FERRY_OK;
    for (SQLUSMALLINT i = 0; status == FERRY_OK && i < sizeof texts / sizeof *texts; i++)
        status = odrv_statement_text(conn, stmt, (SQLUSMALLINT)(TABLES_CATALOG + i), tables_doing,
                                     texts[i], err);
    return status;
}

static bool tables_is_same(const char *found, const char *own)
{
    return own == NULL || found == NULL || *found == '\0' || strcmp(found, own) == 0;
}

/* What somebody wants of the answer. */
struct tables_taker {
    /* `here`: in the schema that was asked for; `kind` 0: neither a table nor a view. */
    ferry_status (*take)(void *data, const char *name, uint32_t kind, bool here,
                         struct ferry_error *err);
    void *data;
};

/* Catalog and schema are compared here, since what SQLTables takes for them is a pattern.  `schema`
 * NULL: where names are looked up first. */
static ferry_status tables_each(struct odrv_conn *conn, const char *schema, const char *name,
                                const struct tables_taker *taker, struct ferry_error *err)
{
    const char *own = schema != NULL ? schema : conn->own_schema;
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    bool some = true;
    ferry_status status = odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status = tables_ask(conn, stmt, schema != NULL ? schema : conn->schema, name, err);
    while (status == FERRY_OK) {
        __attribute__((cleanup(tables_clear))) struct tables_row row = {0};
        status = odrv_statement_next(conn, stmt, tables_doing, &some, err);
        if (status != FERRY_OK || !some)
            break;
        status = tables_read(conn, stmt, &row, err);
        if (status != FERRY_OK || row.name == NULL || *row.name == '\0' || row.type == NULL ||
            !tables_is_same(row.catalog, conn->own_catalog))
            continue;
        status = taker->take(taker->data, row.name, tables_kind(row.type),
                             tables_is_same(row.schema, own), err);
    }
    odrv_statement_free(&stmt);
    return status == FERRY_OK ? odrv_conn_confirm(conn, tables_doing, err) : status;
}

static ferry_status tables_compare(void *data, const char *name, uint32_t kind, bool here,
                                   struct ferry_error *err)
{
    struct odrv_found *found = data;
    (void)err;
    if (strcmp(name, found->name) != 0)
        return FERRY_OK;
    found->exists = true;
    if (here && kind != 0)
        found->kind = kind;
    return FERRY_OK;
}

void odrv_found_clear(struct odrv_found *found)
{
    free(found->schema);
    found->schema = NULL;
}

/* The schema that the name alone leads to; NULL: none, as far as the dialect can tell. */
static ferry_status tables_ask_home(struct odrv_conn *conn, const char *name, char **ret_schema,
                                    struct ferry_error *err)
{
    const char *question = conn->dialect->ask_home;
    PART_AUTO_TEXT struct part_text path = {0};
    PART_AUTO_TEXT struct part_text quoted = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    if (question == NULL || conn->schema != NULL)
        return FERRY_OK;
    ferry_status status = odrv_query_add_name(conn, name, &path, err);
    if (status != FERRY_OK)
        return status;
    part_text_add_quoted(&quoted, '\'', path.failed ? "" : path.data);
    part_text_add_template(&sql, question, quoted.failed ? "" : quoted.data);
    return path.failed || quoted.failed || sql.failed
               ? odrv_fail_memory(err)
               : odrv_ask(conn, sql.data, tables_doing, ret_schema, err);
}

ferry_status odrv_tables_find(struct odrv_conn *conn, const char *name,
                              struct odrv_found *ret_found, struct ferry_error *err)
{
    __attribute__((cleanup(odrv_found_clear))) struct odrv_found found = {.name = name};
    const struct tables_taker taker = {.take = tables_compare, .data = &found};
    ferry_status status = tables_each(conn, NULL, name, &taker, err);
    if (status == FERRY_OK && found.kind == 0)
        status = tables_ask_home(conn, name, &found.schema, err);
    if (status == FERRY_OK && found.schema != NULL)
        status = tables_each(conn, found.schema, name, &taker, err);
    if (status == FERRY_OK) {
        *ret_found = found;
        found.schema = NULL;
    }
    return status;
}

/* ---- Columns ---- */

static const char columns_doing[] = "ask which columns there are";

void odrv_names_clear(struct odrv_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct odrv_names){0};
}

/* `name` is taken over. */
static ferry_status columns_add(struct odrv_names *names, char *name, struct ferry_error *err)
{
    char **list = reallocarray(names->list, names->count + 1, sizeof *list);
    if (list == NULL) {
        free(name);
        return odrv_fail_memory(err);
    }
    names->list = list;
    names->list[names->count++] = name;
    return FERRY_OK;
}

/* SQLColumns has the name of the column where SQLTables has the type of the table. */
static ferry_status columns_take(struct odrv_conn *conn, SQLHSTMT stmt,
                                 const struct odrv_found *table, struct odrv_names *names,
                                 struct ferry_error *err)
{
    __attribute__((cleanup(tables_clear))) struct tables_row row = {0};
    ferry_status status = tables_read(conn, stmt, &row, err);
    if (status != FERRY_OK || row.name == NULL || strcmp(row.name, table->name) != 0 ||
        row.type == NULL || !tables_is_same(row.catalog, conn->own_catalog) ||
        !tables_is_same(row.schema, odrv_found_schema(conn, table)))
        return status;
    char *name = row.type;
    row.type = NULL;
    return columns_add(names, name, err);
}

ferry_status odrv_tables_columns(struct odrv_conn *conn, const struct odrv_found *table,
                                 struct odrv_names *ret_names, struct ferry_error *err)
{
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    ODRV_AUTO_NAMES struct odrv_names names = {0};
    __attribute__((cleanup(tables_patterns_clear))) struct tables_patterns patterns =
        tables_patterns(conn, table->schema != NULL ? table->schema : conn->schema, table->name);
    bool row = true;
    ferry_status status = odrv_statement_new(conn, &stmt, err);
    if (status != FERRY_OK)
        return status;
    odrv_watch_begin(&conn->watch, stmt, false);
    SQLRETURN result =
        SQLColumns(stmt, NULL, 0, (SQLCHAR *)patterns.schema, patterns.schema == NULL ? 0 : SQL_NTS,
                   (SQLCHAR *)patterns.name, patterns.name == NULL ? 0 : SQL_NTS, NULL, 0);
    odrv_watch_end(&conn->watch);
    if (!odrv_succeeded(result))
        return odrv_fail(conn, SQL_HANDLE_STMT, stmt, ODRV_ASKING, columns_doing, err);
    while (status == FERRY_OK) {
        status = odrv_statement_next(conn, stmt, columns_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = columns_take(conn, stmt, table, &names, err);
    }
    odrv_statement_free(&stmt);
    if (status == FERRY_OK)
        status = odrv_conn_confirm(conn, columns_doing, err);
    if (status == FERRY_OK) {
        *ret_names = names;
        names = (struct odrv_names){0};
    }
    return status;
}

/* ---- A list of tables ---- */

/* Tables in which a target keeps records and rows on their way are not the user's. */
static ferry_status tables_add(void *data, const char *name, uint32_t kind, bool here,
                               struct ferry_error *err)
{
    const struct ferry_listed listed = {.name = name, .kind = kind};
    if (!here || kind == 0 || strncasecmp(name, "_dbferry_", 9) == 0)
        return FERRY_OK;
    return ferry_listing_add(data, &listed, sizeof listed, err);
}

ferry_status odrv_list(void *conn, struct ferry_listing *listing, struct ferry_error *err)
{
    const struct tables_taker taker = {.take = tables_add, .data = listing};
    return tables_each(conn, NULL, NULL, &taker, err);
}
