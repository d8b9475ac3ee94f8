/* What the files of the sqlite driver share; nothing outside this folder includes it.
 *
 * Functions stand under the file they live in.  Those that return `int` return an SQLite result
 * code and report nothing; those that return `ferry_status` have called ferry_fail().
 */

#ifndef DBFERRY_SQLITE_DRIVER_H
#define DBFERRY_SQLITE_DRIVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* flock, realpath, faccessat */
#endif

#include <dbferry/driver.h>

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* How long the connection has waited for other connections to the same file. */
struct sqlite_wait {
    int64_t limit_ms;   /* give up after so much waiting in all */
    int64_t waited_ms;  /* spent so far */
    bool gave_up;       /* the limit was reached: stop at the next chance */
    const char *holder; /* who can be in the way, for the message */
};

/* What a file that we make gets. */
struct sqlite_file_options {
    char *journal_mode; /* never NULL */
    bool journal_set;   /* stands in the configuration: applies to an existing file too */
    bool mode_set;
    bool group_set;
    mode_t mode;
    gid_t group;
    int64_t page_size;
};

/* One connection.  `db` is NULL for a target whose file is not there: only a load makes it. */
struct sqlite_conn {
    sqlite3 *db;
    sqlite3 *stage;               /* the staging file, while rows go into it */
    pthread_mutex_t handles_lock; /* guards the two pointers above against cancel() */
    atomic_bool cancelled;        /* sticky */
    uint32_t role;                /* FERRY_ROLE_SOURCE or _TARGET */
    bool looks;                   /* nothing is to be written */
    bool told;                    /* who else can write there was told */
    char *path;                   /* as configured, for messages */
    char *real;                   /* absolute, without symbolic links */
    int folder;                   /* the descriptor of its folder, or -1 */
    struct sqlite_guard *guard;   /* NULL before the path was found */
    struct sqlite_file_options file;
    bool wal_later;  /* a new file, which becomes a WAL file once it is loaded */
    int64_t busy_ms; /* how long reads wait for a lock */
    struct sqlite_wait wait;
};

/* A column of a table in the file. */
struct sqlite_column {
    char *name;
    char *type;          /* as declared, "" if not declared */
    char *default_sql;   /* as the definition says it, or NULL */
    char *default_value; /* the constant that it is, or NULL */
    char *collation;     /* "BINARY" if it says none */
    char *clauses;       /* what a definition of ours would say behind the type */
    int key;             /* position in the primary key, 0 = not part of it */
    bool not_null;
    bool generated;
};

/* What stands in the file under a name. */
struct sqlite_table {
    bool exists;
    const char *obstacle; /* NULL, or what it is where it is not a plain table: "a view" */
    char *sql;            /* its CREATE statement */
    struct sqlite_column *columns;
    size_t column_count;
    int integer_key; /* index of the column that stands for the rowid, or -1 */
    bool without_rowid;
    bool own; /* its statement is, word for word, what we would write for such columns */
};

/* An index or trigger that hangs on the table to be replaced. */
struct sqlite_object {
    char *name;
    char *sql;
    bool trigger;
    bool keep; /* false: an index of ours that the job no longer wants */
};

/* What may depend on a table's columns, and whether it compiled before we changed anything. */
enum sqlite_watch_kind {
    SQLITE_WATCH_TRIGGERS, /* of the table `name` */
    SQLITE_WATCH_VIEW,
    SQLITE_WATCH_KEYS, /* foreign keys of the table `name` */
};

struct sqlite_watch {
    char *name;
    enum sqlite_watch_kind kind;
    int state[3]; /* for triggers one number per INSERT, UPDATE, DELETE; else the first alone */
};

/* All of the file. */
struct sqlite_watches {
    struct sqlite_watch *list;
    size_t count;
    bool begun;
};

/* The staging file; it is open as `stage` of the connection while rows go into it. */
struct sqlite_stage {
    char *path;                 /* NULL: there is none */
    struct sqlite_guard *guard; /* NULL: no file to remove */
    bool attached;              /* to `db` of the connection */
};

struct sqlite_objects {
    struct sqlite_object *list; /* in the order of their creation */
    size_t count;
    struct ferry_index *indexes; /* that the table is to have; their strings are the spec's */
    size_t index_count;
    bool analyzed; /* ANALYZE was run on the table once */
};

struct sqlite_guard;
struct sqlite_rows;

struct sqlite_load;

