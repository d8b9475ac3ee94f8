/* The commit by a rename, where each definition ends the transaction: the rows are in a table
 * beside the one that they are for, and RENAME TABLE puts that in its place in one step.
 *
 * The record cannot be part of that step.  So the old one is set aside before it, under the name of
 * the table beside, and the new one is written after it: a run that is killed in between leaves no
 * record, by which nobody takes rows for others.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

static const char swap_doing[] = "put the new table in its place";

bool odrv_load_is_staged(const struct odrv_load *load)
{
    return load->conn->dialect->writing->rebuild == ODRV_REBUILD_RENAME &&
           load->spec->action != FERRY_TABLE_KEEP;
}

/* ---- What an earlier run has left ---- */

static ferry_status swap_exists(struct odrv_load *load, const char *table, bool *ret_exists,
                                struct ferry_error *err)
{
    return odrv_table_look(load->conn, table, NULL, ret_exists, NULL, err);
}

static ferry_status swap_drop(struct odrv_load *load, const char *table, struct ferry_error *err)
{
    ferry_log(FERRY_LOG_WARNING, "%s: dropping '%s', which an earlier run left behind",
              load->conn->label, table);
    return odrv_load_run(load, "DROP TABLE %", table, "drop what an earlier run left behind", err);
}

/* Under the lock: whoever has it knows that nobody is at work under these names. */
ferry_status odrv_swap_clear(struct odrv_load *load, struct ferry_error *err)
{
    bool staged = false, old = false;
    ferry_status status = swap_exists(load, load->into, &staged, err);
    if (status == FERRY_OK && staged)
        status = swap_drop(load, load->into, err);
    if (status == FERRY_OK)
        status = swap_exists(load, load->old, &old, err);
    if (status == FERRY_OK && old && load->spec->action == FERRY_TABLE_CREATE)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: %s is not there, but its old rows are, as '%s'; rename that table "
                          "back, or drop it",
                          load->conn->label, load->what, load->old);
    return status == FERRY_OK && old ? swap_drop(load, load->old, err) : status;
}

/* ---- The rename ---- */

static ferry_status swap_add_rename(const struct odrv_load *load, const char *from, const char *to,
                                    struct part_text *sql, struct ferry_error *err)
{
    part_text_add(sql, sql->length == 0 ? "RENAME TABLE " : ", ");
    ferry_status status = odrv_table_add_path(load->conn, from, sql, err);
    part_text_add(sql, " TO ");
    if (status == FERRY_OK)
        status = odrv_table_add_path(load->conn, to, sql, err);
    return status == FERRY_OK && sql->failed ? odrv_fail_memory(err) : status;
}

/* A number of the server's own: it has done none of the renames.  Numbers of the ODBC driver say
 * that there was no answer. */
static bool swap_is_refusal(const struct odrv_conn *conn, SQLINTEGER native)
{
    const struct odrv_writing *writing = conn->dialect->writing;
    return native > 0 && (native < writing->lost_from || native > writing->lost_to);
}

/* Forward, or back to where all was before. */
static ferry_status swap_spell(const struct odrv_load *load, bool back, struct part_text *sql,
                               struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    const char *from = back ? table : load->into, *to = back ? load->into : table;
    bool exists = load->spec->action == FERRY_TABLE_REBUILD;
    ferry_status status =
        exists && !back ? swap_add_rename(load, table, load->old, sql, err) : FERRY_OK;
    if (status == FERRY_OK)
        status = swap_add_rename(load, from, to, sql, err);
    return status == FERRY_OK && exists && back ? swap_add_rename(load, load->old, table, sql, err)
                                                : status;
}

static ferry_status swap_rename(struct odrv_load *load, bool back, uint32_t *outcome,
                                struct ferry_error *err)
{
    struct odrv_conn *conn = load->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis = {0};
    ferry_status status = swap_spell(load, back, &sql, err);
    if (status == FERRY_OK)
        status = odrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (odrv_try_told(conn, sql.data, &diagnosis)) {
        *outcome = back ? FERRY_OUTCOME_OLD : FERRY_OUTCOME_NEW;
        load->staged = back;
        return FERRY_OK;
    }
    if (swap_is_refusal(conn, diagnosis.native))
        return odrv_fail_as(conn, &diagnosis, ODRV_LOADING, swap_doing, err);
    *outcome = FERRY_OUTCOME_UNKNOWN;
    load->staged = false;
    return odrv_fail_as(conn, &diagnosis, ODRV_LOADING,
                        "put the new table in its place, and whether it is there is not known",
                        err);
}

