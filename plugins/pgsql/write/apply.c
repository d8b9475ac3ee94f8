/* Changes become rows of the table, in the transaction that is open and with nobody else writing:
 * DELETE, UPDATE and INSERT by key, each of exactly the rows that it is meant for.
 * Rows that take each other's unique values fail as an UPDATE: then they are deleted and inserted.
 * Rows that refer to rows of their table may need another order: then the DELETE comes last.
 */

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

#define APPLY_DUPLICATE "23505" /* of a unique key */
#define APPLY_EXCLUDED "23P01"  /* of an exclusion constraint */
#define APPLY_REFERENCE "23503" /* of a foreign key */
static const char apply_doing[] = "change the rows";

struct apply {
    struct pgdrv_load *load;
    struct pgdrv_conn *conn;
    struct ferry_load_totals *totals;
    uint64_t inserts, updates; /* that are due */
    bool *broken; /* is set in place of telling of a foreign key that is broken; NULL: it is told */
    struct ferry_error *err;
};

/* ---- Statements ---- */

static ferry_status apply_refuse(const struct apply *apply, const PGresult *refusal)
{
    if (apply->broken == NULL || strcmp(pgdrv_state(refusal), APPLY_REFERENCE) != 0)
        return pgdrv_verdict_fail(apply->conn, refusal, apply->load->layout, 0, apply_doing,
                                  apply->err);
    *apply->broken = true;
    return FERRY_ERR_DATA;
}

static ferry_status apply_run(const struct apply *apply, const struct part_text *sql,
                              uint64_t *ret_rows)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status = pgdrv_sql_try(apply->conn, sql, apply_doing, &result, apply->err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(result))
        return apply_refuse(apply, result);
    *ret_rows = pgdrv_sql_rows(result);
    return FERRY_OK;
}

static ferry_status apply_number(const struct apply *apply, const struct part_text *sql,
                                 uint64_t *ret_number)
{
    return pgdrv_sql_number(apply->conn, sql, apply_doing, ret_number, apply->err);
}

static void apply_write_change(const char *column, struct part_text *sql)
{
    part_text_add(sql, PGDRV_MATCH_CHANGES ".");
    pgdrv_text_add_name(sql, column);
}

static void apply_write_changes(const struct apply *apply, struct part_text *sql)
{
    part_text_addf(sql, "%s AS " PGDRV_MATCH_CHANGES, apply->load->gather);
}

/* The key's columns, as a list for a person. */
static void apply_write_key(const struct apply *apply, struct part_text *names)
{
    const struct ferry_load_spec *spec = apply->load->spec;
    for (size_t k = 0; k < spec->key_count; k++)
        part_text_addf(names, "%s'%s'", k > 0 ? ", " : "",
                       ferry_schema_column(spec->layout->schema, spec->key[k])->name);
}

/* "... table 't' ... (its key) ..." */
static ferry_status apply_fail_key(const struct apply *apply, const char *before,
                                   const char *between, const char *behind)
{
    PART_AUTO_TEXT struct part_text names = {0};
    apply_write_key(apply, &names);
    return names.failed || names.data == NULL
               ? pgdrv_fail_memory(apply->err)
               : ferry_fail(apply->err, FERRY_ERR_DATA, "%s: %s '%s' %s (%s)%s", apply->conn->label,
                            before, apply->load->layout->table, between, names.data, behind);
}

static ferry_status apply_fail_other(const struct apply *apply)
{
    return apply_fail_key(apply, "a row that is to be added is in table",
                          "already, with other values, by its key",
                          "; choose strategy = \"upsert\"");
}

static ferry_status apply_fail_twice(const struct apply *apply)
{
    return apply_fail_key(apply, "table", "has two rows of one key",
                          "; delete one of them, or choose another key");
}

static ferry_status apply_fail_null(const struct apply *apply)
{
    return apply_fail_key(apply, "a row that is to change in table", "has NULL in its key",
                          ", by which it cannot be found; choose another key");
}

/* Rows of changes that have no key. */
static ferry_status apply_count_nulls(const struct apply *apply, uint64_t *ret_rows)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT pg_catalog.count(*) FROM ");
    apply_write_changes(apply, &sql);
    part_text_add(&sql, " WHERE FALSE");
    for (size_t k = 0; k < apply->load->spec->key_count; k++) {
        size_t i = apply->load->spec->key[k];
        part_text_add(&sql, " OR ");
        apply_write_change(ferry_schema_column(apply->load->layout->schema, i)->name, &sql);
        part_text_add(&sql, " IS NULL");
    }
    return apply_number(apply, &sql, ret_rows);
}

