/* SQL Server as a target, as T-SQL's reference says: UNTRIED.  How each type is stored, and what is
 * asked and said on the way.
 *
 * A DELETE, CREATE TABLE, sp_rename and DROP TABLE are undone by ROLLBACK like rows are: "BEGIN
 * TRANSACTION" of the reference names no statement of those that a transaction cannot have ("ALTER
 * DATABASE", "BACKUP" and the like).  So a load is one transaction here too.
 *
 * Of what is asked no answer may be NULL, and none is a varchar(max): dialect/freetds.c.
 */

#include "dialect/freetds.h"
#include "write/target.h"

#define UNSIGNED FERRY_COLUMN_UNSIGNED
#define UTC FERRY_COLUMN_UTC
#define EXACT FERRY_FIT_EXACT
#define WIDER FERRY_FIT_WIDER
#define CHECKED FERRY_FIT_CHECKED

#define NOTE_DATE "zero and partial dates are refused"
#define NOTE_TIME "a time below 0, or of 24 hours and more, is refused"
#define NOTE_FLOAT "NaN, infinity and subnormal numbers are refused"
#define NOTE_TEXTUAL "stored as text: order and arithmetic are textual"
#define NOTE_BYTES "stored as bytes"
#define NOTE_UNITS "letters beyond U+FFFF count twice"

/* clang-format off */
#define BACK(way, asked) {.codec = DBIDRV_CODEC_##way, .ask = FREETDS_##asked, .marked = true, .room = FREETDS_##asked##_ROOM}
#define INTS BACK(INT, NUMBER)
#define UINTS BACK(UINT, NUMBER)
#define BIG BACK(UINT, DECIMAL)
#define TEXTS BACK(UTF16, TEXT)
#define BYTES BACK(HEX, BYTES)

/* nvarchar and varbinary have a length of up to 8000 bytes, or max; decimal has 38 digits; moments
 * have seven behind the second, in the years 1 to 9999.  Spelled as FREETDS_TYPE does. */
