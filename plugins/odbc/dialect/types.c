/* The types of each dialect: what a column is, and by which expression its values come unharmed.
 *
 * A name that stands in no row is refused by name.  What a row says was found by asking real
 * databases for the values at the edges (docs: TYPES in dbferry-odbc(7)); the rows of SQL Server
 * and Oracle follow their manuals alone.
 */

#include "dialect/dialect.h"

#define ANY_SQL SQL_UNKNOWN_TYPE
#define NOT_SIGNED FERRY_COLUMN_UNSIGNED
#define COMPARES FERRY_COLUMN_COMPARES_UNKNOWN
#define FINITE (FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY)

/* clang-format off */
#define INT(pattern, width)                                                                        \
    {.name = (pattern), .type = FERRY_TYPE_INT, .bits = (width), .codec = ODRV_CODEC_INT, .order = "%"}
#define UINT(pattern, width)                                                                       \
    {.name = (pattern), .type = FERRY_TYPE_INT, .bits = (width), .flags = NOT_SIGNED,              \
     .codec = ODRV_CODEC_UINT, .order = "%"}
#define FLOATS(pattern, width, way, more)                                                          \
    {.name = (pattern), .type = FERRY_TYPE_FLOAT, .bits = (width), .codec = (way), .flags = (more)}
#define DECIMALS(pattern, how)                                                                     \
    {.name = (pattern), .type = FERRY_TYPE_DECIMAL, .codec = ODRV_CODEC_DECIMAL, .ask = (how), .order = "%"}
#define TEXTS(pattern, how, sorted)                                                                \
    {.name = (pattern), .type = FERRY_TYPE_TEXT, .codec = ODRV_CODEC_TEXT, .flags = COMPARES,      \
     .ask = (how), .order = (sorted)}
/* Without a length, whatever the driver says: one that it makes up would limit the copy. */
#define LONG_TEXTS(pattern, how, sorted)                                                           \
    {.name = (pattern), .type = FERRY_TYPE_TEXT, .codec = ODRV_CODEC_TEXT,                         \
     .flags = COMPARES | FERRY_COLUMN_LONG, .ask = (how), .order = (sorted)}
#define BYTES(pattern)                                                                             \
    {.name = (pattern), .type = FERRY_TYPE_BYTES, .codec = ODRV_CODEC_BYTES, .order = "%"}
#define DATES(pattern, how, value)                                                                 \
    {.name = (pattern), .type = FERRY_TYPE_DATE, .codec = ODRV_CODEC_DATE, .ask = (how),           \
     .order = "%", .bound = (value)}
#define TIMES(pattern, how)                                                                        \
    {.name = (pattern), .type = FERRY_TYPE_TIME, .codec = ODRV_CODEC_TIME, .ask = (how)}
#define MOMENTS(pattern, how, value, more)                                                         \
    {.name = (pattern), .type = FERRY_TYPE_DATETIME, .codec = ODRV_CODEC_DATETIME, .ask = (how),   \
     .order = "%", .bound = (value), .flags = (more)}
/* clang-format on */

/* The ODBC driver's own conversions turn infinite dates and those before Christ into others, so
 * dates come as the server prints them. */
#define PG_TEXT "CAST(% AS text)"
#define PG_SORTED "CAST(% AS text) COLLATE \"C\""

