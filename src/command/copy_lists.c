/* Each option adds a group to a list, or a key to the group of a column. */

#include "command/copy_lists.h"

#include <string.h>

#include "base/strbuf.h"

#define COLUMNS "columns"
#define INDEXES "indexes"

static const struct ferry_origin command_line = {.status = FERRY_ERR_USAGE};

static const struct {
    const char *list;
    const char *advice;
} lists[] = {
    {COLUMNS, "--column NAME=TYPE, and by -o job.columns.NAME.KEY=VALUE for the other keys of a "
              "column"},
    {INDEXES, "--index COLUMN[,COLUMN...], and by --unique for unique ones"},
};

/* Whether something may be a key of a named group: LIST.NAME.KEY, where a name may hold dots. */
static bool is_within(const char *list, const char *key)
{
    const char *name = key + strlen(list) + 1;
    const char *dot = strrchr(key, '.');
    return strcmp(list, COLUMNS) == 0 && dot != NULL && dot > name && dot[1] != '\0';
}

ferry_status ferry_copy_lists_check(const char *key, struct ferry_error *error)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        size_t length = strlen(lists[i].list);
        bool is_meant = strcspn(key, ".") == length && strncmp(key, lists[i].list, length) == 0;
        if (is_meant && !is_within(lists[i].list, key))
            return ferry_fail(error, FERRY_ERR_USAGE, "the list %s is given by %s", lists[i].list,
                              lists[i].advice);
    }
    return FERRY_OK;
}

/* --column NAME=TYPE is -o job.columns.NAME.type=TYPE. */
static ferry_status add_column(struct ferry_config *keys, const char *text,
                               struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf key = {0};
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "--column takes NAME=TYPE, a type in the words of the target, not '%s'",
                          text);
    ferry_strbuf_add(&key, COLUMNS ".");
    ferry_strbuf_append(&key, text, (size_t)(equals - text));
    ferry_strbuf_add(&key, ".type");
    if (key.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the command line");
    return ferry_config_set_word(keys, ferry_strbuf_text(&key), equals + 1, &command_line, error);
}

/* Whether each of the words between commas has something in it. */
static bool is_list(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && text[0] != ',' && text[length - 1] != ',' && strstr(text, ",,") == NULL;
}

/* --index and --unique COLUMN[,COLUMN...] */
static ferry_status add_index(struct ferry_config *keys, const char *columns, bool unique,
                              struct ferry_error *error)
{
    struct ferry_config *index = NULL;
    if (!is_list(columns))
        return ferry_fail(error, FERRY_ERR_USAGE, "--%s takes COLUMN[,COLUMN...], not '%s'",
                          unique ? "unique" : "index", columns);
    ferry_status status = ferry_config_add_group(keys, INDEXES, NULL, &command_line, &index, error);
    if (status == FERRY_OK)
        status = ferry_config_set_word(index, "columns", columns, &command_line, error);
    if (status == FERRY_OK)
        status = ferry_config_set_bool(index, "unique", unique, &command_line, error);
    return status;
}

/* --all is the pattern of every name; --views and --exclude each have one more. */
static ferry_status add_patterns(const struct ferry_arguments *arguments, struct ferry_config *keys,
                                 struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    if (arguments->all)
        status = ferry_config_add_string(keys, "tables", "*", &command_line, error);
    for (size_t i = 0; i < arguments->views.count && status == FERRY_OK; i++)
        status =
            ferry_config_add_string(keys, "views", arguments->views.list[i], &command_line, error);
    for (size_t i = 0; i < arguments->exclude.count && status == FERRY_OK; i++)
        status = ferry_config_add_string(keys, "exclude", arguments->exclude.list[i], &command_line,
                                         error);
    return status;
}

ferry_status ferry_copy_lists_add(const struct ferry_arguments *arguments,
                                  struct ferry_config *keys, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < arguments->columns.count && status == FERRY_OK; i++)
        status = add_column(keys, arguments->columns.list[i], error);
    for (size_t i = 0; i < arguments->index_count && status == FERRY_OK; i++)
        status =
            add_index(keys, arguments->indexes[i].columns, arguments->indexes[i].unique, error);
    return status == FERRY_OK ? add_patterns(arguments, keys, error) : status;
}