static const struct dbidrv_rule rules_freetds[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "bit", EXACT, NULL, DBIDRV_PUT_INT, BACK(BOOL, NUMBER), 0},
    {FERRY_TYPE_INT, 0, 1, 15, "smallint", WIDER, NULL, DBIDRV_PUT_INT, INTS, 0},
    {FERRY_TYPE_INT, 0, 16, 16, "smallint", EXACT, NULL, DBIDRV_PUT_INT, INTS, 0},
    {FERRY_TYPE_INT, 0, 17, 31, "int", WIDER, NULL, DBIDRV_PUT_INT, INTS, 0},
    {FERRY_TYPE_INT, 0, 32, 32, "int", EXACT, NULL, DBIDRV_PUT_INT, INTS, 0},
    {FERRY_TYPE_INT, 0, 33, 63, "bigint", WIDER, NULL, DBIDRV_PUT_INT, INTS, 0},
    {FERRY_TYPE_INT, 0, 64, 64, "bigint", EXACT, NULL, DBIDRV_PUT_INT, INTS, 0},
    {FERRY_TYPE_INT, UNSIGNED, 1, 7, "tinyint", WIDER, NULL, DBIDRV_PUT_UINT, UINTS, 0},
    {FERRY_TYPE_INT, UNSIGNED, 8, 8, "tinyint", EXACT, NULL, DBIDRV_PUT_UINT, UINTS, 0},
    {FERRY_TYPE_INT, UNSIGNED, 9, 15, "smallint", WIDER, NULL, DBIDRV_PUT_UINT, UINTS, 0},
    {FERRY_TYPE_INT, UNSIGNED, 16, 31, "int", WIDER, NULL, DBIDRV_PUT_UINT, UINTS, 0},
    {FERRY_TYPE_INT, UNSIGNED, 32, 63, "bigint", WIDER, NULL, DBIDRV_PUT_UINT, UINTS, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "decimal(20,0)", WIDER, NULL, DBIDRV_PUT_UINT, BIG, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "varchar(20)", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_UINT, UINTS,
     DBIDRV_RULE_TEXTUAL},
    {FERRY_TYPE_YEAR, 0, 0, 0, "smallint", WIDER, NULL, DBIDRV_PUT_INT, INTS, 0},
    {FERRY_TYPE_BIT, 0, 1, 63, "bigint", WIDER, NULL, DBIDRV_PUT_UINT, UINTS, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "decimal(20,0)", WIDER, NULL, DBIDRV_PUT_UINT, BIG, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "varchar(20)", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_UINT, UINTS,
     DBIDRV_RULE_TEXTUAL},
    {FERRY_TYPE_FLOAT, 0, 32, 32, "real", CHECKED, NOTE_FLOAT, DBIDRV_PUT_REAL,
     BACK(FLOATING, FLOAT), 0},
    {FERRY_TYPE_FLOAT, 0, 64, 64, "float", CHECKED, NOTE_FLOAT, DBIDRV_PUT_FLOAT,
     BACK(FLOATING, FLOAT), 0},
    {FERRY_TYPE_DECIMAL, 0, 1, 38, "decimal($p,$s)", EXACT, NULL, DBIDRV_PUT_TEXT,
     BACK(DECIMAL, DECIMAL), 0},
    {FERRY_TYPE_TEXT, 0, 1, 4000, "nvarchar($l)", CHECKED, NOTE_UNITS, DBIDRV_PUT_TEXT, TEXTS,
     DBIDRV_RULE_COUNTED},
    {FERRY_TYPE_TEXT, 0, 0, 0, "nvarchar(max)", EXACT, NULL, DBIDRV_PUT_TEXT, TEXTS, 0},
    {FERRY_TYPE_JSON, 0, 0, 0, "nvarchar(max)", EXACT, NULL, DBIDRV_PUT_TEXT, TEXTS, 0},
    {FERRY_TYPE_ENUM, 0, 0, 0, "nvarchar(max)", WIDER, NULL, DBIDRV_PUT_TEXT, TEXTS, 0},
    {FERRY_TYPE_SET, 0, 0, 0, "nvarchar(max)", WIDER, NULL, DBIDRV_PUT_TEXT, TEXTS, 0},
    {FERRY_TYPE_INET4, 0, 0, 0, "nvarchar(15)", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_TEXT, TEXTS, 0},
    {FERRY_TYPE_INET6, 0, 0, 0, "nvarchar(45)", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_TEXT, TEXTS, 0},
    {FERRY_TYPE_UUID, 0, 0, 0, "uniqueidentifier", EXACT, NULL, DBIDRV_PUT_TEXT,
     BACK(UUID, UUID), 0},
    {FERRY_TYPE_BYTES, 0, 1, 8000, "varbinary($l)", EXACT, NULL, DBIDRV_PUT_BYTES, BYTES, 0},
    {FERRY_TYPE_BYTES, 0, 0, 0, "varbinary(max)", EXACT, NULL, DBIDRV_PUT_BYTES, BYTES, 0},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "varbinary(max)", WIDER, NOTE_BYTES, DBIDRV_PUT_BYTES, BYTES, 0},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "varbinary(max)", WIDER, NOTE_BYTES, DBIDRV_PUT_BYTES, BYTES, 0},
    {FERRY_TYPE_DATE, 0, 0, 0, "date", CHECKED, NOTE_DATE, DBIDRV_PUT_DATE,
     BACK(DATE, DATE), 0},
    {FERRY_TYPE_TIME, 0, 0, 7, "time($s)", CHECKED, NOTE_TIME, DBIDRV_PUT_TIME,
     BACK(TIME, TIME), 0},
    {FERRY_TYPE_DATETIME, 0, 0, 7, "datetime2($s)", CHECKED, NOTE_DATE, DBIDRV_PUT_DATETIME,
     BACK(DATETIME, DATETIME), 0},
    {FERRY_TYPE_DATETIME, UTC, 0, 7, "datetimeoffset($s)", CHECKED, NOTE_DATE, DBIDRV_PUT_INSTANT,
     BACK(DATETIME, INSTANT), 0},
    {0},
};
/* clang-format on */

static const char *const freetds_begin[] = {"SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
                                            "BEGIN TRANSACTION", NULL};

/* clang-format off */
/* What hangs on a table, in words that are never NULL. */
#define THOSE(words, otherwise, from, member)                                                      \
    "COALESCE(CAST(" words " AS varchar(600)), '" otherwise "') AS c1 FROM " from " WHERE " member \
    " = OBJECT_ID(%)"
#define ALSO " UNION ALL SELECT "
/* To an account without this, the catalog shows neither triggers nor foreign keys of others. */
#define SEES_ALL "COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DEFINITION'), 0)"

