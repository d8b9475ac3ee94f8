/* Character sets, and columns as a server describes them; listed under the file that each function
 * lives in.
 */

#ifndef DBFERRY_MYSQL_TYPES_H
#define DBFERRY_MYSQL_TYPES_H

#include "mysql_driver.h"

/* ---- charset.c: the character sets of both servers ---- */

/* How its texts become UTF-8. */
enum mydrv_charset_kind {
    MYDRV_CHARSET_UTF8,
    MYDRV_CHARSET_ASCII,
    MYDRV_CHARSET_LATIN1, /* Windows's, with U+0081 and so on in its gaps */
    MYDRV_CHARSET_UCS2,
    MYDRV_CHARSET_UTF16,
    MYDRV_CHARSET_UTF16LE,
    MYDRV_CHARSET_UTF32,
    MYDRV_CHARSET_CODES, /* by a table that the server is asked for */
};

struct mydrv_charset {
    const char *name;
    enum mydrv_charset_kind kind;
    unsigned char least, most; /* bytes of a character */
    bool partial;              /* servers let in what UTF-8 cannot bring back */
};

/* The character set of the collation of that number; NULL: not known. */
const struct mydrv_charset *mydrv_charset_of(unsigned collation);
const struct mydrv_charset *mydrv_charset_named(const char *name);

/* ---- codes.c: the characters of one set, as the server itself converts them ---- */

struct mydrv_codes;

/* The table of a set of kind CODES, asked for once for each connection, which it belongs to.  Fails
 * as a question to the server does. */
ferry_status mydrv_codes_get(struct mydrv_conn *conn, const struct mydrv_charset *set,
                             const struct mydrv_codes **ret_codes, struct ferry_error *err);
void mydrv_codes_free(struct mydrv_codes *codes);

/* ---- translate.c: texts of a character set <-> UTF-8 ---- */

/* So many bytes of UTF-8 at most come of `size` bytes; eight are written at once. */
#define MYDRV_TRANSLATE_ROOM(size) (3 * (size) + 8)

/* Write the text in UTF-8 to `room` and return true.  False: from byte `*ret_length` on there is no
 * character of the set, or one that the server would not make of that letter.  `codes` for a set of
 * kind CODES. */
bool mydrv_translate(const struct mydrv_charset *set, const struct mydrv_codes *codes,
                     const unsigned char *text, size_t size, char *room, size_t *ret_length);
/* The other way, for a set of kind CODES, from valid UTF-8, into at most twice as many bytes.
 * False: the set has not all of these letters. */
bool mydrv_translate_back(const struct mydrv_codes *codes, const char *text, size_t size,
                          char *room, size_t *ret_length);
bool mydrv_translate_is_ascii(const unsigned char *text, size_t size);

/* ---- types.c: a column of a result -> the common type descriptor ---- */

/* How one value stands in a row of the binary protocol. */
enum mydrv_codec {
    MYDRV_CODEC_INT8,
    MYDRV_CODEC_UINT8,
    MYDRV_CODEC_INT16,
    MYDRV_CODEC_UINT16,
    MYDRV_CODEC_INT32,
    MYDRV_CODEC_UINT32,
    MYDRV_CODEC_INT64,
    MYDRV_CODEC_FLOAT,
    MYDRV_CODEC_DOUBLE,
    MYDRV_CODEC_STRING,
    MYDRV_CODEC_DATE,
    MYDRV_CODEC_TIME,
    MYDRV_CODEC_DATETIME,
    MYDRV_CODEC_BIT,
    MYDRV_CODEC_NULL, /* not at all */
};

struct mydrv_column {
    struct ferry_column column; /* its strings are these: */
    char *name;
    char *native;
    char *subtype;
    char *charset;
    char *collation;
    char *members;
    char *default_value;
    enum mydrv_codec codec;
    const struct mydrv_charset *set; /* of the texts as they arrive; NULL: no texts */
    const char *recast; /* it can be read only after CAST(... AS this); NULL: as it is */
    bool impossible;    /* while it is described: what it says contradicts itself */
    bool defined;       /* the catalog has it */
    bool in_key;        /* and says that an index begins with it */
};

/* Of a result whose texts come in their own character sets (MYDRV_SESSION_RAW).  `utc` as in
 * struct mydrv_conn.  Fails with SCHEMA, naming column and type, where the type is not carried;
 * `column` is then as it was. */
ferry_status mydrv_column_describe(const MYSQL_FIELD *field, size_t position, bool utc,
                                   struct mydrv_column *column, struct ferry_error *err);
void mydrv_column_clear(struct mydrv_column *column);

/* ---- order.c: in which order a server puts the values of a column ---- */

