/* The keys and indexes of a table: those that are plain, on whole columns that are read.
 *
 * Others are left out with a note: the copy is complete without them.
 */

#include "read/read.h"

#include <string.h>

enum {
    KEYS_NAME,
    KEYS_COLUMN, /* NULL: an expression */
    KEYS_NOT_UNIQUE,
    KEYS_PREFIX,    /* NULL: the whole column */
    KEYS_DIRECTION, /* "D": descending */
    KEYS_METHOD,
    KEYS_IGNORED, /* "YES": the server does not use it */
    KEYS_COLUMNS,
};

#define KEYS_QUESTION(ignored)                                                                     \
    "SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE, SUB_PART, COLLATION, INDEX_TYPE, " ignored        \
    " FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? "      \
    "ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"

static const char keys_question[] = KEYS_QUESTION("NULL");
static const char keys_question_mysql[] = KEYS_QUESTION("IF(IS_VISIBLE = 'NO', 'YES', 'NO')");
static const char keys_question_mariadb[] = KEYS_QUESTION("IGNORED");

#define MYSQL_HAS_INVISIBLE 80000
#define MARIADB_HAS_IGNORED 100600

static const char *keys_choose(const struct mydrv_conn *conn)
{
    if (conn->mariadb)
        return conn->version >= MARIADB_HAS_IGNORED ? keys_question_mariadb : keys_question;
    return conn->version >= MYSQL_HAS_INVISIBLE ? keys_question_mysql : keys_question;
}

static bool keys_is_text(const char *field, const char *text)
{
    return field != NULL && strcmp(field, text) == 0;
}

static bool keys_is_primary(MYSQL_ROW row)
{
    return keys_is_text(row[KEYS_NAME], "PRIMARY");
}

