/* The target half: a change, its loads, and what stands beside a table meanwhile; listed under the
 * file that each function lives in.
 */

#ifndef DBFERRY_PGSQL_TARGET_H
#define DBFERRY_PGSQL_TARGET_H

#include "types/native.h"

struct pgdrv_unit;
struct pgdrv_load;

/* ---- ask.c: statements of a target ---- */

/* As pgdrv_run(), pgdrv_ask() and pgdrv_try() do, with a text that has grown. */
ferry_status pgdrv_sql_run(struct pgdrv_conn *conn, const struct part_text *sql, const char *doing,
                           struct ferry_error *err);
/* The answer has so many columns. */
ferry_status pgdrv_sql_ask(struct pgdrv_conn *conn, const struct part_text *sql, int columns,
                           const char *doing, PGresult **ret_result, struct ferry_error *err);
ferry_status pgdrv_sql_try(struct pgdrv_conn *conn, const struct part_text *sql, const char *doing,
                           PGresult **ret_result, struct ferry_error *err);
/* The one number that it answers. */
ferry_status pgdrv_sql_number(struct pgdrv_conn *conn, const struct part_text *sql,
                              const char *doing, uint64_t *ret_number, struct ferry_error *err);
/* How many rows a statement was about. */
uint64_t pgdrv_sql_rows(const PGresult *result);
/* Decimal digits and nothing else; false: they are none, or too many. */
bool pgdrv_digits(const char *text, uint64_t *ret_number);

/* ---- names.c: the names that go with a table ---- */

struct pgdrv_names {
    char *table;  /* "schema"."name" of the table, as a statement has it */
    char *stage;  /* the bare name of the table in which its new rows wait */
    char *gather; /* the same, of the one in which changes gather */
    int64_t lock; /* of one that the whole database knows */
};

/* Fill in `names`, zeroed before; they go to pgdrv_names_clear() whatever comes of it. */
ferry_status pgdrv_names_make(const struct pgdrv_conn *conn, const char *table,
                              struct pgdrv_names *names, struct ferry_error *err);
void pgdrv_names_clear(struct pgdrv_names *names);

/* ---- lock.c: one run at a time into a table ---- */

/* Until the transaction ends.  Fails with BUSY, and with what is known of the holder. */
ferry_status pgdrv_lock_take(struct pgdrv_conn *conn, const struct pgdrv_names *names,
                             const char *table, struct ferry_error *err);

/* ---- wait.c: others who use the table ---- */

/* The job's lock_wait begins now. */
void pgdrv_turns_begin(struct pgdrv_unit *unit);
/* No statement of the transaction waits longer for a lock from now on: of a table, a row. */
ferry_status pgdrv_turns_limit(struct pgdrv_unit *unit, int64_t limit_ms, struct ferry_error *err);
#define PGDRV_LOCK_ALL "ACCESS EXCLUSIVE"
#define PGDRV_LOCK_WRITERS "SHARE ROW EXCLUSIVE"
/* Lock tables in this mode, all or none, in short turns, so that nobody waits for long behind us,
 * and that nobody is waited for who waits for us.  `paths` and `oids` are as a statement has them,
 * `tables` as a person is told. */
ferry_status pgdrv_turns_lock(struct pgdrv_unit *unit, const char *paths, const char *oids,
                              const char *mode, const char *tables, struct ferry_error *err);
/* The same of one table. */
ferry_status pgdrv_turns_lock_one(struct pgdrv_unit *unit, const char *path, const char *oid,
                                  const char *mode, const char *table, struct ferry_error *err);

/* ---- table.c: what stands under a table's name ---- */

struct pgdrv_live_column {
    char *name;
    char *native;
    char *type; /* with its collation, as a definition has it */
    bool not_null, has_default;
};

struct pgdrv_table {
    bool exists, own;
    char kind;        /* pg_class.relkind */
    char *oid;        /* in decimal digits */
    char *definition; /* all that it says, as one text */
    uint64_t hash;    /* of that; 0: there is no table */
    struct pgdrv_live_column *columns;
    size_t column_count;
};

/* "name" type, ... of those of its columns that the layout has, as a temporary table is made of
 * them: by what the catalog says, since whoever asks the table itself locks it until the commit. */
void pgdrv_table_write_columns(const struct pgdrv_table *table, const struct ferry_layout *layout,
                               struct part_text *sql);
