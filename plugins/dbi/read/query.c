/* Statements: names, queries as parts of others, and the SELECT that brings values as texts. */

#include "read/read.h"

#include <ctype.h>
#include <string.h>

char *dbidrv_query_what(const struct ferry_read *read)
{
    char *what = NULL;
    int made = read->kind == FERRY_READ_QUERY
                   ? asprintf(&what, "the query")
                   : asprintf(&what, "%s '%s'", read->kind == FERRY_READ_VIEW ? "view" : "table",
                              read->text);
    return made < 0 ? NULL : what;
}

void dbidrv_query_add_name(const struct dbidrv_dialect *dialect, const char *name,
                           struct part_text *sql)
{
    if (!dialect->brackets) {
        part_text_add_quoted(sql, '"', name);
        return;
    }
    part_text_add(sql, "[");
    for (const char *end = strchr(name, ']'); end != NULL; end = strchr(name, ']')) {
        part_text_append(sql, name, (size_t)(end - name) + 1);
        part_text_add(sql, "]");
        name = end + 1;
    }
    part_text_add(sql, name);
    part_text_add(sql, "]");
}

void dbidrv_query_add_path(const struct dbidrv_conn *conn, const char *name, struct part_text *sql)
{
    const char *prefix = conn->dialect->own_prefix;
    bool hidden = prefix != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
    const char *schema = conn->schema != NULL     ? conn->schema
                         : conn->target || hidden ? conn->own_schema
                                                  : NULL;
    if (schema != NULL) {
        dbidrv_query_add_name(conn->dialect, schema, sql);
        part_text_add(sql, ".");
    }
    dbidrv_query_add_name(conn->dialect, name, sql);
}

void dbidrv_query_question(const struct dbidrv_conn *conn, const char *template, const char *name,
                           struct part_text *sql)
{
    PART_AUTO_TEXT struct part_text path = {0};
    PART_AUTO_TEXT struct part_text quoted = {0};
    if (conn->dialect->path_in_quotes)
        dbidrv_query_add_path(conn, name, &path);
    else
        part_text_add(&path, name);
    if (!path.failed)
        part_text_add_quoted(&quoted, '\'', path.data == NULL ? "" : path.data);
    if (path.failed || quoted.failed)
        sql->failed = true;
    else
        part_text_add_template(sql, template, quoted.data);
}

ferry_status dbidrv_query_check_name(const struct dbidrv_conn *conn, const char *what,
                                     const char *name, struct ferry_error *err)
{
    bool ascii = true;
    for (const char *c = name; *c != '\0'; c++)
        ascii = ascii && *c >= ' ' && *c <= '~';
    return ascii || !conn->dialect->ascii_names
               ? FERRY_OK
               : ferry_fail(
                     err, FERRY_ERR_UNSUPPORTED,
                     "%s: the name of the %s '%s' has letters outside of ASCII, which do not "
                     "come to %s through libdbi as they are",
                     conn->label, what, name, conn->dialect->product);
}

/* A query without the semicolon at its end. */
static size_t query_length(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (isspace((unsigned char)text[length - 1]) || text[length - 1] == ';'))
        length--;
    return length;
}

void dbidrv_query_add_from(const struct dbidrv_conn *conn, const struct ferry_read *read,
                           struct part_text *sql)
{
    if (read->kind == FERRY_READ_QUERY) {
        part_text_add(sql, "(");
        part_text_append(sql, read->text, query_length(read->text));
        part_text_add(sql, "\n)"); /* its last line may be a comment */
    } else
        dbidrv_query_add_path(conn, read->text, sql);
    part_text_add(sql, " AS " DBIDRV_ALIAS);
}

void dbidrv_query_plain(const struct dbidrv_conn *conn, const struct ferry_read *read,
                        struct part_text *sql)
{
    part_text_add(sql, "SELECT * FROM ");
    dbidrv_query_add_from(conn, read, sql);
}

ferry_status dbidrv_query_values(const struct dbidrv_dialect *dialect,
                                 const struct dbidrv_column *const *columns, size_t count,
                                 const char *alias, struct part_text *sql, struct ferry_error *err)
{
    part_text_add(sql, "SELECT ");
    for (size_t i = 0; i < count; i++) {
        PART_AUTO_TEXT struct part_text name = {0};
        part_text_addf(&name, "%s.", alias);
        dbidrv_query_add_name(dialect, columns[i]->name, &name);
        if (name.failed)
            return dbidrv_fail_memory(err);
        part_text_add(sql, i > 0 ? ", " : "");
        part_text_add_template(sql, columns[i]->type->ask, name.data);
        part_text_addf(sql, " AS c%zu", i + 1);
    }
    return sql->failed ? dbidrv_fail_memory(err) : FERRY_OK;
}

uint64_t dbidrv_query_width(const struct dbidrv_column *described)
{
    const struct ferry_column *column = &described->column;
    if (described->type->room > 0)
        return described->type->room;
    if ((column->flags & (FERRY_COLUMN_LOOSE | FERRY_COLUMN_LONG)) != 0)
        return 0;
    switch (column->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_INT:
    case FERRY_TYPE_FLOAT:
    case FERRY_TYPE_DATE:
    case FERRY_TYPE_TIME:
    case FERRY_TYPE_DATETIME:
    case FERRY_TYPE_UUID:
        return 40;
    case FERRY_TYPE_DECIMAL:
        return (uint64_t)column->precision + 3; /* a sign, a point, and a 0 before it */
    case FERRY_TYPE_TEXT:
        return column->length * 4;
    default:
        return 0;
    }
}

ferry_status dbidrv_query_sizes(const struct dbidrv_dialect *dialect,
                                const struct dbidrv_column *const *columns, size_t count,
                                const char *alias, struct part_text *sql, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sum = {0};
    if (dialect->pieces == NULL || dialect->pieces->sizes_as == NULL)
        return FERRY_OK;
    for (size_t i = 0; i < count; i++) {
        PART_AUTO_TEXT struct part_text name = {0};
        PART_AUTO_TEXT struct part_text value = {0};
        bool hex = columns[i]->type->codec == DBIDRV_CODEC_HEX; /* has two digits for each byte */
        uint64_t width = dbidrv_query_width(columns[i]);
        if (width > 0 && width <= DBIDRV_VALUE_BYTES)
            continue;
        part_text_addf(&name, "%s.", alias);
        dbidrv_query_add_name(dialect, columns[i]->name, &name);
        if (!name.failed)
            part_text_add_template(&value, hex ? "%" : columns[i]->type->ask, name.data);
        if (name.failed || value.failed)
            return dbidrv_fail_memory(err);
        part_text_add(&sum, sum.length > 0 ? " + " : "");
        part_text_add(&sum, hex ? "2 * " : "");
        part_text_add_template(&sum, dialect->size_of, value.data);
    }
    if (sum.length > 0)
        part_text_add_template(sql, dialect->pieces->sizes_as, sum.data);
    return sum.failed || sql->failed ? dbidrv_fail_memory(err) : FERRY_OK;
}
