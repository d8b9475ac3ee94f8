/* Writing: what the files of this folder have to themselves. */

#ifndef DBFERRY_ODBC_TARGET_H
#define DBFERRY_ODBC_TARGET_H

#include "dialect/dialect.h"
#include "odbc_driver.h"
#include "parts/text.h"
#include "read/read.h"

/* ---- value.c: cells become the texts of parameters ---- */

enum odrv_put {
    ODRV_PUT_INT,
    ODRV_PUT_UINT,
    ODRV_PUT_FLOAT,
    ODRV_PUT_TEXT, /* as it is; a NUL is refused */
    ODRV_PUT_HEX,
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

/* The first one that fits counts. */
struct odrv_rule {
    uint32_t type;      /* FERRY_TYPE_ */
    uint32_t sign;      /* FERRY_COLUMN_UNSIGNED, FERRY_COLUMN_UTC, or 0 */
    uint64_t from, to;  /* of bits, precision or length; both 0: any */
    const char *native; /* $p, $s, $l: precision, scale, length */
    uint32_t fit;
    const char *note;
    enum odrv_put put;
    const char *mark;      /* the parameter in an INSERT, its type without a size as '%' */
    struct odrv_type read; /* how it comes back: codec, ask */
    uint32_t flags;        /* ODRV_RULE_ */
};

/* What a dialect needs to be a target. */
struct odrv_writing {
    const struct odrv_rule *rules; /* ends in one without a type */
    const char *const *session;
    /* Kind of the relation of this name ('%'), as one letter; 'r' is a table. */
    const char *ask_kind;
    /* Its columns in order: name, type as the rules spell it, NOT NULL as 0 or 1. */
    const char *ask_columns;
    /* What the questions from here on answer: things in words, with a comma between them; NULL for
     * nothing. */
    const char *ask_obstacles;  /* why its rows cannot be replaced */
    const char *ask_dependents; /* what hangs on it and would be lost with it */
    const char *ask_rights;     /* who may do what with it */
    const char *ask_losses;     /* what its definition says besides columns and key */
    const char *ask_indexes;    /* the same of indexes, but plain ones whose names follow */
    const char *ask_key;        /* the same of its primary key, ... */
    const char *ask_not_null;   /* ... and of NOT NULL, of columns whose names follow */
    /* 1 where it has an index of the columns '$c', as a list of quoted names, that is unique or
     * need not be ('$u' is 0). */
    const char *ask_index;
    const char *ask_readable; /* 1 where it is a table that this account may read */
    const char *ask_longest;  /* bytes of a name */
    const char *ask_lock;     /* 1 where the lock of the number '%' is ours until the end */
    const char *set_patience; /* how long to wait for others, in ms */
    const char *begin;        /* the first statement of a change */
    const char *save_point;   /* a point within it ... */
    const char *go_back;      /* ... and back to that */
    const char *lock_table;   /* against other writers */
    const char *take_table;   /* against everybody */
    const char *count_rows;
    const char *delete_rows;
    const char *only; /* before the name of a table that is read, without those that inherit */
    bool undoes; /* an error at COMMIT has undone the transaction, if the session still answers */
    const char *text, *number, *flag; /* types of the table of records */
};
extern const struct odrv_writing odrv_writing_postgresql;

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
    char *what; /* "table 'NAME'" */
    char *into; /* the table that the rows go into: this one, or one that takes its place */
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
    struct odrv_load *load; /* at most one */
};
ferry_status odrv_change_begin(void *conn, const struct ferry_change_spec *spec, void **ret_change,
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

/* ---- make.c: tables and indexes ---- */

/* Makes `load->into`. */
ferry_status odrv_make_table(struct odrv_load *load, struct ferry_error *err);
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
ferry_status odrv_record_read(void *conn, const char *table, struct ferry_record *record,
                              struct ferry_error *err);

/* ---- stored.c ---- */

ferry_status odrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                               const struct ferry_scan *scan, void **ret_cursor,
                               struct ferry_error *err);

#endif /* DBFERRY_ODBC_TARGET_H */
