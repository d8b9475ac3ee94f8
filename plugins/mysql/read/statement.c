/* What is asked for, as a prepared statement, and what its result will look like. */

#include "read/read.h"
#include "text.h"

#include <string.h>

/* A name is one plain identifier: a dot in it is part of the name, a backtick is doubled. */
static void statement_write_name(FILE *sql, const char *name)
{
    fputc('`', sql);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '`')
            fputc('`', sql);
        fputc(*c, sql);
    }
    fputc('`', sql);
}

/* The columns by name, with a CAST around those that the client library cannot read. */
static void statement_write_list(FILE *sql, const struct mydrv_statement *statement)
{
    for (size_t i = 0; i < statement->column_count; i++) {
        const struct mydrv_column *column = &statement->columns[i];
        fputs(i > 0 ? ", " : "", sql);
        fputs(column->recast != NULL ? "CAST(" : "", sql);
        statement_write_name(sql, column->name);
        if (column->recast != NULL) {
            fprintf(sql, " AS %s) AS ", column->recast);
            statement_write_name(sql, column->name);
        }
    }
}

/* With `listed`, the columns are written one by one. */
static ferry_status statement_text(const struct ferry_read *read,
                                   const struct mydrv_statement *listed, char **ret_sql,
                                   struct ferry_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *sql = open_memstream(&text, &size);
    if (sql == NULL)
        return mydrv_fail_memory(err);
    if (read->kind == FERRY_READ_QUERY) {
        fputs(read->text, sql);
    } else {
        fputs("SELECT ", sql);
        if (listed == NULL)
            fputc('*', sql);
        else
            statement_write_list(sql, listed);
        fputs(" FROM ", sql);
        statement_write_name(sql, read->text);
    }
    bool written = ferror(sql) == 0;
    if (fclose(sql) != 0 || !written || text == NULL) {
        free(text);
        return mydrv_fail_memory(err);
    }
    *ret_sql = text;
    return FERRY_OK;
}

static char *statement_name(const struct ferry_read *read)
{
    char *what = NULL;
    int made = read->kind == FERRY_READ_QUERY
                   ? asprintf(&what, "the query")
                   : asprintf(&what, "%s '%s'", read->kind == FERRY_READ_VIEW ? "view" : "table",
                              read->text);
    return made < 0 ? NULL : what;
}

static ferry_status statement_prepare(struct mydrv_conn *conn, const char *sql, const char *what,
                                      MYSQL_STMT **ret_stmt, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read %s", what) < 0) {
        doing = NULL;
        return mydrv_fail_memory(err);
    }
    MYSQL_STMT *stmt = mysql_stmt_init(conn->native);
    if (stmt == NULL)
        return mydrv_fail_memory(err);
    if (mysql_stmt_prepare(stmt, sql, strlen(sql)) != 0)
        status = mydrv_fail_stmt(conn, stmt, MYDRV_DESCRIBING, doing, err);
    else if (mysql_stmt_param_count(stmt) != 0)
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: %s holds a '?' that stands for a value; write the value itself",
                            conn->label, what);
    else if (mysql_stmt_field_count(stmt) == 0)
        status =
            ferry_fail(err, FERRY_ERR_CONFIG,
                       "%s: %s returns no rows by its nature; give one SELECT", conn->label, what);
    if (status != FERRY_OK) {
        mysql_stmt_close(stmt);
        return status;
    }
    *ret_stmt = stmt;
    return FERRY_OK;
}

static ferry_status statement_describe_columns(const struct mydrv_conn *conn, MYSQL_RES *metadata,
                                               struct mydrv_statement *statement,
                                               struct ferry_error *err)
{
    unsigned count = mysql_num_fields(metadata);
    const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
    statement->columns = calloc(count, sizeof *statement->columns);
    if (statement->columns == NULL)
        return mydrv_fail_memory(err);
    for (unsigned i = 0; i < count; i++) {
        ferry_status status =
            mydrv_column_describe(&fields[i], i + 1, conn->utc, &statement->columns[i], err);
        if (status != FERRY_OK)
            return status;
        statement->column_count = i + 1;
    }
    return FERRY_OK;
}

