/* Where a connection leads, as far as its configuration and the manager's files tell. */

#include "connect/connect.h"

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
    ODRV_AUTO_TEXT struct odrv_text place = {0};
    odrv_text_addf(&place, "odbc:%s", dsn != NULL ? dsn : driver != NULL ? driver : "");
    for (size_t i = 0; i < sizeof place_parts / sizeof *place_parts; i++) {
        ODRV_AUTO_STRING char *part = odrv_place_attribute(config, place_parts[i]);
        bool port = place_parts[i] == place_ports;
        if (part != NULL && *part != '\0')
            odrv_text_addf(&place, "%s%s", port ? ":" : "/", part);
    }
    if (schema != NULL)
        odrv_text_addf(&place, "#%s", schema);
    if (size == 0)
        return;
    /* A hash stands for what there is no room for: it is another place all the same. */
    if (place.failed || place.length < size)
        (void)snprintf(buffer, size, "%s", place.failed ? "" : place.data);
    else
        (void)snprintf(buffer, size, "odbc:%016llx",
                       (unsigned long long)ferry_hash_name(FERRY_HASH_SEED, place.data));
}

bool odrv_place_is_local(const struct ferry_config *config)
{
    static const char *const here[] = {"", "localhost", "localhost.localdomain", "::1", NULL};
    ODRV_AUTO_STRING char *server = odrv_place_attribute(config, place_servers);
    if (server == NULL || *server == '/' || strncmp(server, "127.", 4) == 0)
        return true;
    for (size_t i = 0; here[i] != NULL; i++)
        if (strcasecmp(server, here[i]) == 0)
            return true;
    return false;
}