static const char freetds_obstacles[] =
    "SELECT 'this account may not see what hangs on it (GRANT VIEW DEFINITION to it)' AS c1 WHERE "
    SEES_ALL " = 0"
    ALSO THOSE("'the foreign key ' + QUOTENAME(k.name) + ' of table ' + "
               "QUOTENAME(OBJECT_NAME(k.parent_object_id)) + ' refers to it'",
               "a foreign key refers to it", "sys.foreign_keys k", "k.referenced_object_id")
    ALSO THOSE("'its trigger ' + QUOTENAME(t.name) + ' would be started by each row'",
               "a trigger would be started by each row", "sys.triggers t", "t.parent_id")
         " AND t.is_disabled = 0"
    ALSO THOSE("'column ' + QUOTENAME(c.name) + ' is filled by the database alone'",
               "a column is filled by the database alone", "sys.columns c", "c.object_id")
         " AND (c.is_identity = 1 OR c.is_computed = 1 OR c.generated_always_type <> 0 OR "
         "TYPE_NAME(c.system_type_id) = 'timestamp')"
    ALSO THOSE("'a security policy hides or refuses its rows'", "a security policy hides rows",
               "sys.security_predicates p", "p.target_object_id");

static const char freetds_hanging[] =
    "SELECT "
    THOSE("'the default of column ' + QUOTENAME(COL_NAME(d.parent_object_id, d.parent_column_id))",
          "a default", "sys.default_constraints d", "d.parent_object_id")
    ALSO THOSE("'the check ' + QUOTENAME(k.name)", "a check",
               "sys.check_constraints k", "k.parent_object_id")
    ALSO THOSE("'the foreign key ' + QUOTENAME(k.name)", "a foreign key",
               "sys.foreign_keys k", "k.parent_object_id")
    ALSO THOSE("'the constraint ' + QUOTENAME(k.name)", "a constraint",
               "sys.key_constraints k", "k.parent_object_id") " AND k.type = 'UQ'"
    ALSO THOSE("'the trigger ' + QUOTENAME(t.name)", "a trigger", "sys.triggers t", "t.parent_id")
    ALSO THOSE("'rights of others'", "rights", "sys.database_permissions p", "p.major_id")
         " AND p.class = 1"
    ALSO THOSE("'an extended property'", "a property", "sys.extended_properties p", "p.major_id")
         " AND p.class = 1"
    ALSO THOSE("QUOTENAME(OBJECT_NAME(d.referencing_id)) + ' (which names it)'", "what names it",
               "sys.sql_expression_dependencies d", "d.referenced_id")
    ALSO THOSE("'an index of a kind of its own'", "an index", "sys.indexes i", "i.object_id")
         " AND i.type NOT IN (0, 1, 2)"
    ALSO THOSE("'a full-text index'", "an index", "sys.fulltext_indexes f", "f.object_id")
    ALSO THOSE("'statistics of a user'", "statistics", "sys.stats s", "s.object_id")
         " AND s.user_created = 1"
    ALSO THOSE("'its compression'", "its compression", "sys.partitions p", "p.object_id")
         " AND p.data_compression <> 0"
    ALSO THOSE("'its filegroup or partitions'", "its filegroup",
               "sys.indexes i JOIN sys.data_spaces d ON d.data_space_id = i.data_space_id",
               "i.object_id") " AND d.is_default = 0"
    ALSO THOSE("'its change tracking'", "its tracking",
               "sys.change_tracking_tables c", "c.object_id")
    ALSO THOSE("'its owner, replication or locks'", "its owner", "sys.tables t", "t.object_id")
         " AND (t.principal_id IS NOT NULL OR t.is_replicated = 1 OR t.is_merge_published = 1 OR "
         "t.is_tracked_by_cdc = 1 OR t.lock_escalation <> 0)"
    ALSO THOSE("'the collation or a property of column ' + QUOTENAME(c.name)",
               "the collation or a property of a column", "sys.columns c", "c.object_id")
         " AND (c.collation_name <> CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS "
         "nvarchar(128)) OR c.is_sparse = 1 OR c.is_rowguidcol = 1 OR c.is_masked = 1 OR "
         "c.is_filestream = 1 OR c.rule_object_id <> 0 OR c.encryption_type IS NOT NULL OR "
         "c.user_type_id <> c.system_type_id)";

#define OWN_INDEX "'dbferry[_]' + REPLICATE('[0-9a-f]', 16)"

static const char freetds_index_names[] =
    "SELECT " THOSE("i.name", "without a name", "sys.indexes i", "i.object_id")
    " AND i.type IN (1, 2) AND i.is_primary_key = 0 AND i.is_unique_constraint = 0 AND NOT ((i.name "
    "LIKE " OWN_INDEX " OR i.name LIKE " OWN_INDEX " + '[_]u') AND i.has_filter = 0 AND NOT EXISTS "
    "(SELECT 1 FROM sys.index_columns k WHERE k.object_id = i.object_id AND k.index_id = i.index_id "
    "AND k.is_included_column = 1))";

