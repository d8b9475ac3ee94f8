/* Errors: a class that decides what happens next, and a message for a person. */

#ifndef FERRY_ERROR_H
#define FERRY_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#include "dbferry/driver.h"

/* Exit codes that are not the class of an error. */
#define FERRY_EXIT_OK 0

/* What a job comes to that is done, but read its rows from its fallback: no error, and no status
 * that a driver may return.  It has a row in the table of classes for its exit code. */
#define FERRY_DONE_FROM_FALLBACK 16

/* Start as {0}; status is FERRY_OK until ferry_fail() is called.  `message` is escaped, one line,
 * never NULL once status is set. */
struct ferry_error {
    ferry_status status;
    bool may_pass;    /* the driver said so */
    bool held_by_run; /* so it did, of BUSY: another run has the table */
    uint32_t role;    /* FERRY_ROLE_ of the connection that failed; 0: none, or not known */
    char *message;
};

/* Frees the message and makes the error usable again. */
void ferry_error_clear(struct ferry_error *error);
/* `from` is empty afterwards; what `to` held is freed. */
void ferry_error_move(struct ferry_error *to, struct ferry_error *from);

/* The va_list twin of ferry_fail(), with text put before the message (or NULL). */
ferry_status ferry_fail_prefixed(struct ferry_error *error, ferry_status status, const char *prefix,
                                 const char *format, va_list arguments) FERRY_PRINTF(4, 0);

/* Put `prefix` (escaped) before the message of an error that is set; for context that only the
 * caller knows.  Out of memory leaves the message as it is. */
void ferry_error_prefix(struct ferry_error *error, const char *format, ...) FERRY_PRINTF(2, 3);

/* Whether a failure of a class may be gone at the next attempt. */
enum ferry_passing {
    FERRY_PASSES_NEVER,
    FERRY_PASSES_IF_SAID, /* by ferry_error_may_pass() */
    FERRY_PASSES,
};

/* One row per class: the only place that ties a class to its exit code. */
struct ferry_error_class {
    ferry_status status;
    const char *name; /* as drivers, logs and tests spell it: "unreachable" */
    int exit_code;
    const char *meaning; /* one line for the manual and --help */
    enum ferry_passing passes;
};

/* The class of `status`; that of FERRY_ERR_INTERNAL for a number that is none. */
const struct ferry_error_class *ferry_error_class_of(ferry_status status);
/* All classes, gravest first; `*ret_count` of them. */
const struct ferry_error_class *ferry_error_classes(size_t *ret_count);
/* The class of a call of the system that failed with `cause`: `otherwise`, unless memory or
 * descriptors ran out. */
ferry_status ferry_error_class_of_errno(int cause, ferry_status otherwise);
bool ferry_error_status_is_known(ferry_status status);
/* Whether it may help to try again, by the class and what the driver said. */
bool ferry_error_is_passing(const struct ferry_error *error);

/* Whether another run is at work on what this one wanted, by the class and what the driver said. */
bool ferry_error_is_of_other_run(const struct ferry_error *error);

/* Of two outcomes (FERRY_OK allowed) the one that decides the exit code. */
ferry_status ferry_error_graver(ferry_status a, ferry_status b);

#define FERRY_AUTO_ERROR __attribute__((cleanup(ferry_error_clear)))

#endif
