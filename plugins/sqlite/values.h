/* How values are stored, and found again: types, conversions, and the values themselves. */

#ifndef DBFERRY_SQLITE_VALUES_H
#define DBFERRY_SQLITE_VALUES_H

#include "sqlite_driver.h"

struct sqldrv_column;

/* ---- types.c: declared types, both ways ---- */

/* Fill the type of a source column from its declared type (NULL: an expression). */
void sqldrv_type_describe(const char *declared, struct ferry_column *column);

/* How a cell is handed to SQLite, and found again. */
enum sqldrv_convert {
    SQLDRV_CONVERT_INT,
    SQLDRV_CONVERT_INT_TEXT,
    SQLDRV_CONVERT_INT_REAL,
    SQLDRV_CONVERT_UNSIGNED,
    SQLDRV_CONVERT_UNSIGNED_TEXT,
    SQLDRV_CONVERT_UNSIGNED_REAL,
    SQLDRV_CONVERT_FLOAT,
    SQLDRV_CONVERT_DECIMAL,         /* at most 15 digits, as REAL */
    SQLDRV_CONVERT_DECIMAL_CHECKED, /* any number of digits, as REAL if they survive */
    SQLDRV_CONVERT_TEXT,
    SQLDRV_CONVERT_TEXT_BLOB,
    SQLDRV_CONVERT_BYTES,
    SQLDRV_CONVERT_BYTES_TEXT,
    SQLDRV_CONVERT_ANY,
    /* Under NUMERIC affinity, in a table of somebody's own: */
    SQLDRV_CONVERT_DECIMAL_NUMBER, /* as an integer where it is whole, else as REAL if all digits
                                      survive */
    SQLDRV_CONVERT_TEXT_NO_NUMBER, /* a text that is no number */
};

struct sqldrv_type_rule {
    uint32_t type;      /* FERRY_TYPE_ */
    uint32_t sign;      /* FERRY_COLUMN_UNSIGNED or 0; only for INT */
    uint32_t size_from; /* bits of INT, FLOAT and BIT, digits of DECIMAL; else 0 */
    uint32_t size_to;
    const char *native;
    uint32_t fit;
    enum sqldrv_convert convert;
    const char *note;
};

/* The rule for a source column under a wish (or NULL for none); NULL if it cannot be stored so.  It
 * depends on nothing else: loading, reading back and the metadata rely on that. */
const struct sqldrv_type_rule *sqldrv_type_rule(const struct ferry_column *column,
                                                const struct ferry_wish *wish);
/* 1 if a cell of this type points to a text or bytes. */
bool sqldrv_type_is_pointer(uint32_t type);
/* 1 if cells of another kind than the type's are stored as they are. */
bool sqldrv_type_is_loose(const struct ferry_column *column, const struct sqldrv_type_rule *rule);
ferry_status sqldrv_map_column(void *conn, const struct ferry_column *column,
                               const struct ferry_wish *wish, struct ferry_mapping *mapping,
                               struct ferry_error *err);

/* ---- clauses.c: what a definition says behind the type ---- */

/* Append the clauses of a column, and notes about what they do not say. */
void sqldrv_clauses_describe(const struct ferry_column *column, const struct sqldrv_type_rule *rule,
                             sqlite3_str *clauses, sqlite3_str *notes);
/* 1 if the column is declared as the primary key, and so stands for the rowid. */
bool sqldrv_clauses_make_rowid(const struct ferry_column *column,
                               const struct sqldrv_type_rule *rule);
/* The constant that a DEFAULT clause says, from malloc; NULL if it says none.  SQLITE_MISMATCH: it
 * says something else. */
int sqldrv_clauses_constant(const char *sql, char **ret_constant);
/* What we would say of a column that is as this one, from malloc; NULL if out of memory. */
char *sqldrv_clauses_of_table(const struct sqldrv_column *column, bool sole_key);
/* Append one sentence, by the rules of sqlite3_mprintf. */
void sqldrv_note_add(sqlite3_str *notes, const char *format, ...);

/* ---- affinity.c: what SQLite converts while it stores ---- */

enum sqldrv_affinity {
    SQLDRV_AFFINITY_NONE,
    SQLDRV_AFFINITY_INTEGER,
    SQLDRV_AFFINITY_REAL,
    SQLDRV_AFFINITY_TEXT,
    SQLDRV_AFFINITY_NUMERIC,
};

/* Of a declared type. */
enum sqldrv_affinity sqldrv_affinity_of(const char *native);
/* 1 if a column of a numeric affinity would store the text as a number. */
bool sqldrv_affinity_is_number(const char *text, size_t length);
/* 1 if a cell with a kind is stored as it is. */
bool sqldrv_affinity_keeps(enum sqldrv_affinity affinity, const struct ferry_cell *cell);

/* ---- hold.c: how a column that is there holds the source's values ---- */

struct sqldrv_hold {
    enum sqldrv_convert convert;
    enum sqldrv_affinity affinity;
    uint32_t fit;
    const char *note;
    bool loose; /* cells of another kind than the type's are stored as they are */
};

/* False if a column that is declared so does not hold such values.  For the types of types.c it is
 * what these say. */
