/* Tests of the mysql driver's decode.c: texts of other character sets, and values without memory.
 */

#include "unit.h"

#include "driver/batch.h"

/* Memory runs out where a test says so, once by once. */
static bool no_memory, no_batch_memory;
static int grown;

static void *try_realloc(void *old, size_t size)
{
    grown++;
    return no_memory ? NULL : realloc(old, size);
}

static int try_batch_text(struct ferry_batch *batch, struct ferry_cell *cell, const char *data,
                          size_t size)
{
    return no_batch_memory ? 0 : ferry_batch_text(batch, cell, data, size);
}

#define realloc try_realloc
#define ferry_batch_text try_batch_text
#include "../../../plugins/mysql/read/decode.c"
#undef realloc
#undef ferry_batch_text

#include "../../../plugins/mysql/types/charset.c"
#include "../../../plugins/mysql/types/format.c"
#include "../../../plugins/mysql/types/translate.c"

/* One column of texts in this set; `codes` where it has some. */
struct row {
    struct mydrv_conn conn;
    MYSQL native;
    struct ferry_schema schema;
    struct mydrv_column column;
    struct mydrv_cursor cursor;
    struct mydrv_cell_format format;
    struct ferry_error error;
};

static char column_name[] = "c";

static void row_begin(struct row *row, const char *set, const struct mydrv_codes *codes)
{
    const struct ferry_column column = {
        .name = column_name, .native = "text", .type = FERRY_TYPE_TEXT};
    memset(row, 0, sizeof *row);
    assert_int_equal(ferry_schema_add(&row->schema, &column, sizeof column, &row->error), FERRY_OK);
    row->column.name = column_name;
    row->format = (struct mydrv_cell_format){
        .codec = MYDRV_CODEC_STRING, .set = mydrv_charset_named(set), .codes = codes};
    assert_non_null(row->format.set);
    row->conn.native = &row->native;
    row->cursor =
        (struct mydrv_cursor){.conn = &row->conn,
                              .statement = {.columns = &row->column, .column_count = 1},
                              .formats = &row->format,
                              .column_count = 1,
                              .batch = ferry_batch_new(&row->schema, &ferry_batch_default_limits),
                              .err = &row->error};
    ferry_batch_reset(row->cursor.batch, 7);
    grown = 0;
}

static void row_end(struct row *row)
{
    ferry_batch_free(row->cursor.batch);
    ferry_schema_done(&row->schema);
    ferry_error_clear(&row->error);
    free(row->cursor.room);
}

static void row_decode(struct row *row, const char *text, size_t size)
{
    unsigned char wire[256] = {(unsigned char)size};
    unsigned char *at = wire;
    memcpy(wire + 1, text, size);
    row->native.net.buff_end = wire + 1 + size;
    row->cursor.failed = FERRY_OK;
    mydrv_decode_cell(&row->cursor, 0, &at);
    assert_ptr_equal(at, wire + 1 + size);
}

/* The text becomes this one, in UTF-8. */
static void becomes(struct row *row, const char *text, size_t size, const char *expected)
{
    row_decode(row, text, size);
    assert_no_error(&row->error);
    assert_int_equal(row->cursor.failed, FERRY_OK);
    const struct ferry_cell *cell =
        ferry_batch_cells(row->cursor.batch, ferry_batch_count(row->cursor.batch) - 1);
    assert_int_equal(cell->len, strlen(expected));
    assert_memory_equal(cell->v.p, expected, cell->len);
}

static void test_texts_become_utf8(void **state)
{
    (void)state;
    struct row row;
    row_begin(&row, "latin1", NULL);
    becomes(&row, "abc", 3, "abc");
    assert_int_equal(grown, 0); /* ASCII is copied as it is */
    becomes(&row, "a\344", 2, "a\303\244");
    becomes(&row, "", 0, "");
    row_end(&row);
    row_begin(&row, "utf16", NULL);
    becomes(&row, "ab", 2, "\346\205\242"); /* U+6162, whatever its bytes look like */
    becomes(&row, "\0a\0b", 4, "ab");
    row_end(&row);
}

/* A set in whose texts the byte 'a' is the letter 'x'. */
static void test_texts_by_codes(void **state)
{
    (void)state;
    static struct mydrv_codes codes;
    struct row row;
    codes.set = mydrv_charset_named("swe7");
    codes.one['a'] = 'x' + 1;
    codes.ascii = false;
    row_begin(&row, "swe7", &codes);
    becomes(&row, "a", 1, "x");
    row_end(&row);
    codes.ascii = true;
    row_begin(&row, "swe7", &codes);
    becomes(&row, "a", 1, "a");
    row_end(&row);
}

