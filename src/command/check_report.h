/* What `check` has found of one job, or of the configuration: a list, its lines, and what it comes
 * to. */

#ifndef FERRY_CHECK_REPORT_H
#define FERRY_CHECK_REPORT_H

#include "driver/finding.h"

/* Start as {0}. */
struct ferry_check {
    struct ferry_findings findings;
    size_t told;       /* of them, those whose lines were printed */
    ferry_status lost; /* the gravest of failures for which there was no memory */
};

void ferry_check_ok(struct ferry_check *check, const char *subject, const char *format, ...)
    FERRY_PRINTF(3, 4);
void ferry_check_warn(struct ferry_check *check, const char *subject, const char *mend,
                      const char *format, ...) FERRY_PRINTF(4, 5);
/* Clears the error, whose message says what to do, and returns its class. */
ferry_status ferry_check_fail(struct ferry_check *check, const char *subject,
                              struct ferry_error *error);
/* The gravest failure so far; warnings do not count. */
ferry_status ferry_check_outcome(const struct ferry_check *check);
/* Prints the lines that were not printed yet, so that whoever watches sees how far it has come. */
void ferry_check_tell(struct ferry_check *check);
/* The same, frees the list and returns what it came to. */
ferry_status ferry_check_end(struct ferry_check *check);

#endif
