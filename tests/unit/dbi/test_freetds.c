/* Tests of SQL Server's row, of which there is no server here: what is sent, compared with
 * statements as T-SQL's reference has them, and what is made of answers.  libdbi is played by this
 * file. */

#include "unit.h"

#include <dbi/dbi-dev.h>
#include <inttypes.h>

#include "cells.h"
#include "connect/connect.h"
#include "driver/batch.h"
#include "driver/record.h"
#include "driver/schema.h"
#include "write/target.h"

/* ---- libdbi ---- */

#define MOST_SENT 64
#define MOST_FIELDS 4

static struct {
    char *sent[MOST_SENT];
    size_t count;
    const char *fails; /* the statement with this in it */
    unsigned number;   /* the server's error then; 0: nothing comes */
} server;

struct answer {
    unsigned rows, fields, at;
    char text[MOST_FIELDS][64];
};

/* What the catalog says of the table a]b: it has one column, and nothing hangs on it. */
static void answer_question(const char *sql, struct answer *answer)
{
    static const struct {
        const char *part;
        const char *row[MOST_FIELDS];
    } known[] = {
        {"sp_getapplock", {"1"}},
        {"COUNT_BIG(*) AS varchar(20)) AS c1 FROM [dbo].[_dbferry_new", {"2"}},
        {"COUNT_BIG(*) AS varchar(20)) AS c1 FROM [dbo].[a]]b]", {"3"}},
        {"THEN 'special table'", {"table"}},
        {"HASHBYTES", {"old", "int", "1", "00"}},
    };
    bool of_record = strstr(sql, "OBJECT_ID('[dbo].[_dbferry_sync]')") != NULL;
    for (unsigned k = 1; k <= MOST_FIELDS; k++) {
        char name[16];
        (void)snprintf(name, sizeof name, " AS c%u", k);
        answer->fields = strstr(sql, name) != NULL ? k : answer->fields;
    }
    for (size_t i = 0; i < COUNT(known) && !of_record; i++)
        if (strstr(sql, known[i].part) != NULL) {
            answer->rows = 1;
            for (unsigned k = 0; k < answer->fields; k++)
                (void)snprintf(answer->text[k], sizeof answer->text[0], "%s", known[i].row[k]);
            return;
        }
}

dbi_result dbi_conn_query(dbi_conn conn, const char *sql)
{
    bool told = strncmp(sql, "BEGIN TRY ", 10) == 0;
    bool failing = server.fails != NULL && strstr(sql, server.fails) != NULL;
    (void)conn;
    assert_true(server.count < MOST_SENT);
    server.sent[server.count++] = strdup(sql);
    for (const char *c = sql; *c != '\0'; c++)
        assert_in_range(*c, 1, 126); /* nothing that a character set could bend */
    if (failing && server.number == 0)
        return NULL;
    struct answer *answer = calloc(1, sizeof *answer);
    assert_non_null(answer);
    if (told) {
        answer->rows = answer->fields = 1;
        (void)snprintf(answer->text[0], sizeof answer->text[0], failing ? "e%u" : "r%u",
                       failing ? server.number : 2);
    } else
        answer_question(sql, answer);
    return answer;
}

int dbi_result_free(dbi_result result)
{
    free(result);
    return 0;
}

unsigned long long dbi_result_get_numrows(dbi_result result)
{
    return ((struct answer *)result)->rows;
}

unsigned int dbi_result_get_numfields(dbi_result result)
{
    return ((struct answer *)result)->fields;
}

unsigned short dbi_result_get_field_type_idx(dbi_result result, unsigned int i)
{
    (void)result;
    (void)i;
    return DBI_TYPE_STRING;
}

int dbi_result_next_row(dbi_result result)
{
    struct answer *answer = result;
    return answer->at++ < answer->rows;
}

const char *dbi_result_get_string_idx(dbi_result result, unsigned int i)
{
    return ((struct answer *)result)->text[i - 1];
}

