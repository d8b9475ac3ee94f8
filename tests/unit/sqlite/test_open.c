/* Tests of the sqlite driver's open.c: how a file is opened, and left.
 *
 * Linked with --wrap for the calls whose arguments count, or that fail here when they are told to.
 */

#include "connect.h"

#include <errno.h>

/* ---- Calls that are watched ---- */

#define OPEN_MOST 4

static size_t opened; /* since the test began */
static int open_flags[OPEN_MOST];
static int open_fails;             /* the next one fails so; 0: none does */
static size_t closed;              /* that were open */
static int config_fails;           /* the SQLITE_DBCONFIG_ that fails; 0: none does */
static bool left;                  /* -wal and -shm are to stay at the close */
static int query_fails[OPEN_MOST]; /* the next ones, up to a 0 */
static size_t queried;
static int first_calls; /* what the first wait is told of waits so far */
static size_t waits;
static int access_fails; /* the errno of it; 0: none */
static int access_mode;
static int access_flags;
static char access_name[64];

static int reset(void **state)
{
    (void)state;
    opened = closed = queried = waits = 0;
    open_fails = config_fails = access_fails = 0;
    first_calls = access_mode = access_flags = -1;
    memset(query_fails, 0, sizeof query_fails);
    left = false;
    return 0;
}

int __real_sqlite3_open_v2(const char *path, sqlite3 **ret_db, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **ret_db, int flags, const char *vfs);
int __real_sqlite3_close_v2(sqlite3 *db);
int __wrap_sqlite3_close_v2(sqlite3 *db);
int __real_sqlite3_db_config(sqlite3 *db, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *db, int option, ...);
int __real_faccessat(int folder, const char *name, int mode, int flags);
int __wrap_faccessat(int folder, const char *name, int mode, int flags);
int __real_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
bool __real_sqldrv_wait_for_index(struct sqldrv_conn *conn, int rc, int *calls);
bool __wrap_sqldrv_wait_for_index(struct sqldrv_conn *conn, int rc, int *calls);

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **ret_db, int flags, const char *vfs)
{
    assert_true(opened < OPEN_MOST);
    open_flags[opened++] = flags;
    int rc = __real_sqlite3_open_v2(path, ret_db, flags, vfs);
    int fails = open_fails;
    open_fails = 0;
    return fails != 0 ? fails : rc;
}

int __wrap_sqlite3_close_v2(sqlite3 *db)
{
    closed += db != NULL ? 1 : 0;
    return __real_sqlite3_close_v2(db);
}

int __wrap_sqlite3_db_config(sqlite3 *db, int option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    int value = va_arg(arguments, int);
    int *found = va_arg(arguments, int *);
    va_end(arguments);
    assert_non_null(db);
    left = left || (option == SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE && value == 1);
    return option == config_fails ? SQLITE_NOMEM
                                  : __real_sqlite3_db_config(db, option, value, found);
}

int __wrap_faccessat(int folder, const char *name, int mode, int flags)
{
    access_mode = mode;
    access_flags = flags;
    (void)snprintf(access_name, sizeof access_name, "%s", name);
    if (access_fails == 0)
        return __real_faccessat(folder, name, mode, flags);
    errno = access_fails;
    return -1;
}

int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...)
{
    int fails = queried < OPEN_MOST ? query_fails[queried] : 0;
    queried++;
    if (fails != 0)
        return fails;
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int rc = __real_sqldrv_query_int(db, ret_value, "%s", sql);
    sqlite3_free(sql);
    return rc;
}

bool __wrap_sqldrv_wait_for_index(struct sqldrv_conn *conn, int rc, int *calls)
{
    if (waits++ == 0)
        first_calls = *calls;
    return __real_sqldrv_wait_for_index(conn, rc, calls);
}

#define ALWAYS                                                                                     \
    (SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |                       \
     SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI)

#define ROLLBACK_FILE "CREATE TABLE t(a); INSERT INTO t VALUES(1)"
#define WAL_FILE "PRAGMA journal_mode=WAL; " ROLLBACK_FILE

static void assert_pragma(sqlite3 *db, const char *sql, int64_t expected)
{
    int64_t value = -1;
    assert_int_equal(sqldrv_query_int(db, &value, "%s", sql), SQLITE_OK);
    assert_int_equal(value, expected);
}

/* ---- Settings ---- */

static const struct {
    int option;
    int value;
} hardened[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
};

/* Runs as SQLite opens a file: it is then as if it were built with the other settings. */
static int soften(sqlite3 *db, char **ret_error, const struct sqlite3_api_routines *api)
{
    (void)ret_error;
    (void)api;
    for (size_t i = 0; i < COUNT(hardened); i++)
        (void)__real_sqlite3_db_config(db, hardened[i].option, !hardened[i].value, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 5);
    (void)sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 3);
    return sqlite3_exec(db, "PRAGMA cell_size_check=OFF; PRAGMA mmap_size=65536", NULL, NULL, NULL);
}

