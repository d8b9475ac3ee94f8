/* Reading back: what the target says that it holds is what it was loaded with. */

#include "driver/cursor.h"
#include "driver/target.h"
#include "suite.h"

#include <inttypes.h>

#define ROWS 37

static void note_digests(const struct ferry_digest *loaded, const struct ferry_digest *stored)
{
    char left[FERRY_DIGEST_TEXT], right[FERRY_DIGEST_TEXT];
    ferry_digest_print(loaded, left);
    ferry_digest_print(stored, right);
    tap_note("loaded: %" PRIu64 " rows, %s; read back: %" PRIu64 " rows, %s",
             ferry_digest_rows(loaded), left, ferry_digest_rows(stored), right);
}

ferry_status target_digest_stored(struct target *target, struct ferry_load *load,
                                  const struct ferry_layout *layout, struct ferry_digest *digest,
                                  struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = 5, .bytes = 1 << 20};
    struct ferry_batch *batch = ferry_batch_new(layout->schema, &limits);
    struct ferry_cursor *cursor = NULL;
    ferry_status status =
        ferry_target_stored_begin(target->connection, load, layout, NULL, &cursor, error);
    uint64_t rows = 0;
    for (bool ended = false; status == FERRY_OK && !ended;) {
        ferry_batch_reset(batch, rows + 1);
        status = ferry_cursor_read(cursor, batch, error);
        ended = ferry_batch_count(batch) == 0;
        rows += ferry_batch_count(batch);
        if (status == FERRY_OK)
            ferry_digest_add_batch(digest, batch);
    }
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    return status;
}

/* Of a load, before its commit, or of the table (NULL). */
static bool reads_back(struct target *target, struct ferry_load *load)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_layout layout = ferry_plan_layout(&target->plan, target->table);
    struct ferry_digest *stored = ferry_digest_new(&target->plan.schema);
    ferry_status status = target_digest_stored(target, load, &layout, stored, &error);
    bool same = status == FERRY_OK && ferry_digest_equal(stored, target->digest);
    if (status == FERRY_OK && !same)
        note_digests(target->digest, stored);
    tap_error(&error);
    ferry_digest_free(stored);
    return same;
}

static void read_stored_load(struct target *target)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    ferry_status status = target_begin(target, target->plan.action, &load, &error);
    if (status == FERRY_OK)
        status = target_load_rows(target, load, 0, ROWS, NULL, &error);
    if (status == FERRY_OK)
        status = ferry_target_load_end(load, &totals, &error);
    if (!tap_ok(status == FERRY_OK, "rows are loaded, to be read back")) {
        tap_error(&error);
        target_abort(target);
        return;
    }
    tap_ok(reads_back(target, load), "what was loaded is read back before the commit");
    tap_ok(reads_back(target, load), "and once more");
    tap_ok(target_commit(target, ROWS, &error) == FERRY_OK, "the load can be committed then");
    tap_error(&error);
    tap_ok(reads_back(target, NULL), "the table that it became is read back");
}

/* Whatever the columns are stored as. */
static void test_wish(const struct suite *suite, const struct ferry_wish *wish)
{
    struct target target;
    if (target_open(suite, SIZE_MAX, wish, &target)) {
        target.digest = ferry_digest_new(&target.plan.schema);
        read_stored_load(&target);
    }
    target_close(&target);
}

static void test_no_table(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        target.digest = ferry_digest_new(&target.plan.schema);
        const struct ferry_layout layout =
            ferry_plan_layout(&target.plan, "conformance_of_nothing");
        ferry_status status = target_digest_stored(&target, NULL, &layout, target.digest, &error);
        if (!tap_ok(status == FERRY_ERR_NOT_FOUND, "a table that is not there is NOT_FOUND"))
            tap_error(&error);
    }
    target_close(&target);
}

void test_stored_rows(const struct suite *suite)
{
    static const struct ferry_wish texts = {.decimal = FERRY_DECIMAL_TEXT,
                                            .big_unsigned = FERRY_BIG_UNSIGNED_TEXT};
    if (!suite->driver->tells_stored) {
        tap_skip("the driver has no stored_begin", "stored rows");
        return;
    }
    test_wish(suite, &target_no_wish);
    test_wish(suite, &texts);
    test_wish(suite, &target_no_wish);
    test_no_table(suite);
}
