/* Changes become rows of the live table, in one transaction: DELETE, UPDATE and INSERT by key, each
 * of exactly the rows that it is meant for.
 *
 * What others' locks have stopped is undone and done once more, from the beginning: the changes lie
 * ready.  Rows that take each other's unique values fail as an UPDATE: then they are deleted and
 * inserted.  Never ON DUPLICATE KEY UPDATE, which fires on any unique key.
 */

#include "read/read.h"
#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* What a change of type UPSERT or ADD turned out to be. */
enum {
    EFFECT_SAME = 0,
    EFFECT_INSERT = FERRY_OP_INSERT,
    EFFECT_UPDATE = FERRY_OP_UPDATE,
    EFFECT_OTHER
};

struct apply {
    struct mydrv_load *load;
    MYSQL *native;
    struct ferry_load_totals *totals;
    uint64_t inserts, updates; /* that are due */
    struct ferry_error *err;
    ferry_status status; /* what it failed with, where `err` says so; FERRY_OK: the connection has
                            the error, which may be of a lock */
};

/* ---- Statements ---- */

static bool apply_fail(struct apply *apply, ferry_status status)
{
    apply->status = status;
    return false;
}

static bool apply_run(struct apply *apply, struct part_text *sql)
{
    if (sql->failed)
        return apply_fail(apply, mydrv_fail_memory(apply->err));
    bool done = mydrv_query(apply->load->unit->conn, sql);
    sql->length = 0;
    return done;
}

static bool apply_text(struct apply *apply, const char *statement)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, statement);
    return apply_run(apply, &sql);
}

/* Two numbers of each row that the question answers: `take` gets them. */
static bool apply_ask(struct apply *apply, struct part_text *sql,
                      void (*take)(uint64_t first, uint64_t second, void *data), void *data)
{
    MYSQL_ROW row;
    if (!apply_run(apply, sql))
        return false;
    MYDRV_AUTO_RESULT MYSQL_RES *rows = mysql_store_result(apply->native);
    if (rows == NULL)
        return false;
    while ((row = mysql_fetch_row(rows)) != NULL)
        take(row[0] == NULL ? 0 : strtoumax(row[0], NULL, 10),
             mysql_num_fields(rows) < 2 || row[1] == NULL ? 0 : strtoumax(row[1], NULL, 10), data);
    return mysql_errno(apply->native) == 0;
}

static void apply_take_first(uint64_t first, uint64_t second, void *data)
{
    (void)second;
    *(uint64_t *)data = first;
}

static bool apply_number(struct apply *apply, struct part_text *sql, uint64_t *ret_number)
{
    *ret_number = 0;
    return apply_ask(apply, sql, apply_take_first, ret_number);
}

static bool apply_fail_changed(struct apply *apply)
{
    const struct mydrv_load *load = apply->load;
    return apply_fail(apply,
                      ferry_load_fail_changed(load->spec, load->unit->conn->label, apply->err));
}

/* Whether it was said of as many rows as are due. */
static bool apply_check(struct apply *apply, uint64_t rows, uint64_t due)
{
    return rows == due || apply_fail_changed(apply);
}

/* ---- Parts of statements ---- */

/* Changes that are, or turned out to be, of this kind. */
static void apply_write_which(const struct apply *apply, uint32_t operation, struct part_text *sql)
{
    const struct mydrv_changes *changes = apply->load->changes;
    part_text_add(sql, " WHERE (");
    mydrv_match_write_change(changes->tag, sql);
    part_text_addf(sql, " = %" PRIu32 " OR ", operation);
    mydrv_match_write_change(changes->effect, sql);
    part_text_addf(sql, " = %" PRIu32 ")", operation);
}

/* Changes that depend on whether their row is there. */
static void apply_write_open(const struct apply *apply, struct part_text *sql)
{
    part_text_add(sql, " WHERE ");
    mydrv_match_write_change(apply->load->changes->tag, sql);
    part_text_addf(sql, " IN (%d, %d)", FERRY_OP_UPSERT, FERRY_OP_ADD);
}

static void apply_write_changes(const struct apply *apply, struct part_text *sql)
{
    mydrv_text_add_name(sql, apply->load->names.stage);
    part_text_add(sql, " AS " MYDRV_MATCH_CHANGES);
}

static const char *apply_column(const struct apply *apply, size_t i)
{
    return ferry_schema_column(apply->load->layout->schema, i)->name;
}

static bool apply_is_loaded(const struct apply *apply, const char *column)
{
    size_t count = ferry_schema_count(apply->load->layout->schema);
    for (size_t i = 0; i < count; i++)
        if (mydrv_table_find(&apply->load->table, apply_column(apply, i)) ==
            mydrv_table_find(&apply->load->table, column))
            return true;
    return false;
}

