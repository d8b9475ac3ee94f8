/* Tests of the mysql driver's apply.c: the statements of a load of changes, and what their counts
 * and errors lead to.  The server's answers are written down. */

#include "unit.h"

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/spelling.c"
#include "../../../plugins/mysql/write/apply.c"
#include "../../../plugins/mysql/write/match.c"
#include "../../../plugins/parts/text.c"

#include "driver/schema.h"

#include <strings.h>

/* ---- The server ---- */

struct answer {
    const char *to; /* the statement begins so */
    uint64_t rows;  /* affected; or the number that a SELECT gives */
    const char *info;
    unsigned error;
    const char *effect[4][2]; /* of SELECT effect, COUNT(*): its rows */
};

static const struct answer *answers;
static size_t answer_count, answer_at;
static const struct answer *last;
static size_t row_at;
static MYSQL native;
static struct mydrv_conn conn = {.native = &native, .label = (char *)"l"};
static int rollbacks, turns;
static bool hangs, confirms;

bool mydrv_query(struct mydrv_conn *of, const struct part_text *sql)
{
    assert_ptr_equal(of, &conn);
    if (answer_at >= answer_count ||
        strncmp(sql->data, answers[answer_at].to, strlen(answers[answer_at].to)) != 0)
        fail_msg("step %zu is %s", answer_at, sql->data);
    last = &answers[answer_at++];
    row_at = 0;
    native.net.last_errno = last->error;
    return last->error == 0;
}

MYSQL_RES *STDCALL mysql_store_result(MYSQL *mysql)
{
    assert_ptr_equal(mysql, &native);
    return (MYSQL_RES *)&row_at;
}

void STDCALL mysql_free_result(MYSQL_RES *result)
{
    (void)result;
}

unsigned int STDCALL mysql_num_fields(MYSQL_RES *result)
{
    assert_ptr_equal(result, &row_at);
    return last->effect[0][0] != NULL ? 2 : 1;
}

MYSQL_ROW STDCALL mysql_fetch_row(MYSQL_RES *result)
{
    static char number[24];
    static const char *row[1] = {number};
    assert_ptr_equal(result, &row_at);
    if (last->effect[0][0] != NULL)
        return row_at < 4 && last->effect[row_at][0] != NULL ? (MYSQL_ROW)last->effect[row_at++]
                                                             : NULL;
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)last->rows);
    return row_at++ == 0 ? (MYSQL_ROW)row : NULL;
}

my_ulonglong STDCALL mysql_affected_rows(MYSQL *mysql)
{
    assert_ptr_equal(mysql, &native);
    return last->rows;
}

const char *STDCALL mysql_info(MYSQL *mysql)
{
    assert_ptr_equal(mysql, &native);
    return last->info;
}

my_bool STDCALL mysql_rollback(MYSQL *mysql)
{
    assert_ptr_equal(mysql, &native);
    rollbacks++;
    return 0;
}

/* ---- Other files of the driver ---- */

void mydrv_scan_write_name(const char *name, struct part_text *sql)
{
    part_text_add(sql, "dbferry_rows.");
    mydrv_text_add_name(sql, name);
}

ferry_status mydrv_ask(struct mydrv_conn *of, struct part_text *sql, unsigned columns,
                       const char *doing, MYSQL_RES **ret_rows, struct ferry_error *err)
{
    (void)of, (void)sql, (void)columns, (void)doing, (void)ret_rows, (void)err;
    fail();
    return FERRY_OK;
}

ferry_status mydrv_table_load(struct mydrv_conn *of, const char *name,
                              struct mydrv_table *ret_table, struct ferry_error *err)
{
    (void)err;
    assert_ptr_equal(of, &conn);
    assert_string_equal(name, "t");
    *ret_table = (struct mydrv_table){.exists = true};
    return FERRY_OK;
}

void mydrv_table_clear(struct mydrv_table *table)
{
    assert_true(table->exists);
}

ferry_status mydrv_table_confirm(const struct mydrv_conn *of, const struct ferry_load_spec *spec,
                                 const struct mydrv_table *now, struct ferry_error *err)
{
    assert_true(now->exists);
    return confirms ? FERRY_OK : ferry_load_fail_changed(spec, of->label, err);
}

