/* What is told of one run of one job after it has ended: to its history, to whoever watches it, and
 * to programs. */

#ifndef FERRY_REPORT_H
#define FERRY_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

#define FERRY_REPORT_NONE INT64_C(-1) /* of a number or a moment that there is not */

/* What became of a run.  What ends it without a word is found out by a later one. */
enum ferry_run_state {
    FERRY_RUN_RUNNING,
    FERRY_RUN_DONE,
    FERRY_RUN_UNCHANGED, /* done: the source says so, and nothing was read */
    FERRY_RUN_FALLBACK,  /* done, but read from the fallback source */
    FERRY_RUN_FAILED,
    FERRY_RUN_STOPPED, /* by a signal */
    FERRY_RUN_LEFT,    /* to another run that was at work on the table: nothing was done */
    FERRY_RUN_KILLED,
    FERRY_RUN_STATES,
};

/* "running", "done", ... */
const char *ferry_run_state_name(int64_t state);
/* False of a name that is none. */
bool ferry_run_state_read(const char *name, int64_t *ret_state);
/* Whether the run tells nothing of its job: it goes on, or has left all to another one. */
bool ferry_run_state_is_mute(int64_t state);
/* Whether the tables held the source's rows after it. */
bool ferry_run_state_is_success(int64_t state);

/* Start by ferry_report_begin().  Texts are the report's own, and NULL where there is none. */
struct ferry_report {
    char *job;
    char *run_id; /* of the last attempt */
    int64_t state;
    int64_t started_ms; /* since 1970, UTC; so are all moments */
    int64_t ended_ms;
    int64_t elapsed_ms;
    char *phases; /* a JSON object: seconds by the name of the phase */
    int64_t rows, rows_before, inserted, updated, deleted, unchanged, bytes;
    char *source, *fallback, *target; /* names of connections */
    int64_t attempts;
    int64_t exit_code; /* of a process that had done nothing else; 128 and the number of a signal */
    char *message;     /* what the last line of the log says */
    char *version;     /* of dbferry */
    /* Who did it, so that others can tell whether it is still at work. */
    char *host;
    int64_t pid;
    int64_t process_started; /* as the system counts it; distinguishes those of one pid */
};

enum ferry_report_type {
    FERRY_REPORT_TEXT,
    FERRY_REPORT_NUMBER,
    FERRY_REPORT_STATE,
    FERRY_REPORT_MOMENT,  /* milliseconds here; RFC 3339 where it is written */
    FERRY_REPORT_SECONDS, /* milliseconds here */
    FERRY_REPORT_JSON,
};

struct ferry_report_field {
    const char *name; /* of the history's column */
    enum ferry_report_type type;
    size_t offset; /* in struct ferry_report */
    /* Its name in JSON, where "version" is that of a record's form; NULL: it is the history's
     * alone. */
    const char *told_as;
};
extern const struct ferry_report_field ferry_report_fields[];
extern const size_t ferry_report_field_count;

/* The member of a field that is a text, or that is not. */
char **ferry_report_text(const struct ferry_report *report, const struct ferry_report_field *field);
int64_t *ferry_report_number(const struct ferry_report *report,
                             const struct ferry_report_field *field);
bool ferry_report_field_is_text(const struct ferry_report_field *field);

/* A run of `job` begins now, in this process.  False: out of memory, and there is nothing to free.
 */
bool ferry_report_begin(struct ferry_report *ret_report, const char *job);
/* All of it, to be freed by itself.  False: out of memory, and there is nothing to free. */
bool ferry_report_copy(struct ferry_report *ret_report, const struct ferry_report *report);
/* Frees what it holds and makes it empty. */
void ferry_report_done(struct ferry_report *report);
/* Puts a copy of a text (or NULL) in the place of another one; what cannot be copied is none. */
void ferry_report_set(char **place, const char *text);

/* `"job":"erp","run_id":...`: each field that is told, without the braces; null where it has no
 * value. */
void ferry_report_add_json(struct ferry_strbuf *text, const struct ferry_report *report);

#endif
