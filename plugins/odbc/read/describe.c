/* What the columns are: as the ODBC driver describes a prepared statement, judged by the dialect's
 * table of types. */

#include "read/read.h"

#include <fnmatch.h>
#include <string.h>

#define DESCRIBE_NAME_ROOM 256
#define DECIMAL_MOST_DIGITS 1000

void odrv_columns_clear(struct odrv_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        free(columns->list[i].name);
        free(columns->list[i].native);
    }
    free(columns->list);
    *columns = (struct odrv_columns){0};
}

/* What the driver says of one column. */
struct described {
    char *name;
    char *type_name;
    SQLSMALLINT sql_type;
    SQLULEN size;
    SQLSMALLINT digits;
    bool not_null;
    bool is_unsigned;
};

static void described_clear(struct described *described)
{
    free(described->name);
    free(described->type_name);
}

/* An attribute that is a text; asked for again where it is longer than expected. */
static char *describe_attribute(SQLHSTMT stmt, SQLUSMALLINT column, SQLUSMALLINT attribute)
{
    SQLSMALLINT room = DESCRIBE_NAME_ROOM, length = 0;
    for (int turn = 0; turn < 2; turn++) {
        char *text = calloc(1, (size_t)room);
        if (text == NULL)
            return NULL;
        SQLRETURN result = SQLColAttribute(stmt, column, attribute, text, room, &length, NULL);
        if (odrv_succeeded(result) && (length < room || turn > 0)) {
            text[room - 1] = '\0';
            return text;
        }
        free(text);
        if (!odrv_succeeded(result) || length < room || length == INT16_MAX)
            return strdup("");
        room = (SQLSMALLINT)(length + 1);
    }
    return strdup("");
}

static SQLLEN describe_number(SQLHSTMT stmt, SQLUSMALLINT column, SQLUSMALLINT attribute)
{
    SQLLEN number = 0;
    return odrv_succeeded(SQLColAttribute(stmt, column, attribute, NULL, 0, NULL, &number)) ? number
                                                                                            : 0;
}

static ferry_status describe_ask(struct odrv_conn *conn, SQLHSTMT stmt, SQLUSMALLINT column,
                                 const char *doing, struct described *ret, struct ferry_error *err)
{
    SQLCHAR begin[2];
    SQLSMALLINT length = 0, nullable = SQL_NULLABLE_UNKNOWN;
    SQLRETURN result = SQLDescribeCol(stmt, column, begin, (SQLSMALLINT)sizeof begin, &length,
                                      &ret->sql_type, &ret->size, &ret->digits, &nullable);
    if (!odrv_succeeded(result))
        return odrv_fail(conn, SQL_HANDLE_STMT, stmt, ODRV_DESCRIBING, doing, err);
    ret->name = describe_attribute(stmt, column, SQL_DESC_NAME);
    ret->type_name = describe_attribute(stmt, column, SQL_DESC_TYPE_NAME);
    ret->not_null = nullable == SQL_NO_NULLS;
    ret->is_unsigned = describe_number(stmt, column, SQL_DESC_UNSIGNED) == SQL_TRUE;
    return ret->name == NULL || ret->type_name == NULL ? odrv_fail_memory(err) : FERRY_OK;
}

/* ---- What follows from that ---- */

static bool describe_is_long(const struct odrv_conn *conn, const struct described *described)
{
    return described->sql_type == SQL_LONGVARCHAR || described->sql_type == SQL_WLONGVARCHAR ||
           described->sql_type == SQL_LONGVARBINARY || described->size == 0 ||
           (conn->dialect->unlimited > 0 && described->size >= conn->dialect->unlimited);
}

/* Lengths, digits and bits; false where they contradict the type. */
static bool describe_measure(const struct odrv_conn *conn, const struct described *described,
                             struct odrv_column *column)
{
    struct ferry_column *c = &column->column;
    int digits = described->digits;
    switch (c->type) {
    case FERRY_TYPE_DECIMAL:
        if (described->size == 0 || described->size > DECIMAL_MOST_DIGITS || digits < 0 ||
            (SQLULEN)digits > described->size)
            return false;
        c->precision = (uint32_t)described->size;
        c->scale = (uint32_t)digits;
        break;
    case FERRY_TYPE_TIME:
    case FERRY_TYPE_DATETIME:
        c->scale = digits > 0 && digits <= 9 ? (uint32_t)digits : column->type->scale;
        break;
    case FERRY_TYPE_BIT:
        c->bits = (uint32_t)described->size;
        return described->size > 0 && described->size <= 64;
    case FERRY_TYPE_TEXT:
    case FERRY_TYPE_BYTES:
        if (conn->dialect->ask_declared != NULL)
            break; /* a length there limits nothing */
        if ((c->flags & FERRY_COLUMN_LONG) != 0)
            break;
        if (describe_is_long(conn, described))
            c->flags |= FERRY_COLUMN_LONG;
        else
            c->length = described->size;
        break;
    default:
        break;
    }
    column->scale = c->scale;
    return true;
}

