/* Rows: a statement that asks for the columns in forms that come through, and its result as cells.
 */

#include "read/read.h"

#include <inttypes.h>
#include <string.h>

#include "parts/printed.h"

struct odrv_cursor {
    struct odrv_conn *conn;
    char *what;
    SQLHSTMT stmt;
    struct odrv_columns described;
    const struct odrv_column **columns; /* those that come, in their order */
    size_t count;
    struct odrv_fetch fetch;
    uint32_t on_warning;
    bool finished; /* all rows have come ... */
    bool ended;    /* ... and that was confirmed */
};

/* ---- Whether the result is still what was described ---- */

#define READ_FLAGS (FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_UTC | FERRY_COLUMN_LOOSE)

static bool read_is_same(const struct ferry_column *now, const struct ferry_column *expected)
{
    return strcmp(now->name, expected->name) == 0 && now->type == expected->type &&
           (now->flags & READ_FLAGS) == (expected->flags & READ_FLAGS) &&
           now->bits == expected->bits && now->precision == expected->precision &&
           now->scale == expected->scale && now->length == expected->length;
}

static ferry_status read_fail_changed(const struct odrv_cursor *cursor, struct ferry_error *err)
{
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY, "%s: the columns of %s changed a moment ago; run again",
                   cursor->conn->label, cursor->what);
    ferry_error_may_pass(err);
    return status;
}

static ferry_status read_check_columns(const struct odrv_cursor *cursor,
                                       const struct ferry_schema *schema, struct ferry_error *err)
{
    if (ferry_schema_count(schema) != cursor->described.count)
        return read_fail_changed(cursor, err);
    for (size_t i = 0; i < cursor->described.count; i++) {
        const struct ferry_column *expected = ferry_schema_column(schema, i);
        if ((expected->flags & FERRY_COLUMN_RAW) != 0)
            return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                              "%s: column '%s' cannot be read as the bytes of its texts: ODBC "
                              "drivers translate them; take text = \"bytes\" away",
                              cursor->conn->label, expected->name);
        if (!read_is_same(&cursor->described.list[i].column, expected))
            return read_fail_changed(cursor, err);
    }
    return FERRY_OK;
}

/* ---- Beginning ---- */

static ferry_status read_choose(struct odrv_cursor *cursor, const struct ferry_scan *scan,
                                struct ferry_error *err)
{
    cursor->count = odrv_scan_width(scan, cursor->described.count);
    cursor->columns = calloc(cursor->count + 1, sizeof *cursor->columns);
    if (cursor->columns == NULL)
        return odrv_fail_memory(err);
    for (size_t i = 0; i < cursor->count; i++)
        cursor->columns[i] = &cursor->described.list[odrv_scan_column(scan, i)];
    return FERRY_OK;
}

/* The statement itself, or the first page of what it brings. */
static SQLRETURN read_call(struct odrv_cursor *cursor, const char *sql)
{
    if (cursor->fetch.pages > 0)
        return odrv_pages_turn(&cursor->fetch);
    SQLRETURN result = SQLPrepare(cursor->stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS);
    if (odrv_succeeded(result))
        result = SQLExecute(cursor->stmt);
    return result;
}

static ferry_status read_execute(struct odrv_cursor *cursor, const char *sql,
                                 struct ferry_error *err)
{
    SQLSMALLINT count = 0;
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read %s", cursor->what) < 0) {
        doing = NULL;
        return odrv_fail_memory(err);
    }
    ferry_status status = odrv_conn_check(cursor->conn, err);
    if (status == FERRY_OK && cursor->conn->dialect->pages && cursor->conn->transaction)
        status = odrv_pages_begin(&cursor->fetch, sql, doing, err);
    if (status != FERRY_OK)
        return status;
    odrv_watch_begin(&cursor->conn->watch, cursor->stmt, false);
    SQLRETURN result = read_call(cursor, sql);
    odrv_watch_end(&cursor->conn->watch);
    status = odrv_conn_check(cursor->conn, err);
    if (status != FERRY_OK)
        return status;
    if (!odrv_succeeded(result))
        return odrv_fail(cursor->conn, SQL_HANDLE_STMT, cursor->stmt, ODRV_READING, doing, err);
    if (result == SQL_SUCCESS_WITH_INFO)
        (void)odrv_fetch_note(&cursor->fetch); /* no value has come yet */
    if (!odrv_succeeded(SQLNumResultCols(cursor->stmt, &count)) || count < 0 ||
        (size_t)count != cursor->count)
        return read_fail_changed(cursor, err);
    return FERRY_OK;
}

