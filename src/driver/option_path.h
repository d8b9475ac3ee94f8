/* Connections to files: which file, and the same connection to another one. */

#ifndef FERRY_OPTION_PATH_H
#define FERRY_OPTION_PATH_H

#include "driver/option.h"

/* The file of a connection, which a URL would end with; NULL: it leads to no file. */
const char *ferry_config_path(const struct ferry_config *config);

/* A connection with the same keys to another file.  It borrows all but that from `config`, which
 * must outlive it; NULL: out of memory.  To ferry_config_free_moved(). */
struct ferry_config *ferry_config_move(const struct ferry_config *config, const char *path);
void ferry_config_free_moved(struct ferry_config *config); /* NULL allowed */

#endif