/* More rows than are due: a key is there twice.  Fewer: it is NULL, which is like no other, or
 * somebody has written to the table. */
static ferry_status apply_check(const struct apply *apply, uint64_t rows, uint64_t due)
{
    uint64_t nulls = 0;
    if (rows == due)
        return FERRY_OK;
    if (rows > due)
        return apply_fail_twice(apply);
    ferry_status status = apply_count_nulls(apply, &nulls);
    if (status != FERRY_OK)
        return status;
    return nulls > 0 ? apply_fail_null(apply)
                     : ferry_load_fail_changed(apply->load->spec, apply->conn->label, apply->err);
}

/* ---- Parts of statements ---- */

/* Changes that are, or turned out to be, of this kind. */
static void apply_write_which(const struct apply *apply, uint32_t operation, struct part_text *sql)
{
    part_text_add(sql, "(");
    apply_write_change(apply->load->changes->tag, sql);
    part_text_addf(sql, " = %" PRIu32 " OR ", operation);
    apply_write_change(apply->load->changes->effect, sql);
    part_text_addf(sql, " = %" PRIu32 ")", operation);
}

/* Changes that depend on whether their row is there. */
static void apply_write_open(const struct apply *apply, struct part_text *sql)
{
    apply_write_change(apply->load->changes->tag, sql);
    part_text_addf(sql, " IN (%d, %d)", FERRY_OP_UPSERT, FERRY_OP_ADD);
}

/* ---- Which of the open changes are what ---- */

static void apply_write_effect(const struct apply *apply, struct part_text *sql)
{
    const struct pgdrv_load *load = apply->load;
    part_text_addf(sql, "UPDATE %s AS " PGDRV_MATCH_CHANGES " SET ", load->gather);
    pgdrv_text_add_name(sql, load->changes->effect);
    part_text_add(sql, " = CASE WHEN ");
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        if (pgdrv_match_is_key(load, i))
            continue;
        pgdrv_match_write_same(load, i, sql);
        part_text_add(sql, " AND ");
    }
    part_text_addf(sql, "TRUE THEN %d WHEN ", EFFECT_SAME);
    apply_write_change(load->changes->tag, sql);
    part_text_addf(sql, " = %d THEN %d ELSE %d END FROM %s AS " PGDRV_MATCH_LIVE " WHERE ",
                   FERRY_OP_UPSERT, EFFECT_UPDATE, EFFECT_OTHER, pgdrv_load_rows(load));
    apply_write_open(apply, sql);
    part_text_add(sql, " AND ");
    pgdrv_match_write(load, sql);
}

static ferry_status apply_count_effect(const struct apply *apply, int effect, uint64_t *ret_rows)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT pg_catalog.count(*) FROM ");
    apply_write_changes(apply, &sql);
    part_text_add(&sql, " WHERE ");
    apply_write_change(apply->load->changes->effect, &sql);
    part_text_addf(&sql, " = %d", effect);
    return apply_number(apply, &sql, ret_rows);
}

/* So many changes have found a row; none may have found two. */
static ferry_status apply_check_once(const struct apply *apply, uint64_t there)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t pairs = 0;
    part_text_add(&sql, "SELECT pg_catalog.count(*) FROM ");
    apply_write_changes(apply, &sql);
    part_text_addf(&sql, " JOIN %s AS " PGDRV_MATCH_LIVE " ON ", pgdrv_load_rows(apply->load));
    pgdrv_match_write(apply->load, &sql);
    part_text_add(&sql, " WHERE ");
    apply_write_open(apply, &sql);
    ferry_status status = apply_number(apply, &sql, &pairs);
    return status == FERRY_OK && pairs > there ? apply_fail_twice(apply) : status;
}

