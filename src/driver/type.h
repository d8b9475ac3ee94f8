/* The common types: their names, what a descriptor of each may say, and how it is printed. */

#ifndef FERRY_TYPE_H
#define FERRY_TYPE_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "dbferry/driver.h"

/* What a cell of a type carries. */
enum ferry_value {
    FERRY_VALUE_NONE, /* no such type */
    FERRY_VALUE_INT,  /* .i, or .u where the column is unsigned */
    FERRY_VALUE_FLOAT,
    FERRY_VALUE_DECIMAL, /* .p and len: a number in letters */
    FERRY_VALUE_TEXT,    /* .p and len: letters */
    FERRY_VALUE_BYTES,   /* .p and len: none */
    FERRY_VALUE_KIND,    /* each cell says it itself */
};

enum ferry_value ferry_type_value(uint32_t type);
/* Whether integers of the column come as .u. */
bool ferry_type_is_unsigned(const struct ferry_column *column);
/* NULL, or why the descriptor contradicts itself (static text). */
const char *ferry_type_contradiction(const struct ferry_column *column);
/* "int64 unsigned", "decimal(10,2)", "text(40)", "datetime(3) UTC": what plans print and what the
 * schema hash is made of.  Nullability is not part of it. */
void ferry_type_add_descriptor(struct ferry_strbuf *buffer, const struct ferry_column *column);

/* "exact", "wider", "checked", "lossy", "none"; "?" for no fit. */
const char *ferry_fit_name(uint32_t fit);

#endif
