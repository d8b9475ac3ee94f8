/* Where a connection leads, as far as its configuration and the manager's files tell. */

#include "connect/connect.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Each part of a place by the words that ODBC drivers have for it. */
static const char *const place_servers[] = {"Server",   "Servername", "Host",
                                            "Hostname", "Address",    NULL};
static const char *const place_sockets[] = {"Socket", NULL};
static const char *const place_ports[] = {"Port", "TCP_Port", NULL};
static const char *const place_services[] = {"DBQ", "ServiceName", "Service", "SID", NULL};
static const char *const place_databases[] = {"Database", "DB", "Dbname", NULL};
static const char *const *const place_parts[] = {place_servers, place_sockets, place_ports,
                                                 place_services, place_databases};

char *odrv_place_attribute(const struct ferry_config *config, const char *const *names)
{
    const char *dsn = ferry_config_string(config, "dsn");
    const char *name, *value;
    for (; *names != NULL; names++) {
        for (size_t i = 0; ferry_config_pair(config, "attributes", i, &name, &value) == 1; i++)
            if (strcasecmp(*names, name) == 0)
                return strdup(value);
        char *found = dsn == NULL ? NULL : odrv_string_setting(dsn, *names, "odbc.ini");
        if (found != NULL)
            return found;
    }
    return NULL;
}

void odrv_place(const struct ferry_config *config, char *buffer, size_t size)
{
    const char *dsn = ferry_config_string(config, "dsn");
    const char *driver = ferry_config_string(config, "odbc_driver");
    const char *schema = ferry_config_string(config, "schema");
    PART_AUTO_TEXT struct part_text place = {0};
    part_text_addf(&place, "odbc:%s", dsn != NULL ? dsn : driver != NULL ? driver : "");
    for (size_t i = 0; i < sizeof place_parts / sizeof *place_parts; i++) {
        PART_AUTO_STRING char *part = odrv_place_attribute(config, place_parts[i]);
        bool port = place_parts[i] == place_ports;
        if (part != NULL && *part != '\0')
            part_text_addf(&place, "%s%s", port ? ":" : "/", part);
    }
    if (schema != NULL)
        part_text_addf(&place, "#%s", schema);
    if (size == 0)
        return;
    /* A hash stands for what there is no room for: it is another place all the same. */
    if (place.failed || place.length < size)
        (void)snprintf(buffer, size, "%s", place.failed ? "" : place.data);
    else
        (void)snprintf(buffer, size, "odbc:%016llx",
                       (unsigned long long)ferry_hash_name(FERRY_HASH_SEED, place.data));
}

/* ---- Words that lead elsewhere ---- */

static ferry_status place_refuse_second(const struct ferry_config *config, const char *first,
                                        const char *second, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_CONFIG,
                      "connection '%s': both '%s' and '%s' say where the database is, in "
                      "`attributes` or in the data source; take one out",
                      ferry_config_name(config), first, second);
}

/* Which of two words of one part counts, each ODBC driver decides for itself. */
static ferry_status place_check_part(const struct ferry_config *config, const char *const *names,
                                     struct ferry_error *err)
{
    const char *dsn = ferry_config_string(config, "dsn");
    const char *first = NULL, *name, *value;
    for (size_t i = 0; ferry_config_pair(config, "attributes", i, &name, &value) == 1; i++)
        for (const char *const *word = names; *word != NULL; word++) {
            if (strcasecmp(*word, name) != 0)
                continue;
            if (first != NULL)
                return place_refuse_second(config, first, name, err);
            first = name;
        }
    for (; dsn != NULL && *names != NULL; names++) {
        PART_AUTO_STRING char *found = odrv_string_setting(dsn, *names, "odbc.ini");
        if (found == NULL || (first != NULL && strcasecmp(first, *names) == 0))
            continue;
        if (first != NULL)
            return place_refuse_second(config, first, *names, err);
        first = *names;
    }
    return FERRY_OK;
}

/* Options of libpq by which psqlodbc's `pqopt` would lead elsewhere, or log in otherwise. */
static const char *const place_taken[] = {
    "host", "hostaddr", "port", "dbname", "service", "servicefile", "user", "password", "passfile",
};

/* Whether `options` sets this one: also where a quoted value only looks so. */
static bool place_sets(const char *options, const char *word)
{
    for (const char *at = options; (at = strcasestr(at, word)) != NULL; at++) {
        const char *behind = at + strlen(word);
        if (at > options && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
            continue;
        while (isspace((unsigned char)*behind))
            behind++;
        if (*behind == '=')
            return true;
    }
    return false;
}

static ferry_status place_check_options(const struct ferry_config *config, const char *options,
                                        struct ferry_error *err)
{
    const char *taken = strstr(options, "://") != NULL ? "an address" : NULL;
    for (size_t i = 0; taken == NULL && i < sizeof place_taken / sizeof *place_taken; i++)
        if (place_sets(options, place_taken[i]))
            taken = place_taken[i];
    return taken == NULL
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_CONFIG,
                            "connection '%s': `pqopt` has %s, which would lead elsewhere than the "
                            "connection says; write it as an attribute (Server, Port, Database), "
                            "or as `user` or `password_file`",
                            ferry_config_name(config), taken);
}

ferry_status odrv_place_check(const struct ferry_config *config, struct ferry_error *err)
{
    const char *dsn = ferry_config_string(config, "dsn"), *name, *value;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < sizeof place_parts / sizeof *place_parts; i++)
        status = place_check_part(config, place_parts[i], err);
    for (size_t i = 0;
         status == FERRY_OK && ferry_config_pair(config, "attributes", i, &name, &value) == 1; i++)
        if (strcasecmp(name, "pqopt") == 0)
            status = place_check_options(config, value, err);
    if (status != FERRY_OK || dsn == NULL)
        return status;
    PART_AUTO_STRING char *options = odrv_string_setting(dsn, "pqopt", "odbc.ini");
    return options == NULL ? FERRY_OK : place_check_options(config, options, err);
}

/* ---- This machine ---- */

/* A name that only begins as one of these is another machine, and so may be one of a list. */
static bool place_is_here(const char *server)
{
    static const char *const here[] = {"", "localhost", "localhost.localdomain", "::1"};
    struct in_addr address;
    if (*server == '/')
        return strchr(server, ',') == NULL;
    if (inet_pton(AF_INET, server, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strcasecmp(server, here[i]) == 0)
            return true;
    return false;
}

bool odrv_place_is_local(const struct ferry_config *config)
{
    const char *dsn = ferry_config_string(config, "dsn"), *name, *value;
    for (const char *const *word = place_servers; *word != NULL; word++) {
        for (size_t i = 0; ferry_config_pair(config, "attributes", i, &name, &value) == 1; i++)
            if (strcasecmp(*word, name) == 0 && !place_is_here(value))
                return false;
        PART_AUTO_STRING char *found =
            dsn == NULL ? NULL : odrv_string_setting(dsn, *word, "odbc.ini");
        if (found != NULL && !place_is_here(found))
            return false;
    }
    return true;
}
