/* SQLite as a target: how each type is stored, and what is asked and said there. */

#include "write/target.h"

#define UNSIGNED FERRY_COLUMN_UNSIGNED
#define UTC FERRY_COLUMN_UTC
#define EXACT FERRY_FIT_EXACT
#define WIDER FERRY_FIT_WIDER
#define CHECKED FERRY_FIT_CHECKED
#define TEXTUAL ODRV_RULE_TEXTUAL

#define NOTE_ZERO "-0.0 loses its sign"
#define NOTE_TEXTUAL "stored as text: order and arithmetic are textual"
#define NOTE_UNSIGNED "values above 9223372036854775807 are refused"
#define NOTE_BYTES "stored as bytes"

#define INT_MARK "CAST(? AS INTEGER)"
/* A value that says its own kind, as a source of this dialect brings it. */
#define LITE_TAGGED                                                                                \
    {                                                                                              \
        .codec = ODRV_CODEC_TAGGED, .ask = ODRV_SQLITE_TAGGED                                      \
    }
/* In digits or letters without a NUL, which comes unharmed. */
#define LITE_PRINTED(way)                                                                          \
    {                                                                                              \
        .codec = (way), .ask = "CAST(% AS TEXT)"                                                   \
    }

/* clang-format off */
static const struct odrv_rule rules_sqlite[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "INTEGER", EXACT, NULL, ODRV_PUT_INT, INT_MARK,
     LITE_PRINTED(ODRV_CODEC_BOOL), 0, 0},
    {FERRY_TYPE_INT, 0, 1, 63, "INTEGER", WIDER, NULL, ODRV_PUT_INT, INT_MARK, LITE_TAGGED, 0, 0},
    {FERRY_TYPE_INT, 0, 64, 64, "INTEGER", EXACT, NULL, ODRV_PUT_INT, INT_MARK, LITE_TAGGED, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 1, 63, "INTEGER", WIDER, NULL, ODRV_PUT_UINT, INT_MARK,
     LITE_PRINTED(ODRV_CODEC_UINT), 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "INTEGER", CHECKED, NOTE_UNSIGNED, ODRV_PUT_UINT_63, INT_MARK,
     LITE_PRINTED(ODRV_CODEC_UINT), 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "TEXT", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, "?",
     LITE_PRINTED(ODRV_CODEC_UINT), TEXTUAL, 0},
    {FERRY_TYPE_YEAR, 0, 0, 0, "INTEGER", EXACT, NULL, ODRV_PUT_INT, INT_MARK,
     LITE_PRINTED(ODRV_CODEC_INT), 0, 0},
    {FERRY_TYPE_BIT, 0, 1, 63, "INTEGER", WIDER, NULL, ODRV_PUT_UINT, INT_MARK,
     LITE_PRINTED(ODRV_CODEC_UINT), 0, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "INTEGER", CHECKED, NOTE_UNSIGNED, ODRV_PUT_UINT_63, INT_MARK,
     LITE_PRINTED(ODRV_CODEC_UINT), 0, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "TEXT", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, "?",
     LITE_PRINTED(ODRV_CODEC_UINT), TEXTUAL, 0},
    {FERRY_TYPE_FLOAT, 0, 32, 32, "REAL", WIDER, NOTE_ZERO, ODRV_PUT_DOUBLE, "?", LITE_TAGGED,
     ODRV_RULE_NO_NAN, 0},
    {FERRY_TYPE_FLOAT, 0, 64, 64, "REAL", EXACT, NOTE_ZERO, ODRV_PUT_DOUBLE, "?", LITE_TAGGED,
     ODRV_RULE_NO_NAN, 0},
    {FERRY_TYPE_DECIMAL, 0, 0, 0, "TEXT", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, "?",
     LITE_PRINTED(ODRV_CODEC_DECIMAL), 0, 0},
    {FERRY_TYPE_TEXT, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_WHOLE, "?", LITE_TAGGED, 0, 0},
    {FERRY_TYPE_JSON, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_WHOLE, "?", LITE_TAGGED, 0, 0},
    {FERRY_TYPE_ENUM, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_WHOLE, "?", LITE_TAGGED, 0, 0},
    {FERRY_TYPE_SET, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_WHOLE, "?", LITE_TAGGED, 0, 0},
    {FERRY_TYPE_INET4, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_TEXT, "?",
     LITE_PRINTED(ODRV_CODEC_TEXT), 0, 0},
    {FERRY_TYPE_INET6, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_TEXT, "?",
     LITE_PRINTED(ODRV_CODEC_TEXT), 0, 0},
    {FERRY_TYPE_UUID, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_TEXT, "?",
     LITE_PRINTED(ODRV_CODEC_UUID), 0, 0},
    {FERRY_TYPE_BYTES, 0, 0, 0, "BLOB", EXACT, NULL, ODRV_PUT_BYTES, "?", LITE_TAGGED, 0, 0},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "BLOB", EXACT, NOTE_BYTES, ODRV_PUT_BYTES, "?", LITE_TAGGED, 0, 0},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "BLOB", EXACT, NOTE_BYTES, ODRV_PUT_BYTES, "?", LITE_TAGGED, 0, 0},
    {FERRY_TYPE_DATE, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_MOMENT, "?",
     LITE_PRINTED(ODRV_CODEC_DATE), 0, 0},
    {FERRY_TYPE_TIME, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_MOMENT, "?",
     LITE_PRINTED(ODRV_CODEC_TIME), 0, 0},
    {FERRY_TYPE_DATETIME, 0, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_MOMENT, "?",
     LITE_PRINTED(ODRV_CODEC_DATETIME), 0, 0},
    {FERRY_TYPE_DATETIME, UTC, 0, 0, "TEXT", EXACT, NULL, ODRV_PUT_MOMENT, "?",
     LITE_PRINTED(ODRV_CODEC_DATETIME), 0, 0},
    {0},
};