static ferry_status read_start(struct odrv_cursor *cursor, const struct ferry_scan *scan,
                               const char *sql, struct ferry_error *err)
{
    ferry_status status = read_choose(cursor, scan, err);
    if (status == FERRY_OK)
        status = odrv_statement_new(cursor->conn, &cursor->stmt, err);
    if (status == FERRY_OK)
        status = odrv_fetch_begin(&cursor->fetch, cursor->conn, cursor->stmt, cursor->what, err);
    if (status == FERRY_OK)
        status = odrv_fetch_bind(&cursor->fetch, cursor->columns, cursor->count, err);
    return status == FERRY_OK ? read_execute(cursor, sql, err) : status;
}

/* Tables of some engines have no transactions, so a snapshot does not hold them. */
static ferry_status read_tell_unsteady(const struct odrv_cursor *cursor,
                                       const struct ferry_read *read, struct ferry_error *err)
{
    const char *question = cursor->conn->dialect->ask_unsteady;
    PART_AUTO_TEXT struct part_text name = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *answer = NULL;
    if (question == NULL || read->kind != FERRY_READ_TABLE)
        return FERRY_OK;
    for (const char *c = read->text; *c != '\0'; c++)
        part_text_addf(&name, "%02x", (unsigned)(unsigned char)*c);
    if (!name.failed)
        part_text_add_template(&sql, question, name.data);
    if (name.failed || sql.failed)
        return odrv_fail_memory(err);
    ferry_status status =
        odrv_ask(cursor->conn, sql.data, "ask for the table's engine", &answer, err);
    if (status == FERRY_OK && answer != NULL)
        ferry_log(FERRY_LOG_WARNING,
                  "%s: %s is of an engine without transactions, so rows of different moments may "
                  "come",
                  cursor->conn->label, cursor->what);
    return status;
}

static ferry_status read_open(struct odrv_cursor *cursor, const struct ferry_read *read,
                              const struct ferry_schema *schema, const struct ferry_scan *scan,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = odrv_columns_describe(cursor->conn, read, &cursor->described, err);
    if (status == FERRY_OK)
        status = read_check_columns(cursor, schema, err);
    if (status == FERRY_OK)
        status = read_tell_unsteady(cursor, read, err);
    if (status == FERRY_OK)
        status = odrv_query_scan(cursor->conn, read, schema, &cursor->described, scan, &sql, err);
    return status == FERRY_OK ? read_start(cursor, scan, sql.data, err) : status;
}

/* `what` is taken over. */
static struct odrv_cursor *read_new(struct odrv_conn *conn, char *what)
{
    struct odrv_cursor *cursor = what == NULL ? NULL : calloc(1, sizeof *cursor);
    if (cursor == NULL) {
        free(what);
        return NULL;
    }
    cursor->conn = conn;
    cursor->stmt = SQL_NULL_HSTMT;
    cursor->what = what;
    return cursor;
}

