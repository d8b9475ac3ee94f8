/* The mysql driver: reads views, tables and queries of MySQL and MariaDB servers, and replaces
 * tables there.
 */

#include <strings.h>

#include "connect/connect.h"
#include "connect/options.h"
#include "write/target.h"

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

static const struct ferry_option mysql_options_table[] = {
    {.name = "host",
     .type = FERRY_OPTION_STRING,
     .default_value = "localhost",
     .flags = FERRY_OPTION_URL_HOST,
     .help = "the server's name or address; localhost alone means its unix socket"},
    MYDRV_OPTIONS_PORT,
    {.name = "socket", .type = FERRY_OPTION_PATH, .help = "a unix socket to use instead of TCP"},
    {.name = "user",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_USER,
     .help = "the account; by default the name of the user who runs dbferry"},
    MYDRV_OPTIONS_ACCOUNT,
    {.name = "ssl_mode",
     .type = FERRY_OPTION_CHOICE,
     .choices = "disabled|preferred|required|require|verify-ca|verify-identity",
     .help = "how TLS is used; by default verify-identity, and preferred on this machine "
             "without ssl_ca"},
    MYDRV_OPTIONS_AUTHORITIES,
    {.name = "ssl_cert", .type = FERRY_OPTION_PATH, .help = "this client's certificate (PEM)"},
    {.name = "ssl_key", .type = FERRY_OPTION_PATH, .help = "the key of ssl_cert (PEM)"},
    {.name = "ssl_crl", .type = FERRY_OPTION_PATH, .help = "revoked certificates (PEM)"},
    {.name = "ssl_fingerprint",
     .type = FERRY_OPTION_STRING,
     .help = "the fingerprint of the one certificate to accept"},
    MYDRV_OPTIONS_SESSION,
};

static ferry_status mysql_read_own(const struct ferry_config *config, struct mydrv_settings *ret,
                                   struct ferry_error *err)
{
    ret->socket = ferry_config_string(config, "socket");
    ret->cert = ferry_config_string(config, "ssl_cert");
    ret->key = ferry_config_string(config, "ssl_key");
    ret->crl = ferry_config_string(config, "ssl_crl");
    ret->fingerprint = ferry_config_string(config, "ssl_fingerprint");
    if (ret->socket != NULL && strcasecmp(ret->host, "localhost") != 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': both `socket` and host '%s' are set; remove one",
                          ferry_config_name(config), ret->host);
    return FERRY_OK;
}

/* "localhost" means the unix socket, as for every MySQL client, unless the configuration asks for
 * what only TCP has: a port, or a ssl_mode that demands TLS. */
static ferry_status mysql_choose(const struct ferry_config *config, struct mydrv_settings *ret,
                                 struct ferry_error *err)
{
    const char *mode = ferry_config_string(config, "ssl_mode");
    bool local = mydrv_host_is_local(ret->host);
    ferry_status status = mysql_read_own(config, ret, err);
    if (status != FERRY_OK)
        return status;
    ret->tls = MYDRV_TLS_PREFERRED;
    if (mode != NULL)
        ret->tls = mydrv_tls_mode_parse(mode);
    else if (!local || ret->ca != NULL || ret->capath != NULL)
        ret->tls = MYDRV_TLS_VERIFY_IDENTITY;
    ret->use_socket = ret->socket != NULL ||
                      (strcasecmp(ret->host, "localhost") == 0 &&
                       !ferry_config_is_set(config, "port") && ret->tls <= MYDRV_TLS_PREFERRED);
    /* The library compares with this spelling. */
    if (ret->use_socket)
        ret->host = "localhost";
    return FERRY_OK;
}

static const struct mydrv_flavour mysql_flavour = {.choose = mysql_choose};

static ferry_status mysql_driver_connect(const struct ferry_config *config, uint32_t role,
                                         void **ret_conn, struct ferry_error *err)
{
    return mydrv_connect(&mysql_flavour, config, role, ret_conn, err);
}

static void mysql_driver_place(const struct ferry_config *config, char *buffer, size_t size)
{
    mydrv_place(config, ferry_config_string(config, "socket"), buffer, size);
}

static struct ferry_driver mysql_driver = {
    .name = "mysql",
    .version = "1",
    .description = "reads and writes MySQL and MariaDB servers",
    .options = mysql_options_table,
    .option_count = sizeof mysql_options_table / sizeof *mysql_options_table,
    .connect = mysql_driver_connect,
    .disconnect = mydrv_disconnect,
    .source = &mydrv_source,
    .target = &mydrv_target,
    .cancel = mydrv_cancel,
    .thread_begin = mydrv_thread_begin,
    .thread_end = mydrv_thread_end,
    .place = mysql_driver_place,
    .record_read = mydrv_record_read,
    .facts = mydrv_facts,
    .examine = mydrv_examine,
    .is_usable = mydrv_is_usable,
    .retries = 2,
    .environment = mydrv_environment,
    .libraries = mydrv_libraries,
};

FERRY_REGISTER_DRIVER(mysql_driver)