/* ---- Around it ---- */

/* Still as it was planned for, and with nothing on it that would be lost. */
static ferry_status swap_confirm(struct odrv_load *load, struct ferry_error *err)
{
    const char *table = load->spec->layout->table;
    bool exists = false;
    uint64_t definition = 0;
    ferry_status status = odrv_table_look(load->conn, table, NULL, &exists, &definition, err);
    if (status == FERRY_OK)
        status = ferry_load_confirm(load->spec, load->conn->label, exists ? 1 : 0, definition, err);
    return status == FERRY_OK && exists ? odrv_table_check_drop(load->conn, table, err) : status;
}

static ferry_status swap_set_aside(struct odrv_change *change,
                                   const struct ferry_record *const *records, size_t record_count,
                                   struct ferry_error *err)
{
    struct odrv_load *load = change->load;
    uint32_t outcome = FERRY_OUTCOME_OLD; /* of the rows beside the table */
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < record_count; i++)
        status = odrv_record_follow(change->conn, records[i], err);
    if (status == FERRY_OK)
        status = odrv_record_move(change->conn, load->spec->layout->table, load->into, err);
    return status == FERRY_OK ? odrv_change_end(change, &outcome, err) : status;
}

/* The table is what it was, and so is its record, as far as anybody can be asked.  What `err` says
 * stays. */
static void swap_bring_back(struct odrv_change *change, struct ferry_error *err)
{
    struct odrv_load *load = change->load;
    uint32_t outcome = FERRY_OUTCOME_OLD;
    if (odrv_record_move(change->conn, load->into, load->spec->layout->table, err) == FERRY_OK)
        (void)odrv_change_end(change, &outcome, err);
}

/* A key of a table that this account does not see goes with the old table, and keeps it: then all
 * gets its name back. */
static ferry_status swap_drop_old(struct odrv_load *load, uint32_t *outcome,
                                  struct ferry_error *err)
{
    struct odrv_conn *conn = load->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis = {0};
    part_text_add(&sql, "DROP TABLE ");
    ferry_status status = odrv_table_add_path(conn, load->old, &sql, err);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    if (status != FERRY_OK || odrv_try_told(conn, sql.data, &diagnosis))
        return status;
    if (strncmp(diagnosis.state, "23", 2) != 0) {
        ferry_log(FERRY_LOG_WARNING,
                  "%s: %s is replaced, but the old one cannot be dropped (error %d); it is left as "
                  "'%s' until the next run",
                  conn->label, load->what, (int)diagnosis.native, load->old);
        return FERRY_OK;
    }
    status = swap_rename(load, true, outcome, err);
    if (status != FERRY_OK)
        return status;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: the old %s cannot be dropped, as if a foreign key of a table that this "
                      "account may not see refers to it; all is as it was; drop that key, or grant "
                      "SELECT on its table",
                      conn->label, load->what);
}

static ferry_status swap_record(struct odrv_change *change,
                                const struct ferry_record *const *records, size_t record_count,
                                struct ferry_error *err)
{
    uint32_t outcome = FERRY_OUTCOME_NEW;
    ferry_status status = odrv_record_drop(change->conn, change->load->into, err);
    for (size_t i = 0; status == FERRY_OK && i < record_count; i++)
        status = odrv_record_write(change->conn, records[i], err);
    return status == FERRY_OK ? odrv_change_end(change, &outcome, err) : status;
}

ferry_status odrv_swap_commit(struct odrv_change *change, const struct ferry_record *const *records,
                              size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    struct odrv_load *load = change->load;
    ferry_status status = swap_confirm(load, err);
    if (status == FERRY_OK)
        status = swap_set_aside(change, records, record_count, err);
    if (status != FERRY_OK)
        return status;
    status = swap_rename(load, false, outcome, err);
    if (status == FERRY_OK && load->spec->action == FERRY_TABLE_REBUILD)
        status = swap_drop_old(load, outcome, err);
    if (status != FERRY_OK && *outcome == FERRY_OUTCOME_OLD)
        swap_bring_back(change, err);
    return status == FERRY_OK ? swap_record(change, records, record_count, err) : status;
}
