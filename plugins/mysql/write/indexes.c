/* The keys and indexes of a table that is loaded: what this server can make of those that the
 * source has and the job wants.
 *
 * A primary key is part of the stage's definition; the others are built in one go when the rows are
 * there.
 */

#include "write/ask.h"
#include "write/table.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define INDEXES_BYTES 3072U       /* of one index, at most */
#define INDEXES_PREFIX_CHARS 191U /* of a text that is too long for an index */

/* ---- What can be made ---- */

static bool indexes_find_type(const struct ferry_schema *schema, const char *const *natives,
                              const char *column, struct mydrv_type *ret_type)
{
    for (size_t i = 0; i < ferry_schema_count(schema); i++)
        if (strcasecmp(ferry_schema_column(schema, i)->name, column) == 0)
            return mydrv_type_parse(natives[i], ret_type);
    return false;
}

static uint64_t indexes_bytes(const struct mydrv_type *type)
{
    switch (type->kind) {
    case MYDRV_KIND_TEXT:
    case MYDRV_KIND_CHAR:
        return type->numbers[0] * 4;
    case MYDRV_KIND_BINARY:
    case MYDRV_KIND_BYTES:
        return type->numbers[0];
    case MYDRV_KIND_DECIMAL:
        return 32;
    default:
        return 16;
    }
}

/* Whether the server can index these columns whole. */
static bool indexes_are_whole(const struct ferry_schema *schema, const char *const *natives,
                              const struct ferry_index *index)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < index->column_count; i++) {
        struct mydrv_type type;
        if (!indexes_find_type(schema, natives, index->columns[i], &type) ||
            !mydrv_type_is_key(&type))
            return false;
        bytes += indexes_bytes(&type);
    }
    return bytes <= INDEXES_BYTES;
}

bool mydrv_indexes_are_whole(const struct ferry_load_spec *spec, const struct ferry_index *index)
{
    return indexes_are_whole(spec->layout->schema, spec->layout->natives, index);
}

/* How many characters of a long text an index on so many columns has room for. */
static unsigned indexes_prefix(const struct ferry_index *index)
{
    size_t room = INDEXES_BYTES / 4 / index->column_count - 8;
    return room < INDEXES_PREFIX_CHARS ? (unsigned)room : INDEXES_PREFIX_CHARS;
}

/* ---- In the plan ---- */

static ferry_status indexes_note(struct ferry_schema *schema, const struct ferry_index *index,
                                 struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text columns = {0};
    for (size_t i = 0; i < index->column_count; i++)
        part_text_addf(&columns, "%s%s", i > 0 ? ", " : "", index->columns[i]);
    if (columns.failed || columns.data == NULL)
        return mydrv_fail_memory(err);
    if (index->primary != 0)
        return ferry_schema_note(schema, err,
                                 "the primary key (%s) is too long for this server: a table that "
                                 "is made has none",
                                 columns.data);
    return ferry_schema_note(
        schema, err,
        "the index (%s) is too long for this server: it covers the first %u characters%s",
        columns.data, indexes_prefix(index),
        index->unique != 0 ? " and is not unique, as rows that differ further on would be refused"
                           : "");
}

ferry_status mydrv_note_indexes(void *conn, struct ferry_schema *schema, const char *const *natives,
                                const struct ferry_index *const *indexes, size_t index_count,
                                struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)conn;
    for (size_t i = 0; i < index_count && status == FERRY_OK; i++)
        if (!indexes_are_whole(schema, natives, indexes[i]))
            status = indexes_note(schema, indexes[i], err);
    return status;
}

/* ---- In the stage ---- */

/* NULL if there is none, or none that this server can make. */
static const struct ferry_index *indexes_primary(const struct ferry_load_spec *spec)
{
    for (size_t i = 0; i < spec->index_count; i++)
        if (spec->indexes[i]->primary != 0 &&
            indexes_are_whole(spec->layout->schema, spec->layout->natives, spec->indexes[i]))
            return spec->indexes[i];
    return NULL;
}

void mydrv_indexes_write_primary(const struct ferry_load_spec *spec, struct part_text *sql)
{
    const struct ferry_index *key = indexes_primary(spec);
    if (key == NULL)
        return;
    part_text_add(sql, ", PRIMARY KEY (");
    mydrv_text_add_list(sql, key->columns, key->column_count);
    part_text_add(sql, ")");
}

/* ---- A key that the server demands ---- */

ferry_status mydrv_indexes_ask_demand(struct mydrv_conn *conn, bool *ret_demanded,
                                      struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SHOW SESSION VARIABLES WHERE Variable_name IN ('sql_require_primary_key', "
                        "'innodb_force_primary_key', 'sql_generate_invisible_primary_key')");
    ferry_status status = mydrv_ask(conn, &sql, 2, "ask what the server demands", &rows, err);
    MYSQL_ROW row;
    bool demanded = false;
    bool generated = false;
    while (status == FERRY_OK && (row = mysql_fetch_row(rows)) != NULL) {
        bool on = row[1] != NULL && (strcasecmp(row[1], "ON") == 0 || strcmp(row[1], "1") == 0);
        if (row[0] != NULL && strstr(row[0], "generate") != NULL)
            generated = on;
        else
            demanded = demanded || on;
    }
    *ret_demanded = demanded && !generated;
    return status;
}

