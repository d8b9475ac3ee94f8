/* Tests of contract.c: a cell that a driver gives is as its column says, to the last bit, or ends
 * the run. */

#include "unit.h"

#include "base/signals.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "fake.h"

static const struct ferry_read read_view = {.text = "v", .kind = FERRY_READ_VIEW};

static void null_pointer(struct ferry_cell *cells)
{
    cells[1].v.p = NULL;
}

static void wrong_kind(struct ferry_cell *cells)
{
    cells[1].kind = FERRY_KIND_BYTES;
}

static void wrong_null(struct ferry_cell *cells)
{
    cells[0].null = 2;
}

/* Reads one batch for `schema`. */
static ferry_status read_one(const struct ferry_schema *schema, struct ferry_error *error)
{
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    struct ferry_cursor *cursor = NULL;
    struct ferry_batch *batch = ferry_batch_new(schema, &ferry_batch_default_limits);
    ferry_batch_reset(batch, 1);
    ferry_status status = ferry_source_read_begin(source, &read_view, schema, NULL, &cursor, error);
    if (status == FERRY_OK)
        status = ferry_cursor_read(cursor, batch, error);
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    ferry_connection_close(source);
    return status;
}

static struct ferry_schema schema_of(const struct ferry_column *first)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    const struct ferry_column second = {.name = "text", .type = FERRY_TYPE_TEXT};
    (void)ferry_schema_add(&schema, first, sizeof *first, &error);
    (void)ferry_schema_add(&schema, &second, sizeof second, &error);
    assert_no_error(&error);
    return schema;
}

static void test_cells(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct ferry_cell *cells);
        const char *message;
    } cases[] = {{null_pointer, "row 1, column 'text'"},
                 {wrong_kind, "column 'text'"},
                 {wrong_null, "column 'id'"}};
    const struct ferry_column id = {.name = "id", .type = FERRY_TYPE_INT, .bits = 64};
    struct ferry_schema schema = schema_of(&id);
    fake.rows = 3;
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        fake.spoil = cases[i].spoil;
        assert_int_equal(read_one(&schema, &error), FERRY_ERR_INTERNAL);
        assert_non_null(strstr(error.message, "'fake'"));
        assert_error(&error, FERRY_ERR_INTERNAL, cases[i].message);
    }
    fake.spoil = NULL;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(read_one(&schema, &error), FERRY_OK);
    ferry_schema_done(&schema);
}

static int64_t spoiled_value;

static void set_value(struct ferry_cell *cells)
{
    cells[0].v.i = spoiled_value;
}

/* Every width, at both ends and one beyond. */
static void test_widths(void **state)
{
    (void)state;
    static const uint32_t widths[] = {8, 16, 24, 32};
    fake.rows = 1;
    fake.spoil = set_value;
    for (size_t i = 0; i < COUNT(widths); i++) {
        int64_t half = INT64_C(1) << (widths[i] - 1);
        const struct {
            uint32_t flags;
            int64_t value;
            bool fits;
        } cases[] = {
            {0, half - 1, true},
            {0, half, false},
            {0, -half, true},
            {0, -half - 1, false},
            {0, INT64_MIN, false},
            {FERRY_COLUMN_UNSIGNED, 2 * half - 1, true},
            {FERRY_COLUMN_UNSIGNED, 2 * half, false},
            {FERRY_COLUMN_UNSIGNED, -1, false},
        };
        for (size_t k = 0; k < COUNT(cases); k++) {
            FERRY_AUTO_ERROR struct ferry_error error = {0};
            const struct ferry_column column = {
                .name = "id", .type = FERRY_TYPE_INT, .bits = widths[i], .flags = cases[k].flags};
            struct ferry_schema schema = schema_of(&column);
            spoiled_value = cases[k].value;
            ferry_status status = read_one(&schema, &error);
            if (status != (cases[k].fits ? FERRY_OK : FERRY_ERR_INTERNAL))
                fail_msg("%jd in %u bits, flags %u: %d", (intmax_t)spoiled_value, widths[i],
                         cases[k].flags, status);
            ferry_schema_done(&schema);
        }
    }
}

static void test_booleans_and_years(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        int64_t value;
        bool fits;
    } cases[] = {{FERRY_TYPE_BOOL, 0, true},   {FERRY_TYPE_BOOL, 1, true},
                 {FERRY_TYPE_BOOL, 2, false},  {FERRY_TYPE_BOOL, -1, false},
                 {FERRY_TYPE_YEAR, 0, true},   {FERRY_TYPE_YEAR, 2155, true},
                 {FERRY_TYPE_YEAR, -1, false}, {FERRY_TYPE_YEAR, 100000, false}};
    fake.rows = 1;
    fake.spoil = set_value;
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_column column = {.name = "id", .type = cases[i].type};
        struct ferry_schema schema = schema_of(&column);
        spoiled_value = cases[i].value;
        assert_int_equal(read_one(&schema, &error), cases[i].fits ? FERRY_OK : FERRY_ERR_INTERNAL);
        ferry_schema_done(&schema);
    }
}

