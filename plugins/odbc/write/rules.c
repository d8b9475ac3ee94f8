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

static const char *const postgresql_session[] = {"SET standard_conforming_strings = on", NULL};

#define PG_TABLE "to_regclass(%)"
const struct odrv_writing odrv_writing_postgresql = {
    .rules = rules_postgresql,
    .session = postgresql_session,
    .ask_kind = "SELECT relkind FROM pg_class WHERE oid = " PG_TABLE,
    .ask_columns = "SELECT attname, format_type(atttypid, atttypmod), attnotnull::int "
                   "FROM pg_attribute WHERE attrelid = " PG_TABLE
                   " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    .ask_dependents =
        "SELECT string_agg(what, ', ') FROM ("
        "SELECT 'the trigger ' || tgname AS what FROM pg_trigger WHERE tgrelid = " PG_TABLE
        " AND NOT tgisinternal "
        "UNION ALL SELECT DISTINCT 'rights of others' FROM pg_class, aclexplode(relacl) "
        "WHERE oid = " PG_TABLE " AND grantee <> relowner "
        "UNION ALL SELECT 'policies of rows' FROM pg_class WHERE oid = " PG_TABLE
        " AND relrowsecurity "
        "UNION ALL SELECT 'the foreign key ' || conname FROM pg_constraint WHERE contype = 'f' "
        "AND (confrelid = " PG_TABLE " OR conrelid = " PG_TABLE ") "
        "UNION ALL SELECT 'the view ' || ev_class::regclass FROM pg_rewrite r JOIN pg_depend d "
        "ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass WHERE d.refobjid = " PG_TABLE
        " AND ev_class <> " PG_TABLE " "
        "UNION ALL SELECT 'the table ' || inhrelid::regclass FROM pg_inherits WHERE inhparent "
        "= " PG_TABLE " "
        "UNION ALL SELECT 'a publication' FROM pg_publication_rel WHERE prrelid = " PG_TABLE
        ") AS hanging",
    .ask_losses =
        "SELECT string_agg(what, ', ') FROM ("
        "SELECT 'the constraint ' || conname AS what FROM pg_constraint WHERE conrelid = " PG_TABLE
        " AND contype IN ('c', 'u', 'x') "
        "UNION ALL SELECT 'the default of ' || attname FROM pg_attrdef JOIN pg_attribute "
        "ON attrelid = adrelid AND attnum = adnum WHERE adrelid = " PG_TABLE " "
        "UNION ALL SELECT 'the index ' || indexrelid::regclass FROM pg_index "
        "LEFT JOIN pg_constraint ON conindid = indexrelid WHERE indrelid = " PG_TABLE
        " AND conindid IS NULL AND indexrelid::regclass::text NOT LIKE '%%dbferry\\_%%' "
        "UNION ALL SELECT 'its comment' FROM pg_description WHERE objoid = " PG_TABLE
        " AND classoid = 'pg_class'::regclass) AS said",
    .ask_lock = "SELECT pg_try_advisory_xact_lock(%)::int",
    .lock_table = "LOCK TABLE % IN SHARE ROW EXCLUSIVE MODE",
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
