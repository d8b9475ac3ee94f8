/* PostgreSQL by libdbd-pgsql: what its types are, and by which words its values come unharmed. */

#include "dialect/dialect.h"

#include <arpa/inet.h>
#include <dbi/dbi-dev.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "connect/connect.h"
#include "dialect/wire.h"
#include "read/read.h"
#include "write/target.h"

#define COMPARES FERRY_COLUMN_COMPARES_UNKNOWN

/* clang-format off */
#define PG "(%)::pg_catalog.text"
#define SORTED "(%)::pg_catalog.text COLLATE pg_catalog.\"C\""
#define INT(pattern, width)                                                                        \
    {.name = (pattern), .type = FERRY_TYPE_INT, .bits = (width), .codec = DBIDRV_CODEC_INT,        \
     .ask = PG, .order = "%"}
#define FLOATS(pattern, width)                                                                     \
    {.name = (pattern), .type = FERRY_TYPE_FLOAT, .bits = (width),                                 \
     .codec = DBIDRV_CODEC_FLOATING, .ask = PG}
#define TEXTS(pattern, more, sorted)                                                               \
    {.name = (pattern), .type = FERRY_TYPE_TEXT, .codec = DBIDRV_CODEC_TEXT,                       \
     .flags = COMPARES | (more), .ask = PG, .order = (sorted)}
/* clang-format on */

static const struct dbidrv_type pgsql_types[] = {
    INT("smallint", 16),
    INT("integer", 32),
    INT("bigint", 64),
    {.name = "oid",
     .type = FERRY_TYPE_INT,
     .bits = 32,
     .flags = FERRY_COLUMN_UNSIGNED,
     .codec = DBIDRV_CODEC_UINT,
     .ask = PG,
     .order = "%"},
    FLOATS("real", 32),
    FLOATS("double precision", 64),
    {.name = "boolean",
     .type = FERRY_TYPE_BOOL,
     .codec = DBIDRV_CODEC_BOOL,
     .ask = "(%)::pg_catalog.int4::pg_catalog.text",
     .order = "%"},
    {.name = "numeric",
     .type = FERRY_TYPE_DECIMAL,
     .codec = DBIDRV_CODEC_DECIMAL,
     .ask = PG,
     .order = "%",
     .sized = true},
    TEXTS("numeric", 0, NULL), /* of any number of digits, NaN and infinity */
    TEXTS("character", FERRY_COLUMN_FIXED, NULL),
    TEXTS("character varying", 0, SORTED),
    TEXTS("text", 0, SORTED),
    TEXTS("name", 0, SORTED),
    TEXTS("xml", 0, NULL),
    /* As it is printed: a cast adds the length of the mask. */
    {.name = "inet",
     .type = FERRY_TYPE_TEXT,
     .codec = DBIDRV_CODEC_TEXT,
     .flags = COMPARES,
     .ask = "CASE WHEN % IS NOT NULL THEN pg_catalog.concat(%) END"},
    TEXTS("cidr", 0, NULL),
    TEXTS("macaddr", 0, NULL),
    TEXTS("macaddr8", 0, NULL),
    TEXTS("interval", 0, NULL),
    TEXTS("time with time zone", 0, NULL),
    {.name = "json", .type = FERRY_TYPE_JSON, .codec = DBIDRV_CODEC_TEXT, .ask = PG},
    {.name = "jsonb", .type = FERRY_TYPE_JSON, .codec = DBIDRV_CODEC_TEXT, .ask = PG},
    {.name = "bytea",
     .type = FERRY_TYPE_BYTES,
     .codec = DBIDRV_CODEC_HEX,
     .ask = "pg_catalog.encode(%, 'hex')",
     .order = "%"},
    {.name = "date",
     .type = FERRY_TYPE_DATE,
     .codec = DBIDRV_CODEC_DATE,
     .ask = PG,
     .order = "%",
     .bound = "DATE '%'"},
    {.name = "time without time zone",
     .type = FERRY_TYPE_TIME,
     .codec = DBIDRV_CODEC_TIME,
     .ask = PG,
     .scale = 6},
    {.name = "timestamp without time zone",
     .type = FERRY_TYPE_DATETIME,
     .codec = DBIDRV_CODEC_DATETIME,
     .ask = PG,
     .order = "%",
     .bound = "TIMESTAMP '%'",
     .scale = 6},
    {.name = "timestamp with time zone",
     .type = FERRY_TYPE_DATETIME,
     .flags = FERRY_COLUMN_UTC,
     .codec = DBIDRV_CODEC_DATETIME,
     .ask = "(% AT TIME ZONE 'UTC')::pg_catalog.text",
     .order = "%",
     .bound = "TIMESTAMPTZ '%+00'",
     .scale = 6},
    {.name = "uuid", .type = FERRY_TYPE_UUID, .codec = DBIDRV_CODEC_UUID, .ask = PG, .order = "%"},
    {0},
};

