/* What the files of the memory driver share: columns, tables, one connection, and its faults. */

#ifndef FERRY_MEMORY_H
#define FERRY_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dbferry/driver.h"

/* ---- columns.c: types, columns and indexes ---- */

/* What stands in brackets behind a type. */
enum memory_arguments {
    MEMORY_ARGUMENTS_NONE,
    MEMORY_ARGUMENTS_LENGTH,  /* (n), may be absent */
    MEMORY_ARGUMENTS_SCALE,   /* (f), may be absent */
    MEMORY_ARGUMENTS_DECIMAL, /* (p,s) */
    MEMORY_ARGUMENTS_BITS,    /* (n) */
    MEMORY_ARGUMENTS_MEMBERS, /* ('a','b') */
    MEMORY_ARGUMENTS_SUBTYPE, /* (point) or (linestring), may be absent */
};

struct memory_type {
    const char *name;
    uint32_t type;
    uint32_t bits;
    enum memory_arguments arguments;
    uint16_t kind; /* what a cell carries: FERRY_KIND_INT, _FLOAT, _BYTES; _TYPED for ANY */
};
extern const struct memory_type memory_types[];
extern const size_t memory_type_count;

/* The flags of a column, as words behind the type. */
struct memory_flag {
    const char *name;
    uint32_t flag;
    bool of_type; /* a part of the type, not one of the clauses behind it */
};
extern const struct memory_flag memory_flags[];
extern const size_t memory_flag_count;

struct memory_columns {
    struct ferry_column *list; /* strings owned */
    size_t count;
    struct ferry_index *indexes; /* the same */
    size_t index_count;
};

ferry_status memory_columns_copy(const struct ferry_schema *schema,
                                 struct memory_columns *ret_columns, struct ferry_error *err);
void memory_columns_done(struct memory_columns *columns);
/* Takes over the strings of `column`, also where it fails: false if out of memory. */
bool memory_columns_add(struct memory_columns *columns, struct ferry_column *column);
/* Copies `index`; false if out of memory. */
bool memory_columns_add_index(struct memory_columns *columns, const struct ferry_index *index);
void memory_column_done(struct ferry_column *column);
void memory_index_done(struct ferry_index *index);
/* A copy of columns and indexes; false if out of memory. */
bool memory_columns_clone(const struct memory_columns *columns, struct memory_columns *ret_columns);
struct memory_conn;
/* Puts columns and indexes into a schema. */
ferry_status memory_columns_describe(const struct memory_conn *conn,
                                     const struct memory_columns *columns,
                                     struct ferry_schema *schema, struct ferry_error *err);
/* Whether rows can be read in its order, as its type and the options have it. */
bool memory_column_is_ordered(const struct memory_conn *conn, const struct ferry_column *column);
/* How a column's type is declared, "int64 unsigned", and what stands behind it, "not null key"; the
 * caller frees it; NULL if out of memory. */
char *memory_columns_native(const struct ferry_column *column);
char *memory_columns_clauses(const struct ferry_column *column);
/* What a cell of the column carries if it says no kind itself. */
uint16_t memory_columns_kind(const struct ferry_column *column);
bool memory_columns_are_unsigned(const struct ferry_column *column);
/* What this cell carries, and whether it points at bytes. */
uint16_t memory_cell_kind(const struct ferry_column *column, const struct ferry_cell *cell);
bool memory_cell_points(const struct ferry_column *column, const struct ferry_cell *cell);

/* ---- parse.c: columns written as text ---- */

/* Reads "id int64 not null key, name text(40), `odd name` decimal(10,2), index (name) as by_name".
 * CONFIG with the place where it is wrong; `*ret_columns` needs memory_columns_done(). */
ferry_status memory_columns_parse(const char *text, struct memory_columns *ret_columns,
                                  struct ferry_error *err);
/* Gives a column another type, spelled as memory_columns_native() would; CONFIG if it is none. */
ferry_status memory_columns_retype(struct ferry_column *column, const char *native,
                                   struct ferry_error *err);