/* SET and each column of one table that becomes that of the other: those that came, without the
 * key, into the live one, or those that did not come, into the changes.  False: there are none. */
static bool apply_write_set(const struct apply *apply, bool into_changes, struct part_text *sql)
{
    const struct mydrv_table *table = &apply->load->table;
    const char *before = " SET ";
    for (size_t i = 0; into_changes && i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        if (apply_is_loaded(apply, name))
            continue;
        part_text_add(sql, before);
        mydrv_match_write_change(name, sql);
        part_text_add(sql, " = ");
        mydrv_scan_write_name(name, sql);
        before = ", ";
    }
    for (size_t i = 0; !into_changes && i < ferry_schema_count(apply->load->layout->schema); i++) {
        if (mydrv_match_is_key(apply->load, i))
            continue;
        part_text_add(sql, before);
        mydrv_scan_write_name(apply_column(apply, i), sql);
        part_text_add(sql, " = ");
        mydrv_match_write_change(apply_column(apply, i), sql);
        before = ", ";
    }
    return *before == ',';
}

/* The columns that came, or all that the live table takes, as names or as those of the changes. */
static void apply_write_list(const struct apply *apply, bool all, bool of_changes,
                             struct part_text *sql)
{
    const struct mydrv_table *table = &apply->load->table;
    size_t count = all ? table->column_count : ferry_schema_count(apply->load->layout->schema);
    for (size_t i = 0; i < count; i++) {
        const char *name = all ? table->columns[i].name : apply_column(apply, i);
        part_text_add(sql, i > 0 ? ", " : "");
        if (of_changes)
            mydrv_match_write_change(name, sql);
        else
            mydrv_text_add_name(sql, name);
    }
}

/* ---- Steps ---- */

ferry_status mydrv_apply_confirm_free(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_unit *unit = load->unit;
    unit->in_place = false;
    ferry_status status = mydrv_dependents_look(load, err);
    bool hangs = unit->in_place;
    unit->in_place = true;
    return status == FERRY_OK && hangs ? ferry_load_fail_changed(load->spec, unit->conn->label, err)
                                       : status;
}

/* Nobody can alter the table any more once the transaction has looked at it.  What hangs on many
 * tables is looked at before the commit, with all of them (joint.c). */
static bool apply_confirm(struct apply *apply)
{
    struct mydrv_load *load = apply->load;
    struct mydrv_conn *conn = load->unit->conn;
    struct mydrv_table now = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t none = 0;
    part_text_add(&sql, "SELECT 1 FROM ");
    mydrv_text_add_name(&sql, load->layout->table);
    part_text_add(&sql, " LIMIT 0");
    if (!apply_number(apply, &sql, &none))
        return false;
    ferry_status status = mydrv_table_load(conn, load->layout->table, &now, apply->err);
    if (status != FERRY_OK)
        return apply_fail(apply, status);
    status = mydrv_table_confirm(conn, load->spec, &now, apply->err);
    mydrv_table_clear(&now);
    if (status == FERRY_OK && !load->changes->hung && !load->unit->joint.open)
        status = mydrv_apply_confirm_free(load, apply->err);
    return status == FERRY_OK || apply_fail(apply, status);
}

static bool apply_count(struct apply *apply, uint64_t *ret_rows)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT COUNT(*) FROM ");
    mydrv_text_add_name(&sql, apply->load->layout->table);
    return apply_number(apply, &sql, ret_rows);
}

static void apply_write_effect(const struct apply *apply, struct part_text *sql)
{
    const struct mydrv_changes *changes = apply->load->changes;
    part_text_add(sql, " SET ");
    mydrv_match_write_change(changes->effect, sql);
    part_text_add(sql, " = IF(");
    for (size_t i = 0; i < ferry_schema_count(apply->load->layout->schema); i++) {
        if (mydrv_match_is_key(apply->load, i))
            continue;
        mydrv_match_write_same(apply->load, i, sql);
        part_text_add(sql, " AND ");
    }
    part_text_addf(sql, "TRUE, %d, IF(", EFFECT_SAME);
    mydrv_match_write_change(changes->tag, sql);
    part_text_addf(sql, " = %d, %d, %d))", FERRY_OP_UPSERT, EFFECT_UPDATE, EFFECT_OTHER);
    apply_write_open(apply, sql);
}

static void apply_take_effect(uint64_t effect, uint64_t rows, void *data)
{
    uint64_t *counts = data;
    if (effect <= EFFECT_OTHER)
        counts[effect] = rows;
}

