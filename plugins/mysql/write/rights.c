/* The rights that a load needs, tried by statements that cannot take effect, whoever may do what.
 *
 * A server looks at the rights of a statement before it looks for its tables and locks them.  So
 * each of these fails for certain, or is only prepared, and the way in which it fails says whether
 * the right is there:
 *
 *   - CREATE TABLE of two columns of one name;
 *   - RENAME TABLE whose last pair would take a table out of performance_schema, as nobody may:
 *     the rights of all pairs are looked at before the first is locked, so the rename of a commit
 *     can be tried on the very table that others are using;
 *   - what reads or changes rows is prepared and never executed.
 *
 * Nothing is made, so nothing is left behind, whatever comes in between.
 */

#include "write/target.h"

#include <errmsg.h>
#include <string.h>

/* There is no such table, should a server ever let somebody. */
#define RIGHTS_TRAP "performance_schema.dbferry TO {old}"

/* Of which loads. */
#define RIGHTS_REPLACE 1U /* all rows are replaced */
#define RIGHTS_CHANGE 2U  /* single rows change */
#define RIGHTS_MADE 4U    /* a table that is not there */
#define RIGHTS_THERE 8U

/* Error numbers that come behind the look at the rights. */
#define RIGHTS_EXISTS 1050
#define RIGHTS_TWICE 1060
#define RIGHTS_NO_TABLE 1146

/* How a trial fails for certain. */
enum rights_end {
    RIGHTS_PREPARED, /* it need not: it is not executed */
    RIGHTS_FLAWED,
    RIGHTS_TRAPPED, /* by its last pair */
};

struct rights_trial {
    const char *rights;    /* to be granted where it is refused */
    const char *statement; /* {stage}, {old}, {table}, {column}: of the load */
    unsigned loads;        /* RIGHTS_: each bit that it has is one the load must have */
    enum rights_end end;
    bool optional; /* there is another way without */
};

#define RIGHTS_COLUMNS "(dbferry INT, dbferry INT)"

static const struct rights_trial rights_trials[] = {
    {"SELECT", "SELECT 1 FROM {stage}", 0, RIGHTS_PREPARED, false},
    {"CREATE", "CREATE TABLE {stage} " RIGHTS_COLUMNS, 0, RIGHTS_FLAWED, false},
    {"INSERT", "INSERT INTO {stage} VALUES ()", 0, RIGHTS_PREPARED, false},
    {"ALTER, DROP, CREATE, INSERT",
     "RENAME TABLE {table} TO {old}, {stage} TO {table}, " RIGHTS_TRAP,
     RIGHTS_REPLACE | RIGHTS_THERE, RIGHTS_TRAPPED, false},
    {"ALTER, DROP, CREATE, INSERT", "RENAME TABLE {stage} TO {table}, " RIGHTS_TRAP, RIGHTS_MADE,
     RIGHTS_TRAPPED, false},
    {"SELECT", "SELECT 1 FROM {table}", RIGHTS_THERE, RIGHTS_PREPARED, false},
    {"DELETE", "DELETE FROM {table}", RIGHTS_CHANGE, RIGHTS_PREPARED, false},
    {"INSERT", "INSERT INTO {table} VALUES ()", RIGHTS_CHANGE, RIGHTS_PREPARED, false},
    {"UPDATE", "UPDATE {table} SET {column} = {column}", RIGHTS_CHANGE, RIGHTS_PREPARED, false},
    {"CREATE TEMPORARY TABLES", "CREATE TEMPORARY TABLE {stage} " RIGHTS_COLUMNS, RIGHTS_CHANGE,
     RIGHTS_FLAWED, true},
    {"SELECT", "SELECT 1 FROM _dbferry_sync", 0, RIGHTS_PREPARED, false},
    {"INSERT, DELETE", "REPLACE INTO _dbferry_sync (target_table) VALUES ('')", 0, RIGHTS_PREPARED,
     false},
    {"DELETE", "DELETE FROM _dbferry_sync", 0, RIGHTS_PREPARED, false},
};

static const struct rights_trial rights_trap = {"", "RENAME TABLE " RIGHTS_TRAP, 0, RIGHTS_TRAPPED,
                                                false};

/* ---- One trial ---- */

struct rights_table {
    struct mydrv_conn *conn;
    const struct ferry_load_spec *load;
    struct mydrv_names names;
    struct part_text grantee;  /* 'user'@'host' ... */
    struct part_text database; /* ... and where, in backticks */
    struct part_text trap;     /* what the server says where a statement ends in the trap */
    bool all_there;
    bool takes_writes;
};

static const char *rights_find_word(const struct rights_table *table, const char *word,
                                    size_t length)
{
    const struct ferry_layout *layout = table->load->layout;
    const struct {
        const char *word, *name;
    } words[] = {{"stage", table->names.stage},
                 {"old", table->names.old},
                 {"table", layout->table},
                 {"column", ferry_schema_column(layout->schema, 0)->name}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length && strncmp(words[i].word, word, length) == 0)
            return words[i].name;
    return NULL;
}

