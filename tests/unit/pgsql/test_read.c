/* Tests of the pgsql driver's read.c and decode.c: a stream that comes in pieces of any size, and
 * one that is not sound.  What the client library and the rest of the driver would do is played
 * here. */

#include "unit.h"

#include "../../../plugins/pgsql/read/decode.c"
#include "../../../plugins/pgsql/read/read.c"
#include "../../../plugins/pgsql/types/calendar.c"
#include "../../../plugins/pgsql/types/numeric.c"

#include "driver/batch.h"
#include "driver/schema.h"
#include "hex.h"

/* ---- The client library and the driver, as far as they are called ---- */

static struct {
    const unsigned char *stream;
    size_t size, at, piece; /* so many bytes at a time */
    const char *rows;       /* how many the server says that it has sent */
} server;

int PQgetCopyData(PGconn *conn, char **buffer, int async)
{
    (void)conn;
    (void)async;
    size_t left = server.size - server.at;
    size_t size = left < server.piece ? left : server.piece;
    if (size == 0)
        return -1;
    *buffer = malloc(size);
    memcpy(*buffer, server.stream + server.at, size);
    server.at += size;
    return (int)size;
}

void PQfreemem(void *memory)
{
    free(memory);
}

void PQclear(PGresult *result)
{
    (void)result;
}

ExecStatusType PQresultStatus(const PGresult *result)
{
    (void)result;
    return PGRES_COMMAND_OK;
}

char *PQcmdTuples(PGresult *result)
{
    (void)result;
    return (char *)(uintptr_t)server.rows;
}

ConnStatusType PQstatus(const PGconn *conn)
{
    (void)conn;
    return CONNECTION_OK;
}

ferry_status pgdrv_next(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                        PGresult **ret_result, struct ferry_error *err)
{
    static int asked;
    (void)conn;
    (void)phase;
    (void)doing;
    (void)err;
    *ret_result = asked++ % 2 == 0 ? (PGresult *)&server : NULL;
    return FERRY_OK;
}

ferry_status pgdrv_take_in(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                           struct ferry_error *err)
{
    (void)conn;
    (void)phase;
    return ferry_fail(err, FERRY_ERR_STREAM, "lost: %s", doing);
}

ferry_status pgdrv_fail_result(struct pgdrv_conn *conn, enum pgdrv_phase phase,
                               const PGresult *result, const char *doing, struct ferry_error *err)
{
    (void)result;
    return pgdrv_take_in(conn, phase, doing, err);
}

ferry_status pgdrv_fail_shape(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                              struct ferry_error *err)
{
    return pgdrv_take_in(conn, phase, doing, err);
}

ferry_status pgdrv_conn_check(const struct pgdrv_conn *conn, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    return FERRY_OK;
}

ferry_status pgdrv_warnings_judge(struct pgdrv_conn *conn, const char *what, uint32_t on_warning,
                                  struct ferry_error *err)
{
    (void)what;
    (void)on_warning;
    return pgdrv_conn_check(conn, err);
}

ferry_status pgdrv_read_prove(struct pgdrv_conn *conn, bool by_name, const char *what,
                              struct ferry_error *err)
{
    (void)by_name;
    (void)what;
    return pgdrv_conn_check(conn, err);
}

/* Only what read_begin() asks, which is not called here. */
ferry_status pgdrv_snapshot_let_go(struct pgdrv_conn *conn, struct ferry_error *err)
{
    return pgdrv_conn_check(conn, err);
}

ferry_status pgdrv_result_open(struct pgdrv_conn *conn, const struct ferry_read *read,
                               struct pgdrv_result *ret_result, struct ferry_error *err)
{
    (void)read;
    (void)ret_result;
    return pgdrv_conn_check(conn, err);
}

void pgdrv_result_clear(struct pgdrv_result *result)
{
    (void)result;
}

ferry_status pgdrv_select_write(const struct pgdrv_conn *conn, const struct ferry_read *read,
                                const struct ferry_schema *schema,
                                const struct pgdrv_result *result, const struct ferry_scan *scan,
                                bool only_bounds, struct part_text *sql, struct ferry_error *err)
{
    (void)read;
    (void)schema;
    (void)result;
    (void)scan;
    (void)only_bounds;
    (void)sql;
    return pgdrv_conn_check(conn, err);
}

bool pgdrv_column_is_text(const struct pgdrv_column *column)
{
    return column == NULL;
}

bool pgdrv_result_is_good(const PGresult *result)
{
    return result == NULL;
}

void pgdrv_warnings_forget(struct pgdrv_conn *conn)
{
    (void)conn;
}

ferry_status pgdrv_send(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                        const char *const *values, int count, bool binary, const char *doing,
                        struct ferry_error *err)
{
    (void)phase;
    (void)sql;
    (void)values;
    (void)count;
    (void)binary;
    (void)doing;
    return pgdrv_conn_check(conn, err);
}

/* ---- Reading ---- */

#define HEAD "5047434f50590aff0d0a00 00000000 00000000"
#define ROW_ONE "0002 00000004 00000001 00000003 616263"
#define ROW_NULL "0002 00000004 ffffffff ffffffff"
#define END "ffff"

/* An integer and a text. */
static struct ferry_schema *make_schema(void)
{
    static struct ferry_schema schema;
    const struct ferry_column columns[] = {
        {.name = "i", .native = "integer", .type = FERRY_TYPE_INT, .bits = 32},
        {.name = "t", .native = "text", .type = FERRY_TYPE_TEXT}};
    struct ferry_error error = {0};
    schema = (struct ferry_schema){0};
    for (size_t i = 0; i < COUNT(columns); i++)
        assert_int_equal(ferry_schema_add(&schema, &columns[i], sizeof columns[i], &error),
                         FERRY_OK);
    return &schema;
}

