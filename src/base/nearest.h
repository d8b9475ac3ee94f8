/* Finds the known name that somebody probably meant. */

#ifndef FERRY_NEAREST_H
#define FERRY_NEAREST_H

#include <stddef.h>

/* Keeps the best of the names offered one by one; start with `wanted` set and the rest zero. */
struct ferry_nearest {
    const char *wanted;
    const char *best; /* the nearest so far, as offered; NULL if none is near enough */
    size_t distance;
};

/* Near enough: at most one edit per three letters, and two for short names. */
void ferry_nearest_offer(struct ferry_nearest *nearest, const char *name);

#endif
