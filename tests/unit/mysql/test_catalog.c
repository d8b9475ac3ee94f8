/* Tests of the mysql driver's catalog.c and keys.c, against a server made of tables of texts. */

#include "unit.h"

#include "../../../plugins/mysql/errors.c"
#include "../../../plugins/mysql/read/catalog.c"
#include "../../../plugins/mysql/read/keys.c"
#include "../../../plugins/mysql/types/definition.c"

#include "driver/schema.h"

/* ---- The server ---- */

#define MOST_COLUMNS 11

/* The answer to a question that contains `about`. */
struct answer {
    const char *about;
    unsigned columns;
    size_t count;
    const char *(*rows)[MOST_COLUMNS];
    unsigned error;
};

static struct {
    const struct answer *answers;
    size_t count;
    const struct answer *current;
    size_t next;
    unsigned long lengths[MOST_COLUMNS];
    char question[2000];
} server;

int STDCALL mysql_real_query(MYSQL *mysql, const char *sql, unsigned long length)
{
    (void)mysql;
    server.current = NULL;
    server.next = 0;
    assert_true(length < sizeof server.question);
    memcpy(server.question, sql, length + 1);
    for (size_t i = 0; i < server.count && server.current == NULL; i++)
        if (strstr(sql, server.answers[i].about) != NULL)
            server.current = &server.answers[i];
    assert_non_null(server.current);
    return server.current->error != 0;
}

MYSQL_RES *STDCALL mysql_store_result(MYSQL *mysql)
{
    (void)mysql;
    return (MYSQL_RES *)&server;
}

void STDCALL mysql_free_result(MYSQL_RES *result)
{
    (void)result;
}

unsigned int STDCALL mysql_num_fields(MYSQL_RES *result)
{
    (void)result;
    return server.current->columns;
}

unsigned long long STDCALL mysql_num_rows(MYSQL_RES *result)
{
    (void)result;
    return server.current->count;
}

void STDCALL mysql_data_seek(MYSQL_RES *result, unsigned long long offset)
{
    (void)result;
    server.next = (size_t)offset;
}

MYSQL_ROW STDCALL mysql_fetch_row(MYSQL_RES *result)
{
    (void)result;
    if (server.next >= server.current->count)
        return NULL;
    const char **row = server.current->rows[server.next++];
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        server.lengths[i] = row[i] == NULL ? 0 : strlen(row[i]);
    return (MYSQL_ROW)row;
}

unsigned long *STDCALL mysql_fetch_lengths(MYSQL_RES *result)
{
    (void)result;
    return server.lengths;
}

unsigned int STDCALL mysql_errno(MYSQL *mysql)
{
    (void)mysql;
    return server.current->error;
}

const char *STDCALL mysql_error(MYSQL *mysql)
{
    (void)mysql;
    return "so it is";
}

unsigned long STDCALL mysql_real_escape_string(MYSQL *mysql, char *to, const char *from,
                                               unsigned long length)
{
    (void)mysql;
    char *out = to;
    for (unsigned long i = 0; i < length; i++) {
        if (from[i] == '\'')
            *out++ = '\\';
        *out++ = from[i];
    }
    *out = '\0';
    return (unsigned long)(out - to);
}

/* Of tls.c and types.c. */
bool mydrv_tls_was_lost(const char *text)
{
    (void)text;
    return false;
}

const char *mydrv_tls_explain(const struct mydrv_flavour *flavour, const char *text)
{
    (void)flavour;
    return text;
}

static const struct mydrv_flavour plain = {0};

static void column_clear(struct mydrv_column *c)
{
    free(c->native);
    free(c->subtype);
    free(c->charset);
    free(c->collation);
    free(c->members);
    free(c->default_value);
}

/* ---- What is asked ---- */

struct asking {
    struct mydrv_conn conn;
    struct ferry_schema schema;
    struct ferry_error error;
    struct mydrv_column columns[4];
    size_t count;
    struct mydrv_nature nature;
};

static void asking_begin(struct asking *a, const struct answer *answers, size_t count)
{
    memset(a, 0, sizeof *a);
    a->conn.label = (char *)"connection 'c'";
    a->conn.flavour = &plain;
    server.answers = answers;
    server.count = count;
    a->conn.mariadb = true;
    a->conn.version = 101119;
}

static struct ferry_column *asking_add(struct asking *a, const char *name, uint32_t type)
{
    struct mydrv_column *c = &a->columns[a->count++];
    c->name = (char *)name;
    c->native = strdup("wire");
    c->column = (struct ferry_column){
        .name = name, .native = c->native, .type = type, .bits = type == FERRY_TYPE_INT ? 32 : 0};
    return &c->column;
}