/* Reads all; the texts of the rows, one after the other, are left in `found`. */
static ferry_status read_all(const char *stream, size_t piece, const char *rows, char *found,
                             struct ferry_error *error)
{
    struct pgdrv_conn conn = {.label = (char *)(uintptr_t) "connection 'c'"};
    struct pgdrv_format formats[] = {{.codec = PGDRV_CODEC_INT4}, {.codec = PGDRV_CODEC_TEXT}};
    struct pgdrv_cursor *cursor = calloc(1, sizeof *cursor);
    struct ferry_schema *schema = make_schema();
    struct ferry_batch *batch = ferry_batch_new(schema, &ferry_batch_default_limits);
    size_t size;
    unsigned char *bytes = hex_read(stream, &size);
    *cursor = (struct pgdrv_cursor){.conn = &conn,
                                    .result.what = (char *)(uintptr_t) "table 't'",
                                    .formats = malloc(sizeof formats),
                                    .column_count = COUNT(formats),
                                    .copying = true};
    memcpy(cursor->formats, formats, sizeof formats);
    server.stream = bytes;
    server.size = size;
    server.at = 0;
    server.piece = piece;
    server.rows = rows;
    *found = '\0';
    ferry_batch_reset(batch, 1);
    ferry_status status = pgdrv_read_batch(cursor, batch, error);
    for (size_t i = 0; status == FERRY_OK && i < ferry_batch_count(batch); i++) {
        const struct ferry_cell *cells = ferry_batch_cells(batch, i);
        size_t length = strlen(found);
        if (cells[1].null != 0)
            snprintf(found + length, 64, "%d:NULL ", (int)cells[0].v.i);
        else
            snprintf(found + length, 64, "%d:%.*s ", (int)cells[0].v.i, (int)cells[1].len,
                     cells[1].v.p);
    }
    pgdrv_read_end(cursor);
    ferry_batch_free(batch);
    ferry_schema_done(schema);
    free(bytes);
    return status;
}

static void test_pieces_of_any_size(void **state)
{
    static const char stream[] = HEAD ROW_ONE ROW_NULL ROW_ONE END;
    (void)state;
    for (size_t piece = 1; piece < 80; piece++) {
        struct ferry_error error = {0};
        char found[256];
        ferry_status status = read_all(stream, piece, "3", found, &error);
        assert_no_error(&error);
        assert_int_equal(status, FERRY_OK);
        assert_string_equal(found, "1:abc -1:NULL 1:abc ");
    }
}

static void test_streams_that_are_not_sound(void **state)
{
    static const struct {
        const char *stream, *rows, *words;
    } cases[] = {
        {HEAD ROW_ONE END, "2", "another number of rows"},
        {HEAD ROW_ONE END, "", "another number of rows"},
        {HEAD ROW_ONE END, "1x", "another number of rows"},
        {HEAD ROW_ONE, "1", "its end is missing"},
        {HEAD "0002 00000004 00000001 00000003 6162", "0", "its end is missing"},
        {HEAD, "0", "its end is missing"},
        {"", "0", "its end is missing"},
        {HEAD ROW_ONE END "00", "1", "goes on behind its end"},
        {HEAD ROW_ONE END ROW_ONE, "1", "goes on behind its end"},
        {HEAD "0003" ROW_ONE END, "1", "another number of columns"},
        {HEAD "0000" END, "1", "another number of columns"},
        {"5047434f50590aff0d0a01 00000000 00000000" END, "0", "another header"},
        {"5047434f50590aff0d0a00 00010000 00000000" END, "0", "another header"},
        {HEAD "0002 00000003 000001 00000000" END, "1", "no value of the column's type"},
        {HEAD "0002 00000004 00000001 7fffffff 61" END, "1", "its end is missing"},
        {HEAD "0002 00000004 00000001 fffffffe 61" END, "1", "its end is missing"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t piece = 1; piece < 60; piece += 7) {
            struct ferry_error error = {0};
            char found[256];
            ferry_status status = read_all(cases[i].stream, piece, cases[i].rows, found, &error);
            if (status == FERRY_OK)
                fail_msg("case %zu in pieces of %zu was taken", i, piece);
            assert_error(&error, FERRY_ERR_STREAM, cases[i].words);
        }
}

static void test_days(void **state)
{
    static const struct {
        int32_t days;
        const char *text;
    } cases[] = {{0, "2000-01-01"},      {59, "2000-02-29"},      {60, "2000-03-01"},
                 {-1, "1999-12-31"},     {-730119, "0001-01-01"}, {2921939, "9999-12-31"},
                 {-36524, "1900-01-01"}, {-36465, "1900-03-01"},  {8825, "2024-02-29"},
                 {-730120, NULL},        {2921940, NULL},         {INT32_MAX, NULL}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[PGDRV_DATE_ROOM + 1] = "";
        const char *flaw = pgdrv_date_flaw(cases[i].days);
        assert_int_equal(flaw != NULL, cases[i].text == NULL);
        if (flaw != NULL)
            continue;
        pgdrv_date_format(cases[i].days, room);
        assert_string_equal(room, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_any_size),
        cmocka_unit_test(test_streams_that_are_not_sound),
        cmocka_unit_test(test_days),
    };
    return cmocka_run_group_tests_name("pgsql read", tests, NULL, NULL);
}
