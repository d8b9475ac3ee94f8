/* What the files of the mysql driver's target half share, listed under the file that each function
 * lives in.
 */

#ifndef DBFERRY_MYSQL_TARGET_H
#define DBFERRY_MYSQL_TARGET_H

#include "mysql_driver.h"

/* ---- text.c: growing text ---- */

struct mydrv_text {
    char *data; /* ends in a NUL that `length` does not count; NULL while nothing was added */
    size_t length, room;
    bool failed; /* out of memory: what follows is not added */
};

void mydrv_text_clear(struct mydrv_text *text);
bool mydrv_text_reserve(struct mydrv_text *text, size_t more);
void mydrv_text_append(struct mydrv_text *text, const char *data, size_t size);
void mydrv_text_add(struct mydrv_text *text, const char *string);
void mydrv_text_addf(struct mydrv_text *text, const char *format, ...) FERRY_PRINTF(2, 3);
/* `name`, in backticks. */
void mydrv_text_add_name(struct mydrv_text *text, const char *name);
void mydrv_text_add_list(struct mydrv_text *text, const char *const *names, size_t count);
/* 'value', escaped for a statement. */
void mydrv_text_add_quoted(struct mydrv_text *text, const char *data, size_t size);
/* A value, escaped for a field of LOAD DATA. */
void mydrv_text_add_field(struct mydrv_text *text, const char *data, size_t size);
/* Names of tables, columns and indexes are in utf8mb3: no emoji. */
bool mydrv_name_is_possible(const char *name);
#define MYDRV_AUTO_SQL __attribute__((cleanup(mydrv_text_clear)))

/* ---- ask.c: statements and their answers ---- */

/* Send a statement to a target and wait for its answer, however long: a server that is silent for
 * the time of `read_timeout` is given up only if it does not answer on the spare connection either.
 * False: see mysql_errno(). */
bool mydrv_query(struct mydrv_conn *conn, const struct mydrv_text *sql);
/* Run a statement that returns no rows; the text is cleared.  `doing` completes "cannot ...". */
ferry_status mydrv_run(struct mydrv_conn *conn, struct mydrv_text *sql, const char *doing,
                       struct ferry_error *err);
/* The same of a fixed text. */
ferry_status mydrv_run_text(struct mydrv_conn *conn, const char *statement, const char *doing,
                            struct ferry_error *err);
/* Run a statement that returns rows and keep them all; the text is cleared, and the caller frees
 * the result.  It has at least `columns` columns. */
ferry_status mydrv_ask(struct mydrv_conn *conn, struct mydrv_text *sql, unsigned columns,
                       const char *doing, MYSQL_RES **ret_rows, struct ferry_error *err);
/* The first value of the one row that is due, as a number; NULL is 0.  An answer without rows says
 * nothing, so a question whose answer may be "none" is put so that it has one all the same. */
ferry_status mydrv_ask_number(struct mydrv_conn *conn, struct mydrv_text *sql, const char *doing,
                              uint64_t *ret_number, struct ferry_error *err);
static inline void mydrv_free_rows(MYSQL_RES **rows)
{
    mysql_free_result(*rows);
}
#define MYDRV_AUTO_ROWS __attribute__((cleanup(mydrv_free_rows)))

/* ---- spelling.c: column types as definitions spell them ---- */

enum mydrv_kind { /* what values are checked against and how they are sent */
                  MYDRV_KIND_NONE,
                  MYDRV_KIND_INT,
                  MYDRV_KIND_FLOAT,
                  MYDRV_KIND_DOUBLE,
                  MYDRV_KIND_DECIMAL,
                  MYDRV_KIND_BIT,
                  MYDRV_KIND_YEAR,
                  MYDRV_KIND_DATE,
                  MYDRV_KIND_TIME,
                  MYDRV_KIND_DATETIME,
                  MYDRV_KIND_TIMESTAMP,
                  MYDRV_KIND_CHAR,
                  MYDRV_KIND_TEXT, /* VARCHAR and the TEXT family */
                  MYDRV_KIND_BINARY,
                  MYDRV_KIND_BYTES, /* VARBINARY and the BLOB family */
                  MYDRV_KIND_ENUM,
                  MYDRV_KIND_SET,
                  MYDRV_KIND_JSON,
                  MYDRV_KIND_UUID,
                  MYDRV_KIND_INET4,
                  MYDRV_KIND_INET6,
                  MYDRV_KIND_GEOMETRY,
                  MYDRV_KIND_VECTOR,
};

