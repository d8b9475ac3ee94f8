/* A mapping: the target's answer for one column. */

#ifndef FERRY_MAPPING_H
#define FERRY_MAPPING_H

#include <stdbool.h>

#include "base/error.h"

/* Start as {0}. */
struct ferry_mapping {
    char *native;
    char *clauses; /* or NULL: none */
    char *note;    /* or NULL */
    char *charset; /* in which a new table stores it, or NULL */
    uint32_t fit;
    bool set;
    bool ordered; /* stored rows can be scanned in its order, and found by it */
};

/* Frees what it holds and makes it empty. */
void ferry_mapping_done(struct ferry_mapping *mapping);

/* The note becomes both texts, "first; then".  NULL, for one of them: there is none; either may be
 * the note as it is.  On failure it stays. */
ferry_status ferry_mapping_join_note(struct ferry_mapping *mapping, const char *first,
                                     const char *then, struct ferry_error *error);

#endif
