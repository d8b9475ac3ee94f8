/* A cursor over a statement that is made of tables: what the client library and the other files of
 * the driver answer to read.c, which is included here. */

#ifndef FERRY_UNIT_MYSQL_CURSOR_H
#define FERRY_UNIT_MYSQL_CURSOR_H

#include "read/read.h"
#include "types/codes.h"

#include <stdarg.h>
#include <sys/socket.h>

#include "driver/batch.h"
#include "driver/schema.h"

#define MOST_COLUMNS 4

static struct {
    char steps[500];   /* what was done, each in brackets */
    const char *fails; /* this step does */
    int left;          /* allocations that are granted; -1: all */
    /* what the result is like */
    unsigned count;
    MYSQL_FIELD fields[MOST_COLUMNS];
    struct mydrv_column described[MOST_COLUMNS];
    int open; /* descriptions that were not cleared */
    bool no_metadata;
    /* what is fetched: 0 a row, else the last answer */
    size_t rows;
    int last;
    ferry_status bad_row;            /* what the last row fails with, if it is fetched */
    unsigned stmt_error, conn_error; /* numbers */
    ferry_status warnings;
    const void *user_data, *callback; /* as the attributes have them */
} world;

static bool does(const char *step)
{
    strcat(strcat(strcat(world.steps, "["), step), "]");
    return world.fails == NULL || strcmp(world.fails, step) != 0;
}

static ferry_status step(const char *what, struct ferry_error *err)
{
    return does(what) ? FERRY_OK : ferry_fail(err, FERRY_ERR_BUSY, "%s has failed", what);
}

static bool may_allocate(void)
{
    return world.left < 0 || world.left-- > 0;
}

static int blocks; /* that are there */

static void *try_calloc(size_t count, size_t size)
{
    assert_true(count > 0);
    if (!may_allocate())
        return NULL;
    blocks++;
    return calloc(count, size);
}

static void counted_free(void *block)
{
    blocks -= block != NULL;
    free(block);
}

FERRY_PRINTF(2, 3) static int try_asprintf(char **ret_text, const char *format, ...)
{
    va_list arguments;
    if (!may_allocate()) {
        *ret_text = (char *)(uintptr_t)1; /* it is undefined then */
        return -1;
    }
    va_start(arguments, format);
    int length = vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return length;
}

static int cut_off(int fd, int how)
{
    assert_int_equal(fd, 77);
    assert_int_equal(how, SHUT_RDWR);
    (void)does("cut off");
    return 0;
}

#define calloc try_calloc
#define free(block) counted_free(block)
#undef asprintf /* a macro with _FORTIFY_SOURCE */
#define asprintf try_asprintf
#define shutdown cut_off
#include "../../../plugins/mysql/read/read.c"
#undef calloc
#undef free
#undef asprintf
#undef shutdown

/* ---- The client library ---- */

static MYSQL native;
static MYSQL_STMT stmt;

unsigned int STDCALL mysql_num_fields(MYSQL_RES *result)
{
    assert_ptr_equal(result, &world);
    return world.count;
}

MYSQL_FIELD *STDCALL mysql_fetch_fields(MYSQL_RES *result)
{
    assert_ptr_equal(result, &world);
    return world.fields;
}

void STDCALL mysql_free_result(MYSQL_RES *result)
{
    assert_ptr_equal(result, &world);
    (void)does("free metadata");
}

my_bool STDCALL mysql_stmt_attr_set(MYSQL_STMT *of, enum enum_stmt_attr_type type, const void *to)
{
    assert_ptr_equal(of, &stmt);
    assert_true(type == STMT_ATTR_CB_USER_DATA || type == STMT_ATTR_CB_RESULT);
    *(type == STMT_ATTR_CB_RESULT ? &world.callback : &world.user_data) = to;
    return !does(type == STMT_ATTR_CB_RESULT ? "callback" : "user data");
}

int STDCALL mysql_stmt_execute(MYSQL_STMT *of)
{
    assert_ptr_equal(of, &stmt);
    return does("execute") ? 0 : 1;
}

MYSQL_RES *STDCALL mysql_stmt_result_metadata(MYSQL_STMT *of)
{
    assert_ptr_equal(of, &stmt);
    return world.no_metadata ? NULL : (MYSQL_RES *)&world;
}

unsigned int STDCALL mysql_stmt_errno(MYSQL_STMT *of)
{
    assert_ptr_equal(of, &stmt);
    return world.stmt_error;
}

unsigned int STDCALL mysql_errno(MYSQL *of)
{
    assert_ptr_equal(of, &native);
    return world.conn_error;
}

static struct mydrv_cursor *fetching;

int STDCALL mysql_stmt_fetch(MYSQL_STMT *of)
{
    assert_ptr_equal(of, &stmt);
    assert_non_null(fetching);
    assert_null(fetching->row_end);
    if (world.rows == 0) {
        fetching->failed = world.bad_row;
        return world.last;
    }
    world.rows--;
    (void)ferry_batch_row(fetching->batch);
    fetching->row_end = (const unsigned char *)"";
    return 0;
}

/* ---- The driver's other files ---- */

ferry_status mydrv_column_describe(const MYSQL_FIELD *field, size_t position, bool utc,
                                   struct mydrv_column *column, struct ferry_error *err)
{
    assert_in_range(position, 1, world.count);
    assert_ptr_equal(field, &world.fields[position - 1]);
    assert_true(utc);
    ferry_status status = step("describe", err);
    if (status == FERRY_OK) {
        *column = world.described[position - 1];
        world.open++;
    }
    return status;
}

