/* SQL Server by libdbd-freetds, as T-SQL's reference and the code of libdbd-freetds 0.9 and of
 * FreeTDS 1.3 say: UNTRIED.
 *
 * What that driver does, and what is done about it here:
 *
 * - dbd_connect() knows user, password and host alone.  So the port stands behind the host, as
 *   FreeTDS takes it (tds_read_config_info), and the database is chosen by USE.
 * - It keeps its connection in a variable of the process: there can be one.
 * - dbd_query() binds all columns to one indicator and one length, and what NULL leaves in a value
 * is memory that nobody has written to.  So no value is asked for that may be NULL.
 * - It keeps room for the longest value of a column in each row, ends texts at a NUL, and takes the
 *   length of varchar(max) for a number below 0.  So values come as short varchar.
 * - dbd_geterror() says nothing, and nothing tells how many rows a statement has changed.  So each
 *   statement answers with that itself.
 * - FreeTDS recodes statements and answers from and to the character set of the locale, or of
 *   freetds.conf.  So nothing but ASCII goes either way.
 * - There is no socket to be had, so that nothing that waits can be cancelled.
 *
 * A result does not tell the types of its columns as the server has them, so they come from the
 * catalog, which knows of no queries.
 */

#include "dialect/freetds.h"

#include <string.h>

#include "connect/connect.h"
#include "read/read.h"
#include "write/target.h"

/* clang-format off */
#define TYPE(pattern, kind, how, asked)                                                            \
    .name = (pattern), .type = FERRY_TYPE_##kind, .codec = DBIDRV_CODEC_##how,                     \
    .ask = FREETDS_##asked, .marked = true, .room = FREETDS_##asked##_ROOM

static const struct dbidrv_type freetds_types[] = {
    {TYPE("int", INT, INT, NUMBER), .bits = 32},
    {TYPE("bigint", INT, INT, NUMBER), .bits = 64},
    {TYPE("smallint", INT, INT, NUMBER), .bits = 16},
    {TYPE("tinyint", INT, UINT, NUMBER), .bits = 8, .flags = FERRY_COLUMN_UNSIGNED},
    {TYPE("bit", BOOL, BOOL, NUMBER)},
    {TYPE("float", FLOAT, FLOATING, FLOAT), .bits = 64, .flags = FERRY_COLUMN_NO_NAN},
    {TYPE("real", FLOAT, FLOATING, FLOAT), .bits = 32, .flags = FERRY_COLUMN_NO_NAN},
    {TYPE("decimal", DECIMAL, DECIMAL, DECIMAL), .sized = true},
    {TYPE("numeric", DECIMAL, DECIMAL, DECIMAL), .sized = true},
    {TYPE("date", DATE, DATE, DATE)},
    {TYPE("time", TIME, TIME, TIME), .scale = 7},
    {TYPE("datetime2", DATETIME, DATETIME, DATETIME), .scale = 7},
    {TYPE("datetimeoffset", DATETIME, DATETIME, INSTANT), .scale = 7, .flags = FERRY_COLUMN_UTC},
    {TYPE("uniqueidentifier", UUID, UUID, UUID)},
    {TYPE("nvarchar", TEXT, UTF16, TEXT), .flags = FERRY_COLUMN_COMPARES_UNKNOWN, .sized = true},
    {TYPE("nvarchar(max)", TEXT, UTF16, TEXT), .flags = FERRY_COLUMN_COMPARES_UNKNOWN},
    {TYPE("varchar", TEXT, UTF16, TEXT), .flags = FERRY_COLUMN_COMPARES_UNKNOWN, .sized = true},
    {TYPE("varchar(max)", TEXT, UTF16, TEXT), .flags = FERRY_COLUMN_COMPARES_UNKNOWN},
    {TYPE("varbinary", BYTES, HEX, BYTES), .sized = true},
    {TYPE("varbinary(max)", BYTES, HEX, BYTES)},
    {0},
};
/* clang-format on */

/* A client of ct-lib starts with none of what ANSI wants, and SET LANGUAGE brings a DATEFORMAT.  A
 * lock is not waited for without end, since nobody could cancel that. */
static const char *const freetds_session[] = {"SET ANSI_NULLS ON",
                                              "SET ANSI_NULL_DFLT_ON ON",
                                              "SET ANSI_PADDING ON", /* trailing blanks and zeros */
                                              "SET ANSI_WARNINGS ON", /* else texts are cut */
                                              "SET ARITHABORT ON",
                                              "SET CONCAT_NULL_YIELDS_NULL ON",
                                              "SET NUMERIC_ROUNDABORT OFF",
                                              "SET QUOTED_IDENTIFIER ON",
                                              "SET IMPLICIT_TRANSACTIONS OFF",
                                              "SET XACT_ABORT OFF",
                                              "SET ROWCOUNT 0",
                                              "SET LOCK_TIMEOUT 60000",
                                              "SET LANGUAGE us_english",
                                              "SET DATEFORMAT ymd",
                                              NULL};
/* That a database has no snapshots is an error of the first statement in one, with no word to us.
 */
static const char *const freetds_snapshot[] = {
    "IF NOT EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND "
    "snapshot_isolation_state = 1) RAISERROR('no snapshots', 16, 1)",
    "SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN TRANSACTION", NULL};

