/* A job whose source the fake driver is, and how old it says its rows are: noon is now. */

#ifndef FERRY_UNIT_ENGINE_AGES_H
#define FERRY_UNIT_ENGINE_AGES_H

#include "fake.h"

#include <signal.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "base/signals.h"
#include "engine/fallback.h"

#define NOON INT64_C(1769860800000) /* 2026-01-31T12:00:00Z, as date(1) has it */

/* Stands before the C library's: it is noon, and stays so. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_REALTIME)
        return (int)syscall(SYS_clock_gettime, clock, now);
    *now = (struct timespec){.tv_sec = NOON / 1000};
    return 0;
}

/* What the fake tells of its rows; of the table "unknown" nothing, of "changed" only when. */
static struct ferry_freshness answer;
static const char *asked_table;

static inline ferry_status origins(void *conn, const struct ferry_read *read, const char *table,
                                   struct ferry_origins *told, struct ferry_error *err)
{
    assert_ptr_equal(conn, &fake);
    assert_non_null(read->text);
    asked_table = table;
    if (answer.reads_table)
        ferry_origins_include(told);
    if (answer.basis == FERRY_FRESHNESS_CHANGED || strcmp(read->text, "changed") == 0)
        ferry_origins_changed(told, answer.taken_ms);
    ferry_status status = fake_act("origins", err);
    return status == FERRY_OK ? ferry_origins_add(told, read->text, err) : status;
}

/* How much older than the answer the rows of these tables are. */
static struct ages {
    int64_t old_ms, middle_ms;
} ages;

static inline int64_t age_of(const char *table)
{
    return strcmp(table, "old") == 0      ? ages.old_ms
           : strcmp(table, "middle") == 0 ? ages.middle_ms
                                          : 0;
}

static inline ferry_status record_read(void *conn, const char *table, struct ferry_record *record,
                                       struct ferry_error *err)
{
    char moment[FERRY_CLOCK_TEXT];
    assert_ptr_equal(conn, &fake);
    assert_non_null(table);
    if (answer.basis != FERRY_FRESHNESS_RECORD || strcmp(table, "unknown") == 0 ||
        strcmp(table, "changed") == 0)
        return FERRY_OK;
    ferry_clock_print(answer.taken_ms - age_of(table), moment);
    return ferry_record_set(record, FERRY_RECORD_DATA_FROM, moment, err);
}

static char other_name[] = "other";
static struct ferry_config other = {.name = other_name};

/* What a job from make_job() has as its one table. */
static struct ferry_task task;

static inline struct ferry_job make_job(int64_t max_age_ms)
{
    other.driver = &fake_handle;
    fake_handle.source.origins = origins;
    fake_handle.driver.record_read = record_read;
    task = (struct ferry_task){
        .read = {.text = "v", .kind = FERRY_READ_VIEW},
        .fallback_read = {.text = "t", .kind = FERRY_READ_TABLE},
        .table = "t",
    };
    const struct ferry_job job = {
        .name = "job",
        .route = {.source = &other,
                  .target = &other,
                  .fallback = {.name = "main", .source = fake_config, .max_age_ms = max_age_ms}},
        .tasks = &task,
        .task_count = 1,
    };
    return job;
}

#define HOUR INT64_C(3600000)

static inline void warns_of(const struct ferry_job *job, const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *folder = make_folder(), *path = write_file(folder, "log", "", 0, 0600);
    const struct ferry_log_settings settings = {.file_level = FERRY_LOG_WARNING, .file = path};
    const struct ferry_provenance from = {.basis = FERRY_FRESHNESS_UNKNOWN};
    (void)ferry_log_open(&settings, &error);
    assert_no_error(&error);
    ferry_fallback_warn(job, &from, "no route");
    ferry_log_close();
    char *text = read_file(path);
    if (strstr(text, expected) == NULL)
        fail_msg("expected '%s', found %s", expected, text);
    free(text);
    free(path);
    remove_folder(folder);
}

#endif
