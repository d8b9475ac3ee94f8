/* The contract between dbferry's core and its drivers: the only header that a driver needs.
 *
 * A driver is a shared object that exports one symbol, made by FERRY_REGISTER_DRIVER at its end.
 * It offers a source half, a target half, or both.  The core pulls row batches from a source in one
 * thread and pushes them to a target in another; no driver ever calls another driver.
 * plugins/example/example.c is a template that compiles.
 *
 * Rules that hold everywhere:
 *  - A callback that can fail returns a ferry_status.  On failure it calls ferry_fail() exactly
 *    once and returns what that returned.  The class decides the exit code, retries and fallback;
 *    the message is for a person and says what failed, where, and what to do next.
 *  - `ret_` arguments are written on success only.
 *  - Strings are UTF-8 and NUL-terminated unless a length stands beside them.
 *  - Pointers that the core passes in live until the callback returns, unless their comment says
 *    more.
 *  - Strings that a driver passes to the core are copied by it.
 *  - A callback that failed has begun nothing and leaves nothing behind.  Once the core has ended
 *    what was begun before (read_end, snapshot_end, change_abort), the connection can do all that
 *    it could, or `is_usable` says 0 and nothing but disconnect comes; the first is taken for
 *    granted of a driver without is_usable.  After cancel() nothing but such ends comes, and each
 *    other callback fails with CANCELLED.
 *  - Driver and core may have been built with different headers of one version.  Structs grow at
 *    their end only, zero in a new member means what was before, and numbers are never used
 *    twice.  The core copies what a driver gives it as far as both know it.  A struct that the core
 *    hands over is as long as the core's header has it: read and write members, copy the whole by
 *    FERRY_COPY() alone, never assign it, and ask FERRY_HAS() about a member that came after the
 *    first header of the version.  Struct ferry_cell never grows.
 *  - A type that a driver does not know is one of a later header: to map_column that is
 *    FERRY_FIT_NONE.  Bits that it does not know mean nothing to it; other numbers are UNSUPPORTED.
 *
 * The header compiles as C99 to C17 and as C++17.
 */

#ifndef DBFERRY_DRIVER_H
#define DBFERRY_DRIVER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define FERRY_EXTERN_C extern "C"
#else
#define FERRY_EXTERN_C
#endif

#define FERRY_ABI_VERSION 4

#define FERRY_PUBLIC __attribute__((__visibility__("default")))
#define FERRY_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))

/* ---- Errors ------------------------------------------------------------------------------------
 *
 * The class of a failure.  They stand in the order of their gravity: of several failures the
 * gravest decides the exit code of the program (exit codes in brackets).
 */
typedef int ferry_status;

#define FERRY_OK 0
#define FERRY_ERR_INTERNAL 1     /* [70] a bug: a contract was broken */
#define FERRY_ERR_SYSTEM 2       /* [71] out of memory, or the operating system failed */
#define FERRY_ERR_CONFIG 3       /* [78] configuration, options, or the driver itself */
#define FERRY_ERR_USAGE 4        /* [64] the command line */
#define FERRY_ERR_REFUSED 5      /* [77] login, TLS identity, rights: never retried */
#define FERRY_ERR_SCHEMA 6       /* [65] source and target cannot be reconciled */
#define FERRY_ERR_DATA 7         /* [65] a value, or a guard, refuses the load */
#define FERRY_ERR_NOT_FOUND 8    /* [66] no such view, table or query result */
#define FERRY_ERR_TARGET_IO 9    /* [74] target: full, corrupt, read-only medium, write failed */
#define FERRY_ERR_TARGET_OPEN 10 /* [73] target cannot be opened or created */
#define FERRY_ERR_STREAM 11      /* [76] the source ended early or broke its protocol */
#define FERRY_ERR_BUSY 12        /* [75] locked, deadlock, already running: try again */
#define FERRY_ERR_UNREACHABLE 13 /* [69] source not reached before its first row */
#define FERRY_ERR_CANCELLED 14   /* the callback stopped because cancel() was called */
#define FERRY_ERR_UNSUPPORTED 15 /* [78] this driver does not do that */

struct ferry_error; /* owned by the core */

/* Record the class and message of a failure and return `status`, so that a callback can write
 *   return ferry_fail(err, FERRY_ERR_BUSY, "table '%s' is locked; ...", table);
 * Text from outside (server messages, names) may be passed as it is: the core escapes it.  A second
 * call on the same error keeps the first message.  Never fails.
 */
ferry_status ferry_fail(struct ferry_error *err, ferry_status status, const char *format, ...)
    FERRY_PRINTF(3, 4);

/* After ferry_fail(): this failure may pass by itself, so the core may try the whole run again,
 * from its first row (the keys `retries`, `retry_wait`, `retry_max_wait` of the connection).
 * UNREACHABLE and STREAM are tried again without it; BUSY, TARGET_OPEN and TARGET_IO only with it;
 * others never. Not for what only a person can mend: a full disk, a wrong path, a lock that another
 * run holds. */
void ferry_error_may_pass(struct ferry_error *err);

/* After ferry_fail() with BUSY: it is another run of dbferry that has the lock of the table.  Who
 * has asked for it then leaves the table to that run (run --skip-locked).  Not for what a stranger
 * holds, and not together with ferry_error_may_pass(). */
void ferry_error_held_by_run(struct ferry_error *err);

/* 1 where the calling thread's run is to end: a signal came, or run_timeout has passed.  For a
 * callback that waits where cancel() cannot reach it, connect above all: it asks some times a
 * second and then fails with CANCELLED.  Any thread. */
int ferry_should_stop(void);

/* How many bytes `struct NAME` of this header has in the core that runs the driver; 0 of one that
 * it does not know. */
