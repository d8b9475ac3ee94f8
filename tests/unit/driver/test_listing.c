/* Tests of listing.c and source.c: what a source names of its tables and views. */

#include "fake.h"

#include "driver/source.h"

/* What the driver names when it is asked. */
static struct ferry_listed listed[4];
static size_t listed_count;

#define LISTS(...)                                                                                 \
    do {                                                                                           \
        const struct ferry_listed names_[] = {__VA_ARGS__};                                        \
        memcpy(listed, names_, sizeof names_);                                                     \
        listed_count = COUNT(names_);                                                              \
    } while (0)

static ferry_status list(void *conn, struct ferry_listing *listing, struct ferry_error *err)
{
    (void)conn;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < listed_count && status == FERRY_OK; i++)
        status = ferry_listing_add(listing, &listed[i], sizeof listed[i], err);
    return status == FERRY_OK ? fake_act("list", err) : status;
}

static ferry_status ask(struct ferry_listing *ret_listing, struct ferry_error *error)
{
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    ferry_status status = ferry_source_list(source, ret_listing, error);
    ferry_connection_close(source);
    return status;
}

static void fails(ferry_status status, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_listing listing = {.count = 77};
    assert_int_equal(ask(&listing, &error), status);
    assert_non_null(strstr(error.message, message));
    assert_int_equal(listing.count, 77); /* written on success alone */
}

static void test_the_names_are_sorted(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_listing listing = {0};
    fake_handle.source.list = list;
    LISTS({.name = "b", .kind = FERRY_READ_VIEW},
          {.name = "\xc3\xa4", .kind = FERRY_READ_TABLE, .rows_known = 1, .rows = 5},
          {.name = "B", .kind = FERRY_READ_TABLE});
    assert_int_equal(ask(&listing, &error), FERRY_OK);
    assert_int_equal(listing.count, 3);
    assert_string_equal(listing.list[0].name, "B");
    assert_string_equal(listing.list[1].name, "b");
    assert_int_equal(listing.list[1].kind, FERRY_READ_VIEW);
    assert_string_equal(listing.list[2].name, "\xc3\xa4");
    assert_int_equal(listing.list[2].rows, 5);
    assert_ptr_not_equal(listing.list[1].name, listed[0].name);
    ferry_listing_done(&listing);
    ferry_listing_done(&listing); /* nothing is left */
    assert_int_equal(listing.count, 0);
}

static void test_nothing_is_there(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_listing listing = {0};
    fake_handle.source.list = list;
    listed_count = 0;
    assert_int_equal(ask(&listing, &error), FERRY_OK);
    assert_int_equal(listing.count, 0);
    ferry_listing_done(&listing);
}

static void test_what_no_driver_may_list(void **state)
{
    (void)state;
    fake_handle.source.list = list;
    LISTS({.name = "a", .kind = FERRY_READ_TABLE}, {.name = "b", .kind = FERRY_READ_TABLE},
          {.name = "a", .kind = FERRY_READ_VIEW});
    fails(FERRY_ERR_INTERNAL, "listed 'a' twice");
    LISTS({.name = "", .kind = FERRY_READ_TABLE});
    fails(FERRY_ERR_INTERNAL, "without a name");
    LISTS({.kind = FERRY_READ_TABLE});
    fails(FERRY_ERR_INTERNAL, "without a name");
    LISTS({.name = "q", .kind = FERRY_READ_QUERY});
    fails(FERRY_ERR_INTERNAL, "'q' as neither a table nor a view");
}

/* A driver of another time may know less of each. */
static void test_structs_of_other_headers(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_listing listing = {0};
    const struct {
        struct ferry_listed known;
        uint64_t more;
    } later = {{.name = "a", .kind = FERRY_READ_TABLE, .rows_known = 1, .rows = 5}, 7};
    assert_int_equal(ferry_listing_add(&listing, &later.known, sizeof later, &error), FERRY_OK);
    assert_int_equal(listing.list[0].rows, 5);
    (void)ferry_listing_add(&listing, &later.known, offsetof(struct ferry_listed, rows), &error);
    assert_error(&error, FERRY_ERR_INTERNAL, "another size");
    ferry_listing_done(&listing);
}

static void test_a_list_that_fails(void **state)
{
    (void)state;
    fake_handle.source.list = list;
    LISTS({.name = "a", .kind = FERRY_READ_TABLE});
    fake.at = "list";
    fake.report = fake.status = FERRY_ERR_STREAM;
    fails(FERRY_ERR_STREAM, "list failed");
}

static void test_a_source_without_a_list(void **state)
{
    (void)state;
    fails(FERRY_ERR_UNSUPPORTED, "cannot tell which tables there are");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_the_names_are_sorted),    WITH_FAKE(test_nothing_is_there),
        WITH_FAKE(test_what_no_driver_may_list), WITH_FAKE(test_structs_of_other_headers),
        WITH_FAKE(test_a_list_that_fails),       WITH_FAKE(test_a_source_without_a_list),
    };
    return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
