/* The target half: a change and its loads. */

#ifndef DBFERRY_SQLITE_TARGET_H
#define DBFERRY_SQLITE_TARGET_H

#include "table.h"

/* An index or trigger that hangs on the table to be replaced. */
struct sqldrv_object {
    char *name;
    char *sql;
    bool trigger;
    bool keep; /* false: an index of ours that the job no longer wants */
};

/* What may depend on a table's columns, and whether it compiled before we changed anything. */
enum sqldrv_dependent_kind {
    SQLDRV_DEPENDENT_TRIGGERS, /* of the table `name` */
    SQLDRV_DEPENDENT_VIEW,
    SQLDRV_DEPENDENT_KEYS, /* foreign keys of the table `name` */
};

struct sqldrv_dependent {
    char *name;
    enum sqldrv_dependent_kind kind;
    int state[3]; /* for triggers one number per INSERT, UPDATE, DELETE; else the first alone */
};

/* All that the file has. */
struct sqldrv_dependents {
    struct sqldrv_dependent *list;
    size_t count;
    bool begun;
};

/* The staging file; it is open as `stage` of the connection while rows go into it. */
struct sqldrv_stage {
    char *path;                 /* NULL: there is none */
    struct sqldrv_guard *guard; /* NULL: no file to remove */
    bool attached;              /* to `db` of the connection */
};

/* All of a table, and the indexes that it gets. */
struct sqldrv_objects {
    struct sqldrv_object *list; /* in the order of their creation */
    size_t count;
    struct ferry_index *indexes; /* that it is to have; their strings are the spec's */
    size_t index_count;
    bool analyzed; /* ANALYZE was run on the table once */
};

struct sqldrv_load;
struct sqldrv_rows;
struct sqldrv_changes;

/* The lock file, once a load has opened it. */
struct sqldrv_lock {
    int fd;   /* -1: not yet */
    int line; /* which of its lines says who we are; -1: none */
};

/* One change, from change_begin to its end. */
struct sqldrv_unit {
    struct sqldrv_conn *conn;
    const struct ferry_change_spec *spec;
    struct sqldrv_load **loads; /* in the order in which they began */
    size_t load_count;
    int created;    /* SQLDRV_MADE_ */
    bool opened;    /* by the first load */
    bool staged;    /* rows go into the staging file first */
    bool began;     /* the write lock was taken */
    bool described; /* for sqldrv_metadata_write() */
    int taken;      /* files that are attached, for sqldrv_load_take() */
    struct sqldrv_lock lock;
    struct sqldrv_stage stage;
    struct sqldrv_dependents dependents;
};

/* One table of it, from load_begin to the change's end. */
struct sqldrv_load {
    struct sqldrv_unit *unit;
    struct sqldrv_conn *conn; /* the unit's */
    const struct ferry_load_spec *spec;
    const struct ferry_layout *layout; /* the spec's */
    int old_lock;                      /* a lock file of releases before 0.2, or -1 */
    const struct sqldrv_load_kind *kind;
    struct sqldrv_rows *rows;       /* NULL: not yet, or no longer */
    struct sqldrv_changes *changes; /* NULL: it replaces */
    struct sqldrv_table table;      /* as it was found */
    struct sqldrv_objects objects;
    char *create_sql; /* the table as we would make it */
    uint64_t rows_loaded;
    uint64_t rows_before;
};

/* ---- unit.c: the target half: a change ---- */

extern const struct ferry_target sqldrv_target;
/* For a load that holds its table's lock: open or make the file, and choose how rows go in.  Later
 * calls do nothing. */
ferry_status sqldrv_unit_open(struct sqldrv_unit *unit, struct ferry_error *err);
ferry_status sqldrv_unit_begin(void *conn, const struct ferry_change_spec *spec, void **ret_change,
                               struct ferry_error *err);
/* COMMIT, where the file is still the one that was opened; `record` is of a table of the unit, or
 * NULL. */
ferry_status sqldrv_unit_commit(struct sqldrv_unit *unit, const struct ferry_record *record,
                                uint32_t *outcome, struct ferry_error *err);
/* The end of a unit: nothing of it is left but what was committed. */
void sqldrv_unit_free(struct sqldrv_unit *unit, bool committed);
/* Take the write lock, unless an earlier load has. */
ferry_status sqldrv_unit_write(struct sqldrv_unit *unit, struct ferry_error *err);

/* ---- lock.c: one run per target table ---- */

/* Lock the load's table until the unit lets go of all, or the process ends.  Held by another run:
 * BUSY, naming it. */
ferry_status sqldrv_lock_take(struct sqldrv_load *load, struct ferry_error *err);
/* The path of the file of the locks, from malloc; NULL if out of memory. */
char *sqldrv_lock_name(const struct sqldrv_conn *conn);
/* The end of a load; then that of all. */
void sqldrv_lock_leave(struct sqldrv_load *load);
void sqldrv_lock_release(struct sqldrv_unit *unit);