/* ---- table.c: rows that are held, and the tables of this process ---- */

struct memory_table {
    struct memory_table *next; /* of those that others find */
    size_t references;
    char *store;
    char *name;
    char **record;   /* the fields of the run that loaded it, each or all NULL */
    uint64_t serial; /* another one each time that a table is published */
    struct memory_columns columns;
    struct ferry_cell **rows; /* each one block: cells, then their bytes */
    size_t count;
    size_t capacity;
};

struct memory_table *memory_table_new(const char *store, const char *name);
/* Copies one row with the bytes that it points at; false if out of memory. */
bool memory_table_add(struct memory_table *table, const struct ferry_cell *cells);
/* A reader's hold on a table: it stays as it is, also when another one takes its place. */
struct memory_table *memory_table_find(const char *store, const char *name);
void memory_table_unref(struct memory_table *table);
/* Between the two nobody finds a table. */
void memory_tables_lock(void);
void memory_tables_unlock(void);
/* Between them: puts `table` where others find it, in place of one of the same name; takes the
 * reference over. */
void memory_table_publish(struct memory_table *table);
/* Keeps the fields of a record; false if out of memory. */
bool memory_table_set_record(struct memory_table *table, const struct ferry_record *record);
/* Adds those of the store whose job begins with `prefix`. */
ferry_status memory_tables_records(const char *store, const char *prefix,
                                   struct ferry_records *records, struct ferry_error *err);
/* Drops it, for those who come later; false where no run of that id has written it last. */
bool memory_table_drop(const char *store, const char *name, const char *run_id);
/* Adds the tables of the store to the listing. */
ferry_status memory_tables_list(const char *store, struct ferry_listing *listing,
                                struct ferry_error *err);

/* One writer per table, waiting up to `wait_ms`.  On false `*ret_holder` (the caller frees it;
 * NULL if out of memory) tells who has the lock. */
bool memory_table_lock(const char *store, const char *name, const char *job, int64_t wait_ms,
                       char **ret_holder);
void memory_table_unlock(const char *store, const char *name);

/* ---- order.c: which cell comes first ---- */

/* What the type says: databases have an order for it. */
bool memory_column_has_order(const struct ferry_column *column);

/* Below 0, 0 or above 0 of two cells of one column. */
typedef int memory_compare(const struct ferry_column *column, const struct ferry_cell *a,
                           const struct ferry_cell *b);
memory_compare memory_cells_compare; /* the order of driver.h */
/* Whether nothing would change if one were written over the other. */
bool memory_cells_are_same(const struct ferry_column *column, const struct ferry_cell *a,
                           const struct ferry_cell *b);

extern const char memory_orders[]; /* the choices of order */
memory_compare *memory_order_find(const char *name);

/* Columns by which rows are compared. */
struct memory_key {
    const struct ferry_column *list;
    const size_t *columns; /* places in it */
    size_t count;
    memory_compare *compare;
};

struct memory_row {
    const struct ferry_cell *cells;
    size_t number; /* its place in the table; rows that are alike stay in that order */
};

/* All rows of a table, as they lie; the caller frees the array.  NULL if out of memory. */
struct memory_row *memory_rows_list(const struct memory_table *table);
void memory_rows_sort(const struct memory_key *key, struct memory_row *rows, size_t count);
/* How many of the sorted rows have the key of `wanted`, and where the first of them is. */
size_t memory_rows_find(const struct memory_key *key, const struct memory_row *rows, size_t count,
                        const struct ferry_cell *wanted, size_t *ret_first);

/* ---- scan.c: rows of a table as a scan asks for them ---- */

struct memory_scan {
    const struct memory_table *table;
    struct memory_row *rows;
    size_t count;
    size_t *columns; /* of the table, as the batch has them */
    size_t column_count;
};

/* `among` (or NULL) says of each row of the table whether it is one of those that are meant.  The
 * table stays alive until memory_scan_done(). */
ferry_status memory_scan_begin(const struct memory_conn *conn, const struct memory_table *table,
                               const struct ferry_scan *wanted, const bool *among,
                               struct memory_scan *ret_scan, struct ferry_error *err);