const struct mydrv_live_column *mydrv_table_find(const struct mydrv_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcasecmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

ferry_status mydrv_dependents_look(struct mydrv_load *load, struct ferry_error *err)
{
    (void)err;
    assert_false(load->unit->in_place);
    load->unit->in_place = hangs;
    return FERRY_OK;
}

const char *mydrv_joint_return(void)
{
    return "ROLLBACK TO SAVEPOINT x";
}

bool mydrv_joint_is_undone(const struct mydrv_unit *unit)
{
    return unit->joint.open && native.net.last_errno == 1213;
}

ferry_status mydrv_joint_fail_undone(const struct mydrv_load *load, struct ferry_error *err)
{
    assert_ptr_equal(load->unit->conn, &conn);
    return ferry_fail(err, FERRY_ERR_BUSY, "all is undone");
}

void mydrv_wait_begin(struct mydrv_unit *unit)
{
    assert_ptr_equal(unit->conn, &conn);
}

ferry_status mydrv_wait_turn(struct mydrv_unit *unit, struct ferry_error *err)
{
    (void)err;
    assert_ptr_equal(unit->conn, &conn);
    return FERRY_OK;
}

bool mydrv_wait_again(struct mydrv_unit *unit)
{
    assert_ptr_equal(unit->conn, &conn);
    return native.net.last_errno == 1205 && turns-- > 0;
}

ferry_status mydrv_wait_fail(struct mydrv_unit *unit, const char *table, const char *doing,
                             struct ferry_error *err)
{
    assert_ptr_equal(unit->conn, &conn);
    return ferry_fail(err, FERRY_ERR_TARGET_IO, "%s: cannot %s (%u)", table, doing,
                      native.net.last_errno);
}

/* ---- A load ---- */

static struct mydrv_live_column live[] = {
    {.name = (char *)"id"}, {.name = (char *)"A"}, {.name = (char *)"mine"}};

struct place {
    struct ferry_schema schema;
    struct ferry_layout layout;
    struct ferry_load_spec spec;
    struct mydrv_unit unit;
    struct mydrv_form forms[2];
    struct mydrv_changes changes;
    struct mydrv_load load;
    struct ferry_error error;
};

static const size_t key[] = {0};

/* With so many changes of each kind, from INSERT to ADD. */
static void make_place(struct place *place, const uint64_t came[5])
{
    static const struct ferry_column columns[] = {
        {.name = "id", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
        {.name = "a", .native = "", .type = FERRY_TYPE_INT, .bits = 64},
    };
    memset(place, 0, sizeof *place);
    for (size_t i = 0; i < COUNT(columns); i++)
        (void)ferry_schema_add(&place->schema, &columns[i], sizeof columns[i], &place->error);
    assert_no_error(&place->error);
    place->layout = (struct ferry_layout){.table = "t", .schema = &place->schema};
    place->spec = (struct ferry_load_spec){.layout = &place->layout, .key = key, .key_count = 1};
    place->unit = (struct mydrv_unit){.conn = &conn, .in_place = true};
    place->changes = (struct mydrv_changes){
        .tag = (char *)"op", .effect = (char *)"do", .index = (char *)"PRIMARY"};
    memcpy(&place->changes.came[FERRY_OP_INSERT], came, 5 * sizeof *came);
    place->load = (struct mydrv_load){.unit = &place->unit,
                                      .spec = &place->spec,
                                      .layout = &place->layout,
                                      .table = {.columns = live, .column_count = COUNT(live)},
                                      .names = {.stage = (char *)"s"},
                                      .lane = {.forms = place->forms},
                                      .changes = &place->changes};
    rollbacks = turns = 0;
    hangs = false;
    confirms = true;
}

/* Apply them to a server that answers so, to its last answer. */
static ferry_status apply_to(struct place *place, const struct answer *list, size_t count)
{
    answers = list;
    answer_count = count;
    answer_at = 0;
    ferry_status status = mydrv_apply(&place->load, &place->error);
    assert_int_equal(answer_at, count);
    assert_int_equal(place->error.status, status);
    assert_true(place->unit.in_place);
    return status;
}

static void leave(struct place *place)
{
    ferry_schema_done(&place->schema);
    ferry_error_clear(&place->error);
}

static void totals_are(const struct place *place, uint64_t before, uint64_t inserted,
                       uint64_t updated, uint64_t deleted, uint64_t after)
{
    const struct ferry_load_totals *totals = &place->changes.totals;
    assert_int_equal(totals->before, before);
    assert_int_equal(totals->inserted, inserted);
    assert_int_equal(totals->updated, updated);
    assert_int_equal(totals->deleted, deleted);
    assert_int_equal(totals->after, after);
}

/* clang-format off */
#define JOIN "`s` AS dbferry_changes STRAIGHT_JOIN `t` AS dbferry_rows FORCE INDEX (`PRIMARY`) ON " \
             "dbferry_rows.`id` = dbferry_changes.`id`"
#define OF(kind) " WHERE (dbferry_changes.`op` = " kind " OR dbferry_changes.`do` = " kind ")"
#define BEGIN {.to = "START TRANSACTION"}, {.to = "SELECT 1 FROM `t` LIMIT 0"}
#define DELETE(count) {.to = "DELETE dbferry_rows FROM " JOIN OF("3"), .rows = (count)}
#define UPDATE(changed, matched) {.to = "UPDATE " JOIN " SET dbferry_rows.`a` = dbferry_changes.`a`" OF("2"), \
    .rows = (changed), .info = "Rows matched: " matched "  Changed: x  Warnings: 0"}
#define ABSENT(count) {.to = "SELECT COUNT(*) FROM " JOIN OF("1"), .rows = (count)}
#define INSERT(count) {.to = "INSERT INTO `t` (`id`, `a`) SELECT dbferry_changes.`id`, dbferry_changes.`a` FROM " \
    "`s` AS dbferry_changes" OF("1"), .rows = (count)}
