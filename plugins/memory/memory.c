/* Tables in memory, for tests: rows without a database, and faults on request. */

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_COLUMNS "id int64 not null key, name text(40), price decimal(10,2), t datetime(3)"
#define CALLBACKS                                                                                  \
    "none|connect|describe|read_begin|read_batch|read_end|snapshot_begin|origins|fingerprint|"     \
    "estimate|list|part|share_begin|share_join|share_end|record_read|map_column|"                  \
    "inspect|change_begin|load_begin|load_batch|load_end|change_commit|change_abort|"              \
    "stored_begin|stored_batch|records|prune|examine"
#define CONTRACT_BREACHES                                                                          \
    "none|no-result|silent-error|unknown-status|negative-status|ok-after-fail|other-status|"       \
    "overfull|null-pointer|wrong-kind|null-in-not-null|int-out-of-bits|bool-out-of-range|"         \
    "bad-utf8|bad-decimal|bad-date|bad-time|bad-datetime|bad-fit|wrong-totals|spoiled-by-failure"

static const struct ferry_option memory_options[] = {
    {.name = "columns",
     .type = FERRY_OPTION_STRING,
     .default_value = DEFAULT_COLUMNS,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "name type [unsigned] [not null] [key] [loose] [default 'x'], ..., index (a, b) as i"},
    {.name = "rows",
     .type = FERRY_OPTION_INT,
     .default_value = "10",
     .min = 0,
     .max = INT64_MAX,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "how many rows are generated"},
    {.name = "seed",
     .type = FERRY_OPTION_INT,
     .default_value = "1",
     .min = 0,
     .max = INT64_MAX,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "the same seed makes the same rows"},
    {.name = "null_percent",
     .type = FERRY_OPTION_INT,
     .default_value = "10",
     .min = 0,
     .max = 100,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "share of NULLs in columns that may be NULL"},
    {.name = "row_bytes",
     .type = FERRY_OPTION_SIZE,
     .default_value = "0",
     .min = 0,
     .max = INT64_C(1) << 31,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "size of the first text or bytes column without a length"},
    {.name = "literal",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "rows instead of generated ones: 1|a;2|\\N with \\N NULL, \\xHH a byte, \\| \\; \\\\"},
    {.name = "table",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "the only names that are there: a, b, view c; without it every name is"},
    {.name = "note",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "a sentence that describe tells"},
    {.name = "data_age",
     .type = FERRY_OPTION_DURATION,
     .max = INT64_C(10) * 366 * 86400000,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "how old the rows are said to be; unset: not known"},
    {.name = "data_basis",
     .type = FERRY_OPTION_CHOICE,
     .choices = "record|changed",
     .default_value = "record",
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "by what data_age is known"},
    {.name = "read_store",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "read the tables of `store`, not generated rows"},
    {.name = "store",
     .type = FERRY_OPTION_STRING,
     .default_value = "store",
     .flags = FERRY_OPTION_URL_PATH,
     .help = "tables of the same store are seen by all connections of a process"},
    {.name = "dump",
     .type = FERRY_OPTION_PATH,
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "file to which the committed rows are written, one line each"},
    {.name = "existing_rows",
     .type = FERRY_OPTION_INT,
     .default_value = "0",
     .min = 0,
     .max = INT64_MAX,
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "pretend that a table with `columns` is there and holds so many rows"},
    {.name = "fit",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "exact",
     .choices = "exact|wider|checked|lossy|none",
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "what map_column answers"},
    {.name = "fit_column",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "the one column that `fit` is for; without it all are"},
    {.name = "corrupt",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "none",
     .choices = memory_corruptions,
     .flags = FERRY_OPTION_TARGET_ONLY,
     .help = "how row `fail_row` is damaged once it is stored and counted"},
    {.name = "order",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "exact",
     .choices = memory_orders,
     .help = "how rows are sorted where a scan asks for an order; only `exact` is right"},
    {.name = "unordered",
     .type = FERRY_OPTION_STRING,
     .help = "a column that is said to have no order; * for all"},
    {.name = "indexed",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "say that indexes have the columns in their order"},
    {.name = "fingerprint",
     .type = FERRY_OPTION_STRING,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "what the source says of its state; unset: nothing"},
    {.name = "estimate",
     .type = FERRY_OPTION_INT,
     .min = -1,
     .max = INT64_MAX,
     .flags = FERRY_OPTION_SOURCE_ONLY,
     .help = "how many rows the source says there are; -1: nothing; unset: as many as there are"},
    {.name = "finding",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "none",
     .choices = memory_findings,
     .help = "what examine finds; `fail` is of the class `fail_class`, `unmended` no driver may"},
    {.name = "finding_text",
     .type = FERRY_OPTION_STRING,
     .default_value = "as was asked for",
     .help = "what it says"},
    {.name = "fail_at",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "none",
     .choices = CALLBACKS,
     .help = "the callback that fails"},
    {.name = "fail_how",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "error",
     .choices = "error|stall|slow|crash",
     .help = "report an error, wait until cancelled, take `fail_delay`, or abort"},
    {.name = "fail_class",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "internal",
     .choices = memory_fault_classes,
     .help = "the class of the error"},
    {.name = "fail_may_pass",
     .type = FERRY_OPTION_BOOL,
     .default_value = "false",
     .help = "the error says that it may pass, so that the run is tried again"},
    {.name = "fail_row",
     .type = FERRY_OPTION_INT,
     .default_value = "0",
     .min = 0,
     .max = INT64_MAX,
     .help = "rows that pass before read_batch or load_batch fails"},
    {.name = "fail_times",
     .type = FERRY_OPTION_INT,
     .default_value = "0",
     .min = 0,
     .max = 1000000,
     .help = "fail so often in this process and then no more; 0 is always"},
    {.name = "fail_delay",
     .type = FERRY_OPTION_DURATION,
     .default_value = "100ms",
     .min = 0,
     .max = 86400000,
     .help = "for `slow`, and how long a stalled connect lasts"},
    {.name = "fail_mark",
     .type = FERRY_OPTION_PATH,
     .help = "a file that is made when `fail_at` is reached"},
    {.name = "fail_until",
     .type = FERRY_OPTION_PATH,
     .help = "for `stall`: go on once this file is there"},
    {.name = "break_contract",
     .type = FERRY_OPTION_CHOICE,
     .default_value = "none",
     .choices = CONTRACT_BREACHES,
     .help = "do what no driver may, at `fail_at` or in a cell of row `fail_row`"},
};

