/* A driver to copy: a source that counts, and a target that writes tab-separated text files.
 *
 * To make a driver of your own:
 *   1. Copy the package that this file is part of (`pkg-config --variable=template dbferry` prints
 *      where it is installed) and run ./rename NAME in it; within the sources of dbferry, copy this
 *      file to plugins/NAME/NAME.c and replace `example` by NAME throughout.
 *   2. Declare the keys of a connection in the option table.  The core checks and explains them.
 *   3. Write connect, disconnect and cancel: what a connection is, and how a wait is ended.
 *   4. A source: describe says what the columns are, then read_begin, read_batch and read_end
 *      carry the rows.  A target: map_column and inspect answer questions; change_begin,
 *      load_begin, load_batch, load_end and change_commit (or change_abort) replace one table.
 *      Leave out the half that your database cannot have, and the optional callbacks and the
 *      abilities that it does not need.
 *   5. Fill in the struct at the end.  FERRY_REGISTER_DRIVER makes the one exported symbol.
 *   6. `make check` in the package builds it and holds it against the contract, with the quirks
 *      in NAME.conf; dbferry-driver-test(1) explains those.  `make install`, and
 *      `dbferry drivers NAME` shows it.
 *   7. Read dbferry/driver.h again: each callback's comment is its contract.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "dbferry/driver.h"

static const struct ferry_option example_options[] = {
    {.name = "rows",
     .type = FERRY_OPTION_INT,
     .default_value = "3",
     .min = 0,
     .max = 1000000000,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "how far the table `numbers` counts"},
    {.name = "folder",
     .type = FERRY_OPTION_PATH,
     .flags = FERRY_OPTION_TARGET_ONLY | FERRY_OPTION_URL_PATH,
     .help = "where TABLE.tsv is written"},
};

/* One connection, for either role.  The core makes one call at a time on it; only cancel may come
 * from another thread, which is why `cancelled` is atomic. */
struct example_conn {
    atomic_int cancelled;
    int64_t rows;
    int folder; /* -1 in a source */
    char *path; /* of the folder, for messages */
};

static void example_disconnect(void *conn)
{
    struct example_conn *c = conn;
    if (c == NULL)
        return;
    if (c->folder >= 0)
        close(c->folder);
    free(c->path);
    free(c);
}

/* Values come out of `config` checked for type and range, so only what the table cannot express is
 * left to be tested here.  A path is opened once: a later rename cannot lead us elsewhere. */
static ferry_status example_connect(const struct ferry_config *config, uint32_t role,
                                    void **ret_conn, struct ferry_error *err)
{
    const char *path = ferry_config_string(config, "folder");
    struct example_conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    c->folder = -1;
    c->rows = ferry_config_int(config, "rows");
    if ((role & FERRY_ROLE_TARGET) != 0) {
        if (path == NULL) {
            example_disconnect(c);
            return ferry_fail(err, FERRY_ERR_CONFIG,
                              "connection '%s': `folder` is needed to write; add it",
                              ferry_config_name(config));
        }
        c->path = strdup(path);
        c->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (c->path == NULL || c->folder < 0) {
            int why = errno;
            example_disconnect(c);
            return ferry_fail(err, FERRY_ERR_TARGET_OPEN, "cannot open folder '%s': %s", path,
                              strerror(why));
        }
    }
    *ret_conn = c;
    return FERRY_OK;
}

/* Nothing here ever waits, so a flag that the loops look at is enough.  A driver with a socket
 * would also call shutdown() on it. */
static void example_cancel(void *conn)
{
    atomic_store(&((struct example_conn *)conn)->cancelled, 1);
}

static ferry_status example_cancelled(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
}

/* ---- The source ---- */

struct example_cursor {
    struct example_conn *conn;
    const struct ferry_scan *scan; /* alive until read_end */
    int64_t next;
};

/* The columns are told exactly, with lengths and precision: the target chooses its types by them.
 * ORDERED is what rows can be sorted by; a database says it of texts that it compares by bytes. */
