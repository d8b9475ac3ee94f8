/* The target half: a change, its loads, and what stands beside a table meanwhile; listed under the
 * file that each function lives in.
 */

#ifndef DBFERRY_MYSQL_TARGET_H
#define DBFERRY_MYSQL_TARGET_H

#include "write/ask.h"
#include "write/rows.h"
#include "write/table.h"

struct mydrv_unit;
struct mydrv_load;
struct mydrv_changes;

/* ---- names.c: the names that go with a table ---- */

/* Before 16 hexadecimal digits. */
#define MYDRV_NAMES_STAGE "_dbferry_stage_"
#define MYDRV_NAMES_OLD "_dbferry_old_"

struct mydrv_names {
    char *stage; /* of the table in which the new rows wait */
    char *old;   /* which the table itself has for a moment at the commit */
    char *lock;  /* of one that the whole server knows, so the database is part of it */
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
/* Fails where the account could not drop what it is about to make. */
ferry_status mydrv_leftovers_check_drop(struct mydrv_conn *conn, const struct mydrv_names *names,
                                        struct ferry_error *err);

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
/* The mark alone, after its definition has changed. */
ferry_status mydrv_stage_mark(const struct mydrv_stage *stage, struct ferry_error *err);
/* If it is there; by the second connection where the first is lost.  Nothing can be done about a
 * failure: the next run finds it as a leftover. */
void mydrv_stage_drop(struct mydrv_stage *stage);

/* ---- second.c: the second connection of a target ---- */

/* Go on with the second connection, once the server has let go of the first.  False if it has not,
 * or there is none; the unit's connection is unchanged then. */
bool mydrv_second_take_over(struct mydrv_unit *unit);

/* ---- outcome.c: what a commit came to whose answer was lost ---- */

/* Take over, and look: FERRY_OUTCOME_. */
uint32_t mydrv_outcome_find(struct mydrv_unit *unit);

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
/* Fail with the connection's last error; where it was for a lock, with how long was waited
 * for `table` (NULL: any of the change). */
ferry_status mydrv_wait_fail(struct mydrv_unit *unit, const char *table, const char *doing,
                             struct ferry_error *err);

/* ---- dependents.c: triggers and foreign keys of the live table ---- */

/* Sets the unit in place where the rows must go into the live table, or fails with SCHEMA.  With
 * many tables in a change, foreign keys are those that were gathered last, if need be now: one that
 * came since is not seen. */
ferry_status mydrv_dependents_look(struct mydrv_load *load, struct ferry_error *err);
/* Gather those that are there now. */
ferry_status mydrv_dependents_gather(struct mydrv_unit *unit, struct ferry_error *err);
/* Whether this error of a server says that a foreign key refers to the table, so that it cannot be
 * dropped. */
bool mydrv_dependents_hold(unsigned code);
/* A condition: these two columns of the catalog name the table. */
void mydrv_dependents_write_is(const char *table, const char *schema_column,
                               const char *table_column, struct part_text *sql);
/* Warn where the account may not see triggers. */
ferry_status mydrv_dependents_check_right(const struct mydrv_load *load, struct ferry_error *err);
/* Whether the account may see the triggers of that table, as far as the catalog tells. */
ferry_status mydrv_dependents_ask_right(struct mydrv_conn *conn, const char *table, bool *ret_seen,
                                        struct ferry_error *err);
/* Every foreign key from and to the table still holds. */
ferry_status mydrv_dependents_check(struct mydrv_load *load, struct ferry_error *err);

/* ---- rights.c: the rights that loads need ---- */

/* Adds what is missing for the loads, and a line for each that has all.  Nothing is written. */
ferry_status mydrv_rights_examine(struct mydrv_conn *conn,
                                  const struct ferry_examination *examination,
                                  struct ferry_findings *findings, struct ferry_error *err);

/* ---- judge_key.c: whether the server takes a foreign key ---- */

ferry_status mydrv_judge_key(void *conn, const struct ferry_load_spec *spec,
                             const struct ferry_foreign_key *key,
                             const struct ferry_load_spec *referred, struct ferry_notes *against,
                             struct ferry_error *err);

/* ---- foreign_keys.c: foreign keys among the tables of a change ---- */

/* Whether the change carries foreign keys, and this is a table of it. */
bool mydrv_foreign_keys_join(const struct mydrv_unit *unit, const char *table);
/* For a load that has its lock and no stage yet: fails with REFUSED where the account may make no
 * foreign keys. */
ferry_status mydrv_foreign_keys_check_right(struct mydrv_load *load, struct ferry_error *err);
/* Once all stages are finished: make those of each, and mark it again.  Fails with DATA where a row
 * does not keep to one. */
ferry_status mydrv_foreign_keys_make(struct mydrv_unit *unit, struct ferry_error *err);
/* The same of tables of which single rows have changed, whose keys are there. */
ferry_status mydrv_foreign_keys_check(struct mydrv_unit *unit, struct ferry_error *err);
/* Set load->part: what takes its foreign keys off the table, once that has the name of the old one.
 */
ferry_status mydrv_foreign_keys_part(struct mydrv_load *load, struct ferry_error *err);
/* Take those off that refer to `table` from what an earlier run has left. */
ferry_status mydrv_foreign_keys_let_go(struct mydrv_conn *conn, const char *table,
                                       struct ferry_error *err);

/* ---- record.c: the record of the run ---- */

/* What the last run into the table has left, or nothing where there is no record that may be read.
 */
ferry_status mydrv_record_read(void *conn, const char *table, struct ferry_record *record,
                               struct ferry_error *err);
/* Those of jobs whose names begin with `prefix`. */
ferry_status mydrv_records(void *conn, const char *prefix, struct ferry_records *records,
                           struct ferry_error *err);
/* Make the table of records, with all columns, and see that it may be written. */
ferry_status mydrv_record_prepare(struct mydrv_conn *conn, struct ferry_error *err);
/* In a transaction with the rows; `mark` is the run id that the table itself carries, or NULL. */
ferry_status mydrv_record_write(struct mydrv_conn *conn, const struct ferry_record *record,
                                const char *mark, struct ferry_error *err);
/* In the transaction that writes it: fails where there is another record by now than the one that
 * it follows, and locks that.  `ret_mark` is the mark of the table when that was written, or "". */
ferry_status mydrv_record_follow(struct mydrv_conn *conn, const struct ferry_record *record,
                                 char ret_mark[MYDRV_RUN_ID_SIZE], struct ferry_error *err);
/* After the rows, which are there.  False: the connection has the error. */
bool mydrv_record_note(struct mydrv_conn *conn, const struct ferry_record *record);

/* ---- stored.c: what is stored, as cells of the source's schema ---- */

/* Of the load's table or of its stage, where its rows are; `load` NULL: of the live table.  Nothing
 * else is asked of the connection until mydrv_stored_end(). */
ferry_status mydrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                const struct ferry_scan *scan, void **ret_cursor,
                                struct ferry_error *err);