static ferry_status asking_apply(struct asking *a, const char *name)
{
    MYSQL_RES *list = NULL;
    ferry_status status = mydrv_catalog_read(&a->conn, name, &a->schema, &list, &a->error);
    if (status == FERRY_OK)
        status = mydrv_catalog_apply(&a->conn, name, list, a->columns, a->count, &a->schema,
                                     &a->nature, &a->error);
    mydrv_catalog_finish(a->columns, a->count);
    return status;
}

static bool asking_has_note(const struct asking *a, const char *text)
{
    for (size_t i = 0; i < a->schema.note_count; i++)
        if (strstr(a->schema.notes[i].text, text) != NULL)
            return true;
    return false;
}

static void asking_end(struct asking *a)
{
    for (size_t i = 0; i < a->count; i++)
        column_clear(&a->columns[i]);
    ferry_schema_done(&a->schema);
    ferry_error_clear(&a->error);
}

static void test_a_table_of_mariadb(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"id", "int(5)", NULL, NULL, NULL, "auto_increment", "BASE TABLE", NULL, NULL},
        {"e", "enum('a','b')", "latin1", "latin1_swedish_ci", "'b'", "", "BASE TABLE", NULL, NULL},
        {"p", "point", NULL, NULL, "NULL", "", "BASE TABLE", NULL, NULL},
        {"t", "varchar(9)", "utf8mb4", "utf8mb4_nopad_bin", "'what?'", "", "BASE TABLE", NULL,
         NULL},
        {"hidden", "int(11)", NULL, NULL, NULL, "INVISIBLE", "BASE TABLE", NULL, NULL},
        {"my_row_id", "bigint(20)", NULL, NULL, NULL, "auto_increment INVISIBLE", "BASE TABLE",
         NULL, NULL},
    };
    static const char *srids[][MOST_COLUMNS] = {{"p", "4326"}, {"other", "1"}, {NULL, "7"}};
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0},
        {"information_schema.GEOMETRY_COLUMNS", 2, COUNT(srids), srids, 0},
    };
    struct asking a;
    asking_begin(&a, answers, COUNT(answers));
    struct ferry_column *id = asking_add(&a, "id", FERRY_TYPE_INT);
    struct ferry_column *e = asking_add(&a, "e", FERRY_TYPE_ENUM);
    struct ferry_column *p = asking_add(&a, "p", FERRY_TYPE_GEOMETRY);
    struct ferry_column *t = asking_add(&a, "t", FERRY_TYPE_TEXT);
    assert_int_equal(asking_apply(&a, "it's"), FERRY_OK);
    assert_non_null(strstr(server.question, "F_TABLE_NAME = 'it\\'s'"));
    assert_true(a.nature.is_table);
    assert_int_equal(id->flags, FERRY_COLUMN_AUTO_NUMBER);
    assert_int_equal(id->length, 5);
    assert_string_equal(id->native, "int(5)");
    assert_string_equal(e->members, "'a','b'");
    assert_string_equal(e->native, "wire('a','b')");
    assert_string_equal(e->charset, "latin1");
    assert_string_equal(e->collation, "latin1_swedish_ci");
    assert_string_equal(e->default_value, "b");
    assert_int_equal(e->flags, FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS |
                                   FERRY_COLUMN_IGNORES_TRAILING_SPACE);
    assert_string_equal(p->subtype, "point");
    assert_int_equal(p->srid, 4326);
    assert_int_equal(p->flags, FERRY_COLUMN_SRID);
    assert_int_equal(t->flags, 0);
    assert_null(t->default_value); /* the catalog shows an emoji as a question mark */
    assert_true(asking_has_note(&a, "the default of column 't'"));
    assert_int_equal(a.schema.note_count, 1);
    asking_end(&a);
}

