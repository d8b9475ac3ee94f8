/* Tests of verify.c: what the target counts must be what was read, and what it gives back too. */

#include "fake.h"

#include "base/log.h"
#include "engine/verify.h"

static void check(uint64_t read, uint64_t inserted, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_load_totals totals = {
        .inserted = inserted, .before = 7, .deleted = 8, .updated = 9, .after = 10};
    ferry_status status = ferry_verify_count(read, &totals, &error);
    assert_int_equal(status, error.status);
    if (message == NULL)
        assert_no_error(&error);
    else
        assert_error(&error, FERRY_ERR_DATA, message);
}

static void test_counts_must_agree(void **state)
{
    (void)state;
    check(0, 0, NULL);
    check(5, 5, NULL);
    check(UINT64_MAX, UINT64_MAX, NULL);
    check(5, 4, "5 rows were read from the source but the target counts 4;");
    check(4, 5, "4 rows were read from the source but the target counts 5;");
    check(UINT64_MAX, 0, "18446744073709551615 rows were read");
    check(0, UINT64_MAX, "counts 18446744073709551615;");
}

/* ---- What a target can ---- */

/* Of a target that can read back, or cannot. */
static void chooses(enum ferry_verify wanted, bool can, bool insisted, enum ferry_verify expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    enum ferry_verify level = FERRY_VERIFY_NONE;
    fake_handle.tells_stored = can;
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    assert_int_equal(ferry_verify_choose(wanted, insisted, target, &level, &error), FERRY_OK);
    assert_no_error(&error);
    assert_int_equal(level, expected);
    ferry_connection_close(target);
}

static void test_which_level(void **state)
{
    (void)state;
    for (int insisted = 0; insisted <= 1; insisted++)
        for (int can = 0; can <= 1; can++) {
            chooses(FERRY_VERIFY_NONE, can, insisted, FERRY_VERIFY_NONE);
            chooses(FERRY_VERIFY_COUNT, can, insisted, FERRY_VERIFY_COUNT);
            if (can)
                chooses(FERRY_VERIFY_CONTENT, can, insisted, FERRY_VERIFY_CONTENT);
        }
}

/* A target that can only count is no failure, but told. */
static void test_a_level_that_is_lowered(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *folder = make_folder(), *path = write_file(folder, "log", "", 0, 0600);
    const struct ferry_log_settings settings = {.file_level = FERRY_LOG_INFO, .file = path};
    assert_int_equal(ferry_log_open(&settings, &error), FERRY_OK);
    chooses(FERRY_VERIFY_CONTENT, true, false, FERRY_VERIFY_CONTENT);
    chooses(FERRY_VERIFY_COUNT, false, false, FERRY_VERIFY_COUNT);
    char *nothing = read_file(path);
    assert_string_equal(nothing, "");
    chooses(FERRY_VERIFY_CONTENT, false, false, FERRY_VERIFY_COUNT);
    ferry_log_close();
    char *told = read_file(path);
    assert_non_null(strstr(told, "the driver of target 'connection 'main'' cannot read back what "
                                 "it has stored: rows are counted\n"));
    free(nothing);
    free(told);
    free(path);
    remove_folder(folder);
}

static void test_a_level_that_is_insisted_on(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    enum ferry_verify level = FERRY_VERIFY_CONTENT;
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    assert_int_equal(ferry_verify_choose(level, true, target, &level, &error),
                     FERRY_ERR_UNSUPPORTED);
    assert_error(&error, FERRY_ERR_UNSUPPORTED,
                 "the driver of target 'connection 'main'' cannot read back what it has stored, so "
                 "that only verify = \"count\" is possible");
    ferry_connection_close(target);
}

/* ---- What a target gives back ---- */

static const struct ferry_column columns[] = {
    {.name = "id", .native = "int", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "text", .native = "text", .type = FERRY_TYPE_TEXT},
};

/* Rows 1 to `stored`, the first of which may be another one. */
static int64_t stored, stored_next;
static bool stored_otherwise;

static ferry_status stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err)
{
    (void)load, (void)scan;
    assert_string_equal(layout->table, "t");
    stored_next = 1;
    *ret_cursor = conn;
    return fake_act("stored_begin", err);
}

static ferry_status stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    (void)cursor;
    const char *name = stored_next <= stored ? "stored_batch" : "last stored_batch";
    for (; stored_next <= stored; stored_next++) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        cells[0].v.i = stored_otherwise && stored_next == 1 ? 17 : stored_next;
        cells[1].v.p = "value";
        cells[1].len = 5;
    }
    return fake_act(name, err);
}

static void stored_end(void *cursor)
{
    (void)cursor;
}

static struct ferry_digest *make_digest(const struct ferry_schema *schema, int64_t rows,
                                        bool otherwise)
{
    struct ferry_digest *digest = ferry_digest_new(schema);
    assert_non_null(digest);
    for (int64_t i = 1; i <= rows; i++) {
        const struct ferry_cell cells[] = {{.v.i = otherwise && i == 1 ? 17 : i},
                                           {.v.p = "value", .len = 5}};
        ferry_digest_add(digest, cells);
    }
    return digest;
}

/* What is said names the digests of both. */
static void assert_digests(const char *said, const struct ferry_digest *read,
                           const struct ferry_digest *target)
{
    char texts[2][FERRY_DIGEST_TEXT], both[100];
    ferry_digest_print(read, texts[0]);
    ferry_digest_print(target, texts[1]);
    if (ferry_digest_equal(read, target))
        (void)snprintf(both, sizeof both, ", digest %s\n", texts[0]);
    else
        (void)snprintf(both, sizeof both, " (digests %s and %s); ", texts[0], texts[1]);
    assert_non_null(strstr(said, both));
}