static void test_settings(void **state)
{
    (void)state;
    static const uint32_t roles[] = {FERRY_ROLE_SOURCE, FERRY_ROLE_TARGET,
                                     FERRY_ROLE_TARGET | FERRY_ROLE_LOOK};
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", ROLLBACK_FILE);
    assert_int_equal(sqlite3_auto_extension((void (*)(void))soften), SQLITE_OK);
    for (size_t i = 0; i < COUNT(roles); i++) {
        struct sqldrv_conn *conn = connect_to(path, roles[i]);
        for (size_t k = 0; k < COUNT(hardened); k++) {
            int value = -1;
            assert_int_equal(__real_sqlite3_db_config(conn->db, hardened[k].option, -1, &value),
                             SQLITE_OK);
            assert_int_equal(value, hardened[k].value);
        }
        assert_int_equal(sqlite3_limit(conn->db, SQLITE_LIMIT_ATTACHED, -1), 0);
        assert_int_equal(sqlite3_limit(conn->db, SQLITE_LIMIT_WORKER_THREADS, -1), 0);
        assert_pragma(conn->db, "PRAGMA cell_size_check", 1);
        assert_pragma(conn->db, "PRAGMA mmap_size", 0);
        sqldrv_disconnect(conn);
    }
    sqlite3_reset_auto_extension();
    free(path);
    remove_folder(folder);
}

static void test_a_setting_that_cannot_be_made(void **state)
{
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", ROLLBACK_FILE);
    const char *const words[] = {"path", path, NULL};
    for (size_t i = 0; i < COUNT(hardened); i++) {
        struct ferry_error error = {0};
        struct sqldrv_conn *conn = NULL;
        (void)reset(state);
        config_fails = hardened[i].option;
        assert_int_equal(connect_as(words, FERRY_ROLE_SOURCE, &conn, &error), FERRY_ERR_SYSTEM);
        assert_error(&error, FERRY_ERR_SYSTEM, "x.db': opening the database: out of memory");
        assert_int_equal(opened, 1);
        assert_int_equal(closed, 1);
        assert_int_equal(queried, 0);
    }
    free(path);
    remove_folder(folder);
}

static int refuse_pragmas(void *data, int action, const char *a, const char *b, const char *c,
                          const char *d)
{
    (void)data;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return action == SQLITE_PRAGMA ? SQLITE_DENY : SQLITE_OK;
}

/* Runs as SQLite opens a file. */
static int harden_nothing(sqlite3 *db, char **ret_error, const struct sqlite3_api_routines *api)
{
    (void)ret_error;
    (void)api;
    return sqlite3_set_authorizer(db, refuse_pragmas, NULL);
}