/* STRING_AGG since SQL Server 2017; the separator is DBIDRV_SEPARATOR. */
static const char freetds_indexes[] =
    "SELECT CAST(STRING_AGG(CAST(c.name AS nvarchar(max)) + NCHAR(1), N'') WITHIN GROUP (ORDER BY "
    "k.key_ordinal) AS varchar(8000)) AS c1, CASE i.is_unique WHEN 1 THEN '1' ELSE '0' END AS c2 "
    "FROM sys.indexes i JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = "
    "i.index_id JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id WHERE "
    "i.object_id = OBJECT_ID(%) AND i.type IN (1, 2) AND i.has_filter = 0 AND i.is_disabled = 0 AND "
    "i.is_hypothetical = 0 AND k.is_included_column = 0 GROUP BY i.index_id, i.is_unique";

static const char freetds_kind[] =
    "SELECT CASE WHEN o.type = 'V' THEN 'view' WHEN o.type <> 'U' THEN 'other' WHEN EXISTS (SELECT "
    "1 FROM sys.tables t WHERE t.object_id = o.object_id AND (t.temporal_type <> 0 OR "
    "t.is_memory_optimized = 1 OR t.is_external = 1 OR t.is_filetable = 1 OR t.is_node = 1 OR "
    "t.is_edge = 1)) THEN 'special table' WHEN EXISTS (SELECT 1 FROM sys.columns c WHERE "
    "c.object_id = o.object_id AND " FREETDS_IS_FOREIGN("c.name") ") THEN 'table with names outside "
    "of ASCII' ELSE 'table' END AS c1 FROM sys.objects o WHERE o.object_id = OBJECT_ID(%)";

static const char freetds_columns[] =
    "SELECT CAST(c.name AS varchar(256)) AS c1, " FREETDS_TYPE " AS c2, CASE c.is_nullable WHEN 0 "
    "THEN '1' ELSE '0' END AS c3, CONVERT(varchar(64), HASHBYTES('SHA2_256', CONCAT(c.is_identity, "
    "',', c.is_computed, ',', c.collation_name, ',', OBJECT_DEFINITION(c.default_object_id))), 2) "
    "AS c4 FROM sys.columns c WHERE c.object_id = OBJECT_ID(%) ORDER BY c.column_id";
/* clang-format on */

/* Without HOLDLOCK the lock would end with the statement, and TOP (0) might read nothing. */
#define LOCK "DECLARE @dbferry int; SELECT TOP (1) @dbferry = 1 FROM % WITH (TABLOCKX, HOLDLOCK)"

const struct dbidrv_writing dbidrv_writing_freetds = {
    .rules = rules_freetds,
    .style = DBIDRV_STYLE_TSQL,
    .begin = freetds_begin,
    .set_lock_wait = "SET LOCK_TIMEOUT %",
    .save = "SAVE TRANSACTION %",
    .restore = "ROLLBACK TRANSACTION %",
    .count = "CAST(COUNT_BIG(*) AS varchar(20))",
    .only = "",
    .longest_name = 128,
    .ask_kind = freetds_kind,
    .ask_columns = freetds_columns,
    .ask_obstacles = freetds_obstacles,
    .ask_hanging = freetds_hanging,
    .ask_index_names = freetds_index_names,
    .renames = true,
    /* Names of indexes are the table's, and a key without a name gets one. */
    .rename = "EXEC sp_rename ",
    .ask_indexes = freetds_indexes,
    .insert = "INSERT INTO ",
    .ask_lock =
        "DECLARE @dbferry int; EXEC @dbferry = sp_getapplock @Resource = N'dbferry %', @LockMode "
        "= 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 0; SELECT CASE WHEN @dbferry >= "
        "0 THEN '1' ELSE '0' END AS c1",
    .lock_table = LOCK,
    .lock_alone = LOCK,
    .set_turn = "SET LOCK_TIMEOUT 400",
    .who = "sys.dm_tran_locks",
    .index_too_long = "54000",
    .ask_readable =
        "SELECT CAST(COALESCE(HAS_PERMS_BY_NAME(%, 'OBJECT', 'SELECT'), 0) AS varchar(1)) AS c1",
    .key = "nvarchar(128)",
    .text = "nvarchar(max)",
    .number = "decimal(20,0)",
    .flag = "smallint",
    .kept = {.codec = DBIDRV_CODEC_UTF16, .ask = FREETDS_TEXT, .marked = true},
    .longest_kept = FREETDS_TEXT_LETTERS,
    .unless = "IF OBJECT_ID(%) IS NULL ",
    .create = "CREATE TABLE ",
    .add = " ADD ",
};
