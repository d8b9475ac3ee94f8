/* Writing: what the files of this folder have to themselves. */

#ifndef DBFERRY_ODBC_TARGET_H
#define DBFERRY_ODBC_TARGET_H

#include "dialect/dialect.h"
#include "odbc_driver.h"
#include "parts/text.h"
#include "read/read.h"

/* ---- value.c: cells become parameters, texts for the most part ---- */

enum odrv_put {
    ODRV_PUT_INT,
    ODRV_PUT_UINT,
    ODRV_PUT_UINT_63, /* of those that are no more than the greatest with a sign */
    ODRV_PUT_FLOAT,
    ODRV_PUT_DOUBLE, /* not as a text, but as it lies in memory; NaN is refused */
    ODRV_PUT_FINITE, /* the same, and what is infinite is refused, too */
    ODRV_PUT_TEXT,   /* as it is; a NUL is refused */
    ODRV_PUT_WHOLE,  /* as it is, also with a NUL */
    ODRV_PUT_HEX,
    ODRV_PUT_BYTES,    /* as they are */
    ODRV_PUT_MOMENT,   /* whatever is printed so */
    ODRV_PUT_DATE,     /* of the calendar */
    ODRV_PUT_TIME,     /* of a day */
    ODRV_PUT_DATETIME, /* of the calendar */
};
/* What is wrong with the value, or NULL: then it was added.  What is longer than `column` says is
 * refused: the server would cut or round some of it without a word. */
const char *odrv_put(enum odrv_put put, const struct ferry_column *column,
                     const struct ferry_cell *cell, struct part_text *text);

/* ---- rules.c: how each type is stored ---- */

#define ODRV_RULE_TEXTUAL 1 /* only where the job wants a text for it, or this very type */
/* FLOAT: exact where no value is NaN, or infinite either; else those are refused. */
#define ODRV_RULE_NO_NAN 2
#define ODRV_RULE_FINITE 4

/* The first one that fits counts. */
struct odrv_rule {
    uint32_t type;      /* FERRY_TYPE_ */
    uint32_t sign;      /* FERRY_COLUMN_UNSIGNED, FERRY_COLUMN_UTC, or 0 */
    uint64_t from, to;  /* of bits, precision or length; both 0: any */
    const char *native; /* $b, $p, $s, $l: bits, precision, scale, length */
    uint32_t fit;
    const char *note;
    enum odrv_put put;
    const char *mark;      /* the parameter in an INSERT, its type without a size as '%' */
    struct odrv_type read; /* how it comes back: codec, ask */
    uint32_t flags;        /* ODRV_RULE_ */
    uint32_t most_scale;   /* DECIMAL: digits behind the point; 0: any */
};

/* How a table with other columns takes the place of one. */
enum odrv_rebuild {
    ODRV_REBUILD_BESIDE,   /* made under another name, and renamed within the transaction */
    ODRV_REBUILD_IN_PLACE, /* dropped and made anew: nobody else sees a transaction before its end
                            */
    /* A definition ends each transaction.  Whatever is made, also a table that was not there, is
     * made under another name, and one RENAME TABLE is the commit. */
    ODRV_REBUILD_RENAME,
};

/* What a dialect needs to be a target. */
struct odrv_writing {
    const struct odrv_rule *rules; /* ends in one without a type */
    const char *const *session;
    enum odrv_rebuild rebuild;
    /* '%' in the questions below is the name alone, and not the path of the table as a text. */
    bool bare_names;
    /* A text, '%' for its bytes in hex, where quotes do not mean the same in each session; or NULL.
     */
    const char *literal;
    bool names_in_letters; /* and not in bytes, `ask_longest` counts */
    /* Kind of the relation of this name ('%'), as one letter; 'r' is a table. */
    const char *ask_kind;
    /* Its columns in order: name, type as the rules spell it, NOT NULL as 0 or 1. */
    const char *ask_columns;
    /* What the questions from here on answer: things in words, with a comma between them; NULL for
     * nothing. */
    const char *ask_obstacles;  /* why its rows cannot be replaced */
    const char *ask_dependents; /* what hangs on it and would be lost with it */
    const char *ask_rights;     /* who may do what with it; NULL: that goes by its name */
    const char *ask_losses;     /* what its definition says besides columns and key */
    const char *ask_indexes;    /* the same of indexes, but plain ones of the names '$n' */
    const char *ask_key;        /* the same of its primary key, ... */
    const char *ask_not_null;   /* ... and of NOT NULL, of columns of the names '$n' */
    /* 1 where it has an index of the columns '$c', as a list of quoted names, that is unique or
     * need not be ('$u' is 0). */
    const char *ask_index;
    const char *ask_readable; /* 1 where it is a table that this account may read */
    const char *ask_longest;  /* bytes of a name */
    const char *ask_lock; /* 1 where the lock of the number '%' is ours until the end; or NULL */
    const char *release_lock; /* what ends it, where that is not the transaction's end; or NULL */
    const char *set_patience; /* how long to wait for others, in ms */
    const char *end_patience; /* how long when nothing changes; or NULL */
    const char *const *begin; /* the first statements of a change */
    /* The first of them, and `commit`, fail at once where others are at work: they are said again
     * until the time to wait is over. */
    bool waits;
    const char *commit;     /* NULL: ODBC's own */
    const char *save_point; /* a point within it ... */
    const char *go_back;    /* ... and back to that */
    const char *lock_table; /* against other writers; or NULL */
    const char *take_table; /* against everybody; of REBUILD_BESIDE alone */
    const char *count_rows;
    const char *delete_rows;
    const char *only; /* before the name of a table that is read, without those that inherit */
    /* Numbers of errors by which the ODBC driver says that there was no answer; of REBUILD_RENAME.
     */
    int lost_from, lost_to;
    bool undoes; /* an error at COMMIT has undone the transaction, if the session still answers */
    size_t rows_most;         /* in one array of parameters; 0: as many as there is room for */
    bool index_by_alter;      /* CREATE INDEX would need a right of its own */
    const char *make_options; /* behind the columns of a table that is made */
    const char *text, *number, *flag; /* types of the table of records ... */
    const char *record_key;           /* ... and of its key */
    const char *add_column;           /* of ALTER TABLE */
    const char *for_update;           /* of a SELECT */
};
extern const struct odrv_writing odrv_writing_postgresql;
extern const struct odrv_writing odrv_writing_sqlite;
extern const struct odrv_writing odrv_writing_mariadb;

