/* Tests of the mysql driver's read.c: whether the result still is what was described, and how each
 * column of it is decoded. */

#include "unit.h"

#include "cursor.h"

/* ---- What makes two columns the same ---- */

#define INT8                                                                                       \
    .name = "a", .type = FERRY_TYPE_INT, .bits = 8, .precision = 3, .scale = 2, .length = 4,       \
    .flags = FERRY_COLUMN_UTC

static void test_same_columns(void **state)
{
    (void)state;
    static const struct {
        struct ferry_column a, b;
        bool same;
    } cases[] = {
        {{INT8}, {INT8}, true},
        {{INT8}, {.name = "b", .type = FERRY_TYPE_INT}, false},
        {{.name = NULL}, {.name = NULL}, true},
        {{.name = NULL}, {.name = "a"}, false},
        {{.name = "a"}, {.name = NULL}, false},
        {{.name = "a"}, {.name = "b"}, false},
        {{.name = "a", .type = FERRY_TYPE_TEXT}, {.name = "a", .type = FERRY_TYPE_BYTES}, false},
        {{.name = "a", .bits = 8}, {.name = "a", .bits = 16}, false},
        {{.name = "a", .precision = 8}, {.name = "a", .precision = 9}, false},
        {{.name = "a", .scale = 1}, {.name = "a", .scale = 2}, false},
        {{.name = "a", .flags = FERRY_COLUMN_UTC}, {.name = "a"}, false},
        {{.name = "a", .flags = FERRY_COLUMN_UNSIGNED}, {.name = "a"}, false},
        {{.name = "a", .flags = FERRY_COLUMN_ZEROFILL}, {.name = "a"}, false},
        {{.name = "a", .flags = FERRY_COLUMN_NOT_NULL}, {.name = "a"}, true},
        {{.name = "a", .type = FERRY_TYPE_TEXT, .length = 1},
         {.name = "a", .type = FERRY_TYPE_TEXT, .length = 2},
         false},
        /* an INT's is the width that it is shown with, which the catalog knows alone */
        {{.name = "a", .type = FERRY_TYPE_INT, .length = 1},
         {.name = "a", .type = FERRY_TYPE_INT, .length = 2},
         true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_column copy = cases[i].a; /* whose name is elsewhere */
        char name[2] = "";
        if (copy.name != NULL) {
            strcpy(name, copy.name);
            copy.name = name;
        }
        if (read_same_column(&copy, &cases[i].b) != cases[i].same ||
            read_same_column(&cases[i].b, &copy) != cases[i].same)
            fail_msg("case %zu", i);
    }
}

/* Behind a derived table a text has room for more letters, or for fewer; no more than that differs.
 */
static void test_derived_columns(void **state)
{
    (void)state;
    static const struct {
        bool derived;
        struct ferry_column now, expected;
        bool good;
    } cases[] = {
        {true,
         {.name = "a", .type = FERRY_TYPE_TEXT, .length = 9},
         {.name = "a", .type = FERRY_TYPE_TEXT, .length = 5},
         true},
        {true,
         {.name = "a", .type = FERRY_TYPE_BYTES, .length = 5},
         {.name = "a", .type = FERRY_TYPE_BYTES, .length = 9},
         true},
        {false,
         {.name = "a", .type = FERRY_TYPE_TEXT, .length = 9},
         {.name = "a", .type = FERRY_TYPE_TEXT, .length = 5},
         false},
        {true,
         {.name = "a", .type = FERRY_TYPE_ENUM, .length = 9},
         {.name = "a", .type = FERRY_TYPE_ENUM, .length = 5},
         false},
        {true,
         {.name = "b", .type = FERRY_TYPE_TEXT, .length = 9},
         {.name = "a", .type = FERRY_TYPE_TEXT, .length = 5},
         false},
        {true,
         {.name = "a", .type = FERRY_TYPE_TEXT, .length = 9},
         {.name = "a", .type = FERRY_TYPE_BYTES, .length = 9},
         false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct mydrv_cursor cursor = {.derived = cases[i].derived};
        if (read_is_derived(&cursor, &cases[i].now, &cases[i].expected) != cases[i].good)
            fail_msg("case %zu", i);
    }
}

/* Three floats in 12 bytes. */
static void test_vectors(void **state)
{
    (void)state;
    static const struct ferry_column expected = {
        .name = "a", .type = FERRY_TYPE_VECTOR, .length = 3};
    static const struct ferry_column bytes = {.name = "a", .type = FERRY_TYPE_BYTES, .length = 12};
    struct ferry_column other = bytes;
    assert_true(read_is_vector(&bytes, &expected));
    other.length = 16;
    assert_false(read_is_vector(&other, &expected));
    other = bytes;
    other.type = FERRY_TYPE_TEXT;
    assert_false(read_is_vector(&other, &expected));
    other = bytes;
    other.name = "b";
    assert_false(read_is_vector(&other, &expected));
    other = expected;
    other.type = FERRY_TYPE_BYTES;
    assert_false(read_is_vector(&bytes, &other));
}

static void test_nothing_but_null(void **state)
{
    (void)state;
    static const struct ferry_column now = {.name = "a", .type = FERRY_TYPE_INT, .bits = 64};
    static const struct ferry_column null = {
        .name = "a", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_ONLY_NULL};
    static const struct ferry_column other = {
        .name = "b", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_ONLY_NULL};
    static const struct ferry_column text = {
        .name = "a", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_UTC};
    assert_true(read_is_null(&now, &null));
    assert_false(read_is_null(&now, &other));
    assert_false(read_is_null(&now, &text));
}

static void test_texts_as_bytes(void **state)
{
    (void)state;
    static const struct {
        struct mydrv_column now;
        struct ferry_column expected;
        bool fits;
    } cases[] = {
        {{.set = &latin, .column = {.name = "a", .type = FERRY_TYPE_TEXT}},
         {.name = "a", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_RAW},
         true},
        {{.column = {.name = "a", .type = FERRY_TYPE_JSON}},
         {.name = "a", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_RAW},
         true},
        {{.column = {.name = "a", .type = FERRY_TYPE_TEXT}},
         {.name = "a", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_RAW},
         false},
        {{.set = &latin, .column = {.name = "b", .type = FERRY_TYPE_TEXT}},
         {.name = "a", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_RAW},
         false},
        {{.set = &latin, .column = {.name = "a", .type = FERRY_TYPE_TEXT}},
         {.name = "a", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_RAW},
         false},
        {{.set = &latin, .column = {.name = "a", .type = FERRY_TYPE_TEXT}},
         {.name = "a", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_UTC},
         false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (read_is_bytes_of_text(&cases[i].now, &cases[i].expected) != cases[i].fits)
            fail_msg("case %zu", i);
}

static void test_casts(void **state)
{
    (void)state;
    static const struct {
        struct mydrv_column planned, now;
        bool recast;
    } cases[] = {
        {{.recast = NULL, .column = {.type = FERRY_TYPE_TEXT}},
         {.codec = MYDRV_CODEC_STRING},
         false},
        {{.recast = "CHAR", .column = {.type = FERRY_TYPE_FLOAT}},
         {.codec = MYDRV_CODEC_STRING},
         true},
        {{.recast = "CHAR", .column = {.type = FERRY_TYPE_FLOAT}},
         {.codec = MYDRV_CODEC_FLOAT},
         false},
        {{.recast = "UNSIGNED", .column = {.type = FERRY_TYPE_BIT}},
         {.codec = MYDRV_CODEC_INT64,
          .column = {.type = FERRY_TYPE_INT, .flags = FERRY_COLUMN_UNSIGNED}},
         true},
        {{.recast = "UNSIGNED", .column = {.type = FERRY_TYPE_BIT}},
         {.codec = MYDRV_CODEC_INT64,
          .column = {.type = FERRY_TYPE_INT, .flags = FERRY_COLUMN_UTC}},
         false},
        {{.recast = "UNSIGNED", .column = {.type = FERRY_TYPE_BIT}},
         {.codec = MYDRV_CODEC_STRING,
          .column = {.type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_UNSIGNED}},
         false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (read_is_recast(&cases[i].planned, &cases[i].now) != cases[i].recast)
            fail_msg("case %zu", i);
}

/* ---- The columns of a result ---- */

#define COLUMN(of, ...)                                                                            \
    .name = (char *)(of), .native = (char *)"n",                                                   \
    .column = {.name = (of), .native = "n", __VA_ARGS__}

static const struct mydrv_column four[MOST_COLUMNS] = {
    {COLUMN("a", .type = FERRY_TYPE_INT, .bits = 8, .flags = FERRY_COLUMN_NOT_NULL),
     .codec = MYDRV_CODEC_INT8},
    {COLUMN("b", .type = FERRY_TYPE_BIT, .bits = 9), .codec = MYDRV_CODEC_BIT},
    {COLUMN("c", .type = FERRY_TYPE_DATETIME, .scale = 3), .codec = MYDRV_CODEC_DATETIME},
    {COLUMN("d", .type = FERRY_TYPE_TEXT), .codec = MYDRV_CODEC_STRING, .set = &greek},
};

static ferry_status bind_columns(struct place *place)
{
    return read_bind_columns(&place->cursor, &place->schema, (MYSQL_RES *)&world, &place->error);
}

static void test_formats(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, four, MOST_COLUMNS);
    assert_int_equal(bind_columns(&place), FERRY_OK);
    const struct mydrv_cell_format *formats = place.cursor.formats;
    assert_int_equal(place.cursor.column_count, MOST_COLUMNS);
    for (size_t i = 0; i < MOST_COLUMNS; i++) {
        assert_int_equal(formats[i].codec, four[i].codec);
        assert_int_equal(formats[i].not_null, i == 0);
        assert_int_equal(formats[i].scale, i == 1 ? 9 : i == 2 ? 3 : 0);
        assert_int_equal(formats[i].most, four[i].column.bits + 1000);
        assert_ptr_equal(formats[i].set, i == 3 ? &greek : NULL);
        assert_null(formats[i].codes);
    }
    assert_int_equal(world.open, 0);
    assert_string_equal(world.steps, "[describe][describe][describe][describe]");
    leave_place(&place);
}

/* The result has some of the columns, in an order of its own. */
static void test_formats_of_a_scan(void **state)
{
    (void)state;
    static const size_t columns[] = {3, 0};
    static const struct ferry_scan scan = {.columns = columns, .column_count = COUNT(columns)};
    struct place place;
    make_place(&place, four, MOST_COLUMNS);
    for (size_t i = 0; i < COUNT(columns); i++)
        place.planned[i] = world.described[i] = four[columns[i]];
    world.count = COUNT(columns);
    place.cursor.statement.column_count = COUNT(columns);
    place.cursor.scan = &scan;
    assert_int_equal(bind_columns(&place), FERRY_OK);
    assert_no_error(&place.error);
    assert_int_equal(place.cursor.column_count, COUNT(columns));
    for (size_t i = 0; i < COUNT(columns); i++) {
        assert_int_equal(place.cursor.formats[i].codec, four[columns[i]].codec);
        assert_int_equal(place.cursor.formats[i].not_null, i == 1);
        assert_int_equal(place.cursor.formats[i].most, four[columns[i]].column.bits + 1000);
        assert_ptr_equal(place.cursor.formats[i].set, i == 0 ? &greek : NULL);
    }
    leave_place(&place);

    make_place(&place, four, MOST_COLUMNS); /* all of them are too many */
    place.cursor.scan = &scan;
    assert_int_equal(bind_columns(&place), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY,
                 "l: view 'v' now has 4 columns and had 2 a moment ago; run again");
    leave_place(&place);
}

/* What is not UTF-8 is translated, but where the job wants the bytes. */
static void test_sets(void **state)
{
    (void)state;
    static const struct {
        const struct mydrv_charset *set;
        bool raw, translated;
    } cases[] = {{&utf8, false, false}, {&latin, false, true}, {&latin, true, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place;
        const struct mydrv_column text = {
            COLUMN("d", .type = cases[i].raw ? FERRY_TYPE_BYTES : FERRY_TYPE_TEXT,
                   .flags = cases[i].raw ? FERRY_COLUMN_RAW : 0),
            .codec = MYDRV_CODEC_STRING, .set = cases[i].set};
        make_place(&place, &text, 1);
        world.described[0].column.type = FERRY_TYPE_TEXT;
        world.described[0].column.flags = 0;
        assert_int_equal(bind_columns(&place), FERRY_OK);
        assert_ptr_equal(place.cursor.formats[0].set, cases[i].translated ? cases[i].set : NULL);
        leave_place(&place);
    }
}

/* Each way of being the same is enough, and none of them is: then it was altered. */
static void test_columns_that_changed(void **state)
{
    (void)state;
    static const struct {
        struct mydrv_column expected, planned, now;
        bool same;
    } cases[] = {
        {{COLUMN("a", .type = FERRY_TYPE_INT, .bits = 8)},
         {COLUMN("a", .type = FERRY_TYPE_INT, .bits = 8)},
         {COLUMN("a", .type = FERRY_TYPE_INT, .bits = 16)},
         false},
        /* the cast makes a text of what it was, and is */
        {{COLUMN("a", .type = FERRY_TYPE_FLOAT, .bits = 32)},
         {COLUMN("a", .type = FERRY_TYPE_FLOAT, .bits = 32), .recast = "CHAR"},
         {COLUMN("a", .type = FERRY_TYPE_TEXT), .codec = MYDRV_CODEC_STRING},
         true},
        {{COLUMN("a", .type = FERRY_TYPE_FLOAT, .bits = 32)},
         {COLUMN("a", .type = FERRY_TYPE_FLOAT, .bits = 32)},
         {COLUMN("a", .type = FERRY_TYPE_TEXT), .codec = MYDRV_CODEC_STRING},
         false},
        {{COLUMN("a", .type = FERRY_TYPE_VECTOR, .length = 2)},
         {COLUMN("a", .type = FERRY_TYPE_BYTES, .length = 8)},
         {COLUMN("a", .type = FERRY_TYPE_BYTES, .length = 8)},
         true},
        {{COLUMN("a", .type = FERRY_TYPE_ANY, .flags = FERRY_COLUMN_ONLY_NULL)},
         {COLUMN("a", .type = FERRY_TYPE_TEXT)},
         {COLUMN("a", .type = FERRY_TYPE_BYTES)},
         true},
        {{COLUMN("a", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_RAW)},
         {COLUMN("a", .type = FERRY_TYPE_TEXT)},
         {COLUMN("a", .type = FERRY_TYPE_TEXT), .set = &latin},
         true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place;
        make_place(&place, &cases[i].expected, 1);
        place.planned[0] = cases[i].planned;
        world.described[0] = cases[i].now;
        ferry_status status = bind_columns(&place);
        if (status != (cases[i].same ? FERRY_OK : FERRY_ERR_BUSY))
            fail_msg("case %zu: %d", i, status);
        assert_int_equal(place.error.may_pass, !cases[i].same);
        if (!cases[i].same)
            assert_error(&place.error, FERRY_ERR_BUSY,
                         "l: column 'a' of view 'v' changed a moment ago (now n); run again");
        assert_int_equal(world.open, 0);
        leave_place(&place);
    }
}

/* The one that is described and planned at this place is compared. */
static void test_the_last_of_several_changed(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, four, MOST_COLUMNS);
    world.described[3].column.type = FERRY_TYPE_BYTES;
    assert_int_equal(bind_columns(&place), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY, "l: column 'd' of view 'v' changed");
    assert_int_equal(world.open, 0);
    leave_place(&place);
}

static void test_another_number_of_columns(void **state)
{
    (void)state;
    static const char words[] = "l: view 'v' now has 3 columns and had 4 a moment ago; run again";
    struct place place;
    make_place(&place, four, MOST_COLUMNS);
    world.count = 3;
    assert_int_equal(bind_columns(&place), FERRY_ERR_BUSY);
    assert_true(place.error.may_pass);
    assert_error(&place.error, FERRY_ERR_BUSY, words);
    place.cursor.statement.column_count = 3; /* as many were planned: still not the schema's */
    assert_int_equal(bind_columns(&place), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY, words);
    world.count = 4; /* the schema's, and not the plan's */
    assert_int_equal(bind_columns(&place), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY, "now has 4 columns and had 4");
    assert_null(place.cursor.formats);
    leave_place(&place);
}

/* ---- Codes ---- */

/* Of sets by codes alone, and where the text is translated. */
static void test_codes_are_learnt(void **state)
{
    (void)state;
    static const struct mydrv_column columns[] = {
        {COLUMN("a", .type = FERRY_TYPE_TEXT), .set = &hebrew},
        {COLUMN("b", .type = FERRY_TYPE_TEXT), .set = &latin},
        {COLUMN("c", .type = FERRY_TYPE_BYTES, .flags = FERRY_COLUMN_RAW), .set = &greek},
        {COLUMN("d", .type = FERRY_TYPE_INT, .bits = 8)},
    };
    struct place place;
    make_place(&place, columns, MOST_COLUMNS);
    assert_int_equal(read_learn_codes(&place.cursor, &place.schema, &place.error), FERRY_OK);
    assert_string_equal(world.steps, "[hebrew]");
    leave_place(&place);
    make_place(&place, columns, MOST_COLUMNS);
    place.schema.count = 2; /* what the schema has not is not raw */
    world.fails = "greek";
    assert_int_equal(read_learn_codes(&place.cursor, &place.schema, &place.error), FERRY_ERR_BUSY);
    assert_string_equal(world.steps, "[hebrew][greek]");
    place.schema.count = MOST_COLUMNS;
    leave_place(&place);

    static const size_t third[] = {2}; /* it is raw, though the first is not */
    static const struct ferry_scan scan = {.columns = third, .column_count = COUNT(third)};
    make_place(&place, columns, MOST_COLUMNS);
    place.planned[0] = columns[2];
    place.cursor.statement.column_count = 1;
    place.cursor.scan = &scan;
    assert_int_equal(read_learn_codes(&place.cursor, &place.schema, &place.error), FERRY_OK);
    assert_string_equal(world.steps, "");
    leave_place(&place);
}

static void test_codes_are_found(void **state)
{
    (void)state;
    struct mydrv_cell_format formats[MOST_COLUMNS + 1] = {
        {.set = &greek}, {.set = NULL}, {.set = &latin}, {.set = &hebrew}, {.set = &greek}};
    static const struct mydrv_column columns[] = {
        {COLUMN("a", .type = FERRY_TYPE_TEXT), .set = &greek},
        {COLUMN("b", .type = FERRY_TYPE_TEXT), .set = &greek},
        {COLUMN("c", .type = FERRY_TYPE_TEXT), .set = &utf8},
        {COLUMN("d", .type = FERRY_TYPE_TEXT), .set = &hebrew},
    };
    struct place place;
    make_place(&place, columns, MOST_COLUMNS);
    place.cursor.formats = formats;
    place.cursor.column_count = MOST_COLUMNS;
    assert_int_equal(read_find_codes(&place.cursor, &place.error), FERRY_OK);
    assert_string_equal(world.steps, "[greek][hebrew]");
    assert_non_null(formats[0].codes);
    assert_null(formats[1].codes);
    assert_null(formats[2].codes);
    assert_non_null(formats[3].codes);
    world.steps[0] = '\0';
    world.fails = "greek";
    assert_int_equal(read_find_codes(&place.cursor, &place.error), FERRY_ERR_BUSY);
    assert_string_equal(world.steps, "[greek]");
    assert_error(&place.error, FERRY_ERR_BUSY, "greek has failed");
    world.steps[0] = '\0';
    place.planned[0].set = &hebrew;
    assert_int_equal(read_find_codes(&place.cursor, &place.error), FERRY_ERR_BUSY);
    assert_true(place.error.may_pass);
    assert_error(&place.error, FERRY_ERR_BUSY,
                 "l: the character set of column 'a' of view 'v' changed a moment ago; run again");
    assert_string_equal(world.steps, "");
    place.cursor.formats = NULL;
    leave_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_columns),
        cmocka_unit_test(test_derived_columns),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_nothing_but_null),
        cmocka_unit_test(test_texts_as_bytes),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_formats_of_a_scan),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_columns_that_changed),
        cmocka_unit_test(test_the_last_of_several_changed),
        cmocka_unit_test(test_another_number_of_columns),
        cmocka_unit_test(test_codes_are_learnt),
        cmocka_unit_test(test_codes_are_found),
    };
    return cmocka_run_group_tests_name("mysql read columns", tests, NULL, NULL);
}
