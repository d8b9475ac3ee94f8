/* What is stored, read by COPY and turned back into cells of the source's schema. */

#include "write/target.h"

#include <poll.h>
#include <string.h>

#define STORED_DRAIN ((size_t)4 << 20) /* bytes that are thrown away rather than a connection */

static const char stored_doing[] = "read the stored rows";

struct stored {
    struct pgdrv_conn *conn;
    const char *table; /* for messages */
    const struct ferry_scan *scan;
    struct pgdrv_form *forms; /* of the layout's columns */
    size_t *columns;          /* of these, those that the batches have */
    size_t count;
    struct part_text value; /* a field, without its escapes */
    bool copies;            /* a COPY is under way */
};

static void stored_free(struct stored *stored)
{
    free(stored->forms);
    free(stored->columns);
    part_text_clear(&stored->value);
    free(stored);
}

/* ---- The question ---- */

static ferry_status stored_choose_columns(struct stored *stored, const struct ferry_layout *layout,
                                          struct ferry_error *err)
{
    const struct ferry_scan *scan = stored->scan;
    bool some = scan != NULL && scan->column_count > 0;
    stored->count = some ? scan->column_count : ferry_schema_count(layout->schema);
    stored->columns = calloc(stored->count + 1, sizeof *stored->columns);
    if (stored->columns == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < stored->count; i++)
        stored->columns[i] = some ? scan->columns[i] : i;
    return FERRY_OK;
}

static void stored_add_name(const struct stored *stored, size_t column, struct part_text *sql)
{
    part_text_add(sql, PGDRV_MATCH_LIVE ".");
    pgdrv_text_add_name(sql, stored->forms[column].column->name);
}

/* False: a value that cannot be one. */
static bool stored_add_bound(const struct stored *stored, const struct ferry_bound *bound,
                             struct part_text *sql)
{
    static const char *const signs[] = {
        [FERRY_BOUND_AT_LEAST] = " >= ",
        [FERRY_BOUND_ABOVE] = " > ",
        [FERRY_BOUND_AT_MOST] = " <= ",
        [FERRY_BOUND_BELOW] = " < ",
    };
    const struct pgdrv_form *form = &stored->forms[bound->column];
    PART_AUTO_TEXT struct part_text value = {0};
    if (bound->kind >= sizeof signs / sizeof *signs || signs[bound->kind] == NULL ||
        pgdrv_refuse(form, bound->cell) != NULL)
        return false;
    pgdrv_encode_plain(form, bound->cell, &value);
    if (value.failed || value.data == NULL)
        return false;
    part_text_add(sql, "(");
    stored_add_name(stored, bound->column, sql);
    part_text_add(sql, signs[bound->kind]);
    pgdrv_text_add_quoted(sql, value.data, value.length);
    if (bound->or_null != 0) {
        part_text_add(sql, " OR ");
        stored_add_name(stored, bound->column, sql);
        part_text_add(sql, " IS NULL");
    }
    part_text_add(sql, ")");
    return true;
}

/* The order of the core: texts byte by byte, as they are in UTF-8. */
static void stored_add_order(const struct stored *stored, size_t column, struct part_text *sql)
{
    bool utf8 = strcmp(stored->conn->encoding, "UTF8") == 0;
    switch (stored->forms[column].type.kind) {
    case PGDRV_KIND_TEXT:
    case PGDRV_KIND_VARCHAR:
    case PGDRV_KIND_CHAR:
        part_text_add(sql, utf8 ? "" : "pg_catalog.convert_to(");
        stored_add_name(stored, column, sql);
        part_text_add(sql, utf8 ? " COLLATE \"C\"" : ", 'UTF8')");
        break;
    case PGDRV_KIND_INET:
        part_text_add(sql, "pg_catalog.host(");
        stored_add_name(stored, column, sql);
        part_text_add(sql, ") COLLATE \"C\"");
        break;
    default:
        stored_add_name(stored, column, sql);
        break;
    }
    part_text_add(sql, " ASC NULLS FIRST");
}

