/* The common type descriptor -> a column type of the server at hand, and how faithfully it fits. */

#include "types/native.h"
#include "types/types.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define MAP_UTF8_BYTES 4        /* of a character, at most */
#define MAP_VARCHAR_MAX 16383   /* characters; the server's limit of 65535 bytes */
#define MAP_VARBINARY_MAX 65532 /* bytes */

struct mydrv_abilities mydrv_abilities_of(const struct mydrv_conn *conn)
{
    unsigned long version = conn->version;
    return (struct mydrv_abilities){
        .mariadb = conn->mariadb,
        .uuid = conn->mariadb && version >= 100700,
        .inet4 = conn->mariadb && version >= 101000,
        .inet6 = conn->mariadb && version >= 100500,
        .vector = version >= (conn->mariadb ? 110700 : 90000),
        .invisible = version >= (conn->mariadb ? 100300 : 80023),
        .decimal_scale = conn->mariadb ? 38 : 30,
    };
}

static uint32_t map_int(const struct mydrv_abilities *can, const struct ferry_column *column,
                        struct part_text *native)
{
    static const struct {
        uint32_t bits;
        const char *name;
    } names[] = {{8, "tinyint"}, {16, "smallint"}, {24, "mediumint"}, {32, "int"}, {64, "bigint"}};
    struct mydrv_type type;
    const char *name = "bigint";
    for (size_t i = sizeof names / sizeof *names; i-- > 0;)
        if (column->bits <= names[i].bits)
            name = names[i].name;
    if (!mydrv_type_parse(name, &type))
        return FERRY_FIT_NONE;
    type.is_unsigned = (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
    type.zerofill = type.is_unsigned && (column->flags & FERRY_COLUMN_ZEROFILL) != 0;
    /* A width above 255 is no server's; MySQL warns of most, so it only gets those it keeps. */
    if (column->length > 0 && column->length <= 255) {
        type.count = 1;
        type.numbers[0] = column->length;
    }
    (void)mydrv_type_spell(&type, can->mariadb, native);
    return FERRY_FIT_EXACT;
}

static uint32_t map_float(const struct mydrv_abilities *can, const struct ferry_column *column,
                          struct part_text *native)
{
    (void)can;
    part_text_add(native, column->bits == 32 ? "float" : "double");
    if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0)
        part_text_add(native, " unsigned");
    uint32_t finite = FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY;
    return (column->flags & finite) == finite ? FERRY_FIT_EXACT : FERRY_FIT_CHECKED;
}

static uint32_t map_decimal(const struct mydrv_abilities *can, const struct ferry_column *column,
                            struct part_text *native)
{
    if (column->precision == 0 || column->precision > 65 || column->scale > can->decimal_scale)
        return FERRY_FIT_NONE;
    part_text_addf(native, "decimal(%" PRIu32 ",%" PRIu32 ")%s", column->precision, column->scale,
                   (column->flags & FERRY_COLUMN_UNSIGNED) != 0 ? " unsigned" : "");
    /* MariaDB declares 65 digits for what it computes, and gives up to 81. */
    return column->precision < 65 ? FERRY_FIT_EXACT : FERRY_FIT_CHECKED;
}

/* The smallest of a family of four that holds so many bytes. */
static void map_family(uint64_t bytes, const char *what, struct part_text *native)
{
    part_text_addf(native, "%s%s",
                   bytes <= 255        ? "tiny"
                   : bytes <= 65535    ? ""
                   : bytes <= 16777215 ? "medium"
                                       : "long",
                   what);
}

static uint32_t map_text(const struct mydrv_abilities *can, const struct ferry_column *column,
                         struct part_text *native)
{
    (void)can;
    bool is_long = (column->flags & FERRY_COLUMN_LONG) != 0;
    if (column->length == 0 || column->length > UINT32_MAX) {
        part_text_add(native, "longtext");
        return is_long ? FERRY_FIT_EXACT : FERRY_FIT_WIDER;
    }
    if (is_long) { /* the family counts bytes, in the source's character set */
        map_family(column->length, "text", native);
        return FERRY_FIT_EXACT;
    }
    if ((column->flags & FERRY_COLUMN_FIXED) != 0 && column->length <= 255) {
        part_text_addf(native, "char(%" PRIu64 ")", column->length);
        return FERRY_FIT_EXACT;
    }
    if (column->length <= MAP_VARCHAR_MAX) {
        part_text_addf(native, "varchar(%" PRIu64 ")", column->length);
        return FERRY_FIT_EXACT;
    }
    map_family(column->length * MAP_UTF8_BYTES, "text", native);
    return FERRY_FIT_WIDER;
}

