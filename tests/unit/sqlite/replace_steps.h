/* The steps that the sqlite driver's replace.c takes, each of which is noted, and fails if it is
 * told to: linked with --wrap for each. */

#ifndef FERRY_UNIT_SQLITE_REPLACE_STEPS_H
#define FERRY_UNIT_SQLITE_REPLACE_STEPS_H

#include "change.h"

/* ---- The steps ---- */

#define STEP(name, function, parameters, arguments)                                                \
    ferry_status __real_##function parameters;                                                     \
    ferry_status __wrap_##function parameters;                                                     \
    ferry_status __wrap_##function parameters                                                      \
    {                                                                                              \
        ferry_status status = step_status(name, err);                                              \
        return status == FERRY_OK ? __real_##function arguments : status;                          \
    }

STEP("lock", sqldrv_lock_take, (struct sqldrv_load * load, struct ferry_error *err), (load, err))
STEP("open", sqldrv_unit_open, (struct sqldrv_unit * unit, struct ferry_error *err), (unit, err))
STEP("write", sqldrv_unit_write, (struct sqldrv_unit * unit, struct ferry_error *err), (unit, err))
STEP("confirm", sqldrv_table_confirm, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("save", sqldrv_objects_save, (struct sqldrv_load * load, struct ferry_error *err), (load, err))
STEP("compile", sqldrv_dependents_begin, (struct sqldrv_unit * unit, struct ferry_error *err),
     (unit, err))
STEP("again", sqldrv_dependents_end, (struct sqldrv_unit * unit, struct ferry_error *err),
     (unit, err))
STEP("strip", sqldrv_objects_drop_indexes, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("triggers", sqldrv_objects_make_triggers, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("stale", sqldrv_stale_rebuild, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("analyze", sqldrv_objects_analyze, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("rows", sqldrv_rows_open,
     (const struct sqldrv_rows_into *into, struct sqldrv_rows **ret_rows, struct ferry_error *err),
     (into, ret_rows, err))
STEP("stage", sqldrv_stage_begin,
     (struct sqldrv_unit * unit, const char *table, struct ferry_error *err), (unit, table, err))
STEP("attach", sqldrv_stage_end, (struct sqldrv_unit * unit, struct ferry_error *err), (unit, err))
STEP("metadata", sqldrv_metadata_write,
     (struct sqldrv_conn * conn, const struct ferry_load_spec *spec, bool *prepared,
      struct ferry_error *err),
     (conn, spec, prepared, err))

ferry_status __real_sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                       struct ferry_error *err);
ferry_status __wrap_sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                       struct ferry_error *err);
ferry_status __real_sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                                struct ferry_error *err);
ferry_status __wrap_sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                                struct ferry_error *err);
int __real_sqldrv_run_saved(sqlite3 *db, const char *sql);
int __wrap_sqldrv_run_saved(sqlite3 *db, const char *sql);
int __real_sqldrv_run(sqlite3 *db, const char *format, ...);
int __wrap_sqldrv_run(sqlite3 *db, const char *format, ...);
int __real_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*call)(void *, int, char **, char **),
                        void *data, char **ret_error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*call)(void *, int, char **, char **),
                        void *data, char **ret_error);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__real_sqldrv_table_create_sql(const struct ferry_layout *layout);
char *__wrap_sqldrv_table_create_sql(const struct ferry_layout *layout);
char *__wrap_sqlite3_mprintf(const char *format, ...);
char *__real_sqlite3_str_finish(sqlite3_str *text);
char *__wrap_sqlite3_str_finish(sqlite3_str *text);
void __real_sqldrv_guard_stop_writing(const atomic_bool *stop);
void __wrap_sqldrv_guard_stop_writing(const atomic_bool *stop);

static bool short_of_memory; /* at the next call of calloc */
static bool no_copy_sql;
static bool no_names;                   /* no list of them */
static bool no_create_sql;              /* for want of memory, too */
static const atomic_bool *stoppable;    /* what stops the next write */
static const atomic_bool *stoppable_by; /* and what did while rows were inserted */

ferry_status __wrap_sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                       struct ferry_error *err)
{
    ferry_status status = step_status("insert", err);
    stoppable_by = stoppable;
    return status == FERRY_OK ? __real_sqldrv_rows_insert(rows, batch, err) : status;
}

ferry_status __wrap_sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                                struct ferry_error *err)
{
    ferry_status status = step_status(db == load->conn->db ? "indexes" : "staged-indexes", err);
    return status == FERRY_OK ? __real_sqldrv_objects_make_indexes(load, db, err) : status;
}

int __wrap_sqldrv_run_saved(sqlite3 *db, const char *sql)
{
    bool table = strncmp(sql, "CREATE TABLE", 12) == 0; /* else an index or trigger */
    return table && step_fails("shape") ? SQLITE_IOERR : __real_sqldrv_run_saved(db, sql);
}