static char *describe_native(const struct described *described, const struct ferry_column *column)
{
    const char *name = *described->type_name != '\0' ? described->type_name : "expression";
    char *native = NULL;
    int made;
    if (column->type == FERRY_TYPE_DECIMAL)
        made = asprintf(&native, "%s(%u,%u)", name, column->precision, column->scale);
    else if ((column->type == FERRY_TYPE_TEXT || column->type == FERRY_TYPE_BYTES) &&
             column->length > 0)
        made = asprintf(&native, "%s(%llu)", name, (unsigned long long)column->length);
    else if ((column->type == FERRY_TYPE_TIME || column->type == FERRY_TYPE_DATETIME) &&
             column->scale > 0)
        made = asprintf(&native, "%s(%u)", name, column->scale);
    else if (column->type == FERRY_TYPE_BIT)
        made = asprintf(&native, "%s(%u)", name, column->bits);
    else
        made = asprintf(&native, "%s%s", name,
                        (column->flags & FERRY_COLUMN_UNSIGNED) != 0 && column->bits > 0 &&
                                strcasestr(name, "unsigned") == NULL
                            ? " unsigned"
                            : "");
    return made < 0 ? NULL : native;
}

static ferry_status describe_refuse(const struct odrv_conn *conn, const struct described *described,
                                    struct ferry_error *err)
{
    bool unknown =
        *described->type_name == '\0' || strcasecmp(described->type_name, "unknown") == 0;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: column '%s' has %s%s%s (ODBC type %d, %lu, %d), which dbferry does not "
                      "carry through this ODBC driver; leave it out, or cast it to a text in the "
                      "view or query",
                      conn->label, described->name, unknown ? "a type without a name" : "type '",
                      unknown ? "" : described->type_name, unknown ? "" : "'",
                      (int)described->sql_type, (unsigned long)described->size,
                      (int)described->digits);
}

/* `described` as a column, with the type's row in the dialect. */
static ferry_status describe_judge(const struct odrv_conn *conn, const struct described *described,
                                   size_t position, struct odrv_column *ret,
                                   struct ferry_error *err)
{
    struct odrv_column column = {0};
    if (*described->name == '\0')
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: column %zu has no name; give it one with AS in the query or view",
                          conn->label, position);
    column.type = odrv_dialect_type(conn->dialect, described->type_name, described->sql_type);
    if (column.type == NULL)
        return describe_refuse(conn, described, err);
    column.column.type = column.type->type;
    column.column.bits = column.type->bits;
    column.column.flags = column.type->flags;
    if (column.type->codec == ODRV_CODEC_INT && column.column.type == FERRY_TYPE_INT &&
        described->is_unsigned)
        column.column.flags |= FERRY_COLUMN_UNSIGNED;
    if (!describe_measure(conn, described, &column))
        return describe_refuse(conn, described, err);
    column.name = strdup(described->name);
    column.native = describe_native(described, &column.column);
    if (column.name == NULL || column.native == NULL) {
        free(column.name);
        free(column.native);
        return odrv_fail_memory(err);
    }
    column.column.name = column.name;
    column.column.native = column.native;
    column.column.flags |= odrv_scan_flags(conn, &column);
    *ret = column;
    return FERRY_OK;
}

/* ---- What a dialect asks the database itself ---- */

static const char describe_declared_doing[] = "ask how the columns are declared";

/* One column, as the answer says. */
static ferry_status describe_take_declared(struct odrv_conn *conn, SQLHSTMT stmt,
                                           struct described *described, struct ferry_error *err)
{
    PART_AUTO_STRING char *name = NULL;
    PART_AUTO_STRING char *type = NULL;
    PART_AUTO_STRING char *not_null = NULL;
    ferry_status status = odrv_statement_text(conn, stmt, 1, describe_declared_doing, &name, err);
    if (status == FERRY_OK)
        status = odrv_statement_text(conn, stmt, 2, describe_declared_doing, &type, err);
    if (status == FERRY_OK)
        status = odrv_statement_text(conn, stmt, 3, describe_declared_doing, &not_null, err);
    if (status != FERRY_OK || name == NULL || type == NULL)
        return status;
    described_clear(described);
    described->name = name;
    described->type_name = type;
    described->not_null = not_null != NULL && strcmp(not_null, "0") != 0;
    name = type = NULL;
    return FERRY_OK;
}

