/* The document: its head, the overview, and each job in turn. */

#include "report/page.h"

#include "base/cleanup.h"
#include "report/page_html.h"
#include "report/page_parts.h"
#include "report/process.h"

/* Nothing but the style within it may have an effect: no script, no picture, no request, whatever
 * stands in the history. */
static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n"
    "<title>dbferry report";

/* "dbferry report: 2 failed, 1 late", so that a tab tells it, too. */
static void add_title(struct ferry_strbuf *html, const struct ferry_page *page)
{
    static const enum ferry_verdict told[] = {FERRY_VERDICT_FAILED, FERRY_VERDICT_LATE,
                                              FERRY_VERDICT_FALLBACK};
    size_t counts[FERRY_VERDICTS];
    const char *between = ": ";
    ferry_page_count_verdicts(page, counts);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        if (counts[told[i]] == 0)
            continue;
        ferry_strbuf_addf(html, "%s%zu %s", between, counts[told[i]],
                          ferry_verdicts[told[i]].label);
        between = ", ";
    }
    ferry_strbuf_add(html, "</title>\n<style>\n");
}

static void add_header(struct ferry_strbuf *html, const struct ferry_page *page)
{
    FERRY_AUTO_FREE char *host = ferry_process_host();
    ferry_strbuf_add(html, "</style>\n</head>\n<body>\n<header class=\"page\">\n"
                           "<h1>dbferry report</h1>\n<p>");
    if (host != NULL && host[0] != '\0') {
        ferry_html_add_text(html, host, FERRY_PAGE_NAME);
        ferry_strbuf_add(html, ", ");
    }
    ferry_html_add_time(html, page->made_ms);
    ferry_strbuf_addf(html, " UTC, up to %zu runs of each job</p>\n</header>\n<main>\n",
                      ferry_page_most_runs(page->job_count));
}

/* What was put together goes out, and its memory is used again. */
static ferry_status put(struct ferry_strbuf *html, FILE *file, struct ferry_error *error)
{
    if (html->failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the page");
    (void)fwrite(ferry_strbuf_text(html), 1, html->length, file);
    ferry_strbuf_reset(html);
    return FERRY_OK;
}

ferry_status ferry_page_print(const struct ferry_page *page, FILE *file, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf html = {0};
    ferry_strbuf_add(&html, head);
    add_title(&html, page);
    ferry_strbuf_add(&html, ferry_page_style);
    add_header(&html, page);
    ferry_page_add_overview(&html, page);
    ferry_status status = put(&html, file, error);
    for (size_t i = 0; i < page->job_count && status == FERRY_OK; i++) {
        ferry_page_add_job(&html, page, i);
        status = put(&html, file, error);
    }
    ferry_strbuf_add(&html, "</main>\n<footer><p>Made by dbferry " PACKAGE_VERSION
                            "; all times are UTC.</p></footer>\n</body>\n</html>\n");
    return status == FERRY_OK ? put(&html, file, error) : status;
}