/* What SELECT * leaves out of a table is read, but for what the server itself has put there. */
static void test_columns_that_are_read(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"my_row_id", "bigint", NULL, NULL, NULL, "auto_increment INVISIBLE", "BASE TABLE", NULL,
         NULL, "PRI", ""},
        {"a", "int", NULL, NULL, NULL, "", "BASE TABLE", NULL, NULL, "", ""},
        {"hidden", "int", NULL, NULL, NULL, "INVISIBLE", "BASE TABLE", NULL, NULL, "", ""},
        {"rs", "timestamp(6)", NULL, NULL, NULL, "STORED GENERATED, INVISIBLE", "SYSTEM VERSIONED",
         NULL, NULL, "", "ROW START"},
        {"re", "timestamp(6)", NULL, NULL, NULL, "STORED GENERATED, INVISIBLE", "SYSTEM VERSIONED",
         NULL, NULL, "PRI", "ROW END"},
        {"seen", "timestamp(6)", NULL, NULL, NULL, "STORED GENERATED", "SYSTEM VERSIONED", NULL,
         NULL, "", "ROW END"},
        {"v", "int", NULL, NULL, NULL, "INVISIBLE", "VIEW", NULL, NULL, "", ""},
    };
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0}};
    struct asking a;
    MYSQL_RES *list = NULL;
    const char *names[COUNT(rows)];
    size_t hidden = 0;
    asking_begin(&a, answers, COUNT(answers));
    assert_int_equal(mydrv_catalog_read(&a.conn, "t", &a.schema, &list, &a.error), FERRY_OK);
    assert_int_equal(mydrv_catalog_list(list, names, &hidden), 4);
    assert_int_equal(hidden, 1);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "hidden");
    assert_string_equal(names[2], "seen");
    assert_string_equal(names[3], "v");
    asking_end(&a);
}

/* A key of a versioned table ends with the moment until which a row counts: the rows that are read
 * have one. */
static void test_a_key_with_the_end_of_history(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {{"PRIMARY", "id", "0", NULL, "A", "BTREE", NULL},
                                               {"PRIMARY", "re", "0", NULL, "A", "BTREE", NULL}};
    static const struct answer answers[] = {{"STATISTICS", 7, COUNT(rows), rows, 0}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    const struct ferry_column *id = asking_add(&a, "id", FERRY_TYPE_INT);
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", "re", a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_int_equal(id->key_position, 1);
    assert_int_equal(a.schema.note_count, 0);
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

/* A view's columns look as if they had defaults and numbered themselves. */
static void test_a_view_of_mysql(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"id", "int", NULL, NULL, "0", "auto_increment", "VIEW", NULL, NULL},
        {"e", "enum('x?')", "utf8mb4", "utf8mb4_0900_ai_ci", "x?", "", "VIEW", "NO PAD", NULL},
        {"p", "geomcollection", NULL, NULL, NULL, "", "VIEW", NULL, "0"},
        {"t", "json", "utf8mb4", "utf8mb4_bin", NULL, "", "VIEW", "PAD SPACE", NULL},
    };
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0},
    };
    struct asking a;
    asking_begin(&a, answers, COUNT(answers));
    a.conn.mariadb = false;
    a.conn.version = 90700;
    struct ferry_column *id = asking_add(&a, "id", FERRY_TYPE_INT);
    struct ferry_column *e = asking_add(&a, "e", FERRY_TYPE_ENUM);
    struct ferry_column *p = asking_add(&a, "p", FERRY_TYPE_GEOMETRY);
    struct ferry_column *t = asking_add(&a, "t", FERRY_TYPE_TEXT);
    assert_int_equal(asking_apply(&a, "v"), FERRY_OK);
    assert_non_null(strstr(server.question, "SRS_ID"));
    assert_false(a.nature.is_table);
    assert_int_equal(id->flags, 0);
    assert_null(id->default_value);
    assert_null(e->members); /* nor is this question mark to be believed */
    assert_true(asking_has_note(&a, "the members of column 'e'"));
    assert_int_equal(e->flags, FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS);
    assert_string_equal(p->subtype, "geometrycollection");
    assert_int_equal(p->flags, FERRY_COLUMN_SRID);
    assert_int_equal(p->srid, 0);
    assert_null(t->collation); /* a text in the result, JSON in the catalog */
    assert_int_equal(t->flags, FERRY_COLUMN_COMPARES_UNKNOWN);
    asking_end(&a);
}

/* It is a VARBINARY on the wire. */
static void test_a_vector_of_mariadb(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"v", "vector(3)", NULL, NULL, NULL, "", "VIEW", NULL, NULL},
        {"w", "vector(3)", NULL, NULL, NULL, "", "VIEW", NULL, NULL},
    };
    static const struct answer answers[] = {
        {"information_schema.COLUMNS", 11, COUNT(rows), rows, 0},
    };
    struct asking a;
    asking_begin(&a, answers, COUNT(answers));
    struct ferry_column *v = asking_add(&a, "v", FERRY_TYPE_BYTES);
    struct ferry_column *w = asking_add(&a, "w", FERRY_TYPE_BYTES);
    v->length = 12;
    w->length = 16;
    assert_int_equal(asking_apply(&a, "t"), FERRY_OK);
    assert_int_equal(v->type, FERRY_TYPE_VECTOR);
    assert_int_equal(v->length, 3);
    assert_string_equal(v->native, "vector(3)");
    assert_int_equal(w->type, FERRY_TYPE_BYTES);
    assert_int_equal(w->length, 16);
    asking_end(&a);
}

