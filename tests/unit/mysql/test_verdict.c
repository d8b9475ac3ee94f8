/* Tests of the mysql driver's verdict.c: which row and column the words of a server mean.  The
 * words are those of MariaDB 10.11 and MySQL 9. */

#include "unit.h"

static bool no_memory;

static void *try_realloc(void *old, size_t size)
{
    return no_memory ? NULL : realloc(old, size);
}

#define realloc try_realloc
#include "../../../plugins/mysql/text.c"
#include "../../../plugins/parts/text.c"
#undef realloc
#include "../../../plugins/mysql/errors.c"
#include "../../../plugins/mysql/write/verdict.c"

#include "driver/schema.h"

/* Of tls.c, of ask.c, and of the questions to a server: there is none. */
const char *mydrv_tls_explain(const struct mydrv_flavour *flavour, const char *text)
{
    (void)flavour;
    (void)text;
    return "";
}

bool mydrv_tls_was_lost(const char *text)
{
    (void)text;
    return false;
}

bool mydrv_conn_is_lost(const struct mydrv_conn *conn)
{
    return conn->broken;
}

static int asked, freed;
static bool answers;         /* false: the question fails */
static const char **warning; /* the row of the answer; NULL: there is none */
static const char **more;    /* the one behind it; NULL likewise */
static const char **coming;  /* the one that is fetched next */

ferry_status mydrv_ask(struct mydrv_conn *conn, struct part_text *sql, unsigned columns,
                       const char *doing, MYSQL_RES **ret_rows, struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(sql->data, "SHOW WARNINGS LIMIT 2");
    assert_int_equal(columns, 3);
    asked++;
    if (!answers)
        return ferry_fail(err, FERRY_ERR_TARGET_IO, "%s: no server", doing);
    *ret_rows = (MYSQL_RES *)&warning;
    coming = warning;
    return FERRY_OK;
}

MYSQL_ROW STDCALL mysql_fetch_row(MYSQL_RES *result)
{
    assert_ptr_equal(result, &warning);
    const char **row = coming;
    coming = row == warning ? more : NULL;
    return (MYSQL_ROW)row;
}

void STDCALL mysql_free_result(MYSQL_RES *result)
{
    freed += result != NULL;
}

/* ---- What an error says ---- */

static const struct ferry_column columns[] = {
    {.name = "id", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "name", .native = "", .type = FERRY_TYPE_TEXT},
    {.name = "doc", .native = "", .type = FERRY_TYPE_JSON},
    {.name = "a`b", .native = "", .type = FERRY_TYPE_JSON},
};

struct place {
    struct ferry_schema schema;
    MYSQL native;
    struct mydrv_conn conn;
    struct mydrv_lane lane;
};

static void make_place(struct place *place, size_t column_count, unsigned code, const char *text)
{
    static const struct mydrv_flavour plain = {0};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    memset(place, 0, sizeof *place);
    for (size_t i = 0; i < column_count; i++)
        (void)ferry_schema_add(&place->schema, &columns[i], sizeof columns[i], &error);
    assert_no_error(&error);
    place->native.net.last_errno = code;
    (void)snprintf(place->native.net.last_error, sizeof place->native.net.last_error, "%s", text);
    place->conn = (struct mydrv_conn){
        .native = &place->native, .label = (char *)"l", .flavour = &plain, .wake_fd = -1};
    place->lane = (struct mydrv_lane){.conn = &place->conn, .table = "t", .schema = &place->schema};
}

/* Of a parcel of 100 rows, the first of which is row 501 of the load, over three of the columns. */
static void says(unsigned code, const char *text, const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 501, .rows = 100};
    struct place place;
    make_place(&place, 3, code, text);
    assert_int_equal(mydrv_verdict_fail(&place.lane, &parcel, &error), FERRY_ERR_DATA);
    assert_int_equal(error.status, FERRY_ERR_DATA);
    assert_string_equal(error.message, expected);
    ferry_schema_done(&place.schema);
}

/* Of a parcel of one row. */
static void says_of_one(size_t column_count, unsigned code, const char *text, const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 501, .rows = 1};
    struct place place;
    make_place(&place, column_count, code, text);
    assert_int_equal(mydrv_verdict_fail(&place.lane, &parcel, &error), FERRY_ERR_DATA);
    assert_string_equal(error.message, expected);
    ferry_schema_done(&place.schema);
}