static void test_pragmas_that_are_refused(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", ROLLBACK_FILE);
    const char *const words[] = {"path", path, NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    assert_int_equal(sqlite3_auto_extension((void (*)(void))harden_nothing), SQLITE_OK);
    (void)connect_as(words, FERRY_ROLE_TARGET, &conn, &error);
    sqlite3_reset_auto_extension();
    assert_error(&error, FERRY_ERR_TARGET_OPEN, "opening the database: not authorized");
    assert_int_equal(closed, 1);
    assert_int_equal(queried, 0);
    free(path);
    remove_folder(folder);
}

/* A cancelled statement ends, and one that waits for a lock is told by the connection's own limit.
 */
static void test_waiting_is_installed(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", ROLLBACK_FILE);
    const char *const words[] = {"path", path, "busy_timeout", "70ms", NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    int64_t value = 0;
    assert_int_equal(connect_as(words, FERRY_ROLE_TARGET, &conn, &error), FERRY_OK);
    assert_int_equal(conn->busy_ms, 70);
    assert_int_equal(conn->wait.budget.limit_ms, 70);
    assert_string_equal(conn->wait.holder, SQLDRV_HOLDER_ANY);
    conn->wait.gave_up = true; /* the progress handler sees it */
    assert_int_equal(sqldrv_query_int(conn->db, &value,
                                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM "
                                      "n WHERE i<100000) SELECT count(*) FROM n"),
                     SQLITE_INTERRUPT);
    sqldrv_disconnect(conn);
    free(path);
    remove_folder(folder);
}

/* ---- How it is opened ---- */

static void test_rights_of_each_role(void **state)
{
    static const struct {
        uint32_t role;
        int rights;
        bool may_make;
    } cases[] = {
        {FERRY_ROLE_SOURCE, SQLITE_OPEN_READONLY, true},
        {FERRY_ROLE_TARGET, SQLITE_OPEN_READWRITE, false},
        {FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK, SQLITE_OPEN_READONLY, false},
        {FERRY_ROLE_TARGET | FERRY_ROLE_LOOK, SQLITE_OPEN_READONLY, false},
    };
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", ROLLBACK_FILE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)reset(state);
        struct sqldrv_conn *conn = connect_to(path, cases[i].role);
        assert_int_equal(opened, 1);
        assert_int_equal(open_flags[0], cases[i].rights | ALWAYS);
        assert_int_equal(sqlite3_db_readonly(conn->db, "main"),
                         cases[i].rights == SQLITE_OPEN_READONLY);
        assert_int_equal(conn->guard->may_make, cases[i].may_make);
        assert_int_equal(closed, 0);
        sqldrv_disconnect(conn);
        assert_int_equal(closed, 1);
        assert_false(is_there(path, "-wal"));
    }
    free(path);
    remove_folder(folder);
}

/* How a file stores its texts is known from its beginning. */
static void test_encodings(void **state)
{
    (void)state;
    static const char *const files[] = {"PRAGMA encoding='UTF-8'; " ROLLBACK_FILE,
                                        "PRAGMA encoding='UTF-16le'; " ROLLBACK_FILE,
                                        "PRAGMA encoding='UTF-16be'; " ROLLBACK_FILE};
    for (size_t i = 0; i < COUNT(files); i++) {
        char *folder = make_folder();
        char *path = make_database(folder, "x.db", files[i]);
        struct sqldrv_conn *conn = connect_to(path, FERRY_ROLE_SOURCE);
        assert_int_equal(conn->utf16, i > 0);
        sqldrv_disconnect(conn);
        free(path);
        remove_folder(folder);
    }
}

static void test_no_database(void **state)
{
    static const uint32_t roles[] = {FERRY_ROLE_SOURCE, FERRY_ROLE_TARGET,
                                     FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK};
    static const char text[] = "this is a text of some length, and no database at all\n";
    char *folder = make_folder();
    char *path = write_file(folder, "x.db", text, sizeof text - 1, 0600);
    const char *const words[] = {"path", path, NULL};
    for (size_t i = 0; i < COUNT(roles); i++) {
        struct ferry_error error = {0};
        struct sqldrv_conn *conn = NULL;
        (void)reset(state);
        (void)connect_as(words, roles[i], &conn, &error);
        assert_error(&error, roles[i] == FERRY_ROLE_TARGET ? FERRY_ERR_TARGET_IO : FERRY_ERR_STREAM,
                     "x.db' is not an SQLite database");
        assert_int_equal(opened, 1);
        assert_int_equal(closed, 1);
    }
    free(path);
    remove_folder(folder);
}

static void test_a_file_that_cannot_be_opened(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", ROLLBACK_FILE);
    const char *const words[] = {"path", path, NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    open_fails = SQLITE_NOMEM;
    (void)connect_as(words, FERRY_ROLE_TARGET, &conn, &error);
    assert_error(&error, FERRY_ERR_SYSTEM, "opening the database");
    assert_int_equal(closed, 1);
    assert_int_equal(queried, 0);
    free(path);
    remove_folder(folder);
}

/* Another program makes the index of a WAL file at this moment: it is asked again. */
static void test_an_index_that_is_being_made(void **state)
{
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", ROLLBACK_FILE);
    const char *const words[] = {"path", path, "busy_timeout", "0ms", NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    query_fails[0] = SQLITE_READONLY_RECOVERY;
    query_fails[1] = SQLITE_READONLY_CANTINIT;
    conn = connect_to(path, FERRY_ROLE_SOURCE);
    assert_int_equal(queried, 3);
    assert_int_equal(waits, 3);
    assert_int_equal(first_calls, 0);
    sqldrv_disconnect(conn);
    (void)reset(state);
    query_fails[0] = SQLITE_READONLY_RECOVERY; /* and there is no time to wait */
    (void)connect_as(words, FERRY_ROLE_SOURCE, &conn, &error);
    assert_error(&error, FERRY_ERR_BUSY, "opening the database");
    assert_int_equal(queried, 1);
    assert_int_equal(closed, 1);
    free(path);
    remove_folder(folder);
}

/* ---- Who only looks ---- */

/* A file in WAL mode whose -wal and -shm are not there is opened once more, by one that may take
 * them away again. */
static void test_looking_at_a_wal_file(void **state)
{
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", WAL_FILE);
    assert_false(is_there(path, "-wal"));
    struct sqldrv_conn *conn = connect_to(path, FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK);
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 1);
    assert_int_equal(open_flags[0], SQLITE_OPEN_READONLY | ALWAYS);
    assert_int_equal(open_flags[1], SQLITE_OPEN_READWRITE | ALWAYS);
    assert_string_equal(access_name, "x.db");
    assert_int_equal(access_mode, R_OK | W_OK);
    assert_int_equal(access_flags, AT_EACCESS);
    assert_true(is_there(path, "-wal"));
    assert_pragma(conn->db, "SELECT count(*) FROM t", 1);
    sqldrv_disconnect(conn);
    assert_false(left);
    assert_int_equal(closed, 2);
    assert_false(is_there(path, "-wal"));
    assert_false(is_there(path, "-shm"));

    (void)reset(state);
    struct ferry_error error = {0};
    const char *const words[] = {"path", path, NULL};
    query_fails[0] = SQLITE_CANTOPEN; /* for a reason that is no missing -wal */
    (void)connect_as(words, FERRY_ROLE_TARGET | FERRY_ROLE_LOOK, &conn, &error);
    assert_error(&error, FERRY_ERR_TARGET_OPEN, "opening the database");
    assert_int_equal(opened, 1);
    assert_int_equal(closed, 1);

    (void)reset(state);
    query_fails[1] = SQLITE_IOERR; /* of the one that was opened then */
    (void)connect_as(words, FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK, &conn, &error);
    assert_error(&error, FERRY_ERR_STREAM, "opening the database");
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 2);
    free(path);
    remove_folder(folder);
}

/* One that may not write the file opens it to read all the same. */
static void test_looking_without_rights(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *path = make_database(folder, "x.db", WAL_FILE);
    struct ferry_error error = {0};
    struct sqldrv_conn conn = {
        .role = FERRY_ROLE_SOURCE, .looks = true, .folder = -1, .path = path};
    assert_int_equal(pthread_mutex_init(&conn.handles_lock, NULL), 0);
    assert_int_equal(sqldrv_path_check_source(&conn, &error), FERRY_OK);
    access_fails = EACCES;
    assert_int_equal(sqldrv_open(&conn, &error), FERRY_OK);
    assert_int_equal(opened, 2);
    assert_int_equal(open_flags[1], SQLITE_OPEN_READONLY | ALWAYS);
    sqldrv_close(&conn);
    assert_null(conn.db);
    sqldrv_close(&conn); /* once more changes nothing */
    assert_int_equal(closed, 2);
    sqldrv_guard_give(conn.guard);
    assert_int_equal(close(conn.folder), 0);
    assert_int_equal(pthread_mutex_destroy(&conn.handles_lock), 0);
    free(conn.real);
    free(path);
    remove_folder(folder);
}

/* What others have written to -wal is not moved into the file, nor taken away, by one that looks;
 * one that reads leaves that to SQLite. */
static void test_a_wal_of_others(void **state)
{
    static const struct {
        uint32_t role;
        bool left;
    } cases[] = {{FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK, true},
                 {FERRY_ROLE_TARGET | FERRY_ROLE_LOOK, true},
                 {FERRY_ROLE_SOURCE, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *folder = make_folder();
        char *path = make_database(folder, "x.db", ROLLBACK_FILE);
        sqlite3 *other = NULL;
        assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
        assert_int_equal(sqlite3_exec(other, "PRAGMA journal_mode=WAL; INSERT INTO t VALUES(2)",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        (void)reset(state);
        struct sqldrv_conn *conn = connect_to(path, cases[i].role);
        assert_int_equal(opened, 1);
        assert_false(left);
        assert_pragma(conn->db, "SELECT count(*) FROM t", 2);
        sqldrv_disconnect(conn);
        assert_int_equal(left, cases[i].left);
        assert_true(is_there(path, "-wal"));
        assert_int_equal(sqlite3_close(other), SQLITE_OK);
        free(path);
        remove_folder(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_settings, reset),
        cmocka_unit_test_setup(test_a_setting_that_cannot_be_made, reset),
        cmocka_unit_test_setup(test_pragmas_that_are_refused, reset),
        cmocka_unit_test_setup(test_waiting_is_installed, reset),
        cmocka_unit_test_setup(test_rights_of_each_role, reset),
        cmocka_unit_test_setup(test_encodings, reset),
        cmocka_unit_test_setup(test_no_database, reset),
        cmocka_unit_test_setup(test_a_file_that_cannot_be_opened, reset),
        cmocka_unit_test_setup(test_an_index_that_is_being_made, reset),
        cmocka_unit_test_setup(test_looking_at_a_wal_file, reset),
        cmocka_unit_test_setup(test_looking_without_rights, reset),
        cmocka_unit_test_setup(test_a_wal_of_others, reset),
    };
    return cmocka_run_group_tests_name("sqlite open", tests, NULL, NULL);
}