ferry_status pgdrv_table_load(struct pgdrv_conn *conn, const char *name,
                              struct pgdrv_table *ret_table, struct ferry_error *err);
void pgdrv_table_clear(struct pgdrv_table *table);
/* Fails where it is none that rows can be loaded into, or its name is not allowed. */
ferry_status pgdrv_table_check(const struct pgdrv_conn *conn, const char *name,
                               const struct pgdrv_table *table, struct ferry_error *err);
/* Look once more, and fail where the load was planned for another one. */
ferry_status pgdrv_table_confirm(struct pgdrv_conn *conn, const struct ferry_load_spec *spec,
                                 struct ferry_error *err);
ferry_status pgdrv_inspect(void *conn, const char *table, struct ferry_inspection *inspection,
                           struct ferry_error *err);

/* ---- definition.c: all that a table's definition says ---- */

/* As one text, empty where there is no such table. */
ferry_status pgdrv_definition_read(struct pgdrv_conn *conn, const char *oid, char **ret_definition,
                                   struct ferry_error *err);
uint64_t pgdrv_definition_hash(const char *definition);

/* ---- hangs.c: what hangs on a table and would not come along with another one ---- */

/* Set `*ret_hangs` to the first such thing, in words; it stays NULL where there is none.  Foreign
 * keys of the `others`, which will be made anew, too, do not count. */
ferry_status pgdrv_hangs_look(struct pgdrv_conn *conn, const struct pgdrv_table *table,
                              const char *const *others, size_t other_count, char **ret_hangs,
                              struct ferry_error *err);
enum pgdrv_hangs_way {
    PGDRV_HANGS_ALL_ROWS, /* all go, and others come */
    PGDRV_HANGS_SINGLE,   /* single rows change */
    PGDRV_HANGS_COPY,     /* they are read, and change in a copy */
};

/* Fails with SCHEMA where something is in the way of rows that go and come. */
ferry_status pgdrv_hangs_check_rows(struct pgdrv_conn *conn, const char *name,
                                    const struct pgdrv_table *table, enum pgdrv_hangs_way way,
                                    struct ferry_error *err);
/* Whether the table has foreign keys, or others have some that refer to it. */
ferry_status pgdrv_hangs_has_keys(struct pgdrv_conn *conn, const struct pgdrv_table *table,
                                  bool *ret_has, struct ferry_error *err);

/* ---- losses.c: what is told before a load ---- */

ferry_status pgdrv_foresee(void *conn, const struct ferry_load_spec *spec,
                           struct ferry_notes *losses, struct ferry_notes *stale,
                           struct ferry_error *err);

/* ---- record.c: the record of the run ---- */

ferry_status pgdrv_record_read(void *conn, const char *table, struct ferry_record *record,
                               struct ferry_error *err);
ferry_status pgdrv_records(void *conn, const char *prefix, struct ferry_records *records,
                           struct ferry_error *err);
/* Make the table of records, with all columns, and see that it may be written; outside of a
 * transaction. */
ferry_status pgdrv_record_prepare(struct pgdrv_conn *conn, struct ferry_error *err);
/* In the transaction of the rows.  `hash` is that of the definition that this driver has given the
 * table; 0: the definition is not the driver's. */
ferry_status pgdrv_record_write(struct pgdrv_conn *conn, const struct ferry_record *record,
                                uint64_t hash, struct ferry_error *err);
/* The same, before: fails where there is another record by now than the one that it follows.
 * `ret_hash` is that of the definition when that was written, or 0. */
ferry_status pgdrv_record_follow(struct pgdrv_conn *conn, const struct ferry_record *record,
                                 uint64_t *ret_hash, struct ferry_error *err);
/* The definition that this driver has given the table; 0: there is no record of it. */
ferry_status pgdrv_record_definition(struct pgdrv_conn *conn, const char *table, uint64_t *ret_hash,
                                     struct ferry_error *err);
ferry_status pgdrv_record_drop(struct pgdrv_conn *conn, const char *table, struct ferry_error *err);

struct pgdrv_form;
/* Add a value, which is not NULL and which the column may have, to a field.  NULL: it was added;
 * else why the server would not take it ("is ..."). */
typedef const char *pgdrv_writer(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                 struct part_text *out);

struct pgdrv_form { /* of the values of one column */
    const struct ferry_column *column;
    struct pgdrv_type type;
    bool counts_bytes;    /* the server does, where it has no encoding to tell characters by */
    pgdrv_writer *binary; /* NULL: they go as text alone */
};

