/* The type that a source column gets, and whether a column that is there holds its values. */

#include "types/native.h"

#include <inttypes.h>
#include <string.h>

#define MAP_VARCHAR_MAX 10485760 /* characters; the server's limit */
#define MAP_NUMERIC_MAX 1000     /* digits */
#define MAP_NAME_BYTES 63        /* of a name; the server cuts off what is longer */

/* ---- Types by the values of the column ---- */

static void map_set(struct pgdrv_type *type, enum pgdrv_kind kind)
{
    *type = (struct pgdrv_type){.kind = kind};
}

static void map_set_number(struct pgdrv_type *type, enum pgdrv_kind kind, uint32_t number)
{
    *type = (struct pgdrv_type){.kind = kind, .count = 1, .numbers = {number}};
}

static void map_int(const struct ferry_column *column, struct pgdrv_type *type)
{
    uint32_t bits = column->bits + ((column->flags & FERRY_COLUMN_UNSIGNED) != 0 ? 1 : 0);
    if (bits > 64)
        *type = (struct pgdrv_type){PGDRV_KIND_NUMERIC, 2, {20, 0}};
    else
        map_set(type, bits <= 16   ? PGDRV_KIND_INT2
                      : bits <= 32 ? PGDRV_KIND_INT4
                                   : PGDRV_KIND_INT8);
}

static void map_decimal(const struct ferry_column *column, struct pgdrv_type *type)
{
    map_set(type, PGDRV_KIND_NUMERIC);
    if (column->precision == 0 || column->precision > MAP_NUMERIC_MAX ||
        column->scale > column->precision)
        return;
    type->count = 2;
    type->numbers[0] = column->precision;
    type->numbers[1] = column->scale;
}

/* A CHAR of the source has no spaces at its end, and a CHAR of the server nothing but those. */
static void map_text(const struct ferry_column *column, struct pgdrv_type *type)
{
    if (column->length == 0 || column->length > MAP_VARCHAR_MAX ||
        (column->flags & FERRY_COLUMN_LONG) != 0)
        map_set(type, PGDRV_KIND_TEXT);
    else
        map_set_number(type, PGDRV_KIND_VARCHAR, (uint32_t)column->length);
}

static void map_datetime(const struct ferry_column *column, struct pgdrv_type *type)
{
    map_set_number(type,
                   (column->flags & FERRY_COLUMN_UTC) != 0 ? PGDRV_KIND_TIMESTAMPTZ
                                                           : PGDRV_KIND_TIMESTAMP,
                   column->scale < 6 ? column->scale : 6);
}

/* The server's own time is one of a day.  What is negative or longer is for an interval, which few
 * expect where a time was. */
static void map_time(const struct ferry_column *column, struct pgdrv_type *type)
{
    map_set_number(type, PGDRV_KIND_TIME, column->scale < 6 ? column->scale : 6);
}

static void map_bit(const struct ferry_column *column, struct pgdrv_type *type)
{
    map_set_number(type, PGDRV_KIND_BIT, column->bits);
}

static void map_float(const struct ferry_column *column, struct pgdrv_type *type)
{
    map_set(type, column->bits == 32 ? PGDRV_KIND_FLOAT4 : PGDRV_KIND_FLOAT8);
}

static const struct {
    uint32_t type;
    enum pgdrv_kind kind; /* where there is only one */
    void (*make)(const struct ferry_column *column, struct pgdrv_type *type);
} maps[] = {
    {FERRY_TYPE_BOOL, PGDRV_KIND_BOOL, NULL},
    {FERRY_TYPE_INT, PGDRV_KIND_INT8, map_int},
    {FERRY_TYPE_FLOAT, PGDRV_KIND_FLOAT8, map_float},
    {FERRY_TYPE_DECIMAL, PGDRV_KIND_NUMERIC, map_decimal},
    {FERRY_TYPE_TEXT, PGDRV_KIND_TEXT, map_text},
    {FERRY_TYPE_BYTES, PGDRV_KIND_BYTEA, NULL},
    {FERRY_TYPE_DATE, PGDRV_KIND_DATE, NULL},
    {FERRY_TYPE_TIME, PGDRV_KIND_TIME, map_time},
    {FERRY_TYPE_DATETIME, PGDRV_KIND_TIMESTAMP, map_datetime},
    {FERRY_TYPE_YEAR, PGDRV_KIND_INT2, NULL},
    {FERRY_TYPE_ANY, PGDRV_KIND_TEXT, NULL},
    {FERRY_TYPE_BIT, PGDRV_KIND_BIT, map_bit},
    {FERRY_TYPE_JSON, PGDRV_KIND_JSON, NULL},
    {FERRY_TYPE_ENUM, PGDRV_KIND_TEXT, NULL},
    {FERRY_TYPE_SET, PGDRV_KIND_TEXT, NULL},
    {FERRY_TYPE_UUID, PGDRV_KIND_UUID, NULL},
    {FERRY_TYPE_INET4, PGDRV_KIND_INET, NULL},
    {FERRY_TYPE_INET6, PGDRV_KIND_INET, NULL},
    {FERRY_TYPE_GEOMETRY, PGDRV_KIND_BYTEA, NULL},
    {FERRY_TYPE_VECTOR, PGDRV_KIND_BYTEA, NULL},
};

