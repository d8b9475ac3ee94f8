/* The page that shows how jobs went: one HTML file that needs nothing else, made of the history. */

#ifndef FERRY_PAGE_H
#define FERRY_PAGE_H

#include <stdio.h>

#include "report/standing.h"

/* The caller sets the name, which must live as long as the page, and what is expected. */
struct ferry_page_job {
    const char *name;
    int64_t expect_every_ms; /* 0: nothing is expected */
    struct ferry_standing standing;
    struct ferry_report *runs; /* the oldest first */
    size_t run_count;
};

struct ferry_page {
    struct ferry_page_job *jobs; /* the caller's, as is the array */
    size_t job_count;
    int64_t made_ms; /* now */
};

/* How many runs of each job a page shows: fewer where there are many jobs, so that a browser can
 * bear it. */
size_t ferry_page_most_runs(size_t job_count);

/* Reads what the history has of the jobs (NULL: there is none yet).  What was read is to be freed
 * by ferry_page_done(), also after a failure. */
ferry_status ferry_page_read(struct ferry_page *page, struct ferry_history *history,
                             struct ferry_error *error);
void ferry_page_done(struct ferry_page *page);

/* Prints it.  FERRY_ERR_SYSTEM where memory is short; what the file came to, its own flag says. */
ferry_status ferry_page_print(const struct ferry_page *page, FILE *file, struct ferry_error *error);

#endif
