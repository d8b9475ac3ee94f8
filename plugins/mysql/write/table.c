/* What stands under a table's name on the server: columns, comment, and whether we made it. */

#include "write/table.h"
#include "types/types.h"
#include "write/ask.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* Counting means reading every page of the table: below this size that is quick. */
#define TABLE_COUNT_BYTES_MAX (UINT64_C(16) << 20)
#define TABLE_LOCKED 1205 /* an error number: the wait for it was too long */

void mydrv_table_clear(struct mydrv_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].native);
        free(table->columns[i].clauses);
        free(table->columns[i].charset);
        free(table->columns[i].collation);
    }
    free(table->columns);
    free(table->kind);
    free(table->engine);
    free(table->comment);
    free(table->run_id);
    free(table->definition);
    *table = (struct mydrv_table){0};
}

const struct mydrv_live_column *mydrv_table_find(const struct mydrv_table *table, const char *name)
{
    const struct mydrv_live_column *alike = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
        if (strcasecmp(table->columns[i].name, name) == 0)
            alike = &table->columns[i];
    }
    return alike;
}

/* Take the mark off the comment's end. */
static bool table_take_mark(struct mydrv_table *table, char ret_hash[MYDRV_OWN_HASH_SIZE])
{
    char run_id[MYDRV_RUN_ID_SIZE];
    const char *mark = mydrv_table_read_mark(table->comment, run_id, ret_hash);
    if (mark == NULL)
        return true;
    table->run_id = strdup(run_id);
    table->comment[mark - table->comment] = '\0';
    return table->run_id != NULL;
}

/* ---- Columns ---- */

/* A default as information_schema prints it -> the constant itself, or NULL for an expression.
 * MariaDB prints SQL, MySQL the bare constant. */
static const char *table_read_default(bool mariadb, const char *text, const char *extra,
                                      const struct mydrv_type *type, struct part_text *room,
                                      struct mydrv_clauses *clauses)
{
    if (text == NULL || (mariadb && strcmp(text, "NULL") == 0))
        return NULL;
    if (strncasecmp(text, "current_timestamp", 17) == 0 &&
        (mariadb || strcasestr(extra, "DEFAULT_GENERATED") != NULL)) {
        clauses->default_now = true;
        clauses->scale = (uint32_t)type->numbers[0];
        return NULL;
    }
    if (type->kind == MYDRV_KIND_BIT && strncmp(text, "b'", 2) == 0) {
        for (const char *at = text + 2; *at == '0' || *at == '1'; at++)
            clauses->default_bits = clauses->default_bits << 1 | (uint64_t)(*at - '0');
        clauses->has_default_bits = true;
        return NULL;
    }
    if (!mariadb)
        return strcasestr(extra, "DEFAULT_GENERATED") != NULL ? NULL : text;
    const char *at = text;
    if (*text != '\'')
        return strspn(text, "0123456789+-.eE") == strlen(text) ? text : NULL;
    return mydrv_member_next(&at, text + strlen(text), true, room) && *at == '\0' ? room->data
                                                                                  : NULL;
}

/* The columns of the question below. */
enum {
    TABLE_NAME,
    TABLE_TYPE,
    TABLE_NULLABLE,
    TABLE_DEFAULT,
    TABLE_EXTRA,
    TABLE_CHARSET,
    TABLE_COLLATION,
    TABLE_SRID,
    TABLE_FIELDS
};

static void table_ask_columns(struct mydrv_conn *conn, const char *name, struct part_text *sql)
{
    part_text_addf(sql,
                   "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, "
                   "CHARACTER_SET_NAME, COLLATION_NAME, %s FROM information_schema.COLUMNS WHERE "
                   "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ",
                   conn->mariadb ? "NULL" : "SRS_ID");
    mydrv_text_add_quoted(sql, name, strlen(name));
    part_text_add(sql, " ORDER BY ORDINAL_POSITION");
}

/* MariaDB keeps the reference systems of geometries in another view. */
static ferry_status table_ask_srids(struct mydrv_conn *conn, const char *name,
                                    MYSQL_RES **ret_srids, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT G_GEOMETRY_COLUMN, SRID FROM information_schema.GEOMETRY_COLUMNS "
                        "WHERE G_TABLE_SCHEMA = DATABASE() AND G_TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    static const char doing[] = "look at the table's geometries";
    MYSQL_RES *srids = NULL;
    ferry_status status = mydrv_ask(conn, &sql, 2, doing, &srids, err);
    if (status == FERRY_OK && mysql_num_rows(srids) == 0) { /* it has some */
        mysql_free_result(srids);
        return mydrv_fail(conn, MYDRV_LOADING, 0, "", doing, err);
    }
    if (status == FERRY_OK)
        *ret_srids = srids;
    return status;
}

