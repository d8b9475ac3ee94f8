/* Tests of the sqlite driver's loads of changes by random rows: whatever was in the table before,
 * and whichever of its columns are the key, it holds afterwards what it should. */

#include "changes.h"

#define ROWS 24   /* at most */
#define VALUES 30 /* of ids, and of codes */
#define SEEDS 8   /* per shape and key */
#define ROW_TEXT 64

struct row {
    int id;
    int name; /* 0: NULL */
    int code;
    int any;
};

struct rows {
    struct row list[ROWS];
    size_t count;
};

static const struct ferry_column four[] = {INT_COLUMN("id"), TEXT_COLUMN("name"),
                                           TEXT_COLUMN("code"), LOOSE_COLUMN("any")};
static const char *const four_natives[] = {"INTEGER", "TEXT", "TEXT", "BLOB"};

static const char *const shapes[] = {
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, code TEXT UNIQUE, any BLOB)",
    "CREATE TABLE t(id INTEGER UNIQUE, any BLOB, name TEXT, code TEXT, UNIQUE(code, name))",
    "CREATE TABLE t(more TEXT DEFAULT 'x', id INTEGER, name TEXT, code TEXT, any BLOB)",
    "CREATE TABLE t(id INTEGER, name TEXT, code TEXT COLLATE NOCASE, any BLOB, PRIMARY KEY(id)) "
    "WITHOUT ROWID; CREATE INDEX i ON t(code, id)",
    "CREATE TABLE t(code TEXT PRIMARY KEY, id INTEGER UNIQUE, name TEXT, any BLOB) WITHOUT ROWID",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT COLLATE RTRIM, code TEXT COLLATE RTRIM, any "
    "BLOB, n AS (id * 2) UNIQUE, m TEXT AS (code || '!') STORED); CREATE INDEX i ON t(code); "
    "CREATE "
    "UNIQUE INDEX j ON t(hex(code))",
    "CREATE TABLE t(id INTEGER, name TEXT, code TEXT, any BLOB); CREATE INDEX i ON t(name); CREATE "
    "UNIQUE INDEX j ON t(code) WHERE id > 10; CREATE UNIQUE INDEX k ON t(id DESC)",
};
/* The columns of the key. */
static const char *const keys[] = {"0", "2", "02", "20"};

/* ---- Rows by chance ---- */

static uint32_t chance_state;

static int chance(int below)
{
    chance_state = chance_state * 1664525 + 1013904223;
    return (int)((chance_state >> 8) % (uint32_t)below);
}

/* Numbers below VALUES, each once, by chance. */
static void shuffle(int *numbers)
{
    for (int i = 0; i < VALUES; i++)
        numbers[i] = i;
    for (int i = VALUES - 1; i > 0; i--) {
        int other = chance(i + 1);
        int kept = numbers[i];
        numbers[i] = numbers[other];
        numbers[other] = kept;
    }
}

static void make_rows(struct rows *rows)
{
    int ids[VALUES];
    int codes[VALUES];
    shuffle(ids);
    shuffle(codes);
    rows->count = (size_t)chance(ROWS + 1);
    for (size_t i = 0; i < rows->count; i++)
        rows->list[i] = (struct row){ids[i], chance(4), codes[i], chance(5)};
}

/* Some of them changed: they swap ids or codes, or get other values; some go, some come. */
static void change_rows(const struct rows *before, struct rows *after)
{
    *after = *before;
    for (size_t i = 0; i < after->count; i++) {
        struct row *row = &after->list[i];
        struct row *other = &after->list[chance((int)after->count)];
        int kept = 0;
        switch (chance(8)) {
        case 0:
            kept = row->code;
            row->code = other->code;
            other->code = kept;
            break;
        case 1:
            kept = row->id;
            row->id = other->id;
            other->id = kept;
            break;
        case 2:
            row->name = chance(4);
            break;
        case 3:
            row->any = chance(5);
            break;
        case 4:
            *row = after->list[--after->count];
            break;
        case 5: /* ones that nobody had */
            row->id = VALUES + (int)i;
            row->code = VALUES + (int)i;
            break;
        default:
            break;
        }
    }
}

/* ---- Rows as texts ---- */

/* Codes that a collation takes for one: "a", "A", "a ", and so on. */
static void print_code(int code, char *text, size_t size)
{
    (void)snprintf(text, size, "%c%s", "abcdefghijklmnopqr"[code / 3] - (code % 3 == 1 ? 32 : 0),
                   code % 3 == 2 ? " " : "");
}

static void print_row(const struct row *row, const char *key, bool key_alone, char *text)
{
    static const char *const names[] = {"NULL", "", "x", "X"};
    static const char *const values[] = {"NULL", "i:5", "f:5", "t:5", "5"};
    char code[8];
    char id[16];
    print_code(row->code, code, sizeof code);
    (void)snprintf(id, sizeof id, "%d", row->id);
    if (!key_alone)
        (void)snprintf(text, ROW_TEXT, "%s|%s|%s|%s", id, names[row->name], code, values[row->any]);
    else
        (void)snprintf(text, ROW_TEXT, "%s%s%s", key[0] == '0' ? id : code,
                       key[1] != '\0' ? "|" : "",
                       key[1] == '\0'  ? ""
                       : key[1] == '0' ? id
                                       : code);
}