ferry_status mydrv_indexes_check_demand(const struct mydrv_conn *conn,
                                        const struct ferry_load_spec *spec,
                                        const struct mydrv_table *table, struct ferry_error *err)
{
    bool like = spec->action == FERRY_TABLE_KEEP && (!table->own || spec->keep_definition != 0);
    bool has_key =
        like ? table->definition != NULL && strstr(table->definition, "\n  PRIMARY KEY (") != NULL
             : indexes_primary(spec) != NULL;
    return has_key ? FERRY_OK
                   : ferry_fail(err, FERRY_ERR_SCHEMA,
                                "%s: this server wants a primary key in each table "
                                "(sql_require_primary_key), and '%s' would have none; %s",
                                conn->label, spec->layout->table,
                                like ? "give it one"
                                     : "read a source that has one, and copy it (copy_indexes)");
}

/* The same name at each run: what was given, or one made of the columns. */
static void indexes_write_name(const struct ferry_index *index, struct part_text *sql)
{
    PART_AUTO_TEXT struct part_text name = {0};
    uint64_t hash = FERRY_HASH_SEED;
    if (index->name != NULL && *index->name != '\0' && strlen(index->name) <= 64 &&
        mydrv_name_is_possible(index->name) && strcasecmp(index->name, "PRIMARY") != 0) {
        mydrv_text_add_name(sql, index->name);
        return;
    }
    for (size_t i = 0; i < index->column_count; i++)
        hash = ferry_hash_name(hash, index->columns[i]);
    hash = ferry_hash_name(hash, index->unique != 0 ? "unique" : "");
    part_text_addf(&name, "dbferry_%016" PRIx64, hash);
    if (name.failed)
        sql->failed = true;
    else
        mydrv_text_add_name(sql, name.data);
}

static void indexes_write_one(const struct ferry_layout *layout, const struct ferry_index *index,
                              struct part_text *sql)
{
    bool whole = indexes_are_whole(layout->schema, layout->natives, index);
    part_text_addf(sql, "ADD %sKEY ", index->unique != 0 && whole ? "UNIQUE " : "");
    indexes_write_name(index, sql);
    for (size_t i = 0; i < index->column_count; i++) {
        struct mydrv_type type;
        bool known = indexes_find_type(layout->schema, layout->natives, index->columns[i], &type);
        part_text_add(sql, i > 0 ? ", " : " (");
        mydrv_text_add_name(sql, index->columns[i]);
        bool is_long = known && (!mydrv_type_is_key(&type) ||
                                 indexes_bytes(&type) > UINT64_C(4) * indexes_prefix(index));
        if (!whole && is_long)
            part_text_addf(sql, "(%u)", indexes_prefix(index));
    }
    part_text_add(sql, ")");
}

/* The table's indexes, each as its columns: a line "unique a\tb\n" with names as they are. */
static ferry_status indexes_list(struct mydrv_conn *conn, const char *table, struct part_text *list,
                                 struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, INDEX_NAME FROM "
                        "information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND "
                        "TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    /* The row of NULL comes first, and shows that there is an answer where there is no index. */
    part_text_add(&sql, " UNION ALL SELECT NULL, NULL, NULL, NULL, NULL ORDER BY INDEX_NAME, "
                        "SEQ_IN_INDEX");
    ferry_status status = mydrv_ask(conn, &sql, 5, "look at the indexes", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status == FERRY_OK && row == NULL)
        status = mydrv_fail(conn, MYDRV_LOADING, 0, "", "look at the indexes", err);
    while (status == FERRY_OK && (row = mysql_fetch_row(rows)) != NULL) {
        if (row[1] != NULL && strcmp(row[1], "1") == 0)
            part_text_addf(list, "\n%s", row[0] != NULL && *row[0] == '0' ? "unique" : "");
        part_text_addf(list, "\t%s%s", row[2] == NULL ? "" : row[2], row[3] == NULL ? "" : "(");
    }
    part_text_add(list, "\n");
    return status == FERRY_OK && list->failed ? mydrv_fail_memory(err) : status;
}

static bool indexes_has(const struct ferry_index *index, const struct part_text *list,
                        struct part_text *sql)
{
    PART_AUTO_TEXT struct part_text key = {0};
    for (size_t i = 0; i < index->column_count; i++)
        part_text_addf(&key, "\t%s", index->columns[i]);
    part_text_add(&key, "\n");
    sql->failed = sql->failed || key.failed;
    if (key.failed)
        return false;
    for (const char *at = list->data; (at = strstr(at, key.data)) != NULL; at++) {
        bool is_unique = at >= list->data + 7 && memcmp(at - 7, "\nunique", 7) == 0;
        if (is_unique || (index->unique == 0 && at > list->data && at[-1] == '\n'))
            return true;
    }
    return false;
}

ferry_status mydrv_indexes_add(struct mydrv_conn *conn, const char *table,
                               const struct ferry_load_spec *spec, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text list = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = indexes_list(conn, table, &list, err);
    size_t added = 0;
    if (status != FERRY_OK)
        return status;
    part_text_add(&sql, "ALTER TABLE ");
    mydrv_text_add_name(&sql, table);
    for (size_t i = 0; i < spec->index_count; i++) {
        if (spec->indexes[i]->primary != 0 || indexes_has(spec->indexes[i], &list, &sql))
            continue;
        part_text_add(&sql, added++ > 0 ? ", " : " ");
        indexes_write_one(spec->layout, spec->indexes[i], &sql);
    }
    return added == 0 ? FERRY_OK : mydrv_run(conn, &sql, "build the indexes", err);
}
