/* The sqlite driver: its options, and opening and closing a connection. */

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

#include "guard.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct ferry_option sqlite_options[] = {
    {.name = "path",
     .type = FERRY_OPTION_PATH,
     .flags = FERRY_OPTION_REQUIRED | FERRY_OPTION_URL_PATH,
     .help = "the database file; a target is created if it is not there"},
    {.name = "file_mode",
     .type = FERRY_OPTION_MODE,
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "permissions of a new file; unset: what the umask leaves, as with any program"},
    {.name = "group",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "group of a new file and of its -wal and -shm files"},
    {.name = "journal_mode",
     .type = FERRY_OPTION_CHOICE,
     .choices = "wal|delete|truncate|persist",
     .default_value = "wal",
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "journal mode of a new file; an existing file changes only if this is set"},
    {.name = "page_size",
     .type = FERRY_OPTION_SIZE,
     .default_value = "16K",
     .min = 512,
     .max = 65536,
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "page size of a new file, a power of two"},
    {.name = "busy_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "5s",
     .max = INT32_MAX,
     .help = "how long a read waits for another connection's lock"},
};

ferry_status sqlite_check_cancelled(struct sqlite_conn *conn, struct ferry_error *err)
{
    if (!atomic_load(&conn->cancelled)) {
        return FERRY_OK;
    }
    return ferry_fail(err, FERRY_ERR_CANCELLED, "'%s': stopped", conn->path);
}

void sqlite_set_handle(struct sqlite_conn *conn, sqlite3 **handle, sqlite3 *db)
{
    (void)pthread_mutex_lock(&conn->handles_lock);
    *handle = db;
    (void)pthread_mutex_unlock(&conn->handles_lock);
}

static void sqlite_cancel(void *argument)
{
    struct sqlite_conn *conn = argument;
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

static void sqlite_disconnect(void *argument)
{
    struct sqlite_conn *conn = argument;
    if (conn == NULL) {
        return;
    }
    sqlite_close(conn);
    (void)pthread_mutex_destroy(&conn->handles_lock);
    sqlite_guard_give(conn->guard);
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

/* The number of a group by its name. */
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
            return sqlite_fail_memory(err);
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

static ferry_status connect_read_options(struct sqlite_conn *conn,
                                         const struct ferry_config *config, struct ferry_error *err)
{
    const char *path = ferry_config_string(config, "path");
    const char *journal = ferry_config_string(config, "journal_mode");
    const char *group = ferry_config_string(config, "group");
    struct sqlite_file_options *file = &conn->file;
    conn->path = strdup(path != NULL ? path : "");
    file->journal_mode = strdup(journal != NULL ? journal : "wal");
    if (conn->path == NULL || file->journal_mode == NULL) {
        return sqlite_fail_memory(err);
    }
    file->journal_set = ferry_config_is_set(config, "journal_mode") != 0;
    file->mode_set = ferry_config_is_set(config, "file_mode") != 0;
    file->mode = (mode_t)(ferry_config_int(config, "file_mode") & 0777);
    file->page_size = ferry_config_int(config, "page_size");
    conn->busy_ms = ferry_config_int(config, "busy_timeout");
    const char *base = sqlite_path_base(conn->path);
    if (strcmp(base, ":memory:") == 0 || strncmp(base, "file:", 5) == 0) {
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "option path: '%s' means no file to SQLite itself, and dbferry takes the "
                          "path of a file, as it is; name another",
                          base);
    }
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

static ferry_status connect_open(struct sqlite_conn *conn, struct ferry_error *err)
{
    bool exists = true;
    ferry_status status = conn->role == FERRY_ROLE_SOURCE
                              ? sqlite_path_check_source(conn, err)
                              : sqlite_path_check_target(conn, &exists, err);
    if (status != FERRY_OK || !exists) {
        return status;
    }
    status = sqlite_open(conn, err);
    if (status == FERRY_OK && conn->role == FERRY_ROLE_TARGET && !conn->looks) {
        char *wal = NULL;
        if (asprintf(&wal, "%s-wal", conn->real) < 0) {
            return sqlite_fail_memory(err);
        }
        if (faccessat(conn->folder, sqlite_path_base(wal), F_OK, 0) == 0) {
            sqlite_journal_leave(conn->db);
        }
        free(wal);
    }
    return status;
}

static ferry_status sqlite_connect(const struct ferry_config *config, uint32_t role,
                                   void **ret_conn, struct ferry_error *err)
{
    struct sqlite_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        return sqlite_fail_memory(err);
    }
    conn->role = role & (FERRY_ROLE_SOURCE | FERRY_ROLE_TARGET);
    conn->looks = (role & FERRY_ROLE_LOOK) != 0;
    conn->folder = -1;
    atomic_init(&conn->cancelled, false);
    if (pthread_mutex_init(&conn->handles_lock, NULL) != 0) {
        free(conn);
        return sqlite_fail_memory(err);
    }
    ferry_status status = connect_read_options(conn, config, err);
    if (status == FERRY_OK) {
        status = connect_open(conn, err);
    }
    if (status != FERRY_OK) {
        sqlite_disconnect(conn);
        return status;
    }
    *ret_conn = conn;
    return FERRY_OK;
}

static void sqlite_place(const struct ferry_config *config, char *buffer, size_t size)
{
    const char *path = ferry_config_string(config, "path");
    char *real = path != NULL ? sqlite_path_resolve(path) : NULL;
    (void)snprintf(buffer, size, "sqlite:%s", real != NULL ? real : path != NULL ? path : "");
    free(real);
}

static void sqlite_facts(void *argument, struct ferry_facts *facts)
{
    struct sqlite_conn *conn = argument;
    struct stat file;
    char text[64];
    char *mode = NULL;
    int64_t page_size = 0;
    ferry_facts_add(facts, "SQLite", sqlite3_libversion());
    ferry_facts_add(facts, "file", conn->real);
    if (conn->db == NULL) {
        ferry_facts_add(facts, "state", "not there yet: the first load makes it");
        return;
    }
    sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
    if (fstatat(conn->folder, sqlite_path_base(conn->real), &file, 0) == 0) {
        (void)snprintf(text, sizeof text, "%lld bytes", (long long)file.st_size);
        ferry_facts_add(facts, "size", text);
    }
    if (sqlite_query_text(conn->db, &mode, "PRAGMA main.journal_mode") == SQLITE_OK &&
        mode != NULL) {
        ferry_facts_add(facts, "journal mode", mode);
    }
    free(mode);
    if (sqlite_query_int(conn->db, &page_size, "PRAGMA main.page_size") == SQLITE_OK) {
        (void)snprintf(text, sizeof text, "%lld", (long long)page_size);
        ferry_facts_add(facts, "page size", text);
    }
}

static struct ferry_driver sqlite_driver = {
    .name = "sqlite",
    .version = "1.0",
    .description = "SQLite database files",
    .options = sqlite_options,
    .option_count = sizeof sqlite_options / sizeof *sqlite_options,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .source = &sqlite_source,
    .target = &sqlite_target,
    .cancel = sqlite_cancel,
    .place = sqlite_place,
    .record_read = sqlite_record_read,
    .facts = sqlite_facts,
};

FERRY_REGISTER_DRIVER(sqlite_driver)
