/* What a source names of the tables and views that it has. */

#ifndef FERRY_LISTING_H
#define FERRY_LISTING_H

#include "base/error.h"

/* Start as {0}. */
struct ferry_listing {
    struct ferry_listed *list; /* the names are its own */
    size_t count;
};

/* Sorts by name, byte by byte; of a name that is there twice, the name, else NULL. */
const char *ferry_listing_sort(struct ferry_listing *listing);
/* Frees all and makes it empty. */
void ferry_listing_done(struct ferry_listing *listing);

#endif
