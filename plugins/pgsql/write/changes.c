/* One table of a change: single rows of it are inserted, updated and deleted.
 *
 *   begin   lock, look at the table and what hangs on it, make a temporary table for the changes
 *   batch   rows and keys into that, by COPY; meanwhile the rows that are there are read by the
 *           second connection, in a snapshot of its own
 *   end     DELETE, UPDATE and INSERT in the table, in the transaction that is open
 *
 * Where tables change together with their foreign keys, the rows of one refer to those that another
 * is yet to get, and what a key does to rows (CASCADE) would be done to those that are right
 * already.  So a table with foreign keys is copied on the server, without them, and changed there;
 * a table that is made anew of the copy takes its place.  Nothing is copied where nothing changes.
 */

#include "write/target.h"

#include <string.h>

/* ---- Begin ---- */

/* A name that no column of the table has. */
static char *changes_name(const struct pgdrv_load *load, const char *name)
{
    struct part_text text = {0};
    bool taken;
    part_text_add(&text, name);
    do {
        taken = false;
        for (size_t i = 0; i < load->table.column_count && !text.failed; i++)
            taken = taken || strcmp(load->table.columns[i].name, text.data) == 0;
        if (taken)
            part_text_add(&text, "_");
    } while (taken && !text.failed);
    if (text.failed)
        part_text_clear(&text);
    return text.data;
}

/* Where the columns of the table are in a batch of keys, and of what kind they are. */
static ferry_status changes_learn(struct pgdrv_load *load, struct ferry_error *err)
{
    size_t count = ferry_schema_count(load->layout->schema);
    struct pgdrv_changes *changes = load->changes;
    changes->places = calloc(count + 1, sizeof *changes->places);
    changes->kinds = calloc(count + 1, sizeof *changes->kinds);
    changes->tag = changes_name(load, "dbferry_tag");
    changes->effect = changes_name(load, "dbferry_effect");
    if (changes->places == NULL || changes->kinds == NULL || changes->tag == NULL ||
        changes->effect == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct pgdrv_type type;
        changes->places[i] = PGDRV_LANE_NOWHERE;
        if (!pgdrv_type_parse(load->layout->natives[i], &type))
            return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: type '%s' is not understood",
                              load->unit->conn->label, load->layout->natives[i]);
        changes->kinds[i] = type.kind;
    }
    for (size_t k = 0; k < load->spec->key_count; k++)
        changes->places[load->spec->key[k]] = k;
    return FERRY_OK;
}

/* Columns have the types of those of the table, and nothing else of them. */
static ferry_status changes_make(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    struct part_text path = {0};
    pgdrv_text_add_path(&path, "pg_temp", load->names.gather);
    load->gather = path.data; /* freed with the load */
    if (path.failed)
        return pgdrv_fail_memory(err);
    part_text_addf(&sql, "CREATE TEMPORARY TABLE %s (", load->gather);
    pgdrv_table_write_columns(&load->table, load->layout, &sql);
    part_text_add(&sql, ", ");
    pgdrv_text_add_name(&sql, load->changes->tag);
    part_text_add(&sql, " smallint, ");
    pgdrv_text_add_name(&sql, load->changes->effect);
    part_text_add(&sql, " smallint) ON COMMIT DROP");
    return pgdrv_sql_run(load->unit->conn, &sql,
                         "make a temporary table for the changes, which needs the right TEMPORARY "
                         "on the database",
                         err);
}

/* What is in the way of a copy, in words, or NULL. */
static ferry_status changes_look(const struct pgdrv_load *load, char **ret_hangs,
                                 struct ferry_error *err)
{
    const struct ferry_change_spec *spec = load->unit->spec;
    if (load->table.own && load->spec->keep_definition == 0)
        return pgdrv_hangs_look(load->unit->conn, &load->table, spec->tables, spec->load_count,
                                ret_hangs, err);
    *ret_hangs = strdup("its definition is somebody's own");
    return *ret_hangs == NULL ? pgdrv_fail_memory(err) : FERRY_OK;
}

