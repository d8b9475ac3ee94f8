/* Copies of structs that a driver has filled in, by another header than ours perhaps. */

#ifndef FERRY_SIZED_H
#define FERRY_SIZED_H

#include <stdbool.h>
#include <stddef.h>

/* The size of `struct name` in the first header of this version, in which `last` was its last
 * member. */
#define FERRY_FIRST_SIZE(name, last)                                                               \
    (offsetof(struct name, last) + sizeof(((struct name *)NULL)->last))

/* What both know of it; the rest of ours is zero.  False if theirs is shorter than `first`, the
 * size in the first header of this version. */
bool ferry_sized_copy(void *ret_copy, size_t size, size_t first, const void *theirs,
                      size_t their_size);

#endif
