/* The conformance suite: what its files share.
 *
 * Each test calls the driver through the engine's own layer (connection.h), which checks the
 * contract of every call, and reports with tap_ok().  A group of tests that cannot go on returns.
 */

#ifndef FERRY_CONFORMANCE_SUITE_H
#define FERRY_CONFORMANCE_SUITE_H

#include <libconfig.h>
#include <stdbool.h>

#include "base/strbuf.h"
#include "driver/connection.h"
#include "driver/digest.h"
#include "engine/negotiate.h"

/* ---- tap.c: the report ---- */

/* One test; returns `passed`. */
bool tap_ok(bool passed, const char *format, ...) FERRY_PRINTF(2, 3);
/* A test that the driver or its quirks leave out. */
void tap_skip(const char *why, const char *format, ...) FERRY_PRINTF(2, 3);
/* Explains what was found; shown as a comment. */
void tap_note(const char *format, ...) FERRY_PRINTF(1, 2);
/* Shows and clears an error. */
void tap_error(struct ferry_error *error);
/* The plan; returns how many failed. */
int tap_end(void);

/* ---- quirks.c: what the suite has to know about one driver ---- */

struct quirks {
    config_t tree;
    const char *driver;
    const char *folder; /* the suite's own, $T of the commands */
    bool given;         /* by a file */
};

/* Reads FILE, if that is not NULL; on false a message was printed. */
bool quirks_load(struct quirks *quirks, const char *driver, const char *path, const char *folder);
void quirks_done(struct quirks *quirks);
/* A string, with @NAME@ replaced by the environment's NAME; NULL if it is not there.  The caller
 * frees it. */
char *quirks_text(const struct quirks *quirks, const char *path);
int64_t quirks_int(const struct quirks *quirks, const char *path, int64_t otherwise);
bool quirks_has(const struct quirks *quirks, const char *path);
/* Runs the shell command of that name with $T set; its output, or NULL if it failed or there is
 * none.  The caller frees it. */
char *quirks_run(const struct quirks *quirks, const char *name);
/* The keys of a connection, from the group of that name: checked as in a configuration. */
struct ferry_config *quirks_connection(const struct quirks *quirks, const char *group,
                                       struct ferry_driver_handle *driver,
                                       struct ferry_error *error);

/* ---- values.c: rows that try the limits, and digests to compare them ---- */

/* Columns of every common type, `count` of them. */
extern const struct ferry_column values_columns[];
extern const size_t values_column_count;
/* Puts row `row` (0 the least values, 1 the greatest, 2 zeros and empty, 3 NULL where allowed, then
 * others) into the batch for `schema`, whose columns come from values_columns. */
void values_add_row(struct ferry_batch *batch, const struct ferry_schema *schema, uint64_t row);
/* Adds each row of the batch to an order-independent digest. */
void values_digest(const struct ferry_batch *batch, uint64_t *digest);
/* A row as text, for messages; the caller frees it. */
char *values_show(const struct ferry_batch *batch, size_t row);

/* ---- target.c: a target to be loaded with them ---- */

/* A target, what it will be loaded with, and how it answers. */
struct target {
    const struct suite *suite;
    struct ferry_config *config;
    struct ferry_connection *connection;
    struct ferry_plan plan;
    char *table;
    const char *run_id;                   /* of its changes; NULL: target_run_id */
    struct ferry_change_spec change_spec; /* of the change that was begun last ... */
    struct ferry_change *change;          /* ... until it has ended ... */
    uint32_t outcome;                     /* ... by a commit: FERRY_OUTCOME_ */
    struct ferry_layout layout;
    struct ferry_load_spec load_spec;
    struct ferry_digest *digest; /* of the rows that are loaded, where a test wants it */
};

extern const struct ferry_wish target_no_wish;
extern const char target_run_id[];
/* Opens the target of the quirks with a plan for the first `columns` of values.c that it can hold,
 * and that are not left out, under this wish for each of them.  False after a failed test; to be
 * closed either way. */
bool target_open(const struct suite *suite, size_t columns, const struct ferry_wish *wish,
                 struct target *target);