size_t dbi_result_get_field_length_idx(dbi_result result, unsigned int i)
{
    return strlen(dbi_result_get_string_idx(result, i));
}

int dbi_result_field_is_null_idx(dbi_result result, unsigned int i)
{
    (void)result;
    (void)i;
    return 0;
}

int dbi_conn_error(dbi_conn conn, const char **text)
{
    (void)conn;
    *text = NULL; /* as dbd_geterror() of libdbd-freetds */
    return 0;
}

static void server_forget(void)
{
    for (size_t i = 0; i < server.count; i++)
        free(server.sent[i]);
    memset(&server, 0, sizeof server);
}

/* ---- What is sent ---- */

static struct dbidrv_conn connection(void)
{
    return (struct dbidrv_conn){.dialect = &dbidrv_dialect_freetds,
                                .label = (char *)(uintptr_t) "here",
                                .own_schema = (char *)(uintptr_t) "dbo",
                                .wake_fd = -1,
                                .lock_wait_ms = 5000,
                                .target = true};
}

/* What stands between the words by which a statement says how it ended; NULL: it is a question. */
static char *inner(const char *sql)
{
    static const char before[] = "BEGIN TRY ";
    static const char after[] =
        "; SELECT 'r' + CAST(ROWCOUNT_BIG() AS varchar(20)) AS c1 END TRY BEGIN CATCH SELECT 'e' + "
        "CAST(ERROR_NUMBER() AS varchar(20)) AS c1 END CATCH";
    if (strncmp(sql, before, sizeof before - 1) != 0)
        return NULL;
    size_t length = strlen(sql) - (sizeof before - 1);
    assert_true(length > sizeof after);
    assert_string_equal(sql + strlen(sql) - (sizeof after - 1), after);
    return strndup(sql + sizeof before - 1, length - (sizeof after - 1));
}

/* The statements that are no questions are these; '$' stands for the name of the new table. */
static void expect_sent(const char *const *expected, size_t count, const char *table)
{
    size_t at = 0;
    char name[40];
    (void)snprintf(name, sizeof name, "_dbferry_new_%016" PRIx64,
                   ferry_hash_name(FERRY_HASH_SEED, table));
    for (size_t i = 0; i < server.count; i++) {
        char *sql = inner(server.sent[i]);
        struct part_text wanted = {0};
        if (sql == NULL)
            continue;
        assert_true(at < count);
        for (const char *c = expected[at]; *c != '\0'; c++)
            part_text_append(&wanted, *c == '$' ? name : c, *c == '$' ? strlen(name) : 1);
        assert_string_equal(sql, wanted.data);
        part_text_clear(&wanted);
        free(sql);
        at++;
    }
    assert_int_equal(at, count);
}

static const char *const columns_of_key[] = {"id"};
static const struct ferry_index key = {
    .columns = columns_of_key, .column_count = 1, .unique = 1, .primary = 1};
static const char *const columns_of_index[] = {"na'me", "id"};
static const struct ferry_index by_name = {.columns = columns_of_index, .column_count = 2};
static const struct ferry_index *const indexes[] = {&key, &by_name};

struct fixture {
    struct dbidrv_conn conn;
    struct ferry_schema schema;
    struct ferry_load_spec spec;
    struct ferry_layout layout;
    void *change, *load;
};
static const char *const natives[] = {"bigint", "nvarchar(20)"};
static const char *const clauses[] = {"NOT NULL", ""};
static const struct ferry_wish wish;
static const struct ferry_wish *const wishes[] = {&wish, &wish};
static const struct ferry_change_spec change_spec = {.job = "j", .lock_wait_ms = 5000};

