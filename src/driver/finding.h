/* The list of what was found where connections, files and folders were examined: filled by drivers
 * and by the core, kept apart from how it is told. */

#ifndef FERRY_FINDING_H
#define FERRY_FINDING_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

enum ferry_finding_level { FERRY_FINDING_OK, FERRY_FINDING_WARNING, FERRY_FINDING_FAILURE };

struct ferry_finding {
    enum ferry_finding_level level;
    ferry_status status; /* of a failure: its class; else FERRY_OK */
    char *subject;       /* raw, as the next two: to be escaped by whoever tells them */
    char *text;
    char *mend; /* what to do; "" where all is well, or where the text says so itself */
};

/* Start as {0}. */
struct ferry_findings {
    struct ferry_finding *list;
    size_t count;
    const char *about; /* what is examined, put before each subject that is added; NULL: nothing */
};

/* Adds one by copies.  SYSTEM where there is no memory. */
ferry_status ferry_findings_add(struct ferry_findings *findings, enum ferry_finding_level level,
                                ferry_status status, const char *subject, const char *mend,
                                struct ferry_error *error, const char *format, ...)
    FERRY_PRINTF(7, 8);
/* Frees all and makes it empty. */
void ferry_findings_done(struct ferry_findings *findings);

#endif
