/* A connection is made when it is first asked for, so that a driver which nobody needs may be
 * absent. */

#include "config/connections.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "config/fill.h"
#include "driver/connection.h"
#include "driver/connection_keys.h"
#include "driver/load.h"

/* A connection that was asked for so far. */
struct connection {
    struct ferry_config *config;
    const config_setting_t *node; /* NULL: of a URL, which has a name for messages only */
    char *place;                  /* NULL: nobody has asked yet */
};

/* What the parser of the file lets stand in a name. */
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*"

static ferry_status add_connection(struct ferry_connections *connections, const char *name,
                                   const char *driver, const config_setting_t *node,
                                   struct ferry_config **ret_connection, struct ferry_error *error)
{
    struct ferry_driver_handle *handle;
    ferry_status status = ferry_driver_get(driver, &handle, error);
    if (status != FERRY_OK)
        return status;
    struct connection *list = reallocarray(connections->list, connections->count + 1, sizeof *list);
    if (list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    connections->list = list;
    struct ferry_config *config = ferry_config_new("connection", name);
    if (config == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    status = ferry_connection_keys_add(config, handle, error);
    if (status != FERRY_OK) {
        ferry_config_free(config);
        return status;
    }
    list[connections->count++] = (struct connection){.config = config, .node = node};
    *ret_connection = config;
    return FERRY_OK;
}

ferry_status ferry_connections_add(struct ferry_connections *connections, const char *name,
                                   const char *driver, struct ferry_config **ret_connection,
                                   struct ferry_error *error)
{
    return add_connection(connections, name, driver, NULL, ret_connection, error);
}

size_t ferry_connections_count(const struct ferry_connections *connections)
{
    if (connections->group == NULL)
        return 0;
    return (size_t)config_setting_length(connections->group);
}

const char *ferry_connections_name(const struct ferry_connections *connections, size_t i)
{
    return config_setting_name(config_setting_get_elem(connections->group, (unsigned)i));
}

static const config_setting_t *connection_node(const struct ferry_connections *connections,
                                               const char *name)
{
    for (size_t i = 0; i < ferry_connections_count(connections); i++)
        if (strcmp(ferry_connections_name(connections, i), name) == 0)
            return config_setting_get_elem(connections->group, (unsigned)i);
    return NULL;
}

static ferry_status fail_unknown_connection(const struct ferry_connections *connections,
                                            const char *name, const struct ferry_origin *origin,
                                            struct ferry_error *error)
{
    if (name[strspn(name, NAME_LETTERS)] != '\0') /* a mistyped URL may hold a password */
        return ferry_origin_fail(origin, error,
                                 "what is given as a connection is no connection's name, which has "
                                 "letters, digits, - and _; for copy, a URL begins with its driver "
                                 "in lower case");
    struct ferry_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < ferry_connections_count(connections); i++)
        ferry_nearest_offer(&nearest, ferry_connections_name(connections, i));
    if (nearest.best != NULL)
        return ferry_origin_fail(origin, error, "no connection is named '%s'; did you mean '%s'?",
                                 name, nearest.best);
    return ferry_origin_fail(origin, error,
                             "no connection is named '%s'; add it to the group connections", name);
}

/* So that nobody is given a connection that did not pass its checks. */
static void forget_last_connection(struct ferry_connections *connections)
{
    ferry_config_free(connections->list[--connections->count].config);
}

static ferry_status read_connection(struct ferry_connections *connections,
                                    const config_setting_t *node,
                                    const struct ferry_config **ret_connection,
                                    struct ferry_error *error)
{
    const char *driver = NULL;
    struct ferry_config *connection = NULL;
    struct ferry_origin origin = ferry_config_origin(connections->file, node);
    const char *name = config_setting_name(node);
    ferry_status status = ferry_config_member(connections->file, node, "driver", &driver, error);
    if (status != FERRY_OK)
        return status;
    if (driver == NULL)
        return ferry_origin_fail(&origin, error,
                                 "connection '%s' needs its driver, for example driver = "
                                 "\"sqlite\"; \"dbferry drivers\" lists them",
                                 name);
    status = add_connection(connections, name, driver, node, &connection, error);
    if (status != FERRY_OK) {
        ferry_error_prefix(error, "%s:%u: connection '%s': ", origin.file, origin.line, name);
        return status;
    }
    status = ferry_config_fill(connection, connections->file, node, error);
    if (status == FERRY_OK)
        *ret_connection = connection;
    else
        forget_last_connection(connections);
    return status;
}

ferry_status ferry_connections_get(struct ferry_connections *connections, const char *name,
                                   const struct ferry_origin *origin,
                                   const struct ferry_config **ret_connection,
                                   struct ferry_error *error)
{
    const config_setting_t *node = connection_node(connections, name);
    if (node == NULL)
        return fail_unknown_connection(connections, name, origin, error);
    for (size_t i = 0; i < connections->count; i++)
        if (connections->list[i].node == node) {
            *ret_connection = connections->list[i].config;
            return FERRY_OK;
        }
    return read_connection(connections, node, ret_connection, error);
}

const char *ferry_connections_place(struct ferry_connections *connections,
                                    const struct ferry_config *config)
{
    char place[FERRY_PLACE_SIZE];
    struct connection *connection = connections->list;
    while (connection->config != config)
        connection++;
    if (connection->place == NULL) {
        ferry_connection_find_place(config, place);
        connection->place = strdup(place);
    }
    return connection->place;
}

void ferry_connections_done(struct ferry_connections *connections)
{
    for (size_t i = 0; i < connections->count; i++) {
        ferry_config_free(connections->list[i].config);
        free(connections->list[i].place);
    }
    free(connections->list);
    *connections = (struct ferry_connections){0};
}
