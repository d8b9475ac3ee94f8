/* How each type is stored, dialect by dialect, and what the plan says of it. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define UNSIGNED FERRY_COLUMN_UNSIGNED
#define UTC FERRY_COLUMN_UTC
#define EXACT FERRY_FIT_EXACT
#define WIDER FERRY_FIT_WIDER
#define CHECKED FERRY_FIT_CHECKED
#define TEXTUAL DBIDRV_RULE_TEXTUAL
#define COUNTED DBIDRV_RULE_COUNTED

#define NOTE_NUL "a text with a NUL is refused"
#define NOTE_DATE "zero and partial dates are refused"
#define NOTE_TIME "a time below 0 or above 24 hours is refused"
#define NOTE_TEXTUAL "stored as text: order and arithmetic are textual"
#define NOTE_BYTES "stored as bytes"
#define NOTE_BIG "an integer above 9223372036854775807 is refused"
#define NOTE_NAN "NaN is refused"

/* clang-format off */
#define PG_ASK "(%)::pg_catalog.text"
#define PG(way) {.codec = DBIDRV_CODEC_##way, .ask = PG_ASK}
#define PG_BYTES {.codec = DBIDRV_CODEC_HEX, .ask = "pg_catalog.encode(%, 'hex')"}

static const struct dbidrv_rule rules_pgsql[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "boolean", EXACT, NULL, DBIDRV_PUT_INT,
     {.codec = DBIDRV_CODEC_BOOL, .ask = "(%)::pg_catalog.int4::pg_catalog.text"}, 0},
    {FERRY_TYPE_INT, 0, 1, 15, "smallint", WIDER, NULL, DBIDRV_PUT_INT, PG(INT), 0},
    {FERRY_TYPE_INT, 0, 16, 16, "smallint", EXACT, NULL, DBIDRV_PUT_INT, PG(INT), 0},
    {FERRY_TYPE_INT, 0, 17, 31, "integer", WIDER, NULL, DBIDRV_PUT_INT, PG(INT), 0},
    {FERRY_TYPE_INT, 0, 32, 32, "integer", EXACT, NULL, DBIDRV_PUT_INT, PG(INT), 0},
    {FERRY_TYPE_INT, 0, 33, 64, "bigint", EXACT, NULL, DBIDRV_PUT_INT, PG(INT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 1, 15, "smallint", WIDER, NULL, DBIDRV_PUT_UINT, PG(UINT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 16, 31, "integer", WIDER, NULL, DBIDRV_PUT_UINT, PG(UINT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 32, 63, "bigint", WIDER, NULL, DBIDRV_PUT_UINT, PG(UINT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "numeric(20,0)", WIDER, NULL, DBIDRV_PUT_UINT, PG(UINT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "text", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_UINT, PG(UINT), TEXTUAL},
    {FERRY_TYPE_YEAR, 0, 0, 0, "smallint", WIDER, NULL, DBIDRV_PUT_INT, PG(INT), 0},
    {FERRY_TYPE_BIT, 0, 1, 63, "bigint", WIDER, NULL, DBIDRV_PUT_UINT, PG(UINT), 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "numeric(20,0)", WIDER, NULL, DBIDRV_PUT_UINT, PG(UINT), 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "text", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_UINT, PG(UINT), TEXTUAL},
    {FERRY_TYPE_FLOAT, 0, 32, 32, "real", EXACT, NULL, DBIDRV_PUT_FLOAT, PG(FLOATING), 0},
    {FERRY_TYPE_FLOAT, 0, 64, 64, "double precision", EXACT, NULL, DBIDRV_PUT_FLOAT, PG(FLOATING), 0},
    {FERRY_TYPE_DECIMAL, 0, 1, 1000, "numeric($p,$s)", EXACT, NULL, DBIDRV_PUT_TEXT, PG(DECIMAL), 0},
    {FERRY_TYPE_DECIMAL, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_TEXT, PG(DECIMAL), TEXTUAL},
    {FERRY_TYPE_TEXT, 0, 1, 10485760, "character varying($l)", CHECKED, NOTE_NUL, DBIDRV_PUT_TEXT,
     PG(TEXT), COUNTED},
    {FERRY_TYPE_TEXT, 0, 0, 0, "text", CHECKED, NOTE_NUL, DBIDRV_PUT_TEXT, PG(TEXT), 0},
    {FERRY_TYPE_JSON, 0, 0, 0, "text", CHECKED, NOTE_NUL, DBIDRV_PUT_TEXT, PG(TEXT), 0},
    {FERRY_TYPE_ENUM, 0, 0, 0, "text", CHECKED, NOTE_NUL, DBIDRV_PUT_TEXT, PG(TEXT), 0},
    {FERRY_TYPE_SET, 0, 0, 0, "text", CHECKED, NOTE_NUL, DBIDRV_PUT_TEXT, PG(TEXT), 0},
    {FERRY_TYPE_INET4, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_TEXT, PG(TEXT), 0},
    {FERRY_TYPE_INET6, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_TEXT, PG(TEXT), 0},
    {FERRY_TYPE_UUID, 0, 0, 0, "uuid", EXACT, NULL, DBIDRV_PUT_TEXT, PG(UUID), 0},
    {FERRY_TYPE_BYTES, 0, 1, UINT64_MAX, "bytea", WIDER, NULL, DBIDRV_PUT_BYTES, PG_BYTES, 0},
    {FERRY_TYPE_BYTES, 0, 0, 0, "bytea", EXACT, NULL, DBIDRV_PUT_BYTES, PG_BYTES, 0},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "bytea", WIDER, NOTE_BYTES, DBIDRV_PUT_BYTES, PG_BYTES, 0},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "bytea", WIDER, NOTE_BYTES, DBIDRV_PUT_BYTES, PG_BYTES, 0},
    {FERRY_TYPE_DATE, 0, 0, 0, "date", CHECKED, NOTE_DATE, DBIDRV_PUT_DATE, PG(DATE), 0},
    {FERRY_TYPE_TIME, 0, 0, 6, "time($s) without time zone", CHECKED, NOTE_TIME, DBIDRV_PUT_TIME,
     PG(TIME), 0},
    {FERRY_TYPE_DATETIME, 0, 0, 6, "timestamp($s) without time zone", CHECKED, NOTE_DATE,
     DBIDRV_PUT_DATETIME, PG(DATETIME), 0},
    {FERRY_TYPE_DATETIME, UTC, 0, 6, "timestamp($s) with time zone", CHECKED, NOTE_DATE,
     DBIDRV_PUT_INSTANT, {.codec = DBIDRV_CODEC_DATETIME, .ask = "(% AT TIME ZONE 'UTC')::pg_catalog.text"}, 0},
    {0},
};

/* Declared by names from a short list alone, since SQLite converts by what stands in a name. */
#define LITE(way) {.codec = DBIDRV_CODEC_##way, .ask = DBIDRV_TAGGED}

static const struct dbidrv_rule rules_sqlite3[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "INTEGER", WIDER, NULL, DBIDRV_PUT_INT, LITE(BOOL), 0},
    {FERRY_TYPE_INT, 0, 1, 63, "INTEGER", WIDER, NULL, DBIDRV_PUT_INT, LITE(INT), 0},
    {FERRY_TYPE_INT, 0, 64, 64, "INTEGER", EXACT, NULL, DBIDRV_PUT_INT, LITE(INT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 1, 63, "INTEGER", WIDER, NULL, DBIDRV_PUT_UINT, LITE(UINT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "INTEGER", CHECKED, NOTE_BIG, DBIDRV_PUT_UINT_AS_INT, LITE(UINT), 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "TEXT", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_UINT_AS_TEXT, LITE(UINT), TEXTUAL},
    {FERRY_TYPE_YEAR, 0, 0, 0, "INTEGER", WIDER, NULL, DBIDRV_PUT_INT, LITE(INT), 0},
    {FERRY_TYPE_BIT, 0, 1, 63, "INTEGER", WIDER, NULL, DBIDRV_PUT_UINT, LITE(UINT), 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "INTEGER", CHECKED, NOTE_BIG, DBIDRV_PUT_UINT_AS_INT, LITE(UINT), 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "TEXT", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_UINT_AS_TEXT, LITE(UINT), TEXTUAL},
    {FERRY_TYPE_FLOAT, 0, 32, 32, "REAL", WIDER, NULL, DBIDRV_PUT_FLOAT, LITE(FLOATING), DBIDRV_RULE_FINITE},
    {FERRY_TYPE_FLOAT, 0, 64, 64, "REAL", EXACT, NULL, DBIDRV_PUT_FLOAT, LITE(FLOATING), DBIDRV_RULE_FINITE},
    {FERRY_TYPE_DECIMAL, 0, 0, 0, "DECIMAL_TEXT($p,$s)", EXACT, NOTE_TEXTUAL, DBIDRV_PUT_TEXT, LITE(DECIMAL), 0},
    {FERRY_TYPE_TEXT, 0, 0, 0, "TEXT", EXACT, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_TEXT, 0, 1, UINT64_MAX, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_JSON, 0, 0, 0, "TEXT", EXACT, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_ENUM, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_SET, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_INET4, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_INET6, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_UUID, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(UUID), 0},
    {FERRY_TYPE_DATE, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_TIME, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_DATETIME, 0, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_DATETIME, UTC, 0, 0, "TEXT", WIDER, NULL, DBIDRV_PUT_TEXT, LITE(TEXT), 0},
    {FERRY_TYPE_BYTES, 0, 0, 0, "BLOB", WIDER, NULL, DBIDRV_PUT_BYTES, LITE(HEX), 0},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "BLOB", WIDER, NOTE_BYTES, DBIDRV_PUT_BYTES, LITE(HEX), 0},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "BLOB", WIDER, NOTE_BYTES, DBIDRV_PUT_BYTES, LITE(HEX), 0},
    {FERRY_TYPE_ANY, 0, 0, 0, "BLOB", CHECKED, NOTE_NAN, DBIDRV_PUT_ANY, LITE(TEXT), 0},
    {0},
};
/* clang-format on */

static const char *const pgsql_begin[] = {
    "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE", NULL};

#define PG_TABLE "pg_catalog.to_regclass(%)"
const struct dbidrv_writing dbidrv_writing_pgsql = {
    .rules = rules_pgsql,
    .style = DBIDRV_STYLE_QUOTED,
    .begin = pgsql_begin,
    .set_lock_wait = "SET LOCAL lock_timeout = %",
    .save = "SAVEPOINT %",
    .restore = "ROLLBACK TO SAVEPOINT %",
    .release = "RELEASE SAVEPOINT %",
    .count = "CAST(COUNT(*) AS pg_catalog.text)",
    .only = "ONLY ",
    .longest_name = 63,
    .ask_kind = "SELECT CASE relkind WHEN 'r' THEN CASE WHEN relispartition THEN 'partition' ELSE "
                "'table' END ELSE relkind::pg_catalog.text END AS c1 FROM pg_catalog.pg_class "
                "WHERE oid = " PG_TABLE,
    .ask_columns =
        "SELECT a.attname::pg_catalog.text AS c1, pg_catalog.format_type(a.atttypid, a.atttypmod) "
        "AS c2, a.attnotnull::pg_catalog.int4::pg_catalog.text AS c3, pg_catalog.concat_ws(',', "
        "a.attidentity, a.attgenerated, a.attcollation, pg_catalog.pg_get_expr(d.adbin, "
        "d.adrelid)) "
        "AS c4 FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = "
        "a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = " PG_TABLE
        " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
    .ask_obstacles =
        "SELECT pg_catalog.concat('the foreign key ', pg_catalog.quote_ident(k.conname), ' of "
        "table "
        "', k.conrelid::pg_catalog.regclass, ' refers to it') AS c1 FROM pg_catalog.pg_constraint "
        "k "
        "WHERE k.contype = 'f' AND k.confrelid = " PG_TABLE
        " UNION ALL SELECT pg_catalog.concat('its rule ', pg_catalog.quote_ident(r.rulename), ' "
        "changes what is written') FROM pg_catalog.pg_rewrite r WHERE r.ev_class = " PG_TABLE
        " UNION ALL SELECT pg_catalog.concat('its trigger ', pg_catalog.quote_ident(t.tgname), ' "
        "would be started by each row') FROM pg_catalog.pg_trigger t WHERE t.tgrelid = " PG_TABLE
        " AND NOT t.tgisinternal AND t.tgenabled <> 'D'"
        " UNION ALL SELECT 'its policies (row level security) hide rows from this account' FROM "
        "pg_catalog.pg_class c WHERE c.oid = " PG_TABLE " AND pg_catalog.row_security_active(c.oid)"
        " UNION ALL SELECT pg_catalog.concat('table ', i.inhrelid::pg_catalog.regclass, ' inherits "
        "from it') FROM pg_catalog.pg_inherits i WHERE i.inhparent = " PG_TABLE
        " UNION ALL SELECT pg_catalog.concat('column ', pg_catalog.quote_ident(a.attname), ' is "
        "filled by the database alone') FROM pg_catalog.pg_attribute a WHERE a.attrelid = " PG_TABLE
        " AND (a.attidentity = 'a' OR a.attgenerated <> '') AND a.attnum > 0 AND NOT "
        "a.attisdropped "
        "UNION ALL SELECT 'session_replication_role of this account is not origin, by which no "
        "foreign key is checked' WHERE pg_catalog.current_setting('session_replication_role') <> "
        "'origin'",
    .ask_hanging =
        "WITH own AS (SELECT c.*, t.typarray FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t "
        "ON t.oid = c.reltype WHERE c.oid = " PG_TABLE
        ") SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS c1 FROM "
        "pg_catalog.pg_depend d, own WHERE ((d.refclassid = "
        "'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = own.oid) OR (d.refclassid = "
        "'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (own.reltype, own.typarray))) "
        "AND NOT (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid IN "
        "(own.reltype, own.typarray)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_class o WHERE "
        "d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.oid = d.objid AND (o.relkind "
        "= 't' OR (o.relkind = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint n WHERE "
        "n.conindid = o.oid)))) AND NOT EXISTS (SELECT "
        "FROM pg_catalog.pg_constraint k WHERE d.classid = "
        "'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid AND k.contype = 'p') "
        "UNION ALL SELECT 'its parent ' || i.inhparent::pg_catalog.regclass FROM "
        "pg_catalog.pg_inherits i, own WHERE i.inhrelid = own.oid "
        "UNION ALL SELECT 'rights of others' FROM own WHERE own.relacl IS NOT NULL "
        "UNION ALL SELECT 'its rights (by ALTER DEFAULT PRIVILEGES, the new table has others)' "
        "FROM "
        "pg_catalog.pg_default_acl d, own WHERE d.defaclobjtype = 'r' AND d.defaclrole = "
        "own.relowner AND d.defaclnamespace IN (0, own.relnamespace) "
        "UNION ALL SELECT 'its owner' FROM own WHERE own.relowner <> (SELECT r.oid FROM "
        "pg_catalog.pg_roles r WHERE r.rolname = current_user) "
        "UNION ALL SELECT 'its storage or replication settings' FROM own WHERE own.reloptions IS "
        "NOT NULL OR own.reltablespace <> 0 OR own.relpersistence <> 'p' OR own.relreplident <> "
        "'d' "
        "OR own.reloftype <> 0 OR own.relrowsecurity OR own.relforcerowsecurity "
        "UNION ALL SELECT 'rights, a collation or the storage of column ' || "
        "pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a JOIN own ON own.oid = "
        "a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND NOT "
        "a.attisdropped AND (a.attacl IS NOT NULL OR EXISTS (SELECT FROM unnest(a.attoptions) AS "
        "u(o) WHERE starts_with(o, 'n_distinct')) OR a.attcollation <> "
        "t.typcollation OR a.attstorage <> t.typstorage) "
        "UNION ALL SELECT 'a comment' FROM pg_catalog.pg_description s, own WHERE s.objoid = "
        "own.oid "
        "AND s.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass "
        "UNION ALL SELECT 'a security label' FROM pg_catalog.pg_seclabel s, own WHERE s.objoid = "
        "own.oid AND s.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass LIMIT 1",
    .ask_index_names = "SELECT c.relname::pg_catalog.text AS c1 FROM pg_catalog.pg_index i JOIN "
                       "pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = " PG_TABLE
                       " AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = "
                       "c.oid) AND (c.relname::pg_catalog.text !~ "
                       "'^dbferry_[0-9a-f]{16}(_u)?$' OR i.indpred IS NOT NULL OR i.indexprs IS "
                       "NOT NULL)",
    .renames = true,
    .shared_names = true,
    .ask_indexes =
        "SELECT (SELECT pg_catalog.string_agg(a.attname::pg_catalog.text || E'\\x01', '' ORDER BY "
        "n.place) FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS n(number, "
        "place) JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = n.number) "
        "AS c1, i.indisunique::pg_catalog.int4::pg_catalog.text AS c2 FROM pg_catalog.pg_index i "
        "WHERE i.indrelid = " PG_TABLE " AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS "
        "NULL AND i.indnatts = i.indnkeyatts",
    .insert = "INSERT INTO ",
    .ask_lock = "SELECT pg_catalog.pg_try_advisory_xact_lock(%)::pg_catalog.int4::pg_catalog.text "
                "AS c1",
    /* Also against SELECT ... FOR UPDATE, for whose rows we would wait while they wait for us. */
    .lock_table = "LOCK TABLE ONLY % IN EXCLUSIVE MODE",
    .lock_alone = "LOCK TABLE ONLY % IN ACCESS EXCLUSIVE MODE",
    .set_turn = "SELECT pg_catalog.set_config('lock_timeout', GREATEST(1, LEAST(400, "
                "s.setting::pg_catalog.int4 / 2))::pg_catalog.text, true) FROM "
                "pg_catalog.pg_settings s WHERE s.name = 'deadlock_timeout'",
    .index_too_long = "54000",
    .ask_readable = "SELECT pg_catalog.has_table_privilege(" PG_TABLE
                    "::pg_catalog.oid, 'SELECT')::pg_catalog.int4::pg_catalog.text AS c1",
    .who = "pg_stat_activity",
    .key = "text",
    .text = "text",
    .number = "numeric(20,0)",
    .flag = "smallint",
    .kept = {.codec = DBIDRV_CODEC_TEXT, .ask = "CAST(% AS pg_catalog.text)"},
    .create = "CREATE TABLE IF NOT EXISTS ",
    .add = " ADD COLUMN ",
};

static const char *const sqlite3_begin[] = {"BEGIN IMMEDIATE", NULL};

/* Names of this driver's own indexes. */
#define HEX4 "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
#define OWN_INDEX "dbferry_" HEX4 HEX4 HEX4 HEX4
/* A text without quotes, to look for a name in it; and without any space. */
#define BARE(text)                                                                                 \
    "replace(replace(replace(replace(replace(lower(" text "), '\"', ''), '`', ''), '''', ''), "    \
    "'[', ''), ']', '')"
#define TIGHT(text)                                                                                \
    "replace(replace(replace(replace(" BARE(text) ", ' ', ''), char(9), ''), char(10), ''), "      \
                                                  "char(13), '')"
/* clang-format off */
/* Where `content` of a full-text index is this. */
#define HAS_CONTENT(sql, name)                                                                     \
    "(instr(" TIGHT(sql) ", ',content=' || " TIGHT(name) " || ',') > 0 OR "                        \
    "instr(" TIGHT(sql) ", ',content=' || " TIGHT(name) " || ')') > 0 OR "                         \
    "instr(" TIGHT(sql) ", '(content=' || " TIGHT(name) " || ',') > 0)"
/* clang-format on */

const struct dbidrv_writing dbidrv_writing_sqlite3 = {
    .rules = rules_sqlite3,
    .style = DBIDRV_STYLE_SQLITE,
    .begin = sqlite3_begin,
    .save = "SAVEPOINT %",
    .restore = "ROLLBACK TO SAVEPOINT %",
    .release = "RELEASE SAVEPOINT %",
    .count = "CAST(COUNT(*) AS TEXT)",
    .only = "",
    .ask_kind = "SELECT CASE WHEN type = 'table' AND sql LIKE 'CREATE VIRTUAL%%' THEN 'virtual' "
                "ELSE type END AS c1 FROM main.sqlite_master WHERE type IN ('table', 'view') AND "
                "name = % COLLATE NOCASE",
    .ask_columns = "SELECT c.name AS c1, c.type AS c2, CAST(c.\"notnull\" AS TEXT) AS c3, m.sql AS "
                   "c4 FROM pragma_table_xinfo(%, 'main') AS c, main.sqlite_master AS m WHERE "
                   "m.type = 'table' AND m.name = % COLLATE NOCASE ORDER BY c.cid",
    .ask_obstacles = "SELECT 'its trigger ' || name || ' would be started by each row' AS c1 FROM "
                     "main.sqlite_master WHERE type = 'trigger' AND tbl_name = % COLLATE NOCASE "
                     "UNION ALL SELECT 'table ' || m.name || ' refers to it by a foreign key that "
                     "does something to its rows' FROM main.sqlite_master AS m, "
                     "pragma_foreign_key_list(m.name, 'main') AS k WHERE m.type = 'table' AND "
                     "k.\"table\" = % COLLATE NOCASE AND k.on_delete NOT IN ('NO ACTION', "
                     "'RESTRICT') UNION ALL SELECT 'column ' || name || ' is filled by the "
                     "database alone' FROM pragma_table_xinfo(%, 'main') WHERE hidden <> 0",
    .ask_hanging =
        "SELECT 'what stands behind its columns' AS c1 FROM main.sqlite_master WHERE type = "
        "'table' "
        "AND name = % COLLATE NOCASE AND (sql LIKE '%%CHECK%%' OR sql LIKE '%%DEFAULT%%' OR sql "
        "LIKE '%%COLLATE%%' OR sql LIKE '%%REFERENCES%%' OR sql LIKE '%%UNIQUE%%' OR sql LIKE "
        "'%%AUTOINCREMENT%%' OR sql LIKE '%%STRICT%%' OR sql LIKE '%%WITHOUT%%' OR sql LIKE "
        "'%%GENERATED%%' OR sql LIKE '%%CONFLICT%%' OR sql LIKE '%%--%%' OR sql LIKE '%%/*%%') "
        "UNION ALL SELECT 'the foreign key of table ' || m.name FROM main.sqlite_master AS m, "
        "pragma_foreign_key_list(m.name, 'main') AS k WHERE m.type = 'table' AND k.\"table\" = % "
        "COLLATE NOCASE "
        "UNION ALL SELECT type || ' ' || name || ' (which names it) might not work any more, or "
        "its "
        "rows' FROM main.sqlite_master WHERE (type IN ('view', 'trigger') OR sql LIKE "
        "'CREATE VIRTUAL%%') AND instr(" BARE("sql") ", " BARE("%") ") > 0",
    .ask_index_names =
        "SELECT m.name AS c1 FROM main.sqlite_master AS m WHERE m.type = 'index' AND m.tbl_name "
        "= % COLLATE NOCASE AND m.sql IS NOT NULL AND NOT ((m.name GLOB '" OWN_INDEX "' OR m.name "
        "GLOB '" OWN_INDEX "_u') AND m.sql NOT LIKE '%%WHERE%%' AND NOT EXISTS (SELECT 1 FROM "
        "pragma_index_info(m.name, 'main') AS i WHERE i.name IS NULL))",
    .ask_indexes = "SELECT (SELECT group_concat(i.name || char(1), '') FROM (SELECT name FROM "
                   "pragma_index_info(l.name, 'main') ORDER BY seqno) AS i) AS c1, "
                   "CAST(l.\"unique\" AS TEXT) AS c2 FROM pragma_index_list(%, 'main') AS l WHERE "
                   "l.partial = 0",
    .ask_stale =
        "SELECT f.name AS c1 FROM main.sqlite_master AS f WHERE f.type = 'table' AND f.sql LIKE "
        "'CREATE VIRTUAL%%' AND (" HAS_CONTENT(
            "f.sql", "%") " OR EXISTS (SELECT 1 FROM "
                          "main.sqlite_master AS v WHERE v.type = 'view' AND " HAS_CONTENT(
                              "f.sql",
                              "v.name") " AND instr(" BARE("v.sql") ", " BARE("%") ") > 0))",
    .insert = "INSERT OR ABORT INTO ", /* whatever ON CONFLICT a table has */
    .ask_numbered =
        "SELECT name AS c1 FROM pragma_table_xinfo(%, 'main') WHERE pk = 1 AND type = 'INTEGER' "
        "COLLATE NOCASE AND (SELECT max(pk) FROM pragma_table_xinfo(%, 'main')) = 1 AND NOT EXISTS "
        "(SELECT 1 FROM pragma_index_list(%, 'main') WHERE origin = 'pk')",
    .key = "TEXT",
    .text = "TEXT",
    .number = "INTEGER",
    .flag = "INTEGER",
    .kept = {.codec = DBIDRV_CODEC_TEXT, .ask = "CAST(% AS TEXT)"},
    .create = "CREATE TABLE IF NOT EXISTS ",
    .add = " ADD COLUMN ",
};

/* ---- Which rule ---- */

static uint64_t rule_size(const struct ferry_column *column)
{
    switch (column->type) {
    case FERRY_TYPE_INT:
    case FERRY_TYPE_FLOAT:
    case FERRY_TYPE_BIT:
        return column->bits;
    case FERRY_TYPE_DECIMAL:
        return column->precision;
    case FERRY_TYPE_TIME:
    case FERRY_TYPE_DATETIME:
        return column->scale;
    default:
        return column->length;
    }
}

/* The type as a table declares it. */
static void rule_spell(const struct dbidrv_rule *rule, const struct ferry_column *column,
                       struct part_text *native)
{
    for (const char *c = rule->native; *c != '\0'; c++) {
        if (*c != '$') {
            part_text_append(native, c, 1);
            continue;
        }
        c++;
        if (*c == 'l')
            part_text_addf(native, "%" PRIu64, column->length);
        else
            part_text_addf(native, "%" PRIu32, *c == 'p' ? column->precision : column->scale);
    }
}

static bool rule_fits(const struct dbidrv_rule *rule, const struct ferry_column *column)
{
    uint32_t sign = column->type == FERRY_TYPE_INT        ? column->flags & UNSIGNED
                    : column->type == FERRY_TYPE_DATETIME ? column->flags & UTC
                                                          : 0;
    uint64_t size = rule_size(column);
    bool sized = (rule->from == 0 && rule->to == 0) || (size >= rule->from && size <= rule->to);
    return rule->type == column->type && rule->sign == sign && sized;
}

/* Whether the job says that the column is to be a text. */
static bool rule_is_textual(const struct ferry_column *column, const struct ferry_wish *wish)
{
    if (column->type == FERRY_TYPE_DECIMAL)
        return wish->decimal == FERRY_DECIMAL_TEXT;
    return wish->big_unsigned == FERRY_BIG_UNSIGNED_TEXT;
}

const struct dbidrv_rule *dbidrv_rule_find(const struct dbidrv_writing *writing,
                                           const struct ferry_column *column,
                                           const struct ferry_wish *wish)
{
    const struct dbidrv_rule *found = NULL;
    for (const struct dbidrv_rule *rule = writing->rules; rule->type != 0; rule++) {
        PART_AUTO_TEXT struct part_text native = {0};
        bool textual = (rule->flags & TEXTUAL) != 0;
        if (!rule_fits(rule, column))
            continue;
        if (wish->type == NULL) {
            if (textual && rule_is_textual(column, wish))
                return rule;
            if (!textual && found == NULL)
                found = rule;
            continue;
        }
        rule_spell(rule, column, &native);
        if (native.data != NULL && !native.failed && strcasecmp(native.data, wish->type) == 0)
            return rule;
    }
    return found;
}

/* What the rule promises, of this very column. */
static uint32_t rule_fit(const struct dbidrv_rule *rule, const struct ferry_column *column,
                         struct part_text *note)
{
    uint32_t fit = rule->fit;
    part_text_add(note, rule->note == NULL ? "" : rule->note);
    if ((rule->flags & DBIDRV_RULE_FINITE) != 0 && (column->flags & FERRY_COLUMN_NO_NAN) == 0) {
        part_text_add(note, NOTE_NAN);
        fit = CHECKED;
    }
    if ((column->flags & FERRY_COLUMN_LOOSE) != 0) {
        part_text_addf(note, "%sother kinds are refused", note->length > 0 ? "; " : "");
        fit = CHECKED;
    }
    return fit;
}

ferry_status dbidrv_map_column(void *conn, const struct ferry_column *column,
                               const struct ferry_wish *wish, struct ferry_mapping *mapping,
                               struct ferry_error *err)
{
    const struct dbidrv_conn *c = conn;
    const struct dbidrv_rule *rule = dbidrv_rule_find(c->dialect->writing, column, wish);
    PART_AUTO_TEXT struct part_text native = {0};
    PART_AUTO_TEXT struct part_text note = {0};
    if (rule == NULL)
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "",
                                 wish->type != NULL ? "it cannot be stored as that type"
                                                    : "there is no type for it",
                                 err);
    rule_spell(rule, column, &native);
    uint32_t fit = rule_fit(rule, column, &note);
    if (native.failed || note.failed)
        return dbidrv_fail_memory(err);
    ferry_status status =
        ferry_mapping_set(mapping, fit, native.data, note.length > 0 ? note.data : NULL, err);
    if (status == FERRY_OK && (column->flags & FERRY_COLUMN_NOT_NULL) != 0)
        status = ferry_mapping_set_clauses(mapping, "NOT NULL", err);
    return status;
}