/* ---- The session ---- */

/* Role, database and options may have set each of them otherwise.  Notices cannot be caught through
 * libdbi, and would be printed. */
static const char *const pgsql_session[] = {
    "SET client_min_messages = error",
    "SET client_encoding = 'UTF8'",
    "SET standard_conforming_strings = on",
    "SET DateStyle = 'ISO, YMD'",
    "SET IntervalStyle = 'postgres'",
    "SET TimeZone = 'UTC'",
    "SET extra_float_digits = 3",
    "SET bytea_output = 'hex'",
    "SET row_security = off", /* an error, where a policy would hide rows */
    "SET statement_timeout = 0",
    "SET lock_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    "SET transform_null_equals = off",
    "SET quote_all_identifiers = off",
    "SET synchronize_seqscans = off", /* two cursors over a table, in one order */
    "SET default_transaction_deferrable = off",
    /* The server looks after a client that has hung up; not before PostgreSQL 14. */
    ("SELECT pg_catalog.set_config(name, '2s', false) FROM pg_catalog.pg_settings WHERE name = "
     "'client_connection_check_interval'"),
    NULL,
};
static const char *const pgsql_snapshot[] = {
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", NULL};

static void pgsql_add_piece(struct part_text *sql, unsigned columns, uint64_t done, uint64_t count)
{
    (void)columns;
    (void)done; /* the cursor knows */
    part_text_addf(sql, "FETCH FORWARD %" PRIu64 " FROM " DBIDRV_ROWS, count);
}

/* A second cursor runs ahead of that of the rows, and goes back to where the piece will end.  It
 * looks at no long value: the server keeps its length elsewhere. */
static ferry_status pgsql_measure(struct dbidrv_rows *rows, uint64_t count, uint64_t beside,
                                  uint64_t most, uint64_t *ret_count, struct ferry_error *err)
{
    static const char doing[] = "ask how long the next rows are";
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    uint64_t fit = 0, bytes = 0, size = 0;
    bool row = true;
    part_text_addf(&sql, "FETCH FORWARD %" PRIu64 " FROM " DBIDRV_SIZES, count);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_open(rows->conn, sql.data, 1, DBIDRV_READING,
                                                          doing, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(rows->conn, &answer, doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = dbidrv_answer_number(rows->conn, &answer, doing, &size, err);
        bytes += beside + 2 * size;
        if (fit > 0 && bytes > most)
            break;
        fit++;
    }
    *ret_count = fit < 1 ? 1 : fit;
    if (status != FERRY_OK || fit == answer.rows)
        return status;
    /* Where fewer came than were asked for, it stands behind the last one. */
    uint64_t back = answer.rows - fit + (answer.rows < count ? 1 : 0);
    part_text_reset(&sql);
    part_text_addf(&sql, "MOVE BACKWARD %" PRIu64 " FROM " DBIDRV_SIZES, back);
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_run(rows->conn, sql.data, DBIDRV_READING, doing, NULL, err);
}
static const struct dbidrv_pieces pgsql_pieces = {
    .open = "DECLARE " DBIDRV_ROWS " NO SCROLL CURSOR FOR ",
    .add = pgsql_add_piece,
    .close = "CLOSE " DBIDRV_ROWS,
    .sizes_as = "SELECT (%)::pg_catalog.text AS c1",
    .open_sizes = "DECLARE " DBIDRV_SIZES " SCROLL CURSOR FOR ",
    .close_sizes = "CLOSE " DBIDRV_SIZES,
    .measure = pgsql_measure,
};

/* A snapshot sees through what others insert, update and delete, and through nothing else: a table
 * that was emptied (TRUNCATE), rewritten, or replaced by another of its name after it was taken has
 * no rows in it, and no error says so.  So it is asked afterwards, while the locks are held: the
 * catalog's rows are those of the snapshot, and its functions tell what is. */
static const char pgsql_proof[] =
    "WITH held AS (SELECT DISTINCT l.relation AS oid FROM pg_catalog.pg_locks l WHERE l.pid = "
    "pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.database = "
    "(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = "
    "pg_catalog.current_database())), "
    "known AS (SELECT c.* FROM held h JOIN pg_catalog.pg_class c ON c.oid = h.oid WHERE "
    "c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace) "
    "SELECT h.oid::pg_catalog.regclass::pg_catalog.text AS c1 FROM held h WHERE NOT EXISTS (SELECT "
    "FROM pg_catalog.pg_class c WHERE c.oid = h.oid) AND (pg_catalog.pg_identify_object("
    "'pg_catalog.pg_class'::pg_catalog.regclass, h.oid, 0)).type IN ('table', 'materialized view', "
    "'foreign table') "
    "UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text FROM known c WHERE c.relkind IN "
    "('r', 'm') AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid) "
    "UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text FROM known c WHERE c.relkind = "
    "'p' AND EXISTS (SELECT FROM (SELECT t.relid::pg_catalog.oid AS oid FROM "
    "pg_catalog.pg_partition_tree(c.oid) t WHERE t.parentrelid = c.oid::pg_catalog.regclass) now "
    "FULL JOIN (SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid "
    "AND pg_catalog.to_jsonb(i) ->> 'inhdetachpending' IS DISTINCT FROM 'true') past ON past.oid = "
    "now.oid WHERE now.oid IS NULL OR past.oid IS NULL) LIMIT 1";

/* ---- What a result says of itself, which libdbi keeps to itself ---- */

static ferry_status pgsql_name_types(struct dbidrv_conn *conn, const char *sql,
                                     struct dbidrv_described *list, size_t count,
                                     struct ferry_error *err)
{
    static const char doing[] = "ask for the names of types";
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = false;
    ferry_status status =
        dbidrv_answer_ask(conn, sql, (unsigned)count, DBIDRV_DESCRIBING, doing, &answer, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(conn, &answer, doing, &row, err);
    for (size_t i = 0; status == FERRY_OK && row && i < count; i++) {
        char *type = strdup(dbidrv_answer_text(&answer, (unsigned)i));
        if (type == NULL)
            return dbidrv_fail_memory(err);
        free(list[i].type);
        list[i].type = type;
    }
    return status;
}

static ferry_status pgsql_take_columns(struct dbidrv_conn *conn, dbi_result result,
                                       struct part_text *sql, struct dbidrv_described **list,
                                       size_t *count, struct ferry_error *err)
{
    unsigned (*type_of)(const void *result, int column) = NULL;
    int (*modifier_of)(const void *result, int column) = NULL;
    const void *native = ((const dbi_result_t *)result)->result_handle;
    unsigned columns = dbi_result_get_numfields(result);
    ferry_status status = dbidrv_dialect_function(conn, "PQftype", &type_of, err);
    if (status == FERRY_OK)
        status = dbidrv_dialect_function(conn, "PQfmod", &modifier_of, err);
    part_text_add(sql, "SELECT ");
    for (unsigned i = 0; status == FERRY_OK && i < columns; i++) {
        const char *name = dbi_result_get_field_name(result, i + 1);
        part_text_addf(sql, "%spg_catalog.format_type(%u, %d)::pg_catalog.text AS c%u",
                       i > 0 ? ", " : "", type_of(native, (int)i), modifier_of(native, (int)i),
                       i + 1);
        status = dbidrv_described_add(list, count, name == NULL ? "" : name, "", err);
    }
    return status == FERRY_OK && sql->failed ? dbidrv_fail_memory(err) : status;
}

#define COMMAND_OK 1 /* PGRES_COMMAND_OK */

/* What a query is sent with runs every statement in it; to prepare it takes one alone, and runs
 * none.  What proves the description proves the reading, which has the same query in it. */
static ferry_status pgsql_prove_one(struct dbidrv_conn *conn, const char *sql, const char *doing,
                                    struct ferry_error *err)
{
    void *(*prepare)(void *native, const char *name, const char *sql, int count,
                     const unsigned *types) = NULL;
    int (*status_of)(const void *result) = NULL;
    void (*clear)(void *result) = NULL;
    const char *(*message)(const void *native) = NULL;
    void *native = ((const dbi_conn_t *)conn->dbi)->connection;
    const struct dbidrv_function functions[] = {{"PQprepare", &prepare},
                                                {"PQresultStatus", &status_of},
                                                {"PQclear", &clear},
                                                {"PQerrorMessage", &message}};
    ferry_status status =
        dbidrv_dialect_functions(conn, functions, sizeof functions / sizeof *functions, err);
    if (status != FERRY_OK)
        return status;
    void *result = prepare(native, "", sql, 0, NULL);
    if (status_of(result) != COMMAND_OK) {
        DBIDRV_AUTO_DIAGNOSIS struct dbidrv_diagnosis diagnosis;
        dbidrv_diagnosis_take_text(message(native), &diagnosis);
        status = dbidrv_fail_as(conn, &diagnosis, DBIDRV_DESCRIBING, doing, err);
    }
    clear(result);
    return status;
}

static ferry_status pgsql_describe(struct dbidrv_conn *conn, const struct ferry_read *read,
                                   const char *select, const char *what,
                                   struct dbidrv_described **ret_list, size_t *ret_count,
                                   struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    PART_AUTO_TEXT struct part_text types = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    (void)read;
    part_text_addf(&sql, "%s LIMIT 0", select);
    if (sql.failed || asprintf(&doing, "read %s", what) < 0)
        return dbidrv_fail_memory(err);
    ferry_status status = dbidrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = pgsql_prove_one(conn, sql.data, doing, err);
    if (status != FERRY_OK)
        return status;
    dbi_result result = dbi_conn_query(conn->dbi, sql.data);
    if (result == NULL)
        return dbidrv_fail(conn, DBIDRV_DESCRIBING, doing, err);
    status = pgsql_take_columns(conn, result, &types, ret_list, ret_count, err);
    dbi_result_free(result);
    return status == FERRY_OK && *ret_count > 0
               ? pgsql_name_types(conn, types.data, *ret_list, *ret_count, err)
               : status;
}

/* ---- Connecting ---- */

/* "127.example.net" is a name like others. */
static bool pgsql_is_local(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (*host == '/' || strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == IN_LOOPBACKNET;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool pgsql_set_options(dbi_conn dbi, const struct ferry_config *config)
{
    const char *host = ferry_config_string(config, "host");
    bool local = host == NULL || pgsql_is_local(host);
    bool told = false;
    const char *name, *value;
    for (size_t i = 0; ferry_config_pair(config, "options", i, &name, &value) == 1; i++)
        told = told || strcmp(name, "pgsql_sslmode") == 0;
    if (!told && !dbidrv_libdbi_set(dbi, "pgsql_sslmode", local ? "prefer" : "verify-full"))
        return false;
    /* What the network loses is noticed, also where the server owes an answer. */
    return dbidrv_libdbi_set(dbi, "pgsql_keepalives_idle", "30") &&
           dbidrv_libdbi_set(dbi, "pgsql_keepalives_interval", "10") &&
           dbidrv_libdbi_set(dbi, "pgsql_keepalives_count", "5") &&
           dbidrv_libdbi_set(dbi, "pgsql_tcp_user_timeout", "120000") &&
           dbidrv_libdbi_set(dbi, "pgsql_fallback_application_name", "dbferry");
}

static ferry_status pgsql_attach(struct dbidrv_conn *conn, struct ferry_error *err)
{
    ferry_status status = dbidrv_wire_attach(conn, err);
    return status == FERRY_OK ? dbidrv_conn_keep_socket(conn, err) : status;
}

#define TABLE "pg_catalog.to_regclass(%)"
#define PLACE "pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum)"
const struct dbidrv_dialect dbidrv_dialect_pgsql = {
    .name = "pgsql",
    .package = "libdbd-pgsql",
    .product = "PostgreSQL",
    .default_port = 5432,
    .path_in_quotes = true,
    .rollback = "ROLLBACK",
    .session = pgsql_session,
    .snapshot = pgsql_snapshot,
    .ask_version = "SELECT pg_catalog.current_setting('server_version') AS c1",
    .ask_schema = "SELECT pg_catalog.current_schema()::pg_catalog.text AS c1",
    .ask_encoding = "SELECT pg_catalog.current_setting('server_encoding') AS c1",
    .encoding = "UTF8",
    .no_letters = "SQL_ASCII",
    .own_prefix = "pg_",
    .size_of = "COALESCE(pg_catalog.octet_length(%), 0)::pg_catalog.int8",
    .pieces = &pgsql_pieces,
    .ask_kind = "SELECT CASE WHEN c.oid IS NULL THEN 'replaced' WHEN c.relkind IN ('r', 'p', 'f') "
                "THEN 'table' WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE "
                "c.relkind::pg_catalog.text END AS c1 FROM (SELECT " TABLE "::pg_catalog.oid AS "
                "oid) n LEFT JOIN pg_catalog.pg_class c ON c.oid = n.oid WHERE n.oid IS NOT NULL",
    .ask_keys =
        "SELECT a.attname::pg_catalog.text AS c1, "
        "a.attnotnull::pg_catalog.int4::pg_catalog.text AS c2, "
        "(CASE WHEN " PLACE " < i.indnkeyatts THEN " PLACE " + 1 ELSE 0 END)"
        "::pg_catalog.text AS c3 FROM pg_catalog.pg_attribute a LEFT JOIN "
        "pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND NOT EXISTS "
        "(SELECT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = "
        "h.inhparent WHERE p.oid = i.indrelid AND p.relkind = 'r') "
        "WHERE a.attrelid = " TABLE " AND a.attnum > 0 AND NOT a.attisdropped",
    .ask_list = "SELECT c.relname::pg_catalog.text AS c1, CASE WHEN c.relkind IN ('v', 'm') THEN "
                "'view' ELSE 'table' END AS c2 FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', "
                "'p', 'f', 'v', 'm') AND NOT c.relispartition AND c.relnamespace = "
                "pg_catalog.to_regnamespace(%) AND pg_catalog.has_table_privilege(c.oid, 'SELECT')",
    .ask_proof = pgsql_proof,
    .nulls_first = " NULLS FIRST",
    .describe = pgsql_describe,
    .set_options = pgsql_set_options,
    .attach = pgsql_attach,
    .detach = dbidrv_wire_detach,
    .types = pgsql_types,
    .writing = &dbidrv_writing_pgsql,
};
