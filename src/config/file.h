/* The configuration file: found, checked, read once and parsed. */

#ifndef FERRY_CONFIG_FILE_H
#define FERRY_CONFIG_FILE_H

#include <libconfig.h>
#include <stdbool.h>

#include "driver/option.h"

struct ferry_config_file {
    char *path;    /* NULL: the command line has it */
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

/* No program that is started sees the variables that these connections, read or not, name for their
 * passwords.  Their drivers are not asked: it is by the keys' names.  False if out of memory. */
bool ferry_config_hide_secrets(const config_setting_t *connections);

/* "${NAME}" as a whole value stands for the environment's NAME, which must be set; any other text
 * stands for itself.  The result lives as long as `text` and the environment. */
ferry_status ferry_config_expand(const char *text, const struct ferry_origin *origin,
                                 const char **ret_text, struct ferry_error *error);

/* Where a node stands. */
struct ferry_origin ferry_config_origin(const struct ferry_config_file *file,
                                        const config_setting_t *node);

/* The string `key` of a group, NULL if there is none; "${NAME}" is the environment's NAME then.
 * Valid as long as the file and the environment. */
ferry_status ferry_config_member(const struct ferry_config_file *file,
                                 const config_setting_t *group, const char *key,
                                 const char **ret_text, struct ferry_error *error);

/* Sets every key of the group `node`, with "${NAME}" taken from the environment, then applies
 * defaults. */
ferry_status ferry_config_fill(struct ferry_config *config, const struct ferry_config_file *file,
                               const config_setting_t *node, struct ferry_error *error);

/* The folder of the configuration that `dbferry init` writes to by default: the user's, or the
 * system's for root.  The caller frees; NULL if out of memory or without a home. */
char *ferry_config_default_folder(void);

#endif