struct mydrv_type {   /* `decimal(10,2) unsigned`, taken apart */
    const char *name; /* lower case; lives as long as the program */
    enum mydrv_kind kind;
    uint32_t bits;       /* INT */
    uint32_t count;      /* how many numbers stand in parentheses: 0, 1, 2 */
    uint64_t numbers[2]; /* length; precision and scale; fraction digits; display width */
    const char *members; /* ENUM, SET: the list, inside of the text that was parsed */
    size_t members_size;
    bool is_unsigned;
    bool zerofill;
};

/* False if `text` is no type of the table. */
bool mydrv_type_parse(const char *text, struct mydrv_type *ret_type);
/* The one spelling that this driver uses: without display widths that say nothing, with members
 * quoted anew. */
bool mydrv_type_spell(const struct mydrv_type *type, bool mariadb, struct mydrv_text *out);
bool mydrv_type_has_charset(const struct mydrv_type *type);
/* Cut the next member out of a list 'a','it''s'.  False at its end, or if it is malformed (then
 * *list is not at its end).  `member` gets the text itself.  `escapes`: backslashes escape, as in
 * what servers print and in this driver's spelling. */
bool mydrv_member_next(const char **list, const char *end, bool escapes, struct mydrv_text *member);
/* Add a member to a list in this driver's spelling, behind a comma where there is one before it. */
void mydrv_member_add(struct mydrv_text *out, const struct mydrv_text *member);

/* ---- map.c: the common type descriptor -> a column type of this server ---- */

ferry_status mydrv_map_column(void *conn, const struct ferry_column *column,
                              const struct ferry_wish *wish, struct ferry_mapping *mapping,
                              struct ferry_error *err);
/* What the server at hand has. */
struct mydrv_abilities {
    bool mariadb, uuid, inet4, inet6, vector, invisible;
    unsigned decimal_scale; /* at most */
};
struct mydrv_abilities mydrv_abilities_of(const struct mydrv_conn *conn);
/* The type alone: its spelling goes to `native`.  Returns the fit; `*ret_note` may be set. */
uint32_t mydrv_map_type(const struct mydrv_abilities *can, const struct ferry_column *column,
                        const struct ferry_wish *wish, struct mydrv_text *native,
                        const char **ret_note);

/* ---- clauses.c: what a column's definition says behind its type ---- */

/* All that a clause can say; the words are written in one place and one order. */
struct mydrv_clauses {
    const char *charset, *collation; /* NULL: none */
    const char *default_value;       /* NULL: none */
    uint64_t default_bits;           /* of a BIT, with has_default_bits */
    const char *check_json;          /* MariaDB: the name of the column, or NULL */
    uint32_t srid;
    uint32_t scale; /* of CURRENT_TIMESTAMP */
    bool has_default_bits, has_srid, not_null, explicit_null, default_now, auto_number, mariadb;
    bool invisible;
};
void mydrv_clauses_spell(const struct mydrv_clauses *clauses, struct mydrv_text *out);
/* Whether the server can index a column of this type whole. */
bool mydrv_type_is_key(const struct mydrv_type *type);
/* The clauses for a column of this type.  What texts are compared otherwise is added to `note`. */
ferry_status mydrv_clauses_choose(struct mydrv_conn *conn, const struct ferry_column *column,
                                  const struct mydrv_type *type, struct mydrv_text *out,
                                  struct mydrv_text *note, struct ferry_error *err);