/* One change, from change_begin to its end. */
struct sqlite_unit {
    struct sqlite_conn *conn;
    const struct ferry_change_spec *spec;
    struct sqlite_load *load; /* NULL: none yet */
    int created;              /* SQLITE_MADE_ */
    bool staged;              /* rows go into the staging file first */
    bool began;               /* the write lock was taken */
    struct sqlite_stage stage;
    struct sqlite_watches watches;
};

/* One table of it, from load_begin to the change's end. */
struct sqlite_load {
    struct sqlite_unit *unit;
    struct sqlite_conn *conn; /* the unit's */
    const struct ferry_load_spec *spec;
    const struct ferry_layout *layout; /* the spec's */
    int lock;                          /* file descriptor of the lock file, or -1 */
    struct sqlite_rows *rows;          /* NULL: not yet, or no longer */
    struct sqlite_table table;         /* as it was found */
    struct sqlite_objects objects;
    char *create_sql; /* the table as we would make it */
    uint64_t rows_loaded;
    uint64_t rows_before;
};

#define SQLITE_MADE_NOTHING 0
#define SQLITE_MADE_FILE 1    /* there was no file */
#define SQLITE_MADE_CONTENT 2 /* there was a file of length 0 */

/* ---- connect.c: a connection ---- */

ferry_status sqlite_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err);
void sqlite_disconnect(void *conn);
/* From any thread. */
void sqlite_cancel(void *conn);
/* Fails with CANCELLED once sqlite_cancel() was called. */
ferry_status sqlite_check_cancelled(struct sqlite_conn *conn, struct ferry_error *err);
/* Set `conn->db` or `conn->stage` so that sqlite_cancel() never sees half of it. */
void sqlite_set_handle(struct sqlite_conn *conn, sqlite3 **handle, sqlite3 *db);

/* ---- path.c: where the file is, and whether it can be used ---- */

/* The absolute path without symbolic links, from malloc, also of a file that does not exist yet;
 * NULL with errno. */
char *sqlite_path_resolve(const char *path);
/* The folder part of an absolute path, from malloc; NULL if out of memory. */
char *sqlite_path_folder(const char *real);
/* The last part of a path. */
const char *sqlite_path_base(const char *path);
/* Set conn->real, ->folder and ->guard.  Refuses what is not a regular file, before SQLite opens it
 * (a FIFO would hang), and what we have no rights to. */
ferry_status sqlite_path_check_target(struct sqlite_conn *conn, bool *ret_exists,
                                      struct ferry_error *err);
ferry_status sqlite_path_check_source(struct sqlite_conn *conn, struct ferry_error *err);

/* ---- open.c: opening a file safely, making one, taking it away again ---- */

/* Open the existing file conn->real into conn->db, read-only for a source. */
ferry_status sqlite_open(struct sqlite_conn *conn, struct ferry_error *err);
/* Close conn->db, if open. */
void sqlite_close(struct sqlite_conn *conn);
/* Make the file if it is not there, give it its journal mode, and set up `conn->db` for a load. */
ferry_status sqlite_open_for_load(struct sqlite_conn *conn, int *ret_created,
                                  struct ferry_error *err);
/* Undo what sqlite_open_for_load made, if nobody has put anything there since.  Closes the db. */
void sqlite_unmake(struct sqlite_conn *conn, int created);
/* 1 if the file is in WAL mode. */
bool sqlite_is_wal(sqlite3 *db);

/* ---- rights.c: who else can write there ---- */

/* Warn if somebody else could exchange or change the target; once per connection.  `file` is NULL
 * where there is none yet. */
struct stat;
void sqlite_rights_tell(struct sqlite_conn *conn, const struct stat *folder,
                        const struct stat *file);

/* ---- journal.c: journal mode, the -wal and -shm files, checkpoints ---- */

ferry_status sqlite_journal_set_up(struct sqlite_conn *conn, bool fresh, struct ferry_error *err);
/* After the COMMIT: what sqlite_journal_set_up left for later.  Never fails; warns. */
void sqlite_journal_finish(struct sqlite_conn *conn);
/* When `db` closes, -wal and -shm stay as they are, and no reader is kept out meanwhile. */
void sqlite_journal_leave(sqlite3 *db);
/* Move the WAL into the file and empty it if no reader is in the way.  Never fails; warns. */
void sqlite_journal_checkpoint(struct sqlite_conn *conn);

#define SQLITE_HOLDER_ANY "another connection held the file"
#define SQLITE_HOLDER_WRITER "another connection was writing"
#define SQLITE_HOLDER_READER "a reader held the file at COMMIT"

