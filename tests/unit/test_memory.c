/* Tests of what happens when memory runs out: each allocation of a piece of work fails in turn. The
 * work then fails with FERRY_ERR_SYSTEM or succeeds without it; a sanitizer sees what is lost. */

#include "unit.h"

#include "config/fill.h"
#include "config/job.h"
#include "driver/digest.h"
#include "driver/source.h"
#include "driver/target.h"
#include "driver/type.h"
#include "engine/job.h"
#include "engine/keys.h"
#include "engine/pump.h"
#include "engine/queue.h"
#include "engine/record.h"
#include "engine/run.h"
#include "fake.h"
#include "memory.h"

static ferry_status add_columns(struct ferry_schema *schema, size_t count,
                                struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "column %zu", i);
        const struct ferry_column column = {.name = name,
                                            .native = "varchar(40)",
                                            .charset = "utf8mb4",
                                            .collation = "utf8mb4_bin",
                                            .type = FERRY_TYPE_TEXT};
        status = ferry_schema_add(schema, &column, sizeof column, error);
    }
    return status;
}

static ferry_status work_on_schema(struct ferry_error *error)
{
    struct ferry_schema schema = {0};
    char hash[17];
    ferry_status status = add_columns(&schema, 40, error);
    const struct ferry_index index = {
        .name = "i", .columns = (const char *const[]){"column 1", "column 0"}, .column_count = 2};
    if (status == FERRY_OK)
        status = ferry_schema_add_index(&schema, &index, sizeof index, error);
    if (status == FERRY_OK)
        status = ferry_schema_add_index(&schema, &index, sizeof index, error);
    if (status == FERRY_OK)
        status = ferry_schema_note(&schema, error, "a %s", "note");
    if (status == FERRY_OK)
        status = ferry_schema_check_names(&schema, error);
    if (status == FERRY_OK)
        status = ferry_schema_hash(&schema, hash, error);
    ferry_schema_done(&schema);
    return status;
}

static ferry_status work_on_batch(struct ferry_error *error)
{
    FERRY_AUTO_ERROR struct ferry_error first = {0};
    const struct ferry_batch_limits limits = {.rows = 30, .bytes = 1 << 20};
    static const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_TEXT};
    long saved = left;
    struct ferry_schema schema = {0};
    left = -1;
    (void)ferry_schema_add(&schema, &column, sizeof column, &first);
    left = saved;
    struct ferry_batch *batch = ferry_batch_new(&schema, &limits);
    bool enough = batch != NULL;
    for (size_t i = 0; enough && i < 20; i++) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        char *bytes = ferry_batch_bytes(batch, i * 20000);
        enough = bytes != NULL && ferry_batch_text(batch, &cells[0], "abc", 3) != 0;
    }
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
    return enough ? FERRY_OK : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
}

static ferry_status work_on_digest(struct ferry_error *error)
{
    static struct ferry_column column = {.name = "c", .type = FERRY_TYPE_TEXT};
    const struct ferry_schema schema = {.columns = &column, .count = 1};
    static const char letters[2000];
    struct ferry_digest *digest = ferry_digest_new(&schema);
    bool enough = digest != NULL;
    if (enough) /* a long value needs all that was made */
        ferry_digest_add(digest, &(const struct ferry_cell){.v.p = letters, .len = 2000});
    ferry_digest_free(digest);
    return enough ? FERRY_OK : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
}

static const struct ferry_option keys[] = {
    {.name = "host", .type = FERRY_OPTION_STRING, .help = "x", .default_value = "localhost"},
    {.name = "path", .type = FERRY_OPTION_PATH, .help = "x"},
    {.name = "size", .type = FERRY_OPTION_SIZE, .help = "x", .default_value = "1K"},
    {.name = "pairs", .type = FERRY_OPTION_PAIRS, .help = "x"},
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "x"},
};

static char *configuration;