/* ---- collation.c: national collations of both servers ---- */

/* The name of the collation of utf8mb4 by which the target, a MariaDB or a MySQL server, compares
 * as `collation` does, and in `note` what differs.  False: it is none of the newer collations, or
 * they have no such language there. */
bool mydrv_collation_translate(const char *charset, const char *collation, bool to_mariadb,
                               struct mydrv_text *name, struct mydrv_text *note);
/* Whether it compares by the rules of a language, or of a character set's own. */
bool mydrv_collation_is_national(const char *charset, const char *collation);

/* ---- table.c: what stands under a table's name ---- */

struct mydrv_live_column {
    char *name;
    char *native;  /* in this driver's spelling, or the server's own where it is unknown here */
    char *clauses; /* in this driver's spelling */
    char *charset; /* of texts, or NULL */
    bool not_null;
    bool has_default; /* other than NULL, or numbers itself */
};

struct mydrv_table {
    bool exists;
    bool own;                          /* made by this driver and not altered since */
    char *kind;                        /* BASE TABLE, VIEW, ... */
    char *engine;                      /* InnoDB, ... */
    char *comment;                     /* without this driver's mark */
    char *run_id;                      /* of the mark, or NULL */
    char *definition;                  /* SHOW CREATE TABLE */
    struct mydrv_live_column *columns; /* without generated ones and the server's own key */
    size_t column_count;
    uint64_t data_bytes;
};

ferry_status mydrv_table_load(struct mydrv_conn *conn, const char *name,
                              struct mydrv_table *ret_table, struct ferry_error *err);
void mydrv_table_clear(struct mydrv_table *table);
/* The column of this name, also but for case (ASCII letters), or NULL. */
const struct mydrv_live_column *mydrv_table_find(const struct mydrv_table *table, const char *name);
/* Fails with SCHEMA where a load must not replace what is there. */
ferry_status mydrv_table_check(const struct mydrv_conn *conn, const char *name,
                               const struct mydrv_table *table, struct ferry_error *err);
struct mydrv_load;
/* Fails as ferry_load_confirm() does where `now` is not the table that the load was planned for. */
ferry_status mydrv_table_confirm(const struct mydrv_load *load, const struct mydrv_table *now,
                                 struct ferry_error *err);
ferry_status mydrv_inspect(void *conn, const char *table, struct ferry_inspection *inspection,
                           struct ferry_error *err);
/* Hash of a definition without the table's name, comment and counter. */
uint64_t mydrv_table_hash(const char *definition);
uint64_t mydrv_hash(uint64_t seed, const char *text);
#define MYDRV_HASH_SEED UINT64_C(0xcbf29ce484222325)
/* The comment with this driver's mark at its end. */
void mydrv_table_mark(struct mydrv_text *out, const char *comment, const char *run_id,
                      const char *own_hash);
#define MYDRV_RUN_ID_SIZE 65
#define MYDRV_OWN_HASH_SIZE 17
/* Where in the comment the mark begins, with its run id and the hash of the definition where that
 * was ours ("" else; NULL: not asked for); NULL if there is none. */
const char *mydrv_table_read_mark(const char *comment, char ret_run_id[MYDRV_RUN_ID_SIZE],
                                  char ret_hash[MYDRV_OWN_HASH_SIZE]);

/* ---- engines.c: which storage engines hold their own rows ---- */

/* Fails with SCHEMA where a table of this engine does not. */
ferry_status mydrv_engine_check(const struct mydrv_conn *conn, const char *table,
                                const char *engine, struct ferry_error *err);
/* Whether COUNT(*) is cheap, since the engine keeps the number or is one of small tables. */
bool mydrv_engine_counts(const char *engine);
/* What a user should know of a table of this engine. */
void mydrv_engine_warn(const struct mydrv_conn *conn, const char *table, const char *engine);

/* The end of a quoted text or name that begins at `at`. */
const char *mydrv_table_skip_quoted(const char *at);

/* ---- hold.c: whether a column that is there holds what is wanted ---- */