/* One bit more than the column has. */
static void test_bits(void **state)
{
    (void)state;
    fake.rows = 1;
    fake.spoil = set_value;
    for (uint32_t bits = 1; bits <= 64; bits++)
        for (int more = 0; more < 2; more++) {
            FERRY_AUTO_ERROR struct ferry_error error = {0};
            const struct ferry_column column = {.name = "id", .type = FERRY_TYPE_BIT, .bits = bits};
            struct ferry_schema schema = schema_of(&column);
            uint64_t value = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1 + (uint64_t)more;
            memcpy(&spoiled_value, &value, sizeof value);
            bool fits = more == 0 || bits == 64;
            assert_int_equal(read_one(&schema, &error), fits ? FERRY_OK : FERRY_ERR_INTERNAL);
            ferry_schema_done(&schema);
        }
}

static uint32_t spoiled_length;

static void set_length(struct ferry_cell *cells)
{
    static const char bytes[64];
    cells[0].v.p = bytes;
    cells[0].len = spoiled_length;
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, length;
        bool fits;
    } cases[] = {
        {FERRY_TYPE_UUID, 36, true},     {FERRY_TYPE_UUID, 35, false},
        {FERRY_TYPE_UUID, 0, false},     {FERRY_TYPE_VECTOR, 0, true},
        {FERRY_TYPE_VECTOR, 12, true},   {FERRY_TYPE_VECTOR, 13, false},
        {FERRY_TYPE_GEOMETRY, 25, true}, {FERRY_TYPE_GEOMETRY, 4, false},
        {FERRY_TYPE_JSON, 0, true},      {FERRY_TYPE_ENUM, 0, true},
    };
    fake.rows = 1;
    fake.spoil = set_length;
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        const struct ferry_column column = {.name = "id", .type = cases[i].type};
        struct ferry_schema schema = schema_of(&column);
        spoiled_length = cases[i].length;
        assert_int_equal(read_one(&schema, &error), cases[i].fits ? FERRY_OK : FERRY_ERR_INTERNAL);
        ferry_schema_done(&schema);
    }
}

static struct ferry_cell spoiled_cell;

static void set_whole_cell(struct ferry_cell *cells)
{
    cells[0] = spoiled_cell;
}

/* A cell of another kind is right in a loose column alone, and is then not held against its type.
 */
static void test_loose_cells(void **state)
{
    (void)state;
    static const struct ferry_cell good[] = {{.v.i = INT64_MAX, .kind = FERRY_KIND_INT},
                                             {.v.f = 0.5, .kind = FERRY_KIND_FLOAT},
                                             {.v.p = "x", .len = 1, .kind = FERRY_KIND_TEXT},
                                             {.v.p = "x", .len = 1, .kind = FERRY_KIND_BYTES}};
    static const struct ferry_cell bad[] = {{.kind = FERRY_KIND_TEXT}, {.kind = 5}};
    const struct ferry_column loose = {
        .name = "id", .type = FERRY_TYPE_INT, .bits = 8, .flags = FERRY_COLUMN_LOOSE};
    struct ferry_column strict = loose;
    strict.flags = 0;
    struct ferry_schema schemas[] = {schema_of(&loose), schema_of(&strict)};
    fake.rows = 1;
    fake.spoil = set_whole_cell;
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t k = 0; k < COUNT(schemas); k++) {
            FERRY_AUTO_ERROR struct ferry_error error = {0};
            spoiled_cell = good[i];
            assert_int_equal(read_one(&schemas[k], &error), k == 0 ? FERRY_OK : FERRY_ERR_INTERNAL);
        }
    for (size_t i = 0; i < COUNT(bad); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        spoiled_cell = bad[i];
        assert_int_equal(read_one(&schemas[0], &error), FERRY_ERR_INTERNAL);
    }
    for (size_t k = 0; k < COUNT(schemas); k++)
        ferry_schema_done(&schemas[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_cells), WITH_FAKE(test_widths),  WITH_FAKE(test_booleans_and_years),
        WITH_FAKE(test_bits),  WITH_FAKE(test_lengths), WITH_FAKE(test_loose_cells),
    };
    return cmocka_run_group_tests_name("connection, cells", tests, NULL, NULL);
}