/* ---- wait.c: waiting for other connections; stopping on cancel ---- */

/* Install the busy and progress handlers on a handle of `conn`. */
void sqlite_wait_install(struct sqlite_conn *conn, sqlite3 *db);
/* Start a new allowance of `limit_ms`.  `holder` is who can be in the way, a static text. */
void sqlite_wait_begin(struct sqlite_conn *conn, int64_t limit_ms, const char *holder);
/* The first program that opens a WAL file makes its index.  One that may not write the file and
 * comes in that moment is told so by SQLite at once, without a call of the busy handler.  True
 * after a wait, as long as that is what `rc` says and the limit is not reached: ask again. `*calls`
 * counts. */
bool sqlite_wait_for_index(struct sqlite_conn *conn, int rc, int *calls);

/* ---- errors.c: SQLite's result codes in the words of the contract ---- */

/* Fail with the class that `rc` has for the connection's role; `what` is what was being done, in
 * printf style.  `db` may be NULL. */
ferry_status sqlite_fail(struct sqlite_conn *conn, sqlite3 *db, int rc, struct ferry_error *err,
                         const char *what, ...) FERRY_PRINTF(5, 6);
static inline ferry_status sqlite_fail_memory(struct ferry_error *err)
{
    (void)ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_ERR_SYSTEM;
}
/* The class of a call of the system that failed with `cause`: `otherwise`, unless that is not about
 * the path. */
ferry_status sqlite_class_of_errno(int cause, ferry_status otherwise);
/* The class alone. */
ferry_status sqlite_class(const struct sqlite_conn *conn, int rc);

/* ---- statement.c: running SQL ---- */

/* Run statements made by sqlite3_mprintf rules (%w inside "" quotes an identifier). */
int sqlite_run(sqlite3 *db, const char *format, ...);
/* Run exactly one statement that stands in the user's own schema. */
int sqlite_run_saved(sqlite3 *db, const char *sql);
/* Prepare by the same rules.  `*ret_stmt` is NULL on failure. */
int sqlite_prepare(sqlite3 *db, sqlite3_stmt **ret_stmt, const char *format, ...);
/* The first value of the first row: a number, or a text from malloc (NULL for none). */
int sqlite_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int sqlite_query_text(sqlite3 *db, char **ret_value, const char *format, ...);
/* Copy of a text of the current row, from malloc; "" for NULL; NULL if out of memory. */
char *sqlite_copy_text(sqlite3_stmt *stmt, int column);
/* ROLLBACK if a transaction is open: after FULL, IOERR or NOMEM it may not be. */
void sqlite_rollback(sqlite3 *db);

/* ---- names.c: names that are ours ---- */

/* Hash of a name; upper and lower case ASCII letters count alike, as in SQLite. */
uint64_t sqlite_name_hash(const char *name);
/* `<real>-dbferry-<hash of table><suffix>`, from malloc. */
char *sqlite_name_beside(const char *real, const char *table, const char *suffix);
/* The name of an index, from malloc: the job's own, or `dbferry_<table>_<columns>_<hash>`.  What
 * the source calls it may be taken in the file, where names count for all tables. */
char *sqlite_name_index(const char *table, const struct ferry_index *index);
/* 1 for names of indexes that belong to jobs. */
bool sqlite_name_is_ours(const char *index);
/* 1 for names that a table of the user's cannot have. */
bool sqlite_name_reserved(const char *table);

/* ---- types.c: declared types, both ways ---- */

/* Fill the type of a source column from its declared type (NULL: an expression). */
void sqlite_type_describe(const char *declared, struct ferry_column *column);

/* How a cell is handed to SQLite, and found again. */
enum sqlite_convert {
    SQLITE_CONVERT_INT,
    SQLITE_CONVERT_INT_TEXT,
    SQLITE_CONVERT_INT_REAL,
    SQLITE_CONVERT_UNSIGNED,
    SQLITE_CONVERT_UNSIGNED_TEXT,
    SQLITE_CONVERT_UNSIGNED_REAL,
    SQLITE_CONVERT_FLOAT,
    SQLITE_CONVERT_DECIMAL,         /* at most 15 digits, as REAL */
    SQLITE_CONVERT_DECIMAL_CHECKED, /* any number of digits, as REAL if they survive */
    SQLITE_CONVERT_TEXT,
    SQLITE_CONVERT_TEXT_BLOB,
    SQLITE_CONVERT_BYTES,
    SQLITE_CONVERT_BYTES_TEXT,
    SQLITE_CONVERT_ANY,
    /* Under NUMERIC affinity, in a table of somebody's own: */
    SQLITE_CONVERT_DECIMAL_NUMBER, /* as an integer where it is whole, else as REAL if all digits
                                      survive */
    SQLITE_CONVERT_TEXT_NO_NUMBER, /* a text that is no number */
};

