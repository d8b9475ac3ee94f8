/* The target half: the old rows or the new rows, never anything between. */

#include "suite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A target, what it will be loaded with, and how it answers. */
struct target {
    const struct suite *suite;
    struct ferry_config *config;
    struct ferry_connection *connection;
    struct ferry_plan plan;
    char *table;
};

static const struct ferry_wish no_wish;

/* Whether `name` is one of the words of `list`. */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    while (list != NULL && *list != '\0') {
        size_t word = strcspn(list, " ");
        if (word == length && memcmp(list, name, length) == 0)
            return true;
        list += word + (list[word] == ' ');
    }
    return false;
}

/* Columns of the plan: those whose values the target can hold, without those that are left out. */
static void add_columns(struct target *target, size_t columns, struct ferry_error *error)
{
    char *left_out = quirks_text(target->suite->quirks, "leave_out");
    for (size_t i = 0; i < values_column_count && target->plan.schema.count < columns; i++) {
        const struct ferry_column *column = &values_columns[i];
        struct ferry_mapping mapping = {0};
        ferry_status status =
            ferry_target_map_column(target->connection, column, &no_wish, &mapping, error);
        bool fits = status == FERRY_OK && mapping.fit <= FERRY_FIT_CHECKED;
        ferry_mapping_done(&mapping);
        ferry_error_clear(error);
        if (fits && !is_listed(left_out, column->name))
            (void)ferry_schema_add(&target->plan.schema, column, sizeof *column, error);
    }
    free(left_out);
}

/* Opens the target and plans a load of the first `columns` columns. */
static bool target_open(const struct suite *suite, size_t columns, struct target *target)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *target = (struct target){.suite = suite};
    target->table = quirks_text(suite->quirks, "target_table");
    if (target->table == NULL)
        target->table = strdup("conformance");
    target->connection = suite_open(suite, "target", FERRY_ROLE_TARGET, &target->config);
    if (target->connection == NULL)
        return false;
    add_columns(target, columns, &error);
    ferry_status status =
        ferry_plan_negotiate(&target->plan, target->connection, target->table, &error);
    if (status != FERRY_OK) {
        tap_ok(false, "a load can be planned");
        tap_error(&error);
    }
    return status == FERRY_OK;
}

static void target_close(struct target *target)
{
    ferry_connection_close(target->connection);
    ferry_plan_done(&target->plan);
    ferry_config_free(target->config);
    free(target->table);
}

static ferry_status begin(struct target *target, uint32_t action, struct ferry_load **ret_load,
                          struct ferry_error *error)
{
    /* alive until the load ends, as the contract says */
    static struct ferry_load_spec spec;
    spec = (struct ferry_load_spec){.job = "conformance",
                                    .run_id = "0123456789abcdef0123456789abcdef",
                                    .table = target->table,
                                    .source = &target->plan.schema,
                                    .natives = target->plan.natives,
                                    .clauses = target->plan.clauses,
                                    .wishes = target->plan.wishes,
                                    .action = action};
    return ferry_target_load_begin(target->connection, &spec, ret_load, error);
}

static ferry_status commit(struct target *target, struct ferry_load *load, uint64_t rows,
                           struct ferry_error *error)
{
    const struct ferry_run_record record = {.job = "conformance",
                                            .run_id = "0123456789abcdef0123456789abcdef",
                                            .table = target->table,
                                            .source = "suite",
                                            .started = "2026-01-01T00:00:00.000Z",
                                            .finished = "2026-01-01T00:00:01.000Z",
                                            .schema_hash = "0123456789abcdef",
                                            .rows = rows};
    return ferry_target_load_commit(load, &record, error);
}

/* Loads rows `first` to `first + count - 1` in batches of five. */
static ferry_status load_rows(struct target *target, struct ferry_load *load, uint64_t first,
                              uint64_t count, uint64_t *digest, struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = 5, .bytes = 1 << 20};
    struct ferry_batch *batch = ferry_batch_new(&target->plan.schema, &limits);
    ferry_status status = FERRY_OK;
    for (uint64_t row = 0; status == FERRY_OK && row < count;) {
        ferry_batch_reset(batch, row + 1);
        while (row < count && !ferry_batch_full(batch))
            values_add_row(batch, &target->plan.schema, first + row++);
        if (digest != NULL)
            values_digest(batch, digest);
        status = ferry_target_load_batch(load, batch, error);
    }
    ferry_batch_free(batch);
    return status;
}