static void test_row_and_column(void **state)
{
    (void)state;
    says(1406, "Data too long for column 'name' at row 3",
         "row 503, column 'name': the value is too long for the column (error 1406)");
    says(1264, "Out of range value for column 'id' at row 1",
         "row 501, column 'id': the value is out of the column's range (error 1264)");
    says(1366, "Incorrect string value: '\\xC3' for column `d`.`t`.`name` at row 100",
         "row 600, column 'name': the value does not fit the column's type or character set (error "
         "1366)");
    /* a value may hold the very words */
    says(1366, "Incorrect integer value: ''id' at row 7' for column `d`.`t`.`name` at row 2",
         "row 502, column 'id': the value does not fit the column's type or character set (error "
         "1366)");
    says(1265, "Data truncated for column 'other' at row 5",
         "row 505, column 'id': (or another column of that row) the value does not fit the column "
         "(error 1265)");
}

/* A name that ends like a column's is another one. */
static void test_names_that_end_alike(void **state)
{
    (void)state;
    says(1265, "Data truncated for column 'surname' at row 5",
         "row 505, column 'id': (or another column of that row) the value does not fit the column "
         "(error 1265)");
    says(1366, "Incorrect string value: '\\xC3' for column `d`.`t`.`surname` at row 5",
         "row 505, column 'id': (or another column of that row) the value does not fit the "
         "column's type or character set (error 1366)");
    says_of_one(3, 3140,
                "Invalid JSON text: \"Invalid value.\" at position 0 in value for column "
                "'t.undoc'.",
                "row 501, column 'id': (or another column of that row) the value is no JSON "
                "document, or one that this server would print in another way; the type longtext "
                "(columns of a job, --column of copy) keeps the text (error 3140)");
    says_of_one(3, 4025, "CONSTRAINT `t.surname` failed for `d`.`t`",
                "row 501, column 'id': (or another column of that row) the value breaks a check of "
                "the table (error 4025)");
}

static void test_no_row(void **state)
{
    (void)state;
    says(1048, "Column 'id' cannot be null",
         "l: table 't': a row's value is NULL where the column takes none (error 1048)");
    says(1062, "Duplicate entry '5' for key 'PRIMARY'",
         "l: table 't': a row's value would be there twice in a unique key (error 1062)");
    says(1406, "Data too long for column 'name' at row 101", /* there is none */
         "l: table 't': a row's value is too long for the column (error 1406)");
    says(1406, "Data too long for column 'name' at row 0",
         "l: table 't': a row's value is too long for the column (error 1406)");
}

/* Without memory no column is looked for. */
static void test_no_memory(void **state)
{
    (void)state;
    no_memory = true;
    says(1406, "Data too long for column 'name' at row 3",
         "row 503, column 'id': (or another column of that row) the value is too long for the "
         "column (error 1406)");
    no_memory = false;
}

/* The one row that was sent is meant, but where another one may be. */
static void test_the_only_row(void **state)
{
    (void)state;
    says_of_one(3, 1048, "Column 'id' cannot be null",
                "row 501, column 'id': (or another column of that row) the value is NULL where the "
                "column takes none (error 1048)");
    says_of_one(3, 4025, "CONSTRAINT `t.name` failed for `d`.`t`",
                "row 501, column 'name': the value breaks a check of the table (error 4025)");
    says_of_one(3, 3140,
                "Invalid JSON text: \"Invalid value.\" at position 0 in value for column 't.doc'.",
                "row 501, column 'doc': the value is no JSON document, or one that this server "
                "would print in another way; the type longtext (columns of a job, --column of "
                "copy) keeps the text (error 3140)");
    says_of_one(4, 4025, "CONSTRAINT `t.a`b` failed for `d`.`t`",
                "row 501, column 'a`b': the value breaks a check of the table; where that is "
                "JSON_VALID, the type mediumtext (columns of a job, --column of copy) keeps the "
                "text (error 4025)");
    says_of_one(3, 1406, "Data too long for column 'name' at row 2", /* there is none */
                "l: table 't': a row's value is too long for the column (error 1406)");
    says_of_one(3, 1062, "Duplicate entry '5' for key 'PRIMARY'",
                "l: table 't': a row's value would be there twice in a unique key (error 1062)");
}