/* Three rows were read, so many are stored; what is logged, or the error, has `text` in it. */
static void compares(int64_t rows, ferry_status expected, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *folder = make_folder(), *path = write_file(folder, "log", "", 0, 0600);
    const struct ferry_log_settings settings = {.file_level = FERRY_LOG_INFO, .file = path};
    struct ferry_schema schema = {0};
    for (size_t i = 0; i < COUNT(columns); i++)
        (void)ferry_schema_add(&schema, &columns[i], sizeof columns[i], &error);
    const struct ferry_layout layout = {.table = "t", .schema = &schema};
    struct ferry_digest *read = make_digest(&schema, 3, false);
    struct ferry_digest *there = make_digest(&schema, rows, stored_otherwise);
    fake_handle.target.stored_begin = stored_begin;
    fake_handle.target.stored_batch = stored_batch;
    fake_handle.target.stored_end = stored_end;
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    stored = rows;
    assert_int_equal(ferry_log_open(&settings, &error), FERRY_OK);
    ferry_status status = ferry_verify_content(read, target, NULL, &layout, NULL, &error);
    ferry_log_close();
    assert_int_equal(status, expected);
    assert_int_equal(error.status, expected);
    char *logged = read_file(path);
    if (strstr(expected == FERRY_OK ? logged : error.message, text) == NULL)
        fail_msg("'%s' is not in '%s', '%s'", text, logged,
                 error.message == NULL ? "" : error.message);
    assert_int_equal(strstr(logged, "verified") != NULL, expected == FERRY_OK);
    if (expected == FERRY_OK || expected == FERRY_ERR_DATA)
        assert_digests(expected == FERRY_OK ? logged : error.message, read, there);
    free(logged);
    free(path);
    remove_folder(folder);
    ferry_connection_close(target);
    ferry_digest_free(read);
    ferry_digest_free(there);
    ferry_schema_done(&schema);
}

static void test_content_must_agree(void **state)
{
    (void)state;
    compares(3, FERRY_OK, ": verified: 3 rows, digest ");
    compares(2, FERRY_ERR_DATA, "the source gave 3 rows, but table 't' holds 2 (digests ");
    compares(4, FERRY_ERR_DATA,
             "; one of them has changed since; run the job to replace the table");
    stored_otherwise = true;
    compares(3, FERRY_ERR_DATA,
             "table 't' does not hold what the source gave: both have 3 rows, but not the same "
             "(digests ");
    compares(3, FERRY_ERR_DATA,
             "; one of them has changed since; run the job to replace the table");
    stored_otherwise = false;
}

/* What fails is no difference, whatever was read until then. */
static void test_content_that_cannot_be_read(void **state)
{
    (void)state;
    fake.at = "stored_batch";
    fake.status = fake.report = FERRY_ERR_TARGET_IO;
    compares(2, FERRY_ERR_TARGET_IO, "stored_batch failed");
    fake.at = "last stored_batch"; /* when all that there is was read */
    compares(3, FERRY_ERR_TARGET_IO, "last stored_batch failed");
}

/* ---- Changes ---- */

static void changed(uint64_t read, bool is_whole, struct ferry_load_totals totals, bool adds_up)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_status status = ferry_verify_changes(read, is_whole, &totals, &error);
    assert_int_equal(status, adds_up ? FERRY_OK : FERRY_ERR_DATA);
    assert_int_equal(status, error.status);
}

#define TOTALS(...) ((struct ferry_load_totals){__VA_ARGS__})

static void test_changes_must_add_up(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_load_totals totals = {5, 4, 3, 2, 8, 0};
    changed(7, true, TOTALS(5, 4, 3, 2, 7, 0), true);
    changed(8, true, TOTALS(5, 4, 3, 2, 7, 0), false); /* the source has given more */
    changed(6, true, TOTALS(5, 4, 3, 2, 7, 0), false);
    changed(8, true, TOTALS(5, 4, 3, 2, 8, 0), false); /* 5 + 4 - 2 is not 8 */
    changed(0, true, TOTALS(5, 0, 0, 5, 0, 0), true);
    changed(7, false, TOTALS(5, 4, 3, 2, 7, 0), true); /* each row that was read is new */
    changed(9, false, TOTALS(5, 4, 3, 2, 7, 0), true); /* or as it was */
    changed(6, false, TOTALS(5, 4, 3, 2, 7, 0), false);
    changed(0, false, TOTALS(5, 0, 0, 0, 5, 0), true);
    changed(9, false, TOTALS(5, 4, 3, 2, 6, 0), false);
    (void)ferry_verify_changes(8, true, &totals, &error);
    assert_error(
        &error, FERRY_ERR_DATA,
        "8 rows were read from the source, and the target, of 5 rows, counts 4 inserted, 3 "
        "updated, 2 deleted and 8 afterwards; this must not happen, report it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_must_agree),    WITH_FAKE(test_which_level),
        WITH_FAKE(test_a_level_that_is_insisted_on), WITH_FAKE(test_a_level_that_is_lowered),
        WITH_FAKE(test_content_must_agree),          WITH_FAKE(test_content_that_cannot_be_read),
        cmocka_unit_test(test_changes_must_add_up),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
