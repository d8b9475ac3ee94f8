/* Column types as definitions of tables spell them, for a target; listed under the file that each
 * function lives in.
 */

#ifndef DBFERRY_MYSQL_NATIVE_H
#define DBFERRY_MYSQL_NATIVE_H

#include "mysql_driver.h"
#include "text.h"

/* ---- spelling.c: column types as definitions spell them ---- */

/* What values are checked against and how they are sent. */
enum mydrv_kind {
    MYDRV_KIND_NONE,
    MYDRV_KIND_INT,
    MYDRV_KIND_FLOAT,
    MYDRV_KIND_DOUBLE,
    MYDRV_KIND_DECIMAL,
    MYDRV_KIND_BIT,
    MYDRV_KIND_YEAR,
    MYDRV_KIND_DATE,
    MYDRV_KIND_TIME,
    MYDRV_KIND_DATETIME,
    MYDRV_KIND_TIMESTAMP,
    MYDRV_KIND_CHAR,
    MYDRV_KIND_TEXT, /* VARCHAR and the TEXT family */
    MYDRV_KIND_BINARY,
    MYDRV_KIND_BYTES, /* VARBINARY and the BLOB family */
    MYDRV_KIND_ENUM,
    MYDRV_KIND_SET,
    MYDRV_KIND_JSON,
    MYDRV_KIND_UUID,
    MYDRV_KIND_INET4,
    MYDRV_KIND_INET6,
    MYDRV_KIND_GEOMETRY,
    MYDRV_KIND_VECTOR,
};

struct mydrv_type {   /* `decimal(10,2) unsigned`, taken apart */
    const char *name; /* lower case; lives as long as the program */
    enum mydrv_kind kind;
    uint32_t bits;       /* INT */
    uint32_t count;      /* how many numbers stand in parentheses: 0, 1, 2 */
    uint64_t numbers[2]; /* length; precision and scale; fraction digits; display width */
    const char *members; /* ENUM, SET: the list, inside of the text that was parsed */
    size_t members_size;
    bool is_unsigned;
    bool zerofill;
};

/* False if `text` is no type of the table. */
bool mydrv_type_parse(const char *text, struct mydrv_type *ret_type);
/* The one spelling that this driver uses: without display widths that say nothing, with members
 * quoted anew. */
bool mydrv_type_spell(const struct mydrv_type *type, bool mariadb, struct part_text *out);
bool mydrv_type_has_charset(const struct mydrv_type *type);
/* Cut the next member out of a list 'a','it''s'.  False at its end, or if it is malformed (then
 * *list is not at its end).  `member` (NULL: nobody asks) gets the text itself, and fails where
 * memory ends.  `escapes`: backslashes escape, as in
 * what servers print and in this driver's spelling. */
bool mydrv_member_next(const char **list, const char *end, bool escapes, struct part_text *member);
/* Add a member to a list in this driver's spelling, behind a comma where there is one before it. */
void mydrv_member_add(struct part_text *out, const struct part_text *member);

/* ---- map.c: the common type descriptor -> a column type of this server ---- */

ferry_status mydrv_map_column(void *conn, const struct ferry_column *column,
                              const struct ferry_wish *wish, struct ferry_mapping *mapping,
                              struct ferry_error *err);
/* What the server at hand has. */
struct mydrv_abilities {
    bool mariadb, uuid, inet4, inet6, vector, invisible;
    unsigned decimal_scale; /* at most */
};
struct mydrv_abilities mydrv_abilities_of(const struct mydrv_conn *conn);
/* The type alone: its spelling goes to `native`.  Returns the fit; `*ret_note` may be set. */
uint32_t mydrv_map_type(const struct mydrv_abilities *can, const struct ferry_column *column,
                        const struct ferry_wish *wish, struct part_text *native,
                        const char **ret_note);

/* ---- clauses.c: what a column's definition says behind its type ---- */

/* All that a clause can say; the words are written in one place and one order. */
struct mydrv_clauses {
    const char *charset, *collation; /* NULL: none */
    const char *default_value;       /* NULL: none */
    uint64_t default_bits;           /* of a BIT, with has_default_bits */
    const char *check_json;          /* MariaDB: the name of the column, or NULL */
    uint32_t srid;
    uint32_t scale; /* of CURRENT_TIMESTAMP */
    bool has_default_bits, has_srid, not_null, explicit_null, default_now, auto_number, mariadb;
    bool invisible;
};
void mydrv_clauses_spell(const struct mydrv_clauses *clauses, struct part_text *out);
/* Whether the server can index a column of this type whole. */
bool mydrv_type_is_key(const struct mydrv_type *type);
/* The clauses for a column of this type; `documents`: it takes JSON alone, whatever the type is.
 * What texts are compared otherwise is added to `note`. */
ferry_status mydrv_clauses_choose(struct mydrv_conn *conn, const struct ferry_column *column,
                                  const struct mydrv_type *type, bool documents,
                                  struct part_text *out, struct part_text *note,
                                  struct ferry_error *err);

/* ---- collation.c: national collations of both servers ---- */

/* The name of the collation of utf8mb4 by which the target, a MariaDB or a MySQL server, compares
 * as `collation` does, and in `note` what differs.  False: it is none of the newer collations, or
 * they have no such language there. */
bool mydrv_collation_translate(const char *charset, const char *collation, bool to_mariadb,
                               struct part_text *name, struct part_text *note);
/* Whether it compares by the rules of a language, or of a character set's own. */
bool mydrv_collation_is_national(const char *charset, const char *collation);

/* ---- hold.c: whether a column that is there holds what is wanted ---- */

/* Whether each value of type `wanted` is one of type `is`. */
bool mydrv_type_holds(const struct mydrv_type *is, const struct mydrv_type *wanted);
ferry_status mydrv_hold_column(void *conn, const struct ferry_column *existing,
                               const struct ferry_column *column, const struct ferry_wish *wish,
                               struct ferry_mapping *mapping, struct ferry_error *err);

#endif /* DBFERRY_MYSQL_NATIVE_H */