/* ---- refuse.c: what a column cannot have as it is ---- */

/* NULL, or why ("is ..."); the cell is not NULL. */
const char *pgdrv_refuse(const struct pgdrv_form *form, const struct ferry_cell *cell);

struct pgdrv_int {
    bool negative;
    uint64_t size; /* without the sign */
};

/* The value of a BOOL, INT, YEAR or BIT. */
struct pgdrv_int pgdrv_int_take(const struct ferry_column *column, const struct ferry_cell *cell);

/* ---- encode.c: cells -> what the server's input functions read ---- */

/* Fails with INTERNAL where a type is not understood.  The forms are the caller's to free. */
ferry_status pgdrv_forms_make(const struct pgdrv_conn *conn, const struct ferry_layout *layout,
                              struct pgdrv_form **ret_forms, struct ferry_error *err);
/* A value that is not NULL, and that pgdrv_refuse() lets pass, as a literal has it between its
 * quotes. */
void pgdrv_encode_plain(const struct pgdrv_form *form, const struct ferry_cell *cell,
                        struct part_text *out);
/* A field of COPY in its text form, NULL too.  NULL: it was added; else why the column cannot have
 * it ("is ..."). */
const char *pgdrv_encode_text(const struct pgdrv_form *form, const struct ferry_cell *cell,
                              struct part_text *out);
void pgdrv_int_print(struct pgdrv_int value, struct part_text *out);

/* ---- binary.c: cells -> fields of COPY in its binary form ---- */

/* NULL: values of the column have none that is known here for sure. */
pgdrv_writer *pgdrv_binary_choose(const struct ferry_column *column, const struct pgdrv_type *type);
/* Whether rows of these columns can go to this server in that form. */
bool pgdrv_binary_is_possible(const struct pgdrv_conn *conn, const struct pgdrv_form *forms,
                              size_t count);
/* As pgdrv_encode_text(). */
const char *pgdrv_binary_encode(const struct pgdrv_form *form, const struct ferry_cell *cell,
                                struct part_text *out);
/* What stands around rows: before the first, before each, behind the last; and a smallint. */
void pgdrv_binary_begin(struct part_text *out);
void pgdrv_binary_begin_row(size_t fields, struct part_text *out);
void pgdrv_binary_add_small(uint32_t value, struct part_text *out);
void pgdrv_binary_end(struct part_text *out);

/* ---- decode.c: fields of COPY -> cells ---- */

/* The value of a cell, of which texts go to `batch`.  False: it cannot be one of the source's. */
bool pgdrv_stored_decode(const struct pgdrv_form *form, const char *data, size_t size,
                         struct ferry_batch *batch, struct ferry_cell *cell, bool *ret_memory);

/* ---- lane.c: rows on their way into a table, by COPY ---- */

#define PGDRV_LANE_NOWHERE SIZE_MAX

struct pgdrv_lane {
    struct pgdrv_conn *conn;
    const struct ferry_layout *layout;
    struct pgdrv_form *forms;
    struct part_text start; /* the statement */
    struct part_text rows;  /* that wait to be sent */
    bool binary;            /* the form in which they go */
    const size_t *places;   /* of each column in a batch of fewer; NULL: all are there */
    uint32_t tag;           /* what is written behind each row; 0: nothing */
    bool under_way;         /* a COPY is */
    uint64_t first;         /* row of the stream with which it began */
    uint64_t parcel;        /* bytes of it so far */
    uint64_t sent_rows;     /* of the stream */
    uint64_t taken;         /* rows that the server has counted */
    uint64_t bytes;
};

/* Into this table; `extra` is the name of a further column, a smallint, or NULL. */
ferry_status pgdrv_lane_begin(struct pgdrv_lane *lane, struct pgdrv_conn *conn, const char *path,
                              const struct ferry_layout *layout, const char *extra, bool freeze,
                              struct ferry_error *err);
ferry_status pgdrv_lane_batch(struct pgdrv_lane *lane, const struct ferry_batch *batch,
                              struct ferry_error *err);
/* All rows are there. */
ferry_status pgdrv_lane_end(struct pgdrv_lane *lane, struct ferry_error *err);
/* Ends a COPY that is under way; its rows go nowhere. */
void pgdrv_lane_give_up(struct pgdrv_lane *lane);
void pgdrv_lane_free(struct pgdrv_lane *lane);

/* ---- verdict.c: what the server says of rows that it was sent ---- */