/* Where the error names no column, the only one of documents is meant. */
static void test_documents(void **state)
{
    (void)state;
    says_of_one(3, 4025, "CONSTRAINT `x` failed for json_valid(`x`)",
                "row 501, column 'doc': the value breaks a check of the table; where that is "
                "JSON_VALID, the type mediumtext (columns of a job, --column of copy) keeps the "
                "text (error 4025)");
    says_of_one(4, 4025, "CONSTRAINT `x` failed for json_valid(`x`)",
                "row 501, column 'id': (or another column of that row) the value breaks a check of "
                "the table (error 4025)");
    says_of_one(2, 4025, "CONSTRAINT `x` failed for json_valid(`x`)",
                "row 501, column 'id': (or another column of that row) the value breaks a check of "
                "the table (error 4025)");
    says_of_one(3, 3141,
                "Invalid JSON text in argument 1 to function json_binary: \"Number too big.\"",
                "row 501, column 'doc': the value is no JSON document, or one that this server "
                "would print in another way; the type longtext (columns of a job, --column of "
                "copy) keeps the text (error 3141)");
    says_of_one(3, 4025, "CONSTRAINT `x` failed",
                "row 501, column 'id': (or another column of that row) the value breaks a check of "
                "the table (error 4025)");

    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 501, .rows = 1};
    struct place place;
    const char *const text = "row 501, column 'doc': the value breaks a check of the table; where "
                             "that is JSON_VALID, the type mediumtext (columns of a job, --column "
                             "of copy) keeps the text (error 4025)";

    /* it may be the first column */
    make_place(&place, 0, 4025, "CONSTRAINT `x` failed for json_valid(`x`)");
    assert_int_equal(ferry_schema_add(&place.schema, &columns[2], sizeof columns[2], &error),
                     FERRY_OK);
    assert_int_equal(mydrv_verdict_fail(&place.lane, &parcel, &error), FERRY_ERR_DATA);
    assert_string_equal(error.message, text);
    ferry_schema_done(&place.schema);

    /* what lies behind the last column is none of them */
    make_place(&place, 4, 4025, "CONSTRAINT `x` failed for json_valid(`x`)");
    place.schema.count = 3;
    ferry_error_clear(&error);
    assert_int_equal(mydrv_verdict_fail(&place.lane, &parcel, &error), FERRY_ERR_DATA);
    place.schema.count = 4;
    assert_string_equal(error.message, text);
    ferry_schema_done(&place.schema);
}

/* Each flaw that is known, in our words: the server's own quote the value. */
static void test_meanings(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        const char *words;
    } cases[] = {
        {1048, "is NULL where the column takes none"},
        {1062, "would be there twice in a unique key"},
        {1263, "is NULL where the column takes none"},
        {1264, "is out of the column's range"},
        {1265, "does not fit the column"},
        {1292, "is none that the server can hold"},
        {1300, "is no text in valid UTF-8"},
        {1364, "has no value, and the column no default"},
        {1366, "does not fit the column's type or character set"},
        {1406, "is too long for the column"},
        {1416, "is no shape that the server understands"},
        {1452, "breaks a foreign key"},
        {3140, "is no JSON document, or one that this server would print in another way"},
        {3141, "is no JSON document, or one that this server would print in another way"},
        {3144, "is no JSON document in UTF-8"},
        {3155, "is no JSON document, or one that this server would print in another way"},
        {3157, "is a JSON document of more levels than this server takes; the type longtext"},
        {3643, "is in another spatial reference system than the column"},
        {3819, "breaks a check of the table"},
        {4025, "breaks a check of the table"},
        {4035, "is no JSON document; the type mediumtext"},
        {4036, "is no JSON document; the type mediumtext"},
        {4037, "is no JSON document; the type mediumtext"},
        {4038, "is no JSON document; the type mediumtext"},
        {4039, "is no JSON document; the type mediumtext"},
        {4040, "is a JSON document of more levels than this server takes; the type mediumtext"},
    };
    size_t known = 0;
    for (unsigned code = 0; code < 6000; code++) {
        const char *meaning = verdict_meaning(code);
        if (meaning == NULL)
            continue;
        assert_true(known < COUNT(cases));
        assert_int_equal(code, cases[known].code);
        assert_int_equal(strncmp(meaning, cases[known].words, strlen(cases[known].words)), 0);
        known++;
    }
    assert_int_equal(known, COUNT(cases));
}

