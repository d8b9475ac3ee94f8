/* Full-text indexes that have their rows in the table, and do not follow a load. */

#include "write/target.h"

static const char stale_doing[] = "look for full-text indexes of the table";

static ferry_status stale_open(struct dbidrv_conn *conn, const char *table,
                               struct dbidrv_answer *ret_answer, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    dbidrv_query_question(conn, conn->dialect->writing->ask_stale, table, &sql);
    return sql.failed
               ? dbidrv_fail_memory(err)
               : dbidrv_answer_ask(conn, sql.data, 1, DBIDRV_LOADING, stale_doing, ret_answer, err);
}

ferry_status dbidrv_stale_find(struct dbidrv_conn *conn, const struct ferry_load_spec *spec,
                               struct ferry_notes *notes, struct ferry_error *err)
{
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    const char *table = spec->layout->table;
    bool row = true;
    if (conn->dialect->writing->ask_stale == NULL || spec->on_stale == FERRY_STALE_REBUILD)
        return FERRY_OK;
    ferry_status status = stale_open(conn, table, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(conn, &answer, stale_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = ferry_note(notes, err,
                            "%s: the full-text index '%s' does not follow the rows of table '%s'; "
                            "on_stale = \"rebuild\" makes it anew with them",
                            conn->label, dbidrv_answer_text(&answer, 0), table);
    }
    return status;
}

static ferry_status stale_rebuild(struct dbidrv_conn *conn, const char *name,
                                  struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "INSERT INTO ");
    dbidrv_query_add_path(conn, name, &sql);
    part_text_add(&sql, " (");
    part_text_add_quoted(&sql, '"', name);
    part_text_add(&sql, ") VALUES ('rebuild')");
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_run(conn, sql.data, DBIDRV_LOADING, "make a full-text index anew",
                                   NULL, err);
}

ferry_status dbidrv_stale_rebuild(const struct dbidrv_load *load, struct ferry_error *err)
{
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = true;
    if (load->conn->dialect->writing->ask_stale == NULL ||
        load->spec->on_stale != FERRY_STALE_REBUILD)
        return FERRY_OK;
    ferry_status status = stale_open(load->conn, load->spec->layout->table, &answer, err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(load->conn, &answer, stale_doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = stale_rebuild(load->conn, dbidrv_answer_text(&answer, 0), err);
    }
    return status;
}