struct sqlite_type_rule {
    uint32_t type;      /* FERRY_TYPE_ */
    uint32_t sign;      /* FERRY_COLUMN_UNSIGNED or 0; only for INT */
    uint32_t size_from; /* bits of INT, FLOAT and BIT, digits of DECIMAL; else 0 */
    uint32_t size_to;
    const char *native;
    uint32_t fit;
    enum sqlite_convert convert;
    const char *note;
};

/* The rule for a source column under a wish (or NULL for none); NULL if it cannot be stored so.  It
 * depends on nothing else: loading, reading back and the metadata rely on that. */
const struct sqlite_type_rule *sqlite_type_rule(const struct ferry_column *column,
                                                const struct ferry_wish *wish);
/* 1 if a cell of this type points to a text or bytes. */
bool sqlite_type_is_pointer(uint32_t type);
/* 1 if cells of another kind than the type's are stored as they are. */
bool sqlite_type_is_loose(const struct ferry_column *column, const struct sqlite_type_rule *rule);
ferry_status sqlite_map_column(void *conn, const struct ferry_column *column,
                               const struct ferry_wish *wish, struct ferry_mapping *mapping,
                               struct ferry_error *err);

/* ---- clauses.c: what a definition says behind the type ---- */

/* Append the clauses of a column, and notes about what they do not say. */
void sqlite_clauses_describe(const struct ferry_column *column, const struct sqlite_type_rule *rule,
                             sqlite3_str *clauses, sqlite3_str *notes);
/* 1 if the column is declared as the primary key, and so stands for the rowid. */
bool sqlite_clauses_make_rowid(const struct ferry_column *column,
                               const struct sqlite_type_rule *rule);
/* The constant that a DEFAULT clause says, from malloc; NULL if it says none.  SQLITE_MISMATCH: it
 * says something else. */
int sqlite_clauses_constant(const char *sql, char **ret_constant);
/* What we would say of a column that is as this one, from malloc; NULL if out of memory. */
char *sqlite_clauses_of_table(const struct sqlite_column *column, bool sole_key);
/* Append one sentence, by the rules of sqlite3_mprintf. */
void sqlite_note_add(sqlite3_str *notes, const char *format, ...);

/* ---- affinity.c: what SQLite converts while it stores ---- */

enum sqlite_affinity {
    SQLITE_AFFINITY_NONE,
    SQLITE_AFFINITY_INTEGER,
    SQLITE_AFFINITY_REAL,
    SQLITE_AFFINITY_TEXT,
    SQLITE_AFFINITY_NUMERIC,
};

/* Of a declared type. */
enum sqlite_affinity sqlite_affinity_of(const char *native);
/* 1 if a column of a numeric affinity would store the text as a number. */
bool sqlite_affinity_is_number(const char *text, size_t length);
/* 1 if a cell with a kind is stored as it is. */
bool sqlite_affinity_keeps(enum sqlite_affinity affinity, const struct ferry_cell *cell);

/* ---- hold.c: how a column that is there holds the source's values ---- */

struct sqlite_hold {
    enum sqlite_convert convert;
    enum sqlite_affinity affinity;
    uint32_t fit;
    const char *note;
    bool loose; /* cells of another kind than the type's are stored as they are */
};

/* False if a column that is declared so does not hold such values.  For the types of types.c it is
 * what these say. */
bool sqlite_hold_choose(const struct ferry_column *column, const char *declared,
                        struct sqlite_hold *ret_hold);
ferry_status sqlite_hold_column(void *conn, const struct ferry_column *existing,
                                const struct ferry_column *column, const struct ferry_wish *wish,
                                struct ferry_mapping *mapping, struct ferry_error *err);

/* ---- give.c: a cell as the result of an SQL function ---- */

/* What becomes of the cells of one column. */
struct sqlite_give {
    enum sqlite_convert convert;
    enum sqlite_affinity affinity;
    uint32_t scale;
    bool kinds; /* cells may say their own kind */
    bool utf16; /* how the file stores text */
};