/* The ODBC driver's guess stands for what it cannot know: then it is nothing. */
static ferry_status describe_forget_guesses(struct described *list, SQLSMALLINT count,
                                            struct ferry_error *err)
{
    for (SQLSMALLINT i = 0; i < count; i++) {
        if (strcmp(list[i].type_name, "varchar") != 0 || list[i].size != 255)
            continue;
        free(list[i].type_name);
        list[i].type_name = strdup("");
        if (list[i].type_name == NULL)
            return odrv_fail_memory(err);
    }
    return FERRY_OK;
}

static ferry_status describe_ask_declared(struct odrv_conn *conn, const struct ferry_read *read,
                                          struct described *list, SQLSMALLINT count,
                                          struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    SQLSMALLINT told = 0;
    bool row = true;
    part_text_add_quoted(&name, '\'', read->text);
    if (!name.failed)
        part_text_add_template(&sql, conn->dialect->ask_declared, name.data);
    ferry_status status =
        name.failed || sql.failed ? odrv_fail_memory(err) : odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status =
            odrv_statement_run(conn, stmt, sql.data, ODRV_ASKING, describe_declared_doing, err);
    for (; status == FERRY_OK && told <= count; told++) {
        status = odrv_statement_next(conn, stmt, describe_declared_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        if (told < count)
            status = describe_take_declared(conn, stmt, &list[told], err);
    }
    odrv_statement_free(&stmt);
    if (status == FERRY_OK)
        status = odrv_conn_confirm(conn, describe_declared_doing, err);
    if (status != FERRY_OK || told == count)
        return status;
    status =
        ferry_fail(err, FERRY_ERR_BUSY, "%s: the columns of '%s' changed a moment ago; run again",
                   conn->label, read->text);
    ferry_error_may_pass(err);
    return status;
}

/* ---- The whole ---- */

/* Prepares it, and says how many columns it has. */
static ferry_status describe_prepare(struct odrv_conn *conn, const struct ferry_read *read,
                                     const struct odrv_names *names, SQLHSTMT stmt,
                                     const char *what, SQLSMALLINT *ret_count,
                                     struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *doing = NULL;
    SQLSMALLINT markers = 0, count = 0;
    ferry_status status = odrv_query_plain(conn, read, names, &sql, err);
    if (status != FERRY_OK)
        return status;
    if (asprintf(&doing, "read %s", what) < 0) {
        doing = NULL;
        return odrv_fail_memory(err);
    }
    odrv_watch_begin(&conn->watch, stmt, false);
    SQLRETURN result = SQLPrepare(stmt, (SQLCHAR *)sql.data, SQL_NTS);
    if (odrv_succeeded(result)) /* some ask the database only now */
        result = SQLNumResultCols(stmt, &count);
    odrv_watch_end(&conn->watch);
    status = odrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (!odrv_succeeded(result))
        return odrv_fail(conn, SQL_HANDLE_STMT, stmt, ODRV_DESCRIBING, doing, err);
    if (odrv_succeeded(SQLNumParams(stmt, &markers)) && markers > 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: %s holds a '?' that stands for a value; write the value itself",
                          conn->label, what);
    if (count <= 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: %s returns no rows by its nature; give one SELECT", conn->label,
                          what);
    *ret_count = count;
    return FERRY_OK;
}

static ferry_status describe_columns(struct odrv_conn *conn, const struct ferry_read *read,
                                     SQLHSTMT stmt, const char *what, struct described *list,
                                     SQLSMALLINT count, struct odrv_columns *columns,
                                     struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    ferry_status status = FERRY_OK;
    if (asprintf(&doing, "describe %s", what) < 0) {
        doing = NULL;
        return odrv_fail_memory(err);
    }
    for (SQLSMALLINT i = 0; status == FERRY_OK && i < count; i++)
        status = describe_ask(conn, stmt, (SQLUSMALLINT)(i + 1), doing, &list[i], err);
    if (status == FERRY_OK && conn->dialect->ask_declared != NULL)
        status = read->kind == FERRY_READ_QUERY
                     ? describe_forget_guesses(list, count, err)
                     : describe_ask_declared(conn, read, list, count, err);
    columns->list = calloc((size_t)count + 1, sizeof *columns->list);
    if (columns->list == NULL)
        return odrv_fail_memory(err);
    for (SQLSMALLINT i = 0; status == FERRY_OK && i < count; i++) {
        status = describe_judge(conn, &list[i], (size_t)i + 1, &columns->list[i], err);
        columns->count += status == FERRY_OK;
    }
    return status;
}

/* Prepares it, describes its columns, and sets NOT NULL where a table says so: an outer join in a
 * view or query puts NULL where its tables have none. */
static ferry_status describe_statement(struct odrv_conn *conn, const struct ferry_read *read,
                                       const struct odrv_names *names, const char *what, bool table,
                                       struct odrv_columns *columns, struct ferry_error *err)
{
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    SQLSMALLINT count = 0;
    ferry_status status = odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status = describe_prepare(conn, read, names, stmt, what, &count, err);
    if (status != FERRY_OK)
        return status;
    struct described *list = calloc((size_t)count + 1, sizeof *list);
    status = list == NULL ? odrv_fail_memory(err)
                          : describe_columns(conn, read, stmt, what, list, count, columns, err);
    for (SQLSMALLINT i = 0; status == FERRY_OK && table && i < count; i++)
        columns->list[i].column.flags |= list[i].not_null ? FERRY_COLUMN_NOT_NULL : 0;
    for (SQLSMALLINT i = 0; list != NULL && i < count; i++)
        described_clear(&list[i]);
    free(list);
    return status;
}

static bool describe_has(const struct odrv_columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->list[i].name, name) == 0)
            return true;
    return false;
}