static ferry_status work_on_configuration(struct ferry_error *error)
{
    struct ferry_config_file *file = NULL;
    struct ferry_config *config = NULL;
    char *secret = NULL;
    ferry_status status = ferry_config_file_open(configuration, &file, error);
    if (status == FERRY_OK) {
        config = ferry_config_new("connection", "c");
        if (config == NULL || !ferry_config_add_options(config, keys, COUNT(keys)))
            status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    }
    if (status == FERRY_OK)
        status = ferry_config_fill(config, file, config_root_setting(&file->tree), error);
    if (status == FERRY_OK)
        status = ferry_config_secret(config, "password", &secret, error);
    ferry_secret_free(secret);
    ferry_config_free(config);
    ferry_config_file_free(file);
    return status;
}

static ferry_status work_on_plan(struct ferry_error *error)
{
    struct ferry_plan plan = {0};
    struct ferry_connection *target = NULL;
    ferry_status status = ferry_connection_open(fake_config, FERRY_ROLE_TARGET, &target, error);
    if (status == FERRY_OK)
        status = add_columns(&plan.schema, 3, error);
    if (status == FERRY_OK)
        status = ferry_plan_negotiate(&plan, target, "t", NULL, error);
    ferry_plan_done(&plan);
    ferry_connection_close(target);
    return status;
}

/* A table that is there, with an index and other clauses; its definition is kept, or not. */
static enum ferry_keeps keeps;

static ferry_status work_on_plan_of_table(struct ferry_error *error)
{
    static const struct ferry_column existing[] = {
        {.name = "column 0", .native = "T", .type = FERRY_TYPE_TEXT, .clauses = "UNIQUE"},
        {.name = "column 1", .native = "T", .type = FERRY_TYPE_TEXT}};
    struct ferry_plan plan = {.keeps = keeps};
    struct ferry_connection *target = NULL;
    fake.exists = fake.own = 1;
    fake.existing = existing;
    fake.existing_count = 2;
    ferry_status status = ferry_connection_open(fake_config, FERRY_ROLE_TARGET, &target, error);
    if (status == FERRY_OK)
        status = add_columns(&plan.described, 2, error);
    if (status == FERRY_OK)
        status = ferry_plan_take_columns(&plan, error);
    if (status == FERRY_OK) {
        plan.indexes = calloc(1, sizeof *plan.indexes);
        plan.index_count = plan.indexes != NULL;
        status = plan.indexes == NULL ? ferry_fail(error, FERRY_ERR_SYSTEM, "no index")
                                      : ferry_plan_negotiate(&plan, target, "t", NULL, error);
    }
    if (status == FERRY_OK) {
        assert_int_equal(plan.schema.count, 2);
        assert_int_equal(plan.action,
                         keeps == FERRY_KEEPS_NOTHING ? FERRY_TABLE_REBUILD : FERRY_TABLE_KEEP);
        assert_string_equal(
            ferry_strbuf_text(&plan.difference),
            keeps == FERRY_KEEPS_NOTHING ? "column 'column 0' was T UNIQUE and becomes T" : "");
        assert_int_equal(plan.schema.note_count, keeps != FERRY_KEEPS_NOTHING);
    }
    ferry_plan_done(&plan);
    ferry_connection_close(target);
    return status;
}