/* Each returns NULL, or why the value cannot be stored as it is. */
const char *sqlite_give_float(sqlite3_context *context, double value);
const char *sqlite_give_text(sqlite3_context *context, const struct sqlite_give *rule,
                             const struct ferry_cell *cell);
/* A cell that says its own kind. */
const char *sqlite_give_kind(sqlite3_context *context, const struct sqlite_give *rule,
                             const struct ferry_cell *cell);
/* A cell whose conversion somebody has wished for. */
const char *sqlite_give_wished(sqlite3_context *context, const struct sqlite_give *rule,
                               const struct ferry_cell *cell);

/* ---- stored.c: a stored value as a cell of the source's column ---- */

/* How the values of one column are turned back. */
struct sqlite_stored {
    const struct ferry_column *column; /* of the source, alive as long as this */
    enum sqlite_convert convert;
    bool loose; /* a value that is no such cell is given with its kind */
    bool raw;   /* a text is given as its bytes; set by whoever reads a source */
};

#define SQLITE_STORED_ROOM 256

/* The storage class that a conversion leaves behind; 0: any. */
int sqlite_stored_class(enum sqlite_convert convert);
/* `wish` is what was wished for, or names the declared type under which the values are stored.
 * False if such a column is not stored at all. */
bool sqlite_stored_prepare(const struct ferry_column *column, const struct ferry_wish *wish,
                           struct sqlite_stored *ret_stored);
/* Fill a zeroed cell.  Its text or bytes lie in `value`, and live until the statement goes on, or
 * in `room`, which has SQLITE_STORED_ROOM bytes for each cell that is in use.  SQLITE_MISMATCH: it
 * is no value of this column, `*ret_why` (in `room`, or static) says why; else SQLITE_OK or
 * SQLITE_NOMEM. */
int sqlite_stored_cell(const struct sqlite_stored *stored, sqlite3_value *value, char *room,
                       struct ferry_cell *cell, const char **ret_why);

/* ---- possible.c: what a column of a definition cannot have held ---- */

/* NULL, or why the source of such a column can never have given this value; the cell has the form
 * of its type and is not NULL. */
typedef const char *(*sqlite_possible)(const struct ferry_column *column,
                                       const struct ferry_cell *cell);
/* NULL where each value that has the type's form is possible. */
sqlite_possible sqlite_possible_choose(const struct ferry_column *column);

/* ---- utf16.c: texts of a file that stores them as UTF-16 ---- */

enum sqlite_order { SQLITE_ORDER_NONE, SQLITE_ORDER_LITTLE, SQLITE_ORDER_BIG }; /* NONE: UTF-8 */

int sqlite_utf16_order(sqlite3 *db, enum sqlite_order *ret_order);
/* The bytes of a TEXT as they are stored; before anything else is asked of the value. */
const unsigned char *sqlite_utf16_bytes(sqlite3_value *value, size_t *ret_size);
/* Whether each half of a letter has its other half. */
bool sqlite_utf16_is_whole(const unsigned char *text, size_t size, enum sqlite_order order);

/* ---- decimal.c: the text of a decimal as a double, and back ---- */

#define SQLITE_DECIMAL_ROOM 256

/* Convert [-]digits[.digits], at most 15 significant digits, correctly rounded; 0 if `text` is not
 * that.  -0 becomes 0. */
int sqlite_decimal_to_double(const char *text, size_t length, double *ret_value);
/* The same for any number of digits, with `scale` of them after the point; 0 also if not all of
 * them come back out of the double. */
int sqlite_decimal_to_double_checked(const char *text, size_t length, uint32_t scale,
                                     double *ret_value);
/* Print the decimal of `scale` digits after the point whose double this is into SQLITE_DECIMAL_ROOM
 * bytes; its length, or 0 if there is none. */
size_t sqlite_decimal_print(double value, uint32_t scale, char *room);
/* The same of an integer. */
size_t sqlite_decimal_print_whole(int64_t value, uint32_t scale, char *room);
/* 1 if the text is a number without a fraction ("12", "12.00") that an integer holds. */
bool sqlite_decimal_to_whole(const char *text, size_t length, int64_t *ret_value);
/* 1 if the text is [-]digits[.digits] with `scale` digits after the point.  How many stand before
 * it is not asked: expressions of MariaDB have more than they say. */
bool sqlite_decimal_is_text(const char *text, size_t length, uint32_t scale);

/* ---- descriptor.c: a column's descriptor as texts, and what of them is believed ---- */