/* Keys of other tables are looked at by the commit, when the rows are there again.  Who looks at a
 * table waits a little for somebody's commit; a change waits by itself. */
static const char *const sqlite_session[] = {
    "PRAGMA foreign_keys = ON", "PRAGMA ignore_check_constraints = OFF",
    "PRAGMA busy_timeout = 2000", NULL};
static const char *const sqlite_begin[] = {
    "BEGIN IMMEDIATE", "PRAGMA defer_foreign_keys = ON", NULL};

#define LITE_LIST "SELECT group_concat(what, ', ') FROM ("
#define LITE_QUOTED(name) "'\"' || replace(" name ", '\"', '\"\"') || '\"'"
#define LITE_SQL "(SELECT m.sql FROM sqlite_master m WHERE m.type = 'table' AND m.name = % COLLATE NOCASE)"

/* By SQLite's rules of affinity, in their order: values of a kind are stored as they come where the
 * type is that of the kind, however it is spelled. */
#define LITE_AFFINITY                                                                                \
    "CASE WHEN type LIKE '%%INT%%' THEN 'INTEGER' WHEN type LIKE '%%CHAR%%' OR type LIKE '%%CLOB%%' "   \
    "OR type LIKE '%%TEXT%%' THEN 'TEXT' WHEN type LIKE '%%BLOB%%' OR type = '' THEN 'BLOB' "           \
    "WHEN type LIKE '%%REAL%%' OR type LIKE '%%FLOA%%' OR type LIKE '%%DOUB%%' THEN 'REAL' "            \
    "ELSE 'NUMERIC' END"

/* INTEGER PRIMARY KEY makes a number of its own of a NULL. */
#define LITE_FILLED                                                                                  \
    "\"notnull\" <> 0 OR (pk = 1 AND upper(type) = 'INTEGER' "                                         \
    "AND (SELECT max(pk) FROM pragma_table_xinfo(%)) = 1)"

static const char sqlite_obstacles[] = LITE_LIST
    "SELECT 'a foreign key of table ' || m.name || ' changes its rows as well' AS what "
    "FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' "
    "AND f.\"table\" = % COLLATE NOCASE AND m.name <> % COLLATE NOCASE "
    "AND f.on_delete NOT IN ('NO ACTION', 'RESTRICT') GROUP BY m.name)";

static const char sqlite_dependents[] = LITE_LIST
    "SELECT 'the trigger ' || name AS what FROM sqlite_master WHERE type = 'trigger' "
    "AND tbl_name = % COLLATE NOCASE "
    "UNION ALL SELECT 'a foreign key of table ' || m.name FROM sqlite_master m, "
    "pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.\"table\" = % COLLATE NOCASE "
    "AND m.name <> % COLLATE NOCASE GROUP BY m.name)";

