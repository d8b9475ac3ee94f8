/* Writing: what the files of this folder have to themselves. */

#ifndef DBFERRY_DBI_TARGET_H
#define DBFERRY_DBI_TARGET_H

#include "dbi_driver.h"
#include "dialect/dialect.h"
#include "read/read.h"

/* ---- value.c: cells become literals ---- */

enum dbidrv_put {
    DBIDRV_PUT_INT,
    DBIDRV_PUT_UINT,
    DBIDRV_PUT_UINT_AS_INT, /* above 2^63-1: refused */
    DBIDRV_PUT_UINT_AS_TEXT,
    DBIDRV_PUT_FLOAT,
    DBIDRV_PUT_REAL, /* of 32 bits, where that matters */
    DBIDRV_PUT_TEXT,
    DBIDRV_PUT_BYTES,
    DBIDRV_PUT_DATE,     /* of the calendar */
    DBIDRV_PUT_TIME,     /* of a day */
    DBIDRV_PUT_DATETIME, /* of the calendar */
    DBIDRV_PUT_INSTANT,  /* the same, in UTC */
    DBIDRV_PUT_ANY,      /* by the cell's own kind */
};
/* How literals are spelled. */
enum dbidrv_style {
    DBIDRV_STYLE_QUOTED, /* each in quotes, to be read by the column's type; no NUL */
    DBIDRV_STYLE_SQLITE, /* numbers bare; exact also where SQLite's own reading is not */
    DBIDRV_STYLE_TSQL,   /* as quoted, of ASCII alone: transact.c */
};
/* What is wrong with the value, or NULL: then it was added. */
const char *dbidrv_put(enum dbidrv_style style, enum dbidrv_put put, uint64_t most_letters,
                       const struct ferry_cell *cell, struct part_text *sql);

/* What the database would round to its column, where a source has told less of the column than its
 * values have; NULL: nothing. */
const char *dbidrv_put_check(enum dbidrv_style style, const struct ferry_column *column,
                             const struct ferry_cell *cell);
/* A text of ours, such as a name. */
const char *dbidrv_put_string(enum dbidrv_style style, const char *string, struct part_text *sql);

/* ---- transact.c: the same of T-SQL ---- */

/* How many units of UTF-16 a text has. */
uint64_t dbidrv_transact_units(const char *text, size_t size);
const char *dbidrv_transact_text(const char *text, size_t size, struct part_text *sql);
const char *dbidrv_transact_float(double value, bool is_real, struct part_text *sql);

/* ---- rules.c: how each type is stored ---- */

#define DBIDRV_RULE_TEXTUAL 1 /* only where the job wants a text for it, or this very type */
#define DBIDRV_RULE_COUNTED 2 /* texts are held to the column's length */
#define DBIDRV_RULE_FINITE 4  /* a NaN is refused, so CHECKED where there may be one */

/* The first one that fits counts. */
struct dbidrv_rule {
    uint32_t type;      /* FERRY_TYPE_ */
    uint32_t sign;      /* FERRY_COLUMN_UNSIGNED, FERRY_COLUMN_UTC, or 0 */
    uint64_t from, to;  /* of bits, precision, scale or length; both 0: any */
    const char *native; /* $p, $s, $l: precision, scale, length */
    uint32_t fit;
    const char *note;
    enum dbidrv_put put;
    struct dbidrv_type read; /* how it comes back: codec, ask */
    uint32_t flags;          /* DBIDRV_RULE_ */
};

