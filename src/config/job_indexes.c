/* The list `indexes` of a job. */

#include "config/job_indexes.h"

#include <stdlib.h>
#include <string.h>

#include "config/fill.h"

static ferry_status read_index_columns(struct ferry_index *index, const config_setting_t *columns,
                                       const struct ferry_origin *origin, struct ferry_error *error)
{
    int length = columns == NULL ? 0 : config_setting_length(columns);
    if (columns == NULL || config_setting_type(columns) == CONFIG_TYPE_GROUP || length < 1)
        return ferry_origin_fail(origin, error,
                                 "an index needs its columns: { columns = [\"a\", \"b\"]; }");
    index->columns = calloc((size_t)length, sizeof *index->columns);
    if (index->columns == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    const char **names = (const char **)index->columns;
    for (int i = 0; i < length; i++) {
        const char *text = config_setting_get_string_elem(columns, i);
        if (text == NULL)
            return ferry_origin_fail(origin, error, "column %d of an index is not a string", i + 1);
        ferry_status status = ferry_config_expand(text, origin, &names[i], error);
        if (status != FERRY_OK)
            return status;
    }
    index->column_count = (size_t)length;
    return FERRY_OK;
}

static ferry_status read_index(struct ferry_index *index, const struct ferry_config_file *file,
                               const config_setting_t *node, struct ferry_error *error)
{
    struct ferry_origin origin = ferry_config_origin(file, node);
    if (config_setting_type(node) != CONFIG_TYPE_GROUP)
        return ferry_origin_fail(&origin, error, "an index is a group: { columns = [\"a\"]; }");
    for (int i = 0; i < config_setting_length(node); i++) {
        const config_setting_t *key = config_setting_get_elem(node, (unsigned)i);
        const char *name = config_setting_name(key);
        int type = config_setting_type(key);
        bool known = (strcmp(name, "columns") == 0) ||
                     (strcmp(name, "name") == 0 && type == CONFIG_TYPE_STRING) ||
                     (strcmp(name, "unique") == 0 && type == CONFIG_TYPE_BOOL);
        origin = ferry_config_origin(file, key);
        if (!known)
            return ferry_origin_fail(
                &origin, error,
                "an index takes columns = [\"a\"], unique = true or false, and "
                "name = \"...\", not this '%s'",
                name);
    }
    int unique = 0;
    const char *name = NULL;
    if (config_setting_lookup_bool(node, "unique", &unique) == CONFIG_TRUE)
        index->unique = unique != 0;
    if (config_setting_lookup_string(node, "name", &name) == CONFIG_TRUE) {
        ferry_status status = ferry_config_expand(name, &origin, &index->name, error);
        if (status != FERRY_OK)
            return status;
    }
    return read_index_columns(index, config_setting_get_member(node, "columns"), &origin, error);
}

ferry_status ferry_job_indexes_read(const struct ferry_config *keys,
                                    const struct ferry_config_file *file,
                                    struct ferry_index **ret_indexes, size_t *ret_count,
                                    struct ferry_error *error)
{
    const config_setting_t *list = ferry_config_list(keys, "indexes");
    int length = list == NULL ? 0 : config_setting_length(list);
    if (length == 0)
        return FERRY_OK;
    struct ferry_index *indexes = calloc((size_t)length, sizeof *indexes);
    if (indexes == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    ferry_status status = FERRY_OK;
    for (int i = 0; i < length && status == FERRY_OK; i++)
        status = read_index(&indexes[i], file, config_setting_get_elem(list, (unsigned)i), error);
    if (status != FERRY_OK) {
        ferry_indexes_free(indexes, (size_t)length);
        return status;
    }
    *ret_indexes = indexes;
    *ret_count = (size_t)length;
    return FERRY_OK;
}