/* ---- Wishes ---- */

/* True: the job has said which type it wants. */
static bool map_wished(const struct ferry_column *column, const struct ferry_wish *wish,
                       struct pgdrv_type *type)
{
    bool large = (column->type == FERRY_TYPE_INT && column->bits == 64 &&
                  (column->flags & FERRY_COLUMN_UNSIGNED) != 0) ||
                 (column->type == FERRY_TYPE_BIT && column->bits == 64);
    if (wish->type != NULL)
        return pgdrv_type_parse(wish->type, type);
    if (column->type == FERRY_TYPE_DECIMAL && wish->decimal == FERRY_DECIMAL_REAL)
        map_set(type, PGDRV_KIND_FLOAT8);
    else if ((column->type == FERRY_TYPE_DECIMAL && wish->decimal == FERRY_DECIMAL_TEXT) ||
             (large && wish->big_unsigned == FERRY_BIG_UNSIGNED_TEXT))
        map_set(type, PGDRV_KIND_TEXT);
    else
        return false;
    return true;
}

static uint32_t map_choose(const struct ferry_column *column, const struct ferry_wish *wish,
                           struct pgdrv_type *type, const char **ret_note)
{
    bool known = map_wished(column, wish, type);
    for (size_t i = 0; i < sizeof maps / sizeof *maps && !known; i++) {
        if (maps[i].type != column->type)
            continue;
        map_set(type, maps[i].kind);
        if (maps[i].make != NULL)
            maps[i].make(column, type);
        known = true;
    }
    uint32_t fit = known ? pgdrv_type_holds(type, column, ret_note) : FERRY_FIT_NONE;
    if (fit == FERRY_FIT_NONE)
        *ret_note = column->type == FERRY_TYPE_ANY
                        ? "a column of this server has one type; name it (columns of a job, "
                          "--column of copy)"
                        : "a column of this type does not hold it";
    return fit;
}

/* ---- The callbacks ---- */

static ferry_status map_check(const struct pgdrv_conn *conn, const struct ferry_column *column,
                              const struct ferry_wish *wish, struct ferry_error *err)
{
    struct pgdrv_type type;
    ferry_status status = pgdrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (strlen(column->name) > MAP_NAME_BYTES)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the column's name '%s' is too long: names have %d bytes at most "
                          "here; rename it in the view or query (AS)",
                          conn->label, column->name, MAP_NAME_BYTES);
    if (wish->type != NULL && !pgdrv_type_parse(wish->type, &type))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: column '%s': '%s' is no type that dbferry knows of this server; "
                          "write it as in a definition, such as numeric(10,2)",
                          conn->label, column->name, wish->type);
    return FERRY_OK;
}

/* What of the column is not carried, beside what its type does. */
static const struct {
    uint32_t flags;
    const char *note;
} map_notes[] = {
    {FERRY_COLUMN_AUTO_NUMBER, "it does not number itself here"},
    {FERRY_COLUMN_DEFAULT_NOW, "its default is not carried"},
    {FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS | FERRY_COLUMN_IGNORES_TRAILING_SPACE,
     "texts are compared exactly here"},
};

static void map_add_note(const char *note, struct part_text *notes)
{
    if (note != NULL)
        part_text_addf(notes, "%s%s", notes->length > 0 ? "; " : "", note);
}

/* What a column of a type does to the values. */
static void map_add_type_notes(const struct ferry_column *column, const char *note,
                               struct part_text *notes)
{
    map_add_note(note, notes);
    if ((column->flags & FERRY_COLUMN_LOOSE) != 0)
        map_add_note(note != NULL ? "so does one of another kind"
                                  : "the source does not hold its values to this type; one of "
                                    "another kind ends the load",
                     notes);
}