/* Whether each value of type `wanted` is one of type `is`. */
bool mydrv_type_holds(const struct mydrv_type *is, const struct mydrv_type *wanted);
ferry_status mydrv_hold_column(void *conn, const struct ferry_column *existing,
                               const struct ferry_column *column, const struct ferry_wish *wish,
                               struct ferry_mapping *mapping, struct ferry_error *err);

/* ---- losses.c: what a table made anew would not say ---- */

ferry_status mydrv_foresee(void *conn, const struct ferry_load_spec *spec,
                           struct ferry_notes *losses, struct ferry_notes *stale,
                           struct ferry_error *err);

/* ---- encode.c: cells -> the texts that the server stores exactly ---- */

struct mydrv_form { /* all that one column needs */
    struct mydrv_type type;
    char *native; /* what `type` points into */
    const struct ferry_column *source;
    bool not_null;
    bool auto_number;
    bool foreign_charset; /* texts are stored in a character set that the server converts to */
    bool raw;             /* texts come and go as bytes of their character set */
    const struct mydrv_codes *codes; /* texts go as bytes of this set; NULL: in UTF-8 */
    struct mydrv_text *encoded;      /* the last of these; NULL: there are none */
    char **members;                  /* ENUM, SET */
    size_t member_count;
};

ferry_status mydrv_form_make(struct mydrv_form *form, const struct ferry_column *source,
                             const char *native, struct ferry_error *err);
void mydrv_form_clear(struct mydrv_form *form);
/* Whether `text` is a DATE, TIME, DATETIME or TIMESTAMP just as the server would print it. */
bool mydrv_moment_is_plain(const char *text, size_t size, enum mydrv_kind kind, unsigned scale);
/* The value's text, in the cell itself or in `room`.  NULL, or what is wrong with the value. */
#define MYDRV_VALUE_ROOM 64
const char *mydrv_encode(const struct mydrv_form *form, const struct ferry_cell *cell,
                         char room[MYDRV_VALUE_ROOM], const char **ret_data, size_t *ret_size);

/* ---- row.c: one row as a line for LOAD DATA, or as literals for INSERT ---- */

struct mydrv_lane;
struct mydrv_unit;
struct mydrv_parcel { /* rows that go to the server in one statement */
    struct mydrv_text text;
    size_t head;    /* bytes before the first row */
    size_t sent;    /* of the text, to LOAD DATA */
    uint64_t first; /* its first row, counted from 1 over the whole load */
    size_t rows;
    uint64_t bytes; /* of values */
};
ferry_status mydrv_row_add_line(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                size_t row, struct mydrv_parcel *out, struct ferry_error *err);
ferry_status mydrv_row_add_literals(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                    size_t row, struct mydrv_parcel *out, struct ferry_error *err);
ferry_status mydrv_row_fail_size(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                 size_t row, uint64_t size, struct ferry_error *err);
/* The document `value`, an expression, in a form that MySQL refuses if it would print it otherwise.
 */
void mydrv_row_write_json_check(struct mydrv_text *out, const char *value);

/* ---- infile.c: LOAD DATA LOCAL, with a file that is served from memory ---- */

/* From now on the server gets no file, whatever it asks for. */
void mydrv_infile_guard(struct mydrv_conn *conn);
void mydrv_infile_write(const struct mydrv_lane *lane, struct mydrv_text *sql);
/* False where the statement failed. */
bool mydrv_infile_send(struct mydrv_conn *conn, const struct mydrv_text *statement,
                       struct mydrv_parcel *parcel);

/* ---- sender.c: the thread that sends parcels ---- */

