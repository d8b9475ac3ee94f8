/* Scope-bound cleanup: memory and locks that are released where their variable's scope ends. */

#ifndef FERRY_CLEANUP_H
#define FERRY_CLEANUP_H

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static inline void ferry_cleanup_free(void *pointer)
{
    free(*(void **)pointer);
}

static inline void ferry_cleanup_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static inline void ferry_cleanup_unlock(pthread_mutex_t **mutex)
{
    if (*mutex != NULL)
        (void)pthread_mutex_unlock(*mutex);
}

static inline pthread_mutex_t *ferry_lock(pthread_mutex_t *mutex)
{
    (void)pthread_mutex_lock(mutex);
    return mutex;
}

#define FERRY_AUTO_FREE __attribute__((cleanup(ferry_cleanup_free)))
#define FERRY_AUTO_FD __attribute__((cleanup(ferry_cleanup_fd)))
/* Hold `mutex` until the end of the enclosing scope. */
#define FERRY_LOCK_SCOPE(mutex)                                                                    \
    pthread_mutex_t *ferry_scope_lock __attribute__((cleanup(ferry_cleanup_unlock), unused)) =     \
        ferry_lock(mutex)

#endif
