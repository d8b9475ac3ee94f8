/* The options of one connection: read from the configuration, checked, defaults worked out. */

#include "connect/connect.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* NAMEDATALEN: a longer name would be cut by the server, silently. */
#define SETTINGS_NAME_MOST 63

static bool settings_host_is_valid(const char *host)
{
    size_t length = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 ".-_:%");
    return length > 0 && length <= 255 && host[length] == '\0';
}

bool pgdrv_host_is_address(const char *host)
{
    struct in6_addr address; /* room for either kind */
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

bool pgdrv_host_is_local(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* The name that the client library would take by itself; asked for here so that messages and the
 * login agree.  NULL: there is none, or no memory. */
static char *settings_own_name(void)
{
    long advised = sysconf(_SC_GETPW_R_SIZE_MAX);
    size_t size = advised > 0 ? (size_t)advised : 16384;
    PART_AUTO_STRING char *buffer = malloc(size);
    struct passwd entry;
    struct passwd *found = NULL;
    if (buffer == NULL || getpwuid_r(geteuid(), &entry, buffer, size, &found) != 0 || found == NULL)
        return NULL;
    return strdup(found->pw_name);
}

static ferry_status settings_own_user(char **ret_user, struct ferry_error *err)
{
    *ret_user = settings_own_name();
    if (*ret_user != NULL)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_CONFIG,
                      "no `user` is set and the account that runs dbferry has no name; set `user`");
}

static ferry_status settings_check_name(const struct ferry_config *config, const char *key,
                                        const char *value, struct ferry_error *err)
{
    if (value == NULL || strlen(value) <= SETTINGS_NAME_MOST)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_CONFIG,
                      "connection '%s': `%s` is longer than the %d bytes that a name may have; "
                      "correct it",
                      ferry_config_name(config), key, SETTINGS_NAME_MOST);
}

static ferry_status settings_read_names(const struct ferry_config *config,
                                        struct pgdrv_settings *ret, struct ferry_error *err)
{
    static const char *const keys[] = {"user", "database", "schema"};
    const char *user = ferry_config_string(config, "user");
    const char *database = ferry_config_string(config, "database");
    ferry_status status = FERRY_OK;
    ret->schema = ferry_config_string(config, "schema");
    for (size_t i = 0; i < sizeof keys / sizeof *keys && status == FERRY_OK; i++)
        status = settings_check_name(config, keys[i], ferry_config_string(config, keys[i]), err);
    if (status == FERRY_OK && *ret->schema == '\0')
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "connection '%s': `schema` is empty; remove it, or name one",
                            ferry_config_name(config));
    if (status != FERRY_OK)
        return status;
    if (user == NULL || *user == '\0')
        status = settings_own_user(&ret->user, err);
    else if ((ret->user = strdup(user)) == NULL)
        status = pgdrv_fail_memory(err);
    if (status != FERRY_OK)
        return status;
    ret->database = strdup(database == NULL || *database == '\0' ? ret->user : database);
    return ret->database == NULL ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* Where a server of this machine listens, if nothing says otherwise.  Not /tmp, where one that was
 * built from its sources does: anybody could listen there while it is down, and ask for the
 * password. */
static const char settings_own_socket[] = "/run/postgresql";

static ferry_status settings_read_place(const struct ferry_config *config,
                                        struct pgdrv_settings *ret, struct ferry_error *err)
{
    const char *name = ferry_config_name(config);
    ret->host = ferry_config_string(config, "host");
    ret->socket = ferry_config_string(config, "socket");
    ret->port = (unsigned)ferry_config_int(config, "port");
    if (ret->host != NULL && *ret->host == '\0')
        ret->host = NULL;
    if (ret->host != NULL && ret->socket != NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': both `socket` and host '%s' are set; remove one", name,
                          ret->host);
    if (ret->host != NULL && !settings_host_is_valid(ret->host))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': host '%s' is not a host name or an address (letters, "
                          "digits and . - _ : %% only, one host); correct `host`, or set `socket` "
                          "to the folder of a unix socket",
                          name, ret->host);
    ret->use_socket = ret->host == NULL;
    if (ret->use_socket && ret->socket == NULL)
        ret->socket = settings_own_socket;
    /* The library takes other spellings for hosts, and commas for lists of folders. */
    if (ret->use_socket && (*ret->socket != '/' || strchr(ret->socket, ',') != NULL))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': socket '%s' is not the path of a folder without a "
                          "comma; correct it",
                          name, ret->socket);
    return FERRY_OK;
}