static ferry_status work_on_pump(struct ferry_error *error)
{
    static const struct ferry_read read = {.text = "v", .kind = FERRY_READ_VIEW};
    struct ferry_connection *source = NULL, *target = NULL;
    struct ferry_schema schema = {0};
    struct ferry_pump pump = {0};
    struct ferry_load *load = NULL;
    fake.cancelled = false;
    ferry_status status = ferry_connection_open(fake_config, FERRY_ROLE_SOURCE, &source, error);
    if (status == FERRY_OK)
        status = ferry_connection_open(fake_config, FERRY_ROLE_TARGET, &target, error);
    if (status == FERRY_OK)
        status = ferry_source_describe(source, &read, &schema, error);
    const struct ferry_change_spec change_spec = {.job = "j"};
    const struct ferry_layout layout = {.table = "t", .schema = &schema};
    const struct ferry_load_spec spec = {.layout = &layout};
    struct ferry_change *change = NULL;
    if (status == FERRY_OK)
        status = ferry_target_change_begin(target, &change_spec, &change, error);
    if (status == FERRY_OK)
        status = ferry_target_load_begin(change, &spec, &load, error);
    pump.feed = ferry_feed_source(source, &read, &schema);
    pump.sink = ferry_sink_load(load, target);
    if (status == FERRY_OK)
        status = ferry_pump_run(&pump, error);
    if (status == FERRY_OK)
        assert_int_equal(fake.loaded, fake.rows);
    ferry_target_change_abort(change);
    ferry_connection_close(source);
    ferry_connection_close(target);
    ferry_schema_done(&schema);
    return status;
}

/* What stands between describe and the target. */
static ferry_status work_on_wishes(struct ferry_error *error)
{
    struct ferry_plan plan = {0};
    const struct ferry_index index = {.columns = (const char *const[]){"column 1"},
                                      .column_count = 1};
    const struct ferry_key_rules keys_wanted = {.wanted = &index, .wanted_count = 1};
    struct ferry_job job = {0};
    struct ferry_config_file *file = NULL;
    struct ferry_config *config = ferry_config_new("job", "j");
    ferry_status status = FERRY_OK;
    if (config == NULL ||
        !ferry_config_add_options(config, ferry_job_options, ferry_job_option_count))
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    if (status == FERRY_OK)
        status = ferry_config_file_open(configuration, &file, error);
    if (status == FERRY_OK)
        status = ferry_config_fill(config, file, config_root_setting(&file->tree), error);
    if (status == FERRY_OK)
        status = ferry_job_read(&job, config, error);
    if (status == FERRY_OK)
        status = add_columns(&plan.described, 2, error);
    if (status == FERRY_OK)
        status = ferry_schema_add_index(&plan.described, &index, sizeof index, error);
    if (status == FERRY_OK)
        status = ferry_plan_take_columns(&plan, error);
    if (status == FERRY_OK) {
        plan.schema.columns[0].key_position = 1;
        status = ferry_keys_plan(&plan, &keys_wanted, error);
    }
    if (status == FERRY_OK)
        status = ferry_wish_fill(&plan, &job.tasks[0].columns, error);
    if (status == FERRY_OK)
        ferry_zero_date_prepare(&plan);
    ferry_plan_done(&plan);
    ferry_job_done(&job);
    ferry_config_free(config);
    ferry_config_file_free(file);
    return status;
}

/* The same lists, from words of the command line. */
static ferry_status work_on_words(struct ferry_error *error)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_USAGE};
    static const char *const words[][2] = {{"name", "j"},
                                           {"view", "v"},
                                           {"columns.a.b.type", "REAL"},
                                           {"columns.c.decimal", "text"},
                                           {"columns.a.b.zero_date", "null"}};
    struct ferry_job job = {0};
    struct ferry_config *index = NULL;
    struct ferry_config *config = ferry_config_new("job", "j");
    ferry_status status = FERRY_OK;
    if (config == NULL ||
        !ferry_config_add_options(config, ferry_job_options, ferry_job_option_count))
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    for (size_t i = 0; i < COUNT(words) && status == FERRY_OK; i++)
        status = ferry_config_set_word(config, words[i][0], words[i][1], &origin, error);
    if (status == FERRY_OK)
        status = ferry_config_add_group(config, "indexes", NULL, &origin, &index, error);
    if (status == FERRY_OK)
        status = ferry_config_set_word(index, "columns", "a.b,c", &origin, error);
    if (status == FERRY_OK)
        status = ferry_config_finish(config, &origin, error);
    if (status == FERRY_OK)
        status = ferry_job_read(&job, config, error);
    if (status == FERRY_OK)
        assert_int_equal(job.tasks[0].columns.count, 2);
    ferry_job_done(&job);
    ferry_config_free(config);
    return status;
}