static void begin(struct fixture *f, const char *table, uint32_t action)
{
    const struct ferry_column id = {.name = "id",
                                    .native = "",
                                    .type = FERRY_TYPE_INT,
                                    .bits = 64,
                                    .flags = FERRY_COLUMN_NOT_NULL};
    const struct ferry_column name = {
        .name = "na'me", .native = "", .type = FERRY_TYPE_TEXT, .length = 20};
    struct ferry_error error = {0};
    bool exists = false;
    *f = (struct fixture){.conn = connection()};
    server_forget();
    assert_int_equal(ferry_schema_add(&f->schema, &id, sizeof id, &error), FERRY_OK);
    assert_int_equal(ferry_schema_add(&f->schema, &name, sizeof name, &error), FERRY_OK);
    f->layout = (struct ferry_layout){.table = table,
                                      .schema = &f->schema,
                                      .natives = natives,
                                      .clauses = clauses,
                                      .wishes = wishes};
    f->spec = (struct ferry_load_spec){.layout = &f->layout,
                                       .indexes = indexes,
                                       .index_count = COUNT(indexes),
                                       .kind = FERRY_LOAD_REPLACE,
                                       .action = action};
    assert_int_equal(dbidrv_table_look(&f->conn, table, NULL, &exists, &f->spec.definition, &error),
                     FERRY_OK);
    server_forget();
    assert_int_equal(dbidrv_change_begin(&f->conn, &change_spec, &f->change, &error), FERRY_OK);
    (void)dbidrv_load_begin(f->change, &f->spec, &f->load, &error);
    assert_no_error(&error);
}

static void insert(struct fixture *f)
{
    struct ferry_error error = {0};
    struct ferry_batch *batch = ferry_batch_new(&f->schema, &ferry_batch_default_limits);
    assert_non_null(batch);
    ferry_batch_reset(batch, 1);
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.i = 1;
    cells[1] = TEXT("it's");
    cells = ferry_batch_row(batch);
    cells[0].v.i = -2;
    cells[1].null = 1;
    assert_int_equal(dbidrv_load_batch(f->load, FERRY_OP_INSERT, batch, &error), FERRY_OK);
    ferry_batch_free(batch);
}

#define RECORD_COLUMNS                                                                             \
    "job nvarchar(max), run_id nvarchar(max), source nvarchar(max), fallback smallint, started "   \
    "nvarchar(max), finished nvarchar(max), rows decimal(20,0), digest nvarchar(max), "            \
    "schema_hash "                                                                                 \
    "nvarchar(max), data_from nvarchar(max), strategy nvarchar(max), key_columns nvarchar(max), "  \
    "cursor_column nvarchar(max), cursor_value nvarchar(max), full_at nvarchar(max), fingerprint " \
    "nvarchar(max), skipped smallint, inserted decimal(20,0), updated decimal(20,0), deleted "     \
    "decimal(20,0), unchanged decimal(20,0), read_hash nvarchar(max), place_hash nvarchar(max), "  \
    "states decimal(20,0)"
#define MAKE_RECORDS                                                                               \
    "IF OBJECT_ID('[dbo].[_dbferry_sync]') IS NULL CREATE TABLE [dbo].[_dbferry_sync] "            \
    "(target_table nvarchar(128) NOT NULL PRIMARY KEY, " RECORD_COLUMNS ")"
#define LOCK                                                                                       \
    "DECLARE @dbferry int; SELECT TOP (1) @dbferry = 1 FROM [dbo].[a]]b] WITH (TABLOCKX, "         \
    "HOLDLOCK)"