/* What a dialect needs to be a target. */
struct dbidrv_writing {
    const struct dbidrv_rule *rules; /* ends in one without a type */
    enum dbidrv_style style;
    const char *const *begin;  /* the transaction of a load */
    const char *set_lock_wait; /* in it, '%' for milliseconds; or NULL */
    /* A savepoint '%': set, gone back to, and forgotten (NULL: none is). */
    const char *save, *restore, *release;
    const char *count;   /* how many rows there are, as a text */
    const char *only;    /* before a table whose own rows are meant */
    size_t longest_name; /* bytes; 0: any */
    /* Kind of the relation '%': "table", or what it is otherwise. */
    const char *ask_kind;
    /* Its columns in order: name, type as the rules spell it, NOT NULL as 0 or 1, and what else
     * the definition says. */
    const char *ask_columns;
    /* Why its rows cannot be replaced without harm: a sentence each. */
    const char *ask_obstacles;
    /* What a table made in its place would lack, beside columns, NOT NULL, primary key and indexes
     * of this driver: in words each. */
    const char *ask_hanging;
    /* Names of its indexes that are not this driver's, nor a constraint's. */
    const char *ask_index_names;
    bool renames; /* such a table is made under another name, so that readers need not wait */
    /* How a statement begins that gives a table another name, both as literals behind it; NULL:
     * ALTER TABLE does so. */
    const char *rename;
    /* Names of keys and indexes are the schema's, so that such a table has others until then. */
    bool shared_names;
    /* Its plain indexes: columns, of which each has DBIDRV_SEPARATOR behind it; unique as 0 or 1.
     */
    const char *ask_indexes;
    const char *insert;       /* how an INSERT begins */
    const char *ask_numbered; /* the column of '%' that turns NULL into a number; or NULL */
    const char *ask_lock;   /* 1 where the lock of the number '%' is ours until the end; or NULL */
    const char *lock_table; /* against other writers; or NULL */
    /* What waits for readers to leave a table that goes, of those that rename: the lock, and how
     * long a turn waits for it. */
    const char *lock_alone, *set_turn;
    const char *who; /* where the user sees who that is */
    /* The state of an index that a row is too long for; NULL: there is no such limit. */
    const char *index_too_long;
    /* Names of full-text indexes that have their rows in the table '%'; NULL: there are none. */
    const char *ask_stale;
    const char *ask_readable; /* 1 where this account may read the table '%'; NULL: it may */
    /* The table of records: its types, how its fields come back, and how many bytes of one do; 0:
     * any. */
    const char *key, *text, *number, *flag;
    struct dbidrv_type kept;
    size_t longest_kept;
    const char *unless;       /* before the statement that makes it, '%' for its path; or NULL */
    const char *create, *add; /* how it is made if it is not there; how a column is added */
};
#define DBIDRV_SEPARATOR "\x01"
extern const struct dbidrv_writing dbidrv_writing_pgsql;
extern const struct dbidrv_writing dbidrv_writing_sqlite3;
extern const struct dbidrv_writing dbidrv_writing_freetds;

/* The rule of a column under a wish; NULL: it cannot be stored so. */
const struct dbidrv_rule *dbidrv_rule_find(const struct dbidrv_writing *writing,
                                           const struct ferry_column *column,
                                           const struct ferry_wish *wish);
ferry_status dbidrv_map_column(void *conn, const struct ferry_column *column,
                               const struct ferry_wish *wish, struct ferry_mapping *mapping,
                               struct ferry_error *err);

/* ---- inspect.c: the table as it is ---- */

/* Fails with SCHEMA where something else has its name, or it has a name that the database would
 * cut.  `schema` and `ret_definition` may be NULL. */
ferry_status dbidrv_table_look(struct dbidrv_conn *conn, const char *table,
                               struct ferry_schema *schema, bool *ret_exists,
                               uint64_t *ret_definition, struct ferry_error *err);
ferry_status dbidrv_inspect(void *conn, const char *table, struct ferry_inspection *ret_inspection,
                            struct ferry_error *err);
ferry_status dbidrv_foresee(void *conn, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err);
/* Fails with SCHEMA where something stands against replacing the rows. */
ferry_status dbidrv_table_judge(struct dbidrv_conn *conn, const char *table,
                                struct ferry_error *err);
/* The same of making the table anew. */
ferry_status dbidrv_table_judge_rebuild(struct dbidrv_conn *conn, const char *table,
                                        struct ferry_error *err);
/* SCHEMA: the database would cut the name of this `what`. */
ferry_status dbidrv_table_check_name(const struct dbidrv_conn *conn, const char *what,
                                     const char *name, struct ferry_error *err);