size_t ferry_struct_size(const char *name);
/* Whether the core knows this member: FERRY_HAS(ferry_scan, touched). */
#define FERRY_HAS(name, member)                                                                    \
    (ferry_struct_size(#name) >=                                                                   \
     offsetof(struct name, member) + sizeof(((struct name *)NULL)->member))

/* Copies a whole struct that the core has handed over, as far as both know it; the rest is zero:
 * FERRY_COPY(ferry_column, &mine, column). */
void ferry_struct_copy(const char *name, void *ret_copy, size_t size, const void *from);
#define FERRY_COPY(name, ret_copy, from)                                                           \
    ferry_struct_copy(#name, (ret_copy), sizeof(struct name), (from))

/* A budget of waiting for others, such as the `lock_wait_ms` of a change.  What ferry_wait_pause()
 * sleeps is taken from it, and what the driver counts beside that; work in between is not. */
struct ferry_wait {
    int64_t limit_ms;
    int64_t waited_ms;  /* of that, so far */
    int64_t started_ms; /* on a clock of the core's */
    int64_t _spare[5];  /* for the core, since it is the driver that makes room for this */
};
void ferry_wait_begin(struct ferry_wait *wait, int64_t limit_ms);
/* All the time since ferry_wait_begin() was waiting, as where a server waited for a lock. */
void ferry_wait_count_all(struct ferry_wait *wait);
/* What is left, in ms; 0 where nothing is. */
int64_t ferry_wait_left(const struct ferry_wait *wait);
/* Sleeps for `ms`, or for what is left: 1.  Where nothing is left, or where the run is to stop or
 * is_cancelled(data) (or NULL) says 1, also meanwhile: 0, within some 50 ms. */
int ferry_wait_pause(struct ferry_wait *wait, int64_t ms, int (*is_cancelled)(void *data),
                     void *data);

/* A hash of 64 bits for names of locks, stages and indexes, the same in every version of the
 * program: FNV-1a.  It goes on from `seed`, which is FERRY_HASH_SEED or a hash so far.  A name is
 * hashed with an end, so that "a" and "bc" are not "ab" and "c"; its case is the driver's affair.
 */
#define FERRY_HASH_SEED UINT64_C(0xcbf29ce484222325)
uint64_t ferry_hash_bytes(uint64_t seed, const void *bytes, size_t size);
uint64_t ferry_hash_name(uint64_t seed, const char *name);

/* Less than, equal to or greater than 0, as names of UTF-8 stand to each other where case counts in
 * no alphabet: for a MySQL server that folds the names of tables, Ä and ä are one.  A byte that
 * begins no character stands for itself. */
int ferry_fold_compare(const char *one, const char *other);

/* Start a thread of the driver's own, as pthread_create() does with the default attributes: 0 or an
 * error number.  It works for the run of the calling thread, as a thread that is started otherwise
 * does not: ferry_should_stop() answers it for that run, and what it logs is that run's.  It ends
 * by returning from `start`, and may outlive the run. */
int ferry_thread_create(pthread_t *ret_thread, void *(*start)(void *data), void *data);

struct stat;
/* Remove the entry `name` of a folder, a descriptor or AT_FDCWD, as long as it is that very file:
 * 0; else -1 with errno, ENOENT where the file is not there any more.  A file that somebody has
 * moved to that name meanwhile stays. */
int ferry_file_remove(int folder, const char *name, const struct stat *file);

/* ---- Log ---------------------------------------------------------------------------------------
 *
 * For what a sysadmin wants to read later; failures go through ferry_fail() instead.  May be called
 * from any thread; the line names the run that the thread works for.  Never pass a secret or a data
 * value.
 */
#define FERRY_LOG_WARNING 1
#define FERRY_LOG_INFO 2
#define FERRY_LOG_DEBUG 3

void ferry_log(uint32_t level, const char *format, ...) FERRY_PRINTF(2, 3);

/* clang-format off */
/* ---- Types -------------------------------------------------------------------------------------
 *
 * The common type descriptor.  It says which values a column may hold, not how a database spells it;
 * `native` keeps the database's own spelling for messages and plans.
 *
 * Whatever is a text, a number or a date in letters is valid UTF-8: the core looks at each and ends
 * the run at one that is not (FERRY_ERR_DATA).
 *
 *   type          cell carries                                      used fields
 */
#define FERRY_TYPE_BOOL 1     /* .i: 0 or 1                                                          */
#define FERRY_TYPE_INT 2      /* .i, or .u if UNSIGNED               bits 8 16 24 32 64, flags        */
#define FERRY_TYPE_FLOAT 3    /* .f                                  bits 32 or 64                    */
#define FERRY_TYPE_DECIMAL 4  /* .p: [-]digits[.digits], `scale` of them   precision, scale           */
#define FERRY_TYPE_TEXT 5     /* .p: UTF-8                           length (characters), charset ... */
#define FERRY_TYPE_BYTES 6    /* .p                                  length (bytes)                   */
#define FERRY_TYPE_DATE 7     /* .p: YYYY-MM-DD, zero and partial dates as the server prints them     */
#define FERRY_TYPE_TIME 8     /* .p: [-]HHH:MM:SS[.f] to 838:59:59   scale (fraction digits)          */
#define FERRY_TYPE_DATETIME 9 /* .p: YYYY-MM-DD HH:MM:SS[.f]         scale, flag UTC for an instant   */
#define FERRY_TYPE_YEAR 10    /* .i: 0, 1901..2155                                                    */
#define FERRY_TYPE_ANY 11     /* each cell says its own kind: see ferry_cell.kind                     */
#define FERRY_TYPE_BIT 12     /* .u: the bits as a number            bits 1..64                      */
#define FERRY_TYPE_JSON 13    /* .p: UTF-8, as the source prints it                                   */
#define FERRY_TYPE_ENUM 14    /* .p: the member, UTF-8               members, charset ...            */
#define FERRY_TYPE_SET 15     /* .p: members joined by ',', UTF-8    members, charset ...            */
#define FERRY_TYPE_UUID 16    /* .p: 36 characters, lower case                                        */
#define FERRY_TYPE_INET4 17   /* .p: 192.0.2.1                                                        */
#define FERRY_TYPE_INET6 18   /* .p: 2001:db8::1, as the source prints it                             */
#define FERRY_TYPE_GEOMETRY 19 /* .p: SRID (4 bytes, little-endian), WKB   subtype, srid             */
#define FERRY_TYPE_VECTOR 20  /* .p: little-endian IEEE singles      length (dimensions)             */

/* clang-format on */

/* The next free one is 1u << 26; 1u << 17 was given up. */
#define FERRY_COLUMN_UNSIGNED (1u << 0)
#define FERRY_COLUMN_NOT_NULL (1u << 1)
#define FERRY_COLUMN_UTC (1u << 2) /* a DATETIME that is an instant, given in UTC */
/* How the source spells what the type already says; only a target of its kind needs these: */
/* CHAR(n), BINARY(n), not VARCHAR(n), VARBINARY(n): no space at the end, `length` bytes each */
#define FERRY_COLUMN_FIXED (1u << 3)
#define FERRY_COLUMN_LONG (1u << 4)     /* of the TEXT and BLOB families */
#define FERRY_COLUMN_ZEROFILL (1u << 5) /* INT: shown with zeros up to `length` digits */
/* What the source does with the column: */
#define FERRY_COLUMN_AUTO_NUMBER (1u << 6) /* numbers itself */
#define FERRY_COLUMN_GENERATED (1u << 7)   /* computed from others; carried as values */
#define FERRY_COLUMN_DEFAULT_NOW (1u << 8) /* its default is the current moment */
#define FERRY_COLUMN_SRID (1u << 9)        /* GEOMETRY: `srid` is part of the type */
/* How the source compares texts; none of these: byte by byte. */
#define FERRY_COLUMN_IGNORES_CASE (1u << 10)
#define FERRY_COLUMN_IGNORES_ACCENTS (1u << 11)
#define FERRY_COLUMN_IGNORES_TRAILING_SPACE (1u << 12)
#define FERRY_COLUMN_COMPARES_UNKNOWN (1u << 13) /* the source cannot tell */
/* The type is a promise that the source cannot keep for each value: a cell of another kind says so
 * in ferry_cell.kind, as in a column of type ANY. */
#define FERRY_COLUMN_LOOSE (1u << 14)
/* Set by the core before it asks map_column: this column alone is the primary key. */
#define FERRY_COLUMN_SOLE_KEY (1u << 15)
/* Type ANY: an expression that is NULL by its nature, so that no cell has a value or a kind. */
#define FERRY_COLUMN_ONLY_NULL (1u << 16)
/* FLOAT: no value is NaN; none is infinite. */
#define FERRY_COLUMN_NO_NAN (1u << 21)
#define FERRY_COLUMN_NO_INFINITY (1u << 22)
/* Of inspect: a row that does not name the column gets a default there (then `default_value` is any
 * text), or NULL.  Not of a column that was the source's at the last run, as far as the target can
 * tell. */
#define FERRY_COLUMN_FILLS_ITSELF (1u << 18)
/* TEXT: `charset` allows what UTF-8 cannot bring back as it was; the source refuses each such value
 * by row and column. */
#define FERRY_COLUMN_PARTIAL_TEXT (1u << 19)
/* Set by the core before read_begin and load_begin: the cells are not UTF-8 but the texts' bytes as
 * the source stores them, in its own character set.  In a column of type BYTES since the job wants
 * it so; in one of type TEXT with PARTIAL_TEXT where the target stores that very character set. */
#define FERRY_COLUMN_RAW (1u << 20)
/* SELECT * does not give it.  Of a table it is read all the same. */
#define FERRY_COLUMN_INVISIBLE (1u << 23)
/* Set by describe: a scan may ask for rows in order of the column, and hold it against a bound.
 * The order is the core's: numbers and instants by value, texts and bytes byte by byte (of UTF-8,
 * without regard to the column's collation), a shorter one first, NULL before all. */
#define FERRY_COLUMN_ORDERED (1u << 24)
/* Beside ORDERED: indexes have it in that very order, so that one of them can take the place of a
 * sort. */
#define FERRY_COLUMN_INDEX_ORDERED (1u << 25)

struct ferry_column {
    const char *name;      /* as it stands in the result; never empty */
    const char *native;    /* the source's own spelling, e.g. "decimal(10,2) unsigned" */
    const char *charset;   /* TEXT: the source's, or NULL */
    const char *collation; /* TEXT: the source's, or NULL */
    uint64_t length;       /* TEXT: characters, BYTES: bytes, INT: digits shown; 0 = not limited */
    uint32_t type;         /* FERRY_TYPE_ */
    uint32_t flags;        /* FERRY_COLUMN_ */
    uint32_t bits;
    uint32_t precision;
    uint32_t scale;
    uint32_t key_position;     /* 1, 2, ... in the primary key; 0 = not part of it */
    uint32_t srid;             /* GEOMETRY, with the flag SRID */
    const char *members;       /* ENUM, SET: 'a','it''s': quoted, with quotes doubled, by commas */
    const char *subtype;       /* GEOMETRY: "point", ...; NULL: any */
    const char *default_value; /* a constant, as text; NULL: none, or an expression */
    const char *clauses; /* of inspect alone: what a table's definition says behind the type */
};

/* An ordered list of columns.  Built through calls, so that struct ferry_column may grow. */
struct ferry_schema;

/* Append a copy of `column` (`size` is sizeof *column).  Refuses an empty name, an unknown type and
 * values that contradict the type: FERRY_ERR_INTERNAL.  The schema is unchanged on failure. */
ferry_status ferry_schema_add(struct ferry_schema *schema, const struct ferry_column *column,
                              size_t size, struct ferry_error *err);
size_t ferry_schema_count(const struct ferry_schema *schema);
/* Column `i`, counted from 0; lives as long as the schema. */
const struct ferry_column *ferry_schema_column(const struct ferry_schema *schema, size_t i);

/* An index of the source's table, or one that the job wants. */
struct ferry_index {
    const char *name;           /* NULL: the driver chooses, the same name at each run */
    const char *const *columns; /* source column names */
    size_t column_count;
    uint32_t unique;
    uint32_t primary; /* 1: the primary key; then `unique` is 1 too */
    /* Set by the core.  1: of the source, where `name` is its name: the target may call it
     * otherwise.  0: the job's own, and a name that it gives is meant. */
    uint32_t copied;
};

/* Append a copy of `index`, the primary key first.  Its columns must be in the schema: add those
 * before.  Refuses others with FERRY_ERR_INTERNAL.  Only a source's describe calls it, and leaves
 * out what is no plain index of whole columns (ferry_schema_note tells of it). */
ferry_status ferry_schema_add_index(struct ferry_schema *schema, const struct ferry_index *index,
                                    size_t size, struct ferry_error *err);
size_t ferry_schema_index_count(const struct ferry_schema *schema);
const struct ferry_index *ferry_schema_index(const struct ferry_schema *schema, size_t i);

/* What becomes of a row whose row in the other table goes, or gets another key. */
#define FERRY_ACTION_NONE 0     /* that is refused */
#define FERRY_ACTION_RESTRICT 1 /* the same, and at once, where a server makes that difference */
#define FERRY_ACTION_CASCADE 2
#define FERRY_ACTION_SET_NULL 3
#define FERRY_ACTION_SET_DEFAULT 4

/* A foreign key: each row of its table that has no NULL in `columns` refers to a row of `table`. */
struct ferry_foreign_key {
    const char *name; /* for messages; NULL: it has none */
    const char *const *columns;
    size_t column_count;
    const char *table;           /* of a source as `list` calls it, of a target as a layout does */
    const char *const *referred; /* columns of that table, as many; NULL: its primary key */
    uint32_t on_delete;          /* FERRY_ACTION_ */
    uint32_t on_update;          /* FERRY_ACTION_ */
};

/* Append a copy of `key`.  Called by describe, where struct ferry_read asks for it, and by inspect.
 * A table of another place is called by both names, with a full stop between them. */
ferry_status ferry_schema_add_foreign_key(struct ferry_schema *schema,
                                          const struct ferry_foreign_key *key, size_t size,
                                          struct ferry_error *err);

/* One sentence for the plan about what the columns and indexes do not say: an index that cannot be
 * carried, a key that the server has added by itself. */
ferry_status ferry_schema_note(struct ferry_schema *schema, struct ferry_error *err,
                               const char *format, ...) FERRY_PRINTF(3, 4);
/* The same of what a user would miss: each run warns of it. */
ferry_status ferry_schema_warn(struct ferry_schema *schema, struct ferry_error *err,
                               const char *format, ...) FERRY_PRINTF(3, 4);
/* A warning that a part of the definition (types apart) cannot be told, since the account lacks a
 * right or a record is not sound: a target's table that is there then keeps the definition that it
 * has.  Only for what does not pass by itself: a question that failed for another reason fails the
 * callback. */
ferry_status ferry_schema_unknown(struct ferry_schema *schema, struct ferry_error *err,
                                  const char *format, ...) FERRY_PRINTF(3, 4);

/* How faithfully a target column holds a source column. */
#define FERRY_FIT_EXACT 0   /* every value comes back as it went in */
#define FERRY_FIT_WIDER 1   /* every value fits; the target's type holds more */
#define FERRY_FIT_CHECKED 2 /* some values may not fit: load_batch tests each and refuses */
#define FERRY_FIT_LOSSY 3   /* something is lost: refused unless on_lossy = "allow" */
#define FERRY_FIT_NONE 4    /* cannot be stored at all */

/* ---- Row batches -------------------------------------------------------------------------------
 *
 * Owned and reused by the core; filled by the source, read by the target.  Neither keeps a pointer
 * into a batch after it has returned.
 */
#define FERRY_KIND_TYPED 0 /* the value's kind follows from the column's type (all but ANY) */
#define FERRY_KIND_INT 1   /* the kinds of a cell in a column of type ANY: .i */
#define FERRY_KIND_FLOAT 2 /* .f */
#define FERRY_KIND_TEXT 3  /* .p */
#define FERRY_KIND_BYTES 4 /* .p */

struct ferry_cell { /* 16 bytes */
    union {
        int64_t i;
        uint64_t u;
        double f;
        const char *p; /* never NULL in a cell that is not null, also where len is 0 */
    } v;
    uint32_t len;  /* bytes at v.p; no terminating NUL is there or is counted */
    uint16_t null; /* 1: NULL, and the rest means nothing */
    uint16_t kind; /* FERRY_KIND_; other than TYPED only in columns of type ANY or LOOSE */
};

struct ferry_batch;

/* Source side.  Ask ferry_batch_full() before reading a row from the database; when it says 0,
 * ferry_batch_row() adds a row and returns its cells, zeroed (so: 0, not NULL), one per column of
 * the schema.  A row once added counts.
 * ferry_batch_bytes() returns room for `size` bytes that stays put until the batch is reused; NULL
 * if out of memory.  ferry_batch_text() copies `size` bytes there and points the cell at them; it
 * returns 0 if out of memory (return FERRY_ERR_SYSTEM then), else 1.
 */
int ferry_batch_full(const struct ferry_batch *batch);
struct ferry_cell *ferry_batch_row(struct ferry_batch *batch);
char *ferry_batch_bytes(struct ferry_batch *batch, size_t size);
int ferry_batch_text(struct ferry_batch *batch, struct ferry_cell *cell, const char *data,
                     size_t size);

/* Target side.  Cells of row `row` (from 0, below the count) lie side by side; rows of one batch
 * follow each other without a gap, `columns` cells each. */
size_t ferry_batch_count(const struct ferry_batch *batch);
const struct ferry_cell *ferry_batch_cells(const struct ferry_batch *batch, size_t row);

/* Fail because of one value: puts "row N, column 'NAME': " before the message.  `row` and `column`
 * count from 0 within the batch; the printed row counts from 1 over the whole stream.  On the
 * source side, for a row that was not added, pass ferry_batch_count() as `row`. */
ferry_status ferry_fail_cell(struct ferry_error *err, ferry_status status,
                             const struct ferry_batch *batch, size_t row, size_t column,
                             const char *format, ...) FERRY_PRINTF(6, 7);
/* The same for a row of an earlier batch: `row` counts from 1 over the whole stream, and `schema`
 * is that of the batches. */
ferry_status ferry_fail_row(struct ferry_error *err, ferry_status status,
                            const struct ferry_schema *schema, uint64_t row, size_t column,
                            const char *format, ...) FERRY_PRINTF(6, 7);

/* ---- Options -----------------------------------------------------------------------------------
 *
 * The keys of a connection, declared as data: the core checks names, types and ranges, prints help,
 * and answers an unknown key with the nearest known one.  The core itself adds to each table:
 * `driver`, `stall_timeout` (no batch for so long: cancel), `run_timeout` (the whole job),
 * `retries`, `retry_wait` and `retry_max_wait` (after a failure that may pass).
 *
 *   type      in the file           ferry_config_ reader
 */
/* clang-format off */
#define FERRY_OPTION_STRING 1   /* "text"                _string                                    */
#define FERRY_OPTION_PATH 2     /* "/a/path"             _string; relative: to the file's folder; ~/ */
#define FERRY_OPTION_INT 3      /* 3306                  _int: `min` to `max`                       */
#define FERRY_OPTION_BOOL 4     /* true or false         _int: 1 or 0                               */
#define FERRY_OPTION_SIZE 5     /* "64K" "16M" "1G"      _int: bytes                                */
#define FERRY_OPTION_DURATION 6 /* "500ms" "30s" "5m"    _int: milliseconds                         */
#define FERRY_OPTION_MODE 7     /* "0640"                _int: permission bits                      */
#define FERRY_OPTION_CHOICE 8   /* one of `choices`      _string                                    */
#define FERRY_OPTION_PAIRS 9    /* { name = "value"; }   _pair                                      */
#define FERRY_OPTION_SECRET 10  /* see ferry_config_secret                                          */
#define FERRY_OPTION_STRINGS 11 /* [ "a", "b" ]          _string_at                                 */
#define FERRY_OPTION_GROUPS 12  /* ( { ... }, { ... } )  _group_at: each with the keys of `group`   */
/* clang-format on */

#define FERRY_OPTION_REQUIRED (1u << 0)
#define FERRY_OPTION_SOURCE_ONLY (1u << 1) /* has no effect on a target; shown in the help */
#define FERRY_OPTION_TARGET_ONLY (1u << 2)
/* Where the parts of a URL go, NAME://user@host:port/path or NAME:path, on the command line: */
#define FERRY_OPTION_URL_USER (1u << 3)
#define FERRY_OPTION_URL_HOST (1u << 4)
#define FERRY_OPTION_URL_PORT (1u << 5)
#define FERRY_OPTION_URL_PATH (1u << 6)

struct ferry_option {
    const char *name;          /* [a-z0-9_]+ */
    const char *default_value; /* as it would stand in the file, without quotes; NULL = unset */
    const char *help;          /* one line, lower case, without a full stop */
    const char *choices;       /* CHOICE: "a|b|c" */
    int64_t min, max;          /* INT, SIZE, DURATION: both 0 = not limited */
    uint32_t type;             /* FERRY_OPTION_ */
    uint32_t flags;
    const struct ferry_option_group *group; /* GROUPS: what each of them may hold */
};

/* The table of the groups of one key; alive as long as the driver.  No SECRET stands in it. */
struct ferry_option_group {
    const char *kind; /* what one of them is called in messages: "index" */
    const struct ferry_option *options;
    size_t option_count;
};

/* The options of one connection, or of one group of a GROUPS key, checked; owned by the core. */
struct ferry_config;

/* The connection's name in the configuration, for messages; a group's name, or its place. */
const char *ferry_config_name(const struct ferry_config *config);
/* 1 if the key stands in the configuration, 0 if it has its default. */
int ferry_config_is_set(const struct ferry_config *config, const char *key);
/* The value, or the default; NULL where neither is there.  Asking for a key that the driver did not
 * declare, or with the reader of another type, is a bug and ends the program. */
const char *ferry_config_string(const struct ferry_config *config, const char *key);
/* The value, or the default, or 0. */
int64_t ferry_config_int(const struct ferry_config *config, const char *key);
/* How many pairs, strings or groups there are, for a key of such a type. */
size_t ferry_config_length(const struct ferry_config *config, const char *key);
/* Pair `i` of a PAIRS key: 1 and both strings, or 0 past the end. */
int ferry_config_pair(const struct ferry_config *config, const char *key, size_t i,
                      const char **ret_name, const char **ret_value);
/* String `i` of a STRINGS key, or NULL past the end. */
const char *ferry_config_string_at(const struct ferry_config *config, const char *key, size_t i);
/* Group `i` of a GROUPS key, or NULL past the end: its values are read as those of `config` are,
 * and live as long. */
const struct ferry_config *ferry_config_group_at(const struct ferry_config *config, const char *key,
                                                 size_t i);
/* Fetch a secret.  A SECRET option `password` brings password_file, password_env and
 * password_command with it; the core tries what is set, then $CREDENTIALS_DIRECTORY/NAME.password,
 * then a prompt on a terminal.  `*ret_secret` is NULL where none was given; else it must go to
 * ferry_secret_free(), which wipes it.  Fails with CONFIG or SYSTEM. */
ferry_status ferry_config_secret(const struct ferry_config *config, const char *key,
                                 char **ret_secret, struct ferry_error *err);
void ferry_secret_free(char *secret);

/* ---- What is read and what is written ---- */

#define FERRY_READ_VIEW 1 /* `text` is a view's name, or a table's: drivers treat both alike */
#define FERRY_READ_TABLE 2
#define FERRY_READ_QUERY 3 /* `text` is one SELECT statement in the source's own language */

/* What becomes of a run whose source warns of what it read.  AUTO: where a warning says that rows
 * or values were cut or changed by a limit or on their way, the read fails with DATA at its end;
 * the driver logs others, once, with their number and the first one's text. */
#define FERRY_WARNINGS_AUTO 0
#define FERRY_WARNINGS_REFUSE 1 /* any warning is DATA */
#define FERRY_WARNINGS_ALLOW 2  /* all are logged */

struct ferry_read {
    const char *text;
    uint32_t kind;         /* FERRY_READ_ */
    uint32_t on_warning;   /* FERRY_WARNINGS_ */
    uint32_t foreign_keys; /* 1: describe tells those of the table, too */
};

/* One limit of a scan: rows whose value in the column stands so to the cell. */
#define FERRY_BOUND_AT_LEAST 1
#define FERRY_BOUND_ABOVE 2
#define FERRY_BOUND_AT_MOST 3
#define FERRY_BOUND_BELOW 4

struct ferry_bound {
    size_t column;                 /* of the schema; an integer, a decimal, a date or a datetime */
    const struct ferry_cell *cell; /* a value of it, never NULL */
    uint32_t kind;                 /* FERRY_BOUND_ */
    uint32_t or_null;              /* 1: rows that are NULL there, too */
};

/* Which rows are read, what of them, and in what order.  Lives until the reading ends.  All zero:
 * everything, in any order.  More is asked only of drivers with FERRY_SCANS, and only of columns
 * that are said to be ordered: by FERRY_COLUMN_ORDERED of a source, by ferry_mapping_set_ordered()
 * of a target. */
struct ferry_scan {
    const size_t *order;                     /* columns of the schema by which the rows ascend */
    size_t order_count;                      /* 0: in any order */
    const struct ferry_bound *const *bounds; /* all of them hold for each row */
    size_t bound_count;
    const size_t *columns; /* the batches have these columns of the schema alone, in this order */
    size_t column_count;   /* 0: they have all */
    /* Of the stored rows of a load of changes, after load_end.  1: those alone whose keys came
     * with INSERT, UPDATE, UPSERT or ADD.  Never together with order, bounds or columns. */
    uint32_t touched;
};

/* What the job wants of one column, where the target has a choice. */
#define FERRY_DECIMAL_AUTO 0
#define FERRY_DECIMAL_REAL 1 /* as a number, also where only values of few digits fit (CHECKED) */
#define FERRY_DECIMAL_TEXT 2 /* as text, also where a number would do */
#define FERRY_BIG_UNSIGNED_REFUSE 0 /* a value above the target's largest integer ends the load */
#define FERRY_BIG_UNSIGNED_TEXT 1   /* the whole column as text */

#define FERRY_TEXT_UTF8 0
#define FERRY_TEXT_BYTES 1 /* the core has made a column of type BYTES of it: FERRY_COLUMN_RAW */

struct ferry_wish {
    const char *type;      /* the target's own spelling of the type to use, or NULL */
    uint32_t decimal;      /* FERRY_DECIMAL_ */
    uint32_t big_unsigned; /* FERRY_BIG_UNSIGNED_ */
    uint32_t text;         /* FERRY_TEXT_ */
};

/* How the target stores one column: filled by map_column through these calls.  `native` is the type
 * as the target declares it; `note` (or NULL) is one sentence for the plan. */
struct ferry_mapping;
ferry_status ferry_mapping_set(struct ferry_mapping *mapping, uint32_t fit, const char *native,
                               const char *note, struct ferry_error *err);
/* What the definition says behind the type, such as "COLLATE NOCASE NOT NULL"; after
 * ferry_mapping_set.  Not calling it means "". */
ferry_status ferry_mapping_set_clauses(struct ferry_mapping *mapping, const char *clauses,
                                       struct ferry_error *err);
/* Of a column with PARTIAL_TEXT: the character set in which a new table stores it, spelled as the
 * source does in `charset`; after ferry_mapping_set.  Where they are the same, the column may come
 * RAW. */
ferry_status ferry_mapping_set_charset(struct ferry_mapping *mapping, const char *charset,
                                       struct ferry_error *err);
/* Stored rows can be scanned in order of the column, and found by its value where it is part of a
 * key; after ferry_mapping_set.  Not calling it means that they cannot. */
ferry_status ferry_mapping_set_ordered(struct ferry_mapping *mapping, struct ferry_error *err);

/* A list of short texts, which the core keeps; added to by ferry_note(). */
struct ferry_notes;
ferry_status ferry_note(struct ferry_notes *notes, struct ferry_error *err, const char *format, ...)
    FERRY_PRINTF(3, 4);

/* What inspect found; zeroed by the core beforehand. */
struct ferry_inspection {
    uint64_t rows;       /* rows now; meaningful if rows_known */
    uint32_t exists;     /* 1: the table is there */
    uint32_t rows_known; /* 1: `rows` was cheap to learn */
    /* Add the columns here, and the foreign keys of a driver with judge_key; `native` as map_column
     * would spell the type and, where `own` is 1, `clauses` as it would spell those; `charset`
     * where ferry_mapping_set_charset is used. */
    struct ferry_schema *schema;
    /* 1: the table says no more than this driver would have said, so nothing is lost if it is made
     * anew, and it follows the source in clauses too.  0: somebody's own definition, which stays
     * while its columns hold the source's (hold_column). */
    uint32_t own;
    /* A hash of the definition, which ferry_load_confirm() compares; 0: the target does not tell.
     */
    uint64_t definition;
};

/* Where rows gather before the commit, for a target that has the choice. */
#define FERRY_STAGING_AUTO 0
#define FERRY_STAGING_APART 1  /* where nobody looks: others are held up for the last step alone */
#define FERRY_STAGING_DIRECT 2 /* where they are to be: in one transaction, without a copy */

/* What to do about copies of the rows that do not follow the table by themselves. */
#define FERRY_STALE_WARN 0
#define FERRY_STALE_REBUILD 1 /* those that the target can: in the transaction of the load */
#define FERRY_STALE_REFUSE 2  /* the core does that */

#define FERRY_TABLE_CREATE 1  /* the table is not there: make it */
#define FERRY_TABLE_KEEP 2    /* it has the right columns: replace its rows */
#define FERRY_TABLE_REBUILD 3 /* it has others: replace table and rows, keep what hangs on it */

/* Tables whose names begin so hold parts of a table on its way.  The core chooses them, for targets
 * with prune; a driver that keeps names for itself takes these, and its `list` leaves them out. */
#define FERRY_TABLES_OF_PIECES "_dbferry_piece_"

/* How the rows of one table lie in the target.  Lists are of pointers, one per column of `schema`,
 * so that what they point to may grow. */
struct ferry_layout {
    const char *table;
    const struct ferry_schema *schema;      /* what the batches carry */
    const char *const *natives;             /* as map_column answered */
    const char *const *clauses;             /* the same; "" for none */
    const struct ferry_wish *const *wishes; /* as map_column was given them */
};

/* What becomes visible in one step.  Lives until the change has ended. */
struct ferry_change_spec {
    const char *job;        /* for lock files and messages */
    const char *run_id;     /* unique to this run; [0-9a-f-]+ */
    int64_t lock_wait_ms;   /* how long to wait for another writer */
    uint32_t staging;       /* FERRY_STAGING_ */
    uint32_t shared_target; /* 1: other jobs of this configuration write the same place */
    uint32_t load_count; /* so many loads will come; more than 1 of drivers with FERRY_TOGETHER */
    /* 1, of drivers with judge_key: the foreign keys from and to the tables of the change hold when
     * it is committed, or change_commit fails with DATA and names the row that refers to none. */
    uint32_t foreign_keys;
    const char *const *tables; /* of those loads, in their order */
    uint32_t reads_here;       /* 1: the rows are read in this very place, all before the commit */
};

/* How the rows of a load come in. */
#define FERRY_LOAD_REPLACE 1 /* all that the table is to hold, each to be inserted */
#define FERRY_LOAD_CHANGES                                                                         \
    2 /* what becomes of single rows; asked of drivers with FERRY_CHANGES                          \
       */

/* One table of a change.  Lives until the change has ended. */
struct ferry_load_spec {
    const struct ferry_layout *layout;
    /* Of the job and, where it copies them, of the source: then its primary key is among them, also
     * where it told of that by key_position alone. */
    const struct ferry_index *const *indexes;
    size_t index_count;
    uint32_t kind;       /* FERRY_LOAD_ */
    uint32_t action;     /* FERRY_TABLE_, as inspect showed it */
    uint32_t on_stale;   /* FERRY_STALE_ */
    uint64_t definition; /* as inspect said */
    /* 1, with KEEP only: the source may know less than the table says, so the table keeps its own
     * clauses, keys and indexes, also where this driver made it. */
    uint32_t keep_definition;
    /* CHANGES, whose action is always KEEP: the columns of the schema by whose values rows are told
     * apart, exactly and not by a collation.  None: the load has INSERT alone. */
    const size_t *key;
    size_t key_count;
    /* Of a table that is made, made anew, or has the definition of this driver: the foreign keys
     * that it is to have.  Each refers to a table of the same change. */
    const struct ferry_foreign_key *const *foreign_keys;
    size_t foreign_key_count;
};

/* Whether the table is still what the load was planned for: the core has compared it once, with
 * what inspect said, so all that is left to see is whether it is the same.  `exists` and
 * `definition` are what inspect would say now; to be called where nobody can change the table any
 * more, in load_begin, load_end or change_commit.  `place` is where it is, as the driver's messages
 * say it.  Fails with BUSY, which may pass. */
ferry_status ferry_load_confirm(const struct ferry_load_spec *spec, const char *place, int exists,
                                uint64_t definition, struct ferry_error *err);
/* Fails as ferry_load_confirm() does, where something else than the definition has changed. */
ferry_status ferry_load_fail_changed(const struct ferry_load_spec *spec, const char *place,
                                     struct ferry_error *err);

/* What is done with each row of a batch.  A load that replaces knows INSERT alone.  In a load of
 * changes each key comes at most once, whatever is done with it; operations alternate from batch to
 * batch, and nothing is done in the table before load_end.  Where a row is not there that should
 * be, or is there that should not be, somebody has written to the table meanwhile: then load_end
 * fails by ferry_load_fail_changed(), and nothing has changed. */
#define FERRY_OP_INSERT 1 /* there is no row of this key */
#define FERRY_OP_UPDATE 2 /* the row of this key gets these values */
#define FERRY_OP_DELETE                                                                            \
    3                     /* the row of this key goes; the batch has the columns of the key alone  \
                           */
#define FERRY_OP_UPSERT 4 /* UPDATE where there is such a row, else INSERT */
/* INSERT where there is no such row; where there is one, it is the same in each column, or load_end
 * fails with DATA naming the key's columns. */
#define FERRY_OP_ADD 5

struct ferry_load_totals { /* counted by the target, not taken from the batches */
    uint64_t before;       /* rows that the table held until now */
    uint64_t inserted;     /* of those that came in */
    uint64_t updated;      /* the same; none in a load that replaces, ... */
    uint64_t deleted;      /* ... where the rows before are none of these counts */
    uint64_t after;        /* rows that it will hold */
    uint64_t bytes;        /* written to the target as far as it knows, else 0 */
};

/* What the tables of a change hold after change_commit. */
#define FERRY_OUTCOME_UNKNOWN 0 /* one or the other: it cannot be told */
#define FERRY_OUTCOME_OLD 1     /* what they held before */
#define FERRY_OUTCOME_NEW 2     /* what was loaded */

struct ferry_record;

/* A copy that is to go, since its source is gone.  Lives until the callback returns. */
struct ferry_prune_spec {
    const char *job;      /* for locks and messages */
    const char *run_id;   /* the same; [0-9a-f-]+ */
    int64_t lock_wait_ms; /* how long to wait for others who use the table */
    const char *table;
    uint64_t definition; /* as inspect said */
    uint32_t exists;     /* the same; 0: only its record is there, and goes */
    /* What is there: by ferry_record_follows() it must still be when it goes. */
    const struct ferry_record *record;
    uint32_t looks; /* 1: nothing is dropped or written, only said what stands against it */
    /* With `looks`: tables that would have gone before it, so that their keys are no obstacle. */
    const char *const *others;
    size_t other_count;
};

/* ---- The record of a run -----------------------------------------------------------------------
 *
 * One per table of a target, left there by the run that wrote the table: in a database a row of
 * _dbferry_sync, whose key is target_table.  The core declares what it consists of.  A driver
 * stores each field by its name, adds a column for one that is new there, and lets columns be that
 * it does not know.
 */
#define FERRY_FIELD_TEXT 1
#define FERRY_FIELD_NUMBER 2 /* 0 to 2^64-1 */
#define FERRY_FIELD_FLAG 3   /* 0 or 1 */

struct ferry_field {
    const char *name; /* [a-z_]+ */
    uint32_t type;    /* FERRY_FIELD_ */
    uint32_t length;  /* TEXT: characters at most; 0 = not limited */
};

size_t ferry_field_count(void);
/* Field `i`, counted from 0; lives as long as the program. */
const struct ferry_field *ferry_field(size_t i);

const char *ferry_record_table(const struct ferry_record *record);
/* The value of a field as text, numbers in decimal digits; NULL: none, or no such field. */
const char *ferry_record_value(const struct ferry_record *record, const char *name);
/* Of a record that goes on from the state of an earlier run: the run id of the record that must
 * still be there in the transaction that writes this one ("": none may be there), or the commit
 * fails by ferry_record_fail_overtaken() and nothing has changed.  NULL: whatever is there. */
const char *ferry_record_follows(const struct ferry_record *record);
/* Fails with BUSY, which may pass: another run has committed since. */
ferry_status ferry_record_fail_overtaken(const struct ferry_record *record, const char *place,
                                         struct ferry_error *err);
/* For record_read: copies the value; NULL is none.  Names that are no fields are passed over. */
ferry_status ferry_record_set(struct ferry_record *record, const char *name, const char *value,
                              struct ferry_error *err);
/* For record_read: the run id that the table itself carries, where the record is not written in
 * one transaction with the rows. */
ferry_status ferry_record_set_mark(struct ferry_record *record, const char *run_id,
                                   struct ferry_error *err);

/* The records of many tables. */
struct ferry_records;
/* One more, of this table, to be filled in by ferry_record_set() before the next is added. */
ferry_status ferry_records_add(struct ferry_records *records, const char *table,
                               struct ferry_record **ret_record, struct ferry_error *err);

/* Where the rows of a source come from, for one that may be a copy itself. */
struct ferry_origins;
/* They come from this table of the place, or by way of this view. */
ferry_status ferry_origins_add(struct ferry_origins *origins, const char *table,
                               struct ferry_error *err);
/* When the place last changed, in ms since 1970-01-01 UTC. */
void ferry_origins_changed(struct ferry_origins *origins, int64_t when_ms);
/* They come from the very table that was asked about, or it cannot be told that they do not. */
void ferry_origins_include(struct ferry_origins *origins);

/* What a source says of its state. */
struct ferry_fingerprint;
ferry_status ferry_fingerprint_set(struct ferry_fingerprint *fingerprint, const char *text,
                                   struct ferry_error *err);

/* A table or view of a source's place, for jobs of many tables. */
struct ferry_listed {
    const char *name;    /* as a read of the kind TABLE or VIEW names it; never empty */
    uint32_t kind;       /* FERRY_READ_TABLE or FERRY_READ_VIEW */
    uint32_t rows_known; /* 1: `rows` was cheap to learn */
    uint64_t rows;       /* about so many */
};

/* What there is to read.  Built through calls, so that struct ferry_listed may grow. */
struct ferry_listing;
/* Add a copy of `listed` (`size` is sizeof *listed), in any order.  An empty name and another kind
 * are FERRY_ERR_INTERNAL. */
ferry_status ferry_listing_add(struct ferry_listing *listing, const struct ferry_listed *listed,
                               size_t size, struct ferry_error *err);

/* What else a half can do than read all rows and replace them. */
#define FERRY_SCANS (1u << 0) /* read_begin, or stored_begin, does all that a scan asks for */
/* Of a target, which then has stored_begin and FERRY_SCANS too: loads of changes. */
#define FERRY_CHANGES (1u << 1)
/* Of a target: a change may have many loads. */
#define FERRY_TOGETHER (1u << 2)
/* Beside it and FERRY_CHANGES: loads of changes may be among them; else each replaces its table. */
#define FERRY_TOGETHER_CHANGES (1u << 3)
/* Of a target: changes of different tables of one place may be under way at one time, of several
 * processes, and none waits long for another. */
#define FERRY_SIDE_BY_SIDE (1u << 4)
/* Of a target with judge_key: its foreign keys tell FERRY_ACTION_RESTRICT and _NONE apart; else a
 * table that has the one has the other. */
#define FERRY_TELLS_RESTRICT (1u << 5)
/* As FERRY_TOGETHER_CHANGES, but all loads of a change are of one kind: each replaces its table, or
 * none does. */
#define FERRY_TOGETHER_ALIKE (1u << 6)
/* Of a source with share_begin: which of FERRY_SHARE_OWN and FERRY_SHARE_LOCK it knows. */
#define FERRY_SHARES_OWN (1u << 7)
#define FERRY_SHARES_BY_LOCK (1u << 8)

/* Of a number of rows that nobody can tell. */
#define FERRY_ROWS_UNKNOWN UINT64_MAX

/* ---- A table that several connections read at one time ---- */

/* Values of one column that part the rows of a table; filled by part.  Add the next one, of the
 * kind that the column's cells are, above all before it: else INTERNAL. */
struct ferry_cuts;
ferry_status ferry_cuts_add(struct ferry_cuts *cuts, const struct ferry_cell *cell,
                            struct ferry_error *err);

/* How further connections get to see the very state that one sees. */
#define FERRY_SHARE_OWN 1  /* the server hands its snapshot on */
#define FERRY_SHARE_LOCK 2 /* writers are kept out until all have taken one of their own */

/* Lives until share_begin returns. */
struct ferry_share_spec {
    uint32_t how;         /* FERRY_SHARE_ */
    uint32_t joiners;     /* so many connections will join */
    int64_t lock_wait_ms; /* how long to wait for writers that are under way */
};

/* What share_join of the others is given: any text, "" where nothing is set. */
struct ferry_share;
ferry_status ferry_share_set(struct ferry_share *share, const char *text, struct ferry_error *err);

/* ---- The source half ---- */

struct ferry_source {
    /* Say what the columns are, from the result's own description and not by reading rows.  A type
     * that the driver does not carry is FERRY_ERR_SCHEMA naming column and type.  Required. */
    ferry_status (*describe)(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                             struct ferry_error *err);

    /* Read the rows of `scan` once, in one consistent snapshot, without holding them in memory.
     * read_begin fails with FERRY_ERR_BUSY, which may pass, if the result no longer has the columns
     * of `schema` (alive until read_end).  read_batch adds rows until the batch is full or the rows
     * end; an empty batch is the end, and only after the server has confirmed it.  Between read_end
     * and snapshot_end the core may read again.  Required. */
    ferry_status (*read_begin)(void *conn, const struct ferry_read *read,
                               const struct ferry_schema *schema, const struct ferry_scan *scan,
                               void **ret_cursor, struct ferry_error *err);
    ferry_status (*read_batch)(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
    void (*read_end)(void *cursor);

    /* Hold one view of the data from before describe until after read_end.  Optional. */
    ferry_status (*snapshot_begin)(void *conn, struct ferry_error *err);
    void (*snapshot_end)(void *conn);

    /* Say where the rows of `read` come from: the core reads the records of those tables, and knows
     * by them how old the rows are.  With `table` (else NULL): say too whether they come from this
     * table of the same place, by its own rules for names, also behind a view.  Called between
     * snapshot_begin and describe, of a fallback source alone.  Optional: without it the age is not
     * known, and a view or query counts as one that reads the table. */
    ferry_status (*origins)(void *conn, const struct ferry_read *read, const char *table,
                            struct ferry_origins *origins, struct ferry_error *err);

    /* Say by ferry_fingerprint_set() a text that is another one as soon as the rows of `read` may
     * be others; it is compared with what it was at an earlier run.  Cheap: no rows are read.  Not
     * calling it means that it cannot be told.  Called between describe and read_begin, in the
     * snapshot.  Optional. */
    ferry_status (*fingerprint)(void *conn, const struct ferry_read *read,
                                struct ferry_fingerprint *fingerprint, struct ferry_error *err);

    uint32_t abilities; /* FERRY_SCANS */

    /* Name each table and view of the connection's place that its user made and this account may
     * read, in the snapshot: no tables of the system, and none in which this driver as a target
     * keeps records or rows on their way.  Each name is told once.  An answer that may be cut short
     * fails.  Called between snapshot_begin and describe.  Optional: without it each job names what
     * it reads. */
    ferry_status (*list)(void *conn, struct ferry_listing *listing, struct ferry_error *err);

    /* Say in `*ret_rows` about how many rows `scan` will bring, for a person who waits for them: by
     * what the database knows anyway, such as its statistics.  No row is read for it, and nothing
     * is left behind.  It stays as it is, FERRY_ROWS_UNKNOWN, where that would be a mere guess.  A
     * failure is no failure of the run.  Called between describe and read_begin of the same scan,
     * in the snapshot, and only where somebody looks on.  Optional: then nobody knows. */
    ferry_status (*estimate)(void *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct ferry_scan *scan,
                             uint64_t *ret_rows, struct ferry_error *err);

    /* Add to `cuts` up to `count` - 1 values of the column, an integer, a decimal, a date or a
     * datetime that is said to be ordered: below, between and above them lie about as many rows
     * each.  Found by a sample of the rows or of an index, never by the least and the greatest
     * value alone; fewer, or none, where rows cannot be parted into so many.  What costs as much as
     * a reading of the table is told by ferry_log as a warning.  Called between describe and
     * read_begin, in the snapshot.  Optional, for a driver with FERRY_SCANS: then a table is read
     * by one connection. */
    ferry_status (*part)(void *conn, const struct ferry_read *read,
                         const struct ferry_schema *schema, size_t column, uint32_t count,
                         struct ferry_cuts *cuts, struct ferry_error *err);

    /* Have other connections, of the same place and account, see the rows of `read` in one state:
     * each is given to share_join, in place of snapshot_begin, between share_begin and share_end of
     * `conn`, which has a snapshot, and then describes and reads as in a snapshot, until
     * snapshot_end.  With FERRY_SHARE_OWN that state is the one that `conn` sees; with
     * FERRY_SHARE_LOCK it is a later one, and what `conn` sees is not said any more: it is only
     * ended.  share_join returns when the state is fixed: where a server fixes it at the first
     * read, that is done in it.  share_end fails where the state may not have been one until then;
     * it comes, too, where a share_join has failed, and must not wait for long.  A `read` whose
     * rows cannot be held together so (a table of an engine without snapshots) is CONFIG; a lock
     * that was not got in time is BUSY, which may pass, and a right that is missing is REFUSED.
     * Optional, all three or none, with an ability of FERRY_SHARES. */
    ferry_status (*share_begin)(void *conn, const struct ferry_read *read,
                                const struct ferry_share_spec *spec, struct ferry_share *share,
                                struct ferry_error *err);
    ferry_status (*share_join)(void *conn, const char *text, struct ferry_error *err);
    ferry_status (*share_end)(void *conn, struct ferry_error *err);
};

/* ---- The target half ---- */

struct ferry_target {
    /* Say how this target would store a source column.  Required. */
    ferry_status (*map_column)(void *conn, const struct ferry_column *column,
                               const struct ferry_wish *wish, struct ferry_mapping *mapping,
                               struct ferry_error *err);

    /* Look at the table as it is, without changing anything.  No such table is a success with
     * `exists` 0; something of that name that is not a plain table is FERRY_ERR_SCHEMA.  Required.
     */
    ferry_status (*inspect)(void *conn, const char *table, struct ferry_inspection *ret_inspection,
                            struct ferry_error *err);

    /* Change tables, so that others see all of them as before or all as loaded, and nothing
     * between.  change_begin makes ready and changes nothing that others see.  A load is one table
     * of the change.  Of a driver with FERRY_TOGETHER a change may have many, one after another:
     * load_begin of the next follows on load_end of the one before, and on the reading of its
     * stored rows.  load_begin takes the table's lock (held by
     * another run: FERRY_ERR_BUSY, naming the holder).  load_batch takes every row or fails; what
     * is to be done with each is `operation`, FERRY_OP_.  load_end does all that is left except the
     * commit: indexes, counting.  A load ends with its change.
     *
     * Exactly one of change_commit and change_abort follows on change_begin; both free the change
     * and its loads.  change_abort also comes after a load_begin, load_batch or load_end that
     * failed.  change_commit writes `records`, one per load, along with the rows, in the same
     * transaction where there is one.  Of a driver with FERRY_CHANGES a change may have no load:
     * then change_commit writes the records of tables that stay as they are.  It sets `*outcome`
     * (FERRY_OUTCOME_) also where it fails; what stands there beforehand is UNKNOWN.  A success
     * says NEW.  A failure says OLD where nothing has changed, and NEW where it came after the
     * point of no return: then the tables hold what was loaded, and the message says what is wrong
     * with that.  Required. */
    ferry_status (*change_begin)(void *conn, const struct ferry_change_spec *spec,
                                 void **ret_change, struct ferry_error *err);
    ferry_status (*load_begin)(void *change, const struct ferry_load_spec *spec, void **ret_load,
                               struct ferry_error *err);
    ferry_status (*load_batch)(void *load, uint32_t operation, const struct ferry_batch *batch,
                               struct ferry_error *err);
    ferry_status (*load_end)(void *load, struct ferry_load_totals *ret_totals,
                             struct ferry_error *err);
    ferry_status (*change_commit)(void *change, const struct ferry_record *const *records,
                                  size_t record_count, uint32_t *outcome, struct ferry_error *err);
    void (*change_abort)(void *change);

    /* Read what is stored, as read_begin and read_batch do, turned back into cells of
     * `layout->schema`: a value that cannot be turned back is FERRY_ERR_DATA naming row and column.
     * With `load`: what was loaded, between load_end and the end of its change.  With NULL: the
     * table as it stands (FERRY_ERR_NOT_FOUND if there is none).  Until stored_end nothing else is
     * asked of the connection, with one exception: with a load of changes whose load_end has not
     * come yet, they are the rows as they were when it began, in one snapshot, and load_batch is
     * called between two stored_batch (by the same thread).
     * Optional, all three or none: without them rows are only counted. */
    ferry_status (*stored_begin)(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err);
    ferry_status (*stored_batch)(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
    void (*stored_end)(void *cursor);

    /* Say by ferry_schema_note() on `schema` what the target makes otherwise of the indexes that it
     * is to have: one that is not unique here, or covers only the beginning of a column.  `natives`
     * are the types of its columns, as map_column answered.  Optional: each is made as it is. */
    ferry_status (*note_indexes)(void *conn, struct ferry_schema *schema,
                                 const char *const *natives,
                                 const struct ferry_index *const *indexes, size_t index_count,
                                 struct ferry_error *err);

    /* Say by ferry_mapping_set() how `existing`, a column that inspect has shown of a table that is
     * not `own`, would hold the values of `column`: `native` is the existing column's, and the fit
     * what such a column does to the values.  Not calling it means that it does not hold them,
     * unless the types are spelled alike.  Columns are matched by name, so a driver that has this
     * callback fills columns by name, and lets those fill themselves that say so.
     * Optional: without it, names, types and order must be the same. */
    ferry_status (*hold_column)(void *conn, const struct ferry_column *existing,
                                const struct ferry_column *column, const struct ferry_wish *wish,
                                struct ferry_mapping *mapping, struct ferry_error *err);

    /* Look ahead, before a load.  Fail with SCHEMA where the target would not take the table that
     * `spec` asks for, and knows it already.  With the action REBUILD: add to `losses` each thing
     * that its definition says and that of a table made by `spec` would not ("NOT NULL of 'id'").
     * With each action: add to `stale` each copy of the rows in the place that would not follow
     * them, as a whole sentence; with FERRY_STALE_REBUILD without those that the load will make
     * anew.  Optional: then nothing is lost, and nothing hangs on a table. */
    ferry_status (*foresee)(void *conn, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err);

    uint32_t abilities; /* FERRY_SCANS, FERRY_CHANGES, FERRY_TOGETHER, FERRY_TOGETHER_CHANGES,
                         * FERRY_SIDE_BY_SIDE, FERRY_TELLS_RESTRICT, FERRY_TOGETHER_ALIKE */

    /* Say by ferry_note() on `against` why a table by `spec` cannot have `key`, which refers to the
     * one by `referred` (which may be the same): then it is made without.  The core has seen that
     * the columns are there and that a unique index of the other table has just those.  Called once
     * the columns of both are mapped, before the tables are looked at: the actions of the specs say
     * nothing.  Optional: without it the target carries no foreign keys. */
    ferry_status (*judge_key)(void *conn, const struct ferry_load_spec *spec,
                              const struct ferry_foreign_key *key,
                              const struct ferry_load_spec *referred, struct ferry_notes *against,
                              struct ferry_error *err);

    /* Add the record of each table whose field `job` begins with `prefix`, byte by byte, as
     * record_read would read it but for its mark, in any order.  A table of records that this
     * account may not see has none.  An answer that may be cut short fails.  After connect, while
     * nothing is read or loaded.  Optional, with prune: then there are none. */
    ferry_status (*records)(void *conn, const char *prefix, struct ferry_records *records,
                            struct ferry_error *err);

    /* Drop a table that inspect calls `own`, and its record: in one transaction where there is one,
     * else the table first, so that a record without a table is all that can be left.  Holds the
     * lock that load_begin takes (held by another run: BUSY).  Adds to `obstacles` what would be
     * lost or broken besides, a trigger of the table, a foreign key or a view that needs it ("the
     * view 'v' reads it"); then, or with `looks`, nothing is dropped.  A record or a definition
     * that is another one by now is BUSY.  After connect, while nothing is read or loaded.
     * Optional: then a job cannot ask for it. */
    ferry_status (*prune)(void *conn, const struct ferry_prune_spec *spec,
                          struct ferry_notes *obstacles, struct ferry_error *err);

    /* Take in all rows of a table that a load of this driver has made by `layout`, at another
     * place, each as load_batch would with INSERT; `*ret_rows` says how many.  It stays as it is
     * until the change has ended.  UNSUPPORTED where nothing was done: then the rows are read there
     * by stored_begin, and inserted.  Optional: so they are always. */
    ferry_status (*load_take)(void *load, const struct ferry_config *place,
                              const struct ferry_layout *layout, uint64_t *ret_rows,
                              struct ferry_error *err);
};

/* ---- The driver ---- */

#define FERRY_ROLE_SOURCE 1
#define FERRY_ROLE_TARGET 2
/* Beside one of them: nothing will be loaded, and nothing may be written, as for `plan`, `check`,
 * `verify` and `--dry-run`.  So ask `role & FERRY_ROLE_TARGET`. */
#define FERRY_ROLE_LOOK 4
/* Beside TARGET: loads of changes may come, with stored rows that are read meanwhile.  A driver
 * that needs another connection for that had better open it now, while it has the password. */
#define FERRY_ROLE_CHANGES 8

/* ---- What is found where a connection is examined ----
 *
 * One line each for `dbferry check`: what was looked at, in a word or two ("certificate", "clock"),
 * and what was found.  Text from outside may be passed as it is: the core escapes it.  A finding
 * that is not well says what to do (`mend`): a warning is of what works now and may not tomorrow, a
 * failure of what a run would fail by, and with this class.
 */
struct ferry_findings;
ferry_status ferry_finding_ok(struct ferry_findings *findings, struct ferry_error *err,
                              const char *subject, const char *format, ...) FERRY_PRINTF(4, 5);
ferry_status ferry_finding_warn(struct ferry_findings *findings, struct ferry_error *err,
                                const char *subject, const char *mend, const char *format, ...)
    FERRY_PRINTF(5, 6);
ferry_status ferry_finding_fail(struct ferry_findings *findings, struct ferry_error *err,
                                ferry_status status, const char *subject, const char *mend,
                                const char *format, ...) FERRY_PRINTF(6, 7);

/* What an examined connection is meant for.  Lives until the callback returns. */
struct ferry_examination {
    uint32_t tables_only; /* 1: the rest was asked with an earlier table of the connection */
    /* Of a source: what is read. */
    const struct ferry_read *const *reads;
    size_t read_count;
    /* Of a target: the loads that may come, now or later, of those tables alone whose plans are
     * made; one of changes as if its table were there. */
    const struct ferry_load_spec *const *loads;
    size_t load_count;
};

/* The most parallelism the driver allows; define FERRY_THREAD_MODEL before FERRY_REGISTER_DRIVER.
 */
#define FERRY_THREADS_ONE 0            /* one call at a time in the whole driver */
#define FERRY_THREADS_PER_CONNECTION 1 /* one call at a time per connection */

/* Collects facts about a connection for `dbferry check`: "server", "MariaDB 10.11", and so on. */
struct ferry_facts;
void ferry_facts_add(struct ferry_facts *facts, const char *name, const char *value);
/* When the certificate ends that the server has shown, as 2026-01-31T23:59:59.000Z: runs tell it
 * too, so that somebody may be told in time. */
#define FERRY_FACT_CERTIFICATE_ENDS "certificate ends"

struct ferry_driver {
    /* Set by FERRY_REGISTER_DRIVER. */
    uint32_t _abi_version;
    uint32_t _thread_model;
    uint64_t _driver_size;
    uint64_t _source_size;
    uint64_t _target_size;
    uint64_t _option_size;
    uint64_t _group_size;
    uint64_t _cell_size;

    const char *name;        /* as configurations say it, and the file's name; [a-z0-9-]+ */
    const char *version;     /* the driver's own */
    const char *description; /* one line */

    const struct ferry_option *options; /* alive as long as the driver */
    size_t option_count;

    /* Open a connection for one role, FERRY_ROLE_SOURCE or FERRY_ROLE_TARGET, to which
     * FERRY_ROLE_LOOK may be added.  Limits on time come from the driver's own options. Required.
     */
    ferry_status (*connect)(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err);
    void (*disconnect)(void *conn); /* required; after it the core does not call cancel */

    const struct ferry_source *source; /* NULL: not a source */
    const struct ferry_target *target; /* NULL: not a target */

    /* Make a callback that is running on `conn` in another thread return soon (with CANCELLED), and
     * any later one fail at once.  Called from any thread, at any time, also more than once, also
     * where nothing is running; must not wait.  Optional, but without it a stalled source cannot
     * be stopped in time. */
    void (*cancel)(void *conn);

    /* Around the core's use of the driver in each thread other than the one that connects.
     * Optional. */
    ferry_status (*thread_begin)(struct ferry_error *err);
    void (*thread_end)(void);

    /* Where the place that `config` names is, spelled so that two configurations of the same place
     * give the same answer (a server and database, an absolute path).  For messages and for telling
     * jobs apart that share a target.  Writes at most `size` bytes with the NUL.  Optional. */
    void (*place)(const struct ferry_config *config, char *buffer, size_t size);

    /* Read the record of the run that wrote `table`, by ferry_record_set().  No record, or none
     * that this account may see, is a success without a field.  Of sources and targets, after
     * connect and while nothing is read or loaded.  Optional: then there are no records. */
    ferry_status (*record_read)(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err);

    /* Tell what is known of an open connection: server, version, TLS.  Optional. */
    void (*facts)(void *conn, struct ferry_facts *facts);

    /* How often by default a run is tried again after a failure that may pass; 0 where failures of
     * this kind of place do not pass.  The default of the connection's key `retries`. */
    uint32_t retries;

    /* 0 where nothing can be asked of the connection any more: after a callback that failed, or
     * one that succeeded since something else has done the rest.  Asked where a connection is to
     * be used again, by the next of many tables for instance; it is opened anew then.  Waits for
     * nobody.  Optional: without it a connection that is not cancelled works. */
    int (*is_usable)(void *conn);

    /* Look for what may stand in the way of a run, and add to `findings` what there is: limits and
     * rights of the account, certificates, clocks, disks.  Rights are tried, in a way that leaves
     * nothing behind whatever comes in between, or the place is asked for an exact answer.  Nothing
     * is written, and nobody is kept waiting.  After connect, while nothing is read or loaded; of a
     * source in a snapshot or without one.  What was found is a success; a failure is that the
     * question itself failed.  Optional. */
    ferry_status (*examine)(void *conn, const struct ferry_examination *examination,
                            struct ferry_findings *findings, struct ferry_error *err);

    /* The variables of the environment by which a library of the driver would do what the
     * configuration does not say: names, or the beginning of names and a '*', and NULL at the end:
     * "PG*".  They are taken out of the environment once the driver is loaded, before anything else
     * of it is called, and the programs that dbferry starts do not see them; a configuration may
     * name one of them all the same (password_env, "${NAME}").  NULL: there are none. */
    const char *const *environment;

    /* Add the libraries that the driver works with: "libpq", "15.3".  Needs no connection; for
     * `dbferry drivers`.  Optional. */
    void (*libraries)(struct ferry_facts *facts);
};

/* The last line of a driver: `driver` is its struct ferry_driver. */
#define FERRY_REGISTER_DRIVER(driver)                                                              \
    FERRY_EXTERN_C FERRY_PUBLIC struct ferry_driver *ferry_driver_init(void);                      \
    struct ferry_driver *ferry_driver_init(void)                                                   \
    {                                                                                              \
        (driver)._abi_version = FERRY_ABI_VERSION;                                                 \
        (driver)._thread_model = FERRY_THREAD_MODEL;                                               \
        (driver)._driver_size = sizeof(struct ferry_driver);                                       \
        (driver)._source_size = sizeof(struct ferry_source);                                       \
        (driver)._target_size = sizeof(struct ferry_target);                                       \
        (driver)._option_size = sizeof(struct ferry_option);                                       \
        (driver)._group_size = sizeof(struct ferry_option_group);                                  \
        (driver)._cell_size = sizeof(struct ferry_cell);                                           \
        return &(driver);                                                                          \
    }

#ifdef __cplusplus
}
#endif

#endif /* DBFERRY_DRIVER_H */