/* ---- take.c: rows of other files, taken in whole ---- */

#define SQLDRV_TAKE_SCHEMA "dbferry_piece_%d" /* as which each of them is attached */
ferry_status sqldrv_load_take(void *load, const struct ferry_config *place,
                              const struct ferry_layout *layout, uint64_t *ret_rows,
                              struct ferry_error *err);
/* Lets all of them go, once there is no transaction any more. */
void sqldrv_take_end(struct sqldrv_unit *unit);

/* ---- stage.c: the staging file ---- */

/* A path as a URI by which it is opened to be read; from sqlite3_malloc. */
char *sqldrv_read_only_uri(const char *path);

#define SQLDRV_STAGE_SCHEMA "_dbferry_stage" /* as which it is attached to the target */

/* Make the file and open it, empty and in a transaction; it is named by a table whose lock is held.
 * One for all tables of the change: later calls do nothing. */
ferry_status sqldrv_stage_begin(struct sqldrv_unit *unit, const char *table,
                                struct ferry_error *err);
/* All that goes into it is there: attach it to the target's connection. */
ferry_status sqldrv_stage_end(struct sqldrv_unit *unit, struct ferry_error *err);
/* Close it, detach it, remove it: whatever of that is due. */
void sqldrv_stage_remove(struct sqldrv_unit *unit);

/* ---- dependents.c: do views and triggers still compile? ---- */

/* EXPLAIN UPDATE of all columns, which compiles each trigger for it; from sqlite3_malloc. */
int sqldrv_dependents_update_sql(sqlite3 *db, const char *table, char **ret_sql);
/* 1 if a statement compiles, or cannot: other codes leave that open. */
bool sqldrv_dependents_is_answer(int rc);
/* Note what compiles now, before the first table changes; later calls do nothing. */
ferry_status sqldrv_dependents_begin(struct sqldrv_unit *unit, struct ferry_error *err);
/* Fail with SCHEMA naming what compiled then and does not now, after tables were made anew. */
ferry_status sqldrv_dependents_end(struct sqldrv_unit *unit, struct ferry_error *err);
/* After the table `gone` was dropped, add what compiled then and does not now. */
ferry_status sqldrv_dependents_note(struct sqldrv_unit *unit, const char *gone,
                                    struct ferry_notes *notes, bool *ret_noted,
                                    struct ferry_error *err);
/* Whether the triggers of `table` compiled at sqldrv_dependents_begin and still do, or were broken.
 */
int sqldrv_dependents_triggers_fine(struct sqldrv_unit *unit, const char *table, bool *ret_fine);
/* Forget what was noted. */
void sqldrv_dependents_clear(struct sqldrv_unit *unit);

/* ---- prune.c: a copy whose source is gone ---- */

ferry_status sqldrv_prune(void *conn, const struct ferry_prune_spec *spec,
                          struct ferry_notes *obstacles, struct ferry_error *err);

/* ---- table.c: is it still what the plan was made for? ---- */

/* Set `load->table`, and fail with BUSY where it is another than inspect saw. */
ferry_status sqldrv_table_confirm(struct sqldrv_load *load, struct ferry_error *err);

/* ---- load.c: the rows of one table of a change ---- */

/* What is done with the rows of a load. */
struct sqldrv_load_kind {
    /* For one that holds its table's lock and has its file open. */
    ferry_status (*begin)(struct sqldrv_load *load, struct ferry_error *err);
    ferry_status (*insert)(struct sqldrv_load *load, uint32_t operation,
                           const struct ferry_batch *batch, struct ferry_error *err);
    ferry_status (*end)(struct sqldrv_load *load, struct ferry_load_totals *ret_totals,
                        struct ferry_error *err);
    ferry_status (*finish)(struct sqldrv_load *load, struct ferry_error *err);
    void (*stop)(struct sqldrv_load *load);
    void (*free)(struct sqldrv_load *load); /* after the transaction */
};

extern const struct sqldrv_load_kind sqldrv_load_replace; /* replace.c */
extern const struct sqldrv_load_kind sqldrv_load_changes; /* changes.c */

ferry_status sqldrv_load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                               struct ferry_error *err);
ferry_status sqldrv_load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                               struct ferry_error *err);
ferry_status sqldrv_load_end(void *load, struct ferry_load_totals *ret_totals,
                             struct ferry_error *err);
/* The table must be what the plan was made for; sets what of it is known. */
ferry_status sqldrv_load_look(struct sqldrv_load *load, struct ferry_error *err);
/* The last steps before the COMMIT. */
ferry_status sqldrv_load_finish(struct sqldrv_load *load, struct ferry_error *err);
/* What has to end before the transaction; then the rest.  NULL allowed. */
void sqldrv_load_stop(struct sqldrv_load *load);
void sqldrv_load_free(struct sqldrv_load *load);

/* ---- rows.c: a batch as a virtual table ---- */

