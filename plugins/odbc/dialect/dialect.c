/* The table of dialects, and who is which. */

#include "dialect/dialect.h"
#include "write/target.h"

#include <fnmatch.h>
#include <string.h>

#define SIZE_OF_LONGEST UINT64_C(1073741823)

static const char *const dialect_nothing[] = {NULL};

/* By autocommit, the ODBC driver would read whole results into memory. */
static const char *const sqlite_snapshot[] = {"BEGIN", NULL};

/* What account, database, data source and ConnSettings may have set otherwise: how values are
 * written, which rows are seen, how long the session waits.  Names are looked up in pg_catalog
 * first, as long as it is not in the path. */
static const char *const postgresql_session[] = {
    ("SELECT pg_catalog.set_config('search_path', pg_catalog.array_to_string(ARRAY("
     "SELECT pg_catalog.quote_ident(s) FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) "
     "WITH ORDINALITY AS u(s, n) WHERE s <> 'pg_catalog' ORDER BY n), ', '), false)"),
    "SET client_encoding = 'UTF8'",
    "SET extra_float_digits = 3",
    "SET DateStyle = 'ISO'",
    "SET IntervalStyle = 'postgres'",
    "SET bytea_output = 'hex'",
    "SET standard_conforming_strings = on",
    "SET row_security = off",
    "SET statement_timeout = 0",
    "SET lock_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    ("SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings "
     "WHERE name = 'transaction_timeout'"), /* from release 17 on */
    NULL,
};
static const char *const postgresql_snapshot[] = {
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", NULL};
/* A server that is lost is noticed, also where a call cannot be cancelled. */
#define POSTGRESQL_TLS                                                                             \
    {                                                                                              \
        "SSLmode", "verify-full", true                                                             \
    }
static const struct odrv_default postgresql_defaults[] = {
    POSTGRESQL_TLS,
    {"pqopt",
     "{keepalives_idle=30 keepalives_interval=10 keepalives_count=6 "
     "tcp_user_timeout=300000}",
     true},
    {NULL, NULL, false},
};

/* A snapshot does not see through TRUNCATE, ALTER TABLE or a table that takes the place of another:
 * those are read as if they were empty.  What this transaction has locked is what was read; the
 * rows of the catalog are those of the snapshot, and its functions tell what is there now.  First
 * what was not there then, then what has another file, then what has other partitions. */
static const char postgresql_changed[] =
    "WITH held AS (SELECT DISTINCT l.relation AS oid FROM pg_catalog.pg_locks l "
    "WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.database = "
    "(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())), "
    "known AS (SELECT c.* FROM held h JOIN pg_catalog.pg_class c ON c.oid = h.oid "
    "WHERE c.relnamespace <> 'pg_catalog'::regnamespace) "
    "SELECT h.oid::regclass FROM held h "
    "WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = h.oid) "
    "AND (pg_identify_object('pg_catalog.pg_class'::regclass, h.oid, 0)).type IN "
    "('table', 'materialized view', 'foreign table') "
    "UNION ALL SELECT c.oid::regclass FROM known c WHERE c.relkind IN ('r', 'm') "
    "AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid) "
    "UNION ALL SELECT c.oid::regclass FROM known c WHERE c.relkind = 'p' AND EXISTS (SELECT FROM "
    "(SELECT t.relid::oid AS oid FROM pg_partition_tree(c.oid) t WHERE t.parentrelid = c.oid) now "
    "FULL JOIN (SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid "
    "AND to_jsonb(i) ->> 'inhdetachpending' IS DISTINCT FROM 'true') past ON past.oid = now.oid "
    "WHERE now.oid IS NULL OR past.oid IS NULL) LIMIT 1";

/* A TIMESTAMP comes in the session's time zone; a limit of rows would make a part of the table
 * seem the whole; a sql_mode may pad each CHAR; notes take the room of warnings. */
static const char *const mariadb_session[] = {
    "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
    "sql_select_limit = 18446744073709551615, sql_notes = 0, net_write_timeout = 3600, "
    "net_read_timeout = 3600, wait_timeout = 28800, completion_type = 0"
    "/*M!100300 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0, "
    "idle_write_transaction_timeout = 0, max_error_count = 65535 */",
    NULL,
};
static const char *const mariadb_snapshot[] = {
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", NULL};
#define MARIADB_TLS                                                                                \
    {"FORCETLS", "1", true},                                                                       \
    {                                                                                              \
        "SSLVERIFY", "1", true                                                                     \
    }
static const struct odrv_default mariadb_defaults[] = {MARIADB_TLS, {NULL, NULL, false}};
/* Of both servers: what a limit has cut, or the way to us has changed. */
static const char *const mariadb_refused[] = {"1256", "1257", "1260", "1300", "1301", "1684",
                                              "1931", "1977", "3641", "3854", "6119", NULL};

/* FreeTDS cuts long values at its own `text size`; a session may stop after some rows. */
static const char *const sqlserver_session[] = {
    "SET TEXTSIZE 2147483647", "SET ROWCOUNT 0",       "SET ANSI_PADDING ON",
    "SET ANSI_NULLS ON",       "SET ANSI_WARNINGS ON", "SET QUOTED_IDENTIFIER ON",
    "SET ARITHABORT ON",       "SET LOCK_TIMEOUT -1",  NULL};

static const char *const oracle_session[] = {"ALTER SESSION SET TIME_ZONE = '+00:00'",
                                             "ALTER SESSION SET NLS_CALENDAR = 'GREGORIAN'", NULL};
static const char *const oracle_snapshot[] = {"SET TRANSACTION READ ONLY", NULL};

#define POSTGRESQL                                                                                 \
    .name = "PostgreSQL", .product = "PostgreSQL",                                                 \
    .attributes = "UseDeclareFetch=0;MaxVarcharSize=10485760;ByteaAsLongVarBinary=1;"              \
                  "BoolsAsChar=0;TextAsLongVarchar=1;UnknownsAsLongVarchar=0;LFConversion=0;"      \
                  "Protocol=7.4-0;Debug=0;CommLog=0",                                              \
    .defaults = postgresql_defaults, .braced = "DSN;DRIVER;PWD;pqopt;ConnSettings",                \
    .refused_attributes = "[A-Da-d][0-9A-Za-z]", .refused_library = "psqlodbca",                   \
    .ask_client = "SELECT pg_catalog.current_setting('client_encoding')", .client_answer = "UTF8", \
    .session = postgresql_session, .snapshot = postgresql_snapshot,                                \
    .ask_snapshot = "SELECT pg_catalog.concat(current_setting('transaction_isolation'), ' ', "     \
                    "current_setting('transaction_read_only'))",                                   \
    .snapshot_answer = "repeatable read on", .ask_changed = postgresql_changed,                    \
    .ask_schema = "SELECT current_schema()",                                                       \
    .ask_home = "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "      \
                "ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass(%)",               \
    .system_names = "pg_*",                                                                        \
    .ask_encoding = "SELECT pg_encoding_to_char(encoding) FROM pg_catalog.pg_database "            \
                    "WHERE datname = current_database()",                                          \
    .encoding = "UTF8",                                                                            \
    .ask_tls = "SELECT coalesce((SELECT concat(version, ' ', cipher) FROM pg_catalog.pg_stat_ssl " \
               "WHERE pid = pg_backend_pid() AND ssl), 'none')",                                   \
    .ask_alive = "SELECT 1", .nulls_first = " NULLS FIRST", .text_type = SQL_C_WCHAR,              \
    .unlimited = UINT64_C(10485760), .pages = true, .keys = true, .types = odrv_types_postgresql,  \
    .writing = &odrv_writing_postgresql

/* The driver guesses the types of expressions by their first value, and prints numbers with 15
 * digits: so each value comes with a letter for its kind, in a text of its own making.  It cuts the
 * name of a column at a dot.  INTEGER PRIMARY KEY takes no NULL where it is the row's own number,
 * and then the key has no index. */
#define SQLITE                                                                                     \
    .name = "SQLite", .product = "SQLite", .attributes = "StepAPI=1;BigInt=1;NoWCHAR=1;NoCreat=1", \
    .attributes_of_target = "Timeout=1", .session = dialect_nothing, .snapshot = sqlite_snapshot,  \
    .snapshot_end = "ROLLBACK", .ask_encoding = "PRAGMA encoding", .encoding = "UTF-8",            \
    .ask_declared = "SELECT name, type, \"notnull\" <> 0 OR (pk = 1 AND upper(type) = 'INTEGER' "  \
                    "AND (SELECT max(pk) FROM pragma_table_xinfo(%)) = 1 "                         \
                    "AND NOT EXISTS (SELECT 1 FROM pragma_index_list(%) WHERE origin = 'pk')) "    \
                    "FROM pragma_table_xinfo(%) WHERE hidden <> 1 ORDER BY cid",                   \
    .ask_alive = "SELECT 1", .nulls_first = "", .text_type = SQL_C_CHAR, .keys = true,             \
    .braced = "", .types = odrv_types_sqlite, .writing = &odrv_writing_sqlite

/* FORWARDONLY and NO_CACHE: rows one by one, from Connector/ODBC 3.1.17 on.  Texts as the bytes
 * that the server sends, since as wide characters they end at a NUL.  A session that is made anew
 * unasked has neither the transaction nor the settings of the old one; OPTIONS has all of this in
 * one number. */
#define MARIADB                                                                                    \
    .name = "MariaDB", .trims = true,                                                              \
    .attributes = "CHARSET=utf8mb4;FORWARDONLY=1;NO_CACHE=1;AUTO_RECONNECT=0",                     \
    .refused_attributes = "[Oo][Pp][Tt][Ii][Oo][Nn]*", .defaults = mariadb_defaults,               \
    .session = mariadb_session, .snapshot = mariadb_snapshot, .encoding = "utf8mb4",               \
    .ask_unsteady = "SELECT 1 FROM information_schema.TABLES t JOIN information_schema.ENGINES e " \
                    "ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = DATABASE() AND "                \
                    "t.TABLE_NAME = CONVERT(x'%' USING utf8mb4) AND "                              \
                    "coalesce(e.TRANSACTIONS, 'NO') <> 'YES'",                                     \
    .ask_warnings = "SHOW WARNINGS", .count_warnings = "SHOW COUNT(*) WARNINGS",                   \
    .warnings_refused = mariadb_refused, .ask_alive = "SELECT 1", .nulls_first = "",               \
    .text_type = SQL_C_BINARY, .quote = '`', .unlimited = SIZE_OF_LONGEST, .sorted_length = 255,   \
    .tells_values = true, .catalogs = true, .keys = true, .hides = true,                           \
    .types = odrv_types_mariadb

#define SQLSERVER                                                                                  \
    .name = "SQL Server", .session = sqlserver_session, .ask_schema = "SELECT SCHEMA_NAME()",      \
    .ask_alive = "SELECT 1", .nulls_first = "", .text_type = SQL_C_WCHAR,                          \
    .unlimited = SIZE_OF_LONGEST, .catalogs = true, .keys = true, .hides = true, .untried = true,  \
    .types = odrv_types_sqlserver

#define ORACLE                                                                                     \
    .name = "Oracle", .product = "Oracle", .session = oracle_session, .snapshot = oracle_snapshot, \
    .ask_schema = "SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL",                     \
    .ask_alive = "SELECT 1 FROM DUAL", .nulls_first = " NULLS FIRST", .text_type = SQL_C_WCHAR,    \
    .unlimited = SIZE_OF_LONGEST, .keys = true, .hides = true, .untried = true,                    \
    .types = odrv_types_oracle

static const struct odrv_dialect dialects[] = {
    {POSTGRESQL, .in_file = "psqlodbc"},
    {SQLITE, .in_file = "sqlite3odbc"},
    {MARIADB, .product = "MariaDB", .writing = &odrv_writing_mariadb,
     .ask_tls = "SELECT concat('cipher ', VARIABLE_VALUE) FROM information_schema.SESSION_STATUS "
                "WHERE VARIABLE_NAME = 'Ssl_cipher' AND VARIABLE_VALUE <> ''",
     .in_file = "libmaodbc"},
    {MARIADB, .product = "MySQL", .in_file = "libmaodbc"},
    {SQLSERVER, .product = "Microsoft SQL Server", .in_file = "msodbcsql"},
    {SQLSERVER, .product = "Microsoft SQL Server", .in_file = "libtdsodbc"},
    {ORACLE, .in_file = "libsqora"},
};

/* An ODBC driver whose file has a name of its own may be any of them: each takes what it knows. */
static const struct odrv_default generic_defaults[] = {
    POSTGRESQL_TLS, MARIADB_TLS, {NULL, NULL, false}};

static const struct odrv_dialect dialect_generic = {
    .name = "generic",
    .product = "",
    .in_file = "",
    .defaults = generic_defaults,
    .session = dialect_nothing,
    .nulls_first = "",
    .text_type = SQL_C_WCHAR,
    .unlimited = SIZE_OF_LONGEST,
    .hides = true,
    .untried = true,
    .types = odrv_types_generic,
};

const struct odrv_dialect *odrv_dialect_of_product(const char *product)
{
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (strncasecmp(product, dialects[i].product, strlen(dialects[i].product)) == 0)
            return &dialects[i];
    return &dialect_generic;
}

const struct odrv_dialect *odrv_dialect_of_library(const char *library)
{
    for (size_t i = 0; library != NULL && i < sizeof dialects / sizeof *dialects; i++)
        if (strcasestr(library, dialects[i].in_file) != NULL)
            return &dialects[i];
    return &dialect_generic;
}

const struct odrv_type *odrv_dialect_type(const struct odrv_dialect *dialect, const char *name,
                                          SQLSMALLINT sql_type)
{
    for (const struct odrv_type *type = dialect->types; type->type != 0; type++)
        if ((type->name == NULL || fnmatch(type->name, name, FNM_CASEFOLD) == 0) &&
            (type->sql_type == SQL_UNKNOWN_TYPE || type->sql_type == sql_type))
            return type;
    return NULL;
}