static const char *table_find_srid(MYSQL_ROW row, MYSQL_RES *srids)
{
    MYSQL_ROW at;
    if (row[TABLE_SRID] != NULL || srids == NULL)
        return row[TABLE_SRID];
    mysql_data_seek(srids, 0);
    while ((at = mysql_fetch_row(srids)) != NULL)
        if (at[0] != NULL && strcmp(at[0], row[TABLE_NAME]) == 0)
            return at[1];
    return NULL;
}

/* MariaDB keeps JSON as LONGTEXT with a check. */
static bool table_checks_json(const char *definition, const char *column)
{
    PART_AUTO_TEXT struct part_text check = {0};
    part_text_add(&check, "CHECK (json_valid(");
    mydrv_text_add_name(&check, column);
    part_text_add(&check, "))");
    return !check.failed && strstr(definition, check.data) != NULL;
}

static void table_read_clauses(const struct mydrv_conn *conn, const struct mydrv_table *table,
                               MYSQL_ROW row, MYSQL_RES *srids, const struct mydrv_type *type,
                               struct part_text *out)
{
    const char *extra = row[TABLE_EXTRA];
    PART_AUTO_TEXT struct part_text room = {0};
    struct mydrv_clauses clauses = {
        .mariadb = conn->mariadb,
        .charset = row[TABLE_CHARSET],
        .collation = row[TABLE_COLLATION],
        .not_null = strcmp(row[TABLE_NULLABLE], "NO") == 0,
        .auto_number = strcasestr(extra, "auto_increment") != NULL,
        .invisible = mydrv_definition_is_invisible(extra),
    };
    clauses.explicit_null = type->kind == MYDRV_KIND_TIMESTAMP;
    const char *srid = type->kind == MYDRV_KIND_GEOMETRY ? table_find_srid(row, srids) : NULL;
    if (srid != NULL) {
        clauses.srid = (uint32_t)strtoumax(srid, NULL, 10);
        clauses.has_srid = !conn->mariadb || clauses.srid != 0;
    }
    clauses.default_value =
        table_read_default(conn->mariadb, row[TABLE_DEFAULT], extra, type, &room, &clauses);
    if (conn->mariadb && type->kind == MYDRV_KIND_TEXT &&
        table_checks_json(table->definition, row[TABLE_NAME]))
        clauses.check_json = row[TABLE_NAME];
    mydrv_clauses_spell(&clauses, out);
    out->failed = out->failed || room.failed; /* a default that was not read is not none */
}

static bool table_add_column(const struct mydrv_conn *conn, struct mydrv_table *table,
                             MYSQL_ROW row, MYSQL_RES *srids)
{
    PART_AUTO_TEXT struct part_text native = {0};
    PART_AUTO_TEXT struct part_text clauses = {0};
    const char *extra = row[TABLE_EXTRA];
    const char *declared = row[TABLE_TYPE];
    struct mydrv_type type;
    bool generated =
        strcasestr(extra, "GENERATED") != NULL && strcasestr(extra, "DEFAULT_GENERATED") == NULL;
    if (generated || mydrv_definition_is_servers_key(row[TABLE_NAME], extra))
        return true; /* no values are loaded there */
    if (mydrv_type_parse(declared, &type)) {
        mydrv_type_spell(&type, conn->mariadb, &native);
        table_read_clauses(conn, table, row, srids, &type, &clauses);
    } else {
        part_text_add(&native, declared);
    }
    struct mydrv_live_column *columns =
        reallocarray(table->columns, table->column_count + 1, sizeof *columns);
    if (columns == NULL)
        return false;
    table->columns = columns;
    struct mydrv_live_column *column = &columns[table->column_count++];
    *column = (struct mydrv_live_column){
        .name = strdup(row[TABLE_NAME]),
        .native = strdup(native.data == NULL ? "" : native.data),
        .clauses = strdup(clauses.data == NULL ? "" : clauses.data),
        .charset = row[TABLE_CHARSET] == NULL ? NULL : strdup(row[TABLE_CHARSET]),
        .collation = row[TABLE_COLLATION] == NULL ? NULL : strdup(row[TABLE_COLLATION]),
        .not_null = strcmp(row[TABLE_NULLABLE], "NO") == 0,
        .has_default = strcasestr(extra, "auto_increment") != NULL ||
                       (row[TABLE_DEFAULT] != NULL &&
                        !(conn->mariadb && strcmp(row[TABLE_DEFAULT], "NULL") == 0)),
    };
    return (row[TABLE_CHARSET] == NULL || column->charset != NULL) &&
           (row[TABLE_COLLATION] == NULL || column->collation != NULL) && column->name != NULL &&
           column->native != NULL && column->clauses != NULL && !native.failed && !clauses.failed;
}

