/* The table of dialects, and what they share. */

#include "dialect/dialect.h"

#include <dbi/dbi-dev.h>
#include <fnmatch.h>
#include <string.h>

static const struct dbidrv_dialect *const dialects[] = {
    &dbidrv_dialect_pgsql,
    &dbidrv_dialect_sqlite3,
    &dbidrv_dialect_freetds,
};

const struct dbidrv_dialect *dbidrv_dialect_find(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (strcmp(dialects[i]->name, name) == 0)
            return dialects[i];
    return dialects[0]; /* the core knows the choices */
}

/* "numeric(10,2) x" -> "numeric x", 10, 2.  What stands in brackets otherwise makes another name,
 * which is there unchanged. */
static bool type_take_numbers(const char *type, char *name, unsigned long numbers[2],
                              unsigned *ret_count)
{
    const char *open = strchr(type, '(');
    unsigned count = 0;
    memcpy(name, type, strlen(type) + 1);
    *ret_count = 0;
    if (open == NULL)
        return true;
    const char *at = open;
    do {
        char *end = NULL;
        at++;
        if (count == 2 || *at < '0' || *at > '9')
            return false;
        numbers[count++] = strtoul(at, &end, 10);
        at = end;
    } while (*at == ',');
    if (*at != ')')
        return false;
    memcpy(name + (open - type), at + 1, strlen(at));
    *ret_count = count;
    return true;
}

const struct dbidrv_type *dbidrv_dialect_type(const struct dbidrv_dialect *dialect,
                                              const char *name, unsigned long numbers[2],
                                              unsigned *ret_count)
{
    PART_AUTO_STRING char *bare = malloc(strlen(name) + 1);
    if (bare == NULL)
        return NULL;
    if (!type_take_numbers(name, bare, numbers, ret_count))
        *ret_count = 0;
    for (const struct dbidrv_type *type = dialect->types; type->type != 0; type++)
        if ((type->name == NULL || fnmatch(type->name, bare, FNM_CASEFOLD) == 0) &&
            (!type->sized || *ret_count > 0))
            return type;
    return NULL;
}

ferry_status dbidrv_dialect_function(const struct dbidrv_conn *conn, const char *name,
                                     void *ret_function, struct ferry_error *err)
{
    void *found = dbi_driver_specific_function(dbi_conn_get_driver(conn->dbi), name);
    if (found == NULL)
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "%s: libdbi's driver '%s' does not tell of the function %s, which dbferry "
            "needs; use the one of libdbi-drivers 0.9",
            conn->label, conn->dialect->name, name);
    memcpy(ret_function, &found, sizeof found);
    return FERRY_OK;
}

ferry_status dbidrv_dialect_functions(const struct dbidrv_conn *conn,
                                      const struct dbidrv_function *functions, size_t count,
                                      struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < count; i++)
        status = dbidrv_dialect_function(conn, functions[i].name, functions[i].ret_function, err);
    return status;
}

ferry_status dbidrv_described_add(struct dbidrv_described **list, size_t *count, const char *name,
                                  const char *type, struct ferry_error *err)
{
    struct dbidrv_described *grown = reallocarray(*list, *count + 1, sizeof *grown);
    if (grown == NULL)
        return dbidrv_fail_memory(err);
    *list = grown;
    grown[*count] = (struct dbidrv_described){.name = strdup(name), .type = strdup(type)};
    (*count)++;
    return grown[*count - 1].name == NULL || grown[*count - 1].type == NULL
               ? dbidrv_fail_memory(err)
               : FERRY_OK;
}

void dbidrv_described_free(struct dbidrv_described *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].name);
        free(list[i].type);
    }
    free(list);
}
