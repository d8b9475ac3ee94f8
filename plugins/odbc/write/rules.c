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
     {.codec = ODRV_CODEC_BOOL, .ask = "CAST(% AS int)"}, 0},
    {FERRY_TYPE_INT, 0, 1, 15, "smallint", WIDER, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0},
    {FERRY_TYPE_INT, 0, 16, 16, "smallint", EXACT, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0},
    {FERRY_TYPE_INT, 0, 17, 31, "integer", WIDER, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0},
    {FERRY_TYPE_INT, 0, 32, 32, "integer", EXACT, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0},
    {FERRY_TYPE_INT, 0, 33, 64, "bigint", EXACT, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0},
    {FERRY_TYPE_INT, UNSIGNED, 1, 15, "smallint", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0},
    {FERRY_TYPE_INT, UNSIGNED, 16, 31, "integer", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0},
    {FERRY_TYPE_INT, UNSIGNED, 32, 63, "bigint", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "numeric(20,0)", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0},
    {FERRY_TYPE_INT, UNSIGNED, 64, 64, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, CAST_MARK, PG_UINT,
     ODRV_RULE_TEXTUAL},
    {FERRY_TYPE_YEAR, 0, 0, 0, "smallint", WIDER, NULL, ODRV_PUT_INT, CAST_MARK, PG_INT, 0},
    {FERRY_TYPE_BIT, 0, 1, 63, "bigint", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "numeric(20,0)", WIDER, NULL, ODRV_PUT_UINT, CAST_MARK, PG_UINT, 0},
    {FERRY_TYPE_BIT, 0, 64, 64, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_UINT, CAST_MARK, PG_UINT,
     ODRV_RULE_TEXTUAL},
    {FERRY_TYPE_FLOAT, 0, 32, 32, "real", EXACT, NULL, ODRV_PUT_FLOAT, CAST_MARK, PG_FLOAT, 0},
    {FERRY_TYPE_FLOAT, 0, 64, 64, "double precision", EXACT, NULL, ODRV_PUT_FLOAT, CAST_MARK, PG_FLOAT, 0},
    {FERRY_TYPE_DECIMAL, 0, 1, 1000, "numeric($p,$s)", EXACT, NULL, ODRV_PUT_TEXT, CAST_MARK,
     {.codec = ODRV_CODEC_DECIMAL, .ask = PG_ASK}, 0},
    {FERRY_TYPE_DECIMAL, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, CAST_MARK,
     {.codec = ODRV_CODEC_DECIMAL}, ODRV_RULE_TEXTUAL},
    {FERRY_TYPE_TEXT, 0, 1, 10485760, "character varying($l)", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK,
     PG_WORDS, 0},
    {FERRY_TYPE_TEXT, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0},
    {FERRY_TYPE_JSON, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0},
    {FERRY_TYPE_ENUM, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0},
    {FERRY_TYPE_SET, 0, 0, 0, "text", CHECKED, NOTE_NUL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0},
    {FERRY_TYPE_INET4, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0},
    {FERRY_TYPE_INET6, 0, 0, 0, "text", EXACT, NOTE_TEXTUAL, ODRV_PUT_TEXT, CAST_MARK, PG_WORDS, 0},
    {FERRY_TYPE_UUID, 0, 0, 0, "uuid", EXACT, NULL, ODRV_PUT_TEXT, CAST_MARK,
     {.codec = ODRV_CODEC_UUID, .ask = PG_ASK}, 0},
    {FERRY_TYPE_BYTES, 0, 1, UINT64_MAX, "bytea", WIDER, NULL, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0},
    {FERRY_TYPE_BYTES, 0, 0, 0, "bytea", EXACT, NULL, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0},
    {FERRY_TYPE_GEOMETRY, 0, 0, 0, "bytea", WIDER, NOTE_BYTES, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0},
    {FERRY_TYPE_VECTOR, 0, 0, 0, "bytea", WIDER, NOTE_BYTES, ODRV_PUT_HEX, HEX_MARK, PG_BYTES, 0},
    {FERRY_TYPE_DATE, 0, 0, 0, "date", CHECKED, NOTE_DATE, ODRV_PUT_DATE, CAST_MARK, PG_DATE, 0},
    {FERRY_TYPE_TIME, 0, 0, 6, "time($s) without time zone", CHECKED, NOTE_TIME, ODRV_PUT_TIME, CAST_MARK,
     PG_TIME, 0},
    {FERRY_TYPE_DATETIME, 0, 0, 6, "timestamp($s) without time zone", CHECKED, NOTE_DATE, ODRV_PUT_DATETIME,
     CAST_MARK, PG_MOMENT, 0},
    {FERRY_TYPE_DATETIME, UTC, 0, 6, "timestamp($s) with time zone", CHECKED, NOTE_DATE, ODRV_PUT_DATETIME,
     "CAST(CAST(? AS text) || '+00' AS %)", PG_INSTANT, 0},
    {0},
};
/* clang-format on */