static uint32_t map_bytes(const struct mydrv_abilities *can, const struct ferry_column *column,
                          struct part_text *native)
{
    (void)can;
    bool is_long = (column->flags & FERRY_COLUMN_LONG) != 0;
    if (column->length == 0 || is_long) {
        map_family(column->length == 0 ? UINT64_MAX : column->length, "blob", native);
        return is_long ? FERRY_FIT_EXACT : FERRY_FIT_WIDER;
    }
    if (column->length > MAP_VARBINARY_MAX) {
        map_family(column->length, "blob", native);
        return FERRY_FIT_WIDER;
    }
    bool is_fixed = (column->flags & FERRY_COLUMN_FIXED) != 0 && column->length <= 255;
    part_text_addf(native, "%sbinary(%" PRIu64 ")", is_fixed ? "" : "var", column->length);
    return FERRY_FIT_EXACT;
}

static uint32_t map_fraction(const char *name, const struct ferry_column *column,
                             struct part_text *native)
{
    if (column->scale > 6)
        return FERRY_FIT_NONE;
    part_text_add(native, name);
    if (column->scale > 0)
        part_text_addf(native, "(%" PRIu32 ")", column->scale);
    return FERRY_FIT_EXACT;
}

static uint32_t map_time(const struct mydrv_abilities *can, const struct ferry_column *column,
                         struct part_text *native)
{
    uint32_t fit = map_fraction("time", column, native);
    return fit == FERRY_FIT_EXACT && column->scale > 0 && !can->mariadb ? FERRY_FIT_CHECKED : fit;
}

static uint32_t map_datetime(const struct mydrv_abilities *can, const struct ferry_column *column,
                             struct part_text *native)
{
    (void)can;
    if ((column->flags & FERRY_COLUMN_UTC) == 0)
        return map_fraction("datetime", column, native);
    /* Servers differ in how far their TIMESTAMP reaches (2038, 2106). */
    uint32_t fit = map_fraction("timestamp", column, native);
    return fit == FERRY_FIT_EXACT ? FERRY_FIT_CHECKED : fit;
}

static uint32_t map_bit(const struct mydrv_abilities *can, const struct ferry_column *column,
                        struct part_text *native)
{
    (void)can;
    part_text_addf(native, "bit(%" PRIu32 ")", column->bits);
    return FERRY_FIT_EXACT;
}

static uint32_t map_members(const struct mydrv_abilities *can, const struct ferry_column *column,
                            struct part_text *native)
{
    PART_AUTO_TEXT struct part_text list = {0};
    PART_AUTO_TEXT struct part_text member = {0};
    const char *at = column->members == NULL ? "" : column->members;
    const char *end = at + strlen(at);
    while (mydrv_member_next(&at, end, false, &member))
        mydrv_member_add(&list, &member);
    native->failed = native->failed || list.failed || member.failed;
    if (list.length == 0 || at != end) /* an expression, whose members nobody knows */
        return map_text(can, column, native) == FERRY_FIT_NONE ? FERRY_FIT_NONE : FERRY_FIT_WIDER;
    part_text_addf(native, "%s(", column->type == FERRY_TYPE_ENUM ? "enum" : "set");
    part_text_append(native, list.data, list.length);
    part_text_add(native, ")");
    /* An ENUM of the source may hold its error value too. */
    return column->type == FERRY_TYPE_ENUM ? FERRY_FIT_CHECKED : FERRY_FIT_EXACT;
}

static uint32_t map_json(const struct mydrv_abilities *can, const struct ferry_column *column,
                         struct part_text *native)
{
    (void)column;
    part_text_add(native, can->mariadb ? "longtext" : "json");
    return FERRY_FIT_CHECKED;
}

