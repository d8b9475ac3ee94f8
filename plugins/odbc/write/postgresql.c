/* PostgreSQL as a target: how each type is stored, and what is asked and said there. */

#include "write/target.h"

#define UNSIGNED FERRY_COLUMN_UNSIGNED
#define UTC FERRY_COLUMN_UTC
#define EXACT FERRY_FIT_EXACT
#define WIDER FERRY_FIT_WIDER
#define CHECKED FERRY_FIT_CHECKED

#define NOTE_NUL "a text with a NUL is refused"
#define NOTE_DATE "zero and partial dates are refused"
#define NOTE_TIME "a time below 0 or above 24 hours is refused"
#define NOTE_TEXTUAL "stored as text: order and arithmetic are textual"
#define NOTE_BYTES "stored as bytes"

#define CAST_MARK "CAST(? AS %)"
#define HEX_MARK "decode(?, 'hex')"
#define PG_ASK "CAST(% AS text)"
#define PG_INT                                                                                     \
    {                                                                                              \
        .codec = ODRV_CODEC_INT                                                                    \
    }
#define PG_UINT                                                                                    \
    {                                                                                              \
        .codec = ODRV_CODEC_UINT, .ask = PG_ASK                                                    \
    }
#define PG_WORDS                                                                                   \
    {                                                                                              \
        .codec = ODRV_CODEC_TEXT                                                                   \
    }
#define PG_BYTES                                                                                   \
    {                                                                                              \
        .codec = ODRV_CODEC_BYTES                                                                  \
    }
#define PG_FLOAT                                                                                   \
    {                                                                                              \
        .codec = ODRV_CODEC_FLOATING                                                               \
    }
#define PG_DATE                                                                                    \
    {                                                                                              \
        .codec = ODRV_CODEC_DATE, .ask = PG_ASK                                                    \
    }
#define PG_TIME                                                                                    \
    {                                                                                              \
        .codec = ODRV_CODEC_TIME, .ask = PG_ASK                                                    \
    }
#define PG_MOMENT                                                                                  \
    {                                                                                              \
        .codec = ODRV_CODEC_DATETIME, .ask = PG_ASK                                                \
    }
#define PG_INSTANT                                                                                 \
    {                                                                                              \
        .codec = ODRV_CODEC_DATETIME, .ask = "CAST(% AT TIME ZONE 'UTC' AS text)"                  \
    }

