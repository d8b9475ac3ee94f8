/* Findings are copied into a list; a driver's are held against what they must say. */

#include "driver/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finding_done(struct ferry_finding *finding)
{
    free(finding->subject);
    free(finding->text);
    free(finding->mend);
}

static char *join(const char *about, const char *subject)
{
    char *joined = NULL;
    if (about == NULL)
        return strdup(subject);
    return asprintf(&joined, "%s, %s", about, subject) < 0 ? NULL : joined;
}

/* Takes over `text`, which is NULL where there was no memory for it. */
static ferry_status add(struct ferry_findings *findings, struct ferry_finding *added,
                        const char *subject, const char *mend, struct ferry_error *error)
{
    added->subject = join(findings->about, subject);
    added->mend = strdup(mend);
    struct ferry_finding *list = reallocarray(findings->list, findings->count + 1, sizeof *list);
    if (list != NULL)
        findings->list = list;
    if (list == NULL || added->subject == NULL || added->text == NULL || added->mend == NULL) {
        finding_done(added);
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for what was found");
    }
    list[findings->count++] = *added;
    return FERRY_OK;
}

static char *print(const char *format, va_list arguments) FERRY_PRINTF(1, 0);
static char *print(const char *format, va_list arguments)
{
    char *text = NULL;
    return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

ferry_status ferry_findings_add(struct ferry_findings *findings, enum ferry_finding_level level,
                                ferry_status status, const char *subject, const char *mend,
                                struct ferry_error *error, const char *format, ...)
{
    struct ferry_finding added = {.level = level, .status = status};
    va_list arguments;
    va_start(arguments, format);
    added.text = print(format, arguments);
    va_end(arguments);
    return add(findings, &added, subject, mend, error);
}

/* ---- A driver's ---- */

static bool is_said(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static ferry_status add_drivers(struct ferry_findings *findings, enum ferry_finding_level level,
                                ferry_status status, const char *subject, const char *mend,
                                struct ferry_error *err, const char *format, va_list arguments)
    FERRY_PRINTF(7, 0);
static ferry_status add_drivers(struct ferry_findings *findings, enum ferry_finding_level level,
                                ferry_status status, const char *subject, const char *mend,
                                struct ferry_error *err, const char *format, va_list arguments)
{
    bool is_failure = level == FERRY_FINDING_FAILURE;
    bool classed = is_failure == (status != FERRY_OK) && ferry_error_status_is_known(status);
    bool mended = level == FERRY_FINDING_OK || is_said(mend);
    struct ferry_finding added = {
        .level = level, .status = status, .text = print(format, arguments)};
    if (is_said(subject) && classed && mended && (added.text == NULL || is_said(added.text)))
        return add(findings, &added, subject, mend == NULL ? "" : mend, err);
    free(added.text);
    return ferry_fail(err, FERRY_ERR_INTERNAL,
                      "the driver has a finding without a %s; report this to its author",
                      !is_said(subject) ? "subject"
                      : !classed        ? "class"
                      : !mended         ? "word of what to do"
                                        : "text");
}

ferry_status ferry_finding_ok(struct ferry_findings *findings, struct ferry_error *err,
                              const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ferry_status status =
        add_drivers(findings, FERRY_FINDING_OK, FERRY_OK, subject, NULL, err, format, arguments);
    va_end(arguments);
    return status;
}

ferry_status ferry_finding_warn(struct ferry_findings *findings, struct ferry_error *err,
                                const char *subject, const char *mend, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ferry_status status = add_drivers(findings, FERRY_FINDING_WARNING, FERRY_OK, subject, mend, err,
                                      format, arguments);
    va_end(arguments);
    return status;
}

ferry_status ferry_finding_fail(struct ferry_findings *findings, struct ferry_error *err,
                                ferry_status status, const char *subject, const char *mend,
                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ferry_status added =
        add_drivers(findings, FERRY_FINDING_FAILURE, status, subject, mend, err, format, arguments);
    va_end(arguments);
    return added;
}

void ferry_findings_done(struct ferry_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        finding_done(&findings->list[i]);
    free(findings->list);
    findings->list = NULL;
    findings->count = 0;
}