const struct odrv_type odrv_types_postgresql[] = {
    INT("int2", 16),
    INT("smallserial", 16),
    INT("int4", 32),
    INT("serial", 32),
    INT("int8", 64),
    INT("bigserial", 64),
    UINT("oid", 32),
    FLOATS("float4", 32, ODRV_CODEC_FLOATING, 0),
    FLOATS("float8", 64, ODRV_CODEC_FLOATING, 0),
    {.name = "bool",
     .type = FERRY_TYPE_BOOL,
     .codec = ODRV_CODEC_BOOL,
     .ask = "CAST(% AS int)",
     .order = "%"},
    DECIMALS("numeric", PG_TEXT),
    /* Padded: not in order of its bytes.  "char", of one byte, has the same name there, and comes
     * whole as a text alone; concat() keeps the blanks, which a cast takes off. */
    TEXTS("char", "CASE WHEN % IS NOT NULL THEN concat(%, '') END", NULL),
    TEXTS("varchar", NULL, PG_SORTED),
    LONG_TEXTS("text", NULL, PG_SORTED),
    TEXTS("name", NULL, PG_SORTED),
    LONG_TEXTS("xml", NULL, NULL),
    TEXTS("inet", NULL, NULL),
    TEXTS("cidr", NULL, NULL),
    TEXTS("macaddr", NULL, NULL),
    BYTES("bytea"),
    DATES("date", PG_TEXT, "DATE '%'"),
    TIMES("time", PG_TEXT),
    MOMENTS("timestamp without time zone", PG_TEXT, "TIMESTAMP '%'", 0),
    MOMENTS("timestamptz", "CAST(% AT TIME ZONE 'UTC' AS text)", "TIMESTAMPTZ '%+00'",
            FERRY_COLUMN_UTC),
    {.name = "uuid",
     .type = FERRY_TYPE_UUID,
     .codec = ODRV_CODEC_UUID,
     .ask = PG_TEXT,
     .order = "%"},
    {0},
};

/* SQLite's rules of affinity, in their order.  Each cell says its own kind. */
#define SQLITE_ORDER "% COLLATE BINARY"
#define LITE(pattern, kind, width, more)                                                           \
    {                                                                                              \
        .name = (pattern), .type = (kind), .bits = (width), .flags = (more),                       \
        .codec = ODRV_CODEC_TAGGED, .ask = ODRV_SQLITE_TAGGED,                                     \
        .order = (kind) == FERRY_TYPE_FLOAT ? NULL : SQLITE_ORDER                                  \
    }