static uint32_t map_uuid(const struct mydrv_abilities *can, const struct ferry_column *column,
                         struct part_text *native)
{
    (void)column;
    part_text_add(native, can->uuid ? "uuid" : "char(36)");
    return can->uuid ? FERRY_FIT_EXACT : FERRY_FIT_WIDER;
}

static uint32_t map_inet4(const struct mydrv_abilities *can, const struct ferry_column *column,
                          struct part_text *native)
{
    (void)column;
    part_text_add(native, can->inet4 ? "inet4" : "varchar(15)");
    return can->inet4 ? FERRY_FIT_EXACT : FERRY_FIT_WIDER;
}

static uint32_t map_inet6(const struct mydrv_abilities *can, const struct ferry_column *column,
                          struct part_text *native)
{
    (void)column;
    part_text_add(native, can->inet6 ? "inet6" : "varchar(45)");
    return can->inet6 ? FERRY_FIT_EXACT : FERRY_FIT_WIDER;
}

static uint32_t map_geometry(const struct mydrv_abilities *can, const struct ferry_column *column,
                             struct part_text *native)
{
    struct mydrv_type type;
    const char *name = column->subtype == NULL ? "geometry" : column->subtype;
    if (!mydrv_type_parse(name, &type) || type.kind != MYDRV_KIND_GEOMETRY)
        return FERRY_FIT_NONE;
    (void)mydrv_type_spell(&type, can->mariadb, native);
    return FERRY_FIT_CHECKED;
}

static uint32_t map_vector(const struct mydrv_abilities *can, const struct ferry_column *column,
                           struct part_text *native)
{
    if (column->length == 0 || column->length > MAP_VARCHAR_MAX) {
        part_text_add(native, "longblob");
        return FERRY_FIT_WIDER;
    }
    if (can->vector)
        part_text_addf(native, "vector(%" PRIu64 ")", column->length);
    else
        part_text_addf(native, "varbinary(%" PRIu64 ")", column->length * 4);
    return !can->vector ? FERRY_FIT_WIDER : can->mariadb ? FERRY_FIT_CHECKED : FERRY_FIT_EXACT;
}

/* As CREATE TABLE ... AS SELECT NULL has it: a column that holds nothing. */
static uint32_t map_any(const struct mydrv_abilities *can, const struct ferry_column *column,
                        struct part_text *native)
{
    (void)can;
    if ((column->flags & FERRY_COLUMN_ONLY_NULL) == 0)
        return FERRY_FIT_NONE;
    part_text_add(native, "binary(0)");
    return FERRY_FIT_EXACT;
}

static const struct map {
    uint32_t type;
    const char *native; /* where there is only one */
    uint32_t (*make)(const struct mydrv_abilities *can, const struct ferry_column *column,
                     struct part_text *native);
    const char *note; /* where the fit is not EXACT */
} maps[] = {
    {FERRY_TYPE_BOOL, "tinyint(1)", NULL, NULL},
    {FERRY_TYPE_INT, NULL, map_int, NULL},
    {FERRY_TYPE_FLOAT, NULL, map_float, "an infinite number, or NaN, ends the load"},
    {FERRY_TYPE_DECIMAL, NULL, map_decimal, "more digits than this server has"},
    {FERRY_TYPE_TEXT, NULL, map_text, NULL},
    {FERRY_TYPE_BYTES, NULL, map_bytes, NULL},
    {FERRY_TYPE_DATE, "date", NULL, NULL},
    {FERRY_TYPE_TIME, NULL, map_time, "more fraction digits than this server has"},
    {FERRY_TYPE_DATETIME, NULL, map_datetime,
     "a moment outside of the server's TIMESTAMP ends the load"},
    {FERRY_TYPE_YEAR, "year", NULL, NULL},
    {FERRY_TYPE_ANY, NULL, map_any,
     "a column of this server has one type; name it (columns of a job, --column of copy)"},
    {FERRY_TYPE_BIT, NULL, map_bit, NULL},
    {FERRY_TYPE_JSON, NULL, map_json, NULL},
    {FERRY_TYPE_ENUM, NULL, map_members, "the members are not known"},
    {FERRY_TYPE_SET, NULL, map_members, "the members are not known"},
    {FERRY_TYPE_UUID, NULL, map_uuid, "this server has no UUID type"},
    {FERRY_TYPE_INET4, NULL, map_inet4, "this server has no INET4 type"},
    {FERRY_TYPE_INET6, NULL, map_inet6, "this server has no INET6 type"},
    {FERRY_TYPE_GEOMETRY, NULL, map_geometry, "a shape that this server refuses ends the load"},
    {FERRY_TYPE_VECTOR, NULL, map_vector, "this server has no such VECTOR type"},
};

