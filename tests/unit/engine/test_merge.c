/* Tests of merge.c: what is stored holds what the source gives once the changes are done, whatever
 * it was; and whatever is not in order is refused. */

#include "unit.h"

#include <stdlib.h>

#include "engine/merge.h"

/* A row of the columns (a INT, b TEXT, c FLOAT, d DECIMAL(10,2), e TEXT), of which a and b are the
 * key; NULL where a text is. */
struct row {
    int64_t a;
    const char *b;
    double c;
    const char *d, *e;
    bool a_is_null;
};

static struct ferry_schema schema;

static void make_schema(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column columns[] = {
        {.name = "a", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "b", .type = FERRY_TYPE_TEXT},
        {.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64},
        {.name = "d", .type = FERRY_TYPE_DECIMAL, .precision = 10, .scale = 2},
        {.name = "e", .type = FERRY_TYPE_TEXT},
    };
    for (size_t i = 0; i < COUNT(columns); i++)
        (void)ferry_schema_add(&schema, &columns[i], sizeof columns[i], &error);
    assert_no_error(&error);
}

static void set_text(struct ferry_batch *batch, struct ferry_cell *cell, const char *text)
{
    cell->null = text == NULL;
    if (text != NULL)
        assert_true(ferry_batch_text(batch, cell, text, strlen(text)));
}

static void add_row(struct ferry_batch *batch, const struct row *row)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.i = row->a;
    cells[0].null = row->a_is_null;
    cells[2].v.f = row->c;
    set_text(batch, &cells[1], row->b);
    set_text(batch, &cells[3], row->d);
    set_text(batch, &cells[4], row->e);
}

/* Rows that one side gives, so many to a batch. */
struct stream {
    const struct row *rows;
    size_t count, at, in_a_batch;
    ferry_status fails; /* at the end */
    bool ended;         /* nobody reads on then */
};

static ferry_status read_stream(void *data, struct ferry_batch *batch, struct ferry_error *error)
{
    struct stream *stream = data;
    assert_false(stream->ended);
    stream->ended = stream->at == stream->count;
    if (stream->at == stream->count && stream->fails != FERRY_OK)
        return ferry_fail(error, stream->fails, "the stream failed");
    for (size_t i = 0; i < stream->in_a_batch && stream->at < stream->count; i++)
        add_row(batch, &stream->rows[stream->at++]);
    return FERRY_OK;
}

/* What was handed on: "+1x =2y -3z". */
struct changes {
    char text[4000];
    ferry_status fails;
    int passes, calls; /* it fails after so many */
};

static ferry_status take_change(void *data, uint32_t operation, const struct ferry_batch *batch,
                                struct ferry_error *error)
{
    static const char signs[] = {
        [FERRY_OP_INSERT] = '+', [FERRY_OP_UPDATE] = '=', [FERRY_OP_DELETE] = '-'};
    struct changes *changes = data;
    changes->calls++;
    assert_true(ferry_batch_count(batch) > 0);
    if (changes->fails != FERRY_OK && changes->calls > changes->passes)
        return ferry_fail_cell(error, changes->fails, batch, 0, 0, "the change failed");
    for (size_t i = 0; i < ferry_batch_count(batch); i++) {
        const struct ferry_cell *cells = ferry_batch_cells(batch, i);
        size_t length = strlen(changes->text);
        (void)snprintf(changes->text + length, sizeof changes->text - length, "%s%c%d%.*s",
                       length > 0 ? " " : "", signs[operation], (int)cells[0].v.i,
                       (int)cells[1].len, cells[1].v.p);
        assert_int_equal(ferry_batch_schema(batch)->count, operation == FERRY_OP_DELETE ? 2 : 5);
    }
    return FERRY_OK;
}

static const size_t key[] = {0, 1};

