/* MariaDB as a target: how each type is stored, and what is asked and said there. */

#include "write/target.h"

#define UNSIGNED FERRY_COLUMN_UNSIGNED
#define UTC FERRY_COLUMN_UTC
#define EXACT FERRY_FIT_EXACT
#define WIDER FERRY_FIT_WIDER
#define CHECKED FERRY_FIT_CHECKED
#define TEXTUAL ODRV_RULE_TEXTUAL
#define FINITE ODRV_RULE_FINITE

#define NOTE_TEXTUAL "stored as text: order and arithmetic are textual"
#define NOTE_BYTES "stored as bytes"
#define NOTE_INSTANT "stored as a datetime, in UTC"
#define NOTE_DIGITS "more than 65 digits are refused"

/* Of a whole number as a text, a YEAR would make 2000 of '0', and BIT the letters of it. */
#define NUMBER_MARK "CAST(? AS UNSIGNED)"
#define MA_UTF8 ODRV_MARIADB_UTF8
#define MA_CHAR "CAST(% AS CHAR)"
#define MA_PLAIN(way)                                                                              \
    {                                                                                              \
        .codec = (way)                                                                             \
    }
#define MA_ASKED(way, how)                                                                         \
    {                                                                                              \
        .codec = (way), .ask = (how)                                                               \
    }
#define MA_INT MA_PLAIN(ODRV_CODEC_INT)
#define MA_UINT MA_PLAIN(ODRV_CODEC_UINT)
#define MA_BITS MA_ASKED(ODRV_CODEC_UINT, "CAST(% AS UNSIGNED)")
#define MA_DOUBLE MA_PLAIN(ODRV_CODEC_DOUBLE)
#define MA_DIGITS MA_PLAIN(ODRV_CODEC_DECIMAL)
#define MA_WORDS MA_ASKED(ODRV_CODEC_TEXT, MA_UTF8)
#define MA_UUID MA_PLAIN(ODRV_CODEC_UUID)
#define MA_BYTES MA_PLAIN(ODRV_CODEC_BYTES)
#define MA_DATE MA_ASKED(ODRV_CODEC_DATE, MA_CHAR)
#define MA_TIME MA_ASKED(ODRV_CODEC_TIME, MA_CHAR)
#define MA_MOMENT MA_ASKED(ODRV_CODEC_DATETIME, MA_CHAR)