/* Beside the old one, and put in its place in the same transaction. */
static void test_made_anew(void **state)
{
    static const char table[] = "a]b";
    char index[200];
    const char *const expected[] = {
        MAKE_RECORDS,
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "BEGIN TRANSACTION",
        "SET LOCK_TIMEOUT 5000",
        "SAVE TRANSACTION dbferry_count",
        "ROLLBACK TRANSACTION dbferry_count",
        "CREATE TABLE [dbo].[$] ([id] bigint NOT NULL, [na'me] nvarchar(20) , PRIMARY KEY ([id]))",
        "INSERT INTO [dbo].[$] ([id], [na'me]) VALUES ('1',N'it''s'),('-2',NULL)",
        index,
        "SAVE TRANSACTION dbferry_turn",
        "SET LOCK_TIMEOUT 400",
        LOCK,
        "SET LOCK_TIMEOUT 5000",
        "DROP TABLE [dbo].[a]]b]",
        "EXEC sp_rename N'[dbo].[$]', N'a]b'",
        "commit",
    };
    struct fixture f;
    struct ferry_load_totals totals = {0};
    struct ferry_error error = {0};
    uint32_t outcome = 0;
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, table);
    (void)state;
    hash = ferry_hash_name(ferry_hash_name(hash, "na'me"), "id");
    (void)snprintf(index, sizeof index,
                   "CREATE INDEX [dbferry_%016" PRIx64 "] ON [dbo].[$] ([na'me], [id])", hash);
    begin(&f, table, FERRY_TABLE_REBUILD);
    insert(&f);
    assert_int_equal(dbidrv_load_end(f.load, &totals, &error), FERRY_OK);
    assert_true(totals.before == 3 && totals.inserted == 2 && totals.after == 2);
    assert_int_equal(dbidrv_change_commit(f.change, NULL, 0, &outcome, &error), FERRY_OK);
    assert_int_equal(outcome, FERRY_OUTCOME_NEW);
    assert_no_error(&error);
    expect_sent(expected, COUNT(expected), table);
    ferry_schema_done(&f.schema);
    server_forget();
}

/* One that stays is emptied in the transaction, and ROLLBACK brings its rows back. */
static void test_given_up(void **state)
{
    static const char *const expected[] = {
        MAKE_RECORDS,
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "BEGIN TRANSACTION",
        "SET LOCK_TIMEOUT 5000",
        LOCK,
        "DELETE FROM [dbo].[a]]b]",
        "INSERT INTO [dbo].[a]]b] ([id], [na'me]) VALUES ('1',N'it''s'),('-2',NULL)",
        "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION",
    };
    struct fixture f;
    (void)state;
    begin(&f, "a]b", FERRY_TABLE_KEEP);
    insert(&f);
    dbidrv_change_abort(f.change);
    assert_false(f.conn.broken);
    expect_sent(expected, COUNT(expected), "a]b");
    ferry_schema_done(&f.schema);
    server_forget();
}

static void test_record(void **state)
{
    struct dbidrv_conn conn = connection();
    struct ferry_record record = {0};
    struct ferry_error error = {0};
    char *long_text = malloc(3000);
    (void)state;
    assert_non_null(long_text);
    memset(long_text, 'x', 2999);
    long_text[2999] = '\0';
    server_forget();
    assert_int_equal(ferry_record_open(&record, "a]b'", &error), FERRY_OK);
    assert_int_equal(ferry_record_set(&record, FERRY_RECORD_JOB, "caf\xc3\xa9", &error), FERRY_OK);
    assert_int_equal(ferry_record_set(&record, FERRY_RECORD_ROWS, "2", &error), FERRY_OK);
    assert_int_equal(dbidrv_record_write(&conn, &record, &error), FERRY_OK);
    assert_int_equal(server.count, 2);
    char *deleted = inner(server.sent[0]), *inserted = inner(server.sent[1]);
    assert_string_equal(deleted, "DELETE FROM [dbo].[_dbferry_sync] WHERE target_table = N'a]b'''");
    assert_non_null(strstr(inserted, ") VALUES (N'a]b''', "
                                     "CAST(0x630061006600E900 AS nvarchar(max))"
                                     ", NULL, "));
    free(deleted);
    free(inserted);

    /* What could not be read back is not written. */
    assert_int_equal(ferry_record_set(&record, FERRY_RECORD_FINGERPRINT, long_text, &error),
                     FERRY_OK);
    assert_int_equal(dbidrv_record_write(&conn, &record, &error), FERRY_ERR_UNSUPPORTED);
    assert_error(&error, FERRY_ERR_UNSUPPORTED, "fingerprint");
    ferry_record_done(&record);
    free(long_text);
    server_forget();
}

