/* The configuration file: found, checked, read once and parsed. */

#ifndef FERRY_CONFIG_FILE_H
#define FERRY_CONFIG_FILE_H

#include <libconfig.h>
#include <stdbool.h>

#include "base/error.h"

struct ferry_config_file {
    char *path;
    char *folder;  /* of the path; relative paths in the file start there */
    bool private;  /* nobody but its owner may read it */
    config_t tree; /* alive until ferry_config_file_free */
};

/* Opens `path`, or the first that exists of $DBFERRY_CONFIG, $XDG_CONFIG_HOME/dbferry/dbferry.conf
 * (~/.config if unset) and the system's one.  It must be a plain file that belongs to root or to
 * this user and that nobody else may write: checked on the opened file, before it is parsed.
 * Fails with FERRY_ERR_CONFIG, naming file and line. */
ferry_status ferry_config_file_open(const char *path, struct ferry_config_file **ret_file,
                                    struct ferry_error *error);
void ferry_config_file_free(struct ferry_config_file *file);

/* The folder of the configuration that `dbferry init` writes to by default: the user's, or the
 * system's for root.  The caller frees; NULL if out of memory or without a home. */
char *ferry_config_default_folder(void);

#endif