/* The statements of replace.c itself are steps. */
static inline bool statement_fails(const char *sql)
{
    static const struct {
        const char *begins;
        const char *step;
    } known[] = {{"DELETE FROM main.\"t\"", "delete"},
                 {"DROP TABLE main.\"t\"", "drop"},
                 {"CREATE TABLE \"t\"", "create"},
                 {"INSERT OR FAIL INTO main.\"t\" SELECT * ", "copy"},
                 {"INSERT OR FAIL INTO main.\"t\" (", "copy-named"},
                 {"SELECT count(*) FROM main.\"t\"", "count"}};
    for (size_t i = 0; i < COUNT(known); i++)
        if (strncmp(sql, known[i].begins, strlen(known[i].begins)) == 0)
            return step_fails(known[i].step);
    return false;
}

int __wrap_sqldrv_run(sqlite3 *db, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int rc = statement_fails(sql) ? SQLITE_IOERR : __real_sqldrv_run(db, "%s", sql);
    sqlite3_free(sql);
    return rc;
}

int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int rc =
        statement_fails(sql) ? SQLITE_IOERR : __real_sqldrv_query_int(db, ret_value, "%s", sql);
    sqlite3_free(sql);
    return rc;
}

/* Only for what replace.c has made into one text before: statement.c's calls come here, too. */
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*call)(void *, int, char **, char **),
                        void *data, char **ret_error)
{
    bool own =
        strncmp(sql, "CREATE TABLE \"t\"", 16) == 0 || strncmp(sql, "INSERT OR FAIL", 14) == 0;
    return own && statement_fails(sql) ? SQLITE_IOERR
                                       : __real_sqlite3_exec(db, sql, call, data, ret_error);
}

void *__wrap_calloc(size_t count, size_t size)
{
    bool fails = short_of_memory;
    short_of_memory = false;
    return fails ? NULL : __real_calloc(count, size);
}

char *__wrap_sqldrv_table_create_sql(const struct ferry_layout *layout)
{
    return no_create_sql ? NULL : __real_sqldrv_table_create_sql(layout);
}

char *__wrap_sqlite3_str_finish(sqlite3_str *text)
{
    char *made = __real_sqlite3_str_finish(text);
    if (!no_names)
        return made;
    sqlite3_free(made);
    return NULL;
}

char *__wrap_sqlite3_mprintf(const char *format, ...)
{
    if (no_copy_sql && strncmp(format, "INSERT OR FAIL", 14) == 0)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    char *text = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    return text;
}

void __wrap_sqldrv_guard_stop_writing(const atomic_bool *stop)
{
    stoppable = stop;
    __real_sqldrv_guard_stop_writing(stop);
}

static char *folder;
static char *path;
static struct change change;

static inline int reset(void **state)
{
    (void)state;
    forget_steps();
    short_of_memory = no_create_sql = no_copy_sql = no_names = false;
    stoppable = stoppable_by = NULL;
    return 0;
}

/* ---- Each way ---- */

/* The table of somebody, with what hangs on it; it holds two rows. */
#define OLD_KEPT                                                                                   \
    "CREATE TABLE t(n INTEGER CHECK(n < 100), twice AS (2 * n), s TEXT); CREATE INDEX i ON t(s); " \
    "INSERT INTO t VALUES(7, 'a'), (8, 'b'); CREATE TABLE log(a); CREATE TRIGGER g AFTER INSERT "  \
    "ON t BEGIN INSERT INTO log VALUES(new.n); END; CREATE VIEW v AS SELECT s FROM t; ANALYZE"
/* One that has other columns than the source. */
#define OLD_REBUILT                                                                                \
    "CREATE TABLE t(old TEXT, s TEXT, twice AS (s || s)); CREATE INDEX i ON t(s); INSERT INTO t "  \
    "VALUES(7, 'a'), (8, "                                                                         \
    "'b'); CREATE TABLE log(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log "         \
    "VALUES(new.s); END; CREATE VIEW v AS SELECT s FROM t"
/* One of which whole records can be copied. */
#define OLD_PLAIN "CREATE TABLE t(n INTEGER, s TEXT); INSERT INTO t VALUES(7, 'a'), (8, 'b')"
#define OLD_NONE "CREATE TABLE log(a)"

static const struct way {
    uint32_t action;
    uint32_t staging;
    const char *old;
    uint64_t before; /* rows */
    const char *steps;
} ways[] = {
    {FERRY_TABLE_CREATE, FERRY_STAGING_DIRECT, OLD_NONE, 0,
     "lock open write confirm save create rows insert indexes stale analyze metadata"},
    {FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT, OLD_KEPT, 2,
     "lock open write confirm save strip delete rows insert indexes stale analyze metadata"},
    {FERRY_TABLE_REBUILD, FERRY_STAGING_DIRECT, OLD_REBUILT, 2,
     "lock open write confirm save compile strip delete drop create rows insert indexes triggers "
     "again stale analyze metadata"},
    {FERRY_TABLE_CREATE, FERRY_STAGING_APART, OLD_NONE, 0,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "create indexes copy stale analyze metadata"},
    {FERRY_TABLE_KEEP, FERRY_STAGING_APART, OLD_KEPT, 2,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "count strip delete indexes copy-named stale analyze metadata"},
    {FERRY_TABLE_KEEP, FERRY_STAGING_APART, OLD_PLAIN, 2,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "count strip delete indexes copy stale analyze metadata"},
    {FERRY_TABLE_REBUILD, FERRY_STAGING_APART, OLD_REBUILT, 2,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "count compile strip delete drop create indexes copy triggers again stale analyze metadata"},
};

#endif