/* clang-format off */
static const struct odrv_rule rules_mariadb[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "tinyint(1)", EXACT, NULL, ODRV_PUT_INT, "?", MA_PLAIN(ODRV_CODEC_BOOL), 0, 0},
    {FERRY_TYPE_INT, 0, 1, 8, "tinyint", EXACT, NULL, ODRV_PUT_INT, "?", MA_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 9, 16, "smallint", EXACT, NULL, ODRV_PUT_INT, "?", MA_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 17, 24, "mediumint", EXACT, NULL, ODRV_PUT_INT, "?", MA_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 25, 32, "int", EXACT, NULL, ODRV_PUT_INT, "?", MA_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 33, 64, "bigint", EXACT, NULL, ODRV_PUT_INT, "?", MA_INT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 1, 8, "tinyint unsigned", EXACT, NULL, ODRV_PUT_UINT, "?", MA_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 9, 16, "smallint unsigned", EXACT, NULL, ODRV_PUT_UINT, "?", MA_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 17, 24, "mediumint unsigned", EXACT, NULL, ODRV_PUT_UINT, "?", MA_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 25, 32, "int unsigned", EXACT, NULL, ODRV_PUT_UINT, "?", MA_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 33, 64, "bigint unsigned", EXACT, NULL, ODRV_PUT_UINT, "?", MA_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "varchar(20)", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, "?", MA_UINT, TEXTUAL, 0},
    {FERRY_TYPE_YEAR, 0, 0, 0, "year(4)", EXACT, NULL, ODRV_PUT_INT, NUMBER_MARK, MA_INT, 0, 0},
    {FERRY_TYPE_BIT, 0, 0, 0, "bit($b)", EXACT, NULL, ODRV_PUT_UINT, NUMBER_MARK, MA_BITS, 0, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "varchar(20)", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, "?", MA_UINT, TEXTUAL, 0},
    {FERRY_TYPE_FLOAT, 0, 32, 32, "float", EXACT, NULL, ODRV_PUT_FINITE, "?", MA_DOUBLE, FINITE, 0},
    {FERRY_TYPE_FLOAT, 0, 64, 64, "double", EXACT, NULL, ODRV_PUT_FINITE, "?", MA_DOUBLE, FINITE, 0},
    {FERRY_TYPE_DECIMAL, 0, 1, 64, "decimal($p,$s)", EXACT, NULL, ODRV_PUT_TEXT, "?", MA_DIGITS, 0, 38},
    {FERRY_TYPE_DECIMAL, 0, 65, 65, "decimal($p,$s)", CHECKED, NOTE_DIGITS, ODRV_PUT_TEXT, "?", MA_DIGITS, 0, 38},
    {FERRY_TYPE_DECIMAL, 0, 0, 0, "longtext", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, "?", MA_DIGITS, 0, 0},
    {FERRY_TYPE_DECIMAL, 0, 0, 0, "longtext", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, "?", MA_DIGITS, TEXTUAL, 0},
    {FERRY_TYPE_TEXT, 0, 1, 768, "varchar($l)", EXACT, NULL, ODRV_PUT_WHOLE, "?", MA_WORDS, 0, 0},
    {FERRY_TYPE_TEXT, 0, 0, 0, "longtext", EXACT, NULL, ODRV_PUT_WHOLE, "?", MA_WORDS, 0, 0},
    {FERRY_TYPE_JSON, 0, 0, 0, "longtext", EXACT, NULL, ODRV_PUT_WHOLE, "?", MA_WORDS, 0, 0},
    {FERRY_TYPE_ENUM, 0, 0, 0, "longtext", WIDER, NULL, ODRV_PUT_WHOLE, "?", MA_WORDS, 0, 0},
    {FERRY_TYPE_SET, 0, 0, 0, "longtext", WIDER, NULL, ODRV_PUT_WHOLE, "?", MA_WORDS, 0, 0},
    {FERRY_TYPE_UUID, 0, 0, 0, "char(36)", WIDER, NULL, ODRV_PUT_TEXT, "?", MA_UUID, 0, 0},
    {FERRY_TYPE_INET4, 0, 0, 0, "varchar(15)", WIDER, NULL, ODRV_PUT_TEXT, "?", MA_WORDS, 0, 0},
    {FERRY_TYPE_INET6, 0, 0, 0, "varchar(45)", WIDER, NULL, ODRV_PUT_TEXT, "?", MA_WORDS, 0, 0},
    {FERRY_TYPE_BYTES, 0, 1, 3072, "varbinary($l)", EXACT, NULL, ODRV_PUT_BYTES, "?", MA_BYTES, 0, 0},
    {FERRY_TYPE_BYTES, 0, 0, 0, "longblob", EXACT, NULL, ODRV_PUT_BYTES, "?", MA_BYTES, 0, 0},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "longblob", WIDER, NOTE_BYTES, ODRV_PUT_BYTES, "?", MA_BYTES, 0, 0},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "longblob", WIDER, NOTE_BYTES, ODRV_PUT_BYTES, "?", MA_BYTES, 0, 0},
    {FERRY_TYPE_DATE, 0, 0, 0, "date", EXACT, NULL, ODRV_PUT_MOMENT, "?", MA_DATE, 0, 0},
    {FERRY_TYPE_TIME, 0, 1, 6, "time($s)", EXACT, NULL, ODRV_PUT_MOMENT, "?", MA_TIME, 0, 0},
    {FERRY_TYPE_TIME, 0, 7, UINT64_MAX, "varchar(64)", EXACT, NOTE_TEXTUAL, ODRV_PUT_MOMENT, "?", MA_TIME, 0, 0},
    {FERRY_TYPE_TIME, 0, 0, 0, "time", EXACT, NULL, ODRV_PUT_MOMENT, "?", MA_TIME, 0, 0},
    {FERRY_TYPE_DATETIME, 0, 1, 6, "datetime($s)", EXACT, NULL, ODRV_PUT_MOMENT, "?", MA_MOMENT, 0, 0},
    {FERRY_TYPE_DATETIME, 0, 7, UINT64_MAX, "varchar(64)", EXACT, NOTE_TEXTUAL, ODRV_PUT_MOMENT, "?", MA_MOMENT, 0, 0},
    {FERRY_TYPE_DATETIME, 0, 0, 0, "datetime", EXACT, NULL, ODRV_PUT_MOMENT, "?", MA_MOMENT, 0, 0},
    {FERRY_TYPE_DATETIME, UTC, 1, 6, "datetime($s)", EXACT, NOTE_INSTANT, ODRV_PUT_MOMENT, "?", MA_MOMENT, 0, 0},
    {FERRY_TYPE_DATETIME, UTC, 7, UINT64_MAX, "varchar(64)", EXACT, NOTE_TEXTUAL, ODRV_PUT_MOMENT, "?", MA_MOMENT, 0, 0},
    {FERRY_TYPE_DATETIME, UTC, 0, 0, "datetime", EXACT, NOTE_INSTANT, ODRV_PUT_MOMENT, "?", MA_MOMENT, 0, 0},
    {0},
};