static void test_what_the_server_does_not_tell(void **state)
{
    (void)state;
    static const char *other[][MOST_COLUMNS] = {
        {"u", "text", NULL, NULL, NULL, "", "VIEW", NULL, NULL, ""}};
    static const char *broken[][MOST_COLUMNS] = {
        {"t", NULL, NULL, NULL, NULL, "", "VIEW", NULL, NULL, ""}};
    static const char *kindless[][MOST_COLUMNS] = {
        {"t", "text", NULL, NULL, NULL, "", NULL, NULL, NULL, ""}};
    static const struct {
        struct answer answer;
        ferry_status status;
        const char *text;
    } cases[] = {
        {{"COLUMNS", 11, 0, NULL, 1142}, FERRY_OK, "so it is (error 1142)"},
        {{"COLUMNS", 11, 0, NULL, 1044}, FERRY_OK, "so it is (error 1044)"},
        {{"COLUMNS", 11, 0, NULL, 1227}, FERRY_OK, "so it is (error 1227)"},
        {{"COLUMNS", 11, 0, NULL, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 1, other, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 1, broken, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 1, kindless, 0}, FERRY_ERR_STREAM, "does not tell the columns of 'v'"},
        {{"COLUMNS", 11, 0, NULL, 1054}, FERRY_ERR_CONFIG, "error 1054"},
        {{"COLUMNS", 11, 0, NULL, 1356}, FERRY_ERR_NOT_FOUND, "error 1356"},
        {{"COLUMNS", 11, 0, NULL, 3}, FERRY_ERR_BUSY, "error 3)"},
        {{"COLUMNS", 11, 0, NULL, 5}, FERRY_ERR_BUSY, "error 5)"},
        {{"COLUMNS", 11, 0, NULL, 1030}, FERRY_ERR_BUSY, "error 1030"},
        {{"COLUMNS", 11, 0, NULL, 1114}, FERRY_ERR_BUSY, "error 1114"},
        {{"COLUMNS", 11, 0, NULL, 2013}, FERRY_ERR_STREAM, "error 2013"},
        {{"COLUMNS", 11, 0, NULL, 2027}, FERRY_ERR_STREAM, "error 2027"},
        {{"COLUMNS", 11, 0, NULL, 1317}, FERRY_ERR_STREAM, "error 1317"},
        {{"COLUMNS", 11, 0, NULL, 1205}, FERRY_ERR_BUSY, "error 1205"},
        {{"COLUMNS", 3, 0, NULL, 0}, FERRY_ERR_STREAM, "of another shape"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct asking a;
        asking_begin(&a, &cases[i].answer, 1);
        struct ferry_column *t = asking_add(&a, "t", FERRY_TYPE_TEXT);
        assert_int_equal(asking_apply(&a, "v"), cases[i].status);
        assert_int_equal(a.schema.unknown, cases[i].status == FERRY_OK);
        if (cases[i].status == FERRY_OK)
            assert_true(asking_has_note(&a, cases[i].text) && a.schema.notes[0].warns);
        else
            assert_error(&a.error, cases[i].status, cases[i].text);
        assert_int_equal(t->flags, FERRY_COLUMN_COMPARES_UNKNOWN);
        assert_false(a.nature.is_table);
        asking_end(&a);
    }
}

static void test_keys(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"PRIMARY", "b", "0", NULL, "D", "BTREE", NULL},
        {"PRIMARY", "a", "0", NULL, "A", "BTREE", NULL},
        {"descending", "a", "1", NULL, "D", "BTREE", NULL},
        {"expression", NULL, "1", NULL, "A", "BTREE", NULL},
        {"fulltext", "a", "1", NULL, NULL, "FULLTEXT", NULL},
        {"ignored", "a", "1", NULL, "A", "BTREE", "YES"},
        {"one", "b", "0", NULL, "A", "HASH", "NO"},
        {"prefix", "a", "1", NULL, "A", "BTREE", NULL},
        {"prefix", "b", "1", "10", "A", "BTREE", NULL},
        {"two", "a", "1", NULL, "A", "BTREE", NULL},
        {"two", "b", "1", NULL, "A", "BTREE", NULL},
        {"unread", "c", "1", NULL, "A", "BTREE", NULL},
        {NULL, "a", "1", NULL, "A", "BTREE", NULL},
    };
    static const struct answer answers[] = {{"STATISTICS", 7, COUNT(rows), rows, 0}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    struct ferry_column *first = asking_add(&a, "a", FERRY_TYPE_INT);
    struct ferry_column *second = asking_add(&a, "b", FERRY_TYPE_INT);
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_int_equal(first->key_position, 2);
    assert_int_equal(second->key_position, 1);
    for (size_t i = 0; i < a.count; i++)
        assert_int_equal(ferry_schema_add(&a.schema, &a.columns[i].column, sizeof *first, &a.error),
                         FERRY_OK);
    assert_int_equal(mydrv_keys_add(&keys, &a.schema, &a.error), FERRY_OK);
    assert_int_equal(ferry_schema_index_count(&a.schema), 3);
    const struct ferry_index *primary = ferry_schema_index(&a.schema, 0);
    const struct ferry_index *one = ferry_schema_index(&a.schema, 1);
    const struct ferry_index *two = ferry_schema_index(&a.schema, 2);
    assert_true(primary->primary == 1 && primary->unique == 1 && primary->name == NULL);
    assert_int_equal(primary->column_count, 2);
    assert_string_equal(primary->columns[0], "b");
    assert_string_equal(primary->columns[1], "a");
    assert_string_equal(one->name, "one");
    assert_true(one->unique == 1 && one->primary == 0 && one->column_count == 1);
    assert_string_equal(two->name, "two");
    assert_true(two->unique == 0 && two->column_count == 2);
    static const char *const notes[] = {"'descending' is not carried",
                                        "'expression'",
                                        "'fulltext'",
                                        "'ignored'",
                                        "'prefix'",
                                        "'unread'"};
    for (size_t i = 0; i < COUNT(notes); i++)
        assert_true(asking_has_note(&a, notes[i]));
    assert_int_equal(a.schema.note_count, COUNT(notes));
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

static void test_a_key_that_the_server_added(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {
        {"PRIMARY", "my_row_id", "0", NULL, "A", "BTREE", "NO"}};
    static const struct answer answers[] = {{"STATISTICS", 7, COUNT(rows), rows, 0}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    a.conn.mariadb = false;
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_non_null(strstr(server.question, "IS_VISIBLE"));
    assert_int_equal(mydrv_keys_add(&keys, &a.schema, &a.error), FERRY_OK);
    assert_int_equal(a.schema.note_count, 0);
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

/* A column that begins an index has one, whatever the answer leaves out. */
static void test_keys_that_are_missing(void **state)
{
    (void)state;
    static const char *rows[][MOST_COLUMNS] = {{"PRIMARY", "a", "0", NULL, "A", "BTREE", NULL}};
    const struct answer answers[] = {{"STATISTICS", 7, 0, rows, 0}, {"STATISTICS", 7, 1, rows, 0}};
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct asking a;
        struct mydrv_keys keys = {0};
        asking_begin(&a, &answers[i], 1);
        (void)asking_add(&a, "a", FERRY_TYPE_INT);
        (void)asking_add(&a, "b", FERRY_TYPE_INT);
        a.columns[i].in_key = true;
        assert_int_equal(
            mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
            FERRY_ERR_STREAM);
        assert_error(&a.error, FERRY_ERR_STREAM, "does not tell the indexes of 't'");
        asking_end(&a);
    }
}

static void test_keys_that_are_refused_are_unknown(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"STATISTICS", 7, 0, NULL, 1142}};
    struct asking a;
    struct mydrv_keys keys = {0};
    asking_begin(&a, answers, COUNT(answers));
    assert_int_equal(
        mydrv_keys_read(&a.conn, "t", NULL, a.columns, a.count, &a.schema, &keys, &a.error),
        FERRY_OK);
    assert_true(asking_has_note(&a, "which keys and indexes there are is not known"));
    assert_true(a.schema.unknown && a.schema.notes[0].warns);
    assert_int_equal(keys.count, 0);
    mydrv_keys_clear(&keys);
    asking_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_of_mariadb),
        cmocka_unit_test(test_columns_that_are_read),
        cmocka_unit_test(test_a_key_with_the_end_of_history),
        cmocka_unit_test(test_a_view_of_mysql),
        cmocka_unit_test(test_a_vector_of_mariadb),
        cmocka_unit_test(test_what_the_server_does_not_tell),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_a_key_that_the_server_added),
        cmocka_unit_test(test_keys_that_are_missing),
        cmocka_unit_test(test_keys_that_are_refused_are_unknown),
    };
    return cmocka_run_group_tests_name("mysql catalog", tests, NULL, NULL);
}
