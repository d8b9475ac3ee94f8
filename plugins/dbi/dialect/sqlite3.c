/* SQLite by libdbd-sqlite3: what its types are, and by which words its values come unharmed. */

#include "dialect/dialect.h"

#include <dbi/dbi-dev.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "connect/connect.h"
#include "read/read.h"
#include "write/target.h"

#define COMPARES FERRY_COLUMN_COMPARES_UNKNOWN

#define ORDER "% COLLATE BINARY"
#define LITE(pattern, kind, width, more)                                                           \
    {                                                                                              \
        .name = (pattern), .type = (kind), .bits = (width), .flags = (more),                       \
        .codec = DBIDRV_CODEC_TEXT, .ask = DBIDRV_TAGGED,                                          \
        .order = (kind) == FERRY_TYPE_FLOAT ? NULL : ORDER                                         \
    }

/* SQLite's rules of affinity, in their order. */
static const struct dbidrv_type sqlite3_types[] = {
    /* As this driver declares decimals: not in order of their values. */
    {.name = "decimal_text",
     .type = FERRY_TYPE_DECIMAL,
     .codec = DBIDRV_CODEC_DECIMAL,
     .ask = DBIDRV_TAGGED,
     .sized = true},
    LITE("*int*", FERRY_TYPE_INT, 64, FERRY_COLUMN_LOOSE),
    LITE("*char*", FERRY_TYPE_TEXT, 0, FERRY_COLUMN_LOOSE | COMPARES),
    LITE("*clob*", FERRY_TYPE_TEXT, 0, FERRY_COLUMN_LOOSE | COMPARES),
    LITE("*text*", FERRY_TYPE_TEXT, 0, FERRY_COLUMN_LOOSE | COMPARES),
    LITE("*blob*", FERRY_TYPE_BYTES, 0, FERRY_COLUMN_LOOSE),
    LITE("*real*", FERRY_TYPE_FLOAT, 64, FERRY_COLUMN_LOOSE | FERRY_COLUMN_NO_NAN),
    LITE("*floa*", FERRY_TYPE_FLOAT, 64, FERRY_COLUMN_LOOSE | FERRY_COLUMN_NO_NAN),
    LITE("*doub*", FERRY_TYPE_FLOAT, 64, FERRY_COLUMN_LOOSE | FERRY_COLUMN_NO_NAN),
    LITE(NULL, FERRY_TYPE_ANY, 0, 0),
    {0},
};

static const char *const sqlite3_session[] = {"PRAGMA foreign_keys = OFF",
                                              "PRAGMA case_sensitive_like = OFF", NULL};
static const char *const sqlite3_snapshot[] = {"BEGIN", NULL};

static const struct dbidrv_gather sqlite3_gather = {
    .make = "CREATE TEMP TABLE % AS ",
    .drop_asked = "DROP TABLE temp." DBIDRV_ASKED,
};

/* The rows of a table that a SELECT has made are numbered from 1 on, without a gap. */
static void sqlite3_add_piece(struct part_text *sql, unsigned columns, uint64_t done,
                              uint64_t count)
{
    part_text_add(sql, "SELECT ");
    dbidrv_add_columns(sql, columns);
    part_text_addf(sql,
                   " FROM " DBIDRV_ROWS " WHERE rowid > %" PRIu64 " AND rowid <= %" PRIu64
                   " ORDER BY rowid",
                   done, done + count);
}