static void rights_write(const struct rights_table *table, const char *statement,
                         struct part_text *sql)
{
    for (const char *at = statement; *at != '\0';) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        const char *name =
            end == NULL ? NULL : rights_find_word(table, at + 1, (size_t)(end - at) - 1);
        if (name != NULL)
            mydrv_text_add_name(sql, name);
        else
            part_text_append(sql, at, 1);
        at = name != NULL ? end + 1 : at + 1;
    }
}

/* The server's error, or 0. */
static unsigned rights_send(struct mydrv_conn *conn, const struct part_text *sql, bool prepared,
                            struct part_text *ret_words)
{
    MYSQL_STMT *statement = prepared ? mysql_stmt_init(conn->native) : NULL;
    if (prepared && statement == NULL)
        return CR_OUT_OF_MEMORY;
    if (prepared)
        (void)mysql_stmt_prepare(statement, sql->data, sql->length);
    else if (mysql_real_query(conn->native, sql->data, sql->length) == 0)
        mysql_free_result(mysql_store_result(conn->native));
    unsigned code = prepared ? mysql_stmt_errno(statement) : mysql_errno(conn->native);
    part_text_add(ret_words, prepared ? mysql_stmt_error(statement) : mysql_error(conn->native));
    if (statement != NULL)
        (void)mysql_stmt_close(statement);
    return code;
}

/* Whether the server came past the rights that are looked for. */
static bool rights_is_past(const struct rights_table *table, enum rights_end end, unsigned code,
                           const struct part_text *words)
{
    switch (end) {
    case RIGHTS_PREPARED:
        return code == 0 || code == RIGHTS_NO_TABLE;
    case RIGHTS_FLAWED:
        return code == RIGHTS_TWICE || code == RIGHTS_EXISTS;
    case RIGHTS_TRAPPED:
        return code != 0 && strcmp(words->data, table->trap.data) == 0;
    }
    return false;
}

static ferry_status rights_tell(const struct rights_table *table, const struct rights_trial *trial,
                                unsigned code, const char *words, struct ferry_findings *findings,
                                struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text mend = {0};
    const char *hint;
    ferry_status class = mydrv_fault_class(table->conn->flavour, code, MYDRV_LOADING, &hint);
    if (class == FERRY_ERR_REFUSED)
        part_text_addf(&mend, "GRANT %s ON %s.* TO %s", trial->rights, table->database.data,
                       table->grantee.data);
    else
        part_text_add(&mend, *hint == '\0' ? "look into the server's log" : hint);
    if (mend.failed)
        return mydrv_fail_memory(err);
    if (trial->optional && class == FERRY_ERR_REFUSED)
        return ferry_finding_warn(findings, err, "rights", mend.data,
                                  "table '%s': %s: its changes gather in a table that the binary "
                                  "log has, too",
                                  table->load->layout->table, words);
    return ferry_finding_fail(findings, err, class, "rights", mend.data, "table '%s': %s",
                              table->load->layout->table, words);
}

static ferry_status rights_fail(struct mydrv_conn *conn, unsigned code, const char *words,
                                struct ferry_error *err)
{
    mydrv_conn_give_up(conn, code);
    return atomic_load(&conn->cancelled)
               ? ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled")
               : mydrv_fail(conn, MYDRV_LOADING, code, words, "try the account's rights", err);
}

/* What the server says, which stays "" where it took the statement. */
static ferry_status rights_ask(const struct rights_table *table, const struct rights_trial *trial,
                               unsigned *ret_code, struct part_text *words, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = mydrv_conn_check(table->conn, err);
    rights_write(table, trial->statement, &sql);
    if (status != FERRY_OK || sql.failed)
        return status != FERRY_OK ? status : mydrv_fail_memory(err);
    *ret_code = rights_send(table->conn, &sql, trial->end == RIGHTS_PREPARED, words);
    if (words->failed || words->data == NULL)
        return mydrv_fail_memory(err);
    bool lost = *ret_code != 0 && mydrv_conn_is_lost(table->conn);
    return lost ? rights_fail(table->conn, *ret_code, words->data, err) : FERRY_OK;
}

static ferry_status rights_try(struct rights_table *table, const struct rights_trial *trial,
                               struct ferry_findings *findings, struct ferry_error *err)
{
    unsigned code = 0;
    PART_AUTO_TEXT struct part_text words = {0};
    if (trial->end == RIGHTS_TRAPPED && table->trap.data == NULL)
        return FERRY_OK;
    ferry_status status = rights_ask(table, trial, &code, &words, err);
    if (status != FERRY_OK || rights_is_past(table, trial->end, code, &words))
        return status;
    table->all_there = false;
    return rights_tell(table, trial, code, words.data, findings, err);
}

/* A server that knows no such table has no trap.  One that takes no writes says so before it looks
 * at any right, and that is all that can be told of it. */