ferry_status mydrv_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void mydrv_stored_end(void *cursor);

/* ---- replace.c: the rows of one table of a change ---- */

struct mydrv_load {
    struct mydrv_unit *unit; /* whose connection it goes by */
    const struct ferry_load_spec *spec;
    const struct ferry_layout *layout; /* the spec's */
    struct mydrv_table table;          /* as it was when the load began */
    struct mydrv_names names;
    struct mydrv_lock lock;   /* the table's */
    struct mydrv_stage stage; /* beside it */
    struct mydrv_lane lane;   /* into the stage */
    uint64_t rows_before;
    bool triggered;        /* a trigger hangs on the table */
    struct part_text part; /* a statement for its old table: see mydrv_foreign_keys_part() */
    struct mydrv_changes *changes; /* NULL: all rows are replaced */
};

/* What each load begins with: the names, the lock, the table as it was planned for, nothing beside
 * it, and what hangs on it. */
ferry_status mydrv_load_take(struct mydrv_load *load, struct ferry_error *err);
ferry_status mydrv_load_count(struct mydrv_load *load, const char *table, uint64_t *ret_rows,
                              struct ferry_error *err);
ferry_status mydrv_replace_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                                 struct ferry_error *err);
ferry_status mydrv_replace_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                                 struct ferry_error *err);
ferry_status mydrv_replace_end(void *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err);
/* Drops the stage and lets go of the lock; NULL allowed. */
void mydrv_replace_free(struct mydrv_load *load);