static ptrdiff_t keys_find(const struct mydrv_column *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

/* Why an index with this part is not carried; NULL if nothing speaks against it. */
static const char *keys_flaw(MYSQL_ROW row, const struct mydrv_column *columns, size_t count)
{
    if (!keys_is_text(row[KEYS_METHOD], "BTREE") && !keys_is_text(row[KEYS_METHOD], "HASH"))
        return "it is a full-text, spatial or other special index";
    if (row[KEYS_COLUMN] == NULL)
        return "it is on an expression";
    if (row[KEYS_PREFIX] != NULL)
        return "it is on the beginning of a column only";
    if (keys_is_text(row[KEYS_IGNORED], "YES"))
        return "the source itself ignores it";
    if (keys_find(columns, count, row[KEYS_COLUMN]) < 0)
        return "one of its columns is not read";
    /* A primary key is one in either direction. */
    if (keys_is_text(row[KEYS_DIRECTION], "D") && !keys_is_primary(row))
        return "it is descending";
    return NULL;
}

/* How many parts the index has that begins at row `first`. */
static size_t keys_length(const struct mydrv_keys *keys, size_t first)
{
    size_t next = first + 1;
    while (next < keys->count && keys->rows[next] != NULL &&
           strcmp(keys->rows[next][KEYS_NAME], keys->rows[first][KEYS_NAME]) == 0)
        next++;
    return next - first;
}

/* Keeps the index, or takes it out with a note. */
static ferry_status keys_check(struct mydrv_keys *keys, size_t first, size_t length,
                               struct mydrv_column *columns, size_t count,
                               struct ferry_schema *schema, struct ferry_error *err)
{
    MYSQL_ROW *rows = &keys->rows[first];
    const char *flaw = NULL;
    for (size_t i = 0; i < length && flaw == NULL; i++)
        flaw = keys_flaw(rows[i], columns, count);
    bool primary = keys_is_primary(rows[0]);
    if (flaw == NULL) {
        for (size_t i = 0; i < length && primary; i++)
            columns[keys_find(columns, count, rows[i][KEYS_COLUMN])].column.key_position =
                (uint32_t)(i + 1);
        return FERRY_OK;
    }
    bool servers_own = primary && length == 1 && keys_is_text(rows[0][KEYS_COLUMN], "my_row_id");
    ferry_status status = FERRY_OK;
    if (!servers_own)
        status = ferry_schema_note(schema, err, "%s '%s' is not carried: %s",
                                   primary ? "the key" : "index", rows[0][KEYS_NAME], flaw);
    for (size_t i = 0; i < length; i++)
        rows[i] = NULL;
    return status;
}

static ferry_status keys_collect(struct mydrv_keys *keys, const char *row_end,
                                 struct ferry_error *err)
{
    MYSQL_ROW row;
    size_t room = (size_t)mysql_num_rows(keys->list);
    keys->rows = calloc(room + 1, sizeof *keys->rows);
    if (keys->rows == NULL)
        return mydrv_fail_memory(err);
    while (keys->count < room && (row = mysql_fetch_row(keys->list)) != NULL)
        if (row[KEYS_NAME] != NULL && (row_end == NULL || !keys_is_text(row[KEYS_COLUMN], row_end)))
            keys->rows[keys->count++] = row;
    return FERRY_OK;
}

/* An index that begins with a column is one of these. */
static ferry_status keys_check_whole(const struct mydrv_conn *conn, const char *name,
                                     const struct mydrv_keys *keys,
                                     const struct mydrv_column *columns, size_t count,
                                     struct ferry_error *err)
{
    size_t rows = keys->rows == NULL ? 0 : keys->count;
    for (size_t i = 0; i < count; i++) {
        bool found = !columns[i].in_key;
        for (size_t k = 0; k < rows && !found; k++)
            found =
                keys->rows[k] != NULL && keys_is_text(keys->rows[k][KEYS_COLUMN], columns[i].name);
        if (!found)
            return mydrv_catalog_fail(conn, name, "the indexes", err);
    }
    return FERRY_OK;
}

ferry_status mydrv_keys_read(struct mydrv_conn *conn, const char *name, const char *row_end,
                             struct mydrv_column *columns, size_t count,
                             struct ferry_schema *schema, struct mydrv_keys *ret_keys,
                             struct ferry_error *err)
{
    struct mydrv_keys keys = {0};
    ferry_status status =
        mydrv_catalog_ask(conn, name, keys_choose(conn), KEYS_COLUMNS,
                          "which keys and indexes there are", schema, &keys.list, err);
    if (status == FERRY_OK && keys.list != NULL)
        status = keys_collect(&keys, row_end, err);
    if (status == FERRY_OK && keys.list != NULL)
        status = keys_check_whole(conn, name, &keys, columns, count, err);
    for (size_t i = 0, length; i < keys.count && status == FERRY_OK; i += length) {
        length = keys_length(&keys, i);
        status = keys_check(&keys, i, length, columns, count, schema, err);
    }
    if (status != FERRY_OK)
        mydrv_keys_clear(&keys);
    else
        *ret_keys = keys;
    return status;
}

static ferry_status keys_add_one(const struct mydrv_keys *keys, size_t first, size_t length,
                                 struct ferry_schema *schema, struct ferry_error *err)
{
    MYSQL_ROW *rows = &keys->rows[first];
    const char **names = calloc(length, sizeof *names);
    if (names == NULL)
        return mydrv_fail_memory(err);
    for (size_t i = 0; i < length; i++)
        names[i] = rows[i][KEYS_COLUMN];
    struct ferry_index index = {
        .name = keys_is_primary(rows[0]) ? NULL : rows[0][KEYS_NAME],
        .columns = names,
        .column_count = length,
        .unique = keys_is_text(rows[0][KEYS_NOT_UNIQUE], "0"),
        .primary = keys_is_primary(rows[0]),
    };
    ferry_status status = ferry_schema_add_index(schema, &index, sizeof index, err);
    free(names);
    return status;
}

ferry_status mydrv_keys_add(const struct mydrv_keys *keys, struct ferry_schema *schema,
                            struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0, length; i < keys->count && status == FERRY_OK; i += length) {
        length = 1;
        if (keys->rows[i] == NULL)
            continue;
        length = keys_length(keys, i);
        status = keys_add_one(keys, i, length, schema, err);
    }
    return status;
}

void mydrv_keys_clear(struct mydrv_keys *keys)
{
    mysql_free_result(keys->list);
    free(keys->rows);
    *keys = (struct mydrv_keys){0};
}
