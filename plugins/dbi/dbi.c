/* The dbi driver: reads tables, views and queries of what libdbi reaches, and replaces the rows of
 * tables where it knows how. */

#include "dbi_driver.h"
#include "dialect/dialect.h"
#include "read/read.h"
#include "write/target.h"

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

static const struct ferry_option dbi_options[] = {
    {.name = "dialect",
     .type = FERRY_OPTION_CHOICE,
     .choices = DBIDRV_DIALECTS,
     .flags = FERRY_OPTION_REQUIRED,
     .help = "the database, by libdbi's name for its driver"},
    {.name = "host",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_HOST,
     .help = "the server's name or address, or the folder of its socket"},
    {.name = "port",
     .type = FERRY_OPTION_INT,
     .min = 1,
     .max = 65535,
     .flags = FERRY_OPTION_URL_PORT,
     .help = "the TCP port; by default the database's own"},
    {.name = "user",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_USER,
     .help = "the account"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "the account's password"},
    {.name = "database",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_PATH,
     .help = "the database's name; of sqlite3, the absolute path of the file"},
    {.name = "schema",
     .type = FERRY_OPTION_STRING,
     .help = "the schema in which names are looked up; by default the database's own choice"},
    {.name = "options",
     .type = FERRY_OPTION_PAIRS,
     .help = "more for libdbi's driver, such as { pgsql_sslrootcert = \"/etc/ca.pem\"; }"},
    {.name = "connect_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "10s",
     .min = 1,
     .max = 3600000,
     .help = "how long to wait for the connection"},
    {.name = "max_result_bytes",
     .type = FERRY_OPTION_SIZE,
     .default_value = "64M",
     .min = 65536,
     .max = INT64_C(1) << 40,
     .help = "how much memory libdbi may need for what it holds of a result"},
};

/* They lead a library below libdbi elsewhere than the configuration says, or make it write down
 * what it is told. */
static const char *const dbi_environment[] = {
    "PG*",     "TDS*",      "FREETDS*",
    "SYBASE",  "DSQUERY",   "LIBMYSQL_PLUGINS",
    "MYSQL_*", "MARIADB_*", "LIBMYSQL_PLUGIN_DIR",
    NULL,
};

static const struct ferry_source dbi_source = {
    .describe = dbidrv_describe,
    .read_begin = dbidrv_read_begin,
    .read_batch = dbidrv_read_batch,
    .read_end = dbidrv_read_end,
    .snapshot_begin = dbidrv_snapshot_begin,
    .snapshot_end = dbidrv_snapshot_end,
    .origins = dbidrv_origins,
    .abilities = FERRY_SCANS,
    .list = dbidrv_list,
};

static const struct ferry_target dbi_target = {
    .map_column = dbidrv_map_column,
    .inspect = dbidrv_inspect,
    .change_begin = dbidrv_change_begin,
    .load_begin = dbidrv_load_begin,
    .load_batch = dbidrv_load_batch,
    .load_end = dbidrv_load_end,
    .change_commit = dbidrv_change_commit,
    .change_abort = dbidrv_change_abort,
    .stored_begin = dbidrv_stored_begin,
    .stored_batch = dbidrv_read_batch,
    .stored_end = dbidrv_read_end,
    .foresee = dbidrv_foresee,
};

static struct ferry_driver dbi_driver_registered = {
    .name = "dbi",
    .version = "1",
    .description = "reads what libdbi reaches, and writes to some of it",
    .options = dbi_options,
    .option_count = sizeof dbi_options / sizeof *dbi_options,
    .connect = dbidrv_connect,
    .disconnect = dbidrv_disconnect,
    .source = &dbi_source,
    .target = &dbi_target,
    .cancel = dbidrv_cancel,
    .place = dbidrv_place,
    .record_read = dbidrv_record_read,
    .facts = dbidrv_facts,
    .retries = 2,
    .is_usable = dbidrv_is_usable,
    .environment = dbi_environment,
    .libraries = dbidrv_libraries,
};

FERRY_REGISTER_DRIVER(dbi_driver_registered)