#define NOW(count) {.to = "SELECT COUNT(*) FROM `t`", .rows = (count)}
/* clang-format on */

static void test_each_kind(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN,     DELETE(2), UPDATE(3, "3"),
                                         ABSENT(0), INSERT(4), NOW(102)};
    struct place place;
    make_place(&place, (const uint64_t[]){4, 3, 2, 0, 0});
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    totals_are(&place, 100, 4, 3, 2, 102);
    assert_int_equal(rollbacks, 0);
    leave(&place);
}

static void test_nothing(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN, NOW(7)};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 0, 0, 0, 0});
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    totals_are(&place, 7, 0, 0, 0, 7);
    leave(&place);
}

/* Rows that had the values already were found, and not written. */
static void test_an_update_that_changes_less(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN, UPDATE(1, "3"), NOW(7)};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 3, 0, 0, 0});
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    totals_are(&place, 7, 0, 1, 0, 7);
    leave(&place);
}

/* Somebody has written to the table: the statement of that number is the last. */
static void test_other_counts(void **state)
{
    (void)state;
    static const struct answer lists[][6] = {
        {BEGIN, DELETE(1)},
        {BEGIN, DELETE(3)},
        {BEGIN, DELETE(2), UPDATE(3, "2")},
        {BEGIN, DELETE(2), UPDATE(3, "4")},
        {BEGIN, DELETE(2), UPDATE(3, "3"), ABSENT(1)},
        {BEGIN, DELETE(2), UPDATE(3, "3"), ABSENT(0), INSERT(3)},
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct place place;
        size_t count = 0;
        while (count < 6 && lists[i][count].to != NULL)
            count++;
        make_place(&place, (const uint64_t[]){4, 3, 2, 0, 0});
        assert_int_equal(apply_to(&place, lists[i], count), FERRY_ERR_BUSY);
        assert_true(place.error.may_pass);
        assert_error(&place.error, FERRY_ERR_BUSY, "was changed by another connection");
        leave(&place);
    }
}

static void test_another_table(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN};
    struct place place;
    for (int i = 0; i < 2; i++) {
        make_place(&place, (const uint64_t[]){4, 3, 2, 0, 0});
        confirms = i == 0;
        hangs = i == 0;
        assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_ERR_BUSY);
        leave(&place);
    }
}

/* ---- UPSERT and ADD ---- */

