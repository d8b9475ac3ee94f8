/* The stage table beside the live one: its names, its lock, what it is made of, and its end. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define STAGE_COMMENT_BYTES 2048 /* of a table: so many characters, and at least as many bytes */

/* ---- Names and the lock ---- */

/* Where the server takes Orders and orders for one table, so must the names made of them. */
static ferry_status stage_make_names(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->conn;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    MYDRV_AUTO_ROWS MYSQL_RES *rows = NULL;
    mydrv_text_add(&sql, "SELECT IF(@@lower_case_table_names = 0, n, LOWER(n)), "
                         "IF(@@lower_case_table_names = 0, DATABASE(), LOWER(DATABASE())) FROM "
                         "(SELECT ");
    mydrv_text_add_quoted(&sql, load->layout->table, strlen(load->layout->table));
    mydrv_text_add(&sql, " AS n) AS t");
    ferry_status status = mydrv_ask(conn, &sql, 2, "ask for the database", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status != FERRY_OK)
        return status;
    if (row == NULL || row[0] == NULL || row[1] == NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG, "%s: set `database` in the connection",
                          conn->label);
    uint64_t table = mydrv_hash(MYDRV_HASH_SEED, row[0]);
    uint64_t place = mydrv_hash(mydrv_hash(MYDRV_HASH_SEED, row[1]), row[0]);
    if (asprintf(&load->stage, "_dbferry_stage_%016" PRIx64, table) < 0)
        load->stage = NULL;
    if (asprintf(&load->old, "_dbferry_old_%016" PRIx64, table) < 0)
        load->old = NULL;
    if (asprintf(&load->lock, "dbferry:%016" PRIx64, place) < 0)
        load->lock = NULL;
    return load->stage == NULL || load->old == NULL || load->lock == NULL ? mydrv_fail_memory(err)
                                                                          : FERRY_OK;
}

/* Who has the lock, as far as this account may see. */
static ferry_status stage_fail_locked(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    MYDRV_AUTO_ROWS MYSQL_RES *rows = NULL;
    mydrv_text_add(&sql, "SELECT l.id, p.USER, p.HOST, p.TIME FROM (SELECT IS_USED_LOCK(");
    mydrv_text_add_quoted(&sql, load->lock, strlen(load->lock));
    mydrv_text_add(&sql, ") AS id) AS l LEFT JOIN information_schema.PROCESSLIST p ON p.ID = l.id");
    ferry_status status = mydrv_ask(load->conn, &sql, 4, "ask for the lock's holder", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status != FERRY_OK)
        return status;
    bool known = row != NULL && row[0] != NULL && row[1] != NULL && row[2] != NULL;
    return ferry_fail(err, FERRY_ERR_BUSY,
                      "%s: table '%s' is being loaded by another run (connection %s%s%s%s%s); run "
                      "again when it is done",
                      load->conn->label, load->layout->table,
                      row == NULL || row[0] == NULL ? "just gone" : row[0], known ? ", " : "",
                      known ? row[1] : "", known ? " from " : "", known ? row[2] : "");
}

ferry_status mydrv_stage_lock(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    uint64_t taken = 0;
    ferry_status status = stage_make_names(load, err);
    if (status != FERRY_OK)
        return status;
    mydrv_text_add(&sql, "SELECT GET_LOCK(");
    mydrv_text_add_quoted(&sql, load->lock, strlen(load->lock));
    mydrv_text_add(&sql, ", 0)");
    status = mydrv_ask_number(load->conn, &sql, "take the table's lock", &taken, err);
    if (status == FERRY_OK && taken != 1)
        status = stage_fail_locked(load, err);
    load->locked = status == FERRY_OK;
    load->conn->held_lock = load->locked ? load->lock : NULL;
    return status;
}

void mydrv_stage_unlock(struct mydrv_load *load)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    load->conn->held_lock = NULL; /* its text ends with the load */
    if (!load->locked)
        return;
    mydrv_text_add(&sql, "DO RELEASE_LOCK(");
    mydrv_text_add_quoted(&sql, load->lock, strlen(load->lock));
    mydrv_text_add(&sql, ")");
    (void)mydrv_try(load->conn, &sql);
    load->locked = false;
}

static ferry_status stage_exists(struct mydrv_load *load, const char *name, bool *ret_exists,
                                 struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    uint64_t count = 0;
    mydrv_text_add(&sql, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                         "DATABASE() AND TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    ferry_status status = mydrv_ask_number(load->conn, &sql, "look for leftovers", &count, err);
    *ret_exists = count > 0;
    return status;
}

static ferry_status stage_drop_table(struct mydrv_load *load, const char *name,
                                     struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "DROP TABLE ");
    mydrv_text_add_name(&sql, name);
    return mydrv_run(load->conn, &sql, "drop what an earlier run left behind", err);
}