static ferry_status stored_add_scan(const struct stored *stored, struct part_text *sql,
                                    struct ferry_error *err)
{
    const struct ferry_scan *scan = stored->scan;
    for (size_t i = 0; scan != NULL && i < scan->bound_count; i++) {
        part_text_add(sql, i == 0 ? " WHERE " : " AND ");
        if (!stored_add_bound(stored, scan->bounds[i], sql))
            return ferry_fail(
                err, FERRY_ERR_INTERNAL, "%s: column '%s' cannot be held against such a bound",
                stored->conn->label, stored->forms[scan->bounds[i]->column].column->name);
    }
    for (size_t i = 0; scan != NULL && i < scan->order_count; i++) {
        part_text_add(sql, i == 0 ? " ORDER BY " : ", ");
        stored_add_order(stored, scan->order[i], sql);
    }
    return sql->failed ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* Rows that a change was of, without those that are gone. */
static void stored_add_touched(const struct pgdrv_load *load, struct part_text *sql)
{
    part_text_addf(sql, " JOIN %s AS " PGDRV_MATCH_CHANGES " ON ", load->gather);
    pgdrv_match_write(load, sql);
    part_text_add(sql, " WHERE " PGDRV_MATCH_CHANGES ".");
    pgdrv_text_add_name(sql, load->changes->tag);
    part_text_addf(sql, " <> %d", FERRY_OP_DELETE);
}

static ferry_status stored_write(const struct stored *stored, const struct pgdrv_load *load,
                                 const char *path, struct part_text *sql, struct ferry_error *err)
{
    part_text_add(sql, "COPY (SELECT ");
    for (size_t i = 0; i < stored->count; i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        stored_add_name(stored, stored->columns[i], sql);
    }
    part_text_addf(sql, " FROM %s AS " PGDRV_MATCH_LIVE, path);
    if (stored->scan != NULL && stored->scan->touched != 0)
        stored_add_touched(load, sql);
    ferry_status status = stored_add_scan(stored, sql, err);
    part_text_add(sql, ") TO STDOUT");
    return status == FERRY_OK && sql->failed ? pgdrv_fail_memory(err) : status;
}

/* ---- Begin ---- */

static ferry_status stored_start(struct stored *stored, const struct part_text *sql,
                                 struct ferry_error *err)
{
    PGresult *result = NULL;
    ferry_status status =
        pgdrv_send(stored->conn, PGDRV_LOADING, sql->data, NULL, 0, false, stored_doing, err);
    if (status == FERRY_OK)
        status = pgdrv_next(stored->conn, PGDRV_LOADING, stored_doing, &result, err);
    if (status != FERRY_OK)
        return status;
    stored->copies = PQresultStatus(result) == PGRES_COPY_OUT;
    if (!stored->copies)
        status = pgdrv_fail_result(stored->conn, PGDRV_LOADING, result, stored_doing, err);
    PQclear(result);
    return status;
}

/* Where the rows are. */
static ferry_status stored_find(struct pgdrv_conn *conn, const struct pgdrv_load *load,
                                const struct ferry_layout *layout, struct part_text *ret_path,
                                struct ferry_error *err)
{
    struct pgdrv_table table = {0};
    if (load != NULL) {
        part_text_add(ret_path, pgdrv_load_rows(load));
        return FERRY_OK;
    }
    ferry_status status = pgdrv_table_load(conn, layout->table, &table, err);
    bool exists = table.exists;
    pgdrv_table_clear(&table);
    if (status == FERRY_OK && !exists)
        return ferry_fail(err, FERRY_ERR_NOT_FOUND, "%s: there is no table '%s'; load it first",
                          conn->label, layout->table);
    pgdrv_text_add_path(ret_path, conn->schema, layout->table);
    return status;
}

static ferry_status stored_check_touched(const struct stored *stored, const struct pgdrv_load *load,
                                         struct ferry_error *err)
{
    bool touched = stored->scan != NULL && stored->scan->touched != 0;
    return !touched || (load != NULL && load->changes != NULL && load->spec->key_count > 0)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                            "%s: rows that came without a key cannot be told from others; name a "
                            "key",
                            stored->conn->label);
}