/* The rule of a column under a wish; NULL: it cannot be stored so. */
const struct odrv_rule *odrv_rule_find(const struct odrv_writing *writing,
                                       const struct ferry_column *column,
                                       const struct ferry_wish *wish);
/* The type as a table declares it. */
void odrv_rule_spell(const struct odrv_rule *rule, const struct ferry_column *column,
                     struct part_text *native);
ferry_status odrv_map_column(void *conn, const struct ferry_column *column,
                             const struct ferry_wish *wish, struct ferry_mapping *mapping,
                             struct ferry_error *err);

/* ---- inspect.c: the table as it is ---- */

/* Fails with SCHEMA where something else has its name.  `schema` and `ret_definition` may be NULL.
 */
struct odrv_load;
ferry_status odrv_table_look(struct odrv_conn *conn, const char *table, struct ferry_schema *schema,
                             bool *ret_exists, uint64_t *ret_definition, struct ferry_error *err);
ferry_status odrv_inspect(void *conn, const char *table, struct ferry_inspection *ret_inspection,
                          struct ferry_error *err);
ferry_status odrv_foresee(void *conn, const struct ferry_load_spec *spec,
                          struct ferry_notes *losses, struct ferry_notes *stale,
                          struct ferry_error *err);
/* Names that the database would cut are refused: two might become one. */
ferry_status odrv_names_check(const struct odrv_conn *conn, const struct ferry_load_spec *spec,
                              struct ferry_error *err);
/* Fails with SCHEMA where the rows of the table cannot all go and come. */
ferry_status odrv_table_check_rows(struct odrv_conn *conn, const char *table,
                                   struct ferry_error *err);
/* Fails with SCHEMA where the table cannot be dropped without more. */
ferry_status odrv_table_check_drop(struct odrv_conn *conn, const char *table,
                                   struct ferry_error *err);
/* Fails with SCHEMA where the rights of `table` are not those of `other`, which is to replace it.
 */
ferry_status odrv_table_check_rights(struct odrv_conn *conn, const char *table, const char *other,
                                     struct ferry_error *err);
/* "one", "other": the columns of an index. */
ferry_status odrv_index_add_columns(const struct odrv_conn *conn, const struct ferry_index *index,
                                    struct part_text *sql, struct ferry_error *err);
/* A question about an index of the table like this one, or none, if that is NULL: see ask_index. */
ferry_status odrv_index_question(const struct odrv_conn *conn, const char *question,
                                 const char *table, const struct ferry_index *index,
                                 struct part_text *sql, struct ferry_error *err);
/* A text as it stands in a statement. */
void odrv_text_add(const struct odrv_conn *conn, const char *text, struct part_text *sql);
/* A question about names, '$n' for their list. */
ferry_status odrv_names_question(const char *question, const struct part_text *names,
                                 struct part_text *template, struct ferry_error *err);
/* SCHEMA."table", for statements. */
ferry_status odrv_table_add_path(const struct odrv_conn *conn, const char *table,
                                 struct part_text *sql, struct ferry_error *err);
/* `template` with the path of the table as a text in quotes. */
ferry_status odrv_table_question(const struct odrv_conn *conn, const char *template,
                                 const char *table, struct part_text *sql, struct ferry_error *err);

/* ---- change.c, load.c ---- */

