/* Options: tables of keys, and the checked values of one group of them.
 *
 * A connection, a job and the `general` group are each a struct ferry_config over a table of struct
 * ferry_option.  Names, types, ranges and defaults are checked here and nowhere else. */

#ifndef FERRY_OPTION_H
#define FERRY_OPTION_H

#include <stdbool.h>

#include "base/error.h"

/* Flags and types that only the engine's own tables use. */
#define FERRY_OPTION_LATER                                                                         \
    (1u << 16)                         /* known by name, refused until the version that brings it  \
                                        */
#define FERRY_OPTION_HIDDEN (1u << 17) /* made by the engine from another row; not in the help */
#define FERRY_OPTION_NAMES_SECRET (1u << 18) /* its value is a variable that holds a secret */
#define FERRY_OPTION_LIST 100u               /* ( ... ) in the file: kept as the parser's node */

struct ferry_option_pair {
    char *name;
    char *value;
};

struct ferry_option_value {
    bool set;
    char *text; /* STRING PATH CHOICE SECRET */
    int64_t number;
    struct ferry_option_pair *pairs;
    size_t pair_count;
    const void *node; /* LIST: a config_setting_t, alive as long as the file's tree */
};

struct ferry_driver_handle;

struct ferry_config {
    char *name;                         /* of the connection or job; "general" */
    const char *kind;                   /* "connection", "job", "general": for messages */
    struct ferry_driver_handle *driver; /* of a connection, else NULL */
    char *folder;                       /* relative paths start here; NULL = working directory */
    bool secrets_allowed; /* the file is private: `password = "..."` may stand in it */
    struct ferry_option *options;
    struct ferry_option_value *values;
    size_t count;
};

/* Where a value comes from: decides the class of an error and what its message starts with. */
struct ferry_origin {
    ferry_status status; /* FERRY_ERR_CONFIG or FERRY_ERR_USAGE */
    const char *file;    /* NULL: the command line */
    unsigned line;
};

/* ferry_fail() with the origin in front: "FILE:LINE: " or nothing. */
ferry_status ferry_origin_fail(const struct ferry_origin *origin, struct ferry_error *error,
                               const char *format, ...) FERRY_PRINTF(3, 4);

/* Makes a group without values.  The tables' strings must outlive it; a SECRET row brings its
 * _file, _env and _command rows with it.  NULL if out of memory. */
struct ferry_config *ferry_config_new(const char *kind, const char *name);
bool ferry_config_add_options(struct ferry_config *config, const struct ferry_option *options,
                              size_t count);
void ferry_config_free(struct ferry_config *config);

/* The row of a key, or NULL. */
const struct ferry_option *ferry_config_find(const struct ferry_config *config, const char *key);

/* Refuses an unknown key, and one of another type; for what holds nothing that could be set. */
ferry_status ferry_config_expect(const struct ferry_config *config, const char *key, uint32_t type,
                                 const struct ferry_origin *origin, struct ferry_error *error);

/* Each checks key, type and range; the group is unchanged on failure. */
ferry_status ferry_config_set_text(struct ferry_config *config, const char *key, const char *text,
                                   const struct ferry_origin *origin, struct ferry_error *error);
ferry_status ferry_config_set_int(struct ferry_config *config, const char *key, int64_t value,
                                  const struct ferry_origin *origin, struct ferry_error *error);
ferry_status ferry_config_set_bool(struct ferry_config *config, const char *key, bool value,
                                   const struct ferry_origin *origin, struct ferry_error *error);
ferry_status ferry_config_add_pair(struct ferry_config *config, const char *key, const char *name,
                                   const char *value, const struct ferry_origin *origin,
                                   struct ferry_error *error);
ferry_status ferry_config_set_list(struct ferry_config *config, const char *key, const void *node,
                                   const struct ferry_origin *origin, struct ferry_error *error);

/* Sets a key from a word of the command line, whatever its type ("true", "3306", "64M"); a member
 * of a group by "GROUP.NAME". */
ferry_status ferry_config_set_word(struct ferry_config *config, const char *key, const char *word,
                                   const struct ferry_origin *origin, struct ferry_error *error);

/* Applies the defaults of what is not set and demands what is required. */
ferry_status ferry_config_finish(struct ferry_config *config, const struct ferry_origin *origin,
                                 struct ferry_error *error);

/* The place, from 0, that the value of a CHOICE key has among its choices; 0 where it has none. */
uint32_t ferry_config_choice(const struct ferry_config *config, const char *key);

/* The node of a LIST key, or NULL. */
const void *ferry_config_list(const struct ferry_config *config, const char *key);

/* "string", "size", ...: the type of a row as the help shows it. */
const char *ferry_option_type_name(const struct ferry_option *option);
/* NULL, or why a driver's row is not usable (static text). */
const char *ferry_option_flaw(const struct ferry_option *option);

#endif