static const struct ferry_column example_columns[] = {
    {.name = "n",
     .native = "int64",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_ORDERED | FERRY_COLUMN_INDEX_ORDERED,
     .key_position = 1},
    {.name = "half",
     .native = "decimal(11,1)",
     .type = FERRY_TYPE_DECIMAL,
     .precision = 11,
     .scale = 1,
     .flags = FERRY_COLUMN_NOT_NULL},
    {.name = "parity", .native = "text(4)", .type = FERRY_TYPE_TEXT, .length = 4},
};

#define EXAMPLE_COLUMNS (sizeof example_columns / sizeof *example_columns)

static ferry_status example_describe(void *conn, const struct ferry_read *read,
                                     struct ferry_schema *schema, struct ferry_error *err)
{
    (void)conn;
    if (read->kind == FERRY_READ_QUERY)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "the example driver has no query language; read the table 'numbers'");
    if (strcmp(read->text, "numbers") != 0)
        return ferry_fail(err, FERRY_ERR_NOT_FOUND, "no table '%s'; the only one is 'numbers'",
                          read->text);
    for (size_t i = 0; i < EXAMPLE_COLUMNS; i++) {
        ferry_status status =
            ferry_schema_add(schema, &example_columns[i], sizeof(struct ferry_column), err);
        if (status != FERRY_OK)
            return status; /* the core has reported it: once is enough */
    }
    return FERRY_OK;
}

/* Names what there is to read, so that a job can be of all tables.  Optional. */
static ferry_status example_list(void *conn, struct ferry_listing *listing, struct ferry_error *err)
{
    const struct ferry_listed numbers = {.name = "numbers",
                                         .kind = FERRY_READ_TABLE,
                                         .rows_known = 1,
                                         .rows = (uint64_t)((struct example_conn *)conn)->rows};
    return ferry_listing_add(listing, &numbers, sizeof numbers, err);
}

/* What is read may have changed since it was described: then no row may be read as if it had not.
 */
