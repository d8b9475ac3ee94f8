/* The list that a driver fills: each table once, however often it is named. */

#include "driver/origins.h"

#include <stdlib.h>
#include <string.h>

ferry_status ferry_origins_add(struct ferry_origins *origins, const char *table,
                               struct ferry_error *err)
{
    for (size_t i = 0; i < origins->count; i++)
        if (strcmp(origins->tables[i], table) == 0)
            return FERRY_OK;
    char **tables = reallocarray(origins->tables, origins->count + 1, sizeof *tables);
    char *copy = strdup(table);
    if (tables != NULL)
        origins->tables = tables;
    if (tables == NULL || copy == NULL) {
        free(copy);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for the names of tables");
    }
    tables[origins->count++] = copy;
    return FERRY_OK;
}

void ferry_origins_changed(struct ferry_origins *origins, int64_t when_ms)
{
    origins->changed_ms = when_ms;
    origins->changed_known = true;
}

void ferry_origins_include(struct ferry_origins *origins)
{
    origins->included = true;
}

void ferry_origins_done(struct ferry_origins *origins)
{
    for (size_t i = 0; i < origins->count; i++)
        free(origins->tables[i]);
    free(origins->tables);
    *origins = (struct ferry_origins){0};
}
