/* An index of the list becomes what the contract calls one. */

#include "config/job_indexes.h"

#include <stdlib.h>

static const struct ferry_option index_options[] = {
    {.name = "columns",
     .type = FERRY_OPTION_STRINGS,
     .flags = FERRY_OPTION_REQUIRED,
     .help = "columns of the source, in the order of the index"},
    {.name = "unique",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .help = "true: no two rows may be alike in them"},
    {.name = "name",
     .type = FERRY_OPTION_STRING,
     .help = "name of the index; default: made up from table and columns"},
};
const struct ferry_option_group ferry_job_index_group = {
    .kind = "index",
    .options = index_options,
    .option_count = sizeof index_options / sizeof index_options[0],
};

static ferry_status read_index(struct ferry_index *index, const struct ferry_config *keys,
                               struct ferry_error *error)
{
    size_t count = ferry_config_length(keys, "columns");
    const char **columns = calloc(count, sizeof *columns);
    if (columns == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    for (size_t i = 0; i < count; i++)
        columns[i] = ferry_config_string_at(keys, "columns", i);
    *index = (struct ferry_index){.name = ferry_config_string(keys, "name"),
                                  .columns = columns,
                                  .column_count = count,
                                  .unique = ferry_config_int(keys, "unique") != 0};
    return FERRY_OK;
}

ferry_status ferry_job_indexes_read(const struct ferry_config *keys,
                                    struct ferry_index **ret_indexes, size_t *ret_count,
                                    struct ferry_error *error)
{
    size_t count = ferry_config_length(keys, "indexes");
    if (count == 0)
        return FERRY_OK;
    struct ferry_index *indexes = calloc(count, sizeof *indexes);
    if (indexes == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        status = read_index(&indexes[i], ferry_config_group_at(keys, "indexes", i), error);
    if (status != FERRY_OK) {
        ferry_indexes_free(indexes, count);
        return status;
    }
    *ret_indexes = indexes;
    *ret_count = count;
    return FERRY_OK;
}