static ferry_status example_read_begin(void *conn, const struct ferry_read *read,
                                       const struct ferry_schema *schema,
                                       const struct ferry_scan *scan, void **ret_cursor,
                                       struct ferry_error *err)
{
    size_t count = ferry_schema_count(schema), same = 0;
    while (same < count && same < EXAMPLE_COLUMNS &&
           strcmp(ferry_schema_column(schema, same)->name, example_columns[same].name) == 0)
        same++;
    if (count != EXAMPLE_COLUMNS || same != count) {
        (void)ferry_fail(err, FERRY_ERR_BUSY, "the columns of '%s' have changed; run again",
                         read->text);
        ferry_error_may_pass(err); /* the next attempt describes them anew */
        return FERRY_ERR_BUSY;
    }
    struct example_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    cursor->conn = conn;
    cursor->scan = scan; /* a database puts it into its query; these come in order anyway */
    cursor->next = 1;
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* Whether row `n` lies within the bounds.  All are of column n, the only one that is ordered; what
 * `or_null` says changes nothing where no NULL is. */
static int example_within(const struct ferry_scan *scan, int64_t n)
{
    static const int least[] = {0, 0, 1, -1, -1}, most[] = {0, 1, 1, 0, -1}; /* FERRY_BOUND_ */
    for (size_t i = 0; i < scan->bound_count; i++) {
        int64_t limit = scan->bounds[i]->cell->v.i;
        int order = (n > limit) - (n < limit);
        if (order < least[scan->bounds[i]->kind] || order > most[scan->bounds[i]->kind])
            return 0;
    }
    return 1;
}

/* Ask ferry_batch_full() before each row, so that no row is read that has no room.  A batch left
 * empty is the end: a source that lost its server must fail instead. */
static ferry_status example_read_batch(void *cursor, struct ferry_batch *batch,
                                       struct ferry_error *err)
{
    struct example_cursor *cur = cursor;
    const struct ferry_scan *scan = cur->scan;
    size_t count = scan->column_count > 0 ? scan->column_count : EXAMPLE_COLUMNS;
    for (; cur->next <= cur->conn->rows && !ferry_batch_full(batch); cur->next++) {
        int64_t n = cur->next;
        const char *parity = n % 2 ? "odd" : "even";
        struct ferry_cell *cells, row[EXAMPLE_COLUMNS] = {{.v.i = n}};
        char half[24];
        int length = snprintf(half, sizeof half, "%" PRId64 ".%c", n / 2, n % 2 ? '5' : '0');
        if (atomic_load(&cur->conn->cancelled))
            return example_cancelled(err);
        if (!example_within(scan, n))
            continue;
        cells = ferry_batch_row(batch);
        if (cells == NULL || !ferry_batch_text(batch, &row[1], half, (size_t)length) ||
            !ferry_batch_text(batch, &row[2], parity, strlen(parity)))
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        row[2].null = n % 10 == 0; /* a NULL is said, never hinted at by an empty text */
        for (size_t i = 0; i < count; i++)
            cells[i] = row[scan->column_count > 0 ? scan->columns[i] : i];
    }
    return FERRY_OK;
}

static void example_read_end(void *cursor)
{
    free(cursor);
}

/* Equal texts promise equal rows.  Who cannot tell cheaply sets none. */
static ferry_status example_fingerprint(void *conn, const struct ferry_read *read,
                                        struct ferry_fingerprint *fingerprint,
                                        struct ferry_error *err)
{
    char text[24];
    (void)read;
    snprintf(text, sizeof text, "%" PRId64, ((struct example_conn *)conn)->rows);
    return ferry_fingerprint_set(fingerprint, text, err);
}

/* For a person who waits.  A database answers by its statistics; of bounds this one knows nothing
 * before it has counted. */
static ferry_status example_estimate(void *conn, const struct ferry_read *read,
                                     const struct ferry_schema *schema,
                                     const struct ferry_scan *scan, uint64_t *ret_rows,
                                     struct ferry_error *err)
{
    (void)read;
    (void)schema;
    (void)err;
    if (scan->bound_count == 0)
        *ret_rows = (uint64_t)((struct example_conn *)conn)->rows;
    return FERRY_OK;
}

/* ---- The target ---- */

/* Text can spell every value of every type, so the answer is nearly always the same.  A real target
 * looks at type, length, precision, flags and the rest of the wish. */
static ferry_status example_map_column(void *conn, const struct ferry_column *column,
                                       const struct ferry_wish *wish, struct ferry_mapping *mapping,
                                       struct ferry_error *err)
{
    (void)conn;
    if (wish->type != NULL && strcmp(wish->type, "text") != 0)
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "text",
                                 "a text file has no other type than text", err);
    if (column->type > FERRY_TYPE_VECTOR) /* of a later header than this file was written for */
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "text",
                                 "a type that this driver does not know", err);
    if (column->type == FERRY_TYPE_ANY)
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "text",
                                 "the number 1 and the text '1' would look alike", err);
    if (column->flags & FERRY_COLUMN_LOOSE) /* CHECKED: load_batch has to test each value */
        return ferry_mapping_set(mapping, FERRY_FIT_CHECKED, "text",
                                 "a value of another kind than its column's is refused", err);
    return ferry_mapping_set(mapping, FERRY_FIT_EXACT, "text", NULL, err);
}

struct example_load {
    struct example_conn *conn;
    const struct ferry_schema *schema;
    FILE *out;
    uint64_t loaded, before;
    char name[NAME_MAX + 1];      /* TABLE.tsv */
    char temporary[NAME_MAX + 1]; /* TABLE.tsv.new: what a killed run left is overwritten */
};

/* A table's name comes from outside: only what is one plain file name may become one. */
static ferry_status example_name(const char *table, char name[NAME_MAX + 1],
                                 struct ferry_error *err)
{
    if (table[0] == '\0' || table[0] == '.' || strchr(table, '/') != NULL || strlen(table) > 200)
        return ferry_fail(err, FERRY_ERR_CONFIG, "table '%s' cannot be a file; rename it", table);
    snprintf(name, NAME_MAX + 1, "%s.tsv", table);
    return FERRY_OK;
}

/* Count the rows of a table as it is and put its headings into `schema`, if that is not NULL.  A
 * link or a folder of that name is no table. */
