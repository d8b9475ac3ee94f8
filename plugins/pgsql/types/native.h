/* Column types of PostgreSQL as a target knows them: their spelling, what they hold, their order;
 * listed under the file that each function lives in.
 */

#ifndef DBFERRY_PGSQL_NATIVE_H
#define DBFERRY_PGSQL_NATIVE_H

#include "pgsql_driver.h"
#include "text.h"

/* ---- spelling.c: types as the server prints them ---- */

enum pgdrv_kind {
    PGDRV_KIND_BOOL,
    PGDRV_KIND_INT2,
    PGDRV_KIND_INT4,
    PGDRV_KIND_INT8,
    PGDRV_KIND_NUMERIC,
    PGDRV_KIND_FLOAT4,
    PGDRV_KIND_FLOAT8,
    PGDRV_KIND_TEXT,
    PGDRV_KIND_VARCHAR,
    PGDRV_KIND_CHAR,
    PGDRV_KIND_BYTEA,
    PGDRV_KIND_DATE,
    PGDRV_KIND_TIME,
    PGDRV_KIND_TIMESTAMP,
    PGDRV_KIND_TIMESTAMPTZ,
    PGDRV_KIND_INTERVAL,
    PGDRV_KIND_BIT,
    PGDRV_KIND_VARBIT,
    PGDRV_KIND_JSON,
    PGDRV_KIND_JSONB,
    PGDRV_KIND_UUID,
    PGDRV_KIND_INET,
};

struct pgdrv_type {
    enum pgdrv_kind kind;
    unsigned count;      /* of the numbers that it has in brackets */
    uint32_t numbers[2]; /* a length, a precision and a scale, digits of a fraction */
};

/* A type as the server prints it, or by one of its other names.  False: it is none that is known
 * here. */
bool pgdrv_type_parse(const char *text, struct pgdrv_type *ret_type);
/* As the server prints it. */
void pgdrv_type_spell(const struct pgdrv_type *type, struct part_text *text);
/* How many digits of a second it keeps. */
uint32_t pgdrv_type_fraction(const struct pgdrv_type *type);

/* ---- holds.c: what a column of a type does to the values of a source column ---- */

/* FERRY_FIT_NONE: it does not hold them.  `*ret_note` is a sentence for the plan, or NULL; it lives
 * as long as the program. */
uint32_t pgdrv_type_holds(const struct pgdrv_type *type, const struct ferry_column *column,
                          const char **ret_note);
/* Whether stored values of the column have the core's order. */
bool pgdrv_type_is_ordered(const struct pgdrv_type *type, const struct ferry_column *column);

/* ---- map.c: the type that a source column gets ---- */

ferry_status pgdrv_map_column(void *conn, const struct ferry_column *column,
                              const struct ferry_wish *wish, struct ferry_mapping *mapping,
                              struct ferry_error *err);
ferry_status pgdrv_hold_column(void *conn, const struct ferry_column *existing,
                               const struct ferry_column *column, const struct ferry_wish *wish,
                               struct ferry_mapping *mapping, struct ferry_error *err);

#endif /* DBFERRY_PGSQL_NATIVE_H */