/* Each is an INSERT until its row is found. */
static ferry_status apply_resolve(struct apply *apply)
{
    const struct pgdrv_changes *changes = apply->load->changes;
    PART_AUTO_TEXT struct part_text all = {0};
    PART_AUTO_TEXT struct part_text found = {0};
    uint64_t rows = 0, there = 0, others = 0;
    if (changes->came[FERRY_OP_UPSERT] + changes->came[FERRY_OP_ADD] == 0)
        return FERRY_OK;
    part_text_addf(&all, "UPDATE %s AS " PGDRV_MATCH_CHANGES " SET ", apply->load->gather);
    pgdrv_text_add_name(&all, changes->effect);
    part_text_addf(&all, " = %d WHERE ", EFFECT_INSERT);
    apply_write_open(apply, &all);
    apply_write_effect(apply, &found);
    ferry_status status = apply_run(apply, &all, &rows);
    if (status == FERRY_OK)
        status = apply_run(apply, &found, &there);
    if (status == FERRY_OK)
        status = apply_check_once(apply, there);
    if (status == FERRY_OK)
        status = apply_count_effect(apply, EFFECT_OTHER, &others);
    if (status == FERRY_OK && others > 0)
        status = apply_fail_other(apply);
    if (status == FERRY_OK)
        status = apply_count_effect(apply, EFFECT_UPDATE, &rows);
    apply->updates += rows;
    apply->inserts += changes->came[FERRY_OP_UPSERT] + changes->came[FERRY_OP_ADD] - there;
    return status;
}

/* ---- Rows ---- */

/* No row of an INSERT is there. */
static ferry_status apply_check_inserts(const struct apply *apply)
{
    const struct pgdrv_load *load = apply->load;
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t there = 0;
    if (load->changes->came[FERRY_OP_INSERT] == 0 || load->spec->key_count == 0)
        return FERRY_OK;
    part_text_add(&sql, "SELECT pg_catalog.count(*) FROM ");
    apply_write_changes(apply, &sql);
    part_text_addf(&sql, " JOIN %s AS " PGDRV_MATCH_LIVE " ON ", pgdrv_load_rows(load));
    pgdrv_match_write(load, &sql);
    part_text_add(&sql, " WHERE ");
    apply_write_change(load->changes->tag, &sql);
    part_text_addf(&sql, " = %d", FERRY_OP_INSERT);
    ferry_status status = apply_number(apply, &sql, &there);
    return status == FERRY_OK && there > 0
               ? ferry_load_fail_changed(load->spec, apply->conn->label, apply->err)
               : status;
}

/* Rows of the table whose changes are of this kind. */
static ferry_status apply_delete(const struct apply *apply, uint32_t operation, uint64_t due)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t rows = 0;
    if (due == 0)
        return FERRY_OK;
    part_text_addf(&sql, "DELETE FROM %s AS " PGDRV_MATCH_LIVE " USING ",
                   pgdrv_load_rows(apply->load));
    apply_write_changes(apply, &sql);
    part_text_add(&sql, " WHERE ");
    pgdrv_match_write(apply->load, &sql);
    part_text_add(&sql, " AND ");
    apply_write_which(apply, operation, &sql);
    ferry_status status = apply_run(apply, &sql, &rows);
    return status == FERRY_OK ? apply_check(apply, rows, due) : status;
}

static void apply_write_update(const struct apply *apply, const char *path, bool *ret_any,
                               struct part_text *sql)
{
    part_text_addf(sql, "UPDATE %s AS " PGDRV_MATCH_LIVE, path);
    *ret_any = pgdrv_match_write_set(apply->load, sql);
    part_text_add(sql, " FROM ");
    apply_write_changes(apply, sql);
    part_text_add(sql, " WHERE ");
    pgdrv_match_write(apply->load, sql);
    part_text_add(sql, " AND ");
    apply_write_which(apply, FERRY_OP_UPDATE, sql);
}

/* All columns that take values, those among them that the source does not have. */
static void apply_write_all(const struct apply *apply, const char *alias, struct part_text *sql)
{
    for (size_t i = 0; i < apply->load->table.column_count; i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        if (alias != NULL)
            part_text_addf(sql, "%s.", alias);
        pgdrv_text_add_name(sql, apply->load->table.columns[i].name);
    }
}

