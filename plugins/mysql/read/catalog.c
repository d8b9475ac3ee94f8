/* What the server's catalog (information_schema) adds to the columns of a table or view.
 *
 * Names and types are the result's.  A definition counts only where it has the same name and says
 * the same type; what an account may not see stays unknown.
 */

#include "read/read.h"

#include <errmsg.h>
#include <string.h>

#define MARIADB_QUOTES_DEFAULTS 100207
#define MARIADB_HAS_EXPRESSIONS 100205
#define MYSQL_HAS_SRS_ID 80003

/* The columns of the question. */
enum {
    CATALOG_NAME,
    CATALOG_DEFINITION,
    CATALOG_CHARSET,
    CATALOG_COLLATION,
    CATALOG_DEFAULT,
    CATALOG_EXTRA,
    CATALOG_KIND, /* of the whole: BASE TABLE, VIEW ... */
    CATALOG_PAD,
    CATALOG_SRID,
    CATALOG_KEY,        /* not empty: an index begins with the column */
    CATALOG_EXPRESSION, /* of a generated column */
    CATALOG_COLUMNS,
};

#define CATALOG_QUESTION(more, expression)                                                         \
    "SELECT c.COLUMN_NAME, c.COLUMN_TYPE, c.CHARACTER_SET_NAME, c.COLLATION_NAME, "                \
    "c.COLUMN_DEFAULT, c.EXTRA, (SELECT t.TABLE_TYPE FROM information_schema.TABLES t WHERE "      \
    "t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ?), " more ", c.COLUMN_KEY, " expression       \
    " FROM information_schema.COLUMNS c WHERE c.TABLE_SCHEMA = DATABASE() AND "                    \
    "c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION"

/* MariaDB keeps SRIDs elsewhere, and its collations have no PAD_ATTRIBUTE; nor has MySQL 5.7. */
static const char catalog_question_old[] = CATALOG_QUESTION("NULL, NULL", "NULL");
static const char catalog_question[] = CATALOG_QUESTION("NULL, NULL", "c.GENERATION_EXPRESSION");
static const char catalog_question_mysql[] = CATALOG_QUESTION(
    "(SELECT k.PAD_ATTRIBUTE FROM information_schema.COLLATIONS k WHERE k.COLLATION_NAME = "
    "c.COLLATION_NAME), c.SRS_ID",
    "c.GENERATION_EXPRESSION");
/* Only the names with F_ are looked up without a search through all databases. */
static const char catalog_srids[] =
    "SELECT G_GEOMETRY_COLUMN, SRID FROM information_schema.GEOMETRY_COLUMNS WHERE "
    "F_TABLE_SCHEMA = DATABASE() AND F_TABLE_NAME = ?";