static ferry_status changes_choose(struct pgdrv_load *load, struct ferry_error *err)
{
    struct pgdrv_conn *conn = load->unit->conn;
    PART_AUTO_STRING char *hangs = NULL;
    ferry_status status = FERRY_OK;
    if (load->unit->spec->foreign_keys != 0)
        status = pgdrv_hangs_has_keys(conn, &load->table, &load->changes->copies, err);
    if (status == FERRY_OK && load->changes->copies)
        status = changes_look(load, &hangs, err);
    if (status == FERRY_OK && hangs != NULL)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: table '%s' cannot change together with others and their foreign "
                          "keys, since %s; drop that, or leave the table out",
                          conn->label, load->layout->table, hangs);
    return status == FERRY_OK
               ? pgdrv_hangs_check_rows(
                     conn, load->layout->table, &load->table,
                     load->changes->copies ? PGDRV_HANGS_COPY : PGDRV_HANGS_SINGLE, err)
               : status;
}

ferry_status pgdrv_changes_begin(struct pgdrv_load *load, struct ferry_error *err)
{
    struct pgdrv_conn *conn = load->unit->conn;
    load->changes = calloc(1, sizeof *load->changes);
    if (load->changes == NULL)
        return pgdrv_fail_memory(err);
    ferry_status status = pgdrv_load_take(load, err);
    if (status == FERRY_OK && !load->table.exists)
        status = ferry_load_fail_changed(load->spec, conn->label, err);
    if (status == FERRY_OK)
        status = changes_choose(load, err);
    if (status == FERRY_OK)
        status = pgdrv_rights_check(load, err);
    if (status == FERRY_OK)
        status = changes_learn(load, err);
    if (status == FERRY_OK)
        status = changes_make(load, err);
    if (status == FERRY_OK)
        status = pgdrv_lane_begin(&load->lane, conn, load->gather, load->layout, load->changes->tag,
                                  false, err);
    return status;
}

static void changes_close_reader(struct pgdrv_changes *changes)
{
    if (changes->reader != NULL)
        (void)pgdrv_give_back(changes->reader, "ROLLBACK");
    changes->reader = NULL;
}

void pgdrv_changes_free(struct pgdrv_load *load)
{
    if (load->changes == NULL)
        return;
    changes_close_reader(load->changes);
    free(load->changes->tag);
    free(load->changes->effect);
    free(load->changes->places);
    free(load->changes->kinds);
    free(load->changes);
    load->changes = NULL;
}

/* ---- Batches, and what is read meanwhile ---- */

ferry_status pgdrv_changes_batch(struct pgdrv_load *load, uint32_t operation,
                                 const struct ferry_batch *batch, struct ferry_error *err)
{
    if (operation < FERRY_OP_INSERT || operation > FERRY_OP_ADD ||
        (operation != FERRY_OP_INSERT && load->spec->key_count == 0))
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: operation %u is not known here",
                          load->unit->conn->label, operation);
    load->lane.tag = operation;
    load->lane.places = operation == FERRY_OP_DELETE ? load->changes->places : NULL;
    load->changes->came[operation] += ferry_batch_count(batch);
    return pgdrv_lane_batch(&load->lane, batch, err);
}

ferry_status pgdrv_changes_open_reader(struct pgdrv_load *load, struct pgdrv_conn **ret_conn,
                                       struct ferry_error *err)
{
    struct pgdrv_changes *changes = load->changes;
    struct pgdrv_conn *second = load->unit->conn->second;
    if (second == NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: there is no second connection",
                          load->unit->conn->label);
    if (changes->reader == NULL) {
        ferry_status status =
            pgdrv_run(second, PGDRV_LOADING, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                      "begin a snapshot of the stored rows", err);
        if (status != FERRY_OK)
            return status;
        changes->reader = second;
    }
    *ret_conn = second;
    return FERRY_OK;
}

/* ---- End ---- */

/* The rows of the table as versions: whatever anybody does to a row, it is another one then, at
 * another place or of another transaction.  `*ret_rows` is to be freed. */
