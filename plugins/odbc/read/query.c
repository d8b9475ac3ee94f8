/* Statements: names, queries as parts of others, and the SELECT that brings the rows. */

#include "read/read.h"

#include <ctype.h>
#include <string.h>

char *odrv_query_what(const struct ferry_read *read)
{
    char *what = NULL;
    int made = read->kind == FERRY_READ_QUERY
                   ? asprintf(&what, "the query")
                   : asprintf(&what, "%s '%s'", read->kind == FERRY_READ_VIEW ? "view" : "table",
                              read->text);
    return made < 0 ? NULL : what;
}

static bool query_is_identifier(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (!isalpha((unsigned char)*c) && *c != '_' && (c == name || !isdigit((unsigned char)*c)))
            return false;
    return *name != '\0';
}

ferry_status odrv_query_add_name(const struct odrv_conn *conn, const char *name,
                                 struct part_text *sql, struct ferry_error *err)
{
    if (conn->quote != '\0') {
        part_text_add_quoted(sql, conn->quote, name);
        return FERRY_OK;
    }
    part_text_add(sql, name);
    return query_is_identifier(name)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: the ODBC driver knows no quotes, so '%s' cannot be written there; "
                            "give it another name in a view",
                            conn->label, name);
}

/* A query without the semicolon at its end. */
static size_t query_length(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (isspace((unsigned char)text[length - 1]) || text[length - 1] == ';'))
        length--;
    return length;
}

ferry_status odrv_query_add_from(const struct odrv_conn *conn, const struct ferry_read *read,
                                 struct part_text *sql, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (read->kind == FERRY_READ_QUERY) {
        part_text_add(sql, "(");
        part_text_append(sql, read->text, query_length(read->text));
        part_text_add(sql, "\n)"); /* its last line may be a comment */
        return FERRY_OK;
    }
    if (conn->schema != NULL) {
        status = odrv_query_add_name(conn, conn->schema, sql, err);
        part_text_add(sql, ".");
    }
    return status == FERRY_OK ? odrv_query_add_name(conn, read->text, sql, err) : status;
}

ferry_status odrv_query_plain(const struct odrv_conn *conn, const struct ferry_read *read,
                              const struct odrv_names *names, struct part_text *sql,
                              struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (read->kind == FERRY_READ_QUERY) {
        part_text_append(sql, read->text, query_length(read->text));
        return sql->failed ? odrv_fail_memory(err) : FERRY_OK;
    }
    part_text_add(sql, "SELECT ");
    for (size_t i = 0; status == FERRY_OK && i < names->count; i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        status = odrv_query_add_name(conn, names->list[i], sql, err);
    }
    part_text_add(sql, names->count > 0 ? " FROM " : "* FROM ");
    if (status == FERRY_OK)
        status = odrv_query_add_from(conn, read, sql, err);
    return status == FERRY_OK && sql->failed ? odrv_fail_memory(err) : status;
}

static ferry_status query_add_column(const struct odrv_conn *conn, const struct odrv_column *column,
                                     struct part_text *sql, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    ferry_status status = odrv_scan_add_column(conn, column->name, &name, err);
    if (status != FERRY_OK)
        return status;
    if (name.failed)
        return odrv_fail_memory(err);
    part_text_add_template(sql, column->type->ask == NULL ? "%" : column->type->ask, name.data);
    return FERRY_OK;
}

ferry_status odrv_query_scan(const struct odrv_conn *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct odrv_columns *columns,
                             const struct ferry_scan *scan, struct part_text *sql,
                             struct ferry_error *err)
{
    size_t width = odrv_scan_width(scan, ferry_schema_count(schema));
    ferry_status status = FERRY_OK;
    part_text_add(sql, "SELECT ");
    for (size_t i = 0; i < width && status == FERRY_OK; i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        status = query_add_column(conn, &columns->list[odrv_scan_column(scan, i)], sql, err);
    }
    part_text_add(sql, " FROM ");
    if (status == FERRY_OK)
        status = odrv_query_add_from(conn, read, sql, err);
    part_text_add(sql, " " ODRV_ALIAS);
    if (status == FERRY_OK)
        status = odrv_scan_add(conn, scan, columns, sql, err);
    return status == FERRY_OK && sql->failed ? odrv_fail_memory(err) : status;
}