enum mydrv_sent { /* what became of a parcel */
                  MYDRV_SENT_WHOLE,
                  MYDRV_SENT_REFUSED,     /* the statement failed */
                  MYDRV_SENT_DOUBTED,     /* it did not, but the server warns or has other rows */
                  MYDRV_SENT_UNCOMMITTED, /* taken, and the commit behind it failed */
};
struct mydrv_sender;
/* Nobody else uses the load's connection from now on, until mydrv_sender_stop. */
ferry_status mydrv_sender_start(struct mydrv_lane *lane, struct ferry_error *err);
/* A parcel to be filled; one at a time.  NULL once a parcel was not taken whole. */
struct mydrv_parcel *mydrv_sender_take(struct mydrv_sender *sender);
void mydrv_sender_put(struct mydrv_sender *sender);
bool mydrv_sender_is_idle(struct mydrv_sender *sender);
/* Until all is sent.  False if a parcel was not taken whole. */
bool mydrv_sender_wait(struct mydrv_sender *sender);
/* End the thread.  What became of the last parcel that it sent; where that was not taken whole,
 * `*ret_last` is it, and the connection's error and warnings are its. */
enum mydrv_sent mydrv_sender_stop(struct mydrv_sender *sender, struct mydrv_parcel **ret_last);
/* Stop it too.  The number of rows that the server says it took. */
uint64_t mydrv_sender_free(struct mydrv_sender *sender);
/* Send one parcel at once, from the calling thread: only while no thread runs. */
enum mydrv_sent mydrv_sender_send(struct mydrv_lane *lane, struct mydrv_parcel *parcel);

/* ---- lane.c: rows into a table, by the fast lane or by INSERT ---- */

struct mydrv_lane {
    struct mydrv_conn *conn;
    const char *into;  /* the table that they go to ... */
    const char *table; /* ... and what it is called in messages */
    const struct ferry_schema *schema;
    struct mydrv_form *forms; /* one per column */
    bool infile;              /* the fast lane */
    uint64_t packet;          /* max_allowed_packet */
    uint64_t commit_bytes;    /* a COMMIT after so many; 0: none */
    uint64_t bytes;
    uint64_t rows;                /* that were taken, once all are there */
    struct mydrv_sender *sender;  /* NULL: no rows yet, or all are there */
    struct mydrv_parcel *filling; /* one of the sender's, or NULL */
    uint64_t rows_sent;           /* before it */
    struct mydrv_text infile_sql; /* the fast lane's statement */
};

/* A zeroed lane into `into`, which lives as long as it, for rows that lie so; asks the server which
 * lane is open.  It goes to mydrv_lane_free() whatever comes of it. */
ferry_status mydrv_lane_begin(struct mydrv_lane *lane, struct mydrv_conn *conn, const char *into,
                              const struct ferry_layout *layout, struct ferry_error *err);
ferry_status mydrv_lane_batch(struct mydrv_lane *lane, const struct ferry_batch *batch,
                              struct ferry_error *err);
/* The table is there now: what it turned out to be decides how values are checked and sent.  Fails
 * with BUSY that may pass where it is not what the layout says. */
ferry_status mydrv_lane_learn(struct mydrv_lane *lane, struct ferry_error *err);
/* All rows are sent and taken; sets lane->rows. */
ferry_status mydrv_lane_end(struct mydrv_lane *lane, struct ferry_error *err);
/* Nothing is sent any more. */
void mydrv_lane_stop(struct mydrv_lane *lane);
void mydrv_lane_free(struct mydrv_lane *lane);

/* ---- verdict.c: what the server says of rows that it was sent ---- */

/* After a statement that succeeded: fail because of its first warning or note, or of rows that are
 * missing.  With `ret_vague`, false before: where it is a value's fault and the server does not say
 * which row's, it is set, and the call succeeds. */
ferry_status mydrv_verdict_doubt(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                 bool *ret_vague, struct ferry_error *err);
/* After one that failed: whether it is a value's fault, and the server does not say which row's. */
bool mydrv_verdict_is_vague(const struct mydrv_lane *lane, const struct mydrv_parcel *parcel);
ferry_status mydrv_verdict_fail(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                struct ferry_error *err);

/* ---- names.c: the names that go with a table ---- */