/* Prepares the text again where a column needs a CAST. */
static ferry_status statement_recast(struct mydrv_conn *conn, const struct ferry_read *read,
                                     struct mydrv_statement *statement, struct ferry_error *err)
{
    PART_AUTO_STRING char *sql = NULL;
    size_t first = 0;
    while (first < statement->column_count && statement->columns[first].recast == NULL)
        first++;
    if (first == statement->column_count)
        return FERRY_OK;
    const struct mydrv_column *column = &statement->columns[first];
    const char *name = column->name;
    if (read->kind == FERRY_READ_QUERY)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column '%s' of the query %s; write CAST(... AS %s) AS %s there, or read "
                          "the table or a view by its name",
                          name,
                          column->column.type == FERRY_TYPE_BIT
                              ? "is an expression of type BIT, which servers send in two forms"
                              : "has type VECTOR, which the client library cannot read",
                          column->recast, name);
    ferry_status status = statement_text(read, statement, &sql, err);
    if (status != FERRY_OK)
        return status;
    mysql_stmt_close(statement->stmt);
    statement->stmt = NULL;
    return statement_prepare(conn, sql, statement->what, &statement->stmt, err);
}

/* With `listed`, these columns; else those that SELECT * gives. */
static ferry_status statement_begin(struct mydrv_conn *conn, const struct ferry_read *read,
                                    const struct mydrv_statement *listed,
                                    struct mydrv_statement *statement, struct ferry_error *err)
{
    PART_AUTO_STRING char *sql = NULL;
    statement->what = statement_name(read);
    if (statement->what == NULL)
        return mydrv_fail_memory(err);
    ferry_status status = statement_text(read, listed, &sql, err);
    if (status == FERRY_OK)
        status = statement_prepare(conn, sql, statement->what, &statement->stmt, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_RES *metadata = mysql_stmt_result_metadata(statement->stmt);
    if (metadata == NULL)
        return mydrv_fail_memory(err);
    status = statement_describe_columns(conn, metadata, statement, err);
    mysql_free_result(metadata);
    return status == FERRY_OK ? statement_recast(conn, read, statement, err) : status;
}

static ferry_status statement_open_listed(struct mydrv_conn *conn, const struct ferry_read *read,
                                          const struct mydrv_statement *listed,
                                          struct mydrv_statement *ret_statement,
                                          struct ferry_error *err)
{
    struct mydrv_statement statement = {0};
    ferry_status status = statement_begin(conn, read, listed, &statement, err);
    if (status != FERRY_OK)
        mydrv_statement_close(&statement);
    else
        *ret_statement = statement;
    return status;
}

/* The same with the names alone, in their order. */
static ferry_status statement_open_names(struct mydrv_conn *conn, const struct ferry_read *read,
                                         const char *const *names, size_t count,
                                         struct mydrv_statement *ret_statement,
                                         struct ferry_error *err)
{
    struct mydrv_statement listed = {.columns = calloc(count, sizeof *listed.columns),
                                     .column_count = count};
    if (listed.columns == NULL)
        return mydrv_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        listed.columns[i].name = (char *)names[i];
    ferry_status status = statement_open_listed(conn, read, &listed, ret_statement, err);
    free(listed.columns);
    return status;
}

static bool statement_has_invisible(const struct ferry_schema *schema)
{
    for (size_t i = 0; schema != NULL && i < ferry_schema_count(schema); i++)
        if ((ferry_schema_column(schema, i)->flags & FERRY_COLUMN_INVISIBLE) != 0)
            return true;
    return false;
}

ferry_status mydrv_statement_open(struct mydrv_conn *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema,
                                  struct mydrv_statement *ret_statement, struct ferry_error *err)
{
    if (read->kind == FERRY_READ_QUERY || !statement_has_invisible(schema))
        return statement_open_listed(conn, read, NULL, ret_statement, err);
    size_t count = ferry_schema_count(schema);
    const char **names = calloc(count, sizeof *names);
    if (names == NULL)
        return mydrv_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        names[i] = ferry_schema_column(schema, i)->name;
    ferry_status status = statement_open_names(conn, read, names, count, ret_statement, err);
    free(names);
    return status;
}

/* ---- A scan ---- */

static void statement_write_scan_list(const struct mydrv_statement *statement,
                                      const struct ferry_scan *scan, struct part_text *sql)
{
    size_t width = mydrv_scan_width(scan, statement->column_count);
    for (size_t i = 0; i < width; i++) {
        const struct mydrv_column *column = &statement->columns[mydrv_scan_column(scan, i)];
        part_text_add(sql, i > 0 ? ", " : "SELECT ");
        part_text_add(sql, column->recast != NULL ? "CAST(" : "");
        mydrv_scan_write_name(column->name, sql);
        if (column->recast != NULL) {
            part_text_addf(sql, " AS %s) AS ", column->recast);
            mydrv_text_add_name(sql, column->name);
        }
    }
}

/* A query is read as a derived table, whose end may be a comment. */
void mydrv_scan_write_from(const struct mydrv_conn *conn, const struct ferry_read *read,
                           struct part_text *sql)
{
    part_text_add(sql, " FROM ");
    if (read->kind == FERRY_READ_QUERY) {
        part_text_add(sql, "(");
        part_text_append(sql, read->text, mydrv_query_length(conn, read->text));
        part_text_add(sql, "\n)");
    } else {
        mydrv_text_add_name(sql, read->text);
    }
    part_text_add(sql, " AS " MYDRV_SCAN_ALIAS);
}

/* The orders of all columns, to be freed; NULL if out of memory. */
static enum mydrv_order *statement_orders(const struct mydrv_statement *statement,
                                          const struct ferry_schema *schema)
{
    enum mydrv_order *orders = calloc(statement->column_count + 1, sizeof *orders);
    for (size_t i = 0; orders != NULL && i < statement->column_count; i++) {
        const struct ferry_column *column = ferry_schema_column(schema, i);
        bool number = column->type == FERRY_TYPE_BIT && statement->columns[i].recast != NULL;
        orders[i] = number ? MYDRV_ORDER_NUMBER : mydrv_order_of(column);
    }
    return orders;
}

/* Only those that are read are left, in their order, each once. */
static ferry_status statement_choose_columns(struct mydrv_statement *statement,
                                             const struct ferry_scan *scan, struct ferry_error *err)
{
    size_t width = mydrv_scan_width(scan, statement->column_count);
    struct mydrv_column *columns = calloc(width + 1, sizeof *columns);
    if (columns == NULL)
        return mydrv_fail_memory(err);
    for (size_t i = 0; i < width; i++) {
        struct mydrv_column *column = &statement->columns[mydrv_scan_column(scan, i)];
        columns[i] = *column;
        *column = (struct mydrv_column){0};
    }
    for (size_t i = 0; i < statement->column_count; i++)
        mydrv_column_clear(&statement->columns[i]);
    free(statement->columns);
    statement->columns = columns;
    statement->column_count = width;
    return FERRY_OK;
}

ferry_status mydrv_statement_scan(struct mydrv_conn *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema, const struct ferry_scan *scan,
                                  struct mydrv_statement *statement, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    /* A derived table may send the bits of a column as an expression does. */
    for (size_t i = 0; i < statement->column_count && read->kind == FERRY_READ_QUERY; i++)
        if (statement->columns[i].column.type == FERRY_TYPE_BIT)
            statement->columns[i].recast = "UNSIGNED";
    enum mydrv_order *orders = statement_orders(statement, schema);
    if (orders == NULL)
        return mydrv_fail_memory(err);
    statement_write_scan_list(statement, scan, &sql);
    mydrv_scan_write_from(conn, read, &sql);
    ferry_status status = mydrv_scan_write(conn, scan, schema, orders, &sql, err);
    if (status == FERRY_OK)
        status = mydrv_scan_make_room(conn, scan, schema, err);
    free(orders);
    if (status != FERRY_OK)
        return status;
    mysql_stmt_close(statement->stmt);
    statement->stmt = NULL;
    status = statement_prepare(conn, sql.data, statement->what, &statement->stmt, err);
    return status == FERRY_OK ? statement_choose_columns(statement, scan, err) : status;
}

void mydrv_statement_close(struct mydrv_statement *statement)
{
    for (size_t i = 0; i < statement->column_count; i++)
        mydrv_column_clear(&statement->columns[i]);
    free(statement->columns);
    if (statement->stmt != NULL)
        mysql_stmt_close(statement->stmt);
    free(statement->what);
    *statement = (struct mydrv_statement){0};
}

/* Both servers mark columns of views and queries as NOT NULL that can be NULL: a constant of a view
 * behind LEFT JOIN, a group's column WITH ROLLUP.  A table's own mark is true. */
static void statement_drop_not_null(struct mydrv_statement *statement)
{
    for (size_t i = 0; i < statement->column_count; i++)
        statement->columns[i].column.flags &= ~FERRY_COLUMN_NOT_NULL;
}

/* The columns of a table that SELECT * leaves out are read too: then the statement is another. */
static ferry_status statement_add_invisible(struct mydrv_conn *conn, const struct ferry_read *read,
                                            MYSQL_RES *list, struct mydrv_statement *statement,
                                            struct ferry_error *err)
{
    size_t hidden = 0;
    const char **names = calloc((size_t)mysql_num_rows(list) + 1, sizeof *names);
    if (names == NULL)
        return mydrv_fail_memory(err);
    size_t count = mydrv_catalog_list(list, names, &hidden);
    ferry_status status = FERRY_OK;
    if (hidden > 0) {
        mydrv_statement_close(statement);
        status = statement_open_names(conn, read, names, count, statement, err);
    }
    free(names);
    return status;
}

/* What a definition adds to the result's own words.  A query has none. */
static ferry_status statement_add_definition(struct mydrv_conn *conn, const struct ferry_read *read,
                                             struct mydrv_statement *statement,
                                             struct ferry_schema *schema,
                                             struct mydrv_keys *ret_keys, struct ferry_error *err)
{
    struct mydrv_nature nature = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *list = NULL;
    ferry_status status = FERRY_OK;
    if (read->kind != FERRY_READ_QUERY)
        status = mydrv_catalog_read(conn, read->text, schema, &list, err);
    if (status == FERRY_OK && list != NULL)
        status = statement_add_invisible(conn, read, list, statement, err);
    if (status == FERRY_OK && read->kind != FERRY_READ_QUERY)
        status = mydrv_catalog_apply(conn, read->text, list, statement->columns,
                                     statement->column_count, schema, &nature, err);
    if (status == FERRY_OK && nature.is_table)
        status = mydrv_keys_read(conn, read->text, nature.row_end, statement->columns,
                                 statement->column_count, schema, ret_keys, err);
    if (!nature.is_table)
        statement_drop_not_null(statement);
    mydrv_catalog_finish(statement->columns, statement->column_count);
    for (size_t i = 0; i < statement->column_count; i++)
        statement->columns[i].column.flags |=
            mydrv_order_flags(conn, &statement->columns[i].column);
    return status;
}

ferry_status mydrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                            struct ferry_error *err)
{
    struct mydrv_statement statement = {0};
    struct mydrv_keys keys = {0};
    ferry_status status = mydrv_list_let_go(conn, err);
    if (status == FERRY_OK)
        status = mydrv_statement_open(conn, read, NULL, &statement, err);
    if (status == FERRY_OK)
        status = statement_add_definition(conn, read, &statement, schema, &keys, err);
    for (size_t i = 0; i < statement.column_count && status == FERRY_OK; i++)
        status = ferry_schema_add(schema, &statement.columns[i].column,
                                  sizeof statement.columns[i].column, err);
    if (status == FERRY_OK)
        status = mydrv_keys_add(&keys, schema, err);
    if (status == FERRY_OK && read->foreign_keys != 0 && read->kind == FERRY_READ_TABLE)
        status = mydrv_foreign_keys_describe(conn, read->text, schema, err);
    mydrv_keys_clear(&keys);
    mydrv_statement_close(&statement);
    return status;
}