/* What an error of this SQLSTATE says of a value ("is ..."); NULL: nothing. */
const char *pgdrv_verdict_meaning(const char *state);
/* Fail because of its refusal of rows of `schema`, of which the first was row `first` of the
 * stream. */
ferry_status pgdrv_verdict_fail(struct pgdrv_conn *conn, const PGresult *refusal,
                                const struct ferry_layout *layout, uint64_t first,
                                const char *doing, struct ferry_error *err);

/* ---- references.c: foreign keys ---- */

/* Those of a table that is there. */
ferry_status pgdrv_references_tell(struct pgdrv_conn *conn, const struct pgdrv_table *table,
                                   struct ferry_schema *schema, struct ferry_error *err);
ferry_status pgdrv_judge_key(void *conn, const struct ferry_load_spec *spec,
                             const struct ferry_foreign_key *key,
                             const struct ferry_load_spec *referred, struct ferry_notes *against,
                             struct ferry_error *err);
/* Those that the loads of the change are to have.  Fails with DATA where a row does not keep to
 * one. */
ferry_status pgdrv_references_make(struct pgdrv_unit *unit, struct ferry_error *err);

/* ---- indexes.c: keys and indexes of a table that is made ---- */

/* Fails where one cannot be had that the job asks for. */
ferry_status pgdrv_indexes_check(const struct pgdrv_load *load, struct ferry_error *err);
ferry_status pgdrv_indexes_make(const struct pgdrv_load *load, struct ferry_error *err);
/* Those of a stage get the names that they have in the table. */
ferry_status pgdrv_indexes_rename(const struct pgdrv_load *load, struct ferry_error *err);
/* Whether the server can make it of columns of these types. */
bool pgdrv_index_is_possible(const struct ferry_schema *schema, const char *const *natives,
                             const struct ferry_index *index);
ferry_status pgdrv_note_indexes(void *conn, struct ferry_schema *schema, const char *const *natives,
                                const struct ferry_index *const *indexes, size_t index_count,
                                struct ferry_error *err);

/* ---- stage.c: the table in which new rows wait ---- */

/* Make it, in the transaction that is open, and set load->path. */
ferry_status pgdrv_stage_make(struct pgdrv_load *load, struct ferry_error *err);
/* Owner, rights and words of the table in whose place it comes. */
ferry_status pgdrv_stage_inherit(struct pgdrv_load *load, struct ferry_error *err);
/* Fails where somebody has changed owner or rights of the old table since; it is dropped already,
 * so that nobody can any more. */
ferry_status pgdrv_stage_confirm(struct pgdrv_load *load, struct ferry_error *err);

/* ---- stored.c: what is stored, as cells of the source's schema ---- */

ferry_status pgdrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                const struct ferry_scan *scan, void **ret_cursor,
                                struct ferry_error *err);
ferry_status pgdrv_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void pgdrv_stored_end(void *cursor);

/* ---- replace.c: the rows of one table of a change ---- */

struct pgdrv_load {
    struct pgdrv_unit *unit;
    const struct ferry_load_spec *spec;
    const struct ferry_layout *layout; /* the spec's */
    struct pgdrv_table table;          /* as it was when the load began */
    struct pgdrv_names names;
    struct pgdrv_lane lane;
    uint64_t before; /* rows of the table */
    bool makes;      /* the table is made, or made anew; false: its rows change */
    char *path;      /* "schema"."name" of the stage, or of what that has become */
    char *gather;    /* of the table in which changes gather; NULL: all are replaced */
    char *rights;    /* of the table, as the stage has them; NULL: not yet */
    struct pgdrv_changes *changes; /* NULL: all rows are replaced */
};

/* What each load begins with: the names, the lock, the table as it was planned for. */
ferry_status pgdrv_load_take(struct pgdrv_load *load, struct ferry_error *err);
ferry_status pgdrv_load_count(struct pgdrv_load *load, const char *path, uint64_t *ret_rows,
                              struct ferry_error *err);
/* "schema"."name" of the table that has the rows before the commit: the live one, or another in its
 * place. */
const char *pgdrv_load_rows(const struct pgdrv_load *load);
/* The columns that come, each behind `alias` and a full stop where there is one. */
void pgdrv_load_add_columns(const struct pgdrv_load *load, const char *alias,
                            struct part_text *sql);
ferry_status pgdrv_replace_begin(struct pgdrv_load *load, struct ferry_error *err);
ferry_status pgdrv_replace_end(struct pgdrv_load *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err);