static ferry_status rights_set_trap(struct rights_table *table, struct ferry_findings *findings,
                                    struct ferry_error *err)
{
    unsigned code = 0;
    const char *hint;
    PART_AUTO_TEXT struct part_text words = {0};
    ferry_status status = rights_ask(table, &rights_trap, &code, &words, err);
    if (status != FERRY_OK)
        return status;
    ferry_status class = mydrv_fault_class(table->conn->flavour, code, MYDRV_LOADING, &hint);
    if (class == FERRY_ERR_REFUSED) {
        part_text_add(&table->trap, words.data);
        return table->trap.failed ? mydrv_fail_memory(err) : FERRY_OK;
    }
    table->all_there = false;
    table->takes_writes = class != FERRY_ERR_BUSY;
    return !table->takes_writes
               ? rights_tell(table, &rights_trap, code, words.data, findings, err)
               : ferry_finding_warn(findings, err, "rights", "compare SHOW GRANTS with the manual",
                                    "table '%s': ALTER, DROP, CREATE and INSERT could not be tried",
                                    table->load->layout->table);
}

/* ---- One table ---- */

static unsigned rights_kind(const struct ferry_load_spec *load)
{
    return (load->kind == FERRY_LOAD_CHANGES ? RIGHTS_CHANGE : RIGHTS_REPLACE) |
           (load->action == FERRY_TABLE_CREATE ? RIGHTS_MADE : RIGHTS_THERE);
}

/* To whom something would have to be granted, and where. */
static ferry_status rights_ask_names(struct rights_table *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT CURRENT_USER(), DATABASE()");
    ferry_status status = mydrv_ask(table->conn, &sql, 2, "ask for the account's name", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    const char *at = row == NULL || row[0] == NULL ? NULL : strrchr(row[0], '@');
    if (status != FERRY_OK)
        return status;
    if (at == NULL || row[1] == NULL)
        return mydrv_fail(table->conn, MYDRV_LOADING, 0, "", "learn the account's name", err);
    mydrv_text_add_quoted(&table->grantee, row[0], (size_t)(at - row[0]));
    part_text_add(&table->grantee, "@");
    mydrv_text_add_quoted(&table->grantee, at + 1, strlen(at + 1));
    mydrv_text_add_name(&table->database, row[1]);
    return table->grantee.failed || table->database.failed ? mydrv_fail_memory(err) : FERRY_OK;
}

static ferry_status rights_try_triggers(struct rights_table *table, struct ferry_findings *findings,
                                        struct ferry_error *err)
{
    bool seen = true;
    PART_AUTO_TEXT struct part_text mend = {0};
    const char *name = table->load->layout->table;
    if (table->load->action == FERRY_TABLE_CREATE)
        return FERRY_OK;
    ferry_status status = mydrv_dependents_ask_right(table->conn, name, &seen, err);
    if (status != FERRY_OK || seen)
        return status;
    table->all_there = false;
    part_text_addf(&mend, "GRANT TRIGGER ON %s.* TO %s", table->database.data, table->grantee.data);
    return mend.failed ? mydrv_fail_memory(err)
                       : ferry_finding_warn(findings, err, "rights", mend.data,
                                            "table '%s': information_schema tells of no right "
                                            "TRIGGER, without which triggers are not seen and "
                                            "would be lost",
                                            name);
}

static ferry_status rights_try_all(struct rights_table *table, struct ferry_findings *findings,
                                   struct ferry_error *err)
{
    const struct ferry_load_spec *load = table->load;
    unsigned kind = rights_kind(load);
    ferry_status status = mydrv_names_make(table->conn, load->layout->table, &table->names, err);
    if (status == FERRY_OK)
        status = rights_ask_names(table, err);
    if (status == FERRY_OK)
        status = rights_set_trap(table, findings, err);
    if (status != FERRY_OK || !table->takes_writes)
        return status;
    for (size_t i = 0; i < sizeof rights_trials / sizeof *rights_trials && status == FERRY_OK; i++)
        if ((rights_trials[i].loads & ~kind) == 0)
            status = rights_try(table, &rights_trials[i], findings, err);
    if (status == FERRY_OK)
        status = rights_try_triggers(table, findings, err);
    return status == FERRY_OK && table->all_there
               ? ferry_finding_ok(findings, err, "rights",
                                  "all that %s of table '%s' needs were tried and are there",
                                  load->kind == FERRY_LOAD_CHANGES ? "a change" : "a load",
                                  load->layout->table)
               : status;
}

ferry_status mydrv_rights_examine(struct mydrv_conn *conn,
                                  const struct ferry_examination *examination,
                                  struct ferry_findings *findings, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (conn->missing_database != NULL) /* the rights in it are those on its name */
        return FERRY_OK;
    for (size_t i = 0; i < examination->load_count && status == FERRY_OK; i++) {
        struct rights_table table = {
            .conn = conn, .load = examination->loads[i], .all_there = true, .takes_writes = true};
        status = rights_try_all(&table, findings, err);
        mydrv_names_clear(&table.names);
        part_text_clear(&table.grantee);
        part_text_clear(&table.database);
        part_text_clear(&table.trap);
    }
    return status;
}
