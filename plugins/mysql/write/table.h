/* Tables of a target: what they are, and what their definitions become; listed under the file that
 * each function lives in.
 */

#ifndef DBFERRY_MYSQL_TABLE_H
#define DBFERRY_MYSQL_TABLE_H

#include "types/native.h"

/* ---- table.c: what stands under a table's name ---- */

struct mydrv_live_column {
    char *name;
    char *native;    /* in this driver's spelling, or the server's own where it is unknown here */
    char *clauses;   /* in this driver's spelling */
    char *charset;   /* of texts, or NULL */
    char *collation; /* the same */
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

/* What stands there, also if it is nothing; it goes to mydrv_table_clear() after success.  Fails
 * with SCHEMA where no table can have such a name. */
ferry_status mydrv_table_load(struct mydrv_conn *conn, const char *name,
                              struct mydrv_table *ret_table, struct ferry_error *err);
void mydrv_table_clear(struct mydrv_table *table);
/* The column of this name, also but for case (ASCII letters), or NULL. */
const struct mydrv_live_column *mydrv_table_find(const struct mydrv_table *table, const char *name);
/* Fails with SCHEMA where a load must not replace what is there. */
ferry_status mydrv_table_check(const struct mydrv_conn *conn, const char *name,
                               const struct mydrv_table *table, struct ferry_error *err);
/* Fails as ferry_load_confirm() does where `now` is not the table that the load was planned for. */
ferry_status mydrv_table_confirm(const struct mydrv_conn *conn, const struct ferry_load_spec *spec,
                                 const struct mydrv_table *now, struct ferry_error *err);
ferry_status mydrv_inspect(void *conn, const char *table, struct ferry_inspection *inspection,
                           struct ferry_error *err);

/* ---- mark.c: by what a table tells that it was made here, and in which run ---- */

/* Hash of a definition without the table's name, comment and counter, nor the names of foreign keys
 * and of the tables that they refer to. */
uint64_t mydrv_table_hash(const char *definition);
/* The comment with this driver's mark at its end. */
void mydrv_table_mark(struct part_text *out, const char *comment, const char *run_id,
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
/* Whether what was done to rows of such a table can be undone. */
bool mydrv_engine_has_transactions(const char *engine);
/* Whether COUNT(*) is cheap, since the engine keeps the number or is one of small tables. */
bool mydrv_engine_counts(const char *engine);
/* What a user should know of a table of this engine. */
void mydrv_engine_warn(const struct mydrv_conn *conn, const char *table, const char *engine);

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
void mydrv_indexes_write_primary(const struct ferry_load_spec *spec, struct part_text *sql);
/* Whether an index of these columns has them whole: else it is not unique here. */
bool mydrv_indexes_are_whole(const struct ferry_load_spec *spec, const struct ferry_index *index);
/* Build those that the table, a stage for these rows, does not have yet. */
ferry_status mydrv_indexes_add(struct mydrv_conn *conn, const char *table,
                               const struct ferry_load_spec *spec, struct ferry_error *err);

/* ---- losses.c: what a table made anew would not say ---- */

ferry_status mydrv_foresee(void *conn, const struct ferry_load_spec *spec,
                           struct ferry_notes *losses, struct ferry_notes *stale,
                           struct ferry_error *err);

#endif /* DBFERRY_MYSQL_TABLE_H */