static void test_words(void **state)
{
    (void)state;
    torture(work_on_words);
}

static void test_wishes(void **state)
{
    (void)state;
    static const char text[] = "name = \"j\"; view = \"v\"; decimal = \"text\";\n"
                               "indexes = ( { columns = [\"column 1\"]; name = \"x\"; } );\n"
                               "columns = ( { name = \"column 0\"; type = \"REAL\"; },\n"
                               "            { name = \"column 1\"; zero_date = \"null\"; } );\n";
    char *folder = make_folder();
    configuration = write_file(folder, "a.conf", text, sizeof text - 1, 0600);
    torture(work_on_wishes);
    free(configuration);
    remove_folder(folder);
}

static void test_schema(void **state)
{
    (void)state;
    torture(work_on_schema);
}

static void test_batch(void **state)
{
    (void)state;
    torture(work_on_batch);
}

static void test_digest(void **state)
{
    (void)state;
    torture(work_on_digest);
}

static void test_configuration(void **state)
{
    (void)state;
    static const char text[] = "host = \"h\"; path = \"sub/x\"; size = \"2M\";\n"
                               "pairs = { a = \"1\"; b = \"2\"; }; password = \"s3cret\";\n";
    char *folder = make_folder();
    configuration = write_file(folder, "a.conf", text, sizeof text - 1, 0600);
    torture(work_on_configuration);
    free(configuration);
    remove_folder(folder);
}

static void test_plan(void **state)
{
    (void)state;
    static const struct ferry_column existing[] = {
        {.name = "column 0", .native = "T", .type = FERRY_TYPE_TEXT},
        {.name = "other", .native = "T", .type = FERRY_TYPE_TEXT},
    };
    fake.exists = 1;
    fake.existing = existing;
    fake.existing_count = COUNT(existing);
    fake.note = "a note";
    torture(work_on_plan);
}

/* An error that cannot be kept is still an error. */
static void test_plan_of_table(void **state)
{
    (void)state;
    keeps = FERRY_KEEPS_NOTHING;
    torture(work_on_plan_of_table);
    keeps = FERRY_KEEPS_UNKNOWN;
    torture(work_on_plan_of_table);
}

static ferry_status work_on_record(struct ferry_error *error)
{
    struct ferry_schema schema = {0};
    struct ferry_record record = {0};
    ferry_status status = add_columns(&schema, 2, error);
    if (status == FERRY_OK)
        status = ferry_record_begin(&record, "t", "1f", error);
    assert_int_equal(ferry_record_table(&record) != NULL, status == FERRY_OK);
    if (status == FERRY_OK)
        status = ferry_record_set_number(&record, FERRY_RECORD_ROWS, 7, error);
    if (status == FERRY_OK)
        status = ferry_record_finish(&record, &schema, error);
    if (status == FERRY_OK) {
        assert_string_equal(ferry_record_table(&record), "t");
        assert_string_equal(ferry_record_value(&record, FERRY_RECORD_RUN_ID), "1f");
        assert_string_equal(ferry_record_value(&record, FERRY_RECORD_ROWS), "7");
        assert_non_null(ferry_record_value(&record, FERRY_RECORD_STARTED));
        assert_non_null(ferry_record_value(&record, FERRY_RECORD_FINISHED));
        assert_int_equal(strlen(ferry_record_value(&record, FERRY_RECORD_SCHEMA_HASH)), 16);
    }
    ferry_record_done(&record);
    ferry_schema_done(&schema);
    return status;
}

static void test_record(void **state)
{
    (void)state;
    torture(work_on_record);
}

static void test_errors(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    left = 0;
    ferry_status status = ferry_fail(&error, FERRY_ERR_BUSY, "table '%s' is locked", "t");
    left = -1;
    assert_int_equal(status, FERRY_ERR_BUSY);
    assert_non_null(error.message);
    left = 0;
    ferry_error_prefix(&error, "connection '%s': ", "c");
    left = -1;
    assert_int_equal(error.status, FERRY_ERR_BUSY);
    ferry_error_clear(&error);
    assert_null(error.message);
}

