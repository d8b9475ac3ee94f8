/* Tests of the sqlite driver's connect.c: memory that is not there, and that none is left of a
 * connection.
 *
 * Linked with --wrap for the calls that fail here when they are told to. */

#include "blocks.h"
#include "connect.h"

#include <errno.h>
#include <grp.h>

/* ---- Calls that fail ---- */

enum failing { NONE, CALLOC, REALLOC, STRDUP, ASPRINTF, MUTEX };

static enum failing failing;
static size_t successes; /* of those calls, before the one that fails */
static bool many;        /* of the group's members are more than the first buffer has room for */

static int reset(void **state)
{
    (void)state;
    failing = NONE;
    successes = 0;
    many = false;
    return 0;
}

static bool fails(enum failing call)
{
    if (call != failing)
        return false;
    if (successes > 0) {
        successes--;
        return false;
    }
    failing = NONE;
    errno = ENOMEM;
    return true;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **ret_text, const char *format, ...) FERRY_PRINTF(2, 3);
int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...) FERRY_PRINTF(3, 4);
int __real_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes);
int __real_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **found);
int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **found);
int __real_close(int fd);
int __wrap_close(int fd);

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(CALLOC) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(REALLOC) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails(STRDUP) ? NULL : __real_strdup(text);
}

int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    if (fails(ASPRINTF))
        return -1;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return length;
}

/* As which the C library's headers may call it. */
int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...)
{
    (void)flag;
    if (fails(ASPRINTF))
        return -1;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return length;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes)
{
    return fails(MUTEX) ? ENOMEM : __real_pthread_mutex_init(lock, attributes);
}

int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **found)
{
    if (!many)
        return __real_getgrnam_r(name, entry, buffer, size, found);
    *found = NULL;
    return ERANGE;
}

int __wrap_close(int fd)
{
    assert_true(fd >= 0);
    return __real_close(fd);
}

/* ---- A connection ---- */

/* Each way to end a connection that was begun. */
static void test_memory(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *there = make_database(folder, "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
    const char *const good[] = {"path", there, "group", "root", NULL};
    const char *const bad[] = {"path", there, "group", "no such group", NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    (void)connect_as(good, FERRY_ROLE_TARGET, &conn, &error);
    sqldrv_disconnect(conn);
    (void)connect_as(bad, FERRY_ROLE_TARGET, &conn, &error);
    ferry_error_clear(&error);
    long before = blocks_in_use; /* with what the C library keeps */
    (void)connect_as(good, FERRY_ROLE_TARGET, &conn, &error);
    assert_no_error(&error);
    sqldrv_disconnect(conn);
    assert_int_equal(blocks_in_use, before);
    (void)connect_as(bad, FERRY_ROLE_TARGET, &conn, &error);
    assert_error(&error, FERRY_ERR_CONFIG, "no group");
    assert_int_equal(blocks_in_use, before);
    failing = MUTEX;
    (void)connect_as(good, FERRY_ROLE_TARGET, &conn, &error);
    assert_error(&error, FERRY_ERR_SYSTEM, "out of memory");
    assert_int_equal(blocks_in_use, before);
    failing = REALLOC; /* for a larger one than the first */
    successes = 1;
    many = true;
    (void)connect_as(good, FERRY_ROLE_TARGET, &conn, &error);
    assert_error(&error, FERRY_ERR_SYSTEM, "out of memory");
    assert_int_equal(blocks_in_use, before);
    free(there);
    remove_folder(folder);
}

static void test_no_memory(void **state)
{
    static const struct {
        enum failing call;
        size_t successes;
    } cases[] = {{CALLOC, 0}, {MUTEX, 0}, {STRDUP, 0}, {STRDUP, 1}, {REALLOC, 0}, {ASPRINTF, 4}};
    char *folder = make_folder();
    char *there = make_database(folder, "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
    const char *const words[] = {"path", there, "group", "root", NULL};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_config *config = make_config(words);
        struct ferry_error error = {0};
        void *conn = NULL;
        (void)reset(state);
        failing = cases[i].call;
        successes = cases[i].successes;
        assert_int_equal(sqldrv_connect(config, FERRY_ROLE_TARGET, &conn, &error),
                         FERRY_ERR_SYSTEM);
        assert_int_equal(failing, NONE);
        assert_error(&error, FERRY_ERR_SYSTEM, "out of memory");
        assert_null(conn);
        assert_null(sqldrv_guards);
        ferry_config_free(config);
    }
    free(there);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_memory, reset),
        cmocka_unit_test_setup(test_no_memory, reset),
    };
    return cmocka_run_group_tests_name("sqlite connect, failures", tests, NULL, NULL);
}
