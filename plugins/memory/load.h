/* One load, and the stored rows of it or of a table. */

#ifndef FERRY_MEMORY_LOAD_H
#define FERRY_MEMORY_LOAD_H

#include "memory.h"

struct memory_load {
    struct memory_load *next; /* that began before it in the same change */
    struct memory_conn *conn;
    struct memory_table *table;     /* as it will be; of a load of changes once it has ended */
    struct memory_table *old;       /* or NULL: none is there */
    struct memory_changes *changes; /* NULL: the rows are replaced */
    bool *touched;                  /* of a load of changes that has ended: rows of `table` */
    uint64_t before;
    bool locked;
    bool ended;
};

/* ---- stored.c ---- */

ferry_status memory_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err);
ferry_status memory_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void memory_stored_end(void *cursor);

#endif