static const char *map_note(const struct mydrv_abilities *can, const struct map *map, uint32_t fit)
{
    if (map->type == FERRY_TYPE_JSON)
        return can->mariadb
                   ? "a document that JSON_VALID of this server refuses ends the load; type "
                     "= \"mediumtext\" keeps the text"
                   : "a document that this server would print in another way ends the "
                     "load; type = \"longtext\" keeps the text";
    if (map->type == FERRY_TYPE_TIME && fit == FERRY_FIT_CHECKED)
        return "a fraction above 838:59:59, which MariaDB has, ends the load";
    if (map->type == FERRY_TYPE_ENUM && fit == FERRY_FIT_CHECKED)
        return "a text that is no member, as the error value of an ENUM, ends the load";
    if (map->type == FERRY_TYPE_VECTOR && fit == FERRY_FIT_CHECKED) /* MariaDB 11.8 */
        return "a vector whose squares have a sum that no single holds ends the load";
    return fit == FERRY_FIT_EXACT ? NULL : map->note;
}

/* Wishes that are about numbers in SQLite mean the same here, where they mean anything. */
static bool map_wished(const struct mydrv_abilities *can, const struct ferry_column *column,
                       const struct ferry_wish *wish, struct part_text *native)
{
    struct mydrv_type type;
    if (wish->type != NULL) {
        bool known = mydrv_type_parse(wish->type, &type);
        if (known && type.kind == MYDRV_KIND_JSON && can->mariadb) /* another name of it there */
            known = mydrv_type_parse("longtext", &type);
        if (known)
            return mydrv_type_spell(&type, can->mariadb, native);
    } else if (column->type == FERRY_TYPE_DECIMAL && wish->decimal == FERRY_DECIMAL_REAL) {
        part_text_add(native, "double");
        return true;
    } else if (column->type == FERRY_TYPE_DECIMAL && wish->decimal == FERRY_DECIMAL_TEXT) {
        part_text_addf(native, "varchar(%" PRIu32 ")", column->precision + 3);
        return true;
    }
    return false;
}

uint32_t mydrv_map_type(const struct mydrv_abilities *can, const struct ferry_column *column,
                        const struct ferry_wish *wish, struct part_text *native,
                        const char **ret_note)
{
    *ret_note = NULL;
    if (map_wished(can, column, wish, native)) {
        *ret_note = "the type that the job wishes; a value that does not fit ends the load";
        return FERRY_FIT_CHECKED;
    }
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        if (maps[i].type != column->type)
            continue;
        uint32_t fit = maps[i].make != NULL     ? maps[i].make(can, column, native)
                       : maps[i].native != NULL ? FERRY_FIT_EXACT
                                                : FERRY_FIT_NONE;
        if (maps[i].native != NULL)
            part_text_add(native, maps[i].native);
        *ret_note = map_note(can, &maps[i], fit);
        if ((column->flags & FERRY_COLUMN_LOOSE) != 0 && fit <= FERRY_FIT_CHECKED) {
            *ret_note = "the source does not hold its values to this type; one of another kind "
                        "ends the load";
            return FERRY_FIT_CHECKED;
        }
        return fit;
    }
    *ret_note = "a type that this driver does not know";
    return FERRY_FIT_NONE;
}

/* A constant of a column is carried where the server takes it and shows it again as it was. */
static bool map_loses_default(const struct ferry_column *column, const struct part_text *clauses)
{
    bool has_one = column->default_value != NULL || (column->flags & FERRY_COLUMN_DEFAULT_NOW) != 0;
    return has_one && (clauses->data == NULL || (strstr(clauses->data, "DEFAULT ") == NULL &&
                                                 strstr(clauses->data, "AUTO_INCREMENT") == NULL));
}