static void map_add_notes(const struct ferry_column *column, const char *note,
                          struct part_text *notes)
{
    map_add_type_notes(column, note, notes);
    for (size_t i = 0; i < sizeof map_notes / sizeof *map_notes; i++)
        if ((column->flags & map_notes[i].flags) != 0)
            map_add_note(map_notes[i].note, notes);
    if (column->default_value != NULL)
        map_add_note("its default is not carried", notes);
}

ferry_status pgdrv_map_column(void *conn, const struct ferry_column *column,
                              const struct ferry_wish *wish, struct ferry_mapping *mapping,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text native = {0};
    PART_AUTO_TEXT struct part_text notes = {0};
    struct pgdrv_type type;
    const char *note = NULL;
    ferry_status status = map_check(conn, column, wish, err);
    if (status != FERRY_OK)
        return status;
    uint32_t fit = map_choose(column, wish, &type, &note);
    if (fit == FERRY_FIT_NONE)
        return ferry_mapping_set(mapping, fit, "", note, err);
    /* Where the server counts bytes, a length in characters says nothing. */
    if (type.kind == PGDRV_KIND_VARCHAR && wish->type == NULL &&
        strcmp(((const struct pgdrv_conn *)conn)->encoding, "SQL_ASCII") == 0)
        map_set(&type, PGDRV_KIND_TEXT);
    pgdrv_type_spell(&type, &native);
    map_add_notes(column, note, &notes);
    if (native.failed || notes.failed)
        return pgdrv_fail_memory(err);
    status = ferry_mapping_set(mapping, fit, native.data, notes.data, err);
    /* A primary key says so of its columns by itself. */
    if (status == FERRY_OK && ((column->flags & FERRY_COLUMN_NOT_NULL) != 0 ||
                               (column->key_position > 0 && type.kind != PGDRV_KIND_JSON)))
        status = ferry_mapping_set_clauses(mapping, "NOT NULL", err);
    if (status == FERRY_OK && pgdrv_type_is_ordered(&type, column))
        status = ferry_mapping_set_ordered(mapping, err);
    return status;
}

/* A column that takes less than the one that would be made does not hold the values, although each
 * is looked at. */
static bool hold_is_narrower(const struct pgdrv_type *is, const struct pgdrv_type *wanted)
{
    switch (is->kind) {
    case PGDRV_KIND_VARCHAR:
    case PGDRV_KIND_CHAR:
        return is->count > 0 && (wanted->count == 0 || wanted->numbers[0] > is->numbers[0]);
    case PGDRV_KIND_NUMERIC:
        return is->count > 0 && wanted->kind == PGDRV_KIND_NUMERIC &&
               (wanted->count == 0 || wanted->numbers[1] > is->numbers[1] ||
                wanted->numbers[0] - wanted->numbers[1] > is->numbers[0] - is->numbers[1]);
    case PGDRV_KIND_TIMESTAMP:
    case PGDRV_KIND_TIMESTAMPTZ:
    case PGDRV_KIND_TIME:
    case PGDRV_KIND_INTERVAL:
        return pgdrv_type_fraction(is) < pgdrv_type_fraction(wanted);
    default:
        return false;
    }
}

ferry_status pgdrv_hold_column(void *conn, const struct ferry_column *existing,
                               const struct ferry_column *column, const struct ferry_wish *wish,
                               struct ferry_mapping *mapping, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text notes = {0};
    struct pgdrv_type is, wanted;
    const char *note = NULL;
    ferry_status status = map_check(conn, column, wish, err);
    if (status != FERRY_OK || existing->native == NULL || !pgdrv_type_parse(existing->native, &is))
        return status;
    uint32_t best = map_choose(column, wish, &wanted, &note);
    uint32_t fit = pgdrv_type_holds(&is, column, &note);
    bool doubts = fit == FERRY_FIT_CHECKED && best < FERRY_FIT_CHECKED;
    if (best == FERRY_FIT_NONE || fit > FERRY_FIT_CHECKED || doubts ||
        hold_is_narrower(&is, &wanted) || (wish->type != NULL && wanted.kind != is.kind))
        return FERRY_OK;
    map_add_type_notes(column, note, &notes);
    status = notes.failed ? pgdrv_fail_memory(err)
                          : ferry_mapping_set(mapping, fit, existing->native, notes.data, err);
    if (status == FERRY_OK && pgdrv_type_is_ordered(&is, column))
        status = ferry_mapping_set_ordered(mapping, err);
    return status;
}