static const char *const postgresql_session[] = {
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE", NULL};

#define PG_TABLE "pg_catalog.to_regclass(%)"
#define PG_FROM_TABLE " FROM pg_catalog.pg_class c WHERE c.oid = " PG_TABLE
#define PG_LIST "SELECT pg_catalog.string_agg(DISTINCT what, ', ') FROM ("
#define PG_OF(kind) "'pg_catalog." kind "'::pg_catalog.regclass"

/* Why rows cannot go and come: keys of other tables that would do something to their rows, rules
 * that turn a statement into another, policies that hide rows, tables whose rows are seen in this
 * one. */
static const char postgresql_obstacles[] =
    PG_LIST "SELECT concat('the foreign key ', quote_ident(k.conname), ' of table ', "
            "k.conrelid::regclass, ' changes its rows as well') AS what "
            "FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confrelid = " PG_TABLE
            " AND k.conrelid <> k.confrelid AND k.confdeltype NOT IN ('a', 'r') "
            "UNION ALL SELECT concat('its rule ', quote_ident(r.rulename), ' changes what is "
            "written') FROM pg_catalog.pg_rewrite r WHERE r.ev_class = " PG_TABLE
            " AND r.ev_enabled <> 'D' "
            "UNION ALL SELECT 'its policies (row level security) hide rows from this account' "
            "WHERE row_security_active(" PG_TABLE "::oid) "
            "UNION ALL SELECT concat('table ', i.inhrelid::regclass, ' inherits from it') "
            "FROM pg_catalog.pg_inherits i WHERE i.inhparent = " PG_TABLE ") AS hanging";

/* The catalog knows of everything that needs a table or the type of its rows.  What is not named
 * here is no part of a table's own definition: views, triggers, policies, keys of other tables,
 * sequences, children, and kinds that nobody knows yet.  Its own definition is the question below.
 */
static const char postgresql_dependents
    [] = PG_LIST "SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS what "
                 "FROM pg_catalog.pg_depend d, (SELECT c.oid, c.reltype, t.typarray "
                 "FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_type t ON t.oid = c.reltype "
                 "WHERE c.oid = " PG_TABLE ") AS own WHERE "
                 "((d.refclassid = " PG_OF(
                     "pg_class") " AND d.refobjid = own.oid) OR "
                                 "(d.refclassid = " PG_OF(
                                     "pg_type") " AND d.refobjid IN (own.reltype, own.typarray))) "
                                                "AND NOT ((d.classid = " PG_OF(
                                                    "pg_type") " AND d.objid IN (own.reltype, "
                                                               "own.typarray)) "
                                                               "OR d.classid = " PG_OF("pg_attrdef") " OR (d.classid = " PG_OF(
                                                                   "pg_class") " AND (d.objid = "
                                                                               "own.oid OR EXISTS "
                                                                               "(SELECT FROM "
                                                                               "pg_catalog.pg_"
                                                                               "index i WHERE "
                                                                               "i.indexrelid = "
                                                                               "d.objid AND "
                                                                               "i.indrelid = "
                                                                               "own.oid) OR EXISTS "
                                                                               "(SELECT FROM "
                                                                               "pg_catalog.pg_"
                                                                               "class t WHERE "
                                                                               "t.oid = d.objid "
                                                                               "AND t.relkind = "
                                                                               "'t'))) OR "
                                                                               "(d.classid "
                                                                               "= " PG_OF("pg_"
                                                                                          "constrai"
                                                                                          "nt") " A"
                                                                                                "ND"
                                                                                                " E"
                                                                                                "XI"
                                                                                                "ST"
                                                                                                "S "
                                                                                                "(S"
                                                                                                "EL"
                                                                                                "EC"
                                                                                                "T "
                                                                                                "FR"
                                                                                                "OM"
                                                                                                " "
                                                                                                "pg"
                                                                                                "_c"
                                                                                                "at"
                                                                                                "al"
                                                                                                "og"
                                                                                                ".p"
                                                                                                "g_"
                                                                                                "co"
                                                                                                "ns"
                                                                                                "tr"
                                                                                                "ai"
                                                                                                "nt"
                                                                                                " k"
                                                                                                " W"
                                                                                                "HE"
                                                                                                "RE"
                                                                                                " k"
                                                                                                ".o"
                                                                                                "id"
                                                                                                " ="
                                                                                                " d"
                                                                                                ".o"
                                                                                                "bj"
                                                                                                "id"
                                                                                                " A"
                                                                                                "ND"
                                                                                                " k"
                                                                                                ".c"
                                                                                                "on"
                                                                                                "re"
                                                                                                "li"
                                                                                                "d "
                                                                                                "= "
                                                                                                "ow"
                                                                                                "n."
                                                                                                "oi"
                                                                                                "d)"
                                                                                                "))"
                                                                                                " "
                                                                                                "UN"
                                                                                                "IO"
                                                                                                "N "
                                                                                                "AL"
                                                                                                "L "
                                                                                                "SE"
                                                                                                "LE"
                                                                                                "CT"
                                                                                                " c"
                                                                                                "on"
                                                                                                "ca"
                                                                                                "t("
                                                                                                "'t"
                                                                                                "he"
                                                                                                " f"
                                                                                                "or"
                                                                                                "ei"
                                                                                                "gn"
                                                                                                " k"
                                                                                                "ey"
                                                                                                " '"
                                                                                                ", "
                                                                                                "qu"
                                                                                                "ot"
                                                                                                "e_"
                                                                                                "id"
                                                                                                "en"
                                                                                                "t("
                                                                                                "k."
                                                                                                "co"
                                                                                                "nn"
                                                                                                "am"
                                                                                                "e)"
                                                                                                ") "
                                                                                                "FR"
                                                                                                "OM"
                                                                                                " p"
                                                                                                "g_"
                                                                                                "ca"
                                                                                                "ta"
                                                                                                "lo"
                                                                                                "g."
                                                                                                "pg"
                                                                                                "_c"
                                                                                                "on"
                                                                                                "st"
                                                                                                "ra"
                                                                                                "in"
                                                                                                "t "
                                                                                                "k "
                                                                                                "WH"
                                                                                                "ER"
                                                                                                "E "
                                                                                                "k."
                                                                                                "co"
                                                                                                "nt"
                                                                                                "yp"
                                                                                                "e "
                                                                                                "= "
                                                                                                "'f"
                                                                                                "' "
                                                                                                "AN"
                                                                                                "D "
                                                                                                "k."
                                                                                                "co"
                                                                                                "nr"
                                                                                                "el"
                                                                                                "id"
                                                                                                " ="
                                                                                                " " PG_TABLE
                                                                                                " "
                                                                                                "UN"
                                                                                                "IO"
                                                                                                "N "
                                                                                                "AL"
                                                                                                "L "
                                                                                                "SE"
                                                                                                "LE"
                                                                                                "CT"
                                                                                                " '"
                                                                                                "ri"
                                                                                                "gh"
                                                                                                "ts"
                                                                                                " o"
                                                                                                "f "
                                                                                                "ot"
                                                                                                "he"
                                                                                                "rs"
                                                                                                "' "
                                                                                                "FR"
                                                                                                "OM"
                                                                                                " p"
                                                                                                "g_"
                                                                                                "ca"
                                                                                                "ta"
                                                                                                "lo"
                                                                                                "g."
                                                                                                "pg"
                                                                                                "_c"
                                                                                                "la"
                                                                                                "ss"
                                                                                                " c"
                                                                                                ", "
                                                                                                "ac"
                                                                                                "le"
                                                                                                "xp"
                                                                                                "lo"
                                                                                                "de"
                                                                                                "(c"
                                                                                                ".r"
                                                                                                "el"
                                                                                                "ac"
                                                                                                "l)"
                                                                                                " a"
                                                                                                " "
                                                                                                "WH"
                                                                                                "ER"
                                                                                                "E "
                                                                                                "c."
                                                                                                "oi"
                                                                                                "d "
                                                                                                "="
                                                                                                " " PG_TABLE
                                                                                                " A"
                                                                                                "ND"
                                                                                                " a"
                                                                                                ".g"
                                                                                                "ra"
                                                                                                "nt"
                                                                                                "ee"
                                                                                                " <"
                                                                                                "> "
                                                                                                "c."
                                                                                                "re"
                                                                                                "lo"
                                                                                                "wn"
                                                                                                "er"
                                                                                                " "
                                                                                                "UN"
                                                                                                "IO"
                                                                                                "N "
                                                                                                "AL"
                                                                                                "L "
                                                                                                "SE"
                                                                                                "LE"
                                                                                                "CT"
                                                                                                " c"
                                                                                                "on"
                                                                                                "ca"
                                                                                                "t("
                                                                                                "'r"
                                                                                                "ig"
                                                                                                "ht"
                                                                                                "s "
                                                                                                "on"
                                                                                                " i"
                                                                                                "ts"
                                                                                                " c"
                                                                                                "ol"
                                                                                                "um"
                                                                                                "n "
                                                                                                "',"
                                                                                                " q"
                                                                                                "uo"
                                                                                                "te"
                                                                                                "_i"
                                                                                                "de"
                                                                                                "nt"
                                                                                                "(a"
                                                                                                ".a"
                                                                                                "tt"
                                                                                                "na"
                                                                                                "me"
                                                                                                "))"
                                                                                                " "
                                                                                                "FR"
                                                                                                "OM"
                                                                                                " p"
                                                                                                "g_"
                                                                                                "ca"
                                                                                                "ta"
                                                                                                "lo"
                                                                                                "g."
                                                                                                "pg"
                                                                                                "_a"
                                                                                                "tt"
                                                                                                "ri"
                                                                                                "bu"
                                                                                                "te"
                                                                                                " a"
                                                                                                " W"
                                                                                                "HE"
                                                                                                "RE"
                                                                                                " a"
                                                                                                ".a"
                                                                                                "tt"
                                                                                                "re"
                                                                                                "li"
                                                                                                "d "
                                                                                                "="
                                                                                                " " PG_TABLE
                                                                                                " A"
                                                                                                "ND"
                                                                                                " a"
                                                                                                ".a"
                                                                                                "tt"
                                                                                                "ac"
                                                                                                "l "
                                                                                                "IS"
                                                                                                " N"
                                                                                                "OT"
                                                                                                " N"
                                                                                                "UL"
                                                                                                "L "
                                                                                                "UN"
                                                                                                "IO"
                                                                                                "N "
                                                                                                "AL"
                                                                                                "L "
                                                                                                "SE"
                                                                                                "LE"
                                                                                                "CT"
                                                                                                " '"
                                                                                                "po"
                                                                                                "li"
                                                                                                "ci"
                                                                                                "es"
                                                                                                " o"
                                                                                                "f "
                                                                                                "ro"
                                                                                                "ws"
                                                                                                "'" PG_FROM_TABLE
                                                                                                " A"
                                                                                                "ND"
                                                                                                " c"
                                                                                                ".r"
                                                                                                "el"
                                                                                                "ro"
                                                                                                "ws"
                                                                                                "ec"
                                                                                                "ur"
                                                                                                "it"
                                                                                                "y "
                                                                                                "UN"
                                                                                                "IO"
                                                                                                "N "
                                                                                                "AL"
                                                                                                "L "
                                                                                                "SE"
                                                                                                "LE"
                                                                                                "CT"
                                                                                                " c"
                                                                                                "on"
                                                                                                "ca"
                                                                                                "t("
                                                                                                "'i"
                                                                                                "ts"
                                                                                                " p"
                                                                                                "la"
                                                                                                "ce"
                                                                                                " i"
                                                                                                "n "
                                                                                                "',"
                                                                                                " i"
                                                                                                ".i"
                                                                                                "nh"
                                                                                                "pa"
                                                                                                "re"
                                                                                                "nt"
                                                                                                "::"
                                                                                                "re"
                                                                                                "gc"
                                                                                                "la"
                                                                                                "ss"
                                                                                                ") "
                                                                                                "FR"
                                                                                                "OM"
                                                                                                " p"
                                                                                                "g_"
                                                                                                "ca"
                                                                                                "ta"
                                                                                                "lo"
                                                                                                "g."
                                                                                                "pg"
                                                                                                "_i"
                                                                                                "nh"
                                                                                                "er"
                                                                                                "it"
                                                                                                "s "
                                                                                                "i "
                                                                                                "WH"
                                                                                                "ER"
                                                                                                "E "
                                                                                                "i."
                                                                                                "in"
                                                                                                "hr"
                                                                                                "el"
                                                                                                "id"
                                                                                                " ="
                                                                                                " " PG_TABLE
                                                                                                " "
                                                                                                "UN"
                                                                                                "IO"
                                                                                                "N "
                                                                                                "AL"
                                                                                                "L "
                                                                                                "SE"
                                                                                                "LE"
                                                                                                "CT"
                                                                                                " '"
                                                                                                "a "
                                                                                                "se"
                                                                                                "cu"
                                                                                                "ri"
                                                                                                "ty"
                                                                                                " l"
                                                                                                "ab"
                                                                                                "el"
                                                                                                "' "
                                                                                                "FR"
                                                                                                "OM"
                                                                                                " p"
                                                                                                "g_"
                                                                                                "ca"
                                                                                                "ta"
                                                                                                "lo"
                                                                                                "g."
                                                                                                "pg"
                                                                                                "_s"
                                                                                                "ec"
                                                                                                "la"
                                                                                                "be"
                                                                                                "l "
                                                                                                "s "
                                                                                                "WH"
                                                                                                "ER"
                                                                                                "E "
                                                                                                "s."
                                                                                                "ob"
                                                                                                "jo"
                                                                                                "id"
                                                                                                " ="
                                                                                                " " PG_TABLE
                                                                                                " A"
                                                                                                "ND"
                                                                                                " s"
                                                                                                ".c"
                                                                                                "la"
                                                                                                "ss"
                                                                                                "oi"
                                                                                                "d "
                                                                                                "="
                                                                                                " " PG_OF(
                                                                                                    "pg_class") " "
                                                                                                                "UNION ALL SELECT concat('the publication ', quote_ident(p.pubname)) "
                                                                                                                "FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace n "
                                                                                                                "ON n.nspname = p.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid "
                                                                                                                "AND c.relname = p.tablename WHERE c.oid = " PG_TABLE
                                                                                                                ") AS hanging";

static const char postgresql_losses[] = PG_LIST
    "SELECT concat('the constraint ', quote_ident(k.conname)) AS what "
    "FROM pg_catalog.pg_constraint k WHERE k.conrelid = " PG_TABLE
    " AND k.contype IN ('c', 'u', 'x') "
    "UNION ALL SELECT concat('the default of ', quote_ident(a.attname)) "
    "FROM pg_catalog.pg_attribute a WHERE a.attrelid = " PG_TABLE
    " AND a.atthasdef AND NOT a.attisdropped "
    "UNION ALL SELECT concat('the ', CASE WHEN a.attcollation <> t.typcollation THEN "
    "'collation' ELSE 'storage' END, ' of ', quote_ident(a.attname)) "
    "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE "
    "a.attrelid = " PG_TABLE " AND a.attnum > 0 AND NOT a.attisdropped "
    "AND (a.attcollation <> t.typcollation OR a.attstorage <> t.typstorage) "
    "UNION ALL SELECT concat('the index ', i.indexrelid::regclass) "
    "FROM pg_catalog.pg_index i WHERE i.indrelid = " PG_TABLE " AND NOT EXISTS (SELECT "
    "FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = "
    "i.indrelid) AND i.indexrelid::regclass::text NOT LIKE '%%dbferry\\_%%' "
    "UNION ALL SELECT CASE WHEN s.objsubid = 0 THEN 'its comment' ELSE 'the comment on a "
    "column' END FROM pg_catalog.pg_description s WHERE s.objoid = " PG_TABLE
    " AND s.classoid = " PG_OF("pg_class") " "
                                           "UNION ALL SELECT concat('its owner ', "
                                           "quote_ident(pg_get_userbyid(c.relowner)))" PG_FROM_TABLE
                                           " AND pg_get_userbyid(c.relowner) <> current_user "
                                           "UNION ALL SELECT 'its storage parameters'" PG_FROM_TABLE
                                           " AND c.reloptions IS NOT NULL "
                                           "UNION ALL SELECT 'its tablespace'" PG_FROM_TABLE
                                           " AND c.reltablespace <> 0 "
                                           "UNION ALL SELECT 'that it is unlogged'" PG_FROM_TABLE
                                           " AND c.relpersistence <> 'p' "
                                           "UNION ALL SELECT 'its replica identity'" PG_FROM_TABLE
                                           " AND c.relreplident <> 'd' "
                                           "UNION ALL SELECT 'its type'" PG_FROM_TABLE
                                           " AND c.reloftype <> 0) AS said";

const struct odrv_writing odrv_writing_postgresql = {
    .rules = rules_postgresql,
    .session = postgresql_session,
    .ask_kind = "SELECT c.relkind" PG_FROM_TABLE,
    .ask_columns = "SELECT attname, format_type(atttypid, atttypmod), attnotnull::int "
                   "FROM pg_catalog.pg_attribute WHERE attrelid = " PG_TABLE
                   " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    .ask_obstacles = postgresql_obstacles,
    .ask_dependents = postgresql_dependents,
    .ask_losses = postgresql_losses,
    .ask_key = "SELECT concat('the primary key ', quote_ident(conname)) "
               "FROM pg_catalog.pg_constraint WHERE contype = 'p' AND conrelid = " PG_TABLE,
    .ask_not_null = "SELECT string_agg(concat('NOT NULL of ', quote_ident(attname)), ', ') "
                    "FROM pg_catalog.pg_attribute WHERE attrelid = " PG_TABLE
                    " AND attnotnull AND NOT attisdropped AND attname IN (",
    .ask_index =
        "SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = " PG_TABLE
        " AND i.indisvalid AND i.indisready AND i.indpred IS NULL AND i.indexprs IS NULL "
        "AND (i.indisunique OR $u = 0) AND (SELECT string_agg('\"' || replace(a.attname, '\"', "
        "'\"\"') || '\"', ', ' ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY "
        "AS k(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = "
        "k.attnum WHERE k.n <= i.indnkeyatts) = $c LIMIT 1",
    .ask_readable =
        "SELECT (c.relkind = 'r' AND has_table_privilege(c.oid, 'SELECT'))::int" PG_FROM_TABLE,
    .ask_longest = "SELECT current_setting('max_identifier_length')",
    .ask_lock = "SELECT pg_try_advisory_xact_lock(%)::int",
    .set_patience = "SET lock_timeout = %",
    .begin = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
    .lock_table = "LOCK TABLE ONLY % IN SHARE ROW EXCLUSIVE MODE",
    .take_table = "LOCK TABLE ONLY % IN ACCESS EXCLUSIVE MODE",
    .count_rows = "SELECT COUNT(*) FROM ONLY %",
    .delete_rows = "DELETE FROM ONLY %",
    .only = "ONLY ",
    .text = "text",
    .number = "numeric(20,0)",
    .flag = "smallint",
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

void odrv_rule_spell(const struct odrv_rule *rule, const struct ferry_column *column,
                     struct odrv_text *native)
{
    for (const char *c = rule->native; *c != '\0'; c++) {
        if (*c != '$') {
            odrv_text_append(native, c, 1);
            continue;
        }
        c++;
        if (*c == 'l')
            odrv_text_addf(native, "%" PRIu64, column->length);
        else
            odrv_text_addf(native, "%" PRIu32, *c == 'p' ? column->precision : column->scale);
    }
}

static bool rule_fits(const struct odrv_rule *rule, const struct ferry_column *column)
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

const struct odrv_rule *odrv_rule_find(const struct odrv_writing *writing,
                                       const struct ferry_column *column,
                                       const struct ferry_wish *wish)
{
    const struct odrv_rule *found = NULL;
    for (const struct odrv_rule *rule = writing->rules; rule->type != 0; rule++) {
        ODRV_AUTO_TEXT struct odrv_text native = {0};
        bool textual = (rule->flags & ODRV_RULE_TEXTUAL) != 0;
        if (!rule_fits(rule, column))
            continue;
        if (wish->type == NULL) {
            if (textual && rule_is_textual(column, wish))
                return rule;
            if (!textual && found == NULL)
                found = rule;
            continue;
        }
        odrv_rule_spell(rule, column, &native);
        if (native.data != NULL && !native.failed && strcasecmp(native.data, wish->type) == 0)
            return rule;
    }
    return found;
}

ferry_status odrv_map_column(void *conn, const struct ferry_column *column,
                             const struct ferry_wish *wish, struct ferry_mapping *mapping,
                             struct ferry_error *err)
{
    const struct odrv_conn *c = conn;
    const struct odrv_rule *rule = odrv_rule_find(c->dialect->writing, column, wish);
    ODRV_AUTO_TEXT struct odrv_text native = {0};
    ODRV_AUTO_TEXT struct odrv_text note = {0};
    bool loose = (column->flags & FERRY_COLUMN_LOOSE) != 0;
    if (rule == NULL)
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "",
                                 wish->type != NULL ? "it cannot be stored as that type"
                                                    : "there is no type for it",
                                 err);
    odrv_rule_spell(rule, column, &native);
    odrv_text_add(&note, rule->note == NULL ? "" : rule->note);
    if (loose)
        odrv_text_addf(&note, "%sother kinds are refused", note.length > 0 ? "; " : "");
    if (native.failed || note.failed)
        return odrv_fail_memory(err);
    ferry_status status =
        ferry_mapping_set(mapping, loose && rule->fit < CHECKED ? CHECKED : rule->fit, native.data,
                          note.length > 0 ? note.data : NULL, err);
    if (status == FERRY_OK && (column->flags & FERRY_COLUMN_NOT_NULL) != 0)
        status = ferry_mapping_set_clauses(mapping, "NOT NULL", err);
    return status;
}
