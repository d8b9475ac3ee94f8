/* A list of short texts that a driver adds to: what would be lost, what would be stale. */

#ifndef FERRY_NOTES_H
#define FERRY_NOTES_H

#include <stddef.h>

#include "base/strbuf.h"

/* Start as {0}. */
struct ferry_notes {
    char **list;
    size_t count;
};

/* Frees all and makes it empty. */
void ferry_notes_done(struct ferry_notes *notes);
/* Appends them with commas between; a long list ends with how many there are more. */
void ferry_notes_add_list(const struct ferry_notes *notes, struct ferry_strbuf *text);

#endif