static ferry_status merge_streams(struct stream *source, struct stream *stored,
                                  const struct ferry_merge_spec *spec,
                                  struct ferry_merge_counts *ret_counts, struct ferry_error *error)
{
    struct ferry_merge *merge = NULL;
    struct ferry_batch *batch = ferry_batch_new(&schema, &ferry_batch_default_limits);
    struct ferry_merge_spec whole = *spec;
    whole.schema = &schema;
    whole.key = key;
    whole.key_count = COUNT(key);
    whole.read_stored = read_stream;
    whole.from = stored;
    ferry_status status = ferry_merge_begin(&whole, &merge, error);
    do {
        ferry_batch_reset(batch, 1);
        if (status == FERRY_OK)
            status = read_stream(source, batch, error);
        if (status == FERRY_OK)
            status = ferry_merge_take(merge, batch, error);
    } while (status == FERRY_OK && ferry_batch_count(batch) > 0);
    if (status == FERRY_OK)
        status = ferry_merge_end(merge, ret_counts, error);
    ferry_merge_free(merge);
    ferry_batch_free(batch);
    return status;
}

#define ROWS(...) (const struct row[]){__VA_ARGS__}, COUNT(((const struct row[]){__VA_ARGS__}))

static void becomes(const struct row *source, size_t source_count, const struct row *stored,
                    size_t stored_count, const char *expected)
{
    for (size_t in_a_batch = 1; in_a_batch <= 3; in_a_batch++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct stream from = {.rows = source, .count = source_count, .in_a_batch = in_a_batch};
        struct stream to = {.rows = stored, .count = stored_count, .in_a_batch = 4 - in_a_batch};
        struct changes changes = {.text = ""};
        struct ferry_merge_counts counts;
        const struct ferry_merge_spec spec = {.change = take_change, .to = &changes};
        (void)merge_streams(&from, &to, &spec, &counts, &error);
        assert_no_error(&error);
        assert_string_equal(changes.text, expected);
        assert_int_equal(counts.inserted + counts.updated + counts.unchanged, source_count);
        assert_int_equal(counts.deleted + counts.updated + counts.unchanged, stored_count);
    }
}

static void refuses(const struct row *source, size_t source_count, const struct row *stored,
                    size_t stored_count, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct stream from = {.rows = source, .count = source_count, .in_a_batch = 2};
    struct stream to = {.rows = stored, .count = stored_count, .in_a_batch = 2};
    struct changes changes = {.text = ""};
    struct ferry_merge_counts counts;
    const struct ferry_merge_spec spec = {.change = take_change, .to = &changes};
    assert_int_equal(merge_streams(&from, &to, &spec, &counts, &error), FERRY_ERR_DATA);
    assert_error(&error, FERRY_ERR_DATA, message);
}

/* ---- By hand ---- */

static void test_what_each_row_becomes(void **state)
{
    (void)state;
    becomes(ROWS({.a = 1, .b = "x"}, {.a = 2, .b = "x"}), NULL, 0, "+1x +2x");
    becomes(NULL, 0, ROWS({.a = 1, .b = "x"}, {.a = 2, .b = "x"}), "-1x -2x");
    becomes(NULL, 0, NULL, 0, "");
    becomes(ROWS({.a = 1, .b = "x"}, {.a = 2, .b = "x"}),
            ROWS({.a = 1, .b = "x"}, {.a = 2, .b = "x"}), "");
    becomes(ROWS({.a = 1, .b = "x"}, {.a = 2, .b = "x"}, {.a = 4, .b = "x"}),
            ROWS({.a = 0, .b = "x"}, {.a = 2, .b = "x", .c = 5.0}, {.a = 3, .b = "x"},
                 {.a = 9, .b = "x"}),
            "-0x -3x -9x =2x +1x +4x");
}

/* What is the same by the canonical form is; what only looks so is not. */
static void test_what_is_the_same(void **state)
{
    (void)state;
    becomes(ROWS({.a = 1, .b = "x", .c = -0.0}), ROWS({.a = 1, .b = "x", .c = 0.0}), "");
    becomes(ROWS({.a = 1, .b = "x", .c = 0, .d = "1.5"}),
            ROWS({.a = 1, .b = "x", .c = 0, .d = "1.50"}), "");
    becomes(ROWS({.a = 1, .b = "x", .c = 0, .d = "1.51"}),
            ROWS({.a = 1, .b = "x", .c = 0, .d = "1.50"}), "=1x");
    becomes(ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = ""}),
            ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = NULL}), "=1x");
    becomes(ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = NULL}),
            ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = ""}), "=1x");
    becomes(ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = "a"}),
            ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = "A"}), "=1x");
    becomes(ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = "a"}),
            ROWS({.a = 1, .b = "x", .c = 0, .d = NULL, .e = "a "}), "=1x");
}