static bool same_key(const struct row *a, const struct row *b, const char *key)
{
    return (strchr(key, '0') == NULL || a->id == b->id) &&
           (strchr(key, '2') == NULL || a->code == b->code);
}

static const struct row *find_row(const struct rows *rows, const struct row *row, const char *key)
{
    for (size_t i = 0; i < rows->count; i++)
        if (same_key(&rows->list[i], row, key))
            return &rows->list[i];
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    return ((const struct row *)a)->id - ((const struct row *)b)->id;
}

/* All of them, in the order of their ids. */
static void print_all(struct rows *rows, char *text)
{
    text[0] = '\0';
    qsort(rows->list, rows->count, sizeof rows->list[0], compare_ids);
    for (size_t i = 0; i < rows->count; i++) {
        char row[ROW_TEXT];
        print_row(&rows->list[i], "0", false, row);
        (void)snprintf(text + strlen(text), CHANGES_TEXT - strlen(text), "%s%s", i == 0 ? "" : ";",
                       row);
    }
}

/* ---- A table, and a load into it ---- */

static char *make_rows_table(const char *folder, const char *shape, const struct rows *rows)
{
    static const char *const names[] = {"NULL", "''", "'x'", "'X'"};
    static const char *const values[] = {"NULL", "5", "5.0", "'5'", "x'35'"};
    char sql[CHANGES_TEXT];
    (void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; %s;", chance(2) ? "WAL" : "DELETE",
                   shape);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->list[i];
        char code[8];
        print_code(row->code, code, sizeof code);
        (void)snprintf(sql + strlen(sql), sizeof sql - strlen(sql),
                       "INSERT INTO t(id, name, code, any) VALUES(%d, %s, '%s', %s);", row->id,
                       names[row->name], code, values[row->any]);
    }
    return make_database(folder, "x.db", sql);
}

static uint64_t send_row(struct changes *changes, uint32_t operation, const struct row *row,
                         const char *key)
{
    char text[ROW_TEXT];
    print_row(row, key, operation == FERRY_OP_DELETE, text);
    assert_int_equal(send(changes, operation, text), FERRY_OK);
    return 1;
}

/* What makes the one of the other, as the engine would send it, or by UPSERT. */
static struct ferry_load_totals send_changes(struct changes *changes, const struct rows *before,
                                             const struct rows *after, const char *key)
{
    struct ferry_load_totals totals = {.before = before->count, .after = after->count};
    bool upserts = chance(2) != 0;
    for (size_t i = 0; i < after->count || i < before->count; i++) {
        const struct row *new = i < after->count ? &after->list[i] : NULL;
        const struct row *old = new == NULL ? NULL : find_row(before, new, key);
        char was[ROW_TEXT] = "";
        char is[ROW_TEXT] = "";
        if (new != NULL)
            print_row(new, key, false, is);
        if (old != NULL)
            print_row(old, key, false, was);
        bool same = old != NULL && strcmp(was, is) == 0;
        if (new != NULL && upserts)
            (void)send_row(changes, FERRY_OP_UPSERT, new, key);
        else if (new != NULL && !same)
            (void)send_row(changes, old == NULL ? FERRY_OP_INSERT : FERRY_OP_UPDATE, new, key);
        totals.inserted += new != NULL &&old == NULL ? 1 : 0;
        totals.updated += old != NULL && !same ? 1 : 0;
        if (i < before->count && find_row(after, &before->list[i], key) == NULL)
            totals.deleted += send_row(changes, FERRY_OP_DELETE, &before->list[i], key);
    }
    return totals;
}

static void change_by_chance(const char *shape, const char *key)
{
    static const size_t id[] = {0};
    const struct ferry_scan scan = {.order = id, .order_count = 1};
    struct changes changes;
    struct rows before;
    struct rows after;
    char expected[CHANGES_TEXT];
    char *folder = make_folder();
    make_rows(&before);
    change_rows(&before, &after);
    char *path = make_rows_table(folder, shape, &before);
    plan_changes(&changes, path, four, four_natives, 4, key);
    begin_changes(&changes);
    struct ferry_load_totals totals = send_changes(&changes, &before, &after, key);
    assert_int_equal(end_changes(&changes), FERRY_OK);
    assert_memory_equal(&changes.totals, &totals, sizeof totals);
    print_all(&after, expected);
    assert_string_equal(read_stored_rows(&changes, changes.load, &scan), expected);
    commit_changes(&changes);
    assert_string_equal(read_stored_rows(&changes, NULL, &scan), expected);
    assert_file(path, "PRAGMA integrity_check", "ok");
    end_changes_plan(&changes);
    free(path);
    remove_folder(folder);
}

static void test_random_rows(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < SEEDS * COUNT(shapes) * COUNT(keys); seed++) {
        chance_state = seed;
        (void)chance(2);
        const char *shape = shapes[seed % COUNT(shapes)];
        const char *key = keys[seed / COUNT(shapes) % COUNT(keys)];
        change_by_chance(shape, key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_random_rows, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite changes by chance", tests, NULL, NULL);
}
