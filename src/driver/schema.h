/* The columns of a result, in order, with the keys and indexes of a table. */

#ifndef FERRY_SCHEMA_H
#define FERRY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct ferry_schema_note {
    char *text;
    bool warns;
};

/* Start as {0}. */
struct ferry_schema {
    struct ferry_column *columns; /* their strings belong to the schema */
    size_t count;
    size_t capacity;
    struct ferry_index *indexes; /* the same */
    size_t index_count;
    struct ferry_foreign_key *foreign_keys; /* the same */
    size_t foreign_key_count;
    struct ferry_schema_note *notes; /* sentences for the plan */
    size_t note_count;
    bool unknown; /* some of them are about what the source cannot tell */
};

/* Frees all and makes it empty. */
void ferry_schema_done(struct ferry_schema *schema);

/* Refuses columns whose names are alike, also but for case (ASCII letters, as SQLite compares
 * them), with FERRY_ERR_SCHEMA and the alias that would mend it. */
ferry_status ferry_schema_check_names(const struct ferry_schema *schema, struct ferry_error *error);

/* The column of this very name, or -1. */
ptrdiff_t ferry_schema_find(const struct ferry_schema *schema, const char *name);
/* Or else the first of this name in another case (ASCII letters). */
ptrdiff_t ferry_schema_find_name(const struct ferry_schema *schema, const char *name);

/* 16 hexadecimal digits over the columns in order: names, descriptors, nullability, members,
 * collations and what else says which values there may be and how they compare.  Spelling,
 * defaults, keys, indexes and notes are not part of it.  Equal for equal schemas on every machine
 * and of every version.  `ret_hash` has room for 17 bytes. */
ferry_status ferry_schema_hash(const struct ferry_schema *schema, char ret_hash[17],
                               struct ferry_error *error);

#endif
