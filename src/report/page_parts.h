/* The parts of which a page is put together. */

#ifndef FERRY_PAGE_PARTS_H
#define FERRY_PAGE_PARTS_H

#include "report/page.h"

/* How a job stands, in one word: the worst that can be said of it. */
enum ferry_verdict {
    FERRY_VERDICT_FAILED, /* its last run that has ended */
    FERRY_VERDICT_LATE,
    FERRY_VERDICT_FALLBACK,
    FERRY_VERDICT_NONE, /* no run has ended yet */
    FERRY_VERDICT_WELL,
    FERRY_VERDICTS,
};
struct ferry_verdict_words {
    const char *name;  /* of its class in the style */
    const char *label; /* "on fallback" */
};
extern const struct ferry_verdict_words ferry_verdicts[FERRY_VERDICTS];

enum ferry_verdict ferry_page_judge(const struct ferry_page_job *job);
/* The last run that has ended; NULL: none has. */
const struct ferry_report *ferry_page_last_ended(const struct ferry_page_job *job);
/* Which of them a run belongs to, whose colour it then has; a number of ferry_verdicts. */
enum ferry_verdict ferry_page_judge_run(const struct ferry_report *run);

/* How many jobs there are of each; a late one that has failed, too, counts as late as well. */
void ferry_page_count_verdicts(const struct ferry_page *page, size_t ret_counts[FERRY_VERDICTS]);

/* The style of the whole page. */
extern const char ferry_page_style[];

#define FERRY_PAGE_NAME 200     /* bytes of a name that are shown */
#define FERRY_PAGE_MESSAGE 4000 /* of a message */

/* The word of a verdict with its mark. */
void ferry_page_add_verdict(struct ferry_strbuf *html, enum ferry_verdict verdict);
/* How many jobs are well and how many are not, and which those are; then all jobs in a table. */
void ferry_page_add_overview(struct ferry_strbuf *html, const struct ferry_page *page);
/* All of one job, the so manieth. */
void ferry_page_add_job(struct ferry_strbuf *html, const struct ferry_page *page, size_t i);
/* What its runs said that did not go well. */
void ferry_page_add_messages(struct ferry_strbuf *html, const struct ferry_page_job *job);
/* Its runs as a table of numbers, behind a line that opens it. */
void ferry_page_add_runs(struct ferry_strbuf *html, const struct ferry_page_job *job);

#endif
