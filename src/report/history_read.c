/* Reports read back from the history. */

#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "report/history_file.h"

/* Whoever else may write the file may have put anything into it. */
static int64_t read_number(sqlite3_stmt *statement, int at, enum ferry_report_type type)
{
    const char *text = (const char *)sqlite3_column_text(statement, at);
    int64_t value = FERRY_REPORT_NONE;
    if (text == NULL)
        return FERRY_REPORT_NONE;
    if (type == FERRY_REPORT_STATE)
        return ferry_run_state_read(text, &value) ? value : FERRY_RUN_FAILED;
    if (type == FERRY_REPORT_MOMENT)
        return ferry_clock_read(text, &value) ? value : FERRY_REPORT_NONE;
    if (type != FERRY_REPORT_SECONDS)
        return sqlite3_column_int64(statement, at);
    double seconds = sqlite3_column_double(statement, at);
    return seconds >= 0 && seconds < 1e12 ? (int64_t)(seconds * 1000 + 0.5) : FERRY_REPORT_NONE;
}

/* Its columns are the fields, in their order.  False: out of memory. */
static bool read_report(sqlite3_stmt *statement, struct ferry_report *ret_report)
{
    struct ferry_report report = {0};
    for (size_t i = 0; i < ferry_report_field_count; i++) {
        const struct ferry_report_field *field = &ferry_report_fields[i];
        if (ferry_report_field_is_text(field))
            ferry_report_set(ferry_report_text(&report, field),
                             (const char *)sqlite3_column_text(statement, (int)i));
        else
            *ferry_report_number(&report, field) = read_number(statement, (int)i, field->type);
    }
    if (report.job == NULL) {
        ferry_report_done(&report);
        return false;
    }
    *ret_report = report;
    return true;
}

/* What is no JSON is none. */
static ferry_status prepare(struct ferry_history *history, const char *from,
                            sqlite3_stmt **ret_statement, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf sql = {0};
    for (size_t i = 0; i < ferry_report_field_count; i++) {
        const struct ferry_report_field *field = &ferry_report_fields[i];
        ferry_strbuf_addf(&sql,
                          field->type == FERRY_REPORT_JSON ? "%s iif(json_valid(r.%s), r.%s, NULL)"
                                                           : "%s r.%s%.0s",
                          i == 0 ? "SELECT" : ",", field->name, field->name);
    }
    ferry_strbuf_addf(&sql, " FROM %s", from);
    return sql.failed
               ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the history")
               : ferry_history_prepare(history, ferry_strbuf_text(&sql), ret_statement, error);
}

static ferry_status find_one(struct ferry_history *history, const char *from, const char *job,
                             struct ferry_report *ret_report, struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = prepare(history, from, &statement, error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, job, -1, SQLITE_STATIC);
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) {
        *ret_report = (struct ferry_report){0};
        return FERRY_OK;
    }
    if (code != SQLITE_ROW)
        return ferry_history_fail(history, "read it", error);
    return read_report(statement, ret_report)
               ? FERRY_OK
               : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the history");
}

ferry_status ferry_history_find(struct ferry_history *history, const char *job,
                                struct ferry_report *ret_last, struct ferry_report *ret_success,
                                struct ferry_error *error)
{
    struct ferry_report last = {0};
    ferry_status status =
        find_one(history, "job AS j JOIN run AS r ON r.id = j.last_run WHERE j.name = ?1", job,
                 &last, error);
    if (status != FERRY_OK)
        return status;
    status = find_one(history, "job AS j JOIN run AS r ON r.id = j.last_success WHERE j.name = ?1",
                      job, ret_success, error);
    if (status == FERRY_OK)
        *ret_last = last;
    else
        ferry_report_done(&last);
    return status;
}

ferry_status ferry_history_each(struct ferry_history *history, const char *job, int64_t most,
                                ferry_history_visit *visit, void *data, struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = prepare(history, "run AS r WHERE r.job = ?1 ORDER BY r.id DESC LIMIT ?2",
                                  &statement, error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, job, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, most);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct ferry_report report = {0};
        if (!read_report(statement, &report))
            return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the history");
        status = visit(data, &report, error);
        ferry_report_done(&report);
        if (status != FERRY_OK)
            return status;
    }
    return code == SQLITE_DONE ? FERRY_OK : ferry_history_fail(history, "read it", error);
}