/* clang-format off */
#define ALL_NEW {.to = "UPDATE `s` AS dbferry_changes SET dbferry_changes.`do` = 1 WHERE dbferry_changes.`op` IN (4, 5)"}
#define RESOLVE {.to = "UPDATE " JOIN " SET dbferry_changes.`do` = IF(dbferry_rows.`a` <=> dbferry_changes.`a` AND TRUE, 0, " \
    "IF(dbferry_changes.`op` = 4, 2, 3)) WHERE dbferry_changes.`op` IN (4, 5)"}
#define COUNTS .to = "SELECT dbferry_changes.`do`, COUNT(*) FROM `s` AS dbferry_changes WHERE dbferry_changes.`op` IN (4, 5) GROUP BY 1"
/* clang-format on */

static void test_upsert(void **state)
{
    (void)state;
    static const struct answer list[] = {
        BEGIN,          ALL_NEW,
        RESOLVE,        {COUNTS, .effect = {{"0", "5"}, {"1", "2"}, {"2", "3"}}},
        UPDATE(3, "3"), ABSENT(0),
        INSERT(2),      NOW(12)};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 0, 0, 10, 0});
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    totals_are(&place, 10, 2, 3, 0, 12);
    leave(&place);
}

static void test_add_of_another_row(void **state)
{
    (void)state;
    static const struct answer list[] = {
        BEGIN, ALL_NEW, RESOLVE, {COUNTS, .effect = {{"1", "2"}, {"3", "1"}}}};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 0, 0, 0, 3});
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_ERR_DATA);
    assert_error(&place.error, FERRY_ERR_DATA, "by its key 'id'");
    leave(&place);
}

/* ---- Values that rows take of each other ---- */

/* clang-format off */
#define TWICE {.to = "UPDATE " JOIN " SET dbferry_rows.`a`", .error = 1062}
#define KEEP {.to = "UPDATE " JOIN " SET dbferry_changes.`mine` = dbferry_rows.`mine`" OF("2")}
#define OUT(count) {.to = "DELETE dbferry_rows FROM " JOIN OF("2"), .rows = (count)}
#define IN(count, code) {.to = "INSERT INTO `t` (`id`, `A`, `mine`) SELECT dbferry_changes.`id`, dbferry_changes.`A`, " \
    "dbferry_changes.`mine` FROM `s` AS dbferry_changes" OF("2"), .rows = (count), .error = (code)}
/* clang-format on */

static void test_values_that_are_swapped(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN, TWICE, KEEP, OUT(2), IN(2, 0), NOW(5)};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 2, 0, 0, 0});
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    totals_are(&place, 5, 0, 2, 0, 5);
    leave(&place);
}

static void test_a_value_that_is_there(void **state)
{
    (void)state;
    static const struct answer update[] = {BEGIN, TWICE, KEEP, OUT(2), IN(0, 1062)};
    static const struct answer insert[] = {BEGIN, ABSENT(0), {.to = "INSERT", .error = 1062}};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 2, 0, 0, 0});
    assert_int_equal(apply_to(&place, update, COUNT(update)), FERRY_ERR_DATA);
    assert_error(&place.error, FERRY_ERR_DATA, "twice in a unique key (error 1062)");
    leave(&place);
    make_place(&place, (const uint64_t[]){2, 0, 0, 0, 0});
    assert_int_equal(apply_to(&place, insert, COUNT(insert)), FERRY_ERR_DATA);
    assert_error(&place.error, FERRY_ERR_DATA, "twice in a unique key (error 1062)");
    leave(&place);
}

static void test_rows_that_are_gone_meanwhile(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN, TWICE, KEEP, OUT(1)};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 2, 0, 0, 0});
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_ERR_BUSY);
    leave(&place);
}

/* ---- Others' locks ---- */

static void test_locks_of_others(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN,
                                         {.to = "DELETE", .error = 1205},
                                         BEGIN,
                                         DELETE(2),
                                         {.to = "UPDATE", .error = 1205},
                                         BEGIN,
                                         DELETE(2),
                                         UPDATE(3, "3"),
                                         NOW(8)};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 3, 2, 0, 0});
    turns = 2;
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    assert_int_equal(rollbacks, 2);
    totals_are(&place, 10, 0, 3, 2, 8);
    leave(&place);
    make_place(&place, (const uint64_t[]){0, 3, 2, 0, 0});
    turns = 1;
    assert_int_equal(apply_to(&place, list, 7), FERRY_ERR_TARGET_IO);
    assert_error(&place.error, FERRY_ERR_TARGET_IO, "t: cannot change the rows (1205)");
    assert_int_equal(rollbacks, 1);
    leave(&place);
}

