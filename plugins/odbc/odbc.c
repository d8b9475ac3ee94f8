/* The odbc driver: reads tables, views and queries of whatever an ODBC driver reaches, and replaces
 * tables where it knows how: see struct odrv_writing. */

#include "odbc_driver.h"
#include "read/read.h"
#include "write/target.h"

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

static const struct ferry_option odbc_options[] = {
    {.name = "dsn",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_PATH,
     .help = "the data source, as odbc.ini names it"},
    {.name = "odbc_driver",
     .type = FERRY_OPTION_STRING,
     .help = "instead of a data source: the ODBC driver, as odbcinst.ini names it"},
    {.name = "attributes",
     .type = FERRY_OPTION_PAIRS,
     .help = "more for the connection string, such as { Server = \"db.example.net\"; }"},
    {.name = "user",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_USER,
     .help = "the account; by default the data source's"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "the account's password"},
    {.name = "schema",
     .type = FERRY_OPTION_STRING,
     .help = "the schema in which names are looked up; by default the database's own choice"},
    {.name = "connect_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "10s",
     .min = 1,
     .max = 3600000,
     .help = "how long to wait for the connection"},
    {.name = "read_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "10m",
     .min = 0,
     .max = 86400000,
     .help = "how long to wait for any answer, the first row of a query included; \"0s\" = never"},
};

/* They lead the manager, or a library below it, elsewhere than the configuration says, or make it
 * write down what it is told. */
static const char *const odbc_environment[] = {
    "ODBC*",
    "TDS*",
    "FREETDS*",
    "TNS_ADMIN",
    "TWO_TASK",
    "LOCAL",
    "NLS_*",
    "ORA_*",
    "ORACLE_*",
    "DSQUERY",
    "PG*",
    "LIBMYSQL_PLUGINS",
    "LIBMYSQL_PLUGIN_DIR",
    "MARIADB_HOME",
    "MARIADB_PLUGIN_DIR",
    "MARIADB_TLS_DISABLE_PEER_VERIFICATION",
    "MARIADB_UNIX_PORT",
    "MYSQL_HOME",
    "MYSQL_HOST",
    "MYSQL_PWD",
    "MYSQL_TCP_PORT",
    "MYSQL_TEST_LOGIN_FILE",
    "MYSQL_UNIX_PORT",
    NULL,
};

static const struct ferry_source odbc_source = {
    .describe = odrv_describe,
    .read_begin = odrv_read_begin,
    .read_batch = odrv_read_batch,
    .read_end = odrv_read_end,
    .snapshot_begin = odrv_snapshot_begin,
    .snapshot_end = odrv_snapshot_end,
    .origins = odrv_origins,
    .abilities = FERRY_SCANS,
    .list = odrv_list,
};

static const struct ferry_target odbc_target = {
    .map_column = odrv_map_column,
    .inspect = odrv_inspect,
    .change_begin = odrv_change_begin,
    .load_begin = odrv_load_begin,
    .load_batch = odrv_load_batch,
    .load_end = odrv_load_end,
    .change_commit = odrv_change_commit,
    .change_abort = odrv_change_abort,
    .stored_begin = odrv_stored_begin,
    .stored_batch = odrv_read_batch,
    .stored_end = odrv_read_end,
    .foresee = odrv_foresee,
};

static struct ferry_driver odbc_driver = {
    .name = "odbc",
    .version = "1",
    .description = "reads whatever an ODBC driver reaches, and writes to some of it",
    .options = odbc_options,
    .option_count = sizeof odbc_options / sizeof *odbc_options,
    .connect = odrv_connect,
    .disconnect = odrv_disconnect,
    .source = &odbc_source,
    .target = &odbc_target,
    .record_read = odrv_record_read,
    .cancel = odrv_cancel,
    .place = odrv_place,
    .facts = odrv_facts,
    .retries = 2,
    .is_usable = odrv_is_usable,
    .environment = odbc_environment,
    .libraries = odrv_libraries,
};

FERRY_REGISTER_DRIVER(odbc_driver)
