/* The lists of a job on the command line: --column, --index, --unique and job.columns.NAME.KEY.
 *
 * They become what the parser would have made of the same lists in a file, and are read as those.
 */

#include "command/copy_lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "config/job_columns.h"

#define JOB "job."
#define COLUMNS "columns"
#define INDEXES "indexes"

static const struct ferry_origin command_line = {.status = FERRY_ERR_USAGE};

static ferry_status out_of_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the command line");
}

/* Whether `key`, which ends with the text, at a dot or at '=', is in this list. */
static bool is_in(const char *list, const char *key)
{
    size_t length = strcspn(key, ".=");
    return strlen(list) == length && strncmp(key, list, length) == 0;
}

bool ferry_copy_lists_has(const char *key)
{
    return is_in(COLUMNS, key) || is_in(INDEXES, key);
}

/* Makes a member; libconfig does not look whether it got the memory for a name or a text. */
static config_setting_t *add(config_setting_t *parent, const char *name, int type)
{
    config_setting_t *made = parent == NULL ? NULL : config_setting_add(parent, name, type);
    return made == NULL || (name != NULL && config_setting_name(made) == NULL) ? NULL : made;
}

static bool add_text(config_setting_t *parent, const char *name, const char *text)
{
    config_setting_t *made = add(parent, name, CONFIG_TYPE_STRING);
    return made != NULL && config_setting_set_string(made, text) == CONFIG_TRUE &&
           config_setting_get_string(made) != NULL;
}

static config_setting_t *find_list(config_setting_t *root, const char *name)
{
    config_setting_t *list = config_setting_get_member(root, name);
    return list != NULL ? list : add(root, name, CONFIG_TYPE_LIST);
}

/* The group of the column of that name, made if need be; NULL if out of memory. */
static config_setting_t *find_column(config_setting_t *root, const char *name)
{
    config_setting_t *list = find_list(root, COLUMNS);
    for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
        config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        const config_setting_t *given = config_setting_get_member(group, "name");
        if (strcmp(config_setting_get_string(given), name) == 0)
            return group;
    }
    config_setting_t *group = add(list, NULL, CONFIG_TYPE_GROUP);
    return group != NULL && add_text(group, "name", name) ? group : NULL;
}

/* libconfig would refuse a name that no key can have. */
static ferry_status check_key(const char *key, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf known = {0};
    for (size_t i = 0; i < ferry_job_column_option_count; i++) {
        if (strcmp(ferry_job_column_options[i].name, key) == 0)
            return FERRY_OK;
        ferry_strbuf_addf(&known, "%s%s", i > 0 ? ", " : "", ferry_job_column_options[i].name);
    }
    return ferry_fail(error, FERRY_ERR_USAGE, "a column has no key '%s'; there are %s", key,
                      ferry_strbuf_text(&known));
}

static ferry_status add_to_column(config_setting_t *root, const char *name, const char *key,
                                  const char *value, struct ferry_error *error)
{
    ferry_status status = check_key(key, error);
    config_setting_t *group = status == FERRY_OK ? find_column(root, name) : NULL;
    if (status != FERRY_OK)
        return status;
    if (group == NULL)
        return out_of_memory(error);
    if (config_setting_get_member(group, key) != NULL)
        return ferry_fail(error, FERRY_ERR_USAGE, "the %s of column '%s' is given twice", key,
                          name);
    return add_text(group, key, value) ? FERRY_OK : out_of_memory(error);
}

/* --column NAME=TYPE */
static ferry_status add_column(config_setting_t *root, const char *text, struct ferry_error *error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "--column takes NAME=TYPE, a type in the words of the target, not '%s'",
                          text);
    FERRY_AUTO_FREE char *name = strndup(text, (size_t)(equals - text));
    return name == NULL ? out_of_memory(error)
                        : add_to_column(root, name, "type", equals + 1, error);
}