void memory_scan_done(struct memory_scan *scan);
/* Copies row `row` of the scan into a row of a batch; false if out of memory. */
bool memory_scan_copy(const struct memory_scan *scan, size_t row, struct ferry_batch *batch,
                      struct ferry_cell *cells);

/* ---- changes.c: what becomes of single rows ---- */

struct memory_changes;

/* `old` is the table as it is; it, `spec` and `place` stay alive.  NULL if out of memory. */
struct memory_changes *memory_changes_new(const struct ferry_load_spec *spec, const char *place,
                                          const struct memory_table *old);
void memory_changes_free(struct memory_changes *changes); /* NULL allowed */
ferry_status memory_changes_add(struct memory_changes *changes, uint32_t operation,
                                const struct ferry_cell *cells, struct ferry_error *err);
size_t memory_changes_count(const struct memory_changes *changes);
/* Fills `table`, which is empty, with the rows as they are afterwards. */
ferry_status memory_changes_apply(const struct memory_changes *changes, struct memory_table *table,
                                  struct ferry_load_totals *ret_totals, struct ferry_error *err);
/* Which rows of that table the changes have written or added, an array for the caller to free; NULL
 * if out of memory. */
bool *memory_changes_touched(const struct memory_changes *changes,
                             const struct memory_table *table);

/* ---- literal.c and dump.c: rows as text, in and out ---- */

/* Reads rows separated by ';', cells by '|'; see the option's help.  CONFIG if one does not fit. */
ferry_status memory_literal_parse(const char *text, struct memory_table *table,
                                  struct ferry_error *err);
/* Writes the table to `path`, whole or not at all. */
ferry_status memory_dump(const struct memory_table *table, const char *path,
                         struct ferry_error *err);

/* ---- fault.c ---- */

enum memory_how {
    MEMORY_HOW_ERROR,
    MEMORY_HOW_STALL,
    MEMORY_HOW_SLOW,
    MEMORY_HOW_CRASH,
};

struct memory_fault {
    char *at;             /* the callback's name, or "none" */
    char *break_contract; /* or "none" */
    ferry_status status;
    enum memory_how how;
    bool may_pass;
    uint64_t row;
    int64_t times; /* 0: each time */
    int64_t delay_ms;
    char *mark;  /* a file that is made when the fault is reached, or NULL */
    char *until; /* a stall ends when this file is there, or NULL */
};

struct memory_conn {
    char *name; /* the connection's */
    struct memory_fault fault;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signalled by cancel */
    bool cancelled;
    bool spoiled; /* on request: a failure has left the connection of no use, which it does not say
                   */
    char *store;
    char *tables; /* the names that are there, or NULL: any */
    char *note;   /* that describe tells */
    char *dump;
    char *fit_column;
    char *corrupt;     /* what happens to stored rows; see corrupt.c */
    char *order;       /* how rows are sorted; see order.c */
    char *unordered;   /* a column, or "*", that is said to have no order; or NULL */
    char *fingerprint; /* or NULL */
    bool estimate_set;
    int64_t estimate; /* that is told instead; -1: none */
    char *finding;    /* see examine.c */
    char *finding_text;
    bool scans;   /* not where the driver is plain; see memory.c */
    bool indexed; /* indexes are said to have the order of the columns */
    uint32_t fit;
    uint64_t joined;               /* the number of the table whose state is shared; 0: any */
    bool read_store;               /* a source that reads the store, not generated rows */
    struct memory_columns columns; /* of generated and literal rows */
    struct memory_table *literal;
    uint64_t rows;
    uint64_t seed;
    uint32_t null_percent;
    uint64_t row_bytes;
    uint64_t existing_rows;
    int64_t data_age_ms; /* -1: unknown */
    bool data_by_record; /* else by the last change */
};