bool mydrv_is_refusal(unsigned code)
{
    static const unsigned codes[] = {
        1044, /* to the database */
        1142, /* to the table */
        1143, /* to the column */
        1227, /* some right */
        1345, /* to what is behind a view */
        1370, /* to a routine in it */
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* The question with the name, quoted, in the place of each `?`. */
static char *catalog_text(struct mydrv_conn *conn, const char *name, const char *question)
{
    char *text = NULL;
    size_t size = 0;
    size_t length = strlen(name);
    PART_AUTO_STRING char *escaped = malloc(2 * length + 1);
    FILE *sql = escaped == NULL ? NULL : open_memstream(&text, &size);
    if (sql == NULL)
        return NULL;
    mysql_real_escape_string(conn->native, escaped, name, length);
    for (const char *c = question; *c != '\0'; c++)
        if (*c == '?')
            fprintf(sql, "'%s'", escaped);
        else
            fputc(*c, sql);
    bool written = ferror(sql) == 0;
    if (fclose(sql) == 0 && written)
        return text;
    free(text);
    return NULL;
}

ferry_status mydrv_catalog_ask(struct mydrv_conn *conn, const char *name, const char *question,
                               unsigned columns, const char *what, struct ferry_schema *schema,
                               MYSQL_RES **ret_list, struct ferry_error *err)
{
    PART_AUTO_STRING char *sql = catalog_text(conn, name, question);
    return sql == NULL ? mydrv_fail_memory(err)
                       : mydrv_catalog_ask_text(conn, sql, columns, what, schema, ret_list, err);
}

ferry_status mydrv_catalog_ask_text(struct mydrv_conn *conn, const char *sql, unsigned columns,
                                    const char *what, struct ferry_schema *schema,
                                    MYSQL_RES **ret_list, struct ferry_error *err)
{
    MYSQL_RES *list = NULL;
    if (mysql_real_query(conn->native, sql, strlen(sql)) == 0)
        list = mysql_store_result(conn->native);
    if (list != NULL && mysql_num_fields(list) == columns) {
        *ret_list = list;
        return FERRY_OK;
    }
    mysql_free_result(list);
    unsigned code = mysql_errno(conn->native);
    if (atomic_load(&conn->cancelled) || !mydrv_is_refusal(code))
        return mydrv_fail_conn(conn, MYDRV_ASKING, "read the server's catalog", err);
    *ret_list = NULL;
    return ferry_schema_unknown(schema, err, "%s is not known: the server says: %s (error %u)",
                                what, mysql_error(conn->native), code);
}

ferry_status mydrv_catalog_fail(const struct mydrv_conn *conn, const char *name, const char *what,
                                struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_STREAM,
                      "%s: the server's catalog does not tell %s of '%s', which it must have; it "
                      "was changed a moment ago, or the answer was cut: run again",
                      conn->label, what, name);
}

/* ---- One column ---- */

/* What is the same for all columns of the table or view. */
struct catalog {
    struct mydrv_conn *conn;
    const char *name;
    bool is_table; /* a view has no defaults and numbers nothing, though its columns seem to */
    bool quoted;   /* as mydrv_definition_default wants to know */
    struct ferry_schema *schema;
    const char *row_end; /* the column of that name is not read; NULL: there is none */
};

static bool catalog_copy(const char *text, char **ret_owned, const char **ret_field)
{
    if (text == NULL)
        return true;
    char *copy = strdup(text);
    if (copy == NULL)
        return false;
    free(*ret_owned);
    *ret_owned = copy;
    *ret_field = copy;
    return true;
}

/* The catalog's texts are utf8mb3: other letters have become question marks there. */
static bool catalog_is_faithful(const char *text, const struct mydrv_column *c)
{
    return strchr(text, '?') == NULL || (c->charset != NULL && mydrv_charset_is_small(c->charset));
}

/* Of a list of members in quotes. */
static bool catalog_has_empty_member(const char *members)
{
    for (const char *at = members; *at == '\'';) {
        const char *first = ++at;
        while (*at != '\'' || at[1] == '\'')
            at += *at == '\'' ? 2 : 1;
        if (at == first)
            return true;
        at += at[1] == ',' ? 2 : 1;
    }
    return false;
}

static ferry_status catalog_add_members(const struct catalog *catalog, const char *definition,
                                        struct mydrv_column *c, struct ferry_error *err)
{
    if (c->column.type != FERRY_TYPE_ENUM && c->column.type != FERRY_TYPE_SET)
        return FERRY_OK;
    char *members = NULL;
    if (catalog_is_faithful(definition, c) && !mydrv_definition_members(definition, &members))
        return mydrv_fail_memory(err);
    if (members == NULL)
        return ferry_schema_note(catalog->schema, err,
                                 "the members of column '%s' are not known: the server's catalog "
                                 "cannot show all their letters",
                                 c->name);
    free(c->members);
    c->members = members;
    c->column.members = members;
    if (c->column.type == FERRY_TYPE_ENUM && catalog_has_empty_member(members)) {
        ferry_status status = ferry_schema_note(
            catalog->schema, err,
            "column '%s' has an empty text among its members: its error value, which the server "
            "shows as an empty text too, arrives as that member",
            c->name);
        if (status != FERRY_OK)
            return status;
    }
    char *native = NULL;
    if (strlen(members) > MYDRV_NATIVE_MEMBERS)
        return FERRY_OK;
    if (asprintf(&native, "%s(%s)", c->native, members) < 0)
        return mydrv_fail_memory(err);
    free(c->native);
    c->native = native;
    c->column.native = native;
    return FERRY_OK;
}

static bool catalog_add_text(MYSQL_ROW row, struct mydrv_column *c)
{
    const char *collation = row[CATALOG_COLLATION];
    bool compares = c->column.type == FERRY_TYPE_TEXT || c->column.type == FERRY_TYPE_ENUM ||
                    c->column.type == FERRY_TYPE_SET;
    if (collation == NULL || (!compares && c->column.type != FERRY_TYPE_JSON))
        return true;
    if (compares)
        c->column.flags |= mydrv_collation_flags(collation, row[CATALOG_PAD]);
    return catalog_copy(row[CATALOG_CHARSET], &c->charset, &c->column.charset) &&
           catalog_copy(collation, &c->collation, &c->column.collation);
}

static void catalog_set_srid(struct mydrv_column *c, const char *srid)
{
    char *end = NULL;
    unsigned long value = srid == NULL ? 0 : strtoul(srid, &end, 10);
    if (c->column.type != FERRY_TYPE_GEOMETRY || srid == NULL || end == srid || *end != '\0' ||
        value > UINT32_MAX)
        return;
    c->column.flags |= FERRY_COLUMN_SRID;
    c->column.srid = (uint32_t)value;
}

static ferry_status catalog_add_default(const struct catalog *catalog, MYSQL_ROW row, size_t length,
                                        struct mydrv_column *c, struct ferry_error *err)
{
    const char *text = row[CATALOG_DEFAULT];
    char *value = NULL;
    enum mydrv_default kind = mydrv_definition_default(text, length, row[CATALOG_EXTRA],
                                                       catalog->quoted, &c->column, &value);
    if (kind == MYDRV_DEFAULT_NO_MEMORY)
        return mydrv_fail_memory(err);
    if (kind == MYDRV_DEFAULT_NOW)
        c->column.flags |= FERRY_COLUMN_DEFAULT_NOW;
    if (kind == MYDRV_DEFAULT_CONSTANT && !catalog_is_faithful(text, c)) {
        free(value);
        kind = MYDRV_DEFAULT_UNKNOWN;
    }
    if (kind == MYDRV_DEFAULT_UNKNOWN)
        return ferry_schema_note(catalog->schema, err,
                                 "the default of column '%s' is not carried: it is an expression, "
                                 "or the server's catalog cannot show it exactly",
                                 c->name);
    if (kind != MYDRV_DEFAULT_CONSTANT)
        return FERRY_OK;
    free(c->default_value);
    c->default_value = value;
    c->column.default_value = value;
    return FERRY_OK;
}

/* What only a table's own columns have. */
static ferry_status catalog_add_table(const struct catalog *catalog, MYSQL_ROW row, size_t length,
                                      struct mydrv_column *c, struct ferry_error *err)
{
    const char *extra = row[CATALOG_EXTRA];
    uint64_t width = mydrv_definition_width(row[CATALOG_DEFINITION], &c->column);
    if (width > 0) {
        c->column.length = width;
        if (!catalog_copy(row[CATALOG_DEFINITION], &c->native, &c->column.native))
            return mydrv_fail_memory(err);
    }
    if (mydrv_definition_is_invisible(extra))
        c->column.flags |= FERRY_COLUMN_INVISIBLE;
    if (mydrv_definition_numbers_itself(extra))
        c->column.flags |= FERRY_COLUMN_AUTO_NUMBER;
    if (mydrv_definition_is_generated(extra)) {
        c->column.flags |= FERRY_COLUMN_GENERATED;
        return FERRY_OK;
    }
    ferry_status status = FERRY_OK;
    if (mydrv_definition_follows_updates(extra))
        status =
            ferry_schema_note(catalog->schema, err,
                              "column '%s' takes the current moment when its row is changed at "
                              "the source; the copy's does not",
                              c->name);
    return status == FERRY_OK ? catalog_add_default(catalog, row, length, c, err) : status;
}

/* MariaDB's VECTOR is a VARBINARY in the result. */
static bool catalog_make_vector(const char *definition, struct mydrv_column *c)
{
    uint64_t dimensions = mydrv_definition_dimensions(definition);
    if (c->column.type != FERRY_TYPE_BYTES || dimensions == 0 ||
        dimensions * sizeof(float) != c->column.length)
        return true;
    c->column.type = FERRY_TYPE_VECTOR;
    c->column.length = dimensions;
    return catalog_copy(definition, &c->native, &c->column.native);
}

static ferry_status catalog_add_row(const struct catalog *catalog, MYSQL_ROW row,
                                    size_t default_length, struct mydrv_column *c,
                                    struct ferry_error *err)
{
    c->defined = true;
    c->in_key = catalog->is_table && row[CATALOG_KEY] != NULL && *row[CATALOG_KEY] != '\0';
    if (!mydrv_definition_agrees(row[CATALOG_DEFINITION], &c->column))
        return !catalog->is_table
                   ? FERRY_OK
                   : ferry_schema_unknown(catalog->schema, err,
                                          "the definition of column '%s' is not known: the "
                                          "server's catalog calls its type %s",
                                          c->name, row[CATALOG_DEFINITION]);
    if (!catalog_add_text(row, c) || !catalog_make_vector(row[CATALOG_DEFINITION], c))
        return mydrv_fail_memory(err);
    ferry_status status = catalog_add_members(catalog, row[CATALOG_DEFINITION], c, err);
    if (status != FERRY_OK)
        return status;
    if (c->column.type == FERRY_TYPE_GEOMETRY) {
        const char *subtype = mydrv_definition_subtype(row[CATALOG_DEFINITION]);
        catalog_set_srid(c, row[CATALOG_SRID]);
        if (!catalog_copy(subtype, &c->subtype, &c->column.subtype) ||
            !catalog_copy(subtype, &c->native, &c->column.native))
            return mydrv_fail_memory(err);
    }
    return catalog->is_table ? catalog_add_table(catalog, row, default_length, c, err) : FERRY_OK;
}

/* ---- All columns ---- */

static struct mydrv_column *catalog_find(struct mydrv_column *columns, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

/* "ROW START" or "ROW END" of a table with system versioning. */
static bool catalog_is_period(MYSQL_ROW row, const char *which)
{
    return row[CATALOG_EXPRESSION] != NULL && strcmp(row[CATALOG_EXPRESSION], which) == 0;
}

/* What SELECT * does not give: a user's column is read all the same.  The key that a server adds by
 * itself is not, nor is what it keeps of a row's history. */
static bool catalog_is_hidden(MYSQL_ROW row)
{
    return row[CATALOG_NAME] != NULL && row[CATALOG_EXTRA] != NULL && row[CATALOG_KIND] != NULL &&
           strstr(row[CATALOG_KIND], "VIEW") == NULL &&
           mydrv_definition_is_invisible(row[CATALOG_EXTRA]);
}

static bool catalog_is_servers(MYSQL_ROW row)
{
    return mydrv_definition_is_servers_key(row[CATALOG_NAME], row[CATALOG_EXTRA]) ||
           catalog_is_period(row, "ROW START") || catalog_is_period(row, "ROW END");
}

size_t mydrv_catalog_list(MYSQL_RES *list, const char **names, size_t *ret_hidden)
{
    MYSQL_ROW row;
    size_t count = 0;
    *ret_hidden = 0;
    while ((row = mysql_fetch_row(list)) != NULL) {
        bool hidden = catalog_is_hidden(row);
        if (row[CATALOG_NAME] == NULL || (hidden && catalog_is_servers(row)))
            continue;
        *ret_hidden += hidden ? 1 : 0;
        names[count++] = row[CATALOG_NAME];
    }
    mysql_data_seek(list, 0);
    return count;
}

/* A column of the catalog that is not read.  Of the key that a server adds by itself nobody needs
 * to know; keys have the end of a row's history among their columns, and the rows that are read,
 * one. */
static ferry_status catalog_pass_over(struct catalog *catalog, MYSQL_ROW row,
                                      struct ferry_error *err)
{
    if (!catalog_is_period(row, "ROW START") && !catalog_is_period(row, "ROW END"))
        return FERRY_OK;
    if (catalog_is_period(row, "ROW END"))
        catalog->row_end = row[CATALOG_NAME];
    return ferry_schema_note(catalog->schema, err,
                             "column '%s' is invisible and of the history of rows: it is not read",
                             row[CATALOG_NAME]);
}

static ferry_status catalog_add_rows(struct catalog *catalog, MYSQL_RES *list,
                                     struct mydrv_column *columns, size_t count,
                                     struct ferry_error *err)
{
    MYSQL_ROW row;
    ferry_status status = FERRY_OK;
    while (status == FERRY_OK && (row = mysql_fetch_row(list)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(list);
        const char *kind = row[CATALOG_KIND];
        if (row[CATALOG_NAME] == NULL || row[CATALOG_DEFINITION] == NULL ||
            row[CATALOG_EXTRA] == NULL || kind == NULL || lengths == NULL)
            return mydrv_catalog_fail(catalog->conn, catalog->name, "the columns", err);
        catalog->is_table = strstr(kind, "VIEW") == NULL;
        struct mydrv_column *column = catalog_find(columns, count, row[CATALOG_NAME]);
        status = column == NULL
                     ? catalog_pass_over(catalog, row, err)
                     : catalog_add_row(catalog, row, lengths[CATALOG_DEFAULT], column, err);
    }
    return status;
}

/* The account may read each of these columns, so the catalog shows them. */
static ferry_status catalog_check_columns(const struct catalog *catalog,
                                          const struct mydrv_column *columns, size_t count,
                                          struct ferry_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!columns[i].defined)
            return mydrv_catalog_fail(catalog->conn, catalog->name, "the columns", err);
    return FERRY_OK;
}

static ferry_status catalog_add_srids(const struct catalog *catalog, struct mydrv_column *columns,
                                      size_t count, struct ferry_error *err)
{
    MYDRV_AUTO_RESULT MYSQL_RES *list = NULL;
    MYSQL_ROW row;
    size_t first = 0;
    while (first < count && columns[first].column.type != FERRY_TYPE_GEOMETRY)
        first++;
    if (first == count)
        return FERRY_OK;
    ferry_status status =
        mydrv_catalog_ask(catalog->conn, catalog->name, catalog_srids, 2,
                          "the SRID of geometric columns", catalog->schema, &list, err);
    if (status == FERRY_OK && list != NULL && mysql_num_rows(list) == 0 && catalog->is_table)
        status = mydrv_catalog_fail(catalog->conn, catalog->name, "the geometric columns", err);
    while (status == FERRY_OK && list != NULL && (row = mysql_fetch_row(list)) != NULL) {
        struct mydrv_column *column = row[0] == NULL ? NULL : catalog_find(columns, count, row[0]);
        /* Here 0 means that none is demanded. */
        if (column != NULL && row[1] != NULL && strcmp(row[1], "0") != 0)
            catalog_set_srid(column, row[1]);
    }
    return status;
}

void mydrv_catalog_finish(struct mydrv_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ferry_column *column = &columns[i].column;
        bool compares = column->type == FERRY_TYPE_TEXT || column->type == FERRY_TYPE_ENUM ||
                        column->type == FERRY_TYPE_SET;
        if (compares && column->collation == NULL)
            column->flags |= FERRY_COLUMN_COMPARES_UNKNOWN;
    }
}

ferry_status mydrv_catalog_read(struct mydrv_conn *conn, const char *name,
                                struct ferry_schema *schema, MYSQL_RES **ret_list,
                                struct ferry_error *err)
{
    const char *question =
        conn->mariadb && conn->version >= MARIADB_HAS_EXPRESSIONS ? catalog_question
        : !conn->mariadb && conn->version >= MYSQL_HAS_SRS_ID     ? catalog_question_mysql
                                                                  : catalog_question_old;
    return mydrv_catalog_ask(conn, name, question, CATALOG_COLUMNS, "how the columns are defined",
                             schema, ret_list, err);
}

ferry_status mydrv_catalog_apply(struct mydrv_conn *conn, const char *name, MYSQL_RES *list,
                                 struct mydrv_column *columns, size_t count,
                                 struct ferry_schema *schema, struct mydrv_nature *ret_nature,
                                 struct ferry_error *err)
{
    struct catalog catalog = {.conn = conn,
                              .name = name,
                              .quoted = conn->mariadb && conn->version >= MARIADB_QUOTES_DEFAULTS,
                              .schema = schema};
    ferry_status status = FERRY_OK;
    if (list != NULL)
        status = catalog_add_rows(&catalog, list, columns, count, err);
    if (status == FERRY_OK && list != NULL)
        status = catalog_check_columns(&catalog, columns, count, err);
    if (status == FERRY_OK && conn->mariadb)
        status = catalog_add_srids(&catalog, columns, count, err);
    if (status == FERRY_OK)
        *ret_nature =
            (struct mydrv_nature){.is_table = catalog.is_table, .row_end = catalog.row_end};
    return status;
}