const struct odrv_type odrv_types_sqlite[] = {
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

/* Dates as texts: zero and partial ones are values here, and no ODBC type has them. */
#define MA_CHAR "CAST(% AS CHAR)"
/* Texts as bytes of UTF-8: those that are stored so come as they are, and the core looks at each.
 * What the server cannot translate it replaces by '?', which shows where one text has more of them
 * than the other, or by U+FFFD, which only sets of Unicode have: then no text comes but a byte that
 * is none, and is refused. */
#define MA_UTF8 ODRV_MARIADB_UTF8
#define MA_TEXT                                                                                    \
    "CASE WHEN CHARSET(%) IN ('utf8mb4', 'utf8mb3', 'utf8', 'ascii') THEN CAST(% AS BINARY) "      \
    "WHEN CHARSET(%) = 'latin1' OR % IS NULL OR ((CHARSET(%) IN ('ucs2', 'utf16', 'utf16le', "     \
    "'utf32') OR INSTR(" MA_UTF8 ", x'EFBFBD') = 0) AND CHAR_LENGTH(REPLACE(%, '?', '')) = "       \
    "CHAR_LENGTH(REPLACE(CONVERT(% USING utf8mb4), '?', ''))) THEN " MA_UTF8 " ELSE x'FF' END"
#define MA_SORTED MA_UTF8

const struct odrv_type odrv_types_mariadb[] = {
    {.name = "bit",
     .type = FERRY_TYPE_BIT,
     .codec = ODRV_CODEC_UINT,
     .ask = "CAST(% AS UNSIGNED)",
     .order = "%"},
    INT("tinyint", 8),
    INT("smallint", 16),
    INT("mediumint", 24),
    INT("integer", 32),
    INT("bigint", 64),
    {.name = "year", .type = FERRY_TYPE_YEAR, .codec = ODRV_CODEC_INT, .order = "%"},
    FLOATS("float", 32, ODRV_CODEC_DOUBLE, FINITE),
    FLOATS("double", 64, ODRV_CODEC_DOUBLE, FINITE),
    DECIMALS("decimal", NULL),
    TEXTS("char", MA_TEXT, MA_SORTED),
    TEXTS("varchar", MA_TEXT, MA_SORTED),
    TEXTS("text", MA_TEXT, NULL),
    BYTES("binary"),
    BYTES("varbinary"),
    BYTES("blob"),
    DATES("date", MA_CHAR, "'%'"),
    TIMES("time", MA_CHAR),
    MOMENTS("datetime", MA_CHAR, "'%'", 0),
    MOMENTS("timestamp", MA_CHAR, "'%'", FERRY_COLUMN_UTC),
    {.name = "geometry", .type = FERRY_TYPE_GEOMETRY, .codec = ODRV_CODEC_BYTES},
    {.name = "null",
     .type = FERRY_TYPE_ANY,
     .flags = FERRY_COLUMN_ONLY_NULL,
     .codec = ODRV_CODEC_NULL},
    {0},
};

const struct odrv_type odrv_types_sqlserver[] = {
    INT("int", 32),
    INT("int identity", 32),
    INT("bigint*", 64),
    INT("smallint*", 16),
    UINT("tinyint*", 8),
    {.name = "bit", .type = FERRY_TYPE_BOOL, .codec = ODRV_CODEC_BOOL, .order = "%"},
    DECIMALS("decimal*", NULL),
    DECIMALS("numeric*", NULL),
    DECIMALS("money", "CAST(% AS decimal(19,4))"),
    DECIMALS("smallmoney", "CAST(% AS decimal(10,4))"),
    FLOATS("float", 64, ODRV_CODEC_DOUBLE, FINITE),
    FLOATS("real", 32, ODRV_CODEC_DOUBLE, FINITE),
    DATES("date", "CONVERT(varchar(10), %, 23)", "CAST('%' AS date)"),
    TIMES("time", "CONVERT(varchar(16), %, 121)"),
    MOMENTS("datetime2", "CONVERT(varchar(27), %, 121)", "CAST('%' AS datetime2)", 0),
    /* Held against its own type: as datetime2, .003 is .0033333. */
    MOMENTS("datetime", "CONVERT(varchar(23), %, 121)", "CONVERT(datetime, '%', 121)", 0),
    MOMENTS("smalldatetime", "CONVERT(varchar(19), %, 120)", "CONVERT(smalldatetime, '%', 120)", 0),
    MOMENTS("datetimeoffset",
            "CONVERT(varchar(27), CAST(SWITCHOFFSET(%, '+00:00') AS datetime2), 121)",
            "CAST('%+00:00' AS datetimeoffset)", FERRY_COLUMN_UTC),
    {.name = "uniqueidentifier",
     .type = FERRY_TYPE_UUID,
     .codec = ODRV_CODEC_UUID,
     .ask = "LOWER(CONVERT(char(36), %))"},
    TEXTS("char", NULL, NULL),
    TEXTS("varchar", NULL, NULL),
    TEXTS("nchar", NULL, NULL),
    TEXTS("nvarchar", NULL, NULL),
    LONG_TEXTS("text", NULL, NULL),
    LONG_TEXTS("ntext", NULL, NULL),
    TEXTS("sysname", NULL, NULL),
    LONG_TEXTS("xml", NULL, NULL),
    BYTES("binary"),
    BYTES("varbinary"),
    {.name = "image",
     .type = FERRY_TYPE_BYTES,
     .flags = FERRY_COLUMN_LONG,
     .codec = ODRV_CODEC_BYTES},
    BYTES("timestamp"), /* a number of the row's version, of 8 bytes */
    {0},
};

const struct odrv_type odrv_types_oracle[] = {
    DECIMALS("NUMBER", "TO_CHAR(%, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"),
    FLOATS("BINARY_FLOAT", 32, ODRV_CODEC_DOUBLE, 0),
    FLOATS("BINARY_DOUBLE", 64, ODRV_CODEC_DOUBLE, 0),
    /* SYYYY, since YYYY shows a date before Christ as one after; its blank is taken off again. */
    MOMENTS("DATE", "LTRIM(TO_CHAR(%, 'SYYYY-MM-DD HH24:MI:SS'))", "TIMESTAMP '%'", 0),
    {.name = "TIMESTAMP* WITH*TIME ZONE",
     .type = FERRY_TYPE_DATETIME,
     .flags = FERRY_COLUMN_UTC,
     .codec = ODRV_CODEC_DATETIME,
     .ask = "LTRIM(TO_CHAR(SYS_EXTRACT_UTC(%), 'SYYYY-MM-DD HH24:MI:SS.FF9'))",
     .scale = 9},
    {.name = "TIMESTAMP*",
     .type = FERRY_TYPE_DATETIME,
     .codec = ODRV_CODEC_DATETIME,
     .ask = "LTRIM(TO_CHAR(%, 'SYYYY-MM-DD HH24:MI:SS.FF9'))",
     .order = "%",
     .bound = "TIMESTAMP '%'",
     .scale = 9},
    TEXTS("CHAR", NULL, NULL),
    TEXTS("VARCHAR2", NULL, NULL),
    TEXTS("NCHAR", NULL, NULL),
    TEXTS("NVARCHAR2", NULL, NULL),
    LONG_TEXTS("CLOB", NULL, NULL),
    LONG_TEXTS("NCLOB", NULL, NULL),
    BYTES("RAW"),
    {.name = "BLOB",
     .type = FERRY_TYPE_BYTES,
     .flags = FERRY_COLUMN_LONG,
     .codec = ODRV_CODEC_BYTES},
    {0},
};

/* By the numbers of ODBC itself, which any driver has; nothing is sorted there. */
#define BY_NUMBER(number, kind, width, way)                                                        \
    {                                                                                              \
        .sql_type = (number), .type = (kind), .bits = (width), .codec = (way)                      \
    }
#define TEXT_BY_NUMBER(number)                                                                     \
    {                                                                                              \
        .sql_type = (number), .type = FERRY_TYPE_TEXT, .flags = COMPARES, .codec = ODRV_CODEC_TEXT \
    }

const struct odrv_type odrv_types_generic[] = {
    BY_NUMBER(SQL_TINYINT, FERRY_TYPE_INT, 8, ODRV_CODEC_INT),
    BY_NUMBER(SQL_SMALLINT, FERRY_TYPE_INT, 16, ODRV_CODEC_INT),
    BY_NUMBER(SQL_INTEGER, FERRY_TYPE_INT, 32, ODRV_CODEC_INT),
    BY_NUMBER(SQL_BIGINT, FERRY_TYPE_INT, 64, ODRV_CODEC_INT),
    BY_NUMBER(SQL_BIT, FERRY_TYPE_BOOL, 0, ODRV_CODEC_BOOL),
    BY_NUMBER(SQL_REAL, FERRY_TYPE_FLOAT, 32, ODRV_CODEC_DOUBLE),
    BY_NUMBER(SQL_FLOAT, FERRY_TYPE_FLOAT, 64, ODRV_CODEC_DOUBLE),
    BY_NUMBER(SQL_DOUBLE, FERRY_TYPE_FLOAT, 64, ODRV_CODEC_DOUBLE),
    BY_NUMBER(SQL_DECIMAL, FERRY_TYPE_DECIMAL, 0, ODRV_CODEC_DECIMAL),
    BY_NUMBER(SQL_NUMERIC, FERRY_TYPE_DECIMAL, 0, ODRV_CODEC_DECIMAL),
    TEXT_BY_NUMBER(SQL_CHAR),
    TEXT_BY_NUMBER(SQL_VARCHAR),
    TEXT_BY_NUMBER(SQL_LONGVARCHAR),
    TEXT_BY_NUMBER(SQL_WCHAR),
    TEXT_BY_NUMBER(SQL_WVARCHAR),
    TEXT_BY_NUMBER(SQL_WLONGVARCHAR),
    BY_NUMBER(SQL_BINARY, FERRY_TYPE_BYTES, 0, ODRV_CODEC_BYTES),
    BY_NUMBER(SQL_VARBINARY, FERRY_TYPE_BYTES, 0, ODRV_CODEC_BYTES),
    BY_NUMBER(SQL_LONGVARBINARY, FERRY_TYPE_BYTES, 0, ODRV_CODEC_BYTES),
    BY_NUMBER(SQL_TYPE_DATE, FERRY_TYPE_DATE, 0, ODRV_CODEC_DATE),
    BY_NUMBER(SQL_TYPE_TIME, FERRY_TYPE_TIME, 0, ODRV_CODEC_TIME),
    BY_NUMBER(SQL_TYPE_TIMESTAMP, FERRY_TYPE_DATETIME, 0, ODRV_CODEC_DATETIME),
    BY_NUMBER(SQL_GUID, FERRY_TYPE_UUID, 0, ODRV_CODEC_UUID),
    {0},
};