/* What a driver can do is the same for all its connections, so no option of one can say it: with
 * DBFERRY_MEMORY_PLAIN in the environment it reads all rows and replaces them, and no more. */
static bool is_plain(void)
{
    return getenv("DBFERRY_MEMORY_PLAIN") != NULL;
}

static void memory_disconnect(void *conn)
{
    struct memory_conn *c = conn;
    if (c == NULL)
        return;
    memory_table_unref(c->literal);
    memory_columns_done(&c->columns);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    free(c->fault.at);
    free(c->fault.break_contract);
    free(c->fault.mark);
    free(c->fault.until);
    free(c->name);
    free(c->store);
    free(c->tables);
    free(c->note);
    free(c->dump);
    free(c->fit_column);
    free(c->corrupt);
    free(c->order);
    free(c->unordered);
    free(c->fingerprint);
    free(c->finding);
    free(c->finding_text);
    free(c);
}

/* Copies a string option that may be unset; false if out of memory. */
static bool copy_option(const struct ferry_config *config, const char *key, char **place)
{
    const char *text = ferry_config_string(config, key);
    *place = text == NULL ? NULL : strdup(text);
    return text == NULL || *place != NULL;
}

static uint32_t read_fit(const struct ferry_config *config)
{
    static const char *const names[] = {"exact", "wider", "checked", "lossy", "none"};
    const char *fit = ferry_config_string(config, "fit");
    uint32_t i = FERRY_FIT_EXACT;
    while (i < FERRY_FIT_NONE && strcmp(names[i], fit) != 0)
        i++;
    return i;
}

