/* SQL Server and Sybase by libdbd-freetds, as their manuals say: UNTRIED.
 *
 * libdbi holds the whole result, so its size is asked for beforehand; a result does not tell the
 * types of its columns, so they come from the catalog, which knows of no queries.
 */

#include "dialect/dialect.h"

#include <string.h>

#include "connect/connect.h"

#define INT(pattern, width)                                                                        \
    {                                                                                              \
        .name = (pattern), .type = FERRY_TYPE_INT, .bits = (width), .codec = DBIDRV_CODEC_INT,     \
        .ask = "CAST(% AS varchar(20))"                                                            \
    }
#define DECIMALS(pattern, how)                                                                     \
    {                                                                                              \
        .name = (pattern), .type = FERRY_TYPE_DECIMAL, .codec = DBIDRV_CODEC_DECIMAL,              \
        .ask = (how), .sized = true                                                                \
    }

/* Texts come as bytes of UTF-16 in hexadecimal digits, which no setting of the client bends; they
 * are not carried until somebody has tried that.  Neither are floats: no style of theirs is exact
 * in all releases. */
static const struct dbidrv_type freetds_types[] = {
    INT("int", 32),
    INT("bigint", 64),
    INT("smallint", 16),
    {.name = "tinyint",
     .type = FERRY_TYPE_INT,
     .bits = 8,
     .flags = FERRY_COLUMN_UNSIGNED,
     .codec = DBIDRV_CODEC_UINT,
     .ask = "CAST(% AS varchar(20))"},
    {.name = "bit",
     .type = FERRY_TYPE_BOOL,
     .codec = DBIDRV_CODEC_BOOL,
     .ask = "CAST(% AS varchar(20))"},
    DECIMALS("decimal", "CAST(% AS varchar(60))"),
    DECIMALS("numeric", "CAST(% AS varchar(60))"),
    {.name = "date",
     .type = FERRY_TYPE_DATE,
     .codec = DBIDRV_CODEC_DATE,
     .ask = "CONVERT(varchar(10), %, 23)"},
    {.name = "datetime2",
     .type = FERRY_TYPE_DATETIME,
     .codec = DBIDRV_CODEC_DATETIME,
     .ask = "CONVERT(varchar(27), %, 121)",
     .scale = 7},
    {.name = "uniqueidentifier",
     .type = FERRY_TYPE_UUID,
     .codec = DBIDRV_CODEC_UUID,
     .ask = "LOWER(CONVERT(varchar(36), %))"},
    {.name = "varbinary",
     .type = FERRY_TYPE_BYTES,
     .codec = DBIDRV_CODEC_HEX,
     .ask = "CONVERT(varchar(max), %, 2)"},
    {0},
};

static const char *const freetds_session[] = {"SET TEXTSIZE 2147483647", "SET ROWCOUNT 0",
                                              "SET QUOTED_IDENTIFIER ON", "SET DATEFORMAT ymd",
                                              NULL};
static const char *const freetds_snapshot[] = {"SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
                                               "BEGIN TRANSACTION", NULL};

#define ASK_COLUMNS                                                                                \
    "SELECT CAST(COLUMN_NAME AS varchar(256)) AS c1, CAST(DATA_TYPE + CASE WHEN NUMERIC_SCALE IS " \
    "NOT NULL AND DATA_TYPE IN ('decimal', 'numeric') THEN '(' + CAST(NUMERIC_PRECISION AS "       \
    "varchar(4)) + ',' + CAST(NUMERIC_SCALE AS varchar(4)) + ')' ELSE '' END AS varchar(256)) AS " \
    "c2 FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = SCHEMA_NAME() AND TABLE_NAME = % "    \
    "ORDER BY ORDINAL_POSITION"

static ferry_status freetds_describe(struct dbidrv_conn *conn, const struct ferry_read *read,
                                     const char *select, const char *what,
                                     struct dbidrv_described **ret_list, size_t *ret_count,
                                     struct ferry_error *err)
{
    static const char doing[] = "ask for the columns";
    PART_AUTO_TEXT struct part_text name = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = true;
    (void)select;
    if (read->kind == FERRY_READ_QUERY)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: libdbi does not tell the types of %s there; make a view of it",
                          conn->label, what);
    part_text_add_quoted(&name, '\'', read->text);
    part_text_add_template(&sql, ASK_COLUMNS, name.failed ? "''" : name.data);
    ferry_status status =
        name.failed || sql.failed
            ? dbidrv_fail_memory(err)
            : dbidrv_answer_ask(conn, sql.data, 2, DBIDRV_DESCRIBING, doing, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(conn, &answer, doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        PART_AUTO_STRING char *column = strdup(dbidrv_answer_text(&answer, 0));
        status = column == NULL ? dbidrv_fail_memory(err)
                                : dbidrv_described_add(ret_list, ret_count, column,
                                                       dbidrv_answer_text(&answer, 1), err);
    }
    return status;
}

static bool freetds_set_options(dbi_conn dbi, const struct ferry_config *config)
{
    (void)config;
    return dbidrv_libdbi_set(dbi, "encoding", "UTF-8");
}

static ferry_status freetds_attach(struct dbidrv_conn *conn, struct ferry_error *err)
{
    (void)conn; /* nothing that waits can be cancelled */
    (void)err;
    return FERRY_OK;
}

const struct dbidrv_dialect dbidrv_dialect_freetds = {
    .name = "freetds",
    .package = "libdbd-freetds",
    .product = "SQL Server",
    .default_port = 1433,
    .untried = true,
    .session = freetds_session,
    .snapshot = freetds_snapshot,
    .ask_version = "SELECT CAST(SERVERPROPERTY('ProductVersion') AS varchar(60)) AS c1",
    .ask_schema = "SELECT CAST(SCHEMA_NAME() AS varchar(256)) AS c1",
    .size_of = "COALESCE(CAST(DATALENGTH(%) AS bigint), 0)",
    .ask_kind = "SELECT CAST(CASE TABLE_TYPE WHEN 'VIEW' THEN 'view' ELSE 'table' END AS "
                "varchar(9)) AS c1 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = "
                "SCHEMA_NAME() AND TABLE_NAME = %",
    .nulls_first = "",
    .describe = freetds_describe,
    .set_options = freetds_set_options,
    .attach = freetds_attach,
    .types = freetds_types,
};
