/* Tests of the sqlite driver's connect.c: what its options come to, how it is told to stop, and
 * that its descriptors are closed.
 *
 * Linked with --wrap for the calls whose use is counted. */

#include "connect.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>

/* ---- Calls that are watched ---- */

static pthread_mutex_t *mutex; /* of the connection at hand */
static size_t locks;
static size_t unlocks;
static size_t destroyed;

static size_t group_tries;
static size_t group_needs; /* bytes; 0: the system's own answer */
static size_t group_sizes[16];

static sqlite3 *interrupted[4];
static size_t interrupts;

static size_t lefts; /* how often -wal and -shm were to stay */

static char access_name[64];
static int access_mode;
static int access_flags;

static int reset(void **state)
{
    (void)state;
    mutex = NULL;
    locks = unlocks = destroyed = group_tries = group_needs = interrupts = lefts = 0;
    access_name[0] = '\0';
    access_mode = access_flags = -1;
    return 0;
}

int __real_pthread_mutex_lock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_lock(pthread_mutex_t *lock);
int __real_pthread_mutex_unlock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock);
int __real_pthread_mutex_destroy(pthread_mutex_t *lock);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *lock);
int __real_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **found);
int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **found);
int __real_faccessat(int folder, const char *name, int mode, int flags);
int __wrap_faccessat(int folder, const char *name, int mode, int flags);
int __real_close(int fd);
int __wrap_close(int fd);
void __wrap_sqlite3_interrupt(sqlite3 *db);
void __real_sqldrv_journal_leave(sqlite3 *db);
void __wrap_sqldrv_journal_leave(sqlite3 *db);

int __wrap_pthread_mutex_lock(pthread_mutex_t *lock)
{
    locks += lock == mutex ? 1 : 0;
    return __real_pthread_mutex_lock(lock);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock)
{
    unlocks += lock == mutex ? 1 : 0;
    return __real_pthread_mutex_unlock(lock);
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *lock)
{
    destroyed += lock == mutex ? 1 : 0;
    return __real_pthread_mutex_destroy(lock);
}

int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **found)
{
    assert_true(group_tries < COUNT(group_sizes));
    group_sizes[group_tries++] = size;
    memset(buffer, 'x', size); /* all of it is there */
    if (group_needs == 0)
        return __real_getgrnam_r(name, entry, buffer, size, found);
    *found = NULL;
    if (size < group_needs)
        return ERANGE;
    *entry = (struct group){.gr_gid = 4711};
    *found = entry;
    return 0;
}

int __wrap_faccessat(int folder, const char *name, int mode, int flags)
{
    access_mode = mode;
    access_flags = flags;
    (void)snprintf(access_name, sizeof access_name, "%s", name);
    return __real_faccessat(folder, name, mode, flags);
}

int __wrap_close(int fd)
{
    assert_true(fd >= 0);
    return __real_close(fd);
}

/* Both are told under the lock, so that neither is closed meanwhile. */
void __wrap_sqlite3_interrupt(sqlite3 *db)
{
    assert_non_null(db);
    assert_int_equal(locks, unlocks + 1);
    assert_true(interrupts < COUNT(interrupted));
    interrupted[interrupts++] = db;
}

void __wrap_sqldrv_journal_leave(sqlite3 *db)
{
    lefts++;
    __real_sqldrv_journal_leave(db);
}

/* ---- Options ---- */

#define NEW "/nowhere.db" /* in the test's folder */

static char *folder;
static char *path;

static int make_place(void **state)
{
    folder = make_folder();
    assert_true(asprintf(&path, "%s" NEW, folder) > 0);
    return reset(state);
}

static int remove_place(void **state)
{
    (void)state;
    free(path);
    remove_folder(folder);
    return 0;
}