/* ---- What may not be sent, and what fails ---- */

static void test_foreign_names(void **state)
{
    struct dbidrv_conn conn = connection();
    struct ferry_error error = {0};
    bool exists = false;
    uint32_t kind = 0;
    (void)state;
    server_forget();
    assert_int_equal(dbidrv_table_look(&conn, "caf\xc3\xa9", NULL, &exists, NULL, &error),
                     FERRY_ERR_UNSUPPORTED);
    assert_error(&error, FERRY_ERR_UNSUPPORTED, "ASCII");
    assert_int_equal(dbidrv_tables_find(&conn, "a\nb", &kind, &error), FERRY_ERR_UNSUPPORTED);
    assert_error(&error, FERRY_ERR_UNSUPPORTED, "ASCII");
    assert_int_equal(server.count, 0);
}

static void test_errors(void **state)
{
    static const struct {
        unsigned number;
        ferry_status status;
        const char *words;
    } cases[] = {
        {1205, FERRY_ERR_BUSY, "deadlock (error 1205 of SQL Server) (SQLSTATE 40P01)"},
        {1222, FERRY_ERR_BUSY, "somebody holds a lock"},
        {2627, FERRY_ERR_DATA, "two rows have the same key"},
        {229, FERRY_ERR_REFUSED, "lacks a right"},
        {9002, FERRY_ERR_TARGET_IO, "log is full"},
        {8134, FERRY_ERR_TARGET_IO, "it says no (error 8134 of SQL Server)"},
        {0, FERRY_ERR_TARGET_IO, "libdbi gives no reason"},
    };
    struct dbidrv_conn conn = connection();
    struct ferry_error error = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        server_forget();
        server.fails = "DELETE";
        server.number = cases[i].number;
        assert_int_equal(dbidrv_run(&conn, "DELETE FROM x", DBIDRV_LOADING, "delete", NULL, &error),
                         cases[i].status);
        assert_error(&error, cases[i].status, cases[i].words);
    }
    server_forget();
}

/* A commit without an answer may have been one. */
static void test_lost_commit(void **state)
{
    struct fixture f;
    struct ferry_error error = {0};
    uint32_t outcome = 0;
    (void)state;
    begin(&f, "a]b", FERRY_TABLE_KEEP);
    server.fails = "commit";
    assert_int_equal(dbidrv_change_commit(f.change, NULL, 0, &outcome, &error),
                     FERRY_ERR_TARGET_IO);
    assert_int_equal(outcome, FERRY_OUTCOME_UNKNOWN);
    ferry_error_clear(&error);
    ferry_schema_done(&f.schema);
    server_forget();
}

/* libdbd-freetds has one connection in a process, whatever libdbi says. */
static void test_one_connection(void **state)
{
    dbi_conn first = NULL, second = NULL;
    struct ferry_error error = {0};
    (void)state;
    if (dbidrv_libdbi_open("here", &dbidrv_dialect_freetds, &first, &error) != FERRY_OK) {
        ferry_error_clear(&error);
        skip(); /* it is not installed */
    }
    assert_int_equal(dbidrv_libdbi_open("there", &dbidrv_dialect_freetds, &second, &error),
                     FERRY_ERR_UNSUPPORTED);
    assert_error(&error, FERRY_ERR_UNSUPPORTED, "one at a time");
    dbidrv_libdbi_close(first);
    assert_int_equal(dbidrv_libdbi_open("there", &dbidrv_dialect_freetds, &second, &error),
                     FERRY_OK);
    dbidrv_libdbi_close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_anew),      cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_record),         cmocka_unit_test(test_foreign_names),
        cmocka_unit_test(test_errors),         cmocka_unit_test(test_lost_commit),
        cmocka_unit_test(test_one_connection),
    };
    return cmocka_run_group_tests_name("dbi freetds", tests, NULL, NULL);
}