/* What a row says of a column besides its name, type and flags: columns of _dbferry_columns. */
struct sqlite_field {
    const char *name;
    size_t offset; /* in struct ferry_column */
    enum { SQLITE_FIELD_TEXT, SQLITE_FIELD_NUMBER, SQLITE_FIELD_LENGTH } kind;
};
#define SQLITE_FIELDS 12
extern const struct sqlite_field sqlite_fields[SQLITE_FIELDS];

/* The name of a FERRY_TYPE_, or NULL; and back, or 0. */
const char *sqlite_descriptor_type_name(uint32_t type);
uint32_t sqlite_descriptor_type(const char *name);
/* Names of flags with spaces between; and back, false for an unknown one. */
void sqlite_descriptor_add_flags(sqlite3_str *out, uint32_t flags);
bool sqlite_descriptor_flags(const char *text, uint32_t *ret_flags);
/* 1 if a source could have said so. */
bool sqlite_descriptor_is_sound(const struct ferry_column *column);

/* ---- metadata.c, metadata_read.c: the source's own definitions, beside the data ---- */

#define SQLITE_METADATA_VERSION 1

/* What each row of _dbferry_columns begins with, counted from 1; the fields follow. */
enum {
    SQLITE_AT_TABLE = 1,
    SQLITE_AT_POSITION,
    SQLITE_AT_VERSION,
    SQLITE_AT_NAME,
    SQLITE_AT_DECLARED,
    SQLITE_AT_TYPE,
    SQLITE_AT_FLAGS,
    SQLITE_AT_FIELDS
};

/* What the file says about one table.  All of it is checked, and was made from malloc. */
struct sqlite_metadata {
    struct ferry_column *columns;
    char **declared; /* per column, the declared type under which it is stored */
    size_t column_count;
    struct ferry_index *indexes; /* the primary key first; not checked against the columns */
    size_t index_count;
    bool unsound; /* something stands there that is not believed */
};

/* Replace what the file says about the load's table. */
ferry_status sqlite_metadata_write(struct sqlite_load *load, struct ferry_error *err);
/* Nothing known of the table is a success without columns. */
int sqlite_metadata_load(sqlite3 *db, const char *table, struct sqlite_metadata *ret_metadata);
void sqlite_metadata_clear(struct sqlite_metadata *metadata);
/* What was stored as this column of the table, or NULL if nothing, or if it is not as it was. */
const struct ferry_column *sqlite_metadata_find(const struct sqlite_metadata *metadata,
                                                const struct sqlite_column *column);

/* ---- describe.c: what the columns of a result are ---- */

/* A table that columns come from. */
struct sqlite_origin {
    char *name;
    struct sqlite_table table;
    struct sqlite_metadata metadata;
    bool whole; /* each column is known as it was in the source */
};

/* How one statement is described; the statement and what is read belong to the caller. */
struct sqlite_describe {
    struct sqlite_conn *conn;
    const struct ferry_read *read;
    sqlite3_stmt *stmt;
    struct sqlite_origin *origins; /* the first is what is read, where that is a table */
    size_t origin_count;
    char **affinities; /* per column, as CREATE TABLE AS would declare it; NULL: not asked for */
    size_t affinity_count;
    bool probed;        /* `affinities` was asked for */
    bool of_table;      /* what is read is a table, and each column one of its own */
    bool declared_only; /* of some column, nothing but its declared type is known */
};

ferry_status sqlite_describe_begin(struct sqlite_describe *describe, struct ferry_error *err);
void sqlite_describe_end(struct sqlite_describe *describe);
/* Column `i`; its strings live until sqlite_describe_end.  `*ret_declared` is the declared type
 * under which its values are stored, or NULL where each says what it is. */
ferry_status sqlite_describe_column(struct sqlite_describe *describe, int i,
                                    struct ferry_column *column, const char **ret_declared,
                                    struct ferry_error *err);

/* ---- words.c: the words of a CREATE statement ---- */

/* Behind the word, quoted text, comment or single character at `at`. */
const char *sqlite_words_skip(const char *at);
/* Where the word (or single character) stands next, outside of quotes and comments, or NULL. */
const char *sqlite_words_find(const char *at, const char *word);
/* Behind the bracket that closes the one at `at`. */
const char *sqlite_words_close(const char *at);
/* Behind the first list in brackets: what a CREATE TABLE says behind its columns. */
const char *sqlite_words_behind_list(const char *sql);

/* ---- describe_keys.c: the keys and indexes of a table that is read ---- */