/* A 0 is a value also where a column numbers itself; messages are told apart by their words. */
static const char *const mariadb_session[] = {
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,"
    "NO_BACKSLASH_ESCAPES', foreign_key_checks = 1, unique_checks = 1, check_constraint_checks = 1, "
    "lc_messages = 'en_US', group_concat_max_len = 16777216, lock_wait_timeout = 60, "
    "innodb_lock_wait_timeout = 60, sql_safe_updates = 0, sql_auto_is_null = 0",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE", NULL};
static const char *const mariadb_begin[] = {NULL};

#define MA_LITERAL "CONVERT(x'%' USING utf8mb4)"
#define MA_LIST "SELECT GROUP_CONCAT(what SEPARATOR ', ') FROM ("
#define MA_SCHEMA "information_schema."
/* On some systems names are folded, by the server itself; two that differ are never one here. */
#define MA_OF_TABLE(name) "TABLE_SCHEMA = DATABASE() AND " name " = % AND BINARY " name " = BINARY % "
#define MA_HERE MA_OF_TABLE("TABLE_NAME")
#define MA_QUOTED "CONCAT('`', REPLACE(COLUMN_NAME, '`', '``'), '`')"
#define MA_REFERRED "UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = % "
#define MA_GRANTEE "GRANTEE IN (CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), ''''), "          \
    "CURRENT_ROLE(), CONCAT('''', CURRENT_ROLE(), '''@'''''))"
/* How a text column of a table that this driver makes compares: byte by byte, to its last blank. */
#define MA_COLLATION "utf8mb4_nopad_bin"

/* A width of digits says nothing of the values, but that of BOOLEAN. */
#define MA_TYPE                                                                                      \
    "REGEXP_REPLACE(COLUMN_TYPE, '^((?:tiny|small|medium|big)?int)[(](?!1[)])[0-9]+[)]', '\\1')"

static const char mariadb_obstacles[] = MA_LIST
    "SELECT CONCAT('its engine ', coalesce(t.ENGINE, 'of no name'), ' has no transactions') AS what "
    "FROM " MA_SCHEMA "TABLES t LEFT JOIN " MA_SCHEMA "ENGINES e ON e.ENGINE = t.ENGINE WHERE "
    MA_HERE "AND coalesce(e.TRANSACTIONS, 'NO') <> 'YES' "
    "UNION ALL SELECT CONCAT('the foreign key ', CONSTRAINT_NAME, ' of table ', TABLE_NAME, "
    "' changes its rows as well') FROM " MA_SCHEMA "REFERENTIAL_CONSTRAINTS WHERE " MA_REFERRED
    "AND DELETE_RULE NOT IN ('NO ACTION', 'RESTRICT')) AS hanging";

static const char mariadb_dependents[] = MA_LIST
    "SELECT CONCAT('the trigger ', TRIGGER_NAME) AS what FROM " MA_SCHEMA "TRIGGERS WHERE "
    "EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = % "
    "UNION ALL SELECT 'its triggers, which an account without the right TRIGGER does not see' WHERE NOT "
    "EXISTS (SELECT 1 FROM " MA_SCHEMA "USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' AND " MA_GRANTEE
    ") AND NOT EXISTS (SELECT 1 FROM " MA_SCHEMA "SCHEMA_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' "
    "AND DATABASE() LIKE TABLE_SCHEMA ESCAPE '\\' AND " MA_GRANTEE ") AND NOT EXISTS (SELECT 1 FROM "
    MA_SCHEMA "TABLE_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' AND " MA_HERE "AND " MA_GRANTEE ") "
    "UNION ALL SELECT CONCAT('the foreign key ', CONSTRAINT_NAME, ' of table ', TABLE_NAME) FROM "
    MA_SCHEMA "REFERENTIAL_CONSTRAINTS WHERE " MA_REFERRED "OR (CONSTRAINT_SCHEMA = DATABASE() "
    "AND TABLE_NAME = %) "
    "UNION ALL SELECT DISTINCT 'its partitions' FROM " MA_SCHEMA "PARTITIONS WHERE " MA_HERE
    "AND PARTITION_NAME IS NOT NULL "
    "UNION ALL SELECT 'the table itself, if the server (before release 10.6) dies between two renames' "
    "WHERE CAST(SUBSTRING_INDEX(VERSION(), '.', 1) AS UNSIGNED) * 1000 + "
    "CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(VERSION(), '.', 2), '.', -1) AS UNSIGNED) < 10006) AS hanging";

static const char mariadb_losses[] = MA_LIST
    "SELECT CONCAT('the default of ', COLUMN_NAME) AS what FROM " MA_SCHEMA "COLUMNS WHERE " MA_HERE
    "AND coalesce(COLUMN_DEFAULT, 'NULL') <> 'NULL' "
    "UNION ALL SELECT CONCAT('what is special of ', COLUMN_NAME, ' (', EXTRA, ')') FROM " MA_SCHEMA
    "COLUMNS WHERE " MA_HERE "AND EXTRA <> '' "
    "UNION ALL SELECT CONCAT('the collation of ', COLUMN_NAME) FROM " MA_SCHEMA "COLUMNS WHERE "
    MA_HERE "AND COLLATION_NAME <> '" MA_COLLATION "' "
    "UNION ALL SELECT CONCAT('the comment on ', COLUMN_NAME) FROM " MA_SCHEMA "COLUMNS WHERE "
    MA_HERE "AND COLUMN_COMMENT <> '' "
    "UNION ALL SELECT CONCAT('the constraint ', CONSTRAINT_NAME) FROM " MA_SCHEMA "CHECK_CONSTRAINTS "
    "WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = % "
    "UNION ALL SELECT 'its comment' FROM " MA_SCHEMA "TABLES WHERE " MA_HERE "AND TABLE_COMMENT <> '' "
    "UNION ALL SELECT CONCAT('its engine ', coalesce(ENGINE, '')) FROM " MA_SCHEMA "TABLES WHERE "
    MA_HERE "AND coalesce(ENGINE, '') <> 'InnoDB' "
    "UNION ALL SELECT CONCAT('its options ', CREATE_OPTIONS) FROM " MA_SCHEMA "TABLES WHERE "
    MA_HERE "AND coalesce(CREATE_OPTIONS, '') <> '' "
    "UNION ALL SELECT 'its collation' FROM " MA_SCHEMA "TABLES WHERE " MA_HERE
    "AND TABLE_COLLATION <> '" MA_COLLATION "') AS said";

/* Each index of the table: its name, its columns in quotes, whether it is plain.  Of long texts a
 * unique one is of the type HASH, and another one of their beginnings. */
#define MA_INDEXES                                                                                   \
    "(SELECT INDEX_NAME, MAX(NON_UNIQUE) AS twice, GROUP_CONCAT(" MA_QUOTED " ORDER BY SEQ_IN_INDEX "   \
    "SEPARATOR ', ') AS names, MAX((SUB_PART IS NOT NULL AND NON_UNIQUE = 0) OR coalesce(COLLATION, '') <> 'A' "             \
    "OR INDEX_TYPE NOT IN ('BTREE', 'HASH') OR coalesce(INDEX_COMMENT, '') <> '') AS special "                        \
    "FROM " MA_SCHEMA "STATISTICS WHERE " MA_HERE "GROUP BY INDEX_NAME) AS i "

const struct odrv_writing odrv_writing_mariadb = {
    .rules = rules_mariadb,
    .session = mariadb_session,
    .rebuild = ODRV_REBUILD_RENAME,
    .bare_names = true,
    .literal = MA_LITERAL,
    .names_in_letters = true,
    .ask_kind =
        "SELECT CASE TABLE_TYPE WHEN 'BASE TABLE' THEN 'r' ELSE TABLE_TYPE END FROM " MA_SCHEMA
        "TABLES WHERE " MA_HERE,
    .ask_columns =
        "SELECT COLUMN_NAME, " MA_TYPE ", IS_NULLABLE = 'NO' FROM " MA_SCHEMA "COLUMNS WHERE " MA_HERE
        "ORDER BY ORDINAL_POSITION",
    .ask_obstacles = mariadb_obstacles,
    .ask_dependents = mariadb_dependents,
    .ask_losses = mariadb_losses,
    .ask_indexes =
        "SELECT GROUP_CONCAT(CONCAT('the index ', INDEX_NAME) SEPARATOR ', ') FROM " MA_INDEXES
        "WHERE INDEX_NAME <> 'PRIMARY' AND NOT (special = 0 AND (INDEX_NAME REGEXP "
        "'^dbferry_[0-9a-f]{16}(_u)?$' OR INDEX_NAME IN ($n)))",
    .ask_key =
        "SELECT 'the primary key' FROM " MA_INDEXES "WHERE INDEX_NAME = 'PRIMARY' AND names <> $c",
    .ask_not_null =
        "SELECT GROUP_CONCAT(CONCAT('NOT NULL of ', COLUMN_NAME) SEPARATOR ', ') FROM " MA_SCHEMA
        "COLUMNS WHERE " MA_HERE "AND IS_NULLABLE = 'NO' AND COLUMN_NAME IN ($n)",
    .ask_index =
        "SELECT 1 FROM " MA_INDEXES "WHERE special = 0 AND (twice = 0 OR $u = 0) AND names = $c LIMIT 1",
    .ask_readable =
        "SELECT 1 FROM " MA_SCHEMA "COLUMNS WHERE " MA_HERE "AND COLUMN_NAME = 'target_table' "
        "AND FIND_IN_SET('select', PRIVILEGES) > 0",
    .ask_longest = "SELECT 64",
    .ask_lock =
        "SELECT GET_LOCK(CONCAT('dbferry_', LEFT(SHA1(DATABASE()), 16), '_', '%'), 2)",
    .release_lock = "DO RELEASE_ALL_LOCKS()",
    .set_patience =
        "SET SESSION lock_wait_timeout = (% + 999) DIV 1000, "
        "innodb_lock_wait_timeout = (% + 999) DIV 1000",
    .begin = mariadb_begin,
    .save_point = "SAVEPOINT dbferry_rows",
    .go_back = "ROLLBACK TO SAVEPOINT dbferry_rows",
    .lock_table = "SELECT COUNT(*) FROM % FOR UPDATE",
    .count_rows = "SELECT COUNT(*) FROM %",
    .delete_rows = "DELETE FROM %",
    .only = "",
    .lost_from = 2000,
    .lost_to = 2999,
    .index_by_alter = true,
    .make_options = " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE " MA_COLLATION,
    .text = "TEXT",
    .number = "BIGINT UNSIGNED",
    .flag = "TINYINT",
    .record_key = "VARCHAR(64) NOT NULL PRIMARY KEY",
    .add_column = "ADD COLUMN IF NOT EXISTS",
    .for_update = " FOR UPDATE",
};
/* clang-format on */
