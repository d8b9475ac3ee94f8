/* What a column's definition says behind its type: character set, NOT NULL, DEFAULT and so on. */

#include "write/rows.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void clauses_add_bits(uint64_t bits, struct part_text *out)
{
    int first = 63;
    while (first > 0 && (bits >> first & 1) == 0)
        first--;
    part_text_add(out, " DEFAULT b'");
    for (int i = first; i >= 0; i--)
        part_text_add(out, (bits >> i & 1) != 0 ? "1" : "0");
    part_text_add(out, "'");
}

static void clauses_add_default(const struct mydrv_clauses *clauses, struct part_text *out)
{
    if (clauses->default_now && clauses->scale > 0) {
        part_text_addf(out, " DEFAULT CURRENT_TIMESTAMP(%" PRIu32 ")", clauses->scale);
    } else if (clauses->default_now) {
        part_text_add(out, " DEFAULT CURRENT_TIMESTAMP");
    } else if (clauses->default_value != NULL) {
        part_text_add(out, " DEFAULT ");
        mydrv_text_add_quoted(out, clauses->default_value, strlen(clauses->default_value));
    }
    if (clauses->has_default_bits)
        clauses_add_bits(clauses->default_bits, out);
}

void mydrv_clauses_spell(const struct mydrv_clauses *clauses, struct part_text *out)
{
    PART_AUTO_TEXT struct part_text text = {0};
    if (clauses->charset != NULL && clauses->collation != NULL)
        part_text_addf(&text, " CHARACTER SET %s COLLATE %s", clauses->charset, clauses->collation);
    if (clauses->has_srid && clauses->mariadb)
        part_text_addf(&text, " REF_SYSTEM_ID=%" PRIu32, clauses->srid);
    if (clauses->not_null)
        part_text_add(&text, " NOT NULL");
    else if (clauses->explicit_null)
        part_text_add(&text, " NULL");
    if (clauses->has_srid && !clauses->mariadb)
        part_text_addf(&text, " SRID %" PRIu32, clauses->srid);
    clauses_add_default(clauses, &text);
    if (clauses->auto_number)
        part_text_add(&text, " AUTO_INCREMENT");
    if (clauses->invisible)
        part_text_add(&text, " INVISIBLE");
    if (clauses->check_json != NULL) {
        part_text_add(&text, " CHECK (json_valid(");
        mydrv_text_add_name(&text, clauses->check_json);
        part_text_add(&text, "))");
    }
    if (text.length > 0)
        part_text_append(out, text.data + 1, text.length - 1);
    out->failed = out->failed || text.failed;
}

/* ---- Character set and collation ---- */

static bool clauses_is_word(const char *name)
{
    size_t length = name == NULL ? 0 : strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && length == strlen(name);
}

/* Whether the server has this pair, which may have come from another server. */
static ferry_status clauses_probe(struct mydrv_conn *conn, const char *charset,
                                  const char *collation, bool *ret_known, struct ferry_error *err)
{
    *ret_known = false;
    if (!clauses_is_word(charset) || !clauses_is_word(collation))
        return FERRY_OK;
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_addf(&sql, "DO _%s'' COLLATE %s", charset, collation);
    if (sql.failed)
        return mydrv_fail_memory(err);
    if (conn->known_collation != NULL && strcmp(conn->known_collation, sql.data) == 0) {
        *ret_known = true;
        return FERRY_OK;
    }
    if (mysql_real_query(conn->native, sql.data, sql.length) != 0) {
        unsigned code = mysql_errno(conn->native);
        /* unknown collation, of another character set, unknown character set, no such column */
        if (code == 1273 || code == 1253 || code == 1115 || code == 1054 || code == 1064)
            return FERRY_OK;
        return mydrv_fail_conn(conn, MYDRV_LOADING, "ask for a collation", err);
    }
    free(conn->known_collation);
    conn->known_collation = sql.data;
    sql = (struct part_text){0};
    *ret_known = true;
    return FERRY_OK;
}

#define CLAUSES_COMPARES                                                                           \
    (FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS |                                    \
     FERRY_COLUMN_IGNORES_TRAILING_SPACE | FERRY_COLUMN_COMPARES_UNKNOWN)

/* How texts are compared -> the collation of utf8mb4 that compares so; the first that the server
 * has.  Every server has the last of each group. */