void target_close(struct target *target);
/* Takes another table, which the commands of the quirks then see as $TABLE.  False if out of
 * memory.
 */
bool target_use_table(struct target *target, const char *prefix, const char *name);
/* Plans anew, for those of these columns that the target can hold, and for these indexes, all of
 * which stay alive until the target is closed. */
ferry_status target_plan(struct target *target, const struct ferry_column *columns, size_t count,
                         const struct ferry_index *indexes, size_t index_count,
                         struct ferry_error *error);
/* Begins a change with one load for its plan, but with this action; without the load there is no
 * change either. */
ferry_status target_begin(struct target *target, uint32_t action, struct ferry_load **ret_load,
                          struct ferry_error *error);
/* The same with a load of changes of rows that are told apart by these columns. */
ferry_status target_begin_changes(struct target *target, const size_t *key, size_t key_count,
                                  struct ferry_load **ret_load, struct ferry_error *error);
/* Loads rows `first` to `first + count - 1` in batches of five; NULL digest if nobody wants it. */
ferry_status target_load_rows(struct target *target, struct ferry_load *load, uint64_t first,
                              uint64_t count, uint64_t *digest, struct ferry_error *error);
ferry_status target_commit(struct target *target, uint64_t rows, struct ferry_error *error);
/* Adds what is stored, of the load or (NULL) of the table, to the digest; it is read in batches of
 * a few rows. */
ferry_status target_digest_stored(struct target *target, struct ferry_load *load,
                                  const struct ferry_layout *layout, struct ferry_digest *digest,
                                  struct ferry_error *error);
/* Ends the change, if there is one. */
void target_abort(struct target *target);
/* A whole load; false if it failed (noted). */
bool target_replace(struct target *target, uint64_t first, uint64_t count,
                    struct ferry_load_totals *ret_totals, uint64_t *digest);
/* Whether the same load, of one row, fails with this class, wherever it does. */
bool target_refuses(struct target *target, ferry_status expected);

/* ---- The groups of tests ---- */

struct suite {
    const struct quirks *quirks;
    struct ferry_driver_handle *driver;
};

void test_registration(const struct suite *suite);
void test_reading(const struct suite *suite);
void test_cancelling(const struct suite *suite);
void test_failed_reads(const struct suite *suite);
void test_failed_loads(const struct suite *suite);
void test_cancelled_load(const struct suite *suite);
void test_mapping(const struct suite *suite);
void test_edges(const struct suite *suite);
void test_loading(const struct suite *suite);
void test_joined(const struct suite *suite);
void test_pruning(const struct suite *suite);
void test_side_by_side(const struct suite *suite);
void test_stored_rows(const struct suite *suite);
void test_stored_scans(const struct suite *suite);
void test_changes(const struct suite *suite);
void test_changes_of_types(const struct suite *suite);
void test_listing(const struct suite *suite);
void test_examining(const struct suite *suite);
void test_source_scans(const struct suite *suite);
void test_estimate(const struct suite *suite);
void test_parting(const struct suite *suite);
void test_fingerprint(const struct suite *suite);
void test_round_trip(const struct suite *suite);
void test_wishes(const struct suite *suite);
void test_loose_cells(const struct suite *suite);
void test_indexes(const struct suite *suite);

/* Opens the connection of that group of the quirks; NULL after a failed test.  `*ret_config` is
 * freed by the caller, after the connection. */
struct ferry_connection *suite_open(const struct suite *suite, const char *group, uint32_t role,
                                    struct ferry_config **ret_config);
/* What the quirks say is read from the source. */
struct ferry_read suite_read(const struct suite *suite, char **ret_text);

/* Reads all rows in batches of at most these limits; false if it failed (noted). */
struct reading {
    uint64_t rows;
    uint64_t batches;
    uint64_t digest;
    size_t most_rows;  /* in one batch */
    size_t most_bytes; /* in one batch, less its last row */
};
bool suite_read_all(struct ferry_connection *source, const struct ferry_read *read,
                    const struct ferry_schema *schema, const struct ferry_batch_limits *limits,
                    struct reading *ret_reading, struct ferry_error *error);

#endif
