/* Tests of the mysql driver's row.c and infile.c: rows of a lane whose table has a column more, and
 * rows that have only some of the columns. */

#include "unit.h"

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/write/infile.c"
#include "../../../plugins/mysql/write/row.c"
#include "../../../plugins/parts/text.c"

#include "driver/batch.h"

/* Each value is a number here. */
const char *mydrv_encode(const struct mydrv_form *form, const struct ferry_cell *cell,
                         char room[MYDRV_VALUE_ROOM], const char **ret_data, size_t *ret_size)
{
    (void)form;
    if (cell->v.i < 0)
        return "is negative";
    *ret_size = (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%lld", (long long)cell->v.i);
    *ret_data = room;
    return NULL;
}

static const struct ferry_column columns[] = {
    {.name = "a", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "b", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "c", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
};

struct place {
    struct ferry_schema schema, keys;
    struct mydrv_form forms[COUNT(columns)];
    struct mydrv_lane lane;
    struct ferry_batch *batch;
    struct mydrv_parcel parcel;
    struct ferry_error error;
};

/* A lane of three columns, none of which takes NULL, and a batch of a row of `values`. */
static void make_place(struct place *place, bool keys, const int64_t *values)
{
    memset(place, 0, sizeof *place);
    for (size_t i = 0; i < COUNT(columns); i++) {
        (void)ferry_schema_add(&place->schema, &columns[i], sizeof columns[i], &place->error);
        place->forms[i] = (struct mydrv_form){.not_null = true, .native = (char *)"int"};
    }
    (void)ferry_schema_add(&place->keys, &columns[2], sizeof columns[2], &place->error);
    (void)ferry_schema_add(&place->keys, &columns[0], sizeof columns[0], &place->error);
    assert_no_error(&place->error);
    const struct ferry_schema *schema = keys ? &place->keys : &place->schema;
    place->batch = ferry_batch_new(schema, &ferry_batch_default_limits);
    struct ferry_cell *cells = ferry_batch_row(place->batch);
    for (size_t i = 0; i < ferry_schema_count(schema); i++)
        cells[i].v.i = values[i];
    place->lane = (struct mydrv_lane){
        .into = "s", .schema = &place->schema, .forms = place->forms, .packet = 1000};
}

static void leave(struct place *place)
{
    ferry_batch_free(place->batch);
    part_text_clear(&place->parcel.text);
    ferry_schema_done(&place->schema);
    ferry_schema_done(&place->keys);
    ferry_error_clear(&place->error);
}

static const int64_t three[] = {1, 2, 3};
static const int64_t two[] = {7, 8};
static const size_t places[] = {1, MYDRV_LANE_NOWHERE, 0};

static void test_rows_as_they_come(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, false, three);
    assert_int_equal(mydrv_row_add_line(&place.lane, place.batch, 0, &place.parcel, &place.error),
                     FERRY_OK);
    assert_int_equal(
        mydrv_row_add_literals(&place.lane, place.batch, 0, &place.parcel, &place.error), FERRY_OK);
    assert_string_equal(place.parcel.text.data, "1\t2\t3\n('1','2','3')");
    assert_int_equal(place.parcel.rows, 2);
    leave(&place);
}

static void test_rows_with_a_tag(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, false, three);
    place.lane.tag_name = "op";
    place.lane.tag = 5;
    (void)mydrv_row_add_line(&place.lane, place.batch, 0, &place.parcel, &place.error);
    (void)mydrv_row_add_literals(&place.lane, place.batch, 0, &place.parcel, &place.error);
    assert_no_error(&place.error);
    assert_string_equal(place.parcel.text.data, "5\t1\t2\t3\n(5,'1','2','3')");
    leave(&place);
}

/* A column that is not there is NULL, also where the live table takes none. */
static void test_keys_alone(void **state)
{
    (void)state;
    struct place place;
    make_place(&place, true, two);
    place.lane.tag_name = "op";
    place.lane.tag = 3;
    place.lane.places = places;
    (void)mydrv_row_add_line(&place.lane, place.batch, 0, &place.parcel, &place.error);
    (void)mydrv_row_add_literals(&place.lane, place.batch, 0, &place.parcel, &place.error);
    assert_no_error(&place.error);
    assert_string_equal(place.parcel.text.data, "3\t8\t\\N\t7\n(3,'8',NULL,'7')");
    leave(&place);
}

/* The column that is named is the batch's. */
static void test_a_key_that_is_wrong(void **state)
{
    (void)state;
    static const int64_t wrong[] = {7, -8};
    struct place place;
    make_place(&place, true, wrong);
    place.lane.places = places;
    assert_int_equal(mydrv_row_add_line(&place.lane, place.batch, 0, &place.parcel, &place.error),
                     FERRY_ERR_DATA);
    assert_error(&place.error, FERRY_ERR_DATA, "column 'a': the value is negative (type int)");
    part_text_clear(&place.parcel.text);
    struct ferry_cell *cells = ferry_batch_row(place.batch);
    cells[0].null = 1;
    assert_int_equal(mydrv_row_add_line(&place.lane, place.batch, 1, &place.parcel, &place.error),
                     FERRY_ERR_DATA);
    assert_error(&place.error, FERRY_ERR_DATA,
                 "column 'c': the value is NULL where the column takes none");
    leave(&place);
}

static void test_the_statement(void **state)
{
    (void)state;
    struct place place;
    PART_AUTO_TEXT struct part_text sql = {0};
    make_place(&place, false, three);
    mydrv_infile_write(&place.lane, &sql);
    assert_non_null(strstr(sql.data, "LINES TERMINATED BY '\\n' (`a`, `b`, `c`)"));
    part_text_clear(&sql);
    place.lane.tag_name = "o`p";
    mydrv_infile_write(&place.lane, &sql);
    assert_non_null(strstr(sql.data, "LINES TERMINATED BY '\\n' (`o``p`, `a`, `b`, `c`)"));
    leave(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_as_they_come), cmocka_unit_test(test_rows_with_a_tag),
        cmocka_unit_test(test_keys_alone),        cmocka_unit_test(test_a_key_that_is_wrong),
        cmocka_unit_test(test_the_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