/* To a file that is not there, as a target. */
static struct sqldrv_conn *connect_new(const char *key, const char *value)
{
    const char *const words[] = {"path", path, key, value, NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    (void)connect_as(words, FERRY_ROLE_TARGET, &conn, &error);
    assert_no_error(&error);
    return conn;
}

static void test_defaults(void **state)
{
    (void)state;
    struct sqldrv_conn *conn = connect_new(NULL, NULL);
    assert_null(conn->db);
    assert_null(conn->stage);
    assert_string_equal(conn->path, path);
    assert_int_equal(conn->role, FERRY_ROLE_TARGET);
    assert_false(conn->looks);
    assert_false(atomic_load(&conn->cancelled));
    assert_int_equal(conn->busy_ms, 5000);
    assert_string_equal(conn->file.journal_mode, "wal");
    assert_false(conn->file.journal_set);
    assert_false(conn->file.mode_set);
    assert_false(conn->file.group_set);
    assert_int_equal(conn->file.page_size, 16384);
    assert_int_equal(group_tries, 0);
    assert_false(is_there(path, "")); /* only a load makes it */
    sqldrv_disconnect(conn);
}

static void test_each_option(void **state)
{
    (void)state;
    struct sqldrv_conn *conn = connect_new("busy_timeout", "90ms");
    assert_int_equal(conn->busy_ms, 90);
    sqldrv_disconnect(conn);
    conn = connect_new("journal_mode", "persist");
    assert_string_equal(conn->file.journal_mode, "persist");
    assert_true(conn->file.journal_set);
    assert_false(conn->file.mode_set);
    sqldrv_disconnect(conn);
    conn = connect_new("file_mode", "0641");
    assert_int_equal(conn->file.mode, 0641);
    assert_true(conn->file.mode_set);
    assert_false(conn->file.journal_set);
    sqldrv_disconnect(conn);
}

static void test_page_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *size;
        long value; /* 0: it is refused */
    } cases[] = {{"512", 512}, {"1K", 1024}, {"64K", 65536}, {"513", 0}, {"1536", 0}, {"65535", 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const words[] = {"path", path, "page_size", cases[i].size, NULL};
        struct ferry_error error = {0};
        struct sqldrv_conn *conn = NULL;
        (void)connect_as(words, FERRY_ROLE_TARGET, &conn, &error);
        if (cases[i].value == 0) {
            assert_error(&error, FERRY_ERR_CONFIG, "is not a power of two from 512 to 65536");
            continue;
        }
        assert_no_error(&error);
        assert_int_equal(conn->file.page_size, cases[i].value);
        sqldrv_disconnect(conn);
    }
}

/* Names that SQLite takes for something else than a file. */
static void test_paths_that_are_no_files(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool in_folder;
        bool refused;
    } cases[] = {{":memory:", false, true},    {"file:x.db", false, true},
                 {":memory:", true, true},     {"file:x?mode", true, true},
                 {"file", true, false},        {"files:x.db", true, false},
                 {":memory:.db", true, false}, {"fil:x.db", true, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char place[PATH_MAX];
        (void)snprintf(place, sizeof place, "%s%s%s", cases[i].in_folder ? folder : "",
                       cases[i].in_folder ? "/" : "", cases[i].name);
        const char *const words[] = {"path", place, NULL};
        struct ferry_error error = {0};
        struct sqldrv_conn *conn = NULL;
        (void)connect_as(words, FERRY_ROLE_TARGET, &conn, &error);
        if (cases[i].refused)
            assert_error(&error, FERRY_ERR_CONFIG, "means no file to SQLite itself");
        else
            assert_no_error(&error);
        sqldrv_disconnect(conn);
        /* no descriptor is closed that was not opened */
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            assert_true(fcntl(fd, F_GETFD) >= 0);
    }
}

/* The core has checked that there is one; without it no file is found. */
static void test_no_path(void **state)
{
    (void)state;
    const struct ferry_driver *driver = ferry_driver_init();
    struct ferry_error error = {0};
    void *conn = NULL;
    struct ferry_config *config = ferry_config_new("connection", "c");
    assert_true(ferry_config_add_options(config, driver->options, driver->option_count));
    assert_int_equal(sqldrv_connect(config, FERRY_ROLE_SOURCE, &conn, &error),
                     FERRY_ERR_UNREACHABLE);
    assert_error(&error, FERRY_ERR_UNREACHABLE, "'' cannot be opened: No such file or directory");
    assert_null(conn);
    ferry_config_free(config);
}

