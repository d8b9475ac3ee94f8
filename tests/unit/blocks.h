/* How many blocks of memory are in use, in the whole program: what is lost shows without a
 * sanitizer, which brings an allocator of its own and counts by itself. */

#ifndef FERRY_UNIT_BLOCKS_H
#define FERRY_UNIT_BLOCKS_H

#include <stdatomic.h>
#include <stdlib.h>

#if defined __GLIBC__ && !defined FERRY_SANITIZED

static atomic_long blocks_in_use;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *block);

/* These stand before the C library's, also for what it calls itself. */
void *malloc(size_t size)
{
    void *block = __libc_malloc(size);
    blocks_in_use += block != NULL ? 1 : 0;
    return block;
}

void *calloc(size_t count, size_t size)
{
    void *block = __libc_calloc(count, size);
    blocks_in_use += block != NULL ? 1 : 0;
    return block;
}

void *realloc(void *old, size_t size)
{
    void *block = __libc_realloc(old, size);
    blocks_in_use += old == NULL && block != NULL ? 1 : 0;
    return block;
}

void free(void *block)
{
    blocks_in_use -= block != NULL ? 1 : 0;
    __libc_free(block);
}

#else

static long blocks_in_use;

#endif

#endif