struct mydrv_names {
    char *stage; /* of a table */
    char *old;   /* the same: it makes room for the stage at the commit */
    char *lock;  /* the same in all databases of the server only for tables that are the same */
};

/* Fill in `names`, zeroed before, for the table in the connection's database; they go to
 * mydrv_names_clear() whatever comes of it. */
ferry_status mydrv_names_make(struct mydrv_conn *conn, const char *table, struct mydrv_names *names,
                              struct ferry_error *err);
void mydrv_names_clear(struct mydrv_names *names);

/* ---- lock.c: one run at a time into a table ---- */

struct mydrv_lock { /* zeroed: none */
    const char *name;
    struct mydrv_conn *holder; /* NULL: it is not held */
};

/* Fails with BUSY, and with what is known of the holder, where another connection has it; `table`
 * is for that message.  `name` lives as long as the lock. */
ferry_status mydrv_lock_take(struct mydrv_lock *lock, struct mydrv_conn *conn, const char *name,
                             const char *table, struct ferry_error *err);
void mydrv_lock_release(struct mydrv_lock *lock);

/* ---- leftovers.c: what a run that was killed has left beside a table ---- */

/* Drop it, with the table's lock held.  Where the table is not there but its old rows are, they
 * come back to it, and the call fails with BUSY that may pass. */
ferry_status mydrv_leftovers_clear(struct mydrv_conn *conn, const struct mydrv_names *names,
                                   const char *table, bool table_exists, struct ferry_error *err);

/* ---- stage.c: a table in which new rows wait ---- */

struct mydrv_stage {                    /* what it points to lives as long as it */
    struct mydrv_unit *unit;            /* whose connection makes it, and whose run id marks it */
    const struct ferry_load_spec *spec; /* what is to lie in it */
    const struct mydrv_table *live;     /* the table whose rows these will be */
    const char *name;
    bool like;  /* it has the definition of the live table, its engine too */
    bool there; /* made, and neither dropped nor renamed */
};

/* Make it, marked with the run id, without indexes but the primary key or what the live table has.
 * A stage that is there after a failure is to be dropped. */
ferry_status mydrv_stage_create(struct mydrv_stage *stage, struct ferry_error *err);
/* The rows are in it: its indexes, and the mark and comment that the live table will have. */
ferry_status mydrv_stage_finish(struct mydrv_stage *stage, struct ferry_error *err);
/* Where it is there, also by the second connection.  Nothing can be done about a failure. */
void mydrv_stage_drop(struct mydrv_stage *stage);

/* ---- indexes.c: the keys and indexes of a table that is loaded ---- */

ferry_status mydrv_note_indexes(void *conn, struct ferry_schema *schema, const char *const *natives,
                                const struct ferry_index *const *indexes, size_t index_count,
                                struct ferry_error *err);
/* Whether each table has to have a primary key, and the server does not make one itself. */
ferry_status mydrv_indexes_ask_demand(struct mydrv_conn *conn, bool *ret_demanded,
                                      struct ferry_error *err);
/* Fails with SCHEMA where the load's table, or its stage, would have none. */
ferry_status mydrv_indexes_check_demand(const struct mydrv_conn *conn,
                                        const struct ferry_load_spec *spec,
                                        const struct mydrv_table *table, struct ferry_error *err);
/* The primary key, as part of CREATE TABLE; nothing where there is none, or none is possible. */
void mydrv_indexes_write_primary(const struct ferry_load_spec *spec, struct mydrv_text *sql);
/* Build those that the table, a stage for these rows, does not have yet. */
ferry_status mydrv_indexes_add(struct mydrv_conn *conn, const char *table,
                               const struct ferry_load_spec *spec, struct ferry_error *err);

/* ---- spare.c: the second connection of a target ---- */

/* Whether nothing more can be asked there. */
bool mydrv_conn_is_lost(const struct mydrv_conn *conn);
/* Run a statement where nothing can be done about a failure; the text is cleared. */
bool mydrv_try(struct mydrv_conn *conn, struct mydrv_text *sql);
/* Go on with the second connection, once the server has let go of the first.  False if it has not,
 * or there is none; the unit's connection is unchanged then. */
