/* Where there is no such column, the message tells of the one that was probably meant. */

#include "engine/named_column.h"

#include "base/nearest.h"

static ferry_status fail_missing(const struct ferry_schema *schema, const char *name,
                                 const char *says, struct ferry_error *error)
{
    struct ferry_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < schema->count; i++)
        ferry_nearest_offer(&nearest, schema->columns[i].name);
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "%s the column '%s', which the source does not have%s%s%s", says, name,
                      nearest.best == NULL ? "" : "; did you mean '",
                      nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "'?");
}

ferry_status ferry_named_column_find(const struct ferry_schema *schema, const char *name,
                                     const char *says, size_t *ret_at, struct ferry_error *error)
{
    ptrdiff_t at = ferry_schema_find_name(schema, name);
    if (at < 0)
        return fail_missing(schema, name, says, error);
    *ret_at = (size_t)at;
    return FERRY_OK;
}