static ferry_status example_look(struct example_conn *c, const char *name,
                                 struct ferry_schema *schema, uint32_t *ret_exists,
                                 uint64_t *ret_definition, uint64_t *ret_rows,
                                 struct ferry_error *err)
{
    int fd = openat(c->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    struct ferry_column column = {.native = "text", .type = FERRY_TYPE_TEXT};
    char *line = NULL, *rest;
    size_t room = 0;
    ferry_status status = FERRY_OK;
    struct stat st;
    *ret_exists = in != NULL;
    *ret_rows = *ret_definition = 0;
    if (fd < 0 && errno == ENOENT)
        return FERRY_OK;
    if (in == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        status = ferry_fail(err, FERRY_ERR_SCHEMA, "'%s/%s' is no plain file that can be read",
                            c->path, name);
    else if (getline(&line, &room, in) > 0) {
        line[strcspn(line, "\n")] = '\0';
        *ret_definition = ferry_hash_name(FERRY_HASH_SEED, line); /* all that this table says */
        for (rest = line;
             schema != NULL && status == FERRY_OK && (column.name = strsep(&rest, "\t")) != NULL;)
            status = *column.name == '\0'
                         ? ferry_fail(err, FERRY_ERR_SCHEMA, "'%s' has an empty heading", name)
                         : ferry_schema_add(schema, &column, sizeof column, err);
    }
    while (status == FERRY_OK && getline(&line, &room, in) > 0)
        (*ret_rows)++;
    free(line);
    if (in != NULL)
        fclose(in);
    else if (fd >= 0)
        close(fd);
    return status;
}

/* The columns are the first line; the core compares them with what map_column answered. */
static ferry_status example_inspect(void *conn, const char *table,
                                    struct ferry_inspection *ret_inspection,
                                    struct ferry_error *err)
{
    char name[NAME_MAX + 1];
    ferry_status status = example_name(table, name, err);
    if (status == FERRY_OK)
        status = example_look(conn, name, ret_inspection->schema, &ret_inspection->exists,
                              &ret_inspection->definition, &ret_inspection->rows, err);
    ret_inspection->rows_known = 1;
    return status;
}

/* Exact: what would end a cell or a row is escaped, and NULL is spelled \N as nothing else is. */
static void example_put(FILE *out, const char *data, size_t size)
{
    static const char special[] = "\t\n\r\\", letter[] = "tnr\\0"; /* a NUL is its last character */
    for (size_t i = 0; i < size; i++) {
        const char *found = memchr(special, data[i], sizeof special);
        if (found != NULL)
            putc('\\', out);
        putc(found != NULL ? letter[found - special] : data[i], out);
    }
}

static void example_put_cell(FILE *out, const struct ferry_column *column,
                             const struct ferry_cell *cell)
{
    if (cell->null)
        fputs("\\N", out);
    else if (column->type == FERRY_TYPE_FLOAT)
        fprintf(out, "%.17g", cell->v.f); /* 17 digits bring every double back */
    else if (column->type == FERRY_TYPE_BIT ||
             (column->type == FERRY_TYPE_INT && column->flags & FERRY_COLUMN_UNSIGNED))
        fprintf(out, "%" PRIu64, cell->v.u);
    else if (column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_BOOL ||
             column->type == FERRY_TYPE_YEAR)
        fprintf(out, "%" PRId64, cell->v.i);
    else
        example_put(out, cell->v.p, cell->len);
}

/* Frees the load.  What is in the temporary file goes, unless the commit has renamed it. */
static void example_change_abort(void *load)
{
    struct example_load *l = load;
    if (l->out != NULL) {
        fclose(l->out);
        unlinkat(l->conn->folder, l->temporary, 0);
    }
    flock(l->conn->folder, LOCK_UN);
    free(l);
}

/* The lock is the kernel's: it ends with the process, however that ends. */
static ferry_status example_lock(struct example_conn *c, int64_t wait_ms, struct ferry_error *err)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    while (flock(c->folder, LOCK_EX | LOCK_NB) != 0) {
        if (atomic_load(&c->cancelled))
            return example_cancelled(err);
        if (wait_ms <= 0) {
            (void)ferry_fail(err, FERRY_ERR_BUSY,
                             "another run writes to '%s'; `fuser` names it; try again later",
                             c->path);
            ferry_error_held_by_run(err); /* nobody else locks the folder */
            return FERRY_ERR_BUSY;
        }
        nanosleep(&pause, NULL);
        wait_ms -= 20;
    }
    return FERRY_OK;
}

/* Nothing that others see is touched before the commit: all goes to a file beside the table. */
static ferry_status example_open_new(struct example_load *load, struct ferry_error *err)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    (void)unlinkat(load->conn->folder, load->temporary, 0); /* what a killed run has left */
    int fd = openat(load->conn->folder, load->temporary, flags, 0666);
    size_t columns = ferry_schema_count(load->schema);
    load->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (load->out == NULL) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN, "cannot create '%s/%s': %s", load->conn->path,
                          load->temporary, strerror(why));
    }
    for (size_t i = 0; i < columns; i++) {
        const char *name = ferry_schema_column(load->schema, i)->name;
        example_put(load->out, name, strlen(name));
        putc(i + 1 < columns ? '\t' : '\n', load->out);
    }
    return FERRY_OK;
}