/* ---- change.c, load.c ---- */

struct dbidrv_load {
    struct dbidrv_conn *conn;
    const struct ferry_load_spec *spec;
    const struct dbidrv_rule **rules; /* of each column */
    size_t count;
    char *what;             /* "table 'NAME'" */
    char *into;             /* the table that the rows go to until the commit */
    struct part_text begin; /* INSERT INTO ... VALUES */
    size_t numbered; /* the column in which NULL would become a number; count: there is none */
    uint64_t before, rows;
};
struct dbidrv_change {
    struct dbidrv_conn *conn;
    const struct ferry_change_spec *spec;
    struct dbidrv_load *load; /* at most one */
};
ferry_status dbidrv_change_begin(void *conn, const struct ferry_change_spec *spec,
                                 void **ret_change, struct ferry_error *err);
ferry_status dbidrv_change_commit(void *change, const struct ferry_record *const *records,
                                  size_t record_count, uint32_t *outcome, struct ferry_error *err);
void dbidrv_change_abort(void *change);
ferry_status dbidrv_load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                               struct ferry_error *err);
ferry_status dbidrv_load_end(void *load, struct ferry_load_totals *ret_totals,
                             struct ferry_error *err);
void dbidrv_load_free(struct dbidrv_load *load);
/* Whether the new table is made beside the old one; then dbidrv_load_rename() puts it in its place.
 */
bool dbidrv_load_is_apart(const struct dbidrv_load *load);
ferry_status dbidrv_load_rename(struct dbidrv_load *load, struct ferry_error *err);

/* ---- turns.c ---- */

/* The table, if it is there still, is nobody else's until the end of the transaction; BUSY once
 * lock_wait is over. */
ferry_status dbidrv_turns_lock(const struct dbidrv_load *load, struct ferry_error *err);

/* ---- stale.c ---- */

/* A note of each full-text index that will not follow the rows. */
ferry_status dbidrv_stale_find(struct dbidrv_conn *conn, const struct ferry_load_spec *spec,
                               struct ferry_notes *notes, struct ferry_error *err);
/* Where the job wants it, they are made anew with the rows. */
ferry_status dbidrv_stale_rebuild(const struct dbidrv_load *load, struct ferry_error *err);

/* ---- save.c: savepoints ---- */

ferry_status dbidrv_save(struct dbidrv_conn *conn, const char *name, const char *doing,
                         struct ferry_error *err);
/* What was done since is undone; the savepoint is there still. */
ferry_status dbidrv_save_restore(struct dbidrv_conn *conn, const char *name, const char *doing,
                                 struct ferry_error *err);
ferry_status dbidrv_save_release(struct dbidrv_conn *conn, const char *name, const char *doing,
                                 struct ferry_error *err);

/* ---- indexes.c ---- */

/* Those that the load wants and the table has not. */
ferry_status dbidrv_indexes_make(struct dbidrv_load *load, struct ferry_error *err);
/* Once a table that was made apart has its name, so have they. */
ferry_status dbidrv_indexes_rename(const struct dbidrv_load *load, struct ferry_error *err);
void dbidrv_indexes_add_columns(const struct dbidrv_dialect *dialect,
                                const struct ferry_index *index, struct part_text *sql);

/* ---- rows.c: rows become INSERTs ---- */

ferry_status dbidrv_rows_prepare(struct dbidrv_load *load, struct ferry_error *err);
ferry_status dbidrv_load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                               struct ferry_error *err);

/* ---- record.c: one row per target table in _dbferry_sync ---- */

/* Makes the table, or what it lacks, in a step of its own. */
ferry_status dbidrv_record_prepare(struct dbidrv_conn *conn, struct ferry_error *err);
ferry_status dbidrv_record_write(struct dbidrv_conn *conn, const struct ferry_record *record,
                                 struct ferry_error *err);
ferry_status dbidrv_record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err);

/* ---- stored.c ---- */

ferry_status dbidrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err);

#endif /* DBFERRY_DBI_TARGET_H */