/* The key's columns, as a list for a person. */
static bool apply_fail_other(struct apply *apply)
{
    const struct mydrv_load *load = apply->load;
    PART_AUTO_TEXT struct part_text names = {0};
    for (size_t k = 0; k < load->spec->key_count; k++)
        part_text_addf(&names, "%s'%s'", k > 0 ? ", " : "",
                       apply_column(apply, load->spec->key[k]));
    return apply_fail(
        apply, names.failed
                   ? mydrv_fail_memory(apply->err)
                   : ferry_fail(apply->err, FERRY_ERR_DATA,
                                "%s: a row that is to be added is in table '%s' already, with "
                                "other values, by its key %s; choose strategy = \"upsert\"",
                                load->unit->conn->label, load->layout->table, names.data));
}

/* Whether each open change is an INSERT, an UPDATE or nothing. */
static bool apply_resolve(struct apply *apply)
{
    const struct mydrv_changes *changes = apply->load->changes;
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t counts[EFFECT_OTHER + 1] = {0};
    if (changes->came[FERRY_OP_UPSERT] + changes->came[FERRY_OP_ADD] == 0)
        return true;
    part_text_add(&sql, "UPDATE ");
    apply_write_changes(apply, &sql);
    part_text_add(&sql, " SET ");
    mydrv_match_write_change(changes->effect, &sql);
    part_text_addf(&sql, " = %d", EFFECT_INSERT);
    apply_write_open(apply, &sql);
    if (!apply_run(apply, &sql))
        return false;
    part_text_add(&sql, "UPDATE ");
    mydrv_match_write(apply->load, &sql);
    apply_write_effect(apply, &sql);
    if (!apply_run(apply, &sql))
        return false;
    part_text_add(&sql, "SELECT ");
    mydrv_match_write_change(changes->effect, &sql);
    part_text_add(&sql, ", COUNT(*) FROM ");
    apply_write_changes(apply, &sql);
    apply_write_open(apply, &sql);
    part_text_add(&sql, " GROUP BY 1");
    if (!apply_ask(apply, &sql, apply_take_effect, counts))
        return false;
    apply->inserts += counts[EFFECT_INSERT];
    apply->updates += counts[EFFECT_UPDATE];
    return counts[EFFECT_OTHER] == 0 || apply_fail_other(apply);
}

/* Rows of the live table whose changes are of this kind. */
static bool apply_delete(struct apply *apply, uint32_t operation, uint64_t due)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (due == 0)
        return true;
    part_text_add(&sql, "DELETE " MYDRV_SCAN_ALIAS " FROM ");
    mydrv_match_write(apply->load, &sql);
    apply_write_which(apply, operation, &sql);
    return apply_run(apply, &sql) && apply_check(apply, mysql_affected_rows(apply->native), due);
}

/* Of an UPDATE: how many rows it found, those that had the values already among them. */
static uint64_t apply_matched(MYSQL *native)
{
    static const char words[] = "Rows matched: ";
    const char *info = mysql_info(native);
    const char *at = info == NULL ? NULL : strstr(info, words);
    return at == NULL ? mysql_affected_rows(native) : strtoumax(at + sizeof words - 1, NULL, 10);
}

static bool apply_is_duplicate(const struct apply *apply)
{
    unsigned code = mysql_errno(apply->native);
    return apply->status == FERRY_OK && (code == 1062 || code == 1586);
}

/* The one row's value would be another's, which would have taken a third: the server looks at each
 * row when it is written, not at the end.  Columns that the source does not have keep their values,
 * by way of the changes. */
static bool apply_update_anew(struct apply *apply)
{
    PART_AUTO_TEXT struct part_text keep = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&keep, "UPDATE ");
    mydrv_match_write(apply->load, &keep);
    if (apply_write_set(apply, true, &keep)) {
        apply_write_which(apply, FERRY_OP_UPDATE, &keep);
        if (!apply_run(apply, &keep))
            return false;
    }
    if (!apply_delete(apply, FERRY_OP_UPDATE, apply->updates))
        return false;
    part_text_add(&sql, "INSERT INTO ");
    mydrv_text_add_name(&sql, apply->load->layout->table);
    part_text_add(&sql, " (");
    apply_write_list(apply, true, false, &sql);
    part_text_add(&sql, ") SELECT ");
    apply_write_list(apply, true, true, &sql);
    part_text_add(&sql, " FROM ");
    apply_write_changes(apply, &sql);
    apply_write_which(apply, FERRY_OP_UPDATE, &sql);
    apply->totals->updated = apply->updates;
    return apply_run(apply, &sql) &&
           apply_check(apply, mysql_affected_rows(apply->native), apply->updates);
}

static bool apply_count_matches(struct apply *apply, uint32_t operation, uint64_t *ret_rows)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT COUNT(*) FROM ");
    mydrv_match_write(apply->load, &sql);
    apply_write_which(apply, operation, &sql);
    return apply_number(apply, &sql, ret_rows);
}