/* Add what the table says about keys, after its columns, and notes about the rest. */
/* A column's place in the primary key by the table's own definition, or 0. */
uint32_t sqlite_describe_key_position(const struct sqlite_origin *origin,
                                      const struct sqlite_column *column);
ferry_status sqlite_describe_keys(const struct sqlite_describe *describe,
                                  struct ferry_schema *schema, struct ferry_error *err);

/* ---- read.c: the source half ---- */

extern const struct ferry_source sqlite_source;
/* Compiles what is to be read; the caller finalizes it. */
ferry_status sqlite_read_prepare(struct sqlite_conn *conn, const struct ferry_read *read,
                                 sqlite3_stmt **ret_stmt, struct ferry_error *err);

/* ---- table.c: what stands in the file under a name ---- */

int sqlite_table_load(sqlite3 *db, const char *name, struct sqlite_table *ret_table);
void sqlite_table_clear(struct sqlite_table *table);
ferry_status sqlite_table_inspect(void *conn, const char *name, struct ferry_inspection *inspection,
                                  struct ferry_error *err);
/* Fail with BUSY unless the table is as `spec->action` assumes. */
ferry_status sqlite_table_confirm(struct sqlite_load *load, struct ferry_error *err);
/* The CREATE TABLE statement for rows that lie so, from sqlite3_malloc. */
char *sqlite_table_create_sql(const struct ferry_layout *layout);

/* ---- losses.c: what a table made anew would not say ---- */

ferry_status sqlite_losses_find(struct sqlite_conn *conn, const struct ferry_load_spec *spec,
                                const struct sqlite_table *table, struct ferry_notes *notes,
                                struct ferry_error *err);

/* ---- stale.c: copies of the rows that do not follow a load ---- */

ferry_status sqlite_stale_find(struct sqlite_conn *conn, const struct ferry_load_spec *spec,
                               struct ferry_notes *notes, struct ferry_error *err);
/* Where the job wants it: make the full-text indexes of the table anew. */
ferry_status sqlite_stale_rebuild(struct sqlite_load *load, struct ferry_error *err);

/* ---- foresee.c: losses, and what does not follow the rows ---- */

ferry_status sqlite_foresee(void *conn, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err);

/* ---- rows.c: a batch as a virtual table ---- */

/* Where rows go.  What it points to lives as long as they are open. */
struct sqlite_rows_into {
    struct sqlite_conn *conn; /* in whose words a failure is told */
    sqlite3 *db;              /* of the connection: its database, or the staging file */
    const char *schema;       /* of `db`: "main", "temp" */
    const char *table;
    const char *batch;                  /* SQLITE_ROWS_BATCH: see there */
    const struct ferry_schema *columns; /* of the batches; the table has them under these names */
    const char *const *natives;         /* and with these declared types */
    int integer_key;                    /* a column where NULL would become a number, or -1 */
    uint64_t *count;                    /* the rows that were inserted are added to it */
};

/* As which a batch is known to SQL: each that is open in one `db` has a name of its own.  A user's
 * table of that name would stand before it: such names are reserved, and what each batch comes to
 * is counted. */
#define SQLITE_ROWS_BATCH "_dbferry_batch"

/* Make the virtual table and prepare the INSERT that empties it. */
ferry_status sqlite_rows_open(const struct sqlite_rows_into *into, struct sqlite_rows **ret_rows,
                              struct ferry_error *err);
/* Insert one batch.  After a failure some of its rows may be there: the transaction is undone. */
ferry_status sqlite_rows_insert(struct sqlite_rows *rows, const struct ferry_batch *batch,
                                struct ferry_error *err);
/* Finish the statement and take the virtual table away; `db` is still open.  NULL allowed. */
void sqlite_rows_close(struct sqlite_rows *rows);

/* ---- rowid.c: which column stands for the rowid ---- */

/* 1 if column `i` does so in a table that is made for such rows. */
bool sqlite_rowid_is_made(const struct ferry_layout *layout, size_t i);
/* The column of the load that does so in its table, or -1. */
int sqlite_rowid_find(const struct sqlite_load *load);

/* ---- objects.c: indexes, triggers and views that hang on the table ---- */

/* Note the indexes and triggers of the table, and which indexes are to be kept. */
ferry_status sqlite_objects_save(struct sqlite_load *load, struct ferry_error *err);
void sqlite_objects_clear(struct sqlite_objects *objects);
ferry_status sqlite_objects_drop_indexes(struct sqlite_load *load, struct ferry_error *err);
/* Make the kept indexes and those of the job in `db`: the target or the staging file. */
ferry_status sqlite_objects_make_indexes(struct sqlite_load *load, sqlite3 *db,
                                         struct ferry_error *err);