/* A whole load; NULL digest if nobody wants it. */
static bool replace(struct target *target, uint64_t first, uint64_t count,
                    struct ferry_load_totals *ret_totals, uint64_t *digest)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_load *load = NULL;
    ferry_status status = begin(target, target->plan.action, &load, &error);
    if (status == FERRY_OK) {
        status = load_rows(target, load, first, count, digest, &error);
        if (status == FERRY_OK)
            status = ferry_target_load_end(load, ret_totals, &error);
        if (status == FERRY_OK)
            status = commit(target, load, count, &error);
        else
            ferry_target_load_abort(load);
    }
    tap_error(&error);
    return status == FERRY_OK;
}

static char *content(const struct suite *suite)
{
    return quirks_run(suite->quirks, "content");
}

static bool count_is(const struct suite *suite, uint64_t expected)
{
    char *text = quirks_run(suite->quirks, "count");
    if (text == NULL)
        return false;
    uint64_t count = strtoull(text, NULL, 10);
    if (count != expected)
        tap_note("the table holds '%s', not %" PRIu64, text, expected);
    free(text);
    return count == expected;
}

/* ---- The tests ---- */

static void test_first_load(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals = {0};
    if (target_open(suite, SIZE_MAX, &target)) {
        tap_ok(target.plan.action == FERRY_TABLE_CREATE, "the table is not there yet");
        tap_note("%zu of %zu columns are loaded", target.plan.schema.count, values_column_count);
        bool loaded = replace(&target, 0, 23, &totals, NULL);
        tap_ok(loaded && totals.rows_loaded == 23 && totals.rows_before == 0,
               "a new table is loaded, 23 rows counted");
        tap_ok(count_is(suite, 23), "the table holds 23 rows");
    }
    target_close(&target);
}

/* What inspect finds afterwards is what map_column promised. */
static void test_inspect(const struct suite *suite)
{
    struct target target;
    if (target_open(suite, SIZE_MAX, &target)) {
        if (!tap_ok(target.plan.action == FERRY_TABLE_KEEP,
                    "the same columns are recognised in the table"))
            tap_note("%s", ferry_strbuf_text(&target.plan.difference));
        tap_ok(!target.plan.rows_known || target.plan.rows_before == 23,
               "inspect counts the rows, or does not know them");
    }
    target_close(&target);
}

static void test_second_load(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals = {0};
    if (target_open(suite, SIZE_MAX, &target)) {
        bool loaded = replace(&target, 100, 11, &totals, NULL);
        tap_ok(loaded && totals.rows_loaded == 11 && totals.rows_before == 23,
               "the rows are replaced, both counts are right");
        tap_ok(count_is(suite, 11), "the table holds the new rows alone");
    }
    target_close(&target);
}

enum stage { STAGE_BEGIN, STAGE_BATCH, STAGE_END, STAGE_CANCEL, STAGES };

/* Goes as far as `stage` and aborts. */
static void abort_at(const struct suite *suite, enum stage stage)
{
    static const char *const names[STAGES] = {"at once", "after some rows", "after load_end",
                                              "after a cancel"};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    char *before = content(suite);
    if (target_open(suite, SIZE_MAX, &target)) {
        ferry_status status = begin(&target, target.plan.action, &load, &error);
        if (status == FERRY_OK && stage != STAGE_BEGIN)
            status = load_rows(&target, load, 500, 12, NULL, &error);
        if (status == FERRY_OK && stage == STAGE_END)
            status = ferry_target_load_end(load, &totals, &error);
        if (status == FERRY_OK && stage == STAGE_CANCEL) {
            ferry_connection_cancel(target.connection, FERRY_CANCEL_PEER);
            status = load_rows(&target, load, 600, 12, NULL, &error);
            tap_ok(status == FERRY_ERR_CANCELLED, "load_batch fails after a cancel");
            ferry_error_clear(&error);
            status = FERRY_OK;
        }
        ferry_target_load_abort(load);
        char *after = content(suite);
        tap_ok(status == FERRY_OK && before != NULL && after != NULL && strcmp(before, after) == 0,
               "a load that is given up %s leaves the old rows", names[stage]);
        tap_error(&error);
        free(after);
    }
    target_close(&target);
    free(before);
}