static bool apply_update(struct apply *apply)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t rows = 0;
    if (apply->updates == 0)
        return true;
    part_text_add(&sql, "UPDATE ");
    mydrv_match_write(apply->load, &sql);
    if (!apply_write_set(apply, false, &sql)) /* a row that is its key alone never differs */
        return apply_count_matches(apply, FERRY_OP_UPDATE, &rows) &&
               apply_check(apply, rows, apply->updates);
    apply_write_which(apply, FERRY_OP_UPDATE, &sql);
    if (!apply_run(apply, &sql))
        return apply_is_duplicate(apply) && apply_update_anew(apply);
    apply->totals->updated = mysql_affected_rows(apply->native);
    return apply_check(apply, apply_matched(apply->native), apply->updates);
}

/* Of a key that is no index, too, no row may be there yet. */
static bool apply_check_absent(struct apply *apply)
{
    uint64_t rows = 0;
    return apply->load->spec->key_count == 0 ||
           (apply_count_matches(apply, FERRY_OP_INSERT, &rows) && apply_check(apply, rows, 0));
}

static bool apply_fail_duplicate(struct apply *apply)
{
    const struct mydrv_load *load = apply->load;
    return apply_fail(apply,
                      ferry_fail(apply->err, FERRY_ERR_DATA,
                                 "%s: table '%s': a changed row's value would be there twice in a "
                                 "unique key (error %u); nothing has changed",
                                 load->unit->conn->label, load->layout->table,
                                 mysql_errno(apply->native)));
}

static bool apply_insert(struct apply *apply)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (apply->inserts == 0)
        return true;
    if (!apply_check_absent(apply))
        return false;
    part_text_add(&sql, "INSERT INTO ");
    mydrv_text_add_name(&sql, apply->load->layout->table);
    part_text_add(&sql, " (");
    apply_write_list(apply, false, false, &sql);
    part_text_add(&sql, ") SELECT ");
    apply_write_list(apply, false, true, &sql);
    part_text_add(&sql, " FROM ");
    apply_write_changes(apply, &sql);
    apply_write_which(apply, FERRY_OP_INSERT, &sql);
    apply->totals->inserted = apply->inserts;
    return apply_run(apply, &sql) &&
           apply_check(apply, mysql_affected_rows(apply->native), apply->inserts);
}

/* Triggers that write to the table itself show here, and what others did to rows since those were
 * read. */
static bool apply_finish(struct apply *apply)
{
    const struct mydrv_load *load = apply->load;
    struct ferry_load_totals *totals = apply->totals;
    uint64_t before = totals->before;
    if (!apply_count(apply, &totals->after))
        return false;
    totals->before = totals->after + totals->deleted - totals->inserted;
    if (!load->triggered || before == totals->before)
        return !load->changes->seen_all || load->changes->seen == totals->before ||
               apply_fail_changed(apply);
    return apply_fail(apply, ferry_fail(apply->err, FERRY_ERR_DATA,
                                        "%s: table '%s' holds %" PRIu64 " rows after %" PRIu64
                                        " were added to %" PRIu64 " and %" PRIu64
                                        " deleted; a trigger may have "
                                        "changed them; drop it",
                                        load->unit->conn->label, load->layout->table, totals->after,
                                        totals->inserted, before, totals->deleted));
}

/* ---- The transaction ---- */

static bool apply_try(struct apply *apply)
{
    const struct mydrv_load *load = apply->load;
    const struct mydrv_changes *changes = load->changes;
    *apply->totals = (struct ferry_load_totals){.deleted = changes->came[FERRY_OP_DELETE]};
    apply->inserts = changes->came[FERRY_OP_INSERT];
    apply->updates = changes->came[FERRY_OP_UPDATE];
    if (!apply_text(apply, load->unit->joint.open ? mydrv_joint_return() : "START TRANSACTION") ||
        !apply_confirm(apply) || (load->triggered && !apply_count(apply, &apply->totals->before)) ||
        !apply_resolve(apply) || !apply_delete(apply, FERRY_OP_DELETE, apply->totals->deleted))
        return false;
    if (!apply_update(apply) || !apply_insert(apply))
        return apply_is_duplicate(apply) ? apply_fail_duplicate(apply) : false;
    return apply_finish(apply);
}

ferry_status mydrv_apply(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_unit *unit = load->unit;
    struct apply apply = {
        .load = load, .native = unit->conn->native, .totals = &load->changes->totals, .err = err};
    mydrv_wait_begin(unit);
    ferry_status status = mydrv_wait_turn(unit, err);
    if (status != FERRY_OK)
        return status;
    while (!apply_try(&apply)) {
        if (apply.status != FERRY_OK)
            return apply.status;
        if (mydrv_joint_is_undone(unit))
            return mydrv_joint_fail_undone(load, err);
        if (!mydrv_wait_again(unit))
            return mydrv_wait_fail(unit, load->layout->table, "change the rows", err);
        if (!unit->joint.open)
            (void)mysql_rollback(apply.native);
    }
    return FERRY_OK;
}