bool mydrv_spare_take_over(struct mydrv_unit *unit);
/* Take over, and see what a commit came to whose answer was lost: FERRY_OUTCOME_. */
uint32_t mydrv_spare_find_outcome(struct mydrv_unit *unit);

/* ---- wait.c: others who use the table ---- */

/* The job's lock_wait begins now. */
void mydrv_wait_begin(struct mydrv_unit *unit);
/* Statements wait for all that is left of it: those whose waiting holds nobody up. */
ferry_status mydrv_wait_rest(struct mydrv_unit *unit, struct ferry_error *err);
/* Statements wait for a short turn of it. */
ferry_status mydrv_wait_turn(struct mydrv_unit *unit, struct ferry_error *err);
/* After a statement that failed: whether it was for a lock and there is time for another turn.
 * Pauses before it returns true. */
bool mydrv_wait_again(struct mydrv_unit *unit);
/* Fail with the connection's last error; where it was for a lock, with how long was waited. */
ferry_status mydrv_wait_fail(struct mydrv_unit *unit, const char *table, const char *doing,
                             struct ferry_error *err);

/* ---- hangers.c: triggers and foreign keys that hang on the live table ---- */

/* Sets the unit in place where the rows must go into the live table itself, or fails with SCHEMA.
 */
ferry_status mydrv_hangers_look(struct mydrv_load *load, struct ferry_error *err);
/* Warn where the account may not see triggers. */
ferry_status mydrv_hangers_check_right(const struct mydrv_load *load, struct ferry_error *err);
/* Every foreign key from and to the table still holds. */
ferry_status mydrv_hangers_check(struct mydrv_load *load, struct ferry_error *err);

/* ---- record.c: the record of the run ---- */

ferry_status mydrv_record_prepare(struct mydrv_conn *conn, struct ferry_error *err);
ferry_status mydrv_record_write(struct mydrv_conn *conn, const struct ferry_record *record,
                                struct ferry_error *err);
/* The same where a failure is only worth a warning. */
void mydrv_record_note(struct mydrv_conn *conn, const struct ferry_record *record);

/* ---- stored.c: what is stored, as cells of the source's schema ---- */

ferry_status mydrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                const struct ferry_scan *scan, void **ret_cursor,
                                struct ferry_error *err);
ferry_status mydrv_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void mydrv_stored_end(void *cursor);

/* ---- replace.c: the rows of one table of a change ---- */

struct mydrv_load {
    struct mydrv_unit *unit;
    struct mydrv_conn *conn; /* the unit's */
    const struct ferry_load_spec *spec;
    const struct ferry_layout *layout; /* the spec's */
    struct mydrv_table table;          /* as it was when the load began */
    struct mydrv_names names;
    struct mydrv_lock lock;   /* the table's */
    struct mydrv_stage stage; /* beside it */
    struct mydrv_lane lane;   /* into the stage */
    uint64_t rows_before;
};

ferry_status mydrv_replace_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                                 struct ferry_error *err);
ferry_status mydrv_replace_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                                 struct ferry_error *err);
ferry_status mydrv_replace_end(void *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err);
/* Fails with BUSY that may pass: the table is not as it was looked at. */
/* Drops the stage and lets go of the lock; NULL allowed. */
void mydrv_replace_free(struct mydrv_load *load);

/* ---- unit.c: the target half: a change ---- */

struct mydrv_unit {
    struct mydrv_conn *conn; /* the second one, once that has taken over */
    const struct ferry_change_spec *spec;
    struct mydrv_load *load; /* NULL: none yet */
    bool in_place;           /* triggers or foreign keys: DELETE and INSERT in place of RENAME */
    int64_t wait_until;      /* milliseconds of the monotonic clock */
};

extern const struct ferry_target mydrv_target;

#endif /* DBFERRY_MYSQL_TARGET_H */