/* Keys are told apart byte by byte, and numbers by value. */
static void test_keys(void **state)
{
    (void)state;
    becomes(ROWS({.a = 1, .b = "A"}, {.a = 1, .b = "a"}, {.a = 1, .b = "a "}),
            ROWS({.a = 1, .b = "a"}), "+1A +1a ");
    becomes(ROWS({.a = 1, .b = "a"}),
            ROWS({.a = 1, .b = "A"}, {.a = 1, .b = "a"}, {.a = 1, .b = "a "}), "-1A -1a ");
    becomes(ROWS({.a = -2, .b = "x"}, {.a = -1, .b = "x"}, {.a = 10, .b = ""}),
            ROWS({.a = 9, .b = "x"}, {.a = 10, .b = "x"}), "-9x -10x +-2x +-1x +10");
}

static void test_what_is_refused(void **state)
{
    (void)state;
    refuses(ROWS({.a = 1, .b = "x"}, {.a = 1, .b = "x"}), NULL, 0,
            "rows 1 and 2 of the source, in the order of the key (a, b), have the same key");
    refuses(NULL, 0, ROWS({.a = 1, .b = "x"}, {.a = 2, .b = "x"}, {.a = 2, .b = "x"}),
            "rows 2 and 3 of the target");
    refuses(ROWS({.a = 1, .b = "a"}, {.a = 1, .b = "B"}), NULL, 0,
            "the source gives row 1 before rows that it belongs behind, by the key (a, b)");
    refuses(ROWS({.a = 5, .b = "x"}), ROWS({.a = 2, .b = "x"}, {.a = 1, .b = "x"}),
            "the target gives row 1 before rows");
    refuses(ROWS({.a = 1, .b = "x"}, {.a_is_null = true, .b = "y"}), NULL, 0,
            "row 2 of the source, in the order of the key, is NULL in its column 'a'");
    refuses(ROWS({.a = 1, .b = NULL}), NULL, 0,
            "row 1 of the source, in the order of the key, is NULL in its column 'b'");
    refuses(NULL, 0, ROWS({.a = 1, .b = NULL}), "row 1 of the target");
}

/* A side that fails, or whose changes nobody takes, ends it with what it said. */
static void test_failures(void **state)
{
    (void)state;
    static const struct row rows[] = {{.a = 1, .b = "x"}, {.a = 2, .b = "x"}, {.a = 3, .b = "x"}};
    for (int which = 0; which < 3; which++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct stream from = {.rows = rows, .count = 3, .in_a_batch = 2};
        struct stream to = {.rows = rows, .count = 2, .in_a_batch = 1};
        struct changes changes = {.text = ""};
        struct ferry_merge_counts counts = {.inserted = 17};
        const struct ferry_merge_spec spec = {.change = take_change, .to = &changes};
        *(which == 0 ? &from.fails : which == 1 ? &to.fails : &changes.fails) = FERRY_ERR_STREAM;
        (void)merge_streams(&from, &to, &spec, &counts, &error);
        assert_error(&error, FERRY_ERR_STREAM,
                     which == 2 ? "the change failed" : "the stream failed");
        assert_int_equal(counts.inserted, 17);
    }
}

/* A batch that nobody takes is the last one; its rows have their numbers among those of their kind.
 */
static void test_a_change_that_fails_ends_it(void **state)
{
    (void)state;
    static struct row rows[5000];
    static const char *const places[] = {"row 1,", "row 2049,"};
    for (size_t i = 0; i < COUNT(rows); i++)
        rows[i] = (struct row){.a = (int64_t)i, .b = ""};
    for (int passes = 0; passes <= 1; passes++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct stream from = {.rows = rows, .count = COUNT(rows), .in_a_batch = 1000}, to = {0};
        struct changes changes = {.fails = FERRY_ERR_STREAM, .passes = passes};
        struct ferry_merge_counts counts;
        const struct ferry_merge_spec spec = {.change = take_change, .to = &changes};
        assert_int_equal(merge_streams(&from, &to, &spec, &counts, &error), FERRY_ERR_STREAM);
        assert_non_null(strstr(error.message, places[passes]));
        assert_error(&error, FERRY_ERR_STREAM, "the change failed");
        assert_int_equal(changes.calls, passes + 1);
        assert_int_equal(from.at, passes == 0 ? 3000 : 5000);
    }
}