/* Where rows go.  What it points to lives as long as they are open. */
struct sqldrv_rows_into {
    struct sqldrv_conn *conn; /* in whose words a failure is told */
    sqlite3 *db;              /* of the connection: its database, or the staging file */
    const char *schema;       /* of `db`: "main", "temp" */
    const char *table;
    const char *batch;                  /* SQLDRV_ROWS_BATCH: see there */
    const struct ferry_schema *columns; /* of the batches; the table has them under these names */
    const char *const *natives;         /* and with these declared types */
    int integer_key; /* a column of the batches where NULL would become a number, or -1 */
    uint64_t *count; /* the rows that were inserted are added to it */
    /* Not NULL: the batches have these of `columns` alone. */
    const size_t *select;
    size_t select_count;
    /* FERRY_OP_: the table is one of changes, whose columns are `op`, for this number, and c0, c1,
     * ... for those of `columns`; 0: it is not. */
    uint32_t operation;
};

/* As which a batch is known to SQL: each that is open in one `db` has a name of its own.  A user's
 * table of that name would stand before it: such names are reserved, and what each batch comes to
 * is counted. */
#define SQLDRV_ROWS_BATCH "_dbferry_batch"

/* Make the virtual table and prepare the INSERT that empties it. */
ferry_status sqldrv_rows_open(const struct sqldrv_rows_into *into, struct sqldrv_rows **ret_rows,
                              struct ferry_error *err);
/* Insert one batch.  After a failure some of its rows may be there: the transaction is undone. */
ferry_status sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                struct ferry_error *err);
/* Finish the statement and take the virtual table away; `db` is still open.  NULL allowed. */
void sqldrv_rows_close(struct sqldrv_rows *rows);

/* ---- rowid.c: which column stands for the rowid ---- */

/* 1 if column `i` does so in a table that is made for such rows. */
bool sqldrv_rowid_is_made(const struct ferry_layout *layout, size_t i);
/* The column of the load that does so in its table, or -1. */
int sqldrv_rowid_find(const struct sqldrv_load *load);

/* ---- objects.c: indexes and triggers that hang on the table ---- */

/* Note the indexes and triggers of the table, and which indexes are to be kept. */
ferry_status sqldrv_objects_save(struct sqldrv_load *load, struct ferry_error *err);
void sqldrv_objects_clear(struct sqldrv_objects *objects);
/* Drop those that were noted, whether they are kept or not. */
ferry_status sqldrv_objects_drop_indexes(struct sqldrv_load *load, struct ferry_error *err);
/* Make the kept indexes and those of the job in `db`: the target or the staging file. */
ferry_status sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                         struct ferry_error *err);
/* Drop of those that were noted what the job no longer wants, and make what it wants and is not
 * there; where all is as it should be, nothing is written. */
ferry_status sqldrv_objects_settle_indexes(struct sqldrv_load *load, struct ferry_error *err);
/* Make them again on a table that was made anew; SCHEMA names one that does not fit it. */
ferry_status sqldrv_objects_make_triggers(struct sqldrv_load *load, struct ferry_error *err);
/* Renew the planner's statistics of a table that had them. */
ferry_status sqldrv_objects_analyze(struct sqldrv_load *load, struct ferry_error *err);

/* ---- indexes.c: which indexes the table gets ---- */

/* Fill load->objects.indexes; false if out of memory. */
bool sqldrv_indexes_choose(struct sqldrv_load *load);

/* ---- foreign_check.c: whether foreign keys hold ---- */

/* Where the change is to keep to them: fail with DATA and the row that has no other.  After the
 * last rows have gone into the file. */
ferry_status sqldrv_foreign_check(struct sqldrv_unit *unit, struct ferry_error *err);

/* ---- stale.c: copies of the rows that do not follow a load ---- */

/* Note each; those that sqldrv_stale_rebuild will make anew are left out. */
ferry_status sqldrv_stale_find(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                               struct ferry_notes *notes, struct ferry_error *err);
/* Where the job wants it: make the full-text indexes of the table anew. */
ferry_status sqldrv_stale_rebuild(struct sqldrv_load *load, struct ferry_error *err);

/* ---- losses.c: what a table made anew would not say ---- */

/* Note each of what `table` says; nothing of one that is our own. */
ferry_status sqldrv_losses_find(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                                const struct sqldrv_table *table, struct ferry_notes *notes,
                                struct ferry_error *err);

/* ---- foresee.c: losses, and what does not follow the rows ---- */

ferry_status sqldrv_foresee(void *conn, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err);

/* ---- stored_rows.c: what is stored, as cells of the source's schema ---- */

ferry_status sqldrv_stored_rows_begin(void *conn, void *load, const struct ferry_layout *layout,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err);
ferry_status sqldrv_stored_rows_batch(void *cursor, struct ferry_batch *batch,
                                      struct ferry_error *err);
void sqldrv_stored_rows_end(void *cursor);

#endif /* DBFERRY_SQLITE_TARGET_H */
