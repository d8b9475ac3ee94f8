/* Findings are kept first and printed then, one line each: mark, subject, text, and what to do. */

#include "command/check_report.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "command/events.h"

#define SUBJECT_LIMIT ((size_t)400)
#define TEXT_LIMIT ((size_t)4000)

/* What cannot be kept counts all the same. */
static void add(struct ferry_check *check, enum ferry_finding_level level, ferry_status status,
                const char *subject, const char *mend, const char *format, va_list arguments)
    FERRY_PRINTF(6, 0);
static void add(struct ferry_check *check, enum ferry_finding_level level, ferry_status status,
                const char *subject, const char *mend, const char *format, va_list arguments)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addv(&text, format, arguments);
    if (ferry_findings_add(&check->findings, level, status, subject, mend, &error, "%s",
                           ferry_strbuf_text(&text)) != FERRY_OK)
        check->lost = ferry_error_graver(check->lost, ferry_error_graver(status, error.status));
}

void ferry_check_ok(struct ferry_check *check, const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(check, FERRY_FINDING_OK, FERRY_OK, subject, "", format, arguments);
    va_end(arguments);
}

void ferry_check_warn(struct ferry_check *check, const char *subject, const char *mend,
                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(check, FERRY_FINDING_WARNING, FERRY_OK, subject, mend, format, arguments);
    va_end(arguments);
}

static void add_failure(struct ferry_check *check, ferry_status status, const char *subject,
                        const char *format, ...) FERRY_PRINTF(4, 5);
static void add_failure(struct ferry_check *check, ferry_status status, const char *subject,
                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(check, FERRY_FINDING_FAILURE, status, subject, "", format, arguments);
    va_end(arguments);
}

ferry_status ferry_check_fail(struct ferry_check *check, const char *subject,
                              struct ferry_error *error)
{
    ferry_status status = error->status;
    add_failure(check, status, subject, "%s", error->message);
    ferry_error_clear(error);
    return status;
}

ferry_status ferry_check_outcome(const struct ferry_check *check)
{
    ferry_status outcome = check->lost;
    for (size_t i = 0; i < check->findings.count; i++)
        outcome = ferry_error_graver(outcome, check->findings.list[i].status);
    return outcome;
}

static void print_finding(const struct ferry_finding *finding)
{
    static const char *const marks[] = {
        [FERRY_FINDING_OK] = "ok",
        [FERRY_FINDING_WARNING] = "warn",
        [FERRY_FINDING_FAILURE] = "FAIL",
    };
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_escape_text(&line, finding->subject, strlen(finding->subject), SUBJECT_LIMIT);
    ferry_strbuf_add(&line, ": ");
    ferry_escape_text(&line, finding->text, strlen(finding->text), TEXT_LIMIT);
    if (finding->mend[0] != '\0') {
        ferry_strbuf_add(&line, "; ");
        ferry_escape_text(&line, finding->mend, strlen(finding->mend), TEXT_LIMIT);
    }
    (void)printf("%-4s  %s\n", marks[finding->level], ferry_strbuf_text(&line));
}

void ferry_check_tell(struct ferry_check *check)
{
    for (; check->told < check->findings.count; check->told++)
        if (ferry_events_are_enabled())
            ferry_event_write_finding(&check->findings.list[check->told]);
        else
            print_finding(&check->findings.list[check->told]);
    (void)fflush(stdout);
}

ferry_status ferry_check_end(struct ferry_check *check)
{
    ferry_status outcome = ferry_check_outcome(check);
    ferry_check_tell(check);
    ferry_findings_done(&check->findings);
    *check = (struct ferry_check){0};
    return outcome;
}