static ferry_status changes_sum(const struct pgdrv_load *load, struct pgdrv_conn *conn,
                                char **ret_rows, struct ferry_error *err)
{
    static const char doing[] = "see whether others have changed the table";
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    int64_t patience = conn->wait_ms;
    part_text_addf(&sql,
                   "SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum("
                   "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.ctid, t.xmin), 0))) "
                   "FROM %s AS t",
                   load->names.table);
    conn->wait_ms = 0; /* how long it takes depends on the rows */
    ferry_status status = pgdrv_sql_ask(conn, &sql, 1, doing, &result, err);
    conn->wait_ms = patience;
    if (status != FERRY_OK)
        return status;
    const char *rows = pgdrv_value(result, 0, 0);
    if (rows == NULL)
        return pgdrv_fail_shape(conn, PGDRV_LOADING, doing, err);
    *ret_rows = strdup(rows);
    return *ret_rows == NULL ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* The changes are what the source has and the reader's snapshot had not: they are right as long as
 * the table is what that was. */
static ferry_status changes_confirm_rows(const struct pgdrv_load *load, const char *seen,
                                         struct ferry_error *err)
{
    PART_AUTO_STRING char *now = NULL;
    if (seen == NULL)
        return FERRY_OK;
    ferry_status status = changes_sum(load, load->unit->conn, &now, err);
    return status == FERRY_OK && (now == NULL || strcmp(now, seen) != 0)
               ? ferry_load_fail_changed(load->spec, load->unit->conn->label, err)
               : status;
}

/* Nobody else writes to the table from here on, and readers see it as it was. */
static ferry_status changes_lock(struct pgdrv_load *load, const char *seen, struct ferry_error *err)
{
    struct pgdrv_unit *unit = load->unit;
    const char *table = load->layout->table;
    pgdrv_turns_begin(unit);
    ferry_status status = pgdrv_turns_lock_one(unit, load->names.table, load->table.oid,
                                               PGDRV_LOCK_WRITERS, table, err);
    if (status == FERRY_OK)
        status = pgdrv_table_confirm(unit->conn, load->spec, err);
    if (status == FERRY_OK)
        status = pgdrv_hangs_check_rows(
            unit->conn, table, &load->table,
            load->changes->copies ? PGDRV_HANGS_COPY : PGDRV_HANGS_SINGLE, err);
    return status == FERRY_OK ? changes_confirm_rows(load, seen, err) : status;
}

/* A temporary copy of the rows, without keys and indexes, in which they change. */
static ferry_status changes_copy(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text fill = {0};
    PART_AUTO_TEXT struct part_text look = {0};
    ferry_status status = pgdrv_stage_make(load, err);
    if (status != FERRY_OK)
        return status;
    part_text_addf(&fill, "INSERT INTO %s (", load->path);
    pgdrv_load_add_columns(load, NULL, &fill);
    part_text_add(&fill, ") SELECT ");
    pgdrv_load_add_columns(load, NULL, &fill);
    part_text_addf(&fill, " FROM %s", load->names.table);
    part_text_addf(&look, "ANALYZE %s", load->path);
    status = pgdrv_sql_run(load->unit->conn, &fill, "copy the table", err);
    return status == FERRY_OK
               ? pgdrv_sql_run(load->unit->conn, &look, "look what is in the copy", err)
               : status;
}

ferry_status pgdrv_changes_exchange(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_STRING char *copy = load->path; /* NULL: nothing of the table has changed */
    load->path = NULL;
    return pgdrv_freeze(load, copy == NULL ? load->names.table : copy, err);
}

ferry_status pgdrv_changes_end(struct pgdrv_load *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err)
{
    ferry_status status = pgdrv_conn_check(load->unit->conn, err);
    struct pgdrv_changes *changes = load->changes;
    struct ferry_load_totals totals = {0};
    PART_AUTO_STRING char *seen = NULL;
    if (status == FERRY_OK)
        status = pgdrv_lane_end(&load->lane, err);
    if (status == FERRY_OK && changes->reader != NULL && changes->seen_all)
        status = changes_sum(load, changes->reader, &seen, err);
    changes_close_reader(changes);
    if (status == FERRY_OK)
        status = changes_lock(load, seen, err);
    bool copies = changes->copies && load->lane.taken > 0;
    if (status == FERRY_OK && copies)
        status = changes_copy(load, err);
    if (status == FERRY_OK)
        status = pgdrv_apply(load, &totals, err);
    if (status == FERRY_OK && copies)
        status = pgdrv_changes_exchange(load, err);
    if (status != FERRY_OK)
        return status;
    changes->ended = true;
    totals.bytes = load->lane.bytes;
    *ret_totals = totals;
    return FERRY_OK;
}