static void test_a_text_that_has_no_form(void **state)
{
    (void)state;
    struct row row;
    row_begin(&row, "utf16", NULL);
    becomes(&row, "\0a", 2, "a");
    row_decode(&row, "\0a\0b\330\0\0c", 8); /* half of a pair */
    assert_int_equal(row.cursor.failed, FERRY_ERR_DATA);
    assert_error(&row.error, FERRY_ERR_DATA,
                 "row 8, column 'c': from its byte 5 on the text has no form in UTF-8 from which "
                 "utf16 would come back as it was; mend it at the source, or carry the bytes: "
                 "columns = ( { name = \"c\"; text = \"bytes\"; } ), with copy -o "
                 "job.columns.c.text=bytes");
    row_end(&row);
}

/* The room for a translated text grows seldom, and holds the longest. */
static void test_room_for_translated_texts(void **state)
{
    (void)state;
    char text[200];
    struct row row;
    memset(text, '\344', sizeof text);
    row_begin(&row, "latin1", NULL);
    row_decode(&row, text, 10);
    assert_int_equal(grown, 1);
    assert_int_equal(row.cursor.room_size, 2 * MYDRV_TRANSLATE_ROOM(10));
    for (size_t size = 0; MYDRV_TRANSLATE_ROOM(size) <= 2 * MYDRV_TRANSLATE_ROOM(10); size++)
        row_decode(&row, text, size);
    assert_int_equal(grown, 1);
    row_decode(&row, text, 200);
    assert_int_equal(grown, 2);
    assert_int_equal(row.cursor.room_size, 2 * MYDRV_TRANSLATE_ROOM(200));
    assert_int_equal(row.cursor.failed, FERRY_OK);
    row_end(&row);
}

/* What is no text stays as it is, whatever set its column is said to have. */
static void test_no_texts(void **state)
{
    (void)state;
    struct row row;
    row_begin(&row, "utf16", NULL);
    row.format.codec = MYDRV_CODEC_BIT;
    row.format.scale = 16;
    row_decode(&row, "\1a", 2);
    assert_no_error(&row.error);
    assert_int_equal(ferry_batch_cells(row.cursor.batch, 0)->v.u, 0x161);
    row_end(&row);
}

/* ---- Without memory ---- */

static void assert_too_big(struct row *row)
{
    assert_int_equal(row->cursor.failed, FERRY_ERR_SYSTEM);
    assert_error(&row->error, FERRY_ERR_SYSTEM, "column 'c': out of memory for this value");
}

static void test_no_memory(void **state)
{
    (void)state;
    struct row row;
    row_begin(&row, "latin1", NULL);
    no_memory = true;
    row_decode(&row, "\344", 1);
    no_memory = false;
    assert_too_big(&row);
    assert_null(row.cursor.room);
    assert_int_equal(row.cursor.room_size, 0);
    no_batch_memory = true;
    row_decode(&row, "\344", 1); /* translated, and as it is, and printed */
    assert_too_big(&row);
    row_decode(&row, "a", 1);
    assert_too_big(&row);
    row.format.codec = MYDRV_CODEC_DATE;
    row_decode(&row, "", 0);
    assert_too_big(&row);
    no_batch_memory = false;
    row_end(&row);
}

/* A length that no cell can have: nothing of the value is looked at, so it need not be there. */
static void test_more_than_a_cell_holds(void **state)
{
    (void)state;
    static const char *const sets[] = {"utf8mb4", "utf16"};
    for (size_t i = 0; i < COUNT(sets); i++) {
        unsigned char wire[] = {254, 0, 0, 0, 0, 1, 0, 0, 0}; /* 4 GiB */
        unsigned char *at = wire;
        struct row row;
        row_begin(&row, sets[i], NULL);
        if (i == 0)
            row.format.set = NULL;
        row.native.net.buff_end =
            (unsigned char *)((uintptr_t)wire + sizeof wire + (UINT64_C(1) << 32));
        mydrv_decode_cell(&row.cursor, 0, &at);
        assert_too_big(&row);
        row.cursor.failed = FERRY_OK;
        row.cursor.room_size = SIZE_MAX; /* nor where there would be room for it */
        at = wire;
        mydrv_decode_cell(&row.cursor, 0, &at);
        assert_too_big(&row);
        assert_int_equal(grown, 0);
        row_end(&row);
    }
}

/* The longest that one can have is tried. */
static void test_as_much_as_a_cell_holds(void **state)
{
    (void)state;
    unsigned char wire[] = {254, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    unsigned char *at = wire;
    struct row row;
    row_begin(&row, "utf16", NULL);
    row.native.net.buff_end = (unsigned char *)((uintptr_t)wire + sizeof wire + UINT32_MAX);
    no_memory = true;
    mydrv_decode_cell(&row.cursor, 0, &at);
    no_memory = false;
    assert_too_big(&row);
    assert_int_equal(grown, 1);
    row_end(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_become_utf8),
        cmocka_unit_test(test_texts_by_codes),
        cmocka_unit_test(test_a_text_that_has_no_form),
        cmocka_unit_test(test_room_for_translated_texts),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_texts),
        cmocka_unit_test(test_more_than_a_cell_holds),
        cmocka_unit_test(test_as_much_as_a_cell_holds),
    };
    return cmocka_run_group_tests_name("mysql texts", tests, NULL, NULL);
}