/* ---- What is no flaw of a value ---- */

static void test_other_errors(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 1, .rows = 1};
    struct place place;
    make_place(&place, 3, 1213, "Deadlock found");
    assert_int_equal(mydrv_verdict_fail(&place.lane, &parcel, &error), FERRY_ERR_BUSY);
    assert_error(&error, FERRY_ERR_BUSY, "l: cannot load rows: Deadlock found (error 1213)");
    ferry_schema_done(&place.schema);
    make_place(&place, 3, 1406, "Data too long for column 'name' at row 1");
    atomic_store(&place.conn.cancelled, true);
    assert_int_equal(mydrv_verdict_fail(&place.lane, &parcel, &error), FERRY_ERR_CANCELLED);
    assert_error(&error, FERRY_ERR_CANCELLED, "cancelled");
    ferry_schema_done(&place.schema);
}

/* Worth asking for each row alone: a flaw of a value, and none says of which. */
static void test_vague(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        const char *text;
        size_t rows;
        bool lost;
        bool vague;
    } cases[] = {
        {1048, "Column 'id' cannot be null", 2, false, true},
        {1048, "Column 'id' cannot be null", 1, false, false},
        {1048, "Column 'id' cannot be null", 2, true, false}, /* nobody can be asked */
        {1062, "Duplicate entry '5' for key 'PRIMARY'", 2, false, false},
        {1213, "Deadlock found", 2, false, false},
        {1406, "Data too long for column 'name' at row 1", 2, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct mydrv_parcel parcel = {.first = 1, .rows = cases[i].rows};
        struct place place;
        make_place(&place, 3, cases[i].code, cases[i].text);
        place.conn.broken = cases[i].lost;
        assert_int_equal(mydrv_verdict_is_vague(&place.lane, &parcel), cases[i].vague);
        ferry_schema_done(&place.schema);
    }
}

/* Rows that the server did not take whole: by its warnings, where it has some. */
static void test_doubts(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 1, .rows = 9};
    struct place place;
    bool vague = false;
    make_place(&place, 3, 0, "");
    place.native.affected_rows = 7;
    asked = 0;
    assert_int_equal(mydrv_verdict_doubt(&place.lane, &parcel, &vague, &error), FERRY_ERR_DATA);
    assert_error(&error, FERRY_ERR_DATA,
                 "l: table 't': the server took 7 rows of 9 and says no reason");
    assert_int_equal(asked, 0);
    place.native.warning_count = 1;
    assert_int_equal(mydrv_verdict_doubt(&place.lane, &parcel, &vague, &error),
                     FERRY_ERR_TARGET_IO);
    assert_error(&error, FERRY_ERR_TARGET_IO, "read the server's warnings: no server");
    assert_int_equal(asked, 1);
    assert_false(vague);
    ferry_schema_done(&place.schema);
}

/* What the server warned of in these rows, of which the first is row 501 of the load. */
static void warns(size_t rows, const char *code, const char *text, bool may_be_vague,
                  const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 501, .rows = rows};
    const char *row[] = {"Warning", code, text};
    struct place place;
    bool vague = false;
    make_place(&place, 3, 0, "");
    place.native.warning_count = 1;
    answers = true;
    warning = row;
    freed = 0;
    ferry_status status =
        mydrv_verdict_doubt(&place.lane, &parcel, may_be_vague ? &vague : NULL, &error);
    answers = false;
    assert_int_equal(freed, 1);
    assert_int_equal(vague, expected == NULL);
    assert_int_equal(status, expected == NULL ? FERRY_OK : FERRY_ERR_DATA);
    assert_int_equal(error.status, status);
    if (expected != NULL)
        assert_string_equal(error.message, expected);
    ferry_schema_done(&place.schema);
}