ferry_status sqlite_objects_make_triggers(struct sqlite_load *load, struct ferry_error *err);
/* Renew the planner's statistics of a table that had them. */
ferry_status sqlite_objects_analyze(struct sqlite_load *load, struct ferry_error *err);

/* ---- indexes.c: which indexes the table gets ---- */

/* Fill load->objects.indexes; false if out of memory. */
bool sqlite_indexes_choose(struct sqlite_load *load);

/* ---- watch.c: do views and triggers still compile? ---- */

/* EXPLAIN UPDATE of all columns, which compiles each trigger for it; from sqlite3_malloc. */
char *sqlite_watch_update_sql(sqlite3 *db, const char *table);
/* Note what compiles now, before the first table changes; later calls do nothing. */
ferry_status sqlite_watch_begin(struct sqlite_unit *unit, struct ferry_error *err);
/* Fail with SCHEMA naming what compiled then and does not now, after `table` was made anew. */
ferry_status sqlite_watch_end(struct sqlite_unit *unit, const char *table, struct ferry_error *err);
/* 1 if the triggers of `table` compiled at sqlite_watch_begin and still do, or were broken. */
bool sqlite_watch_triggers_fine(struct sqlite_unit *unit, const char *table);
void sqlite_watch_clear(struct sqlite_unit *unit);

/* ---- lock.c: one run per target table ---- */

ferry_status sqlite_lock_take(struct sqlite_load *load, struct ferry_error *err);
void sqlite_lock_release(struct sqlite_load *load);

/* ---- stage.c: the staging file ---- */

#define SQLITE_STAGE_SCHEMA "_dbferry_stage" /* as which it is attached to the target */

/* Make the file and open it, empty and in a transaction; it is named by a table whose lock is held.
 * One for all tables of the change: later calls do nothing. */
ferry_status sqlite_stage_begin(struct sqlite_unit *unit, const char *table,
                                struct ferry_error *err);
/* All that goes into it is there: attach it to the target's connection. */
ferry_status sqlite_stage_end(struct sqlite_unit *unit, struct ferry_error *err);
/* Close it, detach it, remove it: whatever of that is due. */
void sqlite_stage_remove(struct sqlite_unit *unit);

/* ---- stored_rows.c: what is stored, as cells of the source's schema ---- */

ferry_status sqlite_stored_rows_begin(void *conn, void *load, const struct ferry_layout *layout,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err);
ferry_status sqlite_stored_rows_batch(void *cursor, struct ferry_batch *batch,
                                      struct ferry_error *err);
void sqlite_stored_rows_end(void *cursor);

/* ---- origins.c: where rows come from ---- */

ferry_status sqlite_origins(void *conn, const struct ferry_read *read, const char *table,
                            struct ferry_origins *origins, struct ferry_error *err);

/* ---- record.c: the record of the run ---- */

ferry_status sqlite_record_write(struct sqlite_conn *conn, const struct ferry_record *record,
                                 struct ferry_error *err);
/* Whether the file holds the record of this very run.  SQLITE_OK, or why it cannot be told. */
int sqlite_record_find(struct sqlite_conn *conn, const struct ferry_record *record,
                       bool *ret_found);

ferry_status sqlite_record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err);

/* ---- replace.c: the rows of one table of a change ---- */

ferry_status sqlite_replace_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                                  struct ferry_error *err);
ferry_status sqlite_replace_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                                  struct ferry_error *err);
ferry_status sqlite_replace_end(void *load, struct ferry_load_totals *ret_totals,
                                struct ferry_error *err);
/* The last steps before the COMMIT. */
ferry_status sqlite_replace_finish(struct sqlite_load *load, struct ferry_error *err);
/* What has to end before the transaction; then the rest.  NULL allowed. */
void sqlite_replace_stop(struct sqlite_load *load);
void sqlite_replace_free(struct sqlite_load *load);

/* ---- unit.c: the target half: a change ---- */

extern const struct ferry_target sqlite_target;
/* For a load that holds its table's lock: open or make the file, and choose how rows go in. */
ferry_status sqlite_unit_open(struct sqlite_unit *unit, struct ferry_error *err);
/* Take the write lock. */
ferry_status sqlite_unit_write(struct sqlite_unit *unit, struct ferry_error *err);

#endif /* DBFERRY_SQLITE_DRIVER_H */
