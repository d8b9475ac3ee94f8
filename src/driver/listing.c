/* The list that a driver fills with what can be read, in order of the names. */

#include "driver/listing.h"

#include <stdlib.h>
#include <string.h>

#include "driver/sized.h"

static ferry_status check(const struct ferry_listed *listed, struct ferry_error *err)
{
    if (listed->name == NULL || listed->name[0] == '\0')
        return ferry_fail(err, FERRY_ERR_INTERNAL, "the driver listed a table without a name");
    if (listed->kind != FERRY_READ_TABLE && listed->kind != FERRY_READ_VIEW)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "the driver listed '%s' as neither a table nor a view", listed->name);
    return FERRY_OK;
}

ferry_status ferry_listing_add(struct ferry_listing *listing, const struct ferry_listed *listed,
                               size_t size, struct ferry_error *err)
{
    struct ferry_listed added;
    if (!ferry_sized_copy(&added, sizeof added, FERRY_FIRST_SIZE(ferry_listed, rows), listed, size))
        return ferry_fail(err, FERRY_ERR_INTERNAL, "a listed table of another size (%zu bytes)",
                          size);
    ferry_status status = check(&added, err);
    if (status != FERRY_OK)
        return status;
    struct ferry_listed *list = reallocarray(listing->list, listing->count + 1, sizeof *list);
    if (list != NULL)
        listing->list = list;
    added.name = strdup(added.name);
    if (list == NULL || added.name == NULL) {
        free((char *)added.name);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for the names of tables");
    }
    list[listing->count++] = added;
    return FERRY_OK;
}

static int compare(const void *one, const void *other)
{
    return strcmp(((const struct ferry_listed *)one)->name,
                  ((const struct ferry_listed *)other)->name);
}

const char *ferry_listing_sort(struct ferry_listing *listing)
{
    if (listing->count == 0)
        return NULL;
    qsort(listing->list, listing->count, sizeof *listing->list, compare);
    for (size_t i = 1; i < listing->count; i++)
        if (compare(&listing->list[i - 1], &listing->list[i]) == 0)
            return listing->list[i].name;
    return NULL;
}

void ferry_listing_done(struct ferry_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free((char *)listing->list[i].name);
    free(listing->list);
    *listing = (struct ferry_listing){0};
}