/* The rows as they will be, in a table of their own. */
static ferry_status apply_keep(const struct apply *apply, const char *kept)
{
    const struct pgdrv_load *load = apply->load;
    PART_AUTO_TEXT struct part_text keep = {0};
    PART_AUTO_TEXT struct part_text update = {0};
    uint64_t rows = 0;
    bool any = false;
    part_text_addf(&keep,
                   "CREATE TEMPORARY TABLE %s ON COMMIT DROP AS SELECT " PGDRV_MATCH_LIVE
                   ".* FROM %s AS " PGDRV_MATCH_LIVE " JOIN ",
                   kept, pgdrv_load_rows(load));
    apply_write_changes(apply, &keep);
    part_text_add(&keep, " ON ");
    pgdrv_match_write(load, &keep);
    part_text_add(&keep, " WHERE ");
    apply_write_which(apply, FERRY_OP_UPDATE, &keep);
    apply_write_update(apply, kept, &any, &update);
    ferry_status status = apply_run(apply, &keep, &rows);
    if (status == FERRY_OK)
        status = apply_check(apply, rows, apply->updates);
    return status == FERRY_OK ? apply_run(apply, &update, &rows) : status;
}

/* The rows go before they come, as none comes before they are counted.  Foreign keys that refer to
 * them are looked at after the statement, when they are there again. */
static void apply_write_exchange(const struct apply *apply, const char *kept, struct part_text *sql)
{
    const char *rows = pgdrv_load_rows(apply->load);
    part_text_addf(sql, "WITH dbferry_gone AS (DELETE FROM %s AS " PGDRV_MATCH_LIVE " USING ",
                   rows);
    apply_write_changes(apply, sql);
    part_text_add(sql, " WHERE ");
    pgdrv_match_write(apply->load, sql);
    part_text_add(sql, " AND ");
    apply_write_which(apply, FERRY_OP_UPDATE, sql);
    part_text_addf(sql, " RETURNING 1) INSERT INTO %s (", rows);
    apply_write_all(apply, NULL, sql);
    part_text_add(sql, ") OVERRIDING SYSTEM VALUE SELECT ");
    apply_write_all(apply, "dbferry_kept", sql);
    part_text_addf(sql,
                   " FROM %s AS dbferry_kept, (SELECT pg_catalog.count(*) AS n FROM dbferry_gone) "
                   "AS dbferry_all WHERE dbferry_all.n = %" PRIu64,
                   kept, apply->updates);
}

/* The one row's value would be another's, which would have taken a third: the server looks at each
 * row when it is written, not at the end. */
static ferry_status apply_update_anew(const struct apply *apply)
{
    PART_AUTO_TEXT struct part_text kept = {0};
    PART_AUTO_TEXT struct part_text exchange = {0};
    PART_AUTO_TEXT struct part_text drop = {0};
    uint64_t rows = 0, none = 0;
    pgdrv_text_add_path(&kept, "pg_temp", "_dbferry_kept");
    if (kept.failed)
        return pgdrv_fail_memory(apply->err);
    apply_write_exchange(apply, kept.data, &exchange);
    part_text_addf(&drop, "DROP TABLE %s", kept.data); /* another load may need the name */
    ferry_status status = apply_keep(apply, kept.data);
    if (status == FERRY_OK)
        status = apply_run(apply, &exchange, &rows);
    if (status == FERRY_OK)
        status = apply_check(apply, rows, apply->updates);
    return status == FERRY_OK ? apply_run(apply, &drop, &none) : status;
}

static ferry_status apply_mark(const struct apply *apply, const char *statement)
{
    return pgdrv_run(apply->conn, PGDRV_LOADING, statement, apply_doing, apply->err);
}

static ferry_status apply_update(const struct apply *apply)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    bool any = false;
    apply_write_update(apply, pgdrv_load_rows(apply->load), &any, &sql);
    if (apply->updates == 0 || !any) /* nothing but a key: it is there */
        return FERRY_OK;
    ferry_status status = apply_mark(apply, "SAVEPOINT dbferry_update");
    if (status == FERRY_OK)
        status = pgdrv_sql_try(apply->conn, &sql, apply_doing, &result, apply->err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(result)) {
        if (strcmp(pgdrv_state(result), APPLY_DUPLICATE) != 0 &&
            strcmp(pgdrv_state(result), APPLY_EXCLUDED) != 0)
            return apply_refuse(apply, result);
        status = apply_mark(apply, "ROLLBACK TO SAVEPOINT dbferry_update");
        return status == FERRY_OK ? apply_update_anew(apply) : status;
    }
    status = apply_check(apply, pgdrv_sql_rows(result), apply->updates);
    return status == FERRY_OK ? apply_mark(apply, "RELEASE SAVEPOINT dbferry_update") : status;
}