static ferry_status stored_open(struct stored *stored, const struct pgdrv_load *load,
                                const struct ferry_layout *layout, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text path = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = stored_check_touched(stored, load, err);
    if (status == FERRY_OK)
        status = pgdrv_forms_make(stored->conn, layout, &stored->forms, err);
    if (status == FERRY_OK)
        status = stored_choose_columns(stored, layout, err);
    if (status == FERRY_OK)
        status = stored_find(stored->conn, load, layout, &path, err);
    if (status == FERRY_OK && path.failed)
        status = pgdrv_fail_memory(err);
    if (status == FERRY_OK)
        status = stored_write(stored, load, path.data, &sql, err);
    /* "838:59:59", as it came, and not "PT838H59M59S". */
    if (status == FERRY_OK)
        status = pgdrv_run(stored->conn, PGDRV_LOADING, "SET IntervalStyle = 'postgres'",
                           stored_doing, err);
    return status == FERRY_OK ? stored_start(stored, &sql, err) : status;
}

/* While changes come in by the first connection, the rows are read by the second. */
static ferry_status stored_choose_conn(struct pgdrv_conn *conn, struct pgdrv_load *load,
                                       const struct ferry_scan *scan, struct pgdrv_conn **ret_conn,
                                       struct ferry_error *err)
{
    if (load != NULL && load->changes != NULL && !load->changes->ended) {
        load->changes->seen_all = load->changes->seen_all || scan == NULL || scan->bound_count == 0;
        return pgdrv_changes_open_reader(load, ret_conn, err);
    }
    *ret_conn = conn;
    return FERRY_OK;
}

ferry_status pgdrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                const struct ferry_scan *scan, void **ret_cursor,
                                struct ferry_error *err)
{
    struct stored *stored = calloc(1, sizeof *stored);
    if (stored == NULL)
        return pgdrv_fail_memory(err);
    stored->table = layout->table;
    stored->scan = scan;
    ferry_status status = stored_choose_conn(conn, load, scan, &stored->conn, err);
    if (status == FERRY_OK)
        status = stored_open(stored, load, layout, err);
    if (status != FERRY_OK) {
        stored_free(stored);
        return status;
    }
    *ret_cursor = stored;
    return FERRY_OK;
}

/* ---- Rows ---- */

/* A field up to its tabulator or the line's end, without its escapes.  False: out of memory. */
static bool stored_take_field(struct stored *stored, const char **at, const char *end)
{
    static const char letters[] = "btnvfr", bytes[] = "\b\t\n\v\f\r";
    const char *from = *at;
    stored->value.length = 0;
    while (*at < end && **at != '\t') {
        if (**at != '\\') {
            (*at)++;
            continue;
        }
        part_text_append(&stored->value, from, (size_t)(*at - from));
        const char *letter = *at + 1 < end ? strchr(letters, (*at)[1]) : NULL;
        if (*at + 1 < end)
            part_text_append(&stored->value, letter != NULL ? bytes + (letter - letters) : *at + 1,
                             1);
        *at += *at + 1 < end ? 2 : 1;
        from = *at;
    }
    part_text_append(&stored->value, from, (size_t)(*at - from));
    *at += *at < end;
    return !stored->value.failed;
}

static bool stored_is_null(const char *at, const char *end)
{
    return end - at >= 2 && at[0] == '\\' && at[1] == 'N' && (end - at == 2 || at[2] == '\t');
}