/* ---- changes.c: what becomes of single rows of one table ---- */

struct mydrv_changes {
    char *tag;      /* names of columns beside those of the table: what is to be done ... */
    char *effect;   /* ... and what of that depends on what is there */
    char *index;    /* of the table, by which a row is found; NULL: there is none */
    size_t *places; /* of the table's columns in a batch of keys: see struct mydrv_lane */
    uint64_t came[FERRY_OP_ADD + 1]; /* rows, by operation */
    bool temporary;                  /* they gather in a temporary table; false: in a stage */
    bool there;                      /* that table is */
    bool hung;                       /* triggers or foreign keys hang on the live table */
    bool ended;    /* all is done in the live table, in a transaction that is open */
    bool seen_all; /* so many rows were there when all were read */
    uint64_t seen;
    struct mydrv_conn *reader; /* a third connection with its snapshot; NULL: nobody has read yet */
    struct ferry_load_totals totals;
};

ferry_status mydrv_changes_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                                 struct ferry_error *err);
ferry_status mydrv_changes_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                                 struct ferry_error *err);
ferry_status mydrv_changes_end(void *load, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err);
/* A connection that sees the rows as they were before, in one snapshot for the whole load. */
ferry_status mydrv_changes_open_reader(struct mydrv_load *load, struct mydrv_conn **ret_conn,
                                       struct ferry_error *err);
/* Of a load of any kind; the rest of it goes to mydrv_replace_free(). */
void mydrv_changes_free(struct mydrv_load *load);

/* ---- gather.c: the table in which changes gather ---- */

/* Make it, under the name of a stage. */
ferry_status mydrv_gather_make(struct mydrv_load *load, struct ferry_error *err);
void mydrv_gather_drop(struct mydrv_load *load);

/* ---- match.c: changes and the rows that they are of ---- */

#define MYDRV_MATCH_CHANGES                                                                        \
    "dbferry_changes" /* alias of the one table; MYDRV_SCAN_ALIAS is the                           \
                         other's */
/* Find the index that serves the load's key. */
ferry_status mydrv_match_choose(struct mydrv_load *load, struct ferry_error *err);
/* Both tables, joined by the exact value of the key. */
void mydrv_match_write(const struct mydrv_load *load, struct part_text *sql);
/* The same, without rows that are gone. */
void mydrv_match_write_touched(const struct mydrv_load *load, struct part_text *sql);
/* Whether column `i` of the load's schema is the same in both. */
void mydrv_match_write_same(const struct mydrv_load *load, size_t i, struct part_text *sql);
/* A column of the changes. */
void mydrv_match_write_change(const char *column, struct part_text *sql);
bool mydrv_match_is_key(const struct mydrv_load *load, size_t i);

/* ---- apply.c: changes become rows, in one transaction ---- */

/* Nothing hangs on a table of which single rows change that did not when its load began: fails with
 * BUSY that may pass. */
ferry_status mydrv_apply_confirm_free(struct mydrv_load *load, struct ferry_error *err);
/* Set the totals; the transaction stays open. */
ferry_status mydrv_apply(struct mydrv_load *load, struct ferry_error *err);

/* ---- joint.c: single rows of many tables change in one transaction ---- */

struct mydrv_joint_table {
    struct mydrv_names names;
    struct mydrv_lock lock;
};

struct mydrv_joint { /* zeroed: none */
    struct mydrv_joint_table *tables;
    size_t count; /* of those that were tried */
    bool open;    /* the transaction is, and all locks are taken */
};

/* Whether the change has many tables. */
bool mydrv_joint_is_asked(const struct mydrv_unit *unit);
/* With the first load: all tables are locked, nothing is left beside them, and the transaction is
 * open.  Nothing with the others. */