static const struct {
    uint32_t flags;
    const char *collation;
} clauses_collations[] = {
    {0, "utf8mb4_nopad_bin"},
    {0, "utf8mb4_0900_bin"},
    {0, "utf8mb4_bin"},
    {FERRY_COLUMN_IGNORES_TRAILING_SPACE, "utf8mb4_bin"},
    {FERRY_COLUMN_IGNORES_CASE, "utf8mb4_uca1400_nopad_as_ci"},
    {FERRY_COLUMN_IGNORES_CASE, "utf8mb4_0900_as_ci"},
    {FERRY_COLUMN_IGNORES_CASE, "utf8mb4_general_ci"},
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_TRAILING_SPACE, "utf8mb4_uca1400_as_ci"},
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_TRAILING_SPACE, "utf8mb4_0900_as_ci"},
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_TRAILING_SPACE, "utf8mb4_general_ci"},
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS, "utf8mb4_uca1400_nopad_ai_ci"},
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS, "utf8mb4_0900_ai_ci"},
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS, "utf8mb4_unicode_ci"},
    /* Not utf8mb4_unicode_ci, to which all emoji are the same. */
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS | FERRY_COLUMN_IGNORES_TRAILING_SPACE,
     "utf8mb4_unicode_520_ci"},
    {FERRY_COLUMN_COMPARES_UNKNOWN, "utf8mb4_unicode_ci"},
};

/* How texts are compared, by the column's flags. */
static ferry_status clauses_choose_by_flags(struct mydrv_conn *conn, uint32_t compares,
                                            struct mydrv_clauses *clauses, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    bool known = false;
    for (size_t i = 0; i < sizeof clauses_collations / sizeof *clauses_collations; i++) {
        if (clauses_collations[i].flags != compares)
            continue;
        status = clauses_probe(conn, "utf8mb4", clauses_collations[i].collation, &known, err);
        if (status != FERRY_OK || known) {
            clauses->collation = clauses_collations[i].collation;
            return status;
        }
    }
    return FERRY_OK;
}

/* The source's own collation; or its counterpart, whose name is put into `name`; or one that
 * compares in the same way.  The rules of a language that this server has not are no others': what
 * differs there might be the same here, and a key would refuse it.  So its texts are compared by
 * bytes. */
static ferry_status clauses_choose_collation(struct mydrv_conn *conn,
                                             const struct ferry_column *column,
                                             struct part_text *name, struct part_text *note,
                                             struct mydrv_clauses *clauses, struct ferry_error *err)
{
    bool known = false;
    PART_AUTO_TEXT struct part_text differs = {0};
    ferry_status status = clauses_probe(conn, column->charset, column->collation, &known, err);
    if (status != FERRY_OK || known) {
        clauses->charset = column->charset;
        clauses->collation = column->collation;
        return status;
    }
    clauses->charset = "utf8mb4";
    clauses->collation = "utf8mb4_bin";
    bool named = column->charset != NULL && column->collation != NULL;
    if (named && mydrv_collation_translate(column->charset, column->collation, conn->mariadb, name,
                                           &differs)) {
        if (name->failed || differs.failed)
            return mydrv_fail_memory(err);
        status = clauses_probe(conn, "utf8mb4", name->data, &known, err);
        if (status != FERRY_OK || known) {
            clauses->collation = name->data;
            part_text_add(note, differs.data == NULL ? "" : differs.data);
            return status;
        }
    }
    if (!named || !mydrv_collation_is_national(column->charset, column->collation))
        return clauses_choose_by_flags(conn, column->flags & CLAUSES_COMPARES, clauses, err);
    part_text_addf(note,
                   "this server has nothing like %s: texts are compared byte by byte, so that "
                   "case, accents and trailing spaces make a difference here",
                   column->collation);
    return clauses_choose_by_flags(conn, 0, clauses, err);
}

/* ---- Defaults ---- */

static bool clauses_is_number(const char *text)
{
    size_t length = strspn(text, "0123456789+-.eE");
    return length > 0 && length < 100 && text[length] == '\0' &&
           strcspn(text, "0123456789") < length;
}

/* Whether a constant can stand as this column's default on every server, and be recognised again.
 */
