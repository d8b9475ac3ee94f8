/* Which types there are, and how their values travel; listed under the file of each function. */

#ifndef DBFERRY_PGSQL_TYPES_H
#define DBFERRY_PGSQL_TYPES_H

#include "pgsql_driver.h"

struct part_text;

/* ---- types.c: types of the server -> the common ones ---- */

/* The binary form in which a value comes. */
enum pgdrv_codec {
    PGDRV_CODEC_TEXT,   /* the bytes are the value */
    PGDRV_CODEC_PADDED, /* the same, with spaces at the end that mean nothing */
    PGDRV_CODEC_JSONB,  /* the same, behind the number of its version */
    PGDRV_CODEC_BOOL,
    PGDRV_CODEC_INT2,
    PGDRV_CODEC_INT4,
    PGDRV_CODEC_INT8,
    PGDRV_CODEC_UINT4,
    PGDRV_CODEC_UINT8,
    PGDRV_CODEC_FLOAT4,
    PGDRV_CODEC_FLOAT8,
    PGDRV_CODEC_NUMERIC,
    PGDRV_CODEC_DATE,
    PGDRV_CODEC_TIME,
    PGDRV_CODEC_TIMESTAMP,
    PGDRV_CODEC_BIT,
    PGDRV_CODEC_UUID,
};

/* What is asked for, of a column. */
enum pgdrv_via {
    PGDRV_VIA_ITSELF,
    PGDRV_VIA_OUTPUT,  /* what the type's output function prints: a cast may be a user's own */
    PGDRV_VIA_NUMERIC, /* a cast to numeric */
};

/* How a scan puts it in order. */
enum pgdrv_order {
    PGDRV_ORDER_NONE,
    PGDRV_ORDER_ITSELF, /* as the server does, and its indexes */
    PGDRV_ORDER_TEXT,   /* as UTF-8, byte by byte */
};

/* What the server's catalog says of the type of one column of a result. */
struct pgdrv_type_facts {
    Oid base;             /* a domain's own type; else the type itself */
    int mod;              /* its typmod, or -1 */
    char kind;            /* typtype: b, c, e, m, p, r */
    const char *name;     /* typname of the base */
    const char *declared; /* "numeric(10,2)", or the domain's name */
    const char *spelled;  /* the same of the base */
    const char *output;   /* "pg_catalog.array_out", quoted as far as needed */
    const char *members;  /* of an enum */
    bool domain;
};

struct pgdrv_column {
    struct ferry_column column; /* whose texts are the ones below */
    char *name, *native, *members, *default_value, *collation, *charset;
    char *output;
    Oid type;
    int mod;
    enum pgdrv_codec codec;
    enum pgdrv_via via;
    enum pgdrv_order order;
    bool is_cast; /* to `native`: enum_out() takes no domain, and no description tells of one */
};

/* Fill in what follows from the type; `column` is zeroed and is to be cleared also after a failure.
 * `money_scale` is how many digits of fraction the server's money has.  Fails with SCHEMA where
 * the type is not one of columns. */
ferry_status pgdrv_column_describe(const struct pgdrv_conn *conn, const char *name,
                                   const struct pgdrv_type_facts *facts, unsigned money_scale,
                                   struct pgdrv_column *column, struct ferry_error *err);
/* Whether it is a numeric of any number of digits, which is carried as text. */
bool pgdrv_column_is_unlimited(const struct pgdrv_column *column);
/* Whether it is carried as the text that the server prints for it, and is no text itself. */
bool pgdrv_column_is_printed(const struct pgdrv_column *column);
/* Whether texts of this collation are in order of their bytes. */
bool pgdrv_collation_is_bytes(const char *name);
void pgdrv_column_clear(struct pgdrv_column *column);
/* Whether its values are texts that the job may want as bytes. */
bool pgdrv_column_is_text(const struct pgdrv_column *column);

/* ---- defaults.c: what the definition of a column says of its default ---- */

enum pgdrv_default {
    PGDRV_DEFAULT_NONE,
    PGDRV_DEFAULT_CONSTANT, /* `*ret_value`, to be freed */
    PGDRV_DEFAULT_NOW,
    PGDRV_DEFAULT_SEQUENCE,
    PGDRV_DEFAULT_UNKNOWN, /* an expression */
    PGDRV_DEFAULT_NO_MEMORY,
};
/* `text` is the expression as the server prints it, or NULL. */
enum pgdrv_default pgdrv_default_read(const char *text, const struct ferry_column *column,
                                      char **ret_value);

/* ---- calendar.c: days and microseconds <-> letters ---- */

#define PGDRV_DATE_ROOM 10     /* YYYY-MM-DD */
#define PGDRV_TIME_ROOM 15     /* HH:MM:SS.ffffff */
#define PGDRV_DATETIME_ROOM 26 /* both, and a space */

/* What no cell can say; NULL: it can. */
const char *pgdrv_date_flaw(int32_t days);
const char *pgdrv_datetime_flaw(int64_t microseconds);
/* Days since 2000-01-01; the value has no flaw. */
void pgdrv_date_format(int32_t days, char *room);
/* Microseconds of a day (24:00:00 too), with `scale` digits of fraction; how many letters, or 0
 * where it is no time or has more digits. */
size_t pgdrv_time_format(int64_t microseconds, unsigned scale, char *room);
/* Microseconds since 2000-01-01; the value has no flaw.  The same otherwise. */
size_t pgdrv_datetime_format(int64_t microseconds, unsigned scale, char *room);
/* "YYYY-MM-DD", "HH:MM:SS[.f]" up to 24:00:00, and both with a space between them; digits behind
 * microseconds are not looked at.  False: no calendar, no day has it. */
bool pgdrv_date_read(const char *data, size_t size, int32_t *ret_days);
bool pgdrv_time_read(const char *data, size_t size, int64_t *ret_microseconds);
bool pgdrv_datetime_read(const char *data, size_t size, int64_t *ret_microseconds);

/* ---- numeric.c: the binary form of numeric <-> digits ---- */

/* What the value is that no decimal can be ("NaN"), or NULL.  `size` is at least 8. */
const char *pgdrv_numeric_flaw(const unsigned char *wire);
/* How much room its digits need at most; 0: it is malformed. */
size_t pgdrv_numeric_room(const unsigned char *wire, size_t size, unsigned scale);
/* How many letters it has, with `scale` digits of fraction; 0 where it has more of them, or is
 * malformed. */
size_t pgdrv_numeric_format(const unsigned char *wire, size_t size, unsigned scale, char *room);
/* Digits that the binary form has room for, which counts groups of four in 16 bits. */
#define PGDRV_NUMERIC_LETTERS_MAX 100000

/* How much room the binary form of so many letters needs at most. */
size_t pgdrv_numeric_wire_room(size_t size);
/* The binary form of "[-]digits[.digits]", or of a word that pgdrv_numeric_flaw() knows, with
 * `scale` digits of fraction at most: those behind them are zeros.  How many bytes; 0: it is none,
 * or too long. */
size_t pgdrv_numeric_write(const char *data, size_t size, unsigned scale, unsigned char *room);

#endif /* DBFERRY_PGSQL_TYPES_H */