/* clang-format off */
static const struct odrv_rule rules_postgresql[] = {
    {FERRY_TYPE_BOOL, 0, 0, 0, "boolean", EXACT, NULL, ODRV_PUT_INT, CAST_MARK,
     {.codec = ODRV_CODEC_BOOL, .ask = "CAST(% AS int)"}, 0, 0},
    {FERRY_TYPE_INT, 0, 1, 15, "smallint", WIDER, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 16, 16, "smallint", EXACT, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 17, 31, "integer", WIDER, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 32, 32, "integer", EXACT, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0, 0},
    {FERRY_TYPE_INT, 0, 33, 64, "bigint", EXACT, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 1, 15, "smallint", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 16, 31, "integer", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 32, 63, "bigint", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "numeric(20,0)", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, CAST_MARK, PG_UINT,
     ODRV_RULE_TEXTUAL, 0},
    {FERRY_TYPE_YEAR, 0, 0, 0, "smallint", WIDER, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0, 0},
    {FERRY_TYPE_BIT, 0, 1, 63, "bigint", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "numeric(20,0)", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, CAST_MARK, PG_UINT,
     ODRV_RULE_TEXTUAL, 0},
    {FERRY_TYPE_FLOAT, 0, 32, 32, "real", EXACT, NULL, ODRV_PUT_FLOAT, CAST_MARK, PG_FLOAT, 0, 0},
    {FERRY_TYPE_FLOAT, 0, 64, 64, "double precision", EXACT, NULL, ODRV_PUT_FLOAT, CAST_MARK, PG_FLOAT, 0, 0},
    {FERRY_TYPE_DECIMAL, 0, 1, 1000, "numeric($p,$s)", EXACT, NULL, ODRV_PUT_TEXT, CAST_MARK,
     {.codec = ODRV_CODEC_DECIMAL, .ask = PG_ASK}, 0, 0},
    {FERRY_TYPE_DECIMAL, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, CAST_MARK,
     {.codec = ODRV_CODEC_DECIMAL}, ODRV_RULE_TEXTUAL, 0},
    {FERRY_TYPE_TEXT, 0, 1, 10485760, "character varying($l)", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK,
     PG_WORDS, 0, 0},
    {FERRY_TYPE_TEXT, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0, 0},
    {FERRY_TYPE_JSON, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0, 0},
    {FERRY_TYPE_ENUM, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0, 0},
    {FERRY_TYPE_SET, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0, 0},
    {FERRY_TYPE_INET4, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0, 0},
    {FERRY_TYPE_INET6, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0, 0},
    {FERRY_TYPE_UUID, 0, 0, 0, "uuid", EXACT, NULL, ODRV_PUT_TEXT, CAST_MARK,
     {.codec = ODRV_CODEC_UUID, .ask = PG_ASK}, 0, 0},
    {FERRY_TYPE_BYTES, 0, 1, UINT64_MAX, "bytea", WIDER, NULL, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0, 0},
    {FERRY_TYPE_BYTES, 0, 0, 0, "bytea", EXACT, NULL, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0, 0},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "bytea", WIDER, NOTE_BYTES, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0, 0},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "bytea", WIDER, NOTE_BYTES, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0, 0},
    {FERRY_TYPE_DATE, 0, 0, 0, "date", CHECKED, NOTE_DATE, ODRV_PUT_DATE, CAST_MARK, PG_DATE, 0, 0},
    {FERRY_TYPE_TIME, 0, 0, 6, "time($s) without time zone", CHECKED, NOTE_TIME, ODRV_PUT_TIME, CAST_MARK,
     PG_TIME, 0, 0},
    {FERRY_TYPE_DATETIME, 0, 0, 6, "timestamp($s) without time zone", CHECKED, NOTE_DATE, ODRV_PUT_DATETIME,
     CAST_MARK, PG_MOMENT, 0, 0},
    {FERRY_TYPE_DATETIME, UTC, 0, 6, "timestamp($s) with time zone", CHECKED, NOTE_DATE, ODRV_PUT_DATETIME,
     "CAST(CAST(? AS text) || '+00' AS %)", PG_INSTANT, 0, 0},
    {0},
};
/* clang-format on */