/* Nobody asked for those that the source happens to have; what the job wants is not passed over. */
static ferry_status example_refuse_indexes(const struct ferry_load_spec *spec,
                                           struct ferry_error *err)
{
    for (size_t i = 0; i < spec->index_count; i++)
        if (!spec->indexes[i]->copied)
            return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                              "a text file has no indexes; remove them");
    return FERRY_OK;
}

/* A change of one file: it and its load are one thing here. */
static ferry_status example_change_begin(void *conn, const struct ferry_change_spec *spec,
                                         void **ret_change, struct ferry_error *err)
{
    struct example_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    load->conn = conn;
    ferry_status status = example_lock(conn, spec->lock_wait_ms, err);
    if (status == FERRY_OK)
        *ret_change = load;
    else
        free(load); /* the core aborts a change only where change_begin succeeded */
    return status;
}

static ferry_status example_load_begin(void *change, const struct ferry_load_spec *spec,
                                       void **ret_load, struct ferry_error *err)
{
    struct example_load *load = change;
    uint32_t exists = 0;
    uint64_t definition = 0;
    load->schema = spec->layout->schema; /* alive until the change ends, as is all of `spec` */
    ferry_status status = example_refuse_indexes(spec, err);
    if (status == FERRY_OK)
        status = example_name(spec->layout->table, load->name, err);
    snprintf(load->temporary, sizeof load->temporary, "%.204s.new", load->name);
    if (status == FERRY_OK)
        status =
            example_look(load->conn, load->name, NULL, &exists, &definition, &load->before, err);
    if (status == FERRY_OK) /* still as inspected? */
        status = ferry_load_confirm(spec, load->conn->path, (int)exists, definition, err);
    if (status == FERRY_OK)
        status = example_open_new(load, err);
    if (status == FERRY_OK)
        *ret_load = load;
    return status;
}

static ferry_status example_write_failed(struct example_load *load, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_TARGET_IO, "cannot write '%s/%s': %s", load->conn->path,
                      load->temporary, strerror(errno));
}

/* Rows of one batch lie side by side.  stdio remembers a failed write, so one look at the end of
 * each batch is enough. */
static ferry_status example_load_batch(void *load, uint32_t operation,
                                       const struct ferry_batch *batch, struct ferry_error *err)
{
    (void)operation; /* FERRY_OP_INSERT: a load that replaces has no other */
    struct example_load *l = load;
    size_t count = ferry_batch_count(batch), columns = ferry_schema_count(l->schema);
    for (size_t row = 0; row < count; row++) {
        const struct ferry_cell *cells = ferry_batch_cells(batch, row);
        if (atomic_load(&l->conn->cancelled))
            return example_cancelled(err);
        for (size_t i = 0; i < columns; i++) {
            if (cells[i].kind != FERRY_KIND_TYPED && !cells[i].null) /* in a LOOSE column */
                return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, i,
                                       "a value of another kind than the column's; mend it");
            example_put_cell(l->out, ferry_schema_column(l->schema, i), &cells[i]);
            putc(i + 1 < columns ? '\t' : '\n', l->out);
        }
        l->loaded++;
    }
    return ferror(l->out) ? example_write_failed(l, err) : FERRY_OK;
}

