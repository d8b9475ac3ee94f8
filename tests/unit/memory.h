/* Allocations that fail, one after the other; for programs that include unit.h and are linked with
 * --wrap for every function that allocates. */

#ifndef FERRY_UNIT_MEMORY_H
#define FERRY_UNIT_MEMORY_H

/* The allocation that fails counts down to 0; -1: none does. */
static _Atomic long left = -1;

static inline bool allocation_fails(void)
{
    return left >= 0 && atomic_fetch_sub(&left, 1) == 0;
}

struct XXH3_state_s *__real_XXH3_createState(void);
struct XXH3_state_s *__wrap_XXH3_createState(void);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

struct XXH3_state_s *__wrap_XXH3_createState(void)
{
    return allocation_fails() ? NULL : __real_XXH3_createState();
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return allocation_fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return allocation_fails() ? NULL : __real_strndup(text, size);
}

/* Does the work again and again, and lets one allocation after the other fail.  It ends with the
 * round in which none was left to fail; that one must succeed. */
static inline void torture(ferry_status (*work)(struct ferry_error *error))
{
    for (long failing = 0; failing < 10000; failing++) {
        struct ferry_error error = {0};
        left = failing;
        ferry_status status = work(&error);
        bool reached = left < 0;
        left = -1;
        if (status != FERRY_OK && status != FERRY_ERR_SYSTEM)
            fail_msg("without allocation %ld: %d %s", failing, status,
                     error.message == NULL ? "" : error.message);
        assert_int_equal(status, error.status);
        if (status != FERRY_OK)
            assert_non_null(error.message);
        ferry_error_clear(&error);
        if (!reached) {
            assert_int_equal(status, FERRY_OK);
            assert_true(failing > 0);
            return;
        }
    }
    fail_msg("there is no end to the allocations");
}

#endif
