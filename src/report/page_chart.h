/* The charts of a job's last runs, as SVG within the page. */

#ifndef FERRY_PAGE_CHART_H
#define FERRY_PAGE_CHART_H

#include "report/page.h"

/* Where the runs of a job stand in all its charts.  Start by ferry_timeline_begin(). */
struct ferry_timeline {
    const struct ferry_page_job *job;
    size_t number;    /* of the job on the page, for ids */
    int64_t *moments; /* of each run */
    size_t *places;   /* of each run, in widths of one */
    size_t width;     /* of all */
};

/* False: out of memory, and there is nothing to free. */
bool ferry_timeline_begin(struct ferry_timeline *ret_timeline, const struct ferry_page_job *job,
                          size_t number);
void ferry_timeline_done(struct ferry_timeline *timeline);

/* A <figure> each of the time that the runs took, of rows, and of changes. */
void ferry_page_add_charts(struct ferry_strbuf *html, const struct ferry_timeline *timeline);
/* A small picture of which of the last runs went well. */
void ferry_page_add_strip(struct ferry_strbuf *html, const struct ferry_page_job *job);

#endif