static void test_pump(void **state)
{
    (void)state;
    fake.rows = 5000;
    torture(work_on_pump);
}

/* ---- A whole run ---- */

static ferry_status stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err)
{
    (void)load, (void)layout, (void)scan, (void)err;
    fake_next = 1;
    *ret_cursor = conn;
    return FERRY_OK;
}

static void stored_end(void *cursor)
{
    (void)cursor;
}

/* No record is kept that lacks what is filled in last. */
static ferry_status commit_whole(void *change, const struct ferry_record *const *records,
                                 size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    assert_int_equal(record_count, 1);
    assert_non_null(ferry_record_value(records[0], FERRY_RECORD_SCHEMA_HASH));
    return fake_change_commit(change, records, record_count, outcome, err);
}

static struct ferry_job run_job;

/* Nobody draws what is not there. */
static ferry_status work_on_begin(struct ferry_error *error)
{
    struct ferry_run run = {0};
    ferry_status status = ferry_run_begin(&run, &run_job, NULL, error);
    assert_int_equal(run.watch.tick != NULL, status == FERRY_OK);
    if (status == FERRY_OK)
        status = ferry_run_begin_records(&run, error);
    ferry_run_end(&run, status, NULL);
    return status;
}

static ferry_status work_on_run(struct ferry_error *error)
{
    struct ferry_sync_result result = {0};
    return ferry_sync_run(&run_job, NULL, &result, error);
}

static ferry_status work_on_comparison(struct ferry_error *error)
{
    struct ferry_sync_result result = {0};
    return ferry_sync_verify(&run_job, NULL, &result, error);
}

/* A table that is compared by content, whose rows the fake has stored as they were. */
static void test_run(void **state)
{
    (void)state;
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    static const struct ferry_option limits[] = {
        {.name = "run_timeout", .type = FERRY_OPTION_DURATION, .default_value = "0s", .help = "-"},
        {.name = "stall_timeout",
         .type = FERRY_OPTION_DURATION,
         .default_value = "0s",
         .help = "-"},
    };
    static const struct ferry_column existing[] = {
        {.name = "id", .native = "T", .type = FERRY_TYPE_TEXT},
        {.name = "text", .native = "T", .type = FERRY_TYPE_TEXT},
    };
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_task tasks[2] = {{
        .read = {.text = "v", .kind = FERRY_READ_VIEW},
        .table = "t",
        .guards.max_shrink_percent = -1,
        .verify = FERRY_VERIFY_CONTENT,
    }};
    tasks[1] = tasks[0];
    run_job = (struct ferry_job){.name = "job",
                                 .route = {.source = fake_config, .target = fake_config},
                                 .tasks = tasks,
                                 .task_count = COUNT(tasks)};
    assert_true(ferry_config_add_options(fake_config, limits, COUNT(limits)));
    assert_int_equal(ferry_config_finish(fake_config, &origin, &error), FERRY_OK);
    fake.rows = 3;
    fake.exists = 1;
    fake.existing = existing;
    fake.existing_count = COUNT(existing);
    fake_handle.tells_stored = true;
    fake_handle.target.stored_begin = stored_begin;
    fake_handle.target.stored_batch = fake_read_batch;
    fake_handle.target.stored_end = stored_end;
    fake_handle.target.change_commit = commit_whole;
    torture(work_on_begin);
    run_job.task_count = 1;
    torture(work_on_run);
    torture(work_on_comparison);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema),        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_configuration), WITH_FAKE(test_plan),
        WITH_FAKE(test_plan_of_table),        cmocka_unit_test(test_record),
        cmocka_unit_test(test_errors),        WITH_FAKE(test_pump),
        cmocka_unit_test(test_wishes),        cmocka_unit_test(test_words),
        cmocka_unit_test(test_digest),        WITH_FAKE(test_run),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