void mydrv_column_clear(struct mydrv_column *column)
{
    assert_non_null(column->name);
    world.open--;
}

void mydrv_possible_choose(const struct ferry_column *column, struct mydrv_cell_format *format)
{
    format->most = column->bits + 1000; /* by this it is seen for which column it was asked */
}

ferry_status mydrv_codes_get(struct mydrv_conn *conn, const struct mydrv_charset *set,
                             const struct mydrv_codes **ret_codes, struct ferry_error *err)
{
    static const struct mydrv_codes codes;
    assert_ptr_equal(conn->native, &native);
    *ret_codes = &codes;
    return step(set->name, err);
}

static struct mydrv_statement opened;

/* Of a table that is alone, nothing is let go. */
ferry_status mydrv_list_let_go(struct mydrv_conn *connection, struct ferry_error *err)
{
    (void)err;
    assert_false(connection->savepoint);
    return FERRY_OK;
}

ferry_status mydrv_statement_open(struct mydrv_conn *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema,
                                  struct mydrv_statement *ret_statement, struct ferry_error *err)
{
    assert_ptr_equal(conn->native, &native);
    assert_int_equal(read->on_warning, 3);
    assert_non_null(schema);
    ferry_status status = step("open", err);
    if (status == FERRY_OK)
        *ret_statement = opened;
    return status;
}

ferry_status mydrv_statement_scan(struct mydrv_conn *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema, const struct ferry_scan *scan,
                                  struct mydrv_statement *statement, struct ferry_error *err)
{
    assert_ptr_equal(conn->native, &native);
    assert_int_equal(read->on_warning, 3);
    assert_non_null(schema);
    assert_non_null(scan);
    assert_non_null(statement);
    return step("scan", err);
}

void mydrv_statement_close(struct mydrv_statement *statement)
{
    assert_non_null(statement);
    (void)does("close");
}

ferry_status mydrv_warnings_judge(struct mydrv_conn *conn, const char *what, uint32_t on_warning,
                                  struct ferry_error *err)
{
    assert_ptr_equal(conn->native, &native);
    assert_string_equal(what, "view 'v'");
    assert_int_equal(on_warning, 3);
    (void)does("warnings");
    return world.warnings == FERRY_OK ? FERRY_OK : ferry_fail(err, world.warnings, "it warns");
}

ferry_status mydrv_conn_check(const struct mydrv_conn *conn, struct ferry_error *err)
{
    assert_ptr_equal(conn->native, &native);
    return step("connection", err);
}

void mydrv_decode_cell(void *data, unsigned column, unsigned char **row)
{
    (void)data;
    (void)column;
    (void)row;
}

ferry_status mydrv_decode_end(struct mydrv_cursor *cursor)
{
    assert_non_null(cursor->row_end);
    return step("end of row", cursor->err);
}

ferry_status mydrv_fail_stmt(struct mydrv_conn *conn, MYSQL_STMT *of, enum mydrv_phase phase,
                             const char *doing, struct ferry_error *err)
{
    assert_ptr_equal(conn->native, &native);
    assert_ptr_equal(of, &stmt);
    assert_int_equal(phase, MYDRV_READING);
    return ferry_fail(err, FERRY_ERR_STREAM, "cannot %s", doing);
}

/* ---- A place for a cursor ---- */

static const struct mydrv_charset utf8 = {.name = "utf8mb4", .kind = MYDRV_CHARSET_UTF8};
static const struct mydrv_charset latin = {.name = "latin1", .kind = MYDRV_CHARSET_LATIN1};
static const struct mydrv_charset greek = {.name = "greek", .kind = MYDRV_CHARSET_CODES};
static const struct mydrv_charset hebrew = {.name = "hebrew", .kind = MYDRV_CHARSET_CODES};

struct place {
    struct mydrv_conn conn;
    struct ferry_schema schema;
    struct mydrv_column planned[MOST_COLUMNS + 1];
    struct mydrv_cursor cursor;
    struct ferry_error error;
};

/* The result is like the plan, and the schema too, with columns of these. */
static void make_place(struct place *place, const struct mydrv_column *columns, unsigned count)
{
    memset(place, 0, sizeof *place);
    memset(&world, 0, sizeof world);
    world.left = -1;
    world.last = MYSQL_NO_DATA;
    world.count = count;
    place->conn.native = &native;
    place->conn.label = (char *)"l";
    place->conn.utc = true;
    place->conn.wake_fd = 77;
    for (unsigned i = 0; i < count; i++) {
        world.described[i] = place->planned[i] = columns[i];
        (void)ferry_schema_add(&place->schema, &columns[i].column, sizeof columns[i].column,
                               &place->error);
    }
    assert_no_error(&place->error);
    place->planned[count].set = &greek; /* behind the last: nobody is to ask for it */
    opened = (struct mydrv_statement){.stmt = &stmt,
                                      .what = (char *)"view 'v'",
                                      .columns = place->planned,
                                      .column_count = count};
    place->cursor =
        (struct mydrv_cursor){.conn = &place->conn, .statement = opened, .on_warning = 3};
    fetching = &place->cursor;
}

static void leave_place(struct place *place)
{
    counted_free(place->cursor.formats);
    assert_int_equal(blocks, 0);
    ferry_schema_done(&place->schema);
    ferry_error_clear(&place->error);
}

#endif