ferry_status odrv_read_begin(void *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct ferry_scan *scan,
                             void **ret_cursor, struct ferry_error *err)
{
    struct odrv_cursor *cursor = read_new(conn, odrv_query_what(read));
    if (cursor == NULL)
        return odrv_fail_memory(err);
    cursor->on_warning = read->on_warning;
    ferry_status status = read_open(cursor, read, schema, scan, err);
    if (status != FERRY_OK) {
        odrv_read_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

ferry_status odrv_cursor_begin(struct odrv_conn *conn, const char *what,
                               struct odrv_columns *columns, const char *sql, void **ret_cursor,
                               struct ferry_error *err)
{
    static const struct ferry_scan everything = {0};
    struct odrv_cursor *cursor = read_new(conn, strdup(what));
    if (cursor == NULL)
        return odrv_fail_memory(err);
    cursor->described = *columns;
    *columns = (struct odrv_columns){0};
    ferry_status status = read_start(cursor, &everything, sql, err);
    if (status != FERRY_OK) {
        odrv_read_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* The statement ends before the room that its columns are bound to. */
void odrv_read_end(void *cursor)
{
    struct odrv_cursor *c = cursor;
    if (c == NULL)
        return;
    odrv_statement_free(&c->stmt);
    odrv_pages_end(&c->fetch);
    odrv_fetch_end(&c->fetch);
    free((void *)c->columns);
    odrv_columns_clear(&c->described);
    free(c->what);
    free(c);
}

/* ---- Rows ---- */

static ferry_status read_row(struct odrv_cursor *cursor, struct ferry_batch *batch,
                             struct ferry_error *err)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    SQLSMALLINT text_type = cursor->conn->dialect->text_type;
    if (cells == NULL)
        return odrv_fail_memory(err);
    for (size_t i = 0; i < cursor->count; i++) {
        struct odrv_value value = {0};
        const struct odrv_column *column = cursor->columns[i];
        ferry_status status = odrv_fetch_value(&cursor->fetch, i, &value, err);
        if (status != FERRY_OK)
            return status;
        const char *flaw = odrv_decode(column, text_type, &value, batch, &cells[i]);
        if (flaw == part_no_memory)
            return odrv_fail_memory(err);
        if (flaw != NULL)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, i,
                                   "%s; mend it at the source, or cast the column to a text in a "
                                   "view or query",
                                   flaw);
        if (value.null && (column->column.flags & FERRY_COLUMN_NOT_NULL) != 0)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, i,
                                   "NULL in a column that the database describes as NOT NULL");
    }
    return FERRY_OK;
}

static ferry_status read_judge_warnings(struct odrv_cursor *cursor, struct ferry_error *err)
{
    const struct odrv_fetch *fetch = &cursor->fetch;
    bool lossy = fetch->lossy && cursor->on_warning == FERRY_WARNINGS_AUTO;
    if (fetch->warnings == 0)
        return FERRY_OK;
    if (lossy || cursor->on_warning == FERRY_WARNINGS_REFUSE)
        return ferry_fail(err, FERRY_ERR_DATA,
                          "%s: %" PRIu64 " warnings came with %s, the first %s: %s; mend what they "
                          "are about, or say on_warning = \"allow\"",
                          cursor->conn->label, fetch->warnings, cursor->what, fetch->first_warning,
                          lossy ? "rows or values are not whole" : "it is about what was read");
    ferry_log(FERRY_LOG_WARNING, "%s: %" PRIu64 " warnings came with %s, the first: %s",
              cursor->conn->label, fetch->warnings, cursor->what, fetch->first_warning);
    return FERRY_OK;
}

/* One line of what the server has to say about the rows. */
static ferry_status read_take_warning(struct odrv_cursor *cursor, SQLHSTMT stmt, const char *doing,
                                      struct ferry_error *err)
{
    PART_AUTO_STRING char *number = NULL;
    struct odrv_fetch *fetch = &cursor->fetch;
    ferry_status status = odrv_statement_text(cursor->conn, stmt, 2, doing, &number, err);
    if (status != FERRY_OK)
        return status;
    bool loss = number == NULL;
    for (const char *const *at = cursor->conn->dialect->warnings_refused;
         number != NULL && at != NULL && *at != NULL; at++)
        loss = loss || strcmp(*at, number) == 0;
    fetch->warnings++;
    if (fetch->first_warning[0] == '\0' || (loss && !fetch->lossy))
        (void)snprintf(fetch->first_warning, sizeof fetch->first_warning, "%s",
                       number == NULL ? "?" : number);
    fetch->lossy = fetch->lossy || loss;
    return FERRY_OK;
}

/* The server keeps some of its warnings, and knows how many there were.  To be asked before
 * anything else, which would forget them. */
static ferry_status read_ask_warnings(struct odrv_cursor *cursor, struct ferry_error *err)
{
    static const char doing[] = "ask for the warnings";
    struct odrv_conn *conn = cursor->conn;
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    PART_AUTO_STRING char *count = NULL;
    uint64_t before = cursor->fetch.warnings;
    bool row = true;
    if (conn->dialect->ask_warnings == NULL)
        return FERRY_OK;
    ferry_status status = odrv_ask(conn, conn->dialect->count_warnings, doing, &count, err);
    if (status != FERRY_OK || (count != NULL && strcmp(count, "0") == 0))
        return status;
    status = odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status =
            odrv_statement_run(conn, stmt, conn->dialect->ask_warnings, ODRV_ASKING, doing, err);
    while (status == FERRY_OK) {
        status = odrv_statement_next(conn, stmt, doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = read_take_warning(cursor, stmt, doing, err);
    }
    uint64_t all = count == NULL ? 0 : strtoull(count, NULL, 10);
    if (status == FERRY_OK && cursor->fetch.warnings - before < all) {
        cursor->fetch.warnings = before + all; /* of those that nobody has kept, any may be one */
        cursor->fetch.lossy = true;
    }
    return status;
}

/* While the locks of what was read are held. */
static ferry_status read_prove(struct odrv_cursor *cursor, struct ferry_error *err)
{
    struct odrv_conn *conn = cursor->conn;
    PART_AUTO_STRING char *changed = NULL;
    if (conn->dialect->ask_changed == NULL || conn->target || !conn->transaction)
        return FERRY_OK;
    ferry_status status =
        odrv_ask(conn, conn->dialect->ask_changed,
                 "ask whether what was read is what the snapshot knows", &changed, err);
    if (status != FERRY_OK || changed == NULL)
        return status;
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: %s: somebody has emptied, rewritten or replaced %s after the snapshot "
                        "was taken, so rows may be missing; run again",
                        conn->label, cursor->what, changed);
    ferry_error_may_pass(err);
    return status;
}

/* "No data" alone is no proof: a lost server must not look like the end. */
static ferry_status read_confirm_end(struct odrv_cursor *cursor, struct ferry_error *err)
{
    odrv_statement_free(&cursor->stmt);
    ferry_status status = odrv_conn_check(cursor->conn, err);
    if (status == FERRY_OK)
        status = read_ask_warnings(cursor, err);
    if (status == FERRY_OK)
        status = odrv_conn_confirm(cursor->conn, "confirm the end of the rows", err);
    if (status == FERRY_OK)
        status = read_prove(cursor, err);
    if (status == FERRY_OK)
        status = read_judge_warnings(cursor, err);
    cursor->ended = status == FERRY_OK;
    return status;
}

ferry_status odrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct odrv_cursor *c = cursor;
    bool row = true;
    if (c->ended)
        return FERRY_OK;
    ferry_status status = odrv_conn_check(c->conn, err);
    if (status != FERRY_OK)
        return status;
    if (c->finished)
        return read_confirm_end(c, err);
    odrv_watch_begin(&c->conn->watch, c->stmt, false);
    odrv_watch_leave(&c->conn->watch); /* each call enters again */
    while (status == FERRY_OK && !ferry_batch_full(batch)) {
        status = odrv_fetch_row(&c->fetch, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = read_row(c, batch, err);
        if (status == FERRY_OK)
            status = odrv_conn_check(c->conn, err);
    }
    odrv_watch_end(&c->conn->watch);
    if (status != FERRY_OK || row)
        return status;
    /* The last rows go first: what is wrong with one of them tells more than a warning. */
    c->finished = true;
    return ferry_batch_count(batch) > 0 ? FERRY_OK : read_confirm_end(c, err);
}

/* ---- One view of the data ---- */

static ferry_status snapshot_confirm(struct odrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_STRING char *answer = NULL;
    const struct odrv_dialect *dialect = conn->dialect;
    if (dialect->ask_snapshot == NULL)
        return FERRY_OK;
    ferry_status status =
        odrv_ask(conn, dialect->ask_snapshot, "ask for the snapshot", &answer, err);
    if (status != FERRY_OK || (answer != NULL && strcmp(answer, dialect->snapshot_answer) == 0))
        return status;
    return ferry_fail(err, FERRY_ERR_STREAM,
                      "%s: the rows cannot be read as of one moment: the transaction is '%s'; a "
                      "pooler or another release of the ODBC driver may be why",
                      conn->label, answer == NULL ? "" : answer);
}

ferry_status odrv_snapshot_begin(void *conn, struct ferry_error *err)
{
    struct odrv_conn *c = conn;
    const char *const *statements = c->dialect->snapshot;
    ferry_status status = odrv_conn_check(c, err);
    if (status != FERRY_OK)
        return status;
    if (statements == NULL) {
        ferry_log(FERRY_LOG_WARNING,
                  "%s: rows of different moments may come, and a row that is moved meanwhile twice "
                  "or not at all: dbferry knows no snapshot of %s",
                  c->label, c->product);
        return FERRY_OK;
    }
    if (c->dialect->snapshot_end == NULL)
        status = odrv_conn_set_transaction(c, true, err);
    for (size_t i = 0; status == FERRY_OK && statements[i] != NULL; i++)
        status = odrv_run(c, statements[i], ODRV_ASKING, "begin a snapshot", err);
    if (status == FERRY_OK)
        status = snapshot_confirm(c, err);
    if (status != FERRY_OK)
        odrv_snapshot_end(c);
    return status;
}

void odrv_snapshot_end(void *conn)
{
    struct odrv_conn *c = conn;
    SQLHSTMT stmt = SQL_NULL_HSTMT;
    const char *end = c->dialect->snapshot_end;
    if (end != NULL && odrv_succeeded(SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &stmt)))
        (void)SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)end, SQL_NTS);
    odrv_statement_free(&stmt);
    odrv_conn_roll_back(c);
}

/* A database does not say through ODBC which tables a query reads, so that nothing is known of a
 * view or query but what might do harm. */
ferry_status odrv_origins(void *conn, const struct ferry_read *read, const char *table,
                          struct ferry_origins *origins, struct ferry_error *err)
{
    bool one = read->kind == FERRY_READ_TABLE;
    ferry_status status = odrv_conn_check(conn, err);
    if (status == FERRY_OK && one)
        status = ferry_origins_add(origins, read->text, err);
    if (status == FERRY_OK && table != NULL && (!one || strcasecmp(read->text, table) == 0))
        ferry_origins_include(origins);
    return status;
}
