/* The table in which changes gather: columns of the same types as the live table's, each of which
 * may be NULL, and what is to be done with each row.
 *
 * A temporary one leaves nothing behind, whatever happens to the connection, and nothing in a
 * binary log of rows.  Where the account may not make any, it is a table beside the live one, as a
 * stage is.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define GATHER_DENIED 1044 /* an error number: no right to do so in the database */
#define GATHER_PREFIX 191  /* characters or bytes of a long value that are enough for an index */
#define GATHER_KEYS 3      /* columns of the key that are */

/* A name that no column of the live table has. */
static char *gather_name(const struct mydrv_table *live, const char *base)
{
    PART_AUTO_TEXT struct part_text name = {0};
    part_text_add(&name, base);
    while (!name.failed && mydrv_table_find(live, name.data) != NULL)
        part_text_add(&name, "_");
    return name.failed ? NULL : strdup(name.data);
}

static ferry_status gather_choose_names(struct mydrv_load *load, struct ferry_error *err)
{
    load->changes->tag = gather_name(&load->table, "_dbferry_op");
    load->changes->effect = gather_name(&load->table, "_dbferry_effect");
    return load->changes->tag == NULL || load->changes->effect == NULL ? mydrv_fail_memory(err)
                                                                       : FERRY_OK;
}

static void gather_write_column(const struct mydrv_live_column *column, struct part_text *sql)
{
    part_text_add(sql, ", ");
    mydrv_text_add_name(sql, column->name);
    part_text_addf(sql, " %s", column->native);
    if (column->charset != NULL && column->collation != NULL)
        part_text_addf(sql, " CHARACTER SET %s COLLATE %s", column->charset, column->collation);
    part_text_add(sql, " NULL");
}

/* Whether an index takes such values whole and in few bytes. */
static bool gather_is_short(const struct mydrv_type *type)
{
    bool is_text = type->kind == MYDRV_KIND_CHAR || type->kind == MYDRV_KIND_TEXT ||
                   type->kind == MYDRV_KIND_BINARY || type->kind == MYDRV_KIND_BYTES;
    return !is_text ||
           (type->count == 0 && type->kind != MYDRV_KIND_TEXT && type->kind != MYDRV_KIND_BYTES) ||
           (type->count == 1 && type->numbers[0] <= GATHER_PREFIX);
}

/* Rows of the live table find their changes by it, where no index of that table serves. */
static void gather_write_key(const struct mydrv_load *load, struct part_text *sql)
{
    size_t count = load->spec->key_count < GATHER_KEYS ? load->spec->key_count : GATHER_KEYS;
    if (load->changes->index != NULL || count == 0)
        return;
    part_text_add(sql, ", KEY dbferry_key (");
    for (size_t k = 0; k < count; k++) {
        size_t i = load->spec->key[k];
        part_text_add(sql, k > 0 ? ", " : "");
        mydrv_text_add_name(sql, ferry_schema_column(load->layout->schema, i)->name);
        if (!gather_is_short(&load->lane.forms[i].type))
            part_text_addf(sql, "(%d)", GATHER_PREFIX);
    }
    part_text_add(sql, ")");
}

/* A server may demand a primary key of each table, temporary ones too. */
static bool gather_try(struct mydrv_load *load, struct part_text *sql)
{
    PART_AUTO_STRING char *number = gather_name(&load->table, "_dbferry_row");
    sql->length = 0;
    part_text_add(sql, load->changes->temporary ? "CREATE TEMPORARY TABLE " : "CREATE TABLE ");
    mydrv_text_add_name(sql, load->names.stage);
    part_text_add(sql, " (");
    mydrv_text_add_name(sql, number == NULL ? "" : number);
    part_text_add(sql, " BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, ");
    mydrv_text_add_name(sql, load->changes->tag);
    part_text_add(sql, " TINYINT UNSIGNED NOT NULL, ");
    mydrv_text_add_name(sql, load->changes->effect);
    part_text_add(sql, " TINYINT UNSIGNED NOT NULL DEFAULT 0");
    for (size_t i = 0; i < load->table.column_count; i++)
        gather_write_column(&load->table.columns[i], sql);
    gather_write_key(load, sql);
    part_text_add(sql, ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4");
    sql->failed = sql->failed || number == NULL;
    return !sql->failed && mydrv_query(load->unit->conn, sql);
}

ferry_status mydrv_gather_make(struct mydrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    struct mydrv_conn *conn = load->unit->conn;
    ferry_status status = gather_choose_names(load, err);
    if (status != FERRY_OK)
        return status;
    load->changes->temporary = true;
    bool made = gather_try(load, &sql);
    if (!made && !sql.failed && !load->unit->joint.open &&
        mysql_errno(conn->native) == GATHER_DENIED) {
        load->changes->temporary = false;
        made = gather_try(load, &sql);
        ferry_log(FERRY_LOG_INFO,
                  "%s: without the right CREATE TEMPORARY TABLES, changes of table '%s' gather in "
                  "table '%s', and in the server's binary log",
                  conn->label, load->layout->table, load->names.stage);
    }
    if (sql.failed)
        return mydrv_fail_memory(err);
    if (!made)
        return mydrv_wait_fail(load->unit, load->layout->table,
                               load->unit->joint.open
                                   ? "create a temporary table, for which the account needs the "
                                     "right CREATE TEMPORARY TABLES where many tables change in "
                                     "one step"
                                   : "create the table in which changes gather",
                               err);
    load->changes->there = true;
    if (!load->changes->temporary)
        load->stage = (struct mydrv_stage){.unit = load->unit,
                                           .spec = load->spec,
                                           .live = &load->table,
                                           .name = load->names.stage,
                                           .there = true};
    return FERRY_OK;
}

/* A stage is dropped with the rest of the load. */
void mydrv_gather_drop(struct mydrv_load *load)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (!load->changes->there || !load->changes->temporary)
        return;
    part_text_add(&sql, "DROP TEMPORARY TABLE IF EXISTS ");
    mydrv_text_add_name(&sql, load->names.stage);
    (void)mydrv_try(load->unit->conn, &sql);
    load->changes->there = false;
}