/* The rows are there, and can be weighed. */
static ferry_status sqlite3_measure(struct dbidrv_rows *rows, uint64_t count, uint64_t beside,
                                    uint64_t most, uint64_t *ret_count, struct ferry_error *err)
{
    static const char doing[] = "ask how long the next rows are";
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    uint64_t fit = 0;
    bool row = false;
    part_text_addf(&sql, "SELECT CAST(count(*) AS TEXT) AS c1 FROM (SELECT sum(%" PRIu64, beside);
    for (unsigned i = 1; i <= rows->columns; i++)
        part_text_addf(&sql, " + 2 * coalesce(length(CAST(c%u AS BLOB)), 0)", i);
    part_text_addf(&sql,
                   ") OVER (ORDER BY rowid) AS bytes FROM temp." DBIDRV_ROWS
                   " WHERE rowid > %" PRIu64 " AND rowid <= %" PRIu64 ") WHERE bytes <= %" PRIu64,
                   rows->done, rows->done + count, most);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_ask(rows->conn, sql.data, 1, DBIDRV_READING,
                                                         doing, &answer, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(rows->conn, &answer, doing, &row, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_number(rows->conn, &answer, doing, &fit, err);
    if (status == FERRY_OK)
        *ret_count = fit < 1 ? 1 : fit;
    return status;
}
static const struct dbidrv_pieces sqlite3_pieces = {
    .open = "CREATE TEMP TABLE " DBIDRV_ROWS " AS ",
    .add = sqlite3_add_piece,
    .close = "DROP TABLE temp." DBIDRV_ROWS,
    .measure = sqlite3_measure,
};

/* ---- What a statement says of itself, which libdbi does not tell ---- */

struct sqlite3_library {
    int (*prepare)(void *db, const char *sql, int size, void **ret_stmt, const char **ret_tail);
    int (*count)(void *stmt);
    const char *(*name)(void *stmt, int column);
    const char *(*declared)(void *stmt, int column);
    int (*finalize)(void *stmt);
};

static ferry_status sqlite3_find(const struct dbidrv_conn *conn, struct sqlite3_library *ret,
                                 struct ferry_error *err)
{
    const struct dbidrv_function functions[] = {{"sqlite3_prepare", &ret->prepare},
                                                {"sqlite3_column_count", &ret->count},
                                                {"sqlite3_column_name", &ret->name},
                                                {"sqlite3_column_decltype", &ret->declared},
                                                {"sqlite3_finalize", &ret->finalize}};
    return dbidrv_dialect_functions(conn, functions, sizeof functions / sizeof *functions, err);
}

/* One statement, and nothing behind it but space and comments: libdbi would run that too. */
static ferry_status sqlite3_prepare_one(struct dbidrv_conn *conn,
                                        const struct sqlite3_library *library, const char *sql,
                                        const char *what, void **ret_stmt, struct ferry_error *err)
{
    void *db = ((const dbi_conn_t *)conn->dbi)->connection, *stmt = NULL, *more = NULL;
    const char *tail = NULL, *end = NULL;
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read %s", what) < 0) {
        doing = NULL;
        return dbidrv_fail_memory(err);
    }
    if (library->prepare(db, sql, -1, &stmt, &tail) != 0)
        return dbidrv_conn_fail_native(conn, DBIDRV_DESCRIBING, doing, err);
    int failed = library->prepare(db, tail, -1, &more, &end);
    if (failed != 0 || more != NULL || stmt == NULL) {
        (void)library->finalize(more);
        (void)library->finalize(stmt);
        return ferry_fail(err, FERRY_ERR_CONFIG, "%s: %s is more, or less, than one SELECT",
                          conn->label, what);
    }
    *ret_stmt = stmt;
    return FERRY_OK;
}

static ferry_status sqlite3_describe(struct dbidrv_conn *conn, const struct ferry_read *read,
                                     const char *select, const char *what,
                                     struct dbidrv_described **ret_list, size_t *ret_count,
                                     struct ferry_error *err)
{
    struct sqlite3_library library = {0};
    void *stmt = NULL;
    (void)read;
    ferry_status status = dbidrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = sqlite3_find(conn, &library, err);
    if (status == FERRY_OK)
        status = sqlite3_prepare_one(conn, &library, select, what, &stmt, err);
    if (status != FERRY_OK)
        return status;
    int count = library.count(stmt);
    for (int i = 0; status == FERRY_OK && i < count; i++) {
        const char *name = library.name(stmt, i), *type = library.declared(stmt, i);
        status = name == NULL ? dbidrv_fail_memory(err)
                              : dbidrv_described_add(ret_list, ret_count, name,
                                                     type == NULL ? "" : type, err);
    }
    (void)library.finalize(stmt);
    return status;
}

/* ---- Connecting ---- */

static bool sqlite3_set_options(dbi_conn dbi, const struct ferry_config *config)
{
    const char *path = ferry_config_string(config, "database");
    const char *slash = path == NULL ? NULL : strrchr(path, '/'); /* it was looked at */
    if (slash == NULL)
        return true;
    PART_AUTO_STRING char *folder = strndup(path, (size_t)(slash - path) + 1);
    return folder != NULL && dbidrv_libdbi_set(dbi, "sqlite3_dbdir", folder) &&
           dbidrv_libdbi_set(dbi, "dbname", slash + 1);
}

/* SQLite asks some times a second: 1 ends the statement. */
static int sqlite3_is_cancelled(void *data)
{
    const struct dbidrv_conn *conn = data;
    return atomic_load(&conn->cancelled) ? 1 : 0;
}

#define WAIT_MS 20

/* Somebody holds a lock: 1 tries again. */
static int sqlite3_wait(void *data, int turns)
{
    const struct dbidrv_conn *conn = data;
    const struct timespec pause = {.tv_nsec = WAIT_MS * 1000000L};
    if (atomic_load(&conn->cancelled) || (int64_t)turns * WAIT_MS >= conn->lock_wait_ms)
        return 0;
    (void)nanosleep(&pause, NULL);
    return 1;
}

/* Where the driver sqlite works in this process, it lets nobody remove journals but those that it
 * knows: so they are emptied, which ends a transaction as well. */
static int sqlite3_take_mode(void *data, int columns, char **values, char **names)
{
    bool *deletes = data;
    (void)names;
    *deletes = columns == 1 && values[0] != NULL && strcmp(values[0], "delete") == 0;
    return 0;
}

static ferry_status sqlite3_keep_journal(struct dbidrv_conn *conn, void *db,
                                         struct ferry_error *err)
{
    int (*execute)(void *db, const char *sql, int (*take)(void *, int, char **, char **),
                   void *data, char **ret_message) = NULL;
    bool deletes = false;
    ferry_status status = dbidrv_dialect_function(conn, "sqlite3_exec", &execute, err);
    if (status != FERRY_OK)
        return status;
    if (execute(db, "PRAGMA journal_mode", sqlite3_take_mode, &deletes, NULL) != 0 ||
        (deletes && execute(db, "PRAGMA journal_mode = TRUNCATE", NULL, NULL, NULL) != 0))
        return dbidrv_conn_fail_native(conn, DBIDRV_OPENING, "ask for the journal", err);
    return FERRY_OK;
}

#define STEPS_BETWEEN_LOOKS 1000

static ferry_status sqlite3_attach(struct dbidrv_conn *conn, struct ferry_error *err)
{
    void *db = ((const dbi_conn_t *)conn->dbi)->connection;
    void (*set_progress)(void *db, int steps, int (*look)(void *), void *data) = NULL;
    int (*set_busy)(void *db, int (*wait)(void *, int), void *data) = NULL;
    ferry_status status =
        dbidrv_dialect_function(conn, "sqlite3_progress_handler", &set_progress, err);
    if (status == FERRY_OK)
        status = dbidrv_dialect_function(conn, "sqlite3_busy_handler", &set_busy, err);
    if (status != FERRY_OK)
        return status;
    set_progress(db, STEPS_BETWEEN_LOOKS, sqlite3_is_cancelled, conn);
    (void)set_busy(db, sqlite3_wait, conn);
    return conn->target ? sqlite3_keep_journal(conn, db, err) : FERRY_OK;
}

const struct dbidrv_dialect dbidrv_dialect_sqlite3 = {
    .name = "sqlite3",
    .package = "libdbd-sqlite3",
    .product = "SQLite",
    .schema = "main",
    .is_file = true,
    .rollback = "ROLLBACK",
    .session = sqlite3_session,
    .snapshot = sqlite3_snapshot,
    .ask_version = "SELECT sqlite_version() AS c1",
    .ask_encoding = "SELECT encoding AS c1 FROM pragma_encoding",
    .encoding = "UTF-8",
    .only_encoding = true,
    .gather = &sqlite3_gather,
    .pieces = &sqlite3_pieces,
    .ask_kind =
        "SELECT type AS c1 FROM main.sqlite_master WHERE type IN ('table', 'view') AND name "
        "= % COLLATE NOCASE",
    .ask_keys = "SELECT name AS c1, CAST(\"notnull\" <> 0 OR (pk = 1 AND type = 'INTEGER' COLLATE "
                "NOCASE AND (SELECT max(pk) FROM pragma_table_xinfo(%, 'main')) = 1 AND NOT "
                "EXISTS (SELECT 1 FROM pragma_index_list(%, 'main') WHERE origin = 'pk')) AS TEXT) "
                "AS c2, CAST(pk AS TEXT) AS c3 FROM pragma_table_xinfo(%, 'main')",
    .ask_list = "SELECT name AS c1, type AS c2 FROM main.sqlite_master WHERE type IN ('table', "
                "'view') AND name NOT LIKE 'sqlite\\_%%' ESCAPE '\\' AND % <> ''",
    .nulls_first = "",
    .describe = sqlite3_describe,
    .set_options = sqlite3_set_options,
    .attach = sqlite3_attach,
    .types = sqlite3_types,
    .writing = &dbidrv_writing_sqlite3,
};
