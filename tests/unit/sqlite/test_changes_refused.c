/* Tests of the sqlite driver's loads of changes that fail: each says why, and nothing has changed.
 */

#include "changes.h"

static const struct ferry_column three[] = {INT_COLUMN("id"), TEXT_COLUMN("name"),
                                            TEXT_COLUMN("code")};
static const char *const three_natives[] = {"INTEGER", "TEXT", "TEXT"};
static const char rows[] =
    "INSERT INTO t(id, name, code) VALUES(1, 'Ada', 'a'), (2, 'Bo', 'b'), (3, "
    "'Cy', 'c')";
static char *folder;
static char *path;

static void make_target(struct changes *changes, const char *definition, const char *key)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "CREATE TABLE t(%s); %s", definition, rows);
    folder = make_folder();
    path = make_database(folder, "x.db", sql);
    plan_changes(changes, path, three, three_natives, 3, key);
}

static void drop_target(struct changes *changes)
{
    end_changes_plan(changes);
    free(path);
    remove_folder(folder);
}

static void assert_as_before(void)
{
    assert_file(path,
                "SELECT group_concat(id || name || code, ' ') FROM (SELECT * FROM t ORDER BY id)",
                "1Adaa 2Bob 3Cyc");
    assert_file(path, "PRAGMA integrity_check", "ok");
}

#define PLAIN "id INTEGER, name TEXT, code TEXT"
#define INDEXED "id INTEGER PRIMARY KEY, name TEXT, code TEXT UNIQUE CHECK(code <> 'z')"
#define CHANGED                                                                                    \
    "table 't' was changed by another connection meanwhile; this run has left it as it is; run "   \
    "again"
#define CAME_TWICE "table 't': two rows that came in have the same key"

static const struct {
    const char *definition;
    const char *key;
    uint32_t operation;
    const char *sent;
    ferry_status status;
    const char *text;
} refused[] = {
    {PLAIN, "0", FERRY_OP_UPDATE, "1|x|a;4|x|x", FERRY_ERR_BUSY, CHANGED},
    {INDEXED, "0", FERRY_OP_UPDATE, "1|x|a;4|x|x", FERRY_ERR_BUSY, CHANGED},
    {PLAIN, "0", FERRY_OP_DELETE, "2;5", FERRY_ERR_BUSY, CHANGED},
    {INDEXED, "0", FERRY_OP_DELETE, "2;5", FERRY_ERR_BUSY, CHANGED},
    {PLAIN, "0", FERRY_OP_INSERT, "4|x|x;3|Cy|c", FERRY_ERR_BUSY, CHANGED},
    {INDEXED, "0", FERRY_OP_INSERT, "4|x|x;3|Cy|c", FERRY_ERR_BUSY, CHANGED},
    /* Its name in another case is another key. */
    {"id INTEGER, name TEXT COLLATE NOCASE UNIQUE, code TEXT", "1", FERRY_OP_DELETE, "ada",
     FERRY_ERR_BUSY, CHANGED},
    {"id INTEGER, name TEXT COLLATE RTRIM UNIQUE, code TEXT", "1", FERRY_OP_UPDATE, "9|Bo |x",
     FERRY_ERR_BUSY, CHANGED},
    {PLAIN, "0", FERRY_OP_UPSERT, "4|x|x;5|y|y;4|z|z", FERRY_ERR_DATA, CAME_TWICE},
    {PLAIN, "0", FERRY_OP_UPSERT, "1|x|x;1|z|z", FERRY_ERR_DATA, CAME_TWICE},
    {INDEXED, "0", FERRY_OP_UPSERT, "1|x|x;1|z|y", FERRY_ERR_DATA, CAME_TWICE},
    {INDEXED, "0", FERRY_OP_UPSERT, "4|x|x;4|z|y", FERRY_ERR_DATA,
     "changing the rows of table 't': UNIQUE constraint failed: t.id"},
    {PLAIN, "10", FERRY_OP_ADD, "1|Ada|b", FERRY_ERR_DATA,
     "table 't': a row that came in is there already, with other values; strategy = \"upsert\" "
     "would change it (name, id)"},
    {INDEXED, "0", FERRY_OP_INSERT, "4|x|b", FERRY_ERR_DATA, "UNIQUE constraint failed: t.code"},
    {INDEXED, "0", FERRY_OP_UPDATE, "1|Ada|b", FERRY_ERR_DATA, "UNIQUE constraint failed: t.code"},
    {INDEXED, "0", FERRY_OP_UPDATE, "1|Ada|z", FERRY_ERR_DATA, "CHECK constraint failed"},
    {INDEXED, "", FERRY_OP_INSERT, "1|x|x", FERRY_ERR_DATA, "UNIQUE constraint failed: t.id"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct changes changes;
        make_target(&changes, refused[i].definition, refused[i].key);
        for (int round = 0; round < 2; round++) { /* the connection can be used again */
            begin_changes(&changes);
            assert_int_equal(send(&changes, refused[i].operation, refused[i].sent), FERRY_OK);
            assert_int_equal(end_changes(&changes), refused[i].status);
            assert_int_equal(changes.error.may_pass, refused[i].status == FERRY_ERR_BUSY);
            assert_error(&changes.error, refused[i].status, refused[i].text);
            abort_changes(&changes);
            assert_as_before();
        }
        drop_target(&changes);
    }
}