/* TRY takes what ends a statement, and not what ends the batch or the connection: then nothing
 * comes.  RAISERROR without a number of its own is 50000. */
static const struct dbidrv_told freetds_told = {
    .before = "BEGIN TRY ",
    .after = "; SELECT 'r' + CAST(ROWCOUNT_BIG() AS varchar(20)) AS c1 END TRY BEGIN CATCH SELECT "
             "'e' + CAST(ERROR_NUMBER() AS varchar(20)) AS c1 END CATCH",
};

/* By "Database Engine events and errors" of the reference.  The server's words would not be told
 * anyway: of 245 and 2627 they have the value. */
static const struct dbidrv_number freetds_numbers[] = {
    {208, "42P01", "there is no such table"},
    {229, "42501", "the account lacks a right on it"},
    {230, "42501", "the account lacks a right on a column"},
    {262, "42501", "the account lacks a right in the database"},
    {916, "28000", "the account may not use the database"},
    {911, "3D000", "there is no such database"},
    {241, "22007", "a text is no date or time"},
    {242, "22007", "a date is out of range"},
    {245, "22P02", "a text is no number"},
    {8114, "22P02", "a text is no number"},
    {8115, "22003", "a number is out of range"},
    {2628, "22001", "a text is too long"},
    {8152, "22001", "a text is too long"},
    {515, "23502", "NULL in a column that takes none"},
    {547, "23000", "a row breaks a constraint"},
    {1505, "23505", "two rows have the same key"},
    {2601, "23505", "two rows have the same key"},
    {2627, "23505", "two rows have the same key"},
    {1205, "40P01", "it was chosen to end a deadlock"},
    {3960, "40001", "somebody has changed the row since the snapshot"},
    {1222, "55P03", "somebody holds a lock"},
    {1101, "53100", "the disk is full"},
    {1105, "53100", "the disk is full"},
    {9002, "53100", "the transaction log is full"},
    {1919, "54000", "a column of that type can have no index"},
    {1946, "54000", "a row has more than an index takes"},
    {2714, "42P07", "there is one of that name"},
    {50000, "", "the database takes no snapshots"},
    {0},
};

#define ASK_COLUMNS                                                                                \
    "SELECT CAST(c.name AS varchar(256)) AS c1, CASE WHEN " FREETDS_IS_FOREIGN(                    \
        "c.name") " THEN 'any, under a name that is not of ASCII' WHEN c.encryption_type IS NOT "  \
                  "NULL THEN "                                                                     \
                  "'encrypted' WHEN c.is_masked = 1 AND COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), "    \
                  "'DATABASE', "                                                                   \
                  "'UNMASK'), 0) = 0 THEN 'masked' ELSE " FREETDS_TYPE                             \
                  " END AS c2 FROM sys.columns c WHERE "                                           \
                  "c.object_id = OBJECT_ID(%) ORDER BY c.column_id"

static ferry_status freetds_describe(struct dbidrv_conn *conn, const struct ferry_read *read,
                                     const char *select, const char *what,
                                     struct dbidrv_described **ret_list, size_t *ret_count,
                                     struct ferry_error *err)
{
    static const char doing[] = "ask for the columns";
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = true;
    (void)select;
    if (read->kind == FERRY_READ_QUERY)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: libdbi does not tell the types of %s there; make a view of it",
                          conn->label, what);
    dbidrv_query_question(conn, ASK_COLUMNS, read->text, &sql);
    ferry_status status =
        sql.failed ? dbidrv_fail_memory(err)
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
    (void)dbi;
    (void)config;
    return true;
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
    .path_in_quotes = true,
    .needs_host = true,
    .host_has_port = true,
    .brackets = true,
    .ascii_names = true,
    .single = true,
    .use = "USE %",
    .told = &freetds_told,
    .numbers = freetds_numbers,
    .rollback = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION",
    .session = freetds_session,
    .snapshot = freetds_snapshot,
    .ask_version = "SELECT CAST(SERVERPROPERTY('ProductVersion') AS varchar(60)) AS c1",
    .ask_schema =
        "SELECT CAST(SCHEMA_NAME() AS varchar(256)) AS c1 WHERE SCHEMA_NAME() IS NOT NULL",
    .own_prefix = "", /* whatever the name: OBJECT_ID and FROM look it up in different ways */
    .ask_kind = "SELECT CASE o.type WHEN 'U' THEN 'table' WHEN 'V' THEN 'view' ELSE 'other' END AS "
                "c1 FROM sys.objects o WHERE o.object_id = OBJECT_ID(%)",
    .ask_keys =
        "SELECT CAST(c.name AS varchar(256)) AS c1, CASE c.is_nullable WHEN 0 THEN '1' ELSE '0' "
        "END AS c2, CAST(COALESCE(k.key_ordinal, 0) AS varchar(4)) AS c3 FROM sys.columns c LEFT "
        "JOIN sys.indexes i ON i.object_id = c.object_id AND i.is_primary_key = 1 LEFT JOIN "
        "sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id AND "
        "k.column_id = c.column_id WHERE c.object_id = OBJECT_ID(%)",
    .nulls_first = "",
    .describe = freetds_describe,
    .set_options = freetds_set_options,
    .attach = freetds_attach,
    .types = freetds_types,
    .writing = &dbidrv_writing_freetds,
};