static bool copy_options(struct memory_conn *c, const struct ferry_config *config)
{
    c->rows = (uint64_t)ferry_config_int(config, "rows");
    c->seed = (uint64_t)ferry_config_int(config, "seed");
    c->null_percent = (uint32_t)ferry_config_int(config, "null_percent");
    c->row_bytes = (uint64_t)ferry_config_int(config, "row_bytes");
    c->data_age_ms =
        ferry_config_is_set(config, "data_age") ? ferry_config_int(config, "data_age") : -1;
    c->data_by_record = strcmp(ferry_config_string(config, "data_basis"), "record") == 0;
    c->read_store = ferry_config_int(config, "read_store") != 0;
    c->existing_rows = (uint64_t)ferry_config_int(config, "existing_rows");
    c->fit = read_fit(config);
    c->scans = !is_plain();
    c->estimate_set = ferry_config_is_set(config, "estimate") != 0;
    c->estimate = ferry_config_int(config, "estimate");
    c->indexed = ferry_config_int(config, "indexed") != 0;
    memory_fault_read(&c->fault, config);
    c->name = strdup(ferry_config_name(config));
    return c->name != NULL && copy_option(config, "store", &c->store) &&
           copy_option(config, "table", &c->tables) && copy_option(config, "dump", &c->dump) &&
           copy_option(config, "fit_column", &c->fit_column) &&
           copy_option(config, "corrupt", &c->corrupt) && copy_option(config, "note", &c->note) &&
           copy_option(config, "order", &c->order) &&
           copy_option(config, "unordered", &c->unordered) &&
           copy_option(config, "fingerprint", &c->fingerprint) &&
           copy_option(config, "finding", &c->finding) &&
           copy_option(config, "finding_text", &c->finding_text) &&
           copy_option(config, "fail_at", &c->fault.at) &&
           copy_option(config, "fail_mark", &c->fault.mark) &&
           copy_option(config, "fail_until", &c->fault.until) &&
           copy_option(config, "break_contract", &c->fault.break_contract);
}

static ferry_status read_rows(struct memory_conn *c, const struct ferry_config *config,
                              struct ferry_error *err)
{
    const char *literal = ferry_config_string(config, "literal");
    ferry_status status =
        memory_columns_parse(ferry_config_string(config, "columns"), &c->columns, err);
    if (status != FERRY_OK || literal == NULL)
        return status;
    c->literal = memory_table_new("", "literal");
    if (c->literal == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    status =
        memory_columns_parse(ferry_config_string(config, "columns"), &c->literal->columns, err);
    return status == FERRY_OK ? memory_literal_parse(literal, c->literal, err) : status;
}

static ferry_status memory_connect(const struct ferry_config *config, uint32_t role,
                                   void **ret_conn, struct ferry_error *err)
{
    struct memory_conn *c = calloc(1, sizeof *c);
    (void)role;
    if (c == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    ferry_status status = copy_options(c, config)
                              ? read_rows(c, config, err)
                              : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    if (status == FERRY_OK)
        status = memory_fault_hit(c, "connect", MEMORY_NO_ROW, err);
    bool lies = status == FERRY_OK && memory_fault_lie(c, "connect", &status, err);
    if (status != FERRY_OK || lies || memory_fault_skips(c, "connect")) {
        memory_disconnect(c);
        return status;
    }
    *ret_conn = c;
    return FERRY_OK;
}

static void memory_cancel(void *conn)
{
    struct memory_conn *c = conn;
    (void)pthread_mutex_lock(&c->lock);
    c->cancelled = true;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

static void memory_place(const struct ferry_config *config, char *buffer, size_t size)
{
    (void)snprintf(buffer, size, "memory:%s", ferry_config_string(config, "store"));
}

static void memory_facts(void *conn, struct ferry_facts *facts)
{
    ferry_facts_add(facts, "store", ((struct memory_conn *)conn)->store);
}

static struct ferry_driver memory_driver = {
    .name = "memory",
    .version = "1",
    .description = "tables in memory, with faults on request, for tests",
    .options = memory_options,
    .option_count = sizeof memory_options / sizeof memory_options[0],
    .connect = memory_connect,
    .disconnect = memory_disconnect,
    .cancel = memory_cancel,
    .place = memory_place,
    .record_read = memory_record_read,
    .facts = memory_facts,
    .examine = memory_examine,
    .source = &memory_source,
    .target = &memory_target,
};

__attribute__((constructor)) static void leave_out_abilities(void)
{
    static struct ferry_source source;
    static struct ferry_target target;
    if (!is_plain())
        return;
    source = memory_source;
    source.abilities = 0;
    source.fingerprint = NULL;
    source.list = NULL;
    source.estimate = NULL;
    source.part = NULL;
    source.share_begin = NULL;
    source.share_join = NULL;
    source.share_end = NULL;
    target = memory_target;
    target.abilities = 0;
    memory_driver.source = &source;
    memory_driver.target = &target;
}

#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION
FERRY_REGISTER_DRIVER(memory_driver)