/* What only TLS has, a unix socket cannot give. */
static ferry_status settings_read_tls(const struct ferry_config *config, struct pgdrv_settings *ret,
                                      struct ferry_error *err)
{
    const char *mode = ferry_config_string(config, "ssl_mode");
    ret->ca = ferry_config_string(config, "ssl_ca");
    ret->cert = ferry_config_string(config, "ssl_cert");
    ret->key = ferry_config_string(config, "ssl_key");
    ret->crl = ferry_config_string(config, "ssl_crl");
    ret->tls_version = ferry_config_string(config, "tls_version");
    ret->tls = PGDRV_TLS_DISABLED;
    if (mode != NULL)
        ret->tls = pgdrv_tls_mode_parse(mode);
    else if (!ret->use_socket && (!pgdrv_host_is_local(ret->host) || ret->ca != NULL))
        ret->tls = PGDRV_TLS_VERIFY_IDENTITY;
    if (ret->use_socket && ret->tls != PGDRV_TLS_DISABLED)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': ssl_mode \"%s\" asks for TLS, which a unix socket does "
                          "not have; set `host`, or remove ssl_mode",
                          ferry_config_name(config), mode);
    return FERRY_OK;
}

ferry_status pgdrv_settings_read(const struct ferry_config *config, struct pgdrv_settings *ret,
                                 struct ferry_error *err)
{
    struct pgdrv_settings settings = {0};
    settings.time_zone = ferry_config_string(config, "time_zone");
    settings.connect_timeout_ms = ferry_config_int(config, "connect_timeout");
    settings.read_timeout_ms = ferry_config_int(config, "read_timeout");
    settings.row_security = ferry_config_int(config, "row_security") != 0;
    ferry_status status = settings_read_place(config, &settings, err);
    if (status == FERRY_OK)
        status = settings_read_tls(config, &settings, err);
    if (status == FERRY_OK)
        status = settings_read_names(config, &settings, err);
    if (status != FERRY_OK) {
        pgdrv_settings_clear(&settings);
        return status;
    }
    *ret = settings;
    return FERRY_OK;
}

void pgdrv_settings_clear(struct pgdrv_settings *settings)
{
    free(settings->user);
    free(settings->database);
    settings->user = settings->database = NULL;
}

/* The same place by whatever keys: `database` is what settings_read_names() would take. */
void pgdrv_place(const struct ferry_config *config, char *buffer, size_t size)
{
    PART_AUTO_STRING char *own = NULL;
    const char *host = ferry_config_string(config, "host");
    const char *socket = ferry_config_string(config, "socket");
    const char *database = ferry_config_string(config, "database");
    const char *schema = ferry_config_string(config, "schema");
    unsigned port = (unsigned)ferry_config_int(config, "port");
    if (database == NULL || *database == '\0')
        database = ferry_config_string(config, "user");
    if (database == NULL || *database == '\0') {
        own = settings_own_name();
        database = own == NULL ? "" : own;
    }
    if (host != NULL && *host != '\0') {
        snprintf(buffer, size, "pgsql://%s:%u/%s/%s", host, port, database, schema);
        return;
    }
    if (socket == NULL)
        socket = settings_own_socket;
    snprintf(buffer, size, "pgsql://localhost(%s:%u)/%s/%s", socket, port, database, schema);
}