static void test_twice_in_the_table(void **state)
{
    (void)state;
    static const uint32_t operations[] = {FERRY_OP_UPSERT, FERRY_OP_ADD, FERRY_OP_UPDATE};
    for (size_t i = 0; i < COUNT(operations); i++) {
        struct changes changes;
        folder = make_folder();
        path = make_database(folder, "x.db",
                             "CREATE TABLE t(id INTEGER, name TEXT, code TEXT); INSERT INTO t "
                             "VALUES(1, 'x', 'y'), (2, 'a', 'b'), (1, 'z', 'w')");
        plan_changes(&changes, path, three, three_natives, 3, "0");
        begin_changes(&changes);
        assert_int_equal(send(&changes, operations[i], "1|a|a"), FERRY_OK);
        if (operations[i] != FERRY_OP_ADD) /* and one that is there once */
            assert_int_equal(send(&changes, FERRY_OP_ADD, "2|a|b"), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_ERR_DATA);
        assert_error(&changes.error, FERRY_ERR_DATA,
                     "table 't': two of its rows have the same key; choose another with key, or "
                     "strategy = \"replace\" (id)");
        drop_target(&changes);
    }
}

/* ---- What does not begin ---- */

static ferry_status try_begin(struct changes *changes)
{
    assert_int_equal(
        sqldrv_target.change_begin(changes->conn, &changes->spec, &changes->unit, &changes->error),
        FERRY_OK);
    return sqldrv_target.load_begin(changes->unit, &changes->load_spec, &changes->load,
                                    &changes->error);
}

static void test_not_begun(void **state)
{
    (void)state;
    struct changes changes;
    make_target(&changes, "id INT, name TEXT, code TEXT, rowid TEXT, \"OID\" TEXT, _rowid_ TEXT",
                "0");
    assert_int_equal(try_begin(&changes), FERRY_ERR_SCHEMA);
    assert_error(&changes.error, FERRY_ERR_SCHEMA,
                 "table 't' has columns called rowid, _rowid_ and oid, so that its rows cannot be "
                 "told apart; choose strategy = \"replace\"");
    drop_target(&changes);

    make_target(&changes, PLAIN, "0");
    changes.load_spec.definition++;
    assert_int_equal(try_begin(&changes), FERRY_ERR_BUSY);
    assert_error(&changes.error, FERRY_ERR_BUSY, CHANGED);
    abort_changes(&changes);
    changes.load_spec.definition--;
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(try_begin(&changes), FERRY_ERR_BUSY);
    assert_error(&changes.error, FERRY_ERR_BUSY, "another connection was writing (waited ");
    abort_changes(&changes);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    begin_changes(&changes); /* then nobody else writes, and all read */
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    assert_int_equal(send(&changes, FERRY_OP_DELETE, "2"), FERRY_OK);
    assert_as_before();
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    sqldrv_cancel(changes.conn);
    assert_int_equal(send(&changes, FERRY_OP_DELETE, "1"), FERRY_ERR_CANCELLED);
    assert_error(&changes.error, FERRY_ERR_CANCELLED, "stopped");
    assert_int_equal(end_changes(&changes), FERRY_ERR_CANCELLED);
    assert_error(&changes.error, FERRY_ERR_CANCELLED, "stopped");
    abort_changes(&changes);
    assert_as_before();
    drop_target(&changes);
}

static void test_a_value_that_does_not_fit(void **state)
{
    (void)state;
    struct changes changes;
    make_target(&changes, INDEXED, "0");
    begin_changes(&changes);
    assert_int_equal(send(&changes, FERRY_OP_UPSERT, "4|x|x;NULL|y|y"), FERRY_ERR_DATA);
    assert_error(&changes.error, FERRY_ERR_DATA,
                 "row 2, column 'id': NULL in an INTEGER PRIMARY KEY, where SQLite would put a "
                 "number");
    abort_changes(&changes);
    begin_changes(&changes);
    assert_int_equal(send(&changes, FERRY_OP_DELETE, "1;NULL"), FERRY_ERR_DATA);
    assert_error(&changes.error, FERRY_ERR_DATA, "row 2, column 'id': NULL");
    drop_target(&changes);
}

/* ---- Memory ---- */

/* With so much of it: false where that was not enough, at whatever step. */
static bool change_within(struct changes *changes, sqlite3_int64 room)
{
    (void)sqlite3_hard_heap_limit64(sqlite3_memory_used() + room);
    ferry_status status = try_begin(changes);
    if (status == FERRY_OK)
        status = send(changes, FERRY_OP_UPDATE, "1|Ada|b;2|Bo|a");
    if (status == FERRY_OK)
        status = send(changes, FERRY_OP_INSERT, "5|Eve|e");
    if (status == FERRY_OK)
        status = send(changes, FERRY_OP_DELETE, "3");
    if (status == FERRY_OK)
        status = sqldrv_target.load_end(changes->load, &changes->totals, &changes->error);
    (void)sqlite3_hard_heap_limit64(0);
    if (status != FERRY_OK)
        assert_error(&changes->error, FERRY_ERR_SYSTEM, "out of memory");
    abort_changes(changes);
    return status == FERRY_OK;
}

static void test_memory(void **state)
{
    (void)state;
    static const char *const definitions[] = {PLAIN, INDEXED};
    for (size_t i = 0; i < COUNT(definitions); i++) {
        struct changes changes;
        bool done = false;
        make_target(&changes, definitions[i], "0");
        assert_true(change_within(&changes, 1 << 24)); /* what stays in memory afterwards */
        for (sqlite3_int64 room = 0; !done; room += 128)
            done = change_within(&changes, room);
        assert_as_before();
        drop_target(&changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_refused, forget_guards),
        cmocka_unit_test_teardown(test_twice_in_the_table, forget_guards),
        cmocka_unit_test_teardown(test_not_begun, forget_guards),
        cmocka_unit_test_teardown(test_a_value_that_does_not_fit, forget_guards),
        cmocka_unit_test_teardown(test_memory, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite changes that are refused", tests, NULL, NULL);
}
