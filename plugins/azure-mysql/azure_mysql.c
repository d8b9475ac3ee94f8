/* The azure-mysql driver: the mysql driver as Azure Database for MySQL wants it.
 *
 * Thin by intent: all that moves rows is the mysql driver's.  Here stands what differs: the
 * server's name is always compared with its certificate, an Entra token may be the password, and
 * errors are explained in the words of Azure.
 */

#include <arpa/inet.h>
#include <errmsg.h>
#include <string.h>
#include <strings.h>

#include "connect/connect.h"
#include "connect/options.h"
#include "write/target.h"

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION

static const struct ferry_option azure_options[] = {
    {.name = "host",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_HOST | FERRY_OPTION_REQUIRED,
     .help = "the server's full name, NAME.mysql.database.azure.com; no address"},
    MYDRV_OPTIONS_PORT,
    {.name = "user",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_URL_USER | FERRY_OPTION_REQUIRED,
     .help = "the account, without @SERVER; an Entra name is case-sensitive"},
    {.name = "login",
     .type = FERRY_OPTION_CHOICE,
     .choices = "password|entra-token",
     .default_value = "password",
     .help = "what the password is; a token comes from password_command, at every connect"},
    MYDRV_OPTIONS_ACCOUNT,
    {.name = "ssl_mode",
     .type = FERRY_OPTION_CHOICE,
     .choices = "disabled|preferred|required|require|verify-ca|verify-identity",
     .default_value = "verify-identity",
     .help = "always verify-identity: anything less is raised to it, with a warning"},
    MYDRV_OPTIONS_AUTHORITIES,
    MYDRV_OPTIONS_SESSION,
};

/* ---- How the server is reached ---- */

/* inet_aton() and getaddrinfo() take more for an address than four numbers: 127.1 is one. */
static bool azure_is_address(const char *host)
{
    struct in6_addr six;
    const char *last = strrchr(host, '.');
    last = last == NULL ? host : last + 1;
    return strpbrk(host, ":%") != NULL || inet_pton(AF_INET6, host, &six) == 1 ||
           (*last != '\0' && last[strspn(last, "0123456789")] == '\0');
}

static ferry_status azure_check_host(const struct ferry_config *config, const char *host,
                                     struct ferry_error *err)
{
    if (azure_is_address(host))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': host '%s' is an address; certificates are made out to "
                          "names, and the address changes with a failover; use the server's full "
                          "name, such as NAME.mysql.database.azure.com",
                          ferry_config_name(config), host);
    if (mydrv_host_is_local(host) || strchr(host, '.') == NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': host '%s' is not a full name, and no certificate is "
                          "made out to it; use the server's full name, such as "
                          "NAME.mysql.database.azure.com",
                          ferry_config_name(config), host);
    return FERRY_OK;
}

static ferry_status azure_choose(const struct ferry_config *config, struct mydrv_settings *ret,
                                 struct ferry_error *err)
{
    ferry_status status = azure_check_host(config, ret->host, err);
    if (status != FERRY_OK)
        return status;
    const char *wanted = ferry_config_string(config, "ssl_mode");
    if (mydrv_tls_mode_parse(wanted) < MYDRV_TLS_VERIFY_IDENTITY)
        ferry_log(FERRY_LOG_WARNING,
                  "connection '%s': ssl_mode \"%s\" is raised to \"verify-identity\": this driver "
                  "talks to nobody who has not proved to be the server",
                  ferry_config_name(config), wanted);
    ret->tls = MYDRV_TLS_VERIFY_IDENTITY;
    ret->token = strcmp(ferry_config_string(config, "login"), "entra-token") == 0;
    return FERRY_OK;
}

/* ---- What errors mean there ---- */

static const char hint_network[] =
    "check that the server is started, that its firewall rules (Networking in the portal) let this "
    "machine's address in or this machine is in its virtual network, and that port 3306 is open on "
    "the way; a new rule takes up to five minutes, a failover one or two";
static const char hint_name[] =
    "the full name is NAME.mysql.database.azure.com; a server with private access is known inside "
    "of its virtual network only";
static const char hint_firewall[] =
    "add a firewall rule for this machine's address (Networking in the portal); it takes up to "
    "five minutes";
static const char hint_gateway[] =
    "the user name or the host is not as the portal's page \"Connect\" shows them";
static const char hint_login[] =
    "check user and password; the user stands without @SERVER; with login = \"entra-token\" names "
    "are case-sensitive and made by CREATE AADUSER, and a token lives 5 to 60 minutes: give "
    "password_command, not a token that was kept";
static const char hint_entra_only[] =
    "the server takes Entra logins only (aad_auth_only): set login = \"entra-token\" and "
    "password_command";
static const char hint_token[] =
    "the token has expired: password_command must fetch a new one, not print one that was kept";
static const char hint_method[] =
    "an Entra account logs in with login = \"entra-token\" and password_command; any other account "
    "by mysql_native_password or caching_sha2_password";
static const char hint_connections[] =
    "max_connections follows the size of the server; raise it there, take a larger size, or try "
    "again later";
static const char hint_plain[] =
    "the server takes only TLS, and this connection offers it always: something on the way ends "
    "it; connect to the server itself";
static const char hint_init[] =
    "the server parameter init_connect holds what a session cannot set; reset it";
static const char hint_super[] =
    "nobody has SUPER, FILE or SYSTEM_VARIABLES_ADMIN there, and dbferry needs none of them: look "
    "at session_variables, and grant what dbferry-azure-mysql(7) lists";
static const char hint_binlog[] = "switch the server parameter log_bin_trust_function_creators on";
static const char hint_zones[] =
    "give `time_zone` as an offset such as \"+00:00\", or fill the server's tables once: CALL "
    "mysql.az_load_timezone()";
