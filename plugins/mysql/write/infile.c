/* LOAD DATA LOCAL: the statement, and the file that is served from memory. */

#include "write/rows.h"

#include <string.h>

/* ---- What the server reads ---- */

/* The library calls these when the server asks for a file, whatever its name: there is only the
 * parcel, and that only while our own statement runs. */
static int infile_begin(void **ret_parcel, const char *name, void *data)
{
    struct mydrv_conn *conn = data;
    (void)name;
    *ret_parcel = conn->feed;
    return conn->feed == NULL;
}

static int infile_read(void *data, char *room, unsigned size)
{
    struct mydrv_parcel *parcel = data;
    if (room == NULL) /* Connector/C 3.3 does not look whether it got any */
        return -1;
    size_t left = parcel->text.length - parcel->sent;
    size_t part = left < size ? left : size;
    if (part > INT32_MAX)
        part = INT32_MAX;
    if (part > 0)
        memcpy(room, parcel->text.data + parcel->sent, part);
    parcel->sent += part;
    return (int)part;
}

static void infile_end(void *data)
{
    (void)data;
}

static int infile_error(void *data, char *room, unsigned size)
{
    const struct mydrv_parcel *parcel = data; /* NULL: none of our statements asked */
    if (size > 0)
        (void)snprintf(room, size, "%s",
                       parcel == NULL ? "no file is given to this server" : "out of memory");
    return parcel == NULL ? 2000 : 2008; /* CR_UNKNOWN_ERROR, CR_OUT_OF_MEMORY */
}

void mydrv_infile_guard(struct mydrv_conn *conn)
{
    mysql_set_local_infile_handler(conn->native, infile_begin, infile_read, infile_end,
                                   infile_error, conn);
}

bool mydrv_infile_send(struct mydrv_conn *conn, const struct part_text *statement,
                       struct mydrv_parcel *parcel)
{
    unsigned on = 1;
    unsigned off = 0;
    parcel->sent = 0;
    conn->feed = parcel;
    mysql_optionsv(conn->native, MYSQL_OPT_LOCAL_INFILE, &on);
    int failed = mysql_real_query(conn->native, statement->data, statement->length);
    mysql_optionsv(conn->native, MYSQL_OPT_LOCAL_INFILE, &off);
    conn->feed = NULL;
    return failed == 0;
}

/* ---- The statement ---- */

/* MariaDB takes bytes without a character set for the sixteen (or four) of the value itself. */
static bool infile_is_read_as_bytes(enum mydrv_kind kind)
{
    return kind == MYDRV_KIND_UUID || kind == MYDRV_KIND_INET4 || kind == MYDRV_KIND_INET6;
}

static bool infile_needs_variable(const struct mydrv_form *form)
{
    return form->foreign_charset || form->type.kind == MYDRV_KIND_JSON ||
           infile_is_read_as_bytes(form->type.kind);
}

/* Where any column is set from a variable, MariaDB forgets that it was given the number of one that
 * numbers itself, and takes 0 there for none: so that number goes by a variable as well. */
static bool infile_by_variable(const struct mydrv_lane *lane, size_t column)
{
    if (!lane->forms[column].auto_number)
        return infile_needs_variable(&lane->forms[column]);
    for (size_t i = 0; i < ferry_schema_count(lane->schema); i++)
        if (infile_needs_variable(&lane->forms[i]))
            return true;
    return false;
}

static void infile_write_set(const struct mydrv_lane *lane, struct part_text *sql)
{
    const char *before = " SET ";
    for (size_t i = 0; i < ferry_schema_count(lane->schema); i++) {
        char variable[64];
        if (!infile_by_variable(lane, i))
            continue;
        (void)snprintf(variable, sizeof variable, "CONVERT(@dbferry_%zu USING utf8mb4)", i);
        part_text_add(sql, before);
        mydrv_text_add_name(sql, ferry_schema_column(lane->schema, i)->name);
        part_text_add(sql, " = ");
        if (lane->forms[i].type.kind == MYDRV_KIND_JSON)
            mydrv_row_write_json_check(sql, variable);
        else
            part_text_add(sql, variable);
        before = ", ";
    }
}

/* CHARACTER SET binary: the server takes the bytes as they are, for a column of texts after a check
 * that they are UTF-8.  Columns in other character sets are converted by way of a variable. */
void mydrv_infile_write(const struct mydrv_lane *lane, struct part_text *sql)
{
    part_text_add(sql, "LOAD DATA LOCAL INFILE 'dbferry' INTO TABLE ");
    mydrv_text_add_name(sql, lane->into);
    part_text_add(sql, " CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES "
                       "TERMINATED BY '\\n' (");
    if (lane->tag_name != NULL)
        mydrv_text_add_name(sql, lane->tag_name);
    for (size_t i = 0; i < ferry_schema_count(lane->schema); i++) {
        if (i > 0 || lane->tag_name != NULL)
            part_text_add(sql, ", ");
        if (infile_by_variable(lane, i))
            part_text_addf(sql, "@dbferry_%zu", i);
        else
            mydrv_text_add_name(sql, ferry_schema_column(lane->schema, i)->name);
    }
    part_text_add(sql, ")");
    infile_write_set(lane, sql);
}
