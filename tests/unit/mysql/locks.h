/* Locks that know who holds them: a lock that is held already, or let go by another thread, ends
 * the program.  For a test that includes a file of the driver behind this one. */

#ifndef FERRY_UNIT_MYSQL_LOCKS_H
#define FERRY_UNIT_MYSQL_LOCKS_H

#include <pthread.h>

static int locks, conditions; /* that are there */

static int checked_init(pthread_mutex_t *lock, const void *none)
{
    pthread_mutexattr_t kind;
    assert_null(none);
    locks++;
    (void)pthread_mutexattr_init(&kind);
    (void)pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    return pthread_mutex_init(lock, &kind);
}

static int checked_destroy(pthread_mutex_t *lock)
{
    locks--;
    return pthread_mutex_destroy(lock);
}

static int checked_lock(pthread_mutex_t *lock)
{
    return pthread_mutex_lock(lock) == 0 ? 0 : (abort(), 0);
}

static int checked_unlock(pthread_mutex_t *lock)
{
    return pthread_mutex_unlock(lock) == 0 ? 0 : (abort(), 0);
}

static int checked_cond_init(pthread_cond_t *condition, const void *none)
{
    assert_null(none);
    conditions++;
    return pthread_cond_init(condition, NULL);
}

static int checked_cond_destroy(pthread_cond_t *condition)
{
    conditions--;
    return pthread_cond_destroy(condition);
}

static int checked_wait(pthread_cond_t *condition, pthread_mutex_t *lock)
{
    return pthread_cond_wait(condition, lock) == 0 ? 0 : (abort(), 0);
}

#define pthread_mutex_init checked_init
#define pthread_mutex_destroy checked_destroy
#define pthread_mutex_lock checked_lock
#define pthread_mutex_unlock checked_unlock
#define pthread_cond_init checked_cond_init
#define pthread_cond_destroy checked_cond_destroy
#define pthread_cond_wait checked_wait

#endif
