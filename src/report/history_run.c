/* What a run leaves in the history: a row when it begins, and all of it when it ends. */

#include <string.h>

#include "base/clock.h"
#include "report/history_file.h"
#include "report/process.h"

/* ---- Rows ---- */

static int bind_number(sqlite3_stmt *statement, int at, enum ferry_report_type type, int64_t value)
{
    char moment[FERRY_CLOCK_TEXT];
    if (type == FERRY_REPORT_STATE)
        return sqlite3_bind_text(statement, at, ferry_run_state_name(value), -1, SQLITE_STATIC);
    if (value == FERRY_REPORT_NONE)
        return sqlite3_bind_null(statement, at);
    if (type == FERRY_REPORT_SECONDS)
        return sqlite3_bind_double(statement, at, (double)value / 1000);
    if (type != FERRY_REPORT_MOMENT)
        return sqlite3_bind_int64(statement, at, value);
    ferry_clock_print(value, moment);
    return sqlite3_bind_text(statement, at, moment, -1, SQLITE_TRANSIENT);
}

/* Its parameters are the fields, in their order, from 1 on. */
static ferry_status bind_report(struct ferry_history *history, sqlite3_stmt *statement,
                                const struct ferry_report *report, struct ferry_error *error)
{
    for (size_t i = 0; i < ferry_report_field_count; i++) {
        const struct ferry_report_field *field = &ferry_report_fields[i];
        int at = (int)i + 1;
        int code =
            ferry_report_field_is_text(field)
                ? sqlite3_bind_text(statement, at, *ferry_report_text(report, field), -1,
                                    SQLITE_STATIC)
                : bind_number(statement, at, field->type, *ferry_report_number(report, field));
        if (code != SQLITE_OK)
            return ferry_history_fail(history, "write it", error);
    }
    return FERRY_OK;
}

static ferry_status write_report(struct ferry_history *history, const char *sql,
                                 const struct ferry_report *report, struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = ferry_history_prepare(history, sql, &statement, error);
    if (status == FERRY_OK)
        status = bind_report(history, statement, report, error);
    return status == FERRY_OK ? ferry_history_step(history, statement, error) : status;
}

static ferry_status insert_report(struct ferry_history *history, const struct ferry_report *report,
                                  struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf sql = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf values = {0};
    ferry_strbuf_add(&sql, "INSERT INTO run (");
    for (size_t i = 0; i < ferry_report_field_count; i++) {
        ferry_strbuf_addf(&sql, "%s%s", i == 0 ? "" : ", ", ferry_report_fields[i].name);
        ferry_strbuf_addf(&values, "%s?%zu", i == 0 ? "" : ", ", i + 1);
    }
    ferry_strbuf_addf(&sql, ") VALUES (%s)", ferry_strbuf_text(&values));
    return write_report(history, ferry_strbuf_text(&sql), report, error);
}

static ferry_status update_report(struct ferry_history *history, int64_t row,
                                  const struct ferry_report *report, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf sql = {0};
    ferry_strbuf_add(&sql, "UPDATE run SET ");
    for (size_t i = 0; i < ferry_report_field_count; i++)
        ferry_strbuf_addf(&sql, "%s%s = ?%zu", i == 0 ? "" : ", ", ferry_report_fields[i].name,
                          i + 1);
    ferry_strbuf_addf(&sql, " WHERE id = %lld", (long long)row);
    return write_report(history, ferry_strbuf_text(&sql), report, error);
}

/* A statement whose parameters are a job and a number. */
static ferry_status do_for_job(struct ferry_history *history, const char *sql, const char *job,
                               int64_t number, struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = ferry_history_prepare(history, sql, &statement, error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, job, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, number);
    return ferry_history_step(history, statement, error);
}

/* ---- Beginning ---- */

static const char open_rows[] = "SELECT id, host, pid, process_started FROM run"
                                " WHERE state = 'running' AND job = ?1";

/* Of another machine that shares the folder, nothing is known. */
static bool row_is_abandoned(sqlite3_stmt *statement, const char *host)
{
    const char *rows_host = (const char *)sqlite3_column_text(statement, 1);
    return rows_host == NULL || (strcmp(rows_host, host) == 0 &&
                                 !ferry_process_is_there(sqlite3_column_int64(statement, 2),
                                                         sqlite3_column_int64(statement, 3)));
}

static ferry_status end_abandoned(struct ferry_history *history, const struct ferry_report *report,
                                  struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int code;
    ferry_status status = ferry_history_prepare(history, open_rows, &statement, error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, report->job, -1, SQLITE_STATIC);
    while (status == FERRY_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
        if (row_is_abandoned(statement, report->host))
            status = do_for_job(history,
                                "UPDATE run SET state = 'killed', message = 'the process ended "
                                "without a word: it was killed, or the machine went down' "
                                "WHERE job = ?1 AND id = ?2",
                                report->job, sqlite3_column_int64(statement, 0), error);
    if (status != FERRY_OK)
        return status;
    return code == SQLITE_DONE ? FERRY_OK : ferry_history_fail(history, "read it", error);
}

static ferry_status write_beginning(struct ferry_history *history,
                                    const struct ferry_report *report, int64_t *ret_row,
                                    struct ferry_error *error)
{
    ferry_status status = end_abandoned(history, report, error);
    if (status == FERRY_OK)
        status = insert_report(history, report, error);
    if (status != FERRY_OK)
        return status;
    *ret_row = sqlite3_last_insert_rowid(history->db);
    return do_for_job(history,
                      "INSERT INTO job (name, last_run, runs) VALUES (?1, ?2, 1) "
                      "ON CONFLICT DO UPDATE SET last_run = ?2, runs = runs + 1",
                      report->job, *ret_row, error);
}

ferry_status ferry_history_begin(struct ferry_history *history, const struct ferry_report *report,
                                 int64_t *ret_row, struct ferry_error *error)
{
    int64_t row = 0;
    ferry_status status = ferry_history_do(history, "BEGIN IMMEDIATE", error);
    if (status != FERRY_OK)
        return status;
    status = ferry_history_commit(history, write_beginning(history, report, &row, error), error);
    if (status == FERRY_OK)
        *ret_row = row;
    return status;
}

/* ---- Ending ---- */

/* The run before it is still the last that has something to say. */
static const char hand_back[] = "UPDATE job SET last_run = coalesce((SELECT id FROM run WHERE"
                                " job = ?1 AND state <> 'left' ORDER BY id DESC LIMIT 1), ?2)"
                                " WHERE name = ?1";

static ferry_status write_end(struct ferry_history *history, int64_t row,
                              const struct ferry_report *report,
                              const struct ferry_history_keep *keep, struct ferry_error *error)
{
    ferry_status status = update_report(history, row, report, error);
    if (status == FERRY_OK && ferry_run_state_is_success(report->state))
        status = do_for_job(history, "UPDATE job SET last_success = ?2 WHERE name = ?1",
                            report->job, row, error);
    if (status == FERRY_OK && report->state == FERRY_RUN_LEFT)
        status = do_for_job(history, hand_back, report->job, row, error);
    return status == FERRY_OK ? ferry_history_forget(history, report->job, keep, error) : status;
}

ferry_status ferry_history_end(struct ferry_history *history, int64_t row,
                               const struct ferry_report *report,
                               const struct ferry_history_keep *keep, struct ferry_error *error)
{
    ferry_status status = ferry_history_do(history, "BEGIN IMMEDIATE", error);
    return status == FERRY_OK
               ? ferry_history_commit(history, write_end(history, row, report, keep, error), error)
               : status;
}