static bool clauses_default_fits(const struct mydrv_conn *conn, const struct mydrv_type *type,
                                 const char *value)
{
    switch (type->kind) {
    case MYDRV_KIND_INT:
    case MYDRV_KIND_FLOAT:
    case MYDRV_KIND_DOUBLE:
    case MYDRV_KIND_DECIMAL:
    case MYDRV_KIND_YEAR:
        return clauses_is_number(value);
    case MYDRV_KIND_DATE:
        return mydrv_moment_is_plain(value, strlen(value), MYDRV_KIND_DATE, 0);
    case MYDRV_KIND_TIME:
    case MYDRV_KIND_DATETIME:
    case MYDRV_KIND_TIMESTAMP:
        return mydrv_moment_is_plain(value, strlen(value), type->kind, (unsigned)type->numbers[0]);
    case MYDRV_KIND_TEXT: /* MySQL gives the TEXT family no constants */
        return conn->mariadb || strcmp(type->name, "varchar") == 0;
    case MYDRV_KIND_CHAR:
    case MYDRV_KIND_ENUM:
    case MYDRV_KIND_SET:
    case MYDRV_KIND_UUID:
    case MYDRV_KIND_INET4:
    case MYDRV_KIND_INET6:
        return true;
    default:
        return false;
    }
}

bool mydrv_type_is_key(const struct mydrv_type *type)
{
    switch (type->kind) {
    case MYDRV_KIND_TEXT:
        return strcmp(type->name, "varchar") == 0 && type->numbers[0] <= 768;
    case MYDRV_KIND_BYTES:
        return strcmp(type->name, "varbinary") == 0 && type->numbers[0] <= 3072;
    case MYDRV_KIND_JSON:
    case MYDRV_KIND_GEOMETRY:
    case MYDRV_KIND_VECTOR:
        return false;
    default:
        return true;
    }
}

static void clauses_choose_default(const struct mydrv_conn *conn, const struct ferry_column *column,
                                   const struct mydrv_type *type, struct mydrv_clauses *clauses)
{
    bool is_moment = type->kind == MYDRV_KIND_DATETIME || type->kind == MYDRV_KIND_TIMESTAMP;
    if (clauses->auto_number)
        return;
    if ((column->flags & FERRY_COLUMN_DEFAULT_NOW) != 0 && is_moment) {
        clauses->default_now = true;
        clauses->scale = (uint32_t)type->numbers[0];
    } else if (column->default_value != NULL && type->kind == MYDRV_KIND_BIT) {
        char *end = NULL;
        errno = 0;
        clauses->default_bits = strtoumax(column->default_value, &end, 10);
        clauses->has_default_bits =
            errno == 0 && isdigit((unsigned char)*column->default_value) && *end == '\0' &&
            (type->numbers[0] >= 64 || clauses->default_bits >> type->numbers[0] == 0);
    } else if (column->default_value != NULL &&
               clauses_default_fits(conn, type, column->default_value)) {
        clauses->default_value = column->default_value;
    }
}

/* MariaDB wants that such a column can be left out of an INSERT. */
static bool clauses_may_hide(const struct mydrv_conn *conn, const struct mydrv_clauses *clauses)
{
    return mydrv_abilities_of(conn).invisible &&
           (!conn->mariadb || !clauses->not_null || clauses->auto_number || clauses->default_now ||
            clauses->default_value != NULL || clauses->has_default_bits);
}

ferry_status mydrv_clauses_choose(struct mydrv_conn *conn, const struct ferry_column *column,
                                  const struct mydrv_type *type, bool documents,
                                  struct part_text *out, struct part_text *note,
                                  struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text collation = {0};
    struct mydrv_clauses clauses = {
        .mariadb = conn->mariadb,
        .not_null = (column->flags & FERRY_COLUMN_NOT_NULL) != 0 ||
                    (column->key_position > 0 && mydrv_type_is_key(type)),
        .has_srid = type->kind == MYDRV_KIND_GEOMETRY && (column->flags & FERRY_COLUMN_SRID) != 0,
        .srid = column->srid,
        .auto_number = type->kind == MYDRV_KIND_INT &&
                       (column->flags & FERRY_COLUMN_AUTO_NUMBER) != 0 &&
                       (column->flags & FERRY_COLUMN_SOLE_KEY) != 0,
    };
    ferry_status status = FERRY_OK;
    clauses.explicit_null = type->kind == MYDRV_KIND_TIMESTAMP;
    if (documents && type->kind == MYDRV_KIND_TEXT && conn->mariadb) {
        clauses.charset = "utf8mb4";
        clauses.collation = "utf8mb4_bin";
        clauses.check_json = strcmp(type->name, "longtext") == 0 ? column->name : NULL;
    } else if (mydrv_type_has_charset(type)) {
        status = clauses_choose_collation(conn, column, &collation, note, &clauses, err);
    }
    if (status != FERRY_OK)
        return status;
    clauses_choose_default(conn, column, type, &clauses);
    clauses.invisible =
        (column->flags & FERRY_COLUMN_INVISIBLE) != 0 && clauses_may_hide(conn, &clauses);
    mydrv_clauses_spell(&clauses, out);
    return FERRY_OK;
}