struct odrv_load {
    struct odrv_conn *conn;
    const struct ferry_load_spec *spec;
    const struct ferry_schema *schema;
    const struct odrv_rule **rules; /* of each column */
    size_t count;
    char *what;   /* "table 'NAME'" */
    char *into;   /* the table that the rows go into: this one, or one that takes its place */
    char *old;    /* the name under which a table makes room for that; only of REBUILD_RENAME */
    bool *filled; /* of each column: there a NULL is refused, or becomes another value */
    bool locked;  /* the lock is to be released */
    bool staged;  /* `into` is there beside the table, and not in a transaction */
    const char *run_id;
    uint64_t before, rows;
    /* rows.c: */
    SQLHSTMT stmt;
    struct part_text *values; /* of each column, one value */
    size_t *widths;           /* the widths of columns in one execution */
};
struct odrv_change {
    struct odrv_conn *conn;
    const struct ferry_change_spec *spec;
    struct ferry_wait wait; /* for others, as long as the job allows */
    struct odrv_load *load; /* at most one */
};
ferry_status odrv_change_begin(void *conn, const struct ferry_change_spec *spec, void **ret_change,
                               struct ferry_error *err);
/* The end of its transaction; `*outcome` is set in any case. */
ferry_status odrv_change_end(struct odrv_change *change, uint32_t *outcome,
                             struct ferry_error *err);
ferry_status odrv_change_commit(void *change, const struct ferry_record *const *records,
                                size_t record_count, uint32_t *outcome, struct ferry_error *err);
void odrv_change_abort(void *change);
ferry_status odrv_load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                             struct ferry_error *err);
ferry_status odrv_load_end(void *load, struct ferry_load_totals *ret_totals,
                           struct ferry_error *err);
void odrv_load_free(struct odrv_load *load);
/* `template` with the path of the table. */
ferry_status odrv_load_run(struct odrv_load *load, const char *template, const char *table,
                           const char *doing, struct ferry_error *err);

/* What lasts longer than the transaction: the lock, and a table beside the other one. */
void odrv_load_let_go(struct odrv_load *load);

/* ---- wait.c: others that are in the way ---- */

/* A statement that is said again, as long as the database is busy and there is time to wait. */
ferry_status odrv_wait_run(struct odrv_conn *conn, const char *sql, struct ferry_wait *wait,
                           const char *doing, struct ferry_error *err);

/* ---- swap.c: the commit by a rename ---- */

/* Whether that is how this load ends. */
bool odrv_load_is_staged(const struct odrv_load *load);
/* What an earlier run has left under the names that the load needs. */
ferry_status odrv_swap_clear(struct odrv_load *load, struct ferry_error *err);
ferry_status odrv_swap_commit(struct odrv_change *change, const struct ferry_record *const *records,
                              size_t record_count, uint32_t *outcome, struct ferry_error *err);

/* ---- make.c: tables and indexes ---- */

/* Makes `load->into`. */
ferry_status odrv_make_table(struct odrv_load *load, struct ferry_error *err);
/* Fails with SCHEMA where an index of the spec is missing and none can be made within a change. */
ferry_status odrv_indexes_check(struct odrv_conn *conn, const struct ferry_load_spec *spec,
                                struct ferry_error *err);
/* The indexes of the spec that it lacks. */
ferry_status odrv_make_indexes(struct odrv_load *load, struct ferry_error *err);
/* A table that was made under another name takes the place of the old one. */
ferry_status odrv_make_visible(struct odrv_load *load, struct ferry_error *err);

/* ---- rows.c: rows become arrays of parameters ---- */

ferry_status odrv_rows_prepare(struct odrv_load *load, struct ferry_error *err);
ferry_status odrv_load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                             struct ferry_error *err);
void odrv_rows_free(struct odrv_load *load);

/* ---- record.c: one row per target table in _dbferry_sync ---- */

/* Makes the table where it is not there.  Before the transaction of the change, so that runs do not
 * wait for one another. */
ferry_status odrv_record_prepare(struct odrv_conn *conn, struct ferry_error *err);
ferry_status odrv_record_write(struct odrv_conn *conn, const struct ferry_record *record,
                               struct ferry_error *err);
/* Fails with BUSY where the record that this one follows on is there no more. */
ferry_status odrv_record_follow(struct odrv_conn *conn, const struct ferry_record *record,
                                struct ferry_error *err);
ferry_status odrv_record_drop(struct odrv_conn *conn, const char *table, struct ferry_error *err);
/* The record of the table goes under another key; one that is there is replaced. */
ferry_status odrv_record_move(struct odrv_conn *conn, const char *from, const char *to,
                              struct ferry_error *err);
ferry_status odrv_record_read(void *conn, const char *table, struct ferry_record *record,
                              struct ferry_error *err);

/* ---- stored.c ---- */

ferry_status odrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                               const struct ferry_scan *scan, void **ret_cursor,
                               struct ferry_error *err);

#endif /* DBFERRY_ODBC_TARGET_H */