/* ---- Groups ---- */

static void test_groups(void **state)
{
    static const size_t sizes[] = {2048, 4096, 8192};
    const char *const unknown[] = {"path", path, "group", "no such group", NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = connect_new("group", "root");
    assert_true(conn->file.group_set);
    assert_int_equal(conn->file.group, 0);
    assert_int_equal(group_tries, 1);
    sqldrv_disconnect(conn);

    (void)reset(state); /* one of many members */
    group_needs = 5000;
    conn = connect_new("group", "many");
    assert_int_equal(conn->file.group, 4711);
    assert_int_equal(group_tries, 3);
    assert_memory_equal(group_sizes, sizes, sizeof sizes);
    sqldrv_disconnect(conn);

    (void)reset(state); /* the last size that is tried */
    group_needs = 1048576;
    conn = connect_new("group", "many");
    assert_int_equal(conn->file.group, 4711);
    assert_int_equal(group_sizes[group_tries - 1], 1048576);
    sqldrv_disconnect(conn);

    (void)reset(state);
    group_needs = 1048577;
    (void)connect_as(unknown, FERRY_ROLE_TARGET, &conn, &error);
    assert_error(&error, FERRY_ERR_CONFIG, "option group: there is no group 'no such group'");
    assert_int_equal(group_tries, 10); /* 2 KiB to 1 MiB */

    (void)reset(state);
    (void)connect_as(unknown, FERRY_ROLE_TARGET, &conn, &error);
    assert_error(&error, FERRY_ERR_CONFIG, "option group: there is no group 'no such group'");
    assert_int_equal(group_tries, 1);
}

/* A source makes no file: its group is not even looked up. */
static void test_a_group_of_a_source(void **state)
{
    (void)state;
    char *there = make_database(folder, "x.db", "CREATE TABLE t(a)");
    const char *const words[] = {"path", there, "group", "no such group", NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    assert_int_equal(connect_as(words, FERRY_ROLE_SOURCE, &conn, &error), FERRY_OK);
    assert_false(conn->file.group_set);
    assert_int_equal(group_tries, 0);
    assert_int_equal(conn->role, FERRY_ROLE_SOURCE);
    assert_non_null(conn->db);
    sqldrv_disconnect(conn);
    free(there);
}

/* ---- Roles ---- */

static void test_roles(void **state)
{
    static const struct {
        uint32_t role;
        uint32_t kept;
        bool looks;
        bool leaves; /* a -wal that is there stays at the close, whatever becomes of the load */
    } cases[] = {
        {FERRY_ROLE_SOURCE, FERRY_ROLE_SOURCE, false, false},
        {FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK, FERRY_ROLE_SOURCE, true, false},
        {FERRY_ROLE_TARGET, FERRY_ROLE_TARGET, false, true},
        {FERRY_ROLE_TARGET | FERRY_ROLE_LOOK, FERRY_ROLE_TARGET, true, false},
    };
    char *there = make_database(folder, "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(there, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "INSERT INTO t VALUES(1)", NULL, NULL, NULL), SQLITE_OK);
    assert_true(is_there(there, "-wal"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)reset(state);
        struct sqldrv_conn *conn = connect_to(there, cases[i].role);
        assert_non_null(conn->db);
        assert_int_equal(conn->role, cases[i].kept);
        assert_int_equal(conn->looks, cases[i].looks);
        assert_int_equal(lefts, cases[i].leaves ? 1 : 0);
        if (cases[i].leaves) {
            assert_string_equal(access_name, "x.db-wal");
            assert_int_equal(access_mode, F_OK);
            assert_int_equal(access_flags, 0);
        }
        sqldrv_disconnect(conn);
    }
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_false(is_there(there, "-wal"));
    free(there);
    there = make_database(folder, "y.db", "CREATE TABLE t(a)");
    (void)reset(state); /* where there is none, there is nothing to leave */
    struct sqldrv_conn *conn = connect_to(there, FERRY_ROLE_TARGET);
    assert_int_equal(lefts, 0);
    assert_string_equal(access_name, "y.db-wal");
    sqldrv_disconnect(conn);
    free(there);
}

/* A file that cannot be opened is not asked to leave anything. */
static void test_a_wal_beside_no_database(void **state)
{
    (void)state;
    static const char text[] = "this is a text of some length, and no database at all\n";
    char *there = write_file(folder, "x.db", text, sizeof text - 1, 0600);
    char *wal = write_file(folder, "x.db-wal", text, sizeof text - 1, 0600);
    const char *const words[] = {"path", there, NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    (void)connect_as(words, FERRY_ROLE_TARGET, &conn, &error);
    assert_error(&error, FERRY_ERR_TARGET_IO, "is not an SQLite database");
    assert_int_equal(lefts, 0);
    free(wal);
    free(there);
}

static void test_nothing_to_read(void **state)
{
    (void)state;
    const char *const words[] = {"path", path, NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    (void)connect_as(words, FERRY_ROLE_SOURCE, &conn, &error);
    assert_error(&error, FERRY_ERR_UNREACHABLE, "cannot be opened: No such file");
    (void)connect_as(words, FERRY_ROLE_TARGET | FERRY_ROLE_LOOK, &conn, &error);
    assert_no_error(&error);
    assert_null(conn->db);
    sqldrv_disconnect(conn);
}

/* ---- Stopping ---- */

static void test_stopping(void **state)
{
    (void)state;
    char *there = make_database(folder, "x.db", "CREATE TABLE t(a)");
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = connect_to(there, FERRY_ROLE_SOURCE);
    sqlite3 *stage = NULL;
    assert_int_equal(sqldrv_check_cancelled(conn, &error), FERRY_OK);
    assert_no_error(&error);
    assert_int_equal(sqlite3_open(":memory:", &stage), SQLITE_OK);
    mutex = &conn->handles_lock;
    sqldrv_set_handle(conn, &conn->stage, stage);
    assert_ptr_equal(conn->stage, stage);
    assert_int_equal(locks, 1);
    assert_int_equal(unlocks, 1);
    sqldrv_cancel(conn);
    assert_int_equal(locks, 2);
    assert_int_equal(unlocks, 2);
    assert_int_equal(interrupts, 2);
    assert_ptr_equal(interrupted[0], conn->db);
    assert_ptr_equal(interrupted[1], stage);
    assert_int_equal(sqldrv_check_cancelled(conn, &error), FERRY_ERR_CANCELLED);
    assert_error(&error, FERRY_ERR_CANCELLED, "x.db': stopped");
    sqldrv_set_handle(conn, &conn->stage, NULL);
    sqldrv_cancel(conn); /* again, without the one, and then the other */
    assert_int_equal(interrupts, 3);
    assert_int_equal(sqlite3_close(stage), SQLITE_OK);
    sqldrv_close(conn);
    sqldrv_cancel(conn);
    assert_int_equal(interrupts, 3);
    assert_int_equal(sqldrv_check_cancelled(conn, &error), FERRY_ERR_CANCELLED);
    ferry_error_clear(&error);
    sqldrv_disconnect(conn);
    assert_int_equal(destroyed, 1);
    free(there);
}

/* ---- What is left ---- */

static void test_descriptors(void **state)
{
    (void)state;
    char *there = make_database(folder, "x.db", "CREATE TABLE t(a)");
    sqldrv_disconnect(NULL);
    int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    assert_true(input >= 0);
    assert_int_equal(close(STDIN_FILENO), 0);
    struct sqldrv_conn *conn = connect_to(there, FERRY_ROLE_TARGET);
    assert_int_equal(conn->folder, 0); /* the first that was free */
    assert_non_null(sqldrv_guards);
    sqldrv_disconnect(conn);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    assert_null(sqldrv_guards);
    assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(input), 0);
    free(there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_each_option, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_page_sizes, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_paths_that_are_no_files, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_no_path, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_groups, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_a_group_of_a_source, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_roles, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_a_wal_beside_no_database, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_nothing_to_read, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_stopping, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_descriptors, make_place, remove_place),
    };
    return cmocka_run_group_tests_name("sqlite connect", tests, NULL, NULL);
}