/* A table may have columns that SELECT * leaves out, and its key may need them: then it is
 * described once more, with each column by its name. */
static ferry_status describe_hidden(struct odrv_conn *conn, const struct ferry_read *read,
                                    const struct odrv_found *found, const char *what,
                                    struct odrv_columns *columns, struct ferry_error *err)
{
    ODRV_AUTO_NAMES struct odrv_names names = {0};
    ODRV_AUTO_COLUMNS struct odrv_columns all = {0};
    bool hidden = false;
    ferry_status status = odrv_tables_columns(conn, found, &names, err);
    for (size_t i = 0; status == FERRY_OK && i < names.count; i++)
        hidden = hidden || !describe_has(columns, names.list[i]);
    if (status == FERRY_OK && hidden)
        status = describe_statement(conn, read, &names, what, true, &all, err);
    if (status != FERRY_OK || !hidden)
        return status;
    for (size_t i = 0; i < all.count; i++)
        if (!describe_has(columns, all.list[i].name))
            all.list[i].column.flags |= FERRY_COLUMN_INVISIBLE;
    odrv_columns_clear(columns);
    *columns = all;
    all = (struct odrv_columns){0};
    return FERRY_OK;
}

/* Its name alone may mean another table than the one of the current schema. */
static bool describe_is_hidden(const struct odrv_conn *conn, const struct ferry_read *read)
{
    return read->kind != FERRY_READ_QUERY && conn->schema == NULL &&
           conn->dialect->system_names != NULL &&
           fnmatch(conn->dialect->system_names, read->text, 0) == 0;
}

ferry_status odrv_columns_describe(struct odrv_conn *conn, const struct ferry_read *read,
                                   struct odrv_columns *ret_columns, struct ferry_error *err)
{
    static const struct odrv_names everything = {0};
    PART_AUTO_STRING char *what = odrv_query_what(read);
    ODRV_AUTO_COLUMNS struct odrv_columns columns = {0};
    ODRV_AUTO_FOUND struct odrv_found found = {.exists = true};
    ferry_status status = what == NULL ? odrv_fail_memory(err) : FERRY_OK;
    if (status == FERRY_OK && read->kind != FERRY_READ_QUERY)
        status = odrv_tables_find(conn, read->text, &found, err);
    /* A statement that fails would spoil the snapshot. */
    if (status == FERRY_OK && !found.exists)
        status = ferry_fail(err, FERRY_ERR_NOT_FOUND,
                            "%s: there is no %s, or the account may not see it; check its name, "
                            "and `schema`",
                            conn->label, what);
    if (status == FERRY_OK && found.kind != 0 && describe_is_hidden(conn, read))
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: %s has a name of the system's, whose own would be read instead; "
                            "set `schema` to \"%s\"",
                            conn->label, what, conn->own_schema == NULL ? "" : conn->own_schema);
    bool table = found.kind == FERRY_READ_TABLE;
    if (status == FERRY_OK)
        status = describe_statement(conn, read, &everything, what, table, &columns, err);
    if (status == FERRY_OK && table && conn->dialect->hides)
        status = describe_hidden(conn, read, &found, what, &columns, err);
    if (status == FERRY_OK && table)
        status = odrv_keys_mark(conn, &found, &columns, err);
    if (status == FERRY_OK) {
        *ret_columns = columns;
        columns = (struct odrv_columns){0};
    }
    return status;
}

ferry_status odrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                           struct ferry_error *err)
{
    ODRV_AUTO_COLUMNS struct odrv_columns columns = {0};
    ferry_status status = odrv_columns_describe(conn, read, &columns, err);
    for (size_t i = 0; status == FERRY_OK && i < columns.count; i++)
        status =
            ferry_schema_add(schema, &columns.list[i].column, sizeof(struct ferry_column), err);
    return status;
}