static void test_warnings(void **state)
{
    (void)state;
    static const char none_kept[] =
        "l: table 't': the server warns of a row and keeps no text of it";
    static const char unnamed[] = "Truncated incorrect value";
    static const char cell[] = "row 502, column 'name': the value does not fit the column (error "
                               "1265)";
    for (int may_be_vague = 0; may_be_vague <= 1; may_be_vague++) {
        warns(2, "1265", "Data truncated for column 'name' at row 2", may_be_vague, cell);
        warns(2, NULL, "Data truncated for column 'name' at row 2", may_be_vague, none_kept);
        warns(2, "1265", NULL, may_be_vague, none_kept);
        warns(2, "1292", unnamed, may_be_vague,
              may_be_vague ? NULL
                           : "l: table 't': a row's value is none that the server can hold (error "
                             "1292)");
        warns(1, "1292", unnamed, may_be_vague,
              "row 501, column 'id': (or another column of that row) the value is none that the "
              "server can hold (error 1292)");
        warns(2, "1062", "Duplicate entry '5' for key 'PRIMARY'", may_be_vague,
              "l: table 't': a row's value would be there twice in a unique key (error 1062)");
        warns(2, "9999", "Something else", may_be_vague,
              "l: table 't': a row's value Something else (error 9999)");
    }
}

/* A note about a document names no column; what MariaDB says behind it does. */
static void test_a_note_and_its_check(void **state)
{
    (void)state;
    const char *check[] = {"Warning", "4025", "CONSTRAINT `t.name` failed for `d`.`t`"};
    const char *nothing[] = {"Warning", "4025", NULL};
    static const char note[] = "Syntax error in JSON text in argument 1 to function 'json_valid'";
    more = check;
    warns(1, "4038", note, false,
          "row 501, column 'name': the value is no JSON document; the type mediumtext (columns of "
          "a job, --column of copy) keeps the text (error 4038)");
    warns(2, "4038", note, true, NULL);
    more = nothing;
    warns(1, "4038", note, false,
          "row 501, column 'doc': the value is no JSON document; the type mediumtext (columns of "
          "a job, --column of copy) keeps the text (error 4038)");
    more = NULL;
}

/* A text that goes into a column of documents is one, too. */
static void test_a_document_of_the_table(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 501, .rows = 1};
    struct mydrv_form forms[2] = {{.type = {.kind = MYDRV_KIND_INT}},
                                  {.type = {.kind = MYDRV_KIND_JSON}}};
    struct place place;
    make_place(&place, 2, 3141, "Invalid JSON text in argument 1 to function json_binary");
    place.lane.forms = forms;
    assert_int_equal(mydrv_verdict_fail(&place.lane, &parcel, &error), FERRY_ERR_DATA);
    assert_string_equal(error.message,
                        "row 501, column 'name': the value is no JSON document, or one that this "
                        "server would print in another way; the type longtext (columns of a job, "
                        "--column of copy) keeps the text (error 3141)");
    ferry_schema_done(&place.schema);
}

/* The server said that it warns, and has nothing to show. */
static void test_a_warning_that_is_gone(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct mydrv_parcel parcel = {.first = 1, .rows = 9};
    struct place place;
    bool vague = false;
    make_place(&place, 3, 0, "");
    place.native.warning_count = 1;
    answers = true;
    warning = NULL;
    assert_int_equal(mydrv_verdict_doubt(&place.lane, &parcel, &vague, &error), FERRY_ERR_DATA);
    answers = false;
    assert_error(&error, FERRY_ERR_DATA,
                 "l: table 't': the server warns of a row and keeps no text of it");
    assert_false(vague);
    ferry_schema_done(&place.schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_and_column),
        cmocka_unit_test(test_names_that_end_alike),
        cmocka_unit_test(test_no_row),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_the_only_row),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_meanings),
        cmocka_unit_test(test_other_errors),
        cmocka_unit_test(test_vague),
        cmocka_unit_test(test_doubts),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_a_warning_that_is_gone),
        cmocka_unit_test(test_a_note_and_its_check),
        cmocka_unit_test(test_a_document_of_the_table),
    };
    return cmocka_run_group_tests_name("mysql verdict", tests, NULL, NULL);
}