ferry_status mydrv_joint_begin(struct mydrv_unit *unit, struct ferry_error *err);
/* For the load that was added last, as the tables of the change come in their order: it goes on
 * with the names and the lock that were taken for it, and nothing is left beside its table.  False:
 * it has to see to that itself. */
bool mydrv_joint_hand_over(struct mydrv_load *load);
/* Once it is known what hangs on the table: fails with UNSUPPORTED where that is a trigger. */
ferry_status mydrv_joint_check_load(const struct mydrv_load *load, struct ferry_error *err);
/* Changes of one table have gathered: what is done from now on can be undone alone, by the
 * statement mydrv_joint_return(). */
ferry_status mydrv_joint_mark(struct mydrv_unit *unit, struct ferry_error *err);
const char *mydrv_joint_return(void);
/* After a statement that failed: whether the server has undone all of the transaction. */
bool mydrv_joint_is_undone(const struct mydrv_unit *unit);
/* Fail with BUSY that may pass, for that reason. */
ferry_status mydrv_joint_fail_undone(const struct mydrv_load *load, struct ferry_error *err);
/* The rows of one table have changed; the next may wait for others as long as this one could. */
ferry_status mydrv_joint_go_on(struct mydrv_unit *unit, struct ferry_error *err);
/* All loads have ended: every foreign key from and to the tables holds, and nothing hangs on one of
 * them that did not when its load began. */
ferry_status mydrv_joint_check(struct mydrv_unit *unit, struct ferry_error *err);
/* Lets go of the locks; also of one that did not begin, or not all of it. */
void mydrv_joint_free(struct mydrv_unit *unit);

/* ---- rename.c: the commit by renames ---- */

/* Fails with UNSUPPORTED where the statement for all tables of the change would be longer than the
 * server takes. */
ferry_status mydrv_rename_check_length(struct mydrv_unit *unit, struct ferry_error *err);
/* Put each stage in the place of its table, all in one statement, and drop the old ones. */
ferry_status mydrv_commit_rename(struct mydrv_unit *unit, uint32_t *outcome,
                                 struct ferry_error *err);
/* For a commit of either kind whose last statement failed.  A lost connection says nothing about
 * what the server did: the second one is asked.  FERRY_OK: the new rows are there after all. */
ferry_status mydrv_commit_fail(struct mydrv_unit *unit, uint32_t *outcome, struct ferry_error *err);

/* ---- prune.c: a copy whose source is gone ---- */

ferry_status mydrv_prune(void *conn, const struct ferry_prune_spec *spec,
                         struct ferry_notes *obstacles, struct ferry_error *err);

/* ---- unit.c: the target half: a change ---- */

struct mydrv_unit {
    struct mydrv_conn *conn; /* the second one, once that has taken over */
    bool second_failed;      /* it cannot: nobody waits for it again */
    const struct ferry_change_spec *spec;
    struct mydrv_load **loads; /* in the order in which they began */
    size_t load_count;
    bool may_refer;         /* the account may make foreign keys; false: nobody has asked */
    bool keyed;             /* stages refer to one another */
    MYSQL_RES *keys;        /* foreign keys that were gathered: see dependents.c; or NULL */
    struct part_text hung;  /* what hangs on a table, in words, where that is so */
    bool in_place;          /* the rows of the table itself change, in one transaction: no RENAME */
    struct ferry_wait wait; /* the job's lock_wait */
    struct mydrv_joint joint; /* of many tables of which single rows change */
};

/* The settings of the session that a change relies on. */
ferry_status mydrv_unit_set_up(struct mydrv_unit *unit, struct ferry_error *err);
/* One load more, all zeros but for the first three of its members; NULL: no memory. */
struct mydrv_load *mydrv_unit_add_load(struct mydrv_unit *unit, const struct ferry_load_spec *spec);
/* Fails with UNSUPPORTED, for the reason `why`, where the change has more tables than this one. */
ferry_status mydrv_unit_check_joined(const struct mydrv_unit *unit, const char *table,
                                     const char *why, struct ferry_error *err);

extern const struct ferry_target mydrv_target;

#endif /* DBFERRY_MYSQL_TARGET_H */