/* --index and --unique COLUMN[,COLUMN...] */
static ferry_status add_index(config_setting_t *root, const char *text, bool unique,
                              struct ferry_error *error)
{
    config_setting_t *group = add(find_list(root, INDEXES), NULL, CONFIG_TYPE_GROUP);
    config_setting_t *columns = add(group, "columns", CONFIG_TYPE_ARRAY);
    config_setting_t *flag = add(group, "unique", CONFIG_TYPE_BOOL);
    if (columns == NULL || flag == NULL ||
        config_setting_set_bool(flag, unique ? 1 : 0) != CONFIG_TRUE)
        return out_of_memory(error);
    for (const char *at = text; at != NULL;) {
        size_t length = strcspn(at, ",");
        if (length == 0)
            return ferry_fail(error, FERRY_ERR_USAGE, "--%s takes COLUMN[,COLUMN...], not '%s'",
                              unique ? "unique" : "index", text);
        FERRY_AUTO_FREE char *name = strndup(at, length);
        if (name == NULL || !add_text(columns, NULL, name))
            return out_of_memory(error);
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return FERRY_OK;
}

/* job.columns.NAME.KEY=VALUE: a name may hold dots, a key none. */
static ferry_status add_setting(config_setting_t *root, const char *setting,
                                struct ferry_error *error)
{
    const char *equals = strchr(setting, '=');
    if (is_in(INDEXES, setting + strlen(JOB)))
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "the list indexes is given by --index COLUMN[,COLUMN...], and by "
                          "--unique for unique ones");
    const char *name = setting + strlen(JOB COLUMNS) + 1;
    const char *dot = name < equals ? memrchr(name, '.', (size_t)(equals - name)) : NULL;
    if (dot == NULL || dot == name || dot + 1 == equals)
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "the list columns is given by --column NAME=TYPE, and by -o "
                          "job.columns.NAME.KEY=VALUE for the other keys of a column");
    FERRY_AUTO_FREE char *column = strndup(name, (size_t)(dot - name));
    FERRY_AUTO_FREE char *key = strndup(dot + 1, (size_t)(equals - dot - 1));
    if (column == NULL || key == NULL)
        return out_of_memory(error);
    return add_to_column(root, column, key, equals + 1, error);
}

static ferry_status build(config_setting_t *root, const struct ferry_arguments *arguments,
                          struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < arguments->column_count && status == FERRY_OK; i++)
        status = add_column(root, arguments->columns[i], error);
    for (size_t i = 0; i < arguments->setting_count && status == FERRY_OK; i++)
        if (strncmp(arguments->settings[i], JOB, strlen(JOB)) == 0 &&
            ferry_copy_lists_has(arguments->settings[i] + strlen(JOB)))
            status = add_setting(root, arguments->settings[i], error);
    for (size_t i = 0; i < arguments->index_count && status == FERRY_OK; i++)
        status =
            add_index(root, arguments->indexes[i].columns, arguments->indexes[i].unique, error);
    return status;
}

static ferry_status set_lists(struct ferry_config *keys, const config_setting_t *root,
                              struct ferry_error *error)
{
    static const char *const names[] = {COLUMNS, INDEXES};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == FERRY_OK; i++) {
        const config_setting_t *list = config_setting_get_member(root, names[i]);
        if (list != NULL)
            status = ferry_config_set_list(keys, names[i], list, &command_line, error);
    }
    return status;
}

ferry_status ferry_copy_lists_set(const struct ferry_arguments *arguments,
                                  struct ferry_config *keys, struct ferry_config_file **ret_lists,
                                  struct ferry_error *error)
{
    struct ferry_config_file *lists = calloc(1, sizeof *lists);
    if (lists == NULL)
        return out_of_memory(error);
    config_init(&lists->tree);
    config_setting_t *root = config_root_setting(&lists->tree);
    ferry_status status = root == NULL ? out_of_memory(error) : build(root, arguments, error);
    if (status == FERRY_OK)
        status = set_lists(keys, root, error);
    if (status != FERRY_OK) {
        ferry_config_file_free(lists);
        return status;
    }
    *ret_lists = lists;
    return FERRY_OK;
}
