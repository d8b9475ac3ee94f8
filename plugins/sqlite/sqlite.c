/* The sqlite driver: its options, and what it tells of a connection. */

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

#include "file.h"
#include "source.h"
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

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

static void sqlite_place(const struct ferry_config *config, char *buffer, size_t size)
{
    const char *path = ferry_config_string(config, "path");
    char *real = path != NULL ? sqldrv_path_resolve(path) : NULL;
    if (real == NULL && path != NULL && errno == ENOMEM) { /* else it would be another place */
        real = sqldrv_path_resolve(path);
    }
    (void)snprintf(buffer, size, "sqlite:%s", real != NULL ? real : path != NULL ? path : "");
    free(real);
}

static void sqlite_facts(void *argument, struct ferry_facts *facts)
{
    struct sqldrv_conn *conn = argument;
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
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    if (fstatat(conn->folder, sqldrv_path_base(conn->real), &file, 0) == 0) {
        (void)snprintf(text, sizeof text, "%lld bytes", (long long)file.st_size);
        ferry_facts_add(facts, "size", text);
    }
    if (sqldrv_query_text(conn->db, &mode, "PRAGMA main.journal_mode") == SQLITE_OK &&
        mode != NULL) {
        ferry_facts_add(facts, "journal mode", mode);
    }
    free(mode);
    if (sqldrv_query_int(conn->db, &page_size, "PRAGMA main.page_size") == SQLITE_OK) {
        (void)snprintf(text, sizeof text, "%lld", (long long)page_size);
        ferry_facts_add(facts, "page size", text);
    }
}

static void sqlite_libraries(struct ferry_facts *facts)
{
    ferry_facts_add(facts, "SQLite", sqlite3_libversion());
}

static struct ferry_driver sqlite_driver = {
    .name = "sqlite",
    .version = "1.0",
    .description = "SQLite database files",
    .options = sqlite_options,
    .option_count = sizeof sqlite_options / sizeof *sqlite_options,
    .connect = sqldrv_connect,
    .disconnect = sqldrv_disconnect,
    .source = &sqldrv_source,
    .target = &sqldrv_target,
    .cancel = sqldrv_cancel,
    .place = sqlite_place,
    .record_read = sqldrv_record_read,
    .facts = sqlite_facts,
    .examine = sqldrv_examine,
    .libraries = sqlite_libraries,
};

FERRY_REGISTER_DRIVER(sqlite_driver)