static bool table_is_geometry(MYSQL_ROW row)
{
    struct mydrv_type type;
    return mydrv_type_parse(row[TABLE_TYPE], &type) && type.kind == MYDRV_KIND_GEOMETRY;
}

static ferry_status table_load_columns(struct mydrv_conn *conn, const char *name,
                                       struct mydrv_table *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    MYDRV_AUTO_RESULT MYSQL_RES *srids = NULL;
    table_ask_columns(conn, name, &sql);
    ferry_status status =
        mydrv_ask(conn, &sql, TABLE_FIELDS, "look at the table's columns", &rows, err);
    if (status == FERRY_OK && mysql_num_rows(rows) == 0)
        status = mydrv_fail(conn, MYDRV_LOADING, 0, "", "look at the table's columns", err);
    MYSQL_ROW row;
    while (status == FERRY_OK && (row = mysql_fetch_row(rows)) != NULL) {
        if (row[TABLE_NAME] == NULL || row[TABLE_TYPE] == NULL || row[TABLE_NULLABLE] == NULL ||
            row[TABLE_EXTRA] == NULL)
            return mydrv_fail(conn, MYDRV_LOADING, 0, "", "look at the table's columns", err);
        if (conn->mariadb && srids == NULL && table_is_geometry(row))
            status = table_ask_srids(conn, name, &srids, err);
        if (status == FERRY_OK && !table_add_column(conn, table, row, srids))
            status = mydrv_fail_memory(err);
    }
    return status;
}

/* ---- The table ---- */

static char *table_copy(const char *text)
{
    return strdup(text == NULL ? "" : text);
}

static ferry_status table_find(struct mydrv_conn *conn, const char *name, struct mydrv_table *table,
                               struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT TABLE_TYPE, ENGINE, TABLE_COMMENT, DATA_LENGTH FROM "
                        "information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
                        "TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    part_text_add(&sql, " UNION ALL SELECT NULL, NULL, NULL, NULL"); /* the answer is whole */
    ferry_status status = mydrv_ask(conn, &sql, 4, "look for the table", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status == FERRY_OK && row == NULL)
        return mydrv_fail(conn, MYDRV_LOADING, 0, "", "look for the table", err);
    if (status != FERRY_OK || row[0] == NULL)
        return status;
    table->exists = true;
    table->kind = table_copy(row[0]);
    table->engine = table_copy(row[1]);
    table->comment = table_copy(row[2]);
    table->data_bytes = row[3] == NULL ? 0 : strtoumax(row[3], NULL, 10);
    return table->kind == NULL || table->engine == NULL || table->comment == NULL
               ? mydrv_fail_memory(err)
               : FERRY_OK;
}

static ferry_status table_load_definition(struct mydrv_conn *conn, const char *name,
                                          struct mydrv_table *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SHOW CREATE TABLE ");
    mydrv_text_add_name(&sql, name);
    ferry_status status = mydrv_ask(conn, &sql, 2, "look at the table", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status == FERRY_OK && (row == NULL || row[1] == NULL))
        return mydrv_fail(conn, MYDRV_LOADING, 0, "", "look at the table", err);
    if (status != FERRY_OK)
        return status;
    char hash[17] = "";
    char is[17];
    table->definition = table_copy(row[1]);
    if (table->definition == NULL || !table_take_mark(table, hash))
        return mydrv_fail_memory(err);
    (void)snprintf(is, sizeof is, "%016" PRIx64, mydrv_table_hash(table->definition));
    table->own = strcmp(hash, is) == 0;
    return FERRY_OK;
}

ferry_status mydrv_table_load(struct mydrv_conn *conn, const char *name,
                              struct mydrv_table *ret_table, struct ferry_error *err)
{
    struct mydrv_table table = {0};
    if (!mydrv_name_is_possible(name))
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: names take no letters like those of '%s' (beyond U+FFFF) here; "
                          "choose another target_table",
                          conn->label, name);
    ferry_status status = table_find(conn, name, &table, err);
    if (status == FERRY_OK && table.exists && strcmp(table.kind, "BASE TABLE") == 0) {
        status = table_load_definition(conn, name, &table, err);
        if (status == FERRY_OK && table.definition != NULL)
            status = table_load_columns(conn, name, &table, err);
    }
    if (status != FERRY_OK) {
        mydrv_table_clear(&table);
        return status;
    }
    *ret_table = table;
    return FERRY_OK;
}

/* 0 where there is none. */
static uint64_t table_definition_hash(const struct mydrv_table *table)
{
    return table->definition == NULL ? 0 : mydrv_table_hash(table->definition);
}

ferry_status mydrv_table_confirm(const struct mydrv_conn *conn, const struct ferry_load_spec *spec,
                                 const struct mydrv_table *now, struct ferry_error *err)
{
    return ferry_load_confirm(spec, conn->label, now->exists, table_definition_hash(now), err);
}

