/* What is asked for, as a prepared statement, and what its result will look like. */

#include "mysql_driver.h"

#include <string.h>

/* A name is one plain identifier: a dot in it is part of the name, a backtick is doubled. */
static void statement_write_name(FILE *sql, const char *name)
{
    fputs("SELECT * FROM `", sql);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '`')
            fputc('`', sql);
        fputc(*c, sql);
    }
    fputc('`', sql);
}

ferry_status mydrv_statement_text(const struct ferry_read *read, char **ret_sql, char **ret_what,
                                  struct ferry_error *err)
{
    char *text = NULL;
    char *what = NULL;
    size_t size = 0;
    FILE *sql = open_memstream(&text, &size);
    if (sql == NULL)
        return mydrv_fail_memory(err);
    if (read->kind == FERRY_READ_QUERY)
        fputs(read->text, sql);
    else
        statement_write_name(sql, read->text);
    bool written = ferror(sql) == 0;
    if (fclose(sql) != 0 || !written || text == NULL) {
        free(text);
        return mydrv_fail_memory(err);
    }
    int made = read->kind == FERRY_READ_QUERY
                   ? asprintf(&what, "the query")
                   : asprintf(&what, "%s '%s'", read->kind == FERRY_READ_VIEW ? "view" : "table",
                              read->text);
    if (made < 0) {
        free(text);
        return mydrv_fail_memory(err);
    }
    *ret_sql = text;
    *ret_what = what;
    return FERRY_OK;
}

ferry_status mydrv_statement_prepare(struct mydrv_conn *conn, const char *sql, const char *what,
                                     MYSQL_STMT **ret_stmt, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    MYDRV_AUTO_TEXT char *doing = NULL;
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

static ferry_status statement_add_columns(struct mydrv_conn *conn, MYSQL_RES *metadata,
                                          struct ferry_schema *schema, struct ferry_error *err)
{
    unsigned count = mysql_num_fields(metadata);
    const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
    ferry_status status = FERRY_OK;
    for (unsigned i = 0; i < count && status == FERRY_OK; i++) {
        struct mydrv_column column = {0};
        status =
            mydrv_column_describe(&fields[i], i + 1, conn->bytes_per_char, conn->utc, &column, err);
        if (status == FERRY_OK)
            status = ferry_schema_add(schema, &column.column, sizeof column.column, err);
        mydrv_column_clear(&column);
    }
    return status;
}

ferry_status mydrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                            struct ferry_error *err)
{
    struct mydrv_conn *c = conn;
    MYDRV_AUTO_TEXT char *sql = NULL;
    MYDRV_AUTO_TEXT char *what = NULL;
    MYSQL_STMT *stmt = NULL;
    ferry_status status = mydrv_statement_text(read, &sql, &what, err);
    if (status == FERRY_OK)
        status = mydrv_statement_prepare(c, sql, what, &stmt, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_RES *metadata = mysql_stmt_result_metadata(stmt);
    if (metadata == NULL)
        status = mydrv_fail_memory(err);
    else
        status = statement_add_columns(c, metadata, schema, err);
    mysql_free_result(metadata);
    mysql_stmt_close(stmt);
    return status;
}
