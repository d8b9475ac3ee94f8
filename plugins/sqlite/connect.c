/* One connection: opened as its options say, told to stop, closed. */

#include "file.h"
#include "guard.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ferry_status sqldrv_check_cancelled(struct sqldrv_conn *conn, struct ferry_error *err)
{
    if (!atomic_load(&conn->cancelled)) {
        return FERRY_OK;
    }
    return ferry_fail(err, FERRY_ERR_CANCELLED, "'%s': stopped", conn->path);
}

void sqldrv_set_handle(struct sqldrv_conn *conn, sqlite3 **handle, sqlite3 *db)
{
    (void)pthread_mutex_lock(&conn->handles_lock);
    *handle = db;
    (void)pthread_mutex_unlock(&conn->handles_lock);
}

void sqldrv_cancel(void *argument)
{
    struct sqldrv_conn *conn = argument;
    atomic_store(&conn->cancelled, true);
    (void)pthread_mutex_lock(&conn->handles_lock);
    if (conn->db != NULL) {
        sqlite3_interrupt(conn->db);
    }
    if (conn->stage != NULL) {
        sqlite3_interrupt(conn->stage);
    }
    (void)pthread_mutex_unlock(&conn->handles_lock);
}

void sqldrv_disconnect(void *argument)
{
    struct sqldrv_conn *conn = argument;
    if (conn == NULL) {
        return;
    }
    sqldrv_close(conn);
    (void)pthread_mutex_destroy(&conn->handles_lock);
    sqldrv_guard_give(conn->guard);
    if (conn->folder >= 0) {
        (void)close(conn->folder);
    }
    free(conn->file.journal_mode);
    free(conn->real);
    free(conn->path);
    free(conn);
}

#define GROUP_BUFFER_MIN ((size_t)1024)
#define GROUP_BUFFER_MAX ((size_t)1024 * 1024) /* a group with thousands of members */

static ferry_status connect_find_group(const char *name, gid_t *ret_group, struct ferry_error *err)
{
    struct group entry;
    struct group *found = NULL;
    size_t size = GROUP_BUFFER_MIN;
    char *buffer = NULL;
    int cause = ERANGE;
    while (cause == ERANGE && size < GROUP_BUFFER_MAX) {
        size *= 2;
        char *larger = realloc(buffer, size);
        if (larger == NULL) {
            free(buffer);
            return sqldrv_fail_memory(err);
        }
        buffer = larger;
        cause = getgrnam_r(name, &entry, buffer, size, &found);
    }
    gid_t group = found != NULL ? entry.gr_gid : 0;
    free(buffer);
    if (found == NULL) {
        return ferry_fail(err, FERRY_ERR_CONFIG, "option group: there is no group '%s'", name);
    }
    *ret_group = group;
    return FERRY_OK;
}

static ferry_status connect_read_path(struct sqldrv_conn *conn, const struct ferry_config *config,
                                      struct ferry_error *err)
{
    const char *path = ferry_config_string(config, "path");
    conn->path = strdup(path != NULL ? path : "");
    if (conn->path == NULL) {
        return sqldrv_fail_memory(err);
    }
    const char *base = sqldrv_path_base(conn->path);
    if (strcmp(base, ":memory:") == 0 || strncmp(base, "file:", 5) == 0) {
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "option path: '%s' means no file to SQLite itself, and dbferry takes the "
                          "path of a file, as it is; name another",
                          base);
    }
    return FERRY_OK;
}

/* What a new file gets. */
static ferry_status connect_read_file(struct sqldrv_conn *conn, const struct ferry_config *config,
                                      struct ferry_error *err)
{
    const char *journal = ferry_config_string(config, "journal_mode");
    const char *group = ferry_config_string(config, "group");
    struct sqldrv_file_options *file = &conn->file;
    file->journal_mode = strdup(journal != NULL ? journal : "wal");
    if (file->journal_mode == NULL) {
        return sqldrv_fail_memory(err);
    }
    file->journal_set = ferry_config_is_set(config, "journal_mode") != 0;
    file->mode_set = ferry_config_is_set(config, "file_mode") != 0;
    file->mode = (mode_t)(ferry_config_int(config, "file_mode") & 0777);
    file->page_size = ferry_config_int(config, "page_size");
    if ((file->page_size & (file->page_size - 1)) != 0) {
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "option page_size: %lld is not a power of two from 512 to 65536",
                          (long long)file->page_size);
    }
    if (group != NULL && conn->role == FERRY_ROLE_TARGET) {
        file->group_set = true;
        return connect_find_group(group, &file->group, err);
    }
    return FERRY_OK;
}

static ferry_status connect_open(struct sqldrv_conn *conn, struct ferry_error *err)
{
    bool exists = true;
    ferry_status status = conn->role == FERRY_ROLE_SOURCE
                              ? sqldrv_path_check_source(conn, err)
                              : sqldrv_path_check_target(conn, &exists, err);
    if (status != FERRY_OK || !exists) {
        return status;
    }
    status = sqldrv_open(conn, err);
    if (status == FERRY_OK && conn->role == FERRY_ROLE_TARGET && !conn->looks) {
        char *wal = NULL;
        if (asprintf(&wal, "%s-wal", conn->real) < 0) {
            return sqldrv_fail_memory(err);
        }
        if (faccessat(conn->folder, sqldrv_path_base(wal), F_OK, 0) == 0) {
            sqldrv_journal_leave(conn->db);
        }
        free(wal);
    }
    return status;
}

ferry_status sqldrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err)
{
    struct sqldrv_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        return sqldrv_fail_memory(err);
    }
    conn->role = role & (FERRY_ROLE_SOURCE | FERRY_ROLE_TARGET);
    conn->looks = (role & FERRY_ROLE_LOOK) != 0;
    conn->folder = -1;
    atomic_init(&conn->cancelled, false);
    if (pthread_mutex_init(&conn->handles_lock, NULL) != 0) {
        free(conn);
        return sqldrv_fail_memory(err);
    }
    conn->busy_ms = ferry_config_int(config, "busy_timeout");
    ferry_status status = connect_read_path(conn, config, err);
    if (status == FERRY_OK) {
        status = connect_read_file(conn, config, err);
    }
    if (status == FERRY_OK) {
        status = connect_open(conn, err);
    }
    if (status != FERRY_OK) {
        sqldrv_disconnect(conn);
        return status;
    }
    *ret_conn = conn;
    return FERRY_OK;
}
