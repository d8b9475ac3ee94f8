/* The pgsql driver: PostgreSQL servers, by the client library libpq. */

#include "connect/connect.h"
#include "read/read.h"
#include "write/target.h"

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

static const struct ferry_option pgsql_options[] = {
    {.name = "host",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_HOST,
     .help = "the server's name or address; without it, a unix socket of this machine"},
    {.name = "port",
     .type = FERRY_OPTION_INT,
     .default_value = "5432",
     .min = 1,
     .max = 65535,
     .flags = FERRY_OPTION_URL_PORT,
     .help = "the TCP port, or the number in the unix socket's name"},
    {.name = "socket",
     .type = FERRY_OPTION_PATH,
     .help = "the folder of a unix socket to use instead of TCP"},
    {.name = "user",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_USER,
     .help = "the account; by default the name of the user who runs dbferry"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "the account's password"},
    {.name = "database",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_PATH,
     .help = "the database; by default the one with the user's name"},
    {.name = "schema",
     .type = FERRY_OPTION_STRING,
     .default_value = "public",
     .help = "the schema in which names are looked up"},
    {.name = "ssl_mode",
     .type = FERRY_OPTION_CHOICE,
     .choices = "disabled|disable|required|require|verify-ca|verify-identity|verify-full",
     .help = "how TLS is used; by default verify-identity, and disabled on this machine without "
             "ssl_ca"},
    {.name = "ssl_ca",
     .type = FERRY_OPTION_PATH,
     .help = "the certificates of the authorities to trust, one PEM file; by default the system's"},
    {.name = "ssl_cert", .type = FERRY_OPTION_PATH, .help = "this client's certificate (PEM)"},
    {.name = "ssl_key", .type = FERRY_OPTION_PATH, .help = "the key of ssl_cert (PEM)"},
    {.name = "ssl_crl", .type = FERRY_OPTION_PATH, .help = "revoked certificates (PEM)"},
    {.name = "tls_version",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "TLSv1.2",
     .choices = "TLSv1.2|TLSv1.3",
     .help = "the lowest TLS version to accept"},
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
    {.name = "time_zone",
     .type = FERRY_OPTION_STRING,
     .default_value = "UTC",
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "the session's time zone, by which views and queries compute dates"},
    {.name = "row_security",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .help = "true: rows that policies hide from the account are left out; false: such a table is "
             "refused"},
    {.name = "session_variables",
     .type = FERRY_OPTION_PAIRS,
     .help = "more settings for the session, such as { work_mem = \"256MB\"; }"},
};

/* The client library's own, and those of the libraries below it. */
static const char *const pgsql_environment[] = {"PG*", "KRB5*", NULL};

static struct ferry_driver pgsql_driver = {
    .name = "pgsql",
    .version = "1",
    .description = "reads and writes PostgreSQL servers",
    .options = pgsql_options,
    .option_count = sizeof pgsql_options / sizeof *pgsql_options,
    .connect = pgdrv_connect,
    .disconnect = pgdrv_disconnect,
    .source = &pgdrv_source,
    .cancel = pgdrv_cancel,
    .place = pgdrv_place,
    .facts = pgdrv_facts,
    .target = &pgdrv_target,
    .record_read = pgdrv_record_read,
    .examine = pgdrv_examine,
    .is_usable = pgdrv_is_usable,
    .retries = 2,
    .environment = pgsql_environment,
    .libraries = pgdrv_libraries,
};

FERRY_REGISTER_DRIVER(pgsql_driver)
