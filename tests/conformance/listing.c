/* What a source names of its tables and views. */

#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "driver/source.h"
#include "driver/target.h"

/* So many of them are described: a source may have thousands. */
#define DESCRIBED_MAX 20

static bool ask(const struct suite *suite, const char *group, struct ferry_listing *ret_listing,
                struct ferry_connection **ret_source, struct ferry_config **ret_config)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *source = suite_open(suite, group, FERRY_ROLE_SOURCE, ret_config);
    bool listed = source != NULL && ferry_source_snapshot_begin(source, &error) == FERRY_OK &&
                  ferry_source_list(source, ret_listing, &error) == FERRY_OK;
    tap_error(&error);
    *ret_source = source;
    return listed;
}

static void leave(struct ferry_listing *listing, struct ferry_connection *source,
                  struct ferry_config *config)
{
    if (source != NULL)
        ferry_source_snapshot_end(source);
    ferry_connection_close(source);
    ferry_config_free(config);
    ferry_listing_done(listing);
}

static const struct ferry_listed *find(const struct ferry_listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->list[i].name, name) == 0)
            return &listing->list[i];
    return NULL;
}

/* Whatever is named can be read under that name. */
static void test_names(const struct ferry_listing *listing, struct ferry_connection *source)
{
    bool described = true, own = false;
    for (size_t i = 0; i < listing->count; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_read read = {.text = listing->list[i].name,
                                        .kind = listing->list[i].kind};
        struct ferry_schema schema = {0};
        own = own || strncasecmp(read.text, "_dbferry_", 9) == 0;
        if (i < DESCRIBED_MAX &&
            ferry_source_describe(source, &read, &schema, &error) != FERRY_OK) {
            described = false;
            tap_error(&error);
        }
        ferry_schema_done(&schema);
    }
    tap_ok(described, "each of the %zu names that are listed can be described", listing->count);
    tap_ok(!own, "no table of dbferry's own is listed");
}

static void test_source_listing(const struct suite *suite)
{
    struct ferry_listing listing = {0};
    struct ferry_connection *source;
    struct ferry_config *config = NULL;
    char *text = NULL;
    const struct ferry_read read = suite_read(suite, &text);
    bool listed = ask(suite, "source", &listing, &source, &config);
    tap_ok(listed, "the source lists its tables and views");
    if (listed && read.kind != FERRY_READ_QUERY && !quirks_has(suite->quirks, "any_name")) {
        const struct ferry_listed *found = find(&listing, read.text);
        tap_ok(found != NULL && found->kind == read.kind, "'%s' is listed, as what it is",
               read.text);
    }
    if (listed)
        test_names(&listing, source);
    free(text);
    leave(&listing, source, config);
}

/* A table that was loaded is one of its user's; the record beside it is not. */
static void test_loaded_listing(const struct suite *suite)
{
    struct ferry_listing listing = {0};
    struct ferry_connection *source;
    struct ferry_config *config = NULL;
    struct ferry_load_totals totals;
    struct target target;
    bool loaded = target_open(suite, SIZE_MAX, &target_no_wish, &target) &&
                  target_replace(&target, 0, 5, &totals, NULL);
    char *table = target.table == NULL ? NULL : strdup(target.table);
    target_close(&target);
    bool listed = ask(suite, "read_back", &listing, &source, &config);
    const struct ferry_listed *found = listed && table != NULL ? find(&listing, table) : NULL;
    tap_ok(loaded && found != NULL && found->kind == FERRY_READ_TABLE,
           "a table that was loaded is listed");
    if (listed)
        test_names(&listing, source);
    free(table);
    leave(&listing, source, config);
}

void test_listing(const struct suite *suite)
{
    if (!suite->driver->lists) {
        tap_skip("the driver has no list", "tables and views are listed");
        return;
    }
    test_source_listing(suite);
    if (suite->driver->is_target && quirks_has(suite->quirks, "read_back"))
        test_loaded_listing(suite);
    else
        tap_skip("the quirks name no read_back", "a table that was loaded is listed");
}