static const char *const postgresql_session[] = {
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE", NULL};
static const char *const postgresql_begin[] = {
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE", NULL};

/* clang-format off */
#define PG_TABLE "pg_catalog.to_regclass(%)"
#define PG_FROM_TABLE " FROM pg_catalog.pg_class c WHERE c.oid = " PG_TABLE
#define PG_LIST "SELECT pg_catalog.string_agg(DISTINCT what, ', ') FROM ("
#define PG_OF(kind) "'pg_catalog." kind "'::pg_catalog.regclass"
/* The name of a column as this driver quotes it, which quote_ident does only where it must. */
#define PG_QUOTED "'\"' || replace(a.attname, '\"', '\"\"') || '\"'"

/* Why rows cannot go and come: keys of other tables that would do something to their rows, or that
 * this account does not heed, rules that turn a statement into another, policies that hide rows,
 * tables whose rows are seen in this one. */
static const char postgresql_obstacles[] = PG_LIST
    "SELECT concat('the foreign key ', quote_ident(k.conname), ' of table ', k.conrelid::regclass, "
    "' changes its rows as well') AS what FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' "
    "AND k.confrelid = " PG_TABLE " AND k.conrelid <> k.confrelid "
    "AND k.confdeltype NOT IN ('a', 'r') "
    "UNION ALL SELECT concat('its rule ', quote_ident(r.rulename), ' changes what is written') "
    "FROM pg_catalog.pg_rewrite r WHERE r.ev_class = " PG_TABLE " AND r.ev_enabled <> 'D' "
    "UNION ALL SELECT 'its policies (row level security) hide rows from this account' "
    "WHERE row_security_active(" PG_TABLE "::oid) "
    "UNION ALL SELECT concat('table ', i.inhrelid::regclass, ' inherits from it') "
    "FROM pg_catalog.pg_inherits i WHERE i.inhparent = " PG_TABLE " "
    "UNION ALL SELECT 'session_replication_role of this account is replica, by which no foreign key "
    "is checked' WHERE current_setting('session_replication_role') = 'replica') AS hanging";

/* A right, as "SELECT of reader". */
#define PG_RIGHT(owner)                                                                            \
    "concat(a.privilege_type, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END, ' of ', "      \
    "CASE a.grantee WHEN " owner " THEN 'its owner' WHEN 0 THEN 'everybody' "                        \
    "ELSE quote_ident(pg_get_userbyid(a.grantee)) END)"
#define PG_OLD_RIGHTS "SELECT " PG_RIGHT("c.relowner") " FROM pg_catalog.pg_class c, "               \
    "aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a WHERE c.oid = " PG_TABLE
/* Those that default privileges give to a table that this account makes beside it. */
#define PG_NEW_RIGHTS "SELECT " PG_RIGHT("u.oid") " FROM pg_catalog.pg_roles u, LATERAL ("           \
    "SELECT g.* FROM aclexplode(coalesce((SELECT d.defaclacl FROM pg_catalog.pg_default_acl d "      \
    "WHERE d.defaclrole = u.oid AND d.defaclnamespace = 0 AND d.defaclobjtype = 'r'), "              \
    "acldefault('r', u.oid))) g UNION SELECT s.* FROM pg_catalog.pg_default_acl d, "                 \
    "aclexplode(d.defaclacl) s WHERE d.defaclrole = u.oid AND d.defaclobjtype = 'r' "                \
    "AND d.defaclnamespace = (SELECT c.relnamespace" PG_FROM_TABLE ")) a "                           \
    "WHERE u.rolname = current_user"

/* The catalog knows of everything that needs a table or the type of its rows.  What is not named
 * here is no part of a table's own definition: views, triggers, policies, keys of other tables,
 * sequences, children, and kinds that nobody knows yet.  Its own definition is the question below. */
static const char postgresql_dependents[] = PG_LIST
    "SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS what FROM pg_catalog.pg_depend d, "
    "(SELECT c.oid, c.reltype, t.typarray FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_type t "
    "ON t.oid = c.reltype WHERE c.oid = " PG_TABLE ") AS own WHERE "
    "((d.refclassid = " PG_OF("pg_class") " AND d.refobjid = own.oid) OR "
    "(d.refclassid = " PG_OF("pg_type") " AND d.refobjid IN (own.reltype, own.typarray))) AND NOT ("
    "(d.classid = " PG_OF("pg_type") " AND d.objid IN (own.reltype, own.typarray)) OR "
    "d.classid = " PG_OF("pg_attrdef") " OR "
    "(d.classid = " PG_OF("pg_class") " AND (d.objid = own.oid OR EXISTS (SELECT FROM "
    "pg_catalog.pg_index i WHERE i.indexrelid = d.objid AND i.indrelid = own.oid) OR EXISTS (SELECT "
    "FROM pg_catalog.pg_class t WHERE t.oid = d.objid AND t.relkind = 't'))) OR "
    "(d.classid = " PG_OF("pg_constraint") " AND EXISTS (SELECT FROM pg_catalog.pg_constraint k "
    "WHERE k.oid = d.objid AND k.conrelid = own.oid))) "
    "UNION ALL SELECT concat('the foreign key ', quote_ident(k.conname)) "
    "FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conrelid = " PG_TABLE " "
    "UNION ALL SELECT concat('the right ', r) FROM (" PG_OLD_RIGHTS " EXCEPT " PG_NEW_RIGHTS
    ") AS lost(r) UNION ALL SELECT concat('that there is no right ', r, ', which default privileges "
    "give') FROM (" PG_NEW_RIGHTS " EXCEPT " PG_OLD_RIGHTS ") AS given(r) "
    "UNION ALL SELECT concat('rights on its column ', quote_ident(a.attname)) "
    "FROM pg_catalog.pg_attribute a WHERE a.attrelid = " PG_TABLE " AND a.attacl IS NOT NULL "
    "UNION ALL SELECT 'policies of rows'" PG_FROM_TABLE " AND c.relrowsecurity "
    "UNION ALL SELECT concat('its place in ', i.inhparent::regclass) "
    "FROM pg_catalog.pg_inherits i WHERE i.inhrelid = " PG_TABLE " "
    "UNION ALL SELECT 'a security label' FROM pg_catalog.pg_seclabel s WHERE s.objoid = " PG_TABLE
    " AND s.classoid = " PG_OF("pg_class") " "
    "UNION ALL SELECT concat('the publication ', quote_ident(p.pubname)) "
    "FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace n "
    "ON n.nspname = p.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid "
    "AND c.relname = p.tablename WHERE c.oid = " PG_TABLE ") AS hanging";

#define PG_NAME "(\"([^\"]|\"\")+\"|[a-z_][a-z0-9_]*)"
/* An index as this driver makes it, with nothing more to it. */
#define PG_PLAIN_INDEX                                                                               \
    "'^CREATE( UNIQUE)? INDEX " PG_NAME " ON " PG_NAME "(\\." PG_NAME ")? "             \
    "USING btree \\(" PG_NAME "(, " PG_NAME ")*\\)$'"
#define PG_INDEXES                                                                                 \
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "                \
    "WHERE i.indrelid = " PG_TABLE " AND "
#define PG_OF_CONSTRAINT                                                                           \
    "EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid "                \
    "AND k.conrelid = i.indrelid) "

static const char postgresql_losses[] = PG_LIST
    "SELECT concat('the constraint ', quote_ident(k.conname)) AS what "
    "FROM pg_catalog.pg_constraint k WHERE k.conrelid = " PG_TABLE
    " AND k.contype IN ('c', 'u', 'x') "
    "UNION ALL SELECT concat('the default of ', quote_ident(a.attname)) "
    "FROM pg_catalog.pg_attribute a WHERE a.attrelid = " PG_TABLE
    " AND a.atthasdef AND NOT a.attisdropped "
    "UNION ALL SELECT concat('the ', CASE WHEN a.attcollation <> t.typcollation THEN 'collation' "
    "ELSE 'storage' END, ' of ', quote_ident(a.attname)) FROM pg_catalog.pg_attribute a "
    "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = " PG_TABLE
    " AND a.attnum > 0 AND NOT a.attisdropped "
    "AND (a.attcollation <> t.typcollation OR a.attstorage <> t.typstorage) "
    "UNION ALL SELECT concat('what is special of the index ', i.indexrelid::regclass)" PG_INDEXES
    PG_OF_CONSTRAINT "AND (c.reltablespace <> 0 OR c.reloptions IS NOT NULL "
    "OR i.indnatts <> i.indnkeyatts OR NOT i.indimmediate) "
    "UNION ALL SELECT concat('that it is clustered by ', i.indexrelid::regclass)" PG_INDEXES
    "i.indisclustered "
    "UNION ALL SELECT 'the comment on an index'" PG_INDEXES "EXISTS (SELECT FROM "
    "pg_catalog.pg_description s WHERE s.objoid = c.oid AND s.classoid = " PG_OF("pg_class") ") "
    "UNION ALL SELECT 'the comment on a constraint' FROM pg_catalog.pg_constraint k "
    "JOIN pg_catalog.pg_description s ON s.objoid = k.oid AND s.classoid = " PG_OF("pg_constraint")
    " WHERE k.conrelid = " PG_TABLE " "
    "UNION ALL SELECT concat('the options of ', quote_ident(a.attname)) "
    "FROM pg_catalog.pg_attribute a WHERE a.attrelid = " PG_TABLE " AND a.attnum > 0 "
    "AND NOT a.attisdropped AND (a.attstattarget >= 0 "
    "OR EXISTS (SELECT FROM unnest(a.attoptions) AS u(o) WHERE starts_with(o, 'n_distinct'))) "
    "UNION ALL SELECT CASE WHEN s.objsubid = 0 THEN 'its comment' ELSE 'the comment on a column' END "
    "FROM pg_catalog.pg_description s WHERE s.objoid = " PG_TABLE
    " AND s.classoid = " PG_OF("pg_class") " "
    "UNION ALL SELECT concat('its owner ', quote_ident(pg_get_userbyid(c.relowner)))" PG_FROM_TABLE
    " AND pg_get_userbyid(c.relowner) <> current_user "
    "UNION ALL SELECT 'its storage parameters'" PG_FROM_TABLE " AND c.reloptions IS NOT NULL "
    "UNION ALL SELECT 'its tablespace'" PG_FROM_TABLE " AND c.reltablespace <> 0 "
    "UNION ALL SELECT 'that it is unlogged'" PG_FROM_TABLE " AND c.relpersistence <> 'p' "
    "UNION ALL SELECT 'its replica identity'" PG_FROM_TABLE " AND c.relreplident <> 'd' "
    "UNION ALL SELECT 'its type'" PG_FROM_TABLE " AND c.reloftype <> 0) AS said";

const struct odrv_writing odrv_writing_postgresql = {
    .rules = rules_postgresql,
    .session = postgresql_session,
    .ask_kind = "SELECT c.relkind" PG_FROM_TABLE,
    .ask_columns =
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull::int "
        "FROM pg_catalog.pg_attribute WHERE attrelid = " PG_TABLE
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    .ask_obstacles = postgresql_obstacles,
    .ask_dependents = postgresql_dependents,
    .ask_rights =
        "SELECT string_agg(r, ', ' ORDER BY r COLLATE \"C\") FROM (" PG_OLD_RIGHTS ") AS a(r)",
    .ask_losses = postgresql_losses,
    .ask_indexes =
        "SELECT string_agg(concat('the index ', i.indexrelid::regclass), ', ')" PG_INDEXES
        "NOT " PG_OF_CONSTRAINT "AND NOT (c.reltablespace = 0 "
        "AND pg_get_indexdef(i.indexrelid) ~ " PG_PLAIN_INDEX " "
        "AND (c.relname ~ '^dbferry_[0-9a-f]{16}(_u)?$' OR c.relname IN ($n)))",
    .ask_key =
        "SELECT concat('the primary key ', quote_ident(k.conname)) FROM pg_catalog.pg_constraint k "
        "WHERE k.contype = 'p' AND k.conrelid = " PG_TABLE " AND (SELECT string_agg(" PG_QUOTED
        ", ', ' ORDER BY n.n) FROM unnest(k.conkey) WITH ORDINALITY AS n(attnum, n) "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.attnum) <> $c",
    .ask_not_null =
        "SELECT string_agg(concat('NOT NULL of ', quote_ident(attname)), ', ') "
        "FROM pg_catalog.pg_attribute WHERE attrelid = " PG_TABLE
        " AND attnotnull AND NOT attisdropped AND attname IN ($n)",
    .ask_index =
        "SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = " PG_TABLE
        " AND i.indisvalid AND i.indisready AND i.indpred IS NULL AND i.indexprs IS NULL "
        "AND (i.indisunique OR $u = 0) AND (SELECT string_agg(" PG_QUOTED ", ', ' ORDER BY k.n) "
        "FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n) "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum "
        "WHERE k.n <= i.indnkeyatts) = $c LIMIT 1",
    .ask_readable =
        "SELECT (c.relkind = 'r' AND has_table_privilege(c.oid, 'SELECT'))::int" PG_FROM_TABLE,
    .ask_longest = "SELECT current_setting('max_identifier_length')",
    .ask_lock = "SELECT pg_try_advisory_xact_lock(%)::int",
    .set_patience = "SET lock_timeout = %",
    .begin = postgresql_begin,
    .save_point = "SAVEPOINT dbferry_rows",
    .go_back = "ROLLBACK TO SAVEPOINT dbferry_rows",
    .lock_table = "LOCK TABLE ONLY % IN SHARE ROW EXCLUSIVE MODE",
    .take_table = "LOCK TABLE ONLY % IN ACCESS EXCLUSIVE MODE",
    .count_rows = "SELECT COUNT(*) FROM ONLY %",
    .delete_rows = "DELETE FROM ONLY %",
    .only = "ONLY ",
    .undoes = true,
    .make_options = "",
    .text = "text",
    .number = "numeric(20,0)",
    .flag = "smallint",
    .record_key = "text NOT NULL PRIMARY KEY",
    .add_column = "ADD COLUMN IF NOT EXISTS",
    .for_update = " FOR UPDATE",
};
/* clang-format on */