/* Where the plan was made on a table that has come or gone since. */
static void test_stale_plan(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    char *before = content(suite);
    if (target_open(suite, SIZE_MAX, &target)) {
        ferry_status status = begin(&target, FERRY_TABLE_CREATE, &load, &error);
        if (status == FERRY_OK) {
            status = ferry_target_load_end(load, &totals, &error);
            ferry_target_load_abort(load);
        }
        char *after = content(suite);
        tap_ok(status == FERRY_ERR_BUSY && before != NULL && after != NULL &&
                   strcmp(before, after) == 0,
               "a plan to create a table that is there is refused as BUSY");
        if (status != FERRY_ERR_BUSY)
            tap_error(&error);
        free(after);
    }
    target_close(&target);
    free(before);
}

static void test_two_writers(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target first, second;
    struct ferry_load *load = NULL, *other = NULL;
    bool opened = target_open(suite, SIZE_MAX, &first);
    opened = target_open(suite, SIZE_MAX, &second) && opened;
    if (opened && begin(&first, first.plan.action, &load, &error) == FERRY_OK) {
        static struct ferry_load_spec spec;
        spec = (struct ferry_load_spec){.job = "other",
                                        .run_id = "ffffffffffffffffffffffffffffffff",
                                        .table = second.table,
                                        .source = &second.plan.schema,
                                        .natives = second.plan.natives,
                                        .clauses = second.plan.clauses,
                                        .wishes = second.plan.wishes,
                                        .action = second.plan.action};
        ferry_status status = ferry_target_load_begin(second.connection, &spec, &other, &error);
        if (!tap_ok(status == FERRY_ERR_BUSY, "a second writer of the table is refused as BUSY"))
            tap_error(&error);
        ferry_error_clear(&error);
        ferry_target_load_abort(other);
        other = NULL;
        ferry_target_load_abort(load);
        status = ferry_target_load_begin(second.connection, &spec, &other, &error);
        tap_ok(status == FERRY_OK, "and may write once the first has given up");
        ferry_target_load_abort(other);
    }
    tap_error(&error);
    target_close(&first);
    target_close(&second);
}

/* No rows, and then other columns. */
static void test_other_shapes(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals = {0};
    if (target_open(suite, SIZE_MAX, &target))
        tap_ok(replace(&target, 0, 0, &totals, NULL) && totals.rows_loaded == 0 &&
                   totals.rows_before == 11 && count_is(suite, 0),
               "a table can become empty");
    target_close(&target);
    if (target_open(suite, 4, &target)) {
        tap_ok(target.plan.action == FERRY_TABLE_REBUILD, "other columns are noticed");
        tap_ok(replace(&target, 0, 3, &totals, NULL) && totals.rows_loaded == 3 &&
                   count_is(suite, 3),
               "a table is rebuilt with other columns");
    }
    target_close(&target);
    if (target_open(suite, SIZE_MAX, &target))
        tap_ok(replace(&target, 0, 23, &totals, NULL) && count_is(suite, 23), "and back again");
    target_close(&target);
}

void test_loading(const struct suite *suite)
{
    if (!quirks_has(suite->quirks, "count") || !quirks_has(suite->quirks, "content")) {
        tap_ok(false, "the quirks have the commands `count` and `content`");
        return;
    }
    test_first_load(suite);
    test_inspect(suite);
    test_second_load(suite);
    for (enum stage stage = STAGE_BEGIN; stage < STAGES; stage++)
        abort_at(suite, stage);
    test_stale_plan(suite);
    test_two_writers(suite);
    test_other_shapes(suite);
}

/* ---- map_column ---- */