extern const char memory_fault_classes[]; /* the choices of fail_class */
/* All but the texts, which the connection copies. */
void memory_fault_read(struct memory_fault *fault, const struct ferry_config *config);
#define MEMORY_NO_ROW UINT64_MAX
/* What the options want to happen in callback `at`: read_batch and load_batch ask with
 * MEMORY_NO_ROW when they begin and then for each row (from 0 over the whole stream), the others
 * once with MEMORY_NO_ROW.  FERRY_OK: go on.  `err` is NULL in callbacks that cannot fail. */
ferry_status memory_fault_hit(struct memory_conn *conn, const char *at, uint64_t row,
                              struct ferry_error *err);
/* Whether the contract is to be broken in this way, here. */
bool memory_fault_breaks(const struct memory_conn *conn, const char *way);
/* The ways that fit any callback that returns a status: true, and then `*ret_status` is what the
 * callback returns.  Everything else was done as it should be. */
bool memory_fault_lie(struct memory_conn *conn, const char *at, ferry_status *ret_status,
                      struct ferry_error *err);
/* "no-result" for callback `at`: it returns OK without having done its work. */
bool memory_fault_skips(const struct memory_conn *conn, const char *at);
ferry_status memory_cancelled(struct memory_conn *conn, struct ferry_error *err);

/* ---- corrupt.c ---- */

extern const char memory_corruptions[]; /* the choices of corrupt */
/* Damages row `fail_row` of a table that was loaded, as `corrupt` says; false if out of memory. */
bool memory_corrupt(const struct memory_conn *conn, struct memory_table *table);

/* ---- generate.c ---- */

/* Bytes that are kept for a row. */
struct memory_room {
    struct ferry_batch *batch; /* where they go; NULL: to blocks of their own */
    struct memory_block *blocks;
};
void memory_room_done(struct memory_room *room);

/* Fills row `row` (from 0) for the connection's columns; the same each time.  Row 0 holds the least
 * value of each type, row 1 the greatest, row 2 zeros and empty values. */
ferry_status memory_generate_row(const struct memory_conn *conn, uint64_t row,
                                 struct memory_room *room, struct ferry_cell *cells,
                                 struct ferry_error *err);
/* All rows as a table, which the caller drops. */
ferry_status memory_generate_table(const struct memory_conn *conn, struct memory_table **ret_table,
                                   struct ferry_error *err);

/* ---- part.c: parts of a table, which several connections read ---- */

ferry_status memory_part(void *conn, const struct ferry_read *read,
                         const struct ferry_schema *schema, size_t column, uint32_t count,
                         struct ferry_cuts *cuts, struct ferry_error *err);
ferry_status memory_share_begin(void *conn, const struct ferry_read *read,
                                const struct ferry_share_spec *spec, struct ferry_share *share,
                                struct ferry_error *err);
ferry_status memory_share_join(void *conn, const char *text, struct ferry_error *err);
ferry_status memory_share_end(void *conn, struct ferry_error *err);

/* ---- list.c: which tables there are ---- */

/* Whether the option's text names that table. */
bool memory_list_has(const char *names, const char *wanted);
ferry_status memory_list(void *conn, struct ferry_listing *listing, struct ferry_error *err);

/* ---- examine.c ---- */

extern const char memory_findings[]; /* the choices of finding */
ferry_status memory_examine(void *conn, const struct ferry_examination *examination,
                            struct ferry_findings *findings, struct ferry_error *err);

/* ---- source.c, target.c ---- */

extern const struct ferry_source memory_source;
/* The table behind a name, with a reference to drop; NULL in `*ret_table` for generated rows. */
ferry_status memory_source_find(struct memory_conn *conn, const struct ferry_read *read,
                                struct memory_table **ret_table, struct ferry_error *err);
extern const struct ferry_target memory_target;
ferry_status memory_record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err);

/* ---- prune.c: what earlier runs have left in the store ---- */

ferry_status memory_records(void *conn, const char *prefix, struct ferry_records *records,
                            struct ferry_error *err);
ferry_status memory_prune(void *conn, const struct ferry_prune_spec *spec,
                          struct ferry_notes *obstacles, struct ferry_error *err);

#endif