/* Servers of today do both renames of a commit or none.  Where one died between them, the old table
 * is all that there is. */
static ferry_status stage_bring_back(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "RENAME TABLE ");
    mydrv_text_add_name(&sql, load->old);
    mydrv_text_add(&sql, " TO ");
    mydrv_text_add_name(&sql, load->layout->table);
    ferry_status status = mydrv_run(load->conn, &sql, "bring the old table back", err);
    if (status != FERRY_OK)
        return status;
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: table '%s' was missing, and its old rows were found where an "
                        "interrupted run had left them: they are back; run again",
                        load->conn->label, load->layout->table);
    ferry_error_may_pass(err);
    return status;
}

/* Without the right DROP nothing could be cleared away later on, so it shows here: the server looks
 * at the right before it looks for the table, which is not there. */
static ferry_status stage_check_drop(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "DROP TABLE IF EXISTS ");
    mydrv_text_add_name(&sql, load->old);
    return mydrv_run(load->conn, &sql, "make room for the new rows", err);
}

/* Nobody else uses these names while we hold the lock. */
ferry_status mydrv_stage_clean(struct mydrv_load *load, struct ferry_error *err)
{
    const char *const names[] = {load->stage, load->old};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == FERRY_OK; i++) {
        bool exists = false;
        status = stage_exists(load, names[i], &exists, err);
        if (status != FERRY_OK || !exists)
            continue;
        if (names[i] == load->old && !load->table.exists)
            return stage_bring_back(load, err);
        ferry_log(FERRY_LOG_WARNING, "%s: dropping '%s', which an earlier run left behind",
                  load->conn->label, names[i]);
        status = stage_drop_table(load, names[i], err);
    }
    return status == FERRY_OK ? stage_check_drop(load, err) : status;
}

static void stage_write_drop(const struct mydrv_load *load, struct mydrv_text *sql)
{
    mydrv_text_add(sql, "DROP TABLE ");
    mydrv_text_add_name(sql, load->stage);
}

void mydrv_stage_drop(struct mydrv_load *load)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (!load->staged)
        return;
    stage_write_drop(load, &sql);
    if (!mydrv_try(load->conn, &sql) && mydrv_conn_is_lost(load->conn) &&
        mydrv_spare_take_over(load)) {
        stage_write_drop(load, &sql);
        (void)mydrv_try(load->conn, &sql);
    }
    load->staged = false;
}

/* ---- Making it ---- */

bool mydrv_stage_is_like(const struct mydrv_load *load)
{
    return load->spec->action == FERRY_TABLE_KEEP &&
           (!load->table.own || load->unit->in_place || load->spec->keep_definition != 0);
}

static void stage_write_create(const struct mydrv_load *load, struct mydrv_text *sql)
{
    const struct ferry_load_spec *spec = load->spec;
    mydrv_text_add(sql, "CREATE TABLE ");
    mydrv_text_add_name(sql, load->stage);
    if (mydrv_stage_is_like(load)) {
        mydrv_text_add(sql, " LIKE ");
        mydrv_text_add_name(sql, spec->layout->table);
        return;
    }
    for (size_t i = 0; i < ferry_schema_count(spec->layout->schema); i++) {
        mydrv_text_add(sql, i > 0 ? ", " : " (");
        mydrv_text_add_name(sql, ferry_schema_column(spec->layout->schema, i)->name);
        mydrv_text_addf(sql, " %s%s%s", spec->layout->natives[i],
                        spec->layout->clauses[i][0] == '\0' ? "" : " ", spec->layout->clauses[i]);
    }
    mydrv_indexes_write_primary(load, sql);
    mydrv_text_add(sql, ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4");
}

static ferry_status stage_set_comment(struct mydrv_load *load, const struct mydrv_text *comment,
                                      struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "ALTER TABLE ");
    mydrv_text_add_name(&sql, load->stage);
    mydrv_text_add(&sql, " COMMENT=");
    mydrv_text_add_quoted(&sql, comment->data == NULL ? "" : comment->data, comment->length);
    sql.failed = sql.failed || comment->failed;
    return mydrv_run(load->conn, &sql, "mark the stage table", err);
}