bool sqldrv_hold_choose(const struct ferry_column *column, const char *declared,
                        struct sqldrv_hold *ret_hold);
ferry_status sqldrv_hold_column(void *conn, const struct ferry_column *existing,
                                const struct ferry_column *column, const struct ferry_wish *wish,
                                struct ferry_mapping *mapping, struct ferry_error *err);

/* ---- give.c: a cell as the result of an SQL function ---- */

/* What becomes of the cells of one column. */
struct sqldrv_give {
    enum sqldrv_convert convert;
    enum sqldrv_affinity affinity;
    uint32_t scale;
    bool kinds; /* cells may say their own kind */
    bool utf16; /* how the file stores text */
};

/* Each returns NULL, or why the value cannot be stored as it is. */
const char *sqldrv_give_float(sqlite3_context *context, double value);
const char *sqldrv_give_text(sqlite3_context *context, const struct sqldrv_give *rule,
                             const struct ferry_cell *cell);
/* A cell that says its own kind. */
const char *sqldrv_give_kind(sqlite3_context *context, const struct sqldrv_give *rule,
                             const struct ferry_cell *cell);
/* A cell whose conversion somebody has wished for. */
const char *sqldrv_give_wished(sqlite3_context *context, const struct sqldrv_give *rule,
                               const struct ferry_cell *cell);

/* ---- stored.c: a stored value as a cell of the source's column ---- */

/* How the values of one column are turned back. */
struct sqldrv_stored {
    const struct ferry_column *column; /* of the source, alive as long as this */
    enum sqldrv_convert convert;
    bool loose; /* a value that is no such cell is given with its kind */
    bool raw;   /* a text is given as its bytes; set by whoever reads a source */
};

#define SQLDRV_STORED_ROOM 256

/* The storage class that a conversion leaves behind; 0: any. */
int sqldrv_stored_class(enum sqldrv_convert convert);
/* `wish` is what was wished for, or names the declared type under which the values are stored.
 * False if such a column is not stored at all. */
bool sqldrv_stored_prepare(const struct ferry_column *column, const struct ferry_wish *wish,
                           struct sqldrv_stored *ret_stored);
/* Fill a zeroed cell.  Its text or bytes lie in `value`, and live until the statement goes on, or
 * in `room`, which has SQLDRV_STORED_ROOM bytes for each cell that is in use.  SQLITE_MISMATCH: it
 * is no value of this column, `*ret_why` (in `room`, or static) says why; else SQLITE_OK or
 * SQLITE_NOMEM. */
int sqldrv_stored_cell(const struct sqldrv_stored *stored, sqlite3_value *value, char *room,
                       struct ferry_cell *cell, const char **ret_why);

/* ---- possible.c: what a column of a definition cannot have held ---- */

/* NULL, or why the source of such a column can never have given this value; the cell has the form
 * of its type and is not NULL. */
typedef const char *(*sqldrv_possible)(const struct ferry_column *column,
                                       const struct ferry_cell *cell);
/* NULL where each value that has the type's form is possible. */
sqldrv_possible sqldrv_possible_choose(const struct ferry_column *column);

/* ---- utf16.c: texts of a file that stores them as UTF-16 ---- */

enum sqldrv_order { SQLDRV_ORDER_NONE, SQLDRV_ORDER_LITTLE, SQLDRV_ORDER_BIG }; /* NONE: UTF-8 */

int sqldrv_utf16_order(sqlite3 *db, enum sqldrv_order *ret_order);
/* The bytes of a TEXT as they are stored; before anything else is asked of the value. */
const unsigned char *sqldrv_utf16_bytes(sqlite3_value *value, size_t *ret_size);
/* Whether each half of a letter has its other half. */
bool sqldrv_utf16_is_whole(const unsigned char *text, size_t size, enum sqldrv_order order);

/* ---- decimal.c: the text of a decimal as a double, and back ---- */

#define SQLDRV_DECIMAL_ROOM 256

/* Convert [-]digits[.digits], at most 15 significant digits, correctly rounded; 0 if `text` is not
 * that.  -0 becomes 0. */
int sqldrv_decimal_to_double(const char *text, size_t length, double *ret_value);
/* The same for any number of digits, with `scale` of them after the point; 0 also if not all of
 * them come back out of the double. */
int sqldrv_decimal_to_double_checked(const char *text, size_t length, uint32_t scale,
                                     double *ret_value);
/* Print the decimal of `scale` digits after the point whose double this is into SQLDRV_DECIMAL_ROOM
 * bytes; its length, or 0 if there is none. */
size_t sqldrv_decimal_print(double value, uint32_t scale, char *room);
/* The same of an integer. */
size_t sqldrv_decimal_print_whole(int64_t value, uint32_t scale, char *room);
/* 1 if the text is a number without a fraction ("12", "12.00") that an integer holds. */
bool sqldrv_decimal_to_whole(const char *text, size_t length, int64_t *ret_value);
/* 1 if the text is [-]digits[.digits] with `scale` digits after the point.  How many stand before
 * it is not asked: expressions of MariaDB have more than they say. */
bool sqldrv_decimal_is_text(const char *text, size_t length, uint32_t scale);

#endif /* DBFERRY_SQLITE_VALUES_H */
