/* The table of dialects, and who is which. */

#include "dialect/dialect.h"
#include "write/target.h"

#include <fnmatch.h>
#include <string.h>

#define SIZE_OF_LONGEST UINT64_C(1073741823)

static const char *const dialect_nothing[] = {NULL};

/* By autocommit, the ODBC driver would read whole results into memory. */
static const char *const sqlite_snapshot[] = {"BEGIN", NULL};
static const char *const postgresql_snapshot[] = {
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", NULL};

/* A TIMESTAMP comes in the session's time zone. */
static const char *const mariadb_session[] = {"SET time_zone = '+00:00'", NULL};
static const char *const mariadb_snapshot[] = {
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", NULL};

static const char *const oracle_session[] = {"ALTER SESSION SET TIME_ZONE = '+00:00'", NULL};
static const char *const oracle_snapshot[] = {"SET TRANSACTION READ ONLY", NULL};

#define POSTGRESQL                                                                                 \
    .name = "PostgreSQL", .product = "PostgreSQL",                                                 \
    .attributes = "UseDeclareFetch=1;Fetch=1000;MaxVarcharSize=10485760;ByteaAsLongVarBinary=1;"   \
                  "BoolsAsChar=0;TextAsLongVarchar=1;UnknownsAsLongVarchar=0;LFConversion=0;"      \
                  "Protocol=7.4-0;Debug=0;CommLog=0",                                              \
    .session = dialect_nothing, .snapshot = postgresql_snapshot,                                   \
    .ask_schema = "SELECT current_schema()",                                                       \
    .ask_encoding = "SELECT pg_encoding_to_char(encoding) FROM pg_database "                       \
                    "WHERE datname = current_database()",                                          \
    .encoding = "UTF8", .ask_alive = "SELECT 1", .nulls_first = " NULLS FIRST",                    \
    .text_type = SQL_C_WCHAR, .unlimited = UINT64_C(10485760), .keys = true,                       \
    .types = odrv_types_postgresql, .writing = &odrv_writing_postgresql

/* The driver guesses the types of expressions by their first value, and prints numbers with 15
 * digits: so each value comes with a letter for its kind, in a text of its own making. */
#define SQLITE                                                                                     \
    .name = "SQLite", .product = "SQLite", .attributes = "StepAPI=1;BigInt=1;NoWCHAR=1",           \
    .attributes_of_source = "NoCreat=1", .session = dialect_nothing, .snapshot = sqlite_snapshot,  \
    .snapshot_end = "ROLLBACK", .ask_encoding = "PRAGMA encoding", .encoding = "UTF-8",            \
    .ask_declared = "SELECT name, type, \"notnull\" <> 0 OR (pk = 1 AND upper(type) = 'INTEGER' "  \
                    "AND (SELECT max(pk) FROM pragma_table_xinfo(%)) = 1) "                        \
                    "FROM pragma_table_xinfo(%)",                                                  \
    .nulls_first = "", .text_type = SQL_C_CHAR, .keys = true, .no_braces = true,                   \
    .types = odrv_types_sqlite

/* FORWARDONLY and NO_CACHE: rows one by one, from Connector/ODBC 3.1.17 on.  Texts as the bytes
 * that the server sends, since as wide characters they end at a NUL. */
#define MARIADB                                                                                    \
    .name = "MariaDB", .attributes = "CHARSET=utf8mb4;FORWARDONLY=1;NO_CACHE=1",                   \
    .session = mariadb_session, .snapshot = mariadb_snapshot, .encoding = "utf8mb4",               \
    .ask_alive = "SELECT 1", .nulls_first = "", .text_type = SQL_C_BINARY,                         \
    .unlimited = SIZE_OF_LONGEST, .sorted_length = 255, .catalogs = true, .keys = true,            \
    .types = odrv_types_mariadb

#define SQLSERVER                                                                                  \
    .name = "SQL Server", .session = dialect_nothing, .ask_schema = "SELECT SCHEMA_NAME()",        \
    .ask_alive = "SELECT 1", .nulls_first = "", .text_type = SQL_C_WCHAR,                          \
    .unlimited = SIZE_OF_LONGEST, .catalogs = true, .keys = true, .untried = true,                 \
    .types = odrv_types_sqlserver

#define ORACLE                                                                                     \
    .name = "Oracle", .product = "Oracle", .session = oracle_session, .snapshot = oracle_snapshot, \
    .ask_schema = "SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL",                     \
    .ask_alive = "SELECT 1 FROM DUAL", .nulls_first = " NULLS FIRST", .text_type = SQL_C_WCHAR,    \
    .unlimited = SIZE_OF_LONGEST, .keys = true, .untried = true, .types = odrv_types_oracle

static const struct odrv_dialect dialects[] = {
    {POSTGRESQL, .library = "*psqlodbc*"},
    {SQLITE, .library = "*sqlite3odbc*"},
    {MARIADB, .product = "MariaDB", .library = "*libmaodbc*"},
    {MARIADB, .product = "MySQL", .library = "*libmaodbc*"},
    {SQLSERVER, .product = "Microsoft SQL Server", .library = "*msodbcsql*"},
    {SQLSERVER, .product = "Microsoft SQL Server", .library = "*libtdsodbc*"},
    {ORACLE, .library = "*libsqora*"},
};

static const struct odrv_dialect dialect_generic = {
    .name = "generic",
    .product = "",
    .library = "*",
    .session = dialect_nothing,
    .nulls_first = "",
    .text_type = SQL_C_WCHAR,
    .unlimited = SIZE_OF_LONGEST,
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
        if (fnmatch(dialects[i].library, library, FNM_CASEFOLD) == 0)
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