static bool map_one(struct target *target, const struct ferry_column *column,
                    struct ferry_mapping *ret_mapping)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_mapping again = {0};
    bool same =
        ferry_target_map_column(target->connection, column, &no_wish, ret_mapping, &error) ==
            FERRY_OK &&
        ferry_target_map_column(target->connection, column, &no_wish, &again, &error) == FERRY_OK &&
        again.fit == ret_mapping->fit && strcmp(again.native, ret_mapping->native) == 0;
    tap_error(&error);
    ferry_mapping_done(&again);
    return same;
}

void test_mapping(const struct suite *suite)
{
    struct target target = {.suite = suite};
    target.connection = suite_open(suite, "target", FERRY_ROLE_TARGET, &target.config);
    for (size_t i = 0; target.connection != NULL && i < values_column_count; i++) {
        struct ferry_mapping mapping = {0};
        bool mapped = map_one(&target, &values_columns[i], &mapping);
        tap_ok(mapped && (mapping.fit == FERRY_FIT_NONE || mapping.native[0] != '\0'),
               "map_column knows %s", values_columns[i].name);
        tap_ok(mapped && (mapping.fit < FERRY_FIT_LOSSY || mapping.note != NULL),
               "and says what would be lost of %s", values_columns[i].name);
        free(mapping.native);
        free(mapping.note);
    }
    target_close(&target);
}

/* ---- What goes in comes out ---- */

/* Names the first row that differs, both sides in the order of their keys. */
static void note_difference(struct target *target, struct ferry_connection *source,
                            const struct ferry_read *read, const struct ferry_schema *schema)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_cursor *cursor = NULL;
    const struct ferry_batch_limits one = {.rows = 1, .bytes = 1};
    struct ferry_batch *found = ferry_batch_new(schema, &one);
    struct ferry_batch *wanted = ferry_batch_new(&target->plan.schema, &one);
    bool same = ferry_source_read_begin(source, read, schema, &cursor, &error) == FERRY_OK;
    for (uint64_t row = 0; same && row < 23; row++) {
        ferry_batch_reset(found, row + 1);
        ferry_batch_reset(wanted, row + 1);
        values_add_row(wanted, &target->plan.schema, row);
        same = ferry_source_read_batch(cursor, found, &error) == FERRY_OK &&
               ferry_batch_count(found) == 1;
        char *left = values_show(wanted, 0), *right = same ? values_show(found, 0) : NULL;
        if (same && strcmp(left, right) != 0) {
            tap_note("row %" PRIu64 " went in as  %s", row, left);
            tap_note("and came out as %s", right);
            same = false;
        }
        free(left);
        free(right);
    }
    ferry_source_read_end(cursor);
    ferry_batch_free(found);
    ferry_batch_free(wanted);
    tap_error(&error);
}

void test_round_trip(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load_totals totals;
    struct ferry_schema schema = {0};
    struct ferry_config *config = NULL;
    struct ferry_connection *source = NULL;
    struct reading reading = {0};
    uint64_t digest = 0;
    if (!quirks_has(suite->quirks, "read_back")) {
        tap_skip("the quirks name no read_back", "what goes in comes out");
        return;
    }
    bool loaded =
        target_open(suite, SIZE_MAX, &target) && replace(&target, 0, 23, &totals, &digest);
    if (loaded)
        source = suite_open(suite, "read_back", FERRY_ROLE_SOURCE, &config);
    const struct ferry_read read = {.text = target.table, .kind = FERRY_READ_TABLE};
    if (source != NULL && ferry_source_describe(source, &read, &schema, &error) == FERRY_OK) {
        bool same =
            suite_read_all(source, &read, &schema, &ferry_batch_default_limits, &reading, &error);
        if (!tap_ok(same && reading.rows == 23 && reading.digest == digest,
                    "what goes in comes out, value by value"))
            note_difference(&target, source, &read, &schema);
    } else {
        tap_ok(false, "what was loaded can be read back");
    }
    tap_error(&error);
    ferry_connection_close(source);
    ferry_schema_done(&schema);
    ferry_config_free(config);
    target_close(&target);
}