/* One sentence more. */
static void map_add_note(struct part_text *notes, const char *note)
{
    if (note != NULL && *note != '\0')
        part_text_addf(notes, "%s%s", notes->length > 0 ? "; " : "", note);
}

/* The definition begins with it, where the type has one. */
static ferry_status map_set_charset(const struct part_text *clauses, struct ferry_mapping *mapping,
                                    struct ferry_error *err)
{
    static const char words[] = "CHARACTER SET ";
    char charset[64];
    size_t length = 0;
    if (strncmp(clauses->data, words, sizeof words - 1) != 0)
        return FERRY_OK;
    length = strcspn(clauses->data + sizeof words - 1, " ");
    if (length >= sizeof charset)
        return FERRY_OK;
    memcpy(charset, clauses->data + sizeof words - 1, length);
    charset[length] = '\0';
    return ferry_mapping_set_charset(mapping, charset, err);
}

static ferry_status map_set(struct mydrv_conn *conn, const struct ferry_column *column,
                            uint32_t fit, const struct part_text *native, bool documents,
                            const char *note, struct ferry_mapping *mapping,
                            struct ferry_error *err)
{
    struct mydrv_type type;
    PART_AUTO_TEXT struct part_text clauses = {0};
    PART_AUTO_TEXT struct part_text compared = {0};
    PART_AUTO_TEXT struct part_text notes = {0};
    if (native->failed)
        return mydrv_fail_memory(err);
    ferry_status status =
        ferry_mapping_set(mapping, fit, native->data == NULL ? "" : native->data, note, err);
    if (status != FERRY_OK || fit == FERRY_FIT_NONE)
        return status;
    if (!mydrv_type_parse(native->data, &type))
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: type '%s' is not understood", conn->label,
                          native->data);
    status = mydrv_clauses_choose(conn, column, &type, documents, &clauses, &compared, err);
    map_add_note(&notes, note);
    map_add_note(&notes, compared.data);
    map_add_note(&notes, map_loses_default(column, &clauses) ? "its default is not carried" : NULL);
    if (status == FERRY_OK && (clauses.failed || compared.failed || notes.failed))
        status = mydrv_fail_memory(err);
    if (status == FERRY_OK && notes.length > 0)
        status = ferry_mapping_set(mapping, fit, native->data, notes.data, err);
    if (status == FERRY_OK && clauses.length > 0)
        status = ferry_mapping_set_clauses(mapping, clauses.data, err);
    if (status == FERRY_OK && (column->flags & FERRY_COLUMN_PARTIAL_TEXT) != 0 &&
        (type.kind == MYDRV_KIND_CHAR || type.kind == MYDRV_KIND_TEXT) && clauses.length > 0)
        status = map_set_charset(&clauses, mapping, err);
    if (status == FERRY_OK && mydrv_order_stored(&type, column) != MYDRV_ORDER_NONE)
        status = ferry_mapping_set_ordered(mapping, err);
    return status;
}

ferry_status mydrv_map_column(void *conn, const struct ferry_column *column,
                              const struct ferry_wish *wish, struct ferry_mapping *mapping,
                              struct ferry_error *err)
{
    struct mydrv_conn *c = conn;
    const struct mydrv_abilities can = mydrv_abilities_of(c);
    PART_AUTO_TEXT struct part_text native = {0};
    struct mydrv_type type;
    const char *note = NULL;
    ferry_status status = mydrv_conn_check(c, err);
    if (status != FERRY_OK)
        return status;
    if (!mydrv_name_is_possible(column->name))
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the column's name '%s' has letters that names do not take here "
                          "(beyond U+FFFF); rename it in the view or query (AS)",
                          c->label, column->name);
    if (wish->type != NULL && !mydrv_type_parse(wish->type, &type))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: column '%s': '%s' is no type that dbferry knows of this server; "
                          "write it as in a definition, such as decimal(10,2)",
                          c->label, column->name, wish->type);
    uint32_t fit = mydrv_map_type(&can, column, wish, &native, &note);
    bool documents =
        column->type == FERRY_TYPE_JSON || (wish->type != NULL && type.kind == MYDRV_KIND_JSON);
    return map_set(c, column, fit, &native, documents, note, mapping, err);
}
