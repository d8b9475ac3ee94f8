/* The options of one connection: read from the configuration, checked, defaults worked out. */

#include "connect/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

bool mydrv_host_is_valid(const char *host)
{
    size_t length = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 ".-_:%");
    return length > 0 && length <= 255 && host[length] == '\0';
}

bool mydrv_host_is_address(const char *host)
{
    struct in6_addr address; /* room for either kind */
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

bool mydrv_host_is_local(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* The user name that the client library would take by itself; asked for here so that messages and
 * the login agree. */
static ferry_status settings_own_user(char **ret_user, struct ferry_error *err)
{
    long advised = sysconf(_SC_GETPW_R_SIZE_MAX);
    size_t size = advised > 0 ? (size_t)advised : 16384;
    PART_AUTO_STRING char *buffer = malloc(size);
    struct passwd entry;
    struct passwd *found = NULL;
    if (buffer == NULL)
        return mydrv_fail_memory(err);
    if (getpwuid_r(geteuid(), &entry, buffer, size, &found) != 0 || found == NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "no `user` is set and the account that runs dbferry has no name; set "
                          "`user`");
    *ret_user = strdup(found->pw_name);
    return *ret_user == NULL ? mydrv_fail_memory(err) : FERRY_OK;
}

static ferry_status settings_read_place(const struct ferry_config *config,
                                        struct mydrv_settings *ret, struct ferry_error *err)
{
    ret->host = ferry_config_string(config, "host");
    ret->port = (unsigned)ferry_config_int(config, "port");
    ret->database = ferry_config_string(config, "database");
    if (!mydrv_host_is_valid(ret->host))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': host '%s' is not a host name or an address (letters, "
                          "digits and . - _ : %% only, one host); correct `host`",
                          ferry_config_name(config), ret->host);
    if (ret->database != NULL && strlen(ret->database) > 256)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': `database` is longer than any database's name",
                          ferry_config_name(config));
    ret->create_database = ferry_config_int(config, "create_database") != 0;
    if (ret->create_database && (ret->database == NULL || *ret->database == '\0'))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': create_database is set, and `database` does not say "
                          "which; set it",
                          ferry_config_name(config));
    return FERRY_OK;
}

static ferry_status settings_read_user(const struct ferry_config *config,
                                       struct mydrv_settings *ret, struct ferry_error *err)
{
    const char *user = ferry_config_string(config, "user");
    if (user == NULL || *user == '\0')
        return settings_own_user(&ret->user, err);
    if (strlen(user) > 512)
        return ferry_fail(err, FERRY_ERR_CONFIG, "connection '%s': `user` is too long",
                          ferry_config_name(config));
    ret->user = strdup(user);
    return ret->user == NULL ? mydrv_fail_memory(err) : FERRY_OK;
}

static unsigned settings_seconds(int64_t ms)
{
    int64_t seconds = ms / 1000 + (ms % 1000 != 0);
    if (seconds < 1)
        return 1;
    return seconds > 86400 ? 86400 : (unsigned)seconds;
}

ferry_status mydrv_settings_read(const struct mydrv_flavour *flavour,
                                 const struct ferry_config *config, struct mydrv_settings *ret,
                                 struct ferry_error *err)
{
    struct mydrv_settings settings = {0};
    ferry_status status = settings_read_place(config, &settings, err);
    if (status != FERRY_OK)
        return status;
    settings.time_zone = ferry_config_string(config, "time_zone");
    settings.ca = ferry_config_string(config, "ssl_ca");
    settings.capath = ferry_config_string(config, "ssl_capath");
    settings.tls_version = ferry_config_string(config, "tls_version");
    settings.connect_timeout = settings_seconds(ferry_config_int(config, "connect_timeout"));
    settings.read_timeout_ms = ferry_config_int(config, "read_timeout");
    settings.compression = ferry_config_int(config, "compression") != 0;
    status = flavour->choose(config, &settings, err);
    if (status == FERRY_OK)
        status = settings_read_user(config, &settings, err);
    if (status != FERRY_OK)
        return status;
    *ret = settings;
    return FERRY_OK;
}

void mydrv_settings_clear(struct mydrv_settings *settings)
{
    free(settings->user);
    settings->user = NULL;
}