/* The commit's RENAME needs the right ALTER: it shows while the stage is still empty. */
static ferry_status stage_check_alter(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text mark = {0};
    mydrv_table_mark(&mark, "", load->unit->spec->run_id, NULL);
    return stage_set_comment(load, &mark, err);
}

/* How the texts of one column go to the server. */
static ferry_status stage_choose_charset(struct mydrv_load *load, struct mydrv_form *form,
                                         const struct mydrv_live_column *live,
                                         struct ferry_error *err)
{
    const struct mydrv_charset *set =
        live->charset == NULL ? NULL : mydrv_charset_named(live->charset);
    bool raw = (form->source->flags & FERRY_COLUMN_RAW) != 0;
    form->raw = raw && form->source->type == FERRY_TYPE_TEXT;
    if (form->raw && (live->charset == NULL || form->source->charset == NULL ||
                      strcmp(live->charset, form->source->charset) != 0)) {
        ferry_status status =
            ferry_fail(err, FERRY_ERR_BUSY, "%s: table '%s' was altered just now; run again",
                       load->conn->label, load->layout->table);
        ferry_error_may_pass(err);
        return status;
    }
    form->foreign_charset = mydrv_type_has_charset(&form->type) && !form->raw &&
                            (set == NULL || set->kind != MYDRV_CHARSET_UTF8);
    bool listed = form->type.kind == MYDRV_KIND_ENUM || form->type.kind == MYDRV_KIND_SET;
    if (!form->foreign_charset || listed || set == NULL || set->kind != MYDRV_CHARSET_CODES)
        return FERRY_OK;
    form->foreign_charset = false;
    form->encoded = calloc(1, sizeof *form->encoded);
    return form->encoded == NULL ? mydrv_fail_memory(err)
                                 : mydrv_codes_get(load->conn, set, &form->codes, err);
}

/* What the stage turned out to be decides how values are checked and sent. */
static ferry_status stage_learn_columns(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_table stage = {0};
    ferry_status status = mydrv_table_load(load->conn, load->stage, &stage, err);
    size_t count = ferry_schema_count(load->layout->schema);
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        struct mydrv_form *form = &load->lane.forms[i];
        const struct mydrv_live_column *column =
            mydrv_table_find(&stage, ferry_schema_column(load->layout->schema, i)->name);
        if (column == NULL) {
            status =
                ferry_fail(err, FERRY_ERR_BUSY, "%s: table '%s' was altered just now; run again",
                           load->conn->label, load->layout->table);
            ferry_error_may_pass(err);
            break;
        }
        form->not_null = column->not_null;
        form->auto_number =
            strstr(column->clauses, "AUTO_INCREMENT") != NULL && form->type.kind == MYDRV_KIND_INT;
        status = stage_choose_charset(load, form, column, err);
    }
    mydrv_table_clear(&stage);
    return status;
}

ferry_status mydrv_stage_create(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    stage_write_create(load, &sql);
    if (sql.failed)
        return mydrv_fail_memory(err);
    if (mysql_real_query(load->conn->native, sql.data, sql.length) != 0)
        return mydrv_wait_fail(load, "create the stage table", err);
    load->staged = true;
    ferry_status status = stage_check_alter(load, err);
    return status == FERRY_OK ? stage_learn_columns(load, err) : status;
}

/* ---- Finishing it ---- */

/* The run id goes where the commit will carry it: into the comment of the table. */
static ferry_status stage_write_mark(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text mark = {0};
    struct mydrv_table stage = {0};
    char hash[17];
    ferry_status status = mydrv_table_load(load->conn, load->stage, &stage, err);
    if (status != FERRY_OK)
        return status;
    (void)snprintf(hash, sizeof hash, "%016" PRIx64,
                   mydrv_table_hash(stage.definition == NULL ? "" : stage.definition));
    mydrv_table_clear(&stage);
    bool own = !mydrv_stage_is_like(load) || (load->table.own && load->spec->keep_definition != 0);
    mydrv_table_mark(&mark, own ? "" : load->table.comment, load->unit->spec->run_id,
                     own ? hash : NULL);
    if (mark.length > STAGE_COMMENT_BYTES) { /* somebody's long comment goes before */
        ferry_log(FERRY_LOG_INFO, "%s: the comment of table '%s' has no room for the run id",
                  load->conn->label, load->layout->table);
        mark.length = 0;
        mydrv_text_add(&mark, load->table.comment);
    }
    return stage_set_comment(load, &mark, err);
}

ferry_status mydrv_stage_finish(struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = mydrv_indexes_add(load, err);
    if (status == FERRY_OK)
        status = stage_write_mark(load, err);
    return status;
}
