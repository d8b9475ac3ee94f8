/* The mysql driver: reads views, tables and queries of MySQL and MariaDB servers, and replaces
 * tables there.
 */

#include "target.h"

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

static const struct ferry_option mysql_options_table[] = {
    {.name = "host",
     .type = FERRY_OPTION_STRING,
     .default_value = "localhost",
     .flags = FERRY_OPTION_URL_HOST,
     .help = "the server's name or address; localhost alone means its unix socket"},
    {.name = "port",
     .type = FERRY_OPTION_INT,
     .default_value = "3306",
     .min = 1,
     .max = 65535,
     .flags = FERRY_OPTION_URL_PORT,
     .help = "the TCP port"},
    {.name = "socket", .type = FERRY_OPTION_PATH, .help = "a unix socket to use instead of TCP"},
    {.name = "user",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_USER,
     .help = "the account; by default the name of the user who runs dbferry"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "the account's password"},
    {.name = "database",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_PATH,
     .help = "the database in which names are looked up"},
    {.name = "ssl_mode",
     .type = FERRY_OPTION_CHOICE,
     .choices = "disabled|preferred|required|require|verify-ca|verify-identity",
     .help = "how TLS is used; by default verify-identity, and preferred on this machine"},
    {.name = "ssl_ca",
     .type = FERRY_OPTION_PATH,
     .help = "the certificates of the authorities to trust, one PEM file"},
    {.name = "ssl_capath",
     .type = FERRY_OPTION_PATH,
     .help = "a folder of such certificates, prepared by `openssl rehash`"},
    {.name = "ssl_cert", .type = FERRY_OPTION_PATH, .help = "this client's certificate (PEM)"},
    {.name = "ssl_key", .type = FERRY_OPTION_PATH, .help = "the key of ssl_cert (PEM)"},
    {.name = "ssl_crl", .type = FERRY_OPTION_PATH, .help = "revoked certificates (PEM)"},
    {.name = "ssl_fingerprint",
     .type = FERRY_OPTION_STRING,
     .help = "the fingerprint of the one certificate to accept"},
    {.name = "tls_version",
     .type = FERRY_OPTION_STRING,
     .default_value = "TLSv1.2,TLSv1.3",
     .help = "the TLS versions to accept"},
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
     .default_value = "+00:00",
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "the session's time zone, in which TIMESTAMP columns arrive"},
    {.name = "session_variables",
     .type = FERRY_OPTION_PAIRS,
     .help = "more variables for the session, such as { group_concat_max_len = \"1000000\"; }"},
};

static ferry_status mysql_driver_thread_begin(struct ferry_error *err)
{
    return mysql_thread_init() == 0 ? FERRY_OK : mydrv_fail_memory(err);
}

static void mysql_driver_thread_end(void)
{
    mysql_thread_end();
}

static void mysql_driver_place(const struct ferry_config *config, char *buffer, size_t size)
{
    const char *host = ferry_config_string(config, "host");
    const char *socket = ferry_config_string(config, "socket");
    const char *database = ferry_config_string(config, "database");
    if (database == NULL)
        database = "";
    if (socket != NULL)
        snprintf(buffer, size, "mysql://localhost(%s)/%s", socket, database);
    else
        snprintf(buffer, size, "mysql://%s:%u/%s", host, (unsigned)ferry_config_int(config, "port"),
                 database);
}

static void mysql_driver_facts(void *conn, struct ferry_facts *facts)
{
    const struct mydrv_conn *c = conn;
    ferry_facts_add(facts, "server", c->server);
    ferry_facts_add(facts, "TLS", c->tls);
    ferry_facts_add(facts, "time zone", c->time_zone);
    ferry_facts_add(facts, "client library", mysql_get_client_info());
}

static const struct ferry_source mysql_source = {
    .describe = mydrv_describe,
    .read_begin = mydrv_read_begin,
    .read_batch = mydrv_read_batch,
    .read_end = mydrv_read_end,
    .snapshot_begin = mydrv_snapshot_begin,
    .snapshot_end = mydrv_snapshot_end,
};

static struct ferry_driver mysql_driver = {
    .name = "mysql",
    .version = "1",
    .description = "reads and writes MySQL and MariaDB servers",
    .options = mysql_options_table,
    .option_count = sizeof mysql_options_table / sizeof *mysql_options_table,
    .connect = mydrv_connect,
    .disconnect = mydrv_disconnect,
    .source = &mysql_source,
    .target = &mydrv_target,
    .cancel = mydrv_cancel,
    .thread_begin = mysql_driver_thread_begin,
    .thread_end = mysql_driver_thread_end,
    .place = mysql_driver_place,
    .facts = mysql_driver_facts,
};

FERRY_REGISTER_DRIVER(mysql_driver)