/* What has to be sorted for rows to come in the order of the core (FERRY_COLUMN_ORDERED). */
enum mydrv_order {
    MYDRV_ORDER_NONE,   /* nothing has that order */
    MYDRV_ORDER_ITSELF, /* the column, and so an index on it */
    MYDRV_ORDER_NUMBER, /* its value as a number */
    MYDRV_ORDER_BYTES,  /* the bytes of its text */
    MYDRV_ORDER_TEXT,   /* the bytes of its text in UTF-8 */
};

/* Of a column of a result. */
enum mydrv_order mydrv_order_of(const struct ferry_column *column);
/* FERRY_COLUMN_ORDERED and so on. */
uint32_t mydrv_order_flags(const struct mydrv_conn *conn, const struct ferry_column *column);
/* Whether local times of the session ascend as the instants do that they stand for. */
bool mydrv_order_has_fixed_zone(const struct mydrv_conn *conn);
struct mydrv_type;
/* Of a column of type `type` in which `source` is stored. */
enum mydrv_order mydrv_order_stored(const struct mydrv_type *type,
                                    const struct ferry_column *source);

/* ---- reference.c: foreign keys ---- */

/* Add those that `definition` (of SHOW CREATE TABLE) names.  A constraint that is not understood is
 * none. */
ferry_status mydrv_references_add(const char *definition, struct ferry_schema *schema,
                                  struct ferry_error *err);

/* ---- definition.c: what a column's definition says, in the words of the server's catalog ---- */

/* Whether `definition` ("int(5) unsigned", "enum('a','b')") is one of what the result describes. */
bool mydrv_definition_agrees(const char *definition, const struct ferry_column *column);
/* The digits that an INT of this definition is shown with; 0 where there is nothing special. */
uint64_t mydrv_definition_width(const char *definition, const struct ferry_column *column);
/* The dimensions of a VECTOR; 0 for other types. */
uint64_t mydrv_definition_dimensions(const char *definition);
/* "point", ... for a geometric type; NULL for any geometry. */
const char *mydrv_definition_subtype(const char *definition);
/* The members of an ENUM or SET as struct ferry_column has them, to be freed; NULL where they are
 * not understood.  False if out of memory. */
bool mydrv_definition_members(const char *definition, char **ret_members);

enum mydrv_default {
    MYDRV_DEFAULT_NONE,
    MYDRV_DEFAULT_CONSTANT, /* `*ret_value` is set, to be freed */
    MYDRV_DEFAULT_NOW,
    MYDRV_DEFAULT_UNKNOWN, /* an expression, or a constant that cannot be given as text */
    MYDRV_DEFAULT_NO_MEMORY,
};

/* `text` is the catalog's COLUMN_DEFAULT or NULL; with `quoted` (MariaDB since 10.2.7) it has the
 * form of SQL, else constants stand bare.  `extra` is the catalog's EXTRA. */
enum mydrv_default mydrv_definition_default(const char *text, size_t length, const char *extra,
                                            bool quoted, const struct ferry_column *column,
                                            char **ret_value);
bool mydrv_definition_is_generated(const char *extra);
bool mydrv_definition_is_invisible(const char *extra);
/* The invisible key that a server adds to a table that has none. */
bool mydrv_definition_is_servers_key(const char *name, const char *extra);
bool mydrv_definition_numbers_itself(const char *extra);
/* ON UPDATE CURRENT_TIMESTAMP */
bool mydrv_definition_follows_updates(const char *extra);
/* FERRY_COLUMN_ flags of a collation.  `pad` is its PAD_ATTRIBUTE, or NULL where the server has
 * none and the name alone tells. */
uint32_t mydrv_collation_flags(const char *collation, const char *pad);
/* Whether no text of the character set can have letters beyond utf8mb3, which the catalog shows as
 * question marks. */
bool mydrv_charset_is_small(const char *charset);

#define MYDRV_NATIVE_MEMBERS 100 /* longer lists of members are left out of `native` */

/* ---- format.c: dates and times as text ---- */

#define MYDRV_DATE_ROOM 10     /* 2024-02-29 */
#define MYDRV_DATETIME_ROOM 26 /* 2024-02-29 23:59:59.999999 */
#define MYDRV_TIME_ROOM 17     /* -838:59:59.999999 */

/* `wire` is the value without its length byte, `scale` (0 to 6) the fraction digits to print.  Each
 * returns the length of the text, or 0 if no server would send such a value. */
size_t mydrv_format_date(const unsigned char *wire, size_t size, char *room);
size_t mydrv_format_datetime(const unsigned char *wire, size_t size, unsigned scale, char *room);
size_t mydrv_format_time(const unsigned char *wire, size_t size, unsigned scale, char *room);

#endif /* DBFERRY_MYSQL_TYPES_H */