static ferry_status stored_take_row(struct stored *stored, const char *line, size_t size,
                                    struct ferry_batch *batch, struct ferry_error *err)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    const char *at = line, *end = line + size;
    bool memory = true;
    for (size_t i = 0; i < stored->count; i++) {
        cells[i].null = stored_is_null(at, end);
        if (!stored_take_field(stored, &at, end))
            return pgdrv_fail_memory(err);
        if (cells[i].null != 0)
            continue;
        const char *data = stored->value.data == NULL ? "" : stored->value.data;
        if (pgdrv_stored_decode(&stored->forms[stored->columns[i]], data, stored->value.length,
                                batch, &cells[i], &memory))
            continue;
        return memory ? ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, i,
                                        "what is stored is no value of the source's type (%s, "
                                        "table '%s')",
                                        stored->conn->label, stored->table)
                      : pgdrv_fail_memory(err);
    }
    return FERRY_OK;
}

/* The line of a row, or NULL and the end: what the server says then decides. */
static ferry_status stored_next(struct stored *stored, char **ret_line, size_t *ret_size,
                                struct ferry_error *err)
{
    struct pgdrv_conn *conn = stored->conn;
    int size;
    while ((size = PQgetCopyData(conn->pg, ret_line, 1)) == 0) {
        ferry_status status = pgdrv_take_in(conn, PGDRV_LOADING, stored_doing, err);
        if (status != FERRY_OK)
            return status;
    }
    if (size > 0) {
        *ret_size = (size_t)size - ((*ret_line)[size - 1] == '\n');
        return FERRY_OK;
    }
    *ret_line = NULL;
    if (size < -1)
        return pgdrv_fail_result(conn, PGDRV_LOADING, NULL, stored_doing, err);
    stored->copies = false;
    ferry_status status = FERRY_OK;
    for (bool more = true; more && status == FERRY_OK;) {
        PGDRV_AUTO_RESULT PGresult *result = NULL;
        status = pgdrv_next(conn, PGDRV_LOADING, stored_doing, &result, err);
        more = status == FERRY_OK && result != NULL;
        if (more && !pgdrv_result_is_good(result))
            status = pgdrv_fail_result(conn, PGDRV_LOADING, result, stored_doing, err);
    }
    return status;
}

ferry_status pgdrv_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct stored *stored = cursor;
    ferry_status status = pgdrv_conn_check(stored->conn, err);
    while (status == FERRY_OK && stored->copies && ferry_batch_full(batch) == 0) {
        char *line = NULL;
        size_t size = 0;
        status = stored_next(stored, &line, &size, err);
        if (status == FERRY_OK && line != NULL)
            status = stored_take_row(stored, line, size, batch, err);
        PQfreemem(line);
    }
    return status;
}

/* What is left of a stream that is not read to its end, where that is not much.  There is nobody to
 * be told of a failure. */
static void stored_drain(struct stored *stored)
{
    struct pgdrv_conn *conn = stored->conn;
    size_t left = STORED_DRAIN;
    char *line = NULL;
    int size = 0;
    while (!conn->broken && left > 0 && (size = PQgetCopyData(conn->pg, &line, 1)) >= 0) {
        PQfreemem(line);
        line = NULL;
        left = (size_t)size < left ? left - (size_t)size : 0;
        if (size == 0 && (pgdrv_wait(conn, POLLIN) != PGDRV_READY || PQconsumeInput(conn->pg) == 0))
            conn->broken = true;
    }
    conn->broken = conn->broken || size != -1;
    while (!conn->broken && conn->under_way) {
        while (PQisBusy(conn->pg) != 0 && !conn->broken)
            conn->broken = pgdrv_wait(conn, POLLIN) != PGDRV_READY || PQconsumeInput(conn->pg) == 0;
        PGDRV_AUTO_RESULT PGresult *result = conn->broken ? NULL : PQgetResult(conn->pg);
        conn->under_way = result != NULL;
    }
}

/* A long rest is cut off with its connection: nothing that comes after it would be understood. */
void pgdrv_stored_end(void *cursor)
{
    struct stored *stored = cursor;
    if (stored == NULL)
        return;
    if (stored->copies)
        stored_drain(stored);
    stored_free(stored);
}
