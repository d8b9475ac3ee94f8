/* The connections of a configuration file, and those that a URL stands for. */

#ifndef FERRY_CONNECTIONS_H
#define FERRY_CONNECTIONS_H

#include "config/file.h"
#include "driver/option.h"

/* Start with the first two members, or as {0} where there is no file. */
struct ferry_connections {
    const struct ferry_config_file *file;
    const config_setting_t *group; /* of the file; NULL if there is none */
    struct connection *list;       /* those that were asked for so far */
    size_t count;
};

/* How many the file has, and their names. */
size_t ferry_connections_count(const struct ferry_connections *connections);
const char *ferry_connections_name(const struct ferry_connections *connections, size_t i);

/* The connection of that name, its driver loaded and its keys checked; lives as long as the list.
 * `origin` says who asked for it. */
ferry_status ferry_connections_get(struct ferry_connections *connections, const char *name,
                                   const struct ferry_origin *origin,
                                   const struct ferry_config **ret_connection,
                                   struct ferry_error *error);
/* Starts a connection that no file describes: keys are then set one by one with
 * ferry_config_set_word(), and ferry_config_finish() ends it.  Lives as long as the list. */
ferry_status ferry_connections_add(struct ferry_connections *connections, const char *name,
                                   const char *driver, struct ferry_config **ret_connection,
                                   struct ferry_error *error);

/* Where one of them leads, as its driver spells it; asked once.  NULL: no memory. */
const char *ferry_connections_place(struct ferry_connections *connections,
                                    const struct ferry_config *config);

void ferry_connections_done(struct ferry_connections *connections);

#endif