/* ---- Differences ---- */

static ferry_status take_difference(void *data, const struct ferry_cell *source,
                                    const struct ferry_cell *stored, struct ferry_error *error)
{
    struct changes *changes = data;
    const struct ferry_cell *cells = source == NULL ? stored : source;
    size_t length = strlen(changes->text);
    if (changes->fails != FERRY_OK)
        return ferry_fail(error, changes->fails, "the difference failed");
    if (source != NULL && stored != NULL)
        assert_true(source[0].v.i == stored[0].v.i && source != stored);
    (void)snprintf(changes->text + length, sizeof changes->text - length, "%s%s%d%.*s",
                   length > 0 ? " " : "",
                   stored == NULL   ? "missing "
                   : source == NULL ? "extra "
                                    : "changed ",
                   (int)cells[0].v.i, (int)cells[1].len, cells[1].v.p);
    return FERRY_OK;
}

static const struct row here[] = {
    {.a = 1, .b = "x"}, {.a = 2, .b = "x"}, {.a = 4, .b = "x"}, {.a = 5, .b = "x", .e = "e"}};
static const struct row there[] = {{.a = 0, .b = "x"},
                                   {.a = 2, .b = "x", .c = 1.0},
                                   {.a = 3, .b = "x"},
                                   {.a = 4, .b = "x"},
                                   {.a = 6, .b = "x"}};

/* They come in the order of the key, all kinds together, and nothing is changed. */
static void test_differences(void **state)
{
    (void)state;
    for (size_t in_a_batch = 1; in_a_batch <= 3; in_a_batch++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct stream from = {.rows = here, .count = COUNT(here), .in_a_batch = in_a_batch};
        struct stream to = {.rows = there, .count = COUNT(there), .in_a_batch = 4 - in_a_batch};
        struct changes changes = {.text = ""};
        struct ferry_merge_counts counts;
        const struct ferry_merge_spec spec = {.differ = take_difference, .to = &changes};
        (void)merge_streams(&from, &to, &spec, &counts, &error);
        assert_no_error(&error);
        assert_string_equal(changes.text, "extra 0x missing 1x changed 2x extra 3x missing 5x "
                                          "extra 6x");
        assert_int_equal(counts.unchanged, 1);
    }
}

static void test_differences_that_nobody_takes(void **state)
{
    (void)state;
    for (size_t first = 0; first < 3; first++) { /* missing, changed, extra */
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct stream from = {.rows = here, .count = first == 2 ? 0 : 1, .in_a_batch = 1};
        struct stream to = {
            .rows = first == 1 ? &there[1] : there, .count = first > 0, .in_a_batch = 1};
        struct changes changes = {.text = "", .fails = FERRY_ERR_SYSTEM};
        struct ferry_merge_counts counts = {.unchanged = 17};
        const struct ferry_merge_spec spec = {.differ = take_difference, .to = &changes};
        from.rows = first == 1 ? &here[1] : here;
        (void)merge_streams(&from, &to, &spec, &counts, &error);
        assert_error(&error, FERRY_ERR_SYSTEM, "the difference failed");
        assert_int_equal(counts.unchanged, 17);
    }
}

/* ---- By chance ---- */

#define MOST 6000

static struct row random_row(unsigned *seed, int64_t a)
{
    static const char *const texts[] = {"", "a", "A", "a ", "\xc3\xa4", "ab", "b"};
    static const char *const decimals[] = {NULL, "0.00", "-0.01", "12345678.90"};
    return (struct row){.a = a,
                        .c = rand_r(seed) % 3 - 1,
                        .d = decimals[rand_r(seed) % 4],
                        .e = rand_r(seed) % 5 == 0 ? NULL : texts[rand_r(seed) % 7]};
}