static const char hint_read_only[] =
    "the server takes no writes: it is a replica, it fails over, or less than 5 % or 5 GiB of its "
    "storage is left; then increase the storage";
static const char hint_lost[] =
    "the server went away, closed the connection, or sent nothing for the time of `read_timeout`; "
    "a failover, a restart or a change of its size takes 60 to 120 seconds; run again";

#define AZURE_ASKING (MYDRV_SETTING_UP | MYDRV_DESCRIBING | MYDRV_READING)
#define AZURE_ANY (MYDRV_CONNECTING | AZURE_ASKING | MYDRV_LOADING)

/* Other words for errors that the mysql driver has; numbers from 9000 on are Azure's own. */
static const struct mydrv_fault azure_faults[] = {
    {CR_CONNECTION_ERROR, MYDRV_CONNECTING, MYDRV_AS_LISTED, hint_network},
    {CR_CONN_HOST_ERROR, MYDRV_CONNECTING, MYDRV_AS_LISTED, hint_network},
    {CR_UNKNOWN_HOST, MYDRV_CONNECTING, MYDRV_AS_LISTED, hint_name},
    {CR_SERVER_GONE_ERROR, MYDRV_CONNECTING, MYDRV_AS_LISTED, hint_network},
    {CR_SERVER_LOST, MYDRV_CONNECTING, MYDRV_AS_LISTED, hint_network},
    {CR_SERVER_GONE_ERROR, AZURE_ASKING | MYDRV_LOADING, MYDRV_AS_LISTED, hint_lost},
    {CR_SERVER_LOST, AZURE_ASKING | MYDRV_LOADING, MYDRV_AS_LISTED, hint_lost},
    {CR_SERVER_LOST_EXTENDED, AZURE_ASKING | MYDRV_LOADING, MYDRV_AS_LISTED, hint_lost},
    {CR_SSL_CONNECTION_ERROR, AZURE_ASKING | MYDRV_LOADING, MYDRV_AS_LISTED, hint_lost},
    {CR_PLUGIN_NOT_ALLOWED, MYDRV_CONNECTING, MYDRV_AS_LISTED, hint_method},
    {1040, MYDRV_CONNECTING, MYDRV_AS_LISTED, hint_connections},
    {1045, AZURE_ANY, MYDRV_AS_LISTED, hint_login},
    {3159, AZURE_ANY, MYDRV_AS_LISTED, hint_plain},
    {1227, AZURE_ANY, MYDRV_AS_LISTED, hint_super},
    {1298, AZURE_ANY, MYDRV_AS_LISTED, hint_zones},
    {1290, MYDRV_LOADING, MYDRV_AS_LISTED, hint_read_only},
    {1792, MYDRV_LOADING, MYDRV_AS_LISTED, hint_read_only},
    {1836, MYDRV_LOADING, MYDRV_AS_LISTED, hint_read_only},
    {1184, MYDRV_CONNECTING | AZURE_ASKING, FERRY_ERR_CONFIG, hint_init},
    {1419, MYDRV_LOADING, FERRY_ERR_REFUSED, hint_binlog},
    {9000, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_firewall},
    {9002, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_gateway},
    {9107, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_entra_only},
    {9119, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_token},
};

static const char hint_roots[] =
    "no root that is trusted here signed the server's certificate; the trust store must hold "
    "DigiCert Global Root G2 and Microsoft RSA Root Certificate Authority 2017 (Debian: install or "
    "update the package ca-certificates); leave ssl_ca and ssl_capath out, or give both roots "
    "there";
static const char hint_host[] =
    "the server's certificate is for another host; use the server's full name, "
    "NAME.mysql.database.azure.com, as `host`, and no alias";

static const struct mydrv_tls_failure azure_tls_failures[] = {
    {"does not support it",
     "what answers offers no TLS, and a server of Azure does: somebody on the way took the offer "
     "out, or `host` leads elsewhere"},
    {"self-signed", hint_roots},
    {"self signed", hint_roots},
    {"verify the first certificate", hint_roots},
    {"issuer certificate", hint_roots},
    {"not trusted", hint_roots},
    {"certificate signature failure", hint_roots},
    {"verify failed", hint_roots},
    {"alidation of SSL server certificate", hint_host},
    {"ostname", hint_host},
};

/* ---- The driver ---- */

static const struct mydrv_flavour azure_flavour = {
    .choose = azure_choose,
    .faults = azure_faults,
    .fault_count = sizeof azure_faults / sizeof *azure_faults,
    .tls_failures = azure_tls_failures,
    .tls_failure_count = sizeof azure_tls_failures / sizeof *azure_tls_failures,
};

static ferry_status azure_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                                  struct ferry_error *err)
{
    return mydrv_connect(&azure_flavour, config, role, ret_conn, err);
}

static void azure_place(const struct ferry_config *config, char *buffer, size_t size)
{
    mydrv_place(config, NULL, buffer, size);
}

static struct ferry_driver azure_driver = {
    .name = "azure-mysql",
    .version = "1",
    .description = "reads and writes Azure Database for MySQL",
    .options = azure_options,
    .option_count = sizeof azure_options / sizeof *azure_options,
    .connect = azure_connect,
    .disconnect = mydrv_disconnect,
    .source = &mydrv_source,
    .target = &mydrv_target,
    .cancel = mydrv_cancel,
    .thread_begin = mydrv_thread_begin,
    .thread_end = mydrv_thread_end,
    .place = azure_place,
    .record_read = mydrv_record_read,
    .facts = mydrv_facts,
    .examine = mydrv_examine,
    .is_usable = mydrv_is_usable,
    .retries = 6,
    .environment = mydrv_environment,
    .libraries = mydrv_libraries,
};

FERRY_REGISTER_DRIVER(azure_driver)
