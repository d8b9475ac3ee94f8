/* A connection to a file by the sqlite driver's own options, as the core would open it. */

#ifndef FERRY_UNIT_SQLITE_CONNECT_H
#define FERRY_UNIT_SQLITE_CONNECT_H

#include "unit.h"

#include "driver/option.h"

#include "../../../plugins/sqlite/file.h"
#include "../../../plugins/sqlite/guard.h"

struct ferry_driver *ferry_driver_init(void); /* FERRY_REGISTER_DRIVER has made it */

/* The options of a connection; `words` are KEY, VALUE, ..., NULL. */
static inline struct ferry_config *make_config(const char *const *words)
{
    static const struct ferry_origin nowhere;
    const struct ferry_driver *driver = ferry_driver_init();
    struct ferry_error error = {0};
    struct ferry_config *config = ferry_config_new("connection", "c");
    assert_non_null(config);
    assert_true(ferry_config_add_options(config, driver->options, driver->option_count));
    for (size_t i = 0; words[i] != NULL; i += 2)
        assert_int_equal(ferry_config_set_word(config, words[i], words[i + 1], &nowhere, &error),
                         FERRY_OK);
    assert_int_equal(ferry_config_finish(config, &nowhere, &error), FERRY_OK);
    assert_no_error(&error);
    return config;
}

/* What connecting returns; `*ret_conn` is NULL where it fails. */
static inline ferry_status connect_as(const char *const *words, uint32_t role,
                                      struct sqldrv_conn **ret_conn, struct ferry_error *error)
{
    struct ferry_config *config = make_config(words);
    void *conn = NULL;
    ferry_status status = sqldrv_connect(config, role, &conn, error);
    ferry_config_free(config);
    assert_int_equal(status == FERRY_OK, conn != NULL);
    assert_int_equal(status, error->status);
    *ret_conn = conn;
    return status;
}

/* A connection to the file at `path` that is there. */
static inline struct sqldrv_conn *connect_to(const char *path, uint32_t role)
{
    const char *const words[] = {"path", path, NULL};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = NULL;
    (void)connect_as(words, role, &conn, &error);
    assert_no_error(&error);
    return conn;
}

/* A file that SQLite itself has made by these statements; the caller frees its path. */
static inline char *make_database(const char *folder, const char *name, const char *sql)
{
    sqlite3 *db = NULL;
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return path;
}

/* A teardown: what a test that fails has left open, and guarded, makes no other test fail. */
static inline int forget_guards(void **state)
{
    (void)state;
    sqldrv_guards = NULL;
    return 0;
}

static inline bool is_there(const char *path, const char *suffix)
{
    char *name = NULL;
    assert_true(asprintf(&name, "%s%s", path, suffix) > 0);
    bool there = access(name, F_OK) == 0;
    free(name);
    return there;
}

#endif