/* ---- changes.c: what becomes of single rows of one table ---- */

struct pgdrv_changes {
    char *tag, *effect;              /* names of columns beside those of the table */
    size_t *places;                  /* of the table's columns in a batch of keys */
    enum pgdrv_kind *kinds;          /* of the columns that come */
    uint64_t came[FERRY_OP_ADD + 1]; /* rows, by operation */
    struct pgdrv_conn *reader;       /* a second connection with its snapshot; NULL: none */
    bool seen_all;                   /* the changes rest on all stored rows */
    bool copies;                     /* they are made in a copy of the table */
    bool ended;
};

ferry_status pgdrv_changes_begin(struct pgdrv_load *load, struct ferry_error *err);
ferry_status pgdrv_changes_batch(struct pgdrv_load *load, uint32_t operation,
                                 const struct ferry_batch *batch, struct ferry_error *err);
ferry_status pgdrv_changes_end(struct pgdrv_load *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err);
/* A connection that sees the rows as they were before, in one snapshot for the whole load. */
ferry_status pgdrv_changes_open_reader(struct pgdrv_load *load, struct pgdrv_conn **ret_conn,
                                       struct ferry_error *err);
/* Make the table that takes the place of the live one, with its rows as they are to be:
 * load->makes. */
ferry_status pgdrv_changes_exchange(struct pgdrv_load *load, struct ferry_error *err);
void pgdrv_changes_free(struct pgdrv_load *load);

/* ---- freeze.c: rows of the server, into a table that takes another's place ---- */

/* Make the stage of the load, with the rows of the table `from` that this transaction sees, and its
 * keys and indexes.  Whoever looks at the database from before the commit sees them, too. */
ferry_status pgdrv_freeze(struct pgdrv_load *load, const char *from, struct ferry_error *err);

/* ---- match.c: changes and the rows that they are of ---- */

#define PGDRV_MATCH_LIVE "dbferry_t"    /* alias of the table */
#define PGDRV_MATCH_CHANGES "dbferry_c" /* of the changes */

bool pgdrv_match_is_key(const struct pgdrv_load *load, size_t i);
/* A condition: both are of the same key. */
void pgdrv_match_write(const struct pgdrv_load *load, struct part_text *sql);
/* A condition: both have the same value in this column. */
void pgdrv_match_write_same(const struct pgdrv_load *load, size_t i, struct part_text *sql);
/* " SET a = ..." of the columns that came, without the key.  False: there are none. */
bool pgdrv_match_write_set(const struct pgdrv_load *load, struct part_text *sql);

/* ---- apply.c: changes become rows ---- */

/* In the transaction that is open, with the table locked. */
ferry_status pgdrv_apply(struct pgdrv_load *load, struct ferry_load_totals *ret_totals,
                         struct ferry_error *err);

/* ---- rights.c: the rights that loads need ---- */

/* Fails with REFUSED where the account lacks some. */
ferry_status pgdrv_rights_check(const struct pgdrv_load *load, struct ferry_error *err);
ferry_status pgdrv_rights_examine(struct pgdrv_conn *conn,
                                  const struct ferry_examination *examination,
                                  struct ferry_findings *findings, struct ferry_error *err);

/* ---- prune.c: a copy whose source is gone ---- */

ferry_status pgdrv_prune(void *conn, const struct ferry_prune_spec *spec,
                         struct ferry_notes *obstacles, struct ferry_error *err);

/* ---- swap.c: the commit ---- */

/* Put each table that was made in the place of the one of its name, in the transaction that is
 * open.
 */
ferry_status pgdrv_swap(struct pgdrv_unit *unit, struct ferry_error *err);
/* Commit, and find out what came of it where the answer is lost. */
ferry_status pgdrv_commit(struct pgdrv_unit *unit, uint32_t *outcome, struct ferry_error *err);

/* ---- unit.c: the target half: a change ---- */

struct pgdrv_unit {
    struct pgdrv_conn *conn;
    const struct ferry_change_spec *spec;
    struct pgdrv_load **loads; /* in the order in which they began */
    size_t load_count;
    bool open;              /* a transaction is */
    bool holds;             /* it has locked a table, so that others may wait for it */
    struct ferry_wait wait; /* the job's lock_wait */
};

extern const struct ferry_target pgdrv_target;

#endif /* DBFERRY_PGSQL_TARGET_H */
