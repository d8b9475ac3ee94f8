/* Which tables there are: those that the option names, or those of the store. */

#include "memory.h"

#include <stdlib.h>
#include <string.h>

#define LIST_SEPARATORS ","
#define LIST_VIEW "view "

/* The next of the names, from `*at` on, of `*ret_length` bytes; NULL where there is none. */
static const char *next_name(const char **at, size_t *ret_length, uint32_t *ret_kind)
{
    *at += strspn(*at, LIST_SEPARATORS " ");
    *ret_kind =
        strncmp(*at, LIST_VIEW, strlen(LIST_VIEW)) == 0 ? FERRY_READ_VIEW : FERRY_READ_TABLE;
    if (*ret_kind == FERRY_READ_VIEW)
        *at += strlen(LIST_VIEW);
    const char *name = *at;
    *ret_length = strcspn(name, LIST_SEPARATORS);
    *at += *ret_length;
    return *ret_length > 0 ? name : NULL;
}

bool memory_list_has(const char *names, const char *wanted)
{
    const char *at = names, *name;
    size_t length;
    uint32_t kind;
    while ((name = next_name(&at, &length, &kind)) != NULL)
        if (strlen(wanted) == length && strncmp(name, wanted, length) == 0)
            return true;
    return false;
}

static ferry_status list_names(const char *names, struct ferry_listing *listing,
                               struct ferry_error *err)
{
    const char *at = names, *name;
    size_t length;
    uint32_t kind;
    ferry_status status = FERRY_OK;
    while (status == FERRY_OK && (name = next_name(&at, &length, &kind)) != NULL) {
        char *copy = strndup(name, length);
        if (copy == NULL)
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        const struct ferry_listed listed = {.name = copy, .kind = kind};
        status = ferry_listing_add(listing, &listed, sizeof listed, err);
        free(copy);
    }
    return status;
}

ferry_status memory_list(void *conn, struct ferry_listing *listing, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "list", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "list", &status, err))
        return status;
    if (status != FERRY_OK)
        return status;
    if (c->read_store)
        return memory_tables_list(c->store, listing, err);
    return c->tables == NULL ? FERRY_OK : list_names(c->tables, listing, err);
}