static ferry_status apply_insert(const struct apply *apply)
{
    const struct pgdrv_load *load = apply->load;
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t rows = 0;
    if (apply->inserts == 0)
        return FERRY_OK;
    part_text_addf(&sql, "INSERT INTO %s (", pgdrv_load_rows(load));
    pgdrv_load_add_columns(load, NULL, &sql);
    part_text_add(&sql, ") OVERRIDING SYSTEM VALUE SELECT ");
    pgdrv_load_add_columns(load, PGDRV_MATCH_CHANGES, &sql);
    part_text_add(&sql, " FROM ");
    apply_write_changes(apply, &sql);
    part_text_add(&sql, " WHERE ");
    apply_write_which(apply, FERRY_OP_INSERT, &sql);
    ferry_status status = apply_run(apply, &sql, &rows);
    return status == FERRY_OK && rows != apply->inserts
               ? ferry_fail(apply->err, FERRY_ERR_DATA,
                            "%s: a trigger keeps rows from being added to table '%s'; drop it",
                            apply->conn->label, load->layout->table)
               : status;
}

/* ---- All of it ---- */

static ferry_status apply_each(struct apply *apply, bool deletes_last)
{
    uint64_t deletes = apply->load->changes->came[FERRY_OP_DELETE];
    ferry_status status =
        deletes_last ? apply_insert(apply) : apply_delete(apply, FERRY_OP_DELETE, deletes);
    if (status == FERRY_OK)
        status = apply_update(apply);
    if (status != FERRY_OK)
        return status;
    return deletes_last ? apply_delete(apply, FERRY_OP_DELETE, deletes) : apply_insert(apply);
}

/* The server looks at foreign keys after each statement. */
static ferry_status apply_rows(struct apply *apply)
{
    bool broken = false;
    apply->broken = &broken;
    ferry_status status = apply_mark(apply, "SAVEPOINT dbferry_rows");
    if (status == FERRY_OK)
        status = apply_each(apply, false);
    apply->broken = NULL;
    if (broken) {
        status = apply_mark(apply, "ROLLBACK TO SAVEPOINT dbferry_rows");
        if (status == FERRY_OK)
            status = apply_each(apply, true);
    }
    return status == FERRY_OK ? apply_mark(apply, "RELEASE SAVEPOINT dbferry_rows") : status;
}

static ferry_status apply_changes(struct apply *apply)
{
    const struct pgdrv_changes *changes = apply->load->changes;
    ferry_status status = apply_resolve(apply);
    apply->inserts += changes->came[FERRY_OP_INSERT];
    apply->updates += changes->came[FERRY_OP_UPDATE];
    if (status == FERRY_OK)
        status = apply_check_inserts(apply);
    return status == FERRY_OK ? apply_rows(apply) : status;
}

/* What a trigger has done to the rows shows in their number. */
static ferry_status apply_check_count(const struct apply *apply)
{
    const struct ferry_load_totals *totals = apply->totals;
    if (totals->before + totals->inserted - totals->deleted == totals->after)
        return FERRY_OK;
    return ferry_fail(apply->err, FERRY_ERR_DATA,
                      "%s: table '%s' holds %" PRIu64 " rows where %" PRIu64
                      " should be; a trigger may have changed them; drop it",
                      apply->conn->label, apply->load->layout->table, totals->after,
                      totals->before + totals->inserted - totals->deleted);
}

ferry_status pgdrv_apply(struct pgdrv_load *load, struct ferry_load_totals *ret_totals,
                         struct ferry_error *err)
{
    struct apply apply = {.load = load, .conn = load->unit->conn, .totals = ret_totals, .err = err};
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_addf(&sql, "ANALYZE %s", load->gather);
    ferry_status status = pgdrv_load_count(load, pgdrv_load_rows(load), &ret_totals->before, err);
    if (status == FERRY_OK && load->lane.taken > 0)
        status = pgdrv_sql_run(apply.conn, &sql, "look at the changes", err);
    if (status == FERRY_OK && load->lane.taken > 0)
        status = apply_changes(&apply);
    if (status == FERRY_OK)
        status = pgdrv_load_count(load, pgdrv_load_rows(load), &ret_totals->after, err);
    if (status != FERRY_OK)
        return status;
    ret_totals->inserted = apply.inserts;
    ret_totals->updated = apply.updates;
    ret_totals->deleted = load->changes->came[FERRY_OP_DELETE];
    return apply_check_count(&apply);
}
