/* Rows that are on the server already, into a table that takes another's place.
 *
 * Only COPY ... WITH (FREEZE) writes rows that are seen by those, too, whose view of the data began
 * before the commit: after an INSERT such a one would find a table without any.  And COPY takes its
 * rows from a client alone.  A connection cannot read and write at once, and another one does not
 * see what is not committed.  So the rows go to the second connection, into a temporary table, and
 * come back from there.
 */

#include "write/target.h"

#include <inttypes.h>

#define FREEZE_SEND ((size_t)256 << 10) /* bytes that wait in the library before they go out */

static const char freeze_doing[] = "copy the table";

/* ---- From one connection to the other ---- */

struct freeze_end { /* of a stream */
    struct pgdrv_conn *conn;
    const struct part_text *sql; /* its COPY */
    ExecStatusType way;          /* in which it goes */
    uint64_t rows;               /* of which the server says that they went */
};

static ferry_status freeze_begin(const struct freeze_end *end, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    if (end->sql->failed)
        return pgdrv_fail_memory(err);
    ferry_status status =
        pgdrv_send(end->conn, PGDRV_LOADING, end->sql->data, NULL, 0, false, freeze_doing, err);
    if (status == FERRY_OK)
        status = pgdrv_next(end->conn, PGDRV_LOADING, freeze_doing, &result, err);
    return status == FERRY_OK && PQresultStatus(result) != end->way
               ? pgdrv_fail_result(end->conn, PGDRV_LOADING, result, freeze_doing, err)
               : status;
}

static ferry_status freeze_finish(struct freeze_end *end, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (bool more = true; more && status == FERRY_OK;) {
        PGDRV_AUTO_RESULT PGresult *result = NULL;
        status = pgdrv_next(end->conn, PGDRV_LOADING, freeze_doing, &result, err);
        more = status == FERRY_OK && result != NULL;
        if (more && PQresultStatus(result) != PGRES_COMMAND_OK)
            status = pgdrv_fail_result(end->conn, PGDRV_LOADING, result, freeze_doing, err);
        else if (more)
            end->rows = pgdrv_sql_rows(result);
    }
    return status;
}

/* The library says 0 where it has no room: what it has goes out first. */
static ferry_status freeze_put(const struct freeze_end *to, const char *data, size_t size,
                               size_t *waiting, struct ferry_error *err)
{
    int put;
    while ((put = PQputCopyData(to->conn->pg, data, (int)size)) == 0) {
        ferry_status status = pgdrv_flush(to->conn, PGDRV_LOADING, freeze_doing, err);
        if (status != FERRY_OK)
            return status;
    }
    if (put < 0)
        return pgdrv_fail_result(to->conn, PGDRV_LOADING, NULL, freeze_doing, err);
    *waiting += size;
    if (*waiting < FREEZE_SEND)
        return FERRY_OK;
    *waiting = 0;
    return pgdrv_flush(to->conn, PGDRV_LOADING, freeze_doing, err);
}

static ferry_status freeze_put_end(const struct freeze_end *to, struct ferry_error *err)
{
    int put;
    while ((put = PQputCopyEnd(to->conn->pg, NULL)) == 0) {
        ferry_status status = pgdrv_flush(to->conn, PGDRV_LOADING, freeze_doing, err);
        if (status != FERRY_OK)
            return status;
    }
    return put < 0 ? pgdrv_fail_result(to->conn, PGDRV_LOADING, NULL, freeze_doing, err)
                   : pgdrv_flush(to->conn, PGDRV_LOADING, freeze_doing, err);
}

static ferry_status freeze_stream(const struct freeze_end *from, const struct freeze_end *to,
                                  struct ferry_error *err)
{
    size_t waiting = 0;
    ferry_status status = FERRY_OK;
    while (status == FERRY_OK) {
        char *data = NULL;
        int size = PQgetCopyData(from->conn->pg, &data, 1);
        if (size == -1)
            return freeze_put_end(to, err);
        if (size < -1)
            return pgdrv_fail_result(from->conn, PGDRV_LOADING, NULL, freeze_doing, err);
        status = size > 0 ? freeze_put(to, data, (size_t)size, &waiting, err)
                          : pgdrv_take_in(from->conn, PGDRV_LOADING, freeze_doing, err);
        PQfreemem(data);
    }
    return status;
}

/* All rows of the one, or a failure.  What is left of a stream then would be taken for an answer,
 * so that its connection is of no use any more. */