/* What no PRAGMA tells stands in the definition; a word that is there as a name counts, too. */
#define LITE_SAYS(word) "SELECT 'what its definition says by " word "' WHERE " LITE_SQL " LIKE '%%" word "%%' "
static const char sqlite_losses[] = LITE_LIST
    "SELECT 'the default of ' || name AS what FROM pragma_table_xinfo(%) WHERE dflt_value IS NOT NULL "
    "UNION ALL SELECT 'how ' || name || ' is computed' FROM pragma_table_xinfo(%) WHERE hidden > 1 "
    "UNION ALL SELECT 'the declared type of ' || name FROM pragma_table_xinfo(%) "
    "WHERE upper(type) NOT IN ('INTEGER', 'REAL', 'TEXT', 'BLOB') "
    "UNION ALL SELECT 'a foreign key to ' || \"table\" FROM pragma_foreign_key_list(%) GROUP BY id "
    "UNION ALL SELECT 'a constraint UNIQUE' FROM pragma_index_list(%) WHERE origin = 'u' "
    "UNION ALL " LITE_SAYS("CHECK") "UNION ALL " LITE_SAYS("COLLATE") "UNION ALL "
    LITE_SAYS("CONFLICT") "UNION ALL " LITE_SAYS("AUTOINCREMENT") "UNION ALL " LITE_SAYS("WITHOUT")
    "UNION ALL " LITE_SAYS("STRICT") "UNION ALL " LITE_SAYS("--") "UNION ALL " LITE_SAYS("/*") ")";

#define LITE_PLAIN_COLUMNS                                                                           \
    "NOT EXISTS (SELECT 1 FROM pragma_index_xinfo(l.name) x WHERE x.key = 1 "                          \
    "AND (x.cid < 0 OR x.coll <> 'BINARY' OR x.desc <> 0))"

const struct odrv_writing odrv_writing_sqlite = {
    .rules = rules_sqlite,
    .session = sqlite_session,
    .rebuild = ODRV_REBUILD_IN_PLACE,
    .bare_names = true,
    .ask_kind =
        "SELECT CASE WHEN type = 'table' AND coalesce(sql, '') NOT LIKE 'CREATE VIRTUAL%%' THEN 'r' "
        "ELSE type END FROM sqlite_master WHERE type IN ('table', 'view') AND name = % COLLATE NOCASE",
    .ask_columns =
        "SELECT name, " LITE_AFFINITY ", " LITE_FILLED " FROM pragma_table_xinfo(%) ORDER BY cid",
    .ask_obstacles = sqlite_obstacles,
    .ask_dependents = sqlite_dependents,
    .ask_losses = sqlite_losses,
    .ask_indexes =
        "SELECT group_concat('the index ' || l.name, ', ') FROM pragma_index_list(%) l "
        "WHERE l.origin = 'c' AND NOT (l.partial = 0 AND " LITE_PLAIN_COLUMNS " "
        "AND (l.name GLOB 'dbferry_[0-9a-f]*' AND length(rtrim(l.name, '_u')) = 24 "
        "OR l.name IN ($n)))",
    .ask_key =
        "SELECT 'the primary key' WHERE (SELECT group_concat(q, ', ') FROM (SELECT "
        LITE_QUOTED("name") " AS q FROM pragma_table_xinfo(%) WHERE pk > 0 ORDER BY pk)) <> $c",
    .ask_not_null =
        "SELECT group_concat('NOT NULL of ' || name, ', ') FROM pragma_table_xinfo(%) "
        "WHERE \"notnull\" <> 0 AND name IN ($n)",
    .ask_index =
        "SELECT 1 FROM pragma_index_list(%) l WHERE l.partial = 0 AND (l.\"unique\" <> 0 OR $u = 0) "
        "AND " LITE_PLAIN_COLUMNS " AND (SELECT group_concat(q, ', ') FROM (SELECT "
        LITE_QUOTED("i.name") " AS q FROM pragma_index_info(l.name) i ORDER BY i.seqno)) = $c LIMIT 1",
    .ask_readable = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = % COLLATE NOCASE",
    .ask_longest = "SELECT NULL",
    .set_patience = "PRAGMA busy_timeout = 0",
    .end_patience = "PRAGMA busy_timeout = 2000",
    .begin = sqlite_begin,
    .waits = true,
    .commit = "COMMIT",
    .save_point = "SAVEPOINT dbferry_rows",
    .go_back = "ROLLBACK TO SAVEPOINT dbferry_rows",
    .count_rows = "SELECT count(*) FROM %",
    .delete_rows = "DELETE FROM %",
    .only = "",
    .rows_most = 1,
    .make_options = "",
    .text = "TEXT",
    .number = "INTEGER",
    .flag = "INTEGER",
    .record_key = "TEXT PRIMARY KEY COLLATE NOCASE NOT NULL",
    .add_column = "ADD COLUMN",
    .for_update = "",
};
/* clang-format on */