/* Where somebody keeps readers out of the table, their number is not cheap to learn. */
static ferry_status table_report_rows(struct mydrv_conn *conn, const char *name,
                                      struct ferry_inspection *inspection, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT COUNT(*) FROM ");
    mydrv_text_add_name(&sql, name);
    if (sql.failed)
        return mydrv_fail_memory(err);
    if (mysql_real_query(conn->native, sql.data, sql.length) != 0)
        return mysql_errno(conn->native) == TABLE_LOCKED
                   ? FERRY_OK
                   : mydrv_fail_conn(conn, MYDRV_LOADING, "count the table's rows", err);
    MYDRV_AUTO_RESULT MYSQL_RES *rows = mysql_store_result(conn->native);
    MYSQL_ROW row = rows == NULL ? NULL : mysql_fetch_row(rows);
    if (row == NULL || row[0] == NULL)
        return mydrv_fail_conn(conn, MYDRV_LOADING, "count the table's rows", err);
    inspection->rows = strtoumax(row[0], NULL, 10);
    inspection->rows_known = 1;
    return FERRY_OK;
}

static ferry_status table_report(struct mydrv_conn *conn, const char *name,
                                 const struct mydrv_table *table,
                                 struct ferry_inspection *inspection, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    inspection->exists = 1;
    inspection->own = table->own;
    inspection->definition = table_definition_hash(table);
    for (size_t i = 0; i < table->column_count && status == FERRY_OK; i++) {
        const struct mydrv_live_column *live = &table->columns[i];
        /* What this driver made a column for was the source's. */
        const struct ferry_column column = {
            .name = live->name,
            .native = live->native,
            .charset = live->charset,
            .type = FERRY_TYPE_ANY,
            .default_value = live->has_default ? "its own" : NULL,
            .flags = (live->has_default || !live->not_null) && !table->own
                         ? FERRY_COLUMN_FILLS_ITSELF
                         : 0,
            .clauses = live->clauses,
        };
        status = ferry_schema_add(inspection->schema, &column, sizeof column, err);
    }
    if (status == FERRY_OK)
        status = mydrv_references_add(table->definition, inspection->schema, err);
    if (status != FERRY_OK || table->data_bytes > TABLE_COUNT_BYTES_MAX)
        return status;
    return table_report_rows(conn, name, inspection, err);
}

/* All servers of the kind have this limit. */
#define NAME_CHARACTERS 64

static size_t table_count_characters(const char *name)
{
    size_t count = 0;
    for (; *name != '\0'; name++)
        count += ((unsigned char)*name & 0xC0) != 0x80;
    return count;
}

ferry_status mydrv_table_check(const struct mydrv_conn *conn, const char *name,
                               const struct mydrv_table *table, struct ferry_error *err)
{
    if (strncasecmp(name, "_dbferry_", 9) == 0 &&
        strncmp(name, FERRY_TABLES_OF_PIECES, sizeof FERRY_TABLES_OF_PIECES - 1) != 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the table name '%s' is reserved; choose another target_table",
                          conn->label, name);
    if (table_count_characters(name) > NAME_CHARACTERS)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the table name '%s' is too long: names have %d characters at most "
                          "here; choose another target_table",
                          conn->label, name, NAME_CHARACTERS);
    if (table->exists && strcmp(table->kind, "SYSTEM VERSIONED") == 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: table '%s' keeps the history of its rows (WITH SYSTEM VERSIONING), "
                          "which would be lost; choose another target_table, or end that by ALTER "
                          "TABLE ... DROP SYSTEM VERSIONING",
                          conn->label, name);
    if (table->exists && strcmp(table->kind, "BASE TABLE") != 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: '%s' is no table (%s); choose another target_table, or drop it",
                          conn->label, name, table->kind);
    if (table->exists && table->column_count == 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: table '%s' has no column that takes values; choose another "
                          "target_table, or drop it",
                          conn->label, name);
    return table->exists ? mydrv_engine_check(conn, name, table->engine, err) : FERRY_OK;
}

ferry_status mydrv_inspect(void *conn, const char *table, struct ferry_inspection *inspection,
                           struct ferry_error *err)
{
    struct mydrv_conn *c = conn;
    struct mydrv_table found = {0};
    mydrv_judge_forget(c, table); /* the keys of all tables were judged before */
    ferry_status status = mydrv_table_load(c, table, &found, err);
    if (status == FERRY_OK)
        status = mydrv_table_check(c, table, &found, err);
    if (status == FERRY_OK && found.exists)
        mydrv_engine_warn(c, table, found.engine);
    if (status == FERRY_OK && found.exists)
        status = table_report(c, table, &found, inspection, err);
    mydrv_table_clear(&found);
    return status;
}