/* All that can take long or fail happens here, so that the commit is one rename. */
static ferry_status example_load_end(void *load, struct ferry_load_totals *ret_totals,
                                     struct ferry_error *err)
{
    struct example_load *l = load;
    if (fflush(l->out) != 0 || fsync(fileno(l->out)) != 0)
        return example_write_failed(l, err);
    ret_totals->before = l->before;
    ret_totals->inserted = l->loaded;
    ret_totals->after = l->loaded;
    ret_totals->bytes = (uint64_t)ftello(l->out);
    return FERRY_OK;
}

/* A file has no place for the record of the run; a database keeps it in the same transaction.  A
 * rename that fails has changed nothing; one that succeeded has changed all. */
static ferry_status example_change_commit(void *change, const struct ferry_record *const *records,
                                          size_t record_count, uint32_t *outcome,
                                          struct ferry_error *err)
{
    struct example_load *l = change;
    ferry_status status = FERRY_OK;
    int folder = l->conn->folder;
    (void)records;
    (void)record_count;
    *outcome = FERRY_OUTCOME_NEW;
    if (renameat(folder, l->temporary, folder, l->name) != 0) {
        *outcome = FERRY_OUTCOME_OLD;
        status = ferry_fail(err, FERRY_ERR_TARGET_IO, "cannot rename '%s/%s' to '%s': %s",
                            l->conn->path, l->temporary, l->name, strerror(errno));
    } else if (fsync(folder) != 0) { /* the rows are there, so this is no failure */
        ferry_log(FERRY_LOG_WARNING, "cannot sync '%s': %s", l->conn->path, strerror(errno));
    }
    example_change_abort(l);
    return status;
}

/* ---- What `dbferry check` tells ---- */

/* A source that counts needs nothing.  A folder needs room, which is asked for and not tried: a
 * check writes nothing. */
static ferry_status example_examine(void *conn, const struct ferry_examination *examination,
                                    struct ferry_findings *findings, struct ferry_error *err)
{
    struct example_conn *c = conn;
    struct statvfs disk;
    if (c->folder < 0 || examination->tables_only != 0)
        return FERRY_OK;
    if (fstatvfs(c->folder, &disk) != 0)
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN, "cannot look at '%s': %s", c->path,
                          strerror(errno));
    return disk.f_bavail > 0
               ? ferry_finding_ok(findings, err, "disk", "has room for '%s'", c->path)
               : ferry_finding_fail(findings, err, FERRY_ERR_TARGET_IO, "disk", "make room on it",
                                    "the one of '%s' is full", c->path);
}

/* ---- The driver ---- */

/* No origins: numbers that are counted anew are no copy of anything.  A source that reads back what
 * this driver's own target has stored would name the table there, and have a record_read that gives
 * back the record that change_commit was given. */
static const struct ferry_source example_source = {
    .describe = example_describe,
    .read_begin = example_read_begin,
    .read_batch = example_read_batch,
    .read_end = example_read_end,
    .fingerprint = example_fingerprint,
    .abilities = FERRY_SCANS, /* read_begin knows order, bounds and columns */
    .list = example_list,
    .estimate = example_estimate,
};

/* No abilities: a text file is written anew or not at all.  A database with FERRY_CHANGES also
 * reads back what it stores, in order, and says of which columns by ferry_mapping_set_ordered(). */
static const struct ferry_target example_target = {
    .map_column = example_map_column,
    .inspect = example_inspect,
    .change_begin = example_change_begin,
    .load_begin = example_load_begin,
    .load_batch = example_load_batch,
    .load_end = example_load_end,
    .change_commit = example_change_commit,
    .change_abort = example_change_abort,
};

static struct ferry_driver example_driver = {
    .name = "example",
    .version = "1",
    .description = "counts, and writes tab-separated text files: a template for drivers",
    .options = example_options,
    .option_count = sizeof example_options / sizeof *example_options,
    .connect = example_connect,
    .disconnect = example_disconnect,
    .cancel = example_cancel,
    .source = &example_source,
    .target = &example_target,
    .examine = example_examine,
};

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION
FERRY_REGISTER_DRIVER(example_driver)
