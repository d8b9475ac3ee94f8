/* Rows become INSERTs of many at once: libdbi knows no parameters. */

#include "write/target.h"

#include <inttypes.h>
#include <strings.h>

#define INSERT_BYTES ((size_t)256 * 1024)
#define INSERT_ROWS 500
#define TSQL_MOST_ROWS 1000 /* "Table Value Constructor" of the reference: error 10738 beyond */
_Static_assert(INSERT_ROWS <= TSQL_MOST_ROWS, "an INSERT that every dialect takes");
#define FLAW_NUMBERED "NULL in an INTEGER PRIMARY KEY, where SQLite would put a number"

static ferry_status rows_find_numbered(struct dbidrv_load *load, struct ferry_error *err)
{
    const char *question = load->conn->dialect->writing->ask_numbered;
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *name = NULL;
    load->numbered = load->count;
    if (question == NULL)
        return FERRY_OK;
    dbidrv_query_question(load->conn, question, load->into, &sql);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_ask(load->conn, sql.data, DBIDRV_LOADING,
                                                  "ask for its key", &name, err);
    for (size_t i = 0; status == FERRY_OK && name != NULL && i < load->count; i++)
        if (strcasecmp(ferry_schema_column(load->spec->layout->schema, i)->name, name) == 0)
            load->numbered = i;
    return status;
}

ferry_status dbidrv_rows_prepare(struct dbidrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    part_text_add(&load->begin, load->conn->dialect->writing->insert);
    dbidrv_query_add_path(load->conn, load->into, &load->begin);
    part_text_add(&load->begin, " (");
    for (size_t i = 0; i < load->count; i++) {
        part_text_add(&load->begin, i > 0 ? ", " : "");
        dbidrv_query_add_name(load->conn->dialect, ferry_schema_column(layout->schema, i)->name,
                              &load->begin);
    }
    part_text_add(&load->begin, ") VALUES ");
    return load->begin.failed ? dbidrv_fail_memory(err) : rows_find_numbered(load, err);
}

static ferry_status rows_add(struct dbidrv_load *load, const struct ferry_batch *batch, size_t row,
                             struct part_text *sql, struct ferry_error *err)
{
    const struct ferry_cell *cells = ferry_batch_cells(batch, row);
    enum dbidrv_style style = load->conn->dialect->writing->style;
    for (size_t i = 0; i < load->count; i++) {
        const struct dbidrv_rule *rule = load->rules[i];
        const struct ferry_column *column = ferry_schema_column(load->spec->layout->schema, i);
        uint64_t most = (rule->flags & DBIDRV_RULE_COUNTED) != 0 ? column->length : 0;
        part_text_add(sql, i > 0 ? "," : "(");
        if (cells[i].null != 0 && i == load->numbered)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, i, FLAW_NUMBERED);
        if (cells[i].null != 0) {
            part_text_add(sql, "NULL");
            continue;
        }
        const char *flaw = dbidrv_put_check(style, column, &cells[i]);
        if (flaw == NULL)
            flaw = dbidrv_put(style, rule->put, most, &cells[i], sql);
        if (flaw != NULL)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, i, "%s", flaw);
    }
    part_text_add(sql, ")");
    return sql->failed ? dbidrv_fail_memory(err) : FERRY_OK;
}

static ferry_status rows_insert(struct dbidrv_load *load, const struct part_text *sql,
                                uint64_t count, struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    uint64_t affected = 0;
    if (asprintf(&doing, "insert rows %" PRIu64 " to %" PRIu64 " into %s", load->rows + 1,
                 load->rows + count, load->what) < 0) {
        doing = NULL;
        return dbidrv_fail_memory(err);
    }
    ferry_status status = dbidrv_run(load->conn, sql->data, DBIDRV_LOADING, doing, &affected, err);
    if (status == FERRY_OK && affected != count)
        status = ferry_fail(err, FERRY_ERR_DATA,
                            "%s: cannot %s: the database has inserted %" PRIu64 " of them",
                            load->conn->label, doing, affected);
    load->rows += status == FERRY_OK ? count : 0;
    return status;
}

ferry_status dbidrv_load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                               struct ferry_error *err)
{
    struct dbidrv_load *l = load;
    PART_AUTO_TEXT struct part_text sql = {0};
    size_t count = ferry_batch_count(batch);
    uint64_t waiting = 0;
    ferry_status status = dbidrv_conn_check(l->conn, err);
    if (operation != FERRY_OP_INSERT)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "%s: single rows are not changed",
                          l->conn->label);
    for (size_t i = 0; status == FERRY_OK && i < count; i++) {
        if (waiting == 0) {
            part_text_reset(&sql);
            part_text_append(&sql, l->begin.data, l->begin.length);
        } else
            part_text_add(&sql, ",");
        status = rows_add(l, batch, i, &sql, err);
        waiting++;
        if (status == FERRY_OK &&
            (i + 1 == count || waiting == INSERT_ROWS || sql.length >= INSERT_BYTES)) {
            status = rows_insert(l, &sql, waiting, err);
            waiting = 0;
        }
    }
    return status;
}