static ferry_status freeze_pass(struct freeze_end from, struct freeze_end to,
                                struct ferry_error *err)
{
    const int64_t patience[] = {from.conn->wait_ms, to.conn->wait_ms};
    from.conn->wait_ms = to.conn->wait_ms = 0; /* how long it takes depends on the rows */
    ferry_status status = freeze_begin(&from, err);
    if (status == FERRY_OK)
        status = freeze_begin(&to, err);
    if (status == FERRY_OK)
        status = freeze_stream(&from, &to, err);
    if (status == FERRY_OK)
        status = freeze_finish(&from, err);
    if (status == FERRY_OK)
        status = freeze_finish(&to, err);
    from.conn->broken = from.conn->broken || from.conn->under_way;
    to.conn->broken = to.conn->broken || to.conn->under_way;
    from.conn->wait_ms = patience[0];
    to.conn->wait_ms = patience[1];
    return status == FERRY_OK && from.rows != to.rows
               ? ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: of %" PRIu64 " rows the server has taken back %" PRIu64,
                            to.conn->label, from.rows, to.rows)
               : status;
}

/* ---- There and back ---- */

/* The columns in their binary form: it is the value itself, whatever the session prints it like. */
static void freeze_write(const struct pgdrv_load *load, const char *path, const char *way,
                         struct part_text *sql)
{
    part_text_addf(sql, "COPY %s (", path);
    pgdrv_load_add_columns(load, NULL, sql);
    part_text_addf(sql, ") %s WITH (FORMAT binary", way);
}

static ferry_status freeze_there(const struct pgdrv_load *load, const char *from, const char *aside,
                                 struct ferry_error *err)
{
    struct pgdrv_conn *conn = load->unit->conn;
    PART_AUTO_TEXT struct part_text make = {0};
    PART_AUTO_TEXT struct part_text out = {0};
    PART_AUTO_TEXT struct part_text in = {0};
    part_text_addf(&make, "CREATE TEMPORARY TABLE %s (", aside);
    pgdrv_table_write_columns(&load->table, load->layout, &make);
    part_text_add(&make, ") ON COMMIT DROP");
    freeze_write(load, from, "TO STDOUT", &out);
    part_text_add(&out, ")");
    freeze_write(load, aside, "FROM STDIN", &in);
    part_text_add(&in, ")");
    ferry_status status = pgdrv_sql_run(conn->second, &make, freeze_doing, err);
    return status == FERRY_OK
               ? freeze_pass((struct freeze_end){conn, &out, PGRES_COPY_OUT, 0},
                             (struct freeze_end){conn->second, &in, PGRES_COPY_IN, 0}, err)
               : status;
}

static ferry_status freeze_back(const struct pgdrv_load *load, const char *aside,
                                struct ferry_error *err)
{
    struct pgdrv_conn *conn = load->unit->conn;
    PART_AUTO_TEXT struct part_text out = {0};
    PART_AUTO_TEXT struct part_text in = {0};
    freeze_write(load, aside, "TO STDOUT", &out);
    part_text_add(&out, ")");
    freeze_write(load, load->path, "FROM STDIN", &in);
    part_text_add(&in, ", FREEZE true)");
    return freeze_pass((struct freeze_end){conn->second, &out, PGRES_COPY_OUT, 0},
                       (struct freeze_end){conn, &in, PGRES_COPY_IN, 0}, err);
}

/* The second connection's transaction is a short one: it holds nothing that others wait for, and
 * asks for no lock that somebody could have who waits for the first. */
static ferry_status freeze_rows(const struct pgdrv_load *load, const char *from,
                                struct ferry_error *err)
{
    struct pgdrv_conn *second = load->unit->conn->second;
    PART_AUTO_TEXT struct part_text aside = {0};
    pgdrv_text_add_path(&aside, "pg_temp", load->names.stage);
    if (aside.failed)
        return pgdrv_fail_memory(err);
    ferry_status status = pgdrv_run(second, PGDRV_LOADING, "BEGIN", freeze_doing, err);
    if (status != FERRY_OK)
        return status;
    status = freeze_there(load, from, aside.data, err);
    if (status == FERRY_OK)
        status = freeze_back(load, aside.data, err);
    (void)pgdrv_give_back(second, "ROLLBACK"); /* the table is not needed any more */
    return status;
}

ferry_status pgdrv_freeze(struct pgdrv_load *load, const char *from, struct ferry_error *err)
{
    struct pgdrv_conn *conn = load->unit->conn;
    PART_AUTO_TEXT struct part_text look = {0};
    if (conn->second == NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: there is no second connection",
                          conn->label);
    load->makes = true;
    ferry_status status = pgdrv_stage_make(load, err);
    if (status == FERRY_OK)
        status = freeze_rows(load, from, err);
    if (status == FERRY_OK)
        status = pgdrv_indexes_make(load, err);
    if (status != FERRY_OK)
        return status;
    part_text_addf(&look, "ANALYZE %s", load->path);
    return pgdrv_sql_run(conn, &look, "look what is in the copy", err);
}