/* The key's texts ascend for one `a`, each there or not. */
static size_t random_rows(unsigned *seed, unsigned percent, struct row *rows)
{
    static const char *const ascending[] = {"", "A", "a", "a ", "ab", "\xc3\xa4"};
    size_t count = 0;
    for (int64_t a = -500; a < 500; a++)
        for (size_t i = 0; i < COUNT(ascending); i++)
            if ((unsigned)rand_r(seed) % 100 < percent) {
                rows[count] = random_row(seed, a);
                rows[count++].b = ascending[i];
            }
    return count;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What is stored, as a plain list in order of the key. */
struct model {
    struct row rows[2 * MOST];
    size_t count;
    char texts[3 * MOST][16]; /* of changes, which live no longer than their batch */
    size_t text_count;
};

static const char *keep(struct model *model, const struct ferry_cell *cell)
{
    if (cell->null != 0)
        return NULL;
    char *text = model->texts[model->text_count++ % (3 * MOST)];
    (void)snprintf(text, 16, "%.*s", (int)cell->len, cell->v.p);
    return text;
}

static ptrdiff_t find(const struct model *model, int64_t a, const char *b, size_t length)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->rows[i].a == a && strlen(model->rows[i].b) == length &&
            memcmp(model->rows[i].b, b, length) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static ferry_status apply(void *data, uint32_t operation, const struct ferry_batch *batch,
                          struct ferry_error *error)
{
    struct model *model = data;
    (void)error;
    for (size_t i = 0; i < ferry_batch_count(batch); i++) {
        const struct ferry_cell *cells = ferry_batch_cells(batch, i);
        ptrdiff_t at = find(model, cells[0].v.i, cells[1].v.p, cells[1].len);
        assert_true((at >= 0) == (operation != FERRY_OP_INSERT));
        if (operation == FERRY_OP_DELETE) {
            model->rows[at] = model->rows[--model->count];
            continue;
        }
        struct row *row = at >= 0 ? &model->rows[at] : &model->rows[model->count++];
        *row = (struct row){.a = cells[0].v.i,
                            .b = keep(model, &cells[1]),
                            .c = cells[2].v.f,
                            .d = keep(model, &cells[3]),
                            .e = keep(model, &cells[4])};
    }
    return FERRY_OK;
}

static void test_by_chance(void **state)
{
    (void)state;
    static struct row source[MOST], stored[MOST];
    static struct model model;
    for (unsigned round = 1; round <= 12; round++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        unsigned seed = round;
        struct stream from = {.rows = source, .in_a_batch = 1 + round * 13 % 700};
        struct stream to = {.rows = stored, .in_a_batch = 1 + round * 29 % 900};
        struct ferry_merge_counts counts;
        const struct ferry_merge_spec spec = {.change = apply, .to = &model};
        from.count = random_rows(&seed, round * 17 % 101, source);
        if (round % 3 == 0)
            seed = round; /* much is the same */
        to.count = random_rows(&seed, round * 31 % 101, stored);
        memcpy(model.rows, stored, to.count * sizeof *stored);
        model.count = to.count;
        (void)merge_streams(&from, &to, &spec, &counts, &error);
        assert_no_error(&error);
        assert_int_equal(model.count, from.count);
        for (size_t i = 0; i < from.count; i++) {
            const struct row *row = &source[i];
            ptrdiff_t at = find(&model, row->a, row->b, strlen(row->b));
            assert_true(at >= 0);
            const struct row *is = &model.rows[at];
            assert_true(is->c == row->c && same_text(is->d, row->d) && same_text(is->e, row->e));
        }
    }
}

int main(void)
{
    make_schema();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_each_row_becomes),
        cmocka_unit_test(test_what_is_the_same),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_a_change_that_fails_ends_it),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_differences_that_nobody_takes),
        cmocka_unit_test(test_by_chance),
    };
    int failed = cmocka_run_group_tests_name("merge", tests, NULL, NULL);
    ferry_schema_done(&schema);
    return failed;
}
