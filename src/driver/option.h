/* Options: tables of keys, and the checked values of one group of them.
 *
 * A connection, a job, the `general` group and each group of a list are a struct ferry_config over
 * a table of struct ferry_option.  Names, types, ranges and defaults are checked here and nowhere
 * else: a new key is one row; a list of groups is one row with a table of its own. */

#ifndef FERRY_OPTION_H
#define FERRY_OPTION_H

#include <stdbool.h>

#include "base/error.h"

/* Flags that only the engine's own tables use.  LATER: known by name, refused until the version
 * that brings it.  HIDDEN: made by the engine from another row; not in the help.  NAMES_SECRET: the
 * value is a variable that holds a secret. */
#define FERRY_OPTION_LATER (1u << 16)
#define FERRY_OPTION_HIDDEN (1u << 17)
#define FERRY_OPTION_NAMES_SECRET (1u << 18)

/* Those of rows in the table of a group.  NAMES_GROUP: the value names the group, and no other of
 * the list.  ANY_CASE, beside it: names that differ in the case of A-Z are the same.  ASKS_PARENT:
 * unset, the value is that of the parent's key of the same name; without a parent, the default. */
#define FERRY_OPTION_NAMES_GROUP (1u << 19)
#define FERRY_OPTION_ANY_CASE (1u << 20)
#define FERRY_OPTION_ASKS_PARENT (1u << 21)

/* Where a value comes from: decides the class of an error and what its message starts with. */
struct ferry_origin {
    ferry_status status; /* FERRY_ERR_CONFIG or FERRY_ERR_USAGE */
    const char *file;    /* NULL: the command line */
    unsigned line;
};

struct ferry_option_pair {
    char *name;
    char *value;
};

struct ferry_option_value {
    bool set;
    struct ferry_origin origin; /* where it was set */
    char *text;                 /* STRING PATH CHOICE SECRET */
    int64_t number;
    struct ferry_option_pair *pairs; /* `length` of one of these */
    char **strings;
    struct ferry_config **groups;
    size_t length;
};

struct ferry_driver_handle;

struct ferry_config {
    char *name;  /* of the connection, job or group; "general"; the place of a nameless group */
    char *title; /* "job 'cars'", "index 2 of job 'cars'": for messages */
    const char *kind;                   /* "connection", "job", "index" */
    struct ferry_driver_handle *driver; /* of a connection, else NULL */
    /* What rows with ASKS_PARENT ask; NULL: none.  A group is held by its parent, any other config
     * must not outlive its own. */
    const struct ferry_config *parent;
    struct ferry_origin origin; /* where it stands; known once it is finished, of a group before */
    char *folder; /* relative paths start here; NULL = the parent's, or the working directory */
    bool secrets_allowed; /* the file is private: `password = "..."` may stand in it */
    struct ferry_option *options;
    struct ferry_option_value *values;
    size_t count;
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
/* Fails: the value is of a kind that no key takes, or there is no such key. */
ferry_status ferry_config_refuse(const struct ferry_config *config, const char *key,
                                 const struct ferry_origin *origin, struct ferry_error *error);

/* Begins a list, so that one with nothing in it is set too: refuses an unknown key, and one whose
 * type is not `type`, which is PAIRS, STRINGS or GROUPS. */
ferry_status ferry_config_begin_list(struct ferry_config *config, const char *key, uint32_t type,
                                     const struct ferry_origin *origin, struct ferry_error *error);
ferry_status ferry_config_add_string(struct ferry_config *config, const char *key, const char *text,
                                     const struct ferry_origin *origin, struct ferry_error *error);
/* Adds an empty group, whose keys are to be set.  `name` is what messages call it (NULL: its place
 * in the list); it is not a value yet.  The group lives as long as `config`. */
ferry_status ferry_config_add_group(struct ferry_config *config, const char *key, const char *name,
                                    const struct ferry_origin *origin,
                                    struct ferry_config **ret_group, struct ferry_error *error);

/* Sets a key from a word of the command line, whatever its type ("true", "3306", "64M", "a,b"); a
 * pair by "KEY.NAME", a key of a named group by "KEY.NAME.KEY". */
ferry_status ferry_config_set_word(struct ferry_config *config, const char *key, const char *word,
                                   const struct ferry_origin *origin, struct ferry_error *error);

/* Applies the defaults of what is not set and demands what is required, in the groups too, whose
 * names must differ.  `origin` becomes that of the config. */
ferry_status ferry_config_finish(struct ferry_config *config, const struct ferry_origin *origin,
                                 struct ferry_error *error);

/* The place, from 0, that the value of a CHOICE key has among its choices; 0 where it has none. */
uint32_t ferry_config_choice(const struct ferry_config *config, const char *key);

/* Where the value of a key was set; where the config stands, if it was not. */
const struct ferry_origin *ferry_config_key_origin(const struct ferry_config *config,
                                                   const char *key);

/* "string", "size", ...: the type of a row as the help shows it. */
const char *ferry_option_type_name(const struct ferry_option *option);
/* The row that names each group of a GROUPS key, or NULL. */
const struct ferry_option *ferry_option_naming(const struct ferry_option *option);
/* NULL, or why a row is not usable (static text). */
const char *ferry_option_flaw(const struct ferry_option *option);

#endif