/* Of many tables, this one's changes alone are undone, or all by the server. */
static void test_locks_of_others_among_many_tables(void **state)
{
    (void)state;
    static const struct answer first = {.to = "ROLLBACK TO SAVEPOINT x"};
    static const struct answer confirm = {.to = "SELECT 1 FROM `t` LIMIT 0"};
    const struct answer waits[] = {first, confirm, DELETE(2), {.to = "UPDATE", .error = 1205},
                                   first, confirm, DELETE(2), UPDATE(3, "3"),
                                   NOW(8)};
    const struct answer undone[] = {first, confirm, {.to = "DELETE", .error = 1213}};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 3, 2, 0, 0});
    place.unit.joint.open = true;
    turns = 1;
    assert_int_equal(apply_to(&place, waits, COUNT(waits)), FERRY_OK);
    assert_int_equal(rollbacks, 0);
    totals_are(&place, 10, 0, 3, 2, 8);
    leave(&place);
    make_place(&place, (const uint64_t[]){0, 3, 2, 0, 0});
    place.unit.joint.open = true;
    assert_int_equal(apply_to(&place, undone, COUNT(undone)), FERRY_ERR_BUSY);
    assert_error(&place.error, FERRY_ERR_BUSY, "all is undone");
    leave(&place);
}

/* ---- Without a key, and with triggers ---- */

static void test_rows_without_a_key(void **state)
{
    (void)state;
    static const struct answer list[] = {BEGIN, INSERT(4), NOW(9)};
    struct place place;
    make_place(&place, (const uint64_t[]){4, 0, 0, 0, 0});
    place.spec.key_count = 0;
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    totals_are(&place, 5, 4, 0, 0, 9);
    leave(&place);
}

static void test_a_row_that_is_its_key(void **state)
{
    (void)state;
    static const size_t both[] = {0, 1};
    static const struct answer list[] = {
        BEGIN, {.to = "SELECT COUNT(*) FROM `s`", .rows = 3}, NOW(9)};
    struct place place;
    make_place(&place, (const uint64_t[]){0, 3, 0, 0, 0});
    place.spec.key = both;
    place.spec.key_count = 2;
    assert_int_equal(apply_to(&place, list, COUNT(list)), FERRY_OK);
    totals_are(&place, 9, 0, 0, 0, 9);
    leave(&place);
}

static void test_triggers_that_count(void **state)
{
    (void)state;
    static const struct answer good[] = {BEGIN, NOW(10), DELETE(2), ABSENT(0), INSERT(1), NOW(9)};
    static const struct answer bad[] = {BEGIN, NOW(10), DELETE(2), ABSENT(0), INSERT(1), NOW(8)};
    struct place place;
    make_place(&place, (const uint64_t[]){1, 0, 2, 0, 0});
    place.load.triggered = place.changes.hung = true;
    assert_int_equal(apply_to(&place, good, COUNT(good)), FERRY_OK);
    totals_are(&place, 10, 1, 0, 2, 9);
    leave(&place);
    make_place(&place, (const uint64_t[]){1, 0, 2, 0, 0});
    place.load.triggered = place.changes.hung = true;
    assert_int_equal(apply_to(&place, bad, COUNT(bad)), FERRY_ERR_DATA);
    assert_error(&place.error, FERRY_ERR_DATA,
                 "holds 8 rows after 1 were added to 10 and 2 deleted; a trigger");
    leave(&place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_an_update_that_changes_less),
        cmocka_unit_test(test_other_counts),
        cmocka_unit_test(test_another_table),
        cmocka_unit_test(test_upsert),
        cmocka_unit_test(test_add_of_another_row),
        cmocka_unit_test(test_values_that_are_swapped),
        cmocka_unit_test(test_a_value_that_is_there),
        cmocka_unit_test(test_rows_that_are_gone_meanwhile),
        cmocka_unit_test(test_locks_of_others),
        cmocka_unit_test(test_locks_of_others_among_many_tables),
        cmocka_unit_test(test_rows_without_a_key),
        cmocka_unit_test(test_a_row_that_is_its_key),
        cmocka_unit_test(test_triggers_that_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
